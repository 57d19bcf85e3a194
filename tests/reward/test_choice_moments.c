/* test_choice_moments.c: mean, variance and evidence by moments, against closed forms of a prior that is cut in
 * half, and against sums over grids. */
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "reward/choice_moments.h"

enum { DIM_MAX = 4, ANSWERS_MAX = 12, OPTIONS_MAX = 3 };

/* Questions without boards: a design matrix and answers. */
typedef struct problem {
  heed__choice_design design;
  heed_choices choices;
  heed_choice items[ANSWERS_MAX];
  double rows[ANSWERS_MAX * OPTIONS_MAX * DIM_MAX];
} problem;

static void begin(problem *p, size_t dim, double prior_scale) {
  memset(p, 0, sizeof *p);
  p->choices.items = p->items;
  p->design = (heed__choice_design){
      .choices = &p->choices, .dim = dim, .rows = p->rows, .prior_scale = prior_scale};
}

/* An answer about options x[options][dim]. */
static void add(problem *p, heed_choice choice, uint32_t options, const double *x) {
  assert_true(p->choices.count < ANSWERS_MAX && options <= OPTIONS_MAX);
  choice.query.option_count = options;
  p->items[p->choices.count++] = choice;
  memcpy(p->rows + p->design.row_count * p->design.dim, x, options * p->design.dim * sizeof *x);
  p->design.row_count += options;
}

typedef struct result {
  double mean[DIM_MAX], covariance[DIM_MAX][DIM_MAX], mode[DIM_MAX];
  double log_evidence;
} result;

