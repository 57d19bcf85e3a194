/* holdout.h: how well a dynamics model predicts what it has not seen, one step ahead. */
#ifndef HEED_CLI_HOLDOUT_H
#define HEED_CLI_HOLDOUT_H

#include "dynamics/dynamics.h"

typedef struct heed__holdout {
  size_t steps;        /* transitions that were predicted */
  double accuracy;     /* share whose observation was the model's most likely one */
  double end_accuracy; /* share whose end, or going on, was the more likely one */
  double reward_error; /* mean distance of the predicted reward from the one paid, task units */
} heed__holdout;

/* Predicts every transition of the episodes from `first_episode` on, each from what really happened
 * before it. What is most likely is found by sampling from the posterior mean; draws from `rng`. Errors:
 * HEED_ERR_NOMEM. */
heed_status heed__holdout_measure(const heed_dynamics *model, const heed_experience *experience,
                                  size_t first_episode, heed_rng *rng, heed__holdout *result,
                                  heed_error *err);

#endif
