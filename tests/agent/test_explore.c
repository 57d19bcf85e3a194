/* test_explore.c: acting in order to learn how the world works. */
#include "agent/explore.h"

#include <math.h>

#include "core/cmocka_all.h"
#include "core/near.h"

enum { STEPS = 250 };

static heed_env *world(void) {
  heed_env *env = NULL;
  heed_error err = {0};
  assert_ok(heed_env_create("island-navigation", NULL, &env, &err), &err);
  return env;
}

static heed_explore_config config_of(heed_explore_policy policy) {
  heed_explore_config config = heed_explore_config_default();
  config.policy = policy;
  config.steps = STEPS;
  return config;
}

static heed_dynamics *fresh_model(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(
      heed_dynamics_create("tabular", NULL, &spec->obs_space, &spec->action_space, &model, &err),
      &err);
  return model;
}

static heed_experience *explore(const heed_env *env, heed_dynamics *model,
                                const heed_explore_config *config, uint64_t seed) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_experience *e = NULL;
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, seed);
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &e, &err), &err);
  assert_ok(heed_explore(env, model, config, &master, e, NULL, &err), &err);
  return e;
}

/* Distinct pairs of observation and action, counted one against all. */
static size_t coverage(const heed_experience *e) {
  size_t size = heed_space_size(heed_experience_obs_space(e));
  size_t distinct = 0;
  for (size_t t = 0; t < heed_experience_count(e); t++) {
    bool is_new = true;
    for (size_t u = 0; u < t && is_new; u++) {
      is_new = heed_experience_action(e, t).index != heed_experience_action(e, u).index ||
               memcmp(heed_experience_obs(e, t), heed_experience_obs(e, u), size) != 0;
    }
    distinct += is_new;
  }
  return distinct;
}

static void the_seed_decides_everything(void **state) {
  (void)state;
  heed_env *env = world();
  for (int policy = 0; policy < 2; policy++) {
    heed_explore_config config = config_of((heed_explore_policy)policy);
    uint64_t hashes[3];
    for (int i = 0; i < 3; i++) {
      heed_dynamics *model = fresh_model(env);
      heed_experience *e = explore(env, model, &config, i < 2 ? 1 : 2);
      hashes[i] = heed_experience_hash(e);
      heed_experience_destroy(e);
      heed_dynamics_destroy(model);
    }
    assert_int_equal(hashes[0], hashes[1]);
    assert_int_not_equal(hashes[0], hashes[2]);
  }
  heed_env_destroy(env);
}

static void steps_and_episodes_are_as_long_as_asked(void **state) {
  (void)state;
  heed_env *env = world();
  heed_explore_config config = config_of(HEED_EXPLORE_RANDOM);
  config.episode_steps = 7;
  heed_experience *e = explore(env, NULL, &config, 1);
  assert_int_equal(heed_experience_count(e), STEPS);
  for (size_t i = 0; i < heed_experience_episode_count(e); i++) {
    size_t begin = heed_experience_episode_begin(e, i);
    size_t end = heed_experience_episode_begin(e, i + 1);
    heed_outcome last = heed_experience_outcome(e, end - 1);
    assert_true(end - begin <= 7);
    assert_true(end - begin == 7 || last.is_terminal || last.is_truncated || end == STEPS);
  }
  heed_experience_destroy(e);
  heed_env_destroy(env);
}

static void planning_for_information_sees_more_than_chance(void **state) {
  (void)state;
  heed_env *env = world();
  for (uint64_t seed = 1; seed <= 3; seed++) {
    size_t seen[2];
    for (int policy = 0; policy < 2; policy++) {
      heed_explore_config config = config_of((heed_explore_policy)policy);
      heed_dynamics *model = fresh_model(env);
      heed_experience *e = explore(env, model, &config, seed);
      assert_int_equal(heed_experience_count(e), STEPS);
      seen[policy] = coverage(e);
      heed_experience_destroy(e);
      heed_dynamics_destroy(model);
    }
    print_message("             %zu pairs by planning, %zu by chance\n", seen[0], seen[1]);
    assert_true(seen[HEED_EXPLORE_INFORMATION] > seen[HEED_EXPLORE_RANDOM] * 5 / 4);
  }
  heed_env_destroy(env);
}