/* Solves L L' y = e_j for each j. */
static void invert(const double *factor, size_t n, double covariance[DIM_MAX][DIM_MAX]) {
  for (size_t j = 0; j < n; j++) {
    double y[DIM_MAX] = {0};
    for (size_t i = 0; i < n; i++) {
      double sum = i == j ? 1 : 0;
      for (size_t k = 0; k < i; k++) {
        sum -= factor[k * n + i] * y[k];
      }
      y[i] = sum / factor[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
      for (size_t k = i + 1; k < n; k++) {
        y[i] -= factor[i * n + k] * y[k];
      }
      y[i] /= factor[i * n + i];
      covariance[i][j] = y[i];
    }
  }
}

static result solve(const problem *p) {
  result r = {0};
  double factor[DIM_MAX * DIM_MAX];
  heed__choice_fit_report report;
  heed_error err = {0};
  if (heed__choice_fit(&p->design, r.mode, factor, NULL, &report, &err) != HEED_OK ||
      heed__choice_moments(&p->design, r.mode, r.mean, factor, &r.log_evidence, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  invert(factor, p->design.dim, r.covariance);
  return r;
}

/* The same of 1 or 2 weights by sums over a grid of +- 8 prior deviations. */
static result sum_over_grid(const problem *p, int points) {
  result r = {0};
  size_t dim = p->design.dim;
  double unit = 16 * p->design.prior_scale / points;
  double sum = 0;
  double square[DIM_MAX][DIM_MAX] = {{0}};
  for (int i = 0; i < points; i++) {
    for (int j = 0; j < (dim == 2 ? points : 1); j++) {
      double w[2] = {unit * (i + 0.5 - points / 2.0), unit * (j + 0.5 - points / 2.0)};
      double weight = exp(heed__choice_log_posterior(&p->design, w, NULL, NULL, NULL));
      sum += weight;
      for (size_t a = 0; a < dim; a++) {
        r.mean[a] += weight * w[a];
        for (size_t b = 0; b < dim; b++) {
          square[a][b] += weight * w[a] * w[b];
        }
      }
    }
  }
  for (size_t a = 0; a < dim; a++) {
    r.mean[a] /= sum;
  }
  for (size_t a = 0; a < dim; a++) {
    for (size_t b = 0; b < dim; b++) {
      r.covariance[a][b] = square[a][b] / sum - r.mean[a] * r.mean[b];
    }
  }
  /* the prior's constant, which the log posterior leaves out */
  double constant = sqrt(2 * 3.141592653589793) * p->design.prior_scale / unit;
  r.log_evidence = log(sum) - (double)dim * log(constant);
  return r;
}

/* ---- closed forms ------------------------------------------------------------------------------- */

/* People who are sure cut the prior N(0, s^2) along x in half: mean s |x| sqrt(2 / pi), variance
 * s^2 |x|^2 (1 - 2 / pi), evidence 1/2. Two such cuts at right angles, in a space of four weights. */
static void sure_answers_halve_the_prior(void **state) {
  (void)state;
  const double s = 40;
  const double x[2][2 * 4] = {{0, 0, 0, 0, 3, 4, 0, 0}, {0, 0, 0, 0, 4, -3, 0, 0}};
  problem p;
  begin(&p, 4, s);
  add(&p, (heed_choice){.beta = 1e4, .chosen = 1}, 2, x[0]);
  add(&p, (heed_choice){.beta = 1e4, .chosen = 0}, 2, x[1]);
  result r = solve(&p);
  double half = s * sqrt(2 / 3.141592653589793);
  double variance = s * s * (1 - 2 / 3.141592653589793);
  assert_near(r.mean[0], (3 - 4) * half / 5, 1e-3);
  assert_near(r.mean[1], (4 + 3) * half / 5, 1e-3);
  assert_near(r.mean[2], 0, 1e-9);
  assert_near(r.covariance[0][0], variance, 0.1);
  assert_near(r.covariance[0][1], 0, 0.1);
  assert_near(r.covariance[2][2], s * s, 1e-6);
  assert_near(r.log_evidence, 2 * log(0.5), 1e-4);
}

/* ---- one answer of every kind -------------------------------------------------------------------- */

/* Of one answer nothing is approximated but integrals. */
static void check_one(heed_choice choice, uint32_t options) {
  const double x[OPTIONS_MAX] = {0.7, -0.5, 1.9};
  problem p;
  begin(&p, 1, 3);
  add(&p, choice, options, x);
  result r = solve(&p);
  result truth = sum_over_grid(&p, 10000);
  assert_near(r.mean[0], truth.mean[0], 1e-4);
  assert_near(r.covariance[0][0], truth.covariance[0][0], 1e-3);
  assert_near(r.log_evidence, truth.log_evidence, 1e-4);
}

static void one_answer_of_every_kind_is_exact(void **state) {
  (void)state;
  check_one((heed_choice){.beta = 2, .chosen = 1}, 2);
  check_one((heed_choice){.beta = 50, .chosen = 0}, 2);
  check_one((heed_choice){.beta = 2, .chosen = 1, .mistakes = 0.2}, 2);
  check_one((heed_choice){.beta = 2, .chosen = HEED_CHOICE_EQUAL, .tie = 1.5}, 2);
  check_one((heed_choice){.beta = 2, .chosen = 0, .tie = 1.5, .mistakes = 0.1}, 2);
  check_one((heed_choice){.beta = 3, .chosen = 1, .kind = HEED_APPROVAL}, 3);
  check_one((heed_choice){.beta = 3, .chosen = 1, .kind = HEED_OFF_SWITCH}, 2);
  check_one((heed_choice){.beta = 3, .chosen = 2, .kind = HEED_RATING, .grades = 5}, 1);
  check_one((heed_choice){.beta = 3, .chosen = 0, .kind = HEED_LABEL, .tie = 1}, 1);
}

/* ---- many answers ------------------------------------------------------------------------------- */

/* Answers in two dimensions, one of them against all others, `mistakes` of them at random, `three`: of a
 * question with three options. */
static void fill(problem *p, double beta, double mistakes, bool three) {
  const double angles[8] = {0.1, 0.9, 1.4, 2.2, 2.9, 3.7, 5.1, 5.9};
  begin(p, 2, 10);
  for (int q = 0; q < 8; q++) {
    const double x[2 * OPTIONS_MAX] = {0, 0, cos(angles[q]), sin(angles[q]), 0.5, -0.5};
    heed_choice choice = {.beta = beta, .mistakes = mistakes};
    choice.chosen = cos(angles[q] - 0.6) > 0 && q != 6;
    add(p, choice, three && q == 3 ? 3 : 2, x);
  }
}

/* Means to `off` deviations; deviations to the share `narrow`, and the logarithm of the evidence to that. */
static void check_close(const problem *p, double off, double narrow) {
  result r = solve(p);
  result truth = sum_over_grid(p, 500);
  for (size_t j = 0; j < 2; j++) {
    double deviation = sqrt(truth.covariance[j][j]);
    assert_near((r.mean[j] - truth.mean[j]) / deviation, 0, off);
    assert_near(sqrt(r.covariance[j][j]) / deviation, 1, narrow);
  }
  assert_near(r.log_evidence, truth.log_evidence, narrow);
}

static void check_many(double beta, double mistakes, bool three, double off, double narrow) {
  problem p;
  fill(&p, beta, mistakes, three);
  check_close(&p, off, narrow);
}

static void moments_of_many_answers_are_close(void **state) {
  (void)state;
  check_many(0.03, 0, false, 1e-4, 2e-4);
  check_many(0.3, 0, false, 0.01, 0.06);
  check_many(0.3, 0.1, false, 0.01, 0.06);
  /* Very skew: the mode is 0.8 and 0.7 deviations off the means. */
  check_many(2, 0, false, 0.1, 0.2);
}

/* A question of three options: of one alone nothing is approximated but integrals, by 1,024 points. */
static void check_three(double beta, double mistakes, double scale) {
  const double x[2 * OPTIONS_MAX] = {0.2, -0.4, cos(0.3), sin(0.3), -0.6, 0.9};
  problem p;
  begin(&p, 2, scale);
  add(&p, (heed_choice){.beta = beta, .chosen = 2, .mistakes = mistakes}, 3, x);
  check_close(&p, 0.03, 0.03);
}

static void one_choice_of_three_is_nearly_exact(void **state) {
  (void)state;
  check_three(1, 0, 2);
  check_three(20, 0, 2);
  check_three(20, 0.2, 2);
}

/* Among others, as close as answers to pairs; the mode is not. */
static void a_choice_of_three_is_taken_in(void **state) {
  (void)state;
  check_many(0.3, 0, true, 0.02, 0.06);
  check_many(0.3, 0.1, true, 0.02, 0.06);
  /* A wedge, in which what is proper to each answer leaves a quarter of the deviation out. */
  check_many(2, 0, true, 0.1, 0.26);
}

/* Two of three options that are the same: one direction less than it seems. */
static void options_that_are_the_same_are_no_trouble(void **state) {
  (void)state;
  const double twice[2 * OPTIONS_MAX] = {0.2, -0.4, 0.2, -0.4, -0.6, 0.9};
  const double thrice[2 * OPTIONS_MAX] = {0.2, -0.4, 0.2, -0.4, 0.2, -0.4};
  problem p;
  begin(&p, 2, 3);
  add(&p, (heed_choice){.beta = 1, .chosen = 2}, 3, twice);
  check_close(&p, 0.01, 0.01);
  begin(&p, 2, 3);
  add(&p, (heed_choice){.beta = 1, .chosen = 2}, 3, thrice);
  check_close(&p, 1e-6, 1e-3);
}

/* Someone sure says what nobody expected, after ten answers that say the opposite: few points are there. */
static void what_nobody_expected_does_not_break_it(void **state) {
  (void)state;
  const double x[2 * OPTIONS_MAX] = {0, 0, 1, 0, 0.5, 1};
  problem p;
  begin(&p, 2, 10);
  for (int q = 0; q < 11; q++) {
    add(&p, (heed_choice){.beta = 3, .chosen = q < 10 ? 0 : 1}, 3, x);
  }
  result r = solve(&p);
  result truth = sum_over_grid(&p, 500);
  for (size_t j = 0; j < 2; j++) {
    assert_near((r.mean[j] - truth.mean[j]) / sqrt(truth.covariance[j][j]), 0, 0.3);
  }
}

/* What the moments are for: the mode is far from the mean where people are sure. */
static void the_mode_of_sure_answers_is_far_off(void **state) {
  (void)state;
  const double x[2] = {0, 1};
  problem p;
  begin(&p, 1, 40);
  add(&p, (heed_choice){.beta = 1, .chosen = 1}, 2, x);
  result r = solve(&p);
  assert_true(r.mode[0] < 0.2 * r.mean[0]);
}

static void skipped_questions_leave_the_prior(void **state) {
  (void)state;
  const double x[4] = {0, 0, 1, 2};
  problem p;
  begin(&p, 2, 5);
  add(&p, (heed_choice){.beta = 1, .chosen = HEED_CHOICE_SKIP}, 2, x);
  result r = solve(&p);
  assert_near(r.mean[0], 0, 1e-12);
  assert_near(r.covariance[1][1], 25, 1e-9);
  assert_near(r.log_evidence, 0, 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sure_answers_halve_the_prior),
      cmocka_unit_test(one_answer_of_every_kind_is_exact),
      cmocka_unit_test(moments_of_many_answers_are_close),
      cmocka_unit_test(one_choice_of_three_is_nearly_exact),
      cmocka_unit_test(a_choice_of_three_is_taken_in),
      cmocka_unit_test(options_that_are_the_same_are_no_trouble),
      cmocka_unit_test(what_nobody_expected_does_not_break_it),
      cmocka_unit_test(the_mode_of_sure_answers_is_far_off),
      cmocka_unit_test(skipped_questions_leave_the_prior),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
