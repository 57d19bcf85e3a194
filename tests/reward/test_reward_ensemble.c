/* test_reward_ensemble.c: networks as a reward: who learns what, what is fixed of a reward, and that they
 * learn what a linear reward cannot say. */
#include <stdlib.h>

#include "reward/ensemble_fixture.h"
#include "reward/reward.h"

static heed_reward *create(const char *name, const char *params, heed_space obs_space) {
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_create(name, params, &obs_space, &action_space, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

/* ---- who learns what ------------------------------------------------------------------------ */

static void questions_that_share_an_option_stay_together(void **state) {
  (void)state;
  heed_space action_space = fixture_action_space();
  heed_rng rng;
  heed_rng_init(&rng, 6);
  heed_segment clips[8];
  for (size_t i = 0; i < 8; i++) {
    fixture_segment(&clips[i], 2, &rng);
  }
  static const size_t pairs[6][2] = {{0, 1}, {2, 3}, {4, 5}, {3, 6}, {1, 0}, {6, 5}};
  heed_choices choices = {0};
  for (size_t q = 0; q < 6; q++) {
    heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
    for (size_t i = 0; i < 2; i++) {
      assert_int_equal(heed_segment_copy(&choice.query.options[i], &clips[pairs[q][i]], NULL),
                       HEED_OK);
    }
    assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
  }
  heed__steps steps;
  size_t group[6];
  assert_int_equal(heed__steps_init(&steps, &choices, &action_space, HEED__READS_ALL, 1, NULL),
                   HEED_OK);
  assert_int_equal(heed__reward_groups(&steps, 6, group, NULL), HEED_OK);
  static const size_t wanted[6] = {0, 1, 1, 1, 0, 1}; /* 2-3, 3-6, 6-5, 5-4 */
  assert_memory_equal(group, wanted, sizeof group);
  heed__steps_deinit(&steps);
  heed_choices_deinit(&choices);
  for (size_t i = 0; i < 8; i++) {
    heed_segment_deinit(&clips[i]);
  }
}

/* Poisson(1): a share of e^-1 is held out, the mean is 1; over 20,000 hashes both within 4 standard
 * errors, 0.0136 and 0.028. */
static void resamples_count_questions_as_poisson_numbers_do(void **state) {
  (void)state;
  heed_reward_spec spec = {.obs_space = fixture_obs_space(),
                           .action_space = fixture_action_space()};
  heed_error err = {0};
  ensemble *self = open_ensemble("", &spec, &err);
  double none = 0;
  double sum = 0;
  double same = 0;
  for (size_t g = 0; g < 20000; g++) {
    uint32_t times = heed__reward_multiplicity(self, 2, g);
    none += times == 0;
    sum += times;
    same += times == heed__reward_multiplicity(self, 3, g);
  }
  assert_near(none / 20000, exp(-1), 0.0136);
  assert_near(sum / 20000, 1, 0.028);
  assert_true(same < 10000); /* of two independent ones a third are the same */
  free(self);
  self = open_ensemble("bootstrap=false,holdout=0.2", &spec, &err);
  none = 0;
  for (size_t g = 0; g < 20000; g++) {
    none += heed__reward_multiplicity(self, 0, g) == 0;
  }
  assert_near(none / 20000, 0.2, 0.0113);
  free(self);
}

/* ---- learning ------------------------------------------------------------------------------- */

/* 2 where just one of the first two factors is 1 after the step: nothing that is linear in them tells. */
static double either_or(const heed_step *step) {
  const uint8_t *after = step->next_obs;
  return (after[0] == 1) != (after[1] == 1) ? 2 : 0;
}

static double return_of(const heed_segment *option) {
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    sum += either_or(&step);
  }
  return sum;
}

static double scored_return(const heed_reward *model, const heed_segment *option) {
  static double workspace[1 << 14];
  assert_true(heed_reward_workspace_size(model, 1) <= sizeof workspace);
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    double score;
    heed_reward_score(model, &step, 1, NULL, &score, NULL, workspace);
    sum += score;
  }
  return sum;
}

/* Pairs of stretches, answered by the likelihood of choice.h with beta. */
static void ask(heed_choices *choices, size_t count, double beta, const char *who, heed_rng *rng) {
  heed_space space = factors_space();
  for (size_t q = 0; q < count; q++) {
    heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
    (void)snprintf(choice.who, sizeof choice.who, "%s", who);
    for (size_t i = 0; i < 2; i++) {
      random_segment(&choice.query.options[i], &space, 3, rng);
    }
    double difference = return_of(&choice.query.options[1]) - return_of(&choice.query.options[0]);
    choice.chosen = heed_rng_uniform(rng) < 1 / (1 + exp(-beta * difference)) ? 1 : 0;
    assert_int_equal(heed_choices_append(choices, &choice, NULL), HEED_OK);
  }
}

