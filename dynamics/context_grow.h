/* context_grow.h: what growing and counting share. See context_tree.h. */
#ifndef HEED_DYNAMICS_CONTEXT_GROW_H
#define HEED_DYNAMICS_CONTEXT_GROW_H

#include "dynamics/context_tree.h"

/* A count of 0 of a symbol, for a node to take in. Errors: HEED_ERR_NOMEM. */
heed_status heed__context_tree_new_count(heed__context_tree *tree, uint16_t symbol, double share,
                                         uint32_t *id, heed_error *err);

/* A leaf without counts; a table of children, all none. Errors: HEED_ERR_NOMEM. */
heed_status heed__context_tree_new_node(heed__context_tree *tree, uint32_t *id, heed_error *err);
heed_status heed__context_tree_new_children(heed__context_tree *tree, uint32_t count,
                                            uint32_t *first, heed_error *err);

/* Forgets all nodes, and keeps the samples. */
void heed__context_tree_fell(heed__context_tree *tree);

/* Derives the probabilities of a node from its odds, which are kept between 2^-1000 and 2^1000. */
void heed__context_tree_conclude(const heed__context_tree *tree, heed__context_tree_node *node);
double heed__context_tree_odds(double odds);

#endif
