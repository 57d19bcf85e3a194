#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is no board is drawn in lines of this many columns, so that two fit side by side. */
enum { LINE_COLUMNS = 32, NUMBERS_PER_LINE = 2 };

heed__colour heed__colour_of(int32_t choice, FILE *stream) {
  enum { AUTO, ALWAYS, NEVER };
  const char *no_colour = getenv("NO_COLOR");
  const char *term = getenv("TERM");
  const char *colour_term = getenv("COLORTERM");
  bool is_dumb = term == NULL || strcmp(term, "dumb") == 0;
  bool is_plain =
      (no_colour != NULL && no_colour[0] != '\0') || is_dumb || isatty(fileno(stream)) != 1;
  if (choice == NEVER || (choice == AUTO && is_plain)) {
    return HEED__COLOUR_NONE;
  }
  bool has_rgb = colour_term != NULL &&
                 (strcmp(colour_term, "truecolor") == 0 || strcmp(colour_term, "24bit") == 0);
  return has_rgb ? HEED__COLOUR_RGB : HEED__COLOUR_256;
}

/* Are there glyphs to draw with? Else numbers are printed. */
static bool has_glyphs(const heed_env *env) {
  return heed_env_spec_of(env)->glyphs != NULL;
}

heed_status heed__screen_init(heed__screen *screen, const heed_env *env, heed__colour colour,
                              heed_error *err) {
  const heed_space *space = &heed_env_spec_of(env)->obs_space;
  *screen = (heed__screen){.env = env, .colour = colour};
  if (!has_glyphs(env)) {
    screen->rows = (space->count + NUMBERS_PER_LINE - 1) / NUMBERS_PER_LINE;
    screen->columns = LINE_COLUMNS;
    return HEED_OK;
  }
  bool is_board = space->height > 0;
  screen->columns = is_board ? 2 * space->width : LINE_COLUMNS;
  screen->rows = is_board ? space->height : (2 * space->count + LINE_COLUMNS - 1) / LINE_COLUMNS;
  screen->characters = calloc(space->count, 1);
  return screen->characters != NULL ? HEED_OK
                                    : heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
}

void heed__screen_deinit(heed__screen *screen) {
  free(screen->characters);
  *screen = (heed__screen){0};
}

/* Nearest level of the colour cube: 0, 95, 135, 175, 215, 255. */
static unsigned cube_level(unsigned value) {
  return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

static void set_colours(heed__colour colour, const unsigned char rgb[3], FILE *out) {
  /* Black or white letters, by the luma of what is behind them (ITU-R BT.601). */
  unsigned luma = (299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2]) / 1000;
  const char *ink = luma > 127 ? "30" : "97";
  if (colour == HEED__COLOUR_RGB) {
    (void)fprintf(out, "\033[%s;48;2;%u;%u;%um", ink, rgb[0], rgb[1], rgb[2]);
  } else {
    unsigned index = 16 + 36 * cube_level(rgb[0]) + 6 * cube_level(rgb[1]) + cube_level(rgb[2]);
    (void)fprintf(out, "\033[%s;48;5;%um", ink, index);
  }
}

static void draw_cells(const heed__screen *screen, const unsigned char *cells, uint32_t row,
                       FILE *out) {
  const heed_env_spec *spec = heed_env_spec_of(screen->env);
  uint32_t per_row = screen->columns / 2;
  heed_env_characters(screen->env, cells, screen->characters);
  for (uint32_t column = 0; column < per_row; column++) {
    uint32_t cell = row * per_row + column;
    if (cell >= spec->obs_space.count) {
      (void)fputs("  ", out);
      continue;
    }
    char shown[3] = {' ', screen->characters[cell], '\0'};
    if (screen->colour == HEED__COLOUR_NONE) {
      (void)fputs(shown, out);
      continue;
    }
    set_colours(screen->colour, spec->glyphs[cells[cell]].rgb, out);
    (void)fprintf(out, "%s\033[0m", shown);
  }
}

static void draw_numbers(const heed__screen *screen, const void *obs, uint32_t row, FILE *out) {
  const heed_space *space = &heed_env_spec_of(screen->env)->obs_space;
  bool is_box = space->kind == HEED_SPACE_BOX;
  const float *numbers = obs;
  const uint8_t *cells = obs;
  uint32_t count = space->count;
  for (uint32_t i = row * NUMBERS_PER_LINE; i < (row + 1) * NUMBERS_PER_LINE; i++) {
    if (i < count) {
      (void)fprintf(out, "%4u: %10.4g", i, is_box ? (double)numbers[i] : cells[i]);
    } else {
      (void)fprintf(out, "%16s", "");
    }
  }
}

void heed__screen_row(const heed__screen *screen, const void *obs, uint32_t row, FILE *out) {
  if (obs == NULL || row >= screen->rows) {
    (void)fprintf(out, "%*s", (int)screen->columns, "");
  } else if (!has_glyphs(screen->env)) {
    draw_numbers(screen, obs, row, out);
  } else {
    draw_cells(screen, obs, row, out);
  }
}

const char *heed__action_text(const heed_env *env, heed_action action, char text[32]) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  bool has_name = spec->action_space.kind == HEED_SPACE_DISCRETE && spec->action_names != NULL &&
                  action.index >= 0 && (uint32_t)action.index < spec->accepted_actions;
  if (has_name) {
    (void)snprintf(text, 32, "%s", spec->action_names[action.index]);
  } else if (spec->action_space.kind == HEED_SPACE_DISCRETE) {
    (void)snprintf(text, 32, "%d", (int)action.index);
  } else {
    (void)snprintf(text, 32, "%.4g, ...", (double)action.value[0]);
  }
  return text;
}
