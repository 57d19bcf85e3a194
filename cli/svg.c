/* svg.c: a slot is the k-th shape of a panel in every scene. As pictures have their shapes in the same
 * order, a slot is one thing that moves or changes its colour: one element, whose attributes are animated.
 * Texts cannot change: each is an element that is hidden while it is not there. */
#include "cli/svg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct writer {
  const heed__scene *scenes; /* [count] borrowed */
  size_t count;
  double delay_ms, total_ms;
  float text_size; /* of texts that do not say otherwise */
  FILE *out;       /* owned: a stream into memory */
} writer;

/* ---- numbers and colours -------------------------------------------------------------------- */

/* To a hundredth of a pixel, without zeros that say nothing. */
static void put_number(FILE *out, float value) {
  char text[64];
  (void)snprintf(text, sizeof text, "%.2f", (double)value);
  char *end = text + strlen(text);
  while (end[-1] == '0') {
    *--end = '\0';
  }
  if (end[-1] == '.') {
    *--end = '\0';
  }
  (void)fputs(strcmp(text, "-0") == 0 ? "0" : text, out);
}

static void put_colour(FILE *out, uint32_t rgb) {
  bool is_short = (rgb >> 4 & 0x0f0f0f) == (rgb & 0x0f0f0f);
  if (is_short) {
    (void)fprintf(out, "#%x%x%x", rgb >> 16 & 15, rgb >> 8 & 15, rgb & 15);
  } else {
    (void)fprintf(out, "#%06x", rgb);
  }
}

/* ---- time ----------------------------------------------------------------------------------- */

/* The beginning of a frame as a share of the whole animation. */
static void put_time(const writer *w, size_t frame) {
  char text[32];
  (void)snprintf(text, sizeof text, "%.5f", (double)frame * w->delay_ms / w->total_ms);
  char *end = text + strlen(text);
  while (end[-1] == '0') {
    *--end = '\0';
  }
  (void)fputs(text[0] == '0' && text[1] == '.' && text[2] != '\0' ? text + 1 : "0", w->out);
}

/* Writes what an attribute is at each of the frames in which it changes; equal pointers are equal
 * values. values[count]. */
static void put_animation(const writer *w, const char *attribute, const char *const *values) {
  (void)fprintf(w->out, "<animate attributeName=\"%s\" calcMode=\"discrete\" dur=\"%gs\" ",
                attribute, w->total_ms / 1000);
  (void)fputs("repeatCount=\"indefinite\" keyTimes=\"", w->out);
  for (size_t f = 0; f < w->count; f++) {
    if (f == 0 || strcmp(values[f], values[f - 1]) != 0) {
      (void)fputs(f > 0 ? ";" : "", w->out);
      put_time(w, f);
    }
  }
  (void)fputs("\" values=\"", w->out);
  for (size_t f = 0; f < w->count; f++) {
    if (f == 0 || strcmp(values[f], values[f - 1]) != 0) {
      (void)fprintf(w->out, "%s%s", f > 0 ? ";" : "", values[f]);
    }
  }
  (void)fputs("\"/>", w->out);
}

/* ---- shapes --------------------------------------------------------------------------------- */

typedef void (*print_fn)(FILE *out, const heed_shape *shape, const heed_point *points);

typedef struct attribute {
  const char *name;
  print_fn print;
} attribute;

static void print_x1(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)shape;
  put_number(out, points[0].x);
}

static void print_y1(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)shape;
  put_number(out, points[0].y);
}

static void print_x2(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)shape;
  put_number(out, points[1].x);
}

static void print_y2(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)shape;
  put_number(out, points[1].y);
}

static void print_width(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)shape;
  put_number(out, points[1].x - points[0].x);
}

static void print_height(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)shape;
  put_number(out, points[1].y - points[0].y);
}

static void print_size(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)points;
  put_number(out, shape->size);
}

static void print_rgb(FILE *out, const heed_shape *shape, const heed_point *points) {
  (void)points;
  put_colour(out, shape->rgb);
}

static void print_points(FILE *out, const heed_shape *shape, const heed_point *points) {
  for (uint32_t i = 0; i < shape->point_count; i++) {
    (void)fputs(i > 0 ? " " : "", out);
    put_number(out, points[i].x);
    (void)fputc(',', out);
    put_number(out, points[i].y);
  }
}

