/* test_tabular.c: the counting model against its closed form, computed by hand:
 *
 *     P(o | c) = n_o / (n + a)  +  a / (n + a) P(o | shorter(c)),     beyond the shortest: no change */
#include "dynamics/letters.h"

#define A (letter('A'))
#define B (letter('B'))
#define C (letter('C'))
static int letter(char c) {
  return c - 'A';
}

/* ---- probabilities ---------------------------------------------------------------------------- */

static void one_context_is_counts_and_no_change(void **state) {
  (void)state;
  const char *lives[] = {"A0B", "A0B", "A0B", "A0C", NULL};
  heed_dynamics *model = letters_taught("history=1,runs=false,concentration=0.5", lives);
  letters_forecast f = letters_forecast_of(model, "A", 0, NULL);
  assert_probability(f.p[B], 3 / 4.5);
  assert_probability(f.p[C], 1 / 4.5);
  assert_probability(f.p[A], 0.5 / 4.5);
  f = letters_forecast_of(model, "A", 1, NULL); /* never tried */
  assert_probability(f.p[A], 1.0);
  heed_dynamics_destroy(model);
}

/* At (A, 0) each of B and C weighs 1: it came up in one longer context. */
static void longer_contexts_fall_back_on_shorter_ones(void **state) {
  (void)state;
  const char *lives[] = {"X0A0B", "X0A0B", "Y0A0C", NULL};
  heed_dynamics *model = letters_taught("history=2,runs=false,concentration=0.5", lives);
  double a = 0.5;
  double down = a / (2 + a);
  letters_forecast f = letters_forecast_of(model, "X0A", 0, NULL);
  assert_probability(f.p[B], 2 / (2 + a) + down / (2 + a));
  assert_probability(f.p[C], down / (2 + a));
  assert_probability(f.p[A], down * down);
  f = letters_forecast_of(model, "Y0A", 0, NULL);
  assert_probability(f.p[C], 1 / (1 + a) + a / (1 + a) / (2 + a));
  f = letters_forecast_of(model, "Z0A", 0, NULL); /* from elsewhere: the shorter context alone */
  assert_probability(f.p[B], 1 / (2 + a));
  assert_probability(f.p[C], 1 / (2 + a));
  f = letters_forecast_of(model, "X1A", 0, NULL); /* the action between is part of the context */
  assert_probability(f.p[B], 1 / (2 + a));
  heed_dynamics_destroy(model);
}

/* (A1B, {}, 0): B 1, C 1.  (A1B, {0}, 0): C 1.  The same at (B, {}, 0) and (B, {0}, 0).
 * At (B, 0): B 1, C 2, each once for ({}) and ({0}). */
static void vain_attempts_are_part_of_the_context(void **state) {
  (void)state;
  const char *lives[] = {"A1B0B0C", "A1B0C", NULL};
  heed_dynamics *model = letters_taught("history=2,concentration=0.5", lives);
  double a = 0.5;
  double c_shortest = 2 / (3 + a);
  double one = a / (1 + a);
  double two = a / (2 + a);
  letters_forecast f = letters_forecast_of(model, "A1B0B", 0, NULL);
  assert_probability(f.p[C], 1 / (1 + a) + one * (1 / (1 + a) + one * c_shortest));
  assert_probability(f.p[B], one * one * (1 + a) / (3 + a));
  f = letters_forecast_of(model, "A1B", 0, NULL);
  assert_probability(f.p[C], 1 / (2 + a) + two * (1 / (2 + a) + two * c_shortest));
  f = letters_forecast_of(model, "A1B0B0B0B", 0, NULL); /* a set: once more changes nothing */
  assert_probability(f.p[C], 1 / (1 + a) + one * (1 / (1 + a) + one * c_shortest));
  heed_dynamics_destroy(model);
}

