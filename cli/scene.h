/* scene.h: a page of pictures and text in pixels, that the writers of SVG, PNG and GIF draw alike.
 *
 *   heed__scene scene;
 *   heed__scene_init(&scene, 256, 300);
 *   heed__scene_picture(&scene, picture, 0, 0, 32);              32 pixels per unit
 *   heed__scene_text(&scene, &(heed__text){.x = 0, .y = 280, .size = 13, .text = "step 1"});
 *
 * The rectangles of pictures are snapped to whole pixels, so that boards are crisp wherever they are
 * drawn. */
#ifndef HEED_CLI_SCENE_H
#define HEED_CLI_SCENE_H

#include "envs/picture.h"

/* The font of all texts, or whatever the system has in its place. */
#define HEED__FONT "Helvetica"

typedef enum heed__anchor { HEED__START, HEED__MIDDLE, HEED__END } heed__anchor;

typedef struct heed__text {
  float x, y;   /* pixels; y: the base line */
  float size;   /* pixels, of the font (em) */
  uint32_t rgb; /* 0xRRGGBB */
  heed__anchor anchor;
  bool is_bold;
  char text[48]; /* UTF-8 */
} heed__text;

/* Where a picture stands: what leaves it is cut off. */
typedef struct heed__panel {
  float left, top, width, height;
  uint32_t background_rgb;
  uint32_t first_shape, shape_count;
} heed__panel;

typedef struct heed__scene {
  float width, height; /* pixels; white unless drawn on */
  /* owned, growing: */
  heed__panel *panels;
  heed_shape *shapes; /* of all panels; no labels, which are among the texts */
  heed_point *points;
  heed__text *texts; /* above all shapes */
  uint32_t panel_count, shape_count, point_count, text_count;
  uint32_t panel_capacity, shape_capacity, point_capacity, text_capacity;
  bool is_out_of_memory; /* something was left out; sticky */
} heed__scene;

void heed__scene_init(heed__scene *scene, float width, float height);
void heed__scene_deinit(heed__scene *scene);

/* Adds a picture with its upper left corner at (left, top), `scale` pixels per unit. */
void heed__scene_picture(heed__scene *scene, const heed_picture *picture, float left, float top,
                         float scale);

/* Adds a line of text. */
void heed__scene_text(heed__scene *scene, const heed__text *text);

/* The points of a shape. */
const heed_point *heed__scene_points(const heed__scene *scene, const heed_shape *shape);

#endif
