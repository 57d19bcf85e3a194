/* test_context_tree.c: mixtures of contexts against closed forms and brute force. */
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/context_tree.h"

enum { FEATURES = 4 };

/* Features are the scene itself. */
static uint8_t read_feature(const void *scene, uint32_t place, uint32_t feature) {
  (void)place;
  return ((const uint8_t *)scene)[feature];
}

static heed__context_tree tree_of(uint32_t alphabet) {
  heed__context_tree tree;
  heed_error err = {0};
  assert_ok(heed__context_tree_init(&tree, FEATURES, 1, alphabet, 1.0, 0.0, &err), &err);
  return tree;
}

static void add(heed__context_tree *tree, const uint8_t *features, uint16_t symbol) {
  heed_error err = {0};
  assert_ok(heed__context_tree_add(tree, features, symbol, 1, &err), &err);
}

static void grow(heed__context_tree *tree) {
  heed_error err = {0};
  assert_ok(heed__context_tree_grow(tree, &err), &err);
}

/* Samples in which the symbol follows from features 0 and 2, now and then by chance. */
static void add_samples(heed__context_tree *tree, uint32_t count, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  for (uint32_t i = 0; i < count; i++) {
    uint8_t x[FEATURES];
    for (int f = 0; f < FEATURES; f++) {
      x[f] = (uint8_t)heed_rng_choice(&rng, 3);
    }
    bool by_chance = heed_rng_chance(&rng, 0.1);
    uint16_t symbol = by_chance ? (uint16_t)heed_rng_choice(&rng, 3) : x[0] == 1 ? 2 : x[2] % 2;
    add(tree, x, symbol);
  }
}

/* As the header gives it: evidence and predictions below are worked out from this alone. */
#define DETERMINISTIC 0.9

/* ---- closed forms ----------------------------------------------------------------------------- */

/* Krichevsky and Trofimov: prod (i + 1/2) prod (j + 1/2) / (n0 + n1)!. */
static double kt(int zeros, int ones) {
  double p = 1;
  for (int n = 0; n < zeros + ones; n++) {
    p *= ((n < zeros ? n : n - zeros) + 0.5) / (n + 1);
  }
  return p;
}

static void a_fair_pair_of_symbols_gives_the_kt_estimator(void **state) {
  (void)state;
  uint8_t x[FEATURES] = {0};
  for (int n = 1; n < 12; n++) {
    heed__context_tree tree = tree_of(2); /* of two symbols none is unseen: shares are 1/2 */
    for (int i = 0; i < n; i++) {
      add(&tree, x, 0);
      add(&tree, x, 1);
    }
    grow(&tree);
    double varies = exp(-tree.code_length) / (1 - DETERMINISTIC); /* the other part is 0 */
    assert_near(varies, kt(n, n), 1e-12 * kt(n, n));
    heed__context_tree_deinit(&tree);
  }
}

/* With one symbol only, P_e = d q + (1 - d) D: both parts in closed form. */
static void a_context_that_never_varies_is_soon_believed(void **state) {
  (void)state;
  uint8_t x[FEATURES] = {0};
  heed__context_tree tree = tree_of(2);
  double dirichlet = 1;
  for (int n = 0; n < 50; n++) {
    add(&tree, x, 1);
    if (n == 0) {
      grow(&tree);
    }
    double q = tree.counts[tree.nodes[0].counts].share;
    dirichlet *= (n + q) / (n + 1);
    double certain = DETERMINISTIC * q / (DETERMINISTIC * q + (1 - DETERMINISTIC) * dirichlet);
    double expected = certain + (1 - certain) * (n + 1 + q) / (n + 2);
    assert_near(heed__context_tree_probability(&tree, read_feature, x, 0, 1), expected, 1e-9);
  }
  heed__context_tree_deinit(&tree);
}

/* ---- brute force ------------------------------------------------------------------------------ */

/* All prunings below a node, one after another: number `which` of them. Its evidence with its prior, and what
 * it predicts for a symbol at x. Returns how many prunings there are. */
typedef struct pruning {
  double log_evidence;
  double prediction; /* of the leaf that x falls in; unset if it falls elsewhere */
} pruning;

static uint32_t child_at(const heed__context_tree *tree, const heed__context_tree_node *node,
                         uint32_t value) {
  bool is_inside = value >= node->low && value <= node->high;
  return is_inside ? tree->children[node->children + value - node->low] : 0;
}

