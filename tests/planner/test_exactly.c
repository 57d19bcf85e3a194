/* test_exactly.c: exact plans, against dynamic programming over the process itself, closed forms, and the
 * solver of worlds (envs/solve.h), which knows nothing of beliefs and models. */
#include "agent/exact.h"
#include "envs/solve.h"
#include "planner/exactly.h"
#include "planner/mdp.h"

/* The process of mdp.h, drawn so that it can be enumerated. */
static void predict_by_category(const void *self, heed_prediction *batch, size_t count,
                                void *workspace) {
  mdp *m = ((const mdp_model *)self)->m;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    heed_prediction *b = &batch[i];
    uint32_t s = ((const mdp_belief *)b->belief)->state;
    uint32_t a = (uint32_t)b->action.index;
    assert_true(!m->is_terminal[s]);
    uint32_t next = heed_rng_categorical(b->rng, m->p[s][a], m->states);
    *(mdp_belief *)b->next_belief = (mdp_belief){.state = next};
    b->reward = m->reward[s][a][next];
    b->is_terminal = m->is_terminal[next];
    b->uncertainty = 0;
  }
}

typedef struct pair {
  heed_dynamics *dynamics;
  heed_reward *reward;
} pair;

static pair models_of(mdp *m) {
  static heed_dynamics_ops ops;
  ops = mdp_ops;
  ops.predict = predict_by_category;
  heed_space obs_space = heed_space_board(1, 1, MDP_STATES_MAX);
  heed_space action_space = heed_space_discrete(m->actions);
  pair models = {.reward = mdp_reward(m, "channel", NULL)};
  heed_error err = {0};
  mdp_model params = {m};
  assert_ok(
      heed_dynamics_create_ops(&ops, &params, &obs_space, &action_space, &models.dynamics, &err),
      &err);
  return models;
}

static void destroy(const pair *models) {
  heed_dynamics_destroy(models->dynamics);
  heed_reward_destroy(models->reward);
}

static heed_exact_plan *plan_from(const pair *models, const heed_exactly_config *config,
                                  uint32_t state) {
  heed_exact_plan *plan = NULL;
  heed_error err = {0};
  mdp_belief belief = {.state = state};
  assert_ok(heed_plan_exactly(config, models->dynamics, models->reward, &belief, &plan, &err),
            &err);
  return plan;
}

/* ---- values ------------------------------------------------------------------------------------- */

static void values_are_those_of_dynamic_programming(void **state) {
  (void)state;
  static mdp m;
  static mdp_values v;
  for (uint64_t seed = 0; seed < 20; seed++) {
    heed_rng rng;
    heed_rng_init(&rng, seed);
    mdp_random(&m, 12, 3, 1 + (uint32_t)(seed % 4), &rng);
    m.is_terminal[11] = true;
    heed_exactly_config config = heed_exactly_config_default();
    config.horizon = 7;
    config.discount = seed % 2 == 0 ? 1 : 0.8;
    mdp_solve(&m, 7, config.discount, &v);
    pair models = models_of(&m);
    heed_exact_plan *plan = plan_from(&models, &config, 0);
    uint32_t compared = 0;
    for (uint32_t s = 0; s < 11; s++) {
      for (uint32_t left = 1; left <= 7; left++) {
        double values[MDP_ACTIONS_MAX];
        mdp_belief belief = {.state = s};
        if (heed_exact_plan_values(plan, &belief, left, values, NULL) == HEED_OK) {
          for (uint32_t a = 0; a < m.actions; a++) {
            assert_near(values[a], v.q[left][s][a], 1e-12);
          }
          compared++;
        }
      }
    }
    assert_true(compared >= 7);
    heed_exact_plan_destroy(plan);
    destroy(&models);
  }
}

/* A chain of five: four steps to the reward. With discount g, going on from state s is worth g^(3 - s);
 * staying in the first for ever is worth bait / (1 - g). */
