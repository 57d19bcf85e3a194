/* test_choice.c: the likelihood of an answer, and what is refused as one. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "reward/choice.h"

/* A choice whose options are never looked at. */
static heed_choice bare(uint32_t options, int32_t chosen, double beta, double mistakes) {
  return (heed_choice){
      .query = {.option_count = options}, .chosen = chosen, .beta = beta, .mistakes = mistakes};
}

static const double scattered[5] = {0.3, -1.1, 0.9, 0.2, -0.4};

static void likelihood_of_two_options_is_logistic(void **state) {
  (void)state;
  heed_choice choice = bare(2, 0, 2.0, 0.0);
  const double returns[2] = {1.5, 1.0};
  /* P = 1 / (1 + exp(-2 * 0.5)) = 0.7310585786300049 */
  assert_near(exp(heed_choice_loglik(&choice, returns, NULL, NULL)), 0.7310585786300049, 1e-15);
  choice.mistakes = 0.2; /* 0.8 * 0.7310585786300049 + 0.1 */
  assert_near(exp(heed_choice_loglik(&choice, returns, NULL, NULL)), 0.68484686290400392, 1e-15);
}

static void likelihoods_of_all_answers_sum_to_one(void **state) {
  (void)state;
  for (uint32_t n = 2; n <= 5; n++) {
    double sum = 0;
    for (uint32_t c = 0; c < n; c++) {
      heed_choice choice = bare(n, (int32_t)c, 3.0, 0.1);
      sum += exp(heed_choice_loglik(&choice, scattered, NULL, NULL));
    }
    assert_near(sum, 1.0, 1e-14);
  }
}

/* Davidson (1970), equation 2: p1 = P1 / (P1 + P2 + v sqrt(P1 P2)), equal likewise with the root. */
static void equal_has_the_probability_of_davidson(void **state) {
  (void)state;
  const double returns[2] = {0.7, -0.2};
  const double v = 1.8;
  double first = exp(1.5 * returns[0]);
  double second = exp(1.5 * returns[1]);
  double sum = first + second + v * sqrt(first * second);
  heed_choice choice = bare(2, 0, 1.5, 0);
  choice.tie = v;
  assert_near(exp(heed_choice_loglik(&choice, returns, NULL, NULL)), first / sum, 1e-15);
  choice.chosen = HEED_CHOICE_EQUAL;
  assert_near(exp(heed_choice_loglik(&choice, returns, NULL, NULL)), v * sqrt(first * second) / sum,
              1e-15);
}

/* The same with nothing, of return 0, as the other option. */
static void label_is_a_comparison_with_nothing(void **state) {
  (void)state;
  static const int32_t answers[3] = {1, HEED_CHOICE_EQUAL, 0}; /* bad: nothing is better */
  const double two[2] = {0.8, 0};
  for (int32_t label = 0; label < 3; label++) {
    heed_choice comparison = bare(2, answers[label], 1.3, 0.1);
    heed_choice choice = bare(1, label, 1.3, 0.1);
    comparison.tie = choice.tie = 0.6;
    choice.kind = HEED_LABEL;
    assert_near(heed_choice_loglik(&choice, two, NULL, NULL),
                heed_choice_loglik(&comparison, two, NULL, NULL), 1e-15);
  }
}

/* Andrich (1978): the log-odds of neighbouring grades are linear in what is rated, with one slope. */
static void neighbouring_grades_have_linear_log_odds(void **state) {
  (void)state;
  for (uint32_t grades = 2; grades <= HEED_GRADE_MAX; grades++) {
    const double g = 0.9;
    double sum = 0;
    for (uint32_t k = 0; k < grades; k++) {
      heed_choice choice = bare(1, (int32_t)k, 2, 0);
      choice.kind = HEED_RATING;
      choice.grades = grades;
      double loglik = heed_choice_loglik(&choice, &g, NULL, NULL);
      sum += exp(loglik);
      if (k > 0) {
        choice.chosen--;
        assert_near(loglik - heed_choice_loglik(&choice, &g, NULL, NULL), 2 * g / (grades - 1),
                    1e-14);
      }
    }
    assert_near(sum, 1, 1e-14);
  }
}

