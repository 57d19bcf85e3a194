/* test_parts.c: what holds of every search that can be put together, whatever the parts. */
#include <omp.h>

#include "core/allocations.h"
#include "planner/combinations.h"

/* ---- every combination ----------------------------------------------------------------------- */

/* Counts follow from each other: what comes into a node goes on through its edges, ends in it as a leaf,
 * or at the horizon, at the end of an episode, or where the tree was full. */
static void check_visits(const heed_planner *planner, const heed_decision *d) {
  const heed_tree *tree = &planner->tree;
  uint32_t lost = 0;
  for (heed_index n = 0; n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    uint32_t edge_visits = 0;
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      edge_visits += heed__tree_edges(tree, n).visits[a];
    }
    assert_true(node->leaf_visits <= 1);
    if (node->depth == HORIZON || heed__tree_is_terminal(tree, node->state)) {
      assert_int_equal(edge_visits, 0);
    } else {
      assert_true(node->visits >= edge_visits + node->leaf_visits);
      lost += node->visits - edge_visits - node->leaf_visits;
    }
  }
  assert_true(lost <= (d->is_full ? planner->simulation_count : 0));
  uint32_t root_visits = 0;
  for (uint32_t a = 0; a < d->action_count; a++) {
    root_visits += d->visits[a];
  }
  assert_true(root_visits + lost >= d->simulations);
}

/* No transition was asked for more answers than the parts allow: so many in all, or in a strict tree, where
 * only its node asks, as widening gives to so many tries. */
static void check_answers(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  const heed_planner_config *c = &planner->config;
  for (heed_index n = 0; c->outcome_widening > 0 && !c->share_states && n < tree->places.count;
       n++) {
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      double tries = heed__tree_edges(tree, n).visits[a];
      assert_true(heed__tree_transition_at(tree, n, a)->samples <=
                  ceil(c->outcome_widening * pow(tries, c->outcome_power)));
    }
  }
}

/* Counts of a strict tree say, too, how often each outcome was met. */
static void check_transitions(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  for (uint32_t t = 0; t < tree->transition_count; t++) {
    uint32_t count = 0;
    double sum = 0;
    for (heed_index i = tree->transitions[t].first_outcome; i != HEED_INDEX_NONE;
         i = tree->outcomes[i].next) {
      assert_true(tree->outcomes[i].count > 0);
      assert_true(tree->outcomes[i].state < tree->states.count);
      count += tree->outcomes[i].count;
      sum += heed__tree_weight(tree, &tree->transitions[t], i);
    }
    assert_int_equal(count, tree->transitions[t].samples);
    if (heed__tree_is_enumerated(&tree->transitions[t])) {
      assert_near(sum, 1, 1e-12);
    } else if (planner->config.outcome_samples > 0) {
      assert_true(count <= planner->config.outcome_samples);
    }
  }
}

/* Rewards are within -1 and 1, or up to 8 with the hypotheses of mdp.h; each step of a soft value adds the
 * entropy of three actions at most; beyond the horizon an evaluator says at most 1. Mean squares are at least
 * squared means. Without a value, NAN, is what was not drawn, and nothing else. */
static void check_values(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  double most = planner->config.dynamics_hypotheses == HEED_HYPOTHESES_MEAN ? 1 : 8;
  most += planner->config.backup == HEED_BACKUP_SOFT ? planner->config.temperature * log(3) : 0;
  for (heed_index n = 0; n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    double bound = most * (HORIZON - node->depth) + (tree->has_values ? 1 : 0) + 1e-12;
    assert_true(fabs(node->value) <= bound);
    uint32_t drawn = 0;
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      double value = heed__tree_edges(tree, n).values[a];
      bool is_drawn = !isnan(value);
      assert_true(is_drawn || heed__tree_edges(tree, n).visits[a] == 0);
      assert_true(!is_drawn || value == -HUGE_VAL || fabs(value) <= bound);
      drawn += is_drawn;
      if (tree->has_moments && value > -HUGE_VAL) {
        double moment = tree->edge_moments[tree->first_edge[n] + a];
        assert_true(moment >= value * value - 1e-9 && moment <= bound * bound);
      }
    }
    if (tree->has_moments && !heed__tree_is_expanded(tree, n)) {
      assert_near(tree->node_moments[n], node->leaf_value * node->leaf_value, 1e-12);
    }
    if (heed__tree_is_expanded(tree, n)) {
      uint32_t most_drawn = planner->config.sampled_actions;
      assert_true(most_drawn > 0 ? drawn >= 1 && drawn <= most_drawn : drawn == 3);
    }
  }
}

