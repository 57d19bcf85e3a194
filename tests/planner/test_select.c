/* test_select.c: the rules of selection, on trees whose numbers are set by hand, and on bandits. */
#include "planner/mdp.h"
#include "planner/search.h"

enum { ARMS = 4 };

/* A root with four actions whose values, visits and moments a test sets. */
typedef struct bench {
  mdp m;
  mdp_search x;
  heed_tree *tree;
} bench;

static heed_planner_config config_of(heed_selection selection) {
  heed_planner_config config = mdp_config_uct();
  config.leaf = HEED_LEAF_ZERO;
  config.horizon = 1;
  config.selection = selection;
  config.gumbel_noise = false;
  config.simulations = 8;
  return config;
}

static void bench_init(bench *b, const heed_planner_config *config) {
  heed_rng rng;
  heed_rng_init(&rng, 1);
  mdp_random(&b->m, 8, ARMS, 1, &rng);
  mdp_search_init(&b->x, &b->m, config, 1);
  mdp_plan(&b->x, 0);
  b->tree = &b->x.planner->tree;
  b->tree->low = -1;
  b->tree->high = 3;
}

static void set_edge(const bench *b, uint32_t action, uint32_t visits, double value) {
  heed_edges edges = heed__tree_edges(b->tree, b->tree->root);
  edges.visits[action] = visits;
  edges.children[action] = HEED_INDEX_NONE;
  edges.values[action] = value;
}

static uint32_t pick(bench *b) {
  return heed__select(b->x.planner, b->tree->root, &b->x.rng);
}

/* ---- UCB1 -------------------------------------------------------------------------------------- */

/* The formula, written out. Visits from one to millions, which no table holds; values that were completed, without
 * a visit; actions that may not be taken. */
static void ucb1_takes_what_the_formula_says(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_UCB1);
  config.exploration = 0.7;
  bench_init(&b, &config);
  b.x.planner->config.complete = true; /* there may be values without visits */
  heed_rng rng;
  heed_rng_init(&rng, 31);
  for (int i = 0; i < 20000; i++) {
    double q[ARMS];
    double n[ARMS];
    double total = 0;
    for (uint32_t a = 0; a < ARMS; a++) {
      bool is_legal = a == 0 || heed_rng_choice(&rng, 8) > 0;
      bool is_completed = heed_rng_choice(&rng, 8) == 0;
      uint32_t visits = (uint32_t)exp(15 * heed_rng_uniform(&rng));
      q[a] = is_legal ? 4 * heed_rng_uniform(&rng) - 1 : (double)NAN;
      visits = is_completed || !is_legal ? 0 : visits;
      set_edge(&b, a, visits, q[a]);
      assert_near(heed__inverse_sqrt(heed__tables(), visits + 1), 1 / sqrt(visits + 1.0), 0);
      assert_near(heed__sqrt_log(heed__tables(), visits + 1), sqrt(log(visits + 1.0)), 0);
      n[a] = is_completed && is_legal ? 1 : visits;
      total += n[a];
    }
    uint32_t action = pick(&b);
    double taken = (q[action] + 1) / 4 + 0.7 * sqrt(log(total) / n[action]);
    assert_true(isfinite(taken));
    for (uint32_t a = 0; a < ARMS; a++) {
      assert_false((q[a] + 1) / 4 + 0.7 * sqrt(log(total) / n[a]) > taken + 1e-12);
    }
  }
  mdp_search_deinit(&b.x);
}

/* ---- UCB1-tuned ------------------------------------------------------------------------------- */

static void ucb1_tuned_adds_what_the_paper_says(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_UCB1_TUNED);
  config.exploration = 2;
  bench_init(&b, &config);
  static const double values[ARMS] = {0, 1, 2, -1};
  static const double moments[ARMS] = {1, 1, 4.16, 17}; /* variances 1, 0, 0.16, 16 */
  static const uint32_t visits[ARMS] = {400, 100, 1000, 4};
  double scores[ARMS];
  for (uint32_t a = 0; a < ARMS; a++) {
    set_edge(&b, a, visits[a], values[a]);
    b.tree->edge_moments[b.tree->first_edge[b.tree->root] + a] = moments[a];
    /* scaled: values (q + 1) / 4, variances / 16 */
    double share = log(1504) / visits[a];
    double v = (moments[a] - values[a] * values[a]) / 16 + sqrt(2 * share);
    scores[a] = (values[a] + 1) / 4 + 2 * sqrt(share * (v < 0.25 ? v : 0.25));
  }
  uint32_t action = pick(&b);
  for (uint32_t a = 0; a < ARMS; a++) {
    assert_near(b.x.planner->scores[a], scores[a], 1e-12);
    assert_true(scores[action] >= scores[a]);
  }
  assert_int_equal(action, 3); /* 0 + 2 sqrt(7.316 / 4 / 4) = 1.35: the cap of 1/4 is in force */
  assert_near(scores[3], 1.3524, 1e-4);
  mdp_search_deinit(&b.x);
}

