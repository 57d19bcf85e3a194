/* toy_text.h: what Gymnasium's worlds of text have in common.
 *
 * Such a world is one number out of a few, and an action leads from it to one of at most three others,
 * drawn with known probabilities: a Markov decision process that fits into a table. The agent observes
 * the same as cells, a board or the factors of the number.
 *
 * The rules go on after the end of an episode. Whoever steps on is told again, in every step, whether
 * the world or the time limit would end it; both may.
 *
 * What is defined here is static, so it goes by the short prefix toy_. */
#ifndef HEED_ENVS_TOY_TEXT_TOY_TEXT_H
#define HEED_ENVS_TOY_TEXT_TOY_TEXT_H

#include <string.h>

#include "envs/env.h"

/* The states of all worlds. Constant bytes 0 where a world has no use for a field. */
typedef struct toy_state {
  /* the tally: */
  double episode_return; /* rewards since reset */
  double probability;    /* of the outcome last drawn; 1 after a reset */
  uint64_t steps;        /* since reset, those after the end included */
  /* what the world goes on from: */
  uint32_t number;  /* which of its states: the original's observation */
  uint32_t is_open; /* taxi: 1 while a fickle passenger may still think again */
} toy_state;

/* What comes of an action when it is known which outcome was drawn. */
typedef struct toy_outcome {
  uint32_t next; /* state */
  double reward;
  bool is_terminal;
} toy_outcome;

/* On ice a move may go to either side: turns, in quarters, of the outcomes of a move, in the order in
 * which they are drawn. A move that cannot slip has one outcome. */
typedef struct toy_slip {
  uint32_t count;        /* outcomes: 1 or 3 */
  double probability[3]; /* [count] */
  uint32_t turn[3];      /* [count] quarters, to be added to the direction modulo 4 */
} toy_slip;

/* The only outcome of what is certain; it is drawn all the same. */
static const double toy_certain[1] = {1.0};

static inline toy_slip toy_slip_none(void) {
  return (toy_slip){.count = 1, .probability = {1.0}};
}

static inline toy_slip toy_slip_sideways(double forward, double sideways) {
  return (toy_slip){.count = 3, .probability = {sideways, forward, sideways}, .turn = {3, 0, 1}};
}

/* Starts an episode in a state. */
static inline void toy_reset(toy_state *state, uint32_t number) {
  memset(state, 0, sizeof *state);
  state->probability = 1.0;
  state->number = number;
}

/* Takes a step whose outcome was drawn with `probability`. max_steps 0: no time limit. */
static inline heed_outcome toy_advance(toy_state *state, const toy_outcome *outcome,
                                       double probability, uint32_t max_steps) {
  state->number = outcome->next;
  state->episode_return += outcome->reward;
  state->probability = probability;
  state->steps++;
  return (heed_outcome){.reward = outcome->reward,
                        .is_terminal = outcome->is_terminal,
                        .is_truncated = max_steps > 0 && state->steps >= max_steps};
}

/* The neighbour of a cell of a board, or the cell itself at the border. */
static inline uint32_t toy_neighbour(uint32_t height, uint32_t width, uint32_t cell, int rows,
                                     int columns) {
  uint32_t row = cell / width + (uint32_t)rows; /* above the top: wraps round to a large number */
  uint32_t column = cell % width + (uint32_t)columns;
  return row < height && column < width ? row * width + column : cell;
}

/* The cell of a board of `count` cells that shows `value` first; `count` if none does. */
static inline uint32_t toy_seen_at(const uint8_t *board, uint32_t count, uint8_t value) {
  const uint8_t *found = memchr(board, value, count);
  return found == NULL ? count : (uint32_t)(found - board);
}

/* Fills what the specs of all worlds share: the state, its tally, and what is done. */
void heed__toy_spec_init(heed_env_spec *spec, heed_space obs_space, const char *const *action_names,
                         uint32_t action_count, uint32_t max_steps);

/* heed_env_ops.performance: the return of the episode. */
double heed__toy_performance(const void *self, const void *state);

/* Answers "state", "prob", "steps" and "return". */
bool heed__toy_inspect(const toy_state *state, const char *name, heed_reading *reading);

#endif
