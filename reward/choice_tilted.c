#include "reward/choice_tilted.h"

#include <cblas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Gauss-Legendre nodes of each piece of an integral, and how far it reaches, in deviations. */
enum { NODES = 12 };
static const double reach = 8;
/* Beyond so many widths of a transition the logistic function is flat. */
static const double flat = 8;
/* Points of a Sobol sequence, and how many, as their weights are, are too few. */
enum { POINTS = 1024 };
static const double few = 24;

/* Makes the points' covariance the identity, so that an answer that says nothing changes nothing. */
static void whiten(double *normal) {
  const int d = HEED__TILTED_MAX;
  double factor[HEED__TILTED_MAX * HEED__TILTED_MAX];
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, d, POINTS, 1.0 / POINTS, normal, d, 0, factor,
              d);
  (void)LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', d, factor, d);
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, POINTS, d, 1, factor,
              d, normal, d);
}

/* Each point has its opposite. */
static void fill_points(gsl_qrng *sobol, double *normal) {
  for (size_t i = 0; i < POINTS; i += 2) {
    double *z = normal + i * HEED__TILTED_MAX;
    (void)gsl_qrng_get(sobol, z);
    for (size_t j = 0; j < HEED__TILTED_MAX; j++) {
      z[j] = gsl_cdf_ugaussian_Pinv(z[j]);
      z[HEED__TILTED_MAX + j] = -z[j];
    }
  }
  whiten(normal);
}

heed_status heed__tilt_points_init(heed__tilt_points *points, bool has_several, heed_error *err) {
  *points = (heed__tilt_points){.rule = gsl_integration_glfixed_table_alloc(NODES)};
  gsl_qrng *sobol = has_several ? gsl_qrng_alloc(gsl_qrng_sobol, HEED__TILTED_MAX) : NULL;
  if (sobol != NULL) {
    points->normal = calloc((size_t)POINTS * HEED__TILTED_MAX, sizeof *points->normal);
  }
  if (points->normal != NULL) {
    fill_points(sobol, points->normal);
  }
  gsl_qrng_free(sobol);
  return points->rule != NULL && (!has_several || points->normal != NULL)
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NOMEM, "moments: no memory");
}

void heed__tilt_points_deinit(heed__tilt_points *points) {
  gsl_integration_glfixed_table_free(points->rule);
  free(points->normal);
  *points = (heed__tilt_points){0};
}

double heed__tilt_log_likelihood(const heed__tilt *tilt, const double *z) {
  double largest = -HUGE_VAL;
  double sum = 0;
  double logits[HEED__RESPONSE_MAX];
  for (size_t k = 0; k < tilt->count; k++) {
    logits[k] = tilt->bias[k];
    for (size_t j = 0; j < tilt->dims; j++) {
      logits[k] += tilt->slope[k][j] * z[j];
    }
    largest = fmax(largest, logits[k]);
  }
  for (size_t k = 0; k < tilt->count; k++) {
    sum += exp(logits[k] - largest);
  }
  double log_p = logits[tilt->chosen] - largest - log(sum);
  double e = tilt->mistakes;
  return e > 0 ? log((1 - e) * exp(log_p) + e / (double)tilt->count) : log_p;
}

/* ---- one line ------------------------------------------------------------------------------- */

/* Where the pieces of an integral over [-reach, reach] meet: the ends, the middle, and before, at and after each
 * crossing of the chosen response with another. Returns how many. */
static size_t find_pieces(const heed__tilt *tilt, double *ends) {
  size_t count = 0;
  ends[count++] = -reach;
  ends[count++] = 0;
  ends[count++] = reach;
  for (size_t k = 0; k < tilt->count; k++) {
    double slope = tilt->slope[k][0] - tilt->slope[tilt->chosen][0];
    for (int side = -1; side <= 1 && slope != 0; side++) {
      double z = (tilt->bias[tilt->chosen] - tilt->bias[k] + side * flat) / slope;
      size_t at = count;
      if (fabs(z) < reach) {
        for (; at > 0 && ends[at - 1] > z; at--) {
          ends[at] = ends[at - 1];
        }
        ends[at] = z;
        count++;
      }
    }
  }
  return count;
}

