/* tabular.c: counts of what came next, given the last k observations and the action.
 *
 * The posterior at each context is a Dirichlet process whose base measure is the prediction of a
 * shorter context: a finite-depth hierarchical Dirichlet process over histories (MacKay and Peto 1995,
 * "A hierarchical Dirichlet language model"; Teh 2006 with one table per type, which is the counting of
 * Kneser and Ney). With n_o the weight of outcome o at context c, n their sum and a the concentration:
 *
 *     P(o | c) = n_o / (n + a)  +  a / (n + a) P(o | shorter(c))
 *
 * Contexts, longest first; the last one backs off to "nothing changes":
 *
 *     (o_1, a_1, ..., o_k, tried, a)   the last k observations and the actions between them
 *     (     ..., o_k, tried, a)        without the oldest, one by one
 *     (          o_k, a)               what is seen now, and the action
 *
 * Each episode in which the longest context came up weighs 1, spread over what came of it in proportion.
 * What is hidden is often drawn once an episode, so that steps of one episode are no independent
 * witnesses: an agent that is let through passes the same place again and again, one that is held
 * arrives there once, and a count of arrivals would say that being held is rare. (by_episode=false
 * counts every step.) At a shorter context an outcome weighs 1 for each longer context in which it came
 * up: ninety steps in the same trap are one piece of evidence about such places, not ninety.
 *
 * With runs=true (the default) equal observations in a row count as one, and `tried` is the set of
 * actions taken in vain since the latest appeared: those that changed it at other times. A world that
 * hides a coin toss ("am I being held?") shows it only by what did not happen. A set of vain attempts
 * remembers that for as long as nothing else happens, where a window over the last k steps forgets it
 * after k; bumping into a wall is no vain attempt, because it never changes anything and so tells
 * nothing. */
#include "dynamics/tabular.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/registry.h"

/* A hypothesis weighs at most so many outcomes of a context; the rest count as the shorter context. */
enum { MANY_OUTCOMES = 64 };

static const heed_param params_table[] = {
    {"history", HEED_PARAM_INT, offsetof(tabular_params, history), "2", 1, TABULAR_HISTORY_MAX,
     NULL, "observations", "how many of the last observations the next one depends on"},
    {"runs", HEED_PARAM_BOOL, offsetof(tabular_params, runs), "true", 0, 1, NULL, "",
     "count equal observations in a row as one, and remember what was tried in vain"},
    {"by_episode", HEED_PARAM_BOOL, offsetof(tabular_params, by_episode), "true", 0, 1, NULL, "",
     "let each episode weigh the same at a context, however often it came there"},
    {"concentration", HEED_PARAM_REAL, offsetof(tabular_params, concentration), "0.2", 1e-6, 1e6,
     NULL, "counts", "weight of the shorter context against counts"},
};

/* ---- beliefs ---------------------------------------------------------------------------------- */

/* A belief is the history in numbers, then the bytes of the latest observation:
 *   uint32 obs[k]  uint32 action[k-1]  uint32 tried  obs bytes  zeros to a multiple of 8 */
static size_t numbers_size(const tabular *self) {
  return 2 * (size_t)self->history * sizeof(uint32_t);
}

static unsigned char *belief_obs(const tabular *self, void *belief) {
  return (unsigned char *)belief + numbers_size(self);
}

static void begin(const void *self_, const void *obs, void *belief) {
  const tabular *self = self_;
  uint32_t *numbers = belief;
  memset(belief, 0, self->belief_size);
  for (uint32_t i = 0; i + 1 < self->history; i++) {
    numbers[i] = TABULAR_START;
  }
  numbers[self->history - 1] = heed_intern_find(&self->records.observations, obs);
  memcpy(belief_obs(self, belief), obs, self->obs_size);
}

void heed__tabular_shift(const tabular *self, uint32_t *numbers, uint32_t action, uint32_t obs) {
  size_t k = self->history;
  uint32_t *actions = numbers + k;
  uint32_t *tried = numbers + 2 * k - 1;
  if (self->params.runs && obs == numbers[k - 1]) {
    *tried |= UINT32_C(1) << action;
    return;
  }
  for (size_t i = 0; i + 1 < k; i++) {
    numbers[i] = numbers[i + 1];
    actions[i] = i + 2 < k ? actions[i + 1] : action;
  }
  numbers[k - 1] = obs;
  *tried = 0;
}

/* Moves a belief on. An action that never changed what is seen was not tried in vain. */
static void shift_belief(const tabular *self, uint32_t *belief, uint32_t action, uint32_t number,
                         const void *obs) {
  heed__tabular_shift(self, belief, action, number);
  belief[2 * self->history - 1] &= heed__tabular_changes(self, number);
  memcpy(belief_obs(self, belief), obs, self->obs_size);
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  const tabular *self = self_;
  uint32_t *now = (uint32_t *)belief + self->history - 1;
  if (*now == TABULAR_UNKNOWN) {
    *now = heed_intern_find(&self->records.observations,
                            belief_obs(self, belief)); /* learned meanwhile */
  }
  shift_belief(self, belief, (uint32_t)action.index,
               heed_intern_find(&self->records.observations, obs), obs);
}

