/* misfit.c: what a regression leaves. See misfit.h. */
#include "dynamics/misfit.h"

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

/* One outlier is not to decide how alike all others are. */
static const double most = 3;

heed_status heed__misfit_init(heed__misfit *misfit, uint32_t features, uint32_t outputs,
                              uint32_t dim, heed_error *err) {
  size_t m = outputs;
  *misfit = (heed__misfit){.features = features, .outputs = outputs, .dim = dim};
  heed_status status = heed__regression_init(&misfit->size, features, outputs, err);
  misfit->low = calloc(m * (5 + (size_t)dim) + 1, sizeof *misfit->low);
  misfit->scratch = calloc(heed__regression_scratch_size(features, outputs) + (BINS + 1) * m +
                               features + (LAG_MAX + 1 + PAIRS) * ((size_t)dim + 1),
                           sizeof *misfit->scratch);
  if (status == HEED_OK && (misfit->low == NULL || misfit->scratch == NULL)) {
    status = heed_fail(err, HEED_ERR_NOMEM, "misfit of %u outputs: no memory", outputs);
  }
  if (status == HEED_OK) {
    misfit->high = misfit->low + m;
    misfit->shift = misfit->high + m;
    misfit->share = misfit->shift + m;
    misfit->least = misfit->share + m;
    misfit->reach = misfit->least + m;
  }
  return status;
}

void heed__misfit_deinit(heed__misfit *misfit) {
  heed__regression_deinit(&misfit->size);
  free(misfit->low);
  free(misfit->scratch);
  *misfit = (heed__misfit){0};
}

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

