#include "agent/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/acquisition.h"

enum {
  STRETCH_EVERY = 3, /* each third candidate is one of experience: what no plan would do */
  START_PERCENT = 70 /* how often plans start where episodes do, rather than anywhere */
};

/* The observation from which the plans of a question start: where an episode did, or any. */
static const void *pick_start(const heed__candidates *x, heed_rng *rng) {
  const heed_experience *e = x->parties->experience;
  if (heed_rng_choice(rng, 100) < START_PERCENT) {
    uint32_t episode = heed_rng_choice(rng, (uint32_t)heed_experience_episode_count(e));
    size_t t = heed_experience_episode_begin(e, episode);
    if (t < heed_experience_count(e)) {
      return heed_experience_obs(e, t);
    }
  }
  return heed_experience_obs(e, heed_rng_choice(rng, (uint32_t)heed_experience_count(e)));
}

/* What the agent would do, from the belief at hand, if the reward were one draw from its posterior, or, by the
 * mean, what it is going to do. */
static heed_status imagine_plan(heed__candidates *x, bool by_mean, heed_segment *segment,
                                heed_rng *rng, heed_error *err) {
  heed_decision decision;
  heed_reward_draw(x->parties->reward, rng, x->drawn);
  heed_status status =
      heed_planner_set_hypotheses(x->planner, NULL, by_mean ? NULL : x->drawn, err);
  if (status == HEED_OK) {
    status = heed_planner_plan(x->planner, x->belief, rng, &decision, err);
  }
  return status == HEED_OK ? heed_planner_line(x->planner, rng, segment, err) : status;
}

/* A random stretch of experience, as long as configured or as its episode allows. */
static heed_status cut_stretch(heed__candidates *x, heed_segment *segment, heed_rng *rng,
                               heed_error *err) {
  const heed_experience *e = x->parties->experience;
  size_t t = heed_rng_choice(rng, (uint32_t)heed_experience_count(e));
  size_t episode = heed_experience_episode_of(e, t);
  size_t begin = heed_experience_episode_begin(e, episode);
  size_t end = heed_experience_episode_begin(e, episode + 1);
  uint32_t steps = x->config->segment_steps;
  if (end - begin <= steps) {
    t = begin;
    steps = (uint32_t)(end - begin);
  } else if (end - t < steps) {
    t = end - steps;
  }
  return heed_segment_from_experience(segment, e, t, steps, err);
}

uint32_t heed__candidates_score(heed__candidates *x, const heed_segment *segment,
                                const heed_reward *reward, const void *hypothesis,
                                void *workspace) {
  for (uint32_t t = 0; t < segment->steps; t++) {
    x->steps[t] = heed_segment_step(segment, t);
  }
  heed_reward_score(reward, x->steps, segment->steps, hypothesis, x->scores, NULL, workspace);
  return segment->steps;
}

/* The mean size of what an acquisition sees in the steps of the stretches: its unit. */
static double typical_size(heed__candidates *x, const heed_reward *acquisition, heed_error *err) {
  void *workspace =
      calloc(1, heed_reward_workspace_size(acquisition, x->config->segment_steps) + 1);
  double sum = 0;
  uint32_t count = 0;
  if (workspace == NULL) {
    (void)heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
    return 0;
  }
  for (uint32_t i = HEED_ACQUISITION_COUNT; i < x->config->candidates; i++) {
    uint32_t steps = heed__candidates_score(x, &x->segments[i], acquisition, NULL, workspace);
    for (uint32_t t = 0; t < steps; t++) {
      sum += fabs(x->scores[t]);
    }
    count += steps;
  }
  free(workspace);
  return sum > 0 ? sum / count : 1;
}

/* What the search finds for one aim, from the belief at hand. */
static heed_status search_for(heed__candidates *x, heed_acquisition what, const heed_choices *asked,
                              heed_segment *segment, heed_rng *rng, heed_error *err) {
  heed_reward *aim = NULL;
  heed_decision decision;
  heed_status status = heed_acquisition_create(what, x->parties->reward, asked, 1, &aim, err);
  double unit = status == HEED_OK ? typical_size(x, aim, err) : 0;
  heed_reward_destroy(aim);
  aim = NULL;
  if (status == HEED_OK) {
    status = unit > 0 ? heed_acquisition_create(what, x->parties->reward, asked, unit, &aim, err)
                      : HEED_ERR_NOMEM;
  }
  if (status == HEED_OK) {
    status = heed_planner_swap_reward(x->searcher, aim, err);
  }
  if (status == HEED_OK) {
    status = heed_planner_plan(x->searcher, x->belief, rng, &decision, err);
  }
  if (status == HEED_OK) {
    status = heed_planner_line(x->searcher, rng, segment, err);
  }
  if (status == HEED_OK) { /* the aim does not outlive this function */
    status = heed_planner_swap_reward(x->searcher, x->parties->reward, err);
  }
  heed_reward_destroy(aim);
  return status;
}

