/* test_report.c: what is reported of a plan agrees with what was decided, and with the process. */
#include "planner/mdp.h"
#include "planner/report.h"

static heed_plan_report report_of(mdp_search *x, const heed_plan_limits *limits) {
  heed_plan_report report;
  heed_error err = {0};
  assert_ok(heed_plan_report_init(&report, x->planner, &x->decision, limits, &err), &err);
  return report;
}

/* Four steps to a reward of 1, discounted by 0.9; staying pays nothing. */
static void a_chain_is_reported_as_it_is(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 5, 0);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 8;
  config.discount = 0.9;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  heed_plan_limits limits = heed_plan_limits_default();
  limits.depth = 1;
  heed_plan_report r = report_of(&x, &limits);
  assert_int_equal(r.chosen, 1);
  assert_int_equal(r.action_count, 2);
  for (uint32_t a = 0; a < 2; a++) {
    assert_int_equal(r.actions[a].visits, d->visits[a]);
    assert_near(r.actions[a].value, a == 1 ? pow(0.9, 3) : pow(0.9, 4), 1e-12);
    assert_true(isnan(r.actions[a].prior));
  }
  assert_int_equal(r.line_count, 5);
  assert_near(r.line_probability, 1, 0);
  for (uint32_t t = 1; t < 5; t++) {
    const heed_plan_node *node = &r.nodes[r.line[t]];
    assert_int_equal(node->parent, r.line[t - 1]);
    assert_int_equal(node->action.index, 1);
    assert_near(node->value, pow(0.9, 4 - (double)t), 1e-12);
    assert_near(node->reward, t == 4, 0);
    assert_true(node->is_terminal == (t == 4));
  }
  assert_int_equal(r.node_count, 6); /* the line, and staying at first */
  assert_int_equal(r.nodes[2].action.index, 0);
  assert_false(r.nodes[2].is_on_line);
  heed_plan_report_deinit(&r);
  mdp_search_deinit(&x);
}

/* All of an action is reported, four outcomes at most, so that their probabilities sum to 1. */
static void check_outcomes(const heed_plan_report *r, const heed_plan_node *node) {
  double sum = 0;
  double before = 1;
  for (uint32_t k = 1; k < r->node_count; k++) {
    if (r->nodes[k].parent == node->parent && r->nodes[k].action.index == node->action.index) {
      sum += r->nodes[k].probability;
      assert_true(r->nodes[k].probability <= before);
      before = r->nodes[k].probability;
    }
  }
  assert_near(sum, 1, 1e-12);
}

static void outcomes_come_by_frequency_and_parents_before_children(void **state) {
  (void)state;
  static mdp m;
  for (uint64_t seed = 0; seed < 30; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 10, 3, 4, &rng);
    m.is_terminal[9] = true;
    heed_planner_config config = heed_planner_config_default();
    config.horizon = 6;
    config.selection = seed % 2 == 0 ? HEED_SELECT_UCB1 : HEED_SELECT_PUCT;
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    mdp_plan(&x, 0);
    heed_plan_limits limits = {
        .depth = 2, .width = 2 + seed % 2, .outcomes = 4, .nodes_max = 100000};
    heed_plan_report r = report_of(&x, &limits);
    heed_segment line;
    heed_error err = {0};
    assert_ok(heed_planner_line(x.planner, NULL, &line, &err), &err);
    assert_int_equal(r.line_count, line.steps + 1);
    double probability = 1;
    for (uint32_t t = 0; t < line.steps; t++) {
      assert_int_equal(r.nodes[r.line[t + 1]].action.index, line.actions[t].index);
      probability *= r.nodes[r.line[t + 1]].probability;
    }
    assert_near(r.line_probability, probability, 1e-15);
    double prior = 0;
    for (uint32_t a = 0; a < 3; a++) {
      prior += r.actions[a].prior;
    }
    assert_true(seed % 2 == 0 ? isnan(prior) : fabs(prior - 1) < 1e-12);

    uint32_t beside = 0;
    for (uint32_t i = 1; i < r.node_count; i++) {
      const heed_plan_node *node = &r.nodes[i];
      assert_true(node->parent < i);
      assert_int_equal(node->depth, r.nodes[node->parent].depth + 1);
      assert_true(node->depth <= limits.depth || node->is_on_line);
      assert_true(node->probability > 0 && node->probability <= 1);
      if (node->depth <= limits.depth) {
        check_outcomes(&r, node);
      }
      beside += !node->is_on_line;
    }
    assert_true(beside > 3);
    heed_segment_deinit(&line);
    heed_plan_report_deinit(&r);
    mdp_search_deinit(&x);
  }
}

static void nothing_is_reported_of_nothing(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 5, 0);
  heed_planner_config config = heed_planner_config_default();
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  heed_plan_limits limits = heed_plan_limits_default();
  heed_plan_report report;
  heed_error err = {0};
  assert_fails(heed_plan_report_init(&report, x.planner, &x.decision, &limits, &err),
               HEED_ERR_STATE, &err, "planned");
  heed_plan_report_deinit(&report);
  mdp_plan(&x, 0);
  limits.nodes_max = 0; /* the line alone, however little is asked for */
  heed_plan_report r = report_of(&x, &limits);
  assert_int_equal(r.node_count, r.line_count);
  heed_plan_report_deinit(&r);
  mdp_search_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chain_is_reported_as_it_is),
      cmocka_unit_test(outcomes_come_by_frequency_and_parents_before_children),
      cmocka_unit_test(nothing_is_reported_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
