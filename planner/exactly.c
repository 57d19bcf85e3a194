#include "planner/exactly.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/intern.h"

enum { STATES_FIRST = 256, OUTCOMES_FIRST = 1024, STATES_LIMIT = 1 << 30, HORIZON_MAX = 10000 };

/* Where an outcome leads when it ends the episode. */
#define END UINT32_MAX

typedef struct outcome {
  uint32_t next; /* state, or END */
  double probability;
  double reward;
} outcome;

/* States are in the order in which they are found, so that those within d steps come first (envs/mdp.h has
 * the picture). With h steps to go, values are needed only of states within horizon - h steps: layer h holds
 * so many, from offsets[h] on. Without end there is one layer. */
struct heed_exact_plan {
  heed_exactly_config config;
  uint32_t action_count;
  heed_intern states;  /* rows are beliefs */
  uint32_t *level_end; /* [level_count] states within d steps */
  uint32_t level_count;
  uint32_t stepped_count; /* states whose outcomes are here: the first so many */
  size_t *first;     /* [stepped_count * action_count + 1]; none of an action: it is not legal */
  double *sides;     /* [stepped_count] 1: the agent chooses; -1: its adversary */
  outcome *outcomes; /* [outcome_count] */
  size_t outcome_count, outcome_capacity;
  size_t *offsets; /* [horizon + 1] */
  double *values;
  uint32_t sweeps;
};

/* What is needed only while states are being found. */
typedef struct builder {
  heed_exact_plan *plan;
  const heed_dynamics *dynamics;
  const heed_reward *reward;
  size_t belief_size;
  heed_tape tape;
  heed_rng rng;
  uint64_t plays;
  unsigned char *belief, *next;  /* owned, [belief_size] */
  unsigned char *obs, *next_obs; /* owned */
  uint32_t *legal;               /* owned, [action_count] */
  void *dynamics_workspace, *reward_workspace;
} builder;

heed_exactly_config heed_exactly_config_default(void) {
  return (heed_exactly_config){.horizon = 30,
                               .discount = 0.98,
                               .states_max = 1000000,
                               .plays_max = 100000000,
                               .residual = 1e-12,
                               .sweeps_max = 100000};
}

/* ---- finding all there is ----------------------------------------------------------------------- */

static heed_status add_outcome(heed_exact_plan *plan, size_t first, const outcome *o,
                               heed_error *err) {
  for (size_t i = first; i < plan->outcome_count; i++) {
    if (plan->outcomes[i].next == o->next && plan->outcomes[i].reward == o->reward) {
      plan->outcomes[i].probability += o->probability;
      return HEED_OK;
    }
  }
  if (plan->outcome_count == plan->outcome_capacity) {
    size_t capacity = plan->outcome_capacity > 0 ? plan->outcome_capacity * 3 / 2 : OUTCOMES_FIRST;
    outcome *grown = realloc(plan->outcomes, capacity * sizeof *grown);
    if (grown == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "%zu outcomes: no memory", capacity);
    }
    plan->outcomes = grown;
    plan->outcome_capacity = capacity;
  }
  plan->outcomes[plan->outcome_count++] = *o;
  return HEED_OK;
}

/* The number of a belief, new or not. */
static heed_status add_state(heed_exact_plan *plan, const void *belief, uint32_t *id,
                             heed_error *err) {
  *id = heed_intern_find(&plan->states, belief);
  if (*id != HEED_INTERN_NONE) {
    return HEED_OK;
  }
  if (plan->states.count == plan->config.states_max) {
    return heed_fail(err, HEED_ERR_ARG,
                     "more than %" PRIu32
                     " beliefs: too large to be planned exactly; raise "
                     "states_max or shorten the horizon",
                     plan->config.states_max);
  }
  return heed_intern_add(&plan->states, belief, id, err);
}

