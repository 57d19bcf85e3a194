/* trace.c: plays recorded episodes again and looks for the first difference. */
#include "envs/trace.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/trace_log.h"

/* Limits that no honest trace comes near; they bound what a line can cost. */
#define FILE_SIZE_MAX  ((size_t)1 << 30)
#define LINE_SIZE_MAX  ((size_t)1 << 26)
#define STEP_COUNT_MAX 1000000

typedef struct player {
  size_t line;
  heed_env *env; /* owned; of the open session, NULL before the first */
  void *state;   /* owned */
  json_t *head;  /* owned; first line of the session */
  heed__trace_log log;
  json_int_t session;                  /* of the open session, in the file's own numbers */
  json_int_t episode;                  /* expected next */
  const heed_trace_audience *audience; /* or NULL */
  heed_trace_report *report;
} player;

/* Refuses the line for what one of its fields holds. */
static heed_status refuse(heed_error *err, const char *field, const char *expectation) {
  return heed_fail(err, HEED_ERR_FORMAT, "field '%s': %s expected", field, expectation);
}

/* ---- reading fields ------------------------------------------------------------------------- */

static heed_status get_int(const json_t *line, const char *field, json_int_t *value,
                           heed_error *err) {
  const json_t *found = json_object_get(line, field);
  if (!json_is_integer(found)) {
    return refuse(err, field, "an integer");
  }
  *value = json_integer_value(found);
  return HEED_OK;
}

/* One parameter as "name=value", appended to text[size]. */
static heed_status add_param(char *text, size_t size, const char *name, const json_t *value,
                             heed_error *err) {
  char word[HEED_PARAM_TEXT_SIZE] = "none"; /* null */
  if (json_is_boolean(value)) {
    (void)snprintf(word, sizeof word, "%s", json_is_true(value) ? "true" : "false");
  } else if (json_is_integer(value)) {
    (void)snprintf(word, sizeof word, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  } else if (json_is_real(value)) {
    (void)snprintf(word, sizeof word, "%.17g", json_real_value(value));
  } else if (json_is_string(value) && json_string_length(value) < sizeof word) {
    (void)snprintf(word, sizeof word, "%s", json_string_value(value));
  } else if (!json_is_null(value)) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "parameter '%.60s': a number, a truth or a word expected", name);
  }
  size_t used = strlen(text);
  const char *format =
      json_is_string(value) ? "%s%s={%s}" : "%s%s=%s"; /* it may begin with a blank */
  int n = snprintf(text + used, size - used, format, used > 0 ? "," : "", name, word);
  if (n < 0 || (size_t)n >= size - used) {
    return refuse(err, "params", "less text");
  }
  return HEED_OK;
}

/* Builds the environment of a session from the fields "env" and "params". */
static heed_status build_env(const json_t *line, heed_env **out, heed_error *err) {
  const char *given = json_string_value(json_object_get(line, "env"));
  if (given == NULL || strlen(given) >= 64) {
    return refuse(err, "env", "the name of an environment");
  }
  char name[64];
  (void)snprintf(name, sizeof name, "%s", given);
  for (char *c = strchr(name, '_'); c != NULL; c = strchr(c, '_')) {
    *c = '-';
  }

  json_t *params = json_object_get(line, "params");
  if (!json_is_object(params)) {
    return refuse(err, "params", "an object");
  }
  char text[1024] = "";
  const char *key;
  json_t *value;
  json_object_foreach(params, key, value) {
    heed_status status = add_param(text, sizeof text, key, value, err);
    if (status != HEED_OK) {
      return status;
    }
  }
  return heed_env_create(name, text, out, err);
}

static heed_status read_draw(const json_t *value, heed_draw *draw, heed_error *err) {
  *draw = (heed_draw){0};
  if (json_is_number(value)) {
    draw->uniform = json_number_value(value);
    return draw->uniform >= 0.0 && draw->uniform < 1.0
               ? HEED_OK
               : refuse(err, "draws", "a uniform draw in [0, 1)");
  }
  const json_t *index = json_array_get(value, 0);
  const json_t *choices = json_array_get(value, 1);
  if (json_array_size(value) != 2 || !json_is_integer(index) || !json_is_integer(choices) ||
      json_integer_value(choices) > UINT32_MAX || json_integer_value(index) < 0 ||
      json_integer_value(index) >= json_integer_value(choices)) {
    return refuse(err, "draws", "a number or a pair [i, m] with 0 <= i < m");
  }
  draw->index = (uint32_t)json_integer_value(index);
  draw->choices = (uint32_t)json_integer_value(choices);
  return HEED_OK;
}

