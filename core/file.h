/* file.h: files read and written whole, with every failure named. Internal; heed_file_write, which is
 * public, is in pack.h. */
#ifndef HEED_CORE_FILE_H
#define HEED_CORE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed__part { /* a stretch of bytes, borrowed */
  const void *bytes;
  size_t size;
} heed__part;

/* Writes parts[count] one after another, as heed_file_write does. */
heed_status heed__file_write_parts(const char *path, const heed__part *parts, size_t count,
                                   heed_error *err);

/* Opens a regular file for reading; *fd is the caller's to close. Errors: HEED_ERR_IO. */
heed_status heed__file_open(const char *path, int *fd, uint64_t *size, heed_error *err);

/* Reads exactly bytes[size] from the present position. Errors: HEED_ERR_IO, also at an early end. */
heed_status heed__file_read(int fd, const char *path, void *bytes, size_t size, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
