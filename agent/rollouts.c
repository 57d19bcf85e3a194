#include "agent/rollouts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "agent/imagine.h"

/* How many starts are tried for one that shows a certain observation. */
enum { START_TRIES = 1000 };

/* ---- room ------------------------------------------------------------------------------------- */

static heed_status check(const heed_space *obs_space, uint32_t count, const uint32_t *horizons,
                         uint32_t horizon_count, heed_error *err) {
  if (obs_space->kind != HEED_SPACE_CELLS) {
    return heed_fail(err, HEED_ERR_ARG, "rollouts are counted of cells, these are no cells");
  }
  if (count < 1 || count > HEED_ROLLOUTS_COUNT_MAX || horizon_count < 1 ||
      horizon_count > HEED_ROLLOUTS_HORIZONS_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "%u rollouts at %u horizons, 1 to %d and 1 to %d expected",
                     count, horizon_count, HEED_ROLLOUTS_COUNT_MAX, HEED_ROLLOUTS_HORIZONS_MAX);
  }
  for (uint32_t h = 0; h < horizon_count; h++) {
    if (horizons[h] <= (h > 0 ? horizons[h - 1] : 0)) {
      return heed_fail(err, HEED_ERR_ARG, "horizon %u, more than the one before it expected",
                       horizons[h]);
    }
  }
  return HEED_OK;
}

static size_t seen_size(const heed_rollouts *r) {
  return (size_t)r->cells * (r->values + 1);
}

heed_status heed_rollouts_init(heed_rollouts *rollouts, const heed_space *obs_space, uint32_t count,
                               const uint32_t *horizons, uint32_t horizon_count, heed_error *err) {
  heed_rollouts *r = rollouts;
  *r = (heed_rollouts){0};
  heed_status status = check(obs_space, count, horizons, horizon_count, err);
  if (status != HEED_OK) {
    return status;
  }
  r->count = count;
  r->horizon_count = horizon_count;
  r->cells = obs_space->count;
  r->values = obs_space->value_count;
  memcpy(r->horizons, horizons, horizon_count * sizeof *horizons);
  r->boards = calloc((size_t)horizon_count * count, sizeof *r->boards);
  r->seen = calloc(horizon_count * seen_size(r), sizeof *r->seen);
  r->changes = calloc(r->cells, sizeof *r->changes);
  if (r->boards == NULL || r->seen == NULL || r->changes == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%u rollouts: no memory", count);
  }
  return HEED_OK;
}

void heed_rollouts_deinit(heed_rollouts *rollouts) {
  free(rollouts->boards);
  free(rollouts->seen);
  free(rollouts->changes);
  *rollouts = (heed_rollouts){0};
}

/* ---- filling ---------------------------------------------------------------------------------- */

static void clear(heed_rollouts *r) {
  memset(r->seen, 0, r->horizon_count * seen_size(r) * sizeof *r->seen);
  memset(r->changes, 0, r->cells * sizeof *r->changes);
}

static void look(heed_rollouts *r, const uint8_t *first, const uint8_t *obs) {
  for (uint32_t i = 0; i < r->cells; i++) {
    r->changes[i] = r->changes[i] || obs[i] != first[i];
  }
}

/* Counts what rollout `rollout` sees at a horizon; NULL: that it has ended. */
static void count(heed_rollouts *r, uint32_t rollout, uint32_t horizon, const uint8_t *obs) {
  uint32_t *seen = r->seen + horizon * seen_size(r);
  for (uint32_t i = 0; i < r->cells; i++) {
    uint32_t value = obs != NULL ? obs[i] : r->values;
    seen[(size_t)i * (r->values + 1) + value]++;
  }
  r->boards[(size_t)horizon * r->count + rollout] = obs != NULL ? XXH3_64bits(obs, r->cells) : 0;
}

