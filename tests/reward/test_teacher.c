/* test_teacher.c: a simulated person answers as often as the formula says. */
#include <stdlib.h>

#include "reward/fixture.h"
#include "reward/teacher.h"

/* The judge of these tests: 1 for each cell of value 1 in what is seen next, plus what the channel
 * pays, which a person must not know. */
static double count_ones(const void *self, const heed_step *step) {
  (void)self;
  const uint8_t *cells = step->next_obs;
  double sum = step->channel;
  for (size_t i = 0; i < FIXTURE_CELLS; i++) {
    sum += cells[i] == 1;
  }
  return sum;
}

static double not_a_number(const void *self, const heed_step *step) {
  (void)self;
  (void)step;
  return (double)NAN;
}

/* Options whose returns are 0, 1, 2, ...; the channel would turn them round. */
static heed_query rising_query(uint32_t options) {
  heed_query query = {.option_count = options};
  for (uint32_t i = 0; i < options; i++) {
    assert_int_equal(heed_segment_init(&query.options[i], 2, FIXTURE_CELLS, NULL), HEED_OK);
    memset(query.options[i].obs + FIXTURE_CELLS, 1, i);
    query.options[i].channel[0] = -10.0 * i;
  }
  return query;
}

static heed_choice ask(heed_simulated_person *person, const heed_query *query) {
  heed_teacher teacher = heed_simulated_teacher(person);
  heed_choice choice = {0};
  heed_answer_status status = HEED_QUIT;
  assert_int_equal(teacher.answer(teacher.self, query, 0, &choice, &status, NULL), HEED_OK);
  assert_int_equal(status, HEED_ANSWERED);
  return choice;
}

static heed_simulated_person make_person(double beta, double mistakes) {
  heed_simulated_person person = {.judge = {.appraise = count_ones},
                                  .params = heed_simulated_find("simulated")->params};
  person.params.beta = beta;
  person.params.mistakes = mistakes;
  heed_rng_init(&person.rng, 17);
  return person;
}

/* 40,000 answers: a frequency is within 5 deviations, 5 * 0.5 / 200 = 0.0125, of its probability. */
static void answers_come_as_often_as_the_formula_says(void **state) {
  (void)state;
  enum { ASKED = 40000 };
  heed_query query = rising_query(3);
  heed_simulated_person person = make_person(0.7, 0.2);
  size_t counts[3] = {0};
  for (size_t i = 0; i < ASKED; i++) {
    heed_choice choice = ask(&person, &query);
    assert_in_range(choice.chosen, 0, 2);
    counts[choice.chosen]++;
    assert_near(choice.beta, 0.7, 0);
    assert_near(choice.mistakes, 0.2, 0);
  }
  double sum = 1 + exp(0.7) + exp(1.4);
  for (size_t c = 0; c < 3; c++) {
    double p = 0.8 * exp(0.7 * (double)c) / sum + 0.2 / 3;
    assert_near((double)counts[c] / ASKED, p, 0.0125);
  }
  heed_query_deinit(&query);
}

static void perfect_person_always_takes_the_best(void **state) {
  (void)state;
  heed_query query = rising_query(5);
  heed_simulated_person person = make_person(HUGE_VAL, 0);
  for (size_t i = 0; i < 100; i++) {
    heed_choice choice = ask(&person, &query);
    assert_int_equal(choice.chosen, 4);
    assert_near(choice.beta, 1, 0); /* a likelihood needs a finite one */
  }
  heed_query_deinit(&query);
}

static void ties_are_broken_evenly(void **state) {
  (void)state;
  enum { ASKED = 40000 };
  heed_query query = rising_query(3);
  memset(query.options[1].obs + FIXTURE_CELLS, 1, 2); /* as good as option 2 */
  heed_simulated_person person = make_person(HUGE_VAL, 0);
  size_t second = 0;
  for (size_t i = 0; i < ASKED; i++) {
    heed_choice choice = ask(&person, &query);
    assert_in_range(choice.chosen, 1, 2);
    second += choice.chosen == 1;
  }
  assert_near((double)second / ASKED, 0.5, 0.0125);
  heed_query_deinit(&query);
}

