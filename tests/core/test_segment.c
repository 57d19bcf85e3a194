/* test_segment.c: stretches of episodes, copied out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/experience.h"

static heed_space board(void) {
  return heed_space_board(1, 2, 9);
}
static heed_space moves(void) {
  return heed_space_discrete(9);
}

/* Two episodes: cells 0 .. 3 (terminal at the end), then 5 .. 6; action and reward count along. */
static heed_experience *lived(void) {
  heed_error err = {0};
  heed_space obs_space = board();
  heed_space action_space = moves();
  heed_experience *e;
  assert_ok(heed_experience_create(&obs_space, &action_space, &e, &err), &err);
  for (uint8_t cell = 0; cell < 7; cell++) {
    const uint8_t obs[2] = {cell, 8};
    if (cell == 0 || cell == 5) {
      assert_ok(heed_experience_begin(e, obs, &err), &err);
    } else if (cell != 4) {
      heed_outcome outcome = {.reward = cell * 0.5, .is_terminal = cell == 3};
      assert_ok(heed_experience_append(e, (heed_action){.index = cell}, obs, outcome, &err), &err);
    }
  }
  return e;
}

static void steps_are_those_of_the_episode(void **state) {
  (void)state;
  heed_experience *e = lived();
  heed_segment segment;
  heed_error err = {0};
  assert_ok(heed_segment_from_experience(&segment, e, 1, 2, &err), &err);
  assert_int_equal(segment.steps, 2);
  assert_int_equal(segment.obs_size, 2);
  assert_true(segment.is_terminal);
  for (uint32_t i = 0; i < 2; i++) {
    heed_step step = heed_segment_step(&segment, i);
    assert_int_equal(((const uint8_t *)step.obs)[0], 1 + i);
    assert_int_equal(((const uint8_t *)step.next_obs)[0], 2 + i);
    assert_int_equal(step.action.index, 2 + i);
    assert_true(step.channel == (2 + i) * 0.5);
  }
  heed_segment_deinit(&segment);

  assert_ok(heed_segment_from_experience(&segment, e, 0, 2, &err), &err);
  assert_false(segment.is_terminal);
  heed_segment_deinit(&segment);

  /* The second episode, after the row that its beginning takes. */
  assert_ok(heed_segment_from_experience(&segment, e, 3, 1, &err), &err);
  assert_int_equal(segment.obs[0], 5);
  assert_int_equal(segment.obs[2], 6);
  heed_segment_deinit(&segment);
  heed_experience_destroy(e);
}

static void a_copy_is_equal_and_its_own(void **state) {
  (void)state;
  heed_experience *e = lived();
  heed_segment segment;
  heed_segment copy;
  heed_error err = {0};
  assert_ok(heed_segment_from_experience(&segment, e, 0, 3, &err), &err);
  assert_ok(heed_segment_copy(&copy, &segment, &err), &err);
  segment.obs[0] = 7;
  segment.actions[0].index = 7;
  segment.channel[0] = 7;
  assert_int_equal(copy.obs[0], 0);
  assert_int_equal(copy.actions[0].index, 1);
  assert_true(copy.channel[0] == 0.5);
  assert_int_equal(copy.steps, 3);
  assert_true(copy.is_terminal);
  heed_segment_deinit(&segment);
  heed_segment_deinit(&copy);
  heed_experience_destroy(e);
}

static void a_new_segment_is_zero_and_can_be_empty(void **state) {
  (void)state;
  heed_segment segment;
  heed_error err = {0};
  assert_ok(heed_segment_init(&segment, 2, 3, &err), &err);
  const unsigned char zeros[9] = {0};
  assert_memory_equal(segment.obs, zeros, 9);
  assert_int_equal(segment.actions[1].index, 0);
  assert_true(segment.channel[1] == 0);
  heed_segment_deinit(&segment);
  heed_segment_deinit(&segment);
  assert_ok(heed_segment_init(&segment, 0, 3, &err), &err);
  assert_non_null(segment.obs);
  heed_segment_deinit(&segment);
}

/* {"segment": ...} as a file in memory. */
static heed_pack_reader *packed(const heed_segment *segment, const heed_space *obs_space,
                                const heed_space *action_space) {
  heed_error err = {0};
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  heed_pack_map(writer, 1);
  heed_pack_key(writer, "segment");
  heed_segment_write(segment, obs_space, action_space, writer);
  unsigned char *bytes;
  size_t size;
  assert_ok(heed_pack_save_memory(writer, "test", 1, &bytes, &size, &err), &err);
  heed_pack_writer_destroy(writer);
  heed_pack_reader *reader;
  assert_ok(heed_pack_open_memory(bytes, size, "test", 1, &reader, &err), &err);
  free(bytes);
  return reader;
}

