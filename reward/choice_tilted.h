/* choice_tilted.h: the moments of a standard normal distribution times the likelihood of one answer. Internal to
 * choice_moments.c.
 *
 * Along one line the integral is by Gauss and Legendre's rule, between the ends of each transition and
 * the middle, so that people may be as sure as they like, and what was to be expected changes nothing. In several dimensions it is a mean over the points of a Sobol sequence
 * (Niederreiter 1992, as in GSL), mapped to the normal distribution: the same points for every answer. */
#ifndef HEED_REWARD_CHOICE_TILTED_H
#define HEED_REWARD_CHOICE_TILTED_H

#include <gsl/gsl_integration.h>

#include "reward/response.h"

/* Directions in which the returns of options can differ. */
enum { HEED__TILTED_MAX = HEED_OPTION_MAX - 1 };

/* One answer at z: response k has the log-weight slope[k] . z + bias[k]. */
typedef struct heed__tilt {
  size_t dims, count, chosen;
  double slope[HEED__RESPONSE_MAX][HEED__TILTED_MAX];
  double bias[HEED__RESPONSE_MAX];
  double mistakes; /* share of answers at random */
} heed__tilt;

/* N(z; 0, I) times the likelihood. */
typedef struct heed__tilted {
  double log_mass;
  double mean[HEED__TILTED_MAX];
  double covariance[HEED__TILTED_MAX * HEED__TILTED_MAX]; /* [dims][dims] */
} heed__tilted;

/* Where integrals look. */
typedef struct heed__tilt_points {
  gsl_integration_glfixed_table *rule; /* owned */
  double *normal;                      /* owned, [points][HEED__TILTED_MAX]; NULL: one line alone */
} heed__tilt_points;

/* Errors: HEED_ERR_NOMEM; it can be released then. */
heed_status heed__tilt_points_init(heed__tilt_points *points, bool has_several, heed_error *err);
void heed__tilt_points_deinit(heed__tilt_points *points); /* accepts a zeroed one */

double heed__tilt_log_likelihood(const heed__tilt *tilt, const double *z);

/* False where too few points are where the answer is likely: someone said what nobody expected. */
bool heed__tilt_moments(const heed__tilt_points *points, const heed__tilt *tilt,
                        heed__tilted *tilted);

#endif
