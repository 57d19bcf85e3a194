/* store.h: where people's answers are kept. They are the most expensive data there is.
 *
 * One SQLite database. An answer is appended in one transaction with its question, durable (WAL,
 * synchronous=FULL) before the next question is shown, and never rewritten: taking an answer back
 * appends a mark. Several processes may write to one store; a handle belongs to one thread at a time.
 * reward/store_sql.h and docs/formats.md have the schema. */
#ifndef HEED_REWARD_STORE_H
#define HEED_REWARD_STORE_H

#include "reward/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_store heed_store;

/* Opens or makes a store for questions about worlds of these spaces; an empty file becomes a store.
 * Reads and checks every page. A store of other spaces is refused with HEED_ERR_ARG, a file that is no
 * store, or a damaged one, with HEED_ERR_FORMAT, an older schema is brought up to date, a newer one refused
 * with HEED_ERR_VERSION; HEED_ERR_BUSY when another process holds it for more than `busy_ms`; HEED_ERR_IO
 * for anything the file system refuses (full disk, read-only), naming path and cause. */
HEED_API heed_status heed_store_open(const char *path, const heed_space *obs_space,
                                     const heed_space *action_space, uint32_t busy_ms,
                                     heed_store **out, heed_error *err);
HEED_API void heed_store_close(heed_store *store); /* NULL is fine */

/* The version of its schema: the latest, unless an older store was opened for reading alone. */
HEED_API uint32_t heed_store_version(const heed_store *store);

/* Who is asked about what: goes into every row. */
typedef struct heed_store_context {
  const char *who; /* teacher, e.g. "simulated" or a login name; of choices that do not say */
  const char
      *topic; /* what is being learned, e.g. "task"; a model reads the choices of one topic */
  const char *model; /* which model asked, e.g. "linear after 12 choices"; may be "" */
  double seconds;    /* how long the answer took */
} heed_store_context;

/* Appends one choice; durable on return. Errors: HEED_ERR_BUSY, HEED_ERR_IO; nothing is written then. */
HEED_API heed_status heed_store_append(heed_store *store, const heed_choice *choice,
                                       const heed_store_context *context, heed_error *err);

/* Withdraws the latest choice of `who` on `topic` that still stands. *withdrawn: was there one? */
HEED_API heed_status heed_store_withdraw(heed_store *store, const char *who, const char *topic,
                                         bool *withdrawn, heed_error *err);

/* How many choices on `topic` stand (not withdrawn). */
HEED_API heed_status heed_store_count(heed_store *store, const char *topic, size_t *count,
                                      heed_error *err);

/* Appends to `choices` all that stand on `topic`, oldest first. Every answer in the store is checked,
 * against its checksum and the spaces: HEED_ERR_FORMAT names the first that is damaged. Nothing is
 * appended on failure. */
HEED_API heed_status heed_store_read(heed_store *store, const char *topic, heed_choices *choices,
                                     heed_error *err);

/* ---- whole stores: listing, copying, merging ---- */

/* Opens a store that is there, whatever its spaces, which *obs_space and *action_space (may be NULL)
 * then point to, borrowed from the store. Errors as in heed_store_open, HEED_ERR_IO if there is none. */
HEED_API heed_status heed_store_open_existing(const char *path, uint32_t busy_ms, heed_store **out,
                                              const heed_space **obs_space,
                                              const heed_space **action_space, heed_error *err);

/* The same for reading alone: nothing is written, so that file and directory may be read-only; a store of
 * version 1 is read as it is. Appending, withdrawing and merging are HEED_ERR_IO then. HEED_ERR_IO as well
 * where a writer that was killed left its log in a directory that cannot be written: the message says
 * what to do. */
HEED_API heed_status heed_store_open_readonly(const char *path, uint32_t busy_ms, heed_store **out,
                                              const heed_space **obs_space,
                                              const heed_space **action_space, heed_error *err);

/* An answer with all that is known of it. */
typedef struct heed_store_record {
  int64_t id;           /* in its store, from 1 */
  int64_t created_at;   /* milliseconds since 1970, UTC */
  int64_t withdrawn_at; /* likewise; 0: it stands */
  double seconds;       /* the answer took */
  char *topic, *model;  /* owned */
  heed_choice choice;   /* owned */
} heed_store_record;

typedef struct heed_store_records {
  size_t count, capacity;
  heed_store_record *items; /* owned, [count] */
} heed_store_records;

HEED_API void heed_store_records_deinit(heed_store_records *records); /* accepts a zeroed one */

/* An empty record at the end, for the caller to fill. Errors: HEED_ERR_NOMEM. */
HEED_API heed_status heed_store_records_add(heed_store_records *records, heed_store_record **record,
                                            heed_error *err);

/* Appends every answer of every topic, withdrawn ones too, oldest first, each checked as in
 * heed_store_read. On failure `records` may hold some of them. */
HEED_API heed_status heed_store_read_records(heed_store *store, heed_store_records *records,
                                             heed_error *err);

typedef struct heed_store_merged {
  size_t added;     /* answers that were new */
  size_t withdrawn; /* answers that stood here and are withdrawn now, since they were there */
} heed_store_merged;

/* Adds the records that are not there yet, in their order, under new ids; all or none, durable on return. A
 * record is the same as another if all but the id is, the time of the answer included. Errors: HEED_ERR_ARG
 * names the first record that does not fit the store's spaces; HEED_ERR_BUSY, HEED_ERR_IO, HEED_ERR_NOMEM. */
HEED_API heed_status heed_store_merge(heed_store *store, const heed_store_records *records,
                                      heed_store_merged *merged, heed_error *err);

/* Withdraws answer `id`. *withdrawn: did it stand? Errors: HEED_ERR_ARG if there is no such answer. */
HEED_API heed_status heed_store_withdraw_id(heed_store *store, int64_t id, bool *withdrawn,
                                            heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
