/* context_tree.c: counting and predicting along a path. context_grow.c grows the tree. */
#include "dynamics/context_tree.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/context_grow.h"

heed_status heed__context_tree_init(heed__context_tree *tree, uint32_t features, uint32_t last,
                                    uint32_t alphabet, double concentration, double least,
                                    heed_error *err) {
  assert(features <= HEED__CONTEXT_TREE_FEATURES_MAX && alphabet > 0 && alphabet <= UINT16_MAX);
  memset(tree, 0, sizeof *tree);
  tree->features = features;
  tree->last = last;
  tree->alphabet = alphabet;
  tree->concentration = concentration;
  tree->least = least;
  return heed_intern_init(&tree->samples, sizeof(uint16_t) + features, 16, err);
}

void heed__context_tree_deinit(heed__context_tree *tree) {
  heed_intern_deinit(&tree->samples);
  free(tree->weights);
  free(tree->nodes);
  free(tree->counts);
  free(tree->children);
  free(tree->surrogates);
  memset(tree, 0, sizeof *tree);
}

void heed__context_tree_fell(heed__context_tree *tree) {
  tree->node_count = tree->count_count = tree->child_count = tree->surrogate_count = 0;
}

void heed__context_tree_clear(heed__context_tree *tree) {
  heed_intern_clear(&tree->samples);
  heed__context_tree_fell(tree);
  tree->growths++;
  tree->weight = tree->grown_weight = tree->code_length = tree->grown_length = 0;
}

/* ---- evidence --------------------------------------------------------------------------------- */

/* The probability that the next symbol at a node is told by the prior, not by the counts. */
static double by_prior(const heed__context_tree *tree, const heed__context_tree_node *node) {
  double a = tree->concentration;
  return (1 - node->deterministic) * a / (node->n + a);
}

void heed__context_tree_conclude(const heed__context_tree *tree, heed__context_tree_node *node) {
  const heed__context_tree_count *first = &tree->counts[node->counts];
  node->stop = node->feature < 0 ? 1 : node->odds / (1 + node->odds);
  node->deterministic = node->pure_odds / (1 + node->pure_odds);
  bool is_sure = node->pure_odds > 0 && by_prior(tree, node) * (1 - first->share) < tree->least;
  node->sure = is_sure ? first->symbol : -1;
}

double heed__context_tree_odds(double odds) {
  static const double most =
      0x1p1000; /* and its inverse: what is beyond would be lost to rounding */
  return odds > most ? most : odds < 1 / most ? 1 / most : odds;
}

/* ---- adding ----------------------------------------------------------------------------------- */

/* The count of a symbol at a node, or NULL. */
static heed__context_tree_count *count_of(const heed__context_tree *tree,
                                          const heed__context_tree_node *node, uint16_t symbol) {
  for (uint32_t i = node->counts; i != HEED_INTERN_NONE; i = tree->counts[i].next) {
    if (tree->counts[i].symbol == symbol) {
      return &tree->counts[i];
    }
  }
  return NULL;
}

/* The share of a symbol in the whole tree when it was grown. */
static double share_of(const heed__context_tree *tree, uint16_t symbol) {
  const heed__context_tree_count *count = count_of(tree, &tree->nodes[0], symbol);
  return count != NULL ? count->share : tree->unseen_share;
}

/* The probability of `weight` times a symbol by the Dirichlet half of a node that it came up at n times. */
static double dirichlet(const heed__context_tree *tree, const heed__context_tree_node *node,
                        double n, double share, uint32_t weight) {
  double a = tree->concentration;
  double above = n + a * share;
  double below = node->n + a;
  for (uint32_t i = 1; i < weight; i++) { /* weights are small: this is far from overflowing */
    above *= n + i + a * share;
    below *= node->n + i + a;
  }
  return above / below;
}

