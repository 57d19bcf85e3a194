/* registry.h: the tables that the registry lists, one per model file. */
#ifndef HEED_REWARD_REGISTRY_H
#define HEED_REWARD_REGISTRY_H

#include "reward/reward.h"

extern const heed_reward_ops heed__reward_channel;  /* channel.c */
extern const heed_reward_ops heed__reward_ensemble; /* ensemble.c */
extern const heed_reward_ops heed__reward_formula;  /* formula.c */
extern const heed_reward_ops heed__reward_linear;   /* linear.c */
extern const heed_reward_ops heed__reward_tabular;  /* tabular.c */
extern const heed_reward_ops heed__reward_sum;      /* wrappers.c, as are all that follow */
extern const heed_reward_ops heed__reward_scale;
extern const heed_reward_ops heed__reward_clip;
extern const heed_reward_ops heed__reward_pessimistic;

#endif
