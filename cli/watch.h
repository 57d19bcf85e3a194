/* watch.h: an episode as it happens: the world in colour, what it pays and hides, what the agent made of
 * it. On a terminal each step replaces the one before; elsewhere they follow each other. */
#ifndef HEED_CLI_WATCH_H
#define HEED_CLI_WATCH_H

#include "agent/episode.h"
#include "cli/screen.h"

typedef struct heed__watch {
  heed__screen screen; /* owned */
  FILE *out;           /* borrowed */
  uint32_t delay_ms;   /* between steps, on a terminal */
  bool is_live;
  uint32_t episode;  /* from 1 */
  double reward_sum; /* of the episode so far */
} heed__watch;

heed_status heed__watch_init(heed__watch *watch, const heed_env *env, heed__colour colour,
                             uint32_t delay_ms, FILE *out, heed_error *err);
void heed__watch_deinit(heed__watch *watch);

/* Draws one step; `agent` still holds the plan that led to it. */
void heed__watch_step(heed__watch *watch, heed_agent *agent, const heed_episode_step *step);

#endif
