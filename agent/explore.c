#include "agent/explore.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/imagine.h"

static const heed_param params_table[] = {
    {"steps", HEED_PARAM_INT, offsetof(heed_explore_config, steps), "3000", 1, 1e9, NULL, "steps",
     "experience to gather"},
    {"episode_steps", HEED_PARAM_INT, offsetof(heed_explore_config, episode_steps), "40", 0, 1e9,
     NULL, "steps", "leave an episode after so many; 0: never"},
    {"policy", HEED_PARAM_CHOICE, offsetof(heed_explore_config, policy), "information", 0, 0,
     "information|random", "", "what actions are chosen for"},
};

const heed_param *heed_explore_params(size_t *count) {
  *count = sizeof params_table / sizeof params_table[0];
  return params_table;
}

heed_explore_config heed_explore_config_default(void) {
  heed_explore_config config;
  (void)heed_params_parse(params_table, sizeof params_table / sizeof params_table[0], NULL, &config,
                          NULL);
  config.planner = heed_planner_config_default();
  config.planner.simulations = 50;
  config.planner.horizon = 15;
  config.planner.information_weight = 1;
  config.planner.reuse = false; /* the model changes with every step */
  config.planner.ties = HEED_TIES_UNIFORM;
  config.planner.node_capacity = 4096;
  return config;
}

/* One exploration under way. */
typedef struct explorer {
  const heed_env *env;
  const heed_env_spec *spec;
  const heed_explore_config *config;
  heed_dynamics *dynamics;
  heed_experience *experience;
  heed_planner *planner; /* information policy; owned */
  void *state;           /* owned */
  unsigned char *obs;    /* owned */
  unsigned char *belief; /* owned */
} explorer;

static heed_status choose(explorer *x, heed_rng *rng, heed_action *action, heed_error *err) {
  if (x->planner == NULL) {
    *action = heed__random_action_in(x->env, x->state, rng);
    return HEED_OK;
  }
  heed_decision decision;
  heed_status status = heed_planner_plan(x->planner, x->belief, rng, &decision, err);
  *action = decision.action;
  if (status == HEED_OK && heed_env_check_step(x->env, x->state, *action, NULL) != HEED_OK) {
    *action = heed__random_action_in(x->env, x->state, rng); /* the model does not know better */
  }
  return status;
}

/* One step of the world, learned at once when a model looks on. */
static heed_status step(explorer *x, heed_rng *act_rng, heed_rng *env_rng, heed_outcome *outcome,
                        heed_error *err) {
  heed_action action = {0};
  heed_status status = choose(x, act_rng, &action, err);
  if (status != HEED_OK) {
    return status;
  }
  *outcome = heed_env_step(x->env, x->state, action, env_rng);
  heed_env_observe(x->env, x->state, x->obs);
  status = heed_experience_append(x->experience, action, x->obs, *outcome, err);
  if (status == HEED_OK && x->planner != NULL) {
    status = heed_dynamics_learn(x->dynamics, x->experience,
                                 heed_experience_count(x->experience) - 1, 1, NULL, err);
    heed_dynamics_observe(x->dynamics, x->belief, action, x->obs);
    heed_planner_reset(x->planner); /* what it imagined is out of date */
  }
  return status;
}

static heed_status episode(explorer *x, uint32_t steps, const heed_rng *master, uint64_t index,
                           uint32_t *made, heed_error *err) {
  heed_rng env_rng = heed_rng_derive(master, HEED_STREAM_ENV, index);
  heed_rng act_rng = heed_rng_derive(master, HEED_STREAM_EXPLORE, index);
  heed_env_reset(x->env, x->state, &env_rng);
  heed_env_observe(x->env, x->state, x->obs);
  heed_status status = heed_experience_begin(x->experience, x->obs, err);
  if (status == HEED_OK && x->planner != NULL) {
    heed_dynamics_begin(x->dynamics, x->obs, x->belief);
  }
  heed_outcome outcome = {0};
  while (status == HEED_OK && *made < steps && !outcome.is_terminal && !outcome.is_truncated) {
    status = step(x, &act_rng, &env_rng, &outcome, err);
    (*made)++;
  }
  return status;
}

static heed_status check(const explorer *x, heed_error *err) {
  if (x->config->policy == HEED_EXPLORE_RANDOM) {
    return heed_space_check_bounded(&x->spec->action_space, err);
  }
  if (x->dynamics == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "policy=information needs a dynamics model");
  }
  return HEED_OK;
}

static heed_status prepare(explorer *x, heed_error *err) {
  heed_status status = check(x, err);
  if (status == HEED_OK && x->config->policy == HEED_EXPLORE_INFORMATION) {
    status = heed_planner_create(&x->config->planner, x->dynamics, NULL, &x->planner, err);
    if (status == HEED_ERR_ARG) {
      status = heed_fail_context(err, status, "policy=information");
    }
  }
  if (status != HEED_OK) {
    return status;
  }
  size_t belief_size = x->dynamics != NULL ? heed_dynamics_spec_of(x->dynamics)->belief_size : 1;
  x->state = calloc(1, x->spec->state_size);
  x->obs = calloc(1, heed_space_size(&x->spec->obs_space));
  x->belief = calloc(1, belief_size);
  if (x->state == NULL || x->obs == NULL || x->belief == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "exploring: no memory");
  }
  heed_env_init(x->env, x->state);
  return HEED_OK;
}

heed_status heed_explore(const heed_env *env, heed_dynamics *dynamics,
                         const heed_explore_config *config, const heed_rng *master,
                         heed_experience *experience, const heed_progress_sink *progress,
                         heed_error *err) {
  explorer x = {.env = env,
                .spec = heed_env_spec_of(env),
                .config = config,
                .dynamics = dynamics,
                .experience = experience};
  heed_status status = prepare(&x, err);
  uint32_t done = 0;
  for (uint64_t index = 0; status == HEED_OK && done < config->steps; index++) {
    uint32_t left = config->steps - done;
    uint32_t steps =
        config->episode_steps > 0 && config->episode_steps < left ? config->episode_steps : left;
    uint32_t made = 0;
    status = episode(&x, steps, master, index, &made, err);
    done += made;
    if (!heed_progress_report(progress, done, config->steps)) {
      break;
    }
  }
  heed_planner_destroy(x.planner);
  free(x.state);
  free(x.obs);
  free(x.belief);
  return status;
}