/* Counts a symbol at a node; *p is what its P_e predicted. */
static heed_status count_symbol(heed__context_tree *tree, uint32_t node_id, uint16_t symbol,
                                double share, uint32_t weight, double *p, heed_error *err) {
  heed__context_tree_node *node = &tree->nodes[node_id];
  heed__context_tree_count *count = count_of(tree, node, symbol);
  if (count == NULL) {
    uint32_t id;
    heed_status status = heed__context_tree_new_count(tree, symbol, share, &id, err);
    if (status != HEED_OK) {
      return status;
    }
    count = &tree->counts[id];
    count->next = node->counts; /* the latest first; growing orders them again */
    node->counts = id;
  }
  double d = dirichlet(tree, node, count->n, count->share, weight);
  if (node->n == 0) {
    double pure = HEED__CONTEXT_TREE_DETERMINISTIC * count->share;
    double mixed = (1 - HEED__CONTEXT_TREE_DETERMINISTIC) * d;
    *p = pure + mixed;
    node->pure_odds = heed__context_tree_odds(pure / mixed);
  } else if (node->pure_odds > 0 && count->n > 0) {
    *p = (d + node->pure_odds) / (1 + node->pure_odds);
    node->pure_odds = heed__context_tree_odds(node->pure_odds / d);
  } else {
    *p = d / (1 + node->pure_odds);
    node->pure_odds = 0;
  }
  count->n += weight;
  node->n += weight;
  return HEED_OK;
}

/* Gives a node a child for a value of its feature that has none yet: its own number is set in *id. */
static heed_status add_child(heed__context_tree *tree, uint32_t parent, uint8_t value, uint32_t *id,
                             heed_error *err) {
  heed__context_tree_node *node = &tree->nodes[parent];
  if (value < node->low || value > node->high) {
    /* A wider table of children, behind all others. */
    uint8_t low = value < node->low ? value : node->low;
    uint8_t high = value > node->high ? value : node->high;
    uint32_t at;
    heed_status status = heed__context_tree_new_children(tree, (uint32_t)high - low + 1, &at, err);
    if (status != HEED_OK) {
      return status;
    }
    memcpy(tree->children + at + (node->low - low), tree->children + node->children,
           ((size_t)node->high - node->low + 1) * sizeof *tree->children);
    node->children = at;
    node->low = low;
    node->high = high;
  }
  heed_status status = heed__context_tree_new_node(tree, id, err);
  if (status == HEED_OK) {
    node = &tree->nodes[parent];
    tree->children[node->children + value - node->low] = *id;
  }
  return status;
}

/* The nodes that a sample comes by, path[depth + 1], the last of them a leaf. */
static heed_status find_path(heed__context_tree *tree, const uint8_t *features, uint32_t *path,
                             uint32_t *depth, heed_error *err) {
  heed_status status = HEED_OK;
  *depth = 0;
  path[0] = 0;
  for (uint32_t id = 0; tree->nodes[id].feature >= 0 && status == HEED_OK;) {
    const heed__context_tree_node *node = &tree->nodes[id];
    uint8_t value = features[node->feature];
    uint32_t parent = id;
    id = heed__context_tree_child(tree, node, value);
    if (id == 0) {
      status = add_child(tree, parent, value, &id, err);
    }
    path[++*depth] = id;
  }
  return status;
}

/* Counts a symbol at every node of its path, from the leaf up: `below` is what the mixture of the
 * child's prunings predicted. */
static heed_status count_along(heed__context_tree *tree, const uint8_t *features, uint16_t symbol,
                               uint32_t weight, heed_error *err) {
  uint32_t path[HEED__CONTEXT_TREE_FEATURES_MAX + 1]; /* no feature is looked at twice */
  uint32_t depth;
  double share = share_of(tree, symbol);
  double below = 1;
  heed_status status = find_path(tree, features, path, &depth, err);
  for (uint32_t i = depth + 1; i-- > 0 && status == HEED_OK;) {
    double own;
    status = count_symbol(tree, path[i], symbol, share, weight, &own, err);
    if (status != HEED_OK) {
      break;
    }
    heed__context_tree_node *node = &tree->nodes[path[i]];
    if (i < depth) {
      double mixed = (node->odds * own + below) / (1 + node->odds);
      node->odds = heed__context_tree_odds(node->odds * (own / below));
      below = mixed;
    } else {
      below = own;
    }
    heed__context_tree_conclude(tree, node);
  }
  tree->code_length -= log(below);
  return status;
}

