/* tabular.h: what the files of the tabular model share. See tabular.c for the model. */
#ifndef HEED_DYNAMICS_TABULAR_H
#define HEED_DYNAMICS_TABULAR_H

#include "dynamics/records.h"

enum {
  TABULAR_HISTORY_MAX = 8,
  TABULAR_ACTIONS_MAX = 32, /* `tried` is a set of 32 bits */
  TABULAR_KEY_WORDS_MAX = 2 * TABULAR_HISTORY_MAX + 1
};
#define TABULAR_START   (UINT32_MAX - 1) /* stands where the episode had not begun */
#define TABULAR_UNKNOWN UINT32_MAX       /* an observation never learned from */

typedef struct tabular_params {
  int32_t history;
  bool runs;
  bool by_episode;
  double concentration;
} tabular_params;

/* What came of an action at a context. Its weight is `closed` + visits / the context's visits. */
typedef struct tabular_outcome {
  uint32_t obs;         /* number of the next observation */
  uint32_t is_terminal; /* 0 or 1 */
  double closed;        /* weight from earlier episodes, or number of longer contexts */
  uint32_t visits;      /* in the context's latest episode */
  uint32_t samples;     /* times in all: what the mean of the channel is over */
  double channel;       /* mean of the reward channel */
  uint32_t next;        /* next outcome of the same context, or HEED_INTERN_NONE */
} tabular_outcome;

typedef struct tabular_context {
  uint32_t first;   /* outcomes in the order in which they came up; HEED_INTERN_NONE: none */
  uint32_t episode; /* the latest one in which it came up */
  uint32_t visits;  /* in that episode; 0: weights are all closed */
  uint32_t unused;
  double total; /* sum of the weights of its outcomes */
} tabular_context;

typedef struct tabular {
  tabular_params params;
  uint32_t history;
  uint32_t levels;    /* contexts from longest to shortest */
  uint32_t key_words; /* of a context's key */
  uint32_t action_count;
  size_t obs_size;
  size_t belief_size;
  heed__records records; /* the counts are a function of these */
  uint32_t *changes;     /* [change_capacity] by observation: actions that ever changed it */
  uint32_t change_capacity;
  heed_intern keys;          /* rows of key_words words */
  tabular_context *contexts; /* [keys.capacity], by number of key */
  tabular_outcome *outcomes; /* [outcome_capacity] */
  uint32_t outcome_count, outcome_capacity;
} tabular;

/* The set of actions that ever changed an observation. */
static inline uint32_t heed__tabular_changes(const tabular *self, uint32_t obs) {
  return obs < self->change_capacity ? self->changes[obs] : 0;
}

/* ---- tabular.c -------------------------------------------------------------------------------- */

/* Moves a history on: numbers is uint32 obs[k], action[k-1], tried. `tried` collects every action. */
void heed__tabular_shift(const tabular *self, uint32_t *numbers, uint32_t action, uint32_t obs);

/* The key of a history and an action at a level, 0 the longest. */
void heed__tabular_key(const tabular *self, const uint32_t *numbers, uint32_t action,
                       uint32_t level, uint32_t *key);

/* The weight of an outcome at its context. */
static inline double heed__tabular_weight(const tabular_context *c, const tabular_outcome *o) {
  return c->visits > 0 ? o->closed + (double)o->visits / c->visits : o->closed;
}

/* ---- tabular_learn.c -------------------------------------------------------------------------- */

heed_status heed__tabular_learn(void *self, const heed_experience *experience, size_t first,
                                size_t count, const heed_progress_sink *progress, heed_error *err);

void heed__tabular_save(const void *self, heed_pack_writer *writer);
heed_status heed__tabular_load(void *self, const heed_pack_value *map, heed_error *err);

#endif
