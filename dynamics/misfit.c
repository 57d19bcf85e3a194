/* misfit.c: what a regression leaves. See misfit.h. */
#include "dynamics/misfit.h"

#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Squares below this share of their mean are rounding: their logarithm would say too much. */
static const double square_min = 1e-8;

/* The precision of w where evidence has nothing to go by, and the most that the prior lets a weight deviate. */
static const double fallback_precision = 1;
static const double weight_max = 10;

static const double interval_share = 0.9;
static const double interval_size = 1.6448536269514722; /* of a standard normal variable */

/* One outlier is not to decide how large, or how alike, all others are. */
static const double most = 3;

/* The mean of the logarithm of the square of a standard normal variable: -log 2 - Euler's constant. */
static const double log_square_mean = -1.2703628454614782;

/* In which log u^2 is counted, from -20 to 20 away from its mean. */
enum { BINS = 2000, MIDDLE = BINS / 2 };
#define BIN_SIZE 0.02

/* Residuals so many steps apart tell how alike they are. */
static const size_t lags[] = {1, 2, 3, 5, 8, 13, 20, 30};
enum { LAGS = sizeof lags / sizeof lags[0], LAG_MAX = 30 };

/* So many pairs at most. */
enum { PAIRS = 4096 };

/* Reaches that are tried, in the units of x: each the root of 2 times the one before. */
static const double reach_last = 8;
enum { REACHES = 20 };

/* ---- how large -------------------------------------------------------------------------------- */

/* w'psi without the constant. */
static double log_square(const heed__misfit *misfit, uint32_t o, const double *psi) {
  size_t d = misfit->features;
  return heed__dot(d, misfit->size.weights + o * d, psi);
}

double heed__misfit_scale(const heed__misfit *misfit, uint32_t o, const double *psi) {
  if (!misfit->is_known) {
    return 1;
  }
  double x = fmin(fmax(log_square(misfit, o, psi), misfit->low[o]), misfit->high[o]);
  return exp(0.5 * (x + misfit->shift[o]));
}

/* log u^2 of residual i, from its mean. */
static double log_residual(const heed__misfit *misfit, const heed__misfit_data *data, size_t i,
                           uint32_t o) {
  double u = data->residuals[i * misfit->outputs + o];
  return log(u * u + misfit->least[o]) - misfit->shift[o];
}

/* What w'psi is to be at residual i: log u^2 at first; then, with the weights stage[outputs][features] that came of it,
 * the response of Fisher scoring: log s^2 + u^2 / s^2 - 1. */
static double response(const heed__misfit *misfit, const heed__misfit_data *data,
                       const double *stage, size_t i, uint32_t o, const double *psi) {
  double log_u2 = log_residual(misfit, data, i, o);
  if (stage == NULL) {
    return log_u2;
  }
  size_t d = misfit->features;
  double log_s2 = heed__dot(d, stage + o * d, psi) - log_square_mean;
  return log_s2 + fmin(exp(log_u2 - log_s2), most * most) - 1;
}

/* Regression of the response of residuals first .. last - 1, without a prior yet. */
static void regress(heed__misfit *misfit, const heed__misfit_data *data, const double *stage,
                    size_t first, size_t last, double *row, double *x) {
  heed__regression_reset(&misfit->size, 0);
  for (size_t i = first; i < last; i++) {
    data->place(data->owner, i, row, x);
    for (uint32_t o = 0; o < misfit->outputs; o++) {
      row[misfit->features + o] = response(misfit, data, stage, i, o, row);
    }
    heed__regression_add(&misfit->size, row);
  }
}

/* w from residuals first .. last - 1: Harvey's regression, and one step of scoring from there, which he proposes
 * himself: logarithms make much of small residuals, and what is smooth is small where it changes its sign. With
 * *precision 0 the prior is chosen by evidence. */
static void fit_weights(heed__misfit *misfit, const heed__misfit_data *data, size_t first,
                        size_t last, double *precision, double *row, double *x, double *stage,
                        double *scratch) {
  size_t size = (size_t)misfit->outputs * misfit->features;
  for (int step = 0; step < 2; step++) {
    regress(misfit, data, step == 0 ? NULL : stage, first, last, row, x);
    if (precision[step] == 0) {
      precision[step] =
          heed__regression_best_precision(&misfit->size, weight_max, fallback_precision, scratch);
    }
    heed__regression_add_prior(&misfit->size, precision[step], row);
    heed__regression_solve(&misfit->size);
    memcpy(stage, misfit->size.weights, size * sizeof *stage);
  }
}

