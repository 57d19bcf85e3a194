/* test_reward_ensemble_step.c: the loss of a network and its gradient for every kind of feedback, and the
 * fit of how people answer. */
#include <stdlib.h>

#include "reward/ensemble_fixture.h"

/* The slope of the loss along a direction, by central differences. Outputs are floats: with a step of
 * 4e-3 their rounding, 1e-7 of some units, makes an error of some 1e-5, and the curvature of the third
 * order as much. */
static double slope_along(const ensemble *self, const ensemble_data *data, const uint32_t *list,
                          size_t count, const float *params, const double *theta,
                          const float *direction, ensemble_scratch *s) {
  const float step = 0x1p-8f;
  float *moved = malloc(self->network_size * sizeof *moved);
  assert_non_null(moved);
  double loss[2];
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < self->network_size; i++) {
      moved[i] = params[i] + (side == 0 ? -step : step) * direction[i];
    }
    loss[side] = heed__reward_loss(self, data, list, count, moved, theta, NULL, s);
  }
  free(moved);
  return (loss[1] - loss[0]) / (2 * (double)step);
}

/* Along one random direction in each layer's weights and biases, and in all at once. */
static void check_gradient(const ensemble *self, const ensemble_data *data, const uint32_t *list,
                           size_t count, heed_rng *rng) {
  size_t size = self->network_size;
  float *params = calloc(size, sizeof *params);
  float *gradient = calloc(size, sizeof *gradient);
  float *direction = calloc(size, sizeof *direction);
  double *theta = calloc(data->manner.count + 1, sizeof *theta);
  ensemble_scratch s;
  assert_true(params != NULL && gradient != NULL && direction != NULL && theta != NULL);
  assert_true(heed__reward_scratch_init(&s, self, data));
  heed__network_init(&self->network, rng, params);
  for (size_t j = 0; j < data->manner.count && theta != NULL; j++) {
    theta[j] = heed_rng_uniform(rng) - 0.5;
  }
  memset(gradient, 0xA5, size * sizeof *gradient); /* is overwritten */
  double loss = heed__reward_loss(self, data, list, count, params, theta, gradient, &s);
  assert_true(isfinite(loss) && loss > 0);
  double largest = 0;
  for (uint32_t part = 0; part <= 2 * self->network.layer_count; part++) {
    bool is_all = part == 2 * self->network.layer_count;
    heed__layer layer = heed__network_layer(&self->network, is_all ? 0 : part / 2);
    size_t begin = is_all ? 0 : part % 2 == 0 ? layer.weights : layer.bias;
    size_t end = is_all ? size : part % 2 == 0 ? layer.bias : layer.bias + layer.cols;
    double norm = sqrt((double)(end - begin));
    double slope = 0;
    memset(direction, 0, size * sizeof *direction);
    for (size_t i = begin; i < end; i++) {
      direction[i] = (float)((heed_rng_choice(rng, 2) == 0 ? -1 : 1) / norm);
      slope += (double)gradient[i] * (double)direction[i];
    }
    largest = fmax(largest, fabs(slope));
    assert_near(slope_along(self, data, list, count, params, theta, direction, &s), slope, 2e-4);
  }
  assert_true(largest > 2e-3);
  heed__reward_scratch_deinit(&s);
  free(theta);
  free(direction);
  free(gradient);
  free(params);
}

