/* tabular.c: counts of what came next, given the last k observations and the action.
 *
 * The posterior at each context is a Dirichlet process whose base measure is the prediction of a
 * shorter context: a finite-depth hierarchical Dirichlet process over histories (MacKay and Peto 1995,
 * "A hierarchical Dirichlet language model"; Teh 2006 with one table per type, which is the counting of
 * Kneser and Ney). With n_o the count of outcome o at context c, n their sum and a the concentration:
 *
 *     P(o | c) = n_o / (n + a)  +  a / (n + a) P(o | shorter(c))
 *
 * Contexts, longest first; the last one backs off to "nothing changes":
 *
 *     (o_1, a_1, ..., o_k, tried, a)   the last k observations and the actions between them
 *     (     ..., o_k, tried, a)        without the oldest, one by one
 *     (          o_k, a)               what is seen now, and the action
 *
 * An outcome is counted at a shorter context once for each longer context in which it came up. Ninety
 * steps in the same trap are then one piece of evidence about arriving at such a place, not ninety.
 *
 * With runs=true (the default) equal observations in a row count as one, and `tried` is the set of
 * actions taken since the latest appeared. A world that hides a coin toss ("am I being held?") shows it
 * only by what did not happen; a set of vain attempts remembers that for as long as nothing else does,
 * where a window over the last k steps forgets it after k. */
#include <assert.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/intern.h"
#include "dynamics/registry.h"

enum {
  HISTORY_MAX = 8,
  ACTIONS_MAX = 32,       /* `tried` is a set of 32 bits */
  START = UINT32_MAX - 1, /* stands where the episode had not begun */
  UNKNOWN = UINT32_MAX,   /* an observation never learned from */
  KEY_WORDS_MAX = 2 * HISTORY_MAX + 1,
  MANY_OUTCOMES = 64 /* a hypothesis weighs at most so many; the rest count as one */
};

typedef struct tabular_params {
  int32_t history;
  bool runs;
  double concentration;
} tabular_params;

static const heed_param params_table[] = {
    {"history", HEED_PARAM_INT, offsetof(tabular_params, history), "2", 1, HISTORY_MAX, NULL,
     "observations", "how many of the last observations the next one depends on"},
    {"runs", HEED_PARAM_BOOL, offsetof(tabular_params, runs), "true", 0, 1, NULL, "",
     "count equal observations in a row as one, and remember what was tried in them"},
    {"concentration", HEED_PARAM_REAL, offsetof(tabular_params, concentration), "0.2", 1e-6, 1e6,
     NULL, "counts", "weight of the shorter context against counts"},
};

typedef struct outcome {
  uint32_t obs;         /* number of the next observation */
  uint32_t is_terminal; /* 0 or 1 */
  uint32_t count;       /* times, or longer contexts, in which it came up */
  uint32_t visits;      /* times in all: what the mean of the channel is over */
  double channel;       /* mean of the reward channel */
  uint32_t next;        /* next outcome of the same context, or HEED_INTERN_NONE */
  uint32_t unused;      /* no padding: saved as it is */
} outcome;

typedef struct context {
  uint32_t first; /* outcomes in the order in which they came up; HEED_INTERN_NONE: none */
  uint32_t total; /* sum of their counts */
} context;

typedef struct tabular {
  tabular_params params;
  uint32_t history;
  uint32_t levels;    /* contexts from longest to shortest */
  uint32_t key_words; /* of a context's key */
  uint32_t action_count;
  size_t obs_size;
  const heed_space *obs_space; /* borrowed from the model's spec */
  heed_intern observations;    /* rows of obs_size bytes */
  heed_intern keys;            /* rows of key_words words: level, history, tried, action */
  context *contexts;           /* [keys.capacity], by number of key */
  outcome *outcomes;           /* [outcome_capacity] */
  uint32_t outcome_count, outcome_capacity;
  uint64_t transitions; /* learned from */
} tabular;

/* ---- beliefs ---------------------------------------------------------------------------------- */

/* A belief is the history in numbers, then the bytes of the latest observation:
 *   uint32 obs[k]  uint32 action[k-1]  uint32 tried  obs bytes  zeros to a multiple of 8 */
