#include "planner/tree.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The last ones are read HEED_LANES at a time. */
static size_t edge_bytes(const heed_tree *tree) {
  return (size_t)tree->edge_capacity * HEED_EDGE_BYTES + HEED_LANES * sizeof(double);
}

/* Numbers of priors, likewise. */
static size_t prior_count(const heed_tree *tree) {
  return tree->has_priors ? (size_t)tree->node_capacity * tree->action_count + HEED_LANES : 0;
}

/* Bytes that the arrays of a tree need, each rounded up to a cache line. */
static size_t arena_size(const heed_tree *tree) {
  size_t nodes = tree->node_capacity;
  size_t shared = tree->share_states ? 1 : 0;
  size_t sizes[] = {nodes * tree->obs_size,
                    nodes * sizeof(heed_index),
                    tree->edge_capacity * sizeof(heed_transition),
                    tree->outcome_capacity * sizeof(heed_tree_outcome),
                    nodes * sizeof(heed_node),
                    nodes * tree->places.window * sizeof(heed_index),
                    nodes * sizeof(heed_index),
                    edge_bytes(tree),
                    shared * tree->depth_capacity * sizeof(heed_index),
                    shared * nodes * sizeof(heed_index),
                    shared * nodes * sizeof(double),
                    tree->rollout_capacity * sizeof(int32_t),
                    (size_t)tree->rollout_capacity * tree->action_dims * sizeof(float),
                    (size_t)tree->edge_capacity * tree->action_dims * sizeof(float),
                    tree->rollout_capacity * sizeof(double),
                    tree->rollout_capacity * sizeof(double),
                    tree->has_information ? tree->rollout_capacity * sizeof(double) : 0,
                    tree->rollout_capacity * tree->obs_size,
                    prior_count(tree) * sizeof(double),
                    tree->has_corrections ? nodes * tree->action_count * sizeof(double) : 0,
                    tree->has_values ? nodes * sizeof(double) : 0,
                    tree->has_legal ? nodes * tree->action_count * sizeof(bool) : 0,
                    tree->has_sides ? nodes * sizeof(int8_t) : 0,
                    tree->has_weights ? tree->outcome_capacity * sizeof(double) : 0,
                    tree->has_moments ? tree->edge_capacity * sizeof(double) : 0,
                    tree->has_moments ? nodes * sizeof(double) : 0};
  size_t sum = 4096;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    sum += (sizes[i] + 127) & ~(size_t)63;
  }
  return sum;
}

static heed_status take_memory(heed_tree *tree, heed_error *err) {
  heed_status status = heed_intern_init(&tree->states, tree->belief_size + sizeof(heed_state_tag),
                                        tree->node_capacity, err);
  tree->places.window = tree->share_states ? tree->horizon + 1 : 1;
  return status == HEED_OK ? heed_arena_init(&tree->arena, arena_size(tree), err) : status;
}

