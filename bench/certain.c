#include "bench/certain.h"

#include <stdlib.h>
#include <string.h>

static const double discount = 0.98;
enum { SWEEPS = 100 };

void heed__certain_deinit(heed__certain *x) {
  heed_mdp_deinit(&x->mdp);
  free(x->obs);
  free(x->next_obs);
  *x = (heed__certain){0};
}

/* Does every action do one thing? */
static bool is_certain(const heed_mdp *mdp) {
  return mdp->transition_count == mdp->stepped_count * mdp->action_count;
}

heed_status heed__certain_init(heed__certain *x, const heed_env *env, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_mdp_config config = heed_mdp_config_default();
  heed_status status = heed_mdp_init(&x->mdp, env, &config, NULL, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t size = heed_space_size(&spec->obs_space);
  size_t states = x->mdp.states.count;
  size_t actions = x->mdp.action_count;
  void *state = calloc(2, spec->state_size);
  x->obs = calloc(states, size);
  x->next_obs = calloc(states * actions, size);
  if (state == NULL || x->obs == NULL || x->next_obs == NULL || !is_certain(&x->mdp)) {
    free(state);
    return heed_fail(err, HEED_ERR_ARG, "the world is too large, or draws more than its start");
  }
  void *next = (unsigned char *)state + spec->state_size;
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED); /* nothing is drawn from it */
  for (uint32_t s = 0; s < states; s++) {
    heed_mdp_state(&x->mdp, s, state);
    heed_env_observe(env, state, x->obs + s * size);
    for (size_t a = 0; a < actions; a++) {
      memcpy(next, state, spec->state_size);
      (void)heed_env_step(env, next, (heed_action){.index = (int32_t)a}, &rng);
      heed_env_observe(env, next, x->next_obs + (s * actions + a) * size);
    }
  }
  free(state);
  return HEED_OK;
}

/* Scores every transition. */
static void score_all(const heed__certain *x, const heed_reward *reward, void *workspace,
                      double *scores) {
  size_t actions = x->mdp.action_count;
  size_t size = heed_space_size(&heed_reward_spec_of(reward)->obs_space);
  for (size_t i = 0; i < x->mdp.states.count * actions; i++) {
    heed_step step = {.obs = x->obs + i / actions * size,
                      .action = {.index = (int32_t)(i % actions)},
                      .next_obs = x->next_obs + i * size};
    heed_reward_score(reward, &step, 1, NULL, &scores[i], NULL, workspace);
  }
}

static double value_of(const heed__certain *x, const double *scores, const double *values,
                       size_t i) {
  uint32_t next = x->mdp.next[i];
  return scores[i] + (next == HEED_MDP_END ? 0 : discount * values[next]);
}

/* The first of the best actions, as far as values tell them apart. */
static size_t best_action(const heed__certain *x, const double *scores, const double *values,
                          size_t s) {
  size_t actions = x->mdp.action_count;
  size_t best = s * actions;
  for (size_t i = best + 1; i < (s + 1) * actions; i++) {
    if (value_of(x, scores, values, i) > value_of(x, scores, values, best) + 1e-9) {
      best = i;
    }
  }
  return best;
}

/* The performance of acting greedily by `values` from the starts, up to the time limit. */
static double act(const heed__certain *x, const double *scores, const double *values) {
  uint32_t limit = heed_env_spec_of(x->mdp.env)->max_steps;
  double sum = 0;
  for (uint32_t start = 0; start < x->mdp.level_end[0]; start++) {
    uint32_t s = start;
    for (uint32_t t = 0; t < limit && s != HEED_MDP_END; t++) {
      size_t i = best_action(x, scores, values, s);
      sum +=
          x->mdp.start_probability[start] * heed_mdp_payoff_of(&x->mdp, (uint32_t)i)->performance;
      s = x->mdp.next[i];
    }
  }
  return sum;
}

heed_status heed__certain_perform(const heed__certain *x, const heed_reward *reward,
                                  double *performance, heed_error *err) {
  size_t states = x->mdp.states.count;
  double *scores = calloc(states * x->mdp.action_count, sizeof *scores);
  double *values = calloc(states, sizeof *values);
  void *workspace = calloc(1, heed_reward_workspace_size(reward, 1) + 1);
  heed_status status = HEED_OK;
  if (scores == NULL || values == NULL || workspace == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "no memory");
  } else {
    score_all(x, reward, workspace, scores);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (size_t s = states; s-- > 0;) { /* what comes later first */
        values[s] = value_of(x, scores, values, best_action(x, scores, values, s));
      }
    }
    *performance = act(x, scores, values);
  }
  free(scores);
  free(values);
  free(workspace);
  return status;
}
