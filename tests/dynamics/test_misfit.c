/* test_misfit.c: what is left of a law, on residuals whose own law is known. */
#include "dynamics/misfit.h"

#include <gsl/gsl_randist.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"

/* Residuals along lives of LIFE steps that wander over [-1, 1]^2: two outputs, the first with the law of a
 * test, the second normal noise of variance 1. */
enum { FEATURES = 6, OUTPUTS = 2, DIM = 2, LIFE = 40 };

typedef struct walk {
  size_t count;
  double *x;         /* owned, [count][DIM] */
  double *residuals; /* owned, [count][OUTPUTS] */
} walk;

static void place(const void *owner, size_t i, double *psi, double *x) {
  const walk *w = owner;
  memcpy(x, w->x + i * DIM, DIM * sizeof *x);
  const double all[FEATURES] = {1, x[0], x[1], x[0] * x[0], x[0] * x[1], x[1] * x[1]};
  memcpy(psi, all, sizeof all);
}

static bool goes_on(const void *owner, size_t i) {
  (void)owner;
  return (i + 1) % LIFE != 0;
}

/* A function of about the process of variance 1 and covariance (1 + q / tail)^-tail, a mixture of Gaussian
 * ones of many reaches (Rasmussen and Williams 2006, equation 4.20): many waves. */
enum { WAVES = 200 };
typedef struct smooth {
  double frequency[WAVES][DIM], phase[WAVES];
} smooth;

static smooth draw_smooth(gsl_rng *gsl, double reach) {
  smooth s;
  for (int k = 0; k < WAVES; k++) {
    s.phase[k] = 6.283185307179586 * gsl_rng_uniform(gsl);
    double scale = sqrt(gsl_ran_gamma(gsl, HEED__MISFIT_TAIL, 1 / HEED__MISFIT_TAIL)) / reach;
    for (int d = 0; d < DIM; d++) {
      s.frequency[k][d] = gsl_ran_gaussian(gsl, scale);
    }
  }
  return s;
}

static double smooth_at(const smooth *s, const double *x) {
  double sum = 0;
  for (int k = 0; k < WAVES; k++) {
    sum += cos(s->frequency[k][0] * x[0] + s->frequency[k][1] * x[1] + s->phase[k]);
  }
  return sum * sqrt(2.0 / WAVES);
}

typedef struct rule {
  double slope;        /* log variance is slope x_0 */
  double share, reach; /* of the smooth part */
  double together;     /* how much of the first output is in the second */
  bool is_heavy;       /* noise is Student's with 3 degrees of freedom, not normal */
} rule;

static walk walk_of(size_t count, const rule *law, uint64_t seed) {
  walk w = {.count = count,
            .x = calloc(count * DIM, sizeof *w.x),
            .residuals = calloc(count * OUTPUTS, sizeof *w.residuals)};
  assert_non_null(w.x);
  assert_non_null(w.residuals);
  heed_rng rng;
  heed_rng_init(&rng, seed);
  gsl_rng gsl = heed_rng_view(&rng);
  smooth s = draw_smooth(&gsl, law->reach > 0 ? law->reach : 1);
  for (size_t i = 0; i < count; i++) {
    double *x = w.x + i * DIM;
    for (int d = 0; d < DIM; d++) {
      double step = gsl_ran_gaussian(&gsl, 0.05);
      x[d] = i % LIFE == 0 ? 2 * gsl_rng_uniform(&gsl) - 1 : x[d - DIM] + step;
      x[d] = fmin(fmax(x[d], -1), 1);
    }
    double noise = law->is_heavy ? gsl_ran_tdist(&gsl, 3) : gsl_ran_gaussian(&gsl, 1);
    double unit = sqrt(law->share) * smooth_at(&s, x) + sqrt(1 - law->share) * noise;
    w.residuals[i * OUTPUTS] = exp(0.5 * law->slope * x[0]) * unit;
    double other = gsl_ran_gaussian(&gsl, sqrt(1 - law->together * law->together));
    w.residuals[i * OUTPUTS + 1] = law->together * unit + other;
  }
  return w;
}

static void walk_free(walk *w) {
  free(w->x);
  free(w->residuals);
}

static heed__misfit fitted(const walk *w) {
  heed__misfit misfit;
  heed_error err = {0};
  assert_ok(heed__misfit_init(&misfit, FEATURES, OUTPUTS, DIM, &err), &err);
  heed__misfit_data data = {
      .count = w->count, .residuals = w->residuals, .place = place, .goes_on = goes_on, .owner = w};
  heed__misfit_fit(&misfit, &data);
  return misfit;
}

