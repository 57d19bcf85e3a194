/* cmd_learn_dynamics.c: `heed learn dynamics`: fit a model of a world to experience.
 *
 * The last episodes are held out at first, and predicted by a model that has not seen them; it also
 * imagines lives in the world that the experience is of. Then it learns the rest too. The figures in the
 * card are of the first model, the data are all. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/report.h"

/* Draws of a held-out step; rollouts unless said otherwise, so that a report takes a second or so. */
enum { DRAWS = 128, CELL_ROLLOUTS = 1000, BOX_ROLLOUTS = 50 };

typedef struct settings {
  heed__common common;
  const char *model, *model_params;
  double hold_out;
  uint32_t rollouts;
  bool no_report;
  const char *output;
} settings;

static const heed__option options[] = {
    {"model", 'm', HEED__OPTION_TEXT, offsetof(settings, model), NULL, 0, 0, NULL, "NAME",
     "Kind of model; default: context where observations are cells, linear where they are numbers"},
    {"model-params", 'p', HEED__OPTION_TEXT, offsetof(settings, model_params), NULL, 0, 0, NULL,
     "P", "Its parameters, e.g. concentration=0.5; 'heed help dynamics' lists them"},
    {"hold-out", 0, HEED__OPTION_REAL, offsetof(settings, hold_out), "0.1", 0, 0.9, NULL, "SHARE",
     "Share of the episodes, the last ones, that the model is measured on before it learns them"},
    {"report-rollouts", 0, HEED__OPTION_COUNT, offsetof(settings, rollouts), "0", 0,
     HEED_ROLLOUTS_COUNT_MAX, NULL, "N",
     "Lives that are imagined for the report, beside real ones; 0: 1000, of a box 50"},
    {"no-report", 0, HEED__OPTION_FLAG, offsetof(settings, no_report), NULL, 0, 0, NULL, NULL,
     "Do not measure the model; nothing is held out"},
    {"output", 'o', HEED__OPTION_TEXT, offsetof(settings, output), "dynamics.heed", 0, 0, NULL,
     "FILE", "File to write"},
};

static const heed__usage usage = {
    .command = "heed learn dynamics",
    .args = "EXPERIENCE",
    .args_min = 1,
    .args_max = 1,
    .summary = "Fits a dynamics model to the experience in a file, and writes it to another.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

typedef struct job {
  heed_experience *experience; /* owned */
  heed_card origin;            /* of the experience */
  heed_dynamics *model;        /* owned */
  heed__report report;
} job;

/* Copies an entry of the experience's card. */
static void inherit(heed_card *card, const heed_card *from, const char *name, const char *as) {
  const heed_card_entry *entry = heed_card_find(from, name);
  if (entry != NULL && entry->is_number) {
    heed_card_number(card, as, entry->number);
  } else if (entry != NULL) {
    heed_card_text(card, as, "%s", entry->text);
  }
}

static heed_status save(const settings *s, const job *j, heed_error *err) {
  heed_card card;
  heed__card_begin(&card, "heed learn dynamics", NULL, s->common.seed);
  inherit(&card, &j->origin, "env", "env");
  inherit(&card, &j->origin, "env params", "env params");
  inherit(&card, &j->origin, "policy", "data policy");
  inherit(&card, &j->origin, "seed", "data seed");
  heed_card_number(&card, "data steps", (double)heed_experience_count(j->experience));
  heed_card_number(&card, "data episodes", (double)heed_experience_episode_count(j->experience));
  heed_card_text(&card, "data hash", "%016" PRIx64, heed_experience_hash(j->experience));
  heed_card_text(&card, "model", "%s", s->model);
  heed_card_text(&card, "model params", "%s", s->model_params);
  heed__report_card(&j->report, &card);
  return heed_dynamics_save(j->model, &card, s->output, err);
}

/* The world that the experience is of, if its card tells and there is such a one; else NULL. */
static heed_env *world_of(const job *j) {
  const heed_card_entry *name = heed_card_find(&j->origin, "env");
  const heed_card_entry *params = heed_card_find(&j->origin, "env params");
  heed_env *env = NULL;
  if (name == NULL || name->is_number || (params != NULL && params->is_number) ||
      heed_env_create(name->text, params != NULL ? params->text : NULL, &env, NULL) != HEED_OK) {
    return NULL;
  }
  const heed_env_spec *spec = heed_env_spec_of(env);
  if (!heed_space_equal(&spec->obs_space, heed_experience_obs_space(j->experience)) ||
      !heed_space_equal(&spec->action_space, heed_experience_action_space(j->experience))) {
    heed_env_destroy(env);
    return NULL;
  }
  return env;
}

/* Measures the model on the episodes from `first_episode` on, which it has not learned from, and on
 * lives in the world. */
static heed_status assess(const settings *s, job *j, size_t first_episode, heed_error *err) {
  heed__report *r = &j->report;
  heed_rng master;
  heed_rng_init(&master, s->common.seed);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_TEST, 0);
  r->is_made = true;
  r->is_box = heed_experience_obs_space(j->experience)->kind == HEED_SPACE_BOX;
  heed_status status =
      heed_assess_steps(j->model, j->experience, first_episode, DRAWS, &rng, &r->step, err);
  heed_env *env = status == HEED_OK ? world_of(j) : NULL;
  if (env != NULL) {
    uint32_t usual = r->is_box ? BOX_ROLLOUTS : CELL_ROLLOUTS;
    rng = heed_rng_derive(&master, HEED_STREAM_TEST, 1);
    status = heed_assess_rollouts(env, j->model, s->rollouts > 0 ? s->rollouts : usual, &rng,
                                  &r->rollout, err);
  }
  heed_env_destroy(env);
  return status;
}