static void fit_mean(heed__misfit *misfit, const heed__misfit_data *data) {
  double n = (double)data->count;
  for (uint32_t o = 0; o < misfit->outputs; o++) {
    double square = 0;
    double mean = 0;
    for (size_t i = 0; i < data->count; i++) {
      double u = data->residuals[i * misfit->outputs + o];
      square += u * u / n;
    }
    misfit->least[o] = square > 0 ? square_min * square : 1;
    misfit->shift[o] = 0;
    for (size_t i = 0; i < data->count; i++) {
      mean += log_residual(misfit, data, i, o) / n;
    }
    misfit->shift[o] = mean;
  }
}

/* Counts by how much log u^2 of residuals first .. last - 1 is more than expected: counts[outputs][BINS]. */
static void count_news(const heed__misfit *misfit, const heed__misfit_data *data, size_t first,
                       size_t last, double *psi, double *x, double *counts) {
  for (size_t i = first; i < last; i++) {
    data->place(data->owner, i, psi, x);
    for (uint32_t o = 0; o < misfit->outputs; o++) {
      double news = log_residual(misfit, data, i, o) - log_square(misfit, o, psi);
      double bin = fmin(fmax(news / BIN_SIZE + MIDDLE, 0), BINS - 1);
      counts[(size_t)o * BINS + (size_t)bin]++;
    }
  }
}

/* The news that nine in ten are less than. */
static double usual_news(const double *counts, size_t count) {
  size_t last = 0;
  double below = counts[0];
  while (below < interval_share * (double)count) {
    below += counts[++last];
  }
  return ((double)last + 1 - MIDDLE) * BIN_SIZE;
}

static void fit_range(heed__misfit *misfit, const heed__misfit_data *data, double *psi, double *x) {
  for (uint32_t o = 0; o < misfit->outputs; o++) {
    misfit->low[o] = HUGE_VAL;
    misfit->high[o] = -HUGE_VAL;
  }
  for (size_t i = 0; i < data->count; i++) {
    data->place(data->owner, i, psi, x);
    for (uint32_t o = 0; o < misfit->outputs; o++) {
      double expected = log_square(misfit, o, psi);
      misfit->low[o] = fmin(misfit->low[o], expected);
      misfit->high[o] = fmax(misfit->high[o], expected);
    }
  }
}

/* Around the mean of log u^2, to which the prior draws. The constant is what either half says of the other, so that
 * what was fitted is not its own witness. The last fit is that to all, with which the prior was chosen. */
static void fit_size(heed__misfit *misfit, const heed__misfit_data *data, double *row, double *x,
                     double *counts, double *stage, double *scratch) {
  size_t n = data->count;
  double precision[2] = {0}; /* of both steps */
  fit_mean(misfit, data);
  fit_weights(misfit, data, 0, n, precision, row, x, stage, scratch);
  memset(counts, 0, (size_t)misfit->outputs * BINS * sizeof *counts);
  fit_weights(misfit, data, 0, n / 2, precision, row, x, stage, scratch);
  count_news(misfit, data, n / 2, n, row, x, counts);
  fit_weights(misfit, data, n / 2, n, precision, row, x, stage, scratch);
  count_news(misfit, data, 0, n / 2, row, x, counts);
  fit_weights(misfit, data, 0, n, precision, row, x, stage, scratch);
  fit_range(misfit, data, row, x);
  for (size_t o = 0; o < misfit->outputs; o++) {
    misfit->shift[o] += usual_news(counts + o * BINS, n) - log(interval_size * interval_size);
  }
}

/* ---- how alike -------------------------------------------------------------------------------- */

/* Some pairs of residuals, from one life each, over their size. */
typedef struct pairs {
  size_t count;
  double *before, *after; /* [PAIRS][outputs] */
  double *distance2;      /* [PAIRS][dim] of their places, squared, by dimension */
} pairs;

/* What has been found so far. */
typedef struct fit {
  double *reach;   /* [dim] */
  double *share;   /* [outputs] */
  double *product; /* [REACHES][outputs] scratch */
  double
      gain; /* how much less is left than without, each output over the variance of its products */
} fit;

static double reach_of(int k) {
  return reach_last * pow(2, -0.5 * (REACHES - 1 - k));
}

/* u[outputs] of residual i, at x. */
static void standardize(const heed__misfit *misfit, const heed__misfit_data *data, size_t i,
                        double *psi, double *x, double *u) {
  data->place(data->owner, i, psi, x);
  for (uint32_t o = 0; o < misfit->outputs; o++) {
    double left = data->residuals[i * misfit->outputs + o] / heed__misfit_scale(misfit, o, psi);
    u[o] = fmin(fmax(left, -most), most);
  }
}

