/* control.h: what the worlds of classic control share. They are Gymnasium's, as exact as doubles are: the
 * operations of each step, their order and their rounding are part of the rules, and recorded episodes
 * replay bit for bit where sin, cos and pow are glibc's.
 *
 * A state begins with a control_tally, then has its numbers, in doubles; then what follows from them and
 * is wanted twice, such as the sine that is observed now and pulls in the next step.
 *
 * Nothing ends by itself: a step beyond the end of an episode goes on by the same rules. is_terminal then
 * says whether the new state would end an episode, and is_truncated stays set. */
#ifndef HEED_ENVS_CONTROL_CONTROL_H
#define HEED_ENVS_CONTROL_CONTROL_H

#include <math.h>
#include <string.h>

#include "envs/env.h"

typedef struct control_tally {
  double episode_return; /* sum of the rewards since the reset */
  uint32_t steps;        /* since the reset; stays at UINT32_MAX */
  uint32_t padding;
} control_tally;

#define CONTROL_PI  3.141592653589793 /* M_PI, which standard C does not have */
#define CONTROL_TAU 6.283185307179586 /* 2 pi */

/* Entries of a parameter table whose struct is called `params`. */
#define CONTROL_REAL(field, from, to, standard, unit_, text)                            \
  {                                                                                     \
    .name = #field, .type = HEED_PARAM_REAL, .offset = offsetof(params, field),         \
    .fallback = (standard), .min = (from), .max = (to), .unit = (unit_), .help = (text) \
  }
#define CONTROL_BOOL(field, standard, text)                                     \
  {                                                                             \
    .name = #field, .type = HEED_PARAM_BOOL, .offset = offsetof(params, field), \
    .fallback = (standard), .unit = "", .help = (text)                          \
  }
#define CONTROL_CHOICE(field, words, standard, text)                              \
  {                                                                               \
    .name = #field, .type = HEED_PARAM_CHOICE, .offset = offsetof(params, field), \
    .fallback = (standard), .choices = (words), .unit = "", .help = (text)        \
  }
#define CONTROL_MAX_STEPS(standard)                                                     \
  {                                                                                     \
    .name = "max_steps", .type = HEED_PARAM_INT, .offset = offsetof(params, max_steps), \
    .fallback = (standard), .min = 0, .max = 1e9, .unit = "steps",                      \
    .help = "time limit of an episode; 0: none"                                         \
  }

/* Whose rounding of float actions times decimal constants: NumPy 2 rounds the constant to float first,
 * NumPy 1 widens the action. */
enum { CONTROL_NP2, CONTROL_NP1 };
#define CONTROL_NUMERICS \
  CONTROL_CHOICE(numerics, "np2|np1", "np2", "rounding as with NumPy 2 or NumPy 1")

/* Colours of the pictures, 0xRRGGBB. */
enum {
  CONTROL_DARK = 0x2f3b4a,  /* carts, bars, wheels */
  CONTROL_GREY = 0x98a1ab,  /* tracks, axles */
  CONTROL_PALE = 0xe8ebef,  /* what only helps to see */
  CONTROL_GREEN = 0x3a9a5b, /* goals */
  CONTROL_WOOD = 0xc57b3a,
  CONTROL_BLUE = 0x2f78b7,
  CONTROL_RED = 0xbf3b35
};

/* Fills a spec for observations of obs_dim floats within low[obs_dim] .. high[obs_dim], borrowed. The
 * caller adds the actions. */
void heed__control_spec_init(heed_env_spec *spec, uint32_t obs_dim, const float *low,
                             const float *high, size_t state_size, int32_t max_steps);

/* Is low <= high? Errors: HEED_ERR_ARG. */
heed_status heed__control_check_range(double low, double high, heed_error *err);

/* The return: nothing is hidden. */
double heed__control_performance(const void *self, const void *state);

/* "return", "steps", and numbers[count] of a state by names[count]. */
bool heed__control_inspect(const control_tally *tally, const char *const *names,
                           const double *numbers, size_t count, const char *name,
                           heed_reading *reading);

/* A uniform real between `low` and `high`. */
static inline double control_uniform(heed_rng *rng, double low, double high) {
  return low + (high - low) * heed_rng_uniform(rng);
}

static inline double control_clip(double x, double low, double high) {
  double above = x < low ? low : x;
  return above > high ? high : above;
}

static inline float control_clip_float(float x, float low, float high) {
  float above = x < low ? low : x;
  return above > high ? high : above;
}

/* The square as the C library's pow rounds it, which is not always to the nearest double. glibc's errs by
 * less than 0.514 units in the last place while the square is between 2^-64 and 2^64 (0.511 in exp, the rest
 * in log: sysdeps/ieee754/dbl-64/e_pow.c). So it gives the nearest double wherever that is not farther than
 * 0.48 from the square; pow is asked only about the others, one in 25. The distance is computed exactly
 * (Dekker 1971, "A floating-point technique for extending the available precision"). A file that uses this
 * is compiled with -fno-builtin-pow, because compilers take pow(x, 2) for x * x. */
static inline double control_square(double x) {
  double nearest = x * x;
  double shifted = 134217729.0 * x; /* 2^27 + 1 */
  double high = shifted - (shifted - x);
  double low = x - high;
  double distance = high * high - nearest + 2.0 * high * low + low * low;

  uint64_t bits;
  memcpy(&bits, &nearest, sizeof bits);
  bits &= UINT64_C(0x7FF0000000000000); /* exponent: the power of two at or below */
  double power;
  memcpy(&power, &bits, sizeof power);
  bool is_usual = power > 0x1p-64 && power < 0x1p64;
  bool is_clear = is_usual && fabs(distance) < 0.48 * 0x1p-52 * power;
  return is_clear ? nearest : pow(x, 2.0);
}

/* The step is done: counts it, and applies the time limit, max_steps or 0 for none. */
static inline heed_outcome control_end(control_tally *tally, uint32_t max_steps, double reward,
                                       bool is_terminal) {
  tally->steps += tally->steps != UINT32_MAX;
  tally->episode_return += reward;
  return (heed_outcome){.reward = reward,
                        .is_terminal = is_terminal,
                        .is_truncated = max_steps != 0 && tally->steps >= max_steps};
}

#endif