static void same_seed_gives_the_same_answers(void **state) {
  (void)state;
  heed_query query = rising_query(4);
  heed_simulated_person one = make_person(0.3, 0.1);
  heed_simulated_person other = make_person(0.3, 0.1);
  for (size_t i = 0; i < 200; i++) {
    assert_int_equal(ask(&one, &query).chosen, ask(&other, &query).chosen);
  }
  heed_query_deinit(&query);
}

static void judgement_that_is_not_finite_is_an_error(void **state) {
  (void)state;
  heed_query query = rising_query(2);
  heed_simulated_person person = make_person(1, 0);
  person.judge.appraise = not_a_number;
  heed_teacher teacher = heed_simulated_teacher(&person);
  heed_choice choice = {0};
  heed_answer_status status = HEED_QUIT;
  heed_error err = {0};
  assert_int_equal(teacher.answer(teacher.self, &query, 0, &choice, &status, &err),
                   HEED_ERR_NUMERIC);
  assert_non_null(strstr(err.message, "option 0"));
  heed_query_deinit(&query);
}

/* ---- B-Pref --------------------------------------------------------------------------------- */

static heed_simulated_person person_of(const char *kind) {
  heed_simulated_person person = make_person(1, 0);
  person.params = heed_simulated_find(kind)->params;
  return person;
}

/* A question whose options gain `returns[i][t]` ones in step t. */
static heed_query query_of(const uint8_t returns[][2], uint32_t options) {
  heed_query query = {.option_count = options};
  for (uint32_t i = 0; i < options; i++) {
    assert_int_equal(heed_segment_init(&query.options[i], 2, FIXTURE_CELLS, NULL), HEED_OK);
    for (size_t t = 0; t < 2; t++) {
      memset(query.options[i].obs + (t + 1) * FIXTURE_CELLS, 1, returns[i][t]);
    }
  }
  return query;
}

/* Lee et al. 2021, section 3: beta = 1 (noisy), epsilon = 0.1 (mistake), gamma = 0.9 (myopic), skip and
 * equal 0.1 of the average. */
static void constants_are_those_of_the_paper(void **state) {
  (void)state;
  assert_near(heed_simulated_find("noisy")->params.beta, 1, 0);
  assert_false(heed_simulated_find("noisy")->params.perfect);
  assert_near(heed_simulated_find("mistake")->params.mistakes, 2 * 0.1, 0);
  assert_near(heed_simulated_find("myopic")->params.gamma, 0.9, 0);
  assert_near(heed_simulated_find("skip")->params.skip, 0.1, 0);
  assert_near(heed_simulated_find("equal")->params.equal, 0.1, 0);
  assert_true(heed_simulated_find("oracle")->params.perfect);
  assert_null(heed_simulated_find("nobody"));
}

/* One answer in ten is turned round: 40,000 answers, 5 deviations of 0.3 / 200. */
static void mistaken_person_turns_one_answer_in_ten_round(void **state) {
  (void)state;
  enum { ASKED = 40000 };
  heed_query query = rising_query(2);
  heed_simulated_person person = person_of("mistake");
  size_t turned = 0;
  for (size_t i = 0; i < ASKED; i++) {
    turned += ask(&person, &query).chosen == 0;
  }
  assert_near((double)turned / ASKED, 0.1, 0.0075);
  heed_query_deinit(&query);
}

/* 11 and then nothing weighs 0.9 * 11 = 9.9, nothing and then 10 weighs 10. */
static void myopic_person_prefers_what_comes_late(void **state) {
  (void)state;
  static const uint8_t returns[2][2] = {{11, 0}, {0, 10}};
  heed_query query = query_of(returns, 2);
  heed_simulated_person myopic = person_of("myopic");
  heed_simulated_person oracle = person_of("oracle");
  assert_int_equal(ask(&myopic, &query).chosen, 1);
  assert_int_equal(ask(&oracle, &query).chosen, 0);
  heed_query_deinit(&query);
}

