/* opponent.h: the planner as the other player of a game that a person plays. It plans in the simulator and
 * plays for its own side of the return. */
#ifndef HEED_CLI_OPPONENT_H
#define HEED_CLI_OPPONENT_H

#include "cli/game.h"
#include "planner/planner.h"
#include "value/network.h"

typedef struct heed__opponent {
  uint32_t side; /* that it plays: 0 the first player, 1 the other */
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_planner *planner;
  heed_value_network *value; /* or NULL */
  unsigned char *belief;
  heed_rng rng;
} heed__opponent;

/* A planner with the settings in `params` (NULL: those of opponent.c), and a network in the file `value` (NULL:
 * without). Errors: HEED_ERR_ARG for a world of
 * one, and for wrong settings; HEED_ERR_NOMEM. deinit accepts it half made, and zeroed. */
heed_status heed__opponent_init(heed__opponent *opponent, const heed_env *env, uint32_t side,
                                const char *params, const char *value, uint64_t seed,
                                heed_error *err);
void heed__opponent_deinit(heed__opponent *opponent);

/* Is it its turn? */
bool heed__opponent_has_turn(const heed__opponent *opponent, const heed__game *game);

/* Acts while it is its turn. */
heed_status heed__opponent_act(heed__opponent *opponent, heed__game *game, heed_error *err);

#endif
