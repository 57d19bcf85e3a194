/* test_expression.c: the formula language: values by hand, and errors that point at their column. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "reward/expression.h"

/* 1 x 4 cells of 3 values: 0 0 1 2 becomes 0 1 1 2, so that share[1] = 0.5 and change[0,1] = 1. */
static const uint8_t before[4] = {0, 0, 1, 2};
static const uint8_t after[4] = {0, 1, 1, 2};

static heed_status compile(const char *text, heed__expression *expression, heed_error *err) {
  heed_space obs_space = heed_space_board(1, 4, 3);
  heed_space action_space = heed_space_discrete(4);
  return heed__expression_compile(text, &obs_space, &action_space, expression, err);
}

static double value_of(const char *text) {
  heed_space obs_space = heed_space_board(1, 4, 3);
  heed_space action_space = heed_space_discrete(4);
  heed__expression expression;
  heed_error err = {0};
  heed_step step = {.obs = before, .next_obs = after};
  if (compile(text, &expression, &err) != HEED_OK) {
    fail_msg("'%s': %s", text, err.message);
  }
  return heed__expression_value(&expression, &obs_space, &action_space, &step);
}

static void arithmetic_follows_the_usual_precedence(void **state) {
  (void)state;
  assert_near(value_of("1 + 2 * 3"), 7, 0);
  assert_near(value_of("(1 + 2) * 3"), 9, 0);
  assert_near(value_of("10 - 4 - 3"), 3, 0);
  assert_near(value_of("16 / 4 / 2"), 2, 0);
  assert_near(value_of("-2 * -3"), 6, 0);
  assert_near(value_of("--2"), 2, 0);
  assert_near(value_of("2-1"), 1, 0);
  assert_near(value_of("\t 2.5e-1 "), 0.25, 0);
  assert_near(value_of("1E2"), 100, 0);
}

static void comparisons_give_zero_or_one(void **state) {
  (void)state;
  assert_near(value_of("1 < 2"), 1, 0);
  assert_near(value_of("2 < 2"), 0, 0);
  assert_near(value_of("2 <= 2"), 1, 0);
  assert_near(value_of("1 > 2"), 0, 0);
  assert_near(value_of("2 >= 3"), 0, 0);
  assert_near(value_of("1 + 1 == 2"), 1, 0);
  assert_near(value_of("1 != 1"), 0, 0);
  assert_near(value_of("5 * (3 > 2) + (1 > 2)"), 5, 0);
}

static void functions_take_the_least_the_most_and_the_size(void **state) {
  (void)state;
  assert_near(value_of("min(2, -3)"), -3, 0);
  assert_near(value_of("max (2, max(7, 5))"), 7, 0);
  assert_near(value_of("abs(-4)"), 4, 0);
}

static void features_are_read_by_name(void **state) {
  (void)state;
  assert_near(value_of("one"), 1, 0);
  assert_near(value_of("share[1]"), 0.5, 0);
  assert_near(value_of("change[0,1]"), 1, 0);
  assert_near(value_of("change [ 0 , 1 ]"), 1, 0);
  assert_near(value_of("change[1,0]"), 0, 0);
  assert_near(value_of("50*change[0,1] - one - (share[2] > 0.2)"), 48, 0);
}

static void values_are_finite_whatever_is_computed(void **state) {
  (void)state;
  assert_near(value_of("1 / 0"), 0, 0);
  assert_near(value_of("0 / 0"), 0, 0);
  assert_near(value_of("1e150 * 1e150"), 1e150, 0);
  assert_near(value_of("-1e150 - 1e150"), -1e150, 0);
  assert_near(value_of("1e150 / 1e-150"), 1e150, 0);
  assert_near(value_of("1e150 / 1e-150 - 1e150 / 1e-150"), 0, 0);
}

static void errors_point_at_their_column(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
      {"", "column 1: a number, a feature, '-' or '(' expected"},
      {"1 +", "column 4: a number"},
      {"1 + * 2", "column 5: a number"},
      {"(1 + 2", "column 7: ')' expected"},
      {"1 2", "column 3: an operator or the end"},
      {"1 < 2 < 3", "column 7: an operator or the end"},
      {"min(1)", "column 6: ',' expected"},
      {"abs(1, 2)", "column 6: ')' expected"},
      {"max 1", "column 5: '(' expected"},
      {"2 * share[3]", "column 5: no feature 'share[3]' here"},
      {"minute", "column 1: no feature 'minute' here"},
      {"next[0]", "column 1: no feature 'next[0]' here; there is one, share[0] to place[3,2,3]"},
      {"1e151", "column 1: number beyond 1e150"},
      {"1e999", "column 1: number beyond 1e150"},
      {"1.", "column 2: an operator or the end"},
      {"0x10", "column 2: an operator or the end"},
      {".5", "column 1: a number"},
      {"1 = 1", "column 3: an operator or the end"},
      {"1\n", "column 2: an operator or the end"},
      {"\xff", "column 1: a number"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed__expression expression;
    heed_error err = {0};
    assert_int_equal(compile(cases[i].text, &expression, &err), HEED_ERR_ARG);
    if (strstr(err.message, cases[i].message) == NULL) {
      fail_msg("'%s': '%s', expected '%s'", cases[i].text, err.message, cases[i].message);
    }
  }
}

/* `count` times `open`, a 1, `count` times `close`. */
static heed_status compile_nested(const char *open, const char *close, size_t count,
                                  heed_error *err) {
  char text[4096];
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", open);
  }
  used += (size_t)snprintf(text + used, sizeof text - used, "1");
  for (size_t i = 0; i < count; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", close);
  }
  assert_true(used < sizeof text);
  heed__expression expression;
  return compile(text, &expression, err);
}

static void depth_and_length_are_limited(void **state) {
  (void)state;
  heed_error err = {0};
  assert_int_equal(compile_nested("(", ")", 31, &err), HEED_OK);
  assert_int_equal(compile_nested("(", ")", 32, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "too many brackets"));
  assert_int_equal(compile_nested("-", "", 1000, &err), HEED_ERR_ARG);
  assert_int_equal(compile_nested("1+(", ")", 31, &err), HEED_OK);
  assert_int_equal(compile_nested("1+", "", 127, &err), HEED_OK); /* 128 numbers, 127 sums */
  assert_int_equal(compile_nested("1+", "", 200, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "too long"));
  assert_int_equal(compile_nested("min(1,", ")", 32, &err), HEED_ERR_ARG);
  /* Three values wait at each level: 1 <, 1 +, 1 *. */
  assert_int_equal(compile_nested("1<1+1*(", ")", 10, &err), HEED_OK);
  assert_int_equal(compile_nested("1<1+1*(", ")", 11, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "too many values"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arithmetic_follows_the_usual_precedence),
      cmocka_unit_test(comparisons_give_zero_or_one),
      cmocka_unit_test(functions_take_the_least_the_most_and_the_size),
      cmocka_unit_test(features_are_read_by_name),
      cmocka_unit_test(values_are_finite_whatever_is_computed),
      cmocka_unit_test(errors_point_at_their_column),
      cmocka_unit_test(depth_and_length_are_limited),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
