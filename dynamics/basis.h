/* basis.h: features of a few numbers: polynomials and random waves.
 *
 * Polynomial features are all products of at most `degree` inputs: 1, x_i, x_i x_j, ... Inputs are numbers,
 * then indicators, of which exactly one is 1 (an action): no product holds two of them, since these would be 0 or
 * the same again.
 *
 * Random Fourier features are sqrt(2) cos(f'x / lengthscale + phase), f normal, the phase uniform. Linear
 * regression on many of them is one with a Gaussian process of covariance exp(-|x - x'|^2 / (2
 * lengthscale^2)), but for sampling (Rahimi and Recht 2007, "Random features for large-scale kernel machines";
 * they divide by the root of their number, here the prior of the weights does). */
#ifndef HEED_DYNAMICS_BASIS_H
#define HEED_DYNAMICS_BASIS_H

#include <stdint.h>

#include "core/rng.h"
#include "core/status.h"

typedef struct heed__basis {
  uint32_t numbers, indicators; /* inputs */
  uint32_t degree;              /* of the polynomials */
  uint32_t monomials, waves;
  uint32_t size;                        /* features in all */
  struct heed__basis_product *products; /* owned, [monomials]; number 0 is 1 */
  double *frequencies;                  /* owned, [waves][numbers + indicators] */
  double *phases;                       /* owned, [waves] */
} heed__basis;

/* Products of at most `degree` of so many inputs; UINT32_MAX: more than fit. */
uint32_t heed__basis_count(uint32_t numbers, uint32_t indicators, uint32_t degree);

/* Polynomials of `degree` (0: none), and `waves` waves drawn from `seed`. Errors: HEED_ERR_NOMEM; still fit for
 * deinit. */
heed_status heed__basis_init(heed__basis *basis, uint32_t numbers, uint32_t indicators,
                             uint32_t degree, uint32_t waves, uint64_t seed, heed_error *err);
void heed__basis_deinit(heed__basis *basis); /* accepts a zeroed one */

/* phi[size] of x[numbers + indicators]. */
void heed__basis_eval(const heed__basis *basis, double lengthscale, const double *x, double *phi);

#endif
