/* kernel.h: the inner loops of networks, compiled once per instruction set. Internal.
 *
 * BLAS is made for large products and picks its method by their size: products of a few dozen rows run
 * at half of what the machine can do, and the last bits of a row depend on how many rows stand beside
 * it. Here every element of a product is summed in one order, whatever the number of rows:
 *
 *     c_ij = ((0 + a_i0 b_0j) + a_i1 b_1j) + ...        in stretches of HEED__KERNEL_DEPTH
 *
 * each step fused where the machine can. So the result of a row depends on that row alone, to the bit,
 * and a batch may be cut anywhere. Between instruction sets the last bits differ; a machine always uses
 * the same one. The method is that of Goto and van de Geijn 2008, "Anatomy of high-performance matrix
 * multiplication": panels of B packed to fit the first cache, tiles of C in registers. */
#ifndef HEED_CORE_KERNEL_H
#define HEED_CORE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Terms that are summed in registers before they are added to C: a panel of B then fits the first cache
 * of the machine. */
#define HEED__KERNEL_DEPTH 256

/* A matrix of floats with any strides: element (i, j) is data[i * row + j * col]. A transposed matrix is
 * one with its strides exchanged. Borrowed. */
typedef struct heed__matrix {
  const float *data;
  size_t row, col;
} heed__matrix;

typedef enum heed__activation { HEED__TANH, HEED__RELU, HEED__SWISH } heed__activation;

/* One step of Adam, the same for all parameters. */
typedef struct heed__adam_rates {
  float beta1, beta2; /* decay of the two moments, in [0, 1) */
  float step;         /* learning rate / (1 - beta1^t) */
  float second;       /* 1 / (1 - beta2^t) */
  float epsilon;      /* > 0 */
  float decay;        /* learning rate * weight decay */
} heed__adam_rates;

typedef struct heed__kernel {
  const char *name; /* of the instruction set */

  /* c[m][n] = (add ? c : 0) + a[m][k] b[k][n]; c is row-major and contiguous, k >= 1. */
  void (*product)(size_t m, size_t n, size_t k, heed__matrix a, heed__matrix b, bool add, float *c);

  /* z[count] in place to f(z), for finite z; slope[count] becomes f'(z), NULL where it is not needed. */
  void (*activate)(heed__activation kind, size_t count, float *z, float *slope);

  /* y[count] = e^x, x clamped to +-60; relative error below 2e-7. */
  void (*exp)(size_t count, const float *x, float *y);

  /* x[count] *= y[count]. */
  void (*scale)(size_t count, float *x, const float *y);

  /* Adds bias[n] to each row of y[m][n]: first of all, so that products add to it. */
  void (*fill)(size_t m, size_t n, const float *bias, float *y);

  /* sum[n] = the rows of y[m][n] summed in order. */
  void (*sum)(size_t m, size_t n, const float *y, float *sum);

  /* y[n] += the rows of x[..][n] that index[count] names, one after the other: a product with a row of
   * few ones, for inputs that are mostly 0. An index may come up again. */
  void (*gather)(size_t n, size_t count, const uint32_t *index, const float *x, float *y);

  /* The way back: each row of y[..][n] that index[count] names += x[n]. */
  void (*scatter)(size_t n, size_t count, const uint32_t *index, const float *x, float *y);

  /* Kingma and Ba 2015, algorithm 1, with the decay of Loshchilov and Hutter 2019. first[count] and
   * second[count] are the moments. */
  void (*adam)(const heed__adam_rates *rates, size_t count, const float *gradient, float *param,
               float *first, float *second);
} heed__kernel;

/* The best kernel that this machine can run; always the same one. */
const heed__kernel *heed__kernel_best(void);

/* Kernel i of those that this machine can run, best first, or NULL: for tests. */
const heed__kernel *heed__kernel_at(size_t i);

#endif
