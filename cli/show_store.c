#include "cli/show_store.h"

#include <sqlite3.h>
#include <string.h>

#include "core/pack.h"
#include "reward/store.h"

enum { WAIT_MS = 3000 };

/* A store that is being looked at. */
typedef struct view {
  const char *path;
  sqlite3 *db;                        /* owned; read-only */
  heed_space obs_space, action_space; /* owned */
} view;

static heed_status sql_fail(const view *v, heed_error *err) {
  int code = sqlite3_errcode(v->db) & 0xff;
  heed_status status = code == SQLITE_BUSY || code == SQLITE_LOCKED      ? HEED_ERR_BUSY
                       : code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? HEED_ERR_FORMAT
                                                                         : HEED_ERR_IO;
  return heed_fail(err, status, "'%s': %s", v->path, sqlite3_errmsg(v->db));
}

static heed_status integer(const view *v, const char *sql, int64_t *value, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool ok = sqlite3_prepare_v2(v->db, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW;
  heed_status status = HEED_OK;
  if (ok) {
    *value = sqlite3_column_int64(statement, 0);
  } else {
    status = sql_fail(v, err);
  }
  (void)sqlite3_finalize(statement);
  return status;
}

/* Is it one of ours? */
static heed_status identify(const view *v, int64_t *version, heed_error *err) {
  enum { APPLICATION_ID = 0x68656564 }; /* reward/store_sql.h */
  int64_t application = 0;
  heed_status status = integer(v, "PRAGMA application_id", &application, err);
  if (status == HEED_OK && application != APPLICATION_ID) {
    status =
        heed_fail(err, HEED_ERR_FORMAT, "'%s' is a database, but no store of feedback", v->path);
  }
  return status == HEED_OK ? integer(v, "PRAGMA user_version", version, err) : status;
}

static heed_status read_spaces(view *v, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  heed_pack_reader *reader = NULL;
  heed_status status = HEED_OK;
  if (sqlite3_prepare_v2(v->db, "SELECT value FROM meta WHERE key = 'spaces'", -1, &statement,
                         NULL) != SQLITE_OK) {
    status = sql_fail(v, err);
  } else if (sqlite3_step(statement) != SQLITE_ROW) {
    status = heed_fail(err, HEED_ERR_FORMAT, "'%s' does not say which spaces it is for", v->path);
  }
  if (status == HEED_OK) {
    const void *bytes = sqlite3_column_blob(statement, 0);
    size_t size = (size_t)sqlite3_column_bytes(statement, 0);
    status = heed_pack_open_memory(bytes != NULL ? bytes : "", size, "spaces", 1, &reader, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_space(heed_pack_root(reader), "obs_space", &v->obs_space, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_space(heed_pack_root(reader), "action_space", &v->action_space, err);
  }
  heed_pack_close(reader);
  (void)sqlite3_finalize(statement);
  return status;
}

static const char *column(sqlite3_stmt *statement, int i) {
  const char *text = (const char *)sqlite3_column_text(statement, i);
  return text != NULL ? text : "";
}

/* One row for each topic and person. */
static heed_status read_topics(const view *v, json_t *topics, heed_error *err) {
  static const char sql[] =
      "SELECT topic, who, count(*), sum(id IN (SELECT answer_id FROM withdrawals)),"
      " sum(chosen = -1), sum(chosen = -2) FROM answers GROUP BY topic, who ORDER BY topic, who";
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(v->db, sql, -1, &statement, NULL) != SQLITE_OK) {
    return sql_fail(v, err);
  }
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    json_t *row =
        json_pack("{s:s*, s:s*, s:I, s:I, s:I, s:I}", "topic", column(statement, 0), "who",
                  column(statement, 1), "answers", (json_int_t)sqlite3_column_int64(statement, 2),
                  "withdrawn", (json_int_t)sqlite3_column_int64(statement, 3), "equal",
                  (json_int_t)sqlite3_column_int64(statement, 4), "skipped",
                  (json_int_t)sqlite3_column_int64(statement, 5));
    (void)json_array_append_new(topics, row != NULL ? row : json_null());
  }
  heed_status status = code == SQLITE_DONE ? HEED_OK : sql_fail(v, err);
  (void)sqlite3_finalize(statement);
  return status;
}

/* Reads every answer the way a learner does, which checks pages and checksums. */
static heed_status check_answers(const view *v, const json_t *topics, heed_error *err) {
  heed_store *store = NULL;
  heed_status status =
      heed_store_open(v->path, &v->obs_space, &v->action_space, WAIT_MS, &store, err);
  size_t i;
  json_t *row;
  const char *last = NULL;
  json_array_foreach(topics, i, row) {
    const char *topic = json_string_value(json_object_get(row, "topic"));
    if (status == HEED_OK && topic != NULL && (last == NULL || strcmp(last, topic) != 0)) {
      heed_choices choices = {0};
      status = heed_store_read(store, topic, &choices, err);
      heed_choices_deinit(&choices);
      last = topic;
    }
  }
  heed_store_close(store);
  return status;
}

heed_status heed__show_store(const char *path, json_t **out, heed_error *err) {
  view v = {.path = path};
  int64_t version = 0;
  heed_status status = HEED_OK;
  json_t *topics = json_array();
  *out = NULL;
  if (sqlite3_open_v2(path, &v.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
    status = v.db != NULL ? sql_fail(&v, err) : heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  if (status == HEED_OK) {
    (void)sqlite3_busy_timeout(v.db, WAIT_MS);
    status = identify(&v, &version, err);
  }
  if (status == HEED_OK) {
    status = read_spaces(&v, err);
  }
  if (status == HEED_OK) {
    status = read_topics(&v, topics, err);
  }
  if (status == HEED_OK) {
    status = check_answers(&v, topics, err);
  }
  if (status == HEED_OK) {
    char obs_text[96];
    char action_text[96];
    heed_space_describe(&v.obs_space, obs_text, sizeof obs_text);
    heed_space_describe(&v.action_space, action_text, sizeof action_text);
    *out = json_pack("{s:s, s:I, s:{s:s, s:s, s:O}}", "kind", "feedback store", "version",
                     (json_int_t)version, "contents", "observations", obs_text, "actions",
                     action_text, "topics", topics);
  }
  json_decref(topics);
  heed_space_deinit(&v.obs_space);
  heed_space_deinit(&v.action_space);
  (void)sqlite3_close_v2(v.db);
  return status;
}
