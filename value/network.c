#include "value/network.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "value/inside.h"

/* Inputs and outputs: more are refused, since a file may claim any size of space. */
enum { WIDE = 65536 };

static const heed_param params_table[] = {
    {"width", HEED_PARAM_INT, offsetof(heed__value_params, width), "64", 1, 4096, NULL, "units",
     "of each hidden layer"},
    {"depth", HEED_PARAM_INT, offsetof(heed__value_params, depth), "2", 0,
     HEED__NETWORK_LAYERS_MAX - 1, NULL, "layers", "hidden ones"},
    {"activation", HEED_PARAM_CHOICE, offsetof(heed__value_params, activation), "relu", 0, 0,
     "tanh|relu|swish", "", "of hidden units"},
    {"learning_rate", HEED_PARAM_REAL, offsetof(heed__value_params, learning_rate), "0.002", 1e-9,
     1, NULL, "", "of Adam"},
    {"weight_decay", HEED_PARAM_REAL, offsetof(heed__value_params, weight_decay), "1e-4", 0, 10,
     NULL, "", "per step, relative to the learning rate"},
    {"value_weight", HEED_PARAM_REAL, offsetof(heed__value_params, value_weight), "1", 0, 1e6, NULL,
     "", "of the error of values beside that of policies"},
    {"batch", HEED_PARAM_INT, offsetof(heed__value_params, batch), "64", 1, 4096, NULL, "examples",
     "of a step"},
    {"seed", HEED_PARAM_INT, offsetof(heed__value_params, seed), "1", 0, 2147483647, NULL, "",
     "of the first weights"},
};

const heed_param *heed_value_network_params(size_t *count) {
  *count = sizeof params_table / sizeof params_table[0];
  return params_table;
}

/* Inputs of an observation; WIDE + 1 when there are too many. */
static uint32_t count_inputs(const heed_space *space) {
  uint64_t sum = space->kind == HEED_SPACE_BOX ? space->count : 0;
  for (uint32_t i = 0; space->kind == HEED_SPACE_CELLS && i < space->count && sum <= WIDE; i++) {
    sum += heed_space_values(space, i);
  }
  return sum <= WIDE ? (uint32_t)sum : WIDE + 1;
}

heed_status heed__value_build(const char *params, const heed_space *obs_space,
                              const heed_space *action_space, heed_value_network **out,
                              heed_error *err) {
  *out = NULL;
  heed_value_network *n = calloc(1, sizeof *n);
  if (n == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "value network: no memory");
  }
  size_t count;
  const heed_param *table = heed_value_network_params(&count);
  heed_status status = heed_params_parse(table, count, params, &n->params, err);
  if (status == HEED_OK) {
    status =
        heed_params_format(table, count, &n->params, n->params_text, sizeof n->params_text, err);
  }
  if (status == HEED_OK) {
    status = heed_space_check_pair(obs_space, action_space, err);
  }
  uint32_t inputs = status == HEED_OK ? count_inputs(obs_space) : 0;
  n->action_count = action_space->kind == HEED_SPACE_DISCRETE ? action_space->count : 0;
  if (status == HEED_OK && (inputs > WIDE || n->action_count > WIDE)) {
    status = heed_fail(err, HEED_ERR_ARG,
                       "value network: more than %d inputs or actions; observe less", WIDE);
  }
  if (status == HEED_OK) {
    status = heed_space_copy(&n->obs_space, obs_space, err);
  }
  if (status == HEED_OK) {
    status = heed_space_copy(&n->action_space, action_space, err);
  }
  if (status != HEED_OK) {
    heed_value_network_destroy(n);
    return status;
  }
  n->obs_size = heed_space_size(&n->obs_space);
  n->shape = heed__network_of(inputs, (uint32_t)n->params.width, (uint32_t)n->params.depth,
                              1 + n->action_count, (heed__activation)n->params.activation);
  n->size = heed__network_size(&n->shape);
  n->value_deviation = 1;
  n->adam = heed__adam_of(n->params.learning_rate, n->params.weight_decay);
  *out = n;
  return HEED_OK;
}

