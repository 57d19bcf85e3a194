/* logistic.c: Bayesian logistic regression by Laplace's method. See logistic.h. */
#include "dynamics/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEWTON_STEPS = 50, HALVINGS = 20 };
static const double tolerance = 1e-9; /* of the objective, nats */

/* Precisions stay within these: weights of at most some thousands. */
static const double precision_min = 1e-7;
static const double precision_max = 1e3;

heed_status heed__logistic_init(heed__logistic *model, uint32_t features, double precision,
                                heed_error *err) {
  *model = (heed__logistic){.features = features, .precision = precision};
  model->weights = calloc(features, sizeof *model->weights);
  model->scratch = calloc(3 * (size_t)features, sizeof *model->scratch);
  if (model->weights == NULL || model->scratch == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%u features: no memory", features);
  }
  heed_status status = heed__regression_init(&model->curvature, features, 0, err);
  if (status == HEED_OK) {
    heed__regression_reset(&model->curvature, precision);
  }
  return status;
}

void heed__logistic_deinit(heed__logistic *model) {
  free(model->weights);
  free(model->scratch);
  heed__regression_deinit(&model->curvature);
  *model = (heed__logistic){0};
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

/* log sigma(x), without overflow. */
static double log_sigmoid(double x) {
  return x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

double heed__logistic_probability(const heed__logistic *model, const double *phi) {
  return sigmoid(heed__dot(model->features, model->weights, phi));
}

double heed__logistic_information(const heed__logistic *model, double *phi) {
  double p = heed__logistic_probability(model, phi);
  return 0.5 * log1p(p * (1 - p) * heed__regression_whiten(&model->curvature, phi));
}

/* Log of prior and likelihood at `w`, without the constant of the prior; phi is scratch. */
static double objective(const heed__logistic *model, const heed__logistic_data *data,
                        const double *w, double *phi) {
  double sum = -0.5 * model->precision * heed__dot(model->features, w, w);
  for (size_t i = 0; i < data->count; i++) {
    data->features(data->owner, i, phi);
    double x = heed__dot(model->features, w, phi);
    sum += log_sigmoid(data->is_end[i] ? x : -x);
  }
  return sum;
}

/* H and the gradient at the weights. */
static void expand(heed__logistic *model, const heed__logistic_data *data, double *gradient,
                   double *phi) {
  size_t d = model->features;
  heed__regression_reset(&model->curvature, model->precision);
  for (size_t k = 0; k < d; k++) {
    gradient[k] = -model->precision * model->weights[k];
  }
  for (size_t i = 0; i < data->count; i++) {
    data->features(data->owner, i, phi);
    double p = heed__logistic_probability(model, phi);
    double error = (data->is_end[i] ? 1 : 0) - p;
    double root = sqrt(p * (1 - p));
    for (size_t k = 0; k < d; k++) {
      gradient[k] += error * phi[k];
      phi[k] *= root;
    }
    heed__regression_add(&model->curvature, phi);
  }
}

double heed__logistic_fit(heed__logistic *model, double precision,
                          const heed__logistic_data *data) {
  size_t d = model->features;
  double *step = model->scratch;
  double *phi = step + d;
  double *trial = phi + d;
  model->precision = precision;
  double now = objective(model, data, model->weights, phi);
  bool goes_on = true;
  for (int i = 0; i < NEWTON_STEPS && goes_on; i++) {
    expand(model, data, step, phi);
    heed__regression_whiten(&model->curvature, step);
    heed__regression_color(&model->curvature, step);
    double then = now;
    double size = 1;
    for (int k = 0; k < HALVINGS && then <= now; k++) {
      for (size_t j = 0; j < d; j++) {
        trial[j] = model->weights[j] + size * step[j];
      }
      then = objective(model, data, trial, phi);
      size /= 2;
    }
    goes_on = then > now + tolerance;
    if (then > now) {
      memcpy(model->weights, trial, d * sizeof *trial);
      now = then;
    }
  }
  expand(model, data, step, phi);
  double half_log_det = 0;
  const double *row = model->curvature.rows;
  for (size_t j = 0; j < d; j++) {
    half_log_det += log(row[0]);
    row += d - j;
  }
  return now + 0.5 * (double)d * log(precision) - half_log_det;
}

void heed__logistic_fit_precision(heed__logistic *model, const heed__logistic_data *data) {
  double precision = model->precision;
  double here = heed__logistic_fit(model, precision, data);
  double less = fmax(precision / 10, precision_min);
  double more = fmin(precision * 10, precision_max);
  double below = heed__logistic_fit(model, less, data);
  if (below > here) {
    return;
  }
  if (heed__logistic_fit(model, more, data) <= here) {
    heed__logistic_fit(model, precision, data);
  }
}

/* With v = H^-1 phi and s = phi'v, the mode of normal prior and one answer y is at w + t v, where
 * t = y - sigma(w'phi + t s): one root, between -1 and 1. */
void heed__logistic_add(heed__logistic *model, const double *phi, bool is_end) {
  enum { BISECTIONS = 60 };
  size_t d = model->features;
  double *v = model->scratch;
  memcpy(v, phi, d * sizeof *v);
  double s = heed__regression_whiten(&model->curvature, v);
  heed__regression_color(&model->curvature, v);
  double x = heed__dot(d, model->weights, phi);
  double low = is_end ? 0 : -1;
  double high = is_end ? 1 : 0;
  for (int i = 0; i < BISECTIONS; i++) {
    double t = 0.5 * (low + high);
    if (t < (is_end ? 1 : 0) - sigmoid(x + t * s)) {
      low = t;
    } else {
      high = t;
    }
  }
  for (size_t k = 0; k < d; k++) {
    model->weights[k] += low * v[k];
  }
  double p = sigmoid(x + low * s);
  double root = sqrt(p * (1 - p));
  for (size_t k = 0; k < d; k++) {
    v[k] = root * phi[k];
  }
  heed__regression_add(&model->curvature, v);
}
