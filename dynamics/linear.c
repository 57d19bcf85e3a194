/* linear.c: Bayesian linear regression on polynomials or waves of the observation and the action.
 *
 * A world in real numbers mostly moves by smooth equations: the change of the observation is close to a
 * polynomial of low degree of what is seen and done. Then everything that a planner asks of a model has a
 * closed form (regression.h):
 *
 *     change of dimension i  =  w_i'phi(obs, action) + noise         Student-t
 *     reward                 =  w_r'phi(obs, action) + u [end]       its mean
 *     P(end)                 =  sigma(w_e'psi(next obs, action))     logistic
 *     a hypothesis           =  weights and noise drawn from their posterior
 *     uncertainty            =  1/2 log(1 + phi'S phi) nats for each output that varies: what one look tells of
 *                               its weights (Cover and Thomas 2006, section 9.1)
 *
 * The end is read from the next observation, which is imagined first: worlds end where something is
 * passed, and a quadratic in what is passed says so. It is estimated by the mode. Where ends can be told from
 * the rest without error, the likelihood has no top, and draws from a normal posterior would end episodes
 * anywhere. While no end was seen, none is imagined. The last step often pays another reward than all
 * others: u is the difference.
 *
 * Inputs are scaled by the middle and half the range of what was seen. Once a record lies beyond twice this
 * range, or a constant is one no longer, or the number of records has doubled, ranges, scales and the precision
 * of the prior are fixed anew, and all records learned again; in between each record is one update. So the
 * model is a function of the records in their order: learning one by one, at once or from a file gives the same
 * model, to the bit. Beyond twice the range inputs are clamped: a polynomial knows nothing there, and would
 * run away in imagination. */
#include "dynamics/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/registry.h"

static const heed_param params_table[] = {
    {"features", HEED_PARAM_CHOICE, offsetof(linear_params, features), "polynomial", 0, 0,
     "polynomial|fourier|both", "", "products of inputs, random waves, or both"},
    {"degree", HEED_PARAM_INT, offsetof(linear_params, degree), "4", 1, 12, NULL, "",
     "most inputs in a product; less where there would be more than `count` products"},
    {"count", HEED_PARAM_INT, offsetof(linear_params, count), "500", 1, LINEAR_FEATURES_MAX, NULL,
     "features", "most products, and the number of waves"},
    {"lengthscale", HEED_PARAM_REAL, offsetof(linear_params, lengthscale), "0", 0, 1e6, NULL,
     "half ranges", "of waves; 0: the median distance of what was seen"},
    {"precision", HEED_PARAM_REAL, offsetof(linear_params, precision), "0", 0, 1e12, NULL, "",
     "of the prior of weights, relative to the noise; 0: by evidence"},
    {"seed", HEED_PARAM_INT, offsetof(linear_params, seed), "1", 0, INT32_MAX, NULL, "",
     "of the waves"},
};

void heed__linear_inputs(const linear *self, const float *obs, const void *action_row, double *x) {
  float action[HEED_ACTION_DIM_MAX];
  memcpy(action, action_row, self->rows.action_size);
  for (uint32_t i = 0; i < self->numbers; i++) {
    double value = (double)(i < self->dim ? obs[i] : action[i - self->dim]);
    double z = self->half[i] > 0 ? (value - self->middle[i]) / self->half[i] : 0;
    x[i] = fmin(fmax(z, -LINEAR_REACH), LINEAR_REACH);
  }
  if (self->basis.indicators > 0) {
    int32_t index;
    memcpy(&index, action_row, sizeof index);
    memset(x + self->numbers, 0, self->basis.indicators * sizeof *x);
    x[self->numbers + (uint32_t)index] = 1;
  }
}

/* Where little is left, it is little in a small place: where a life begins at rest, say. Each number is squeezed by its
 * deviation, so that most of [-1, 1] is where most of life was, and the far is near. */
void heed__linear_size_features(const linear *self, const double *x, double *psi) {
  double y[LINEAR_FEATURES_MAX];
  for (uint32_t i = 0; i < self->numbers; i++) {
    double apart = x[i] - self->mean[i];
    double near = self->deviation[i] + fabs(apart);
    y[i] = near > 0 ? apart / near : 0;
  }
  memcpy(y + self->numbers, x + self->numbers, self->basis.indicators * sizeof *y);
  heed__basis_eval(&self->size_basis, 1, y, psi);
}

/* ---- beliefs: the observation, then zeros to a multiple of 8 ------------------------------------ */

static void begin(const void *self_, const void *obs, void *belief) {
  const linear *self = self_;
  memset(belief, 0, self->belief_size);
  memcpy(belief, obs, self->obs_size);
}

