/* cmd_learn_reward.c: `heed learn reward`: ask a person, simulated or real, what is wanted. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "agent/ask.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/people.h"
#include "cli/person.h"
#include "cli/print.h"
#include "cli/teacher.h"
#include "cli/wishes.h"

/* In the order of heed_questions. */
#define QUESTIONS "information|decision|disagreement|entropy|request|uniform"

enum { PARAMS_TEXT = 1024, STORE_WAIT_MS = 3000, WISHES = 8, KINDS_MAX = 8 };
typedef struct settings {
  heed__common common;
  const char *params;
  const char *map;
  const char *dynamics, *experience;
  const char *model, *model_params;
  const char *teacher, *teacher_params;
  const char *who;
  uint32_t comparisons, batch;
  int32_t questions;
  const char *kinds;
  const char *ask, *planner;
  const char *store, *topic;
  int32_t colour;
  const char *output;
  char teacher_text[PARAMS_TEXT], ask_text[PARAMS_TEXT], planner_text[PARAMS_TEXT]; /* in full */
} settings;

static const heed__option options[] = {
    {"params", 0, HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), NULL, 0, 0, NULL, "FILE",
     "Dynamics model, in which plans are imagined; without one, questions are about experience "
     "alone"},
    {"experience", 'e', HEED__OPTION_TEXT, offsetof(settings, experience), NULL, 0, 0, NULL, "FILE",
     "Experience, of which stretches are shown and in which plans begin; required"},
    {"model", 'm', HEED__OPTION_TEXT, offsetof(settings, model), "linear", 0, 0, NULL, "NAME",
     "Kind of reward model"},
    {"model-params", 'p', HEED__OPTION_TEXT, offsetof(settings, model_params), NULL, 0, 0, NULL,
     "P", "Its parameters, e.g. prior_scale=10; 'heed help reward' lists them"},
    {"teacher", 't', HEED__OPTION_TEXT, offsetof(settings, teacher), "simulated", 0, 0, NULL, "WHO",
     "Who is asked: a person at the terminal (person), or a simulated one: simulated, oracle, "
     "noisy, "
     "mistake, skip, equal, myopic, tiring, with parameters (noisy,beta=0.5), or several "
     "(oracle+noisy)"},
    {"teacher-params", 0, HEED__OPTION_TEXT, offsetof(settings, teacher_params), NULL, 0, 0, NULL,
     "P",
     "Parameters for all of them: beta=0.2 (rationality per unit of reward), mistakes=0 (share "
     "answered at random), safety=1 (weight of what is to be said besides the task), perfect=false "
     "(never errs), gamma=1 (myopia), skip=0, equal=0 (shares of the average return), tires=0, "
     "fades=0, turns=0 (answers until half are at random, beta is half, half the taste is that of "
     "safety_later=0)"},
    {"who", 0, HEED__OPTION_TEXT, offsetof(settings, who), NULL, 0, 0, NULL, "NAME",
     "Name that a person's answers are kept under in the store (default: person)"},
    {"comparisons", 'n', HEED__OPTION_COUNT, offsetof(settings, comparisons), "60", 1, 1e6, NULL,
     "N", "Answers to have in the end, those already in the store included"},
    {"questions", 0, HEED__OPTION_CHOICE, offsetof(settings, questions), "information", 0, 0,
     QUESTIONS, "WHICH",
     "What makes a question worth asking: what its answer tells about the reward, or helps to "
     "decide, "
     "how draws from the posterior disagree about it, how open it is; what a search for the "
     "highest, "
     "lowest, least certain and least seen finds, in turn (request); nothing (uniform: any clips)"},
    {"kinds", 'k', HEED__OPTION_TEXT, offsetof(settings, kinds), "comparison", 0, 0, NULL, "LIST",
     "What is asked for, in turn: comparison, ranking, rating (of a clip), label (of a step), with "
     "commas between"},
    {"batch", 0, HEED__OPTION_COUNT, offsetof(settings, batch), "1", 1, 12, NULL, "N",
     "Questions made at a time, all different; the model is fitted after their answers"},
    {"ask", 0, HEED__OPTION_TEXT, offsetof(settings, ask), NULL, 0, 0, NULL, "P",
     "How questions are made, e.g. options=3 (of comparisons and rankings), grades=5, "
     "candidates=12, draws=48, segment_steps=30; 'heed help ask' lists all"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the planner that imagines plans, e.g. simulations=100; 'heed help planner' "
     "lists them"},
    {"store", 0, HEED__OPTION_TEXT, offsetof(settings, store), NULL, 0, 0, NULL, "FILE",
     "SQLite database that keeps the answers; a later run goes on from them. Required for a "
     "person"},
    {"topic", 0, HEED__OPTION_TEXT, offsetof(settings, topic), "task", 0, 0, NULL, "NAME",
     "What is being learned: a model reads the answers of one topic"},
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Show clips in colour: auto, always or never"},
    {"output", 'o', HEED__OPTION_TEXT, offsetof(settings, output), "reward.heed", 0, 0, NULL,
     "FILE", "File to write"},
};

