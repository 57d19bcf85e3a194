/* ensemble_fixture.h: spaces and choices of every kind, for tests of the ensemble of networks. */
#ifndef HEED_TESTS_REWARD_ENSEMBLE_FIXTURE_H
#define HEED_TESTS_REWARD_ENSEMBLE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "reward/ensemble.h"
#include "reward/fixture.h"

/* Cells that are no board, of three values. */
enum { FACTORS = 4 };

static inline heed_space factors_space(void) {
  return (heed_space){.kind = HEED_SPACE_CELLS, .count = FACTORS, .value_count = 3};
}

static inline heed_space box_space(void) {
  static const float low[2] = {-3, -3};
  static const float high[2] = {3, 3};
  return heed_space_box(2, low, high);
}

static inline void random_segment(heed_segment *segment, const heed_space *space, uint32_t steps,
                                  heed_rng *rng) {
  size_t size = heed_space_size(space);
  assert_int_equal(heed_segment_init(segment, steps, (uint32_t)size, NULL), HEED_OK);
  for (size_t t = 0; t <= steps; t++) {
    for (size_t i = 0; i < space->count; i++) {
      if (space->kind == HEED_SPACE_BOX) {
        float x = (float)(4 * heed_rng_uniform(rng) - 2);
        memcpy(segment->obs + t * size + i * sizeof x, &x, sizeof x);
      } else {
        segment->obs[t * size + i] = (uint8_t)heed_rng_choice(rng, heed_space_values(space, i));
      }
    }
  }
  for (size_t t = 0; t < steps; t++) {
    segment->actions[t].index = (int32_t)heed_rng_choice(rng, FIXTURE_ACTIONS);
  }
}

/* One choice of a kind; `variant` picks the answer. */
static inline void add_kind(heed_choices *choices, heed_choice_kind kind, const heed_space *space,
                            uint32_t variant, const char *who, heed_rng *rng) {
  heed_choice choice = {.beta = 0.8, .mistakes = 0.1, .kind = kind};
  bool is_single = kind == HEED_RATING || kind == HEED_LABEL;
  choice.query.option_count = is_single ? 1 : kind == HEED_OFF_SWITCH ? 2 : 3;
  for (uint32_t i = 0; i < choice.query.option_count; i++) {
    random_segment(&choice.query.options[i], space, kind == HEED_LABEL ? 1 : 2 + i, rng);
  }
  choice.tie = kind == HEED_COMPARISON || kind == HEED_LABEL ? 0.7 : 0;
  choice.grades = kind == HEED_RATING ? 5 : 0;
  uint32_t answers = kind == HEED_RATING     ? 5
                     : kind == HEED_LABEL    ? 3
                     : kind == HEED_APPROVAL ? 2
                                             : choice.query.option_count;
  bool is_equal = kind == HEED_COMPARISON && variant % 4 == 3;
  choice.chosen = is_equal ? HEED_CHOICE_EQUAL : (int32_t)(variant % answers);
  (void)snprintf(choice.who, sizeof choice.who, "%s", who);
  assert_int_equal(heed_choices_append(choices, &choice, NULL), HEED_OK);
}

/* A model's private data under some parameters, as the registry's table makes them. */
static inline ensemble *open_ensemble(const char *params, heed_reward_spec *spec, heed_error *err) {
  const heed_reward_ops *ops = heed_reward_find("ensemble");
  ensemble *self = calloc(1, ops->self_size);
  void *values = calloc(1, ops->params_size);
  assert_true(self != NULL && values != NULL);
  assert_int_equal(heed_params_parse(ops->params, ops->param_count, params, values, err), HEED_OK);
  assert_int_equal(ops->create(self, values, spec, err), HEED_OK);
  free(values);
  return self;
}

#endif
