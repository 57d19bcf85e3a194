/* test_pack_space.c: spaces and their rows in documents. */
#include <math.h>

#include "core/cmocka_all.h"
#include "core/document.h"

static const uint16_t counts[3] = {2, 256, 1};
static const float low[2] = {-INFINITY, -1.0F};
static const float high[2] = {INFINITY, 0.5F};

static void write_spaces(heed_pack_writer *writer) {
  heed_space spaces[4] = {
      heed_space_board(7, 8, 6),
      {.kind = HEED_SPACE_CELLS, .count = 3, .value_count = 256, .value_counts = counts},
      heed_space_box(2, low, high),
      heed_space_discrete(5),
  };
  heed_pack_map(writer, 4);
  for (int i = 0; i < 4; i++) {
    heed_pack_key(writer, (const char *const[]){"board", "cells", "box", "discrete"}[i]);
    heed_pack_space(writer, &spaces[i]);
  }
}

static void spaces_come_back(void **state) {
  (void)state;
  heed_space spaces[4] = {
      heed_space_board(7, 8, 6),
      {.kind = HEED_SPACE_CELLS, .count = 3, .value_count = 256, .value_counts = counts},
      heed_space_box(2, low, high),
      heed_space_discrete(5),
  };
  heed_pack_reader *reader = opened(write_spaces);
  for (uint32_t i = 0; i < 4; i++) {
    heed_error err = {0};
    heed_space space;
    const char *key = heed_pack_key_at(heed_pack_root(reader), i);
    assert_ok(heed_pack_get_space(heed_pack_root(reader), key, &space, &err), &err);
    assert_true(heed_space_equal(&space, &spaces[i]));
    heed_space_deinit(&space);
  }
  heed_pack_close(reader);
}

/* A space of cells as a file may claim it to be. */
static void write_claimed_space(heed_pack_writer *writer, const char *kind, uint64_t count,
                                uint64_t height, size_t given) {
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "space");
  heed_pack_map(writer, 6);
  heed_pack_key(writer, "kind");
  heed_pack_text(writer, kind);
  heed_pack_key(writer, "count");
  heed_pack_uint(writer, count);
  heed_pack_key(writer, "height");
  heed_pack_uint(writer, height);
  heed_pack_key(writer, "width");
  heed_pack_uint(writer, height);
  heed_pack_key(writer, "value_count");
  heed_pack_uint(writer, 256);
  heed_pack_key(writer, "value_counts");
  heed_pack_numbers(writer, HEED_U16, given, 1, counts);
}

static void write_short_counts(heed_pack_writer *writer) {
  write_claimed_space(writer, "cells", 3, 0, 2);
}
static void write_wrong_board(heed_pack_writer *writer) {
  write_claimed_space(writer, "cells", 3, 2, 3);
}
static void write_huge_count(heed_pack_writer *writer) {
  write_claimed_space(writer, "cells", UINT64_C(1) << 32, 0, 3);
}
static void write_unknown_kind(heed_pack_writer *writer) {
  write_claimed_space(writer, "sphere", 3, 0, 3);
}
static void write_box_without_bounds(heed_pack_writer *writer) {
  write_claimed_space(writer, "box", 3, 0, 3);
}

static void malformed_spaces_are_format_errors(void **state) {
  (void)state;
  const struct {
    build body;
    const char *message;
  } cases[] = {
      {write_short_counts, "space 'space': key 'value_counts': 2 rows, 3 expected"},
      {write_wrong_board, "space 'space': board of 2 x 2 for 3 cells"},
      {write_huge_count, "space 'space': key 'count' is 4294967296"},
      {write_unknown_kind, "space 'space': kind 'sphere'"},
      {write_box_without_bounds, "space 'space': key 'low' is missing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    heed_pack_reader *reader = opened(cases[i].body);
    heed_error err = {0};
    heed_space space;
    assert_fails(heed_pack_get_space(heed_pack_root(reader), "space", &space, &err),
                 HEED_ERR_FORMAT, &err, cases[i].message);
    heed_space_deinit(&space); /* zeroed */
    heed_pack_close(reader);
  }
}

static void write_rows(heed_pack_writer *writer) {
  static const uint8_t cells[2][3] = {{1, 255, 0}, {0, 3, 1}};
  static const int32_t indices[3] = {0, 4, 5};
  heed_space space = {
      .kind = HEED_SPACE_CELLS, .count = 3, .value_count = 256, .value_counts = counts};
  heed_space discrete = heed_space_discrete(5);
  heed_pack_map(writer, 2);
  heed_pack_key(writer, "cells");
  heed_pack_rows(writer, &space, 2, cells);
  heed_pack_key(writer, "indices");
  heed_pack_rows(writer, &discrete, 3, indices);
}

static void rows_are_checked_against_their_space(void **state) {
  (void)state;
  heed_pack_reader *reader = opened(write_rows);
  const heed_pack_value *root = heed_pack_root(reader);
  heed_error err = {0};
  const void *data;
  size_t rows;
  heed_space fits = heed_space_board(1, 3, 256);
  heed_space cells = {
      .kind = HEED_SPACE_CELLS, .count = 3, .value_count = 256, .value_counts = counts};
  heed_space discrete = heed_space_discrete(5);
  assert_ok(heed_pack_get_rows(root, "cells", &fits, SIZE_MAX, &rows, &data, &err), &err);
  assert_int_equal(rows, 2);
  assert_fails(heed_pack_get_rows(root, "cells", &cells, 2, NULL, &data, &err), HEED_ERR_FORMAT,
               &err, "key 'cells': row 1: cell 2 is 1");
  assert_fails(heed_pack_get_rows(root, "indices", &discrete, 3, NULL, &data, &err),
               HEED_ERR_FORMAT, &err, "key 'indices': row 2: action 5");
  heed_pack_close(reader);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spaces_come_back),
      cmocka_unit_test(malformed_spaces_are_format_errors),
      cmocka_unit_test(rows_are_checked_against_their_space),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
