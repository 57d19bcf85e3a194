/* test_enumerate.c: outcomes that are listed with their probabilities, against the probabilities of the process and its
 * values by dynamic programming. */
#include "planner/mdp.h"
#include "planner/search.h"

enum { HORIZON = 6, STATES = 10, ACTIONS = 3 };
#define DISCOUNT 0.9

static heed_planner_config listed(uint32_t simulations) {
  heed_planner_config config = heed_planner_config_default();
  config.outcomes = HEED_OUTCOMES_ENUMERATED;
  config.horizon = HORIZON;
  config.discount = DISCOUNT;
  config.simulations = simulations;
  config.reuse = false;
  return config;
}

/* A tree in the strict sense, without completion. */
static heed_planner_config strict(uint32_t simulations) {
  heed_planner_config config = listed(simulations);
  config.share_states = false;
  config.complete = false;
  return config;
}

static void random_process(mdp *m, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  mdp_random(m, STATES, ACTIONS, 4, &rng);
  m->is_listed = true;
  m->is_terminal[STATES - 1] = true;
}

/* ---- values and probabilities ------------------------------------------------------------------- */

static double worst_error(const heed_decision *d, const mdp_values *v) {
  double worst = 0;
  for (uint32_t a = 0; a < ACTIONS; a++) {
    worst = fmax(worst, fabs(d->values[a] - v->q[HORIZON][0][a]));
  }
  return worst;
}

/* With as many simulations as it takes to try everything once, whatever luck they have. */
static void values_are_those_of_dynamic_programming(void **state) {
  (void)state;
  static mdp m;
  double least = HUGE_VAL; /* of searches that sample */
  for (uint64_t i = 0; i < 20; i++) {
    random_process(&m, i);
    mdp_values v;
    mdp_solve(&m, HORIZON, DISCOUNT, &v);
    for (int k = 0; k < 2; k++) {
      heed_planner_config config = listed(500);
      config.outcomes = k == 0 ? HEED_OUTCOMES_ENUMERATED : HEED_OUTCOMES_SAMPLED;
      mdp_search x;
      mdp_search_init(&x, &m, &config, i);
      double error = worst_error(mdp_plan(&x, 0), &v);
      if (k == 0) {
        assert_true(error < 1e-12);
      }
      least = k == 1 ? fmin(least, error) : least;
      mdp_search_deinit(&x);
    }
  }
  print_message("             sampled answers leave %.2g at least\n", least);
  assert_true(least > 1e-4);
}

/* In a tree that holds every way, too, by simulations alone. */
static void so_are_those_of_a_strict_tree(void **state) {
  (void)state;
  static mdp m;
  random_process(&m, 5);
  heed_planner_config config = strict(200000);
  config.horizon = 3;
  config.selection = HEED_SELECT_UNIFORM;
  mdp_values v;
  mdp_solve(&m, 3, DISCOUNT, &v);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  assert_false(d->is_full);
  for (uint32_t a = 0; a < ACTIONS; a++) {
    assert_near(d->values[a], v.q[3][0][a], 1e-12);
  }
  mdp_search_deinit(&x);
}

static uint32_t state_of(const heed_tree *tree, heed_index state) {
  return ((const mdp_belief *)(const void *)heed__tree_belief(tree, state))->state;
}

/* What is listed is the process; and simulations come by as often as that says. */
static void outcomes_are_drawn_by_their_probabilities(void **state) {
  (void)state;
  static mdp m;
  random_process(&m, 7);
  m.flips = 3; /* eight ways to each outcome */
  heed_planner_config config = strict(30000);
  config.horizon = 1;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  const heed_tree *tree = &x.planner->tree;
  uint32_t listed_outcomes = 0;
  for (uint32_t a = 0; a < ACTIONS; a++) {
    const heed_transition *t = heed__tree_transition_at(tree, tree->root, a);
    double n = d->visits[a];
    assert_true(t->is_certain);
    for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
      const heed_tree_outcome *o = &tree->outcomes[i];
      double p = m.p[0][a][state_of(tree, o->state)];
      double weight = heed__tree_weight(tree, t, i) / heed__tree_weight_sum(t);
      assert_true(p > 0);
      assert_near(weight, p, 1e-15);
      double visits = o->child != HEED_INDEX_NONE ? tree->nodes[o->child].visits : 0;
      assert_near(visits, n * p, 5 * sqrt(n * p * (1 - p)) + 1e-9);
      listed_outcomes++;
    }
  }
  assert_true(listed_outcomes > 2 * ACTIONS);
  assert_int_equal(d->predictions, 8 * listed_outcomes + 8 * (ACTIONS * STATES - listed_outcomes));
  mdp_search_deinit(&x);
}

