/* test_regression.c: regression by rotations against normal equations, densities and moments that are
 * computed another way; the logistic one against finite differences; features against their definition. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/basis.h"
#include "dynamics/logistic.h"
#include "dynamics/regression.h"

enum { D = 3, M = 2, N = 7 };

/* ---- a small case ----------------------------------------------------------------------------- */

static const double phi[N][D] = {{1, 0.5, -1.2}, {1, -0.3, 0.4},  {1, 1.7, 0.1}, {1, 0.2, 2.2},
                                 {1, -1.1, 0.9}, {1, -0.6, -0.8}, {1, 0.9, 0.3}};
static const double y[N][M] = {{0.3, 1}, {-0.7, 2}, {1.9, 0}, {2.5, -1},
                               {0.1, 3}, {-1.4, 1}, {1, 2}};

static void add_small_case(heed__regression *reg) {
  for (int i = 0; i < N; i++) {
    double row[D + M];
    memcpy(row, phi[i], sizeof phi[i]);
    memcpy(row + D, y[i], sizeof y[i]);
    heed__regression_add(reg, row);
    for (int k = 0; k < D; k++) {
      assert_true(row[k] == 0);
    }
  }
}

static heed__regression small_case(double precision) {
  heed__regression reg;
  heed_error err = {0};
  assert_ok(heed__regression_init(&reg, D, M, &err), &err);
  heed__regression_reset(&reg, precision);
  add_small_case(&reg);
  heed__regression_solve(&reg);
  return reg;
}

/* The inverse of a[n][n], n <= N, by Gauss and Jordan; returns the determinant. */
static double invert(int n, double a[N][N], double inverse[N][N]) {
  double det = 1;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      inverse[i][j] = i == j;
    }
  }
  for (int k = 0; k < n; k++) {
    double pivot = a[k][k];
    det *= pivot;
    for (int j = 0; j < n; j++) {
      a[k][j] /= pivot;
      inverse[k][j] /= pivot;
    }
    for (int i = 0; i < n; i++) {
      double factor = a[i][k];
      for (int j = 0; j < n && i != k; j++) {
        a[i][j] -= factor * a[k][j];
        inverse[i][j] -= factor * inverse[k][j];
      }
    }
  }
  return det;
}

/* S = (precision I + sum phi phi')^-1, W = S sum phi y'. */
static void posterior_is_that_of_the_normal_equations(void **state) {
  (void)state;
  const double precision = 0.37;
  heed__regression reg = small_case(precision);
  double a[N][N] = {{0}};
  double s[N][N];
  for (int j = 0; j < D; j++) {
    for (int k = 0; k < D; k++) {
      a[j][k] = j == k ? precision : 0;
      for (int i = 0; i < N; i++) {
        a[j][k] += phi[i][j] * phi[i][k];
      }
    }
  }
  invert(D, a, s);
  for (int o = 0; o < M; o++) {
    double rest = 0;
    double w[D] = {0};
    for (int j = 0; j < D; j++) {
      for (int k = 0; k < D; k++) {
        for (int i = 0; i < N; i++) {
          w[j] += s[j][k] * phi[i][k] * y[i][o];
        }
      }
      assert_near(reg.weights[o * D + j], w[j], 1e-10);
      rest += precision * w[j] * w[j];
    }
    for (int i = 0; i < N; i++) {
      double left = y[i][o] - w[0] * phi[i][0] - w[1] * phi[i][1] - w[2] * phi[i][2];
      rest += left * left;
    }
    assert_near(heed__regression_b(&reg, (uint32_t)o), HEED__REGRESSION_B + rest / 2, 1e-10);
  }
  const double x[D] = {0.3, -2, 1.5};
  double v[D];
  memcpy(v, x, sizeof v);
  double spread = 0;
  for (int j = 0; j < D; j++) {
    for (int k = 0; k < D; k++) {
      spread += x[j] * s[j][k] * x[k];
    }
  }
  assert_near(heed__regression_whiten(&reg, v), spread, 1e-10);
  heed__regression_color(&reg, v);
  for (int j = 0; j < D; j++) {
    assert_near(v[j], s[j][0] * x[0] + s[j][1] * x[1] + s[j][2] * x[2], 1e-10);
  }
  assert_near(heed__regression_a(&reg), HEED__REGRESSION_A + N / 2.0, 0);
  heed__regression_deinit(&reg);
}

