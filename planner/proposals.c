/* proposals.c: which sequences of actions to try: CEM, iCEM and MPPI.
 *
 * Each number of each step is drawn from a normal distribution and clipped to its bounds. With candidates
 * i, their returns R_i, and K elites, those of highest return:
 *
 *   cem    mean, deviation <- those of the elites               Rubinstein 1999; Chua et al. 2018 (PETS)
 *   icem   the same; coloured noise, fewer candidates in each   Pinneri et al. 2020, algorithm 1
 *          iteration, elites are kept, also for the next
 *          decision; the mean is tried itself at last
 *   mppi   mean <- sum_i w_i actions_i, w_i ~ exp((R_i - max R) / temperature); the deviation stays
 *                                                               Williams et al. 2017, eq. 26 and 34
 *
 * What noise and effort cost belongs to the reward: the cost of control that MPPI derives from its noise is
 * left out. What was fitted is mixed with what was before by `momentum`. cem and mppi act by the mean, icem by
 * the best candidate. The next decision begins with the mean, one step on, and the first deviation. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/trajectories.h"

static double centre(const heed_trajectories *t, uint32_t dim) {
  return 0.5 * ((double)t->low[dim] + (double)t->high[dim]);
}

static double half_range(const heed_trajectories *t, uint32_t dim) {
  return 0.5 * ((double)t->high[dim] - (double)t->low[dim]);
}

static float clip(const heed_trajectories *t, uint32_t dim, double value) {
  float v = (float)value;
  v = v < t->low[dim] ? t->low[dim] : v;
  return v > t->high[dim] ? t->high[dim] : v;
}

static size_t sequence_size(const heed_trajectories *t) {
  return (size_t)t->horizon * t->dims;
}

uint32_t heed__proposals_count(const heed_planner_config *config, uint32_t iteration) {
  double candidates = floor((double)config->simulations / config->particles);
  double decay = config->method == HEED_METHOD_ICEM ? config->decay : 1;
  double shares = 0;
  for (uint32_t i = 0; i < config->iterations; i++) {
    shares += pow(decay, -(double)i);
  }
  return (uint32_t)floor(candidates * pow(decay, -(double)iteration) / shares);
}

uint32_t heed__proposals_elites(const heed_planner_config *config) {
  double count = round(config->elites * heed__proposals_count(config, 0));
  return count > 2 ? (uint32_t)count : 2;
}

static void reset_deviation(heed_trajectories *t, const heed_planner_config *config) {
  for (uint32_t i = 0; i < sequence_size(t); i++) {
    t->deviation[i] = config->noise * half_range(t, i % t->dims);
  }
}

void heed__proposals_reset(heed_trajectories *t, const heed_planner_config *config) {
  for (uint32_t i = 0; i < sequence_size(t); i++) {
    t->mean[i] = centre(t, i % t->dims);
  }
  reset_deviation(t, config);
  t->kept = 0;
  t->is_fitted = false;
}

void heed__proposals_shift(heed_trajectories *t, const heed_planner_config *config) {
  size_t rest = sequence_size(t) - t->dims;
  memmove(t->mean, t->mean + t->dims, rest * sizeof *t->mean);
  for (uint32_t k = 0; k < t->kept; k++) {
    float *elite = t->elite_actions + k * sequence_size(t);
    memmove(elite, elite + t->dims, rest * sizeof *elite);
  }
  for (uint32_t d = 0; d < t->dims; d++) {
    t->mean[rest + d] = centre(t, d);
    for (uint32_t k = 0; k < t->kept; k++) {
      t->elite_actions[k * sequence_size(t) + rest + d] = (float)centre(t, d);
    }
  }
  reset_deviation(t, config);
}

static void draw_one(heed_trajectories *t, uint32_t candidate, heed_rng *rng) {
  float *actions = t->actions + candidate * sequence_size(t);
  for (uint32_t d = 0; d < t->dims; d++) {
    heed__noise_draw(&t->noise, rng, t->sequence);
    for (uint32_t s = 0; s < t->horizon; s++) {
      uint32_t i = s * t->dims + d;
      actions[i] = clip(t, d, t->mean[i] + t->deviation[i] * t->sequence[s]);
    }
  }
}

void heed__proposals_draw(heed_trajectories *t, const heed_planner_config *config,
                          uint32_t iteration, heed_rng *rng) {
  size_t size = sequence_size(t);
  uint32_t count = heed__proposals_count(config, iteration);
  memcpy(t->drawn_mean, t->mean, size * sizeof *t->mean);
  memcpy(t->drawn_deviation, t->deviation, size * sizeof *t->deviation);
  uint32_t n = t->kept;
  memcpy(t->actions, t->elite_actions, n * size * sizeof *t->actions);
  bool tries_mean = config->method == HEED_METHOD_ICEM && iteration + 1 == config->iterations;
  if (tries_mean) {
    for (uint32_t i = 0; i < size; i++) {
      t->actions[n * size + i] = clip(t, i % t->dims, t->mean[i]);
    }
    n++;
  }
  assert(n <= count && count <= t->capacity);
  for (; n < count; n++) {
    draw_one(t, n, rng);
  }
  t->population = count;
}

/* Lists candidates by return, the best first; the earlier of equal ones. Only the elites are in order. */
static void rank(heed_trajectories *t, uint32_t wanted) {
  for (uint32_t i = 0; i < t->population; i++) {
    t->order[i] = i;
  }
  for (uint32_t k = 0; k < wanted; k++) {
    uint32_t best = k;
    for (uint32_t i = k + 1; i < t->population; i++) {
      double a = t->returns[t->order[i]];
      double b = t->returns[t->order[best]];
      best = a > b || (a == b && t->order[i] < t->order[best]) ? i : best;
    }
    uint32_t swapped = t->order[k];
    t->order[k] = t->order[best];
    t->order[best] = swapped;
  }
}

