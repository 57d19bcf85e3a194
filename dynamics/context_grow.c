/* context_grow.c: grows a tree of contexts from its samples: which feature each node looks at. */
#include "dynamics/context_grow.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 256 };

/* Shares of symbols follow their counts to this part; to the rest all that came up are alike, so that what
 * is rare in the whole tree does not take long to be believed where it is common. */
#define SHARE_BY_COUNT 0.75

/* What must be gained for a feature to be looked at, as a part of log(features). */
#define PRICE 0.5

/* Features that a node keeps: the one that it looks at, and surrogates. */
enum { KEPT = 3 };

/* Samples [begin, end) of `order` lie at a node that is still to be made. */
typedef struct task {
  uint32_t begin, end;
  uint32_t child; /* tree->children[child] is to be the node; HEED_INTERN_NONE: the root */
} task;

/* A feature, and the evidence of the children that it would give. */
typedef struct candidate {
  double evidence;
  uint32_t feature;
} candidate;

/* What a symbol's count begins with, a q, and log Gamma of it. */
typedef struct prior {
  double alpha, log_gamma;
} prior;

typedef struct grower {
  heed__context_tree *tree;
  uint32_t *order, *sorted; /* [samples] */
  task *tasks;              /* [task_capacity] */
  uint32_t task_count, task_capacity;
  uint16_t *slots; /* [samples] place of a sample's symbol among those of its node */
  double *table;   /* [VALUES][slot_count] counts by value and symbol */
  size_t table_size;
  prior *base;     /* [slot_count] of each symbol */
  double *log_own; /* [log_capacity] log P_e of each node */
  uint32_t log_capacity;
  heed_error *err;
} grower;

static bool fit(grower *g, void **array, size_t size) {
  void *larger = realloc(*array, size > 0 ? size : 1);
  if (larger == NULL) {
    heed_fail(g->err, HEED_ERR_NOMEM, "growing a tree: no memory for %zu bytes", size);
    return false;
  }
  *array = larger;
  return true;
}

/* Makes room in one of the tree's lists for `added` more elements of `size` bytes. */
static heed_status extend(void **list, uint32_t count, uint32_t added, uint32_t *capacity,
                          size_t size, heed_error *err) {
  if (*capacity - count >= added) {
    return HEED_OK;
  }
  uint32_t larger = 2 * (count + added) + 14;
  void *list_now = realloc(*list, larger * size);
  if (list_now == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "tree of contexts: no memory for %u nodes", larger);
  }
  *list = list_now;
  *capacity = larger;
  return HEED_OK;
}

heed_status heed__context_tree_new_count(heed__context_tree *tree, uint16_t symbol, double share,
                                         uint32_t *id, heed_error *err) {
  heed_status status = extend((void **)&tree->counts, tree->count_count, 1, &tree->count_capacity,
                              sizeof *tree->counts, err);
  if (status == HEED_OK) {
    *id = tree->count_count++;
    tree->counts[*id] =
        (heed__context_tree_count){.share = share, .next = HEED_INTERN_NONE, .symbol = symbol};
  }
  return status;
}

heed_status heed__context_tree_new_node(heed__context_tree *tree, uint32_t *id, heed_error *err) {
  heed_status status = extend((void **)&tree->nodes, tree->node_count, 1, &tree->node_capacity,
                              sizeof *tree->nodes, err);
  if (status == HEED_OK) {
    *id = tree->node_count++;
    tree->nodes[*id] = (heed__context_tree_node){
        .odds = 1, .stop = 1, .counts = HEED_INTERN_NONE, .sure = -1, .feature = -1};
  }
  return status;
}

heed_status heed__context_tree_new_children(heed__context_tree *tree, uint32_t count,
                                            uint32_t *first, heed_error *err) {
  heed_status status = extend((void **)&tree->children, tree->child_count, count,
                              &tree->child_capacity, sizeof *tree->children, err);
  if (status == HEED_OK) {
    *first = tree->child_count;
    tree->child_count += count;
    memset(tree->children + *first, 0, count * sizeof *tree->children);
  }
  return status;
}

