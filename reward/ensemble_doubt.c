/* ensemble_doubt.c: what members may still be wrong about, beside what they disagree about.
 *
 * Networks that learned from the same answers agree too much where these say little: all begin near 0 there, and
 * stay. What a reward may be besides is therefore added to each member, as a draw from a posterior that answers
 * narrow and nothing else does:
 *
 *     r_m(step) = net_m(step) + v_m' phi(step),    v_m ~ N(0, A^-1),   A = F / s^2 I + sum_q X_q' I_q X_q
 *
 * phi are F random features, the first layer of a network that is never trained (Rahimi and Recht 2007, "Random
 * features for large-scale kernel machines"; of prior functions in ensembles: Osband, Aslanides, Cassirer 2018),
 * X_q the sums of them over the options of question q, and I_q the Fisher information of its answer at what the
 * networks say: Laplace's approximation for the features, with Fisher's information in the place of the
 * curvature, so that no answer widens it. Members come in pairs with v and -v (antithetic variates: Hammersley and
 * Morton 1956): the mean is that of the networks.
 *
 * How much a step can be worth, s, is not known beforehand: each pair has its own, the quantiles of a log-normal
 * distribution around prior_scale. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/ensemble.h"

enum { F = ENSEMBLE_FEATURES };

/* Chosen with the first ten seeds of bench/reward_calibration, and measured with others. Variance of what goes
 * into a unit, and deviation of its bias: how soon the features bend. */
static const double bend = 8;
static const double bias_scale = 2;
/* Of the log of a pair's size. */
static const double size_spread = 0.6;

/* ---- features ------------------------------------------------------------------------------- */

/* layer[inputs + 1][F]: weights, then biases, for inputs that are centred over what was shown. */
static void draw_features(const ensemble *self, const ensemble_data *data, heed_rng *rng,
                          float *layer) {
  gsl_rng gsl = heed_rng_view(rng);
  float *bias = layer + (size_t)self->inputs * F;
  for (size_t k = 0; k < F; k++) {
    bias[k] = (float)gsl_ran_gaussian_ziggurat(&gsl, bias_scale);
  }
  size_t j = 0;
  for (size_t g = 0; g < ENSEMBLE_GROUPS; g++) {
    double deviation = sqrt(bend) * data->deviation[g];
    for (size_t end = j + self->groups[g]; j < end; j++) {
      for (size_t k = 0; k < F; k++) {
        float *w = layer + j * F + k;
        *w = (float)gsl_ran_gaussian_ziggurat(&gsl, deviation);
        bias[k] -= (float)data->mean[j] * *w;
      }
    }
  }
}

/* ---- the posterior -------------------------------------------------------------------------- */

/* sums[options][F] of the features of choice q. */
static void sum_features(const ensemble_data *data, size_t q, const float *phi, double *sums) {
  const heed__steps *steps = &data->steps;
  size_t first = steps->option_of[q];
  size_t count = steps->option_of[q + 1] - first;
  memset(sums, 0, count * F * sizeof *sums);
  for (size_t i = 0; i < count; i++) {
    for (size_t e = steps->first[first + i]; e < steps->first[first + i + 1]; e++) {
      const float *row = phi + (size_t)steps->step[e] * F;
      for (size_t k = 0; k < F; k++) {
        sums[i * F + k] += steps->weight[e] * (double)row[k];
      }
    }
  }
}

/* Adds X' I X of an answer, the lower triangle of a column-major matrix. */
static void add_information(const double *information, const double *sums, size_t n,
                            double *precision) {
  double pulled[HEED_OPTION_MAX * F];
  memset(pulled, 0, n * F * sizeof *pulled);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      for (size_t k = 0; k < F; k++) {
        pulled[i * F + k] += information[i * n + j] * sums[j * F + k];
      }
    }
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t c = 0; c < F; c++) {
      const double factor = sums[i * F + c];
      for (size_t r = c; r < F; r++) {
        precision[c * F + r] += factor * pulled[i * F + r];
      }
    }
  }
}

