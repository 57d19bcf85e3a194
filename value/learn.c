/* learn.c: a value network learns from searches: loss, gradient, steps; and how right it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "value/inside.h"

double heed__value_loss(const heed_value_network *network, size_t count, const float *y,
                        const float *const *policies, const float *values, float *dy) {
  size_t outputs = 1 + (size_t)network->action_count;
  double weight = network->params.value_weight;
  double loss = 0;
  for (size_t i = 0; i < count; i++, y += outputs, dy += outputs) {
    double off = (double)(y[0] - values[i]);
    loss += weight * off * off;
    dy[0] = (float)(2 * weight * off / (double)count);
    double most = -HUGE_VAL;
    double sum = 0;
    for (uint32_t a = 0; a < network->action_count; a++) {
      most = (double)y[1 + a] > most ? (double)y[1 + a] : most;
    }
    for (uint32_t a = 0; a < network->action_count; a++) {
      sum += exp((double)y[1 + a] - most);
    }
    for (uint32_t a = 0; a < network->action_count; a++) {
      double log_p = (double)y[1 + a] - most - log(sum);
      double target = (double)policies[i][a];
      loss -= target * log_p;
      dy[1 + a] = (float)((exp(log_p) - target) / (double)count);
    }
  }
  return loss;
}

/* ---- scales ----------------------------------------------------------------------------------- */

/* Mean and deviation of count numbers, `stride` apart; the deviation of a constant is 1. */
static void measure(const float *numbers, size_t count, size_t stride, double *mean,
                    double *deviation) {
  double sum = 0;
  double squares = 0;
  for (size_t i = 0; i < count; i++) {
    sum += (double)numbers[i * stride];
  }
  *mean = sum / (double)count;
  for (size_t i = 0; i < count; i++) {
    double off = (double)numbers[i * stride] - *mean;
    squares += off * off;
  }
  *deviation = sqrt(squares / (double)count);
  *deviation = *deviation > 1e-6 * (1 + fabs(*mean)) ? *deviation : 1;
}

/* Puts the scale of values to that of the examples, and the last layer so that values stay as they are. */
static void rescale_values(heed_value_network *n, const heed_value_examples *examples) {
  double mean;
  double deviation;
  measure(examples->values, examples->count, 1, &mean, &deviation);
  heed__layer last = heed__network_layer(&n->shape, n->shape.layer_count - 1);
  float ratio = (float)(n->value_deviation / deviation);
  float shift = (float)((n->value_mean - mean) / deviation);
  for (uint32_t i = 0; n->is_scaled && i < last.rows; i++) {
    n->weights[last.weights + (size_t)i * last.cols] *= ratio;
  }
  if (n->is_scaled) {
    n->weights[last.bias] = n->weights[last.bias] * ratio + shift;
  }
  n->value_mean = mean;
  n->value_deviation = deviation;
}

/* The inputs of a box are scaled once, by what is met first. */
static void scale_inputs(heed_value_network *n, const heed_value_examples *examples) {
  size_t inputs = n->shape.widths[0];
  for (size_t i = 0; i < inputs; i++) {
    double mean;
    double deviation;
    measure((const float *)examples->obs + i, examples->count, inputs, &mean, &deviation);
    n->scales[i] = (float)mean;
    n->scales[inputs + i] = (float)(1 / deviation);
  }
}

/* ---- steps ------------------------------------------------------------------------------------ */

/* What a step works on, in one block; owned. */
typedef struct workbench {
  float *memory;
  float *x, *y, *trace, *gradient;
  const float **policies;
  float *values;
} workbench;

static bool workbench_init(workbench *w, const heed_value_network *n) {
  size_t batch = (size_t)n->params.batch;
  size_t inputs = batch * n->shape.widths[0];
  size_t outputs = batch * (1 + (size_t)n->action_count);
  size_t trace = heed__network_trace_size(&n->shape, batch);
  w->memory = calloc(inputs + outputs + trace + n->size + batch, sizeof *w->memory);
  w->policies = (const float **)calloc(batch, sizeof *w->policies);
  if (w->memory == NULL || w->policies == NULL) {
    return false;
  }
  w->x = w->memory;
  w->y = w->x + inputs;
  w->trace = w->y + outputs;
  w->gradient = w->trace + trace;
  w->values = w->gradient + n->size;
  return true;
}

static void workbench_deinit(workbench *w) {
  free(w->memory);
  free((void *)w->policies);
}

