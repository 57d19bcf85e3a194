/* records.h: what a model of cells has learned from, transition by transition.
 *
 * A model that keeps its records is a function of them in their order: learning one by one, at once, or
 * from a file gives the same model, and the file is the records. Observations are numbered; a record is
 * a few numbers. Internal to the model families that count. */
#ifndef HEED_DYNAMICS_RECORDS_H
#define HEED_DYNAMICS_RECORDS_H

#include "core/intern.h"
#include "dynamics/dynamics.h"

/* The most actions that can be kept: actions are bytes in a file. */
enum { HEED__RECORDS_ACTIONS_MAX = 256 };

typedef struct heed__record {
  uint32_t obs, next_obs; /* numbers of observations */
  uint16_t action;
  bool is_terminal;
  bool is_first;     /* nothing is known of what came before */
  bool is_context;   /* only the history of later records: not learned from itself */
  uint32_t episode;  /* stretch of records that follow each other; set by append */
  uint32_t previous; /* record before of the same obs, or HEED_INTERN_NONE; set by append */
  double reward;
} heed__record;

typedef struct heed__records {
  size_t obs_size;
  uint32_t action_count;
  const heed_space *obs_space; /* borrowed */
  heed_intern observations;    /* rows of obs_size bytes */
  uint32_t *last_record;       /* [observations.capacity] latest record of each observation */
  heed__record *items;         /* [capacity] */
  uint32_t count, capacity;
  const heed_experience *last_experience; /* what was taken in last, and where it stopped */
  size_t last_transition;
} heed__records;

/* What the owner does with a record whose observations are numbered: appends and learns it. */
typedef heed_status heed__record_learner(void *owner, heed__record record, heed_error *err);

/* No records, of observations in a cells space (borrowed). Errors: HEED_ERR_NOMEM; still fit for deinit. */
heed_status heed__records_init(heed__records *records, const heed_space *obs_space,
                               uint32_t action_count, heed_error *err);
void heed__records_deinit(heed__records *records); /* accepts zeroed records */

/* The number of an observation, added when new. Errors: HEED_ERR_NOMEM; nothing is changed then. */
heed_status heed__records_number(heed__records *records, const void *obs, uint32_t *number,
                                 heed_error *err);

static inline const void *heed__records_obs(const heed__records *records, uint32_t number) {
  return heed_intern_row(&records->observations, number);
}

/* Appends a record and fills in its place among the others; its index. Errors: HEED_ERR_NOMEM. */
heed_status heed__records_append(heed__records *records, heed__record record, uint32_t *index,
                                 heed_error *err);

/* Takes in transitions first .. first+count-1 of an experience: heed_dynamics_ops.learn. Where they do
 * not go on from the last record, those before them in their episode come first, as context: as many as
 * `look_back` says, which returns the first that matters for transition t of an episode that begins at
 * `begin` (NULL: all of the episode). */
heed_status heed__records_take(heed__records *records, const heed_experience *experience,
                               size_t first, size_t count,
                               size_t (*look_back)(const void *owner,
                                                   const heed_experience *experience, size_t t,
                                                   size_t begin),
                               heed__record_learner *learn, void *owner,
                               const heed_progress_sink *progress, heed_error *err);

/* Writes the records as one map; reads them back, each through `learn`. Errors: HEED_ERR_FORMAT naming the
 * record, HEED_ERR_NOMEM. */
void heed__records_save(const heed__records *records, heed_pack_writer *writer);
heed_status heed__records_load(heed__records *records, const heed_pack_value *map,
                               heed__record_learner *learn, void *owner, heed_error *err);

#endif
