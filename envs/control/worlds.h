/* worlds.h: classic control, one file each, after Gymnasium (Towers et al. 2024, arXiv:2407.17032).
 *
 * heed__<world>_place puts the numbers of a state in place, in the order of its file, and nothing else:
 * counters and marks stay. The block must have been reset before. */
#ifndef HEED_ENVS_CONTROL_WORLDS_H
#define HEED_ENVS_CONTROL_WORLDS_H

#include "envs/env.h"

extern const heed_env_ops heed__cartpole_ops;
extern const heed_env_ops heed__pendulum_ops;
extern const heed_env_ops heed__mountain_car_ops;
extern const heed_env_ops heed__mountain_car_continuous_ops;
extern const heed_env_ops heed__acrobot_ops;

void heed__cartpole_place(void *block, const double *numbers);
void heed__pendulum_place(void *block, const double *numbers);
void heed__mountain_car_place(void *block, const double *numbers);
void heed__mountain_car_continuous_place(void *block, const double *numbers);
void heed__acrobot_place(void *block, const double *numbers);

#endif
