/* risk.c: what several values of one thing are worth to who looks at the worst of them: the lowest
 * m = ceil(share count), x_1 <= ... <= x_m.
 *
 *     mean       (x_1 + ... + x_m) / m     conditional value at risk (Rockafellar and Uryasev 2000)
 *     quantile   x_m                       value at risk: the lower quantile
 *
 * Each value is an action's under a hypothesis of its own (forest.c), or a candidate's in one future
 * (trajectories.c). The whole mean is that of all values. */
#include <gsl/gsl_sort.h>
#include <math.h>

#include "planner/search.h"

double heed__worst_of(const heed_planner_config *config, double *values, uint32_t count) {
  uint32_t lowest = (uint32_t)ceil(config->cvar * count);
  if (lowest < count || config->risk == HEED_RISK_QUANTILE) {
    gsl_sort(values, 1, count);
  }
  if (config->risk == HEED_RISK_QUANTILE) {
    return values[lowest - 1];
  }
  double sum = 0;
  for (uint32_t i = 0; i < lowest; i++) {
    sum += values[i];
  }
  return sum / lowest;
}
