/* ensemble_head.c: what the outputs of a network mean: likelihood, draws, information.
 *
 * A log variance is kept inside bounds smoothly, as in Chua et al. 2018, appendix A.1, here fixed ones,
 * since all that is predicted is scaled to deviation 1:
 *
 *     v = MAX - softplus(MAX - raw),   log variance = MIN + softplus(v - MIN)
 *
 * The likelihood of a normal variable alone makes a network explain by noise what it finds hard to learn.
 * Each gradient is therefore weighted by the variance to the power 1/2, which holds it near that of least
 * squares (Seitzer et al. 2022, "On the pitfalls of heteroscedastic uncertainty estimation", beta = 0.5).
 */
#include <assert.h>
#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "dynamics/ensemble.h"

static const double log_variance_max = 1;
static const double log_variance_min = -16; /* a deviation of 3e-4: near what floats resolve */

/* Head start of the present value of a cell, nats: no change is the rule. */
static const float copy_logit = 4;

static double softplus(double x) {
  return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

/* The log variance of a raw output; *slope, when not NULL, its derivative. */
static double bounded(double raw, double *slope) {
  double v = log_variance_max - softplus(log_variance_max - raw);
  if (slope != NULL) {
    *slope = sigmoid(log_variance_max - raw) * sigmoid(v - log_variance_min);
  }
  return log_variance_min + softplus(v - log_variance_min);
}

void heed__ensemble_settle(const ensemble *self, const void *obs, float *y) {
  const uint8_t *cells = obs;
  if (self->layout.logits == 0) {
    return;
  }
  size_t at = 0;
  for (size_t i = 0; i < self->dim; i++) {
    size_t values = heed_space_values(self->obs_space, i);
    y[at + cells[i]] += copy_logit;
    float most = y[at];
    for (size_t v = 1; v < values; v++) {
      most = fmaxf(most, y[at + v]);
    }
    for (size_t v = 0; v < values; v++) {
      y[at + v] -= most;
    }
    at += values;
  }
  heed__kernel_best()->exp(at, y, y);
  at = 0;
  for (size_t i = 0; i < self->dim; i++) {
    size_t values = heed_space_values(self->obs_space, i);
    float sum = 0;
    for (size_t v = 0; v < values; v++) {
      sum += y[at + v];
    }
    for (size_t v = 0; v < values; v++) {
      y[at + v] /= sum;
    }
    at += values;
  }
}

/* ---- likelihood ------------------------------------------------------------------------------- */

/* -log P of one normal variable; the gradients take the places of mean and raw log variance. */
static double normal_loss(double target, float *mean, float *raw) {
  double slope;
  double log_variance = bounded((double)*raw, &slope);
  double error = (double)*mean - target;
  double z2 = error * error * exp(-log_variance);
  double weight = exp(0.5 * log_variance);
  *mean = (float)(weight * error * exp(-log_variance));
  *raw = (float)(weight * 0.5 * (1 - z2) * slope);
  return 0.5 * (z2 + log_variance);
}

/* The same of all cells: cross entropy. */
static double cells_loss(const ensemble *self, const uint8_t *cells, const uint8_t *next,
                         float *y) {
  double loss = 0;
  heed__ensemble_settle(self, cells, y);
  for (size_t i = 0; i < self->dim; i++) {
    loss -= log((double)y[next[i]] + 1e-30);
    y[next[i]] -= 1;
    y += heed_space_values(self->obs_space, i);
  }
  return loss;
}

ensemble_target heed__ensemble_target(const ensemble *self, size_t record) {
  const heed__rows *r = &self->records;
  return (ensemble_target){.obs = r->obs + record * self->obs_size,
                           .next_obs = r->next_obs + record * self->obs_size,
                           .reward = r->rewards[record],
                           .is_terminal = r->is_terminal[record] != 0};
}

/* Normal variable g of a target, scaled; a constant is 0. */
static double scaled_value(const ensemble *self, const float *scales, const ensemble_target *target,
                           size_t g) {
  size_t gaussians = self->layout.gaussians;
  const float *out_mean = scales + 2 * (size_t)self->numbers;
  double scale = (double)out_mean[gaussians + g];
  double value = g + 1 == gaussians ? target->reward
                                    : (double)((const float *)target->next_obs)[g] -
                                          (double)((const float *)target->obs)[g];
  return scale > 0 ? (value - (double)out_mean[g]) / scale : 0;
}

double heed__ensemble_loss(const ensemble *self, const float *scales, const ensemble_target *target,
                           float *y) {
  const ensemble_layout *at = &self->layout;
  double loss = at->logits > 0 ? cells_loss(self, target->obs, target->next_obs, y) : 0;
  for (size_t g = 0; g < at->gaussians; g++) {
    loss += normal_loss(scaled_value(self, scales, target, g), &y[at->mean + g],
                        &y[at->log_variance + g]);
  }
  double logit = (double)y[at->terminal];
  loss += softplus(target->is_terminal ? -logit : logit);
  y[at->terminal] = (float)(sigmoid(logit) - (target->is_terminal ? 1 : 0));
  return loss;
}

void heed__ensemble_normals(const ensemble *self, const float *scales,
                            const ensemble_target *target, const float *y, ensemble_normal *out) {
  for (size_t g = 0; g < self->layout.gaussians; g++) {
    out[g] =
        (ensemble_normal){.value = scaled_value(self, scales, target, g),
                          .mean = (double)y[self->layout.mean + g],
                          .variance = exp(bounded((double)y[self->layout.log_variance + g], NULL))};
  }
}

/* ---- draws ------------------------------------------------------------------------------------ */

/* A draw from the probabilities of one cell. */
static uint8_t draw_value(const float *p, size_t values, double u) {
  for (size_t v = 0; v + 1 < values; v++) {
    u -= (double)p[v];
    if (u < 0) {
      return (uint8_t)v;
    }
  }
  return (uint8_t)(values - 1);
}

/* Cell by cell. A network of finite weights can still overflow: then nothing changes. */
static void imagine_cells(const ensemble *self, const float *y, const uint8_t *cells, heed_rng *rng,
                          uint8_t *next) {
  for (size_t i = 0; i < self->dim; i++) {
    size_t values = heed_space_values(self->obs_space, i);
    double u = heed_rng_uniform(rng);
    next[i] = isfinite(y[0]) ? draw_value(y, values, u) : cells[i];
    y += values;
  }
}

/* A drawn value inside the bounds of dimension i, and finite. */
static float inside(const heed_space *box, size_t i, double value, float fallback) {
  if (!isfinite(value)) {
    return fallback;
  }
  double low = fmax((double)box->low[i], -(double)FLT_MAX);
  double high = fmin((double)box->high[i], (double)FLT_MAX);
  return (float)fmin(fmax(value, low), high);
}

static void imagine_box(const ensemble *self, const float *y, const float *obs, heed_rng *rng,
                        float *next) {
  const ensemble_layout *at = &self->layout;
  ensemble_scales scales = heed__ensemble_scales(self, self->fit.scales);
  gsl_rng gsl = heed_rng_view(rng);
  for (size_t i = 0; i < self->dim; i++) {
    double log_variance =
        bounded((double)y[at->log_variance + i], NULL) + (double)self->fit.shifts[i];
    double noise = gsl_ran_gaussian_ziggurat(&gsl, 1.0) * exp(0.5 * log_variance);
    double change = (double)scales.out_mean[i] +
                    (double)scales.out_scale[i] * ((double)y[at->mean + i] + noise);
    next[i] = inside(self->obs_space, i, (double)obs[i] + change, obs[i]);
  }
}

void heed__ensemble_imagine(const ensemble *self, const float *y, heed_prediction *p) {
  const ensemble_layout *at = &self->layout;
  ensemble_scales scales = heed__ensemble_scales(self, self->fit.scales);
  size_t g = at->gaussians - 1; /* the reward */
  double reward =
      (double)scales.out_mean[g] + (double)scales.out_scale[g] * (double)y[at->mean + g];
  p->reward = isfinite(reward) ? reward : 0;
  p->is_terminal = heed_rng_uniform(p->rng) < sigmoid((double)y[at->terminal]);
  memset(p->next_belief, 0, self->belief_size);
  if (at->logits > 0) {
    imagine_cells(self, y, p->belief, p->rng, p->next_belief);
  } else {
    imagine_box(self, y, p->belief, p->rng, p->next_belief);
  }
}

/* ---- information ------------------------------------------------------------------------------ */

/* Of a normal variable, with the mixture taken for a normal one of the same variance. */
static double normal_information(const ensemble *self, const float *y, size_t stride, size_t g) {
  const ensemble_layout *at = &self->layout;
  double n = self->params.members;
  double mean = 0;
  double variance = 0;
  double entropy = 0;
  for (size_t m = 0; m < (size_t)n; m++) {
    mean += (double)y[m * stride + at->mean + g] / n;
  }
  for (size_t m = 0; m < (size_t)n; m++) {
    double log_variance =
        bounded((double)y[m * stride + at->log_variance + g], NULL) + (double)self->fit.shifts[g];
    double apart = (double)y[m * stride + at->mean + g] - mean;
    variance += (exp(log_variance) + apart * apart) / n;
    entropy += 0.5 * log_variance / n;
  }
  return 0.5 * log(variance) - entropy;
}

/* -p log p. */
static double surprise(double p) {
  return p > 0 ? -p * log(p) : 0;
}

/* Of the values of a cell: exact. */
static double value_information(const ensemble *self, const float *p, size_t stride,
                                size_t values) {
  double n = self->params.members;
  double information = 0;
  for (size_t v = 0; v < values; v++) {
    double mean = 0;
    for (size_t m = 0; m < (size_t)n; m++) {
      mean += (double)p[m * stride + v] / n;
      information -= surprise((double)p[m * stride + v]) / n;
    }
    information += surprise(mean);
  }
  return information;
}

static double end_information(const ensemble *self, const float *y, size_t stride) {
  double n = self->params.members;
  double mean = 0;
  double entropy = 0;
  for (size_t m = 0; m < (size_t)n; m++) {
    double p = sigmoid((double)y[m * stride + self->layout.terminal]);
    mean += p / n;
    entropy += (surprise(p) + surprise(1 - p)) / n;
  }
  return surprise(mean) + surprise(1 - mean) - entropy;
}

double heed__ensemble_information(const ensemble *self, const float *y, size_t stride) {
  const ensemble_layout *at = &self->layout;
  const float *out_scale = heed__ensemble_scales(self, self->fit.scales).out_scale;
  double nats = end_information(self, y, stride);
  for (size_t g = 0; g < at->gaussians; g++) {
    nats += out_scale[g] > 0 ? normal_information(self, y, stride, g) : 0; /* constants: none */
  }
  for (size_t i = 0; at->logits > 0 && i < self->dim; i++) {
    size_t values = heed_space_values(self->obs_space, i);
    nats += value_information(self, y, stride, values);
    y += values;
  }
  return isfinite(nats) ? fmax(nats, 0) : 0;
}
