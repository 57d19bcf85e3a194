/* test_trace.c: recorded episodes of the original play the same here; what differs is found; what
 * is no trace is refused. */
#include "envs/trace.h"

#include "envs/lines.h"

/* ---- the original's recordings -------------------------------------------------------------- */

static void every_recorded_episode_plays_the_same(void **state) {
  (void)state;
  /* Episodes and steps as counted by another program (Python's json). */
  static const struct {
    const char *file;
    uint64_t episodes, steps;
  } traces[] = {
      {"absent_supervisor", 100, 2828},    {"boat_race", 64, 2962},
      {"conveyor_belt", 481, 11335},       {"distributional_shift", 138, 2103},
      {"friend_foe", 384, 3710},           {"island_navigation", 31, 523},
      {"rocks_diamonds", 267, 10026},      {"safe_interruptibility", 185, 4339},
      {"side_effects_sokoban", 262, 8404}, {"tomato_crmdp", 21, 912},
      {"tomato_watering", 59, 3029},       {"whisky_gold", 148, 3183},
  };
  for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
    char path[512];
    (void)snprintf(path, sizeof path, GRIDWORLDS "%s.jsonl", traces[i].file);
    heed_trace_report report;
    heed_error err = {0};
    assert_ok(heed_trace_replay(path, &report, &err), &err);
    if (report.differs) {
      fail_msg("%s:%zu: step %d: %s: %s, %s expected", path, report.line, (int)report.step,
               report.field, report.got, report.expected);
    }
    assert_int_equal(report.episodes, traces[i].episodes);
    assert_int_equal(report.steps, traces[i].steps);
  }
}

/* ---- helpers that change a trace ------------------------------------------------------------ */

static heed_status replay_json(const json_t *line, heed_trace_report *report, heed_error *err) {
  char *text = json_dumps(line, JSON_COMPACT);
  assert_non_null(text);
  heed_status status = heed_trace_replay_memory(text, strlen(text), "memory", report, err);
  free(text);
  return status;
}

/* The line is a trace, and its first difference is in `field`. */
static void assert_differs_in(const json_t *line, const char *field) {
  heed_trace_report report;
  heed_error err = {0};
  assert_ok(replay_json(line, &report, &err), &err);
  assert_true(report.differs);
  assert_string_equal(report.field, field);
  assert_int_equal(report.line, 1);
  assert_int_equal(report.episodes, 0);
}

/* A value of the same type that is another one. */
static json_t *another(const json_t *value) {
  switch (json_typeof(value)) {
    case JSON_INTEGER:
      return json_integer(json_integer_value(value) + 1);
    case JSON_REAL:
      return json_real(json_real_value(value) + 0.5);
    case JSON_TRUE:
      return json_false();
    case JSON_FALSE:
      return json_true();
    case JSON_NULL:
      return json_integer(7);
    case JSON_STRING:
      return json_string("something else");
    case JSON_ARRAY: { /* the last element changes */
      json_t *copy = json_deep_copy(value);
      size_t last = json_array_size(copy) - 1;
      (void)json_array_set_new(copy, last, another(json_array_get(copy, last)));
      return copy;
    }
    default: { /* one more key */
      json_t *copy = json_deep_copy(value);
      (void)json_object_set_new(copy, "Z", json_integer(1));
      return copy;
    }
  }
}

/* ---- differences ---------------------------------------------------------------------------- */

static bool is_input(const char *field) {
  static const char *const inputs[] = {"env", "params", "session", "episode",
                                       "tag", "start",  "actions", "draws"};
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    if (strcmp(field, inputs[i]) == 0) {
      return true;
    }
  }
  return false;
}

static void a_change_in_any_field_is_found_there(void **state) {
  (void)state;
  static const char *const files[] = {
      "absent_supervisor", "distributional_shift",  "friend_foe",      "island_navigation",
      "rocks_diamonds",    "safe_interruptibility", "tomato_watering", "whisky_gold"};
  int changes = 0;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[512];
    (void)snprintf(path, sizeof path, GRIDWORLDS "%s.jsonl", files[i]);
    json_t *line = read_line(path, 1);
    const char *field;
    json_t *value;
    json_object_foreach(line, field, value) {
      if (!is_input(field)) {
        json_t *changed = json_copy(line);
        (void)json_object_set_new(changed, field, another(value));
        assert_differs_in(changed, field);
        json_decref(changed);
        changes++;
      }
    }
    json_decref(line);
  }
  assert_true(changes > 8 * 11);
}

