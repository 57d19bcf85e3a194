/* trajectories.c: imagines and judges populations of sequences of actions.
 *
 * All futures go one step together, in batches of HEED_SCORE_BATCH rows, each with a generator of its own:
 * a network of the dynamics or of the reward sees full batches. */
#include "planner/trajectories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/progress.h"
#include "planner/search.h"

/* More than this no machine has: to ask for it would only fail later. */
#define BYTES_MAX 0x1p44

static heed_status check(const heed_planner_config *c, const heed_space *actions, heed_error *err) {
  if (actions->kind != HEED_SPACE_BOX) {
    return heed_fail(err, HEED_ERR_ARG,
                     "method=cem, icem and mppi plan actions that are a box, these are discrete; "
                     "use method=tree");
  }
  heed_status status = heed_space_check_bounded(actions, err);
  if (status != HEED_OK) {
    return status;
  }
  uint32_t elites = heed__proposals_elites(c);
  uint32_t fewest = heed__proposals_count(c, c->iterations - 1);
  if (fewest < elites + 1) {
    return heed_fail(err, HEED_ERR_ARG,
                     "simulations %u, in %u iterations with %u particles each, leave %u candidates "
                     "for the last, with %u elites: more simulations or fewer of the others",
                     c->simulations, c->iterations, c->particles, fewest, elites);
  }
  return HEED_OK;
}

typedef struct need {
  void **slot;
  size_t count, size;
} need;

/* Takes the arrays out of one arena. */
static heed_status take(heed_trajectories *t, heed_error *err) {
  size_t sequence = (size_t)t->horizon * t->dims;
  size_t futures = (size_t)t->capacity * t->particles;
  size_t moments = futures * t->horizon;
  const need needs[] = {
      {(void **)&t->mean, sequence, sizeof(double)},
      {(void **)&t->deviation, sequence, sizeof(double)},
      {(void **)&t->drawn_mean, sequence, sizeof(double)},
      {(void **)&t->drawn_deviation, sequence, sizeof(double)},
      {(void **)&t->actions, t->capacity * sequence, sizeof(float)},
      {(void **)&t->returns, t->capacity, sizeof(double)},
      {(void **)&t->order, t->capacity, sizeof(uint32_t)},
      {(void **)&t->elite_actions, t->elites * sequence, sizeof(float)},
      {(void **)&t->sequence, t->horizon, sizeof(double)},
      {(void **)&t->first_obs, 1, t->obs_size},
      {(void **)&t->obs, moments, t->obs_size},
      {(void **)&t->channel, moments, sizeof(double)},
      {(void **)&t->information, moments, sizeof(double)},
      {(void **)&t->rewards, moments, sizeof(double)},
      {(void **)&t->steps, futures, sizeof(uint32_t)},
      {(void **)&t->is_terminal, futures, sizeof(bool)},
      {(void **)&t->rngs, futures, sizeof(heed_rng)},
      {(void **)&t->beliefs, 2 * futures, t->belief_size},
      {(void **)&t->hypotheses, t->particles, t->hypothesis_size},
      {(void **)&t->tail, t->particles, sizeof(double)},
  };
  enum { ALIGN = 64, COUNT = sizeof needs / sizeof needs[0] };
  double bytes = 0;
  for (int i = 0; i < COUNT; i++) {
    bytes += (double)needs[i].count * (double)needs[i].size + ALIGN;
  }
  if (bytes > BYTES_MAX) {
    return heed_fail(err, HEED_ERR_NOMEM, "simulations %u of horizon %u: too many to remember",
                     t->capacity * t->particles, t->horizon);
  }
  heed_status status = heed_arena_init(&t->arena, (size_t)bytes, err);
  for (int i = 0; status == HEED_OK && i < COUNT; i++) {
    size_t size = needs[i].size > 0 ? needs[i].size : 1;
    *needs[i].slot = heed_arena_alloc(&t->arena, needs[i].count, size, ALIGN, err);
    status = *needs[i].slot != NULL ? HEED_OK : HEED_ERR_NOMEM;
  }
  return status;
}

