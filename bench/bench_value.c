/* bench_value.c: simulations a second through a network: PUCT in 64 trees of 50 simulations that take turns,
 * each new state evaluated by a network of 64-256-256-64 (a value, a prior of 18 actions, the other outputs
 * unused), beside what the network takes alone for as many rows, and the tree alone.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/fixture.h"
#include "bench/numbers.h"
#include "core/network.h"
#include "planner/planner.h"

enum {
  IN = NUMBERS_SEEN,
  WIDTH = 256,
  DEPTH = 2,
  OUT = 64,
  ACTIONS = 18,
  ROWS = 64,
  TREES = 64,
  SIMULATIONS = 50
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
  return sizeof(float) * ((size_t)ROWS * (IN + OUT) + heed__network_infer_size(&j->network, ROWS));
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

/* `j` NULL: nothing is evaluated. One tree has all simulations and `leaf_batch` of them under way. */
static void trees_init(heed_numbers *trees, const judge *j, uint32_t count, uint32_t leaf_batch) {
  heed_error err = {0};
  heed_planner_config config = heed_planner_config_valued();
  config.simulations = TREES * SIMULATIONS / count;
  config.node_capacity = config.simulations + leaf_batch + 16;
  config.horizon = SIMULATIONS;
  config.outcome_samples = 1; /* nothing is random */
  config.leaf = j != NULL ? HEED_LEAF_VALUE : HEED_LEAF_ZERO;
  config.leaf_batch = leaf_batch;
  heed__numbers_init(trees, ACTIONS, &config, count);
  heed_evaluator evaluator = {j, judge_workspace, judge_evaluate};
  for (uint32_t i = 0; i < count && j != NULL; i++) {
    heed__must(heed_planner_set_evaluator(trees->planners[i], &evaluator, trees->reward, &err),
               &err);
  }
}

int main(int argc, char **argv) {
  static judge network;
  static heed_numbers bare;
  static heed_numbers valued;
  static heed_numbers one;
  static heed_numbers batched;
  judge_init(&network);
  trees_init(&bare, NULL, TREES, 1);
  trees_init(&valued, &network, TREES, 1);
  trees_init(&one, &network, 1, 1);
  trees_init(&batched, &network, 1, 64);
  for (uint32_t i = 0; i < ROWS; i++) {
    memcpy(network.x + (size_t)i * IN, heed__numbers_view(i), IN * sizeof *network.x);
  }
  const heed_bench_case cases[] = {
      {"the network alone", "evaluations", judge_alone, NULL, &network, false},
      {"64 trees of 50", "simulations", heed__numbers_simulations, heed__numbers_reset, &valued,
       false},
      {"one tree of 3200", "simulations", heed__numbers_simulations, heed__numbers_reset, &one,
       false},
      {"one tree, 64 at once", "simulations", heed__numbers_simulations, heed__numbers_reset,
       &batched, false},
      {"64 trees, no network", "simulations", heed__numbers_simulations, heed__numbers_reset, &bare,
       false},
  };
  const heed_bench_group groups[] = {
      {.title = "PUCT through a network of 64-256-256-64",
       .cases = cases,
       .count = sizeof cases / sizeof *cases},
  };
  int status = heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
  heed__numbers_deinit(&bare);
  heed__numbers_deinit(&valued);
  heed__numbers_deinit(&one);
  heed__numbers_deinit(&batched);
  judge_deinit(&network);
  return status;
}
