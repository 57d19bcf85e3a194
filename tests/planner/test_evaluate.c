/* test_evaluate.c: searches that ask an evaluator what states are worth and what to try there. */
#include "planner/combinations.h"
#include "planner/search.h"

enum { STATES = 12, ACTIONS = 4 };
#define DISCOUNT 0.9

/* ---- values that are exact -------------------------------------------------------------------- */

/* Value iteration (Bellman 1957), minimax where an adversary chooses: worth becomes what states are worth. */
static void solve(mdp *m) {
  for (int sweep = 0; sweep < 400; sweep++) {
    for (uint32_t s = 0; s < m->states; s++) {
      double best = m->is_adversary[s] ? HUGE_VAL : -HUGE_VAL;
      for (uint32_t a = 0; a < m->actions; a++) {
        double q = 0;
        for (uint32_t next = 0; next < m->states; next++) {
          q += m->p[s][a][next] * (m->reward[s][a][next] + DISCOUNT * m->worth[next]);
        }
        bool is_better = m->is_adversary[s] ? q < best : q > best;
        best = is_better && !m->is_illegal[s][a] ? q : best;
      }
      m->worth[s] = m->is_terminal[s] ? 0 : best;
    }
  }
}

static void random_sure(mdp *m, bool is_game, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  mdp_random(m, STATES, ACTIONS, 1, &rng);
  if (is_game) {
    mdp_make_game(m, &rng);
  }
  m->is_terminal[STATES - 1] = true;
  solve(m);
}

static uint32_t next_of(const mdp *m, uint32_t s, uint32_t a) {
  uint32_t next = 0;
  while (m->p[s][a][next] < 0.5) {
    next++;
  }
  return next;
}

/* With what states are worth known, one step is all there is to look ahead: the values of all actions are those
 * of dynamic programming after a simulation each, whoever chooses, and so is the decision. */
static void exact_values_decide_right_at_one_simulation_an_action(void **state) {
  (void)state;
  static mdp m;
  static const heed_backup backups[] = {HEED_BACKUP_MAX, HEED_BACKUP_MEAN, HEED_BACKUP_LAMBDA};
  for (uint64_t seed = 0; seed < 60; seed++) {
    random_sure(&m, seed % 2 == 1, seed);
    heed_planner_config config = mdp_config_uct();
    config.leaf = HEED_LEAF_VALUE;
    config.backup = backups[seed % 3];
    config.expansion = seed % 5 == 0 ? HEED_EXPAND_PATH : HEED_EXPAND_ONE;
    config.horizon = seed % 5 == 0 ? 1 : 30; /* the horizon is a rim like any other */
    config.discount = DISCOUNT;
    mdp_search x;
    for (uint32_t s = 0; s + 1 < STATES; s++) {
      config.simulations = 0;
      for (uint32_t a = 0; a < ACTIONS; a++) {
        config.simulations += m.is_illegal[s][a] ? 0 : 1;
      }
      mdp_search_init(&x, &m, &config, seed);
      const heed_decision *d = mdp_plan(&x, s);
      for (uint32_t a = 0; a < ACTIONS; a++) {
        uint32_t next = next_of(&m, s, a);
        assert_int_equal(d->visits[a], m.is_illegal[s][a] ? 0 : 1);
        if (!m.is_illegal[s][a]) {
          assert_near(d->values[a], m.reward[s][a][next] + DISCOUNT * m.worth[next], 1e-12);
        }
      }
      assert_near(d->value, m.worth[s], 1e-9);
      mdp_search_deinit(&x);
    }
  }
}

/* ---- who is asked, and how often -------------------------------------------------------------- */

