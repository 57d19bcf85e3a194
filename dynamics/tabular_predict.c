/* tabular_predict.c: what comes next, drawn by the counts. See tabular.c for the model. */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <string.h>

#include "dynamics/tabular.h"

/* A hypothesis weighs at most so many outcomes of a context; the rest count as the shorter context. */
enum { MANY_OUTCOMES = 64 };

/* ---- contexts --------------------------------------------------------------------------------- */

void heed__tabular_key(const tabular *self, const uint32_t *numbers, uint32_t action,
                       uint32_t level, uint32_t *key) {
  size_t k = self->history;
  size_t dropped = level < k ? level : k - 1;
  memset(key, 0, (size_t)self->key_words * sizeof *key);
  key[0] = level * self->action_count + action;
  for (size_t i = dropped; i < k; i++) {
    key[1 + i] = numbers[i];
  }
  for (size_t i = dropped; i + 1 < k; i++) {
    key[1 + k + i] = numbers[k + i];
  }
  if (level < k) {
    key[2 * k] = numbers[2 * k - 1];
  }
}

/* The history of a step in numbers. */
static const uint32_t *numbers_of(const tabular *self, const tabular_step *step) {
  return step->slot == NULL ? step->numbers : heed_intern_row(&self->histories, step->history);
}

/* The context of a step at a level, or HEED_INTERN_NONE. `longer` is that of the level before, if there is
 * one: it knows. */
static uint32_t context_at(const tabular *self, const tabular_step *step, uint32_t level,
                           uint32_t longer) {
  if (level == 0) {
    return step->slot != NULL ? step->slot->context : HEED_INTERN_NONE;
  }
  if (longer != HEED_INTERN_NONE) {
    return self->contexts[longer].shorter;
  }
  uint32_t key[TABULAR_KEY_WORDS_MAX];
  heed__tabular_key(self, numbers_of(self, step), step->action, level, key);
  uint32_t id = heed_intern_find(&self->keys, key);
  return id != HEED_INTERN_NONE ? self->keyed[id] : HEED_INTERN_NONE;
}

/* ---- draws ------------------------------------------------------------------------------------ */

/* Picks an outcome of a context by its counts, or NULL for the shorter context. */
static const tabular_outcome *pick_by_count(const tabular *self, const tabular_context *c,
                                            double u) {
  double weight = u * (c->total + self->params.concentration);
  for (uint32_t i = c->first; i != HEED_INTERN_NONE; i = self->outcomes[i].next) {
    weight -= heed__tabular_weight(c, &self->outcomes[i]);
    if (weight < 0) {
      return &self->outcomes[i];
    }
  }
  return NULL;
}

/* The same under a hypothesis: the weights of the outcomes and of the shorter context are one draw
 * from their Dirichlet posterior, derived from the hypothesis' seed and the context's key alone, so
 * that the hypothesis is one fixed world although nothing of it is stored. */
static const tabular_outcome *pick_by_draw(const tabular *self, const tabular_context *c,
                                           uint64_t seed, double u) {
  heed_rng rng;
  heed_rng_init(&rng, heed_mix64(seed, (uint64_t)(c - self->contexts)));
  gsl_rng gsl = heed_rng_view(&rng);

  double weights[MANY_OUTCOMES];
  const tabular_outcome *of[MANY_OUTCOMES];
  double sum = gsl_ran_gamma(&gsl, self->params.concentration, 1.0);
  size_t n = 0;
  for (uint32_t i = c->first; i != HEED_INTERN_NONE && n < MANY_OUTCOMES;
       i = self->outcomes[i].next) {
    of[n] = &self->outcomes[i];
    weights[n] = gsl_ran_gamma(&gsl, heed__tabular_weight(c, of[n]), 1.0);
    sum += weights[n++];
  }
  double weight = u * sum;
  for (size_t i = 0; i < n; i++) {
    weight -= weights[i];
    if (weight < 0) {
      return of[i];
    }
  }
  return NULL;
}

/* Goes from the longest context to the shortest until one of them has an outcome drawn. */
static const tabular_outcome *pick(const tabular *self, const tabular_step *step, double u) {
  const tabular_outcome *picked = NULL;
  uint32_t id = HEED_INTERN_NONE;
  for (uint32_t level = 0; level < self->levels && picked == NULL; level++) {
    id = context_at(self, step, level, id);
    if (id == HEED_INTERN_NONE) {
      continue;
    }
    const tabular_context *c = &self->contexts[id];
    const uint64_t *seed = step->hypothesis;
    u = level == 0 ? u : heed_rng_uniform(step->rng);
    picked = seed == NULL ? pick_by_count(self, c, u) : pick_by_draw(self, c, *seed, u);
  }
  return picked;
}

