#include "cli/film.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/screen.h"
#include "envs/trace.h"

/* In units, which are cells. */
#define MARGIN    0.5F
#define GAP       1.0F /* between frames that stand side by side */
#define WIDTH_MIN 6.0F /* of a frame: room for its caption */
#define FONT      0.4F
#define LINE      0.6F /* from one base line to the next */
#define ABOVE     0.8F /* from the picture to the first base line */

#define NAME_RGB  0x767676 /* 4.5 : 1 on white: WCAG's least for text */
#define VALUE_RGB 0x111111

/* A film that is being taken. */
typedef struct camera {
  const heed__film_config *config; /* borrowed */
  heed__film *film;                /* borrowed */
  size_t capacity;                 /* of the film's scenes */
  heed_picture *picture;           /* owned; of the latest frame */
  bool is_waiting;                 /* the latest frame is not taken yet */
  double reward_sum;
  char step[32], action[48], reward[32], sum[32], hidden[32]; /* of the latest frame */
  heed_error error;                                           /* the first failure; sticky */
} camera;

/* ---- captions ------------------------------------------------------------------------------- */

/* A number as in a paper: a minus that is one, and no more digits than there is room for. */
static void write_number(double value, char text[32]) {
  double size = fabs(value);
  bool is_whole = size == floor(size) && size < 1e6;
  (void)snprintf(text, 32, is_whole ? "%s%.0f" : "%s%.4g", value < 0 ? "\u2212" : "", size);
}

static void note(camera *c, const heed_trace_frame *frame) {
  c->reward_sum += frame->outcome.reward;
  bool is_over = frame->outcome.is_terminal || frame->outcome.is_truncated;
  (void)snprintf(c->step, sizeof c->step, "%zu%s", frame->t, is_over ? ", end" : "");
  write_number(c->reward_sum, c->sum);
  write_number(heed_env_performance(frame->env, frame->state), c->hidden);
  if (frame->t == 0) {
    (void)snprintf(c->action, sizeof c->action, "\u2013");
    (void)snprintf(c->reward, sizeof c->reward, "\u2013");
    return;
  }
  char action[32];
  (void)snprintf(c->action, sizeof c->action, "%s",
                 heed__action_text(frame->env, frame->action, action));
  write_number(frame->outcome.reward, c->reward);
}

/* A name at the left of a column and its value at the right. */
static void add_entry(heed__scene *scene, float left, float right, float y, float size,
                      const char *name, const char *value) {
  heed__text text = {.x = left, .y = y, .size = size, .rgb = NAME_RGB};
  (void)snprintf(text.text, sizeof text.text, "%s", name);
  heed__scene_text(scene, &text);
  text.x = right;
  text.rgb = VALUE_RGB;
  text.anchor = HEED__END;
  (void)snprintf(text.text, sizeof text.text, "%s", value);
  heed__scene_text(scene, &text);
}

/* Two columns under a picture that begins at (left, top). */
static void add_caption(camera *c, heed__scene *scene, float left, float top, float width) {
  float scale = (float)c->config->scale;
  float y = roundf(top + (c->picture->height + ABOVE) * scale);
  float line = roundf(LINE * scale);
  float size = FONT * scale;
  float middle = left + 0.43F * width;
  float second = left + 0.57F * width;
  add_entry(scene, left, middle, y, size, "step", c->step);
  add_entry(scene, second, left + width, y, size, "action", c->action);
  add_entry(scene, left, middle, y + line, size, "reward", c->reward);
  add_entry(scene, second, left + width, y + line, size, "return", c->sum);
  if (c->config->shows_hidden) {
    add_entry(scene, left, left + width, y + 2 * line, size, "hidden performance", c->hidden);
  }
}

/* ---- frames --------------------------------------------------------------------------------- */

/* The scene that the next frame goes to; NULL without memory. */
static heed__scene *next_scene(camera *c) {
  heed__film *film = c->film;
  if (c->config->strip_width > 0 && film->count == 1) {
    return &film->scenes[0];
  }
  if (film->count == c->capacity) {
    size_t capacity = c->capacity > 0 ? 2 * c->capacity : 16;
    heed__scene *grown = realloc(film->scenes, capacity * sizeof *grown);
    if (grown == NULL) {
      return NULL;
    }
    film->scenes = grown;
    c->capacity = capacity;
  }
  heed__scene_init(&film->scenes[film->count], 0, 0);
  return &film->scenes[film->count++];
}

