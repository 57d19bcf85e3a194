#include "cli/raster.h"

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_colour(cairo_t *cairo, uint32_t rgb) {
  cairo_set_source_rgb(cairo, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
                       (rgb & 255) / 255.0);
}

static void draw_shape(cairo_t *cairo, const heed_shape *shape, const heed_point *points) {
  set_colour(cairo, shape->rgb);
  switch (shape->kind) {
    case HEED_SHAPE_LINE:
      cairo_set_line_width(cairo, (double)shape->size);
      cairo_move_to(cairo, (double)points[0].x, (double)points[0].y);
      cairo_line_to(cairo, (double)points[1].x, (double)points[1].y);
      cairo_stroke(cairo);
      return;
    case HEED_SHAPE_RECTANGLE:
      cairo_rectangle(cairo, (double)points[0].x, (double)points[0].y,
                      (double)(points[1].x - points[0].x), (double)(points[1].y - points[0].y));
      break;
    case HEED_SHAPE_CIRCLE:
      cairo_arc(cairo, (double)points[0].x, (double)points[0].y, (double)shape->size, 0, 2 * M_PI);
      break;
    default: /* a polygon */
      for (uint32_t i = 0; i < shape->point_count; i++) {
        cairo_line_to(cairo, (double)points[i].x, (double)points[i].y);
      }
  }
  cairo_fill(cairo);
}

static void draw_panel(cairo_t *cairo, const heed__scene *scene, const heed__panel *panel) {
  cairo_save(cairo);
  cairo_rectangle(cairo, (double)panel->left, (double)panel->top, (double)panel->width,
                  (double)panel->height);
  cairo_clip(cairo);
  set_colour(cairo, panel->background_rgb);
  cairo_paint(cairo);
  for (uint32_t i = 0; i < panel->shape_count; i++) {
    const heed_shape *shape = &scene->shapes[panel->first_shape + i];
    draw_shape(cairo, shape, heed__scene_points(scene, shape));
  }
  cairo_restore(cairo);
}

static void draw_text(cairo_t *cairo, const heed__text *text) {
  static const double shares[] = {[HEED__START] = 0, [HEED__MIDDLE] = 0.5, [HEED__END] = 1};
  cairo_text_extents_t extents;
  cairo_select_font_face(cairo, HEED__FONT, CAIRO_FONT_SLANT_NORMAL,
                         text->is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo, (double)text->size);
  cairo_text_extents(cairo, text->text, &extents);
  set_colour(cairo, text->rgb);
  cairo_move_to(cairo, (double)text->x - shares[text->anchor] * extents.x_advance, (double)text->y);
  cairo_show_text(cairo, text->text);
}

static cairo_surface_t *draw(const heed__scene *scene) {
  cairo_surface_t *surface = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, (int)ceilf(scene->width), (int)ceilf(scene->height));
  cairo_t *cairo = cairo_create(surface);
  /* Grey edges, no coloured ones: a picture may be scaled, and printed. */
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(cairo, options);
  cairo_font_options_destroy(options);
  cairo_set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
  set_colour(cairo, 0xffffff);
  cairo_paint(cairo);
  for (uint32_t i = 0; i < scene->panel_count; i++) {
    draw_panel(cairo, scene, &scene->panels[i]);
  }
  for (uint32_t i = 0; i < scene->text_count; i++) {
    draw_text(cairo, &scene->texts[i]);
  }
  cairo_destroy(cairo);
  cairo_surface_flush(surface);
  return surface;
}

/* Can the scene be drawn at all? */
static heed_status check(const heed__scene *scene, heed_error *err) {
  float longer = scene->width > scene->height ? scene->width : scene->height;
  if (!(longer <= HEED__RASTER_SIDE_MAX)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "the picture would be %.0f x %.0f pixels, at most %d each; fewer frames or a "
                     "smaller scale",
                     (double)scene->width, (double)scene->height, HEED__RASTER_SIDE_MAX);
  }
  return scene->is_out_of_memory ? heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory") : HEED_OK;
}

static heed_status result_of(cairo_status_t status, heed_error *err) {
  return status == CAIRO_STATUS_SUCCESS
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NOMEM, "drawing: %s", cairo_status_to_string(status));
}

heed_status heed__raster_draw(const heed__scene *scene, uint32_t **pixels, uint32_t *width,
                              uint32_t *height, heed_error *err) {
  *pixels = NULL;
  heed_status status = check(scene, err);
  if (status != HEED_OK) {
    return status;
  }
  cairo_surface_t *surface = draw(scene);
  status = result_of(cairo_surface_status(surface), err);
  if (status == HEED_OK) {
    *width = (uint32_t)cairo_image_surface_get_width(surface);
    *height = (uint32_t)cairo_image_surface_get_height(surface);
    *pixels = malloc((size_t)*width * *height * sizeof **pixels);
    status = *pixels != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  if (*pixels != NULL) {
    const unsigned char *rows = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (uint32_t y = 0; y < *height; y++) {
      memcpy(*pixels + (size_t)y * *width, rows + y * stride, *width * sizeof **pixels);
    }
    for (size_t i = 0; i < (size_t)*width * *height; i++) {
      (*pixels)[i] &= 0xffffff; /* the upper byte is undefined */
    }
  }
  cairo_surface_destroy(surface);
  return status;
}

static cairo_status_t put(void *stream, const unsigned char *bytes, unsigned int size) {
  return fwrite(bytes, 1, size, stream) == size ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

heed_status heed__raster_png(const heed__scene *scene, unsigned char **bytes, size_t *size,
                             heed_error *err) {
  *bytes = NULL;
  heed_status status = check(scene, err);
  FILE *stream = status == HEED_OK ? open_memstream((char **)bytes, size) : NULL;
  if (stream == NULL) {
    return status != HEED_OK ? status : heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  cairo_surface_t *surface = draw(scene);
  status = result_of(cairo_surface_write_to_png_stream(surface, put, stream), err);
  cairo_surface_destroy(surface);
  if (fclose(stream) != 0 && status == HEED_OK) {
    status = heed_fail(err, HEED_ERR_NOMEM, "drawing: no memory");
  }
  if (status != HEED_OK) {
    free(*bytes);
    *bytes = NULL;
  }
  return status;
}

void heed__raster_finish(void) {
  cairo_debug_reset_static_data();
  FcFini();
}
