#include "reward/store_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "reward/store_sql.h"

/* ---- checksums ------------------------------------------------------------------------------ */

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
int64_t heed__store_row_checksum(const heed__store_row *r) {
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
  if (r->kind != 0 || r->tie != 0 || r->grades != 0) { /* rows of version 1 know nothing of these */
    hash = hash_integer(hash, (uint64_t)r->kind);
    hash = hash_real(hash, r->tie);
    hash = hash_integer(hash, (uint64_t)r->grades);
  }
  return (int64_t)hash;
}

int64_t heed__store_withdrawal_checksum(int64_t answer_id, int64_t created_at) {
  return (int64_t)hash_integer(hash_integer(1, (uint64_t)answer_id), (uint64_t)created_at);
}

/* ---- options -------------------------------------------------------------------------------- */

heed_status heed__store_pack_options(const heed_store *store, const heed_query *query,
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

heed_status heed__store_read_options(const heed_store *store, const heed__store_row *r,
                                     heed_query *query, heed_error *err) {
  heed_pack_reader *reader;
  const heed_pack_value *options = NULL;
  heed_status status =
      heed_pack_open_memory(r->options, r->options_size, "options", 1, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = heed_pack_get_array(heed_pack_root(reader), "options", &options, err);
  uint32_t count = status == HEED_OK ? heed_pack_count(options) : 0;
  if (status == HEED_OK && (count < 1 || count > HEED_OPTION_MAX)) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%" PRIu32 " options, 1 to %d expected", count,
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
