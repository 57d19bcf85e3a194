/* test_manner.c: the joint posterior of a reward and of how people answer, for every kind of feedback:
 * against differences, against quadrature, and against its own promise on planted parameters. The
 * likelihood of the tests is written from the table in choice.h, kind by kind. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "core/rng.h"
#include "reward/choice_fit.h"

enum { DIM = 2, PEOPLE = 3, KINDS = HEED_CHOICE_KIND_COUNT, GRADES = 4 };

/* How the people of a problem answer, in plain numbers. */
typedef struct habits {
  double beta, mistakes, tie, neutral, grade[GRADES]; /* grade[0] = 0 */
} habits;

typedef struct problem {
  heed_choices choices;
  heed__manner manner;
  heed__choice_design design;
  double *rows;
  size_t dim;
} problem;

static uint32_t options_of(heed_choice_kind kind) {
  return kind == HEED_RATING || kind == HEED_LABEL ? 1 : kind == HEED_OFF_SWITCH ? 2 : 3;
}

static size_t responses_of(const heed_choice *choice) {
  switch (choice->kind) {
    case HEED_RATING:
      return choice->grades;
    case HEED_LABEL:
      return 3;
    case HEED_APPROVAL:
      return 2;
    default:
      return choice->query.option_count + (choice->tie > 0 ? 1 : 0);
  }
}

/* The logit of response k by the table of choice.h; "equal" comes last. */
static double plain_logit(const heed_choice *choice, size_t k, const double *g, const habits *h) {
  uint32_t n = choice->query.option_count;
  double others = 0;
  switch (choice->kind) {
    case HEED_RATING:
      return h->beta * g[0] * (double)k / (choice->grades - 1) + h->grade[k];
    case HEED_LABEL:
      return k == 0 ? 0 : k == 2 ? h->beta * g[0] : h->beta * g[0] / 2 + log(h->neutral);
    case HEED_APPROVAL:
      for (uint32_t i = 1; i < n; i++) {
        others += g[i] / (n - 1);
      }
      return h->beta * (k == 0 ? g[0] : others);
    default:
      for (uint32_t i = 0; i < n; i++) {
        others += g[i] / n;
      }
      return k < n ? h->beta * g[k] : h->beta * others + log(h->tie);
  }
}

/* P(response k), and with k < 0 that of the answer. */
static double plain_probability(const heed_choice *choice, int k, const double *x, size_t dim,
                                const double *w, const habits *h) {
  double g[3] = {0};
  for (uint32_t i = 0; i < choice->query.option_count; i++) {
    for (size_t j = 0; j < dim; j++) {
      g[i] += x[i * dim + j] * w[j];
    }
  }
  size_t m = responses_of(choice);
  size_t c = k >= 0                                ? (size_t)k
             : choice->chosen == HEED_CHOICE_EQUAL ? m - 1
                                                   : (size_t)choice->chosen;
  double sum = 0;
  for (size_t i = 0; i < m; i++) {
    sum += exp(plain_logit(choice, i, g, h));
  }
  return (1 - h->mistakes) * exp(plain_logit(choice, c, g, h)) / sum + h->mistakes / (double)m;
}

/* ---- problems ------------------------------------------------------------------------------- */

/* `count` questions of `kind` (or of all, by turns) to `people` people by turns; nothing is answered. */
static void problem_init(problem *p, size_t count, int kind, size_t people, size_t dim,
                         gsl_rng *rng) {
  static const char *const names[PEOPLE] = {"ann", "bob", "cy"};
  *p = (problem){.dim = dim};
  p->rows = calloc(count * 3 * dim, sizeof *p->rows);
  p->choices.items = calloc(count, sizeof *p->choices.items);
  assert_non_null(p->rows);
  assert_non_null(p->choices.items);
  p->choices.count = count;
  size_t rows = 0;
  for (size_t q = 0; q < count; q++) {
    heed_choice *choice = &p->choices.items[q];
    choice->kind = (heed_choice_kind)(kind >= 0 ? kind : (int)(q / people % KINDS));
    choice->query.option_count = options_of(choice->kind);
    choice->beta = 1;
    choice->tie = choice->kind == HEED_COMPARISON || choice->kind == HEED_LABEL ? 1 : 0;
    choice->grades = choice->kind == HEED_RATING ? GRADES : 0;
    strcpy(choice->who, names[q % people]);
    rows += choice->query.option_count;
  }
  for (size_t i = 0; i < rows * dim; i++) {
    p->rows[i] = gsl_ran_gaussian_ziggurat(rng, 1);
  }
  p->design = (heed__choice_design){.choices = &p->choices,
                                    .manner = &p->manner,
                                    .row_count = rows,
                                    .dim = dim,
                                    .rows = p->rows,
                                    .prior_scale = 1.5};
}

