/* journey.h: an episode of a world and what a model imagines of it, under the same actions. */
#ifndef HEED_CLI_JOURNEY_H
#define HEED_CLI_JOURNEY_H

#include "dynamics/dynamics.h"
#include "envs/env.h"

typedef struct heed__journey_config {
  uint32_t steps;
  const heed_action *actions; /* borrowed, [action_count] the first ones; then random ones */
  uint32_t action_count;
  bool resync; /* each step is imagined from what the world showed before it */
  uint64_t seed;
} heed__journey_config;

/* One side of a moment. */
typedef struct heed__view {
  double reward; /* of the step; 0 at the start */
  bool is_over;  /* ended by this step or before */
} heed__view;

typedef struct heed__moment_pair {
  heed_action action; /* that led here; not at the start */
  heed__view world, imagined;
  uint32_t apart; /* how many cells, or numbers, differ by so much that it counts */
} heed__moment_pair;

typedef struct heed__journey {
  const heed_env *env;      /* borrowed */
  uint32_t count;           /* moments: the start, and each step until both sides are over */
  heed__moment_pair *pairs; /* owned, [count] */
  unsigned char *obs;       /* owned, [count][2][obs_size] world, imagined; the last one stays */
} heed__journey;

/* The most steps of one. */
enum { HEED__JOURNEY_STEPS_MAX = 100000 };

/* Errors: HEED_ERR_ARG for an action that cannot be drawn; HEED_ERR_NOMEM. `journey` can be released in
 * any case. */
heed_status heed__journey_make(const heed_env *env, const heed_dynamics *model,
                               const heed__journey_config *config, heed__journey *journey,
                               heed_error *err);
void heed__journey_deinit(heed__journey *journey);

/* What was seen at moment t. */
const void *heed__journey_world(const heed__journey *journey, uint32_t t);
const void *heed__journey_imagined(const heed__journey *journey, uint32_t t);

/* Does cell or number i differ at moment t? Numbers do from one hundredth on, of their range where it is
 * bounded, of the larger of the number and 1 else. */
bool heed__journey_is_apart(const heed__journey *journey, uint32_t t, uint32_t i);

/* Do the ends differ at moment t? */
static inline bool heed__journey_ends_apart(const heed__journey *journey, uint32_t t) {
  return journey->pairs[t].world.is_over != journey->pairs[t].imagined.is_over;
}

#endif
