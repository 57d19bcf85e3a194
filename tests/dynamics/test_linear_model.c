/* test_linear_model.c: the linear model on small worlds whose laws are known. */
#include "core/allocations.h"
#include "dynamics/linear_fixture.h"

/* ---- tests ------------------------------------------------------------------------------------ */

/* Without noise all laws are found, the end and what it pays included. */
static void an_exact_world_is_found(void **state) {
  (void)state;
  heed_experience *life = life_of(600, 0, 1);
  heed_experience *later = life_of(300, 0, 2);
  heed_dynamics *model = taught(life, NULL);
  heed_rng rng;
  heed_rng_init(&rng, 3);
  int wrong = 0;
  int ends = 0;
  for (size_t t = 0; t < 300; t++) {
    const float *obs = heed_experience_obs(later, t);
    const float *next = heed_experience_next_obs(later, t);
    heed_outcome outcome = heed_experience_outcome(later, t);
    imagined x = imagine(model, obs, heed_experience_action(later, t), NULL, &rng);
    assert_near((double)x.next[0], (double)next[0], 1e-4);
    assert_near((double)x.next[1], (double)next[1], 1e-4);
    wrong += x.is_terminal != outcome.is_terminal;
    ends += outcome.is_terminal;
    double paid = outcome.reward + 5 * (x.is_terminal - outcome.is_terminal);
    assert_near(x.reward, paid, 0.01);
  }
  assert_true(ends >= 5);
  assert_true(wrong <= 5);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
  heed_experience_destroy(later);
}

/* What 39 draws say with 90 %, the noise does with 85 to 95; its deviation is found, and the mean law. */
static void noise_is_found_and_intervals_cover(void **state) {
  (void)state;
  enum { DRAWS = 39, STEPS = 400 };
  const double noise = 0.05;
  heed_experience *life = life_of(1500, noise, 4);
  heed_experience *later = life_of(STEPS, noise, 5);
  const char *const kinds[] = {"degree=1", NULL, "features=fourier,count=60"};
  for (int k = 0; k < 3; k++) {
    heed_dynamics *model = taught(life, kinds[k]);
    heed_rng rng;
    heed_rng_init(&rng, 6);
    int held = 0;
    double error = 0;
    double variance = 0;
    for (size_t t = 0; t < STEPS; t++) {
      const float *obs = heed_experience_obs(later, t);
      float real = ((const float *)heed_experience_next_obs(later, t))[1];
      heed_action action = heed_experience_action(later, t);
      float law[2];
      move(obs, action.value[0], 0, law);
      int below = 0;
      double mean = 0;
      double square = 0;
      for (int i = 0; i < DRAWS; i++) {
        float drawn = imagine(model, obs, action, NULL, &rng).next[1];
        below += drawn < real;
        mean += (double)drawn / DRAWS;
        square += (double)drawn * (double)drawn / DRAWS;
      }
      held += below >= 2 && below < 38;
      error += fabs(mean - (double)law[1]) / STEPS;
      variance += (square - mean * mean) * DRAWS / (DRAWS - 1) / STEPS;
    }
    assert_true(held > 0.85 * STEPS && held < 0.95 * STEPS);
    /* The prior keeps weights small, and what it costs them counts as noise. */
    assert_near(sqrt(variance), noise, 0.2 * noise);
    assert_true(error < 0.5 * noise); /* of 39 draws alone: 0.13 */
    heed_dynamics_destroy(model);
  }
  heed_experience_destroy(life);
  heed_experience_destroy(later);
}

