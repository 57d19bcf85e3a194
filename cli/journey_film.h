/* journey_film.h: a journey as a film: the world and the imagination side by side, cells that differ
 * framed. */
#ifndef HEED_CLI_JOURNEY_FILM_H
#define HEED_CLI_JOURNEY_FILM_H

#include "cli/film.h"
#include "cli/journey.h"

/* Takes every moment: a scene for each, or (strip_width > 0) so many pairs per row in one scene; `scale`
 * pixels per cell. Errors: HEED_ERR_ARG when a picture has too much to show, HEED_ERR_NOMEM. `film` can be
 * released in any case. */
heed_status heed__journey_film(const heed__journey *journey, uint32_t scale, uint32_t strip_width,
                               heed__film *film, heed_error *err);

#endif
