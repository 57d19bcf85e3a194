/* choice_slice.h: draws from the exact posterior of choice_fit.h, to hold its normal approximation against,
 * or to take its place. Internal to posterior.c.
 *
 * Elliptical slice sampling (Murray, Adams, MacKay 2010): of a density N(x; m, C) f(x) the state moves on
 * the ellipse through it and a draw from the normal distribution; any point of it on which f is above a
 * random share of what it was is as good as any other. There is nothing to tune, and nothing is rejected.
 *
 * The normal distribution can be the prior, f the likelihood: always right, and slow where there are many
 * answers, which leave little of the prior. Or it is Laplace's approximation, f what that is off by: fast
 * where it is good, and it is seldom far out in tails that are heavier (Nishihara, Murray, Adams 2014).
 * Each alone leaves the posterior as it is, and so do both in turn, which is what is done. */
#ifndef HEED_REWARD_CHOICE_SLICE_H
#define HEED_REWARD_CHOICE_SLICE_H

#include "core/rng.h"
#include "reward/choice_fit.h"

/* samples[count][size] of x = (theta, w), `thin` >= 1 pairs of moves apart, after 100 to begin with. mode
 * [size] and factor[size][size] are those of heed__choice_fit. Errors: HEED_ERR_NOMEM. */
heed_status heed__choice_sample(const heed__choice_design *design, const double *mode,
                                const double *factor, uint32_t thin, heed_rng *rng, size_t count,
                                double *samples, heed_error *err);

#endif
