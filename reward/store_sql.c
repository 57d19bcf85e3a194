#include "reward/store_sql.h"

#include <string.h>

/* What the caller can do about it decides the status. */
static heed_status status_of(int code) {
  if (code == SQLITE_IOERR_NOMEM) {
    return HEED_ERR_NOMEM;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return HEED_ERR_BUSY;
    case SQLITE_NOMEM:
      return HEED_ERR_NOMEM;
    case SQLITE_ERROR: /* a table or column that should be there is not */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
      return HEED_ERR_FORMAT;
    default: /* FULL, IOERR, READONLY, CANTOPEN, PERM, ... */
      return HEED_ERR_IO;
  }
}

/* What to do about it, where the message of SQLite does not say. */
static const char *advice_on(int code) {
  return (code & 0xff) == SQLITE_CORRUPT ? "; the file is cut short or damaged: take a copy, or "
                                           "see what 'sqlite3 FILE .recover' saves"
                                         : "";
}

heed_status heed__sql_fail(const heed_store *store, const char *doing, heed_error *err) {
  int code = sqlite3_extended_errcode(store->db);
  heed_status status = status_of(code);
  int cause = sqlite3_system_errno(store->db);
  bool has_cause = status == HEED_ERR_IO && cause != 0;
  return heed_fail(err, status, "'%s': %s: %s%s%s%s", store->path, doing, sqlite3_errmsg(store->db),
                   has_cause ? ": " : "", has_cause ? strerror(cause) : "", advice_on(code));
}

heed_status heed__sql_run(const heed_store *store, const char *doing, const char *sql,
                          heed_error *err) {
  return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
             ? HEED_OK
             : heed__sql_fail(store, doing, err);
}

heed_status heed__sql_prepare(const heed_store *store, const char *doing, const char *sql,
                              sqlite3_stmt **statement, heed_error *err) {
  return sqlite3_prepare_v2(store->db, sql, -1, statement, NULL) == SQLITE_OK
             ? HEED_OK
             : heed__sql_fail(store, doing, err);
}

heed_status heed__sql_step(const heed_store *store, const char *doing, sqlite3_stmt *statement,
                           bool *has_row, heed_error *err) {
  int code = sqlite3_step(statement);
  *has_row = code == SQLITE_ROW;
  return code == SQLITE_ROW || code == SQLITE_DONE ? HEED_OK : heed__sql_fail(store, doing, err);
}

heed_status heed__sql_integer(const heed_store *store, const char *doing, const char *sql,
                              int64_t *value, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, doing, sql, &statement, err);
  if (status == HEED_OK) {
    status = heed__sql_step(store, doing, statement, &has_row, err);
  }
  if (status == HEED_OK && !has_row) {
    status = heed_fail(err, HEED_ERR_FORMAT, "'%s': %s: no answer", store->path, doing);
  }
  if (status == HEED_OK) {
    *value = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return status;
}

/* IMMEDIATE: a transaction that reads first and writes later can lose to another one in between. */
heed_status heed__sql_begin(const heed_store *store, const char *doing, heed_error *err) {
  return heed__sql_run(store, doing, "BEGIN IMMEDIATE", err);
}

heed_status heed__sql_end(const heed_store *store, const char *doing, heed_status status,
                          heed_error *err) {
  if (status == HEED_OK) {
    status = heed__sql_run(store, doing, "COMMIT", err);
  }
  /* SQLite has rolled back on its own after some errors. */
  if (status != HEED_OK && sqlite3_get_autocommit(store->db) == 0) {
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
  }
  return status;
}
