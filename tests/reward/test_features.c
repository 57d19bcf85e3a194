/* test_features.c: features of boards and boxes that were worked out by hand. */
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "core/rng.h"
#include "reward/features.h"

/* 2 x 3 cells of 3 values:  before  0 1 2   after  0 2 2
 *                                   0 0 1          1 0 1
 * share of 0: 2/6, of 1: 2/6, of 2: 2/6; changes: 1 to 2 once, 0 to 1 once. */
static const uint8_t before[6] = {0, 1, 2, 0, 0, 1};
static const uint8_t after[6] = {0, 2, 2, 1, 0, 1};

enum { BOARD_FEATURES = 1 + 3 + 6 + 6 * 3 * 4 };

static heed_space board(void) {
  return heed_space_board(2, 3, 3);
}

static void board_features_match_a_count_by_hand(void **state) {
  (void)state;
  heed_space obs_space = board();
  heed_space action_space = heed_space_discrete(4);
  assert_int_equal(heed_features_count(&obs_space, &action_space), BOARD_FEATURES);
  heed_step step = {.obs = before, .action = {.index = 3}, .next_obs = after};
  double features[BOARD_FEATURES];
  heed_features_of(&obs_space, &action_space, &step, features);
  /*                                   one  shares                    0>1 0>2 1>0 1>2 2>0 2>1 */
  double expected[BOARD_FEATURES] = {1, 2.0 / 6, 2.0 / 6, 2.0 / 6, 1, 0, 0, 1, 0, 0};
  expected[10 + (1 * 3 + 2) * 4 + 3] = 1; /* cell 1 became 2 under action 3 */
  expected[10 + (3 * 3 + 1) * 4 + 3] = 1; /* cell 3 became 1 */
  double sum[BOARD_FEATURES];
  memset(sum, 0, sizeof sum);
  heed_features_add(&obs_space, &action_space, &step, 2, sum);
  heed_features_add(&obs_space, &action_space, &step, 0.5, sum);
  for (size_t i = 0; i < BOARD_FEATURES; i++) {
    assert_near(features[i], expected[i], 1e-15);
    assert_near(heed_features_value(&obs_space, &action_space, &step, i), expected[i], 1e-15);
    assert_near(sum[i], 2.5 * expected[i], 1e-15);
    heed_feature_kind kind = i < 4    ? HEED_FEATURE_LASTS
                             : i < 10 ? HEED_FEATURE_HAPPENS
                                      : HEED_FEATURE_PLACE;
    assert_int_equal(heed_features_kind(&obs_space, i), kind);
  }
}

/* Boards with more than 8192 of them have no places, and actions that are a box count as one. */
static void places_are_left_out_where_there_are_too_many(void **state) {
  (void)state;
  heed_space few = heed_space_board(16, 16, 8);
  heed_space many = heed_space_board(16, 17, 8);
  heed_space action_space = heed_space_discrete(4);
  assert_int_equal(heed_features_count(&few, &action_space), 1 + 8 * 8 + 8192);
  assert_int_equal(heed_features_count(&many, &action_space), 1 + 8 * 8);
  assert_true(heed_features_find(&many, &action_space, "place[0,0,0]") == SIZE_MAX);
  const float low[2] = {-1, -1};
  const float high[2] = {1, 1};
  heed_space pushes = heed_space_box(2, low, high);
  assert_int_equal(heed_features_count(&few, &pushes), 1 + 8 * 8 + 2048);
}

/* Two factors, of 3 and of 2 values: 0 to 2, and 1 which stays; action 1 of 2.
 *
 *   one | value 0 | 0>1  0>2  1>0 | value 1 | 1>2  2>0  2>1 | value 2   in the order of the table
 *       | value 0 | 0>1  1>0 | value 1 | action 0, action 1                                       */
static const uint16_t factor_counts[2] = {3, 2};
static const uint8_t factors_before[2] = {0, 1};
static const uint8_t factors_after[2] = {2, 1};
enum { FACTOR_FEATURES = 1 + 9 + 4 + 2 };

static heed_space factors(void) {
  return (heed_space){
      .kind = HEED_SPACE_CELLS, .count = 2, .value_count = 3, .value_counts = factor_counts};
}

static void factor_features_say_which_factor(void **state) {
  (void)state;
  heed_space obs_space = factors();
  heed_space action_space = heed_space_discrete(2);
  assert_int_equal(heed_features_count(&obs_space, &action_space), FACTOR_FEATURES);
  heed_step step = {.obs = factors_before, .action = {.index = 1}, .next_obs = factors_after};
  double features[FACTOR_FEATURES];
  heed_features_of(&obs_space, &action_space, &step, features);
  const double expected[FACTOR_FEATURES] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1};
  const bool lasts[FACTOR_FEATURES] = {1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0};
  double weights[FACTOR_FEATURES];
  double sum = 0;
  for (size_t i = 0; i < FACTOR_FEATURES; i++) {
    assert_near(features[i], expected[i], 0);
    assert_near(heed_features_value(&obs_space, &action_space, &step, i), expected[i], 0);
    assert_int_equal(heed_features_kind(&obs_space, i) == HEED_FEATURE_LASTS, lasts[i]);
    weights[i] = (double)(1 << i);
    sum += weights[i] * expected[i];
  }
  assert_near(heed_features_dot(&obs_space, &action_space, &step, weights), sum, 0);
}

