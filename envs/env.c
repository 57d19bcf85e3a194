#include "envs/env.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/playout.h"

/* Room for every parameter of an environment with its value. */
#define PARAMS_TEXT_SIZE 1024

struct heed_env {
  const heed_env_ops *ops;
  heed_env_spec spec;
  void *self;                         /* owned; [ops->self_size] */
  char params_text[PARAMS_TEXT_SIZE]; /* every parameter in force */
};

/* Refuses an unknown name, listing the known ones: a message has room for them and 40 characters. */
static heed_status fail_unknown(const char *name, heed_error *err) {
  char known[440] = "";
  size_t used = 0;
  for (size_t i = 0; i < heed_env_count(); i++) {
    const char *other = heed_env_at(i)->name;
    if (used + strlen(other) + 3 > sizeof known) {
      break;
    }
    used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", other);
  }
  return heed_fail(err, HEED_ERR_ARG, "unknown environment '%.40s'; known: %s", name, known);
}

/* Reads the parameters, keeps their echo, and lets the component build its rules from them. */
static heed_status build(heed_env *env, const char *text, heed_error *err) {
  const heed_env_ops *ops = env->ops;
  void *params = calloc(1, ops->params_size > 0 ? ops->params_size : 1);
  env->self = calloc(1, ops->self_size > 0 ? ops->self_size : 1);
  heed_status status = HEED_OK;
  if (params == NULL || env->self == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "rules of %zu bytes: no memory", ops->self_size);
    goto cleanup;
  }
  status = heed_params_parse(ops->params, ops->param_count, text, params, err);
  if (status != HEED_OK) {
    goto cleanup;
  }
  status = heed_params_format(ops->params, ops->param_count, params, env->params_text,
                              sizeof env->params_text, err);
  if (status != HEED_OK) {
    goto cleanup;
  }
  status = ops->create(env->self, params, &env->spec, err);
cleanup:
  free(params);
  return status;
}

heed_status heed_env_create(const char *name, const char *params, heed_env **out, heed_error *err) {
  *out = NULL;
  const heed_env_ops *ops = heed_env_find(name);
  if (ops == NULL) {
    return fail_unknown(name, err);
  }
  heed_env *env = calloc(1, sizeof *env);
  if (env == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "environment '%s': no memory", name);
  }
  env->ops = ops;
  heed_status status = build(env, params, err);
  if (status != HEED_OK) {
    heed_env_destroy(env);
    return heed_fail_context(err, status, "environment '%s'", name);
  }
  assert(env->spec.state_size > 0 && env->spec.state_size % 16 == 0);
  assert(heed_space_check(&env->spec.obs_space, NULL) == HEED_OK);
  assert(heed_space_check(&env->spec.action_space, NULL) == HEED_OK);
  assert(ops->legal == NULL || env->spec.accepted_actions <= HEED_LEGAL_MAX);
  *out = env;
  return HEED_OK;
}

void heed_env_destroy(heed_env *env) {
  if (env == NULL) {
    return;
  }
  if (env->ops->destroy != NULL && env->self != NULL) {
    env->ops->destroy(env->self);
  }
  free(env->self);
  free(env);
}

const heed_env_ops *heed_env_ops_of(const heed_env *env) {
  return env->ops;
}

const heed_env_spec *heed_env_spec_of(const heed_env *env) {
  return &env->spec;
}

const char *heed_env_params_of(const heed_env *env) {
  return env->params_text;
}

const void *heed__env_self(const heed_env *env) {
  return env->self;
}

void heed_env_init(const heed_env *env, void *state) {
  memset(state, 0, env->spec.state_size);
  if (env->ops->init != NULL) {
    env->ops->init(env->self, state);
  }
}

void heed_env_reset(const heed_env *env, void *state, heed_rng *rng) {
  env->ops->reset(env->self, state, rng);
}

heed_outcome heed_env_step(const heed_env *env, void *state, heed_action action, heed_rng *rng) {
  assert(heed_env_check_step(env, state, action, NULL) == HEED_OK);
  return env->ops->step(env->self, state, action, rng);
}

uint32_t heed_env_to_move(const heed_env *env, const void *state) {
  return env->ops->to_move != NULL ? env->ops->to_move(env->self, state) : 0;
}

