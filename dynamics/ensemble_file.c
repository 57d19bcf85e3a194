/* ensemble_file.c: an ensemble in a file: what it learned from, and the fit that it made of it. */
#include <stdlib.h>
#include <string.h>

#include "dynamics/ensemble.h"

void heed__ensemble_save(const void *self_, heed_pack_writer *writer) {
  const ensemble *self = self_;
  const ensemble_records *r = &self->records;
  const ensemble_fit *fit = &self->fit;
  size_t members = fit->count > 0 ? (size_t)self->params.members : 0;
  heed_pack_map(writer, 9);
  heed_pack_key(writer, "obs");
  heed_pack_rows(writer, self->obs_space, r->count, r->obs);
  heed_pack_key(writer, "next_obs");
  heed_pack_rows(writer, self->obs_space, r->count, r->next_obs);
  heed_pack_key(writer, "actions");
  heed_pack_rows(writer, self->action_space, r->count, r->actions);
  heed_pack_key(writer, "rewards");
  heed_pack_numbers(writer, HEED_F64, r->count, 1, r->rewards);
  heed_pack_key(writer, "flags");
  heed_pack_numbers(writer, HEED_U8, r->count, 1, r->is_terminal);
  heed_pack_key(writer, "fitted");
  heed_pack_uint(writer, fit->count);
  heed_pack_key(writer, "scales");
  heed_pack_numbers(writer, HEED_F32, members > 0 ? heed__ensemble_scales_size(self) : 0, 1,
                    fit->scales);
  heed_pack_key(writer, "shifts");
  heed_pack_numbers(writer, HEED_F32, members > 0 ? self->layout.gaussians : 0, 1, fit->shifts);
  heed_pack_key(writer, "weights");
  heed_pack_numbers(writer, HEED_F32, members, self->network_size, fit->weights);
}

static heed_status load_records(ensemble *self, const heed_pack_value *map, heed_error *err) {
  ensemble_records *r = &self->records;
  size_t n = 0;
  const void *obs = NULL;
  const void *next_obs = NULL;
  const void *actions = NULL;
  const void *rewards = NULL;
  const void *flags = NULL;
  heed_status status = heed_pack_get_rows(map, "obs", self->obs_space, SIZE_MAX, &n, &obs, err);
  if (status == HEED_OK) {
    status = heed_pack_get_rows(map, "next_obs", self->obs_space, n, NULL, &next_obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_rows(map, "actions", self->action_space, n, NULL, &actions, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "rewards", HEED_F64, n, 1, NULL, NULL, &rewards, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "flags", HEED_U8, n, 1, NULL, NULL, &flags, err);
  }
  for (size_t i = 0; i < n && status == HEED_OK; i++) {
    if (((const unsigned char *)flags)[i] > 1) {
      status = heed_fail(err, HEED_ERR_FORMAT, "flags: record %zu has %u, not 0 or 1", i,
                         ((const unsigned char *)flags)[i]);
    }
  }
  if (status == HEED_OK && n > 0) {
    status = heed__ensemble_reserve(self, n, err);
  }
  if (status != HEED_OK || n == 0) {
    return status;
  }
  memcpy(r->obs, obs, n * self->obs_size);
  memcpy(r->next_obs, next_obs, n * self->obs_size);
  memcpy(r->actions, actions, n * self->action_size);
  memcpy(r->rewards, rewards, n * sizeof *r->rewards);
  memcpy(r->is_terminal, flags, n);
  r->count = n;
  return HEED_OK;
}

/* A copy of `count` floats, which were found in the file. */
static float *copy(const void *data, size_t count) {
  float *floats = malloc(count * sizeof *floats);
  if (floats != NULL) {
    memcpy(floats, data, count * sizeof *floats);
  }
  return floats;
}

static heed_status load_fit(ensemble *self, const heed_pack_value *map, heed_error *err) {
  size_t scales_size = heed__ensemble_scales_size(self);
  size_t gaussians = self->layout.gaussians;
  uint64_t fitted = 0;
  const void *scales = NULL;
  const void *shifts = NULL;
  const void *weights = NULL;
  heed_status status = heed_pack_get_uint(map, "fitted", self->records.count, &fitted, err);
  size_t members = fitted > 0 ? (size_t)self->params.members : 0;
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "scales", HEED_F32, members > 0 ? scales_size : 0, 1, NULL,
                                   NULL, &scales, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "shifts", HEED_F32, members > 0 ? gaussians : 0, 1, NULL,
                                   NULL, &shifts, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "weights", HEED_F32, members, self->network_size, NULL,
                                   NULL, &weights, err);
  }
  if (status != HEED_OK || members == 0) {
    return status;
  }
  /* As large as what the file really holds. */
  self->fit = (ensemble_fit){.count = (size_t)fitted,
                             .scales = copy(scales, scales_size),
                             .shifts = copy(shifts, gaussians),
                             .weights = copy(weights, members * self->network_size)};
  if (self->fit.scales == NULL || self->fit.shifts == NULL || self->fit.weights == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "ensemble: no memory for its networks");
  }
  return HEED_OK;
}

heed_status heed__ensemble_load(void *self_, const heed_pack_value *map, heed_error *err) {
  heed_status status = load_records(self_, map, err);
  return status == HEED_OK ? load_fit(self_, map, err) : status;
}
