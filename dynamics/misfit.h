/* misfit.h: what a regression leaves: how large it is where, and how alike at neighbouring places.
 *
 * A model of bounded shape leaves something of a law even without noise, and what it leaves is no noise: it is
 * larger in some places than in others, and the same at every visit. So the standardised residuals of all outputs at
 * inputs x are taken for
 *
 *     u_o(x) = exp(w_o'psi(x) / 2) (z_o(x) + e_o)
 *
 * psi are features of x. z is an unknown smooth function, a process of variance share_o and covariance
 * (1 + q / tail)^-tail, q = 1/2 sum_k (x_k - x'_k)^2 / reach_k^2: the model discrepancy of Kennedy and O'Hagan 2001, or
 * in geostatistics the random field beside the nugget (Cressie 1993, chapter 2). The covariance is that of a mixture
 * of reaches (rational quadratic: Rasmussen and Williams 2006, equation 4.19), because nothing is as smooth everywhere.
 * e is normal noise of variance 1 - share_o, new at every visit. Along a rollout z adds up where e averages out.
 * Either is correlated between outputs, z with one reach for all (the linear model of coregionalization: Wackernagel
 * 2003, chapter 26), because a speed that is misjudged takes the position with it.
 *
 * All of it is estimated from residuals as large as of values that were not learned:
 *
 *   w      regression of log u^2 on psi, and a step of scoring (Harvey 1976), with the precision of greatest evidence;
 *          then a constant, so that nine in ten residuals lie inside the 90 % interval of a normal variable
 *   share, reach, covariances   the least squares fit to products of residuals some steps apart, by their distance
 *          (as variograms are fitted), reaches one dimension after the other */
#ifndef HEED_DYNAMICS_MISFIT_H
#define HEED_DYNAMICS_MISFIT_H

#include "dynamics/regression.h"

/* Of the covariance of z: how alike it still is far away. The larger the more like a Gaussian, which forgets all. */
#define HEED__MISFIT_TAIL 2.0

/* With fewer residuals nothing is estimated. */
enum { HEED__MISFIT_ROWS_MIN = 32 };

typedef struct heed__misfit {
  uint32_t features, outputs, dim; /* of psi, of u, of x */
  bool is_known;                   /* else u is normal noise of variance 1 everywhere */
  heed__regression size;           /* w; as it came from the last fit */
  double *low, *high;              /* owned, [outputs] w'psi is kept inside what was fitted */
  double *shift;                   /* [outputs] the constant, to be added to w'psi */
  double *share;                   /* [outputs] in [0, 1] */
  double *least;                   /* [outputs] added to u^2 under the logarithm */
  double *stays, *passes; /* [outputs][outputs] lower factors of the covariances of z and e */
  double *reach;          /* [dim] > 0 */
  double *scratch;        /* owned */
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

/* A draw of z: waves[outputs][dim + 2], each cos and sin of one random frequency. Over draws its mean and covariance
 * are exactly those of the process (Rahimi and Recht 2007). */
void heed__misfit_draw(const heed__misfit *misfit, heed_rng *rng, double *waves);

/* unit[outputs], independent normal numbers, become u at x over its size, with z from `waves`. */
void heed__misfit_unit(const heed__misfit *misfit, const double *waves, const double *x,
                       double *unit);

#endif