uint32_t heed_env_legal(const heed_env *env, const void *state, uint32_t *actions) {
  uint32_t scratch[HEED_LEGAL_MAX];
  if (env->ops->legal != NULL) {
    return env->ops->legal(env->self, state, actions != NULL ? actions : scratch);
  }
  for (uint32_t a = 0; actions != NULL && a < env->spec.action_space.count; a++) {
    actions[a] = a;
  }
  return env->spec.action_space.count;
}

void heed_env_playout(const heed_env *env, void *state, heed_playout *playout, heed_rng *rng) {
  const heed_env_ops *ops = env->ops;
  assert(env->spec.action_space.kind == HEED_SPACE_DISCRETE);
  if (ops->playout != NULL && playout->obs == NULL) {
    ops->playout(env->self, state, playout, rng);
    return;
  }
  heed__play play = {.legal = ops->legal,
                     .step = ops->step,
                     .observe = ops->observe,
                     .action_count = env->spec.action_space.count,
                     .tally_size = env->spec.tally_size,
                     .obs_size = heed_space_size(&env->spec.obs_space)};
  heed__play_out(&play, env->self, state, playout, rng);
}

void heed_env_observe(const heed_env *env, const void *state, void *obs) {
  env->ops->observe(env->self, state, obs);
}

void heed_env_recall(const heed_env *env, const void *obs, void *state) {
  assert(env->ops->recall != NULL);
  memset(state, 0, env->spec.state_size); /* also what rounds the size up */
  env->ops->recall(env->self, obs, state);
}

void heed_env_depict(const heed_env *env, const void *obs, heed_picture *picture) {
  if (env->ops->depict != NULL) {
    env->ops->depict(env->self, obs, picture);
  } else {
    heed_env_depict_default(&env->spec, obs, picture);
  }
}

double heed_env_performance(const heed_env *env, const void *state) {
  return env->ops->performance(env->self, state);
}

bool heed_env_has_appraisal(const heed_env *env) {
  return env->ops->appraise != NULL;
}

heed_appraisal heed_env_appraise(const heed_env *env, const void *obs, heed_action action,
                                 const void *next_obs) {
  assert(heed_env_has_appraisal(env));
  return env->ops->appraise(env->self, obs, action, next_obs);
}

bool heed_env_inspect(const heed_env *env, const void *state, const char *name,
                      heed_reading *reading) {
  *reading = (heed_reading){0};
  return env->ops->inspect != NULL && env->ops->inspect(env->self, state, name, reading);
}

static heed_status check_finite(const heed_space *space, heed_action action, heed_error *err) {
  for (uint32_t i = 0; i < space->count; i++) {
    if (!isfinite(action.value[i])) {
      return heed_fail(err, HEED_ERR_ARG, "action's dimension %" PRIu32 " is %g, finite expected",
                       i, (double)action.value[i]);
    }
  }
  return HEED_OK;
}

heed_status heed_env_check_action(const heed_env *env, heed_action action, heed_error *err) {
  const heed_env_spec *spec = &env->spec;
  if (spec->action_space.kind == HEED_SPACE_BOX && spec->clips_actions) {
    return check_finite(&spec->action_space, action, err);
  }
  if (spec->action_space.kind != HEED_SPACE_DISCRETE) {
    return heed_space_check_action(&spec->action_space, action, err);
  }
  if (action.index < 0 || (uint32_t)action.index >= spec->accepted_actions) {
    return heed_fail(err, HEED_ERR_ARG, "action %" PRId32 ", 0 to %" PRIu32 " expected",
                     action.index, spec->accepted_actions - 1);
  }
  return HEED_OK;
}

/* The name of an action, or its number. */
static const char *name_of(const heed_env_spec *spec, int32_t action, char text[16]) {
  (void)snprintf(text, 16, "%" PRId32, action);
  return spec->action_names != NULL ? spec->action_names[action] : text;
}

heed_status heed_env_check_step(const heed_env *env, const void *state, heed_action action,
                                heed_error *err) {
  heed_status status = heed_env_check_action(env, action, err);
  if (status != HEED_OK || env->ops->legal == NULL) {
    return status;
  }
  uint32_t legal[HEED_LEGAL_MAX];
  uint32_t count = env->ops->legal(env->self, state, legal);
  for (uint32_t i = 0; i < count; i++) {
    if (legal[i] == (uint32_t)action.index) {
      return HEED_OK;
    }
  }
  char text[16];
  return heed_fail(err, HEED_ERR_ARG, "action '%s' may not be taken here, but %" PRIu32 " others",
                   name_of(&env->spec, action.index, text), count);
}
