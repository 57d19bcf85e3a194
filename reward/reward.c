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
};

/* ---- lifecycle ------------------------------------------------------------------------------ */

/* Fills a zeroed model: parameters, copies of the spaces, the model's own data. */
static heed_status build(heed_reward *model, const char *params, const heed_space *obs_space,
                         const heed_space *action_space, void *values, heed_error *err) {
  const heed_reward_ops *ops = model->ops;
  heed_status status = heed_params_parse(ops->params, ops->param_count, params, values, err);
  if (status == HEED_OK) {
    status = heed_params_format(ops->params, ops->param_count, values, model->params,
                                sizeof model->params, err);
  }
  if (status == HEED_OK) {
    status = heed_space_check_pair(obs_space, action_space, err);
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

static const char *name_at(size_t i) {
  return heed_reward_at(i)->name;
}

heed_status heed_reward_create(const char *name, const char *params, const heed_space *obs_space,
                               const heed_space *action_space, heed_reward **out, heed_error *err) {
  *out = NULL;
  const heed_reward_ops *ops = heed_reward_find(name);
  if (ops == NULL) {
    return heed__model_unknown("reward", name, name_at, heed_reward_count(), err);
  }
  heed_reward *model = calloc(1, sizeof *model);
  void *self = calloc(1, ops->self_size > 0 ? ops->self_size : 1);
  void *values = calloc(1, ops->params_size > 0 ? ops->params_size : 1);
  if (model == NULL || self == NULL || values == NULL) {
    free(model);
    free(self);
    free(values);
    return heed_fail(err, HEED_ERR_NOMEM, "reward '%s': no memory", name);
  }

  model->ops = ops;
  model->self = self;
  heed_status status = build(model, params, obs_space, action_space, values, err);
  free(values);
  if (status != HEED_OK) {
    heed_reward_destroy(model);
    return heed_fail_context(err, status, "reward '%s'", name);
  }
  assert(model->spec.hypothesis_size % 8 == 0);
  *out = model;
  return HEED_OK;
}

void heed_reward_destroy(heed_reward *model) {
  if (model == NULL) {
    return;
  }
  model->ops->destroy(model->self);
  heed_space_deinit(&model->spec.obs_space);
  heed_space_deinit(&model->spec.action_space);
  free(model->self);
  free(model);
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

heed_status heed_reward_save(const heed_reward *model, const heed_card *card, const char *path,
                             heed_error *err) {
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  heed__model_write(writer, card, model->ops->name, model->params, &model->spec.obs_space,
                    &model->spec.action_space);
  if (model->ops->save != NULL) {
    model->ops->save(model->self, writer);
  } else {
    heed_pack_map(writer, 0);
  }
  status = heed_pack_save(writer, "reward", FILE_VERSION, path, err);
  heed_pack_writer_destroy(writer);
  return status;
}

/* Builds the model that an opened document describes. */
static heed_status load_document(const heed_pack_reader *reader, heed_reward **out, heed_card *card,
                                 heed_error *err) {
  heed__model_description what;
  heed_reward *model = NULL;
  heed_status status = heed__model_read(reader, &what, card, err);
  if (status == HEED_OK) {
    status = heed_reward_create(what.name, what.params, &what.obs_space, &what.action_space, &model,
                                err);
    status = heed__model_file_error(status, err);
  }
  if (model != NULL && model->ops->load != NULL) {
    status = model->ops->load(model->self, what.state, err);
  }
  heed__model_description_deinit(&what);
  if (status == HEED_OK) {
    *out = model;
  } else {
    heed_reward_destroy(model);
  }
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
  heed_pack_close(reader);
  return status == HEED_OK ? status : heed_fail_context(err, status, "loading '%s'", path);
}

heed_status heed_reward_load_memory(const void *bytes, size_t size, heed_reward **out,
                                    heed_card *card, heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, "reward", FILE_VERSION, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = load_document(reader, out, card, err);
  heed_pack_close(reader);
  return status;
}