/* Without weights: y is multivariate Student-t with 2 a_0 degrees of freedom, location 0 and scale matrix
 * b_0 / a_0 (I + phi phi' / precision). */
static double log_density(double precision, int o) {
  const double pi = 3.14159265358979323846;
  double k[N][N];
  double inverse[N][N];
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) {
      k[i][j] = i == j;
      for (int f = 0; f < D; f++) {
        k[i][j] += phi[i][f] * phi[j][f] / precision;
      }
    }
  }
  double log_det = log(invert(N, k, inverse));
  double square = 0;
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) {
      square += y[i][o] * inverse[i][j] * y[j][o];
    }
  }
  double dof = 2 * HEED__REGRESSION_A;
  double scale = HEED__REGRESSION_B / HEED__REGRESSION_A;
  return gsl_sf_lngamma((dof + N) / 2) - gsl_sf_lngamma(dof / 2) - N / 2.0 * log(dof * pi * scale) -
         log_det / 2 - (dof + N) / 2 * log1p(square / (dof * scale));
}

static void evidence_is_the_density_of_the_data(void **state) {
  (void)state;
  const double precisions[] = {1e-6, 0.01, 1, 100};
  for (size_t i = 0; i < 4; i++) {
    heed__regression reg = small_case(precisions[i]);
    for (uint32_t o = 0; o < M; o++) {
      assert_near(heed__regression_log_evidence(&reg, o), log_density(precisions[i], (int)o), 1e-9);
    }
    heed__regression_deinit(&reg);
  }
}

/* Against evidence computed for each precision, from an update of its own. */
/* A prior that comes last is as good as one that came first. */
static void a_prior_can_be_given_later(void **state) {
  (void)state;
  const double precision = 0.37;
  heed__regression first = small_case(precision);
  heed__regression later;
  heed_error err = {0};
  double row[D + M];
  assert_ok(heed__regression_init(&later, D, M, &err), &err);
  heed__regression_reset(&later, 0);
  add_small_case(&later);
  heed__regression_add_prior(&later, precision, row);
  heed__regression_solve(&later);
  assert_int_equal(later.count, N);
  for (int i = 0; i < D * M; i++) {
    assert_near(later.weights[i], first.weights[i], 1e-13);
  }
  for (uint32_t o = 0; o < M; o++) {
    assert_near(later.rest[o], first.rest[o], 1e-13 * first.rest[o]);
    assert_near(heed__regression_log_evidence(&later, o), heed__regression_log_evidence(&first, o),
                1e-12);
  }
  heed__regression_deinit(&first);
  heed__regression_deinit(&later);
}

/* The trace of S sum phi phi' is the sum of phi'S phi over all rows. */
static void freedom_is_the_trace_of_the_smoother(void **state) {
  (void)state;
  const double precisions[] = {1e-9, 0.37, 1e6};
  for (int p = 0; p < 3; p++) {
    heed__regression reg = small_case(precisions[p]);
    double v[D];
    double trace = 0;
    for (int i = 0; i < N; i++) {
      memcpy(v, phi[i], sizeof phi[i]);
      trace += heed__regression_whiten(&reg, v);
    }
    assert_near(heed__regression_freedom(&reg, v), trace, 1e-9);
    heed__regression_deinit(&reg);
  }
}

