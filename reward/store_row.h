/* store_row.h: an answer of the feedback store with its question, as it goes to and comes from SQLite:
 * internal to the store. */
#ifndef HEED_REWARD_STORE_ROW_H
#define HEED_REWARD_STORE_ROW_H

#include "reward/store.h"

/* A row of `answers` with its question. Texts and options are borrowed. */
typedef struct heed__store_row {
  int64_t id;
  int64_t query_id;
  int64_t chosen;
  int64_t created_at;
  int64_t kind, grades;
  double tie;
  double beta, mistakes, seconds;
  const char *who, *topic, *model, *strategy;
  const void *options;
  size_t options_size;
} heed__store_row;

/* What the columns `checksum` must hold (store_sql.h). */
int64_t heed__store_row_checksum(const heed__store_row *r);
int64_t heed__store_withdrawal_checksum(int64_t answer_id, int64_t created_at);

/* Inside a transaction: appends the row with its question, under the next ids, which it gets. */
heed_status heed__store_insert(const heed_store *store, heed__store_row *r, heed_error *err);
/* Inside a transaction: marks answer `id` as withdrawn at that time, milliseconds since 1970. */
heed_status heed__store_insert_withdrawal(const heed_store *store, int64_t id, int64_t created_at,
                                          heed_error *err);
/* Milliseconds since 1970, UTC. */
int64_t heed__store_now_ms(void);

/* The options of a question as a packed document of kind "options"; *bytes is the caller's. */
heed_status heed__store_pack_options(const heed_store *store, const heed_query *query,
                                     unsigned char **bytes, size_t *size, heed_error *err);

/* Reads them back into `query`, whose options are the caller's, also on failure. */
heed_status heed__store_read_options(const heed_store *store, const heed__store_row *r,
                                     heed_query *query, heed_error *err);

#endif
