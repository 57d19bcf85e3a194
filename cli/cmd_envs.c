/* cmd_envs.c: `heed envs`: which worlds there are, all about one, and the best that can be done in it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/screen.h"
#include "cli/solve.h"
#include "cli/topics.h"

enum { PICTURE_COLUMNS = 60, SPACE_TEXT_SIZE = 256 };

typedef struct settings {
  heed__common common;
  const char *params;
  const char *map;
  int32_t colour;
  bool is_solving;
  uint32_t horizon; /* HORIZON_OF_WORLD: not given */
  double discount;
  uint32_t states_max;
} settings;

#define HORIZON_OF_WORLD UINT32_MAX

static const heed__option options[] = {
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Draw in colour: auto, always or never"},
    {"solve", 0, HEED__OPTION_FLAG, offsetof(settings, is_solving), NULL, 0, 0, NULL, NULL,
     "Compute the best return and performance, exactly, for a controller that sees all"},
    {"horizon", 0, HEED__OPTION_COUNT, offsetof(settings, horizon), NULL, 0, 1e6, NULL, "N",
     "Solve for so many steps; 0: no limit (default: the world's own limit)"},
    {"discount", 0, HEED__OPTION_REAL, offsetof(settings, discount), "1", 1e-6, 1, NULL, "G",
     "Solve with rewards that weigh less by this factor with every step"},
    {"states", 0, HEED__OPTION_COUNT, offsetof(settings, states_max), "1000000", 1, 1 << 30, NULL,
     "N", "Solve worlds of at most so many states; one takes some 100 bytes"},
};

static const heed__usage usage = {
    .command = "heed envs",
    .args = "[NAME]",
    .args_max = 1,
    .summary =
        "Lists the environments, or tells all about the one that is named: its maps, what is "
        "observed and done, parameters, rewards, what is hidden, the optimum, the source. With "
        "--solve, computes the optimum.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static json_t *params_json(const heed_env_ops *ops) {
  json_t *list = json_array();
  for (size_t i = 0; i < ops->param_count; i++) {
    const heed_param *param = &ops->params[i];
    char range[128];
    (void)json_array_append_new(
        list, json_pack("{s:s, s:s, s:s, s:s?, s:s}", "name", param->name, "default",
                        param->fallback, "range", heed__param_range(param, range, sizeof range),
                        "unit", param->unit, "help", param->help));
  }
  return list;
}

/* ---- one environment ------------------------------------------------------------------------ */

/* What is seen at the start of an episode: obs[obs_space], the caller's to free; NULL without memory. */
static unsigned char *first_obs(const heed_env *env, uint64_t seed) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  unsigned char *state = calloc(1, spec->state_size);
  unsigned char *obs = calloc(1, heed_space_size(&spec->obs_space));
  if (state == NULL || obs == NULL) {
    free(state);
    free(obs);
    return NULL;
  }
  heed_rng master;
  heed_rng_init(&master, seed);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_ENV, 0);
  heed_env_init(env, state);
  heed_env_reset(env, state, &rng);
  heed_env_observe(env, state, obs);
  free(state);
  return obs;
}

/* Values have numbers: formulas and what a reward wants name them so. */
static void print_legend(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  for (uint32_t v = 0; spec->glyphs != NULL && v < spec->obs_space.value_count; v++) {
    (void)printf("%s  %c  %-2" PRIu32 " %s\n", v == 0 ? "\n" : "", spec->glyphs[v].character, v,
                 spec->glyphs[v].name);
  }
}

/* "-2 to 2", "0 to 3", "any": the values of one number of a space that is no board, into text[size]. */
static void number_range(const heed_space *space, uint32_t i, char *text, size_t size) {
  if (space->kind == HEED_SPACE_CELLS) {
    (void)snprintf(text, size, "0 to %" PRIu32, heed_space_values(space, i) - 1);
  } else if (isinf(space->low[i]) && isinf(space->high[i])) {
    (void)snprintf(text, size, "any");
  } else {
    (void)snprintf(text, size, "%.4g to %.4g", (double)space->low[i], (double)space->high[i]);
  }
}

/* "box 2: -1.2 to 0.6, -0.07 to 0.07": a space, with the values of each number if it is no board. */
static const char *space_text(const heed_space *space, char *text, size_t size) {
  char range[48];
  heed_space_describe(space, text, size);
  bool has_numbers = space->kind != HEED_SPACE_DISCRETE && space->height == 0;
  for (uint32_t i = 0; has_numbers && i < space->count; i++) {
    size_t used = strlen(text);
    number_range(space, i, range, sizeof range);
    (void)snprintf(text + used, size - used, "%s%s", i == 0 ? ": " : ", ", range);
  }
  return text;
}

