/* test_choice_tilted.c: moments of a normal distribution times the likelihood of one answer: in several dimensions
 * against what one line gives, and against none. */
#include "reward/choice_tilted.h"

#include "core/near.h"

static heed__tilt_points points;

static void init(void) {
  assert_int_equal(heed__tilt_points_init(&points, true, NULL), HEED_OK);
}

/* The points have mean zero and covariance one, to rounding, so that no answer leaves a trace in hundreds. */
static void an_answer_that_says_nothing_changes_nothing(void **state) {
  (void)state;
  init();
  for (size_t d = 1; d <= HEED__TILTED_MAX; d++) {
    heed__tilt tilt = {.dims = d, .count = 3, .bias = {1, 2, 3}};
    heed__tilted t;
    assert_true(heed__tilt_moments(&points, &tilt, &t));
    assert_near(t.log_mass, 1 - log(exp(1) + exp(2) + exp(3)), 1e-6);
    for (size_t j = 0; j < d; j++) {
      assert_near(t.mean[j], 0, 1e-12);
      for (size_t k = 0; k < d; k++) {
        assert_near(t.covariance[j * d + k], j == k ? 1 : 0, 1e-5);
      }
    }
  }
  heed__tilt_points_deinit(&points);
}

/* What an answer says along one axis is what a line says of it; of the other axes it says nothing. */
static void one_axis_of_several_is_a_line(void **state) {
  (void)state;
  init();
  for (size_t d = 2; d <= HEED__TILTED_MAX; d++) {
    for (size_t axis = 0; axis < d; axis++) {
      heed__tilt line = {.dims = 1, .count = 2, .bias = {0, 1}, .slope = {{3}, {-1}}};
      heed__tilt tilt = {.dims = d, .count = 2, .bias = {0, 1}, .mistakes = 0.1};
      line.mistakes = 0.1;
      tilt.slope[0][axis] = 3;
      tilt.slope[1][axis] = -1;
      heed__tilted one;
      heed__tilted several;
      assert_true(heed__tilt_moments(&points, &line, &one));
      assert_true(heed__tilt_moments(&points, &tilt, &several));
      assert_near(several.log_mass, one.log_mass, 0.01);
      for (size_t j = 0; j < d; j++) {
        assert_near(several.mean[j], j == axis ? one.mean[0] : 0, 0.06);
        assert_near(several.covariance[j * d + j], j == axis ? one.covariance[0] : 1, 0.06);
      }
    }
  }
  heed__tilt_points_deinit(&points);
}

/* Ten deviations off there is no point, four off hardly one: it is said that there are too few. */
static void too_few_points_are_told(void **state) {
  (void)state;
  init();
  heed__tilt tilt = {.dims = 2, .count = 2, .slope = {{50, 0}, {0, 0}}};
  heed__tilted t;
  assert_true(heed__tilt_moments(&points, &tilt, &t));
  tilt.bias[0] = -4 * 50;
  assert_false(heed__tilt_moments(&points, &tilt, &t));
  tilt.bias[0] = -10 * 50;
  assert_false(heed__tilt_moments(&points, &tilt, &t));
  heed__tilt_points_deinit(&points);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_that_says_nothing_changes_nothing),
      cmocka_unit_test(one_axis_of_several_is_a_line),
      cmocka_unit_test(too_few_points_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
