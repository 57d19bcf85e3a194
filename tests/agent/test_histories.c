/* test_histories.c: searches over histories with particles (POMCP), on the tiger, against dynamic
 * programming over beliefs that is written here: the belief is how much more often one side was heard. */
#include <math.h>

#include "agent/agent.h"
#include "agent/exact.h"
#include "core/near.h"
#include "envs/play.h"

enum { LISTEN, OPEN_LEFT, OPEN_RIGHT, ACTIONS };
enum { HEARD_LEFT = 1, HEARD_RIGHT = 2, HORIZON = 5 };

/* The probability that the tiger is left after its side was heard `ahead` times more often than the other. */
static double left_after(int ahead) {
  double odds = pow(0.85 / 0.15, ahead);
  return odds / (1 + odds);
}

/* The best expected return in `steps` steps, and of each action first. */
static double value_of(int ahead, int steps, double discount, double q[ACTIONS]) {
  if (steps == 0) {
    return 0;
  }
  double unused[ACTIONS];
  double left = left_after(ahead);
  double hear_left = 0.85 * left + 0.15 * (1 - left);
  double anew = discount * value_of(0, steps - 1, discount, unused);
  q[LISTEN] = -1 + discount * (hear_left * value_of(ahead + 1, steps - 1, discount, unused) +
                               (1 - hear_left) * value_of(ahead - 1, steps - 1, discount, unused));
  q[OPEN_LEFT] = -100 * left + 10 * (1 - left) + anew;
  q[OPEN_RIGHT] = 10 * left - 100 * (1 - left) + anew;
  return fmax(q[LISTEN], fmax(q[OPEN_LEFT], q[OPEN_RIGHT]));
}

typedef struct hunt {
  play p;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_agent *agent;
  heed_rng rng;
} hunt;

static heed_planner_config histories(uint32_t simulations) {
  heed_planner_config config = heed_planner_config_default();
  config.simulations = simulations;
  config.horizon = HORIZON;
  config.discount = 0.95;
  config.nodes = HEED_NODES_HISTORY;
  config.share_states = false;
  config.complete = false;
  config.outcome_samples = 0;
  config.expansion = HEED_EXPAND_ONE;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.backup = HEED_BACKUP_MEAN;
  config.reuse = false;
  config.node_capacity = 1 << 16;
  return config;
}

static int setup(void **state) {
  hunt *h = calloc(1, sizeof *h);
  assert_non_null(h);
  heed_error err = {0};
  play_open(&h->p, "tiger", NULL, 4);
  play_reset(&h->p);
  const heed_env_spec *spec = heed_env_spec_of(h->p.env);
  assert_ok(heed_exact_create(h->p.env, 4096, &h->dynamics, &err), &err);
  assert_ok(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &h->reward, &err),
      &err);
  heed_rng_init(&h->rng, 9);
  *state = h;
  return 0;
}

static int teardown(void **state) {
  hunt *h = *state;
  heed_agent_destroy(h->agent);
  heed_dynamics_destroy(h->dynamics);
  heed_reward_destroy(h->reward);
  play_close(&h->p);
  free(h);
  return 0;
}

static void equip(hunt *h, const heed_planner_config *config) {
  heed_error err = {0};
  heed_agent_destroy(h->agent);
  h->agent = NULL;
  assert_ok(heed_agent_create(config, h->dynamics, h->reward, false, &h->agent, &err), &err);
  assert_ok(heed_agent_begin(h->agent, h->p.obs, &err), &err);
}

/* Lets the agent hear the tiger on the left so many times, and decide. */
static heed_decision decide_after(hunt *h, int heard) {
  heed_error err = {0};
  heed_decision d;
  uint8_t obs = 0;
  assert_ok(heed_agent_begin(h->agent, &obs, &err), &err);
  obs = HEARD_LEFT;
  for (int n = 0; n < heard; n++) {
    heed_action listen = {.index = LISTEN};
    assert_ok(heed_agent_observe(h->agent, listen, &obs, (heed_outcome){.reward = -1}, &err), &err);
  }
  assert_ok(heed_agent_act(h->agent, &h->rng, &d, &err), &err);
  return d;
}

