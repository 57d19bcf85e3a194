#include "planner/tree.h"

#include <assert.h>
#include <string.h>

/* Bytes that the arrays of a tree need, each rounded up to a cache line. */
static size_t arena_size(const heed_tree *tree) {
  size_t sizes[] = {tree->node_capacity * sizeof(heed_node),
                    tree->node_capacity * tree->obs_size,
                    tree->edge_capacity * sizeof(heed_edge),
                    tree->outcome_capacity * sizeof(heed_tree_outcome),
                    tree->rollout_capacity * sizeof(heed_rollout_step),
                    tree->rollout_capacity * tree->obs_size,
                    tree->depth_capacity * sizeof(heed_index)};
  size_t sum = 4096;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    sum += (sizes[i] + 127) & ~(size_t)63;
  }
  return sum;
}

heed_status heed__tree_init(heed_tree *tree, heed_error *err) {
  assert(tree->node_capacity > 0 && tree->action_count > 0 && tree->horizon > 0);
  size_t row_size = tree->belief_size + sizeof(heed_node_tag);
  heed_status status = heed_intern_init(&tree->rows, row_size, tree->node_capacity, err);
  if (status == HEED_OK) {
    status = heed_arena_init(&tree->arena, arena_size(tree), err);
  }
  if (status != HEED_OK) {
    return status;
  }
  /* The arena was made to measure. */
  heed_arena *arena = &tree->arena;
  tree->nodes = heed_arena_alloc(arena, tree->node_capacity, sizeof *tree->nodes, 64, NULL);
  tree->obs = heed_arena_alloc(arena, tree->node_capacity, tree->obs_size, 64, NULL);
  tree->edges = heed_arena_alloc(arena, tree->edge_capacity, sizeof *tree->edges, 64, NULL);
  tree->outcomes =
      heed_arena_alloc(arena, tree->outcome_capacity, sizeof *tree->outcomes, 64, NULL);
  tree->rollouts =
      heed_arena_alloc(arena, tree->rollout_capacity, sizeof *tree->rollouts, 64, NULL);
  tree->rollout_obs = heed_arena_alloc(arena, tree->rollout_capacity, tree->obs_size, 64, NULL);
  tree->at_depth = heed_arena_alloc(arena, tree->depth_capacity, sizeof *tree->at_depth, 64, NULL);
  assert(tree->at_depth != NULL);
  tree->deepest = tree->depth_capacity - 1;
  heed__tree_clear(tree);
  return HEED_OK;
}

void heed__tree_deinit(heed_tree *tree) {
  heed_intern_deinit(&tree->rows);
  heed_arena_deinit(&tree->arena);
  memset(tree, 0, sizeof *tree);
}

void heed__tree_clear(heed_tree *tree) {
  heed_intern_clear(&tree->rows);
  tree->edge_count = 0;
  tree->outcome_count = 0;
  tree->rollout_count = 0;
  tree->root = HEED_INDEX_NONE;
  for (uint32_t d = 0; d <= tree->deepest; d++) {
    tree->at_depth[d] = HEED_INDEX_NONE;
  }
  tree->deepest = 0;
}

heed_index heed__tree_add_node(heed_tree *tree, const void *row, bool *is_new) {
  uint32_t before = tree->rows.count;
  heed_index node =
      tree->share_states ? heed_intern_put(&tree->rows, row) : heed_intern_append(&tree->rows, row);
  *is_new = node == before;
  if (node == HEED_INDEX_NONE || !*is_new) {
    return node;
  }
  uint32_t depth = heed__tree_tag(tree, node).depth;
  assert(depth < tree->depth_capacity);
  tree->nodes[node] = (heed_node){.first_edge = HEED_INDEX_NONE,
                                  .first_rollout = HEED_INDEX_NONE,
                                  .next_at_depth = tree->at_depth[depth]};
  tree->at_depth[depth] = node;
  tree->deepest = depth > tree->deepest ? depth : tree->deepest;
  return node;
}

bool heed__tree_expand(heed_tree *tree, heed_index node) {
  if (tree->edge_capacity - tree->edge_count < tree->action_count) {
    return false;
  }
  tree->nodes[node].first_edge = tree->edge_count;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    tree->edges[tree->edge_count++] = (heed_edge){.first_outcome = HEED_INDEX_NONE};
  }
  return true;
}

heed_index heed__tree_find_outcome(const heed_tree *tree, const heed_edge *edge, heed_index node) {
  heed_index i = edge->first_outcome;
  while (i != HEED_INDEX_NONE && tree->outcomes[i].node != node) {
    i = tree->outcomes[i].next;
  }
  return i;
}

heed_index heed__tree_find_row(const heed_tree *tree, const heed_edge *edge, const void *row) {
  heed_index i = edge->first_outcome;
  while (i != HEED_INDEX_NONE &&
         memcmp(heed__tree_belief(tree, tree->outcomes[i].node), row, tree->rows.row_size) != 0) {
    i = tree->outcomes[i].next;
  }
  return i;
}

heed_index heed__tree_add_outcome(heed_tree *tree, heed_edge *edge, heed_index node) {
  assert(tree->outcome_count < tree->outcome_capacity);
  heed_index i = tree->outcome_count++;
  tree->outcomes[i] = (heed_tree_outcome){.node = node, .next = HEED_INDEX_NONE};
  /* At the end of the list: outcomes stay in the order in which they came up. */
  heed_index *link = &edge->first_outcome;
  while (*link != HEED_INDEX_NONE) {
    link = &tree->outcomes[*link].next;
  }
  *link = i;
  return i;
}