static void problem_deinit(problem *p) {
  heed__manner_deinit(&p->manner);
  free(p->rows);
  free(p->choices.items);
}

/* Everybody answers by the plain formula, people[q % count] question q. */
static void problem_answer(problem *p, const double *w, const habits *people, size_t count,
                           const heed__manner_config *config, gsl_rng *rng) {
  const double *x = p->rows;
  for (size_t q = 0; q < p->choices.count; q++) {
    heed_choice *choice = &p->choices.items[q];
    const habits *h = &people[q % count];
    size_t m = responses_of(choice);
    double rest = gsl_rng_uniform(rng);
    size_t k = 0;
    for (; k + 1 < m; k++) {
      rest -= plain_probability(choice, (int)k, x, p->dim, w, h);
      if (rest < 0) {
        break;
      }
    }
    bool is_equal = choice->kind == HEED_COMPARISON && k == choice->query.option_count;
    choice->chosen = is_equal ? HEED_CHOICE_EQUAL : (int32_t)k;
    choice->mistakes = h->mistakes;
    x += choice->query.option_count * p->dim;
  }
  assert_int_equal(heed__manner_init(&p->manner, config, &p->choices, NULL), HEED_OK);
}

/* The habits that the parameters theta say, for the person of question q. */
static habits habits_of(const problem *p, const double *theta, size_t q) {
  const heed__knobs *knobs = &p->manner.knobs[q];
  habits h = {.beta = 1, .mistakes = p->choices.items[q].mistakes, .tie = 1, .neutral = 1};
  if (knobs->beta >= 0) {
    h.beta = exp(p->manner.spread[knobs->beta] * theta[knobs->beta]);
  }
  if (knobs->mistakes >= 0) {
    size_t j = (size_t)knobs->mistakes;
    h.mistakes = 1 / (1 + exp(-(p->manner.centre[j] + p->manner.spread[j] * theta[j])));
  }
  if (knobs->tie >= 0) {
    h.tie = h.neutral = exp(p->manner.spread[knobs->tie] * theta[knobs->tie]);
  }
  for (int k = 1; k < (int)p->choices.items[q].grades; k++) {
    h.grade[k] = p->manner.spread[knobs->grade + k - 1] * theta[knobs->grade + k - 1];
  }
  return h;
}

static double plain_log_posterior(const problem *p, const double *v) {
  size_t first = p->manner.count;
  const double *x = p->rows;
  double value = 0;
  for (size_t j = 0; j < first + p->dim; j++) {
    double scale = j < first ? 1 : p->design.prior_scale;
    value -= v[j] * v[j] / (2 * scale * scale);
  }
  for (size_t q = 0; q < p->choices.count; q++) {
    habits h = habits_of(p, v, q);
    value += log(plain_probability(&p->choices.items[q], -1, x, p->dim, v + first, &h));
    x += p->choices.items[q].query.option_count * p->dim;
  }
  return value;
}

static const habits usual[PEOPLE] = {
    {1.5, 0.10, 0.7, 1.4, {0, 0.5, 0.8, 0.1}},
    {0.6, 0.05, 1.5, 0.9, {0, -0.5, 0.3, 0.9}},
    {1.0, 0.20, 1.0, 0.5, {0, 0.2, 0.2, -0.6}},
};

/* ---- derivatives ---------------------------------------------------------------------------- */

/* All kinds, three people, everything inferred: 3 x (1 + 1 + 1 + 1 + 3) + 2 parameters. Tolerances as in
 * test_choice_fit.c, with log p about 100. */
