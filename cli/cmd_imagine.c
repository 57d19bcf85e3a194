/* cmd_imagine.c: `heed imagine`: a world beside what a model imagines of it, under the same actions. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/actions.h"
#include "cli/commands.h"
#include "cli/film_file.h"
#include "cli/journey.h"
#include "cli/journey_film.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/raster.h"
#include "cli/screen.h"

enum {
  PARTICLES = 1, /* of the exact simulator, which is given the world's own state */
  COLUMNS = 37,  /* of a picture: two fit in 80, with the margin and the gap */
  GAP = 3,       /* columns between the two */
  ROWS = 17      /* of 24, for a picture and the numbers of a box; the rest is words */
};

typedef struct settings {
  heed__common common;
  const char *params, *map;
  const char *dynamics;
  uint32_t steps;
  const char *actions;
  bool resync;
  const char *draw;
  uint32_t scale, columns, delay_ms;
  int32_t colour;
} settings;

static const heed__option options[] = {
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), NULL, 0, 0, NULL, "FILE",
     "The dynamics model: a file from 'heed learn dynamics', or exact, the simulator itself, with "
     "luck of its own. Required"},
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"steps", 'n', HEED__OPTION_COUNT, offsetof(settings, steps), "20", 1, HEED__JOURNEY_STEPS_MAX,
     NULL, "N", "Steps, unless both sides end before"},
    {"actions", 'a', HEED__OPTION_TEXT, offsetof(settings, actions), NULL, 0, 0, NULL, "LIST",
     "The first actions, " HEED__ACTIONS_HELP "; those that follow are random"},
    {"resync", 0, HEED__OPTION_FLAG, offsetof(settings, resync), NULL, 0, 0, NULL, NULL,
     "Imagine each step from what the world showed before it, not from what was imagined"},
    {"draw", 0, HEED__OPTION_TEXT, offsetof(settings, draw), NULL, 0, 0, NULL, "FILE",
     "Draw it too, cells that differ framed; the ending says what: .svg or .gif an animation, .png "
     "all steps on one page"},
    {"scale", 0, HEED__OPTION_COUNT, offsetof(settings, scale), "32", 4, 256, NULL, "PIXELS",
     "Size of a drawn cell"},
    {"columns", 0, HEED__OPTION_COUNT, offsetof(settings, columns), "4", 1, 1000, NULL, "N",
     "Steps in a row of the page"},
    {"delay", 0, HEED__OPTION_COUNT, offsetof(settings, delay_ms), "250", 20, 60000, NULL, "MS",
     "How long each step is shown, on a terminal and drawn, in milliseconds"},
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Draw in colour: auto, always or never"},
};

static const heed__usage usage = {
    .command = "heed imagine",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Shows a world and what a dynamics model imagines of it side by side, under the "
        "same actions. Where they differ stands '*'.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

typedef struct job {
  heed_env *env;         /* owned */
  heed_dynamics *model;  /* owned */
  heed_action *actions;  /* owned, [action_count] */
  heed__screen world;    /* left, and */
  heed__screen imagined; /* right */
  heed__journey journey; /* owned */
  uint32_t action_count;
  heed__film_kind kind; /* of the drawing */
} job;

/* ---- in the terminal -------------------------------------------------------------------------- */

/* A board's cell takes two columns, the first of which is free. */
static void mark(const job *j, uint32_t t) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  for (uint32_t i = 0; i < spec->obs_space.count; i++) {
    if (heed__journey_is_apart(&j->journey, t, i)) {
      j->world.cells[2 * (size_t)i].character = '*';
      j->imagined.cells[2 * (size_t)i].character = '*';
    }
  }
}

static void print_side(const heed__view *view, uint32_t columns, FILE *out) {
  char text[64];
  (void)snprintf(text, sizeof text, "reward %g%s", view->reward, view->is_over ? ", over" : "");
  (void)fprintf(out, "%-*s", (int)columns, text);
}

/* Both drawn, line by line. */
static void print_drawings(job *j, uint32_t t, FILE *out) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  uint32_t columns = j->world.columns > 20 ? j->world.columns : 20;
  bool is_table = spec->obs_space.kind == HEED_SPACE_BOX && j->world.picture == NULL;
  uint32_t rows = is_table ? 0 : j->world.rows; /* the numbers come below */
  heed__screen_draw(&j->world, heed__journey_world(&j->journey, t));
  heed__screen_draw(&j->imagined, heed__journey_imagined(&j->journey, t));
  if (spec->obs_space.kind == HEED_SPACE_CELLS && spec->glyphs != NULL &&
      j->world.picture == NULL) {
    mark(j, t);
  }
  (void)fprintf(out, "  %-*simagined\n", (int)columns + GAP, "world");
  for (uint32_t row = 0; row < rows; row++) {
    (void)fputs("  ", out);
    heed__screen_row(&j->world, row, out);
    (void)fprintf(out, "%*s", (int)(columns - j->world.columns) + GAP, "");
    heed__screen_row(&j->imagined, row, out);
    (void)fputc('\n', out);
  }
  (void)fputs("  ", out);
  print_side(&j->journey.pairs[t].world, columns + GAP, out);
  print_side(&j->journey.pairs[t].imagined, 0, out);
  (void)fputc('\n', out);
}