static void decode(const void *self_, const void *belief, void *obs) {
  const tabular *self = self_;
  memcpy(obs, (const unsigned char *)belief + numbers_size(self), self->obs_size);
}

/* ---- contexts --------------------------------------------------------------------------------- */

void heed__tabular_key(const tabular *self, const uint32_t *numbers, uint32_t action,
                       uint32_t level, uint32_t *key) {
  size_t k = self->history;
  size_t dropped = level < k ? level : k - 1;
  uint32_t now = numbers[k - 1];
  memset(key, 0, (size_t)self->key_words * sizeof *key);
  key[0] = level * self->action_count + action;
  for (size_t i = dropped; i < k; i++) {
    key[1 + i] = numbers[i];
  }
  for (size_t i = dropped; i + 1 < k; i++) {
    key[1 + k + i] = numbers[k + i];
  }
  if (level < k) {
    key[2 * k] = numbers[2 * k - 1] & heed__tabular_changes(self, now);
  }
}

static const tabular_context *find_context(const tabular *self, const uint32_t *key) {
  uint32_t id = heed_intern_find(&self->keys, key);
  return id == HEED_INTERN_NONE ? NULL : &self->contexts[id];
}

/* ---- prediction ------------------------------------------------------------------------------- */

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

/* One row on its way through the contexts. */
typedef struct lookup {
  heed_prediction *p;
  const tabular_outcome *picked; /* NULL: no context so far had one */
  const tabular_context *context;
  uint64_t hash;
  uint32_t key[TABULAR_KEY_WORDS_MAX];
} lookup;

/* Finds the contexts of all rows at a level. Each table is read in a pass of its own, and what the next
 * pass will read is asked of memory before: the rows wait together instead of one after the other. */
static void find_contexts(const tabular *self, lookup **rows, size_t count, uint32_t level) {
  for (size_t i = 0; i < count; i++) {
    lookup *row = rows[i];
    heed__tabular_key(self, row->p->belief, (uint32_t)row->p->action.index, level, row->key);
    row->hash = heed_intern_hash(&self->keys, row->key);
    heed_intern_prefetch(&self->keys, row->hash);
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t likely = heed_intern_prefetch_row(&self->keys, rows[i]->hash);
    __builtin_prefetch(&self->contexts[likely != HEED_INTERN_NONE ? likely : 0]);
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t id = heed_intern_find_hashed(&self->keys, rows[i]->key, rows[i]->hash);
    rows[i]->context = id == HEED_INTERN_NONE ? NULL : &self->contexts[id];
    if (id != HEED_INTERN_NONE && rows[i]->context->first != HEED_INTERN_NONE) {
      __builtin_prefetch(&self->outcomes[rows[i]->context->first]);
    }
  }
}

/* Draws an outcome at the context of a row, if it has one. True: there is nothing more to look for. */
static bool pick(const tabular *self, lookup *row) {
  if (row->context == NULL) {
    return false;
  }
  const uint64_t *seed = row->p->hypothesis;
  double u = heed_rng_uniform(row->p->rng);
  row->picked = seed == NULL ? pick_by_count(self, row->context, u)
                             : pick_by_draw(self, row->context, *seed, u);
  if (row->picked != NULL) {
    __builtin_prefetch(heed_intern_row(&self->records.observations, row->picked->obs));
    if (row->picked->obs < self->change_capacity) {
      __builtin_prefetch(&self->changes[row->picked->obs]);
    }
  }
  return row->picked != NULL;
}

/* What becomes of a row: the outcome picked, or nothing changes. */
static void imagine(const tabular *self, const lookup *row) {
  heed_prediction *p = row->p;
  const tabular_outcome *picked = row->picked;
  const uint32_t *belief = p->belief;
  uint32_t action = (uint32_t)p->action.index;
  memcpy(p->next_belief, p->belief, self->belief_size);
  p->is_terminal = picked != NULL && picked->is_terminal;
  p->reward = picked != NULL ? picked->channel : 0.0;
  if (picked != NULL) {
    shift_belief(self, p->next_belief, action, picked->obs,
                 heed_intern_row(&self->records.observations, picked->obs));
  } else {
    shift_belief(self, p->next_belief, action, belief[self->history - 1],
                 belief_obs(self, (void *)p->belief));
  }
}

/* One row has nothing to wait with. */
static void predict_one(const tabular *self, heed_prediction *p) {
  lookup row;
  row.p = p;
  row.picked = NULL;
  bool is_open = true;
  for (uint32_t level = 0; level < self->levels && is_open; level++) {
    heed__tabular_key(self, p->belief, (uint32_t)p->action.index, level, row.key);
    row.context = find_context(self, row.key);
    is_open = !pick(self, &row);
  }
  imagine(self, &row);
}

