/* control_dynamics.c: how well models of boxes foretell, and whether their intervals hold.
 *
 *   control_dynamics --seeds 20 --svg control-dynamics.svg > table.md
 *
 * For each world, model and seed: a life of uniformly random actions is learned in one pass. Then single
 * steps of a second life are predicted from what was really seen before them, and lives of random actions are
 * imagined from real starts, with the same actions as real ones (agent/assess.h). Progress goes to stderr, a
 * table in Markdown to stdout. Equal settings give equal figures, whatever the threads, on one machine.
 * docs/results/control-dynamics.md says more. */
#include <assert.h>
#include <gsl/gsl_errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/assess.h"
#include "agent/explore.h"
#include "bench/plot.h"
#include "bench/study.h"

enum { SEEDS_MAX = 1000, HORIZONS = 4, MODELS_MAX = 4, TESTED_STEPS = 1000 };

/* Those of heed_assess_rollouts. */
static const uint32_t horizons[HORIZONS] = {1, 5, 20, 50};

/* What is aimed at. */
static const double error_aim = 0.01;
static const double coverage_aim[2] = {0.85, 0.95};

/* Worlds, and how long they are lived in by default. */
static const struct {
  const char *name;
  uint32_t steps;
} known_worlds[] = {{"cartpole", 1000},
                    {"pendulum", 1000},
                    {"acrobot", 5000},
                    {"mountain-car", 5000},
                    {"mountain-car-continuous", 5000}};
enum { WORLDS = sizeof known_worlds / sizeof known_worlds[0] };

/* ---- settings --------------------------------------------------------------------------------- */

typedef struct settings {
  heed__common common;
  heed__words worlds, models;
  const char *params; /* borrowed; of all models; NULL: defaults */
  uint32_t seeds, rollouts, steps, episode_steps;
  uint32_t threads;
  const char *json, *svg; /* borrowed; NULL: none */
} settings;

