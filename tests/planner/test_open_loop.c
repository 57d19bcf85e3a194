/* test_open_loop.c: nodes that are sequences of actions, against the expected return of every sequence. */
#include "planner/mdp.h"
#include "planner/search.h"

enum { HORIZON = 4, ACTIONS = 2 };
#define DISCOUNT 0.9

static heed_planner_config open_loop(uint32_t simulations) {
  heed_planner_config config = heed_planner_config_default();
  config.nodes = HEED_NODES_ACTIONS;
  config.share_states = false;
  config.complete = false;
  config.outcome_samples = 0;
  config.reuse = false;
  config.selection = HEED_SELECT_UNIFORM;
  config.horizon = HORIZON;
  config.discount = DISCOUNT;
  config.simulations = simulations;
  config.node_capacity = 4096;
  return config;
}

/* What a step is worth: by the reward channel, or by what the states look like. */
typedef double payment(const mdp *m, uint32_t s, uint32_t a, uint32_t next);

static double channel(const mdp *m, uint32_t s, uint32_t a, uint32_t next) {
  return m->reward[s][a][next];
}

/* As the formula below has it. */
static double sight(const mdp *m, uint32_t s, uint32_t a, uint32_t next) {
  (void)m;
  (void)a;
  return (s == 0 && next == 2 ? 3 : 0) + (next == 1 ? 1 : 0);
}
#define SIGHT "formula={3*change[0,2] + share[1]}"

/* The greatest expected return of any sequence of actions, going on from a distribution of states, those where the
 * episode has ended left out; by first action if `q` is there. No line of the planner's. */
static double best_sequence(const mdp *m, payment *pay, const double *now, uint32_t steps,
                            double *q) {
  double best = -HUGE_VAL;
  for (uint32_t a = 0; steps > 0 && a < ACTIONS; a++) {
    double next[MDP_STATES_MAX] = {0};
    double value = 0;
    for (uint32_t s = 0; s < m->states; s++) {
      for (uint32_t t = 0; t < m->states; t++) {
        double p = now[s] * m->p[s][a][t];
        value += p * pay(m, s, a, t);
        next[t] += m->is_terminal[t] ? 0 : p;
      }
    }
    value += DISCOUNT * best_sequence(m, pay, next, steps - 1, NULL);
    if (q != NULL) {
      q[a] = value;
    }
    best = value > best ? value : best;
  }
  return steps > 0 ? best : 0;
}

/* A process where what is seen should change what is done: from state 0 action 0 leads to 1 or 2, where the one
 * action pays that the other does not. */
static void make_fork(mdp *m) {
  memset(m, 0, sizeof *m);
  m->states = 4;
  m->actions = ACTIONS;
  m->p[0][0][1] = m->p[0][0][2] = 0.5;
  m->p[0][1][3] = 1;
  for (uint32_t s = 1; s < 4; s++) {
    m->p[s][0][s] = m->p[s][1][s] = 1;
  }
  m->reward[1][0][1] = m->reward[2][1][2] =
      1; /* knowing where one is: 1 a step; not knowing: a half */
  m->reward[3][0][3] = m->reward[3][1][3] = 0.7; /* worse than the one, better than the other */
}

/* ---- values ----------------------------------------------------------------------------------- */

static void check_values(mdp *m, payment *pay, const char *formula, uint64_t seed) {
  heed_planner_config config = open_loop(64000);
  mdp_search x;
  mdp_search_init(&x, m, &config, seed);
  heed_reward *reward = formula != NULL ? mdp_reward(m, "formula", formula) : NULL;
  heed_error err = {0};
  if (reward != NULL) {
    assert_ok(heed_planner_swap_reward(x.planner, reward, &err), &err);
  }
  double start[MDP_STATES_MAX] = {1};
  double q[ACTIONS];
  best_sequence(m, pay, start, HORIZON, q);
  const heed_decision *d = mdp_plan(&x, 0);
  for (uint32_t a = 0; a < ACTIONS; a++) {
    /* 4000 returns of each sequence, rewards of a deviation of at most 1.5 */
    assert_near(d->values[a], q[a], 5 * 1.5 * sqrt(HORIZON / 4000.0));
  }
  heed_planner_destroy(x.planner);
  x.planner = NULL;
  heed_reward_destroy(reward);
  mdp_search_deinit(&x);
}

