#include "agent/agent.h"

#include <stdlib.h>
#include <string.h>

struct heed_agent {
  heed_planner_config config;
  heed_dynamics *dynamics;          /* borrowed */
  const heed_reward *reward;        /* borrowed */
  heed_planner *planner;            /* owned */
  heed_evaluator evaluator;         /* evaluate is NULL: none */
  const heed_reward *evaluated_for; /* borrowed, as in heed_planner_set_evaluator */
  heed_experience *experience;      /* owned; what was met since `adapts`; NULL without */
  unsigned char *belief;            /* owned */
  unsigned char *obs;               /* owned; the latest observation */
  size_t obs_size;
  bool is_swapped; /* the reward was swapped and nothing has been decided since */
};

/* A planner that hears the agent's evaluator, if there is one. On failure nothing is made. */
static heed_status make_planner(const heed_agent *agent, const heed_planner_config *config,
                                const heed_dynamics *dynamics, heed_planner **planner,
                                heed_error *err) {
  heed_status status = heed_planner_create(config, dynamics, agent->reward, planner, err);
  if (status == HEED_OK && agent->evaluator.evaluate != NULL) {
    status = heed_planner_set_evaluator(*planner, &agent->evaluator, agent->evaluated_for, err);
    if (status != HEED_OK) {
      heed_planner_destroy(*planner);
    }
  }
  return status;
}

/* A planner and a belief block for a dynamics model. On failure nothing is made. */
static heed_status equip(const heed_agent *agent, const heed_planner_config *config,
                         const heed_dynamics *dynamics, heed_planner **planner,
                         unsigned char **belief, heed_error *err) {
  heed_status status = make_planner(agent, config, dynamics, planner, err);
  if (status != HEED_OK) {
    return status;
  }
  *belief = calloc(1, heed_dynamics_spec_of(dynamics)->belief_size);
  if (*belief == NULL) {
    heed_planner_destroy(*planner);
    return heed_fail(err, HEED_ERR_NOMEM, "agent: no memory");
  }
  return HEED_OK;
}

heed_status heed_agent_create(const heed_planner_config *config, heed_dynamics *dynamics,
                              const heed_reward *reward, bool adapts, heed_agent **out,
                              heed_error *err) {
  *out = NULL;
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(dynamics);
  heed_agent *agent = calloc(1, sizeof *agent);
  if (agent == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "agent: no memory");
  }
  agent->config = *config;
  agent->dynamics = dynamics;
  agent->reward = reward;
  agent->obs_size = heed_space_size(&spec->obs_space);
  agent->obs = calloc(1, agent->obs_size);
  heed_status status = agent->obs != NULL
                           ? equip(agent, config, dynamics, &agent->planner, &agent->belief, err)
                           : heed_fail(err, HEED_ERR_NOMEM, "agent: no memory");
  if (status == HEED_OK && adapts) {
    status = heed_experience_create(&spec->obs_space, &spec->action_space, &agent->experience, err);
  }
  if (status != HEED_OK) {
    heed_agent_destroy(agent);
    return status;
  }
  *out = agent;
  return HEED_OK;
}

void heed_agent_destroy(heed_agent *agent) {
  if (agent == NULL) {
    return;
  }
  heed_planner_destroy(agent->planner);
  heed_experience_destroy(agent->experience);
  free(agent->belief);
  free(agent->obs);
  free(agent);
}

heed_status heed_agent_begin(heed_agent *agent, const void *obs, heed_error *err) {
  if (agent->experience != NULL) {
    heed_status status = heed_experience_begin(agent->experience, obs, err);
    if (status != HEED_OK) {
      return status;
    }
  }
  memcpy(agent->obs, obs, agent->obs_size);
  heed_dynamics_begin(agent->dynamics, obs, agent->belief);
  agent->is_swapped = false;
  /* The tree is of another episode: nothing may be decided from it. No action leads here. */
  (void)heed_planner_advance(agent->planner, (heed_action){.index = -1}, agent->belief);
  return HEED_OK;
}

