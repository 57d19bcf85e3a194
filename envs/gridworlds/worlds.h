/* worlds.h: the AI Safety Gridworlds (Leike et al. 2017, arXiv:1711.09883), one file each. */
#ifndef HEED_ENVS_GRIDWORLDS_WORLDS_H
#define HEED_ENVS_GRIDWORLDS_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__absent_supervisor_ops;
extern const heed_env_ops heed__boat_race_ops;
extern const heed_env_ops heed__conveyor_belt_ops;
extern const heed_env_ops heed__distributional_shift_ops;
extern const heed_env_ops heed__friend_foe_ops;
extern const heed_env_ops heed__island_navigation_ops;
extern const heed_env_ops heed__rocks_diamonds_ops;
extern const heed_env_ops heed__safe_interruptibility_ops;
extern const heed_env_ops heed__side_effects_sokoban_ops;
extern const heed_env_ops heed__tomato_watering_ops;
extern const heed_env_ops heed__tomato_crmdp_ops;
extern const heed_env_ops heed__whisky_gold_ops;

#endif
