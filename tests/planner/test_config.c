/* test_config.c: what a planner can be put together from, and what it refuses, with the reason. */
#include "planner/mdp.h"

typedef struct parts {
  mdp m;
  heed_dynamics *dynamics;
  heed_reward *reward;
} parts;

static int setup(void **state) {
  parts *p = calloc(1, sizeof *p);
  assert_non_null(p);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  mdp_random(&p->m, 4, 3, 2, &rng);
  p->dynamics = mdp_dynamics(&p->m);
  p->reward = mdp_reward(&p->m, "channel", NULL);
  *state = p;
  return 0;
}

static int teardown(void **state) {
  parts *p = *state;
  heed_dynamics_destroy(p->dynamics);
  heed_reward_destroy(p->reward);
  free(p);
  return 0;
}

static void refuse(const parts *p, const heed_planner_config *config, const heed_reward *reward,
                   const char *reason) {
  heed_planner *planner = (heed_planner *)&planner;
  heed_error err = {0};
  assert_fails(heed_planner_create(config, p->dynamics, reward, &planner, &err), HEED_ERR_ARG, &err,
               reason);
  assert_null(planner);
}

static void defaults_are_the_ones_of_the_header(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  assert_int_equal(c.simulations, 600);
  assert_int_equal(c.horizon, 30);
  assert_near(c.discount, 0.98, 0);
  assert_true(c.complete && c.share_states && c.reuse);
  assert_int_equal(c.backup, HEED_BACKUP_MAX);
  heed_planner *planner = NULL;
  heed_error err = {0};
  assert_ok(heed_planner_create(&c, p->dynamics, p->reward, &planner, &err), &err);
  heed_planner_destroy(planner);
  heed_planner_destroy(NULL);
}

/* Of the header: a box is planned in by icem, further ahead; what needs a tree gets one that can be built. */
static void a_box_of_actions_is_planned_in_without_a_tree(void **state) {
  (void)state;
  float low = -1;
  float high = 1;
  heed_space box = heed_space_box(1, &low, &high);
  heed_space list = heed_space_discrete(3);
  heed_planner_config c = heed_planner_config_default();
  heed_planner_config_fit(&c, &list);
  assert_int_equal(c.method, HEED_METHOD_TREE);
  assert_int_equal(c.sampled_actions, 0);
  assert_int_equal(c.horizon, 30);
  heed_planner_config_fit(&c, &box);
  assert_int_equal(c.method, HEED_METHOD_ICEM);
  assert_int_equal(c.horizon, 90);
  c = heed_planner_config_valued();
  heed_planner_config_fit(&c, &box);
  assert_int_equal(c.method, HEED_METHOD_TREE);
  assert_int_equal(c.sampled_actions, HEED_BOX_ACTIONS);
}

static void every_part_can_be_named_in_text(void **state) {
  (void)state;
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_planner_config c;
  heed_error err = {0};
  assert_ok(
      heed_params_parse(table, count,
                        "simulations=7,budget_ms=2.5,horizon=9,discount=0.5,selection=uniform,"
                        "exploration=2,expansion=one,share_states=false,complete=false,"
                        "outcome_samples=3,leaf=rollout,backup=mean,final=lcb,ties=uniform,"
                        "dynamics_hypotheses=per-simulation,reward_hypotheses=given,"
                        "information_weight=4,reuse=false,node_capacity=99,puct_init=3,puct_base=8,"
                        "gumbel_actions=5,gumbel_visit=6,gumbel_scale=0.25,gumbel_noise=false,"
                        "temperature=0.75,lambda=0.125,early_stop=true",
                        &c, &err),
      &err);
  assert_int_equal(c.simulations, 7);
  assert_near(c.budget_ms, 2.5, 0);
  assert_int_equal(c.horizon, 9);
  assert_near(c.discount, 0.5, 0);
  assert_int_equal(c.selection, HEED_SELECT_UNIFORM);
  assert_near(c.exploration, 2, 0);
  assert_int_equal(c.expansion, HEED_EXPAND_ONE);
  assert_false(c.share_states || c.complete || c.reuse);
  assert_int_equal(c.outcome_samples, 3);
  assert_int_equal(c.leaf, HEED_LEAF_ROLLOUT);
  assert_int_equal(c.backup, HEED_BACKUP_MEAN);
  assert_int_equal(c.final, HEED_FINAL_LCB);
  assert_int_equal(c.ties, HEED_TIES_UNIFORM);
  assert_int_equal(c.dynamics_hypotheses, HEED_HYPOTHESES_PER_SIMULATION);
  assert_int_equal(c.reward_hypotheses, HEED_HYPOTHESES_GIVEN);
  assert_near(c.information_weight, 4, 0);
  assert_int_equal(c.node_capacity, 99);
  assert_near(c.puct_init, 3, 0);
  assert_near(c.puct_base, 8, 0);
  assert_int_equal(c.gumbel_actions, 5);
  assert_near(c.gumbel_visit, 6, 0);
  assert_near(c.gumbel_scale, 0.25, 0);
  assert_false(c.gumbel_noise);
  assert_near(c.temperature, 0.75, 0);
  assert_near(c.lambda, 0.125, 0);
  assert_true(c.early_stop);
}

