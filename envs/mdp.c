#include "envs/mdp.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Draws rarer than a uniform number can tell apart never come up: "u <= 0" has no probability here. */
#define DRAW_PROBABILITY_MIN 0x1.0p-53

enum { STATES_FIRST = 1024, TRANSITIONS_FIRST = 4096, STATES_LIMIT = 1 << 30 };

heed_mdp_config heed_mdp_config_default(void) {
  return (heed_mdp_config){.states_max = 1000000, .transitions_max = 32000000};
}

/* What enumeration works with besides the result. */
typedef struct builder {
  heed_mdp *mdp;
  const heed_mdp_config *config;
  const heed_env_spec *spec;
  unsigned char *origin; /* a block to step from */
  unsigned char *block;  /* the block that is stepped */
  uint32_t *legal;       /* [action_count] */
  heed_tape tape;
  heed_rng rng;
} builder;

/* ---- the draws of one step ------------------------------------------------------------------ */

/* Can this play come up at all? */
static bool is_possible(const heed_tape *tape) {
  for (size_t i = 0; i < tape->count; i++) {
    if (tape->draws[i].uniform < DRAW_PROBABILITY_MIN) {
      return false;
    }
  }
  return true;
}

static heed_status check_draws(const builder *b, heed_error *err) {
  if (b->tape.mismatch) {
    return heed_fail(err, HEED_ERR_ARG,
                     "'%s' draws real numbers, so that its states cannot be enumerated",
                     heed_env_ops_of(b->mdp->env)->name);
  }
  return HEED_OK;
}

/* ---- states and transitions ----------------------------------------------------------------- */

static heed_status add_state(builder *b, uint32_t *id, heed_error *err) {
  heed_intern *states = &b->mdp->states;
  heed_status status = heed_intern_add(states, b->block + b->spec->tally_size, id, err);
  if (status == HEED_OK && states->count > b->config->states_max) {
    status = heed_fail(err, HEED_ERR_ARG, "'%s' has more than %" PRIu32 " states",
                       heed_env_ops_of(b->mdp->env)->name, b->config->states_max);
  }
  return status;
}

/* Makes room for one more transition: half as much again. */
static heed_status reserve_transition(builder *b, heed_error *err) {
  heed_mdp *m = b->mdp;
  if (m->transition_count >= b->config->transitions_max) {
    return heed_fail(err, HEED_ERR_ARG,
                     "'%s' has more than %" PRIu64 " transitions; take a smaller map",
                     heed_env_ops_of(m->env)->name, b->config->transitions_max);
  }
  if (m->transition_count < m->transition_capacity) {
    return HEED_OK;
  }
  uint64_t wanted = (uint64_t)m->transition_capacity * 3 / 2;
  wanted = wanted < TRANSITIONS_FIRST ? TRANSITIONS_FIRST : wanted;
  wanted = wanted > b->config->transitions_max ? b->config->transitions_max : wanted;
  uint32_t *next = realloc(m->next, wanted * sizeof *next);
  m->next = next != NULL ? next : m->next;
  uint32_t *payoff = next != NULL ? realloc(m->payoff, wanted * sizeof *payoff) : NULL;
  m->payoff = payoff != NULL ? payoff : m->payoff;
  if (payoff == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%" PRIu64 " transitions: no memory", wanted);
  }
  m->transition_capacity = (uint32_t)wanted;
  return HEED_OK;
}

static heed_status add_transition(builder *b, uint32_t next, const heed_mdp_payoff *payoff,
                                  heed_error *err) {
  heed_mdp *m = b->mdp;
  heed_status status = reserve_transition(b, err);
  if (status == HEED_OK) {
    status = heed_intern_add(&m->payoffs, payoff, &m->payoff[m->transition_count], err);
  }
  if (status == HEED_OK) {
    m->next[m->transition_count++] = next;
  }
  return status;
}