/* Candidates for ReQueST: what is found for each aim, then stretches, which set the units. */
static heed_status make_searched(heed__candidates *x, const heed_choices *asked, heed_rng *rng,
                                 heed_error *err) {
  heed_status status = HEED_OK;
  for (uint32_t i = HEED_ACQUISITION_COUNT; i < x->config->candidates && status == HEED_OK; i++) {
    status = cut_stretch(x, &x->segments[i], rng, err);
  }
  for (uint32_t i = 0; i < HEED_ACQUISITION_COUNT && status == HEED_OK; i++) {
    x->is_plan[i] = true;
    status = search_for(x, (heed_acquisition)i, asked, &x->segments[i], rng, err);
  }
  return status;
}

static heed_status make_plans(heed__candidates *x, const void *start, heed_rng *rng,
                              heed_error *err) {
  heed_status status = HEED_OK;
  bool can_imagine = x->planner != NULL && x->config->questions != HEED_QUESTIONS_UNIFORM;
  bool decides = x->config->questions == HEED_QUESTIONS_DECISION;
  for (uint32_t i = 0; i < x->config->candidates && status == HEED_OK; i++) {
    x->is_plan[i] = can_imagine && i % STRETCH_EVERY != STRETCH_EVERY - 1;
    if (x->is_plan[i]) {
      heed_dynamics_begin(x->parties->dynamics, start, x->belief);
      status = imagine_plan(x, decides && i == 0, &x->segments[i], rng, err);
    } else {
      status = cut_stretch(x, &x->segments[i], rng, err);
    }
  }
  return status;
}

heed_status heed__candidates_make(heed__candidates *x, const heed_choices *asked, heed_rng *rng,
                                  heed_error *err) {
  const void *start = pick_start(x, rng);
  for (uint32_t i = 0; i < x->config->candidates; i++) {
    heed_segment_deinit(&x->segments[i]);
    x->is_plan[i] = false;
  }
  if (x->searcher == NULL) {
    return make_plans(x, start, rng, err);
  }
  heed_dynamics_begin(x->parties->dynamics, start, x->belief);
  return make_searched(x, asked, rng, err);
}

/* ---- lifecycle ------------------------------------------------------------------------------ */

static heed_status create_planners(heed__candidates *x, heed_error *err) {
  heed_planner_config config = x->config->planner;
  config.horizon = x->config->segment_steps;
  config.reuse = false;
  if (x->config->questions == HEED_QUESTIONS_UNIFORM || x->parties->dynamics == NULL) {
    return HEED_OK;
  }
  if (x->config->questions == HEED_QUESTIONS_REQUEST) {
    config.reward_hypotheses = HEED_HYPOTHESES_MEAN;
    config.information_weight = -x->config->realism;
    return heed_planner_create(&config, x->parties->dynamics, x->parties->reward, &x->searcher,
                               err);
  }
  config.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  return heed_planner_create(&config, x->parties->dynamics, x->parties->reward, &x->planner, err);
}

heed_status heed__candidates_init(heed__candidates *x, const heed_ask_parties *parties,
                                  const heed_ask_config *config, heed_error *err) {
  const heed_dynamics *dynamics = parties->dynamics;
  *x = (heed__candidates){
      .parties = parties,
      .config = config,
      .drawn = calloc(1, heed_reward_spec_of(parties->reward)->hypothesis_size + 1),
      .belief = calloc(1, dynamics != NULL ? heed_dynamics_spec_of(dynamics)->belief_size : 1),
      .segments = calloc(config->candidates, sizeof *x->segments),
      .is_plan = calloc(config->candidates, sizeof *x->is_plan),
      .steps = calloc(config->segment_steps, sizeof *x->steps),
      .scores = calloc(config->segment_steps, sizeof *x->scores)};
  if (x->drawn == NULL || x->belief == NULL || x->segments == NULL || x->is_plan == NULL ||
      x->steps == NULL || x->scores == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
  }
  return create_planners(x, err);
}

void heed__candidates_deinit(heed__candidates *x) {
  for (uint32_t i = 0; x->segments != NULL && i < x->config->candidates; i++) {
    heed_segment_deinit(&x->segments[i]);
  }
  heed_planner_destroy(x->planner);
  heed_planner_destroy(x->searcher);
  free(x->segments);
  free(x->is_plan);
  free(x->steps);
  free(x->scores);
  free(x->belief);
  free(x->drawn);
  *x = (heed__candidates){0};
}