/* A way through the tree: how probable, its return so far, and what is done next. */
typedef struct way {
  double p, sum, discount;
  heed_index node;
  uint32_t action;
} way;

enum { WAYS_MAX = 4096 };

typedef struct moments {
  double first, second;
} moments;

/* The best known action of a node in *action; false where there is none. */
static bool find_best(const heed_tree *tree, heed_index node, uint32_t *action) {
  double best = -HUGE_VAL;
  bool is_expanded = node != HEED_INDEX_NONE && heed__tree_is_expanded(tree, node);
  for (uint32_t a = 0; is_expanded && a < tree->action_count; a++) {
    double value = heed__tree_edges(tree, node).values[a];
    *action = value > best ? a : *action;
    best = value > best ? value : best;
  }
  return isfinite(best);
}

/* Follows all ways of the best actions, and weighs their returns. */
static moments follow_all(const heed_tree *tree, uint32_t first_action, double discount) {
  static way stack[WAYS_MAX];
  moments m = {0, 0};
  uint32_t count = 0;
  stack[count++] = (way){1, 0, 1, tree->root, first_action};
  while (count > 0) {
    way at = stack[--count];
    const heed_node *node = &tree->nodes[at.node];
    const heed_transition *t = heed__tree_transition(tree, node->state, at.action);
    for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
      const heed_tree_outcome *o = &tree->outcomes[i];
      way on = {at.p * o->count / t->samples, at.sum + at.discount * o->reward,
                at.discount * discount, heed__tree_find_node(tree, o->state, node->depth + 1), 0};
      if (find_best(tree, on.node, &on.action)) {
        assert_true(count < WAYS_MAX);
        stack[count++] = on;
      } else {
        m.first += on.p * on.sum;
        m.second += on.p * on.sum * on.sum;
      }
    }
  }
  return m;
}

static void variances_are_those_of_the_returns_of_all_paths(void **state) {
  (void)state;
  static mdp m;
  heed_planner_config config = config_of(HEED_SELECT_UCB1_TUNED);
  config.horizon = 3;
  config.discount = 0.9;
  config.simulations = 500;
  config.share_states = true;
  config.backup = HEED_BACKUP_MAX;
  config.expansion = HEED_EXPAND_PATH;
  for (uint64_t seed = 0; seed < 10; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 5, 2, 3, &rng);
    mdp_search x;
    mdp_search_init(&x, &m, &config, seed);
    mdp_plan(&x, 0);
    const heed_tree *tree = &x.planner->tree;
    for (uint32_t a = 0; a < 2; a++) {
      moments all = follow_all(tree, a, 0.9);
      assert_near(heed__tree_edges(tree, tree->root).values[a], all.first, 1e-12);
      assert_near(heed__variance(tree, tree->root, a), all.second - all.first * all.first, 1e-12);
    }
    mdp_search_deinit(&x);
  }
}

/* ---- PUCT -------------------------------------------------------------------------------------- */

/* Prior {0.1, 0.2, 0.3, 0.4}, or whatever a test points to. */
static void write_prior(const void *self, heed_evaluation *rows, size_t count, void *workspace) {
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    memcpy(rows[i].prior, self, rows[i].action_count * sizeof *rows[i].prior);
  }
}

static const double slope[ARMS] = {0.1, 0.2, 0.3, 0.4};

static void set_prior(bench *b, const double *p) {
  heed_error err = {0};
  heed_evaluator prior = {p, NULL, write_prior};
  assert_ok(heed_planner_set_evaluator(b->x.planner, &prior, NULL, &err), &err);
  mdp_plan(&b->x, 0);
  b->tree->low = -1;
  b->tree->high = 3;
}

