/* ensemble_predict.c: imagined steps in blocks.
 *
 * The rows of a block are gathered by member, so that each member sees all its rows in one batch; a row
 * whose uncertainty is wanted is seen by all. A row's outputs do not depend on the rows beside it, to the
 * bit (core/kernel.h), so that how rows are gathered changes nothing. */
#include <string.h>

#include "dynamics/ensemble.h"

/* A workspace, cut up for blocks of `rows`. */
typedef struct frame {
  size_t rows;
  float *features;  /* [rows][features] */
  float *outputs;   /* [rows][members][outputs] */
  float *x;         /* [rows][features] of the rows that a member sees */
  float *y;         /* [rows][outputs] */
  float *scratch;   /* of the network */
  uint32_t *member; /* [rows] that the row is drawn from */
  uint32_t *seen;   /* [rows] which rows a member sees */
} frame;

static size_t block_of(size_t batch) {
  return batch < ENSEMBLE_BLOCK ? batch : ENSEMBLE_BLOCK;
}

static size_t frame_floats(const ensemble *self, size_t rows) {
  size_t outputs = self->layout.size;
  return rows * (2 * (size_t)self->features + ((size_t)self->params.members + 1) * outputs) +
         heed__network_infer_size(&self->network, rows);
}

size_t heed__ensemble_workspace_size(const void *self_, size_t batch) {
  size_t rows = block_of(batch);
  return frame_floats(self_, rows) * sizeof(float) + 2 * rows * sizeof(uint32_t);
}

static frame frame_of(const ensemble *self, size_t batch, void *workspace) {
  size_t rows = block_of(batch);
  size_t outputs = self->layout.size;
  frame f = {.rows = rows, .features = workspace};
  f.outputs = f.features + rows * self->features;
  f.x = f.outputs + rows * (size_t)self->params.members * outputs;
  f.y = f.x + rows * self->features;
  f.scratch = f.y + rows * outputs;
  f.member = (uint32_t *)(void *)(f.features + frame_floats(self, rows));
  f.seen = f.member + rows;
  return f;
}

/* Nothing learned yet: nothing changes, and each dimension or cell has everything to tell. */
static void predict_nothing(const ensemble *self, heed_prediction *p) {
  memcpy(p->next_belief, p->belief, self->belief_size);
  p->reward = 0;
  p->is_terminal = false;
  p->uncertainty = p->wants_uncertainty ? (double)self->dim : 0;
}

/* Takes in the rows of a block: features, and which member each is drawn from. */
static void gather(const ensemble *self, const heed_prediction *batch, size_t count, frame *f) {
  for (size_t i = 0; i < count; i++) {
    unsigned char action_row[sizeof(heed_action)];
    heed_action_to_row(self->action_space, batch[i].action, action_row);
    heed__ensemble_features(self, self->fit.scales, batch[i].belief, action_row,
                            f->features + i * self->features);
    uint32_t members = (uint32_t)self->params.members;
    f->member[i] = batch[i].hypothesis != NULL
                       ? (uint32_t)(*(const uint64_t *)batch[i].hypothesis % members)
                       : heed_rng_choice(batch[i].rng, members);
  }
}

/* Shows member m the rows that need it. */
static void show(const ensemble *self, const heed_prediction *batch, size_t count, uint32_t m,
                 frame *f) {
  size_t features = self->features;
  size_t outputs = self->layout.size;
  size_t members = (size_t)self->params.members;
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    if (f->member[i] == m || batch[i].wants_uncertainty) {
      memcpy(f->x + n * features, f->features + i * features, features * sizeof *f->x);
      f->seen[n++] = (uint32_t)i;
    }
  }
  if (n == 0) {
    return;
  }
  heed__network_infer(&self->network, self->fit.weights + m * self->network_size, n, f->x, f->y,
                      f->scratch);
  for (size_t k = 0; k < n; k++) {
    float *y = f->outputs + (f->seen[k] * members + m) * outputs;
    memcpy(y, f->y + k * outputs, outputs * sizeof *y);
    heed__ensemble_settle(self, batch[f->seen[k]].belief, y);
  }
}

static void predict_block(const ensemble *self, heed_prediction *batch, size_t count, frame *f) {
  size_t outputs = self->layout.size;
  size_t members = (size_t)self->params.members;
  gather(self, batch, count, f);
  for (uint32_t m = 0; m < members; m++) {
    show(self, batch, count, m, f);
  }
  for (size_t i = 0; i < count; i++) {
    const float *y = f->outputs + i * members * outputs;
    heed__ensemble_imagine(self, y + f->member[i] * outputs, &batch[i]);
    batch[i].uncertainty =
        batch[i].wants_uncertainty ? heed__ensemble_information(self, y, outputs) : 0;
  }
}

void heed__ensemble_predict(const void *self_, heed_prediction *batch, size_t count,
                            void *workspace) {
  const ensemble *self = self_;
  if (self->fit.count == 0) {
    for (size_t i = 0; i < count; i++) {
      predict_nothing(self, &batch[i]);
    }
    return;
  }
  frame f = frame_of(self, count, workspace);
  for (size_t i = 0; i < count; i += f.rows) {
    predict_block(self, batch + i, count - i < f.rows ? count - i : f.rows, &f);
  }
}
