#include "envs/solve.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two values of the objective that differ by less, relative to 1 or to themselves, are equal: sums of the
 * same rewards in another order differ by their last bits. */
#define TIE 1e-9

/* A payoff in the order of the objective. */
typedef struct payoff {
  double probability;
  heed_value value;
} payoff;

struct heed_solution {
  const heed_mdp *mdp; /* borrowed */
  heed_solve_config config;
  payoff *payoffs; /* owned, [mdp->payoffs.count] */
  heed_value
      *values; /* owned; layers by steps left, layer 0 zeros; without a limit: only one layer */
  size_t
      *layer_start; /* owned, [horizon + 1] where each layer begins; NULL: two of them take turns */
  heed_value *scratch; /* owned, [action_count] */
  double tie;          /* relative difference that does not count */
  uint32_t sweeps;
  double residual;
};

heed_solve_config heed_solve_config_default(const heed_env *env) {
  return (heed_solve_config){.objective = HEED_OBJECTIVE_REWARD,
                             .horizon = heed_env_spec_of(env)->max_steps,
                             .discount = 1.0,
                             .residual = 1e-10,
                             .sweeps_max = 100000};
}

/* ---- one state ------------------------------------------------------------------------------ */

/* q(s, a) = sum of p (r + discount v(s')), of both quantities; `values` are those of the states reached. */
static heed_value action_value(const heed_solution *x, size_t row, const heed_value *values) {
  const heed_mdp *m = x->mdp;
  double known = m->first[row] < m->first[row + 1] ? 0.0 : (double)NAN; /* nothing: not legal */
  heed_value q = {known, known};
  for (uint32_t i = m->first[row]; i < m->first[row + 1]; i++) {
    const payoff *p = &x->payoffs[m->payoff[i]];
    heed_value to = p->value;
    if (m->next[i] != HEED_MDP_END) {
      to.first += x->config.discount * values[m->next[i]].first;
      to.second += x->config.discount * values[m->next[i]].second;
    }
    q.first += p->probability * to.first;
    q.second += p->probability * to.second;
  }
  return q;
}

/* Among actions whose first value is the greatest for whoever has the turn (side 1 or -1), up to ties, the
 * one with the best second value. NAN is passed over: it compares with nothing. */
static uint32_t choose(const heed_solution *x, double side, const heed_value *q) {
  uint32_t count = x->mdp->action_count;
  double greatest = -HUGE_VAL;
  for (uint32_t a = 0; a < count; a++) {
    greatest = fmax(greatest, side * q[a].first);
  }
  double enough = greatest - x->tie * fmax(1.0, fabs(greatest));
  double sign = x->config.is_second_worst ? -side : side;
  uint32_t best = count;
  for (uint32_t a = 0; a < count; a++) {
    bool is_better = best == count || sign * q[a].second > sign * q[best].second;
    best = side * q[a].first >= enough && is_better ? a : best;
  }
  return best;
}

/* The value of the best action, all of which go to q[action_count]. */
static heed_value back_up(const heed_solution *x, uint32_t state, const heed_value *values,
                          heed_value *q) {
  size_t row = (size_t)state * x->mdp->action_count;
  double side = x->mdp->sides[state];
  double greatest = -HUGE_VAL;
  for (uint32_t a = 0; a < x->mdp->action_count; a++) {
    q[a] = action_value(x, row + a, values);
    greatest = fmax(greatest, side * q[a].first);
  }
  return (heed_value){side * greatest, q[choose(x, side, q)].second};
}

/* ---- with a time limit: backwards from the end ---------------------------------------------- */

/* States that can be met with so many steps left: they come first. */
static uint32_t layer_count(const heed_solution *x, uint32_t remaining) {
  uint32_t depth = x->config.horizon - remaining;
  uint32_t last = x->mdp->level_count - 1;
  return x->mdp->level_end[depth < last ? depth : last];
}

/* Takes the memory of the layers. */
static heed_status take_layers(heed_solution *x, heed_error *err) {
  size_t horizon = x->config.horizon;
  size_t total = 2 * (size_t)x->mdp->states.count;
  if (x->config.keep_values) {
    x->layer_start = calloc(horizon + 1, sizeof *x->layer_start);
    total = 0;
    for (uint32_t t = 0; x->layer_start != NULL && t <= horizon; t++) {
      x->layer_start[t] = total;
      total += layer_count(x, t);
    }
  }
  assert(total > 0); /* there is a start */
  x->values = calloc(total, sizeof *x->values);
  if (x->values == NULL || (x->config.keep_values && x->layer_start == NULL)) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu steps left in %" PRIu32 " states: no memory",
                     horizon, x->mdp->states.count);
  }
  return HEED_OK;
}

