/* model_file.h: what all models have in common, whatever they model, when they are made by name and in files:
 * internal to dynamics.c and reward.c.
 *
 *   {"card": map, "model": registry name, "params": text, "obs_space": map, "action_space": map,
 *    "state": map, the model's own} */
#ifndef HEED_CORE_MODEL_FILE_H
#define HEED_CORE_MODEL_FILE_H

#include "core/pack.h"
#include "core/params.h"

/* What a file says of a model before the model is built. */
typedef struct heed__model_description {
  const char *name; /* borrowed from the reader, as are params and state */
  const char *params;
  const heed_pack_value *state;
  heed_space obs_space;    /* owned */
  heed_space action_space; /* owned */
} heed__model_description;

/* Writes the map up to the key "state", whose value is still to be written. `card` may be NULL. */
void heed__model_write(heed_pack_writer *writer, const heed_card *card, const char *name,
                       const char *params, const heed_space *obs_space,
                       const heed_space *action_space);

/* Reads all but the state. `card` may be NULL. `what` is to be released, also after a failure. Errors:
 * HEED_ERR_FORMAT, HEED_ERR_NOMEM. */
heed_status heed__model_read(const heed_pack_reader *reader, heed__model_description *what,
                             heed_card *card, heed_error *err);
void heed__model_description_deinit(heed__model_description *what);

/* The parameters of a model out of `text` (NULL: the defaults): *values is a struct of `size` bytes, the caller's
 * to free. Errors: HEED_ERR_ARG, HEED_ERR_NOMEM; NULL then. */
heed_status heed__model_params(const heed_param *table, size_t count, size_t size, const char *text,
                               void **values, heed_error *err);

/* The status of building a model from a file: what was an argument came out of the file, and a wrong one
 * is a wrong file. */
heed_status heed__model_file_error(heed_status status, heed_error *err);

/* "no dynamics model 'x'; there is: a, b": names(i) is the name of entry i < count. */
heed_status heed__model_unknown(const char *what, const char *name, const char *(*names)(size_t i),
                                size_t count, heed_error *err);

#endif
