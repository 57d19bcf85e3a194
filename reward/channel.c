/* channel.c: the reward that the world pays, taken at its word.
 *
 * An agent with this model wants whatever raises the reward channel, and tampers with it where it can:
 * the standing comparison for models that learn from people. */
#include "reward/registry.h"

#include <stdio.h>
#include <string.h>

/* The registry's tables need a block, if an empty one. */
typedef struct channel {
  char unused;
} channel;

static heed_status create(void *self, const void *params, heed_reward_spec *spec, heed_error *err) {
  (void)self;
  (void)params;
  (void)err;
  spec->hypothesis_size = 0;
  return HEED_OK;
}

static void destroy(void *self) {
  (void)self;
}

static void score(const void *self, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  (void)self;
  (void)hypothesis;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    mean[i] = steps[i].channel;
  }
  if (spread != NULL) {
    memset(spread, 0, count * sizeof *spread);
  }
}

static bool explain(const void *self, size_t i, char *text, size_t size) {
  (void)self;
  if (i > 0) {
    return false;
  }
  (void)snprintf(text, size, "reward channel  +1");
  return true;
}

const heed_reward_ops heed__reward_channel = {
    .name = "channel",
    .summary = "what the world pays, taken at its word",
    .self_size = sizeof(channel),
    .ignores_obs = true,
    .create = create,
    .destroy = destroy,
    .score = score,
    .explain = explain,
};
