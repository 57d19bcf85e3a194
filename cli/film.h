/* film.h: an episode of a trace as scenes: frame after frame for an animation, or side by side for a
 * paper. Under each picture stands what was done and what came of it. */
#ifndef HEED_CLI_FILM_H
#define HEED_CLI_FILM_H

#include <stddef.h>

#include "cli/scene.h"
#include "core/status.h"

typedef struct heed__film_config {
  size_t episode;       /* line of the file, from 1 */
  size_t first, last;   /* steps, inclusive; 0 is the start. last SIZE_MAX: the end */
  uint32_t every;       /* takes each so-manieth of them, and the last, at least 1 */
  uint32_t scale;       /* pixels per cell */
  bool shows_hidden;    /* the hidden performance too */
  uint32_t strip_width; /* frames per row, side by side in one scene; 0: a scene for each frame */
} heed__film_config;

/* The most frames that are taken. */
enum { HEED__FILM_FRAME_MAX = 10000 };

typedef struct heed__film {
  heed__scene *scenes; /* owned: [count] all of one size */
  size_t count;        /* at least 1 */
  size_t frame_count;  /* count, or the frames of the one scene */
} heed__film;

/* Plays an episode again and takes its frames. Errors: those of heed_trace_watch; HEED_ERR_STATE when
 * what is played is not what was recorded; HEED_ERR_ARG when there is no frame to take, too many, or one
 * that has too much to show; HEED_ERR_NOMEM. `film` can be released in any case. */
heed_status heed__film_take(const char *path, const heed__film_config *config, heed__film *film,
                            heed_error *err);
void heed__film_deinit(heed__film *film);

#endif
