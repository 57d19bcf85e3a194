#include "planner/tables.h"

#include <pthread.h>

static heed_tables shared;

static void fill(void) {
  for (uint32_t n = 0; n < HEED_ROOT_TABLE_SIZE; n++) {
    shared.sqrt_log[n] = sqrt(log(n));
    shared.inverse_sqrt[n] = 1 / sqrt(n);
  }
}

const heed_tables *heed__tables(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, fill);
  return &shared;
}
