/* linear_predict.c: draws from the posterior predictive distribution, or under one draw of the weights. */
#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "dynamics/linear.h"

/* Scratch of one prediction, doubles. */
typedef struct scratch {
  double *inputs; /* [numbers + indicators] */
  double *phi;    /* [basis.size + 1], the last is the end */
  double *white;  /* [basis.size + 1] */
  double *means;  /* [dim] */
  double *rest;   /* [dim] */
  double *psi;    /* [psi_size] of the size of the misfit, then of the end */
} scratch;

static size_t psi_size(const linear *self) {
  return self->end_basis.size > self->size_basis.size ? self->end_basis.size
                                                      : self->size_basis.size;
}

size_t heed__linear_workspace_size(const void *self_, size_t batch) {
  const linear *self = self_;
  (void)batch; /* row by row */
  size_t inputs = heed__linear_input_count(self);
  return (inputs + 2 * (size_t)self->basis.size + 2 + 2 * (size_t)self->dim + psi_size(self)) *
         sizeof(double);
}

static scratch slice(const linear *self, void *workspace) {
  scratch s;
  s.inputs = workspace;
  s.phi = s.inputs + self->numbers + self->basis.indicators;
  s.white = s.phi + self->basis.size + 1;
  s.means = s.white + self->basis.size + 1;
  s.rest = s.means + self->dim;
  s.psi = s.rest + self->dim;
  return s;
}

/* ---- hypotheses ------------------------------------------------------------------------------- */

static size_t wave_size(const linear *self) {
  return heed__linear_input_count(self) + 2;
}

size_t heed__linear_hypothesis_size(const linear *self) {
  size_t dim = self->dim;
  return (self->basis.size * (dim + 1) + 1 + dim + dim * wave_size(self)) * sizeof(double) +
         sizeof(uint64_t);
}

/* The weights of a hypothesis, or the posterior mean: without one, and with one that is not of the last
 * fit, whose inputs and scales were others. */
static linear_weights weights_of(const linear *self, const void *hypothesis) {
  linear_weights w = {.change = self->change.weights, .reward = self->reward.weights};
  uint64_t fits;
  if (hypothesis == NULL) {
    return w;
  }
  linear_weights drawn = {.change = hypothesis};
  drawn.reward = drawn.change + (size_t)self->basis.size * self->dim;
  drawn.noise = drawn.reward + self->basis.size + 1;
  drawn.waves = drawn.noise + self->dim;
  memcpy(&fits, drawn.waves + self->dim * wave_size(self), sizeof fits);
  return fits == self->fits ? drawn : w;
}

/* Draws weights[outputs][features], and the deviation of the noise of each output; `share` of the variance is noise,
 * NULL: all of it. */
static void draw_weights(const heed__regression *reg, const double *share, gsl_rng *gsl,
                         double *weights, double *noise) {
  size_t d = reg->features;
  double a = heed__regression_a(reg);
  for (uint32_t o = 0; o < reg->outputs; o++) {
    double *w = weights + o * d;
    noise[o] = sqrt(heed__regression_b(reg, o) * (share != NULL ? share[o] : 1) /
                    gsl_ran_gamma(gsl, a, 1));
    for (size_t j = 0; j < d; j++) {
      w[j] = noise[o] * gsl_ran_gaussian_ziggurat(gsl, 1);
    }
    heed__regression_color(reg, w);
    for (size_t j = 0; j < d; j++) {
      w[j] += reg->weights[o * d + j];
    }
  }
}

void heed__linear_draw(const void *self_, heed_rng *rng, void *hypothesis) {
  const linear *self = self_;
  double *change = hypothesis;
  double *reward = change + (size_t)self->basis.size * self->dim;
  double *noise = reward + self->basis.size + 1;
  double *waves = noise + self->dim;
  double reward_noise; /* means of rewards are predicted */
  gsl_rng gsl = heed_rng_view(rng);
  memset(hypothesis, 0, heed__linear_hypothesis_size(self));
  if (self->fits > 0) {
    draw_weights(&self->change, self->noise_share, &gsl, change, noise);
  }
  if (self->fits > 0 && self->out_scale[self->dim] > 0) {
    draw_weights(&self->reward, NULL, &gsl, reward, &reward_noise);
  }
  if (self->fits > 0) {
    heed__misfit_draw(&self->misfit, rng, waves);
  }
  memcpy(waves + self->dim * wave_size(self), &self->fits, sizeof self->fits);
}

/* ---- prediction ------------------------------------------------------------------------------- */

/* The mean change of each dimension, scaled. */
static void apply(const linear *self, const double *weights, const double *phi, double *means) {
  for (size_t i = 0; i < self->dim; i++) {
    means[i] = heed__dot(self->basis.size, weights + i * self->basis.size, phi);
  }
}

/* A value inside the bounds of dimension i, and finite. */
static float inside(const heed_space *box, size_t i, double value, float fallback) {
  if (!isfinite(value)) {
    return fallback;
  }
  double low = fmax((double)box->low[i], -(double)FLT_MAX);
  double high = fmin((double)box->high[i], (double)FLT_MAX);
  return (float)fmin(fmax(value, low), high);
}

/* Nothing is known: nothing changes, and a look would tell much. */
static void predict_fresh(const linear *self, heed_prediction *p) {
  memcpy(p->next_belief, p->belief, self->belief_size);
  p->reward = 0;
  p->is_terminal = false;
  p->uncertainty = p->wants_uncertainty ? self->outputs : 0;
}

