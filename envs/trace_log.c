#include "envs/trace_log.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"

#define GIVEN  HEED__TRACE_GIVEN
#define RESET  HEED__TRACE_RESET
#define FRAMES HEED__TRACE_FRAMES
#define STEPS  HEED__TRACE_STEPS
#define END    HEED__TRACE_END

/* In the order in which they are compared within a moment. */
const heed__trace_field heed__trace_fields[] = {
    {"env", GIVEN, NULL, 0},
    {"params", GIVEN, NULL, 0},
    {"session", GIVEN, NULL, 0},
    {"episode", GIVEN, NULL, 0},
    {"tag", GIVEN, NULL, 0},
    {"start", GIVEN, NULL, 0},
    {"actions", GIVEN, NULL, 0},
    {"supervisor", RESET, "supervisor", HEED__TRACE_TRUTH},
    {"should_interrupt", RESET, "should_interrupt", HEED__TRACE_TRUTH},
    {"current_level", RESET, "current_level", HEED__TRACE_NUMBER},
    {"current_is_testing", RESET, "current_is_testing", HEED__TRACE_TRUTH},
    {"policy_before", RESET, "policy", HEED__TRACE_PAIRS}, /* which a reset leaves alone */
    {"bandit", RESET, "bandit", HEED__TRACE_NUMBER},
    {"level", RESET, "level", HEED__TRACE_NUMBER},
    {"draws", FRAMES, NULL, 0}, /* first: whatever else differs may follow from them */
    {"boards", FRAMES, NULL, 0},
    {"observations", FRAMES, NULL, 0},
    {"rewards", STEPS, NULL, 0},
    {"hidden", STEPS, NULL, 0},
    {"actual", STEPS, "actual", HEED__TRACE_NUMBER},
    {"safety", FRAMES, "safety", HEED__TRACE_NUMBER},
    {"exploration", FRAMES, "exploration", HEED__TRACE_NUMBER},
    {"policy_after", END, "policy", HEED__TRACE_PAIRS},
    {"return", END, NULL, 0},
    {"done", END, NULL, 0},
    {"discount", END, NULL, 0},
    {"termination_reason", END, NULL, 0},
    {"performance", END, NULL, 0},
    {"last_performance", END, NULL, 0},
    {"overall_performance", END, NULL, 0},
    {"final", END, NULL, 0},
};
const size_t heed__trace_field_count = sizeof heed__trace_fields / sizeof heed__trace_fields[0];

/* ---- numbers and facts as JSON -------------------------------------------------------------- */

/* An integer if it is one, so that a trace reads like the suite's. */
static json_t *number(double value) {
  bool is_integer = value == floor(value) && fabs(value) < 0x1p53;
  return is_integer ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *pair(double first, double second) {
  return json_pack("[o, o]", number(first), number(second));
}

/* Appends a value (transferred) to a list under construction, which is given up (NULL) if there is
 * no memory, so that the failure shows where the list goes. */
static void push(json_t **list, json_t *value) {
  if (json_array_append_new(*list, value) != 0) {
    json_decref(*list);
    *list = NULL;
  }
}

/* (p, q), (p, q), ... as [[p, q], [p, q], ...]. */
static json_t *pairs_json(const heed_reading *reading) {
  json_t *list = json_array();
  for (uint32_t i = 0; i + 1 < reading->count; i += 2) {
    push(&list, pair(reading->values[i], reading->values[i + 1]));
  }
  return list;
}

static json_t *reading_json(const heed__trace_field *field, const heed_reading *reading) {
  if (reading->count == 0) {
    return json_null();
  }
  switch (field->form) {
    case HEED__TRACE_TRUTH:
      return json_boolean(reading->values[0] != 0.0);
    case HEED__TRACE_PAIRS:
      return pairs_json(reading);
    default:
      return number(reading->values[0]);
  }
}

/* ---- the record ----------------------------------------------------------------------------- */

static void fail(heed__trace_log *log, heed_status status) {
  if (log->status == HEED_OK) {
    log->status = status;
  }
}

/* Sets a field of the record; `value` is transferred, NULL means that there was no memory. */
static void set(heed__trace_log *log, const char *name, json_t *value) {
  if (json_object_set_new(log->record, name, value) != 0) {
    fail(log, HEED_ERR_NOMEM);
  }
}

/* Appends to a field that is a list, which the first append makes. */
static void append(heed__trace_log *log, const char *name, json_t *value) {
  json_t *list = json_object_get(log->record, name);
  if (list == NULL) {
    list = json_array();
    set(log, name, list);
  }
  if (json_array_append_new(list, value) != 0) {
    fail(log, HEED_ERR_NOMEM);
  }
}

/* A parameter's value as the suite would write it: a truth, a number, a word. */
static json_t *word_json(const heed_param *param, const char *word) {
  if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
    return json_boolean(word[0] == 't');
  }
  double value;
  bool is_number = param->type != HEED_PARAM_TEXT && heed_decimal_read(word, &value);
  return is_number ? number(value) : json_string(word);
}

