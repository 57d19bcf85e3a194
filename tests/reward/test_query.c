/* test_query.c: what the answer to a question would tell, against the definition of mutual information by
 * enumeration: sum over draws and answers of p(d) P(i|d) ln(P(i|d) / P(i)). */
#include "reward/query.h"

#include "core/near.h"
#include "core/rng.h"

/* P(i | draw), written as the formula of choice.h says; for small returns only. */
static double answer(const double *returns, uint32_t options, uint32_t i, double beta,
                     double mistakes) {
  double sum = 0;
  for (uint32_t k = 0; k < options; k++) {
    sum += exp(beta * returns[k]);
  }
  return (1 - mistakes) * exp(beta * returns[i]) / sum + mistakes / options;
}

static double enumerated(const double *returns, size_t draws, uint32_t options, double beta,
                         double mistakes) {
  double nats = 0;
  for (uint32_t i = 0; i < options; i++) {
    double all = 0;
    for (size_t d = 0; d < draws; d++) {
      all += answer(returns + d * options, options, i, beta, mistakes) / (double)draws;
    }
    for (size_t d = 0; d < draws; d++) {
      double p = answer(returns + d * options, options, i, beta, mistakes);
      nats += p / (double)draws * log(p / all);
    }
  }
  return nats;
}

static void information_is_the_mutual_information(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  for (int i = 0; i < 300; i++) {
    uint32_t options = 2 + heed_rng_choice(&rng, HEED_OPTION_MAX - 1);
    size_t draws = 1 + heed_rng_choice(&rng, 20);
    double returns[20 * HEED_OPTION_MAX] = {0};
    for (size_t k = 0; k < draws * options; k++) {
      returns[k] = 10 * heed_rng_uniform(&rng) - 5;
    }
    double beta = 3 * heed_rng_uniform(&rng);
    double mistakes = i % 2 == 0 ? 0 : 0.5 * heed_rng_uniform(&rng);
    double nats = heed_query_information(returns, draws, options, beta, mistakes);
    assert_near(nats, enumerated(returns, draws, options, beta, mistakes), 1e-12);
    assert_true(nats >= 0 && nats <= log(options) + 1e-12);
  }
}

static void opposite_certainties_are_worth_one_bit(void **state) {
  (void)state;
  static const double returns[] = {1000, -1000, -1000, 1000};
  assert_near(heed_query_information(returns, 2, 2, 1, 0), log(2), 1e-12);
  /* asked of somebody who answers at random half of the time: ln 2 - H(1/4), by hand */
  double entropy = -0.25 * log(0.25) - 0.75 * log(0.75);
  assert_near(heed_query_information(returns, 2, 2, 1, 0.5), log(2) - entropy, 1e-12);
}

static void what_all_draws_agree_on_is_worth_nothing(void **state) {
  (void)state;
  static const double returns[] = {3, 1, 3, 1, 3, 1};
  assert_near(heed_query_information(returns, 3, 2, 1, 0), 0, 1e-15);
  assert_near(heed_query_information(returns, 1, 2, 1, 0.1), 0, 1e-15);
  static const double opposed[] = {5, -5, -5, 5};
  assert_near(heed_query_information(opposed, 2, 2, 0, 0), 0, 1e-15); /* nobody listens */
  assert_near(heed_query_information(opposed, 2, 2, 1, 1), 0, 1e-15); /* all mistakes */
}

static void huge_returns_are_no_trouble(void **state) {
  (void)state;
  static const double returns[] = {1e300, -1e300, -1e300, 1e300};
  double nats = heed_query_information(returns, 2, 2, 1, 0);
  assert_near(nats, log(2), 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(information_is_the_mutual_information),
      cmocka_unit_test(opposite_certainties_are_worth_one_bit),
      cmocka_unit_test(what_all_draws_agree_on_is_worth_nothing),
      cmocka_unit_test(huge_returns_are_no_trouble),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
