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

heed_status heed__ensemble_learn(void *self_, const heed_experience *experience, size_t first,
                                 size_t count, const heed_progress_sink *progress,
                                 heed_error *err) {
  ensemble *self = self_;
  heed_status status = heed__rows_reserve(&self->records, count, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t before = self->records.count;
  for (size_t t = first; t < first + count; t++) {
    heed__rows_append(&self->records, experience,
                      t); /* time limits are no ends: what was cut off did not end */
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