static void each_state_is_evaluated_once(void **state) {
  (void)state;
  static mdp m;
  random_sure(&m, false, 3);
  heed_planner_config config = heed_planner_config_default();
  config.leaf = HEED_LEAF_VALUE;
  config.selection = HEED_SELECT_PUCT;
  config.simulations = 300;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  m.evaluations = 0;
  const heed_decision *d = mdp_plan(&x, 0);
  uint32_t known = 0;
  const heed_tree *tree = &x.planner->tree;
  for (heed_index s = 0; s < tree->states.count; s++) {
    bool is_terminal = heed__tree_is_terminal(tree, s);
    known += !is_terminal;
    uint32_t name = ((const mdp_belief *)(const void *)heed__tree_belief(tree, s))->state;
    assert_true(tree->values[s] == (is_terminal ? 0 : m.worth[name]));
    double sum = 0;
    for (uint32_t a = 0; a < ACTIONS; a++) {
      sum += 1 + (name + a) % 3;
    }
    double prior = is_terminal ? 1.0 / ACTIONS : (1 + (name + 2) % 3) / sum;
    assert_near(heed__tree_prior(tree, s)[2], prior, 1e-12);
  }
  assert_true(known > 5);
  assert_int_equal(m.evaluations, known);
  assert_int_equal(d->evaluations, known);
  (void)mdp_plan(&x, 0);
  assert_int_equal(m.evaluations, known); /* the tree stands */
  mdp_search_deinit(&x);
}

/* Sixty-four searches fill a batch, and each decides as it does alone. */
static void many_searches_are_evaluated_together(void **state) {
  (void)state;
  enum { MANY = 64 };
  static mdp m;
  random_sure(&m, false, 4);
  heed_planner_config config = mdp_config_uct();
  config.leaf = HEED_LEAF_VALUE;
  config.selection = HEED_SELECT_PUCT;
  config.simulations = 40;
  static mdp_search x[MANY];
  static heed_planner *planners[MANY];
  static mdp_belief beliefs[MANY];
  static const void *at[MANY];
  static heed_rng rngs[MANY];
  static heed_decision decisions[MANY];
  heed_dynamics *dynamics = mdp_dynamics(&m);
  heed_error err = {0};
  for (uint32_t i = 0; i < MANY; i++) {
    mdp_search_init(&x[i], &m, &config, i);
    assert_ok(heed_planner_create(&config, dynamics, x[i].reward, &planners[i], &err), &err);
    mdp_set_evaluator(&m, &config, planners[i]);
    beliefs[i] = (mdp_belief){.state = i % (STATES - 1)};
    at[i] = &beliefs[i];
    heed_rng_init(&rngs[i], i);
  }
  m.largest_evaluation = 0;
  assert_ok(heed_planner_plan_many(planners, at, rngs, decisions, MANY, &err), &err);
  print_message("             at most %zu at once\n", (size_t)m.largest_evaluation);
  assert_true(m.largest_evaluation >= 16); /* on as many threads as there are */
  for (uint32_t i = 0; i < MANY; i++) {
    const heed_decision *d = mdp_plan(&x[i], beliefs[i].state);
    assert_int_equal(heed_planner_signature(planners[i]), heed_planner_signature(x[i].planner));
    assert_true(decisions[i].value == d->value);
    assert_int_equal(decisions[i].evaluations, d->evaluations);
  }
  heed_evaluator other = {&x, NULL, mdp_evaluate};
  assert_ok(heed_planner_set_evaluator(planners[5], &other, NULL, &err), &err);
  assert_fails(heed_planner_plan_many(planners, at, rngs, decisions, MANY, &err), HEED_ERR_ARG,
               &err, "planner 5 has another evaluator");
  for (uint32_t i = 0; i < MANY; i++) {
    mdp_search_deinit(&x[i]);
    heed_planner_destroy(planners[i]);
  }
  heed_dynamics_destroy(dynamics);
}

/* ---- mixtures --------------------------------------------------------------------------------- */

