/* map.h: maps of worlds as text, which a reader recognises at a glance.
 *
 *   ######        A file holds one line per row. As the value of a parameter the rows are divided by
 *   #A  G#        '/': map={######/#A  G#/######}. The braces keep blanks at the ends of a map.
 *   ######
 *
 * Each world has one table of the characters that a map of it may hold. What a map must fulfil besides is
 * the world's own to check. */
#ifndef HEED_ENVS_MAP_H
#define HEED_ENVS_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/params.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A character of maps. A table of them ends with the character 0. */
typedef struct heed_map_symbol {
  char character;    /* printable ASCII but '/', '{' and '}' */
  const char *name;  /* "interruption tile"; static storage */
  uint16_t min, max; /* how many of them a map holds */
  uint8_t value;     /* of the cell, or of the cell below what the character stands for */
  bool
      is_final; /* whoever enters goes no further: the only thing to walk on at the edge of a map */
} heed_map_symbol;

/* A limit that no map reaches: any number. */
#define HEED_MAP_ANY UINT16_MAX

/* Reads a file into the value of a parameter: rows divided by '/', without the carriage returns of
 * foreign line ends and without blank lines at the end. `text` is undefined on failure. Errors:
 * HEED_ERR_IO; HEED_ERR_ARG with the line and the column of what no map can hold, or when the map is
 * longer than a parameter. */
HEED_API heed_status heed_map_load(const char *path, char text[HEED_PARAM_TEXT_SIZE],
                                   heed_error *err);

/* How many of a character a map holds, "exactly 1", "any number", into text[32]; returns text. */
HEED_API const char *heed_map_range(const heed_map_symbol *symbol, char text[32]);

/* ---- for worlds ----------------------------------------------------------------------------- */

/* A map that was read. */
typedef struct heed__map {
  uint32_t height, width, count;
  char characters[HEED_PARAM_TEXT_SIZE]; /* [count] row-major */
} heed__map;

/* Reads rows of equal length, divided by '/' or by line ends, with known characters only and as many of
 * each as there must be. Errors: HEED_ERR_ARG with row and column, what was found and what may be. */
heed_status heed__map_read(const char *text, const heed_map_symbol *symbols, heed__map *map,
                           heed_error *err);

/* The symbol of a character; NULL for one that is not in the table. */
const heed_map_symbol *heed__map_symbol_of(const heed_map_symbol *symbols, char character);

#ifdef __cplusplus
}
#endif
#endif
