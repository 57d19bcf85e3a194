/* game.h: episodes that a person plays: every step can be taken back, and what remains can be recorded.
 *
 * States are plain bytes and generators are values: a step is taken back by forgetting both. An episode
 * is recorded when it is over, by playing what remains of it once more. */
#ifndef HEED_CLI_GAME_H
#define HEED_CLI_GAME_H

#include "envs/env.h"
#include "envs/trace.h"

/* A moment of the episode; its state stands beside it. */
typedef struct heed__moment {
  heed_rng rng;         /* before the next draw */
  heed_action action;   /* that led here; not of the first */
  heed_outcome outcome; /* of that action */
  double reward_sum;
} heed__moment;

typedef struct heed__game {
  const heed_env *env;     /* borrowed */
  heed_recorder *recorder; /* borrowed; NULL: nothing is recorded */
  heed_rng master;         /* of the seed */
  unsigned char *states;   /* owned: [capacity] blocks, one per moment */
  heed__moment *moments;   /* owned: [capacity] */
  size_t count, capacity;  /* moments of the episode, at least 1 */
  unsigned char *before;   /* owned: the state before the reset */
  unsigned char *scratch;  /* owned: a state that is played again */
  uint32_t episode;        /* from 1 */
  uint32_t recorded;       /* episodes in the recorder */
  uint64_t recorded_steps;
} heed__game;

/* Begins the first episode, with the luck that `heed run --seed` has. Errors: HEED_ERR_NOMEM. */
heed_status heed__game_init(heed__game *game, const heed_env *env, uint64_t seed,
                            heed_recorder *recorder, heed_error *err);
void heed__game_deinit(heed__game *game);

/* The present moment and its state. */
const heed__moment *heed__game_now(const heed__game *game);
const void *heed__game_state(const heed__game *game);
bool heed__game_is_over(const heed__game *game);

/* Takes a legal action in an episode that is not over. Errors: HEED_ERR_NOMEM. */
heed_status heed__game_step(heed__game *game, heed_action action, heed_error *err);

/* Takes the last step back; false at the start of the episode. */
bool heed__game_undo(heed__game *game);

/* Records the episode as it stands and begins the next. */
void heed__game_restart(heed__game *game);

/* Records the episode as it stands, if anything was done in it. */
void heed__game_finish(heed__game *game);

#endif
