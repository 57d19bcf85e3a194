#include "bench/wishes.h"

#include <assert.h>
#include <string.h>

enum { LEFT, RIGHT, WISHES };

typedef struct wishes_params {
  const heed_env *env; /* borrowed */
} wishes_params;

typedef struct wishes {
  const heed_env *env;
  size_t state_size, tally_size, obs_size;
} wishes;

/* A belief: the probability of the right end, the corridor under each wish (zeros where the wish is excluded),
 * the latest observation, zeros to a multiple of 8. */
static unsigned char *state_of(const wishes *self, void *belief, int wish) {
  return (unsigned char *)belief + sizeof(double) + (size_t)wish * self->state_size;
}

static unsigned char *latest_of(const wishes *self, void *belief) {
  return state_of(self, belief, WISHES);
}

static size_t belief_size(const wishes *self) {
  return (sizeof(double) + WISHES * self->state_size + self->obs_size + 7) & ~(size_t)7;
}

static double p_right(const void *belief) {
  double p;
  memcpy(&p, belief, sizeof p);
  return p;
}

static double weight_of(const void *belief, int wish) {
  return wish == RIGHT ? p_right(belief) : 1 - p_right(belief);
}

/* What a step leads to: what is seen, what is paid, and what reaching an end was worth to her. */
typedef struct event {
  heed_outcome outcome;
  double worth;
} event;

/* Steps a state, and forgets what it counted: how long an episode lasts is the planner's horizon. */
static event step(const wishes *self, void *state, heed_action action, heed_rng *rng, void *obs) {
  heed_reading reading = {0};
  event e = {.outcome = heed_env_step(self->env, state, action, rng)};
  (void)heed_env_inspect(self->env, state, "outcome", &reading);
  e.worth = reading.values[0];
  heed_env_observe(self->env, state, obs);
  memset(state, 0, self->tally_size);
  return e;
}

/* Under one wish: the probability that a step from `state` is seen as `obs` and ends as `is_over` says. Then
 * `next` is where it leads, and *worth what it is worth to her. She decides once in a step. */
static double likelihood(const wishes *self, const void *state, heed_action action, const void *obs,
                         bool is_over, void *next, double *worth) {
  enum { DRAWS = 4, BYTES = 512 };
  heed_draw room[DRAWS];
  heed_tape tape = {.mode = HEED_TAPE_ENUMERATE, .draws = room, .capacity = DRAWS};
  heed_rng rng;
  unsigned char tried[BYTES];
  unsigned char seen[BYTES];
  double sum = 0;
  heed_rng_init(&rng, 0);
  rng.tape = &tape;
  do {
    memcpy(tried, state, self->state_size);
    event e = step(self, tried, action, &rng, seen);
    double probability = heed_tape_probability(&tape);
    if (e.outcome.is_terminal == is_over && memcmp(seen, obs, self->obs_size) == 0 &&
        probability > 0) {
      sum += probability;
      *worth = e.worth;
      memcpy(next, tried, self->state_size);
    }
  } while (heed_tape_next_play(&tape));
  return sum;
}

/* Bayes' rule: the belief after an action and what was seen. Returns her mean worth of it. */
static double filter(const wishes *self, const void *belief, heed_action action, const void *obs,
                     bool is_over, void *next) {
  double weights[WISHES] = {0};
  double worths[WISHES] = {0};
  memset(next, 0, belief_size(self));
  for (int wish = 0; wish < WISHES; wish++) {
    double weight = weight_of(belief, wish);
    if (weight > 0) {
      weights[wish] = weight * likelihood(self, state_of(self, (void *)belief, wish), action, obs,
                                          is_over, state_of(self, next, wish), &worths[wish]);
    }
  }
  double sum = weights[LEFT] + weights[RIGHT];
  double p = sum > 0 ? weights[RIGHT] / sum : p_right(belief); /* else no draw that is ever made */
  memcpy(next, &p, sizeof p);
  memcpy(latest_of(self, next), obs, self->obs_size);
  return (1 - p) * worths[LEFT] + p * worths[RIGHT];
}

static int draw_wish(const void *belief, heed_rng *rng) {
  double p = p_right(belief);
  return p > 0 && (p >= 1 || heed_rng_chance(rng, p)) ? RIGHT : LEFT;
}

