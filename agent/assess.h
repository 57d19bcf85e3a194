/* assess.h: how right a dynamics model is, held against the world it is a model of.
 *
 *   heed_assess_steps     one step ahead, on lives that the model has not learned from: what was likely,
 *                         was it so, and does it happen as often as the model says
 *   heed_assess_rollouts  many steps ahead, imagined from imagined: what a planner relies on
 *
 * Models only draw predictions (dynamics.h); all that is said of their probabilities is estimated from
 * draws, in the same way of every model. */
#ifndef HEED_AGENT_ASSESS_H
#define HEED_AGENT_ASSESS_H

#include "agent/rollouts.h"
#include "core/experience.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_ASSESS_DRAWS_MAX 4096
#define HEED_ASSESS_BINS      10

/* What was predicted with about one probability. */
typedef struct heed_assess_bin {
  uint64_t events;
  double predicted; /* mean probability; 0 without events */
  double happened;  /* share that happened; 0 without events */
  double low, high; /* 95 % interval of that share (Wilson 1927), as if events were independent */
} heed_assess_bin;

/* One step ahead. The probability of what happened, which came up in c of n draws, is taken as
 * (c + 1/2) / (n + 1) (Krichevsky and Trofimov 1981), so that the loss of a step is at most
 * log(2 n + 2).
 *
 * Calibration. Cells: the events of a step are the observations that come up among the first half of the
 * draws; their probabilities are the shares among the other half, so that what is chosen for having
 * come up is not thought more likely for it. A box: that a dimension is below each of ten of the
 * ordered draws, the r-th of n, which has probability r / (n + 1) (ties are broken at random). Bin i
 * holds the probabilities from i / 10 on. */
typedef struct heed_assess_step {
  uint64_t steps;
  double log_loss; /* nats per step, of the whole observation; NAN for a box */
  double accuracy; /* share whose observation came up most often; NAN for a box */
  double
      reward_error; /* mean distance of the mean reward predicted from the one paid, task units */
  double end_error; /* mean distance of the share of draws that ended from 0 or 1, as it was */
  double end_accuracy;      /* share whose end, or going on, was the more frequent */
  double calibration_error; /* sum over bins of events / all |happened - predicted|, in [0, 1] */
  heed_assess_bin bins[HEED_ASSESS_BINS];
} heed_assess_step;

/* Predicts every transition of the episodes of `experience` from `first_episode` on, each from what
 * really happened before it, by the posterior mean: `draws` times, 2 or more (a box: always 39 times).
 * Time limits are not counted as ends. No steps: all 0. Errors: HEED_ERR_ARG, HEED_ERR_NOMEM. */
HEED_API heed_status heed_assess_steps(const heed_dynamics *model,
                                       const heed_experience *experience, size_t first_episode,
                                       uint32_t draws, heed_rng *rng, heed_assess_step *result,
                                       heed_error *err);

/* Some steps ahead. */
typedef struct heed_assess_horizon {
  uint32_t steps;
  double ended, imagined_ended; /* shares of the rollouts that were over */
  heed_rollouts_distance cells; /* cells; a box: 0 */
  /* A box, over the rollouts that go on in the world; NAN for cells, and where none goes on. */
  double mean_error; /* of the mean of the draws, as a share of the range of the dimension */
  double coverage;   /* share of what happened within the 90 % interval of the draws */
} heed_assess_horizon;

typedef struct heed_assess_rollout {
  uint32_t rollouts;
  uint32_t horizon_count;
  heed_assess_horizon horizons[HEED_ROLLOUTS_HORIZONS_MAX];
} heed_assess_rollout;

/* Imagines uniformly random actions from the start of episodes, 1, 5, 20 and 50 steps far, but not as
 * far as the world's time limit.
 *
 * Cells: `rollouts` of the model against twice as many of the world, as rollouts.h says, all from one
 * start, which is drawn from `rng`.
 *
 * A box: the world is followed `rollouts` times, and each time the model imagines the same actions from
 * the same first observation, 39 times, each under a hypothesis of its own where there are any. The
 * range of a dimension is that of all that the world showed. The interval is from the 2nd to the 38th of
 * the draws in order, which the 40th of the same distribution meets with probability 36/40 (ties are
 * broken at random: what all draws agree on, and rightly, is covered as often). Errors: HEED_ERR_ARG,
 * HEED_ERR_NOMEM. */
HEED_API heed_status heed_assess_rollouts(const heed_env *env, const heed_dynamics *model,
                                          uint32_t rollouts, heed_rng *rng,
                                          heed_assess_rollout *result, heed_error *err);

/* The part of it for boxes; horizons as in heed_rollouts_init. */
heed_status heed__assess_boxes(const heed_env *env, const heed_dynamics *model, uint32_t rollouts,
                               heed_rng *rng, heed_assess_rollout *result, heed_error *err);

/* Draws that a box is judged by. */
enum { HEED__ASSESS_BOX_DRAWS = 39 };

#ifdef __cplusplus
}
#endif
#endif
