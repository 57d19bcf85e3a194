/* bench_value.c: simulations a second through a network: PUCT in 64 trees of 50 simulations that take turns, each
 * new state evaluated by a network of 64-256-256-64 (a value, a prior of 18 actions, the other outputs unused),
 * beside what the network takes alone for as many rows, and the tree alone.
 *
 * The dynamics costs next to nothing: states are numbers, the next one a hash of state and action, and what is
 * seen is one of 256 rows of 64 numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "core/network.h"
#include "planner/planner.h"

enum {
  IN = 64,
  WIDTH = 256,
  DEPTH = 2,
  OUT = 64,
  ACTIONS = 18,
  ROWS = 64,
  VIEWS = 256,
  TREES = 64,
  SIMULATIONS = 50
};

/* What is seen: [VIEWS][IN]. */
static float views[VIEWS][IN];

/* ---- a world of numbers ------------------------------------------------------------------------ */

static heed_status numbers_create(void *self, const void *params, heed_dynamics_spec *spec,
                                  heed_error *err) {
  (void)self;
  (void)params;
  (void)err;
  spec->belief_size = sizeof(uint64_t);
  return HEED_OK;
}

static void numbers_destroy(void *self) {
  (void)self;
}

static void numbers_begin(const void *self, const void *obs, void *belief) {
  (void)self;
  memcpy(belief, obs, sizeof(uint64_t));
}

static void numbers_observe(const void *self, void *belief, heed_action action, const void *obs) {
  (void)action;
  numbers_begin(self, obs, belief);
}

static void numbers_predict(const void *self, heed_prediction *batch, size_t count,
                            void *workspace) {
  (void)self;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    uint64_t next = heed_mix64(*(const uint64_t *)batch[i].belief, (uint64_t)batch[i].action.index);
    *(uint64_t *)batch[i].next_belief = next;
    batch[i].reward = 0;
    batch[i].is_terminal = false;
    batch[i].uncertainty = 0;
  }
}

static void numbers_decode(const void *self, const void *belief, void *obs) {
  (void)self;
  memcpy(obs, views[*(const uint64_t *)belief % VIEWS], sizeof views[0]);
}

static const heed_dynamics_ops numbers_ops = {
    .name = "numbers",
    .summary = "states are numbers",
    .self_size = 1,
    .create = numbers_create,
    .destroy = numbers_destroy,
    .begin = numbers_begin,
    .observe = numbers_observe,
    .predict = numbers_predict,
    .decode = numbers_decode,
};

/* ---- the network ------------------------------------------------------------------------------- */

typedef struct judge {
  heed__network network;
  float *params; /* owned */
  float *x, *y, *scratch;
} judge;

static void judge_init(judge *j) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  j->network = heed__network_of(IN, WIDTH, DEPTH, OUT, HEED__RELU);
  j->params = heed__must_alloc(heed__network_size(&j->network), sizeof *j->params);
  j->x = heed__must_alloc((size_t)ROWS * IN, sizeof *j->x);
  j->y = heed__must_alloc((size_t)ROWS * OUT, sizeof *j->y);
  j->scratch = heed__must_alloc(heed__network_infer_size(&j->network, ROWS), sizeof *j->scratch);
  heed__network_init(&j->network, &rng, j->params);
  for (int i = 0; i < VIEWS; i++) {
    for (int k = 0; k < IN; k++) {
      views[i][k] = (float)(2 * heed_rng_uniform(&rng) - 1);
    }
  }
  memcpy(j->x, views, (size_t)ROWS * IN * sizeof *j->x);
}

static void judge_deinit(judge *j) {
  free(j->params);
  free(j->x);
  free(j->y);
  free(j->scratch);
}

/* The bound: as many rows through the network as a decision of all trees evaluates, and nothing else. */
static double judge_alone(void *context) {
  judge *j = context;
  for (int i = 0; i < SIMULATIONS; i++) {
    heed__network_infer(&j->network, j->params, ROWS, j->x, j->y, j->scratch);
  }
  return ROWS * SIMULATIONS;
}

static size_t judge_workspace(const void *self, size_t batch) {
  const judge *j = self;
  (void)batch;
  return sizeof(float) * (ROWS * (IN + OUT) + heed__network_infer_size(&j->network, ROWS));
}

