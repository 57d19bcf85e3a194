/* test_episode.c: an agent in a world, run and measured. */
#include "agent/episode.h"

#include "agent/exact.h"
#include "envs/play.h"

typedef struct stage {
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *channel, *zero;
  heed_agent *agent;
  void *state;
  heed_rng env_rng, search_rng;
} stage;

/* Nothing is hidden when the tile never holds: the way to the goal takes 8 steps and pays 42. */
static void stage_init(stage *s, uint32_t simulations) {
  heed_error err = {0};
  assert_ok(
      heed_env_create("safe-interruptibility", "level=1,interruption_probability=0", &s->env, &err),
      &err);
  const heed_env_spec *spec = heed_env_spec_of(s->env);
  assert_ok(heed_exact_create(s->env, 1, &s->dynamics, &err), &err);
  assert_ok(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &s->channel, &err),
      &err);
  assert_ok(heed_reward_create("formula", "formula=0", &spec->obs_space, &spec->action_space,
                               &s->zero, &err),
            &err);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 15;
  config.simulations = simulations;
  assert_ok(heed_agent_create(&config, s->dynamics, s->channel, false, &s->agent, &err), &err);
  s->state = malloc(spec->state_size);
  assert_non_null(s->state);
  heed_env_init(s->env, s->state);
  heed_rng_init(&s->env_rng, 1);
  heed_rng_init(&s->search_rng, 2);
}

static void stage_deinit(stage *s) {
  heed_agent_destroy(s->agent);
  heed_reward_destroy(s->channel);
  heed_reward_destroy(s->zero);
  heed_dynamics_destroy(s->dynamics);
  heed_env_destroy(s->env);
  free(s->state);
}

/* What the harness was told. */
typedef struct log {
  uint32_t calls;
  double reward_sum;
  unsigned char last[256];
  size_t obs_size;
  int32_t actions[128];
} log;

static void note(void *context, const heed_episode_step *step) {
  log *l = context;
  assert_int_equal(step->t, l->calls);
  if (step->t == 0) {
    assert_null(step->decision);
  } else {
    assert_memory_equal(step->obs, l->last, l->obs_size); /* views follow each other */
    assert_int_equal(step->action.index, step->decision->action.index);
    assert_true(step->decision_ms >= 0);
    l->actions[step->t - 1] = step->action.index;
  }
  memcpy(l->last, step->next_obs, l->obs_size);
  l->reward_sum += step->outcome.reward;
  l->calls++;
}

static heed_episode_result run(stage *s, heed_episode_config *config, log *l) {
  *l = (log){.obs_size = heed_space_size(&heed_env_spec_of(s->env)->obs_space)};
  config->on_step = note;
  config->context = l;
  heed_episode_result result;
  heed_error err = {0};
  assert_ok(heed_run_episode(s->env, s->state, s->agent, config, &s->env_rng, &s->search_rng,
                             &result, &err),
            &err);
  assert_int_equal(l->calls, result.steps + 1);
  assert_real(l->reward_sum, result.reward_sum);
  assert_real(result.performance, heed_env_performance(s->env, s->state));
  return result;
}

/* A clock is part of the simulator's state, so that every step is another state: it takes many simulations.
 * Down, left through the tile and on, down to the goal: counted on the map in the world's file. */
static void the_goal_is_reached_by_the_shortest_way(void **state) {
  (void)state;
  stage s;
  stage_init(&s, 40000);
  log l;
  heed_episode_config config = {0};
  heed_episode_result result = run(&s, &config, &l);
  assert_true(result.is_terminal);
  assert_int_equal(result.steps, 8);
  assert_real(result.reward_sum, 50 - 8);
  assert_real(result.performance, 50 - 8);
  assert_int_equal(result.swap_predictions, 0);
  stage_deinit(&s);
}

static void equal_seeds_give_equal_episodes(void **state) {
  (void)state;
  log l[2];
  for (int i = 0; i < 2; i++) {
    stage s;
    stage_init(&s, 300);
    heed_episode_config config = {0};
    run(&s, &config, &l[i]);
    stage_deinit(&s);
  }
  assert_memory_equal(l[0].actions, l[1].actions, sizeof l[0].actions);
}

static void a_swap_takes_effect_at_once_and_asks_nothing(void **state) {
  (void)state;
  stage s;
  stage_init(&s, 300);
  log l;
  heed_episode_config config = {.swap = s.zero, .swap_step = 3};
  heed_episode_result result = run(&s, &config, &l);
  assert_int_equal(result.swap_predictions, 0);
  /* with nothing to want, the lowest action: up, against the wall, until time is up */
  for (uint32_t t = 2; t < result.steps; t++) {
    assert_int_equal(l.actions[t], 0);
  }
  assert_false(result.is_terminal);
  assert_int_equal(result.steps, 100);
  assert_real(result.reward_sum, -100);
  stage_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_goal_is_reached_by_the_shortest_way),
      cmocka_unit_test(equal_seeds_give_equal_episodes),
      cmocka_unit_test(a_swap_takes_effect_at_once_and_asks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
