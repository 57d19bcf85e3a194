/* ensemble.h: what the files of the ensemble share. Internal; the idea is told in ensemble.c. */
#ifndef HEED_DYNAMICS_ENSEMBLE_H
#define HEED_DYNAMICS_ENSEMBLE_H

#include "core/network.h"
#include "dynamics/rows.h"

/* Rows that are predicted together. */
#define ENSEMBLE_BLOCK 64

/* Features in and numbers out: more are refused, since a file may claim any size of space. */
#define ENSEMBLE_WIDE 65536

typedef struct ensemble_params {
  int32_t members;
  int32_t width;
  int32_t depth;
  int32_t activation;
  double learning_rate;
  double weight_decay;
  int32_t batch;
  int32_t epochs;
  int32_t patience;
  double holdout;
  bool bootstrap;
  double refit;
  int32_t seed;
} ensemble_params;

/* What a fit leaves. All owned; NULL before the first. */
typedef struct ensemble_fit {
  size_t count; /* records that it was made from, the first so many; 0: none */
  float *
      scales; /* [2 * (numbers + gaussians)]: mean and 1 / deviation of the numbers that go in, mean
                     and deviation of what is predicted */
  float *shifts;  /* [gaussians] added to log variances, so that they hold on new data */
  float *weights; /* [members][network_size] */
} ensemble_fit;

/* A network's output, in this order: */
typedef struct ensemble_layout {
  uint32_t logits; /* of all values of all cells; 0 for a box */
  uint32_t
      gaussians; /* changes of a box, [dim], then the reward: means, and as many log variances */
  uint32_t mean, log_variance, terminal; /* offsets; terminal is the logit of the end */
  uint32_t size;
} ensemble_layout;

typedef struct ensemble {
  ensemble_params params;
  const heed_space *obs_space, *action_space; /* borrowed from the model */
  size_t obs_size, action_size, belief_size;
  uint32_t dim;      /* dimensions of a box, or cells */
  uint32_t numbers;  /* features that are scaled: a box of observations, a box of actions */
  uint32_t features; /* in all */
  ensemble_layout layout;
  heed__network network;
  size_t network_size;
  heed__rows records;
  ensemble_fit fit;
} ensemble;

/* The halves of scales. */
typedef struct ensemble_scales {
  float *in_mean, *in_scale; /* [numbers] feature = (x - mean) * scale */
  float *out_mean,
      *out_scale; /* [gaussians] change or reward = mean + scale * output; 0: constant */
} ensemble_scales;
ensemble_scales heed__ensemble_scales(const ensemble *self, float *scales);
size_t heed__ensemble_scales_size(const ensemble *self); /* floats */

/* The features of an observation and an action (rows of their spaces) under `scales`. */
void heed__ensemble_features(const ensemble *self, const float *scales, const void *obs,
                             const void *action_row, float *x);

/* ---- heads: ensemble_head.c ------------------------------------------------------------------ */

/* What a transition should have been predicted to be. Borrowed. */
typedef struct ensemble_target {
  const void *obs, *next_obs;
  double reward;
  bool is_terminal;
} ensemble_target;

ensemble_target heed__ensemble_target(const ensemble *self, size_t record);

/* -log P(target | y) in nats, scaled units, without constants. y[layout.size] is turned into the gradient
 * that a network is trained with. */
double heed__ensemble_loss(const ensemble *self, const float *scales, const ensemble_target *target,
                           float *y);

/* What y says of the normal variables, and what they were, scaled: out[gaussians]. Without shifts. */
typedef struct ensemble_normal {
  double value, mean, variance;
} ensemble_normal;
void heed__ensemble_normals(const ensemble *self, const float *scales,
                            const ensemble_target *target, const float *y, ensemble_normal *out);

/* Turns the logits of cells in y into probabilities, given what they are now; of a box: nothing. What
 * follows takes outputs after this. */
void heed__ensemble_settle(const ensemble *self, const void *obs, float *y);

/* Draws next observation, reward and end of p from y, an output of one member. */
void heed__ensemble_imagine(const ensemble *self, const float *y, heed_prediction *p);

/* Mutual information between member and prediction, in nats, summed over what is predicted:
 * y[members][stride]. */
double heed__ensemble_information(const ensemble *self, const float *y, size_t stride);

/* ---- learning: ensemble_learn.c, ensemble_fit.c ---------------------------------------------- */

/* How often member m trains on record i: Poisson(1) numbers, a function of seed, m and i; 1 without
 * bootstrap, 0 for records that are held out. */
uint32_t heed__ensemble_multiplicity(const ensemble *self, uint32_t m, size_t i);
bool heed__ensemble_is_held_out(const ensemble *self, size_t i);

/* Fits all members afresh to all records. Errors: HEED_ERR_NOMEM, HEED_ERR_NUMERIC; the fit that there
 * was stands then. */
heed_status heed__ensemble_fit_all(ensemble *self, const heed_progress_sink *progress,
                                   heed_error *err);
void heed__ensemble_fit_deinit(ensemble_fit *fit);

/* Sets the shifts of a fit from held[held_count] records: ensemble_calibrate.c. False: no memory. */
bool heed__ensemble_calibrate(const ensemble *self, ensemble_fit *fit, const uint32_t *held,
                              size_t held_count);

heed_status heed__ensemble_learn(void *self_, const heed_experience *experience, size_t first,
                                 size_t count, const heed_progress_sink *progress, heed_error *err);

/* ---- prediction and files -------------------------------------------------------------------- */

size_t heed__ensemble_workspace_size(const void *self_, size_t batch);
void heed__ensemble_predict(const void *self_, heed_prediction *batch, size_t count,
                            void *workspace);
void heed__ensemble_save(const void *self_, heed_pack_writer *writer);
heed_status heed__ensemble_load(void *self_, const heed_pack_value *map, heed_error *err);

#endif
