/* ensemble_file.c: an ensemble in a file: what it learned from, and the fit that it made of it. */
#include <stdlib.h>
#include <string.h>

#include "dynamics/ensemble.h"

void heed__ensemble_save(const void *self_, heed_pack_writer *writer) {
  const ensemble *self = self_;
  const ensemble_fit *fit = &self->fit;
  size_t members = fit->count > 0 ? (size_t)self->params.members : 0;
  heed_pack_map(writer, HEED__ROWS_KEYS + 4);
  heed__rows_save(&self->records, writer);
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
  ensemble *self = self_;
  heed_status status = heed__rows_load(&self->records, map, err);
  return status == HEED_OK ? load_fit(self, map, err) : status;
}