/* What is paid differently is another outcome, though it leads to the same state. */
static void one_state_may_be_two_outcomes(void **state) {
  (void)state;
  static mdp m;
  random_process(&m, 9);
  m.is_terminal[STATES - 1] = false;
  mdp_values v;
  mdp_solve(&m, HORIZON, DISCOUNT, &v);
  m.tip = 0.8;
  double tips = 0; /* 0.8 in a quarter of the steps */
  for (int t = 0; t < HORIZON; t++) {
    tips += 0.25 * m.tip * pow(DISCOUNT, t);
  }
  heed_planner_config config = listed(500);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  for (uint32_t a = 0; a < ACTIONS; a++) {
    assert_near(d->values[a], v.q[HORIZON][0][a] + tips, 1e-12);
  }
  mdp_search_deinit(&x);
}

/* Each step costs 1, whatever comes of it: so each way costs the same, and outcomes that no simulation has met must not
 * look as if nothing more were to pay there. So do their squares. */
static void what_was_not_met_counts_as_what_was(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 19);
  mdp_random(&m, 20, ACTIONS, 12, &rng);
  m.is_listed = true;
  double cost = 0;
  for (int t = 0; t < HORIZON; t++) {
    cost -= pow(DISCOUNT, t);
  }
  for (uint32_t s = 0; s < m.states; s++) {
    for (uint32_t a = 0; a < m.actions; a++) {
      for (uint32_t next = 0; next < m.states; next++) {
        m.reward[s][a][next] = -1;
      }
    }
  }
  for (int k = 0; k < 4; k++) {
    heed_planner_config config = strict(12);
    config.share_states = k % 2 != 0;
    config.backup = k < 2 ? HEED_BACKUP_MAX : HEED_BACKUP_MEAN;
    config.selection = HEED_SELECT_UCB1_TUNED;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 1);
    const heed_decision *d = mdp_plan(&x, 0);
    const heed_tree *tree = &x.planner->tree;
    for (uint32_t a = 0; a < ACTIONS; a++) {
      assert_near(d->values[a], cost, 1e-12);
      assert_near(tree->edge_moments[tree->first_edge[tree->root] + a], cost * cost, 1e-12);
    }
    mdp_search_deinit(&x);
  }
}

/* ---- swaps ----------------------------------------------------------------------------------------- */

#define OTHER "formula={share[1] - 2*share[3]}"

static void a_swap_gives_the_values_of_the_new_reward(void **state) {
  (void)state;
  static mdp m;
  random_process(&m, 11);
  heed_planner_config config = listed(500);
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  uint64_t predictions = mdp_plan(&x, 0)->predictions;
  uint64_t asked = m.predictions;
  assert_int_equal(predictions, asked);
  heed_reward *reward = mdp_reward(&m, "formula", OTHER);
  heed_error err = {0};
  heed_decision d;
  assert_ok(heed_planner_swap_reward(x.planner, reward, &err), &err);
  assert_ok(heed_planner_decide(x.planner, &x.rng, &d, &err), &err);
  assert_int_equal(m.predictions, asked);
  for (uint32_t s = 0; s < m.states; s++) {
    for (uint32_t a = 0; a < m.actions; a++) {
      for (uint32_t next = 0; next < m.states; next++) {
        m.reward[s][a][next] = (next == 1 ? 1 : 0) - (next == 3 ? 2 : 0);
      }
    }
  }
  mdp_values v;
  mdp_solve(&m, HORIZON, DISCOUNT, &v);
  assert_true(worst_error(&d, &v) < 1e-12);
  heed_planner_destroy(x.planner);
  x.planner = NULL;
  heed_reward_destroy(reward);
  mdp_search_deinit(&x);
}

/* ---- what cannot be listed ---------------------------------------------------------------------- */

static uint64_t signature_of(mdp *m, heed_outcomes outcomes, const heed_planner_config *base) {
  heed_planner_config config = *base;
  config.outcomes = outcomes;
  mdp_search x;
  mdp_search_init(&x, m, &config, 3);
  mdp_plan(&x, 0);
  uint64_t signature = heed_planner_signature(x.planner);
  mdp_search_deinit(&x);
  return signature;
}

/* Real numbers; more ways than are gone through; more draws than are noted: the search is that of samples, to the
 * bit. */