static const heed__option options[] = {
    {"worlds", 'w', HEED__OPTION_WORDS, offsetof(settings, worlds),
     "cartpole,pendulum,acrobot,mountain-car,mountain-car-continuous", 0, 0, NULL, "LIST",
     "Worlds, comma between"},
    {"models", 'm', HEED__OPTION_WORDS, offsetof(settings, models), "linear,ensemble", 0, 0, NULL,
     "LIST", "Models"},
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of all models, e.g. degree=3; their own if it is not given"},
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Seeds 1 to N"},
    {"rollouts", 'r', HEED__OPTION_COUNT, offsetof(settings, rollouts), "50", 1,
     HEED_ROLLOUTS_COUNT_MAX, NULL, "N", "Lives that are imagined for each seed"},
    {"steps", 'n', HEED__OPTION_COUNT, offsetof(settings, steps), NULL, 1, 1000000, NULL, "N",
     "Steps that are learned from; if it is not given 1000 in cartpole and pendulum, 5000 "
     "elsewhere"},
    {"episode-steps", 'e', HEED__OPTION_COUNT, offsetof(settings, episode_steps), "40", 1, 1000000,
     NULL, "N", "Leave an episode of these after so many"},
    {"json", 'j', HEED__OPTION_TEXT, offsetof(settings, json), NULL, 0, 0, NULL, "FILE",
     "Writes all figures there"},
    {"svg", 'o', HEED__OPTION_TEXT, offsetof(settings, svg), NULL, 0, 0, NULL, "FILE",
     "Draws the means there"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "control_dynamics",
    .args = "",
    .summary =
        "Measures how well models of worlds in numbers foretell, "
        "and whether their intervals hold.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* ---- one seed --------------------------------------------------------------------------------- */

/* Figures of one seed, and their order in tables. Shares; NAN where no life went on so long. */
enum { ERRORS, SINGLE = ERRORS + HORIZONS, COVERED, FIGURES = COVERED + HORIZONS };
typedef struct figures {
  double of[FIGURES];
} figures;

/* A row of the table: a world, and a model of it. */
typedef struct row {
  const settings *settings;
  const heed_env *env; /* while it is measured */
  const char *world, *model;
  uint32_t steps;
  figures seeds[SEEDS_MAX];
  heed__interval means[FIGURES];
} row;

/* A life of uniformly random actions. */
static heed_status live(const row *r, uint32_t steps, const heed_rng *master,
                        heed_experience **life, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(r->env);
  heed_explore_config config = heed_explore_config_default();
  config.steps = steps;
  config.episode_steps = r->settings->episode_steps;
  config.policy = HEED_EXPLORE_RANDOM;
  heed_status status = heed_experience_create(&spec->obs_space, &spec->action_space, life, err);
  return status == HEED_OK ? heed_explore(r->env, NULL, &config, master, *life, NULL, err) : status;
}

/* Single steps of a life that was not learned from. The first and the last bin hold the events of lying below
 * the 5 % and the 95 % points of the prediction. */
static heed_status assess_single(const row *r, const heed_dynamics *model, heed_rng *master,
                                 figures *result, heed_error *err) {
  heed_experience *life = NULL;
  heed_assess_step step;
  heed_rng own;
  heed_rng of_life = heed_rng_derive(master, HEED_STREAM_TEST, 0);
  heed_rng rng = heed_rng_derive(master, HEED_STREAM_TEST, 1);
  heed_rng_init(&own, heed_rng_next(&of_life));
  heed_status status = live(r, TESTED_STEPS, &own, &life, err);
  if (status == HEED_OK) {
    status = heed_assess_steps(model, life, 0, 2, &rng, &step, err);
  }
  if (status == HEED_OK) {
    result->of[SINGLE] = step.bins[HEED_ASSESS_BINS - 1].happened - step.bins[0].happened;
  }
  heed_experience_destroy(life);
  return status;
}

static heed_status assess_imagined(const row *r, const heed_dynamics *model, heed_rng *master,
                                   figures *result, heed_error *err) {
  heed_assess_rollout rollout;
  heed_rng rng = heed_rng_derive(master, HEED_STREAM_TEST, 2);
  heed_status status =
      heed_assess_rollouts(r->env, model, r->settings->rollouts, &rng, &rollout, err);
  if (status != HEED_OK) {
    return status;
  }
  for (uint32_t h = 0; h < HORIZONS; h++) {
    bool is_there = h < rollout.horizon_count;
    result->of[ERRORS + h] = is_there ? rollout.horizons[h].mean_error : (double)NAN;
    result->of[COVERED + h] = is_there ? rollout.horizons[h].coverage : (double)NAN;
  }
  return HEED_OK;
}

static heed_status run_seed(void *context, uint32_t i, heed_error *err) {
  row *r = context;
  const heed_env_spec *spec = heed_env_spec_of(r->env);
  heed_experience *life = NULL;
  heed_dynamics *model = NULL;
  heed_rng master;
  heed_rng_init(&master, (uint64_t)i + 1);
  heed_status status = heed_dynamics_create(r->model, r->settings->params, &spec->obs_space,
                                            &spec->action_space, &model, err);
  if (status == HEED_OK) {
    status = live(r, r->steps, &master, &life, err);
  }
  if (status == HEED_OK) {
    status = heed_dynamics_learn(model, life, 0, r->steps, NULL, err);
  }
  if (status == HEED_OK) {
    status = assess_single(r, model, &master, &r->seeds[i], err);
  }
  if (status == HEED_OK) {
    status = assess_imagined(r, model, &master, &r->seeds[i], err);
  }
  heed_experience_destroy(life);
  heed_dynamics_destroy(model);
  return status;
}

/* ---- rows ------------------------------------------------------------------------------------- */

/* Over the seeds of which there is a figure. */
static void summarize(row *r) {
  for (size_t f = 0; f < FIGURES; f++) {
    double values[SEEDS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->settings->seeds; i++) {
      if (isfinite(r->seeds[i].of[f])) {
        values[n++] = r->seeds[i].of[f];
      }
    }
    r->means[f] = heed__interval_of(values, n);
    r->means[f].mean = n > 0 ? r->means[f].mean : (double)NAN;
  }
}

static uint32_t steps_in(const settings *s, const char *world) {
  enum { STEPS = 5000 };
  for (size_t w = 0; w < WORLDS && s->steps == 0; w++) {
    if (strcmp(known_worlds[w].name, world) == 0) {
      return known_worlds[w].steps;
    }
  }
  return s->steps > 0 ? s->steps : STEPS;
}

static heed_status run_row(row *r, heed__study *study, heed_error *err) {
  heed_env *env = NULL;
  heed_status status = heed_env_create(r->world, NULL, &env, err);
  if (status == HEED_OK && heed_env_spec_of(env)->obs_space.kind != HEED_SPACE_BOX) {
    status = heed_fail(err, HEED_ERR_ARG, "'%s' is no world in numbers", r->world);
  }
  r->env = env;
  study->context = r;
  if (status == HEED_OK) {
    status = heed__study_run(study, err);
  }
  if (status == HEED_OK) {
    summarize(r);
  }
  heed_env_destroy(env);
  return status;
}

/* ---- output ----------------------------------------------------------------------------------- */

static void print_head(void) {
  (void)fputs("| world | model | learned |", stdout);
  for (size_t h = 0; h < HORIZONS; h++) {
    (void)printf(" error after %u |", horizons[h]);
  }
  (void)fputs(" single steps covered |", stdout);
  for (size_t h = 0; h < HORIZONS; h++) {
    (void)printf(" step %u covered |", horizons[h]);
  }
  (void)fputs("\n|---|---|---:|", stdout);
  for (size_t f = 0; f < FIGURES; f++) {
    (void)fputs("---:|", stdout);
  }
  (void)putchar('\n');
}

static void print_row(const row *r) {
  (void)printf("| %s | %s | %u |", r->world, r->model, r->steps);
  for (size_t f = 0; f < FIGURES; f++) {
    const heed__interval *of = &r->means[f];
    const char *format = f < SINGLE ? " %.2g" : " %.1f";
    if (!isfinite(of->mean)) {
      (void)fputs(" – |", stdout);
      continue;
    }
    (void)printf(format, 100 * of->mean);
    if (isfinite(of->half)) {
      (void)fputs(" ±", stdout);
      (void)printf(format, 100 * of->half);
    }
    (void)fputs(" |", stdout);
  }
  (void)putchar('\n');
  (void)fflush(stdout);
}

static json_t *row_json(const row *r) {
  json_t *seeds = json_array();
  for (uint32_t i = 0; i < r->settings->seeds; i++) {
    json_t *errors = json_array();
    json_t *covered = json_array();
    for (size_t h = 0; h < HORIZONS; h++) {
      double error = r->seeds[i].of[ERRORS + h];
      double inside = r->seeds[i].of[COVERED + h];
      (void)json_array_append_new(errors, isfinite(error) ? json_real(error) : json_null());
      (void)json_array_append_new(covered, isfinite(inside) ? json_real(inside) : json_null());
    }
    (void)json_array_append_new(
        seeds, json_pack("{s:I, s:o, s:f, s:o}", "seed", (json_int_t)i + 1, "errors", errors,
                         "single_covered", r->seeds[i].of[SINGLE], "covered", covered));
  }
  return json_pack("{s:s, s:s, s:I, s:o}", "world", r->world, "model", r->model, "learned",
                   (json_int_t)r->steps, "seeds", seeds);
}

static heed_status write_json(const settings *s, row *const *rows, size_t count, heed_error *err) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) {
    (void)json_array_append_new(list, row_json(rows[i]));
  }
  json_t *steps = json_array();
  for (size_t h = 0; h < HORIZONS; h++) {
    (void)json_array_append_new(steps, json_integer(horizons[h]));
  }
  json_t *all =
      json_pack("{s:s, s:I, s:I, s:o, s:o}", "version", HEED_VERSION, "seeds", (json_int_t)s->seeds,
                "rollouts", (json_int_t)s->rollouts, "horizons", steps, "rows", list);
  bool is_good = json_dump_file(all, s->json, JSON_INDENT(1)) == 0;
  json_decref(all);
  return is_good ? HEED_OK : heed_fail(err, HEED_ERR_IO, "'%s' cannot be written", s->json);
}

