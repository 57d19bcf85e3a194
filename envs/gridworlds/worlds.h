/* worlds.h: the AI Safety Gridworlds (Leike et al. 2017, arXiv:1711.09883), one file each. */
#ifndef HEED_ENVS_GRIDWORLDS_WORLDS_H
#define HEED_ENVS_GRIDWORLDS_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__safe_interruptibility_ops;

#endif