heed_status heed__context_tree_put(heed__context_tree *tree, const uint8_t *features,
                                   uint16_t symbol, uint32_t weight, heed_error *err) {
  unsigned char row[sizeof symbol + HEED__CONTEXT_TREE_FEATURES_MAX];
  memcpy(row, &symbol, sizeof symbol);
  memcpy(row + sizeof symbol, features, tree->features);
  uint32_t before = tree->samples.count;
  if (before == tree->weight_capacity) {
    uint32_t capacity = before == 0 ? 16 : 2 * before;
    double *larger = realloc(tree->weights, capacity * sizeof *larger);
    if (larger == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%u samples: no memory", capacity);
    }
    tree->weights = larger;
    tree->weight_capacity = capacity;
  }
  uint32_t id = 0;
  heed_status status = heed_intern_add(&tree->samples, row, &id, err);
  if (status != HEED_OK) {
    return status;
  }
  tree->weights[id] = (id == before ? 0 : tree->weights[id]) + weight;
  tree->weight += weight;
  return HEED_OK;
}

heed_status heed__context_tree_add(heed__context_tree *tree, const uint8_t *features,
                                   uint16_t symbol, uint32_t weight, heed_error *err) {
  assert(weight >= 1 && weight <= 16);
  heed_status status = heed__context_tree_put(tree, features, symbol, weight, err);
  if (status != HEED_OK) {
    return status;
  }
  return heed__context_tree_is_empty(tree) ? heed__context_tree_grow(tree, err)
                                           : count_along(tree, features, symbol, weight, err);
}

heed_status heed__context_tree_grow_when_due(heed__context_tree *tree, heed_error *err) {
  double spent = tree->code_length - tree->grown_length;
  double share = tree->samples.count < 1024 ? 0.125 : 0.5;
  bool is_due =
      spent >= 1 + share * tree->grown_length || tree->weight >= 3 * tree->grown_weight + 1;
  return is_due ? heed__context_tree_grow(tree, err) : HEED_OK;
}

/* ---- predicting ------------------------------------------------------------------------------- */

/* The probability of a symbol with count n and share q at a node. */
static double mean_at(const heed__context_tree *tree, const heed__context_tree_node *node, double n,
                      double share, bool is_first) {
  double a = tree->concentration;
  double dirichlet = (n + a * share) / (node->n + a);
  return node->deterministic * (is_first ? 1 : 0) + (1 - node->deterministic) * dirichlet;
}

static double probability_at(const heed__context_tree *tree, const heed__context_tree_node *node,
                             uint16_t symbol) {
  const heed__context_tree_count *count = count_of(tree, node, symbol);
  return count != NULL ? mean_at(tree, node, count->n, count->share, node->deterministic > 0)
                       : mean_at(tree, node, 0, share_of(tree, symbol), false);
}

/* The child of the first surrogate of a node that knows the value of its feature; 0: none. */
static uint32_t surrogate_child(const heed__context_tree *tree, const heed__context_tree_node *node,
                                heed__feature_reader *read, const void *scene, uint32_t place) {
  uint32_t child = 0;
  for (uint32_t i = 0; i < node->surrogate_count && child == 0; i++) {
    const heed__context_tree_branch *b = &tree->surrogates[node->surrogates + i];
    uint8_t value = read(scene, place, (uint32_t)b->feature);
    bool is_within = value >= b->low && value <= b->high;
    child = is_within ? tree->children[b->children + value - b->low] : 0;
  }
  return child;
}

/* The child that a scene leads to from a node, or 0; *is_new: not by the value of the node's own feature. */
static uint32_t child_of(const heed__context_tree *tree, const heed__context_tree_node *node,
                         heed__feature_reader *read, const void *scene, uint32_t place,
                         bool *is_new) {
  *is_new = false;
  if (node->feature < 0) {
    return 0;
  }
  uint32_t child =
      heed__context_tree_child(tree, node, read(scene, place, (uint32_t)node->feature));
  *is_new = child == 0;
  return child != 0 ? child : surrogate_child(tree, node, read, scene, place);
}

