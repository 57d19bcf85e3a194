#include "reward/pairs.h"

#include <stdlib.h>
#include <string.h>

/* Pair (v, w) beside each other is v * n + w, below each other n^2 more. */

static const char *const words[] = {"right[", "below["};

/* Reads a value below n and the character behind it; SIZE_MAX if it is none. */
static size_t take_value(const char **text, size_t n, char end) {
  char *rest;
  if (**text < '0' || **text > '9') {
    return SIZE_MAX;
  }
  unsigned long value = strtoul(*text, &rest, 10);
  bool is_value = *rest == end && value < n;
  *text = rest + is_value;
  return is_value ? value : SIZE_MAX;
}

uint32_t heed__pair_find(const heed_space *obs_space, const char *name) {
  size_t n = obs_space->value_count;
  if (obs_space->kind != HEED_SPACE_CELLS || obs_space->height == 0) {
    return HEED__PAIR_NONE;
  }
  for (size_t direction = 0; direction < 2; direction++) {
    size_t length = strlen(words[direction]);
    if (strncmp(name, words[direction], length) != 0) {
      continue;
    }
    const char *text = name + length;
    size_t v = take_value(&text, n, ',');
    size_t w = v == SIZE_MAX ? SIZE_MAX : take_value(&text, n, ']');
    bool is_pair = w != SIZE_MAX && *text == '\0';
    return is_pair ? (uint32_t)((direction * n + v) * n + w) : HEED__PAIR_NONE;
  }
  return HEED__PAIR_NONE;
}

double heed__pair_value(const heed_space *obs_space, const heed_step *step, uint32_t pair) {
  const uint8_t *board = step->next_obs;
  uint32_t n = obs_space->value_count;
  uint32_t width = obs_space->width;
  bool is_below = pair >= n * n;
  uint32_t v = pair / n % n;
  uint32_t w = pair % n;
  uint32_t rows = is_below ? obs_space->height - 1 : obs_space->height;
  uint32_t columns = is_below ? width : width - 1;
  uint32_t other = is_below ? width : 1; /* from a cell to its neighbour */
  uint32_t hits = 0;
  for (uint32_t row = 0; row < rows; row++) {
    const uint8_t *cells = board + (size_t)row * width;
    for (uint32_t column = 0; column < columns; column++) {
      hits += (uint32_t)(cells[column] == v) & (uint32_t)(cells[column + other] == w);
    }
  }
  return hits;
}
