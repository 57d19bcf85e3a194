/* test_tape.c: playing an episode again with the same luck. */
#include "core/cmocka_all.h"
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recording_changes_no_draw),
      cmocka_unit_test(replay_repeats_the_draws_whatever_the_seed),
      cmocka_unit_test(reading_past_the_end_is_a_mismatch),
      cmocka_unit_test(a_draw_of_another_kind_is_a_mismatch),
      cmocka_unit_test(an_index_that_is_out_of_range_is_a_mismatch),
      cmocka_unit_test(a_tape_grows_and_can_be_cleared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
