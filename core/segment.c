/* In a file a segment is a map of
 *
 *   obs       u8 or f32 [steps + 1][count]   by the kind of obs_space
 *   actions   i32 [steps][1] or f32 [steps][count]
 *   channel   f64 [steps][1]
 *   terminal  boolean */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/experience.h"

heed_status heed_segment_init(heed_segment *segment, uint32_t steps, uint32_t obs_size,
                              heed_error *err) {
  *segment = (heed_segment){.steps = steps, .obs_size = obs_size};
  /* One more than needed, so that a segment without steps has arrays as well. */
  size_t room = (size_t)steps + 1;
  segment->obs = calloc(room, obs_size);
  segment->actions = calloc(room, sizeof *segment->actions);
  segment->channel = calloc(room, sizeof *segment->channel);
  if (segment->obs == NULL || segment->actions == NULL || segment->channel == NULL) {
    heed_segment_deinit(segment);
    return heed_fail(err, HEED_ERR_NOMEM,
                     "segment of %" PRIu32 " steps of %" PRIu32 " bytes: no memory", steps,
                     obs_size);
  }
  return HEED_OK;
}

void heed_segment_deinit(heed_segment *segment) {
  free(segment->channel);
  free(segment->actions);
  free(segment->obs);
  memset(segment, 0, sizeof *segment);
}

static size_t obs_bytes(const heed_segment *segment) {
  return ((size_t)segment->steps + 1) * segment->obs_size;
}

heed_status heed_segment_copy(heed_segment *copy, const heed_segment *segment, heed_error *err) {
  heed_status status = heed_segment_init(copy, segment->steps, segment->obs_size, err);
  if (status != HEED_OK) {
    return status;
  }
  memcpy(copy->obs, segment->obs, obs_bytes(segment));
  memcpy(copy->actions, segment->actions, segment->steps * sizeof *segment->actions);
  memcpy(copy->channel, segment->channel, segment->steps * sizeof *segment->channel);
  copy->is_terminal = segment->is_terminal;
  return HEED_OK;
}

heed_status heed_segment_from_experience(heed_segment *segment, const heed_experience *experience,
                                         size_t first, uint32_t steps, heed_error *err) {
  assert(steps > 0 && first < heed_experience_count(experience) &&
         steps <= heed_experience_count(experience) - first);
  assert(heed_experience_episode_of(experience, first) ==
         heed_experience_episode_of(experience, first + steps - 1));
  size_t obs_size = heed_space_size(heed_experience_obs_space(experience));
  heed_status status = heed_segment_init(segment, steps, (uint32_t)obs_size, err);
  if (status != HEED_OK) {
    return status;
  }
  /* The observations of one episode lie one after another. */
  memcpy(segment->obs, heed_experience_obs(experience, first), obs_bytes(segment));
  for (uint32_t i = 0; i < steps; i++) {
    segment->actions[i] = heed_experience_action(experience, first + i);
    segment->channel[i] = heed_experience_outcome(experience, first + i).reward;
  }
  segment->is_terminal = heed_experience_outcome(experience, first + steps - 1).is_terminal;
  return HEED_OK;
}

heed_step heed_segment_step(const heed_segment *segment, uint32_t i) {
  assert(i < segment->steps);
  const unsigned char *obs = segment->obs + (size_t)i * segment->obs_size;
  return (heed_step){
      .obs = obs,
      .action = segment->actions[i],
      .next_obs = obs + segment->obs_size,
      .channel = segment->channel[i],
  };
}

void heed_segment_write(const heed_segment *segment, const heed_space *obs_space,
                        const heed_space *action_space, heed_pack_writer *writer) {
  assert(heed_space_size(obs_space) == segment->obs_size);
  /* Rows of actions, not unions: their unused bytes have no business in a file. */
  size_t action_size = heed_space_size(action_space);
  unsigned char *rows = calloc((size_t)segment->steps + 1, action_size);
  if (rows == NULL) {
    heed_pack_writer_fail(writer, HEED_ERR_NOMEM, "segment of %" PRIu32 " steps: no memory",
                          segment->steps);
    return;
  }
  for (uint32_t i = 0; i < segment->steps; i++) {
    heed_action_to_row(action_space, segment->actions[i], rows + i * action_size);
  }
  heed_pack_map(writer, 4);
  heed_pack_key(writer, "obs");
  heed_pack_rows(writer, obs_space, (size_t)segment->steps + 1, segment->obs);
  heed_pack_key(writer, "actions");
  heed_pack_rows(writer, action_space, segment->steps, rows);
  heed_pack_key(writer, "channel");
  heed_pack_numbers(writer, HEED_F64, segment->steps, 1, segment->channel);
  heed_pack_key(writer, "terminal");
  heed_pack_bool(writer, segment->is_terminal);
  free(rows);
}

/* The arrays of a segment in a document, borrowed. */
typedef struct arrays {
  size_t steps;
  const void *obs;
  const void *actions; /* rows */
  const void *channel;
  bool is_terminal;
} arrays;

static heed_status find_arrays(const heed_pack_value *map, const heed_space *obs_space,
                               const heed_space *action_space, arrays *in, heed_error *err) {
  heed_status status = heed_pack_get_numbers(map, "channel", HEED_F64, SIZE_MAX, 1, &in->steps,
                                             NULL, &in->channel, err);
  if (status == HEED_OK) {
    status = heed_pack_get_rows(map, "actions", action_space, in->steps, NULL, &in->actions, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_rows(map, "obs", obs_space, in->steps + 1, NULL, &in->obs, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_bool(map, "terminal", &in->is_terminal, err);
  }
  return status;
}

heed_status heed_segment_read(heed_segment *segment, const heed_pack_value *map,
                              const heed_space *obs_space, const heed_space *action_space,
                              heed_error *err) {
  memset(segment, 0, sizeof *segment);
  arrays in = {0};
  heed_status status = find_arrays(map, obs_space, action_space, &in, err);
  if (status == HEED_OK) { /* blobs are below 4 GiB, so the steps fit */
    status =
        heed_segment_init(segment, (uint32_t)in.steps, (uint32_t)heed_space_size(obs_space), err);
  }
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "segment");
  }
  memcpy(segment->obs, in.obs, obs_bytes(segment));
  memcpy(segment->channel, in.channel, in.steps * sizeof *segment->channel);
  const unsigned char *row = in.actions;
  for (size_t i = 0; i < in.steps; i++, row += heed_space_size(action_space)) {
    segment->actions[i] = heed_action_from_row(action_space, row);
  }
  segment->is_terminal = in.is_terminal;
  return HEED_OK;
}
