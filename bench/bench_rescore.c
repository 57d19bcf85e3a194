/* bench_rescore.c: a swap of the reward model: re-scoring the tree that stands and deciding from it,
 * against searching again from nothing. */
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "planner/search.h"

enum { SIMULATIONS = 300 }; /* of a decision */

/* A planner, and two reward models that take turns. */
typedef struct swapper {
  const void *belief;            /* borrowed */
  heed_planner *planner;         /* owned */
  const heed_reward *rewards[2]; /* borrowed */
  int turn;
  heed_rng rng;
} swapper;

static void plan(swapper *s) {
  heed_error err = {0};
  heed_decision decision;
  heed__must(heed_planner_plan(s->planner, s->belief, &s->rng, &decision, &err), &err);
}

static void swap(swapper *s) {
  heed_error err = {0};
  s->turn = !s->turn;
  heed__must(heed_planner_swap_reward(s->planner, s->rewards[s->turn], &err), &err);
}

/* A tree stands, planned for the first reward. */
static void reset(void *context) {
  swapper *s = context;
  heed_error err = {0};
  heed_rng_init(&s->rng, HEED_DEFAULT_SEED);
  heed_planner_reset(s->planner);
  s->turn = 0;
  heed__must(heed_planner_swap_reward(s->planner, s->rewards[0], &err), &err);
  plan(s);
}

static double search_from_nothing(void *context) {
  swapper *s = context;
  heed_planner_reset(s->planner);
  swap(s);
  plan(s);
  return 1;
}

static double rescore(void *context) {
  swapper *s = context;
  heed_error err = {0};
  heed_decision decision;
  swap(s);
  heed__must(heed_planner_decide(s->planner, &s->rng, &decision, &err), &err);
  return 1;
}

static double rescored_outcomes(void *context) {
  swapper *s = context;
  (void)rescore(s);
  return s->planner->tree.outcome_count;
}

static double rescored_nodes(void *context) {
  swapper *s = context;
  (void)rescore(s);
  return s->planner->tree.places.count;
}

int main(int argc, char **argv) {
  fixture f;
  heed_error err = {0};
  heed__fixture_init(&f);
  const heed_env_spec *spec = heed_env_spec_of(f.env);
  heed_reward *task;
  heed__must(heed_reward_create("formula", "formula={50*change[4,3] - one}", &spec->obs_space,
                                &spec->action_space, &task, &err),
             &err);

  heed_planner_config config = heed_planner_config_default();
  config.simulations = SIMULATIONS;
  swapper linear = {.belief = f.belief, .rewards = {f.linear, f.linear}};
  swapper mixed = {.belief = f.belief, .rewards = {f.linear, task}};
  heed__must(heed_planner_create(&config, f.tabular, f.linear, &linear.planner, &err), &err);
  heed__must(heed_planner_create(&config, f.tabular, f.linear, &mixed.planner, &err), &err);

  const heed_bench_case swaps[] = {
      {"search from nothing", "decisions", search_from_nothing, reset, &linear, false},
      {"re-score, linear reward", "decisions", rescore, reset, &linear, false},
      {"re-score, linear and formula", "decisions", rescore, reset, &mixed, false},
  };
  const heed_bench_case rates[] = {
      {"the pass, by outcome", "outcomes", rescored_outcomes, reset, &linear, false},
      {"the pass, by node", "nodes", rescored_nodes, reset, &linear, false},
  };
  const heed_bench_group groups[] = {
      {.title = "swap: the first decision after it",
       .cases = swaps,
       .count = sizeof swaps / sizeof swaps[0]},
      {.title = "swap: re-scoring alone", .cases = rates, .count = sizeof rates / sizeof rates[0]},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  heed_planner_destroy(linear.planner);
  heed_planner_destroy(mixed.planner);
  heed_reward_destroy(task);
  heed__fixture_deinit(&f);
  return status;
}
