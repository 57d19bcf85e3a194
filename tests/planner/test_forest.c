/* test_forest.c: trees that decide together, against the same trees planned alone. */
#include <omp.h>

#include "core/allocations.h"
#include "planner/forest.h"
#include "planner/mdp.h"
#include "planner/search.h"

enum { TREES = 4, SIMULATIONS = 400 };

typedef struct parts {
  mdp m;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_planner *planner;
  heed_rng rng;
} parts;

static int setup(void **state) {
  parts *p = calloc(1, sizeof *p);
  assert_non_null(p);
  heed_rng_init(&p->rng, 5);
  mdp_random(&p->m, 8, 3, 3, &p->rng);
  p->dynamics = mdp_dynamics(&p->m);
  p->reward = mdp_reward(&p->m, "channel", NULL);
  *state = p;
  return 0;
}

static int teardown(void **state) {
  parts *p = *state;
  heed_planner_destroy(p->planner);
  heed_dynamics_destroy(p->dynamics);
  heed_reward_destroy(p->reward);
  free(p);
  return 0;
}

static heed_planner_config config_of(uint32_t trees) {
  heed_planner_config config = heed_planner_config_default();
  config.trees = trees;
  config.simulations = trees * SIMULATIONS / TREES;
  config.horizon = 6;
  config.reuse = false;
  return config;
}

static heed_planner *planner_of(parts *p, const heed_planner_config *config) {
  heed_error err = {0};
  heed_planner *planner = NULL;
  assert_ok(heed_planner_create(config, p->dynamics, p->reward, &planner, &err), &err);
  return planner;
}

static heed_decision plan(heed_planner *planner, uint64_t seed) {
  heed_error err = {0};
  heed_decision d;
  heed_rng rng;
  mdp_belief belief = {0, 0};
  heed_rng_init(&rng, seed);
  assert_ok(heed_planner_plan(planner, &belief, &rng, &d, &err), &err);
  return d;
}

static void roots_are_put_together_by_visits(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(TREES);
  config.complete = false;
  config.backup = HEED_BACKUP_MEAN;
  p->planner = planner_of(p, &config);
  heed_decision together = plan(p->planner, 3);
  config.trees = 1;
  config.simulations = SIMULATIONS / TREES;
  heed_planner *alone = planner_of(p, &config);
  double sums[3] = {0};
  uint32_t visits[3] = {0};
  uint64_t asked = 0;
  heed_rng seeds;
  heed_rng_init(&seeds, 3);
  for (int i = 0; i < TREES; i++) {
    heed_planner_reset(alone);
    heed_decision d = plan(alone, heed_rng_next(&seeds));
    asked += d.predictions;
    for (int a = 0; a < 3; a++) {
      visits[a] += d.visits[a];
      sums[a] += d.visits[a] * d.values[a];
    }
  }
  int best = 0;
  for (int a = 0; a < 3; a++) {
    assert_int_equal(together.visits[a], visits[a]);
    assert_near(together.values[a], sums[a] / visits[a], 1e-12);
    best = together.values[a] > together.values[best] ? a : best;
  }
  assert_int_equal(together.chosen, best);
  assert_int_equal(together.simulations, SIMULATIONS);
  assert_int_equal(together.predictions, asked);
  heed_planner_destroy(alone);
}

/* Tried at random, the action tried most is not always the one that looks best. */
static void the_most_visited_action_of_all_trees_is_taken(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(TREES);
  config.selection = HEED_SELECT_UNIFORM;
  config.final = HEED_FINAL_VISITS;
  p->planner = planner_of(p, &config);
  int apart = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    heed_decision d = plan(p->planner, seed);
    uint32_t best = 0;
    for (uint32_t a = 1; a < 3; a++) {
      assert_true(d.visits[a] <= d.visits[d.chosen]);
      best = d.values[a] > d.values[best] ? a : best;
    }
    apart += d.chosen != best;
  }
  assert_true(apart > 0);
}

