/* leaf.c: what a new state at the rim of the tree is worth.
 *
 * A rollout takes uniformly random actions, of those that may be taken, down to the horizon and returns
 * the discounted sum of the rewards. Its steps are kept, with their observations, so that a swap of the
 * reward model can score them again. */
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

/* Takes room for all steps that the rollout can have. */
static void reserve(heed_planner *planner, heed_simulation *sim, heed_node *leaf) {
  heed_tree *tree = &planner->tree;
  uint32_t most = planner->limit - leaf->depth;
  uint32_t left = tree->rollout_capacity - tree->rollout_count;
  leaf->first_rollout = tree->rollout_count;
  leaf->rollout_count = 0;
  sim->reserved = most < left ? most : left;
  tree->rollout_count += sim->reserved;
}

/* Gives back what the rollout did not need, unless another one has begun behind it. */
static void give_back(heed_planner *planner, const heed_simulation *sim, const heed_node *leaf) {
  heed_tree *tree = &planner->tree;
  if (leaf->first_rollout + sim->reserved == tree->rollout_count) {
    tree->rollout_count = leaf->first_rollout + leaf->rollout_count;
  }
}

/* Scores the steps of a rollout, in batches. */
static void score(heed_planner *planner, const heed_node *leaf) {
  heed_tree *tree = &planner->tree;
  const unsigned char *obs = heed__tree_obs(tree, leaf->state);
  heed_step steps[HEED_SCORE_BATCH];
  for (uint32_t done = 0; done < leaf->rollout_count;) {
    uint32_t count = leaf->rollout_count - done;
    count = count < HEED_SCORE_BATCH ? count : HEED_SCORE_BATCH;
    heed_rollout_step *kept = &tree->rollouts[leaf->first_rollout + done];
    unsigned char *next_obs = heed__tree_rollout_obs(tree, leaf->first_rollout + done);
    for (uint32_t i = 0; i < count; i++) {
      steps[i] = (heed_step){obs, {.index = kept[i].action}, next_obs, kept[i].channel};
      obs = next_obs;
      next_obs += tree->obs_size;
    }
    heed__score_rollout(planner, steps, count, kept);
    done += count;
  }
}

/* The rollout is over, or there is none. */
static void finish(heed_planner *planner, const heed_simulation *sim) {
  heed_node *leaf = &planner->tree.nodes[sim->node];
  leaf->leaf_value = heed__rollout_return(planner, leaf);
  heed__backup_node(planner, sim->node); /* until something is known of its actions */
  if (planner->tree.has_moments) {
    heed__moment_node(planner, sim->node);
  }
}

/* Asks for the next step of a rollout; its belief is in the second row, but for the first step. */
static void ask_step(heed_planner *planner, heed_simulation *sim, const void *belief,
                     heed_prediction *question) {
  uint32_t action = any_action(planner, belief, sim->rng);
  sim->phase = HEED_PHASE_ROLLOUT_ASKED;
  heed__ask(planner, sim, belief, action, sim->rows[0], question);
}

bool heed__leaf_begin(heed_planner *planner, heed_simulation *sim, heed_prediction *question) {
  heed_tree *tree = &planner->tree;
  heed_node *leaf = &tree->nodes[sim->node];
  leaf->leaf_visits = 1;
  if (planner->config.leaf == HEED_LEAF_ROLLOUT && !heed__tree_is_terminal(tree, leaf->state)) {
    reserve(planner, sim, leaf);
    if (sim->reserved > 0) {
      ask_step(planner, sim, heed__imagined_from(planner, sim), question);
      return true;
    }
  }
  finish(planner, sim);
  return false;
}

bool heed__leaf_go_on(heed_planner *planner, heed_simulation *sim, const heed_prediction *answer,
                      heed_prediction *question) {
  heed_tree *tree = &planner->tree;
  heed_node *leaf = &tree->nodes[sim->node];
  heed_index i = leaf->first_rollout + leaf->rollout_count++;
  tree->rollouts[i] = (heed_rollout_step){.channel = answer->reward,
                                          .information = answer->uncertainty,
                                          .action = answer->action.index};
  heed_dynamics_decode(planner->dynamics, answer->next_belief, heed__tree_rollout_obs(tree, i));
  if (!answer->is_terminal && leaf->rollout_count < sim->reserved) {
    heed__go_on_from_answer(sim);
    ask_step(planner, sim, sim->rows[1], question);
    return true;
  }
  give_back(planner, sim, leaf);
  score(planner, leaf);
  finish(planner, sim);
  return false;
}
