/* file.c: value networks in files: kind "value", a model file (core/model_file.h) whose state is
 *
 *   {"steps": u64 of Adam, "scaled": bool, "value_mean", "value_deviation": reward units,
 *    "scales": f32 [2][inputs] of a box, else [0][1], "weights": f32 [size][1]} */
#include <stdlib.h>
#include <string.h>

#include "core/model_file.h"
#include "value/inside.h"

#define KIND "value"
enum { FILE_VERSION = 1 };
static const char model_name[] = "network";

static void write_state(const heed_value_network *n, heed_pack_writer *writer) {
  heed_pack_map(writer, 6);
  heed_pack_key(writer, "steps");
  heed_pack_uint(writer, n->adam.step);
  heed_pack_key(writer, "scaled");
  heed_pack_bool(writer, n->is_scaled);
  heed_pack_key(writer, "value_mean");
  heed_pack_real(writer, n->value_mean);
  heed_pack_key(writer, "value_deviation");
  heed_pack_real(writer, n->value_deviation);
  heed_pack_key(writer, "scales");
  heed_pack_numbers(writer, HEED_F32, n->scales != NULL ? 2 : 0,
                    n->scales != NULL ? n->shape.widths[0] : 1, n->scales);
  heed_pack_key(writer, "weights");
  heed_pack_numbers(writer, HEED_F32, n->size, 1, n->weights);
}

heed_status heed_value_network_save(const heed_value_network *network, const heed_card *card,
                                    const char *path, heed_error *err) {
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  heed__model_write(writer, card, model_name, network->params_text, &network->obs_space,
                    &network->action_space);
  write_state(network, writer);
  status = heed_pack_save(writer, KIND, FILE_VERSION, path, err);
  heed_pack_writer_destroy(writer);
  return status;
}

/* A copy of `count` floats, which were found in the file; at least one byte, so that NULL means failure. */
static float *copy(const void *data, size_t count) {
  float *floats = malloc(count > 0 ? count * sizeof *floats : 1);
  if (floats != NULL && count > 0) {
    memcpy(floats, data, count * sizeof *floats);
  }
  return floats;
}

static heed_status read_state(heed_value_network *n, const heed_pack_value *map, heed_error *err) {
  bool is_box = n->obs_space.kind == HEED_SPACE_BOX;
  size_t inputs = n->shape.widths[0];
  const void *weights = NULL;
  const void *scales = NULL;
  heed_status status = heed_pack_get_uint(map, "steps", UINT64_MAX / 2, &n->adam.step, err);
  if (status == HEED_OK) {
    status = heed_pack_get_bool(map, "scaled", &n->is_scaled, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_real(map, "value_mean", &n->value_mean, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_real(map, "value_deviation", &n->value_deviation, err);
  }
  if (status == HEED_OK && !(n->value_deviation > 0)) {
    status = heed_fail(err, HEED_ERR_FORMAT, "value_deviation: %g, above 0 expected",
                       n->value_deviation);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "scales", HEED_F32, is_box ? 2 : 0, is_box ? inputs : 1,
                                   NULL, NULL, &scales, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "weights", HEED_F32, n->size, 1, NULL, NULL, &weights, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  n->weights = copy(weights, n->size);
  n->scales = is_box ? copy(scales, 2 * inputs) : NULL;
  return n->weights != NULL && (!is_box || n->scales != NULL)
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NOMEM, "value network: no memory");
}

static heed_status load_document(const heed_pack_reader *reader, heed_value_network **out,
                                 heed_card *card, heed_error *err) {
  heed__model_description what;
  heed_value_network *network = NULL;
  heed_status status = heed__model_read(reader, &what, card, err);
  if (status == HEED_OK && strcmp(what.name, model_name) != 0) {
    status =
        heed_fail(err, HEED_ERR_FORMAT, "no value model '%s'; there is: %s", what.name, model_name);
  }
  if (status == HEED_OK) {
    status = heed__model_file_error(
        heed__value_build(what.params, &what.obs_space, &what.action_space, &network, err), err);
  }
  if (status == HEED_OK) {
    status = read_state(network, what.state, err);
  }
  heed__model_description_deinit(&what);
  if (status != HEED_OK) {
    heed_value_network_destroy(network);
    return status;
  }
  *out = network;
  return HEED_OK;
}

heed_status heed_value_network_load(const char *path, heed_value_network **out, heed_card *card,
                                    heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open(path, KIND, FILE_VERSION, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = load_document(reader, out, card, err);
  heed_pack_close(reader);
  return status == HEED_OK ? status : heed_fail_context(err, status, "loading '%s'", path);
}

heed_status heed_value_network_load_memory(const void *bytes, size_t size, heed_value_network **out,
                                           heed_card *card, heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, KIND, FILE_VERSION, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = load_document(reader, out, card, err);
  heed_pack_close(reader);
  return status;
}