/* What was completed holds, however full the tree: edges are what their outcomes are, by the nodes one step
 * deeper. */
static void check_completed(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  for (heed_index n = 0; planner->config.complete && n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      const heed_transition *t = heed__tree_transition_at(tree, n, a);
      double sum = 0;
      bool is_whole = true;
      for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
        const heed_tree_outcome *o = &tree->outcomes[i];
        heed_index next = heed__tree_find_node(tree, o->state, node->depth + 1);
        double value = next != HEED_INDEX_NONE ? tree->nodes[next].value : 0;
        is_whole = is_whole && next != HEED_INDEX_NONE;
        sum += heed__tree_weight(tree, t, i) * (o->reward + planner->config.discount * value);
      }
      if (t->samples > 0 && (is_whole || !heed__tree_is_enumerated(t))) {
        assert_near(heed__tree_edges(tree, n).values[a], sum / heed__tree_weight_sum(t), 1e-12);
      }
    }
  }
}

static void check_priors(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  assert_true(tree->has_priors == (planner->config.selection == HEED_SELECT_PUCT ||
                                   planner->config.selection == HEED_SELECT_GUMBEL));
  for (heed_index s = 0; tree->has_priors && s < tree->states.count; s++) {
    double sum = 0;
    for (uint32_t a = 0; a < tree->action_count; a++) {
      sum += heed__tree_prior(tree, s)[a];
    }
    assert_true(heed__evaluation_is_due(planner, s) ||
                fabs(sum - 1) <= 1e-12); /* listed, not met */
  }
}

static void check_room(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  assert_true(tree->states.count <= tree->node_capacity);
  assert_true(tree->places.count <= tree->node_capacity);
  assert_true(tree->edge_count <= tree->edge_capacity);
  assert_true(tree->outcome_count <= tree->outcome_capacity);
  assert_true(tree->rollout_count <= tree->rollout_capacity);
  assert_true(tree->deepest < tree->depth_capacity);
  assert_true(tree->arena.high_water <= tree->arena.size);
}

static void check_tree(const heed_planner *planner, const heed_decision *d) {
  check_room(planner);
  check_visits(planner, d);
  check_transitions(planner);
  check_answers(planner);
  check_values(planner);
  check_completed(planner);
  check_priors(planner);
}

static void check_decision(const heed_planner_config *config, const heed_decision *d) {
  assert_true(d->simulations <= config->simulations);
  assert_true(d->is_early || d->is_full || config->reuse || d->simulations == config->simulations);
  assert_in_range(d->tied, 1, 3);
  assert_int_equal(d->ties, config->ties);
  assert_in_range(d->action.index, 0, 2);
  assert_true(isfinite(d->value));
  /* what was not simulated could not have caught up */
  uint32_t left = config->simulations;
  for (uint32_t a = 0; a < d->action_count; a++) {
    left -= d->visits[a]; /* some were made for an earlier decision, perhaps */
  }
  for (uint32_t a = 0; d->is_early && a < d->action_count; a++) {
    bool may_be_undrawn = config->sampled_actions > 0 && isnan(d->values[a]);
    assert_true(a == d->chosen || may_be_undrawn || d->visits[a] + left <= d->visits[d->chosen]);
  }
}

static void check_search(mdp *m, const heed_planner_config *config, uint64_t seed) {
  mdp_search x;
  mdp_search_init(&x, m, config, seed);
  for (uint32_t i = 0; i < 2; i++) {
    size_t before = allocations;
    const heed_decision *d = mdp_plan(&x, i);
    assert_int_equal(allocations, before);
    check_decision(config, d);
    const heed_planner *tree;
    const heed_decision *own = d;
    uint32_t nodes = 0;
    for (uint32_t t = 0; (tree = tree_of(x.planner, t, &own)) != NULL; t++) {
      check_tree(tree, own);
      nodes += tree->tree.places.count;
    }
    assert_int_equal(d->nodes, nodes);
  }
  mdp_search_deinit(&x);
}