static uint16_t symbol_of(const heed__context_tree *tree, uint32_t sample) {
  uint16_t symbol;
  memcpy(&symbol, heed_intern_row(&tree->samples, sample), sizeof symbol);
  return symbol;
}

static const uint8_t *features_of(const heed__context_tree *tree, uint32_t sample) {
  return (const uint8_t *)heed_intern_row(&tree->samples, sample) + sizeof(uint16_t);
}

/* ---- nodes ------------------------------------------------------------------------------------ */

/* The share of a symbol in the whole tree; 0 while the root is being made. */
static double share_of(const heed__context_tree *tree, uint16_t symbol, bool is_root) {
  uint32_t i = is_root ? HEED_INTERN_NONE : tree->nodes[0].counts;
  while (i != HEED_INTERN_NONE && tree->counts[i].symbol != symbol) {
    i = tree->counts[i].next;
  }
  return i != HEED_INTERN_NONE ? tree->counts[i].share : 0;
}

/* Sets the shares of the root's symbols, counts[first ...], when all are counted. */
static void set_shares(heed__context_tree *tree, uint32_t first) {
  double n = tree->nodes[0].n;
  uint32_t seen = tree->count_count - first;
  uint32_t unseen = tree->alphabet > seen ? tree->alphabet - seen : 0;
  tree->seen_share = unseen > 0 ? n / (n + 1) : 1;
  tree->unseen_share = unseen > 0 ? (1 - tree->seen_share) / unseen : 0;
  for (uint32_t c = first; c < tree->count_count; c++) {
    heed__context_tree_count *count = &tree->counts[c];
    double mixed = SHARE_BY_COUNT * count->n / n + (1 - SHARE_BY_COUNT) / seen;
    count->share = tree->seen_share * mixed;
  }
}

/* Counts the symbols of a task's samples at a node, in the order in which they come, and notes each
 * sample's slot. */
static bool count_symbols(grower *g, const task *t, uint32_t id, uint32_t *slot_count) {
  heed__context_tree *tree = g->tree;
  bool is_root = t->child == HEED_INTERN_NONE;
  uint32_t last = HEED_INTERN_NONE;
  uint32_t first = tree->count_count;
  for (uint32_t i = t->begin; i < t->end; i++) {
    uint16_t symbol = symbol_of(tree, g->order[i]);
    uint32_t c = first;
    while (c < tree->count_count && tree->counts[c].symbol != symbol) {
      c++;
    }
    if (c == tree->count_count) {
      double share = share_of(tree, symbol, is_root);
      if (heed__context_tree_new_count(tree, symbol, share, &c, g->err) != HEED_OK) {
        return false;
      }
      *(last == HEED_INTERN_NONE ? &tree->nodes[id].counts : &tree->counts[last].next) = c;
      last = c;
    }
    g->slots[i] = (uint16_t)(c - first);
    tree->counts[c].n += tree->weights[g->order[i]];
    tree->nodes[id].n += tree->weights[g->order[i]];
  }
  *slot_count = tree->count_count - first;
  if (is_root) {
    set_shares(tree, first);
  }
  return true;
}

/* log(exp(a) + exp(b)). */
static double log_add(double a, double b) {
  double larger = a > b ? a : b;
  double smaller = a > b ? b : a;
  return larger == -HUGE_VAL ? larger : larger + log1p(exp(smaller - larger));
}

/* log q of a symbol. */
static double log_share(const grower *g, uint32_t slot) {
  return log(g->base[slot].alpha / g->tree->concentration);
}

/* log P_e, from log D and, if only one symbol came up, its slot; else HEED_INTERN_NONE. */
static double log_mixed(const grower *g, double log_d, uint32_t only) {
  double varies = log1p(-HEED__CONTEXT_TREE_DETERMINISTIC) + log_d;
  return only == HEED_INTERN_NONE
             ? varies
             : log_add(varies, log(HEED__CONTEXT_TREE_DETERMINISTIC) + log_share(g, only));
}

