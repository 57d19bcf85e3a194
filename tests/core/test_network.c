/* test_network.c: networks against their definition in double precision, gradients against central
 * differences of it, Adam against its closed form. */
#include "core/network.h"

#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"

enum { ROWS = 13, IN = 5, WIDTH = 19, DEPTH = 3, OUT = 7, UNITS_MAX = 32 };

/* A network with parameters, inputs and the weights of a loss, sum_ij weight_ij y_ij. */
typedef struct subject {
  heed__network network;
  size_t size;
  float *params, *gradient, *trace, *workspace;
  float x[ROWS * IN], y[ROWS * OUT], weight[ROWS * OUT], dx[ROWS * IN];
} subject;

static void *room(size_t count) {
  void *block = calloc(count + 1, sizeof(float));
  assert_non_null(block);
  return block;
}

static void subject_init(subject *s, heed__activation activation) {
  heed_rng rng;
  heed_rng_init(&rng, 5 + (uint64_t)activation);
  *s = (subject){.network = heed__network_of(IN, WIDTH, DEPTH, OUT, activation)};
  s->size = heed__network_size(&s->network);
  s->params = room(s->size);
  s->gradient = room(s->size);
  s->trace = room(heed__network_trace_size(&s->network, ROWS));
  s->workspace = room(heed__network_infer_size(&s->network, ROWS));
  heed__network_init(&s->network, &rng, s->params);
  for (size_t i = 0; i < s->size; i++) {
    s->params[i] += (float)(0.2 * heed_rng_uniform(&rng) - 0.1); /* biases too */
  }
  for (size_t i = 0; i < (size_t)ROWS * IN; i++) {
    s->x[i] = (float)(4 * heed_rng_uniform(&rng) - 2);
  }
  for (size_t i = 0; i < (size_t)ROWS * OUT; i++) {
    s->weight[i] = (float)(2 * heed_rng_uniform(&rng) - 1);
  }
}

static void subject_deinit(subject *s) {
  free(s->params);
  free(s->gradient);
  free(s->trace);
  free(s->workspace);
}

static double activation_of(heed__activation kind, double z) {
  return kind == HEED__TANH ? tanh(z) : kind == HEED__RELU ? fmax(z, 0) : z / (1 + exp(-z));
}

/* One row by the definition, with parameter `changed` moved by `by`. */
static void define(const subject *s, const double *x, size_t changed, double by, double *y) {
  double now[UNITS_MAX];
  double next[UNITS_MAX];
  size_t at = 0;
  memcpy(now, x, IN * sizeof *x);
  for (uint32_t l = 0; l < s->network.layer_count; l++) {
    size_t rows = s->network.widths[l];
    size_t cols = s->network.widths[l + 1];
    for (size_t j = 0; j < cols; j++) {
      size_t bias = at + rows * cols + j;
      next[j] = (double)s->params[bias] + (bias == changed ? by : 0);
      for (size_t i = 0; i < rows; i++) {
        size_t weight = at + i * cols + j;
        next[j] += now[i] * ((double)s->params[weight] + (weight == changed ? by : 0));
      }
      next[j] =
          l + 1 < s->network.layer_count ? activation_of(s->network.activation, next[j]) : next[j];
    }
    memcpy(now, next, cols * sizeof *now);
    at += rows * cols + cols;
  }
  assert_int_equal(at, s->size);
  memcpy(y, now, OUT * sizeof *y);
}

/* The loss, with a parameter or an input moved; SIZE_MAX: none. */
static double loss(const subject *s, size_t changed, size_t moved, double by) {
  double sum = 0;
  for (size_t r = 0; r < ROWS; r++) {
    double x[IN];
    double y[OUT];
    for (size_t i = 0; i < IN; i++) {
      x[i] = (double)s->x[r * IN + i] + (r * IN + i == moved ? by : 0);
    }
    define(s, x, changed, by, y);
    for (size_t j = 0; j < OUT; j++) {
      sum += (double)s->weight[r * OUT + j] * y[j];
    }
  }
  return sum;
}

