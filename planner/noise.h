/* noise.h: random sequences whose successive values are alike. */
#ifndef HEED_PLANNER_NOISE_H
#define HEED_PLANNER_NOISE_H

#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>

#include "core/rng.h"
#include "core/status.h"

/* Gaussian noise of unit variance whose power falls with frequency f as f^-exponent. */
typedef struct heed_noise {
  uint32_t length;
  double *amplitude;                    /* owned, [length/2 + 1] of each frequency; NULL: white */
  gsl_fft_halfcomplex_wavetable *waves; /* owned */
  gsl_fft_real_workspace *workspace;    /* owned */
} heed_noise;

/* Sequences of `length` >= 1 values. `exponent` >= 0; 0 is white noise. Errors: HEED_ERR_NOMEM; deinit accepts
 * what is half made, or zeroed. */
heed_status heed__noise_init(heed_noise *noise, uint32_t length, double exponent, heed_error *err);
void heed__noise_deinit(heed_noise *noise);

/* Writes sequence[length]: each value N(0, 1), correlated over time. */
void heed__noise_draw(const heed_noise *noise, heed_rng *rng, double *sequence);

#endif
