/* test_linear_moments.c: the linear reward whose posterior has the moments of the exact one, with features of places:
 * some 250 weights. Against draws from the exact posterior, and against what was planted. */
#include <stdlib.h>

#include "reward/linear_fixture.h"

/* Of `mistakes` answers some are at random, and the model is told. */
static void add_mistakes(heed_choices *choices, double mistakes, heed_rng *rng) {
  for (size_t q = 0; q < choices->count && mistakes > 0; q++) {
    heed_choice *choice = &choices->items[q];
    choice->mistakes = mistakes;
    if (heed_rng_uniform(rng) < mistakes) {
      choice->chosen = (int32_t)heed_rng_choice(rng, choice->query.option_count);
    }
  }
}

/* Choices among two to four options, weights from the prior. Of 1,000 draws, which hang together, the means are
 * some 0.1 deviations off by chance; with 3,000 it is 0.05 (0.06 with mistakes). */
static void check_samples(double mistakes) {
  enum { ANSWERS = 25, STEPS = 60 };
  heed_reward *moments = create("prior_scale=2,place_scale=1,moments=true");
  heed_reward *exact = create("prior_scale=2,place_scale=1,samples=1000");
  double weights[FEATURES];
  heed_rng rng;
  heed_rng_init(&rng, 3);
  heed_reward_draw(moments, &rng, weights);
  heed_choices choices = {0};
  ask(&choices, ANSWERS, 4, weights, &rng);
  add_mistakes(&choices, mistakes, &rng);
  learn(moments, &choices, NULL);
  learn(exact, &choices, NULL);
  double off = 0;
  double wider = 0;
  for (size_t i = 0; i < STEPS; i++) {
    heed_segment segment;
    double mean[2];
    double spread[2];
    fixture_segment(&segment, 1, &rng);
    heed_step step = heed_segment_step(&segment, 0);
    score_one(moments, &step, NULL, &mean[0], &spread[0]);
    score_one(exact, &step, NULL, &mean[1], &spread[1]);
    off += (mean[0] - mean[1]) * (mean[0] - mean[1]) / (spread[1] * spread[1]) / STEPS;
    wider += spread[0] / spread[1] / STEPS;
    heed_segment_deinit(&segment);
  }
  assert_near(sqrt(off), 0, 0.2);
  assert_near(wider, 1, 0.05);
  heed_choices_deinit(&choices);
  heed_reward_destroy(moments);
  heed_reward_destroy(exact);
}

static void moments_are_those_of_exact_draws(void **state) {
  (void)state;
  check_samples(0);
  check_samples(0.2);
}

/* Sums over single steps of worlds whose weights come from the prior: what the mean says is what is to be
 * expected, neither too little nor too much, and the deviation is how far off it is. */
typedef struct calibration {
  double product, square, error, count;
} calibration;

static void plant_and_learn(const char *params, double mistakes, uint64_t seed, calibration *sum) {
  enum { ANSWERS = 60, STEPS = 40 };
  heed_reward *model = create(params);
  double weights[FEATURES];
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_rng rng;
  heed_rng_init(&rng, seed);
  heed_reward_draw(model, &rng, weights);
  heed_choices choices = {0};
  ask(&choices, ANSWERS, 4, weights, &rng);
  add_mistakes(&choices, mistakes, &rng);
  learn(model, &choices, NULL);
  for (size_t i = 0; i < STEPS; i++) {
    heed_segment segment;
    double mean;
    double spread;
    fixture_segment(&segment, 1, &rng);
    heed_step step = heed_segment_step(&segment, 0);
    double truth = heed_features_dot(&obs_space, &action_space, &step, weights);
    score_one(model, &step, NULL, &mean, &spread);
    sum->product += mean * truth;
    sum->square += mean * mean;
    sum->error += (truth - mean) * (truth - mean) / (spread * spread);
    sum->count++;
    heed_segment_deinit(&segment);
  }
  heed_choices_deinit(&choices);
  heed_reward_destroy(model);
}

/* Over 20 worlds the slope of the truth on the mean is 1, and the squared error 1 (0.97 and 1.00 over 100); the
 * mode says about half of what is to be expected. */
static void what_is_planted_is_expected(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    calibration by_moments = {0};
    calibration by_mode = {0};
    double mistakes = k * 0.2;
    for (uint64_t seed = 1; seed <= 20; seed++) {
      plant_and_learn("prior_scale=2,place_scale=1,moments=true", mistakes, seed, &by_moments);
      if (k == 0) {
        plant_and_learn("prior_scale=2,place_scale=1,moments=false", mistakes, seed, &by_mode);
      }
    }
    print_message("             slope %.3f, error %.3f, by the mode %.3f\n",
                  by_moments.product / by_moments.square, by_moments.error / by_moments.count,
                  by_mode.product / by_mode.square);
    assert_near(by_moments.product / by_moments.square, 1, 0.12);
    assert_near(by_moments.error / by_moments.count, 1, 0.2);
    assert_true(k == 1 || by_mode.product > 1.5 * by_mode.square);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments_are_those_of_exact_draws),
      cmocka_unit_test(what_is_planted_is_expected),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