static void threads_change_nothing(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(TREES);
  int before = omp_get_max_threads();
  uint64_t signature = 0;
  for (int threads = 1; threads <= 4; threads *= 2) {
    omp_set_num_threads(threads);
    heed_planner_destroy(p->planner);
    p->planner = planner_of(p, &config);
    (void)plan(p->planner, 3);
    assert_true(threads == 1 || heed_planner_signature(p->planner) == signature);
    signature = heed_planner_signature(p->planner);
  }
  omp_set_num_threads(before);
}

static void a_swap_scores_every_tree(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = config_of(TREES);
  config.selection = HEED_SELECT_UNIFORM; /* the same trees, whatever the reward */
  heed_reward *other = mdp_reward(&p->m, "formula", "formula=share[2]-share[1]");
  p->planner = planner_of(p, &config);
  (void)plan(p->planner, 3);
  uint64_t asked = p->m.predictions;
  heed_decision swapped;
  assert_ok(heed_planner_swap_reward(p->planner, other, &err), &err);
  assert_ok(heed_planner_decide(p->planner, &p->rng, &swapped, &err), &err);
  assert_int_equal(p->m.predictions, asked);
  double value = swapped.value;
  uint64_t signature = heed_planner_signature(p->planner);
  heed_planner_destroy(p->planner);
  heed_reward *own = p->reward;
  p->reward = other;
  p->planner = planner_of(p, &config);
  heed_decision fresh = plan(p->planner, 3);
  assert_true(heed_planner_signature(p->planner) == signature);
  assert_near(fresh.value, value, 0);
  heed_planner_destroy(p->planner);
  p->planner = NULL;
  heed_reward_destroy(other);
  p->reward = own;
}

/* Nothing is paid: all actions are equally good, and each is taken as often. */
static void ties_of_trees_are_broken_by_the_rule(void **state) {
  enum { TRIES = 600 };
  parts *p = *state;
  heed_planner_config config = config_of(2);
  config.simulations = 12;
  config.horizon = 1;
  heed_reward *own = p->reward;
  p->reward = mdp_reward(&p->m, "formula", "formula=0");
  for (int k = 0; k < 2; k++) {
    config.ties = k == 0 ? HEED_TIES_LOWEST : HEED_TIES_UNIFORM;
    heed_planner *planner = planner_of(p, &config);
    uint32_t taken[3] = {0};
    for (uint64_t seed = 0; seed < TRIES; seed++) {
      heed_decision d = plan(planner, seed);
      assert_int_equal(d.tied, 3);
      assert_int_equal(d.ties, config.ties);
      taken[d.action.index]++;
    }
    for (int a = 0; a < 3; a++) {
      double share = (double)taken[a] / TRIES;
      double expected = k == 0 ? (a == 0) : 1.0 / 3;
      assert_near(share, expected, k == 0 ? 0 : 5 * sqrt(2.0 / 9 / TRIES));
    }
    heed_planner_destroy(planner);
  }
  heed_reward_destroy(p->reward);
  p->reward = own;
}

/* The budget is shared out to the last simulation. */
static void trees_share_the_simulations(void **state) {
  parts *p = *state;
  for (uint32_t simulations = 7; simulations <= 9; simulations++) {
    heed_planner_config config = config_of(3);
    config.simulations = simulations;
    heed_planner_destroy(p->planner);
    p->planner = planner_of(p, &config);
    heed_decision d = plan(p->planner, 3);
    assert_int_equal(d.simulations, simulations);
  }
}

/* A score that is not finite, in every tree or in some: none keeps the old model, which may be gone. */
static void a_swap_that_fails_leaves_no_tree_behind(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = config_of(TREES);
  config.simulations = 5 * TREES; /* not every tree meets everything */
  heed_reward *zero = mdp_reward(&p->m, "formula", "formula=0");
  heed_reward *own = p->reward;
  p->reward = zero;
  p->planner = planner_of(p, &config);
  p->reward = own;
  double finite = 0;
  for (uint32_t next = 0; next < p->m.states; next++) {
    finite = p->m.p[0][1][next] > 0 ? p->m.reward[0][1][next] : finite;
    p->m.reward[0][1][next] = HUGE_VAL;
  }
  (void)plan(p->planner, 3);
  assert_fails(heed_planner_swap_reward(p->planner, own, &err), HEED_ERR_NUMERIC, &err, "finite");
  heed_decision d;
  assert_fails(heed_planner_decide(p->planner, &p->rng, &d, &err), HEED_ERR_STATE, &err, "planned");
  heed_reward_destroy(zero);
  for (uint32_t next = 0; next < p->m.states; next++) {
    p->m.reward[0][1][next] = finite;
  }
  heed_decision swapped = plan(p->planner, 4);
  double value = swapped.value;
  heed_planner_destroy(p->planner);
  p->planner = planner_of(p, &config);
  assert_near(plan(p->planner, 4).value, value, 0);
}

