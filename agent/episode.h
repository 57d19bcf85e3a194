/* episode.h: an agent in a world, one episode at a time: the harness that runs and measures it. The
 * agent sees observations, the reward channel and ends; the harness sees everything. */
#ifndef HEED_AGENT_EPISODE_H
#define HEED_AGENT_EPISODE_H

#include "agent/agent.h"
#include "envs/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One step as the harness sees it. All borrowed; valid during the call. */
typedef struct heed_episode_step {
  uint32_t t;         /* 1 for the first step */
  const void *state;  /* after the step */
  const void *obs;    /* before */
  heed_action action; /* as decided; what the world executed may differ */
  const void *next_obs;
  heed_outcome outcome;
  const heed_decision *decision;
  double decision_ms; /* time that the decision took */
} heed_episode_step;

/* What an episode is run with. */
typedef struct heed_episode_config {
  const heed_reward *swap; /* reward that replaces the agent's in the middle; NULL: no swap */
  uint32_t swap_step;      /* before the decision of this step, 1 for the first (a plan made for it
                              stands already, and is re-scored) */
  /* Called after the reset with t = 0, then after each step. May be NULL. */
  void (*on_step)(void *context, const heed_episode_step *step);
  void *context;
} heed_episode_config;

/* What came of it. */
typedef struct heed_episode_result {
  uint32_t steps;
  double reward_sum;         /* of the reward channel, undiscounted: the return */
  double performance;        /* hidden score */
  bool is_terminal;          /* ended by the rules, not by the time limit */
  uint32_t swap_predictions; /* calls of the dynamics for the first decision after a swap */
} heed_episode_result;

/* Runs one episode from a reset. `state` is a block of the environment's that heed_env_init has seen; it
 * holds the last state afterwards. env_rng is what the world draws from, search_rng what the planner
 * draws from. Errors: those of the agent. */
HEED_API heed_status heed_run_episode(const heed_env *env, void *state, heed_agent *agent,
                                      const heed_episode_config *config, heed_rng *env_rng,
                                      heed_rng *search_rng, heed_episode_result *result,
                                      heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
