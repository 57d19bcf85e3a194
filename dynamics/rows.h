/* rows.h: what a model of boxes has learned from, transition by transition, as rows of the spaces.
 *
 * The counterpart of records.h for observations that do not come again: nothing is numbered. A model that
 * keeps its rows is a function of them in their order, and its file can be the rows. Internal. */
#ifndef HEED_DYNAMICS_ROWS_H
#define HEED_DYNAMICS_ROWS_H

#include "dynamics/dynamics.h"

typedef struct heed__rows {
  const heed_space *obs_space, *action_space; /* borrowed */
  size_t obs_size, action_size;               /* bytes */
  size_t count, capacity;
  unsigned char *obs, *next_obs; /* owned, [capacity][obs_size] */
  unsigned char *actions;        /* owned, [capacity][action_size] */
  double *rewards;               /* owned, [capacity] */
  unsigned char *is_terminal;    /* owned, [capacity] 0 or 1; a time limit is no end */
} heed__rows;

/* No rows, of two spaces (borrowed). */
void heed__rows_init(heed__rows *rows, const heed_space *obs_space, const heed_space *action_space);
void heed__rows_deinit(heed__rows *rows); /* accepts zeroed rows */

/* Makes room for `count` more. Errors: HEED_ERR_NOMEM; unchanged then. */
heed_status heed__rows_reserve(heed__rows *rows, size_t count, heed_error *err);

/* Appends transition t. There must be room. */
void heed__rows_append(heed__rows *rows, const heed_experience *experience, size_t t);

/* Writes "obs", "next_obs", "actions", "rewards" and "flags" into a map of at least five keys that is open; reads
 * them into rows that are empty. Errors: HEED_ERR_FORMAT, HEED_ERR_NOMEM. */
#define HEED__ROWS_KEYS 5
void heed__rows_save(const heed__rows *rows, heed_pack_writer *writer);
heed_status heed__rows_load(heed__rows *rows, const heed_pack_value *map, heed_error *err);

#endif