/* Each allocation of a swap fails in turn: the old model stays in every tree, until all have the new one. */
static void a_swap_without_memory_leaves_the_old_reward(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = config_of(TREES);
  heed_reward *other = mdp_reward(&p->m, "ensemble", "members=3,width=8,epochs=1");
  p->planner = planner_of(p, &config);
  (void)plan(p->planner, 3);
  uint64_t before = heed_planner_signature(p->planner);
  size_t tried = 0;
  for (bool is_through = false; !is_through; tried++) {
    until_failure = tried;
    heed_status status = heed_planner_swap_reward(p->planner, other, &err);
    is_through = until_failure != SIZE_MAX;
    until_failure = SIZE_MAX;
    assert_int_equal(status, is_through ? HEED_OK : HEED_ERR_NOMEM);
    heed_decision d;
    assert_int_equal(heed_planner_decide(p->planner, &p->rng, &d, &err),
                     is_through ? HEED_OK : HEED_ERR_STATE);
    (void)plan(p->planner, 3);
    assert_true((heed_planner_signature(p->planner) == before) != is_through);
  }
  assert_true(tried > TREES);
  heed_planner_destroy(p->planner);
  p->planner = NULL;
  heed_reward_destroy(other);
}

static size_t much_scratch(const void *self, size_t batch) {
  (void)self;
  return 1000 * batch;
}

/* Whichever tree finds no memory for a new evaluator, all of them go on with the old one. */
static void an_evaluator_without_memory_is_heard_by_no_tree(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = config_of(TREES);
  config.leaf = HEED_LEAF_VALUE;
  p->planner = planner_of(p, &config);
  heed_evaluator old = mdp_evaluator(&p->m);
  heed_evaluator larger = {&p->m, much_scratch, mdp_evaluate};
  assert_ok(heed_planner_set_evaluator(p->planner, &old, NULL, &err), &err);
  (void)plan(p->planner, 3);
  uint64_t before = heed_planner_signature(p->planner);
  size_t tried = 0;
  for (bool is_through = false; !is_through; tried++) {
    until_failure = tried > 0 ? 1 : 0; /* trees before this one have found their room */
    heed_status status = heed_planner_set_evaluator(p->planner, &larger, NULL, &err);
    is_through = until_failure != SIZE_MAX;
    until_failure = SIZE_MAX;
    assert_int_equal(status, is_through ? HEED_OK : HEED_ERR_NOMEM);
    for (uint32_t i = 0; i < TREES; i++) {
      const heed_planner *tree = p->planner->forest->trees[i];
      assert_true((tree->evaluator.workspace_size != NULL) == is_through);
      assert_true((tree->tree.root == HEED_INDEX_NONE) == is_through); /* the tree stands, too */
    }
  }
  assert_int_equal(tried, TREES + 1);
  (void)plan(p->planner, 3);
  assert_true(heed_planner_signature(p->planner) == before); /* both say the same */
}

/* AddressSanitizer looks for what is left. */
static void trees_without_memory_are_refused(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(2);
  config.node_capacity = 64;
  size_t tried = 0;
  for (bool is_through = false; !is_through; tried++) {
    heed_error err = {0};
    until_failure = tried;
    heed_status status = heed_planner_create(&config, p->dynamics, p->reward, &p->planner, &err);
    is_through = until_failure != SIZE_MAX;
    until_failure = SIZE_MAX;
    assert_int_equal(status, is_through ? HEED_OK : HEED_ERR_NOMEM);
    assert_true((p->planner != NULL) == is_through);
  }
  assert_true(tried > 20);
}

