/* test_people.c: who agrees with whom, planted and found. */
#include "reward/fixture.h"
#include "reward/people.h"
#include "reward/teacher.h"

/* What ann and bob want of a clip: ones where there were none. */
static double liking(const heed_segment *clip) {
  double sum = 0;
  for (size_t t = 0; t < clip->steps; t++) {
    for (size_t i = 0; i < FIXTURE_CELLS; i++) {
      sum += clip->obs[(t + 1) * FIXTURE_CELLS + i] == 1 && clip->obs[t * FIXTURE_CELLS + i] != 1;
    }
  }
  return sum;
}

/* 40 comparisons by each of `people` in turn; `contrary` always takes what the others would not. */
static heed_choices ask_people(const char *const *people, size_t count, const char *contrary) {
  heed_rng rng;
  heed_rng_init(&rng, 12);
  heed_choices choices = {0};
  while (choices.count < 40 * count) {
    heed_choice choice = fixture_choice(2, 3, &rng);
    double lead = liking(&choice.query.options[1]) - liking(&choice.query.options[0]);
    if (lead == 0) {
      heed_choice_deinit(&choice);
      continue;
    }
    strcpy(choice.who, people[choices.count % count]);
    choice.chosen = (lead > 0) != (strcmp(choice.who, contrary) == 0);
    assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
  }
  return choices;
}

static heed_reward *make_reward(void) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_reward *reward = NULL;
  assert_int_equal(
      heed_reward_create("linear", "prior_scale=3", &obs_space, &action_space, &reward, NULL),
      HEED_OK);
  return reward;
}

static void contrary_person_is_foretold_worse_than_by_chance(void **state) {
  (void)state;
  static const char *const people[] = {"ann", "bob", "cy"};
  heed_reward *reward = make_reward();
  heed_choices choices = ask_people(people, 3, "cy");
  heed_agreement agreements[HEED_REPORT_PEOPLE_MAX];
  size_t count = 0;
  assert_int_equal(heed_people_agreement(reward, &choices, agreements, &count, NULL), HEED_OK);
  assert_int_equal(count, 3);
  assert_string_equal(agreements[2].who, "cy");
  assert_int_equal(agreements[2].answers, 40);
  for (size_t i = 0; i < 3; i++) {
    assert_near(agreements[i].chance, -log(2.0), 1e-12);
  }
  assert_true(agreements[2].loglik < agreements[2].chance);
  assert_true(agreements[2].loglik < agreements[0].loglik);
  heed_choices_deinit(&choices);
  heed_reward_destroy(reward);
}

/* Of two who want the opposite each is foretold as wrongly as can be, which would not be so if their own
 * answers were among those that foretell. */
static void opposites_are_foretold_much_worse_than_by_chance(void **state) {
  (void)state;
  static const char *const people[] = {"ann", "cy"};
  heed_reward *reward = make_reward();
  heed_choices choices = ask_people(people, 2, "cy");
  heed_agreement agreements[HEED_REPORT_PEOPLE_MAX];
  size_t count = 0;
  assert_int_equal(heed_people_agreement(reward, &choices, agreements, &count, NULL), HEED_OK);
  assert_int_equal(count, 2);
  assert_true(agreements[0].loglik < agreements[0].chance - 0.3);
  assert_true(agreements[1].loglik < agreements[1].chance - 0.3);
  heed_choices_deinit(&choices);
  heed_reward_destroy(reward);
}

static void people_who_agree_are_foretold_better_than_by_chance(void **state) {
  (void)state;
  static const char *const people[] = {"ann", "bob"};
  heed_reward *reward = make_reward();
  heed_choices choices = ask_people(people, 2, "nobody");
  heed_agreement agreements[HEED_REPORT_PEOPLE_MAX];
  size_t count = 0;
  assert_int_equal(heed_people_agreement(reward, &choices, agreements, &count, NULL), HEED_OK);
  assert_int_equal(count, 2);
  assert_true(agreements[0].loglik > agreements[0].chance);
  assert_true(agreements[1].loglik > agreements[1].chance);
  heed_choices_deinit(&choices);

  choices = ask_people(people, 1, "nobody"); /* with herself nobody disagrees */
  assert_int_equal(heed_people_agreement(reward, &choices, agreements, &count, NULL), HEED_OK);
  assert_int_equal(count, 0);
  heed_choices_deinit(&choices);
  heed_reward_destroy(reward);
}

