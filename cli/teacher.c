#include "cli/teacher.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

enum { TEXT_SIZE = 512 };

static heed_status unknown(const char *name, heed_error *err) {
  char names[256] = "person";
  for (size_t i = 0; heed_simulated_at(i) != NULL; i++) {
    size_t used = strlen(names);
    (void)snprintf(names + used, sizeof names - used, ", %s", heed_simulated_at(i)->name);
  }
  return heed_fail(err, HEED_ERR_ARG, "--teacher: '%s', one of %s expected", name, names);
}

/* Names the i-th person after its kind; a second of that kind is "noisy-2". */
static void name_person(heed__teachers *teachers, size_t i, const char *kind) {
  size_t same = 1;
  for (size_t k = 0; k < i; k++) {
    size_t length = strlen(kind);
    same += strncmp(teachers->names[k], kind, length) == 0 &&
            (teachers->names[k][length] == '\0' || teachers->names[k][length] == '-');
  }
  if (same == 1) {
    (void)snprintf(teachers->names[i], HEED_WHO_SIZE, "%.40s", kind);
  } else {
    (void)snprintf(teachers->names[i], HEED_WHO_SIZE, "%.40s-%zu", kind, same);
  }
}

/* One person: "kind" or "kind,parameters"; `text` is cut in two. */
static heed_status parse_one(char *text, const char *params, heed__teachers *teachers,
                             heed_error *err) {
  size_t count;
  const heed_param *table = heed_simulated_table(&count);
  char *own = strchr(text, ',');
  if (own != NULL) {
    *own++ = '\0';
  }
  bool is_person = strcmp(text, "person") == 0;
  const heed_simulated_kind *kind = heed_simulated_find(is_person ? "simulated" : text);
  if (kind == NULL) {
    return unknown(text, err);
  }
  if (teachers->count == HEED__TEACHERS_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "--teacher: more than %d people", HEED__TEACHERS_MAX);
  }
  size_t i = teachers->count;
  teachers->is_person = teachers->is_person || is_person;
  teachers->params[i] = kind->params;
  name_person(teachers, i, text);
  teachers->count++;
  heed_status status = heed__params_overlay(table, count, own, &teachers->params[i], err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "--teacher");
  }
  status = heed__params_overlay(table, count, params, &teachers->params[i], err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "--teacher-params");
}

heed_status heed__teachers_parse(const char *teacher, const char *params, heed__teachers *teachers,
                                 heed_error *err) {
  char text[TEXT_SIZE];
  *teachers = (heed__teachers){0};
  if (strlen(teacher) >= sizeof text) {
    return heed_fail(err, HEED_ERR_ARG, "--teacher: %zu characters, fewer than %d expected",
                     strlen(teacher), TEXT_SIZE);
  }
  memcpy(text, teacher, strlen(teacher) + 1);
  heed_status status = HEED_OK;
  for (char *one = text; one != NULL && status == HEED_OK;) {
    char *next = strchr(one, '+');
    if (next != NULL) {
      *next++ = '\0';
    }
    status = parse_one(one, params, teachers, err);
    one = next;
  }
  if (status == HEED_OK && teachers->is_person && teachers->count > 1) {
    status = heed_fail(err, HEED_ERR_ARG,
                       "--teacher: a person at the terminal answers alone; others can answer into "
                       "the same --store later");
  }
  return status;
}

static double appraise(const void *self, const heed_step *step) {
  const heed__critic *c = self;
  heed_appraisal appraisal = heed_env_appraise(c->env, step->obs, step->action, step->next_obs);
  return appraisal.task + c->safety * appraisal.safety;
}

/* The streams of teachers: one each, then one for who is asked. Questions number below 2^32. */
static heed_rng stream(const heed_rng *master, size_t known, size_t i) {
  return heed_rng_derive(master, HEED_STREAM_TEACHER, known + ((uint64_t)i << 32));
}

heed_teacher heed__crowd_init(heed__crowd *crowd, const heed__teachers *teachers,
                              const heed_env *env, const heed_rng *master, size_t known) {
  for (size_t i = 0; i < teachers->count; i++) {
    crowd->critics[i] = (heed__critic){env, teachers->params[i].safety};
    crowd->later[i] = (heed__critic){env, teachers->params[i].safety_later};
    crowd->people[i] = (heed_simulated_person){.judge = {appraise, &crowd->critics[i]},
                                               .later = {appraise, &crowd->later[i]},
                                               .params = teachers->params[i],
                                               .name = teachers->names[i],
                                               .rng = stream(master, known, i)};
  }
  crowd->crowd = (heed_simulated_crowd){crowd->people, teachers->count,
                                        stream(master, known, HEED__TEACHERS_MAX)};
  return teachers->count == 1 ? heed_simulated_teacher(&crowd->people[0])
                              : heed_simulated_crowd_teacher(&crowd->crowd);
}
