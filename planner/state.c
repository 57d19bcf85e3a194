/* state.c: what is noted of a state when it comes into the tree: how it looks, who chooses there and among
 * what, and what is thought of the actions before any search.
 *
 * In a game of two the adversary of the agent chooses in some states, and wants the return low. Nothing
 * else differs there: the value of an edge is written as whoever chooses sees it, times the node's side
 * (tree.h), so that every rule of selection, backup and choice takes the highest, wherever it stands. */
#include "planner/search.h"

static void note_legal(heed_planner *planner, heed_index state) {
  heed_tree *tree = &planner->tree;
  bool *legal = heed__tree_legal(tree, state);
  uint32_t count =
      heed_dynamics_legal(planner->dynamics, heed__tree_belief(tree, state), planner->ties);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    legal[a] = false;
  }
  for (uint32_t i = 0; i < count; i++) {
    legal[planner->ties[i]] = true;
  }
}

void heed__note_state(heed_planner *planner, heed_index state) {
  heed_tree *tree = &planner->tree;
  const void *belief = heed__tree_belief(tree, state);
  heed_dynamics_decode(planner->dynamics, belief, heed__tree_obs(tree, state));
  if (tree->has_sides) {
    tree->sides[state] = heed_dynamics_to_move(planner->dynamics, belief) == 0 ? 1 : -1;
  }
  if (tree->has_legal) {
    note_legal(planner, state);
  }
  heed__prior_write(planner, state);
}
