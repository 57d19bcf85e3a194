/* value.h: what a position is worth to go on from, and what is thought of its actions before any search: a
 * value and a policy, learned or given.
 *
 *   position (what is seen)  ->  evaluate  ->  value   expected discounted return from here on
 *                                          ->  prior   a probability for each action
 *
 * A planner that is given an evaluator (planner.h) asks it once for each state that comes into its tree. Many
 * searches that take turns are answered in one call, so that a network multiplies matrices instead of
 * vectors. */
#ifndef HEED_VALUE_VALUE_H
#define HEED_VALUE_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "core/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One position to be evaluated: a row of a batch. */
typedef struct heed_evaluation {
  /* in, borrowed */
  const void *belief;    /* of the dynamics; NULL where states are histories */
  const void *obs;       /* what is seen of it, obs_space row */
  uint32_t action_count; /* discrete actions, legal or not */
  /* out */
  double
      value; /* expected discounted return from here on, as the agent sees it, reward units; finite */
  double *prior; /* caller's [action_count], each >= 0, their sum 1; NULL: not wanted */
} heed_evaluation;

/* A model of values and policies. It is read by several threads at once. */
typedef struct heed_evaluator {
  const void *self; /* borrowed */

  /* Optional. Bytes of scratch that evaluate needs for `batch` rows; NULL: none. */
  size_t (*workspace_size)(const void *self, size_t batch);

  /* Required. Evaluates batch[count], each row by itself: what comes of a row depends on nothing else, to the
   * bit. Whoever knows no values leaves them at 0, which they are before. What a prior gives to actions that are
   * not legal is shared out among the others. Does not allocate, cannot fail. */
  void (*evaluate)(const void *self, heed_evaluation *batch, size_t count, void *workspace);
} heed_evaluator;

#ifdef __cplusplus
}
#endif
#endif