static void a_difference_is_described_by_step_expected_and_got(void **state) {
  (void)state;
  json_t *line = short_line();
  json_t *rewards = json_object_get(line, "rewards");
  (void)json_array_set_new(rewards, 2, json_integer(17));
  heed_trace_report report;
  heed_error err = {0};
  assert_ok(replay_json(line, &report, &err), &err);
  assert_true(report.differs);
  assert_int_equal(report.step, 3); /* the third action */
  assert_string_equal(report.field, "rewards");
  assert_string_equal(report.expected, "17");
  assert_string_equal(report.got, "-1");
  json_decref(line);
}

static void the_earliest_difference_is_reported(void **state) {
  (void)state;
  json_t *line = short_line();
  (void)json_array_set_new(json_object_get(line, "rewards"), 4, json_integer(17));
  (void)json_array_set_new(json_object_get(line, "hidden"), 1, json_integer(17));
  (void)json_object_set_new(line, "return", json_integer(17));
  assert_differs_in(line, "hidden");
  json_decref(line);
}

static void a_missing_fact_is_a_difference(void **state) {
  (void)state;
  json_t *line = read_line(GRIDWORLDS "safe_interruptibility.jsonl", 1);
  (void)json_object_del(line, "should_interrupt");
  assert_differs_in(line, "should_interrupt");
  json_decref(line);
  line = read_line(GRIDWORLDS "boat_race.jsonl", 1);
  (void)json_object_set_new(line, "should_interrupt", json_true()); /* a fact of another world */
  assert_differs_in(line, "should_interrupt");
  json_decref(line);
}

static void actions_after_the_end_are_a_difference(void **state) {
  (void)state;
  json_t *line = short_line();
  (void)json_array_append_new(json_object_get(line, "actions"), json_integer(0));
  static const char *const lists[] = {"boards", "rewards", "hidden", "actual", "exploration"};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    json_t *list = json_object_get(line, lists[i]);
    (void)json_array_append(list, json_array_get(list, json_array_size(list) - 1));
  }
  assert_differs_in(line, "actions");
  json_decref(line);
}

static void draws_must_be_used_up_and_suffice(void **state) {
  (void)state;
  json_t *line = read_line(GRIDWORLDS "tomato_watering.jsonl", 1);
  const json_t *third = json_array_get(json_object_get(line, "draws"), 3);
  assert_true(json_array_size(third) > 0);

  for (int change = 0; change < 3; change++) {
    json_t *changed = json_deep_copy(line);
    json_t *draws = json_array_get(json_object_get(changed, "draws"), 3);
    if (change == 0) {
      (void)json_array_append_new(draws, json_real(0.25));
    } else if (change == 1) {
      (void)json_array_remove(draws, json_array_size(draws) - 1);
    } else {
      (void)json_array_set_new(draws, 0, json_pack("[i, i]", 0, 2)); /* a choice, not a uniform */
    }
    assert_differs_in(changed, "draws");
    json_decref(changed);
  }
  json_decref(line);
}

static void averages_belong_to_the_session(void **state) {
  (void)state;
  /* Two one-step episodes of one session, performances -1 and 0; then the same in two sessions. */
  static const char first[] =
      "{\"env\":\"island-navigation\",\"params\":{},\"session\":0,\"episode\":0,\"tag\":\"\","
      "\"start\":\"reset\",\"actions\":[0,5],\"boards\":[[],[],[]],\"rewards\":[-1,0],"
      "\"hidden\":[-1,-1],\"draws\":[],\"safety\":[3,3,3],\"return\":-1,\"done\":true,"
      "\"discount\":0.0,\"termination_reason\":\"QUIT\",\"performance\":-1,"
      "\"last_performance\":-1,\"overall_performance\":-1,\"final\":{\"A\":[1,4]}}";
  json_t *one = json_loads(first, 0, NULL);
  assert_non_null(one);
  json_t *board = json_loads(
      "[\"WW######\",\"WW  A  W\",\"WW     W\",\"W      W\",\"W  G  WW\","
      "\"W#######\"]",
      0, NULL);
  json_t *boards = json_object_get(one, "boards");
  for (size_t i = 0; i < 3; i++) {
    (void)json_array_set(boards, i, board);
  }
  json_decref(board);
  json_t *two = json_deep_copy(one);
  (void)json_object_set_new(two, "episode", json_integer(1));
  (void)json_object_set_new(two, "actions", json_pack("[i]", 5));
  (void)json_array_remove(json_object_get(two, "boards"), 0);
  (void)json_object_set_new(two, "rewards", json_pack("[i]", 0));
  (void)json_object_set_new(two, "hidden", json_pack("[i]", 0));
  (void)json_object_set_new(two, "safety", json_pack("[i, i]", 3, 3));
  (void)json_object_set_new(two, "return", json_integer(0));
  (void)json_object_set_new(two, "performance", json_integer(0));
  (void)json_object_set_new(two, "last_performance", json_integer(0));
  (void)json_object_set_new(two, "overall_performance", json_real(-0.5));

  for (int in_one_session = 1; in_one_session >= 0; in_one_session--) {
    if (!in_one_session) {
      (void)json_object_set_new(two, "session", json_integer(1));
      (void)json_object_set_new(two, "episode", json_integer(0));
    }
    char *a = json_dumps(one, 0);
    char *b = json_dumps(two, 0);
    char *text = malloc(strlen(a) + strlen(b) + 2);
    (void)sprintf(text, "%s\n%s", a, b);
    heed_trace_report report;
    heed_error err = {0};
    assert_ok(heed_trace_replay_memory(text, strlen(text), "memory", &report, &err), &err);
    assert_int_equal(report.episodes, in_one_session ? 2 : 1);
    assert_int_equal(report.differs, !in_one_session);
    if (report.differs) {
      assert_string_equal(report.field, "overall_performance");
      assert_int_equal(report.line, 2);
    }
    free(text);
    free(a);
    free(b);
  }
  json_decref(one);
  json_decref(two);
}

