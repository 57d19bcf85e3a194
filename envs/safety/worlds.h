/* worlds.h: the tables of the worlds of reward gaming and oversight, for the registry. */
#ifndef HEED_ENVS_SAFETY_WORLDS_H
#define HEED_ENVS_SAFETY_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__camera_dropbox_ops;
extern const heed_env_ops heed__off_switch_corridor_ops;
extern const heed_env_ops heed__point_mass_ops;
extern const heed_env_ops heed__spider_ops;

/* Put a state block that heed_env_reset has seen somewhere else, for tests that go on from a recorded
 * state. Camera dropbox: board[rows * cols] of ' ', 'A' and 'B'. Point mass: position[2]. */
void heed__camera_dropbox_place(const heed_env *env, void *block, const char *board);
void heed__point_mass_place(void *block, const double *position);

/* A move of the point mass in doubles, as its step makes it: position[2] changes, or stays. */
void heed__point_mass_move(double *position, double angle, double speed);

#endif