heed_status heed__tree_init(heed_tree *tree, heed_error *err) {
  assert(tree->node_capacity > 0 && tree->action_count > 0 && tree->horizon > 0);
  heed_status status = take_memory(tree, err);
  if (status != HEED_OK) {
    return status;
  }
  /* The arena was made to measure: no slice can fail. */
  heed_arena *arena = &tree->arena;
  size_t nodes = tree->node_capacity;
  size_t rollouts = tree->rollout_capacity;
  tree->obs = heed_arena_alloc(arena, nodes, tree->obs_size, 64, NULL);
  tree->first_transition = heed_arena_alloc(arena, nodes, sizeof *tree->first_transition, 64, NULL);
  tree->transitions =
      heed_arena_alloc(arena, tree->edge_capacity, sizeof *tree->transitions, 64, NULL);
  tree->outcomes =
      heed_arena_alloc(arena, tree->outcome_capacity, sizeof *tree->outcomes, 64, NULL);
  tree->nodes = heed_arena_alloc(arena, nodes, sizeof *tree->nodes, 64, NULL);
  tree->places.at =
      heed_arena_alloc(arena, nodes * tree->places.window, sizeof *tree->places.at, 64, NULL);
  tree->first_edge = heed_arena_alloc(arena, nodes, sizeof *tree->first_edge, 64, NULL);
  tree->edges = heed_arena_alloc(arena, edge_bytes(tree), 1, 64, NULL);
  size_t shared = tree->share_states ? 1 : 0;
  tree->at_depth =
      heed_arena_alloc(arena, shared * tree->depth_capacity, sizeof *tree->at_depth, 64, NULL);
  tree->next_at_depth =
      heed_arena_alloc(arena, shared * nodes, sizeof *tree->next_at_depth, 64, NULL);
  tree->below = heed_arena_alloc(arena, shared * nodes, sizeof *tree->below, 64, NULL);
  tree->rollouts.actions = heed_arena_alloc(arena, rollouts, sizeof(int32_t), 64, NULL);
  tree->rollouts.numbers =
      heed_arena_alloc(arena, rollouts * tree->action_dims, sizeof(float), 64, NULL);
  tree->actions = heed_arena_alloc(arena, (size_t)tree->edge_capacity * tree->action_dims,
                                   sizeof(float), 64, NULL);
  tree->rollouts.channel = heed_arena_alloc(arena, rollouts, sizeof(double), 64, NULL);
  tree->rollouts.rewards = heed_arena_alloc(arena, rollouts, sizeof(double), 64, NULL);
  if (tree->has_information) {
    tree->rollouts.information = heed_arena_alloc(arena, rollouts, sizeof(double), 64, NULL);
  }
  tree->rollouts.obs = heed_arena_alloc(arena, rollouts, tree->obs_size, 64, NULL);
  tree->priors = heed_arena_alloc(arena, prior_count(tree), sizeof *tree->priors, 64, NULL);
  size_t corrections = tree->has_corrections ? nodes * tree->action_count : 0;
  tree->corrections = heed_arena_alloc(arena, corrections, sizeof *tree->corrections, 64, NULL);
  size_t values = tree->has_values ? nodes : 0;
  tree->values = heed_arena_alloc(arena, values, sizeof *tree->values, 64, NULL);
  size_t legal = tree->has_legal ? nodes * tree->action_count : 0;
  tree->legal = heed_arena_alloc(arena, legal, sizeof *tree->legal, 64, NULL);
  size_t sides = tree->has_sides ? nodes : 0;
  tree->sides = heed_arena_alloc(arena, sides, sizeof *tree->sides, 64, NULL);
  size_t weights = tree->has_weights ? tree->outcome_capacity : 0;
  tree->weights = heed_arena_alloc(arena, weights, sizeof *tree->weights, 64, NULL);
  size_t edge_moments = tree->has_moments ? tree->edge_capacity : 0;
  tree->edge_moments = heed_arena_alloc(arena, edge_moments, sizeof *tree->edge_moments, 64, NULL);
  size_t node_moments = tree->has_moments ? nodes : 0;
  tree->node_moments = heed_arena_alloc(arena, node_moments, sizeof *tree->node_moments, 64, NULL);
  assert(tree->rollouts.obs != NULL && tree->node_moments != NULL);
  tree->deepest = tree->depth_capacity - 1;
  heed__tree_clear(tree);
  return HEED_OK;
}

void heed__tree_deinit(heed_tree *tree) {
  heed_intern_deinit(&tree->states);
  heed_arena_deinit(&tree->arena);
  memset(tree, 0, sizeof *tree);
}

void heed__tree_clear_nodes(heed_tree *tree) {
  tree->places.count = 0;
  tree->edge_count = 0;
  tree->rollout_count = 0;
  tree->root = HEED_INDEX_NONE;
  for (uint32_t d = 0; tree->share_states && d <= tree->deepest; d++) {
    tree->at_depth[d] = HEED_INDEX_NONE;
  }
  tree->deepest = 0;
}

void heed__tree_clear(heed_tree *tree) {
  heed__tree_clear_nodes(tree);
  heed_intern_clear(&tree->states);
  tree->transition_count = 0;
  tree->outcome_count = 0;
}

heed_index heed__tree_add_state(heed_tree *tree, const void *row, bool *is_new) {
  uint32_t before = tree->states.count;
  heed_index state = tree->share_states ? heed_intern_put(&tree->states, row)
                                        : heed_intern_append(&tree->states, row);
  *is_new = state == before;
  if (*is_new && state != HEED_INDEX_NONE) {
    tree->first_transition[state] = HEED_INDEX_NONE;
  }
  return state;
}

