/* worlds.h: the tables of the games, for the registry. */
#ifndef HEED_ENVS_GAMES_WORLDS_H
#define HEED_ENVS_GAMES_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__catch_ops;
extern const heed_env_ops heed__connect_four_ops;
extern const heed_env_ops heed__tic_tac_toe_ops;

#endif
