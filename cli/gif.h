/* gif.h: frames of pixels as an animated GIF (GIF89a), which loops for ever. */
#ifndef HEED_CLI_GIF_H
#define HEED_CLI_GIF_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* frames[count], each pixels[height][width] of 0xRRGGBB, all of one size; each is shown for delay_ms, the
 * last for hold_ms (GIF counts in hundredths of a second). Each frame holds only the rectangle that
 * changes. Where all frames together have more than 256 colours, the rarest become the nearest of the
 * 256 most frequent: `frames` are overwritten with what was written. *bytes is the caller's, to be freed.
 * Errors: HEED_ERR_ARG for a side above 65535, HEED_ERR_NOMEM. */
heed_status heed__gif_write(uint32_t *const *frames, size_t count, uint32_t width, uint32_t height,
                            uint32_t delay_ms, uint32_t hold_ms, unsigned char **bytes,
                            size_t *size, heed_error *err);

#endif
