#include "dynamics/dynamics.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model_file.h"

enum { FILE_VERSION = 1, PARAMS_TEXT_SIZE = 512 };

struct heed_dynamics {
  const heed_dynamics_ops *ops;
  heed_dynamics_spec spec; /* spaces are copies, owned */
  void *self;              /* owned, [ops->self_size] */
  char params[PARAMS_TEXT_SIZE];
};

heed_status heed_dynamics_create_ops(const heed_dynamics_ops *ops, const void *params,
                                     const heed_space *obs_space, const heed_space *action_space,
                                     heed_dynamics **out, heed_error *err) {
  *out = NULL;
  heed_status status = heed_space_check_pair(obs_space, action_space, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "dynamics '%s'", ops->name);
  }
  heed_dynamics *model = calloc(1, sizeof *model);
  void *self = calloc(1, ops->self_size > 0 ? ops->self_size : 1);
  if (model == NULL || self == NULL) {
    free(model);
    free(self);
    return heed_fail(err, HEED_ERR_NOMEM, "dynamics '%s': no memory", ops->name);
  }
  model->ops = ops;
  model->self = self;
  status = heed_space_copy(&model->spec.obs_space, obs_space, err);
  if (status == HEED_OK) {
    status = heed_space_copy(&model->spec.action_space, action_space, err);
  }
  if (status == HEED_OK && ops->param_count > 0) {
    status = heed_params_format(ops->params, ops->param_count, params, model->params,
                                sizeof model->params, err);
  }
  if (status == HEED_OK) {
    status = ops->create(self, params, &model->spec, err);
  }
  if (status != HEED_OK) {
    heed_dynamics_destroy(model);
    return heed_fail_context(err, status, "dynamics '%s'", ops->name);
  }
  assert(model->spec.belief_size > 0 && model->spec.belief_size % 8 == 0);
  *out = model;
  return HEED_OK;
}

static const char *name_at(size_t i) {
  return heed_dynamics_at(i)->name;
}

heed_status heed_dynamics_create(const char *name, const char *params, const heed_space *obs_space,
                                 const heed_space *action_space, heed_dynamics **out,
                                 heed_error *err) {
  *out = NULL;
  const heed_dynamics_ops *ops = heed_dynamics_find(name);
  if (ops == NULL) {
    return heed__model_unknown("dynamics", name, name_at, heed_dynamics_count(), err);
  }
  void *values;
  heed_status status =
      heed__model_params(ops->params, ops->param_count, ops->params_size, params, &values, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "dynamics '%s'", name);
  }
  status = heed_dynamics_create_ops(ops, values, obs_space, action_space, out, err);
  free(values);
  return status;
}

void heed_dynamics_destroy(heed_dynamics *model) {
  if (model == NULL) {
    return;
  }
  model->ops->destroy(model->self);
  heed_space_deinit(&model->spec.obs_space);
  heed_space_deinit(&model->spec.action_space);
  free(model->self);
  free(model);
}

const heed_dynamics_ops *heed_dynamics_ops_of(const heed_dynamics *model) {
  return model->ops;
}

const heed_dynamics_spec *heed_dynamics_spec_of(const heed_dynamics *model) {
  return &model->spec;
}

const void *heed__dynamics_self(const heed_dynamics *model) {
  return model->self;
}

const char *heed_dynamics_params_of(const heed_dynamics *model) {
  return model->params;
}

void heed_dynamics_begin(const heed_dynamics *model, const void *obs, void *belief) {
  model->ops->begin(model->self, obs, belief);
}

void heed_dynamics_observe(const heed_dynamics *model, void *belief, heed_action action,
                           const void *obs) {
  model->ops->observe(model->self, belief, action, obs);
}

size_t heed_dynamics_workspace_size(const heed_dynamics *model, size_t batch) {
  return model->ops->workspace_size == NULL ? 0 : model->ops->workspace_size(model->self, batch);
}

void heed_dynamics_predict(const heed_dynamics *model, heed_prediction *batch, size_t count,
                           void *workspace) {
  model->ops->predict(model->self, batch, count, workspace);
}

/* A rollout by predict, for models that have no better way. */
static void roll_out_by_steps(const heed_dynamics *model, heed_rollout *r, void *workspace) {
  size_t belief_size = model->spec.belief_size;
  size_t obs_size = heed_space_size(&model->spec.obs_space);
  heed_prediction p = {
      .belief = r->belief, .hypothesis = r->hypothesis, .rng = r->rng, .next_belief = r->beliefs};
  r->is_terminal = false;
  for (r->steps = 0; r->steps < r->most && !r->is_terminal; r->steps++) {
    uint32_t count = heed_dynamics_legal(model, p.belief, r->legal);
    p.action = (heed_action){.index = (int32_t)r->legal[heed_rng_choice(r->rng, count)]};
    model->ops->predict(model->self, &p, 1, workspace);
    r->actions[r->steps] = p.action.index;
    r->channel[r->steps] = p.reward;
    r->is_terminal = p.is_terminal;
    if (r->obs != NULL) {
      model->ops->decode(model->self, p.next_belief, r->obs + r->steps * obs_size);
    }
    p.belief = p.next_belief;
    p.next_belief = (unsigned char *)r->beliefs + (r->steps % 2 == 0 ? belief_size : 0);
  }
}

