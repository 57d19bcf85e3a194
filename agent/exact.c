#include "agent/exact.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* How often a particle is drawn anew to agree with an observation before it is given up. */
enum { MATCH_TRIES = 256 };

/* Resets that are tried for the first particle that shows the first observation, and for each one more:
 * a world may begin in thousands of ways. */
enum { FIRST_START_TRIES = 8192, START_TRIES = 256 };

typedef struct exact_params {
  const heed_env *env; /* borrowed */
  uint32_t particles;
  const heed_dynamics_ops *of_one; /* what a model of one particle can do */
} exact_params;

typedef struct exact {
  const heed_env *env;
  uint32_t particles;
  bool recalls;          /* what is seen tells the state: a belief is one state, and nothing else */
  heed_dynamics *single; /* owned; the same of one particle, when there are more */
  size_t state_size, obs_size;
  size_t tally_size; /* zeros in every particle */
  size_t obs_offset; /* of the latest observation in a belief, behind the particles */
  size_t belief_size;
} exact;

/* A belief: states [particles][state_size], then the latest observation, zeros to a multiple of 8. The
 * tallies at the beginning of states (env.h) are zeros: what only counts tells no two beliefs apart, so
 * that a search which comes to one place at two depths finds one state. */
static unsigned char *particle(const exact *self, void *belief, uint32_t i) {
  return (unsigned char *)belief + i * self->state_size;
}

/* Makes the tally of a state zeros. Most have 16 to 32 bytes: two stores, which overlap, where a call costs
 * more than what it does. */
static inline void forget_counts(const exact *self, unsigned char *state) {
  size_t size = self->tally_size;
  if (size >= 16 && size <= 32) {
    memset(state, 0, 16);
    memset(state + size - 16, 0, 16);
  } else if (size > 0) {
    memset(state, 0, size);
  }
}

/* Steps a state, and forgets what it counted. Its time limit is therefore never met, but for one step. */
static inline heed_outcome step(const exact *self, void *state, heed_action action, heed_rng *rng) {
  heed_outcome outcome = heed_env_step(self->env, state, action, rng);
  forget_counts(self, state);
  return outcome;
}

/* A generator of the model's own where the interface hands over none: a function of its inputs. */
static heed_rng own_rng(const exact *self, const void *belief, heed_action action,
                        const void *obs) {
  uint64_t seed = XXH3_64bits(obs, self->obs_size);
  if (belief != NULL) {
    seed = heed_mix64(seed, XXH3_64bits(belief, self->belief_size));
  }
  heed_rng rng;
  heed_rng_init(&rng, heed_mix64(seed, (uint64_t)action.index));
  return rng;
}

static bool shows(const exact *self, const void *state, const void *obs, void *scratch) {
  heed_env_observe(self->env, state, scratch);
  return memcmp(scratch, obs, self->obs_size) == 0;
}

/* Fills a belief with starts of episodes that show `obs`, as many different ones as are found; false: with
 * any. */
static bool draw_starts(const exact *self, const void *obs, heed_rng *rng, void *belief) {
  unsigned char *latest = (unsigned char *)belief + self->obs_offset;
  memset(belief, 0, self->belief_size);
  uint32_t found = 0;
  for (uint32_t n = 0; found < self->particles && n < FIRST_START_TRIES + START_TRIES * found;
       n++) {
    void *state = particle(self, belief, found);
    heed_env_init(self->env, state);
    heed_env_reset(self->env, state, rng);
    memset(state, 0, self->tally_size);
    found += shows(self, state, obs, latest) ? 1 : 0;
  }
  bool is_found = found > 0;
  found = is_found ? found : 1; /* the last start that was tried is as good as any */
  for (uint32_t i = found; i < self->particles; i++) {
    memcpy(particle(self, belief, i), particle(self, belief, i % found), self->state_size);
  }
  memcpy(latest, obs, self->obs_size);
  return is_found;
}

static void begin(const void *self_, const void *obs, void *belief) {
  const exact *self = self_;
  if (self->recalls) {
    heed_env_recall(self->env, obs, belief);
    return;
  }
  heed_rng rng = own_rng(self, NULL, (heed_action){0}, obs);
  (void)draw_starts(self, obs, &rng, belief);
}

/* Steps every particle of `from` into `to` and keeps those that show `obs` and end as `is_over` says,
 * again and again until the belief is full; `kept` may be more than 0 at the start. False: it is 0 at the
 * end, and nothing was written. `scratch` holds one state and one observation. */
