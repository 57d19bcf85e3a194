/* test_mcts.c: what searches find, against exact finite-horizon dynamic programming. */
#include "planner/mdp.h"
#include "planner/search.h"

static double range_of_values(uint32_t horizon) {
  return 2.0 * horizon; /* rewards are in [-1, 1), undiscounted */
}

/* ---- the completed search -------------------------------------------------------------------- */

static void deterministic_worlds_are_solved_exactly(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 8;
  config.discount = 0.9;
  config.simulations = 400;
  config.selection = HEED_SELECT_UNIFORM;
  for (uint64_t seed = 0; seed < 20; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 10, 3, 1, &rng);
    m.is_terminal[9] = true;
    mdp_solve(&m, config.horizon, config.discount, &v);
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    for (uint32_t s = 0; s < 9; s++) {
      const heed_decision *d = mdp_plan(&x, s);
      for (uint32_t a = 0; a < m.actions; a++) {
        assert_near(d->values[a], v.q[8][s][a], 1e-12);
      }
      assert_near(d->value, mdp_best(&m, &v, 8, s), 1e-12);
      assert_false(d->is_full);
    }
    mdp_search_deinit(&x);
  }
}

/* Soft dynamic programming: V = t log sum exp(Q / t), by recursion over the process itself. */
static double soft_value(const mdp *m, uint32_t s, uint32_t left, double discount, double t,
                         double *q) {
  double sum = 0;
  for (uint32_t a = 0; left > 0 && !m->is_terminal[s] && a < m->actions; a++) {
    double below[MDP_ACTIONS_MAX];
    uint32_t next = 0;
    while (m->p[s][a][next] == 0) {
      next++;
    }
    q[a] = m->reward[s][a][next] + discount * soft_value(m, next, left - 1, discount, t, below);
    sum += exp(q[a] / t);
  }
  return sum > 0 ? t * log(sum) : 0;
}

static void soft_values_are_those_of_soft_dynamic_programming(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  static const double temperatures[] = {1e-4, 0.1, 2};
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 6;
  config.discount = 0.9;
  config.simulations = 400;
  config.selection = HEED_SELECT_UNIFORM;
  config.backup = HEED_BACKUP_SOFT;
  for (uint64_t i = 0; i < 12; i++) {
    config.temperature = temperatures[i % 3];
    heed_rng rng;
    heed_rng_init(&rng, i);
    mdp_random(&m, 8, 3, 1, &rng);
    m.is_terminal[7] = true;
    mdp_solve(&m, 6, 0.9, &v);
    mdp_search x;
    mdp_search_init(&x, &m, &config, i);
    const heed_decision *d = mdp_plan(&x, 0);
    double q[MDP_ACTIONS_MAX] = {0};
    /* exp(q / 1e-4) leaves the range of doubles: there the limit is the best return itself */
    double soft =
        i % 3 == 0 ? mdp_best(&m, &v, 6, 0) : soft_value(&m, 0, 6, 0.9, temperatures[i % 3], q);
    const heed_tree *tree = &x.planner->tree;
    assert_near(tree->nodes[tree->root].value, soft, i % 3 == 0 ? 6 * 1e-4 * log(3) : 1e-12);
    for (uint32_t a = 0; a < m.actions; a++) {
      assert_near(d->values[a], i % 3 == 0 ? v.q[6][0][a] : q[a], i % 3 == 0 ? 1e-3 : 1e-12);
    }
    mdp_search_deinit(&x);
  }
}

/* Of equal trees: uniform selection asks for no value. */
static void lambda_lies_between_max_and_mean(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 3);
  mdp_random(&m, 8, 3, 2, &rng);
  static const double lambdas[] = {0, 0.5, 1};
  double values[5];
  for (int k = 0; k < 5; k++) {
    heed_planner_config config = mdp_config_uct();
    config.horizon = 4;
    config.selection = HEED_SELECT_UNIFORM;
    config.backup = k < 3 ? HEED_BACKUP_LAMBDA : k == 3 ? HEED_BACKUP_MAX : HEED_BACKUP_MEAN;
    config.lambda = k < 3 ? lambdas[k] : 0.5;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 4);
    mdp_plan(&x, 0);
    values[k] = x.planner->tree.nodes[x.planner->tree.root].value;
    mdp_search_deinit(&x);
  }
  assert_true(values[0] == values[3] && values[2] == values[4]);
  assert_true(values[1] < values[0] && values[1] > values[2]);
}

