#include "envs/control/valley.h"

#include "envs/control/control.h"

enum { POINTS = 73 };      /* of the curve */
#define LEFT       (-1.3F) /* position of the picture's left border */
#define UNIT       5.0F    /* units per unit of position */
#define WIDTH      10.0F   /* units */
#define HEIGHT     6.0F    /* units */
#define WHEEL      0.15F   /* radius, units */
#define WHEEL_BASE 0.3F    /* from the middle of the car to an axle, units */

static float x_of(float position) {
  return (position - LEFT) * UNIT;
}

/* The slope that pulls in the rules, cos 3p, is that of sin 3p, up to scale. */
static float y_of(float position) {
  return HEIGHT - (0.45F * sinf(3.0F * position) + 0.55F) * UNIT;
}

/* A point of the car: `along` units up the slope, `above` it. */
static heed_point on_car(float x, float y, float slope, float along, float above) {
  return (heed_point){x + along * cosf(slope) - above * sinf(slope),
                      y - along * sinf(slope) - above * cosf(slope)};
}

static void depict_hill(heed_picture *picture) {
  heed_point outline[POINTS + 2] = {{0, HEIGHT}, {WIDTH, HEIGHT}};
  for (int i = 0; i < POINTS; i++) {
    float position = LEFT + WIDTH / UNIT * (1.0F - (float)i / (POINTS - 1));
    outline[i + 2] = (heed_point){x_of(position), y_of(position)};
  }
  heed_picture_polygon(picture, outline, POINTS + 2, 0xc9d2c4);
}

static void depict_flag(float goal, heed_picture *picture) {
  float x = x_of(goal);
  float y = y_of(goal);
  const heed_point cloth[] = {{x, y - 0.75F}, {x - 0.5F, y - 0.58F}, {x, y - 0.4F}};
  heed_picture_line(picture, x, y, x, y - 0.75F, 0.06F, CONTROL_DARK);
  heed_picture_polygon(picture, cloth, 3, CONTROL_GREEN);
}

static void depict_car(float position, heed_picture *picture) {
  float x = x_of(position);
  float y = y_of(position);
  float slope = atanf(3.0F * 0.45F * cosf(3.0F * position));
  const heed_point body[] = {
      on_car(x, y, slope, -0.5F, WHEEL),  on_car(x, y, slope, 0.5F, WHEEL),
      on_car(x, y, slope, 0.45F, 0.38F),  on_car(x, y, slope, 0.25F, 0.42F),
      on_car(x, y, slope, 0.12F, 0.62F),  on_car(x, y, slope, -0.22F, 0.62F),
      on_car(x, y, slope, -0.38F, 0.42F), on_car(x, y, slope, -0.5F, 0.4F),
  };
  heed_picture_polygon(picture, body, sizeof body / sizeof body[0], CONTROL_RED);
  heed_point rear = on_car(x, y, slope, -WHEEL_BASE, WHEEL);
  heed_point front = on_car(x, y, slope, WHEEL_BASE, WHEEL);
  heed_picture_circle(picture, rear.x, rear.y, WHEEL, CONTROL_DARK);
  heed_picture_circle(picture, front.x, front.y, WHEEL, CONTROL_DARK);
}

void heed__valley_depict(float position, float goal, heed_picture *picture) {
  heed_picture_clear(picture, WIDTH, HEIGHT);
  depict_hill(picture);
  depict_flag(goal, picture);
  depict_car(position, picture);
}
