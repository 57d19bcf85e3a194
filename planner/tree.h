/* tree.h: the tree of a search: states, the actions tried in them, and what came of them.
 *
 *   node  (a belief at a depth)            node_count rows
 *     edge  (an action)                    action_count per expanded node, side by side
 *       outcome  (what may happen)         a list per edge, one per next node
 *         -> node
 *
 * Flat arrays, indices instead of pointers; all memory is taken when the tree is created. With
 * `share_states` two ways to the same belief at the same depth lead to one node: the tree is then an
 * acyclic graph, and everything here holds for it as well.
 *
 * Values are functions of what lies below (backup.c), so a pass from the deepest nodes to the root
 * (heed__tree_evaluate) gives the same bits whether rewards were known from the start or replaced. */
#ifndef HEED_PLANNER_TREE_H
#define HEED_PLANNER_TREE_H

#include "core/arena.h"
#include "core/intern.h"
#include "core/space.h"

typedef uint32_t heed_index;
#define HEED_INDEX_NONE UINT32_MAX

/* What identifies a node beside its belief; follows the belief in its row. */
typedef struct heed_node_tag {
  uint32_t depth; /* steps from where the tree began */
  uint32_t is_terminal;
} heed_node_tag;

typedef struct heed_node {
  heed_index first_edge;    /* block of action_count edges; HEED_INDEX_NONE until expanded */
  heed_index next_at_depth; /* next node of the same depth */
  uint32_t visits;
  uint32_t leaf_visits;     /* evaluations as a leaf: 0 or 1 */
  heed_index first_rollout; /* steps of the rollout that evaluated the leaf */
  uint32_t rollout_count;
  double leaf_value;
  double value; /* expected discounted return from here on */
} heed_node;

typedef struct heed_edge {
  heed_index first_outcome;
  uint32_t visits;  /* simulations through the edge */
  uint32_t samples; /* answers of the dynamics: sum of the outcomes' counts */
  uint32_t unused;
  double value; /* expected discounted return of the action */
} heed_edge;

typedef struct heed_tree_outcome {
  heed_index node; /* where it leads */
  heed_index next; /* next outcome of the same edge */
  uint32_t count;  /* how often the dynamics answered so */
  uint32_t unused;
  double channel;     /* imagined reward channel */
  double information; /* nats of uncertainty about this step */
  double reward;      /* score of the step, information included */
} heed_tree_outcome;

/* One step of a rollout: kept, because a swap must be able to score it again. */
typedef struct heed_rollout_step {
  heed_action action;
  double channel;
  double information;
  double reward;
} heed_rollout_step;

typedef struct heed_tree {
  uint32_t action_count, horizon;
  size_t belief_size, obs_size;
  uint32_t node_capacity, edge_capacity, outcome_capacity, rollout_capacity;
  uint32_t edge_count, outcome_count, rollout_count;
  heed_arena arena; /* owns the arrays below */
  heed_intern rows; /* row of node i: belief, then heed_node_tag; counts the nodes */
  heed_node *nodes;
  unsigned char *obs; /* [node_capacity][obs_size] decoded observations */
  heed_edge *edges;
  heed_tree_outcome *outcomes;
  heed_rollout_step *rollouts;
  unsigned char *rollout_obs; /* [rollout_capacity][obs_size] observation after each step */
  heed_index *at_depth;       /* [depth_capacity] first node of each depth */
  uint32_t depth_capacity;
  uint32_t deepest; /* largest depth of a node */
  bool share_states;
  heed_index root;  /* HEED_INDEX_NONE: the tree is empty */
  double low, high; /* range of the values of all edges below the root */
} heed_tree;

/* Takes all memory. Errors: HEED_ERR_NOMEM. `tree` must be zeroed; deinit accepts it half made. */
heed_status heed__tree_init(heed_tree *tree, heed_error *err);
void heed__tree_deinit(heed_tree *tree);
void heed__tree_clear(heed_tree *tree);

static inline const unsigned char *heed__tree_belief(const heed_tree *tree, heed_index node) {
  return heed_intern_row(&tree->rows, node);
}
static inline heed_node_tag heed__tree_tag(const heed_tree *tree, heed_index node) {
  return *(const heed_node_tag *)(const void *)(heed__tree_belief(tree, node) + tree->belief_size);
}
static inline unsigned char *heed__tree_obs(const heed_tree *tree, heed_index node) {
  return tree->obs + (size_t)node * tree->obs_size;
}
static inline heed_edge *heed__tree_edge(const heed_tree *tree, heed_index node, uint32_t action) {
  return &tree->edges[tree->nodes[node].first_edge + action];
}

/* The node of a row (belief and tag, tree->rows.row_size bytes): an equal one when states are shared,
 * else a new one, whose observation is still to be written. *is_new says which. HEED_INDEX_NONE when
 * the tree is full. */
heed_index heed__tree_add_node(heed_tree *tree, const void *row, bool *is_new);

/* Gives a node its edges. False when the tree is full. */
bool heed__tree_expand(heed_tree *tree, heed_index node);

/* The outcome of an edge that leads to `node`, or HEED_INDEX_NONE. */
heed_index heed__tree_find_outcome(const heed_tree *tree, const heed_edge *edge, heed_index node);

/* The outcome of an edge whose node has this row, or HEED_INDEX_NONE. */
heed_index heed__tree_find_row(const heed_tree *tree, const heed_edge *edge, const void *row);

/* Appends an outcome to an edge; the room was checked (outcome_count < outcome_capacity). */
heed_index heed__tree_add_outcome(heed_tree *tree, heed_edge *edge, heed_index node);

#endif
