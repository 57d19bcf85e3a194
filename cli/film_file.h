/* film_file.h: films as files; the ending says what: .svg an animation for the web, .gif the same for
 * anything else, .png the first scene. */
#ifndef HEED_CLI_FILM_FILE_H
#define HEED_CLI_FILM_FILE_H

#include "cli/film.h"

typedef enum heed__film_kind { HEED__FILM_SVG, HEED__FILM_GIF, HEED__FILM_PNG } heed__film_kind;

/* What a path stands for, which was given as --option (NULL: it was not). Errors: HEED_ERR_ARG. */
heed_status heed__film_kind_of(const char *option, const char *path, heed__film_kind *kind,
                               heed_error *err);

/* Writes a film; each scene of an animation is shown for delay_ms, the last for longer. Errors:
 * HEED_ERR_ARG when there is too much for a GIF, HEED_ERR_NOMEM, HEED_ERR_IO. */
heed_status heed__film_write(const heed__film *film, heed__film_kind kind, uint32_t delay_ms,
                             const char *path, heed_error *err);

#endif