static void fit_elites(heed_trajectories *t, const heed_planner_config *config, uint32_t elites) {
  size_t size = sequence_size(t);
  double old = config->momentum;
  for (uint32_t i = 0; i < size; i++) {
    double sum = 0;
    for (uint32_t k = 0; k < elites; k++) {
      sum += (double)t->actions[t->order[k] * size + i];
    }
    double mean = sum / elites;
    double squares = 0;
    for (uint32_t k = 0; k < elites; k++) {
      double apart = (double)t->actions[t->order[k] * size + i] - mean;
      squares += apart * apart;
    }
    t->mean[i] = old * t->drawn_mean[i] + (1 - old) * mean;
    t->deviation[i] = old * t->drawn_deviation[i] + (1 - old) * sqrt(squares / elites);
  }
}

static void fit_weighted(heed_trajectories *t, const heed_planner_config *config) {
  size_t size = sequence_size(t);
  double highest = t->returns[t->order[0]];
  double total = 0;
  memset(t->mean, 0, size * sizeof *t->mean);
  for (uint32_t n = 0; n < t->population; n++) {
    double weight = exp((t->returns[n] - highest) / config->temperature);
    total += weight;
    for (uint32_t i = 0; i < size; i++) {
      t->mean[i] += weight * (double)t->actions[n * size + i];
    }
  }
  double old = config->momentum;
  for (uint32_t i = 0; i < size; i++) {
    t->mean[i] = old * t->drawn_mean[i] + (1 - old) * t->mean[i] / total;
    t->deviation[i] = t->drawn_deviation[i];
  }
}

void heed__proposals_fit(heed_trajectories *t, const heed_planner_config *config) {
  uint32_t elites = t->elites < t->population ? t->elites : t->population;
  rank(t, elites);
  t->is_fitted = true;
  if (config->method == HEED_METHOD_MPPI) {
    fit_weighted(t, config);
    return;
  }
  fit_elites(t, config, elites);
  t->kept = config->method == HEED_METHOD_ICEM ? (uint32_t)floor(config->elites_kept * elites) : 0;
  for (uint32_t k = 0; k < t->kept; k++) {
    memcpy(t->elite_actions + k * sequence_size(t), t->actions + t->order[k] * sequence_size(t),
           sequence_size(t) * sizeof *t->actions);
  }
}

heed_action heed__proposals_action(const heed_trajectories *t, const heed_planner_config *config) {
  heed_action action = {.value = {0}};
  const float *best = t->actions + t->order[0] * sequence_size(t);
  for (uint32_t d = 0; d < t->dims; d++) {
    action.value[d] = config->method == HEED_METHOD_ICEM ? best[d] : clip(t, d, t->mean[d]);
  }
  return action;
}
