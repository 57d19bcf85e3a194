/* test_ensemble_parts.c: the parts of an ensemble: gradients of its heads against central differences,
 * information against closed forms, rows alone and in batches, bounds, files, memory that runs out. */
#include <omp.h>
#include <unistd.h>

#include "core/allocations.h"
#include "dynamics/ensemble_fixture.h"

#define TINY "members=3,width=12,depth=1,epochs=3"

/* A box of 3 with a box of 2 for actions: each dimension runs into a bound of its own. */
static const float box_low[3] = {-1, 0, -HUGE_VALF};
static const float box_high[3] = {1, 5, HUGE_VALF};
static const float act_low[2] = {-1, -1};
static const float act_high[2] = {1, 1};

static heed_experience *box_life(size_t steps) {
  heed_space obs_space = heed_space_box(3, box_low, box_high);
  heed_space action_space = heed_space_box(2, act_low, act_high);
  heed_experience *life = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 12);
  assert_ok(heed_experience_create(&obs_space, &action_space, &life, &err), &err);
  float x[3] = {0, 1, 2};
  for (size_t t = 0; t < steps; t++) {
    if (t % 10 == 0) {
      assert_ok(heed_experience_begin(life, x, &err), &err);
    }
    heed_action action = {.value = {(float)(2 * heed_rng_uniform(&rng) - 1),
                                    (float)(2 * heed_rng_uniform(&rng) - 1)}};
    x[0] = fmaxf(-1, fminf(1, x[0] + action.value[0]));
    x[1] = fmaxf(0, fminf(5, x[1] + action.value[1] + x[0]));
    x[2] = 0.5F * x[2] + x[1];
    heed_outcome outcome = {.reward = (double)x[2], .is_terminal = t % 10 == 9};
    assert_ok(heed_experience_append(life, action, x, outcome, &err), &err);
  }
  return life;
}

/* ---- heads ------------------------------------------------------------------------------------ */

static double softplus(double x) {
  return log1p(exp(x));
}

/* The weight of a normal variable's gradient: its deviation, with the bounds of ensemble_head.c. */
static double deviation_of(double raw) {
  return exp(0.5 * (-16 + softplus(1 - softplus(1 - raw) + 16)));
}

/* Central differences of the loss by each output; a float is moved by an exact h. The third derivative is
 * of order 1 times the curvature of a normal variable, below 10 here: h^2 10 / 6 is 2e-5. */
static void check_gradient(const heed_dynamics *model, size_t record) {
  const ensemble *self = ensemble_of(model);
  const ensemble_layout *at = &self->layout;
  ensemble_target target = heed__ensemble_target(self, record);
  enum { OUTPUTS_MAX = 16 };
  const double h = 0x1p-8;
  float y[OUTPUTS_MAX];
  float gradient[OUTPUTS_MAX];
  assert_true(at->size <= OUTPUTS_MAX);
  for (size_t i = 0; i < at->size; i++) {
    y[i] = (float)(0.25 * (double)((i * 7 + record * 3) % 9) - 1);
  }
  memcpy(gradient, y, sizeof y);
  double loss = heed__ensemble_loss(self, self->fit.scales, &target, gradient);
  assert_true(loss > -HUGE_VAL && loss < HUGE_VAL);
  for (size_t i = 0; i < at->size; i++) {
    double side[2];
    for (int k = 0; k < 2; k++) {
      float moved[OUTPUTS_MAX];
      memcpy(moved, y, sizeof y);
      moved[i] += (float)(k == 0 ? -h : h);
      side[k] = heed__ensemble_loss(self, self->fit.scales, &target, moved);
    }
    double slope = (side[1] - side[0]) / (2 * h);
    if (i >= at->mean && i < at->terminal) {
      size_t g = (i - at->mean) % at->gaussians;
      slope *= deviation_of((double)y[at->log_variance + g]);
    }
    assert_near((double)gradient[i], slope, 2e-4 * fmax(1, fabs(slope)));
  }
}

static void gradients_of_heads_are_those_of_the_loss(void **state) {
  (void)state;
  heed_experience *lives[] = {box_life(40), die_life(40, 1)};
  for (size_t i = 0; i < 2; i++) {
    heed_dynamics *model = ensemble_taught(lives[i], TINY);
    for (size_t record = 0; record < 40; record++) {
      check_gradient(model, record);
    }
    heed_dynamics_destroy(model);
    heed_experience_destroy(lives[i]);
  }
}

/* Members that say the same tell nothing; two sure ones that differ about one cell tell log 2; normal
 * ones whose means lie 2 d apart tell 1/2 log(1 + d^2 / variance), and their number does not matter. */
