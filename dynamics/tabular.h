/* tabular.h: what the files of the tabular model share. See tabular.c for the model.
 *
 *   belief   history | its numbers, if it has no number | observation
 *               |
 *   histories   o_1 .. o_k, a_1 .. a_(k-1), tried         each full history that was met has a number
 *               |
 *   slots       [history][action]   the outcome that came up first, and the history that it leads to
 *                    |
 *   contexts    weights, shorter -> weights, shorter -> ...      outcomes: lists */
#ifndef HEED_DYNAMICS_TABULAR_H
#define HEED_DYNAMICS_TABULAR_H

#include <string.h>

#include "dynamics/records.h"

enum {
  TABULAR_HISTORY_MAX = 8,
  TABULAR_ACTIONS_MAX = 32, /* `tried` is a set of 32 bits */
  TABULAR_NUMBERS_MAX = 2 * TABULAR_HISTORY_MAX,
  TABULAR_KEY_WORDS_MAX = 2 * TABULAR_HISTORY_MAX + 1,
  TABULAR_TOGETHER = 64 /* rows that go through memory together */
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
  uint32_t history;     /* that it leads to; HEED_INTERN_NONE at all but the longest contexts */
} tabular_outcome;

typedef struct tabular_context {
  uint32_t first;   /* outcomes in the order in which they came up; HEED_INTERN_NONE: none */
  uint32_t episode; /* the latest one in which it came up */
  uint32_t visits;  /* in that episode; 0: weights are all closed */
  uint32_t shorter; /* the next shorter context; HEED_INTERN_NONE at the shortest */
  double total;     /* sum of the weights of its outcomes */
} tabular_context;

/* What most imagined steps need to know of a history and an action: the outcome that came up first at
 * their context, which is often the only one. It repeats what contexts and outcomes say, in half a line of the
 * cache. */
typedef struct tabular_slot {
  double below;     /* that outcome comes of a uniform draw below this; 0: there is none */
  double channel;   /* of that outcome, as all that follows but the context */
  uint32_t obs;     /* number */
  uint32_t history; /* number; HEED_INTERN_NONE: there is no outcome */
  uint32_t context; /* HEED_INTERN_NONE: the action was never taken here */
  bool is_terminal;
  bool is_only; /* of any other draw comes that nothing changes */
} tabular_slot;

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
  heed_intern histories; /* rows of 2 * history words */
  tabular_slot *slots;   /* [histories.capacity][action_count] */
  heed_intern keys;      /* of contexts shorter than the longest: rows of key_words words */
  uint32_t *keyed;       /* [keys.capacity] the context of each key */
  tabular_context
      *contexts; /* [context_capacity] in the order in which they came up, of all levels */
  uint32_t context_count, context_capacity;
  tabular_outcome *outcomes; /* [outcome_capacity] */
  uint32_t outcome_count, outcome_capacity;
} tabular;

/* The set of actions that ever changed an observation. */
static inline uint32_t heed__tabular_changes(const tabular *self, uint32_t obs) {
  return obs < self->change_capacity ? self->changes[obs] : 0;
}

static inline tabular_slot *heed__tabular_slot(const tabular *self, uint32_t history,
                                               uint32_t action) {
  return &self->slots[(size_t)history * self->action_count + action];
}

/* The weight of an outcome at its context. */
static inline double heed__tabular_weight(const tabular_context *c, const tabular_outcome *o) {
  return c->visits > 0 ? o->closed + (double)o->visits / c->visits : o->closed;
}

/* ---- tabular.c: histories and beliefs ----------------------------------------------------------- */

/* Moves a history on: numbers is uint32 obs[k], action[k-1], tried. `tried` collects every action. */
void heed__tabular_shift(const tabular *self, uint32_t *numbers, uint32_t action, uint32_t obs);

/* Writes the history that follows, whose `tried` has only actions that change what is seen. `next` may be
 * `numbers`. */
void heed__tabular_follow(const tabular *self, const uint32_t *numbers, uint32_t action,
                          uint32_t obs, uint32_t *next);

/* A belief, of belief_size bytes:
 *   uint32 history  uint32 obs[k]  uint32 action[k-1]  uint32 tried  obs bytes  zeros to a multiple of 8
 * A history that has a number is not written out: zeros stand there. One that was never met has
 * HEED_INTERN_NONE for a number, also when the model has learned of it since. */
static inline uint32_t *heed__tabular_written(void *belief) {
  return (uint32_t *)belief + 1;
}
static inline size_t heed__tabular_obs_offset(const tabular *self) {
  return (2 * (size_t)self->history + 1) * sizeof(uint32_t);
}
static inline const unsigned char *heed__tabular_obs(const tabular *self, const void *belief) {
  return (const unsigned char *)belief + heed__tabular_obs_offset(self);
}

