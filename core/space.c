#include "core/space.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

heed_space heed_space_discrete(uint32_t count) {
  return (heed_space){.kind = HEED_SPACE_DISCRETE, .count = count};
}

heed_space heed_space_board(uint32_t height, uint32_t width, uint32_t value_count) {
  return (heed_space){.kind = HEED_SPACE_CELLS,
                      .count = height * width,
                      .height = height,
                      .width = width,
                      .value_count = value_count};
}

heed_space heed_space_box(uint32_t count, const float *low, const float *high) {
  return (heed_space){.kind = HEED_SPACE_BOX, .count = count, .low = low, .high = high};
}

size_t heed_space_size(const heed_space *space) {
  return space->kind == HEED_SPACE_CELLS      ? space->count
         : space->kind == HEED_SPACE_DISCRETE ? sizeof(int32_t)
                                              : space->count * sizeof(float);
}

bool heed_space_equal(const heed_space *a, const heed_space *b) {
  if (a->kind != b->kind || a->count != b->count || a->height != b->height ||
      a->width != b->width) {
    return false;
  }
  for (size_t i = 0; i < a->count; i++) {
    if (a->kind == HEED_SPACE_CELLS && heed_space_values(a, i) != heed_space_values(b, i)) {
      return false;
    }
    if (a->kind == HEED_SPACE_BOX && (a->low[i] != b->low[i] || a->high[i] != b->high[i])) {
      return false;
    }
    if (a->kind == HEED_SPACE_DISCRETE) {
      break;
    }
  }
  return true;
}

static heed_status check_cells(const heed_space *space, heed_error *err) {
  bool is_board = space->height != 0 || space->width != 0;
  if (is_board && (uint64_t)space->height * space->width != space->count) {
    return heed_fail(err, HEED_ERR_ARG, "board of %" PRIu32 " x %" PRIu32 " for %" PRIu32 " cells",
                     space->height, space->width, space->count);
  }
  uint32_t most = 0;
  size_t distinct = space->value_counts != NULL ? space->count : 1;
  for (size_t i = 0; i < distinct; i++) {
    uint32_t values = heed_space_values(space, i);
    if (values < 1 || values > 256) {
      return heed_fail(err, HEED_ERR_ARG, "cell %zu has %" PRIu32 " values, 1 to 256 expected", i,
                       values);
    }
    most = values > most ? values : most;
  }
  if (most != space->value_count) {
    return heed_fail(err, HEED_ERR_ARG, "value_count is %" PRIu32 ", the largest cell has %" PRIu32,
                     space->value_count, most);
  }
  return HEED_OK;
}

heed_status heed_space_check(const heed_space *space, heed_error *err) {
  uint32_t most = space->kind == HEED_SPACE_DISCRETE ? INT32_MAX : HEED_SPACE_COUNT_MAX;
  if (space->count == 0 || space->count > most) {
    return heed_fail(err, HEED_ERR_ARG,
                     "space with a count of %" PRIu32 ", 1 to %" PRIu32 " expected", space->count,
                     most);
  }
  if (space->kind == HEED_SPACE_CELLS) {
    return check_cells(space, err);
  }
  if (space->kind == HEED_SPACE_BOX) {
    for (size_t i = 0; i < space->count; i++) {
      /* Infinite on the wrong side, there is no number between them. */
      if (!(space->low[i] <= space->high[i]) || space->low[i] > FLT_MAX ||
          space->high[i] < -FLT_MAX) {
        return heed_fail(err, HEED_ERR_ARG, "dimension %zu: bounds %g to %g", i,
                         (double)space->low[i], (double)space->high[i]);
      }
    }
  }
  return HEED_OK;
}

heed_status heed_space_check_pair(const heed_space *obs_space, const heed_space *action_space,
                                  heed_error *err) {
  heed_status status = heed_space_check(obs_space, err);
  if (status == HEED_OK && obs_space->kind == HEED_SPACE_DISCRETE) {
    status = heed_fail(err, HEED_ERR_ARG, "discrete, cells or a box expected");
  }
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "observations");
  }
  status = heed_space_check(action_space, err);
  if (status == HEED_OK && action_space->kind == HEED_SPACE_CELLS) {
    status = heed_fail(err, HEED_ERR_ARG, "cells, discrete or a box expected");
  } else if (status == HEED_OK && action_space->kind == HEED_SPACE_BOX &&
             action_space->count > HEED_ACTION_DIM_MAX) {
    status = heed_fail(err, HEED_ERR_ARG, "box of %" PRIu32 " dimensions, at most %d expected",
                       action_space->count, HEED_ACTION_DIM_MAX);
  }
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "actions");
  }
  return HEED_OK;
}

static heed_status check_index(const heed_space *space, int32_t index, heed_error *err) {
  if (index < 0 || (uint32_t)index >= space->count) {
    return heed_fail(err, HEED_ERR_ARG, "action %" PRId32 ", 0 to %" PRIu32 " expected", index,
                     space->count - 1);
  }
  return HEED_OK;
}

