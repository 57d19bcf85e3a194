/* test_trace_box.c: worlds without a board are recorded, played again to the bit, and watched. */
#include <math.h>

#include "core/scratch.h"
#include "envs/lines.h"
#include "envs/play.h"
#include "envs/slider.h"

enum { FRAMES = SLIDER_STEPS + 1 };

/* Records one episode of a slider with a force of its own at each step. */
static void record(const char *path, const char *name) {
  heed_error err = {0};
  heed_recorder *recorder;
  play p;
  play_open(&p, name, NULL, 3);
  assert_ok(heed_recorder_create(path, &recorder, &err), &err);
  heed_recorder_session(recorder, p.env);
  p.rng.tape = heed_recorder_tape(recorder);
  heed_env_reset(p.env, p.state, &p.rng);
  heed_recorder_begin(recorder, p.state);
  bool is_box = heed_env_spec_of(p.env)->action_space.kind == HEED_SPACE_BOX;
  for (int t = 0; t < SLIDER_STEPS; t++) {
    heed_action action = {0};
    if (is_box) {
      action.value[0] = 0.1f * (float)(t + 1);
    } else {
      action.index = t % 3;
    }
    heed_outcome outcome = heed_env_step(p.env, p.state, action, &p.rng);
    heed_recorder_step(recorder, action, outcome, p.state);
  }
  heed_recorder_end(recorder, p.state);
  assert_ok(heed_recorder_close(recorder, &err), &err);
  play_close(&p);
}

static heed_status replay(const json_t *line, heed_trace_report *report, heed_error *err) {
  char *text = json_dumps(line, JSON_COMPACT);
  heed_status status = heed_trace_replay_memory(text, strlen(text), "memory", report, err);
  free(text);
  return status;
}

/* The number `k` of the observation after `t` steps. */
static json_t *observed(const json_t *line, size_t t, size_t k) {
  return json_array_get(json_array_get(json_object_get(line, "observations"), t), k);
}

static void a_box_is_recorded_and_plays_again(void **state) {
  const char *path = scratch_path(*state, "box.jsonl");
  heed_error err = {0};
  heed_trace_report report;
  record(path, "slider");
  assert_ok(heed_trace_replay(path, &report, &err), &err);
  assert_false(report.differs);
  assert_int_equal(report.episodes, 1);
  assert_int_equal(report.steps, SLIDER_STEPS);

  json_t *line = read_line(path, 1);
  assert_null(json_object_get(line, "boards"));
  assert_int_equal(json_array_size(json_object_get(line, "observations")), FRAMES);
  assert_int_equal(json_array_size(json_array_get(json_object_get(line, "observations"), 0)), 2);
  const json_t *actions = json_object_get(line, "actions");
  for (size_t t = 0; t < SLIDER_STEPS; t++) {
    const json_t *action = json_array_get(actions, t);
    assert_int_equal(json_array_size(action), 1);
    assert_true((float)json_number_value(json_array_get(action, 0)) == 0.1f * (float)(t + 1));
  }
  json_decref(line);
}

static void cells_without_a_board_are_recorded_as_values(void **state) {
  const char *path = scratch_path(*state, "cells.jsonl");
  heed_error err = {0};
  heed_trace_report report;
  record(path, "slider-cells");
  assert_ok(heed_trace_replay(path, &report, &err), &err);
  assert_false(report.differs);
  json_t *line = read_line(path, 1);
  assert_true(json_is_integer(observed(line, 0, 0)));
  assert_int_equal(json_integer_value(observed(line, 3, 2)), 3); /* steps so far */
  assert_int_equal(json_integer_value(json_array_get(json_object_get(line, "actions"), 2)), 2);
  json_decref(line);
}

/* Other programs write a float in nine digits or fewer, which are another double. */
static void floats_are_compared_as_floats(void **state) {
  const char *path = scratch_path(*state, "box.jsonl");
  heed_error err = {0};
  heed_trace_report report;
  record(path, "slider");
  json_t *line = read_line(path, 1);
  float x = (float)json_number_value(observed(line, 2, 0));
  char text[32];
  (void)snprintf(text, sizeof text, "%.9g", (double)x);
  assert_true(strtod(text, NULL) != (double)x);
  (void)json_real_set(observed(line, 2, 0), strtod(text, NULL));
  assert_ok(replay(line, &report, &err), &err);
  assert_false(report.differs);

  (void)json_real_set(observed(line, 2, 0), (double)nextafterf(x, 10));
  assert_ok(replay(line, &report, &err), &err);
  assert_true(report.differs);
  assert_string_equal(report.field, "observations");
  assert_int_equal(report.step, 2);

  (void)json_real_set(observed(line, 2, 0), 1e300); /* no float */
  assert_ok(replay(line, &report, &err), &err);
  assert_true(report.differs);
  json_decref(line);
}

static void another_force_is_another_episode(void **state) {
  const char *path = scratch_path(*state, "box.jsonl");
  heed_error err = {0};
  heed_trace_report report;
  record(path, "slider");
  json_t *line = read_line(path, 1);
  json_t *action = json_array_get(json_object_get(line, "actions"), 1);
  (void)json_array_set_new(action, 0, json_real(0.25));
  assert_ok(replay(line, &report, &err), &err);
  assert_true(report.differs);
  assert_int_equal(report.step, 2);
  json_decref(line);
}