static void joint_derivatives_match_differences(void **state) {
  (void)state;
  enum { SIZE = 23 };
  heed_rng rng;
  heed_rng_init(&rng, 4);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, 3 * KINDS * 3, -1, PEOPLE, DIM, &gsl);
  heed__manner_config config = {.beta_spread = 0.8, .infers_mistakes = true};
  problem_answer(&p, (const double[]){0.9, -0.6}, usual, PEOPLE, &config, &gsl);
  assert_int_equal(heed__choice_size(&p.design), SIZE);
  double v[SIZE];
  for (size_t j = 0; j < SIZE; j++) {
    v[j] = 0.3 * gsl_ran_gaussian_ziggurat(&gsl, 1);
  }
  double gradient[SIZE];
  double curvature[SIZE * SIZE];
  double *scratch = calloc(p.design.row_count * DIM, sizeof *scratch);
  double value = heed__choice_log_posterior(&p.design, v, gradient, curvature, scratch);
  assert_near(value, plain_log_posterior(&p, v), 1e-11);
  const double h = 1e-5;
  for (size_t j = 0; j < SIZE; j++) {
    double up[SIZE];
    double down[SIZE];
    double gradient_up[SIZE];
    double gradient_down[SIZE];
    memcpy(up, v, sizeof up);
    memcpy(down, v, sizeof down);
    up[j] += h;
    down[j] -= h;
    (void)heed__choice_log_posterior(&p.design, up, gradient_up, NULL, NULL);
    (void)heed__choice_log_posterior(&p.design, down, gradient_down, NULL, NULL);
    assert_near(gradient[j],
                (plain_log_posterior(&p, up) - plain_log_posterior(&p, down)) / (2 * h), 1e-7);
    for (size_t k = 0; k < SIZE; k++) {
      assert_near(curvature[j * SIZE + k], -(gradient_up[k] - gradient_down[k]) / (2 * h), 1e-7);
    }
  }
  free(scratch);
  problem_deinit(&p);
}

/* ---- the marginal posterior ------------------------------------------------------------------ */

/* Covariance from the factor: column j of A^-1 by two triangular solves. */
static void covariance_of(const double *factor, size_t size, double *covariance) {
  for (size_t j = 0; j < size; j++) {
    double *y = covariance + j * size;
    for (size_t i = 0; i < size; i++) {
      y[i] = i == j;
      for (size_t k = 0; k < i; k++) {
        y[i] -= factor[k * size + i] * y[k];
      }
      y[i] /= factor[i * size + i];
    }
    for (size_t i = size; i-- > 0;) {
      for (size_t k = i + 1; k < size; k++) {
        y[i] -= factor[i * size + k] * y[k];
      }
      y[i] /= factor[i * size + i];
    }
  }
}

/* Mean and deviation of each of two parameters under the plain formula, by Gauss and Legendre with 40 x
 * 40 points over 7 deviations around the mode. */
static void integrate(const problem *p, const double *mode, const double *deviation, double *mean,
                      double *spread) {
  enum { POINTS = 40 };
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(POINTS);
  double top = plain_log_posterior(p, mode);
  double mass = 0;
  double sum[2] = {0};
  double square[2] = {0};
  for (size_t i = 0; i < POINTS; i++) {
    for (size_t k = 0; k < POINTS; k++) {
      double v[2];
      double weight[2];
      for (size_t j = 0; j < 2; j++) {
        gsl_integration_glfixed_point(mode[j] - 7 * deviation[j], mode[j] + 7 * deviation[j],
                                      j == 0 ? i : k, &v[j], &weight[j], table);
      }
      double density = weight[0] * weight[1] * exp(plain_log_posterior(p, v) - top);
      mass += density;
      for (size_t j = 0; j < 2; j++) {
        sum[j] += density * v[j];
        square[j] += density * v[j] * v[j];
      }
    }
  }
  gsl_integration_glfixed_table_free(table);
  for (size_t j = 0; j < 2; j++) {
    mean[j] = sum[j] / mass;
    spread[j] = sqrt(square[j] / mass - mean[j] * mean[j]);
  }
}

/* 300 answers: mean and mode within 1/sqrt(300) of a deviation times a constant of order 3, deviations
 * within some percent (test_choice_fit.c). `dim` weights and 2 - dim parameters of manner. Mistakes bend
 * the likelihood more, which takes more answers to be nearly normal. */
