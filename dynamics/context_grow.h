/* context_grow.h: what growing and counting share. See context_tree.h. */
#ifndef HEED_DYNAMICS_CONTEXT_GROW_H
#define HEED_DYNAMICS_CONTEXT_GROW_H

#include "dynamics/context_tree.h"

/* log(exp(a) + exp(b)). */
double heed__log_add(double a, double b);

/* A count of 0 of a symbol, for a node to take in. Errors: HEED_ERR_NOMEM. */
heed_status heed__context_tree_new_count(heed__context_tree *tree, uint16_t symbol, double share,
                                         uint32_t *id, heed_error *err);

/* A leaf without counts; a table of children, all none. Errors: HEED_ERR_NOMEM. */
heed_status heed__context_tree_new_node(heed__context_tree *tree, uint32_t *id, heed_error *err);
heed_status heed__context_tree_new_children(heed__context_tree *tree, uint32_t count,
                                            uint32_t *first, heed_error *err);

/* Computes the weights of a node from its counts and its children's. */
void heed__context_tree_weigh(const heed__context_tree *tree, heed__context_tree_node *node);

#endif
