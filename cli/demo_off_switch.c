/* demo_off_switch.c: `heed demo off-switch`: explore, learn, ask, plan, swap, and look at what happens. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/demo_picture.h"
#include "cli/demos.h"
#include "cli/estimate.h"
#include "cli/print.h"
#include "scenarios/off_switch.h"

typedef struct settings {
  heed__common common;
  uint32_t seeds;
  uint32_t episodes;
  uint32_t steps;
  uint32_t comparisons;
  uint32_t threads;
  double beta;
  double mistakes;
  int32_t color;
  const char *planner;
  const char *keep;
  const char *draw;
} settings;

static const heed__option options[] = {
    {"seeds", 0, HEED__OPTION_COUNT, offsetof(settings, seeds), "1", 1, 10000, NULL, "N",
     "Run with N seeds from --seed on, and print means with 95 % intervals"},
    {"episodes", 'n', HEED__OPTION_COUNT, offsetof(settings, episodes), "200", 1, 1e6, NULL, "N",
     "Episodes per row"},
    {"steps", 0, HEED__OPTION_COUNT, offsetof(settings, steps), "3000", 100, 1e7, NULL, "N",
     "Steps of exploration"},
    {"comparisons", 0, HEED__OPTION_COUNT, offsetof(settings, comparisons), "60", 1, 1e5, NULL, "N",
     "Comparisons asked of each person"},
    {"beta", 0, HEED__OPTION_REAL, offsetof(settings, beta), "0.2", 1e-6, 1e6, NULL, "B",
     "Rationality of the simulated people, per unit of reward"},
    {"mistakes", 0, HEED__OPTION_REAL, offsetof(settings, mistakes), "0", 0, 1, NULL, "E",
     "Share of their answers given at random"},
    {"threads", 0, HEED__OPTION_COUNT, offsetof(settings, threads), "0", 0, 1024, NULL, "N",
     "Threads, 0: as many as there are; the figures do not depend on it"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the planner, e.g. simulations=1000,horizon=20; 'heed help planner' lists them"},
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, color), "auto", 0, 0, HEED__COLOUR_CHOICES,
     "WHEN", "Colour the pictures: auto, always or never"},
    {"keep", 'o', HEED__OPTION_TEXT, offsetof(settings, keep), NULL, 0, 0, NULL, "FOLDER",
     "Keep experience, models and answers in a new folder, for heed run and heed show"},
    {"draw", 0, HEED__OPTION_TEXT, offsetof(settings, draw), NULL, 0, 0, NULL, "FILE",
     "Draw one episode of each row as an SVG file"},
};

static const heed__usage usage = {
    .command = "heed demo",
    .args = "[off-switch]",
    .args_min = 0,
    .args_max = 1,
    .summary =
        "An agent explores a world with an off switch, learns how it works, learns from the "
        "comparisons of two people what is wanted, and plans every action by search; then its "
        "reward is swapped in the middle of an episode.",
    .more =
        "One person cares for the task alone, the other also minds the switch being disabled. "
        "Columns: button, share of the episodes in which the switch was disabled; goal, that "
        "reached the goal; held, in which the agent was interrupted; return, mean sum of the "
        "reward channel; performance, mean of the designer's hidden score. Another demonstration: "
        "heed demo exploit --help.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* ---- progress ------------------------------------------------------------------------------------ */

typedef struct watcher {
  heed_progress_bar bar;
  const char *stage; /* whose bar it is; NULL: none yet */
  bool quiet;
} watcher;

static bool on_stage(void *context, const char *stage, uint64_t done, uint64_t total) {
  watcher *w = context;
  if (w->stage == NULL || strcmp(w->stage, stage) != 0) {
    if (w->stage != NULL) {
      heed_progress_bar_end(&w->bar);
    }
    w->stage = stage;
    heed_progress_bar_begin(&w->bar, stage, w->quiet);
  }
  heed_progress_sink sink = heed_progress_bar_sink(&w->bar);
  return heed_progress_report(&sink, done, total);
}

static void say_stages(const heed_off_switch_result *r) {
  (void)fprintf(
      stderr,
      "explored   %zu steps in %zu episodes, dynamics learned on the way      %.1f s\n"
      "           predicts being held with %.2f on reaching the tile, %.4f once held\n"
      "asked      %zu + %zu comparisons; rewards explain %.0f %% and %.0f %% of them   %.1f s\n"
      "played     4 x %u episodes                                             %.1f s\n",
      r->explore_steps, r->explore_episodes, r->explore_s, r->held_on_arrival, r->held_once_held,
      r->choices[0], r->choices[1], 100 * r->fits[0].accuracy, 100 * r->fits[1].accuracy,
      r->learn_s, r->rows[0].episodes, r->play_s);
}

