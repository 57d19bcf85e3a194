/* registry.c: every reward model that has a name, in the order in which they are listed. */
#include "reward/registry.h"

#include <string.h>

static const heed_reward_ops *const registry[] = {
    &heed__reward_linear,  &heed__reward_ensemble, &heed__reward_tabular,
    &heed__reward_formula, &heed__reward_channel,  &heed__reward_sum,
    &heed__reward_scale,   &heed__reward_clip,     &heed__reward_pessimistic,
};

size_t heed_reward_count(void) {
  return sizeof registry / sizeof registry[0];
}

const heed_reward_ops *heed_reward_at(size_t i) {
  return registry[i];
}

const heed_reward_ops *heed_reward_find(const char *name) {
  for (size_t i = 0; i < heed_reward_count(); i++) {
    if (strcmp(registry[i]->name, name) == 0) {
      return registry[i];
    }
  }
  return NULL;
}