static void along_line(const gsl_integration_glfixed_table *rule, const heed__tilt *tilt,
                       heed__tilted *tilted) {
  enum { PIECES = 3 * HEED__RESPONSE_MAX + 3 };
  double ends[PIECES];
  double at[PIECES * NODES];
  double weight[PIECES * NODES];
  size_t count = find_pieces(tilt, ends);
  size_t nodes = 0;
  double largest = -HUGE_VAL;
  for (size_t p = 0; p + 1 < count; p++) {
    for (size_t i = 0; i < NODES && ends[p + 1] > ends[p]; i++, nodes++) {
      double share;
      (void)gsl_integration_glfixed_point(ends[p], ends[p + 1], i, &at[nodes], &share, rule);
      weight[nodes] =
          log(share) - at[nodes] * at[nodes] / 2 + heed__tilt_log_likelihood(tilt, &at[nodes]);
      largest = fmax(largest, weight[nodes]);
    }
  }
  double sum = 0;
  double first = 0;
  for (size_t i = 0; i < nodes; i++) {
    weight[i] = exp(weight[i] - largest);
    sum += weight[i];
    first += weight[i] * at[i];
  }
  first /= sum;
  double second = 0;
  for (size_t i = 0; i < nodes; i++) {
    second += weight[i] * (at[i] - first) * (at[i] - first);
  }
  tilted->log_mass = largest + log(sum) - log(2 * M_PI) / 2;
  tilted->mean[0] = first;
  tilted->covariance[0] = second / sum;
}

/* ---- several dimensions --------------------------------------------------------------------- */

/* weight[POINTS], largest 1. Returns the logarithm of what they were divided by. */
static double weigh(const double *normal, const heed__tilt *tilt, double *weight) {
  double largest = -HUGE_VAL;
  for (size_t i = 0; i < POINTS; i++) {
    weight[i] = heed__tilt_log_likelihood(tilt, normal + i * HEED__TILTED_MAX);
    largest = fmax(largest, weight[i]);
  }
  for (size_t i = 0; i < POINTS; i++) {
    weight[i] = exp(weight[i] - largest);
  }
  return largest;
}

static bool by_points(const double *normal, const heed__tilt *tilt, heed__tilted *tilted) {
  double weight[POINTS];
  double largest = weigh(normal, tilt, weight);
  size_t d = tilt->dims;
  double sum = 0;
  double squares = 0;
  memset(tilted, 0, sizeof *tilted);
  for (size_t i = 0; i < POINTS; i++) {
    const double *z = normal + i * HEED__TILTED_MAX;
    sum += weight[i];
    squares += weight[i] * weight[i];
    for (size_t j = 0; j < d; j++) {
      tilted->mean[j] += weight[i] * z[j];
      for (size_t k = 0; k <= j; k++) {
        tilted->covariance[j * d + k] += weight[i] * z[j] * z[k];
      }
    }
  }
  for (size_t j = 0; j < d; j++) {
    tilted->mean[j] /= sum;
    for (size_t k = 0; k <= j; k++) {
      double bend = tilted->covariance[j * d + k] / sum - tilted->mean[j] * tilted->mean[k];
      tilted->covariance[j * d + k] = bend;
      tilted->covariance[k * d + j] = bend;
    }
  }
  tilted->log_mass = largest + log(sum / POINTS);
  return sum * sum > few * squares;
}

bool heed__tilt_moments(const heed__tilt_points *points, const heed__tilt *tilt,
                        heed__tilted *tilted) {
  if (tilt->dims > 1) {
    return by_points(points->normal, tilt, tilted);
  }
  along_line(points->rule, tilt, tilted);
  return tilted->covariance[0] > 0;
}