/* The value of the root approaches that of dynamic programming, and the decision is its. What a few thousand
 * particles say of the belief differs by sampling: an error of 1 / sqrt(4096) moves 110 by 1.7. */
static void values_approach_those_over_beliefs(void **state) {
  hunt *h = *state;
  for (int heard = 0; heard <= 2; heard++) {
    double q[ACTIONS];
    double best = value_of(heard, HORIZON, 0.95, q);
    double last = HUGE_VAL;
    for (uint32_t budget = 100; budget <= 100000; budget *= 1000) {
      heed_planner_config config = histories(budget);
      config.node_capacity = 1 << 18;
      config.backup = HEED_BACKUP_MAX;
      config.exploration = 2;
      equip(h, &config);
      heed_decision d = decide_after(h, heard);
      double error = fabs(d.value - best);
      assert_true(error < last);
      last = error;
      if (budget == 100000) {
        assert_true(error < 1.7);
        assert_true(q[d.action.index] > best - 1e-9);
      }
    }
  }
}

/* Through the usual loop: never opened at once, opened after two reports that agree, and then the right door. */
static void it_listens_until_it_knows(void **state) {
  hunt *h = *state;
  heed_planner_config config = histories(10000);
  config.backup = HEED_BACKUP_MAX;
  equip(h, &config);
  heed_error err = {0};
  int ahead = 0;
  int opened = 0;
  for (int t = 0; t < 60; t++) {
    heed_decision d;
    assert_ok(heed_agent_act(h->agent, &h->rng, &d, &err), &err);
    if (abs(ahead) < 2) {
      assert_int_equal(d.action.index, LISTEN);
    } else if (d.action.index != LISTEN) {
      assert_int_equal(d.action.index, ahead > 0 ? OPEN_RIGHT : OPEN_LEFT);
      opened++;
    }
    play_step(&h->p, d.action.index);
    uint8_t seen = h->p.obs[0];
    ahead = seen == HEARD_LEFT ? ahead + 1 : seen == HEARD_RIGHT ? ahead - 1 : 0;
    assert_ok(heed_agent_observe(h->agent, d.action, h->p.obs, h->p.last, &err), &err);
  }
  assert_in_range(opened, 8, 20);
}

/* The opponent that has won with rock is in the particles, not in what is seen. */
static void a_round_is_lost_on_purpose(void **state) {
  (void)state;
  hunt h = {0};
  heed_error err = {0};
  play_open(&h.p, "rock-paper-scissors", "max_steps=0", 4);
  play_reset(&h.p);
  const heed_env_spec *spec = heed_env_spec_of(h.p.env);
  assert_ok(heed_exact_create(h.p.env, 64, &h.dynamics, &err), &err);
  assert_ok(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &h.reward, &err),
      &err);
  heed_rng_init(&h.rng, 9);
  heed_planner_config config = histories(10000);
  config.horizon = 12; /* so far that what is known from one step less is as good */
  config.discount = 0.5;
  config.reuse = true; /* the tree goes on with the history */
  equip(&h, &config);
  for (int t = 0; t < 60; t++) {
    heed_decision d;
    bool knows = play_read(&h.p, "repeats_rock") > 0;
    assert_ok(heed_agent_act(h.agent, &h.rng, &d, &err), &err);
    assert_int_equal(d.action.index, knows ? 1 : 2);
    play_step(&h.p, d.action.index);
    assert_ok(heed_agent_observe(h.agent, d.action, h.p.obs, h.p.last, &err), &err);
  }
  heed_agent_destroy(h.agent);
  heed_dynamics_destroy(h.dynamics);
  heed_reward_destroy(h.reward);
  play_close(&h.p);
}

/* With reuse a tree goes on from the belief that it was made from, or advanced to, and from no other that
 * shows the same: a tiger heard on the left once is not one heard there twice. */
