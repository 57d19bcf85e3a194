/* test_reward_calibration.c: does a reward of networks know what it knows? Rewards are planted, answers
 * simulated, and of intervals that are to hold the truth 9 times of 10 it is counted how many do.
 * bench/reward_calibration measures more of it. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <stdio.h>
#include <stdlib.h>

#include "reward/ensemble_fixture.h"
#include "reward/manner.h"
#include "reward/reward.h"

enum { SEEDS = 20, ANSWERS = 40, PAIRS = 40, STEPS = 3, MEMBERS = 6 };

/* What each value of a factor is worth, and what two neighbours are worth together. */
typedef struct planted {
  double alone[FACTORS][3];
  double pair[FACTORS - 1][3][3];
} planted;

static void plant(planted *p, heed_rng *rng) {
  gsl_rng gsl = heed_rng_view(rng);
  double size = 0.5 * pow(8, heed_rng_uniform(rng)); /* 0.5 to 4 units of 1 / beta */
  double *numbers = (double *)p;
  for (size_t i = 0; i < sizeof *p / sizeof *numbers; i++) {
    numbers[i] = gsl_ran_gaussian_ziggurat(&gsl, size / sqrt(2 * FACTORS));
  }
}

static double planted_return(const planted *p, const heed_segment *option) {
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    const uint8_t *after = step.next_obs;
    for (size_t i = 0; i < FACTORS; i++) {
      sum += p->alone[i][after[i]];
      sum += i + 1 < FACTORS ? p->pair[i][after[i]][after[i + 1]] : 0;
    }
  }
  return sum;
}

static double planted_lead(const planted *p, const heed_choice *pair) {
  return planted_return(p, &pair->query.options[1]) - planted_return(p, &pair->query.options[0]);
}

static void ask(const planted *p, size_t count, heed_rng *rng, heed_choices *choices) {
  heed_space space = factors_space();
  for (size_t q = 0; q < count; q++) {
    heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
    random_segment(&choice.query.options[0], &space, STEPS, rng);
    random_segment(&choice.query.options[1], &space, STEPS, rng);
    choice.chosen = heed_rng_uniform(rng) < 1 / (1 + exp(-planted_lead(p, &choice)));
    assert_int_equal(heed_choices_append(choices, &choice, NULL), HEED_OK);
  }
}

static double scored_lead(const heed_reward *model, const heed_choice *pair, uint64_t member) {
  static double workspace[1 << 15];
  double lead = 0;
  assert_true(heed_reward_workspace_size(model, 1) <= sizeof workspace);
  for (size_t i = 0; i < 2; i++) {
    const heed_segment *option = &pair->query.options[i];
    for (uint32_t t = 0; t < option->steps; t++) {
      heed_step step = heed_segment_step(option, t);
      double score;
      heed_reward_score(model, &step, 1, &member, &score, NULL, workspace);
      lead += i == 0 ? -score : score;
    }
  }
  return lead;
}

/* Is the truth in Student's interval for one more member? */
static bool is_covered(const heed_reward *model, const heed_choice *pair, double truth) {
  double mean = 0;
  double squares = 0;
  for (uint64_t m = 0; m < MEMBERS; m++) {
    double lead = scored_lead(model, pair, m);
    double off = lead - mean;
    mean += off / (double)(m + 1);
    squares += off * (lead - mean);
  }
  double half = gsl_cdf_tdist_Pinv(0.95, MEMBERS - 1) * sqrt(squares / (MEMBERS - 1)) *
                sqrt(1 + 1.0 / MEMBERS);
  return fabs(truth - mean) <= half;
}

static heed_reward *create(const char *params) {
  heed_space obs_space = factors_space();
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  assert_int_equal(heed_reward_create("ensemble", params, &obs_space, &action_space, &model, NULL),
                   HEED_OK);
  return model;
}

/* Over 20 planted rewards the share of 90 % intervals that hold the truth is 0.9 within 0.08; the standard
 * deviation of the share of one reward is about 0.15, that of the mean 0.03. Without doubts it is below 0.7. */
static void intervals_hold_the_truth_as_often_as_they_say(void **state) {
  (void)state;
  double covered = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, 1000 + seed);
    planted p;
    plant(&p, &rng);
    heed_choices asked = {0};
    heed_choices fresh = {0};
    ask(&p, ANSWERS, &rng, &asked);
    ask(&p, PAIRS, &rng, &fresh);
    heed_reward *model = create("width=32");
    assert_int_equal(heed_reward_learn(model, &asked, NULL, NULL, NULL), HEED_OK);
    for (size_t q = 0; q < PAIRS; q++) {
      covered += is_covered(model, &fresh.items[q], planted_lead(&p, &fresh.items[q])) /
                 (double)(SEEDS * PAIRS);
    }
    heed_reward_destroy(model);
    heed_choices_deinit(&asked);
    heed_choices_deinit(&fresh);
  }
  print_message("             in the 90 %% interval: %.3f\n", covered);
  assert_near(covered, 0.9, 0.08);
}