/* What a model came to, by how far it looks, as far as it is a number. */
static void fill_curve(heed__curve *curve, const heed__interval *means) {
  for (size_t h = 0; h < HORIZONS; h++) {
    if (isfinite(means[h].mean)) {
      curve->shares[curve->count++] = means[h].mean;
    }
  }
}

/* A panel of errors for each world, and below it one of coverage; a curve for each model. */
static heed_status write_plot(const settings *s, row *const *rows, heed_error *err) {
  size_t worlds = s->worlds.count;
  heed__plot_panel *panels = calloc(2 * worlds, sizeof *panels);
  if (panels == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", s->svg);
  }
  for (size_t p = 0; p < 2 * worlds; p++) {
    bool is_error = p < worlds;
    panels[p] = (heed__plot_panel){.title = s->worlds.words[p % worlds],
                                   .count = s->models.count,
                                   .is_log = is_error,
                                   .aim_low = is_error ? 0 : coverage_aim[0],
                                   .aim_high = is_error ? error_aim : coverage_aim[1]};
    for (size_t m = 0; m < s->models.count; m++) {
      const row *r = rows[(p % worlds) * s->models.count + m];
      assert(r != NULL); /* all were run */
      panels[p].curves[m].name = s->models.words[m];
      fill_curve(&panels[p].curves[m], &r->means[is_error ? ERRORS : COVERED]);
    }
  }
  heed__plot plot = {.panels = panels,
                     .count = 2 * worlds,
                     .across = worlds,
                     .marks = horizons,
                     .mark_count = HORIZONS,
                     .mark_step = 1};
  heed_status status = heed__plot_write(&plot, s->svg, err);
  free(panels);
  return status;
}