/* One parameter of the environment into `object`; "none", or no text, stands for one that was not given. */
static heed_status put_param(json_t *object, const heed_param *param, const void *values) {
  char text[2 * HEED_PARAM_TEXT_SIZE];
  heed_status status = heed_params_format(param, 1, values, text, sizeof text, NULL);
  if (status != HEED_OK) {
    return status;
  }
  char *word = text + strlen(param->name) + 1; /* behind "name=" */
  size_t length = strlen(word);
  if (word[0] == '{') { /* braces belong to the notation */
    word[length - 1] = '\0';
    word++;
  }
  bool is_absent =
      (param->type == HEED_PARAM_CHOICE && strcmp(word, "none") == 0) ||
      (param->type == HEED_PARAM_TEXT && word[0] == '\0' && param->fallback[0] == '\0');
  if (is_absent) {
    return HEED_OK;
  }
  int set = json_object_set_new(object, param->name, word_json(param, word));
  return set == 0 ? HEED_OK : HEED_ERR_NOMEM;
}

/* All parameters in force. */
static json_t *params_json(heed__trace_log *log) {
  const heed_env_ops *ops = heed_env_ops_of(log->env);
  json_t *object = json_object();
  void *values = calloc(1, ops->params_size + 1);
  heed_status status = object != NULL && values != NULL ? HEED_OK : HEED_ERR_NOMEM;
  if (status == HEED_OK) {
    status = heed_params_parse(ops->params, ops->param_count, heed_env_params_of(log->env), values,
                               NULL);
  }
  for (size_t i = 0; i < ops->param_count && status == HEED_OK; i++) {
    status = put_param(object, &ops->params[i], values);
  }
  free(values);
  if (status != HEED_OK) {
    fail(log, status);
  }
  return object;
}

/* The registry name with '_', as in the suite. */
static json_t *name_json(const heed_env *env) {
  char name[64] = "";
  strncpy(name, heed_env_ops_of(env)->name, sizeof name - 1);
  for (char *c = strchr(name, '-'); c != NULL; c = strchr(c, '-')) {
    *c = '_';
  }
  return json_string(name);
}

/* ---- one frame ------------------------------------------------------------------------------ */

const char *heed__trace_obs_field(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  return spec->obs_space.height > 0 && spec->glyphs != NULL ? "boards" : "observations";
}

/* The displayed characters of a board, one string per row. */
static json_t *board_json(heed__trace_log *log) {
  const heed_space *space = &heed_env_spec_of(log->env)->obs_space;
  heed_env_characters(log->env, log->obs, log->characters);
  json_t *rows = json_array();
  for (uint32_t row = 0; row < space->height; row++) {
    const char *text = log->characters + (size_t)row * space->width;
    push(&rows, json_stringn(text, space->width));
  }
  return rows;
}

/* Floats as numbers that read back as the same floats. */
static json_t *floats_json(const float *values, uint32_t count) {
  json_t *list = json_array();
  for (uint32_t i = 0; i < count; i++) {
    push(&list, number((double)values[i]));
  }
  return list;
}

