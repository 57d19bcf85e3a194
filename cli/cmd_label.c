/* cmd_label.c: `heed label`: a person at the terminal says which of two clips is better, again and again. */
#include <assert.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "agent/explore.h"
#include "cli/commands.h"
#include "cli/label_window.h"
#include "cli/load.h"
#include "cli/person.h"
#include "cli/print.h"
#include "cli/wishes.h"

enum {
  PARAMS_TEXT = 1024,
  STORE_WAIT_MS = 3000,
  WISHES = 4,
  RANDOM_STEPS =
      400 /* of experience where none is given: what can be seen of any world in a moment */
};

typedef struct settings {
  heed__common common;
  const char *params, *map;
  const char *experience, *dynamics;
  const char *feedback, *who, *topic;
  const char *model, *model_params;
  const char *ask, *planner;
  uint32_t answers;
  bool plain;
  int32_t colour;
} settings;

static const heed__option options[] = {
    {"feedback", 0, HEED__OPTION_TEXT, offsetof(settings, feedback), NULL, 0, 0, NULL, "STORE",
     "SQLite database that keeps the answers, made if need be; a later run goes on from them. "
     "Required"},
    {"who", 0, HEED__OPTION_TEXT, offsetof(settings, who), NULL, 0, 0, NULL, "NAME",
     "The name that the answers are kept under. Required"},
    {"topic", 0, HEED__OPTION_TEXT, offsetof(settings, topic), "task", 0, 0, NULL, "NAME",
     "What is being learned: a model reads the answers of one topic"},
    {"experience", 'e', HEED__OPTION_TEXT, offsetof(settings, experience), NULL, 0, 0, NULL, "FILE",
     "Experience, of which stretches are shown; random acts of a moment where none is given"},
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), NULL, 0, 0, NULL, "FILE",
     "Dynamics model, in which plans are imagined and shown; approvals and corrections need it"},
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"answers", 'n', HEED__OPTION_COUNT, offsetof(settings, answers), "0", 0, 1e6, NULL, "N",
     "Stop after so many answers; 0: when the person does"},
    {"model", 'm', HEED__OPTION_TEXT, offsetof(settings, model), "linear", 0, 0, NULL, "NAME",
     "Kind of reward model that chooses the questions"},
    {"model-params", 0, HEED__OPTION_TEXT, offsetof(settings, model_params), NULL, 0, 0, NULL, "P",
     "Its parameters, e.g. prior_scale=10; 'heed help reward' lists them"},
    {"ask", 0, HEED__OPTION_TEXT, offsetof(settings, ask), NULL, 0, 0, NULL, "P",
     "How questions are made, e.g. candidates=12,segment_steps=20,beta=0.5 (how rational the "
     "person is taken to be, per unit of reward); 'heed help ask' lists all"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the planner that imagines plans, e.g. simulations=100; 'heed help planner' "
     "lists them"},
    {"plain", 0, HEED__OPTION_FLAG, offsetof(settings, plain), NULL, 0, 0, NULL, NULL,
     "Ask line by line instead of in a window, as where input is no terminal"},
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Show clips in colour: auto, always or never"},
};

static const heed__usage usage = {
    .command = "heed label",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Plays two clips side by side and asks which is better, until you stop. Every answer is in "
        "the store before the next question; questions are chosen by what the answers would tell.",
    .more =
        "Left and right answer, = equally good, s cannot say, u takes the last answer back, q "
        "stops, ? tells all keys. 'heed learn reward --store STORE' fits a model to the answers, "
        "'heed feedback STORE' lists them.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* All owned. */
typedef struct job {
  heed_env *env;
  heed_dynamics *dynamics; /* or NULL */
  heed_experience *experience;
  heed_reward *reward;
  heed_store *store;
  heed_ask_config config;
  heed__label label;
  char ask_text[PARAMS_TEXT], planner_text[PARAMS_TEXT];
} job;

/* ---- from the command line ------------------------------------------------------------------ */

static heed_status check(const settings *s, heed_error *err) {
  if (s->feedback == NULL || s->feedback[0] == '\0') {
    return heed_fail(err, HEED_ERR_ARG, "--feedback STORE is missing: answers are kept, always");
  }
  if (s->who == NULL || s->who[0] == '\0' || strlen(s->who) >= HEED_WHO_SIZE) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--who NAME is missing, or longer than %d bytes: whose answers are they?",
                     HEED_WHO_SIZE - 1);
  }
  if (s->topic[0] == '\0') {
    return heed_fail(err, HEED_ERR_ARG, "--topic must not be empty");
  }
  return HEED_OK;
}

