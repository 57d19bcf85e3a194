/* noise.c: coloured noise (Timmer and Koenig 1995), as iCEM draws actions from it (Pinneri et al. 2020).
 *
 * Frequency k of n has a normal amplitude of deviation s_k = max(k, 1)^(-exponent / 2) and a normal phase
 * part alike; the inverse Fourier transform of that is the sequence. Frequency 0 has no phase, and
 * neither has n / 2. A value is a sum of all of them, of variance
 *
 *     (s_0^2 + 4 sum_{0 < k < n/2} s_k^2 + s_{n/2}^2) / n^2
 *
 * by which amplitudes are divided. */
#include "planner/noise.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* Is k a frequency of n values with an amplitude alone? */
static bool is_real(uint32_t k, uint32_t n) {
  return k == 0 || 2 * k == n;
}

heed_status heed__noise_init(heed_noise *noise, uint32_t length, double exponent, heed_error *err) {
  *noise = (heed_noise){.length = length};
  if (!(exponent > 0) || length == 1) {
    return HEED_OK;
  }
  noise->amplitude = calloc(length / 2 + 1, sizeof *noise->amplitude);
  noise->waves = gsl_fft_halfcomplex_wavetable_alloc(length);
  noise->workspace = gsl_fft_real_workspace_alloc(length);
  if (noise->amplitude == NULL || noise->waves == NULL || noise->workspace == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "noise over %u steps: no memory", length);
  }
  double variance = 0;
  for (uint32_t k = 0; k <= length / 2; k++) {
    double s = pow(k > 0 ? k : 1, -exponent / 2);
    noise->amplitude[k] = s;
    variance += (is_real(k, length) ? 1 : 4) * s * s;
  }
  double unit = (double)length / sqrt(variance);
  for (uint32_t k = 0; k <= length / 2; k++) {
    noise->amplitude[k] *= unit;
  }
  return HEED_OK;
}

void heed__noise_deinit(heed_noise *noise) {
  free(noise->amplitude);
  if (noise->waves != NULL) {
    gsl_fft_halfcomplex_wavetable_free(noise->waves);
  }
  if (noise->workspace != NULL) {
    gsl_fft_real_workspace_free(noise->workspace);
  }
  *noise = (heed_noise){0};
}

void heed__noise_draw(const heed_noise *noise, heed_rng *rng, double *sequence) {
  gsl_rng gsl = heed_rng_view(rng);
  uint32_t n = noise->length;
  if (noise->amplitude == NULL) {
    for (uint32_t t = 0; t < n; t++) {
      sequence[t] = gsl_ran_gaussian_ziggurat(&gsl, 1);
    }
    return;
  }
  /* GSL's half-complex order: real 0, then real and imaginary part of each, the last real if n is even. */
  uint32_t at = 0;
  for (uint32_t k = 0; k <= n / 2; k++) {
    sequence[at++] = gsl_ran_gaussian_ziggurat(&gsl, noise->amplitude[k]);
    if (!is_real(k, n)) {
      sequence[at++] = gsl_ran_gaussian_ziggurat(&gsl, noise->amplitude[k]);
    }
  }
  (void)gsl_fft_halfcomplex_inverse(sequence, 1, n, noise->waves, noise->workspace);
}
