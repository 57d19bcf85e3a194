/* test_decimal.c: numbers as text, exactly. */
#include <math.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/decimal.h"
#include "core/rng.h"

static void reals_are_written_in_the_fewest_digits(void **state) {
  (void)state;
  const struct {
    double value;
    const char *text;
  } cases[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e300, "1e+300"},
      {123456, "123456"},
      {3000, "3000"},
      {-999999999999999, "-999999999999999"},
      {1e15, "1e+15"},
      {1e-5, "1e-05"},
      {-2.5, "-2.5"},
      {(double)INFINITY, "inf"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[HEED_DECIMAL_SIZE];
    heed_decimal_write(cases[i].value, text);
    assert_string_equal(text, cases[i].text);
  }
}

static void every_real_reads_back_as_itself(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = heed_rng_next(&rng);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) {
      continue;
    }
    char text[HEED_DECIMAL_SIZE];
    double back = 0;
    heed_decimal_write(value, text);
    assert_true(heed_decimal_read(text, &back));
    assert_memory_equal(&back, &value, sizeof back);
  }
}

static void what_is_no_finite_real_is_refused(void **state) {
  (void)state;
  const char *const texts[] = {"",    " ",   "x",     "1x",  "1 ",  " 1",
                               "inf", "nan", "1e999", "--1", "1,5", "0.5.5"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    double value = 42;
    assert_false(heed_decimal_read(texts[i], &value));
    assert_true(value == 42);
  }
}

static void what_is_no_integer_is_refused(void **state) {
  (void)state;
  const char *const texts[] = {"",    " ", "x", "1x", "1.0", " 1", "1e3", "9223372036854775808",
                               "0x10"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    int64_t value = 42;
    assert_false(heed_decimal_read_int(texts[i], &value));
    assert_int_equal(value, 42);
  }
  int64_t value = 0;
  assert_true(heed_decimal_read_int("-9223372036854775808", &value));
  assert_true(value == INT64_MIN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reals_are_written_in_the_fewest_digits),
      cmocka_unit_test(every_real_reads_back_as_itself),
      cmocka_unit_test(what_is_no_finite_real_is_refused),
      cmocka_unit_test(what_is_no_integer_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
