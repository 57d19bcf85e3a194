/* tables.h: functions of small whole numbers that selection asks for in every node. Most nodes have few
 * visits, so that a short table answers nearly always; larger numbers are computed, to the same bits. */
#ifndef HEED_PLANNER_TABLES_H
#define HEED_PLANNER_TABLES_H

#include <math.h>
#include <stdint.h>

enum { HEED_TABLE_SIZE = 1024 };

typedef struct heed_tables {
  double root_log[HEED_TABLE_SIZE];     /* sqrt(ln n); 0 at 0 */
  double inverse_root[HEED_TABLE_SIZE]; /* 1 / sqrt(n); 0 at 0 */
  double inverse[HEED_TABLE_SIZE];      /* 1 / n; 0 at 0 */
} heed_tables;

/* The one that all searches share; made by the first call, from any thread. */
const heed_tables *heed__tables(void);

static inline double heed__root_log(const heed_tables *tables, uint32_t n) {
  return n < HEED_TABLE_SIZE ? tables->root_log[n] : sqrt(log(n));
}
static inline double heed__inverse_root(const heed_tables *tables, uint32_t n) {
  return n < HEED_TABLE_SIZE ? tables->inverse_root[n] : 1 / sqrt(n);
}
static inline double heed__inverse(const heed_tables *tables, uint32_t n) {
  return n < HEED_TABLE_SIZE ? tables->inverse[n] : 1.0 / n;
}

#endif