static void else_it_is_sampled(void **state) {
  (void)state;
  static mdp m;
  random_process(&m, 13);
  const heed_planner_config bases[] = {listed(200), strict(200)};
  for (int k = 0; k < 2; k++) {
    m.is_listed = false;
    assert_int_equal(signature_of(&m, HEED_OUTCOMES_ENUMERATED, &bases[k]),
                     signature_of(&m, HEED_OUTCOMES_SAMPLED, &bases[k]));
    m.is_listed = true;
    assert_int_not_equal(signature_of(&m, HEED_OUTCOMES_ENUMERATED, &bases[k]),
                         signature_of(&m, HEED_OUTCOMES_SAMPLED, &bases[k]));
    for (uint32_t flips = 8; flips <= 128; flips *= 16) {
      m.flips = flips;
      assert_int_equal(signature_of(&m, HEED_OUTCOMES_ENUMERATED, &bases[k]),
                       signature_of(&m, HEED_OUTCOMES_SAMPLED, &bases[k]));
    }
    m.flips = 0;
  }
}

/* Where nothing is drawn, one answer is all there is, and it is the same search. */
static void without_chance_nothing_changes(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 15);
  mdp_random(&m, STATES, ACTIONS, 1, &rng);
  m.is_sure = true;
  const heed_planner_config base = listed(200);
  assert_int_equal(signature_of(&m, HEED_OUTCOMES_ENUMERATED, &base),
                   signature_of(&m, HEED_OUTCOMES_SAMPLED, &base));
}

/* Outcomes come all together or not at all, whatever the room. */
static void a_full_tree_holds_no_half_of_a_list(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 17);
  mdp_random(&m, 24, ACTIONS, 12, &rng);
  m.is_listed = true;
  for (uint32_t capacity = 16; capacity < 80; capacity += 3) {
    heed_planner_config config = capacity % 2 == 0 ? listed(400) : strict(400);
    config.node_capacity = capacity;
    mdp_search x;
    mdp_search_init(&x, &m, &config, capacity);
    heed_error err = {0};
    mdp_belief belief = {0};
    heed_status status = heed_planner_plan(x.planner, &belief, &x.rng, &x.decision, &err);
    assert_true(status == HEED_OK || status == HEED_ERR_STATE); /* no room for any action */
    assert_true(status != HEED_OK || capacity % 2 == 0 || x.decision.is_full);
    const heed_tree *tree = &x.planner->tree;
    for (uint32_t t = 0; t < tree->transition_count; t++) {
      double sum = 0;
      heed_index i = tree->transitions[t].first_outcome;
      for (; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
        sum += heed__tree_weight(tree, &tree->transitions[t], i);
      }
      assert_true(sum == 0 || fabs(sum - 1) < 1e-12);
    }
    mdp_search_deinit(&x);
  }
}

static void what_asks_again_is_refused(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 4, 0);
  heed_dynamics *dynamics = mdp_dynamics(&m);
  heed_reward *reward = mdp_reward(&m, "channel", NULL);
  heed_planner *planner = NULL;
  heed_error err = {0};
  for (int k = 0; k < 3; k++) {
    heed_planner_config config = strict(10);
    config.outcome_samples = 0;
    config.nodes = k == 0 ? HEED_NODES_HISTORY : HEED_NODES_BELIEF;
    config.outcome_widening = k == 1 ? 1 : 0;
    config.dynamics_hypotheses = k == 2 ? HEED_HYPOTHESES_PER_SIMULATION : HEED_HYPOTHESES_MEAN;
    assert_fails(heed_planner_create(&config, dynamics, reward, &planner, &err), HEED_ERR_ARG, &err,
                 "outcomes=enumerated needs");
  }
  heed_reward_destroy(reward);
  heed_dynamics_destroy(dynamics);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_those_of_dynamic_programming),
      cmocka_unit_test(so_are_those_of_a_strict_tree),
      cmocka_unit_test(outcomes_are_drawn_by_their_probabilities),
      cmocka_unit_test(one_state_may_be_two_outcomes),
      cmocka_unit_test(what_was_not_met_counts_as_what_was),
      cmocka_unit_test(a_swap_gives_the_values_of_the_new_reward),
      cmocka_unit_test(else_it_is_sampled),
      cmocka_unit_test(without_chance_nothing_changes),
      cmocka_unit_test(a_full_tree_holds_no_half_of_a_list),
      cmocka_unit_test(what_asks_again_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
