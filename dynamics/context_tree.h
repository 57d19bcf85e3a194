/* context_tree.h: which context is enough to tell what comes next, by Bayesian mixture.
 *
 * A tree predicts a symbol from features, small numbers that are read one at a time. Every inner node
 * looks at one feature and has a child for each of its values; a node stands for the context "these
 * features have these values", and holds counts of the symbols that came up in it:
 *
 *                 root               context ()
 *              ahead = ?
 *        wall /    | floor           context (ahead)
 *         stay     under = ?
 *             none /      | tile     context (ahead, under)
 *              moves     moves or stays
 *
 * Any pruning of the tree is a model: its leaves are the contexts that matter. The tree predicts with all
 * prunings at once, each weighted by its posterior, which needs no more than one pass along a path
 * (context-tree weighting: Willems, Shtarkov and Tjalkens 1995, "The context-tree weighting method", eq. 7):
 *
 *     P_w(node) = 1/2 P_e(node) + 1/2 prod_children P_w(child)         P_w(leaf) = P_e(leaf)
 *
 * P_e is what the counts at a node make of its symbols if no more features are looked at. With q the
 * shares of the symbols in the whole tree, n their count at the node and a the concentration,
 *
 *     P_e = (1 - d) D + d sum_x q_x [all symbols are x]          d = 0.9
 *     D   = Gamma(a) / Gamma(a + n)  prod_x Gamma(a q_x + n_x) / Gamma(a q_x)
 *
 * D is the Dirichlet estimator, that of Krichevsky and Trofimov (1981) for q = 1/2 and a = 1. d is the
 * chance that a context is deterministic, as most contexts of most worlds are: without it a rule seen a
 * hundred times would still be broken once in two hundred (the zero-redundancy estimator of Willems and
 * Tjalkens 1997, who give it 1/2). The greater d, the fewer samples make a rule, and the more the first exception costs:
 * -log(1 - d) nats, once. P_e depends on counts alone, not on their order.
 *
 * What is kept of the evidence is ratios: a symbol that comes up multiplies P_e by what the node predicted
 * of it, and the product of the children by what the mixture below predicted, so that one division along
 * the path updates the weights, without logarithms.
 *
 * Which feature a node looks at is chosen when the tree is grown: the one whose children, as leaves,
 * have the greatest evidence, if that exceeds the node's own by the price of having chosen, half of
 * log(features): all of it would be the price among features that have nothing to do with each other, and
 * these mostly tell the same in other words. Samples are kept, equal ones as one with a weight, so that a
 * tree can be grown anew.
 *
 * A value of the feature that never came up at a node leads nowhere. Where a wall below the sky did one thing
 * and one below a wall another, what of a wall below water? The row that it is in may tell. So a node keeps
 * the next best features too, if they are worth the price: the first whose value it knows answers instead
 * (surrogate splits: Breiman, Friedman, Olshen and Stone 1984, "Classification and Regression Trees", section
 * 5.3). Their children are leaves, counted when the tree is grown. */
#ifndef HEED_DYNAMICS_CONTEXT_TREE_H
#define HEED_DYNAMICS_CONTEXT_TREE_H

#include <stdbool.h>

#include "core/intern.h"
#include "core/rng.h"

enum { HEED__CONTEXT_TREE_FEATURES_MAX = 192 };

/* d: the probability, before any sample, that a context is deterministic. */
#define HEED__CONTEXT_TREE_DETERMINISTIC 0.9

/* Reads feature `feature` at `place` of a scene. */
typedef uint8_t heed__feature_reader(const void *scene, uint32_t place, uint32_t feature);

/* A symbol at a node, and how often it came up. */
typedef struct heed__context_tree_count {
  double n;
  double share;  /* q of the symbol */
  uint32_t next; /* next symbol of the same node, or HEED_INTERN_NONE */
  uint16_t symbol;
} heed__context_tree_count;

/* A feature, and a child for each of its values. */
typedef struct heed__context_tree_branch {
  uint32_t children; /* tree->children[children + value - low]; 0: no child */
  int16_t feature;
  uint8_t low, high; /* values of the feature that have children */
} heed__context_tree_branch;

typedef struct heed__context_tree_node {
  double n;             /* symbols in all */
  double odds;          /* P_e : prod_children P_w; at most 2^1000 either way */
  double pure_odds;     /* sum_x q_x [all are x] : D, at most 2^1000; 0 when two symbols came up */
  double stop;          /* posterior probability that this context is enough; 1 at a leaf */
  double deterministic; /* posterior probability that it is, if this context is enough */
  uint32_t counts;      /* first symbol, or HEED_INTERN_NONE */
  uint32_t children;    /* tree->children[children + value - low]; 0: no child */
  uint32_t surrogates;  /* tree->surrogates[surrogates + i], the best first */
  int32_t sure;         /* the one symbol that is drawn here; -1: there is a choice */
  int16_t feature;      /* -1: a leaf */
  uint8_t low, high;    /* values of the feature that have children */
  uint8_t surrogate_count;
} heed__context_tree_node;