/* The values with so many steps left; without a limit, the values. */
static heed_value *layer(const heed_solution *x, uint32_t remaining) {
  if (x->config.horizon == 0) {
    return x->values;
  }
  return x->values + (x->layer_start != NULL ? x->layer_start[remaining]
                                             : (size_t)(remaining % 2) * x->mdp->states.count);
}

static heed_status solve_backwards(heed_solution *x, const heed_progress_sink *progress,
                                   heed_error *err) {
  heed_status status = take_layers(x, err);
  for (uint32_t t = 1; status == HEED_OK && t <= x->config.horizon; t++) {
    uint32_t count = layer_count(x, t);
    heed_value *now = layer(x, t);
    for (uint32_t s = 0; s < count; s++) {
      now[s] = back_up(x, s, layer(x, t - 1), x->scratch);
    }
    if (!heed_progress_report(progress, t, x->config.horizon)) {
      status =
          heed_fail(err, HEED_ERR_STATE, "stopped with %" PRIu32 " of %" PRIu32 " steps solved", t,
                    x->config.horizon);
    }
  }
  return status;
}

/* ---- without: value iteration --------------------------------------------------------------- */

/* One sweep in place (Gauss-Seidel), from the states farthest from the start; the greatest change. The
 * objective first; its values stand while the second settles. */
static double sweep(heed_solution *x, bool is_second) {
  double change = 0.0;
  for (uint32_t s = x->mdp->states.count; s-- > 0;) {
    heed_value *old = &x->values[s];
    heed_value now = back_up(x, s, x->values, x->scratch);
    if (is_second) {
      change = fmax(change, fabs(now.second - old->second));
      old->second = now.second;
    } else {
      change = fmax(change, fabs(now.first - old->first));
      old->first = now.first;
    }
  }
  return change;
}

static heed_status settle(heed_solution *x, bool is_second, const heed_progress_sink *progress,
                          heed_error *err) {
  uint32_t sweeps = 0;
  do {
    if (sweeps == x->config.sweeps_max) {
      return heed_fail(
          err, HEED_ERR_NUMERIC,
          "values still change by %g after %" PRIu32
          " sweeps; without a limit they may grow for ever: give a horizon or a discount",
          x->residual, sweeps);
    }
    x->residual = sweep(x, is_second);
    sweeps++;
    if (!heed_progress_report(progress, sweeps, 0)) {
      return heed_fail(err, HEED_ERR_STATE, "stopped after %" PRIu32 " sweeps", sweeps);
    }
  } while (x->residual > x->config.residual);
  x->sweeps += sweeps;
  return HEED_OK;
}

static heed_status solve_for_ever(heed_solution *x, const heed_progress_sink *progress,
                                  heed_error *err) {
  uint32_t count = x->mdp->states.count;
  double discount = x->config.discount;
  x->values = calloc(count, sizeof *x->values);
  if (x->values == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "values of %" PRIu32 " states: no memory", count);
  }
  heed_status status = settle(x, false, progress, err);
  if (status == HEED_OK && discount < 1.0) {
    x->tie +=
        2.0 * x->config.residual / (1.0 - discount); /* as far as the values may still be off */
    status = settle(x, true, progress, err);
  }
  for (uint32_t s = 0; discount == 1.0 && s < count; s++) {
    x->values[s].second = (double)NAN;
  }
  return status;
}

/* ---- making one ----------------------------------------------------------------------------- */

static heed_status check_config(const heed_mdp *m, const heed_solve_config *c, heed_error *err) {
  if (!(c->discount > 0.0 && c->discount <= 1.0)) {
    return heed_fail(err, HEED_ERR_ARG, "discount %g, above 0 and at most 1 expected", c->discount);
  }
  if (!(c->residual > 0.0) || c->sweeps_max == 0) {
    return heed_fail(err, HEED_ERR_ARG, "residual %g in %" PRIu32 " sweeps, both above 0 expected",
                     c->residual, c->sweeps_max);
  }
  bool is_whole = m->stepped_count == m->states.count;
  if (!is_whole && (c->horizon == 0 || c->horizon >= m->level_count)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "horizon %" PRIu32 ", but only what can come in %" PRIu32 " steps is known",
                     c->horizon, m->level_count - 1);
  }
  return HEED_OK;
}