/* Schrittwieser et al. 2020, equation 2, with c1 = 1.25 and c2 = 19652, worked out by hand:
 * sqrt(25) (1.25 + ln(19678 / 19652)) = 6.25661... */
static void puct_agrees_with_numbers_by_hand(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_PUCT);
  bench_init(&b, &config);
  set_prior(&b, slope);
  set_edge(&b, 0, 20, 3);        /* 1    + 6.25661 * 0.1 / 21 = 1.029793 */
  set_edge(&b, 1, 4, 1);         /* 0.5  + 6.25661 * 0.2 / 5  = 0.750264 */
  set_edge(&b, 2, 1, -1);        /* 0    + 6.25661 * 0.3 / 2  = 0.938492 */
  set_edge(&b, 3, 0, -HUGE_VAL); /* 0 + 6.25661 * 0.4   = 2.502644 */
  assert_int_equal(pick(&b), 3);
  static const double by_hand[ARMS] = {1.029793, 0.750264, 0.938492, 2.502644};
  for (uint32_t a = 0; a < ARMS; a++) {
    assert_near(b.x.planner->scores[a], by_hand[a], 1e-5);
  }
  set_edge(&b, 3, 6, 0); /* 0.25 + 6.971 * 0.4 / 7: with N = 31 */
  assert_int_equal(pick(&b), 2);
  assert_near(b.x.planner->scores[2], sqrt(31) * (1.25 + log(19684.0 / 19652)) * 0.15, 1e-12);
  mdp_search_deinit(&b.x);
}

static void puct_begins_with_the_prior(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_PUCT);
  bench_init(&b, &config);
  set_prior(&b, slope);
  for (uint32_t a = 0; a < ARMS; a++) {
    set_edge(&b, a, 0, -HUGE_VAL);
  }
  assert_int_equal(pick(&b), 3);
  mdp_search_deinit(&b.x);
}

/* ---- priors ------------------------------------------------------------------------------------ */

static void a_prior_that_is_none_is_an_error(void **state) {
  (void)state;
  static const double bad[][ARMS] = {
      {0.5, 0.5, 0.5, 0.5}, {1.5, -0.5, 0, 0}, {(double)NAN, 0, 0, 1}, {HUGE_VAL, 0, 0, 0}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    heed_planner_config config = config_of(i % 2 == 0 ? HEED_SELECT_PUCT : HEED_SELECT_GUMBEL);
    static bench b;
    bench_init(&b, &config);
    heed_error err = {0};
    heed_evaluator prior = {bad[i], NULL, write_prior};
    assert_ok(heed_planner_set_evaluator(b.x.planner, &prior, NULL, &err), &err);
    mdp_belief belief = {0};
    assert_fails(heed_planner_plan(b.x.planner, &belief, &b.x.rng, &b.x.decision, &err),
                 HEED_ERR_NUMERIC, &err, "prior");
    assert_ok(heed_planner_set_evaluator(b.x.planner, NULL, NULL, &err), &err);
    mdp_plan(&b.x, 0); /* uniform again */
    mdp_search_deinit(&b.x);
  }
}

static void a_prior_is_refused_where_none_is_known(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_UCB1);
  bench_init(&b, &config);
  heed_error err = {0};
  heed_evaluator prior = {slope, NULL, write_prior};
  assert_fails(heed_planner_set_evaluator(b.x.planner, &prior, NULL, &err), HEED_ERR_ARG, &err,
               "puct");
  mdp_search_deinit(&b.x);
}

/* ---- Gumbel ------------------------------------------------------------------------------------ */

/* One state from which each action pays q[a] and ends: values are exact after one visit. */
static void set_bandit(mdp *m, uint32_t arms, const double *q) {
  memset(m, 0, sizeof *m);
  m->states = MDP_STATES_MAX;
  m->actions = arms;
  for (uint32_t a = 0; a < arms; a++) {
    m->p[0][a][1] = 1;
    m->reward[0][a][1] = q[a];
  }
  m->is_terminal[1] = true;
}

/* Danihelka et al. 2022, section 3: with true values, the action taken is at least as good as the one
 * that the same noise draws from the prior (the highest g + logits), draw by draw, hence in expectation,
 * whatever the number of simulations. */
