/* agent.h: an agent = dynamics + reward + planner, and the one loop: act, observe, learn.
 *
 *   heed_agent_begin(agent, obs)                            an episode begins
 *   heed_agent_act(agent, &rng, &decision, &err)            plan, and choose
 *   heed_agent_observe(agent, action, obs, outcome, &err)   what came of it
 *   heed_agent_swap_reward(agent, reward, &err)             at any time, in the middle of an episode too
 *
 * After a swap the next action is taken from the tree that stands, re-scored: without a step of the
 * world and without a call of the dynamics. Training and deployment are the same loop with different
 * switches on: with `adapts`, the agent goes on learning its dynamics from what it meets. */
#ifndef HEED_AGENT_AGENT_H
#define HEED_AGENT_AGENT_H

#include "core/experience.h"
#include "planner/planner.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_agent heed_agent;

/* An agent over models that it borrows. `reward` may be NULL as in heed_planner_create. `adapts`: learn
 * from every step; `dynamics` is then changed, and must serve no other agent meanwhile. Errors as
 * heed_planner_create. */
HEED_API heed_status heed_agent_create(const heed_planner_config *config, heed_dynamics *dynamics,
                                       const heed_reward *reward, bool adapts, heed_agent **out,
                                       heed_error *err);
HEED_API void heed_agent_destroy(heed_agent *agent); /* accepts NULL */

/* Starts an episode with its first observation. Errors: HEED_ERR_NOMEM (only with `adapts`). */
HEED_API heed_status heed_agent_begin(heed_agent *agent, const void *obs, heed_error *err);

/* Decides. Right after a swap, from the tree that stands if it holds the present state: decision's
 * simulations and predictions are 0 then. Errors as heed_planner_plan. */
HEED_API heed_status heed_agent_act(heed_agent *agent, heed_rng *rng, heed_decision *decision,
                                    heed_error *err);

/* Takes in what happened. The action need not be the one decided: a person may have taken over. Errors, only
 * with `adapts`, as heed_dynamics_learn; the agent then does not know of the step, and must begin an episode. */
HEED_API heed_status heed_agent_observe(heed_agent *agent, heed_action action, const void *obs,
                                        heed_outcome outcome, heed_error *err);

/* Swaps a model; borrowed. Errors as in planner.h; on failure the agent keeps the old one. */
HEED_API heed_status heed_agent_swap_reward(heed_agent *agent, const heed_reward *reward,
                                            heed_error *err);
/* With another dynamics, or other settings, the next decision is searched for anew: no tree stands. An
 * evaluator is heard as before, under the reward that it speaks of. The belief cannot be carried over to
 * another dynamics, which begins with the latest observation. Errors: HEED_ERR_ARG for other spaces; those of
 * heed_planner_create and heed_planner_set_evaluator. */
HEED_API heed_status heed_agent_swap_dynamics(heed_agent *agent, heed_dynamics *dynamics,
                                              heed_error *err);
HEED_API heed_status heed_agent_swap_planner(heed_agent *agent, const heed_planner_config *config,
                                             heed_error *err);

/* Plans with an evaluator from now on, also after swaps of dynamics and planner, which must then have a use
 * for it; it is heard while `reward` (NULL: any) is what the agent wants. Errors as
 * heed_planner_set_evaluator. */
HEED_API heed_status heed_agent_set_evaluator(heed_agent *agent, const heed_evaluator *evaluator,
                                              const heed_reward *reward, heed_error *err);

/* The planner at work, for explanations; borrowed. */
HEED_API heed_planner *heed_agent_planner(heed_agent *agent);
/* The present belief, belief_size bytes of its dynamics; borrowed. */
HEED_API const void *heed_agent_belief(const heed_agent *agent);

#ifdef __cplusplus
}
#endif
#endif
