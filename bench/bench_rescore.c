/* bench_rescore.c: a swap of the reward model: re-scoring the tree that stands and deciding from it,
 * against searching again from nothing; where scores cost next to nothing, and where the reward is a network as
 * large as that of the dynamics. */
#include <stdlib.h>

#include "agent/explore.h"
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

/* ---- networks ------------------------------------------------------------------------------------ */

/* One network each, for the dynamics and the reward, of equal layers. */
#define LAYERS "members=1,width=256,depth=2,epochs=2"
enum { LIVED = 500 };

/* Cartpole, what was learned of it, and planners for it. All owned. */
typedef struct networks {
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *reward;
  void *belief;
  swapper alone, together; /* simulations one by one, and 64 at once */
} networks;

static void networks_learn(networks *n) {
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  heed__must(heed_env_create("cartpole", NULL, &n->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(n->env);
  heed_explore_config config = heed_explore_config_default();
  config.steps = LIVED;
  config.policy = HEED_EXPLORE_RANDOM;
  heed_experience *lived;
  heed__must(heed_experience_create(&spec->obs_space, &spec->action_space, &lived, &err), &err);
  heed__must(heed_explore(n->env, NULL, &config, &master, lived, NULL, &err), &err);
  heed__must(heed_dynamics_create("ensemble", LAYERS, &spec->obs_space, &spec->action_space,
                                  &n->dynamics, &err),
             &err);
  heed__must(heed_dynamics_learn(n->dynamics, lived, 0, heed_experience_count(lived), NULL, &err),
             &err);
  heed__must(heed_reward_create("ensemble", LAYERS, &spec->obs_space, &spec->action_space,
                                &n->reward, &err),
             &err);
  n->belief = heed__must_alloc(1, heed_dynamics_spec_of(n->dynamics)->belief_size);
  heed_dynamics_begin(n->dynamics, heed_experience_obs(lived, 0), n->belief);
  heed_experience_destroy(lived);
}

static void networks_init(networks *n) {
  heed_error err = {0};
  networks_learn(n);
  heed_planner_config config = heed_planner_config_default();
  config.simulations = SIMULATIONS;
  n->alone = (swapper){.belief = n->belief, .rewards = {n->reward, n->reward}};
  n->together = n->alone;
  heed__must(heed_planner_create(&config, n->dynamics, n->reward, &n->alone.planner, &err), &err);
  config.leaf_batch = 64;
  heed__must(heed_planner_create(&config, n->dynamics, n->reward, &n->together.planner, &err),
             &err);
}

static void networks_deinit(networks *n) {
  heed_planner_destroy(n->alone.planner);
  heed_planner_destroy(n->together.planner);
  heed_reward_destroy(n->reward);
  heed_dynamics_destroy(n->dynamics);
  heed_env_destroy(n->env);
  free(n->belief);
}

int main(int argc, char **argv) {
  fixture f;
  static networks n;
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
  networks_init(&n);
  const heed_bench_case alone[] = {
      {"search from nothing", "decisions", search_from_nothing, reset, &n.alone, false},
      {"re-score", "decisions", rescore, reset, &n.alone, false},
  };
  const heed_bench_case together[] = {
      {"search from nothing", "decisions", search_from_nothing, reset, &n.together, false},
      {"re-score", "decisions", rescore, reset, &n.together, false},
  };
  const heed_bench_group groups[] = {
      {.title = "swap: the first decision after it",
       .cases = swaps,
       .count = sizeof swaps / sizeof swaps[0]},
      {.title = "swap: networks, one by one",
       .cases = alone,
       .count = sizeof alone / sizeof alone[0]},
      {.title = "swap: networks, 64 at once",
       .cases = together,
       .count = sizeof together / sizeof together[0]},
      {.title = "swap: re-scoring alone", .cases = rates, .count = sizeof rates / sizeof rates[0]},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  networks_deinit(&n);
  heed_planner_destroy(linear.planner);
  heed_planner_destroy(mixed.planner);
  heed_reward_destroy(task);
  heed__fixture_deinit(&f);
  return status;
}
