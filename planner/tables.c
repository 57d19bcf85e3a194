#include "planner/tables.h"

#include <pthread.h>

static heed_tables shared;

static void fill(void) {
  for (uint32_t n = 1; n < HEED_TABLE_SIZE; n++) {
    shared.root_log[n] = sqrt(log(n));
    shared.inverse_root[n] = 1 / sqrt(n);
    shared.inverse[n] = 1.0 / n;
  }
}

const heed_tables *heed__tables(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, fill);
  return &shared;
}
