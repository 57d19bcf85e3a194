/* imagine.h: many imagined lives at once, each with a belief and a generator of its own, advanced together
 * so that a model can predict them in one batch. For the files of this folder. */
#ifndef HEED_AGENT_IMAGINE_H
#define HEED_AGENT_IMAGINE_H

#include "dynamics/dynamics.h"
#include "envs/env.h"

typedef struct heed__imagination {
  const heed_dynamics *model; /* borrowed */
  uint32_t count;             /* lives */
  size_t belief_size;
  unsigned char *beliefs, *next; /* owned, [count][belief_size] */
  unsigned char *hypotheses;     /* owned, [count][hypothesis_size]; NULL: the posterior mean */
  heed_rng *rngs;                /* owned, [count] */
  heed_action *actions;          /* owned, [count] of the next step: the caller's to set */
  double *rewards;               /* owned, [count] of the latest step */
  bool *is_over;                 /* owned, [count] ended; its belief is the last one */
  heed_prediction *batch;        /* owned, [count] */
  void *workspace;               /* owned */
} heed__imagination;

/* Room for `count` lives in `model` (borrowed). With `by_hypothesis`, and where the model has a
 * posterior, each life is predicted by a draw from it. Errors: HEED_ERR_NOMEM; can be released then. */
heed_status heed__imagination_init(heed__imagination *x, const heed_dynamics *model, uint32_t count,
                                   bool by_hypothesis, heed_error *err);
void heed__imagination_deinit(heed__imagination *x); /* accepts a zeroed one */

/* Starts all lives over; their generators, and their hypotheses, are drawn from `rng`. The beliefs are
 * the caller's to set. */
void heed__imagination_begin(heed__imagination *x, heed_rng *rng);

/* The belief of a life. */
static inline void *heed__imagination_belief(const heed__imagination *x, uint32_t i) {
  return x->beliefs + i * x->belief_size;
}

/* Every life that is not over takes its action. */
void heed__imagination_step(heed__imagination *x);

/* One that is legal in a state of a world, or in a belief; any, where the episode has ended. */
heed_action heed__random_action_in(const heed_env *env, const void *state, heed_rng *rng);
heed_action heed__random_action_at(const heed_dynamics *model, const void *belief, heed_rng *rng);

#endif