static void a_tree_is_of_one_belief(void **state) {
  hunt *h = *state;
  heed_error err = {0};
  enum { BUDGET = 400 };
  heed_planner_config config = histories(BUDGET);
  config.reuse = true;
  heed_planner *planner;
  assert_ok(heed_planner_create(&config, h->dynamics, h->reward, &planner, &err), &err);
  size_t size = heed_dynamics_spec_of(h->dynamics)->belief_size;
  static unsigned char once[1 << 18];
  static unsigned char twice[1 << 18];
  assert_true(size <= sizeof once);
  uint8_t obs = 0;
  heed_action listen = {.index = LISTEN};
  heed_dynamics_begin(h->dynamics, &obs, once);
  obs = HEARD_LEFT;
  heed_dynamics_observe(h->dynamics, once, listen, &obs);
  memcpy(twice, once, size);
  heed_dynamics_observe(h->dynamics, twice, listen, &obs);

  heed_decision d;
  assert_ok(heed_planner_plan(planner, once, &h->rng, &d, &err), &err);
  assert_int_equal(d.simulations, BUDGET);
  assert_ok(heed_planner_plan(planner, once, &h->rng, &d, &err), &err);
  assert_int_equal(d.simulations, 0); /* the budget is that of the root, and spent */
  assert_ok(heed_planner_plan(planner, twice, &h->rng, &d, &err), &err);
  assert_int_equal(d.simulations, BUDGET); /* looks like it, and is another one */
  assert_ok(heed_planner_plan(planner, once, &h->rng, &d, &err), &err);
  assert_int_equal(d.simulations, BUDGET);
  assert_true(heed_planner_advance(planner, listen, twice));
  assert_ok(heed_planner_plan(planner, twice, &h->rng, &d, &err), &err);
  assert_in_range(d.simulations, 1, BUDGET - 1); /* what followed "left" in the tree counts */
  assert_ok(heed_planner_plan(planner, once, &h->rng, &d, &err), &err);
  assert_int_equal(d.simulations, BUDGET);
  heed_planner_destroy(planner);
}

/* A re-scored tree of histories is that which was scored so from the start: the channel's means stay. */
static void a_swap_scores_histories_anew(void **state) {
  hunt *h = *state;
  const heed_env_spec *spec = heed_env_spec_of(h->p.env);
  heed_error err = {0};
  heed_reward *twice = NULL;
  assert_ok(heed_reward_create("formula", "formula=share[3]-2*share[4]", &spec->obs_space,
                               &spec->action_space, &twice, &err),
            &err);
  heed_planner_config config = histories(500);
  config.selection = HEED_SELECT_UNIFORM; /* the same tree, whatever the reward */
  equip(h, &config);
  (void)decide_after(h, 1);
  h->rng = (heed_rng){0};
  heed_rng_init(&h->rng, 9);
  (void)decide_after(h, 1);
  uint64_t channel = heed_planner_signature(heed_agent_planner(h->agent));
  assert_ok(heed_agent_swap_reward(h->agent, twice, &err), &err);
  uint64_t swapped = heed_planner_signature(heed_agent_planner(h->agent));
  assert_true(swapped != channel);
  heed_reward *own = h->reward;
  h->reward = twice;
  equip(h, &config);
  heed_rng_init(&h->rng, 9);
  (void)decide_after(h, 1);
  assert_true(heed_planner_signature(heed_agent_planner(h->agent)) == swapped);
  h->reward = own;
  heed_agent_destroy(h->agent);
  h->agent = NULL;
  heed_reward_destroy(twice);
}

static void what_does_not_go_together_is_refused(void **state) {
  hunt *h = *state;
  heed_error err = {0};
  heed_planner *planner;
  heed_planner_config config = histories(10);
  config.share_states = true;
  assert_fails(heed_planner_create(&config, h->dynamics, h->reward, &planner, &err), HEED_ERR_ARG,
               &err, "nodes=history needs share_states=false");
  config = histories(10);
  config.outcome_samples = 3;
  assert_fails(heed_planner_create(&config, h->dynamics, h->reward, &planner, &err), HEED_ERR_ARG,
               &err, "outcome_samples=0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(values_approach_those_over_beliefs, setup, teardown),
      cmocka_unit_test_setup_teardown(it_listens_until_it_knows, setup, teardown),
      cmocka_unit_test(a_round_is_lost_on_purpose),
      cmocka_unit_test_setup_teardown(a_tree_is_of_one_belief, setup, teardown),
      cmocka_unit_test_setup_teardown(a_swap_scores_histories_anew, setup, teardown),
      cmocka_unit_test_setup_teardown(what_does_not_go_together_is_refused, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