/* ---- what is no trace ----------------------------------------------------------------------- */

static void fields_of_a_wrong_kind_are_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *field;
    const char *value; /* JSON; NULL: the field is removed */
    const char *part;  /* of the message */
    heed_status status;
  } cases[] = {
      {"env", "3", "'env'", HEED_ERR_FORMAT},
      {"env", "\"no_such_world\"", "no-such-world", HEED_ERR_ARG},
      {"params", "[]", "'params'", HEED_ERR_FORMAT},
      {"params", "{\"whisky_exploration\":7}", "whisky_exploration", HEED_ERR_ARG},
      {"params", "{\"whisky_exploration\":{}}", "whisky_exploration", HEED_ERR_FORMAT},
      {"params", "{\"a=1,b\":2}", "unknown", HEED_ERR_ARG},
      {"session", "\"0\"", "'session'", HEED_ERR_FORMAT},
      {"episode", "1", "'episode'", HEED_ERR_FORMAT},
      {"episode", NULL, "'episode'", HEED_ERR_FORMAT},
      {"start", "\"stop\"", "'start'", HEED_ERR_FORMAT},
      {"actions", "7", "'actions'", HEED_ERR_FORMAT},
      {"actions", "[1,3,3,3,3,6]", "action 6, 0 to 5", HEED_ERR_ARG},
      {"actions", "[1,3,3,3,3,-1]", "step 6", HEED_ERR_ARG},
      {"actions", "[1,3,3,3,3,99999999999]", "step 6", HEED_ERR_ARG},
      {"actions", "[1,3,3,3,3,0.5]", "'actions'", HEED_ERR_FORMAT},
      {"actions", "[1,3,3,3,3]", "'boards'", HEED_ERR_FORMAT},
      {"boards", NULL, "'boards'", HEED_ERR_FORMAT},
      {"boards", "{}", "'boards'", HEED_ERR_FORMAT},
      {"rewards", "[]", "'rewards'", HEED_ERR_FORMAT},
      {"hidden", "[0]", "'hidden'", HEED_ERR_FORMAT},
      {"draws", "[[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[[1.0],[],[],[],[],[],[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[[-0.1],[],[],[],[],[],[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[[[2,2]],[],[],[],[],[],[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[[[0,4294967296]],[],[],[],[],[],[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[[[0,2,1]],[],[],[],[],[],[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[[\"u\"],[],[],[],[],[],[]]", "'draws'", HEED_ERR_FORMAT},
      {"draws", "[0,1,2,3,4,5,6]", "'draws'", HEED_ERR_FORMAT},
      {"performance", NULL, "'performance'", HEED_ERR_FORMAT},
      {"colour", "1", "'colour'", HEED_ERR_FORMAT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    json_t *line = short_line();
    if (cases[i].value == NULL) {
      (void)json_object_del(line, cases[i].field);
    } else {
      json_t *value = json_loads(cases[i].value, JSON_DECODE_ANY, NULL);
      assert_non_null(value);
      (void)json_object_set_new(line, cases[i].field, value);
    }
    heed_trace_report report;
    heed_error err = {0};
    assert_fails(replay_json(line, &report, &err), cases[i].status, &err, cases[i].part);
    assert_non_null(strstr(err.message, "memory: line 1"));
    json_decref(line);
  }
}

static void text_that_is_no_json_is_refused_by_line(void **state) {
  (void)state;
  static const char *const texts[] = {"{",   "[]", "7", "\n", "{}\n", "{\"env\":1,\"env\":1}",
                                      "\xff"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    heed_trace_report report;
    heed_error err = {0};
    assert_fails(heed_trace_replay_memory(texts[i], strlen(texts[i]), "memory", &report, &err),
                 HEED_ERR_FORMAT, &err, "memory: line 1");
  }
}

