#include "reward/store.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "reward/store_row.h"
#include "reward/store_sql.h"

/* ---- appending ------------------------------------------------------------------------------ */

static const char appending[] = "storing an answer";

int64_t heed__store_now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static heed_status insert_query(const heed_store *store, const heed__store_row *r,
                                heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row;
  heed_status status = heed__sql_prepare(
      store, appending, "INSERT INTO queries VALUES (?1, ?2, ?3)", &statement, err);
  if (status == HEED_OK &&
      (sqlite3_bind_int64(statement, 1, r->query_id) != SQLITE_OK ||
       sqlite3_bind_text(statement, 2, r->strategy, -1, SQLITE_STATIC) != SQLITE_OK ||
       sqlite3_bind_blob64(statement, 3, r->options, r->options_size, SQLITE_STATIC) !=
           SQLITE_OK)) {
    status = heed__sql_fail(store, appending, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, appending, statement, &has_row, err);
  }
  sqlite3_finalize(statement);
  return status;
}

static bool bind_answer(sqlite3_stmt *statement, const heed__store_row *r) {
  return sqlite3_bind_int64(statement, 1, r->id) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 2, r->query_id) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 3, r->chosen) == SQLITE_OK &&
         sqlite3_bind_text(statement, 4, r->who, -1, SQLITE_STATIC) == SQLITE_OK &&
         sqlite3_bind_text(statement, 5, r->topic, -1, SQLITE_STATIC) == SQLITE_OK &&
         sqlite3_bind_text(statement, 6, r->model, -1, SQLITE_STATIC) == SQLITE_OK &&
         sqlite3_bind_double(statement, 7, r->beta) == SQLITE_OK &&
         sqlite3_bind_double(statement, 8, r->mistakes) == SQLITE_OK &&
         sqlite3_bind_double(statement, 9, r->seconds) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 10, r->created_at) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 11, heed__store_row_checksum(r)) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 12, r->kind) == SQLITE_OK &&
         sqlite3_bind_double(statement, 13, r->tie) == SQLITE_OK &&
         sqlite3_bind_int64(statement, 14, r->grades) == SQLITE_OK;
}

static heed_status insert_answer(const heed_store *store, const heed__store_row *r,
                                 heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row;
  heed_status status =
      heed__sql_prepare(store, appending,
                        "INSERT INTO answers (id, query_id, chosen, who, topic, model, beta,"
                        " mistakes, seconds, created_at, checksum, kind, tie, grades)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                        &statement, err);
  if (status == HEED_OK && !bind_answer(statement, r)) {
    status = heed__sql_fail(store, appending, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, appending, statement, &has_row, err);
  }
  sqlite3_finalize(statement);
  return status;
}

heed_status heed__store_insert(const heed_store *store, heed__store_row *r, heed_error *err) {
  heed_status status = heed__sql_integer(
      store, appending, "SELECT coalesce(max(id), 0) + 1 FROM queries", &r->query_id, err);
  if (status == HEED_OK) {
    status = heed__sql_integer(store, appending, "SELECT coalesce(max(id), 0) + 1 FROM answers",
                               &r->id, err);
  }
  if (status == HEED_OK) {
    status = insert_query(store, r, err);
  }
  return status == HEED_OK ? insert_answer(store, r, err) : status;
}

/* The question and its answer, in one transaction. */
static heed_status insert_row(const heed_store *store, heed__store_row *r, heed_error *err) {
  heed_status status = heed__sql_begin(store, appending, err);
  if (status != HEED_OK) {
    return status;
  }
  status = heed__store_insert(store, r, err);
  return heed__sql_end(store, appending, status, err);
}

heed_status heed_store_append(heed_store *store, const heed_choice *choice,
                              const heed_store_context *context, heed_error *err) {
  assert(context->who != NULL && context->topic != NULL && context->model != NULL);
  heed_status status = heed_choice_check(choice, &store->obs_space, &store->action_space, err);
  if (status == HEED_OK && !(context->seconds >= 0 && isfinite(context->seconds))) {
    status = heed_fail(err, HEED_ERR_ARG, "the answer took %g seconds", context->seconds);
  }
  unsigned char *options = NULL;
  heed__store_row r = {.chosen = choice->chosen,
                       .created_at = heed__store_now_ms(),
                       .beta = choice->beta,
                       .mistakes = choice->mistakes,
                       .seconds = context->seconds,
                       .kind = choice->kind,
                       .tie = choice->tie,
                       .grades = choice->grades,
                       .who = choice->who[0] != '\0' ? choice->who : context->who,
                       .topic = context->topic,
                       .model = context->model,
                       .strategy = choice->query.strategy};
  if (status == HEED_OK) {
    status = heed__store_pack_options(store, &choice->query, &options, &r.options_size, err);
  }
  if (status == HEED_OK) {
    r.options = options;
    status = insert_row(store, &r, err);
  }
  free(options);
  return status;
}

/* ---- withdrawing ---------------------------------------------------------------------------- */

static const char withdrawing[] = "withdrawing an answer";

/* The latest answer that stands; *id is 0 when there is none. */
static heed_status find_latest(const heed_store *store, const char *who, const char *topic,
                               int64_t *id, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, withdrawing,
                                         "SELECT id FROM answers WHERE who = ?1 AND topic = ?2"
                                         " AND id NOT IN (SELECT answer_id FROM withdrawals)"
                                         " ORDER BY id DESC LIMIT 1",
                                         &statement, err);
  if (status == HEED_OK &&
      (sqlite3_bind_text(statement, 1, who, -1, SQLITE_STATIC) != SQLITE_OK ||
       sqlite3_bind_text(statement, 2, topic, -1, SQLITE_STATIC) != SQLITE_OK)) {
    status = heed__sql_fail(store, withdrawing, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, withdrawing, statement, &has_row, err);
  }
  *id = status == HEED_OK && has_row ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  return status;
}