/* Collects pairs evenly, and adds up together[outputs][outputs], the mean of u u'. Places and residuals of the last
 * LAG_MAX + 1 steps are kept in a ring. */
static void collect(const heed__misfit *misfit, const heed__misfit_data *data, double *ring_x,
                    double *ring_u, double *psi, double *together, pairs *p) {
  enum { RING = LAG_MAX + 1 };
  size_t dim = misfit->dim;
  size_t m = misfit->outputs;
  size_t stride = (data->count * LAGS + PAIRS - 1) / PAIRS;
  size_t met = 0;
  size_t run = 0; /* steps of this life so far */
  p->count = 0;
  memset(together, 0, m * m * sizeof *together);
  for (size_t i = 0; i < data->count; i++) {
    double *x = ring_x + (i % RING) * dim;
    double *u = ring_u + (i % RING) * m;
    standardize(misfit, data, i, psi, x, u);
    for (size_t k = 0; k < m * m; k++) {
      together[k] += u[k / m] * u[k % m] / (double)data->count;
    }
    run = i > 0 && data->goes_on(data->owner, i - 1) ? run + 1 : 0;
    for (size_t l = 0; l < LAGS && lags[l] <= run; l++) {
      size_t other = (i - lags[l]) % RING;
      if (met++ % stride != 0) {
        continue;
      }
      memcpy(p->after + p->count * m, u, m * sizeof *u);
      memcpy(p->before + p->count * m, ring_u + other * m, m * sizeof *u);
      for (size_t k = 0; k < dim; k++) {
        double apart = x[k] - ring_x[other * dim + k];
        p->distance2[p->count * dim + k] = apart * apart;
      }
      p->count++;
    }
  }
}

/* Makes the mean of u^2 1, in pairs as well. */
static void normalize(size_t m, double *together, const pairs *p) {
  for (size_t o = 0; o < m; o++) {
    double size = sqrt(fmax(together[o * m + o], DBL_MIN));
    for (size_t i = 0; i < p->count; i++) {
      p->before[i * m + o] /= size;
      p->after[i * m + o] /= size;
    }
    for (size_t k = 0; k < m; k++) {
      together[o * m + k] /= size;
      together[k * m + o] /= size;
    }
  }
}

/* Half the square of the distance in reaches, without dimension `left_out`. */
static double distance_in(const double *distance2, const double *reach, size_t dim,
                          size_t left_out) {
  double sum = 0;
  for (size_t k = 0; k < dim; k++) {
    sum += k == left_out ? 0 : 0.5 * distance2[k] / (reach[k] * reach[k]);
  }
  return sum;
}

/* (1 + q / tail)^-tail, of half the square of a distance in reaches. */
static double covariance_at(double q) {
  return pow(1 + q / HEED__MISFIT_TAIL, -HEED__MISFIT_TAIL);
}

/* The share of an output of which covariance times share leaves least of the products, and how much less. */
static double best_share(double product, double square, double *gain) {
  double share = square > 0 ? fmin(fmax(product / square, 0), 1) : 0;
  *gain = 2 * share * product - share * share * square;
  return share;
}

/* Tries all reaches of dimension `which` (all dimensions alike, when it is `dim`) and takes the one whose covariance
 * leaves least of the products of all outputs, if its gain is more than now by `least`. With half the square of a
 * reach, what it contributes is doubled. weight[outputs] makes the gains of outputs commensurable. */
static void improve(const pairs *p, size_t m, size_t dim, size_t which, const double *weight,
                    double least, fit *now) {
  double square[REACHES] = {0};
  memset(now->product, 0, REACHES * m * sizeof *now->product);
  for (size_t i = 0; i < p->count; i++) {
    const double *distance2 = p->distance2 + i * dim;
    double whole = which < dim ? distance2[which] : 0;
    for (size_t k = 0; k < dim && which == dim; k++) {
      whole += distance2[k];
    }
    double rest = which < dim ? distance_in(distance2, now->reach, dim, which) : 0;
    double here = 0.5 * whole / (reach_last * reach_last);
    for (int k = REACHES - 1; k >= 0; k--) {
      double covariance = covariance_at(rest + here);
      square[k] += covariance * covariance;
      for (size_t o = 0; o < m; o++) {
        now->product[(size_t)k * m + o] += p->before[i * m + o] * p->after[i * m + o] * covariance;
      }
      here *= 2;
    }
  }
  double best = now->gain + least;
  for (int k = REACHES - 1; k >= 0; k--) {
    const double *product = now->product + (size_t)k * m;
    double all = 0;
    double gain;
    for (size_t o = 0; o < m; o++) {
      (void)best_share(product[o], square[k], &gain);
      all += weight[o] * gain;
    }
    if (all > best) {
      best = all;
      now->gain = all;
      for (size_t o = 0; o < m; o++) {
        now->share[o] = best_share(product[o], square[k], &gain);
      }
      for (size_t d = 0; d < dim; d++) {
        now->reach[d] = which == dim || which == d ? reach_of(k) : now->reach[d];
      }
    }
  }
}