typedef struct heed__context_tree {
  uint32_t features; /* of a sample */
  uint32_t last;     /* so many of them, the last ones, are looked at when no other helps */
  uint32_t alphabet; /* symbols that there could be */
  double concentration;
  double least;        /* what is less probable than this is not drawn */
  heed_intern samples; /* rows: uint16 symbol, uint8 features[] */
  double *weights;     /* [weight_capacity], of each sample */
  uint32_t weight_capacity;
  heed__context_tree_node *nodes; /* [node_capacity]; the root is 0 once there is a sample */
  uint32_t node_count, node_capacity;
  heed__context_tree_count *counts;
  uint32_t count_count, count_capacity;
  uint32_t *children;
  uint32_t child_count, child_capacity;
  heed__context_tree_branch *surrogates;
  uint32_t surrogate_count, surrogate_capacity;
  double seen_share;   /* sum of q over the symbols that have come up */
  double unseen_share; /* q of a symbol that has not come up */
  double grown_weight; /* of all samples when the tree was grown last */
  double weight;       /* of all samples now */
  double code_length;  /* -log P_w(root), in nats */
  double grown_length; /* the same when it was grown */
  uint64_t growths;    /* how many times it was grown, or cleared */
} heed__context_tree;

/* An empty tree over samples of `features` features (at most HEED__CONTEXT_TREE_FEATURES_MAX) and symbols below
 * `alphabet`. Of the features, the `last` ones are looked at only where no other helps: those that would
 * tell one case from another, a place from another place, rather than what they have in common. Errors:
 * HEED_ERR_NOMEM; still fit for deinit. */
heed_status heed__context_tree_init(heed__context_tree *tree, uint32_t features, uint32_t last,
                                    uint32_t alphabet, double concentration, double least,
                                    heed_error *err);
void heed__context_tree_deinit(heed__context_tree *tree); /* accepts a zeroed tree */

/* Forgets all samples. */
void heed__context_tree_clear(heed__context_tree *tree);

/* Adds a sample of a weight (1 to 16) and counts it along its path; `put` leaves counting to the next growth.
 * Errors: HEED_ERR_NOMEM; the sample may then be lost, the tree stays whole. */
heed_status heed__context_tree_add(heed__context_tree *tree, const uint8_t *features,
                                   uint16_t symbol, uint32_t weight, heed_error *err);
heed_status heed__context_tree_put(heed__context_tree *tree, const uint8_t *features,
                                   uint16_t symbol, uint32_t weight, heed_error *err);

/* Grows the tree anew; or only when that is due. Another tree gains no more than what the samples have cost to
 * tell by this one. So it is due when the code length has risen by one nat and by an eighth, or a half when
 * there are many samples; or else when their weight has trebled. Errors: HEED_ERR_NOMEM; the tree is then
 * empty, and grown with the next sample. */
heed_status heed__context_tree_grow(heed__context_tree *tree, heed_error *err);
heed_status heed__context_tree_grow_when_due(heed__context_tree *tree, heed_error *err);

/* How a symbol is drawn. */
typedef struct heed__context_tree_draw {
  heed_rng *rng;
  double least; /* what is less probable than this is not drawn */
  const uint64_t
      *seed; /* NULL: from the posterior mean; else from the posterior draw of this seed */
  double *uncertainty; /* NULL, or what one look would tell about the tree is added, in nats */
} heed__context_tree_draw;

/* Draws a symbol for `place` of a scene. The tree must have a sample. */
uint16_t heed__context_tree_sample(const heed__context_tree *tree, heed__feature_reader *read,
                                   const void *scene, uint32_t place,
                                   const heed__context_tree_draw *draw);

/* The posterior probability of a symbol there. */
double heed__context_tree_probability(const heed__context_tree *tree, heed__feature_reader *read,
                                      const void *scene, uint32_t place, uint16_t symbol);

static inline bool heed__context_tree_is_empty(const heed__context_tree *tree) {
  return tree->node_count == 0;
}

/* Has one symbol only come up in the whole tree? */
static inline bool heed__context_tree_is_pure(const heed__context_tree *tree) {
  return tree->node_count > 0 && tree->counts[tree->nodes[0].counts].next == HEED_INTERN_NONE;
}

/* The child that a node has for a value of its feature; 0: none. */
static inline uint32_t heed__context_tree_child(const heed__context_tree *tree,
                                                const heed__context_tree_node *node,
                                                uint8_t value) {
  return value < node->low || value > node->high
             ? 0
             : tree->children[node->children + value - node->low];
}

/* The symbol that heed__context_tree_sample would draw from the mean, if that is sure without drawing; else
 * -1. Most cells of most steps end here, so it is for the caller to inline. */
static inline int32_t heed__context_tree_sure(const heed__context_tree *tree,
                                              heed__feature_reader *read, const void *scene,
                                              uint32_t place) {
  const heed__context_tree_node *node = &tree->nodes[0];
  while (node->feature >= 0 && node->stop < tree->least) {
    uint32_t child =
        heed__context_tree_child(tree, node, read(scene, place, (uint32_t)node->feature));
    if (child == 0) {
      return -1;
    }
    node = &tree->nodes[child];
  }
  return node->feature < 0 ? node->sure : -1;
}

#endif
