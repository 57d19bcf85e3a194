/* study.h: what programs that measure models and searches over many seeds have in common. */
#ifndef HEED_BENCH_STUDY_H
#define HEED_BENCH_STUDY_H

#include <stdint.h>

#include "cli/options.h"
#include "core/progress.h"
#include "core/status.h"

/* The option --threads of a study, into settings.threads. */
#define HEED__OPTION_THREADS(settings)                                                         \
  {                                                                                            \
    "threads", 't', HEED__OPTION_COUNT, offsetof(settings, threads), NULL, 1, 1024, NULL, "N", \
        "Threads; as many as there are if it is not given"                                     \
  }

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
  uint32_t threads;                   /* 0: as many as there are */
  const heed_progress_sink *progress; /* may be NULL */
  uint64_t done, total; /* `done` grows by one with each index; both are what the sink is told */
} heed__study;

/* Does it all, whatever fails; returns the first failure by index, so that threads change nothing. */
heed_status heed__study_run(heed__study *study, heed_error *err);

/* Before the work begins: can what comes of it be written to paths[count] (NULL: not wanted)? Errors:
 * HEED_ERR_IO. */
heed_status heed__study_check_outputs(const char *const *paths, size_t count, heed_error *err);

#endif