static void print_spaces(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  uint32_t advertised = spec->action_space.count;
  char text[SPACE_TEXT_SIZE];
  (void)printf("\nobservation  %s\n", space_text(&spec->obs_space, text, sizeof text));
  (void)printf("action       %s", space_text(&spec->action_space, text, sizeof text));
  for (uint32_t a = 0; spec->action_names != NULL && a < spec->accepted_actions; a++) {
    (void)printf("%s%s",
                 a == 0            ? ": "
                 : a == advertised ? "; accepted as well: "
                                   : ", ",
                 spec->action_names[a]);
  }
  if (heed_env_ops_of(env)->to_move != NULL) {
    (void)printf("\nplayers      two, in turns; rewards are the first one's");
  }
  (void)printf("\nepisode      %s", spec->max_steps > 0 ? "at most " : "no time limit");
  if (spec->max_steps > 0) {
    (void)printf("%u steps", (unsigned)spec->max_steps);
  }
  (void)printf("\nin force     %s\n",
               heed_env_params_of(env)[0] != '\0' ? heed_env_params_of(env) : "no parameters");
}

static void print_board(heed__screen *screen, const void *obs) {
  heed__screen_draw(screen, obs);
  for (uint32_t row = 0; row < screen->rows; row++) {
    (void)fputs("  ", stdout);
    heed__screen_row(screen, row, stdout);
    (void)fputc('\n', stdout);
  }
}

/* What a map of one's own may hold. */
static void print_symbols(const heed_env_ops *ops) {
  char range[32];
  if (ops->map_symbols == NULL) {
    return;
  }
  (void)puts("\na map of one's own (--map=FILE or the parameter map) holds");
  for (const heed_map_symbol *s = ops->map_symbols; s->character != '\0'; s++) {
    (void)printf("  %c  %s: %s\n", s->character, s->name, heed_map_range(s, range));
  }
}

/* ---- other maps ----------------------------------------------------------------------------- */

/* A parameter that may choose among a few maps has at most so many values. */
enum { MAP_CHOICES_MAX = 8 };

/* "level=2": a parameter with its value i, counted from its least, into text[size]; false beyond its last,
 * and for one that is no choice of a few: what has a unit is a size, not a choice. */
static bool choice_text(const heed_param *param, int i, char *text, size_t size) {
  bool is_size = param->unit != NULL && param->unit[0] != '\0';
  if (param->type == HEED_PARAM_INT && !is_size && param->max - param->min < MAP_CHOICES_MAX) {
    (void)snprintf(text, size, "%s=%.0f", param->name, param->min + i);
    return param->min + i <= param->max;
  }
  const char *word = param->type == HEED_PARAM_CHOICE ? param->choices : NULL;
  for (; word != NULL && i > 0; i--) {
    word = strchr(word, '|');
    word += word != NULL ? 1 : 0;
  }
  if (word != NULL) {
    (void)snprintf(text, size, "%s=%.*s", param->name, (int)strcspn(word, "|"), word);
  }
  return word != NULL;
}

typedef void map_visitor(const char *params, const heed_env *env, const void *obs, void *context);

/* Visits the world with `params` if its episodes begin with another drawing than obs, that of `env`. */
static void visit_map(const heed_env *env, const void *obs, const char *params, uint64_t seed,
                      map_visitor *visit, void *context) {
  heed_env *other = NULL;
  if (heed_env_create(heed_env_ops_of(env)->name, params, &other, NULL) != HEED_OK) {
    return; /* a value that needs another parameter beside it */
  }
  const heed_space *space = &heed_env_spec_of(env)->obs_space;
  const heed_space *other_space = &heed_env_spec_of(other)->obs_space;
  unsigned char *other_obs = first_obs(other, seed);
  bool is_same = heed_space_equal(space, other_space) && other_obs != NULL &&
                 memcmp(obs, other_obs, heed_space_size(space)) == 0;
  if (other_obs != NULL && !is_same) {
    visit(params, other, other_obs, context);
  }
  free(other_obs);
  heed_env_destroy(other);
}

/* Visits all maps of a board world but that of `env`, which has its default parameters. */
static void visit_maps(const heed_env *env, const void *obs, uint64_t seed, map_visitor *visit,
                       void *context) {
  const heed_env_ops *ops = heed_env_ops_of(env);
  char params[128];
  if (heed_env_spec_of(env)->obs_space.height == 0) {
    return;
  }
  for (size_t p = 0; p < ops->param_count; p++) {
    for (int i = 0; choice_text(&ops->params[p], i, params, sizeof params); i++) {
      visit_map(env, obs, params, seed, visit, context);
    }
  }
}

