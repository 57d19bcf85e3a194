/* posterior.h: what choices say about the weights of features (feature_set.h): internal to linear.c.
 *
 * Only differences between the options of a question are informative: exp(beta G) has a common factor
 * wherever the options share a sum of features. Features that differ in no question keep their prior
 * exactly, independent of all others; the fit leaves them out. It thus works with the few features that
 * people have said something about, the active ones, not with the hundreds that a board can have. */
#ifndef HEED_REWARD_POSTERIOR_H
#define HEED_REWARD_POSTERIOR_H

#include "reward/feature_set.h"
#include "reward/manner.h"
#include "reward/reward.h"

/* Bounds on what a file may bring and a posterior can be, so that every score is finite: features are at
 * most FLT_MAX^2 = 1e77, and there are few of them. */
#define HEED__WEIGHT_MAX 1e100
#define HEED__FACTOR_MAX 1e50

/* All arrays owned. */
typedef struct heed__posterior {
  size_t choices;      /* that carried information */
  size_t active_count; /* features that differ in some question */
  uint32_t *active;    /* [active_count] which they are, ascending */
  double *mode;        /* [active_count] */
  double *factor;      /* [active_count][active_count], as in choice_fit.h */
  double *deviation;   /* [active_count] posterior standard deviation of each weight */
  uint32_t *rank;      /* [active_count] positions in `active`, surest first */
  size_t sample_count; /* 0: a normal posterior; else it is these samples, `mode` is their mean, and
                          `deviation` theirs; `factor` is the normal approximation's all the same */
  double *samples;     /* [sample_count][active_count]; NULL: none */
} heed__posterior;

/* Zeroed arrays. Errors: HEED_ERR_NOMEM, and `post` is zeroed. */
heed_status heed__posterior_init(heed__posterior *post, size_t active_count, heed_error *err);
void heed__posterior_deinit(heed__posterior *post); /* accepts a zeroed one */

/* Checks active, mode and factor, which came out of a file over `feature_count` features. Errors:
 * HEED_ERR_FORMAT. */
heed_status heed__posterior_check(const heed__posterior *post, size_t feature_count,
                                  heed_error *err);

/* Fills deviation and rank from mode and factor. Errors: HEED_ERR_NOMEM, HEED_ERR_NUMERIC. */
heed_status heed__posterior_finish(heed__posterior *post, heed_error *err);

/* Makes room for samples, zeroed. Errors: HEED_ERR_NOMEM. */
heed_status heed__posterior_add_samples(heed__posterior *post, size_t count, heed_error *err);

/* The variance of phi' w over the posterior. y[active_count] holds phi, and is used up. */
double heed__posterior_variance(const heed__posterior *post, double *y);

/* y[active_count] := L^-1 y. */
void heed__posterior_solve(const heed__posterior *post, double *y);

typedef struct heed__posterior_config {
  const heed__feature_set *features; /* borrowed */
  double prior_scale;                /* deviation of a weight before anything is known, */
  double lasting_steps;              /* divided by this for features that last, */
  double place_scale;                /* and this for places; 0: they are left out */
  double discount;                   /* per step, within a segment; 0 .. 1 */
  uint32_t samples;                  /* of the exact posterior; 0: its normal approximation */
  bool moments;               /* a normal approximation by moments, not by mode and curvature */
  heed__manner_config manner; /* what is inferred of how people answer */
} heed__posterior_config;

/* Fits a posterior to choices that have been checked; `post` is filled from nothing, zeroed on failure.
 * Errors as in choice_fit.h. */
heed_status heed__posterior_fit(const heed__posterior_config *config, const heed_choices *choices,
                                heed__posterior *post, const heed_progress_sink *progress,
                                heed_reward_report *report, heed_error *err);

#endif