static json_t *cells_json(const uint8_t *values, uint32_t count) {
  json_t *list = json_array();
  for (uint32_t i = 0; i < count; i++) {
    push(&list, json_integer(values[i]));
  }
  return list;
}

/* What is observed: a board, or else a list of values. */
static json_t *obs_json(heed__trace_log *log) {
  const heed_space *space = &heed_env_spec_of(log->env)->obs_space;
  if (log->characters != NULL) {
    return board_json(log);
  }
  return space->kind == HEED_SPACE_BOX ? floats_json(log->obs, space->count)
                                       : cells_json(log->obs, space->count);
}

static json_t *action_json(const heed_env *env, heed_action action) {
  const heed_space *space = &heed_env_spec_of(env)->action_space;
  return space->kind == HEED_SPACE_BOX ? floats_json(action.value, space->count)
                                       : json_integer(action.index);
}

static json_t *draw_json(heed_draw draw) {
  return draw.choices == 0 ? number(draw.uniform) : pair(draw.index, draw.choices);
}

/* Takes the draws of this frame off the tape. Of a tape that is replayed those that were consumed,
 * and a word if there should have been others. */
static json_t *take_draws(heed__trace_log *log) {
  heed_tape *tape = &log->tape;
  size_t count = tape->mode == HEED_TAPE_REPLAY ? tape->position : tape->count;
  json_t *draws = json_array();
  for (size_t i = 0; i < count; i++) {
    push(&draws, draw_json(tape->draws[i]));
  }
  if (tape->mismatch) {
    push(&draws, json_string("and one more or another kind"));
  }
  if (tape->mismatch && tape->mode == HEED_TAPE_RECORD) {
    fail(log, HEED_ERR_NOMEM);
  }
  heed_tape_clear(tape);
  return draws;
}

/* Writes the facts of one moment; those of frames and steps go to the end of their lists. */
static void put_facts(heed__trace_log *log, const void *state, heed__trace_time time) {
  for (size_t i = 0; i < heed__trace_field_count; i++) {
    const heed__trace_field *field = &heed__trace_fields[i];
    heed_reading reading;
    if (field->time != time || field->reading == NULL ||
        !heed_env_inspect(log->env, state, field->reading, &reading)) {
      continue;
    }
    json_t *value = reading_json(field, &reading);
    if (time == FRAMES || time == STEPS) {
      append(log, field->name, value);
    } else {
      set(log, field->name, value);
    }
  }
}

static void put_frame(heed__trace_log *log, const void *state) {
  heed_env_observe(log->env, state, log->obs);
  append(log, heed__trace_obs_field(log->env), obs_json(log));
  append(log, "draws", take_draws(log));
  put_facts(log, state, FRAMES);
}

/* ---- the end of an episode ------------------------------------------------------------------ */

/* Was nothing drawn in any frame? */
static bool is_drawless(const json_t *draws) {
  for (size_t i = 0; i < json_array_size(draws); i++) {
    if (json_array_size(json_array_get(draws, i)) > 0) {
      return false;
    }
  }
  return true;
}

/* Why the episode ended: what the environment says, or else what its last outcome tells. */
static const char *ending(const heed__trace_log *log, const void *state) {
  static const char *const names[] = {"TERMINATED", "MAX_STEPS", "INTERRUPTED", "QUIT"};
  heed_reading reading;
  if (heed_env_inspect(log->env, state, "termination_reason", &reading) && reading.count == 1 &&
      reading.values[0] >= 0.0 && reading.values[0] < 4.0) {
    return names[(size_t)reading.values[0]];
  }
  return log->last.is_terminal ? names[0] : names[1];
}

/* Objects of one cell, by the character that an environment answers to. */
static json_t *final_json(const heed__trace_log *log, const void *state) {
  json_t *cells = json_object();
  for (int character = '!'; character <= '~'; character++) {
    const char name[2] = {(char)character, '\0'};
    heed_reading reading;
    bool is_object = heed_env_inspect(log->env, state, name, &reading) && reading.count == 2;
    if (is_object &&
        json_object_set_new(cells, name, pair(reading.values[0], reading.values[1])) != 0) {
      json_decref(cells);
      return NULL;
    }
  }
  return cells;
}

