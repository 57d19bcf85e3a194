#include "cli/feedback_people.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "reward/people.h"

enum { CONTRADICTIONS_SHOWN = 50 };

/* From here on drift is put into words: one in twenty steady people comes up with less. */
static const double suspicious_p = 0.05;

/* What stands on one topic. */
typedef struct bundle {
  heed_choices choices;
  int64_t *ids; /* owned, [choices.count]: of the answer that each is of */
} bundle;

static void bundle_deinit(bundle *b) {
  heed_choices_deinit(&b->choices);
  free(b->ids);
  *b = (bundle){0};
}

/* Takes the answers over; a ranking is several choices of one answer. */
static heed_status take_answers(heed_store_records *records, const char *topic, bundle *b,
                                heed_error *err) {
  heed_status status = HEED_OK;
  *b = (bundle){.ids = calloc(records->count * HEED_OPTION_MAX + 1, sizeof *b->ids)};
  if (b->ids == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu answers: no memory", records->count);
  }
  for (size_t i = 0; i < records->count && status == HEED_OK; i++) {
    heed_store_record *record = &records->items[i];
    size_t before = b->choices.count;
    if (record->withdrawn_at == 0 && strcmp(record->topic, topic) == 0) {
      status = heed_choices_append(&b->choices, &record->choice, err);
    }
    for (size_t k = before; k < b->choices.count; k++) {
      b->ids[k] = record->id;
    }
  }
  return status;
}

/* ---- people --------------------------------------------------------------------------------- */

/* The entry of a person; made when it is first needed. */
static json_t *person_of(json_t *people, const char *who) {
  json_t *person;
  size_t i;
  json_t *name = heed__text_json(who);
  json_array_foreach(people, i, person) {
    if (json_equal(json_object_get(person, "who"), name) == 1) {
      json_decref(name);
      return person;
    }
  }
  person = json_pack("{s:o, s:i, s:i, s:i, s:i, s:f}", "who", name, "answers", 0, "withdrawn", 0,
                     "equal", 0, "skipped", 0, "seconds", 0.0);
  (void)json_array_append_new(people, person);
  return person;
}

static void add(json_t *person, const char *key, bool is_one) {
  json_int_t value = json_integer_value(json_object_get(person, key));
  (void)json_object_set_new(person, key, json_integer(value + (is_one ? 1 : 0)));
}

/* Counts; `seconds` becomes the mean of an answer. */
static json_t *count_people(const heed_store_records *records, const char *topic) {
  json_t *people = json_array();
  json_t *person;
  size_t k;
  for (size_t i = 0; i < records->count; i++) {
    const heed_store_record *record = &records->items[i];
    if (strcmp(record->topic, topic) == 0) {
      person = person_of(people, record->choice.who);
      double seconds = json_real_value(json_object_get(person, "seconds")) + record->seconds;
      add(person, "answers", true);
      add(person, "withdrawn", record->withdrawn_at != 0);
      add(person, "equal", record->choice.chosen == HEED_CHOICE_EQUAL);
      add(person, "skipped", record->choice.chosen == HEED_CHOICE_SKIP);
      (void)json_object_set_new(person, "seconds", json_real(seconds));
    }
  }
  json_array_foreach(people, k, person) {
    double sum = json_real_value(json_object_get(person, "seconds"));
    double count = (double)json_integer_value(json_object_get(person, "answers"));
    (void)json_object_set_new(person, "seconds", heed__number_json(sum / count));
  }
  return people;
}

/* ---- what models say ------------------------------------------------------------------------ */

static heed_status add_agreement(const heed_reward *reward, const bundle *b, json_t *people,
                                 heed_error *err) {
  heed_agreement found[HEED_REPORT_PEOPLE_MAX];
  size_t count = 0;
  heed_status status = heed_people_agreement(reward, &b->choices, found, &count, err);
  for (size_t i = 0; i < count; i++) {
    json_t *person = person_of(people, found[i].who);
    (void)json_object_set_new(person, "foretold_by_others", heed__number_json(found[i].loglik));
    (void)json_object_set_new(person, "chance", heed__number_json(found[i].chance));
  }
  return status;
}

static heed_status add_drift(const heed_reward *reward, const bundle *b, json_t *people,
                             heed_error *err) {
  heed_drift found[HEED_REPORT_PEOPLE_MAX];
  size_t count = 0;
  heed_status status = heed_people_drift(reward, &b->choices, found, &count, err);
  for (size_t i = 0; i < count; i++) {
    const heed_drift *d = &found[i];
    if (d->answers >= HEED_DRIFT_ANSWERS_MIN) {
      (void)json_object_set_new(
          person_of(people, d->who), "drift",
          json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "answers", (json_int_t)d->answers,
                    "in_order", d->in_order, "shuffled", d->shuffled, "taste_p", d->taste_p,
                    "early", d->early, "late", d->late, "care_p", d->care_p));
    }
  }
  return status;
}