/* At most TOGETHER rows. */
enum { TOGETHER = 32 };
static void predict_together(const tabular *self, heed_prediction *batch, size_t count) {
  lookup rows[TOGETHER];
  lookup *open[TOGETHER]; /* those that nothing was picked for yet */
  for (size_t i = 0; i < count; i++) {
    rows[i].p = &batch[i];
    rows[i].picked = NULL;
    open[i] = &rows[i];
  }
  size_t left = count;
  for (uint32_t level = 0; level < self->levels && left > 0; level++) {
    find_contexts(self, open, left, level);
    size_t kept = 0;
    for (size_t i = 0; i < left; i++) {
      if (!pick(self, open[i])) {
        open[kept++] = open[i];
      }
    }
    left = kept;
  }
  for (size_t i = 0; i < count; i++) {
    imagine(self, &rows[i]);
  }
}

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

static double uncertainty(const tabular *self, const uint32_t *belief, uint32_t action) {
  double nats = 0;
  double share = 1; /* probability of getting down to this level */
  uint32_t key[TABULAR_KEY_WORDS_MAX];
  for (uint32_t level = 0; level < self->levels; level++) {
    heed__tabular_key(self, belief, action, level, key);
    const tabular_context *c = find_context(self, key);
    if (c != NULL) {
      nats += share * information(self, c);
      share *= self->params.concentration / (c->total + self->params.concentration);
    }
  }
  /* Nothing known at all: as if it could be any observation met so far, or a new one. */
  return nats + share * log((double)self->records.observations.count + 1);
}

static void predict(const void *self_, heed_prediction *batch, size_t count, void *workspace) {
  const tabular *self = self_;
  (void)workspace;
  if (count == 1) {
    predict_one(self, batch);
  }
  for (size_t i = 0; i < count && count > 1; i += TOGETHER) {
    predict_together(self, batch + i, count - i < TOGETHER ? count - i : TOGETHER);
  }
  for (size_t i = 0; i < count; i++) {
    batch[i].uncertainty = batch[i].wants_uncertainty
                               ? uncertainty(self, batch[i].belief, (uint32_t)batch[i].action.index)
                               : 0.0;
  }
}

static void draw(const void *self_, heed_rng *rng, void *hypothesis) {
  (void)self_;
  uint64_t seed = heed_rng_next(rng);
  memcpy(hypothesis, &seed, sizeof seed);
}

/* ---- the table of functions ------------------------------------------------------------------- */

static void destroy(void *self_) {
  tabular *self = self_;
  heed__records_deinit(&self->records);
  heed_intern_deinit(&self->keys);
  free(self->contexts);
  free(self->outcomes);
  free(self->changes);
}

static heed_status create(void *self_, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  enum { FIRST_KEYS = 256 };
  tabular *self = self_;
  if (spec->obs_space.kind != HEED_SPACE_CELLS || spec->action_space.kind != HEED_SPACE_DISCRETE ||
      spec->action_space.count > TABULAR_ACTIONS_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "needs observations of cells and at most %d actions",
                     TABULAR_ACTIONS_MAX);
  }
  self->params = *(const tabular_params *)params;
  self->history = (uint32_t)self->params.history;
  /* The shortest context differs from the one before it only by what was tried. */
  self->levels = self->history + (self->params.runs ? 1 : 0);
  self->key_words = 2 * self->history + 1;
  self->action_count = spec->action_space.count;
  self->obs_size = heed_space_size(&spec->obs_space);
  self->belief_size = (numbers_size(self) + self->obs_size + 7) & ~(size_t)7;
  spec->belief_size = self->belief_size;
  spec->hypothesis_size = sizeof(uint64_t);

  heed_status status =
      heed__records_init(&self->records, &spec->obs_space, self->action_count, err);
  if (status == HEED_OK) {
    status =
        heed_intern_init(&self->keys, (size_t)self->key_words * sizeof(uint32_t), FIRST_KEYS, err);
  }
  if (status == HEED_OK) {
    self->contexts = calloc(FIRST_KEYS, sizeof *self->contexts);
    if (self->contexts == NULL) {
      status = heed_fail(err, HEED_ERR_NOMEM, "no memory");
    }
  }
  return status;
}

const heed_dynamics_ops heed__dynamics_tabular = {
    .name = "tabular",
    .summary = "counts of what came next, given the last k observations and the action",
    .params = params_table,
    .param_count = sizeof params_table / sizeof params_table[0],
    .params_size = sizeof(tabular_params),
    .self_size = sizeof(tabular),
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .observe = observe,
    .predict = predict,
    .decode = decode,
    .learn = heed__tabular_learn,
    .draw = draw,
    .save = heed__tabular_save,
    .load = heed__tabular_load,
};