/* Puts the draws that were recorded for one frame on the tape. */
static heed_status load_draws(player *p, const json_t *line, size_t frame, heed_error *err) {
  const json_t *draws = json_object_get(line, "draws");
  if (json_array_size(draws) == 0) {
    return HEED_OK;
  }
  const json_t *list = json_array_get(draws, frame);
  if (!json_is_array(list)) {
    return refuse(err, "draws", "a list for each frame");
  }
  for (size_t i = 0; i < json_array_size(list); i++) {
    heed_draw draw;
    heed_status status = read_draw(json_array_get(list, i), &draw, err);
    if (status == HEED_OK) {
      status = heed_tape_append(&p->log.tape, draw, err);
    }
    if (status != HEED_OK) {
      return status;
    }
  }
  return HEED_OK;
}

/* ---- checking a line before it is played ---------------------------------------------------- */

static const heed__trace_field *find_field(const char *name) {
  for (size_t i = 0; i < heed__trace_field_count; i++) {
    if (strcmp(heed__trace_fields[i].name, name) == 0) {
      return &heed__trace_fields[i];
    }
  }
  return NULL;
}

/* Has a list of frames or steps one element for each? */
static heed_status check_length(const heed__trace_field *field, const json_t *value, size_t steps,
                                heed_error *err) {
  if (field->time != HEED__TRACE_FRAMES && field->time != HEED__TRACE_STEPS) {
    return HEED_OK;
  }
  size_t length = field->time == HEED__TRACE_FRAMES ? steps + 1 : steps;
  bool may_be_empty = strcmp(field->name, "draws") == 0;
  if (!json_is_array(value) ||
      (json_array_size(value) != length && !(may_be_empty && json_array_size(value) == 0))) {
    return heed_fail(err, HEED_ERR_FORMAT, "field '%s': a list of %zu expected, %s%zu elements",
                     field->name, length, json_is_array(value) ? "" : "no list, ",
                     json_array_size(value));
  }
  return HEED_OK;
}

/* An action that the environment accepts: an index, or a list of numbers. */
static heed_status read_action(const heed_env *env, const json_t *value, heed_action *action,
                               heed_error *err) {
  const heed_space *space = &heed_env_spec_of(env)->action_space;
  memset(action, 0, sizeof *action);
  if (space->kind == HEED_SPACE_DISCRETE) {
    if (!json_is_integer(value)) {
      return refuse(err, "actions", "integers");
    }
    json_int_t index = json_integer_value(value);
    action->index = index < 0 || index > INT32_MAX ? -1 : (int32_t)index;
    return heed_env_check_action(env, *action, err);
  }
  if (json_array_size(value) != space->count) {
    return heed_fail(err, HEED_ERR_FORMAT, "field 'actions': lists of %" PRIu32 " numbers expected",
                     space->count);
  }
  for (uint32_t i = 0; i < space->count; i++) {
    const json_t *number = json_array_get(value, i);
    if (!json_is_number(number) || !(fabs(json_number_value(number)) <= (double)FLT_MAX)) {
      return refuse(err, "actions", "numbers in the range of a float");
    }
    action->value[i] = (float)json_number_value(number);
  }
  return heed_env_check_action(env, *action, err);
}

static heed_status check_actions(const player *p, const json_t *actions, heed_error *err) {
  if (!json_is_array(actions) || json_array_size(actions) > STEP_COUNT_MAX) {
    return refuse(err, "actions", "a list of at most 1000000");
  }
  for (size_t i = 0; i < json_array_size(actions); i++) {
    heed_action action;
    heed_status status = read_action(p->env, json_array_get(actions, i), &action, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "step %zu", i + 1);
    }
  }
  return HEED_OK;
}

static heed_status check_start(const json_t *line, heed_error *err) {
  const char *start = json_string_value(json_object_get(line, "start"));
  bool by_step = start != NULL && strncmp(start, "step:", 5) == 0 && strlen(start) > 5;
  if (start == NULL || (strcmp(start, "reset") != 0 && !by_step)) {
    return refuse(err, "start", "\"reset\" or \"step:k\"");
  }
  return HEED_OK;
}

