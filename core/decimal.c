#include "core/decimal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void heed_decimal_write(double value, char text[HEED_DECIMAL_SIZE]) {
  /* Whole numbers stay whole: 3000, not 3e+03. */
  if (fabs(value) < 1e15 && value == trunc(value)) {
    (void)snprintf(text, HEED_DECIMAL_SIZE, "%.0f", value);
    return;
  }
  /* 17 digits always suffice; most numbers that people write need fewer. */
  for (int digits = 1; digits <= 17; digits++) {
    (void)snprintf(text, HEED_DECIMAL_SIZE, "%.*g", digits, value);
    if (!isfinite(value) || strtod(text, NULL) == value) {
      return;
    }
  }
}

bool heed_decimal_read(const char *text, double *value) {
  char *end;
  double number = strtod(text, &end);
  if (end == text || *end != '\0' || isspace((unsigned char)text[0]) || !isfinite(number)) {
    return false;
  }
  *value = number;
  return true;
}

bool heed_decimal_read_int(const char *text, int64_t *value) {
  char *end;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (end == text || *end != '\0' || isspace((unsigned char)text[0]) || errno == ERANGE) {
    return false;
  }
  *value = number;
  return true;
}