/* What the node alone would predict: P_e with one more of the symbol over P_e. */
static double alone(const heed__context_tree *tree, const heed__context_tree_node *node,
                    uint16_t symbol, double *log_evidence) {
  double share = tree->unseen_share;
  double n = 0;
  uint32_t kinds = 0;
  double only_share = 0;
  for (uint32_t i = tree->nodes[0].counts; i != HEED_INTERN_NONE; i = tree->counts[i].next) {
    share = tree->counts[i].symbol == symbol ? tree->counts[i].share : share;
  }
  double log_d = lgamma(1.0) - lgamma(1.0 + node->n);
  for (uint32_t i = node->counts; i != HEED_INTERN_NONE; i = tree->counts[i].next) {
    const heed__context_tree_count *c = &tree->counts[i];
    log_d += lgamma(c->share + c->n) - lgamma(c->share);
    n = c->symbol == symbol ? c->n : n;
    only_share = c->share;
    kinds++;
  }
  double d = exp(log_d);
  double pure = kinds == 1 ? only_share : 0;
  double evidence = (1 - DETERMINISTIC) * d + DETERMINISTIC * pure;
  *log_evidence = log(evidence);
  double next_d = d * (n + share) / (node->n + 1);
  return ((1 - DETERMINISTIC) * next_d + DETERMINISTIC * (n > 0 ? pure : 0)) / evidence;
}

/* What a node predicts of a value that its feature never had there: as the first surrogate that knows its
 * own feature's value, or else as the node itself, whatever the pruning. */
static double in_its_stead(const heed__context_tree *tree, const heed__context_tree_node *node,
                           const uint8_t *x, uint16_t symbol, double own) {
  double ignored;
  for (uint32_t i = 0; i < node->surrogate_count; i++) {
    const heed__context_tree_branch *b = &tree->surrogates[node->surrogates + i];
    uint8_t value = x[b->feature];
    uint32_t child =
        value >= b->low && value <= b->high ? tree->children[b->children + value - b->low] : 0;
    if (child != 0) {
      return alone(tree, &tree->nodes[child], symbol, &ignored);
    }
  }
  return own;
}

static uint32_t prunings(const heed__context_tree *tree, uint32_t id, const uint8_t *x,
                         uint16_t symbol, bool has_x, pruning *out) {
  const heed__context_tree_node *node = &tree->nodes[id];
  double evidence;
  double prediction = alone(tree, node, symbol, &evidence);
  uint32_t count = 1;
  out[0] = (pruning){.log_evidence = evidence + (node->feature < 0 ? 0 : log(0.5)),
                     .prediction = has_x ? prediction : 0};
  if (node->feature < 0) {
    return 1;
  }
  /* All combinations of the children's prunings. */
  static pruning parts[8][4096];
  pruning *combined = malloc(4096 * sizeof *combined);
  pruning *next = malloc(4096 * sizeof *next);
  if (combined == NULL || next == NULL) {
    abort();
  }
  uint32_t combinations = 1;
  uint32_t x_child = child_at(tree, node, x[node->feature]);
  combined[0] = (pruning){.log_evidence = log(0.5)};
  if (has_x && x_child == 0) {
    combined[0].prediction = in_its_stead(tree, node, x, symbol, prediction);
  }
  static uint32_t depth;
  for (uint32_t value = node->low; value <= node->high; value++) {
    uint32_t child = child_at(tree, node, value);
    if (child == 0) {
      continue;
    }
    depth++;
    assert_true(depth < 8);
    uint32_t k = prunings(tree, child, x, symbol, has_x && child == x_child, parts[depth]);
    uint32_t n = 0;
    for (uint32_t i = 0; i < combinations; i++) {
      for (uint32_t j = 0; j < k; j++) {
        assert_true(n < 4096);
        next[n++] =
            (pruning){.log_evidence = combined[i].log_evidence + parts[depth][j].log_evidence,
                      .prediction = combined[i].prediction + parts[depth][j].prediction};
      }
    }
    depth--;
    memcpy(combined, next, n * sizeof *next);
    combinations = n;
  }
  assert_true(combinations < 4095);
  memcpy(out + count, combined, combinations * sizeof *combined);
  free(combined);
  free(next);
  return count + combinations;
}

