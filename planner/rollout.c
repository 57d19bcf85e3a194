/* rollout.c: rollouts that follow the prior of an evaluator: each action is drawn by it, or the most probable
 * one (AlphaGo's rollout policy: Silver et al. 2016). Of actions that may not be taken the prior counts for
 * nothing; where it leaves none, any is taken. Rollouts of random actions need none of this (leaf.c). */
#include "planner/search.h"

heed_asks heed__rollout_ask_prior(const heed_planner *planner, heed_simulation *sim,
                                  const void *belief, const void *obs, const heed_question *next) {
  bool is_belief = planner->config.nodes == HEED_NODES_BELIEF;
  sim->phase = HEED_PHASE_ROLLOUT_PRIOR_ASKED;
  *next->value = (heed_evaluation){.belief = is_belief ? belief : NULL,
                                   .obs = obs,
                                   .action_count = planner->tree.action_count,
                                   .prior = sim->prior};
  return HEED_ASKS_VALUE;
}

/* Draws by the prior, whose sum over the actions listed is `total`. */
static uint32_t draw(const double *prior, const uint32_t *actions, uint32_t count, double total,
                     heed_rng *rng) {
  double left = total * heed_rng_uniform(rng);
  uint32_t last = actions[0];
  for (uint32_t i = 0; i < count; i++) {
    double share = prior[actions[i]];
    if (share > 0) {
      last = actions[i];
      if (left < share) {
        break;
      }
    }
    left -= share;
  }
  return last;
}

heed_action heed__rollout_action(heed_planner *planner, const heed_simulation *sim,
                                 const void *belief) {
  uint32_t *actions = planner->ties;
  uint32_t count = heed_dynamics_legal(planner->dynamics, belief, actions);
  planner->is_prior =
      planner->is_prior && heed__is_distribution(sim->prior, planner->tree.action_count);
  double total = 0;
  uint32_t best = actions[0];
  for (uint32_t i = 0; i < count; i++) {
    total += sim->prior[actions[i]];
    best = sim->prior[actions[i]] > sim->prior[best] ? actions[i] : best;
  }
  if (!planner->is_prior || !(total > 0)) {
    best = actions[heed_rng_choice(sim->rng, count)];
  } else if (planner->config.rollout == HEED_ROLLOUT_PRIOR) {
    best = draw(sim->prior, actions, count, total, sim->rng);
  }
  return (heed_action){.index = (int32_t)best};
}
