#include "agent/self_play.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "agent/positions.h"

/* Episodes under way at once, and steps of those of a world without a time limit. */
enum { SEATS = 64, USUAL_STEPS = 200 };

heed_self_play_config heed_self_play_config_default(void) {
  return (heed_self_play_config){.generations = 20,
                                 .episodes = 200,
                                 .openings = 1,
                                 .fits = 200,
                                 .window = 5,
                                 .seed = HEED_DEFAULT_SEED};
}

/* An episode under way; all pointers owned. */
typedef struct seat {
  bool is_taken;
  heed_planner *planner;
  void *state, *belief;
  heed_rng env_rng, search_rng;
  uint32_t steps;
  /* of the steps so far: */
  unsigned char *obs; /* [max_steps + 1][obs_size]; the last one is where it is */
  float *policies;    /* [max_steps][action_count] */
  double *rewards;    /* [max_steps] */
  double *values;     /* [max_steps + 1] of the roots; last, of where it ended */
} seat;

typedef struct school {
  /* borrowed */
  const heed_env *env;
  const heed_dynamics *dynamics;
  bool is_told;
  const heed_reward *reward;
  const heed_self_play_config *config;
  heed_value_network *network;
  const heed_progress_sink *progress;
  heed_self_play_report *report;

  double discount;
  uint32_t max_steps, action_count; /* action_count: of policies */
  size_t obs_size;
  uint64_t episodes_begun, episodes_ended, episodes_in_all;
  heed_rng master;
  /* owned */
  seat seats[SEATS];
  uint32_t *legal;
  void *reward_workspace, *evaluator_workspace;
} school;

/* ---- memory ----------------------------------------------------------------------------------- */

/* At least one byte, so that NULL means failure. */
static void *room(size_t count, size_t size) {
  return calloc(count > 0 ? count : 1, size > 0 ? size : 1);
}

static heed_status furnish(school *s, seat *at, const heed_planner_config *planner,
                           heed_error *err) {
  size_t steps = s->max_steps;
  at->state = room(1, heed_env_spec_of(s->env)->state_size);
  at->belief = room(1, heed_dynamics_spec_of(s->dynamics)->belief_size);
  at->obs = room(steps + 1, s->obs_size);
  at->policies = room(steps, s->action_count * sizeof *at->policies);
  at->rewards = room(steps, sizeof *at->rewards);
  at->values = room(steps + 1, sizeof *at->values);
  if (at->state == NULL || at->belief == NULL || at->obs == NULL || at->policies == NULL ||
      at->rewards == NULL || at->values == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "self-play: no memory");
  }
  heed_env_init(s->env, at->state);
  heed_evaluator evaluator = heed_value_network_evaluator(s->network);
  heed_status status = heed_planner_create(planner, s->dynamics, s->reward, &at->planner, err);
  return status == HEED_OK ? heed_planner_set_evaluator(at->planner, &evaluator, s->reward, err)
                           : status;
}

static heed_status open_school(school *s, const heed_planner_config *planner, heed_error *err) {
  heed_evaluator evaluator = heed_value_network_evaluator(s->network);
  s->legal = room(heed_env_spec_of(s->env)->action_space.count, sizeof *s->legal);
  s->reward_workspace = room(1, heed_reward_workspace_size(s->reward, 1));
  s->evaluator_workspace = room(1, evaluator.workspace_size(evaluator.self, 1));
  if (s->legal == NULL || s->reward_workspace == NULL || s->evaluator_workspace == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "self-play: no memory");
  }
  heed_status status = HEED_OK;
  for (int i = 0; i < SEATS && status == HEED_OK; i++) {
    status = furnish(s, &s->seats[i], planner, err);
  }
  return status;
}

static void close_school(school *s) {
  for (int i = 0; i < SEATS; i++) {
    seat *at = &s->seats[i];
    heed_planner_destroy(at->planner);
    free(at->state);
    free(at->belief);
    free(at->obs);
    free(at->policies);
    free(at->rewards);
    free(at->values);
  }
  free(s->legal);
  free(s->reward_workspace);
  free(s->evaluator_workspace);
}