static void equal_observations_in_a_row_count_as_one(void **state) {
  (void)state;
  const char *lives[] = {"X0A1A1A0B", NULL};
  heed_dynamics *runs = letters_taught("history=2,concentration=0.5", lives);
  heed_dynamics *steps = letters_taught("history=2,runs=false,concentration=0.5", lives);
  double a = 0.5;
  double one = a / (1 + a);
  /* three levels with runs, and X is still known after a wait of any length */
  letters_forecast f = letters_forecast_of(runs, "X0A1A1A1A1A1A1A", 0, NULL);
  assert_probability(f.p[B], 1 - one * one * one);
  f = letters_forecast_of(steps, "X0A1A1A1A1A1A1A", 0, NULL);
  assert_probability(f.p[B], 1 - one * one);
  f = letters_forecast_of(steps, "X0A", 0,
                          NULL); /* after X: nothing known but the shorter context */
  assert_probability(f.p[B], 1 - one);
  heed_dynamics_destroy(runs);
  heed_dynamics_destroy(steps);
}

static void an_episode_weighs_one_however_often_it_came_by(void **state) {
  (void)state;
  const char *lives[] = {"A0B1A0B1A0B1A0C", "A0C", NULL};
  heed_dynamics *model = letters_taught("history=1,runs=false,concentration=0.5", lives);
  letters_forecast f = letters_forecast_of(model, "A", 0, NULL);
  assert_probability(f.p[B], 0.75 / 2.5);
  assert_probability(f.p[C], 1.25 / 2.5);
  heed_dynamics_destroy(model);
  model = letters_taught("history=1,runs=false,by_episode=false,concentration=0.5", lives);
  f = letters_forecast_of(model, "A", 0, NULL);
  assert_probability(f.p[B], 3 / 5.5);
  assert_probability(f.p[C], 2 / 5.5);
  heed_dynamics_destroy(model);
}

static void walls_are_no_vain_attempts_until_they_give_way(void **state) {
  (void)state;
  heed_dynamics *model = letters_model(NULL);
  heed_experience *e = letters_experience();
  letters_live(e, "X0A1A1A0B", 0);
  letters_learn(model, e, 0, heed_experience_count(e));
  letters_belief plain = letters_after(model, "X0A");
  letters_belief bumped = letters_after(model, "X0A1A1A");
  letters_belief tried = letters_after(model, "X0A0A");
  assert_memory_equal(&plain, &bumped, sizeof plain);
  assert_memory_not_equal(&plain, &tried, sizeof plain);
  /* now 1 is seen to change A: what was counted there is counted again, with the attempts */
  size_t before = heed_experience_count(e);
  letters_live(e, "A1C", 0);
  letters_learn(model, e, before, 1);
  bumped = letters_after(model, "X0A1A1A");
  assert_memory_not_equal(&plain, &bumped, sizeof plain);
  double a = 0.2; /* (X0A, {1}, 0), (A, {1}, 0), (A, 0): B each */
  letters_forecast f = letters_forecast_of(model, "X0A1A", 0, NULL);
  assert_probability(f.p[B], 1 - pow(a / (1 + a), 3));
  f = letters_forecast_of(model, "X0A", 0, NULL); /* not tried after {}: the shortest alone */
  assert_probability(f.p[B], 1 / (1 + a));
  heed_experience_destroy(e);
  heed_dynamics_destroy(model);
}

static void ends_and_rewards_are_predicted(void **state) {
  (void)state;
  heed_dynamics *model = letters_model("history=1,runs=false,concentration=0.5");
  heed_experience *e = letters_experience();
  letters_live(e, "A0B!", 1);
  letters_live(e, "A0B!", 5);
  letters_live(e, "A0B", 10);
  letters_live(e, "A1C?", 2);
  letters_learn(model, e, 0, 4);
  letters_forecast f = letters_forecast_of(model, "A", 0, NULL);
  assert_probability(f.terminal, 2 / 3.5);
  assert_probability(f.p[B], 3 / 3.5);
  /* 2/3.5 times the mean 3, 1/3.5 times 10, and nothing else pays; deviation of one try below 5 */
  assert_near(f.reward, (2 * 3 + 10) / 3.5, 5 * 5 / sqrt(LETTERS_TRIES));
  f = letters_forecast_of(model, "A", 1, NULL); /* time was up: no end of the world's own */
  assert_near(f.terminal, 0, 0);
  assert_probability(f.p[C], 1 / 1.5);
  heed_experience_destroy(e);
  heed_dynamics_destroy(model);
}

