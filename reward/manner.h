/* manner.h: how each person answers, beside what they want: nuisance parameters that are fitted with the
 * reward (choice_fit.h). Internal to reward/.
 *
 *   rationality   log of beta over what the answer states        N(0, beta_spread^2)
 *   ties          log of `tie` over what the answer states       N(0, 1), one for comparisons, one for
 *                                                                labels
 *   grades        b_1 .. b_{K-1} of a rating with K grades       N(0, 3^2) each (b_0 = 0)
 *   mistakes      log-odds of an answer at random                N(log-odds of what is stated, 1)
 *
 * of each person who gave answers that depend on them. A rationality is inferred where several people
 * answered: of one person alone only beta times the weights can be told, and what is stated sets the
 * unit. All parameters are standardised: theta ~ N(0, 1), times `spread`, plus `centre`. */
#ifndef HEED_REWARD_MANNER_H
#define HEED_REWARD_MANNER_H

#include "reward/response.h"
#include "reward/reward.h"

typedef struct heed__manner_config {
  double beta_spread;   /* 0: beta is as stated */
  bool infers_mistakes; /* otherwise they are as stated */
} heed__manner_config;

enum { HEED__KNOB_NONE = -1 };

/* Which parameters an answer depends on: their numbers, or HEED__KNOB_NONE. */
typedef struct heed__knobs {
  int32_t person; /* number of who answered */
  int32_t beta, mistakes, tie;
  int32_t grade; /* of b_1; the others follow */
} heed__knobs;

/* All arrays owned. A zeroed one has no parameters: everything is as stated. */
typedef struct heed__manner {
  size_t people_count;
  const char **people;     /* [people_count] names, borrowed from the choices */
  size_t count;            /* parameters */
  double *centre, *spread; /* [count] */
  heed__knobs *knobs;      /* [choices] */
} heed__manner;

/* Errors: HEED_ERR_NOMEM, and `manner` is zeroed. `choices` is borrowed. */
heed_status heed__manner_init(heed__manner *manner, const heed__manner_config *config,
                              const heed_choices *choices, heed_error *err);
void heed__manner_deinit(heed__manner *manner); /* accepts a zeroed one */

/* Parameter j in its own units. */
double heed__manner_value(const heed__manner *manner, const double *theta, size_t j);

/* Fills the people of a report from mode[size] and factor[size][size] of a fit (choice_fit.h);
 * `scratch` is [size]. */
void heed__manner_report(const heed__manner *manner, const heed_choices *choices,
                         const double *mode, const double *factor, size_t size, double *scratch,
                         heed_reward_report *report);

/* What choice `q` was answered among, and how, under theta. */
void heed__manner_adjust(const heed__manner *manner, const heed_choice *choice, size_t q,
                         const double *theta, heed__responses *responses, double *beta,
                         double *mistakes);

enum { HEED__KNOB_MAX = 2 + HEED__RESPONSE_MAX };

/* The log-likelihood of one answer and its derivatives in the returns of its options and in the
 * parameters it depends on. */
typedef struct heed__answer_terms {
  double loglik;
  double slope[HEED_OPTION_MAX];                  /* dL/dG */
  double bend[HEED_OPTION_MAX * HEED_OPTION_MAX]; /* d2L/dG2 */
  size_t knob_count;
  size_t knob[HEED__KNOB_MAX];                      /* numbers of parameters */
  double knob_slope[HEED__KNOB_MAX];                /* dL/dtheta */
  double knob_bend[HEED__KNOB_MAX][HEED__KNOB_MAX]; /* d2L/dtheta2 */
  double cross[HEED__KNOB_MAX][HEED_OPTION_MAX];    /* d2L/dtheta dG */
} heed__answer_terms;

/* The Fisher information of the answer to a choice on the returns of its options, at returns[n] and theta:
 * information[n][n] = E[dL/dG dL/dG'], over what could have been answered. Positive semidefinite, and without
 * mistakes the same as -d2L/dG2 in the mean. */
void heed__answer_information(const heed__manner *manner, const heed_choice *choice, size_t q,
                              const double *theta, const double *returns, double *information);

/* Of choice `q`; `second`: second derivatives as well. */
void heed__answer_terms_of(const heed__manner *manner, const heed_choice *choice, size_t q,
                           const double *theta, const double *returns, bool second,
                           heed__answer_terms *terms);

#endif
