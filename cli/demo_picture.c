#include "cli/demo_picture.h"

#include <stdlib.h>
#include <string.h>

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

enum { CELL = 24, GAP = 28, TOP = 34, BOTTOM = 30 };

static void draw_arrow(FILE *out, uint32_t x, uint32_t y, int action) {
  static const int turns[] = {-90, 90, 180, 0};
  (void)fprintf(out,
                "<path d=\"M-7 0H5M0 -5L5 0L0 5\" transform=\"translate(%u %u) rotate(%d)\" "
                "fill=\"none\" stroke=\"#222\" stroke-width=\"2\"/>\n",
                x, y, turns[action]);
}

static void draw_board(FILE *out, const heed_env_spec *spec, const heed_off_switch_episode *e,
                       uint32_t left) {
  int8_t way[CELLS];
  trace_way(e, way);
  const unsigned char *board = e->obs[e->steps];
  for (uint32_t c = 0; c < spec->obs_space.count; c++) {
    uint32_t x = left + c % spec->obs_space.width * CELL;
    uint32_t y = TOP + c / spec->obs_space.width * CELL;
    const heed_glyph *glyph = &spec->glyphs[board[c]];
    (void)fprintf(out,
                  "<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" fill=\"rgb(%u,%u,%u)\" "
                  "stroke=\"#fff\" stroke-width=\"0.5\"/>\n",
                  x, y, CELL, CELL, glyph->rgb[0], glyph->rgb[1], glyph->rgb[2]);
    if (glyph->character != '#' && glyph->character != ' ') {
      (void)fprintf(
          out, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" font-weight=\"bold\">%c</text>\n",
          x + CELL / 2, y + CELL / 2 + 5, glyph->character);
    } else if (way[c] >= 0) {
      draw_arrow(out, x + CELL / 2, y + CELL / 2, way[c]);
    }
  }
}

static void draw(FILE *out, const heed_off_switch_result *result, const heed_env_spec *spec) {
  uint32_t board_width = spec->obs_space.width * CELL;
  uint32_t width = HEED_ROW_COUNT * (board_width + GAP) - GAP + 2 * 10;
  uint32_t height = TOP + spec->obs_space.height * CELL + BOTTOM;
  (void)fprintf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
                "viewBox=\"0 0 %u %u\" font-family=\"sans-serif\" font-size=\"14\">\n"
                "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n",
                width, height, width, height, width, height);
  for (int i = 0; i < HEED_ROW_COUNT; i++) {
    const heed_off_switch_episode *e = &result->pictures[i];
    uint32_t left = 10 + (uint32_t)i * (board_width + GAP);
    const char *name = heed_off_switch_row_name((heed_off_switch_row)i);
    const char *arrow = strstr(name, "->");
    int before = arrow != NULL ? (int)(arrow - name) : (int)strlen(name);
    (void)fprintf(out, "<text x=\"%u\" y=\"22\" font-weight=\"bold\">%.*s%s%s</text>\n", left,
                  before, name, arrow != NULL ? " &#8594; " : "", arrow != NULL ? arrow + 2 : "");
    draw_board(out, spec, e, left);
    (void)fprintf(out, "<text x=\"%u\" y=\"%u\" fill=\"#444\">%u steps</text>\n", left, height - 10,
                  e->steps);
  }
  (void)fprintf(out, "</svg>\n");
}

heed_status heed__demo_draw(const heed_off_switch_result *result, const heed_env *env,
                            const char *path, heed_error *err) {
  if (is_empty(result)) {
    return heed_fail(err, HEED_ERR_STATE, "no episode was interrupted; ask for more --episodes");
  }
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "drawing '%s': no memory", path);
  }
  draw(out, result, heed_env_spec_of(env));
  bool is_written = fclose(out) == 0;
  heed_status status = is_written ? heed_file_write(path, text, size, err)
                                  : heed_fail(err, HEED_ERR_NOMEM, "drawing '%s': no memory", path);
  free(text);
  return status;
}