/* The same recursion over the answers that the dynamics gave, in the order in which they came. */
static double sampled_value(const heed_tree *tree, heed_index s, uint32_t left, double discount) {
  if (left == 0 || heed__tree_is_terminal(tree, s) || !heed__tree_is_tried(tree, s)) {
    return 0;
  }
  double best = -HUGE_VAL;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    const heed_transition *t = heed__tree_transition(tree, s, a);
    if (t->samples == 0) {
      continue;
    }
    double sum = 0;
    uint32_t outcomes = 0;
    for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
      const heed_tree_outcome *o = &tree->outcomes[i];
      sum += o->count * (o->reward + discount * sampled_value(tree, o->state, left - 1, discount));
      outcomes++;
    }
    /* k x / k need not be x: the only outcome stands as it is */
    const heed_tree_outcome *only = &tree->outcomes[t->first_outcome];
    double q = outcomes > 1
                   ? sum / t->samples
                   : only->reward + discount * sampled_value(tree, only->state, left - 1, discount);
    best = q > best ? q : best;
  }
  return best > -HUGE_VAL ? best : 0;
}

static void stochastic_worlds_are_solved_for_the_answers_of_the_dynamics(void **state) {
  (void)state;
  static mdp m;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 5;
  config.simulations = 200;
  for (uint64_t seed = 0; seed < 20; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 8, 2, 3, &rng);
    m.is_terminal[7] = true;
    config.outcome_samples = seed % 2 == 0 ? 3 : 50;
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    const heed_decision *d = mdp_plan(&x, 0);
    const heed_tree *tree = &x.planner->tree;
    heed_index root = tree->nodes[tree->root].state;
    assert_true(d->value == sampled_value(tree, root, 5, config.discount));
    for (uint32_t t = 0; t < tree->transition_count; t++) {
      assert_true(tree->transitions[t].samples <= config.outcome_samples);
    }
    mdp_search_deinit(&x);
  }
}

/* Hoeffding 1963: the mean of n samples in a range R is off by more than R sqrt(ln(2/d) / 2n) with
 * probability d at most. With d shared among the S A H estimates, no value is off by more than H times
 * that; the mean error over worlds must shrink like 1 / sqrt(n), too. */
static void more_samples_come_closer_to_the_truth(void **state) {
  (void)state;
  enum { WORLDS = 12, STATES = 5, ACTIONS = 2, HORIZON = 4 };
  static mdp m;
  static mdp_values v;
  double mean_error[2] = {0};
  for (int k = 0; k < 2; k++) {
    uint32_t samples = k == 0 ? 20 : 500;
    heed_planner_config config = heed_planner_config_default();
    config.horizon = HORIZON;
    config.discount = 1;
    config.simulations = k == 0 ? 500 : 12000;
    config.selection = HEED_SELECT_UNIFORM;
    config.outcome_samples = samples;
    double estimates = STATES * ACTIONS * HORIZON;
    double bound =
        HORIZON * range_of_values(HORIZON) * sqrt(log(2 * estimates / 1e-6) / (2.0 * samples));
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
      heed_rng rng;
      heed_rng_init(&rng, seed);
      mdp_random(&m, STATES, ACTIONS, STATES, &rng);
      mdp_solve(&m, HORIZON, 1, &v);
      mdp_search x;
      mdp_search_init(&x, &m, &config, seed);
      const heed_decision *d = mdp_plan(&x, 0);
      for (uint32_t a = 0; a < ACTIONS; a++) {
        assert_near(d->values[a], v.q[HORIZON][0][a], bound);
        mean_error[k] += fabs(d->values[a] - v.q[HORIZON][0][a]) / (WORLDS * ACTIONS);
      }
      mdp_search_deinit(&x);
    }
  }
  print_message("             mean error %.3f with 20 samples, %.3f with 500\n", mean_error[0],
                mean_error[1]);
  /* sqrt(500 / 20) is 5; a mean over 24 absolute errors is within a factor of 2 of its own */
  assert_true(mean_error[1] < mean_error[0] / 2.5);
  assert_true(mean_error[1] < 0.1);
}

static void default_search_finds_the_best_action(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 10;
  for (uint64_t seed = 0; seed < 20; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, 100 + seed);
    mdp_random(&m, 10, 3, 1, &rng);
    mdp_solve(&m, config.horizon, config.discount, &v);
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    for (uint32_t s = 0; s < m.states; s++) {
      int32_t action = mdp_plan(&x, s)->action.index;
      assert_near(v.q[10][s][action], mdp_best(&m, &v, 10, s), 1e-12);
    }
    mdp_search_deinit(&x);
  }
}