/* Steps from b->origin with `action` in every way that can come up. `before` is the performance there. */
static heed_status step_every_way(builder *b, heed_action action, double before, heed_error *err) {
  heed_tape_clear(&b->tape);
  heed_status status = HEED_OK;
  do {
    memcpy(b->block, b->origin, b->spec->state_size);
    heed_outcome outcome = heed_env_step(b->mdp->env, b->block, action, &b->rng);
    status = check_draws(b, err);
    if (status != HEED_OK || !is_possible(&b->tape)) {
      continue;
    }
    heed_mdp_payoff payoff = {.probability = heed_tape_probability(&b->tape),
                              .reward = outcome.reward,
                              .performance = heed_env_performance(b->mdp->env, b->block) - before};
    uint32_t next = HEED_MDP_END;
    if (!outcome.is_terminal && !outcome.is_truncated) {
      status = add_state(b, &next, err);
    }
    if (status == HEED_OK) {
      status = add_transition(b, next, &payoff, err);
    }
  } while (status == HEED_OK && heed_tape_next_play(&b->tape));
  return status;
}

/* All legal actions of one state, and whose turn it is. */
static heed_status step_state(builder *b, uint32_t id, heed_error *err) {
  heed_mdp *m = b->mdp;
  heed_mdp_state(m, id, b->origin);
  double before = heed_env_performance(m->env, b->origin);
  uint32_t count = heed_env_legal(m->env, b->origin, b->legal);
  heed_status status = HEED_OK;
  m->sides[id] = heed_env_to_move(m->env, b->origin) == 0 ? 1 : -1;
  for (uint32_t a = 0, k = 0; status == HEED_OK && a < m->action_count; a++) {
    if (k < count && b->legal[k] == a) {
      status = step_every_way(b, (heed_action){.index = (int32_t)a}, before, err);
      k++;
    }
    m->first[(size_t)id * m->action_count + a + 1] = m->transition_count;
  }
  m->stepped_count = id + 1;
  return status;
}

/* Grows `first`, `sides` and `level_end` for a level whose states end at `end`. */
static heed_status reserve_level(heed_mdp *m, uint32_t end, heed_error *err) {
  size_t rows = (size_t)end * m->action_count + 1;
  uint32_t *first = realloc(m->first, rows * sizeof *first);
  m->first = first != NULL ? first : m->first;
  signed char *sides = first != NULL ? realloc(m->sides, end) : NULL;
  m->sides = sides != NULL ? sides : m->sides;
  uint32_t *ends =
      sides != NULL ? realloc(m->level_end, (m->level_count + 1) * sizeof *ends) : NULL;
  m->level_end = ends != NULL ? ends : m->level_end;
  if (ends == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%" PRIu32 " states: no memory", end);
  }
  m->first[0] = 0;
  m->level_end[m->level_count++] = end;
  return HEED_OK;
}

/* All ways in which an episode can start; their probabilities. */
static heed_status find_starts(builder *b, heed_error *err) {
  heed_mdp *m = b->mdp;
  heed_status status = HEED_OK;
  heed_env_init(m->env, b->origin);
  do {
    memcpy(b->block, b->origin, b->spec->state_size);
    heed_env_reset(m->env, b->block, &b->rng);
    status = check_draws(b, err);
    if (status != HEED_OK || !is_possible(&b->tape)) {
      continue;
    }
    uint32_t id;
    uint32_t known = m->states.count;
    status = add_state(b, &id, err);
    if (status == HEED_OK && id == known) {
      double *grown = realloc(m->start_probability, (known + (size_t)1) * sizeof *grown);
      m->start_probability = grown != NULL ? grown : m->start_probability;
      status = grown != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "starts: no memory");
    }
    if (status == HEED_OK) {
      double probability = heed_tape_probability(&b->tape);
      m->start_probability[id] = (id < known ? m->start_probability[id] : 0.0) + probability;
    }
  } while (status == HEED_OK && heed_tape_next_play(&b->tape));
  return status == HEED_OK ? reserve_level(m, m->states.count, err) : status;
}

/* Level by level: what the states of one reach for the first time is the next. */
static heed_status find_all(builder *b, const heed_progress_sink *progress, heed_error *err) {
  heed_mdp *m = b->mdp;
  heed_status status = find_starts(b, err);
  while (status == HEED_OK && m->stepped_count < m->states.count &&
         (b->config->depth_max == 0 || m->level_count <= b->config->depth_max)) {
    uint32_t end = m->level_end[m->level_count - 1];
    for (uint32_t id = m->stepped_count; status == HEED_OK && id < end; id++) {
      status = step_state(b, id, err);
      if (id % 1024 == 0 && !heed_progress_report(progress, id, 0)) {
        return heed_fail(err, HEED_ERR_STATE, "stopped after %" PRIu32 " states", id);
      }
    }
    if (status == HEED_OK && m->states.count > end) {
      status = reserve_level(m, m->states.count, err);
    }
  }
  return status;
}

