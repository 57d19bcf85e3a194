/* bench_search.c: simulations a second, where the dynamics costs little.
 *
 * UCT with one random rollout a simulation, 100,000 simulations of a game from its first position (Kocsis and
 * Szepesvari 2006); as many over histories, five steps deep, with a rollout each (POMCP: Silver and Veness
 * 2010) in the tiger's world; and PUCT over a model whose states are numbers and whose leaves are worth
 * nothing, in 64 trees of 50 simulations that take turns: what remains is the tree itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "bench/bench.h"
#include "bench/fixture.h"
#include "bench/numbers.h"
#include "planner/search.h"

/* ---- UCT in games and over histories -------------------------------------------------------------- */

enum { GAME_SIMULATIONS = 100000, TIGER_PARTICLES = 1024 };

typedef struct game {
  heed_env *env;           /* owned */
  heed_dynamics *dynamics; /* owned */
  heed_dynamics *single;   /* owned; the same of one particle, which rollouts follow */
  heed_reward *reward;     /* owned */
  heed_planner *planner;   /* owned */
  uint32_t horizon;
  void *belief, *single_belief; /* owned; the first position */
  heed_rng rng;
  heed_decision decision;
} game;

static heed_planner_config uct_config(void) {
  heed_planner_config config = heed_planner_config_default();
  config.simulations = GAME_SIMULATIONS;
  config.node_capacity = GAME_SIMULATIONS + 1;
  config.horizon = 42;
  config.discount = 1;
  config.expansion = HEED_EXPAND_ONE;
  config.share_states = false;
  config.complete = false;
  config.outcome_samples = 1;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.keep_rollouts = false;
  config.backup = HEED_BACKUP_MEAN;
  config.final = HEED_FINAL_VISITS;
  config.reuse = false;
  return config;
}

static heed_planner_config pomcp_config(void) {
  heed_planner_config config = uct_config();
  config.nodes = HEED_NODES_HISTORY;
  config.outcome_samples = 0;
  config.horizon = 5;
  config.discount = 0.95;
  config.final = HEED_FINAL_VALUE;
  return config;
}

static void game_reset(void *context) {
  game *g = context;
  heed_rng_init(&g->rng, HEED_DEFAULT_SEED);
}