/* ---- UCT ------------------------------------------------------------------------------------- */

/* Kocsis and Szepesvari 2006, theorem 7: the estimate at the root converges to the value. */
static void uct_converges_to_the_value(void **state) {
  (void)state;
  enum { WORLDS = 8, HORIZON = 4 };
  static mdp m;
  static mdp_values v;
  static const uint32_t budgets[] = {30, 300, 6000};
  double error[3] = {0};
  for (int k = 0; k < 3; k++) {
    heed_planner_config config = mdp_config_uct();
    config.horizon = HORIZON;
    config.discount = 1;
    config.exploration = 0.5;
    config.simulations = budgets[k];
    for (uint64_t seed = 0; seed < WORLDS; seed++) {
      heed_rng rng;
      heed_rng_init(&rng, seed);
      mdp_random(&m, 6, 2, 2, &rng);
      mdp_solve(&m, HORIZON, 1, &v);
      mdp_search x;
      mdp_search_init(&x, &m, &config, seed);
      mdp_plan(&x, 0);
      const heed_tree *tree = &x.planner->tree;
      error[k] += fabs(tree->nodes[tree->root].value - mdp_best(&m, &v, HORIZON, 0)) / WORLDS;
      mdp_search_deinit(&x);
    }
  }
  print_message("             mean error %.3f, %.3f, %.3f\n", error[0], error[1], error[2]);
  assert_true(error[0] > error[1] && error[1] > error[2]);
  assert_true(error[2] < 0.1);
}

/* 6,000 simulations; 200 start states whose best action leads by at least 0.2. */
static void uct_picks_the_best_action(void **state) {
  (void)state;
  enum { STARTS = 200, HORIZON = 4 };
  static mdp m;
  static mdp_values v;
  heed_planner_config config = mdp_config_uct();
  config.horizon = HORIZON;
  config.discount = 1;
  config.exploration = 0.5;
  config.simulations = 6000;
  config.node_capacity = 6100;
  uint32_t starts = 0;
  uint32_t right = 0;
  for (uint64_t seed = 0; starts < STARTS; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 8, 2, 2, &rng);
    mdp_solve(&m, HORIZON, 1, &v);
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    for (uint32_t s = 0; s < m.states && starts < STARTS; s++) {
      if (fabs(v.q[HORIZON][s][0] - v.q[HORIZON][s][1]) < 0.2) {
        continue;
      }
      int32_t best = v.q[HORIZON][s][0] > v.q[HORIZON][s][1] ? 0 : 1;
      const heed_decision *d = mdp_plan(&x, s);
      assert_false(d->is_full);
      right += d->action.index == best;
      starts++;
    }
    mdp_search_deinit(&x);
  }
  print_message("             %u of %u right\n", right, starts);
  assert_true(right >= STARTS * 99 / 100);
}

/* ---- settings -------------------------------------------------------------------------------- */

static void horizon_decides_between_near_and_far_reward(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 6, 0.05); /* five steps to the goal; staying pays 0.05 a step */
  for (uint32_t horizon = 1; horizon <= 10; horizon++) {
    heed_planner_config config = heed_planner_config_default();
    config.horizon = horizon;
    config.discount = 1;
    mdp_search x;
    mdp_search_init(&x, &m, &config, horizon);
    const heed_decision *d = mdp_plan(&x, 0);
    bool sees_goal = horizon >= 5;
    /* by hand: linger as long as there is time, then go for the goal */
    double stay = sees_goal && horizon > 5 ? 0.05 * (horizon - 5) + 1 : 0.05 * horizon;
    double go = sees_goal ? 1 : 0;
    assert_near(d->values[0], stay, 1e-12);
    assert_near(d->values[1], go, 1e-12);
    assert_int_equal(d->action.index, horizon == 5 ? 1 : 0);
    mdp_search_deinit(&x);
  }
}

static void discount_weighs_the_far_reward(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 4, 0.3); /* three steps: 1 then is worth discount^2 now */
  static const double discounts[] = {0.5, 0.9, 1};
  for (size_t i = 0; i < 3; i++) {
    double g = discounts[i];
    heed_planner_config config = heed_planner_config_default();
    config.horizon = 3;
    config.discount = g;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 1);
    const heed_decision *d = mdp_plan(&x, 0);
    assert_near(d->values[0], 0.3 * (1 + g + g * g), 1e-12);
    assert_near(d->values[1], g * g, 1e-12);
    assert_int_equal(d->action.index, g * g > 0.3 * (1 + g + g * g));
    mdp_search_deinit(&x);
  }
}