/* Must every record of the environment have the field? May it have it? */
static bool is_required(const player *p, const heed__trace_field *field) {
  bool is_obs = strcmp(field->name, "boards") == 0 || strcmp(field->name, "observations") == 0;
  return is_obs ? strcmp(field->name, heed__trace_obs_field(p->env)) == 0 : field->reading == NULL;
}

static bool is_allowed(const player *p, const heed__trace_field *field) {
  return field->reading != NULL || is_required(p, field);
}

/* Is the line a record of the player's environment: every field there, and no other? */
static heed_status check_line(const player *p, json_t *line, heed_error *err) {
  heed_status status = check_actions(p, json_object_get(line, "actions"), err);
  if (status == HEED_OK) {
    status = check_start(line, err);
  }
  size_t steps = json_array_size(json_object_get(line, "actions"));
  const char *name;
  json_t *value;
  json_object_foreach(line, name, value) {
    const heed__trace_field *field = find_field(name);
    if (field == NULL || !is_allowed(p, field)) {
      return heed_fail(err, HEED_ERR_FORMAT, "unknown field '%.60s'", name);
    }
    if (status == HEED_OK) {
      status = check_length(field, value, steps, err);
    }
  }
  for (size_t i = 0; i < heed__trace_field_count && status == HEED_OK; i++) {
    const char *required = heed__trace_fields[i].name;
    if (is_required(p, &heed__trace_fields[i]) && json_object_get(line, required) == NULL) {
      status = heed_fail(err, HEED_ERR_FORMAT, "field '%s' is missing", required);
    }
  }
  return status;
}

/* ---- comparing ------------------------------------------------------------------------------ */

/* The same number, or, if floats are compared, two that read as the same float? */
static bool equal_numbers(double a, double b, bool as_floats) {
  bool are_floats = as_floats && fabs(a) <= (double)FLT_MAX && fabs(b) <= (double)FLT_MAX;
  return a == b || (are_floats && (float)a == (float)b);
}

/* Equality of JSON in which 1 and 1.0 are the same number. */
static bool equal(const json_t *a, const json_t *b, bool as_floats) {
  if (json_is_number(a) && json_is_number(b)) {
    return equal_numbers(json_number_value(a), json_number_value(b), as_floats);
  }
  if (json_is_array(a) && json_is_array(b)) {
    bool same = json_array_size(a) == json_array_size(b);
    for (size_t i = 0; same && i < json_array_size(a); i++) {
      same = equal(json_array_get(a, i), json_array_get(b, i), as_floats);
    }
    return same;
  }
  if (json_is_object(a) && json_is_object(b)) {
    bool same = json_object_size(a) == json_object_size(b);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)a, key, value) {
      same = same && equal(value, json_object_get(b, key), as_floats);
    }
    return same;
  }
  return json_equal(a, b) != 0;
}

/* JSON cut to fit text[size]; "nothing" for NULL. */
static void describe(const json_t *value, char *text, size_t size) {
  char *dump = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  (void)snprintf(text, size, "%s", dump != NULL ? dump : "nothing");
  free(dump);
}

/* Compares one value; a first difference goes into the report. */
static void compare(player *p, const char *field, int64_t step, const json_t *expected,
                    const json_t *got) {
  heed_trace_report *report = p->report;
  bool as_floats = strcmp(field, "observations") == 0 || strcmp(field, "actions") == 0;
  if (report->differs || (expected == NULL && got == NULL) ||
      (expected != NULL && got != NULL && equal(expected, got, as_floats))) {
    return;
  }
  report->differs = true;
  report->line = p->line;
  report->step = step;
  (void)snprintf(report->field, sizeof report->field, "%s", field);
  describe(expected, report->expected, sizeof report->expected);
  describe(got, report->got, sizeof report->got);
}

/* Compares all fields of one moment; `index` is the frame's or the step's place in its lists. */
static void compare_moment(player *p, heed__trace_time time, size_t index, int64_t step,
                           const json_t *line) {
  for (size_t i = 0; i < heed__trace_field_count; i++) {
    const heed__trace_field *field = &heed__trace_fields[i];
    if (field->time != time) {
      continue;
    }
    const json_t *expected = json_object_get(line, field->name);
    const json_t *got = json_object_get(p->log.record, field->name);
    bool is_list = time == HEED__TRACE_FRAMES || time == HEED__TRACE_STEPS;
    if (is_list && json_array_size(expected) > 0 && json_array_size(got) > 0) {
      expected = json_array_get(expected, index);
      got = json_array_get(got, index);
    }
    compare(p, field->name, step, expected, got);
  }
}