/* What all answers tell of v, at what the networks say of the steps: value[steps]. */
static void gather_information(const ensemble_data *data, const float *phi, const double *value,
                               const double *theta, double *precision) {
  double sums[HEED_OPTION_MAX * F];
  for (size_t q = 0; q < data->choices->count; q++) {
    const heed_choice *choice = &data->choices->items[q];
    double returns[HEED_OPTION_MAX];
    double information[HEED_OPTION_MAX * HEED_OPTION_MAX];
    if (choice->chosen == HEED_CHOICE_SKIP) {
      continue;
    }
    heed__steps_returns(&data->steps, q, value, returns);
    heed__answer_information(&data->manner, choice, q, theta, returns, information);
    sum_features(data, q, phi, sums);
    add_information(information, sums, choice->query.option_count, precision);
  }
}

/* v[F] = L^-T z with L L' = A of deviation s. `factor` is scratch. */
static heed_status draw_pair(const double *information, double s, heed_rng *rng, double *factor,
                             double *v, heed_error *err) {
  gsl_rng gsl = heed_rng_view(rng);
  memcpy(factor, information, (size_t)F * F * sizeof *factor);
  for (size_t k = 0; k < F; k++) {
    factor[k * F + k] += F / (s * s);
    v[k] = gsl_ran_gaussian_ziggurat(&gsl, 1);
  }
  lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', F, factor, F);
  if (info == 0) {
    info = LAPACKE_dtrtrs(LAPACK_COL_MAJOR, 'L', 'T', 'N', F, 1, factor, F, v, F);
  }
  return info == 0 ? HEED_OK
                   : heed_fail(err, HEED_ERR_NUMERIC, "doubts: leading minor %d is not positive",
                               (int)info);
}

/* The mean of the features over what was shown: [F]. */
static void mean_features(const ensemble_data *data, const float *phi, double *mean) {
  double total = 0;
  for (size_t i = 0; i < data->steps.count; i++) {
    total += data->steps.occurrences[i];
    for (size_t k = 0; k < F; k++) {
      mean[k] += data->steps.occurrences[i] * (double)phi[i * F + k];
    }
  }
  for (size_t k = 0; k < F && total > 0; k++) {
    mean[k] /= total;
  }
}

/* Gives member m its share, and takes its mean off the network's last bias where no answer tells it. */
static void give(const ensemble *self, uint32_t m, const double *v, const double *mean,
                 float *weights, float *doubts) {
  heed__layer last = heed__network_layer(&self->network, self->network.layer_count - 1);
  double offset = 0;
  double sign = m % 2 == 0 ? 1 : -1;
  for (size_t k = 0; k < F; k++) {
    doubts[m * (size_t)F + k] = (float)(sign * v[k]);
    offset += sign * v[k] * mean[k];
  }
  weights[m * self->network_size + last.bias] -= (float)offset;
}

heed_status heed__reward_doubt(const ensemble *self, const ensemble_data *data, const double *value,
                               const double *theta, float *weights, float *features, float *doubts,
                               heed_error *err) {
  size_t n = data->steps.count;
  uint32_t members = (uint32_t)self->params.members;
  uint32_t pairs = (members + 1) / 2;
  heed_rng master;
  heed_rng_init(&master, (uint64_t)self->params.seed);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_HYPOTHESIS, 0);
  float *phi = calloc((n + 1) * F, sizeof *phi);
  double *information = calloc(2 * (size_t)F * F + 2 * (size_t)F, sizeof *information);
  heed_status status = HEED_OK;
  if (phi == NULL || information == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "doubts about %zu steps: no memory", n);
  } else {
    ensemble_inputs inputs = {data->numbers, data->places, data->ones};
    double *factor = information + (size_t)F * F;
    double *mean = factor + (size_t)F * F;
    double *v = mean + F;
    draw_features(self, data, &rng, features);
    heed__reward_layer(self, features, F, &inputs, NULL, n, NULL, phi, NULL);
    gather_information(data, phi, value, theta, information);
    if (heed__steps_offset_is_free(&data->steps, data->choices)) {
      mean_features(data, phi, mean);
    }
    for (uint32_t m = 0; m < members && status == HEED_OK; m++) {
      if (m % 2 == 0) {
        double quantile = gsl_cdf_ugaussian_Pinv((m / 2 + 0.5) / pairs);
        double size = self->params.prior_scale * data->stated_unit * exp(size_spread * quantile);
        rng = heed_rng_derive(&master, HEED_STREAM_HYPOTHESIS, 1 + m / 2);
        status = draw_pair(information, size, &rng, factor, v, err);
      }
      give(self, m, v, mean, weights, doubts);
    }
  }
  free(phi);
  free(information);
  return status;
}
