/* bench_envs.c: steps of every world, each with its observation, under random actions, resets included;
 * beside a plain copy of an observation, which is what observing costs at least. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "core/rng.h"

enum { CALL_STEPS = 256, WORLDS_MAX = 64 };

/* One world under way. */
typedef struct walker {
  heed_env *env;         /* owned */
  void *state;           /* owned */
  unsigned char *obs;    /* owned */
  unsigned char *copy;   /* owned; baseline only */
  size_t obs_size;       /* bytes */
  uint32_t actions;      /* to choose from */
  heed_rng env_rng, rng; /* of the world, of the actions */
} walker;

static void reset(void *context) {
  walker *w = context;
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  w->env_rng = heed_rng_derive(&master, HEED_STREAM_ENV, 0);
  w->rng = heed_rng_derive(&master, HEED_STREAM_EXPLORE, 0);
  heed_env_init(w->env, w->state);
  heed_env_reset(w->env, w->state, &w->env_rng);
}

static double step(void *context) {
  walker *w = context;
  for (int i = 0; i < CALL_STEPS; i++) {
    heed_action action = {.index = (int32_t)heed_rng_choice(&w->rng, w->actions)};
    heed_outcome outcome = heed_env_step(w->env, w->state, action, &w->env_rng);
    if (outcome.is_terminal || outcome.is_truncated) {
      heed_env_reset(w->env, w->state, &w->env_rng);
    }
    heed_env_observe(w->env, w->state, w->obs);
  }
  return CALL_STEPS;
}

/* memcpy through a pointer that the compiler cannot see through, so that the copies are made. */
static void *(*volatile copy_bytes)(void *to, const void *from, size_t size) = memcpy;

static double copy(void *context) {
  walker *w = context;
  for (int i = 0; i < CALL_STEPS; i++) {
    (void)copy_bytes(w->copy, w->obs, w->obs_size);
  }
  return CALL_STEPS;
}

static void walker_init(walker *w, const char *name) {
  heed_error err = {0};
  heed__must(heed_env_create(name, NULL, &w->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(w->env);
  w->obs_size = heed_space_size(&spec->obs_space);
  w->actions = spec->action_space.count;
  w->state = heed__must_alloc(1, spec->state_size);
  w->obs = heed__must_alloc(1, w->obs_size);
  w->copy = heed__must_alloc(1, w->obs_size);
  reset(w);
}

static void walker_deinit(walker *w) {
  free(w->copy);
  free(w->obs);
  free(w->state);
  heed_env_destroy(w->env);
}

int main(int argc, char **argv) {
  static walker walkers[WORLDS_MAX];
  heed_bench_case cases[WORLDS_MAX + 1] = {
      {.name = "copy an observation", .unit = "steps", .run = copy, .context = &walkers[0]}};
  size_t worlds = 0;
  for (; worlds < heed_env_count() && worlds < WORLDS_MAX; worlds++) {
    const char *name = heed_env_at(worlds)->name;
    walker_init(&walkers[worlds], name);
    cases[worlds + 1] = (heed_bench_case){
        .name = name, .unit = "steps", .run = step, .reset = reset, .context = &walkers[worlds]};
  }
  heed_bench_group group = {"worlds: step and observe", cases, worlds + 1};
  int status = heed_bench_main(argc, argv, &group, 1);
  for (size_t i = 0; i < worlds; i++) {
    walker_deinit(&walkers[i]);
  }
  return status;
}