static void factor_features_are_called_by_factor_and_values(void **state) {
  (void)state;
  heed_space obs_space = factors();
  heed_space action_space = heed_space_discrete(2);
  static const char *const names[FACTOR_FEATURES] = {
      "one",           "value[0,0]", "change[0,0,1]", "change[0,0,2]",
      "change[0,1,0]", "value[0,1]", "change[0,1,2]", "change[0,2,0]",
      "change[0,2,1]", "value[0,2]", "value[1,0]",    "change[1,0,1]",
      "change[1,1,0]", "value[1,1]", "action[0]",     "action[1]"};
  for (size_t i = 0; i < FACTOR_FEATURES; i++) {
    char name[48];
    heed_features_name(&obs_space, &action_space, i, name, sizeof name);
    assert_string_equal(name, names[i]);
    assert_int_equal(heed_features_find(&obs_space, &action_space, name), i);
  }
  static const char *const wrong[] = {
      "share[0]",      "change[0,1]", "value[0]",        "value[0,3]",  "value[1,2]",
      "change[1,0,2]", "value[2,0]",  "change[0,1,1]",   "action[2]",   "change[2,0,1]",
      "next[0]",       "value[0,1,",  "change[0,0,1,2]", "value[0,1,2]"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    if (heed_features_find(&obs_space, &action_space, wrong[i]) != SIZE_MAX) {
      fail_msg("'%s' was found", wrong[i]);
    }
  }
}

static void box_features_are_values_squares_and_actions(void **state) {
  (void)state;
  const float low[2] = {-10, -10};
  const float high[2] = {10, 10};
  heed_space obs_space = heed_space_box(2, low, high);
  heed_space action_space = heed_space_discrete(3);
  assert_int_equal(heed_features_count(&obs_space, &action_space), 1 + 2 + 2 + 3);
  const float obs[2] = {0, 0};
  const float next[2] = {1.5F, -3};
  heed_step step = {.obs = obs, .action = {.index = 2}, .next_obs = next};
  double features[8];
  heed_features_of(&obs_space, &action_space, &step, features);
  const double expected[8] = {1, 1.5, -3, 2.25, 9, 0, 0, 1};
  for (size_t i = 0; i < 8; i++) {
    assert_near(features[i], expected[i], 0);
    assert_near(heed_features_value(&obs_space, &action_space, &step, i), expected[i], 0);
  }
}

static void box_actions_are_taken_as_they_are(void **state) {
  (void)state;
  const float low[2] = {-1, -1};
  const float high[2] = {1, 1};
  heed_space obs_space = heed_space_box(1, low, high);
  heed_space action_space = heed_space_box(2, low, high);
  const float obs[1] = {0.5F};
  heed_step step = {.obs = obs, .action = {.value = {0.25F, -1}}, .next_obs = obs};
  double features[5];
  assert_int_equal(heed_features_count(&obs_space, &action_space), 5);
  heed_features_of(&obs_space, &action_space, &step, features);
  const double expected[5] = {1, 0.5, 0.25, 0.25, -1};
  for (size_t i = 0; i < 5; i++) {
    assert_near(features[i], expected[i], 0);
  }
}

/* The fast path against the plain sum, on boards of every size around the blocks of 4 and 8 cells. The
 * sums differ in order: by 64 roundings of numbers below 10 at most. */
static void dot_equals_the_sum_of_features_times_weights(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 7);
  heed_space action_space = heed_space_discrete(4);
  for (uint32_t cells = 1; cells <= 64; cells++) {
    heed_space obs_space = heed_space_board(1, cells, 5);
    size_t count = heed_features_count(&obs_space, &action_space);
    uint8_t a[64];
    uint8_t b[64];
    double weights[26 + 64 * 5 * 4];
    double features[26 + 64 * 5 * 4];
    assert_int_equal(count, 26 + cells * 5 * 4);
    for (size_t i = 0; i < 64; i++) { /* those beyond the board must not matter */
      a[i] = (uint8_t)heed_rng_choice(&rng, 5);
      b[i] = heed_rng_choice(&rng, 3) == 0 ? (uint8_t)heed_rng_choice(&rng, 5) : a[i];
    }
    for (size_t i = 0; i < count; i++) {
      weights[i] = 2 * heed_rng_uniform(&rng) - 1;
    }
    heed_step step = {.obs = a, .action = {.index = (int32_t)(cells % 4)}, .next_obs = b};
    heed_features_of(&obs_space, &action_space, &step, features);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
      sum += weights[i] * features[i];
    }
    assert_near(heed_features_dot(&obs_space, &action_space, &step, weights), sum, 1e-12);
  }
}

