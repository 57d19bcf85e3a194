/* test_small_worlds.c: what searches find in the small worlds of safety questions, against reference values
 * that other programs computed (tests/data/safety/README.md) and against dynamic programming. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "bench/problem.h"
#include "bench/wishes.h"
#include "core/cmocka_all.h"
#include "core/near.h"
#include "envs/mdp.h"
#include "planner/exactly.h"
#include "planner/planner.h"

#define SPIDER_PROXY "formula={0.5*(right[4,6]+right[6,5])+0.5*(share[7]>0)}"

static json_t *oracle(const char *name) {
  char path[512];
  (void)snprintf(path, sizeof path, HEED_TEST_DATA "/safety/%s_oracle.json", name);
  json_t *root = json_load_file(path, 0, NULL);
  assert_non_null(root);
  return root;
}

static double number(const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

/* ---- the spider, by how far a search looks ---------------------------------------------------------- */

enum { STATES = 128, DEPTHS = 7, ACTIONS = 4 };

typedef struct hunt {
  heed_env *env;
  heed_mdp mdp;
  heed_dynamics *exact;
  heed_reward *reward;
  /* the chance of each of the best actions, with so many steps looked ahead */
  double policy[DEPTHS + 1][STATES][ACTIONS];
} hunt;

static void hunt_open(hunt *h, int cells, const char *reward, const char *params) {
  heed_error err = {0};
  char text[32];
  heed_mdp_config usual = heed_mdp_config_default();
  (void)snprintf(text, sizeof text, "cells=%d", cells);
  assert_ok(heed_env_create("spider", text, &h->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(h->env);
  assert_ok(heed_mdp_init(&h->mdp, h->env, &usual, NULL, &err), &err);
  assert_true(h->mdp.states.count <= STATES);
  assert_ok(heed_exact_create(h->env, 1, &h->exact, &err), &err);
  assert_ok(
      heed_reward_create(reward, params, &spec->obs_space, &spec->action_space, &h->reward, &err),
      &err);
}

static void hunt_close(hunt *h) {
  heed_reward_destroy(h->reward);
  heed_dynamics_destroy(h->exact);
  heed_mdp_deinit(&h->mdp);
  heed_env_destroy(h->env);
}

/* Searches from every state, so far ahead; those within HEED_TIE_WIDTH of the best share the chance. */
static void plan_everywhere(hunt *h, uint32_t depth) {
  heed_error err = {0};
  heed_planner *planner;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = depth;
  config.discount = 1;
  config.simulations = 8000;
  config.exploration = 10;
  config.reuse = false;
  config.ties = HEED_TIES_UNIFORM;
  config.node_capacity = 4096;
  assert_ok(heed_planner_create(&config, h->exact, h->reward, &planner, &err), &err);
  void *state = calloc(1, heed_env_spec_of(h->env)->state_size);
  void *belief = calloc(1, heed_dynamics_spec_of(h->exact)->belief_size);
  for (uint32_t s = 0; s < h->mdp.states.count; s++) {
    heed_rng rng;
    heed_decision d;
    heed_rng_init(&rng, s);
    heed_mdp_state(&h->mdp, s, state);
    heed_exact_set_state(h->exact, state, belief);
    heed_planner_reset(planner);
    assert_ok(heed_planner_plan(planner, belief, &rng, &d, &err), &err);
    double *row = h->policy[depth][s];
    for (uint32_t a = 0; a < ACTIONS; a++) {
      row[a] = d.values[a] >= d.value - HEED_TIE_WIDTH ? 1.0 / d.tied : 0;
    }
    assert_near(row[0] + row[1] + row[2] + row[3], 1, 1e-12);
  }
  free(state);
  free(belief);
  heed_planner_destroy(planner);
}

/* The mean kills of an episode in which `depth` steps are looked ahead, and no further than its end. */
static double kills_of(const hunt *h, uint32_t depth, uint32_t steps) {
  static double chances[2][STATES];
  double kills = 0;
  memset(chances, 0, sizeof chances);
  chances[0][0] = 1;
  for (uint32_t t = 0; t < steps; t++) {
    const double *from = chances[t % 2];
    double *to = chances[1 - t % 2];
    uint32_t ahead = depth < steps - t ? depth : steps - t;
    memset(to, 0, sizeof chances[0]);
    for (uint32_t s = 0; s < h->mdp.states.count; s++) {
      for (uint32_t a = 0; a < ACTIONS; a++) {
        uint32_t k = h->mdp.first[s * ACTIONS + a]; /* nothing is drawn */
        double chance = from[s] * h->policy[ahead][s][a];
        to[h->mdp.next[k]] += chance;
        kills += chance * heed_mdp_payoff_of(&h->mdp, k)->performance;
      }
    }
  }
  return kills;
}

/* With uniform ties the mean over episodes is exact when every search knows exactly which actions are best. */
static void the_hunt_by_depth_is_that_of_the_reference(void **state) {
  (void)state;
  json_t *root = oracle("spider");
  static hunt h;
  for (size_t i = 0; i < 3; i++) {
    const json_t *c = json_array_get(json_object_get(root, "cases"), i);
    const json_t *depths = json_object_get(c, "search_depth");
    for (int is_true = 0; is_true <= 1; is_true++) {
      hunt_open(&h, (int)number(c, "cells"), is_true != 0 ? "channel" : "formula",
                is_true != 0 ? NULL : SPIDER_PROXY);
      for (uint32_t depth = 1; depth <= DEPTHS; depth++) {
        const json_t *expected = json_array_get(depths, depth - 1);
        assert_true(number(expected, "depth") == depth);
        plan_everywhere(&h, depth);
        assert_near(kills_of(&h, depth, (uint32_t)number(c, "max_steps")),
                    number(expected, is_true != 0 ? "true_kills_with_true_reward" : "kills"), 1e-8);
      }
      hunt_close(&h);
    }
  }
  json_decref(root);
}

/* ---- the default search converges ------------------------------------------------------------------- */

/* The mean error of the values decided by, with a budget; every decision must be optimal. */
static double error_of(const heed__problem *p, uint32_t budget, double exploration,
                       bool is_optimal) {
  heed_error err = {0};
  heed_planner *planner;
  double sum = 0;
  heed_planner_config config = heed_planner_config_default();
  config.horizon = p->world->horizon;
  config.discount = p->world->discount;
  config.simulations = budget;
  config.exploration = exploration;
  config.reuse = false;
  assert_ok(heed_planner_create(&config, p->model, p->reward, &planner, &err), &err);
  for (uint32_t i = 0; i < p->count; i++) {
    heed_rng rng;
    heed_decision d;
    heed_rng_init(&rng, i);
    heed_planner_reset(planner);
    assert_ok(heed_planner_plan(planner, heed__problem_belief(p, i), &rng, &d, &err), &err);
    double best = heed__problem_best(p, i);
    assert_true(!is_optimal || heed__problem_values(p, i)[d.action.index] >= best - 1e-9);
    sum += fabs(d.value - best);
  }
  heed_planner_destroy(planner);
  return sum / p->count;
}

static void values_of_the_root_converge_to_dynamic_programming(void **state) {
  (void)state;
  static const struct {
    heed__world world;
    uint32_t states, few, many;
    double exploration; /* more, where a way of many right steps must be met by chance */
    double off;         /* what the default 500 answers leave of chance; else nothing */
  } cases[] = {
      {{"spider", "spider", "cells=3", .horizon = 7, .discount = 0.98}, 100, 50, 4000, 1, 1e-9},
      {{"spider", "spider", "cells=4", .horizon = 7, .discount = 0.98}, 100, 50, 4000, 1, 1e-9},
      {{"spider", "spider", "cells=5", .horizon = 7, .discount = 0.98}, 100, 50, 7000, 1, 1e-9},
      {{"camera-dropbox", "camera-dropbox", NULL, .horizon = 8, .discount = 0.98, .is_start = true},
       20,
       50,
       10000,
       10,
       1e-9},
      {{"off-switch-corridor", "off-switch-corridor", "human=mistake,noise=0.2,pit_depth=1",
        .horizon = 5, .discount = 1, .truth = HEED__TRUTH_WISHES},
       30,
       50,
       20000,
       10,
       0.02}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed_error err = {0};
    heed__problem p;
    assert_ok(heed__problem_init(&p, &cases[i].world, cases[i].states, &err), &err);
    assert_true(p.count >= 20);
    double first = error_of(&p, cases[i].few, cases[i].exploration, false);
    double last = error_of(&p, cases[i].many, cases[i].exploration, true);
    print_message("%s: %g, then %g\n", cases[i].world.name, first, last);
    assert_true(first > 1e-3);
    assert_true(last < cases[i].off);
    heed__problem_deinit(&p);
  }
}

/* ---- beliefs about a wish --------------------------------------------------------------------------- */

static heed_env *corridor_of(const json_t *c) {
  heed_error err = {0};
  heed_env *env = NULL;
  char params[320];
  const json_t *noise = json_object_get(c, "parameter");
  (void)snprintf(params, sizeof params,
                 "corridor_half=%d,pit_depth=%d,step_cost=%.17g,good=%.17g,bad=%.17g,human=%s,"
                 "noise=%.17g,watch_button=%s",
                 (int)number(c, "corridor_half"), (int)number(c, "pit_depth"),
                 number(c, "step_cost"), number(c, "good"), number(c, "bad"),
                 json_string_value(json_object_get(c, "human")),
                 json_is_null(noise) ? 0.5 : json_number_value(noise),
                 json_is_true(json_object_get(c, "watch_button")) ? "true" : "false");
  assert_ok(heed_env_create("off-switch-corridor", params, &env, &err), &err);
  return env;
}

static double best_from(const json_t *c, const heed_dynamics *wishes, const heed_reward *reward,
                        double p_right) {
  heed_error err = {0};
  heed_exact_plan *plan = NULL;
  heed_exactly_config config = heed_exactly_config_default();
  double values[6];
  double best = -HUGE_VAL;
  void *belief = calloc(1, heed_dynamics_spec_of(wishes)->belief_size);
  config.horizon = (uint32_t)number(c, "max_steps");
  config.discount = 1;
  heed__wishes_start(wishes, p_right, belief);
  assert_ok(heed_plan_exactly(&config, wishes, reward, belief, &plan, &err), &err);
  assert_ok(heed_exact_plan_values(plan, belief, config.horizon, values, &err), &err);
  for (uint32_t a = 0; a < 6; a++) {
    best = fmax(best, values[a]);
  }
  heed_exact_plan_destroy(plan);
  free(belief);
  return best;
}

static void beliefs_about_the_wish_are_worth_what_the_reference_says(void **state) {
  (void)state;
  json_t *root = oracle("off_switch_corridor");
  const json_t *cases = json_object_get(root, "cases");
  assert_int_equal(json_array_size(cases), 26);
  for (size_t i = 0; i < json_array_size(cases); i++) {
    heed_error err = {0};
    const json_t *c = json_array_get(cases, i);
    heed_env *env = corridor_of(c);
    const heed_env_spec *spec = heed_env_spec_of(env);
    heed_dynamics *wishes;
    heed_reward *reward;
    assert_ok(heed__wishes_create(env, &wishes, &err), &err);
    assert_ok(
        heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &reward, &err),
        &err);
    const json_t *optimal = json_object_get(c, "optimal");
    assert_true(json_array_size(optimal) > 0);
    for (size_t k = 0; k < json_array_size(optimal); k++) {
      const json_t *piece = json_array_get(optimal, k);
      double left = number(piece, "value_if_left");
      double right = number(piece, "value_if_right");
      for (int step = 0; step <= 2; step++) {
        double p = number(piece, "p_from") * (1 - 0.5 * step) + number(piece, "p_to") * 0.5 * step;
        assert_near(best_from(c, wishes, reward, p), (1 - p) * left + p * right, 1e-9);
      }
    }
    heed_reward_destroy(reward);
    heed_dynamics_destroy(wishes);
    heed_env_destroy(env);
  }
  json_decref(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_hunt_by_depth_is_that_of_the_reference),
      cmocka_unit_test(values_of_the_root_converge_to_dynamic_programming),
      cmocka_unit_test(beliefs_about_the_wish_are_worth_what_the_reference_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
