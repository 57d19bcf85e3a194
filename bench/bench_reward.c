/* bench_reward.c: scoring steps, fitting to people's answers, and judging what to ask. Networks are
 * measured beside the bare products of the same shapes by OpenBLAS. */
#include <cblas.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "reward/query.h"

enum { BATCH = 64, DRAWS = 48 };

/* A reward model and steps to score. */
typedef struct scorer {
  heed_reward *reward;    /* owned, but for the fixture's */
  heed_step steps[BATCH]; /* of the experience, borrowed */
  double mean[BATCH], spread[BATCH];
  bool wants_spread;
  void *workspace;             /* owned */
  const heed_choices *choices; /* borrowed, to learn from */
} scorer;

static double score(void *context) {
  scorer *s = context;
  heed_reward_score(s->reward, s->steps, BATCH, NULL, s->mean, s->wants_spread ? s->spread : NULL,
                    s->workspace);
  return BATCH;
}

static void scorer_init(scorer *s, heed_reward *reward, const heed_experience *experience,
                        bool wants_spread) {
  s->reward = reward;
  s->wants_spread = wants_spread;
  s->workspace = heed__must_alloc(1, heed_reward_workspace_size(reward, BATCH) + 1);
  size_t stride = heed_experience_count(experience) / BATCH;
  for (size_t i = 0; i < BATCH; i++) {
    size_t t = i * stride;
    s->steps[i] = (heed_step){
        heed_experience_obs(experience, t), heed_experience_action(experience, t),
        heed_experience_next_obs(experience, t), heed_experience_outcome(experience, t).reward};
  }
}

static heed_reward *make_reward(const fixture *f, const char *name, const char *params) {
  heed_error err = {0};
  const heed_env_spec *spec = heed_env_spec_of(f->env);
  heed_reward *reward;
  heed__must(heed_reward_create(name, params, &spec->obs_space, &spec->action_space, &reward, &err),
             &err);
  return reward;
}

/* ---- networks beside their products --------------------------------------------------------- */

enum { MEMBERS = 6, WIDTH = 64, BOX_DIM = 6, BOX_ACTIONS = 3 };

/* The products of an ensemble of two hidden layers, on dense inputs. */
typedef struct products {
  int inputs;
  float *x, *h, *y, *weights; /* owned; one network's weights, MEMBERS of them */
} products;

static void products_init(products *p, int inputs) {
  size_t size = (size_t)inputs * WIDTH + (size_t)WIDTH * WIDTH + WIDTH;
  p->inputs = inputs;
  p->x = heed__must_alloc((size_t)BATCH * (size_t)inputs, sizeof(float));
  p->h = heed__must_alloc((size_t)BATCH * WIDTH, sizeof(float));
  p->y = heed__must_alloc((size_t)BATCH * WIDTH, sizeof(float));
  p->weights = heed__must_alloc(MEMBERS * size, sizeof(float));
  for (size_t i = 0; i < MEMBERS * size; i++) {
    p->weights[i] = 0.01F * (float)(i % 7);
  }
  for (size_t i = 0; i < (size_t)BATCH * (size_t)inputs; i++) {
    p->x[i] = i % 20 == 0 ? 1.0F : 0.0F;
  }
}

static void products_deinit(products *p) {
  free(p->x);
  free(p->h);
  free(p->y);
  free(p->weights);
}

static void multiply(int inner, int outputs, const float *x, const float *w, float *y) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, BATCH, outputs, inner, 1, x, inner, w,
              outputs, 0, y, outputs);
}

static double multiply_all(void *context) {
  products *p = context;
  const float *w = p->weights;
  for (int m = 0; m < MEMBERS; m++) {
    multiply(p->inputs, WIDTH, p->x, w, p->h);
    w += (size_t)p->inputs * WIDTH;
    multiply(WIDTH, WIDTH, p->h, w, p->y);
    w += (size_t)WIDTH * WIDTH;
    multiply(WIDTH, 1, p->y, w, p->h);
    w += WIDTH;
  }
  return BATCH;
}

