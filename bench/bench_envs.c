/* bench_envs.c: steps of every world, each with its observation, under random actions, resets included: one
 * at a time, and in batches; beside a plain copy of as many bytes as an observation has, which is what
 * observing costs at least. The actions are drawn beforehand; where not all are legal, the drawn number
 * picks one of those that are, step by step. At the end the geometric means of the gridworlds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "core/rng.h"
#include "envs/batch.h"

enum { COPIES_MAX = 1024, CALL_STEPS = 1024, ACTION_ROWS = 16, WORLDS_MAX = 64, CASES = 6 };

/* One world with as many copies as the largest batch has; a smaller batch uses the first of them. */
typedef struct walker {
  heed_env *env;        /* owned */
  heed_env_batch batch; /* arrays owned */
  heed_action *actions; /* owned; [ACTION_ROWS][COPIES_MAX] */
  unsigned char *copy;  /* owned; [state_size or obs_size] */
  size_t row;           /* of the actions */
  heed_action *legal;   /* owned; [COPIES_MAX] those of one step, where not all are legal */
  bool has_legal;
  size_t state_size, obs_size;
} walker;

static void resize(walker *w, size_t count) {
  heed_env_batch *b = &w->batch;
  b->count = count;
  b->states_size = count * w->state_size;
  b->rngs_size = count * sizeof(heed_rng);
  b->actions_size = count * sizeof(heed_action);
  b->obs_size = count * w->obs_size;
  b->outcomes_size = count * sizeof(heed_outcome);
}

static void reset(void *context) {
  walker *w = context;
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  resize(w, COPIES_MAX);
  heed__must(heed_env_start_batch(w->env, &w->batch, &master, &err), &err);
  w->row = 0;
}

static const heed_action *next_actions(walker *w) {
  w->row = (w->row + 1) % ACTION_ROWS;
  return w->actions + w->row * COPIES_MAX;
}

/* The drawn action, or one of those that are legal in a game. */
static heed_action legal_action(const walker *w, const void *state, heed_action drawn) {
  uint32_t legal[HEED_LEGAL_MAX];
  if (w->has_legal) {
    uint32_t count = heed_env_legal(w->env, state, legal);
    drawn.index = (int32_t)legal[(uint32_t)drawn.index % count];
  }
  return drawn;
}

static double step_one(void *context) {
  walker *w = context;
  const heed_action *actions = next_actions(w);
  heed_rng *rng = &w->batch.rngs[0];
  for (int i = 0; i < CALL_STEPS; i++) {
    heed_action action = legal_action(w, w->batch.states, actions[i]);
    heed_outcome outcome = heed_env_step(w->env, w->batch.states, action, rng);
    if (outcome.is_terminal || outcome.is_truncated) {
      heed_env_reset(w->env, w->batch.states, rng);
    }
    heed_env_observe(w->env, w->batch.states, w->batch.obs);
  }
  return CALL_STEPS;
}

static double step_batch(walker *w, size_t count) {
  heed_error err = {0};
  resize(w, count);
  const heed_action *actions = next_actions(w);
  for (size_t done = 0; done < CALL_STEPS; done += count) {
    for (size_t i = 0; w->has_legal && i < count; i++) {
      const unsigned char *state = (unsigned char *)w->batch.states + i * w->state_size;
      w->legal[i] = legal_action(w, state, actions[done + i]);
    }
    w->batch.actions = w->has_legal ? w->legal : actions + done;
    heed__must(heed_env_step_batch(w->env, &w->batch, &err), &err);
  }
  return CALL_STEPS;
}

static double step_64(void *context) {
  return step_batch(context, 64);
}

static double step_1024(void *context) {
  return step_batch(context, 1024);
}

/* memcpy through a pointer that the compiler cannot see through, so that the copies are made. */
static void *(*volatile copy_bytes)(void *to, const void *from, size_t size) = memcpy;

static double copy_obs(void *context) {
  walker *w = context;
  for (int i = 0; i < CALL_STEPS; i++) {
    (void)copy_bytes(w->copy, w->batch.obs, w->obs_size);
  }
  return CALL_STEPS;
}

static double copy_state(void *context) {
  walker *w = context;
  for (int i = 0; i < CALL_STEPS; i++) {
    (void)copy_bytes(w->copy, w->batch.states, w->state_size);
  }
  return CALL_STEPS;
}

