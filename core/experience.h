/* experience.h: what an agent has lived through, and stretches of it.
 *
 * Experience is a growing list of transitions, grouped into episodes. An episode of n transitions has
 * n+1 observations, and they are stored once each:
 *
 *   episode             0                     1
 *   observation row     0 -- 1 -- 2 -- 3      4 -- 5
 *   transition             0    1    2           3
 *
 * A segment is a stretch of one episode, real or imagined, copied out: it is what people are asked
 * about. */
#ifndef HEED_CORE_EXPERIENCE_H
#define HEED_CORE_EXPERIENCE_H

#include "core/pack.h"
#include "core/percept.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_experience heed_experience;

/* Empty experience over two spaces (copied). Errors: HEED_ERR_ARG, HEED_ERR_NOMEM. */
HEED_API heed_status heed_experience_create(const heed_space *obs_space,
                                            const heed_space *action_space, heed_experience **out,
                                            heed_error *err);
HEED_API void heed_experience_destroy(heed_experience *experience); /* accepts NULL */

/* Starts an episode with its first observation (a row, copied). The episode before it is closed.
 * Errors: HEED_ERR_NOMEM; the experience is unchanged then. */
HEED_API heed_status heed_experience_begin(heed_experience *experience, const void *obs,
                                           heed_error *err);

/* Appends a transition to the open episode; `action` and `next_obs` are inside their spaces, the reward
 * is finite (asserted). Errors: HEED_ERR_STATE without an episode or after one that ended,
 * HEED_ERR_NOMEM; unchanged then. */
HEED_API heed_status heed_experience_append(heed_experience *experience, heed_action action,
                                            const void *next_obs, heed_outcome outcome,
                                            heed_error *err);

/* The spaces of its rows, borrowed; how many transitions and episodes there are. */
HEED_API const heed_space *heed_experience_obs_space(const heed_experience *experience);
HEED_API const heed_space *heed_experience_action_space(const heed_experience *experience);
HEED_API size_t heed_experience_count(const heed_experience *experience);
HEED_API size_t heed_experience_episode_count(const heed_experience *experience);

/* First transition of episode e, e <= episode count; for e == episode count it is the count of
 * transitions, so that episode e is [begin(e), begin(e + 1)). */
HEED_API size_t heed_experience_episode_begin(const heed_experience *experience, size_t episode);

/* The episode that transition t belongs to. O(1). */
HEED_API size_t heed_experience_episode_of(const heed_experience *experience, size_t t);

/* Of transition t < count: rows are borrowed until the next begin or append. */
HEED_API const void *heed_experience_obs(const heed_experience *experience, size_t t);
HEED_API const void *heed_experience_next_obs(const heed_experience *experience, size_t t);
HEED_API heed_action heed_experience_action(const heed_experience *experience, size_t t);
HEED_API heed_outcome heed_experience_outcome(const heed_experience *experience, size_t t);

/* 64-bit hash (XXH3) over all that is stored: names the data in a model card. It depends on the spaces,
 * episodes and transitions only, so it survives saving and loading. */
HEED_API uint64_t heed_experience_hash(const heed_experience *experience);

/* Writes and reads a packed file of kind "experience" (docs/formats.md). Errors as in pack.h. `card`
 * may be NULL in both; when given to load it receives the file's card. */
HEED_API heed_status heed_experience_save(const heed_experience *experience, const heed_card *card,
                                          const char *path, heed_error *err);
HEED_API heed_status heed_experience_load(const char *path, heed_experience **out, heed_card *card,
                                          heed_error *err);
/* From memory, for fuzzing. */
HEED_API heed_status heed_experience_load_memory(const void *bytes, size_t size,
                                                 heed_experience **out, heed_card *card,
                                                 heed_error *err);

/* A stretch of an episode; plain arrays, all owned. */
typedef struct heed_segment {
  uint32_t steps;       /* transitions */
  uint32_t obs_size;    /* bytes of an observation */
  unsigned char *obs;   /* [steps + 1][obs_size] */
  heed_action *actions; /* [steps] */
  double *channel;      /* [steps] reward channel, seen or imagined */
  bool is_terminal;     /* the last step ended the episode by the rules */
} heed_segment;

/* A segment with room for `steps` transitions, zeroed. Errors: HEED_ERR_NOMEM, and `segment` is zeroed.
 * This holds for every function that fills a segment. */
HEED_API heed_status heed_segment_init(heed_segment *segment, uint32_t steps, uint32_t obs_size,
                                       heed_error *err);
HEED_API void heed_segment_deinit(heed_segment *segment); /* accepts a zeroed segment */
HEED_API heed_status heed_segment_copy(heed_segment *copy, const heed_segment *segment,
                                       heed_error *err);

/* Transitions first .. first+steps-1, all of one episode (asserted), copied out. */
HEED_API heed_status heed_segment_from_experience(heed_segment *segment,
                                                  const heed_experience *experience, size_t first,
                                                  uint32_t steps, heed_error *err);

/* Step i of a segment as a row; borrowed. */
HEED_API heed_step heed_segment_step(const heed_segment *segment, uint32_t i);

/* Writes and reads a segment as a map inside a packed document. Reading checks the observations
 * against `obs_space` and the actions against `action_space`, and fills a segment that is the caller's
 * to release. Errors: HEED_ERR_FORMAT, HEED_ERR_NOMEM; `segment` is zeroed then. */
HEED_API void heed_segment_write(const heed_segment *segment, const heed_space *obs_space,
                                 const heed_space *action_space, heed_pack_writer *writer);
HEED_API heed_status heed_segment_read(heed_segment *segment, const heed_pack_value *map,
                                       const heed_space *obs_space, const heed_space *action_space,
                                       heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
