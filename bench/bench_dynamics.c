/* bench_dynamics.c: models of dynamics: predictions along imagined random walks, beside a plain copy of a
 * belief, which every prediction makes; draws of hypotheses; and learning. Models of cells on the 7 x 8 board
 * of safe-interruptibility, models of boxes in cartpole (4 numbers, 140 features of `linear`) and acrobot (6,
 * 462). */
#include <stdlib.h>
#include <string.h>

#include "agent/explore.h"
#include "bench/bench.h"
#include "bench/fixture.h"

enum { CALL_STEPS = 256, WALK_STEPS = 30, BOX_STEPS = 300, TOGETHER = 64 };

/* What is measured. */
typedef struct plan {
  const char *model, *params; /* params NULL: defaults */
  const char *world;          /* NULL: the fixture's */
  bool has_draws;             /* of hypotheses that take time */
  bool has_learning;
  const char *predictions, *learning; /* titles */
} plan;

/* What a prediction costs does not depend on how well networks are trained. */
static const plan plans[] = {
    {"tabular", NULL, NULL, false, true, "tabular: predictions", "tabular: learning"},
    {"context", NULL, NULL, false, true, "context: predictions", "context: learning"},
    {"linear", NULL, "cartpole", true, true, "linear, cartpole: predictions",
     "linear, cartpole: learning"},
    {"linear", NULL, "acrobot", true, true, "linear, acrobot: predictions",
     "linear, acrobot: learning"},
    {"ensemble", "epochs=1", "cartpole", false, false, "ensemble, cartpole: predictions", NULL},
    {"ensemble", "epochs=1", "acrobot", false, false, "ensemble, acrobot: predictions", NULL},
};
enum { SUBJECTS = sizeof plans / sizeof plans[0] };

/* A model that has learned its experience, and where its walks begin. All but `plan` and, of the fixture's
 * world, `experience` owned. */
typedef struct subject {
  const plan *plan;
  heed_experience *experience;
  heed_dynamics *model;
  size_t belief_size;
  unsigned char *begun, *beliefs; /* [1], [TOGETHER + 1][belief_size] */
  void *hypothesis, *workspace;
} subject;

typedef struct walk {
  const subject *s;
  bool wants_uncertainty;
  const void *hypothesis; /* NULL: the mean */
  heed_rng rng;
} walk;

static heed_dynamics *new_model(const plan *what, const heed_experience *experience) {
  heed_error err = {0};
  heed_dynamics *model = NULL;
  heed__must(heed_dynamics_create(what->model, what->params, heed_experience_obs_space(experience),
                                  heed_experience_action_space(experience), &model, &err),
             &err);
  return model;
}