/* Compares the line with what came of playing it, in the order of time. */
static void compare_episode(player *p, const json_t *line) {
  const json_t *actions = json_object_get(p->log.record, "actions");
  size_t steps = json_array_size(actions);
  compare_moment(p, HEED__TRACE_RESET, 0, 0, line);
  compare_moment(p, HEED__TRACE_FRAMES, 0, 0, line);
  for (size_t i = 0; i < steps; i++) {
    compare_moment(p, HEED__TRACE_FRAMES, i + 1, (int64_t)i + 1, line);
    compare_moment(p, HEED__TRACE_STEPS, i, (int64_t)i + 1, line);
  }
  compare(p, "actions", (int64_t)steps, json_object_get(line, "actions"), actions);
  compare_moment(p, HEED__TRACE_END, 0, -1, line);
}

/* ---- playing -------------------------------------------------------------------------------- */

static void close_session(player *p) {
  heed_env_destroy(p->env);
  free(p->state);
  json_decref(p->head);
  p->env = NULL;
  p->state = NULL;
  p->head = NULL;
}

static heed_status open_session(player *p, json_t *line, heed_error *err) {
  close_session(p);
  heed_status status = build_env(line, &p->env, err);
  if (status != HEED_OK) {
    return status;
  }
  p->state = malloc(heed_env_spec_of(p->env)->state_size);
  if (p->state == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "state: no memory");
  }
  heed_env_init(p->env, p->state);
  heed__trace_log_session(&p->log, p->env);
  p->head = json_incref(line);
  p->episode = 0;
  return HEED_OK;
}

/* Opens a session if the line is the first of one, else checks that it continues the open one. */
static heed_status follow_session(player *p, json_t *line, heed_error *err) {
  json_int_t session = 0;
  json_int_t episode = 0;
  heed_status status = get_int(line, "session", &session, err);
  if (status == HEED_OK) {
    status = get_int(line, "episode", &episode, err);
  }
  if (status == HEED_OK && (p->env == NULL || session != p->session)) {
    p->session = session;
    status = open_session(p, line, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  if (!json_equal(json_object_get(line, "env"), json_object_get(p->head, "env")) ||
      !json_equal(json_object_get(line, "params"), json_object_get(p->head, "params"))) {
    return refuse(err, "params", "the environment of the session's first line");
  }
  if (episode != p->episode++) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "field 'episode': %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " expected",
                     episode, p->episode - 1);
  }
  return HEED_OK;
}

/* Shows what has just happened; `t` counts the actions of the episode. */
static void show(const player *p, size_t t, heed_action action, heed_outcome outcome) {
  bool is_watched = p->audience != NULL && p->audience->line == p->line;
  if (is_watched && p->log.status == HEED_OK) {
    const heed_trace_frame frame = {.env = p->env,
                                    .t = t,
                                    .action = action,
                                    .outcome = outcome,
                                    .state = p->state,
                                    .obs = p->log.obs};
    p->audience->on_frame(p->audience->context, &frame);
  }
}

/* Plays the actions of a line until they, or the episode, come to an end. */
static heed_status play_actions(player *p, const json_t *line, heed_error *err) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  rng.tape = &p->log.tape;

  heed_tape_clear(&p->log.tape);
  heed_status status = load_draws(p, line, 0, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_env_reset(p->env, p->state, &rng);
  heed__trace_log_begin(&p->log, p->state);
  show(p, 0, (heed_action){0}, (heed_outcome){0});

  const json_t *actions = json_object_get(line, "actions");
  bool is_over = false;
  for (size_t i = 0; i < json_array_size(actions) && !is_over; i++) {
    status = load_draws(p, line, i + 1, err);
    if (status != HEED_OK) {
      return status;
    }
    heed_action action;
    (void)read_action(p->env, json_array_get(actions, i), &action, NULL); /* has been checked */
    status = heed_env_check_step(p->env, p->state, action, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, HEED_ERR_FORMAT, "action %zu", i);
    }
    heed_outcome outcome = heed_env_step(p->env, p->state, action, &rng);
    heed__trace_log_step(&p->log, action, outcome, p->state);
    show(p, i + 1, action, outcome);
    is_over = outcome.is_terminal || outcome.is_truncated;
  }
  heed__trace_log_end(&p->log, p->state);
  return p->log.status == HEED_OK
             ? HEED_OK
             : heed_fail(err, p->log.status, "%s", heed_status_text(p->log.status));
}

