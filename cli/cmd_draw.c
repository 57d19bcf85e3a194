/* cmd_draw.c: `heed draw`: a recorded episode as a picture, still or moving. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/film.h"
#include "cli/gif.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/raster.h"
#include "cli/svg.h"
#include "core/decimal.h"

enum {
  HOLD_MS = 1500,          /* the last frame of an animation is shown for as long, at least */
  GIF_PIXELS_MAX = 1 << 27 /* of all frames together: half a gigabyte */
};

typedef struct settings {
  heed__common common;
  const char *output;
  uint32_t episode;
  const char *frames;
  uint32_t every, scale, delay_ms, columns;
  bool hidden, strip;
} settings;

static const heed__option options[] = {
    {"output", 'o', HEED__OPTION_TEXT, offsetof(settings, output), NULL, 0, 0, NULL, "FILE",
     "Where to write; the ending says what: .svg an animation for the web, .gif the same for "
     "anything else, .png frames side by side, for a paper. Required"},
    {"episode", 'e', HEED__OPTION_COUNT, offsetof(settings, episode), "1", 1, 1e9, NULL, "N",
     "The episode to draw: a line of the file, 1 is the first"},
    {"frames", 0, HEED__OPTION_TEXT, offsetof(settings, frames), NULL, 0, 0, NULL, "A..B",
     "Steps to show, 0 is the start: A..B, A.., ..B or a single one"},
    {"every", 0, HEED__OPTION_COUNT, offsetof(settings, every), "1", 1, 1e6, NULL, "K",
     "Show each K-th of these steps, and the last"},
    {"scale", 0, HEED__OPTION_COUNT, offsetof(settings, scale), "32", 4, 256, NULL, "PIXELS",
     "Size of a cell"},
    {"delay", 0, HEED__OPTION_COUNT, offsetof(settings, delay_ms), "250", 20, 60000, NULL, "MS",
     "How long an animation shows each step, in milliseconds"},
    {"hidden", 0, HEED__OPTION_FLAG, offsetof(settings, hidden), NULL, 0, 0, NULL, NULL,
     "Tell the hidden performance too"},
    {"strip", 0, HEED__OPTION_FLAG, offsetof(settings, strip), NULL, 0, 0, NULL, NULL,
     "Frames side by side in an .svg too, instead of an animation"},
    {"columns", 0, HEED__OPTION_COUNT, offsetof(settings, columns), "8", 1, 1000, NULL, "N",
     "Frames in a row, where they stand side by side"},
};

