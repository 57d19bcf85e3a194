/* store_read.c: reading answers back, each checked against what was written. */
#include "reward/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/store_row.h"
#include "reward/store_sql.h"

static const char reading[] = "reading answers";

/* Columns of the query that reads everything. */
enum {
  COLUMN_ID,
  COLUMN_QUERY,
  COLUMN_CHOSEN,
  COLUMN_WHO,
  COLUMN_TOPIC,
  COLUMN_MODEL,
  COLUMN_BETA,
  COLUMN_MISTAKES,
  COLUMN_SECONDS,
  COLUMN_CREATED,
  COLUMN_CHECKSUM,
  COLUMN_KIND,
  COLUMN_TIE,
  COLUMN_GRADES,
  COLUMN_OFFERED, /* did the person ever say "equal" without it being said that it was offered? */
  COLUMN_STRATEGY,
  COLUMN_OPTIONS,
  COLUMN_WITHDRAWN, /* NULL when it stands */
  COLUMN_WITHDRAWN_CREATED,
  COLUMN_WITHDRAWN_CHECKSUM
};

/* All answers, of every topic: each is checked, so that damage is found before it spreads. */
#define SELECT_ALL(kind, tie, grades)                                                          \
  "SELECT a.id, a.query_id, a.chosen, a.who, a.topic, a.model, a.beta, a.mistakes, a.seconds," \
  " a.created_at, a.checksum, " kind ", " tie ", " grades                                      \
  ", a.who IN (SELECT who FROM answers WHERE chosen = -1 AND " tie                             \
  " = 0), q.strategy, q.options,"                                                              \
  " w.answer_id, w.created_at, w.checksum"                                                     \
  " FROM answers a LEFT JOIN queries q ON q.id = a.query_id"                                   \
  " LEFT JOIN withdrawals w ON w.answer_id = a.id ORDER BY a.id"

/* By the version of the schema. */
static const char *select_all(const heed_store *store) {
  return store->version > 1 ? SELECT_ALL("kind", "tie", "grades") : SELECT_ALL("0", "0.0", "0");
}

static const char *column_text(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return text != NULL ? text : "";
}

static heed__store_row row_of(sqlite3_stmt *statement) {
  heed__store_row r = {.id = sqlite3_column_int64(statement, COLUMN_ID),
                       .query_id = sqlite3_column_int64(statement, COLUMN_QUERY),
                       .chosen = sqlite3_column_int64(statement, COLUMN_CHOSEN),
                       .created_at = sqlite3_column_int64(statement, COLUMN_CREATED),
                       .kind = sqlite3_column_int64(statement, COLUMN_KIND),
                       .tie = sqlite3_column_double(statement, COLUMN_TIE),
                       .grades = sqlite3_column_int64(statement, COLUMN_GRADES),
                       .beta = sqlite3_column_double(statement, COLUMN_BETA),
                       .mistakes = sqlite3_column_double(statement, COLUMN_MISTAKES),
                       .seconds = sqlite3_column_double(statement, COLUMN_SECONDS),
                       .who = column_text(statement, COLUMN_WHO),
                       .topic = column_text(statement, COLUMN_TOPIC),
                       .model = column_text(statement, COLUMN_MODEL),
                       .strategy = column_text(statement, COLUMN_STRATEGY)};
  r.options = sqlite3_column_blob(statement, COLUMN_OPTIONS);
  r.options_size = (size_t)sqlite3_column_bytes(statement, COLUMN_OPTIONS);
  if (r.options == NULL) {
    r.options = "";
    r.options_size = 0;
  }
  return r;
}

/* Is the row what was written? `expected`: the id that must come next. */
static heed_status check_row(sqlite3_stmt *statement, const heed__store_row *r, int64_t expected,
                             heed_error *err) {
  if (r->id != expected) {
    return heed_fail(err, HEED_ERR_FORMAT, "answer %" PRId64 " is missing", expected);
  }
  if (sqlite3_column_int64(statement, COLUMN_CHECKSUM) != heed__store_row_checksum(r)) {
    return heed_fail(err, HEED_ERR_FORMAT, "answer %" PRId64 " is damaged: wrong checksum", r->id);
  }
  if (sqlite3_column_type(statement, COLUMN_WITHDRAWN) != SQLITE_NULL &&
      sqlite3_column_int64(statement, COLUMN_WITHDRAWN_CHECKSUM) !=
          heed__store_withdrawal_checksum(
              r->id, sqlite3_column_int64(statement, COLUMN_WITHDRAWN_CREATED))) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "the withdrawal of answer %" PRId64 " is damaged: wrong checksum", r->id);
  }
  return HEED_OK;
}