heed_status heed_agent_act(heed_agent *agent, heed_rng *rng, heed_decision *decision,
                           heed_error *err) {
  bool is_swapped = agent->is_swapped;
  agent->is_swapped = false;
  if (is_swapped && heed_planner_decide(agent->planner, rng, decision, NULL) == HEED_OK) {
    return HEED_OK;
  }
  return heed_planner_plan(agent->planner, agent->belief, rng, decision, err);
}

/* Learns the step just made, before the belief moves on: what is new then has a name. */
static heed_status adapt(heed_agent *agent, heed_action action, const void *obs,
                         heed_outcome outcome, heed_error *err) {
  heed_status status = heed_experience_append(agent->experience, action, obs, outcome, err);
  if (status == HEED_OK) {
    status = heed_dynamics_learn(agent->dynamics, agent->experience,
                                 heed_experience_count(agent->experience) - 1, 1, NULL, err);
  }
  return status;
}

heed_status heed_agent_observe(heed_agent *agent, heed_action action, const void *obs,
                               heed_outcome outcome, heed_error *err) {
  if (agent->experience != NULL) {
    heed_status status = adapt(agent, action, obs, outcome, err);
    if (status != HEED_OK) {
      return status;
    }
    heed_planner_reset(agent->planner); /* what it imagined is out of date */
  }
  memcpy(agent->obs, obs, agent->obs_size);
  heed_dynamics_observe(agent->dynamics, agent->belief, action, obs);
  (void)heed_planner_advance(agent->planner, action, agent->belief);
  return HEED_OK;
}

heed_status heed_agent_swap_reward(heed_agent *agent, const heed_reward *reward, heed_error *err) {
  heed_status status = heed_planner_swap_reward(agent->planner, reward, err);
  if (status == HEED_OK) {
    agent->reward = reward;
    agent->is_swapped = true;
  } else if (status == HEED_ERR_NUMERIC) {
    /* The planner has it already: the old one goes back in, over an empty tree. */
    (void)heed_planner_swap_reward(agent->planner, agent->reward, NULL);
  }
  return status;
}

heed_status heed_agent_swap_dynamics(heed_agent *agent, heed_dynamics *dynamics, heed_error *err) {
  const heed_dynamics_spec *now = heed_dynamics_spec_of(agent->dynamics);
  const heed_dynamics_spec *next = heed_dynamics_spec_of(dynamics);
  if (!heed_space_equal(&now->obs_space, &next->obs_space) ||
      !heed_space_equal(&now->action_space, &next->action_space)) {
    return heed_fail(err, HEED_ERR_ARG, "the dynamics model is for another world's spaces");
  }
  heed_planner *planner;
  unsigned char *belief;
  heed_status status = equip(agent, &agent->config, dynamics, &planner, &belief, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_planner_destroy(agent->planner);
  free(agent->belief);
  agent->planner = planner;
  agent->belief = belief;
  agent->dynamics = dynamics;
  heed_dynamics_begin(dynamics, agent->obs, belief);
  return HEED_OK;
}

heed_status heed_agent_swap_planner(heed_agent *agent, const heed_planner_config *config,
                                    heed_error *err) {
  heed_planner *planner;
  heed_status status = make_planner(agent, config, agent->dynamics, &planner, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_planner_destroy(agent->planner);
  agent->planner = planner;
  agent->config = *config;
  return HEED_OK;
}

heed_status heed_agent_set_evaluator(heed_agent *agent, const heed_evaluator *evaluator,
                                     const heed_reward *reward, heed_error *err) {
  heed_status status = heed_planner_set_evaluator(agent->planner, evaluator, reward, err);
  if (status == HEED_OK) {
    agent->evaluator = evaluator != NULL ? *evaluator : (heed_evaluator){0};
    agent->evaluated_for = reward;
  }
  return status;
}

heed_planner *heed_agent_planner(heed_agent *agent) {
  return agent->planner;
}

const void *heed_agent_belief(const heed_agent *agent) {
  return agent->belief;
}
