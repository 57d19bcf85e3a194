/* test_agent.c: the one loop: act, observe, learn; and swaps in the middle of it. */
#include "agent/agent.h"
#include "dynamics/letters.h"
#include "planner/mdp.h"

typedef struct life {
  mdp m;
  heed_dynamics *dynamics;
  heed_reward *channel, *other; /* the goal; staying in state 1 */
  heed_agent *agent;
  heed_rng rng;
  heed_decision decision;
} life;

static void life_init(life *l, bool adapts) {
  heed_error err = {0};
  memset(l, 0, sizeof *l);
  mdp_chain(&l->m, 6, 0);
  l->dynamics = mdp_dynamics(&l->m);
  l->channel = mdp_reward(&l->m, "channel", NULL);
  l->other = mdp_reward(&l->m, "formula", "formula=share[1]");
  heed_planner_config config = heed_planner_config_default();
  assert_ok(heed_agent_create(&config, l->dynamics, l->channel, adapts, &l->agent, &err), &err);
  heed_rng_init(&l->rng, 1);
}

static void life_deinit(life *l) {
  heed_agent_destroy(l->agent);
  heed_reward_destroy(l->channel);
  heed_reward_destroy(l->other);
  heed_dynamics_destroy(l->dynamics);
}

static void begin(life *l, uint8_t state) {
  heed_error err = {0};
  assert_ok(heed_agent_begin(l->agent, &state, &err), &err);
}

static int32_t act(life *l) {
  heed_error err = {0};
  assert_ok(heed_agent_act(l->agent, &l->rng, &l->decision, &err), &err);
  return l->decision.action.index;
}

static void observe(life *l, int32_t action, uint8_t state) {
  heed_error err = {0};
  assert_ok(heed_agent_observe(l->agent, (heed_action){.index = action}, &state,
                               (heed_outcome){.is_terminal = state == 5}, &err),
            &err);
}

static void the_loop_reaches_the_goal(void **state) {
  (void)state;
  life l;
  life_init(&l, false);
  for (int episode = 0; episode < 3; episode++) {
    begin(&l, 0);
    for (uint8_t s = 0; s < 5; s++) {
      assert_int_equal(((const mdp_belief *)heed_agent_belief(l.agent))->state, s);
      assert_int_equal(act(&l), 1);
      observe(&l, 1, s + 1);
    }
  }
  life_deinit(&l);
}

static void the_action_taken_need_not_be_the_one_decided(void **state) {
  (void)state;
  life l;
  life_init(&l, false);
  begin(&l, 0);
  assert_int_equal(act(&l), 1);
  observe(&l, 0, 0); /* a person held it back */
  assert_int_equal(act(&l), 1);
  observe(&l, 1, 3); /* and carried it on, where no model says that it can get */
  assert_int_equal(act(&l), 1);
  assert_near(l.decision.value, 0.98, 1e-12); /* two steps from the goal */
  life_deinit(&l);
}

static void after_a_swap_the_standing_tree_decides(void **state) {
  (void)state;
  life l;
  heed_error err = {0};
  life_init(&l, false);
  begin(&l, 0);
  assert_int_equal(act(&l), 1);
  observe(&l, 1, 1);
  uint64_t asked = l.m.predictions;
  assert_ok(heed_agent_swap_reward(l.agent, l.other, &err), &err);
  assert_int_equal(act(&l), 0); /* stays where it is */
  assert_int_equal(l.decision.predictions, 0);
  assert_int_equal(l.decision.simulations, 0);
  assert_int_equal(l.m.predictions, asked);
  observe(&l, 0, 1);
  assert_int_equal(act(&l), 0);
  assert_true(l.decision.simulations > 0 || l.decision.nodes > 0);
  assert_ok(heed_agent_swap_reward(l.agent, l.channel, &err), &err);
  assert_int_equal(act(&l), 1);
  life_deinit(&l);
}

/* The tree that stands is of the last episode, and says what to do in state 4. */
static void a_swap_between_episodes_decides_for_the_state_at_hand(void **state) {
  (void)state;
  life l;
  heed_error err = {0};
  life_init(&l, false);
  begin(&l, 2);
  act(&l);
  observe(&l, 1, 3);
  act(&l);
  begin(&l, 0);
  assert_ok(heed_agent_swap_reward(l.agent, l.other, &err), &err);
  assert_int_equal(act(&l), 1);
  /* one step to state 1, there to stay: sum of 0.98^t over 30 steps */
  assert_near(l.decision.value, (1 - pow(0.98, 30)) / 0.02, 1e-9);
  life_deinit(&l);
}