static bool filter(const exact *self, const void *from, heed_action action, const void *obs,
                   bool is_over, heed_rng *rng, void *to, uint32_t kept, unsigned char *scratch) {
  unsigned char *shown = scratch + self->state_size;
  for (uint32_t n = 0; kept < self->particles && n < MATCH_TRIES * self->particles; n++) {
    if (n > 4 * self->particles && kept > 0) {
      break; /* the rest are copies of what was found */
    }
    memcpy(scratch, particle(self, (void *)from, n % self->particles), self->state_size);
    heed_outcome outcome = step(self, scratch, action, rng);
    bool over = outcome.is_terminal || outcome.is_truncated;
    if (over == is_over && shows(self, scratch, obs, shown)) {
      memcpy(particle(self, to, kept++), scratch, self->state_size);
    }
  }
  for (uint32_t i = kept; kept > 0 && i < self->particles; i++) {
    memcpy(particle(self, to, i), particle(self, to, i % kept), self->state_size);
  }
  return kept > 0;
}

/* Goes on where no particle agrees with what was seen: they are too few, or the world is another one. What is
 * past is given up for starts that show it. Where none does, the particles keep pace: each does what the
 * action makes of it, whatever it shows, unless that would be its end. */
static void start_anew(const exact *self, const void *from, heed_action action, const void *obs,
                       heed_rng *rng, void *to, unsigned char *scratch) {
  if (draw_starts(self, obs, rng, to)) {
    return;
  }
  for (uint32_t i = 0; i < self->particles; i++) {
    const void *before = particle(self, (void *)from, i);
    memcpy(scratch, before, self->state_size);
    heed_outcome outcome = step(self, scratch, action, rng);
    bool is_over = outcome.is_terminal || outcome.is_truncated;
    memcpy(particle(self, to, i), is_over ? before : scratch, self->state_size);
  }
}

static void predict_one(const exact *self, heed_prediction *p, unsigned char *scratch) {
  unsigned char *next = p->next_belief;
  /* One particle says what happens; then the others must agree with what was seen. */
  uint32_t chosen = self->particles > 1 ? heed_rng_choice(p->rng, self->particles) : 0;
  memcpy(next, particle(self, (void *)p->belief, chosen), self->state_size);
  heed_outcome outcome = step(self, next, p->action, p->rng);
  p->reward = outcome.reward;
  p->is_terminal = outcome.is_terminal || outcome.is_truncated;
  p->uncertainty = 0;
  if (self->recalls) {
    return;
  }
  unsigned char *obs = next + self->obs_offset;
  memset(obs, 0, self->belief_size - self->obs_offset);
  heed_env_observe(self->env, next, obs);
  if (self->particles > 1) {
    (void)filter(self, p->belief, p->action, obs, p->is_terminal, p->rng, next, 1, scratch);
  }
}

/* Of one particle. Where the state tells what is seen, that is written beside it, else where it belongs. */
static void stride(const void *self_, heed_stride *s) {
  const exact *self = self_;
  heed_outcome outcome = step(self, s->belief, s->action, s->rng);
  s->reward = outcome.reward;
  s->is_terminal = outcome.is_terminal || outcome.is_truncated;
  void *obs = self->recalls ? s->workspace : (unsigned char *)s->belief + self->obs_offset;
  heed_env_observe(self->env, s->belief, obs);
  s->obs = obs;
}

/* Of one particle: nothing need be filtered where there are no others. */
static void roll_out(const exact *self, heed_rollout *r) {
  heed_playout playout = {
      .most = r->most, .actions = r->actions, .rewards = r->channel, .obs = r->obs};
  memcpy(r->beliefs, r->belief, self->state_size);
  heed_env_playout(self->env, r->beliefs, &playout, r->rng);
  r->steps = playout.steps;
  r->is_terminal = playout.is_over;
}

static void rollout(const void *self, heed_rollout *batch, size_t count, void *workspace) {
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    roll_out(self, &batch[i]);
  }
}

static size_t workspace_size(const void *self_, size_t batch) {
  const exact *self = self_;
  (void)batch;
  return self->state_size + self->obs_size;
}

static void predict(const void *self_, heed_prediction *batch, size_t count, void *workspace) {
  for (size_t i = 0; i < count; i++) {
    predict_one(self_, &batch[i], workspace);
  }
}

static void decode(const void *self_, const void *belief, void *obs) {
  const exact *self = self_;
  if (self->recalls) {
    heed_env_observe(self->env, belief, obs);
  } else {
    memcpy(obs, (const unsigned char *)belief + self->obs_offset, self->obs_size);
  }
}

/* All particles show the same board: what may be done is the same in each. */
static uint32_t to_move(const void *self_, const void *belief) {
  const exact *self = self_;
  return heed_env_to_move(self->env, belief);
}

