/* test_choice_fit.c: the posterior of a linear reward, against differences, roots and quadrature by GSL,
 * and against its own promise: intervals that cover what was planted. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_multiroots.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_roots.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "core/rng.h"
#include "reward/choice_fit.h"

/* ---- questions without boards: a design matrix and answers ---------------------------------- */

typedef struct problem {
  heed__choice_design design;
  heed_choices choices;
  double *rows;
} problem;

/* `count` questions of `options` options with standard normal x; nothing is answered yet. */
static void problem_init(problem *p, size_t count, uint32_t options, size_t dim, double prior_scale,
                         gsl_rng *rng) {
  memset(p, 0, sizeof *p);
  p->rows = calloc(count * options * dim, sizeof *p->rows);
  p->choices.items = calloc(count, sizeof *p->choices.items);
  assert_non_null(p->rows);
  assert_non_null(p->choices.items);
  p->choices.count = count;
  for (size_t q = 0; q < count; q++) {
    p->choices.items[q].query.option_count = options;
    p->choices.items[q].beta = 1;
  }
  for (size_t i = 0; i < count * options * dim; i++) {
    p->rows[i] = gsl_ran_gaussian_ziggurat(rng, 1);
  }
  p->design = (heed__choice_design){.choices = &p->choices,
                                    .row_count = count * options,
                                    .dim = dim,
                                    .rows = p->rows,
                                    .prior_scale = prior_scale};
}

static void problem_deinit(problem *p) {
  free(p->rows);
  free(p->choices.items);
}

/* Answers every question as a person with weights w would: P(c) ~ exp(beta x_c . w). */
static void problem_answer(problem *p, const double *w, gsl_rng *rng) {
  const double *x = p->rows;
  size_t dim = p->design.dim;
  for (size_t q = 0; q < p->choices.count; q++) {
    heed_choice *choice = &p->choices.items[q];
    double best = -HUGE_VAL;
    for (uint32_t i = 0; i < choice->query.option_count; i++, x += dim) {
      /* The largest of utilities with Gumbel noise has exactly these probabilities. */
      double utility = gsl_ran_gumbel1(rng, 1, 1);
      for (size_t j = 0; j < dim; j++) {
        utility += choice->beta * x[j] * w[j];
      }
      if (utility > best) {
        best = utility;
        choice->chosen = (int32_t)i;
      }
    }
  }
}

/* log p(w) written from the header of choice.h, for questions of two options without mistakes. */
static double plain_log_posterior(const problem *p, const double *w) {
  size_t dim = p->design.dim;
  double value = 0;
  for (size_t j = 0; j < dim; j++) {
    value -= w[j] * w[j] / (2 * p->design.prior_scale * p->design.prior_scale);
  }
  for (size_t q = 0; q < p->choices.count; q++) {
    const double *chosen = p->rows + (2 * q + (size_t)p->choices.items[q].chosen) * dim;
    const double *other = p->rows + (2 * q + (size_t)(1 - p->choices.items[q].chosen)) * dim;
    double lead = 0;
    for (size_t j = 0; j < dim; j++) {
      lead += (chosen[j] - other[j]) * w[j];
    }
    value -= log1p(exp(-lead));
  }
  return value;
}

/* ---- derivatives ---------------------------------------------------------------------------- */

/* 12 questions of 3 options with every kind of answer, 3 parameters. Values of log p are about 30, so
 * that rounding allows 30 * 1e-16 / 1e-5 = 3e-10 and the step's own error is about as large. */