/* Of any process, with ends and without; by what is paid and by what is seen on the way. */
static void values_are_those_of_the_best_sequence(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 21);
  for (uint64_t i = 0; i < 6; i++) {
    mdp_random(&m, 6, ACTIONS, 3, &rng);
    m.is_terminal[5] = i % 2 != 0;
    check_values(&m, channel, NULL, i);
    check_values(&m, sight, SIGHT, i);
  }
}

/* A closed loop sees at the fork where it is, and expects 1 a step; the open one a half, and goes where it gets
 * 0.7. Nothing that is paid on its way is drawn, so that its value is exact. */
static void the_open_loop_does_not_count_on_seeing(void **state) {
  (void)state;
  static mdp m;
  make_fork(&m);
  double later = DISCOUNT + DISCOUNT * DISCOUNT + DISCOUNT * DISCOUNT * DISCOUNT;
  heed_planner_config config = open_loop(32000);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 3);
  const heed_decision *d = mdp_plan(&x, 0);
  assert_int_equal(d->action.index, 1);
  assert_near(d->value, 0.7 * later, 1e-12);
  assert_near(d->values[0], 0.5 * later, 0.05);
  mdp_search_deinit(&x);

  mdp_values v;
  mdp_solve(&m, HORIZON, DISCOUNT, &v);
  heed_planner_config closed = config;
  closed.nodes = HEED_NODES_HISTORY;
  mdp_search_init(&x, &m, &closed, 3);
  d = mdp_plan(&x, 0);
  assert_int_equal(d->action.index, 0);
  assert_near(d->value, later, 1e-12);
  assert_near(d->value, v.q[HORIZON][0][0], 1e-12);
  mdp_search_deinit(&x);
}

/* Where nothing is drawn there is nothing to see: it is the search that looks, to the bit. */
static void without_chance_it_is_the_closed_loop(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 26);
  mdp_random(&m, 20, ACTIONS, 1, &rng);
  m.is_sure = true;
  m.is_terminal[19] = true;
  heed_planner_config config = open_loop(300);
  config.expansion = HEED_EXPAND_ONE;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.backup = HEED_BACKUP_MEAN;
  config.selection = HEED_SELECT_UCB1;
  config.horizon = 8;
  double values[2][ACTIONS];
  uint32_t nodes[2];
  for (int k = 0; k < 2; k++) {
    config.nodes = k == 0 ? HEED_NODES_ACTIONS : HEED_NODES_HISTORY;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 9);
    const heed_decision *d = mdp_plan(&x, 0);
    memcpy(values[k], d->values, sizeof values[k]);
    nodes[k] = d->nodes;
    mdp_search_deinit(&x);
  }
  assert_int_equal(nodes[0], nodes[1]);
  assert_memory_equal(values[0], values[1], sizeof values[0]);
}

/* Nobody looks, so nobody need be told apart: a node for each sequence, and one for each that ended. */
static void there_is_a_node_for_each_sequence(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 22);
  mdp_random(&m, 20, ACTIONS, 20, &rng);
  heed_planner_config config = open_loop(4000);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  assert_int_equal(mdp_plan(&x, 0)->nodes, 1 + 2 + 4 + 8 + 16);
  mdp_search_deinit(&x);
  for (uint32_t a = 0; a < ACTIONS; a++) { /* half of all steps end the episode */
    memset(m.p[0][a], 0, sizeof m.p[0][a]);
    m.p[0][a][0] = m.p[0][a][1] = 0.5;
  }
  m.is_terminal[1] = true;
  mdp_search_init(&x, &m, &config, 1);
  assert_int_equal(mdp_plan(&x, 0)->nodes, 1 + 2 * (2 + 4 + 8 + 16));
  mdp_search_deinit(&x);
}

/* ---- what becomes of the tree -------------------------------------------------------------------- */

static void a_swap_and_a_step_drop_the_tree(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 23);
  mdp_random(&m, 6, ACTIONS, 3, &rng);
  heed_planner_config config = open_loop(500);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  heed_reward *reward = mdp_reward(&m, "formula", SIGHT);
  heed_error err = {0};
  heed_decision decision;
  mdp_plan(&x, 0);
  assert_ok(heed_planner_swap_reward(x.planner, reward, &err), &err);
  assert_fails(heed_planner_decide(x.planner, &x.rng, &decision, &err), HEED_ERR_STATE, &err,
               "nothing has been planned");
  /* and what is planned then is what a new planner plans */
  heed_rng_init(&x.rng, 5);
  mdp_plan(&x, 0);
  uint64_t again = heed_planner_signature(x.planner);
  heed_planner *fresh = NULL;
  assert_ok(heed_planner_create(&config, x.dynamics, reward, &fresh, &err), &err);
  mdp_belief belief = {0};
  heed_rng_init(&x.rng, 5);
  assert_ok(heed_planner_plan(fresh, &belief, &x.rng, &decision, &err), &err);
  assert_int_equal(heed_planner_signature(fresh), again);

  assert_false(heed_planner_advance(fresh, decision.action, &belief));
  assert_fails(heed_planner_decide(fresh, &x.rng, &decision, &err), HEED_ERR_STATE, &err,
               "nothing has been planned");
  heed_planner_destroy(fresh);
  heed_planner_destroy(x.planner);
  x.planner = NULL;
  heed_reward_destroy(reward);
  mdp_search_deinit(&x);
}

