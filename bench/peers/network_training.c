/* network_training.c: what bench/peers/pytorch_training.py does with PyTorch, done with heed: the same
 * data, first weights, batches and optimiser. Prints the time of a step and the loss on held-out data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/network.h"

enum { IN = 64, WIDTH = 256, OUT = 64, MEMBERS = 5 };
enum { ROWS = 8192, HELD = 1024, BATCH = 64, STEPS = 2000 };
static const double rate = 1e-3;

/* One member, and room for a step of it. */
typedef struct member {
  float *params, *gradient, *moments;
  heed__adam adam;
} member;

static float *room(size_t count) {
  float *block = calloc(count, sizeof *block);
  if (block == NULL) {
    exit(EXIT_FAILURE);
  }
  return block;
}

static double now_s(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Numbers in [-bound, bound): number i is a hash of first + i. */
static void fill(uint64_t first, size_t count, double bound, float *x) {
  for (size_t i = 0; i < count; i++) {
    double u = (double)(heed_mix64(0, first + i) >> 40) * 0x1p-24;
    x[i] = (float)((2 * u - 1) * bound);
  }
}

/* Smooth functions of the inputs: y = sin(x A). */
static void make_data(float *x, float *y) {
  float *a = room((size_t)IN * OUT);
  fill(0, (size_t)(ROWS + HELD) * IN, 1, x);
  fill(UINT64_C(1) << 32, (size_t)IN * OUT, 0.5, a);
  for (size_t r = 0; r < ROWS + HELD; r++) {
    for (size_t j = 0; j < OUT; j++) {
      double sum = 0;
      for (size_t i = 0; i < IN; i++) {
        sum += (double)x[r * IN + i] * (double)a[i * OUT + j];
      }
      y[r * OUT + j] = (float)sin(sum);
    }
  }
  free(a);
}

static member member_of(const heed__network *network, uint64_t m) {
  size_t size = heed__network_size(network);
  member one = {room(size), room(size), room(2 * size), heed__adam_of(rate, 0)};
  for (uint32_t l = 0; l < network->layer_count; l++) {
    heed__layer layer = heed__network_layer(network, l);
    double gain =
        l + 1 < network->layer_count ? 6 : 3; /* uniform: variance 2 / inputs, 1 / inputs */
    fill((2 + 4 * m + l) << 32, layer.bias - layer.weights, sqrt(gain / layer.rows),
         one.params + layer.weights);
  }
  return one;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

/* A step of every member on one batch. */
static void step(const heed__network *network, member *members, size_t count, const float *x,
                 const float *targets, float *y, float *trace) {
  for (size_t m = 0; m < count; m++) {
    heed__network_forward(network, members[m].params, BATCH, x, y, trace);
    for (size_t i = 0; i < (size_t)BATCH * OUT; i++) {
      y[i] = (y[i] - targets[i]) / BATCH;
    }
    heed__network_backward(network, members[m].params, BATCH, x, y, trace, members[m].gradient,
                           NULL);
    heed__adam_step(&members[m].adam, network, members[m].gradient, members[m].params,
                    members[m].moments);
  }
}

static double held_out_loss(const heed__network *network, const float *params, const float *x,
                            const float *targets) {
  float *y = room((size_t)HELD * OUT);
  float *scratch = room(heed__network_infer_size(network, HELD));
  heed__network_infer(network, params, HELD, x, y, scratch);
  double sum = 0;
  for (size_t i = 0; i < (size_t)HELD * OUT; i++) {
    double error = (double)y[i] - (double)targets[i];
    sum += error * error;
  }
  free(y);
  free(scratch);
  return sum / ((double)HELD * OUT);
}

static void train(const char *name, size_t count, const float *x, const float *targets) {
  heed__network network = heed__network_of(IN, WIDTH, 2, OUT, HEED__SWISH);
  member members[MEMBERS];
  float *y = room((size_t)BATCH * OUT);
  float *trace = room(heed__network_trace_size(&network, BATCH));
  static double times[STEPS];
  for (size_t m = 0; m < count; m++) {
    members[m] = member_of(&network, m);
  }
  for (size_t t = 0; t < STEPS; t++) {
    size_t at = t * BATCH % ROWS;
    double begin = now_s();
    step(&network, members, count, x + at * IN, targets + at * OUT, y, trace);
    times[t] = now_s() - begin;
  }
  double loss = 0;
  for (size_t m = 0; m < count; m++) {
    loss += held_out_loss(&network, members[m].params, x + (size_t)ROWS * IN,
                          targets + (size_t)ROWS * OUT) /
            (double)count;
    free(members[m].params);
    free(members[m].gradient);
    free(members[m].moments);
  }
  qsort(times, STEPS, sizeof *times, compare_doubles);
  printf("%-10s %9.1f %9.1f   %.6f\n", name, 1e6 * times[STEPS / 2], 1e6 * times[STEPS / 20], loss);
  free(y);
  free(trace);
}

int main(void) {
  float *x = room((size_t)(ROWS + HELD) * IN);
  float *y = room((size_t)(ROWS + HELD) * OUT);
  make_data(x, y);
  printf("heed, %s, one thread: microseconds a step, loss on held-out data\n",
         heed__kernel_best()->name);
  printf("              median     5 %%\n");
  train("one", 1, x, y);
  train("five", MEMBERS, x, y);
  free(x);
  free(y);
  return 0;
}
