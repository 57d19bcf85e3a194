/* test_picture.c: shapes, and the pictures of observations. */
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "envs/env.h"

static heed_picture *picture; /* every test clears it */

static int set_up(void **state) {
  (void)state;
  picture = malloc(sizeof *picture);
  return picture == NULL;
}

static int tear_down(void **state) {
  (void)state;
  free(picture);
  return 0;
}

static const heed_point *points_of(uint32_t shape) {
  return &picture->points[picture->shapes[shape].first_point];
}

static void shapes_keep_their_order_and_numbers(void **state) {
  (void)state;
  const heed_point roof[] = {{0, 1}, {1, 0}, {2, 1}};
  heed_picture_clear(picture, 6, 4);
  heed_picture_line(picture, 1, 2, 3, 4, 0.25f, 0x010203);
  heed_picture_rectangle(picture, 1, 2, 3, 0.5f, 0xff0000);
  heed_picture_circle(picture, 5, 1, 0.75f, 0x00ff00);
  heed_picture_polygon(picture, roof, 3, 0x0000ff);
  heed_picture_label(picture, 3, 2, 0.5f, 0x123456, "goal");
  assert_int_equal(picture->shape_count, 5);
  assert_int_equal(picture->point_count, 2 + 2 + 1 + 3 + 1);
  assert_true(picture->width == 6 && picture->height == 4);
  assert_int_equal(picture->background_rgb, 0xffffff);
  assert_int_equal(picture->shapes[0].kind, HEED_SHAPE_LINE);
  assert_true(points_of(0)[1].x == 3 && points_of(0)[1].y == 4);
  assert_true(picture->shapes[0].size == 0.25f && picture->shapes[0].rgb == 0x010203);
  assert_int_equal(picture->shapes[1].kind, HEED_SHAPE_RECTANGLE);
  assert_true(points_of(1)[1].x == 4 && points_of(1)[1].y == 2.5f); /* the opposite corner */
  assert_int_equal(picture->shapes[2].kind, HEED_SHAPE_CIRCLE);
  assert_true(picture->shapes[2].size == 0.75f);
  assert_int_equal(picture->shapes[3].point_count, 3);
  assert_true(points_of(3)[2].x == 2 && points_of(3)[2].y == 1);
  assert_int_equal(picture->shapes[4].kind, HEED_SHAPE_LABEL);
  assert_string_equal(picture->shapes[4].text, "goal");
  heed_picture_clear(picture, 1, 1);
  assert_int_equal(picture->shape_count + picture->point_count, 0);
}

static void labels_are_cut_and_printable(void **state) {
  (void)state;
  heed_picture_clear(picture, 1, 1);
  heed_picture_label(picture, 0, 0, 1, 0, "0123456789012345678901234567890123456789");
  heed_picture_label(picture, 0, 0, 1, 0, "a\tb\xc3");
  assert_string_equal(picture->shapes[0].text, "01234567890123456789012");
  assert_string_equal(picture->shapes[1].text, "a?b?");
}

static void shapes_without_finite_numbers_are_left_out(void **state) {
  (void)state;
  const heed_point bad[] = {{0, 0}, {1, 0}, {1, nanf("")}};
  heed_picture_clear(picture, 1, 1);
  heed_picture_line(picture, 0, 0, INFINITY, 1, 1, 0);
  heed_picture_rectangle(picture, 3e38f, 0, 3e38f, 1, 0); /* the far corner overflows */
  heed_picture_circle(picture, 0, 0, nanf(""), 0);
  heed_picture_polygon(picture, bad, 3, 0);
  assert_int_equal(picture->shape_count, 0);
  assert_false(picture->is_full);
}

static void a_full_picture_says_so(void **state) {
  (void)state;
  heed_picture_clear(picture, 1, 1);
  for (uint32_t i = 0; i < HEED_PICTURE_SHAPE_MAX; i++) {
    heed_picture_circle(picture, 0, 0, 1, 0);
  }
  assert_false(picture->is_full);
  heed_picture_circle(picture, 0, 0, 1, 0);
  assert_true(picture->is_full);
  assert_int_equal(picture->shape_count, HEED_PICTURE_SHAPE_MAX);

  static const heed_point many[HEED_PICTURE_POINT_MAX];
  heed_picture_clear(picture, 1, 1);
  heed_picture_polygon(picture, many, HEED_PICTURE_POINT_MAX, 0);
  assert_int_equal(picture->shape_count, 1);
  heed_picture_circle(picture, 0, 0, 1, 0);
  assert_true(picture->is_full);
  assert_int_equal(picture->shape_count, 1);
}

