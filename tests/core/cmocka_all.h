/* cmocka_all.h: cmocka, with what it wants included before it. */
#ifndef HEED_TESTS_CORE_CMOCKA_ALL_H
#define HEED_TESTS_CORE_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/status.h"

/* The call succeeded; prints the message of `err` otherwise. */
#define assert_ok(status, err) check_ok((status), (err), __FILE__, __LINE__)

static inline void check_ok(heed_status status, const heed_error *err, const char *file, int line) {
  if (status != HEED_OK) {
    print_error("%s: %s\n", heed_status_text(status), err->message);
    _fail(file, line);
  }
}

/* The call failed with `expected`, `err` says so, and its message holds `part`. */
#define assert_fails(status, expected, err, part) \
  check_fails((status), (expected), (err), (part), __FILE__, __LINE__)

static inline void check_fails(heed_status status, heed_status expected, const heed_error *err,
                               const char *part, const char *file, int line) {
  if (status != expected || err->status != expected || strstr(err->message, part) == NULL) {
    print_error("'%s' (%s, %s), '...%s...' (%s) expected\n", err->message, heed_status_text(status),
                heed_status_text(err->status), part, heed_status_text(expected));
    _fail(file, line);
  }
}

#endif
