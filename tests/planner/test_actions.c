/* test_actions.c: trees over some of the actions: boxes against the linear-quadratic regulator, progressive
 * widening against its formula, and draws of discrete actions against the prior that they are drawn by. */
#include "core/allocations.h"
#include "planner/cart.h"
#include "planner/search.h"

enum { HORIZON = 5 };

/* A strict tree over a box. */
static heed_planner_config tree_config(uint32_t simulations) {
  heed_planner_config config = heed_planner_config_default();
  config.horizon = HORIZON;
  config.discount = 1;
  config.simulations = simulations;
  config.sampled_actions = 64;
  config.share_states = false;
  config.complete = false;
  config.reuse = false;
  config.exploration = 0.1;
  config.node_capacity = 1 << 17;
  return config;
}

static heed_decision plan(parts *p, const heed_planner_config *config, const heed_reward *reward,
                          float x, float v, uint64_t seed) {
  heed_error err = {0};
  heed_decision decision;
  heed_rng rng;
  float obs[2] = {x, v};
  heed_rng_init(&rng, seed);
  heed_planner_destroy(p->planner);
  p->planner = NULL;
  assert_ok(heed_planner_create(config, p->dynamics, reward, &p->planner, &err), &err);
  assert_ok(heed_planner_plan(p->planner, obs, &rng, &decision, &err), &err);
  return decision;
}

static double cost_without_pushing(double x, double v) {
  double cost = 0;
  for (int t = 0; t < HORIZON; t++) {
    x += 0.1 * v;
    cost += x * x;
  }
  return cost;
}

/* The share of what the regulator saves that is lost, in the mean over seeds, shrinks with the budget. */
static void values_approach_the_regulator(void **state) {
  parts *p = *state;
  double cost;
  (void)regulator(0.1, 1, HORIZON, &cost);
  double saved = cost_without_pushing(0.1, 1) - cost;
  assert_true(saved > 0.01);
  const double widening[] = {0, 1};
  for (int w = 0; w < 2; w++) {
    double last = HUGE_VAL;
    for (uint32_t budget = 100; budget <= 10000; budget *= 10) {
      double lost = 0;
      for (uint64_t seed = 1; seed <= 5; seed++) {
        heed_planner_config config = tree_config(budget);
        config.widening = widening[w];
        heed_decision d = plan(p, &config, p->effort, 0.1F, 1, seed);
        assert_true(-d.value >= cost * (1 - 1e-5)); /* nothing is better than the best */
        lost += (-d.value - cost) / saved / 5;
      }
      assert_true(lost < last);
      last = lost;
    }
    assert_true(last < 0.6);
  }
}

/* In every node so many actions are considered as the formula gives to its visits, the first of those drawn. */
static void check_widths(const heed_tree *tree, const heed_planner_config *config) {
  uint32_t inner = 0;
  for (heed_index n = 0; n < tree->places.count; n++) {
    if (!heed__tree_is_expanded(tree, n)) {
      continue;
    }
    double width = ceil(config->widening * pow(tree->nodes[n].visits, config->widening_power));
    for (uint32_t a = 0; a < tree->action_count; a++) {
      assert_int_equal(!isnan(heed__tree_edges(tree, n).values[a]), a < width);
    }
    inner += n != tree->root && width > 1;
  }
  assert_true(inner > 0 || config->simulations < 100);
}

/* So many actions were tried at the root as the formula says. */
static void widening_follows_its_formula(void **state) {
  parts *p = *state;
  const uint32_t budgets[] = {1, 10, 100, 1000};
  for (int b = 0; b < 4; b++) {
    heed_planner_config config = tree_config(budgets[b]);
    config.widening = 1.5;
    config.widening_power = 0.4;
    heed_decision d = plan(p, &config, p->effort, 0.1F, 1, 1);
    uint32_t expected = (uint32_t)ceil(1.5 * pow(budgets[b], 0.4));
    uint32_t tried = 0;
    for (uint32_t a = 0; a < d.action_count; a++) {
      tried += d.visits[a] > 0;
      assert_true(d.visits[a] == 0 || a < expected);
    }
    assert_int_equal(tried, expected < budgets[b] ? expected : budgets[b]);
    assert_int_equal(d.action_count, 64);
    assert_true(d.visits[d.chosen] > 0);
    check_widths(&p->planner->tree, &config);
  }
}

static void answers_widen_as_an_action_is_tried(void **state) {
  parts *p = *state;
  p->c.noise = 0.1;
  heed_planner_config config = tree_config(3000);
  config.sampled_actions = 3;
  config.outcome_samples = 0;
  config.outcome_widening = 2;
  config.outcome_power = 0.5;
  heed_decision d = plan(p, &config, p->effort, 0.1F, 1, 1);
  const heed_tree *tree = &p->planner->tree;
  for (uint32_t a = 0; a < 3; a++) {
    const heed_transition *t = heed__tree_transition(tree, tree->nodes[tree->root].state, a);
    uint32_t answers = (uint32_t)ceil(2 * sqrt(d.visits[a]));
    assert_int_equal(t->samples, answers < d.visits[a] ? answers : d.visits[a]);
  }
  assert_true(d.predictions < UINT64_C(3000) * HORIZON);
}

