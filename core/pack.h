/* pack.h: heed's files.
 *
 *   offset  bytes  what
 *   0       8      magic "heed\r\n\x1a\n": not text, and mangled visibly by text-mode transfers
 *   8       4      format version of the container, uint32 little-endian, 1
 *   12      4      bytes of the kind, n, uint32, 1 .. 32
 *   16      n      kind, ASCII: "experience", "dynamics", "reward", ...
 *   16+n    4      format version of this kind, uint32
 *   20+n    8      bytes of the body, uint64
 *   28+n    8      XXH3-64 of the body, seeded with the XXH3-64 of all bytes before this field, uint64
 *   36+n           body: one MessagePack map with string keys, nothing after it
 *
 * Arrays of numbers are MessagePack `bin` blobs, little-endian, inside a map {"dtype", "shape", "data"}.
 * Files are written to a temporary file in the same folder, synced, renamed, and the folder synced: a
 * crash leaves the old file or the new one, never half of one.
 *
 * Input is hostile: before MessagePack decodes anything, every count is checked against the bytes that
 * are left, so that nothing is allocated that a header merely claims; the limits below hold; keys of a
 * map are text and differ; extension types and bytes after the end are errors. The writer keeps to the
 * same limits, so that what was saved can be opened. */
#ifndef HEED_CORE_PACK_H
#define HEED_CORE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/space.h"
#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_PACK_KIND_MAX   32         /* bytes of a kind */
#define HEED_PACK_DEPTH_MAX  16         /* maps and arrays inside each other */
#define HEED_PACK_KEYS_MAX   1024       /* keys of one map: they are compared pairwise */
#define HEED_PACK_VALUES_MAX (1u << 24) /* values and keys in all; numbers go into blobs */

/* ---- writing -------------------------------------------------------------------------------- */

/* Builds a body in memory. Errors are sticky (memory, unbalanced maps, numbers that are not finite) and
 * come out of heed_pack_save, so that the calls in between need no checks. */
typedef struct heed_pack_writer heed_pack_writer;

/* An empty document. Errors: HEED_ERR_NOMEM. */
HEED_API heed_status heed_pack_writer_create(heed_pack_writer **out, heed_error *err);
HEED_API void heed_pack_writer_destroy(heed_pack_writer *writer); /* accepts NULL */

/* Makes the document fail to save, for a caller that cannot go on (no memory). The first failure
 * counts. */
HEED_API void heed_pack_writer_fail(heed_pack_writer *writer, heed_status status,
                                    const char *format, ...) HEED_PRINTF(3, 4);

/* A map of `count` keys: each key is followed by one value. Keys of a map must differ and hold no
 * control characters. */
HEED_API void heed_pack_map(heed_pack_writer *writer, uint32_t count);
/* An array: `count` values follow. */
HEED_API void heed_pack_array(heed_pack_writer *writer, uint32_t count);
/* A key of a map, and single values; texts are copied. */
HEED_API void heed_pack_key(heed_pack_writer *writer, const char *key);
HEED_API void heed_pack_text(heed_pack_writer *writer, const char *text);
HEED_API void heed_pack_uint(heed_pack_writer *writer, uint64_t value);
HEED_API void heed_pack_int(heed_pack_writer *writer, int64_t value);
HEED_API void heed_pack_real(heed_pack_writer *writer, double value);
HEED_API void heed_pack_bool(heed_pack_writer *writer, bool value);

typedef enum heed_dtype {
  HEED_U8,
  HEED_U16,
  HEED_U32,
  HEED_U64,
  HEED_I32,
  HEED_F32,
  HEED_F64
} heed_dtype;
/* Bytes of one number. */
HEED_API size_t heed_dtype_size(heed_dtype dtype);

/* A typed array of rows x cols numbers in row-major order (cols = 1 for a vector; cols >= 1, at most
 * 4 GiB in all). Floats must be finite. */
HEED_API void heed_pack_numbers(heed_pack_writer *writer, heed_dtype dtype, size_t rows,
                                size_t cols, const void *data);
/* A space as a map, values and bounds included. */
HEED_API void heed_pack_space(heed_pack_writer *writer, const heed_space *space);
/* Rows of a space, data[rows][heed_space_size(space)]: cells as u8, floats as f32, indices as i32. */
HEED_API void heed_pack_rows(heed_pack_writer *writer, const heed_space *space, size_t rows,
                             const void *data);

/* Writes the file. Errors: HEED_ERR_IO (naming path and cause; the old file, if any, is untouched),
 * HEED_ERR_NOMEM, HEED_ERR_NUMERIC for a number that is not finite, HEED_ERR_ARG for a body that is not
 * one complete map within the limits. */
HEED_API heed_status heed_pack_save(const heed_pack_writer *writer, const char *kind,
                                    uint32_t version, const char *path, heed_error *err);

/* The same into memory: *bytes[*size] is the caller's, to be freed. */
HEED_API heed_status heed_pack_save_memory(const heed_pack_writer *writer, const char *kind,
                                           uint32_t version, unsigned char **bytes, size_t *size,
                                           heed_error *err);

/* Writes any bytes with the same care: temporary file, sync, rename. A path that exists must be a
 * regular file or a link to one; its permissions are kept. Errors: HEED_ERR_IO, HEED_ERR_NOMEM; the old
 * file is untouched then, unless only the last sync of the folder failed. */
HEED_API heed_status heed_file_write(const char *path, const void *bytes, size_t size,
                                     heed_error *err);

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct heed_pack_reader heed_pack_reader; /* a decoded document; owns all its values */
typedef struct heed_pack_value heed_pack_value;   /* borrowed from its reader */

