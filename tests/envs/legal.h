/* legal.h: for tests that act at random in any world. */
#ifndef HEED_TESTS_ENVS_LEGAL_H
#define HEED_TESTS_ENVS_LEGAL_H

#include "envs/env.h"

/* `action` where it may be taken in `state`, else the next one that may. */
static inline heed_action make_legal(const heed_env *env, const void *state, heed_action action) {
  uint32_t count = heed_env_spec_of(env)->accepted_actions;
  for (uint32_t i = 0; heed_env_ops_of(env)->legal != NULL && i < count; i++) {
    if (heed_env_check_step(env, state, action, NULL) == HEED_OK) {
      break;
    }
    action.index = (action.index + 1) % (int32_t)count;
  }
  return action;
}

#endif