static void gumbel_improves_the_prior_with_any_number_of_simulations(void **state) {
  (void)state;
  enum { BANDITS = 3000 };
  static const uint32_t budgets[] = {2, 1, 3, 5, 16, 50};
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 21);
  for (size_t k = 0; k < sizeof budgets / sizeof *budgets; k++) {
    double gain = 0;
    uint32_t changed = 0;
    for (uint32_t i = 0; i < BANDITS; i++) {
      double q[MDP_ACTIONS_MAX];
      double p[MDP_ACTIONS_MAX];
      double sum = 0;
      double expected = 0;
      for (uint32_t a = 0; a < ARMS; a++) {
        q[a] = 2 * heed_rng_uniform(&rng) - 1;
        p[a] = exp(3 * heed_rng_uniform(&rng));
        sum += p[a];
      }
      for (uint32_t a = 0; a < ARMS; a++) {
        p[a] /= sum;
        expected += p[a] * q[a];
      }
      set_bandit(&m, ARMS, q);
      heed_planner_config config = config_of(HEED_SELECT_GUMBEL);
      config.final = HEED_FINAL_GUMBEL;
      config.gumbel_noise = true;
      config.simulations = budgets[k];
      config.node_capacity = 64;
      mdp_search x;
      mdp_search_init(&x, &m, &config, heed_rng_next(&rng));
      heed_error err = {0};
      heed_evaluator prior = {p, NULL, write_prior};
      assert_ok(heed_planner_set_evaluator(x.planner, &prior, NULL, &err), &err);
      const heed_decision *d = mdp_plan(&x, 0);
      uint32_t drawn = 0;
      const double *g = x.planner->halving.noise;
      for (uint32_t a = 1; a < ARMS; a++) {
        drawn = g[a] + log(p[a]) > g[drawn] + log(p[drawn]) ? a : drawn;
      }
      assert_true(q[d->action.index] >= q[drawn]);
      gain += q[d->action.index] - expected;
      changed += (uint32_t)d->action.index != drawn;
      mdp_search_deinit(&x);
    }
    print_message("             %2u simulations: gain %.3f\n", budgets[k], gain / BANDITS);
    /* one simulation is a draw from the prior: gain 0 +- 0.5 / sqrt(3000); two must gain */
    assert_true(budgets[k] == 1 ? changed == 0 && fabs(gain / BANDITS) < 5 * 0.5 / sqrt(BANDITS)
                                : gain / BANDITS > 0.1);
  }
}

/* Gumbel-max (Gumbel 1954): the highest g + logits has the distribution of the prior. */
static void gumbel_noise_draws_from_the_prior(void **state) {
  (void)state;
  enum { DRAWS = 20000 };
  static const double q[ARMS] = {0};
  static mdp m;
  set_bandit(&m, ARMS, q);
  heed_planner_config config = config_of(HEED_SELECT_GUMBEL);
  config.final = HEED_FINAL_GUMBEL;
  config.gumbel_noise = true;
  config.simulations = 1;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 5);
  heed_error err = {0};
  heed_evaluator prior = {slope, NULL, write_prior};
  assert_ok(heed_planner_set_evaluator(x.planner, &prior, NULL, &err), &err);
  uint32_t taken[ARMS] = {0};
  for (int i = 0; i < DRAWS; i++) {
    taken[mdp_plan(&x, 0)->action.index]++;
  }
  for (uint32_t a = 0; a < ARMS; a++) {
    assert_near((double)taken[a] / DRAWS, slope[a], 5 * sqrt(slope[a] * (1 - slope[a]) / DRAWS));
  }
  mdp_search_deinit(&x);
}

/* The example of figure 1: n = 200 simulations, m = 16 actions. ceil(log2 16) = 4 phases of 50: 16 actions
 * 3 times each, 8 of them 6 times more, 4 of them 12, 2 of them 25, and of the 6 left over 3 each. With
 * all values known from the first visit, the better half always stays. */