heed_status heed_value_network_create(const char *params, const heed_space *obs_space,
                                      const heed_space *action_space, heed_value_network **out,
                                      heed_error *err) {
  heed_status status = heed__value_build(params, obs_space, action_space, out, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_value_network *n = *out;
  uint32_t inputs = n->shape.widths[0];
  bool is_box = n->obs_space.kind == HEED_SPACE_BOX;
  n->weights = calloc(n->size, sizeof *n->weights);
  n->scales = is_box ? calloc(2 * (size_t)inputs, sizeof *n->scales) : NULL;
  if (n->weights == NULL || (is_box && n->scales == NULL)) {
    heed_value_network_destroy(n);
    *out = NULL;
    return heed_fail(err, HEED_ERR_NOMEM, "value network: no memory for %zu weights", n->size);
  }
  for (uint32_t i = 0; is_box && i < inputs; i++) {
    n->scales[inputs + i] = 1;
  }
  heed_rng rng;
  heed_rng_init(&rng, (uint64_t)n->params.seed);
  heed__network_init(&n->shape, &rng, n->weights);
  return HEED_OK;
}

void heed_value_network_destroy(heed_value_network *network) {
  if (network == NULL) {
    return;
  }
  heed_space_deinit(&network->obs_space);
  heed_space_deinit(&network->action_space);
  free(network->weights);
  free(network->moments);
  free(network->scales);
  free(network);
}

const char *heed_value_network_params_of(const heed_value_network *network) {
  return network->params_text;
}

const heed_space *heed_value_network_obs_space(const heed_value_network *network) {
  return &network->obs_space;
}

const heed_space *heed_value_network_action_space(const heed_value_network *network) {
  return &network->action_space;
}

void heed_value_network_sizes(const heed_value_network *network, uint32_t *inputs, size_t *weights,
                              uint64_t *steps) {
  *inputs = network->shape.widths[0];
  *weights = network->size;
  *steps = network->adam.step;
}

/* ---- evaluation ------------------------------------------------------------------------------- */

void heed__value_inputs(const heed_value_network *network, const void *obs, float *x) {
  uint32_t inputs = network->shape.widths[0];
  if (network->obs_space.kind == HEED_SPACE_BOX) {
    const float *numbers = obs;
    for (uint32_t i = 0; i < inputs; i++) {
      x[i] = (numbers[i] - network->scales[i]) * network->scales[inputs + i];
    }
    return;
  }
  const uint8_t *cells = obs;
  memset(x, 0, inputs * sizeof *x);
  for (uint32_t i = 0; i < network->obs_space.count; i++) {
    x[cells[i]] = 1;
    x += heed_space_values(&network->obs_space, i);
  }
}

/* Turns logits[count] into probabilities. */
static void soften(const heed__kernel *kernel, uint32_t count, float *logits) {
  float most = logits[0];
  for (uint32_t a = 1; a < count; a++) {
    most = logits[a] > most ? logits[a] : most;
  }
  for (uint32_t a = 0; a < count; a++) {
    logits[a] -= most;
  }
  kernel->exp(count, logits, logits);
  float sum = 0;
  for (uint32_t a = 0; a < count; a++) {
    sum += logits[a];
  }
  for (uint32_t a = 0; a < count; a++) {
    logits[a] /= sum;
  }
}

void heed__value_outputs(const heed_value_network *network, size_t count, const float *x, float *y,
                         float *workspace) {
  const heed__kernel *kernel = heed__kernel_best();
  heed__network_infer(&network->shape, network->weights, count, x, y, workspace);
  for (size_t i = 0; i < count && network->action_count > 0; i++) {
    soften(kernel, network->action_count, y + i * (1 + (size_t)network->action_count) + 1);
  }
}

/* Floats of inputs and outputs of a block. */
static size_t block_floats(const heed_value_network *network) {
  return HEED__VALUE_BLOCK * ((size_t)network->shape.widths[0] + 1 + network->action_count);
}

static size_t workspace_size(const void *self, size_t batch) {
  const heed_value_network *network = self;
  (void)batch;
  return sizeof(float) *
         (block_floats(network) + heed__network_infer_size(&network->shape, HEED__VALUE_BLOCK));
}

static void evaluate_block(const heed_value_network *network, heed_evaluation *rows, size_t count,
                           float *workspace) {
  size_t inputs = network->shape.widths[0];
  size_t outputs = 1 + (size_t)network->action_count;
  float *x = workspace;
  float *y = x + HEED__VALUE_BLOCK * inputs;
  for (size_t i = 0; i < count; i++) {
    heed__value_inputs(network, rows[i].obs, x + i * inputs);
  }
  heed__value_outputs(network, count, x, y, workspace + block_floats(network));
  for (size_t i = 0; i < count; i++, y += outputs) {
    rows[i].value = network->value_mean + network->value_deviation * (double)y[0];
    for (uint32_t a = 0; rows[i].prior != NULL && a < rows[i].action_count; a++) {
      rows[i].prior[a] = (double)y[1 + a];
    }
  }
}

static void evaluate(const void *self, heed_evaluation *rows, size_t count, void *workspace) {
  for (size_t done = 0; done < count; done += HEED__VALUE_BLOCK) {
    size_t left = count - done;
    evaluate_block(self, rows + done, left < HEED__VALUE_BLOCK ? left : HEED__VALUE_BLOCK,
                   workspace);
  }
}

heed_evaluator heed_value_network_evaluator(const heed_value_network *network) {
  return (heed_evaluator){network, workspace_size, evaluate};
}