/* Opens a file of the given kind, whose version must be in 1 .. newest. kind NULL: any kind, any
 * version (for `show`). Errors: HEED_ERR_IO, HEED_ERR_FORMAT (naming offset and expectation),
 * HEED_ERR_VERSION, HEED_ERR_NOMEM. */
HEED_API heed_status heed_pack_open(const char *path, const char *kind, uint32_t newest,
                                    heed_pack_reader **out, heed_error *err);
/* The same from memory (copied). */
HEED_API heed_status heed_pack_open_memory(const void *bytes, size_t size, const char *kind,
                                           uint32_t newest, heed_pack_reader **out,
                                           heed_error *err);
HEED_API void heed_pack_close(heed_pack_reader *reader);

/* What the file says it is, its version, and its outermost map; borrowed. */
HEED_API const char *heed_pack_kind(const heed_pack_reader *reader);
HEED_API uint32_t heed_pack_version(const heed_pack_reader *reader);
HEED_API const heed_pack_value *heed_pack_root(const heed_pack_reader *reader);

typedef enum heed_pack_type {
  HEED_PACK_MAP,
  HEED_PACK_ARRAY,
  HEED_PACK_TEXT,
  HEED_PACK_UINT,
  HEED_PACK_INT, /* negative */
  HEED_PACK_REAL,
  HEED_PACK_BOOL,
  HEED_PACK_BLOB,
  HEED_PACK_NIL
} heed_pack_type;
HEED_API heed_pack_type heed_pack_type_of(const heed_pack_value *value);

/* Walking: count of a map or an array (0 of anything else); value i of a map, item i of an array. */
HEED_API uint32_t heed_pack_count(const heed_pack_value *value);
HEED_API const heed_pack_value *heed_pack_item(const heed_pack_value *value, uint32_t i);
/* Key i of a map as a NUL-terminated string, borrowed. */
HEED_API const char *heed_pack_key_at(const heed_pack_value *map, uint32_t i);

/* The value of a key, or NULL; also NULL when `map` is no map. */
HEED_API const heed_pack_value *heed_pack_find(const heed_pack_value *map, const char *key);

/* Typed access by key. Errors: HEED_ERR_FORMAT naming the key, what is there and what was expected. */
HEED_API heed_status heed_pack_get_map(const heed_pack_value *map, const char *key,
                                       const heed_pack_value **out, heed_error *err);
HEED_API heed_status heed_pack_get_array(const heed_pack_value *map, const char *key,
                                         const heed_pack_value **out, heed_error *err);
/* NUL-terminated, without embedded NUL; borrowed. */
HEED_API heed_status heed_pack_get_text(const heed_pack_value *map, const char *key,
                                        const char **out, heed_error *err);
HEED_API heed_status heed_pack_get_uint(const heed_pack_value *map, const char *key, uint64_t max,
                                        uint64_t *out, heed_error *err);
/* A finite number; an integer is taken as well. */
HEED_API heed_status heed_pack_get_real(const heed_pack_value *map, const char *key, double *out,
                                        heed_error *err);
HEED_API heed_status heed_pack_get_bool(const heed_pack_value *map, const char *key, bool *out,
                                        heed_error *err);

/* A typed array: checks dtype, that data has rows * cols elements, rows and cols when the expected
 * value is not SIZE_MAX (any), and that floats are finite. `data` is borrowed, aligned to 16 bytes;
 * `rows` and `cols` may be NULL. */
HEED_API heed_status heed_pack_get_numbers(const heed_pack_value *map, const char *key,
                                           heed_dtype dtype, size_t expect_rows, size_t expect_cols,
                                           size_t *rows, size_t *cols, const void **data,
                                           heed_error *err);

/* A space, checked; owned by the caller (heed_space_deinit). */
HEED_API heed_status heed_pack_get_space(const heed_pack_value *map, const char *key,
                                         heed_space *out, heed_error *err);

/* Rows of a space, each checked to be inside it; expect_rows, `rows` and `data` as above. */
HEED_API heed_status heed_pack_get_rows(const heed_pack_value *map, const char *key,
                                        const heed_space *space, size_t expect_rows, size_t *rows,
                                        const void **data, heed_error *err);

/* Text of any scalar for people, into text[size]: numbers in as few digits as they need, text as is but
 * for control characters, which become '?'; of anything else its size in parentheses. */
HEED_API void heed_pack_to_text(const heed_pack_value *value, char *text, size_t size);

/* ---- model cards ---------------------------------------------------------------------------- */

/* What a file says about how it came to be: an ordered list of names and values, written into every
 * model file under the key "card" and printed by `heed show`. */
#define HEED_CARD_MAX 64
typedef struct heed_card_entry {
  char name[48];
  char text[208]; /* the value as text */
  double number;
  bool is_number;
} heed_card_entry;
typedef struct heed_card {
  uint32_t count;
  heed_card_entry entries[HEED_CARD_MAX];
} heed_card;

/* Sets an entry, or replaces it; names and texts are cut at their room, entries beyond the maximum are
 * asserted against. A number that is not finite becomes a text. A card always fits its file. */
HEED_API void heed_card_text(heed_card *card, const char *name, const char *format, ...)
    HEED_PRINTF(3, 4);
HEED_API void heed_card_number(heed_card *card, const char *name, double number);
HEED_API const heed_card_entry *heed_card_find(const heed_card *card, const char *name);

/* Writes the card's map as one value; reads the value of key "card" (absent: empty). */
HEED_API void heed_pack_card(heed_pack_writer *writer, const heed_card *card);
HEED_API heed_status heed_pack_get_card(const heed_pack_value *map, heed_card *card,
                                        heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
