/* numbers.h: a world that costs next to nothing to imagine, and searches through it that take turns: what the
 * tree alone takes, or a network beside it.
 *
 * States are numbers, the next one a hash of state and action; nothing is paid, nothing ends. What is seen of a
 * state is one of NUMBERS_VIEWS rows of NUMBERS_SEEN floats in -1 .. 1. */
#ifndef HEED_BENCH_NUMBERS_H
#define HEED_BENCH_NUMBERS_H

#include "planner/planner.h"

enum { NUMBERS_SEEN = 64, NUMBERS_VIEWS = 256, NUMBERS_TREES_MAX = 64 };

typedef struct heed_numbers {
  heed_dynamics *dynamics;                   /* owned */
  heed_reward *reward;                       /* owned; the channel, which pays nothing */
  heed_planner *planners[NUMBERS_TREES_MAX]; /* owned */
  uint64_t beliefs[NUMBERS_TREES_MAX];
  heed_rng rngs[NUMBERS_TREES_MAX];
  uint32_t trees;
  double simulations; /* of all trees together */
} heed_numbers;

/* So many trees, each searched as `config` says. Ends the program where it cannot. */
void heed__numbers_init(heed_numbers *n, uint32_t actions, const heed_planner_config *config,
                        uint32_t trees);
void heed__numbers_deinit(heed_numbers *n);

/* Row i of what can be seen; static storage, written by heed__numbers_init. */
const float *heed__numbers_view(uint32_t i);

/* A case of a benchmark (bench.h); the context is a heed_numbers. Plans once with every tree, on one thread. */
void heed__numbers_reset(void *context);
double heed__numbers_simulations(void *context);

#endif
