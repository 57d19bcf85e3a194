#include "envs/toy_text/toy_text.h"

#include <stddef.h>

_Static_assert(sizeof(toy_state) % 16 == 0, "a state block is a multiple of 16 bytes");

void heed__toy_spec_init(heed_env_spec *spec, heed_space obs_space, const char *const *action_names,
                         uint32_t action_count, uint32_t max_steps) {
  *spec = (heed_env_spec){
      .state_size = sizeof(toy_state),
      .tally_size = offsetof(toy_state, number),
      .obs_space = obs_space,
      .action_space = heed_space_discrete(action_count),
      .accepted_actions = action_count,
      .max_steps = max_steps,
      .action_names = action_names,
  };
}

double heed__toy_performance(const void *self, const void *state) {
  (void)self;
  return ((const toy_state *)state)->episode_return;
}

bool heed__toy_inspect(const toy_state *state, const char *name, heed_reading *reading) {
  const struct {
    const char *name;
    double value;
  } facts[] = {
      {"state", state->number},
      {"prob", state->probability},
      {"steps", (double)state->steps},
      {"return", state->episode_return},
  };
  for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
    if (strcmp(name, facts[i].name) == 0) {
      *reading = (heed_reading){.count = 1, .values = {facts[i].value}};
      return true;
    }
  }
  return false;
}