static void what_was_never_seen_stays_as_it_is(void **state) {
  (void)state;
  const char *lives[] = {"A0B0C", NULL};
  heed_dynamics *model = letters_taught(NULL, lives);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  static const char *const after[] = {"Z", "A0Z", "Y1Z", "A0B0Z0Z1Z"};
  for (size_t i = 0; i < 4; i++) {
    letters_belief belief = letters_after(model, after[i]);
    letters_belief next;
    for (int32_t action = 0; action < LETTER_ACTIONS; action++) {
      uint8_t obs;
      heed_prediction p = letters_predict(model, &belief, action, NULL, &rng, &next);
      heed_dynamics_decode(model, &next, &obs);
      assert_int_equal(obs, letter('Z'));
      assert_false(p.is_terminal);
      assert_near(p.reward, 0, 0);
      assert_near(p.uncertainty, log(3 + 1), 1e-12); /* one of the three met so far, or new */
    }
  }
  /* what follows something new is known again by itself */
  assert_probability(letters_forecast_of(model, "Z0B", 0, NULL).p[C], 1 - pow(0.2 / 1.2, 2));
  heed_dynamics_destroy(model);
}

/* ---- ways of learning -------------------------------------------------------------------------- */

/* The same predictions, to the bit, along the lives of an experience, with and without a hypothesis. */
static void check_equal(const heed_dynamics *x, const heed_dynamics *y, const heed_experience *e) {
  heed_rng rng;
  heed_rng_init(&rng, 3);
  for (size_t i = 0; i < heed_experience_episode_count(e); i++) {
    size_t t = heed_experience_episode_begin(e, i);
    size_t end = heed_experience_episode_begin(e, i + 1);
    letters_belief belief[2] = {0};
    heed_dynamics_begin(x, heed_experience_obs(e, t), &belief[0]);
    heed_dynamics_begin(y, heed_experience_obs(e, t), &belief[1]);
    for (; t < end; t++) {
      assert_memory_equal(&belief[0], &belief[1], sizeof belief[0]);
      for (int32_t action = 0; action < LETTER_ACTIONS; action++) {
        uint64_t hypothesis = heed_rng_next(&rng);
        const void *given = t % 2 == 0 ? &hypothesis : NULL;
        heed_rng rngs[2] = {rng, rng};
        letters_belief next[2] = {0};
        heed_prediction p = letters_predict(x, &belief[0], action, given, &rngs[0], &next[0]);
        heed_prediction q = letters_predict(y, &belief[1], action, given, &rngs[1], &next[1]);
        assert_memory_equal(&next[0], &next[1], sizeof next[0]);
        assert_true(p.reward == q.reward && p.uncertainty == q.uncertainty);
        assert_int_equal(p.is_terminal, q.is_terminal);
        assert_memory_equal(rngs[0].s, rngs[1].s, sizeof rngs[0].s);
      }
      heed_dynamics_observe(x, &belief[0], heed_experience_action(e, t),
                            heed_experience_next_obs(e, t));
      heed_dynamics_observe(y, &belief[1], heed_experience_action(e, t),
                            heed_experience_next_obs(e, t));
    }
  }
}