static int order(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void finish(heed_rollouts *r) {
  for (uint32_t h = 0; h < r->horizon_count; h++) {
    qsort(r->boards + (size_t)h * r->count, r->count, sizeof *r->boards, order);
  }
}

/* A start that shows `first`. */
static void begin(const heed_env *env, const void *start, const uint8_t *first, void *state,
                  uint8_t *obs, heed_rng *rng) {
  size_t obs_size = heed_space_size(&heed_env_spec_of(env)->obs_space);
  for (int tries = 0; tries < START_TRIES; tries++) {
    heed_env_init(env, state);
    heed_env_reset(env, state, rng);
    heed_env_observe(env, state, obs);
    if (memcmp(obs, first, obs_size) == 0) {
      return;
    }
  }
  memcpy(state, start, heed_env_spec_of(env)->state_size);
}

static void live_one(heed_rollouts *r, const heed_env *env, uint32_t rollout, const uint8_t *first,
                     void *state, uint8_t *obs, heed_rng *rng) {
  bool is_over = false;
  uint32_t t = 0;
  for (uint32_t h = 0; h < r->horizon_count; h++) {
    for (; t < r->horizons[h] && !is_over; t++) {
      heed_outcome outcome =
          heed_env_step(env, state, heed__random_action_in(env, state, rng), rng);
      heed_env_observe(env, state, obs);
      look(r, first, obs);
      is_over = outcome.is_terminal || outcome.is_truncated;
    }
    count(r, rollout, h, is_over ? NULL : obs);
  }
}

heed_status heed_rollouts_live(heed_rollouts *rollouts, const heed_env *env, const void *start,
                               heed_rng *rng, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_status status = heed_space_check_bounded(&spec->action_space, err);
  void *state = calloc(1, spec->state_size);
  uint8_t *obs = calloc(2, rollouts->cells);
  if (status == HEED_OK && (state == NULL || obs == NULL)) {
    status = heed_fail(err, HEED_ERR_NOMEM, "rollouts: no memory");
  }
  clear(rollouts);
  if (status == HEED_OK) {
    uint8_t *first = obs + rollouts->cells;
    heed_env_observe(env, start, first);
    for (uint32_t i = 0; i < rollouts->count; i++) {
      begin(env, start, first, state, obs, rng);
      live_one(rollouts, env, i, first, state, obs, rng);
    }
  }
  finish(rollouts);
  free(state);
  free(obs);
  return status;
}

/* All rollouts go on together, step by step. */
static void imagine_all(heed_rollouts *r, heed__imagination *x, const uint8_t *first, uint8_t *obs,
                        heed_rng *rng) {
  uint32_t horizon = 0;
  for (uint32_t t = 1; horizon < r->horizon_count; t++) {
    for (uint32_t i = 0; i < r->count; i++) {
      x->actions[i] = heed__random_action_at(x->model, heed__imagination_belief(x, i), rng);
    }
    heed__imagination_step(x);
    bool is_horizon = t == r->horizons[horizon];
    for (uint32_t i = 0; i < r->count; i++) {
      if (!x->is_over[i]) {
        heed_dynamics_decode(x->model, heed__imagination_belief(x, i), obs);
        look(r, first, obs);
      }
      if (is_horizon) {
        count(r, i, horizon, x->is_over[i] ? NULL : obs);
      }
    }
    horizon += is_horizon ? 1 : 0;
  }
}

heed_status heed_rollouts_imagine(heed_rollouts *rollouts, const heed_dynamics *model,
                                  const void *first_obs, heed_rng *rng, heed_error *err) {
  heed__imagination x = {0};
  uint8_t *obs = calloc(1, rollouts->cells);
  heed_status status = heed_space_check_bounded(&heed_dynamics_spec_of(model)->action_space, err);
  if (status == HEED_OK) {
    status = heed__imagination_init(&x, model, rollouts->count, false, err);
  }
  if (status == HEED_OK && obs == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "rollouts: no memory");
  }
  clear(rollouts);
  if (status == HEED_OK && obs != NULL) {
    heed__imagination_begin(&x, rng);
    for (uint32_t i = 0; i < rollouts->count; i++) {
      heed_dynamics_begin(model, first_obs, heed__imagination_belief(&x, i));
    }
    imagine_all(rollouts, &x, first_obs, obs, rng);
  }
  finish(rollouts);
  heed__imagination_deinit(&x);
  free(obs);
  return status;
}

/* ---- distances -------------------------------------------------------------------------------- */

/* The total variation of two samples of names, sorted: both are gone through together. */
static double board_variation(const uint64_t *a, const uint64_t *b, uint32_t n) {
  uint32_t common = 0;
  for (uint32_t i = 0, j = 0; i < n && j < n;) {
    if (a[i] == b[j]) {
      common++;
      i++;
      j++;
    } else if (a[i] < b[j]) {
      i++;
    } else {
      j++;
    }
  }
  return 1 - (double)common / n;
}

static double boards_apart(const heed_rollouts *a, const heed_rollouts *b, uint32_t horizon) {
  size_t offset = (size_t)horizon * a->count;
  return board_variation(a->boards + offset, b->boards + offset, a->count);
}

/* The mean of the total variation over the cells that change in any of the three samples. */
static double cells_apart(const heed_rollouts *a, const heed_rollouts *b, uint32_t horizon,
                          const heed_rollouts *const *all) {
  size_t values = (size_t)a->values + 1;
  const uint32_t *of_a = a->seen + horizon * seen_size(a);
  const uint32_t *of_b = b->seen + horizon * seen_size(b);
  double sum = 0;
  uint32_t changing = 0;
  for (size_t i = 0; i < a->cells; i++) {
    if (!all[0]->changes[i] && !all[1]->changes[i] && !all[2]->changes[i]) {
      continue;
    }
    uint64_t apart = 0;
    for (size_t v = i * values; v < (i + 1) * values; v++) {
      apart += of_a[v] > of_b[v] ? of_a[v] - of_b[v] : of_b[v] - of_a[v];
    }
    sum += (double)apart / (2.0 * a->count);
    changing++;
  }
  return changing > 0 ? sum / changing : 0;
}

heed_rollouts_distance heed_rollouts_compare(const heed_rollouts *imagined,
                                             const heed_rollouts *lived_a,
                                             const heed_rollouts *lived_b, uint32_t horizon) {
  const heed_rollouts *m = imagined;
  const heed_rollouts *a = lived_a;
  const heed_rollouts *b = lived_b;
  assert(m->count == a->count && a->count == b->count && m->cells == a->cells &&
         a->cells == b->cells && m->values == a->values && horizon < m->horizon_count &&
         m->horizons[horizon] == a->horizons[horizon] &&
         b->horizons[horizon] == a->horizons[horizon]);
  const heed_rollouts *const all[] = {m, a, b};
  heed_rollouts_distance d = {.board_floor = boards_apart(a, b, horizon),
                              .cell_floor = cells_apart(a, b, horizon, all)};
  d.board = (boards_apart(m, a, horizon) + boards_apart(m, b, horizon)) / 2 - d.board_floor;
  d.cell = (cells_apart(m, a, horizon, all) + cells_apart(m, b, horizon, all)) / 2 - d.cell_floor;
  return d;
}
