/* test_tape.c: playing an episode again with the same luck. */
#include "core/cmocka_all.h"
#include "core/near.h"
#include "core/rng.h"

/* A tape with three draws on it: a uniform one, one out of 6, a uniform one. */
static heed_tape recorded(double uniforms[2], uint32_t *index) {
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_RECORD);
  heed_rng rng;
  heed_rng_init(&rng, 3);
  rng.tape = &tape;
  uniforms[0] = heed_rng_uniform(&rng);
  *index = heed_rng_choice(&rng, 6);
  uniforms[1] = heed_rng_uniform(&rng);
  return tape;
}

static void recording_changes_no_draw(void **state) {
  (void)state;
  double uniforms[2];
  uint32_t index;
  heed_tape tape = recorded(uniforms, &index);
  heed_rng rng;
  heed_rng_init(&rng, 3);
  assert_true(heed_rng_uniform(&rng) == uniforms[0]);
  assert_int_equal(heed_rng_choice(&rng, 6), index);
  assert_true(heed_rng_uniform(&rng) == uniforms[1]);
  assert_int_equal(tape.count, 3);
  assert_false(tape.mismatch);
  heed_tape_deinit(&tape);
}

static void replay_repeats_the_draws_whatever_the_seed(void **state) {
  (void)state;
  double uniforms[2];
  uint32_t index;
  heed_tape tape = recorded(uniforms, &index);
  tape.mode = HEED_TAPE_REPLAY;
  heed_rng rng;
  heed_rng_init(&rng, 999);
  heed_rng before = rng;
  rng.tape = &tape;
  assert_true(heed_rng_uniform(&rng) == uniforms[0]);
  assert_int_equal(heed_rng_choice(&rng, 6), index);
  assert_true(heed_rng_uniform(&rng) == uniforms[1]);
  assert_false(tape.mismatch);
  assert_memory_equal(rng.s, before.s, sizeof rng.s);
  heed_tape_deinit(&tape);
}

static void reading_past_the_end_is_a_mismatch(void **state) {
  (void)state;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_REPLAY);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  rng.tape = &tape;
  assert_true(heed_rng_uniform(&rng) == 0.0);
  assert_true(tape.mismatch);
  heed_tape_deinit(&tape);
}

static void a_draw_of_another_kind_is_a_mismatch(void **state) {
  (void)state;
  double uniforms[2];
  uint32_t index;
  heed_tape tape = recorded(uniforms, &index);
  tape.mode = HEED_TAPE_REPLAY;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  rng.tape = &tape;
  assert_int_equal(heed_rng_choice(&rng, 6), 0);
  assert_true(tape.mismatch);

  tape.mismatch = false;
  assert_true(heed_rng_uniform(&rng) == uniforms[0]); /* the tape did not move */
  assert_false(tape.mismatch);
  assert_int_equal(heed_rng_choice(&rng, 7), 0); /* out of another number */
  assert_true(tape.mismatch);
  heed_tape_deinit(&tape);
}

static void an_index_that_is_out_of_range_is_a_mismatch(void **state) {
  (void)state;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_REPLAY);
  assert_int_equal(heed_tape_append(&tape, (heed_draw){.index = 4, .choices = 4}, NULL), HEED_OK);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  rng.tape = &tape;
  assert_int_equal(heed_rng_choice(&rng, 4), 0);
  assert_true(tape.mismatch);
  heed_tape_deinit(&tape);
}

static void a_tape_grows_and_can_be_cleared(void **state) {
  (void)state;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_RECORD);
  for (uint32_t i = 0; i < 1000; i++) {
    heed_draw draw = {.index = i, .choices = 1000};
    assert_int_equal(heed_tape_append(&tape, draw, NULL), HEED_OK);
  }
  for (uint32_t i = 0; i < 1000; i++) {
    assert_int_equal(heed_tape_next(&tape, 1000).index, i);
  }
  heed_tape_clear(&tape);
  assert_int_equal(tape.count, 0);
  assert_int_equal(tape.position, 0);
  heed_tape_deinit(&tape);
}

/* Plays a small game of chance: a coin of 0.3, and a die of 3 sides or a biased one of 4. */
static uint32_t play(heed_rng *rng) {
  static const double biased[4] = {0.5, 0.0, 0.25, 0.25};
  return heed_rng_chance(rng, 0.3) ? 10 + heed_rng_choice(rng, 3)
                                   : 20 + heed_rng_categorical(rng, biased, 4);
}