static double scale_at(const heed__misfit *misfit, uint32_t o, double x0, double x1) {
  const walk one = {.x = (double[DIM]){x0, x1}};
  double psi[FEATURES];
  double x[DIM];
  place(&one, 0, psi, x);
  return heed__misfit_scale(misfit, o, psi);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void size_is_found_where_it_is(void **state) {
  (void)state;
  const rule it = {.slope = 3};
  walk w = walk_of(6000, &it, 1);
  heed__misfit misfit = fitted(&w);
  assert_true(misfit.is_known);
  for (int i = -1; i <= 1; i++) {
    double x = 0.8 * i;
    assert_near(log(scale_at(&misfit, 0, x, 0)), 1.5 * x, 0.12);
    assert_near(scale_at(&misfit, 1, x, 0), 1, 0.1);
  }
  heed__misfit_deinit(&misfit);
  walk_free(&w);
}

/* Noise that is new at every visit is told from what stays, and of what stays how far it reaches. Some of what
 * stays is taken for a difference in size, so that the share is rather too small. */
static void what_stays_is_told_from_noise(void **state) {
  (void)state;
  const struct {
    rule law;
    double tolerance;
  } cases[] = {{{.share = 0}, 0.1},
               {{.share = 0.5, .reach = 0.3}, 0.15},
               {{.share = 0.9, .reach = 0.3}, 0.2},
               {{.share = 0.9, .reach = 0.3, .slope = 3}, 0.2},
               {{.share = 1, .reach = 0.2}, 0.15}};
  enum { FUNCTIONS = 16 };
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    double share[OUTPUTS] = {0};
    double log_reach[DIM] = {0};
    for (uint64_t seed = 1; seed <= FUNCTIONS; seed++) {
      walk w = walk_of(3000, &cases[c].law, 100 * c + seed);
      heed__misfit misfit = fitted(&w);
      for (int o = 0; o < OUTPUTS; o++) {
        share[o] += misfit.share[o] / FUNCTIONS;
      }
      for (int d = 0; d < DIM; d++) {
        log_reach[d] += log(misfit.reach[d]) / FUNCTIONS;
      }
      heed__misfit_deinit(&misfit);
      walk_free(&w);
    }
    assert_near(share[0], cases[c].law.share, cases[c].tolerance);
    assert_near(share[1], 0, 0.1);
    for (int d = 0; d < DIM && cases[c].law.share > 0; d++) {
      assert_near(log_reach[d], log(cases[c].law.reach),
                  0.35); /* tried are powers of the root of 2 */
    }
  }
}

/* Nine in ten new residuals lie inside the 90 % interval: of normal noise, of heavy tails, of what depends on
 * the place; of few records and many. */
static void intervals_hold_on_what_is_new(void **state) {
  (void)state;
  const rule laws[] = {{.slope = 0}, {.slope = 4}, {.slope = 2, .is_heavy = true}};
  enum { LIVES = 20, NEW = 1000 };
  for (size_t l = 0; l < sizeof laws / sizeof laws[0]; l++) {
    for (size_t count = 200; count <= 2000; count *= 10) {
      double held = 0;
      for (uint64_t seed = 1; seed <= LIVES; seed++) {
        walk seen = walk_of(count, &laws[l], 100 * seed);
        walk later = walk_of(NEW, &laws[l], 100 * seed + 1);
        heed__misfit misfit = fitted(&seen);
        for (size_t i = 0; i < NEW; i++) {
          double size = scale_at(&misfit, 0, later.x[i * DIM], later.x[i * DIM + 1]);
          held += fabs(later.residuals[i * OUTPUTS]) <= 1.6448536 * size;
        }
        heed__misfit_deinit(&misfit);
        walk_free(&seen);
        walk_free(&later);
      }
      assert_near(held / (LIVES * NEW), 0.9, 0.025);
    }
  }
}

/* Over draws, what stays has mean 0, and the covariance of the process times its share. */
static void draws_have_the_covariance_of_the_process(void **state) {
  (void)state;
  enum { DRAWS = 20000, PLACES = 4 };
  static const double x[PLACES][DIM] = {{0, 0}, {0.3, 0}, {0.3, -0.4}, {1, 1}};
  const rule it = {.share = 0.9, .reach = 0.3};
  walk w = walk_of(4000, &it, 9);
  heed__misfit misfit = fitted(&w);
  const double *reach = misfit.reach;
  double sum[PLACES] = {0};
  double product[PLACES][PLACES] = {{0}};
  heed_rng rng;
  heed_rng_init(&rng, 10);
  for (int k = 0; k < DRAWS; k++) {
    double waves[OUTPUTS * (DIM + 2)];
    double z[PLACES];
    heed__misfit_draw(&misfit, &rng, waves);
    for (int i = 0; i < PLACES; i++) {
      double unit[OUTPUTS] = {0}; /* no noise */
      heed__misfit_unit(&misfit, waves, x[i], unit);
      z[i] = unit[0];
      sum[i] += z[i] / DRAWS;
      for (int j = 0; j <= i; j++) {
        product[i][j] += z[i] * z[j] / DRAWS;
      }
    }
  }
  for (int i = 0; i < PLACES; i++) {
    assert_near(sum[i], 0, 4 / sqrt(DRAWS));
    for (int j = 0; j <= i; j++) {
      double dx = (x[i][0] - x[j][0]) / reach[0];
      double dy = (x[i][1] - x[j][1]) / reach[1];
      double q = 0.5 * (dx * dx + dy * dy);
      double covariance = misfit.share[0] * pow(1 + q / HEED__MISFIT_TAIL, -HEED__MISFIT_TAIL);
      assert_near(product[i][j], covariance, 4 * sqrt(3.0 / DRAWS));
    }
  }
  heed__misfit_deinit(&misfit);
  walk_free(&w);
}