/* The row as a choice; zeroed on failure. */
static heed_status read_choice(const heed_store *store, const heed__store_row *r, bool is_offered,
                               heed_choice *choice, heed_error *err) {
  *choice = (heed_choice){.beta = r->beta, .mistakes = r->mistakes, .tie = r->tie};
  if (heed_choice_kind_name(r->kind) == NULL || r->grades < 0 || r->grades > HEED_GRADE_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT, "kind %" PRId64 " with %" PRId64 " grades out of range",
                     r->kind, r->grades);
  }
  choice->kind = (heed_choice_kind)r->kind;
  choice->grades = (uint32_t)r->grades;
  if (choice->kind == HEED_COMPARISON && is_offered && r->tie == 0) { /* version 1 */
    choice->tie = 1;
  }
  (void)snprintf(choice->who, sizeof choice->who, "%s", r->who);
  if (r->chosen < HEED_CHOICE_SKIP || r->chosen > HEED_GRADE_MAX ||
      strlen(r->strategy) >= sizeof choice->query.strategy) {
    return heed_fail(err, HEED_ERR_FORMAT, "chosen %" PRId64 " or strategy '%.40s' out of range",
                     r->chosen, r->strategy);
  }
  choice->chosen = (int32_t)r->chosen;
  memcpy(choice->query.strategy, r->strategy, strlen(r->strategy) + 1);
  heed_status status = heed__store_read_options(store, r, &choice->query, err);
  if (status == HEED_OK) {
    status = heed_choice_check(choice, &store->obs_space, &store->action_space, err);
  }
  if (status != HEED_OK) {
    heed_choice_deinit(choice);
  }
  return status;
}

/* What is done with each row: it has been checked. */
typedef struct reader {
  const char *topic;           /* that is wanted; NULL: all, withdrawn ones too */
  heed_choices *choices;       /* filled, or */
  heed_store_records *records; /* filled */
} reader;

static char *copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* Keeps a choice, which is taken over, as a record. */
static heed_status keep_record(sqlite3_stmt *statement, const heed__store_row *r,
                               heed_choice *choice, heed_store_records *records, heed_error *err) {
  heed_store_record *record = NULL;
  heed_status status = heed_store_records_add(records, &record, err);
  if (status != HEED_OK) {
    heed_choice_deinit(choice);
    return status;
  }
  bool is_withdrawn = sqlite3_column_type(statement, COLUMN_WITHDRAWN) != SQLITE_NULL;
  record->id = r->id;
  record->created_at = r->created_at;
  record->withdrawn_at =
      is_withdrawn ? sqlite3_column_int64(statement, COLUMN_WITHDRAWN_CREATED) : 0;
  record->seconds = r->seconds;
  record->choice = *choice;
  record->topic = copy_text(r->topic);
  record->model = copy_text(r->model);
  return record->topic != NULL && record->model != NULL
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NOMEM, "answer %" PRId64 ": no memory", r->id);
}

/* Checks the row that the statement is at, and keeps it if it is wanted. */
static heed_status read_row(const heed_store *store, sqlite3_stmt *statement, const reader *into,
                            int64_t expected, heed_error *err) {
  heed__store_row r = row_of(statement);
  heed_status status = check_row(statement, &r, expected, err);
  bool is_withdrawn = sqlite3_column_type(statement, COLUMN_WITHDRAWN) != SQLITE_NULL;
  bool is_wanted = into->topic == NULL || (!is_withdrawn && strcmp(r.topic, into->topic) == 0);
  if (status != HEED_OK || !is_wanted) {
    return status;
  }
  heed_choice choice;
  bool is_offered = sqlite3_column_int(statement, COLUMN_OFFERED) != 0;
  status = read_choice(store, &r, is_offered, &choice, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "answer %" PRId64, r.id);
  }
  return into->records != NULL ? keep_record(statement, &r, &choice, into->records, err)
                               : heed_choices_append(into->choices, &choice, err);
}

static heed_status read_rows(const heed_store *store, const reader *into, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, reading, select_all(store), &statement, err);
  for (int64_t expected = 1; status == HEED_OK; expected++) {
    status = heed__sql_step(store, reading, statement, &has_row, err);
    if (status != HEED_OK || !has_row) {
      break;
    }
    status = read_row(store, statement, into, expected, err);
    if (status != HEED_OK) {
      status = heed_fail_context(err, status, "'%s'", store->path);
    }
  }
  sqlite3_finalize(statement);
  return status;
}

heed_status heed_store_read(heed_store *store, const char *topic, heed_choices *choices,
                            heed_error *err) {
  size_t before = choices->count;
  reader into = {.topic = topic, .choices = choices};
  heed_status status = read_rows(store, &into, err);

  /* All or nothing. */
  while (status != HEED_OK && choices->count > before) {
    heed_choice_deinit(&choices->items[--choices->count]);
  }
  return status;
}

heed_status heed_store_read_records(heed_store *store, heed_store_records *records,
                                    heed_error *err) {
  reader into = {.records = records};
  return read_rows(store, &into, err);
}
