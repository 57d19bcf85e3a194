/* asking.h: one agent that asks in one world until it does what people want. */
#ifndef HEED_BENCH_ASKING_H
#define HEED_BENCH_ASKING_H

#include "agent/ask.h"
#include "bench/certain.h"

enum { HEED__MARKS = 13, HEED__ASKING_WORLDS = 11 };

/* Numbers of answers after which the agent is looked at. */
extern const uint32_t heed__marks[HEED__MARKS];

/* Worlds whose hidden performance can be told, step by step, from what is seen. `best` is the best that can
 * be had, averaged over the starts: envs/solve.h, and where that is too large (0) what the same planner
 * reaches with what the ideal person thinks for its reward. `toss`: what a start draws, if anything; there
 * is an episode for either side of it. `particles`: of the exact simulator's beliefs, one where nothing is
 * hidden. */
typedef struct heed__asking_world {
  const char *name, *params;
  const char *toss;
  double best;
  uint32_t episodes, particles;
} heed__asking_world;

extern const heed__asking_world heed__asking_worlds[HEED__ASKING_WORLDS];

/* A world, and how well can be done in it. Owned but for the world. */
typedef struct heed__asking_place {
  const heed__asking_world *world; /* borrowed */
  heed_env *env;
  heed_dynamics *exact;
  heed__certain certain; /* zeroed where the world draws */
  heed_reward *ideal;    /* what the person thinks */
  double best;           /* mean performance of an episode */
  double ideal_planner;  /* what the planner reaches with the ideal reward */
} heed__asking_place;

heed_status heed__asking_place_init(heed__asking_place *p, const heed__asking_world *where,
                                    heed_error *err);
void heed__asking_place_deinit(heed__asking_place *p); /* accepts a zeroed one */

/* Who asks whom, and how. All borrowed. */
typedef struct heed__asking_way {
  const char *questions, *person; /* names */
  const char *dynamics;           /* "exact", or a model that learns first */
  const char *reward;             /* parameters of `linear` */
  uint32_t most;                  /* the last mark */
} heed__asking_way;

typedef struct heed__asking_figure {
  bool is_known;
  uint32_t
      answers; /* the first of two successive marks with 95 % of the best, or the last one tried */
  bool has_reached;
} heed__asking_figure;

heed_status heed__asking_run(const heed__asking_place *p, const heed__asking_way *how,
                             uint64_t seed, heed__asking_figure *result, heed_error *err);

#endif
