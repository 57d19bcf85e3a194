/* test_space.c: what can be observed and done. */
#include <math.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/space.h"

static const float low[2] = {-1.0F, -INFINITY};
static const float high[2] = {1.0F, 0.5F};

static void a_row_is_bytes_for_cells_and_words_for_the_rest(void **state) {
  (void)state;
  heed_space board = heed_space_board(7, 8, 6);
  heed_space box = heed_space_box(2, low, high);
  heed_space discrete = heed_space_discrete(5);
  assert_int_equal(heed_space_size(&board), 56);
  assert_int_equal(heed_space_size(&box), 8);
  assert_int_equal(heed_space_size(&discrete), 4);
}

static void well_formed_spaces_pass(void **state) {
  (void)state;
  const uint16_t counts[3] = {1, 256, 4};
  heed_space spaces[] = {
      heed_space_board(7, 8, 6),
      heed_space_board(1, 1, 256),
      heed_space_box(2, low, high),
      heed_space_discrete(1),
      heed_space_discrete(INT32_MAX),
      {.kind = HEED_SPACE_CELLS, .count = 3, .value_count = 256, .value_counts = counts},
  };
  heed_error err = {0};
  for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
    assert_ok(heed_space_check(&spaces[i], &err), &err);
  }
}

static void malformed_spaces_are_refused(void **state) {
  (void)state;
  const uint16_t counts[3] = {1, 257, 4};
  const uint16_t zero[3] = {1, 0, 4};
  const float nan_low[2] = {NAN, 0.0F};
  const float above[2] = {2.0F, 0.0F};
  const float infinity = HUGE_VALF;
  const float minus_infinity = -HUGE_VALF;
  const struct {
    heed_space space;
    const char *message;
  } cases[] = {
      {heed_space_discrete(0), "count of 0"},
      {heed_space_discrete(UINT32_C(1) << 31), "2147483647 expected"},
      {heed_space_board(7, 8, 0), "cell 0 has 0 values"},
      {heed_space_board(7, 8, 257), "cell 0 has 257 values"},
      {{.kind = HEED_SPACE_CELLS, .count = 9, .height = 2, .width = 5, .value_count = 2}, "2 x 5"},
      {{.kind = HEED_SPACE_CELLS, .count = 9, .width = 9, .value_count = 2}, "0 x 9"},
      {{.kind = HEED_SPACE_CELLS, .count = 3, .value_count = 256, .value_counts = counts},
       "cell 1"},
      {{.kind = HEED_SPACE_CELLS, .count = 3, .value_count = 4, .value_counts = zero}, "cell 1"},
      {{.kind = HEED_SPACE_CELLS, .count = HEED_SPACE_COUNT_MAX + 1, .value_count = 2}, "16777216"},
      {heed_space_box(0, low, high), "count of 0"},
      {heed_space_box(2, nan_low, high), "dimension 0"},
      {heed_space_box(2, above, high), "dimension 0: bounds 2 to 1"},
      {heed_space_box(1, &infinity, &infinity), "dimension 0: bounds inf to inf"},
      {heed_space_box(1, &minus_infinity, &minus_infinity), "dimension 0: bounds -inf to -inf"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    heed_error err = {0};
    assert_fails(heed_space_check(&cases[i].space, &err), HEED_ERR_ARG, &err, cases[i].message);
  }
}

static void the_largest_count_of_values_must_be_right(void **state) {
  (void)state;
  const uint16_t counts[2] = {3, 4};
  heed_space space = {
      .kind = HEED_SPACE_CELLS, .count = 2, .value_count = 5, .value_counts = counts};
  heed_error err = {0};
  assert_fails(heed_space_check(&space, &err), HEED_ERR_ARG, &err, "value_count is 5");
}

static void a_pair_is_something_to_see_and_something_to_do(void **state) {
  (void)state;
  heed_space board = heed_space_board(2, 2, 2);
  heed_space discrete = heed_space_discrete(4);
  heed_space box = heed_space_box(2, low, high);
  heed_error err = {0};
  assert_ok(heed_space_check_pair(&board, &discrete, &err), &err);
  assert_ok(heed_space_check_pair(&box, &box, &err), &err);
  assert_fails(heed_space_check_pair(&discrete, &discrete, &err), HEED_ERR_ARG, &err,
               "observations: discrete");
  assert_fails(heed_space_check_pair(&board, &board, &err), HEED_ERR_ARG, &err, "actions: cells");

  float wide[HEED_ACTION_DIM_MAX + 1] = {0};
  heed_space too_wide = heed_space_box(HEED_ACTION_DIM_MAX + 1, wide, wide);
  assert_fails(heed_space_check_pair(&board, &too_wide, &err), HEED_ERR_ARG, &err,
               "box of 9 dimensions");
  heed_space nothing = heed_space_discrete(0);
  assert_fails(heed_space_check_pair(&board, &nothing, &err), HEED_ERR_ARG, &err, "actions: space");
}

static void rows_must_be_inside(void **state) {
  (void)state;
  heed_error err = {0};
  const uint16_t counts[3] = {2, 5, 1};
  heed_space cells = {
      .kind = HEED_SPACE_CELLS, .count = 3, .value_count = 5, .value_counts = counts};
  assert_ok(heed_space_check_row(&cells, (const uint8_t[]){1, 4, 0}, &err), &err);
  assert_fails(heed_space_check_row(&cells, (const uint8_t[]){1, 4, 1}, &err), HEED_ERR_ARG, &err,
               "cell 2 is 1, below 1 expected");

  heed_space box = heed_space_box(2, low, high);
  assert_ok(heed_space_check_row(&box, (const float[]){-1.0F, -1e30F}, &err), &err);
  const float outside[][2] = {{1.5F, 0}, {0, 0.75F}, {NAN, 0}, {0, -INFINITY}};
  for (size_t i = 0; i < 4; i++) {
    assert_fails(heed_space_check_row(&box, outside[i], &err), HEED_ERR_ARG, &err, "dimension");
  }
}

static void actions_must_be_inside(void **state) {
  (void)state;
  heed_error err = {0};
  heed_space discrete = heed_space_discrete(4);
  assert_ok(heed_space_check_action(&discrete, (heed_action){.index = 3}, &err), &err);
  assert_fails(heed_space_check_action(&discrete, (heed_action){.index = 4}, &err), HEED_ERR_ARG,
               &err, "action 4, 0 to 3 expected");
  assert_fails(heed_space_check_action(&discrete, (heed_action){.index = -1}, &err), HEED_ERR_ARG,
               &err, "action -1");
  heed_space box = heed_space_box(2, low, high);
  assert_ok(heed_space_check_action(&box, (heed_action){.value = {1, 0.5F}}, &err), &err);
  assert_fails(heed_space_check_action(&box, (heed_action){.value = {1, 0.625F}}, &err),
               HEED_ERR_ARG, &err, "dimension 1 is 0.625");
}

static void equality_looks_at_kind_shape_counts_and_bounds(void **state) {
  (void)state;
  const uint16_t counts[4] = {2, 2, 2, 2};
  const uint16_t fewer[4] = {2, 2, 2, 1};
  const float other_high[2] = {1.0F, 0.25F};
  heed_space board = heed_space_board(2, 2, 2);
  heed_space spelled_out = board;
  spelled_out.value_counts = counts;
  heed_space different = board;
  different.value_counts = fewer;
  heed_space row = heed_space_board(1, 4, 2);
  heed_space box = heed_space_box(2, low, high);
  heed_space other_box = heed_space_box(2, low, other_high);
  heed_space three = heed_space_discrete(3);
  heed_space four = heed_space_discrete(4);
  assert_true(heed_space_equal(&board, &spelled_out));
  assert_false(heed_space_equal(&board, &different));
  assert_false(heed_space_equal(&board, &row));
  assert_true(heed_space_equal(&box, &box));
  assert_false(heed_space_equal(&box, &other_box));
  assert_true(heed_space_equal(&four, &four));
  assert_false(heed_space_equal(&three, &four));
  assert_false(heed_space_equal(&four, &board));
}

static void a_copy_owns_its_arrays(void **state) {
  (void)state;
  uint16_t counts[2] = {3, 4};
  heed_space cells = {
      .kind = HEED_SPACE_CELLS, .count = 2, .value_count = 4, .value_counts = counts};
  heed_space copy;
  assert_int_equal(heed_space_copy(&copy, &cells, NULL), HEED_OK);
  counts[0] = 1;
  assert_int_equal(copy.value_counts[0], 3);
  heed_space_deinit(&copy);

  heed_space box = heed_space_box(2, low, high);
  assert_int_equal(heed_space_copy(&copy, &box, NULL), HEED_OK);
  assert_true(heed_space_equal(&box, &copy));
  assert_ptr_not_equal(copy.low, low);
  heed_space_deinit(&copy);
  heed_space_deinit(&copy);
}

static void actions_survive_as_rows(void **state) {
  (void)state;
  heed_space discrete = heed_space_discrete(4);
  heed_action action;
  memset(&action, 0xff, sizeof action);
  action.index = 2;
  unsigned char row[sizeof(heed_action)];
  heed_action_to_row(&discrete, action, row);
  heed_action back = heed_action_from_row(&discrete, row);
  heed_action clean;
  memset(&clean, 0, sizeof clean);
  clean.index = 2;
  assert_memory_equal(&back, &clean, sizeof back); /* no garbage of the union */

  heed_space box = heed_space_box(2, low, high);
  heed_action_to_row(&box, (heed_action){.value = {0.25F, -7.0F, 3.0F}}, row);
  back = heed_action_from_row(&box, row);
  assert_true(back.value[0] == 0.25F && back.value[1] == -7.0F && back.value[2] == 0.0F);
}

static void descriptions_are_one_line(void **state) {
  (void)state;
  const uint16_t counts[2] = {3, 4};
  const struct {
    heed_space space;
    const char *text;
  } cases[] = {
      {heed_space_board(7, 8, 6), "cells 7x8, 6 values"},
      {{.kind = HEED_SPACE_CELLS, .count = 2, .value_count = 4, .value_counts = counts},
       "cells 2, up to 4 values"},
      {heed_space_box(2, low, high), "box 2"},
      {heed_space_discrete(5), "discrete 5"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[64];
    heed_space_describe(&cases[i].space, text, sizeof text);
    assert_string_equal(text, cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_row_is_bytes_for_cells_and_words_for_the_rest),
      cmocka_unit_test(well_formed_spaces_pass),
      cmocka_unit_test(malformed_spaces_are_refused),
      cmocka_unit_test(the_largest_count_of_values_must_be_right),
      cmocka_unit_test(a_pair_is_something_to_see_and_something_to_do),
      cmocka_unit_test(rows_must_be_inside),
      cmocka_unit_test(actions_must_be_inside),
      cmocka_unit_test(equality_looks_at_kind_shape_counts_and_bounds),
      cmocka_unit_test(a_copy_owns_its_arrays),
      cmocka_unit_test(actions_survive_as_rows),
      cmocka_unit_test(descriptions_are_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