/* One by one, in three parts, at once: to the bit. */
static void online_equals_batch(void **state) {
  (void)state;
  const char *const kinds[] = {NULL, "features=both,degree=2,count=12", "precision=0.1,degree=3"};
  heed_experience *life = life_of(333, 0.02, 7);
  for (int k = 0; k < 3; k++) {
    heed_dynamics *models[3] = {model_for(life, kinds[k]), model_for(life, kinds[k]),
                                taught(life, kinds[k])};
    for (size_t t = 0; t < 333; t++) {
      learn(models[0], life, t, 1);
    }
    learn(models[1], life, 0, 100);
    learn(models[1], life, 100, 33);
    learn(models[1], life, 133, 0);
    learn(models[1], life, 133, 200);
    size_t size = heed_dynamics_spec_of(models[0])->hypothesis_size;
    void *drawn[3];
    for (int m = 0; m < 3; m++) {
      heed_rng rng;
      heed_rng_init(&rng, 1);
      drawn[m] = malloc(size);
      assert_non_null(drawn[m]);
      heed_dynamics_draw(models[m], &rng, drawn[m]);
      assert_memory_equal(drawn[m], drawn[0], size);
    }
    for (size_t t = 0; t < 333; t += 10) {
      for (int h = 0; h < 2; h++) {
        imagined x[3];
        for (int m = 0; m < 3; m++) {
          heed_rng rng;
          heed_rng_init(&rng, t);
          x[m] = imagine(models[m], heed_experience_obs(life, t), heed_experience_action(life, t),
                         h == 0 ? NULL : drawn[m], &rng);
          assert_memory_equal(x[m].next, x[0].next, sizeof x[0].next);
          assert_true(x[m].reward == x[0].reward && x[m].uncertainty == x[0].uncertainty);
        }
      }
    }
    for (int m = 0; m < 3; m++) {
      free(drawn[m]);
      heed_dynamics_destroy(models[m]);
    }
  }
  heed_experience_destroy(life);
}