/* Doubts come in opposite pairs: the mean of the members is as without them, where nothing was said too. */
static void doubts_leave_the_mean_alone(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  planted p;
  plant(&p, &rng);
  heed_choices asked = {0};
  ask(&p, ANSWERS, &rng, &asked);
  heed_reward *narrow = create("prior_scale=0.001,epochs=20");
  heed_reward *wide = create("prior_scale=5,epochs=20");
  assert_int_equal(heed_reward_learn(narrow, &asked, NULL, NULL, NULL), HEED_OK);
  assert_int_equal(heed_reward_learn(wide, &asked, NULL, NULL, NULL), HEED_OK);
  double apart = 0;
  for (size_t q = 0; q < ANSWERS; q++) {
    double mean[2] = {0};
    for (uint64_t m = 0; m < MEMBERS; m++) {
      mean[0] += scored_lead(narrow, &asked.items[q], m) / MEMBERS;
      mean[1] += scored_lead(wide, &asked.items[q], m) / MEMBERS;
      apart +=
          fabs(scored_lead(narrow, &asked.items[q], m) - scored_lead(wide, &asked.items[q], m));
    }
    assert_near(mean[0], mean[1], 1e-3); /* floats */
  }
  assert_true(apart > 0.1 * ANSWERS * MEMBERS);
  heed_reward_destroy(narrow);
  heed_reward_destroy(wide);
  heed_choices_deinit(&asked);
}

/* By how much member m of untaught networks doubts that an option is better. */
static double doubt_of(const heed_reward *wide, const heed_reward *sure, const heed_choice *pair,
                       uint64_t m) {
  return scored_lead(wide, pair, m) - scored_lead(sure, pair, m);
}

static heed_reward *create_untaught(const char *prior_scale, const heed_choices *choices) {
  char params[64];
  (void)snprintf(params, sizeof params, "members=64,epochs=0,prior_scale=%s", prior_scale);
  heed_reward *model = create(params);
  assert_int_equal(heed_reward_learn(model, choices, NULL, NULL, NULL), HEED_OK);
  return model;
}

/* One pair that 100 answers are divided about: each tells p (1 - p) = 1/4 of the lead, so that the doubt about it has
 * the variance 1 / (100 / 4), whatever the prior, if that is wide. What nobody spoke about is in doubt by the prior:
 * twice as much if it is twice as wide. 32 pairs of members: the deviation of a deviation is an eighth. */
static void doubts_are_what_answers_leave(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 7);
  planted nothing = {.alone = {{0}}};
  heed_choices asked = {0};
  heed_choices fresh = {0};
  ask(&nothing, 1, &rng, &asked);
  ask(&nothing, PAIRS, &rng, &fresh);
  for (int q = 1; q < 100; q++) {
    heed_choice again = {.beta = 1, .query = {.option_count = 2}, .chosen = q % 2};
    for (size_t i = 0; i < 2; i++) {
      assert_int_equal(
          heed_segment_copy(&again.query.options[i], &asked.items[0].query.options[i], NULL),
          HEED_OK);
    }
    assert_int_equal(heed_choices_append(&asked, &again, NULL), HEED_OK);
  }
  heed_reward *sure = create_untaught("0.001", &asked);
  heed_reward *wide = create_untaught("100", &asked);
  heed_reward *wider = create_untaught("200", &asked);
  double known = 0;
  double open[2] = {0};
  for (uint64_t m = 0; m < 64; m += 2) {
    double off = doubt_of(wide, sure, &asked.items[0], m);
    known += off * off / 32;
    for (size_t q = 0; q < PAIRS; q++) {
      open[0] += fabs(doubt_of(wide, sure, &fresh.items[q], m)) / (32 * PAIRS);
      open[1] += fabs(doubt_of(wider, sure, &fresh.items[q], m)) / (32 * PAIRS);
    }
  }
  assert_near(sqrt(known), 0.2, 0.075);
  assert_true(open[0] > 10);
  assert_near(open[1] / open[0], 2, 0.1);
  heed_reward_destroy(sure);
  heed_reward_destroy(wide);
  heed_reward_destroy(wider);
  heed_choices_deinit(&asked);
  heed_choices_deinit(&fresh);
}

/* The information of an answer is the mean of the squared slopes of the log-likelihood, and, where that sums to
 * 1 over the answers without mistakes, that of its negative curvature. Both by what manner.h has of one answer;
 * of every kind. */
static void information_is_the_mean_curvature(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 6);
  heed_space space = factors_space();
  for (uint32_t kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    heed_choices choices = {0};
    add_kind(&choices, (heed_choice_kind)kind, &space, 0, "", &rng);
    heed_choice *choice = &choices.items[0];
    size_t n = choice->query.option_count;
    choice->mistakes = 0;
    heed__manner manner;
    assert_int_equal(heed__manner_init(&manner, &(heed__manner_config){0}, &choices, NULL),
                     HEED_OK);
    double theta[16] = {0.3, -0.2, 0.5, 0.1};
    double returns[HEED_OPTION_MAX] = {0.4, -1.1, 0.7};
    double information[HEED_OPTION_MAX * HEED_OPTION_MAX];
    double expected[HEED_OPTION_MAX * HEED_OPTION_MAX] = {0};
    double all = 0;
    heed__answer_information(&manner, choice, 0, theta, returns, information);
    int32_t answers = kind == HEED_RATING     ? 5
                      : kind == HEED_LABEL    ? 3
                      : kind == HEED_APPROVAL ? 2
                                              : (int32_t)n;
    for (int32_t c = kind == HEED_COMPARISON ? HEED_CHOICE_EQUAL : 0; c < answers; c++) {
      heed__answer_terms terms;
      choice->chosen = c;
      heed__answer_terms_of(&manner, choice, 0, theta, returns, true, &terms);
      all += exp(terms.loglik);
      for (size_t i = 0; i < n * n; i++) {
        expected[i] -= exp(terms.loglik) * terms.bend[i];
      }
    }
    assert_near(all, 1, 1e-12);
    for (size_t i = 0; i < n * n; i++) {
      assert_near(information[i], expected[i], 1e-12);
    }
    heed__manner_deinit(&manner);
    heed_choices_deinit(&choices);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
      cmocka_unit_test(doubts_leave_the_mean_alone),
      cmocka_unit_test(doubts_are_what_answers_leave),
      cmocka_unit_test(information_is_the_mean_curvature),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
