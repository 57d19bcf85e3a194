#include "reward/query.h"

#include <assert.h>
#include <math.h>

#include "reward/response.h"

_Static_assert(HEED_ANSWER_MAX == (int)HEED__RESPONSE_MAX, "one limit under two names");

/* The responses to a question that nobody has answered yet. */
static void init_responses(heed__responses *r, const heed_query_form *form) {
  heed_choice choice = {.kind = form->kind, .tie = form->tie, .grades = form->grades};
  choice.query.option_count = form->options;
  heed__responses_init(r, &choice);
}

uint32_t heed_query_answers(const heed_query_form *form) {
  heed__responses r;
  init_responses(&r, form);
  return (uint32_t)r.count;
}

void heed_query_likelihood(const heed_query_form *form, const double *returns, size_t draws,
                           double *likelihood) {
  heed__responses r;
  init_responses(&r, form);
  for (size_t d = 0; d < draws; d++) {
    double values[HEED__RESPONSE_MAX];
    heed__responses_values(&r, returns + d * r.options, values);
    heed__responses_probabilities(&r, form->beta, form->mistakes, values, likelihood + d * r.count);
  }
}

static double entropy_term(double p) {
  return p > 0 ? -p * log(p) : 0;
}

/* The mean of column k. */
static double mean_of(const double *likelihood, size_t draws, size_t answers, size_t k) {
  double sum = 0;
  for (size_t d = 0; d < draws; d++) {
    sum += likelihood[d * answers + k];
  }
  return sum / (double)draws;
}

double heed_query_entropy(const double *likelihood, size_t draws, size_t answers) {
  double sum = 0;
  for (size_t k = 0; k < answers; k++) {
    sum += entropy_term(mean_of(likelihood, draws, answers, k));
  }
  return sum;
}

double heed_query_information(const double *likelihood, size_t draws, size_t answers) {
  double noise = 0; /* what stays open when the reward is known */
  for (size_t i = 0; i < draws * answers; i++) {
    noise += entropy_term(likelihood[i]);
  }
  return fmax(0.0, heed_query_entropy(likelihood, draws, answers) - noise / (double)draws);
}

double heed_query_disagreement(const double *likelihood, size_t draws, size_t answers) {
  double sum = 0;
  for (size_t k = 0; k < answers; k++) {
    double mean = mean_of(likelihood, draws, answers, k);
    for (size_t d = 0; d < draws; d++) {
      double difference = likelihood[d * answers + k] - mean;
      sum += difference * difference;
    }
  }
  return sum / (double)draws;
}

/* The best plan by its mean value, each draw weighed by weights[d * stride] (NULL: 1). */
static size_t best_plan(const double *weights, size_t stride, const double *values, size_t draws,
                        size_t plans, double *best) {
  size_t which = 0;
  *best = -HUGE_VAL;
  for (size_t p = 0; p < plans; p++) {
    double sum = 0;
    for (size_t d = 0; d < draws; d++) {
      sum += (weights != NULL ? weights[d * stride] : 1) * values[d * plans + p];
    }
    if (sum / (double)draws > *best) {
      *best = sum / (double)draws;
      which = p;
    }
  }
  return which;
}

double heed_query_decision(const double *likelihood, size_t draws, size_t answers,
                           const double *values, size_t plans, double *gains) {
  assert(draws >= 1 && plans >= 1);
  double informed = 0;
  double now_value;
  size_t now = best_plan(NULL, 0, values, draws, plans, &now_value);
  for (size_t d = 0; d < draws && gains != NULL; d++) {
    gains[d] = -values[d * plans + now];
  }
  for (size_t k = 0; k < answers; k++) {
    double value;
    size_t then = best_plan(likelihood + k, answers, values, draws, plans, &value);
    informed += value;
    for (size_t d = 0; d < draws && gains != NULL; d++) {
      gains[d] += likelihood[d * answers + k] * values[d * plans + then];
    }
  }
  return fmax(0.0, informed - now_value);
}

bool heed_query_gain_is_known(const double *gains, size_t draws) {
  double mean = 0;
  double squares = 0;
  for (size_t d = 0; d < draws; d++) {
    mean += gains[d] / (double)draws;
  }
  for (size_t d = 0; d < draws; d++) {
    squares += (gains[d] - mean) * (gains[d] - mean);
  }
  return mean > 2 * sqrt(squares) / (double)draws;
}

void heed_query_join(const double *a, size_t a_answers, const double *b, size_t b_answers,
                     size_t draws, double *joint) {
  for (size_t d = 0; d < draws; d++) {
    for (size_t i = 0; i < a_answers; i++) {
      for (size_t k = 0; k < b_answers; k++) {
        *joint++ = a[d * a_answers + i] * b[d * b_answers + k];
      }
    }
  }
}
