/* coins.h: a world of luck alone, and models of it that are right or wrong by so much. Linked with
 * --wrap=heed_env_find, it is found by the names "coins" and "coins-box".
 *
 * coins       cells: a die of three sides, a fair coin, a wall. Each step tosses both anew, pays 1 for
 *             side 0, and may end the episode. Equal to a model of the same chances.
 * coins-box   a clock that goes on by 0.1 each step, and a number from [0, 1) that is drawn anew. */
#ifndef HEED_TESTS_AGENT_COINS_H
#define HEED_TESTS_AGENT_COINS_H

#include <string.h>

#include "core/cmocka_all.h"
#include "dynamics/dynamics.h"
#include "envs/env.h"

typedef struct coins_chances {
  double sides[3];
  double end;
  double reward;    /* what a model says is paid, whatever happens; the world pays 1 for side 0 */
  double clock;     /* box: what a step adds */
  double low, high; /* box: the number is from [low, high) */
} coins_chances;

/* The world. */
static const coins_chances coins_truth = {
    .sides = {0.5, 0.25, 0.25}, .end = 0.1, .clock = 0.1, .low = 0, .high = 1};

enum { COINS_CELLS = 3 };
static const uint16_t coins_counts[COINS_CELLS] = {3, 2, 2};
static const float coins_low[] = {0, 0};
static const float coins_high[] = {1000, 1};

typedef union coins_state {
  uint8_t cells[COINS_CELLS];
  float box[2];
  unsigned char bytes[16];
} coins_state;

static void coins_toss(const coins_chances *chances, uint8_t *cells, heed_rng *rng) {
  cells[0] = (uint8_t)heed_rng_categorical(rng, chances->sides, 3);
  cells[1] = (uint8_t)heed_rng_choice(rng, 2);
}

static void coins_tick(const coins_chances *chances, float *box, heed_rng *rng) {
  double width = chances->high - chances->low;
  box[0] = (float)((double)box[0] + chances->clock);
  box[1] = (float)(chances->low + width * heed_rng_uniform(rng));
}

/* ---- worlds ----------------------------------------------------------------------------------- */

static heed_status coins_create(void *self, const void *params, heed_env_spec *spec,
                                heed_error *err) {
  (void)self, (void)params, (void)err;
  spec->state_size = sizeof(coins_state);
  spec->obs_space = (heed_space){.kind = HEED_SPACE_CELLS,
                                 .count = COINS_CELLS,
                                 .value_count = 3,
                                 .value_counts = coins_counts};
  spec->action_space = heed_space_discrete(2);
  spec->accepted_actions = 2;
  return HEED_OK;
}

static heed_status coins_create_box(void *self, const void *params, heed_env_spec *spec,
                                    heed_error *err) {
  (void)coins_create(self, params, spec, err);
  spec->obs_space = heed_space_box(2, coins_low, coins_high);
  return HEED_OK;
}

static void coins_reset(const void *self, void *state, heed_rng *rng) {
  (void)self, (void)rng;
  memset(state, 0, sizeof(coins_state));
}

static heed_outcome coins_step(const void *self, void *state, heed_action action, heed_rng *rng) {
  (void)self, (void)action;
  coins_state *s = state;
  coins_toss(&coins_truth, s->cells, rng);
  return (heed_outcome){.reward = s->cells[0] == 0 ? 1 : 0,
                        .is_terminal = heed_rng_chance(rng, coins_truth.end)};
}

static heed_outcome coins_step_box(const void *self, void *state, heed_action action,
                                   heed_rng *rng) {
  (void)self, (void)action;
  coins_tick(&coins_truth, ((coins_state *)state)->box, rng);
  return (heed_outcome){0};
}

static void coins_observe(const void *self, const void *state, void *obs) {
  (void)self;
  memcpy(obs, state, COINS_CELLS);
}