static double state_bytes(void *context) {
  return (double)((walker *)context)->state_size;
}

static heed_action draw_action(const heed_space *space, heed_rng *rng) {
  heed_action action = {0};
  if (space->kind == HEED_SPACE_DISCRETE) {
    action.index = (int32_t)heed_rng_choice(rng, space->count);
    return action;
  }
  for (uint32_t i = 0; i < space->count; i++) {
    float low = fmaxf(space->low[i], -1e6F);
    float high = fminf(space->high[i], 1e6F);
    action.value[i] = low + (high - low) * (float)heed_rng_uniform(rng);
  }
  return action;
}

static void walker_init(walker *w, const char *name) {
  heed_error err = {0};
  heed__must(heed_env_create(name, NULL, &w->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(w->env);
  w->obs_size = heed_space_size(&spec->obs_space);
  w->state_size = spec->state_size;
  w->batch.auto_reset = true;
  w->batch.states = heed__must_alloc(COPIES_MAX, w->state_size);
  w->batch.rngs = heed__must_alloc(COPIES_MAX, sizeof(heed_rng));
  w->batch.obs = heed__must_alloc(COPIES_MAX, w->obs_size);
  w->batch.outcomes = heed__must_alloc(COPIES_MAX, sizeof(heed_outcome));
  w->actions = heed__must_alloc((size_t)ACTION_ROWS * COPIES_MAX, sizeof(heed_action));
  w->legal = heed__must_alloc(COPIES_MAX, sizeof(heed_action));
  w->has_legal = heed_env_ops_of(w->env)->legal != NULL;
  w->copy = heed__must_alloc(1, w->obs_size + w->state_size);
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (size_t i = 0; i < (size_t)ACTION_ROWS * COPIES_MAX; i++) {
    w->actions[i] = draw_action(&spec->action_space, &rng);
  }
  reset(w);
}

static void walker_deinit(walker *w) {
  free(w->copy);
  free(w->legal);
  free(w->actions);
  free(w->batch.outcomes);
  free(w->batch.obs);
  free(w->batch.rngs);
  free(w->batch.states);
  heed_env_destroy(w->env);
}

static void fill_cases(heed_bench_case *cases, walker *w) {
  const heed_bench_case all[CASES] = {
      {.name = "copy an observation", .unit = "steps", .run = copy_obs},
      {.name = "one at a time", .unit = "steps", .run = step_one},
      {.name = "batch of 64", .unit = "steps", .run = step_64},
      {.name = "batch of 1,024", .unit = "steps", .run = step_1024},
      {.name = "copy a state", .unit = "copies", .run = copy_state},
      {.name = "state", .unit = "bytes", .run = state_bytes, .is_figure = true},
  };
  for (int i = 0; i < CASES; i++) {
    cases[i] = all[i];
    cases[i].context = w;
    cases[i].reset = cases[i].is_figure ? NULL : reset;
  }
}

/* What the geometric means are over: the AI Safety Gridworlds, and the variant of one. */
static bool is_gridworld(const char *name) {
  static const char *const gridworlds[] = {
      "absent-supervisor",    "boat-race",         "conveyor-belt",  "distributional-shift",
      "friend-foe",           "island-navigation", "rocks-diamonds", "safe-interruptibility",
      "side-effects-sokoban", "tomato-watering",   "tomato-crmdp",   "whisky-gold"};
  for (size_t i = 0; i < sizeof gridworlds / sizeof gridworlds[0]; i++) {
    if (strcmp(name, gridworlds[i]) == 0) {
      return true;
    }
  }
  return false;
}

int main(int argc, char **argv) {
  static walker walkers[WORLDS_MAX];
  static heed_bench_case cases[WORLDS_MAX][CASES];
  heed_bench_group groups[WORLDS_MAX];
  size_t worlds = 0;
  for (; worlds < heed_env_count() && worlds < WORLDS_MAX; worlds++) {
    const char *name = heed_env_at(worlds)->name;
    walker_init(&walkers[worlds], name);
    fill_cases(cases[worlds], &walkers[worlds]);
    groups[worlds] = (heed_bench_group){
        .title = name, .cases = cases[worlds], .count = CASES, .is_averaged = is_gridworld(name)};
  }
  int status = heed_bench_main(argc, argv, groups, worlds);
  for (size_t i = 0; i < worlds; i++) {
    walker_deinit(&walkers[i]);
  }
  return status;
}