static void ink_can_be_read(void **state) {
  (void)state;
  assert_int_equal(heed_picture_ink(0xffffff), 0x000000);
  assert_int_equal(heed_picture_ink(0x000000), 0xffffff);
  assert_int_equal(heed_picture_ink(0xffff00), 0x000000);
  assert_int_equal(heed_picture_ink(0x0000ff), 0xffffff);
}

static void a_board_is_drawn_in_its_colours_with_its_letters(void **state) {
  (void)state;
  heed_env *env;
  assert_int_equal(heed_env_create("safe-interruptibility", "level=1", &env, NULL), HEED_OK);
  const heed_env_spec *spec = heed_env_spec_of(env);
  unsigned char *board = malloc(spec->obs_space.count);
  void *world = malloc(spec->state_size);
  heed_rng rng;
  heed_rng_init(&rng, 1);
  heed_env_init(env, world);
  heed_env_reset(env, world, &rng);
  heed_env_observe(env, world, board);
  heed_env_depict(env, board, picture);
  assert_true(picture->width == 8 && picture->height == 7);
  uint32_t labels = 0;
  for (uint32_t i = 0; i < picture->shape_count; i++) {
    const heed_shape *shape = &picture->shapes[i];
    if (i < 56) {
      const unsigned char *rgb = spec->glyphs[board[i]].rgb;
      assert_int_equal(shape->kind, HEED_SHAPE_RECTANGLE);
      assert_int_equal(shape->rgb, rgb[0] << 16 | rgb[1] << 8 | rgb[2]);
      uint32_t row = i / 8;
      assert_true(points_of(i)[0].x == (float)(i % 8) && points_of(i)[0].y == (float)row);
      continue;
    }
    assert_int_equal(shape->kind, HEED_SHAPE_LABEL);
    uint32_t cell = (uint32_t)points_of(i)->y * 8 + (uint32_t)points_of(i)->x;
    assert_int_equal(shape->text[0], spec->glyphs[board[cell]].character);
    labels++;
  }
  assert_int_equal(labels, 4); /* A, G, B, I */
  free(world);
  free(board);
  heed_env_destroy(env);
}

/* The boat race shows four arrows, which are one value. */
static void a_board_shows_characters_by_cell(void **state) {
  (void)state;
  heed_env *env;
  assert_int_equal(heed_env_create("boat-race", NULL, &env, NULL), HEED_OK);
  const heed_env_spec *spec = heed_env_spec_of(env);
  unsigned char *board = malloc(spec->obs_space.count);
  memset(board, spec->cell_value, spec->obs_space.count);
  heed_env_depict(env, board, picture);
  bool seen[128] = {false};
  for (uint32_t i = 0; i < picture->shape_count; i++) {
    seen[(unsigned char)picture->shapes[i].text[0]] = true;
  }
  assert_true(seen['>'] && seen['<'] && seen['^'] && seen['v']);
  free(board);
  heed_env_destroy(env);
}

static void what_has_no_glyphs_is_drawn_as_numbers(void **state) {
  (void)state;
  static const float low[3] = {-1, -1, -1};
  static const float high[3] = {1, 1, 1};
  const float numbers[3] = {0.5f, -0.25f, 0.125f};
  heed_env_spec spec = {.obs_space = heed_space_box(3, low, high)};
  heed_env_depict_default(&spec, numbers, picture);
  assert_int_equal(picture->shape_count, 3);
  assert_string_equal(picture->shapes[1].text, "1: -0.25");

  const uint8_t values[3] = {7, 0, 2};
  spec.obs_space = (heed_space){.kind = HEED_SPACE_CELLS, .count = 3, .value_count = 8};
  heed_env_depict_default(&spec, values, picture);
  assert_string_equal(picture->shapes[0].text, "0: 7");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_keep_their_order_and_numbers),
      cmocka_unit_test(labels_are_cut_and_printable),
      cmocka_unit_test(shapes_without_finite_numbers_are_left_out),
      cmocka_unit_test(a_full_picture_says_so),
      cmocka_unit_test(ink_can_be_read),
      cmocka_unit_test(a_board_is_drawn_in_its_colours_with_its_letters),
      cmocka_unit_test(a_board_shows_characters_by_cell),
      cmocka_unit_test(what_has_no_glyphs_is_drawn_as_numbers),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
