/* cmd_feedback.c: `heed feedback`: what people answered: list, show, take back, copy, bring together. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/feedback_json.h"
#include "cli/feedback_people.h"
#include "cli/print.h"

enum { STORE_WAIT_MS = 3000 };

typedef struct settings {
  heed__common common;
  const char *topic, *who;
} settings;

static const heed__option options[] = {
    {"topic", 0, HEED__OPTION_TEXT, offsetof(settings, topic), NULL, 0, 0, NULL, "NAME",
     "List the answers, or look at the people, on this topic only"},
    {"who", 0, HEED__OPTION_TEXT, offsetof(settings, who), NULL, 0, 0, NULL, "NAME",
     "List the answers of this person only"},
};

static const heed__usage usage = {
    .command = "heed feedback",
    .args = "STORE [list|show N|people|withdraw N|export|import FILE|merge STORE]",
    .args_min = 1,
    .args_max = 3,
    .summary =
        "Looks after a store of people's answers: lists them, shows one, says who "
        "agrees with whom and with themselves over time, withdraws one (a mark: "
        "nothing is ever deleted), writes them as JSON Lines, reads such a file, or takes in "
        "another store. What is there already is not added twice.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* All owned. */
typedef struct job {
  heed_store *store;
  const heed_space *obs_space, *action_space; /* borrowed from the store */
  heed_store_records records;                 /* of the store */
} job;

static heed_status open_store(const settings *s, job *j, heed_error *err) {
  return heed_store_open_existing(s->common.args[0], STORE_WAIT_MS, &j->store, &j->obs_space,
                                  &j->action_space, err);
}

/* Only reads: a store can be looked at wherever it is. */
static heed_status open_and_read(const settings *s, job *j, heed_error *err) {
  heed_status status = heed_store_open_readonly(s->common.args[0], STORE_WAIT_MS, &j->store,
                                                &j->obs_space, &j->action_space, err);
  return status == HEED_OK ? heed_store_read_records(j->store, &j->records, err) : status;
}

/* ---- listing -------------------------------------------------------------------------------- */

/* What was answered, in words, into text[24]. */
static const char *answer_text(const heed_choice *choice, char text[24]) {
  static const char *const labels[3] = {"bad", "neutral", "good"};
  static const char *const approvals[2] = {"approved", "refused"};
  static const char *const presses[2] = {"left alone", "pressed"};
  if (choice->chosen < 0) {
    return choice->chosen == HEED_CHOICE_EQUAL ? "equal" : "skip";
  }
  switch (choice->kind) {
    case HEED_LABEL:
      return labels[choice->chosen];
    case HEED_APPROVAL:
      return approvals[choice->chosen];
    case HEED_OFF_SWITCH:
      return presses[choice->chosen];
    case HEED_RATING:
      (void)snprintf(text, 24, "grade %d of %u", choice->chosen + 1, choice->grades);
      return text;
    default: /* a ranking of no grades is one of its choices, as they were kept once */
      (void)(choice->kind == HEED_RANKING && choice->grades > 0
                 ? snprintf(text, 24, "order of %u", choice->grades)
                 : snprintf(text, 24, "option %d of %u", choice->chosen + 1,
                            choice->query.option_count));
      return text;
  }
}

static const char *time_text(int64_t ms, char text[32]) {
  time_t seconds = (time_t)(ms / 1000);
  struct tm parts;
  bool ok = gmtime_r(&seconds, &parts) != NULL;
  return ok && strftime(text, 32, "%Y-%m-%d %H:%M:%S", &parts) > 0 ? text : "?";
}

static void print_record(const heed_store_record *record) {
  char when[32];
  char answer[24];
  const heed_choice *choice = &record->choice;
  (void)printf("%5" PRId64 "  %s  %-12s %-10s %-13s %-14s %s%s\n", record->id,
               time_text(record->created_at, when), choice->who, record->topic,
               heed_choice_kind_name(choice->kind), answer_text(choice, answer),
               record->withdrawn_at != 0 ? "withdrawn " : "", choice->query.strategy);
}

static heed_status list(const settings *s, job *j, heed_error *err) {
  heed_status status = open_and_read(s, j, err);
  json_t *lines = json_array();
  for (size_t i = 0; i < j->records.count && status == HEED_OK; i++) {
    const heed_store_record *record = &j->records.items[i];
    if ((s->topic != NULL && strcmp(s->topic, record->topic) != 0) ||
        (s->who != NULL && strcmp(s->who, record->choice.who) != 0)) {
      continue;
    }
    if (s->common.format == HEED__JSON) {
      (void)json_array_append_new(lines,
                                  heed__record_json(record, j->obs_space, j->action_space, false));
    } else {
      print_record(record);
    }
  }
  if (status == HEED_OK && s->common.format == HEED__JSON) {
    heed__print_json(json_pack("{s:O}", "answers", lines));
  }
  json_decref(lines);
  return status;
}

