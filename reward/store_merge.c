/* store_merge.c: whole stores: all that is known of every answer, and what two stores have together. */
#include "reward/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reward/store_row.h"
#include "reward/store_sql.h"

/* ---- records -------------------------------------------------------------------------------- */

void heed_store_records_deinit(heed_store_records *records) {
  for (size_t i = 0; i < records->count; i++) {
    heed_choice_deinit(&records->items[i].choice);
    free(records->items[i].topic);
    free(records->items[i].model);
  }
  free(records->items);
  *records = (heed_store_records){0};
}

heed_status heed_store_records_add(heed_store_records *records, heed_store_record **record,
                                   heed_error *err) {
  if (records->count == records->capacity) {
    size_t capacity = records->capacity == 0 ? 16 : 2 * records->capacity;
    heed_store_record *items = NULL;
    if (capacity <= SIZE_MAX / sizeof *items) {
      items = realloc(records->items, capacity * sizeof *items);
    }
    if (items == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%zu answers: no memory", capacity);
    }
    records->items = items;
    records->capacity = capacity;
  }
  *record = &records->items[records->count++];
  **record = (heed_store_record){0};
  return HEED_OK;
}

/* ---- merging -------------------------------------------------------------------------------- */

static const char merging[] = "merging answers";

/* The record as a row, without ids; `options` is the caller's to free. */
static heed_status row_of(const heed_store *store, const heed_store_record *record,
                          heed__store_row *r, unsigned char **options, heed_error *err) {
  const heed_choice *choice = &record->choice;
  *r = (heed__store_row){.chosen = choice->chosen,
                         .created_at = record->created_at,
                         .kind = choice->kind,
                         .tie = choice->tie,
                         .grades = choice->grades,
                         .beta = choice->beta,
                         .mistakes = choice->mistakes,
                         .seconds = record->seconds,
                         .who = choice->who,
                         .topic = record->topic,
                         .model = record->model,
                         .strategy = choice->query.strategy};
  heed_status status =
      heed__store_pack_options(store, &choice->query, options, &r->options_size, err);
  r->options = *options;
  return status;
}

/* What a record is, whatever its id. */
typedef struct identity {
  int64_t hash;
  size_t index;
} identity;

static int compare_identities(const void *a, const void *b) {
  const identity *x = a;
  const identity *y = b;
  if (x->hash != y->hash) {
    return x->hash < y->hash ? -1 : 1;
  }
  return x->index < y->index ? -1 : x->index > y->index;
}

/* Identities of all records, sorted; the caller's, [count + 1]. */
static heed_status identify(const heed_store *store, const heed_store_records *records,
                            identity **list, heed_error *err) {
  *list = calloc(records->count + 1, sizeof **list);
  if (*list == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu answers: no memory", records->count);
  }
  heed_status status = HEED_OK;
  for (size_t i = 0; i < records->count && status == HEED_OK; i++) {
    heed__store_row r;
    unsigned char *options = NULL;
    status = row_of(store, &records->items[i], &r, &options, err);
    if (status == HEED_OK) {
      (*list)[i] = (identity){heed__store_row_checksum(&r), i};
    }
    free(options);
  }
  if (status == HEED_OK) {
    qsort(*list, records->count, sizeof **list, compare_identities);
  }
  return status;
}

/* The first of the records with this hash; NULL if there is none. */
static const identity *find(const identity *list, size_t count, int64_t hash) {
  size_t low = 0;
  size_t high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list[middle].hash < hash) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < count && list[low].hash == hash ? &list[low] : NULL;
}

static heed_status add_record(const heed_store *store, const heed_store_record *record,
                              heed_error *err) {
  heed__store_row r;
  unsigned char *options = NULL;
  heed_status status = row_of(store, record, &r, &options, err);
  if (status == HEED_OK) {
    status = heed__store_insert(store, &r, err);
  }
  if (status == HEED_OK && record->withdrawn_at != 0) {
    status = heed__store_insert_withdrawal(store, r.id, record->withdrawn_at, err);
  }
  free(options);
  return status;
}

static heed_status check_record(const heed_store *store, const heed_store_record *record,
                                heed_error *err) {
  if (record->topic == NULL || record->model == NULL || record->topic[0] == '\0') {
    return heed_fail(err, HEED_ERR_ARG, "topic or model is missing");
  }
  if (!(record->seconds >= 0 && record->seconds <= 1e300)) {
    return heed_fail(err, HEED_ERR_ARG, "the answer took %g seconds", record->seconds);
  }
  return heed_choice_check(&record->choice, &store->obs_space, &store->action_space, err);
}

