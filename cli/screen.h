/* screen.h: observations drawn for people in characters: boards by their characters in the colours of the
 * glyphs, pictures in half blocks, all else as numbers. What is drawn can be printed, with SGR sequences
 * of ECMA-48 where there is colour, or taken cell by cell. */
#ifndef HEED_CLI_SCREEN_H
#define HEED_CLI_SCREEN_H

#include <stdio.h>

#include "envs/env.h"

typedef enum heed__colour {
  HEED__COLOUR_NONE,
  HEED__COLOUR_256, /* the cube of 6 x 6 x 6 that terminals have had since xterm 256 */
  HEED__COLOUR_RGB  /* 24 bits */
} heed__colour;

/* The words of --color, in the order of heed__colour_of's `choice`. */
#define HEED__COLOUR_CHOICES "auto|always|never"

/* What `stream` can show; auto asks NO_COLOR, TERM, COLORTERM and whether it is a terminal. */
heed__colour heed__colour_of(int32_t choice, FILE *stream);

/* Where 0xRRGGBB is in the palette of 256. */
unsigned heed__colour_index(uint32_t rgb);

/* One character of a drawn observation. */
typedef struct heed__cell {
  char character;    /* printable ASCII; HEED__HALF_BLOCK: the upper half is ink */
  bool has_colour;   /* else the terminal's own */
  uint32_t ink, rgb; /* 0xRRGGBB of the character, and of what is behind it */
} heed__cell;

#define HEED__HALF_BLOCK '\1' /* U+2580 */

/* A drawing surface for the observations of one environment (borrowed). */
typedef struct heed__screen {
  const heed_env *env;
  heed__colour colour;
  uint32_t rows, columns; /* of a drawn observation, in characters */
  heed__cell *cells;      /* owned, [rows][columns]: what was drawn last */
  char *characters;       /* owned, [obs_space.count] */
  heed_picture *picture;  /* owned; NULL where no picture is shown */
  bool has_blocks;        /* the terminal shows half blocks (UTF-8) */
} heed__screen;

/* The most rows that a picture takes; its columns follow from its shape. */
enum { HEED__SCREEN_ROWS = 14 };

/* Pictures take at most columns_max columns and rows_max rows; boards and numbers what they need. */
heed_status heed__screen_init(heed__screen *screen, const heed_env *env, heed__colour colour,
                              uint32_t columns_max, uint32_t rows_max, heed_error *err);
void heed__screen_deinit(heed__screen *screen);

/* Draws an observation into screen->cells; NULL: blanks. */
void heed__screen_draw(heed__screen *screen, const void *obs);

/* Prints row `row` of what was drawn last: exactly `columns` characters and, with colour, sequences that
 * end in the default colours. Beyond the last row: blanks. */
void heed__screen_row(const heed__screen *screen, uint32_t row, FILE *out);

/* The name of an action, or its numbers, cut to fit, into text[32]. */
const char *heed__action_text(const heed_env *env, heed_action action, char text[32]);

#endif
