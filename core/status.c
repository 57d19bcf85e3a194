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

/* Messages quote names and texts from files; none of them may move a terminal's cursor. */
static void make_printable(char *text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) {
      *text = '?';
    }
  }
}

heed_status heed_fail(heed_error *err, heed_status status, const char *format, ...) {
  assert(status != HEED_OK);
  if (err != NULL) {
    va_list args;
    va_start(args, format);
    err->status = status;
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    make_printable(err->message);
  }
  return status;
}

/* Puts "<context>: " before the message. */
static void prepend(heed_error *err, const char *format, va_list args) {
  char inner[sizeof err->message];
  memcpy(inner, err->message, sizeof inner);

  int used = vsnprintf(err->message, sizeof err->message, format, args);
  make_printable(err->message);
  if (used >= 0 && (size_t)used + 2 < sizeof err->message) {
    char *tail = err->message + used;
    size_t room = sizeof err->message - (size_t)used - 2;
    memcpy(tail, ": ", 2);
    size_t kept = strnlen(inner, room - 1);
    memcpy(tail + 2, inner, kept);
    tail[2 + kept] = '\0';
  }
}

heed_status heed_fail_context(heed_error *err, heed_status status, const char *format, ...) {
  assert(status != HEED_OK);
  if (err == NULL) {
    return status;
  }
  va_list args;
  va_start(args, format);
  prepend(err, format, args);
  va_end(args);
  return err->status;
}

heed_status heed_fail_as(heed_error *err, heed_status status, const char *format, ...) {
  assert(status != HEED_OK);
  if (err != NULL) {
    va_list args;
    va_start(args, format);
    prepend(err, format, args);
    va_end(args);
    err->status = status;
  }
  return status;
}

void heed_error_clear(heed_error *err) {
  if (err != NULL) {
    err->status = HEED_OK;
    err->message[0] = '\0';
  }
}