static heed_status add_contradictions(const bundle *b, const heed_space *action_space,
                                      json_t *topic, heed_error *err) {
  heed_contradiction found[CONTRADICTIONS_SHOWN];
  size_t count = 0;
  heed_status status = heed_people_contradictions(&b->choices, action_space, found,
                                                  CONTRADICTIONS_SHOWN, &count, err);
  json_t *list = json_array();
  for (size_t i = 0; i < count && i < CONTRADICTIONS_SHOWN; i++) {
    size_t first = found[i].first;
    size_t second = found[i].second;
    (void)json_array_append_new(
        list, json_pack("{s:I, s:o, s:I, s:o}", "first", (json_int_t)b->ids[first], "first_who",
                        heed__text_json(b->choices.items[first].who), "second",
                        (json_int_t)b->ids[second], "second_who",
                        heed__text_json(b->choices.items[second].who)));
  }
  (void)json_object_set_new(topic, "contradiction_count", json_integer((json_int_t)count));
  (void)json_object_set_new(topic, "contradictions", list);
  return status;
}

static heed_status look_at(heed_store_records *records, const heed_space *obs_space,
                           const heed_space *action_space, const char *topic, json_t *entry,
                           heed_error *err) {
  bundle b;
  heed_reward *reward = NULL;
  json_t *people = count_people(records, topic);
  (void)json_object_set_new(entry, "people", people);
  heed_status status = take_answers(records, topic, &b, err);
  if (status == HEED_OK) {
    status = heed_reward_create("linear", NULL, obs_space, action_space, &reward, err);
  }
  if (status == HEED_OK) {
    status = add_agreement(reward, &b, people, err);
  }
  if (status == HEED_OK) {
    status = add_drift(reward, &b, people, err);
  }
  if (status == HEED_OK) {
    status = add_contradictions(&b, action_space, entry, err);
  }
  heed_reward_destroy(reward);
  bundle_deinit(&b);
  return status;
}

/* Is it a topic that was not looked at yet? */
static bool is_new(const heed_store_records *records, size_t i) {
  for (size_t k = 0; k < i; k++) {
    if (strcmp(records->items[k].topic, records->items[i].topic) == 0) {
      return false;
    }
  }
  return true;
}

heed_status heed__feedback_people(heed_store_records *records, const heed_space *obs_space,
                                  const heed_space *action_space, const char *topic, json_t **out,
                                  heed_error *err) {
  heed_status status = HEED_OK;
  *out = json_array();
  for (size_t i = 0; i < records->count && status == HEED_OK; i++) {
    const char *name = records->items[i].topic;
    if ((topic == NULL || strcmp(topic, name) == 0) && is_new(records, i)) {
      json_t *entry = json_pack("{s:o}", "topic", heed__text_json(name));
      (void)json_array_append_new(*out, entry);
      status = look_at(records, obs_space, action_space, name, entry, err);
    }
  }
  return status;
}

/* ---- in words ------------------------------------------------------------------------------- */

static double real(const json_t *object, const char *key) {
  return json_number_value(json_object_get(object, key));
}

static json_int_t integer(const json_t *object, const char *key) {
  return json_integer_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  return value != NULL ? value : "";
}

static void print_drift(const json_t *drift, FILE *out) {
  double taste_p = real(drift, "taste_p");
  double care_p = real(drift, "care_p");
  bool turns = taste_p <= suspicious_p;
  bool fades = care_p <= suspicious_p;
  (void)fprintf(out, "    %s (taste p = %.3f, care p = %.3f)\n",
                turns && fades ? "what they want seems to change, and how well they say it"
                : turns        ? "what they want seems to change"
                : fades        ? real(drift, "late") < real(drift, "early")
                                     ? "later answers seem given with less care"
                                     : "later answers seem given with more care"
                               : "no drift to be seen",
                taste_p, care_p);
}

static void print_person(const json_t *person, FILE *out) {
  const json_t *drift = json_object_get(person, "drift");
  (void)fprintf(out,
                "  %-12s %" JSON_INTEGER_FORMAT " answers, %" JSON_INTEGER_FORMAT
                " withdrawn, %" JSON_INTEGER_FORMAT " equal, %" JSON_INTEGER_FORMAT
                " skipped; %.1f s each\n",
                text(person, "who"), integer(person, "answers"), integer(person, "withdrawn"),
                integer(person, "equal"), integer(person, "skipped"), real(person, "seconds"));
  if (json_object_get(person, "chance") != NULL) {
    double foretold = real(person, "foretold_by_others");
    double chance = real(person, "chance");
    (void)fprintf(out, "    foretold by the others at %.2f nats an answer, chance %.2f%s\n",
                  foretold, chance, foretold < chance ? ": worse than chance" : "");
  }
  if (drift != NULL) {
    print_drift(drift, out);
  }
}

void heed__feedback_people_print(const json_t *topics, FILE *out) {
  size_t i;
  size_t k;
  json_t *topic;
  json_t *item;
  json_array_foreach(topics, i, topic) {
    (void)fprintf(out, "topic %s\n", text(topic, "topic"));
    json_array_foreach(json_object_get(topic, "people"), k, item) {
      print_person(item, out);
    }
    (void)fprintf(out, "  pairs of answers that contradict each other: %" JSON_INTEGER_FORMAT "\n",
                  integer(topic, "contradiction_count"));
    json_array_foreach(json_object_get(topic, "contradictions"), k, item) {
      (void)fprintf(out,
                    "    answer %" JSON_INTEGER_FORMAT " of %s and answer %" JSON_INTEGER_FORMAT
                    " of %s\n",
                    integer(item, "first"), text(item, "first_who"), integer(item, "second"),
                    text(item, "second_who"));
    }
  }
}