/* The number of an answer, from the command line. */
static heed_status read_id(const settings *s, int64_t *id, heed_error *err) {
  char *end = NULL;
  const char *text = s->common.args[2];
  errno = 0;
  *id = strtoll(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *id > 0
             ? HEED_OK
             : heed_fail(err, HEED_ERR_ARG, "'%s' is no number of an answer", text);
}

static heed_status show(const settings *s, job *j, heed_error *err) {
  int64_t id = 0;
  heed_status status = read_id(s, &id, err);
  if (status == HEED_OK) {
    status = open_and_read(s, j, err);
  }
  if (status == HEED_OK && (uint64_t)id > j->records.count) {
    status =
        heed_fail(err, HEED_ERR_ARG, "'%s': there is no answer %" PRId64, s->common.args[0], id);
  }
  if (status == HEED_OK) { /* ids have no gaps, or reading would have failed */
    heed__print_json(
        heed__record_json(&j->records.items[id - 1], j->obs_space, j->action_space, true));
  }
  return status;
}

static heed_status export(const settings *s, job *j, heed_error *err) {
  heed_status status = open_and_read(s, j, err);
  return status == HEED_OK
             ? heed__records_write(&j->records, j->obs_space, j->action_space, stdout, err)
             : status;
}

static heed_status people(const settings *s, job *j, heed_error *err) {
  json_t *topics = NULL;
  heed_status status = open_and_read(s, j, err);
  if (status == HEED_OK) {
    status =
        heed__feedback_people(&j->records, j->obs_space, j->action_space, s->topic, &topics, err);
  }
  if (status == HEED_OK && s->common.format == HEED__JSON) {
    heed__print_json(json_pack("{s:O}", "topics", topics));
  } else if (status == HEED_OK) {
    heed__feedback_people_print(topics, stdout);
  }
  json_decref(topics);
  return status;
}

/* ---- changing ------------------------------------------------------------------------------- */

static heed_status withdraw(const settings *s, job *j, heed_error *err) {
  int64_t id = 0;
  bool withdrawn = false;
  heed_status status = read_id(s, &id, err);
  if (status == HEED_OK) {
    status = open_store(s, j, err);
  }
  if (status == HEED_OK) {
    status = heed_store_withdraw_id(j->store, id, &withdrawn, err);
  }
  if (status == HEED_OK) {
    (void)printf("answer %" PRId64 " %s\n", id,
                 withdrawn ? "is withdrawn" : "was withdrawn before");
  }
  return status;
}

static heed_status take_in(job *j, const heed_store_records *records, heed_error *err) {
  heed_store_merged merged;
  heed_status status = heed_store_merge(j->store, records, &merged, err);
  if (status == HEED_OK) {
    (void)printf("%zu of %zu answers were new, %zu more are withdrawn now\n", merged.added,
                 records->count, merged.withdrawn);
  }
  return status;
}

/* Into a store that is there, or a new one. */
static heed_status import(const settings *s, job *j, heed_error *err) {
  heed_space obs_space = {0};
  heed_space action_space = {0};
  heed_store_records records = {0};
  heed_status status =
      heed__records_read(s->common.args[2], &records, &obs_space, &action_space, err);
  if (status == HEED_OK) {
    status = heed_store_open(s->common.args[0], &obs_space, &action_space, STORE_WAIT_MS, &j->store,
                             err);
  }
  if (status == HEED_OK) {
    status = take_in(j, &records, err);
  }
  heed_store_records_deinit(&records);
  heed_space_deinit(&obs_space);
  heed_space_deinit(&action_space);
  return status;
}

static heed_status merge(const settings *s, job *j, heed_error *err) {
  settings other = *s;
  job from = {0};
  other.common.args = s->common.args + 2;
  heed_status status = open_and_read(&other, &from, err);
  if (status == HEED_OK && access(s->common.args[0], F_OK) != 0) { /* the first of several */
    status = heed_store_open(s->common.args[0], from.obs_space, from.action_space, STORE_WAIT_MS,
                             &j->store, err);
  } else if (status == HEED_OK) {
    status = open_store(s, j, err);
  }
  if (status == HEED_OK) {
    status = take_in(j, &from.records, err);
  }
  heed_store_records_deinit(&from.records);
  heed_store_close(from.store);
  return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static const struct {
  const char *name;
  uint32_t args; /* after the store, the name included */
  heed_status (*run)(const settings *s, job *j, heed_error *err);
} actions[] = {
    {"list", 1, list},     {"show", 2, show},     {"people", 1, people}, {"withdraw", 2, withdraw},
    {"export", 1, export}, {"import", 2, import}, {"merge", 2, merge},
};
enum { ACTION_COUNT = sizeof actions / sizeof actions[0] };

static heed_status run(const settings *s, job *j, bool *is_misused, heed_error *err) {
  const char *name = s->common.arg_count > 1 ? s->common.args[1] : "list";
  uint32_t args = s->common.arg_count > 1 ? s->common.arg_count - 1 : 1;
  for (size_t i = 0; i < ACTION_COUNT; i++) {
    if (strcmp(actions[i].name, name) == 0 && actions[i].args == args) {
      return actions[i].run(s, j, err);
    }
    if (strcmp(actions[i].name, name) == 0) {
      *is_misused = true;
      return heed_fail(err, HEED_ERR_ARG, "%s takes %s", name,
                       actions[i].args == 1 ? "nothing more" : "one argument more");
    }
  }
  *is_misused = true;
  return heed_fail(err, HEED_ERR_ARG,
                   "'%s', one of list, show, people, withdraw, export, import, merge expected",
                   name);
}

int heed__cmd_feedback(int argc, char **argv) {
  settings s;
  job j = {0};
  heed_error err = {0};
  bool is_misused = false;
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = run(&s, &j, &is_misused, &err);
  heed_store_records_deinit(&j.records);
  heed_store_close(j.store);
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