/* Random steps of a world. */
static heed_experience *live(const char *world) {
  heed_error err = {0};
  heed_env *env = NULL;
  heed_experience *experience = NULL;
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  heed__must(heed_env_create(world, NULL, &env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_explore_config config = heed_explore_config_default();
  config.steps = BOX_STEPS;
  config.policy = HEED_EXPLORE_RANDOM;
  heed__must(heed_experience_create(&spec->obs_space, &spec->action_space, &experience, &err),
             &err);
  heed__must(heed_explore(env, NULL, &config, &master, experience, NULL, &err), &err);
  heed_env_destroy(env);
  return experience;
}

static void subject_init(subject *s, const plan *what, const fixture *f) {
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  s->plan = what;
  s->experience = what->world != NULL ? live(what->world) : f->experience;
  s->model = new_model(what, s->experience);
  size_t count = heed_experience_count(s->experience);
  heed__must(heed_dynamics_learn(s->model, s->experience, 0, count, NULL, &err), &err);
  s->belief_size = heed_dynamics_spec_of(s->model)->belief_size;
  s->begun = heed__must_alloc(1, s->belief_size);
  s->beliefs = heed__must_alloc(TOGETHER + 1, s->belief_size);
  s->workspace = heed__must_alloc(1, heed_dynamics_workspace_size(s->model, TOGETHER) + 1);
  s->hypothesis = heed__must_alloc(1, heed_dynamics_spec_of(s->model)->hypothesis_size);
  heed_dynamics_begin(s->model, heed_experience_obs(s->experience, 0), s->begun);
  heed_dynamics_draw(s->model, &rng, s->hypothesis);
}

static void subject_deinit(subject *s) {
  if (s->plan->world != NULL) {
    heed_experience_destroy(s->experience);
  }
  heed_dynamics_destroy(s->model);
  free(s->begun);
  free(s->beliefs);
  free(s->workspace);
  free(s->hypothesis);
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
    heed_dynamics_predict(s->model, &p, 1, s->workspace);
  }
  return CALL_STEPS;
}

/* Steps from one belief that a model sees together. */
static double predict_together(void *context) {
  walk *w = context;
  const subject *s = w->s;
  heed_prediction batch[TOGETHER];
  uint32_t actions = heed_dynamics_spec_of(s->model)->action_space.count;
  for (int i = 0; i < TOGETHER; i++) {
    batch[i] = (heed_prediction){.belief = s->begun,
                                 .action = {.index = (int32_t)heed_rng_choice(&w->rng, actions)},
                                 .rng = &w->rng,
                                 .next_belief = s->beliefs + (size_t)i * s->belief_size};
  }
  heed_dynamics_predict(s->model, batch, TOGETHER, s->workspace);
  return TOGETHER;
}

static double draw(void *context) {
  walk *w = context;
  enum { DRAWS = 16 };
  for (int i = 0; i < DRAWS; i++) {
    heed_dynamics_draw(w->s->model, &w->rng, w->s->hypothesis);
  }
  return DRAWS;
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
  heed_dynamics *model = new_model(s->plan, s->experience);
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

enum { WALKS = 3, PREDICTIONS = 6, LEARNING = 2 };

/* A subject's cases. */
typedef struct cases {
  walk walks[WALKS];
  heed_bench_case predictions[PREDICTIONS], learning[LEARNING];
} cases;

static heed_bench_case walking(const char *name, const char *unit, double (*run)(void *),
                               walk *context) {
  return (heed_bench_case){
      .name = name, .unit = unit, .run = run, .reset = reset, .context = context};
}

/* Adds its groups; returns how many. */
static size_t add_groups(subject *s, cases *c, heed_bench_group *groups) {
  const plan *what = s->plan;
  size_t n = 0;
  c->walks[0] = (walk){.s = s};
  c->walks[1] = (walk){.s = s, .hypothesis = s->hypothesis};
  c->walks[2] = (walk){.s = s, .wants_uncertainty = true};
  c->predictions[n++] = walking("copy a belief", "predictions", copy, &c->walks[0]);
  c->predictions[n++] = walking("predict, mean", "predictions", predict, &c->walks[0]);
  c->predictions[n++] = walking("predict, one hypothesis", "predictions", predict, &c->walks[1]);
  c->predictions[n++] =
      walking("predict, mean and uncertainty", "predictions", predict, &c->walks[2]);
  if (what->world != NULL) {
    c->predictions[n++] =
        walking("predict, mean, 64 at once", "predictions", predict_together, &c->walks[0]);
  }
  if (what->has_draws) {
    c->predictions[n++] = walking("draw a hypothesis", "draws", draw, &c->walks[0]);
  }
  groups[0] = (heed_bench_group){.title = what->predictions, .cases = c->predictions, .count = n};
  if (!what->has_learning) {
    return 1;
  }
  c->learning[0] = (heed_bench_case){
      .name = "learn at once", .unit = "transitions", .run = learn_at_once, .context = s};
  c->learning[1] = (heed_bench_case){
      .name = "learn one by one", .unit = "transitions", .run = learn_one_by_one, .context = s};
  groups[1] = (heed_bench_group){.title = what->learning, .cases = c->learning, .count = LEARNING};
  return 2;
}

int main(int argc, char **argv) {
  fixture f;
  static subject subjects[SUBJECTS];
  static cases all[SUBJECTS];
  heed_bench_group groups[2 * SUBJECTS] = {0};
  size_t count = 0;
  heed__fixture_init(&f);
  for (size_t m = 0; m < SUBJECTS; m++) {
    subject_init(&subjects[m], &plans[m], &f);
    count += add_groups(&subjects[m], &all[m], groups + count);
  }
  int status = heed_bench_main(argc, argv, groups, count);
  for (size_t m = 0; m < SUBJECTS; m++) {
    subject_deinit(&subjects[m]);
  }
  heed__fixture_deinit(&f);
  return status;
}
