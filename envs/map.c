#include "envs/map.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"

/* Bytes of a file, far above any map: blank lines at its end count as well. */
enum { FILE_SIZE_MAX = 4096, SEEN_SIZE = 16, KNOWN_SIZE = 320 };

const heed_map_symbol *heed__map_symbol_of(const heed_map_symbol *symbols, char character) {
  for (const heed_map_symbol *s = symbols; s->character != '\0'; s++) {
    if (s->character == character) {
      return s;
    }
  }
  return NULL;
}

/* A character as people can read it, into text[SEEN_SIZE]. */
static const char *seen(char character, char text[SEEN_SIZE]) {
  unsigned char byte = (unsigned char)character;
  if (byte == '\t') {
    (void)snprintf(text, SEEN_SIZE, "a tab");
  } else if (byte < ' ' || byte > '~') {
    (void)snprintf(text, SEEN_SIZE, "byte 0x%02x", byte);
  } else {
    (void)snprintf(text, SEEN_SIZE, "'%c'", character);
  }
  return text;
}

/* ---- a map from text ------------------------------------------------------------------------ */

static heed_status fail_unknown(const heed__map *map, uint32_t column, char character,
                                const heed_map_symbol *symbols, heed_error *err) {
  char known[KNOWN_SIZE] = "";
  size_t used = 0;
  for (const heed_map_symbol *s = symbols; s->character != '\0' && used < sizeof known; s++) {
    int n = snprintf(known + used, sizeof known - used, "%s'%c' %s", used > 0 ? ", " : "",
                     s->character, s->name);
    used += n > 0 ? (size_t)n : 0;
  }
  char text[SEEN_SIZE];
  return heed_fail(err, HEED_ERR_ARG, "map, row %" PRIu32 ", column %" PRIu32 ": %s; known: %s",
                   map->height + 1, column + 1, seen(character, text), known);
}

/* Adds row[width] to the map. */
static heed_status add_row(heed__map *map, const char *row, size_t width,
                           const heed_map_symbol *symbols, heed_error *err) {
  for (uint32_t column = 0; column < width; column++) {
    if (heed__map_symbol_of(symbols, row[column]) == NULL) {
      return fail_unknown(map, column, row[column], symbols, err);
    }
  }
  if (map->height == 0) {
    map->width = (uint32_t)width;
  }
  if (width != map->width || width == 0) {
    return heed_fail(err, HEED_ERR_ARG,
                     "map: row %" PRIu32 " is %zu wide, as wide as row 1 expected, %" PRIu32,
                     map->height + 1, width, map->width > 0 ? map->width : 1);
  }
  memcpy(map->characters + map->count, row, width);
  map->count += map->width;
  map->height++;
  return HEED_OK;
}

const char *heed_map_range(const heed_map_symbol *symbol, char text[32]) {
  if (symbol->min == symbol->max) {
    (void)snprintf(text, 32, "exactly %u", symbol->min);
  } else if (symbol->max < HEED_MAP_ANY && symbol->min > 0) {
    (void)snprintf(text, 32, "%u to %u", symbol->min, symbol->max);
  } else if (symbol->max < HEED_MAP_ANY) {
    (void)snprintf(text, 32, "at most %u", symbol->max);
  } else if (symbol->min > 0) {
    (void)snprintf(text, 32, "at least %u", symbol->min);
  } else {
    (void)snprintf(text, 32, "any number");
  }
  return text;
}

/* Are there as many of a character as there must be? */
static heed_status check_count(const heed__map *map, const heed_map_symbol *s, heed_error *err) {
  char range[32];
  uint32_t count = 0;
  for (uint32_t cell = 0; cell < map->count; cell++) {
    count += map->characters[cell] == s->character;
    if (map->characters[cell] == s->character && count > s->max) {
      return heed_fail(err, HEED_ERR_ARG,
                       "map, row %" PRIu32 ", column %" PRIu32
                       ": one '%c' (%s) too many, %s expected",
                       cell / map->width + 1, cell % map->width + 1, s->character, s->name,
                       heed_map_range(s, range));
    }
  }
  if (count < s->min) {
    return heed_fail(err, HEED_ERR_ARG, "map: %s '%c' (%s), %s expected",
                     count == 0 ? "no" : "too few", s->character, s->name,
                     heed_map_range(s, range));
  }
  return HEED_OK;
}