static void the_best_precision_has_the_most_evidence(void **state) {
  (void)state;
  heed__regression data = small_case(1);
  heed__regression_reset(&data, 0);
  add_small_case(&data);
  double *scratch = calloc(heed__regression_scratch_size(D, M), sizeof *scratch);
  assert_non_null(scratch);
  for (int is_capped = 0; is_capped <= 1; is_capped++) {
    double cap = is_capped ? 0.5 : 1e9;
    double most = -HUGE_VAL;
    double best = 0;
    for (int i = -24; i <= 6; i++) {
      heed__regression reg = small_case(pow(10, i / 2.0));
      double evidence = 0;
      double noise = 0;
      for (uint32_t o = 0; o < M; o++) {
        evidence += heed__regression_log_evidence(&reg, o);
        for (int k = 0; k < N; k++) {
          double left = y[k][o] - heed__dot(D, reg.weights + (size_t)o * D, phi[k]);
          noise += left * left / N / M;
        }
      }
      if (evidence > most && sqrt(noise / reg.precision) <= cap) {
        most = evidence;
        best = reg.precision;
      }
      heed__regression_deinit(&reg);
    }
    assert_true(best > 1e-12 && best < 1000);
    assert_near(heed__regression_best_precision(&data, cap, 7, scratch), best, 1e-12 * best);
  }
  heed__regression_reset(&data, 0);
  assert_near(heed__regression_best_precision(&data, 1e9, 7, scratch), 7, 0);
  free(scratch);
  heed__regression_deinit(&data);
}

/* Läuchli's matrix: 1 + e^2 rounds to 1, so that the normal equations are singular in doubles. */
static void nothing_is_squared(void **state) {
  (void)state;
  const double e = 1e-9;
  double rows[3][3] = {{1, 1, 3}, {e, 0, e}, {0, e, 2 * e}};
  heed__regression reg;
  heed_error err = {0};
  assert_ok(heed__regression_init(&reg, 2, 1, &err), &err);
  heed__regression_reset(&reg, 0);
  for (int i = 0; i < 3; i++) {
    heed__regression_add(&reg, rows[i]);
  }
  heed__regression_solve(&reg);
  assert_near(reg.weights[0], 1, 1e-6);
  assert_near(reg.weights[1], 2, 1e-6);
  heed__regression_deinit(&reg);
}

/* Worlds drawn from the prior; a 90 % interval holds 90 % of what comes next: of 4000, 3 deviations are 1.4
 * %. */
static void student_intervals_cover(void **state) {
  (void)state;
  enum { WORLDS = 4000, SEEN = 6 };
  const double precision = 0.5;
  heed__regression reg;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 5);
  gsl_rng gsl = heed_rng_view(&rng);
  assert_ok(heed__regression_init(&reg, D, 1, &err), &err);
  int held = 0;
  for (int k = 0; k < WORLDS; k++) {
    double w[D];
    double s = 0.01 + heed_rng_uniform(&rng);
    for (int j = 0; j < D; j++) {
      w[j] = s * gsl_ran_gaussian(&gsl, 1) / sqrt(precision);
    }
    heed__regression_reset(&reg, precision);
    for (int i = 0; i <= SEEN; i++) {
      double row[D + 1] = {1, gsl_ran_gaussian(&gsl, 1), gsl_ran_gaussian(&gsl, 1), 0};
      row[D] = w[0] * row[0] + w[1] * row[1] + w[2] * row[2] + gsl_ran_gaussian(&gsl, s);
      if (i < SEEN) {
        heed__regression_add(&reg, row);
        continue;
      }
      heed__regression_solve(&reg);
      double mean = heed__dot(D, reg.weights, row);
      double a = heed__regression_a(&reg);
      double scale =
          sqrt(heed__regression_b(&reg, 0) / a * (1 + heed__regression_whiten(&reg, row)));
      held += fabs(row[D] - mean) < scale * gsl_cdf_tdist_Pinv(0.95, 2 * a);
    }
  }
  assert_near((double)held / WORLDS, 0.9, 0.015);
  heed__regression_deinit(&reg);
}

/* ---- ends ------------------------------------------------------------------------------------- */

enum { EXAMPLES = 12 };
static const double end_x[EXAMPLES] = {-2, -1.5, -1.1, -0.9, -0.2, 0, 0.3, 0.4, 0.8, 1.2, 1.9, 2.5};
static const unsigned char is_end[EXAMPLES] = {0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1};

static void end_features_of(const void *x, size_t i, double *out) {
  out[0] = 1;
  out[1] = ((const double *)x)[i];
}

static const heed__logistic_data ends = {
    .count = EXAMPLES, .features = end_features_of, .is_end = is_end, .owner = end_x};