/* What two outputs have in common, be it new at every visit or not, they have in draws: over draws at one
 * place each has variance 1, and their correlation is the one they were made with, in the mean over
 * functions. */
static void outputs_that_go_together_are_drawn_together(void **state) {
  (void)state;
  enum { DRAWS = 4000, FUNCTIONS = 16 };
  const rule laws[] = {{.together = 0.8},
                       {.together = -0.6, .share = 0.9, .reach = 0.2},
                       {.together = 1, .share = 0.9, .reach = 0.2},
                       {.together = 0}};
  for (size_t l = 0; l < sizeof laws / sizeof laws[0]; l++) {
    double product[3] = {0};
    for (uint64_t seed = 1; seed <= FUNCTIONS; seed++) {
      walk w = walk_of(2000, &laws[l], 1000 * l + seed);
      heed__misfit misfit = fitted(&w);
      heed_rng rng;
      heed_rng_init(&rng, seed);
      gsl_rng gsl = heed_rng_view(&rng);
      for (int k = 0; k < DRAWS; k++) {
        double waves[OUTPUTS * (DIM + 2)];
        double unit[OUTPUTS] = {gsl_ran_gaussian(&gsl, 1), gsl_ran_gaussian(&gsl, 1)};
        heed__misfit_draw(&misfit, &rng, waves);
        heed__misfit_unit(&misfit, waves, (const double[DIM]){0.2, 0.1}, unit);
        product[0] += unit[0] * unit[0] / (DRAWS * FUNCTIONS);
        product[1] += unit[0] * unit[1] / (DRAWS * FUNCTIONS);
        product[2] += unit[1] * unit[1] / (DRAWS * FUNCTIONS);
      }
      heed__misfit_deinit(&misfit);
      walk_free(&w);
    }
    assert_near(product[0], 1, 4 * sqrt(3.0 / (DRAWS * FUNCTIONS)));
    assert_near(product[1], laws[l].together, 0.1);
    assert_near(product[2], 1, 4 * sqrt(3.0 / (DRAWS * FUNCTIONS)));
  }
}

static void few_residuals_say_nothing(void **state) {
  (void)state;
  const rule it = {.slope = 3};
  walk w = walk_of(HEED__MISFIT_ROWS_MIN - 1, &it, 11);
  heed__misfit misfit = fitted(&w);
  assert_false(misfit.is_known);
  assert_true(scale_at(&misfit, 0, 1, 1) == 1);
  heed__misfit_deinit(&misfit);
  walk_free(&w);
}

/* Residuals of nothing, of any size, and places far off: scales are finite, and as large as any that was seen
 * at most. */
static void scales_stay_finite(void **state) {
  (void)state;
  const rule it = {.slope = 3};
  const double factors[] = {0, 1e-150, 1e150};
  for (int f = 0; f < 3; f++) {
    walk w = walk_of(500, &it, 12);
    double largest = 0;
    for (size_t i = 0; i < w.count; i++) {
      w.residuals[i * OUTPUTS] *= factors[f];
      largest = fmax(largest, fabs(w.residuals[i * OUTPUTS]));
    }
    heed__misfit misfit = fitted(&w);
    for (int k = 0; k < 20; k++) {
      double scale = scale_at(&misfit, 0, pow(-10, k), pow(10, 20 - k));
      assert_true(isfinite(scale) && scale > 0);
      assert_true(f == 0 || scale <= 2 * largest);
    }
    assert_true(misfit.share[0] >= 0 && misfit.share[0] <= 1 && misfit.reach[0] > 0);
    heed__misfit_deinit(&misfit);
    walk_free(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(size_is_found_where_it_is),
      cmocka_unit_test(what_stays_is_told_from_noise),
      cmocka_unit_test(intervals_hold_on_what_is_new),
      cmocka_unit_test(draws_have_the_covariance_of_the_process),
      cmocka_unit_test(outputs_that_go_together_are_drawn_together),
      cmocka_unit_test(few_residuals_say_nothing),
      cmocka_unit_test(scales_stay_finite),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
