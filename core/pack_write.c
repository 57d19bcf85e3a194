#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <msgpack.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/file.h"
#include "core/pack_internal.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "blobs and headers are written as they lie");

typedef struct level { /* a map or an array that is being filled */
  uint64_t left;       /* items still to come; a map counts its keys as well */
  bool is_map;
} level;

struct heed_pack_writer {
  msgpack_sbuffer body;
  msgpack_packer packer;
  heed_error failure; /* the first one */
  level levels[HEED_PACK_DEPTH_MAX];
  uint32_t depth;  /* levels that are open */
  uint32_t values; /* written so far, keys included */
  char key[48];    /* the last key, for messages; cut at its room */
};

typedef enum item_role { ROLE_KEY, ROLE_VALUE, ROLE_MAP } item_role;

heed_status heed_pack_writer_create(heed_pack_writer **out, heed_error *err) {
  heed_pack_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "writer: no memory");
  }
  msgpack_sbuffer_init(&writer->body);
  msgpack_packer_init(&writer->packer, &writer->body, msgpack_sbuffer_write);
  *out = writer;
  return HEED_OK;
}

void heed_pack_writer_destroy(heed_pack_writer *writer) {
  if (writer != NULL) {
    msgpack_sbuffer_destroy(&writer->body);
    free(writer);
  }
}

static bool has_failed(const heed_pack_writer *writer) {
  return writer->failure.status != HEED_OK;
}

void heed_pack_writer_fail(heed_pack_writer *writer, heed_status status, const char *format, ...) {
  if (has_failed(writer)) {
    return;
  }
  char reason[sizeof writer->failure.message];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  (void)heed_fail(&writer->failure, status, "%s", reason);
}

/* May an item of this role come next? If so it is counted, if not the writer has failed. */
static bool admit(heed_pack_writer *writer, item_role role) {
  if (has_failed(writer)) {
    return false;
  }
  const char *problem = NULL;
  if (writer->depth == 0) {
    problem = writer->values > 0 ? "value after the end"
              : role != ROLE_MAP ? "the outermost value is not a map"
                                 : NULL;
  } else {
    level *top = &writer->levels[writer->depth - 1];
    bool expects_key = top->is_map && top->left % 2 == 0;
    problem = expects_key && role != ROLE_KEY    ? "value without a key"
              : !expects_key && role == ROLE_KEY ? "key where a value is expected"
                                                 : NULL;
    top->left--;
  }
  if (problem == NULL && writer->values == HEED_PACK_VALUES_MAX) {
    problem = "too many values";
  }
  if (problem != NULL) {
    heed_pack_writer_fail(writer, HEED_ERR_ARG, "after key '%s': %s", writer->key, problem);
    return false;
  }
  writer->values++;
  return true;
}

/* Notes the result of a msgpack call, and closes the levels that are full. */
static void settle(heed_pack_writer *writer, int result) {
  if (result != 0) {
    heed_pack_writer_fail(writer, HEED_ERR_NOMEM, "body of %zu bytes: no memory",
                          writer->body.size);
    return;
  }
  while (writer->depth > 0 && writer->levels[writer->depth - 1].left == 0) {
    writer->depth--;
  }
}

/* Opens a map or an array of `items` items. */
static void descend(heed_pack_writer *writer, uint64_t items, bool is_map) {
  if (writer->depth == HEED_PACK_DEPTH_MAX) {
    heed_pack_writer_fail(writer, HEED_ERR_ARG, "after key '%s': more than %d levels", writer->key,
                          HEED_PACK_DEPTH_MAX);
    return;
  }
  writer->levels[writer->depth++] = (level){.left = items, .is_map = is_map};
}

void heed_pack_map(heed_pack_writer *writer, uint32_t count) {
  if (!admit(writer, ROLE_MAP)) {
    return;
  }
  if (count > HEED_PACK_KEYS_MAX) {
    heed_pack_writer_fail(writer, HEED_ERR_ARG,
                          "after key '%s': map of %" PRIu32 " keys, at most %d expected",
                          writer->key, count, HEED_PACK_KEYS_MAX);
    return;
  }
  descend(writer, 2 * (uint64_t)count, true);
  settle(writer, msgpack_pack_map(&writer->packer, count));
}

void heed_pack_array(heed_pack_writer *writer, uint32_t count) {
  if (admit(writer, ROLE_VALUE)) {
    descend(writer, count, false);
    settle(writer, msgpack_pack_array(&writer->packer, count));
  }
}

/* Text and blobs have 32-bit sizes. */
static bool fits(heed_pack_writer *writer, size_t size) {
  if (size > UINT32_MAX) {
    heed_pack_writer_fail(writer, HEED_ERR_ARG, "key '%s': %zu bytes, at most %" PRIu32 " expected",
                          writer->key, size, UINT32_MAX);
    return false;
  }
  return true;
}

static void write_text(heed_pack_writer *writer, const char *text) {
  size_t size = strlen(text);
  if (fits(writer, size)) {
    settle(writer, msgpack_pack_str_with_body(&writer->packer, text, size));
  }
}

void heed_pack_key(heed_pack_writer *writer, const char *key) {
  if (!admit(writer, ROLE_KEY)) {
    return;
  }
  (void)snprintf(writer->key, sizeof writer->key, "%s", key);
  for (const char *c = key; *c != '\0'; c++) {
    if (heed__is_control((unsigned char)*c)) {
      heed_pack_writer_fail(writer, HEED_ERR_ARG, "key '%s': control character", writer->key);
      return;
    }
  }
  write_text(writer, key);
}

void heed_pack_text(heed_pack_writer *writer, const char *text) {
  if (admit(writer, ROLE_VALUE)) {
    write_text(writer, text);
  }
}