static void the_mixture_is_that_of_all_prunings(void **state) {
  (void)state;
  static pruning all[4096];
  for (uint64_t seed = 1; seed <= 10; seed++) {
    heed__context_tree tree = tree_of(5);
    add_samples(&tree, 60, seed);
    grow(&tree);
    add_samples(&tree, 15, seed + 100); /* counted along their paths */
    for (uint8_t cell = 0; cell < 16; cell++) {
      uint8_t x[FEATURES] = {cell % 4, 1, cell / 4, 0}; /* 3 was never seen */
      for (uint16_t symbol = 0; symbol < 4; symbol++) {
        uint32_t count = prunings(&tree, 0, x, symbol, true, all);
        double evidence = 0;
        double prediction = 0;
        for (uint32_t i = 0; i < count; i++) {
          evidence += exp(all[i].log_evidence);
          prediction += exp(all[i].log_evidence) * all[i].prediction;
        }
        double got = heed__context_tree_probability(&tree, read_feature, x, 0, symbol);
        assert_near(got, prediction / evidence, 1e-9);
        assert_near(tree.code_length, -log(evidence), 1e-9 * fabs(log(evidence)));
      }
    }
    heed__context_tree_deinit(&tree);
  }
}

static void probabilities_sum_to_one(void **state) {
  (void)state;
  heed__context_tree tree = tree_of(7);
  add_samples(&tree, 200, 3);
  grow(&tree);
  for (uint8_t v = 0; v < 4; v++) { /* 3 was never seen */
    uint8_t x[FEATURES] = {v, v, v, v};
    double sum = 0;
    for (uint16_t symbol = 0; symbol < 7; symbol++) {
      sum += heed__context_tree_probability(&tree, read_feature, x, 0, symbol);
    }
    assert_near(sum, 1, 1e-12);
  }
  heed__context_tree_deinit(&tree);
}

/* ---- structure -------------------------------------------------------------------------------- */

static void it_looks_at_what_tells_something(void **state) {
  (void)state;
  heed__context_tree tree = tree_of(5);
  add_samples(&tree, 500, 5);
  grow(&tree);
  for (uint32_t id = 0; id < tree.node_count; id++) {
    int16_t f = tree.nodes[id].feature;
    assert_true(f == -1 || f == 0 || f == 2);
  }
  assert_true(tree.nodes[0].feature >= 0);
  heed__context_tree_deinit(&tree);
}

static double uncertainty_at(const heed__context_tree *tree, const uint8_t *x) {
  heed_rng rng;
  heed_rng_init(&rng, 1);
  double nats = 0;
  heed__context_tree_draw draw = {.rng = &rng, .uncertainty = &nats};
  (void)heed__context_tree_sample(tree, read_feature, x, 0, &draw);
  return nats;
}

/* Features 1 and 2 are alike, and the symbol is theirs; 0 and 3 tell nothing. Where feature 1 has a value that
 * it never had, feature 2 answers; but what is not known for sure stays to be learned. */
static void a_new_value_is_told_by_what_said_the_same(void **state) {
  (void)state;
  heed__context_tree tree = tree_of(2);
  for (uint8_t i = 0; i < 40; i++) {
    uint8_t x[FEATURES] = {i % 3, i % 2, i % 2, i % 5};
    add(&tree, x, i % 2);
  }
  grow(&tree);
  assert_int_equal(tree.nodes[0].feature, 1);
  assert_true(tree.nodes[0].stop < 1e-6);
  /* 20 samples of one symbol of share 1/2. */
  double log_odds = log(DETERMINISTIC / (1 - DETERMINISTIC)) + log(0.5) -
                    (lgamma(1.0) - lgamma(21.0) + lgamma(20.5) - lgamma(0.5));
  double certain = 1 / (1 + exp(-log_odds));
  double expected = certain + (1 - certain) * 20.5 / 21;
  for (uint8_t value = 0; value < 2; value++) {
    uint8_t x[FEATURES] = {0, 7, value, 0};
    double p = heed__context_tree_probability(&tree, read_feature, x, 0, value);
    assert_near(p, expected, 1e-5);
    uint8_t neither[FEATURES] = {0, 7, 7, 0};
    p = heed__context_tree_probability(&tree, read_feature, neither, 0, value);
    assert_near(p, 0.5, 1e-12);
    assert_near(uncertainty_at(&tree, x), uncertainty_at(&tree, neither), 1e-12);
    assert_true(uncertainty_at(&tree, neither) > 0.1);
  }
  heed__context_tree_deinit(&tree);
}

