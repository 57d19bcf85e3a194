/* worlds.h: the tables of small worlds that hide something, for the registry. */
#ifndef HEED_ENVS_POMDP_WORLDS_H
#define HEED_ENVS_POMDP_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__tiger_ops;
extern const heed_env_ops heed__rock_paper_scissors_ops;
extern const heed_env_ops heed__kuhn_poker_ops;

#endif
