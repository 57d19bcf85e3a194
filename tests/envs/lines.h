/* lines.h: lines of the recorded traces, and memory that runs out while they are read. */
#ifndef HEED_TESTS_ENVS_LINES_H
#define HEED_TESTS_ENVS_LINES_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "envs/trace.h"

#define GRIDWORLDS HEED_TEST_DATA "/gridworlds/"

/* Line `number` (from 1) of a recording. */
static inline json_t *read_line(const char *file, int number) {
  FILE *stream = fopen(file, "r");
  assert_non_null(stream);
  json_t *line = NULL;
  for (int i = 0; i < number; i++) {
    json_decref(line);
    line = json_loadf(stream, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(line);
  }
  (void)fclose(stream);
  return line;
}

/* An episode of six steps. */
static inline json_t *short_line(void) {
  return read_line(GRIDWORLDS "whisky_gold.jsonl", 1);
}

/* Allocations that Jansson may still make; negative: no limit. */
static int allocations_left;

/* For json_set_alloc_funcs. */
static inline void *scarce_malloc(size_t size) {
  if (allocations_left == 0) {
    return NULL;
  }
  allocations_left -= allocations_left > 0;
  return malloc(size);
}

#endif
