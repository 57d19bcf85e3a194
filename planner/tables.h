/* tables.h: roots that selection asks for in every node: of the logarithm of a whole number, and 1 over that of the
 * number. Where they come from a table nothing waits for a root or a quotient; larger numbers are computed, to
 * the same bits. */
#ifndef HEED_PLANNER_TABLES_H
#define HEED_PLANNER_TABLES_H

#include <math.h>
#include <stdint.h>

/* HEED_ROOT_TABLE_SIZE: as many visits as all but the longest searches make; what is read of it at a time are the few
 * entries around the visits that there are. */
enum { HEED_TABLE_SIZE = 1024, HEED_ROOT_TABLE_SIZE = 1 << 17 };

typedef struct heed_tables {
  double sqrt_log[HEED_ROOT_TABLE_SIZE];     /* NAN at 0 */
  double inverse_sqrt[HEED_ROOT_TABLE_SIZE]; /* INFINITY at 0 */
} heed_tables;

/* The one that all searches share; made by the first call, from any thread. */
const heed_tables *heed__tables(void);

/* sqrt(ln n), 1 / sqrt(n). */
static inline double heed__sqrt_log(const heed_tables *tables, uint32_t n) {
  return n < HEED_ROOT_TABLE_SIZE ? tables->sqrt_log[n] : sqrt(log(n));
}
static inline double heed__inverse_sqrt(const heed_tables *tables, uint32_t n) {
  return n < HEED_ROOT_TABLE_SIZE ? tables->inverse_sqrt[n] : 1 / sqrt(n);
}

#endif