/* Asks the dynamics for one play of the tape, and what it pays. */
static heed_status imagine(builder *b, uint32_t action, heed_prediction *p, double *reward,
                           heed_error *err) {
  *p = (heed_prediction){.belief = b->belief,
                         .action = {.index = (int32_t)action},
                         .rng = &b->rng,
                         .next_belief = b->next};
  heed_dynamics_predict(b->dynamics, p, 1, b->dynamics_workspace);
  if (b->tape.mismatch) {
    return heed_fail(err, HEED_ERR_ARG,
                     "this dynamics cannot be planned with exactly: it draws real numbers, or not "
                     "the same twice, so that what can come up cannot be enumerated");
  }
  if (++b->plays > b->plan->config.plays_max) {
    return heed_fail(err, HEED_ERR_ARG,
                     "more than %" PRIu64 " ways to draw: too large to be planned exactly",
                     b->plan->config.plays_max);
  }
  heed_dynamics_decode(b->dynamics, b->next, b->next_obs);
  heed_step step = {b->obs, p->action, b->next_obs, p->reward};
  heed_reward_score(b->reward, &step, 1, NULL, reward, NULL, b->reward_workspace);
  return isfinite(*reward) ? HEED_OK : heed_fail(err, HEED_ERR_NUMERIC, "a reward is not finite");
}

/* All that can come of an action in b->belief. */
static heed_status step_every_way(builder *b, uint32_t action, heed_error *err) {
  heed_exact_plan *plan = b->plan;
  size_t first = plan->outcome_count;
  heed_status status = HEED_OK;
  heed_tape_clear(&b->tape);
  do {
    heed_prediction p;
    outcome o = {.next = END};
    status = imagine(b, action, &p, &o.reward, err);
    o.probability = heed_tape_probability(&b->tape);
    if (status == HEED_OK && o.probability > 0) {
      if (!p.is_terminal) {
        status = add_state(plan, b->next, &o.next, err);
      }
      status = status == HEED_OK ? add_outcome(plan, first, &o, err) : status;
    }
  } while (status == HEED_OK && heed_tape_next_play(&b->tape));
  return status;
}

/* All legal actions of a state, and who chooses among them. */
static heed_status step_state(builder *b, uint32_t s, heed_error *err) {
  heed_exact_plan *plan = b->plan;
  memcpy(b->belief, heed_intern_row(&plan->states, s), b->belief_size);
  heed_dynamics_decode(b->dynamics, b->belief, b->obs);
  plan->sides[s] = heed_dynamics_to_move(b->dynamics, b->belief) == 0 ? 1 : -1;
  uint32_t count = heed_dynamics_legal(b->dynamics, b->belief, b->legal);
  heed_status status = HEED_OK;
  for (uint32_t a = 0, k = 0; status == HEED_OK && a < plan->action_count; a++) {
    if (k < count && b->legal[k] == a) {
      status = step_every_way(b, a, err);
      k++;
    }
    plan->first[(size_t)s * plan->action_count + a + 1] = plan->outcome_count;
  }
  return status;
}

/* Grows `first`, `sides` and `level_end` for a level whose states end at the count of states. */
static heed_status end_level(heed_exact_plan *plan, heed_error *err) {
  size_t rows = (size_t)plan->states.count * plan->action_count + 1;
  size_t *first = realloc(plan->first, rows * sizeof *first);
  plan->first = first != NULL ? first : plan->first;
  double *sides = realloc(plan->sides, plan->states.count * sizeof *sides);
  plan->sides = sides != NULL ? sides : plan->sides;
  uint32_t *ends = realloc(plan->level_end, (plan->level_count + (size_t)1) * sizeof *ends);
  plan->level_end = ends != NULL ? ends : plan->level_end;
  if (first == NULL || sides == NULL || ends == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%" PRIu32 " beliefs: no memory", plan->states.count);
  }
  plan->first[0] = 0;
  plan->level_end[plan->level_count++] = plan->states.count;
  return HEED_OK;
}

/* Level by level, as far as the horizon lets one look: the last level is not stepped from. */
static heed_status find_all(builder *b, const void *belief, heed_error *err) {
  heed_exact_plan *plan = b->plan;
  uint32_t id;
  heed_status status = add_state(plan, belief, &id, err);
  status = status == HEED_OK ? end_level(plan, err) : status;
  while (status == HEED_OK && plan->stepped_count < plan->states.count &&
         (plan->config.horizon == 0 || plan->level_count <= plan->config.horizon)) {
    uint32_t end = plan->states.count;
    for (uint32_t s = plan->stepped_count; status == HEED_OK && s < end; s++) {
      status = step_state(b, s, err);
    }
    plan->stepped_count = end;
    if (status == HEED_OK && plan->states.count > end) {
      status = end_level(plan, err);
    }
  }
  return status;
}

/* ---- values --------------------------------------------------------------------------------------- */

