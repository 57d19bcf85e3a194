/* assess_boxes.c: many steps ahead where observations are numbers: trajectories beside each other. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/assess.h"
#include "agent/imagine.h"

/* Of 39 draws, at least 2 are below what the 90 % interval holds, and at most 37. */
enum { DRAWS = HEED__ASSESS_BOX_DRAWS, LOW = 2, HIGH = 38 };

/* Sums of one horizon. */
typedef struct sums {
  double *error;  /* owned, [dims] |mean of the draws - what was seen| */
  uint64_t going; /* rollouts that go on in the world */
  uint64_t inside, ended, imagined_ended;
} sums;

typedef struct comparison {
  const heed_env *env;
  heed_assess_rollout *result;
  heed__imagination x;
  heed_rng *rng;
  uint32_t dims;
  void *state;       /* owned */
  float *obs;        /* owned, [dims] */
  float *drawn;      /* owned, [DRAWS][dims] */
  float *low, *high; /* owned, [dims] of all that the world showed */
  sums sums[HEED_ROLLOUTS_HORIZONS_MAX];
} comparison;

static void look(comparison *c) {
  heed_env_observe(c->env, c->state, c->obs);
  for (uint32_t d = 0; d < c->dims; d++) {
    c->low[d] = fminf(c->low[d], c->obs[d]);
    c->high[d] = fmaxf(c->high[d], c->obs[d]);
  }
}

/* How many of the draws are below `value`. Floats have a grain, below which a good model knows them: of equal
 * ones as many as chance will have it, so that intervals that are a grain wide do not cover more than they
 * say (Czado, Gneiting and Held 2009, "Predictive model assessment for count data"). */
static uint32_t rank(const float *draws, float value, heed_rng *rng) {
  uint32_t below = 0;
  uint32_t equal = 0;
  for (uint32_t i = 0; i < DRAWS; i++) {
    below += draws[i] < value;
    equal += draws[i] == value;
  }
  return equal > 0 ? below + heed_rng_choice(rng, equal + 1) : below;
}

static void compare(comparison *c, sums *s, bool is_over) {
  s->ended += is_over ? 1 : 0;
  for (uint32_t i = 0; i < DRAWS; i++) {
    s->imagined_ended += c->x.is_over[i] ? 1 : 0;
    heed_dynamics_decode(c->x.model, heed__imagination_belief(&c->x, i),
                         c->drawn + (size_t)i * c->dims);
  }
  if (is_over) {
    return;
  }
  s->going++;
  for (uint32_t d = 0; d < c->dims; d++) {
    float column[DRAWS];
    double mean = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
      column[i] = c->drawn[(size_t)i * c->dims + d];
      mean += (double)column[i] / DRAWS;
    }
    s->error[d] += fabs(mean - (double)c->obs[d]);
    uint32_t below = rank(column, c->obs[d], c->rng);
    s->inside += below >= LOW && below < HIGH ? 1 : 0;
  }
}

static void follow_one(comparison *c) {
  const heed_space *actions = &heed_env_spec_of(c->env)->action_space;
  bool is_over = false;
  uint32_t t = 0;
  heed_env_init(c->env, c->state);
  heed_env_reset(c->env, c->state, c->rng);
  look(c);
  heed__imagination_begin(&c->x, c->rng);
  for (uint32_t i = 0; i < DRAWS; i++) {
    heed_dynamics_begin(c->x.model, c->obs, heed__imagination_belief(&c->x, i));
  }
  for (uint32_t h = 0; h < c->result->horizon_count; h++) {
    for (; t < c->result->horizons[h].steps; t++) {
      heed_action action = heed_space_draw_action(actions, c->rng);
      if (!is_over) {
        heed_outcome outcome = heed_env_step(c->env, c->state, action, c->rng);
        is_over = outcome.is_terminal || outcome.is_truncated;
        look(c);
      }
      for (uint32_t i = 0; i < DRAWS; i++) {
        c->x.actions[i] = action;
      }
      heed__imagination_step(&c->x);
    }
    compare(c, &c->sums[h], is_over);
  }
}

static void conclude(const comparison *c) {
  for (uint32_t h = 0; h < c->result->horizon_count; h++) {
    heed_assess_horizon *horizon = &c->result->horizons[h];
    const sums *s = &c->sums[h];
    double rollouts = c->result->rollouts;
    horizon->ended = (double)s->ended / rollouts;
    horizon->imagined_ended = (double)s->imagined_ended / (rollouts * DRAWS);
    horizon->mean_error = s->going > 0 ? 0 : (double)NAN;
    horizon->coverage =
        s->going > 0 ? (double)s->inside / (double)(s->going * c->dims) : (double)NAN;
    for (uint32_t d = 0; d < c->dims && s->going > 0; d++) {
      double range = (double)c->high[d] - (double)c->low[d];
      double error = s->error[d] / (double)s->going;
      horizon->mean_error += error / fmax(range, DBL_MIN) / c->dims;
    }
  }
}

static heed_status comparison_init(comparison *c, const heed_dynamics *model, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(c->env);
  heed_status status = heed_space_check_bounded(&spec->action_space, err);
  if (status == HEED_OK) {
    status = heed__imagination_init(&c->x, model, DRAWS, true, err);
  }
  c->state = calloc(1, spec->state_size);
  c->obs = calloc(c->dims, sizeof *c->obs);
  c->drawn = calloc((size_t)DRAWS * c->dims, sizeof *c->drawn);
  c->low = calloc(c->dims, sizeof *c->low);
  c->high = calloc(c->dims, sizeof *c->high);
  bool is_good =
      c->state != NULL && c->obs != NULL && c->drawn != NULL && c->low != NULL && c->high != NULL;
  for (uint32_t h = 0; h < c->result->horizon_count; h++) {
    c->sums[h].error = calloc(c->dims, sizeof *c->sums[h].error);
    is_good = is_good && c->sums[h].error != NULL;
  }
  for (uint32_t d = 0; is_good && d < c->dims; d++) {
    c->low[d] = FLT_MAX;
    c->high[d] = -FLT_MAX;
  }
  return status == HEED_OK && !is_good ? heed_fail(err, HEED_ERR_NOMEM, "rollouts: no memory")
                                       : status;
}

heed_status heed__assess_boxes(const heed_env *env, const heed_dynamics *model, uint32_t rollouts,
                               heed_rng *rng, heed_assess_rollout *result, heed_error *err) {
  comparison c = {
      .env = env, .result = result, .rng = rng, .dims = heed_env_spec_of(env)->obs_space.count};
  heed_status status = comparison_init(&c, model, err);
  for (uint32_t i = 0; i < rollouts && status == HEED_OK; i++) {
    follow_one(&c);
  }
  if (status == HEED_OK) {
    conclude(&c);
  }
  heed__imagination_deinit(&c.x);
  for (uint32_t h = 0; h < HEED_ROLLOUTS_HORIZONS_MAX; h++) {
    free(c.sums[h].error);
  }
  free(c.state);
  free(c.obs);
  free(c.drawn);
  free(c.low);
  free(c.high);
  return status;
}
