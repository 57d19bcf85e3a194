/* test_query.c: what a question is worth, against definitions by enumeration over a discrete posterior:
 * every draw, every answer, Bayes' rule written out. */
#include "reward/query.h"

#include "core/near.h"
#include "core/rng.h"

enum { DRAWS_MAX = 20, PLANS_MAX = 5 };

static const heed_query_form pair = {.kind = HEED_COMPARISON, .options = 2, .beta = 1};

/* ---- answers -------------------------------------------------------------------------------- */

/* P(i | draw) of a comparison, written as the formula of choice.h says; for small returns only. Answer
 * number `options` is "equal". */
static double comparison(const heed_query_form *form, const double *returns, uint32_t i) {
  double mean = 0;
  double sum = 0;
  uint32_t answers = form->options + (form->tie > 0);
  for (uint32_t k = 0; k < form->options; k++) {
    sum += exp(form->beta * returns[k]);
    mean += returns[k] / form->options;
  }
  double equal = form->tie * exp(form->beta * mean);
  double weight = i < form->options ? exp(form->beta * returns[i]) : equal;
  return (1 - form->mistakes) * weight / (sum + equal) + form->mistakes / answers;
}

static void answers_to_comparisons_are_as_people_choose(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  for (int n = 0; n < 100; n++) {
    heed_query_form form = {.kind = n % 3 == 0 ? HEED_RANKING : HEED_COMPARISON,
                            .options = 2 + heed_rng_choice(&rng, HEED_OPTION_MAX - 1),
                            .beta = 0.1 + heed_rng_uniform(&rng),
                            .mistakes = n % 2 == 0 ? 0 : 0.5 * heed_rng_uniform(&rng)};
    form.tie = form.kind == HEED_COMPARISON && n % 4 == 1 ? 2 * heed_rng_uniform(&rng) : 0;
    double returns[HEED_OPTION_MAX];
    double likelihood[HEED_ANSWER_MAX];
    for (uint32_t k = 0; k < form.options; k++) {
      returns[k] = 10 * heed_rng_uniform(&rng) - 5;
    }
    uint32_t answers = heed_query_answers(&form);
    assert_int_equal(answers, form.options + (form.tie > 0));
    heed_query_likelihood(&form, returns, 1, likelihood);
    for (uint32_t i = 0; i < answers; i++) {
      assert_near(likelihood[i], comparison(&form, returns, i), 1e-12);
    }
  }
}

static void labels_and_ratings_are_measured_against_nothing(void **state) {
  (void)state;
  double likelihood[HEED_ANSWER_MAX];
  static const double reward = 2;
  heed_query_form label = {.kind = HEED_LABEL, .options = 1, .beta = 0.5, .tie = 3};
  assert_int_equal(heed_query_answers(&label), 3);
  heed_query_likelihood(&label, &reward, 1, likelihood);
  double sum = 1 + 3 * exp(0.5) + exp(1); /* bad: nothing; neutral: half; good: all of it */
  assert_near(likelihood[HEED_LABEL_BAD], 1 / sum, 1e-12);
  assert_near(likelihood[HEED_LABEL_NEUTRAL], 3 * exp(0.5) / sum, 1e-12);
  assert_near(likelihood[HEED_LABEL_GOOD], exp(1) / sum, 1e-12);

  heed_query_form rating = {.kind = HEED_RATING, .options = 1, .beta = 1, .grades = 5};
  assert_int_equal(heed_query_answers(&rating), 5);
  heed_query_likelihood(&rating, &reward, 1, likelihood);
  assert_near(likelihood[4] / likelihood[0], exp(2), 1e-9);
  assert_near(likelihood[1] / likelihood[0], exp(0.5), 1e-9);
}

/* ---- measures ------------------------------------------------------------------------------- */

/* A table of random rows that sum to 1. */
static void random_table(double *likelihood, size_t draws, size_t answers, heed_rng *rng) {
  for (size_t d = 0; d < draws; d++) {
    double sum = 0;
    for (size_t k = 0; k < answers; k++) {
      likelihood[d * answers + k] = heed_rng_uniform(rng);
      sum += likelihood[d * answers + k];
    }
    for (size_t k = 0; k < answers; k++) {
      likelihood[d * answers + k] /= sum;
    }
  }
}

