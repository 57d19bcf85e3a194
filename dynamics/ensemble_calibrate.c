/* ensemble_calibrate.c: variances that hold on data that nobody trained on.
 *
 * What a network was trained on is too flattering a witness of its noise, and what it could not learn is
 * not noise either: the members' differences account for that already. So the variances of all members
 * are scaled by one factor k for each normal variable, the smallest with which nine in ten held-out
 * values lie inside the 90 % interval of the ensemble,
 *
 *     |value - mean of the means| <= 1.645 sqrt(k mean variance + variance of the means)
 *
 * In a world without noise k is small, and the differences alone make up the interval. Intervals are made
 * to hold and not mean squares, because errors have heavier tails than a normal variable: a few large
 * ones would make all others look small. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/ensemble.h"

/* With fewer rows held out, their errors say too little. */
enum { CALIBRATION_ROWS_MIN = 16 };

static const double interval_share = 0.9;
static const double interval_size = 1.6448536269514722; /* of a standard normal variable */

/* Bounds of log k: a deviation is scaled by at most 20 either way. */
static const double log_k_min = -6;
static const double log_k_max = 6;

/* What the members say of one variable of one held-out record: sums over members, then means. */
typedef struct opinion {
  double value;
  double mean, square; /* of the means */
  double variance;
} opinion;

/* Adds what member m says of all held-out records: opinions[held_count][gaussians]. */
static bool ask_member(const ensemble *self, const ensemble_fit *fit, const uint32_t *held,
                       size_t held_count, size_t m, opinion *opinions) {
  size_t gaussians = self->layout.gaussians;
  float *x =
      malloc((self->features + self->layout.size + heed__network_infer_size(&self->network, 1)) *
             sizeof *x);
  ensemble_normal *said = malloc(gaussians * sizeof *said);
  bool has_memory = x != NULL && said != NULL;
  for (size_t i = 0; i < held_count && has_memory; i++) {
    float *y = x + self->features;
    ensemble_target target = heed__ensemble_target(self, held[i]);
    heed__ensemble_features(self, fit->scales, target.obs,
                            self->records.actions + held[i] * self->action_size, x);
    heed__network_infer(&self->network, fit->weights + m * self->network_size, 1, x, y,
                        y + self->layout.size);
    heed__ensemble_normals(self, fit->scales, &target, y, said);
    for (size_t g = 0; g < gaussians; g++) {
      opinion *o = &opinions[i * gaussians + g];
      o->value = said[g].value;
      o->mean += said[g].mean / self->params.members;
      o->square += said[g].mean * said[g].mean / self->params.members;
      o->variance += said[g].variance / self->params.members;
    }
  }
  free(x);
  free(said);
  return has_memory;
}

/* The share of records whose variable g lies inside its interval. */
static double coverage(const opinion *opinions, size_t count, size_t gaussians, size_t g,
                       double k) {
  size_t inside = 0;
  for (size_t i = 0; i < count; i++) {
    const opinion *o = &opinions[i * gaussians + g];
    double apart = fmax(0, o->square - o->mean * o->mean);
    double error = o->value - o->mean;
    inside += error * error <= interval_size * interval_size * (k * o->variance + apart);
  }
  return (double)inside / (double)count;
}

/* The smallest log k that covers enough, by bisection. */
static double calibrated(const opinion *opinions, size_t count, size_t gaussians, size_t g) {
  double low = log_k_min;
  double high = log_k_max;
  for (int step = 0; step < 30; step++) {
    double middle = 0.5 * (low + high);
    if (coverage(opinions, count, gaussians, g, exp(middle)) >= interval_share) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return high;
}

bool heed__ensemble_calibrate(const ensemble *self, ensemble_fit *fit, const uint32_t *held,
                              size_t held_count) {
  size_t gaussians = self->layout.gaussians;
  if (held_count < CALIBRATION_ROWS_MIN) {
    return true;
  }
  opinion *opinions = calloc(held_count * gaussians, sizeof *opinions);
  bool has_memory = opinions != NULL;
  for (size_t m = 0; m < (size_t)self->params.members && has_memory; m++) {
    has_memory = ask_member(self, fit, held, held_count, m, opinions);
  }
  for (size_t g = 0; g < gaussians && has_memory; g++) {
    fit->shifts[g] = (float)calibrated(opinions, held_count, gaussians, g);
  }
  free(opinions);
  return has_memory;
}
