/* store_writers.h: other processes that write to the store of a test. */
#ifndef HEED_TESTS_REWARD_STORE_WRITERS_H
#define HEED_TESTS_REWARD_STORE_WRITERS_H

#include <sys/wait.h>

#include "reward/store_fixture.h"

/* Starts a process that appends choices first .. first+n-1 on a topic, each confirmed by a byte on a pipe. */
static inline pid_t start_writer(const char *topic, size_t first, size_t n, int *confirmations) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    (void)close(ends[0]);
    heed_store *store = NULL;
    heed_error err = {0};
    if (try_open(20000, &store, &err) != HEED_OK) {
      print_error("%s\n", err.message);
      _exit(1);
    }
    for (size_t i = first; i < first + n; i++) {
      if (append(store, i, "somebody", topic, NULL) != HEED_OK || write(ends[1], "x", 1) != 1) {
        _exit(2);
      }
    }
    heed_store_close(store);
    _exit(0);
  }
  (void)close(ends[1]);
  *confirmations = ends[0];
  return child;
}

static inline size_t count_confirmations(int pipe_end) {
  size_t confirmed = 0;
  char byte;
  while (read(pipe_end, &byte, 1) == 1) {
    confirmed++;
  }
  (void)close(pipe_end);
  return confirmed;
}

#endif