static void information_is_worth_what_its_weight_says(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 4, 0);
  m.nats[0][0] = 0.5;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 1;
  config.information_weight = 3;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  assert_near(d->values[0], 1.5, 0);
  assert_near(d->values[1], 0, 0);
  mdp_search_deinit(&x);

  config.information_weight = -2; /* what is not known is shunned */
  mdp_search_init(&x, &m, &config, 1);
  d = mdp_plan(&x, 0);
  assert_near(d->values[0], -1, 0);
  assert_int_equal(d->action.index, 1);
  mdp_search_deinit(&x);
}

static void ties_go_to_the_lowest_or_to_any(void **state) {
  (void)state;
  enum { PLANS = 300 };
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  mdp_random(&m, 4, 3, 1, &rng);
  memset(m.reward, 0, sizeof m.reward);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 3;
  config.simulations = 50;
  uint32_t taken[2][3] = {0};
  for (int k = 0; k < 2; k++) {
    config.ties = k == 0 ? HEED_TIES_LOWEST : HEED_TIES_UNIFORM;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 7);
    for (int i = 0; i < PLANS; i++) {
      taken[k][mdp_plan(&x, 0)->action.index]++;
    }
    mdp_search_deinit(&x);
  }
  assert_int_equal(taken[0][0], PLANS);
  for (int a = 0; a < 3; a++) {
    /* binomial with p = 1/3: 100 +- 8.2; five deviations */
    assert_near(taken[1][a], PLANS / 3.0, 5 * 8.2);
  }
}

static void uniform_selection_tries_all_actions_alike(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  mdp_random(&m, 4, 3, 1, &rng);
  heed_planner_config config = heed_planner_config_default();
  config.selection = HEED_SELECT_UNIFORM;
  config.simulations = 3000;
  config.horizon = 2;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 7);
  const heed_decision *d = mdp_plan(&x, 0);
  for (int a = 0; a < 3; a++) {
    assert_near(d->visits[a], 1000, 5 * 25.9); /* sqrt(3000 * 1/3 * 2/3) = 25.8 */
  }
  mdp_search_deinit(&x);
}

/* 100 answers of the dynamics, and 3,900 draws from them: binomial, five deviations. */
static void later_visits_draw_from_the_answers_by_their_frequency(void **state) {
  (void)state;
  static mdp m;
  memset(&m, 0, sizeof m);
  m.states = 3;
  m.actions = 1;
  m.p[0][0][1] = 0.7;
  m.p[0][0][2] = 0.3;
  m.p[1][0][1] = 1;
  m.p[2][0][2] = 1;
  heed_planner_config config = mdp_config_uct();
  config.horizon = 2;
  config.simulations = 4000;
  config.outcome_samples = 100;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  mdp_plan(&x, 0);
  const heed_tree *tree = &x.planner->tree;
  const heed_transition *t = heed__tree_transition(tree, tree->nodes[tree->root].state, 0);
  assert_int_equal(t->samples, 100);
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    double share = tree->outcomes[i].count / 100.0;
    heed_index child = heed__tree_find_node(tree, tree->outcomes[i].state, 1);
    double deviation = sqrt(3900 * share * (1 - share));
    assert_near(tree->nodes[child].visits, 4000 * share, 5 * deviation);
  }
  mdp_search_deinit(&x);
}

/* ---- budget, memory, errors ------------------------------------------------------------------ */

static void full_tree_says_so_and_still_decides(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 3);
  mdp_random(&m, 20, 3, 5, &rng);
  for (int k = 0; k < 2; k++) {
    heed_planner_config config = k == 0 ? heed_planner_config_default() : mdp_config_uct();
    config.horizon = 10;
    config.node_capacity = 64;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 5);
    for (int i = 0; i < 50; i++) {
      const heed_decision *d = mdp_plan(&x, (uint32_t)i % 20);
      assert_true(d->is_full);
      assert_true(d->nodes <= 64);
      assert_true(d->simulations < config.simulations);
      assert_in_range(d->action.index, 0, 2);
      assert_true(isfinite(d->value));
    }
    mdp_search_deinit(&x);
  }
}

