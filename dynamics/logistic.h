/* logistic.h: Bayesian logistic regression by Laplace's method: is it the end?
 *
 *     P(end) = sigma(w'phi)     w ~ N(0, I / precision)
 *
 * The posterior is taken for a normal one around its mode (Bishop 2006, section 4.5). Its precision is
 * H = precision I + sum p (1 - p) phi phi', kept by its factor as in regression.h. */
#ifndef HEED_DYNAMICS_LOGISTIC_H
#define HEED_DYNAMICS_LOGISTIC_H

#include "dynamics/regression.h"

typedef struct heed__logistic {
  uint32_t features;
  double precision;
  double *weights;            /* owned, [features] the mode */
  heed__regression curvature; /* H, without outputs */
  double *scratch;            /* owned, [3][features] */
} heed__logistic;

/* What is learned from. */
typedef struct heed__logistic_data {
  size_t count;
  void (*features)(const void *owner, size_t i, double *phi); /* of example i: phi[features] */
  const unsigned char *is_end;                                /* [count] */
  const void *owner;
} heed__logistic_data;

/* Weights 0 and the prior of `precision`. Errors: HEED_ERR_NOMEM; still fit for deinit. */
heed_status heed__logistic_init(heed__logistic *model, uint32_t features, double precision,
                                heed_error *err);
void heed__logistic_deinit(heed__logistic *model); /* accepts a zeroed one */

/* The mode by Newton's method, from the weights at hand, for a precision. Returns the log evidence. */
double heed__logistic_fit(heed__logistic *model, double precision, const heed__logistic_data *data);

/* The same for the precision of greatest evidence among that at hand and its neighbours, ten times more and less. */
void heed__logistic_fit_precision(heed__logistic *model, const heed__logistic_data *data);

/* Takes one more example into a posterior, taken for normal: the mode moves along H^-1 phi. O(features^2).
 * phi[features] is borrowed. */
void heed__logistic_add(heed__logistic *model, const double *phi, bool is_end);

/* P(end) at the mode. */
double heed__logistic_probability(const heed__logistic *model, const double *phi);

/* What one more look at phi[features] would tell of the weights, in nats: 1/2 log(1 + p (1 - p) phi' H^-1 phi).
 * phi is used up. */
double heed__logistic_information(const heed__logistic *model, double *phi);

#endif
