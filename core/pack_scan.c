/* A first pass over the bytes of a body, before anything is allocated for what they claim to hold. */
#include <inttypes.h>
#include <string.h>

#include "core/pack_internal.h"

typedef enum token_kind {
  TOKEN_SCALAR, /* `size` bytes follow */
  TOKEN_TEXT,   /* `size` bytes follow */
  TOKEN_BLOB,   /* `size` bytes follow */
  TOKEN_ARRAY,  /* `size` items follow */
  TOKEN_MAP,    /* `size` pairs follow */
  TOKEN_BAD
} token_kind;

typedef struct token {
  token_kind kind;
  uint64_t size;
} token;

typedef struct level { /* a map or an array around the present place */
  uint64_t left;       /* items still to come; a map counts its keys as well */
  bool is_map;
} level;

typedef struct scanner {
  const unsigned char *bytes;
  size_t size;
  size_t at; /* the next byte */
  uint32_t values;
  size_t blob_room;
  level levels[HEED_PACK_DEPTH_MAX];
  uint32_t depth;
  heed_error *err;
} scanner;

/* First bytes 0xc0 .. 0xdf: what follows is `size` bytes, or if size_bytes > 0 a big-endian count. */
static const struct {
  uint8_t kind, size_bytes, size;
} tokens_c0[32] = {
    {TOKEN_SCALAR, 0, 0}, /* c0 nil */
    {TOKEN_BAD, 0, 0},    /* c1 never used */
    {TOKEN_SCALAR, 0, 0}, /* c2 false */
    {TOKEN_SCALAR, 0, 0}, /* c3 true */
    {TOKEN_BLOB, 1, 0},   /* c4 bin 8 */
    {TOKEN_BLOB, 2, 0},   /* c5 bin 16 */
    {TOKEN_BLOB, 4, 0},   /* c6 bin 32 */
    {TOKEN_BAD, 0, 0},    /* c7 ext 8 */
    {TOKEN_BAD, 0, 0},    /* c8 ext 16 */
    {TOKEN_BAD, 0, 0},    /* c9 ext 32 */
    {TOKEN_SCALAR, 0, 4}, /* ca float 32 */
    {TOKEN_SCALAR, 0, 8}, /* cb float 64 */
    {TOKEN_SCALAR, 0, 1}, /* cc uint 8 */
    {TOKEN_SCALAR, 0, 2}, /* cd uint 16 */
    {TOKEN_SCALAR, 0, 4}, /* ce uint 32 */
    {TOKEN_SCALAR, 0, 8}, /* cf uint 64 */
    {TOKEN_SCALAR, 0, 1}, /* d0 int 8 */
    {TOKEN_SCALAR, 0, 2}, /* d1 int 16 */
    {TOKEN_SCALAR, 0, 4}, /* d2 int 32 */
    {TOKEN_SCALAR, 0, 8}, /* d3 int 64 */
    {TOKEN_BAD, 0, 0},    /* d4 fixext 1 */
    {TOKEN_BAD, 0, 0},    /* d5 fixext 2 */
    {TOKEN_BAD, 0, 0},    /* d6 fixext 4 */
    {TOKEN_BAD, 0, 0},    /* d7 fixext 8 */
    {TOKEN_BAD, 0, 0},    /* d8 fixext 16 */
    {TOKEN_TEXT, 1, 0},   /* d9 str 8 */
    {TOKEN_TEXT, 2, 0},   /* da str 16 */
    {TOKEN_TEXT, 4, 0},   /* db str 32 */
    {TOKEN_ARRAY, 2, 0},  /* dc array 16 */
    {TOKEN_ARRAY, 4, 0},  /* dd array 32 */
    {TOKEN_MAP, 2, 0},    /* de map 16 */
    {TOKEN_MAP, 4, 0},    /* df map 32 */
};

static size_t left(const scanner *scan) {
  return scan->size - scan->at;
}

/* Reads the head of a value: its first byte and its count. */
static token read_head(scanner *scan) {
  unsigned first = scan->bytes[scan->at++];
  if (first <= 0x7f || first >= 0xe0) {
    return (token){TOKEN_SCALAR, 0};
  }
  if (first <= 0x8f) {
    return (token){TOKEN_MAP, first & 0x0f};
  }
  if (first <= 0x9f) {
    return (token){TOKEN_ARRAY, first & 0x0f};
  }
  if (first <= 0xbf) {
    return (token){TOKEN_TEXT, first & 0x1f};
  }
  unsigned i = first - 0xc0;
  if (tokens_c0[i].size_bytes > left(scan)) {
    return (token){TOKEN_BAD, 0};
  }
  token result = {(token_kind)tokens_c0[i].kind, tokens_c0[i].size};
  for (unsigned b = 0; b < tokens_c0[i].size_bytes; b++) {
    result.size = result.size << 8 | scan->bytes[scan->at++];
  }
  return result;
}