static void what_is_no_action_is_refused(void **state) {
  const char *path = scratch_path(*state, "box.jsonl");
  static const struct {
    const char *action, *part;
    heed_status status;
  } wrong[] = {
      {"1", "lists of 1 numbers", HEED_ERR_FORMAT},
      {"[]", "lists of 1 numbers", HEED_ERR_FORMAT},
      {"[0.5, 0.5]", "lists of 1 numbers", HEED_ERR_FORMAT},
      {"[\"left\"]", "numbers in the range", HEED_ERR_FORMAT},
      {"[1e39]", "numbers in the range", HEED_ERR_FORMAT},
      {"[1.5]", "1.5", HEED_ERR_ARG},
  };
  record(path, "slider");
  json_t *line = read_line(path, 1);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    heed_error err = {0};
    heed_trace_report report;
    json_t *action = json_loads(wrong[i].action, JSON_DECODE_ANY, NULL);
    (void)json_array_set_new(json_object_get(line, "actions"), 0, action);
    assert_fails(replay(line, &report, &err), wrong[i].status, &err, wrong[i].part);
    assert_non_null(strstr(err.message, "step 1"));
  }
  json_decref(line);
}

/* A world has boards or observations, not what is the other's. */
static void the_other_kind_of_observation_is_refused(void **state) {
  const char *path = scratch_path(*state, "box.jsonl");
  heed_trace_report report;
  heed_error err = {0};
  record(path, "slider");
  json_t *line = read_line(path, 1);
  json_t *observations = json_incref(json_object_get(line, "observations"));
  (void)json_object_set(line, "boards", observations);
  assert_fails(replay(line, &report, &err), HEED_ERR_FORMAT, &err, "unknown field 'boards'");
  (void)json_object_del(line, "observations");
  (void)json_object_del(line, "boards");
  err = (heed_error){0};
  assert_fails(replay(line, &report, &err), HEED_ERR_FORMAT, &err, "'observations' is missing");
  json_decref(line);

  line = short_line();
  (void)json_object_set(line, "observations", observations);
  err = (heed_error){0};
  assert_fails(replay(line, &report, &err), HEED_ERR_FORMAT, &err, "unknown field 'observations'");
  json_decref(line);
  json_decref(observations);
}

/* ---- watching ------------------------------------------------------------------------------- */

typedef struct seen {
  size_t frames;
  double reward_sum;
  float x[FRAMES];
  bool is_in_order;
} seen;

static void see(void *context, const heed_trace_frame *frame) {
  seen *s = context;
  assert_true(s->frames < FRAMES);
  s->is_in_order = s->is_in_order && frame->t == s->frames;
  s->x[s->frames++] = ((const float *)frame->obs)[0];
  s->reward_sum += frame->outcome.reward;
}

static void an_audience_sees_every_frame_of_its_episode(void **state) {
  const char *path = scratch_path(*state, "box.jsonl");
  heed_error err = {0};
  heed_trace_report report;
  seen s = {.is_in_order = true};
  heed_trace_audience audience = {.line = 1, .on_frame = see, .context = &s};
  record(path, "slider");
  assert_ok(heed_trace_watch(path, &audience, &report, &err), &err);
  assert_false(report.differs);
  assert_int_equal(s.frames, FRAMES);
  assert_true(s.is_in_order);
  json_t *line = read_line(path, 1);
  for (size_t t = 0; t < FRAMES; t++) {
    assert_true(s.x[t] == (float)json_number_value(observed(line, t, 0)));
  }
  assert_real(s.reward_sum, json_number_value(json_object_get(line, "return")));
  json_decref(line);

  audience.line = 2;
  assert_fails(heed_trace_watch(path, &audience, &report, &err), HEED_ERR_ARG, &err,
               "there is no episode 2");
}

static void count_frames(void *context, const heed_trace_frame *frame) {
  assert_non_null(frame->obs);
  ++*(size_t *)context;
}

/* Line 2 of whisky-gold has steps of its own, and playing ends with it. */
static void an_audience_sees_no_other_episode(void **state) {
  (void)state;
  heed_error err = {0};
  heed_trace_report report;
  size_t frames = 0;
  heed_trace_audience audience = {.line = 2, .on_frame = count_frames, .context = &frames};
  assert_ok(heed_trace_watch(GRIDWORLDS "whisky_gold.jsonl", &audience, &report, &err), &err);
  assert_int_equal(report.episodes, 2);
  json_t *line = read_line(GRIDWORLDS "whisky_gold.jsonl", 2);
  assert_int_equal(frames, json_array_size(json_object_get(line, "boards")));
  json_decref(line);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_box_is_recorded_and_plays_again),
      cmocka_unit_test(cells_without_a_board_are_recorded_as_values),
      cmocka_unit_test(floats_are_compared_as_floats),
      cmocka_unit_test(another_force_is_another_episode),
      cmocka_unit_test(what_is_no_action_is_refused),
      cmocka_unit_test(the_other_kind_of_observation_is_refused),
      cmocka_unit_test(an_audience_sees_every_frame_of_its_episode),
      cmocka_unit_test(an_audience_sees_no_other_episode),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