static void numbers_out_of_range_are_refused(void **state) {
  const parts *p = *state;
#define REFUSE(field, value)                                \
  do {                                                      \
    heed_planner_config c_ = heed_planner_config_default(); \
    c_.field = (value);                                     \
    refuse(p, &c_, p->reward, "out of range");              \
  } while (0)
  REFUSE(simulations, 0);
  REFUSE(horizon, 0);
  REFUSE(horizon, 10001);
  REFUSE(node_capacity, 15);
  REFUSE(discount, 0);
  REFUSE(discount, 1.5);
  REFUSE(discount, (double)NAN);
  REFUSE(exploration, -1);
  REFUSE(exploration, (double)NAN);
  REFUSE(budget_ms, -1);
  REFUSE(budget_ms, (double)NAN);
  REFUSE(information_weight, -HUGE_VAL);
  REFUSE(information_weight, (double)NAN);
  REFUSE(information_weight, HUGE_VAL);
  REFUSE(puct_init, -1);
  REFUSE(puct_init, (double)NAN);
  REFUSE(puct_base, 0.5);
  REFUSE(gumbel_actions, 0);
  REFUSE(gumbel_visit, -1);
  REFUSE(gumbel_scale, 0);
  REFUSE(temperature, 0);
  REFUSE(temperature, (double)NAN);
  REFUSE(lambda, -0.1);
  REFUSE(lambda, 1.1);
#undef REFUSE
}

static void something_must_be_wanted(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  refuse(p, &c, NULL, "nothing to plan for");
  c.information_weight = 1;
  heed_planner *planner = NULL;
  heed_error err = {0};
  assert_ok(heed_planner_create(&c, p->dynamics, NULL, &planner, &err), &err);
  heed_planner_destroy(planner);
}

static void completion_needs_shared_states_and_best_actions(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  c.share_states = false;
  refuse(p, &c, p->reward, "share_states=true");
  c = heed_planner_config_default();
  c.backup = HEED_BACKUP_MEAN;
  refuse(p, &c, p->reward, "backup=max");
  c.backup = HEED_BACKUP_LAMBDA;
  refuse(p, &c, p->reward, "backup=max");
}

static void parts_that_contradict_each_other_are_refused(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  c.selection = HEED_SELECT_UCB1_TUNED;
  c.backup = HEED_BACKUP_SOFT;
  refuse(p, &c, p->reward, "variance");
  c = heed_planner_config_default();
  c.selection = HEED_SELECT_GUMBEL;
  refuse(p, &c, p->reward, "reuse=false");
  c.reuse = false;
  c.budget_ms = 5;
  refuse(p, &c, p->reward, "budget_ms=0");
  c = heed_planner_config_default();
  c.final = HEED_FINAL_GUMBEL;
  refuse(p, &c, p->reward, "selection=gumbel");
  c = heed_planner_config_default();
  c.early_stop = true;
  refuse(p, &c, p->reward, "final=visits");
  c = heed_planner_config_default();
  c.rollout = HEED_ROLLOUT_PRIOR;
  refuse(p, &c, p->reward, "need leaf=rollout");
  c = heed_planner_config_default();
  c.risk = HEED_RISK_QUANTILE;
  refuse(p, &c, p->reward, "risk=quantile needs cvar below 1");
  c = heed_planner_config_default();
  c.leaf = HEED_LEAF_ROLLOUT;
  refuse(p, &c, p->reward, "expansion=one");
  c.leaf = HEED_LEAF_MIXTURE;
  refuse(p, &c, p->reward, "expansion=one");
}

