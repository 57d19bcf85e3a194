/* slider.h: a world of a box for tests: a bead on a rod, which a force moves and luck disturbs. Linked
 * with --wrap=heed_env_find, it is found by the names "slider" (box actions) and "slider-cells"
 * (observed as three cells that are no board, indices as actions). */
#ifndef HEED_TESTS_ENVS_SLIDER_H
#define HEED_TESTS_ENVS_SLIDER_H

#include <string.h>

#include "envs/env.h"

enum { SLIDER_STEPS = 5 };

typedef struct slider_state {
  double x, speed; /* m, m per step */
  double steps;
  double unused;
} slider_state;

static const float slider_low[] = {-10, -10};
static const float slider_high[] = {10, 10};
static const float slider_force_low[] = {-1};
static const float slider_force_high[] = {1};
static const uint16_t slider_counts[] = {21, 3, 6};

static heed_status slider_create(void *self, const void *params, heed_env_spec *spec,
                                 heed_error *err) {
  (void)self, (void)params, (void)err;
  spec->state_size = sizeof(slider_state);
  spec->obs_space = heed_space_box(2, slider_low, slider_high);
  spec->action_space = heed_space_box(1, slider_force_low, slider_force_high);
  spec->max_steps = SLIDER_STEPS;
  return HEED_OK;
}

static heed_status slider_create_cells(void *self, const void *params, heed_env_spec *spec,
                                       heed_error *err) {
  (void)slider_create(self, params, spec, err);
  spec->obs_space = (heed_space){
      .kind = HEED_SPACE_CELLS, .count = 3, .value_count = 21, .value_counts = slider_counts};
  spec->action_space = heed_space_discrete(3);
  spec->accepted_actions = 3;
  return HEED_OK;
}

static void slider_reset(const void *self, void *state, heed_rng *rng) {
  (void)self;
  slider_state *s = state;
  memset(s, 0, sizeof *s);
  s->x = heed_rng_uniform(rng);
}

static heed_outcome slider_move(slider_state *s, double force, heed_rng *rng) {
  s->speed += 0.1 * force + 0.01 * heed_rng_uniform(rng);
  s->x += s->speed;
  s->steps++;
  return (heed_outcome){.reward = -s->x * s->x, .is_truncated = s->steps == SLIDER_STEPS};
}

static heed_outcome slider_step(const void *self, void *state, heed_action action, heed_rng *rng) {
  (void)self;
  return slider_move(state, (double)action.value[0], rng);
}

static heed_outcome slider_step_cells(const void *self, void *state, heed_action action,
                                      heed_rng *rng) {
  (void)self;
  return slider_move(state, action.index - 1, rng);
}

static void slider_observe(const void *self, const void *state, void *obs) {
  (void)self;
  const slider_state *s = state;
  ((float *)obs)[0] = (float)s->x;
  ((float *)obs)[1] = (float)s->speed;
}

static void slider_observe_cells(const void *self, const void *state, void *obs) {
  (void)self;
  const slider_state *s = state;
  ((uint8_t *)obs)[0] = (uint8_t)(10 + (int)s->x);
  ((uint8_t *)obs)[1] = s->speed > 0 ? 2 : 0;
  ((uint8_t *)obs)[2] = (uint8_t)s->steps;
}

static double slider_performance(const void *self, const void *state) {
  (void)self;
  return -((const slider_state *)state)->x;
}

static void slider_depict(const void *self, const void *obs, heed_picture *picture) {
  (void)self;
  float x = ((const float *)obs)[0];
  heed_picture_clear(picture, 8, 2);
  heed_picture_line(picture, 0, 1, 8, 1, 0.1f, 0x444444);
  heed_picture_circle(picture, 4 + x, 1, 0.5f, 0xb03030);
}

static const heed_env_ops slider_ops = {
    .name = "slider",
    .create = slider_create,
    .reset = slider_reset,
    .step = slider_step,
    .observe = slider_observe,
    .performance = slider_performance,
    .depict = slider_depict,
};

static const heed_env_ops slider_cells_ops = {
    .name = "slider-cells",
    .create = slider_create_cells,
    .reset = slider_reset,
    .step = slider_step_cells,
    .observe = slider_observe_cells,
    .performance = slider_performance,
};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*,readability-identifier-naming): the linker's
 * names */
const heed_env_ops *__real_heed_env_find(const char *name);
const heed_env_ops *__wrap_heed_env_find(const char *name);

const heed_env_ops *__wrap_heed_env_find(const char *name) {
  if (strcmp(name, slider_ops.name) == 0) {
    return &slider_ops;
  }
  return strcmp(name, slider_cells_ops.name) == 0 ? &slider_cells_ops : __real_heed_env_find(name);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*,readability-identifier-naming) */

#endif
