#include "agent/assess.h"

#include <math.h>
#include <stdlib.h>

static const uint32_t standard_horizons[] = {1, 5, 20, 50};

static double share_over(const heed_rollouts *r, uint32_t horizon) {
  uint32_t over = r->seen[((size_t)horizon * r->cells + 1) * (r->values + 1) - 1];
  return (double)over / r->count;
}

static void compare(const heed_rollouts *imagined, const heed_rollouts *a, const heed_rollouts *b,
                    heed_assess_rollout *result) {
  for (uint32_t h = 0; h < result->horizon_count; h++) {
    result->horizons[h].ended = (share_over(a, h) + share_over(b, h)) / 2;
    result->horizons[h].imagined_ended = share_over(imagined, h);
    result->horizons[h].cells = heed_rollouts_compare(imagined, a, b, h);
    result->horizons[h].mean_error = (double)NAN;
    result->horizons[h].coverage = (double)NAN;
  }
}

/* samples: imagined, lived, lived; all from one start. */
static heed_status fill(heed_rollouts samples[3], const heed_env *env, const heed_dynamics *model,
                        heed_rng *rng, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  void *start = calloc(1, spec->state_size);
  void *obs = calloc(1, heed_space_size(&spec->obs_space));
  heed_status status = start != NULL && obs != NULL
                           ? HEED_OK
                           : heed_fail(err, HEED_ERR_NOMEM, "rollouts: no memory");
  if (status == HEED_OK) {
    heed_env_init(env, start);
    heed_env_reset(env, start, rng);
    heed_env_observe(env, start, obs);
    status = heed_rollouts_imagine(&samples[0], model, obs, rng, err);
  }
  for (int i = 1; i < 3 && status == HEED_OK; i++) {
    status = heed_rollouts_live(&samples[i], env, start, rng, err);
  }
  free(start);
  free(obs);
  return status;
}

static heed_status assess_cells(const heed_env *env, const heed_dynamics *model, heed_rng *rng,
                                heed_assess_rollout *result, heed_error *err) {
  const heed_space *space = &heed_env_spec_of(env)->obs_space;
  heed_rollouts samples[3] = {{0}};
  uint32_t horizons[HEED_ROLLOUTS_HORIZONS_MAX];
  for (uint32_t h = 0; h < result->horizon_count; h++) {
    horizons[h] = result->horizons[h].steps;
  }
  heed_status status = HEED_OK;
  for (int i = 0; i < 3 && status == HEED_OK; i++) {
    status = heed_rollouts_init(&samples[i], space, result->rollouts, horizons,
                                result->horizon_count, err);
  }
  if (status == HEED_OK) {
    status = fill(samples, env, model, rng, err);
  }
  if (status == HEED_OK) {
    compare(&samples[0], &samples[1], &samples[2], result);
  }
  for (int i = 0; i < 3; i++) {
    heed_rollouts_deinit(&samples[i]);
  }
  return status;
}

heed_status heed_assess_rollouts(const heed_env *env, const heed_dynamics *model, uint32_t rollouts,
                                 heed_rng *rng, heed_assess_rollout *result, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  const heed_dynamics_spec *of_model = heed_dynamics_spec_of(model);
  *result = (heed_assess_rollout){.rollouts = rollouts};
  if (rollouts < 1 || rollouts > HEED_ROLLOUTS_COUNT_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "%u rollouts, 1 to %d expected", rollouts,
                     HEED_ROLLOUTS_COUNT_MAX);
  }
  if (!heed_space_equal(&spec->obs_space, &of_model->obs_space) ||
      !heed_space_equal(&spec->action_space, &of_model->action_space)) {
    return heed_fail(err, HEED_ERR_ARG, "the model is of another world than '%s'",
                     heed_env_ops_of(env)->name);
  }
  for (uint32_t h = 0; h < sizeof standard_horizons / sizeof standard_horizons[0]; h++) {
    if (spec->max_steps == 0 || standard_horizons[h] < spec->max_steps) {
      result->horizons[result->horizon_count++].steps = standard_horizons[h];
    }
  }
  if (result->horizon_count == 0) {
    return HEED_OK;
  }
  return spec->obs_space.kind == HEED_SPACE_CELLS
             ? assess_cells(env, model, rng, result, err)
             : heed__assess_boxes(env, model, rollouts, rng, result, err);
}
