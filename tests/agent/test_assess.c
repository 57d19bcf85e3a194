/* test_assess.c: what is said of models whose mistakes are known by hand. */
#include "agent/assess.h"

#include <math.h>

#include "agent/coins.h"
#include "agent/exact.h"
#include "core/near.h"

enum { STEPS = 2000, DRAWS = 1000, ROLLOUTS = 20000 };

static coins_chances coins_wrong(void) {
  coins_chances wrong = coins_truth;
  wrong.sides[0] = 0.9;
  wrong.sides[1] = 0.05;
  wrong.sides[2] = 0.05;
  wrong.end = 0.3;
  return wrong;
}

/* ---- one step --------------------------------------------------------------------------------- */

/* Random steps of the coins; the world is so much luck that where they come from is all the same. */
static heed_experience *coins_lived(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_experience *life = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 5);
  coins_state state = {0};
  unsigned char obs[sizeof state];
  heed_outcome outcome = {.is_terminal = true};
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &life, &err), &err);
  for (int t = 0; t < STEPS; t++) {
    if (outcome.is_terminal) {
      heed_env_reset(env, &state, &rng);
      heed_env_observe(env, &state, obs);
      assert_ok(heed_experience_begin(life, obs, &err), &err);
    }
    heed_action action = {.index = t % 2};
    outcome = heed_env_step(env, &state, action, &rng);
    heed_env_observe(env, &state, obs);
    assert_ok(heed_experience_append(life, action, obs, outcome, &err), &err);
  }
  return life;
}

static heed_assess_step steps_of(const char *world, coins_chances chances, uint32_t draws) {
  heed_env *env = coins_world(world);
  heed_dynamics *model = coins_model_of(env, chances);
  heed_experience *life = coins_lived(env);
  heed_assess_step said;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 6);
  assert_ok(heed_assess_steps(model, life, 0, draws, &rng, &said, &err), &err);
  assert_int_equal(said.steps, STEPS);
  heed_experience_destroy(life);
  heed_dynamics_destroy(model);
  heed_env_destroy(env);
  return said;
}

/* Entropy of the die and the coin. Deviations: of the mean of 2000 losses 0.008; of the estimate from
 * 1000 draws 1 / (2 n p) = 0.004 at most. */
static void the_world_itself_loses_its_entropy(void **state) {
  (void)state;
  coins_chances truth = coins_truth;
  truth.reward = 0.5;
  heed_assess_step said = steps_of("coins", truth, DRAWS);
  assert_near(said.log_loss, 1.5 * log(2) + log(2), 0.03);
  assert_near(said.reward_error, 0.5, 1e-12);
  assert_near(said.end_error, 2 * 0.1 * 0.9, 0.02);
  assert_near(said.end_accuracy, 0.9, 0.02);
  assert_near(said.calibration_error, 0, 0.02);
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    assert_true(said.bins[i].events == 0 || said.bins[i].low < said.bins[i].high);
  }
}

/* Cross entropy, and each side's chance with that of the coin: 0.45 and 0.025 said of what happens with
 * 0.25 and 0.125. Six events a step, of which a few land in the bins beside: half of 1000 draws deviate
 * by 0.022. */
static void a_wrong_chance_costs_what_it_should(void **state) {
  (void)state;
  heed_assess_step said = steps_of("coins", coins_wrong(), DRAWS);
  assert_near(said.log_loss, -0.5 * log(0.9) - 0.5 * log(0.05) + log(2), 0.15);
  assert_near(said.accuracy, 0.25, 0.04);
  assert_near(said.end_error, 0.1 * 0.7 + 0.9 * 0.3, 0.02);
  assert_near((double)said.bins[4].events, 2 * STEPS, 0.1 * STEPS);
  assert_near(said.bins[4].predicted, 0.45, 0.005);
  assert_near(said.bins[4].happened, 0.25, 0.03);
  assert_int_equal(said.bins[0].events, 4 * STEPS);
  assert_near(said.bins[0].predicted, 0.025, 0.002);
  assert_near(said.bins[0].happened, 0.125, 0.02);
  assert_near(said.calibration_error, (2 * 0.2 + 4 * 0.1) / 6, 0.015);
  /* Of many events, and a share far from 0 and 1, Wilson's interval is the usual one, to 1e-4. */
  double share = said.bins[4].happened;
  assert_near((said.bins[4].high - said.bins[4].low) / 2,
              1.96 * sqrt(share * (1 - share) / (double)said.bins[4].events), 1e-4);
}

