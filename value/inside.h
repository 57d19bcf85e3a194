/* inside.h: what the files of the value network share. Internal; the idea is told in network.h. */
#ifndef HEED_VALUE_INSIDE_H
#define HEED_VALUE_INSIDE_H

#include "core/network.h"
#include "value/network.h"

/* Rows that are evaluated together. */
enum { HEED__VALUE_BLOCK = 64 };

typedef struct heed__value_params {
  int32_t width, depth, activation;
  double learning_rate, weight_decay, value_weight;
  int32_t batch, seed;
} heed__value_params;

struct heed_value_network {
  heed__value_params params;
  char params_text[256];
  heed_space obs_space, action_space; /* owned */
  size_t obs_size;
  uint32_t action_count; /* of the policy; 0: none */
  heed__network shape;   /* outputs: the value, then the logits */
  size_t size;           /* floats of the weights */
  float *weights;        /* [size] owned */
  float *moments;        /* [2 * size] owned, of Adam; NULL until it learns */
  float *scales;         /* [2][inputs] owned, of a box: mean and 1 / deviation; NULL for cells */
  bool is_scaled;        /* scales and value_mean, value_deviation come from examples */
  double value_mean, value_deviation;
  heed__adam adam;
};

/* All but weights and scales, so that a file is asked for as much as it really holds. Errors: HEED_ERR_ARG,
 * HEED_ERR_NOMEM. */
heed_status heed__value_build(const char *params, const heed_space *obs_space,
                              const heed_space *action_space, heed_value_network **out,
                              heed_error *err);

/* Writes the inputs of an observation: x[inputs]. */
void heed__value_inputs(const heed_value_network *network, const void *obs, float *x);

/* The outputs of rows[count] <= HEED__VALUE_BLOCK inputs: y[count][1 + action_count], logits turned into
 * probabilities; workspace: heed__network_infer_size floats. */
void heed__value_outputs(const heed_value_network *network, size_t count, const float *x, float *y,
                         float *workspace);

/* The summed loss of y[count][1 + action_count], network outputs, with the targets policies[count] and
 * values[count] (scaled); dy, of the same shape, receives the gradient of their mean. May be y itself. */
double heed__value_loss(const heed_value_network *network, size_t count, const float *y,
                        const float *const *policies, const float *values, float *dy);

#endif