static uint32_t *belief_actions(const tabular *self, void *belief) {
  return (uint32_t *)belief + self->history;
}
static uint32_t *belief_tried(const tabular *self, void *belief) {
  return (uint32_t *)belief + 2 * self->history - 1;
}
static unsigned char *belief_obs(const tabular *self, void *belief) {
  return (unsigned char *)belief + 2 * self->history * sizeof(uint32_t);
}

static size_t belief_size(const tabular *self) {
  return (2 * self->history * sizeof(uint32_t) + self->obs_size + 7) & ~(size_t)7;
}

static void begin(const void *self_, const void *obs, void *belief) {
  const tabular *self = self_;
  uint32_t *numbers = belief;
  memset(belief, 0, belief_size(self));
  for (uint32_t i = 0; i + 1 < self->history; i++) {
    numbers[i] = START;
  }
  numbers[self->history - 1] = heed_intern_find(&self->observations, obs);
  memcpy(belief_obs(self, belief), obs, self->obs_size);
}

/* Moves a belief on by an action and an observation, whose number is given. */
static void shift(const tabular *self, uint32_t *belief, uint32_t action, uint32_t number,
                  const void *obs) {
  uint32_t k = self->history;
  unsigned char *bytes = belief_obs(self, belief);
  if (self->params.runs && memcmp(bytes, obs, self->obs_size) == 0) {
    *belief_tried(self, belief) |= UINT32_C(1) << action;
    return;
  }
  uint32_t *actions = belief_actions(self, belief);
  for (uint32_t i = 0; i + 1 < k; i++) {
    belief[i] = belief[i + 1];
    actions[i] = i + 2 < k ? actions[i + 1] : action;
  }
  belief[k - 1] = number;
  *belief_tried(self, belief) = 0;
  memcpy(bytes, obs, self->obs_size);
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  const tabular *self = self_;
  shift(self, belief, (uint32_t)action.index, heed_intern_find(&self->observations, obs), obs);
}

static void decode(const void *self_, const void *belief, void *obs) {
  const tabular *self = self_;
  memcpy(obs, belief_obs(self, (void *)belief), self->obs_size);
}

/* ---- contexts --------------------------------------------------------------------------------- */

/* The key of a belief and an action at a level, 0 the longest: what the level drops is left zero. */
static void key_of(const tabular *self, const uint32_t *belief, uint32_t action, uint32_t level,
                   uint32_t *key) {
  uint32_t k = self->history;
  uint32_t dropped = level < k ? level : k - 1;
  memset(key, 0, self->key_words * sizeof *key);
  key[0] = level * self->action_count + action;
  for (uint32_t i = dropped; i < k; i++) {
    key[1 + i] = belief[i];
  }
  for (uint32_t i = dropped; i + 1 < k; i++) {
    key[1 + k + i] = belief[k + i];
  }
  if (level < k) {
    key[2 * k] = belief[2 * k - 1]; /* tried */
  }
}

static const context *find_context(const tabular *self, const uint32_t *key) {
  uint32_t id = heed_intern_find(&self->keys, key);
  return id == HEED_INTERN_NONE ? NULL : &self->contexts[id];
}

/* ---- prediction ------------------------------------------------------------------------------- */

/* Picks an outcome of a context by its counts, or NULL for the shorter context. */
static const outcome *pick_by_count(const tabular *self, const context *c, double u) {
  double weight = u * (c->total + self->params.concentration);
  for (uint32_t i = c->first; i != HEED_INTERN_NONE; i = self->outcomes[i].next) {
    weight -= self->outcomes[i].count;
    if (weight < 0) {
      return &self->outcomes[i];
    }
  }
  return NULL;
}

/* The same under a hypothesis: the weights of the outcomes and of the shorter context are one draw
 * from their Dirichlet posterior, derived from the hypothesis' seed and the context's key alone, so
 * that the hypothesis is one fixed world although nothing of it is stored. */
