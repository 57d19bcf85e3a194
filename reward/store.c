#include "reward/store.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "reward/store_sql.h"

/* ---- lifecycle ------------------------------------------------------------------------------ */

/* Opens the database file itself. */
static heed_status open_file(heed_store *store, heed_error *err) {
  static const char opening[] = "opening the store";
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK) {
    return store->db != NULL ? heed__sql_fail(store, opening, err)
                             : heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", store->path);
  }
  (void)sqlite3_extended_result_codes(store->db, 1);
  (void)sqlite3_busy_timeout(store->db, store->busy_ms < INT_MAX ? (int)store->busy_ms : INT_MAX);
  /* A file that may not be written is opened all the same, and would fail at the first answer. */
  if (sqlite3_db_readonly(store->db, "main") == 1) {
    return heed_fail(err, HEED_ERR_IO, "'%s': %s: the file is read-only", store->path, opening);
  }
  return HEED_OK;
}

heed_status heed_store_open(const char *path, const heed_space *obs_space,
                            const heed_space *action_space, uint32_t busy_ms, heed_store **out,
                            heed_error *err) {
  *out = NULL;
  heed_status status = heed_space_check_pair(obs_space, action_space, err);
  if (status != HEED_OK) {
    return status;
  }
  if (path[0] == '\0') {
    return heed_fail(err, HEED_ERR_ARG, "the store's path is empty");
  }
  heed_store *store = calloc(1, sizeof *store);
  char *copy = strdup(path);
  if (store == NULL || copy == NULL) {
    free(store);
    free(copy);
    return heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", path);
  }
  store->path = copy;
  store->busy_ms = busy_ms;
  status = heed_space_copy(&store->obs_space, obs_space, err);
  if (status == HEED_OK) {
    status = heed_space_copy(&store->action_space, action_space, err);
  }
  if (status == HEED_OK) {
    status = open_file(store, err);
  }
  if (status == HEED_OK) {
    status = heed__store_prepare(store, err);
  }
  if (status != HEED_OK) {
    heed_store_close(store);
    return status;
  }
  *out = store;
  return HEED_OK;
}

void heed_store_close(heed_store *store) {
  if (store == NULL) {
    return;
  }
  (void)sqlite3_close_v2(store->db);
  heed_space_deinit(&store->obs_space);
  heed_space_deinit(&store->action_space);
  free(store->path);
  free(store);
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* A row of `answers` with its question. Texts and options are borrowed. */
typedef struct row {
  int64_t id;
  int64_t query_id;
  int64_t chosen;
  int64_t created_at;
  double beta, mistakes, seconds;
  const char *who, *topic, *model, *strategy;
  const void *options;
  size_t options_size;
} row;

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
  return XXH3_64bits_withSeed(bytes, size, hash);
}

/* Byte order is part of the format: little-endian. */
static uint64_t hash_integer(uint64_t hash, uint64_t value) {
  unsigned char bytes[8];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (unsigned char)(value >> (8 * i));
  }
  return hash_bytes(hash, bytes, sizeof bytes);
}

static uint64_t hash_real(uint64_t hash, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return hash_integer(hash, bits);
}

static uint64_t hash_text(uint64_t hash, const char *text) {
  return hash_bytes(hash, text, strlen(text) + 1);
}

/* Every field in the order of the table, then the question; each hash seeds the next. */
static int64_t row_checksum(const row *r) {
  uint64_t hash = hash_integer(0, (uint64_t)r->id);
  hash = hash_integer(hash, (uint64_t)r->query_id);
  hash = hash_integer(hash, (uint64_t)r->chosen);
  hash = hash_text(hash, r->who);
  hash = hash_text(hash, r->topic);
  hash = hash_text(hash, r->model);
  hash = hash_real(hash, r->beta);
  hash = hash_real(hash, r->mistakes);
  hash = hash_real(hash, r->seconds);
  hash = hash_integer(hash, (uint64_t)r->created_at);
  hash = hash_text(hash, r->strategy);
  hash = hash_bytes(hash, r->options, r->options_size);
  return (int64_t)hash;
}

static int64_t withdrawal_checksum(int64_t answer_id, int64_t created_at) {
  return (int64_t)hash_integer(hash_integer(1, (uint64_t)answer_id), (uint64_t)created_at);
}

static int64_t now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- appending ------------------------------------------------------------------------------ */

static const char appending[] = "storing an answer";

static heed_status pack_options(const heed_store *store, const heed_query *query,
                                unsigned char **bytes, size_t *size, heed_error *err) {
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "options");
  heed_pack_array(writer, query->option_count);
  for (uint32_t i = 0; i < query->option_count; i++) {
    heed_segment_write(&query->options[i], &store->obs_space, &store->action_space, writer);
  }
  status = heed_pack_save_memory(writer, "options", 1, bytes, size, err);
  heed_pack_writer_destroy(writer);
  return status;
}