/* Among eight draws what came up in the first four is there once at least: a quarter, were it counted
 * there, of what happens with an eighth. */
static void few_draws_do_not_make_a_model_look_too_sure(void **state) {
  (void)state;
  heed_assess_step said = steps_of("coins", coins_truth, 8);
  double excess = 0;
  double events = 0;
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    const heed_assess_bin *bin = &said.bins[i];
    excess += (double)bin->events * (bin->predicted - bin->happened);
    events += (double)bin->events;
  }
  assert_near(excess / events, 0, 0.01);
}

/* What never comes up among n draws costs log(2 n + 2). */
static void what_is_held_impossible_costs_a_bounded_loss(void **state) {
  (void)state;
  coins_chances wrong = coins_truth;
  wrong.sides[0] = 0;
  wrong.sides[1] = 0.5;
  wrong.sides[2] = 0.5;
  heed_assess_step said = steps_of("coins", wrong, DRAWS);
  assert_near(said.log_loss, 0.5 * log(2.0 * DRAWS + 2) + 0.5 * log(2) + 0.5 * log(2), 0.1);
}

/* The clock is certain, the number uniform: quantiles of both are met as often as they say, ties too.
 * A number imagined in the middle half is below the lower quantiles in a quarter of all cases and more. */
static void quantiles_of_a_box_are_met_as_often_as_they_say(void **state) {
  (void)state;
  heed_assess_step said = steps_of("coins-box", coins_truth, DRAWS);
  assert_true(isnan(said.log_loss) && isnan(said.accuracy));
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    assert_int_equal(said.bins[i].events, 2 * STEPS);
    assert_near(said.bins[i].predicted, (i + 0.5) / 10, 1e-9);
    assert_near(said.bins[i].happened, (i + 0.5) / 10, 0.03);
  }
  coins_chances narrow = coins_truth;
  narrow.low = 0.25;
  narrow.high = 0.75;
  said = steps_of("coins-box", narrow, DRAWS);
  for (int i = 0; i < HEED_ASSESS_BINS; i++) {
    double q = (i + 0.5) / 10;
    assert_near(said.bins[i].happened, (q + 0.25 + q / 2) / 2, 0.03);
  }
}

static void no_episodes_are_no_steps(void **state) {
  (void)state;
  heed_env *env = coins_world("coins");
  heed_dynamics *model = coins_model_of(env, coins_truth);
  heed_experience *life = coins_lived(env);
  heed_assess_step said;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 6);
  size_t episodes = heed_experience_episode_count(life);
  assert_ok(heed_assess_steps(model, life, episodes, DRAWS, &rng, &said, &err), &err);
  assert_int_equal(said.steps, 0);
  assert_fails(heed_assess_steps(model, life, 0, 1, &rng, &said, &err), HEED_ERR_ARG, &err,
               "draws");
  heed_experience_destroy(life);
  heed_dynamics_destroy(model);
  heed_env_destroy(env);
}

/* ---- rollouts --------------------------------------------------------------------------------- */

static heed_assess_rollout rollouts_of(const char *world, coins_chances chances,
                                       uint32_t rollouts) {
  heed_env *env = coins_world(world);
  heed_dynamics *model = coins_model_of(env, chances);
  heed_assess_rollout said;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 7);
  assert_ok(heed_assess_rollouts(env, model, rollouts, &rng, &said, &err), &err);
  assert_int_equal(said.horizon_count, 4);
  heed_dynamics_destroy(model);
  heed_env_destroy(env);
  return said;
}