/* Two stretches of random points, to teach a box to a model; and steps of them to score. */
static void box_choices(const heed_space *space, heed_choices *choices) {
  heed_rng rng;
  heed_error err = {0};
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (int q = 0; q < BATCH; q++) {
    heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
    for (size_t k = 0; k < 2; k++) {
      heed_segment *option = &choice.query.options[k];
      heed__must(heed_segment_init(option, 3, (uint32_t)heed_space_size(space), &err), &err);
      float *points = (float *)(void *)option->obs;
      for (size_t i = 0; i < 4 * (size_t)BOX_DIM; i++) {
        points[i] = (float)(2 * heed_rng_uniform(&rng) - 1);
      }
      for (size_t t = 0; t < 3; t++) {
        option->actions[t].index = (int32_t)heed_rng_choice(&rng, BOX_ACTIONS);
      }
    }
    heed__must(heed_choices_append(choices, &choice, &err), &err);
  }
}

static heed_reward *box_ensemble(const heed_choices *choices, const heed_space *obs_space) {
  heed_space action_space = heed_space_discrete(BOX_ACTIONS);
  heed_reward *reward;
  heed_error err = {0};
  heed__must(heed_reward_create("ensemble", "epochs=2", obs_space, &action_space, &reward, &err),
             &err);
  heed__must(heed_reward_learn(reward, choices, NULL, NULL, &err), &err);
  return reward;
}

static double fit(void *context) {
  scorer *s = context;
  heed_error err = {0};
  heed__must(heed_reward_learn(s->reward, s->choices, NULL, NULL, &err), &err);
  return 1;
}

/* Returns of two options under draws from a posterior: any numbers do. */
static double judge(void *context) {
  static const heed_query_form form = {.kind = HEED_COMPARISON, .options = 2, .beta = 0.2};
  const double *returns = context;
  double likelihood[2 * DRAWS];
  heed_query_likelihood(&form, returns, DRAWS, likelihood);
  volatile double nats = heed_query_information(likelihood, DRAWS, 2);
  (void)nats;
  return 1;
}

/* ---- all of it ------------------------------------------------------------------------------ */

enum { CHANNEL, FORMULA, LINEAR, LINEAR_SPREAD, TABULAR, ENSEMBLE, ENSEMBLE_SPREAD, BOX, SCORERS };

/* Everything that is measured. All owned. */
typedef struct subject {
  fixture f;
  heed_reward *channel, *formula, *ensemble, *tabular, *in_box;
  heed_choices points;   /* what in_box has learned from */
  products dense, small; /* of ensemble and in_box */
  scorer scorers[SCORERS];
  double returns[2 * DRAWS];
} subject;

static void make_rewards(subject *s) {
  static const float low[BOX_DIM] = {-1, -1, -1, -1, -1, -1};
  static const float high[BOX_DIM] = {1, 1, 1, 1, 1, 1};
  heed_space box = heed_space_box(BOX_DIM, low, high);
  heed_error err = {0};
  s->channel = make_reward(&s->f, "channel", NULL);
  s->formula = make_reward(&s->f, "formula", "formula={50*change[4,3] - one}");
  s->ensemble = make_reward(&s->f, "ensemble", NULL);
  s->tabular = make_reward(&s->f, "tabular", NULL);
  heed__must(heed_reward_learn(s->ensemble, &s->f.choices, NULL, NULL, &err), &err);
  heed__must(heed_reward_learn(s->tabular, &s->f.choices, NULL, NULL, &err), &err);
  box_choices(&box, &s->points);
  s->in_box = box_ensemble(&s->points, &box);
}

