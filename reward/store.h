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
 * store, or a damaged one, with HEED_ERR_FORMAT, an older schema is brought up to date, a newer one refused with HEED_ERR_VERSION; HEED_ERR_BUSY when
 * another process holds it for more than `busy_ms`; HEED_ERR_IO for anything the file system refuses
 * (full disk, read-only), naming path and cause. */
HEED_API heed_status heed_store_open(const char *path, const heed_space *obs_space,
                                     const heed_space *action_space, uint32_t busy_ms,
                                     heed_store **out, heed_error *err);
HEED_API void heed_store_close(heed_store *store); /* NULL is fine */

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

#ifdef __cplusplus
}
#endif
#endif