/* Total variations of 20000 deviate by at most 1 / sqrt(20000) = 0.007. */
static void a_model_that_is_the_world_is_not_apart_from_it(void **state) {
  (void)state;
  heed_assess_rollout said = rollouts_of("coins", coins_truth, ROLLOUTS);
  for (uint32_t h = 0; h < said.horizon_count; h++) {
    assert_near(said.horizons[h].cells.board, 0, 0.015);
    assert_near(said.horizons[h].cells.cell, 0, 0.015);
    assert_near(said.horizons[h].ended, 1 - pow(0.9, said.horizons[h].steps), 0.02);
    assert_near(said.horizons[h].imagined_ended, said.horizons[h].ended, 0.02);
  }
}

/* Sides 0.5, 0.25, 0.25 against 0.9, 0.05, 0.05 are 0.4 apart, as long as the episode goes on; the
 * coin is right, and the wall never changes. */
static void a_wrong_chance_is_as_far_as_it_should_be(void **state) {
  (void)state;
  coins_chances wrong = coins_wrong();
  wrong.end = coins_truth.end;
  heed_assess_rollout said = rollouts_of("coins", wrong, ROLLOUTS);
  for (uint32_t h = 0; h < said.horizon_count; h++) {
    double going = pow(0.9, said.horizons[h].steps);
    assert_near(said.horizons[h].cells.board, 0.4 * going, 0.02);
    assert_near(said.horizons[h].cells.cell, 0.4 * going / 2, 0.02);
  }
}

/* The world ends, the model does not: what has ended is seen in the model by no one. */
static void an_end_is_an_outcome_of_its_own(void **state) {
  (void)state;
  coins_chances wrong = coins_truth;
  wrong.end = 0;
  heed_assess_rollout said = rollouts_of("coins", wrong, ROLLOUTS);
  for (uint32_t h = 0; h < said.horizon_count; h++) {
    double ended = 1 - pow(0.9, said.horizons[h].steps);
    assert_near(said.horizons[h].cells.board, ended, 0.02);
    assert_near(said.horizons[h].cells.cell, ended, 0.02);
    assert_near(said.horizons[h].imagined_ended, 0, 0);
  }
}

/* Each board's count differs by chance like a normal number of variance 2 p (1 - p) / n, whose mean
 * distance from 0 is sqrt(2 / pi) deviations; the end is one board, sides and coin make six. */
static void the_noise_floor_is_what_chance_makes(void **state) {
  (void)state;
  heed_assess_rollout said = rollouts_of("coins", coins_truth, 1000);
  double expected = sqrt(0.1 * 0.9); /* ended */
  for (int i = 0; i < 6; i++) {
    double p = 0.9 * (i < 2 ? 0.25 : 0.125);
    expected += sqrt(p * (1 - p));
  }
  expected *= 0.5 * sqrt(2.0 / 1000) * sqrt(2 / M_PI);
  assert_near(said.horizons[0].cells.board_floor, expected, 0.5 * expected);
}

/* The number is 0.25 from its mean on average, and 9 times of 10 in the interval; so is the clock, which is
 * exact: ties are broken at random. */
static void a_right_box_covers_nine_of_ten(void **state) {
  (void)state;
  heed_assess_rollout said = rollouts_of("coins-box", coins_truth, 2000);
  for (uint32_t h = 0; h < said.horizon_count; h++) {
    assert_near(said.horizons[h].coverage, 0.9, 0.015);
    assert_near(said.horizons[h].mean_error, 0.25 / 2, 0.01);
  }
}

/* A clock that is fast by 0.02 a step is 0.02 k wrong, of 5 that it goes in 50 steps; half the width of
 * the number covers half of 9 of 10. */
static void a_wrong_box_is_off_by_what_it_should_be(void **state) {
  (void)state;
  coins_chances wrong = coins_truth;
  wrong.clock = 0.12;
  wrong.low = 0.25;
  wrong.high = 0.75;
  heed_assess_rollout said = rollouts_of("coins-box", wrong, 2000);
  for (uint32_t h = 0; h < said.horizon_count; h++) {
    double clock = 0.02 * said.horizons[h].steps / 5;
    assert_near(said.horizons[h].mean_error, (clock + 0.25) / 2, 0.01);
    assert_near(said.horizons[h].coverage, 0.45 / 2, 0.02);
  }
}

