/* rescore.c: scores of imagined steps, and all of them again when the reward model is swapped.
 *
 * The transitions are in the tree with their observations, so that nothing has to be imagined again:
 * one pass scores them in batches, one pass of backup.c follows. */
#include <math.h>

#include "planner/search.h"

double heed__score(heed_planner *planner, const heed_step *step, double information) {
  double reward = 0;
  if (planner->reward != NULL) {
    heed_reward_score(planner->reward, step, 1, planner->current_reward_hypothesis, &reward, NULL,
                      planner->reward_workspace);
  }
  reward += planner->config.information_weight * information;
  planner->is_finite = planner->is_finite && isfinite(reward);
  return reward;
}

void heed__score_rollout(heed_planner *planner, const void *obs, const heed_steps *steps,
                         uint32_t count) {
  size_t obs_size = planner->tree.obs_size;
  for (uint32_t done = 0; done < count;) {
    uint32_t rows = count - done < HEED_SCORE_BATCH ? count - done : HEED_SCORE_BATCH;
    heed_step batch[HEED_SCORE_BATCH];
    for (uint32_t i = 0; i < rows; i++) {
      const unsigned char *next_obs = steps->obs + (done + i) * obs_size;
      batch[i].obs = obs;
      heed__steps_action(steps, done + i, planner->tree.action_dims, &batch[i].action);
      batch[i].next_obs = next_obs;
      batch[i].channel = steps->channel[done + i];
      obs = next_obs;
    }
    heed_reward_score(planner->reward, batch, rows, planner->current_reward_hypothesis,
                      steps->rewards + done, NULL, planner->reward_workspace);
    done += rows;
  }
}

/* Steps waiting to be scored, and where their rewards go. */
typedef struct batch {
  uint32_t count;
  heed_step steps[HEED_SCORE_BATCH];
  double information[HEED_SCORE_BATCH];
  double *rewards[HEED_SCORE_BATCH];
  bool is_finite;
} batch;

static void flush(const heed_planner *planner, batch *b) {
  double scores[HEED_SCORE_BATCH] = {0};
  if (planner->reward != NULL && b->count > 0) {
    heed_reward_score(planner->reward, b->steps, b->count, planner->current_reward_hypothesis,
                      scores, NULL, planner->reward_workspace);
  }
  for (uint32_t i = 0; i < b->count; i++) {
    *b->rewards[i] = scores[i] + planner->config.information_weight * b->information[i];
    b->is_finite = b->is_finite && isfinite(*b->rewards[i]);
  }
  b->count = 0;
}

static void put(const heed_planner *planner, batch *b, const heed_step *step, double information,
                double *reward) {
  b->steps[b->count] = *step;
  b->information[b->count] = information;
  b->rewards[b->count++] = reward;
  if (b->count == HEED_SCORE_BATCH) {
    flush(planner, b);
  }
}

static void rescore_state(heed_planner *planner, heed_index state, batch *b) {
  heed_tree *tree = &planner->tree;
  for (uint32_t a = 0; heed__tree_is_tried(tree, state) && a < tree->action_count; a++) {
    heed_index i = heed__tree_transition(tree, state, a)->first_outcome;
    for (; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
      heed_tree_outcome *o = &tree->outcomes[i];
      heed_step step = {heed__tree_obs(tree, state), heed__tree_action(tree, state, a),
                        heed__tree_obs(tree, o->state), o->channel};
      put(planner, b, &step, o->information, &o->reward);
    }
  }
}

static void rescore_rollout(heed_planner *planner, const heed_node *node, batch *b) {
  heed_tree *tree = &planner->tree;
  const unsigned char *obs = heed__tree_obs(tree, node->state);
  heed_steps steps = heed__tree_rollout(tree, node->first_rollout);
  for (uint32_t i = 0; i < node->rollout_count; i++) {
    const unsigned char *next_obs = steps.obs + i * tree->obs_size;
    heed_step step = {.obs = obs, .next_obs = next_obs, .channel = steps.channel[i]};
    heed__steps_action(&steps, i, tree->action_dims, &step.action);
    put(planner, b, &step, steps.information != NULL ? steps.information[i] : 0, &steps.rewards[i]);
    obs = next_obs;
  }
}

heed_status heed__rescore(heed_planner *planner, heed_error *err) {
  heed_tree *tree = &planner->tree;
  batch b = {.is_finite = true};
  bool are_rolled_out = heed__leaf_is_rolled_out(&planner->config);
  planner->halving.root = HEED_INDEX_NONE; /* what the old reward dropped is worth a look again */
  if (planner->config.nodes == HEED_NODES_ACTIONS) {
    heed__tree_clear(tree); /* rewards are means over steps that nobody kept */
  }
  if (are_rolled_out && !planner->config.keep_rollouts) {
    heed__tree_clear_nodes(tree); /* what leaves are worth now is not known */
  }
  if (planner->reads_obs && !tree->has_obs) {
    for (heed_index s = 0; s < tree->states.count; s++) {
      heed__observe_state(planner, s, heed__tree_obs(tree, s));
    }
    tree->has_obs = true;
  }
  for (heed_index s = 0; s < tree->states.count; s++) {
    rescore_state(planner, s, &b);
  }
  for (heed_index n = 0; are_rolled_out && n < tree->places.count; n++) {
    rescore_rollout(planner, &tree->nodes[n], &b);
  }
  flush(planner, &b);
  heed_status status = heed__evaluate_all(planner, err);
  for (heed_index n = 0; (are_rolled_out || tree->has_values) && n < tree->places.count; n++) {
    heed_node *node = &tree->nodes[n];
    heed_steps steps = heed__tree_rollout(tree, node->first_rollout);
    node->leaf_value = heed__leaf_value(planner, node, &steps);
  }
  if (tree->root != HEED_INDEX_NONE) {
    heed__backup_tree(planner);
  }
  if (status != HEED_OK) {
    return status;
  }
  return b.is_finite ? HEED_OK : heed_fail(err, HEED_ERR_NUMERIC, "a reward is not finite");
}
