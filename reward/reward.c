#include "reward/reward.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model_file.h"

enum { FILE_VERSION = 1, PARAMS_TEXT_SIZE = 512 };

struct heed_reward {
  const heed_reward_ops *ops;
  heed_reward_spec spec; /* spaces are copies, owned */
  void *self;            /* owned, [ops->self_size] */
  char params[PARAMS_TEXT_SIZE];
  size_t part_count;
  uint32_t nesting;                          /* models inside each other: 1 without parts */
  heed_reward *parts[HEED_REWARD_PARTS_MAX]; /* owned */
};

/* ---- lifecycle ------------------------------------------------------------------------------ */

static const char *name_at(size_t i) {
  return heed_reward_at(i)->name;
}

/* Fills a zeroed model: copies of the spaces, the model's own data. */
static heed_status build(heed_reward *model, const void *values, const heed_space *obs_space,
                         const heed_space *action_space, heed_error *err) {
  const heed_reward_ops *ops = model->ops;
  heed_status status = heed_space_check_pair(obs_space, action_space, err);
  if (status == HEED_OK && ops->param_count > 0) {
    status = heed_params_format(ops->params, ops->param_count, values, model->params,
                                sizeof model->params, err);
  }
  if (status == HEED_OK) {
    status = heed_space_copy(&model->spec.obs_space, obs_space, err);
  }
  if (status == HEED_OK) {
    status = heed_space_copy(&model->spec.action_space, action_space, err);
  }
  if (status == HEED_OK) {
    status = ops->create(model->self, values, &model->spec, err);
  }
  return status;
}

heed_status heed_reward_create_ops(const heed_reward_ops *ops, const void *params,
                                   const heed_space *obs_space, const heed_space *action_space,
                                   heed_reward **out, heed_error *err) {
  *out = NULL;
  heed_reward *model = calloc(1, sizeof *model);
  void *self = calloc(1, ops->self_size > 0 ? ops->self_size : 1);
  if (model == NULL || self == NULL) {
    free(model);
    free(self);
    return heed_fail(err, HEED_ERR_NOMEM, "reward '%s': no memory", ops->name);
  }
  model->ops = ops;
  model->self = self;
  model->nesting = 1;
  heed_status status = build(model, params, obs_space, action_space, err);
  if (status != HEED_OK) {
    heed_reward_destroy(model);
    return heed_fail_context(err, status, "reward '%s'", ops->name);
  }
  assert(model->spec.hypothesis_size % 8 == 0);
  *out = model;
  return HEED_OK;
}

heed_status heed_reward_create(const char *name, const char *params, const heed_space *obs_space,
                               const heed_space *action_space, heed_reward **out, heed_error *err) {
  *out = NULL;
  const heed_reward_ops *ops = heed_reward_find(name);
  if (ops == NULL) {
    return heed__model_unknown("reward", name, name_at, heed_reward_count(), err);
  }
  void *values;
  heed_status status =
      heed__model_params(ops->params, ops->param_count, ops->params_size, params, &values, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "reward '%s'", name);
  }
  status = heed_reward_create_ops(ops, values, obs_space, action_space, out, err);
  free(values);
  return status;
}

void heed_reward_destroy(heed_reward *model) {
  if (model == NULL) {
    return;
  }
  model->ops->destroy(model->self);
  for (size_t i = 0; i < model->part_count; i++) {
    heed_reward_destroy(model->parts[i]);
  }
  heed_space_deinit(&model->spec.obs_space);
  heed_space_deinit(&model->spec.action_space);
  free(model->self);
  free(model);
}

/* ---- parts ---------------------------------------------------------------------------------- */

/* Hands parts over to a model that has none; they stay the caller's on failure. */
static heed_status take_parts(heed_reward *model, heed_reward *const *parts, size_t count,
                              heed_error *err) {
  uint32_t nesting = 0;
  if (count < 1 || count > model->ops->part_max) {
    return heed_fail(err, HEED_ERR_ARG, "made of %zu models, %s%u expected", count,
                     model->ops->part_max > 1 ? "1 to " : "", (unsigned)model->ops->part_max);
  }
  for (size_t i = 0; i < count; i++) {
    assert(parts[i] != NULL);
    if (!heed_space_equal(&parts[i]->spec.obs_space, &model->spec.obs_space) ||
        !heed_space_equal(&parts[i]->spec.action_space, &model->spec.action_space)) {
      return heed_fail(err, HEED_ERR_ARG, "part %zu is about other observations or actions", i);
    }
    nesting = parts[i]->nesting > nesting ? parts[i]->nesting : nesting;
  }
  if (nesting >= HEED_REWARD_NESTING_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "%u models inside each other, at most %d expected",
                     (unsigned)nesting + 1, HEED_REWARD_NESTING_MAX);
  }
  heed_status status = model->ops->combine(model->self, parts, count, &model->spec, err);
  if (status == HEED_OK) {
    memcpy(model->parts, parts, count * sizeof(heed_reward *));
    model->part_count = count;
    model->nesting = nesting + 1;
  }
  return status;
}