/* Log of prior and likelihood, constants included. */
static double log_joint(double precision, double w0, double w1) {
  double sum = log(precision / 6.283185307179586) - precision / 2 * (w0 * w0 + w1 * w1);
  for (int i = 0; i < EXAMPLES; i++) {
    double p = 1 / (1 + exp(-(w0 + w1 * end_x[i])));
    sum += log(is_end[i] ? p : 1 - p);
  }
  return sum;
}

static void the_mode_is_a_top_and_the_curvature_its_own(void **state) {
  (void)state;
  const double precision = 0.3;
  const double h = 1e-4;
  heed__logistic model;
  heed_error err = {0};
  assert_ok(heed__logistic_init(&model, 2, 1, &err), &err);
  double evidence = heed__logistic_fit(&model, precision, &ends);
  double a = model.weights[0];
  double b = model.weights[1];
  assert_near((log_joint(precision, a + h, b) - log_joint(precision, a - h, b)) / (2 * h), 0, 1e-5);
  assert_near((log_joint(precision, a, b + h) - log_joint(precision, a, b - h)) / (2 * h), 0, 1e-5);
  double top = log_joint(precision, a, b);
  double aa = -(log_joint(precision, a + h, b) - 2 * top + log_joint(precision, a - h, b)) / h / h;
  double bb = -(log_joint(precision, a, b + h) - 2 * top + log_joint(precision, a, b - h)) / h / h;
  double ab = -(log_joint(precision, a + h, b + h) - log_joint(precision, a + h, b - h) -
                log_joint(precision, a - h, b + h) + log_joint(precision, a - h, b - h)) /
              (4 * h * h);
  const double *r = model.curvature.rows; /* R_00, R_01, R_11 */
  assert_near(r[0] * r[0], aa, 1e-5 * aa);
  assert_near(r[0] * r[1], ab, 1e-5 * aa);
  assert_near(r[1] * r[1] + r[2] * r[2], bb, 1e-5 * bb);
  /* Laplace: the integral of exp(log_joint) as that of a normal density. */
  assert_near(evidence, top + log(6.283185307179586) - 0.5 * log(aa * bb - ab * ab), 1e-5);

  double x[2] = {1, 0.7};
  double p = heed__logistic_probability(&model, x);
  double s = (bb - 2 * 0.7 * ab + 0.49 * aa) / (aa * bb - ab * ab);
  assert_near(p, 1 / (1 + exp(-(a + 0.7 * b))), 1e-12);
  assert_near(heed__logistic_information(&model, x), 0.5 * log(1 + p * (1 - p) * s), 1e-6);
  heed__logistic_deinit(&model);
}

/* Of the precisions tried, the one with most evidence stays, with its own mode. */
static void the_precision_of_ends_is_chosen_by_evidence(void **state) {
  (void)state;
  const double starts[] = {1e-6, 0.03, 1, 900};
  for (size_t i = 0; i < 4; i++) {
    heed__logistic model;
    heed__logistic other;
    heed_error err = {0};
    assert_ok(heed__logistic_init(&model, 2, starts[i], &err), &err);
    assert_ok(heed__logistic_init(&other, 2, 1, &err), &err);
    heed__logistic_fit_precision(&model, &ends);
    double evidence = heed__logistic_fit(&other, model.precision, &ends);
    assert_near(model.weights[1], other.weights[1], 1e-4);
    assert_near(model.curvature.rows[0], other.curvature.rows[0], 1e-4);
    for (int k = -1; k <= 1; k++) {
      double factor = pow(10, k);
      assert_true(evidence + 1e-6 >= heed__logistic_fit(&other, starts[i] * factor, &ends) ||
                  starts[i] * factor > 1e3);
    }
    heed__logistic_deinit(&model);
    heed__logistic_deinit(&other);
  }
}