/* Sum over draws and answers of p(d) P(k|d) ln(P(k|d) / P(k)). */
static double enumerated_information(const double *likelihood, size_t draws, size_t answers) {
  double nats = 0;
  for (size_t k = 0; k < answers; k++) {
    double all = 0;
    for (size_t d = 0; d < draws; d++) {
      all += likelihood[d * answers + k] / (double)draws;
    }
    for (size_t d = 0; d < draws; d++) {
      double p = likelihood[d * answers + k];
      nats += p / (double)draws * log(p / all);
    }
  }
  return nats;
}

static double best_value(const double *posterior, const double *values, size_t draws,
                         size_t plans) {
  double best = -HUGE_VAL;
  for (size_t p = 0; p < plans; p++) {
    double sum = 0;
    for (size_t d = 0; d < draws; d++) {
      sum += posterior[d] * values[d * plans + p];
    }
    best = fmax(best, sum);
  }
  return best;
}

/* The mean over answers of the value of the best plan under the posterior after each, less that before. */
static double enumerated_decision(const double *likelihood, size_t draws, size_t answers,
                                  const double *values, size_t plans) {
  double posterior[DRAWS_MAX];
  double worth = 0;
  for (size_t k = 0; k < answers; k++) {
    double evidence = 0;
    for (size_t d = 0; d < draws; d++) {
      evidence += likelihood[d * answers + k] / (double)draws;
    }
    for (size_t d = 0; d < draws; d++) {
      posterior[d] = likelihood[d * answers + k] / (double)draws / evidence;
    }
    worth += evidence * best_value(posterior, values, draws, plans);
  }
  for (size_t d = 0; d < draws; d++) {
    posterior[d] = 1 / (double)draws;
  }
  return worth - best_value(posterior, values, draws, plans);
}

static void measures_are_what_enumeration_gives(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 2);
  double greatest = 0;
  for (int n = 0; n < 300; n++) {
    size_t draws = 1 + heed_rng_choice(&rng, DRAWS_MAX);
    size_t answers = 2 + heed_rng_choice(&rng, HEED_ANSWER_MAX - 1);
    size_t plans = 1 + heed_rng_choice(&rng, PLANS_MAX);
    double likelihood[DRAWS_MAX * HEED_ANSWER_MAX];
    double values[DRAWS_MAX * PLANS_MAX];
    random_table(likelihood, draws, answers, &rng);
    for (size_t i = 0; i < draws * plans; i++) {
      values[i] = 10 * heed_rng_uniform(&rng) - 5;
    }
    double nats = heed_query_information(likelihood, draws, answers);
    assert_near(nats, enumerated_information(likelihood, draws, answers), 1e-12);
    assert_true(nats >= 0 && nats <= log((double)answers) + 1e-12);

    double gains[DRAWS_MAX];
    double gain = 0;
    double worth = heed_query_decision(likelihood, draws, answers, values, plans, gains);
    for (size_t d = 0; d < draws; d++) {
      gain += gains[d] / (double)draws;
    }
    assert_near(gain, worth, 1e-12);
    assert_near(worth, enumerated_decision(likelihood, draws, answers, values, plans), 1e-12);
    assert_true(worth >= 0);
    greatest = fmax(greatest, worth);

    double entropy = 0;
    double variance = 0;
    for (size_t k = 0; k < answers; k++) {
      double mean = 0;
      double square = 0;
      for (size_t d = 0; d < draws; d++) {
        double p = likelihood[d * answers + k];
        mean += p / (double)draws;
        square += p * p / (double)draws;
      }
      entropy -= mean * log(mean);
      variance += square - mean * mean;
    }
    assert_near(heed_query_entropy(likelihood, draws, answers), entropy, 1e-12);
    assert_near(heed_query_disagreement(likelihood, draws, answers), variance, 1e-12);
  }
  assert_true(greatest > 0.1);
}

static double information(const heed_query_form *form, const double *returns, size_t draws) {
  double likelihood[DRAWS_MAX * HEED_ANSWER_MAX];
  heed_query_likelihood(form, returns, draws, likelihood);
  return heed_query_information(likelihood, draws, heed_query_answers(form));
}

static void opposite_certainties_are_worth_one_bit(void **state) {
  (void)state;
  static const double returns[] = {1000, -1000, -1000, 1000};
  assert_near(information(&pair, returns, 2), log(2), 1e-12);
  /* asked of somebody who answers at random half of the time: ln 2 - H(1/4), by hand */
  heed_query_form careless = pair;
  careless.mistakes = 0.5;
  double entropy = -0.25 * log(0.25) - 0.75 * log(0.75);
  assert_near(information(&careless, returns, 2), log(2) - entropy, 1e-12);
}