/* The simulator itself, in every world of cells: nothing is left but chance. A belief begins from the
 * observation alone, so that a coin tossed unseen at the start is that of 64 particles: 1/16 off. The
 * mean over two samples less the distance between them deviates by about sqrt(0.5 / 500) = 0.03. */
static void the_simulator_is_not_apart_from_the_world(void **state) {
  (void)state;
  for (size_t i = 0; i < heed_env_count(); i++) {
    heed_env *env = NULL;
    heed_dynamics *model = NULL;
    heed_error err = {0};
    assert_ok(heed_env_create(heed_env_at(i)->name, NULL, &env, &err), &err);
    if (heed_env_spec_of(env)->obs_space.kind == HEED_SPACE_CELLS) {
      heed_rng rng;
      heed_rng_init(&rng, 8);
      heed_assess_rollout said;
      assert_ok(heed_exact_create(env, 64, &model, &err), &err);
      assert_ok(heed_assess_rollouts(env, model, 500, &rng, &said, &err), &err);
      for (uint32_t h = 0; h < said.horizon_count; h++) {
        assert_near(said.horizons[h].cells.board, 0, 0.1);
        assert_near(said.horizons[h].cells.cell, 0, 0.06);
      }
      heed_dynamics_destroy(model);
    }
    heed_env_destroy(env);
  }
}

static void a_model_of_another_world_is_refused(void **state) {
  (void)state;
  heed_env *env = coins_world("coins");
  heed_env *other = coins_world("coins-box");
  heed_dynamics *model = coins_model_of(env, coins_truth);
  heed_assess_rollout said;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 7);
  assert_fails(heed_assess_rollouts(other, model, 10, &rng, &said, &err), HEED_ERR_ARG, &err,
               "another world");
  assert_fails(heed_assess_rollouts(env, model, 0, &rng, &said, &err), HEED_ERR_ARG, &err,
               "rollouts");
  heed_dynamics_destroy(model);
  heed_env_destroy(env);
  heed_env_destroy(other);
}

static void horizons_are_checked(void **state) {
  (void)state;
  heed_env *env = coins_world("coins");
  const heed_space *space = &heed_env_spec_of(env)->obs_space;
  heed_rollouts rollouts;
  heed_error err = {0};
  const uint32_t falling[] = {5, 5};
  const uint32_t rising[] = {5, 6};
  assert_fails(heed_rollouts_init(&rollouts, space, 10, falling, 2, &err), HEED_ERR_ARG, &err,
               "horizon 5");
  assert_fails(heed_rollouts_init(&rollouts, space, 10, rising, 0, &err), HEED_ERR_ARG, &err,
               "horizons");
  assert_ok(heed_rollouts_init(&rollouts, space, 10, rising, 2, &err), &err);
  heed_rollouts_deinit(&rollouts);
  heed_env_destroy(env);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_world_itself_loses_its_entropy),
      cmocka_unit_test(a_wrong_chance_costs_what_it_should),
      cmocka_unit_test(few_draws_do_not_make_a_model_look_too_sure),
      cmocka_unit_test(what_is_held_impossible_costs_a_bounded_loss),
      cmocka_unit_test(quantiles_of_a_box_are_met_as_often_as_they_say),
      cmocka_unit_test(no_episodes_are_no_steps),
      cmocka_unit_test(a_model_that_is_the_world_is_not_apart_from_it),
      cmocka_unit_test(a_wrong_chance_is_as_far_as_it_should_be),
      cmocka_unit_test(an_end_is_an_outcome_of_its_own),
      cmocka_unit_test(the_noise_floor_is_what_chance_makes),
      cmocka_unit_test(a_right_box_covers_nine_of_ten),
      cmocka_unit_test(a_wrong_box_is_off_by_what_it_should_be),
      cmocka_unit_test(the_simulator_is_not_apart_from_the_world),
      cmocka_unit_test(a_model_of_another_world_is_refused),
      cmocka_unit_test(horizons_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
