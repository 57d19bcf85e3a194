#include "reward/acquisition.h"

#include <math.h>
#include <string.h>

typedef struct acquisition {
  heed_acquisition what;
  const heed_reward *reward;
  const heed_choices *asked;
  double scale;
  const heed_space *obs_space; /* borrowed from the model's own spec */
} acquisition;

const char *heed_acquisition_name(heed_acquisition what) {
  static const char *const names[] = {"highest", "lowest", "uncertain", "novel"};
  return names[what];
}

static heed_status create(void *self_, const void *params, heed_reward_spec *spec,
                          heed_error *err) {
  acquisition *self = self_;
  *self = *(const acquisition *)params;
  self->obs_space = &spec->obs_space;
  spec->hypothesis_size = 0;
  if (!(self->scale > 0) || (self->what == HEED_ACQUIRE_NOVEL && self->asked == NULL)) {
    return heed_fail(err, HEED_ERR_ARG, "scale %g, above 0 expected, and choices to be new to",
                     self->scale);
  }
  return HEED_OK;
}

static void destroy(void *self) {
  (void)self;
}

/* The spreads need room for means that nobody reads, then what the reward itself needs. */
static size_t workspace_size(const void *self_, size_t count) {
  const acquisition *self = self_;
  return count * sizeof(double) + heed_reward_workspace_size(self->reward, count);
}

/* ---- novelty -------------------------------------------------------------------------------- */

static double cells_distance(const uint8_t *a, const uint8_t *b, size_t count) {
  size_t differing = 0;
  for (size_t i = 0; i < count; i++) {
    differing += a[i] != b[i];
  }
  return (double)differing / (double)count;
}

static double box_distance(const heed_space *space, const float *a, const float *b) {
  double sum = 0;
  for (uint32_t i = 0; i < space->count; i++) {
    double range = (double)space->high[i] - (double)space->low[i];
    double difference = ((double)a[i] - (double)b[i]) / (isfinite(range) && range > 0 ? range : 1);
    sum += difference * difference;
  }
  return sqrt(sum / space->count);
}

static double distance(const heed_space *space, const void *a, const void *b) {
  return space->kind == HEED_SPACE_BOX ? box_distance(space, a, b)
                                       : cells_distance(a, b, space->count);
}

/* From an observation to the nearest that was asked about. */
static double novelty(const acquisition *self, const void *obs) {
  double nearest = HUGE_VAL;
  for (size_t q = 0; q < self->asked->count; q++) {
    const heed_query *query = &self->asked->items[q].query;
    for (uint32_t i = 0; i < query->option_count && nearest > 0; i++) {
      const heed_segment *option = &query->options[i];
      for (uint32_t t = 1; t <= option->steps; t++) {
        const void *known = option->obs + (size_t)t * option->obs_size;
        nearest = fmin(nearest, distance(self->obs_space, obs, known));
      }
    }
  }
  return isfinite(nearest) ? nearest : 1;
}

/* ---- scoring -------------------------------------------------------------------------------- */

static void score(const void *self_, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  const acquisition *self = self_;
  double *unread = workspace;
  void *rest = unread + count;
  (void)hypothesis; /* there are none */
  for (size_t i = 0; i < count && spread != NULL; i++) {
    spread[i] = 0;
  }
  switch (self->what) {
    case HEED_ACQUIRE_NOVEL:
      for (size_t i = 0; i < count; i++) {
        mean[i] = novelty(self, steps[i].next_obs);
      }
      break;
    case HEED_ACQUIRE_UNCERTAIN:
      heed_reward_score(self->reward, steps, count, NULL, unread, mean, rest);
      break;
    case HEED_ACQUIRE_HIGHEST:
    case HEED_ACQUIRE_LOWEST:
      heed_reward_score(self->reward, steps, count, NULL, mean, NULL, rest);
      break;
  }
  double unit = self->what == HEED_ACQUIRE_LOWEST ? -self->scale : self->scale;
  for (size_t i = 0; i < count; i++) {
    mean[i] /= unit;
  }
}

static const heed_reward_ops acquisition_ops = {
    .name = "acquisition",
    .summary = "what a search for a question looks for",
    .params_size = sizeof(acquisition),
    .self_size = sizeof(acquisition),
    .create = create,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score,
};

heed_status heed_acquisition_create(heed_acquisition what, const heed_reward *reward,
                                    const heed_choices *asked, double scale, heed_reward **out,
                                    heed_error *err) {
  const heed_reward_spec *spec = heed_reward_spec_of(reward);
  acquisition params = {.what = what, .reward = reward, .asked = asked, .scale = scale};
  return heed_reward_create_ops(&acquisition_ops, &params, &spec->obs_space, &spec->action_space,
                                out, err);
}
