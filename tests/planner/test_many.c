/* test_many.c: searches that take turns, on one thread and on several, against each of them alone; and the
 * simulations of one search that are under way at once. */
#include <omp.h>

#include "planner/combinations.h"
#include "planner/search.h"

enum { MANY = 70 }; /* more than fit into one batch */

static void random_world(mdp *m, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  mdp_random(m, 8, 3, 2, &rng);
  m->is_terminal[7] = true;
}

/* Planners of different searches over one model. */
typedef struct crowd {
  mdp *m;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_planner *planners[MANY];
  mdp_belief beliefs[MANY];
  const void *at[MANY];
  heed_rng rngs[MANY];
  heed_decision decisions[MANY];
  size_t count;
} crowd;

static void crowd_open(crowd *c, mdp *m) {
  memset(c, 0, sizeof *c);
  c->m = m;
  c->dynamics = mdp_dynamics(m);
  c->reward = mdp_reward(m, "channel", NULL);
}

static void crowd_add(crowd *c, const heed_planner_config *config, uint32_t state, uint64_t seed) {
  heed_error err = {0};
  size_t i = c->count++;
  assert_ok(heed_planner_create(config, c->dynamics, c->reward, &c->planners[i], &err), &err);
  mdp_set_evaluator(c->m, config, c->planners[i]);
  c->beliefs[i].state = state;
  c->at[i] = &c->beliefs[i];
  heed_rng_init(&c->rngs[i], seed);
}

static heed_status crowd_plan(crowd *c, heed_error *err) {
  return heed_planner_plan_many(c->planners, c->at, c->rngs, c->decisions, c->count, err);
}

static void crowd_close(crowd *c) {
  for (size_t i = 0; i < c->count; i++) {
    heed_planner_destroy(c->planners[i]);
  }
  heed_reward_destroy(c->reward);
  heed_dynamics_destroy(c->dynamics);
}

/* All combinations in crowds, `stride` apart: each decides, and draws, as it does alone. */
static void check_crowds(uint32_t stride) {
  static mdp m;
  static crowd many;
  static crowd alone;
  heed_planner_config config;
  random_world(&m, 21);
  uint32_t number = 0;
  bool is_left = true;
  while (is_left) {
    crowd_open(&many, &m);
    crowd_open(&alone, &m);
    while (many.count < MANY && (is_left = combination(number, &config))) {
      if (goes_together(&config)) {
        config.leaf_batch =
            number % 3 == 0 && config.dynamics_hypotheses != HEED_HYPOTHESES_PER_SIMULATION ? 5 : 1;
        crowd_add(&many, &config, number % 7, number);
        crowd_add(&alone, &config, number % 7, number);
      }
      number += stride;
    }
    heed_error err = {0};
    assert_ok(crowd_plan(&many, &err), &err);
    for (size_t i = 0; i < many.count; i++) {
      heed_decision *d = &alone.decisions[i];
      assert_ok(heed_planner_plan(alone.planners[i], alone.at[i], &alone.rngs[i], d, &err), &err);
      assert_int_equal(heed_planner_signature(many.planners[i]),
                       heed_planner_signature(alone.planners[i]));
      assert_int_equal(many.decisions[i].action.index, d->action.index);
      assert_true(many.decisions[i].value == d->value);
      assert_int_equal(many.decisions[i].simulations, d->simulations);
      assert_int_equal(many.decisions[i].predictions, d->predictions);
      assert_int_equal(heed_rng_next(&many.rngs[i]), heed_rng_next(&alone.rngs[i]));
    }
    crowd_close(&many);
    crowd_close(&alone);
  }
}

static void each_of_many_decides_as_if_alone(void **state) {
  (void)state;
  omp_set_num_threads(1);
  check_crowds(3);
}

static void the_number_of_threads_changes_nothing(void **state) {
  (void)state;
  for (int threads = 2; threads <= 4; threads++) {
    omp_set_num_threads(threads);
    check_crowds(53);
  }
  omp_set_num_threads(1);
}