static const outcome *pick_by_draw(const tabular *self, const context *c, uint64_t seed, double u) {
  heed_rng rng;
  heed_rng_init(&rng, heed_mix64(seed, (uint64_t)(c - self->contexts)));
  gsl_rng gsl = heed_rng_view(&rng);

  double weights[MANY_OUTCOMES];
  const outcome *of[MANY_OUTCOMES];
  double sum = gsl_ran_gamma(&gsl, self->params.concentration, 1.0);
  size_t n = 0;
  for (uint32_t i = c->first; i != HEED_INTERN_NONE && n < MANY_OUTCOMES;
       i = self->outcomes[i].next) {
    of[n] = &self->outcomes[i];
    weights[n] = gsl_ran_gamma(&gsl, of[n]->count, 1.0);
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

static void predict_one(const tabular *self, heed_prediction *p) {
  const uint32_t *belief = p->belief;
  uint32_t action = (uint32_t)p->action.index;
  uint32_t key[KEY_WORDS_MAX];
  const outcome *picked = NULL;
  for (uint32_t level = 0; level < self->levels && picked == NULL; level++) {
    key_of(self, belief, action, level, key);
    const context *c = find_context(self, key);
    if (c == NULL) {
      continue;
    }
    double u = heed_rng_uniform(p->rng);
    picked = p->hypothesis == NULL ? pick_by_count(self, c, u)
                                   : pick_by_draw(self, c, *(const uint64_t *)p->hypothesis, u);
  }

  memcpy(p->next_belief, p->belief, belief_size(self));
  p->is_terminal = picked != NULL && picked->is_terminal;
  p->reward = picked != NULL ? picked->channel : 0.0;
  if (picked != NULL) {
    shift(self, p->next_belief, action, picked->obs,
          heed_intern_row(&self->observations, picked->obs));
  } else {
    shift(self, p->next_belief, action, belief[self->history - 1],
          belief_obs(self, (void *)p->belief));
  }
}

/* What one look at the outcome would tell about the weights of a context, in nats: the entropy of the
 * mean less the mean of the entropy under the Dirichlet posterior (Houlsby et al. 2011, eq. 2, with
 * E[H] = psi(n + 1) - sum_o n_o / n psi(n_o + 1)). The shorter context is one more outcome. */
static double information(const tabular *self, const context *c) {
  double a = self->params.concentration;
  double n = c->total + a;
  double mean_entropy = gsl_sf_psi(n + 1) - a / n * gsl_sf_psi(a + 1);
  double entropy = -(a / n) * log(a / n);
  for (uint32_t i = c->first; i != HEED_INTERN_NONE; i = self->outcomes[i].next) {
    double share = self->outcomes[i].count / n;
    mean_entropy -= share * gsl_sf_psi_int((int)self->outcomes[i].count + 1);
    entropy -= share * log(share);
  }
  return fmax(0.0, entropy - mean_entropy);
}

static double uncertainty(const tabular *self, const uint32_t *belief, uint32_t action) {
  double nats = 0;
  double share = 1; /* probability of getting down to this level */
  uint32_t key[KEY_WORDS_MAX];
  for (uint32_t level = 0; level < self->levels; level++) {
    key_of(self, belief, action, level, key);
    const context *c = find_context(self, key);
    if (c != NULL) {
      nats += share * information(self, c);
      share *= self->params.concentration / (c->total + self->params.concentration);
    }
  }
  /* Nothing known at all: as if it could be any observation met so far, or a new one. */
  return nats + share * log((double)self->observations.count + 1);
}

static void predict(const void *self_, heed_prediction *batch, size_t count, void *workspace) {
  const tabular *self = self_;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    predict_one(self, &batch[i]);
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

/* ---- learning --------------------------------------------------------------------------------- */

/* The context of a key, added when new. */
static heed_status add_context(tabular *self, const uint32_t *key, context **out, heed_error *err) {
  uint32_t before = self->keys.count;
  uint32_t capacity = self->keys.capacity;
  uint32_t id;
  heed_status status = heed_intern_add(&self->keys, key, &id, err);
  if (status != HEED_OK) {
    return status;
  }
  if (self->keys.capacity != capacity) {
    context *contexts = realloc(self->contexts, self->keys.capacity * sizeof *contexts);
    if (contexts == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%u contexts: no memory", self->keys.capacity);
    }
    self->contexts = contexts;
  }
  if (id == before) {
    self->contexts[id] = (context){.first = HEED_INTERN_NONE};
  }
  *out = &self->contexts[id];
  return HEED_OK;
}

static heed_status add_outcome(tabular *self, uint32_t obs, bool is_terminal, uint32_t *id,
                               heed_error *err) {
  if (self->outcome_count == self->outcome_capacity) {
    uint32_t capacity = self->outcome_capacity == 0 ? 1024 : 2 * self->outcome_capacity;
    outcome *outcomes = realloc(self->outcomes, capacity * sizeof *outcomes);
    if (outcomes == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%u outcomes: no memory", capacity);
    }
    self->outcomes = outcomes;
    self->outcome_capacity = capacity;
  }
  *id = self->outcome_count++;
  self->outcomes[*id] = (outcome){.obs = obs, .is_terminal = is_terminal, .next = HEED_INTERN_NONE};
  return HEED_OK;
}

/* Counts an outcome at one context. *is_new: it had never come up there. */
static heed_status count_at(tabular *self, const uint32_t *key, uint32_t obs,
                            const heed_outcome *happened, bool counts, bool *is_new,
                            heed_error *err) {
  context *c;
  heed_status status = add_context(self, key, &c, err);
  if (status != HEED_OK) {
    return status;
  }
  uint32_t last = HEED_INTERN_NONE;
  uint32_t i = c->first;
  while (i != HEED_INTERN_NONE &&
         (self->outcomes[i].obs != obs || self->outcomes[i].is_terminal != happened->is_terminal)) {
    last = i;
    i = self->outcomes[i].next;
  }
  *is_new = i == HEED_INTERN_NONE;
  if (*is_new) {
    status = add_outcome(self, obs, happened->is_terminal, &i, err);
    if (status != HEED_OK) {
      return status;
    }
    *(last == HEED_INTERN_NONE ? &c->first : &self->outcomes[last].next) = i;
  }
  outcome *o = &self->outcomes[i];
  o->count += counts;
  c->total += counts;
  o->visits++;
  o->channel += (happened->reward - o->channel) / o->visits;
  return HEED_OK;
}

/* Learns one transition, given the belief before it. */
static heed_status learn_one(tabular *self, const uint32_t *belief, uint32_t action,
                             const void *next_obs, const heed_outcome *happened, heed_error *err) {
  uint32_t obs;
  heed_status status = heed_intern_add(&self->observations, next_obs, &obs, err);
  uint32_t key[KEY_WORDS_MAX];
  bool counts = true; /* at the longest context always, at a shorter one when new at the longer */
  for (uint32_t level = 0; level < self->levels && status == HEED_OK; level++) {
    key_of(self, belief, action, level, key);
    bool is_new = false;
    status = count_at(self, key, obs, happened, counts, &is_new, err);
    counts = counts && is_new;
  }
  return status;
}

/* The transition from which the belief before transition t can be built: k changes of the observation
 * (or, without runs, k steps) back, or where the episode begins. */
static size_t look_back(const tabular *self, const heed_experience *experience, size_t t) {
  size_t begin_of_episode =
      heed_experience_episode_begin(experience, heed_experience_episode_of(experience, t));
  uint32_t changes = 0;
  while (t > begin_of_episode && changes < self->history) {
    t--;
    changes +=
        !self->params.runs || memcmp(heed_experience_obs(experience, t),
                                     heed_experience_next_obs(experience, t), self->obs_size) != 0;
  }
  return t;
}

/* The belief that transition t of the experience starts from. */
static heed_status belief_at(tabular *self, const heed_experience *experience, size_t t,
                             uint32_t *belief, heed_error *err) {
  size_t from = look_back(self, experience, t);
  uint32_t number;
  const void *first_obs = heed_experience_obs(experience, from);
  heed_status status = heed_intern_add(&self->observations, first_obs, &number, err);
  if (status != HEED_OK) {
    return status;
  }
  begin(self, first_obs, belief);
  for (size_t i = from; i < t; i++) {
    observe(self, belief, heed_experience_action(experience, i),
            heed_experience_next_obs(experience, i));
  }
  return HEED_OK;
}

static heed_status learn(void *self_, const heed_experience *experience, size_t first, size_t count,
                         const heed_progress_sink *progress, heed_error *err) {
  tabular *self = self_;
  uint32_t *belief = malloc(belief_size(self));
  if (belief == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "belief of %zu bytes: no memory", belief_size(self));
  }
  heed_status status = HEED_OK;
  size_t episode_end = first; /* forces the first belief to be built */
  for (size_t t = first; t < first + count && status == HEED_OK; t++) {
    if (t == episode_end || t == first) {
      status = belief_at(self, experience, t, belief, err);
      episode_end =
          heed_experience_episode_begin(experience, heed_experience_episode_of(experience, t) + 1);
    }
    heed_action action = heed_experience_action(experience, t);
    heed_outcome happened = heed_experience_outcome(experience, t);
    const void *next_obs = heed_experience_next_obs(experience, t);
    if (status == HEED_OK) {
      status = learn_one(self, belief, (uint32_t)action.index, next_obs, &happened, err);
    }
    if (status == HEED_OK) {
      self->transitions++;
      observe(self, belief, action, next_obs);
    }
    if (t % 4096 == 0 && !heed_progress_report(progress, t - first, count)) {
      break;
    }
  }
  free(belief);
  return status;
}

/* ---- files ------------------------------------------------------------------------------------ */

/* One column of the outcomes of all contexts, context by context. */
static void save_column(const tabular *self, heed_pack_writer *writer, const char *key,
                        heed_dtype dtype, size_t offset, void *buffer) {
  size_t size = heed_dtype_size(dtype);
  unsigned char *to = buffer;
  for (uint32_t c = 0; c < self->keys.count; c++) {
    for (uint32_t i = self->contexts[c].first; i != HEED_INTERN_NONE; i = self->outcomes[i].next) {
      memcpy(to, (const unsigned char *)&self->outcomes[i] + offset, size);
      to += size;
    }
  }
  heed_pack_key(writer, key);
  heed_pack_numbers(writer, dtype, self->outcome_count, 1, buffer);
}

static void save_rows(heed_pack_writer *writer, const char *key, heed_dtype dtype,
                      const heed_intern *table, unsigned char *buffer) {
  for (uint32_t i = 0; i < table->count; i++) {
    memcpy(buffer + i * table->row_size, heed_intern_row(table, i), table->row_size);
  }
  heed_pack_key(writer, key);
  heed_pack_numbers(writer, dtype, table->count, table->row_size / heed_dtype_size(dtype), buffer);
}

static void save(const void *self_, heed_pack_writer *writer) {
  const tabular *self = self_;
  /* One buffer, large enough for any of the arrays. */
  size_t size = self->observations.count * self->obs_size;
  size_t others[] = {self->keys.count * self->keys.row_size, self->outcome_count * sizeof(double)};
  size = size > others[0] ? size : others[0];
  size = size > others[1] ? size : others[1];
  unsigned char *buffer = malloc(size + 1);
  if (buffer == NULL) {
    heed_pack_writer_fail(writer, HEED_ERR_NOMEM, "tabular: no memory for %zu bytes", size);
    return;
  }
  heed_pack_map(writer, 9);
  heed_pack_key(writer, "transitions");
  heed_pack_uint(writer, self->transitions);
  save_rows(writer, "observations", HEED_U8, &self->observations, buffer);
  save_rows(writer, "contexts", HEED_U32, &self->keys, buffer);

  uint32_t *lengths = (uint32_t *)(void *)buffer;
  for (uint32_t c = 0; c < self->keys.count; c++) {
    lengths[c] = 0;
    for (uint32_t i = self->contexts[c].first; i != HEED_INTERN_NONE; i = self->outcomes[i].next) {
      lengths[c]++;
    }
  }
  heed_pack_key(writer, "outcomes");
  heed_pack_numbers(writer, HEED_U32, self->keys.count, 1, lengths);
  save_column(self, writer, "next", HEED_U32, offsetof(outcome, obs), buffer);
  save_column(self, writer, "terminal", HEED_U32, offsetof(outcome, is_terminal), buffer);
  save_column(self, writer, "count", HEED_U32, offsetof(outcome, count), buffer);
  save_column(self, writer, "visits", HEED_U32, offsetof(outcome, visits), buffer);
  save_column(self, writer, "channel", HEED_F64, offsetof(outcome, channel), buffer);
  free(buffer);
}

/* The arrays of a file, borrowed from its reader. */
typedef struct columns {
  size_t outcome_count;
  const uint32_t *lengths, *next, *terminal, *count, *visits;
  const double *channel;
} columns;

/* Adds the rows of an array to a table; every row must be new. */
static heed_status load_rows(heed_intern *table, const heed_pack_value *map, const char *key,
                             heed_dtype dtype, const void **rows, heed_error *err) {
  size_t count;
  const void *data;
  heed_status status =
      heed_pack_get_numbers(map, key, dtype, SIZE_MAX, table->row_size / heed_dtype_size(dtype),
                            &count, NULL, &data, err);
  for (size_t i = 0; i < count && status == HEED_OK; i++) {
    uint32_t id;
    status = heed_intern_add(table, (const unsigned char *)data + i * table->row_size, &id, err);
    if (status == HEED_OK && id != i) {
      status = heed_fail(err, HEED_ERR_FORMAT, "%s: row %zu is row %u again", key, i, id);
    }
  }
  *rows = data;
  return status;
}

static heed_status load_columns(const tabular *self, const heed_pack_value *map, columns *c,
                                heed_error *err) {
  struct {
    const char *key;
    heed_dtype dtype;
    const void *data;
  } wanted[] = {{"next", HEED_U32, NULL},
                {"terminal", HEED_U32, NULL},
                {"count", HEED_U32, NULL},
                {"visits", HEED_U32, NULL},
                {"channel", HEED_F64, NULL}};
  const void *lengths;
  heed_status status = heed_pack_get_numbers(map, "outcomes", HEED_U32, self->keys.count, 1, NULL,
                                             NULL, &lengths, err);
  size_t expected = SIZE_MAX;
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && status == HEED_OK; i++) {
    status = heed_pack_get_numbers(map, wanted[i].key, wanted[i].dtype, expected, 1,
                                   &c->outcome_count, NULL, &wanted[i].data, err);
    expected = c->outcome_count;
  }
  if (status == HEED_OK && c->outcome_count > UINT32_MAX - 1) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%zu outcomes, too many", c->outcome_count);
  }
  if (status == HEED_OK) {
    c->lengths = lengths;
    c->next = wanted[0].data;
    c->terminal = wanted[1].data;
    c->count = wanted[2].data;
    c->visits = wanted[3].data;
    c->channel = wanted[4].data;
  }
  return status;
}

