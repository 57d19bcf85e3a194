/* decimal.h: numbers as text, exactly.
 *
 * A real is written in the fewest significant digits that read back as the same double (whole numbers
 * below 1e15 in full), and read only if the whole text is one finite number. Both need LC_NUMERIC to be
 * "C", which it is unless a program sets it. */
#ifndef HEED_CORE_DECIMAL_H
#define HEED_CORE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Room for any double: sign, 17 digits, point, exponent, NUL. */
#define HEED_DECIMAL_SIZE 32

/* Writes `value`, which need not be finite, NUL-terminated. */
HEED_API void heed_decimal_write(double value, char text[HEED_DECIMAL_SIZE]);

/* Reads a finite real; false, and `value` unchanged, for anything else. */
HEED_API bool heed_decimal_read(const char *text, double *value);

/* Reads an integer in base 10; false, and `value` unchanged, for anything else. */
HEED_API bool heed_decimal_read_int(const char *text, int64_t *value);

#ifdef __cplusplus
}
#endif
#endif
