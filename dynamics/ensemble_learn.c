/* ensemble_learn.c: what is kept of a life, and when it is learned.
 *
 * Every transition is kept. A fit is afresh, from first weights that depend on the seed alone, and a
 * function of the records in their order: learning at once, step by step or from a file gives the same
 * networks whenever a fit is made. To fit after every step would be a waste, so one is made when the data
 * have grown by the share `refit` since the last; in between the networks are those of the last fit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/ensemble.h"

static bool grow(void *array_, size_t capacity, size_t size) {
  void **array = array_;
  void *larger = realloc(*array, capacity * size);
  if (larger != NULL) {
    *array = larger;
  }
  return larger != NULL;
}

heed_status heed__ensemble_reserve(ensemble *self, size_t count, heed_error *err) {
  ensemble_records *r = &self->records;
  if (count <= r->capacity - r->count) {
    return HEED_OK;
  }
  size_t capacity = r->count + count > 2 * r->capacity ? r->count + count : 2 * r->capacity;
  if (!grow(&r->obs, capacity, self->obs_size) || !grow(&r->next_obs, capacity, self->obs_size) ||
      !grow(&r->actions, capacity, self->action_size) ||
      !grow(&r->rewards, capacity, sizeof *r->rewards) || !grow(&r->is_terminal, capacity, 1)) {
    return heed_fail(err, HEED_ERR_NOMEM, "ensemble: no memory for %zu transitions", capacity);
  }
  r->capacity = capacity;
  return HEED_OK;
}

/* Time limits are not learned: what was cut off is a step that did not end. */
static void keep(ensemble *self, const heed_experience *experience, size_t t) {
  ensemble_records *r = &self->records;
  heed_outcome outcome = heed_experience_outcome(experience, t);
  memcpy(r->obs + r->count * self->obs_size, heed_experience_obs(experience, t), self->obs_size);
  memcpy(r->next_obs + r->count * self->obs_size, heed_experience_next_obs(experience, t),
         self->obs_size);
  heed_action_to_row(self->action_space, heed_experience_action(experience, t),
                     r->actions + r->count * self->action_size);
  r->rewards[r->count] = outcome.reward;
  r->is_terminal[r->count] = outcome.is_terminal;
  r->count++;
}

heed_status heed__ensemble_learn(void *self_, const heed_experience *experience, size_t first,
                                 size_t count, const heed_progress_sink *progress,
                                 heed_error *err) {
  ensemble *self = self_;
  heed_status status = heed__ensemble_reserve(self, count, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t before = self->records.count;
  for (size_t t = first; t < first + count; t++) {
    keep(self, experience, t);
  }
  size_t fitted = self->fit.count;
  size_t news = self->records.count - fitted;
  if (news == 0 || (double)news < self->params.refit * (double)fitted) {
    return HEED_OK;
  }
  status = heed__ensemble_fit_all(self, progress, err);
  if (status != HEED_OK) {
    self->records.count = before; /* nothing was learned, so that it can be tried again */
  }
  return status;
}