heed_status heed_reward_combine(const char *name, const char *params, heed_reward *const *parts,
                                size_t count, heed_reward **out, heed_error *err) {
  *out = NULL;
  const heed_reward_ops *ops = heed_reward_find(name);
  if (ops != NULL && ops->part_max == 0) {
    return heed_fail(err, HEED_ERR_ARG, "reward '%s' is not made of others", name);
  }
  if (count == 0) {
    return heed_fail(err, HEED_ERR_ARG, "reward '%s' is made of no model, 1 or more expected",
                     name);
  }
  heed_reward *model;
  heed_status status = heed_reward_create(name, params, &parts[0]->spec.obs_space,
                                          &parts[0]->spec.action_space, &model, err);
  if (status != HEED_OK) {
    return status;
  }
  status = take_parts(model, parts, count, err);
  if (status != HEED_OK) {
    heed_reward_destroy(model);
    return heed_fail_context(err, status, "reward '%s'", name);
  }
  *out = model;
  return HEED_OK;
}

const heed_reward_ops *heed_reward_ops_of(const heed_reward *model) {
  return model->ops;
}

const heed_reward_spec *heed_reward_spec_of(const heed_reward *model) {
  return &model->spec;
}

const char *heed_reward_params_of(const heed_reward *model) {
  return model->params;
}

/* ---- operations ----------------------------------------------------------------------------- */

size_t heed_reward_workspace_size(const heed_reward *model, size_t count) {
  return model->ops->workspace_size == NULL ? 0 : model->ops->workspace_size(model->self, count);
}

void heed_reward_score(const heed_reward *model, const heed_step *steps, size_t count,
                       const void *hypothesis, double *mean, double *spread, void *workspace) {
  assert(hypothesis == NULL || model->spec.hypothesis_size > 0);
  assert(workspace != NULL || heed_reward_workspace_size(model, count) == 0);
  model->ops->score(model->self, steps, count, hypothesis, mean, spread, workspace);
}

heed_status heed_reward_learn(heed_reward *model, const heed_choices *choices,
                              const heed_progress_sink *progress, heed_reward_report *report,
                              heed_error *err) {
  if (model->ops->learn == NULL) {
    return heed_fail(err, HEED_ERR_STATE, "reward '%s' is given, it does not learn",
                     model->ops->name);
  }
  for (size_t i = 0; i < choices->count; i++) {
    heed_status status = heed_choice_check(&choices->items[i], &model->spec.obs_space,
                                           &model->spec.action_space, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "choice %zu", i);
    }
  }
  heed_reward_report unread;
  return model->ops->learn(model->self, choices, progress, report != NULL ? report : &unread, err);
}

void heed_reward_draw(const heed_reward *model, heed_rng *rng, void *hypothesis) {
  assert(model->spec.hypothesis_size > 0);
  model->ops->draw(model->self, rng, hypothesis);
}

bool heed_reward_explain(const heed_reward *model, size_t i, char *text, size_t size) {
  return model->ops->explain != NULL && model->ops->explain(model->self, i, text, size);
}

/* ---- files: kind "reward", version 1 -------------------------------------------------------- */

/* The state: a model's own, or its parts, each a map of "model", "params" and "state". */
static void write_state(const heed_reward *model, heed_pack_writer *writer) {
  if (model->ops->part_max > 0) {
    heed_pack_map(writer, 1);
    heed_pack_key(writer, "parts");
    heed_pack_array(writer, (uint32_t)model->part_count);
    for (size_t i = 0; i < model->part_count; i++) {
      heed_pack_map(writer, 3);
      heed_pack_key(writer, "model");
      heed_pack_text(writer, model->parts[i]->ops->name);
      heed_pack_key(writer, "params");
      heed_pack_text(writer, model->parts[i]->params);
      heed_pack_key(writer, "state");
      write_state(model->parts[i], writer);
    }
  } else if (model->ops->save != NULL) {
    model->ops->save(model->self, writer);
  } else {
    heed_pack_map(writer, 0);
  }
}