/* What is being merged: `theirs` into what is there, `ours`. Owned, but for `theirs`. */
typedef struct merge {
  const heed_store_records *theirs;
  heed_store_records ours;
  identity *our_list, *their_list;
} merge;

/* Inside the transaction. */
static heed_status merge_all(heed_store *store, merge *m, heed_store_merged *merged,
                             heed_error *err) {
  /* In the order of the records, of which sorting keeps the numbers. */
  int64_t *hashes = calloc(m->theirs->count + 1, sizeof *hashes);
  if (hashes == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu answers: no memory", m->theirs->count);
  }
  heed_status status = heed_store_read_records(store, &m->ours, err);
  if (status == HEED_OK) {
    status = identify(store, &m->ours, &m->our_list, err);
  }
  if (status == HEED_OK) {
    status = identify(store, m->theirs, &m->their_list, err);
  }
  for (size_t i = 0; i < m->theirs->count && status == HEED_OK; i++) {
    hashes[m->their_list[i].index] = m->their_list[i].hash;
  }
  for (size_t i = 0; i < m->theirs->count && status == HEED_OK; i++) {
    const heed_store_record *record = &m->theirs->items[i];
    const identity *here = find(m->our_list, m->ours.count, hashes[i]);
    heed_store_record *known = here != NULL ? &m->ours.items[here->index] : NULL;
    bool is_first = find(m->their_list, m->theirs->count, hashes[i])->index == i;
    if (known != NULL && known->withdrawn_at == 0 && record->withdrawn_at != 0) {
      status = heed__store_insert_withdrawal(store, known->id, record->withdrawn_at, err);
      known->withdrawn_at = record->withdrawn_at;
      merged->withdrawn++;
    } else if (known == NULL && is_first) {
      status = add_record(store, record, err);
      merged->added++;
    }
  }
  free(hashes);
  return status;
}

heed_status heed_store_merge(heed_store *store, const heed_store_records *records,
                             heed_store_merged *merged, heed_error *err) {
  merge m = {.theirs = records};
  *merged = (heed_store_merged){0};
  for (size_t i = 0; i < records->count; i++) {
    heed_status status = check_record(store, &records->items[i], err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "record %zu", i + 1);
    }
  }
  heed_status status = heed__sql_begin(store, merging, err);
  if (status != HEED_OK) {
    return status;
  }
  status = merge_all(store, &m, merged, err);
  status = heed__sql_end(store, merging, status, err);
  heed_store_records_deinit(&m.ours);
  free(m.our_list);
  free(m.their_list);
  if (status != HEED_OK) {
    *merged = (heed_store_merged){0};
  }
  return status;
}

/* ---- withdrawing ---------------------------------------------------------------------------- */

/* Does answer `id` exist, and does it stand? */
static heed_status look_up(const heed_store *store, int64_t id, bool *exists, bool *stands,
                           heed_error *err) {
  sqlite3_stmt *statement = NULL;
  heed_status status = heed__sql_prepare(
      store, merging,
      "SELECT EXISTS (SELECT 1 FROM withdrawals WHERE answer_id = ?1) FROM answers WHERE id = ?1",
      &statement, err);
  if (status == HEED_OK && sqlite3_bind_int64(statement, 1, id) != SQLITE_OK) {
    status = heed__sql_fail(store, merging, err);
  }
  if (status == HEED_OK) {
    status = heed__sql_step(store, merging, statement, exists, err);
  }
  *stands = status == HEED_OK && *exists && sqlite3_column_int(statement, 0) == 0;
  sqlite3_finalize(statement);
  return status;
}

heed_status heed_store_withdraw_id(heed_store *store, int64_t id, bool *withdrawn,
                                   heed_error *err) {
  bool exists = false;
  *withdrawn = false;
  heed_status status = heed__sql_begin(store, merging, err);
  if (status != HEED_OK) {
    return status;
  }
  bool stands = false;
  status = look_up(store, id, &exists, &stands, err);
  if (status == HEED_OK && !exists) {
    status = heed_fail(err, HEED_ERR_ARG, "'%s': there is no answer %" PRId64, store->path, id);
  }
  if (status == HEED_OK && stands) {
    status = heed__store_insert_withdrawal(store, id, heed__store_now_ms(), err);
  }
  status = heed__sql_end(store, merging, status, err);
  *withdrawn = status == HEED_OK && stands;
  return status;
}
