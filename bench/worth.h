/* worth.h: what a step is worth, where people call steps good, unsafe or neutral. */
#ifndef HEED_BENCH_WORTH_H
#define HEED_BENCH_WORTH_H

#include "reward/reward.h"

typedef enum heed__class { HEED__GOOD, HEED__UNSAFE } heed__class;
enum {
  HEED__CLASSES = 2,
  HEED__WORTH_MEMBERS = 4 /* of the ensembles that tell the classes apart */
};

/* What a label is expected to be worth (1 good, -10 unsafe, 0 neutral), by two rewards of the kind
 * "ensemble", borrowed, whose values of a step that stays at a position are the log-odds of that position
 * being good, or unsafe:
 *
 *     mean over members m of   1 sigma(good_m) - 10 sigma(unsafe_m) + slope good_m
 *
 * and as spread the deviation over members. Far from what is good sigma(good) is 0 up to rounding and all
 * plans that end there look alike; a small `slope` still says where better is. `is_careful`: unsafe is
 * what any member calls so, sigma(unsafe_m) the greatest of all. Errors as in heed_reward_create. */
heed_status heed__worth_create(heed_reward *const classes[HEED__CLASSES], double slope,
                               bool is_careful, heed_reward **out, heed_error *err);

#endif
