/* choice_moments.h: the normal distribution that has the moments of the posterior, rather than its mode and
 * the curvature there. Internal to posterior.c.
 *
 * One answer of a person who is sure cuts the prior in two: the posterior is half of a bell. Its mode lies at
 * the cut, where it is nearly as curved as the prior, so that Laplace's approximation (choice_fit.h) goes on
 * holding half of what was just excluded for possible, and the same is asked again. The moments are those of
 * the half. Expectation propagation (Minka 2001; Rasmussen and Williams 2006, section 3.6) finds them, answer
 * by answer: the likelihood of each is replaced by a normal one such that, beside the replacements of all
 * others, mean and variance come out as with the likelihood itself, until nothing moves. Among approximations
 * of such posteriors it is the close one (Kuss and Rasmussen 2005).
 *
 * An answer is matched along the one line on which it depends, a difference of two returns, or a return; a choice
 * among more options in as many directions as returns can differ in (choice_tilted.h). Where it cannot be, because
 * somebody says what nobody expected, and where there are more than HEED__MOMENTS_MAX answers, the parabola of
 * Laplace's method is kept. How people answer (manner.h) is held at its mode. */
#ifndef HEED_REWARD_CHOICE_MOMENTS_H
#define HEED_REWARD_CHOICE_MOMENTS_H

#include "reward/choice_fit.h"

enum { HEED__MOMENTS_MAX = 2000 };

/* Given mode[size] of (theta, w) from heed__choice_fit, finds mean[dim] and factor[dim][dim] of w: the
 * precision is L L', stored as there. *log_evidence: of the answers given how people answer, up to a constant
 * that does not depend on the prior. Errors: HEED_ERR_NUMERIC, HEED_ERR_NOMEM. */
heed_status heed__choice_moments(const heed__choice_design *design, const double *mode,
                                 double *mean, double *factor, double *log_evidence,
                                 heed_error *err);

#endif
