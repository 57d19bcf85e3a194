/* test_adversary.c: searches in which the agent's adversary chooses in some states, and not every action may be
 * taken in each, against dynamic programming with maxima and minima (mdp.h). */
#include <omp.h>

#include "planner/combinations.h"
#include "planner/exactly.h"

static void random_game(mdp *m, uint32_t branching, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  mdp_random(m, 8, 3, branching, &rng);
  mdp_make_game(m, &rng);
  m->is_terminal[7] = true;
}

/* ---- exact plans --------------------------------------------------------------------------------- */

static void exact_plans_are_those_of_dynamic_programming(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  uint32_t illegal = 0;
  for (uint64_t seed = 0; seed < 20; seed++) {
    random_game(&m, 1, seed);
    m.is_sure = true;
    heed_exactly_config config = heed_exactly_config_default();
    config.horizon = 7;
    config.discount = 0.9;
    mdp_solve(&m, 7, 0.9, &v);
    heed_dynamics *dynamics = mdp_dynamics(&m);
    heed_reward *reward = mdp_reward(&m, "channel", NULL);
    heed_exact_plan *plan = NULL;
    heed_error err = {0};
    mdp_belief first = {0};
    assert_ok(heed_plan_exactly(&config, dynamics, reward, &first, &plan, &err), &err);
    for (uint32_t s = 0; s < 7; s++) {
      for (uint32_t left = 1; left <= 7; left++) {
        double values[MDP_ACTIONS_MAX];
        mdp_belief belief = {.state = s};
        heed_status status = heed_exact_plan_values(plan, &belief, left, values, NULL);
        for (uint32_t a = 0; status == HEED_OK && a < m.actions; a++) {
          assert_int_equal(isnan(values[a]), m.is_illegal[s][a]);
          illegal += m.is_illegal[s][a] ? 1 : 0;
          if (!m.is_illegal[s][a]) {
            assert_near(values[a], v.q[left][s][a], 1e-12);
          }
        }
      }
    }
    heed_exact_plan_destroy(plan);
    heed_dynamics_destroy(dynamics);
    heed_reward_destroy(reward);
  }
  assert_true(illegal > 0);
}

/* ---- searches ------------------------------------------------------------------------------------ */

static void completed_searches_are_exact(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  for (uint64_t seed = 0; seed < 40; seed++) {
    random_game(&m, 1, seed);
    heed_planner_config config = heed_planner_config_default();
    config.horizon = HORIZON;
    config.simulations = 2000;
    mdp_solve(&m, HORIZON, config.discount, &v);
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    const heed_decision *d = mdp_plan(&x, 0);
    for (uint32_t a = 0; a < m.actions; a++) {
      assert_int_equal(isnan(d->values[a]), m.is_illegal[0][a]);
      if (!m.is_illegal[0][a]) {
        assert_near(d->values[a], v.q[HORIZON][0][a], 1e-12);
      }
    }
    assert_near(d->value, mdp_best(&m, &v, HORIZON, 0), 1e-12);
    mdp_search_deinit(&x);
  }
}