static const heed__usage usage = {
    .command = "heed learn reward",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Asks which of several clips is better, or how good one is, fits a reward model to the "
        "answers, "
        "and writes it to a file.",
    .more =
        "A person answers with single keys: < left, > right, 1, 2, ... of more clips or grades, = "
        "equally "
        "good, + 0 - of a step, s cannot say, u take the last answer back, r show again, q stop. "
        "Answers "
        "are in the store before the next question is shown. Corrections and approvals are "
        "given with 'heed label', demonstrations and the off switch with 'heed feedback import'; "
        "all that "
        "the store holds on the topic is learned from.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* All that asking needs; owned unless said otherwise. */
typedef struct job {
  heed_env *env;
  heed_dynamics *dynamics; /* NULL when not needed */
  heed_card dynamics_card;
  heed_experience *experience;
  heed_reward *reward;
  heed_store *store; /* or NULL */
  heed_choices choices;
  size_t known; /* choices that were there before */
  heed__teachers teachers;
  heed_ask_config config;
  heed_choice_kind kinds[KINDS_MAX]; /* that are asked for, in turn */
  size_t kind_count;
  heed_reward_report report;
  heed__people people; /* do they agree? */
} job;

/* ---- from the command line ------------------------------------------------------------------ */

/* The rows of ask's table that have no option of their own; rows[count]. */
static size_t ask_rows(heed_param rows[16]) {
  size_t count;
  size_t kept = 0;
  const heed_param *table = heed_ask_params(&count);
  for (size_t i = 0; i < count && kept < 16; i++) {
    bool is_option =
        strcmp(table[i].name, "comparisons") == 0 || strcmp(table[i].name, "questions") == 0;
    if (!is_option) {
      rows[kept++] = table[i];
    }
  }
  return kept;
}

/* "comparison,rating" and so on. What is named twice is asked for twice as often. */
static heed_status parse_kinds(const char *list, job *j, heed_error *err) {
  size_t length;
  j->kind_count = 0;
  for (const char *word = list;; word += length + 1) {
    heed_choice_kind kind = HEED_COMPARISON;
    length = strcspn(word, ",");
    while (kind <= HEED_LABEL && (strlen(heed_choice_kind_name(kind)) != length ||
                                  strncmp(heed_choice_kind_name(kind), word, length) != 0)) {
      kind++;
    }
    if (kind > HEED_LABEL || j->kind_count == KINDS_MAX) {
      return heed_fail(
          err, HEED_ERR_ARG,
          "--kinds: '%.*s', up to %d of comparison, ranking, rating and label expected",
          (int)length, word, KINDS_MAX);
    }
    j->kinds[j->kind_count++] = kind;
    if (word[length] == '\0') {
      return HEED_OK;
    }
  }
}

static heed_status parse_params(settings *s, job *j, heed_error *err) {
  heed_param rows[16];
  size_t row_count = ask_rows(rows);
  size_t planner_count;
  const heed_param *planner_table = heed_planner_params(&planner_count);
  j->config = heed_ask_config_default();
  j->config.comparisons = s->comparisons;
  j->config.questions = (heed_questions)s->questions;
  j->config.batch = s->batch;
  j->config.beta = j->teachers.params[0].beta;
  j->config.mistakes = j->teachers.params[0].mistakes;
  j->config.tie = j->teachers.is_person || j->teachers.params[0].equal > 0 ? 1 : 0;
  heed_status status = parse_kinds(s->kinds, j, err);
  if (status != HEED_OK) {
    return status;
  }
  j->config.kind = j->kinds[0];
  status = heed__params_overlay(rows, row_count, s->ask, &j->config, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "--ask");
  }
  if (j->kind_count == 1) { /* --ask kind=... names one, too */
    j->kinds[0] = j->config.kind;
  }
  s->batch = j->config.batch;
  status = heed__read_planner(s->planner, j->env, &j->config.planner, err);
  if (status != HEED_OK) {
    return status;
  }
  if (j->teachers.count == 1) { /* one name, all parameters; several stay as they were written */
    size_t teacher_count;
    const heed_param *teacher_table = heed_simulated_table(&teacher_count);
    (void)heed_params_format(teacher_table, teacher_count, &j->teachers.params[0], s->teacher_text,
                             sizeof s->teacher_text, NULL);
    s->teacher = j->teachers.names[0];
    s->teacher_params = s->teacher_text;
  }
  (void)heed_params_format(rows, row_count, &j->config, s->ask_text, sizeof s->ask_text, NULL);
  (void)heed_params_format(planner_table, planner_count, &j->config.planner, s->planner_text,
                           sizeof s->planner_text, NULL);
  s->ask = s->ask_text;
  s->planner = s->planner_text;
  return HEED_OK;
}

