/* test_choice_slice.c: draws from the exact posterior, against sums over grids, against the normal
 * approximation where that is good, and against what was planted (Talts et al. 2018: the rank of the truth
 * among draws is uniform). */
#include <gsl/gsl_cdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/near.h"
#include "reward/choice_slice.h"

enum { DIM_MAX = 3, SIZE_MAX_HERE = 6 };

/* Questions without boards: a design matrix and answers. */
typedef struct problem {
  heed__choice_design design;
  heed__manner manner;
  heed_choices choices;
  double *rows;
} problem;

static double normal(heed_rng *rng) {
  double u = 1 - heed_rng_uniform(rng);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * heed_rng_uniform(rng));
}

/* `count` questions of two options, answered by people "a" and "b" in turn as weights w say, or by
 * `always` everywhere. */
static void problem_init(problem *p, size_t count, size_t dim, double prior_scale,
                         double beta_spread, const double *w, int32_t always, heed_rng *rng) {
  memset(p, 0, sizeof *p);
  p->rows = calloc(2 * count * dim, sizeof *p->rows);
  p->choices.items = calloc(count, sizeof *p->choices.items);
  assert_true(p->rows != NULL && p->choices.items != NULL);
  p->choices.count = count;
  for (size_t i = 0; i < 2 * count * dim; i++) {
    p->rows[i] = normal(rng);
  }
  for (size_t q = 0; q < count; q++) {
    heed_choice *choice = &p->choices.items[q];
    double difference = 0;
    for (size_t j = 0; j < dim && w != NULL; j++) {
      difference += (p->rows[(2 * q + 1) * dim + j] - p->rows[2 * q * dim + j]) * w[j];
    }
    choice->query.option_count = 2;
    choice->beta = 1;
    (void)snprintf(choice->who, sizeof choice->who, "%s", q % 2 == 0 ? "a" : "b");
    choice->chosen = w != NULL ? heed_rng_uniform(rng) < 1 / (1 + exp(-difference)) : always;
  }
  heed__manner_config config = {.beta_spread = beta_spread};
  assert_int_equal(heed__manner_init(&p->manner, &config, &p->choices, NULL), HEED_OK);
  p->design = (heed__choice_design){.choices = &p->choices,
                                    .manner = &p->manner,
                                    .row_count = 2 * count,
                                    .dim = dim,
                                    .rows = p->rows,
                                    .prior_scale = prior_scale};
}

static void problem_deinit(problem *p) {
  heed__manner_deinit(&p->manner);
  free(p->rows);
  free(p->choices.items);
}

