/* bench_dynamics.c: models of cells: predictions along imagined random walks on the 7 x 8 board of
 * safe-interruptibility, beside a plain copy of a belief, which every prediction makes; and learning. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"

enum { CALL_STEPS = 256, WALK_STEPS = 30 };

/* A model that has learned the fixture's experience, and where its walks begin. */
typedef struct subject {
  const char *name;
  const heed_experience *experience;
  heed_dynamics *model;
  size_t belief_size;
  unsigned char *begun, *beliefs; /* [1], [2][belief_size] */
  uint64_t hypothesis;
} subject;

typedef struct walk {
  const subject *s;
  bool wants_uncertainty;
  const void *hypothesis; /* NULL: the mean */
  heed_rng rng;
} walk;

static heed_dynamics *new_model(const char *name, const heed_experience *experience) {
  heed_error err = {0};
  heed_dynamics *model = NULL;
  heed__must(heed_dynamics_create(name, NULL, heed_experience_obs_space(experience),
                                  heed_experience_action_space(experience), &model, &err),
             &err);
  return model;
}

static void subject_init(subject *s, const char *name, const heed_experience *experience) {
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  s->name = name;
  s->experience = experience;
  s->model = new_model(name, experience);
  size_t count = heed_experience_count(experience);
  heed__must(heed_dynamics_learn(s->model, experience, 0, count, NULL, &err), &err);
  s->belief_size = heed_dynamics_spec_of(s->model)->belief_size;
  s->begun = heed__must_alloc(1, s->belief_size);
  s->beliefs = heed__must_alloc(2, s->belief_size);
  heed_dynamics_begin(s->model, heed_experience_obs(experience, 0), s->begun);
  heed_dynamics_draw(s->model, &rng, &s->hypothesis);
}

static void subject_deinit(subject *s) {
  heed_dynamics_destroy(s->model);
  free(s->begun);
  free(s->beliefs);
}

static void reset(void *context) {
  walk *w = context;
  heed_rng_init(&w->rng, HEED_DEFAULT_SEED);
}

static double predict(void *context) {
  walk *w = context;
  const subject *s = w->s;
  uint32_t actions = heed_dynamics_spec_of(s->model)->action_space.count;
  unsigned char *beliefs[2] = {s->beliefs, s->beliefs + s->belief_size};
  heed_prediction p = {
      .hypothesis = w->hypothesis, .rng = &w->rng, .wants_uncertainty = w->wants_uncertainty};
  for (int i = 0; i < CALL_STEPS; i++) {
    /* A walk starts afresh when it ends or is long enough. */
    if (i % WALK_STEPS == 0 || p.is_terminal) {
      memcpy(beliefs[i % 2], s->begun, s->belief_size);
    }
    p.belief = beliefs[i % 2];
    p.next_belief = beliefs[(i + 1) % 2];
    p.action = (heed_action){.index = (int32_t)heed_rng_choice(&w->rng, actions)};
    heed_dynamics_predict(s->model, &p, 1, NULL);
  }
  return CALL_STEPS;
}

/* memcpy through a pointer that the compiler cannot see through, so that the copies are made. */
static void *(*volatile copy_bytes)(void *to, const void *from, size_t size) = memcpy;

static double copy(void *context) {
  const walk *w = context;
  for (int i = 0; i < CALL_STEPS; i++) {
    (void)copy_bytes(w->s->beliefs, w->s->begun, w->s->belief_size);
  }
  return CALL_STEPS;
}

/* A fresh model learns all of the experience, `step` transitions at a time. */
static double learn(const subject *s, size_t step) {
  heed_error err = {0};
  heed_dynamics *model = new_model(s->name, s->experience);
  size_t count = heed_experience_count(s->experience);
  for (size_t t = 0; t < count; t += step) {
    size_t n = count - t < step ? count - t : step;
    heed__must(heed_dynamics_learn(model, s->experience, t, n, NULL, &err), &err);
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
  enum { MODELS = 2, PREDICTIONS = 4, LEARNING = 2 };
  static const char *const names[MODELS] = {"tabular", "context"};
  static const char *const titles[MODELS][2] = {{"tabular: predictions", "tabular: learning"},
                                                {"context: predictions", "context: learning"}};
  fixture f;
  heed__fixture_init(&f);
  subject subjects[MODELS];
  walk walks[MODELS][3];
  heed_bench_case predictions[MODELS][PREDICTIONS];
  heed_bench_case learning[MODELS][LEARNING];
  heed_bench_group groups[2 * MODELS] = {0};
  for (size_t m = 0; m < MODELS; m++) {
    subject *s = &subjects[m];
    subject_init(s, names[m], f.experience);
    walks[m][0] = (walk){.s = s};
    walks[m][1] = (walk){.s = s, .hypothesis = &s->hypothesis};
    walks[m][2] = (walk){.s = s, .wants_uncertainty = true};
    predictions[m][0] = (heed_bench_case){
        .name = "copy a belief", .unit = "predictions", .run = copy, .context = &walks[m][0]};
    static const char *const what[3] = {"predict, mean", "predict, one hypothesis",
                                        "predict, mean and uncertainty"};
    for (int i = 0; i < 3; i++) {
      predictions[m][1 + i] = (heed_bench_case){.name = what[i],
                                                .unit = "predictions",
                                                .run = predict,
                                                .reset = reset,
                                                .context = &walks[m][i]};
    }
    learning[m][0] = (heed_bench_case){
        .name = "learn at once", .unit = "transitions", .run = learn_at_once, .context = s};
    learning[m][1] = (heed_bench_case){
        .name = "learn one by one", .unit = "transitions", .run = learn_one_by_one, .context = s};
    groups[2 * m] =
        (heed_bench_group){.title = titles[m][0], .cases = predictions[m], .count = PREDICTIONS};
    groups[2 * m + 1] =
        (heed_bench_group){.title = titles[m][1], .cases = learning[m], .count = LEARNING};
  }
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  for (int m = 0; m < MODELS; m++) {
    subject_deinit(&subjects[m]);
  }
  heed__fixture_deinit(&f);
  return status;
}