static void searches_ask_together(void **state) {
  (void)state;
  static mdp m;
  static crowd c;
  heed_error err = {0};
  heed_planner_config config = mdp_config_uct();
  config.horizon = 5;
  config.simulations = 10;
  random_world(&m, 22);
  for (uint32_t batch = 1; batch <= 8; batch *= 8) {
    crowd_open(&c, &m);
    config.leaf_batch = batch;
    for (uint32_t i = 0; i < MANY; i++) {
      crowd_add(&c, &config, i % 7, i);
    }
    m.largest_batch = 0;
    assert_ok(crowd_plan(&c, &err), &err);
    /* 64 searches of one question each, or 8 of up to 8, which at first all ask at the root */
    assert_in_range(m.largest_batch, batch == 1 ? 64 : 33, 64);
    crowd_close(&c);
  }
}

static void what_does_not_go_together_is_refused(void **state) {
  (void)state;
  static mdp m;
  static mdp other;
  static crowd c;
  static crowd d;
  heed_error err = {0};
  heed_planner_config config = heed_planner_config_default();
  random_world(&m, 23);
  random_world(&other, 24);
  crowd_open(&c, &m);
  crowd_open(&d, &other);
  assert_ok(crowd_plan(&c, &err), &err); /* none at all */
  crowd_add(&c, &config, 0, 1);
  crowd_add(&d, &config, 0, 1);
  crowd_add(&c, &config, 1, 2);
  heed_planner *mine = c.planners[1];
  c.planners[1] = d.planners[0];
  assert_fails(crowd_plan(&c, &err), HEED_ERR_ARG, &err, "planner 1 has another dynamics model");
  err = (heed_error){0};
  c.planners[1] = c.planners[0];
  assert_fails(crowd_plan(&c, &err), HEED_ERR_ARG, &err, "planner 1 is named twice");
  err = (heed_error){0};
  c.planners[1] = mine;
  assert_ok(crowd_plan(&c, &err), &err);
  crowd_close(&c);
  crowd_close(&d);
}

/* In state 6 every reward is infinite, so that searches from there fail. */
static void the_first_failure_is_reported_and_the_others_decide(void **state) {
  (void)state;
  static mdp m;
  static crowd c;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 1;
  random_world(&m, 25);
  for (uint32_t a = 0; a < m.actions; a++) {
    for (uint32_t next = 0; next < m.states; next++) {
      m.reward[6][a][next] = HUGE_VAL;
    }
  }
  for (int threads = 1; threads <= 2; threads++) {
    heed_error err = {0};
    crowd_open(&c, &m);
    for (uint32_t i = 0; i < 8; i++) {
      crowd_add(&c, &config, i % 4 == 3 ? 6 : i % 4, i);
    }
    omp_set_num_threads(threads);
    assert_fails(crowd_plan(&c, &err), HEED_ERR_NUMERIC, &err, "planner 3: a reward is not finite");
    for (uint32_t i = 0; i < 8; i++) {
      assert_true(i % 4 == 3 || isfinite(c.decisions[i].value));
      assert_true(i % 4 == 3 || c.decisions[i].action_count == 3);
    }
    crowd_close(&c);
  }
  omp_set_num_threads(1);
}

/* ---- what a search is, in a number --------------------------------------------------------------- */

/* The signatures of fixed searches. They change with any change of what searches do: state the new ones only
 * when that was meant. */
static void fixed_searches_have_their_signatures(void **state) {
  (void)state;
  static mdp m;
  static const struct {
    const char *params;
    uint64_t signature;
  } cases[] = {
      {"horizon=6", UINT64_C(0x5492e412b521c28b)},
      {"horizon=6,share_states=false,complete=false,outcome_samples=0,expansion=one,leaf=rollout,"
       "backup=mean,reuse=false",
       UINT64_C(0x91c76220b68e5fd2)},
      {"horizon=6,share_states=false,complete=false,outcome_samples=1,expansion=one,selection=puct,"
       "backup=mean,reuse=false,leaf_batch=8",
       UINT64_C(0x1b8d40c5fa5634a3)},
  };
  random_world(&m, 27);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed_error err = {0};
    size_t count;
    const heed_param *table = heed_planner_params(&count);
    heed_planner_config config;
    assert_ok(heed_params_parse(table, count, cases[i].params, &config, &err), &err);
    mdp_search x;
    mdp_search_init(&x, &m, &config, 5);
    mdp_plan(&x, 0);
    assert_int_equal(heed_planner_signature(x.planner), cases[i].signature);
    mdp_search_deinit(&x);
  }
}

