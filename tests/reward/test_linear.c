/* test_linear.c: the Bayesian linear reward: what it learns, how sure it is, and what it draws. */
#include <stdlib.h>

#include "reward/features.h"
#include "reward/feedback.h"
#include "reward/linear_fixture.h"

/* The weight of a feature and its deviation, as the explanation says them. */
static bool explained(const heed_reward *model, const char *name, double *mean, double *deviation) {
  char line[96];
  for (size_t i = 0; heed_reward_explain(model, i, line, sizeof line); i++) {
    size_t length = strcspn(line, " ");
    if (strlen(name) == length && strncmp(line, name, length) == 0) {
      char *rest;
      *mean = strtod(line + length, &rest);
      assert_memory_equal(rest, " +- ", 4);
      *deviation = strtod(rest + 4, NULL);
      return true;
    }
  }
  return false;
}

/* ---- before and after learning -------------------------------------------------------------- */

static void prior_has_mean_zero_and_the_spread_of_the_features(void **state) {
  (void)state;
  heed_reward *model = create("prior_scale=3,lasting_steps=5,place_scale=0.5");
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_rng rng;
  heed_rng_init(&rng, 1);
  heed_segment segment;
  fixture_segment(&segment, 1, &rng);
  heed_step step = heed_segment_step(&segment, 0);
  double features[FEATURES];
  double squares = 0;
  heed_features_of(&obs_space, &action_space, &step, features);
  for (size_t i = 0; i < FEATURES; i++) {
    /* What lasts, "one" and the shares, has a fifth of the deviation of what happens; places their own. */
    double deviation = i < 1 + obs_space.value_count ? 3.0 / 5 : i < CHANGES_END ? 3.0 : 0.5;
    squares += features[i] * features[i] * deviation * deviation;
  }
  double mean;
  double spread;
  score_one(model, &step, NULL, &mean, &spread);
  assert_near(mean, 0, 0);
  assert_near(spread, sqrt(squares), 1e-12);
  heed_segment_deinit(&segment);
  heed_reward_destroy(model);
}

/* A label tells what one step is worth against nothing, not against another step. */
static void labels_tell_the_worth_of_a_step(void **state) {
  (void)state;
  heed_reward *model = create("prior_scale=3,lasting_steps=5");
  heed_rng rng;
  heed_rng_init(&rng, 6);
  heed_segment clip;
  fixture_segment(&clip, 1, &rng);
  heed_step step = heed_segment_step(&clip, 0);
  double means[3];
  for (int32_t label = HEED_LABEL_BAD; label <= HEED_LABEL_GOOD; label++) {
    heed_choices choices = {0};
    heed_choice choice;
    heed_reward_report report;
    assert_int_equal(heed_feedback_label(&choice, &clip, 0, label, NULL), HEED_OK);
    assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
    assert_int_equal(heed_reward_learn(model, &choices, NULL, &report, NULL), HEED_OK);
    assert_int_equal(report.choices, 1);
    assert_near(report.accuracy, label == HEED_LABEL_NEUTRAL ? 0 : 1, 0);
    score_one(model, &step, NULL, &means[label], NULL);
    heed_choices_deinit(&choices);
  }
  assert_true(means[HEED_LABEL_BAD] < -0.1);
  assert_near(means[HEED_LABEL_NEUTRAL], 0, 1e-9); /* by symmetry */
  assert_near(means[HEED_LABEL_GOOD], -means[HEED_LABEL_BAD], 1e-9);
  heed_segment_deinit(&clip);
  heed_reward_destroy(model);
}