/* log P_w of a node from its counts and its children's; odds and pure odds of all nodes below are compared. */
static double weigh(const heed__context_tree *tree, uint32_t id) {
  const heed__context_tree_node *node = &tree->nodes[id];
  double evidence;
  (void)alone(tree, node, 0, &evidence);
  if (node->feature < 0) {
    return evidence;
  }
  double children = 0;
  for (uint32_t v = 0; v < 256; v++) {
    uint32_t child = child_at(tree, node, v);
    children += child != 0 ? weigh(tree, child) : 0;
  }
  assert_near(log(node->odds), evidence - children, 1e-8 * (1 + fabs(children)));
  double larger = fmax(evidence, children);
  return larger + log(0.5 * exp(evidence - larger) + 0.5 * exp(children - larger));
}

/* Counting sample by sample gives the evidence that counting at once does, for weights above 1 too. */
static void one_by_one_is_at_once(void **state) {
  (void)state;
  heed__context_tree tree = tree_of(5);
  heed_error err = {0};
  add_samples(&tree, 40, 7);
  grow(&tree);
  add_samples(&tree, 300, 8);
  for (uint8_t i = 0; i < 9; i++) {
    uint8_t x[FEATURES] = {i % 3, 3, i / 3, 0};
    assert_ok(heed__context_tree_add(&tree, x, i % 2, 8, &err), &err);
  }
  assert_near(tree.code_length, -weigh(&tree, 0), 1e-8 * tree.code_length);
  heed__context_tree_deinit(&tree);
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static void symbols_come_up_as_often_as_is_probable(void **state) {
  (void)state;
  enum { DRAWS = 40000 };
  heed__context_tree tree = tree_of(3);
  add_samples(&tree, 40, 11);
  grow(&tree);
  heed_rng rng;
  heed_rng_init(&rng, 2);
  for (uint8_t cell = 0; cell < 9; cell++) {
    uint8_t x[FEATURES] = {cell % 3, 0, cell / 3, 0};
    for (int by_hypothesis = 0; by_hypothesis < 2; by_hypothesis++) {
      uint32_t counts[3] = {0};
      for (int i = 0; i < DRAWS; i++) {
        uint64_t seed = heed_rng_next(&rng); /* many hypotheses: their mean is the mean */
        heed__context_tree_draw draw = {.rng = &rng, .seed = by_hypothesis == 1 ? &seed : NULL};
        counts[heed__context_tree_sample(&tree, read_feature, x, 0, &draw)]++;
      }
      for (uint16_t symbol = 0; symbol < 3; symbol++) {
        double p = heed__context_tree_probability(&tree, read_feature, x, 0, symbol);
        double error = 4.5 * sqrt(p * (1 - p) / DRAWS) + 1e-4;
        assert_near((double)counts[symbol] / DRAWS, p, error);
      }
    }
  }
  heed__context_tree_deinit(&tree);
}

/* One hypothesis is one fixed law: what it draws varies less than the mean over all does not tell, but
 * its frequencies are the same whenever it is asked. */
static void a_hypothesis_does_not_change_its_mind(void **state) {
  (void)state;
  enum { DRAWS = 20000 };
  heed__context_tree tree = tree_of(3);
  add_samples(&tree, 12, 13);
  grow(&tree);
  uint8_t x[FEATURES] = {0, 0, 1, 0};
  double least = 1;
  double most = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    double shares[2];
    for (uint64_t again = 0; again < 2; again++) {
      heed_rng rng;
      heed_rng_init(&rng, 100 + again);
      heed__context_tree_draw draw = {.rng = &rng, .seed = &seed};
      uint32_t count = 0;
      for (int i = 0; i < DRAWS; i++) {
        count += heed__context_tree_sample(&tree, read_feature, x, 0, &draw) == 1;
      }
      shares[again] = (double)count / DRAWS;
    }
    assert_near(shares[0], shares[1], 5 * sqrt(0.5 / DRAWS));
    least = fmin(least, shares[0]);
    most = fmax(most, shares[0]);
  }
  assert_true(most - least > 0.1);
  heed__context_tree_deinit(&tree);
}