static void check_quadrature(heed_choice_kind kind, size_t dim, bool infers_mistakes) {
  size_t count = infers_mistakes ? 2000 : 300;
  heed_rng rng;
  heed_rng_init(&rng, 40 + (uint64_t)kind);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, count, (int)kind, 1, dim, &gsl);
  for (size_t q = 0; q < count; q++) {
    p.choices.items[q].grades = kind == HEED_RATING ? 2 : 0; /* one threshold */
    p.choices.items[q].tie = infers_mistakes ? 0 : p.choices.items[q].tie;
  }
  habits h = usual[0];
  h.beta = 1;
  h.mistakes = infers_mistakes ? 0.1 : 0;
  heed__manner_config config = {.beta_spread = 1, .infers_mistakes = infers_mistakes};
  problem_answer(&p, (const double[]){1.1, -0.7}, &h, 1, &config, &gsl);
  assert_int_equal(heed__choice_size(&p.design), 2);
  double mode[2];
  double factor[4];
  double covariance[4];
  heed__choice_fit_report report;
  assert_int_equal(heed__choice_fit(&p.design, mode, factor, NULL, &report, NULL), HEED_OK);
  assert_near(report.log_posterior, plain_log_posterior(&p, mode), 1e-9);
  covariance_of(factor, 2, covariance);
  double deviation[2] = {sqrt(covariance[0]), sqrt(covariance[3])};
  /* The last entry of the factor alone is that of the marginal of the last parameter. */
  assert_near(1 / factor[3], deviation[1], 1e-12);
  double mean[2];
  double spread[2];
  integrate(&p, mode, deviation, mean, spread);
  for (size_t j = 0; j < 2; j++) {
    assert_near(mode[j], mean[j], 0.25 * spread[j]);
    assert_near(deviation[j], spread[j], 0.06 * spread[j]);
  }
  problem_deinit(&p);
}

static void posterior_of_every_kind_matches_quadrature(void **state) {
  (void)state;
  for (int kind = 0; kind < KINDS; kind++) {
    bool has_own = kind == HEED_RATING || kind == HEED_LABEL || kind == HEED_COMPARISON;
    check_quadrature((heed_choice_kind)kind, has_own ? 1 : 2, false);
  }
}

static void posterior_of_mistakes_matches_quadrature(void **state) {
  (void)state;
  check_quadrature(HEED_COMPARISON, 1, true);
}

/* ---- planted parameters ---------------------------------------------------------------------- */

/* Draws everything from its prior, `runs` times, and counts how often the 90 % interval of each
 * parameter holds what was planted. */
static double coverage(int kind, size_t people, const heed__manner_config *config, size_t runs,
                       size_t answers) {
  heed_rng rng;
  heed_rng_init(&rng, 900 + (uint64_t)(kind + 1));
  gsl_rng gsl = heed_rng_view(&rng);
  const double z = gsl_cdf_ugaussian_Pinv(0.95);
  size_t covered = 0;
  size_t asked = 0;
  for (size_t run = 0; run < runs; run++) {
    problem p;
    problem_init(&p, answers, kind, people, DIM, &gsl);
    double w[DIM];
    habits h[PEOPLE];
    for (size_t j = 0; j < DIM; j++) {
      w[j] = gsl_ran_gaussian_ziggurat(&gsl, 1.5);
    }
    for (size_t i = 0; i < people; i++) {
      h[i] = (habits){.beta = people > 1 ? exp(gsl_ran_gaussian(&gsl, config->beta_spread)) : 1,
                      .tie = exp(gsl_ran_gaussian(&gsl, 1))};
      h[i].neutral = h[i].tie;
      for (size_t k = 1; k < GRADES; k++) {
        h[i].grade[k] = gsl_ran_gaussian(&gsl, 3);
      }
    }
    problem_answer(&p, w, h, people, config, &gsl);
    size_t size = heed__choice_size(&p.design);
    double *mode = calloc(size, sizeof *mode);
    double *factor = calloc(2 * size, size * sizeof *factor);
    heed__choice_fit_report report;
    heed_error err = {0};
    if (heed__choice_fit(&p.design, mode, factor, NULL, &report, &err) != HEED_OK) {
      fail_msg("kind %d, run %zu: %s", kind, run, err.message);
    }
    double *covariance = factor + size * size;
    covariance_of(factor, size, covariance);
    for (size_t j = 0; j < DIM; j++) {
      size_t i = p.manner.count + j;
      covered += fabs(mode[i] - w[j]) <= z * sqrt(covariance[i * size + i]);
      asked++;
    }
    for (size_t i = 0; i < people && people > 1; i++) {
      size_t j = (size_t)p.manner.knobs[i].beta;
      double error = config->beta_spread * mode[j] - log(h[i].beta);
      covered += fabs(error) <= z * config->beta_spread * sqrt(covariance[j * size + j]);
      asked++;
    }
    free(mode);
    free(factor);
    problem_deinit(&p);
  }
  return (double)covered / (double)asked;
}

/* 200 sets of 60 answers and 2 weights: sampling alone is 0.90 +- 0.015. */
static void intervals_of_every_kind_cover_what_was_planted(void **state) {
  (void)state;
  heed__manner_config config = {.beta_spread = 1};
  for (int kind = 0; kind < KINDS; kind++) {
    assert_near(coverage(kind, 1, &config, 200, 60), 0.90, 0.06);
  }
}

