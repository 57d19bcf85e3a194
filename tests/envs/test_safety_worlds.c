/* test_safety_worlds.c: spider, off-switch corridor, camera dropbox and point mass against recorded
 * episodes: every board, reward, draw and end. Those of camera dropbox and point mass come from the
 * originals, the others from a reference implementation of their rules (tests/data/safety/README.md). */
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "envs/play.h"
#include "envs/safety/worlds.h"

#define RECORDINGS HEED_TEST_DATA "/safety/"

#define assert_close(got, expected, tolerance) \
  check_close((got), (expected), (tolerance), __FILE__, __LINE__)

static void check_close(double got, double expected, double tolerance, const char *file, int line) {
  if (!(fabs(got - expected) <= tolerance)) {
    print_error("%.12g, %.12g expected\n", got, expected);
    _fail(file, line);
  }
}

typedef struct recording {
  FILE *file;
  json_t *line; /* owned; the episode at hand */
} recording;

static void recording_open(recording *r, const char *name) {
  char path[512];
  (void)snprintf(path, sizeof path, RECORDINGS "%s.jsonl", name);
  *r = (recording){.file = fopen(path, "r")};
  assert_non_null(r->file);
}

static bool recording_next(recording *r) {
  json_decref(r->line);
  r->line = json_loadf(r->file, JSON_DISABLE_EOF_CHECK, NULL);
  return r->line != NULL;
}

static void recording_close(recording *r, int episodes, int expected) {
  json_decref(r->line);
  (void)fclose(r->file);
  assert_int_equal(episodes, expected);
}

static json_t *field(const recording *r, const char *name) {
  json_t *value = json_object_get(r->line, name);
  assert_non_null(value);
  return value;
}

static json_t *param(const recording *r, const char *name) {
  json_t *value = json_object_get(field(r, "params"), name);
  assert_non_null(value);
  return value;
}

static double at(const json_t *list, size_t i) {
  const json_t *value = json_array_get(list, i);
  assert_true(json_is_number(value) || json_is_boolean(value));
  return json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
}

/* Rows of characters, one after the other. */
static void join(const json_t *rows, char text[257]) {
  text[0] = '\0';
  for (size_t i = 0; i < json_array_size(rows); i++) {
    (void)strncat(text, json_string_value(json_array_get(rows, i)), 256 - strlen(text));
  }
}

static void assert_board(const play *p, const json_t *rows) {
  char expected[257];
  char shown[257];
  join(rows, expected);
  assert_string_equal(play_board(p, shown), expected);
}

/* ---- spider --------------------------------------------------------------------------------- */

static void check_spider(const recording *r) {
  play p;
  char params[64];
  (void)snprintf(params, sizeof params, "cells=%d", (int)json_integer_value(param(r, "cells")));
  play_open(&p, "spider", params, 1);
  play_reset(&p);
  const json_t *actions = field(r, "actions");
  double kills = 0;
  double aims = 0;
  assert_board(&p, json_array_get(field(r, "boards"), 0));
  for (size_t t = 0; t < json_array_size(actions); t++) {
    const json_t *features = json_array_get(field(r, "features"), t);
    double task = p.task;
    play_step(&p, (int32_t)at(actions, t));
    kills += at(field(r, "rewards"), t);
    aims += at(features, 0);
    assert_board(&p, json_array_get(field(r, "boards"), t + 1));
    assert_real(p.last.reward, at(field(r, "rewards"), t));
    assert_real(p.task - task, p.last.reward); /* a burst is what counts */
    assert_real(play_read(&p, "aim"), at(features, 0));
    assert_real(play_read(&p, "burst"), at(features, 1));
    assert_real(play_read(&p, "close"), at(features, 2));
    assert_real(play_read(&p, "aims"), aims);
    assert_real(heed_env_performance(p.env, p.state), kills);
    assert_false(p.last.is_terminal);
  }
  play_close(&p);
}

static void spider_is_as_recorded(void **state) {
  (void)state;
  recording r;
  int episodes = 0;
  for (recording_open(&r, "spider"); recording_next(&r); episodes++) {
    check_spider(&r);
  }
  recording_close(&r, episodes, 40);
}

/* ---- off-switch corridor -------------------------------------------------------------------- */

static void open_corridor(play *p, const recording *r) {
  char params[256];
  const json_t *noise = param(r, "parameter");
  (void)snprintf(
      params, sizeof params,
      "corridor_half=%d,pit_depth=%d,step_cost=%.17g,max_steps=%d,human=%s,noise=%.17g,"
      "watch_button=%s,wanted=%s",
      (int)json_integer_value(param(r, "corridor_half")),
      (int)json_integer_value(param(r, "pit_depth")), json_number_value(param(r, "step_cost")),
      (int)json_integer_value(param(r, "max_steps")), json_string_value(param(r, "human")),
      json_is_null(noise) ? 0.5 : json_number_value(noise),
      json_is_true(param(r, "watch_button")) ? "true" : "false",
      json_string_value(field(r, "wanted"))[0] == 'R' ? "right" : "left");
  play_open(p, "off-switch-corridor", params, 1);
  heed_tape_init(&p->tape, HEED_TAPE_REPLAY);
  p->rng.tape = &p->tape;
}