static void enumeration_meets_everything_once_with_its_probability(void **state) {
  (void)state;
  double expected[32] = {
      [10] = 0.1, [11] = 0.1, [12] = 0.1, [20] = 0.35, [22] = 0.175, [23] = 0.175};
  double met[32] = {0};
  int plays = 0;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_ENUMERATE);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  rng.tape = &tape;
  do {
    uint32_t outcome = play(&rng);
    met[outcome] += heed_tape_probability(&tape);
    plays++;
  } while (heed_tape_next_play(&tape));
  assert_int_equal(plays, 7);
  for (int i = 0; i < 32; i++) {
    assert_near(met[i], expected[i], 1e-15);
  }
  assert_false(tape.mismatch);
  heed_tape_deinit(&tape);
}

static void what_draws_nothing_has_one_play(void **state) {
  (void)state;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_ENUMERATE);
  assert_true(heed_tape_probability(&tape) == 1.0);
  assert_false(heed_tape_next_play(&tape));
  heed_tape_deinit(&tape);
}

static void a_real_cannot_be_enumerated(void **state) {
  (void)state;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_ENUMERATE);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  rng.tape = &tape;
  assert_true(heed_rng_uniform(&rng) == 0.0);
  assert_true(tape.mismatch);
  heed_tape_deinit(&tape);
}

/* What was set apart for it is all it takes: a play of more draws is a mismatch, and the next tape may hold as many
 * again. */
static void a_tape_with_a_limit_grows_no_further(void **state) {
  (void)state;
  heed_tape tape;
  heed_error err = {0};
  heed_tape_init(&tape, HEED_TAPE_ENUMERATE);
  assert_ok(heed_tape_reserve(&tape, 2, &err), &err);
  const heed_draw *room = tape.draws;
  for (int k = 0; k < 2; k++) {
    assert_int_equal(heed_tape_branch(&tape, NULL, 3), 0);
    assert_int_equal(heed_tape_branch(&tape, NULL, 3), 0);
    assert_false(tape.mismatch);
    assert_int_equal(heed_tape_branch(&tape, NULL, 3), 0);
    assert_true(tape.mismatch);
    assert_fails(heed_tape_append(&tape, (heed_draw){.choices = 3}, &err), HEED_ERR_STATE, &err,
                 "full after 2 draws");
    assert_int_equal(tape.count, 2);
    assert_ptr_equal(tape.draws, room);
    heed_tape_clear(&tape);
  }
  heed_tape_deinit(&tape);
}

/* Chances and categories are one uniform draw each, so that they replay as such. */
static void chances_are_uniform_draws_on_a_tape(void **state) {
  (void)state;
  static const double halves[2] = {0.5, 0.5};
  static const double short_of_one[2] = {0.25, 0.25};
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_REPLAY);
  double draws[] = {0.29, 0.3, 0.5, 0.49, 0.75};
  for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
    heed_tape_append(&tape, (heed_draw){.uniform = draws[i]}, NULL);
  }
  heed_rng rng;
  heed_rng_init(&rng, 1);
  rng.tape = &tape;
  assert_true(heed_rng_chance(&rng, 0.3));
  assert_false(heed_rng_chance(&rng, 0.3));
  assert_int_equal(heed_rng_categorical(&rng, halves, 2), 1);
  assert_int_equal(heed_rng_categorical(&rng, halves, 2), 0);
  assert_int_equal(heed_rng_categorical(&rng, short_of_one, 2), 0);
  assert_false(tape.mismatch);
  heed_tape_deinit(&tape);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recording_changes_no_draw),
      cmocka_unit_test(replay_repeats_the_draws_whatever_the_seed),
      cmocka_unit_test(reading_past_the_end_is_a_mismatch),
      cmocka_unit_test(a_draw_of_another_kind_is_a_mismatch),
      cmocka_unit_test(an_index_that_is_out_of_range_is_a_mismatch),
      cmocka_unit_test(a_tape_grows_and_can_be_cleared),
      cmocka_unit_test(enumeration_meets_everything_once_with_its_probability),
      cmocka_unit_test(what_draws_nothing_has_one_play),
      cmocka_unit_test(a_real_cannot_be_enumerated),
      cmocka_unit_test(a_tape_with_a_limit_grows_no_further),
      cmocka_unit_test(chances_are_uniform_draws_on_a_tape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