/* Are the words of every key numbers that exist? */
static heed_status check_keys(const tabular *self, heed_error *err) {
  for (uint32_t c = 0; c < self->keys.count; c++) {
    const uint32_t *key = heed_intern_row(&self->keys, c);
    if (key[0] >= self->levels * self->action_count) {
      return heed_fail(err, HEED_ERR_FORMAT, "contexts: row %u, word 0 is %u, below %u expected", c,
                       key[0], self->levels * self->action_count);
    }
    for (uint32_t i = 1; i <= self->history; i++) {
      if (key[i] >= self->observations.count && key[i] != START && key[i] != UNKNOWN) {
        return heed_fail(err, HEED_ERR_FORMAT, "contexts: row %u names observation %u of %u", c,
                         key[i], self->observations.count);
      }
    }
  }
  return HEED_OK;
}

static heed_status load_outcomes(tabular *self, const columns *from, heed_error *err) {
  size_t i = 0;
  for (uint32_t c = 0; c < self->keys.count; c++) {
    uint64_t total = 0;
    if (from->lengths[c] > from->outcome_count - i) {
      return heed_fail(err, HEED_ERR_FORMAT, "outcomes: context %u claims %u, %zu are left", c,
                       from->lengths[c], from->outcome_count - i);
    }
    self->contexts[c].first = from->lengths[c] > 0 ? (uint32_t)i : HEED_INTERN_NONE;
    for (uint32_t n = from->lengths[c]; n > 0; n--, i++) {
      if (from->next[i] >= self->observations.count || from->terminal[i] > 1 ||
          from->count[i] < 1 || from->visits[i] < from->count[i] || from->visits[i] > INT32_MAX) {
        return heed_fail(err, HEED_ERR_FORMAT,
                         "outcome %zu: next %u, terminal %u, count %u, visits %u", i, from->next[i],
                         from->terminal[i], from->count[i], from->visits[i]);
      }
      self->outcomes[i] = (outcome){.obs = from->next[i],
                                    .is_terminal = from->terminal[i],
                                    .count = from->count[i],
                                    .visits = from->visits[i],
                                    .channel = from->channel[i],
                                    .next = n > 1 ? (uint32_t)i + 1 : HEED_INTERN_NONE};
      total += from->count[i];
    }
    if (total > INT32_MAX) {
      return heed_fail(err, HEED_ERR_FORMAT, "context %u counts %llu", c,
                       (unsigned long long)total);
    }
    self->contexts[c].total = (uint32_t)total;
  }
  return i == from->outcome_count ? HEED_OK
                                  : heed_fail(err, HEED_ERR_FORMAT, "outcomes: %zu belong to none",
                                              from->outcome_count - i);
}