heed_status heed__map_read(const char *text, const heed_map_symbol *symbols, heed__map *map,
                           heed_error *err) {
  memset(map, 0, sizeof *map);
  if (strlen(text) >= sizeof map->characters) {
    return heed_fail(err, HEED_ERR_ARG, "map: %zu characters, at most %zu expected", strlen(text),
                     sizeof map->characters - 1);
  }
  for (const char *row = text;;) {
    size_t width = strcspn(row, "/\n");
    heed_status status = add_row(map, row, width, symbols, err);
    if (status != HEED_OK) {
      return status;
    }
    row += width;
    bool is_last = row[0] == '\0' || (row[0] == '\n' && row[1] == '\0');
    if (is_last) {
      break;
    }
    row++;
  }
  for (const heed_map_symbol *s = symbols; s->character != '\0'; s++) {
    heed_status status = check_count(map, s, err);
    if (status != HEED_OK) {
      return status;
    }
  }
  return HEED_OK;
}

/* ---- a map from a file ---------------------------------------------------------------------- */

static heed_status read_file(const char *path, char *text, size_t *length, heed_error *err) {
  int fd;
  uint64_t size;
  heed_status status = heed__file_open(path, &fd, &size, err);
  if (status != HEED_OK) {
    return status;
  }
  if (size > FILE_SIZE_MAX) {
    status = heed_fail(err, HEED_ERR_ARG, "'%s' has %" PRIu64 " bytes, a map at most %d", path,
                       size, FILE_SIZE_MAX);
  } else {
    status = heed__file_read(fd, path, text, (size_t)size, err);
  }
  (void)close(fd);
  *length = (size_t)size;
  return status;
}

/* Shortens the text by carriage returns before line ends and by blank lines at its end. */
static size_t tidy(char *text, size_t length) {
  size_t kept = 0;
  for (size_t i = 0; i < length; i++) {
    bool is_line_end = text[i] == '\r' && (i + 1 == length || text[i + 1] == '\n');
    if (!is_line_end) {
      text[kept++] = text[i];
    }
  }
  /* What is behind the last row is its line end and lines of blanks. */
  size_t end = kept;
  for (size_t i = kept; i > 0 && strchr(" \n", text[i - 1]) != NULL; i--) {
    if (text[i - 1] == '\n') {
      end = i - 1;
    }
  }
  return end;
}

heed_status heed_map_load(const char *path, char text[HEED_PARAM_TEXT_SIZE], heed_error *err) {
  char file[FILE_SIZE_MAX];
  size_t length;
  heed_status status = read_file(path, file, &length, err);
  if (status != HEED_OK) {
    return status;
  }
  if (memchr(file, '\0', length) != NULL) {
    return heed_fail(err, HEED_ERR_ARG, "'%s' is no text", path);
  }
  length = tidy(file, length);
  if (length == 0 || length >= HEED_PARAM_TEXT_SIZE) {
    return heed_fail(err, HEED_ERR_ARG,
                     "'%s': a map of %zu characters with its line ends, 1 to %d expected", path,
                     length, HEED_PARAM_TEXT_SIZE - 1);
  }
  uint32_t row = 1;
  uint32_t column = 1;
  for (size_t i = 0; i < length; i++) {
    char shown[SEEN_SIZE];
    bool is_row_end = file[i] == '\n';
    if (!is_row_end && (file[i] < ' ' || file[i] > '~' || strchr("/{}", file[i]) != NULL)) {
      return heed_fail(err, HEED_ERR_ARG,
                       "'%s', line %" PRIu32 ", column %" PRIu32 ": %s, which no map holds", path,
                       row, column, seen(file[i], shown));
    }
    text[i] = file[i];
    if (is_row_end) {
      text[i] = '/';
    }
    row += is_row_end ? 1 : 0;
    column = is_row_end ? 1 : column + 1;
  }
  text[length] = '\0';
  return HEED_OK;
}