static void sequential_halving_visits_as_in_the_paper(void **state) {
  (void)state;
  enum { ACTIONS = 16 };
  heed_planner_config config = config_of(HEED_SELECT_GUMBEL);
  heed_halving h = {0};
  static uint32_t candidates[ACTIONS];
  static double noise[ACTIONS];
  static double scores[ACTIONS];
  static double prior[ACTIONS];
  static double block[ACTIONS * HEED_EDGE_BYTES / sizeof(double)];
  static heed_index first_edge;
  static heed_node node;
  config.simulations = 200;
  config.gumbel_actions = ACTIONS;
  h.candidates = candidates;
  h.noise = noise;
  node = (heed_node){.side = 1};
  heed_planner planner = {.config = config, .halving = h, .scores = scores};
  planner.tree.action_count = ACTIONS;
  planner.tree.nodes = &node;
  planner.tree.edges = (unsigned char *)block;
  planner.tree.first_edge = &first_edge;
  heed_edges edges = heed__tree_edges(&planner.tree, 0);
  planner.tree.priors = prior;
  planner.tree.has_priors = true;
  planner.tree.low = 0;
  planner.tree.high = 1;
  for (uint32_t a = 0; a < ACTIONS; a++) {
    prior[a] = 1.0 / ACTIONS;
    edges.values[a] = -HUGE_VAL;
  }
  heed_rng rng;
  heed_rng_init(&rng, 1);
  heed__gumbel_begin(&planner, &rng);
  for (uint32_t i = 0; i < config.simulations; i++) {
    uint32_t a = heed__gumbel_select(&planner, 0, &rng);
    edges.visits[a]++;
    edges.values[a] = a / 15.0;
  }
  static const uint32_t expected[ACTIONS] = {3, 3, 3, 3, 3, 3, 3, 3, 9, 9, 9, 9, 21, 21, 49, 49};
  for (uint32_t a = 0; a < ACTIONS; a++) {
    assert_int_equal(edges.visits[a], expected[a]);
  }
}

/* Three actions: two phases of 6 simulations; all of them twice, then two, not one, three times each. */
static void halving_goes_down_to_two(void **state) {
  (void)state;
  static const double q[3] = {0, 1, 2};
  static mdp m;
  set_bandit(&m, 3, q);
  heed_planner_config config = config_of(HEED_SELECT_GUMBEL);
  config.final = HEED_FINAL_GUMBEL;
  config.simulations = 12;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  const heed_decision *d = mdp_plan(&x, 0);
  static const uint32_t expected[3] = {2, 5, 5};
  for (uint32_t a = 0; a < 3; a++) {
    assert_int_equal(d->visits[a], expected[a]);
  }
  mdp_search_deinit(&x);
}

/* Appendix D, equation 33: what nothing is known of is worth the value as a leaf, once, and the known
 * actions' mean by the prior as often as they were visited. */
static void the_value_of_the_unknown_mixes_leaf_and_actions(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_GUMBEL);
  config.gumbel_scale = 0.02;
  bench_init(&b, &config);
  set_prior(&b, slope);
  b.x.planner->halving.root = HEED_INDEX_NONE;
  heed_node *root = &b.tree->nodes[b.tree->root];
  root->leaf_visits = 1;
  root->leaf_value = 0.25;
  set_edge(&b, 0, 2, 1);
  set_edge(&b, 1, 1, 0);
  set_edge(&b, 2, 0, -HUGE_VAL);
  set_edge(&b, 3, 3, -1);
  double mean = (slope[0] * 1 + slope[1] * 0 + slope[3] * -1) / (slope[0] + slope[1] + slope[3]);
  double mixed = (0.25 + 6 * mean) / 7;
  double low = b.tree->low;
  double scale = 1 / (b.tree->high - b.tree->low);
  heed__gumbel_final(b.x.planner, b.tree->root);
  assert_near(b.x.planner->scores[2], log(slope[2]) + 1.06 * (mixed - low) * scale, 1e-12);
  assert_near(b.x.planner->scores[0], log(slope[0]) + 1.06 * (1 - low) * scale, 1e-12);
  mdp_search_deinit(&b.x);
}