/* All dimensions alike first, then one after the other. A number more has to be worth it, by the criterion of
 * Akaike 1974. weight[outputs] is scratch. */
static void fit_reach(const pairs *p, size_t m, size_t dim, double *weight, fit *now) {
  enum { SWEEPS = 2 };
  const double worth = 2; /* of a number */
  now->gain = 0;
  for (size_t o = 0; o < m; o++) {
    double square = 0;
    for (size_t i = 0; i < p->count; i++) {
      double product = p->before[i * m + o] * p->after[i * m + o];
      square += product * product / (double)p->count;
    }
    weight[o] = square > 0 ? 1 / square : 0;
    now->share[o] = 0;
  }
  for (size_t d = 0; d < dim; d++) {
    now->reach[d] = reach_last;
  }
  improve(p, m, dim, dim, weight, worth * (double)(1 + m), now);
  for (size_t d = 0; d < SWEEPS * dim && now->gain > 0; d++) {
    improve(p, m, dim, d % dim, weight, worth, now);
  }
}

/* The covariance of z between outputs, whose variances are the shares: least squares again. */
static void fit_stays(const pairs *p, size_t m, size_t dim, const fit *now, double *covariance) {
  double square = 0;
  memset(covariance, 0, m * m * sizeof *covariance);
  for (size_t i = 0; i < p->count; i++) {
    const double *a = p->after + i * m;
    const double *b = p->before + i * m;
    double near = covariance_at(distance_in(p->distance2 + i * dim, now->reach, dim, dim));
    square += near * near;
    for (size_t k = 0; k < m * m; k++) {
      covariance[k] += 0.5 * near * (a[k / m] * b[k % m] + a[k % m] * b[k / m]);
    }
  }
  for (size_t k = 0; k < m * m; k++) {
    covariance[k] = square > 0 ? covariance[k] / square : 0;
  }
  for (size_t o = 0; o < m; o++) {
    covariance[o * m + o] = now->share[o];
  }
}

/* The lower factor of a covariance, in its place: Cholesky's, with what is too large for its row, which estimates
 * may be, cut off: variances stay what they are. */
static void factorize(size_t m, double *c) {
  for (size_t i = 0; i < m; i++) {
    double *row = c + i * m;
    double rest = row[i];
    for (size_t j = 0; j < i; j++) {
      const double *above = c + j * m;
      double most_here = sqrt(fmax(rest, 0));
      double x = row[j] - heed__dot(j, row, above);
      x = above[j] > 0 ? x / above[j] : 0;
      row[j] = fmin(fmax(x, -most_here), most_here);
      rest -= row[j] * row[j];
    }
    row[i] = sqrt(fmax(rest, 0));
    memset(row + i + 1, 0, (m - i - 1) * sizeof *row);
  }
}

/* together[outputs][outputs], weight[outputs] and product are scratch. */
static void fit_alike(heed__misfit *misfit, const pairs *p, double *together, double *weight,
                      double *product) {
  size_t m = misfit->outputs;
  fit now = {.reach = misfit->reach, .share = misfit->share, .product = product};
  normalize(m, together, p);
  fit_reach(p, m, misfit->dim, weight, &now);
  fit_stays(p, m, misfit->dim, &now, misfit->stays);
  for (size_t k = 0; k < m * m; k++) {
    misfit->passes[k] = together[k] - misfit->stays[k];
  }
  for (size_t o = 0; o < m; o++) {
    misfit->passes[o * m + o] = 1 - misfit->share[o];
  }
  factorize(m, misfit->stays);
  factorize(m, misfit->passes);
}

/* ---- both ------------------------------------------------------------------------------------- */

