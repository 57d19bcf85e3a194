#include "cli/opponent.h"

#include <stdlib.h>

#include "agent/exact.h"
#include "cli/load.h"
#include "cli/options.h"

/* It looks to the end of the game, in a second or less; with values it looks at less. */
static heed_planner_config config_for(const heed_env *env, bool is_valued) {
  heed_planner_config config =
      is_valued ? heed_planner_config_valued() : heed_planner_config_default();
  uint32_t max_steps = heed_env_spec_of(env)->max_steps;
  config.simulations = is_valued ? 400 : 4000;
  config.horizon = max_steps > 0 ? max_steps : config.horizon;
  config.discount = 0.999; /* sooner is better to win, later to lose */
  config.reuse = false;    /* the person may take steps back */
  return config;
}

heed_status heed__opponent_init(heed__opponent *o, const heed_env *env, uint32_t side,
                                const char *params, const char *value, uint64_t seed,
                                heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_planner_config config = config_for(env, value != NULL);
  heed_rng master;
  *o = (heed__opponent){.side = side};
  heed_rng_init(&master, seed);
  o->rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, 0);
  if (heed_env_ops_of(env)->to_move == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "--against: '%s' is no game of two",
                     heed_env_ops_of(env)->name);
  }
  heed_status status = heed__read_planner(params, env, &config, err);
  if (status != HEED_OK) {
    return status;
  }
  status = heed_exact_create(env, 1, &o->dynamics, err);
  if (status == HEED_OK) {
    status =
        heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &o->reward, err);
  }
  if (status == HEED_OK) {
    status = heed_planner_create(&config, o->dynamics, o->reward, &o->planner, err);
  }
  if (status == HEED_OK) {
    status = heed__load_value(value, env, &o->value, err);
  }
  if (status == HEED_OK && o->value != NULL) {
    heed_evaluator evaluator = heed_value_network_evaluator(o->value);
    status = heed_planner_set_evaluator(o->planner, &evaluator, o->reward, err);
  }
  if (status == HEED_OK) {
    o->belief = malloc(heed_dynamics_spec_of(o->dynamics)->belief_size);
    status = o->belief != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "belief: no memory");
  }
  return status;
}

void heed__opponent_deinit(heed__opponent *o) {
  heed_planner_destroy(o->planner);
  heed_value_network_destroy(o->value);
  heed_reward_destroy(o->reward);
  heed_dynamics_destroy(o->dynamics);
  free(o->belief);
  *o = (heed__opponent){0};
}

bool heed__opponent_has_turn(const heed__opponent *o, const heed__game *game) {
  return o->planner != NULL && !heed__game_is_over(game) &&
         heed_env_to_move(game->env, heed__game_state(game)) == o->side;
}

heed_status heed__opponent_act(heed__opponent *o, heed__game *game, heed_error *err) {
  heed_status status = HEED_OK;
  while (status == HEED_OK && heed__opponent_has_turn(o, game)) {
    heed_decision decision;
    heed_exact_set_state(o->dynamics, heed__game_state(game), o->belief);
    status = heed_planner_plan(o->planner, o->belief, &o->rng, &decision, err);
    if (status == HEED_OK) {
      status = heed__game_step(game, decision.action, err);
    }
  }
  return status;
}