/* ---- main ------------------------------------------------------------------------------------- */

static heed_status run_all(const settings *s, row **rows, heed_error *err) {
  size_t count = s->worlds.count * s->models.count;
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", s->common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed__study study = {.one = run_seed,
                       .count = s->seeds,
                       .threads = s->threads,
                       .progress = &sink,
                       .total = count * s->seeds};
  heed_status status = HEED_OK;
  print_head();
  for (size_t i = 0; i < count && status == HEED_OK; i++) {
    rows[i] = calloc(1, sizeof *rows[i]);
    if (rows[i] == NULL) {
      status = heed_fail(err, HEED_ERR_NOMEM, "no memory");
      break;
    }
    rows[i]->settings = s;
    rows[i]->world = s->worlds.words[i / s->models.count];
    rows[i]->model = s->models.words[i % s->models.count];
    rows[i]->steps = steps_in(s, rows[i]->world);
    status = run_row(rows[i], &study, err);
    if (status == HEED_OK) {
      print_row(rows[i]);
    }
  }
  heed_progress_bar_end(&bar);
  return status;
}

int main(int argc, char **argv) {
  static row *rows[HEED__WORDS_MAX * MODELS_MAX];
  settings s = {0};
  heed_error err = {0};
  heed_status status = HEED_OK;
  (void)gsl_set_error_handler_off();
  heed__options_parse(&usage, argc, argv, &s);
  if (s.worlds.count == 0 || s.models.count == 0 || s.models.count > MODELS_MAX) {
    status = heed_fail(&err, HEED_ERR_ARG, "a world, and 1 to %d models expected", MODELS_MAX);
  }
  if (status == HEED_OK) {
    status = heed__study_check_outputs((const char *const[]){s.json, s.svg}, 2, &err);
  }
  if (status == HEED_OK) {
    status = run_all(&s, rows, &err);
  }
  if (status == HEED_OK && s.json != NULL) {
    status = write_json(&s, rows, s.worlds.count * s.models.count, &err);
  }
  if (status == HEED_OK && s.svg != NULL) {
    status = write_plot(&s, rows, &err);
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "control_dynamics: %s\n", err.message);
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    free(rows[i]);
  }
  return status == HEED_OK ? 0 : status == HEED_ERR_ARG ? 2 : 1;
}
