/* label_step.c: answers about one step, which need to know what else could have been done in it. */
#include <stdlib.h>
#include <string.h>

#include "cli/label.h"
#include "reward/feedback.h"

/* Step t of a clip as a clip; borrows its arrays. */
static heed_segment step_of(const heed_segment *clip, uint32_t t) {
  return (heed_segment){.steps = 1,
                        .obs_size = clip->obs_size,
                        .obs = clip->obs + (size_t)t * clip->obs_size,
                        .actions = clip->actions + t,
                        .channel = clip->channel + t,
                        .is_terminal = clip->is_terminal && t + 1 == clip->steps};
}

static heed_status check(const heed__label *label, const heed_segment *clip, uint32_t t,
                         heed_error *err) {
  const heed_dynamics *model = label->parties.dynamics;
  if (model == NULL) {
    return heed_fail(err, HEED_ERR_STATE, "What else would come of it takes --dynamics.");
  }
  if (label->action_count == 0) {
    return heed_fail(err, HEED_ERR_STATE, "The actions of this world cannot be listed.");
  }
  return t < clip->steps ? HEED_OK
                         : heed_fail(err, HEED_ERR_ARG, "step %u of %u", t + 1, clip->steps);
}

/* What the model imagines of an action, from an observation on. */
static heed_status imagine(const heed__label *label, const void *obs, heed_action action,
                           heed_segment *imagined, heed_error *err) {
  const heed_dynamics *model = label->parties.dynamics;
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  size_t obs_size = heed_space_size(&spec->obs_space);
  heed_status status = heed_segment_init(imagined, 1, (uint32_t)obs_size, err);
  void *belief = calloc(2, spec->belief_size);
  void *workspace = calloc(1, heed_dynamics_workspace_size(model, 1) + 1);
  if (status == HEED_OK && (belief == NULL || workspace == NULL)) {
    heed_segment_deinit(imagined);
    status = heed_fail(err, HEED_ERR_NOMEM, "imagining a step: no memory");
  }
  if (status == HEED_OK) {
    heed_rng rng = heed_rng_derive(&label->master, HEED_STREAM_QUERY, (uint64_t)action.index << 32);
    heed_prediction step = {.belief = belief,
                            .action = action,
                            .rng = &rng,
                            .next_belief = (unsigned char *)belief + spec->belief_size};
    heed_dynamics_begin(model, obs, belief);
    heed_dynamics_predict(model, &step, 1, workspace);
    memcpy(imagined->obs, obs, obs_size);
    heed_dynamics_decode(model, step.next_belief, imagined->obs + obs_size);
    imagined->actions[0] = action;
    imagined->channel[0] = step.reward;
    imagined->is_terminal = step.is_terminal;
  }
  free(belief);
  free(workspace);
  return status;
}

heed_status heed__label_approval(const heed__label *label, const heed_segment *clip, uint32_t t,
                                 bool is_approved, heed_choice *choice, heed_error *err) {
  heed_segment others[HEED_OPTION_MAX - 1] = {{0}};
  uint32_t count = 0;
  heed_status status = check(label, clip, t, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_segment step = step_of(clip, t);
  for (uint32_t a = 0; a < label->action_count && count < HEED_OPTION_MAX - 1 && status == HEED_OK;
       a++) {
    if ((int32_t)a != step.actions[0].index) {
      status = imagine(label, step.obs, (heed_action){.index = (int32_t)a}, &others[count++], err);
    }
  }
  if (status == HEED_OK) {
    status = heed_feedback_approval(choice, &step, others, count, is_approved, err);
  }
  for (uint32_t i = 0; i < count; i++) {
    heed_segment_deinit(&others[i]);
  }
  return status;
}

heed_status heed__label_correction(const heed__label *label, const heed_segment *clip, uint32_t t,
                                   heed_action action, heed_choice *choice, heed_error *err) {
  heed_status status = check(label, clip, t, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_segment step = step_of(clip, t);
  if (action.index == step.actions[0].index) {
    return heed_fail(err, HEED_ERR_ARG, "That is what was done.");
  }
  if (action.index < 0 || (uint32_t)action.index >= label->action_count) {
    return heed_fail(err, HEED_ERR_ARG, "No agent ever takes that action.");
  }
  heed_segment better;
  status = imagine(label, step.obs, action, &better, err);
  if (status == HEED_OK) {
    status = heed_feedback_correction(choice, &step, &better, err);
    heed_segment_deinit(&better);
  }
  return status;
}
