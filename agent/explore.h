/* explore.h: acting in order to learn how the world works. */
#ifndef HEED_AGENT_EXPLORE_H
#define HEED_AGENT_EXPLORE_H

#include "core/experience.h"
#include "core/progress.h"
#include "dynamics/dynamics.h"
#include "envs/env.h"
#include "planner/planner.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_explore_policy {
  HEED_EXPLORE_INFORMATION, /* plan, in the model learned so far, for what tells most about the world */
  HEED_EXPLORE_RANDOM       /* uniformly random actions; a box of them has finite bounds */
} heed_explore_policy;

typedef struct heed_explore_config {
  uint32_t steps;         /* in all, >= 1 */
  uint32_t episode_steps; /* an episode is left after so many; 0: only when the world ends it */
  heed_explore_policy policy;
  heed_planner_config planner; /* of the information policy; its information_weight is used */
} heed_explore_config;

/* What holds where nothing else is said. */
HEED_API heed_explore_config heed_explore_config_default(void);
/* As named parameters (without the planner's). */
HEED_API const heed_param *heed_explore_params(size_t *count);

/* Explores `env` and appends to `experience`, which is of its spaces. With the information policy
 * `dynamics` learns each step as it is made, and the agent plans in it for the nats of epistemic
 * uncertainty that its way will meet (Houlsby et al. 2011; Shyam et al. 2019: planning to explore);
 * else `dynamics` is not used and may be NULL. Errors: HEED_ERR_ARG (also where the planner cannot choose
 * among such actions), HEED_ERR_NOMEM. */
HEED_API heed_status heed_explore(const heed_env *env, heed_dynamics *dynamics,
                                  const heed_explore_config *config, const heed_rng *master,
                                  heed_experience *experience, const heed_progress_sink *progress,
                                  heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
