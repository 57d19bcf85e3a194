/* ensemble_data.c: what the members of an ensemble train on: the different steps of all options as inputs,
 * who answers, and which questions each member sees. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/ensemble.h"

/* ---- who learns what ------------------------------------------------------------------------ */

uint32_t heed__reward_multiplicity(const ensemble *self, uint32_t m, size_t group) {
  uint64_t hash = heed_mix64(heed_mix64((uint64_t)self->params.seed, m), group);
  double u = (double)(hash >> 11) * 0x1.0p-53;
  if (!self->params.bootstrap) {
    return u < self->params.holdout ? 0 : 1;
  }
  /* A resample of n out of n takes each Poisson(1) times, for large n; by inversion. */
  double p = exp(-1);
  uint32_t k = 0;
  while (u >= p && k < ENSEMBLE_MULTIPLICITY_MAX) {
    u -= p;
    p /= ++k;
  }
  return k;
}

/* An option of a choice. */
typedef struct option_of_choice {
  uint64_t key;
  size_t choice;
} option_of_choice;

static int compare_options(const void *a, const void *b) {
  const option_of_choice *x = a;
  const option_of_choice *y = b;
  if (x->key != y->key) {
    return x->key < y->key ? -1 : 1;
  }
  return x->choice < y->choice ? -1 : x->choice > y->choice;
}

static size_t root_of(size_t *group, size_t i) {
  while (group[i] != i) {
    group[i] = group[group[i]];
    i = group[i];
  }
  return i;
}

/* Disjoint sets (Tarjan 1975), the smallest number on top. */
heed_status heed__reward_groups(const heed__steps *steps, size_t choices, size_t *group,
                                heed_error *err) {
  size_t options = steps->option_of[choices];
  option_of_choice *list = calloc(options + 1, sizeof *list);
  if (list == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options: no memory", options);
  }
  for (size_t q = 0; q < choices; q++) {
    group[q] = q;
    for (size_t i = steps->option_of[q]; i < steps->option_of[q + 1]; i++) {
      list[i] = (option_of_choice){steps->option_key[i], q};
    }
  }
  qsort(list, options, sizeof *list, compare_options);
  for (size_t i = 1; i < options; i++) {
    if (list[i].key == list[i - 1].key) {
      size_t a = root_of(group, list[i].choice);
      size_t b = root_of(group, list[i - 1].choice);
      group[a > b ? a : b] = a > b ? b : a;
    }
  }
  for (size_t q = 0; q < choices; q++) {
    group[q] = root_of(group, q);
  }
  free(list);
  return HEED_OK;
}

/* ---- what all members train on -------------------------------------------------------------- */

void heed__reward_data_deinit(ensemble_data *data) {
  heed__steps_deinit(&data->steps);
  heed__manner_deinit(&data->manner);
  free(data->numbers);
  free(data->places);
  free(data->ones);
  free(data->group);
  free(data->mean);
}

/* Means and 1 / deviations of the numbers of all different steps; 0 where all are equal. */
static void measure_scales(const ensemble *self, const heed__steps *steps, float *scales) {
  for (size_t i = 0; i < self->dense; i++) {
    double mean = 0;
    double squares = 0;
    for (size_t r = 0; r < steps->count; r++) { /* Welford 1962 */
      double x = heed__reward_number(self, &steps->items[r], i);
      double before = x - mean;
      mean += before / (double)(r + 1);
      squares += before * (x - mean);
    }
    double deviation = steps->count > 0 ? sqrt(squares / (double)steps->count) : 0;
    scales[i] = (float)mean;
    scales[self->dense + i] =
        deviation > 1e-7 * fabs(mean) && deviation > 1e-30 ? (float)(1 / deviation) : 0;
  }
}

/* 1 / beta, of the geometric mean of what the choices state. */
static double unit_of(const heed_choices *choices) {
  double sum = 0;
  double count = 0;
  for (size_t q = 0; q < choices->count; q++) {
    if (choices->items[q].chosen != HEED_CHOICE_SKIP) {
      sum += log(choices->items[q].beta);
      count++;
    }
  }
  double unit = count > 0 ? exp(-sum / count) : 1;
  return fmax(1e-12, fmin(1e12, unit));
}

heed_status heed__reward_data_init(ensemble_data *data, const ensemble *self,
                                   const heed_choices *choices, float *scales, heed_error *err) {
  heed__manner_config config = {.beta_spread = self->params.beta_spread,
                                .infers_mistakes = self->params.infer_mistakes};
  *data = (ensemble_data){.choices = choices, .stated_unit = unit_of(choices)};
  data->unit = data->stated_unit;
  heed_status status = heed__steps_init(&data->steps, choices, self->action_space, HEED__READS_ALL,
                                        self->params.discount, err);
  if (status == HEED_OK) {
    status = heed__manner_init(&data->manner, &config, choices, err);
  }
  size_t n = data->steps.count + 1;
  data->group = calloc(choices->count + 1, sizeof *data->group);
  data->numbers = calloc(n, (self->dense + 1) * sizeof *data->numbers);
  data->places = calloc(n, ((size_t)self->active_max + 1) * sizeof *data->places);
  data->ones = calloc(n, sizeof *data->ones);
  if (status == HEED_OK && (data->group == NULL || data->numbers == NULL || data->places == NULL ||
                            data->ones == NULL)) {
    status = heed_fail(err, HEED_ERR_NOMEM, "%zu different steps: no memory", n - 1);
  }
  if (status == HEED_OK) {
    status = heed__reward_groups(&data->steps, choices->count, data->group, err);
  }
  if (status == HEED_OK) {
    assert(data->numbers != NULL && data->places != NULL && data->ones != NULL);
    measure_scales(self, &data->steps, scales);
    for (size_t i = 0; i + 1 < n; i++) {
      data->ones[i] =
          heed__reward_inputs(self, scales, &data->steps.items[i], data->numbers + i * self->dense,
                              data->places + i * self->active_max);
    }
    status = heed__reward_groups_measure(self, scales, data, err);
  }
  return status;
}