static void step(heed_value_network *n, const heed_value_examples *examples, heed_rng *rng,
                 workbench *w) {
  size_t batch = (size_t)n->params.batch;
  for (size_t i = 0; i < batch; i++) {
    size_t k = heed_rng_choice(rng, (uint32_t)examples->count);
    heed__value_inputs(n, (const unsigned char *)examples->obs + k * n->obs_size,
                       w->x + i * n->shape.widths[0]);
    w->policies[i] = examples->policies + k * n->action_count;
    w->values[i] = (float)(((double)examples->values[k] - n->value_mean) / n->value_deviation);
  }
  heed__network_forward(&n->shape, n->weights, batch, w->x, w->y, w->trace);
  (void)heed__value_loss(n, batch, w->y, w->policies, w->values, w->y);
  heed__network_backward(&n->shape, n->weights, batch, w->x, w->y, w->trace, w->gradient, NULL);
  heed__adam_step(&n->adam, &n->shape, w->gradient, n->weights, n->moments);
}

heed_status heed_value_network_fit(heed_value_network *network, const heed_value_examples *examples,
                                   uint32_t steps, heed_rng *rng, heed_error *err) {
  workbench w = {0};
  if (examples->count == 0 || steps == 0) {
    return HEED_OK;
  }
  if (examples->count > UINT32_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "value network: %zu examples, at most 2^32 - 1 expected",
                     examples->count);
  }
  if (network->moments == NULL) {
    network->moments = calloc(2 * network->size, sizeof *network->moments);
  }
  if (network->moments == NULL || !workbench_init(&w, network)) {
    workbench_deinit(&w);
    return heed_fail(err, HEED_ERR_NOMEM, "value network: no memory to learn");
  }
  if (!network->is_scaled && network->scales != NULL) {
    scale_inputs(network, examples);
  }
  rescale_values(network, examples);
  network->is_scaled = true;
  for (uint32_t i = 0; i < steps; i++) {
    step(network, examples, rng, &w);
  }
  workbench_deinit(&w);
  for (size_t i = 0; i < network->size; i++) {
    if (!isfinite(network->weights[i])) {
      return heed_fail(err, HEED_ERR_NUMERIC,
                       "value network: weights are not finite; learn more slowly (learning_rate)");
    }
  }
  return HEED_OK;
}

/* ---- how right it is -------------------------------------------------------------------------- */

static uint32_t highest(const float *numbers, uint32_t count) {
  uint32_t best = 0;
  for (uint32_t a = 1; a < count; a++) {
    best = numbers[a] > numbers[best] ? a : best;
  }
  return best;
}

/* Adds what example k is told to what is summed so far. */
static void add_example(const heed_value_network *n, const heed_value_examples *examples, size_t k,
                        const float *y, heed_value_report *sum) {
  const float *policy = examples->policies + k * n->action_count;
  double off = n->value_mean + n->value_deviation * (double)y[0] - (double)examples->values[k];
  sum->value_error += off * off;
  for (uint32_t a = 0; a < n->action_count; a++) {
    double target = (double)policy[a];
    /* e^-60 is what the network calls impossible (kernel.h) */
    sum->policy_loss -= target > 0 ? target * log(fmax((double)y[1 + a], 1e-26)) : 0;
    sum->policy_least -= target > 0 ? target * log(target) : 0;
  }
  sum->agreement += n->action_count > 0 && policy[highest(y + 1, n->action_count)] ==
                                               policy[highest(policy, n->action_count)];
}

heed_status heed_value_network_assess(const heed_value_network *network,
                                      const heed_value_examples *examples,
                                      heed_value_report *report, heed_error *err) {
  size_t inputs = network->shape.widths[0];
  size_t outputs = 1 + (size_t)network->action_count;
  size_t infer = heed__network_infer_size(&network->shape, HEED__VALUE_BLOCK);
  *report = (heed_value_report){.count = examples->count};
  if (examples->count == 0) {
    return heed_fail(err, HEED_ERR_ARG, "value network: no examples to be measured on");
  }
  float *x = calloc(HEED__VALUE_BLOCK * (inputs + outputs) + infer, sizeof *x);
  if (x == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "value network: no memory");
  }
  float *y = x + HEED__VALUE_BLOCK * inputs;
  for (size_t done = 0; done < examples->count; done += HEED__VALUE_BLOCK) {
    size_t left = examples->count - done;
    size_t rows = left < HEED__VALUE_BLOCK ? left : HEED__VALUE_BLOCK;
    for (size_t i = 0; i < rows; i++) {
      heed__value_inputs(network,
                         (const unsigned char *)examples->obs + (done + i) * network->obs_size,
                         x + i * inputs);
    }
    heed__value_outputs(network, rows, x, y, y + HEED__VALUE_BLOCK * outputs);
    for (size_t i = 0; i < rows; i++) {
      add_example(network, examples, done + i, y + i * outputs, report);
    }
  }
  free(x);
  double mean;
  double count = (double)examples->count;
  measure(examples->values, examples->count, 1, &mean, &report->value_spread);
  report->value_error = sqrt(report->value_error / count);
  report->policy_loss /= count;
  report->policy_least /= count;
  report->agreement /= count;
  return HEED_OK;
}