/* Numbers in columns; of cells that are no board, those that differ. */
static void print_numbers(const job *j, uint32_t t, FILE *out) {
  const heed_space *space = &heed_env_spec_of(j->env)->obs_space;
  bool is_box = space->kind == HEED_SPACE_BOX;
  const unsigned char *world = heed__journey_world(&j->journey, t);
  const unsigned char *imagined = heed__journey_imagined(&j->journey, t);
  for (uint32_t i = 0; i < space->count; i++) {
    double a = is_box ? (double)((const float *)(const void *)world)[i] : world[i];
    double b = is_box ? (double)((const float *)(const void *)imagined)[i] : imagined[i];
    bool is_apart = heed__journey_is_apart(&j->journey, t, i);
    if (is_box || is_apart) {
      (void)fprintf(out, "  %c %3u %12.5g %12.5g  %+.3g\n", is_apart ? '*' : ' ', i, a, b, b - a);
    }
  }
}

static void print_moment(job *j, uint32_t t, FILE *out) {
  const heed__moment_pair *pair = &j->journey.pairs[t];
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  char action[32];
  (void)fprintf(out, "step %u", t);
  if (t > 0) {
    (void)fprintf(out, "  %s", heed__action_text(j->env, pair->action, action));
  }
  (void)fputc('\n', out);
  print_drawings(j, t, out);
  if (spec->obs_space.kind == HEED_SPACE_BOX || spec->obs_space.height == 0) {
    print_numbers(j, t, out);
  }
  if (pair->apart > 0) {
    bool is_box = spec->obs_space.kind == HEED_SPACE_BOX;
    (void)fprintf(out, "  * %u of %u differ%s\n", pair->apart, spec->obs_space.count,
                  is_box ? " by 1 % of their range or more" : "");
  }
  (void)fputc('\n', out);
}

static void show(const settings *s, job *j) {
  bool is_live = isatty(STDOUT_FILENO) == 1;
  for (uint32_t t = 0; t < j->journey.count; t++) {
    char *text = NULL;
    size_t size = 0;
    FILE *page = open_memstream(&text, &size);
    if (page == NULL) {
      return;
    }
    print_moment(j, t, page);
    if (fclose(page) == 0) {
      (void)fputs(is_live ? "\033[H\033[2J" : "", stdout);
      (void)fwrite(text, 1, size, stdout);
      (void)fflush(stdout);
    }
    free(text);
    if (is_live) {
      struct timespec pause = {s->delay_ms / 1000, (long)(s->delay_ms % 1000) * 1000000};
      (void)nanosleep(&pause, NULL);
    }
  }
}

/* ---- what came of it -------------------------------------------------------------------------- */

typedef struct tally {
  uint32_t first; /* step that first differed; 0: none */
  uint32_t steps; /* that differed */
} tally;

static tally count_up(const heed__journey *journey) {
  tally result = {0};
  for (uint32_t t = journey->count; t-- > 1;) {
    if (journey->pairs[t].apart > 0 || heed__journey_ends_apart(journey, t)) {
      result.first = t;
      result.steps++;
    }
  }
  return result;
}

static json_t *view_json(const heed__view *view) {
  return json_pack("{s:o, s:b}", "reward", heed__number_json(view->reward), "over",
                   view->is_over ? 1 : 0);
}

static json_t *moment_json(const job *j, uint32_t t) {
  const heed_space *space = &heed_env_spec_of(j->env)->obs_space;
  bool is_box = space->kind == HEED_SPACE_BOX;
  const heed__moment_pair *pair = &j->journey.pairs[t];
  const unsigned char *world = heed__journey_world(&j->journey, t);
  const unsigned char *imagined = heed__journey_imagined(&j->journey, t);
  json_t *differing = json_array();
  for (uint32_t i = 0; i < space->count; i++) {
    if (heed__journey_is_apart(&j->journey, t, i)) {
      double a = is_box ? (double)((const float *)(const void *)world)[i] : world[i];
      double b = is_box ? (double)((const float *)(const void *)imagined)[i] : imagined[i];
      (void)json_array_append_new(
          differing, json_pack("{s:I, s:o, s:o}", "at", (json_int_t)i, "world",
                               heed__number_json(a), "imagined", heed__number_json(b)));
    }
  }
  char action[32];
  return json_pack(
      "{s:I, s:o, s:o, s:o, s:o}", "step", (json_int_t)t, "action",
      t > 0 ? heed__text_json(heed__action_text(j->env, pair->action, action)) : json_null(),
      "world", view_json(&pair->world), "imagined", view_json(&pair->imagined), "differing",
      differing);
}