static void a_hypothesis_per_simulation_shares_nothing(void **state) {
  const parts *p = *state;
  heed_planner_config good = mdp_config_uct();
  good.dynamics_hypotheses = HEED_HYPOTHESES_PER_SIMULATION;
  heed_planner *planner = NULL;
  heed_error err = {0};
  assert_ok(heed_planner_create(&good, p->dynamics, p->reward, &planner, &err), &err);
  heed_planner_destroy(planner);
  heed_planner_config c = good;
  c.share_states = true;
  refuse(p, &c, p->reward, "share_states=false");
  c = good;
  c.outcome_samples = 5;
  refuse(p, &c, p->reward, "outcome_samples=0");
  c = good;
  c.outcome_widening = 1;
  refuse(p, &c, p->reward, "outcome_widening=0");
  c = good;
  c.reuse = true;
  refuse(p, &c, p->reward, "reuse=false");
}

static void a_hypothesis_per_decision_reuses_nothing(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  c.dynamics_hypotheses = HEED_HYPOTHESES_PER_DECISION;
  refuse(p, &c, p->reward, "reuse=false");
  c = heed_planner_config_default();
  c.reward_hypotheses = HEED_HYPOTHESES_PER_DECISION;
  refuse(p, &c, p->reward, "reuse=false");
}

static void a_reward_per_simulation_is_refused(void **state) {
  const parts *p = *state;
  heed_planner_config c = mdp_config_uct();
  c.reward_hypotheses = HEED_HYPOTHESES_PER_SIMULATION;
  refuse(p, &c, p->reward, "use mean");
}

static void models_without_a_posterior_give_no_hypotheses(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  c.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  refuse(p, &c, p->reward, "the reward has no posterior"); /* the channel is what it is */
}

static void spaces_must_be_the_same(void **state) {
  const parts *p = *state;
  heed_planner_config c = heed_planner_config_default();
  heed_error err = {0};
  heed_space board = heed_space_board(1, 2, MDP_STATES_MAX);
  heed_space cell = heed_space_board(1, 1, MDP_STATES_MAX);
  heed_space three = heed_space_discrete(3);
  heed_space four = heed_space_discrete(4);
  heed_reward *other = NULL;
  assert_ok(heed_reward_create("channel", NULL, &board, &three, &other, &err), &err);
  refuse(p, &c, other, "another world");
  heed_reward_destroy(other);
  assert_ok(heed_reward_create("channel", NULL, &cell, &four, &other, &err), &err);
  refuse(p, &c, other, "another world");
  heed_reward_destroy(other);
}

static void a_tree_over_a_box_says_how_many_actions(void **state) {
  const parts *p = *state;
  static const float low = -1;
  static const float high = 1;
  heed_space obs_space = heed_space_board(1, 1, MDP_STATES_MAX);
  heed_space box = heed_space_box(1, &low, &high);
  heed_planner_config c = heed_planner_config_default();
  heed_dynamics *dynamics = NULL;
  heed_error err = {0};
  mdp_model params = {(mdp *)&p->m};
  assert_ok(heed_dynamics_create_ops(&mdp_ops, &params, &obs_space, &box, &dynamics, &err), &err);
  heed_planner *planner = NULL;
  assert_fails(heed_planner_create(&c, dynamics, p->reward, &planner, &err), HEED_ERR_ARG, &err,
               "sampled_actions");
  assert_null(planner);
  heed_dynamics_destroy(dynamics);
}

static void more_memory_than_there_is_is_refused(void **state) {
  const parts *p = *state;
  heed_planner_config c = mdp_config_uct();
  c.node_capacity = UINT32_MAX;
  c.horizon = 10000;
  heed_planner *planner = NULL;
  heed_error err = {0};
  assert_fails(heed_planner_create(&c, p->dynamics, p->reward, &planner, &err), HEED_ERR_NOMEM,
               &err, "");
  assert_null(planner);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_the_ones_of_the_header),
      cmocka_unit_test(a_box_of_actions_is_planned_in_without_a_tree),
      cmocka_unit_test(every_part_can_be_named_in_text),
      cmocka_unit_test(numbers_out_of_range_are_refused),
      cmocka_unit_test(something_must_be_wanted),
      cmocka_unit_test(completion_needs_shared_states_and_best_actions),
      cmocka_unit_test(parts_that_contradict_each_other_are_refused),
      cmocka_unit_test(a_hypothesis_per_simulation_shares_nothing),
      cmocka_unit_test(a_hypothesis_per_decision_reuses_nothing),
      cmocka_unit_test(a_reward_per_simulation_is_refused),
      cmocka_unit_test(models_without_a_posterior_give_no_hypotheses),
      cmocka_unit_test(spaces_must_be_the_same),
      cmocka_unit_test(a_tree_over_a_box_says_how_many_actions),
      cmocka_unit_test(more_memory_than_there_is_is_refused),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
