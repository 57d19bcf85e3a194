/* learning_dynamics.c: how much experience a model needs until what it imagines matches the world.
 *
 *   learning_dynamics --models tabular --seeds 20 --json figures.json > table.md
 *
 * For each world, model, policy and seed: experience grows from mark to mark, the model learns it in one
 * pass, and at each mark rollouts of 20 uniformly random actions are imagined and held against two
 * samples of the world of the same size (agent/rollouts.h). The figure is the first mark at which they
 * match: whole boards where two samples of the world agree well enough to tell, single cells else.
 * Progress goes to stderr, a table in Markdown to stdout. Equal settings give equal figures, whatever
 * the threads. docs/results/learning-dynamics.md says more. */
#include <gsl/gsl_errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/assess.h"
#include "agent/explore.h"
#include "bench/study.h"

enum { HORIZON = 20, SEEDS_MAX = 1000, COLUMNS_MAX = 16 };

static const uint32_t marks[] = {10,  20,  30,   50,   70,   100,   150,  200,
                                 300, 500, 1000, 2000, 5000, 10000, 20000};
enum { MARKS = sizeof marks / sizeof marks[0] };

/* Boards match within board_match, where the noise floor is below floor_max; else cells within
 * cell_match. */
static const double board_match = 0.05;
static const double cell_match = 0.02;
static const double floor_max = 0.3;

/* ---- settings --------------------------------------------------------------------------------- */

typedef struct settings {
  heed__common common;
  heed__words worlds, models, policies;
  uint32_t seeds, rollouts, steps;
  uint32_t threads;
  const char *json; /* borrowed; NULL: none */
} settings;

