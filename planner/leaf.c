/* leaf.c: what a new state at the rim of the tree is worth.
 *
 * A rollout takes uniformly random actions, of those that may be taken, down to the horizon and returns
 * the discounted sum of the rewards. Its steps are kept, with their observations, so that a swap of the
 * reward model can score them again; unless the planner is told not to (keep_rollouts). Some models roll out
 * by themselves; others are asked step by step, together with other searches.
 *
 * A value is what an evaluator said of the state when it came into the tree (evaluate.c). The mixture is
 *
 *     (1 - lambda) v + lambda z,     z the return of a rollout
 *
 * as in AlphaGo (Silver et al. 2016, Mastering the game of Go with deep neural networks and tree search,
 * "V(s_L)"). While no evaluator speaks of the reward in force, v is 0 and the mixture the rollout alone. */
#include <string.h>

#include "planner/search.h"

/* The return of so many steps of a rollout, first step first. */
static double return_of(const heed_planner *planner, const heed_steps *steps, uint32_t count) {
  double discount = planner->config.discount;
  double sum = 0;
  for (uint32_t i = count; i-- > 0;) {
    sum = steps->rewards[i] + discount * sum;
  }
  return sum;
}

double heed__leaf_value(const heed_planner *planner, const heed_node *node,
                        const heed_steps *steps) {
  const heed_planner_config *config = &planner->config;
  double value = planner->tree.has_values ? planner->tree.values[node->state] : 0;
  if (node->rollout_count == 0) {
    return value;
  }
  double rollout = return_of(planner, steps, node->rollout_count);
  bool is_mixed = config->leaf == HEED_LEAF_MIXTURE && planner->is_evaluated;
  return is_mixed ? (1 - config->leaf_mixture) * value + config->leaf_mixture * rollout : rollout;
}

static heed_action any_action(heed_planner *planner, const void *belief, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  if (tree->action_dims > 0 || !tree->has_legal) {
    return heed_space_draw_action(&planner->spec->action_space, rng);
  }
  uint32_t count = heed_dynamics_legal(planner->dynamics, belief, planner->ties);
  return (heed_action){.index = (int32_t)planner->ties[heed_rng_choice(rng, count)]};
}

/* Are steps imagined with their observations? */
static bool wants_obs(const heed_planner *planner) {
  return planner->config.keep_rollouts || planner->reads_obs ||
         planner->config.rollout != HEED_ROLLOUT_RANDOM;
}

/* Takes room for all steps that the rollout can have. */
static void reserve(heed_planner *planner, heed_simulation *sim) {
  heed_tree *tree = &planner->tree;
  heed_node *leaf = &tree->nodes[sim->node];
  sim->reserved = planner->limit - leaf->depth;
  sim->step_count = 0;
  if (planner->config.keep_rollouts) {
    uint32_t left = tree->rollout_capacity - tree->rollout_count;
    sim->reserved = sim->reserved < left ? sim->reserved : left;
    sim->steps = heed__tree_rollout(tree, tree->rollout_count);
    leaf->first_rollout = tree->rollout_count;
    tree->rollout_count += sim->reserved;
  }
}

/* The rollout is over: scores it, and gives back the room that it did not need, unless another one has
 * begun behind it. */
static void end_rollout(heed_planner *planner, const heed_simulation *sim) {
  heed_tree *tree = &planner->tree;
  heed_node *leaf = &tree->nodes[sim->node];
  const heed_steps *steps = &sim->steps;
  leaf->rollout_count = sim->step_count & 0x3FFF; /* at most the horizon */
  if (planner->config.keep_rollouts) {
    if (leaf->first_rollout + sim->reserved == tree->rollout_count) {
      tree->rollout_count = leaf->first_rollout + sim->step_count;
    }
  }
  if (planner->reward != NULL) {
    heed__score_rollout(planner, heed__tree_obs(tree, leaf->state), steps, sim->step_count);
  }
  for (uint32_t i = 0; steps->information != NULL && i < sim->step_count; i++) {
    double worth = planner->config.information_weight * steps->information[i];
    steps->rewards[i] = planner->reward != NULL ? steps->rewards[i] + worth : worth;
  }
  leaf->leaf_value = heed__leaf_value(planner, leaf, steps);
  planner->is_finite = planner->is_finite && isfinite(leaf->leaf_value);
}

/* The leaf has its value. */
static void end_leaf(heed_planner *planner, const heed_simulation *sim) {
  heed__backup_node(planner, sim->node); /* until something is known of its actions */
  if (planner->tree.has_moments) {
    heed__moment_node(planner, sim->node);
  }
}