/* Rollouts of boxes are kept with their actions: scored anew, the tree is that of the other reward. */
static void a_swap_scores_trees_over_boxes_anew(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = tree_config(300);
  config.selection = HEED_SELECT_UNIFORM; /* the same tree, whatever the reward */
  config.expansion = HEED_EXPAND_ONE;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.backup = HEED_BACKUP_MEAN;
  config.sampled_actions = 4;
  (void)plan(p, &config, p->channel, 0.3F, 0, 7);
  uint64_t channel = heed_planner_signature(p->planner);
  heed_decision fresh = plan(p, &config, p->effort, 0.3F, 0, 7);
  uint64_t effort = heed_planner_signature(p->planner);
  assert_true(effort != channel);
  uint64_t before = predictions;
  assert_ok(heed_planner_swap_reward(p->planner, p->channel, &err), &err);
  assert_true(heed_planner_signature(p->planner) == channel);
  assert_ok(heed_planner_swap_reward(p->planner, p->effort, &err), &err);
  assert_true(heed_planner_signature(p->planner) == effort);
  assert_int_equal(predictions, before);
  heed_decision again;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  assert_ok(heed_planner_decide(p->planner, &rng, &again, &err), &err);
  assert_near((double)again.action.value[0], (double)fresh.action.value[0], 0);
}

/* What was decided leads to the root of the next search, and the line begins with it. */
static void a_tree_goes_on_below_a_drawn_action(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = tree_config(2000);
  config.reuse = true;
  config.widening = 1;
  heed_decision d = plan(p, &config, p->effort, 0.3F, 0, 3);
  heed_segment line;
  assert_ok(heed_planner_line(p->planner, NULL, &line, &err), &err);
  assert_near((double)line.actions[0].value[0], (double)d.action.value[0], 0);
  float now[2];
  memcpy(now, line.obs + sizeof now, sizeof now);
  heed_segment_deinit(&line);
  assert_true(heed_planner_advance(p->planner, d.action, now));
  heed_rng rng;
  heed_rng_init(&rng, 1);
  size_t before = allocations;
  assert_ok(heed_planner_plan(p->planner, now, &rng, &d, &err), &err);
  assert_int_equal(allocations, before);
  assert_true(d.simulations < 2000); /* some were made before */
  heed_action other = {.value = {0.123456F}};
  assert_false(heed_planner_advance(p->planner, other, now));
}

static void what_does_not_go_together_is_refused(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner *planner;
  heed_planner_config config = tree_config(10);
  config.sampled_actions = 0;
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
               &err, "a tree needs sampled_actions");
  config = tree_config(10);
  config.widening = 1;
  config.selection = HEED_SELECT_GUMBEL;
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
               &err, "gumbel needs widening=0");
  config = tree_config(10);
  config.outcome_power = 2;
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
               &err, "out of range");
}

/* ---- discrete actions ------------------------------------------------------------------------ */

enum { ARMS = 6 };
static const double prior_of_arms[ARMS] = {0.4, 0.3, 0.2, 0.1, 0, 0};

/* One step, which pays the number of the action. */
static heed_status arms_create(void *self, const void *params, heed_dynamics_spec *spec,
                               heed_error *err) {
  (void)self;
  (void)params;
  (void)err;
  spec->belief_size = 8;
  return HEED_OK;
}
static void arms_begin(const void *self, const void *obs, void *belief) {
  (void)self;
  (void)obs;
  memset(belief, 0, 8);
}
static void arms_observe(const void *self, void *belief, heed_action action, const void *obs) {
  (void)action;
  arms_begin(self, obs, belief);
}
static void arms_predict(const void *self, heed_prediction *batch, size_t count, void *workspace) {
  (void)self;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    assert_true(prior_of_arms[batch[i].action.index] > 0); /* never considered */
    memset(batch[i].next_belief, 0, 8);
    batch[i].reward = batch[i].action.index;
    batch[i].is_terminal = true;
    batch[i].uncertainty = 0;
  }
}
static void arms_decode(const void *self, const void *belief, void *obs) {
  (void)self;
  (void)belief;
  *(uint8_t *)obs = 0;
}
static const heed_dynamics_ops arms_ops = {.name = "arms",
                                           .summary = "arms of a bandit",
                                           .create = arms_create,
                                           .destroy = cart_destroy,
                                           .begin = arms_begin,
                                           .observe = arms_observe,
                                           .predict = arms_predict,
                                           .decode = arms_decode};

static void write_prior(const void *self, heed_evaluation *rows, size_t count, void *workspace) {
  (void)self;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    memcpy(rows[i].prior, prior_of_arms, rows[i].action_count * sizeof *rows[i].prior);
  }
}

typedef struct bandit {
  heed_dynamics *dynamics;
  heed_reward *reward, *other;
  heed_planner *planner;
} bandit;