/* After 0 and 20 the average is 10, and the next question adds its own returns to it. */
static void skip_and_equal_are_shares_of_the_average(void **state) {
  (void)state;
  static const uint8_t wide[2][2] = {{0, 0}, {10, 10}};
  static const uint8_t bad[2][2] = {{0, 0}, {0, 0}};
  static const uint8_t close[2][2] = {{5, 5}, {5, 6}}; /* average (20 + 10 + 11) / 4 = 10.25 */
  heed_query first = query_of(wide, 2);
  heed_query low = query_of(bad, 2);
  heed_query near = query_of(close, 2);

  heed_simulated_person skipping = person_of("skip");
  assert_int_equal(ask(&skipping, &first).chosen, 1);
  assert_int_equal(ask(&skipping, &low).chosen, HEED_CHOICE_SKIP);
  assert_int_equal(ask(&skipping, &near).chosen, 1);

  heed_simulated_person equal = person_of("equal");
  heed_choice choice = ask(&equal, &first);
  assert_int_equal(choice.chosen, 1);
  assert_near(choice.tie, 1, 0);                                  /* it was offered all along */
  assert_int_equal(ask(&equal, &near).chosen, HEED_CHOICE_EQUAL); /* 1 < 1.025 */
  equal.params.equal = 0.05;
  assert_int_equal(ask(&equal, &near).chosen, 1);
  heed_query_deinit(&first);
  heed_query_deinit(&low);
  heed_query_deinit(&near);
}

/* One who tires in 30 answers gives the 31st at random in half of the cases: a quarter is wrong. Before the
 * first answer nobody is tired. */
static void tired_person_answers_at_random(void **state) {
  (void)state;
  enum { ASKED = 40000 };
  heed_query query = rising_query(2);
  heed_simulated_person person = person_of("tiring");
  person.params.perfect = true;
  size_t wrong = 0;
  for (size_t i = 0; i < ASKED; i++) {
    person.answers = 30;
    wrong += ask(&person, &query).chosen == 0;
  }
  assert_near((double)wrong / ASKED, 0.25, 0.011);
  person.answers = 0;
  for (size_t i = 0; i < 100; i++) {
    person.answers = 0;
    assert_int_equal(ask(&person, &query).chosen, 1);
  }
  heed_query_deinit(&query);
}

static void crowd_answers_in_turn_and_by_name(void **state) {
  (void)state;
  heed_query query = rising_query(2);
  heed_simulated_person people[2] = {person_of("oracle"), person_of("noisy")};
  people[0].name = "ann";
  people[1].name = "bob";
  heed_simulated_crowd crowd = {.people = people, .count = 2};
  heed_rng_init(&crowd.rng, 3);
  heed_teacher teacher = heed_simulated_crowd_teacher(&crowd);
  size_t by_ann = 0;
  for (size_t i = 0; i < 1000; i++) {
    heed_choice choice = {0};
    heed_answer_status status;
    assert_int_equal(teacher.answer(teacher.self, &query, 0, &choice, &status, NULL), HEED_OK);
    bool is_ann = strcmp(choice.who, "ann") == 0;
    assert_true(is_ann || strcmp(choice.who, "bob") == 0);
    by_ann += is_ann;
  }
  assert_in_range(by_ann, 420, 580); /* 5 deviations of 16 */
  heed_query_deinit(&query);
}

/* ---- one clip ------------------------------------------------------------------------------- */

/* The answer to a question about one clip of return `ones`. */
static int32_t ask_single(heed_simulated_person *person, const heed_choice *form, uint32_t ones) {
  heed_query query = rising_query(1);
  heed_teacher teacher = heed_simulated_teacher(person);
  heed_choice choice = *form;
  heed_answer_status status = HEED_QUIT;
  memset(query.options[0].obs + FIXTURE_CELLS, 1, ones);
  assert_int_equal(teacher.answer(teacher.self, &query, 0, &choice, &status, NULL), HEED_OK);
  heed_query_deinit(&query);
  return choice.chosen;
}

