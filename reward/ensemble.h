/* ensemble.h: what the files of the ensemble share. Internal; the idea is told in ensemble.c. */
#ifndef HEED_REWARD_ENSEMBLE_H
#define HEED_REWARD_ENSEMBLE_H

#include "core/network.h"
#include "reward/manner.h"
#include "reward/reward.h"
#include "reward/steps.h"

/* Rows that are scored together. */
#define ENSEMBLE_BLOCK 64

/* A choice counts at most so often for a member. */
#define ENSEMBLE_MULTIPLICITY_MAX 16

/* Kinds of inputs (ensemble_groups.c), and random features of doubts (ensemble_doubt.c). */
#define ENSEMBLE_GROUPS   5
#define ENSEMBLE_FEATURES 128

/* Inputs: more are refused, since a file may claim any size of space. */
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
  bool bootstrap;
  double holdout;
  double prior_scale;
  double discount;
  double beta_spread;
  bool infer_mistakes;
  int32_t seed;
} ensemble_params;

/* A network's inputs are `dense` numbers, then `sparse` places that are 0 but for a few ones. The first
 * layer is a product for the former and a sum of rows of its weights for the latter; the `rest` of the
 * network, from the first hidden layer on, is a network of its own behind it in the same block. */
typedef struct ensemble {
  ensemble_params params;
  const heed_space *obs_space, *action_space; /* borrowed from the model */
  size_t obs_size;
  uint32_t dense;  /* numbers of box observations (before, after) and of box actions */
  uint32_t sparse; /* places of values, of changes, of discrete actions */
  uint32_t inputs; /* of both sorts */
  uint32_t groups[ENSEMBLE_GROUPS]; /* of the inputs: numbers, values of cells, what they were,
                                       changes, actions */
  uint32_t active_max;              /* ones of a row at most */
  heed__network network, rest;
  size_t network_size, rest_offset;
  size_t choices; /* that it was fitted to */
  float *scales;  /* owned, [2 * dense]: means, 1 / deviations; NULL: nothing learned */
  float *weights; /* owned, [members][network_size]; NULL: nothing learned */
  /* Owned; NULL: none, as in files of before there were doubts. */
  float *
      features; /* [inputs + 1][ENSEMBLE_FEATURES] a layer of weights and biases, the same for all */
  float *doubts; /* [members][ENSEMBLE_FEATURES] what each adds of them */
} ensemble;

/* The inputs of `count` rows; borrowed. */
typedef struct ensemble_inputs {
  const float *numbers;   /* [count][dense] scaled */
  const uint32_t *places; /* [count][active_max] the places of the ones, with repetitions */
  const uint32_t *ones;   /* [count] how many there are */
} ensemble_inputs;

/* Writes the inputs of a step: numbers[dense], places[active_max]; returns how many ones there are. */
uint32_t heed__reward_inputs(const ensemble *self, const float *scales, const heed_step *step,
                             float *numbers, uint32_t *places);

/* The number i < dense of a step, before it is scaled. */
double heed__reward_number(const ensemble *self, const heed_step *step, size_t i);

/* A layer of `width` units of rows[count] of `inputs` (NULL: 0 .. count - 1), by params, weights
 * [inputs][width] and biases [width]: units[count][width], and their slopes (NULL: not needed). `numbers` is
 * scratch, [count][dense]; needed with rows. */
void heed__reward_layer(const ensemble *self, const float *params, size_t width,
                        const ensemble_inputs *inputs, const uint32_t *rows, size_t count,
                        float *numbers, float *units, float *slopes);

/* ---- learning: ensemble_fit.c ---------------------------------------------------------------- */

/* Fits all members afresh: fills weights, scales, choices. Errors: HEED_ERR_NOMEM, HEED_ERR_NUMERIC,
 * HEED_ERR_STATE when `progress` asks to stop; what there was stands then. */
heed_status heed__reward_fit(ensemble *self, const heed_choices *choices,
                             const heed_progress_sink *progress, heed_reward_report *report,
                             heed_error *err);

/* ---- what is learned from: ensemble_data.c ----------------------------------------------------- */

