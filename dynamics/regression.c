/* regression.c: Bayesian linear regression by rotations. See regression.h. */
#include "dynamics/regression.h"

#include <gsl/gsl_sf_gamma.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Exponents of the precisions that are tried: a noiseless world seen through floats wants very little. */
enum { EXPONENT_MIN = -12, EXPONENT_MAX = 3, STEPS_PER_DECADE = 2 };

/* Columns that LAPACK's blocked routines work on together. */
enum { BLOCK = 32 };

heed_status heed__regression_init(heed__regression *reg, uint32_t features, uint32_t outputs,
                                  heed_error *err) {
  size_t d = features;
  size_t m = outputs;
  *reg = (heed__regression){.features = features, .outputs = outputs};
  reg->rows = calloc(d * (d + 1) / 2 + d * m, sizeof *reg->rows);
  reg->rest = calloc(m + 1, sizeof *reg->rest);
  reg->weights = calloc(d * m + 1, sizeof *reg->weights);
  if (reg->rows == NULL || reg->rest == NULL || reg->weights == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "regression on %zu features: no memory", d);
  }
  return HEED_OK;
}

void heed__regression_deinit(heed__regression *reg) {
  free(reg->rows);
  free(reg->rest);
  free(reg->weights);
  *reg = (heed__regression){0};
}

/* Numbers of row j, from R_jj on. */
static size_t row_size(const heed__regression *reg, size_t j) {
  return reg->features - j + reg->outputs;
}

void heed__regression_reset(heed__regression *reg, double precision) {
  size_t d = reg->features;
  size_t m = reg->outputs;
  memset(reg->rows, 0, (d * (d + 1) / 2 + d * m) * sizeof *reg->rows);
  memset(reg->rest, 0, m * sizeof *reg->rest);
  memset(reg->weights, 0, d * m * sizeof *reg->weights);
  reg->count = 0;
  reg->precision = precision;
  double *row = reg->rows;
  for (size_t j = 0; j < d; j++) {
    row[0] = sqrt(precision);
    row += row_size(reg, j);
  }
}

/* (x, y) becomes (c x + s y, c y - s x). */
static void rotate(size_t n, double c, double s, double *restrict x, double *restrict y) {
  for (size_t k = 0; k < n; k++) {
    double t = c * x[k] + s * y[k];
    y[k] = c * y[k] - s * x[k];
    x[k] = t;
  }
}

/* Rotates row[d + m], which is 0 before `first`, into R. */
static void rotate_in(heed__regression *reg, size_t first, double *restrict row) {
  size_t d = reg->features;
  double *restrict of = reg->rows;
  for (size_t j = 0; j < first; j++) {
    of += row_size(reg, j);
  }
  for (size_t j = first; j < d; j++) {
    double length = row[j] != 0 ? sqrt(of[0] * of[0] + row[j] * row[j]) : 0;
    if (length > 0) { /* else there is nothing, or too little to be seen */
      rotate(row_size(reg, j), of[0] / length, row[j] / length, of, row + j);
      of[0] = length;
    }
    row[j] = 0;
    of += row_size(reg, j);
  }
  for (size_t o = 0; o < reg->outputs; o++) {
    reg->rest[o] += row[d + o] * row[d + o];
  }
}

void heed__regression_add(heed__regression *reg, double *row) {
  rotate_in(reg, 0, row);
  reg->count++;
}

void heed__regression_add_prior(heed__regression *reg, double precision, double *row) {
  size_t d = reg->features;
  for (size_t j = 0; j < d; j++) {
    memset(row, 0, (d + reg->outputs) * sizeof *row);
    row[j] = sqrt(precision);
    rotate_in(reg, j, row);
  }
  reg->precision = precision;
}

void heed__regression_solve(heed__regression *reg) {
  size_t d = reg->features;
  size_t m = reg->outputs;
  const double *row = reg->rows + d * (d + 1) / 2 + d * m;
  for (size_t j = d; j-- > 0;) {
    row -= row_size(reg, j);
    for (size_t o = 0; o < m; o++) {
      double *w = reg->weights + o * d + j;
      w[0] = (row[d - j + o] - heed__dot(d - j - 1, row + 1, w + 1)) / row[0];
    }
  }
}

/* v[d], which is 0 before `first`, becomes R'^-1 v. */
static double whiten_from(const heed__regression *reg, size_t first, double *v) {
  size_t d = reg->features;
  const double *row = reg->rows;
  double sum = 0;
  for (size_t j = 0; j < first; j++) {
    row += row_size(reg, j);
  }
  for (size_t j = first; j < d; j++) {
    const double *restrict r = row;
    double *restrict rest = v + j;
    const double x = rest[0] / r[0];
    rest[0] = x;
    sum += x * x;
    for (size_t k = 1; k < d - j; k++) {
      rest[k] -= r[k] * x;
    }
    row += row_size(reg, j);
  }
  return sum;
}

double heed__regression_whiten(const heed__regression *reg, double *v) {
  return whiten_from(reg, 0, v);
}

void heed__regression_color(const heed__regression *reg, double *v) {
  size_t d = reg->features;
  const double *row = reg->rows + d * (d + 1) / 2 + d * reg->outputs;
  for (size_t j = d; j-- > 0;) {
    row -= row_size(reg, j);
    v[j] = (v[j] - heed__dot(d - j - 1, row + 1, v + j + 1)) / row[0];
  }
}

