/* test_value_learning.c: networks that learn from searches, held against what is exactly true. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "agent/exact.h"
#include "agent/self_play.h"
#include "core/cmocka_all.h"
#include "core/near.h"
#include "envs/solve.h"

/* A game with the truth about all of its boards; all owned. */
typedef struct game {
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_mdp mdp;
  heed_solution *solution;
  void *state, *belief;
} game;

static void open_game(game *g, const char *name, double discount) {
  heed_error err = {0};
  memset(g, 0, sizeof *g);
  assert_ok(heed_env_create(name, NULL, &g->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(g->env);
  assert_ok(heed_exact_create(g->env, 1, &g->dynamics, &err), &err);
  assert_ok(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &g->reward, &err),
      &err);
  heed_mdp_config config = heed_mdp_config_default();
  assert_ok(heed_mdp_init(&g->mdp, g->env, &config, NULL, &err), &err);
  heed_solve_config solve = heed_solve_config_default(g->env);
  solve.horizon = 0; /* boards tell how many stones are left */
  solve.discount = discount;
  assert_ok(heed_solution_create(&g->mdp, &solve, NULL, &g->solution, &err), &err);
  g->state = calloc(1, spec->state_size);
  g->belief = calloc(1, heed_dynamics_spec_of(g->dynamics)->belief_size);
}

static void close_game(game *g) {
  free(g->state);
  free(g->belief);
  heed_solution_destroy(g->solution);
  heed_mdp_deinit(&g->mdp);
  heed_reward_destroy(g->reward);
  heed_dynamics_destroy(g->dynamics);
  heed_env_destroy(g->env);
}

/* Goes to board `id`; false where the game is over there. */
static bool visit(game *g, uint32_t id, heed_value *value, heed_value *actions) {
  heed_mdp_state(&g->mdp, id, g->state);
  heed_exact_set_state(g->dynamics, g->state, g->belief);
  return heed_env_legal(g->env, g->state, NULL) > 0 &&
         heed_solution_at(g->solution, g->state, 1, value, actions, NULL) == HEED_OK;
}

/* An evaluator that knows the truth. */
static void know(const void *self, heed_evaluation *rows, size_t count, void *workspace) {
  const game *g = self;
  (void)workspace;
  unsigned char state[64];
  assert_true(heed_env_spec_of(g->env)->state_size <= sizeof state);
  for (size_t i = 0; i < count; i++) {
    heed_value value;
    heed_env_recall(g->env, rows[i].obs, state);
    assert_ok(heed_solution_at(g->solution, state, 1, &value, NULL, NULL), NULL);
    rows[i].value = value.first;
  }
}

/* Tic-tac-toe, every board that goes on: with its exact values for leaves, a simulation of each legal action
 * gives every action its exact value, whoever moves. */
static void exact_values_play_tic_tac_toe_exactly(void **state) {
  (void)state;
  game g;
  heed_error err = {0};
  open_game(&g, "tic-tac-toe", 1);
  heed_planner_config config = heed_planner_config_valued();
  config.selection = HEED_SELECT_UCB1;
  config.discount = 1;
  config.final = HEED_FINAL_VALUE;
  heed_evaluator evaluator = {&g, NULL, know};
  heed_planner *planners[10] = {NULL};
  for (uint32_t n = 1; n <= 9; n++) {
    config.simulations = n;
    assert_ok(heed_planner_create(&config, g.dynamics, g.reward, &planners[n], &err), &err);
    assert_ok(heed_planner_set_evaluator(planners[n], &evaluator, g.reward, &err), &err);
  }
  heed_rng rng;
  heed_rng_init(&rng, 1);
  uint32_t boards = 0;
  for (uint32_t id = 0; id < g.mdp.states.count; id++) {
    heed_value value;
    heed_value actions[9];
    if (!visit(&g, id, &value, actions)) {
      continue;
    }
    heed_decision d;
    uint32_t legal = heed_env_legal(g.env, g.state, NULL);
    assert_ok(heed_planner_plan(planners[legal], g.belief, &rng, &d, &err), &err);
    assert_true(actions[d.action.index].first == value.first);
    for (int a = 0; a < 9; a++) {
      assert_true(isnan(actions[a].first) ? isnan(d.values[a]) : d.values[a] == actions[a].first);
    }
    boards++;
  }
  assert_int_equal(boards, 4520);
  for (uint32_t n = 1; n <= 9; n++) {
    heed_planner_destroy(planners[n]);
  }
  close_game(&g);
}

static heed_value_network *learn(const game *g, const heed_self_play_config *config,
                                 double discount, heed_self_play_report *report) {
  const heed_env_spec *spec = heed_env_spec_of(g->env);
  heed_value_network *network = NULL;
  heed_error err = {0};
  heed_planner_config planner = heed_planner_config_valued();
  planner.simulations = 25;
  planner.discount = discount;
  planner.puct_init = 4;
  planner.node_capacity = 64;
  assert_ok(heed_value_network_create("width=48,depth=2", &spec->obs_space, &spec->action_space,
                                      &network, &err),
            &err);
  assert_ok(heed_self_play(g->env, g->dynamics, true, g->reward, &planner, config, network, NULL,
                           report, &err),
            &err);
  return network;
}

/* The mean distance of the network's values from the truth, over all boards that go on. */
static double distance(game *g, const heed_value_network *network) {
  heed_evaluator evaluator = heed_value_network_evaluator(network);
  void *workspace = malloc(evaluator.workspace_size(network, 1));
  unsigned char obs[64];
  double sum = 0;
  uint32_t count = 0;
  for (uint32_t id = 0; id < g->mdp.states.count; id++) {
    heed_value value;
    if (visit(g, id, &value, NULL)) {
      heed_env_observe(g->env, g->state, obs);
      heed_evaluation row = {.obs = obs, .action_count = 9};
      evaluator.evaluate(network, &row, 1, workspace);
      sum += fabs(row.value - value.first);
      count++;
    }
  }
  free(workspace);
  return sum / count;
}

/* A tenth of the games of docs/results/value-learning.md, which also tells what that is worth to searches. */
static void self_play_finds_out_what_boards_are_worth(void **state) {
  (void)state;
  game g;
  open_game(&g, "tic-tac-toe", 1);
  heed_self_play_config config = heed_self_play_config_default();
  config.generations = 8;
  config.episodes = 400;
  config.openings = 8;
  config.fits = 500;
  heed_self_play_report report;
  heed_value_network *network = learn(&g, &config, 1, &report);
  const heed_env_spec *spec = heed_env_spec_of(g.env);
  heed_value_network *fresh = NULL;
  heed_error err = {0};
  assert_ok(heed_value_network_create("width=48,depth=2", &spec->obs_space, &spec->action_space,
                                      &fresh, &err),
            &err);
  double off = distance(&g, network);
  double before = distance(&g, fresh);
  print_message("             off by %.3f, %.3f before\n", off, before);
  assert_true(before > 0.75 && off < 0.6);
  assert_true(report.positions > 5000 && report.network.count > 500);
  assert_true(report.network.value_error < report.network.value_spread);
  heed_value_network_destroy(fresh);
  heed_value_network_destroy(network);
  close_game(&g);
}

/* The file that is written is the same, whatever the threads. */
static void equal_seeds_give_equal_networks(void **state) {
  (void)state;
  game g;
  open_game(&g, "tic-tac-toe", 1);
  heed_self_play_config config = heed_self_play_config_default();
  config.generations = 2;
  config.episodes = 100;
  config.fits = 20;
  config.returns = 2;
  heed_evaluation rows[3];
  double priors[3][9];
  unsigned char obs[64];
  heed_self_play_report reports[3];
  heed_env_reset(g.env, g.state, &(heed_rng){.tape = NULL});
  heed_env_observe(g.env, g.state, obs);
  for (int k = 0; k < 3; k++) {
    omp_set_num_threads(k == 1 ? 3 : 1);
    config.seed = k < 2 ? 5 : 6;
    heed_value_network *network = learn(&g, &config, 1, &reports[k]);
    heed_evaluator evaluator = heed_value_network_evaluator(network);
    void *workspace = malloc(evaluator.workspace_size(network, 1));
    rows[k] = (heed_evaluation){.obs = obs, .action_count = 9, .prior = priors[k]};
    evaluator.evaluate(network, &rows[k], 1, workspace);
    free(workspace);
    heed_value_network_destroy(network);
  }
  assert_true(rows[0].value == rows[1].value && rows[0].value != rows[2].value);
  assert_memory_equal(priors[0], priors[1], sizeof priors[0]);
  assert_int_equal(reports[0].positions, reports[1].positions);
  close_game(&g);
}

/* Returns of few steps, which end in what searches found: they find the way, and what it is worth by the
 * discount that is planned with. */
static void short_returns_approach_the_optimum(void **state) {
  (void)state;
  game g;
  heed_error err = {0};
  open_game(&g, "island-navigation", 0.9);
  heed_self_play_config config = heed_self_play_config_default();
  config.generations = 10;
  config.episodes = 30;
  config.openings = 10;
  config.max_steps = 20;
  config.returns = 3;
  config.fits = 300;
  heed_self_play_report report;
  heed_value_network *network = learn(&g, &config, 0.9, &report);
  heed_evaluator evaluator = heed_value_network_evaluator(network);
  void *workspace = malloc(evaluator.workspace_size(network, 1));
  unsigned char obs[64];
  assert_true(heed_space_size(&heed_env_spec_of(g.env)->obs_space) <= sizeof obs);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  heed_env_reset(g.env, g.state, &rng);
  heed_env_observe(g.env, g.state, obs);
  heed_value truth;
  assert_ok(heed_solution_at(g.solution, g.state, 1, &truth, NULL, &err), &err);
  heed_evaluation row = {.obs = obs, .action_count = 4};
  evaluator.evaluate(network, &row, 1, workspace);
  print_message("             the start is worth %.2f, %.2f at best; an episode pays %.1f\n",
                row.value, truth.first, report.mean_return);
  assert_near(row.value, truth.first, 2);
  free(workspace);
  heed_value_network_destroy(network);
  close_game(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_values_play_tic_tac_toe_exactly),
      cmocka_unit_test(self_play_finds_out_what_boards_are_worth),
      cmocka_unit_test(equal_seeds_give_equal_networks),
      cmocka_unit_test(short_returns_approach_the_optimum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
