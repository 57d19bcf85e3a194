#include "bench/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "bench/wishes.h"
#include "envs/solve.h"
#include "planner/exactly.h"

static double best_of(const double *values, uint32_t count) {
  double best = values[0];
  for (uint32_t a = 1; a < count; a++) {
    best = fmax(best, values[a]);
  }
  return best;
}

static double worst_of(const double *values, uint32_t count) {
  double worst = values[0];
  for (uint32_t a = 1; a < count; a++) {
    worst = fmin(worst, values[a]);
  }
  return worst;
}

static size_t belief_size(const heed__problem *p) {
  return heed_dynamics_spec_of(p->model)->belief_size;
}

const void *heed__problem_belief(const heed__problem *p, uint32_t i) {
  return p->beliefs + i * belief_size(p);
}

const double *heed__problem_values(const heed__problem *p, uint32_t i) {
  return &p->values[(size_t)i * p->actions];
}

double heed__problem_best(const heed__problem *p, uint32_t i) {
  return best_of(heed__problem_values(p, i), p->actions);
}

/* Counts the state whose belief and values were written behind the others, when something is to be decided
 * in it; widens the range of values. */
static void count_state(heed__problem *p, double side) {
  const double *row = heed__problem_values(p, p->count);
  double best = best_of(row, p->actions);
  double worst = worst_of(row, p->actions);
  if (best - worst > 1e-9) {
    p->sides[p->count++] = side;
    p->low = fmin(p->low, worst);
    p->high = fmax(p->high, best);
  }
}

/* By the solver of worlds. */
static heed_status take_state(heed__problem *p, const heed_solution *solution, const void *state,
                              heed_error *err) {
  heed_value best;
  heed_value values[HEED__PROBLEM_ACTIONS];
  double *row = &p->values[(size_t)p->count * p->actions];
  heed_status status = heed_solution_at(solution, state, p->world->horizon, &best, values, err);
  double side = heed_env_to_move(p->env, state) == 0 ? 1 : -1;
  for (uint32_t a = 0; status == HEED_OK && a < p->actions; a++) {
    row[a] = side * values[a].first;
  }
  if (status == HEED_OK) {
    heed_exact_set_state(p->model, state, p->beliefs + p->count * belief_size(p));
    count_state(p, side);
  }
  return status;
}

/* By dynamic programming over the beliefs that follow the one that was written behind the others. */
static heed_status take_belief(heed__problem *p, heed_error *err) {
  heed_exactly_config config = heed_exactly_config_default();
  config.horizon = p->world->horizon;
  config.discount = p->world->discount;
  heed_exact_plan *plan = NULL;
  const void *belief = heed__problem_belief(p, p->count);
  heed_status status = heed_plan_exactly(&config, p->model, p->reward, belief, &plan, err);
  if (status == HEED_OK) {
    double *row = &p->values[(size_t)p->count * p->actions];
    status = heed_exact_plan_values(plan, belief, config.horizon, row, err);
  }
  if (status == HEED_OK) {
    count_state(p, 1);
  }
  heed_exact_plan_destroy(plan);
  return status;
}

/* Takes states in a random order, none of them twice, until there are enough or no more. */
static heed_status draw_states(heed__problem *p, const heed_mdp *mdp, const heed_solution *solution,
                               heed_error *err) {
  uint32_t count = p->world->is_start ? mdp->level_end[0] : mdp->states.count;
  uint32_t *order = malloc(count * sizeof *order);
  void *state = calloc(1, heed_env_spec_of(p->env)->state_size);
  if (order == NULL || state == NULL) {
    free(order);
    free(state);
    return heed_fail(err, HEED_ERR_NOMEM, "%u states: no memory", count);
  }
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (uint32_t i = 0; i < count; i++) {
    order[i] = i;
  }
  heed_status status = HEED_OK;
  for (uint32_t i = 0; status == HEED_OK && i < count && p->count < p->capacity; i++) {
    uint32_t k = i + heed_rng_choice(&rng, count - i);
    heed_mdp_state(mdp, order[k], state);
    order[k] = order[i];
    if (solution != NULL) {
      status = take_state(p, solution, state, err);
    } else {
      heed_exact_set_state(p->model, state, p->beliefs + p->count * belief_size(p));
      status = take_belief(p, err);
    }
  }
  free(order);
  free(state);
  return status;
}

static heed_status fill_from_world(heed__problem *p, heed_error *err) {
  heed_mdp mdp = {0};
  heed_solution *solution = NULL;
  heed_mdp_config config = heed_mdp_config_default();
  heed_status status = heed_mdp_init(&mdp, p->env, &config, NULL, err);
  if (status == HEED_OK && p->world->truth == HEED__TRUTH_WORLD) {
    /* as many steps more as the farthest state is away: then the horizon is left in each of them */
    heed_solve_config solve = heed_solve_config_default(p->env);
    solve.horizon = p->world->horizon + mdp.level_count - 1;
    solve.discount = p->world->discount;
    solve.keep_values = true;
    status = heed_solution_create(&mdp, &solve, NULL, &solution, err);
  }
  if (status == HEED_OK) {
    status = draw_states(p, &mdp, solution, err);
  }
  heed_solution_destroy(solution);
  heed_mdp_deinit(&mdp);
  return status;
}