heed_status heed_reward_save(const heed_reward *model, const heed_card *card, const char *path,
                             heed_error *err) {
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  heed__model_write(writer, card, model->ops->name, model->params, &model->spec.obs_space,
                    &model->spec.action_space);
  write_state(model, writer);
  status = heed_pack_save(writer, "reward", FILE_VERSION, path, err);
  heed_pack_writer_destroy(writer);
  return status;
}

/* What a file says of a model, or of a part; all borrowed. */
typedef struct description {
  const char *name, *params;
  const heed_pack_value *state;
} description;

static heed_status load_model(const description *what, const heed_space *obs_space,
                              const heed_space *action_space, heed_reward **out, heed_error *err);

/* Part i of those in a file. */
static heed_status load_part(const heed_pack_value *map, const heed_reward *whole,
                             heed_reward **out, heed_error *err) {
  description what = {0};
  heed_status status = heed_pack_get_text(map, "model", &what.name, err);
  if (status == HEED_OK) {
    status = heed_pack_get_text(map, "params", &what.params, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_map(map, "state", &what.state, err);
  }
  return status != HEED_OK
             ? status
             : load_model(&what, &whole->spec.obs_space, &whole->spec.action_space, out, err);
}

/* Files nest no deeper than pack.h allows, so this ends. */
static heed_status load_parts(heed_reward *model, const heed_pack_value *state, heed_error *err) {
  const heed_pack_value *list;
  heed_status status = heed_pack_get_array(state, "parts", &list, err);
  uint32_t count = status == HEED_OK ? heed_pack_count(list) : 0;
  heed_reward *parts[HEED_REWARD_PARTS_MAX] = {NULL};
  if (count > model->ops->part_max) {
    return heed_fail(err, HEED_ERR_FORMAT, "'%s' has %u parts, at most %u expected",
                     model->ops->name, (unsigned)count, (unsigned)model->ops->part_max);
  }
  for (uint32_t i = 0; i < count && status == HEED_OK; i++) {
    status = load_part(heed_pack_item(list, i), model, &parts[i], err);
    if (status != HEED_OK) {
      status = heed_fail_context(err, status, "part %u of '%s'", (unsigned)i, model->ops->name);
    }
  }
  if (status == HEED_OK && count > 0) {
    status = heed__model_file_error(take_parts(model, parts, count, err), err);
  }
  for (uint32_t i = 0; i < count && status != HEED_OK; i++) {
    heed_reward_destroy(parts[i]);
  }
  return status;
}

static heed_status load_model(const description *what, const heed_space *obs_space,
                              const heed_space *action_space, heed_reward **out, heed_error *err) {
  heed_reward *model = NULL;
  heed_status status =
      heed_reward_create(what->name, what->params, obs_space, action_space, &model, err);
  status = heed__model_file_error(status, err);
  if (model != NULL && model->ops->part_max > 0) {
    status = load_parts(model, what->state, err);
  } else if (model != NULL && model->ops->load != NULL) {
    status = model->ops->load(model->self, what->state, err);
  }
  if (status == HEED_OK) {
    *out = model;
  } else {
    heed_reward_destroy(model);
  }
  return status;
}

/* Builds the model that an opened document describes, and closes that. */
static heed_status load_document(heed_pack_reader *reader, heed_reward **out, heed_card *card,
                                 heed_error *err) {
  heed__model_description what;
  heed_status status = heed__model_read(reader, &what, card, err);
  if (status == HEED_OK) {
    description model = {what.name, what.params, what.state};
    status = load_model(&model, &what.obs_space, &what.action_space, out, err);
  }
  heed__model_description_deinit(&what);
  heed_pack_close(reader);
  return status;
}

heed_status heed_reward_load(const char *path, heed_reward **out, heed_card *card,
                             heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open(path, "reward", FILE_VERSION, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = load_document(reader, out, card, err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "loading '%s'", path);
}

heed_status heed_reward_load_memory(const void *bytes, size_t size, heed_reward **out,
                                    heed_card *card, heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, "reward", FILE_VERSION, &reader, err);
  return status == HEED_OK ? load_document(reader, out, card, err) : status;
}