/* PUCT over `draws` draws; the evaluator's prior holds under `reward` alone if it is of one. */
static void bandit_init(bandit *b, uint32_t draws, bool is_of_one) {
  heed_space obs = heed_space_board(1, 1, 2);
  heed_space actions = heed_space_discrete(ARMS);
  heed_error err = {0};
  assert_ok(heed_dynamics_create_ops(&arms_ops, NULL, &obs, &actions, &b->dynamics, &err), &err);
  assert_ok(heed_reward_create("channel", NULL, &obs, &actions, &b->reward, &err), &err);
  assert_ok(heed_reward_create("formula", "formula=one", &obs, &actions, &b->other, &err), &err);
  heed_planner_config config = heed_planner_config_default();
  config.simulations = 16;
  config.horizon = 1;
  config.selection = HEED_SELECT_PUCT;
  config.puct_init = 100;
  config.sampled_actions = draws;
  config.reuse = false;
  assert_ok(heed_planner_create(&config, b->dynamics, b->reward, &b->planner, &err), &err);
  heed_evaluator prior = {NULL, NULL, write_prior};
  assert_ok(heed_planner_set_evaluator(b->planner, &prior, is_of_one ? b->reward : NULL, &err),
            &err);
}

static void bandit_deinit(bandit *b) {
  heed_planner_destroy(b->planner);
  heed_reward_destroy(b->reward);
  heed_reward_destroy(b->other);
  heed_dynamics_destroy(b->dynamics);
}

/* Two draws: an action is considered with probability 1 - (1 - prior)^2, and the best of those is taken. */
static void actions_are_drawn_by_the_prior(void **state) {
  (void)state;
  enum { TRIES = 4000, DRAWS = 2 };
  bandit b;
  bandit_init(&b, DRAWS, false);
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 1);
  int considered[ARMS] = {0};
  for (int n = 0; n < TRIES; n++) {
    uint64_t belief = 0;
    heed_decision d;
    heed_planner_reset(b.planner);
    assert_ok(heed_planner_plan(b.planner, &belief, &rng, &d, &err), &err);
    int highest = -1;
    double shares = 0;
    for (int a = 0; a < ARMS; a++) {
      if (d.visits[a] > 0) {
        considered[a]++;
        highest = a;
        shares += heed__tree_prior(&b.planner->tree, 0)[a];
      }
    }
    assert_near(shares, 1, 1e-12);
    assert_int_equal(d.action.index, highest);
    assert_int_equal(d.chosen, highest);
  }
  for (int a = 0; a < ARMS; a++) {
    double p = 1 - pow(1 - prior_of_arms[a], DRAWS);
    assert_near((double)considered[a] / TRIES, p, 4 * sqrt(p * (1 - p) / TRIES));
  }
  bandit_deinit(&b);
}

/* Hubert et al. 2021, section 3: the prior that the search is given is (share of draws / proposal) times the
 * policy. The proposal is the prior at the time of the draws; under another reward the policy is uniform. */
static void draws_are_weighed_under_any_reward(void **state) {
  (void)state;
  enum { DRAWS = 8 };
  bandit b;
  bandit_init(&b, DRAWS, true);
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 1);
  bool differs = false;
  for (int n = 0; n < 20; n++) {
    uint64_t belief = 0;
    heed_decision d;
    heed_planner_reset(b.planner);
    assert_ok(heed_planner_plan(b.planner, &belief, &rng, &d, &err), &err);
    const double *prior = heed__tree_prior(&b.planner->tree, 0);
    double shares[ARMS];
    double weights[ARMS] = {0};
    double sum = 0;
    for (int a = 0; a < ARMS; a++) {
      shares[a] = prior[a];
      assert_near(DRAWS * shares[a], round(DRAWS * shares[a]), 1e-12);
      weights[a] = shares[a] > 0 ? shares[a] / prior_of_arms[a] : 0;
      sum += weights[a];
    }
    assert_ok(heed_planner_swap_reward(b.planner, b.other, &err), &err);
    for (int a = 0; a < ARMS; a++) {
      assert_near(prior[a], weights[a] / sum, 1e-12);
      differs = differs || fabs(prior[a] - shares[a]) > 0.1;
    }
    assert_ok(heed_planner_swap_reward(b.planner, b.reward, &err), &err);
    for (int a = 0; a < ARMS; a++) {
      assert_near(prior[a], shares[a], 1e-12);
    }
  }
  assert_true(differs);
  bandit_deinit(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(values_approach_the_regulator, setup, teardown),
      cmocka_unit_test_setup_teardown(widening_follows_its_formula, setup, teardown),
      cmocka_unit_test_setup_teardown(answers_widen_as_an_action_is_tried, setup, teardown),
      cmocka_unit_test_setup_teardown(a_swap_scores_trees_over_boxes_anew, setup, teardown),
      cmocka_unit_test_setup_teardown(a_tree_goes_on_below_a_drawn_action, setup, teardown),
      cmocka_unit_test_setup_teardown(what_does_not_go_together_is_refused, setup, teardown),
      cmocka_unit_test(actions_are_drawn_by_the_prior),
      cmocka_unit_test(draws_are_weighed_under_any_reward),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
