/* test_feature_set.c: rewards that are linear in features somebody wrote down: names, values by hand,
 * errors, and a fit that equals the one over the same features out of the usual ones. */
#include "reward/feature_set.h"

#include <stdlib.h>

#include "core/cmocka_all.h"
#include "reward/fixture.h"
#include "reward/pairs.h"
#include "reward/reward.h"

/* 0 1 1
 * 1 2 1   of 3 values */
static const uint8_t board[6] = {0, 1, 1, 1, 2, 1};

static double pair_of(const char *name) {
  heed_space space = heed_space_board(2, 3, 3);
  heed_step step = {.obs = board, .next_obs = board};
  uint32_t pair = heed__pair_find(&space, name);
  assert_int_not_equal(pair, HEED__PAIR_NONE);
  return heed__pair_value(&space, &step, pair);
}

static void pairs_are_counted_to_the_right_and_below(void **state) {
  (void)state;
  assert_near(pair_of("right[0,1]"), 1, 0);
  assert_near(pair_of("right[1,0]"), 0, 0); /* not to the left, nor round the edge */
  assert_near(pair_of("right[1,1]"), 1, 0);
  assert_near(pair_of("right[1,2]"), 1, 0);
  assert_near(pair_of("right[2,1]"), 1, 0);
  assert_near(pair_of("below[0,1]"), 1, 0);
  assert_near(pair_of("below[1,1]"), 1, 0);
  assert_near(pair_of("below[1,2]"), 1, 0);
  assert_near(pair_of("below[2,1]"), 0, 0);
}

static void what_is_no_pair_is_not_found(void **state) {
  (void)state;
  heed_space space = heed_space_board(2, 3, 3);
  static const char *const wrong[] = {"right",       "right[",     "right[1",     "right[1,",
                                      "right[1,2",   "right[3,0]", "right[0,3]",  "right[1,2]]",
                                      "right[-1,2]", "right[,2]",  "right[1;2]",  "left[1,2]",
                                      "right[1,+2]", "share[1]",   "right[ 1,2]", ""};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    if (heed__pair_find(&space, wrong[i]) != HEED__PAIR_NONE) {
      fail_msg("'%s' was found", wrong[i]);
    }
  }
  space.height = 0; /* cells that are no board have no neighbours */
  assert_int_equal(heed__pair_find(&space, "right[1,2]"), HEED__PAIR_NONE);
}

static void written_features_have_their_names_and_values(void **state) {
  (void)state;
  heed_space obs_space = heed_space_board(2, 3, 3);
  heed_space action_space = heed_space_discrete(2);
  heed_step step = {.obs = board, .next_obs = board};
  const double weights[3] = {1, 10, 100};
  heed__feature_set set;
  heed_error err = {0};
  char name[HEED__FEATURE_NAME];
  double features[3];
  assert_ok(heed__feature_set_init(&set, " near : right[0,1] + below[1,2];share[1] > 0.5; x:2*3 ",
                                   &obs_space, &action_space, &err),
            &err);
  assert_int_equal(set.count, 3);
  heed__feature_set_name(&set, 0, name, sizeof name);
  assert_string_equal(name, "near");
  heed__feature_set_name(&set, 1, name, sizeof name);
  assert_string_equal(name, "share[1] > 0.5");
  heed__feature_set_of(&set, &step, features);
  assert_near(features[0], 2, 0);
  assert_near(features[1], 1, 0);
  assert_near(features[2], 6, 0);
  assert_near(heed__feature_set_dot(&set, &step, weights), 612, 0);
  assert_int_equal(heed__feature_set_kind(&set, 1), HEED_FEATURE_HAPPENS);
  heed__feature_set_deinit(&set);
}

static void what_cannot_be_read_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"near: right[0,9]", "no feature 'right[0,9]'"},
      {"one;;one", "a number, a feature"},
      {"a: one b", "an operator or the end expected"},
      {"a:", "a number, a feature"},
  };
  heed_space obs_space = heed_space_board(2, 3, 3);
  heed_space action_space = heed_space_discrete(2);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed__feature_set set;
    heed_error err = {0};
    assert_int_equal(heed__feature_set_init(&set, cases[i].text, &obs_space, &action_space, &err),
                     HEED_ERR_ARG);
    if (strstr(err.message, cases[i].expected) == NULL) {
      fail_msg("%s: %s", cases[i].text, err.message);
    }
    assert_null(set.named);
  }
}

/* All twelve changes of a board of four values, written down, and with the prior of what lasts shut to
 * nothing, are what the usual features are. */
static void a_fit_over_written_features_equals_one_over_the_same_usual_ones(void **state) {
  (void)state;
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_error err = {0};
  heed_reward *usual;
  heed_reward *written;
  assert_ok(heed_reward_create("linear", "lasting_steps=1e6,prior_scale=2", &obs_space,
                               &action_space, &usual, &err),
            &err);
  assert_ok(
      heed_reward_create(
          "linear",
          "prior_scale=2,features={change[0,1];change[0,2];change[0,3];change[1,0];change[1,2]"
          ";change[1,3];change[2,0];change[2,1];change[2,3];change[3,0];change[3,1];"
          "change[3,2]}",
          &obs_space, &action_space, &written, &err),
      &err);
  heed_rng rng;
  heed_rng_init(&rng, 5);
  heed_choices choices = {0};
  for (int i = 0; i < 30; i++) {
    heed_choice choice = fixture_choice(2, 6, &rng);
    assert_ok(heed_choices_append(&choices, &choice, &err), &err);
  }
  heed_reward_report report;
  assert_ok(heed_reward_learn(usual, &choices, NULL, &report, &err), &err);
  assert_ok(heed_reward_learn(written, &choices, NULL, &report, &err), &err);
  void *workspace = malloc(heed_reward_workspace_size(usual, 1) + 1);
  heed_step step = heed_segment_step(&choices.items[3].query.options[1], 2);
  double mean[2];
  double spread[2];
  heed_reward_score(usual, &step, 1, NULL, &mean[0], &spread[0], workspace);
  heed_reward_score(written, &step, 1, NULL, &mean[1], &spread[1], workspace);
  assert_true(mean[0] != 0);
  assert_near(mean[1], mean[0], 1e-4);
  assert_near(spread[1], spread[0], 1e-4);
  free(workspace);
  heed_choices_deinit(&choices);
  heed_reward_destroy(usual);
  heed_reward_destroy(written);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_are_counted_to_the_right_and_below),
      cmocka_unit_test(what_is_no_pair_is_not_found),
      cmocka_unit_test(written_features_have_their_names_and_values),
      cmocka_unit_test(what_cannot_be_read_is_refused),
      cmocka_unit_test(a_fit_over_written_features_equals_one_over_the_same_usual_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
