#include "cli/observation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"

/* The value that is shown as a character in a cell; the lowest of several. False: there is none. */
static bool value_of(const heed_env_spec *spec, size_t cell, char character, uint8_t *value) {
  if (spec->cell_characters != NULL && spec->cell_characters[cell] == character) {
    *value = spec->cell_value;
    return true;
  }
  for (uint32_t v = 0; v < heed_space_values(&spec->obs_space, cell); v++) {
    if (spec->glyphs[v].character == character) {
      *value = (uint8_t)v;
      return true;
    }
  }
  return false;
}

static heed_status read_row(const heed_env_spec *spec, uint32_t row, const char *text, uint8_t *obs,
                            heed_error *err) {
  uint32_t width = spec->obs_space.width;
  if (strlen(text) != width) {
    return heed_fail(err, HEED_ERR_ARG, "--state: row %u, '%.80s', has %zu characters, %u expected",
                     row + 1, text, strlen(text), width);
  }
  for (uint32_t column = 0; column < width; column++) {
    size_t cell = (size_t)row * width + column;
    if (!value_of(spec, cell, text[column], &obs[cell])) {
      return heed_fail(err, HEED_ERR_ARG, "--state: row %u, '%.80s': nothing is shown as '%c'",
                       row + 1, text, text[column]);
    }
  }
  return HEED_OK;
}

static heed_status read_board(const heed_env_spec *spec, char *text, uint8_t *obs,
                              heed_error *err) {
  heed_status status = HEED_OK;
  uint32_t rows = 0;
  for (char *row; status == HEED_OK && (row = strsep(&text, "/\n")) != NULL; rows++) {
    status = rows < spec->obs_space.height
                 ? read_row(spec, rows, row, obs, err)
                 : heed_fail(err, HEED_ERR_ARG, "--state: more than the %u rows of the board",
                             spec->obs_space.height);
  }
  if (status == HEED_OK && rows < spec->obs_space.height) {
    status =
        heed_fail(err, HEED_ERR_ARG, "--state: %u rows, %u expected", rows, spec->obs_space.height);
  }
  return status;
}

/* Writes a number to its place in an observation. False: it is none that may stand there. */
static bool put_number(const heed_space *space, const char *word, uint32_t i, void *obs) {
  double value;
  if (!heed_decimal_read(word, &value)) {
    return false;
  }
  if (space->kind == HEED_SPACE_BOX) {
    ((float *)obs)[i] = (float)value;
    return true;
  }
  bool is_value = value >= 0 && value < heed_space_values(space, i) && value == floor(value);
  ((uint8_t *)obs)[i] = is_value ? (uint8_t)value : 0;
  return is_value;
}

static heed_status read_numbers(const heed_space *space, char *text, void *obs, heed_error *err) {
  uint32_t count = 0;
  for (char *word; (word = strsep(&text, ",")) != NULL; count++) {
    if (count < space->count && !put_number(space, word, count, obs)) {
      return heed_fail(err, HEED_ERR_ARG, "--state: number %u, '%.40s', is none of this world",
                       count + 1, word);
    }
  }
  return count == space->count ? HEED_OK
                               : heed_fail(err, HEED_ERR_ARG, "--state: %u numbers, %u expected",
                                           count, space->count);
}

heed_status heed__read_observation(const heed_env *env, const char *text, void *obs,
                                   heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  char *copy = strdup(text);
  if (copy == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "--state: no memory");
  }
  bool is_board = spec->obs_space.height > 0 && spec->glyphs != NULL;
  heed_status status =
      is_board ? read_board(spec, copy, obs, err) : read_numbers(&spec->obs_space, copy, obs, err);
  free(copy);
  if (status != HEED_OK) {
    return status;
  }
  status = heed_space_check_row(&spec->obs_space, obs, err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "--state");
}