heed_status heed__trajectories_create(const heed_planner_config *config,
                                      const heed_dynamics *dynamics, heed_trajectories **out,
                                      heed_error *err) {
  *out = NULL;
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(dynamics);
  heed_status status = check(config, &spec->action_space, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_trajectories *t = calloc(1, sizeof *t);
  if (t == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
  }
  t->dims = spec->action_space.count;
  t->horizon = config->horizon;
  t->particles = config->particles;
  t->capacity = heed__proposals_count(config, 0);
  t->elites = heed__proposals_elites(config);
  t->belief_size = spec->belief_size;
  t->obs_size = heed_space_size(&spec->obs_space);
  t->hypothesis_size = spec->hypothesis_size;
  t->low = spec->action_space.low;
  t->high = spec->action_space.high;
  status = take(t, err);
  if (status == HEED_OK) {
    double colour = config->method == HEED_METHOD_ICEM ? config->noise_colour : 0;
    status = heed__noise_init(&t->noise, t->horizon, colour, err);
  }
  if (status == HEED_OK) {
    size_t size = heed_dynamics_workspace_size(dynamics, HEED_SCORE_BATCH);
    t->workspace = calloc(1, size > 0 ? size : 1);
    status = t->workspace != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
  }
  if (status != HEED_OK) {
    heed__trajectories_destroy(t);
    return status;
  }
  heed__proposals_reset(t, config);
  *out = t;
  return HEED_OK;
}

void heed__trajectories_destroy(heed_trajectories *t) {
  if (t != NULL) {
    heed__noise_deinit(&t->noise);
    heed_arena_deinit(&t->arena);
    free(t->workspace);
    free(t);
  }
}

/* ---- one population --------------------------------------------------------------------------- */

static const void *obs_before(const heed_trajectories *t, size_t future, uint32_t step) {
  return step == 0 ? t->first_obs : t->obs + (future * t->horizon + step - 1) * t->obs_size;
}

static heed_action action_of(const heed_trajectories *t, size_t future, uint32_t step) {
  heed_action action = {.value = {0}};
  size_t candidate = future / t->particles;
  memcpy(action.value, t->actions + (candidate * t->horizon + step) * t->dims,
         t->dims * sizeof(float));
  return action;
}

/* Futures that are imagined, or scored, in one call. */
typedef struct rows {
  uint32_t count;
  size_t futures[HEED_SCORE_BATCH];
} rows;

/* The next futures that are still going on at `step`, from *next on. */
static void gather(const heed_trajectories *t, uint32_t step, size_t *next, rows *r) {
  size_t futures = (size_t)t->population * t->particles;
  r->count = 0;
  for (; *next < futures && r->count < HEED_SCORE_BATCH; (*next)++) {
    if (t->steps[*next] > step) {
      r->futures[r->count++] = *next;
    }
  }
}

static void score_rows(heed_planner *planner, const rows *r, uint32_t step) {
  heed_trajectories *t = planner->trajectories;
  heed_step steps[HEED_SCORE_BATCH];
  double scores[HEED_SCORE_BATCH] = {0};
  for (uint32_t i = 0; i < r->count; i++) {
    size_t f = r->futures[i];
    steps[i] = (heed_step){obs_before(t, f, step), action_of(t, f, step),
                           obs_before(t, f, step + 1), t->channel[f * t->horizon + step]};
  }
  if (planner->reward != NULL) {
    heed_reward_score(planner->reward, steps, r->count, planner->current_reward_hypothesis, scores,
                      NULL, planner->reward_workspace);
  }
  for (uint32_t i = 0; i < r->count; i++) {
    size_t at = r->futures[i] * t->horizon + step;
    t->rewards[at] = scores[i] + planner->config.information_weight * t->information[at];
    planner->is_finite = planner->is_finite && isfinite(t->rewards[at]);
  }
}

static void imagine_rows(heed_planner *planner, const rows *r, uint32_t step) {
  heed_trajectories *t = planner->trajectories;
  size_t futures = (size_t)t->capacity * t->particles;
  unsigned char *now = t->beliefs + (step % 2) * futures * t->belief_size;
  unsigned char *next = t->beliefs + ((step + 1) % 2) * futures * t->belief_size;
  bool is_per_simulation = planner->config.dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION;
  heed_prediction batch[HEED_SCORE_BATCH];
  for (uint32_t i = 0; i < r->count; i++) {
    size_t f = r->futures[i];
    const void *own = t->hypotheses + (f % t->particles) * t->hypothesis_size;
    batch[i] = (heed_prediction){
        .belief = now + f * t->belief_size,
        .action = action_of(t, f, step),
        .hypothesis = is_per_simulation ? own : planner->current_dynamics_hypothesis,
        .rng = &t->rngs[f],
        .wants_uncertainty = planner->config.information_weight != 0,
        .next_belief = next + f * t->belief_size};
  }
  heed_dynamics_predict(planner->dynamics, batch, r->count, t->workspace);
  planner->predictions += r->count;
  for (uint32_t i = 0; i < r->count; i++) {
    size_t f = r->futures[i];
    size_t at = f * t->horizon + step;
    heed_dynamics_decode(planner->dynamics, batch[i].next_belief, t->obs + at * t->obs_size);
    t->channel[at] = batch[i].reward;
    t->information[at] = batch[i].uncertainty;
    if (batch[i].is_terminal) {
      t->is_terminal[f] = true;
      t->steps[f] = step + 1;
    }
  }
}

/* The worth of a candidate: that of the worst of its futures. */
static double worth(const heed_planner *planner, uint32_t candidate) {
  const heed_trajectories *t = planner->trajectories;
  for (uint32_t p = 0; p < t->particles; p++) {
    size_t f = (size_t)candidate * t->particles + p;
    double sum = 0;
    for (uint32_t s = t->steps[f]; s-- > 0;) {
      sum = t->rewards[f * t->horizon + s] + planner->config.discount * sum;
    }
    t->tail[p] = sum;
  }
  return heed__worst_of(&planner->config, t->tail, t->particles);
}

static void judge(heed_planner *planner) {
  heed_trajectories *t = planner->trajectories;
  for (uint32_t i = 0; i < t->population; i++) {
    t->returns[i] = worth(planner, i);
  }
}

static void imagine(heed_planner *planner, const void *belief, heed_rng *rng) {
  heed_trajectories *t = planner->trajectories;
  size_t futures = (size_t)t->population * t->particles;
  uint64_t seed = heed_rng_next(rng);
  for (size_t f = 0; f < futures; f++) {
    heed_rng_init(&t->rngs[f], heed_mix64(seed, f));
    memcpy(t->beliefs + f * t->belief_size, belief, t->belief_size);
    t->steps[f] = t->horizon;
    t->is_terminal[f] = false;
  }
  if (planner->config.dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION) {
    for (uint32_t p = 0; p < t->particles; p++) {
      heed_dynamics_draw(planner->dynamics, rng, t->hypotheses + p * t->hypothesis_size);
    }
  }
  for (uint32_t step = 0; step < t->horizon; step++) {
    size_t next = 0;
    rows r;
    for (gather(t, step, &next, &r); r.count > 0; gather(t, step, &next, &r)) {
      imagine_rows(planner, &r, step);
      score_rows(planner, &r, step);
    }
  }
  judge(planner);
}

/* ---- as a planner ----------------------------------------------------------------------------- */

static heed_status decide(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                          heed_error *err) {
  (void)rng;
  const heed_trajectories *t = planner->trajectories;
  *decision = (heed_decision){0};
  if (t->population == 0) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been planned for this state");
  }
  planner->values[0] = t->returns[t->order[0]];
  planner->visits[0] = t->population * t->particles;
  decision->chosen = 0;
  decision->action = heed__proposals_action(t, &planner->config);
  decision->value = planner->values[0];
  decision->action_count = 1;
  decision->visits = planner->visits;
  decision->values = planner->values;
  decision->tied = 1;
  decision->ties = planner->config.ties;
  return HEED_OK;
}