static void segments_survive_a_document(void **state) {
  (void)state;
  heed_experience *e = lived();
  heed_space obs_space = board();
  heed_space action_space = moves();
  heed_error err = {0};
  heed_segment segment;
  heed_segment back;
  assert_ok(heed_segment_from_experience(&segment, e, 0, 3, &err), &err);
  heed_pack_reader *reader = packed(&segment, &obs_space, &action_space);
  const heed_pack_value *map = heed_pack_find(heed_pack_root(reader), "segment");
  assert_ok(heed_segment_read(&back, map, &obs_space, &action_space, &err), &err);
  assert_int_equal(back.steps, 3);
  assert_true(back.is_terminal);
  assert_memory_equal(back.obs, segment.obs, 8);
  assert_memory_equal(back.actions, segment.actions, 3 * sizeof *back.actions);
  assert_memory_equal(back.channel, segment.channel, 3 * sizeof *back.channel);
  heed_segment_deinit(&back);
  heed_pack_close(reader);
  heed_segment_deinit(&segment);
  heed_experience_destroy(e);
}

static void segments_of_boxes_and_of_nothing_survive(void **state) {
  (void)state;
  const float low[3] = {-1, -1, -1};
  const float high[3] = {1, 1, 1};
  heed_space box = heed_space_box(3, low, high);
  heed_error err = {0};
  for (uint32_t steps = 0; steps < 3; steps++) {
    heed_segment segment;
    heed_segment back;
    assert_ok(heed_segment_init(&segment, steps, sizeof low, &err), &err);
    for (uint32_t i = 0; i < steps; i++) {
      segment.actions[i].value[2] = 0.25F;
    }
    heed_pack_reader *reader = packed(&segment, &box, &box);
    const heed_pack_value *map = heed_pack_find(heed_pack_root(reader), "segment");
    assert_ok(heed_segment_read(&back, map, &box, &box, &err), &err);
    assert_int_equal(back.steps, steps);
    assert_memory_equal(back.obs, segment.obs, (steps + 1) * sizeof low);
    assert_memory_equal(back.actions, segment.actions, steps * sizeof *back.actions);
    heed_segment_deinit(&back);
    heed_pack_close(reader);
    heed_segment_deinit(&segment);
  }
}

static void segments_outside_their_spaces_are_refused(void **state) {
  (void)state;
  heed_experience *e = lived();
  heed_space obs_space = board();
  heed_space action_space = moves();
  heed_error err = {0};
  heed_segment segment;
  heed_segment back;
  assert_ok(heed_segment_from_experience(&segment, e, 0, 3, &err), &err);
  heed_pack_reader *reader = packed(&segment, &obs_space, &action_space);
  const heed_pack_value *map = heed_pack_find(heed_pack_root(reader), "segment");

  heed_space narrow = heed_space_board(1, 2, 8);
  heed_space larger = heed_space_board(1, 3, 9);
  heed_space few = heed_space_discrete(3);
  assert_fails(heed_segment_read(&back, map, &narrow, &action_space, &err), HEED_ERR_FORMAT, &err,
               "segment: key 'obs': row 0: cell 1 is 8");
  assert_fails(heed_segment_read(&back, map, &larger, &action_space, &err), HEED_ERR_FORMAT, &err,
               "segment: key 'obs': 2 columns, 3 expected");
  assert_fails(heed_segment_read(&back, map, &obs_space, &few, &err), HEED_ERR_FORMAT, &err,
               "segment: key 'actions': row 2: action 3");
  assert_null(back.obs); /* zeroed */
  assert_fails(heed_segment_read(&back, heed_pack_root(reader), &obs_space, &action_space, &err),
               HEED_ERR_FORMAT, &err, "segment: key 'channel' is missing");
  heed_pack_close(reader);
  heed_segment_deinit(&segment);
  heed_experience_destroy(e);
}

static void a_segment_with_a_nan_is_not_written(void **state) {
  (void)state;
  heed_space obs_space = board();
  heed_space action_space = moves();
  heed_error err = {0};
  heed_segment segment;
  assert_ok(heed_segment_init(&segment, 1, 2, &err), &err);
  segment.channel[0] = (double)NAN;
  heed_pack_writer *writer;
  assert_ok(heed_pack_writer_create(&writer, &err), &err);
  heed_segment_write(&segment, &obs_space, &action_space, writer);
  unsigned char *bytes;
  size_t size;
  assert_fails(heed_pack_save_memory(writer, "test", 1, &bytes, &size, &err), HEED_ERR_NUMERIC,
               &err, "key 'channel'");
  heed_pack_writer_destroy(writer);
  heed_segment_deinit(&segment);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_are_those_of_the_episode),
      cmocka_unit_test(a_copy_is_equal_and_its_own),
      cmocka_unit_test(a_new_segment_is_zero_and_can_be_empty),
      cmocka_unit_test(segments_survive_a_document),
      cmocka_unit_test(segments_of_boxes_and_of_nothing_survive),
      cmocka_unit_test(segments_outside_their_spaces_are_refused),
      cmocka_unit_test(a_segment_with_a_nan_is_not_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