/* log D of counts[slot_count], with base[] = a q and log Gamma(a q) of the symbols. */
static double log_dirichlet(const grower *g, const double *counts, uint32_t slot_count) {
  double a = g->tree->concentration;
  double sum = lgamma(a);
  double n = 0;
  for (uint32_t s = 0; s < slot_count; s++) {
    if (counts[s] > 0) {
      sum += lgamma(g->base[s].alpha + counts[s]) - g->base[s].log_gamma;
      n += counts[s];
    }
  }
  return sum - lgamma(a + n);
}

/* log P_e of the same; 0 for no counts at all. */
static double log_evidence(const grower *g, const double *counts, uint32_t slot_count) {
  uint32_t only = HEED_INTERN_NONE; /* the one symbol, if there is just one */
  uint32_t kinds = 0;
  for (uint32_t s = 0; s < slot_count; s++) {
    only = counts[s] > 0 ? s : only;
    kinds += counts[s] > 0;
  }
  if (kinds == 0) {
    return 0;
  }
  double log_d = log_dirichlet(g, counts, slot_count);
  return log_mixed(g, log_d, kinds > 1 ? HEED_INTERN_NONE : only);
}

/* ---- splitting -------------------------------------------------------------------------------- */

/* The least and the greatest value of each feature among the samples of a task. */
static void note_ranges(const grower *g, const task *t, uint8_t *restrict low,
                        uint8_t *restrict high) {
  uint32_t features = g->tree->features;
  memcpy(low, features_of(g->tree, g->order[t->begin]), features);
  memcpy(high, low, features);
  for (uint32_t i = t->begin + 1; i < t->end; i++) {
    const uint8_t *row = features_of(g->tree, g->order[i]);
    for (uint32_t f = 0; f < features; f++) {
      low[f] = row[f] < low[f] ? row[f] : low[f];
      high[f] = row[f] > high[f] ? row[f] : high[f];
    }
  }
}

/* Evidence of the children that a feature would give, or something less than `enough` if it is not more
 * than that: no child adds to it. */
static double evidence_of_split(grower *g, const task *t, uint32_t feature, uint32_t slot_count,
                                uint8_t low, uint8_t high, double enough) {
  heed__context_tree *tree = g->tree;
  memset(g->table + (size_t)low * slot_count, 0,
         ((size_t)high - low + 1) * slot_count * sizeof *g->table);
  for (uint32_t i = t->begin; i < t->end; i++) {
    uint8_t value = features_of(tree, g->order[i])[feature];
    g->table[(size_t)value * slot_count + g->slots[i]] += tree->weights[g->order[i]];
  }
  double sum = 0;
  for (uint32_t value = low; value <= high && sum > enough; value++) {
    sum += log_evidence(g, g->table + (size_t)value * slot_count, slot_count);
  }
  return sum;
}

/* Puts a candidate among best[*count], in order of evidence; but a place never before what is none. */
static void rank(const grower *g, candidate c, candidate *best, uint32_t *count) {
  uint32_t places = g->tree->features - g->tree->last;
  uint32_t first = *count > 0 && c.feature >= places && best[0].feature < places ? 1 : 0;
  uint32_t i = *count < KEPT ? (*count)++ : KEPT - 1;
  for (; i > first && best[i - 1].evidence < c.evidence; i--) {
    best[i] = best[i - 1];
  }
  best[i] = c;
}

/* The features worth the price to a node of this evidence: best[returned]. */
static uint32_t rank_features(grower *g, const task *t, double log_own, uint32_t slot_count,
                              candidate *best) {
  heed__context_tree *tree = g->tree;
  uint8_t low[HEED__CONTEXT_TREE_FEATURES_MAX];
  uint8_t high[HEED__CONTEXT_TREE_FEATURES_MAX];
  double worth = log_own + PRICE * log(tree->features);
  uint32_t count = 0;
  note_ranges(g, t, low, high);
  for (uint32_t f = 0; f < tree->features; f++) {
    if (low[f] == high[f]) {
      continue;
    }
    double enough = count < KEPT ? worth : best[KEPT - 1].evidence;
    double evidence = evidence_of_split(g, t, f, slot_count, low[f], high[f], enough);
    if (evidence > enough) {
      rank(g, (candidate){evidence, f}, best, &count);
    }
  }
  return count;
}

