#include "cli/plan_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/scene.h"
#include "cli/screen.h"
#include "cli/svg.h"
#include "core/file.h"

/* Pixels. */
#define COLUMN     190.0F
#define ROW        38.0F
#define MARGIN     24.0F
#define RADIUS_MIN 3.0F
#define RADIUS_MAX 9.0F
#define FONT       13.0F
#define SMALL      11.0F

/* Colours: the expected line stands out without relying on hue, being darker and thicker. */
enum { ON_LINE = 0xc2410c, BESIDE = 0xa8b0ba, INK = 0x222222, FAINT = 0x666666 };

enum { NODES_MAX = 1000, WIDTH_MAX = 20000 };

/* Where nodes stand. */
typedef struct layout {
  const heed_plan_report *report;
  uint32_t depth;
  uint32_t *leaves; /* owned, [node_count] rows that a node and what is below it take */
  float *row;       /* owned, [node_count] first row of that, then the middle of them */
  float *cursor;    /* owned, [node_count] next free row for a child */
} layout;

static bool is_shown(const layout *l, uint32_t i) {
  return l->report->nodes[i].depth <= l->depth;
}

/* Children follow their parents, so that one pass back counts rows, and one forth gives them out. */
static void arrange(layout *l) {
  const heed_plan_node *nodes = l->report->nodes;
  uint32_t count = l->report->node_count;
  for (uint32_t i = count; i-- > 0;) {
    l->leaves[i] = l->leaves[i] > 0 ? l->leaves[i] : 1;
    if (i > 0 && is_shown(l, i)) {
      l->leaves[nodes[i].parent] += l->leaves[i];
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!is_shown(l, i)) {
      continue;
    }
    float first = i > 0 ? l->cursor[nodes[i].parent] : 0;
    if (i > 0) {
      l->cursor[nodes[i].parent] += (float)l->leaves[i];
    }
    l->cursor[i] = first;
    l->row[i] = first + 0.5F * (float)(l->leaves[i] - 1);
  }
}

static heed_point place_of(const layout *l, uint32_t i) {
  return (heed_point){MARGIN + (float)l->report->nodes[i].depth * COLUMN,
                      MARGIN + FONT + l->row[i] * ROW};
}

/* A link leaves its parent's text before it turns to the child. */
static void add_link(heed_picture *picture, heed_point from, heed_point to, bool of_line) {
  float thickness = of_line ? 3.0F : 1.2F;
  uint32_t colour = of_line ? ON_LINE : BESIDE;
  float turn = from.x + 0.75F * COLUMN;
  heed_picture_line(picture, from.x, from.y, turn, from.y, thickness, colour);
  heed_picture_line(picture, turn, from.y, to.x, to.y, thickness, colour);
}

static void add_links(const layout *l, heed_picture *picture, bool of_line) {
  for (uint32_t i = 1; i < l->report->node_count; i++) {
    const heed_plan_node *node = &l->report->nodes[i];
    if (is_shown(l, i) && node->is_on_line == of_line) {
      add_link(picture, place_of(l, node->parent), place_of(l, i), of_line);
    }
  }
}

/* The area of a circle tells the share of simulations that went there. */
static void add_circles(const layout *l, heed_picture *picture) {
  const heed_plan_node *nodes = l->report->nodes;
  double all = nodes[0].visits > 0 ? nodes[0].visits : 1;
  for (uint32_t i = 0; i < l->report->node_count; i++) {
    if (is_shown(l, i)) {
      heed_point at = place_of(l, i);
      double share = fmin(nodes[i].visits * nodes[i].probability / all, 1);
      float radius = RADIUS_MIN + (RADIUS_MAX - RADIUS_MIN) * (float)sqrt(share);
      heed_picture_circle(picture, at.x, at.y, radius, nodes[i].is_on_line ? ON_LINE : BESIDE);
    }
  }
}

static void add_texts(const layout *l, const heed_env *env, heed__scene *scene) {
  for (uint32_t i = 0; i < l->report->node_count; i++) {
    const heed_plan_node *node = &l->report->nodes[i];
    if (!is_shown(l, i)) {
      continue;
    }
    heed_point at = place_of(l, i);
    heed__text head = {.x = at.x + RADIUS_MAX + 4,
                       .y = at.y - 4,
                       .size = FONT,
                       .rgb = INK,
                       .is_bold = node->is_on_line};
    heed__text tail = {.x = head.x, .y = at.y + SMALL + 2, .size = SMALL, .rgb = FAINT};
    char name[32] = "now";
    char value[32];
    if (i > 0) {
      (void)heed__action_text(env, node->action, name);
    }
    if (node->probability < 1) {
      (void)snprintf(head.text, sizeof head.text, "%.20s  %.0f %%%s", name, 100 * node->probability,
                     node->is_terminal ? "  end" : "");
    } else {
      (void)snprintf(head.text, sizeof head.text, "%.20s%s", name,
                     node->is_terminal ? "  end" : "");
    }
    (void)snprintf(tail.text, sizeof tail.text, "%.12s, %u visits", heed__short(node->value, value),
                   node->visits);
    heed__scene_text(scene, &head);
    heed__scene_text(scene, &tail);
  }
}

static heed_status compose(const layout *l, const heed_env *env, heed__scene *scene,
                           heed_error *err) {
  uint32_t deepest = 0;
  for (uint32_t i = 0; i < l->report->node_count; i++) {
    uint32_t depth = l->report->nodes[i].depth;
    deepest = is_shown(l, i) && depth > deepest ? depth : deepest;
  }
  float width = 2 * MARGIN + ((float)deepest + 1) * COLUMN;
  float height = 2 * MARGIN + (float)l->leaves[0] * ROW;
  if (l->report->node_count > NODES_MAX || width > WIDTH_MAX || height > WIDTH_MAX) {
    return heed_fail(err, HEED_ERR_ARG,
                     "%u states of a plan to draw: ask for less --depth or --width",
                     l->report->node_count);
  }
  heed_picture *picture = malloc(sizeof *picture);
  if (picture == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  heed__scene_init(scene, width, height);
  heed_picture_clear(picture, width, height);
  add_links(l, picture, false);
  add_links(l, picture, true);
  add_circles(l, picture);
  heed__scene_picture(scene, picture, 0, 0, 1);
  add_texts(l, env, scene);
  free(picture);
  return HEED_OK;
}

heed_status heed__plan_draw(const heed_plan_report *report, const heed_env *env, uint32_t depth,
                            const char *path, heed_error *err) {
  size_t count = report->node_count;
  layout l = {.report = report,
              .depth = depth,
              .leaves = calloc(count, sizeof *l.leaves),
              .row = calloc(count, sizeof *l.row),
              .cursor = calloc(count, sizeof *l.cursor)};
  heed__scene scene = {0};
  char *text = NULL;
  size_t size = 0;
  heed_status status = HEED_OK;
  if (l.leaves == NULL || l.row == NULL || l.cursor == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "drawing '%s': no memory", path);
  } else {
    arrange(&l);
    status = compose(&l, env, &scene, err);
  }
  if (status == HEED_OK) {
    status = heed__svg_write(&scene, 1, 1, 1, &text, &size, err);
  }
  if (status == HEED_OK) {
    status = heed_file_write(path, text, size, err);
  }
  free(text);
  heed__scene_deinit(&scene);
  free(l.leaves);
  free(l.row);
  free(l.cursor);
  return status;
}