void heed__tabular_search(const tabular *self, tabular_step *step, double u) {
  const tabular_outcome *picked = pick(self, step, u);
  step->next_obs = picked != NULL ? picked->obs : HEED_INTERN_NONE;
  step->channel = picked != NULL ? picked->channel : 0.0;
  step->is_terminal = picked != NULL && picked->is_terminal;

  /* Where it leads to is known of the outcomes of the longest context, wherever they were drawn. */
  const tabular_slot *slot = step->slot;
  if (picked != NULL && picked->history != HEED_INTERN_NONE) {
    step->next_history = picked->history;
  } else if (picked != NULL && slot != NULL && slot->history != HEED_INTERN_NONE &&
             slot->obs == picked->obs) {
    step->next_history = slot->history;
  } else {
    const uint32_t *numbers = numbers_of(self, step);
    uint32_t obs = picked != NULL ? picked->obs : numbers[self->history - 1];
    heed__tabular_follow(self, numbers, step->action, obs, step->next_numbers);
    step->next_history = heed_intern_find(&self->histories, step->next_numbers);
  }
}

/* ---- uncertainty ------------------------------------------------------------------------------ */

/* What one look at the outcome would tell about the weights of a context, in nats: the entropy of the
 * mean less the mean of the entropy under the Dirichlet posterior (Houlsby et al. 2011, eq. 2, with
 * E[H] = psi(n + 1) - sum_o n_o / n psi(n_o + 1)). The shorter context is one more outcome. */
static double information(const tabular *self, const tabular_context *c) {
  double a = self->params.concentration;
  double n = c->total + a;
  double mean_entropy = gsl_sf_psi(n + 1) - a / n * gsl_sf_psi(a + 1);
  double entropy = -(a / n) * log(a / n);
  for (uint32_t i = c->first; i != HEED_INTERN_NONE; i = self->outcomes[i].next) {
    double weight = heed__tabular_weight(c, &self->outcomes[i]);
    mean_entropy -= weight / n * gsl_sf_psi(weight + 1);
    entropy -= weight / n * log(weight / n);
  }
  return fmax(0.0, entropy - mean_entropy);
}

static double uncertainty(const tabular *self, const tabular_step *step) {
  double nats = 0;
  double share = 1; /* probability of getting down to this level */
  uint32_t id = HEED_INTERN_NONE;
  for (uint32_t level = 0; level < self->levels; level++) {
    id = context_at(self, step, level, id);
    if (id != HEED_INTERN_NONE) {
      const tabular_context *c = &self->contexts[id];
      nats += share * information(self, c);
      share *= self->params.concentration / (c->total + self->params.concentration);
    }
  }
  /* Nothing known at all: as if it could be any observation met so far, or a new one. */
  return nats + share * log((double)self->records.observations.count + 1);
}

/* ---- predictions ------------------------------------------------------------------------------ */

/* Writes the answer to a question whose step was taken. */
static void answer(const tabular *self, const tabular_step *step, heed_prediction *p) {
  const void *obs = step->next_obs != HEED_INTERN_NONE
                        ? heed__records_obs(&self->records, step->next_obs)
                        : heed__tabular_obs(self, p->belief);
  heed__tabular_complete(self, p->next_belief, step->next_history, obs);
  p->reward = step->channel;
  p->is_terminal = step->is_terminal;
  p->uncertainty = p->wants_uncertainty ? uncertainty(self, step) : 0.0;
}

/* At most TABULAR_TOGETHER rows. Each table is read in a pass of its own, and what the next pass will read
 * is asked of memory before: the rows wait together instead of one after the other. */
static void predict_together(const tabular *self, heed_prediction *batch, size_t count) {
  tabular_step steps[TABULAR_TOGETHER];
  for (size_t i = 0; i < count; i++) {
    heed_prediction *p = &batch[i];
    tabular_step *step = &steps[i];
    step->history = heed__tabular_history(self, p->belief);
    step->action = (uint32_t)p->action.index;
    step->numbers = heed__tabular_written((void *)p->belief);
    step->next_numbers = heed__tabular_written(p->next_belief);
    step->hypothesis = p->hypothesis;
    step->rng = p->rng;
    heed__tabular_aim(self, step);
  }
  for (size_t i = 0; i < count; i++) {
    heed__tabular_take(self, &steps[i]);
    if (steps[i].next_obs != HEED_INTERN_NONE) {
      __builtin_prefetch(heed__records_obs(&self->records, steps[i].next_obs));
    }
  }
  for (size_t i = 0; i < count; i++) {
    answer(self, &steps[i], &batch[i]);
  }
}

void heed__tabular_predict(const void *self_, heed_prediction *batch, size_t count,
                           void *workspace) {
  const tabular *self = self_;
  (void)workspace;
  for (size_t i = 0; i < count; i += TABULAR_TOGETHER) {
    size_t left = count - i;
    predict_together(self, batch + i, left < TABULAR_TOGETHER ? left : TABULAR_TOGETHER);
  }
}
