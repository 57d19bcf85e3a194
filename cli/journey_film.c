#include "cli/journey_film.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/screen.h"

/* In units, which are cells. */
static const float margin = 0.5F;
static const float gap = 1;       /* between the pictures of a pair; between pairs twice that */
static const float width_min = 6; /* of a side: room for its captions */
static const float font = 0.4F;
static const float above = 0.7F; /* for the titles */
static const float below = 1.5F; /* for two lines of captions */

static const uint32_t title_rgb = 0x111111;
static const uint32_t caption_rgb = 0x767676; /* 4.5 : 1 on white: WCAG's least for text */
static const uint32_t frame_rgb = 0xD00000;

typedef struct painter {
  const heed__journey *journey;
  heed_picture *picture; /* owned */
  heed__scene *scene;
  float scale;
  float left, top; /* of the pair, pixels */
  float width;     /* of a side, pixels */
} painter;

/* A frame in white and red, which shows on any colour. */
static void frame_cell(heed_picture *picture, float x, float y) {
  static const float inset = 0.1F;
  for (int pass = 0; pass < 2; pass++) {
    float thickness = pass == 0 ? 0.2F : 0.12F;
    uint32_t rgb = pass == 0 ? 0xFFFFFF : frame_rgb;
    float x1 = x + inset;
    float y1 = y + inset;
    float x2 = x + 1 - inset;
    float y2 = y + 1 - inset;
    heed_picture_line(picture, x1, y1, x2, y1, thickness, rgb);
    heed_picture_line(picture, x2, y1, x2, y2, thickness, rgb);
    heed_picture_line(picture, x2, y2, x1, y2, thickness, rgb);
    heed_picture_line(picture, x1, y2, x1, y1, thickness, rgb);
  }
}

/* Frames what differs, where a cell is a square of the picture. */
static void frame_all(const painter *p, uint32_t t) {
  const heed_space *space = &heed_env_spec_of(p->journey->env)->obs_space;
  bool is_board = space->kind == HEED_SPACE_CELLS && space->height > 0 &&
                  lroundf(p->picture->width) == (long)space->width &&
                  lroundf(p->picture->height) == (long)space->height;
  for (uint32_t i = 0; is_board && i < space->count; i++) {
    if (heed__journey_is_apart(p->journey, t, i)) {
      uint32_t row = i / space->width;
      frame_cell(p->picture, (float)(i % space->width), (float)row);
    }
  }
}

static void write_line(const painter *p, float left, float y, uint32_t rgb, const char *words) {
  heed__text text = {.x = left,
                     .y = roundf(p->top + y * p->scale),
                     .size = font * p->scale,
                     .rgb = rgb,
                     .is_bold = rgb == title_rgb};
  (void)snprintf(text.text, sizeof text.text, "%s", words);
  heed__scene_text(p->scene, &text);
}

static void paint_side(const painter *p, uint32_t t, bool is_world) {
  const heed__moment_pair *pair = &p->journey->pairs[t];
  const heed__view *view = is_world ? &pair->world : &pair->imagined;
  float left = is_world ? p->left : roundf(p->left + p->width + gap * p->scale);
  char words[48];
  heed_env_depict(
      p->journey->env,
      is_world ? heed__journey_world(p->journey, t) : heed__journey_imagined(p->journey, t),
      p->picture);
  frame_all(p, t);
  write_line(p, left, above - 0.25F, title_rgb, is_world ? "world" : "imagined");
  heed__scene_picture(p->scene, p->picture, left, roundf(p->top + above * p->scale), p->scale);
  (void)snprintf(words, sizeof words, "reward %.6g%s", view->reward, view->is_over ? ", over" : "");
  write_line(p, left, above + p->picture->height + 0.65F, caption_rgb, words);
}

/* What differs where there is no cell to frame. */
static void write_difference(const painter *p, uint32_t t) {
  const heed_space *space = &heed_env_spec_of(p->journey->env)->obs_space;
  uint32_t apart = p->journey->pairs[t].apart;
  char words[48];
  if (apart > 0 && (space->kind == HEED_SPACE_BOX || space->height == 0)) {
    (void)snprintf(words, sizeof words, "%u of %u differ", apart, space->count);
    write_line(p, roundf(p->left + p->width + gap * p->scale), above + p->picture->height + 1.25F,
               frame_rgb, words);
  }
}

static void paint_pair(const painter *p, uint32_t t) {
  char action[32];
  char words[48];
  paint_side(p, t, true);
  paint_side(p, t, false);
  (void)snprintf(
      words, sizeof words, "step %u%s%.30s", t, t > 0 ? ", " : "",
      t > 0 ? heed__action_text(p->journey->env, p->journey->pairs[t].action, action) : "");
  write_line(p, p->left, above + p->picture->height + 1.25F, caption_rgb, words);
  write_difference(p, t);
}

/* Places moment t in its scene, and makes that as large as is needed. */
static void place(painter *p, uint32_t t, uint32_t strip_width) {
  uint32_t column = strip_width > 0 ? t % strip_width : 0;
  uint32_t row = strip_width > 0 ? t / strip_width : 0;
  p->width = fmaxf(p->picture->width, width_min) * p->scale;
  float width = 2 * p->width + gap * p->scale;
  float height = (above + p->picture->height + below) * p->scale;
  p->left = roundf(margin * p->scale + (float)column * (width + 2 * gap * p->scale));
  p->top = roundf(margin * p->scale + (float)row * (height + gap * p->scale));
  p->scene->width = fmaxf(p->scene->width, roundf(p->left + width + margin * p->scale));
  p->scene->height = fmaxf(p->scene->height, roundf(p->top + height + margin * p->scale));
}

heed_status heed__journey_film(const heed__journey *journey, uint32_t scale, uint32_t strip_width,
                               heed__film *film, heed_error *err) {
  size_t scenes = strip_width > 0 ? 1 : journey->count;
  *film = (heed__film){.scenes = calloc(scenes, sizeof *film->scenes)};
  painter p = {.journey = journey, .scale = (float)scale, .picture = malloc(sizeof *p.picture)};
  bool has_room = film->scenes != NULL && p.picture != NULL;
  bool is_full = false;
  for (uint32_t t = 0; has_room && t < journey->count; t++) {
    p.scene = &film->scenes[strip_width > 0 ? 0 : t];
    if (t == 0 || strip_width == 0) {
      heed__scene_init(p.scene, 0, 0);
      film->count++;
    }
    heed_env_depict(journey->env, heed__journey_world(journey, t), p.picture);
    place(&p, t, strip_width);
    paint_pair(&p, t);
    is_full = is_full || p.picture->is_full;
    has_room = !p.scene->is_out_of_memory;
    film->frame_count++;
  }
  free(p.picture);
  if (!has_room) {
    return heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  return is_full ? heed_fail(err, HEED_ERR_ARG, "a picture has more than the %d shapes that fit",
                             HEED_PICTURE_SHAPE_MAX)
                 : HEED_OK;
}
