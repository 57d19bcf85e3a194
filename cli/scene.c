#include "cli/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void heed__scene_init(heed__scene *scene, float width, float height) {
  *scene = (heed__scene){.width = width, .height = height};
}

void heed__scene_deinit(heed__scene *scene) {
  free(scene->panels);
  free(scene->shapes);
  free(scene->points);
  free(scene->texts);
  *scene = (heed__scene){0};
}

/* Makes room for `more` elements behind `count`; false if there is none. */
static bool reserve(heed__scene *scene, void **array, uint32_t *capacity, uint32_t count,
                    uint32_t more, size_t size) {
  if (scene->is_out_of_memory || more <= *capacity - count) {
    return !scene->is_out_of_memory;
  }
  uint32_t wanted = count + more > 2 * *capacity ? count + more : 2 * *capacity;
  void *grown = realloc(*array, wanted * size);
  if (grown == NULL) {
    scene->is_out_of_memory = true;
    return false;
  }
  *array = grown;
  *capacity = wanted;
  return true;
}

void heed__scene_text(heed__scene *scene, const heed__text *text) {
  if (reserve(scene, (void **)&scene->texts, &scene->text_capacity, scene->text_count, 1,
              sizeof *scene->texts)) {
    scene->texts[scene->text_count++] = *text;
  }
}

/* A label with its middle at `centre`. */
static void add_label(heed__scene *scene, const heed_shape *label, heed_point centre, float scale) {
  /* Capitals are about 0.72 em high, so that the middle lies half of that above the base line. */
  heed__text text = {.x = centre.x,
                     .y = centre.y + 0.36F * label->size * scale,
                     .size = label->size * scale,
                     .rgb = label->rgb,
                     .anchor = HEED__MIDDLE};
  (void)strncpy(text.text, label->text, sizeof text.text - 1);
  heed__scene_text(scene, &text);
}

static void add_shape(heed__scene *scene, const heed_shape *shape, const heed_point *points,
                      heed_point corner, float scale) {
  scene->shapes[scene->shape_count] = *shape;
  scene->shapes[scene->shape_count].size *= scale;
  scene->shapes[scene->shape_count++].first_point = scene->point_count;
  bool is_snapped = shape->kind == HEED_SHAPE_RECTANGLE;
  for (uint32_t i = 0; i < shape->point_count; i++) {
    heed_point at = {corner.x + points[i].x * scale, corner.y + points[i].y * scale};
    scene->points[scene->point_count++] =
        is_snapped ? (heed_point){roundf(at.x), roundf(at.y)} : at;
  }
}

void heed__scene_picture(heed__scene *scene, const heed_picture *picture, float left, float top,
                         float scale) {
  if (!reserve(scene, (void **)&scene->panels, &scene->panel_capacity, scene->panel_count, 1,
               sizeof *scene->panels) ||
      !reserve(scene, (void **)&scene->shapes, &scene->shape_capacity, scene->shape_count,
               picture->shape_count, sizeof *scene->shapes) ||
      !reserve(scene, (void **)&scene->points, &scene->point_capacity, scene->point_count,
               picture->point_count, sizeof *scene->points)) {
    return;
  }
  heed__panel *panel = &scene->panels[scene->panel_count++];
  *panel = (heed__panel){.left = left,
                         .top = top,
                         .width = roundf(picture->width * scale),
                         .height = roundf(picture->height * scale),
                         .background_rgb = picture->background_rgb,
                         .first_shape = scene->shape_count};
  for (uint32_t i = 0; i < picture->shape_count; i++) {
    const heed_shape *shape = &picture->shapes[i];
    const heed_point *points = &picture->points[shape->first_point];
    if (shape->kind == HEED_SHAPE_LABEL) {
      heed_point centre = {left + points->x * scale, top + points->y * scale};
      add_label(scene, shape, centre, scale);
    } else {
      add_shape(scene, shape, points, (heed_point){left, top}, scale);
    }
  }
  panel->shape_count = scene->shape_count - panel->first_shape;
}

const heed_point *heed__scene_points(const heed__scene *scene, const heed_shape *shape) {
  return &scene->points[shape->first_point];
}