/* Appends question number `seed` answered by `who`, its options turned round on request. */
static void append(heed_choices *choices, uint64_t seed, const char *who, int32_t chosen,
                   bool is_turned) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  heed_choice choice = fixture_choice(2, 3, &rng);
  if (is_turned) {
    heed_segment first = choice.query.options[0];
    choice.query.options[0] = choice.query.options[1];
    choice.query.options[1] = first;
  }
  choice.chosen = chosen;
  choice.tie = 1;
  strcpy(choice.who, who);
  assert_int_equal(heed_choices_append(choices, &choice, NULL), HEED_OK);
}

static void contradictions_are_found_whatever_the_order_of_options(void **state) {
  (void)state;
  heed_choices choices = {0};
  append(&choices, 1, "ann", 0, false);
  append(&choices, 2, "ann", 1, false);
  append(&choices, 1, "bob", 1, true);  /* the same as ann */
  append(&choices, 2, "bob", 1, true);  /* not so */
  append(&choices, 1, "cy", 1, false);  /* neither ann nor bob */
  append(&choices, 1, "ann", 1, false); /* herself: no; but bob */
  append(&choices, 2, "cy", HEED_CHOICE_EQUAL, false);
  append(&choices, 2, "di", HEED_CHOICE_SKIP, false);
  heed_contradiction found[8];
  heed_space action_space = fixture_action_space();
  size_t count = 0;
  assert_int_equal(heed_people_contradictions(&choices, &action_space, found, 8, &count, NULL),
                   HEED_OK);
  static const heed_contradiction expected[] = {{1, 3}, {0, 4}, {2, 4}, {2, 5}};
  assert_int_equal(count, 4);
  assert_memory_equal(found, expected, sizeof expected);

  memset(found, 0, sizeof found); /* with little room: the earliest, and all are counted */
  assert_int_equal(heed_people_contradictions(&choices, &action_space, found, 2, &count, NULL),
                   HEED_OK);
  assert_int_equal(count, 4);
  assert_memory_equal(found, expected, 2 * sizeof *expected);
  assert_int_equal(found[2].second, 0);
  heed_choices_deinit(&choices);
}

/* ---- drift ---------------------------------------------------------------------------------- */

static double like_ones(const void *self, const heed_step *step) {
  (void)self;
  const uint8_t *now = step->obs;
  const uint8_t *next = step->next_obs;
  double sum = 0;
  for (size_t i = 0; i < FIXTURE_CELLS; i++) {
    sum += next[i] == 1 && now[i] != 1;
  }
  return sum;
}

static double dislike_ones(const void *self, const heed_step *step) {
  return -like_ones(self, step);
}

/* Answers of one who likes ones, and comes to dislike them where their taste turns. */
static heed_choices ask_person(size_t answers, double fades, double turns, double beta,
                               uint64_t seed) {
  heed_simulated_person person = {.judge = {.appraise = like_ones},
                                  .later = {.appraise = dislike_ones},
                                  .params = heed_simulated_find("simulated")->params,
                                  .name = "ann"};
  person.params.beta = beta;
  person.params.fades = fades;
  person.params.turns = turns;
  heed_rng_init(&person.rng, 1000 + seed);
  heed_rng rng;
  heed_rng_init(&rng, seed);
  heed_choices choices = {0};
  heed_teacher teacher = heed_simulated_teacher(&person);
  while (choices.count < answers) {
    heed_choice choice = fixture_choice(2, 3, &rng);
    heed_answer_status status;
    assert_int_equal(teacher.answer(teacher.self, &choice.query, 0, &choice, &status, NULL),
                     HEED_OK);
    assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
  }
  return choices;
}