static heed_status load(void *self_, const heed_pack_value *map, heed_error *err) {
  tabular *self = self_;
  const void *rows;
  columns from = {0};
  heed_status status = heed_pack_get_uint(map, "transitions", UINT64_MAX, &self->transitions, err);
  if (status == HEED_OK) {
    status = load_rows(&self->observations, map, "observations", HEED_U8, &rows, err);
  }
  for (uint32_t i = 0; i < self->observations.count && status == HEED_OK; i++) {
    status = heed_space_check_row(self->obs_space, heed_intern_row(&self->observations, i), err);
    status = status == HEED_OK ? status : heed_fail(err, HEED_ERR_FORMAT, "observation %u", i);
  }
  if (status == HEED_OK) {
    status = load_rows(&self->keys, map, "contexts", HEED_U32, &rows, err);
  }
  if (status == HEED_OK) {
    status = check_keys(self, err);
  }
  if (status == HEED_OK) {
    status = load_columns(self, map, &from, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  free(self->contexts);
  free(self->outcomes);
  self->contexts = calloc(self->keys.capacity, sizeof *self->contexts);
  self->outcomes = calloc(from.outcome_count + 1, sizeof *self->outcomes);
  if (self->contexts == NULL || self->outcomes == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu outcomes: no memory", from.outcome_count);
  }
  self->outcome_count = (uint32_t)from.outcome_count;
  self->outcome_capacity = self->outcome_count + 1;
  return load_outcomes(self, &from, err);
}

/* ---- the table of functions ------------------------------------------------------------------- */

static void destroy(void *self_) {
  tabular *self = self_;
  heed_intern_deinit(&self->observations);
  heed_intern_deinit(&self->keys);
  free(self->contexts);
  free(self->outcomes);
}

static heed_status create(void *self_, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  enum { FIRST_ROWS = 256 };
  tabular *self = self_;
  if (spec->obs_space.kind != HEED_SPACE_CELLS || spec->action_space.kind != HEED_SPACE_DISCRETE ||
      spec->action_space.count > ACTIONS_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "needs observations of cells and at most %d actions",
                     ACTIONS_MAX);
  }
  self->params = *(const tabular_params *)params;
  self->history = (uint32_t)self->params.history;
  /* The shortest context differs from the one before it only by what was tried. */
  self->levels = self->history + (self->params.runs ? 1 : 0);
  self->key_words = 2 * self->history + 1;
  self->action_count = spec->action_space.count;
  self->obs_space = &spec->obs_space;
  self->obs_size = heed_space_size(&spec->obs_space);
  spec->belief_size = belief_size(self);
  spec->hypothesis_size = sizeof(uint64_t);

  heed_status status = heed_intern_init(&self->observations, self->obs_size, FIRST_ROWS, err);
  if (status == HEED_OK) {
    status = heed_intern_init(&self->keys, self->key_words * sizeof(uint32_t), FIRST_ROWS, err);
  }
  if (status == HEED_OK) {
    self->contexts = calloc(FIRST_ROWS, sizeof *self->contexts);
    status = self->contexts != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "no memory");
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
    .learn = learn,
    .draw = draw,
    .save = save,
    .load = load,
};
