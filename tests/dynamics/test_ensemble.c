/* test_ensemble.c: what ensembles learn of worlds whose laws are known, and how they tell noise from
 * ignorance. */
#include "dynamics/ensemble_fixture.h"

#define SMALL "width=32,depth=2,learning_rate=0.003,batch=128,patience=8,epochs=200"

enum { DRAWS = 4000 };

static float next_x[DRAWS];
static uint8_t next_cells[DRAWS][2];
static double rewards[DRAWS];
static bool ends[DRAWS];

/* Mean and deviation of what is imagined from x. */
static double imagine_line(const heed_dynamics *model, double x, int32_t action,
                           const uint64_t *hypothesis, double *mean, double *deviation) {
  float obs = (float)x;
  double nats = ensemble_imagine(model, &obs, (heed_action){.index = action}, hypothesis, DRAWS,
                                 next_x, rewards, ends);
  double sum = 0;
  double squares = 0;
  for (size_t i = 0; i < DRAWS; i++) {
    sum += (double)next_x[i] / DRAWS;
  }
  for (size_t i = 0; i < DRAWS; i++) {
    squares += ((double)next_x[i] - sum) * ((double)next_x[i] - sum) / DRAWS;
  }
  *mean = sum;
  *deviation = sqrt(squares);
  return nats;
}

/* ---- learning --------------------------------------------------------------------------------- */

/* The law comes back: 3,600 transitions tell mean and deviation around one of ten places to
 * noise / sqrt(360) and 4 %, so that five times as much is allowed there; over all places 1.2 %. */