/* Adds the latest frame to the film. */
static void take(camera *c) {
  const heed__film_config *config = c->config;
  float scale = (float)config->scale;
  float width = fmaxf(c->picture->width, WIDTH_MIN) * scale;
  float lines = (config->shows_hidden ? 2 * LINE : LINE) + ABOVE;
  float height = roundf((c->picture->height + lines) * scale);
  uint32_t columns = config->strip_width > 0 ? config->strip_width : 1;
  size_t place = config->strip_width > 0 ? c->film->frame_count : 0;
  float left = roundf(MARGIN * scale + (float)(place % columns) * (width + GAP * scale));
  size_t row = place / columns;
  float top = roundf(MARGIN * scale + (float)row * (height + GAP * scale));

  heed__scene *scene = next_scene(c);
  if (scene == NULL) {
    (void)heed_fail(&c->error, HEED_ERR_NOMEM, "frames: no memory");
    return;
  }
  float indent = roundf((width - c->picture->width * scale) / 2);
  heed__scene_picture(scene, c->picture, left + indent, top, scale);
  add_caption(c, scene, left, top, width);
  scene->width = fmaxf(scene->width, roundf(left + width + MARGIN * scale));
  scene->height = fmaxf(scene->height, roundf(top + height + MARGIN * scale));
  c->film->frame_count++;
  c->is_waiting = false;
  if (c->picture->is_full) {
    (void)heed_fail(&c->error, HEED_ERR_ARG, "a frame has more than the %d shapes that fit",
                    HEED_PICTURE_SHAPE_MAX);
  } else if (c->film->frame_count > HEED__FILM_FRAME_MAX) {
    (void)heed_fail(&c->error, HEED_ERR_ARG,
                    "more than %d frames; take fewer with --frames or --every",
                    HEED__FILM_FRAME_MAX);
  }
}

static void on_frame(void *context, const heed_trace_frame *frame) {
  camera *c = context;
  note(c, frame);
  const heed__film_config *config = c->config;
  if (c->error.status != HEED_OK || frame->t < config->first || frame->t > config->last) {
    return;
  }
  heed_env_depict(frame->env, frame->obs, c->picture);
  c->is_waiting = true;
  bool is_due = (frame->t - config->first) % config->every == 0;
  if (is_due || frame->t == config->last) {
    take(c);
  }
}

/* Is what was played what was recorded? */
static heed_status check_report(const char *path, const heed_trace_report *report,
                                heed_error *err) {
  if (!report->differs) {
    return HEED_OK;
  }
  return heed_fail(err, HEED_ERR_STATE,
                   "%s:%zu: what is played is not what was recorded: step %" PRId64
                   ": %s: expected %.40s, got %.40s; see 'heed replay'",
                   path, report->line, report->step, report->field, report->expected, report->got);
}

heed_status heed__film_take(const char *path, const heed__film_config *config, heed__film *film,
                            heed_error *err) {
  *film = (heed__film){0};
  camera c = {.config = config, .film = film, .picture = malloc(sizeof(heed_picture))};
  if (c.picture == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "picture: no memory");
  }
  heed_trace_report report;
  heed_trace_audience audience = {.line = config->episode, .on_frame = on_frame, .context = &c};
  heed_status status = heed_trace_watch(path, &audience, &report, err);
  if (status == HEED_OK) {
    status = check_report(path, &report, err);
  }
  if (status == HEED_OK && c.is_waiting && c.error.status == HEED_OK) {
    take(&c);
  }
  if (status == HEED_OK && c.error.status != HEED_OK) {
    status = heed_fail(err, c.error.status, "%s: episode %zu: %s", path, config->episode,
                       c.error.message);
  }
  if (status == HEED_OK && film->frame_count == 0) {
    status = heed_fail(err, HEED_ERR_ARG, "%s: episode %zu has %" PRIu64 " steps, none from %zu on",
                       path, config->episode, report.steps, config->first);
  }
  free(c.picture);
  return status;
}

void heed__film_deinit(heed__film *film) {
  for (size_t i = 0; i < film->count; i++) {
    heed__scene_deinit(&film->scenes[i]);
  }
  free(film->scenes);
  *film = (heed__film){0};
}