/* The variants of the table in docs/results/search.md. */
static void every_search_finds_what_is_best(void **state) {
  (void)state;
#define STRICT "share_states=false,complete=false,outcome_samples=0,expansion=one,leaf=rollout,"
  static const char *const variants[] = {
      "selection=ucb1",
      "selection=ucb1-tuned",
      "selection=puct",
      "selection=gumbel,final=gumbel,gumbel_noise=false",
      "selection=uniform",
      "backup=soft,temperature=0.001",
      "backup=lambda,complete=false,final=lcb",
      STRICT "backup=mean,final=visits",
      STRICT "backup=mean,final=visits,selection=ucb1-tuned",
      STRICT "backup=max",
      STRICT "backup=mean,final=visits,selection=puct",
      STRICT "backup=mean,selection=gumbel,final=gumbel,gumbel_noise=false",
  };
  enum { VARIANTS = sizeof variants / sizeof variants[0], GAMES = 30 };
  static mdp m;
  static mdp_values v;
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  for (size_t k = 0; k < VARIANTS; k++) {
    uint32_t right = 0;
    for (uint64_t seed = 0; seed < GAMES; seed++) {
      random_game(&m, 1, 100 + seed);
      heed_planner_config config;
      heed_error err = {0};
      char text[256];
      (void)snprintf(text, sizeof text, "reuse=false,simulations=4000,horizon=4,%s", variants[k]);
      assert_ok(heed_params_parse(table, count, text, &config, &err), &err);
      mdp_solve(&m, 4, config.discount, &v);
      mdp_search x;
      mdp_search_init(&x, &m, &config, seed);
      const heed_decision *d = mdp_plan(&x, 0);
      double side = m.is_adversary[0] ? -1 : 1;
      double lost = side * (mdp_best(&m, &v, 4, 0) - v.q[4][0][d->action.index]);
      assert_true(lost >= -1e-12);
      right += lost < 1e-9 ? 1 : 0;
      mdp_search_deinit(&x);
    }
    print_message("             %u of %u right: %s\n", right, GAMES, variants[k]);
    assert_true(right >= GAMES - 2);
  }
}

/* ---- what holds of every combination ------------------------------------------------------------- */

/* The same game from the other side of the table: whoever wanted much wants little. */
static void mirror(mdp *to, const mdp *from) {
  *to = *from;
  for (uint32_t s = 0; s < from->states; s++) {
    to->is_adversary[s] = !from->is_adversary[s];
    to->worth[s] = -from->worth[s];
    for (uint32_t a = 0; a < from->actions; a++) {
      for (uint32_t next = 0; next < from->states; next++) {
        to->reward[s][a][next] = -from->reward[s][a][next];
      }
    }
  }
}

static void check_legal(const mdp *m, const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  for (heed_index n = 0; n < tree->places.count; n++) {
    uint32_t s =
        ((const mdp_belief *)(const void *)heed__tree_belief(tree, tree->nodes[n].state))->state;
    assert_true(tree->nodes[n].side == (m->is_adversary[s] ? -1 : 1));
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      heed_edges edges = heed__tree_edges(tree, n);
      bool may_be_drawn = planner->config.sampled_actions > 0;
      assert_true(isnan(edges.values[a]) ? may_be_drawn || m->is_illegal[s][a]
                                         : !m->is_illegal[s][a]);
      assert_true(edges.visits[a] == 0 || !m->is_illegal[s][a]);
      if (tree->has_priors && m->is_illegal[s][a]) {
        assert_near(heed__tree_prior(tree, tree->nodes[n].state)[a], 0, 0);
      }
    }
  }
}

/* Whatever the parts are, agent and adversary think alike: in the mirrored game the same simulations are
 * made, and every value is the other side's. */
static void every_combination_treats_both_alike(void **state) {
  (void)state;
  static mdp m;
  static mdp mirrored;
  heed_planner_config config;
  uint32_t checked = 0;
  for (uint32_t i = 0; combination(i, &config); i++) {
    if (!goes_together(&config) || config.dynamics_hypotheses != HEED_HYPOTHESES_MEAN ||
        config.cvar < 1 || config.nodes == HEED_NODES_ACTIONS) {
      continue; /* the agent's fear is no fear of its adversary's; and open loops are for one */
    }
    random_game(&m, 1 + i % 2, i % 16);
    mirror(&mirrored, &m);
    mdp_search x;
    mdp_search y;
    mdp_search_init(&x, &m, &config, i);
    mdp_search_init(&y, &mirrored, &config, i);
    for (uint32_t s = 0; s < 2; s++) {
      const heed_decision *d = mdp_plan(&x, s);
      const heed_decision *e = mdp_plan(&y, s);
      assert_int_equal(d->action.index, e->action.index);
      assert_false(m.is_illegal[s][d->action.index]);
      for (uint32_t a = 0; a < m.actions; a++) {
        assert_int_equal(d->visits[a], e->visits[a]);
        assert_true(d->values[a] == -e->values[a] || (isnan(d->values[a]) && isnan(e->values[a])));
      }
    }
    const heed_decision *own = NULL;
    const heed_planner *tree;
    for (uint32_t t = 0; (tree = tree_of(x.planner, t, &own)) != NULL; t++) {
      check_legal(&m, tree);
    }
    mdp_search_deinit(&x);
    mdp_search_deinit(&y);
    checked++;
  }
  print_message("             %u combinations\n", checked);
  assert_true(checked > 100);
}

