/* test_reward_tabular.c: a reward for every step: its posterior is that of the plain fit with a weight for
 * each step, however few differences it works with. */
#include <stdio.h>
#include <stdlib.h>

#include "reward/choice_fit.h"
#include "reward/feedback.h"
#include "reward/fixture.h"
#include "reward/reward.h"
#include "reward/steps.h"

/* One cell of four values, so that steps come up again and again: 4 x 5 x 4 of them. */
static heed_space cell_space(void) {
  return heed_space_board(1, 1, 4);
}

static heed_reward *create(const char *params) {
  heed_space obs_space = cell_space();
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_create("tabular", params, &obs_space, &action_space, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

static void random_segment(heed_segment *segment, uint32_t steps, heed_rng *rng) {
  assert_int_equal(heed_segment_init(segment, steps, 1, NULL), HEED_OK);
  for (size_t t = 0; t <= steps; t++) {
    segment->obs[t] = (uint8_t)heed_rng_choice(rng, 4);
  }
  for (size_t t = 0; t < steps; t++) {
    segment->actions[t].index = (int32_t)heed_rng_choice(rng, 2);
  }
}

/* Comparisons of two to four options of two people, and labels. */
static void ask(heed_choices *choices, size_t count, heed_rng *rng) {
  for (size_t q = 0; q < count; q++) {
    heed_choice choice = {.beta = 0.7, .mistakes = q % 5 == 0 ? 0.1 : 0};
    (void)snprintf(choice.who, sizeof choice.who, "%s", q % 2 == 0 ? "a" : "b");
    if (q % 4 == 3) {
      choice.kind = HEED_LABEL;
      choice.tie = 1;
      choice.query.option_count = 1;
      choice.chosen = (int32_t)heed_rng_choice(rng, 3);
      random_segment(&choice.query.options[0], 1, rng);
    } else {
      choice.query.option_count = 2 + (uint32_t)(q % 3);
      choice.chosen = (int32_t)heed_rng_choice(rng, choice.query.option_count);
      for (size_t i = 0; i < choice.query.option_count; i++) {
        random_segment(&choice.query.options[i], 3, rng);
      }
    }
    assert_int_equal(heed_choices_append(choices, &choice, NULL), HEED_OK);
  }
}

static void learn(heed_reward *model, const heed_choices *choices, heed_reward_report *report) {
  heed_error err = {0};
  if (heed_reward_learn(model, choices, NULL, report, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
}

static void score_one(const heed_reward *model, const heed_step *step, const void *hypothesis,
                      double *mean, double *spread) {
  assert_int_equal(heed_reward_workspace_size(model, 1), 0);
  heed_reward_score(model, step, 1, hypothesis, mean, spread, NULL);
}

/* ---- the plain fit -------------------------------------------------------------------------- */

/* The Laplace approximation with a weight for each of the steps. All owned. */
typedef struct plain {
  heed__steps steps;
  heed__manner manner;
  size_t size;    /* parameters, those of manner first */
  double *rows;   /* [options][steps] */
  double *mode;   /* [size] */
  double *factor; /* [size][size] */
} plain;

static void plain_init(plain *p, const heed_choices *choices, double discount, double prior_scale,
                       double beta_spread) {
  heed_space action_space = fixture_action_space();
  heed__manner_config config = {.beta_spread = beta_spread};
  assert_int_equal(
      heed__steps_init(&p->steps, choices, &action_space, HEED__READS_ALL, discount, NULL),
      HEED_OK);
  assert_int_equal(heed__manner_init(&p->manner, &config, choices, NULL), HEED_OK);
  size_t options = p->steps.option_of[choices->count];
  size_t n = p->steps.count;
  p->rows = calloc(options * n, sizeof *p->rows);
  assert_non_null(p->rows);
  for (size_t i = 0; i < options; i++) {
    for (size_t e = p->steps.first[i]; e < p->steps.first[i + 1]; e++) {
      p->rows[i * n + p->steps.step[e]] += p->steps.weight[e];
    }
  }
  heed__choice_design design = {.choices = choices,
                                .manner = &p->manner,
                                .row_count = options,
                                .dim = n,
                                .rows = p->rows,
                                .prior_scale = prior_scale};
  p->size = heed__choice_size(&design);
  p->mode = calloc(p->size, sizeof *p->mode);
  p->factor = calloc(p->size * p->size, sizeof *p->factor);
  assert_true(p->mode != NULL && p->factor != NULL);
  heed__choice_fit_report report;
  heed_error err = {0};
  if (heed__choice_fit(&design, p->mode, p->factor, NULL, &report, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
}

static void plain_deinit(plain *p) {
  heed__steps_deinit(&p->steps);
  heed__manner_deinit(&p->manner);
  free(p->rows);
  free(p->mode);
  free(p->factor);
}

/* The deviation of step k's weight: |L^-1 e|, by forward substitution. */
static double plain_spread(const plain *p, size_t k) {
  double y[512] = {0};
  size_t at = p->size - p->steps.count + k;
  double sum = 0;
  assert_true(p->size <= 512);
  for (size_t i = at; i < p->size; i++) {
    y[i] = i == at;
    for (size_t j = at; j < i; j++) {
      y[i] -= p->factor[j * p->size + i] * y[j];
    }
    y[i] /= p->factor[i * p->size + i];
    sum += y[i] * y[i];
  }
  return sqrt(sum);
}

static void check_against_plain(const char *params, size_t questions, double discount,
                                double prior_scale, double beta_spread) {
  heed_rng rng;
  heed_rng_init(&rng, 31);
  heed_choices choices = {0};
  ask(&choices, questions, &rng);
  heed_reward *model = create(params);
  heed_reward_report report;
  learn(model, &choices, &report);
  assert_int_equal(report.choices, questions);
  assert_near(report.gradient_norm, 0, 1e-6);
  assert_int_equal(report.people_count, questions > 1 ? 2 : 1);
  plain p;
  plain_init(&p, &choices, discount, prior_scale, beta_spread);
  double moved = 0;
  for (size_t k = 0; k < p.steps.count; k++) {
    double mean;
    double spread;
    score_one(model, &p.steps.items[k], NULL, &mean, &spread);
    assert_near(mean, p.mode[p.size - p.steps.count + k], 1e-6);
    assert_near(spread, plain_spread(&p, k), 1e-6);
    moved = fmax(moved, fabs(mean));
  }
  assert_true(moved > 0.1);
  plain_deinit(&p);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* Fewer differences than steps, and more. */
static void posterior_is_that_of_a_weight_for_each_step(void **state) {
  (void)state;
  check_against_plain("prior_scale=2", 9, 1, 2, 1);
  check_against_plain("prior_scale=3,discount=0.8,beta_spread=0", 30, 0.8, 3, 0);
  check_against_plain("prior_scale=1", 90, 1, 1, 1);
}

/* One question, one step against another: with d their difference, of prior variance v = 2 s^2, the mode
 * solves 1 - p = d / v, p = 1 / (1 + e^-d); the sum keeps its prior. */
static void one_answer_moves_two_steps_apart(void **state) {
  (void)state;
  heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(heed_segment_init(&choice.query.options[i], 1, 1, NULL), HEED_OK);
    choice.query.options[i].obs[1] = (unsigned char)i;
  }
  heed_choices choices = {.count = 1, .items = &choice};
  heed_reward *model = create("prior_scale=1.5");
  learn(model, &choices, NULL);
  double mean[2];
  double spread[2];
  for (size_t i = 0; i < 2; i++) {
    heed_step step = heed_segment_step(&choice.query.options[i], 0);
    score_one(model, &step, NULL, &mean[i], &spread[i]);
  }
  double v = 2 * 1.5 * 1.5;
  double d = mean[0] - mean[1];
  double p = 1 / (1 + exp(-d));
  assert_true(d > 0);
  assert_near(mean[0], -mean[1], 1e-9);
  assert_near(1 - p, d / v, 1e-8);
  double variance = v / 4 + 1 / (1 / v + p * (1 - p)) / 4; /* of (sum + difference) / 2 */
  assert_near(spread[0], sqrt(variance), 1e-8);
  assert_near(spread[1], sqrt(variance), 1e-8);

  heed_segment other; /* what no question was about */
  assert_int_equal(heed_segment_init(&other, 1, 1, NULL), HEED_OK);
  other.obs[1] = 3;
  heed_step step = heed_segment_step(&other, 0);
  score_one(model, &step, NULL, &mean[0], &spread[0]);
  assert_near(mean[0], 0, 0);
  assert_near(spread[0], 1.5, 0);
  heed_segment_deinit(&other);
  heed_choice_deinit(&choice);
  heed_reward_destroy(model);
}

/* Scores under 20,000 draws have the mean and the spread that the model states, steps of no question
 * included, and so have sums of two: 5 standard errors are 0.035 spreads, and 2.5 % of them. */
static void draws_have_the_mean_and_spread_of_the_posterior(void **state) {
  (void)state;
  enum { DRAWS = 20000, STEPS = 8 };
  heed_rng rng;
  heed_rng_init(&rng, 33);
  heed_choices choices = {0};
  ask(&choices, 12, &rng);
  heed_reward *model = create("prior_scale=2,rank=64");
  learn(model, &choices, NULL);
  heed_segment other;
  assert_int_equal(heed_segment_init(&other, 1, 1, NULL), HEED_OK);
  other.actions[0].index = 4;
  heed_step steps[STEPS];
  double mean[STEPS];
  double spread[STEPS];
  double sum[STEPS] = {0};
  double squares[STEPS] = {0};
  for (size_t i = 0; i < STEPS; i++) {
    steps[i] = i == 0 ? heed_segment_step(&other, 0)
                      : heed_segment_step(&choices.items[i].query.options[0], 0);
    score_one(model, &steps[i], NULL, &mean[i], &spread[i]);
  }
  size_t size = heed_reward_spec_of(model)->hypothesis_size;
  assert_int_equal(size, 65 * sizeof(double));
  void *hypothesis = malloc(size);
  assert_non_null(hypothesis);
  for (size_t d = 0; d < DRAWS; d++) {
    heed_reward_draw(model, &rng, hypothesis);
    for (size_t i = 0; i < STEPS; i++) {
      double drawn;
      double none;
      score_one(model, &steps[i], hypothesis, &drawn, &none);
      assert_near(none, 0, 0);
      sum[i] += drawn - mean[i];
      squares[i] += (drawn - mean[i]) * (drawn - mean[i]);
    }
  }
  for (size_t i = 0; i < STEPS; i++) {
    assert_near(sum[i] / DRAWS, 0, 0.035 * spread[i]);
    assert_near(sqrt(squares[i] / DRAWS), spread[i], 0.025 * spread[i]);
  }
  free(hypothesis);
  heed_segment_deinit(&other);
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

/* What counts as one step: all of it, what was seen and done, or what came of it. */
static void steps_are_told_apart_as_asked(void **state) {
  (void)state;
  static const struct {
    const char *params;
    bool by_obs, by_action, by_next;
  } cases[] = {{"of=step", true, true, true},
               {"of=action", true, true, false},
               {"of=next", false, false, true}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    heed_choice choice = {.kind = HEED_LABEL, .beta = 1, .tie = 1, .chosen = HEED_LABEL_GOOD};
    choice.query.option_count = 1;
    assert_int_equal(heed_segment_init(&choice.query.options[0], 1, 1, NULL), HEED_OK);
    heed_choices choices = {.count = 1, .items = &choice};
    heed_reward *model = create(cases[k].params);
    learn(model, &choices, NULL);
    const bool matters[] = {cases[k].by_obs, cases[k].by_action, cases[k].by_next};
    for (size_t part = 0; part < 3; part++) {
      const uint8_t zero = 0;
      const uint8_t one = 1;
      heed_step step = {.obs = part == 0 ? &one : &zero,
                        .action = {.index = part == 1},
                        .next_obs = part == 2 ? &one : &zero};
      double mean;
      double spread;
      score_one(model, &step, NULL, &mean, &spread);
      assert_true((mean == 0) == matters[part]);
    }
    heed_choice_deinit(&choice);
    heed_reward_destroy(model);
  }
}

static void too_many_differences_are_refused(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 35);
  heed_choices choices = {0};
  ask(&choices, 12, &rng);
  heed_reward *model = create("rank=4");
  heed_error err = {0};
  assert_int_equal(heed_reward_learn(model, &choices, NULL, NULL, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "rank=4"));
  double mean;
  double spread;
  heed_step step = heed_segment_step(&choices.items[0].query.options[0], 0);
  score_one(model, &step, NULL, &mean, &spread);
  assert_near(spread, 5, 0); /* as before */
  heed_reward_destroy(model);
  heed_choices_deinit(&choices);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(posterior_is_that_of_a_weight_for_each_step),
      cmocka_unit_test(one_answer_moves_two_steps_apart),
      cmocka_unit_test(draws_have_the_mean_and_spread_of_the_posterior),
      cmocka_unit_test(steps_are_told_apart_as_asked),
      cmocka_unit_test(too_many_differences_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
