/* misfit.h: what a regression leaves: how large it is where, and how alike at neighbouring places.
 *
 * A model of bounded shape leaves something of a law even without noise, and what it leaves is no noise: it is
 * larger in some places than in others, and the same at every visit. So the standardised residual of an output at
 * inputs x is taken for
 *
 *     u(x) = exp(w'psi(x) / 2) (sqrt(share) z(x) + sqrt(1 - share) e)
 *
 * psi are a few features of x. z is an unknown smooth function, a Gaussian process of variance 1 and covariance
 * exp(-1/2 sum_k (x_k - x'_k)^2 / reach_k^2): the model discrepancy of Kennedy and O'Hagan 2001, or in geostatistics the
 * random field beside the nugget (Cressie 1993, chapter 2). e is normal noise, new at every visit. Along a
 * rollout z adds up where e averages out.
 *
 * All of it is estimated from residuals of values that were not learned yet when they were predicted:
 *
 *   w      regression of log u^2 on psi (Harvey 1976), with the precision of greatest evidence; then a constant,
 *          so that nine in ten residuals lie inside the 90 % interval of a normal variable
 *   share, reach   the least squares fit to products of residuals some steps apart, by their distance (as
 *                  variograms are fitted), one dimension after the other */
#ifndef HEED_DYNAMICS_MISFIT_H
#define HEED_DYNAMICS_MISFIT_H

#include "dynamics/regression.h"

/* With fewer residuals nothing is estimated. */
enum { HEED__MISFIT_ROWS_MIN = 32 };

typedef struct heed__misfit {
  uint32_t features, outputs, dim; /* of psi, of u, of x */
  bool is_known;                   /* else u is normal noise of variance 1 everywhere */
  heed__regression size;           /* w; as it came from the last fit */
  double *low, *high;              /* owned, [outputs] w'psi is kept inside what was fitted */
  double *shift;                   /* [outputs] the constant, to be added to w'psi */
  double *share;                   /* [outputs] in [0, 1] */
  double *reach;                   /* [outputs][dim] > 0 */
  double *least;                   /* [outputs] added to u^2 under the logarithm */
  double *scratch;                 /* owned */
} heed__misfit;

/* Residuals in the order of their time. */
typedef struct heed__misfit_data {
  size_t count;
  const double *residuals; /* [count][outputs] */
  /* Writes psi[features] and x[dim] of residual i. */
  void (*place)(const void *owner, size_t i, double *psi, double *x);
  /* Was residual i + 1 one step after residual i, in the same life? */
  bool (*goes_on)(const void *owner, size_t i);
  const void *owner;
} heed__misfit_data;

/* Knows nothing. Errors: HEED_ERR_NOMEM; still fit for deinit. */
heed_status heed__misfit_init(heed__misfit *misfit, uint32_t features, uint32_t outputs,
                              uint32_t dim, heed_error *err);
void heed__misfit_deinit(heed__misfit *misfit); /* accepts a zeroed one */

/* Estimates all of it; with few residuals knows nothing. */
void heed__misfit_fit(heed__misfit *misfit, const heed__misfit_data *data);

/* exp(w'psi / 2): the deviation of output o at psi[features]. */
double heed__misfit_scale(const heed__misfit *misfit, uint32_t o, const double *psi);

/* A draw of z for one output: cos and sin of one random frequency, wave[dim + 2]. Over draws its mean and
 * covariance are exactly those of the process (Rahimi and Recht 2007). */
void heed__misfit_draw(const heed__misfit *misfit, heed_rng *rng, double *wave);
double heed__misfit_wave(const heed__misfit *misfit, uint32_t o, const double *wave,
                         const double *x);

#endif
