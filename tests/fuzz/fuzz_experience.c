/* fuzz_experience.c: loads any bytes, as a file and as the body of one, whose checksum is then right.
 * What loads must obey every promise of experience.h, and its first episode survive as a segment. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/experience.h"
#include "core/pack_internal.h"

static void require(bool is_true) {
  if (!is_true) {
    abort();
  }
}

/* A transition is inside the spaces, and only the last of its episode has an end. */
static void check_transition(const heed_experience *e, size_t t, bool is_last) {
  const heed_space *obs_space = heed_experience_obs_space(e);
  const heed_space *action_space = heed_experience_action_space(e);
  heed_action action = heed_experience_action(e, t);
  require(heed_space_check_action(action_space, action, NULL) == HEED_OK);
  require(heed_space_check_row(obs_space, heed_experience_obs(e, t), NULL) == HEED_OK);
  require(heed_space_check_row(obs_space, heed_experience_next_obs(e, t), NULL) == HEED_OK);
  heed_outcome outcome = heed_experience_outcome(e, t);
  require(isfinite(outcome.reward));
  require(is_last || !(outcome.is_terminal || outcome.is_truncated));
}

/* Episodes follow each other, and all transitions are in them. */
static void check(const heed_experience *e) {
  require(heed_space_check_pair(heed_experience_obs_space(e), heed_experience_action_space(e),
                                NULL) == HEED_OK);
  size_t t = 0;
  for (size_t i = 0; i < heed_experience_episode_count(e); i++) {
    require(heed_experience_episode_begin(e, i) == t);
    size_t end = heed_experience_episode_begin(e, i + 1);
    for (; t < end; t++) {
      require(heed_experience_episode_of(e, t) == i);
      check_transition(e, t, t + 1 == end);
    }
  }
  require(t == heed_experience_count(e));
}

/* Copies its first episode out, and through a document. */
static void check_segment(const heed_experience *e) {
  size_t steps = heed_experience_count(e) > 0 ? heed_experience_episode_begin(e, 1) : 0;
  if (steps == 0) {
    return;
  }
  heed_error err = {0};
  heed_segment segment;
  heed_segment back;
  if (heed_segment_from_experience(&segment, e, 0, (uint32_t)steps, &err) != HEED_OK) {
    return;
  }
  const heed_space *obs_space = heed_experience_obs_space(e);
  const heed_space *action_space = heed_experience_action_space(e);
  heed_pack_writer *writer;
  require(heed_pack_writer_create(&writer, &err) == HEED_OK);
  heed_segment_write(&segment, obs_space, action_space, writer);
  unsigned char *bytes;
  size_t size;
  require(heed_pack_save_memory(writer, "segment", 1, &bytes, &size, &err) == HEED_OK);
  heed_pack_writer_destroy(writer);
  heed_pack_reader *reader;
  require(heed_pack_open_memory(bytes, size, "segment", 1, &reader, &err) == HEED_OK);
  free(bytes);
  require(heed_segment_read(&back, heed_pack_root(reader), obs_space, action_space, &err) ==
          HEED_OK);
  require(back.steps == segment.steps && back.is_terminal == segment.is_terminal);
  heed_pack_close(reader);
  heed_segment_deinit(&back);
  heed_segment_deinit(&segment);
}

static void load(const void *bytes, size_t size) {
  heed_experience *e;
  heed_card card;
  heed_error err = {0};
  if (heed_experience_load_memory(bytes, size, &e, &card, &err) != HEED_OK) {
    require(err.status != HEED_OK && err.message[0] != '\0');
    return;
  }
  check(e);
  check_segment(e);
  (void)heed_experience_hash(e);
  heed_experience_destroy(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  load(data, size);

  unsigned char *file = malloc(HEED__PACK_HEADER_MAX + size);
  require(file != NULL);
  size_t header_size = heed__pack_header(file, "experience", 1, data, size);
  if (size > 0) {
    memcpy(file + header_size, data, size);
  }
  load(file, header_size + size);
  free(file);
  return 0;
}