static void derivatives_of_the_log_posterior_match_differences(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 11);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, 12, 3, 3, 2, &gsl);
  for (size_t q = 0; q < 12; q++) {
    p.choices.items[q].chosen = (int32_t)(q % 5) + HEED_CHOICE_SKIP;
    p.choices.items[q].mistakes = 0.1 * (double)(q % 3);
    p.choices.items[q].tie = 1;
  }
  const double w[3] = {0.5, -0.8, 0.3};
  double gradient[3];
  double curvature[9];
  double scratch[36 * 3];
  (void)heed__choice_log_posterior(&p.design, w, gradient, curvature, scratch);
  const double h = 1e-5;
  for (size_t j = 0; j < 3; j++) {
    double up[3];
    double down[3];
    double gradient_up[3];
    double gradient_down[3];
    memcpy(up, w, sizeof up);
    memcpy(down, w, sizeof down);
    up[j] += h;
    down[j] -= h;
    double value_up = heed__choice_log_posterior(&p.design, up, gradient_up, NULL, NULL);
    double value_down = heed__choice_log_posterior(&p.design, down, gradient_down, NULL, NULL);
    assert_near(gradient[j], (value_up - value_down) / (2 * h), 1e-7);
    for (size_t k = 0; k < 3; k++) {
      assert_near(curvature[j * 3 + k], -(gradient_up[k] - gradient_down[k]) / (2 * h), 1e-7);
    }
  }
  problem_deinit(&p);
}

/* ---- the mode ------------------------------------------------------------------------------- */

/* dlog p/dw for one answer in favour of x = 1 over 0: 1 / (1 + e^w) - w / s^2. */
static double slope_of_one_answer(double w, void *context) {
  double scale = *(double *)context;
  return 1 / (1 + exp(w)) - w / (scale * scale);
}

static void mode_after_one_answer_is_the_root_of_the_slope(void **state) {
  (void)state;
  static double scales[] = {0.1, 1, 10, 1000};
  for (size_t i = 0; i < 4; i++) {
    const double rows[2] = {0, 1};
    heed_choice choice = {.query = {.option_count = 2}, .chosen = 1, .beta = 1};
    heed_choices choices = {.count = 1, .items = &choice};
    heed__choice_design design = {
        .choices = &choices, .row_count = 2, .dim = 1, .rows = rows, .prior_scale = scales[i]};
    double mode;
    double factor;
    heed__choice_fit_report report;
    assert_int_equal(heed__choice_fit(&design, &mode, &factor, NULL, &report, NULL), HEED_OK);

    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    gsl_function slope = {slope_of_one_answer, &scales[i]};
    gsl_root_fsolver_set(solver, &slope, 0, 100);
    for (int k = 0; k < 200; k++) {
      gsl_root_fsolver_iterate(solver);
    }
    double root = gsl_root_fsolver_root(solver);
    gsl_root_fsolver_free(solver);

    /* A = 1/s^2 + p (1 - p) */
    double p = 1 / (1 + exp(-root));
    assert_near(mode, root, 1e-10 * (1 + root));
    assert_near(factor, sqrt(1 / (scales[i] * scales[i]) + p * (1 - p)), 1e-9);
    assert_near(report.gradient_norm, 0, 1e-8);
  }
}

/* ---- against quadrature --------------------------------------------------------------------- */

/* Moments of the exact posterior over a rectangle of 8 deviations around the mode, by a product rule of
 * Gauss and Legendre with 64 x 64 points: for a smooth integrand exact to about 1e-10. */
typedef struct moments {
  double mass, mean[2], square[3]; /* square: 00, 01, 11 */
} moments;

static moments integrate(const problem *p, const double *mode, const double *deviation) {
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(64);
  moments m = {0};
  double top = plain_log_posterior(p, mode);
  for (size_t i = 0; i < 64; i++) {
    for (size_t k = 0; k < 64; k++) {
      double w[2];
      double weight[2];
      gsl_integration_glfixed_point(mode[0] - 8 * deviation[0], mode[0] + 8 * deviation[0], i,
                                    &w[0], &weight[0], table);
      gsl_integration_glfixed_point(mode[1] - 8 * deviation[1], mode[1] + 8 * deviation[1], k,
                                    &w[1], &weight[1], table);
      double density = weight[0] * weight[1] * exp(plain_log_posterior(p, w) - top);
      m.mass += density;
      m.mean[0] += density * w[0];
      m.mean[1] += density * w[1];
      m.square[0] += density * w[0] * w[0];
      m.square[1] += density * w[0] * w[1];
      m.square[2] += density * w[1] * w[1];
    }
  }
  gsl_integration_glfixed_table_free(table);
  return m;
}