static void a_swap_that_fails_leaves_the_old_reward(void **state) {
  (void)state;
  life l;
  heed_error err = {0};
  life_init(&l, false);
  begin(&l, 1);
  assert_ok(heed_agent_swap_reward(l.agent, l.other, &err), &err);
  l.m.reward[3][0][3] = HUGE_VAL;
  assert_int_equal(act(&l), 0);
  assert_fails(heed_agent_swap_reward(l.agent, l.channel, &err), HEED_ERR_NUMERIC, &err, "finite");
  assert_int_equal(act(&l), 0); /* still after state 1, with finite numbers */
  life_deinit(&l);
}

static void dynamics_and_planner_can_be_swapped_too(void **state) {
  (void)state;
  life l;
  heed_error err = {0};
  life_init(&l, false);
  begin(&l, 0);
  act(&l);
  observe(&l, 1, 1);
  /* a world that runs the other way: action 0 goes on, action 1 stays */
  mdp turned = l.m;
  for (uint32_t s = 0; s < 6; s++) {
    memcpy(turned.p[s][0], l.m.p[s][1], sizeof turned.p[s][0]);
    memcpy(turned.p[s][1], l.m.p[s][0], sizeof turned.p[s][0]);
    memcpy(turned.reward[s][0], l.m.reward[s][1], sizeof turned.reward[s][0]);
    memcpy(turned.reward[s][1], l.m.reward[s][0], sizeof turned.reward[s][0]);
  }
  heed_dynamics *other = mdp_dynamics(&turned);
  assert_ok(heed_agent_swap_dynamics(l.agent, other, &err), &err);
  assert_int_equal(act(&l), 0);
  assert_near(l.decision.value, pow(0.98, 3), 1e-12); /* from the state at hand */
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 2;
  assert_ok(heed_agent_swap_planner(l.agent, &config, &err), &err);
  act(&l);
  assert_near(l.decision.value, 0, 0); /* too short-sighted to see the goal */
  config.horizon = 0;
  assert_fails(heed_agent_swap_planner(l.agent, &config, &err), HEED_ERR_ARG, &err, "horizon");
  act(&l);
  assert_near(l.decision.value, 0, 0);
  heed_dynamics *letters = letters_model(NULL);
  assert_fails(heed_agent_swap_dynamics(l.agent, letters, &err), HEED_ERR_ARG, &err, "another");
  heed_dynamics_destroy(letters);
  life_deinit(&l);
  heed_dynamics_destroy(other);
}

static void nothing_stands(const life *l) {
  heed_error err = {0};
  heed_rng rng;
  heed_decision d;
  heed_rng_init(&rng, 1);
  assert_fails(heed_planner_decide(heed_agent_planner(l->agent), &rng, &d, &err), HEED_ERR_STATE,
               &err, "nothing has been planned");
}

