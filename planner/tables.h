/* tables.h: the logarithms of small whole numbers, which selection asks for in every node. Most nodes have few
 * visits, so that a short table answers nearly always; larger ones are computed, to the same bits. */
#ifndef HEED_PLANNER_TABLES_H
#define HEED_PLANNER_TABLES_H

#include <math.h>
#include <stdint.h>

enum { HEED_TABLE_SIZE = 1024, HEED_LOG_TABLE_SIZE = 1 << 14 };

typedef struct heed_tables {
  double log[HEED_LOG_TABLE_SIZE]; /* -INFINITY at 0 */
} heed_tables;

/* The one that all searches share; made by the first call, from any thread. */
const heed_tables *heed__tables(void);

static inline double heed__log(const heed_tables *tables, uint32_t n) {
  return n < HEED_LOG_TABLE_SIZE ? tables->log[n] : log(n);
}

#endif
