/* bench_dynamics.c: the tabular model: predictions along imagined random walks, beside a plain copy of a
 * belief, which every prediction makes; and learning. */
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"

enum { CALL_STEPS = 256, WALK_STEPS = 30, BELIEF_MAX = 512 };

typedef struct walk {
  const fixture *f;
  bool wants_uncertainty;
  const void *hypothesis; /* NULL: the mean */
  heed_rng rng;
} walk;

static void reset(void *context) {
  walk *w = context;
  heed_rng_init(&w->rng, HEED_DEFAULT_SEED);
}

static double predict(void *context) {
  walk *w = context;
  const fixture *f = w->f;
  uint32_t actions = heed_dynamics_spec_of(f->tabular)->action_space.count;
  size_t size = heed_dynamics_spec_of(f->tabular)->belief_size;
  uint64_t beliefs[2][BELIEF_MAX / 8];
  heed_prediction p = {
      .hypothesis = w->hypothesis, .rng = &w->rng, .wants_uncertainty = w->wants_uncertainty};
  for (int i = 0; i < CALL_STEPS; i++) {
    /* A walk starts afresh when it ends or is long enough. */
    if (i % WALK_STEPS == 0 || p.is_terminal) {
      memcpy(beliefs[i % 2], f->belief, size);
    }
    p.belief = beliefs[i % 2];
    p.next_belief = beliefs[(i + 1) % 2];
    p.action = (heed_action){.index = (int32_t)heed_rng_choice(&w->rng, actions)};
    heed_dynamics_predict(f->tabular, &p, 1, NULL);
  }
  return CALL_STEPS;
}

/* memcpy through a pointer that the compiler cannot see through, so that the copies are made. */
static void *(*volatile copy_bytes)(void *to, const void *from, size_t size) = memcpy;

static double copy(void *context) {
  const walk *w = context;
  size_t size = heed_dynamics_spec_of(w->f->tabular)->belief_size;
  uint64_t belief[BELIEF_MAX / 8];
  for (int i = 0; i < CALL_STEPS; i++) {
    (void)copy_bytes(belief, w->f->belief, size);
  }
  return CALL_STEPS;
}

/* A fresh model learns all of the experience, `step` transitions at a time. */
static double learn(const fixture *f, size_t step) {
  heed_error err = {0};
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(f->tabular);
  heed_dynamics *model;
  heed__must(
      heed_dynamics_create("tabular", NULL, &spec->obs_space, &spec->action_space, &model, &err),
      &err);
  size_t count = heed_experience_count(f->experience);
  for (size_t t = 0; t < count; t += step) {
    size_t n = count - t < step ? count - t : step;
    heed__must(heed_dynamics_learn(model, f->experience, t, n, NULL, &err), &err);
  }
  heed_dynamics_destroy(model);
  return (double)count;
}

static double learn_at_once(void *context) {
  return learn(context, SIZE_MAX);
}

static double learn_one_by_one(void *context) {
  return learn(context, 1);
}

int main(int argc, char **argv) {
  fixture f;
  heed__fixture_init(&f);
  if (heed_dynamics_spec_of(f.tabular)->belief_size > BELIEF_MAX) {
    return 1;
  }
  uint64_t hypothesis;
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  heed_dynamics_draw(f.tabular, &rng, &hypothesis);

  walk mean = {.f = &f};
  walk drawn = {.f = &f, .hypothesis = &hypothesis};
  walk unsure = {.f = &f, .wants_uncertainty = true};
  const heed_bench_case predictions[] = {
      {"copy a belief", "predictions", copy, NULL, &mean, false},
      {"predict, mean", "predictions", predict, reset, &mean, false},
      {"predict, one hypothesis", "predictions", predict, reset, &drawn, false},
      {"predict, mean and uncertainty", "predictions", predict, reset, &unsure, false},
  };
  const heed_bench_case learning[] = {
      {"learn at once", "transitions", learn_at_once, NULL, &f, false},
      {"learn one by one", "transitions", learn_one_by_one, NULL, &f, false},
  };
  const heed_bench_group groups[] = {
      {.title = "tabular: predictions",
       .cases = predictions,
       .count = sizeof predictions / sizeof predictions[0]},
      {.title = "tabular: learning",
       .cases = learning,
       .count = sizeof learning / sizeof learning[0]},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  heed__fixture_deinit(&f);
  return status;
}
