/* svg.h: scenes as one SVG file: a still picture, or an animation of what changes (SMIL), which needs no
 * script and plays wherever an image is shown. */
#ifndef HEED_CLI_SVG_H
#define HEED_CLI_SVG_H

#include <stddef.h>

#include "cli/scene.h"
#include "core/status.h"

/* scenes[count], count >= 1, of one size and with equal panels: each is shown for delay_ms, the last for
 * hold_ms, again and again. What stands still is written once; of a shape that changes, only the numbers
 * that do. Programs that do not animate show the first scene. *text is the caller's, to be freed. Errors:
 * HEED_ERR_NOMEM. */
heed_status heed__svg_write(const heed__scene *scenes, size_t count, uint32_t delay_ms,
                            uint32_t hold_ms, char **text, size_t *size, heed_error *err);

#endif