static void without_end_values_are_the_closed_forms(void **state) {
  (void)state;
  static mdp m;
  static const double baits[] = {0, 0.05, 0.2};
  for (size_t i = 0; i < 3; i++) {
    mdp_chain(&m, 5, baits[i]);
    heed_exactly_config config = heed_exactly_config_default();
    config.horizon = 0;
    config.discount = 0.9;
    pair models = models_of(&m);
    heed_exact_plan *plan = plan_from(&models, &config, 0);
    assert_int_equal(heed_exact_plan_states(plan), 4);
    assert_true(heed_exact_plan_sweeps(plan) > 1);
    for (uint32_t s = 0; s < 4; s++) {
      double values[MDP_ACTIONS_MAX];
      heed_error err = {0};
      mdp_belief belief = {.state = s};
      assert_ok(heed_exact_plan_values(plan, &belief, 0, values, &err), &err);
      double go = pow(0.9, 3 - (double)s);
      double stay = s > 0 ? 0.9 * go : baits[i] + 0.9 * fmax(baits[i] / (1 - 0.9), go);
      assert_near(values[0], stay, 1e-10);
      assert_near(values[1], go, 1e-10);
    }
    heed_exact_plan_destroy(plan);
    destroy(&models);
  }
}

/* Undiscounted expected return with so many steps to go, by the solver of worlds. */
static void plans_in_the_exact_simulator_agree_with_the_solver_of_worlds(void **state) {
  (void)state;
  static const struct {
    const char *name;
    uint32_t horizon;
  } worlds[] = {{"island-navigation", 12},
                {"boat-race", 12},
                {"frozen-lake", 20},
                {"side-effects-sokoban", 12},
                {"cliff-walking", 20}};
  for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
    heed_error err = {0};
    heed_env *env = NULL;
    assert_ok(heed_env_create(worlds[i].name, NULL, &env, &err), &err);
    const heed_env_spec *spec = heed_env_spec_of(env);
    heed_mdp written;
    heed_mdp_config mdp_config = heed_mdp_config_default();
    assert_ok(heed_mdp_init(&written, env, &mdp_config, NULL, &err), &err);
    heed_solve_config solve = heed_solve_config_default(env);
    solve.horizon = worlds[i].horizon;
    solve.keep_values = true;
    heed_solution *solution = NULL;
    assert_ok(heed_solution_create(&written, &solve, NULL, &solution, &err), &err);

    pair models = {0};
    assert_ok(heed_exact_create(env, 1, &models.dynamics, &err), &err);
    assert_ok(heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space,
                                 &models.reward, &err),
              &err);
    void *at = calloc(1, spec->state_size);
    void *belief = calloc(1, heed_dynamics_spec_of(models.dynamics)->belief_size);
    assert_true(at != NULL && belief != NULL);
    heed_mdp_state(&written, 0, at);
    heed_exact_set_state(models.dynamics, at, belief);
    heed_exactly_config config = heed_exactly_config_default();
    config.horizon = worlds[i].horizon;
    config.discount = 1;
    heed_exact_plan *plan = NULL;
    assert_ok(heed_plan_exactly(&config, models.dynamics, models.reward, belief, &plan, &err),
              &err);
    uint32_t compared = 0;
    for (uint32_t id = 0; id < written.states.count && compared < 300; id++) {
      uint32_t left = 1 + id % worlds[i].horizon;
      double values[8];
      heed_value best;
      heed_value expected[8];
      heed_mdp_state(&written, id, at);
      heed_exact_set_state(models.dynamics, at, belief);
      if (heed_exact_plan_values(plan, belief, left, values, NULL) != HEED_OK) {
        continue;
      }
      assert_ok(heed_solution_at(solution, at, left, &best, expected, &err), &err);
      for (uint32_t a = 0; a < written.action_count; a++) {
        assert_near(values[a], expected[a].first, 1e-9);
      }
      compared++;
    }
    assert_true(compared > 5);
    heed_exact_plan_destroy(plan);
    destroy(&models);
    heed_solution_destroy(solution);
    heed_mdp_deinit(&written);
    heed_env_destroy(env);
    free(at);
    free(belief);
  }
}