/* The line that is expected is a life that can be lived: each step may follow the one before. */
static void the_line_is_one_life(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 24);
  mdp_random(&m, 12, ACTIONS, 3, &rng);
  m.is_terminal[11] = true;
  heed_planner_config config = open_loop(2000);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  uint32_t first = (uint32_t)mdp_plan(&x, 0)->action.index;
  uint32_t ended = 0;
  for (int i = 0; i < 50; i++) {
    heed_segment line;
    heed_error err = {0};
    assert_ok(heed_planner_line(x.planner, i > 0 ? &rng : NULL, &line, &err), &err);
    assert_true(line.steps == HORIZON || line.is_terminal);
    assert_int_equal(line.obs[0], 0);
    assert_int_equal(line.actions[0].index, first);
    for (uint32_t t = 0; t < line.steps; t++) {
      uint32_t a = (uint32_t)line.actions[t].index;
      assert_true(m.p[line.obs[t]][a][line.obs[t + 1]] > 0);
      assert_near(line.channel[t], m.reward[line.obs[t]][a][line.obs[t + 1]], 0);
      assert_int_equal(m.is_terminal[line.obs[t + 1]], line.is_terminal && t + 1 == line.steps);
    }
    ended += line.is_terminal;
    heed_segment_deinit(&line);
  }
  assert_in_range(ended, 1, 49);
  mdp_search_deinit(&x);
}

/* ---- what does not go together ------------------------------------------------------------------ */

static void refuse(const heed_planner_config *config, mdp *m, const char *reason) {
  heed_dynamics *dynamics = mdp_dynamics(m);
  heed_reward *reward = mdp_reward(m, "channel", NULL);
  heed_planner *planner = NULL;
  heed_error err = {0};
  assert_fails(heed_planner_create(config, dynamics, reward, &planner, &err), HEED_ERR_ARG, &err,
               reason);
  heed_reward_destroy(reward);
  heed_dynamics_destroy(dynamics);
}

static void what_needs_sight_is_refused(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 4, 0);
  heed_planner_config config = open_loop(10);
  config.reuse = true;
  refuse(&config, &m, "reuse=false");
  config = open_loop(10);
  config.share_states = true;
  refuse(&config, &m, "share_states=false");
  config = open_loop(10);
  config.outcome_samples = 1;
  refuse(&config, &m, "outcome_samples=0");
  config = open_loop(10);
  config.expansion = HEED_EXPAND_ONE;
  config.leaf = HEED_LEAF_VALUE;
  refuse(&config, &m, "leaf=zero or leaf=rollout");
  config.leaf = HEED_LEAF_ROLLOUT;
  config.rollout = HEED_ROLLOUT_PRIOR;
  refuse(&config, &m, "rollout=random");

  config = open_loop(10);
  config.selection = HEED_SELECT_PUCT;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  heed_evaluator evaluator = mdp_evaluator(&m);
  heed_error err = {0};
  assert_fails(heed_planner_set_evaluator(x.planner, &evaluator, NULL, &err), HEED_ERR_ARG, &err,
               "no use for an evaluator");
  mdp_search_deinit(&x);

  heed_rng rng;
  heed_rng_init(&rng, 25);
  mdp_make_game(&m, &rng);
  config = open_loop(10);
  refuse(&config, &m, "every action at any time");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_those_of_the_best_sequence),
      cmocka_unit_test(the_open_loop_does_not_count_on_seeing),
      cmocka_unit_test(without_chance_it_is_the_closed_loop),
      cmocka_unit_test(there_is_a_node_for_each_sequence),
      cmocka_unit_test(a_swap_and_a_step_drop_the_tree),
      cmocka_unit_test(the_line_is_one_life),
      cmocka_unit_test(what_needs_sight_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
