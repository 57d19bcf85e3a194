/* test_steps.c: the different steps among options, and what options are as sums over them. */
#include "reward/steps.h"

#include <stdlib.h>

#include "reward/fixture.h"

/* An option of one cell: its values, one more than there are steps. */
static void make_option(heed_segment *option, const uint8_t *cells, uint32_t steps) {
  assert_int_equal(heed_segment_init(option, steps, 1, NULL), HEED_OK);
  memcpy(option->obs, cells, steps + 1);
}

/* Two options of cells 0 0 0 1 and 1 0 0: steps 0-0 twice and 0-1; 1-0 and 0-0. */
static void make_choice(heed_choice *choice) {
  static const uint8_t one[] = {0, 0, 0, 1};
  static const uint8_t two[] = {1, 0, 0};
  *choice = (heed_choice){.beta = 1, .query = {.option_count = 2}};
  make_option(&choice->query.options[0], one, 3);
  make_option(&choice->query.options[1], two, 2);
}

static void options_are_discounted_sums_over_different_steps(void **state) {
  (void)state;
  heed_space action_space = fixture_action_space();
  heed_choice choice;
  make_choice(&choice);
  heed_choices choices = {.count = 1, .items = &choice};
  heed__steps steps;
  assert_int_equal(heed__steps_init(&steps, &choices, &action_space, HEED__READS_ALL, 0.5, NULL),
                   HEED_OK);
  assert_int_equal(steps.count, 3); /* 0-0, 0-1, 1-0 as they come up */
  const double wanted[] = {3, 1, 1};
  assert_memory_equal(steps.occurrences, wanted, sizeof wanted);
  const double values[] = {1, 10, 100};
  double returns[2];
  heed__steps_returns(&steps, 0, values, returns);
  assert_near(returns[0], 1 + 0.5 * 1 + 0.25 * 10, 1e-15);
  assert_near(returns[1], 100 + 0.5 * 1, 1e-15);
  assert_int_equal(steps.first[1] - steps.first[0], 2); /* 0-0 is one entry */
  assert_true(steps.option_key[0] != steps.option_key[1]);
  heed__steps_deinit(&steps);

  /* By what comes next alone: 0 and 1. */
  assert_int_equal(heed__steps_init(&steps, &choices, &action_space, HEED__READS_NEXT, 1, NULL),
                   HEED_OK);
  assert_int_equal(steps.count, 2);
  heed__steps_returns(&steps, 0, values, returns);
  assert_near(returns[0], 12, 1e-15);
  assert_near(returns[1], 2, 1e-15);
  heed__steps_deinit(&steps);
  heed_choice_deinit(&choice);
}

/* What is added to every step is told by options of different lengths, and by what is measured against
 * nothing; a skip tells nothing. */
static void offsets_are_free_where_lengths_are_equal(void **state) {
  (void)state;
  heed_space action_space = fixture_action_space();
  heed_choice choice;
  make_choice(&choice);
  heed_choices choices = {.count = 1, .items = &choice};
  static const double discounts[] = {1, 0.5, 0};
  for (size_t i = 0; i < 3; i++) {
    heed__steps steps;
    assert_int_equal(
        heed__steps_init(&steps, &choices, &action_space, HEED__READS_ALL, discounts[i], NULL),
        HEED_OK);
    choice.chosen = 0;
    assert_true(heed__steps_offset_is_free(&steps, &choices) == (discounts[i] == 0));
    choice.chosen = HEED_CHOICE_SKIP;
    assert_true(heed__steps_offset_is_free(&steps, &choices));
    choice.chosen = 0;
    choice.kind = HEED_LABEL; /* as if it were one */
    assert_false(heed__steps_offset_is_free(&steps, &choices));
    choice.kind = HEED_COMPARISON;
    heed__steps_deinit(&steps);
  }
  heed_choice_deinit(&choice);
}

/* 20,000 keys: mean 0 and variance 1 within 4 standard errors, 0.028 and 0.04. */
static void numbers_of_keys_are_standard_normal(void **state) {
  (void)state;
  double sum = 0;
  double squares = 0;
  for (uint64_t key = 0; key < 20000; key++) {
    double x = heed__step_normal(7, key);
    sum += x / 20000;
    squares += x * x / 20000;
    assert_near(heed__step_normal(7, key), x, 0);
  }
  assert_near(sum, 0, 0.029);
  assert_near(squares, 1, 0.04);
  assert_true(heed__step_normal(8, 3) != heed__step_normal(7, 3));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_are_discounted_sums_over_different_steps),
      cmocka_unit_test(offsets_are_free_where_lengths_are_equal),
      cmocka_unit_test(numbers_of_keys_are_standard_normal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
