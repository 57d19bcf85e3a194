#include "agent/episode.h"

#include <stdlib.h>
#include <string.h>

#include "core/progress.h"

/* The swap comes while a plan stands: the one made for this very step, by the old reward. */
static heed_status swap(heed_agent *agent, const heed_reward *reward, heed_rng *rng,
                        heed_error *err) {
  heed_decision dropped;
  heed_status status = heed_agent_act(agent, rng, &dropped, err);
  return status == HEED_OK ? heed_agent_swap_reward(agent, reward, err) : status;
}

/* Observations before and after a step. */
typedef struct views {
  unsigned char *obs, *next_obs;
} views;

static heed_status play(const heed_env *env, void *state, heed_agent *agent,
                        const heed_episode_config *config, heed_rng *env_rng, heed_rng *search_rng,
                        views *v, heed_episode_result *result, heed_error *err) {
  heed_outcome outcome = {0};
  heed_status status = heed_agent_begin(agent, v->obs, err);
  while (status == HEED_OK && !outcome.is_terminal && !outcome.is_truncated) {
    uint32_t t = result->steps + 1;
    bool is_swap = config->swap != NULL && t == config->swap_step;
    if (is_swap) {
      status = swap(agent, config->swap, search_rng, err);
    }
    heed_decision decision = {0};
    double start_s = heed_clock_s();
    if (status == HEED_OK) {
      status = heed_agent_act(agent, search_rng, &decision, err);
    }
    double decision_ms = 1000 * (heed_clock_s() - start_s);
    if (status == HEED_OK) {
      status = heed_env_check_step(env, state, decision.action, err);
    }
    if (status != HEED_OK) {
      break;
    }
    result->swap_predictions = is_swap ? (uint32_t)decision.predictions : result->swap_predictions;

    outcome = heed_env_step(env, state, decision.action, env_rng);
    heed_env_observe(env, state, v->next_obs);
    result->steps = t;
    result->reward_sum += outcome.reward;
    if (config->on_step != NULL) {
      heed_episode_step step = {t,           state,   v->obs,    decision.action,
                                v->next_obs, outcome, &decision, decision_ms};
      config->on_step(config->context, &step);
    }
    status = heed_agent_observe(agent, decision.action, v->next_obs, outcome, err);
    unsigned char *before = v->obs;
    v->obs = v->next_obs;
    v->next_obs = before;
  }
  result->is_terminal = outcome.is_terminal;
  return status;
}

heed_status heed_run_episode(const heed_env *env, void *state, heed_agent *agent,
                             const heed_episode_config *config, heed_rng *env_rng,
                             heed_rng *search_rng, heed_episode_result *result, heed_error *err) {
  size_t obs_size = heed_space_size(&heed_env_spec_of(env)->obs_space);
  unsigned char *rows = calloc(2, obs_size);
  *result = (heed_episode_result){0};
  if (rows == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "episode: no memory");
  }
  views v = {rows, rows + obs_size};
  heed_env_reset(env, state, env_rng);
  heed_env_observe(env, state, v.obs);
  if (config->on_step != NULL) {
    heed_episode_step start = {.state = state, .obs = v.obs, .next_obs = v.obs};
    config->on_step(config->context, &start);
  }
  heed_status status = play(env, state, agent, config, env_rng, search_rng, &v, result, err);
  result->performance = heed_env_performance(env, state);
  free(rows);
  return status;
}
