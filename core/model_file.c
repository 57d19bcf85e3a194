#include "core/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void heed__model_write(heed_pack_writer *writer, const heed_card *card, const char *name,
                       const char *params, const heed_space *obs_space,
                       const heed_space *action_space) {
  static const heed_card empty = {0};
  heed_pack_map(writer, 6);
  heed_pack_key(writer, "card");
  heed_pack_card(writer, card != NULL ? card : &empty);
  heed_pack_key(writer, "model");
  heed_pack_text(writer, name);
  heed_pack_key(writer, "params");
  heed_pack_text(writer, params);
  heed_pack_key(writer, "obs_space");
  heed_pack_space(writer, obs_space);
  heed_pack_key(writer, "action_space");
  heed_pack_space(writer, action_space);
  heed_pack_key(writer, "state");
}

heed_status heed__model_read(const heed_pack_reader *reader, heed__model_description *what,
                             heed_card *card, heed_error *err) {
  const heed_pack_value *root = heed_pack_root(reader);
  memset(what, 0, sizeof *what);
  heed_status status = heed_pack_get_text(root, "model", &what->name, err);
  if (status == HEED_OK) {
    status = heed_pack_get_text(root, "params", &what->params, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_map(root, "state", &what->state, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_space(root, "obs_space", &what->obs_space, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_space(root, "action_space", &what->action_space, err);
  }
  if (status == HEED_OK && card != NULL) {
    status = heed_pack_get_card(root, card, err);
  }
  return status;
}

void heed__model_description_deinit(heed__model_description *what) {
  heed_space_deinit(&what->obs_space);
  heed_space_deinit(&what->action_space);
}

heed_status heed__model_file_error(heed_status status, heed_error *err) {
  if (status != HEED_ERR_ARG) {
    return status;
  }
  if (err != NULL) {
    err->status = HEED_ERR_FORMAT;
  }
  return HEED_ERR_FORMAT;
}

heed_status heed__model_unknown(const char *what, const char *name, const char *(*names)(size_t i),
                                size_t count, heed_error *err) {
  char known[256] = "";
  size_t used = 0;
  for (size_t i = 0; i < count && used < sizeof known; i++) {
    int n = snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", names(i));
    used += n > 0 ? (size_t)n : 0;
  }
  return heed_fail(err, HEED_ERR_ARG, "no %s model '%s'; there is: %s", what, name, known);
}

heed_status heed__model_params(const heed_param *table, size_t count, size_t size, const char *text,
                               void **values, heed_error *err) {
  *values = calloc(1, size > 0 ? size : 1);
  if (*values == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  heed_status status = heed_params_parse(table, count, text, *values, err);
  if (status != HEED_OK) {
    free(*values);
    *values = NULL;
  }
  return status;
}