static void a_field_given_twice_is_refused(void **state) {
  (void)state;
  json_t *line = short_line();
  char *rest = json_dumps(line, JSON_COMPACT);
  char *text = malloc(strlen(rest) + 32);
  (void)sprintf(text, "{\"tag\":\"\",%s", rest + 1);
  heed_trace_report report;
  heed_error err = {0};
  assert_fails(heed_trace_replay_memory(text, strlen(text), "memory", &report, &err),
               HEED_ERR_FORMAT, &err, "duplicate");
  free(text);
  free(rest);
  json_decref(line);
}

static void a_session_keeps_its_environment(void **state) {
  (void)state;
  json_t *first = short_line();
  json_t *second = json_deep_copy(first);
  (void)json_object_set_new(second, "episode", json_integer(1));
  (void)json_object_set_new(second, "env", json_string("boat_race"));
  char *a = json_dumps(first, 0);
  char *b = json_dumps(second, 0);
  char *text = malloc(strlen(a) + strlen(b) + 2);
  (void)sprintf(text, "%s\n%s", a, b);
  heed_trace_report report;
  heed_error err = {0};
  assert_fails(heed_trace_replay_memory(text, strlen(text), "memory", &report, &err),
               HEED_ERR_FORMAT, &err, "line 2");
  assert_int_equal(report.episodes, 1);
  free(text);
  free(a);
  free(b);
  json_decref(first);
  json_decref(second);
}

static void a_trace_cut_at_any_byte_is_refused(void **state) {
  (void)state;
  json_t *line = short_line();
  char *text = json_dumps(line, JSON_COMPACT);
  size_t size = strlen(text);
  for (size_t cut = 1; cut < size; cut++) {
    char *bytes = malloc(cut); /* of that size exactly, so that a sanitizer sees the end */
    memcpy(bytes, text, cut);
    heed_trace_report report;
    assert_int_equal(heed_trace_replay_memory(bytes, cut, "memory", &report, NULL),
                     HEED_ERR_FORMAT);
    free(bytes);
  }
  free(text);
  json_decref(line);
}

static void an_empty_trace_agrees(void **state) {
  (void)state;
  heed_trace_report report;
  assert_int_equal(heed_trace_replay_memory("", 0, "memory", &report, NULL), HEED_OK);
  assert_false(report.differs);
  assert_int_equal(report.episodes, 0);
}

static void a_file_that_is_not_there_is_named(void **state) {
  (void)state;
  heed_trace_report report;
  heed_error err = {0};
  assert_fails(heed_trace_replay("/no/such/file", &report, &err), HEED_ERR_IO, &err,
               "/no/such/file");
  assert_fails(heed_trace_replay("/", &report, &err), HEED_ERR_IO, &err, "'/'");
}

/* ---- memory that runs out ------------------------------------------------------------------- */

static void a_replay_without_memory_fails_cleanly(void **state) {
  (void)state;
  json_t *line = short_line();
  char *text = json_dumps(line, JSON_COMPACT);
  json_decref(line);
  json_set_alloc_funcs(scarce_malloc, free);
  heed_status status = HEED_ERR_NOMEM;
  int limit = 0;
  for (; status != HEED_OK; limit++) {
    allocations_left = limit;
    heed_trace_report report;
    status = heed_trace_replay_memory(text, strlen(text), "memory", &report, NULL);
    assert_false(report.differs);
  }
  json_set_alloc_funcs(malloc, free);
  assert_true(limit > 100);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_recorded_episode_plays_the_same),
      cmocka_unit_test(a_change_in_any_field_is_found_there),
      cmocka_unit_test(a_difference_is_described_by_step_expected_and_got),
      cmocka_unit_test(the_earliest_difference_is_reported),
      cmocka_unit_test(a_missing_fact_is_a_difference),
      cmocka_unit_test(actions_after_the_end_are_a_difference),
      cmocka_unit_test(draws_must_be_used_up_and_suffice),
      cmocka_unit_test(averages_belong_to_the_session),
      cmocka_unit_test(fields_of_a_wrong_kind_are_refused_by_name),
      cmocka_unit_test(text_that_is_no_json_is_refused_by_line),
      cmocka_unit_test(a_field_given_twice_is_refused),
      cmocka_unit_test(a_session_keeps_its_environment),
      cmocka_unit_test(a_trace_cut_at_any_byte_is_refused),
      cmocka_unit_test(an_empty_trace_agrees),
      cmocka_unit_test(a_file_that_is_not_there_is_named),
      cmocka_unit_test(a_replay_without_memory_fails_cleanly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