/* w from residuals first .. last - 1. */
static void regress(heed__misfit *misfit, const heed__misfit_data *data, size_t first, size_t last,
                    double precision, double *row, double *x) {
  heed__regression_reset(&misfit->size, precision);
  for (size_t i = first; i < last; i++) {
    data->place(data->owner, i, row, x);
    for (uint32_t o = 0; o < misfit->outputs; o++) {
      row[misfit->features + o] = log_residual(misfit, data, i, o);
    }
    heed__regression_add(&misfit->size, row);
  }
  if (precision > 0) {
    heed__regression_solve(&misfit->size);
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

/* Harvey's regression, around the mean of log u^2, to which the prior draws. The constant is what either half says
 * of the other, so that what was fitted is not its own witness. */
static void fit_size(heed__misfit *misfit, const heed__misfit_data *data, double *row, double *x,
                     double *counts, double *scratch) {
  size_t n = data->count;
  fit_mean(misfit, data);
  regress(misfit, data, 0, n, 0, row, x);
  double precision =
      heed__regression_best_precision(&misfit->size, weight_max, fallback_precision, scratch);
  memset(counts, 0, (size_t)misfit->outputs * BINS * sizeof *counts);
  regress(misfit, data, 0, n / 2, precision, row, x);
  count_news(misfit, data, n / 2, n, row, x, counts);
  regress(misfit, data, n / 2, n, precision, row, x);
  count_news(misfit, data, 0, n / 2, row, x, counts);
  regress(misfit, data, 0, n, precision, row, x);
  fit_range(misfit, data, row, x);
  for (size_t o = 0; o < misfit->outputs; o++) {
    misfit->shift[o] += usual_news(counts + o * BINS, n) - log(interval_size * interval_size);
  }
}

/* ---- how alike -------------------------------------------------------------------------------- */

/* Some pairs of residuals of one output, from one life each. */
typedef struct pairs {
  size_t count;
  double *product;   /* [PAIRS] of the two */
  double *distance2; /* [PAIRS][dim] of their places, squared, by dimension */
} pairs;

static double reach_of(int k) {
  return reach_last * pow(2, -0.5 * (REACHES - 1 - k));
}

/* Collects pairs evenly. Places and residuals of the last LAG_MAX + 1 steps are kept in a ring. */
static void collect(const heed__misfit *misfit, const heed__misfit_data *data, uint32_t o,
                    double *ring_x, double *ring_u, double *psi, pairs *p) {
  enum { RING = LAG_MAX + 1 };
  size_t dim = misfit->dim;
  size_t stride = (data->count * LAGS + PAIRS - 1) / PAIRS;
  size_t met = 0;
  size_t run = 0; /* steps of this life so far */
  p->count = 0;
  for (size_t i = 0; i < data->count; i++) {
    double *x = ring_x + (i % RING) * dim;
    data->place(data->owner, i, psi, x);
    double u = data->residuals[i * misfit->outputs + o] / heed__misfit_scale(misfit, o, psi);
    ring_u[i % RING] = fmin(fmax(u, -most), most);
    run = i > 0 && data->goes_on(data->owner, i - 1) ? run + 1 : 0;
    for (size_t l = 0; l < LAGS && lags[l] <= run; l++) {
      const double *y = ring_x + ((i - lags[l]) % RING) * dim;
      if (met++ % stride != 0) {
        continue;
      }
      p->product[p->count] = ring_u[i % RING] * ring_u[(i - lags[l]) % RING];
      for (size_t k = 0; k < dim; k++) {
        p->distance2[p->count * dim + k] = (x[k] - y[k]) * (x[k] - y[k]);
      }
      p->count++;
    }
  }
}

/* -1/2 of the square of the distance in reaches, without dimension `left_out`. */
static double exponent(const double *distance2, const double *reach, size_t dim, size_t left_out) {
  double sum = 0;
  for (size_t k = 0; k < dim; k++) {
    sum -= k == left_out ? 0 : 0.5 * distance2[k] / (reach[k] * reach[k]);
  }
  return sum;
}

/* Tries all reaches of dimension `which` (all dimensions alike, when it is `dim`) and takes the one whose
 * covariance, times the best share, leaves least of the products, if it leaves less than now by `least`; `gain` is
 * how much less than nothing does. With half the square of a reach, what it contributes is squared. */
static void improve(const pairs *p, size_t dim, size_t which, double least, double *reach,
                    double *share, double *gain) {
  double product[REACHES] = {0};
  double square[REACHES] = {0};
  for (size_t i = 0; i < p->count; i++) {
    const double *distance2 = p->distance2 + i * dim;
    double whole = which < dim ? distance2[which] : 0;
    for (size_t k = 0; k < dim && which == dim; k++) {
      whole += distance2[k];
    }
    double rest = which < dim ? exp(exponent(distance2, reach, dim, which)) : 1;
    double factor = exp(-0.5 * whole / (reach_last * reach_last));
    for (int k = REACHES - 1; k >= 0; k--) {
      double covariance = rest * factor;
      product[k] += p->product[i] * covariance;
      square[k] += covariance * covariance;
      factor *= factor;
    }
  }
  double best = *gain + least;
  for (int k = REACHES - 1; k >= 0; k--) {
    double s = square[k] > 0 ? fmin(fmax(product[k] / square[k], 0), 1) : 0;
    double left = 2 * s * product[k] - s * s * square[k];
    if (left > best) {
      best = left;
      *gain = left;
      *share = s;
      for (size_t d = 0; d < dim; d++) {
        reach[d] = which == dim || which == d ? reach_of(k) : reach[d];
      }
    }
  }
}

/* All dimensions alike first, then one after the other. A number more has to be worth it, by the criterion of
 * Akaike 1974. */
static void fit_alike(heed__misfit *misfit, const pairs *p, uint32_t o) {
  enum { SWEEPS = 2 };
  size_t dim = misfit->dim;
  double *reach = misfit->reach + o * dim;
  double gain = 0;
  double square = 0;
  misfit->share[o] = 0;
  for (size_t d = 0; d < dim; d++) {
    reach[d] = reach_last;
  }
  for (size_t i = 0; i < p->count; i++) {
    square += p->product[i] * p->product[i] / (double)p->count;
  }
  double worth = 2 * square;
  improve(p, dim, dim, 2 * worth, reach, &misfit->share[o], &gain);
  for (size_t d = 0; d < SWEEPS * dim && misfit->share[o] > 0; d++) {
    improve(p, dim, d % dim, worth, reach, &misfit->share[o], &gain);
  }
}

void heed__misfit_fit(heed__misfit *misfit, const heed__misfit_data *data) {
  double *row = misfit->scratch;
  double *ring_x = row + misfit->features + misfit->outputs;
  double *ring_u = ring_x + (size_t)(LAG_MAX + 1) * misfit->dim;
  pairs p = {.product = ring_u + LAG_MAX + 1};
  p.distance2 = p.product + PAIRS;
  double *counts = p.distance2 + (size_t)PAIRS * misfit->dim;
  misfit->is_known = data->count >= HEED__MISFIT_ROWS_MIN;
  if (!misfit->is_known) {
    return;
  }
  fit_size(misfit, data, row, ring_x, counts, counts + (size_t)BINS * misfit->outputs);
  for (uint32_t o = 0; o < misfit->outputs; o++) {
    collect(misfit, data, o, ring_x, ring_u, row, &p);
    fit_alike(misfit, &p, o);
  }
}

/* ---- draws ------------------------------------------------------------------------------------ */

void heed__misfit_draw(const heed__misfit *misfit, heed_rng *rng, double *wave) {
  gsl_rng gsl = heed_rng_view(rng);
  for (size_t k = 0; k < (size_t)misfit->dim + 2; k++) {
    wave[k] = gsl_ran_gaussian_ziggurat(&gsl, 1);
  }
}

double heed__misfit_wave(const heed__misfit *misfit, uint32_t o, const double *wave,
                         const double *x) {
  const double *reach = misfit->reach + (size_t)o * misfit->dim;
  double angle = 0;
  for (size_t k = 0; k < misfit->dim; k++) {
    angle += wave[k] * x[k] / reach[k];
  }
  return wave[misfit->dim] * cos(angle) + wave[misfit->dim + 1] * sin(angle);
}
