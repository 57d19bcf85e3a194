/* rng.h: random numbers. Every draw has an owner and a seed; there is no hidden generator.
 *
 * The generator is xoshiro256++ 1.0 (Blackman and Vigna 2021, "Scrambled linear pseudorandom number
 * generators"), 256 bits of state, period 2^256 - 1, seeded through splitmix64 as its authors advise.
 *
 * Streams are derived, never shared: one master generator per run, and from it one stream per purpose
 * and index (episode, thread, simulation). A new draw in one place shifts no other:
 *
 *     heed_rng_derive(&master, HEED_STREAM_SEARCH, episode)
 *
 * A generator can carry a tape (tape.h), which records its draws, replaces them by recorded ones, or goes
 * through all that are possible; only environments and their harness use that. A world therefore says
 * what it draws with heed_rng_chance, heed_rng_choice or heed_rng_categorical rather than by comparing
 * heed_rng_uniform itself: then all that can come of a step can be enumerated. */
#ifndef HEED_CORE_RNG_H
#define HEED_CORE_RNG_H

#include <assert.h>
#include <gsl/gsl_rng.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tape.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_rng {
  uint64_t s[4];   /* not all zero */
  heed_tape *tape; /* borrowed; NULL: draws are the generator's own */
} heed_rng;

/* What a stream is for. The numbers are part of the format of a run: append, never renumber. */
typedef enum heed_stream {
  HEED_STREAM_ENV = 1,    /* what the world draws */
  HEED_STREAM_EXPLORE,    /* actions taken to learn */
  HEED_STREAM_SEARCH,     /* the planner */
  HEED_STREAM_HYPOTHESIS, /* draws from posteriors */
  HEED_STREAM_TEACHER,    /* a simulated person */
  HEED_STREAM_QUERY,      /* which questions are asked */
  HEED_STREAM_TRAIN,      /* initialisation and shuffling while fitting */
  HEED_STREAM_TEST
} heed_stream;

/* The seed of a run that names none. */
#define HEED_DEFAULT_SEED UINT64_C(1)

/* Starts a generator, without a tape, from any 64-bit seed. */
HEED_API void heed_rng_init(heed_rng *rng, uint64_t seed);

/* The stream of `master` for a purpose and an index; `master` is not advanced. */
HEED_API heed_rng heed_rng_derive(const heed_rng *master, heed_stream purpose, uint64_t index);

/* A well-mixed function of two numbers (splitmix64's finaliser), for seeds and hashes. */
static inline uint64_t heed_mix64(uint64_t a, uint64_t b) {
  uint64_t z = a + UINT64_C(0x9E3779B97F4A7C15) * (b + 1);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static inline uint64_t heed__rotl(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

/* 64 random bits. Not taped. */
static inline uint64_t heed_rng_next(heed_rng *rng) {
  uint64_t *s = rng->s;
  uint64_t result = heed__rotl(s[0] + s[3], 23) + s[0];
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = heed__rotl(s[3], 45);
  return result;
}

/* The taped forms of the draws below. */
HEED_API double heed__rng_taped_uniform(heed_rng *rng);
HEED_API bool heed__rng_taped_chance(heed_rng *rng, double p);
HEED_API uint32_t heed__rng_taped_choice(heed_rng *rng, uint32_t n);

/* A uniform draw that is not taped. */
static inline double heed__rng_unit(heed_rng *rng) {
  return (double)(heed_rng_next(rng) >> 11) * 0x1.0p-53;
}

/* A uniform double in [0, 1), a multiple of 2^-53. */
static inline double heed_rng_uniform(heed_rng *rng) {
  return rng->tape != NULL ? heed__rng_taped_uniform(rng) : heed__rng_unit(rng);
}

/* True with probability p: one uniform draw u, and u < p. (For u <= p, pass nextafter(p, 2).) */
static inline bool heed_rng_chance(heed_rng *rng, double p) {
  if (rng->tape != NULL) {
    return heed__rng_taped_chance(rng, p);
  }
  return heed_rng_uniform(rng) < p;
}

/* The index i with probability p[i] of p[n], n > 0: one uniform draw u, and the smallest i with
 * p[0] + ... + p[i] > u, summed in this order; 0 if rounding leaves none. */
HEED_API uint32_t heed_rng_categorical(heed_rng *rng, const double *p, uint32_t n);

/* Draws again where a product would be biased; hardly ever needed. */
HEED_API uint64_t heed__rng_reject(heed_rng *rng, uint32_t n, uint64_t product);

/* A choice that is not taped. */
static inline uint32_t heed__rng_bounded(heed_rng *rng, uint32_t n) {
  assert(n > 0);
  uint64_t product = (heed_rng_next(rng) >> 32) * n;
  if ((uint32_t)product < n) {
    product = heed__rng_reject(rng, n, product);
  }
  return (uint32_t)(product >> 32);
}

/* A uniform index in 0 .. n-1, n > 0, without bias (Lemire 2019). */
static inline uint32_t heed_rng_choice(heed_rng *rng, uint32_t n) {
  return rng->tape != NULL ? heed__rng_taped_choice(rng, n) : heed__rng_bounded(rng, n);
}

/* The generator as a GSL type, so that it drives GSL's distributions: gsl_rng_alloc(heed_rng_gsl()).
 * Its state is a heed_rng; heed_rng_to_gsl makes a caller's stream the state of `gsl`. */
HEED_API const gsl_rng_type *heed_rng_gsl(void);
HEED_API void heed_rng_to_gsl(const heed_rng *rng, gsl_rng *gsl);

/* Lets GSL draw directly from `rng`: the view borrows `rng`, advances it, and needs no release. */
HEED_API gsl_rng heed_rng_view(heed_rng *rng);

#ifdef __cplusplus
}
#endif
#endif
