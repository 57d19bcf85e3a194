/* linear_fixture.h: a small world of numbers whose laws are known, and linear models that learned from it. */
#ifndef HEED_TESTS_DYNAMICS_LINEAR_FIXTURE_H
#define HEED_TESTS_DYNAMICS_LINEAR_FIXTURE_H

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/linear.h"

/* ---- a cart: position and speed, pushed by a box of one ----------------------------------------
 *
 *   x' = x + 0.2 v    v' = 0.95 v + 0.3 u - 0.1 x + noise    reward v^2 - u, and 5 more at the end
 *
 * The end is where |x'| > 1; every 50 steps a time limit cuts off. */

static const float low[2] = {-HUGE_VALF, -50};
static const float high[2] = {HUGE_VALF, 50};
static const float push_low[1] = {-1};
static const float push_high[1] = {1};

static inline void move(const float *now, float u, double noise, float *next) {
  double x = (double)now[0];
  double v = (double)now[1];
  next[0] = (float)(x + 0.2 * v);
  next[1] = (float)(0.95 * v + 0.3 * (double)u - 0.1 * x + noise);
}

static inline bool is_over(const float *obs) {
  return fabsf(obs[0]) > 1;
}

static inline double pay(const float *now, float u, const float *next) {
  return (double)now[1] * (double)now[1] - (double)u + (is_over(next) ? 5 : 0);
}

static inline heed_experience *life_of(size_t steps, double noise, uint64_t seed) {
  heed_space obs_space = heed_space_box(2, low, high);
  heed_space action_space = heed_space_box(1, push_low, push_high);
  heed_experience *life = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, seed);
  gsl_rng gsl = heed_rng_view(&rng);
  assert_ok(heed_experience_create(&obs_space, &action_space, &life, &err), &err);
  float now[2];
  bool begins = true;
  for (size_t t = 0; t < steps; t++) {
    if (begins) {
      now[0] = (float)(1.6 * heed_rng_uniform(&rng) - 0.8);
      now[1] = (float)(heed_rng_uniform(&rng) - 0.5);
      assert_ok(heed_experience_begin(life, now, &err), &err);
    }
    heed_action action = {.value = {(float)(2 * heed_rng_uniform(&rng) - 1)}};
    float next[2];
    move(now, action.value[0], gsl_ran_gaussian(&gsl, 1) * noise, next);
    bool is_cut = t % 50 == 49;
    heed_outcome outcome = {.reward = pay(now, action.value[0], next),
                            .is_terminal = is_over(next),
                            .is_truncated = is_cut};
    assert_ok(heed_experience_append(life, action, next, outcome, &err), &err);
    memcpy(now, next, sizeof now);
    begins = outcome.is_terminal || is_cut;
  }
  return life;
}

/* ---- models ----------------------------------------------------------------------------------- */

static inline heed_dynamics *model_for(const heed_experience *life, const char *params) {
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(heed_dynamics_create("linear", params, heed_experience_obs_space(life),
                                 heed_experience_action_space(life), &model, &err),
            &err);
  return model;
}

static inline void learn(heed_dynamics *model, const heed_experience *life, size_t first,
                         size_t count) {
  heed_error err = {0};
  assert_ok(heed_dynamics_learn(model, life, first, count, NULL, &err), &err);
}

static inline heed_dynamics *taught(const heed_experience *life, const char *params) {
  heed_dynamics *model = model_for(life, params);
  learn(model, life, 0, heed_experience_count(life));
  return model;
}

typedef struct imagined {
  float next[2];
  double reward, uncertainty;
  bool is_terminal;
} imagined;

static inline imagined imagine(const heed_dynamics *model, const float *obs, heed_action action,
                               const void *hypothesis, heed_rng *rng) {
  float belief[2];
  float next[2];
  imagined out;
  assert_int_equal(heed_dynamics_spec_of(model)->belief_size, sizeof belief);
  void *workspace = malloc(heed_dynamics_workspace_size(model, 1));
  assert_non_null(workspace);
  heed_dynamics_begin(model, obs, belief);
  heed_prediction p = {.belief = belief,
                       .action = action,
                       .hypothesis = hypothesis,
                       .rng = rng,
                       .wants_uncertainty = true,
                       .next_belief = next};
  heed_dynamics_predict(model, &p, 1, workspace);
  heed_dynamics_decode(model, next, out.next);
  out.reward = p.reward;
  out.uncertainty = p.uncertainty;
  out.is_terminal = p.is_terminal;
  free(workspace);
  return out;
}

#endif
