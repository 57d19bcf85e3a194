/* ensemble.c: probabilistic networks that learned from the same life and differ where it tells little.
 *
 * After Chua et al. 2018, "Deep reinforcement learning in a handful of trials using probabilistic
 * dynamics models" (PETS). Each of M networks sees the observation and the action and says
 *
 *     a box      the change of each dimension: mean and variance of a normal distribution
 *     cells      the next value of each cell: probabilities, with a head start for no change
 *     both       the reward, as one more normal variable; the end, as a logit
 *
 * What is random in the world is in these distributions (aleatoric). What is not known yet is in the
 * differences between the members (epistemic): they start from different weights and train on different
 * resamples of the data (Efron 1979), so that where data are plenty they agree. Hence
 *
 *     without a hypothesis   a member is drawn for each prediction, then the outcome: the mixture
 *     a hypothesis           is a member; the outcome is drawn from it alone
 *     uncertainty            mutual information between member and prediction, in nats:
 *                            entropy of the mixture less the mean entropy of the members
 *
 * The change is predicted, not the value, because most of the next observation is the last one; for
 * cells the head start does the same. No knowledge of a world goes in: an angle is a number. What is
 * predicted is kept inside the bounds of its space. */
#include "dynamics/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/registry.h"

static const heed_param params_table[] = {
    {"members", HEED_PARAM_INT, offsetof(ensemble_params, members), "5", 1, 64, NULL, "networks",
     "how many networks learn side by side"},
    {"width", HEED_PARAM_INT, offsetof(ensemble_params, width), "128", 1, 1024, NULL, "units",
     "units of a hidden layer"},
    {"depth", HEED_PARAM_INT, offsetof(ensemble_params, depth), "3", 1,
     HEED__NETWORK_LAYERS_MAX - 1, NULL, "layers", "hidden layers"},
    {"activation", HEED_PARAM_CHOICE, offsetof(ensemble_params, activation), "swish", 0, 0,
     "tanh|relu|swish", "", "function of the hidden units"},
    {"learning_rate", HEED_PARAM_REAL, offsetof(ensemble_params, learning_rate), "0.003", 1e-7, 1,
     NULL, "", "of Adam, at first; falls when progress ends"},
    {"weight_decay", HEED_PARAM_REAL, offsetof(ensemble_params, weight_decay), "0.0001", 0, 100,
     NULL, "", "share of the weights that a step of learning rate 1 would take away"},
    {"batch", HEED_PARAM_INT, offsetof(ensemble_params, batch), "32", 1, 4096, NULL, "transitions",
     "transitions of a training step"},
    {"epochs", HEED_PARAM_INT, offsetof(ensemble_params, epochs), "2000", 0, 1e6, NULL, "passes",
     "passes over the data at most"},
    {"patience", HEED_PARAM_INT, offsetof(ensemble_params, patience), "20", 1, 1e6, NULL, "passes",
     "passes without progress on held-out data after which the learning rate falls, or all ends"},
    {"holdout", HEED_PARAM_REAL, offsetof(ensemble_params, holdout), "0.1", 0, 0.5, NULL, "",
     "share of the transitions that is held out to know when to stop"},
    {"bootstrap", HEED_PARAM_BOOL, offsetof(ensemble_params, bootstrap), "true", 0, 1, NULL, "",
     "let each member learn from its own resample of the data"},
    {"refit", HEED_PARAM_REAL, offsetof(ensemble_params, refit), "0.25", 0, 100, NULL, "",
     "learn afresh when the data have grown by this share since the last time"},
    {"seed", HEED_PARAM_INT, offsetof(ensemble_params, seed), "1", 0, INT32_MAX, NULL, "",
     "of first weights, resamples and shuffling"},
};

/* ---- features --------------------------------------------------------------------------------- */

size_t heed__ensemble_scales_size(const ensemble *self) {
  return 2 * ((size_t)self->numbers + self->layout.gaussians);
}

ensemble_scales heed__ensemble_scales(const ensemble *self, float *scales) {
  size_t n = self->numbers;
  size_t g = self->layout.gaussians;
  return (ensemble_scales){scales, scales + n, scales + 2 * n, scales + 2 * n + g};
}

/* Numbers far outside of what was seen count as just outside: networks say nothing sensible there. */
static void scale_numbers(const float *from, size_t count, const float *mean, const float *scale,
                          float *to) {
  const float far_out = 10;
  for (size_t i = 0; i < count; i++) {
    to[i] = fmaxf(-far_out, fminf(far_out, (from[i] - mean[i]) * scale[i]));
  }
}