static void information_is_what_members_differ_by(void **state) {
  (void)state;
  heed_experience *life = die_life(40, 2);
  heed_dynamics *model = ensemble_taught(life, "members=2,width=8,depth=1,epochs=0,holdout=0");
  const ensemble *self = ensemble_of(model);
  size_t size = self->layout.size;
  float y[2][16] = {{0}};
  assert_int_equal(size, 6 + 2 + 1);
  for (size_t m = 0; m < 2; m++) {
    y[m][0] = 1; /* cell 0: value 0; cell 1: value 2 */
    y[m][5] = 1;
  }
  assert_near(heed__ensemble_information(self, &y[0][0], 16), 0, 1e-12);
  y[1][0] = 0;
  y[1][1] = 1;
  assert_near(heed__ensemble_information(self, &y[0][0], 16), log(2), 1e-12);
  y[1][self->layout.terminal] = 50;
  y[0][self->layout.terminal] = -50;
  assert_near(heed__ensemble_information(self, &y[0][0], 16), 2 * log(2), 1e-9);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);

  life = line_life(40, 2);
  model = ensemble_taught(life, "members=2,width=8,depth=1,epochs=0,holdout=0");
  self = ensemble_of(model);
  memset(y, 0, sizeof y);
  for (size_t m = 0; m < 2; m++) { /* shifted by the fit: undo it */
    for (size_t g = 0; g < 2; g++) {
      y[m][self->layout.log_variance + g] = -1;
      self->fit.shifts[g] = 0;
    }
  }
  double variance = deviation_of(-1) * deviation_of(-1);
  y[0][0] = 0.7F;
  y[1][0] = -0.7F;
  assert_near(heed__ensemble_information(self, &y[0][0], 16), 0.5 * log(1 + 0.49 / variance), 1e-6);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* ---- rows ------------------------------------------------------------------------------------- */

enum { ROWS = 150 };

/* Predicts ROWS rows of mixed kind in batches of `step`. */
/* NOLINTBEGIN(readability-non-const-parameter): `next` is written through the batch */
static void predict_rows(const heed_dynamics *model, const heed_experience *life, size_t step,
                         heed_prediction *batch, unsigned char *next) {
  /* NOLINTEND(readability-non-const-parameter) */
  size_t size = heed_dynamics_spec_of(model)->belief_size;
  static uint64_t hypotheses[3] = {0, 1, 2};
  heed_rng rngs[ROWS];
  unsigned char *beliefs = calloc(ROWS, size);
  void *workspace = malloc(heed_dynamics_workspace_size(model, step));
  assert_true(beliefs != NULL && workspace != NULL);
  for (size_t i = 0; i < ROWS; i++) {
    heed_rng_init(&rngs[i], i);
    heed_dynamics_begin(model, heed_experience_obs(life, i), beliefs + i * size);
    batch[i] = (heed_prediction){.belief = beliefs + i * size,
                                 .action = heed_experience_action(life, i),
                                 .hypothesis = i % 4 < 3 ? &hypotheses[i % 4] : NULL,
                                 .rng = &rngs[i],
                                 .wants_uncertainty = i % 5 == 0,
                                 .next_belief = next + i * size};
  }
  for (size_t i = 0; i < ROWS; i += step) {
    heed_dynamics_predict(model, batch + i, ROWS - i < step ? ROWS - i : step, workspace);
  }
  free(beliefs);
  free(workspace);
}

static void rows_are_the_same_in_batches_of_any_size(void **state) {
  (void)state;
  static const size_t steps[] = {1, 2, 7, 63, 64, 65, 128};
  heed_experience *life = box_life(ROWS);
  heed_dynamics *model = ensemble_taught(life, "members=3,width=40,depth=2,epochs=5");
  size_t size = heed_dynamics_spec_of(model)->belief_size;
  static heed_prediction all[ROWS];
  static heed_prediction some[ROWS];
  unsigned char *next[2] = {calloc(ROWS, size), calloc(ROWS, size)};
  assert_true(next[0] != NULL && next[1] != NULL);
  predict_rows(model, life, ROWS, all, next[0]);
  for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
    predict_rows(model, life, steps[k], some, next[1]);
    assert_memory_equal(next[0], next[1], ROWS * size);
    for (size_t i = 0; i < ROWS; i++) {
      assert_true(all[i].reward == some[i].reward && all[i].uncertainty == some[i].uncertainty);
      assert_int_equal(all[i].is_terminal, some[i].is_terminal);
      assert_true((some[i].uncertainty > 0) == (i % 5 == 0));
    }
  }
  free(next[0]);
  free(next[1]);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* A long dream of an ensemble that knows little stays in its space. */