/* Silver et al. 2016: (1 - lambda) v + lambda z, leaf by leaf, z worked out from the steps of its rollout. */
static void a_mixture_weighs_value_and_rollout(void **state) {
  (void)state;
  static mdp m;
  random_sure(&m, false, 5);
  heed_planner_config config = mdp_config_uct();
  config.leaf = HEED_LEAF_MIXTURE;
  config.leaf_mixture = 0.3;
  config.horizon = 8;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  (void)mdp_plan(&x, 0);
  const heed_tree *tree = &x.planner->tree;
  uint32_t rolled = 0;
  for (heed_index n = 1; n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    double z = 0;
    for (uint32_t i = node->rollout_count; i-- > 0;) {
      z = tree->rollouts.rewards[node->first_rollout + i] + config.discount * z;
    }
    double v = tree->values[node->state];
    bool is_rolled = node->rollout_count > 0;
    assert_near(node->leaf_value, is_rolled ? 0.7 * v + 0.3 * z : v, 1e-12);
    rolled += is_rolled;
  }
  assert_true(rolled > 100);
  mdp_search_deinit(&x);
}

/* ---- rollouts ----------------------------------------------------------------------------------- */

/* The prior that mdp.h's evaluator says, and the most probable action that may be taken by it. */
static double prior_of(const mdp *m, uint32_t s, uint32_t a) {
  double legal = 0;
  for (uint32_t b = 0; b < ACTIONS; b++) {
    legal += m->is_illegal[s][b] ? 0 : 1 + (s + b) % 3;
  }
  return m->is_illegal[s][a] ? 0 : (1 + (s + a) % 3) / legal;
}

static uint32_t greedy(const mdp *m, uint32_t s) {
  uint32_t best = ACTIONS;
  for (uint32_t a = ACTIONS; a-- > 0;) {
    bool is_better = best == ACTIONS || prior_of(m, s, a) >= prior_of(m, s, best);
    best = !m->is_illegal[s][a] && is_better ? a : best;
  }
  return best;
}

/* A search whose leaves are rolled out in that way, from state 0, with the steps that it made. */
static void roll(mdp *m, heed_rollout_policy policy, uint32_t simulations, mdp_search *x) {
  heed_planner_config config = mdp_config_uct();
  config.rollout = policy;
  config.simulations = simulations;
  config.horizon = 8;
  config.discount = DISCOUNT;
  config.node_capacity = 20000;
  mdp_search_init(x, m, &config, 1);
  (void)mdp_plan(x, 0);
}

/* In worlds where nothing is drawn a greedy rollout is one way: a leaf is worth what that pays. */
static void greedy_rollouts_take_the_most_probable_action(void **state) {
  (void)state;
  static mdp m;
  uint32_t leaves = 0;
  for (uint64_t seed = 0; seed < 20; seed++) {
    random_sure(&m, seed % 2 == 1, seed);
    mdp_search x;
    roll(&m, HEED_ROLLOUT_GREEDY, 60, &x);
    const heed_tree *tree = &x.planner->tree;
    for (heed_index n = 1; n < tree->places.count; n++) {
      uint32_t s =
          ((const mdp_belief *)(const void *)heed__tree_belief(tree, tree->nodes[n].state))->state;
      double paid = 0;
      double weight = 1;
      for (uint32_t t = tree->nodes[n].depth; t < 8 && !m.is_terminal[s]; t++) {
        uint32_t a = greedy(&m, s);
        uint32_t next = next_of(&m, s, a);
        paid += weight * m.reward[s][a][next];
        weight *= DISCOUNT;
        s = next;
      }
      assert_near(tree->nodes[n].leaf_value, paid, 1e-12);
      leaves++;
    }
    assert_int_equal(x.decision.evaluations, m.evaluations); /* all of them are counted */
    m.evaluations = 0;
    mdp_search_deinit(&x);
  }
  assert_true(leaves > 600); /* of 1200; the others were at an end, or at the horizon */
}