/* What is drawn beside the means, scaled: rest[dim]. Under a hypothesis: by how much its weights expect more, what
 * they leave here at every visit, and noise; else the predictive distribution, Student-t; `spread` is phi' S phi. All
 * of it is as large as the misfit is here: where little is left, weights are known as well. */
static void draw_rest(const linear *self, const linear_weights *w, double spread, const scratch *s,
                      gsl_rng *gsl, double *rest) {
  const heed__misfit *misfit = &self->misfit;
  size_t d = self->basis.size;
  double a = heed__regression_a(&self->change);
  for (uint32_t i = 0; i < self->dim; i++) {
    rest[i] = w->noise == NULL ? gsl_ran_tdist(gsl, 2 * a) : gsl_ran_gaussian_ziggurat(gsl, 1);
  }
  if (w->noise != NULL && misfit->is_known) {
    heed__misfit_unit(misfit, w->waves, s->inputs, rest);
  }
  for (uint32_t i = 0; i < self->dim; i++) {
    double here = heed__misfit_scale(misfit, i, s->psi);
    if (w->noise == NULL) {
      double noise = self->noise_share[i] * heed__regression_b(&self->change, i) / a;
      rest[i] *= here * sqrt(noise * (1 + spread));
    } else {
      double more = heed__dot(d, w->change + i * d, s->phi) - s->means[i];
      rest[i] = here * (w->noise[i] * rest[i] + more);
    }
  }
}

/* The next observation. */
static void imagine(const linear *self, heed_prediction *p, const linear_weights *w, double spread,
                    const scratch *s) {
  const float *obs = p->belief;
  float *next = p->next_belief;
  gsl_rng gsl = heed_rng_view(p->rng);
  memset(p->next_belief, 0, self->belief_size);
  heed__linear_size_features(self, s->inputs, s->psi);
  draw_rest(self, w, spread, s, &gsl, s->rest);
  for (uint32_t i = 0; i < self->dim; i++) {
    double change = self->out_mean[i] + self->out_scale[i] * (s->means[i] + s->rest[i]);
    next[i] = inside(self->rows.obs_space, i, (double)obs[i] + change, obs[i]);
  }
}

/* phi' S phi. */
static double spread_of(const heed__regression *reg, const scratch *s) {
  memcpy(s->white, s->phi, reg->features * sizeof *s->white);
  return heed__regression_whiten(reg, s->white);
}

/* What one look at the outcome would tell of the weights, nats: 1/2 log(1 + phi'S phi) for each output, but
 * for those that are constant. */
static double information(const linear *self, const scratch *s, double spread) {
  double nats = 0;
  for (uint32_t i = 0; i < self->dim; i++) {
    nats += self->out_scale[i] > 0 ? 0.5 * log1p(spread) : 0;
  }
  if (self->out_scale[self->dim] > 0) {
    nats += 0.5 * log1p(spread_of(&self->reward, s));
  }
  return nats;
}

/* Draws the end, which is read from the next observation; adds what a look would tell of it. */
static void imagine_end(const linear *self, heed_prediction *p, const void *action_row,
                        const scratch *s) {
  p->is_terminal = false;
  if (self->has_end) {
    heed__linear_inputs(self, p->next_belief, action_row, s->inputs);
    heed__basis_eval(&self->end_basis, 1, s->inputs, s->psi);
    p->is_terminal = heed_rng_uniform(p->rng) < heed__logistic_probability(&self->end, s->psi);
    p->uncertainty += p->wants_uncertainty ? heed__logistic_information(&self->end, s->psi) : 0;
  }
}

/* The mean reward. */
static double reward_of(const linear *self, const double *weights, const double *phi) {
  double scale = self->out_scale[self->dim];
  double reward = self->out_mean[self->dim];
  if (scale > 0) {
    reward += scale * heed__dot((size_t)self->basis.size + 1, weights, phi);
  }
  return isfinite(reward) ? reward : 0;
}

static void predict_one(const linear *self, heed_prediction *p, const scratch *s) {
  unsigned char action_row[HEED_ACTION_DIM_MAX * sizeof(float)];
  linear_weights w = weights_of(self, p->hypothesis);
  heed_action_to_row(self->rows.action_space, p->action, action_row);
  heed__linear_inputs(self, p->belief, action_row, s->inputs);
  heed__basis_eval(&self->basis, self->lengthscale, s->inputs, s->phi);
  apply(self, self->change.weights, s->phi, s->means);
  double spread = w.noise == NULL || p->wants_uncertainty ? spread_of(&self->change, s) : 0;
  imagine(self, p, &w, spread, s);
  p->uncertainty = 0;
  imagine_end(self, p, action_row, s);
  s->phi[self->basis.size] = p->is_terminal;
  p->uncertainty += p->wants_uncertainty ? information(self, s, spread) : 0;
  p->reward = reward_of(self, w.reward, s->phi);
}

void heed__linear_predict(const void *self_, heed_prediction *batch, size_t count,
                          void *workspace) {
  const linear *self = self_;
  scratch s = slice(self, workspace);
  for (size_t i = 0; i < count; i++) {
    if (self->fits == 0) {
      predict_fresh(self, &batch[i]);
    } else {
      predict_one(self, &batch[i], &s);
    }
  }
}