static void report(const settings *s, job *j) {
  tally sums = count_up(&j->journey);
  uint32_t steps = j->journey.count - 1;
  if (s->common.format == HEED__JSON) {
    json_t *moments = json_array();
    for (uint32_t t = 0; t < j->journey.count; t++) {
      (void)json_array_append_new(moments, moment_json(j, t));
    }
    json_t *document = heed__options_json(&usage, s);
    (void)json_object_set_new(
        document, "result",
        json_pack("{s:I, s:I, s:o, s:o}", "steps", (json_int_t)steps, "differing_steps",
                  (json_int_t)sums.steps, "first_difference",
                  sums.first > 0 ? json_integer(sums.first) : json_null(), "moments", moments));
    heed__print_json(document);
    return;
  }
  heed__options_echo(&usage, s, stdout);
  show(s, j);
  if (sums.first == 0) {
    (void)printf("no difference in %u steps\n", steps);
  } else {
    (void)printf("%u of %u steps differ, the first is step %u\n", sums.steps, steps, sums.first);
  }
}

/* ---- from the command line -------------------------------------------------------------------- */

/* What is wrong with the command line is HEED_ERR_ARG. */
static heed_status prepare(settings *s, job *j, heed_error *err) {
  if (s->dynamics == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "--dynamics is missing: a file, or exact");
  }
  heed_status status = HEED_OK;
  if (s->draw != NULL) {
    status = heed__film_kind_of("draw", s->draw, &j->kind, err);
  }
  if (status == HEED_OK) {
    status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  }
  if (status == HEED_OK) {
    s->params = heed_env_params_of(j->env);
    s->map = NULL; /* it is among the parameters now */
    if (s->actions != NULL) {
      status = heed__read_actions(j->env, s->actions, &j->actions, &j->action_count, err);
    }
  }
  if (status == HEED_OK) {
    status = heed__load_dynamics(s->dynamics, j->env, PARTICLES, &j->model, NULL, err);
  }
  return status;
}

/* Rows of a picture that leave room for the numbers below it. */
static uint32_t picture_rows(const heed_space *obs_space) {
  enum { LEAST = 5 };
  uint32_t numbers = obs_space->kind == HEED_SPACE_BOX ? obs_space->count : 0;
  uint32_t rows = numbers + LEAST < ROWS ? ROWS - numbers : LEAST;
  return rows < HEED__SCREEN_ROWS ? rows : HEED__SCREEN_ROWS;
}

static heed_status travel(const settings *s, job *j, heed_error *err) {
  uint32_t rows = picture_rows(&heed_env_spec_of(j->env)->obs_space);
  heed__colour colour = heed__colour_of(s->colour, stdout);
  heed__journey_config config = {.steps = s->steps,
                                 .actions = j->actions,
                                 .action_count = j->action_count,
                                 .resync = s->resync,
                                 .seed = s->common.seed};
  heed_status status = heed__journey_make(j->env, j->model, &config, &j->journey, err);
  if (status == HEED_OK) {
    status = heed__screen_init(&j->world, j->env, colour, COLUMNS, rows, err);
  }
  if (status == HEED_OK) {
    status = heed__screen_init(&j->imagined, j->env, colour, COLUMNS, rows, err);
  }
  return status;
}

static heed_status draw(const settings *s, const job *j, heed_error *err) {
  heed__film film = {0};
  uint32_t columns = j->kind == HEED__FILM_PNG ? s->columns : 0;
  heed_status status = heed__journey_film(&j->journey, s->scale, columns, &film, err);
  if (status == HEED_OK) {
    status = heed__film_write(&film, j->kind, s->delay_ms, s->draw, err);
  }
  heed__film_deinit(&film);
  return status;
}

int heed__cmd_imagine(int argc, char **argv) {
  settings s = {0};
  job j = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = prepare(&s, &j, &err);
  bool is_misused = status == HEED_ERR_ARG;
  if (status == HEED_OK && s.draw != NULL) {
    const char *inputs[] = {s.dynamics, s.map};
    status = heed__check_output(s.draw, inputs, 2, &err);
  }
  if (status == HEED_OK) {
    status = travel(&s, &j, &err);
  }
  if (status == HEED_OK && s.draw != NULL) {
    status = draw(&s, &j, &err);
  }
  if (status == HEED_OK) {
    report(&s, &j);
  }
  heed__journey_deinit(&j.journey);
  heed__screen_deinit(&j.world);
  heed__screen_deinit(&j.imagined);
  heed_dynamics_destroy(j.model);
  heed_env_destroy(j.env);
  free(j.actions);
  heed__raster_finish();
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