static void refusal_is_grounded_in_the_mean_of_the_other_actions(void **state) {
  (void)state;
  heed_choice choice = bare(3, HEED_REFUSED, 1.1, 0);
  choice.kind = HEED_APPROVAL;
  const double returns[3] = {0.4, 1.0, -0.5};
  double no = exp(1.1 * 0.25);
  double yes = exp(1.1 * 0.4);
  assert_near(exp(heed_choice_loglik(&choice, returns, NULL, NULL)), no / (yes + no), 1e-15);
  choice.chosen = HEED_APPROVED;
  assert_near(exp(heed_choice_loglik(&choice, returns, NULL, NULL)), yes / (yes + no), 1e-15);
}

static void skip_says_nothing(void **state) {
  (void)state;
  heed_choice skip = bare(3, HEED_CHOICE_SKIP, 1, 0);
  double gradient[3] = {1, 1, 1};
  double hessian[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  assert_near(heed_choice_loglik(&skip, scattered, gradient, hessian), 0, 0);
  for (size_t i = 0; i < 9; i++) {
    assert_near(gradient[i % 3], 0, 0);
    assert_near(hessian[i], 0, 0);
  }
}

/* Central differences with step 1e-5 are off by h^2/6 * third derivative, about 1e-10 * beta^3, and by
 * rounding, 1e-16 * |L| / h, about 1e-10: 1e-8 leaves room, and a wrong term is off by more. */
static void compare_derivatives(const heed_choice *choice, size_t n, const double *returns) {
  const double h = 1e-5;
  double gradient[5];
  double hessian[25];
  (void)heed_choice_loglik(choice, returns, gradient, hessian);
  for (size_t j = 0; j < n; j++) {
    double up[5];
    double down[5];
    memcpy(up, returns, n * sizeof *up);
    memcpy(down, returns, n * sizeof *down);
    up[j] += h;
    down[j] -= h;
    double gradient_up[5];
    double gradient_down[5];
    double loglik_up = heed_choice_loglik(choice, up, gradient_up, NULL);
    double loglik_down = heed_choice_loglik(choice, down, gradient_down, NULL);
    assert_near(gradient[j], (loglik_up - loglik_down) / (2 * h), 1e-8);
    for (size_t k = 0; k < n; k++) {
      assert_near(hessian[j * n + k], (gradient_up[k] - gradient_down[k]) / (2 * h), 1e-8);
    }
  }
}

/* Every kind of feedback with every answer, by people who err never, seldom, always. */
static void gradient_and_hessian_match_differences(void **state) {
  (void)state;
  static const double mistakes[] = {0, 1e-6, 0.1, 0.9, 1};
  for (int kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    bool is_single = kind == HEED_RATING || kind == HEED_LABEL;
    bool has_two = is_single || kind == HEED_APPROVAL;
    for (uint32_t n = is_single ? 1 : 2; n <= (is_single ? 1u : 5u); n++) {
      int32_t answers = kind == HEED_RATING ? 5 : is_single ? 3 : has_two ? 2 : (int32_t)n;
      for (int32_t chosen = HEED_CHOICE_SKIP; chosen < answers; chosen++) {
        for (size_t m = 0; m < sizeof mistakes / sizeof mistakes[0]; m++) {
          heed_choice choice = bare(n, chosen, 1.7, mistakes[m]);
          choice.kind = (heed_choice_kind)kind;
          choice.tie = kind == HEED_COMPARISON || kind == HEED_LABEL ? 0.7 : 0;
          choice.grades = kind == HEED_RATING ? 5 : 0;
          if (chosen != HEED_CHOICE_EQUAL || kind == HEED_COMPARISON) {
            compare_derivatives(&choice, n, scattered);
          }
        }
      }
    }
  }
}

static void differences_of_ten_thousand_lose_no_digits(void **state) {
  (void)state;
  const double returns[2] = {0, 1e4};
  double gradient[2];
  double hessian[4];
  heed_choice choice = bare(2, 0, 1, 0);
  assert_near(heed_choice_loglik(&choice, returns, gradient, hessian), -1e4, 0);
  assert_near(gradient[0], 1, 0);
  assert_near(gradient[1], -1, 0);
  assert_near(hessian[0], 0, 0);
  choice.mistakes = 0.1; /* surely a mistake: log(0.1 / 2), and nothing to learn */
  assert_near(heed_choice_loglik(&choice, returns, gradient, NULL), log(0.05), 1e-15);
  assert_near(gradient[0], 0, 0);
  choice.chosen = HEED_CHOICE_EQUAL;
  choice.tie = 1; /* the mean of both is 5,000 less than the better one */
  choice.mistakes = 0;
  assert_near(heed_choice_loglik(&choice, returns, NULL, NULL), -5e3, 0);
}

static void largest_returns_give_finite_results(void **state) {
  (void)state;
  const double returns[3] = {-DBL_MAX, DBL_MAX, 0};
  static const double mistakes[] = {0, 0.5, 1};
  for (int32_t chosen = HEED_CHOICE_EQUAL; chosen < 3; chosen++) {
    for (size_t m = 0; m < 3; m++) {
      heed_choice choice = bare(3, chosen, 1e3, mistakes[m]);
      choice.tie = 2;
      double gradient[3];
      double hessian[9];
      assert_true(isfinite(heed_choice_loglik(&choice, returns, gradient, hessian)));
      for (size_t i = 0; i < 9; i++) {
        assert_true(isfinite(gradient[i % 3]) && isfinite(hessian[i]));
      }
    }
  }
}

/* ---- checks --------------------------------------------------------------------------------- */

/* Two options of two steps on a board of 2 x 2 cells with 3 values, 4 actions. */
static void make_choice(heed_choice *choice) {
  *choice = bare(2, 1, 1, 0);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(heed_segment_init(&choice->query.options[i], 2, 4, NULL), HEED_OK);
  }
}