/* Sorts the samples of a task by a feature and leaves a task for each value. */
static bool split(grower *g, const task *t, uint32_t feature, heed__context_tree_branch *branch) {
  heed__context_tree *tree = g->tree;
  uint32_t starts[VALUES + 1] = {0};
  for (uint32_t i = t->begin; i < t->end; i++) {
    starts[features_of(tree, g->order[i])[feature] + 1]++;
  }
  uint32_t low = VALUES;
  uint32_t high = 0;
  for (uint32_t value = 0; value < VALUES; value++) {
    if (starts[value + 1] > 0) {
      low = low == VALUES ? value : low;
      high = value;
    }
    starts[value + 1] += starts[value];
  }
  uint32_t width = high - low + 1;
  *branch = (heed__context_tree_branch){
      .feature = (int16_t)feature, .low = (uint8_t)low, .high = (uint8_t)high};
  if (heed__context_tree_new_children(tree, width, &branch->children, g->err) != HEED_OK) {
    return false;
  }
  uint32_t places[VALUES];
  memcpy(places, starts, sizeof places);
  for (uint32_t i = t->begin; i < t->end; i++) {
    uint8_t value = features_of(tree, g->order[i])[feature];
    g->sorted[t->begin + places[value]++] = g->order[i];
  }
  memcpy(g->order + t->begin, g->sorted + t->begin, (t->end - t->begin) * sizeof *g->order);
  if (g->task_count + width > g->task_capacity) {
    uint32_t capacity = 2 * (g->task_count + width);
    if (!fit(g, (void **)&g->tasks, capacity * sizeof *g->tasks)) {
      return false;
    }
    g->task_capacity = capacity;
  }
  for (uint32_t value = high + 1; value-- > low;) {
    if (starts[value + 1] > starts[value]) {
      g->tasks[g->task_count++] = (task){.begin = t->begin + starts[value],
                                         .end = t->begin + starts[value + 1],
                                         .child = branch->children + value - low};
    }
  }
  return true;
}

/* ---- growing ---------------------------------------------------------------------------------- */

/* Makes the node of a task, without children; table[0][slot_count] are its counts. */
static bool make_leaf(grower *g, const task *t, uint32_t *id, uint32_t *slot_count) {
  heed__context_tree *tree = g->tree;
  uint32_t first = tree->count_count;
  if (heed__context_tree_new_node(tree, id, g->err) != HEED_OK ||
      !count_symbols(g, t, *id, slot_count)) {
    return false;
  }
  if (*id == g->log_capacity) {
    g->log_capacity = 2 * *id + 64;
    if (!fit(g, (void **)&g->log_own, g->log_capacity * sizeof *g->log_own)) {
      return false;
    }
  }
  if (t->child != HEED_INTERN_NONE) {
    tree->children[t->child] = *id;
  }
  uint32_t n = *slot_count;
  size_t table_size = (size_t)VALUES * n;
  if (table_size > g->table_size) {
    if (!fit(g, (void **)&g->table, table_size * sizeof *g->table) ||
        !fit(g, (void **)&g->base, n * sizeof *g->base)) {
      return false;
    }
    g->table_size = table_size;
  }
  for (uint32_t s = 0; s < n; s++) {
    double alpha = tree->concentration * tree->counts[first + s].share;
    g->base[s] = (prior){.alpha = alpha, .log_gamma = lgamma(alpha)};
    g->table[s] = tree->counts[first + s].n;
  }
  static const double prior_odds =
      HEED__CONTEXT_TREE_DETERMINISTIC / (1 - HEED__CONTEXT_TREE_DETERMINISTIC);
  double log_d = log_dirichlet(g, g->table, n);
  bool is_pure = n == 1;
  tree->nodes[*id].pure_odds =
      is_pure ? heed__context_tree_odds(prior_odds * exp(log_share(g, 0) - log_d)) : 0;
  g->log_own[*id] = log_mixed(g, log_d, is_pure ? 0 : HEED_INTERN_NONE);
  return true;
}