/* d - precision |R^-1|^2, whose rows are R'^-1 of the unit vectors. */
double heed__regression_freedom(const heed__regression *reg, double *v) {
  size_t d = reg->features;
  double sum = 0;
  for (size_t j = 0; j < d; j++) {
    memset(v, 0, d * sizeof *v);
    v[j] = 1;
    sum += whiten_from(reg, j, v);
  }
  return (double)d - reg->precision * sum;
}

/* ---- evidence --------------------------------------------------------------------------------- */

/* Log probability of n values with remainder `rest`, and half the log determinant of A / precision. */
static double log_evidence(double n, double rest, double half_log_det) {
  const double a0 = HEED__REGRESSION_A;
  const double b0 = HEED__REGRESSION_B;
  const double two_pi = 6.283185307179586;
  double a = a0 + n / 2;
  double b = b0 + rest / 2;
  return a0 * log(b0) - a * log(b) + gsl_sf_lngamma(a) - gsl_sf_lngamma(a0) - n / 2 * log(two_pi) -
         half_log_det;
}

double heed__regression_log_evidence(const heed__regression *reg, uint32_t output) {
  double half_log_det = -0.5 * reg->features * log(reg->precision);
  const double *row = reg->rows;
  for (size_t j = 0; j < reg->features; j++) {
    half_log_det += log(row[0]);
    row += row_size(reg, j);
  }
  return log_evidence((double)reg->count, reg->rest[output], half_log_det);
}

size_t heed__regression_scratch_size(uint32_t features, uint32_t outputs) {
  size_t d = features;
  size_t m = outputs;
  return d * d + d * m + 4 * d + (size_t)2 * BLOCK * (2 * d + m) + 4 * d;
}

/* R = U S V' without its vectors: s[d] and z[d][m] = U'Z. False: no convergence. */
static bool decompose(const heed__regression *data, double *s, double *z, double *scratch) {
  lapack_int d = (lapack_int)data->features;
  lapack_int m = (lapack_int)data->outputs;
  size_t n = data->features;
  double *r = scratch; /* [d][d] column-major */
  double *e = r + n * n;
  double *tau_q = e + n;
  double *tau_p = tau_q + n;
  double *work = tau_p + n;
  lapack_int work_size = (lapack_int)((size_t)2 * BLOCK * (2 * n + data->outputs) + 4 * n);
  double nothing = 0;
  const double *row = data->rows;
  memset(r, 0, n * n * sizeof *r);
  for (size_t j = 0; j < n; j++) {
    for (size_t k = j; k < n; k++) {
      r[k * n + j] = row[k - j];
    }
    for (size_t o = 0; o < data->outputs; o++) {
      z[o * n + j] = row[n - j + o];
    }
    row += row_size(data, j);
  }
  return LAPACKE_dgebrd_work(LAPACK_COL_MAJOR, d, d, r, d, s, e, tau_q, tau_p, work, work_size) ==
             0 &&
         LAPACKE_dormbr_work(LAPACK_COL_MAJOR, 'Q', 'L', 'T', d, m, d, r, d, tau_q, z, d, work,
                             work_size) == 0 &&
         LAPACKE_dbdsqr_work(LAPACK_COL_MAJOR, 'U', d, 0, 0, m, s, e, &nothing, 1, &nothing, 1, z,
                             d, work) == 0;
}

/* What a precision makes of the data: log evidence, and the mean square of what the fit leaves of a value. */
typedef struct judgement {
  double evidence, square;
} judgement;

/* With R = U S V' and precision p, A = V (S^2 + p) V', and each z^2 adds p / (s^2 + p) of it to the
 * rest, which has the weights themselves in it, and the square of that to what the fit leaves. */
static judgement judge(const heed__regression *data, double precision, const double *s,
                       const double *z) {
  size_t d = data->features;
  double n = (double)data->count;
  double half_log_det = 0;
  for (size_t i = 0; i < d; i++) {
    half_log_det += 0.5 * log1p(s[i] * s[i] / precision);
  }
  judgement sum = {0};
  double varying = 0;
  for (size_t o = 0; o < data->outputs; o++) {
    double rest = data->rest[o];
    double seen = rest;
    double left = rest;
    for (size_t i = 0; i < d; i++) {
      double z2 = z[o * d + i] * z[o * d + i];
      double share = precision / (s[i] * s[i] + precision);
      rest += z2 * share;
      left += z2 * share * share;
      seen += z2;
    }
    if (seen > 0) {
      sum.evidence += log_evidence(n, rest, half_log_det);
      sum.square += left / n;
      varying++;
    }
  }
  sum.square /= fmax(varying, 1);
  return sum;
}

double heed__regression_best_precision(const heed__regression *data, double weight_max,
                                       double fallback, double *scratch) {
  size_t d = data->features;
  double *s = scratch;
  double *z = s + d;
  double best = fallback;
  double most = -HUGE_VAL;
  if (data->count == 0 || !decompose(data, s, z, z + d * data->outputs)) {
    return fallback;
  }
  for (int i = EXPONENT_MIN * STEPS_PER_DECADE; i <= EXPONENT_MAX * STEPS_PER_DECADE; i++) {
    double precision = pow(10, (double)i / STEPS_PER_DECADE);
    judgement j = judge(data, precision, s, z);
    if (j.evidence > most && j.square <= weight_max * weight_max * precision) {
      most = j.evidence;
      best = precision;
    }
  }
  return best;
}