static heed_status check_cell_values(const heed_space *space, const uint8_t *cells,
                                     heed_error *err) {
  for (size_t i = 0; i < space->count; i++) {
    if (cells[i] >= heed_space_values(space, i)) {
      return heed_fail(err, HEED_ERR_ARG, "cell %zu is %u, below %" PRIu32 " expected", i, cells[i],
                       heed_space_values(space, i));
    }
  }
  return HEED_OK;
}

static heed_status check_floats(const heed_space *space, const float *x, heed_error *err) {
  for (size_t i = 0; i < space->count; i++) {
    if (!isfinite(x[i]) || x[i] < space->low[i] || x[i] > space->high[i]) {
      return heed_fail(err, HEED_ERR_ARG, "dimension %zu is %g, %g to %g expected", i, (double)x[i],
                       (double)space->low[i], (double)space->high[i]);
    }
  }
  return HEED_OK;
}

heed_status heed_space_check_row(const heed_space *space, const void *row, heed_error *err) {
  return space->kind == HEED_SPACE_DISCRETE ? check_index(space, *(const int32_t *)row, err)
         : space->kind == HEED_SPACE_CELLS  ? check_cell_values(space, row, err)
                                            : check_floats(space, row, err);
}

heed_status heed_space_check_action(const heed_space *space, heed_action action, heed_error *err) {
  return heed_space_check_row(space, &action, err);
}

heed_status heed_space_check_bounded(const heed_space *action_space, heed_error *err) {
  for (uint32_t d = 0; action_space->kind == HEED_SPACE_BOX && d < action_space->count; d++) {
    if (!isfinite(action_space->low[d]) || !isfinite(action_space->high[d])) {
      return heed_fail(err, HEED_ERR_ARG, "actions cannot be drawn: dimension %u has no bounds", d);
    }
  }
  return HEED_OK;
}

heed_action heed_space_draw_action(const heed_space *action_space, heed_rng *rng) {
  heed_action action = {0};
  if (action_space->kind == HEED_SPACE_DISCRETE) {
    action.index = (int32_t)heed_rng_choice(rng, action_space->count);
    return action;
  }
  for (uint32_t d = 0; d < action_space->count; d++) {
    float range = action_space->high[d] - action_space->low[d];
    action.value[d] = action_space->low[d] + range * (float)heed_rng_uniform(rng);
  }
  return action;
}

void heed_action_to_row(const heed_space *action_space, heed_action action, void *row) {
  assert(action_space->kind != HEED_SPACE_CELLS);
  memcpy(row, &action, heed_space_size(action_space));
}

heed_action heed_action_from_row(const heed_space *action_space, const void *row) {
  assert(action_space->kind != HEED_SPACE_CELLS);
  heed_action action;
  memset(&action, 0, sizeof action);
  memcpy(&action, row, heed_space_size(action_space));
  return action;
}

/* Copies `bytes` bytes; NULL stays NULL. */
static void *duplicate(const void *source, size_t bytes, bool *failed) {
  if (source == NULL) {
    return NULL;
  }
  void *copy = malloc(bytes);
  if (copy == NULL) {
    *failed = true;
    return NULL;
  }
  return memcpy(copy, source, bytes);
}

heed_status heed_space_copy(heed_space *copy, const heed_space *space, heed_error *err) {
  bool failed = false;
  heed_space result = *space;
  result.value_counts =
      duplicate(space->value_counts, space->count * sizeof *space->value_counts, &failed);
  result.low = duplicate(space->low, space->count * sizeof *space->low, &failed);
  result.high = duplicate(space->high, space->count * sizeof *space->high, &failed);
  if (failed) {
    heed_space_deinit(&result);
    *copy = result;
    return heed_fail(err, HEED_ERR_NOMEM, "space of %" PRIu32 ": no memory", space->count);
  }
  *copy = result;
  return HEED_OK;
}

void heed_space_deinit(heed_space *owned) {
  free((void *)owned->value_counts);
  free((void *)owned->low);
  free((void *)owned->high);
  memset(owned, 0, sizeof *owned);
}

void heed_space_describe(const heed_space *space, char *text, size_t size) {
  if (space->kind == HEED_SPACE_DISCRETE) {
    (void)snprintf(text, size, "discrete %" PRIu32, space->count);
  } else if (space->kind == HEED_SPACE_BOX) {
    (void)snprintf(text, size, "box %" PRIu32, space->count);
  } else if (space->height > 0) {
    (void)snprintf(text, size, "cells %" PRIu32 "x%" PRIu32 ", %" PRIu32 " values", space->height,
                   space->width, space->value_count);
  } else {
    (void)snprintf(text, size, "cells %" PRIu32 ", up to %" PRIu32 " values", space->count,
                   space->value_count);
  }
}