static bool is_taken(const heed__problem *p, const void *belief) {
  for (uint32_t i = 0; i < p->count; i++) {
    if (memcmp(heed__problem_belief(p, i), belief, belief_size(p)) == 0) {
      return true;
    }
  }
  return false;
}

/* Goes `steps` random steps on from a belief; false when the episode ends on the way. */
static bool wander(const heed__problem *p, uint32_t steps, heed_rng *rng, unsigned char *belief,
                   unsigned char *next, void *workspace) {
  for (uint32_t t = 0; t < steps; t++) {
    heed_prediction one = {.belief = belief,
                           .action = {.index = (int32_t)heed_rng_choice(rng, p->actions)},
                           .rng = rng,
                           .next_belief = next};
    heed_dynamics_predict(p->model, &one, 1, workspace);
    if (one.is_terminal) {
      return false;
    }
    memcpy(belief, next, belief_size(p));
  }
  return true;
}

/* Where episodes start with beliefs 0, 0.05, ..., 1, and what random steps make of these. */
static heed_status fill_from_wishes(heed__problem *p, heed_error *err) {
  enum { GRID = 21, STEPS = 6 };
  const size_t size = belief_size(p);
  unsigned char *next = malloc(size);
  void *workspace = malloc(heed_dynamics_workspace_size(p->model, 1));
  heed_status status = next != NULL && workspace != NULL
                           ? HEED_OK
                           : heed_fail(err, HEED_ERR_NOMEM, "%s: no memory", p->world->name);
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (uint32_t i = 0; status == HEED_OK && p->count < p->capacity && i < 100 * p->capacity; i++) {
    unsigned char *belief = p->beliefs + p->count * size;
    heed__wishes_start(p->model, (double)(i % GRID) / (GRID - 1), belief);
    if (p->world->is_start && i == GRID) {
      break;
    }
    uint32_t steps = i < GRID ? 0 : 1 + heed_rng_choice(&rng, STEPS);
    if (wander(p, steps, &rng, belief, next, workspace) && !is_taken(p, belief)) {
      status = take_belief(p, err);
    }
  }
  free(next);
  free(workspace);
  return status;
}

/* Takes those that were taken again, in turn, until there are enough: each is decided in with luck of its
 * own. */
static void repeat_states(heed__problem *p) {
  const size_t size = belief_size(p);
  uint32_t taken = p->count;
  for (; taken > 0 && p->count < p->capacity; p->count++) {
    uint32_t i = p->count % taken;
    memcpy(p->beliefs + p->count * size, p->beliefs + i * size, size);
    memcpy(&p->values[(size_t)p->count * p->actions], &p->values[(size_t)i * p->actions],
           p->actions * sizeof *p->values);
    p->sides[p->count] = p->sides[i];
  }
}

static heed_status make_models(heed__problem *p, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(p->env);
  bool is_channel = p->world->truth != HEED__TRUTH_PLAN;
  heed_status status = p->world->truth == HEED__TRUTH_WISHES
                           ? heed__wishes_create(p->env, &p->model, err)
                           : heed_exact_create(p->env, 1, &p->model, err);
  if (status == HEED_OK) {
    status = heed_reward_create(is_channel ? "channel" : "formula", p->world->formula,
                                &spec->obs_space, &spec->action_space, &p->reward, err);
  }
  return status;
}

heed_status heed__problem_init(heed__problem *p, const heed__world *world, uint32_t wanted,
                               heed_error *err) {
  *p = (heed__problem){.world = world, .capacity = wanted, .low = HUGE_VAL, .high = -HUGE_VAL};
  heed_status status = heed_env_create(world->env, world->params, &p->env, err);
  if (status == HEED_OK) {
    p->actions = heed_env_spec_of(p->env)->action_space.count;
    status = make_models(p, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  /* one more, for a state that is looked at */
  p->beliefs = calloc((size_t)wanted + 1, belief_size(p));
  p->values = calloc(((size_t)wanted + 1) * p->actions, sizeof *p->values);
  p->sides = calloc((size_t)wanted + 1, sizeof *p->sides);
  if (p->beliefs == NULL || p->values == NULL || p->sides == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%u states: no memory", wanted);
  }
  status = world->truth == HEED__TRUTH_WISHES ? fill_from_wishes(p, err) : fill_from_world(p, err);
  p->distinct = p->count;
  if (status == HEED_OK && world->is_start) {
    repeat_states(p);
  }
  return status;
}

void heed__problem_deinit(heed__problem *p) {
  free(p->beliefs);
  free(p->values);
  free(p->sides);
  heed_reward_destroy(p->reward);
  heed_dynamics_destroy(p->model);
  heed_env_destroy(p->env);
}