/* Learns all but the last episodes, is measured, and learns those. */
static heed_status train(const settings *s, job *j, heed_error *err) {
  const heed_experience *e = j->experience;
  size_t episodes = heed_experience_episode_count(e);
  size_t held_out = s->no_report ? 0 : (size_t)ceil(s->hold_out * (double)episodes);
  size_t kept = episodes > held_out ? episodes - held_out : episodes;
  size_t split = heed_experience_episode_begin(e, kept);
  size_t rest = heed_experience_count(e) - split;
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", s->common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed_status status = heed_dynamics_learn(j->model, e, 0, split, &sink, err);
  if (status == HEED_OK && !s->no_report) {
    status = assess(s, j, kept, err);
  }
  if (status == HEED_OK && rest > 0) {
    status = heed_dynamics_learn(j->model, e, split, rest, &sink, err);
  }
  heed_progress_bar_end(&bar);
  return status;
}

static void report(const settings *s, const job *j) {
  size_t steps = heed_experience_count(j->experience);
  if (s->common.format == HEED__JSON) {
    json_t *document = heed__options_json(&usage, s);
    json_t *result =
        json_pack("{s:o, s:I}", "file", heed__text_json(s->output), "steps", (json_int_t)steps);
    if (j->report.is_made) {
      heed__report_json(&j->report, result);
    }
    (void)json_object_set_new(document, "result", result);
    heed__print_json(document);
    return;
  }
  heed__options_echo(&usage, s, stdout);
  (void)printf("learned from %zu steps in %zu episodes\n", steps,
               heed_experience_episode_count(j->experience));
  heed__report_print(&j->report, stdout);
  (void)printf("dynamics written to %s\n", s->output);
}

int heed__cmd_learn_dynamics(int argc, char **argv) {
  settings s = {0};
  job j = {0};
  heed_error err = {0};
  bool is_misused = false;
  heed__options_parse(&usage, argc, argv, &s);
  const char *inputs[] = {s.common.args[0]};
  heed_status status = heed__check_output(s.output, inputs, 1, &err);
  if (status == HEED_OK) {
    status = heed__load_experience(s.common.args[0], NULL, &j.experience, &j.origin, &err);
  }
  if (status == HEED_OK && s.model == NULL) {
    s.model = heed__usual_dynamics(heed_experience_obs_space(j.experience));
  }
  if (status == HEED_OK) {
    status = heed_dynamics_create(s.model, s.model_params, heed_experience_obs_space(j.experience),
                                  heed_experience_action_space(j.experience), &j.model, &err);
    is_misused = status == HEED_ERR_ARG;
  }
  if (status == HEED_OK) {
    s.model_params = heed_dynamics_params_of(j.model);
    status = train(&s, &j, &err);
  }
  if (status == HEED_OK) {
    status = save(&s, &j, &err);
  }
  if (status == HEED_OK) {
    report(&s, &j);
  }
  heed_dynamics_destroy(j.model);
  heed_experience_destroy(j.experience);
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