enum { ATTRIBUTE_MAX = 6 };

static const struct {
  const char *name;
  attribute attributes[ATTRIBUTE_MAX + 1]; /* the last has no name */
} elements[] = {
    [HEED_SHAPE_LINE] = {"line",
                         {{"x1", print_x1},
                          {"y1", print_y1},
                          {"x2", print_x2},
                          {"y2", print_y2},
                          {"stroke-width", print_size},
                          {"stroke", print_rgb}}},
    [HEED_SHAPE_RECTANGLE] = {"rect",
                              {{"x", print_x1},
                               {"y", print_y1},
                               {"width", print_width},
                               {"height", print_height},
                               {"fill", print_rgb}}},
    [HEED_SHAPE_CIRCLE] =
        {"circle", {{"cx", print_x1}, {"cy", print_y1}, {"r", print_size}, {"fill", print_rgb}}},
    [HEED_SHAPE_POLYGON] = {"polygon", {{"points", print_points}, {"fill", print_rgb}}},
};

/* The shape of a slot in a frame; NULL if there is none. */
static const heed_shape *shape_at(const writer *w, uint32_t panel, uint32_t slot, size_t frame) {
  const heed__scene *scene = &w->scenes[frame];
  const heed__panel *p = &scene->panels[panel];
  return slot < p->shape_count ? &scene->shapes[p->first_shape + slot] : NULL;
}

static const heed_point *points_at(const writer *w, const heed_shape *shape, size_t frame) {
  return heed__scene_points(&w->scenes[frame], shape);
}

static bool is_constant(const writer *w, uint32_t panel, uint32_t slot) {
  const heed_shape *first = shape_at(w, panel, slot, 0);
  for (size_t f = 1; f < w->count; f++) {
    const heed_shape *shape = shape_at(w, panel, slot, f);
    bool is_same = first != NULL && shape != NULL && shape->kind == first->kind &&
                   shape->rgb == first->rgb && shape->size == first->size &&
                   shape->point_count == first->point_count &&
                   memcmp(points_at(w, shape, f), points_at(w, first, 0),
                          shape->point_count * sizeof(heed_point)) == 0;
    if (!is_same) {
      return false;
    }
  }
  return first != NULL;
}

/* An attribute as text; the caller's. NULL without memory. */
static char *text_of(const attribute *a, const heed_shape *shape, const heed_point *points) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  if (stream != NULL) {
    a->print(stream, shape, points);
    (void)fclose(stream);
  }
  return text;
}

/* The texts of an attribute in every frame; where there is no such shape, that of a frame beside it.
 * false without memory. */
static bool fill_values(const writer *w, uint32_t panel, uint32_t slot, heed_shape_kind kind,
                        const attribute *a, char **values) {
  size_t first = w->count;
  for (size_t f = 0; f < w->count; f++) {
    const heed_shape *shape = shape_at(w, panel, slot, f);
    bool is_there = shape != NULL && shape->kind == kind;
    if (is_there) {
      values[f] = text_of(a, shape, points_at(w, shape, f));
      first = first == w->count ? f : first;
    } else if (first < w->count) {
      values[f] = strdup(values[f - 1]);
    }
    if (first < w->count && values[f] == NULL) {
      return false;
    }
  }
  for (size_t f = 0; f < first; f++) {
    values[f] = strdup(values[first]);
    if (values[f] == NULL) {
      return false;
    }
  }
  return true;
}

static bool is_varying(const char *const *values, size_t count) {
  for (size_t f = 1; f < count; f++) {
    if (strcmp(values[f], values[0]) != 0) {
      return true;
    }
  }
  return false;
}

/* One element for all frames in which a slot is of one kind. values[ATTRIBUTE_MAX + 1][count] is room for
 * its attributes, the last for its visibility; false without memory. */