static void dreams_stay_inside_their_space(void **state) {
  (void)state;
  heed_experience *life = box_life(30);
  heed_dynamics *model = ensemble_taught(life, "members=2,width=30,depth=1,epochs=1");
  const heed_space *space = &heed_dynamics_spec_of(model)->obs_space;
  float x[2][4] = {{0}};
  heed_rng rng;
  heed_rng_init(&rng, 3);
  void *workspace = malloc(heed_dynamics_workspace_size(model, 1));
  assert_non_null(workspace);
  for (size_t t = 0; t < 3000; t++) {
    heed_prediction p = {.belief = x[t % 2],
                         .action = {.value = {1, t % 100 < 50 ? 1 : -1}},
                         .rng = &rng,
                         .wants_uncertainty = true,
                         .next_belief = x[(t + 1) % 2]};
    heed_error err = {0};
    heed_dynamics_predict(model, &p, 1, workspace);
    assert_ok(heed_space_check_row(space, x[(t + 1) % 2], &err), &err);
    assert_true(isfinite(p.reward) && isfinite(p.uncertainty) && p.uncertainty >= 0);
  }
  free(workspace);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* ---- files and memory --------------------------------------------------------------------------- */

/* A model that was saved in the middle of its life goes on as one that was not. */
static void a_loaded_model_goes_on_learning(void **state) {
  (void)state;
  char path[] = "/tmp/heed-ensemble-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  heed_error err = {0};
  heed_experience *life = box_life(60);
  heed_dynamics *straight = ensemble_for(life, TINY);
  ensemble_learn(straight, life, 0, 30);
  assert_ok(heed_dynamics_save(straight, NULL, path, &err), &err);
  heed_dynamics *loaded = NULL;
  assert_ok(heed_dynamics_load(path, &loaded, NULL, &err), &err);
  ensemble_learn(straight, life, 30, 30);
  ensemble_learn(loaded, life, 30, 30);
  const ensemble *x = ensemble_of(straight);
  const ensemble *y = ensemble_of(loaded);
  assert_int_equal(x->fit.count, 60);
  assert_int_equal(y->fit.count, 60);
  assert_memory_equal(x->fit.weights, y->fit.weights, 3 * x->network_size * sizeof(float));
  heed_dynamics_destroy(straight);
  heed_dynamics_destroy(loaded);
  heed_experience_destroy(life);
  (void)unlink(path);
}

/* What only a forged file can hold is named and refused. */
static void forged_records_are_refused(void **state) {
  (void)state;
  char path[] = "/tmp/heed-ensemble-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  heed_error err = {0};
  heed_experience *life = die_life(10, 5);
  heed_dynamics *model = ensemble_taught(life, TINY);
  heed_dynamics *loaded = NULL;
  ensemble_of(model)->records.is_terminal[3] = 2;
  assert_ok(heed_dynamics_save(model, NULL, path, &err), &err);
  assert_fails(heed_dynamics_load(path, &loaded, NULL, &err), HEED_ERR_FORMAT, &err,
               "flags: transition 3 has 2");
  ensemble_of(model)->records.is_terminal[3] = 0;
  ensemble_of(model)->records.next_obs[5] = 3; /* values are 0 to 2 */
  assert_ok(heed_dynamics_save(model, NULL, path, &err), &err);
  assert_fails(heed_dynamics_load(path, &loaded, NULL, &err), HEED_ERR_FORMAT, &err, "next_obs");
  assert_null(loaded);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
  (void)unlink(path);
}

static void spaces_too_wide_are_refused(void **state) {
  (void)state;
  heed_error err = {0};
  heed_dynamics *model = NULL;
  heed_space huge = heed_space_board(4096, 4096, 256);
  heed_space two = heed_space_discrete(2);
  assert_fails(heed_dynamics_create("ensemble", NULL, &huge, &two, &model, &err), HEED_ERR_ARG,
               &err, "4294967298 features");
  assert_null(model);
}

/* Whichever allocation fails, the fit that there was stands, and learning can be tried again. */
static void learning_survives_a_lack_of_memory(void **state) {
  (void)state;
  heed_experience *life = box_life(40);
  omp_set_num_threads(1);
  size_t failures = 0;
  for (size_t n = 0; n < 100; n++) {
    heed_dynamics *model = ensemble_taught(life, TINY ",refit=0");
    const ensemble *self = ensemble_of(model);
    const float *before = self->fit.weights;
    heed_error err = {0};
    until_failure = n;
    heed_status status = heed_dynamics_learn(model, life, 0, 40, NULL, &err);
    until_failure = SIZE_MAX;
    if (status == HEED_OK) {
      assert_int_equal(self->fit.count, 80);
      heed_dynamics_destroy(model);
      break;
    }
    failures++;
    assert_fails(status, HEED_ERR_NOMEM, &err, "no memory");
    assert_ptr_equal(self->fit.weights, before);
    assert_int_equal(self->fit.count, 40);
    assert_int_equal(self->records.count, 40);
    assert_ok(heed_dynamics_learn(model, life, 0, 1, NULL, &err), &err);
    assert_int_equal(self->fit.count, 41);
    heed_dynamics_destroy(model);
  }
  assert_in_range(failures, 10, 40);
  heed_experience_destroy(life);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_of_heads_are_those_of_the_loss),
      cmocka_unit_test(information_is_what_members_differ_by),
      cmocka_unit_test(rows_are_the_same_in_batches_of_any_size),
      cmocka_unit_test(dreams_stay_inside_their_space),
      cmocka_unit_test(a_loaded_model_goes_on_learning),
      cmocka_unit_test(forged_records_are_refused),
      cmocka_unit_test(spaces_too_wide_are_refused),
      cmocka_unit_test(learning_survives_a_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