static void learning_step_by_step_at_once_or_from_a_file_is_the_same(void **state) {
  (void)state;
  static const char *const params[] = {NULL, "history=1,runs=false", "history=4,by_episode=false",
                                       "history=8,concentration=3"};
  for (size_t i = 0; i < 4; i++) {
    heed_experience *e = letters_experience();
    heed_rng rng;
    heed_rng_init(&rng, 10 + i);
    letters_random_lives(e, 80, &rng);
    size_t count = heed_experience_count(e);
    heed_dynamics *at_once = letters_model(params[i]);
    letters_learn(at_once, e, 0, count);
    heed_dynamics *by_step = letters_model(params[i]);
    for (size_t t = 0; t < count; t++) {
      letters_learn(by_step, e, t, 1);
    }
    check_equal(at_once, by_step, e);

    char path[] = "/tmp/heed-tabular-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    heed_error err = {0};
    heed_dynamics *loaded = NULL;
    assert_ok(heed_dynamics_save(at_once, NULL, path, &err), &err);
    assert_ok(heed_dynamics_load(path, &loaded, NULL, &err), &err);
    assert_int_equal(remove(path), 0);
    check_equal(at_once, loaded, e);
    heed_dynamics_destroy(at_once);
    heed_dynamics_destroy(by_step);
    heed_dynamics_destroy(loaded);
    heed_experience_destroy(e);
  }
}

/* An agent that meets something for the first time, learns the step, and takes it in. */
static void a_belief_that_began_unknown_is_known_once_it_is_learned(void **state) {
  (void)state;
  heed_dynamics *model = letters_model("history=4");
  heed_experience *e = letters_experience();
  letters_belief belief = letters_after(model, "A");
  letters_live(e, "A0A1B", 0);
  for (size_t t = 0; t < 2; t++) {
    letters_learn(model, e, t, 1);
    heed_dynamics_observe(model, &belief, heed_experience_action(e, t),
                          heed_experience_next_obs(e, t));
  }
  letters_belief known = letters_after(model, "A0A1B");
  assert_memory_equal(&belief, &known, sizeof known);
  heed_experience_destroy(e);
  heed_dynamics_destroy(model);
}

static void learning_from_the_middle_sees_what_came_before(void **state) {
  (void)state;
  heed_dynamics *model = letters_model("history=2,concentration=0.5");
  heed_experience *e = letters_experience();
  letters_live(e, "X0A1A0B", 0);
  letters_learn(model, e, 2, 1);
  double a = 0.5;
  letters_forecast f = letters_forecast_of(model, "X0A", 0, NULL);
  assert_probability(f.p[B], 1 - pow(a / (1 + a), 3));
  f = letters_forecast_of(model, "Y0A", 0, NULL); /* two shorter contexts know it */
  assert_probability(f.p[B], 1 - pow(a / (1 + a), 2));
  f = letters_forecast_of(model, "X", 0, NULL); /* what came before was not learned */
  assert_probability(f.p[letter('X')], 1.0);
  heed_experience_destroy(e);
  heed_dynamics_destroy(model);
}

/* The second experience may even lie where the first one lay. */
static void a_new_experience_is_not_taken_for_the_old_one_going_on(void **state) {
  (void)state;
  heed_dynamics *model = letters_model(NULL);
  for (int i = 0; i < 20; i++) {
    heed_experience *e = letters_experience();
    letters_live(e, i % 2 == 0 ? "A0B1C" : "X0A1A0D", 0);
    letters_learn(model, e, i % 2 == 0 ? 0 : 2, i % 2 == 0 ? 2 : 1);
    heed_experience_destroy(e);
  }
  char path[] = "/tmp/heed-tabular-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  heed_error err = {0};
  heed_dynamics *loaded = NULL;
  assert_ok(heed_dynamics_save(model, NULL, path, &err), &err);
  assert_ok(heed_dynamics_load(path, &loaded, NULL, &err), &err); /* refuses what does not follow */
  assert_int_equal(remove(path), 0);
  heed_dynamics_destroy(loaded);
  heed_dynamics_destroy(model);
}

/* ---- hypotheses and uncertainty ---------------------------------------------------------------- */

/* The posterior probability of B is Beta(3, 1 + a): mean 3/(4+a). With two tries under one hypothesis,
 * the share of "B twice" is E[p^2] = mean^2 + variance. */
