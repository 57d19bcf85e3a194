/* test_feedback.c: what people do becomes the choice that the table of choice.h says. */
#include "reward/feedback.h"
#include "reward/fixture.h"

static heed_segment clips[HEED_OPTION_MAX];

static int make_clips(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 8);
  for (size_t i = 0; i < HEED_OPTION_MAX; i++) {
    fixture_segment(&clips[i], 4, &rng);
  }
  return 0;
}

static int free_clips(void **state) {
  (void)state;
  for (size_t i = 0; i < HEED_OPTION_MAX; i++) {
    heed_segment_deinit(&clips[i]);
  }
  return 0;
}

static void assert_valid(const heed_choice *choice, heed_choice_kind kind, int32_t chosen) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_error err = {0};
  if (heed_choice_check(choice, &obs_space, &action_space, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  assert_int_equal(choice->kind, kind);
  assert_int_equal(choice->chosen, chosen);
}

static bool same_clip(const heed_segment *a, const heed_segment *b) {
  return a->steps == b->steps && memcmp(a->obs, b->obs, (a->steps + 1) * (size_t)a->obs_size) == 0;
}

static void every_kind_is_a_valid_choice(void **state) {
  (void)state;
  heed_choice choice;
  assert_int_equal(heed_feedback_comparison(&choice, clips, 3, 1, HEED_CHOICE_EQUAL, NULL),
                   HEED_OK);
  assert_valid(&choice, HEED_COMPARISON, HEED_CHOICE_EQUAL);
  heed_choice_deinit(&choice);
  assert_int_equal(heed_feedback_rating(&choice, clips, 4, 5, NULL), HEED_OK);
  assert_valid(&choice, HEED_RATING, 4);
  heed_choice_deinit(&choice);
  assert_int_equal(heed_feedback_demonstration(&choice, clips, clips + 1, 5, NULL), HEED_OK);
  assert_valid(&choice, HEED_DEMONSTRATION, 0);
  assert_int_equal(choice.query.option_count, 6);
  assert_true(same_clip(&choice.query.options[5], &clips[5]));
  heed_choice_deinit(&choice);
  assert_int_equal(heed_feedback_correction(&choice, &clips[2], &clips[6], NULL), HEED_OK);
  assert_valid(&choice, HEED_CORRECTION, 1);
  assert_true(same_clip(&choice.query.options[1], &clips[6]));
  heed_choice_deinit(&choice);
  assert_int_equal(heed_feedback_approval(&choice, clips, clips + 1, 3, false, NULL), HEED_OK);
  assert_valid(&choice, HEED_APPROVAL, HEED_REFUSED);
  heed_choice_deinit(&choice);
  assert_int_equal(heed_feedback_off_switch(&choice, clips, clips + 1, true, NULL), HEED_OK);
  assert_valid(&choice, HEED_OFF_SWITCH, HEED_SWITCH_PRESSED);
  heed_choice_deinit(&choice);
}

static void label_is_of_one_step(void **state) {
  (void)state;
  heed_choice choice;
  assert_int_equal(heed_feedback_label(&choice, clips, 2, HEED_LABEL_GOOD, NULL), HEED_OK);
  assert_valid(&choice, HEED_LABEL, HEED_LABEL_GOOD);
  const heed_segment *step = &choice.query.options[0];
  assert_int_equal(step->steps, 1);
  assert_memory_equal(step->obs, clips[0].obs + 2 * FIXTURE_CELLS, 2 * FIXTURE_CELLS);
  assert_int_equal(step->actions[0].index, clips[0].actions[2].index);
  heed_choice_deinit(&choice);
  assert_int_equal(heed_feedback_label(&choice, clips, 4, HEED_LABEL_GOOD, NULL), HEED_ERR_ARG);
}

/* Plackett and Luce: P(2, 0, 1) = e^G2 / (e^G0 + e^G1 + e^G2) * e^G0 / (e^G0 + e^G1). */
static void ranking_has_the_probability_of_plackett_and_luce(void **state) {
  (void)state;
  static const uint32_t order[3] = {2, 0, 1};
  heed_choices choices = {0};
  heed_choice ranking;
  assert_int_equal(heed_feedback_ranking(&ranking, clips, 3, order, NULL), HEED_OK);
  assert_valid(&ranking, HEED_RANKING, 0);
  assert_int_equal(ranking.grades, 3);
  assert_true(same_clip(&ranking.query.options[0], &clips[2]));
  strcpy(ranking.who, "ann");
  assert_int_equal(heed_choices_append(&choices, &ranking, NULL), HEED_OK);
  assert_int_equal(ranking.query.option_count, 0);
  assert_int_equal(choices.count, 2);
  const double g[3] = {0.3, -0.4, 0.9};
  double loglik = 0;
  for (size_t i = 0; i < 2; i++) {
    double returns[3];
    for (size_t k = 0; k < choices.items[i].query.option_count; k++) {
      for (size_t j = 0; j < 3; j++) {
        returns[k] = same_clip(&choices.items[i].query.options[k], &clips[j]) ? g[j] : returns[k];
      }
    }
    assert_string_equal(choices.items[i].who, "ann");
    assert_valid(&choices.items[i], HEED_RANKING, choices.items[i].chosen);
    loglik += heed_choice_loglik(&choices.items[i], returns, NULL, NULL);
  }
  double e0 = exp(g[0]);
  double e1 = exp(g[1]);
  double e2 = exp(g[2]);
  assert_near(exp(loglik), e2 / (e0 + e1 + e2) * e0 / (e0 + e1), 1e-14);
  heed_choices_deinit(&choices);
}

static void held_clip_stands_still_after_the_switch(void **state) {
  (void)state;
  heed_segment held;
  heed_action idle = {.index = 4};
  assert_int_equal(heed_feedback_held(&held, clips, 1, idle, NULL), HEED_OK);
  assert_memory_equal(held.obs, clips[0].obs, 2 * FIXTURE_CELLS);
  for (size_t t = 1; t < 4; t++) {
    assert_memory_equal(held.obs + (t + 1) * FIXTURE_CELLS, clips[0].obs + FIXTURE_CELLS,
                        FIXTURE_CELLS);
    assert_int_equal(held.actions[t].index, 4);
    assert_near(held.channel[t], 0, 0);
  }
  heed_segment_deinit(&held);
  assert_int_equal(heed_feedback_held(&held, clips, 5, idle, NULL), HEED_ERR_ARG);
}

static void what_is_out_of_range_is_refused(void **state) {
  (void)state;
  heed_choice choice;
  static const uint32_t twice[3] = {0, 1, 1};
  assert_int_equal(heed_feedback_comparison(&choice, clips, 2, 0, 2, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_feedback_comparison(&choice, clips, 2, 0, HEED_CHOICE_EQUAL, NULL),
                   HEED_ERR_ARG);
  assert_int_equal(heed_feedback_rating(&choice, clips, 5, 5, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_feedback_demonstration(&choice, clips, clips, 0, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_feedback_demonstration(&choice, clips, clips, 8, NULL), HEED_ERR_ARG);
  assert_null(choice.query.options[0].obs);
  assert_int_equal(heed_feedback_ranking(&choice, clips, 3, twice, NULL), HEED_ERR_ARG);
  assert_null(choice.query.options[0].obs);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_is_a_valid_choice),
      cmocka_unit_test(label_is_of_one_step),
      cmocka_unit_test(ranking_has_the_probability_of_plackett_and_luce),
      cmocka_unit_test(held_clip_stands_still_after_the_switch),
      cmocka_unit_test(what_is_out_of_range_is_refused),
  };
  return cmocka_run_group_tests(tests, make_clips, free_clips);
}