/* The model that looks on has learned what a model learns from the same experience at once. */
static void the_model_learns_every_step(void **state) {
  (void)state;
  heed_env *env = world();
  heed_explore_config config = config_of(HEED_EXPLORE_INFORMATION);
  heed_dynamics *model = fresh_model(env);
  heed_experience *e = explore(env, model, &config, 1);
  heed_dynamics *later = fresh_model(env);
  heed_error err = {0};
  assert_ok(heed_dynamics_learn(later, e, 0, STEPS, NULL, &err), &err);
  uint64_t belief[2][64];
  uint64_t next[2][64];
  assert_true(heed_dynamics_spec_of(model)->belief_size <= sizeof belief[0]);
  memset(belief, 0, sizeof belief);
  memset(next, 0, sizeof next);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  for (size_t t = 0; t < STEPS; t++) {
    const heed_dynamics *models[] = {model, later};
    double uncertainty[2];
    for (int k = 0; k < 2; k++) {
      heed_rng copy = rng;
      heed_dynamics_begin(models[k], heed_experience_obs(e, t), belief[k]);
      heed_prediction p = {.belief = belief[k],
                           .action = heed_experience_action(e, t),
                           .rng = &copy,
                           .wants_uncertainty = true,
                           .next_belief = next[k]};
      heed_dynamics_predict(models[k], &p, 1, NULL);
      uncertainty[k] = p.uncertainty;
    }
    (void)heed_rng_next(&rng);
    assert_memory_equal(next[0], next[1], sizeof next[0]);
    assert_true(uncertainty[0] == uncertainty[1]);
  }
  heed_experience_destroy(e);
  heed_dynamics_destroy(later);
  heed_dynamics_destroy(model);
  heed_env_destroy(env);
}

static void information_needs_a_model(void **state) {
  (void)state;
  heed_env *env = world();
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_explore_config config = config_of(HEED_EXPLORE_INFORMATION);
  heed_experience *e = NULL;
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, 1);
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &e, &err), &err);
  assert_fails(heed_explore(env, NULL, &config, &master, e, NULL, &err), HEED_ERR_ARG, &err,
               "dynamics");
  assert_int_equal(heed_experience_count(e), 0);
  heed_experience_destroy(e);
  heed_env_destroy(env);
}

/* Actions of a box are uniform in it: their mean and variance are (low + high) / 2 and (high - low)^2 / 12. */
static void random_actions_fill_a_box(void **state) {
  (void)state;
  heed_env *env = NULL;
  heed_error err = {0};
  assert_ok(heed_env_create("pendulum", NULL, &env, &err), &err);
  const heed_space *actions = &heed_env_spec_of(env)->action_space;
  double low = (double)actions->low[0];
  double high = (double)actions->high[0];
  heed_explore_config config = config_of(HEED_EXPLORE_RANDOM);
  config.steps = 4000;
  heed_experience *e = explore(env, NULL, &config, 1);
  double mean = 0;
  double square = 0;
  for (size_t t = 0; t < 4000; t++) {
    double value = (double)heed_experience_action(e, t).value[0];
    assert_true(value >= low && value <= high);
    mean += value / 4000;
    square += value * value / 4000;
  }
  double variance = (high - low) * (high - low) / 12;
  assert_near(mean, (low + high) / 2, 4 * sqrt(variance / 4000));
  assert_near(square - mean * mean, variance, 0.06 * variance); /* four deviations */
  heed_experience_destroy(e);
  heed_env_destroy(env);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_seed_decides_everything),
      cmocka_unit_test(steps_and_episodes_are_as_long_as_asked),
      cmocka_unit_test(planning_for_information_sees_more_than_chance),
      cmocka_unit_test(the_model_learns_every_step),
      cmocka_unit_test(information_needs_a_model),
      cmocka_unit_test(random_actions_fill_a_box),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