heed_index heed__tree_find_outcome(const heed_tree *tree, const heed_transition *transition,
                                   const void *row) {
  heed_index i = transition->first_outcome;
  while (i != HEED_INDEX_NONE && memcmp(heed__tree_belief(tree, tree->outcomes[i].state), row,
                                        tree->states.row_size) != 0) {
    i = tree->outcomes[i].next;
  }
  return i;
}

heed_index heed__tree_add_outcome(heed_tree *tree, heed_transition *transition, heed_index state) {
  if (tree->outcome_count == tree->outcome_capacity) {
    return HEED_INDEX_NONE;
  }
  heed_index i = tree->outcome_count++;
  tree->outcomes[i] =
      (heed_tree_outcome){.state = state, .next = HEED_INDEX_NONE, .child = HEED_INDEX_NONE};
  heed_index *link = &transition->first_outcome;
  transition->is_sole = *link == HEED_INDEX_NONE;
  while (*link != HEED_INDEX_NONE) {
    link = &tree->outcomes[*link].next;
  }
  *link = i;
  return i;
}

/* The entry for a state at a depth. */
static heed_index *entry_of(const heed_tree *tree, heed_index state, uint32_t depth) {
  const heed_places *places = &tree->places;
  return &places->at[(size_t)state * places->window + depth % places->window];
}

heed_index heed__tree_find_node(const heed_tree *tree, heed_index state, uint32_t depth) {
  heed_index n = *entry_of(tree, state, depth);
  bool holds =
      n < tree->places.count && tree->nodes[n].state == state && tree->nodes[n].depth == depth;
  return holds ? n : HEED_INDEX_NONE;
}

heed_index heed__tree_add_node(heed_tree *tree, heed_index state, uint32_t depth, bool *is_new) {
  assert(depth < tree->depth_capacity);
  heed_index node = heed__tree_find_node(tree, state, depth);
  *is_new = node == HEED_INDEX_NONE && tree->places.count < tree->node_capacity;
  if (!*is_new) {
    return node;
  }
  node = tree->places.count++;
  *entry_of(tree, state, depth) = node;
  double value = tree->has_values ? tree->values[state] : 0;
  tree->first_edge[node] = HEED_INDEX_NONE;
  tree->nodes[node] = (heed_node){.value = value,
                                  .leaf_value = value,
                                  .state = state,
                                  .depth = depth & HEED_DEPTH_MAX,
                                  .side = tree->has_sides && tree->sides[state] < 0 ? -1 : 1};
  if (tree->has_moments) {
    tree->node_moments[node] = value * value;
  }
  if (tree->share_states) {
    tree->next_at_depth[node] = tree->at_depth[depth];
    tree->at_depth[depth] = node;
  }
  tree->deepest = depth > tree->deepest ? depth : tree->deepest;
  return node;
}

bool heed__tree_try(heed_tree *tree, heed_index state) {
  if (heed__tree_is_tried(tree, state)) {
    return true;
  }
  if (tree->edge_capacity - tree->transition_count < tree->action_count) {
    return false;
  }
  tree->first_transition[state] = tree->transition_count;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    tree->transitions[tree->transition_count++] =
        (heed_transition){.first_outcome = HEED_INDEX_NONE};
  }
  return true;
}

bool heed__tree_expand(heed_tree *tree, heed_index node) {
  if (tree->edge_capacity - tree->edge_count < tree->action_count ||
      !heed__tree_try(tree, tree->nodes[node].state)) {
    return false;
  }
  tree->first_edge[node] = tree->edge_count;
  const bool *legal = tree->has_legal ? heed__tree_legal(tree, tree->nodes[node].state) : NULL;
  heed_edges edges = heed__edges_from(tree, tree->edge_count);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    edges.values[a] = legal == NULL || legal[a] ? -HUGE_VAL : (double)NAN;
    edges.visits[a] = 0;
    edges.children[a] = HEED_INDEX_NONE;
  }
  tree->edge_count += tree->action_count;
  return true;
}