/* The share of new pairs, of different returns, that a model puts in the right order. */
static double agreement(const heed_reward *model) {
  heed_rng rng;
  heed_rng_init(&rng, 1234);
  heed_choices fresh = {0};
  ask(&fresh, 600, 1, "", &rng);
  double right = 0;
  double count = 0;
  for (size_t q = 0; q < fresh.count; q++) {
    const heed_segment *options = fresh.items[q].query.options;
    double truth = return_of(&options[1]) - return_of(&options[0]);
    double said = scored_return(model, &options[1]) - scored_return(model, &options[0]);
    count += truth != 0;
    right += truth * said > 0;
  }
  heed_choices_deinit(&fresh);
  return right / count;
}

static void what_is_not_linear_is_learned(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 9);
  heed_choices choices = {0};
  ask(&choices, 300, 1, "", &rng);
  heed_reward *networks = create("ensemble", "", factors_space());
  heed_reward *line = create("linear", "", factors_space());
  heed_reward_report report;
  assert_int_equal(heed_reward_learn(networks, &choices, NULL, &report, NULL), HEED_OK);
  assert_int_equal(report.choices, 300);
  assert_true(report.iterations > 0 && report.log_posterior < 0);
  assert_true(report.accuracy > 0.7);
  assert_int_equal(heed_reward_learn(line, &choices, NULL, NULL, NULL), HEED_OK);
  double of_networks = agreement(networks);
  double of_line = agreement(line);
  print_message("             networks %.3f, linear %.3f\n", of_networks, of_line);
  assert_true(of_networks > 0.9);
  assert_true(of_line < 0.75);
  heed_reward_destroy(networks);
  heed_reward_destroy(line);
  heed_choices_deinit(&choices);
}

/* Of two people who are said to be alike the one who errs more is found out. */
static void rationality_of_each_person_is_inferred(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 10);
  heed_choices choices = {0};
  ask(&choices, 400, 2, "careful", &rng);
  ask(&choices, 400, 0.3, "careless", &rng);
  heed_reward *model = create("ensemble", "width=32", factors_space());
  heed_reward_report report;
  assert_int_equal(heed_reward_learn(model, &choices, NULL, &report, NULL), HEED_OK);
  assert_int_equal(report.people_count, 2);
  assert_string_equal(report.people[0].who, "careful");
  assert_int_equal(report.people[0].answers, 400);
  print_message("             beta %.3f +- %.3f, %.3f +- %.3f\n", report.people[0].beta,
                report.people[0].beta_spread, report.people[1].beta, report.people[1].beta_spread);
  assert_true(report.people[0].beta > 2 * report.people[1].beta);
  /* What is stated of all together stays: 1, as the geometric mean. */
  assert_near(report.people[0].beta * report.people[1].beta, 1, 1e-9);
  assert_true(report.people[1].beta_spread > 0 && report.people[1].beta_spread < 1);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* Comparisons of equally long options leave the mean over what was shown at 0; labels say what a step is
 * worth against nothing. */
static void offsets_are_zero_where_answers_do_not_tell_them(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 11);
  heed_choices choices = {0};
  ask(&choices, 40, 1, "", &rng);
  heed_reward *model = create("ensemble", "members=3,width=8", factors_space());
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  double sum = 0;
  double size = 0;
  for (size_t q = 0; q < choices.count; q++) {
    for (size_t i = 0; i < 2; i++) {
      double value = scored_return(model, &choices.items[q].query.options[i]);
      sum += value;
      size += fabs(value);
    }
  }
  assert_true(size > 1);
  assert_near(sum / size, 0, 1e-5);
  for (uint32_t i = 0; i < 30; i++) { /* all are good */
    heed_space space = factors_space();
    add_kind(&choices, HEED_LABEL, &space, HEED_LABEL_GOOD, "", &rng);
  }
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  sum = 0;
  for (size_t q = 0; q < choices.count; q++) {
    sum += scored_return(model, &choices.items[q].query.options[0]);
  }
  assert_true(sum > 0.2 * (double)choices.count);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* Members agree on steps that questions were about more than on boards of values that never came up. */
static void members_differ_where_nothing_was_said(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 12);
  heed_choices choices = {0};
  ask(&choices, 300, 1, "", &rng);
  for (size_t q = 0; q < choices.count; q++) { /* the last factor is always 0 */
    for (size_t i = 0; i < 2; i++) {
      heed_segment *option = &choices.items[q].query.options[i];
      for (size_t t = 0; t <= option->steps; t++) {
        option->obs[t * FACTORS + 3] = 0;
      }
    }
  }
  heed_reward *model = create("ensemble", "width=32", factors_space());
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  static double workspace[1 << 14];
  double known = 0;
  double unknown = 0;
  for (size_t q = 0; q < 100; q++) {
    heed_segment *option = &choices.items[q].query.options[0];
    heed_step step = heed_segment_step(option, 0);
    double mean;
    double spread;
    heed_reward_score(model, &step, 1, NULL, &mean, &spread, workspace);
    known += spread;
    option->obs[3] = 2;
    option->obs[FACTORS + 3] = 1;
    heed_reward_score(model, &step, 1, NULL, &mean, &spread, workspace);
    unknown += spread;
  }
  print_message("             spread %.3f, of the unknown %.3f\n", known / 100, unknown / 100);
  assert_true(unknown > 1.1 * known);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

