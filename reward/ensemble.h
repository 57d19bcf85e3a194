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
  uint32_t dense;      /* numbers of box observations (before, after) and of box actions */
  uint32_t sparse;     /* places of values, of changes, of discrete actions */
  uint32_t active_max; /* ones of a row at most */
  heed__network network, rest;
  size_t network_size, rest_offset;
  size_t choices; /* that it was fitted to */
  float *scales;  /* owned, [2 * dense]: means, 1 / deviations; NULL: nothing learned */
  float *weights; /* owned, [members][network_size]; NULL: nothing learned */
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

/* The first hidden layer of rows[count] of `inputs` (NULL: 0 .. count - 1): units[count][width], and
 * their slopes (NULL: not needed). `numbers` is scratch, [count][dense]. */
void heed__reward_first_layer(const ensemble *self, const float *params,
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
  double unit;         /* reward per unit of a network's output */
  float *numbers;      /* owned, [steps][dense] */
  uint32_t *places;    /* owned, [steps][active_max] */
  uint32_t *ones;      /* owned, [steps] */
  size_t *group;       /* owned, [choices] */
} ensemble_data;

/* Errors: HEED_ERR_NOMEM. `data` is to be released, also after a failure. scales[2 * dense] are filled. */
heed_status heed__reward_data_init(ensemble_data *data, const ensemble *self,
                                   const heed_choices *choices, float *scales, heed_error *err);
void heed__reward_data_deinit(ensemble_data *data);

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
