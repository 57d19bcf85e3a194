/* test_pictures.c: the writers behind `heed draw`: pixels, GIF read back frame by frame, SVG. */
#include <gif_lib.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/gif.h"
#include "cli/raster.h"
#include "cli/svg.h"
#include "core/cmocka_all.h"

static heed_picture *picture; /* every test clears it */

static int set_up(void **state) {
  (void)state;
  picture = malloc(sizeof *picture);
  return picture == NULL;
}

static int tear_down(void **state) {
  (void)state;
  free(picture);
  heed__raster_finish();
  return 0;
}

static void assert_near(double got, double expected, double tolerance) {
  if (!(fabs(got - expected) <= tolerance)) {
    fail_msg("%g, %g expected", got, expected);
  }
}

/* ---- pixels --------------------------------------------------------------------------------- */

static void a_picture_is_drawn_to_the_pixel(void **state) {
  (void)state;
  heed__scene scene;
  heed_error err = {0};
  uint32_t *pixels;
  uint32_t width;
  uint32_t height;
  heed__scene_init(&scene, 40, 30);
  heed_picture_clear(picture, 3, 2);
  picture->background_rgb = 0xeeeeee;
  heed_picture_rectangle(picture, 1, 0, 1, 1, 0x123456);
  heed_picture_rectangle(picture, 2, 1, 5, 5, 0xff0000); /* leaves the picture */
  heed__scene_picture(&scene, picture, 4, 6, 10);
  assert_ok(heed__raster_draw(&scene, &pixels, &width, &height, &err), &err);
  assert_int_equal(width, 40);
  assert_int_equal(height, 30);
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      bool is_inside = x >= 4 && x < 34 && y >= 6 && y < 26;
      uint32_t expected = is_inside ? 0xeeeeee : 0xffffff;
      if (x >= 14 && x < 24 && y >= 6 && y < 16) {
        expected = 0x123456;
      } else if (x >= 24 && x < 34 && y >= 16 && y < 26) {
        expected = 0xff0000;
      }
      assert_int_equal(pixels[y * width + x], expected);
    }
  }
  free(pixels);
  heed__scene_deinit(&scene);
}

static uint32_t count_pixels(const heed__scene *scene, uint32_t rgb) {
  heed_error err = {0};
  uint32_t *pixels;
  uint32_t width;
  uint32_t height;
  uint32_t count = 0;
  assert_ok(heed__raster_draw(scene, &pixels, &width, &height, &err), &err);
  for (uint32_t i = 0; i < width * height; i++) {
    count += pixels[i] == rgb;
  }
  free(pixels);
  return count;
}

/* Areas, but for the pixels of the edge: a disc of radius 40, a triangle with legs of 80, a line of 60 x 10
 * with round ends. */
static void shapes_have_their_areas(void **state) {
  (void)state;
  const heed_point triangle[] = {{0, 0}, {8, 0}, {0, 8}};
  heed__scene scene;
  heed__scene_init(&scene, 300, 100);
  heed_picture_clear(picture, 30, 10);
  heed_picture_circle(picture, 25, 5, 4, 0xff0000);
  heed_picture_polygon(picture, triangle, 3, 0x00ff00);
  heed_picture_line(picture, 11, 5, 17, 5, 1, 0x0000ff);
  heed__scene_picture(&scene, picture, 0, 0, 10);
  assert_near(count_pixels(&scene, 0xff0000), M_PI * 40 * 40, 2 * M_PI * 40);
  assert_near(count_pixels(&scene, 0x00ff00), 80 * 80 / 2.0, 120);
  assert_near(count_pixels(&scene, 0x0000ff), 600 + M_PI * 25, 60);
  heed__scene_deinit(&scene);
}

static void labels_are_drawn_above_and_in_the_middle(void **state) {
  (void)state;
  heed__scene scene;
  heed__scene_init(&scene, 100, 100);
  heed_picture_clear(picture, 1, 1);
  heed_picture_label(picture, 0.5F, 0.5F, 0.8F, 0xff0000, "H");
  heed_picture_rectangle(picture, 0, 0, 1, 1, 0x0000ff);
  heed__scene_picture(&scene, picture, 0, 0, 100);
  assert_int_equal(scene.text_count, 1);
  heed_error err = {0};
  uint32_t *pixels;
  uint32_t width;
  uint32_t height;
  double sum = 0;
  double x_sum = 0;
  double y_sum = 0;
  assert_ok(heed__raster_draw(&scene, &pixels, &width, &height, &err), &err);
  for (uint32_t i = 0; i < width * height; i++) {
    bool is_ink = pixels[i] == 0xff0000;
    sum += is_ink;
    uint32_t x = i % width;
    uint32_t y = i / width;
    x_sum += is_ink ? x + 0.5 : 0;
    y_sum += is_ink ? y + 0.5 : 0;
  }
  free(pixels);
  heed__scene_deinit(&scene);
  assert_true(sum > 100);
  assert_near(x_sum / sum, 50, 3);
  assert_near(y_sum / sum, 50, 3);
}

