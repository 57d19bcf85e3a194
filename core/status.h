/* status.h: what a function that can fail returns, and why it failed, in words.
 *
 * A fallible function returns a heed_status and takes a caller-owned heed_error as its last argument
 * (NULL if the reason is of no interest). The innermost failure writes the message; outer layers
 * prepend what they were doing: "loading 'boat.heed': weights: 812 bytes left, 4096 needed".
 * Only cli/ prints. Bugs are not errors: they are asserted. */
#ifndef HEED_CORE_STATUS_H
#define HEED_CORE_STATUS_H

#include "core/api.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_STATUS_MAP(X)                                \
  X(OK, "ok")                                             \
  X(ERR_ARG, "invalid argument")                          \
  X(ERR_NOMEM, "out of memory")                           \
  X(ERR_NUMERIC, "not finite, singular or not converged") \
  X(ERR_IO, "file could not be read or written")          \
  X(ERR_FORMAT, "unexpected file content")                \
  X(ERR_VERSION, "unsupported file version")              \
  X(ERR_BUSY, "in use by another process")                \
  X(ERR_STATE, "not possible in the present state")

typedef enum heed_status {
#define HEED_STATUS_ENUM(name, text) HEED_##name,
  HEED_STATUS_MAP(HEED_STATUS_ENUM)
#undef HEED_STATUS_ENUM
      HEED_STATUS_COUNT
} heed_status;

typedef struct heed_error { /* the first failure, in words; owned by the caller, never allocated */
  heed_status status;
  char message[512];
} heed_error;

/* The text of a status, e.g. "invalid argument"; static storage, never NULL. */
HEED_API const char *heed_status_text(heed_status status);

/* Records a failure in `err` (may be NULL) and returns `status`, which must not be HEED_OK. Control
 * characters become '?': a message is one line. */
HEED_API heed_status heed_fail(heed_error *err, heed_status status, const char *format, ...)
    HEED_PRINTF(3, 4);

/* Prepends "<context>: " to the message of `err` (may be NULL) and returns its status;
 * `status` is what is returned when `err` is NULL. */
HEED_API heed_status heed_fail_context(heed_error *err, heed_status status, const char *format, ...)
    HEED_PRINTF(3, 4);

/* The same, and the status becomes `status`: what was an argument to the callee is the content of a file
 * to the caller. */
HEED_API heed_status heed_fail_as(heed_error *err, heed_status status, const char *format, ...)
    HEED_PRINTF(3, 4);

/* Empties `err` (may be NULL): status HEED_OK and no message. */
HEED_API void heed_error_clear(heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