/* Without the first parameter of asking, how many answers to have in the end: that is up to the person. */
static const heed_param *ask_table(size_t *count) {
  const heed_param *table = heed_ask_params(count);
  assert(strcmp(table[0].name, "comparisons") == 0);
  (*count)--;
  return table + 1;
}

static heed_status parse_params(settings *s, job *j, heed_error *err) {
  size_t count;
  const heed_param *table = ask_table(&count);
  j->config = heed_ask_config_default();
  j->config.tie = 1; /* "equally good" is among the keys */
  heed_status status = heed__params_overlay(table, count, s->ask, &j->config, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "--ask");
  }
  (void)heed_params_format(table, count, &j->config, j->ask_text, sizeof j->ask_text, NULL);
  s->ask = j->ask_text;
  table = heed_planner_params(&count);
  status = heed__read_planner(s->planner, j->env, &j->config.planner, err);
  if (status != HEED_OK) {
    return status;
  }
  (void)heed_params_format(table, count, &j->config.planner, j->planner_text,
                           sizeof j->planner_text, NULL);
  s->planner = j->planner_text;
  return HEED_OK;
}

static heed_status prepare(settings *s, job *j, heed_error *err) {
  heed_status status = check(s, err);
  if (status == HEED_OK) {
    status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  }
  if (status == HEED_OK) {
    s->params = heed_env_params_of(j->env);
    s->map = NULL; /* it is among the parameters now */
    status = parse_params(s, j, err);
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

/* ---- what is shown -------------------------------------------------------------------------- */

static heed_status act_at_random(const settings *s, job *j, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  heed_explore_config config = heed_explore_config_default();
  heed_rng master;
  heed_rng_init(&master, s->common.seed);
  config.policy = HEED_EXPLORE_RANDOM;
  config.steps = RANDOM_STEPS;
  heed_status status =
      heed_experience_create(&spec->obs_space, &spec->action_space, &j->experience, err);
  if (status == HEED_OK) {
    status = heed_explore(j->env, NULL, &config, &master, j->experience, NULL, err);
  }
  return status == HEED_OK
             ? status
             : heed_fail_context(err, status, "--experience FILE is not given, and random acts");
}

static heed_status open_files(const settings *s, job *j, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  heed_status status = s->experience != NULL
                           ? heed__load_experience(s->experience, j->env, &j->experience, NULL, err)
                           : act_at_random(s, j, err);
  if (status == HEED_OK && s->dynamics != NULL) {
    status = heed__load_dynamics(s->dynamics, j->env, 1, &j->dynamics, NULL, err);
  }
  if (status == HEED_OK) {
    status = heed_store_open(s->feedback, &spec->obs_space, &spec->action_space, STORE_WAIT_MS,
                             &j->store, err);
  }
  return status;
}

static void fill_label(const settings *s, job *j) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  bool is_listed = spec->action_space.kind == HEED_SPACE_DISCRETE;
  j->label.parties = (heed_ask_parties){.dynamics = j->dynamics,
                                        .experience = j->experience,
                                        .reward = j->reward,
                                        .store = j->store,
                                        .topic = s->topic};
  j->label.config = &j->config;
  j->label.who = s->who;
  j->label.action_count = is_listed ? spec->action_space.count : 0;
  heed_rng_init(&j->label.master, s->common.seed);
}

/* ---- asking --------------------------------------------------------------------------------- */

static heed_status ask_in_window(const settings *s, job *j, int *signal_number, heed_error *err) {
  heed__colour colour = heed__colour_of(s->colour, stdout);
  if (isatty(STDOUT_FILENO) != 1) {
    return heed_fail(err, HEED_ERR_STATE,
                     "the window needs the terminal, but output goes elsewhere; --plain asks on "
                     "standard error");
  }
  return heed__label_window(&j->label, j->env, s->common.args[0], colour, s->answers, signal_number,
                            err);
}

/* The questions of `heed learn reward`, to the end of the input. */
static heed_status ask_in_lines(const settings *s, job *j, heed_error *err) {
  heed__label *label = &j->label;
  heed__person person;
  heed_status status = heed_store_read(j->store, s->topic, &label->choices, err);
  size_t known = label->choices.count;
  if (status == HEED_OK) {
    status = heed__person_init(&person, j->env, stderr, heed__colour_of(s->colour, stderr), err);
  }
  if (status != HEED_OK) {
    return status;
  }
  heed_ask_config config = j->config;
  config.comparisons = s->answers > 0 ? (uint32_t)known + s->answers : UINT32_MAX;
  person.beta = config.beta;
  person.wanted = s->answers > 0 ? known + s->answers : 0;
  heed_teacher teacher = heed__person_teacher(&person, s->who);
  heed_ask_parties parties = label->parties;
  parties.teacher = &teacher;
  status = heed_ask(&parties, &config, &label->master, &label->choices, NULL, &label->report, err);
  heed__person_deinit(&person);
  label->own = 0;
  for (size_t i = 0; i < label->choices.count; i++) {
    label->own += strcmp(label->choices.items[i].who, s->who) == 0;
  }
  label->count = label->choices.count > known ? label->choices.count - known : 0;
  return status;
}

/* ---- what came of it ------------------------------------------------------------------------ */

static void report(const settings *s, const job *j) {
  const heed__label *label = &j->label;
  size_t asked = 0;
  double foretold = label->entries != NULL ? heed__label_foretold(label, &asked) : 0;
  double pace = label->entries != NULL ? heed__label_pace(label) : 0;
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(
        result, "result",
        json_pack("{s:I, s:I, s:I, s:f, s:f, s:I, s:o}", "answers", (json_int_t)label->own,
                  "answers_now", (json_int_t)label->count, "withdrawn_now",
                  (json_int_t)label->withdrawn, "seconds_each", pace, "foretold", foretold,
                  "foretold_of", (json_int_t)asked, "wants",
                  heed__wishes_json(j->reward, j->env, WISHES)));
    heed__print_json(result);
    return;
  }
  heed__options_echo(&usage, s, stdout);
  (void)printf("%zu answers of %s, %zu now", label->own, s->who, label->count);
  if (pace > 0) {
    (void)printf(", %.1f s each", pace);
  }
  if (asked > 0) {
    (void)printf("; the model foretold %g of %zu", foretold, asked);
  }
  (void)printf("\n");
  if (label->choices.count > 0) {
    heed__wishes_print(j->reward, j->env, WISHES, stdout);
  }
}

static void release(job *j) {
  heed__label_deinit(&j->label);
  heed_store_close(j->store);
  heed_reward_destroy(j->reward);
  heed_experience_destroy(j->experience);
  heed_dynamics_destroy(j->dynamics);
  heed_env_destroy(j->env);
}

int heed__cmd_label(int argc, char **argv) {
  settings s = {0};
  static job j; /* long texts */
  heed_error err = {0};
  int signal_number = 0;
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = prepare(&s, &j, &err);
  bool is_misused = status == HEED_ERR_ARG;
  if (status == HEED_OK) {
    status = open_files(&s, &j, &err);
  }
  if (status == HEED_OK) {
    fill_label(&s, &j);
    status = s.plain || isatty(STDIN_FILENO) != 1 ? ask_in_lines(&s, &j, &err)
                                                  : ask_in_window(&s, &j, &signal_number, &err);
  }
  if (status == HEED_OK && signal_number == 0) {
    report(&s, &j);
  }
  release(&j);
  if (status != HEED_OK) {
    return is_misused ? heed__misused(&usage, &err) : heed__failed(&usage, &err);
  }
  if (signal_number != 0) { /* ends by it, now that everything is in its place */
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
  }
  return HEED__DONE;
}
