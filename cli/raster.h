/* raster.h: scenes as pixels, by Cairo: for PNG, GIF and the terminal. */
#ifndef HEED_CLI_RASTER_H
#define HEED_CLI_RASTER_H

#include <stddef.h>

#include "cli/scene.h"
#include "core/status.h"

/* The largest side of an image, in pixels: what Cairo can address. */
enum { HEED__RASTER_SIDE_MAX = 32767 };

/* Draws a scene into pixels[height][width], 0xRRGGBB each, row by row; the size is the scene's, rounded
 * up. *pixels is the caller's, to be freed. Errors: HEED_ERR_ARG for a scene that is too large,
 * HEED_ERR_NOMEM. */
heed_status heed__raster_draw(const heed__scene *scene, uint32_t **pixels, uint32_t *width,
                              uint32_t *height, heed_error *err);

/* The bytes of a PNG file; the caller's, to be freed. Errors: likewise. */
heed_status heed__raster_png(const heed__scene *scene, unsigned char **bytes, size_t *size,
                             heed_error *err);

/* Releases the fonts that are kept for later; what is drawn after it loads them again. */
void heed__raster_finish(void);

#endif