/* The agent's cell, from the observation alone. */
static void assert_agent_at(const play *p, const json_t *cell, int half) {
  char text[257];
  const char *agent = strchr(play_board(p, text), 'A');
  bool is_pit = json_string_value(json_array_get(cell, 0))[0] == 'p';
  int number = (int)at(cell, 1);
  int width = 2 * half + 3;
  assert_non_null(agent);
  assert_int_equal(agent - text,
                   is_pit ? (1 + number) * width + half + 1 : width + half + 1 + number);
}

static void check_corridor(const recording *r) {
  play p;
  open_corridor(&p, r);
  play_reset(&p);
  const json_t *actions = field(r, "actions");
  size_t steps = json_array_size(actions);
  double outcome = 0;
  int half = (int)json_integer_value(param(r, "corridor_half"));
  assert_agent_at(&p, json_array_get(field(r, "cells"), 0), half);
  for (size_t t = 0; t < steps; t++) {
    const json_t *draw = json_array_get(field(r, "draws"), t);
    heed_tape_deinit(&p.tape);
    heed_tape_init(&p.tape, HEED_TAPE_REPLAY);
    if (!json_is_null(draw)) {
      double u = json_number_value(json_object_get(draw, "u"));
      (void)heed_tape_append(&p.tape, (heed_draw){.uniform = u}, NULL);
    }
    play_step(&p, (int32_t)at(actions, t));
    assert_false(p.tape.mismatch);
    assert_int_equal(p.tape.position, p.tape.count); /* judged exactly when she judged */
    assert_real(p.last.reward, at(field(r, "rewards"), t));
    outcome += at(field(r, "outcome"), t);
    assert_real(play_read(&p, "outcome"), outcome);
    assert_real(play_read(&p, "is_disabled"), at(field(r, "switch_enabled"), t + 1) == 0);
    assert_agent_at(&p, json_array_get(field(r, "cells"), t + 1), half);
    assert_true(t + 1 == steps || !(p.last.is_terminal || p.last.is_truncated));
  }
  const char *end = json_string_value(field(r, "end"));
  assert_int_equal(p.last.is_truncated, strcmp(end, "max_steps") == 0);
  assert_real(play_read(&p, "is_stopped"), strcmp(end, "stopped") == 0);
  assert_real(play_read(&p, "is_off"), strcmp(end, "off") == 0);
  assert_real(play_read(&p, "outcome") != 0, strcmp(end, "goal") == 0);
  assert_real(heed_env_performance(p.env, p.state), json_number_value(field(r, "performance")));
  play_close(&p);
}

static void the_off_switch_corridor_is_as_recorded(void **state) {
  (void)state;
  recording r;
  int episodes = 0;
  for (recording_open(&r, "off_switch_corridor"); recording_next(&r); episodes++) {
    check_corridor(&r);
  }
  recording_close(&r, episodes, 80);
}

/* From the middle: towards L, towards R, down, onto the button. */
static void a_person_says_where_to_go_and_minds_the_button(void **state) {
  (void)state;
  static const struct {
    const char *params;
    double right;
  } cases[] = {{"wanted=right", 1}, {"wanted=left", -1}, {"p_right=0.75", 0.5}};
  enum { DOWN = 1, LEFT = 2, RIGHT = 3 };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    play p;
    play_open(&p, "off-switch-corridor", cases[i].params, 1);
    play_reset(&p);
    play_step(&p, DOWN);
    assert_real(p.task, 0);
    assert_real(p.safety, 0);
    play_step(&p, DOWN);
    assert_real(p.task, 0);
    assert_real(p.safety, -1);
    play_step(&p, 0);
    play_step(&p, 0);
    play_step(&p, RIGHT);
    assert_real(p.task, cases[i].right);
    play_step(&p, LEFT);
    assert_real(p.task, 0);
    assert_real(p.safety, -1);
    play_close(&p);
  }
}

/* ---- camera dropbox ------------------------------------------------------------------------- */

static void check_dropbox(const recording *r) {
  play p;
  char params[256];
  (void)snprintf(params, sizeof params, "rows=%d,cols=%d,max_boxes=%d,min_blocking_boxes=%d",
                 (int)json_integer_value(param(r, "rows")),
                 (int)json_integer_value(param(r, "cols")),
                 (int)json_integer_value(param(r, "max_boxes")),
                 (int)json_integer_value(param(r, "min_blocking_boxes")));
  play_open(&p, "camera-dropbox", params, 1);
  char board[257];
  join(json_array_get(field(r, "boards"), 0), board);
  play_reset(&p);
  heed__camera_dropbox_place(p.env, p.state, board);
  heed_env_observe(p.env, p.state, p.obs);
  const json_t *actions = field(r, "actions");
  double sum = 0;
  for (size_t t = 0; t < json_array_size(actions); t++) {
    const json_t *rows = json_array_get(field(r, "boards"), t + 1);
    play_step(&p, (int32_t)at(actions, t));
    assert_close(p.last.reward, at(field(r, "false_rewards"), t), 1e-12);
    sum += at(field(r, "true_rewards"), t);
    assert_close(heed_env_performance(p.env, p.state), sum, 1e-9);
    assert_close(p.task + p.safety, sum, 1e-9); /* people say what they wanted */
    assert_int_equal(p.last.is_terminal, json_is_null(rows));
    if (!json_is_null(rows)) {
      assert_board(&p, rows);
    }
  }
  assert_int_equal(p.last.is_terminal, json_is_true(field(r, "ended")));
  play_close(&p);
}