static heed_drift drift_of(const heed_choices *choices) {
  heed_reward *reward = make_reward();
  heed_drift drifts[HEED_REPORT_PEOPLE_MAX];
  size_t count = 0;
  assert_int_equal(heed_people_drift(reward, choices, drifts, &count, NULL), HEED_OK);
  assert_int_equal(count, 1);
  assert_string_equal(drifts[0].who, "ann");
  heed_reward_destroy(reward);
  return drifts[0];
}

/* If nothing changes, both p are uniform: of 12 people 6 or more are at most 1/8 with probability 0.0006
 * (binomial), and the mean is within 4 deviations, 4 / sqrt(144), of a half. */
static void steady_people_do_not_drift(void **state) {
  (void)state;
  enum { PEOPLE = 12 };
  size_t alarms[2] = {0};
  double sums[2] = {0};
  for (uint64_t seed = 0; seed < PEOPLE; seed++) {
    heed_choices choices = ask_person(100, 0, 0, 4, seed);
    heed_drift drift = drift_of(&choices);
    assert_int_equal(drift.answers, 100);
    alarms[0] += drift.taste_p <= 0.125;
    alarms[1] += drift.care_p <= 0.125;
    sums[0] += drift.taste_p;
    sums[1] += drift.care_p;
    heed_choices_deinit(&choices);
  }
  for (size_t i = 0; i < 2; i++) {
    assert_true(alarms[i] < 6);
    assert_near(sums[i] / PEOPLE, 0.5, 0.34);
  }
}

/* Half of the taste has turned after 40 of 100 answers: earlier and later ones foretell each other worse than
 * any random halves do. */
static void turning_taste_is_seen(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 4; seed++) {
    heed_choices choices = ask_person(100, 0, 40, 4, seed);
    heed_drift drift = drift_of(&choices);
    assert_near(drift.taste_p, 1.0 / 40, 1e-12);
    assert_true(drift.in_order < drift.shuffled - 0.05);
    heed_choices_deinit(&choices);
  }
}

/* Rationality that halves with 40 answers is 1/32 of itself at the end of 200. Of four steady people three
 * would give a p of at most 0.05 with probability 0.0005. */
static void fading_care_is_seen(void **state) {
  (void)state;
  size_t seen = 0;
  for (uint64_t seed = 0; seed < 4; seed++) {
    heed_choices choices = ask_person(200, 40, 0, 4, seed);
    heed_drift drift = drift_of(&choices);
    seen += drift.care_p <= 0.05;
    assert_true(drift.late < drift.early);
    heed_choices_deinit(&choices);
  }
  assert_true(seen >= 3);
}

static void too_few_answers_tell_nothing(void **state) {
  (void)state;
  heed_choices choices = {0};
  for (uint64_t i = 0; i < HEED_DRIFT_ANSWERS_MIN - 1; i++) {
    append(&choices, i, "ann", 0, false);
  }
  append(&choices, 99, "ann", HEED_CHOICE_SKIP, false);
  assert_near(drift_of(&choices).taste_p, 1, 0);
  assert_near(drift_of(&choices).care_p, 1, 0);
  heed_choices_deinit(&choices);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contrary_person_is_foretold_worse_than_by_chance),
      cmocka_unit_test(opposites_are_foretold_much_worse_than_by_chance),
      cmocka_unit_test(people_who_agree_are_foretold_better_than_by_chance),
      cmocka_unit_test(contradictions_are_found_whatever_the_order_of_options),
      cmocka_unit_test(steady_people_do_not_drift),
      cmocka_unit_test(turning_taste_is_seen),
      cmocka_unit_test(fading_care_is_seen),
      cmocka_unit_test(too_few_answers_tell_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