/* Asks what comes of an action in the belief that a rollout has reached. */
static heed_asks ask_step(heed_planner *planner, heed_simulation *sim, const void *belief,
                          heed_action action, const heed_question *next) {
  sim->phase = HEED_PHASE_ROLLOUT_STEP_ASKED;
  heed__ask(planner, sim, belief, action, sim->rows[0], next->step);
  return HEED_ASKS_STEP;
}

/* Asks for the next step of a rollout, or first what to do. */
static heed_asks roll_on(heed_planner *planner, heed_simulation *sim, const void *belief,
                         const void *obs, const heed_question *next) {
  return heed__rollout_is_led(planner)
             ? heed__rollout_ask_prior(planner, sim, belief, obs, next)
             : ask_step(planner, sim, belief, any_action(planner, belief, sim->rng), next);
}

/* The belief that a rollout has reached. */
static const void *reached(const heed_planner *planner, const heed_simulation *sim) {
  return sim->step_count > 0 ? sim->rows[1] : heed__imagined_from(planner, sim);
}

/* Has the model roll out by itself. Scratch is shared by all who ask (dynamics.h). */
static heed_asks ask_rollout(heed_planner *planner, heed_simulation *sim, const void *belief,
                             const heed_question *next) {
  sim->phase = HEED_PHASE_ROLLOUT_ASKED;
  *next->rollout = (heed_rollout){.belief = belief,
                                  .hypothesis = planner->current_dynamics_hypothesis,
                                  .rng = sim->rng,
                                  .most = sim->reserved,
                                  .beliefs = planner->beliefs,
                                  .legal = planner->ties,
                                  .actions = sim->steps.actions,
                                  .channel = sim->steps.channel,
                                  .obs = wants_obs(planner) ? sim->steps.obs : NULL};
  return HEED_ASKS_ROLLOUT;
}

heed_asks heed__leaf_begin(heed_planner *planner, heed_simulation *sim, const heed_question *next) {
  heed_tree *tree = &planner->tree;
  heed_node *leaf = &tree->nodes[sim->node];
  leaf->leaf_visits = 1;
  if (heed__leaf_is_rolled_out(&planner->config) && !heed__tree_is_terminal(tree, leaf->state)) {
    reserve(planner, sim);
    if (sim->reserved > 0) {
      const void *belief = heed__imagined_from(planner, sim);
      return planner->rolls_out
                 ? ask_rollout(planner, sim, belief, next)
                 : roll_on(planner, sim, belief, heed__tree_obs(tree, leaf->state), next);
    }
  }
  end_leaf(planner, sim);
  return HEED_ASKS_NOTHING;
}

/* Notes a step of the rollout. */
static void take_step(heed_planner *planner, heed_simulation *sim, const heed_prediction *answer) {
  uint32_t i = sim->step_count++;
  uint32_t dims = planner->tree.action_dims;
  sim->steps.actions[i] = answer->action.index;
  memcpy(sim->steps.numbers + (size_t)i * dims, answer->action.value, dims * sizeof(float));
  sim->steps.channel[i] = answer->reward;
  if (sim->steps.information != NULL) {
    sim->steps.information[i] = answer->uncertainty;
  }
  if (wants_obs(planner)) {
    heed_dynamics_decode(planner->dynamics, answer->next_belief,
                         sim->steps.obs + i * planner->tree.obs_size);
  }
}

heed_asks heed__leaf_go_on(heed_planner *planner, heed_simulation *sim, const heed_question *answer,
                           const heed_question *next) {
  if (sim->phase == HEED_PHASE_ROLLOUT_PRIOR_ASKED) {
    const void *belief = reached(planner, sim);
    return ask_step(planner, sim, belief, heed__rollout_action(planner, sim, belief), next);
  }
  if (sim->phase == HEED_PHASE_ROLLOUT_ASKED) {
    sim->step_count = answer->rollout->steps;
    planner->predictions += sim->step_count;
  } else {
    take_step(planner, sim, answer->step);
    if (!answer->step->is_terminal && sim->step_count < sim->reserved) {
      heed__go_on_from_answer(sim);
      const unsigned char *obs = sim->steps.obs + (sim->step_count - 1) * planner->tree.obs_size;
      return roll_on(planner, sim, sim->rows[1], obs, next);
    }
  }
  end_rollout(planner, sim);
  end_leaf(planner, sim);
  return HEED_ASKS_NOTHING;
}
