/* state.c: what is noted of a state when it comes into the tree: how it looks, who chooses there and among
 * what, and what is thought of the actions before any search.
 *
 * In a game of two the adversary of the agent chooses in some states, and wants the return low. Nothing
 * else differs there: the value of an edge is written as whoever chooses sees it, times the node's side
 * (tree.h), so that every rule of selection, backup and choice takes the highest, wherever it stands. */
#include <string.h>

#include "planner/search.h"

static void note_legal(heed_planner *planner, heed_index state, const heed_dynamics *model,
                       const void *belief) {
  heed_tree *tree = &planner->tree;
  bool *legal = heed__tree_legal(tree, state);
  uint32_t count = heed_dynamics_legal(model, belief, planner->ties);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    legal[a] = false;
  }
  for (uint32_t i = 0; i < count; i++) {
    legal[planner->ties[i]] = true;
  }
}

void heed__note_state(heed_planner *planner, heed_index state, const heed_dynamics *model,
                      const void *belief) {
  heed_tree *tree = &planner->tree;
  if (tree->has_obs) {
    heed_dynamics_decode(model, belief, heed__tree_obs(tree, state));
  }
  if (tree->has_sides) {
    tree->sides[state] = heed_dynamics_to_move(model, belief) == 0 ? 1 : -1;
  }
  if (tree->has_legal) {
    note_legal(planner, state, model, belief);
  }
  heed__evaluate_later(planner, state);
}

void heed__observe_state(const heed_planner *planner, heed_index state, void *obs) {
  const heed_tree *tree = &planner->tree;
  if (planner->config.nodes == HEED_NODES_HISTORY) {
    memcpy(obs, heed__tree_belief(tree, state), tree->obs_size); /* which is what was seen */
  } else if (tree->has_obs) {
    memcpy(obs, heed__tree_obs(tree, state), tree->obs_size);
  } else {
    heed_dynamics_decode(planner->dynamics, heed__tree_belief(tree, state), obs);
  }
}

void heed__write_history(heed_planner *planner, const heed_dynamics *model, const void *belief) {
  const heed_tree *tree = &planner->tree;
  if (planner->config.nodes == HEED_NODES_HISTORY) {
    memset(planner->row + tree->obs_size, 0, tree->belief_size - tree->obs_size);
    heed_dynamics_decode(model, belief, planner->row);
  }
}