/* The id that the next row of a table gets. Only inside a transaction that writes. */
static heed_status next_id(const heed_store *store, const char *sql, int64_t *id, heed_error *err) {
  return heed__sql_integer(store, appending, sql, id, err);
}

static heed_status insert_query(const heed_store *store, const row *r, heed_error *err) {
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

static bool bind_answer(sqlite3_stmt *statement, const row *r) {
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
         sqlite3_bind_int64(statement, 11, row_checksum(r)) == SQLITE_OK;
}

static heed_status insert_answer(const heed_store *store, const row *r, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row;
  heed_status status =
      heed__sql_prepare(store, appending,
                        "INSERT INTO answers (id, query_id, chosen, who, topic, model, beta,"
                        " mistakes, seconds, created_at, checksum)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
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

/* The question and its answer, in one transaction. */
static heed_status insert_row(const heed_store *store, row *r, heed_error *err) {
  heed_status status = heed__sql_begin(store, appending, err);
  if (status != HEED_OK) {
    return status;
  }
  status = next_id(store, "SELECT coalesce(max(id), 0) + 1 FROM queries", &r->query_id, err);
  if (status == HEED_OK) {
    status = next_id(store, "SELECT coalesce(max(id), 0) + 1 FROM answers", &r->id, err);
  }
  if (status == HEED_OK) {
    status = insert_query(store, r, err);
  }
  if (status == HEED_OK) {
    status = insert_answer(store, r, err);
  }
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
  row r = {.chosen = choice->chosen,
           .created_at = now_ms(),
           .beta = choice->beta,
           .mistakes = choice->mistakes,
           .seconds = context->seconds,
           .who = context->who,
           .topic = context->topic,
           .model = context->model,
           .strategy = choice->query.strategy};
  if (status == HEED_OK) {
    status = pack_options(store, &choice->query, &options, &r.options_size, err);
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

static heed_status insert_withdrawal(const heed_store *store, int64_t id, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row;
  int64_t created_at = now_ms();
  heed_status status = heed__sql_prepare(
      store, withdrawing, "INSERT INTO withdrawals VALUES (?1, ?2, ?3)", &statement, err);
  if (status == HEED_OK &&
      (sqlite3_bind_int64(statement, 1, id) != SQLITE_OK ||
       sqlite3_bind_int64(statement, 2, created_at) != SQLITE_OK ||
       sqlite3_bind_int64(statement, 3, withdrawal_checksum(id, created_at)) != SQLITE_OK)) {
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
    status = insert_withdrawal(store, id, err);
  }
  status = heed__sql_end(store, withdrawing, status, err);
  *withdrawn = status == HEED_OK && id > 0;
  return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

static const char reading[] = "reading answers";

heed_status heed_store_count(heed_store *store, const char *topic, size_t *count, heed_error *err) {
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, reading,
                                         "SELECT count(*) FROM answers WHERE topic = ?1"
                                         " AND id NOT IN (SELECT answer_id FROM withdrawals)",
                                         &statement, err);
  if (status == HEED_OK && sqlite3_bind_text(statement, 1, topic, -1, SQLITE_STATIC) != SQLITE_OK) {
    status = heed__sql_fail(store, reading, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, reading, statement, &has_row, err);
  }
  if (status == HEED_OK) {
    *count = has_row ? (size_t)sqlite3_column_int64(statement, 0) : 0;
  }
  sqlite3_finalize(statement);
  return status;
}

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
  COLUMN_STRATEGY,
  COLUMN_OPTIONS,
  COLUMN_WITHDRAWN, /* NULL when it stands */
  COLUMN_WITHDRAWN_CREATED,
  COLUMN_WITHDRAWN_CHECKSUM
};

/* All answers, of every topic: each is checked, so that damage is found before it spreads. */
static const char select_all[] =
    "SELECT a.id, a.query_id, a.chosen, a.who, a.topic, a.model, a.beta, a.mistakes, a.seconds,"
    " a.created_at, a.checksum, q.strategy, q.options, w.answer_id, w.created_at, w.checksum"
    " FROM answers a LEFT JOIN queries q ON q.id = a.query_id"
    " LEFT JOIN withdrawals w ON w.answer_id = a.id ORDER BY a.id";

static const char *column_text(sqlite3_stmt *statement, int column) {
  const char *text = (const char *)sqlite3_column_text(statement, column);
  return text != NULL ? text : "";
}

static row row_of(sqlite3_stmt *statement) {
  row r = {.id = sqlite3_column_int64(statement, COLUMN_ID),
           .query_id = sqlite3_column_int64(statement, COLUMN_QUERY),
           .chosen = sqlite3_column_int64(statement, COLUMN_CHOSEN),
           .created_at = sqlite3_column_int64(statement, COLUMN_CREATED),
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
static heed_status check_row(sqlite3_stmt *statement, const row *r, int64_t expected,
                             heed_error *err) {
  if (r->id != expected) {
    return heed_fail(err, HEED_ERR_FORMAT, "answer %" PRId64 " is missing", expected);
  }
  if (sqlite3_column_int64(statement, COLUMN_CHECKSUM) != row_checksum(r)) {
    return heed_fail(err, HEED_ERR_FORMAT, "answer %" PRId64 " is damaged: wrong checksum", r->id);
  }
  if (sqlite3_column_type(statement, COLUMN_WITHDRAWN) != SQLITE_NULL &&
      sqlite3_column_int64(statement, COLUMN_WITHDRAWN_CHECKSUM) !=
          withdrawal_checksum(r->id, sqlite3_column_int64(statement, COLUMN_WITHDRAWN_CREATED))) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "the withdrawal of answer %" PRId64 " is damaged: wrong checksum", r->id);
  }
  return HEED_OK;
}

static heed_status read_options(const heed_store *store, const row *r, heed_query *query,
                                heed_error *err) {
  heed_pack_reader *reader;
  const heed_pack_value *options = NULL;
  heed_status status =
      heed_pack_open_memory(r->options, r->options_size, "options", 1, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = heed_pack_get_array(heed_pack_root(reader), "options", &options, err);
  uint32_t count = status == HEED_OK ? heed_pack_count(options) : 0;
  if (status == HEED_OK && (count < 2 || count > HEED_OPTION_MAX)) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%" PRIu32 " options, 2 to %d expected", count,
                       HEED_OPTION_MAX);
  }
  for (uint32_t i = 0; i < count && status == HEED_OK; i++) {
    status = heed_segment_read(&query->options[i], heed_pack_item(options, i), &store->obs_space,
                               &store->action_space, err);
    query->option_count = i + 1;
  }
  heed_pack_close(reader);
  return status;
}

/* The row as a choice; zeroed on failure. */
static heed_status read_choice(const heed_store *store, const row *r, heed_choice *choice,
                               heed_error *err) {
  *choice = (heed_choice){.beta = r->beta, .mistakes = r->mistakes};
  if (r->chosen < HEED_CHOICE_SKIP || r->chosen >= HEED_OPTION_MAX ||
      strlen(r->strategy) >= sizeof choice->query.strategy) {
    return heed_fail(err, HEED_ERR_FORMAT, "chosen %" PRId64 " or strategy '%.40s' out of range",
                     r->chosen, r->strategy);
  }
  choice->chosen = (int32_t)r->chosen;
  memcpy(choice->query.strategy, r->strategy, strlen(r->strategy) + 1);
  heed_status status = read_options(store, r, &choice->query, err);
  if (status == HEED_OK) {
    status = heed_choice_check(choice, &store->obs_space, &store->action_space, err);
  }
  if (status != HEED_OK) {
    heed_choice_deinit(choice);
  }
  return status;
}

/* Checks the row that the statement is at, and appends it when it is on the topic and stands. */
static heed_status read_row(const heed_store *store, sqlite3_stmt *statement, const char *topic,
                            int64_t expected, heed_choices *choices, heed_error *err) {
  row r = row_of(statement);
  heed_status status = check_row(statement, &r, expected, err);
  bool is_withdrawn = sqlite3_column_type(statement, COLUMN_WITHDRAWN) != SQLITE_NULL;
  if (status != HEED_OK || is_withdrawn || strcmp(r.topic, topic) != 0) {
    return status;
  }
  heed_choice choice;
  status = read_choice(store, &r, &choice, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "answer %" PRId64, r.id);
  }
  return heed_choices_append(choices, &choice, err);
}

heed_status heed_store_read(heed_store *store, const char *topic, heed_choices *choices,
                            heed_error *err) {
  size_t before = choices->count;
  sqlite3_stmt *statement = NULL;
  bool has_row = false;
  heed_status status = heed__sql_prepare(store, reading, select_all, &statement, err);
  for (int64_t expected = 1; status == HEED_OK; expected++) {
    status = heed__sql_step(store, reading, statement, &has_row, err);
    if (status != HEED_OK || !has_row) {
      break;
    }
    status = read_row(store, statement, topic, expected, choices, err);
    if (status != HEED_OK) {
      status = heed_fail_context(err, status, "'%s'", store->path);
    }
  }
  sqlite3_finalize(statement);

  /* All or nothing. */
  while (status != HEED_OK && choices->count > before) {
    heed_choice_deinit(&choices->items[--choices->count]);
  }
  return status;
}
