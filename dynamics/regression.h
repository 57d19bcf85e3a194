/* regression.h: Bayesian linear regression, one row after the other.
 *
 * Each output is y = w' phi + noise, with the conjugate prior (Bishop 2006, section 3.3 and exercise 3.12)
 *
 *     w | s^2  ~  N(0, s^2 / precision I)          s^2  ~  inverse gamma(a_0, b_0)
 *
 * The posterior is of the same form. Its precision is shared by all outputs, since they share their
 * features: A = precision I + sum phi phi'. Kept is its upper Cholesky factor R, A = R'R, beside the
 * outputs in the same coordinates:
 *
 *            d             m
 *     [ R_00 . . .  | Z_00 . . ]      weights  W = R^-1 Z           v = R'^-1 phi
 *     [   0  . . .  |  . . . . ]      S = A^-1                      phi' S phi = |v|^2
 *     [ phi'        |  y'      ]  <-- a new row, rotated into R
 *
 * Givens rotations turn a new row's phi into zeros, O(d^2) (Golub and Van Loan 2013, section 6.5; Bierman
 * 1977); phi phi' is never formed, so that half the digits are not lost to squaring. What the rotations
 * leave of y is the part of it that was news; its squares add up to b: b_n = b_0 + rest / 2. */
#ifndef HEED_DYNAMICS_REGRESSION_H
#define HEED_DYNAMICS_REGRESSION_H

#include <stdint.h>

#include "core/rng.h"
#include "core/status.h"

/* x'y in four sums, so that it can be vectorised and still has one order. */
static inline double heed__dot(size_t n, const double *x, const double *y) {
  double a = 0;
  double b = 0;
  double c = 0;
  double d = 0;
  size_t k = 0;
  for (; k + 4 <= n; k += 4) {
    a += x[k] * y[k];
    b += x[k + 1] * y[k + 1];
    c += x[k + 2] * y[k + 2];
    d += x[k + 3] * y[k + 3];
  }
  for (size_t left = n % 4; left > 0; left--, k++) {
    a += x[k] * y[k];
  }
  return (a + c) + (b + d);
}

/* Of s^2: nearly the prior 1 / s^2 that knows no scale, with which intervals cover what they say. Outputs
 * have a deviation of about 1; noise below 1e-6 of it is more than floats can show. */
#define HEED__REGRESSION_A 0.005
#define HEED__REGRESSION_B 0.5e-12

typedef struct heed__regression {
  uint32_t features, outputs; /* d, m */
  uint64_t count;             /* rows added */
  double precision;           /* of the prior, relative to the noise; 0: no prior yet */
  double *rows;               /* owned; row j: R[j][j .. d-1], then Z[j][0 .. m-1] */
  double *rest;               /* owned, [m] */
  double *weights;            /* owned, [m][d] posterior mean; brought up to date by solve */
} heed__regression;

/* Room for d features, at least 1, and m outputs, which may be 0. Errors: HEED_ERR_NOMEM; still fit for
 * deinit. */
heed_status heed__regression_init(heed__regression *reg, uint32_t features, uint32_t outputs,
                                  heed_error *err);
void heed__regression_deinit(heed__regression *reg); /* accepts a zeroed one */

/* Back to the prior. `precision` 0 is none: then solve needs d independent rows first. */
void heed__regression_reset(heed__regression *reg, double precision);

/* Gives what was learned without a prior one of `precision`, as if it had had it from the start: d rows instead
 * of all. row[d + m] is scratch. */
void heed__regression_add_prior(heed__regression *reg, double precision, double *row);

/* Learns row[d + m] = phi, y. What is in it afterwards: zeros, and what was left of y. */
void heed__regression_add(heed__regression *reg, double *row);

/* Brings the weights up to date: O(d^2 m). */
void heed__regression_solve(heed__regression *reg);

/* v[d] = phi[d] becomes R'^-1 phi; returns |v|^2 = phi' S phi. */
double heed__regression_whiten(const heed__regression *reg, double *v);

/* v[d] becomes R^-1 v: after whiten it is S phi; of independent normal numbers, a draw from N(0, S). */
void heed__regression_color(const heed__regression *reg, double *v);

/* The trace of S sum phi phi': how many of the weights the rows decide, and not the prior; at most d and the
 * number of rows. O(d^3). v[d] is scratch. */
double heed__regression_freedom(const heed__regression *reg, double *v);

/* The posterior of the noise of an output: a, b. Predictions are Student-t with 2 a degrees of freedom and
 * scale sqrt(b / a (1 + phi' S phi)). */
static inline double heed__regression_a(const heed__regression *reg) {
  return HEED__REGRESSION_A + 0.5 * (double)reg->count;
}
static inline double heed__regression_b(const heed__regression *reg, uint32_t output) {
  return HEED__REGRESSION_B + 0.5 * reg->rest[output];
}

/* Log probability of all that output `output` was. Needs a prior. */
double heed__regression_log_evidence(const heed__regression *reg, uint32_t output);

/* Doubles of scratch for the next function. */
size_t heed__regression_scratch_size(uint32_t features, uint32_t outputs);

/* The precision of the prior that makes all outputs of `data`, which has no prior, most probable together:
 * evidence over half powers of ten, from singular values (Bishop 2006, section 3.5.2). Outputs that are
 * always 0 have no say. Only precisions are considered under which a weight has a deviation of at most
 * `weight_max`, if the noise is what the fit leaves. `fallback` where there is nothing to go by. */
double heed__regression_best_precision(const heed__regression *data, double weight_max,
                                       double fallback, double *scratch);

#endif
