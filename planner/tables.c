#include "planner/tables.h"

#include <pthread.h>

static heed_tables shared;

static void fill(void) {
  for (uint32_t n = 0; n < HEED_LOG_TABLE_SIZE; n++) {
    shared.log[n] = log(n);
  }
}

const heed_tables *heed__tables(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, fill);
  return &shared;
}
