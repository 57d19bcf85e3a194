#include "core/rng.h"

#include <assert.h>
#include <string.h>

void heed_rng_init(heed_rng *rng, uint64_t seed) {
  /* splitmix64 never yields four zeros in a row. */
  for (uint64_t i = 0; i < 4; i++) {
    rng->s[i] = heed_mix64(seed, i);
  }
  rng->tape = NULL;
}

heed_rng heed_rng_derive(const heed_rng *master, heed_stream purpose, uint64_t index) {
  /* The whole state of the master, the purpose and the index are folded into one 64-bit seed. */
  uint64_t seed = heed_mix64((uint64_t)purpose, index);
  for (int i = 0; i < 4; i++) {
    seed = heed_mix64(seed, master->s[i]);
  }
  heed_rng derived;
  heed_rng_init(&derived, seed);
  return derived;
}

uint64_t heed__rng_reject(heed_rng *rng, uint32_t n, uint64_t product) {
  uint32_t threshold = (uint32_t)(-n) % n;
  while ((uint32_t)product < threshold) {
    product = (heed_rng_next(rng) >> 32) * n;
  }
  return product;
}

uint32_t heed_rng_categorical(heed_rng *rng, const double *p, uint32_t n) {
  assert(n > 0);
  if (rng->tape != NULL && rng->tape->mode == HEED_TAPE_ENUMERATE) {
    return heed_tape_branch(rng->tape, p, n);
  }
  double u = heed_rng_uniform(rng);
  double sum = 0.0;
  for (uint32_t i = 0; i < n; i++) {
    sum += p[i];
    if (sum > u) {
      return i;
    }
  }
  return 0;
}

bool heed__rng_taped_chance(heed_rng *rng, double p) {
  if (rng->tape->mode == HEED_TAPE_ENUMERATE) {
    double certain = p < 0.0 ? 0.0 : p > 1.0 ? 1.0 : p;
    return heed_tape_branch(rng->tape, (double[2]){1.0 - certain, certain}, 2) == 1;
  }
  return heed_rng_uniform(rng) < p;
}

double heed__rng_taped_uniform(heed_rng *rng) {
  if (rng->tape->mode == HEED_TAPE_ENUMERATE) {
    rng->tape->mismatch = true; /* it has infinitely many values */
    return 0.0;
  }
  if (rng->tape->mode == HEED_TAPE_REPLAY) {
    return heed_tape_next(rng->tape, 0).uniform;
  }
  double u = heed__rng_unit(rng);
  (void)heed_tape_append(rng->tape, (heed_draw){.uniform = u}, NULL); /* failure sets mismatch */
  return u;
}

uint32_t heed__rng_taped_choice(heed_rng *rng, uint32_t n) {
  if (rng->tape->mode == HEED_TAPE_ENUMERATE) {
    return heed_tape_branch(rng->tape, NULL, n);
  }
  if (rng->tape->mode == HEED_TAPE_REPLAY) {
    uint32_t index = heed_tape_next(rng->tape, n).index;
    if (index >= n) {
      rng->tape->mismatch = true;
      index = 0;
    }
    return index;
  }
  uint32_t index = heed__rng_bounded(rng, n);
  (void)heed_tape_append(rng->tape, (heed_draw){.index = index, .choices = n}, NULL);
  return index;
}

static void gsl_set(void *state, unsigned long seed) {
  heed_rng_init(state, seed);
}
static unsigned long gsl_get(void *state) {
  return (unsigned long)(heed_rng_next(state) >> 32);
}
static double gsl_get_double(void *state) {
  return heed_rng_uniform(state);
}

static const gsl_rng_type xoshiro_type = {
    "heed-xoshiro256++", UINT32_MAX, 0, sizeof(heed_rng), gsl_set, gsl_get, gsl_get_double};

const gsl_rng_type *heed_rng_gsl(void) {
  return &xoshiro_type;
}

void heed_rng_to_gsl(const heed_rng *rng, gsl_rng *gsl) {
  assert(gsl->type == &xoshiro_type);
  memcpy(gsl->state, rng, sizeof *rng);
}

gsl_rng heed_rng_view(heed_rng *rng) {
  return (gsl_rng){.type = &xoshiro_type, .state = rng};
}