static void a_reward_that_is_not_finite_is_an_error_wherever_it_is(void **state) {
  (void)state;
  static const double bad[] = {HUGE_VAL, -HUGE_VAL, (double)NAN};
  for (size_t i = 0; i < 3; i++) {
    for (int k = 0; k < 2; k++) {
      static mdp m;
      mdp_chain(&m, 6, 0);
      m.reward[3][1][4] = bad[i];
      heed_planner_config config = k == 0 ? heed_planner_config_default() : mdp_config_uct();
      mdp_search x;
      mdp_search_init(&x, &m, &config, 5);
      mdp_belief belief = {0};
      heed_error err = {0};
      assert_fails(heed_planner_plan(x.planner, &belief, &x.rng, &x.decision, &err),
                   HEED_ERR_NUMERIC, &err, "");
      /* the planner is fit for use when the world is in order */
      m.reward[3][1][4] = 0;
      assert_near(mdp_plan(&x, 4)->values[1], 1, 0);
      mdp_search_deinit(&x);
    }
  }
}

/* ---- one decision after another -------------------------------------------------------------- */

static void the_tree_goes_on_from_the_state_reached(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  heed_rng rng;
  heed_rng_init(&rng, 4);
  mdp_random(&m, 10, 3, 1, &rng);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 6;
  config.selection = HEED_SELECT_UNIFORM;
  mdp_solve(&m, 6, config.discount, &v);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 5);
  uint32_t s = 0;
  uint32_t simulations = 0;
  for (int t = 0; t < 100; t++) {
    const heed_decision *d = mdp_plan(&x, s);
    simulations += d->simulations;
    assert_near(d->value, mdp_best(&m, &v, 6, s), 1e-12);
    assert_true(t == 0 || d->simulations <= config.simulations);
    uint32_t next = 0;
    while (m.p[s][d->action.index][next] == 0) {
      next++;
    }
    mdp_belief belief = {.state = next};
    assert_true(heed_planner_advance(x.planner, d->action, &belief));
    s = next;
  }
  /* a third of the simulations went through the action taken, and counts for the next decision */
  assert_true(simulations < 85 * config.simulations);
  /* all that there is to know was asked once; nothing is forgotten from one decision to the next */
  assert_true(m.predictions <= (uint64_t)m.states * m.actions * config.outcome_samples);
  mdp_search_deinit(&x);
}

static void what_the_tree_does_not_hold_is_not_advanced_to(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 6, 0.1);
  heed_planner_config config = heed_planner_config_default();
  mdp_search x;
  mdp_search_init(&x, &m, &config, 5);
  heed_error err = {0};
  mdp_belief elsewhere = {.state = 4};
  assert_false(heed_planner_advance(x.planner, (heed_action){.index = 1}, &elsewhere));
  mdp_plan(&x, 0);
  assert_false(heed_planner_advance(x.planner, (heed_action){.index = 1}, &elsewhere));
  assert_fails(heed_planner_decide(x.planner, &x.rng, &x.decision, &err), HEED_ERR_STATE, &err,
               "planned");
  assert_int_equal(mdp_plan(&x, 4)->action.index, 1);
  mdp_search_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deterministic_worlds_are_solved_exactly),
      cmocka_unit_test(stochastic_worlds_are_solved_for_the_answers_of_the_dynamics),
      cmocka_unit_test(soft_values_are_those_of_soft_dynamic_programming),
      cmocka_unit_test(lambda_lies_between_max_and_mean),
      cmocka_unit_test(more_samples_come_closer_to_the_truth),
      cmocka_unit_test(default_search_finds_the_best_action),
      cmocka_unit_test(uct_converges_to_the_value),
      cmocka_unit_test(uct_picks_the_best_action),
      cmocka_unit_test(horizon_decides_between_near_and_far_reward),
      cmocka_unit_test(discount_weighs_the_far_reward),
      cmocka_unit_test(information_is_worth_what_its_weight_says),
      cmocka_unit_test(ties_go_to_the_lowest_or_to_any),
      cmocka_unit_test(uniform_selection_tries_all_actions_alike),
      cmocka_unit_test(later_visits_draw_from_the_answers_by_their_frequency),
      cmocka_unit_test(full_tree_says_so_and_still_decides),
      cmocka_unit_test(a_reward_that_is_not_finite_is_an_error_wherever_it_is),
      cmocka_unit_test(the_tree_goes_on_from_the_state_reached),
      cmocka_unit_test(what_the_tree_does_not_hold_is_not_advanced_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
