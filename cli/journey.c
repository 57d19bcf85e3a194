#include "cli/journey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "agent/imagine.h"

/* A journey under way. */
typedef struct traveller {
  heed__journey *journey;
  const heed_dynamics *model;
  const heed__journey_config *config;
  bool
      is_exact; /* the simulator is given the world's own state: a belief cannot tell it of a box */
  size_t obs_size, belief_size;
  void *state;           /* owned */
  unsigned char *belief; /* owned: what the next step is imagined from */
  unsigned char *next;   /* owned: what was imagined last */
  void *workspace;       /* owned */
  heed_rng env_rng, act_rng, model_rng;
} traveller;

static unsigned char *obs_of(const heed__journey *journey, uint32_t t, uint32_t side) {
  size_t size = heed_space_size(&heed_env_spec_of(journey->env)->obs_space);
  return journey->obs + (2 * (size_t)t + side) * size;
}

const void *heed__journey_world(const heed__journey *journey, uint32_t t) {
  return obs_of(journey, t, 0);
}

const void *heed__journey_imagined(const heed__journey *journey, uint32_t t) {
  return obs_of(journey, t, 1);
}

bool heed__journey_is_apart(const heed__journey *journey, uint32_t t, uint32_t i) {
  const heed_space *space = &heed_env_spec_of(journey->env)->obs_space;
  if (space->kind == HEED_SPACE_CELLS) {
    return obs_of(journey, t, 0)[i] != obs_of(journey, t, 1)[i];
  }
  double world = (double)((const float *)heed__journey_world(journey, t))[i];
  double imagined = (double)((const float *)heed__journey_imagined(journey, t))[i];
  double range = (double)space->high[i] - (double)space->low[i];
  /* Bounds of 1e38 are none. */
  double scale = range < 1e30 ? range : fmax(fabs(world), 1);
  return !(fabs(world - imagined) < 0.01 * scale);
}

static void count_apart(heed__journey *journey, uint32_t t) {
  uint32_t cells = heed_env_spec_of(journey->env)->obs_space.count;
  for (uint32_t i = 0; i < cells; i++) {
    journey->pairs[t].apart += heed__journey_is_apart(journey, t, i) ? 1 : 0;
  }
}

static void start(traveller *r) {
  heed__journey *j = r->journey;
  heed_env_init(j->env, r->state);
  heed_env_reset(j->env, r->state, &r->env_rng);
  heed_env_observe(j->env, r->state, obs_of(j, 0, 0));
  heed_dynamics_begin(r->model, obs_of(j, 0, 0), r->belief);
  if (r->is_exact) {
    heed_exact_set_state(r->model, r->state, r->belief);
  }
  heed_dynamics_decode(r->model, r->belief, obs_of(j, 0, 1));
  count_apart(j, 0);
  j->count = 1;
}

static void step_world(traveller *r, uint32_t t, heed_action action) {
  heed__journey *j = r->journey;
  heed__view *now = &j->pairs[t].world;
  if (j->pairs[t - 1].world.is_over) {
    now->is_over = true;
    memcpy(obs_of(j, t, 0), obs_of(j, t - 1, 0), r->obs_size);
    return;
  }
  heed_outcome outcome = heed_env_step(j->env, r->state, action, &r->env_rng);
  heed_env_observe(j->env, r->state, obs_of(j, t, 0));
  *now = (heed__view){outcome.reward, outcome.is_terminal || outcome.is_truncated};
}

static void step_model(traveller *r, uint32_t t, heed_action action) {
  heed__journey *j = r->journey;
  heed__view *now = &j->pairs[t].imagined;
  if (j->pairs[t - 1].imagined.is_over && !r->config->resync) {
    now->is_over = true;
    memcpy(obs_of(j, t, 1), obs_of(j, t - 1, 1), r->obs_size);
    return;
  }
  heed_prediction p = {
      .belief = r->belief, .action = action, .rng = &r->model_rng, .next_belief = r->next};
  heed_dynamics_predict(r->model, &p, 1, r->workspace);
  heed_dynamics_decode(r->model, r->next, obs_of(j, t, 1));
  *now = (heed__view){p.reward, p.is_terminal};
  if (r->config->resync && r->is_exact) {
    heed_exact_set_state(r->model, r->state, r->belief);
  } else if (r->config->resync) {
    heed_dynamics_observe(r->model, r->belief, action, obs_of(j, t, 0));
  } else {
    memcpy(r->belief, r->next, r->belief_size);
  }
}

static heed_status travel(traveller *r, heed_error *err) {
  heed__journey *j = r->journey;
  start(r);
  bool goes_on = true;
  for (uint32_t t = 1; t <= r->config->steps && goes_on; t++) {
    heed_action action = t <= r->config->action_count
                             ? r->config->actions[t - 1]
                             : heed__random_action_in(j->env, r->state, &r->act_rng);
    heed_status status = j->pairs[t - 1].world.is_over
                             ? HEED_OK
                             : heed_env_check_step(j->env, r->state, action, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "step %u", t);
    }
    j->pairs[t].action = action;
    step_world(r, t, action);
    step_model(r, t, action);
    count_apart(j, t);
    j->count = t + 1;
    bool is_over = j->pairs[t].world.is_over;
    goes_on = !is_over || (!r->config->resync && !j->pairs[t].imagined.is_over);
  }
  return HEED_OK;
}

heed_status heed__journey_make(const heed_env *env, const heed_dynamics *model,
                               const heed__journey_config *config, heed__journey *journey,
                               heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  size_t obs_size = heed_space_size(&spec->obs_space);
  size_t belief_size = heed_dynamics_spec_of(model)->belief_size;
  size_t moments = (size_t)config->steps + 1;
  heed_rng master;
  heed_rng_init(&master, config->seed);
  *journey = (heed__journey){.env = env,
                             .pairs = calloc(moments, sizeof *journey->pairs),
                             .obs = calloc(moments, 2 * obs_size)};
  traveller r = {.journey = journey,
                 .model = model,
                 .config = config,
                 .is_exact = strcmp(heed_dynamics_ops_of(model)->name, "exact") == 0,
                 .obs_size = obs_size,
                 .belief_size = belief_size,
                 .state = calloc(1, spec->state_size),
                 .belief = calloc(1, belief_size),
                 .next = calloc(1, belief_size),
                 .workspace = calloc(1, heed_dynamics_workspace_size(model, 1) + 1),
                 .env_rng = heed_rng_derive(&master, HEED_STREAM_ENV, 0),
                 .act_rng = heed_rng_derive(&master, HEED_STREAM_EXPLORE, 0),
                 .model_rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, 0)};
  bool has_room = journey->pairs != NULL && journey->obs != NULL && r.state != NULL &&
                  r.belief != NULL && r.next != NULL && r.workspace != NULL;
  heed_status status = heed_space_check_bounded(&spec->action_space, err);
  if (!has_room) {
    status = heed_fail(err, HEED_ERR_NOMEM, "%u steps: no memory", config->steps);
  } else if (status == HEED_OK) {
    status = travel(&r, err);
  }
  free(r.state);
  free(r.belief);
  free(r.next);
  free(r.workspace);
  return status;
}

void heed__journey_deinit(heed__journey *journey) {
  free(journey->pairs);
  free(journey->obs);
  *journey = (heed__journey){0};
}
