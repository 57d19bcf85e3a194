/* linear_fixture.h: linear rewards of small boards, and answers for planted weights. */
#ifndef HEED_TESTS_REWARD_LINEAR_FIXTURE_H
#define HEED_TESTS_REWARD_LINEAR_FIXTURE_H

#include "reward/features.h"
#include "reward/fixture.h"
#include "reward/reward.h"

enum {
  CHANGES_END = 1 + FIXTURE_VALUES * FIXTURE_VALUES,
  FEATURES = CHANGES_END + FIXTURE_CELLS * FIXTURE_VALUES * FIXTURE_ACTIONS
};

static inline heed_reward *create(const char *params) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_create("linear", params, &obs_space, &action_space, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

/* Answers by the likelihood of choice.h for planted weights, through Gumbel noise. */
static inline int32_t answer(const heed_query *query, const double *weights, heed_rng *rng) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  double best = -HUGE_VAL;
  int32_t chosen = 0;
  for (uint32_t i = 0; i < query->option_count; i++) {
    double utility = -log(-log(heed_rng_uniform(rng) + 0x1p-54));
    for (uint32_t t = 0; t < query->options[i].steps; t++) {
      heed_step step = heed_segment_step(&query->options[i], t);
      utility += heed_features_dot(&obs_space, &action_space, &step, weights);
    }
    if (utility > best) {
      best = utility;
      chosen = (int32_t)i;
    }
  }
  return chosen;
}

static inline void ask(heed_choices *choices, size_t count, uint32_t steps, const double *weights,
                       heed_rng *rng) {
  for (size_t q = 0; q < count; q++) {
    heed_choice choice = fixture_choice(2 + (uint32_t)(q % 3), steps, rng);
    choice.chosen = answer(&choice.query, weights, rng);
    assert_int_equal(heed_choices_append(choices, &choice, NULL), HEED_OK);
  }
}

static inline void learn(heed_reward *model, const heed_choices *choices,
                         heed_reward_report *report) {
  heed_error err = {0};
  if (heed_reward_learn(model, choices, NULL, report, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
}

static inline void score_one(const heed_reward *model, const heed_step *step,
                             const void *hypothesis, double *mean, double *spread) {
  double workspace[2 * FEATURES];
  assert_true(heed_reward_workspace_size(model, 1) <= sizeof workspace);
  heed_reward_score(model, step, 1, hypothesis, mean, spread, workspace);
}

#endif