static void game_init(game *g, const char *name, uint32_t particles,
                      const heed_planner_config *config) {
  heed_error err = {0};
  heed__must(heed_env_create(name, NULL, &g->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(g->env);
  heed__must(heed_exact_create(g->env, particles, &g->dynamics, &err), &err);
  heed__must(heed_exact_create(g->env, 1, &g->single, &err), &err);
  heed__must(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &g->reward, &err),
      &err);
  heed__must(heed_planner_create(config, g->dynamics, g->reward, &g->planner, &err), &err);
  g->horizon = config->horizon;
  void *state = heed__must_alloc(1, spec->state_size);
  g->belief = heed__must_alloc(1, heed_dynamics_spec_of(g->dynamics)->belief_size);
  g->single_belief = heed__must_alloc(1, heed_dynamics_spec_of(g->single)->belief_size);
  game_reset(g);
  heed_env_init(g->env, state);
  heed_env_reset(g->env, state, &g->rng);
  void *obs = heed__must_alloc(1, heed_space_size(&spec->obs_space));
  heed_env_observe(g->env, state, obs);
  heed_dynamics_begin(g->dynamics, obs, g->belief);
  heed_dynamics_begin(g->single, obs, g->single_belief);
  free(obs);
  free(state);
}

static void game_deinit(game *g) {
  heed_planner_destroy(g->planner);
  heed_reward_destroy(g->reward);
  heed_dynamics_destroy(g->dynamics);
  heed_dynamics_destroy(g->single);
  heed_env_destroy(g->env);
  free(g->belief);
  free(g->single_belief);
}

static double game_simulations(void *context) {
  game *g = context;
  heed_error err = {0};
  heed__must(heed_planner_plan(g->planner, g->belief, &g->rng, &g->decision, &err), &err);
  return g->decision.simulations;
}

/* Rollouts alone, from the first position. */
static double game_rollouts(void *context) {
  enum { ROLLOUTS = 1000, MOST = 64 };
  game *g = context;
  int32_t actions[MOST];
  double channel[MOST];
  uint32_t legal[MOST];
  unsigned char beliefs[256];
  for (int i = 0; i < ROLLOUTS; i++) {
    heed_rollout r = {.belief = g->single_belief,
                      .rng = &g->rng,
                      .most = g->horizon,
                      .beliefs = beliefs,
                      .legal = legal,
                      .actions = actions,
                      .channel = channel};
    heed_dynamics_rollout(g->single, &r, 1, beliefs + 128);
  }
  return ROLLOUTS;
}

static double game_bytes(void *context) {
  game *g = context;
  game_reset(g);
  (void)game_simulations(g);
  const heed_tree *tree = &g->planner->tree;
  double nodes = tree->places.count;
  return sizeof(heed_node) + 2 * sizeof(heed_index) + tree->edge_count / nodes * HEED_EDGE_BYTES;
}

/* ---- PUCT alone ---------------------------------------------------------------------------------- */

enum { TREES = 64, TREE_SIMULATIONS = 50 };

static void trees_init(heed_numbers *trees, uint32_t actions) {
  heed_planner_config config = uct_config();
  config.simulations = TREE_SIMULATIONS;
  config.node_capacity = TREE_SIMULATIONS + 1;
  config.horizon = TREE_SIMULATIONS;
  config.selection = HEED_SELECT_PUCT;
  config.leaf = HEED_LEAF_ZERO;
  heed__numbers_init(trees, actions, &config, TREES);
}

int main(int argc, char **argv) {
  static game connect_four;
  static game tic_tac_toe;
  static game tiger;
  static heed_numbers few;
  static heed_numbers many;
  const heed_planner_config uct = uct_config();
  const heed_planner_config pomcp = pomcp_config();
  game_init(&connect_four, "connect-four", 1, &uct);
  game_init(&tic_tac_toe, "tic-tac-toe", 1, &uct);
  game_init(&tiger, "tiger", TIGER_PARTICLES, &pomcp);
  trees_init(&few, 4);
  trees_init(&many, 18);
  const heed_bench_case four[] = {
      {"rollouts alone", "rollouts", game_rollouts, game_reset, &connect_four, false},
      {"UCT", "simulations", game_simulations, game_reset, &connect_four, false},
  };
  const heed_bench_case three[] = {
      {"rollouts alone", "rollouts", game_rollouts, game_reset, &tic_tac_toe, false},
      {"UCT", "simulations", game_simulations, game_reset, &tic_tac_toe, false},
  };
  const heed_bench_case doors[] = {
      {"rollouts alone", "rollouts", game_rollouts, game_reset, &tiger, false},
      {"POMCP, horizon 5", "simulations", game_simulations, game_reset, &tiger, false},
  };
  const heed_bench_case trees[] = {
      {"4 actions", "simulations", heed__numbers_simulations, heed__numbers_reset, &few, false},
      {"18 actions", "simulations", heed__numbers_simulations, heed__numbers_reset, &many, false},
  };
  const heed_bench_case memory[] = {
      {"connect four", "bytes a node", game_bytes, NULL, &connect_four, true},
      {"tic-tac-toe", "bytes a node", game_bytes, NULL, &tic_tac_toe, true},
  };
#define GROUP(name, list) \
  { .title = (name), .cases = (list), .count = sizeof(list) / sizeof *(list) }
  const heed_bench_group groups[] = {
      GROUP("UCT with rollouts: connect four", four),
      GROUP("UCT with rollouts: tic-tac-toe", three),
      GROUP("POMCP with rollouts: tiger", doors),
      GROUP("PUCT alone: 64 trees of 50", trees),
      GROUP("UCT with rollouts: memory", memory),
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  game_deinit(&connect_four);
  game_deinit(&tic_tac_toe);
  game_deinit(&tiger);
  heed__numbers_deinit(&few);
  heed__numbers_deinit(&many);
  return status;
}