static void every_combination_is_refused_or_sound(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 11);
  mdp_random(&m, 8, 3, 2, &rng);
  m.is_terminal[7] = true;
  heed_planner_config config;
  uint32_t sound = 0;
  for (uint32_t i = 0; combination(i, &config); i++) {
    if (goes_together(&config)) {
      m.is_blurred = i % 2 != 0;
      m.is_listed = i % 3 != 0;
      check_search(&m, &config, i);
      sound++;
      continue;
    }
    heed_dynamics *dynamics = mdp_dynamics(&m);
    heed_reward *reward = mdp_reward(&m, "channel", NULL);
    heed_planner *planner = NULL;
    heed_error err = {0};
    assert_fails(heed_planner_create(&config, dynamics, reward, &planner, &err), HEED_ERR_ARG, &err,
                 "need");
    heed_reward_destroy(reward);
    heed_dynamics_destroy(dynamics);
  }
  print_message("             %u combinations\n", sound);
  assert_true(sound > 500);
}

/* However long it goes on in however little memory, it never runs out of things to say. */
static void a_long_life_in_little_memory_always_decides(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 12);
  mdp_random(&m, 24, 4, 4, &rng);
  heed_planner_config config;
  for (uint32_t i = 0; combination(i, &config); i++) {
    if (!goes_together(&config) || !config.reuse || config.ties != HEED_TIES_LOWEST ||
        config.dynamics_hypotheses != HEED_HYPOTHESES_MEAN || config.final != HEED_FINAL_VALUE) {
      continue;
    }
    config.node_capacity = 48;
    mdp_search x;
    mdp_search_init(&x, &m, &config, i);
    uint32_t s = 0;
    for (int t = 0; t < 60; t++) {
      const heed_decision *d = mdp_plan(&x, s);
      const heed_decision *own = d;
      const heed_planner *tree;
      for (uint32_t k = 0; (tree = tree_of(x.planner, k, &own)) != NULL; k++) {
        check_room(tree);
      }
      uint32_t action = (uint32_t)d->action.index;
      double u = heed_rng_uniform(&rng);
      uint32_t next = 0;
      while (next + 1 < m.states && u >= m.p[s][action][next]) {
        u -= m.p[s][action][next++];
      }
      mdp_belief belief = {.state = next};
      (void)heed_planner_advance(x.planner, d->action, &belief);
      s = next;
    }
    mdp_search_deinit(&x);
  }
}

/* Run twice in this process; that the number is the same elsewhere is for the command to show. */
static void equal_seeds_give_equal_searches(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 13);
  mdp_random(&m, 8, 3, 3, &rng);
  heed_planner_config config;
  for (uint32_t i = 0; combination(i, &config); i += 7) {
    if (!goes_together(&config)) {
      continue;
    }
    uint64_t signatures[3];
    for (int k = 0; k < 3; k++) {
      mdp_search x;
      mdp_search_init(&x, &m, &config, k < 2 ? 1 : 2);
      mdp_plan(&x, 0);
      signatures[k] = heed_planner_signature(x.planner);
      mdp_search_deinit(&x);
    }
    assert_int_equal(signatures[0], signatures[1]);
    assert_int_not_equal(signatures[0], signatures[2]);
  }
}

/* ---- what is certain ------------------------------------------------------------------------- */

/* Transitions that were imagined, and answers to them. */
static uint32_t count_imagined(const heed_tree *tree, uint32_t *answers, uint32_t *certain) {
  uint32_t imagined = 0;
  *answers = *certain = 0;
  for (uint32_t t = 0; t < tree->transition_count; t++) {
    imagined += tree->transitions[t].samples > 0;
    *answers += tree->transitions[t].samples;
    *certain += tree->transitions[t].is_certain;
  }
  return imagined;
}

/* Where the dynamics draws nothing it is asked once, unless it is to be asked every time; where it draws,
 * though the same came of it so far, as often as the settings say. */
static void what_is_certain_is_asked_for_once(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 16);
  mdp_random(&m, 12, 3, 1, &rng);
  heed_planner_config config;
  uint32_t shared = 0;
  for (uint32_t i = 0; combination(i, &config); i += 3) {
    config.reuse = false;
    config.trees = 1;
    config.cvar = 1;
    config.leaf_batch = 1;
    config.leaf = HEED_LEAF_ZERO;
    config.outcomes = HEED_OUTCOMES_SAMPLED;
    config.node_capacity = 4000;
    if (!goes_together(&config)) {
      continue;
    }
    bool is_shared = config.outcome_samples > 0 || config.outcome_widening > 0;
    shared += is_shared;
    for (int k = 0; k < 2; k++) {
      m.is_sure = k == 0;
      mdp_search x;
      mdp_search_init(&x, &m, &config, i);
      uint64_t predictions = mdp_plan(&x, 0)->predictions;
      uint32_t answers;
      uint32_t certain;
      uint32_t imagined = count_imagined(&x.planner->tree, &answers, &certain);
      assert_int_equal(predictions, answers);
      assert_int_equal(certain, m.is_sure && is_shared ? imagined : 0);
      assert_true(certain == 0 || answers == imagined);
      assert_true(imagined > 0);
      mdp_search_deinit(&x);
    }
  }
  assert_true(shared > 100);
}

