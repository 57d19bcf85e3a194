/* A file of kind "experience", version 1, is a map of
 *
 *   card                       optional, see pack.h
 *   obs_space, action_space    see pack_space.c
 *   episodes   u64 [E][1]      first transition of each episode; starts at 0, never falls
 *   obs        u8 or f32 [N + E][count]   observations, one more per episode than transitions
 *   actions    i32 [N][1] or f32 [N][count]
 *   rewards    f64 [N][1]      reward channel
 *   flags      u8 [N][1]       bit 0: terminal, bit 1: truncated; 0 but for the last of an episode */
#include "core/experience.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define KIND    "experience"
#define VERSION 1

enum { FLAG_TERMINAL = 1, FLAG_TRUNCATED = 2 };

struct heed_experience {
  heed_space obs_space;    /* owned */
  heed_space action_space; /* owned */
  size_t obs_size;         /* bytes of a row */
  size_t action_size;      /* bytes of a row */

  size_t count; /* transitions */
  size_t count_room;
  unsigned char *actions; /* [count][action_size] */
  double *rewards;        /* [count] */
  uint8_t *flags;         /* [count] */
  uint32_t *episode_of;   /* [count] */

  size_t episode_count;
  size_t episode_room;
  uint64_t *begins; /* [episode_count] first transition */

  size_t obs_room;    /* rows; count + episode_count are in use */
  unsigned char *obs; /* [count + episode_count][obs_size] */
};

/* `array` with room for `room` items of `size` bytes; on failure the array as it is, and *failed. */
static void *enlarge(void *array, size_t room, size_t size, bool *failed) {
  void *larger = reallocarray(array, room, size);
  if (larger == NULL) {
    *failed = true;
    return array;
  }
  return larger;
}

/* Room for `needed` items where there is room for `room`: grows by half, so that appending n items
 * copies O(n) of them. */
static size_t next_room(size_t room, size_t needed) {
  size_t grown = room + room / 2 + 16;
  return grown > needed ? grown : needed;
}

static heed_status no_memory(const char *what, size_t count, heed_error *err) {
  return heed_fail(err, HEED_ERR_NOMEM, "experience of %zu %s: no memory", count, what);
}

/* Makes room for `needed` transitions. */
static heed_status reserve_transitions(heed_experience *e, size_t needed, heed_error *err) {
  if (needed <= e->count_room) {
    return HEED_OK;
  }
  size_t room = next_room(e->count_room, needed);
  bool failed = false;
  e->actions = enlarge(e->actions, room, e->action_size, &failed);
  e->rewards = enlarge(e->rewards, room, sizeof *e->rewards, &failed);
  e->flags = enlarge(e->flags, room, sizeof *e->flags, &failed);
  e->episode_of = enlarge(e->episode_of, room, sizeof *e->episode_of, &failed);
  if (failed) {
    return no_memory("transitions", needed, err);
  }
  e->count_room = room;
  return HEED_OK;
}

static heed_status reserve_episodes(heed_experience *e, size_t needed, heed_error *err) {
  if (needed <= e->episode_room) {
    return HEED_OK;
  }
  size_t room = next_room(e->episode_room, needed);
  bool failed = needed > UINT32_MAX; /* episode_of has 32 bits */
  e->begins = enlarge(e->begins, room, sizeof *e->begins, &failed);
  if (failed) {
    return no_memory("episodes", needed, err);
  }
  e->episode_room = room;
  return HEED_OK;
}