static int plain_gradient(const gsl_vector *x, void *context, gsl_vector *f) {
  const problem *p = context;
  for (size_t j = 0; j < 2; j++) {
    double up[2] = {gsl_vector_get(x, 0), gsl_vector_get(x, 1)};
    double down[2] = {up[0], up[1]};
    up[j] += 1e-4;
    down[j] -= 1e-4;
    gsl_vector_set(f, j, plain_log_posterior(p, up) - plain_log_posterior(p, down));
  }
  return GSL_SUCCESS;
}

/* The mode by GSL's hybrid root finder, from the plain formula. */
static void find_mode(problem *p, double *mode) {
  gsl_multiroot_function function = {plain_gradient, 2, p};
  gsl_vector *start = gsl_vector_calloc(2);
  gsl_multiroot_fsolver *solver = gsl_multiroot_fsolver_alloc(gsl_multiroot_fsolver_hybrids, 2);
  gsl_multiroot_fsolver_set(solver, &function, start);
  for (int k = 0; k < 50 && gsl_multiroot_fsolver_iterate(solver) == GSL_SUCCESS; k++) {}
  mode[0] = gsl_vector_get(solver->x, 0);
  mode[1] = gsl_vector_get(solver->x, 1);
  gsl_multiroot_fsolver_free(solver);
  gsl_vector_free(start);
}

/* 400 answers: the posterior is nearly normal, its skewness and with it the difference of mean and mode
 * shrink as 1/sqrt(400) of a deviation: 0.05 or so; covariances then agree to about 1/400 of their size
 * times a constant of order 10. */
static void laplace_posterior_matches_quadrature(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, 400, 2, 2, 10, &gsl);
  problem_answer(&p, (const double[]){1.2, -0.7}, &gsl);
  double mode[2];
  double factor[4];
  heed__choice_fit_report report;
  assert_int_equal(heed__choice_fit(&p.design, mode, factor, NULL, &report, NULL), HEED_OK);

  double root[2];
  find_mode(&p, root);
  assert_near(mode[0], root[0], 1e-7); /* differences of step 1e-4 place the root to about 1e-8 */
  assert_near(mode[1], root[1], 1e-7);
  assert_near(report.log_posterior, plain_log_posterior(&p, mode), 1e-10);

  /* A^-1 of A = L L' by hand. */
  double l00 = factor[0];
  double l10 = factor[1];
  double l11 = factor[3];
  double cov11 = 1 / (l11 * l11);
  double cov01 = -l10 / l00 * cov11;
  double cov00 = 1 / (l00 * l00) + l10 * l10 / (l00 * l00) * cov11;
  double deviation[2] = {sqrt(cov00), sqrt(cov11)};

  moments m = integrate(&p, mode, deviation);
  double mean[2] = {m.mean[0] / m.mass, m.mean[1] / m.mass};
  assert_near(mode[0], mean[0], 0.15 * deviation[0]);
  assert_near(mode[1], mean[1], 0.15 * deviation[1]);
  assert_near(cov00, m.square[0] / m.mass - mean[0] * mean[0], 0.04 * cov00);
  assert_near(cov01, m.square[1] / m.mass - mean[0] * mean[1], 0.04 * sqrt(cov00 * cov11));
  assert_near(cov11, m.square[2] / m.mass - mean[1] * mean[1], 0.04 * cov11);
  problem_deinit(&p);
}

/* ---- calibration ---------------------------------------------------------------------------- */

/* Weights drawn from the prior, 40 questions of 3 options, 400 times: the 90 % interval of each of 3
 * weights covers it in 85 to 95 % (sampling alone: 90 +- 0.9 %, so 5 deviations). */