static void trees_go_on_together(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(TREES);
  config.reuse = true;
  p->planner = planner_of(p, &config);
  heed_decision d = plan(p->planner, 3);
  heed_segment line;
  heed_error err = {0};
  assert_ok(heed_planner_line(p->planner, NULL, &line, &err), &err);
  mdp_belief next = {line.obs[1], 0};
  bool stands = heed_planner_advance(p->planner, line.actions[0], &next);
  for (uint32_t i = 0; i < TREES; i++) { /* each one step deeper, or gone */
    const heed_tree *tree = &p->planner->forest->trees[i]->tree;
    assert_true(tree->root == HEED_INDEX_NONE || tree->nodes[tree->root].depth == 1);
  }
  heed_segment_deinit(&line);
  assert_ok(heed_planner_plan(p->planner, &next, &p->rng, &d, &err), &err);
  assert_true(!stands || d.simulations < SIMULATIONS);
  heed_planner_reset(p->planner);
  assert_fails(heed_planner_decide(p->planner, &p->rng, &d, &err), HEED_ERR_STATE, &err,
               "nothing has been planned");
}

/* ---- hypotheses ------------------------------------------------------------------------------ */

/* The first of two arms pays 1; the second 5 or -2, as a fair coin has it that nobody saw. */
static void coin_begin(const void *self, const void *obs, void *belief) {
  (void)self;
  (void)obs;
  memset(belief, 0, sizeof(mdp_belief));
}
static void coin_observe(const void *self, void *belief, heed_action action, const void *obs) {
  (void)action;
  coin_begin(self, obs, belief);
}
static void coin_draw(const void *self, heed_rng *rng, void *hypothesis) {
  (void)self;
  *(uint64_t *)hypothesis = heed_rng_choice(rng, 2);
}
static void coin_predict(const void *self, heed_prediction *batch, size_t count, void *workspace) {
  (void)self;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    bool is_good = batch[i].hypothesis != NULL && *(const uint64_t *)batch[i].hypothesis != 0;
    memset(batch[i].next_belief, 0, sizeof(mdp_belief));
    batch[i].reward = batch[i].action.index == 0 ? 1 : is_good ? 5 : -2;
    batch[i].is_terminal = true;
    batch[i].uncertainty = 0;
  }
}
static void coin_decode(const void *self, const void *belief, void *obs) {
  (void)self;
  (void)belief;
  *(uint8_t *)obs = 0;
}
static heed_status coin_create(void *self, const void *params, heed_dynamics_spec *spec,
                               heed_error *err) {
  (void)self;
  (void)params;
  (void)err;
  spec->belief_size = sizeof(mdp_belief);
  spec->hypothesis_size = sizeof(uint64_t);
  return HEED_OK;
}
static const heed_dynamics_ops coin_ops = {.name = "coin",
                                           .summary = "two arms",
                                           .create = coin_create,
                                           .destroy = mdp_destroy_model,
                                           .begin = coin_begin,
                                           .observe = coin_observe,
                                           .predict = coin_predict,
                                           .decode = coin_decode,
                                           .draw = coin_draw};

/* The mean of the lowest ceil(share K) of K values, by picking the lowest again and again; and the last
 * picked. */
static double mean_of_lowest(const double *values, uint32_t count, uint32_t percent, double *last) {
  bool is_taken[64] = {false};
  uint32_t wanted = (percent * count + 99) / 100;
  double sum = 0;
  for (uint32_t n = 0; n < wanted; n++) {
    uint32_t lowest = count;
    for (uint32_t i = 0; i < count; i++) {
      if (!is_taken[i] && (lowest == count || values[i] < values[lowest])) {
        lowest = i;
      }
    }
    is_taken[lowest] = true;
    sum += values[lowest];
    *last = values[lowest];
  }
  return sum / wanted;
}

/* Conditional value at risk and the lower quantile by their definitions over what the trees found, each under
 * a hypothesis of its own, and the choice that follows from them. */
