#include "envs/picture.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void heed_picture_clear(heed_picture *picture, float width, float height) {
  assert(width > 0 && height > 0 && isfinite(width) && isfinite(height));
  picture->width = width;
  picture->height = height;
  picture->background_rgb = 0xffffff;
  picture->shape_count = 0;
  picture->point_count = 0;
  picture->is_full = false;
}

/* Adds a shape; NULL when it is left out. */
static heed_shape *add(heed_picture *picture, heed_shape_kind kind, const heed_point *points,
                       uint32_t count, float size, uint32_t rgb) {
  bool is_finite = isfinite(size);
  for (uint32_t i = 0; i < count; i++) {
    is_finite = is_finite && isfinite(points[i].x) && isfinite(points[i].y);
  }
  if (!is_finite) {
    return NULL;
  }
  if (picture->shape_count == HEED_PICTURE_SHAPE_MAX ||
      count > HEED_PICTURE_POINT_MAX - picture->point_count) {
    picture->is_full = true;
    return NULL;
  }
  heed_shape *shape = &picture->shapes[picture->shape_count++];
  *shape = (heed_shape){.kind = kind,
                        .rgb = rgb & 0xffffff,
                        .size = size,
                        .first_point = picture->point_count,
                        .point_count = count};
  memcpy(&picture->points[picture->point_count], points, count * sizeof *points);
  picture->point_count += count;
  return shape;
}

void heed_picture_line(heed_picture *picture, float x1, float y1, float x2, float y2,
                       float thickness, uint32_t rgb) {
  const heed_point ends[] = {{x1, y1}, {x2, y2}};
  (void)add(picture, HEED_SHAPE_LINE, ends, 2, thickness, rgb);
}

void heed_picture_rectangle(heed_picture *picture, float x, float y, float width, float height,
                            uint32_t rgb) {
  const heed_point corners[] = {{x, y}, {x + width, y + height}};
  (void)add(picture, HEED_SHAPE_RECTANGLE, corners, 2, 0, rgb);
}

void heed_picture_circle(heed_picture *picture, float x, float y, float radius, uint32_t rgb) {
  const heed_point centre = {x, y};
  (void)add(picture, HEED_SHAPE_CIRCLE, &centre, 1, radius, rgb);
}

void heed_picture_polygon(heed_picture *picture, const heed_point *points, uint32_t count,
                          uint32_t rgb) {
  assert(count >= 3);
  (void)add(picture, HEED_SHAPE_POLYGON, points, count, 0, rgb);
}

void heed_picture_label(heed_picture *picture, float x, float y, float size, uint32_t rgb,
                        const char *text) {
  const heed_point centre = {x, y};
  heed_shape *shape = add(picture, HEED_SHAPE_LABEL, &centre, 1, size, rgb);
  for (size_t i = 0; shape != NULL && i + 1 < sizeof shape->text && text[i] != '\0'; i++) {
    shape->text[i] = text[i];
    if (text[i] < ' ' || text[i] > '~') {
      shape->text[i] = '?';
    }
  }
}

uint32_t heed_picture_ink(uint32_t rgb) {
  /* The luma of ITU-R BT.601. */
  uint32_t luma = 299 * (rgb >> 16 & 255) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255);
  return luma > 127500 ? 0x000000 : 0xffffff;
}
