/* batch.h: many copies of one environment, stepped with one call.
 *
 * The rules are shared; what changes lies in arrays of the caller, one row for each copy. Each copy has a
 * generator of its own, so that what happens to it depends neither on how many there are nor on where it
 * stands: a batch gives, to the bit, what stepping its copies one by one gives.
 *
 *   heed_env_batch batch = {.count = n, .auto_reset = true, .states = ..., .states_size = ..., ...};
 *   heed_env_start_batch(env, &batch, &master, &err);
 *   for (;;) {
 *     ... read batch.obs, write batch.actions ...
 *     heed_env_step_batch(env, &batch, &err);
 *   }
 *
 * What becomes of a copy whose episode ends in a step:
 *   auto_reset    it is reset within the call (Gymnasium calls this the "same step" mode): its row of
 *                 `obs` is the first observation of the new episode, its row of `final_obs` the last of
 *                 the old one, and its outcome is that of the step that ended it.
 *   otherwise     its row of `obs` is the last observation. It must be reset before it is stepped again,
 *                 with heed_env_reset_batch: its outcome remembers that, and a call that would step it
 *                 is refused. */
#ifndef HEED_ENVS_BATCH_H
#define HEED_ENVS_BATCH_H

#include "envs/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Everything is the caller's. The sizes are in bytes; each must be what `count` rows take, exactly, and is
 * checked by every call that uses the array. Arrays do not overlap. */
typedef struct heed_env_batch {
  size_t count;    /* copies, at least 1 */
  bool auto_reset; /* see above; stays as it is from the start of the batch on */

  void *states; /* [count][state_size], aligned to 16 bytes */
  size_t states_size;
  heed_rng *rngs; /* [count] */
  size_t rngs_size;
  const heed_action *actions; /* [count] read by step; NULL for start and reset */
  size_t actions_size;
  void *obs; /* [count][heed_space_size(obs_space)] */
  size_t obs_size;
  heed_outcome *
      outcomes; /* [count] of the last step; zeros after start and reset; only read by the caller */
  size_t outcomes_size;
  void *final_obs; /* as obs; rows of copies that did not end stay as they are; NULL: not wanted */
  size_t final_obs_size;
} heed_env_batch;

/* Starts every copy: a fresh state, the generator heed_rng_derive(master, HEED_STREAM_ENV, i), the first
 * episode and its first observation. Errors: HEED_ERR_ARG, naming the array whose size is wrong; nothing
 * is changed then. */
HEED_API heed_status heed_env_start_batch(const heed_env *env, const heed_env_batch *batch,
                                          const heed_rng *master, heed_error *err);

/* Starts a new episode in each copy whose outcome says that its episode has ended. Errors as above. */
HEED_API heed_status heed_env_reset_batch(const heed_env *env, const heed_env_batch *batch,
                                          heed_error *err);

/* Advances every copy by its action, in order, and observes it. Does not allocate. Errors, checked before
 * anything changes: HEED_ERR_ARG for an array of the wrong size and for an action that is not legal (NaN
 * and infinity included), naming the copy; HEED_ERR_STATE for a copy that has ended, without auto_reset. */
HEED_API heed_status heed_env_step_batch(const heed_env *env, const heed_env_batch *batch,
                                         heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