static void coins_observe_box(const void *self, const void *state, void *obs) {
  (void)self;
  memcpy(obs, state, 2 * sizeof(float));
}

static double coins_performance(const void *self, const void *state) {
  (void)self, (void)state;
  return 0;
}

static const heed_env_ops coins_ops = {
    .name = "coins",
    .create = coins_create,
    .reset = coins_reset,
    .step = coins_step,
    .observe = coins_observe,
    .performance = coins_performance,
};

static const heed_env_ops coins_box_ops = {
    .name = "coins-box",
    .create = coins_create_box,
    .reset = coins_reset,
    .step = coins_step_box,
    .observe = coins_observe_box,
    .performance = coins_performance,
};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*,readability-identifier-naming): the linker's
 * names */
const heed_env_ops *__real_heed_env_find(const char *name);
const heed_env_ops *__wrap_heed_env_find(const char *name);

const heed_env_ops *__wrap_heed_env_find(const char *name) {
  if (strcmp(name, coins_ops.name) == 0) {
    return &coins_ops;
  }
  return strcmp(name, coins_box_ops.name) == 0 ? &coins_box_ops : __real_heed_env_find(name);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*,readability-identifier-naming) */

static heed_env *coins_world(const char *name) {
  heed_env *env = NULL;
  heed_error err = {0};
  assert_ok(heed_env_create(name, NULL, &env, &err), &err);
  return env;
}

/* ---- models ----------------------------------------------------------------------------------- */

typedef struct coins_model {
  coins_chances chances;
  bool is_box;
  size_t obs_size;
} coins_model;

static heed_status coins_model_create(void *self, const void *params, heed_dynamics_spec *spec,
                                      heed_error *err) {
  (void)err;
  coins_model *model = self;
  model->chances = *(const coins_chances *)params;
  model->is_box = spec->obs_space.kind == HEED_SPACE_BOX;
  model->obs_size = heed_space_size(&spec->obs_space);
  spec->belief_size = sizeof(coins_state);
  return HEED_OK;
}

static void coins_model_destroy(void *self) {
  (void)self;
}

static void coins_model_begin(const void *self, const void *obs, void *belief) {
  memset(belief, 0, sizeof(coins_state));
  memcpy(belief, obs, ((const coins_model *)self)->obs_size);
}

static void coins_model_observe(const void *self, void *belief, heed_action action,
                                const void *obs) {
  (void)action;
  coins_model_begin(self, obs, belief);
}

static void coins_model_predict(const void *self, heed_prediction *batch, size_t count,
                                void *workspace) {
  (void)workspace;
  const coins_model *model = self;
  for (size_t i = 0; i < count; i++) {
    heed_prediction *p = &batch[i];
    coins_state *next = p->next_belief;
    memcpy(next, p->belief, sizeof *next);
    if (model->is_box) {
      coins_tick(&model->chances, next->box, p->rng);
    } else {
      coins_toss(&model->chances, next->cells, p->rng);
    }
    p->reward = model->chances.reward;
    p->is_terminal = heed_rng_chance(p->rng, model->is_box ? 0 : model->chances.end);
    p->uncertainty = 0;
  }
}

static void coins_model_decode(const void *self, const void *belief, void *obs) {
  memcpy(obs, belief, ((const coins_model *)self)->obs_size);
}

static const heed_dynamics_ops coins_model_ops = {
    .name = "coins",
    .params_size = sizeof(coins_chances),
    .self_size = sizeof(coins_model),
    .create = coins_model_create,
    .destroy = coins_model_destroy,
    .begin = coins_model_begin,
    .observe = coins_model_observe,
    .predict = coins_model_predict,
    .decode = coins_model_decode,
};

static heed_dynamics *coins_model_of(const heed_env *env, coins_chances chances) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(heed_dynamics_create_ops(&coins_model_ops, &chances, &spec->obs_space,
                                     &spec->action_space, &model, &err),
            &err);
  return model;
}

#endif
