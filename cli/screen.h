/* screen.h: observations drawn for people, in colour where there is any: only SGR sequences of ECMA-48,
 * with the colours of the environment's glyphs. */
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

/* A drawing surface for the observations of one environment (borrowed). */
typedef struct heed__screen {
  const heed_env *env;
  heed__colour colour;
  uint32_t rows, columns; /* of a drawn observation, in characters */
  char *characters;       /* owned, [obs_space.count] */
} heed__screen;

heed_status heed__screen_init(heed__screen *screen, const heed_env *env, heed__colour colour,
                              heed_error *err);
void heed__screen_deinit(heed__screen *screen);

/* Writes row `row` of an observation: exactly `columns` characters and, with colour, sequences that end
 * in the default colours. `obs` NULL: blanks. */
void heed__screen_row(const heed__screen *screen, const void *obs, uint32_t row, FILE *out);

/* The name of an action, or its number, into text[32]. */
const char *heed__action_text(const heed_env *env, heed_action action, char text[32]);

#endif
