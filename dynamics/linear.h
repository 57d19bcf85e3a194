/* linear.h: what the files of the linear model share. See linear.c for the model. */
#ifndef HEED_DYNAMICS_LINEAR_H
#define HEED_DYNAMICS_LINEAR_H

#include "dynamics/basis.h"
#include "dynamics/logistic.h"
#include "dynamics/misfit.h"
#include "dynamics/regression.h"
#include "dynamics/rows.h"

/* More features than this are refused: a step costs their square, a fit their cube. */
enum { LINEAR_FEATURES_MAX = 1024 };

/* Inputs are clamped to so many half ranges from the middle of what was seen. */
#define LINEAR_REACH 2.0

/* Features of the end, and of how large the misfit is: products of at most so many inputs, less where there would
 * be more than so many products. */
enum { LINEAR_END_DEGREE = 2, LINEAR_END_COUNT = LINEAR_FEATURES_MAX / 4 };
enum { LINEAR_SIZE_DEGREE = 4, LINEAR_SIZE_COUNT = 200 };

enum { LINEAR_POLYNOMIAL, LINEAR_FOURIER, LINEAR_BOTH };

typedef struct linear_params {
  int32_t features;
  int32_t degree;
  int32_t count;
  double lengthscale;
  double precision;
  int32_t seed;
} linear_params;

/* Predicted are `outputs` numbers: the change of each dimension, then the reward. */
typedef struct linear {
  linear_params params;
  uint32_t dim;     /* of observations */
  uint32_t numbers; /* inputs that are numbers: dimensions, then those of a box of actions */
  uint32_t outputs; /* dim + 1: changes and the reward */
  size_t obs_size, belief_size;
  heed__basis basis;      /* features of observation and action */
  heed__basis end_basis;  /* fewer, of the next observation and the action: for the end */
  heed__basis size_basis; /* of observation and action: for how large the misfit is */
  heed__rows rows;        /* all below is a function of these, in their order */

  /* What the last fit fixed. */
  uint64_t fits;                /* how many there were; 0: nothing is learned */
  double *middle, *half;        /* [numbers] of the range of each input; half 0: constant */
  double *mean, *deviation;     /* [numbers] of inputs before, scaled */
  double *out_mean, *out_scale; /* [outputs]; scale 0: constant */
  double *fit_noise;            /* [dim] variances of the noise of changes, scaled */
  double *noise_share;          /* [dim] of the variance that the posterior takes for noise */
  double lengthscale;
  bool has_end; /* an end was seen */

  heed__regression change; /* dim outputs */
  /* The reward, with one more feature: is it the end. Unused while the reward is constant. */
  heed__regression reward;
  heed__logistic end;

  /* What is left of the change in each record when the misfit is estimated, as large as if it had not been learned
   * from; in the units of the observation. */
  heed__misfit misfit;
  double *residuals; /* owned, [residual_capacity][dim] */
  size_t residual_capacity;
  uint64_t misfit_count; /* records when the misfit was estimated last */
  double *block;         /* owned; all arrays of numbers above, and scratch */
  double *row;           /* scratch: features of whatever kind, and outputs */
  double *inputs;        /* scratch, [numbers + indicators] */
  double *scratch;       /* for the precision */
} linear;

/* Weights to predict with. A hypothesis is a block that holds these one after the other, and as its last 8
 * bytes the number of the fit that it belongs to. */
typedef struct linear_weights {
  const double *change; /* [dim][basis.size] */
  const double *reward; /* [basis.size + 1], the last is what the end pays more */
  const double *noise;  /* [dim] deviations; NULL: not known, they are drawn from their posterior */
  const double
      *waves; /* [dim][inputs + 2] the part of the misfit that stays; NULL: it is noise too */
} linear_weights;

/* Numbers, then indicators of actions. */
static inline size_t heed__linear_input_count(const linear *self) {
  return (size_t)self->numbers + self->basis.indicators;
}

/* Inputs x of a row of observation and action: scaled, clamped. */
void heed__linear_inputs(const linear *self, const float *obs, const void *action_row, double *x);

/* psi[size_basis.size] of inputs x. */
void heed__linear_size_features(const linear *self, const double *x, double *psi);

/* ---- linear_learn.c --------------------------------------------------------------------------- */

heed_status heed__linear_learn(void *self, const heed_experience *experience, size_t first,
                               size_t count, const heed_progress_sink *progress, heed_error *err);
void heed__linear_save(const void *self, heed_pack_writer *writer);
heed_status heed__linear_load(void *self, const heed_pack_value *map, heed_error *err);

/* ---- linear_predict.c ------------------------------------------------------------------------- */

size_t heed__linear_workspace_size(const void *self, size_t batch);
void heed__linear_predict(const void *self, heed_prediction *batch, size_t count, void *workspace);
void heed__linear_draw(const void *self, heed_rng *rng, void *hypothesis);
size_t heed__linear_hypothesis_size(const linear *self);

#endif
