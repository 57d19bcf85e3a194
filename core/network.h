/* network.h: small fully connected networks, for models of any kind. Internal.
 *
 *     h_0 = x,   h_l = f(h_(l-1) W_l + b_l)  for the hidden layers,   y = h_(L-1) W_L + b_L
 *
 * A network is a shape; its parameters are one block of floats that the caller owns, layer after layer:
 *
 *     W_1 [in][out]  b_1 [out]  W_2 [in][out]  b_2 [out]  ...
 *
 * so that copying, averaging, saving and optimising need no knowledge of layers. Matrices are row-major,
 * a row per example. Nothing here allocates or fails. Each row of a result depends on its row of the
 * input alone, to the bit, however many rows there are (kernel.h); gradients are sums over rows in their
 * order. All runs on the calling thread: be parallel across networks, never inside one. */
#ifndef HEED_CORE_NETWORK_H
#define HEED_CORE_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "core/kernel.h"
#include "core/rng.h"

#define HEED__NETWORK_LAYERS_MAX 9

typedef struct heed__network {
  uint32_t layer_count;                          /* L, 1 .. HEED__NETWORK_LAYERS_MAX */
  uint32_t widths[HEED__NETWORK_LAYERS_MAX + 1]; /* [L + 1] inputs, hidden units, outputs; >= 1 */
  heed__activation activation;                   /* of hidden layers */
} heed__network;

/* Inputs, `depth` hidden layers of `width` units, outputs; depth < HEED__NETWORK_LAYERS_MAX. */
heed__network heed__network_of(uint32_t inputs, uint32_t width, uint32_t depth, uint32_t outputs,
                               heed__activation activation);

/* Where layer l < layer_count lies in the block of parameters. */
typedef struct heed__layer {
  uint32_t rows, cols; /* of the weights: inputs and outputs of the layer */
  size_t weights;      /* offset of W [rows][cols] */
  size_t bias;         /* offset of b [cols] */
} heed__layer;
heed__layer heed__network_layer(const heed__network *network, uint32_t l);

/* Floats of the block of parameters. */
size_t heed__network_size(const heed__network *network);

/* Draws weights from normal distributions of variance 2 / inputs for rectifiers and swish (He et al.
 * 2015) and 1 / inputs for tanh and the last layer (LeCun et al. 1998); biases are 0. */
void heed__network_init(const heed__network *network, heed_rng *rng, float *params);

/* y[rows][outputs] of x[rows][inputs]. workspace: heed__network_infer_size floats. */
size_t heed__network_infer_size(const heed__network *network, size_t rows);
void heed__network_infer(const heed__network *network, const float *params, size_t rows,
                         const float *x, float *y, float *workspace);

/* The same, and keeps in trace[heed__network_trace_size] what the way back needs. */
size_t heed__network_trace_size(const heed__network *network, size_t rows);
void heed__network_forward(const heed__network *network, const float *params, size_t rows,
                           const float *x, float *y, float *trace);

/* The way back after a forward with the same params, rows and x: from dy[rows][outputs], the gradient of
 * a loss by y, the gradient by the parameters, gradient[heed__network_size], overwritten. dx
 * [rows][inputs] receives the gradient by x; NULL where it is not needed. Uses up the trace. */
void heed__network_backward(const heed__network *network, const float *params, size_t rows,
                            const float *x, const float *dy, float *trace, float *gradient,
                            float *dx);

/* The optimiser of Kingma and Ba 2015, with the weight decay of Loshchilov and Hutter 2019, which shrinks
 * weights and leaves biases alone. */
typedef struct heed__adam {
  double learning_rate; /* > 0 */
  double beta1, beta2;  /* decay of the moments per step */
  double epsilon;       /* keeps steps bounded where gradients vanish */
  double weight_decay;  /* per step, relative to the learning rate */
  uint64_t step;        /* steps made */
} heed__adam;

/* beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, as in the paper. */
heed__adam heed__adam_of(double learning_rate, double weight_decay);

/* The rates of the next step, for whoever steps parts of a network at rates of their own (kernel.h); decay is
 * that of weights. */
heed__adam_rates heed__adam_next(heed__adam *adam);

/* One step down the gradient. moments[2 * heed__network_size] are zero before the first. */
void heed__adam_step(heed__adam *adam, const heed__network *network, const float *gradient,
                     float *params, float *moments);

#endif