/* What does not go together. */
static heed_status check(const settings *s, const job *j, heed_error *err) {
  if (s->experience == NULL) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "--experience FILE is missing: clips are made of it; 'heed explore' makes one");
  }
  bool imagines = s->questions == HEED_QUESTIONS_REQUEST || s->questions == HEED_QUESTIONS_DECISION;
  if (s->dynamics == NULL && imagines) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--dynamics FILE is missing: these questions are imagined in it; give one, or "
                     "--questions=information");
  }
  if (j->teachers.is_person && s->store == NULL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--store FILE is missing: a person's answers are kept, always");
  }
  if (s->topic[0] == '\0' || (s->who != NULL && s->who[0] == '\0')) {
    return heed_fail(err, HEED_ERR_ARG, "--topic and --who must not be empty");
  }
  return HEED_OK;
}

static heed_status prepare(settings *s, job *j, heed_error *err) {
  heed_status status = heed__teachers_parse(s->teacher, s->teacher_params, &j->teachers, err);
  if (status == HEED_OK) {
    status = check(s, j, err);
  }
  if (status == HEED_OK) {
    status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  }
  if (status == HEED_OK) {
    s->params = heed_env_params_of(j->env);
    s->map = NULL; /* it is among the parameters now */
    status = parse_params(s, j, err);
  }
  if (status == HEED_OK && !j->teachers.is_person && !heed_env_has_appraisal(j->env)) {
    status = heed_fail(err, HEED_ERR_ARG,
                       "nobody has said what a person would think of %s; try --teacher=person",
                       s->common.args[0]);
  }
  if (status == HEED_OK) {
    const heed_env_spec *spec = heed_env_spec_of(j->env);
    status = heed_reward_create(s->model, s->model_params, &spec->obs_space, &spec->action_space,
                                &j->reward, err);
  }
  if (status == HEED_OK) {
    s->model_params = heed_reward_params_of(j->reward);
  }
  return status;
}