static bool put_element(const writer *w, uint32_t panel, uint32_t slot, heed_shape_kind kind,
                        char **values) {
  const attribute *attributes = elements[kind].attributes;
  const char **visible = (const char **)values + ATTRIBUTE_MAX * w->count;
  for (size_t f = 0; f < w->count; f++) {
    const heed_shape *shape = shape_at(w, panel, slot, f);
    visible[f] = shape != NULL && shape->kind == kind ? "visible" : "hidden";
  }
  (void)fprintf(w->out, "<%s", elements[kind].name);
  bool is_animated = is_varying(visible, w->count);
  for (int a = 0; attributes[a].name != NULL; a++) {
    char **row = values + (size_t)a * w->count;
    if (!fill_values(w, panel, slot, kind, &attributes[a], row)) {
      return false;
    }
    (void)fprintf(w->out, " %s=\"%s\"", attributes[a].name, row[0]);
    is_animated = is_animated || is_varying((const char *const *)row, w->count);
  }
  if (strcmp(visible[0], "hidden") == 0) {
    (void)fputs(" visibility=\"hidden\"", w->out);
  }
  (void)fputs(is_animated ? ">" : "/>\n", w->out);
  for (int a = 0; attributes[a].name != NULL; a++) {
    const char *const *row = (const char *const *)values + (size_t)a * w->count;
    if (is_varying(row, w->count)) {
      put_animation(w, attributes[a].name, row);
    }
  }
  if (is_varying(visible, w->count)) {
    put_animation(w, "visibility", visible);
  }
  if (is_animated) {
    (void)fprintf(w->out, "</%s>\n", elements[kind].name);
  }
  return true;
}

/* An element for each kind of shape that a slot ever is. */
static bool put_slot(const writer *w, uint32_t panel, uint32_t slot) {
  bool is_good = true;
  for (int kind = HEED_SHAPE_LINE; kind <= HEED_SHAPE_POLYGON && is_good; kind++) {
    bool is_used = false;
    for (size_t f = 0; f < w->count && !is_used; f++) {
      const heed_shape *shape = shape_at(w, panel, slot, f);
      is_used = shape != NULL && (int)shape->kind == kind;
    }
    if (!is_used) {
      continue;
    }
    char **values = calloc((ATTRIBUTE_MAX + 1) * w->count, sizeof *values);
    is_good = values != NULL && put_element(w, panel, slot, (heed_shape_kind)kind, values);
    for (size_t i = 0; values != NULL && i < ATTRIBUTE_MAX * w->count; i++) {
      free(values[i]);
    }
    free(values);
  }
  return is_good;
}

/* Rectangles of one colour that stand still, one after the other, as one path. Returns how many. */
static uint32_t put_still_run(const writer *w, uint32_t panel, uint32_t slot, uint32_t slot_count) {
  const heed_shape *first = shape_at(w, panel, slot, 0);
  uint32_t end = slot;
  (void)fputs("<path d=\"", w->out);
  for (; end < slot_count && is_constant(w, panel, end); end++) {
    const heed_shape *shape = shape_at(w, panel, end, 0);
    if (shape->kind != HEED_SHAPE_RECTANGLE || shape->rgb != first->rgb) {
      break;
    }
    const heed_point *corners = points_at(w, shape, 0);
    float width = corners[1].x - corners[0].x;
    const float numbers[] = {corners[0].y, width, corners[1].y - corners[0].y, -width};
    (void)fputc('M', w->out);
    put_number(w->out, corners[0].x);
    for (int i = 0; i < 4; i++) {
      (void)fputc(" hvh"[i], w -> out);
      put_number(w->out, numbers[i]);
    }
    (void)fputc('z', w->out);
  }
  (void)fputs("\" fill=\"", w->out);
  put_colour(w->out, first->rgb);
  (void)fputs("\"/>\n", w->out);
  return end - slot;
}

static bool put_panel(const writer *w, uint32_t panel) {
  const heed__panel *p = &w->scenes[0].panels[panel];
  uint32_t slot_count = 0;
  for (size_t f = 0; f < w->count; f++) {
    uint32_t in_frame = w->scenes[f].panels[panel].shape_count;
    slot_count = in_frame > slot_count ? in_frame : slot_count;
  }
  /* Cut off by a path: a nested svg would have a clock of its own in some browsers. */
  (void)fprintf(w->out,
                "<clipPath id=\"p%u\"><rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>"
                "</clipPath>\n<g clip-path=\"url(#p%u)\">\n",
                panel, (double)p->left, (double)p->top, (double)p->width, (double)p->height, panel);
  if (p->background_rgb != 0xffffff) {
    (void)fprintf(w->out, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"",
                  (double)p->left, (double)p->top, (double)p->width, (double)p->height);
    put_colour(w->out, p->background_rgb);
    (void)fputs("\"/>\n", w->out);
  }
  bool is_good = true;
  for (uint32_t slot = 0; slot < slot_count && is_good;) {
    const heed_shape *shape = shape_at(w, panel, slot, 0);
    if (is_constant(w, panel, slot) && shape->kind == HEED_SHAPE_RECTANGLE) {
      slot += put_still_run(w, panel, slot, slot_count);
    } else {
      is_good = put_slot(w, panel, slot++);
    }
  }
  (void)fputs("</g>\n", w->out);
  return is_good;
}

