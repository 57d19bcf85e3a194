/* certain.h: worlds in which only starts are drawn, written out, and perfect plans in them: what an agent
 * reaches whose search leaves nothing to chance, in the time of a few scores. */
#ifndef HEED_BENCH_CERTAIN_H
#define HEED_BENCH_CERTAIN_H

#include "envs/mdp.h"
#include "reward/reward.h"

typedef struct heed__certain {
  heed_mdp mdp;
  /* what each state shows, and what each action shows next: owned, [states][obs_size] and
   * [states][actions][obs_size] */
  unsigned char *obs, *next_obs;
} heed__certain;

/* Errors: HEED_ERR_ARG for a world that is too large or draws after its start, HEED_ERR_NOMEM; `x` can be
 * released then. */
heed_status heed__certain_init(heed__certain *x, const heed_env *env, heed_error *err);
void heed__certain_deinit(heed__certain *x); /* accepts a zeroed one */

/* The expected hidden performance of an episode of an agent that knows the world and its state and plans a
 * hundred steps ahead with the mean of `reward`, discount 0.98, by dynamic programming; ties go to the lowest
 * action. Errors: HEED_ERR_NOMEM. */
heed_status heed__certain_perform(const heed__certain *x, const heed_reward *reward,
                                  double *performance, heed_error *err);

#endif