static heed_status play_episode(player *p, json_t *line, heed_error *err) {
  if (!json_is_object(line)) {
    return heed_fail(err, HEED_ERR_FORMAT, "a JSON object expected");
  }
  heed_status status = follow_session(p, line, err);
  if (status == HEED_OK) {
    status = check_line(p, line, err);
  }
  if (status == HEED_OK) {
    status = play_actions(p, line, err);
  }
  if (status == HEED_OK) {
    compare_episode(p, line);
  }
  if (status == HEED_OK && !p->report->differs) {
    p->report->episodes++;
    p->report->steps += json_array_size(json_object_get(line, "actions"));
  }
  return status;
}

static heed_status play_line(player *p, const char *text, size_t size, heed_error *err) {
  if (size > LINE_SIZE_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT, "%zu bytes, at most %zu expected", size, LINE_SIZE_MAX);
  }
  json_error_t problem;
  json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
  if (line == NULL) {
    return heed_fail(err, HEED_ERR_FORMAT, "column %d: %s", problem.column, problem.text);
  }
  heed_status status = play_episode(p, line, err);
  json_decref(line);
  return status;
}

/* Plays the lines of a text, up to the one that is watched, if any is. */
static heed_status play_lines(player *p, const char *text, size_t size, const char *name,
                              heed_error *err) {
  heed_status status = HEED_OK;
  size_t last = p->audience != NULL ? p->audience->line : SIZE_MAX;
  while (size > 0 && p->line < last && status == HEED_OK && !p->report->differs) {
    const char *end = memchr(text, '\n', size);
    size_t length = end != NULL ? (size_t)(end - text) : size;
    p->line++;
    status = play_line(p, text, length, err);
    size_t taken = end != NULL ? length + 1 : length;
    text += taken;
    size -= taken;
  }
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "%s: line %zu", name, p->line);
  }
  if (p->audience != NULL && p->line < last && !p->report->differs) {
    return heed_fail(err, HEED_ERR_ARG, "%s: %zu episodes, there is no episode %zu", name, p->line,
                     last);
  }
  return HEED_OK;
}

static heed_status replay_memory(const void *bytes, size_t size, const char *name,
                                 const heed_trace_audience *audience, heed_trace_report *report,
                                 heed_error *err) {
  *report = (heed_trace_report){0};
  player p = {.report = report, .audience = audience};
  heed__trace_log_init(&p.log, HEED_TAPE_REPLAY);
  heed_status status = play_lines(&p, bytes, size, name, err);
  heed__trace_log_deinit(&p.log);
  close_session(&p);
  return status;
}

heed_status heed_trace_replay_memory(const void *bytes, size_t size, const char *name,
                                     heed_trace_report *report, heed_error *err) {
  return replay_memory(bytes, size, name, NULL, report, err);
}

/* Reads a whole file; *bytes is owned by the caller. */
static heed_status read_file(const char *path, char **bytes, size_t *size, heed_error *err) {
  *bytes = NULL;
  *size = 0;
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return heed_fail(err, HEED_ERR_IO, "'%s': %s", path, strerror(errno));
  }
  size_t capacity = 0;
  heed_status status = HEED_OK;
  while (status == HEED_OK && !feof(file)) {
    if (*size == capacity) {
      capacity = capacity == 0 ? (size_t)1 << 16 : 2 * capacity;
      char *grown = capacity > FILE_SIZE_MAX ? NULL : realloc(*bytes, capacity);
      if (grown == NULL) {
        status = heed_fail(err, HEED_ERR_NOMEM, "'%s': too large", path);
        break;
      }
      *bytes = grown;
    }
    *size += fread(*bytes + *size, 1, capacity - *size, file);
    if (ferror(file)) {
      status = heed_fail(err, HEED_ERR_IO, "'%s': %s", path, strerror(errno));
    }
  }
  (void)fclose(file);
  return status;
}

heed_status heed_trace_watch(const char *path, const heed_trace_audience *audience,
                             heed_trace_report *report, heed_error *err) {
  *report = (heed_trace_report){0};
  char *bytes;
  size_t size;
  heed_status status = read_file(path, &bytes, &size, err);
  if (status == HEED_OK) {
    status = replay_memory(bytes, size, path, audience, report, err);
  }
  free(bytes);
  return status;
}

heed_status heed_trace_replay(const char *path, heed_trace_report *report, heed_error *err) {
  return heed_trace_watch(path, NULL, report, err);
}
