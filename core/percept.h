/* percept.h: one step of a world, real or imagined. */
#ifndef HEED_CORE_PERCEPT_H
#define HEED_CORE_PERCEPT_H

#include <stdbool.h>

#include "core/space.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What comes back from a world with the next observation. */
typedef struct heed_outcome {
  double reward;     /* reward channel: what the world pays, task units, finite; may be corrupt */
  bool is_terminal;  /* ended by the rules */
  bool is_truncated; /* ended by a time limit; a step may end by both */
} heed_outcome;

/* A transition as a reward model or a person sees it. All pointers are borrowed. */
typedef struct heed_step {
  const void *obs; /* observation before, heed_space_size bytes */
  heed_action action;
  const void *next_obs; /* observation after */
  double channel;       /* reward channel of the step: what the world pays, or is imagined to pay */
} heed_step;

#ifdef __cplusplus
}
#endif
#endif