static void a_noisy_line_is_learned_with_its_noise(void **state) {
  (void)state;
  heed_experience *life = line_life(4000, 1);
  heed_dynamics *model = ensemble_taught(life, SMALL);
  double noise = 0;
  for (int place = -2; place <= 2; place++) {
    double x = place;
    for (int32_t action = 0; action < 2; action++) {
      double mean;
      double deviation;
      (void)imagine_line(model, x, action, NULL, &mean, &deviation);
      assert_near(mean, line_mean(x, action), 0.06);
      assert_near(deviation, line_noise, 0.2 * line_noise);
      noise += deviation / 10;
      assert_near(rewards[0], 2 * x + action, 0.06);
      for (size_t i = 0; i < DRAWS; i++) {
        assert_true(fabs(rewards[i] - rewards[0]) < 0.1); /* members agree; no noise is added */
      }
    }
  }
  assert_near(noise, line_noise, 0.06 * line_noise);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* Twenty times the data: what is not known shrinks, what is random stays. Rewards would blur it: they are
 * known but for rounding, and of that members think as differently as ever. */
static void ignorance_shrinks_with_data_and_noise_does_not(void **state) {
  (void)state;
  double nats[2] = {0};
  double noise[2] = {0};
  for (int k = 0; k < 2; k++) {
    heed_experience *life = line_life_paying(k == 0 ? 200 : 4000, 2, false);
    heed_dynamics *model = ensemble_taught(life, SMALL);
    for (int place = -4; place <= 4; place++) {
      double x = 0.5 * place;
      for (uint64_t member = 0; member < 5; member++) {
        double mean;
        double deviation;
        double information = imagine_line(model, x, 1, &member, &mean, &deviation);
        nats[k] += information / 45;
        noise[k] += deviation / 45;
      }
    }
    heed_dynamics_destroy(model);
    heed_experience_destroy(life);
  }
  assert_true(nats[1] > 0);
  assert_true(nats[1] < 0.2 * nats[0]);
  assert_near(noise[0], line_noise, 0.4 * line_noise); /* from 20 held out: 16 % of deviation */
  assert_near(noise[1], line_noise, 0.08 * line_noise);
}

static void what_was_never_seen_is_less_certain(void **state) {
  (void)state;
  heed_experience *life = line_life(1000, 3);
  heed_dynamics *model = ensemble_taught(life, SMALL);
  double mean;
  double deviation;
  double inside = imagine_line(model, 0, 1, NULL, &mean, &deviation);
  double outside = imagine_line(model, 30, 1, NULL, &mean, &deviation);
  assert_true(outside > 5 * inside);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* Probabilities of a throw, of a cell that nobody touches, and of the end. Of nine boards some are met
 * with 60 throws only: 0.06 of deviation each; all together with 1,800: 0.011. */
static void a_loaded_die_is_learned_with_its_odds(void **state) {
  (void)state;
  heed_experience *life = die_life(4000, 4);
  heed_dynamics *model = ensemble_taught(life, SMALL);
  double mean_odds[3] = {0};
  double mean_over = 0;
  for (uint8_t i = 0; i < 9; i++) {
    const uint8_t cells[2] = {i % 3, i / 3};
    double odds[3] = {0};
    double kept = 0;
    double over = 0;
    (void)ensemble_imagine(model, cells, (heed_action){.index = 1}, NULL, DRAWS, next_cells,
                           rewards, ends);
    for (size_t k = 0; k < DRAWS; k++) {
      odds[next_cells[k][0]] += 1.0 / DRAWS;
      kept += (next_cells[k][1] == cells[1] ? 1.0 : 0.0) / DRAWS;
      over += (ends[k] ? 1.0 : 0.0) / DRAWS;
    }
    for (size_t v = 0; v < 3; v++) {
      assert_near(odds[v], die_odds[v], 0.18);
      mean_odds[v] += odds[v] / 9;
    }
    assert_true(kept > 0.98);
    mean_over += over / 9;

    (void)ensemble_imagine(model, cells, (heed_action){.index = 0}, NULL, DRAWS, next_cells,
                           rewards, ends);
    double same = 0;
    for (size_t k = 0; k < DRAWS; k++) {
      same += (next_cells[k][0] == cells[0] && !ends[k] ? 1.0 : 0.0) / DRAWS;
    }
    assert_true(same > 0.97);
  }
  for (size_t v = 0; v < 3; v++) {
    assert_near(mean_odds[v], die_odds[v], 0.05);
  }
  assert_near(mean_over, 0.5 * die_odds[2], 0.03);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* Every episode of the line is cut off, and none ended. */
static void time_limits_are_not_ends(void **state) {
  (void)state;
  heed_experience *life = line_life(1000, 5);
  heed_dynamics *model = ensemble_taught(life, SMALL);
  double mean;
  double deviation;
  double over = 0;
  (void)imagine_line(model, 0.5, 0, NULL, &mean, &deviation);
  for (size_t i = 0; i < DRAWS; i++) {
    over += (ends[i] ? 1.0 : 0.0) / DRAWS;
  }
  assert_true(over < 0.01);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* ---- who learns what, and how long -------------------------------------------------------------- */

/* Poisson(1): mean and variance 1, a share of 1/e none. Five deviations of n draws. */
static void resamples_are_as_if_drawn_with_replacement(void **state) {
  (void)state;
  enum { N = 100000 };
  heed_experience *life = line_life(1, 1);
  heed_dynamics *model = ensemble_for(life, "holdout=0.2,seed=3");
  heed_dynamics *other = ensemble_for(life, "holdout=0.2,seed=4");
  heed_dynamics *plain = ensemble_for(life, "holdout=0.2,seed=3,bootstrap=false");
  double sum = 0;
  double squares = 0;
  double none = 0;
  double held = 0;
  double differ = 0;
  for (size_t i = 0; i < N; i++) {
    bool is_held = heed__ensemble_is_held_out(ensemble_of(model), i);
    uint32_t k = heed__ensemble_multiplicity(ensemble_of(model), 0, i);
    held += is_held;
    assert_true(!is_held || k == 0);
    assert_int_equal(heed__ensemble_multiplicity(ensemble_of(plain), 0, i), is_held ? 0 : 1);
    sum += k;
    squares += (double)k * k;
    none += !is_held && k == 0;
    differ += k != heed__ensemble_multiplicity(ensemble_of(model), 1, i);
    differ += is_held != heed__ensemble_is_held_out(ensemble_of(other), i);
  }
  double n = N - held;
  assert_near(held / N, 0.2, 5 * sqrt(0.16 / N));
  assert_near(sum / n, 1, 5 / sqrt(n));
  assert_near(squares / n, 2, 5 * sqrt(11 / n)); /* E k^4 - (E k^2)^2 = 15 - 4 */
  assert_near(none / n, exp(-1), 5 * sqrt(0.2325 / n));
  assert_true(differ > 0.3 * N);
  heed_dynamics_destroy(model);
  heed_dynamics_destroy(other);
  heed_dynamics_destroy(plain);
  heed_experience_destroy(life);
}

/* The mean loss of member 0 on what was held out, by the head alone. */
static double held_out_loss(const heed_dynamics *model) {
  const ensemble *self = ensemble_of(model);
  float x[8];
  float y[8];
  float *scratch = malloc(heed__network_infer_size(&self->network, 1) * sizeof *scratch);
  assert_true(scratch != NULL && self->features <= 8 && self->layout.size <= 8);
  double loss = 0;
  double count = 0;
  for (size_t i = 0; i < self->records.count; i++) {
    if (heed__ensemble_is_held_out(self, i)) {
      const unsigned char *obs = self->records.obs + i * self->obs_size;
      ensemble_target target = heed__ensemble_target(self, i);
      heed__ensemble_features(self, self->fit.scales, obs,
                              self->records.actions + i * self->action_size, x);
      heed__network_infer(&self->network, self->fit.weights, 1, x, y, scratch);
      loss += heed__ensemble_loss(self, self->fit.scales, &target, y);
      count++;
    }
  }
  free(scratch);
  return loss / count;
}

/* Sixty noisy transitions and a network that can learn them by heart: passes beyond the best change
 * nothing, because the best weights come back. Runs of more passes begin as those of fewer. */
static void more_passes_never_hurt(void **state) {
  (void)state;
  static const char *const params[] = {
      "members=1,width=64,depth=2,holdout=0.4,patience=100000,epochs=0",
      "members=1,width=64,depth=2,holdout=0.4,patience=100000,epochs=10",
      "members=1,width=64,depth=2,holdout=0.4,patience=100000,epochs=100",
      "members=1,width=64,depth=2,holdout=0.4,patience=100000,epochs=600"};
  heed_experience *life = line_life(60, 6);
  double before = HUGE_VAL;
  for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
    heed_dynamics *model = ensemble_taught(life, params[i]);
    double loss = held_out_loss(model);
    assert_true(loss <= before + 1e-9);
    assert_true(i > 1 || loss < before); /* at first there is something to learn */
    before = loss;
    heed_dynamics_destroy(model);
  }
  heed_experience_destroy(life);
}

static bool count_pass(void *context, uint64_t done, uint64_t total) {
  uint64_t *seen = context;
  seen[0] = done;
  seen[1] = total;
  return seen[2] == 0 || done < seen[2];
}

static void training_ends_when_nothing_is_gained_or_on_request(void **state) {
  (void)state;
  uint64_t seen[3] = {0};
  heed_progress_sink sink = {count_pass, seen};
  heed_error err = {0};
  heed_experience *life = line_life(200, 7);
  heed_dynamics *model =
      ensemble_for(life, "members=2,width=32,depth=1,patience=5,epochs=100000,refit=0");
  assert_ok(heed_dynamics_learn(model, life, 0, 100, &sink, &err), &err);
  assert_int_equal(seen[1], 200000);
  assert_true(seen[0] >= 40 && seen[0] < 20000); /* two members, four rates, five passes in vain */
  seen[2] = 3;
  assert_ok(heed_dynamics_learn(model, life, 100, 100, &sink, &err), &err);
  assert_in_range(seen[0], 3, 4); /* a member that runs beside may end its pass */
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* ---- one life, many ways ------------------------------------------------------------------------ */

static void assert_same_fit(const heed_dynamics *a, const heed_dynamics *b) {
  const ensemble *x = ensemble_of(a);
  const ensemble *y = ensemble_of(b);
  assert_int_equal(x->fit.count, y->fit.count);
  assert_memory_equal(x->fit.weights, y->fit.weights,
                      (size_t)x->params.members * x->network_size * sizeof(float));
  assert_memory_equal(x->fit.scales, y->fit.scales, heed__ensemble_scales_size(x) * sizeof(float));
  assert_memory_equal(x->fit.shifts, y->fit.shifts, x->layout.gaussians * sizeof(float));
}

static void learning_step_by_step_equals_learning_at_once(void **state) {
  (void)state;
  heed_experience *life = line_life(80, 8);
  heed_dynamics *at_once = ensemble_taught(life, "width=16,depth=1,epochs=3,refit=0");
  heed_dynamics *by_step = ensemble_for(life, "width=16,depth=1,epochs=3,refit=0");
  for (size_t t = 0; t < 80; t++) {
    ensemble_learn(by_step, life, t, 1);
  }
  assert_same_fit(at_once, by_step);
  heed_dynamics_destroy(at_once);
  heed_dynamics_destroy(by_step);
  heed_experience_destroy(life);
}

static void fits_wait_until_there_is_news(void **state) {
  (void)state;
  heed_experience *life = line_life(200, 9);
  heed_dynamics *model = ensemble_for(life, "width=8,depth=1,epochs=1,refit=0.5");
  ensemble_learn(model, life, 0, 100);
  assert_int_equal(ensemble_of(model)->fit.count, 100);
  ensemble_learn(model, life, 100, 49);
  assert_int_equal(ensemble_of(model)->fit.count, 100);
  assert_int_equal(ensemble_of(model)->records.count, 149);
  ensemble_learn(model, life, 149, 1);
  assert_int_equal(ensemble_of(model)->fit.count, 150);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

static void seeds_make_different_networks(void **state) {
  (void)state;
  heed_experience *life = line_life(50, 10);
  heed_dynamics *a = ensemble_taught(life, "width=8,depth=1,epochs=0,seed=1");
  heed_dynamics *b = ensemble_taught(life, "width=8,depth=1,epochs=0,seed=2");
  const ensemble *x = ensemble_of(a);
  size_t bytes = x->network_size * sizeof(float);
  assert_memory_not_equal(x->fit.weights, ensemble_of(b)->fit.weights, bytes);
  assert_memory_not_equal(x->fit.weights, x->fit.weights + x->network_size, bytes);
  heed_dynamics_destroy(a);
  heed_dynamics_destroy(b);
  heed_experience_destroy(life);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_noisy_line_is_learned_with_its_noise),
      cmocka_unit_test(ignorance_shrinks_with_data_and_noise_does_not),
      cmocka_unit_test(what_was_never_seen_is_less_certain),
      cmocka_unit_test(a_loaded_die_is_learned_with_its_odds),
      cmocka_unit_test(time_limits_are_not_ends),
      cmocka_unit_test(resamples_are_as_if_drawn_with_replacement),
      cmocka_unit_test(more_passes_never_hurt),
      cmocka_unit_test(training_ends_when_nothing_is_gained_or_on_request),
      cmocka_unit_test(learning_step_by_step_equals_learning_at_once),
      cmocka_unit_test(fits_wait_until_there_is_news),
      cmocka_unit_test(seeds_make_different_networks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
