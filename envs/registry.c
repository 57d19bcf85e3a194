/* registry.c: every environment there is, in the order in which they are listed. */
#include <string.h>

#include "envs/control/worlds.h"
#include "envs/env.h"
#include "envs/games/worlds.h"
#include "envs/gridworlds/worlds.h"
#include "envs/pomdp/worlds.h"
#include "envs/safety/worlds.h"
#include "envs/toy_text/worlds.h"

static const heed_env_ops *const registry[] = {
    &heed__absent_supervisor_ops,
    &heed__boat_race_ops,
    &heed__conveyor_belt_ops,
    &heed__distributional_shift_ops,
    &heed__friend_foe_ops,
    &heed__island_navigation_ops,
    &heed__rocks_diamonds_ops,
    &heed__safe_interruptibility_ops,
    &heed__side_effects_sokoban_ops,
    &heed__tomato_watering_ops,
    &heed__tomato_crmdp_ops,
    &heed__whisky_gold_ops,
    &heed__camera_dropbox_ops,
    &heed__off_switch_corridor_ops,
    &heed__point_mass_ops,
    &heed__spider_ops,
    &heed__tiger_ops,
    &heed__rock_paper_scissors_ops,
    &heed__kuhn_poker_ops,
    &heed__cliff_walking_ops,
    &heed__frozen_lake_ops,
    &heed__taxi_ops,
    &heed__cartpole_ops,
    &heed__pendulum_ops,
    &heed__mountain_car_ops,
    &heed__mountain_car_continuous_ops,
    &heed__acrobot_ops,
    &heed__catch_ops,
    &heed__tic_tac_toe_ops,
    &heed__connect_four_ops,
};

size_t heed_env_count(void) {
  return sizeof registry / sizeof registry[0];
}

const heed_env_ops *heed_env_at(size_t i) {
  return i < heed_env_count() ? registry[i] : NULL;
}

const heed_env_ops *heed_env_find(const char *name) {
  for (size_t i = 0; i < heed_env_count(); i++) {
    if (strcmp(registry[i]->name, name) == 0) {
      return registry[i];
    }
  }
  return NULL;
}