/* ---- simulations under way at once --------------------------------------------------------------- */

/* In a strict tree every simulation that went through a node ended in it or went on. */
static void check_counts(const heed_planner *planner, uint32_t simulations) {
  const heed_tree *tree = &planner->tree;
  for (heed_index n = 0; n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    uint32_t below = node->leaf_visits;
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      below += heed__tree_edges(tree, n).visits[a];
    }
    bool ends_here = node->depth == planner->limit || heed__tree_is_terminal(tree, node->state);
    assert_int_equal(node->visits, ends_here ? node->visits : below);
  }
  assert_int_equal(tree->nodes[tree->root].visits, simulations);
}

/* UCT still converges to the value, whatever the number of simulations under way. */
static void batches_of_leaves_find_the_value(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  heed_planner_config config = mdp_config_uct();
  config.horizon = 4;
  config.discount = 1;
  config.exploration = 0.5;
  config.simulations = 6003; /* no multiple of a batch */
  for (uint32_t batch = 1; batch <= 64; batch *= 8) {
    config.leaf_batch = batch;
    double error = 0;
    for (uint64_t seed = 0; seed < 4; seed++) {
      heed_rng rng;
      heed_rng_init(&rng, seed);
      mdp_random(&m, 6, 2, 2, &rng);
      mdp_solve(&m, 4, 1, &v);
      mdp_search x;
      mdp_search_init(&x, &m, &config, seed);
      const heed_decision *d = mdp_plan(&x, 0);
      assert_int_equal(d->simulations, config.simulations);
      check_counts(x.planner, config.simulations);
      error += fabs(x.planner->tree.nodes[x.planner->tree.root].value - mdp_best(&m, &v, 4, 0)) / 4;
      mdp_search_deinit(&x);
    }
    assert_true(error < 0.1); /* as test_mcts.c asks of one at a time */
  }
}

/* Those under way count as visits, so that others go elsewhere: four at once try four actions. */
static void those_under_way_are_seen(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 4);
  mdp_random(&m, 6, 4, 1, &rng);
  static const heed_selection rules[] = {HEED_SELECT_UCB1, HEED_SELECT_PUCT};
  for (size_t i = 0; i < 2; i++) {
    heed_planner_config config = mdp_config_uct();
    config.selection = rules[i];
    config.simulations = 4;
    config.leaf_batch = 4;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 1);
    const heed_decision *d = mdp_plan(&x, 0);
    for (uint32_t a = 0; a < 4; a++) {
      assert_int_equal(d->visits[a], 1);
    }
    mdp_search_deinit(&x);
  }
}

static void one_hypothesis_a_simulation_needs_one_at_a_time(void **state) {
  (void)state;
  static mdp m;
  static crowd c;
  heed_error err = {0};
  heed_planner *planner = NULL;
  heed_planner_config config = mdp_config_uct();
  config.dynamics_hypotheses = HEED_HYPOTHESES_PER_SIMULATION;
  config.leaf_batch = 2;
  random_world(&m, 26);
  crowd_open(&c, &m);
  assert_fails(heed_planner_create(&config, c.dynamics, c.reward, &planner, &err), HEED_ERR_ARG,
               &err, "leaf_batch=1");
  static const uint32_t out_of_range[] = {0, 65};
  for (size_t i = 0; i < 2; i++) {
    config = mdp_config_uct();
    config.leaf_batch = out_of_range[i];
    err = (heed_error){0};
    assert_fails(heed_planner_create(&config, c.dynamics, c.reward, &planner, &err), HEED_ERR_ARG,
                 &err, "leaf_batch");
  }
  crowd_close(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_of_many_decides_as_if_alone),
      cmocka_unit_test(the_number_of_threads_changes_nothing),
      cmocka_unit_test(searches_ask_together),
      cmocka_unit_test(what_does_not_go_together_is_refused),
      cmocka_unit_test(the_first_failure_is_reported_and_the_others_decide),
      cmocka_unit_test(fixed_searches_have_their_signatures),
      cmocka_unit_test(batches_of_leaves_find_the_value),
      cmocka_unit_test(those_under_way_are_seen),
      cmocka_unit_test(one_hypothesis_a_simulation_needs_one_at_a_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