static void box_dot_equals_the_sum_of_features_times_weights(void **state) {
  (void)state;
  const float low[3] = {-10, -10, -10};
  const float high[3] = {10, 10, 10};
  heed_space obs_space = heed_space_box(3, low, high);
  heed_space action_spaces[2] = {heed_space_discrete(3), heed_space_box(3, low, high)};
  const float obs[3] = {1, 2, 3};
  const float next[3] = {0.5F, -2, 7};
  const double weights[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  for (size_t k = 0; k < 2; k++) {
    heed_step step = {.obs = obs, .next_obs = next};
    if (k == 0) {
      step.action.index = 1;
    } else {
      memcpy(step.action.value, (const float[]){1, 0.5F, -1}, 3 * sizeof(float));
    }
    double features[10];
    heed_features_of(&obs_space, &action_spaces[k], &step, features);
    double sum = 0;
    for (size_t i = 0; i < 10; i++) {
      sum += weights[i] * features[i];
    }
    assert_near(heed_features_dot(&obs_space, &action_spaces[k], &step, weights), sum, 1e-12);
  }
}

static void reward_channel_is_not_looked_at(void **state) {
  (void)state;
  heed_space obs_space = board();
  heed_space action_space = heed_space_discrete(4);
  const double weights[BOARD_FEATURES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  heed_step honest = {.obs = before, .next_obs = after, .channel = 0};
  heed_step corrupt = {.obs = before, .next_obs = after, .channel = 1e6};
  double one = heed_features_dot(&obs_space, &action_space, &honest, weights);
  double other = heed_features_dot(&obs_space, &action_space, &corrupt, weights);
  assert_memory_equal(&one, &other, sizeof one);
}

static void assert_names_lead_back(const heed_space *obs_space, const heed_space *action_space) {
  size_t count = heed_features_count(obs_space, action_space);
  for (size_t i = 0; i < count; i++) {
    char name[48];
    heed_features_name(obs_space, action_space, i, name, sizeof name);
    assert_int_equal(heed_features_find(obs_space, action_space, name), i);
  }
}

static void every_name_leads_back_to_its_feature(void **state) {
  (void)state;
  const float low[3] = {0, 0, 0};
  const float high[3] = {1, 1, 1};
  heed_space cells = heed_space_board(2, 3, 256);
  heed_space single = heed_space_board(2, 3, 1);
  heed_space box = heed_space_box(3, low, high);
  heed_space action_space = heed_space_discrete(4);
  assert_names_lead_back(&cells, &action_space);
  assert_names_lead_back(&single, &action_space);
  assert_names_lead_back(&box, &action_space);
  assert_names_lead_back(&box, &box);
}

static void names_are_spelled_as_in_the_header(void **state) {
  (void)state;
  heed_space obs_space = board();
  heed_space action_space = heed_space_discrete(4);
  char name[48];
  heed_features_name(&obs_space, &action_space, 3, name, sizeof name);
  assert_string_equal(name, "share[2]");
  heed_features_name(&obs_space, &action_space, 9, name, sizeof name);
  assert_string_equal(name, "change[2,1]");
  heed_features_name(&obs_space, &action_space, 10 + (4 * 3 + 2) * 4 + 1, name, sizeof name);
  assert_string_equal(name, "place[4,2,1]");
}

static void names_of_nothing_are_not_found(void **state) {
  (void)state;
  heed_space obs_space = board();
  heed_space action_space = heed_space_discrete(4);
  static const char *const wrong[] = {"",
                                      "two",
                                      "share",
                                      "share[3]",
                                      "share[-1]",
                                      "share[1,2]",
                                      "change[1,1]",
                                      "change[3,0]",
                                      "change[1]",
                                      "share[0]x",
                                      "next[0]",
                                      "share[",
                                      "share[]",
                                      "change[1,]",
                                      "change[,1]",
                                      "change[1,2,0]",
                                      "share[ 1]",
                                      "SHARE[1]",
                                      "share[1e0]",
                                      "action[0]",
                                      "place[6,0,0]",
                                      "place[0,3,0]",
                                      "place[0,0,4]",
                                      "place[0,0]",
                                      "share[99999999999999999999]"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    if (heed_features_find(&obs_space, &action_space, wrong[i]) != SIZE_MAX) {
      fail_msg("'%s' was found", wrong[i]);
    }
  }
}

static void discrete_observations_have_no_features(void **state) {
  (void)state;
  heed_space space = heed_space_discrete(4);
  assert_int_equal(heed_features_count(&space, &space), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(board_features_match_a_count_by_hand),
      cmocka_unit_test(places_are_left_out_where_there_are_too_many),
      cmocka_unit_test(factor_features_say_which_factor),
      cmocka_unit_test(factor_features_are_called_by_factor_and_values),
      cmocka_unit_test(box_features_are_values_squares_and_actions),
      cmocka_unit_test(box_actions_are_taken_as_they_are),
      cmocka_unit_test(dot_equals_the_sum_of_features_times_weights),
      cmocka_unit_test(box_dot_equals_the_sum_of_features_times_weights),
      cmocka_unit_test(reward_channel_is_not_looked_at),
      cmocka_unit_test(every_name_leads_back_to_its_feature),
      cmocka_unit_test(names_are_spelled_as_in_the_header),
      cmocka_unit_test(names_of_nothing_are_not_found),
      cmocka_unit_test(discrete_observations_have_no_features),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