/* ---- texts ---------------------------------------------------------------------------------- */

/* One text in one frame; then one text with all its frames, which are refs[0 .. frame_count-1]. */
typedef struct text_ref {
  const heed__text *text;
  size_t frame;
  size_t frame_count;
} text_ref;

static int compare_numbers(double a, double b) {
  return a < b ? -1 : a > b;
}

static int compare_texts(const heed__text *a, const heed__text *b) {
  const double keys[][2] = {
      {(double)a->y, (double)b->y},
      {(double)a->x, (double)b->x},
      {(double)a->size, (double)b->size},
      {a->rgb, b->rgb},
      {a->anchor, b->anchor},
      {a->is_bold, b->is_bold},
  };
  int order = 0;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0] && order == 0; i++) {
    order = compare_numbers(keys[i][0], keys[i][1]);
  }
  return order != 0 ? order : strcmp(a->text, b->text);
}

static int by_text(const void *a, const void *b) {
  const text_ref *one = a;
  const text_ref *two = b;
  int order = compare_texts(one->text, two->text);
  return order != 0 ? order : (one->frame > two->frame) - (one->frame < two->frame);
}

static int compare_frames(const text_ref *one, const text_ref *two) {
  for (size_t i = 0; i < one->frame_count && i < two->frame_count; i++) {
    if (one[i].frame != two[i].frame) {
      return one[i].frame < two[i].frame ? -1 : 1;
    }
  }
  return (one->frame_count > two->frame_count) - (one->frame_count < two->frame_count);
}

static int by_frames(const void *a, const void *b) {
  const text_ref *one = *(const text_ref *const *)a;
  const text_ref *two = *(const text_ref *const *)b;
  int order = compare_frames(one, two);
  return order != 0 ? order : compare_texts(one->text, two->text);
}

static void put_text(const writer *w, const heed__text *text) {
  static const char *const anchors[] = {
      [HEED__START] = "", [HEED__MIDDLE] = "middle", [HEED__END] = "end"};
  (void)fputs("<text x=\"", w->out);
  put_number(w->out, text->x);
  (void)fputs("\" y=\"", w->out);
  put_number(w->out, text->y);
  if (text->anchor != HEED__START) {
    (void)fprintf(w->out, "\" text-anchor=\"%s", anchors[text->anchor]);
  }
  if (text->size != w->text_size) {
    (void)fputs("\" font-size=\"", w->out);
    put_number(w->out, text->size);
  }
  if (text->rgb != 0) {
    (void)fputs("\" fill=\"", w->out);
    put_colour(w->out, text->rgb);
  }
  (void)fputs(text->is_bold ? "\" font-weight=\"bold\">" : "\">", w->out);
  for (const char *c = text->text; *c != '\0'; c++) {
    switch (*c) {
      case '&':
        (void)fputs("&amp;", w->out);
        break;
      case '<':
        (void)fputs("&lt;", w->out);
        break;
      default:
        (void)fputc(*c, w->out);
    }
  }
  (void)fputs("</text>\n", w->out);
}

