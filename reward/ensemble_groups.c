/* ensemble_groups.c: how much of a say each input has before anything is learned.
 *
 * Inputs come in groups: numbers, values of cells, what they were, changes, actions. A group has its share,
 * however many inputs it has and however few of them ever differ: of a board on which one cell moves, that cell
 * counts, not the walls. What changes means anywhere on a board has most of it, as in linear.c: what was learned
 * in one place holds in another until people say otherwise. */
#include <math.h>
#include <stdlib.h>

#include "reward/ensemble.h"

/* Only the ratios count. */
static const double shares[ENSEMBLE_GROUPS] = {1, 0.05, 0.05, 1, 0.02};
/* What of a group differs in what was shown counts at least as so much: it did not stay by luck alone. */
static const double variance_least = 0.1;

/* Adds the ones of a step, and their squares, to the sums of their places; a place counts as often as it comes
 * up. times[sparse] is 0, before and after. */
static void add_ones(const uint32_t *places, uint32_t ones, double weight, double *times,
                     double *sum, double *squares) {
  for (uint32_t k = 0; k < ones; k++) {
    times[places[k]]++;
  }
  for (uint32_t k = 0; k < ones; k++) {
    double x = times[places[k]];
    times[places[k]] = 0;
    sum[places[k]] += weight * x;
    squares[places[k]] += weight * x * x;
  }
}

/* variance[inputs] of each input over the steps that were shown, and mean[inputs]; times[sparse] is scratch. All
 * are zeroed. */
static void measure(const ensemble *self, const ensemble_data *data, const float *scales,
                    double *mean, double *variance, double *times) {
  double total = 0;
  for (size_t i = 0; i < data->steps.count; i++) {
    add_ones(data->places + i * self->active_max, data->ones[i], data->steps.occurrences[i], times,
             mean + self->dense, variance + self->dense);
    total += data->steps.occurrences[i];
  }
  for (size_t j = self->dense; j < self->inputs && total > 0; j++) {
    mean[j] /= total;
    variance[j] = fmax(0, variance[j] / total - mean[j] * mean[j]);
  }
  for (size_t i = 0; i < self->dense; i++) { /* scaled, or always the same */
    variance[i] = scales[self->dense + i] > 0 ? 1 : 0;
  }
}

heed_status heed__reward_groups_measure(const ensemble *self, const float *scales,
                                        ensemble_data *data, heed_error *err) {
  double *variance = calloc(3 * (size_t)self->inputs + 1, sizeof *variance);
  data->mean = calloc((size_t)self->inputs + 1, sizeof *data->mean);
  if (variance == NULL || data->mean == NULL) {
    free(variance);
    return heed_fail(err, HEED_ERR_NOMEM, "%u inputs: no memory", (unsigned)self->inputs);
  }
  double all = 0;
  for (size_t g = 0; g < ENSEMBLE_GROUPS; g++) {
    all += self->groups[g] > 0 ? shares[g] : 0;
  }
  measure(self, data, scales, data->mean, variance, variance + self->inputs);
  size_t j = 0;
  for (size_t g = 0; g < ENSEMBLE_GROUPS; g++) {
    double sum = 0;
    for (size_t end = j + self->groups[g]; j < end; j++) {
      sum += variance[j];
    }
    data->deviation[g] = sqrt(shares[g] / all / fmax(sum, variance_least));
  }
  free(variance);
  return HEED_OK;
}