static void planted_weights_are_recovered(void **state) {
  (void)state;
  double weights[FEATURES] = {0};
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  size_t good = heed_features_find(&obs_space, &action_space, "change[1,2]");
  size_t bad = heed_features_find(&obs_space, &action_space, "change[0,3]");
  weights[good] = 2;
  weights[bad] = -3;
  heed_rng rng;
  heed_rng_init(&rng, 4);
  heed_choices choices = {0};
  ask(&choices, 600, 4, weights, &rng);
  heed_reward *model = create("");
  heed_reward_report report;
  learn(model, &choices, &report);
  assert_int_equal(report.choices, 600);
  assert_true(report.accuracy > 0.75);
  assert_near(report.gradient_norm, 0, 1e-6);

  double mean;
  double deviation;
  assert_true(explained(model, "change[1,2]", &mean, &deviation));
  assert_near(mean, 2, 4 * deviation);
  assert_true(deviation < 0.5);
  assert_true(explained(model, "change[0,3]", &mean, &deviation));
  assert_near(mean, -3, 4 * deviation);
  char line[96];
  assert_true(heed_reward_explain(model, 0, line, sizeof line));
  assert_true(strncmp(line, "change[0,3]", 11) == 0 || strncmp(line, "change[1,2]", 11) == 0);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* What happens at one cell by one action, and nowhere else, is told from what happens anywhere. */
static void planted_places_are_recovered(void **state) {
  (void)state;
  double weights[FEATURES] = {0};
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  size_t place = heed_features_find(&obs_space, &action_space, "place[5,2,3]");
  weights[place] = 4;
  heed_rng rng;
  heed_rng_init(&rng, 14);
  heed_choices choices = {0};
  ask(&choices, 600, 4, weights, &rng);
  heed_reward *model = create("place_scale=4");
  learn(model, &choices, NULL);
  double mean;
  double deviation;
  assert_true(explained(model, "place[5,2,3]", &mean, &deviation));
  assert_near(mean, 4, 4 * deviation);
  assert_true(mean > 2 * deviation);
  char line[96];
  assert_true(heed_reward_explain(model, 0, line, sizeof line));
  assert_memory_equal(line, "place[5,2,3]", 12);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* Options of equal length: the weight of `one` cancels in every question. */
/* Surest first, each active feature once. The lines have three digits, two for the deviation. */
static void explanation_is_ordered_by_certainty(void **state) {
  (void)state;
  double weights[FEATURES] = {0};
  weights[6] = 1;
  weights[9] = -2;
  heed_rng rng;
  heed_rng_init(&rng, 8);
  heed_choices choices = {0};
  ask(&choices, 200, 3, weights, &rng);
  heed_reward *model = create("");
  learn(model, &choices, NULL);
  char line[96];
  char before[96] = "";
  double least = HUGE_VAL;
  size_t lines = 0;
  for (; heed_reward_explain(model, lines, line, sizeof line); lines++) {
    char name[48] = "";
    double mean;
    double deviation;
    memcpy(name, line, strcspn(line, " "));
    assert_true(explained(model, name, &mean, &deviation));
    assert_string_not_equal(line, before);
    assert_true(fabs(mean) / deviation <=
                least * 1.06); /* 5 % is a deviation rounded to two digits */
    least = fabs(mean) / deviation;
    memcpy(before, line, sizeof before);
  }
  assert_int_equal(lines, CHANGES_END - 1); /* all but `one` */
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

static void what_no_question_shows_keeps_its_prior(void **state) {
  (void)state;
  double weights[FEATURES] = {0};
  heed_rng rng;
  heed_rng_init(&rng, 9);
  heed_choices choices = {0};
  ask(&choices, 20, 3, weights, &rng);
  heed_reward *model = create("");
  learn(model, &choices, NULL);
  double mean;
  double deviation;
  assert_false(explained(model, "one", &mean, &deviation));
  assert_true(explained(model, "share[1]", &mean, &deviation));
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* One question, option 0 of one step over option 1 of none: only features of that step matter, and they
 * work as one parameter u = w . phi with prior variance s^2 |phi|^2. */
static void check_one_answer(const char *params, double tolerance) {
  heed_rng rng;
  heed_rng_init(&rng, 12);
  heed_choice choice = {.beta = 1};
  choice.query.option_count = 2;
  fixture_segment(&choice.query.options[0], 1, &rng);
  fixture_segment(&choice.query.options[1], 0, &rng);
  heed_step step = heed_segment_step(&choice.query.options[0], 0);
  heed_choices choices = {.count = 1, .items = &choice};
  heed_reward *model = create(params);
  double prior_mean;
  double prior_spread;
  score_one(model, &step, NULL, &prior_mean, &prior_spread);
  learn(model, &choices, NULL);
  double mean;
  double spread;
  score_one(model, &step, NULL, &mean, &spread);

  /* The mode solves 1 / (1 + e^u) = u / v, the variance is 1 / (1 / v + p (1 - p)). */
  double v = prior_spread * prior_spread;
  double p = 1 / (1 + exp(-mean));
  assert_true(mean > 0);
  assert_near(1 - p, mean / v, tolerance);
  assert_near(spread, 1 / sqrt(1 / v + p * (1 - p)), 10 * tolerance);
  heed_choice_deinit(&choice);
  heed_reward_destroy(model);
}

static void one_answer_moves_the_mean_along_the_features(void **state) {
  (void)state;
  check_one_answer("prior_scale=2,lasting_steps=1", 1e-10);
  /* The fit ends within 1e-8 posterior deviations of the mode. */
  check_one_answer("prior_scale=2,lasting_steps=7", 1e-8);
}

static void skips_and_no_choices_leave_the_prior(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 13);
  heed_choice choice = fixture_choice(3, 2, &rng);
  choice.chosen = HEED_CHOICE_SKIP;
  heed_step step = heed_segment_step(&choice.query.options[0], 0);
  heed_choices choices = {.count = 1, .items = &choice};
  heed_choices none = {0};
  heed_reward *model = create("");
  double prior[2];
  double after[2];
  heed_reward_report report;
  char line[96];
  score_one(model, &step, NULL, &prior[0], &prior[1]);
  learn(model, &choices, &report);
  assert_int_equal(report.choices, 0);
  assert_false(heed_reward_explain(model, 0, line, sizeof line));
  score_one(model, &step, NULL, &after[0], &after[1]);
  assert_memory_equal(prior, after, sizeof prior);

  choice.chosen = 1; /* and what was learned is forgotten when nothing is left to learn from */
  learn(model, &choices, &report);
  assert_true(heed_reward_explain(model, 0, line, sizeof line));
  learn(model, &none, &report);
  score_one(model, &step, NULL, &after[0], &after[1]);
  assert_memory_equal(prior, after, sizeof prior);
  heed_choice_deinit(&choice);
  heed_reward_destroy(model);
}

/* A discount of 0 hears of the first step only. */
static void discount_weighs_later_steps_less(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 14);
  heed_choice whole = fixture_choice(2, 3, &rng);
  whole.chosen = 0;
  heed_choice first = {.beta = 1, .query = {.option_count = 2}};
  for (size_t i = 0; i < 2; i++) {
    const heed_segment *option = &whole.query.options[i];
    assert_int_equal(heed_segment_init(&first.query.options[i], 1, FIXTURE_CELLS, NULL), HEED_OK);
    memcpy(first.query.options[i].obs, option->obs, 2 * (size_t)FIXTURE_CELLS);
    first.query.options[i].actions[0] = option->actions[0];
  }
  heed_step step = heed_segment_step(&whole.query.options[0], 0);
  heed_choices wholes = {.count = 1, .items = &whole};
  heed_choices firsts = {.count = 1, .items = &first};
  heed_reward *model = create("discount=0");
  double results[2][2];
  learn(model, &wholes, NULL);
  score_one(model, &step, NULL, &results[0][0], &results[0][1]);
  learn(model, &firsts, NULL);
  score_one(model, &step, NULL, &results[1][0], &results[1][1]);
  assert_true(results[0][0] > 0);
  assert_memory_equal(results[0], results[1], sizeof results[0]);
  heed_choice_deinit(&whole);
  heed_choice_deinit(&first);
  heed_reward_destroy(model);
}

static bool refuse(void *context, uint64_t done, uint64_t total) {
  (void)context;
  (void)done;
  (void)total;
  return false;
}

static void failed_fit_leaves_the_model_as_it_was(void **state) {
  (void)state;
  double weights[FEATURES] = {0};
  heed_rng rng;
  heed_rng_init(&rng, 15);
  heed_choices choices = {0};
  ask(&choices, 10, 2, weights, &rng);
  heed_reward *model = create("");
  learn(model, &choices, NULL);
  heed_step step = heed_segment_step(&choices.items[0].query.options[0], 0);
  double before[2];
  double after[2];
  score_one(model, &step, NULL, &before[0], &before[1]);
  ask(&choices, 10, 2, weights, &rng);
  heed_progress_sink sink = {.report = refuse};
  assert_int_equal(heed_reward_learn(model, &choices, &sink, NULL, NULL), HEED_ERR_STATE);
  choices.items[12].beta = -1;
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_ERR_ARG);
  score_one(model, &step, NULL, &after[0], &after[1]);
  assert_memory_equal(before, after, sizeof before);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* ---- draws ---------------------------------------------------------------------------------- */

/* Scores of a step under 20,000 draws have the mean and the spread that the model states: mean within 5
 * standard errors, 5 / sqrt(20,000) = 0.035 spreads; spread within 5 / sqrt(40,000) = 2.5 %. The steps
 * mix active features and features that keep their prior. */
static void check_draws(const char *params) {
  enum { DRAWS = 20000, STEPS = 6 };
  double weights[FEATURES] = {0};
  weights[7] = 1.5;
  heed_rng rng;
  heed_rng_init(&rng, 16);
  heed_choices choices = {0};
  ask(&choices, 60, 3, weights, &rng);
  heed_reward *model = create(params);
  learn(model, &choices, NULL);
  assert_int_equal(heed_reward_spec_of(model)->hypothesis_size, FEATURES * sizeof(double));

  heed_step steps[STEPS];
  double mean[STEPS];
  double spread[STEPS];
  double sum[STEPS] = {0};
  double squares[STEPS] = {0};
  double workspace[2 * FEATURES];
  for (size_t i = 0; i < STEPS; i++) {
    steps[i] = heed_segment_step(&choices.items[i].query.options[0], 0);
  }
  heed_reward_score(model, steps, STEPS, NULL, mean, spread, workspace);
  for (size_t d = 0; d < DRAWS; d++) {
    double hypothesis[FEATURES];
    double drawn[STEPS];
    double none[STEPS];
    heed_reward_draw(model, &rng, hypothesis);
    heed_reward_score(model, steps, STEPS, hypothesis, drawn, none, workspace);
    for (size_t i = 0; i < STEPS; i++) {
      assert_near(none[i], 0, 0);
      sum[i] += drawn[i] - mean[i];
      squares[i] += (drawn[i] - mean[i]) * (drawn[i] - mean[i]);
    }
  }
  for (size_t i = 0; i < STEPS; i++) {
    assert_near(sum[i] / DRAWS, 0, 0.035 * spread[i]);
    assert_near(sqrt(squares[i] / DRAWS), spread[i], 0.025 * spread[i]);
  }
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

static void draws_have_the_mean_and_spread_of_the_posterior(void **state) {
  (void)state;
  check_draws("prior_scale=2");
  check_draws("prior_scale=2,samples=500");
}

/* The exact posterior has its mean where the normal approximation has its mode, or not far from it. */
static void samples_are_near_the_normal_approximation(void **state) {
  (void)state;
  double weights[FEATURES] = {0};
  weights[7] = 1.5;
  heed_rng rng;
  heed_rng_init(&rng, 19);
  heed_choices choices = {0};
  ask(&choices, 200, 3, weights, &rng);
  heed_reward *normal = create("prior_scale=2");
  heed_reward *exact = create("prior_scale=2,samples=1000");
  learn(normal, &choices, NULL);
  learn(exact, &choices, NULL);
  for (size_t i = 0; i < 20; i++) {
    heed_step step = heed_segment_step(&choices.items[i].query.options[0], 0);
    double mean[2];
    double spread[2];
    score_one(normal, &step, NULL, &mean[0], &spread[0]);
    score_one(exact, &step, NULL, &mean[1], &spread[1]);
    assert_true(mean[0] != mean[1]);
    assert_near(mean[1], mean[0], 0.4 * spread[0]);
    assert_near(spread[1], spread[0], 0.25 * spread[0]);
  }
  heed_reward_destroy(normal);
  heed_reward_destroy(exact);
  heed_choices_deinit(&choices);
}

static void same_stream_gives_the_same_draw(void **state) {
  (void)state;
  heed_reward *model = create("");
  heed_rng one;
  heed_rng other;
  heed_rng_init(&one, 5);
  heed_rng_init(&other, 5);
  double a[FEATURES];
  double b[FEATURES];
  heed_reward_draw(model, &one, a);
  heed_reward_draw(model, &other, b);
  assert_memory_equal(a, b, sizeof a);
  heed_reward_destroy(model);
}

/* ---- spaces --------------------------------------------------------------------------------- */

static void box_worlds_are_learned_too(void **state) {
  (void)state;
  const float low[2] = {-5, -5};
  const float high[2] = {5, 5};
  heed_space obs_space = heed_space_box(2, low, high);
  heed_space action_space = heed_space_discrete(2);
  heed_reward *model = NULL;
  assert_int_equal(heed_reward_create("linear", "", &obs_space, &action_space, &model, NULL),
                   HEED_OK);
  heed_rng rng;
  heed_rng_init(&rng, 18);
  heed_choices choices = {0};
  for (size_t q = 0; q < 100; q++) { /* whoever comes closer to the origin is preferred */
    heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
    double distance[2];
    for (size_t i = 0; i < 2; i++) {
      heed_segment *option = &choice.query.options[i];
      assert_int_equal(heed_segment_init(option, 1, 8, NULL), HEED_OK);
      float next[2] = {(float)(10 * heed_rng_uniform(&rng) - 5),
                       (float)(10 * heed_rng_uniform(&rng) - 5)};
      memcpy(option->obs + 8, next, sizeof next);
      distance[i] = (double)next[0] * (double)next[0] + (double)next[1] * (double)next[1];
    }
    choice.chosen = distance[0] < distance[1] ? 0 : 1;
    assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
  }
  heed_reward_report report;
  learn(model, &choices, &report);
  assert_true(report.accuracy > 0.95);
  double mean;
  double deviation;
  assert_true(explained(model, "square[0]", &mean, &deviation));
  assert_true(mean < -deviation);
  assert_true(explained(model, "square[1]", &mean, &deviation));
  assert_true(mean < -deviation);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

static void spaces_with_too_many_features_are_refused(void **state) {
  (void)state;
  heed_space obs_space = heed_space_board(2, 2, 200);
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  heed_error err = {0};
  assert_int_equal(heed_reward_create("linear", "", &obs_space, &action_space, &model, &err),
                   HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "44001 features"));
  assert_null(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(prior_has_mean_zero_and_the_spread_of_the_features),
      cmocka_unit_test(labels_tell_the_worth_of_a_step),
      cmocka_unit_test(planted_weights_are_recovered),
      cmocka_unit_test(planted_places_are_recovered),
      cmocka_unit_test(explanation_is_ordered_by_certainty),
      cmocka_unit_test(what_no_question_shows_keeps_its_prior),
      cmocka_unit_test(one_answer_moves_the_mean_along_the_features),
      cmocka_unit_test(skips_and_no_choices_leave_the_prior),
      cmocka_unit_test(discount_weighs_later_steps_less),
      cmocka_unit_test(failed_fit_leaves_the_model_as_it_was),
      cmocka_unit_test(draws_have_the_mean_and_spread_of_the_posterior),
      cmocka_unit_test(samples_are_near_the_normal_approximation),
      cmocka_unit_test(same_stream_gives_the_same_draw),
      cmocka_unit_test(box_worlds_are_learned_too),
      cmocka_unit_test(spaces_with_too_many_features_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