void heed__ensemble_features(const ensemble *self, const float *scales, const void *obs,
                             const void *action_row, float *x) {
  size_t scaled = 0; /* numbers so far */
  memset(x, 0, self->features * sizeof *x);
  if (self->obs_space->kind == HEED_SPACE_BOX) {
    scale_numbers(obs, self->dim, scales, scales + self->numbers, x);
    scaled = self->dim;
    x += self->dim;
  } else {
    const uint8_t *cells = obs;
    for (size_t i = 0; i < self->dim; i++) {
      x[cells[i]] = 1;
      x += heed_space_values(self->obs_space, i);
    }
  }
  if (self->action_space->kind == HEED_SPACE_BOX) {
    scale_numbers(action_row, self->action_space->count, scales + scaled,
                  scales + self->numbers + scaled, x);
  } else {
    int32_t index;
    memcpy(&index, action_row, sizeof index);
    x[index] = 1;
  }
}

/* ---- beliefs: the observation, then zeros to a multiple of 8 ------------------------------------ */

static void begin(const void *self_, const void *obs, void *belief) {
  const ensemble *self = self_;
  memset(belief, 0, self->belief_size);
  memcpy(belief, obs, self->obs_size);
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  (void)action;
  begin(self_, obs, belief);
}

static void decode(const void *self_, const void *belief, void *obs) {
  const ensemble *self = self_;
  memcpy(obs, belief, self->obs_size);
}

static void draw(const void *self_, heed_rng *rng, void *hypothesis) {
  const ensemble *self = self_;
  uint64_t member = heed_rng_choice(rng, (uint32_t)self->params.members);
  memcpy(hypothesis, &member, sizeof member);
}

/* ---- the table of functions ------------------------------------------------------------------- */

static void destroy(void *self_) {
  ensemble *self = self_;
  heed__rows_deinit(&self->records);
  heed__ensemble_fit_deinit(&self->fit);
}

/* Values of all cells together. */
static uint64_t all_values(const heed_space *cells) {
  uint64_t sum = 0;
  for (size_t i = 0; i < cells->count; i++) {
    sum += heed_space_values(cells, i);
  }
  return sum;
}

static ensemble_layout layout_of(uint32_t logits, uint32_t gaussians) {
  return (ensemble_layout){.logits = logits,
                           .gaussians = gaussians,
                           .mean = logits,
                           .log_variance = logits + gaussians,
                           .terminal = logits + 2 * gaussians,
                           .size = logits + 2 * gaussians + 1};
}

/* Takes no memory for networks: that is for learning, and for a file that brings them. */
static heed_status create(void *self_, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  ensemble *self = self_;
  self->params = *(const ensemble_params *)params;
  self->obs_space = &spec->obs_space;
  self->action_space = &spec->action_space;
  heed__rows_init(&self->records, self->obs_space, self->action_space);
  bool is_box = spec->obs_space.kind == HEED_SPACE_BOX;
  bool acts_in_box = spec->action_space.kind == HEED_SPACE_BOX;
  heed_status status = heed_space_check_pair(&spec->obs_space, &spec->action_space, err);
  if (status != HEED_OK) {
    return status;
  }
  uint64_t wide = is_box ? spec->obs_space.count : all_values(&spec->obs_space);
  uint64_t features = wide + spec->action_space.count;
  if (features > ENSEMBLE_WIDE / 2) {
    return heed_fail(err, HEED_ERR_ARG,
                     "observations and actions come to %llu features; at most %d are taken",
                     (unsigned long long)features, ENSEMBLE_WIDE / 2);
  }
  self->dim = spec->obs_space.count;
  self->numbers = (is_box ? self->dim : 0) + (acts_in_box ? spec->action_space.count : 0);
  self->features = (uint32_t)features;
  self->layout = layout_of(is_box ? 0 : (uint32_t)wide, is_box ? self->dim + 1 : 1);
  self->network =
      heed__network_of(self->features, (uint32_t)self->params.width, (uint32_t)self->params.depth,
                       self->layout.size, (heed__activation)self->params.activation);
  self->network_size = heed__network_size(&self->network);
  self->obs_size = heed_space_size(&spec->obs_space);
  self->action_size = heed_space_size(&spec->action_space);
  self->belief_size = (self->obs_size + 7) & ~(size_t)7;
  spec->belief_size = self->belief_size;
  spec->hypothesis_size = sizeof(uint64_t);
  return HEED_OK;
}

const heed_dynamics_ops heed__dynamics_ensemble = {
    .name = "ensemble",
    .summary = "networks that predict distributions, and disagree where they know little",
    .params = params_table,
    .param_count = sizeof params_table / sizeof params_table[0],
    .params_size = sizeof(ensemble_params),
    .self_size = sizeof(ensemble),
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .observe = observe,
    .workspace_size = heed__ensemble_workspace_size,
    .predict = heed__ensemble_predict,
    .decode = decode,
    .learn = heed__ensemble_learn,
    .draw = draw,
    .save = heed__ensemble_save,
    .load = heed__ensemble_load,
};