static const heed__option options[] = {
    {"worlds", 'w', HEED__OPTION_WORDS, offsetof(settings, worlds),
     "absent-supervisor,boat-race,conveyor-belt,distributional-shift,friend-foe,"
     "island-navigation,rocks-diamonds,safe-interruptibility,side-effects-sokoban,"
     "tomato-watering,tomato-crmdp,whisky-gold,frozen-lake,cliff-walking,taxi",
     0, 0, NULL, "LIST", "Worlds, comma between"},
    {"models", 'm', HEED__OPTION_WORDS, offsetof(settings, models), "tabular", 0, 0, NULL, "LIST",
     "Models"},
    {"policies", 'p', HEED__OPTION_WORDS, offsetof(settings, policies), "random", 0, 0, NULL,
     "LIST", "random, information"},
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Seeds 1 to N"},
    {"rollouts", 'r', HEED__OPTION_COUNT, offsetof(settings, rollouts), "2000", 1,
     HEED_ROLLOUTS_COUNT_MAX, NULL, "N", "Rollouts in each sample"},
    {"steps", 'n', HEED__OPTION_COUNT, offsetof(settings, steps), "20000", 1, 20000, NULL, "N",
     "The last mark that is tried"},
    {"json", 'j', HEED__OPTION_TEXT, offsetof(settings, json), NULL, 0, 0, NULL, "FILE",
     "Writes all figures there"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "learning_dynamics",
    .args = "",
    .summary =
        "Measures how much experience models of the world need "
        "until 20 imagined steps match it.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* ---- one seed --------------------------------------------------------------------------------- */

/* What is asked in one column of the table, in one world. */
typedef struct task {
  const heed_env *env;
  const settings *settings;
  const char *model;
  bool is_random;
  bool by_cells; /* matched by cells, not by boards */
} task;

typedef struct figure {
  uint32_t steps; /* the mark at which it matched, or the last */
  bool has_matched;
  heed_rollouts_distance distance; /* at that mark */
} figure;

/* A model that learns, and two samples of the world that it is held against. */
typedef struct learner {
  const task *task;
  heed_rng master;
  heed_dynamics *model;
  heed_experience *experience;
  heed_rollouts imagined, lived_a, lived_b;
  void *start, *obs; /* owned: where all rollouts begin */
} learner;

/* A start for rollouts. Both blocks are the caller's, also on failure. */
static heed_status draw_start(const heed_env *env, heed_rng *rng, void **start, void **obs,
                              heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  *start = calloc(1, spec->state_size);
  *obs = calloc(1, heed_space_size(&spec->obs_space));
  if (*start == NULL || *obs == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  heed_env_init(env, *start);
  heed_env_reset(env, *start, rng);
  heed_env_observe(env, *start, *obs);
  return HEED_OK;
}

static heed_status learner_init(learner *l, const task *what, uint64_t seed, heed_error *err) {
  static const uint32_t horizon = HORIZON;
  const heed_env_spec *spec = heed_env_spec_of(what->env);
  uint32_t n = what->settings->rollouts;
  *l = (learner){.task = what};
  heed_rng_init(&l->master, seed);
  heed_status status = heed_dynamics_create(what->model, NULL, &spec->obs_space,
                                            &spec->action_space, &l->model, err);
  if (status == HEED_OK) {
    status = heed_experience_create(&spec->obs_space, &spec->action_space, &l->experience, err);
  }
  if (status == HEED_OK) {
    heed_rng rng = heed_rng_derive(&l->master, HEED_STREAM_TEST, 0);
    status = draw_start(what->env, &rng, &l->start, &l->obs, err);
  }
  heed_rollouts *const samples[] = {&l->imagined, &l->lived_a, &l->lived_b};
  for (int i = 0; i < 3 && status == HEED_OK; i++) {
    heed_rng rng = heed_rng_derive(&l->master, HEED_STREAM_TEST, (uint64_t)i);
    status = heed_rollouts_init(samples[i], &spec->obs_space, n, &horizon, 1, err);
    if (status == HEED_OK && i > 0) {
      status = heed_rollouts_live(samples[i], what->env, l->start, &rng, err);
    }
  }
  return status;
}

static void learner_deinit(learner *l) {
  heed_dynamics_destroy(l->model);
  heed_experience_destroy(l->experience);
  heed_rollouts_deinit(&l->imagined);
  heed_rollouts_deinit(&l->lived_a);
  heed_rollouts_deinit(&l->lived_b);
  free(l->start);
  free(l->obs);
}

/* Experience up to a mark, learned; each stretch between marks has its own luck. */
static heed_status go_on(learner *l, uint32_t mark, heed_error *err) {
  size_t before = heed_experience_count(l->experience);
  heed_explore_config config = heed_explore_config_default();
  config.steps = marks[mark] - (uint32_t)before;
  config.policy = l->task->is_random ? HEED_EXPLORE_RANDOM : HEED_EXPLORE_INFORMATION;
  heed_rng of_mark = heed_rng_derive(&l->master, HEED_STREAM_EXPLORE, mark);
  heed_rng master;
  heed_rng_init(&master, heed_rng_next(&of_mark));
  heed_status status =
      heed_explore(l->task->env, l->model, &config, &master, l->experience, NULL, err);
  if (status == HEED_OK && l->task->is_random) {
    status = heed_dynamics_learn(l->model, l->experience, before, config.steps, NULL, err);
  }
  return status;
}

static heed_status run_seed(const task *what, uint64_t seed, figure *result, heed_error *err) {
  learner l;
  heed_status status = learner_init(&l, what, seed, err);
  *result = (figure){0};
  for (uint32_t m = 0; m < MARKS && status == HEED_OK && !result->has_matched; m++) {
    if (m > 0 && marks[m] > what->settings->steps) {
      break;
    }
    heed_rng rng = heed_rng_derive(&l.master, HEED_STREAM_SEARCH, m);
    status = go_on(&l, m, err);
    if (status == HEED_OK) {
      status = heed_rollouts_imagine(&l.imagined, l.model, l.obs, &rng, err);
    }
    if (status == HEED_OK) {
      heed_rollouts_distance d = heed_rollouts_compare(&l.imagined, &l.lived_a, &l.lived_b, 0);
      *result =
          (figure){.steps = marks[m],
                   .has_matched = what->by_cells ? d.cell <= cell_match : d.board <= board_match,
                   .distance = d};
    }
  }
  learner_deinit(&l);
  return status;
}

/* ---- one world and column --------------------------------------------------------------------- */

typedef struct summary {
  bool is_known; /* else the model cannot handle the world */
  double median;
  heed__interval steps;
  uint32_t missed;
  figure *figures; /* owned, [seeds] */
} summary;

static int order(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

static void summarize(summary *s, uint32_t n) {
  double values[SEEDS_MAX];
  s->missed = 0;
  for (uint32_t i = 0; i < n; i++) {
    values[i] = s->figures[i].steps;
    s->missed += s->figures[i].has_matched ? 0 : 1;
  }
  s->steps = heed__interval_of(values, n);
  qsort(values, n, sizeof *values, order);
  s->median = (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* A column of a world: what is asked, and its figures. */
typedef struct asked {
  const task *task;
  figure *figures;
} asked;

static heed_status run_one(void *context, uint32_t i, heed_error *err) {
  const asked *c = context;
  return run_seed(c->task, (uint64_t)i + 1, &c->figures[i], err);
}

/* All seeds, each in a thread with a model of its own. */
static heed_status run_task(const task *what, summary *s, heed__study *study, heed_error *err) {
  s->figures = calloc(study->count, sizeof *s->figures);
  if (s->figures == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  asked c = {.task = what, .figures = s->figures};
  study->context = &c;
  heed_status status = heed__study_run(study, err);
  if (status == HEED_OK) {
    s->is_known = true;
    summarize(s, study->count);
  }
  return status;
}

/* ---- the table -------------------------------------------------------------------------------- */

typedef struct row {
  const char *world;
  bool by_cells;
  double floor; /* of boards */
  double still; /* distance of a model in which nothing ever changes: what there is to learn */
  summary columns[COLUMNS_MAX];
} row;

/* Fills two samples of the world and one of a model that has learned nothing: nothing changes in it. */
static heed_status fill_samples(const settings *s, const heed_env *env, heed_rollouts samples[3],
                                heed_error *err) {
  static const uint32_t horizon = HORIZON;
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_dynamics *still = NULL;
  void *start = NULL;
  void *obs = NULL;
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  heed_status status = draw_start(env, &rng, &start, &obs, err);
  for (int i = 0; i < 3 && status == HEED_OK; i++) {
    status = heed_rollouts_init(&samples[i], &spec->obs_space, s->rollouts, &horizon, 1, err);
    if (status == HEED_OK && i > 0) {
      status = heed_rollouts_live(&samples[i], env, start, &rng, err);
    }
  }
  if (status == HEED_OK) {
    status =
        heed_dynamics_create("tabular", NULL, &spec->obs_space, &spec->action_space, &still, err);
  }
  if (status == HEED_OK) {
    status = heed_rollouts_imagine(&samples[0], still, obs, &rng, err);
  }
  heed_dynamics_destroy(still);
  free(start);
  free(obs);
  return status;
}

/* Is the world matched by boards or by cells: decided once, by two samples of its own. */
static heed_status choose_measure(const settings *s, const heed_env *env, row *r, heed_error *err) {
  heed_rollouts samples[3] = {{0}}; /* imagined, lived, lived */
  heed_status status = fill_samples(s, env, samples, err);
  if (status == HEED_OK) {
    heed_rollouts_distance d = heed_rollouts_compare(&samples[0], &samples[1], &samples[2], 0);
    r->floor = d.board_floor;
    r->by_cells = r->floor >= floor_max;
    r->still = r->by_cells ? d.cell : d.board;
  }
  for (int i = 0; i < 3; i++) {
    heed_rollouts_deinit(&samples[i]);
  }
  return status;
}

static heed_status run_row(const settings *s, row *r, heed__study *study, heed_error *err) {
  heed_env *env = NULL;
  heed_status status = heed_env_create(r->world, NULL, &env, err);
  if (status == HEED_OK) {
    status = choose_measure(s, env, r, err);
  }
  for (size_t m = 0; m < s->models.count && status == HEED_OK; m++) {
    for (size_t p = 0; p < s->policies.count && status == HEED_OK; p++) {
      task what = {.env = env,
                   .settings = s,
                   .model = s->models.words[m],
                   .is_random = strcmp(s->policies.words[p], "random") == 0,
                   .by_cells = r->by_cells};
      status = run_task(&what, &r->columns[m * s->policies.count + p], study, err);
      if (status == HEED_ERR_ARG && heed_dynamics_find(what.model) != NULL) {
        status = HEED_OK; /* not a world for this model */
      }
    }
  }
  heed_env_destroy(env);
  return status;
}

static void print_row(const settings *s, const row *r) {
  (void)printf("| %s | %s (%.2f) | %.2f |", r->world, r->by_cells ? "cells" : "boards", r->floor,
               r->still);
  for (size_t c = 0; c < s->models.count * s->policies.count; c++) {
    const summary *of = &r->columns[c];
    if (!of->is_known) {
      (void)fputs(" – | – |", stdout);
      continue;
    }
    (void)printf(" %.0f | %.0f", of->median, of->steps.mean);
    if (isfinite(of->steps.half)) {
      (void)printf(" ± %.0f", of->steps.half);
    }
    if (of->missed > 0) {
      (void)printf(", %u never", of->missed);
    }
    (void)fputs(" |", stdout);
  }
  (void)putchar('\n');
}

static void print_table(const settings *s, const row *rows) {
  (void)fputs("| world | matched by (noise of boards) | nothing learned |", stdout);
  for (size_t c = 0; c < s->models.count * s->policies.count; c++) {
    const char *policy = s->policies.words[c % s->policies.count];
    (void)printf(" %s, %s: median | mean |", s->models.words[c / s->policies.count], policy);
  }
  (void)fputs("\n|---|---|---:|", stdout);
  for (size_t c = 0; c < s->models.count * s->policies.count; c++) {
    (void)fputs("---:|---:|", stdout);
  }
  (void)putchar('\n');
  for (size_t w = 0; w < s->worlds.count; w++) {
    print_row(s, &rows[w]);
  }
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static json_t *summary_json(const settings *s, const summary *of, size_t column) {
  json_t *figures = json_array();
  for (uint32_t i = 0; i < s->seeds && of->is_known; i++) {
    const figure *f = &of->figures[i];
    (void)json_array_append_new(
        figures,
        json_pack("{s:I, s:I, s:b, s:f, s:f, s:f, s:f}", "seed", (json_int_t)i + 1, "steps",
                  (json_int_t)f->steps, "matched", f->has_matched ? 1 : 0, "board_distance",
                  f->distance.board, "board_floor", f->distance.board_floor, "cell_error",
                  f->distance.cell, "cell_floor", f->distance.cell_floor));
  }
  return json_pack("{s:s, s:s, s:b, s:f, s:f, s:o, s:I, s:o}", "model",
                   s->models.words[column / s->policies.count], "policy",
                   s->policies.words[column % s->policies.count], "known", of->is_known ? 1 : 0,
                   "median", of->median, "mean", of->steps.mean, "half",
                   isfinite(of->steps.half) ? json_real(of->steps.half) : json_null(), "missed",
                   (json_int_t)of->missed, "seeds", figures);
}

static bool write_json(const settings *s, const row *rows) {
  json_t *worlds = json_array();
  for (size_t w = 0; w < s->worlds.count; w++) {
    json_t *columns = json_array();
    for (size_t c = 0; c < s->models.count * s->policies.count; c++) {
      (void)json_array_append_new(columns, summary_json(s, &rows[w].columns[c], c));
    }
    (void)json_array_append_new(
        worlds, json_pack("{s:s, s:s, s:f, s:f, s:o}", "world", rows[w].world, "measure",
                          rows[w].by_cells ? "cells" : "boards", "board_floor", rows[w].floor,
                          "nothing_learned", rows[w].still, "columns", columns));
  }
  json_t *all = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "version", HEED_VERSION, "seeds",
                          (json_int_t)s->seeds, "rollouts", (json_int_t)s->rollouts, "steps",
                          (json_int_t)s->steps, "horizon", (json_int_t)HORIZON, "worlds", worlds);
  bool is_good = json_dump_file(all, s->json, JSON_INDENT(1)) == 0;
  json_decref(all);
  return is_good;
}

/* ---- main ------------------------------------------------------------------------------------- */

static heed_status run_all(const settings *s, row *rows, heed_error *err) {
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", s->common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed__study study = {
      .one = run_one,
      .count = s->seeds,
      .threads = s->threads,
      .progress = &sink,
      .total = s->seeds * s->worlds.count * s->models.count * s->policies.count,
  };
  heed_status status = HEED_OK;
  for (size_t w = 0; w < s->worlds.count && status == HEED_OK; w++) {
    rows[w].world = s->worlds.words[w];
    status = run_row(s, &rows[w], &study, err);
  }
  heed_progress_bar_end(&bar);
  return status;
}

static const char *check(const settings *s) {
  for (size_t p = 0; p < s->policies.count; p++) {
    if (strcmp(s->policies.words[p], "random") != 0 &&
        strcmp(s->policies.words[p], "information") != 0) {
      return "policies are random and information";
    }
  }
  bool is_empty = s->worlds.count == 0 || s->models.count == 0 || s->policies.count == 0;
  if (is_empty || s->models.count * s->policies.count > COLUMNS_MAX) {
    return "1 to 16 columns, models times policies, and a world expected";
  }
  return NULL;
}

int main(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  (void)gsl_set_error_handler_off();
  heed__options_parse(&usage, argc, argv, &s);
  const char *wrong = check(&s);
  if (wrong != NULL) {
    (void)fprintf(stderr, "learning_dynamics: %s\n", wrong);
    return 2;
  }
  static row rows[HEED__WORDS_MAX];
  heed_status status = heed__study_check_outputs(&s.json, 1, &err);
  if (status == HEED_OK) {
    status = run_all(&s, rows, &err);
  }
  if (status == HEED_OK) {
    print_table(&s, rows);
    if (s.json != NULL && !write_json(&s, rows)) {
      status = heed_fail(&err, HEED_ERR_IO, "'%s' cannot be written", s.json);
    }
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "learning_dynamics: %s\n", err.message);
  }
  for (size_t w = 0; w < s.worlds.count; w++) {
    for (size_t c = 0; c < COLUMNS_MAX; c++) {
      free(rows[w].columns[c].figures);
    }
  }
  return status == HEED_OK ? 0 : 1;
}