static void predict(const void *self_, heed_prediction *batch, size_t count, void *workspace) {
  const wishes *self = self_;
  unsigned char *state = workspace;
  unsigned char *obs = state + self->state_size;
  for (size_t i = 0; i < count; i++) {
    heed_prediction *b = &batch[i];
    int wish = draw_wish(b->belief, b->rng);
    memcpy(state, state_of(self, (void *)b->belief, wish), self->state_size);
    heed_outcome outcome = step(self, state, b->action, b->rng, obs).outcome;
    double worth = filter(self, b->belief, b->action, obs, outcome.is_terminal, b->next_belief);
    b->reward = outcome.reward + worth;
    b->is_terminal = outcome.is_terminal;
    b->uncertainty = 0;
  }
}

static size_t workspace_size(const void *self_, size_t batch) {
  const wishes *self = self_;
  (void)batch;
  return self->state_size + self->obs_size;
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  const wishes *self = self_;
  unsigned char next[2048];
  assert(belief_size(self) <= sizeof next);
  (void)filter(self, belief, action, obs, false, next);
  memcpy(belief, next, belief_size(self));
}

static void decode(const void *self_, const void *belief, void *obs) {
  const wishes *self = self_;
  memcpy(obs, latest_of(self, (void *)belief), self->obs_size);
}

static void start(const wishes *self, double p, void *belief) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  memset(belief, 0, belief_size(self));
  memcpy(belief, &p, sizeof p);
  for (int wish = 0; wish < WISHES; wish++) {
    unsigned char *state = state_of(self, belief, wish);
    heed_reading reading = {0};
    while (weight_of(belief, wish) > 0) { /* the world draws the wish: until it is this one */
      heed_env_init(self->env, state);
      heed_env_reset(self->env, state, &rng);
      heed_env_observe(self->env, state, latest_of(self, belief));
      (void)heed_env_inspect(self->env, state, "wants_right", &reading);
      memset(state, 0, self->tally_size);
      if ((reading.values[0] > 0) == (wish == RIGHT)) {
        break;
      }
    }
  }
}

static void begin(const void *self, const void *obs, void *belief) {
  (void)obs; /* all episodes begin alike */
  start(self, 0.5, belief);
}

/* A belief of which the wish is certain goes on in the same model. */
static const heed_dynamics *particles(const void *self) {
  (void)self;
  return NULL;
}

static void sample(const void *self_, const void *belief, heed_rng *rng, void *particle) {
  const wishes *self = self_;
  int wish = draw_wish(belief, rng);
  double p = wish == RIGHT ? 1 : 0;
  memcpy(particle, belief, belief_size(self));
  memcpy(particle, &p, sizeof p);
  memset(state_of(self, particle, wish == RIGHT ? LEFT : RIGHT), 0, self->state_size);
}

static heed_status create(void *self_, const void *params_, heed_dynamics_spec *spec,
                          heed_error *err) {
  wishes *self = self_;
  const wishes_params *params = params_;
  (void)err;
  self->env = params->env;
  self->state_size = heed_env_spec_of(self->env)->state_size;
  self->tally_size = heed_env_spec_of(self->env)->tally_size;
  self->obs_size = heed_space_size(&spec->obs_space);
  spec->belief_size = belief_size(self);
  spec->hypothesis_size = 0;
  return HEED_OK;
}

static void destroy(void *self) {
  (void)self;
}

static const heed_dynamics_ops ops = {
    .name = "wishes",
    .summary = "the off-switch corridor, of which the wish is not known",
    .params_size = sizeof(wishes_params),
    .self_size = sizeof(wishes),
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .observe = observe,
    .predict = predict,
    .workspace_size = workspace_size,
    .decode = decode,
    .particles = particles,
    .sample = sample,
};

heed_status heed__wishes_create(const heed_env *env, heed_dynamics **out, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  wishes_params params = {.env = env};
  return heed_dynamics_create_ops(&ops, &params, &spec->obs_space, &spec->action_space, out, err);
}

void heed__wishes_start(const heed_dynamics *model, double p, void *belief) {
  start(heed__dynamics_self(model), p, belief);
}
