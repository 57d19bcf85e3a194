/* search_plot.h: how often searches err by budget, a panel for each world, as SVG. */
#ifndef HEED_BENCH_SEARCH_PLOT_H
#define HEED_BENCH_SEARCH_PLOT_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

enum { HEED__PLOT_POINTS = 16, HEED__PLOT_CURVES = 16 };

typedef struct heed__curve {
  const char *name;
  double shares[HEED__PLOT_POINTS]; /* in 0 .. 1 */
  size_t count;                     /* of them; the last one holds from there on */
} heed__curve;

typedef struct heed__plot_panel {
  const char *title;
  heed__curve curves[HEED__PLOT_CURVES];
  size_t count;
} heed__plot_panel;

/* Draws panels[count] beside and below each other, the shares at budgets[budget_count] (>= 2, rising, drawn
 * by their logarithm). All panels have the same curves. Errors: HEED_ERR_NOMEM, HEED_ERR_IO. */
heed_status heed__plot_write(const heed__plot_panel *panels, size_t count, const uint32_t *budgets,
                             size_t budget_count, const char *path, heed_error *err);

#endif
