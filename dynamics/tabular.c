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
 * nothing.
 *
 * A search imagines millions of steps, so a step must not look for anything. Each full history that was met
 * has a number, also those that a life ended in; a belief carries it, and each outcome of a longest context
 * the number of the history that it leads to. Numbers never change their meaning: a history is what was
 * seen, done and tried, and what counts as tried only grows; when it does, all that was counted there is
 * counted again, and leads where it leads now. A history without a number is written out in the belief and
 * looked for by its hash, as are shorter contexts and what they lead to. */
#include "dynamics/tabular.h"

#include <stdlib.h>
#include <string.h>

#include "dynamics/registry.h"

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

/* ---- histories -------------------------------------------------------------------------------- */

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

void heed__tabular_follow(const tabular *self, const uint32_t *numbers, uint32_t action,
                          uint32_t obs, uint32_t *next) {
  memmove(next, numbers, 2 * (size_t)self->history * sizeof *next);
  heed__tabular_shift(self, next, action, obs);
  next[2 * self->history - 1] &= heed__tabular_changes(self, obs);
}

/* ---- beliefs ---------------------------------------------------------------------------------- */

/* Completes a belief whose history is written out. */
static void close_belief(const tabular *self, void *belief, const void *obs) {
  uint32_t history = heed_intern_find(&self->histories, heed__tabular_written(belief));
  heed__tabular_complete(self, belief, history, obs);
}

static void begin(const void *self_, const void *obs, void *belief) {
  const tabular *self = self_;
  uint32_t *numbers = heed__tabular_written(belief);
  memset(belief, 0, self->belief_size);
  for (uint32_t i = 0; i + 1 < self->history; i++) {
    numbers[i] = TABULAR_START;
  }
  numbers[self->history - 1] = heed_intern_find(&self->records.observations, obs);
  close_belief(self, belief, obs);
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  const tabular *self = self_;
  uint32_t *written = heed__tabular_written(belief);
  uint32_t known = ((const uint32_t *)belief)[0];
  const uint32_t *numbers =
      known != HEED_INTERN_NONE ? heed_intern_row(&self->histories, known) : written;
  uint32_t *now = &written[self->history - 1];
  if (known == HEED_INTERN_NONE && *now == TABULAR_UNKNOWN) {
    *now = heed_intern_find(&self->records.observations,
                            heed__tabular_obs(self, belief)); /* learned meanwhile */
  }
  heed__tabular_follow(self, numbers, (uint32_t)action.index,
                       heed_intern_find(&self->records.observations, obs), written);
  close_belief(self, belief, obs);
}

static void decode(const void *self_, const void *belief, void *obs) {
  const tabular *self = self_;
  memcpy(obs, heed__tabular_obs(self, belief), self->obs_size);
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
  heed_intern_deinit(&self->histories);
  heed_intern_deinit(&self->keys);
  free(self->slots);
  free(self->keyed);
  free(self->contexts);
  free(self->outcomes);
  free(self->changes);
}

static heed_status create(void *self_, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  enum { FIRST_ROWS = 256 };
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
  self->belief_size = (heed__tabular_obs_offset(self) + self->obs_size + 7) & ~(size_t)7;
  spec->belief_size = self->belief_size;
  spec->hypothesis_size = sizeof(uint64_t);

  heed_status status =
      heed__records_init(&self->records, &spec->obs_space, self->action_count, err);
  if (status == HEED_OK) {
    status = heed_intern_init(&self->histories, 2 * (size_t)self->history * sizeof(uint32_t),
                              FIRST_ROWS, err);
  }
  if (status == HEED_OK) {
    status = heed__tabular_fit_slots(self, 0, FIRST_ROWS, err);
  }
  if (status == HEED_OK) {
    status =
        heed_intern_init(&self->keys, (size_t)self->key_words * sizeof(uint32_t), FIRST_ROWS, err);
  }
  if (status == HEED_OK) {
    self->keyed = calloc(FIRST_ROWS, sizeof *self->keyed);
    status = self->keyed != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "no memory");
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
    .predict = heed__tabular_predict,
    .rollout = heed__tabular_rollout,
    .decode = decode,
    .learn = heed__tabular_learn,
    .draw = draw,
    .save = heed__tabular_save,
    .load = heed__tabular_load,
};