void heed_dynamics_rollout(const heed_dynamics *model, heed_rollout *batch, size_t count,
                           void *workspace) {
  if (model->ops->rollout != NULL) {
    model->ops->rollout(model->self, batch, count, workspace);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    roll_out_by_steps(model, &batch[i], workspace);
  }
}

void heed_dynamics_stride(const heed_dynamics *model, heed_stride *stride) {
  assert(model->ops->stride != NULL);
  model->ops->stride(model->self, stride);
}

void heed_dynamics_decode(const heed_dynamics *model, const void *belief, void *obs) {
  model->ops->decode(model->self, belief, obs);
}

uint32_t heed_dynamics_to_move(const heed_dynamics *model, const void *belief) {
  return model->ops->to_move != NULL ? model->ops->to_move(model->self, belief) : 0;
}

uint32_t heed_dynamics_legal(const heed_dynamics *model, const void *belief, uint32_t *actions) {
  if (model->ops->legal != NULL) {
    return model->ops->legal(model->self, belief, actions);
  }
  for (uint32_t a = 0; a < model->spec.action_space.count; a++) {
    actions[a] = a;
  }
  return model->spec.action_space.count;
}

heed_status heed_dynamics_learn(heed_dynamics *model, const heed_experience *experience,
                                size_t first, size_t count, const heed_progress_sink *progress,
                                heed_error *err) {
  if (model->ops->learn == NULL) {
    return heed_fail(err, HEED_ERR_STATE, "dynamics '%s' is given, it does not learn",
                     model->ops->name);
  }
  if (!heed_space_equal(&model->spec.obs_space, heed_experience_obs_space(experience)) ||
      !heed_space_equal(&model->spec.action_space, heed_experience_action_space(experience))) {
    return heed_fail(err, HEED_ERR_ARG, "dynamics '%s': the experience is of other spaces",
                     model->ops->name);
  }
  if (first > heed_experience_count(experience) ||
      count > heed_experience_count(experience) - first) {
    return heed_fail(err, HEED_ERR_ARG, "transitions %zu to %zu of %zu", first, first + count,
                     heed_experience_count(experience));
  }
  return model->ops->learn(model->self, experience, first, count, progress, err);
}

const heed_dynamics *heed_dynamics_particles(const heed_dynamics *model) {
  const heed_dynamics *other =
      model->ops->particles != NULL ? model->ops->particles(model->self) : NULL;
  return other != NULL ? other : model;
}

void heed_dynamics_sample(const heed_dynamics *model, const void *belief, heed_rng *rng,
                          void *particle) {
  if (model->ops->sample != NULL) {
    model->ops->sample(model->self, belief, rng, particle);
  } else {
    memcpy(particle, belief, model->spec.belief_size);
  }
}

void heed_dynamics_draw(const heed_dynamics *model, heed_rng *rng, void *hypothesis) {
  assert(model->spec.hypothesis_size > 0);
  model->ops->draw(model->self, rng, hypothesis);
}

/* ---- files: kind "dynamics", version 1 -------------------------------------------------------- */

heed_status heed_dynamics_save(const heed_dynamics *model, const heed_card *card, const char *path,
                               heed_error *err) {
  if (model->ops->save == NULL) {
    return heed_fail(err, HEED_ERR_STATE, "dynamics '%s' cannot be saved", model->ops->name);
  }
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  heed__model_write(writer, card, model->ops->name, model->params, &model->spec.obs_space,
                    &model->spec.action_space);
  model->ops->save(model->self, writer);
  status = heed_pack_save(writer, "dynamics", FILE_VERSION, path, err);
  heed_pack_writer_destroy(writer);
  return status;
}

/* Builds the model that an opened document describes, and closes that. */
static heed_status load_document(heed_pack_reader *reader, heed_dynamics **out, heed_card *card,
                                 heed_error *err) {
  heed__model_description what;
  heed_dynamics *model = NULL;
  heed_status status = heed__model_read(reader, &what, card, err);
  if (status == HEED_OK) {
    status = heed_dynamics_create(what.name, what.params, &what.obs_space, &what.action_space,
                                  &model, err);
    if (status != HEED_OK) {
      status = heed__model_file_error(status, err);
      status =
          heed_fail_context(err, status, "model '%.32s', params '%.64s'", what.name, what.params);
    }
  }
  if (model != NULL && model->ops->load != NULL) {
    status = model->ops->load(model->self, what.state, err);
  }
  heed__model_description_deinit(&what);
  heed_pack_close(reader);
  if (status == HEED_OK) {
    *out = model;
  } else {
    heed_dynamics_destroy(model);
  }
  return status;
}

heed_status heed_dynamics_load(const char *path, heed_dynamics **out, heed_card *card,
                               heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open(path, "dynamics", FILE_VERSION, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = load_document(reader, out, card, err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "loading '%s'", path);
}

heed_status heed_dynamics_load_memory(const void *bytes, size_t size, heed_dynamics **out,
                                      heed_card *card, heed_error *err) {
  *out = NULL;
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, "dynamics", FILE_VERSION, &reader, err);
  return status == HEED_OK ? load_document(reader, out, card, err) : status;
}
