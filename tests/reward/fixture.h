/* fixture.h: questions about small boards, for tests of what learns from them and what stores them. */
#ifndef HEED_TESTS_REWARD_FIXTURE_H
#define HEED_TESTS_REWARD_FIXTURE_H

#include <string.h>

#include "core/near.h"
#include "core/rng.h"
#include "reward/choice.h"

/* 3 x 4 cells of 4 values, 5 actions. */
enum { FIXTURE_CELLS = 12, FIXTURE_VALUES = 4, FIXTURE_ACTIONS = 5 };

static inline heed_space fixture_obs_space(void) {
  return heed_space_board(3, 4, FIXTURE_VALUES);
}

static inline heed_space fixture_action_space(void) {
  return heed_space_discrete(FIXTURE_ACTIONS);
}

/* A segment of random cells, of which one in three changes in a step. */
static inline void fixture_segment(heed_segment *segment, uint32_t steps, heed_rng *rng) {
  assert_int_equal(heed_segment_init(segment, steps, FIXTURE_CELLS, NULL), HEED_OK);
  for (size_t i = 0; i < FIXTURE_CELLS; i++) {
    segment->obs[i] = (uint8_t)heed_rng_choice(rng, FIXTURE_VALUES);
  }
  for (size_t i = FIXTURE_CELLS; i < (steps + 1) * (size_t)FIXTURE_CELLS; i++) {
    bool is_new = heed_rng_choice(rng, 3) == 0;
    segment->obs[i] =
        is_new ? (uint8_t)heed_rng_choice(rng, FIXTURE_VALUES) : segment->obs[i - FIXTURE_CELLS];
  }
  for (size_t t = 0; t < steps; t++) {
    segment->actions[t].index = (int32_t)heed_rng_choice(rng, FIXTURE_ACTIONS);
    segment->channel[t] = heed_rng_uniform(rng);
  }
}

/* A question of `options` random segments, answered at random; the caller deinits it. */
static inline heed_choice fixture_choice(uint32_t options, uint32_t steps, heed_rng *rng) {
  heed_choice choice = {.beta = 1};
  choice.query.option_count = options;
  strcpy(choice.query.strategy, "experience");
  for (uint32_t i = 0; i < options; i++) {
    fixture_segment(&choice.query.options[i], steps, rng);
  }
  choice.chosen = (int32_t)heed_rng_choice(rng, options);
  return choice;
}

/* Are two choices the same, to the bit? */
static inline bool fixture_choices_equal(const heed_choice *a, const heed_choice *b) {
  if (a->chosen != b->chosen || a->beta != b->beta || a->mistakes != b->mistakes ||
      a->query.option_count != b->query.option_count ||
      strcmp(a->query.strategy, b->query.strategy) != 0) {
    return false;
  }
  for (uint32_t i = 0; i < a->query.option_count; i++) {
    const heed_segment *x = &a->query.options[i];
    const heed_segment *y = &b->query.options[i];
    if (x->steps != y->steps || x->obs_size != y->obs_size || x->is_terminal != y->is_terminal ||
        memcmp(x->obs, y->obs, (x->steps + 1) * (size_t)x->obs_size) != 0 ||
        memcmp(x->channel, y->channel, x->steps * sizeof *x->channel) != 0) {
      return false;
    }
    for (uint32_t t = 0; t < x->steps; t++) {
      if (x->actions[t].index != y->actions[t].index) {
        return false;
      }
    }
  }
  return true;
}

#endif
