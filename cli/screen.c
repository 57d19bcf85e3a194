#include "cli/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/raster.h"

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

/* Does the terminal show more than ASCII? The locale of the program itself stays "C". */
static bool has_utf8(void) {
  locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
  if (locale == (locale_t)0) {
    return false;
  }
  bool is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
  freelocale(locale);
  return is_utf8;
}

/* What is no board, and drawn by its world, is shown as a picture where there is colour. */
static bool is_pictured(const heed_env *env, heed__colour colour) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  bool is_board = spec->obs_space.height > 0 && spec->glyphs != NULL;
  return heed_env_ops_of(env)->depict != NULL && !is_board && colour != HEED__COLOUR_NONE;
}

/* The size of a picture, from that of an observation of zeros: a character is as high as it is wide
 * twice. */
static heed_status size_picture(heed__screen *screen, uint32_t columns_max, uint32_t rows_max,
                                heed_error *err) {
  size_t size = heed_space_size(&heed_env_spec_of(screen->env)->obs_space);
  void *zeros = calloc(1, size);
  screen->picture = malloc(sizeof *screen->picture);
  if (zeros == NULL || screen->picture == NULL) {
    free(zeros);
    return heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  heed_env_depict(screen->env, zeros, screen->picture);
  free(zeros);
  float shape = screen->picture->width / screen->picture->height;
  float columns = fminf((float)columns_max, roundf(2 * (float)rows_max * shape));
  screen->columns = (uint32_t)fmaxf(columns, 1);
  screen->rows = (uint32_t)fmaxf(roundf((float)screen->columns / shape / 2), 1);
  screen->rows = screen->rows < rows_max ? screen->rows : rows_max;
  return HEED_OK;
}

heed_status heed__screen_init(heed__screen *screen, const heed_env *env, heed__colour colour,
                              uint32_t columns_max, uint32_t rows_max, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  const heed_space *space = &spec->obs_space;
  heed_status status = HEED_OK;
  *screen = (heed__screen){.env = env, .colour = colour, .has_blocks = has_utf8()};
  if (is_pictured(env, colour)) {
    status = size_picture(screen, columns_max, rows_max, err);
  } else if (spec->glyphs == NULL) {
    screen->rows = (space->count + NUMBERS_PER_LINE - 1) / NUMBERS_PER_LINE;
    screen->columns = LINE_COLUMNS;
  } else {
    bool is_board = space->height > 0;
    screen->columns = is_board ? 2 * space->width : LINE_COLUMNS;
    screen->rows = is_board ? space->height : (2 * space->count + LINE_COLUMNS - 1) / LINE_COLUMNS;
  }
  if (status == HEED_OK) {
    screen->characters = calloc(space->count, 1);
    screen->cells = calloc((size_t)screen->rows * screen->columns, sizeof *screen->cells);
    bool is_good = screen->characters != NULL && screen->cells != NULL;
    status = is_good ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  if (status != HEED_OK) {
    heed__screen_deinit(screen);
  }
  return status;
}

void heed__screen_deinit(heed__screen *screen) {
  free(screen->characters);
  free(screen->cells);
  free(screen->picture);
  *screen = (heed__screen){0};
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void draw_glyphs(heed__screen *screen, const uint8_t *values) {
  const heed_env_spec *spec = heed_env_spec_of(screen->env);
  heed_env_characters(screen->env, values, screen->characters);
  for (uint32_t i = 0; i < spec->obs_space.count; i++) {
    const unsigned char *rgb = spec->glyphs[values[i]].rgb;
    uint32_t colour = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
    heed__cell cell = {.character = ' '};
    if (screen->colour != HEED__COLOUR_NONE) {
      cell = (heed__cell){' ', true, heed_picture_ink(colour), colour};
    }
    screen->cells[(size_t)2 * i] = cell;
    cell.character = screen->characters[i];
    screen->cells[(size_t)2 * i + 1] = cell;
  }
}

static void draw_numbers(heed__screen *screen, const void *obs) {
  const heed_space *space = &heed_env_spec_of(screen->env)->obs_space;
  for (uint32_t i = 0; i < space->count; i++) {
    double value =
        space->kind == HEED_SPACE_BOX ? (double)((const float *)obs)[i] : ((const uint8_t *)obs)[i];
    char text[LINE_COLUMNS / NUMBERS_PER_LINE + 1];
    int length = snprintf(text, sizeof text, "%4u: %10.4g", i, value);
    for (int c = 0; c < length && text[c] != '\0'; c++) {
      screen->cells[i * (LINE_COLUMNS / NUMBERS_PER_LINE) + (uint32_t)c].character = text[c];
    }
  }
}

/* The middle of two colours. */
static uint32_t mix(uint32_t a, uint32_t b) {
  return (a & b) + (((a ^ b) & 0xfefefe) >> 1);
}

/* Two pixels above each other make a character. */
static void put_pixels(heed__screen *screen, const uint32_t *pixels) {
  for (uint32_t row = 0; row < screen->rows; row++) {
    for (uint32_t column = 0; column < screen->columns; column++) {
      uint32_t upper = pixels[(size_t)2 * row * screen->columns + column];
      uint32_t lower = pixels[(size_t)(2 * row + 1) * screen->columns + column];
      heed__cell cell = {HEED__HALF_BLOCK, true, upper, lower};
      if (!screen->has_blocks || upper == lower) {
        uint32_t middle = mix(upper, lower);
        cell = (heed__cell){' ', true, heed_picture_ink(middle), middle};
      }
      screen->cells[(size_t)row * screen->columns + column] = cell;
    }
  }
}

/* A label in characters, on what is behind it. */
static void put_label(heed__screen *screen, const heed__text *label) {
  size_t length = strlen(label->text);
  float row = (label->y - 0.36F * label->size) / 2;
  float first = label->x - (float)length / 2;
  for (size_t i = 0; i < length; i++) {
    float column = roundf(first) + (float)i;
    if (row >= 0 && row < (float)screen->rows && column >= 0 && column < (float)screen->columns) {
      heed__cell *cell = &screen->cells[(uint32_t)row * screen->columns + (uint32_t)column];
      uint32_t behind = cell->character == HEED__HALF_BLOCK ? mix(cell->ink, cell->rgb) : cell->rgb;
      *cell = (heed__cell){label->text[i], true, heed_picture_ink(behind), behind};
    }
  }
}

static void draw_picture(heed__screen *screen, const void *obs) {
  heed__scene scene;
  heed_env_depict(screen->env, obs, screen->picture);
  float scale = fminf((float)screen->columns / screen->picture->width,
                      2 * (float)screen->rows / screen->picture->height);
  heed__scene_init(&scene, (float)screen->columns, 2 * (float)screen->rows);
  heed__scene_picture(&scene, screen->picture, 0, 0, scale);
  for (uint32_t i = 0; i < scene.shape_count; i++) {
    /* thinner lines would be lost */
    scene.shapes[i].size = fmaxf(scene.shapes[i].size, scene.shapes[i].size > 0 ? 1 : 0);
  }
  uint32_t label_count = scene.text_count;
  scene.text_count = 0; /* letters are larger than pixels here */
  uint32_t *pixels;
  uint32_t width;
  uint32_t height;
  if (heed__raster_draw(&scene, &pixels, &width, &height, NULL) == HEED_OK) {
    put_pixels(screen, pixels);
    free(pixels);
  }
  for (uint32_t i = 0; i < label_count; i++) {
    put_label(screen, &scene.texts[i]);
  }
  heed__scene_deinit(&scene);
}

void heed__screen_draw(heed__screen *screen, const void *obs) {
  for (size_t i = 0; i < (size_t)screen->rows * screen->columns; i++) {
    screen->cells[i] = (heed__cell){.character = ' '};
  }
  if (obs == NULL) {
    return;
  }
  if (screen->picture != NULL) {
    draw_picture(screen, obs);
  } else if (heed_env_spec_of(screen->env)->glyphs != NULL) {
    draw_glyphs(screen, obs);
  } else {
    draw_numbers(screen, obs);
  }
}

/* ---- printing ------------------------------------------------------------------------------- */

/* Nearest level of the colour cube: 0, 95, 135, 175, 215, 255. */
static unsigned cube_level(unsigned value) {
  return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

static unsigned distance(unsigned a, unsigned b) {
  return (a - b) * (a - b); /* modulo 2^32, which squares do not mind */
}

unsigned heed__colour_index(uint32_t rgb) {
  const unsigned parts[] = {rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255};
  /* 24 greys: 8, 18, ... 238 */
  unsigned mean = (parts[0] + parts[1] + parts[2]) / 3;
  unsigned grey = mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10;
  unsigned index = 16;
  unsigned cube_error = 0;
  unsigned grey_error = 0;
  for (int i = 0; i < 3; i++) {
    static const unsigned weights[] = {36, 6, 1};
    unsigned level = cube_level(parts[i]);
    index += weights[i] * level;
    cube_error += distance(parts[i], level == 0 ? 0 : 55 + 40 * level);
    grey_error += distance(parts[i], 8 + 10 * grey);
  }
  return grey_error < cube_error ? 232 + grey : index;
}

static void print_colours(heed__colour colour, const heed__cell *cell, FILE *out) {
  if (cell->character != HEED__HALF_BLOCK) { /* black or white */
    (void)fprintf(out, "\033[%s;", cell->ink == 0 ? "30" : "97");
  } else if (colour == HEED__COLOUR_RGB) {
    (void)fprintf(out, "\033[38;2;%u;%u;%u;", cell->ink >> 16, cell->ink >> 8 & 255,
                  cell->ink & 255);
  } else {
    (void)fprintf(out, "\033[38;5;%u;", heed__colour_index(cell->ink));
  }
  if (colour == HEED__COLOUR_RGB) {
    (void)fprintf(out, "48;2;%u;%u;%um", cell->rgb >> 16, cell->rgb >> 8 & 255, cell->rgb & 255);
  } else {
    (void)fprintf(out, "48;5;%um", heed__colour_index(cell->rgb));
  }
}

void heed__screen_row(const heed__screen *screen, uint32_t row, FILE *out) {
  static const heed__cell blank = {.character = ' '};
  const heed__cell *before = &blank;
  for (uint32_t column = 0; column < screen->columns; column++) {
    const heed__cell *cell =
        row < screen->rows ? &screen->cells[(size_t)row * screen->columns + column] : &blank;
    bool is_block = cell->character == HEED__HALF_BLOCK;
    bool was_block = before->character == HEED__HALF_BLOCK;
    bool is_other = cell->has_colour != before->has_colour || cell->ink != before->ink ||
                    cell->rgb != before->rgb || is_block != was_block;
    if (is_other && cell->has_colour) {
      print_colours(screen->colour, cell, out);
    } else if (is_other) {
      (void)fputs("\033[0m", out);
    }
    if (is_block) {
      (void)fputs("\u2580", out);
    } else {
      (void)fputc(cell->character, out);
    }
    before = cell;
  }
  if (before->has_colour) {
    (void)fputs("\033[0m", out);
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
    size_t used = 0;
    for (uint32_t i = 0; i < spec->action_space.count && used < 31; i++) {
      int length =
          snprintf(text + used, 32 - used, "%s%.3g", i > 0 ? ", " : "", (double)action.value[i]);
      used += length > 0 ? (size_t)length : 0;
    }
  }
  return text;
}