static void for_each_activation(void (*check)(subject *s)) {
  for (int kind = HEED__TANH; kind <= HEED__SWISH; kind++) {
    subject s;
    subject_init(&s, (heed__activation)kind);
    check(&s);
    subject_deinit(&s);
  }
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void check_outputs(subject *s) {
  float y[ROWS * OUT];
  heed__network_forward(&s->network, s->params, ROWS, s->x, s->y, s->trace);
  heed__network_infer(&s->network, s->params, ROWS, s->x, y, s->workspace);
  assert_memory_equal(y, s->y, sizeof y);
  for (size_t r = 0; r < ROWS; r++) {
    double x[IN];
    double expected[OUT];
    for (size_t i = 0; i < IN; i++) {
      x[i] = (double)s->x[r * IN + i];
    }
    define(s, x, SIZE_MAX, 0, expected);
    for (size_t j = 0; j < OUT; j++) {
      assert_near((double)y[r * OUT + j], expected[j], 1e-5);
    }
  }
}

static void outputs_are_what_the_definition_says(void **state) {
  (void)state;
  for_each_activation(check_outputs);
}

static void check_rows(subject *s) {
  heed__network_infer(&s->network, s->params, ROWS, s->x, s->y, s->workspace);
  for (size_t r = 0; r < ROWS; r++) {
    float y[OUT];
    heed__network_infer(&s->network, s->params, 1, s->x + r * IN, y, s->workspace);
    assert_memory_equal(y, s->y + r * OUT, sizeof y);
  }
}

static void each_row_depends_on_its_input_alone(void **state) {
  (void)state;
  for_each_activation(check_rows);
}

/* Central differences of the definition in double precision are exact to 1e-8, but for a rectifier at
 * its corner; what is left is float rounding over ROWS * UNITS terms. */
static void check_gradients(subject *s) {
  const double h = 1e-5;
  heed__network_forward(&s->network, s->params, ROWS, s->x, s->y, s->trace);
  heed__network_backward(&s->network, s->params, ROWS, s->x, s->weight, s->trace, s->gradient,
                         s->dx);
  for (size_t i = 0; i < s->size; i++) {
    double slope = (loss(s, i, SIZE_MAX, h) - loss(s, i, SIZE_MAX, -h)) / (2 * h);
    assert_near((double)s->gradient[i], slope, 2e-5 * fmax(1, fabs(slope)));
  }
  for (size_t i = 0; i < (size_t)ROWS * IN; i++) {
    double slope = (loss(s, SIZE_MAX, i, h) - loss(s, SIZE_MAX, i, -h)) / (2 * h);
    assert_near((double)s->dx[i], slope, 2e-5 * fmax(1, fabs(slope)));
  }
}

static void gradients_are_those_of_the_definition(void **state) {
  (void)state;
  for_each_activation(check_gradients);
}

static void layers_lie_side_by_side(void **state) {
  (void)state;
  heed__network network = heed__network_of(3, 4, 2, 5, HEED__TANH);
  assert_int_equal(heed__network_size(&network), 3 * 4 + 4 + 4 * 4 + 4 + 4 * 5 + 5);
  heed__layer last = heed__network_layer(&network, 2);
  assert_int_equal(last.rows, 4);
  assert_int_equal(last.cols, 5);
  assert_int_equal(last.weights, 3 * 4 + 4 + 4 * 4 + 4);
  assert_int_equal(last.bias, last.weights + 20);
  network = heed__network_of(3, 4, 0, 5, HEED__TANH); /* no hidden layer: linear */
  assert_int_equal(heed__network_size(&network), 3 * 5 + 5);
}

/* The variance of n draws lies within 5 sqrt(2 / n) of what it should be. */
static void check_variance(heed__activation activation, uint32_t l, double expected) {
  heed__network network = heed__network_of(50, 200, 2, 100, activation);
  float *params = room(heed__network_size(&network));
  heed_rng rng;
  heed_rng_init(&rng, 3);
  heed__network_init(&network, &rng, params);
  heed__layer layer = heed__network_layer(&network, l);
  double n = (double)layer.rows * layer.cols;
  double sum = 0;
  for (size_t i = layer.weights; i < layer.bias; i++) {
    sum += (double)params[i] * (double)params[i];
  }
  assert_near(sum / n / expected, 1, 5 * sqrt(2 / n));
  for (size_t i = 0; i < layer.cols; i++) {
    assert_true(params[layer.bias + i] == 0);
  }
  free(params);
}

static void first_weights_keep_the_scale_of_signals(void **state) {
  (void)state;
  check_variance(HEED__SWISH, 0, 2.0 / 50);
  check_variance(HEED__RELU, 1, 2.0 / 200);
  check_variance(HEED__TANH, 1, 1.0 / 200);
  check_variance(HEED__RELU, 2, 1.0 / 200);
}

/* With a constant gradient g the corrected moments are g and g^2, so that each step is the learning rate
 * times g / (|g| + epsilon): Kingma and Ba 2015, section 2.1. */
static void adam_steps_by_the_learning_rate_when_gradients_stay(void **state) {
  (void)state;
  heed__network network = heed__network_of(1, 1, 0, 2, HEED__TANH);
  const float gradient[4] = {3, -0.01f, 1e-8f, 0};
  float params[4] = {1, 1, 1, 1};
  float moments[8] = {0};
  heed__adam adam = heed__adam_of(0.01, 0);
  for (int t = 1; t <= 20; t++) {
    heed__adam_step(&adam, &network, gradient, params, moments);
    assert_near((double)params[0], 1 - 0.01 * t, 1e-6 * t);
    assert_near((double)params[1], 1 + 0.01 * t, 1e-6 * t);
    assert_near((double)params[2], 1 - 0.005 * t, 1e-6 * t); /* g = epsilon: half a step */
    assert_true(params[3] == 1);
  }
}

/* Algorithm 1 in double precision, with changing gradients, and theta <- theta (1 - rate decay). */
static void adam_follows_its_paper(void **state) {
  (void)state;
  enum { SIZE = 3 * 2 + 2 };
  heed__network network = heed__network_of(3, 1, 0, 2, HEED__TANH);
  assert_int_equal(heed__network_size(&network), SIZE);
  float params[SIZE] = {1, -2, 3, -4, 5, -6, 7, -8};
  float moments[2 * SIZE] = {0};
  double p[SIZE] = {1, -2, 3, -4, 5, -6, 7, -8};
  double m[SIZE] = {0};
  double v[SIZE] = {0};
  heed__adam adam = heed__adam_of(0.02, 0.1);
  for (int t = 1; t <= 50; t++) {
    float gradient[SIZE];
    for (int i = 0; i < SIZE; i++) {
      gradient[i] = (float)sin(t * (i + 1));
      double g = (double)gradient[i];
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      double step = m[i] / (1 - pow(0.9, t)) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
      p[i] -= 0.02 * (step + (i < 6 ? 0.1 * p[i] : 0)); /* the last two are biases */
    }
    heed__adam_step(&adam, &network, gradient, params, moments);
    for (int i = 0; i < SIZE; i++) {
      assert_near((double)params[i], p[i], 2e-5);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_lie_side_by_side),
      cmocka_unit_test(first_weights_keep_the_scale_of_signals),
      cmocka_unit_test(outputs_are_what_the_definition_says),
      cmocka_unit_test(each_row_depends_on_its_input_alone),
      cmocka_unit_test(gradients_are_those_of_the_definition),
      cmocka_unit_test(adam_steps_by_the_learning_rate_when_gradients_stay),
      cmocka_unit_test(adam_follows_its_paper),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