static const heed__usage usage = {
    .command = "heed draw",
    .args = "FILE",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Draws an episode of a trace, as 'heed run --record' and 'heed play --record' write them: "
        "an animation, or frames side by side.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

typedef enum kind { SVG, GIF, PNG } kind;

/* ---- from the command line ------------------------------------------------------------------ */

static heed_status kind_of(const char *output, kind *result, heed_error *err) {
  static const char *const endings[] = {[SVG] = ".svg", [GIF] = ".gif", [PNG] = ".png"};
  if (output == NULL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--output is missing: a file that ends in .svg, .gif or .png");
  }
  for (int k = SVG; k <= PNG; k++) {
    size_t length = strlen(output);
    if (length > 4 && strcmp(output + length - 4, endings[k]) == 0) {
      *result = (kind)k;
      return HEED_OK;
    }
  }
  return heed_fail(err, HEED_ERR_ARG,
                   "--output: '%.100s', a file that ends in .svg, .gif or .png "
                   "expected",
                   output);
}

/* Reads text[length] as a step; nothing stands for `fallback`. */
static bool read_step(const char *text, size_t length, size_t fallback, size_t *step) {
  char digits[16] = "";
  int64_t number = 0;
  *step = fallback;
  if (length == 0) {
    return true;
  }
  if (length >= sizeof digits) {
    return false;
  }
  memcpy(digits, text, length);
  bool is_good = heed_decimal_read_int(digits, &number) && number >= 0;
  *step = is_good ? (size_t)number : 0;
  return is_good;
}

/* "3..8", "3..", "..8" or "3". */
static heed_status split_frames(const char *text, heed__film_config *config, heed_error *err) {
  config->first = 0;
  config->last = SIZE_MAX;
  if (text == NULL) {
    return HEED_OK;
  }
  const char *dots = strstr(text, "..");
  size_t length = dots != NULL ? (size_t)(dots - text) : strlen(text);
  bool is_good = text[0] != '\0' && read_step(text, length, 0, &config->first);
  if (dots != NULL) {
    is_good = is_good && read_step(dots + 2, strlen(dots + 2), SIZE_MAX, &config->last);
  } else {
    config->last = config->first;
  }
  if (!is_good || config->first > config->last) {
    return heed_fail(err, HEED_ERR_ARG, "--frames: '%.40s', A..B expected, e.g. 0..12", text);
  }
  return HEED_OK;
}

static heed_status parse(const settings *s, kind *k, heed__film_config *config, heed_error *err) {
  heed_status status = kind_of(s->output, k, err);
  if (status == HEED_OK && s->strip && *k == GIF) {
    status = heed_fail(err, HEED_ERR_ARG, "--strip: a GIF moves; write an .svg or a .png");
  }
  if (status == HEED_OK) {
    status = split_frames(s->frames, config, err);
  }
  config->episode = s->episode;
  config->every = s->every;
  config->scale = s->scale;
  config->shows_hidden = s->hidden;
  config->strip_width = s->strip || *k == PNG ? s->columns : 0;
  return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static uint32_t hold_of(const settings *s) {
  return 4 * s->delay_ms > HOLD_MS ? 4 * s->delay_ms : HOLD_MS;
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

static heed_status make_gif(const settings *s, const heed__film *film, unsigned char **bytes,
                            size_t *size, heed_error *err) {
  uint32_t width = 0;
  uint32_t height = 0;
  uint32_t **frames = calloc(film->count, sizeof *frames);
  if (frames == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "frames: no memory");
  }
  heed_status status = draw_frames(film, frames, &width, &height, err);
  if (status == HEED_OK) {
    status = heed__gif_write((uint32_t *const *)frames, film->count, width, height, s->delay_ms,
                             hold_of(s), bytes, size, err);
  }
  for (size_t i = 0; i < film->count; i++) {
    free(frames[i]);
  }
  free(frames);
  return status;
}

static heed_status write_film(const settings *s, kind k, const heed__film *film, heed_error *err) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  heed_status status = HEED_OK;
  if (k == SVG) {
    status = heed__svg_write(film->scenes, film->count, s->delay_ms, hold_of(s), (char **)&bytes,
                             &size, err);
  } else if (k == GIF) {
    status = make_gif(s, film, &bytes, &size, err);
  } else {
    status = heed__raster_png(&film->scenes[0], &bytes, &size, err);
  }
  if (status == HEED_OK) {
    status = heed_file_write(s->output, bytes, size, err);
  }
  free(bytes);
  return status;
}

static void report(const settings *s, const heed__film *film) {
  uint32_t width = (uint32_t)ceilf(film->scenes[0].width);
  uint32_t height = (uint32_t)ceilf(film->scenes[0].height);
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(result, "frames", json_integer((json_int_t)film->frame_count));
    (void)json_object_set_new(result, "width", json_integer(width));
    (void)json_object_set_new(result, "height", json_integer(height));
    heed__print_json(result);
  } else {
    (void)printf("%s: %zu frames, %u x %u pixels\n", s->output, film->frame_count, width, height);
  }
}

int heed__cmd_draw(int argc, char **argv) {
  settings s = {0};
  heed__film_config config = {0};
  heed__film film = {0};
  kind k = SVG;
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  if (parse(&s, &k, &config, &err) != HEED_OK) {
    return heed__misused(&usage, &err);
  }
  const char *input = s.common.args[0];
  heed_status status = heed__check_output(s.output, &input, 1, &err);
  if (status == HEED_OK) {
    status = heed__film_take(input, &config, &film, &err);
  }
  if (status == HEED_OK) {
    status = write_film(&s, k, &film, &err);
  }
  if (status == HEED_OK) {
    report(&s, &film);
  }
  heed__film_deinit(&film);
  heed__raster_finish();
  return status == HEED_OK ? HEED__DONE : heed__failed(&usage, &err);
}