static void a_png_has_its_size_and_too_large_a_one_is_refused(void **state) {
  (void)state;
  heed__scene scene;
  heed_error err = {0};
  unsigned char *bytes;
  size_t size;
  heed__scene_init(&scene, 301.5F, 70);
  assert_ok(heed__raster_png(&scene, &bytes, &size, &err), &err);
  /* PNG, 11.2.2: IHDR is the first chunk; width and height, big-endian, at 16 and 20 */
  static const unsigned char head[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  assert_memory_equal(bytes, head, sizeof head);
  assert_int_equal(bytes[18] << 8 | bytes[19], 302);
  assert_int_equal(bytes[22] << 8 | bytes[23], 70);
  free(bytes);
  scene.width = 32768;
  assert_fails(heed__raster_png(&scene, &bytes, &size, &err), HEED_ERR_ARG, &err, "32768");
  assert_null(bytes);
  scene.width = INFINITY;
  err = (heed_error){0};
  assert_fails(heed__raster_png(&scene, &bytes, &size, &err), HEED_ERR_ARG, &err, "at most");
  heed__scene_deinit(&scene);
}

/* ---- GIF ------------------------------------------------------------------------------------ */

enum { GIF_SIDE = 64, GIF_FRAMES = 5 };
#define GIF_BYTES ((size_t)GIF_SIDE * GIF_SIDE * sizeof(uint32_t))

typedef struct memory {
  const unsigned char *bytes;
  size_t size, position;
} memory;

static int read_memory(GifFileType *gif, GifByteType *to, int count) {
  memory *m = gif->UserData;
  size_t left = m->size - m->position;
  size_t taken = (size_t)count < left ? (size_t)count : left;
  memcpy(to, m->bytes + m->position, taken);
  m->position += taken;
  return (int)taken;
}

/* What a viewer shows of frame f, on top of the frames before. */
static void compose(const GifFileType *gif, int f, uint32_t *canvas) {
  const SavedImage *image = &gif->SavedImages[f];
  const GifImageDesc *d = &image->ImageDesc;
  const ColorMapObject *map = d->ColorMap != NULL ? d->ColorMap : gif->SColorMap;
  for (int y = 0; y < d->Height; y++) {
    for (int x = 0; x < d->Width; x++) {
      GifColorType c = map->Colors[image->RasterBits[y * d->Width + x]];
      canvas[(d->Top + y) * gif->SWidth + d->Left + x] =
          (uint32_t)c.Red << 16 | (uint32_t)c.Green << 8 | c.Blue;
    }
  }
}

/* Writes frames, reads them back with giflib, and compares all pixels and times. */
static void check_gif(uint32_t **frames, int count) {
  heed_error err = {0};
  unsigned char *bytes;
  size_t size;
  assert_ok(heed__gif_write((uint32_t *const *)frames, (size_t)count, GIF_SIDE, GIF_SIDE, 120, 990,
                            &bytes, &size, &err),
            &err);
  memory m = {bytes, size, 0};
  GifFileType *gif = DGifOpen(&m, read_memory, NULL);
  assert_non_null(gif);
  assert_int_equal(DGifSlurp(gif), GIF_OK);
  assert_int_equal(gif->ImageCount, count);
  assert_int_equal(gif->SWidth, GIF_SIDE);
  assert_int_equal(gif->SHeight, GIF_SIDE);
  uint32_t canvas[GIF_SIDE * GIF_SIDE] = {0};
  for (int f = 0; f < count; f++) {
    GraphicsControlBlock control;
    compose(gif, f, canvas);
    assert_memory_equal(canvas, frames[f], sizeof canvas);
    assert_int_equal(DGifSavedExtensionToGCB(gif, f, &control), GIF_OK);
    assert_int_equal(control.DelayTime, f + 1 < count ? 12 : 99);
    assert_int_equal(control.DisposalMode, DISPOSE_DO_NOT);
  }
  assert_memory_equal(bytes, "GIF89a", 6);
  bool is_looped = false;
  for (size_t i = 0; i + 11 < size; i++) {
    is_looped = is_looped || memcmp(bytes + i, "NETSCAPE2.0", 11) == 0;
  }
  assert_true(is_looped);
  assert_int_equal(DGifCloseFile(gif, NULL), GIF_OK);
  free(bytes);
}

static uint32_t **make_frames(uint32_t (*colour)(int f, uint32_t x, uint32_t y)) {
  uint32_t **frames = calloc(GIF_FRAMES, sizeof *frames);
  for (int f = 0; f < GIF_FRAMES; f++) {
    frames[f] = malloc(GIF_BYTES);
    for (uint32_t i = 0; i < GIF_SIDE * GIF_SIDE; i++) {
      frames[f][i] = colour(f, i % GIF_SIDE, i / GIF_SIDE);
    }
  }
  return frames;
}

static void free_frames(uint32_t **frames) {
  for (int f = 0; f < GIF_FRAMES; f++) {
    free(frames[f]);
  }
  free(frames);
}

/* A square that moves to the right; in the last frame nothing moves. */
static uint32_t moving(int f, uint32_t x, uint32_t y) {
  uint32_t left = 10 * (uint32_t)(f < 3 ? f : 3);
  bool is_square = x >= left && x < left + 8 && y >= 20 && y < 28;
  return is_square ? 0xc02040 : (x / 16 + y / 16) % 2 == 0 ? 0xf0f0f0 : 0xd0d0d0;
}

static void a_gif_of_few_colours_is_what_was_drawn(void **state) {
  (void)state;
  uint32_t **frames = make_frames(moving);
  uint32_t **copy = make_frames(moving);
  check_gif(frames, GIF_FRAMES);
  for (int f = 0; f < GIF_FRAMES; f++) { /* nothing was lost */
    assert_memory_equal(frames[f], copy[f], GIF_BYTES);
  }
  check_gif(frames, 1);
  free_frames(frames);
  free_frames(copy);
}

/* Half of it one colour, the other half 2048 x 5 different ones. */
static uint32_t colourful(int f, uint32_t x, uint32_t y) {
  return y < GIF_SIDE / 2 ? 0x336699 : (uint32_t)f << 19 | x << 10 | y << 2;
}

static long distance(uint32_t a, uint32_t b) {
  long sum = 0;
  for (int shift = 0; shift < 24; shift += 8) {
    long difference = (long)(a >> shift & 255) - (long)(b >> shift & 255);
    sum += difference * difference;
  }
  return sum;
}

/* Of all colours in `frames`, the least distance to `rgb`. */
static long least_distance(uint32_t **frames, uint32_t rgb) {
  long least = LONG_MAX;
  for (int f = 0; f < GIF_FRAMES; f++) {
    for (uint32_t i = 0; i < GIF_SIDE * GIF_SIDE; i++) {
      long here = distance(frames[f][i], rgb);
      least = here < least ? here : least;
    }
  }
  return least;
}

static void a_gif_of_many_colours_is_the_nearest_there_is(void **state) {
  (void)state;
  uint32_t **frames = make_frames(colourful);
  check_gif(frames, GIF_FRAMES);
  for (uint32_t i = 0; i < GIF_SIDE * GIF_SIDE / 2; i++) {
    assert_int_equal(frames[2][i], 0x336699); /* the most frequent keeps its colour */
  }
  for (uint32_t i = GIF_SIDE * GIF_SIDE / 2; i < GIF_SIDE * GIF_SIDE; i += 37) {
    uint32_t drawn = colourful(4, i % GIF_SIDE, i / GIF_SIDE);
    assert_int_equal(distance(frames[4][i], drawn), least_distance(frames, drawn));
  }
  free_frames(frames);
}

/* Colours without end: more than are counted one by one. */
static uint32_t noisy(int f, uint32_t x, uint32_t y) {
  uint32_t n = ((uint32_t)f * GIF_SIDE + y) * GIF_SIDE + x;
  return n * 2654435761u >> 8;
}

static uint32_t **make_noise(void) {
  return make_frames(noisy);
}

static void a_gif_of_noise_is_written_too(void **state) {
  (void)state;
  enum { COPIES = 12 };
  uint32_t **parts[COPIES];
  uint32_t *frames[COPIES * GIF_FRAMES];
  for (int k = 0; k < COPIES; k++) {
    parts[k] = make_noise();
    for (int f = 0; f < GIF_FRAMES; f++) {
      frames[k * GIF_FRAMES + f] = parts[k][f];
      for (uint32_t i = 0; i < GIF_SIDE * GIF_SIDE; i++) {
        parts[k][f][i] = (parts[k][f][i] + (uint32_t)k * 77777) & 0xffffff;
      }
    }
  }
  check_gif(frames, COPIES * GIF_FRAMES);
  for (int k = 0; k < COPIES; k++) {
    free_frames(parts[k]);
  }
}

/* ---- SVG ------------------------------------------------------------------------------------ */

/* Is every element closed, in order, and every attribute quoted? As much of XML as is written. */
static void assert_well_formed(const char *text) {
  const char *open[64] = {0};
  size_t lengths[64] = {0};
  int depth = 0;
  for (const char *c = strchr(text, '<'); c != NULL; c = strchr(c, '<')) {
    size_t length = strcspn(c + 1, " />");
    const char *end = c + 1;
    for (bool is_quoted = false; *end != '>' || is_quoted; end++) {
      assert_true(*end != '\0' && *end != '<');
      is_quoted = is_quoted != (*end == '"');
    }
    if (c[1] == '/') {
      depth--;
      assert_true(depth >= 0);
      assert_int_equal((size_t)(end - c - 2), lengths[depth]);
      assert_memory_equal(c + 2, open[depth], lengths[depth]);
    } else if (end[-1] != '/') {
      assert_true(depth < 64);
      open[depth] = c + 1;
      lengths[depth++] = length;
    }
    c = end;
  }
  assert_int_equal(depth, 0);
}

/* A film of three frames: a square that moves and becomes red, a circle that is there in the second
 * frame only, a wall. Each lasts 100 ms, the last 300. */
static char *make_svg(size_t count) {
  heed__scene scenes[3];
  for (size_t f = 0; f < count; f++) {
    heed_picture_clear(picture, 4, 4);
    heed_picture_rectangle(picture, 0, 3, 1, 1, 0x999999);
    heed_picture_rectangle(picture, 1, 3, 1, 1, 0x999999);
    heed_picture_rectangle(picture, (float)f, 0, 1, 1, f == 2 ? 0xff0000 : 0x00ff00);
    if (f == 1) {
      heed_picture_circle(picture, 2, 2, 0.5F, 0x112233);
    }
    heed_picture_label(picture, 3.5F, 3.5F, 0.5F, 0, "<&>");
    heed__scene_init(&scenes[f], 40, 60);
    heed__scene_picture(&scenes[f], picture, 0, 0, 10);
    heed__text text = {.x = 0, .y = 55, .size = 5};
    (void)snprintf(text.text, sizeof text.text, "step %zu", f);
    heed__scene_text(&scenes[f], &text);
  }
  heed_error err = {0};
  char *svg;
  size_t size;
  assert_ok(heed__svg_write(scenes, count, 100, 300, &svg, &size, &err), &err);
  assert_int_equal(strlen(svg), size);
  for (size_t f = 0; f < count; f++) {
    heed__scene_deinit(&scenes[f]);
  }
  return svg;
}

static void assert_has(const char *text, const char *part) {
  if (strstr(text, part) == NULL) {
    print_error("'%s' expected in: %s\n", part, text);
    fail();
  }
}

static void what_stands_is_written_once_and_what_changes_is_animated(void **state) {
  (void)state;
  char *svg = make_svg(3);
  assert_well_formed(svg);
  assert_has(svg, "<path d=\"M0 30h10v10h-10zM10 30h10v10h-10z\" fill=\"#999\"/>");
  /* frames begin at 0, 100 and 200 of 500 ms */
  assert_has(svg,
             "dur=\"0.5s\" repeatCount=\"indefinite\" keyTimes=\"0;.2;.4\" values=\"0;10;20\"");
  assert_has(svg, "<animate attributeName=\"fill\" ");
  assert_has(svg, "keyTimes=\"0;.4\" values=\"#0f0;#f00\"");
  assert_has(svg, "<circle cx=\"20\" cy=\"20\" r=\"5\" fill=\"#123\" visibility=\"hidden\">");
  assert_has(svg, "keyTimes=\"0;.2;.4\" values=\"hidden;visible;hidden\"");
  assert_has(svg, ">&lt;&amp;></text>");
  assert_has(svg, ">step 2</text>");
  assert_null(strstr(svg, "attributeName=\"y\""));
  assert_null(strstr(svg, "script"));
  assert_null(strstr(svg + 1, "<svg")); /* one clock for all */
  assert_has(svg, "<clipPath id=\"p0\"><rect x=\"0\" y=\"0\" width=\"40\" height=\"40\"/>");
  const char *label = strstr(svg, "&amp;");
  assert_null(strstr(label + 1, "&amp;")); /* in all frames: once */
  free(svg);
}

static void one_scene_stands_still(void **state) {
  (void)state;
  char *svg = make_svg(1);
  assert_well_formed(svg);
  assert_null(strstr(svg, "animate"));
  assert_has(svg, "width=\"40\" height=\"60\"");
  free(svg);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_picture_is_drawn_to_the_pixel),
      cmocka_unit_test(shapes_have_their_areas),
      cmocka_unit_test(labels_are_drawn_above_and_in_the_middle),
      cmocka_unit_test(a_png_has_its_size_and_too_large_a_one_is_refused),
      cmocka_unit_test(a_gif_of_few_colours_is_what_was_drawn),
      cmocka_unit_test(a_gif_of_many_colours_is_the_nearest_there_is),
      cmocka_unit_test(a_gif_of_noise_is_written_too),
      cmocka_unit_test(what_stands_is_written_once_and_what_changes_is_animated),
      cmocka_unit_test(one_scene_stands_still),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