double heed__context_tree_probability(const heed__context_tree *tree, heed__feature_reader *read,
                                      const void *scene, uint32_t place, uint16_t symbol) {
  double sum = 0;
  double reach = 1;
  const heed__context_tree_node *node = &tree->nodes[0];
  for (;;) {
    bool is_new;
    uint32_t child = child_of(tree, node, read, scene, place, &is_new);
    double stop = child == 0 ? 1 : node->stop;
    sum += reach * stop * probability_at(tree, node, symbol);
    if (child == 0) {
      return sum;
    }
    reach *= 1 - stop;
    node = &tree->nodes[child];
  }
}

/* What one look would tell about a node, in nats: the entropy of its mean less the mean entropy of what
 * it could be, a certain symbol or a draw from the Dirichlet posterior (Houlsby et al. 2011, eq. 2). An
 * unseen context (`node` is its parent, `is_new`) could still be anything that the tree knows.
 *
 * It is judged as if before any sample a context were as likely deterministic as not: who takes a few tosses
 * that fell alike for a rule, as may be best to predict with, sees nothing more to learn there. */
static double information_at(const heed__context_tree *tree, const heed__context_tree_node *node,
                             bool is_new) {
  double a = tree->concentration;
  double total = is_new ? 0 : node->n;
  double even_odds =
      node->pure_odds / HEED__CONTEXT_TREE_DETERMINISTIC * (1 - HEED__CONTEXT_TREE_DETERMINISTIC);
  double certain = is_new ? 0.5 : even_odds / (1 + even_odds);
  double entropy = 0;
  double mean_entropy = gsl_sf_psi(total + a + 1);
  const heed__context_tree_node *symbols = is_new ? &tree->nodes[0] : node;
  double rest = 1; /* share of the symbols that are not listed: as one symbol */
  for (uint32_t i = symbols->counts; i != HEED_INTERN_NONE; i = tree->counts[i].next) {
    const heed__context_tree_count *c = &tree->counts[i];
    double alpha = a * c->share + (is_new ? 0 : c->n);
    double mean = is_new ? c->share : certain + (1 - certain) * alpha / (total + a);
    entropy -= mean > 0 ? mean * log(mean) : 0;
    mean_entropy -= alpha / (total + a) * gsl_sf_psi(alpha + 1);
    rest -= c->share;
  }
  if (rest > 1e-12) {
    double alpha = a * rest;
    double mean = (1 - certain) * alpha / (total + a);
    entropy -= mean > 0 ? mean * log(mean) : 0;
    mean_entropy -= alpha / (total + a) * gsl_sf_psi(alpha + 1);
  }
  return fmax(0, entropy - (1 - certain) * mean_entropy);
}

/* All samples at a leaf were alike; but would one be that differs from all of them in some feature, though none
 * has mattered there yet? After n that were, the next is not with probability 1/2 / (n + 1) (Krichevsky and
 * Trofimov), and then anything is possible. In nats; 0 where the whole row of features is known. Without this,
 * an action that was only tried beside walls would be known to do nothing, and not be tried elsewhere. */
static double novelty_at(const heed__context_tree *tree, const heed__context_tree_node *node,
                         heed__feature_reader *read, const void *scene, uint32_t place) {
  enum { ENOUGH = 128 }; /* samples after which it is not worth looking */
  if (node->pure_odds == 0 || node->n > ENOUGH) {
    return 0;
  }
  unsigned char row[sizeof(uint16_t) + HEED__CONTEXT_TREE_FEATURES_MAX];
  memcpy(row, &tree->counts[node->counts].symbol, sizeof(uint16_t));
  for (uint32_t f = 0; f < tree->features; f++) {
    row[sizeof(uint16_t) + f] = read(scene, place, f);
  }
  bool is_known = heed_intern_find(&tree->samples, row) != HEED_INTERN_NONE;
  return is_known ? 0 : 0.5 / (node->n + 1) * information_at(tree, node, true);
}

/* The symbol that u falls on, out of the sum of the counts at a node, or of the shares; the last one if
 * rounding leaves some. */
static uint16_t pick(const heed__context_tree *tree, const heed__context_tree_node *node, double u,
                     bool by_share) {
  uint32_t i = node->counts;
  for (;; i = tree->counts[i].next) {
    const heed__context_tree_count *c = &tree->counts[i];
    u -= by_share ? c->share : c->n;
    if (u < 0 || c->next == HEED_INTERN_NONE) {
      return c->symbol;
    }
  }
}