static void labels_say_good_neutral_or_as_often_as_the_formula_says(void **state) {
  (void)state;
  enum { ASKED = 40000 };
  heed_choice form = {.kind = HEED_LABEL, .tie = 1};
  heed_simulated_person oracle = make_person(1, 0);
  oracle.params.perfect = true;
  assert_int_equal(ask_single(&oracle, &form, 3), HEED_LABEL_GOOD);
  assert_int_equal(ask_single(&oracle, &form, 0), HEED_LABEL_NEUTRAL);

  heed_simulated_person noisy = make_person(0.5, 0);
  size_t counts[3] = {0};
  for (int i = 0; i < ASKED; i++) {
    counts[ask_single(&noisy, &form, 2)]++;
  }
  double sum = 1 + exp(0.5) + exp(1); /* beta G = 1, half of it, nothing */
  assert_near((double)counts[HEED_LABEL_BAD] / ASKED, 1 / sum, 0.0125);
  assert_near((double)counts[HEED_LABEL_NEUTRAL] / ASKED, exp(0.5) / sum, 0.0125);
}

/* Grades of five over returns seen between 0 and 10: thresholds at 2, 4, 6 and 8. */
static void ratings_divide_what_was_seen_evenly(void **state) {
  (void)state;
  heed_choice form = {.kind = HEED_RATING, .grades = 5};
  heed_simulated_person oracle = make_person(1, 0);
  oracle.params.perfect = true;
  assert_int_equal(ask_single(&oracle, &form, 10), 4);
  assert_int_equal(ask_single(&oracle, &form, 1), 0);
  assert_int_equal(ask_single(&oracle, &form, 3), 1);
  assert_int_equal(ask_single(&oracle, &form, 5), 2);
  assert_int_equal(ask_single(&oracle, &form, 7), 3);
}

/* The share of answers to two options, of returns 0 and 1, that take the second, by one who has given so
 * many answers before. */
static double share_of_second(heed_simulated_person *person, double answers) {
  enum { ASKED = 40000 };
  heed_query query = rising_query(2);
  size_t taken = 0;
  for (size_t i = 0; i < ASKED; i++) {
    person->answers = answers;
    taken += ask(person, &query).chosen == 1;
  }
  heed_query_deinit(&query);
  return (double)taken / ASKED;
}

static double logistic(double x) {
  return 1 / (1 + exp(-x));
}

/* Rationality 2 that halves with 25 answers is 1/2 after 50. */
static void fading_person_becomes_less_rational(void **state) {
  (void)state;
  heed_simulated_person person = make_person(2, 0);
  person.params.fades = 25;
  assert_near(share_of_second(&person, 0), logistic(2), 0.0125);
  assert_near(share_of_second(&person, 50), logistic(0.5), 0.0125);
  heed_query query = rising_query(2);
  assert_near(ask(&person, &query).beta, 2, 0); /* what is said of them does not fade */
  heed_query_deinit(&query);
}

static double count_ones_against(const void *self, const heed_step *step) {
  return -count_ones(self, step);
}

/* A taste that turns into its opposite in 10 answers is none after 10, and half of the opposite after 20:
 * 1/4 of the one less 3/4 of it. */
static void turning_person_comes_to_want_the_later_taste(void **state) {
  (void)state;
  heed_simulated_person person = make_person(2, 0);
  person.later.appraise = count_ones_against;
  person.params.turns = 10;
  assert_near(share_of_second(&person, 0), logistic(2), 0.0125);
  assert_near(share_of_second(&person, 10), 0.5, 0.0125);
  assert_near(share_of_second(&person, 20), logistic(-1), 0.0125);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_come_as_often_as_the_formula_says),
      cmocka_unit_test(perfect_person_always_takes_the_best),
      cmocka_unit_test(ties_are_broken_evenly),
      cmocka_unit_test(same_seed_gives_the_same_answers),
      cmocka_unit_test(judgement_that_is_not_finite_is_an_error),
      cmocka_unit_test(constants_are_those_of_the_paper),
      cmocka_unit_test(mistaken_person_turns_one_answer_in_ten_round),
      cmocka_unit_test(myopic_person_prefers_what_comes_late),
      cmocka_unit_test(skip_and_equal_are_shares_of_the_average),
      cmocka_unit_test(tired_person_answers_at_random),
      cmocka_unit_test(crowd_answers_in_turn_and_by_name),
      cmocka_unit_test(labels_say_good_neutral_or_as_often_as_the_formula_says),
      cmocka_unit_test(ratings_divide_what_was_seen_evenly),
      cmocka_unit_test(fading_person_becomes_less_rational),
      cmocka_unit_test(turning_person_comes_to_want_the_later_taste),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