/* ---- histories ------------------------------------------------------------------------------- */

/* Where two states look alike, what is paid is the mean over the simulations that came by, and is what was
 * scored. */
static void histories_average_what_looks_alike(void **state) {
  (void)state;
  static mdp m;
  memset(&m, 0, sizeof m);
  m.states = 4;
  m.actions = 1;
  m.is_blurred = true;
  m.p[0][0][2] = 0.7; /* pays 1 */
  m.p[0][0][3] = 0.3; /* pays 0 */
  m.p[2][0][2] = m.p[3][0][3] = 1;
  m.reward[0][0][2] = 1;
  heed_planner_config config = mdp_config_uct();
  config.nodes = HEED_NODES_HISTORY;
  config.leaf = HEED_LEAF_ZERO;
  config.horizon = 1;
  config.simulations = 400;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  const heed_tree *tree = &x.planner->tree;
  assert_int_equal(tree->outcome_count, 1);
  const heed_tree_outcome *o = &tree->outcomes[0];
  assert_int_equal(o->count, 400);
  assert_near(o->channel * 400, round(o->channel * 400), 1e-9); /* a count of those that paid */
  assert_near(o->channel, 0.7, 5 * sqrt(0.21 / 400));
  assert_near(o->reward, o->channel, 0);
  assert_near(d->value, o->channel, 1e-12);
  mdp_search_deinit(&x);
}

/* Whether a simulation steps its particle itself or asks for each step, the search is the same to the bit. */
static void strides_are_what_would_be_answered(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 15);
  mdp_random(&m, 12, 3, 4, &rng);
  m.is_blurred = true;
  m.is_terminal[3] = true;
  heed_planner_config config;
  uint32_t tried = 0;
  for (uint32_t i = 0; combination(i, &config); i++) {
    config.nodes = HEED_NODES_HISTORY;
    if (!goes_together(&config)) {
      continue;
    }
    uint64_t signatures[2];
    uint64_t predictions[2];
    for (int k = 0; k < 2; k++) {
      m.strides = k == 1;
      mdp_search x;
      mdp_search_init(&x, &m, &config, i);
      predictions[k] = mdp_plan(&x, 0)->predictions;
      signatures[k] = heed_planner_signature(x.planner);
      tried += x.planner->strides ? 1 : 0;
      mdp_search_deinit(&x);
    }
    assert_int_equal(signatures[0], signatures[1]);
    assert_int_equal(predictions[0], predictions[1]);
  }
  assert_true(tried > 100);
}

/* ---- final rules: the numbers are set by hand ------------------------------------------------- */

static void final_rules_prefer_what_they_say(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 14);
  mdp_random(&m, 8, 3, 1, &rng);
  static const double values[] = {1, 0.9, 0};
  static const uint32_t visits[] = {1, 50, 99};
  for (int k = 0; k < 3; k++) {
    heed_planner_config config = heed_planner_config_default();
    config.final = (heed_final)k;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 1);
    mdp_plan(&x, 0);
    heed_tree *tree = &x.planner->tree;
    tree->low = 0;
    tree->high = 1;
    for (uint32_t a = 0; a < 3; a++) {
      heed__tree_edges(tree, tree->root).values[a] = values[a];
      heed__tree_edges(tree, tree->root).visits[a] = visits[a];
    }
    heed_error err = {0};
    assert_ok(heed_planner_decide(x.planner, &x.rng, &x.decision, &err), &err);
    /* lcb: 1 - sqrt(ln 151 / 1) = -1.24, 0.9 - sqrt(ln 151 / 50) = 0.58, 0 - ... < 0 */
    static const int32_t expected[] = {
        [HEED_FINAL_VALUE] = 0, [HEED_FINAL_LCB] = 1, [HEED_FINAL_VISITS] = 2};
    assert_int_equal(x.decision.action.index, expected[k]);
    assert_near(x.decision.value, values[expected[k]], 0);
    mdp_search_deinit(&x);
  }
}

