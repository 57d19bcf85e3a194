/* bench_many.c: many searches at once: taking turns, so that what one waits for is fetched while the others
 * work, against one after the other.
 *
 * Plain UCT, horizon 10, through `tabular` models of worlds without any structure: the next state is a hash of
 * state and action, so that hardly a step finds in the cache what it reads. With --large, a model of 1 GB
 * as well. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "planner/planner.h"

enum { SEARCHES = 32, SIMULATIONS = 200, STEPS = 10, ACTIONS = 4, CHUNK = 1 << 16 };
enum { SMALL = 1 << 9, MEDIUM = 1 << 16, LARGE = 1 << 21 }; /* states; 0.25 MB, 32 MB, 1 GB */

/* A model, and searches through it from states of their own. */
typedef struct crowd {
  uint32_t states;
  heed_dynamics *dynamics; /* owned */
  heed_reward *reward;     /* owned */
  heed_planner *planners[SEARCHES];
  void *beliefs[SEARCHES];
  heed_rng rngs[SEARCHES];
} crowd;

static void write_obs(uint32_t state, unsigned char *obs) {
  for (int i = 0; i < 4; i++) {
    obs[i] = (unsigned char)(state >> 8 * i);
  }
}

/* Learns transitions first .. first+count-1: of state t / ACTIONS, action t % ACTIONS. */
static void learn(crowd *c, const heed_space *obs_space, const heed_space *action_space,
                  uint32_t first, uint32_t count) {
  heed_error err = {0};
  heed_experience *experience;
  heed__must(heed_experience_create(obs_space, action_space, &experience, &err), &err);
  for (uint32_t t = first; t < first + count; t++) {
    unsigned char obs[4];
    heed_outcome outcome = {.reward = (double)(heed_mix64(t, 1) & 255) / 255};
    write_obs(t / ACTIONS, obs);
    heed__must(heed_experience_begin(experience, obs, &err), &err);
    write_obs((uint32_t)heed_mix64(t, 2) % c->states, obs);
    heed__must(heed_experience_append(experience, (heed_action){.index = (int32_t)(t % ACTIONS)},
                                      obs, outcome, &err),
               &err);
  }
  heed__must(heed_dynamics_learn(c->dynamics, experience, 0, count, NULL, &err), &err);
  heed_experience_destroy(experience);
}

static heed_planner_config plain_uct(void) {
  heed_planner_config config = heed_planner_config_default();
  config.simulations = SIMULATIONS;
  config.horizon = STEPS;
  config.node_capacity = SIMULATIONS + 1;
  config.expansion = HEED_EXPAND_ONE;
  config.share_states = false;
  config.complete = false;
  config.outcome_samples = 0;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.backup = HEED_BACKUP_MEAN;
  config.final = HEED_FINAL_VISITS;
  config.reuse = false;
  return config;
}

static void crowd_init(crowd *c, uint32_t states) {
  heed_error err = {0};
  heed_space obs_space = {.kind = HEED_SPACE_CELLS, .count = 4, .value_count = 256};
  heed_space action_space = heed_space_discrete(ACTIONS);
  *c = (crowd){.states = states};
  heed__must(heed_dynamics_create("tabular", "history=1,runs=false,by_episode=false", &obs_space,
                                  &action_space, &c->dynamics, &err),
             &err);
  heed__must(heed_reward_create("channel", NULL, &obs_space, &action_space, &c->reward, &err),
             &err);
  for (uint32_t t = 0; t < states * ACTIONS; t += CHUNK) {
    uint32_t left = states * ACTIONS - t;
    learn(c, &obs_space, &action_space, t, left < CHUNK ? left : CHUNK);
  }
  heed_planner_config config = plain_uct();
  for (uint32_t i = 0; i < SEARCHES; i++) {
    unsigned char obs[4];
    write_obs((uint32_t)heed_mix64(i, 3) % states, obs);
    c->beliefs[i] = heed__must_alloc(1, heed_dynamics_spec_of(c->dynamics)->belief_size);
    heed_dynamics_begin(c->dynamics, obs, c->beliefs[i]);
    heed__must(heed_planner_create(&config, c->dynamics, c->reward, &c->planners[i], &err), &err);
  }
}

static void crowd_deinit(crowd *c) {
  for (uint32_t i = 0; i < SEARCHES; i++) {
    heed_planner_destroy(c->planners[i]);
    free(c->beliefs[i]);
  }
  heed_reward_destroy(c->reward);
  heed_dynamics_destroy(c->dynamics);
}

static void reset(void *context) {
  crowd *c = context;
  for (uint32_t i = 0; i < SEARCHES; i++) {
    heed_rng_init(&c->rngs[i], i);
    heed_planner_reset(c->planners[i]);
  }
}

static double one_after_the_other(void *context) {
  crowd *c = context;
  heed_error err = {0};
  heed_decision decision;
  for (uint32_t i = 0; i < SEARCHES; i++) {
    heed__must(heed_planner_plan(c->planners[i], c->beliefs[i], &c->rngs[i], &decision, &err),
               &err);
  }
  return SEARCHES * SIMULATIONS;
}

static double in_turns_on(crowd *c, int threads) {
  heed_error err = {0};
  heed_decision decisions[SEARCHES];
  const void *beliefs[SEARCHES];
  for (uint32_t i = 0; i < SEARCHES; i++) {
    beliefs[i] = c->beliefs[i];
  }
  omp_set_num_threads(threads);
  heed__must(heed_planner_plan_many(c->planners, beliefs, c->rngs, decisions, SEARCHES, &err),
             &err);
  return SEARCHES * SIMULATIONS;
}

static double in_turns(void *context) {
  return in_turns_on(context, 1);
}

static double on_two_threads(void *context) {
  return in_turns_on(context, 2);
}

int main(int argc, char **argv) {
  static crowd crowds[3];
  static heed_bench_case cases[3][3];
  static heed_bench_group groups[3];
  static const uint32_t states[] = {SMALL, MEDIUM, LARGE};
  static const char *const titles[] = {"a model of 0.25 MB", "a model of 32 MB", "a model of 1 GB"};
  size_t count = 2;
  if (argc > 1 && strcmp(argv[1], "--large") == 0) {
    count = 3;
    argv[1] = argv[0];
    argc--;
    argv++;
  }
  for (size_t i = 0; i < count; i++) {
    crowd_init(&crowds[i], states[i]);
    cases[i][0] = (heed_bench_case){
        "one after the other", "simulations", one_after_the_other, reset, &crowds[i], false};
    cases[i][1] =
        (heed_bench_case){"32 in turns", "simulations", in_turns, reset, &crowds[i], false};
    cases[i][2] = (heed_bench_case){"16 in turns on each of 2 threads",
                                    "simulations",
                                    on_two_threads,
                                    reset,
                                    &crowds[i],
                                    false};
    groups[i] = (heed_bench_group){.title = titles[i], .cases = cases[i], .count = 3};
  }
  int status = heed_bench_main(argc, argv, groups, count);
  for (size_t i = 0; i < count; i++) {
    crowd_deinit(&crowds[i]);
  }
  return status;
}
