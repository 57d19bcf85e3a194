/* store_schema.c: makes a new database into a store, or checks that an old one is a store. */
#include "reward/store_sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/progress.h"

static const char opening[] = "opening the store";

/* "heed" in ASCII: what `file` and other programs see. */
enum { APPLICATION_ID = 0x68656564 };

static const char schema[] =
    "CREATE TABLE meta ("
    "  key TEXT PRIMARY KEY,"
    "  value BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE queries ("
    "  id INTEGER PRIMARY KEY,"
    "  strategy TEXT NOT NULL,"
    "  options BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE answers ("
    "  id INTEGER PRIMARY KEY,"
    "  query_id INTEGER NOT NULL REFERENCES queries(id),"
    "  chosen INTEGER NOT NULL,"
    "  who TEXT NOT NULL,"
    "  topic TEXT NOT NULL,"
    "  model TEXT NOT NULL,"
    "  beta REAL NOT NULL,"
    "  mistakes REAL NOT NULL,"
    "  seconds REAL NOT NULL,"
    "  created_at INTEGER NOT NULL,"
    "  checksum INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL DEFAULT 0,"
    "  tie REAL NOT NULL DEFAULT 0,"
    "  grades INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE withdrawals ("
    "  answer_id INTEGER PRIMARY KEY REFERENCES answers(id),"
    "  created_at INTEGER NOT NULL,"
    "  checksum INTEGER NOT NULL"
    ") STRICT;"
    /* For whoever opens the store with another program. */
    "CREATE TRIGGER queries_stay BEFORE DELETE ON queries"
    "  BEGIN SELECT RAISE(ABORT, 'questions are never deleted'); END;"
    "CREATE TRIGGER queries_hold BEFORE UPDATE ON queries"
    "  BEGIN SELECT RAISE(ABORT, 'questions are never rewritten'); END;"
    "CREATE TRIGGER answers_stay BEFORE DELETE ON answers"
    "  BEGIN SELECT RAISE(ABORT, 'answers are never deleted, only withdrawn'); END;"
    "CREATE TRIGGER answers_hold BEFORE UPDATE ON answers"
    "  BEGIN SELECT RAISE(ABORT, 'answers are never rewritten, only withdrawn'); END;"
    "CREATE TRIGGER withdrawals_stay BEFORE DELETE ON withdrawals"
    "  BEGIN SELECT RAISE(ABORT, 'withdrawals are never deleted'); END;"
    "CREATE TRIGGER withdrawals_hold BEFORE UPDATE ON withdrawals"
    "  BEGIN SELECT RAISE(ABORT, 'withdrawals are never rewritten'); END;"
    "PRAGMA application_id = 0x68656564;"
    "PRAGMA user_version = 2;";

/* From version 1: no row is touched, since rows are never rewritten. */
static const char migration[] =
    "ALTER TABLE answers ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN tie REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN grades INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 2;";

/* ---- what kind of file is it? --------------------------------------------------------------- */

/* Is the database new, a store, or something else? Only reads; inside a transaction, so that another
 * process that is making the store is seen before or after, not halfway. */