/* Of an action, given the values of the states that it leads to; NAN: it is not legal. */
static double action_value(const heed_exact_plan *plan, uint32_t state, uint32_t action,
                           const double *next_values) {
  const size_t *first = &plan->first[(size_t)state * plan->action_count + action];
  double sum = first[0] < first[1] ? 0 : (double)NAN;
  for (size_t i = first[0]; i < first[1]; i++) {
    const outcome *o = &plan->outcomes[i];
    double next = o->next != END ? next_values[o->next] : 0;
    sum += o->probability * (o->reward + plan->config.discount * next);
  }
  return sum;
}

/* For whoever chooses. */
static double best_value(const heed_exact_plan *plan, uint32_t state, const double *next_values) {
  double best = -HUGE_VAL;
  for (uint32_t a = 0; a < plan->action_count; a++) {
    double value = plan->sides[state] * action_value(plan, state, a, next_values);
    best = value > best ? value : best;
  }
  return plan->sides[state] * best;
}

/* States that have a value with so many steps to go. */
static uint32_t layer_size(const heed_exact_plan *plan, uint32_t remaining) {
  uint32_t depth = plan->config.horizon - remaining;
  return plan->level_end[depth < plan->level_count ? depth : plan->level_count - 1];
}

static heed_status plan_backwards(heed_exact_plan *plan, heed_error *err) {
  uint32_t horizon = plan->config.horizon;
  size_t size = 0;
  plan->offsets = malloc(((size_t)horizon + 1) * sizeof *plan->offsets);
  for (uint32_t h = 0; plan->offsets != NULL && h <= horizon; h++) {
    plan->offsets[h] = size;
    size += layer_size(plan, h);
  }
  assert(size > 0); /* where the plan begins has a value with any number of steps to go */
  plan->values = calloc(size, sizeof *plan->values); /* layer 0: nothing more is to be had */
  if (plan->offsets == NULL || plan->values == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu values: no memory", size);
  }
  for (uint32_t h = 1; h <= horizon; h++) {
    for (uint32_t s = 0; s < layer_size(plan, h); s++) {
      plan->values[plan->offsets[h] + s] = best_value(plan, s, plan->values + plan->offsets[h - 1]);
    }
  }
  return HEED_OK;
}

/* In place (Gauss-Seidel), last state first: what is found late is mostly nearer to the end. */
static heed_status iterate_values(heed_exact_plan *plan, heed_error *err) {
  plan->offsets = calloc(1, sizeof *plan->offsets);
  plan->values = calloc(plan->states.count, sizeof *plan->values);
  if (plan->offsets == NULL || plan->values == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%" PRIu32 " values: no memory", plan->states.count);
  }
  double change = HUGE_VAL;
  while (change > plan->config.residual && plan->sweeps < plan->config.sweeps_max) {
    change = 0;
    for (uint32_t s = plan->states.count; s-- > 0;) {
      double value = best_value(plan, s, plan->values);
      change = fmax(change, fabs(value - plan->values[s]));
      plan->values[s] = value;
    }
    plan->sweeps++;
  }
  if (!(change <= plan->config.residual)) {
    return heed_fail(err, HEED_ERR_NUMERIC,
                     "values still change by %g after %" PRIu32
                     " sweeps: raise sweeps_max, or "
                     "lower the discount",
                     change, plan->sweeps);
  }
  return HEED_OK;
}

/* ---- the plan ------------------------------------------------------------------------------------- */

static heed_status check_arguments(const heed_exactly_config *c, const heed_dynamics *dynamics,
                                   const heed_reward *reward, heed_error *err) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(dynamics);
  const heed_reward_spec *wants = heed_reward_spec_of(reward);
  if (c->horizon > HORIZON_MAX || !(c->discount > 0 && c->discount <= 1) || c->states_max < 1 ||
      c->states_max > STATES_LIMIT || c->plays_max < 1 || !(c->residual > 0) || c->sweeps_max < 1) {
    return heed_fail(err, HEED_ERR_ARG,
                     "horizon %" PRIu32 ", discount %g, states_max %" PRIu32 ", plays_max %" PRIu64
                     ", residual %g, sweeps_max %" PRIu32 ": out of range",
                     c->horizon, c->discount, c->states_max, c->plays_max, c->residual,
                     c->sweeps_max);
  }
  if (spec->action_space.kind != HEED_SPACE_DISCRETE) {
    return heed_fail(err, HEED_ERR_ARG, "actions that are a box cannot be enumerated");
  }
  if (!heed_space_equal(&spec->obs_space, &wants->obs_space) ||
      !heed_space_equal(&spec->action_space, &wants->action_space)) {
    return heed_fail(err, HEED_ERR_ARG, "the reward model is for another world's spaces");
  }
  return HEED_OK;
}

