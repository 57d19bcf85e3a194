/* rows.c: what a model of boxes has learned from. See rows.h. */
#include "dynamics/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void heed__rows_init(heed__rows *rows, const heed_space *obs_space,
                     const heed_space *action_space) {
  *rows = (heed__rows){.obs_space = obs_space,
                       .action_space = action_space,
                       .obs_size = heed_space_size(obs_space),
                       .action_size = heed_space_size(action_space)};
}

void heed__rows_deinit(heed__rows *rows) {
  free(rows->obs);
  free(rows->next_obs);
  free(rows->actions);
  free(rows->rewards);
  free(rows->is_terminal);
  *rows = (heed__rows){0};
}

static bool grow(void *array_, size_t capacity, size_t size) {
  void **array = array_;
  void *larger = realloc(*array, capacity * size);
  if (larger != NULL) {
    *array = larger;
  }
  return larger != NULL;
}

heed_status heed__rows_reserve(heed__rows *rows, size_t count, heed_error *err) {
  if (count <= rows->capacity - rows->count) {
    return HEED_OK;
  }
  size_t needed = rows->count + count;
  size_t capacity = needed > 2 * rows->capacity ? needed : 2 * rows->capacity;
  if (!grow(&rows->obs, capacity, rows->obs_size) ||
      !grow(&rows->next_obs, capacity, rows->obs_size) ||
      !grow(&rows->actions, capacity, rows->action_size) ||
      !grow(&rows->rewards, capacity, sizeof *rows->rewards) ||
      !grow(&rows->is_terminal, capacity, sizeof *rows->is_terminal)) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory for %zu transitions", capacity);
  }
  rows->capacity = capacity;
  return HEED_OK;
}

void heed__rows_append(heed__rows *rows, const heed_experience *experience, size_t t) {
  assert(rows->count < rows->capacity);
  size_t i = rows->count++;
  heed_outcome outcome = heed_experience_outcome(experience, t);
  memcpy(rows->obs + i * rows->obs_size, heed_experience_obs(experience, t), rows->obs_size);
  memcpy(rows->next_obs + i * rows->obs_size, heed_experience_next_obs(experience, t),
         rows->obs_size);
  heed_action_to_row(rows->action_space, heed_experience_action(experience, t),
                     rows->actions + i * rows->action_size);
  rows->rewards[i] = outcome.reward;
  rows->is_terminal[i] = outcome.is_terminal;
}

void heed__rows_save(const heed__rows *rows, heed_pack_writer *writer) {
  heed_pack_key(writer, "obs");
  heed_pack_rows(writer, rows->obs_space, rows->count, rows->obs);
  heed_pack_key(writer, "next_obs");
  heed_pack_rows(writer, rows->obs_space, rows->count, rows->next_obs);
  heed_pack_key(writer, "actions");
  heed_pack_rows(writer, rows->action_space, rows->count, rows->actions);
  heed_pack_key(writer, "rewards");
  heed_pack_numbers(writer, HEED_F64, rows->count, 1, rows->rewards);
  heed_pack_key(writer, "flags");
  heed_pack_numbers(writer, HEED_U8, rows->count, 1, rows->is_terminal);
}

heed_status heed__rows_load(heed__rows *rows, const heed_pack_value *map, heed_error *err) {
  size_t n = 0;
  const void *obs = NULL;
  const void *next_obs = NULL;
  const void *actions = NULL;
  const void *rewards = NULL;
  const void *flags = NULL;
  heed_status status = heed_pack_get_rows(map, "obs", rows->obs_space, SIZE_MAX, &n, &obs, err);
  if (status == HEED_OK) {
    status = heed_pack_get_rows(map, "next_obs", rows->obs_space, n, NULL, &next_obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_rows(map, "actions", rows->action_space, n, NULL, &actions, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "rewards", HEED_F64, n, 1, NULL, NULL, &rewards, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "flags", HEED_U8, n, 1, NULL, NULL, &flags, err);
  }
  for (size_t i = 0; i < n && status == HEED_OK; i++) {
    unsigned flag = ((const unsigned char *)flags)[i];
    if (flag > 1) {
      status = heed_fail(err, HEED_ERR_FORMAT, "flags: transition %zu has %u, not 0 or 1", i, flag);
    }
  }
  if (status == HEED_OK) {
    status = heed__rows_reserve(rows, n, err);
  }
  if (status != HEED_OK || n == 0) {
    return status;
  }
  memcpy(rows->obs, obs, n * rows->obs_size);
  memcpy(rows->next_obs, next_obs, n * rows->obs_size);
  memcpy(rows->actions, actions, n * rows->action_size);
  memcpy(rows->rewards, rewards, n * sizeof *rows->rewards);
  memcpy(rows->is_terminal, flags, n);
  rows->count = n;
  return HEED_OK;
}