static heed_status check(const heed_choice *choice, heed_error *err) {
  heed_space obs_space = heed_space_board(2, 2, 3);
  heed_space action_space = heed_space_discrete(4);
  return heed_choice_check(choice, &obs_space, &action_space, err);
}

/* The choice with one thing wrong is refused with a message that contains `words`. */
static void assert_refused(const heed_choice *choice, const char *words) {
  heed_error err = {0};
  assert_int_equal(check(choice, &err), HEED_ERR_ARG);
  if (strstr(err.message, words) == NULL) {
    fail_msg("'%s' does not say '%s'", err.message, words);
  }
}

static void whole_choice_is_accepted(void **state) {
  (void)state;
  heed_choice choice;
  make_choice(&choice);
  assert_int_equal(check(&choice, NULL), HEED_OK);
  choice.chosen = HEED_CHOICE_EQUAL;
  choice.tie = 1;
  assert_int_equal(check(&choice, NULL), HEED_OK);
  choice.chosen = HEED_CHOICE_SKIP;
  assert_int_equal(check(&choice, NULL), HEED_OK);
  heed_choice_deinit(&choice);
}

static void wrong_answers_are_refused(void **state) {
  (void)state;
  heed_choice choice;
  make_choice(&choice);
  choice.chosen = 2;
  assert_refused(&choice, "answer 2");
  choice.chosen = -3;
  assert_refused(&choice, "answer -3");
  choice.chosen = HEED_CHOICE_EQUAL;
  assert_refused(&choice, "not offered");
  choice.chosen = 0;
  choice.tie = -1;
  assert_refused(&choice, "ties weigh -1");
  choice.tie = 0;
  choice.kind = HEED_RATING;
  assert_refused(&choice, "2 options, one rating has 1 to 1");
  choice.kind = (heed_choice_kind)99;
  assert_refused(&choice, "kind 99");
  choice.kind = HEED_APPROVAL;
  choice.chosen = 2;
  assert_refused(&choice, "answer 2");
  choice.chosen = 0;
  choice.kind = HEED_OFF_SWITCH;
  choice.grades = 3;
  assert_refused(&choice, "3 grades, one off switch has none");
  choice.grades = 0;
  choice.kind = HEED_COMPARISON;
  memset(choice.who, 'x', sizeof choice.who);
  assert_refused(&choice, "name of the person");
  memset(choice.who, 0, sizeof choice.who);
  choice.beta = 0;
  assert_refused(&choice, "beta is 0");
  choice.beta = HUGE_VAL;
  assert_refused(&choice, "beta is inf");
  choice.beta = 1;
  choice.mistakes = 1.5;
  assert_refused(&choice, "mistakes is 1.5");
  choice.mistakes = 0;
  choice.query.option_count = 1;
  assert_refused(&choice, "1 options");
  choice.query.option_count = HEED_OPTION_MAX + 1;
  assert_refused(&choice, "9 options");
  choice.query.option_count = 2;
  memset(choice.query.strategy, 'x', sizeof choice.query.strategy);
  assert_refused(&choice, "strategy");
  heed_choice_deinit(&choice);
}

