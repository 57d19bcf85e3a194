/* network.h: values and policies that a network learned from searches: an evaluator (value.h).
 *
 *   what is seen  ->  hidden layers  ->  value   mean + deviation * y_0
 *                                    ->  policy  softmax(y_1 .. y_A)
 *
 * Cells go in as a one for the value that each of them has, a box as its numbers, scaled. It learns from positions
 * that were searched: the policy from the shares of the visits of their actions, the value from what came of
 * them, by the loss of AlphaZero (Silver et al. 2018, A general reinforcement learning algorithm that masters
 * chess, shogi, and Go through self-play, equation 1):
 *
 *     c (z - y_0)^2 - sum_a p_a log softmax(y)_a,     z the return of the position, scaled
 *
 * with Adam, whose weight decay stands for the norm of the weights there. The scale of values follows those it
 * learns from, and outputs stay as they are when it changes (Pop-Art: van Hasselt et al. 2016). Equal seeds and
 * equal examples give equal networks, to the bit. */
#ifndef HEED_VALUE_NETWORK_H
#define HEED_VALUE_NETWORK_H

#include "core/pack.h"
#include "core/params.h"
#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_value_network heed_value_network;

/* The parameters: width, depth, activation, learning_rate, weight_decay, value_weight, batch, seed. */
HEED_API const heed_param *heed_value_network_params(size_t *count);

/* A network that has learned nothing. `params` as text, NULL for the defaults; spaces are copied. Of actions
 * that are a box it knows no policy. Errors: HEED_ERR_ARG, HEED_ERR_NOMEM. */
HEED_API heed_status heed_value_network_create(const char *params, const heed_space *obs_space,
                                               const heed_space *action_space,
                                               heed_value_network **out, heed_error *err);
HEED_API void heed_value_network_destroy(heed_value_network *network); /* accepts NULL */

/* All borrowed from the network. The evaluator reads it: no fit meanwhile. */
HEED_API heed_evaluator heed_value_network_evaluator(const heed_value_network *network);
HEED_API const char *heed_value_network_params_of(const heed_value_network *network);
HEED_API const heed_space *heed_value_network_obs_space(const heed_value_network *network);
HEED_API const heed_space *heed_value_network_action_space(const heed_value_network *network);
/* Inputs, weights and biases, and steps of Adam so far. */
HEED_API void heed_value_network_sizes(const heed_value_network *network, uint32_t *inputs,
                                       size_t *weights, uint64_t *steps);

/* Positions that were searched; an array for each quantity, borrowed. */
typedef struct heed_value_examples {
  size_t count;
  const void *obs;       /* [count] rows of the obs_space */
  const float *policies; /* [count][discrete actions] shares of visits, their sum 1 */
  const float *values;   /* [count] discounted return from there on, reward units */
} heed_value_examples;

/* So many steps down the gradient of the loss of batches that `rng` draws from the examples. Errors:
 * HEED_ERR_NOMEM, HEED_ERR_NUMERIC when the weights are not finite any more. */
HEED_API heed_status heed_value_network_fit(heed_value_network *network,
                                            const heed_value_examples *examples, uint32_t steps,
                                            heed_rng *rng, heed_error *err);

/* How right the network is of examples, best ones that it did not learn from. */
typedef struct heed_value_report {
  size_t count;
  double value_error;  /* root of the mean squared error, reward units */
  double value_spread; /* the same of the mean of all values: what no network would reach */
  double policy_loss;  /* cross entropy, nats */
  double policy_least; /* entropy of what was searched: the least that the loss can be */
  double agreement;    /* share of positions whose most visited action is the network's likeliest */
} heed_value_report;

/* Errors: HEED_ERR_NOMEM; HEED_ERR_ARG when there are none. */
HEED_API heed_status heed_value_network_assess(const heed_value_network *network,
                                               const heed_value_examples *examples,
                                               heed_value_report *report, heed_error *err);

/* A file of kind "value". `card` may be NULL. Errors: as heed_pack_save and heed_pack_open; HEED_ERR_FORMAT for
 * contents that do not fit together. A loaded network goes on learning with new moments. */
HEED_API heed_status heed_value_network_save(const heed_value_network *network,
                                             const heed_card *card, const char *path,
                                             heed_error *err);
HEED_API heed_status heed_value_network_load(const char *path, heed_value_network **out,
                                             heed_card *card, heed_error *err);
HEED_API heed_status heed_value_network_load_memory(const void *bytes, size_t size,
                                                    heed_value_network **out, heed_card *card,
                                                    heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