/* How often each action was taken in each state is within five deviations of the prior there. */
static void rollouts_are_drawn_by_the_prior(void **state) {
  (void)state;
  static mdp m;
  random_sure(&m, true, 3);
  mdp_search x;
  roll(&m, HEED_ROLLOUT_PRIOR, 4000, &x);
  const heed_tree *tree = &x.planner->tree;
  static uint32_t taken[STATES][ACTIONS];
  memset(taken, 0, sizeof taken);
  for (heed_index n = 1; n < tree->places.count; n++) {
    heed_steps steps = heed__tree_rollout(tree, tree->nodes[n].first_rollout);
    uint32_t s =
        ((const mdp_belief *)(const void *)heed__tree_belief(tree, tree->nodes[n].state))->state;
    for (uint32_t i = 0; i < tree->nodes[n].rollout_count; i++) {
      taken[s][steps.actions[i]]++;
      s = steps.obs[i];
    }
  }
  uint32_t compared = 0;
  for (uint32_t s = 0; s < STATES; s++) {
    double all = taken[s][0] + taken[s][1] + taken[s][2] + taken[s][3];
    for (uint32_t a = 0; all > 200 && a < ACTIONS; a++) {
      double p = prior_of(&m, s, a);
      assert_true(fabs(taken[s][a] - all * p) <= 5 * sqrt(all * p * (1 - p)));
      compared++;
    }
  }
  assert_true(compared >= 12);
  mdp_search_deinit(&x);
}

/* What is said of one reward leads no rollout under another: they are random, bit for bit, and nobody is
 * asked. */
static void rollouts_are_random_under_another_reward(void **state) {
  (void)state;
  static mdp m;
  random_sure(&m, false, 4);
  mdp_search led;
  mdp_search random;
  roll(&m, HEED_ROLLOUT_PRIOR, 200, &led);
  roll(&m, HEED_ROLLOUT_RANDOM, 200, &random);
  assert_true(heed_planner_signature(led.planner) != heed_planner_signature(random.planner));
  heed_error err = {0};
  heed_evaluator evaluator = mdp_evaluator(&m);
  assert_ok(heed_planner_set_evaluator(led.planner, &evaluator, random.reward, &err), &err);
  m.evaluations = 0;
  heed_rng_init(&led.rng, 1);
  (void)mdp_plan(&led, 0);
  assert_int_equal(m.evaluations, 0);
  assert_true(heed_planner_signature(led.planner) == heed_planner_signature(random.planner));
  mdp_belief belief = {0};
  heed_decision d;
  assert_ok(heed_planner_set_evaluator(led.planner, NULL, NULL, &err), &err);
  assert_fails(heed_planner_plan(led.planner, &belief, &led.rng, &d, &err), HEED_ERR_STATE, &err,
               "need an evaluator");
  mdp_search_deinit(&led);
  mdp_search_deinit(&random);
}

/* ---- swaps of the reward ---------------------------------------------------------------------- */

/* What an evaluator says of one reward is not heard under another: the tree equals one that has the same
 * transitions and heard nothing. When the reward comes back, so do the values. */
