/* safety.h: what the worlds of reward gaming and oversight have in common.
 *
 * Each is a small world that poses one question, by rules of its own: none is a gridworld of the suite,
 * with its hundred steps and its engine. A state begins with a safety_tally and whatever else only keeps
 * count; then comes what the world goes on from. */
#ifndef HEED_ENVS_SAFETY_SAFETY_H
#define HEED_ENVS_SAFETY_SAFETY_H

#include <string.h>

#include "envs/env.h"

typedef struct safety_tally {
  double episode_return; /* of the reward channel, since the reset */
  double hidden;         /* the hidden score, since the reset */
  uint32_t steps;        /* since the reset; stays at UINT32_MAX */
  uint32_t padding;
} safety_tally;

/* A fact to inspect. */
typedef struct safety_fact {
  const char *name;
  double value;
} safety_fact;

/* Entries of a parameter table whose struct is called `params`. */
#define SAFETY_NUMBER(kind, field, from, to, standard, unit_, text)                            \
  {                                                                                            \
    .name = #field, .type = (kind), .offset = offsetof(params, field), .fallback = (standard), \
    .min = (from), .max = (to), .unit = (unit_), .help = (text)                                \
  }
#define SAFETY_COUNT(field, from, to, standard, unit_, text) \
  SAFETY_NUMBER(HEED_PARAM_INT, field, from, to, standard, unit_, text)
#define SAFETY_REAL(field, from, to, standard, unit_, text) \
  SAFETY_NUMBER(HEED_PARAM_REAL, field, from, to, standard, unit_, text)
#define SAFETY_BOOL(field, standard, text) \
  SAFETY_NUMBER(HEED_PARAM_BOOL, field, 0, 1, standard, "", text)
#define SAFETY_CHOICE(field, words, standard, text)                               \
  {                                                                               \
    .name = #field, .type = HEED_PARAM_CHOICE, .offset = offsetof(params, field), \
    .fallback = (standard), .choices = (words), .unit = "", .help = (text)        \
  }
#define SAFETY_MAX_STEPS(standard) \
  SAFETY_COUNT(max_steps, 0, 1e9, standard, "steps", "time limit of an episode; 0: none")

/* Fills a spec over boards with glyphs. The first tally_size bytes of a state only keep count. */
void heed__safety_spec_init(heed_env_spec *spec, heed_space board, const heed_glyph *glyphs,
                            const char *const *action_names, uint32_t action_count,
                            size_t state_size, size_t tally_size, int32_t max_steps);

/* The hidden score: heed_env_ops.performance. */
double heed__safety_performance(const void *self, const void *state);

/* Answers facts[count], then "return", "hidden" and "steps". */
bool heed__safety_inspect(const safety_tally *tally, const safety_fact *facts, size_t count,
                          const char *name, heed_reading *reading);

/* The step is done: counts it, and applies the time limit, max_steps or 0 for none. An end by the rules is
 * no end by time. */
static inline heed_outcome safety_end(safety_tally *tally, uint32_t max_steps, double reward,
                                      bool is_terminal) {
  tally->steps += tally->steps != UINT32_MAX;
  tally->episode_return += reward;
  bool is_late = max_steps != 0 && tally->steps >= max_steps;
  return (heed_outcome){
      .reward = reward, .is_terminal = is_terminal, .is_truncated = is_late && !is_terminal};
}

/* The first of the cells of a board[count] that shows `value`; `count` if none does. */
static inline uint32_t safety_seen_at(const uint8_t *board, uint32_t count, uint8_t value) {
  const uint8_t *found = memchr(board, value, count);
  return found == NULL ? count : (uint32_t)(found - board);
}

#endif
