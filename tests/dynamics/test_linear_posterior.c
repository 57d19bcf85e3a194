/* test_linear_posterior.c: the linear model against the posterior of the textbook. */
#include <gsl/gsl_cdf.h>

#include "dynamics/linear_fixture.h"

/* Features of record t under the scales of the last fit: phi[d]. */
static void features_of(const linear *self, const heed_experience *life, size_t t, double *phi) {
  double x[3];
  heed__linear_inputs(self, heed_experience_obs(life, t), heed_experience_action(life, t).value, x);
  heed__basis_eval(&self->basis, 1, x, phi);
}

/* Change o of record t, scaled. */
static double target_of(const linear *self, const heed_experience *life, size_t t, size_t o) {
  const float *obs = heed_experience_obs(life, t);
  const float *next = heed_experience_next_obs(life, t);
  return ((double)next[o] - (double)obs[o] - self->out_mean[o]) / self->out_scale[o];
}

/* Between two fits, updates equal one regression on all records, to rounding; here the last fit was at 256. */
static void updates_equal_a_regression_at_once(void **state) {
  (void)state;
  heed_experience *life = life_of(400, 0.05, 8);
  heed_dynamics *model = taught(life, "degree=2");
  const linear *self = heed__dynamics_self(model);
  size_t d = self->basis.size;
  heed__regression reg;
  heed_error err = {0};
  double row[64];
  assert_ok(heed__regression_init(&reg, (uint32_t)d, 2, &err), &err);
  heed__regression_reset(&reg, self->change.precision);
  for (size_t t = 400; t-- > 0;) { /* in another order */
    features_of(self, life, t, row);
    for (size_t o = 0; o < 2; o++) {
      row[d + o] = target_of(self, life, t, o);
    }
    heed__regression_add(&reg, row);
  }
  heed__regression_solve(&reg);
  for (size_t i = 0; i < 2 * d; i++) {
    assert_near(self->change.weights[i], reg.weights[i], 1e-10);
  }
  assert_near(self->change.rest[1], reg.rest[1], 1e-10 * reg.rest[1]);
  heed__regression_deinit(&reg);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* The noise variance of change o by the textbook (Bishop 2006, equations 3.92 and 3.95): squares that the
 * weights leave, over the number of records less the sum of phi'S phi. */
static double textbook_noise(const linear *self, const heed_experience *life, size_t o) {
  size_t d = self->basis.size;
  size_t n = heed_experience_count(life);
  double left = 0;
  double freedom = 0;
  for (size_t t = 0; t < n; t++) {
    double phi[64];
    features_of(self, life, t, phi);
    double mean = heed__dot(d, self->change.weights + o * d, phi);
    double error = target_of(self, life, t, o) - mean;
    left += error * error;
    freedom += heed__regression_whiten(&self->change, phi);
  }
  return left / ((double)n - freedom);
}

/* Of many hypotheses, the mean of what they expect is the posterior's, and so is the spread. What
 * weights cost a prior that is as wide as the noise is no noise. */
static void draws_have_the_moments_of_the_posterior(void **state) {
  (void)state;
  enum { DRAWS = 4000 };
  heed_experience *life = life_of(64, 0.1, 9); /* the last fit is at 64 */
  heed_dynamics *model = taught(life, "degree=2");
  const linear *self = heed__dynamics_self(model);
  size_t d = self->basis.size;
  const float obs[2] = {0.2F, -0.3F};
  const float push[1] = {0.5F};
  double x[3];
  double phi[64];
  double white[64];
  heed__linear_inputs(self, obs, push, x);
  heed__basis_eval(&self->basis, 1, x, phi);
  memcpy(white, phi, d * sizeof *white);
  double spread = heed__regression_whiten(&self->change, white);
  phi[d] = 1; /* it ends: the last feature of the reward */
  memcpy(white, phi, (d + 1) * sizeof *white);
  double reward_spread = heed__regression_whiten(&self->reward, white);
  double a = heed__regression_a(&self->change);
  double *hypothesis = malloc(heed_dynamics_spec_of(model)->hypothesis_size);
  assert_non_null(hypothesis);
  heed_rng rng;
  heed_rng_init(&rng, 10);
  double sum[3] = {0};
  double square[3] = {0};
  double noise = 0;
  for (int k = 0; k < DRAWS; k++) {
    heed_dynamics_draw(model, &rng, hypothesis);
    for (size_t o = 0; o < 3; o++) { /* the reward's weights follow those of the changes */
      double mean = heed__dot(o < 2 ? d : d + 1, hypothesis + o * d, phi);
      sum[o] += mean / DRAWS;
      square[o] += mean * mean / DRAWS;
    }
    double s = hypothesis[3 * d + 1 + 1];
    noise += s * s / DRAWS;
  }
  for (size_t o = 0; o < 3; o++) {
    double b = o < 2 ? a * textbook_noise(self, life, o) : heed__regression_b(&self->reward, 0);
    double variance = b / (a - 1) * (o < 2 ? spread : reward_spread);
    double mean = o < 2 ? heed__dot(d, self->change.weights + o * d, phi)
                        : heed__dot(d + 1, self->reward.weights, phi);
    assert_near(sum[o], mean, 4 * sqrt(variance / DRAWS));
    assert_near(square[o] - sum[o] * sum[o], variance, 0.15 * variance);
  }
  double b = a * textbook_noise(self, life, 1);
  assert_near(noise, b / (a - 1), 0.05 * b / (a - 1));
  free(hypothesis);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* Of few records: within so many scales as Student's distribution says, the weights' doubt included. */
static void predictions_are_student_t(void **state) {
  (void)state;
  enum { DRAWS = 4000, SEEN = 12 };
  heed_experience *life = life_of(SEEN, 0.1, 19);
  heed_dynamics *model = taught(life, "degree=1,precision=0.01");
  const linear *self = heed__dynamics_self(model);
  size_t d = self->basis.size;
  const float obs[2] = {-2, 3};
  heed_action action = {.value = {-1}};
  double x[3];
  double phi[8];
  heed__linear_inputs(self, obs, action.value, x);
  heed__basis_eval(&self->basis, 1, x, phi);
  double mean = (double)obs[1] + self->out_mean[1] +
                self->out_scale[1] * heed__dot(d, self->change.weights + d, phi);
  double spread = heed__regression_whiten(&self->change, phi);
  assert_true(spread > 0.2);
  double a = heed__regression_a(&self->change);
  double b = heed__regression_b(&self->change, 1);
  double scale = self->out_scale[1] * sqrt(b / a * (1 + spread));
  heed_rng rng;
  heed_rng_init(&rng, 20);
  int below = 0;
  int inside = 0;
  for (int i = 0; i < DRAWS; i++) {
    double z = ((double)imagine(model, obs, action, NULL, &rng).next[1] - mean) / scale;
    below += z < gsl_cdf_tdist_Pinv(0.95, 2 * a);
    inside += fabs(z) < gsl_cdf_tdist_Pinv(0.75, 2 * a);
  }
  assert_near((double)below / DRAWS, 0.95, 0.014); /* four deviations */
  assert_near((double)inside / DRAWS, 0.5, 0.032);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* 1/2 log(1 + phi' S phi) for each of two changes and the reward, while no end was seen. */
static void uncertainty_is_what_a_look_would_tell(void **state) {
  (void)state;
  heed_experience *life = life_of(200, 0.05, 13);
  heed_dynamics *model = model_for(life, "degree=2");
  heed_rng rng;
  heed_rng_init(&rng, 14);
  const float obs[2] = {0.1F, 0.2F};
  const float far_off[2] = {0.1F, 40};
  heed_action action = {.value = {0.3F}};
  assert_near(imagine(model, obs, action, NULL, &rng).uncertainty, 3, 0);
  size_t t = 0;
  while (!heed_experience_outcome(life, t).is_terminal) {
    t++;
  }
  assert_true(t > 5);
  learn(model, life, 0, t);
  const linear *self = heed__dynamics_self(model);
  size_t d = self->basis.size;
  double x[3];
  double phi[64];
  heed__linear_inputs(self, obs, action.value, x);
  heed__basis_eval(&self->basis, 1, x, phi);
  phi[d] = 0;
  memcpy(phi + 32, phi, (d + 1) * sizeof *phi);
  double expected = log1p(heed__regression_whiten(&self->change, phi)) +
                    0.5 * log1p(heed__regression_whiten(&self->reward, phi + 32));
  imagined few = imagine(model, obs, action, NULL, &rng);
  assert_near(few.uncertainty, expected, 1e-12);
  assert_false(few.is_terminal);
  learn(model, life, t, 200 - t);
  imagined more = imagine(model, obs, action, NULL, &rng);
  assert_true(more.uncertainty < 0.5 * few.uncertainty);
  assert_true(imagine(model, far_off, action, NULL, &rng).uncertainty > 2 * more.uncertainty);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(updates_equal_a_regression_at_once),
      cmocka_unit_test(draws_have_the_moments_of_the_posterior),
      cmocka_unit_test(predictions_are_student_t),
      cmocka_unit_test(uncertainty_is_what_a_look_would_tell),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