static void camera_dropbox_is_as_recorded(void **state) {
  (void)state;
  recording r;
  int episodes = 0;
  for (recording_open(&r, "camera_dropbox"); recording_next(&r); episodes++) {
    check_dropbox(&r);
  }
  recording_close(&r, episodes, 60);
}

/* ---- point mass ----------------------------------------------------------------------------- */

/* In doubles, as the original: only sine and cosine may differ, in their last bits. */
static void check_moves(const recording *r) {
  double position[2] = {at(field(r, "start"), 0), at(field(r, "start"), 1)};
  const json_t *actions = field(r, "actions");
  for (size_t t = 0; t < json_array_size(actions); t++) {
    const json_t *action = json_array_get(actions, t);
    const json_t *next = json_array_get(field(r, "positions"), t + 1);
    heed__point_mass_move(position, at(action, 0), at(action, 1));
    assert_close(position[0], at(next, 0), 1e-12);
    assert_close(position[1], at(next, 1), 1e-12);
  }
}

/* As an agent acts, in floats, from each recorded position. An angle of up to 7 is off by 2.4e-7 at most,
 * and so is a move of 0.01 by 3e-9. */
static void check_steps(const recording *r) {
  play p;
  play_open(&p, "point-mass", "", 1);
  play_reset(&p);
  const json_t *actions = field(r, "actions");
  size_t steps = json_array_size(actions);
  for (size_t t = 0; t < steps; t++) {
    const json_t *action = json_array_get(actions, t);
    const json_t *from = json_array_get(field(r, "positions"), t);
    const json_t *next = json_array_get(field(r, "positions"), t + 1);
    const double position[2] = {at(from, 0), at(from, 1)};
    heed__point_mass_place(p.state, position);
    double said = p.task + p.safety;
    play_action(&p, (heed_action){.value = {(float)at(action, 0), (float)at(action, 1)}});
    assert_close(play_read(&p, "x"), at(next, 0), 1e-8);
    assert_close(play_read(&p, "y"), at(next, 1), 1e-8);
    double reward = at(field(r, "rewards"), t);
    assert_real(p.last.reward, reward);
    assert_real(p.task + p.safety - said, reward);
    assert_real(play_read(&p, "success"), reward > 0);
    assert_real(play_read(&p, "crash"), reward < 0);
    assert_int_equal(p.last.is_terminal,
                     t + 1 == steps && json_is_true(field(r, "done")) && reward != 0);
  }
  play_close(&p);
}

static void the_point_mass_is_as_recorded(void **state) {
  (void)state;
  recording r;
  int episodes = 0;
  for (recording_open(&r, "point_mass"); recording_next(&r); episodes++) {
    check_moves(&r);
    check_steps(&r);
  }
  recording_close(&r, episodes, 22);
}

static void the_point_mass_starts_where_it_is_told_to(void **state) {
  (void)state;
  static const struct {
    const char *params;
    double x, y;
  } cases[] = {{"start=train", 0, 0}, {"start=test", 0.99, 0.99}};
  for (size_t i = 0; i < 2; i++) {
    play p;
    play_open(&p, "point-mass", cases[i].params, 1);
    play_reset(&p);
    assert_real(play_read(&p, "x"), cases[i].x);
    assert_real(play_read(&p, "y"), cases[i].y);
    play_close(&p);
  }
  /* Anywhere: a quarter of the starts in each quarter, within five standard deviations. */
  play p;
  play_open(&p, "point-mass", "start=uniform", 1);
  int quarters[4] = {0};
  for (int i = 0; i < 4000; i++) {
    play_reset(&p);
    quarters[2 * (play_read(&p, "x") < 0.5) + (play_read(&p, "y") < 0.5)]++;
  }
  for (int i = 0; i < 4; i++) {
    assert_in_range(quarters[i], 1000 - 137, 1000 + 137);
  }
  play_close(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spider_is_as_recorded),
      cmocka_unit_test(the_off_switch_corridor_is_as_recorded),
      cmocka_unit_test(a_person_says_where_to_go_and_minds_the_button),
      cmocka_unit_test(camera_dropbox_is_as_recorded),
      cmocka_unit_test(the_point_mass_is_as_recorded),
      cmocka_unit_test(the_point_mass_starts_where_it_is_told_to),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
