/* complete.c: values of ways that no simulation took.
 *
 * A transition imagined once holds at every depth. So, layer by layer from the root down, every state
 * that can be reached by known transitions gets its node, and one pass from the deepest layer up
 * (backup.c) makes all values exact for the model as far as it was imagined: finite-horizon dynamic
 * programming (Bellman 1957) on the sampled model (Kearns, Mansour, Ng 2002). The simulations find out
 * what there is to know; they need not walk every way to it. */
#include "planner/search.h"

/* Gives every known outcome of a node its node one step deeper, if anything was tried in its state. False when
 * the tree is full. */
static bool add_successors(heed_planner *planner, heed_index node) {
  heed_tree *tree = &planner->tree;
  if (!heed__tree_is_tried(tree, tree->nodes[node].state)) {
    return true;
  }
  if (!heed__tree_is_expanded(tree, node) && !heed__tree_expand(tree, node)) {
    return false;
  }
  heed_index state = tree->nodes[node].state;
  uint32_t depth = tree->nodes[node].depth + 1;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    heed_index i = heed__tree_transition(tree, state, a)->first_outcome;
    for (; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
      bool is_new;
      if (heed__evaluation_is_due(planner, tree->outcomes[i].state)) {
        continue; /* listed, and nobody has asked yet what it is worth */
      }
      if (heed__tree_add_node(tree, tree->outcomes[i].state, depth, &is_new) == HEED_INDEX_NONE) {
        return false;
      }
    }
  }
  return true;
}

bool heed__complete(heed_planner *planner) {
  heed_tree *tree = &planner->tree;
  bool has_room = true;
  for (uint32_t d = tree->nodes[tree->root].depth; has_room && d < planner->limit; d++) {
    heed_index n = tree->at_depth[d];
    for (; has_room && n != HEED_INDEX_NONE; n = tree->next_at_depth[n]) {
      if (!heed__tree_is_terminal(tree, tree->nodes[n].state)) {
        has_room = add_successors(planner, n);
      }
    }
  }
  heed__backup_tree(planner);
  return has_room;
}
