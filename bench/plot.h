/* plot.h: curves over a logarithmic axis, in panels beside and below each other, as SVG. */
#ifndef HEED_BENCH_PLOT_H
#define HEED_BENCH_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

enum { HEED__PLOT_POINTS = 16, HEED__PLOT_CURVES = 24 };

typedef struct heed__curve {
  const char *name;
  double shares[HEED__PLOT_POINTS]; /* drawn as per cent */
  size_t count;                     /* of them; the last one holds from there on */
} heed__curve;

typedef struct heed__plot_panel {
  const char *title;
  heed__curve curves[HEED__PLOT_CURVES];
  size_t count;
  bool is_log;              /* shares from 1e-6 to 1 by their logarithm; else from 0 to 1 */
  double aim_low, aim_high; /* what is aimed at, shaded; both 0: nothing */
} heed__plot_panel;

typedef struct heed__plot {
  const heed__plot_panel *panels; /* borrowed, [count]; all with the same curves */
  size_t count, across;           /* in all, beside each other */
  const uint32_t
      *marks; /* borrowed, [mark_count], >= 2, rising: where the points of a curve stand */
  size_t mark_count, mark_step; /* every mark_step-th is labelled */
} heed__plot;

/* Errors: HEED_ERR_NOMEM, HEED_ERR_IO. */
heed_status heed__plot_write(const heed__plot *plot, const char *path, heed_error *err);

#endif