static void check_gradients_in(heed_space obs_space, const char *params) {
  heed_reward_spec spec = {.obs_space = obs_space, .action_space = fixture_action_space()};
  heed_error err = {0};
  ensemble *self = open_ensemble(params, &spec, &err);
  heed_rng rng;
  heed_rng_init(&rng, 71);
  heed_choices choices = {0};
  for (uint32_t kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    for (uint32_t i = 0; i < 5; i++) {
      add_kind(&choices, (heed_choice_kind)kind, &obs_space, i, i % 2 == 0 ? "a" : "b", &rng);
    }
  }
  float *scales = calloc(2 * (size_t)self->dense + 1, sizeof *scales);
  ensemble_data data;
  assert_non_null(scales);
  assert_int_equal(heed__reward_data_init(&data, self, &choices, scales, &err), HEED_OK);
  assert_near(data.unit, 1 / 0.8, 1e-12);
  uint32_t list[5 * HEED_CHOICE_KIND_COUNT];
  for (uint32_t kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    for (uint32_t i = 0; i < 5; i++) {
      list[i] = 5 * kind + i;
    }
    list[1] = list[0]; /* twice */
    check_gradient(self, &data, list, 5, &rng);
  }
  for (uint32_t i = 0; i < 5 * HEED_CHOICE_KIND_COUNT; i++) {
    list[i] = i;
  }
  check_gradient(self, &data, list, sizeof list / sizeof list[0], &rng);
  heed__reward_data_deinit(&data);
  heed_choices_deinit(&choices);
  free(scales);
  free(self);
}

static void gradients_are_those_of_the_loss_for_every_kind(void **state) {
  (void)state;
  check_gradients_in(fixture_obs_space(), "width=12,infer_mistakes=true");
  check_gradients_in(factors_space(), "width=9,depth=3,activation=tanh");
  check_gradients_in(box_space(), "width=17,discount=0.9");
  check_gradients_in(box_space(), "width=8,depth=1,activation=tanh");
}

/* With the rewards held fixed, Newton's method ends where the log-posterior of theta is flat: central
 * differences of the loss, times the choices, and the prior's slope. */
static void manners_are_fitted_to_the_mode(void **state) {
  (void)state;
  heed_reward_spec spec = {.obs_space = factors_space(), .action_space = fixture_action_space()};
  heed_error err = {0};
  ensemble *self = open_ensemble("width=8,infer_mistakes=true,beta_spread=0", &spec, &err);
  heed_rng rng;
  heed_rng_init(&rng, 5);
  heed_choices choices = {0};
  for (uint32_t i = 0; i < 60; i++) {
    add_kind(&choices,
             i % 3 == 0   ? HEED_COMPARISON
             : i % 3 == 1 ? HEED_RATING
                          : HEED_LABEL,
             &spec.obs_space, i / 3, i % 2 == 0 ? "a" : "b", &rng);
  }
  float scales[1];
  ensemble_data data;
  ensemble_scratch s;
  uint32_t list[60];
  double theta[32] = {0};
  double room[32 * 33];
  assert_int_equal(heed__reward_data_init(&data, self, &choices, scales, &err), HEED_OK);
  assert_true(heed__reward_scratch_init(&s, self, &data));
  float *params = calloc(self->network_size, sizeof *params);
  assert_non_null(params);
  heed__network_init(&self->network, &rng, params);
  heed__reward_values(self, &data, params, &s);
  for (uint32_t i = 0; i < 60; i++) {
    list[i] = i;
  }
  assert_true(data.manner.count >= 6 && data.manner.count <= 32);
  for (int i = 0; i < 40; i++) {
    heed__reward_manner_step(&data, list, 60, theta, room, &s);
  }
  double longest = 0;
  for (size_t j = 0; j < data.manner.count; j++) {
    const double step = 1e-4;
    double loss[2];
    longest = fmax(longest, fabs(theta[j]));
    for (int side = 0; side < 2; side++) {
      double moved[32];
      memcpy(moved, theta, sizeof moved);
      moved[j] += side == 0 ? -step : step;
      loss[side] = 60 * heed__reward_loss(self, &data, list, 60, params, moved, NULL, &s);
    }
    assert_near((loss[1] - loss[0]) / (2 * step) + theta[j], 0, 1e-5);
  }
  assert_true(longest > 0.1);
  free(params);
  heed__reward_scratch_deinit(&s);
  heed__reward_data_deinit(&data);
  heed_choices_deinit(&choices);
  free(self);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_are_those_of_the_loss_for_every_kind),
      cmocka_unit_test(manners_are_fitted_to_the_mode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
