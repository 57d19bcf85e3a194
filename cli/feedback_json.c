#include "cli/feedback_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "core/pack.h"

enum { FORMAT_VERSION = 1 };

/* ---- writing -------------------------------------------------------------------------------- */

/* A row of a space: a list of numbers, of a discrete one a number. */
static json_t *row_json(const heed_space *space, const void *row) {
  int32_t index;
  memcpy(&index, row, space->kind == HEED_SPACE_DISCRETE ? sizeof index : 0);
  json_t *list = json_array();
  for (uint32_t i = 0; i < space->count && space->kind != HEED_SPACE_DISCRETE; i++) {
    json_t *number;
    if (space->kind == HEED_SPACE_CELLS) {
      number = json_integer(((const uint8_t *)row)[i]);
    } else {
      float value;
      memcpy(&value, (const char *)row + i * sizeof value, sizeof value);
      number = json_real((double)value);
    }
    (void)json_array_append_new(list, number);
  }
  if (space->kind == HEED_SPACE_DISCRETE) {
    json_decref(list);
    return json_integer(index);
  }
  return list;
}

static json_t *segment_json(const heed_segment *segment, const heed_space *obs_space,
                            const heed_space *action_space) {
  json_t *obs = json_array();
  json_t *actions = json_array();
  json_t *channel = json_array();
  for (uint32_t t = 0; t <= segment->steps; t++) {
    (void)json_array_append_new(obs,
                                row_json(obs_space, segment->obs + (size_t)t * segment->obs_size));
  }
  for (uint32_t t = 0; t < segment->steps; t++) {
    unsigned char row[sizeof(heed_action)] = {0};
    heed_action_to_row(action_space, segment->actions[t], row);
    (void)json_array_append_new(actions, row_json(action_space, row));
    (void)json_array_append_new(channel, json_real(segment->channel[t]));
  }
  return json_pack("{s:o, s:o, s:o, s:b}", "obs", obs, "actions", actions, "channel", channel,
                   "terminal", segment->is_terminal ? 1 : 0);
}

json_t *heed__record_json(const heed_store_record *record, const heed_space *obs_space,
                          const heed_space *action_space, bool with_options) {
  const heed_choice *choice = &record->choice;
  json_t *chosen = choice->chosen == HEED_CHOICE_EQUAL  ? json_string("equal")
                   : choice->chosen == HEED_CHOICE_SKIP ? json_string("skip")
                                                        : json_integer(choice->chosen);
  json_t *json = json_pack(
      "{s:I, s:o, s:o, s:s, s:o, s:f, s:f, s:f, s:i, s:f, s:I, s:I, s:o, s:o}", "id",
      (json_int_t)record->id, "who", heed__text_json(choice->who), "topic",
      heed__text_json(record->topic), "kind", heed_choice_kind_name(choice->kind), "chosen", chosen,
      "beta", choice->beta, "mistakes", choice->mistakes, "tie", choice->tie, "grades",
      (int)choice->grades, "seconds", record->seconds, "created_at", (json_int_t)record->created_at,
      "withdrawn_at", (json_int_t)record->withdrawn_at, "model", heed__text_json(record->model),
      "strategy", heed__text_json(choice->query.strategy));
  json_t *options = json_array();
  for (uint32_t i = 0; with_options && i < choice->query.option_count; i++) {
    (void)json_array_append_new(options,
                                segment_json(&choice->query.options[i], obs_space, action_space));
  }
  (void)json_object_set_new(json, with_options ? "options" : "option_count",
                            with_options ? options : json_integer(choice->query.option_count));
  if (!with_options) {
    json_decref(options);
  }
  return json;
}