/* ---- an episode ------------------------------------------------------------------------------- */

static unsigned char *obs_at(const school *s, const seat *at, uint32_t t) {
  return at->obs + t * s->obs_size;
}

static heed_action any_action(school *s, const seat *at, heed_rng *rng) {
  const heed_space *space = &heed_env_spec_of(s->env)->action_space;
  if (space->kind == HEED_SPACE_BOX) {
    return heed_space_draw_action(space, rng);
  }
  uint32_t count = heed_env_legal(s->env, at->state, s->legal);
  return (heed_action){.index = (int32_t)s->legal[heed_rng_choice(rng, count)]};
}

/* Takes a step of the world, and the belief along. */
static heed_outcome advance(school *s, seat *at, heed_action action, unsigned char *next_obs) {
  heed_outcome outcome = heed_env_step(s->env, at->state, action, &at->env_rng);
  heed_env_observe(s->env, at->state, next_obs);
  if (s->is_told) {
    heed_exact_set_state(s->dynamics, at->state, at->belief);
  } else {
    heed_dynamics_observe(s->dynamics, at->belief, action, next_obs);
  }
  return outcome;
}

/* Starts an episode with random actions, of which it must not end: then another start is drawn. */
static void begin_episode(school *s, seat *at) {
  enum { TRIES = 100 };
  uint64_t number = s->episodes_begun++;
  heed_rng rng = heed_rng_derive(&s->master, HEED_STREAM_EXPLORE, number);
  at->env_rng = heed_rng_derive(&s->master, HEED_STREAM_ENV, number);
  at->search_rng = heed_rng_derive(&s->master, HEED_STREAM_SEARCH, number);
  at->steps = 0;
  at->is_taken = true;
  bool has_begun = false;
  for (int i = 0; i < TRIES && !has_begun; i++) {
    uint32_t opening = heed_rng_choice(&rng, s->config->openings + 1);
    heed_env_reset(s->env, at->state, &at->env_rng);
    heed_env_observe(s->env, at->state, at->obs);
    heed_dynamics_begin(s->dynamics, at->obs, at->belief);
    if (s->is_told) {
      heed_exact_set_state(s->dynamics, at->state, at->belief);
    }
    heed_outcome outcome = {0};
    has_begun = true;
    for (uint32_t t = 0; t < opening && i + 1 < TRIES && has_begun; t++) {
      outcome = advance(s, at, any_action(s, at, &rng), at->obs);
      has_begun = !outcome.is_terminal && !outcome.is_truncated;
    }
  }
}

/* Keeps what a search found of the position that the episode is in. */
static void note_decision(school *s, seat *at, const heed_decision *d) {
  double visits = 0;
  double sum = 0;
  for (uint32_t a = 0; a < d->action_count; a++) {
    visits += d->visits[a];
    sum += d->visits[a] > 0 ? d->visits[a] * d->values[a] : 0;
  }
  float *policy = at->policies + (size_t)at->steps * s->action_count;
  for (uint32_t a = 0; a < s->action_count; a++) {
    policy[a] = (float)(d->visits[a] / visits);
  }
  at->values[at->steps] = sum / visits;
  s->report->simulations += d->simulations;
}

/* What the network says of where the episode was cut off. */
static double value_of(const school *s, const void *obs) {
  heed_evaluator evaluator = heed_value_network_evaluator(s->network);
  heed_evaluation row = {.obs = obs, .action_count = s->action_count};
  evaluator.evaluate(evaluator.self, &row, 1, s->evaluator_workspace);
  return row.value;
}

/* The return of n steps from t on, and what was found there. */
static double return_from(const school *s, const seat *at, uint32_t t) {
  uint32_t n = s->config->returns;
  uint32_t end = n > 0 && t + n < at->steps ? t + n : at->steps;
  double sum = at->values[end];
  for (uint32_t k = end; k-- > t;) {
    sum = at->rewards[k] + s->discount * sum;
  }
  return sum;
}