static void intervals_cover_what_was_planted(void **state) {
  (void)state;
  enum { RUNS = 400, DIM = 3 };
  heed_rng rng;
  heed_rng_init(&rng, 3);
  gsl_rng gsl = heed_rng_view(&rng);
  const double z = gsl_cdf_ugaussian_Pinv(0.95);
  size_t covered = 0;
  double bias = 0;
  for (size_t run = 0; run < RUNS; run++) {
    problem p;
    problem_init(&p, 40, 3, DIM, 1.5, &gsl);
    double planted[DIM];
    for (size_t j = 0; j < DIM; j++) {
      planted[j] = gsl_ran_gaussian_ziggurat(&gsl, 1.5);
    }
    problem_answer(&p, planted, &gsl);
    double mode[DIM];
    double factor[DIM * DIM];
    heed__choice_fit_report report;
    assert_int_equal(heed__choice_fit(&p.design, mode, factor, NULL, &report, NULL), HEED_OK);
    for (size_t j = 0; j < DIM; j++) {
      double y[DIM] = {0};
      double variance = 0;
      for (size_t i = j; i < DIM; i++) {
        y[i] = i == j;
        for (size_t k = j; k < i; k++) {
          y[i] -= factor[k * DIM + i] * y[k];
        }
        y[i] /= factor[i * DIM + i];
        variance += y[i] * y[i];
      }
      covered += fabs(mode[j] - planted[j]) <= z * sqrt(variance);
      bias += (mode[j] - planted[j]) * (planted[j] > 0 ? 1 : -1);
    }
    problem_deinit(&p);
  }
  assert_near((double)covered / (RUNS * DIM), 0.90, 0.05);
  assert_near(bias / (RUNS * DIM), 0, 0.15); /* the mode shrinks towards the prior, a little */
}

/* ---- hard cases ----------------------------------------------------------------------------- */

/* Two contradicting groups of answers by people who err often: log p has convex stretches, which
 * Newton's method must cross uphill. */
static void mode_is_found_where_the_curvature_is_not_definite(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 21);
  gsl_rng gsl = heed_rng_view(&rng);
  for (size_t run = 0; run < 50; run++) {
    problem p;
    problem_init(&p, 30, 2, 4, 10, &gsl);
    problem_answer(&p, (const double[]){3, -2, 1, 0}, &gsl);
    for (size_t q = 0; q < p.choices.count; q++) {
      heed_choice *choice = &p.choices.items[q];
      choice->mistakes = 0.3;
      choice->beta = 5;
      choice->chosen = q % 4 == 0 ? 1 - choice->chosen : choice->chosen;
    }
    double mode[4];
    double factor[16];
    heed__choice_fit_report report;
    heed_error err = {0};
    if (heed__choice_fit(&p.design, mode, factor, NULL, &report, &err) != HEED_OK) {
      fail_msg("run %zu: %s", run, err.message);
    }
    assert_near(report.gradient_norm, 0, 1e-6);
    problem_deinit(&p);
  }
}

/* Perfectly separable answers and a wide prior: only the prior holds the mode back. */
static void separable_answers_have_a_finite_mode(void **state) {
  (void)state;
  const double rows[4] = {0, 1e4, 0, 1e-4};
  heed_choice answers[2] = {{.query = {.option_count = 2}, .chosen = 1, .beta = 100},
                            {.query = {.option_count = 2}, .chosen = 1, .beta = 100}};
  heed_choices choices = {.count = 2, .items = answers};
  heed__choice_design design = {
      .choices = &choices, .row_count = 4, .dim = 1, .rows = rows, .prior_scale = 1e6};
  double mode;
  double factor;
  heed__choice_fit_report report;
  assert_int_equal(heed__choice_fit(&design, &mode, &factor, NULL, &report, NULL), HEED_OK);
  assert_true(isfinite(mode) && mode > 0);
  assert_true(factor > 0);
}

static bool refuse(void *context, uint64_t done, uint64_t total) {
  (void)context;
  (void)total;
  return done == 0;
}

static void fit_stops_when_asked_to(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 2);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, 10, 2, 2, 1, &gsl);
  double mode[2];
  double factor[4];
  heed__choice_fit_report report;
  heed_progress_sink sink = {.report = refuse};
  assert_int_equal(heed__choice_fit(&p.design, mode, factor, &sink, &report, NULL), HEED_ERR_STATE);
  problem_deinit(&p);
}

int main(void) {
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(derivatives_of_the_log_posterior_match_differences),
      cmocka_unit_test(mode_after_one_answer_is_the_root_of_the_slope),
      cmocka_unit_test(laplace_posterior_matches_quadrature),
      cmocka_unit_test(intervals_cover_what_was_planted),
      cmocka_unit_test(mode_is_found_where_the_curvature_is_not_definite),
      cmocka_unit_test(separable_answers_have_a_finite_mode),
      cmocka_unit_test(fit_stops_when_asked_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
