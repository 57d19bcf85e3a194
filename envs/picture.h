/* picture.h: what people are shown of an observation, as shapes: in a paper, on a page, in a terminal.
 *
 *   heed_picture *picture = malloc(sizeof *picture);        large: not for the stack
 *   heed_picture_clear(picture, 6, 4);
 *   heed_picture_rectangle(picture, 2.5f, 2, 1, 0.5f, 0x333333);
 *   heed_picture_line(picture, 3, 2, 3.5f, 0.5f, 0.2f, 0xb8612f);
 *
 * A picture is `width` x `height` units, x to the right, y down, (0, 0) its upper left corner. A unit is
 * as large as a cell of a board: a picture of 10 x 7 units is about as large as a gridworld, and what is
 * to be seen well is a tenth of a unit thick at least. Shapes lie in the order in which they were added,
 * later ones on top; labels lie above all other shapes. What leaves the picture is cut off.
 *
 * A world should add the same shapes in the same order for every observation as far as it can (an
 * absent thing as a shape of size 0): an animation then tells what moved from what stands. */
#ifndef HEED_ENVS_PICTURE_H
#define HEED_ENVS_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/api.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  HEED_PICTURE_SHAPE_MAX = 4096,
  HEED_PICTURE_POINT_MAX = 8192, /* of all shapes together */
  HEED_PICTURE_TEXT_SIZE = 24    /* bytes of a label with its final NUL */
};

typedef enum heed_shape_kind {
  HEED_SHAPE_LINE,      /* 2 points; size: thickness; round ends */
  HEED_SHAPE_RECTANGLE, /* 2 points: upper left and lower right corner */
  HEED_SHAPE_CIRCLE,    /* 1 point: the centre; size: radius */
  HEED_SHAPE_POLYGON,   /* 3 points or more, filled */
  HEED_SHAPE_LABEL      /* 1 point: the centre of the text; size: height of the font (em) */
} heed_shape_kind;

typedef struct heed_point {
  float x, y;
} heed_point;

typedef struct heed_shape {
  heed_shape_kind kind;
  uint32_t rgb;                      /* 0xRRGGBB */
  float size;                        /* units */
  uint32_t first_point, point_count; /* in the picture's points */
  char text[HEED_PICTURE_TEXT_SIZE]; /* label: printable ASCII, cut to fit; else zeros */
} heed_shape;

typedef struct heed_picture {
  float width, height;     /* units, above 0 */
  uint32_t background_rgb; /* 0xRRGGBB; white unless set after the clearing */
  uint32_t shape_count, point_count;
  bool is_full; /* shapes were left out for want of room */
  heed_shape shapes[HEED_PICTURE_SHAPE_MAX];
  heed_point points[HEED_PICTURE_POINT_MAX];
} heed_picture;

/* An empty picture of a size in units. */
HEED_API void heed_picture_clear(heed_picture *picture, float width, float height);

/* Add one shape each. A shape with a number that is not finite is left out, as an imagined observation
 * may lead to one; one too many sets is_full. */
HEED_API void heed_picture_line(heed_picture *picture, float x1, float y1, float x2, float y2,
                                float thickness, uint32_t rgb);
/* (x, y): upper left corner. */
HEED_API void heed_picture_rectangle(heed_picture *picture, float x, float y, float width,
                                     float height, uint32_t rgb);
/* (x, y): centre. */
HEED_API void heed_picture_circle(heed_picture *picture, float x, float y, float radius,
                                  uint32_t rgb);
/* points[count], count >= 3. */
HEED_API void heed_picture_polygon(heed_picture *picture, const heed_point *points, uint32_t count,
                                   uint32_t rgb);
/* (x, y): centre of the text; size: height of the font in units. */
HEED_API void heed_picture_label(heed_picture *picture, float x, float y, float size, uint32_t rgb,
                                 const char *text);

/* Black or white, whichever reads better on `rgb`. */
HEED_API uint32_t heed_picture_ink(uint32_t rgb);

#ifdef __cplusplus
}
#endif
#endif