heed_status heed__store_insert_withdrawal(const heed_store *store, int64_t id, int64_t created_at,
                                          heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row;
  heed_status status = heed__sql_prepare(
      store, withdrawing, "INSERT INTO withdrawals VALUES (?1, ?2, ?3)", &statement, err);
  if (status == HEED_OK &&
      (sqlite3_bind_int64(statement, 1, id) != SQLITE_OK ||
       sqlite3_bind_int64(statement, 2, created_at) != SQLITE_OK ||
       sqlite3_bind_int64(statement, 3, heed__store_withdrawal_checksum(id, created_at)) !=
           SQLITE_OK)) {
    status = heed__sql_fail(store, withdrawing, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, withdrawing, statement, &has_row, err);
  }
  sqlite3_finalize(statement);
  return status;
}

heed_status heed_store_withdraw(heed_store *store, const char *who, const char *topic,
                                bool *withdrawn, heed_error *err) {
  int64_t id = 0;
  *withdrawn = false;
  heed_status status = heed__sql_begin(store, withdrawing, err);
  if (status != HEED_OK) {
    return status;
  }
  status = find_latest(store, who, topic, &id, err);
  if (status == HEED_OK && id > 0) {
    status = heed__store_insert_withdrawal(store, id, heed__store_now_ms(), err);
  }
  status = heed__sql_end(store, withdrawing, status, err);
  *withdrawn = status == HEED_OK && id > 0;
  return status;
}

/* ---- counting ------------------------------------------------------------------------------- */

static const char counting[] = "counting answers";

heed_status heed_store_count(heed_store *store, const char *topic, size_t *count, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, counting,
                                         "SELECT count(*) FROM answers WHERE topic = ?1"
                                         " AND id NOT IN (SELECT answer_id FROM withdrawals)",
                                         &statement, err);
  if (status == HEED_OK && sqlite3_bind_text(statement, 1, topic, -1, SQLITE_STATIC) != SQLITE_OK) {
    status = heed__sql_fail(store, counting, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, counting, statement, &has_row, err);
  }
  if (status == HEED_OK) {
    *count = has_row ? (size_t)sqlite3_column_int64(statement, 0) : 0;
  }
  sqlite3_finalize(statement);
  return status;
}
