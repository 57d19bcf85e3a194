/* choice.h: feedback. Every kind of it is a choice that a person made among options.
 *
 * Reward-rational choice (Jeon, Milli, Dragan 2020): a person who is rational to a degree beta picks
 * option c of n with probability
 *
 *     P(c) = exp(beta G_c) / sum_i exp(beta G_i),      G_i = sum of the rewards of option i's steps,
 *
 * and with probability `mistakes` answers at random instead. A comparison has two options; other kinds
 * of feedback differ only in what the options are. "Equal" counts as half a choice of each option
 * (Christiano et al. 2017); "skip" says nothing. */
#ifndef HEED_REWARD_CHOICE_H
#define HEED_REWARD_CHOICE_H

#include "core/experience.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_OPTION_MAX 8

/* What was answered, beside the index of an option. */
enum { HEED_CHOICE_EQUAL = -1, HEED_CHOICE_SKIP = -2 };

/* A question: which of these? */
typedef struct heed_query {
  uint32_t option_count;                 /* 2 .. HEED_OPTION_MAX */
  heed_segment options[HEED_OPTION_MAX]; /* owned */
  char strategy[32];                     /* why it was asked: "plans", "experience", ... */
} heed_query;

HEED_API void heed_query_deinit(heed_query *query); /* accepts a zeroed query */

/* A question and its answer. */
typedef struct heed_choice {
  heed_query query; /* owned */
  int32_t chosen;   /* an option, HEED_CHOICE_EQUAL or HEED_CHOICE_SKIP */
  double beta;      /* rationality, per unit of reward, > 0 */
  double mistakes;  /* share of answers given at random, 0 .. 1 */
} heed_choice;

HEED_API void heed_choice_deinit(heed_choice *choice);

/* Checks a choice against spaces: option count, sizes, answer in range, beta and mistakes in range,
 * observations and actions in their spaces. Errors: HEED_ERR_ARG. */
HEED_API heed_status heed_choice_check(const heed_choice *choice, const heed_space *obs_space,
                                       const heed_space *action_space, heed_error *err);

/* A growing list of choices. */
typedef struct heed_choices {
  size_t count, capacity;
  heed_choice *items; /* owned, [count] */
} heed_choices;

HEED_API void heed_choices_deinit(heed_choices *choices);
/* Takes over `choice`, which is zeroed, also on failure. Errors: HEED_ERR_NOMEM. */
HEED_API heed_status heed_choices_append(heed_choices *choices, heed_choice *choice,
                                         heed_error *err);

/* The log-likelihood of an answer given the options' returns[option_count] (any scale of reward), and
 * its derivatives:
 *
 *     L = log((1 - e) p_c + e / n)                   for option c, e = mistakes
 *     L = (1 / n) sum_i log((1 - e) p_i + e / n)     for "equal";  0 for "skip"
 *
 * gradient[n] = dL/dG and hessian[n][n] = d2L/dG2, either may be NULL. Stable for any finite returns. */
HEED_API double heed_choice_loglik(const heed_choice *choice, const double *returns,
                                   double *gradient, double *hessian);

#ifdef __cplusplus
}
#endif
#endif
