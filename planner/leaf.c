/* leaf.c: what a new state at the rim of the tree is worth.
 *
 * A rollout takes uniformly random actions, of those that may be taken, down to the horizon and returns the discounted sum of the
 * rewards. Its steps are kept, with their observations, so that a swap of the reward model can score
 * them again. */
#include <string.h>

#include "planner/search.h"

double heed__rollout_return(const heed_planner *planner, const heed_node *node) {
  double sum = 0;
  for (uint32_t i = node->rollout_count; i-- > 0;) {
    sum = planner->tree.rollouts[node->first_rollout + i].reward + planner->config.discount * sum;
  }
  return sum;
}

static uint32_t any_action(heed_planner *planner, const void *belief, heed_rng *rng) {
  if (!planner->tree.has_legal) {
    return heed_rng_choice(rng, planner->tree.action_count);
  }
  uint32_t count = heed_dynamics_legal(planner->dynamics, belief, planner->ties);
  return planner->ties[heed_rng_choice(rng, count)];
}

/* Imagines one step of a rollout from `belief` to planner->row; false when the storage is full. */
static bool rollout_step(heed_planner *planner, const void *belief, const unsigned char *obs,
                         heed_rng *rng, bool *is_terminal) {
  heed_tree *tree = &planner->tree;
  if (tree->rollout_count == tree->rollout_capacity) {
    return false;
  }
  heed_index i = tree->rollout_count++;
  unsigned char *next_obs = tree->rollout_obs + (size_t)i * tree->obs_size;
  heed_prediction p = {.belief = belief,
                       .action = {.index = (int32_t)any_action(planner, belief, rng)},
                       .hypothesis = planner->current_dynamics_hypothesis,
                       .rng = rng,
                       .wants_uncertainty = planner->config.information_weight != 0,
                       .next_belief = planner->row};
  heed__predict(planner, &p);
  heed_dynamics_decode(planner->dynamics, planner->row, next_obs);
  heed_step step = {obs, p.action, next_obs, p.reward};
  tree->rollouts[i] = (heed_rollout_step){.action = p.action.index,
                                          .channel = p.reward,
                                          .information = p.uncertainty,
                                          .reward = heed__score(planner, &step, p.uncertainty)};
  *is_terminal = p.is_terminal;
  return true;
}

static void rollout(heed_planner *planner, heed_index node, heed_rng *rng) {
  heed_tree *tree = &planner->tree;
  heed_node *leaf = &tree->nodes[node];
  const unsigned char *obs = heed__tree_obs(tree, leaf->state);
  leaf->first_rollout = tree->rollout_count;
  memcpy(planner->belief, heed__tree_belief(tree, leaf->state), tree->belief_size);
  bool is_terminal = heed__tree_is_terminal(tree, leaf->state);
  for (uint32_t d = leaf->depth; d < planner->limit && !is_terminal; d++) {
    if (!rollout_step(planner, planner->belief, obs, rng, &is_terminal)) {
      break;
    }
    leaf->rollout_count++;
    obs = tree->rollout_obs + (size_t)(tree->rollout_count - 1) * tree->obs_size;
    memcpy(planner->belief, planner->row, tree->belief_size);
  }
}

void heed__leaf_evaluate(heed_planner *planner, heed_index node, heed_rng *rng) {
  heed_node *leaf = &planner->tree.nodes[node];
  if (leaf->leaf_visits > 0) {
    return;
  }
  leaf->leaf_visits = 1;
  if (planner->config.leaf == HEED_LEAF_ROLLOUT) {
    rollout(planner, node, rng);
  }
  leaf->leaf_value = heed__rollout_return(planner, leaf);
  leaf->value = leaf->leaf_value; /* until something is known of its actions */
  if (planner->tree.has_moments) {
    heed__moment_node(planner, node);
  }
}