static double digamma(double x) {
  return (lgamma(x + 1e-5) - lgamma(x - 1e-5)) / 2e-5;
}

/* One symbol, n times: it is certain, or drawn from Beta(n + q, 1 - q); the first by even odds, whatever odds
 * predictions are made with. What a look tells is the entropy of the mean less the mean entropy. */
static void what_is_to_be_learned_is_judged_by_even_odds(void **state) {
  (void)state;
  uint8_t x[FEATURES] = {0};
  heed__context_tree tree = tree_of(2);
  for (int n = 1; n <= 30; n++) {
    add(&tree, x, 1);
    grow(&tree);
    double q = tree.counts[tree.nodes[0].counts].share;
    double d = exp(lgamma(n + q) - lgamma(q) - lgamma(n + 1.0));
    double certain = q / (q + d);
    double other = (1 - certain) * (1 - q) / (n + 1);
    double entropy = -other * log(other) - (1 - other) * log(1 - other);
    double mean_entropy = digamma(n + 2.0) - (n + q) / (n + 1) * digamma(n + q + 1) -
                          (1 - q) / (n + 1) * digamma(2 - q);
    assert_near(uncertainty_at(&tree, x), entropy - (1 - certain) * mean_entropy, 1e-8);
  }
  heed__context_tree_deinit(&tree);
}

/* A row of features that no sample had, at a leaf whose samples were all alike, is worth another look. */
static void what_was_never_seen_just_so_may_be_otherwise(void **state) {
  (void)state;
  uint8_t known[FEATURES] = {0, 1, 2, 0};
  uint8_t other[FEATURES] = {0, 1, 2, 1};
  heed__context_tree tree = tree_of(2);
  for (int n = 0; n < 9; n++) {
    add(&tree, known, 1);
  }
  grow(&tree);
  /* Anything: certain to be one of the shares, or drawn from their Dirichlet. */
  double q = tree.counts[tree.nodes[0].counts].share;
  double anything = -q * log(q) - 0.5 * (1 - q) * log(0.5 * (1 - q)) -
                    0.5 * (digamma(2.0) - q * digamma(1 + q) - (1 - q) * digamma(2 - q));
  double more = uncertainty_at(&tree, other) - uncertainty_at(&tree, known);
  assert_near(more, 0.5 / 10 * anything, 1e-8);
  add(&tree, other, 1); /* now it was seen */
  add(&tree, known, 1);
  assert_near(uncertainty_at(&tree, other), uncertainty_at(&tree, known), 1e-12);
  heed__context_tree_deinit(&tree);
}

static void uncertainty_falls_with_experience(void **state) {
  (void)state;
  heed__context_tree tree = tree_of(3);
  uint8_t x[FEATURES] = {0, 0, 1, 0};
  heed_rng rng;
  heed_rng_init(&rng, 1);
  double before = HUGE_VAL;
  for (uint32_t n = 10; n <= 10000; n *= 10) {
    add_samples(&tree, n, n);
    grow(&tree);
    double nats = 0;
    heed__context_tree_draw draw = {.rng = &rng, .uncertainty = &nats};
    heed__context_tree_sample(&tree, read_feature, x, 0, &draw);
    assert_true(nats >= 0 && nats < before);
    before = nats;
  }
  assert_true(before < 1e-2);
  heed__context_tree_deinit(&tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fair_pair_of_symbols_gives_the_kt_estimator),
      cmocka_unit_test(a_context_that_never_varies_is_soon_believed),
      cmocka_unit_test(the_mixture_is_that_of_all_prunings),
      cmocka_unit_test(probabilities_sum_to_one),
      cmocka_unit_test(it_looks_at_what_tells_something),
      cmocka_unit_test(a_new_value_is_told_by_what_said_the_same),
      cmocka_unit_test(one_by_one_is_at_once),
      cmocka_unit_test(symbols_come_up_as_often_as_is_probable),
      cmocka_unit_test(a_hypothesis_does_not_change_its_mind),
      cmocka_unit_test(what_is_to_be_learned_is_judged_by_even_odds),
      cmocka_unit_test(what_was_never_seen_just_so_may_be_otherwise),
      cmocka_unit_test(uncertainty_falls_with_experience),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
