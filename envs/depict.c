/* depict.c: how observations are shown of which the world says nothing but glyphs, or nothing at all. */
#include <assert.h>
#include <stdio.h>

#include "envs/env.h"

enum {
  LOOSE_COLUMNS = 16, /* cells that are no board stand in rows of so many */
  NUMBER_UNITS = 5,   /* the numbers of a box stand in columns as wide as this, */
  NUMBER_COLUMNS = 2  /* so many */
};
#define LETTER_SIZE 0.6F         /* of a cell */
#define TILE        (31 / 32.0F) /* of a cell; what is left of it is a line to the next */

static uint32_t rgb_of(const heed_glyph *glyph) {
  return (uint32_t)glyph->rgb[0] << 16 | (uint32_t)glyph->rgb[1] << 8 | glyph->rgb[2];
}

static char character_of(const heed_env_spec *spec, uint32_t cell, uint8_t value) {
  if (spec->cell_characters != NULL && value == spec->cell_value) {
    return spec->cell_characters[cell];
  }
  return spec->glyphs[value].character;
}

void heed_env_characters(const heed_env *env, const void *obs, char *characters) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  const uint8_t *values = obs;
  assert(spec->glyphs != NULL);
  for (uint32_t i = 0; i < spec->obs_space.count; i++) {
    characters[i] = character_of(spec, i, values[i]);
  }
}

/* The upper left corner of cell i, in rows of so many. */
static heed_point corner_of(uint32_t i, uint32_t columns) {
  uint32_t row = i / columns;
  uint32_t column = i % columns;
  return (heed_point){(float)column, (float)row};
}

/* Floors and walls are known by their colours. */
static bool is_lettered(char character) {
  return character != ' ' && character != '#';
}

static void depict_glyphs(const heed_env_spec *spec, const uint8_t *values, heed_picture *picture) {
  const heed_space *space = &spec->obs_space;
  bool is_board = space->height > 0;
  uint32_t loose = space->count < LOOSE_COLUMNS ? space->count : LOOSE_COLUMNS;
  uint32_t columns = is_board ? space->width : loose;
  uint32_t rows = (space->count + columns - 1) / columns;
  heed_picture_clear(picture, (float)columns, (float)rows);
  for (uint32_t i = 0; i < space->count && !picture->is_full; i++) {
    heed_point corner = corner_of(i, columns);
    heed_picture_rectangle(picture, corner.x, corner.y, TILE, TILE,
                           rgb_of(&spec->glyphs[values[i]]));
  }
  for (uint32_t i = 0; i < space->count && !picture->is_full; i++) {
    const char text[] = {character_of(spec, i, values[i]), '\0'};
    heed_point corner = corner_of(i, columns);
    if (is_lettered(text[0])) {
      heed_picture_label(picture, corner.x + 0.5F, corner.y + 0.5F, LETTER_SIZE,
                         heed_picture_ink(rgb_of(&spec->glyphs[values[i]])), text);
    }
  }
}

/* What has no glyphs: its numbers, each with its place. */
static void depict_numbers(const heed_env_spec *spec, const void *obs, heed_picture *picture) {
  bool is_box = spec->obs_space.kind == HEED_SPACE_BOX;
  const uint8_t *values = obs;
  const float *numbers = obs;
  uint32_t count = spec->obs_space.count;
  uint32_t rows = (count + NUMBER_COLUMNS - 1) / NUMBER_COLUMNS;
  heed_picture_clear(picture, NUMBER_COLUMNS * NUMBER_UNITS, (float)rows);
  for (uint32_t i = 0; i < count && !picture->is_full; i++) {
    char text[HEED_PICTURE_TEXT_SIZE];
    (void)snprintf(text, sizeof text, "%u: %.4g", i, is_box ? (double)numbers[i] : values[i]);
    heed_point corner = corner_of(i, NUMBER_COLUMNS);
    heed_picture_label(picture, (corner.x + 0.5F) * NUMBER_UNITS, corner.y + 0.5F, LETTER_SIZE,
                       0x000000, text);
  }
}

void heed_env_depict_default(const heed_env_spec *spec, const void *obs, heed_picture *picture) {
  if (spec->glyphs != NULL) {
    depict_glyphs(spec, obs, picture);
  } else {
    depict_numbers(spec, obs, picture);
  }
}
