#include "core/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *heed_status_text(heed_status status) {
  static const char *const texts[] = {
#define HEED_STATUS_STRING(name, text) text,
      HEED_STATUS_MAP(HEED_STATUS_STRING)
#undef HEED_STATUS_STRING
  };
  if ((int)status < 0 || status >= HEED_STATUS_COUNT) {
    return "unknown status";
  }
  return texts[status];
}

heed_status heed_fail(heed_error *err, heed_status status, const char *format, ...) {
  assert(status != HEED_OK);
  if (err != NULL) {
    va_list args;
    va_start(args, format);
    err->status = status;
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
  }
  return status;
}

heed_status heed_fail_context(heed_error *err, heed_status status, const char *format, ...) {
  assert(status != HEED_OK);
  if (err == NULL) {
    return status;
  }
  char inner[sizeof err->message];
  memcpy(inner, err->message, sizeof inner);

  va_list args;
  va_start(args, format);
  int used = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  if (used >= 0 && (size_t)used < sizeof err->message) {
    (void)snprintf(err->message + used, sizeof err->message - (size_t)used, ": %s", inner);
  }
  return err->status;
}

void heed_error_clear(heed_error *err) {
  if (err != NULL) {
    err->status = HEED_OK;
    err->message[0] = '\0';
  }
}