static void reset(heed_planner *planner) {
  planner->trajectories->population = 0;
}

static heed_status plan(heed_planner *planner, const void *belief, heed_rng *rng,
                        heed_decision *decision, heed_error *err) {
  heed_trajectories *t = planner->trajectories;
  const heed_planner_config *config = &planner->config;
  double deadline_s = heed_clock_s() + config->budget_ms / 1000;
  if (!config->reuse) {
    heed__proposals_reset(t, config);
  }
  heed_dynamics_decode(planner->dynamics, belief, t->first_obs);
  uint32_t done = 0;
  for (uint32_t i = 0; i < config->iterations; i++) {
    heed__proposals_draw(t, config, i, rng);
    imagine(planner, belief, rng);
    done += t->population * t->particles;
    if (!planner->is_finite) {
      reset(planner);
      heed__proposals_reset(t, config);
      return heed_fail(err, HEED_ERR_NUMERIC, "a reward is not finite");
    }
    heed__proposals_fit(t, config);
    bool goes_on = heed_progress_report(planner->progress, i + 1, config->iterations);
    if (!goes_on || (config->budget_ms > 0 && heed_clock_s() >= deadline_s)) {
      break;
    }
  }
  heed_status status = decide(planner, rng, decision, err);
  decision->simulations = done;
  decision->predictions = planner->predictions;
  return status;
}