heed_status heed_solution_create(const heed_mdp *m, const heed_solve_config *config,
                                 const heed_progress_sink *progress, heed_solution **out,
                                 heed_error *err) {
  *out = NULL;
  heed_status status = check_config(m, config, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_solution *x = calloc(1, sizeof *x);
  if (x == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "solution: no memory");
  }
  x->mdp = m;
  x->config = *config;
  x->tie = TIE;
  x->payoffs = calloc((size_t)m->payoffs.count + 1, sizeof *x->payoffs);
  x->scratch = calloc(m->action_count, sizeof *x->scratch);
  if (x->payoffs == NULL || x->scratch == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "solution: no memory");
    goto cleanup;
  }
  for (uint32_t i = 0; i < m->payoffs.count; i++) {
    const heed_mdp_payoff *p = heed_intern_row(&m->payoffs, i);
    bool is_reward = config->objective == HEED_OBJECTIVE_REWARD;
    x->payoffs[i].probability = p->probability;
    x->payoffs[i].value = is_reward ? (heed_value){p->reward, p->performance}
                                    : (heed_value){p->performance, p->reward};
  }
  status =
      config->horizon > 0 ? solve_backwards(x, progress, err) : solve_for_ever(x, progress, err);
cleanup:
  if (status != HEED_OK) {
    heed_solution_destroy(x);
    return status;
  }
  *out = x;
  return HEED_OK;
}

void heed_solution_destroy(heed_solution *x) {
  if (x == NULL) {
    return;
  }
  free(x->payoffs);
  free(x->scratch);
  free(x->layer_start);
  free(x->values);
  free(x);
}

/* ---- asking --------------------------------------------------------------------------------- */

heed_start_values heed_solution_start(const heed_solution *x) {
  const heed_value *values = layer(x, x->config.horizon);
  heed_start_values all = {.least = values[0], .greatest = values[0]};
  for (uint32_t s = 0; s < x->mdp->level_end[0]; s++) {
    double probability = x->mdp->start_probability[s];
    all.mean.first += probability * values[s].first;
    all.mean.second += probability * values[s].second;
    all.least.first = fmin(all.least.first, values[s].first);
    all.least.second = fmin(all.least.second, values[s].second);
    all.greatest.first = fmax(all.greatest.first, values[s].first);
    all.greatest.second = fmax(all.greatest.second, values[s].second);
  }
  return all;
}

uint32_t heed_solution_sweeps(const heed_solution *x) {
  return x->sweeps;
}

double heed_solution_residual(const heed_solution *x) {
  return x->residual;
}

heed_status heed_solution_at(const heed_solution *x, const void *state, uint32_t remaining,
                             heed_value *value, heed_value *action_values, heed_error *err) {
  bool has_limit = x->config.horizon > 0;
  if (has_limit && !x->config.keep_values) {
    return heed_fail(err, HEED_ERR_ARG, "the values were not kept: solve with keep_values");
  }
  if (has_limit && (remaining < 1 || remaining > x->config.horizon)) {
    return heed_fail(err, HEED_ERR_ARG, "%" PRIu32 " steps left, 1 to %" PRIu32 " expected",
                     remaining, x->config.horizon);
  }
  uint32_t id = heed_mdp_find(x->mdp, state);
  if (id == HEED_INTERN_NONE || (has_limit && id >= layer_count(x, remaining))) {
    return heed_fail(err, HEED_ERR_ARG, "no episode reaches this state%s",
                     has_limit ? " with so many steps left" : "");
  }
  size_t row = (size_t)id * x->mdp->action_count;
  *value = layer(x, remaining)[id];
  for (uint32_t a = 0; action_values != NULL && a < x->mdp->action_count; a++) {
    action_values[a] = action_value(x, row + a, layer(x, has_limit ? remaining - 1 : 0));
  }
  return HEED_OK;
}

uint32_t heed_solution_choice(const heed_solution *x, const void *state,
                              const heed_value *action_values) {
  double side = heed_env_to_move(x->mdp->env, state) == 0 ? 1.0 : -1.0;
  return choose(x, side, action_values);
}