static void hypotheses_are_draws_from_the_posterior(void **state) {
  (void)state;
  enum { DRAWS = 40000 };
  const char *lives[] = {"A0B", "A0B", "A0B", "A0C", NULL};
  heed_dynamics *model = letters_taught("history=1,runs=false,concentration=0.5", lives);
  letters_belief belief = letters_after(model, "A");
  letters_belief next;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  double once = 0;
  double twice = 0;
  for (int i = 0; i < DRAWS; i++) {
    uint64_t hypothesis;
    heed_dynamics_draw(model, &rng, &hypothesis);
    uint8_t obs[2];
    for (int k = 0; k < 2; k++) {
      (void)letters_predict(model, &belief, 0, &hypothesis, &rng, &next);
      heed_dynamics_decode(model, &next, &obs[k]);
    }
    once += (double)(obs[0] == B) / DRAWS;
    twice += (double)(obs[0] == B && obs[1] == B) / DRAWS;
  }
  double alpha = 3;
  double beta = 1.5;
  double mean = alpha / (alpha + beta);
  double square = mean * (alpha + 1) / (alpha + beta + 1);
  assert_near(once, mean, 5 * sqrt(mean * (1 - mean) / DRAWS));
  assert_near(twice, square, 5 * sqrt(square * (1 - square) / DRAWS));
  heed_dynamics_destroy(model);
}

/* Two contexts, both Beta(1, 1.5) for B: independent, so that "B from both" has the square of the mean, and
 * not the mean of the square. */
static void contexts_are_drawn_independently(void **state) {
  (void)state;
  enum { DRAWS = 40000 };
  const char *lives[] = {"A0B", "A0C", "D0B", "D0C", NULL};
  heed_dynamics *model = letters_taught("history=1,runs=false,concentration=0.5", lives);
  letters_belief beliefs[] = {letters_after(model, "A"), letters_after(model, "D")};
  letters_belief next;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  double both = 0;
  for (int i = 0; i < DRAWS; i++) {
    uint64_t hypothesis;
    heed_dynamics_draw(model, &rng, &hypothesis);
    int hits = 0;
    for (int k = 0; k < 2; k++) {
      uint8_t obs;
      (void)letters_predict(model, &beliefs[k], 0, &hypothesis, &rng, &next);
      heed_dynamics_decode(model, &next, &obs);
      hits += obs == B;
    }
    both += (double)(hits == 2) / DRAWS;
  }
  double expected = 0.4 * 0.4; /* 1 / 2.5 each; were they one draw, 0.4 * 2 / 3.5 = 0.23 */
  assert_near(both, expected, 5 * sqrt(expected * (1 - expected) / DRAWS));
  heed_dynamics_destroy(model);
}

static void a_hypothesis_is_one_fixed_world(void **state) {
  (void)state;
  const char *lives[] = {"A0B", "A0C", NULL};
  heed_dynamics *model = letters_taught("history=1,runs=false,concentration=0.5", lives);
  double spread = 0;
  for (uint64_t hypothesis = 1; hypothesis < 6; hypothesis++) {
    uint64_t copy = hypothesis;
    letters_forecast f = letters_forecast_of(model, "A", 0, &hypothesis);
    letters_forecast g = letters_forecast_of(model, "A", 0, &copy);
    assert_memory_equal(&f, &g, sizeof f);
    spread += fabs(f.p[B] - 1 / 2.5) / 5;
  }
  assert_true(spread > 0.05); /* Beta(1, 1.5) has a standard deviation of 0.26 */
  heed_dynamics_destroy(model);
}

/* With whole numbers digamma(n + 1) is the harmonic number H(n) less a constant that cancels. */
static double harmonic(int n) {
  return n == 0 ? 0 : 1.0 / n + harmonic(n - 1);
}