/* How often member m trains on the choices of group g: Poisson(1) numbers, a function of seed, m and g.
 * What it does not train on tells it when to stop. */
uint32_t heed__reward_multiplicity(const ensemble *self, uint32_t m, size_t group);

/* The group of each choice: group[choices], the number of its first choice. Choices that share an option
 * are of one group. Errors: HEED_ERR_NOMEM. */
heed_status heed__reward_groups(const heed__steps *steps, size_t choices, size_t *group,
                                heed_error *err);

/* What all members train on; borrowed, but for the arrays. */
typedef struct ensemble_data {
  const heed_choices *choices;
  heed__steps steps;   /* owned */
  heed__manner manner; /* owned */
  double stated_unit;  /* 1 / beta, of the geometric mean of what the choices state */
  double unit;         /* reward per unit of a network's output: that, while it learns */
  float *numbers;      /* owned, [steps][dense] */
  uint32_t *places;    /* owned, [steps][active_max] */
  uint32_t *ones;      /* owned, [steps] */
  size_t *group;       /* owned, [choices] */
  double *mean;        /* owned, [inputs] over the steps that were shown */
  double deviation[ENSEMBLE_GROUPS]; /* of a weight of each group, for units of variance 1 */
} ensemble_data;

/* Errors: HEED_ERR_NOMEM. `data` is to be released, also after a failure. scales[2 * dense] are filled. */
heed_status heed__reward_data_init(ensemble_data *data, const ensemble *self,
                                   const heed_choices *choices, float *scales, heed_error *err);
void heed__reward_data_deinit(ensemble_data *data);

/* Measures data->mean and data->deviation: ensemble_groups.c. Errors: HEED_ERR_NOMEM. */
heed_status heed__reward_groups_measure(const ensemble *self, const float *scales,
                                        ensemble_data *data, heed_error *err);

/* Adds doubts to members, around value[steps], what they say in the mean, and theta, how people answer: fills
 * features[inputs + 1][ENSEMBLE_FEATURES] and doubts[members][ENSEMBLE_FEATURES], and takes what the doubts are
 * in the mean off weights[members][network_size] where answers do not tell it: ensemble_doubt.c. Errors:
 * HEED_ERR_NOMEM, HEED_ERR_NUMERIC. */
heed_status heed__reward_doubt(const ensemble *self, const ensemble_data *data, const double *value,
                               const double *theta, float *weights, float *features, float *doubts,
                               heed_error *err);

/* ---- one training step: ensemble_step.c ------------------------------------------------------- */

/* Room for forwards and backwards of a member; one block. */
typedef struct ensemble_scratch {
  uint32_t *rows; /* [steps] the steps of a batch */
  uint32_t *row;  /* [steps] the row of each + 1, 0: not in the batch */
  double *value;  /* [steps] what the network says of each, then the gradient by it */
  double *pull;   /* [steps] */
  float *numbers, *units, *slopes, *outputs, *trace, *below;
  void *memory; /* owned */
} ensemble_scratch;

bool heed__reward_scratch_init(ensemble_scratch *s, const ensemble *self,
                               const ensemble_data *data);
void heed__reward_scratch_deinit(ensemble_scratch *s);

/* Minus the mean log-likelihood of the choices list[count], each as often as it is listed, under params
 * and theta; gradient[network_size] of it by the parameters, overwritten; NULL: not needed. */
double heed__reward_loss(const ensemble *self, const ensemble_data *data, const uint32_t *list,
                         size_t count, const float *params, const double *theta, float *gradient,
                         ensemble_scratch *s);

/* What a network says of all steps: s->value[steps], in its own units. */
void heed__reward_values(const ensemble *self, const ensemble_data *data, const float *params,
                         ensemble_scratch *s);

/* One step of Newton's method for theta[manner.count], the rewards s->value held fixed (none where the
 * curvature is not positive definite); then the mean of log beta over all answers becomes what is stated.
 * room[manner.count * (manner.count + 1)] is scratch. */
void heed__reward_manner_step(const ensemble_data *data, const uint32_t *list, size_t count,
                              double *theta, double *room, const ensemble_scratch *s);

#endif