/* A hypothesis has noise of its own, around weights that stay; one of an earlier fit is as good as none. */
static void hypotheses_of_earlier_fits_are_left_alone(void **state) {
  (void)state;
  heed_experience *life = life_of(200, 0.1, 11);
  heed_dynamics *model = model_for(life, NULL);
  learn(model, life, 0, 20);
  void *hypothesis = malloc(heed_dynamics_spec_of(model)->hypothesis_size);
  assert_non_null(hypothesis);
  heed_rng rng;
  heed_rng_init(&rng, 12);
  heed_dynamics_draw(model, &rng, hypothesis);
  const float obs[2] = {0.1F, 0.1F};
  heed_action action = {.value = {0.3F}};
  heed_rng same = rng;
  heed_rng again = rng;
  imagined x = imagine(model, obs, action, hypothesis, &same);
  imagined y = imagine(model, obs, action, NULL, &again);
  assert_true(x.reward != y.reward);
  learn(model, life, 20, 180);
  same = rng;
  again = rng;
  x = imagine(model, obs, action, hypothesis, &same);
  y = imagine(model, obs, action, NULL, &again);
  assert_true(x.reward == y.reward);
  assert_memory_equal(x.next, y.next, sizeof x.next);
  free(hypothesis);
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* Far from all that was seen, and at the ends of floats: finite, and inside the bounds. */
static void predictions_stay_inside(void **state) {
  (void)state;
  const char *const kinds[] = {NULL, "features=fourier,count=30", "degree=12"};
  heed_experience *life = life_of(100, 0.5, 15);
  for (int k = 0; k < 3; k++) {
    heed_dynamics *model = taught(life, kinds[k]);
    heed_rng rng;
    heed_rng_init(&rng, 16);
    const float extremes[] = {-3.4e38F, -1e20F, -50, 0, 1e-40F, 50, 3.4e38F};
    for (int i = 0; i < 7; i++) {
      for (int j = 2; j < 6; j++) {
        float obs[2] = {extremes[i], j == 2 ? -50 : extremes[j]};
        obs[1] = fminf(fmaxf(obs[1], -50), 50);
        heed_action action = {.value = {1}};
        imagined x = imagine(model, obs, action, NULL, &rng);
        heed_error err = {0};
        assert_ok(heed_space_check_row(heed_experience_obs_space(life), x.next, &err), &err);
        assert_true(isfinite(x.reward) && isfinite(x.uncertainty) && x.uncertainty >= 0);
      }
    }
    heed_dynamics_destroy(model);
  }
  heed_experience_destroy(life);
}

/* A life that time limits cut off has no end; records of huge numbers are learned too. */
static void time_limits_are_no_ends_and_huge_numbers_no_trouble(void **state) {
  (void)state;
  const float obs[3][2] = {{-3e38F, -50}, {3e38F, 50}, {0, 1e-44F}};
  heed_space obs_space = heed_space_box(2, low, high);
  heed_space action_space = heed_space_box(1, push_low, push_high);
  heed_experience *life = NULL;
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 17);
  assert_ok(heed_experience_create(&obs_space, &action_space, &life, &err), &err);
  for (int t = 0; t < 40; t++) {
    heed_outcome outcome = {.reward = t % 2 == 0 ? 1.7e308 : -1.7e308, .is_truncated = true};
    heed_action action = {.value = {t % 7 == 0 ? -1 : 1e-45F}};
    assert_ok(heed_experience_begin(life, obs[t % 3], &err), &err);
    assert_ok(heed_experience_append(life, action, obs[(t + 1) % 3], outcome, &err), &err);
  }
  heed_dynamics *model = taught(life, NULL);
  for (int t = 0; t < 100; t++) {
    heed_action action = {.value = {1}};
    imagined x = imagine(model, obs[t % 3], action, NULL, &rng);
    assert_ok(heed_space_check_row(&obs_space, x.next, &err), &err);
    assert_true(isfinite(x.reward) && isfinite(x.uncertainty));
    assert_false(x.is_terminal);
  }
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

static void what_it_cannot_take_is_refused(void **state) {
  (void)state;
  enum { MANY = 2000 };
  static float wide_low[MANY];
  static float wide_high[MANY];
  heed_dynamics *model = NULL;
  heed_error err = {0};
  heed_space cells = heed_space_board(2, 2, 3);
  heed_space two = heed_space_discrete(2);
  heed_space wide = heed_space_box(MANY, wide_low, wide_high);
  assert_fails(heed_dynamics_create("linear", NULL, &cells, &two, &model, &err), HEED_ERR_ARG, &err,
               "box");
  err = (heed_error){0};
  assert_fails(heed_dynamics_create("linear", NULL, &wide, &two, &model, &err), HEED_ERR_ARG, &err,
               "2002 numbers");
  assert_null(model);
}

/* Whatever fails, the model is as before, and learns when there is memory again. */
static void memory_can_run_out_anywhere(void **state) {
  (void)state;
  heed_experience *life = life_of(50, 0.1, 18);
  heed_dynamics *whole = taught(life, "features=both,degree=2,count=15");
  bool is_through = false;
  for (size_t k = 0; !is_through; k++) {
    heed_dynamics *model = NULL;
    heed_error err = {0};
    until_failure = k;
    heed_status status = heed_dynamics_create("linear", "features=both,degree=2,count=15",
                                              heed_experience_obs_space(life),
                                              heed_experience_action_space(life), &model, &err);
    if (status == HEED_OK) {
      status = heed_dynamics_learn(model, life, 0, 50, NULL, &err);
    }
    is_through = until_failure != SIZE_MAX; /* else it ran down, past 0 */
    until_failure = SIZE_MAX;
    assert_int_equal(status, is_through ? HEED_OK : HEED_ERR_NOMEM);
    if (model != NULL && status != HEED_OK) {
      learn(model, life, 0, 50);
    }
    if (model != NULL) {
      heed_rng rng;
      heed_rng_init(&rng, k);
      heed_rng same = rng;
      heed_action action = {.value = {0.1F}};
      const float obs[2] = {0.1F, 0.1F};
      imagined x = imagine(model, obs, action, NULL, &rng);
      imagined y = imagine(whole, obs, action, NULL, &same);
      assert_memory_equal(x.next, y.next, sizeof x.next);
    }
    heed_dynamics_destroy(model);
  }
  heed_dynamics_destroy(whole);
  heed_experience_destroy(life);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_exact_world_is_found),
      cmocka_unit_test(noise_is_found_and_intervals_cover),
      cmocka_unit_test(online_equals_batch),
      cmocka_unit_test(hypotheses_of_earlier_fits_are_left_alone),
      cmocka_unit_test(predictions_stay_inside),
      cmocka_unit_test(time_limits_are_no_ends_and_huge_numbers_no_trouble),
      cmocka_unit_test(what_it_cannot_take_is_refused),
      cmocka_unit_test(memory_can_run_out_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