static void observe(const void *self_, void *belief, heed_action action, const void *obs) {
  (void)action;
  begin(self_, obs, belief);
}

static void decode(const void *self_, const void *belief, void *obs) {
  const linear *self = self_;
  memcpy(obs, belief, self->obs_size);
}

/* ---- the table of functions ------------------------------------------------------------------- */

static void destroy(void *self_) {
  linear *self = self_;
  heed__basis_deinit(&self->basis);
  heed__basis_deinit(&self->end_basis);
  heed__basis_deinit(&self->size_basis);
  heed__rows_deinit(&self->rows);
  heed__regression_deinit(&self->change);
  heed__regression_deinit(&self->reward);
  heed__logistic_deinit(&self->end);
  heed__misfit_deinit(&self->misfit);
  free(self->residuals);
  free(self->block);
}

/* The highest degree up to `most` of which there are at most `count` products; at least 1. */
static uint32_t fitting_degree(uint32_t numbers, uint32_t indicators, uint32_t most,
                               uint32_t count) {
  uint32_t degree = most;
  while (degree > 1 && heed__basis_count(numbers, indicators, degree) > count) {
    degree--;
  }
  return degree;
}

static heed_status create_bases(linear *self, uint32_t indicators, heed_error *err) {
  const linear_params *p = &self->params;
  uint32_t count = (uint32_t)p->count;
  uint32_t degree = 0;
  uint32_t end_degree =
      fitting_degree(self->numbers, indicators, LINEAR_END_DEGREE, LINEAR_END_COUNT);
  uint32_t size_degree =
      fitting_degree(self->numbers, indicators, LINEAR_SIZE_DEGREE, LINEAR_SIZE_COUNT);
  if (p->features != LINEAR_FOURIER) {
    degree = fitting_degree(self->numbers, indicators, (uint32_t)p->degree, count);
  }
  if (heed__basis_count(self->numbers, indicators, 1) > LINEAR_FEATURES_MAX) {
    return heed_fail(err, HEED_ERR_ARG,
                     "observations and actions come to %llu numbers; at most %d are taken",
                     (unsigned long long)self->numbers + indicators, LINEAR_FEATURES_MAX - 1);
  }
  heed_status status =
      heed__basis_init(&self->basis, self->numbers, indicators, degree,
                       p->features == LINEAR_POLYNOMIAL ? 0 : count, (uint64_t)p->seed, err);
  if (status == HEED_OK) {
    status = heed__basis_init(&self->end_basis, self->numbers, indicators, end_degree, 0, 0, err);
  }
  if (status == HEED_OK) {
    status = heed__basis_init(&self->size_basis, self->numbers, indicators, size_degree, 0, 0, err);
  }
  return status;
}

/* Takes no memory for the regression: that is for learning. */
static heed_status create(void *self_, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  linear *self = self_;
  self->params = *(const linear_params *)params;
  heed_status status = heed_space_check_pair(&spec->obs_space, &spec->action_space, err);
  if (status != HEED_OK) {
    return status;
  }
  if (spec->obs_space.kind != HEED_SPACE_BOX) {
    return heed_fail(err, HEED_ERR_ARG, "needs observations that are a box of numbers");
  }
  bool acts_in_box = spec->action_space.kind == HEED_SPACE_BOX;
  self->dim = spec->obs_space.count;
  self->numbers = self->dim + (acts_in_box ? spec->action_space.count : 0);
  self->outputs = self->dim + 1;
  heed__rows_init(&self->rows, &spec->obs_space, &spec->action_space);
  self->obs_size = heed_space_size(&spec->obs_space);
  self->belief_size = (self->obs_size + 7) & ~(size_t)7;
  status = create_bases(self, acts_in_box ? 0 : spec->action_space.count, err);
  spec->belief_size = self->belief_size;
  spec->hypothesis_size = heed__linear_hypothesis_size(self);
  return status;
}

const heed_dynamics_ops heed__dynamics_linear = {
    .name = "linear",
    .summary = "Bayesian regression of changes on polynomials of numbers and actions",
    .params = params_table,
    .param_count = sizeof params_table / sizeof params_table[0],
    .params_size = sizeof(linear_params),
    .self_size = sizeof(linear),
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .observe = observe,
    .workspace_size = heed__linear_workspace_size,
    .predict = heed__linear_predict,
    .decode = decode,
    .learn = heed__linear_learn,
    .draw = heed__linear_draw,
    .save = heed__linear_save,
    .load = heed__linear_load,
};
