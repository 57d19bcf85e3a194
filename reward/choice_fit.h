/* choice_fit.h: the posterior of a reward whose returns are linear in its parameters: internal to
 * posterior.c.
 *
 * Given choices (choice.h) among options with returns G_i = x_i . w and a prior w ~ N(0, s^2 I), the
 * posterior is approximated by a normal distribution around its mode (Laplace's method; MacKay 2003,
 * chapter 27):
 *
 *     w* = argmax log p(w),   log p(w) = sum_q L_q(X_q w) - |w|^2 / (2 s^2)
 *     w | choices ~ N(w*, A^-1),   A = -d2 log p / dw2 at w* = I / s^2 - sum_q X_q' H_q X_q
 *
 * with L_q the log-likelihood of choice q and H_q its Hessian. The mode is found by Newton's method with
 * a backtracking line search, stopped by the Newton decrement (Boyd and Vandenberghe 2004, algorithm
 * 9.5): the length of the next step in posterior standard deviations, whatever the scale of w. Without
 * mistakes, and of one person, log p is concave and the mode unique. Otherwise A can lose positive
 * definiteness. A step is then by |A|, its eigenvalues without their signs, in units of the prior (modified
 * Newton: Nocedal and Wright 2006, section 3.4), and near a saddle along the axis of the most negative
 * curvature (More and Sorensen 1979): people who contradict each other begin on a saddle, from which it
 * goes up to believing one of them; of several modes the first way up is taken. Where rounding hides whether
 * it is a mode (beta times x times s beyond some 1e8), a stationary point from which nothing seen rises is
 * taken.
 *
 * No answer makes less certain: wherever log p is concave, A is the prior's precision and something positive
 * semidefinite. Where it is not, at a mode, an axis of A (in units of the prior) that is flatter than the prior
 * is taken to be as the prior.
 *
 * How people answer (manner.h) is fitted jointly: the vector that is sought is (theta, w), theta first,
 * theta ~ N(0, I). The factor of A then holds that of the marginal posterior of w, theta integrated out,
 * as its last block: with L = [[L11, 0], [L21, L22]], L22 L22' is the Schur complement
 * A_ww - A_wt A_tt^-1 A_tw, which is the inverse of the marginal covariance. */
#ifndef HEED_REWARD_CHOICE_FIT_H
#define HEED_REWARD_CHOICE_FIT_H

#include "core/progress.h"
#include "reward/manner.h"

typedef struct heed__choice_design {
  const heed_choices *choices; /* borrowed; the options' segments are not read */
  const heed__manner *manner;  /* borrowed; NULL: everything is as stated */
  size_t row_count;            /* options of all choices together */
  size_t dim;                  /* weights w, at least 1 */
  const double *rows;          /* borrowed, [row_count][dim]: x of each option, in order */
  double prior_scale;          /* s > 0, units of reward per unit of x */
} heed__choice_design;

/* How a fit went. */
typedef struct heed__choice_fit_report {
  uint32_t iterations;
  double log_posterior; /* at the mode, without the prior's constant */
  double gradient_norm; /* Euclidean, at the mode */
} heed__choice_fit_report;

/* Parameters in all: those of manner, then w. */
size_t heed__choice_size(const heed__choice_design *design);

/* log p(x) up to the prior's constant, x = (theta, w)[size]. gradient[size] of it; curvature[size][size]
 * = A at x (symmetric). Either may be NULL; `scratch` is [row_count][dim], needed for the curvature
 * alone. */
double heed__choice_log_posterior(const heed__choice_design *design, const double *x,
                                  double *gradient, double *curvature, double *scratch);

/* Finds mode[size] and factor[size][size]: A = L L' at the mode, no flatter than the prior, with L in the lower triangle of a
 * column-major matrix (column j, from the diagonal down, is factor[j * size + j .. j * size + size - 1])
 * and zeros elsewhere. Errors: HEED_ERR_NUMERIC when it does not converge or A is singular at the
 * mode, HEED_ERR_NOMEM, HEED_ERR_STATE when `progress` (may be NULL) asks to stop. */
heed_status heed__choice_fit(const heed__choice_design *design, double *mode, double *factor,
                             const heed_progress_sink *progress, heed__choice_fit_report *report,
                             heed_error *err);

#endif