static uint32_t legal(const void *self_, const void *belief, uint32_t *actions) {
  const exact *self = self_;
  return heed_env_legal(self->env, belief, actions);
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  const exact *self = self_;
  if (self->recalls) {
    heed_env_recall(self->env, obs, belief);
    return;
  }
  unsigned char *latest = (unsigned char *)belief + self->obs_offset;
  unsigned char *before = malloc(self->belief_size + self->state_size + self->obs_size);
  if (before == NULL) {
    begin(self, obs, belief); /* forgets the past, but stays right about the present */
    return;
  }
  memcpy(before, belief, self->belief_size);
  heed_rng rng = own_rng(self, belief, action, obs);
  unsigned char *scratch = before + self->belief_size;
  if (!filter(self, before, action, obs, false, &rng, belief, 0, scratch)) {
    start_anew(self, before, action, obs, &rng, belief, scratch);
  }
  memcpy(latest, obs, self->obs_size);
  free(before);
}

static heed_status create(void *self_, const void *params_, heed_dynamics_spec *spec,
                          heed_error *err) {
  exact *self = self_;
  const exact_params *params = params_;
  if (params->particles < 1 || params->particles > HEED_EXACT_PARTICLES_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "%u particles, 1 to %d expected", params->particles,
                     HEED_EXACT_PARTICLES_MAX);
  }
  self->env = params->env;
  self->recalls = heed_env_ops_of(self->env)->recall != NULL;
  self->particles = self->recalls ? 1 : params->particles;
  self->state_size = heed_env_spec_of(self->env)->state_size;
  self->tally_size = heed_env_spec_of(self->env)->tally_size;
  self->obs_size = heed_space_size(&spec->obs_space);
  self->obs_offset = self->particles * self->state_size;
  self->belief_size =
      self->recalls ? self->state_size : (self->obs_offset + self->obs_size + 7) & ~(size_t)7;
  spec->belief_size = self->belief_size;
  spec->hypothesis_size = 0;
  if (self->particles == 1) {
    return HEED_OK;
  }
  exact_params single = {.env = self->env, .particles = 1, .of_one = params->of_one};
  return heed_dynamics_create_ops(params->of_one, &single, &spec->obs_space, &spec->action_space,
                                  &self->single, err);
}

static void destroy(void *self) {
  heed_dynamics_destroy(((exact *)self)->single);
}

static const heed_dynamics *particles(const void *self) {
  return ((const exact *)self)->single;
}

/* The observation, with the zeros behind it, is the same in both beliefs. */
static void sample(const void *self_, const void *belief, heed_rng *rng, void *drawn) {
  const exact *self = self_;
  if (self->single == NULL) {
    memcpy(drawn, belief, self->belief_size);
    return;
  }
  uint32_t i = heed_rng_choice(rng, self->particles);
  memcpy(drawn, particle(self, (void *)belief, i), self->state_size);
  memcpy((unsigned char *)drawn + self->state_size,
         (const unsigned char *)belief + self->obs_offset, self->belief_size - self->obs_offset);
}

#define EXACT_OPS                                                                    \
  .name = "exact", .summary = "the environment's own simulator",                     \
  .params_size = sizeof(exact_params), .self_size = sizeof(exact), .create = create, \
  .destroy = destroy, .begin = begin, .observe = observe, .predict = predict,        \
  .workspace_size = workspace_size, .decode = decode, .particles = particles, .sample = sample

/* First of worlds of one in which every action may be taken, then of the others; of several particles, and
 * of one. */
static const heed_dynamics_ops exact_ops[2][2] = {
    {{EXACT_OPS}, {EXACT_OPS, .rollout = rollout, .stride = stride}},
    {{EXACT_OPS, .to_move = to_move, .legal = legal},
     {EXACT_OPS, .to_move = to_move, .legal = legal, .rollout = rollout, .stride = stride}}};

heed_status heed_exact_create(const heed_env *env, uint32_t particles, heed_dynamics **out,
                              heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  const heed_env_ops *ops = heed_env_ops_of(env);
  bool is_game = ops->to_move != NULL || ops->legal != NULL;
  bool is_one = particles == 1 || ops->recall != NULL;
  exact_params params = {.env = env, .particles = particles, .of_one = &exact_ops[is_game][1]};
  return heed_dynamics_create_ops(&exact_ops[is_game][is_one], &params, &spec->obs_space,
                                  &spec->action_space, out, err);
}

void heed_exact_set_state(const heed_dynamics *model, const void *state, void *belief) {
  const exact *self = heed__dynamics_self(model);
  memset(belief, 0, self->belief_size);
  for (uint32_t i = 0; i < self->particles; i++) {
    memcpy(particle(self, belief, i), state, self->state_size);
    memset(particle(self, belief, i), 0, self->tally_size);
  }
  if (!self->recalls) {
    heed_env_observe(self->env, state, (unsigned char *)belief + self->obs_offset);
  }
}
