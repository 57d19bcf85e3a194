#include "cli/show_store.h"

#include <string.h>

#include "cli/print.h"
#include "reward/store.h"

enum { WAIT_MS = 3000 };

/* The row of a topic and a person; made when it is first needed. */
static json_t *row_of(json_t *topics, const char *topic, const char *who) {
  size_t i;
  json_t *row;
  json_array_foreach(topics, i, row) {
    if (strcmp(json_string_value(json_object_get(row, "topic")), topic) == 0 &&
        strcmp(json_string_value(json_object_get(row, "who")), who) == 0) {
      return row;
    }
  }
  row = json_pack("{s:o, s:o, s:i, s:i, s:i, s:i}", "topic", heed__text_json(topic), "who",
                  heed__text_json(who), "answers", 0, "withdrawn", 0, "equal", 0, "skipped", 0);
  return json_array_append_new(topics, row) == 0 ? row : NULL;
}

static void count(json_t *row, const char *key, bool is_one) {
  json_int_t value = json_integer_value(json_object_get(row, key));
  (void)json_object_set_new(row, key, json_integer(value + (is_one ? 1 : 0)));
}

/* One row for each topic and person, in the order of their first answers. */
static json_t *tally(const heed_store_records *records) {
  json_t *topics = json_array();
  for (size_t i = 0; i < records->count; i++) {
    const heed_store_record *record = &records->items[i];
    json_t *row = row_of(topics, record->topic, record->choice.who);
    count(row, "answers", true);
    count(row, "withdrawn", record->withdrawn_at != 0);
    count(row, "equal", record->choice.chosen == HEED_CHOICE_EQUAL);
    count(row, "skipped", record->choice.chosen == HEED_CHOICE_SKIP);
  }
  return topics;
}

heed_status heed__show_store(const char *path, json_t **out, heed_error *err) {
  heed_store *store = NULL;
  const heed_space *obs_space;
  const heed_space *action_space;
  heed_store_records records = {0};
  *out = NULL;
  heed_status status =
      heed_store_open_readonly(path, WAIT_MS, &store, &obs_space, &action_space, err);
  if (status == HEED_OK) {
    status = heed_store_read_records(store, &records, err); /* checks every answer */
  }
  if (status == HEED_OK) {
    char obs_text[96];
    char action_text[96];
    heed_space_describe(obs_space, obs_text, sizeof obs_text);
    heed_space_describe(action_space, action_text, sizeof action_text);
    *out = json_pack("{s:s, s:i, s:{s:s, s:s, s:o}}", "kind", "feedback store", "version",
                     (int)heed_store_version(store), "contents", "observations", obs_text,
                     "actions", action_text, "topics", tally(&records));
  }
  heed_store_records_deinit(&records);
  heed_store_close(store);
  return status;
}