/* Opens what is on the disk, and reads the answers that are there. */
static heed_status open_files(const settings *s, job *j, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  const char *inputs[] = {s->experience, s->dynamics, s->store};
  heed_status status = heed__check_output(s->output, inputs, 3, err);
  if (status == HEED_OK) {
    status = heed__load_experience(s->experience, j->env, &j->experience, NULL, err);
  }
  if (status == HEED_OK && s->dynamics != NULL) {
    status = heed__load_dynamics(s->dynamics, j->env, 1, &j->dynamics, &j->dynamics_card, err);
  }
  if (status == HEED_OK && s->store != NULL) {
    status = heed_store_open(s->store, &spec->obs_space, &spec->action_space, STORE_WAIT_MS,
                             &j->store, err);
    if (status == HEED_OK) {
      status = heed_store_read(j->store, s->topic, &j->choices, err);
    }
  }
  j->known = j->choices.count;
  return status;
}

/* ---- asking --------------------------------------------------------------------------------- */

static heed_status ask(const settings *s, job *j, const heed_teacher *teacher,
                       const heed_rng *master, heed_error *err) {
  heed_ask_parties parties = {.dynamics = j->dynamics,
                              .experience = j->experience,
                              .reward = j->reward,
                              .teacher = teacher,
                              .store = j->store,
                              .topic = s->topic};
  heed_progress_bar bar;
  bool is_quiet = s->common.quiet || j->teachers.is_person;
  heed_progress_bar_begin(&bar, "asking", is_quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed_status status = HEED_OK;
  bool goes_on = true;
  for (size_t turn = 0; status == HEED_OK && goes_on; turn++) { /* a batch of each kind in turn */
    heed_ask_config config = j->config;
    size_t wanted = j->choices.count + config.batch;
    config.kind = j->kinds[turn % j->kind_count];
    config.comparisons =
        j->kind_count > 1 && wanted < s->comparisons ? (uint32_t)wanted : s->comparisons;
    status = heed_ask(&parties, &config, master, &j->choices, &sink, &j->report, err);
    goes_on = j->choices.count >= config.comparisons && j->choices.count < s->comparisons;
  }
  heed_progress_bar_end(&bar);
  return status;
}

static heed_status ask_simulated(const settings *s, job *j, heed_error *err) {
  heed_rng master;
  heed_rng_init(&master, s->common.seed);
  heed__crowd crowd;
  heed_teacher teacher = heed__crowd_init(&crowd, &j->teachers, j->env, &master, j->known);
  return ask(s, j, &teacher, &master, err);
}

static heed_status ask_person(const settings *s, job *j, heed_error *err) {
  heed_rng master;
  heed_rng_init(&master, s->common.seed);
  heed__person person;
  heed_status status =
      heed__person_init(&person, j->env, stderr, heed__colour_of(s->colour, stderr), err);
  if (status == HEED_OK) {
    person.beta = j->teachers.params[0].beta;
    person.mistakes = j->teachers.params[0].mistakes;
    person.wanted = s->comparisons;
    heed_teacher teacher = heed__person_teacher(&person, s->who != NULL ? s->who : "person");
    status = ask(s, j, &teacher, &master, err);
  }
  heed__person_deinit(&person);
  return status;
}

/* ---- what came of it ------------------------------------------------------------------------ */

static heed_status save(const settings *s, const job *j, heed_error *err) {
  heed_card card;
  heed_param rows[16];
  size_t row_count = ask_rows(rows);
  heed__card_begin(&card, "heed learn reward", j->env, s->common.seed);
  heed_card_text(&card, "model", "%s", s->model);
  heed_card_text(&card, "model params", "%s", s->model_params);
  heed_card_text(&card, "teacher", "%s",
                 j->teachers.is_person && s->who != NULL ? s->who : s->teacher);
  if (j->teachers.count == 1) {
    size_t teacher_count;
    const heed_param *teacher_table = heed_simulated_table(&teacher_count);
    heed__card_params(&card, "teacher", teacher_table, teacher_count, &j->teachers.params[0]);
  }
  heed_card_text(&card, "topic", "%s", s->topic);
  heed_card_number(&card, "comparisons", s->comparisons);
  heed_card_text(&card, "questions", "%s", heed_questions_name((heed_questions)s->questions));
  heed__card_params(&card, "ask", rows, row_count, &j->config);
  heed_card_text(&card, "planner", "simulations=%u,discount=%g", j->config.planner.simulations,
                 j->config.planner.discount);
  heed_card_text(&card, "experience hash", "%016" PRIx64, heed_experience_hash(j->experience));
  const heed_card_entry *hash = heed_card_find(&j->dynamics_card, "data hash");
  if (j->dynamics != NULL) {
    heed_card_text(&card, "dynamics", "%s", heed_dynamics_ops_of(j->dynamics)->name);
    heed_card_text(&card, "dynamics params", "%s", heed_dynamics_params_of(j->dynamics));
    heed_card_text(&card, "dynamics data hash", "%s", hash != NULL ? hash->text : "unknown");
  }
  heed_card_number(&card, "answers", (double)j->choices.count);
  heed_card_number(&card, "informative answers", (double)j->report.choices);
  heed_card_number(&card, "answers explained", j->report.accuracy);
  heed_card_number(&card, "log posterior", j->report.log_posterior);
  heed__people_card(&j->people, &j->report, &card);
  return heed_reward_save(j->reward, &card, s->output, err);
}

static void report(const settings *s, const job *j) {
  size_t count = j->choices.count;
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(
        result, "result",
        json_pack("{s:o, s:I, s:I, s:I, s:o, s:o}", "file", heed__text_json(s->output), "answers",
                  (json_int_t)count, "answers_at_start", (json_int_t)j->known, "informative",
                  (json_int_t)j->report.choices, "explained", heed__number_json(j->report.accuracy),
                  "wants", heed__wishes_json(j->reward, j->env, WISHES)));
    heed__people_json(&j->people, &j->report, &j->choices, json_object_get(result, "result"));
    heed__print_json(result);
    return;
  }
  heed__options_echo(&usage, s, stdout);
  (void)printf("%zu answers, %zu at the start; %zu told something; the model explains %.1f %%\n",
               count, j->known, j->report.choices, 100 * j->report.accuracy);
  if (count < s->comparisons) {
    (void)printf("stopped before %u answers; the same command goes on from here\n", s->comparisons);
  }
  heed__wishes_print(j->reward, j->env, WISHES, stdout);
  heed__people_print(&j->people, &j->report, &j->choices, stdout);
  (void)printf("reward written to %s\n", s->output);
}

static void release(job *j) {
  heed_choices_deinit(&j->choices);
  heed_store_close(j->store);
  heed_reward_destroy(j->reward);
  heed_experience_destroy(j->experience);
  heed_dynamics_destroy(j->dynamics);
  heed_env_destroy(j->env);
}

int heed__cmd_learn_reward(int argc, char **argv) {
  static settings s; /* long texts */
  job j = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = prepare(&s, &j, &err);
  bool is_misused = status == HEED_ERR_ARG;
  if (status == HEED_OK) {
    status = open_files(&s, &j, &err);
  }
  if (status == HEED_OK) {
    status = j.teachers.is_person ? ask_person(&s, &j, &err) : ask_simulated(&s, &j, &err);
  }
  if (status == HEED_OK) {
    status = heed__people_init(&j.people, j.reward, &j.choices, &err);
  }
  if (status == HEED_OK) {
    status = save(&s, &j, &err);
  }
  if (status == HEED_OK) {
    report(&s, &j);
  }
  if (status == HEED_ERR_BUSY) {
    (void)heed_fail_context(&err, status, "another process is writing; try again when it is done");
  }
  release(&j);
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