static void what_all_draws_agree_on_is_worth_nothing(void **state) {
  (void)state;
  static const double returns[] = {3, 1, 3, 1, 3, 1};
  assert_near(information(&pair, returns, 3), 0, 1e-15);
  assert_near(information(&pair, returns, 1), 0, 1e-15);
  static const double opposed[] = {5, -5, -5, 5};
  heed_query_form random = pair;
  random.mistakes = 1;
  assert_near(information(&random, opposed, 2), 0, 1e-15);
  /* ... though to whoever looks at the answer alone it is as open as can be */
  double likelihood[4];
  heed_query_likelihood(&random, opposed, 2, likelihood);
  assert_near(heed_query_entropy(likelihood, 2, 2), log(2), 1e-12);
  assert_near(heed_query_disagreement(likelihood, 2, 2), 0, 1e-15);
}

static void huge_returns_are_no_trouble(void **state) {
  (void)state;
  static const double returns[] = {1e300, -1e300, -1e300, 1e300};
  assert_near(information(&pair, returns, 2), log(2), 1e-12);
}

/* An answer can tell much and change nothing: two draws differ in how good the best plan is. */
static void what_changes_no_plan_is_worth_nothing_to_a_decision(void **state) {
  (void)state;
  static const double likelihood[] = {1, 0, 0, 1};
  static const double same_best[] = {10, 0, 1, 0}; /* [draws][plans] */
  assert_near(heed_query_information(likelihood, 2, 2), log(2), 1e-12);
  assert_near(heed_query_decision(likelihood, 2, 2, same_best, 2, NULL), 0, 1e-15);
  /* With the best plan at odds: 10 or 4 if known, (10 + 0) / 2 if not. */
  static const double at_odds[] = {10, 3, 0, 4};
  double gains[2];
  assert_near(heed_query_decision(likelihood, 2, 2, at_odds, 2, gains), 7 - 5, 1e-12);
  /* Without an answer the first plan (5 to 3.5): the second draw gains 4 - 0, the first nothing. */
  assert_near(gains[0], 0, 1e-12);
  assert_near(gains[1], 4, 1e-12);
}

/* Mean 2 and standard error sqrt(8) / 2 of the first, 3.5 and sqrt(0.5) / 2 of the second; none is none. */
static void a_gain_is_known_beyond_two_standard_errors(void **state) {
  (void)state;
  assert_false(heed_query_gain_is_known((const double[]){0, 4}, 2));
  assert_true(heed_query_gain_is_known((const double[]){3, 4}, 2));
  assert_false(heed_query_gain_is_known((const double[]){0, 0, 0}, 3));
  /* 1 in 100 draws gains 5: 0.05 with an error of 0.05; 5 in 100 do: 0.25 with 0.11. */
  double gains[100] = {5};
  assert_false(heed_query_gain_is_known(gains, 100));
  for (size_t d = 0; d < 5; d++) {
    gains[d] = 5;
  }
  assert_true(heed_query_gain_is_known(gains, 100));
}

/* ---- batches -------------------------------------------------------------------------------- */

static void a_batch_is_one_question(void **state) {
  (void)state;
  /* Four draws; one question parts the first two from the others, one the even from the odd. */
  static const double half[] = {1, 0, 1, 0, 0, 1, 0, 1};
  static const double parity[] = {1, 0, 0, 1, 1, 0, 0, 1};
  double joint[4 * 4];
  heed_query_join(half, 2, parity, 2, 4, joint);
  assert_near(joint[0 * 4 + 0], 1, 0); /* first draw: both answers 0 */
  assert_near(joint[1 * 4 + 1], 1, 0); /* second: 0, then 1: b runs fastest */
  assert_near(joint[2 * 4 + 2], 1, 0);
  assert_near(heed_query_information(joint, 4, 4), log(4), 1e-12);
  /* The same question twice tells no more than once. */
  heed_query_join(half, 2, half, 2, 4, joint);
  assert_near(heed_query_information(joint, 4, 4), log(2), 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_to_comparisons_are_as_people_choose),
      cmocka_unit_test(labels_and_ratings_are_measured_against_nothing),
      cmocka_unit_test(measures_are_what_enumeration_gives),
      cmocka_unit_test(opposite_certainties_are_worth_one_bit),
      cmocka_unit_test(what_all_draws_agree_on_is_worth_nothing),
      cmocka_unit_test(huge_returns_are_no_trouble),
      cmocka_unit_test(what_changes_no_plan_is_worth_nothing_to_a_decision),
      cmocka_unit_test(a_gain_is_known_beyond_two_standard_errors),
      cmocka_unit_test(a_batch_is_one_question),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