static heed_status reserve_obs(heed_experience *e, size_t needed, heed_error *err) {
  if (needed <= e->obs_room) {
    return HEED_OK;
  }
  size_t room = next_room(e->obs_room, needed);
  bool failed = false;
  e->obs = enlarge(e->obs, room, e->obs_size, &failed);
  if (failed) {
    return no_memory("observations", needed, err);
  }
  e->obs_room = room;
  return HEED_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

heed_status heed_experience_create(const heed_space *obs_space, const heed_space *action_space,
                                   heed_experience **out, heed_error *err) {
  heed_status status = heed_space_check_pair(obs_space, action_space, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_experience *e = calloc(1, sizeof *e);
  if (e == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "experience: no memory");
  }
  status = heed_space_copy(&e->obs_space, obs_space, err);
  if (status == HEED_OK) {
    status = heed_space_copy(&e->action_space, action_space, err);
  }
  if (status != HEED_OK) {
    heed_experience_destroy(e);
    return status;
  }
  e->obs_size = heed_space_size(obs_space);
  e->action_size = heed_space_size(action_space);
  *out = e;
  return HEED_OK;
}

void heed_experience_destroy(heed_experience *experience) {
  if (experience == NULL) {
    return;
  }
  free(experience->obs);
  free(experience->begins);
  free(experience->episode_of);
  free(experience->flags);
  free(experience->rewards);
  free(experience->actions);
  heed_space_deinit(&experience->action_space);
  heed_space_deinit(&experience->obs_space);
  free(experience);
}

/* ---- growth --------------------------------------------------------------------------------- */

/* Row r of the observations. */
static unsigned char *obs_row(const heed_experience *e, size_t r) {
  return e->obs + r * e->obs_size;
}

heed_status heed_experience_begin(heed_experience *experience, const void *obs, heed_error *err) {
  heed_experience *e = experience;
  assert(heed_space_check_row(&e->obs_space, obs, NULL) == HEED_OK);
  heed_status status = reserve_episodes(e, e->episode_count + 1, err);
  if (status == HEED_OK) {
    status = reserve_obs(e, e->count + e->episode_count + 1, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  memcpy(obs_row(e, e->count + e->episode_count), obs, e->obs_size);
  e->begins[e->episode_count++] = e->count;
  return HEED_OK;
}

/* Can the last episode go on? */
static bool is_open(const heed_experience *e) {
  if (e->episode_count == 0) {
    return false;
  }
  bool is_empty = e->begins[e->episode_count - 1] == e->count;
  return is_empty || e->flags[e->count - 1] == 0;
}

heed_status heed_experience_append(heed_experience *experience, heed_action action,
                                   const void *next_obs, heed_outcome outcome, heed_error *err) {
  heed_experience *e = experience;
  assert(heed_space_check_action(&e->action_space, action, NULL) == HEED_OK);
  assert(heed_space_check_row(&e->obs_space, next_obs, NULL) == HEED_OK);
  assert(isfinite(outcome.reward));
  if (!is_open(e)) {
    return heed_fail(err, HEED_ERR_STATE, "transition %zu: no episode is open", e->count);
  }
  heed_status status = reserve_transitions(e, e->count + 1, err);
  if (status == HEED_OK) {
    status = reserve_obs(e, e->count + e->episode_count + 1, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  size_t t = e->count;
  heed_action_to_row(&e->action_space, action, e->actions + t * e->action_size);
  e->rewards[t] = outcome.reward;
  e->flags[t] = (uint8_t)((outcome.is_terminal ? FLAG_TERMINAL : 0) |
                          (outcome.is_truncated ? FLAG_TRUNCATED : 0));
  e->episode_of[t] = (uint32_t)(e->episode_count - 1);
  memcpy(obs_row(e, t + e->episode_count), next_obs, e->obs_size);
  e->count++;
  return HEED_OK;
}

/* ---- looking back --------------------------------------------------------------------------- */

const heed_space *heed_experience_obs_space(const heed_experience *experience) {
  return &experience->obs_space;
}

const heed_space *heed_experience_action_space(const heed_experience *experience) {
  return &experience->action_space;
}

size_t heed_experience_count(const heed_experience *experience) {
  return experience->count;
}

size_t heed_experience_episode_count(const heed_experience *experience) {
  return experience->episode_count;
}

size_t heed_experience_episode_begin(const heed_experience *experience, size_t episode) {
  assert(episode <= experience->episode_count);
  return episode < experience->episode_count ? (size_t)experience->begins[episode]
                                             : experience->count;
}

size_t heed_experience_episode_of(const heed_experience *experience, size_t t) {
  assert(t < experience->count);
  return experience->episode_of[t];
}

const void *heed_experience_obs(const heed_experience *experience, size_t t) {
  /* Each episode before has one row more than it has transitions. */
  return obs_row(experience, t + heed_experience_episode_of(experience, t));
}

const void *heed_experience_next_obs(const heed_experience *experience, size_t t) {
  return obs_row(experience, t + heed_experience_episode_of(experience, t) + 1);
}

heed_action heed_experience_action(const heed_experience *experience, size_t t) {
  assert(t < experience->count);
  return heed_action_from_row(&experience->action_space,
                              experience->actions + t * experience->action_size);
}

heed_outcome heed_experience_outcome(const heed_experience *experience, size_t t) {
  assert(t < experience->count);
  return (heed_outcome){
      .reward = experience->rewards[t],
      .is_terminal = (experience->flags[t] & FLAG_TERMINAL) != 0,
      .is_truncated = (experience->flags[t] & FLAG_TRUNCATED) != 0,
  };
}

/* ---- hash ----------------------------------------------------------------------------------- */

/* Folds an array into a hash; an array that is absent (NULL) counts as empty. */
static uint64_t fold(uint64_t hash, const void *array, size_t count, size_t size) {
  return XXH3_64bits_withSeed(array, array != NULL ? count * size : 0, hash);
}

static uint64_t fold_space(uint64_t hash, const heed_space *space) {
  uint32_t shape[5] = {(uint32_t)space->kind, space->count, space->height, space->width,
                       space->value_count};
  hash = fold(hash, shape, sizeof shape, 1);
  hash = fold(hash, space->value_counts, space->count, sizeof *space->value_counts);
  hash = fold(hash, space->low, space->count, sizeof *space->low);
  return fold(hash, space->high, space->count, sizeof *space->high);
}

uint64_t heed_experience_hash(const heed_experience *experience) {
  const heed_experience *e = experience;
  uint64_t counts[2] = {e->count, e->episode_count};
  uint64_t hash = fold(0, counts, sizeof counts, 1);
  hash = fold_space(hash, &e->obs_space);
  hash = fold_space(hash, &e->action_space);
  hash = fold(hash, e->begins, e->episode_count, sizeof *e->begins);
  hash = fold(hash, e->obs, e->count + e->episode_count, e->obs_size);
  hash = fold(hash, e->actions, e->count, e->action_size);
  hash = fold(hash, e->rewards, e->count, sizeof *e->rewards);
  return fold(hash, e->flags, e->count, sizeof *e->flags);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void write_document(const heed_experience *e, const heed_card *card,
                           heed_pack_writer *writer) {
  heed_pack_map(writer, card != NULL ? 8 : 7);
  if (card != NULL) {
    heed_pack_key(writer, "card");
    heed_pack_card(writer, card);
  }
  heed_pack_key(writer, "obs_space");
  heed_pack_space(writer, &e->obs_space);
  heed_pack_key(writer, "action_space");
  heed_pack_space(writer, &e->action_space);
  heed_pack_key(writer, "episodes");
  heed_pack_numbers(writer, HEED_U64, e->episode_count, 1, e->begins);
  heed_pack_key(writer, "obs");
  heed_pack_rows(writer, &e->obs_space, e->count + e->episode_count, e->obs);
  heed_pack_key(writer, "actions");
  heed_pack_rows(writer, &e->action_space, e->count, e->actions);
  heed_pack_key(writer, "rewards");
  heed_pack_numbers(writer, HEED_F64, e->count, 1, e->rewards);
  heed_pack_key(writer, "flags");
  heed_pack_numbers(writer, HEED_U8, e->count, 1, e->flags);
}

heed_status heed_experience_save(const heed_experience *experience, const heed_card *card,
                                 const char *path, heed_error *err) {
  heed_pack_writer *writer;
  heed_status status = heed_pack_writer_create(&writer, err);
  if (status != HEED_OK) {
    return status;
  }
  write_document(experience, card, writer);
  status = heed_pack_save(writer, KIND, VERSION, path, err);
  heed_pack_writer_destroy(writer);
  return status;
}

/* The arrays of a file, borrowed from its document. */
typedef struct arrays {
  size_t count;
  size_t episode_count;
  const uint64_t *begins;
  const unsigned char *obs;
  const unsigned char *actions;
  const double *rewards;
  const uint8_t *flags;
} arrays;

/* Finds the arrays and checks that their shapes agree, and that rows are inside the spaces of `e`. */
static heed_status find_arrays(const heed_experience *e, const heed_pack_value *root, arrays *in,
                               heed_error *err) {
  const void *begins = NULL;
  const void *rewards = NULL;
  const void *flags = NULL;
  const void *actions = NULL;
  const void *obs = NULL;
  heed_status status = heed_pack_get_numbers(root, "episodes", HEED_U64, SIZE_MAX, 1,
                                             &in->episode_count, NULL, &begins, err);
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(root, "rewards", HEED_F64, SIZE_MAX, 1, &in->count, NULL,
                                   &rewards, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(root, "flags", HEED_U8, in->count, 1, NULL, NULL, &flags, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_rows(root, "actions", &e->action_space, in->count, NULL, &actions, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_rows(root, "obs", &e->obs_space, in->count + in->episode_count, NULL,
                                &obs, err);
  }
  in->begins = begins;
  in->rewards = rewards;
  in->flags = flags;
  in->actions = actions;
  in->obs = obs;
  return status;
}

/* Episodes start at 0, one after another, and each transition is in one of them; only the last
 * transition of an episode has flags. */
static heed_status check_episodes(const arrays *in, heed_error *err) {
  if (in->episode_count == 0 && in->count > 0) {
    return heed_fail(err, HEED_ERR_FORMAT, "%zu transitions outside of episodes", in->count);
  }
  for (size_t i = 0; i < in->episode_count; i++) {
    uint64_t begin = in->begins[i];
    uint64_t end = i + 1 < in->episode_count ? in->begins[i + 1] : in->count;
    if ((i == 0 && begin != 0) || begin > end || end > in->count) {
      return heed_fail(err, HEED_ERR_FORMAT,
                       "episode %zu has transitions %" PRIu64 " to %" PRIu64 " of %zu", i, begin,
                       end, in->count);
    }
    for (uint64_t t = begin; t < end; t++) {
      unsigned most = t + 1 == end ? FLAG_TERMINAL | FLAG_TRUNCATED : 0;
      if (in->flags[t] > most) {
        return heed_fail(err, HEED_ERR_FORMAT, "transition %" PRIu64 ": flags %u, at most %u", t,
                         in->flags[t], most);
      }
    }
  }
  return HEED_OK;
}

static void copy(void *to, const void *from, size_t size) {
  if (size > 0) {
    memcpy(to, from, size);
  }
}

/* Fills the empty `e` with checked arrays. */
static heed_status fill(heed_experience *e, const arrays *in, heed_error *err) {
  heed_status status = reserve_transitions(e, in->count, err);
  if (status == HEED_OK) {
    status = reserve_episodes(e, in->episode_count, err);
  }
  if (status == HEED_OK) {
    status = reserve_obs(e, in->count + in->episode_count, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  e->count = in->count;
  e->episode_count = in->episode_count;
  copy(e->begins, in->begins, in->episode_count * sizeof *e->begins);
  copy(e->obs, in->obs, (in->count + in->episode_count) * e->obs_size);
  copy(e->actions, in->actions, in->count * e->action_size);
  copy(e->rewards, in->rewards, in->count * sizeof *e->rewards);
  copy(e->flags, in->flags, in->count);
  for (size_t i = 0; i < e->episode_count; i++) {
    size_t end = heed_experience_episode_begin(e, i + 1);
    for (size_t t = heed_experience_episode_begin(e, i); t < end; t++) {
      e->episode_of[t] = (uint32_t)i;
    }
  }
  return HEED_OK;
}

/* Empty experience over the spaces of a document. */
static heed_status create_from(const heed_pack_value *root, heed_experience **out,
                               heed_error *err) {
  heed_space obs_space = {0};
  heed_space action_space = {0};
  heed_status status = heed_pack_get_space(root, "obs_space", &obs_space, err);
  if (status == HEED_OK) {
    status = heed_pack_get_space(root, "action_space", &action_space, err);
  }
  if (status == HEED_OK) {
    status = heed_experience_create(&obs_space, &action_space, out, err);
    if (status == HEED_ERR_ARG) {
      status = heed_fail_as(err, HEED_ERR_FORMAT, "spaces");
    }
  }
  heed_space_deinit(&obs_space);
  heed_space_deinit(&action_space);
  return status;
}

/* Reads a document and closes it. */
static heed_status read_document(heed_pack_reader *reader, heed_experience **out, heed_card *card,
                                 heed_error *err) {
  const heed_pack_value *root = heed_pack_root(reader);
  heed_experience *e = NULL;
  arrays in = {0};
  heed_status status = create_from(root, &e, err);
  if (status == HEED_OK) {
    status = find_arrays(e, root, &in, err);
  }
  if (status == HEED_OK) {
    status = check_episodes(&in, err);
  }
  if (status == HEED_OK) {
    assert(e != NULL);
    status = fill(e, &in, err);
  }
  if (status == HEED_OK && card != NULL) {
    status = heed_pack_get_card(root, card, err);
  }
  heed_pack_close(reader);
  if (status != HEED_OK) {
    heed_experience_destroy(e);
    return status;
  }
  *out = e;
  return HEED_OK;
}

heed_status heed_experience_load(const char *path, heed_experience **out, heed_card *card,
                                 heed_error *err) {
  heed_pack_reader *reader;
  heed_status status = heed_pack_open(path, KIND, VERSION, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  status = read_document(reader, out, card, err);
  return status == HEED_OK ? HEED_OK : heed_fail_context(err, status, "reading '%s'", path);
}

heed_status heed_experience_load_memory(const void *bytes, size_t size, heed_experience **out,
                                        heed_card *card, heed_error *err) {
  heed_pack_reader *reader;
  heed_status status = heed_pack_open_memory(bytes, size, KIND, VERSION, &reader, err);
  return status == HEED_OK ? read_document(reader, out, card, err) : status;
}