static void print_map(const char *params, const heed_env *env, const void *obs, void *context) {
  const heed__screen *like = context;
  heed__screen screen;
  if (heed__screen_init(&screen, env, like->colour, PICTURE_COLUMNS, HEED__SCREEN_ROWS, NULL) ==
      HEED_OK) {
    (void)printf("\nwith %s\n", params);
    print_board(&screen, obs);
  }
  heed__screen_deinit(&screen);
}

/* ---- one environment, told ------------------------------------------------------------------ */

/* How to compute the optimum, where states and actions may be finitely many. */
static void print_solve_hint(const heed_env *env) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  if (spec->obs_space.kind == HEED_SPACE_CELLS && spec->action_space.kind == HEED_SPACE_DISCRETE) {
    (void)printf(
        "\n'heed envs %s --solve' computes the best return and performance,\nunless states or "
        "draws "
        "are too many.\n",
        heed_env_ops_of(env)->name);
  }
}

static heed_status print_one(const heed_env *env, const settings *s, heed_error *err) {
  const heed_env_ops *ops = heed_env_ops_of(env);
  heed__screen screen;
  heed__colour colour = heed__colour_of(s->colour, stdout);
  heed_status status =
      heed__screen_init(&screen, env, colour, PICTURE_COLUMNS, HEED__SCREEN_ROWS, err);
  unsigned char *obs = first_obs(env, s->common.seed);
  if (status == HEED_OK && obs == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  if (status == HEED_OK) {
    (void)printf("%s: %s\n\n", ops->name, ops->summary);
    if (heed_env_spec_of(env)->obs_space.height == 0) {
      (void)printf("an episode may begin with\n");
    }
    print_board(&screen, obs);
    if (s->params == NULL && s->map == NULL) {
      visit_maps(env, obs, s->common.seed, print_map, &screen);
    }
    print_legend(env);
    print_spaces(env);
    (void)puts("\nparameters");
    heed__params_print(ops->params, ops->param_count);
    print_symbols(ops);
    (void)printf("\n%s\n", ops->details);
    print_solve_hint(env);
  }
  free(obs);
  heed__screen_deinit(&screen);
  return status;
}

static json_t *board_json(const heed_env *env, const void *obs) {
  const heed_space *space = &heed_env_spec_of(env)->obs_space;
  char *characters = calloc(1, space->count);
  json_t *rows = json_array();
  if (obs != NULL && characters != NULL && space->kind == HEED_SPACE_CELLS && space->height > 0) {
    heed_env_characters(env, obs, characters);
    for (uint32_t row = 0; row < space->height; row++) {
      (void)json_array_append_new(
          rows, json_stringn(characters + (size_t)row * space->width, space->width));
    }
  }
  free(characters);
  return rows;
}

static void add_map_json(const char *params, const heed_env *env, const void *obs, void *context) {
  (void)json_array_append_new(
      context, json_pack("{s:s, s:o}", "params", params, "rows", board_json(env, obs)));
}

static json_t *symbols_json(const heed_env_ops *ops) {
  json_t *list = json_array();
  char range[32];
  for (const heed_map_symbol *s = ops->map_symbols; s != NULL && s->character != '\0'; s++) {
    (void)json_array_append_new(
        list, json_pack("{s:s%, s:s, s:s}", "character", &s->character, (size_t)1, "name", s->name,
                        "count", heed_map_range(s, range)));
  }
  return list;
}

static json_t *legend_json(const heed_env_spec *spec) {
  json_t *list = json_array();
  for (uint32_t v = 0; spec->glyphs != NULL && v < spec->obs_space.value_count; v++) {
    const heed_glyph *glyph = &spec->glyphs[v];
    (void)json_array_append_new(
        list, json_pack("{s:s%, s:s, s:[iii]}", "character", &glyph->character, (size_t)1, "name",
                        glyph->name, "rgb", glyph->rgb[0], glyph->rgb[1], glyph->rgb[2]));
  }
  return list;
}

static json_t *one_json(const heed_env *env, const settings *s) {
  const heed_env_ops *ops = heed_env_ops_of(env);
  const heed_env_spec *spec = heed_env_spec_of(env);
  char obs_text[SPACE_TEXT_SIZE];
  char action_text[SPACE_TEXT_SIZE];
  unsigned char *obs = first_obs(env, s->common.seed);
  json_t *other_maps = json_array();
  if (obs != NULL && s->params == NULL && s->map == NULL) {
    visit_maps(env, obs, s->common.seed, add_map_json, other_maps);
  }
  json_t *map = board_json(env, obs);
  free(obs);
  json_t *names = json_array();
  for (uint32_t a = 0; spec->action_names != NULL && a < spec->action_space.count; a++) {
    (void)json_array_append_new(names, json_string(spec->action_names[a]));
  }
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "name",
                   ops->name, "summary", ops->summary, "details", ops->details, "params_in_force",
                   heed_env_params_of(env), "observations",
                   space_text(&spec->obs_space, obs_text, sizeof obs_text), "actions",
                   space_text(&spec->action_space, action_text, sizeof action_text), "action_names",
                   names, "players", ops->to_move != NULL ? 2 : 1, "max_steps",
                   (int)spec->max_steps, "map", map, "other_maps", other_maps, "map_symbols",
                   symbols_json(ops), "legend", legend_json(spec), "params", params_json(ops));
}

