/* bench_network.c: networks of 64-256-256-64 beside the bare products of the same shapes by OpenBLAS:
 * forward through an ensemble, and training steps. */
#include <cblas.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "core/network.h"

enum { IN = 64, WIDTH = 256, DEPTH = 2, OUT = 64, MEMBERS = 5, ROWS_MAX = 256 };

/* MEMBERS networks, and room for a step of one of them. */
typedef struct subject {
  heed__network network;
  size_t rows, size;
  float *params; /* [MEMBERS][size] */
  float *x, *y, *trace, *gradient, *moments;
} subject;

static float *room(size_t count) {
  float *block = calloc(count, sizeof *block);
  if (block == NULL) {
    exit(EXIT_FAILURE);
  }
  return block;
}

static void subject_init(subject *s, size_t rows) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  *s = (subject){.rows = rows, .network = heed__network_of(IN, WIDTH, DEPTH, OUT, HEED__SWISH)};
  s->size = heed__network_size(&s->network);
  s->params = room(MEMBERS * s->size);
  s->x = room(rows * IN);
  s->y = room(rows * OUT);
  s->trace = room(heed__network_trace_size(&s->network, rows));
  s->gradient = room(s->size);
  s->moments = room(2 * s->size);
  for (size_t i = 0; i < MEMBERS; i++) {
    heed__network_init(&s->network, &rng, s->params + i * s->size);
  }
  for (size_t i = 0; i < rows * IN; i++) {
    s->x[i] = (float)(2 * heed_rng_uniform(&rng) - 1);
  }
}

static void subject_deinit(subject *s) {
  free(s->params);
  free(s->x);
  free(s->y);
  free(s->trace);
  free(s->gradient);
  free(s->moments);
}

/* ---- forward ---------------------------------------------------------------------------------- */

static double forward(void *context) {
  subject *s = context;
  for (size_t i = 0; i < MEMBERS; i++) {
    heed__network_infer(&s->network, s->params + i * s->size, s->rows, s->x, s->y, s->trace);
  }
  return 1;
}

/* The products of one network forward: layer by layer. */
static void multiply_forward(const subject *s, const float *params) {
  const float *x = s->x;
  float *half = s->trace;
  for (uint32_t l = 0; l < s->network.layer_count; l++) {
    heed__layer layer = heed__network_layer(&s->network, l);
    float *to = l + 1 < s->network.layer_count ? half + (l % 2) * s->rows * WIDTH : s->y;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)s->rows, (int)layer.cols,
                (int)layer.rows, 1, x, (int)layer.rows, params + layer.weights, (int)layer.cols, 0,
                to, (int)layer.cols);
    x = to;
  }
}

static double forward_products(void *context) {
  subject *s = context;
  for (size_t i = 0; i < MEMBERS; i++) {
    multiply_forward(s, s->params + i * s->size);
  }
  return 1;
}

/* ---- training --------------------------------------------------------------------------------- */

/* A step on the squared size of the outputs. */
static double train(void *context) {
  subject *s = context;
  heed__adam adam = heed__adam_of(1e-6, 0);
  heed__network_forward(&s->network, s->params, s->rows, s->x, s->y, s->trace);
  heed__network_backward(&s->network, s->params, s->rows, s->x, s->y, s->trace, s->gradient, NULL);
  heed__adam_step(&adam, &s->network, s->gradient, s->params, s->moments);
  return 1;
}

/* The products of a step: forward, gradients of the weights, and of all inputs but the first. */
static double train_products(void *context) {
  subject *s = context;
  const float *dy = s->trace + s->rows * WIDTH;
  multiply_forward(s, s->params);
  for (uint32_t l = s->network.layer_count; l-- > 0;) {
    heed__layer layer = heed__network_layer(&s->network, l);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)layer.rows, (int)layer.cols,
                (int)s->rows, 1, s->trace, (int)layer.rows, dy, (int)layer.cols, 0,
                s->gradient + layer.weights, (int)layer.cols);
    if (l > 0) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)s->rows, (int)layer.rows,
                  (int)layer.cols, 1, dy, (int)layer.cols, s->params + layer.weights,
                  (int)layer.cols, 0, s->trace, (int)layer.rows);
    }
  }
  return 1;
}

int main(int argc, char **argv) {
  openblas_set_num_threads(1);
  subject few;
  subject many;
  subject_init(&few, 64);
  subject_init(&many, ROWS_MAX);
  const heed_bench_case forwards[] = {
      {"OpenBLAS, the products alone", "batches", forward_products, NULL, &few, false},
      {"heed", "batches", forward, NULL, &few, false},
  };
  const heed_bench_case steps[] = {
      {"OpenBLAS, the products alone", "steps", train_products, NULL, &few, false},
      {"heed", "steps", train, NULL, &few, false},
  };
  const heed_bench_case large[] = {
      {"OpenBLAS, the products alone", "steps", train_products, NULL, &many, false},
      {"heed", "steps", train, NULL, &many, false},
  };
  const heed_bench_group groups[] = {
      {"networks: 5 forward, 64 rows", forwards, sizeof forwards / sizeof forwards[0], false},
      {"networks: training, 64 rows", steps, sizeof steps / sizeof steps[0], false},
      {"networks: training, 256 rows", large, sizeof large / sizeof large[0], false},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  subject_deinit(&few);
  subject_deinit(&many);
  return status;
}