/* Passes over the bytes of a scalar, a text or a blob. */
static heed_status skip_bytes(scanner *scan, token value, bool is_key) {
  if (value.size > left(scan)) {
    return heed_fail(scan->err, HEED_ERR_FORMAT,
                     "body offset %zu: %" PRIu64 " bytes claimed, %zu left", scan->at, value.size,
                     left(scan));
  }
  for (size_t i = 0; is_key && i < value.size; i++) {
    if (heed__is_control(scan->bytes[scan->at + i])) {
      return heed_fail(scan->err, HEED_ERR_FORMAT, "body offset %zu: control character in a key",
                       scan->at + i);
    }
  }
  if (value.kind == TOKEN_BLOB) {
    scan->blob_room += (value.size + HEED__BLOB_ALIGN - 1) / HEED__BLOB_ALIGN * HEED__BLOB_ALIGN;
  }
  scan->at += (size_t)value.size;
  return HEED_OK;
}

/* Enters a map or an array. */
static heed_status descend(scanner *scan, token value) {
  bool is_map = value.kind == TOKEN_MAP;
  uint64_t items = is_map ? 2 * value.size : value.size;
  if (items > left(scan)) {
    return heed_fail(scan->err, HEED_ERR_FORMAT,
                     "body offset %zu: %s of %" PRIu64 " claimed, %zu bytes left", scan->at,
                     is_map ? "map" : "array", value.size, left(scan));
  }
  if (is_map && value.size > HEED_PACK_KEYS_MAX) {
    return heed_fail(scan->err, HEED_ERR_FORMAT,
                     "body offset %zu: map of %" PRIu64 " keys, at most %d expected", scan->at,
                     value.size, HEED_PACK_KEYS_MAX);
  }
  if (scan->depth == HEED_PACK_DEPTH_MAX) {
    return heed_fail(scan->err, HEED_ERR_FORMAT, "body offset %zu: more than %d levels", scan->at,
                     HEED_PACK_DEPTH_MAX);
  }
  scan->levels[scan->depth++] = (level){.left = items, .is_map = is_map};
  return HEED_OK;
}

/* Checks one key or value; what is inside a map or an array comes with later calls. */
static heed_status scan_one(scanner *scan) {
  if (left(scan) == 0) {
    return heed_fail(scan->err, HEED_ERR_FORMAT, "body offset %zu: value expected at the end",
                     scan->at);
  }
  if (scan->values++ == HEED_PACK_VALUES_MAX) {
    return heed_fail(scan->err, HEED_ERR_FORMAT, "body offset %zu: more than %u values", scan->at,
                     HEED_PACK_VALUES_MAX);
  }
  bool is_key = false;
  if (scan->depth > 0) {
    level *top = &scan->levels[scan->depth - 1];
    is_key = top->is_map && top->left % 2 == 0;
    top->left--;
  }

  size_t start = scan->at;
  token value = read_head(scan);
  if (value.kind == TOKEN_BAD) {
    return heed_fail(scan->err, HEED_ERR_FORMAT,
                     "body offset %zu: no known value starts with 0x%02x", start,
                     scan->bytes[start]);
  }
  if (is_key && value.kind != TOKEN_TEXT) {
    return heed_fail(scan->err, HEED_ERR_FORMAT, "body offset %zu: key that is no text", start);
  }
  if (value.kind == TOKEN_MAP || value.kind == TOKEN_ARRAY) {
    return descend(scan, value);
  }
  return skip_bytes(scan, value, is_key);
}

heed_status heed__pack_scan(const unsigned char *body, size_t size, size_t *blob_room,
                            heed_error *err) {
  scanner scan = {.bytes = body, .size = size, .err = err};
  bool starts_with_map = size > 0 && (body[0] >> 4 == 0x8 || body[0] == 0xde || body[0] == 0xdf);
  if (!starts_with_map) {
    return heed_fail(err, HEED_ERR_FORMAT, "body offset 0: map expected");
  }
  do {
    heed_status status = scan_one(&scan);
    if (status != HEED_OK) {
      return status;
    }
    while (scan.depth > 0 && scan.levels[scan.depth - 1].left == 0) {
      scan.depth--;
    }
  } while (scan.depth > 0);
  if (left(&scan) > 0) {
    return heed_fail(err, HEED_ERR_FORMAT, "body offset %zu: %zu bytes after the end", scan.at,
                     left(&scan));
  }
  *blob_room = scan.blob_room;
  return HEED_OK;
}