/* The number of a belief's history, or HEED_INTERN_NONE. */
static inline uint32_t heed__tabular_history(const tabular *self, const void *belief) {
  const uint32_t *words = belief;
  return words[0] != HEED_INTERN_NONE ? words[0] : heed_intern_find(&self->histories, words + 1);
}

/* Copies a few bytes without a call: observations are often shorter than it takes. */
static inline void heed__tabular_copy(unsigned char *restrict to,
                                      const unsigned char *restrict from, size_t size) {
  if (size > 16) {
    memcpy(to, from, size);
  } else if (size >= 8) {
    memcpy(to, from, 8);
    memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    memcpy(to, from, 4);
    memcpy(to + size - 4, from + size - 4, 4);
  } else {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
}

/* Completes a belief: all of it but the history where that has no number. */
static inline void heed__tabular_complete(const tabular *self, void *belief, uint32_t history,
                                          const void *obs) {
  enum { FEW = 32 };
  unsigned char *bytes = belief;
  size_t offset = heed__tabular_obs_offset(self);
  size_t from = history == HEED_INTERN_NONE ? offset + self->obs_size : 0;
  if (from == 0 && self->belief_size <= FEW) {
    for (size_t i = 0; i < FEW / 8; i++) { /* unrolled: stores of a constant, no call */
      if (8 * i < self->belief_size) {
        memset(bytes + 8 * i, 0, 8);
      }
    }
  } else {
    memset(bytes + from, 0, self->belief_size - from);
  }
  memcpy(bytes, &history, sizeof history);
  heed__tabular_copy(bytes + offset, obs, self->obs_size);
}

/* ---- tabular_predict.c: steps -------------------------------------------------------------------- */

/* A step from a history by an action. */
typedef struct tabular_step {
  /* in */
  uint32_t history; /* HEED_INTERN_NONE: it has no number */
  uint32_t action;
  const tabular_slot *slot; /* of both; NULL: the history has no number */
  const uint32_t *numbers;  /* then: the history written out */
  const void *hypothesis;   /* NULL: the posterior mean */
  heed_rng *rng;
  /* out */
  uint32_t next_history; /* HEED_INTERN_NONE: it has no number */
  uint32_t next_obs;     /* number; HEED_INTERN_NONE: as before */
  uint32_t
      *next_numbers; /* the caller's, may be `numbers`: the next history where it has no number */
  double channel;
  bool is_terminal;
} tabular_step;

/* The key of a history and an action at a level, 0 the longest. */
void heed__tabular_key(const tabular *self, const uint32_t *numbers, uint32_t action,
                       uint32_t level, uint32_t *key);

/* Takes a step by all that is known. `u`: the uniform draw at the longest context, where there is one. */
void heed__tabular_search(const tabular *self, tabular_step *step, double u);

/* Finds the slot of a step's history and action and asks memory for it. */
static inline void heed__tabular_aim(const tabular *self, tabular_step *step) {
  step->slot = step->history == HEED_INTERN_NONE
                   ? NULL
                   : heed__tabular_slot(self, step->history, step->action);
  __builtin_prefetch(step->slot);
}

/* Takes a step that was aimed. */
static inline void heed__tabular_take(const tabular *self, tabular_step *step) {
  const tabular_slot *slot = step->slot;
  double u = 0;
  if (slot != NULL && slot->context != HEED_INTERN_NONE) {
    u = heed_rng_uniform(step->rng);
    bool is_first = u < slot->below;
    if (step->hypothesis == NULL && (is_first || slot->is_only)) {
      step->next_history = is_first ? slot->history : step->history;
      step->next_obs = is_first ? slot->obs : HEED_INTERN_NONE;
      step->channel = is_first ? slot->channel : 0.0;
      step->is_terminal = is_first && slot->is_terminal;
      return;
    }
  }
  heed__tabular_search(self, step, u);
}

void heed__tabular_predict(const void *self, heed_prediction *batch, size_t count, void *workspace);

/* ---- tabular_rollout.c -------------------------------------------------------------------------- */

void heed__tabular_rollout(const void *self, heed_rollout *batch, size_t count, void *workspace);

/* ---- tabular_learn.c -------------------------------------------------------------------------- */

/* Makes room for the slots of so many histories, of which there were `before`. Errors: HEED_ERR_NOMEM. */
heed_status heed__tabular_fit_slots(tabular *self, uint32_t before, uint32_t capacity,
                                    heed_error *err);

heed_status heed__tabular_learn(void *self, const heed_experience *experience, size_t first,
                                size_t count, const heed_progress_sink *progress, heed_error *err);

void heed__tabular_save(const void *self, heed_pack_writer *writer);
heed_status heed__tabular_load(void *self, const heed_pack_value *map, heed_error *err);

#endif