/* The spaces as a packed document of kind "spaces", in hexadecimal. */
static char *spaces_text(const heed_space *obs_space, const heed_space *action_space,
                         heed_error *err) {
  heed_pack_writer *writer;
  unsigned char *bytes = NULL;
  size_t size = 0;
  char *text = NULL;
  if (heed_pack_writer_create(&writer, err) != HEED_OK) {
    return NULL;
  }
  heed_pack_map(writer, 2);
  heed_pack_key(writer, "obs_space");
  heed_pack_space(writer, obs_space);
  heed_pack_key(writer, "action_space");
  heed_pack_space(writer, action_space);
  if (heed_pack_save_memory(writer, "spaces", 1, &bytes, &size, err) == HEED_OK) {
    text = calloc(2 * size + 1, 1);
    for (size_t i = 0; text != NULL && i < size; i++) {
      (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
  }
  free(bytes);
  heed_pack_writer_destroy(writer);
  return text;
}

/* Writes a document, which is released, as one line. */
static bool write_line(json_t *json, FILE *out) {
  bool ok = json != NULL && json_dumpf(json, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
  json_decref(json);
  return ok;
}

heed_status heed__records_write(const heed_store_records *records, const heed_space *obs_space,
                                const heed_space *action_space, FILE *out, heed_error *err) {
  char *spaces = spaces_text(obs_space, action_space, err);
  if (spaces == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "the spaces: no memory");
  }
  bool ok = write_line(
      json_pack("{s:i, s:s}", "heed_feedback", (int)FORMAT_VERSION, "spaces", spaces), out);
  free(spaces);
  for (size_t i = 0; i < records->count && ok; i++) {
    ok = write_line(heed__record_json(&records->items[i], obs_space, action_space, true), out);
  }
  return ok && fflush(out) == 0
             ? HEED_OK
             : heed_fail(err, HEED_ERR_IO, "writing the answers: %s", strerror(errno));
}

/* ---- reading -------------------------------------------------------------------------------- */

static bool read_row(const json_t *json, const heed_space *space, void *row) {
  if (space->kind == HEED_SPACE_DISCRETE) {
    int32_t index = (int32_t)json_integer_value(json);
    memcpy(row, &index, sizeof index);
    return json_is_integer(json) && json_integer_value(json) == index;
  }
  if (json_array_size(json) != space->count) {
    return false;
  }
  for (uint32_t i = 0; i < space->count; i++) {
    const json_t *number = json_array_get(json, i);
    if (space->kind == HEED_SPACE_CELLS) {
      json_int_t value = json_integer_value(number);
      if (!json_is_integer(number) || value < 0 || value > UINT8_MAX) {
        return false;
      }
      ((uint8_t *)row)[i] = (uint8_t)value;
    } else {
      float value = (float)json_number_value(number);
      if (!json_is_number(number)) {
        return false;
      }
      memcpy((char *)row + i * sizeof value, &value, sizeof value);
    }
  }
  return true;
}

static heed_status read_segment(const json_t *json, const heed_space *obs_space,
                                const heed_space *action_space, heed_segment *segment,
                                heed_error *err) {
  const json_t *obs = json_object_get(json, "obs");
  const json_t *actions = json_object_get(json, "actions");
  const json_t *channel = json_object_get(json, "channel");
  size_t steps = json_array_size(actions);
  if (steps >= UINT32_MAX || json_array_size(obs) != steps + 1 ||
      json_array_size(channel) != steps) {
    return heed_fail(err, HEED_ERR_FORMAT, "an option of %zu actions has %zu observations", steps,
                     json_array_size(obs));
  }
  /* Rows that are there, before room for them is made: a space alone can claim any size. */
  bool ok = heed_space_size(obs_space) <= UINT32_MAX;
  for (size_t t = 0; t <= steps && ok; t++) {
    ok = obs_space->kind == HEED_SPACE_DISCRETE ||
         json_array_size(json_array_get(obs, t)) == obs_space->count;
  }
  if (!ok) {
    return heed_fail(err, HEED_ERR_FORMAT, "an option does not fit the spaces");
  }
  heed_status status =
      heed_segment_init(segment, (uint32_t)steps, (uint32_t)heed_space_size(obs_space), err);
  for (size_t t = 0; t <= steps && ok && status == HEED_OK; t++) {
    ok = read_row(json_array_get(obs, t), obs_space, segment->obs + t * segment->obs_size);
  }
  for (size_t t = 0; t < steps && ok && status == HEED_OK; t++) {
    unsigned char row[sizeof(heed_action)] = {0};
    ok = read_row(json_array_get(actions, t), action_space, row);
    segment->actions[t] = heed_action_from_row(action_space, row);
    segment->channel[t] = json_number_value(json_array_get(channel, t));
  }
  if (status == HEED_OK) {
    segment->is_terminal = json_is_true(json_object_get(json, "terminal"));
  }
  return ok ? status : heed_fail(err, HEED_ERR_FORMAT, "an option does not fit the spaces");
}

static const char *text_of(const json_t *json, const char *key) {
  const char *text = json_string_value(json_object_get(json, key));
  return text != NULL ? text : "";
}

/* The number of a kind; -1 if there is none of that name. */
static int kind_of(const char *name) {
  for (int kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    if (strcmp(heed_choice_kind_name(kind), name) == 0) {
      return kind;
    }
  }
  return -1;
}

static heed_status read_choice(const json_t *json, heed_choice *choice, heed_error *err) {
  const json_t *chosen = json_object_get(json, "chosen");
  const char *word = json_string_value(chosen);
  int kind = kind_of(text_of(json, "kind"));
  json_int_t grades = json_integer_value(json_object_get(json, "grades"));
  if (kind < 0 || grades < 0 || grades > HEED_GRADE_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT, "kind '%.20s' with %d grades", text_of(json, "kind"),
                     (int)grades);
  }
  json_int_t number = word == NULL                 ? json_integer_value(chosen)
                      : strcmp(word, "equal") == 0 ? HEED_CHOICE_EQUAL
                      : strcmp(word, "skip") == 0  ? HEED_CHOICE_SKIP
                                                   : INT32_MAX;
  if ((word == NULL && (!json_is_integer(chosen) || number < 0)) || number > HEED_GRADE_MAX) {
    return heed_fail(err, HEED_ERR_FORMAT, "chosen is no answer");
  }
  choice->kind = (heed_choice_kind)kind;
  choice->chosen = (int32_t)number;
  choice->grades = (uint32_t)grades;
  choice->beta = json_number_value(json_object_get(json, "beta"));
  choice->mistakes = json_number_value(json_object_get(json, "mistakes"));
  choice->tie = json_number_value(json_object_get(json, "tie"));
  const char *who = text_of(json, "who");
  const char *strategy = text_of(json, "strategy");
  if (strlen(who) >= sizeof choice->who || strlen(strategy) >= sizeof choice->query.strategy) {
    return heed_fail(err, HEED_ERR_FORMAT, "who or strategy is too long");
  }
  memcpy(choice->who, who, strlen(who) + 1);
  memcpy(choice->query.strategy, strategy, strlen(strategy) + 1);
  return HEED_OK;
}

static heed_status read_record(const json_t *json, const heed_space *obs_space,
                               const heed_space *action_space, heed_store_record *record,
                               heed_error *err) {
  const json_t *options = json_object_get(json, "options");
  size_t count = json_array_size(options);
  heed_status status = read_choice(json, &record->choice, err);
  if (status == HEED_OK && (count < 1 || count > HEED_OPTION_MAX)) {
    status =
        heed_fail(err, HEED_ERR_FORMAT, "%zu options, 1 to %d expected", count, HEED_OPTION_MAX);
  }
  for (size_t i = 0; i < count && status == HEED_OK; i++) {
    status = read_segment(json_array_get(options, i), obs_space, action_space,
                          &record->choice.query.options[i], err);
    record->choice.query.option_count = (uint32_t)i + 1;
  }
  record->created_at = json_integer_value(json_object_get(json, "created_at"));
  record->withdrawn_at = json_integer_value(json_object_get(json, "withdrawn_at"));
  record->seconds = json_number_value(json_object_get(json, "seconds"));
  record->topic = strdup(text_of(json, "topic"));
  record->model = strdup(text_of(json, "model"));
  if (status == HEED_OK && (record->topic == NULL || record->model == NULL)) {
    status = heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  return status;
}

/* The first line. */
static heed_status read_head(const json_t *json, heed_space *obs_space, heed_space *action_space,
                             heed_error *err) {
  json_int_t version = json_integer_value(json_object_get(json, "heed_feedback"));
  const char *text = text_of(json, "spaces");
  size_t size = strlen(text) / 2;
  if (version < 1) {
    return heed_fail(err, HEED_ERR_FORMAT, "this is no export of answers");
  }
  if (version > FORMAT_VERSION) {
    return heed_fail(err, HEED_ERR_VERSION, "version %d, up to %d is known", (int)version,
                     FORMAT_VERSION);
  }
  unsigned char *bytes = calloc(size + 1, 1);
  if (bytes == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  for (size_t i = 0; i < size; i++) {
    char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
  }
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, "spaces", 1, &reader, err);
  if (status == HEED_OK) {
    status = heed_pack_get_space(heed_pack_root(reader), "obs_space", obs_space, err);
    if (status == HEED_OK) {
      status = heed_pack_get_space(heed_pack_root(reader), "action_space", action_space, err);
    }
    heed_pack_close(reader);
  }
  free(bytes);
  return status;
}

static heed_status read_line(const char *line, size_t size, size_t number,
                             heed_store_records *records, heed_space *obs_space,
                             heed_space *action_space, heed_error *err) {
  json_error_t cause;
  json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &cause);
  heed_status status;
  if (json == NULL) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%s", cause.text);
  } else if (number == 1) {
    status = read_head(json, obs_space, action_space, err);
  } else {
    heed_store_record *record;
    status = heed_store_records_add(records, &record, err);
    if (status == HEED_OK) {
      status = read_record(json, obs_space, action_space, record, err);
    }
  }
  json_decref(json);
  return status;
}

heed_status heed__records_parse(FILE *file, const char *name, heed_store_records *records,
                                heed_space *obs_space, heed_space *action_space, heed_error *err) {
  char *line = NULL;
  size_t room = 0;
  size_t number = 0;
  ssize_t size;
  heed_status status = HEED_OK;
  while (status == HEED_OK && (size = getline(&line, &room, file)) >= 0) {
    status = read_line(line, (size_t)size, ++number, records, obs_space, action_space, err);
  }
  if (status == HEED_OK && (number == 0 || ferror(file) != 0)) {
    status = heed_fail(err, number == 0 ? HEED_ERR_FORMAT : HEED_ERR_IO, "%s",
                       number == 0 ? "the file is empty" : strerror(errno));
  }
  free(line);
  return status == HEED_OK ? status
                           : heed_fail_context(err, status, "reading '%s', line %zu", name, number);
}

heed_status heed__records_read(const char *path, heed_store_records *records, heed_space *obs_space,
                               heed_space *action_space, heed_error *err) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    return heed_fail(err, HEED_ERR_IO, "reading '%s': %s", path, strerror(errno));
  }
  heed_status status = heed__records_parse(file, path, records, obs_space, action_space, err);
  (void)fclose(file);
  return status;
}