/* Equation 14, with the numbers worked out in the test: p(a) - N(a) / (1 + N). Node, not root. */
static void below_the_root_visits_match_the_improved_policy(void **state) {
  (void)state;
  static bench b;
  heed_planner_config config = config_of(HEED_SELECT_GUMBEL);
  config.gumbel_scale = 0.02;
  bench_init(&b, &config);
  set_prior(&b, slope);
  b.x.planner->halving.root = HEED_INDEX_NONE;
  set_edge(&b, 0, 2, 3);
  set_edge(&b, 1, 1, 1);
  set_edge(&b, 2, 0, -HUGE_VAL);
  set_edge(&b, 3, 3, -1);
  /* scaled values 1, 0.5, v, 0 with v = (0.1 * 1 + 0.2 * 0.5 + 0.4 * 0) / 0.7; no leaf evaluation;
   * sigma = (50 + 3) * 0.02 = 1.06 */
  double values[ARMS] = {1, 0.5, 0.2 / 0.7, 0};
  double p[ARMS];
  double sum = 0;
  for (int a = 0; a < ARMS; a++) {
    p[a] = slope[a] * exp(1.06 * values[a]);
    sum += p[a];
  }
  static const double shares[ARMS] = {2 / 7.0, 1 / 7.0, 0, 3 / 7.0};
  assert_int_equal(pick(&b), 2);
  for (int a = 0; a < ARMS; a++) {
    assert_near(b.x.planner->scores[a], p[a] / sum - shares[a], 1e-12);
  }
  /* where values do not tell actions apart, visits follow the prior */
  for (uint32_t a = 0; a < ARMS; a++) {
    set_edge(&b, a, 0, 0.5);
  }
  for (int i = 0; i < 1000; i++) {
    heed__tree_edges(b.tree, b.tree->root).visits[pick(&b)]++;
  }
  for (uint32_t a = 0; a < ARMS; a++) {
    assert_near(heed__tree_edges(b.tree, b.tree->root).visits[a], 1000 * slope[a], 1);
  }
  mdp_search_deinit(&b.x);
}

/* ---- early stop -------------------------------------------------------------------------------- */

static void an_early_stop_changes_no_choice(void **state) {
  (void)state;
  static mdp m;
  uint32_t early = 0;
  for (uint64_t seed = 0; seed < 60; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 8, 3, 2, &rng);
    heed_planner_config config = mdp_config_uct();
    config.horizon = 4;
    config.simulations = 300;
    config.final = HEED_FINAL_VISITS;
    config.exploration = 0.5;
    int32_t actions[2];
    for (int k = 0; k < 2; k++) {
      config.early_stop = k == 1;
      mdp_search x;
      mdp_search_init(&x, &m, &config, seed);
      const heed_decision *d = mdp_plan(&x, 0);
      actions[k] = d->action.index;
      early += d->is_early;
      assert_true(k == 1 || !d->is_early);
      assert_true(d->is_early == (d->simulations < config.simulations));
      mdp_search_deinit(&x);
    }
    assert_int_equal(actions[0], actions[1]);
  }
  print_message("             %u of 60 stopped early\n", early);
  assert_true(early > 20);
}

static void nothing_is_decided_that_a_tie_could_change(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    heed_planner_config config = config_of(HEED_SELECT_UCB1);
    config.final = HEED_FINAL_VISITS;
    config.ties = k == 0 ? HEED_TIES_LOWEST : HEED_TIES_UNIFORM;
    static bench b;
    bench_init(&b, &config);
    set_edge(&b, 0, 4, 0);
    set_edge(&b, 1, 10, 0);
    set_edge(&b, 2, 4, 0);
    set_edge(&b, 3, 5, 0);
    /* five more bring action 3 level, which comes after action 1: only the lowest still wins */
    assert_true(heed__is_decided(b.x.planner, 4));
    assert_true(heed__is_decided(b.x.planner, 5) == (k == 0));
    assert_false(heed__is_decided(b.x.planner, 6)); /* action 0 would be level and come first */
    mdp_search_deinit(&b.x);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ucb1_takes_what_the_formula_says),
      cmocka_unit_test(ucb1_tuned_adds_what_the_paper_says),
      cmocka_unit_test(variances_are_those_of_the_returns_of_all_paths),
      cmocka_unit_test(puct_agrees_with_numbers_by_hand),
      cmocka_unit_test(puct_begins_with_the_prior),
      cmocka_unit_test(a_prior_that_is_none_is_an_error),
      cmocka_unit_test(a_prior_is_refused_where_none_is_known),
      cmocka_unit_test(gumbel_improves_the_prior_with_any_number_of_simulations),
      cmocka_unit_test(gumbel_noise_draws_from_the_prior),
      cmocka_unit_test(sequential_halving_visits_as_in_the_paper),
      cmocka_unit_test(halving_goes_down_to_two),
      cmocka_unit_test(the_value_of_the_unknown_mixes_leaf_and_actions),
      cmocka_unit_test(below_the_root_visits_match_the_improved_policy),
      cmocka_unit_test(an_early_stop_changes_no_choice),
      cmocka_unit_test(nothing_is_decided_that_a_tie_could_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
