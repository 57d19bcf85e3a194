/* progress.h: a bar on stderr for what takes longer than a second.
 *
 *   exploring       [########............]  1,234/3,000  41,000/s  0.1 s left
 *
 * Drawn only on a terminal, and only once a second has gone by; otherwise silent. The library reports
 * through a callback, so that only cli/ decides what is shown. */
#ifndef HEED_CORE_PROGRESS_H
#define HEED_CORE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What long-running library functions take: called with work done and work in all, from one thread at
 * a time; returning false asks the work to stop early. May be NULL. */
typedef struct heed_progress_sink {
  bool (*report)(void *context, uint64_t done, uint64_t total);
  void *context;
} heed_progress_sink;

/* Reports to a sink; true when there is none. */
HEED_API bool heed_progress_report(const heed_progress_sink *sink, uint64_t done, uint64_t total);

/* A bar drawn on stderr. */
typedef struct heed_progress_bar {
  const char *title; /* borrowed */
  double start_s;    /* monotonic clock */
  double last_s;     /* of the last drawing; 0: none yet */
  bool enabled;
} heed_progress_bar;

/* Prepares a bar; `quiet` or a stderr that is no terminal disables it. */
HEED_API void heed_progress_bar_begin(heed_progress_bar *bar, const char *title, bool quiet);
/* The sink that draws it; borrowed `bar`. */
HEED_API heed_progress_sink heed_progress_bar_sink(heed_progress_bar *bar);
/* Erases it. */
HEED_API void heed_progress_bar_end(heed_progress_bar *bar);

/* The line that is drawn, padded to exactly `columns` (at most 160), into line[columns + 1]; total 0: not
 * known, no bar. For tests. */
HEED_API void heed__progress_line(char *line, size_t columns, const char *title, uint64_t done,
                                  uint64_t total, double elapsed_s);

/* Seconds of the monotonic clock. */
HEED_API double heed_clock_s(void);

#ifdef __cplusplus
}
#endif
#endif
