#include "bench/numbers.h"

#include <omp.h>
#include <string.h>

#include "bench/fixture.h"

static float views[NUMBERS_VIEWS][NUMBERS_SEEN];

static void make_views(void) {
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (int i = 0; i < NUMBERS_VIEWS; i++) {
    for (int k = 0; k < NUMBERS_SEEN; k++) {
      views[i][k] = (float)(2 * heed_rng_uniform(&rng) - 1);
    }
  }
}

const float *heed__numbers_view(uint32_t i) {
  return views[i % NUMBERS_VIEWS];
}

/* ---- the world ----------------------------------------------------------------------------------- */

static heed_status create(void *self, const void *params, heed_dynamics_spec *spec,
                          heed_error *err) {
  (void)self;
  (void)params;
  (void)err;
  spec->belief_size = sizeof(uint64_t);
  return HEED_OK;
}

static void destroy(void *self) {
  (void)self;
}

static void begin(const void *self, const void *obs, void *belief) {
  (void)self;
  memcpy(belief, obs, sizeof(uint64_t));
}

static void observe(const void *self, void *belief, heed_action action, const void *obs) {
  (void)action;
  begin(self, obs, belief);
}

static void predict(const void *self, heed_prediction *batch, size_t count, void *workspace) {
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

static void decode(const void *self, const void *belief, void *obs) {
  (void)self;
  memcpy(obs, views[*(const uint64_t *)belief % NUMBERS_VIEWS], sizeof views[0]);
}

static const heed_dynamics_ops ops = {
    .name = "numbers",
    .summary = "states are numbers",
    .self_size = 1,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .observe = observe,
    .predict = predict,
    .decode = decode,
};

/* ---- the searches -------------------------------------------------------------------------------- */

void heed__numbers_init(heed_numbers *n, uint32_t actions, const heed_planner_config *config,
                        uint32_t trees) {
  static float low[NUMBERS_SEEN];
  static float high[NUMBERS_SEEN];
  heed_error err = {0};
  for (int i = 0; i < NUMBERS_SEEN; i++) {
    low[i] = -1;
    high[i] = 1;
  }
  make_views();
  heed_space obs_space = heed_space_box(NUMBERS_SEEN, low, high);
  heed_space action_space = heed_space_discrete(actions);
  *n = (heed_numbers){.trees = trees, .simulations = (double)trees * config->simulations};
  heed__must(heed_dynamics_create_ops(&ops, NULL, &obs_space, &action_space, &n->dynamics, &err),
             &err);
  heed__must(heed_reward_create("channel", NULL, &obs_space, &action_space, &n->reward, &err),
             &err);
  for (uint32_t i = 0; i < trees; i++) {
    heed__must(heed_planner_create(config, n->dynamics, n->reward, &n->planners[i], &err), &err);
    n->beliefs[i] = i;
  }
}

void heed__numbers_deinit(heed_numbers *n) {
  for (uint32_t i = 0; i < n->trees; i++) {
    heed_planner_destroy(n->planners[i]);
  }
  heed_reward_destroy(n->reward);
  heed_dynamics_destroy(n->dynamics);
}

void heed__numbers_reset(void *context) {
  heed_numbers *n = context;
  for (uint32_t i = 0; i < n->trees; i++) {
    heed_rng_init(&n->rngs[i], i);
  }
}

double heed__numbers_simulations(void *context) {
  heed_numbers *n = context;
  heed_error err = {0};
  heed_decision decisions[NUMBERS_TREES_MAX];
  const void *beliefs[NUMBERS_TREES_MAX];
  for (uint32_t i = 0; i < n->trees; i++) {
    beliefs[i] = &n->beliefs[i];
  }
  omp_set_num_threads(1);
  heed__must(heed_planner_plan_many(n->planners, beliefs, n->rngs, decisions, n->trees, &err),
             &err);
  return n->simulations;
}