/* One more example from a prior around 0 is the mode of that example alone. */
static void one_example_is_learned_as_if_fitted(void **state) {
  (void)state;
  for (size_t i = 0; i < EXAMPLES; i++) {
    heed__logistic_data one = {
        .count = 1, .is_end = is_end + i, .features = end_features_of, .owner = &end_x[i]};
    heed__logistic model;
    heed__logistic fitted;
    heed_error err = {0};
    assert_ok(heed__logistic_init(&model, 2, 0.2, &err), &err);
    assert_ok(heed__logistic_init(&fitted, 2, 0.2, &err), &err);
    double x[2];
    end_features_of(&end_x[i], 0, x);
    heed__logistic_add(&model, x, is_end[i] != 0);
    heed__logistic_fit(&fitted, 0.2, &one);
    for (int k = 0; k < 2; k++) {
      assert_near(model.weights[k], fitted.weights[k], 1e-6);
    }
    for (int k = 0; k < 3; k++) {
      assert_near(model.curvature.rows[k], fitted.curvature.rows[k], 1e-6);
    }
    heed__logistic_deinit(&model);
    heed__logistic_deinit(&fitted);
  }
}

/* ---- features --------------------------------------------------------------------------------- */

/* 2 numbers a b and 2 indicators p q to degree 3, in some order. */
static void polynomials_are_all_products(void **state) {
  (void)state;
  const double a = 1.3;
  const double b = -0.7;
  const double expected[] = {1,
                             a,
                             b,
                             a * a,
                             a * b,
                             b * b,
                             a * a * a,
                             a * a * b,
                             a * b * b,
                             b * b * b,
                             /* with q = 1 */ 1,
                             a,
                             b,
                             a * a,
                             a * b,
                             b * b,
                             /* with p = 0 */ 0,
                             0,
                             0,
                             0,
                             0,
                             0};
  const double x[4] = {a, b, 0, 1};
  double out[22];
  bool is_used[22] = {false};
  heed__basis basis;
  heed_error err = {0};
  assert_ok(heed__basis_init(&basis, 2, 2, 3, 0, 1, &err), &err);
  assert_int_equal(basis.size, 22);
  assert_int_equal(heed__basis_count(2, 2, 3), 22);
  assert_int_equal(heed__basis_count(1u << 24, 4, 5), UINT32_MAX);
  heed__basis_eval(&basis, 1, x, out);
  for (int i = 0; i < 22; i++) {
    int k = 0;
    while (k < 22 && (is_used[k] || fabs(out[k] - expected[i]) > 1e-12)) {
      k++;
    }
    assert_true(k < 22);
    is_used[k] = true;
  }
  heed__basis_deinit(&basis);
}

/* The mean product of the waves of two places is exp(-r^2 / (2 l^2)): of 20,000, to some hundredths. */
static void waves_are_a_gaussian_kernel(void **state) {
  (void)state;
  enum { WAVES = 20000 };
  heed__basis basis;
  heed_error err = {0};
  double *u = calloc((size_t)2 * WAVES, sizeof *u);
  assert_non_null(u);
  assert_ok(heed__basis_init(&basis, 2, 0, 0, WAVES, 3, &err), &err);
  assert_int_equal(basis.size, WAVES);
  const double x[2] = {0.3, -0.4};
  heed__basis_eval(&basis, 0.8, x, u);
  for (int k = 0; k < 6; k++) {
    double r = 0.5 * k;
    const double other[2] = {0.3 + 0.6 * r, -0.4 - 0.8 * r};
    heed__basis_eval(&basis, 0.8, other, u + WAVES);
    assert_near(heed__dot(WAVES, u, u + WAVES) / WAVES, exp(-r * r / (2 * 0.64)), 0.03);
  }
  free(u);
  heed__basis_deinit(&basis);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(posterior_is_that_of_the_normal_equations),
      cmocka_unit_test(evidence_is_the_density_of_the_data),
      cmocka_unit_test(a_prior_can_be_given_later),
      cmocka_unit_test(freedom_is_the_trace_of_the_smoother),
      cmocka_unit_test(the_best_precision_has_the_most_evidence),
      cmocka_unit_test(nothing_is_squared),
      cmocka_unit_test(student_intervals_cover),
      cmocka_unit_test(the_mode_is_a_top_and_the_curvature_its_own),
      cmocka_unit_test(the_precision_of_ends_is_chosen_by_evidence),
      cmocka_unit_test(one_example_is_learned_as_if_fitted),
      cmocka_unit_test(polynomials_are_all_products),
      cmocka_unit_test(waves_are_a_gaussian_kernel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
