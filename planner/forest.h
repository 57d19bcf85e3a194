/* forest.h: several trees, each with luck of its own, that decide together. */
#ifndef HEED_PLANNER_FOREST_H
#define HEED_PLANNER_FOREST_H

#include "planner/search.h"

typedef struct heed_forest {
  uint32_t count;
  heed_planner **trees;     /* [count] owned */
  const void **beliefs;     /* [count] */
  heed_rng *rngs;           /* [count] */
  heed_decision *decisions; /* [count] of the trees */
  double *lowest;           /* [count] scratch */
} heed_forest;

/* A planner of config->trees trees. Errors as heed_planner_create. */
heed_status heed__forest_create(const heed_planner_config *config, const heed_dynamics *dynamics,
                                const heed_reward *reward, heed_forest **out, heed_error *err);
void heed__forest_destroy(heed_forest *forest);
extern const heed_substitute heed__forest;

/* The tree that stands for all where one is to be shown: the first. */
const heed_planner *heed__forest_tree(const heed_planner *planner);

/* For each tree what planner.h says. */
heed_status heed__forest_reserve_reward(heed_planner *planner, const heed_reward *reward,
                                        heed_error *err);
heed_status heed__forest_set_hypotheses(heed_planner *planner, const void *dynamics_hypothesis,
                                        const void *reward_hypothesis, heed_error *err);

#endif
