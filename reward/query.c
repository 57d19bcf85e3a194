#include "reward/query.h"

#include <assert.h>
#include <math.h>

static double entropy(const double *probabilities, uint32_t count) {
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    sum -= probabilities[i] > 0 ? probabilities[i] * log(probabilities[i]) : 0;
  }
  return sum;
}

/* The probabilities of the answers, stable for any finite returns. */
static void answer_probabilities(const double *returns, uint32_t options, double beta,
                                 double mistakes, double *probabilities) {
  double most = returns[0];
  for (uint32_t i = 1; i < options; i++) {
    most = fmax(most, returns[i]);
  }
  double sum = 0;
  for (uint32_t i = 0; i < options; i++) {
    probabilities[i] = exp(beta * (returns[i] - most));
    sum += probabilities[i];
  }
  for (uint32_t i = 0; i < options; i++) {
    probabilities[i] = (1 - mistakes) * probabilities[i] / sum + mistakes / options;
  }
}

double heed_query_information(const double *returns, size_t draws, uint32_t options, double beta,
                              double mistakes) {
  assert(draws >= 1 && options >= 2 && options <= HEED_OPTION_MAX);
  double mean[HEED_OPTION_MAX] = {0};
  double mean_entropy = 0;
  for (size_t d = 0; d < draws; d++) {
    double probabilities[HEED_OPTION_MAX];
    answer_probabilities(returns + d * options, options, beta, mistakes, probabilities);
    mean_entropy += entropy(probabilities, options) / (double)draws;
    for (uint32_t i = 0; i < options; i++) {
      mean[i] += probabilities[i] / (double)draws;
    }
  }
  return fmax(0.0, entropy(mean, options) - mean_entropy);
}
