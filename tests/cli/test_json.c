/* --format=json: one document on stdout that a parser takes, with what a program needs from it. */
#include <jansson.h>

#include "cli/command.h"

/* Runs a command whose stdout must be one JSON document; the caller's. */
static json_t *run_json(const char *arguments) {
  static command_result result;
  json_error_t error;
  run_heed(arguments, &result);
  assert_int_equal(result.status, 0);
  json_t *document = json_loads(result.text, 0, &error);
  if (document == NULL) {
    fail_msg("heed %s: line %d: %s", arguments, error.line, error.text);
  }
  return document;
}

/* The value at "a.b.c". */
static json_t *at(json_t *document, const char *path) {
  char copy[128];
  char *rest = NULL;
  (void)snprintf(copy, sizeof copy, "%s", path);
  json_t *value = document;
  for (char *key = strtok_r(copy, ".", &rest); key != NULL; key = strtok_r(NULL, ".", &rest)) {
    value = json_object_get(value, key);
  }
  if (value == NULL) {
    fail_msg("no '%s'", path);
  }
  return value;
}

static void every_command_prints_one_document(void **state) {
  (void)state;
  json_t *d = run_json("explore boat-race --steps=2000 --policy=random -o e.heed --format=json");
  assert_int_equal(json_integer_value(at(d, "result.steps")), 2000);
  assert_int_equal(json_integer_value(at(d, "options.seed")), 1);
  assert_string_equal(json_string_value(at(d, "version")), HEED_VERSION);
  char hash[32];
  (void)snprintf(hash, sizeof hash, "%s", json_string_value(at(d, "result.hash")));
  json_decref(d);

  d = run_json("learn dynamics e.heed -o d.heed --format=json");
  assert_true(json_real_value(at(d, "result.accuracy")) > 0.9); /* the race is deterministic */
  assert_int_equal(json_array_size(at(d, "result.calibration")), 10);
  assert_int_equal(json_array_size(at(d, "result.horizons")), 4);
  json_t *far = json_array_get(at(d, "result.horizons"), 3);
  assert_int_equal(json_integer_value(at(far, "steps")), 50);
  assert_true(json_real_value(at(far, "cell_error")) < 0.05); /* it has seen all of the track */
  assert_true(json_real_value(at(far, "cell_floor")) > 0);
  json_decref(d);

  d = run_json(
      "learn reward boat-race -d d.heed -e e.heed -n 3 -o r.heed --format=json"
      " --planner=simulations=20 --ask=candidates=3,segment_steps=8,draws=8");
  assert_int_equal(json_integer_value(at(d, "result.answers")), 3);
  json_decref(d);

  d = run_json(
      "run boat-race -d d.heed -r r.heed -n 2 --planner=simulations=20 --format=json"
      " --record=t.jsonl");
  assert_int_equal(json_array_size(at(d, "episodes")), 2);
  json_t *first = json_array_get(at(d, "episodes"), 0);
  assert_int_equal(json_integer_value(at(first, "steps")), 100); /* the world's time limit */
  assert_string_equal(json_string_value(at(first, "ended_by")), "time limit");
  json_decref(d);

  d = run_json("replay t.jsonl --format=json");
  assert_int_equal(json_integer_value(at(json_array_get(d, 0), "episodes")), 2);
  assert_true(json_is_true(at(json_array_get(d, 0), "agrees")));
  json_decref(d);

  d = run_json("show e.heed --format=json");
  assert_string_equal(json_string_value(at(d, "contents.hash")), hash);
  assert_string_equal(json_string_value(at(d, "card.env")), "boat-race");
  json_decref(d);
  json_decref(run_json("show d.heed --format=json"));
  json_decref(run_json("show r.heed --format=json"));
}

static void the_list_and_each_environment_are_documents(void **state) {
  (void)state;
  json_t *list = run_json("envs --format=json");
  assert_true(json_array_size(list) > 5);
  size_t i;
  json_t *item;
  json_array_foreach(list, i, item) {
    char line[128];
    (void)snprintf(line, sizeof line, "envs %s --format=json",
                   json_string_value(json_object_get(item, "name")));
    json_t *d = run_json(line);
    int has_board = json_array_size(at(d, "map")) > 0;
    assert_int_equal(has_board, json_array_size(at(d, "legend")) > 0);
    assert_true(json_is_array(at(d, "params")));
    json_decref(d);
  }
  json_decref(list);
}

static void the_optima_are_a_document(void **state) {
  (void)state;
  json_t *d = run_json("envs boat-race --solve --format=json");
  assert_int_equal(json_integer_value(at(d, "states")), 8);
  assert_int_equal(json_integer_value(at(d, "horizon")), 100);
  assert_true(json_real_value(at(d, "maximising_return.return.mean")) == 50);
  assert_true(json_real_value(at(d, "maximising_return.best_performance.mean")) == 100);
  assert_true(json_real_value(at(d, "maximising_return.worst_performance.mean")) == 0);
  assert_true(json_real_value(at(d, "maximising_performance.performance.least")) == 100);
  assert_true(json_real_value(at(d, "maximising_performance.best_return.greatest")) == 50);
  assert_int_equal(json_array_size(at(d, "line")), 100);
  json_decref(d);
  d = run_json("envs cliff-walking --solve --format=json"); /* no limit: ties are not settled */
  assert_true(json_real_value(at(d, "maximising_return.return.mean")) == -13);
  assert_true(json_is_null(at(d, "maximising_return.best_performance.mean")));
  assert_int_equal(json_array_size(at(d, "line")), 13);
  json_decref(d);
}

static void a_figure_that_is_not_known_is_null(void **state) {
  (void)state;
  run_heed_ok("explore boat-race --steps=20 --policy=random -o short.heed");
  json_t *d = run_json("learn dynamics short.heed -o d2.heed --format=json"); /* one episode only */
  assert_true(json_is_null(at(d, "result.accuracy")));
  assert_true(json_is_null(at(d, "result.log_loss")));
  json_decref(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_command_prints_one_document),
      cmocka_unit_test(the_list_and_each_environment_are_documents),
      cmocka_unit_test(the_optima_are_a_document),
      cmocka_unit_test(a_figure_that_is_not_known_is_null),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
