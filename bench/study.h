/* study.h: what programs that measure models and searches over many seeds have in common. */
#ifndef HEED_BENCH_STUDY_H
#define HEED_BENCH_STUDY_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

#include "core/progress.h"
#include "core/status.h"

enum { HEED__WORDS_MAX = 32 };

/* Words with commas between. */
typedef struct heed__words {
  char *text; /* owned; words are parts of it */
  const char *words[HEED__WORDS_MAX];
  size_t count;
} heed__words;

/* Replaces the list. What is beyond HEED__WORDS_MAX is dropped. `text` NULL releases it. */
void heed__words_set(heed__words *list, const char *text);

/* The number, 1 to `max`, of option `name`; anything else ends the program as argp does. */
uint32_t heed__option_number(const char *text, const char *name, uint32_t max,
                             struct argp_state *state);

/* A mean over seeds, and half of its 95 % interval (Student's t); NAN of a single one. */
typedef struct heed__interval {
  double mean, half;
} heed__interval;
heed__interval heed__interval_of(const double *values, uint32_t count);

/* Work that is the same for `count` indices. */
typedef struct heed__study {
  heed_status (*one)(void *context, uint32_t i, heed_error *err); /* from any thread */
  void *context;
  uint32_t count;
  int threads;
  const heed_progress_sink *progress; /* may be NULL */
  uint64_t done, total; /* `done` grows by one with each index; both are what the sink is told */
} heed__study;

/* Does it all, whatever fails; returns the first failure by index, so that threads change nothing. */
heed_status heed__study_run(heed__study *study, heed_error *err);

#endif