static void judge_evaluate(const void *self, heed_evaluation *rows, size_t count, void *workspace) {
  const judge *j = self;
  const heed__kernel *kernel = heed__kernel_best();
  float *x = workspace;
  float *y = x + (size_t)ROWS * IN;
  for (size_t i = 0; i < count; i++) {
    memcpy(x + i * IN, rows[i].obs, IN * sizeof *x);
  }
  heed__network_infer(&j->network, j->params, count, x, y, y + (size_t)ROWS * OUT);
  for (size_t i = 0; i < count; i++, y += OUT) {
    rows[i].value = (double)y[0];
    kernel->exp(ACTIONS, y + 1, y + 1);
    float sum = 0;
    for (int a = 0; a < ACTIONS; a++) {
      sum += y[1 + a];
    }
    for (int a = 0; a < ACTIONS; a++) {
      rows[i].prior[a] = (double)(y[1 + a] / sum);
    }
  }
}

/* ---- the trees --------------------------------------------------------------------------------- */

typedef struct forest {
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_planner *planners[TREES];
  uint64_t beliefs[TREES];
  heed_rng rngs[TREES];
  uint32_t count;
} forest;

/* `j` NULL: nothing is evaluated. One tree has all simulations and `leaf_batch` of them under way. */
static void forest_init(forest *f, const judge *j, uint32_t count, uint32_t leaf_batch) {
  static const float low[IN] = {0};
  static float high[IN];
  heed_error err = {0};
  for (int i = 0; i < IN; i++) {
    high[i] = 1;
  }
  heed_space obs_space = heed_space_box(IN, low, high);
  heed_space action_space = heed_space_discrete(ACTIONS);
  heed__must(
      heed_dynamics_create_ops(&numbers_ops, NULL, &obs_space, &action_space, &f->dynamics, &err),
      &err);
  heed__must(heed_reward_create("channel", NULL, &obs_space, &action_space, &f->reward, &err),
             &err);
  heed_planner_config config = heed_planner_config_valued();
  config.simulations = TREES * SIMULATIONS / count;
  config.node_capacity = config.simulations + leaf_batch + 16;
  config.horizon = SIMULATIONS;
  config.outcome_samples = 1; /* nothing is random */
  config.leaf = j != NULL ? HEED_LEAF_VALUE : HEED_LEAF_ZERO;
  config.leaf_batch = leaf_batch;
  f->count = count;
  for (uint32_t i = 0; i < count; i++) {
    heed__must(heed_planner_create(&config, f->dynamics, f->reward, &f->planners[i], &err), &err);
    f->beliefs[i] = i;
    if (j != NULL) {
      heed_evaluator evaluator = {j, judge_workspace, judge_evaluate};
      heed__must(heed_planner_set_evaluator(f->planners[i], &evaluator, f->reward, &err), &err);
    }
  }
}

static void forest_deinit(forest *f) {
  for (uint32_t i = 0; i < f->count; i++) {
    heed_planner_destroy(f->planners[i]);
  }
  heed_reward_destroy(f->reward);
  heed_dynamics_destroy(f->dynamics);
}

static void forest_reset(void *context) {
  forest *f = context;
  for (uint32_t i = 0; i < f->count; i++) {
    heed_rng_init(&f->rngs[i], i);
  }
}

static double forest_simulations(void *context) {
  forest *f = context;
  heed_error err = {0};
  heed_decision decisions[TREES];
  const void *beliefs[TREES];
  for (uint32_t i = 0; i < f->count; i++) {
    beliefs[i] = &f->beliefs[i];
  }
  heed__must(heed_planner_plan_many(f->planners, beliefs, f->rngs, decisions, f->count, &err),
             &err);
  return TREES * SIMULATIONS;
}

int main(int argc, char **argv) {
  static judge network;
  static forest bare;
  static forest valued;
  static forest one;
  static forest batched;
  judge_init(&network);
  forest_init(&bare, NULL, TREES, 1);
  forest_init(&valued, &network, TREES, 1);
  forest_init(&one, &network, 1, 1);
  forest_init(&batched, &network, 1, 64);
  const heed_bench_case cases[] = {
      {"the network alone", "evaluations", judge_alone, NULL, &network, false},
      {"64 trees of 50", "simulations", forest_simulations, forest_reset, &valued, false},
      {"one tree of 3200", "simulations", forest_simulations, forest_reset, &one, false},
      {"one tree, 64 at once", "simulations", forest_simulations, forest_reset, &batched, false},
      {"64 trees, no network", "simulations", forest_simulations, forest_reset, &bare, false},
  };
  const heed_bench_group groups[] = {
      {.title = "PUCT through a network of 64-256-256-64",
       .cases = cases,
       .count = sizeof cases / sizeof *cases},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  forest_deinit(&bare);
  forest_deinit(&valued);
  forest_deinit(&one);
  forest_deinit(&batched);
  judge_deinit(&network);
  return status;
}
