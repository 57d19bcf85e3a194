/* store_sql.h: what the files of the feedback store share: the handle, SQLite with heed's errors, and the
 * schema.
 *
 * Schema version 2 (PRAGMA application_id = "heed", PRAGMA user_version = 2), all tables STRICT:
 *
 *   meta         key, value        'spaces': packed document of kind "spaces": obs_space, action_space
 *   queries      id                1, 2, ...
 *                strategy          why it was asked
 *                options           packed document of kind "options": the segments
 *   answers      id                1, 2, ... without gaps: answers are never deleted
 *                query_id          -> queries
 *                chosen            response, -1 equal, -2 skip
 *                who, topic, model text
 *                beta, mistakes    as in choice.h
 *                seconds           the answer took
 *                created_at        milliseconds since 1970, UTC
 *                checksum          XXH3 over the row and its query
 *                kind, tie, grades as in choice.h; new in version 2
 *   withdrawals  answer_id         -> answers
 *                created_at, checksum
 *
 * SQLite notices a page that makes no sense, but not a flipped bit inside a number: hence checksums.
 * Version 1 had comparisons only. Its rows stay as they are: kind, tie and grades are 0, and a checksum
 * covers these only where one of them is not. Version 1 did not say whether "equal" was offered; it is
 * taken to have been to those who ever said it.
 *
 * There is no index but the keys: an index that lost an entry would hide an answer without a word. */
#ifndef HEED_REWARD_STORE_SQL_H
#define HEED_REWARD_STORE_SQL_H

#include <sqlite3.h>

#include "reward/store.h"

#define HEED__STORE_VERSION 2

struct heed_store {
  sqlite3 *db;             /* owned */
  char *path;              /* owned; for messages */
  uint32_t busy_ms;        /* how long to wait for other processes */
  int64_t version;         /* of the schema: 1 only where it may not be brought up to date */
  heed_space obs_space;    /* owned */
  heed_space action_space; /* owned */
};

/* Translates SQLite's last error: "<path>: <doing>: <cause>". */
heed_status heed__sql_fail(const heed_store *store, const char *doing, heed_error *err);

/* Runs statements that return nothing of interest. */
heed_status heed__sql_run(const heed_store *store, const char *doing, const char *sql,
                          heed_error *err);

/* Prepares one statement; *statement is NULL on failure (and may still be finalised). */
heed_status heed__sql_prepare(const heed_store *store, const char *doing, const char *sql,
                              sqlite3_stmt **statement, heed_error *err);

/* The next row; *has_row is false after the last. */
heed_status heed__sql_step(const heed_store *store, const char *doing, sqlite3_stmt *statement,
                           bool *has_row, heed_error *err);

/* The first column of the only row of a statement without parameters. */
heed_status heed__sql_integer(const heed_store *store, const char *doing, const char *sql,
                              int64_t *value, heed_error *err);

/* Starts a transaction that may write, waiting for other writers. */
heed_status heed__sql_begin(const heed_store *store, const char *doing, heed_error *err);

/* Ends it: commits when `status` is HEED_OK, else rolls back and returns `status`. */
heed_status heed__sql_end(const heed_store *store, const char *doing, heed_status status,
                          heed_error *err);

/* Makes a new database into a store, or checks that an old one is a store of these spaces. */
heed_status heed__store_prepare(heed_store *store, heed_error *err);

/* Checks that a database is a store, of any schema that is known, if asked for on every page, and reads its
 * spaces. Only reads. */
heed_status heed__store_prepare_readonly(heed_store *store, bool checks_pages, heed_error *err);

#endif