static void values_hold_for_one_reward_only(void **state) {
  (void)state;
  static mdp m;
  static const heed_leaf leaves[] = {HEED_LEAF_VALUE, HEED_LEAF_MIXTURE};
  for (int k = 0; k < 2; k++) {
    random_sure(&m, false, 6);
    heed_planner_config config = heed_planner_config_default();
    config.complete = k == 0;
    config.selection = HEED_SELECT_PUCT;
    config.leaf = leaves[k];
    config.expansion = HEED_EXPAND_ONE;
    config.simulations = 60;
    config.horizon = 5;
    config.ties = HEED_TIES_LOWEST;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 1);
    heed_reward *other = mdp_reward(&m, "formula", "formula=3*share[1]-2*share[2]");
    heed_error err = {0};
    heed_evaluator evaluator = mdp_evaluator(&m);
    assert_ok(heed_planner_set_evaluator(x.planner, &evaluator, x.reward, &err), &err);
    (void)mdp_plan(&x, 0);
    uint64_t before = heed_planner_signature(x.planner);
    assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
    const heed_tree *tree = &x.planner->tree;
    for (heed_index s = 0; s < tree->states.count; s++) {
      assert_true(tree->values[s] == 0);
      assert_true(heed__tree_prior(tree, s)[0] == 0.25);
    }
    for (heed_index n = 0; n < tree->places.count; n++) {
      const heed_node *node = &tree->nodes[n];
      double z = 0;
      for (uint32_t i = node->rollout_count; i-- > 0;) {
        z = tree->rollouts.rewards[node->first_rollout + i] + config.discount * z;
      }
      assert_true(node->leaf_value == z);
    }
    uint64_t asked = m.evaluations;
    heed_decision d;
    assert_ok(heed_planner_decide(x.planner, &x.rng, &d, &err), &err);
    (void)mdp_plan(&x, 3); /* a new root is not evaluated either */
    (void)mdp_plan(&x, 0);
    assert_int_equal(m.evaluations, asked);

    /* there and back again: the same tree, and nothing was imagined */
    heed_planner_reset(x.planner);
    assert_ok(heed_planner_swap_reward(x.planner, x.reward, &err), &err);
    heed_rng_init(&x.rng, 1);
    (void)mdp_plan(&x, 0);
    assert_true(heed_planner_signature(x.planner) == before);
    uint64_t predictions = m.predictions;
    assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
    assert_true(heed_planner_signature(x.planner) != before);
    assert_ok(heed_planner_swap_reward(x.planner, x.reward, &err), &err);
    assert_true(heed_planner_signature(x.planner) == before);
    assert_int_equal(m.predictions, predictions);
    mdp_search_deinit(&x);
    heed_reward_destroy(other);
  }
}

/* ---- what is refused -------------------------------------------------------------------------- */

static void what_cannot_be_valued_is_an_error(void **state) {
  (void)state;
  static mdp m;
  random_sure(&m, false, 7);
  heed_planner_config config = mdp_config_uct();
  config.leaf = HEED_LEAF_VALUE;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  heed_error err = {0};
  mdp_belief belief = {0};
  heed_decision d;
  assert_ok(heed_planner_set_evaluator(x.planner, NULL, NULL, &err), &err);
  assert_fails(heed_planner_plan(x.planner, &belief, &x.rng, &d, &err), HEED_ERR_STATE, &err,
               "evaluator");
  m.worth[0] = (double)NAN;
  heed_evaluator evaluator = mdp_evaluator(&m);
  assert_ok(heed_planner_set_evaluator(x.planner, &evaluator, NULL, &err), &err);
  assert_fails(heed_planner_plan(x.planner, &belief, &x.rng, &d, &err), HEED_ERR_NUMERIC, &err,
               "not finite");
  m.worth[0] = 0;
  (void)mdp_plan(&x, 0);
  mdp_search_deinit(&x);
  config.reward_hypotheses = HEED_HYPOTHESES_PER_DECISION;
  heed_dynamics *dynamics = mdp_dynamics(&m);
  heed_reward *reward = mdp_reward(&m, "channel", NULL);
  heed_planner *planner = NULL;
  assert_fails(heed_planner_create(&config, dynamics, reward, &planner, &err), HEED_ERR_ARG, &err,
               "leaf=value");
  heed_reward_destroy(reward);
  heed_dynamics_destroy(dynamics);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_values_decide_right_at_one_simulation_an_action),
      cmocka_unit_test(each_state_is_evaluated_once),
      cmocka_unit_test(many_searches_are_evaluated_together),
      cmocka_unit_test(a_mixture_weighs_value_and_rollout),
      cmocka_unit_test(greedy_rollouts_take_the_most_probable_action),
      cmocka_unit_test(rollouts_are_drawn_by_the_prior),
      cmocka_unit_test(rollouts_are_random_under_another_reward),
      cmocka_unit_test(values_hold_for_one_reward_only),
      cmocka_unit_test(what_cannot_be_valued_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
