/* space.h: what can be observed and done.
 *
 * An observation is one of two things, and models are written against these two, never against a
 * particular world: `cells`, n categorical factors of one byte each (optionally a board of height x
 * width), or a `box` of n floats. An action is `discrete`, an index, or a box. These are Gymnasium's
 * MultiDiscrete, Box and Discrete.
 *
 * An observation is a row of heed_space_size() bytes: uint8_t[count] for cells, float[count] for a box. */
#ifndef HEED_CORE_SPACE_H
#define HEED_CORE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rng.h"
#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_space_kind {
  HEED_SPACE_DISCRETE, /* an index in 0 .. count-1 */
  HEED_SPACE_CELLS,    /* count factors of one byte */
  HEED_SPACE_BOX       /* count floats */
} heed_space_kind;

typedef struct heed_space {
  heed_space_kind kind;
  uint32_t count;         /* discrete: values; cells: cells; box: dimensions. At least 1 */
  uint32_t height, width; /* cells that form a board, row-major; else 0 */
  uint32_t value_count;   /* cells: values of the cell that has most, 1 .. 256 */
  const uint16_t
      *value_counts;       /* cells: [count] values of each; NULL: value_count for all. Borrowed */
  const float *low, *high; /* box: [count] bounds, may be infinite. Borrowed */
} heed_space;

/* The largest number of dimensions of a box of actions. */
#define HEED_ACTION_DIM_MAX 8

/* The largest count of a cells or box space: a limit on what a hostile file can make us loop over. */
#define HEED_SPACE_COUNT_MAX (1u << 24)

typedef union heed_action {
  int32_t index;                    /* discrete */
  float value[HEED_ACTION_DIM_MAX]; /* box: the first `count` are used */
} heed_action;

/* Spaces of `count` actions, and of a board whose cells all have `value_count` values. */
HEED_API heed_space heed_space_discrete(uint32_t count);
HEED_API heed_space heed_space_board(uint32_t height, uint32_t width, uint32_t value_count);
/* `low` and `high` are borrowed: [count]. */
HEED_API heed_space heed_space_box(uint32_t count, const float *low, const float *high);

/* Bytes of one row: cells 1 each, box 4 each, discrete 4. */
HEED_API size_t heed_space_size(const heed_space *space);

/* How many values cell `cell` of a cells space can have. */
static inline uint32_t heed_space_values(const heed_space *space, size_t cell) {
  return space->value_counts != NULL ? space->value_counts[cell] : space->value_count;
}

/* Same kind, shape, counts and bounds? */
HEED_API bool heed_space_equal(const heed_space *a, const heed_space *b);

/* Is the space well formed: counts in range, bounds in order? Errors: HEED_ERR_ARG. */
HEED_API heed_status heed_space_check(const heed_space *space, heed_error *err);

/* Are both well formed, `obs_space` cells or a box, and `action_space` discrete or a box of at most
 * HEED_ACTION_DIM_MAX dimensions? Errors: HEED_ERR_ARG. */
HEED_API heed_status heed_space_check_pair(const heed_space *obs_space,
                                           const heed_space *action_space, heed_error *err);

/* Is `row` inside the space: values below their counts, floats finite and within bounds? Errors:
 * HEED_ERR_ARG, naming the cell. */
HEED_API heed_status heed_space_check_row(const heed_space *space, const void *row,
                                          heed_error *err);

/* Is `action` inside the space? Errors: HEED_ERR_ARG, naming the value and the range. */
HEED_API heed_status heed_space_check_action(const heed_space *space, heed_action action,
                                             heed_error *err);

/* Can actions be drawn uniformly: discrete, or a box with finite bounds? Errors: HEED_ERR_ARG, naming the
 * dimension. */
HEED_API heed_status heed_space_check_bounded(const heed_space *action_space, heed_error *err);

/* A uniformly random action of such a space; a box's dimensions in their order. */
HEED_API heed_action heed_space_draw_action(const heed_space *action_space, heed_rng *rng);

/* An action as a row of heed_space_size(action_space) bytes, for storing and hashing, and back; unused
 * bytes of the union come back as zeros. */
HEED_API void heed_action_to_row(const heed_space *action_space, heed_action action, void *row);
HEED_API heed_action heed_action_from_row(const heed_space *action_space, const void *row);

/* Deep copy: what `copy` points to is its own, to be released with heed_space_deinit. A zeroed space
 * may be released too. Errors: HEED_ERR_NOMEM, and `copy` is zeroed. */
HEED_API heed_status heed_space_copy(heed_space *copy, const heed_space *space, heed_error *err);
HEED_API void heed_space_deinit(heed_space *owned);

/* The one-line description, e.g. "cells 7x8, 6 values" or "box 4"; written to text[size]. */
HEED_API void heed_space_describe(const heed_space *space, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
