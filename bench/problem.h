/* problem.h: worlds with the truth about some of their states: what every action is worth there, exactly. */
#ifndef HEED_BENCH_PROBLEM_H
#define HEED_BENCH_PROBLEM_H

#include "dynamics/dynamics.h"
#include "envs/env.h"
#include "reward/reward.h"

enum { HEED__PROBLEM_ACTIONS = 16 };

typedef enum heed__truth {
  HEED__TRUTH_WORLD, /* what the world pays, by the solver of worlds (envs/solve.h) */
  HEED__TRUTH_PLAN,  /* another reward, by dynamic programming over beliefs (planner/exactly.h) */
  HEED__TRUTH_WISHES /* the off-switch corridor, likewise; beliefs about the wish (bench/wishes.h) */
} heed__truth;

typedef struct heed__world {
  const char *name;     /* as it is shown */
  const char *env;      /* registry name */
  const char *params;   /* or NULL */
  uint32_t horizon;     /* enough for the goal from everywhere, or a round, or a game */
  double discount;      /* 1 in games: a win is a win, however late */
  uint32_t most;        /* the greatest budget that is tried; 0: the usual one */
  uint32_t strict_most; /* of searches that share no states; 0: the same */
  uint32_t answers;     /* of the dynamics, to searches that draw from them; 0: the usual number */
  uint32_t room;        /* nodes of a search that shares states; 0: 65536 */
  bool is_start;        /* only where episodes start, each again and again if they are few */
  heed__truth truth;
  const char *formula; /* of HEED__TRUTH_PLAN: the reward, as params of `formula` */
} heed__world;

typedef struct heed__problem {
  const heed__world *world;
  heed_env *env;
  heed_dynamics *model; /* the exact simulator, or the wishes */
  heed_reward *reward;
  uint32_t count, capacity, actions;
  uint32_t distinct;      /* of them are different states */
  unsigned char *beliefs; /* [count][belief_size] */
  double *sides;          /* [count] 1; in games -1 where the agent's adversary chooses */
  double *values;         /* [count][actions] times the side; NAN: not legal */
  double low, high;       /* of all values */
} heed__problem;

/* Draws up to `wanted` states, uniformly from all that can be reached (or all starts) and in which not all
 * actions are equally good. Deinit it in any case. Errors: as of envs and planner. */
heed_status heed__problem_init(heed__problem *p, const heed__world *world, uint32_t wanted,
                               heed_error *err);
void heed__problem_deinit(heed__problem *p);

/* Of state i: its belief, the values of its actions, and the best of them. */
const void *heed__problem_belief(const heed__problem *p, uint32_t i);
const double *heed__problem_values(const heed__problem *p, uint32_t i);
double heed__problem_best(const heed__problem *p, uint32_t i);

#endif