static void wrong_options_are_refused(void **state) {
  (void)state;
  heed_choice choice;
  make_choice(&choice);
  heed_segment *option = &choice.query.options[1];
  option->obs[4 * 2 + 3] = 3;
  assert_refused(&choice, "option 1: observation 2: cell 3 is 3");
  option->obs[4 * 2 + 3] = 0;
  option->actions[1].index = 4;
  assert_refused(&choice, "option 1: step 1: action 4");
  option->actions[1].index = 0;
  option->channel[0] = (double)NAN;
  assert_refused(&choice, "option 1: step 0: reward channel");
  option->channel[0] = 0;
  option->obs_size = 3;
  assert_refused(&choice, "3 bytes, 4 expected");
  option->obs_size = 4;
  heed_choice_deinit(&choice);
}

/* Of a whole ranking the first option is the best, and there are as many places as options. */
static void wrong_rankings_are_refused(void **state) {
  (void)state;
  heed_choice choice;
  make_choice(&choice);
  choice.kind = HEED_RANKING;
  choice.tie = 0;
  choice.chosen = 0;
  choice.grades = choice.query.option_count + 1;
  assert_refused(&choice, "none, or as many as options");
  choice.grades = choice.query.option_count;
  choice.chosen = 1;
  assert_refused(&choice, "answer 1, below 1");
  choice.chosen = HEED_CHOICE_SKIP;
  heed_choices choices = {0};
  assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
  assert_int_equal(choices.count, 1); /* a skipped one is not taken apart */
  heed_choices_deinit(&choices);
}

static void list_grows_and_takes_over_what_is_appended(void **state) {
  (void)state;
  heed_choices choices = {0};
  for (int i = 0; i < 40; i++) {
    heed_choice choice;
    make_choice(&choice);
    choice.beta = 1 + i;
    assert_int_equal(heed_choices_append(&choices, &choice, NULL), HEED_OK);
    assert_null(choice.query.options[0].obs);
  }
  assert_int_equal(choices.count, 40);
  for (int i = 0; i < 40; i++) {
    assert_near(choices.items[i].beta, 1 + i, 0);
  }
  heed_choices_deinit(&choices);
  assert_int_equal(choices.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(likelihood_of_two_options_is_logistic),
      cmocka_unit_test(likelihoods_of_all_answers_sum_to_one),
      cmocka_unit_test(equal_has_the_probability_of_davidson),
      cmocka_unit_test(label_is_a_comparison_with_nothing),
      cmocka_unit_test(neighbouring_grades_have_linear_log_odds),
      cmocka_unit_test(refusal_is_grounded_in_the_mean_of_the_other_actions),
      cmocka_unit_test(skip_says_nothing),
      cmocka_unit_test(gradient_and_hessian_match_differences),
      cmocka_unit_test(differences_of_ten_thousand_lose_no_digits),
      cmocka_unit_test(largest_returns_give_finite_results),
      cmocka_unit_test(whole_choice_is_accepted),
      cmocka_unit_test(wrong_answers_are_refused),
      cmocka_unit_test(wrong_options_are_refused),
      cmocka_unit_test(wrong_rankings_are_refused),
      cmocka_unit_test(list_grows_and_takes_over_what_is_appended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