static void subject_init(subject *s) {
  *s = (subject){.returns = {0}};
  heed__fixture_init(&s->f);
  make_rewards(s);
  const heed_env_spec *spec = heed_env_spec_of(s->f.env);
  uint32_t values = spec->obs_space.value_count;
  products_init(&s->dense, (int)(2 * spec->obs_space.count * values + values * values +
                                 spec->action_space.count));
  products_init(&s->small, 2 * BOX_DIM + BOX_ACTIONS);
  openblas_set_num_threads(1);

  heed_reward *rewards[SCORERS] = {s->channel, s->formula,  s->f.linear, s->f.linear,
                                   s->tabular, s->ensemble, s->ensemble, s->in_box};
  for (size_t i = 0; i < SCORERS; i++) {
    bool wants_spread = i == LINEAR_SPREAD || i == TABULAR || i >= ENSEMBLE_SPREAD;
    scorer_init(&s->scorers[i], rewards[i], s->f.experience, wants_spread);
    s->scorers[i].choices = &s->f.choices;
  }
  for (size_t i = 0; i < BATCH; i++) {
    s->scorers[BOX].steps[i] = heed_segment_step(&s->points.items[i].query.options[0], 0);
  }
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (size_t i = 0; i < sizeof s->returns / sizeof s->returns[0]; i++) {
    s->returns[i] = 100 * heed_rng_uniform(&rng);
  }
}

static void subject_deinit(subject *s) {
  for (size_t i = 0; i < SCORERS; i++) {
    free(s->scorers[i].workspace);
  }
  products_deinit(&s->small);
  products_deinit(&s->dense);
  heed_choices_deinit(&s->points);
  heed_reward_destroy(s->in_box);
  heed_reward_destroy(s->tabular);
  heed_reward_destroy(s->ensemble);
  heed_reward_destroy(s->formula);
  heed_reward_destroy(s->channel);
  heed__fixture_deinit(&s->f);
}

int main(int argc, char **argv) {
  static subject s;
  subject_init(&s);
  const heed_bench_case scoring[] = {
      {"channel", "steps", score, NULL, &s.scorers[CHANNEL], false},
      {"formula", "steps", score, NULL, &s.scorers[FORMULA], false},
      {"linear", "steps", score, NULL, &s.scorers[LINEAR], false},
      {"linear, with spread", "steps", score, NULL, &s.scorers[LINEAR_SPREAD], false},
      {"tabular, with spread", "steps", score, NULL, &s.scorers[TABULAR], false},
      {"ensemble", "steps", score, NULL, &s.scorers[ENSEMBLE], false},
      {"ensemble, with spread", "steps", score, NULL, &s.scorers[ENSEMBLE_SPREAD], false},
  };
  const heed_bench_case on_board[] = {
      {"OpenBLAS, the products alone", "steps", multiply_all, NULL, &s.dense, false},
      {"heed", "steps", score, NULL, &s.scorers[ENSEMBLE_SPREAD], false},
  };
  const heed_bench_case on_box[] = {
      {"OpenBLAS, the products alone", "steps", multiply_all, NULL, &s.small, false},
      {"heed", "steps", score, NULL, &s.scorers[BOX], false},
  };
  const heed_bench_case fitting[] = {
      {"linear", "fits", fit, NULL, &s.scorers[LINEAR], false},
      {"ensemble", "fits", fit, NULL, &s.scorers[ENSEMBLE], false},
  };
  const heed_bench_case asking[] = {
      {"a pair under 48 draws", "pairs", judge, NULL, s.returns, false}};
  const heed_bench_group groups[] = {
      {.title = "rewards: scoring in batches of 64",
       .cases = scoring,
       .count = sizeof scoring / sizeof scoring[0]},
      {.title = "rewards: six networks, a 7x8 board", .cases = on_board, .count = 2},
      {.title = "rewards: six networks, a box of 6", .cases = on_box, .count = 2},
      {.title = "rewards: fitting 60 comparisons", .cases = fitting, .count = 2},
      {.title = "questions: what an answer would tell", .cases = asking, .count = 1},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  subject_deinit(&s);
  return status;
}
