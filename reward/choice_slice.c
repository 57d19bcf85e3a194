#include "reward/choice_slice.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BURN_IN = 100 };

static const double two_pi = 6.283185307179586;

/* A chain, and which of the two normal distributions its moves are about. */
typedef struct chain {
  const heed__choice_design *design;
  const double *mode, *factor; /* borrowed */
  size_t size;
  size_t knobs;                /* parameters of manner, which come first */
  gsl_rng rng;                 /* a view */
  double value;                /* log p(x) */
  double *x;                   /* [size] where it is */
  double *off, *drawn, *point; /* [size] scratch */
  double *memory;              /* owned */
} chain;

/* A draw from the prior: theta ~ N(0, I), w ~ N(0, s^2 I). */
static void draw_prior(chain *c) {
  for (size_t j = 0; j < c->size; j++) {
    double scale = j < c->knobs ? 1 : c->design->prior_scale;
    c->drawn[j] = gsl_ran_gaussian_ziggurat(&c->rng, scale);
  }
}

/* L^-T z, z standard normal: a draw from Laplace's approximation, less its mode. */
static void draw_laplace(chain *c) {
  for (size_t j = 0; j < c->size; j++) {
    c->drawn[j] = gsl_ran_gaussian_ziggurat(&c->rng, 1);
  }
  for (size_t j = c->size; j-- > 0;) {
    const double *column = c->factor + j * c->size;
    for (size_t k = j + 1; k < c->size; k++) {
      c->drawn[j] -= column[k] * c->drawn[k];
    }
    c->drawn[j] /= column[j];
  }
}

/* -log of the normal density at mean + off, without its constant. */
static double energy_prior(const chain *c, const double *off) {
  double sum = 0;
  for (size_t j = 0; j < c->size; j++) {
    double scaled = off[j] / (j < c->knobs ? 1 : c->design->prior_scale);
    sum += 0.5 * scaled * scaled;
  }
  return sum;
}

/* |L' off|^2 / 2. */
static double energy_laplace(const chain *c, const double *off) {
  double sum = 0;
  for (size_t j = 0; j < c->size; j++) {
    const double *column = c->factor + j * c->size;
    double dot = 0;
    for (size_t k = j; k < c->size; k++) {
      dot += column[k] * off[k];
    }
    sum += 0.5 * dot * dot;
  }
  return sum;
}

/* Puts the point of the ellipse at an angle into c->point. Returns log p there, and its energy. */
static double try_angle(chain *c, bool is_laplace, double angle, double *energy) {
  for (size_t j = 0; j < c->size; j++) {
    c->point[j] = c->off[j] * cos(angle) + c->drawn[j] * sin(angle);
  }
  *energy = is_laplace ? energy_laplace(c, c->point) : energy_prior(c, c->point);
  for (size_t j = 0; j < c->size; j++) {
    c->point[j] += is_laplace ? c->mode[j] : 0;
  }
  return heed__choice_log_posterior(c->design, c->point, NULL, NULL, NULL);
}

/* One move on the ellipse (Murray et al., figure 2). log f = log p + energy. When nothing is left of it but
 * rounding the state stays where it was. */
static void move(chain *c, bool is_laplace) {
  if (is_laplace) {
    draw_laplace(c);
  } else {
    draw_prior(c);
  }
  for (size_t j = 0; j < c->size; j++) {
    c->off[j] = c->x[j] - (is_laplace ? c->mode[j] : 0);
  }
  double energy = is_laplace ? energy_laplace(c, c->off) : energy_prior(c, c->off);
  double level = c->value + energy + log(1 - gsl_rng_uniform(&c->rng));
  double angle = two_pi * gsl_rng_uniform(&c->rng);
  double low = angle - two_pi;
  double high = angle;
  while (high - low > 1e-12) {
    double value = try_angle(c, is_laplace, angle, &energy);
    if (value + energy > level) {
      memcpy(c->x, c->point, c->size * sizeof *c->x);
      c->value = value;
      return;
    }
    if (angle < 0) {
      low = angle;
    } else {
      high = angle;
    }
    angle = low + (high - low) * gsl_rng_uniform(&c->rng);
  }
}

heed_status heed__choice_sample(const heed__choice_design *design, const double *mode,
                                const double *factor, uint32_t thin, heed_rng *rng, size_t count,
                                double *samples, heed_error *err) {
  size_t size = heed__choice_size(design);
  chain c = {.design = design,
             .mode = mode,
             .factor = factor,
             .size = size,
             .knobs = size - design->dim,
             .rng = heed_rng_view(rng),
             .memory = calloc(4 * size, sizeof(double))};
  if (c.memory == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "a chain of %zu parameters: no memory", size);
  }
  c.x = c.memory;
  c.off = c.x + size;
  c.drawn = c.off + size;
  c.point = c.drawn + size;
  memcpy(c.x, mode, size * sizeof *mode);
  c.value = heed__choice_log_posterior(design, c.x, NULL, NULL, NULL);
  for (size_t i = 0; i < BURN_IN + count * thin; i++) {
    move(&c, true);
    move(&c, false);
    if (i >= BURN_IN && (i + 1 - BURN_IN) % thin == 0) {
      memcpy(samples + (i - BURN_IN) / thin * size, c.x, size * sizeof *samples);
    }
  }
  free(c.memory);
  return HEED_OK;
}
