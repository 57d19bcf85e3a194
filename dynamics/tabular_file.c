/* tabular_file.c: a tabular model in a file: its observations and the records that it learned from. The
 * counts follow from them. */
#include <stdlib.h>
#include <string.h>

#include "dynamics/tabular.h"

enum { FLAG_TERMINAL = 1, FLAG_FIRST = 2, FLAG_CONTEXT = 4, FLAGS = 7 };

void heed__tabular_save(const void *self_, heed_pack_writer *writer) {
  const tabular *self = self_;
  size_t n = self->record_count;
  size_t rows_size = self->observations.count * self->obs_size;
  size_t size = rows_size > n * sizeof(double) ? rows_size : n * sizeof(double);
  unsigned char *bytes = malloc(size + 1);
  if (bytes == NULL) {
    heed_pack_writer_fail(writer, HEED_ERR_NOMEM, "tabular: no memory for %zu bytes", size);
    return;
  }
  uint32_t *numbers = (uint32_t *)(void *)bytes;
  double *reals = (double *)(void *)bytes;

  heed_pack_map(writer, 6);
  for (uint32_t i = 0; i < self->observations.count; i++) {
    memcpy(bytes + i * self->obs_size, heed_intern_row(&self->observations, i), self->obs_size);
  }
  heed_pack_key(writer, "observations");
  heed_pack_numbers(writer, HEED_U8, self->observations.count, self->obs_size, bytes);

  for (size_t i = 0; i < n; i++) {
    numbers[i] = self->records[i].obs;
  }
  heed_pack_key(writer, "obs");
  heed_pack_numbers(writer, HEED_U32, n, 1, numbers);

  for (size_t i = 0; i < n; i++) {
    bytes[i] = (unsigned char)self->records[i].action;
  }
  heed_pack_key(writer, "action");
  heed_pack_numbers(writer, HEED_U8, n, 1, bytes);

  for (size_t i = 0; i < n; i++) {
    numbers[i] = self->records[i].next_obs;
  }
  heed_pack_key(writer, "next_obs");
  heed_pack_numbers(writer, HEED_U32, n, 1, numbers);

  for (size_t i = 0; i < n; i++) {
    const tabular_record *r = &self->records[i];
    bytes[i] = (unsigned char)((r->is_terminal ? FLAG_TERMINAL : 0) |
                               (r->is_first ? FLAG_FIRST : 0) | (r->is_context ? FLAG_CONTEXT : 0));
  }
  heed_pack_key(writer, "flags");
  heed_pack_numbers(writer, HEED_U8, n, 1, bytes);

  for (size_t i = 0; i < n; i++) {
    reals[i] = self->records[i].reward;
  }
  heed_pack_key(writer, "reward");
  heed_pack_numbers(writer, HEED_F64, n, 1, reals);
  free(bytes);
}

static heed_status load_observations(tabular *self, const heed_pack_value *map, heed_error *err) {
  size_t count;
  const void *data;
  heed_status status = heed_pack_get_numbers(map, "observations", HEED_U8, SIZE_MAX, self->obs_size,
                                             &count, NULL, &data, err);
  for (size_t i = 0; i < count && status == HEED_OK; i++) {
    const unsigned char *row = (const unsigned char *)data + i * self->obs_size;
    uint32_t number = 0;
    status = heed_space_check_row(self->obs_space, row, err);
    if (status != HEED_OK) {
      return heed_fail(err, HEED_ERR_FORMAT, "observations: row %zu is outside its space", i);
    }
    status = heed__tabular_number(self, row, &number, err);
    if (status == HEED_OK && number != i) {
      status = heed_fail(err, HEED_ERR_FORMAT, "observations: row %zu is row %u again", i, number);
    }
  }
  return status;
}

/* Is a record one that learning could have made? */
static heed_status check_record(const tabular *self, const tabular_record *r, size_t i,
                                unsigned flags, heed_error *err) {
  if (r->obs >= self->observations.count || r->next_obs >= self->observations.count ||
      r->action >= self->action_count || flags > FLAGS) {
    return heed_fail(
        err, HEED_ERR_FORMAT, "record %zu: observations %u and %u of %u, action %u of %u, flags %u",
        i, r->obs, r->next_obs, self->observations.count, r->action, self->action_count, flags);
  }
  if (!r->is_first && (i == 0 || self->records[i - 1].next_obs != r->obs)) {
    return heed_fail(err, HEED_ERR_FORMAT, "record %zu does not follow the one before it", i);
  }
  return HEED_OK;
}

heed_status heed__tabular_load(void *self_, const heed_pack_value *map, heed_error *err) {
  tabular *self = self_;
  size_t n = 0;
  const void *obs = NULL;
  const void *action = NULL;
  const void *next_obs = NULL;
  const void *flags = NULL;
  const void *reward = NULL;
  heed_status status = load_observations(self, map, err);
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "obs", HEED_U32, SIZE_MAX, 1, &n, NULL, &obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "action", HEED_U8, n, 1, NULL, NULL, &action, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "next_obs", HEED_U32, n, 1, NULL, NULL, &next_obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "flags", HEED_U8, n, 1, NULL, NULL, &flags, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "reward", HEED_F64, n, 1, NULL, NULL, &reward, err);
  }
  for (size_t i = 0; i < n && status == HEED_OK; i++) {
    unsigned flag = ((const unsigned char *)flags)[i];
    tabular_record record = {.obs = ((const uint32_t *)obs)[i],
                             .next_obs = ((const uint32_t *)next_obs)[i],
                             .action = ((const unsigned char *)action)[i],
                             .is_terminal = (flag & FLAG_TERMINAL) != 0,
                             .is_first = (flag & FLAG_FIRST) != 0,
                             .is_context = (flag & FLAG_CONTEXT) != 0,
                             .reward = ((const double *)reward)[i]};
    status = check_record(self, &record, i, flag, err);
    if (status == HEED_OK) {
      status = heed__tabular_learn_record(self, record, err);
    }
  }
  return status;
}