/* At least one byte, so that NULL means failure. */
static void *block(size_t size) {
  return calloc(1, size > 0 ? size : 1);
}

static heed_status builder_init(builder *b, heed_error *err) {
  size_t obs_size = heed_space_size(&heed_dynamics_spec_of(b->dynamics)->obs_space);
  heed_tape_init(&b->tape, HEED_TAPE_ENUMERATE);
  heed_rng_init(&b->rng, HEED_DEFAULT_SEED);
  b->rng.tape = &b->tape;
  b->belief = block(b->belief_size);
  b->next = block(b->belief_size);
  b->obs = block(obs_size);
  b->next_obs = block(obs_size);
  b->legal = block(b->plan->action_count * sizeof *b->legal);
  b->dynamics_workspace = block(heed_dynamics_workspace_size(b->dynamics, 1));
  b->reward_workspace = block(heed_reward_workspace_size(b->reward, 1));
  if (b->belief == NULL || b->next == NULL || b->obs == NULL || b->next_obs == NULL ||
      b->legal == NULL || b->dynamics_workspace == NULL || b->reward_workspace == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "exact plan: no memory");
  }
  return heed_intern_init(&b->plan->states, b->belief_size, STATES_FIRST, err);
}

static void builder_deinit(builder *b) {
  heed_tape_deinit(&b->tape);
  free(b->belief);
  free(b->next);
  free(b->obs);
  free(b->next_obs);
  free(b->legal);
  free(b->dynamics_workspace);
  free(b->reward_workspace);
}

heed_status heed_plan_exactly(const heed_exactly_config *config, const heed_dynamics *dynamics,
                              const heed_reward *reward, const void *belief, heed_exact_plan **out,
                              heed_error *err) {
  *out = NULL;
  heed_status status = check_arguments(config, dynamics, reward, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_exact_plan *plan = calloc(1, sizeof *plan);
  if (plan == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "exact plan: no memory");
  }
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(dynamics);
  plan->config = *config;
  plan->action_count = spec->action_space.count;
  builder b = {
      .plan = plan, .dynamics = dynamics, .reward = reward, .belief_size = spec->belief_size};
  status = builder_init(&b, err);
  if (status == HEED_OK) {
    status = find_all(&b, belief, err);
  }
  builder_deinit(&b);
  if (status == HEED_OK) {
    status = config->horizon > 0 ? plan_backwards(plan, err) : iterate_values(plan, err);
  }
  if (status != HEED_OK) {
    heed_exact_plan_destroy(plan);
    return status;
  }
  *out = plan;
  return HEED_OK;
}

void heed_exact_plan_destroy(heed_exact_plan *plan) {
  if (plan == NULL) {
    return;
  }
  heed_intern_deinit(&plan->states);
  free(plan->level_end);
  free(plan->first);
  free(plan->sides);
  free(plan->outcomes);
  free(plan->offsets);
  free(plan->values);
  free(plan);
}

heed_status heed_exact_plan_values(const heed_exact_plan *plan, const void *belief,
                                   uint32_t remaining, double *values, heed_error *err) {
  uint32_t horizon = plan->config.horizon;
  if (horizon > 0 && (remaining < 1 || remaining > horizon)) {
    return heed_fail(err, HEED_ERR_ARG, "%" PRIu32 " steps to go, 1 to %" PRIu32 " were planned",
                     remaining, horizon);
  }
  uint32_t state = heed_intern_find(&plan->states, belief);
  if (state == HEED_INTERN_NONE || (horizon > 0 && state >= layer_size(plan, remaining))) {
    return heed_fail(err, HEED_ERR_ARG, "this belief is not reached in time by what was planned");
  }
  const double *next = plan->values + (horizon > 0 ? plan->offsets[remaining - 1] : 0);
  for (uint32_t a = 0; a < plan->action_count; a++) {
    values[a] = action_value(plan, state, a, next);
  }
  return HEED_OK;
}

uint32_t heed_exact_plan_states(const heed_exact_plan *plan) {
  return plan->states.count;
}

uint32_t heed_exact_plan_sweeps(const heed_exact_plan *plan) {
  return plan->sweeps;
}