/* The episode is over: its positions are known with what came of them. */
static heed_status end_episode(school *s, seat *at, bool is_terminal, heed__positions *into,
                               heed_error *err) {
  double sum = 0;
  at->is_taken = false;
  at->values[at->steps] = is_terminal ? 0 : value_of(s, obs_at(s, at, at->steps));
  for (uint32_t t = 0; t < at->steps; t++) {
    size_t to = into->count;
    if (!heed__positions_grow(into)) {
      return heed_fail(err, HEED_ERR_NOMEM, "self-play: no memory for positions");
    }
    memcpy(into->obs + to * s->obs_size, obs_at(s, at, t), s->obs_size);
    memcpy(into->policies + to * s->action_count, at->policies + (size_t)t * s->action_count,
           s->action_count * sizeof *at->policies);
    into->values[to] = (float)return_from(s, at, t);
    sum += at->rewards[t];
  }
  s->report->mean_return += sum;
  s->report->mean_steps += at->steps;
  s->episodes_ended++;
  return heed_progress_report(s->progress, s->episodes_ended, s->episodes_in_all)
             ? HEED_OK
             : heed_fail(err, HEED_ERR_STATE, "self-play: stopped");
}

/* Takes the step that was decided for. */
static heed_status take_step(school *s, seat *at, const heed_decision *d, heed__positions *into,
                             heed_error *err) {
  heed_status status = heed_env_check_step(s->env, at->state, d->action, err);
  if (status != HEED_OK) {
    return status;
  }
  note_decision(s, at, d);
  unsigned char *obs = obs_at(s, at, at->steps);
  unsigned char *next_obs = obs + s->obs_size;
  heed_outcome outcome = advance(s, at, d->action, next_obs);
  heed_step step = {obs, d->action, next_obs, outcome.reward};
  heed_reward_score(s->reward, &step, 1, NULL, &at->rewards[at->steps], NULL, s->reward_workspace);
  at->steps++;
  bool is_over = outcome.is_terminal || outcome.is_truncated || at->steps == s->max_steps;
  return is_over ? end_episode(s, at, outcome.is_terminal, into, err) : HEED_OK;
}

/* ---- generations ------------------------------------------------------------------------------ */

/* One decision in each episode under way. */
static heed_status take_turns(school *s, heed__positions *into, heed_error *err) {
  heed_planner *planners[SEATS];
  const void *beliefs[SEATS];
  heed_rng rngs[SEATS];
  heed_decision decisions[SEATS];
  seat *who[SEATS];
  size_t count = 0;
  for (int i = 0; i < SEATS; i++) {
    if (s->seats[i].is_taken) {
      who[count] = &s->seats[i];
      planners[count] = who[count]->planner;
      beliefs[count] = who[count]->belief;
      rngs[count] = who[count]->search_rng;
      count++;
    }
  }
  heed_status status = heed_planner_plan_many(planners, beliefs, rngs, decisions, count, err);
  for (size_t i = 0; i < count && status == HEED_OK; i++) {
    who[i]->search_rng = rngs[i];
    status = take_step(s, who[i], &decisions[i], into, err);
  }
  return status;
}

/* Plays the episodes of a generation. */
static heed_status play(school *s, heed__positions *into, heed_error *err) {
  uint32_t left = s->config->episodes;
  s->report->mean_return = 0;
  s->report->mean_steps = 0;
  for (int i = 0; i < SEATS; i++) {
    heed_planner_reset(s->seats[i].planner); /* what it knows is from the network as it was */
  }
  heed_status status = HEED_OK;
  bool is_busy = true;
  while (is_busy && status == HEED_OK) {
    is_busy = false;
    for (int i = 0; i < SEATS; i++) {
      if (!s->seats[i].is_taken && left > 0) {
        begin_episode(s, &s->seats[i]);
        left--;
      }
      is_busy = is_busy || s->seats[i].is_taken;
    }
    status = is_busy ? take_turns(s, into, err) : HEED_OK;
  }
  s->report->mean_return /= s->config->episodes;
  s->report->mean_steps /= s->config->episodes;
  return status;
}

