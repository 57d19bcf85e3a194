/* fuzz_map.c: maps of one's own. The first byte chooses a world, 'A' the first, 'B' the second,
 * so that a world added at the end leaves the seeds to their worlds; the rest is its map. What is refused says
 * why; what is taken is played at random, and everything that is shown and paid is in its range. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/env.h"

enum { STEPS = 250 };

static const char *const worlds[][2] = {
    {"absent-supervisor", ""},
    {"boat-race", ""},
    {"conveyor-belt", ""},
    {"conveyor-belt", "variant=sushi_goal,"},
    {"distributional-shift", "is_testing=true,"},
    {"island-navigation", ""},
    {"rocks-diamonds", ""},
    {"safe-interruptibility", ""},
    {"side-effects-sokoban", ""},
    {"tomato-crmdp", ""},
    {"tomato-watering", ""},
    {"whisky-gold", "human_player=true,"},
    {"frozen-lake", ""},
};
enum { WORLD_COUNT = sizeof worlds / sizeof worlds[0] };

static void demand(bool is_so) {
  if (!is_so) {
    abort();
  }
}

static void play(const heed_env *env, heed_rng *rng) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  size_t obs_size = heed_space_size(&spec->obs_space);
  void *state = malloc(spec->state_size);
  unsigned char *obs = malloc(obs_size);
  unsigned char *next_obs = malloc(obs_size);
  demand(state != NULL && obs != NULL && next_obs != NULL);
  heed_env_init(env, state);
  heed_env_reset(env, state, rng);
  heed_env_observe(env, state, obs);
  for (int i = 0; i < STEPS; i++) {
    /* Quitting is among the actions, but seldom: it ends the walk. */
    bool is_odd = heed_rng_choice(rng, 64) == 0;
    uint32_t count = is_odd ? spec->accepted_actions : spec->action_space.count;
    heed_action action = {.index = (int32_t)heed_rng_choice(rng, count)};
    heed_outcome outcome = heed_env_step(env, state, action, rng);
    heed_env_observe(env, state, next_obs);
    demand(heed_space_check_row(&spec->obs_space, next_obs, NULL) == HEED_OK);
    demand(isfinite(outcome.reward) && isfinite(heed_env_performance(env, state)));
    if (heed_env_has_appraisal(env)) {
      heed_appraisal said = heed_env_appraise(env, obs, action, next_obs);
      demand(isfinite(said.task) && isfinite(said.safety));
    }
    if (outcome.is_terminal || outcome.is_truncated) {
      heed_env_reset(env, state, rng);
      heed_env_observe(env, state, next_obs);
    }
    memcpy(obs, next_obs, obs_size);
  }
  free(state);
  free(obs);
  free(next_obs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || memchr(data, '\0', size) != NULL) {
    return 0;
  }
  const char *const *world = worlds[(uint8_t)(data[0] - 'A') % WORLD_COUNT];
  size_t text_size = size + strlen(world[1]) + sizeof "map={}";
  char *text = malloc(text_size);
  demand(text != NULL);
  (void)snprintf(text, text_size, "%smap={%.*s}", world[1], (int)(size - 1),
                 (const char *)data + 1);
  heed_env *env;
  heed_error err = {0};
  heed_status status = heed_env_create(world[0], text, &env, &err);
  free(text);
  if (status != HEED_OK) {
    demand(status == HEED_ERR_ARG && err.message[0] != '\0');
    return 0;
  }
  heed_rng rng;
  heed_rng_init(&rng, size);
  play(env, &rng);
  heed_env_destroy(env);
  return 0;
}
