/* fixture.h: a world, what was lived through in it, and what was learned from that: what most
 * benchmarks start from. Everything is made from fixed seeds; what cannot be made ends the program. */
#ifndef HEED_BENCH_FIXTURE_H
#define HEED_BENCH_FIXTURE_H

#include "core/experience.h"
#include "dynamics/dynamics.h"
#include "envs/env.h"
#include "reward/reward.h"

enum { FIXTURE_STEPS = 3000, FIXTURE_COMPARISONS = 60 };

/* All owned. */
typedef struct fixture {
  heed_env *env;               /* safe-interruptibility, level 1 */
  heed_experience *experience; /* FIXTURE_STEPS random steps */
  heed_dynamics *tabular;      /* learned from them, default parameters */
  heed_choices choices; /* FIXTURE_COMPARISONS of stretches of them, by a person who never errs */
  heed_reward *linear;  /* learned from those */
  void *state;          /* after a reset */
  unsigned char *obs;   /* of that state */
  void *belief;         /* of the tabular model, after that observation */
} fixture;

void heed__fixture_init(fixture *f);
void heed__fixture_deinit(fixture *f);

/* Ends the program, saying why, unless `status` is HEED_OK. */
void heed__must(heed_status status, const heed_error *err);

/* calloc that cannot fail. */
void *heed__must_alloc(size_t count, size_t size);

#endif
