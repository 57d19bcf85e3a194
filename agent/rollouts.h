/* rollouts.h: what is seen after so many uniformly random actions from the start, in the world or in a
 * model of it, and how far two such samples are apart.
 *
 *   lived a, lived b    two independent samples of the world
 *   imagined            one of the model
 *
 *   board distance = (TV(imagined, a) + TV(imagined, b)) / 2 - TV(a, b)
 *
 * TV is the total variation between the two empirical distributions, half the sum of the differences:
 * 0 when they are equal, 1 when they have nothing in common. Samples of the same distribution differ by
 * chance; TV(a, b) is by how much: the noise floor. What is left is 0 in the mean for a model that is the
 * world; and less than the true distance otherwise, the more so the higher the floor is against it: read
 * it together with the floor. Cell error is the same of each cell's marginal distribution, in the mean
 * over the cells that change; there are few values of a cell, so that its floor is low where that of
 * whole boards is not.
 *
 * All three begin with the same first observation: where a world begins anywhere, a model in which nothing
 * ever moves would be spread as widely as the truth.
 *
 * An episode that has ended is an outcome of its own, whatever was seen last: one more board, one more
 * value of every cell. */
#ifndef HEED_AGENT_ROLLOUTS_H
#define HEED_AGENT_ROLLOUTS_H

#include "dynamics/dynamics.h"
#include "envs/env.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_ROLLOUTS_HORIZONS_MAX 8
#define HEED_ROLLOUTS_COUNT_MAX    1000000

/* Observations of cells, counted. */
typedef struct heed_rollouts {
  uint32_t count; /* rollouts */
  uint32_t horizon_count;
  uint32_t horizons[HEED_ROLLOUTS_HORIZONS_MAX]; /* numbers of steps, ascending */
  uint32_t cells, values;
  uint64_t *boards; /* owned, [horizon][count] names (XXH3) of what was seen, sorted; 0: ended */
  uint32_t *seen;   /* owned, [horizon][cell][values + 1] times; the last value is "ended" */
  bool *changes;    /* owned, [cells] was ever different from the start, at whatever step */
} heed_rollouts;

/* Room for `count` rollouts, looked at after horizons[horizon_count] steps, ascending, at least 1.
 * Errors: HEED_ERR_ARG when these are out of range or the space is not cells; HEED_ERR_NOMEM; it can be
 * released in any case. */
HEED_API heed_status heed_rollouts_init(heed_rollouts *rollouts, const heed_space *obs_space,
                                        uint32_t count, const uint32_t *horizons,
                                        uint32_t horizon_count, heed_error *err);
HEED_API void heed_rollouts_deinit(heed_rollouts *rollouts); /* accepts zeroed ones */

/* Fills them from the world; all luck comes from `rng`. `start` is a state block after a reset: each
 * rollout begins with a reset of its own, tried until it shows the same observation, so that what is
 * hidden is drawn anew; where no start of a thousand shows it, with a copy of `start`. Errors:
 * HEED_ERR_ARG, HEED_ERR_NOMEM. */
HEED_API heed_status heed_rollouts_live(heed_rollouts *rollouts, const heed_env *env,
                                        const void *start, heed_rng *rng, heed_error *err);
/* The same from a model, by its posterior mean, and from the first observation. */
HEED_API heed_status heed_rollouts_imagine(heed_rollouts *rollouts, const heed_dynamics *model,
                                           const void *first_obs, heed_rng *rng, heed_error *err);

typedef struct heed_rollouts_distance {
  double board, board_floor; /* `board` without the floor: may be below 0 by chance */
  double cell, cell_floor;   /* likewise */
} heed_rollouts_distance;

/* How far `imagined` is from two independent samples of the world, after horizons[horizon] steps. All
 * three are of one space and the same counts (asserted). */
HEED_API heed_rollouts_distance heed_rollouts_compare(const heed_rollouts *imagined,
                                                      const heed_rollouts *lived_a,
                                                      const heed_rollouts *lived_b,
                                                      uint32_t horizon);

#ifdef __cplusplus
}
#endif
#endif