/* Splits a node's samples by a surrogate too: the children are made at once, and remain leaves. */
static bool add_surrogate(grower *g, const task *t, uint32_t id, uint32_t feature) {
  heed__context_tree *tree = g->tree;
  uint32_t tasks = g->task_count;
  heed__context_tree_branch branch;
  if (extend((void **)&tree->surrogates, tree->surrogate_count, 1, &tree->surrogate_capacity,
             sizeof branch, g->err) != HEED_OK ||
      !split(g, t, feature, &branch)) {
    return false;
  }
  tree->surrogates[tree->surrogate_count++] = branch;
  tree->nodes[id].surrogate_count++;
  bool ok = true;
  while (ok && g->task_count > tasks) {
    task of_child = g->tasks[--g->task_count];
    uint32_t child;
    uint32_t slot_count;
    ok = make_leaf(g, &of_child, &child, &slot_count);
  }
  return ok;
}

/* Makes the node of a task; leaves tasks for its children. */
static bool make_node(grower *g, const task *t) {
  heed__context_tree *tree = g->tree;
  uint32_t id;
  uint32_t slot_count;
  if (!make_leaf(g, t, &id, &slot_count)) {
    return false;
  }
  candidate best[KEPT];
  uint32_t count = slot_count > 1 ? rank_features(g, t, g->log_own[id], slot_count, best) : 0;
  tree->nodes[id].surrogates = tree->surrogate_count;
  for (uint32_t i = 1; i < count; i++) {
    if (!add_surrogate(g, t, id, best[i].feature)) {
      return false;
    }
  }
  heed__context_tree_branch branch;
  if (count == 0) {
    return true;
  }
  if (!split(g, t, best[0].feature, &branch)) {
    return false;
  }
  heed__context_tree_node *node = &tree->nodes[id];
  node->children = branch.children;
  node->feature = branch.feature;
  node->low = branch.low;
  node->high = branch.high;
  return true;
}

/* Weighs all nodes: children have greater numbers than their parents. log_own becomes log P_w. */
static void weigh_all(grower *g) {
  heed__context_tree *tree = g->tree;
  for (uint32_t id = tree->node_count; id-- > 0;) {
    heed__context_tree_node *node = &tree->nodes[id];
    if (node->feature >= 0) {
      double log_children = 0;
      for (uint32_t i = 0; i <= (uint32_t)(node->high - node->low); i++) {
        uint32_t child = tree->children[node->children + i];
        log_children += child != 0 ? g->log_own[child] : 0;
      }
      node->odds = heed__context_tree_odds(exp(g->log_own[id] - log_children));
      g->log_own[id] = log_add(g->log_own[id], log_children) - M_LN2;
    }
    heed__context_tree_conclude(tree, node);
  }
  tree->code_length = -g->log_own[0];
}

heed_status heed__context_tree_grow(heed__context_tree *tree, heed_error *err) {
  uint32_t n = tree->samples.count;
  assert(n > 0);
  tree->growths++;
  grower g = {.tree = tree, .err = err, .task_capacity = 64};
  g.order = malloc(n * sizeof *g.order);
  g.sorted = malloc(n * sizeof *g.sorted);
  g.slots = malloc(n * sizeof *g.slots);
  g.tasks = malloc(g.task_capacity * sizeof *g.tasks);
  bool ok = g.order != NULL && g.sorted != NULL && g.slots != NULL && g.tasks != NULL;
  if (!ok) {
    heed_fail(err, HEED_ERR_NOMEM, "growing a tree of %u samples: no memory", n);
  } else {
    for (uint32_t i = 0; i < n; i++) {
      g.order[i] = i;
    }
    heed__context_tree_fell(tree);
    g.tasks[g.task_count++] = (task){.end = n, .child = HEED_INTERN_NONE};
    while (ok && g.task_count > 0) {
      task t = g.tasks[--g.task_count];
      ok = make_node(&g, &t);
    }
  }
  if (ok) {
    weigh_all(&g);
    tree->grown_weight = tree->weight;
    tree->grown_length = tree->code_length;
  } else {
    heed__context_tree_fell(tree); /* grown again with the next sample */
  }
  free(g.order);
  free(g.sorted);
  free(g.slots);
  free(g.tasks);
  free(g.table);
  free(g.base);
  free(g.log_own);
  return ok ? HEED_OK : HEED_ERR_NOMEM;
}
