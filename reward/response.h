/* response.h: what a person could have answered, what each answer says, and how likely it was: the one
 * place that tells the kinds of feedback apart (choice.h has the table). Internal to reward/. */
#ifndef HEED_REWARD_RESPONSE_H
#define HEED_REWARD_RESPONSE_H

#include "reward/choice.h"

enum { HEED__RESPONSE_MAX = 9 };

/* What a bias belongs to. */
enum { HEED__BIAS_NONE, HEED__BIAS_TIE, HEED__BIAS_GRADE };

typedef struct heed__responses {
  size_t count;                                      /* m; 0: the answer says nothing */
  size_t options;                                    /* n */
  size_t chosen;                                     /* below m */
  double share[HEED__RESPONSE_MAX][HEED_OPTION_MAX]; /* [m][n] groundings */
  double bias[HEED__RESPONSE_MAX];                   /* [m] log-weights beside beta V */
  int bias_of[HEED__RESPONSE_MAX];                   /* [m] what they belong to */
} heed__responses;

/* Does the answer measure its option against nothing, rather than options against each other? */
bool heed__is_absolute(const heed_choice *choice);

void heed__responses_init(heed__responses *r, const heed_choice *choice);

/* values[m] = share returns[n]. */
void heed__responses_values(const heed__responses *r, const double *returns, double *values);

/* Is what was said of the largest value among all that could have been said, "equal" and "neutral" left
 * out? 1 or 0; of k tied ones, 1/k. */
double heed__responses_explained(const heed__responses *r, const double *returns);

/* Does the answer count in the share that is explained: not a skip, a grade, "equal" or "neutral"? */
bool heed__responses_decide(const heed__responses *r, const heed_choice *choice);

/* log((1 - e) p_c + e / m), e = mistakes. slope[m] = dL/dV, bend[m][m] = d2L/dV2 (may be NULL), and
 * *meant (may be NULL): the probability that the answer was meant and not a mistake. */
double heed__responses_loglik(const heed__responses *r, double beta, double mistakes,
                              const double *values, double *slope, double *bend, double *meant);

/* p[m]: how likely each response is, mistakes included. */
void heed__responses_probabilities(const heed__responses *r, double beta, double mistakes,
                                   const double *values, double *p);

/* Back to options: y[n] = share' x[m], and y[n][n] = share' x[m][m] share. */
void heed__responses_pull(const heed__responses *r, const double *x, double *y);
void heed__responses_pull_square(const heed__responses *r, const double *x, double *y);

#endif
