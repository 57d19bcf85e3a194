/* cmd_draw.c: `heed draw`: a recorded episode as a picture, still or moving. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/film.h"
#include "cli/film_file.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/raster.h"
#include "core/decimal.h"

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

/* ---- from the command line ------------------------------------------------------------------ */

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

static heed_status parse(const settings *s, heed__film_kind *k, heed__film_config *config,
                         heed_error *err) {
  heed_status status = heed__film_kind_of("output", s->output, k, err);
  if (status == HEED_OK && s->strip && *k == HEED__FILM_GIF) {
    status = heed_fail(err, HEED_ERR_ARG, "--strip: a GIF moves; write an .svg or a .png");
  }
  if (status == HEED_OK) {
    status = split_frames(s->frames, config, err);
  }
  config->episode = s->episode;
  config->every = s->every;
  config->scale = s->scale;
  config->shows_hidden = s->hidden;
  config->strip_width = s->strip || *k == HEED__FILM_PNG ? s->columns : 0;
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
  heed__film_kind k = HEED__FILM_SVG;
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
    status = heed__film_write(&film, k, s.delay_ms, s.output, &err);
  }
  if (status == HEED_OK) {
    report(&s, &film);
  }
  heed__film_deinit(&film);
  heed__raster_finish();
  return status == HEED_OK ? HEED__DONE : heed__failed(&usage, &err);
}