/* ---- one seed ------------------------------------------------------------------------------------ */

static void print_table(const heed_off_switch_result *r) {
  printf("%-14s %8s %7s %7s %7s %8s %12s %12s\n", "reward", "episodes", "button", "goal", "held",
         "return", "performance", "decision ms");
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    const heed_off_switch_figures *f = &r->rows[i];
    printf("%-14s %8u %7.3f %7.3f %7.3f %8.2f %12.2f %12.3f\n",
           heed_off_switch_row_name((heed_off_switch_row)i), f->episodes, f->button, f->goal,
           f->held, f->mean_return, f->performance, f->decision_ms);
  }
}

static json_t *row_json(const heed_off_switch_result *r, int i) {
  const heed_off_switch_figures *f = &r->rows[i];
  return json_pack(
      "{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "reward",
      heed_off_switch_row_name((heed_off_switch_row)i), "episodes", (int)f->episodes, "button",
      heed__number_json(f->button), "goal", heed__number_json(f->goal), "held",
      heed__number_json(f->held), "return", heed__number_json(f->mean_return), "performance",
      heed__number_json(f->performance), "decision_ms", heed__number_json(f->decision_ms),
      "decision_ms_max", heed__number_json(f->decision_ms_max), "goal_free",
      heed__number_json(f->goal_free), "swap_predictions", (json_int_t)f->swap_predictions);
}

static json_t *result_json(const heed_off_switch_result *r) {
  json_t *array = json_array();
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    json_array_append_new(array, row_json(r, i));
  }
  return json_pack("{s:I, s:I, s:I, s:I, s:{s:s, s:I, s:o, s:o}, s:o}", "seed", (json_int_t)r->seed,
                   "explore_steps", (json_int_t)r->explore_steps, "choices_task",
                   (json_int_t)r->choices[0], "choices_people", (json_int_t)r->choices[1],
                   "dynamics", "model", "tabular", "episodes", (json_int_t)r->explore_episodes,
                   "held_on_arrival", heed__number_json(r->held_on_arrival), "held_once_held",
                   heed__number_json(r->held_once_held), "rows", array);
}

/* ---- many seeds ---------------------------------------------------------------------------------- */

static heed__estimate estimate_of(const heed_off_switch_result *results, uint32_t n, int row,
                                  size_t offset) {
  const char *first = (const char *)&results[0].rows[row] + offset;
  return heed__estimate_of((const double *)first, sizeof *results, n);
}

static const struct {
  const char *name;
  size_t offset;
} figures[] = {{"button", offsetof(heed_off_switch_figures, button)},
               {"goal", offsetof(heed_off_switch_figures, goal)},
               {"goal_free", offsetof(heed_off_switch_figures, goal_free)},
               {"held", offsetof(heed_off_switch_figures, held)},
               {"return", offsetof(heed_off_switch_figures, mean_return)},
               {"performance", offsetof(heed_off_switch_figures, performance)},
               {"decision_ms", offsetof(heed_off_switch_figures, decision_ms)},
               {"decision_ms_max", offsetof(heed_off_switch_figures, decision_ms_max)}};
enum { FIGURES = sizeof figures / sizeof figures[0] };

static void print_seeds(const heed_off_switch_result *results, uint32_t n) {
  printf(
      "%u seeds, mean and 95 %% interval; goal_free: goal among episodes that do not interrupt\n",
      n);
  printf("%-14s", "reward");
  for (int k = 0; k < FIGURES; k++) {
    printf(" %17s", figures[k].name);
  }
  printf("\n");
  for (int row = 0; row < HEED_ROW_COUNT; row++) {
    printf("%-14s", heed_off_switch_row_name((heed_off_switch_row)row));
    for (int k = 0; k < FIGURES; k++) {
      heed__estimate e = estimate_of(results, n, row, figures[k].offset);
      printf(" %8.3f +- %5.3f", e.mean, e.half);
    }
    printf("\n");
  }
}

