/* playout.h: an episode played on at random, in one loop.
 *
 * Searches play out millions of them, and a step of a game is a few instructions: what it costs to call it would
 * be most of the work. So the loop is one that is inlined wherever it is used: with the operations of any
 * environment in env.c, and with its own two in an environment that wants its playouts fast:
 *
 *     static void playout(const void *self, void *state, heed_playout *p, heed_rng *rng) {
 *       heed__play_out(&(heed__play){.legal = legal, .step = step}, self, state, p, rng);
 *     }
 *
 * where the compiler knows which functions they are and makes one of all three. */
#ifndef HEED_ENVS_PLAYOUT_H
#define HEED_ENVS_PLAYOUT_H

#include <string.h>

#include "envs/env.h"

/* What is played: operations of an environment (env.h), and sizes of its spec. */
typedef struct heed__play {
  uint32_t (*legal)(const void *self, const void *state, uint32_t *actions);
  /* The legal action of the number that heed_rng_choice draws, where that is known without a list; or NULL. */
  uint32_t (*draw)(const void *self, const void *state, heed_rng *rng);
  heed_outcome (*step)(const void *self, void *state, heed_action action, heed_rng *rng);
  void (*observe)(const void *self, const void *state, void *obs); /* needed for observations */
  uint32_t action_count;                                           /* without `legal` */
  size_t tally_size, obs_size;
} heed__play;

static inline __attribute__((always_inline)) uint32_t heed__play_draw(const heed__play *play,
                                                                      const void *self,
                                                                      const void *state,
                                                                      heed_rng *rng) {
  if (play->draw != NULL) {
    return play->draw(self, state, rng);
  }
  if (play->legal == NULL) {
    return heed_rng_choice(rng, play->action_count);
  }
  uint32_t actions[HEED_LEGAL_MAX];
  uint32_t count = play->legal(self, state, actions);
  return actions[heed_rng_choice(rng, count)];
}

static inline __attribute__((always_inline)) void heed__play_out(const heed__play *play,
                                                                 const void *self, void *state,
                                                                 heed_playout *p, heed_rng *rng) {
  bool is_over = false;
  uint32_t t = 0;
  for (; t < p->most && !is_over; t++) {
    int32_t action = (int32_t)heed__play_draw(play, self, state, rng);
    heed_outcome outcome = play->step(self, state, (heed_action){.index = action}, rng);
    if (play->tally_size > 0) {
      memset(state, 0, play->tally_size);
    }
    p->actions[t] = action;
    p->rewards[t] = outcome.reward;
    is_over = outcome.is_terminal || outcome.is_truncated;
    if (p->obs != NULL) {
      play->observe(self, state, p->obs + t * play->obs_size);
    }
  }
  p->steps = t;
  p->is_over = is_over;
}

#endif