/* What a search counts is its own; what an agent was given to listen to stays, for the reward that it is of. */
static void an_evaluator_outlives_swaps_and_a_tree_does_not(void **state) {
  (void)state;
  life l;
  heed_error err = {0};
  life_init(&l, false);
  mdp again = l.m;
  heed_dynamics *other = mdp_dynamics(&again);
  heed_evaluator evaluator = mdp_evaluator(&l.m);
  heed_planner_config config = heed_planner_config_valued();
  config.simulations = 20;
  assert_ok(heed_agent_swap_planner(l.agent, &config, &err), &err);
  assert_ok(heed_agent_set_evaluator(l.agent, &evaluator, l.channel, &err), &err);
  begin(&l, 0);
  act(&l);
  assert_int_equal(l.decision.simulations, 20);
  assert_true(l.decision.evaluations > 0);

  config.simulations = 30;
  assert_ok(heed_agent_swap_planner(l.agent, &config, &err), &err);
  nothing_stands(&l);
  uint64_t asked = l.m.predictions;
  uint64_t heard = l.m.evaluations;
  act(&l);
  assert_int_equal(l.decision.simulations, 30); /* and of this decision alone: */
  assert_int_equal(l.decision.predictions, l.m.predictions - asked);
  assert_int_equal(l.decision.evaluations, l.m.evaluations - heard);
  assert_true(l.m.predictions > asked && l.m.evaluations > heard);

  uint64_t before = heed_planner_signature(heed_agent_planner(l.agent));
  heed_planner_config deaf = heed_planner_config_default();
  assert_fails(heed_agent_swap_planner(l.agent, &deaf, &err), HEED_ERR_ARG, &err, "evaluator");
  assert_true(heed_planner_signature(heed_agent_planner(l.agent)) ==
              before); /* the old one, whole */

  asked = l.m.predictions;
  assert_ok(heed_agent_swap_dynamics(l.agent, other, &err), &err);
  nothing_stands(&l);
  act(&l);
  assert_int_equal(l.m.predictions, asked);
  assert_int_equal(again.predictions, l.decision.predictions);
  assert_true(l.decision.evaluations > 0);

  assert_ok(heed_agent_swap_reward(l.agent, l.other, &err), &err);
  assert_ok(heed_agent_swap_planner(l.agent, &config, &err), &err);
  act(&l); /* not from a tree that stood: the swap of the planner came after that of the reward */
  assert_int_equal(l.decision.simulations, 30);
  assert_int_equal(l.decision.evaluations, 0); /* it speaks of the channel */
  assert_ok(heed_agent_swap_dynamics(l.agent, l.dynamics, &err), &err);
  act(&l);
  assert_int_equal(l.decision.evaluations, 0);
  assert_ok(heed_agent_swap_reward(l.agent, l.channel, &err), &err);
  assert_ok(heed_agent_swap_planner(l.agent, &config, &err), &err);
  act(&l);
  assert_true(l.decision.evaluations > 0);

  assert_ok(heed_agent_set_evaluator(l.agent, NULL, NULL, &err), &err);
  assert_ok(heed_agent_swap_planner(l.agent, &deaf, &err), &err);
  act(&l);
  assert_int_equal(l.decision.evaluations, 0);
  life_deinit(&l);
  heed_dynamics_destroy(other);
}

/* From nothing: it learns that 1 leads from A to B, and then wants that. */
static void with_adapts_every_step_is_learned(void **state) {
  (void)state;
  heed_dynamics *model = letters_model(NULL);
  heed_space obs_space = letters_obs_space();
  heed_space action_space = letters_action_space();
  heed_reward *reward = NULL;
  heed_error err = {0};
  assert_ok(heed_reward_create("formula", "formula={change[0,1]}", &obs_space, &action_space,
                               &reward, &err),
            &err);
  for (int adapts = 0; adapts <= 1; adapts++) {
    heed_agent *agent = NULL;
    heed_planner_config config = heed_planner_config_default();
    assert_ok(heed_agent_create(&config, model, reward, adapts != 0, &agent, &err), &err);
    heed_rng rng;
    heed_rng_init(&rng, 1);
    heed_decision d;
    uint8_t a = 0;
    uint8_t b = 1;
    assert_ok(heed_agent_begin(agent, &a, &err), &err);
    for (int i = 0; i < 3; i++) {
      assert_ok(heed_agent_observe(agent, (heed_action){.index = 1}, &b, (heed_outcome){0}, &err),
                &err);
      assert_ok(heed_agent_observe(agent, (heed_action){.index = 2}, &a, (heed_outcome){0}, &err),
                &err);
    }
    assert_ok(heed_agent_act(agent, &rng, &d, &err), &err);
    assert_int_equal(d.action.index, adapts != 0 ? 1 : 0);
    assert_true(adapts != 0 ? d.value > 0.5 : d.value == 0);
    heed_agent_destroy(agent);
  }
  heed_reward_destroy(reward);
  heed_dynamics_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_loop_reaches_the_goal),
      cmocka_unit_test(the_action_taken_need_not_be_the_one_decided),
      cmocka_unit_test(after_a_swap_the_standing_tree_decides),
      cmocka_unit_test(a_swap_between_episodes_decides_for_the_state_at_hand),
      cmocka_unit_test(a_swap_that_fails_leaves_the_old_reward),
      cmocka_unit_test(dynamics_and_planner_can_be_swapped_too),
      cmocka_unit_test(an_evaluator_outlives_swaps_and_a_tree_does_not),
      cmocka_unit_test(with_adapts_every_step_is_learned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