static heed_status check_config(const heed_env *env, const heed_mdp_config *config,
                                heed_error *err) {
  if (heed_env_spec_of(env)->action_space.kind != HEED_SPACE_DISCRETE) {
    return heed_fail(err, HEED_ERR_ARG,
                     "the actions of '%s' are a box, so that they cannot be enumerated",
                     heed_env_ops_of(env)->name);
  }
  if (config->states_max < 1 || config->states_max > STATES_LIMIT) {
    return heed_fail(err, HEED_ERR_ARG, "at most %" PRIu32 " states, 1 to %d expected",
                     config->states_max, STATES_LIMIT);
  }
  if (config->transitions_max < 1 || config->transitions_max > UINT32_MAX) {
    return heed_fail(err, HEED_ERR_ARG,
                     "at most %" PRIu64 " transitions, 1 to %" PRIu32 " expected",
                     config->transitions_max, UINT32_MAX);
  }
  return HEED_OK;
}

heed_status heed_mdp_init(heed_mdp *m, const heed_env *env, const heed_mdp_config *config,
                          const heed_progress_sink *progress, heed_error *err) {
  memset(m, 0, sizeof *m);
  heed_status status = check_config(env, config, err);
  if (status != HEED_OK) {
    return status;
  }
  builder b = {.mdp = m, .config = config, .spec = heed_env_spec_of(env)};
  heed_tape_init(&b.tape, HEED_TAPE_ENUMERATE);
  heed_rng_init(&b.rng, HEED_DEFAULT_SEED);
  b.rng.tape = &b.tape;
  m->env = env;
  m->action_count = b.spec->action_space.count;
  b.origin = calloc(1, b.spec->state_size);
  b.block = calloc(1, b.spec->state_size);
  b.legal = calloc(m->action_count, sizeof *b.legal);
  if (b.origin == NULL || b.block == NULL || b.legal == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "state of %zu bytes: no memory", b.spec->state_size);
    goto cleanup;
  }
  status = heed_intern_init(&m->states, b.spec->state_size - b.spec->tally_size, STATES_FIRST, err);
  if (status == HEED_OK) {
    status = heed_intern_init(&m->payoffs, sizeof(heed_mdp_payoff), 16, err);
  }
  if (status == HEED_OK) {
    status = find_all(&b, progress, err);
  }
cleanup:
  free(b.origin);
  free(b.block);
  free(b.legal);
  heed_tape_deinit(&b.tape);
  if (status != HEED_OK) {
    heed_mdp_deinit(m);
  }
  return status;
}

void heed_mdp_deinit(heed_mdp *m) {
  heed_intern_deinit(&m->states);
  heed_intern_deinit(&m->payoffs);
  free(m->level_end);
  free(m->first);
  free(m->sides);
  free(m->next);
  free(m->payoff);
  free(m->start_probability);
  memset(m, 0, sizeof *m);
}

uint32_t heed_mdp_find(const heed_mdp *m, const void *state) {
  size_t tally_size = heed_env_spec_of(m->env)->tally_size;
  return heed_intern_find(&m->states, (const unsigned char *)state + tally_size);
}

void heed_mdp_state(const heed_mdp *m, uint32_t id, void *state) {
  assert(id < m->states.count);
  size_t tally_size = heed_env_spec_of(m->env)->tally_size;
  memset(state, 0, tally_size);
  memcpy((unsigned char *)state + tally_size, heed_intern_row(&m->states, id), m->states.row_size);
}

bool heed_mdp_is_deterministic(const heed_mdp *m) {
  bool is_sure = m->level_end[0] == 1;
  for (size_t row = 0; row < (size_t)m->stepped_count * m->action_count; row++) {
    is_sure = is_sure && m->first[row + 1] - m->first[row] <= 1;
  }
  return is_sure;
}