static heed_status rescore(heed_planner *planner, heed_error *err) {
  heed_trajectories *t = planner->trajectories;
  if (t->population == 0) {
    heed__proposals_reset(t, &planner->config); /* it was fitted to another reward */
    return HEED_OK;
  }
  planner->is_finite = true;
  for (uint32_t step = 0; step < t->horizon; step++) {
    size_t next = 0;
    rows r;
    for (gather(t, step, &next, &r); r.count > 0; gather(t, step, &next, &r)) {
      score_rows(planner, &r, step);
    }
  }
  if (!planner->is_finite) {
    return heed_fail(err, HEED_ERR_NUMERIC, "a reward is not finite");
  }
  judge(planner);
  heed__proposals_fit(t, &planner->config);
  return HEED_OK;
}

static bool advance(heed_planner *planner, heed_action action, const void *belief) {
  (void)belief;
  heed_trajectories *t = planner->trajectories;
  bool follows = heed_space_check_action(&planner->spec->action_space, action, NULL) == HEED_OK;
  if (follows && t->is_fitted) {
    heed__proposals_shift(t, &planner->config);
  } else {
    heed__proposals_reset(t, &planner->config);
  }
  t->population = 0;
  return false;
}

static heed_status line(const heed_planner *planner, heed_rng *rng, heed_segment *segment,
                        heed_error *err) {
  const heed_trajectories *t = planner->trajectories;
  if (t->population == 0) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been planned for this state");
  }
  uint32_t particle = rng != NULL ? heed_rng_choice(rng, t->particles) : 0;
  size_t f = (size_t)t->order[0] * t->particles + particle;
  heed_segment seen;
  heed_status status = heed_segment_init(&seen, t->steps[f], (uint32_t)t->obs_size, err);
  if (status != HEED_OK) {
    return status;
  }
  memcpy(seen.obs, t->first_obs, t->obs_size);
  for (uint32_t s = 0; s < t->steps[f]; s++) {
    seen.actions[s] = action_of(t, f, s);
    seen.channel[s] = t->channel[f * t->horizon + s];
    memcpy(seen.obs + (s + 1) * t->obs_size, obs_before(t, f, s + 1), t->obs_size);
  }
  seen.steps = t->steps[f];
  seen.is_terminal = t->is_terminal[f];
  *segment = seen;
  return HEED_OK;
}

const double *heed__trajectories_rewards(const heed_planner *planner) {
  const heed_trajectories *t = planner->trajectories;
  return t->rewards + (size_t)t->order[0] * t->particles * t->horizon;
}

static uint64_t signature(const heed_planner *planner) {
  const heed_trajectories *t = planner->trajectories;
  size_t sequence = (size_t)t->horizon * t->dims;
  uint64_t hash = XXH3_64bits(t->mean, sequence * sizeof *t->mean);
  hash = heed_mix64(hash, XXH3_64bits(t->deviation, sequence * sizeof *t->deviation));
  hash = heed_mix64(hash, XXH3_64bits(t->actions, t->population * sequence * sizeof *t->actions));
  return heed_mix64(hash, XXH3_64bits(t->returns, t->population * sizeof *t->returns));
}

const heed_substitute heed__trajectories = {.plan = plan,
                                            .decide = decide,
                                            .rescore = rescore,
                                            .advance = advance,
                                            .reset = reset,
                                            .line = line,
                                            .signature = signature};
