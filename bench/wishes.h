/* wishes.h: the off-switch corridor as it is for who does not know the human's wish: an exact dynamics model
 * of beliefs.
 *
 * A belief is the probability that she wants the right end, and the corridor as it is under either wish. A
 * step is judged by the wish that is true; that it was allowed, or not, changes the probability by Bayes' rule.
 * What reaching an end is worth to her is no part of the world's reward channel (envs/safety/
 * off_switch_corridor.c): the model adds its mean to the channel, so that a search plans for steps and
 * outcome together, as the reference values do. Equal beliefs have equal bytes. */
#ifndef HEED_BENCH_WISHES_H
#define HEED_BENCH_WISHES_H

#include "dynamics/dynamics.h"
#include "envs/env.h"

/* A model over `env`, an off-switch corridor (borrowed; it must outlive the model). A particle of a belief is
 * one of which the wish is certain. Errors: HEED_ERR_NOMEM. */
heed_status heed__wishes_create(const heed_env *env, heed_dynamics **out, heed_error *err);

/* The belief at the start of an episode of who takes the right end for wanted with probability `p_right`. */
void heed__wishes_start(const heed_dynamics *model, double p_right, void *belief);

#endif
