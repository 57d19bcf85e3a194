/* exactly.h: planning without sampling, where a model is small enough to be written out: the truth that
 * searches are held against.
 *
 * Every belief that can be reached is found breadth first, with every outcome of every draw that the model
 * makes (HEED_TAPE_ENUMERATE, core/tape.h). Then
 *
 *   with a horizon      dynamic programming backwards (Bellman 1957): expectimax (Russell and Norvig, section
 *                       5.5) in which equal beliefs at equal depths are evaluated once
 *   without an end      value iteration (Puterman 1994, section 6.3)
 *
 * where the least is taken in beliefs in which the adversary chooses (Shapley 1953).
 * It works for any pair of models, learned or given, as long as the dynamics draws among finitely many values
 * (heed_rng_chance, heed_rng_choice, heed_rng_categorical): the exact simulator with one particle in most
 * worlds. What cannot be enumerated is refused. */
#ifndef HEED_PLANNER_EXACTLY_H
#define HEED_PLANNER_EXACTLY_H

#include "dynamics/dynamics.h"
#include "reward/reward.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_exactly_config {
  uint32_t horizon;    /* steps looked ahead, up to 10000; 0: without end */
  double discount;     /* of the reward one step later, in (0, 1] */
  uint32_t states_max; /* more beliefs are an error: 1 .. 2^30 */
  uint64_t plays_max;  /* more ways to draw, of all beliefs and actions together, likewise */
  double
      residual; /* without end: done when no value changes by more in a sweep, > 0. Values are then
                        * off by residual * discount / (1 - discount) at most */
  uint32_t sweeps_max; /* without end: more are an error, >= 1 */
} heed_exactly_config;

/* Horizon 30, discount 0.98, as a search has them; a million beliefs, 10^8 plays, residual 1e-12, 100,000
 * sweeps. */
HEED_API heed_exactly_config heed_exactly_config_default(void);

typedef struct heed_exact_plan heed_exact_plan;

/* Plans from `belief`, by the means of both posteriors. The models are borrowed during the call. Takes a
 * belief, 20 bytes per outcome, and 8 per step of the horizon for each state. Errors:
 *   HEED_ERR_ARG      a setting out of range, spaces that differ, actions that are a box; a real number is
 *                     drawn; more beliefs or plays than the limits say
 *   HEED_ERR_NUMERIC  a score is not finite; values have not settled after sweeps_max sweeps
 *   HEED_ERR_NOMEM */
HEED_API heed_status heed_plan_exactly(const heed_exactly_config *config,
                                       const heed_dynamics *dynamics, const heed_reward *reward,
                                       const void *belief, heed_exact_plan **out, heed_error *err);
HEED_API void heed_exact_plan_destroy(heed_exact_plan *plan); /* accepts NULL */

/* The value of each action in a belief with `remaining` steps to go (1 .. horizon; ignored without end):
 * values[action_count], expected discounted returns; NAN for one that is not legal there. Errors:
 * HEED_ERR_ARG for a belief that is not reached in horizon - remaining steps. */
HEED_API heed_status heed_exact_plan_values(const heed_exact_plan *plan, const void *belief,
                                            uint32_t remaining, double *values, heed_error *err);

/* Beliefs that were found, and sweeps that were made without end. */
HEED_API uint32_t heed_exact_plan_states(const heed_exact_plan *plan);
HEED_API uint32_t heed_exact_plan_sweeps(const heed_exact_plan *plan);

#ifdef __cplusplus
}
#endif
#endif
