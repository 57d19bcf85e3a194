/* pack_internal.h: what the files behind pack.h share, and what tests and fuzz targets need to build
 * containers around bodies of their own. */
#ifndef HEED_CORE_PACK_INTERNAL_H
#define HEED_CORE_PACK_INTERNAL_H

#include "core/pack.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED__PACK_MAGIC             "heed\r\n\x1a\n"
#define HEED__PACK_CONTAINER_VERSION 1
#define HEED__PACK_HEADER_MAX        (36 + HEED_PACK_KIND_MAX) /* bytes before the body */

/* Writes the container header of body[size]; returns its bytes. */
size_t heed__pack_header(unsigned char header[HEED__PACK_HEADER_MAX], const char *kind,
                         uint32_t version, const void *body, size_t size);

/* The checksum field: XXH3-64 of the body, seeded with that of the header before the field. */
uint64_t heed__pack_checksum(const void *header, size_t header_size, const void *body,
                             size_t body_size);

/* Checks that body[size] is one map within the limits of pack.h, without allocating; on success
 * *blob_room is the room that its blobs need when each starts at a multiple of HEED__BLOB_ALIGN.
 * Errors: HEED_ERR_FORMAT, naming the offset in the body. */
#define HEED__BLOB_ALIGN 16
heed_status heed__pack_scan(const unsigned char *body, size_t size, size_t *blob_room,
                            heed_error *err);

/* heed_pack_numbers and heed_pack_get_numbers for numbers that may be infinite or NaN. */
void heed__pack_any_numbers(heed_pack_writer *writer, heed_dtype dtype, size_t rows, size_t cols,
                            const void *data);
heed_status heed__pack_get_any_numbers(const heed_pack_value *map, const char *key,
                                       heed_dtype dtype, size_t expect_rows, size_t expect_cols,
                                       size_t *rows, size_t *cols, const void **data,
                                       heed_error *err);

/* Not allowed in keys, and replaced where texts are shown: what would move a terminal's cursor. */
static inline bool heed__is_control(unsigned char c) {
  return c < 0x20 || c == 0x7f;
}

/* "u8", "f64", ... */
const char *heed__dtype_name(heed_dtype dtype);

/* The first of numbers[count] that is not finite, or count; SIZE_MAX is never returned. */
size_t heed__first_not_finite(heed_dtype dtype, const void *numbers, size_t count);

#ifdef __cplusplus
}
#endif
#endif
