/* cart.h: a cart on a line as a dynamics model with a box of actions, and the linear-quadratic regulator that
 * drives it best, solved by the Riccati recursion. */
#ifndef HEED_TESTS_PLANNER_CART_H
#define HEED_TESTS_PLANNER_CART_H

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "planner/planner.h"

/* A cart on a line, pushed: v' = v + 0.1 a (+ noise), x' = x + 0.1 v'. */
typedef struct cart {
  double noise; /* deviation of the push of the world */
  double kick;  /* what a push to the right may cost, with probability one half */
  double edge;  /* the episode ends beyond it; 0: never */
} cart;

typedef struct cart_model {
  const cart *c;
} cart_model;

static const float low[2] = {-1000, -1000};
static const float high[2] = {1000, 1000};
static const float push_low[1] = {-1};
static const float push_high[1] = {1};
static uint64_t predictions;

static inline heed_status cart_create(void *self, const void *params, heed_dynamics_spec *spec,
                                      heed_error *err) {
  (void)err;
  *(cart_model *)self = *(const cart_model *)params;
  spec->belief_size = 2 * sizeof(float);
  spec->hypothesis_size = sizeof(double);
  return HEED_OK;
}

static inline void cart_destroy(void *self) {
  (void)self;
}

static inline void cart_begin(const void *self, const void *obs, void *belief) {
  (void)self;
  memcpy(belief, obs, 2 * sizeof(float));
}

static inline void cart_observe(const void *self, void *belief, heed_action action,
                                const void *obs) {
  (void)action;
  cart_begin(self, obs, belief);
}

static inline void cart_decode(const void *self, const void *belief, void *obs) {
  (void)self;
  memcpy(obs, belief, 2 * sizeof(float));
}

static inline void cart_draw(const void *self, heed_rng *rng, void *hypothesis) {
  (void)self;
  *(double *)hypothesis = heed_rng_choice(rng, 2) == 0 ? 1 : -1;
}

static inline void cart_predict(const void *self, heed_prediction *batch, size_t count,
                                void *workspace) {
  const cart *c = ((const cart_model *)self)->c;
  (void)workspace;
  predictions += count;
  for (size_t i = 0; i < count; i++) {
    heed_prediction *b = &batch[i];
    const float *now = b->belief;
    float *next = b->next_belief;
    double push = (double)b->action.value[0];
    assert_true(push >= -1 && push <= 1);
    gsl_rng gsl = heed_rng_view(b->rng);
    double wind = c->noise > 0 ? gsl_ran_gaussian(&gsl, c->noise) : 0;
    double side = b->hypothesis != NULL ? *(const double *)b->hypothesis : 1;
    next[1] = (float)((double)now[1] + 0.1 * side * push + wind);
    next[0] = (float)((double)now[0] + 0.1 * (double)next[1]);
    b->reward = push;
    if (c->kick > 0 && push > 0) {
      b->reward -= heed_rng_chance(b->rng, 0.5) ? c->kick * push : 0;
    }
    b->is_terminal = c->edge > 0 && (double)next[0] > c->edge;
    b->uncertainty = b->wants_uncertainty ? fabs(push) : 0;
  }
}

static const heed_dynamics_ops cart_ops = {.name = "cart",
                                           .summary = "a cart on a line",
                                           .params_size = sizeof(cart_model),
                                           .self_size = sizeof(cart_model),
                                           .create = cart_create,
                                           .destroy = cart_destroy,
                                           .begin = cart_begin,
                                           .observe = cart_observe,
                                           .predict = cart_predict,
                                           .decode = cart_decode,
                                           .draw = cart_draw};

typedef struct parts {
  cart c;
  heed_dynamics *dynamics;
  heed_reward *effort; /* squared place, and effort */
  heed_reward *channel;
  heed_planner *planner;
} parts;

static const char *const quadratic = "formula=-next[0]*next[0]-0.1*action[0]*action[0]";

static inline heed_reward *reward_of(const char *name, const char *params) {
  heed_space obs = heed_space_box(2, low, high);
  heed_space actions = heed_space_box(1, push_low, push_high);
  heed_reward *reward = NULL;
  heed_error err = {0};
  assert_ok(heed_reward_create(name, params, &obs, &actions, &reward, &err), &err);
  return reward;
}

static inline int setup(void **state) {
  parts *p = calloc(1, sizeof *p);
  assert_non_null(p);
  heed_space obs = heed_space_box(2, low, high);
  heed_space actions = heed_space_box(1, push_low, push_high);
  cart_model model = {&p->c};
  heed_error err = {0};
  assert_ok(heed_dynamics_create_ops(&cart_ops, &model, &obs, &actions, &p->dynamics, &err), &err);
  p->effort = reward_of("formula", quadratic);
  p->channel = reward_of("channel", NULL);
  *state = p;
  return 0;
}

static inline int teardown(void **state) {
  parts *p = *state;
  heed_planner_destroy(p->planner);
  heed_dynamics_destroy(p->dynamics);
  heed_reward_destroy(p->effort);
  heed_reward_destroy(p->channel);
  free(p);
  return 0;
}

/* The first push of the regulator of `steps` steps without bounds, and what it costs from (x, v) on: with
 * state s' = A s + B a, cost x'^2 + 0.1 a^2, P the cost to go after a step. */
static inline double regulator(double x, double v, int steps, double *cost) {
  double p00 = 0;
  double p01 = 0;
  double p11 = 0;
  double gain0 = 0;
  double gain1 = 0;
  for (int t = 0; t < steps; t++) {
    double q00 = p00 + 1; /* the place after the step is paid for */
    /* A = (1 0.1; 0 1), B = (0.01, 0.1) */
    double bq0 = 0.01 * q00 + 0.1 * p01;
    double bq1 = 0.01 * p01 + 0.1 * p11;
    double bqb = bq0 * 0.01 + bq1 * 0.1 + 0.1;
    double bqa0 = bq0;
    double bqa1 = bq0 * 0.1 + bq1;
    gain0 = bqa0 / bqb;
    gain1 = bqa1 / bqb;
    double a00 = q00;
    double a01 = 0.1 * q00 + p01;
    double a11 = 0.01 * q00 + 0.2 * p01 + p11;
    p00 = a00 - bqa0 * gain0;
    p01 = a01 - bqa0 * gain1;
    p11 = a11 - bqa1 * gain1;
  }
  *cost = p00 * x * x + 2 * p01 * x * v + p11 * v * v;
  return -(gain0 * x + gain1 * v);
}

#endif