/* Numbers of scratch. */
static size_t scratch_size(size_t features, size_t m, size_t dim) {
  size_t alike = (LAG_MAX + 1) * (dim + m) + PAIRS * (2 * m + dim) + m * m + m + REACHES * m;
  return features + m + alike + BINS * m + m * features +
         heed__regression_scratch_size((uint32_t)features, (uint32_t)m);
}

heed_status heed__misfit_init(heed__misfit *misfit, uint32_t features, uint32_t outputs,
                              uint32_t dim, heed_error *err) {
  size_t m = outputs;
  *misfit = (heed__misfit){.features = features, .outputs = outputs, .dim = dim};
  heed_status status = heed__regression_init(&misfit->size, features, outputs, err);
  misfit->low = calloc(m * (5 + 2 * m) + dim + 1, sizeof *misfit->low);
  misfit->scratch = calloc(scratch_size(features, m, dim), sizeof *misfit->scratch);
  if (status == HEED_OK && (misfit->low == NULL || misfit->scratch == NULL)) {
    status = heed_fail(err, HEED_ERR_NOMEM, "misfit of %u outputs: no memory", outputs);
  }
  if (status == HEED_OK) {
    misfit->high = misfit->low + m;
    misfit->shift = misfit->high + m;
    misfit->share = misfit->shift + m;
    misfit->least = misfit->share + m;
    misfit->stays = misfit->least + m;
    misfit->passes = misfit->stays + m * m;
    misfit->reach = misfit->passes + m * m;
    for (size_t o = 0; o < m; o++) {
      misfit->passes[o * m + o] = 1;
    }
  }
  return status;
}

void heed__misfit_deinit(heed__misfit *misfit) {
  heed__regression_deinit(&misfit->size);
  free(misfit->low);
  free(misfit->scratch);
  *misfit = (heed__misfit){0};
}

void heed__misfit_fit(heed__misfit *misfit, const heed__misfit_data *data) {
  size_t m = misfit->outputs;
  double *row = misfit->scratch;
  double *ring_x = row + misfit->features + m;
  double *ring_u = ring_x + (size_t)(LAG_MAX + 1) * misfit->dim;
  pairs p = {.before = ring_u + (LAG_MAX + 1) * m};
  p.after = p.before + PAIRS * m;
  p.distance2 = p.after + PAIRS * m;
  double *together = p.distance2 + (size_t)PAIRS * misfit->dim;
  double *weight = together + m * m;
  double *product = weight + m;
  double *counts = product + REACHES * m;
  double *stage = counts + BINS * m;
  misfit->is_known = data->count >= HEED__MISFIT_ROWS_MIN;
  if (misfit->is_known) {
    fit_size(misfit, data, row, ring_x, counts, stage, stage + m * misfit->features);
    collect(misfit, data, ring_x, ring_u, row, together, &p);
    fit_alike(misfit, &p, together, weight, product);
  }
}

/* ---- draws ------------------------------------------------------------------------------------ */

void heed__misfit_draw(const heed__misfit *misfit, heed_rng *rng, double *waves) {
  gsl_rng gsl = heed_rng_view(rng);
  size_t dim = misfit->dim;
  for (size_t o = 0; o < misfit->outputs; o++) {
    double *wave = waves + o * (dim + 2);
    double nearness = sqrt(gsl_ran_gamma(&gsl, HEED__MISFIT_TAIL, 1 / HEED__MISFIT_TAIL));
    for (size_t k = 0; k < dim + 2; k++) {
      wave[k] = gsl_ran_gaussian_ziggurat(&gsl, 1) * (k < dim ? nearness : 1);
    }
  }
}

/* One wave at x. */
static double wave_at(const heed__misfit *misfit, const double *wave, const double *x) {
  double angle = 0;
  for (size_t k = 0; k < misfit->dim; k++) {
    angle += wave[k] * x[k] / misfit->reach[k];
  }
  return wave[misfit->dim] * cos(angle) + wave[misfit->dim + 1] * sin(angle);
}

void heed__misfit_unit(const heed__misfit *misfit, const double *waves, const double *x,
                       double *unit) {
  size_t m = misfit->outputs;
  for (size_t o = m; o-- > 0;) { /* the last first: none needs noise that was overwritten */
    unit[o] = heed__dot(o + 1, misfit->passes + o * m, unit);
  }
  for (size_t k = 0; k < m; k++) {
    bool is_there = misfit->stays[k * m + k] > 0;
    double z = is_there ? wave_at(misfit, waves + k * ((size_t)misfit->dim + 2), x) : 0;
    for (size_t o = k; o < m && is_there; o++) {
      unit[o] += misfit->stays[o * m + k] * z;
    }
  }
}
