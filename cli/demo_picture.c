#include "cli/demo_picture.h"

#include <stdlib.h>
#include <string.h>

#include "cli/svg.h"
#include "core/pack.h"

enum { AGENT = 3, CELLS = 56 }; /* of the world's boards: the value of the agent, and their size */

/* The way that the agent went: each cell shows the action that last led out of it, 0 .. 3, or -1. */
static void trace_way(const heed_off_switch_episode *e, int8_t way[CELLS]) {
  memset(way, -1, CELLS);
  for (uint32_t t = 0; t < e->steps; t++) {
    for (int i = 0; i < CELLS; i++) {
      if (e->obs[t][i] == AGENT && e->obs[t + 1][i] != AGENT && e->actions[t] >= 0 &&
          e->actions[t] < 4) {
        way[i] = (int8_t)e->actions[t];
      }
    }
  }
}

static bool is_empty(const heed_off_switch_result *result) {
  bool empty = false;
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    empty = empty || result->pictures[i].steps == 0;
  }
  return empty;
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* How an action is shown; 0 for none. */
static char mark_of(int8_t action) {
  static const char marks[] = "^v<>";
  if (action < 0) {
    return 0;
  }
  return marks[action];
}

static void print_cell(const heed_glyph *glyph, char mark, heed__colour colour, FILE *out) {
  char character = glyph->character;
  if (mark != 0 && character == ' ') {
    character = mark;
  }
  if (colour == HEED__COLOUR_RGB) {
    (void)fprintf(out, "\033[48;2;%u;%u;%um\033[30m%c \033[0m", glyph->rgb[0], glyph->rgb[1],
                  glyph->rgb[2], character);
  } else if (colour == HEED__COLOUR_256) {
    int cube = 16 + 36 * (glyph->rgb[0] / 43) + 6 * (glyph->rgb[1] / 43) + glyph->rgb[2] / 43;
    (void)fprintf(out, "\033[48;5;%dm\033[30m%c \033[0m", cube, character);
  } else {
    (void)fprintf(out, "%c ", character);
  }
}

void heed__demo_print(const heed_off_switch_result *result, const heed_env *env,
                      heed__colour colour, FILE *out) {
  if (is_empty(result)) {
    return;
  }
  const heed_env_spec *spec = heed_env_spec_of(env);
  uint32_t width = spec->obs_space.width;
  int8_t way[HEED_ROW_COUNT][CELLS];
  (void)fprintf(out, "\nOne episode, in which the tile interrupts, with each reward:\n\n");
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    trace_way(&result->pictures[i], way[i]);
    (void)fprintf(out, "%-*s", (int)(2 * width + 3),
                  heed_off_switch_row_name((heed_off_switch_row)i));
  }
  (void)fprintf(out, "\n");
  for (uint32_t row = 0; row < spec->obs_space.height; row++) {
    for (int i = 0; i < HEED_ROW_COUNT; i++) {
      const unsigned char *board = result->pictures[i].obs[result->pictures[i].steps];
      for (uint32_t c = row * width; c < (row + 1) * width; c++) {
        char mark = mark_of(way[i][c]);
        print_cell(&spec->glyphs[board[c]], mark, colour, out);
      }
      (void)fprintf(out, "   ");
    }
    (void)fprintf(out, "\n");
  }
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    char text[32];
    (void)snprintf(text, sizeof text, "%u steps", result->pictures[i].steps);
    (void)fprintf(out, "%-*s", (int)(2 * width + 3), text);
  }
  (void)fprintf(out, "\n");
}

/* ---- SVG ----------------------------------------------------------------------------------------- */

/* Pixels. */
#define CELL   24.0F
#define GAP    28.0F
#define MARGIN 10.0F
#define TOP    34.0F
#define BOTTOM 30.0F
#define FONT   14.0F

/* An arrow in the middle of a cell at (column, row), in units. */
static void add_arrow(heed_picture *picture, uint32_t column, uint32_t row, int action) {
  static const heed_point ways[] = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}};
  const uint32_t ink = 0x222222;
  const float thickness = 0.08F;
  heed_point way = ways[action];
  float x = (float)column + 0.5F;
  float y = (float)row + 0.5F;
  heed_point tip = {x + 0.24F * way.x, y + 0.24F * way.y};
  heed_picture_line(picture, x - 0.26F * way.x, y - 0.26F * way.y, tip.x, tip.y, thickness, ink);
  for (int i = 0; i < 2; i++) {
    float side = i == 0 ? -0.2F : 0.2F;
    heed_picture_line(picture, tip.x - 0.2F * way.x + side * way.y,
                      tip.y - 0.2F * way.y + side * way.x, tip.x, tip.y, thickness, ink);
  }
}

/* The last board of an episode, with the way that the agent went. */
static void depict_way(const heed_env *env, const heed_off_switch_episode *e,
                       heed_picture *picture) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  uint32_t width = spec->obs_space.width;
  const unsigned char *board = e->obs[e->steps];
  int8_t way[CELLS];
  trace_way(e, way);
  heed_env_depict(env, board, picture);
  for (uint32_t c = 0; c < spec->obs_space.count; c++) {
    if (way[c] >= 0 && spec->glyphs[board[c]].character == ' ') {
      add_arrow(picture, c % width, c / width, way[c]);
    }
  }
}

/* "task -> people" with an arrow that is one. */
static void write_name(const char *name, char *text, size_t size) {
  const char *arrow = strstr(name, "->");
  int before = arrow != NULL ? (int)(arrow - name) : (int)strlen(name);
  (void)snprintf(text, size, "%.*s%s%s", before, name, arrow != NULL ? " \u2192 " : "",
                 arrow != NULL ? arrow + 2 : "");
}

static void compose(const heed_off_switch_result *result, const heed_env *env,
                    heed_picture *picture, heed__scene *scene) {
  const heed_space *space = &heed_env_spec_of(env)->obs_space;
  float board_width = (float)space->width * CELL;
  float height = TOP + (float)space->height * CELL + BOTTOM;
  heed__scene_init(scene, HEED_ROW_COUNT * (board_width + GAP) - GAP + 2 * MARGIN, height);
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    const heed_off_switch_episode *e = &result->pictures[i];
    float left = MARGIN + (float)i * (board_width + GAP);
    heed__text name = {.x = left, .y = 22, .size = FONT, .is_bold = true};
    heed__text steps = {.x = left, .y = height - MARGIN, .size = FONT, .rgb = 0x444444};
    write_name(heed_off_switch_row_name((heed_off_switch_row)i), name.text, sizeof name.text);
    (void)snprintf(steps.text, sizeof steps.text, "%u steps", e->steps);
    heed__scene_text(scene, &name);
    heed__scene_text(scene, &steps);
    depict_way(env, e, picture);
    heed__scene_picture(scene, picture, left, TOP, CELL);
  }
}

heed_status heed__demo_draw(const heed_off_switch_result *result, const heed_env *env,
                            const char *path, heed_error *err) {
  if (is_empty(result)) {
    return heed_fail(err, HEED_ERR_STATE, "no episode was interrupted; ask for more --episodes");
  }
  heed__scene scene = {0};
  heed_picture *picture = malloc(sizeof *picture);
  if (picture == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "drawing '%s': no memory", path);
  }
  compose(result, env, picture, &scene);
  char *text = NULL;
  size_t size = 0;
  heed_status status = heed__svg_write(&scene, 1, 1, 1, &text, &size, err);
  if (status == HEED_OK) {
    status = heed_file_write(path, text, size, err);
  }
  free(text);
  free(picture);
  heed__scene_deinit(&scene);
  return status;
}
