/* small_world.h: what worlds with rules of their own have in common, of any family: none is a gridworld of the
 * suite, with its hundred steps and its engine.
 *
 * A state begins with a small_tally and whatever else only keeps count; then comes what the world goes on
 * from. */
#ifndef HEED_ENVS_SMALL_WORLD_H
#define HEED_ENVS_SMALL_WORLD_H

#include <string.h>

#include "envs/env.h"

typedef struct small_tally {
  double episode_return; /* of the reward channel, since the reset */
  double hidden;         /* the hidden score, since the reset */
  uint32_t steps;        /* since the reset; stays at UINT32_MAX */
  uint32_t padding;
} small_tally;

/* A fact to inspect. */
typedef struct small_fact {
  const char *name;
  double value;
} small_fact;

/* Entries of a parameter table whose struct is called `params`. */
#define SMALL_NUMBER(kind, field, from, to, standard, unit_, text)                             \
  {                                                                                            \
    .name = #field, .type = (kind), .offset = offsetof(params, field), .fallback = (standard), \
    .min = (from), .max = (to), .unit = (unit_), .help = (text)                                \
  }
#define SMALL_COUNT(field, from, to, standard, unit_, text) \
  SMALL_NUMBER(HEED_PARAM_INT, field, from, to, standard, unit_, text)
#define SMALL_REAL(field, from, to, standard, unit_, text) \
  SMALL_NUMBER(HEED_PARAM_REAL, field, from, to, standard, unit_, text)
#define SMALL_BOOL(field, standard, text) \
  SMALL_NUMBER(HEED_PARAM_BOOL, field, 0, 1, standard, "", text)
#define SMALL_CHOICE(field, words, standard, text)                                \
  {                                                                               \
    .name = #field, .type = HEED_PARAM_CHOICE, .offset = offsetof(params, field), \
    .fallback = (standard), .choices = (words), .unit = "", .help = (text)        \
  }
#define SMALL_MAX_STEPS(standard) \
  SMALL_COUNT(max_steps, 0, 1e9, standard, "steps", "time limit of an episode; 0: none")

/* Fills a spec over boards with glyphs. The first tally_size bytes of a state only keep count. */
void heed__small_spec_init(heed_env_spec *spec, heed_space board, const heed_glyph *glyphs,
                           const char *const *action_names, uint32_t action_count,
                           size_t state_size, size_t tally_size, int32_t max_steps);

/* The hidden score: heed_env_ops.performance. */
double heed__small_performance(const void *self, const void *state);

/* Answers facts[count], then "return", "hidden" and "steps". */
bool heed__small_inspect(const small_tally *tally, const small_fact *facts, size_t count,
                         const char *name, heed_reading *reading);

/* The step is done: counts it, and applies the time limit, max_steps or 0 for none. An end by the rules is
 * no end by time. */
static inline heed_outcome small_end(small_tally *tally, uint32_t max_steps, double reward,
                                     bool is_terminal) {
  tally->steps += tally->steps != UINT32_MAX;
  tally->episode_return += reward;
  bool is_late = max_steps != 0 && tally->steps >= max_steps;
  return (heed_outcome){
      .reward = reward, .is_terminal = is_terminal, .is_truncated = is_late && !is_terminal};
}

/* The first of the cells of a board[count] that shows `value`; `count` if none does. */
static inline uint32_t small_seen_at(const uint8_t *board, uint32_t count, uint8_t value) {
  const uint8_t *found = memchr(board, value, count);
  return found == NULL ? count : (uint32_t)(found - board);
}

#endif
