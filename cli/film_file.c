#include "cli/film_file.h"

#include <stdlib.h>
#include <string.h>

#include "cli/gif.h"
#include "cli/raster.h"
#include "cli/svg.h"
#include "core/pack.h"

enum {
  HOLD_MS = 1500,          /* the last frame of an animation is shown for as long, at least */
  GIF_PIXELS_MAX = 1 << 27 /* of all frames together: half a gigabyte */
};

heed_status heed__film_kind_of(const char *option, const char *path, heed__film_kind *kind,
                               heed_error *err) {
  static const char *const endings[] = {
      [HEED__FILM_SVG] = ".svg", [HEED__FILM_GIF] = ".gif", [HEED__FILM_PNG] = ".png"};
  if (path == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "--%s is missing: a file that ends in .svg, .gif or .png",
                     option);
  }
  for (int k = HEED__FILM_SVG; k <= HEED__FILM_PNG; k++) {
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, endings[k]) == 0) {
      *kind = (heed__film_kind)k;
      return HEED_OK;
    }
  }
  return heed_fail(err, HEED_ERR_ARG,
                   "--%s: '%.100s', a file that ends in .svg, .gif or .png expected", option, path);
}

static uint32_t hold_of(uint32_t delay_ms) {
  return 4 * delay_ms > HOLD_MS ? 4 * delay_ms : HOLD_MS;
}

/* Draws every scene of a film into frames[count], which are the caller's, also on failure. */
static heed_status draw_frames(const heed__film *film, uint32_t **frames, uint32_t *width,
                               uint32_t *height, heed_error *err) {
  heed_status status = HEED_OK;
  double pixels = (double)film->scenes[0].width * (double)film->scenes[0].height;
  pixels *= (double)film->count;
  if (pixels > GIF_PIXELS_MAX) {
    return heed_fail(err, HEED_ERR_ARG,
                     "%zu frames of %.0f x %.0f pixels are more than a GIF should hold; fewer "
                     "--frames, --every, or a smaller --scale",
                     film->count, (double)film->scenes[0].width, (double)film->scenes[0].height);
  }
  for (size_t i = 0; i < film->count && status == HEED_OK; i++) {
    status = heed__raster_draw(&film->scenes[i], &frames[i], width, height, err);
  }
  return status;
}

static heed_status make_gif(const heed__film *film, uint32_t delay_ms, unsigned char **bytes,
                            size_t *size, heed_error *err) {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t **frames = calloc(film->count, sizeof *frames);
  if (frames == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "frames: no memory");
  }
  heed_status status = draw_frames(film, frames, &width, &height, err);
  if (status == HEED_OK) {
    status = heed__gif_write((uint32_t *const *)frames, film->count, width, height, delay_ms,
                             hold_of(delay_ms), bytes, size, err);
  }
  for (size_t i = 0; i < film->count; i++) {
    free(frames[i]);
  }
  free(frames);
  return status;
}

heed_status heed__film_write(const heed__film *film, heed__film_kind kind, uint32_t delay_ms,
                             const char *path, heed_error *err) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  heed_status status = HEED_OK;
  if (kind == HEED__FILM_SVG) {
    status = heed__svg_write(film->scenes, film->count, delay_ms, hold_of(delay_ms),
                             (char **)&bytes, &size, err);
  } else if (kind == HEED__FILM_GIF) {
    status = make_gif(film, delay_ms, &bytes, &size, err);
  } else {
    status = heed__raster_png(&film->scenes[0], &bytes, &size, err);
  }
  if (status == HEED_OK) {
    status = heed_file_write(path, bytes, size, err);
  }
  free(bytes);
  return status;
}
