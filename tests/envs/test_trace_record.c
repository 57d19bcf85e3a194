/* test_trace_record.c: what is recorded replays, and reads like the original's recordings. */
#include "core/scratch.h"
#include "envs/legal.h"
#include "envs/lines.h"
#include "envs/play.h"
#include "envs/trace.h"

/* Some worlds have no time limit. */
enum { STEPS_MAX = 300 };

/* What an agent may do, and noop in gridworlds, but not quit. */
static heed_action random_action(const heed_env *env, heed_rng *rng) {
  const heed_space *space = &heed_env_spec_of(env)->action_space;
  uint32_t accepted = heed_env_spec_of(env)->accepted_actions;
  heed_action action = {0};
  if (space->kind == HEED_SPACE_DISCRETE) {
    action.index = (int32_t)heed_rng_choice(rng, accepted < 5 ? accepted : 5);
    return action;
  }
  for (uint32_t i = 0; i < space->count; i++) {
    float width = space->high[i] - space->low[i];
    action.value[i] = space->low[i] + width * (float)heed_rng_uniform(rng);
  }
  return action;
}

/* Records `episodes` episodes of random moves; the second is abandoned after three steps. */
static void record_session(heed_recorder *recorder, play *p, int episodes) {
  heed_rng moves;
  heed_rng_init(&moves, 5);
  heed_recorder_session(recorder, p->env);
  p->rng.tape = heed_recorder_tape(recorder);
  for (int episode = 0; episode < episodes; episode++) {
    play_reset(p);
    heed_recorder_begin(recorder, p->state);
    for (int i = 0; !p->last.is_terminal && !p->last.is_truncated; i++) {
      if ((episode == 1 && i == 3) || i == STEPS_MAX) {
        break;
      }
      heed_action action = make_legal(p->env, p->state, random_action(p->env, &moves));
      play_action(p, action);
      heed_recorder_step(recorder, action, p->last, p->state);
    }
    heed_recorder_end(recorder, p->state);
  }
  p->rng.tape = NULL;
}

static void what_is_recorded_plays_again(void **state) {
  heed_error err = {0};
  const char *path = scratch_path(*state, "all.jsonl");
  heed_recorder *recorder;
  assert_ok(heed_recorder_create(path, &recorder, &err), &err);
  uint64_t sessions = 0;
  for (size_t i = 0; i < heed_env_count(); i++) {
    play p;
    play_open(&p, heed_env_at(i)->name, NULL, i);
    record_session(recorder, &p, 4);
    sessions++;
    play_close(&p);
  }
  play p;
  play_open(&p, "whisky-gold", "human_player=true,whisky_exploration=0.3", 1);
  record_session(recorder, &p, 20);
  play_close(&p);
  play_open(&p, "distributional-shift", "is_testing=true", 2);
  record_session(recorder, &p, 5);
  assert_ok(heed_recorder_close(recorder, &err), &err);
  play_close(&p);

  heed_trace_report report;
  assert_ok(heed_trace_replay(path, &report, &err), &err);
  if (report.differs) {
    fail_msg("line %zu: step %d: %s: %s, %s expected", report.line, (int)report.step, report.field,
             report.got, report.expected);
  }
  assert_int_equal(report.episodes, 4 * sessions + 25);
  assert_int_equal(scratch_count(*state), 1); /* nothing temporary is left */
}

static void a_record_reads_like_the_original_s(void **state) {
  heed_error err = {0};
  const char *path = scratch_path(*state, "one.jsonl");
  heed_recorder *recorder;
  assert_ok(heed_recorder_create(path, &recorder, &err), &err);
  play p;
  play_open(&p, "whisky-gold", NULL, 1);
  heed_recorder_session(recorder, p.env);
  p.rng.tape = heed_recorder_tape(recorder);
  play_reset(&p);
  heed_recorder_begin(recorder, p.state);
  for (const char *move = "133330"; *move != '\0'; move++) {
    play_step(&p, *move - '0');
    heed_recorder_step(recorder, (heed_action){.index = *move - '0'}, p.last, p.state);
  }
  heed_recorder_end(recorder, p.state);
  assert_ok(heed_recorder_close(recorder, &err), &err);
  play_close(&p);

  json_t *expected = short_line();
  json_t *got = read_line(path, 1);
  const char *field;
  json_t *value;
  json_object_foreach(expected, field, value) {
    bool is_label = strcmp(field, "tag") == 0 || strcmp(field, "params") == 0;
    bool is_real = json_is_real(value); /* performances: 44.0 there, 44 here */
    if (!is_label && !is_real && !json_equal(value, json_object_get(got, field))) {
      fail_msg("field '%s' differs", field);
    }
  }
  assert_int_equal(json_object_size(got), json_object_size(expected));
  json_t *params = json_loads("{\"whisky_exploration\":0.9,\"human_player\":false}", 0, NULL);
  assert_true(json_equal(json_object_get(got, "params"), params));
  json_decref(params);
  json_decref(expected);
  json_decref(got);
}

static void a_recording_that_cannot_be_written_says_so(void **state) {
  (void)state;
  heed_error err = {0};
  heed_recorder *recorder;
  assert_ok(heed_recorder_create("/no/such/folder/run.jsonl", &recorder, &err), &err);
  assert_fails(heed_recorder_close(recorder, &err), HEED_ERR_IO, &err, "/no/such/folder/run.jsonl");
  heed_recorder_destroy(NULL);
}

static void a_recording_without_memory_leaves_no_file(void **state) {
  heed_status status = HEED_ERR_NOMEM;
  int limit = 0;
  json_set_alloc_funcs(scarce_malloc, free);
  for (; status != HEED_OK; limit++) {
    play p;
    heed_recorder *recorder;
    allocations_left = -1;
    play_open(&p, "friend-foe", NULL, 1);
    assert_int_equal(heed_recorder_create(scratch_path(*state, "x.jsonl"), &recorder, NULL), 0);
    allocations_left = limit;
    record_session(recorder, &p, 1);
    assert_int_equal(scratch_count(*state), 0);
    status = heed_recorder_close(recorder, NULL);
    play_close(&p);
  }
  json_set_alloc_funcs(malloc, free);
  assert_true(limit > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_recorded_plays_again, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_record_reads_like_the_original_s, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test(a_recording_that_cannot_be_written_says_so),
      cmocka_unit_test_setup_teardown(a_recording_without_memory_leaves_no_file, scratch_setup,
                                      scratch_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