/* Values within HEED_TIE_WIDTH of the best are as good as it. */
static void values_next_to_the_best_are_ties(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 14);
  mdp_random(&m, 8, 3, 1, &rng);
  static const double behind[] = {0.5 * HEED_TIE_WIDTH, 2 * HEED_TIE_WIDTH};
  for (int k = 0; k < 2; k++) {
    heed_planner_config config = heed_planner_config_default();
    mdp_search x;
    mdp_search_init(&x, &m, &config, 1);
    mdp_plan(&x, 0);
    heed_tree *tree = &x.planner->tree;
    heed__tree_edges(tree, tree->root).values[0] = -behind[k];
    heed__tree_edges(tree, tree->root).values[1] = 0;
    heed__tree_edges(tree, tree->root).values[2] = -1;
    heed_error err = {0};
    assert_ok(heed_planner_decide(x.planner, &x.rng, &x.decision, &err), &err);
    assert_int_equal(x.decision.tied, k == 0 ? 2 : 1);
    assert_int_equal(x.decision.action.index, k == 0 ? 0 : 1);
    mdp_search_deinit(&x);
  }
}

/* ---- the line --------------------------------------------------------------------------------- */

static void line_follows_the_best_actions_to_the_end(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 5, 0);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 10;
  config.discount = 0.9;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  heed_segment line;
  heed_error err = {0};
  assert_fails(heed_planner_line(x.planner, NULL, &line, &err), HEED_ERR_STATE, &err, "planned");
  mdp_plan(&x, 0);
  for (int k = 0; k < 2; k++) {
    assert_ok(heed_planner_line(x.planner, k == 0 ? NULL : &x.rng, &line, &err), &err);
    assert_int_equal(line.steps, 4);
    assert_true(line.is_terminal);
    for (uint32_t t = 0; t < 4; t++) {
      assert_int_equal(line.actions[t].index, 1);
      assert_int_equal(line.obs[t + 1], t + 1);
      assert_near(line.channel[t], t == 3, 0);
    }
    heed_segment_deinit(&line);
  }
  mdp_search_deinit(&x);
}

static void line_takes_the_most_frequent_outcome_or_any_by_its_frequency(void **state) {
  (void)state;
  enum { LINES = 400 };
  static mdp m;
  memset(&m, 0, sizeof m);
  m.states = 4;
  m.actions = 1;
  static const double p[] = {0, 0.5, 0.3, 0.2};
  for (uint32_t next = 1; next < 4; next++) {
    m.p[0][0][next] = p[next];
    m.p[next][0][next] = 1;
  }
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 2;
  config.simulations = 1000;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  mdp_plan(&x, 0);
  heed_segment line;
  heed_error err = {0};
  assert_ok(heed_planner_line(x.planner, NULL, &line, &err), &err);
  assert_int_equal(line.obs[1], 1);
  heed_segment_deinit(&line);
  uint32_t met[4] = {0};
  for (int i = 0; i < LINES; i++) {
    assert_ok(heed_planner_line(x.planner, &x.rng, &line, &err), &err);
    met[line.obs[1]]++;
    heed_segment_deinit(&line);
  }
  for (int next = 1; next < 4; next++) {
    /* 500 answers, and then 400 lines: two binomial errors, five deviations of both */
    double error = sqrt(p[next] * (1 - p[next]) * (1.0 / 500 + 1.0 / LINES));
    assert_near((double)met[next] / LINES, p[next], 5 * error);
  }
  mdp_search_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_combination_is_refused_or_sound),
      cmocka_unit_test(a_long_life_in_little_memory_always_decides),
      cmocka_unit_test(equal_seeds_give_equal_searches),
      cmocka_unit_test(what_is_certain_is_asked_for_once),
      cmocka_unit_test(histories_average_what_looks_alike),
      cmocka_unit_test(strides_are_what_would_be_answered),
      cmocka_unit_test(final_rules_prefer_what_they_say),
      cmocka_unit_test(values_next_to_the_best_are_ties),
      cmocka_unit_test(line_follows_the_best_actions_to_the_end),
      cmocka_unit_test(line_takes_the_most_frequent_outcome_or_any_by_its_frequency),
  };
  omp_set_num_threads(1); /* searches are short: threads would wait for each other */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
