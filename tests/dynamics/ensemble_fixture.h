/* ensemble_fixture.h: small worlds whose laws are known, and ensembles that learned from them. */
#ifndef HEED_TESTS_DYNAMICS_ENSEMBLE_FIXTURE_H
#define HEED_TESTS_DYNAMICS_ENSEMBLE_FIXTURE_H

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/ensemble.h"

/* ---- a noisy line: x' = 0.9 x + 0.5 (2a - 1) + 0.1 + noise, reward 2 x + a, never an end -------- */

static const double line_noise = 0.2;
static const float line_low[1] = {-100};
static const float line_high[1] = {100};

static inline heed_space line_obs_space(void) {
  return heed_space_box(1, line_low, line_high);
}

static inline double line_mean(double x, int32_t action) {
  return 0.9 * x + 0.5 * (2 * action - 1) + 0.1;
}

/* A life of random actions in episodes of 20 steps that time limits end; x starts in [-1, 1]. */
static inline heed_experience *line_life_paying(size_t steps, uint64_t seed, bool pays) {
  heed_space obs_space = line_obs_space();
  heed_space action_space = heed_space_discrete(2);
  heed_experience *life = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, seed);
  gsl_rng gsl = heed_rng_view(&rng);
  assert_ok(heed_experience_create(&obs_space, &action_space, &life, &err), &err);
  float x = 0;
  for (size_t t = 0; t < steps; t++) {
    if (t % 20 == 0) {
      x = (float)(2 * heed_rng_uniform(&rng) - 1);
      assert_ok(heed_experience_begin(life, &x, &err), &err);
    }
    heed_action action = {.index = (int32_t)heed_rng_choice(&rng, 2)};
    heed_outcome outcome = {.reward = pays ? 2 * (double)x + action.index : 0,
                            .is_truncated = t % 20 == 19};
    x = (float)(line_mean((double)x, action.index) + gsl_ran_gaussian(&gsl, line_noise));
    assert_ok(heed_experience_append(life, action, &x, outcome, &err), &err);
  }
  return life;
}

static inline heed_experience *line_life(size_t steps, uint64_t seed) {
  return line_life_paying(steps, seed, true);
}

/* ---- a loaded die: cell 0 is thrown by action 1 and stays with action 0; cell 1 never changes; the
 * throw of a 2 ends the episode half of the time --------------------------------------------------- */

static const double die_odds[3] = {0.7, 0.2, 0.1};

static inline heed_experience *die_life(size_t steps, uint64_t seed) {
  heed_space obs_space = heed_space_board(1, 2, 3);
  heed_space action_space = heed_space_discrete(2);
  heed_experience *life = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, seed);
  assert_ok(heed_experience_create(&obs_space, &action_space, &life, &err), &err);
  uint8_t cells[2] = {0, 0};
  bool is_over = true;
  for (size_t t = 0; t < steps; t++) {
    if (is_over) {
      cells[1] = (uint8_t)heed_rng_choice(&rng, 3);
      assert_ok(heed_experience_begin(life, cells, &err), &err);
    }
    heed_action action = {.index = (int32_t)heed_rng_choice(&rng, 2)};
    if (action.index == 1) {
      double u = heed_rng_uniform(&rng);
      cells[0] = u < die_odds[0] ? 0 : u < die_odds[0] + die_odds[1] ? 1 : 2;
    }
    is_over = action.index == 1 && cells[0] == 2 && heed_rng_choice(&rng, 2) == 0;
    heed_outcome outcome = {.reward = 0, .is_terminal = is_over};
    assert_ok(heed_experience_append(life, action, cells, outcome, &err), &err);
  }
  return life;
}

/* ---- models ------------------------------------------------------------------------------------ */

static inline heed_dynamics *ensemble_for(const heed_experience *life, const char *params) {
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(heed_dynamics_create("ensemble", params, heed_experience_obs_space(life),
                                 heed_experience_action_space(life), &model, &err),
            &err);
  return model;
}

static inline void ensemble_learn(heed_dynamics *model, const heed_experience *life, size_t first,
                                  size_t count) {
  heed_error err = {0};
  assert_ok(heed_dynamics_learn(model, life, first, count, NULL, &err), &err);
}

static inline heed_dynamics *ensemble_taught(const heed_experience *life, const char *params) {
  heed_dynamics *model = ensemble_for(life, params);
  ensemble_learn(model, life, 0, heed_experience_count(life));
  return model;
}

/* The private data of a model. */
static inline const ensemble *ensemble_of(const heed_dynamics *model) {
  return heed__dynamics_self(model);
}

/* Predictions of the same step, count of them, from generators of their own. next_obs[count][obs size].
 * Returns the uncertainty, which is asked of the first. */
static inline double ensemble_imagine(const heed_dynamics *model, const void *obs,
                                      heed_action action, const uint64_t *hypothesis, size_t count,
                                      void *next_obs, double *rewards, bool *ends) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  size_t size = spec->belief_size;
  heed_prediction *batch = calloc(count, sizeof *batch);
  heed_rng *rngs = calloc(count, sizeof *rngs);
  unsigned char *beliefs = calloc(count + 1, size);
  void *workspace = malloc(heed_dynamics_workspace_size(model, count) + 1);
  assert_true(batch != NULL && rngs != NULL && beliefs != NULL && workspace != NULL);
  heed_dynamics_begin(model, obs, beliefs + count * size);
  for (size_t i = 0; i < count; i++) {
    heed_rng_init(&rngs[i], i);
    batch[i] = (heed_prediction){.belief = beliefs + count * size,
                                 .action = action,
                                 .hypothesis = hypothesis,
                                 .rng = &rngs[i],
                                 .wants_uncertainty = i == 0,
                                 .next_belief = beliefs + i * size};
  }
  heed_dynamics_predict(model, batch, count, workspace);
  size_t obs_size = heed_space_size(&spec->obs_space);
  for (size_t i = 0; i < count; i++) {
    heed_dynamics_decode(model, batch[i].next_belief, (unsigned char *)next_obs + i * obs_size);
    rewards[i] = batch[i].reward;
    ends[i] = batch[i].is_terminal;
  }
  double uncertainty = batch[0].uncertainty;
  free(batch);
  free(rngs);
  free(beliefs);
  free(workspace);
  return uncertainty;
}

#endif