/* ---- swapping, early stops, what is expected ----------------------------------------------------- */

/* 1 for being in state 1, -0.5 in state 2, 0.25 in state 3. */
static void pay_for_states(mdp *m) {
  static const double pay[MDP_STATES_MAX] = {[1] = 1, [2] = -0.5, [3] = 0.25};
  for (uint32_t s = 0; s < m->states; s++) {
    for (uint32_t a = 0; a < m->actions; a++) {
      memcpy(m->reward[s][a], pay, sizeof pay);
    }
  }
}

static void a_swap_of_the_reward_is_obeyed_by_both(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  for (uint64_t seed = 0; seed < 10; seed++) {
    random_game(&m, 1, 200 + seed);
    heed_planner_config config = heed_planner_config_default();
    config.horizon = HORIZON;
    config.simulations = 2000;
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    (void)mdp_plan(&x, 0);
    heed_reward *other = mdp_reward(&m, "formula", "formula=share[1]-0.5*share[2]+0.25*share[3]");
    pay_for_states(&m);
    mdp_solve(&m, HORIZON, config.discount, &v);
    heed_error err = {0};
    assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
    assert_ok(heed_planner_decide(x.planner, &x.rng, &x.decision, &err), &err);
    for (uint32_t a = 0; a < m.actions; a++) {
      if (!m.is_illegal[0][a]) {
        assert_near(x.decision.values[a], v.q[HORIZON][0][a], 1e-12);
      }
    }
    mdp_search_deinit(&x);
    heed_reward_destroy(other);
  }
}

/* One action is legal: nothing is to be decided, whatever the others' visits could become. */
static void an_early_stop_asks_legal_actions_only(void **state) {
  (void)state;
  static mdp m;
  random_game(&m, 1, 3);
  m.is_illegal[0][0] = m.is_illegal[0][2] = true;
  m.is_illegal[0][1] = false;
  heed_planner_config config = heed_planner_config_default();
  config.final = HEED_FINAL_VISITS;
  config.early_stop = true;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  assert_true(d->is_early);
  assert_int_equal(d->simulations, 1);
  assert_int_equal(d->action.index, 1);
  mdp_search_deinit(&x);
}

/* The line of play is best for whoever chooses: its return is the value of the game. */
static void the_line_is_best_play_of_both(void **state) {
  (void)state;
  static mdp m;
  for (uint64_t seed = 0; seed < 20; seed++) {
    random_game(&m, 1, 300 + seed);
    heed_planner_config config = heed_planner_config_default();
    config.horizon = HORIZON;
    config.simulations = 2000;
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    const heed_decision *d = mdp_plan(&x, 0);
    heed_segment line;
    heed_error err = {0};
    assert_ok(heed_planner_line(x.planner, NULL, &line, &err), &err);
    double sum = 0;
    for (uint32_t t = line.steps; t-- > 0;) {
      sum = line.channel[t] + config.discount * sum;
    }
    assert_near(sum, d->value, 1e-12);
    heed_segment_deinit(&line);
    mdp_search_deinit(&x);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_plans_are_those_of_dynamic_programming),
      cmocka_unit_test(completed_searches_are_exact),
      cmocka_unit_test(every_search_finds_what_is_best),
      cmocka_unit_test(every_combination_treats_both_alike),
      cmocka_unit_test(a_swap_of_the_reward_is_obeyed_by_both),
      cmocka_unit_test(an_early_stop_asks_legal_actions_only),
      cmocka_unit_test(the_line_is_best_play_of_both),
  };
  omp_set_num_threads(1); /* searches are short: threads would wait for each other */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
