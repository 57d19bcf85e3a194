#include "bench/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/scene.h"
#include "cli/svg.h"
#include "core/pack.h"

/* Pixels. */
#define PANEL_WIDTH  250.0F
#define PANEL_HEIGHT 150.0F
#define LEFT         62.0F
#define TOP          30.0F
#define STEP_X       318.0F
#define STEP_Y       215.0F
#define LEGEND       230.0F
#define LEGEND_STEP  18.0F

enum { INK = 0x222222, GRID = 0xdddddd, AIM = 0xe8f3e8, LOG_DECADES = 6 };

/* Eight colours that people with any colour vision tell apart (Okabe and Ito 2008; yellow darker), then darker, then
 * lighter ones. */
static const uint32_t colours[HEED__PLOT_CURVES] = {
    0x000000, 0xe69f00, 0x56b4e9, 0x009e73, 0xd55e00, 0x0072b2, 0xcc79a7, 0xb8a800,
    0x777777, 0x7a5400, 0x1d5c7d, 0x00523b, 0x6e3100, 0x003a5c, 0x6b3d57, 0x5e5600,
    0xc4c4c4, 0xf5cf80, 0xaedbf4, 0x80cfb9, 0xeaaf80, 0x80b9d9, 0xe6bcd3, 0xdcd480};

static void add_text(heed__scene *scene, float x, float y, heed__anchor anchor, bool is_bold,
                     const char *text) {
  heed__text t = {
      .x = x, .y = y, .size = is_bold ? 13 : 11, .rgb = INK, .anchor = anchor, .is_bold = is_bold};
  (void)snprintf(t.text, sizeof t.text, "%s", text);
  heed__scene_text(scene, &t);
}

/* Where a mark stands, and a share. */
static float x_of(const heed__plot *plot, size_t i) {
  double first = plot->marks[0];
  double range = log(plot->marks[plot->mark_count - 1] / first);
  return PANEL_WIDTH * (float)(log(plot->marks[i] / first) / range);
}
static float y_of(const heed__plot_panel *panel, double share) {
  double height = share;
  if (panel->is_log) {
    height = share > 0 ? 1 + log10(share) / LOG_DECADES : 0;
  }
  return 1 + (PANEL_HEIGHT - 2) * (1 - (float)fmin(fmax(height, 0), 1));
}

/* Line i of the grid, of so many and one more. */
static int grid_lines(const heed__plot_panel *panel) {
  return panel->is_log ? LOG_DECADES : 4;
}
static double grid_share(const heed__plot_panel *panel, int i) {
  return panel->is_log ? pow(10, i - LOG_DECADES) : 0.25 * i;
}

static void draw_curves(const heed__plot *plot, const heed__plot_panel *panel,
                        heed_picture *picture) {
  for (size_t c = 0; c < panel->count; c++) {
    const heed__curve *curve = &panel->curves[c];
    for (size_t i = 1; i < plot->mark_count && curve->count > 0; i++) {
      size_t last = curve->count - 1;
      double before = curve->shares[i - 1 < last ? i - 1 : last];
      double after = curve->shares[i < last ? i : last];
      heed_picture_line(picture, x_of(plot, i - 1), y_of(panel, before), x_of(plot, i),
                        y_of(panel, after), 2, colours[c]);
    }
  }
}

static void draw_panel(const heed__plot *plot, const heed__plot_panel *panel, float left, float top,
                       heed_picture *picture, heed__scene *scene) {
  int lines = grid_lines(panel);
  heed_picture_clear(picture, PANEL_WIDTH, PANEL_HEIGHT);
  if (panel->aim_high > panel->aim_low) {
    float from = y_of(panel, panel->aim_high);
    heed_picture_rectangle(picture, 0, from, PANEL_WIDTH, y_of(panel, panel->aim_low) - from, AIM);
  }
  for (int i = 0; i <= lines; i++) {
    float y = y_of(panel, grid_share(panel, i));
    heed_picture_line(picture, 0, y, PANEL_WIDTH, y, 1, GRID);
  }
  draw_curves(plot, panel, picture);
  heed__scene_picture(scene, picture, left, top, 1);
  add_text(scene, left, top - 8, HEED__START, true, panel->title);
  for (int i = 0; i <= lines; i++) {
    char text[16];
    double share = grid_share(panel, i);
    (void)snprintf(text, sizeof text, "%g %%", 100 * share);
    add_text(scene, left - 5, top + y_of(panel, share) + 4, HEED__END, false, text);
  }
  for (size_t i = 0; i < plot->mark_count; i += plot->mark_step) {
    char text[16];
    (void)snprintf(text, sizeof text, "%u", plot->marks[i]);
    add_text(scene, left + x_of(plot, i), top + PANEL_HEIGHT + 14, HEED__MIDDLE, false, text);
  }
}

static void draw_legend(const heed__plot_panel *panel, float left, float top, heed_picture *picture,
                        heed__scene *scene) {
  heed_picture_clear(picture, 20, LEGEND_STEP * (float)panel->count);
  for (size_t c = 0; c < panel->count; c++) {
    float y = LEGEND_STEP * ((float)c + 0.5F);
    heed_picture_line(picture, 1, y, 19, y, 3, colours[c]);
    add_text(scene, left + 26, top + y + 4, HEED__START, false, panel->curves[c].name);
  }
  heed__scene_picture(scene, picture, left, top, 1);
}

heed_status heed__plot_write(const heed__plot *plot, const char *path, heed_error *err) {
  heed__scene scene = {0};
  heed_picture *picture = malloc(sizeof *picture);
  if (picture == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", path);
  }
  size_t rows = (plot->count + plot->across - 1) / plot->across;
  float width = LEFT + (float)plot->across * STEP_X + LEGEND;
  float height = fmaxf((float)rows * STEP_Y, LEGEND_STEP * (float)plot->panels[0].count);
  heed__scene_init(&scene, width, TOP + height);
  for (size_t i = 0; i < plot->count; i++) {
    size_t row = i / plot->across;
    draw_panel(plot, &plot->panels[i], LEFT + STEP_X * (float)(i % plot->across),
               TOP + STEP_Y * (float)row, picture, &scene);
  }
  draw_legend(&plot->panels[0], LEFT + (float)plot->across * STEP_X - 10, TOP, picture, &scene);
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