/* Texts that are seen in the same frames, entries[count]. false without memory. */
static bool put_group(const writer *w, text_ref *const *entries, size_t count) {
  const text_ref *frames = entries[0];
  bool is_still = frames->frame_count == w->count;
  if (!is_still) {
    const char **values = calloc(w->count, sizeof *values);
    if (values == NULL) {
      return false;
    }
    for (size_t f = 0; f < w->count; f++) {
      values[f] = "hidden";
    }
    for (size_t i = 0; i < frames->frame_count; i++) {
      values[frames[i].frame] = "visible";
    }
    (void)fputs(frames->frame == 0 ? "<g>" : "<g visibility=\"hidden\">", w->out);
    put_animation(w, "visibility", values);
    (void)fputc('\n', w->out);
    free(values);
  }
  for (size_t i = 0; i < count; i++) {
    put_text(w, entries[i]->text);
  }
  (void)fputs(is_still ? "" : "</g>\n", w->out);
  return true;
}

/* Groups the texts refs[count], and writes the groups; entries[count] is room. */
static bool put_groups(const writer *w, text_ref *refs, size_t count, text_ref **entries) {
  qsort(refs, count, sizeof *refs, by_text);
  size_t entry_count = 0;
  for (size_t i = 0; i < count; i++) {
    bool is_again = i > 0 && compare_texts(refs[i].text, refs[i - 1].text) == 0;
    text_ref *entry = is_again ? entries[entry_count - 1] : &refs[i];
    entries[is_again ? entry_count - 1 : entry_count++] = entry;
    /* the same text twice in one frame is one */
    bool is_new = entry->frame_count == 0 || entry[entry->frame_count - 1].frame != refs[i].frame;
    if (is_new) {
      entry[entry->frame_count].frame = refs[i].frame;
      entry->frame_count++;
    }
  }
  qsort(entries, entry_count, sizeof(text_ref *), by_frames);
  bool is_good = true;
  for (size_t begin = 0; begin < entry_count && is_good;) {
    size_t end = begin + 1;
    while (end < entry_count && compare_frames(entries[end], entries[begin]) == 0) {
      end++;
    }
    is_good = put_group(w, entries + begin, end - begin);
    begin = end;
  }
  return is_good;
}

static bool put_texts(const writer *w) {
  size_t count = 0;
  for (size_t f = 0; f < w->count; f++) {
    count += w->scenes[f].text_count;
  }
  text_ref *refs = calloc(count + 1, sizeof *refs);
  text_ref **entries = calloc(count + 1, sizeof(text_ref *));
  bool is_good = refs != NULL && entries != NULL;
  size_t i = 0;
  for (size_t f = 0; f < w->count && is_good; f++) {
    for (uint32_t t = 0; t < w->scenes[f].text_count; t++) {
      refs[i++] = (text_ref){.text = &w->scenes[f].texts[t], .frame = f};
    }
  }
  is_good = is_good && put_groups(w, refs, count, entries);
  free(refs);
  free(entries);
  return is_good;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool put_all(const writer *w) {
  const heed__scene *first = &w->scenes[0];
  (void)fprintf(
      w->out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" "
      "viewBox=\"0 0 %g %g\" font-family=\"" HEED__FONT ", Arial, sans-serif\" font-size=\"",
      (double)first->width, (double)first->height, (double)first->width, (double)first->height);
  put_number(w->out, w->text_size);
  (void)fputs(
      "\" stroke-linecap=\"round\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      w->out);
  bool is_good = true;
  for (uint32_t panel = 0; panel < first->panel_count && is_good; panel++) {
    is_good = put_panel(w, panel);
  }
  is_good = is_good && put_texts(w);
  (void)fputs("</svg>\n", w->out);
  return is_good;
}

heed_status heed__svg_write(const heed__scene *scenes, size_t count, uint32_t delay_ms,
                            uint32_t hold_ms, char **text, size_t *size, heed_error *err) {
  *text = NULL;
  writer w = {.scenes = scenes,
              .count = count,
              .delay_ms = delay_ms,
              .total_ms = (double)(count - 1) * delay_ms + hold_ms,
              .text_size = scenes->text_count > 0 ? scenes->texts[0].size : 12,
              .out = open_memstream(text, size)};
  bool is_good = w.out != NULL;
  for (size_t f = 0; f < count; f++) {
    is_good = is_good && !scenes[f].is_out_of_memory;
  }
  is_good = is_good && put_all(&w);
  is_good = w.out != NULL && fclose(w.out) == 0 && is_good;
  if (!is_good) {
    free(*text);
    *text = NULL;
    return heed_fail(err, HEED_ERR_NOMEM, "writing SVG: no memory");
  }
  return HEED_OK;
}