static json_t *seeds_json(const heed_off_switch_result *results, uint32_t n) {
  json_t *runs = json_array();
  for (uint32_t i = 0; i < n; i++) {
    json_array_append_new(runs, result_json(&results[i]));
  }
  json_t *rows = json_array();
  for (int row = 0; row < HEED_ROW_COUNT; row++) {
    json_t *object = json_object();
    json_object_set_new(object, "reward",
                        json_string(heed_off_switch_row_name((heed_off_switch_row)row)));
    for (int k = 0; k < FIGURES; k++) {
      heed__estimate e = estimate_of(results, n, row, figures[k].offset);
      json_object_set_new(object, figures[k].name, heed__estimate_json(e));
    }
    json_array_append_new(rows, object);
  }
  return json_pack("{s:I, s:o, s:o}", "seeds", (json_int_t)n, "rows", rows, "runs", runs);
}

/* ---- the command --------------------------------------------------------------------------------- */

static heed_status prepare(const settings *s, heed_off_switch_config *config, heed_error *err) {
  if (s->common.arg_count == 1 && strcmp(s->common.args[0], "off-switch") != 0) {
    return heed_fail(err, HEED_ERR_ARG, "no demonstration '%s'; there are: off-switch, exploit",
                     s->common.args[0]);
  }
  if ((s->keep != NULL || s->draw != NULL) && s->seeds > 1) {
    return heed_fail(err, HEED_ERR_ARG, "--keep and --draw go with one seed, not %" PRIu32,
                     s->seeds);
  }
  *config = heed_off_switch_config_default();
  config->episodes = s->episodes;
  config->threads = s->threads;
  config->beta = s->beta;
  config->mistakes = s->mistakes;
  config->keep = s->keep;
  config->explore.steps = s->steps;
  config->ask.comparisons = s->comparisons;
  config->ask.beta = s->beta;
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_status status = heed__params_overlay(table, count, s->planner, &config->planner, err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "--planner");
}

static heed_status print_one(const settings *s, const heed_off_switch_result *result,
                             heed_error *err) {
  heed_env *env = NULL;
  heed_status status = heed_env_create("safe-interruptibility", NULL, &env, err);
  if (status == HEED_OK && s->common.format == HEED__JSON) {
    heed__print_json(result_json(result));
  } else if (status == HEED_OK) {
    print_table(result);
    heed__demo_print(result, env, heed__colour_of(s->color, stdout), stdout);
  }
  if (status == HEED_OK && s->draw != NULL) {
    status = heed__demo_draw(result, env, s->draw, err);
  }
  heed_env_destroy(env);
  return status;
}

static heed_status run(const settings *s, heed_off_switch_config *config,
                       heed_off_switch_result *results, heed_error *err) {
  heed_status status = HEED_OK;
  for (uint32_t i = 0; i < s->seeds && status == HEED_OK; i++) {
    watcher w = {.quiet = s->common.quiet};
    heed_off_switch_observer observer = {on_stage, &w};
    config->seed = s->common.seed + i;
    status = heed_off_switch_run(config, &observer, &results[i], err);
    if (w.stage != NULL) {
      heed_progress_bar_end(&w.bar);
    }
    if (status == HEED_OK && !s->common.quiet) {
      if (s->seeds > 1) {
        (void)fprintf(stderr, "seed %" PRIu64 "\n", config->seed);
      }
      say_stages(&results[i]);
    }
  }
  if (status == HEED_OK && s->seeds == 1) {
    status = print_one(s, &results[0], err);
  } else if (status == HEED_OK && s->common.format == HEED__JSON) {
    heed__print_json(seeds_json(results, s->seeds));
  } else if (status == HEED_OK) {
    print_seeds(results, s->seeds);
  }
  return status;
}

int heed__demo_off_switch(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  heed_off_switch_config config;
  heed__options_parse(&usage, argc, argv, &s);
  if (prepare(&s, &config, &err) != HEED_OK) {
    return heed__misused(&usage, &err);
  }
  heed_off_switch_result *results = calloc(s.seeds, sizeof *results);
  if (results == NULL) {
    (void)heed_fail(&err, HEED_ERR_NOMEM, "%" PRIu32 " seeds: no memory", s.seeds);
    return heed__failed(&usage, &err);
  }
  if (!s.common.quiet) {
    heed__options_echo(&usage, &s, stderr);
  }
  heed_status status = run(&s, &config, results, &err);
  free(results);
  return status == HEED_OK ? HEED__DONE : heed__failed(&usage, &err);
}
