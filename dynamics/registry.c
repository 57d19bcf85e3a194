/* registry.c: every dynamics model that has a name, in the order in which they are listed. */
#include "dynamics/registry.h"

#include <string.h>

static const heed_dynamics_ops *const registry[] = {
    &heed__dynamics_tabular,
    &heed__dynamics_context,
    &heed__dynamics_linear,
    &heed__dynamics_ensemble,
};

size_t heed_dynamics_count(void) {
  return sizeof registry / sizeof registry[0];
}

const heed_dynamics_ops *heed_dynamics_at(size_t i) {
  return registry[i];
}

const heed_dynamics_ops *heed_dynamics_find(const char *name) {
  for (size_t i = 0; i < heed_dynamics_count(); i++) {
    if (strcmp(registry[i]->name, name) == 0) {
      return registry[i];
    }
  }
  return NULL;
}