static void uncertainty_is_the_information_of_a_look(void **state) {
  (void)state;
  const char *lives[] = {"A0B", "A0B", "A0B", "A0C", NULL};
  heed_dynamics *model = letters_taught("history=1,runs=false,concentration=1", lives);
  letters_belief belief = letters_after(model, "A");
  letters_belief next;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  /* weights 3, 1 and 1 for all else, of 5 */
  double entropy = -0.6 * log(0.6) - 2 * 0.2 * log(0.2);
  double mean_entropy = harmonic(5) - 0.6 * harmonic(3) - 2 * 0.2 * harmonic(1);
  double expected = entropy - mean_entropy + 0.2 * log(3 + 1);
  assert_near(letters_predict(model, &belief, 0, NULL, &rng, &next).uncertainty, expected, 1e-12);
  heed_prediction p = {.belief = &belief, .rng = &rng, .next_belief = &next};
  heed_dynamics_predict(model, &p, 1, NULL);
  assert_near(p.uncertainty, 0, 0); /* nobody asked */
  heed_dynamics_destroy(model);
}

static void uncertainty_decreases_with_data(void **state) {
  (void)state;
  static const char *const params[] = {NULL, "history=1,runs=false", "history=3,by_episode=false"};
  for (size_t i = 0; i < 3; i++) {
    heed_dynamics *model = letters_model(params[i]);
    heed_experience *e = letters_experience();
    letters_live(e, "A0B", 0);
    letters_live(e, "A0C", 0);
    letters_learn(model, e, 0, 2);
    heed_rng rng;
    heed_rng_init(&rng, 1);
    double before = HUGE_VAL;
    for (size_t n = 2; n < 200; n++) {
      letters_live(e, n % 2 == 0 ? "A0B" : "A0C", 0);
      letters_learn(model, e, n, 1);
      if (n % 2 == 1) {
        letters_belief belief = letters_after(model, "A");
        letters_belief next;
        double now = letters_predict(model, &belief, 0, NULL, &rng, &next).uncertainty;
        assert_true(now >= 0 && now < before);
        before = now;
      }
    }
    assert_true(before < 0.02);
    heed_experience_destroy(e);
    heed_dynamics_destroy(model);
  }
}

/* ---- borders ----------------------------------------------------------------------------------- */

static void spaces_that_cannot_be_counted_are_refused(void **state) {
  (void)state;
  static const float low = 0;
  static const float high = 1;
  heed_space cells = letters_obs_space();
  heed_space box = heed_space_box(1, &low, &high);
  heed_space four = heed_space_discrete(4);
  heed_space many = heed_space_discrete(33);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_fails(heed_dynamics_create("tabular", NULL, &box, &four, &model, &err), HEED_ERR_ARG, &err,
               "cells");
  assert_fails(heed_dynamics_create("tabular", NULL, &cells, &box, &model, &err), HEED_ERR_ARG,
               &err, "actions");
  assert_fails(heed_dynamics_create("tabular", NULL, &cells, &many, &model, &err), HEED_ERR_ARG,
               &err, "32 actions");
  assert_null(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_context_is_counts_and_no_change),
      cmocka_unit_test(longer_contexts_fall_back_on_shorter_ones),
      cmocka_unit_test(vain_attempts_are_part_of_the_context),
      cmocka_unit_test(equal_observations_in_a_row_count_as_one),
      cmocka_unit_test(an_episode_weighs_one_however_often_it_came_by),
      cmocka_unit_test(walls_are_no_vain_attempts_until_they_give_way),
      cmocka_unit_test(ends_and_rewards_are_predicted),
      cmocka_unit_test(what_was_never_seen_stays_as_it_is),
      cmocka_unit_test(learning_step_by_step_at_once_or_from_a_file_is_the_same),
      cmocka_unit_test(a_belief_that_began_unknown_is_known_once_it_is_learned),
      cmocka_unit_test(learning_from_the_middle_sees_what_came_before),
      cmocka_unit_test(a_new_experience_is_not_taken_for_the_old_one_going_on),
      cmocka_unit_test(hypotheses_are_draws_from_the_posterior),
      cmocka_unit_test(contexts_are_drawn_independently),
      cmocka_unit_test(a_hypothesis_is_one_fixed_world),
      cmocka_unit_test(uncertainty_is_the_information_of_a_look),
      cmocka_unit_test(uncertainty_decreases_with_data),
      cmocka_unit_test(spaces_that_cannot_be_counted_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