/* The optimum instead of the description. */
static heed_status solve_one(const heed_env *env, const settings *s, heed_error *err) {
  const heed__solve_settings wanted = {
      .horizon = s->horizon == HORIZON_OF_WORLD ? heed_env_spec_of(env)->max_steps : s->horizon,
      .discount = s->discount,
      .states_max = s->states_max,
      .quiet = s->common.quiet,
  };
  heed__optima optima;
  heed_status status = heed__optima_init(&optima, env, &wanted, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "solving within --states=%u", (unsigned)s->states_max);
  }
  if (s->common.format == HEED__JSON) {
    heed__print_json(heed__optima_json(&optima));
  } else {
    status = heed__optima_print(&optima, heed__colour_of(s->colour, stdout), err);
  }
  heed__optima_deinit(&optima);
  return status;
}

static int tell_one(const settings *s) {
  heed_error err = {0};
  heed_env *env = NULL;
  heed_status status = heed__load_env(s->common.args[0], s->params, s->map, &env, &err);
  if (status == HEED_ERR_ARG) {
    return heed__misused(&usage, &err);
  }
  if (status == HEED_OK && s->is_solving) {
    status = solve_one(env, s, &err);
  } else if (status == HEED_OK && s->common.format == HEED__JSON) {
    heed__print_json(one_json(env, s));
  } else if (status == HEED_OK) {
    status = print_one(env, s, &err);
  }
  heed_env_destroy(env);
  return status == HEED_OK ? HEED__DONE : heed__failed(&usage, &err);
}

/* ---- the list ------------------------------------------------------------------------------- */

static int list(const settings *s) {
  json_t *all = json_array();
  for (size_t i = 0; i < heed_env_count(); i++) {
    const heed_env_ops *ops = heed_env_at(i);
    (void)json_array_append_new(
        all, json_pack("{s:s, s:s}", "name", ops->name, "summary", ops->summary));
    if (s->common.format == HEED__TEXT) {
      (void)printf("%-24s %s\n", ops->name, ops->summary);
    }
  }
  if (s->common.format == HEED__JSON) {
    heed__print_json(all);
    return HEED__DONE;
  }
  json_decref(all);
  (void)puts("\n'heed envs NAME' tells all about one.");
  return HEED__DONE;
}

/* What makes no sense together; true if all does. */
static bool check_settings(const settings *s, heed_error *err) {
  const char *unused = !s->is_solving && s->horizon != HORIZON_OF_WORLD ? "--horizon"
                       : !s->is_solving && s->discount < 1              ? "--discount"
                                                                        : NULL;
  if (unused != NULL) {
    (void)heed_fail(err, HEED_ERR_ARG, "%s without --solve", unused);
  } else if (s->common.arg_count == 0 && s->params != NULL) {
    (void)heed_fail(err, HEED_ERR_ARG, "--params '%s' of which environment? Name it", s->params);
  } else if (s->common.arg_count == 0 && s->map != NULL) {
    (void)heed_fail(err, HEED_ERR_ARG, "--map '%s' of which environment? Name it", s->map);
  } else if (s->common.arg_count == 0 && s->is_solving) {
    (void)heed_fail(err, HEED_ERR_ARG, "--solve which environment? Name it");
  } else {
    return true;
  }
  return false;
}

int heed__cmd_envs(int argc, char **argv) {
  settings s = {.horizon = HORIZON_OF_WORLD};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  if (!check_settings(&s, &err)) {
    return heed__misused(&usage, &err);
  }
  return s.common.arg_count > 0 ? tell_one(&s) : list(&s);
}
