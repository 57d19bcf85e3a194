#include "core/network.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

heed__network heed__network_of(uint32_t inputs, uint32_t width, uint32_t depth, uint32_t outputs,
                               heed__activation activation) {
  assert(depth < HEED__NETWORK_LAYERS_MAX);
  heed__network network = {.layer_count = depth + 1, .activation = activation};
  network.widths[0] = inputs;
  for (uint32_t l = 1; l <= depth; l++) {
    network.widths[l] = width;
  }
  network.widths[depth + 1] = outputs;
  return network;
}

/* Floats of the parameters of layer l. */
static size_t layer_size(const heed__network *network, uint32_t l) {
  return ((size_t)network->widths[l] + 1) * network->widths[l + 1];
}

heed__layer heed__network_layer(const heed__network *network, uint32_t l) {
  assert(l < network->layer_count);
  heed__layer layer = {.rows = network->widths[l], .cols = network->widths[l + 1]};
  for (uint32_t i = 0; i < l; i++) {
    layer.weights += layer_size(network, i);
  }
  layer.bias = layer.weights + (size_t)layer.rows * layer.cols;
  return layer;
}

size_t heed__network_size(const heed__network *network) {
  size_t size = 0;
  for (uint32_t l = 0; l < network->layer_count; l++) {
    size += layer_size(network, l);
  }
  return size;
}

void heed__network_init(const heed__network *network, heed_rng *rng, float *params) {
  gsl_rng gsl = heed_rng_view(rng);
  for (uint32_t l = 0; l < network->layer_count; l++) {
    heed__layer layer = heed__network_layer(network, l);
    bool is_last = l + 1 == network->layer_count;
    double gain = is_last || network->activation == HEED__TANH ? 1.0 : 2.0;
    double deviation = sqrt(gain / layer.rows);
    for (size_t i = layer.weights; i < layer.bias; i++) {
      params[i] = (float)gsl_ran_gaussian_ziggurat(&gsl, deviation);
    }
    memset(params + layer.bias, 0, layer.cols * sizeof *params);
  }
}

/* ---- forward ---------------------------------------------------------------------------------- */

/* y = x W + b, and the activation if the layer is hidden. */
static void forward_layer(const heed__network *network, uint32_t l, const float *params,
                          size_t rows, const float *x, float *y, float *slope) {
  const heed__kernel *kernel = heed__kernel_best();
  heed__layer layer = heed__network_layer(network, l);
  kernel->fill(rows, layer.cols, params + layer.bias, y);
  kernel->product(rows, layer.cols, layer.rows, (heed__matrix){x, layer.rows, 1},
                  (heed__matrix){params + layer.weights, layer.cols, 1}, true, y);
  if (l + 1 < network->layer_count) {
    kernel->activate(network->activation, rows * layer.cols, y, slope);
  }
}

/* Units of the widest hidden layer. */
static size_t widest(const heed__network *network) {
  size_t width = 0;
  for (uint32_t l = 1; l < network->layer_count; l++) {
    width = network->widths[l] > width ? network->widths[l] : width;
  }
  return width;
}

size_t heed__network_infer_size(const heed__network *network, size_t rows) {
  return 2 * rows * widest(network);
}

void heed__network_infer(const heed__network *network, const float *params, size_t rows,
                         const float *x, float *y, float *workspace) {
  float *halves[2] = {workspace, workspace + rows * widest(network)};
  for (uint32_t l = 0; l < network->layer_count; l++) {
    float *to = l + 1 < network->layer_count ? halves[l % 2] : y;
    forward_layer(network, l, params, rows, x, to, NULL);
    x = to;
  }
}

/* A trace holds, for each hidden layer, units [rows][width] and slopes [rows][width]. */
size_t heed__network_trace_size(const heed__network *network, size_t rows) {
  size_t size = 0;
  for (uint32_t l = 1; l < network->layer_count; l++) {
    size += 2 * rows * network->widths[l];
  }
  return size;
}

void heed__network_forward(const heed__network *network, const float *params, size_t rows,
                           const float *x, float *y, float *trace) {
  for (uint32_t l = 0; l < network->layer_count; l++) {
    size_t units = rows * network->widths[l + 1];
    bool is_last = l + 1 == network->layer_count;
    forward_layer(network, l, params, rows, x, is_last ? y : trace, trace + units);
    x = trace;
    trace += 2 * units;
  }
}

/* ---- backward --------------------------------------------------------------------------------- */

void heed__network_backward(const heed__network *network, const float *params, size_t rows,
                            const float *x, const float *dy, float *trace, float *gradient,
                            float *dx) {
  const heed__kernel *kernel = heed__kernel_best();
  float *end = trace + heed__network_trace_size(network, rows);
  for (uint32_t l = network->layer_count; l-- > 0;) {
    heed__layer layer = heed__network_layer(network, l);
    size_t units = rows * layer.rows;
    float *below =
        l > 0 ? end - 2 * units : NULL; /* the layer's input and, behind it, its slopes */
    heed__matrix input = {l > 0 ? below : x, 1, layer.rows}; /* transposed */
    kernel->sum(rows, layer.cols, dy, gradient + layer.bias);
    kernel->product(layer.rows, layer.cols, rows, input, (heed__matrix){dy, layer.cols, 1}, false,
                    gradient + layer.weights);
    /* The input has served: its gradient takes its place. */
    float *to = l > 0 ? below : dx;
    if (to != NULL) {
      kernel->product(rows, layer.rows, layer.cols, (heed__matrix){dy, layer.cols, 1},
                      (heed__matrix){params + layer.weights, 1, layer.cols}, false, to);
    }
    if (l > 0) {
      kernel->scale(units, below, below + units);
      dy = below;
      end = below;
    }
  }
}

/* ---- Adam ------------------------------------------------------------------------------------- */

heed__adam heed__adam_of(double learning_rate, double weight_decay) {
  return (heed__adam){.learning_rate = learning_rate,
                      .beta1 = 0.9,
                      .beta2 = 0.999,
                      .epsilon = 1e-8,
                      .weight_decay = weight_decay};
}

heed__adam_rates heed__adam_next(heed__adam *adam) {
  adam->step++;
  double t = (double)adam->step;
  return (heed__adam_rates){
      .beta1 = (float)adam->beta1,
      .beta2 = (float)adam->beta2,
      .step = (float)(adam->learning_rate / (1 - pow(adam->beta1, t))),
      .second = (float)(1 / (1 - pow(adam->beta2, t))),
      .epsilon = (float)adam->epsilon,
      .decay = (float)(adam->learning_rate * adam->weight_decay),
  };
}

void heed__adam_step(heed__adam *adam, const heed__network *network, const float *gradient,
                     float *params, float *moments) {
  const heed__kernel *kernel = heed__kernel_best();
  heed__adam_rates rates = heed__adam_next(adam);
  heed__adam_rates undecayed = rates;
  undecayed.decay = 0;
  float *first = moments;
  float *second = moments + heed__network_size(network);
  for (uint32_t l = 0; l < network->layer_count; l++) {
    heed__layer layer = heed__network_layer(network, l);
    size_t weights = layer.bias - layer.weights;
    kernel->adam(&rates, weights, gradient + layer.weights, params + layer.weights,
                 first + layer.weights, second + layer.weights);
    kernel->adam(&undecayed, layer.cols, gradient + layer.bias, params + layer.bias,
                 first + layer.bias, second + layer.bias);
  }
}