static void the_worst_trees_count_by_mean_or_quantile(void **state) {
  parts *p = *state;
  static const uint32_t percents[] = {1, 20, 21, 50, 67, 99};
  for (size_t k = 0; k < 2 * sizeof percents / sizeof percents[0]; k++) {
    for (uint32_t trees = 3; trees <= 10; trees += 7) {
      heed_planner_config config = config_of(trees);
      config.risk = k % 2 == 0 ? HEED_RISK_MEAN : HEED_RISK_QUANTILE;
      config.simulations = 20 * trees;
      config.dynamics_hypotheses = HEED_HYPOTHESES_PER_DECISION;
      config.cvar = percents[k / 2] / 100.0;
      heed_planner *planner = planner_of(p, &config);
      heed_decision d = plan(planner, 7);
      int best = 0;
      for (int a = 0; a < 3; a++) {
        double values[64];
        for (uint32_t i = 0; i < trees; i++) {
          values[i] = planner->forest->decisions[i].values[a];
        }
        double quantile = 0;
        double mean = mean_of_lowest(values, trees, percents[k / 2], &quantile);
        assert_near(d.values[a], k % 2 == 0 ? mean : quantile, 1e-12);
        best = d.values[a] > d.values[best] ? a : best;
      }
      assert_int_equal(d.chosen, best);
      heed_planner_destroy(planner);
    }
  }
}

static void fear_of_the_worst_hypothesis_changes_the_choice(void **state) {
  (void)state;
  heed_space obs = heed_space_board(1, 1, 2);
  heed_space actions = heed_space_discrete(2);
  heed_error err = {0};
  parts p = {0};
  assert_ok(heed_dynamics_create_ops(&coin_ops, NULL, &obs, &actions, &p.dynamics, &err), &err);
  assert_ok(heed_reward_create("channel", NULL, &obs, &actions, &p.reward, &err), &err);
  const double cvar[] = {1, 0.25, 0.5, 0.75, 0.9};
  for (int i = 0; i < 5; i++) {
    heed_planner_config config = heed_planner_config_default();
    config.trees = 64;
    config.simulations = 64 * 8;
    config.horizon = 1;
    config.reuse = false;
    config.selection = HEED_SELECT_UNIFORM;
    config.dynamics_hypotheses = HEED_HYPOTHESES_PER_DECISION;
    config.cvar = cvar[i];
    heed_planner *planner = planner_of(&p, &config);
    heed_decision d = plan(planner, 1);
    /* so many coins fell badly; of the worst k, those come first */
    double bad = 0;
    for (uint32_t t = 0; t < 64; t++) {
      bad += planner->forest->decisions[t].values[1] < 0 ? 1 : 0;
    }
    assert_near(bad, 32, 5 * 0.5 * sqrt(64));
    double worst = 64 * cvar[i];
    worst = ceil(worst);
    double expected = (-2 * fmin(bad, worst) + 5 * fmax(worst - bad, 0)) / worst;
    assert_near(d.values[0], 1, 1e-12);
    assert_near(d.values[1], expected, 1e-12);
    assert_int_equal(d.chosen, expected > 1 ? 1 : 0);
    assert_true(i > 1 || d.chosen == (i == 0 ? 1 : 0));
    heed_planner_destroy(planner);
  }
  heed_reward_destroy(p.reward);
  heed_dynamics_destroy(p.dynamics);
}

/* Searches try the second arm often where the coin fell well, and hardly ever where it did not. What it is
 * worth is the mean over coins all the same: the hypotheses are equally likely. */
static void the_mean_over_hypotheses_is_not_one_of_hopes(void **state) {
  (void)state;
  heed_space obs = heed_space_board(1, 1, 2);
  heed_space actions = heed_space_discrete(2);
  heed_error err = {0};
  parts p = {0};
  assert_ok(heed_dynamics_create_ops(&coin_ops, NULL, &obs, &actions, &p.dynamics, &err), &err);
  assert_ok(heed_reward_create("channel", NULL, &obs, &actions, &p.reward, &err), &err);
  heed_planner_config config = heed_planner_config_default();
  config.trees = 64;
  config.simulations = 64 * 40;
  config.horizon = 1;
  config.reuse = false;
  config.exploration = 0.3;
  config.dynamics_hypotheses = HEED_HYPOTHESES_PER_DECISION;
  heed_planner *planner = planner_of(&p, &config);
  heed_decision d = plan(planner, 1);
  double good = 0;
  uint32_t hoped = 0;
  for (uint32_t t = 0; t < 64; t++) {
    const heed_decision *own = &planner->forest->decisions[t];
    good += own->values[1] > 0 ? 1 : 0;
    hoped += own->values[1] > 0 ? own->visits[1] : 0;
  }
  assert_true(hoped > d.visits[1] * 0.8);
  assert_near(d.values[1], (5 * good - 2 * (64 - good)) / 64, 1e-12);
  heed_planner_destroy(planner);
  heed_reward_destroy(p.reward);
  heed_dynamics_destroy(p.dynamics);
}