static heed_status identify(const heed_store *store, bool *is_new, heed_error *err) {
  int64_t application = 0;
  int64_t version = 0;
  int64_t objects = 0;
  heed_status status =
      heed__sql_integer(store, opening, "PRAGMA application_id", &application, err);
  if (status == HEED_OK) {
    status = heed__sql_integer(store, opening, "PRAGMA user_version", &version, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_integer(store, opening, "SELECT count(*) FROM sqlite_schema", &objects, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  *is_new = application == 0 && version == 0 && objects == 0;
  if (!*is_new && application != APPLICATION_ID) {
    return heed_fail(err, HEED_ERR_FORMAT, "'%s' is a database, but no store of feedback",
                     store->path);
  }
  if (!*is_new && version > HEED__STORE_VERSION) {
    return heed_fail(err, HEED_ERR_VERSION,
                     "'%s' has schema version %" PRId64 ", this program knows up to %d",
                     store->path, version, HEED__STORE_VERSION);
  }
  if (!*is_new && version < 1) {
    return heed_fail(err, HEED_ERR_FORMAT, "'%s' has schema version %" PRId64 ", 1 expected",
                     store->path, version);
  }
  return HEED_OK;
}

/* ---- settings of the connection ------------------------------------------------------------- */

/* Switches to write-ahead logging, which needs the file alone for a moment and does not itself wait
 * for it. */
static heed_status use_wal(const heed_store *store, heed_error *err) {
  double give_up_s = heed_clock_s() + store->busy_ms / 1e3;
  heed_status status;
  for (;;) {
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    status = heed__sql_prepare(store, opening, "PRAGMA journal_mode = WAL", &statement, err);
    if (status == HEED_OK) {
      status = heed__sql_step(store, opening, statement, &has_row, err);
    }
    if (status == HEED_OK) {
      const char *mode = has_row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
      if (mode == NULL || strcmp(mode, "wal") != 0) {
        status = heed_fail(err, HEED_ERR_IO, "'%s': no write-ahead log is possible here (%s)",
                           store->path, mode != NULL ? mode : "no answer");
      }
    }
    sqlite3_finalize(statement);
    if (status != HEED_ERR_BUSY || heed_clock_s() >= give_up_s) {
      return status;
    }
    (void)sqlite3_sleep(5);
  }
}

/* FULL: every commit is synced, so that an answer survives a power cut. The rest is care with files
 * that somebody else may have written. */
static heed_status configure(const heed_store *store, heed_error *err) {
  return heed__sql_run(store, opening,
                       "PRAGMA synchronous = FULL;"
                       "PRAGMA foreign_keys = ON;"
                       "PRAGMA trusted_schema = OFF;"
                       "PRAGMA cell_size_check = ON;",
                       err);
}

/* ---- a new store ---------------------------------------------------------------------------- */

static heed_status pack_spaces(const heed_store *store, unsigned char **bytes, size_t *size,
                               heed_error *err) {
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_pack_map(writer, 2);
  heed_pack_key(writer, "obs_space");
  heed_pack_space(writer, &store->obs_space);
  heed_pack_key(writer, "action_space");
  heed_pack_space(writer, &store->action_space);
  status = heed_pack_save_memory(writer, "spaces", 1, bytes, size, err);
  heed_pack_writer_destroy(writer);
  return status;
}

static heed_status insert_spaces(const heed_store *store, heed_error *err) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  heed_status status = pack_spaces(store, &bytes, &size, err);
  if (status != HEED_OK) {
    return status;
  }
  sqlite3_stmt *statement = NULL;
  bool has_row;
  status =
      heed__sql_prepare(store, opening, "INSERT INTO meta VALUES ('spaces', ?1)", &statement, err);
  if (status == HEED_OK &&
      sqlite3_bind_blob64(statement, 1, bytes, size, SQLITE_STATIC) != SQLITE_OK) {
    status = heed__sql_fail(store, opening, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, opening, statement, &has_row, err);
  }
  sqlite3_finalize(statement);
  free(bytes);
  return status;
}

/* Whoever gets the lock first makes the store; the others find it made. */
static heed_status create(const heed_store *store, heed_error *err) {
  heed_status status = heed__sql_begin(store, opening, err);
  if (status != HEED_OK) {
    return status;
  }
  bool is_new = false;
  status = identify(store, &is_new, err);
  if (status == HEED_OK && is_new) {
    status = heed__sql_run(store, opening, schema, err);
    if (status == HEED_OK) {
      status = insert_spaces(store, err);
    }
  }
  return heed__sql_end(store, opening, status, err);
}

/* ---- an old store --------------------------------------------------------------------------- */

/* Reads every page: does the file hang together? */
static heed_status check_pages(const heed_store *store, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, opening, "PRAGMA quick_check(1)", &statement, err);
  if (status == HEED_OK) {
    status = heed__sql_step(store, opening, statement, &has_row, err);
  }
  if (status == HEED_OK) {
    const char *verdict = has_row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (verdict == NULL || strcmp(verdict, "ok") != 0) {
      status = heed_fail(err, HEED_ERR_FORMAT, "'%s' is damaged: %s", store->path,
                         verdict != NULL ? verdict : "no answer");
    }
  }
  sqlite3_finalize(statement);
  return status;
}

static heed_status unpack_spaces(const void *bytes, size_t size, heed_space *obs_space,
                                 heed_space *action_space, heed_error *err) {
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, "spaces", 1, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_pack_value *root = heed_pack_root(reader);
  status = heed_pack_get_space(root, "obs_space", obs_space, err);
  if (status == HEED_OK) {
    status = heed_pack_get_space(root, "action_space", action_space, err);
  }
  heed_pack_close(reader);
  return status;
}

static heed_status read_spaces(const heed_store *store, heed_space *obs_space,
                               heed_space *action_space, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  bool is_new = false;
  *obs_space = *action_space = (heed_space){0};
  heed_status status = identify(store, &is_new, err);
  if (status == HEED_OK && is_new) {
    return heed_fail(err, HEED_ERR_FORMAT, "'%s' is empty", store->path);
  }
  if (status == HEED_OK) {
    status = heed__sql_prepare(store, opening, "SELECT value FROM meta WHERE key = 'spaces'",
                               &statement, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, opening, statement, &has_row, err);
  }
  if (status == HEED_OK && !has_row) {
    status =
        heed_fail(err, HEED_ERR_FORMAT, "'%s' does not say which spaces it is for", store->path);
  } else if (status == HEED_OK) {
    const void *bytes = sqlite3_column_blob(statement, 0);
    int size = sqlite3_column_bytes(statement, 0);
    status = unpack_spaces(bytes != NULL ? bytes : "", (size_t)size, obs_space, action_space, err);
    if (status != HEED_OK) {
      status = heed_fail_context(err, status, "'%s'", store->path);
    }
  }
  sqlite3_finalize(statement);
  if (status != HEED_OK) {
    heed_space_deinit(obs_space);
    heed_space_deinit(action_space);
  }
  return status;
}

/* Are the spaces of the file those that were asked for? */
static heed_status check_spaces(const heed_store *store, heed_error *err) {
  heed_space obs_space;
  heed_space action_space;
  heed_status status = read_spaces(store, &obs_space, &action_space, err);
  if (status != HEED_OK) {
    return status;
  }
  if (!heed_space_equal(&obs_space, &store->obs_space) ||
      !heed_space_equal(&action_space, &store->action_space)) {
    char there[96];
    char asked[96];
    bool is_obs = !heed_space_equal(&obs_space, &store->obs_space);
    heed_space_describe(is_obs ? &obs_space : &action_space, there, sizeof there);
    heed_space_describe(is_obs ? &store->obs_space : &store->action_space, asked, sizeof asked);
    status = heed_fail(err, HEED_ERR_ARG, "'%s': its %s are %s, not %s", store->path,
                       is_obs ? "observations" : "actions", there, asked);
  }
  heed_space_deinit(&obs_space);
  heed_space_deinit(&action_space);
  return status;
}

/* Brings an old store up to date; of several processes, one does. Called when it is known to be whole. */
static heed_status migrate(const heed_store *store, heed_error *err) {
  int64_t version = 0;
  heed_status status = heed__sql_integer(store, opening, "PRAGMA user_version", &version, err);
  if (status != HEED_OK || version == HEED__STORE_VERSION) {
    return status;
  }
  status = heed__sql_begin(store, opening, err);
  if (status != HEED_OK) {
    return status;
  }
  status = heed__sql_integer(store, opening, "PRAGMA user_version", &version, err);
  if (status == HEED_OK && version == 1) {
    status = heed__sql_run(store, opening, migration, err);
  }
  return heed__sql_end(store, opening, status, err);
}

/* Inside a transaction, so that it is seen before or after another process made it, not halfway. */
static heed_status identify_whole(const heed_store *store, bool *is_new, heed_error *err) {
  heed_status status = heed__sql_run(store, opening, "BEGIN", err);
  if (status == HEED_OK) {
    status = identify(store, is_new, err);
    status = heed__sql_end(store, opening, status, err);
  }
  return status;
}

/* Nothing is changed in a file before it is known to be a whole store, or new. */
heed_status heed__store_prepare(heed_store *store, heed_error *err) {
  bool is_new = false;
  heed_status status = identify_whole(store, &is_new, err);
  if (status == HEED_OK) {
    status = configure(store, err);
  }
  if (status == HEED_OK && is_new) {
    status = use_wal(store, err);
    status = status == HEED_OK ? create(store, err) : status;
  }
  if (status == HEED_OK) {
    status = check_pages(store, err);
  }
  if (status == HEED_OK) {
    status = check_spaces(store, err);
  }
  if (status == HEED_OK && !is_new) {
    status = use_wal(store, err);
  }
  store->version = HEED__STORE_VERSION;
  return status == HEED_OK ? migrate(store, err) : status;
}

heed_status heed__store_prepare_readonly(heed_store *store, bool checks_pages, heed_error *err) {
  bool is_new = false;
  heed_status status = identify_whole(store, &is_new, err);
  if (status == HEED_OK && is_new) {
    return heed_fail(err, HEED_ERR_FORMAT, "'%s' is empty", store->path);
  }
  if (status == HEED_OK) {
    status = configure(store, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_run(store, opening, "PRAGMA query_only = ON", err);
  }
  if (status == HEED_OK && checks_pages) {
    status = check_pages(store, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_integer(store, opening, "PRAGMA user_version", &store->version, err);
  }
  return status == HEED_OK ? read_spaces(store, &store->obs_space, &store->action_space, err)
                           : status;
}
