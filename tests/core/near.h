/* near.h: comparing doubles. cmocka's own assertion compares floats. */
#ifndef HEED_TESTS_CORE_NEAR_H
#define HEED_TESTS_CORE_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* |actual - expected| <= tolerance, absolute; prints both values otherwise. */
#define assert_near(actual, expected, tolerance) \
  near_check((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)

static inline void near_check(double actual, double expected, double tolerance, const char *what,
                              const char *file, int line) {
  if (!(fabs(actual - expected) <= tolerance)) {
    print_error("%s is %.17g, %.17g +- %g expected\n", what, actual, expected, tolerance);
    _fail(file, line);
  }
}

#endif