static bool refuse(void *context, uint64_t done, uint64_t total) {
  (void)context;
  (void)total;
  return done < 20;
}

static void failed_fit_leaves_the_model_as_it_was(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 13);
  heed_choices choices = {0};
  ask(&choices, 20, 1, "", &rng);
  heed_reward *model = create("ensemble", "members=2,width=8,epochs=30", factors_space());
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  double before = scored_return(model, &choices.items[0].query.options[0]);
  ask(&choices, 20, 1, "", &rng);
  heed_progress_sink sink = {.report = refuse};
  assert_int_equal(heed_reward_learn(model, &choices, &sink, NULL, NULL), HEED_ERR_STATE);
  assert_near(scored_return(model, &choices.items[0].query.options[0]), before, 0);
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  assert_true(scored_return(model, &choices.items[0].query.options[0]) != before);

  for (size_t q = 0; q < choices.count; q++) {
    choices.items[q].chosen = HEED_CHOICE_SKIP;
  }
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  assert_near(scored_return(model, &choices.items[0].query.options[0]), 0, 0);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* Over the borders of blocks: 150 rows at once and one by one. */
static void rows_do_not_depend_on_their_batch(void **state) {
  (void)state;
  enum { ROWS = 150 };
  static double workspace[1 << 15];
  static double mean[ROWS];
  static double spread[ROWS];
  heed_rng rng;
  heed_rng_init(&rng, 14);
  heed_space space = box_space();
  heed_choices choices = {0};
  for (uint32_t i = 0; i < ROWS; i++) {
    add_kind(&choices, HEED_COMPARISON, &space, i, "", &rng);
  }
  heed_reward *model = create("ensemble", "epochs=3,width=40", space);
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  heed_step steps[ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    steps[i] = heed_segment_step(&choices.items[i].query.options[0], 0);
  }
  assert_true(heed_reward_workspace_size(model, ROWS) <= sizeof workspace);
  for (uint64_t member = 0; member <= 5; member++) {
    const void *hypothesis = member < 5 ? &member : NULL;
    heed_reward_score(model, steps, ROWS, hypothesis, mean, spread, workspace);
    for (size_t i = 0; i < ROWS; i++) {
      double one_mean;
      double one_spread;
      heed_reward_score(model, &steps[i], 1, hypothesis, &one_mean, &one_spread, workspace);
      assert_memory_equal(&one_mean, &mean[i], sizeof one_mean);
      assert_memory_equal(&one_spread, &spread[i], sizeof one_spread);
    }
  }
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* The mean is that of the hypotheses, the spread their standard deviation. */
static void hypotheses_are_the_members(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 15);
  heed_choices choices = {0};
  ask(&choices, 20, 1, "", &rng);
  heed_reward *model = create("ensemble", "members=4,width=8,epochs=20", factors_space());
  heed_step step = heed_segment_step(&choices.items[0].query.options[0], 0);
  static double workspace[1 << 12];
  double sum = 0;
  double squares = 0;
  double mean;
  double spread;
  /* Before anything is learned: white noise of deviation 1; 4,000 draws, 4 standard errors. */
  for (int i = 0; i < 4000; i++) {
    uint64_t drawn;
    double score;
    heed_reward_draw(model, &rng, &drawn);
    heed_reward_score(model, &step, 1, &drawn, &score, NULL, workspace);
    sum += score / 4000;
    squares += score * score / 4000;
  }
  heed_reward_score(model, &step, 1, NULL, &mean, &spread, workspace);
  assert_near(mean, 0, 0);
  assert_near(spread, 1, 0);
  assert_near(sum, 0, 0.064);
  assert_near(squares, 1, 0.09);

  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, NULL), HEED_OK);
  double scores[4];
  sum = 0;
  squares = 0;
  for (uint64_t m = 0; m < 4; m++) {
    heed_reward_score(model, &step, 1, &m, &scores[m], NULL, workspace);
    sum += scores[m] / 4;
  }
  for (size_t m = 0; m < 4; m++) {
    squares += (scores[m] - sum) * (scores[m] - sum) / 3;
  }
  heed_reward_score(model, &step, 1, NULL, &mean, &spread, workspace);
  assert_near(mean, sum, 1e-12);
  assert_near(spread, sqrt(squares), 1e-12);
  assert_true(spread > 0);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(questions_that_share_an_option_stay_together),
      cmocka_unit_test(resamples_count_questions_as_poisson_numbers_do),
      cmocka_unit_test(what_is_not_linear_is_learned),
      cmocka_unit_test(rationality_of_each_person_is_inferred),
      cmocka_unit_test(offsets_are_zero_where_answers_do_not_tell_them),
      cmocka_unit_test(members_differ_where_nothing_was_said),
      cmocka_unit_test(failed_fit_leaves_the_model_as_it_was),
      cmocka_unit_test(rows_do_not_depend_on_their_batch),
      cmocka_unit_test(hypotheses_are_the_members),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