void heed_pack_uint(heed_pack_writer *writer, uint64_t value) {
  if (admit(writer, ROLE_VALUE)) {
    settle(writer, msgpack_pack_uint64(&writer->packer, value));
  }
}

void heed_pack_int(heed_pack_writer *writer, int64_t value) {
  if (admit(writer, ROLE_VALUE)) {
    settle(writer, msgpack_pack_int64(&writer->packer, value));
  }
}

void heed_pack_real(heed_pack_writer *writer, double value) {
  if (!admit(writer, ROLE_VALUE)) {
    return;
  }
  if (!isfinite(value)) {
    heed_pack_writer_fail(writer, HEED_ERR_NUMERIC, "key '%s': %g, a finite number expected",
                          writer->key, value);
    return;
  }
  settle(writer, msgpack_pack_double(&writer->packer, value));
}

void heed_pack_bool(heed_pack_writer *writer, bool value) {
  if (admit(writer, ROLE_VALUE)) {
    settle(writer,
           value ? msgpack_pack_true(&writer->packer) : msgpack_pack_false(&writer->packer));
  }
}

void heed__pack_any_numbers(heed_pack_writer *writer, heed_dtype dtype, size_t rows, size_t cols,
                            const void *data) {
  assert(cols > 0);
  size_t size;
  if (__builtin_mul_overflow(rows, cols, &size) ||
      __builtin_mul_overflow(size, heed_dtype_size(dtype), &size)) {
    size = SIZE_MAX;
  }
  if (has_failed(writer) || !fits(writer, size)) {
    return;
  }
  heed_pack_map(writer, 3);
  heed_pack_key(writer, "dtype");
  heed_pack_text(writer, heed__dtype_name(dtype));
  heed_pack_key(writer, "shape");
  heed_pack_array(writer, 2);
  heed_pack_uint(writer, rows);
  heed_pack_uint(writer, cols);
  heed_pack_key(writer, "data");
  if (admit(writer, ROLE_VALUE)) {
    settle(writer, msgpack_pack_bin_with_body(&writer->packer, data, size));
  }
}

void heed_pack_numbers(heed_pack_writer *writer, heed_dtype dtype, size_t rows, size_t cols,
                       const void *data) {
  size_t count;
  if (!has_failed(writer) && !__builtin_mul_overflow(rows, cols, &count)) {
    size_t bad = heed__first_not_finite(dtype, data, count);
    if (bad < count) {
      heed_pack_writer_fail(writer, HEED_ERR_NUMERIC, "key '%s': number %zu is not finite",
                            writer->key, bad);
    }
  }
  heed__pack_any_numbers(writer, dtype, rows, cols, data);
}

uint64_t heed__pack_checksum(const void *header, size_t header_size, const void *body,
                             size_t body_size) {
  return XXH3_64bits_withSeed(body, body_size, XXH3_64bits(header, header_size));
}

/* Appends bytes to the header. */
static void append(unsigned char *header, size_t *used, const void *bytes, size_t size) {
  memcpy(header + *used, bytes, size);
  *used += size;
}

size_t heed__pack_header(unsigned char header[HEED__PACK_HEADER_MAX], const char *kind,
                         uint32_t version, const void *body, size_t size) {
  size_t length = strlen(kind);
  assert(length >= 1 && length <= HEED_PACK_KIND_MAX);
  uint32_t container_version = HEED__PACK_CONTAINER_VERSION;
  uint32_t kind_size = (uint32_t)length;
  uint64_t body_size = size;

  size_t used = 0;
  append(header, &used, HEED__PACK_MAGIC, sizeof HEED__PACK_MAGIC - 1);
  append(header, &used, &container_version, sizeof container_version);
  append(header, &used, &kind_size, sizeof kind_size);
  append(header, &used, kind, length);
  append(header, &used, &version, sizeof version);
  append(header, &used, &body_size, sizeof body_size);
  uint64_t checksum = heed__pack_checksum(header, used, body, size);
  append(header, &used, &checksum, sizeof checksum);
  return used;
}

/* Is the body one whole map? */
static heed_status check_complete(const heed_pack_writer *writer, heed_error *err) {
  if (has_failed(writer)) {
    return heed_fail(err, writer->failure.status, "%s", writer->failure.message);
  }
  if (writer->values == 0 || writer->depth > 0) {
    return heed_fail(err, HEED_ERR_ARG, "after key '%s': %" PRIu32 " open maps or arrays",
                     writer->key, writer->depth);
  }
  return HEED_OK;
}

heed_status heed_pack_save(const heed_pack_writer *writer, const char *kind, uint32_t version,
                           const char *path, heed_error *err) {
  heed_status status = check_complete(writer, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "writing '%s'", path);
  }
  unsigned char header[HEED__PACK_HEADER_MAX];
  heed__part parts[2] = {{header, 0}, {writer->body.data, writer->body.size}};
  parts[0].size = heed__pack_header(header, kind, version, writer->body.data, writer->body.size);
  return heed__file_write_parts(path, parts, 2, err);
}

heed_status heed_pack_save_memory(const heed_pack_writer *writer, const char *kind,
                                  uint32_t version, unsigned char **bytes, size_t *size,
                                  heed_error *err) {
  heed_status status = check_complete(writer, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "writing a document");
  }
  unsigned char header[HEED__PACK_HEADER_MAX];
  size_t header_size =
      heed__pack_header(header, kind, version, writer->body.data, writer->body.size);
  *size = header_size + writer->body.size;
  *bytes = malloc(*size);
  if (*bytes == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "document of %zu bytes: no memory", *size);
  }
  memcpy(*bytes, header, header_size);
  memcpy(*bytes + header_size, writer->body.data, writer->body.size);
  return HEED_OK;
}