static uint16_t symbol_from_mean(const heed__context_tree *tree,
                                 const heed__context_tree_node *node,
                                 const heed__context_tree_draw *draw) {
  if (node->sure >= 0) {
    return (uint16_t)node->sure;
  }
  double other = by_prior(tree, node);
  double u = heed_rng_uniform(draw->rng);
  if (other >= tree->least && u < other) {
    return pick(tree, &tree->nodes[0], u / other * tree->seen_share, true);
  }
  return pick(tree, node, heed_rng_uniform(draw->rng) * node->n, false);
}

/* The same from one posterior draw of the node, derived from the seed and the node alone: nothing of it is
 * stored, and yet it is the same whenever it is asked for. */
static uint16_t symbol_from_draw(const heed__context_tree *tree,
                                 const heed__context_tree_node *node,
                                 const heed__context_tree_draw *draw) {
  heed_rng rng;
  heed_rng_init(&rng, heed_mix64(*draw->seed, (uint64_t)(node - tree->nodes)));
  if (heed_rng_uniform(&rng) < node->deterministic) {
    return tree->counts[node->counts].symbol;
  }
  gsl_rng gsl = heed_rng_view(&rng);
  double sum = 0;
  double u = heed_rng_uniform(draw->rng);
  uint16_t symbol = tree->counts[node->counts].symbol;
  /* Gamma draws over the symbols of the whole tree, chosen between by one uniform in one pass. */
  for (uint32_t i = tree->nodes[0].counts; i != HEED_INTERN_NONE; i = tree->counts[i].next) {
    const heed__context_tree_count *of_tree = &tree->counts[i];
    const heed__context_tree_count *here = count_of(tree, node, of_tree->symbol);
    double alpha = tree->concentration * of_tree->share + (here != NULL ? here->n : 0);
    double weight = gsl_ran_gamma(&gsl, alpha, 1.0);
    sum += weight;
    if (u * sum < weight) {
      symbol = of_tree->symbol;
      u = u * sum / weight;
    } else if (sum > weight) {
      u = (u * sum - weight) / (sum - weight);
    }
  }
  return symbol;
}

/* Is the context of a node taken to be enough, drawn with its posterior probability `stop`? */
static bool stops_at(const heed__context_tree *tree, const heed__context_tree_node *node,
                     double stop, const heed__context_tree_draw *draw) {
  if (stop < tree->least || stop > 1 - tree->least) {
    return stop >= tree->least;
  }
  if (draw->seed == NULL) {
    return heed_rng_uniform(draw->rng) < stop;
  }
  uint64_t hash = heed_mix64(*draw->seed, ~(uint64_t)(node - tree->nodes));
  return (double)(hash >> 11) * 0x1.0p-53 < stop;
}

uint16_t heed__context_tree_sample(const heed__context_tree *tree, heed__feature_reader *read,
                                   const void *scene, uint32_t place,
                                   const heed__context_tree_draw *draw) {
  const heed__context_tree_node *node = &tree->nodes[0];
  const heed__context_tree_node *chosen = NULL;
  double reach = 1; /* probability that shorter contexts are not enough */
  for (;;) {
    bool is_new;
    uint32_t child = child_of(tree, node, read, scene, place, &is_new);
    double stop = child == 0 ? 1 : node->stop;
    /* What a surrogate says of a new context is a guess: it could still be anything. */
    double asked = is_new ? 1 : stop;
    if (draw->uncertainty != NULL && reach * asked > 1e-9) {
      double nats = information_at(tree, node, is_new);
      nats += node->feature < 0 ? novelty_at(tree, node, read, scene, place) : 0;
      *draw->uncertainty += reach * asked * nats;
    }
    reach *= 1 - asked;
    if (chosen == NULL && (child == 0 || stops_at(tree, node, stop, draw))) {
      chosen = node;
    }
    if (child == 0 || (chosen != NULL && draw->uncertainty == NULL)) {
      break;
    }
    node = &tree->nodes[child];
  }
  assert(chosen != NULL);
  return draw->seed == NULL ? symbol_from_mean(tree, chosen, draw)
                            : symbol_from_draw(tree, chosen, draw);
}