/* Laplace's approximation, and count draws of the posterior: samples[count][size], the caller's. */
static double *sample(const problem *p, size_t count, uint32_t thin, heed_rng *rng, double *mode,
                      double *factor) {
  size_t size = heed__choice_size(&p->design);
  heed__choice_fit_report report;
  heed_error err = {0};
  assert_true(size <= SIZE_MAX_HERE);
  if (heed__choice_fit(&p->design, mode, factor, NULL, &report, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  double *samples = calloc(count * size, sizeof *samples);
  assert_non_null(samples);
  assert_int_equal(heed__choice_sample(&p->design, mode, factor, thin, rng, count, samples, &err),
                   HEED_OK);
  return samples;
}

/* Means and standard deviations of each parameter. */
typedef struct moments {
  double mean[SIZE_MAX_HERE], deviation[SIZE_MAX_HERE];
} moments;

static moments of_samples(const double *samples, size_t count, size_t size) {
  moments m = {{0}, {0}};
  for (size_t j = 0; j < size; j++) {
    for (size_t i = 0; i < count; i++) {
      m.mean[j] += samples[i * size + j] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
      double off = samples[i * size + j] - m.mean[j];
      m.deviation[j] += off * off / (double)(count - 1);
    }
    m.deviation[j] = sqrt(m.deviation[j]);
  }
  return m;
}

/* Point `at` of a grid of points^3, out to so many prior deviations. */
static void grid_point(const problem *p, int at, int points, double reach, double x[3]) {
  const int place[3] = {at % points, at / points % points, at / points / points};
  size_t knobs = heed__choice_size(&p->design) - p->design.dim;
  for (size_t j = 0; j < 3; j++) {
    double scale = j < knobs ? 1 : p->design.prior_scale;
    x[j] = scale * reach * (2.0 * place[j] / (points - 1) - 1);
  }
}

/* The same by sums over a grid of 3 parameters, or of 2: of smooth densities that vanish at its edge, as
 * exact as is needed. The largest value is found first, so that no exponential overflows. */
static moments of_grid(const problem *p, int points, double reach) {
  size_t size = heed__choice_size(&p->design);
  int count = size == 3 ? points * points * points : points * points;
  double sum = 0;
  double first[3] = {0};
  double second[3] = {0};
  double top = -HUGE_VAL;
  double x[3];
  assert_true(size == 2 || size == 3);
  for (int at = 0; at < count; at++) {
    grid_point(p, at, points, reach, x);
    top = fmax(top, heed__choice_log_posterior(&p->design, x, NULL, NULL, NULL));
  }
  for (int at = 0; at < count; at++) {
    grid_point(p, at, points, reach, x);
    double weight = exp(heed__choice_log_posterior(&p->design, x, NULL, NULL, NULL) - top);
    sum += weight;
    for (size_t j = 0; j < 3; j++) {
      first[j] += weight * x[j];
      second[j] += weight * x[j] * x[j];
    }
  }
  moments m = {{0}, {0}};
  for (size_t j = 0; j < 3; j++) {
    m.mean[j] = first[j] / sum;
    m.deviation[j] = sqrt(second[j] / sum - m.mean[j] * m.mean[j]);
  }
  return m;
}

/* 20,000 draws that hang together over a few: means to 4 % of a deviation, deviations to 4 %. Returns how
 * far the mode is off the mean, in deviations. */
static double check_grid(const problem *p, int points, double reach, uint64_t seed) {
  enum { COUNT = 20000 };
  size_t size = heed__choice_size(&p->design);
  double mode[SIZE_MAX_HERE];
  double factor[SIZE_MAX_HERE * SIZE_MAX_HERE];
  heed_rng rng;
  heed_rng_init(&rng, seed);
  double *samples = sample(p, COUNT, 2, &rng, mode, factor);
  moments found = of_samples(samples, COUNT, size);
  moments wanted = of_grid(p, points, reach);
  double off = 0;
  for (size_t j = 0; j < size; j++) {
    assert_near(found.mean[j], wanted.mean[j], 0.04 * wanted.deviation[j]);
    assert_near(found.deviation[j], wanted.deviation[j], 0.04 * wanted.deviation[j]);
    off = fmax(off, fabs(mode[j] - wanted.mean[j]) / wanted.deviation[j]);
  }
  free(samples);
  return off;
}

/* Answers that all point one way leave a long tail, which no normal distribution has. */
static void draws_have_the_moments_of_the_posterior(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  problem p;
  problem_init(&p, 4, 2, 5, 0, NULL, 0, &rng);
  for (size_t i = 0; i < 4; i++) { /* the first weight raises whatever was chosen */
    p.rows[4 * i] = fabs(p.rows[4 * i]);
    p.rows[4 * i + 2] = -fabs(p.rows[4 * i + 2]);
  }
  assert_true(check_grid(&p, 300, 5, 2) > 0.3); /* the normal approximation would fail */
  problem_deinit(&p);
}

static void how_people_answer_is_drawn_too(void **state) {
  (void)state;
  const double w[1] = {1.5};
  heed_rng rng;
  heed_rng_init(&rng, 3);
  problem p;
  problem_init(&p, 14, 1, 2, 0.8, w, 0, &rng);
  assert_int_equal(heed__choice_size(&p.design), 3);
  assert_true(check_grid(&p, 70, 5, 4) > 0.1);
  problem_deinit(&p);
}

static void normal_approximation_agrees_where_answers_are_many(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  const double w[3] = {1, -0.5, 0.3};
  double mode[SIZE_MAX_HERE];
  double factor[SIZE_MAX_HERE * SIZE_MAX_HERE];
  heed_rng rng;
  heed_rng_init(&rng, 5);
  problem p;
  problem_init(&p, 600, 3, 3, 0, w, 0, &rng);
  double *samples = sample(&p, COUNT, 1, &rng, mode, factor);
  moments found = of_samples(samples, COUNT, 3);
  for (size_t j = 0; j < 3; j++) {
    double sum = 0; /* (A^-1)_jj = |L^-1 e_j|^2 */
    double y[3] = {0};
    for (size_t i = j; i < 3; i++) {
      y[i] = i == j;
      for (size_t k = j; k < i; k++) {
        y[i] -= factor[k * 3 + i] * y[k];
      }
      y[i] /= factor[i * 3 + i];
      sum += y[i] * y[i];
    }
    assert_near(found.mean[j], mode[j], 0.15 * sqrt(sum));
    assert_near(found.deviation[j], sqrt(sum), 0.08 * sqrt(sum));
  }
  free(samples);
  problem_deinit(&p);
}

/* Weights from the prior, answers by the likelihood: the rank of each weight among 19 of its draws is
 * uniform. Chi-squared over 20 ranks, twice 300 of them, at a level of 1 in 1,000. */
static void planted_weights_have_uniform_ranks(void **state) {
  (void)state;
  enum { WORLDS = 300, DRAWS = 19, DIM = 2 };
  double counts[DIM][DRAWS + 1] = {{0}};
  double mode[SIZE_MAX_HERE];
  double factor[SIZE_MAX_HERE * SIZE_MAX_HERE];
  heed_rng rng;
  heed_rng_init(&rng, 6);
  for (int i = 0; i < WORLDS; i++) {
    double w[DIM];
    for (size_t j = 0; j < DIM; j++) {
      w[j] = 2 * normal(&rng);
    }
    problem p;
    problem_init(&p, 10, DIM, 2, 0, w, 0, &rng);
    double *samples = sample(&p, DRAWS, 5, &rng, mode, factor);
    for (size_t j = 0; j < DIM; j++) {
      size_t rank = 0;
      for (size_t s = 0; s < DRAWS; s++) {
        rank += samples[s * DIM + j] < w[j];
      }
      counts[j][rank]++;
    }
    free(samples);
    problem_deinit(&p);
  }
  for (size_t j = 0; j < DIM; j++) {
    double sum = 0;
    double expected = (double)WORLDS / (DRAWS + 1);
    for (size_t k = 0; k <= DRAWS; k++) {
      sum += (counts[j][k] - expected) * (counts[j][k] - expected) / expected;
    }
    assert_true(gsl_cdf_chisq_Q(sum, DRAWS) > 0.001);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_have_the_moments_of_the_posterior),
      cmocka_unit_test(how_people_answer_is_drawn_too),
      cmocka_unit_test(normal_approximation_agrees_where_answers_are_many),
      cmocka_unit_test(planted_weights_have_uniform_ranks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
