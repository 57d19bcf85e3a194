#include "envs/batch.h"

#include <stdint.h>

/* Blocks of states may hold anything that malloc's memory may. */
enum { STATE_ALIGN = 16 };

/* One array of a batch, as the caller gives it and as it must be. */
typedef struct array {
  const char *name;
  const void *data;
  size_t size;  /* bytes given */
  size_t row;   /* bytes of a row */
  size_t align; /* bytes */
} array;

static heed_status check_array(const array *a, size_t count, heed_error *err) {
  if (a->data == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "batch: %s is NULL, %zu rows of %zu bytes expected",
                     a->name, count, a->row);
  }
  if (a->size % a->row != 0 || a->size / a->row != count) {
    return heed_fail(err, HEED_ERR_ARG, "batch: %s has %zu bytes, %zu rows of %zu bytes expected",
                     a->name, a->size, count, a->row);
  }
  if ((uintptr_t)a->data % a->align != 0) {
    return heed_fail(err, HEED_ERR_ARG, "batch: %s is not aligned to %zu bytes", a->name, a->align);
  }
  return HEED_OK;
}

/* All arrays that every call uses, and the actions if they are wanted. */
static heed_status check_arrays(const heed_env *env, const heed_env_batch *b, bool has_actions,
                                heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  size_t obs_size = heed_space_size(&spec->obs_space);
  size_t obs_align = spec->obs_space.kind == HEED_SPACE_BOX ? _Alignof(float) : 1;
  const array arrays[] = {
      {"states", b->states, b->states_size, spec->state_size, STATE_ALIGN},
      {"rngs", b->rngs, b->rngs_size, sizeof(heed_rng), _Alignof(heed_rng)},
      {"obs", b->obs, b->obs_size, obs_size, obs_align},
      {"outcomes", b->outcomes, b->outcomes_size, sizeof(heed_outcome), _Alignof(heed_outcome)},
      {"actions", b->actions, b->actions_size, sizeof(heed_action), _Alignof(heed_action)},
      {"final_obs", b->final_obs, b->final_obs_size, obs_size, obs_align},
  };
  const bool is_used[] = {true, true, true, true, has_actions, b->final_obs != NULL};
  if (b->count == 0) {
    return heed_fail(err, HEED_ERR_ARG, "batch: no copies, at least 1 expected");
  }
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
    heed_status status = is_used[i] ? check_array(&arrays[i], b->count, err) : HEED_OK;
    if (status != HEED_OK) {
      return status;
    }
  }
  return HEED_OK;
}

static bool has_ended(heed_outcome outcome) {
  return outcome.is_terminal || outcome.is_truncated;
}

/* Is every action legal, and every copy under way? An index is compared here, without a call. */
static heed_status check_copies(const heed_env *env, const heed_env_batch *b, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  uint32_t indices = spec->action_space.kind == HEED_SPACE_DISCRETE ? spec->accepted_actions : 0;
  bool has_legal = heed_env_ops_of(env)->legal != NULL;
  const unsigned char *state = b->states;
  for (size_t i = 0; i < b->count; i++, state += spec->state_size) {
    if ((uint32_t)b->actions[i].index >= indices) {
      heed_status status = heed_env_check_action(env, b->actions[i], err);
      if (status != HEED_OK) {
        return heed_fail_context(err, status, "batch: copy %zu", i);
      }
    }
    if (has_legal) {
      heed_status status = heed_env_check_step(env, state, b->actions[i], err);
      if (status != HEED_OK) {
        return heed_fail_context(err, status, "batch: copy %zu", i);
      }
    }
    if (!b->auto_reset && has_ended(b->outcomes[i])) {
      return heed_fail(err, HEED_ERR_STATE,
                       "batch: the episode of copy %zu has ended; reset it, or use auto_reset", i);
    }
  }
  return HEED_OK;
}

heed_status heed_env_start_batch(const heed_env *env, const heed_env_batch *b,
                                 const heed_rng *master, heed_error *err) {
  heed_status status = check_arrays(env, b, false, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t state_size = heed_env_spec_of(env)->state_size;
  for (size_t i = 0; i < b->count; i++) {
    b->rngs[i] = heed_rng_derive(master, HEED_STREAM_ENV, i);
    heed_env_init(env, (unsigned char *)b->states + i * state_size);
    b->outcomes[i] = (heed_outcome){.is_truncated = true}; /* as if another episode had ended */
  }
  return heed_env_reset_batch(env, b, err);
}

heed_status heed_env_reset_batch(const heed_env *env, const heed_env_batch *b, heed_error *err) {
  heed_status status = check_arrays(env, b, false, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t state_size = heed_env_spec_of(env)->state_size;
  size_t obs_size = heed_space_size(&heed_env_spec_of(env)->obs_space);
  for (size_t i = 0; i < b->count; i++) {
    if (has_ended(b->outcomes[i])) {
      unsigned char *state = (unsigned char *)b->states + i * state_size;
      heed_env_reset(env, state, &b->rngs[i]);
      heed_env_observe(env, state, (unsigned char *)b->obs + i * obs_size);
      b->outcomes[i] = (heed_outcome){0};
    }
  }
  return HEED_OK;
}

/* The loop reads the table of operations once: a step costs two calls through pointers, and nothing is
 * checked in it. A copy is observed while its state is still in the cache. */
static void step_all(const heed_env *env, const heed_env_batch *b) {
  const heed_env_ops *ops = heed_env_ops_of(env);
  const void *self = heed__env_self(env);
  size_t state_size = heed_env_spec_of(env)->state_size;
  size_t obs_size = heed_space_size(&heed_env_spec_of(env)->obs_space);
  unsigned char *state = b->states;
  unsigned char *obs = b->obs;
  for (size_t i = 0; i < b->count; i++, state += state_size, obs += obs_size) {
    heed_outcome outcome = ops->step(self, state, b->actions[i], &b->rngs[i]);
    if (b->auto_reset && has_ended(outcome)) {
      if (b->final_obs != NULL) {
        ops->observe(self, state, (unsigned char *)b->final_obs + i * obs_size);
      }
      ops->reset(self, state, &b->rngs[i]);
    }
    ops->observe(self, state, obs);
    b->outcomes[i] = outcome;
  }
}

heed_status heed_env_step_batch(const heed_env *env, const heed_env_batch *b, heed_error *err) {
  heed_status status = check_arrays(env, b, true, err);
  if (status == HEED_OK) {
    status = check_copies(env, b, err);
  }
  if (status == HEED_OK) {
    step_all(env, b);
  }
  return status;
}