/* ---- refusals ----------------------------------------------------------------------------------- */

static void refuse(const pair *models, const heed_exactly_config *config, heed_status expected,
                   const char *reason) {
  heed_exact_plan *plan = (heed_exact_plan *)&plan;
  heed_error err = {0};
  mdp_belief belief = {0};
  assert_fails(heed_plan_exactly(config, models->dynamics, models->reward, &belief, &plan, &err),
               expected, &err, reason);
  assert_null(plan);
}

static void what_cannot_be_enumerated_is_refused(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 5, 0);
  pair models = {mdp_dynamics(&m), mdp_reward(&m, "channel", NULL)}; /* draws a uniform real */
  heed_exactly_config config = heed_exactly_config_default();
  refuse(&models, &config, HEED_ERR_ARG, "real numbers");
  destroy(&models);
}

static void what_is_too_large_is_refused(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  mdp_random(&m, 12, 3, 3, &rng);
  pair models = models_of(&m);
  heed_exactly_config config = heed_exactly_config_default();
  config.states_max = 5;
  refuse(&models, &config, HEED_ERR_ARG, "more than 5 beliefs");
  config = heed_exactly_config_default();
  config.plays_max = 40;
  refuse(&models, &config, HEED_ERR_ARG, "more than 40 ways");
  config = heed_exactly_config_default();
  config.horizon = 0;
  config.discount = 1; /* rewards for ever */
  config.sweeps_max = 50;
  refuse(&models, &config, HEED_ERR_NUMERIC, "still change");
  destroy(&models);
}

static void settings_out_of_range_are_refused(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 5, 0);
  pair models = models_of(&m);
#define REFUSE(field, value)                                \
  do {                                                      \
    heed_exactly_config c_ = heed_exactly_config_default(); \
    c_.field = (value);                                     \
    refuse(&models, &c_, HEED_ERR_ARG, "out of range");     \
  } while (0)
  REFUSE(horizon, 10001);
  REFUSE(discount, 0);
  REFUSE(discount, (double)NAN);
  REFUSE(states_max, 0);
  REFUSE(plays_max, 0);
  REFUSE(residual, 0);
  REFUSE(sweeps_max, 0);
#undef REFUSE
  heed_exactly_config config = heed_exactly_config_default();
  m.reward[1][1][2] = (double)NAN;
  refuse(&models, &config, HEED_ERR_NUMERIC, "not finite");
  m.reward[1][1][2] = 0;
  config.horizon = 3;
  heed_exact_plan *plan = plan_from(&models, &config, 0);
  double values[MDP_ACTIONS_MAX];
  heed_error err = {0};
  mdp_belief belief = {.state = 2};
  assert_ok(heed_exact_plan_values(plan, &belief, 1, values, &err), &err);
  assert_fails(heed_exact_plan_values(plan, &belief, 2, values, &err), HEED_ERR_ARG, &err,
               "not reached");
  assert_fails(heed_exact_plan_values(plan, &belief, 4, values, &err), HEED_ERR_ARG, &err,
               "4 steps");
  heed_exact_plan_destroy(plan);
  heed_exact_plan_destroy(NULL);
  heed_reward *three = NULL;
  heed_space obs_space = heed_space_board(1, 1, MDP_STATES_MAX);
  heed_space action_space = heed_space_discrete(3);
  assert_ok(heed_reward_create("channel", NULL, &obs_space, &action_space, &three, &err), &err);
  pair other = {models.dynamics, three};
  refuse(&other, &config, HEED_ERR_ARG, "another world");
  heed_reward_destroy(three);
  destroy(&models);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_those_of_dynamic_programming),
      cmocka_unit_test(without_end_values_are_the_closed_forms),
      cmocka_unit_test(plans_in_the_exact_simulator_agree_with_the_solver_of_worlds),
      cmocka_unit_test(what_cannot_be_enumerated_is_refused),
      cmocka_unit_test(what_is_too_large_is_refused),
      cmocka_unit_test(settings_out_of_range_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
