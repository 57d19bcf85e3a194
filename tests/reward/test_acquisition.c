/* test_acquisition.c: what searches for questions look for, against the reward's own scores, and distances
 * worked out by hand. */
#include "reward/acquisition.h"

#include <stdlib.h>

#include "core/cmocka_all.h"
#include "reward/fixture.h"

/* A reward that has learned from a few random answers, and those. */
typedef struct taught {
  heed_reward *reward;
  heed_choices choices;
} taught;

static void teach(taught *t) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_rng rng;
  heed_error err = {0};
  heed_reward_report report;
  heed_rng_init(&rng, 3);
  *t = (taught){0};
  assert_ok(heed_reward_create("linear", NULL, &obs_space, &action_space, &t->reward, &err), &err);
  for (int i = 0; i < 6; i++) {
    heed_choice choice = fixture_choice(2, 4, &rng);
    assert_ok(heed_choices_append(&t->choices, &choice, &err), &err);
  }
  assert_ok(heed_reward_learn(t->reward, &t->choices, NULL, &report, &err), &err);
}

static void forget(taught *t) {
  heed_reward_destroy(t->reward);
  heed_choices_deinit(&t->choices);
}

static void score(const taught *t, heed_acquisition what, double scale, const heed_step *steps,
                  size_t count, double *scores) {
  heed_reward *aim = NULL;
  heed_error err = {0};
  assert_ok(heed_acquisition_create(what, t->reward, &t->choices, scale, &aim, &err), &err);
  void *workspace = calloc(1, heed_reward_workspace_size(aim, count) + 1);
  heed_reward_score(aim, steps, count, NULL, scores, NULL, workspace);
  free(workspace);
  heed_reward_destroy(aim);
}

static void aims_are_mean_and_spread_in_their_unit(void **state) {
  (void)state;
  enum { STEPS = 5 };
  taught t;
  teach(&t);
  heed_rng rng;
  heed_rng_init(&rng, 4);
  heed_segment segment;
  fixture_segment(&segment, STEPS, &rng);
  heed_step steps[STEPS];
  double mean[STEPS];
  double spread[STEPS];
  double scores[STEPS];
  for (uint32_t i = 0; i < STEPS; i++) {
    steps[i] = heed_segment_step(&segment, i);
  }
  void *workspace = calloc(1, heed_reward_workspace_size(t.reward, STEPS) + 1);
  heed_reward_score(t.reward, steps, STEPS, NULL, mean, spread, workspace);
  score(&t, HEED_ACQUIRE_HIGHEST, 4, steps, STEPS, scores);
  for (int i = 0; i < STEPS; i++) {
    assert_near(scores[i], mean[i] / 4, 0);
  }
  score(&t, HEED_ACQUIRE_LOWEST, 4, steps, STEPS, scores);
  for (int i = 0; i < STEPS; i++) {
    assert_near(scores[i], -mean[i] / 4, 0);
  }
  score(&t, HEED_ACQUIRE_UNCERTAIN, 0.5, steps, STEPS, scores);
  for (int i = 0; i < STEPS; i++) {
    assert_near(scores[i], 2 * spread[i], 0);
    assert_true(spread[i] > 0);
  }
  free(workspace);
  heed_segment_deinit(&segment);
  forget(&t);
}

static void novelty_of_a_board_is_the_share_of_cells_that_differ(void **state) {
  (void)state;
  taught t;
  teach(&t);
  const heed_segment *known = &t.choices.items[2].query.options[1];
  uint8_t obs[FIXTURE_CELLS];
  heed_step step = {.obs = known->obs, .next_obs = obs};
  double novelty;
  memcpy(obs, known->obs + (size_t)3 * FIXTURE_CELLS, sizeof obs);
  score(&t, HEED_ACQUIRE_NOVEL, 1, &step, 1, &novelty);
  assert_near(novelty, 0, 0);
  obs[0] = (uint8_t)(obs[0] + 1) % FIXTURE_VALUES; /* boards are random: none else is nearer */
  score(&t, HEED_ACQUIRE_NOVEL, 1, &step, 1, &novelty);
  assert_near(novelty, 1.0 / FIXTURE_CELLS, 1e-15);
  heed_choices_deinit(&t.choices);
  score(&t, HEED_ACQUIRE_NOVEL, 1, &step, 1, &novelty);
  assert_near(novelty, 1, 0);
  forget(&t);
}

static void novelty_of_numbers_is_a_distance_in_units_of_the_bounds(void **state) {
  (void)state;
  static const float low[] = {-1, -HUGE_VALF};
  static const float high[] = {3, HUGE_VALF};
  heed_space obs_space = heed_space_box(2, low, high);
  heed_space action_space = heed_space_discrete(2);
  heed_error err = {0};
  taught t = {0};
  assert_ok(heed_reward_create("linear", NULL, &obs_space, &action_space, &t.reward, &err), &err);
  heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
  for (int i = 0; i < 2; i++) {
    assert_ok(heed_segment_init(&choice.query.options[i], 1, sizeof(float[2]), &err), &err);
  }
  const float known[] = {1, 10};
  memcpy(choice.query.options[1].obs + sizeof known, known, sizeof known);
  assert_ok(heed_choices_append(&t.choices, &choice, &err), &err);

  const float obs[] = {2, 12}; /* a quarter of the range away, and 2 */
  heed_step step = {.obs = known, .next_obs = obs};
  double novelty;
  score(&t, HEED_ACQUIRE_NOVEL, 1, &step, 1, &novelty);
  assert_near(novelty, sqrt((0.25 * 0.25 + 2.0 * 2.0) / 2), 1e-12);
  forget(&t);
}

static void what_makes_no_sense_is_refused(void **state) {
  (void)state;
  taught t;
  teach(&t);
  heed_reward *aim = NULL;
  heed_error err = {0};
  assert_int_equal(heed_acquisition_create(HEED_ACQUIRE_HIGHEST, t.reward, NULL, 0, &aim, &err),
                   HEED_ERR_ARG);
  assert_int_equal(heed_acquisition_create(HEED_ACQUIRE_NOVEL, t.reward, NULL, 1, &aim, &err),
                   HEED_ERR_ARG);
  assert_null(aim);
  forget(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(aims_are_mean_and_spread_in_their_unit),
      cmocka_unit_test(novelty_of_a_board_is_the_share_of_cells_that_differ),
      cmocka_unit_test(novelty_of_numbers_is_a_distance_in_units_of_the_bounds),
      cmocka_unit_test(what_makes_no_sense_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