/* Three people of unknown rationality, all kinds mixed: 150 sets of 240 answers, 5 parameters. */
static void rationality_of_each_person_is_covered(void **state) {
  (void)state;
  heed__manner_config config = {.beta_spread = 0.7};
  assert_near(coverage(-1, PEOPLE, &config, 150, 240), 0.90, 0.06);
}

/* One answers at random, the others do not: the fit finds out who. */
static void careless_person_is_told_apart(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 77);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, 300, HEED_RANKING, PEOPLE, DIM, &gsl);
  habits people[PEOPLE] = {usual[0], usual[0], usual[0]};
  people[0].mistakes = people[1].mistakes = people[2].mistakes = 0;
  people[0].beta = people[1].beta = 2;
  people[2].beta = 1e-3;
  heed__manner_config config = {.beta_spread = 1};
  problem_answer(&p, (const double[]){1.1, -0.7}, people, PEOPLE, &config, &gsl);
  size_t size = heed__choice_size(&p.design);
  double *memory = calloc(size, (size + 2) * sizeof *memory);
  heed__choice_fit_report fitted;
  heed_reward_report report = {0};
  double *factor = memory + 2 * size;
  assert_int_equal(heed__choice_fit(&p.design, memory, factor, NULL, &fitted, NULL), HEED_OK);
  heed__manner_report(&p.manner, &p.choices, memory, factor, size, memory + size, &report);
  assert_int_equal(report.people_count, 3);
  assert_string_equal(report.people[2].who, "cy");
  assert_int_equal(report.people[2].answers, 100);
  assert_true(report.people[2].beta < 0.3 * report.people[0].beta);
  assert_true(report.people[2].beta < 0.3 * report.people[1].beta);
  assert_true(report.people[0].beta_spread > 0 && report.people[0].beta_spread < 1);
  free(memory);
  problem_deinit(&p);
}

/* Few answers and a wide prior: the first steps go far too far, and the search must come back. */
static void few_answers_of_several_people_have_a_mode(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 31);
  gsl_rng gsl = heed_rng_view(&rng);
  for (size_t run = 0; run < 100; run++) {
    problem p;
    problem_init(&p, 2 + run % 6, run % 2 == 0 ? HEED_RANKING : -1, PEOPLE, DIM, &gsl);
    p.design.prior_scale = 40;
    for (size_t i = 0; i < p.design.row_count * DIM; i++) {
      p.rows[i] *= 30; /* as features of 30 steps add up */
    }
    heed__manner_config config = {.beta_spread = 1, .infers_mistakes = run % 3 == 0};
    habits people[PEOPLE] = {usual[0], usual[1], usual[2]};
    people[run % PEOPLE].mistakes = people[0].mistakes = 0; /* some are said never to err */
    problem_answer(&p, (const double[]){0.1, -0.1}, people, PEOPLE, &config, &gsl);
    size_t size = heed__choice_size(&p.design);
    double *memory = calloc(size, (size + 1) * sizeof *memory);
    heed__choice_fit_report report;
    heed_error err = {0};
    if (heed__choice_fit(&p.design, memory, memory + size, NULL, &report, &err) != HEED_OK) {
      fail_msg("run %zu: %s", run, err.message);
    }
    assert_near(report.gradient_norm, 0, 1e-5);
    free(memory);
    problem_deinit(&p);
  }
}

static void alone_a_person_has_the_rationality_that_is_stated(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  gsl_rng gsl = heed_rng_view(&rng);
  problem p;
  problem_init(&p, 20, HEED_RANKING, 1, DIM, &gsl);
  heed__manner_config config = {.beta_spread = 1};
  problem_answer(&p, (const double[]){1, 1}, usual, 1, &config, &gsl);
  assert_int_equal(heed__choice_size(&p.design), DIM);
  problem_deinit(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(joint_derivatives_match_differences),
      cmocka_unit_test(posterior_of_every_kind_matches_quadrature),
      cmocka_unit_test(posterior_of_mistakes_matches_quadrature),
      cmocka_unit_test(intervals_of_every_kind_cover_what_was_planted),
      cmocka_unit_test(rationality_of_each_person_is_covered),
      cmocka_unit_test(careless_person_is_told_apart),
      cmocka_unit_test(few_answers_of_several_people_have_a_mode),
      cmocka_unit_test(alone_a_person_has_the_rationality_that_is_stated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