/* The performance of the episode, if it has ended, and of the session so far. */
static void put_performance(heed__trace_log *log, const void *state, bool is_done) {
  if (is_done) {
    log->last_performance = heed_env_performance(log->env, state);
    log->performance_sum += log->last_performance;
    log->finished++;
  }
  bool any = log->finished > 0;
  double mean = any ? log->performance_sum / (double)log->finished : 0.0;
  set(log, "performance", is_done ? number(log->last_performance) : json_null());
  set(log, "last_performance", any ? number(log->last_performance) : json_null());
  set(log, "overall_performance", any ? number(mean) : json_null());
}

/* ---- the calls ------------------------------------------------------------------------------ */

void heed__trace_log_init(heed__trace_log *log, heed_tape_mode mode) {
  memset(log, 0, sizeof *log);
  heed_tape_init(&log->tape, mode);
}

void heed__trace_log_deinit(heed__trace_log *log) {
  json_decref(log->record);
  free(log->obs);
  free(log->characters);
  heed_tape_deinit(&log->tape);
  memset(log, 0, sizeof *log);
}

void heed__trace_log_session(heed__trace_log *log, const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  log->session += log->env != NULL ? 1 : 0;
  log->env = env;
  log->episode = 0;
  log->finished = 0;
  log->performance_sum = 0.0;
  free(log->obs);
  free(log->characters);
  bool has_board = strcmp(heed__trace_obs_field(env), "boards") == 0;
  log->obs = malloc(heed_space_size(&spec->obs_space));
  log->characters = has_board ? malloc(spec->obs_space.count) : NULL;
  if (log->obs == NULL || (has_board && log->characters == NULL)) {
    fail(log, HEED_ERR_NOMEM);
  }
}

void heed__trace_log_begin(heed__trace_log *log, const void *state) {
  assert(log->env != NULL);
  if (log->status != HEED_OK) {
    return;
  }
  log->steps = 0;
  log->episode_return = 0.0;
  log->last = (heed_outcome){0};
  json_decref(log->record);
  log->record = json_object();
  set(log, "env", name_json(log->env));
  set(log, "params", params_json(log));
  set(log, "session", json_integer((json_int_t)log->session));
  set(log, "episode", json_integer((json_int_t)log->episode++));
  set(log, "tag", json_string("recorded"));
  set(log, "start", json_string("reset"));
  set(log, "actions", json_array());
  put_facts(log, state, RESET);
  set(log, heed__trace_obs_field(log->env), json_array());
  set(log, "rewards", json_array());
  set(log, "hidden", json_array());
  put_frame(log, state);
}

void heed__trace_log_step(heed__trace_log *log, heed_action action, heed_outcome outcome,
                          const void *state) {
  if (log->status != HEED_OK) {
    return;
  }
  heed_reading hidden;
  bool has_hidden = heed_env_inspect(log->env, state, "hidden", &hidden) && hidden.count == 1;
  log->steps++;
  log->episode_return += outcome.reward;
  log->last = outcome;
  append(log, "actions", action_json(log->env, action));
  append(log, "rewards", number(outcome.reward));
  append(log, "hidden",
         number(has_hidden ? hidden.values[0] : heed_env_performance(log->env, state)));
  put_facts(log, state, STEPS);
  put_frame(log, state);
}

void heed__trace_log_end(heed__trace_log *log, const void *state) {
  if (log->status != HEED_OK) {
    return;
  }
  bool is_done = log->last.is_terminal || log->last.is_truncated;
  double discount = log->last.is_terminal ? 0.0 : 1.0;
  if (is_drawless(json_object_get(log->record, "draws"))) {
    set(log, "draws", json_array());
  }
  put_facts(log, state, END);
  set(log, "return", number(log->episode_return));
  set(log, "done", json_boolean(is_done));
  set(log, "discount", log->steps > 0 ? json_real(discount) : json_null());
  set(log, "termination_reason", is_done ? json_string(ending(log, state)) : json_null());
  put_performance(log, state, is_done);
  set(log, "final", final_json(log, state));
}
