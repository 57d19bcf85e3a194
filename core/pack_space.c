/* Spaces in files: {"kind", "count"} and, for cells, {"height", "width", "value_count",
 * "value_counts": u16 [count], only when cells differ}, for a box {"low", "high": f32 [count], which
 * may be infinite}. And rows of a space, as typed numbers. */
#include <stdlib.h>
#include <string.h>

#include "core/pack_internal.h"

static const char *const kind_names[] = {
    [HEED_SPACE_DISCRETE] = "discrete", [HEED_SPACE_CELLS] = "cells", [HEED_SPACE_BOX] = "box"};

void heed_pack_space(heed_pack_writer *writer, const heed_space *space) {
  bool is_cells = space->kind == HEED_SPACE_CELLS;
  bool is_box = space->kind == HEED_SPACE_BOX;
  bool has_counts = is_cells && space->value_counts != NULL;
  heed_pack_map(writer, is_cells ? (has_counts ? 6 : 5) : is_box ? 4 : 2);
  heed_pack_key(writer, "kind");
  heed_pack_text(writer, kind_names[space->kind]);
  heed_pack_key(writer, "count");
  heed_pack_uint(writer, space->count);
  if (is_cells) {
    heed_pack_key(writer, "height");
    heed_pack_uint(writer, space->height);
    heed_pack_key(writer, "width");
    heed_pack_uint(writer, space->width);
    heed_pack_key(writer, "value_count");
    heed_pack_uint(writer, space->value_count);
  }
  if (has_counts) {
    heed_pack_key(writer, "value_counts");
    heed_pack_numbers(writer, HEED_U16, space->count, 1, space->value_counts);
  }
  if (is_box) {
    heed_pack_key(writer, "low");
    heed__pack_any_numbers(writer, HEED_F32, space->count, 1, space->low);
    heed_pack_key(writer, "high");
    heed__pack_any_numbers(writer, HEED_F32, space->count, 1, space->high);
  }
}

static heed_status get_u32(const heed_pack_value *map, const char *key, uint32_t *out,
                           heed_error *err) {
  uint64_t number = 0;
  heed_status status = heed_pack_get_uint(map, key, UINT32_MAX, &number, err);
  *out = (uint32_t)number;
  return status;
}

static heed_status read_cells(const heed_pack_value *map, heed_space *space, heed_error *err) {
  heed_status status = get_u32(map, "height", &space->height, err);
  if (status == HEED_OK) {
    status = get_u32(map, "width", &space->width, err);
  }
  if (status == HEED_OK) {
    status = get_u32(map, "value_count", &space->value_count, err);
  }
  const void *counts = NULL;
  if (status == HEED_OK && heed_pack_find(map, "value_counts") != NULL) {
    status = heed_pack_get_numbers(map, "value_counts", HEED_U16, space->count, 1, NULL, NULL,
                                   &counts, err);
  }
  space->value_counts = counts;
  return status;
}

static heed_status read_box(const heed_pack_value *map, heed_space *space, heed_error *err) {
  const void *low = NULL;
  const void *high = NULL;
  heed_status status =
      heed__pack_get_any_numbers(map, "low", HEED_F32, space->count, 1, NULL, NULL, &low, err);
  if (status == HEED_OK) {
    status =
        heed__pack_get_any_numbers(map, "high", HEED_F32, space->count, 1, NULL, NULL, &high, err);
  }
  space->low = low;
  space->high = high;
  return status;
}

/* Reads a space whose arrays are still borrowed from the document. */
static heed_status read_space(const heed_pack_value *map, heed_space *space, heed_error *err) {
  const char *kind;
  heed_status status = heed_pack_get_text(map, "kind", &kind, err);
  if (status == HEED_OK) {
    status = get_u32(map, "count", &space->count, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  if (strcmp(kind, kind_names[HEED_SPACE_DISCRETE]) == 0) {
    space->kind = HEED_SPACE_DISCRETE;
    return HEED_OK;
  }
  if (strcmp(kind, kind_names[HEED_SPACE_CELLS]) == 0) {
    space->kind = HEED_SPACE_CELLS;
    return read_cells(map, space, err);
  }
  if (strcmp(kind, kind_names[HEED_SPACE_BOX]) == 0) {
    space->kind = HEED_SPACE_BOX;
    return read_box(map, space, err);
  }
  return heed_fail(err, HEED_ERR_FORMAT, "kind '%.32s', discrete, cells or box expected", kind);
}

heed_status heed_pack_get_space(const heed_pack_value *map, const char *key, heed_space *out,
                                heed_error *err) {
  memset(out, 0, sizeof *out);
  const heed_pack_value *value;
  heed_status status = heed_pack_get_map(map, key, &value, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_space space = {0};
  status = read_space(value, &space, err);
  if (status == HEED_OK && heed_space_check(&space, err) != HEED_OK) {
    return heed_fail_as(err, HEED_ERR_FORMAT, "space '%s'", key);
  }
  if (status == HEED_OK) {
    status = heed_space_copy(out, &space, err);
  }
  return status == HEED_OK ? HEED_OK : heed_fail_context(err, status, "space '%s'", key);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static heed_dtype row_dtype(const heed_space *space) {
  return space->kind == HEED_SPACE_CELLS ? HEED_U8
         : space->kind == HEED_SPACE_BOX ? HEED_F32
                                         : HEED_I32;
}

/* Numbers in a row. */
static size_t row_cols(const heed_space *space) {
  return space->kind == HEED_SPACE_DISCRETE ? 1 : space->count;
}

void heed_pack_rows(heed_pack_writer *writer, const heed_space *space, size_t rows,
                    const void *data) {
  heed_pack_numbers(writer, row_dtype(space), rows, row_cols(space), data);
}

heed_status heed_pack_get_rows(const heed_pack_value *map, const char *key, const heed_space *space,
                               size_t expect_rows, size_t *rows, const void **data,
                               heed_error *err) {
  size_t count = 0;
  const void *numbers = NULL;
  heed_status status = heed_pack_get_numbers(map, key, row_dtype(space), expect_rows,
                                             row_cols(space), &count, NULL, &numbers, err);
  if (status != HEED_OK) {
    return status;
  }
  const unsigned char *row = numbers;
  for (size_t r = 0; r < count; r++, row += heed_space_size(space)) {
    if (heed_space_check_row(space, row, err) != HEED_OK) {
      return heed_fail_as(err, HEED_ERR_FORMAT, "key '%s': row %zu", key, r);
    }
  }
  if (rows != NULL) {
    *rows = count;
  }
  *data = numbers;
  return HEED_OK;
}
