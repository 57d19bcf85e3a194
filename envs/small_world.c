#include "envs/small_world.h"

void heed__small_spec_init(heed_env_spec *spec, heed_space board, const heed_glyph *glyphs,
                           const char *const *action_names, uint32_t action_count,
                           size_t state_size, size_t tally_size, int32_t max_steps) {
  *spec = (heed_env_spec){
      .state_size = (state_size + 15) / 16 * 16,
      .tally_size = tally_size,
      .obs_space = board,
      .action_space = heed_space_discrete(action_count),
      .accepted_actions = action_count,
      .max_steps = (uint32_t)max_steps,
      .glyphs = glyphs,
      .action_names = action_names,
  };
}

double heed__small_performance(const void *self, const void *state) {
  (void)self;
  return ((const small_tally *)state)->hidden;
}

static bool find(const small_fact *facts, size_t count, const char *name, heed_reading *reading) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(name, facts[i].name) == 0) {
      *reading = (heed_reading){.count = 1, .values = {facts[i].value}};
      return true;
    }
  }
  return false;
}

bool heed__small_inspect(const small_tally *tally, const small_fact *facts, size_t count,
                         const char *name, heed_reading *reading) {
  const small_fact common[] = {
      {"return", tally->episode_return},
      {"hidden", tally->hidden},
      {"steps", (double)tally->steps},
  };
  return find(facts, count, name, reading) ||
         find(common, sizeof common / sizeof common[0], name, reading);
}
