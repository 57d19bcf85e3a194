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
  heed_simulated_person person = {
      .judge = {.appraise = count_ones}, .beta = beta, .mistakes = mistakes};
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_come_as_often_as_the_formula_says),
      cmocka_unit_test(perfect_person_always_takes_the_best),
      cmocka_unit_test(ties_are_broken_evenly),
      cmocka_unit_test(same_seed_gives_the_same_answers),
      cmocka_unit_test(judgement_that_is_not_finite_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
