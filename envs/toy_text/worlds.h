/* worlds.h: the tables of Gymnasium's worlds of text, for the registry. */
#ifndef HEED_ENVS_TOY_TEXT_WORLDS_H
#define HEED_ENVS_TOY_TEXT_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__cliff_walking_ops;
extern const heed_env_ops heed__frozen_lake_ops;
extern const heed_env_ops heed__taxi_ops;

#endif