/* A hypothesis whose scores are not finite: every tree has it then, none an earlier one, which may be gone. */
static void hypotheses_that_fail_leave_no_tree_behind(void **state) {
  parts *p = *state;
  heed_error err = {0};
  heed_planner_config config = config_of(TREES);
  config.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  heed_reward *own = p->reward;
  p->reward = mdp_reward(&p->m, "linear", NULL);
  p->planner = planner_of(p, &config);
  size_t numbers = heed_reward_spec_of(p->reward)->hypothesis_size / sizeof(double);
  double *hypothesis = malloc(numbers * sizeof *hypothesis);
  assert_non_null(hypothesis);
  for (size_t i = 0; i < numbers; i++) {
    hypothesis[i] = HUGE_VAL;
  }
  (void)plan(p->planner, 3);
  assert_fails(heed_planner_set_hypotheses(p->planner, NULL, hypothesis, &err), HEED_ERR_NUMERIC,
               &err, "finite");
  for (uint32_t i = 0; i < TREES; i++) {
    assert_ptr_equal(p->planner->forest->trees[i]->current_reward_hypothesis, hypothesis);
  }
  heed_planner_destroy(p->planner);
  p->planner = NULL;
  free(hypothesis);
  heed_reward_destroy(p->reward);
  p->reward = own;
}

static void what_does_not_go_together_is_refused(void **state) {
  parts *p = *state;
  heed_planner *planner;
  heed_error err = {0};
  heed_planner_config config = config_of(TREES);
  config.final = HEED_FINAL_LCB;
  assert_fails(heed_planner_create(&config, p->dynamics, p->reward, &planner, &err), HEED_ERR_ARG,
               &err, "final=value or final=visits");
  config = config_of(TREES);
  config.simulations = TREES - 1;
  assert_fails(heed_planner_create(&config, p->dynamics, p->reward, &planner, &err), HEED_ERR_ARG,
               &err, "a simulation for each");
  config = config_of(1);
  config.cvar = 0.5;
  assert_fails(heed_planner_create(&config, p->dynamics, p->reward, &planner, &err), HEED_ERR_ARG,
               &err, "needs trees");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(roots_are_put_together_by_visits, setup, teardown),
      cmocka_unit_test_setup_teardown(the_most_visited_action_of_all_trees_is_taken, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(threads_change_nothing, setup, teardown),
      cmocka_unit_test_setup_teardown(a_swap_scores_every_tree, setup, teardown),
      cmocka_unit_test_setup_teardown(trees_share_the_simulations, setup, teardown),
      cmocka_unit_test_setup_teardown(a_swap_that_fails_leaves_no_tree_behind, setup, teardown),
      cmocka_unit_test_setup_teardown(a_swap_without_memory_leaves_the_old_reward, setup, teardown),
      cmocka_unit_test_setup_teardown(an_evaluator_without_memory_is_heard_by_no_tree, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(trees_without_memory_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(trees_go_on_together, setup, teardown),
      cmocka_unit_test_setup_teardown(ties_of_trees_are_broken_by_the_rule, setup, teardown),
      cmocka_unit_test_setup_teardown(the_worst_trees_count_by_mean_or_quantile, setup, teardown),
      cmocka_unit_test(fear_of_the_worst_hypothesis_changes_the_choice),
      cmocka_unit_test(the_mean_over_hypotheses_is_not_one_of_hopes),
      cmocka_unit_test_setup_teardown(hypotheses_that_fail_leave_no_tree_behind, setup, teardown),
      cmocka_unit_test_setup_teardown(what_does_not_go_together_is_refused, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
