/* test_people.c: who agrees with whom, planted and found. */
#include "reward/fixture.h"
#include "reward/people.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(contrary_person_is_foretold_worse_than_by_chance),
      cmocka_unit_test(opposites_are_foretold_much_worse_than_by_chance),
      cmocka_unit_test(people_who_agree_are_foretold_better_than_by_chance),
      cmocka_unit_test(contradictions_are_found_whatever_the_order_of_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