static heed_status teach(school *s, heed__positions *positions, size_t *generation_counts,
                         heed_error *err) {
  heed_rng rng = heed_rng_derive(&s->master, HEED_STREAM_TRAIN, 0);
  heed_status status = HEED_OK;
  for (uint32_t g = 0; g < s->config->generations && status == HEED_OK; g++) {
    size_t *slot = &generation_counts[g % s->config->window];
    heed__positions_drop(positions, *slot);
    size_t before = positions->count;
    status = play(s, positions, err);
    *slot = positions->count - before;
    s->report->positions += *slot;
    if (status == HEED_OK) {
      heed_value_examples examples = heed__positions_examples(positions);
      status = heed_value_network_fit(s->network, &examples, s->config->fits, &rng, err);
    }
  }
  return status;
}

/* One more generation, which is not learned from. */
static heed_status examine(school *s, heed__positions *positions, heed_error *err) {
  heed__positions_drop(positions, positions->count);
  heed_status status = play(s, positions, err);
  heed_value_examples examples = heed__positions_examples(positions);
  return status == HEED_OK
             ? heed_value_network_assess(s->network, &examples, &s->report->network, err)
             : status;
}

static heed_status check(const school *s, heed_error *err) {
  const heed_self_play_config *c = s->config;
  const heed_env_spec *spec = heed_env_spec_of(s->env);
  const heed_dynamics_spec *dynamics = heed_dynamics_spec_of(s->dynamics);
  const heed_reward_spec *reward = heed_reward_spec_of(s->reward);
  if (c->generations < 1 || c->episodes < 1 || c->window < 1 || c->openings == UINT32_MAX) {
    return heed_fail(err, HEED_ERR_ARG,
                     "self-play: %u generations of %u episodes, %u kept: at least 1 each expected",
                     c->generations, c->episodes, c->window);
  }
  bool is_same =
      heed_space_equal(&spec->obs_space, heed_value_network_obs_space(s->network)) &&
      heed_space_equal(&spec->action_space, heed_value_network_action_space(s->network)) &&
      heed_space_equal(&spec->obs_space, &dynamics->obs_space) &&
      heed_space_equal(&spec->action_space, &dynamics->action_space) &&
      heed_space_equal(&spec->obs_space, &reward->obs_space) &&
      heed_space_equal(&spec->action_space, &reward->action_space);
  return is_same ? HEED_OK
                 : heed_fail(err, HEED_ERR_ARG,
                             "self-play: world, models and network are of different spaces");
}

heed_status heed_self_play(const heed_env *env, const heed_dynamics *dynamics, bool is_told,
                           const heed_reward *reward, const heed_planner_config *planner,
                           const heed_self_play_config *config, heed_value_network *network,
                           const heed_progress_sink *progress, heed_self_play_report *report,
                           heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  *report = (heed_self_play_report){0};
  school s = {.env = env,
              .dynamics = dynamics,
              .is_told = is_told,
              .reward = reward,
              .config = config,
              .network = network,
              .progress = progress,
              .report = report,
              .discount = planner->discount,
              .obs_size = heed_space_size(&spec->obs_space)};
  heed_status status = check(&s, err);
  if (status != HEED_OK) {
    return status;
  }
  uint32_t usual = spec->max_steps > 0 ? spec->max_steps : USUAL_STEPS;
  s.max_steps = config->max_steps > 0 ? config->max_steps : usual;
  bool is_discrete = spec->action_space.kind == HEED_SPACE_DISCRETE;
  s.action_count = is_discrete ? spec->action_space.count : 0;
  s.episodes_in_all = (uint64_t)config->episodes * (config->generations + (uint64_t)1);
  heed_rng_init(&s.master, config->seed);
  heed__positions positions = {.obs_size = s.obs_size, .action_count = s.action_count};
  size_t *generation_counts = calloc(config->window, sizeof *generation_counts);
  status = generation_counts != NULL ? open_school(&s, planner, err)
                                     : heed_fail(err, HEED_ERR_NOMEM, "self-play: no memory");
  if (status == HEED_OK) {
    status = teach(&s, &positions, generation_counts, err);
  }
  if (status == HEED_OK) {
    status = examine(&s, &positions, err);
  }
  heed__positions_deinit(&positions);
  free(generation_counts);
  close_school(&s);
  return status;
}
