/* test_trajectories.c: planning without a tree, against the linear-quadratic regulator, which is solved by
 * the Riccati recursion written here, and against sums made by hand. */
#include "core/allocations.h"
#include "planner/cart.h"
#include "planner/search.h"
#include "planner/trajectories.h"

static heed_planner_config config_of(heed_method method) {
  heed_planner_config config = heed_planner_config_default();
  config.method = method;
  config.horizon = 20;
  config.discount = 1;
  config.simulations = 2000;
  config.temperature = 0.05;
  return config;
}

static heed_decision plan(parts *p, const heed_planner_config *config, const heed_reward *reward,
                          float x, float v, uint64_t seed) {
  heed_error err = {0};
  heed_decision decision;
  heed_rng rng;
  float obs[2] = {x, v};
  heed_rng_init(&rng, seed);
  heed_planner_destroy(p->planner);
  p->planner = NULL;
  assert_ok(heed_planner_create(config, p->dynamics, reward, &p->planner, &err), &err);
  assert_ok(heed_planner_plan(p->planner, obs, &rng, &decision, &err), &err);
  return decision;
}

/* What the sequence decided for costs from (x, v) on: the mean, or of icem the best candidate. */
static double cost_of_plan(const parts *p, heed_method method, double x, double v) {
  const heed_trajectories *t = p->planner->trajectories;
  double cost = 0;
  for (uint32_t s = 0; s < t->horizon; s++) {
    double push =
        method == HEED_METHOD_ICEM ? (double)t->actions[t->order[0] * t->horizon + s] : t->mean[s];
    v += 0.1 * push;
    x += 0.1 * v;
    cost += x * x + 0.1 * push * push;
  }
  return cost;
}

static void methods_approach_the_regulator(void **state) {
  parts *p = *state;
  const heed_method methods[] = {HEED_METHOD_CEM, HEED_METHOD_ICEM, HEED_METHOD_MPPI};
  const double excess[] = {1.005, 1.03, 1.01};
  double cost;
  double best = regulator(0.3, 0, 20, &cost);
  assert_true(best < -0.1 && best > -0.9); /* bounds do not matter */
  for (int m = 0; m < 3; m++) {
    heed_planner_config config = config_of(methods[m]);
    config.simulations = 20000;
    config.iterations = 10;
    heed_decision d = plan(p, &config, p->effort, 0.3F, 0, 1);
    assert_in_range(d.simulations, 19000, 20000);
    assert_int_equal(d.predictions, (uint64_t)d.simulations * 20);
    double planned = cost_of_plan(p, methods[m], 0.3, 0);
    assert_true(planned >= cost * (1 - 1e-6)); /* nothing is better than the best */
    assert_true(planned <= cost * excess[m]);
    assert_true(-d.value >= cost * (1 - 1e-6) && -d.value < 1.5 * cost);
  }
}

static void a_line_is_the_best_that_was_imagined(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(HEED_METHOD_ICEM);
  heed_decision d = plan(p, &config, p->effort, 0.3F, 0.1F, 2);
  heed_segment line;
  heed_error err = {0};
  assert_ok(heed_planner_line(p->planner, NULL, &line, &err), &err);
  assert_int_equal(line.steps, 20);
  assert_near((double)line.actions[0].value[0], (double)d.action.value[0], 0);
  double sum = 0;
  const float *obs = (const float *)(const void *)line.obs;
  for (uint32_t t = 0; t < line.steps; t++) {
    double push = (double)line.actions[t].value[0];
    assert_near((double)obs[2 * t + 3], (double)obs[2 * t + 1] + 0.1 * push, 1e-6);
    sum -= (double)obs[2 * t + 2] * (double)obs[2 * t + 2] + 0.1 * push * push;
  }
  assert_near(sum, d.value, 1e-9);
  heed_segment_deinit(&line);
}

static void the_same_seed_gives_the_same_bits(void **state) {
  parts *p = *state;
  p->c.noise = 0.05;
  for (heed_method m = HEED_METHOD_CEM; m <= HEED_METHOD_MPPI; m++) {
    heed_planner_config config = config_of(m);
    config.particles = 3;
    (void)plan(p, &config, p->effort, 0.3F, 0, 5);
    uint64_t first = heed_planner_signature(p->planner);
    (void)plan(p, &config, p->effort, 0.3F, 0, 5);
    assert_true(heed_planner_signature(p->planner) == first);
    (void)plan(p, &config, p->effort, 0.3F, 0, 6);
    assert_true(heed_planner_signature(p->planner) != first);
  }
}

static bool stop_after_two(void *context, uint64_t done, uint64_t total) {
  assert_int_equal(total, 4);
  *(uint64_t *)context = done;
  return done < 2;
}

/* Progress is told population by population, and can end the plan after any. */
static void populations_are_reported_and_can_be_the_last(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  config.iterations = 4;
  uint32_t all = plan(p, &config, p->effort, 0.3F, 0, 5).simulations;
  uint64_t done = 0;
  heed_progress_sink sink = {stop_after_two, &done};
  heed_planner_set_progress(p->planner, &sink);
  heed_decision decision;
  heed_error err = {0};
  heed_rng rng;
  float obs[2] = {0.3F, 0};
  heed_rng_init(&rng, 5);
  assert_ok(heed_planner_plan(p->planner, obs, &rng, &decision, &err), &err);
  assert_int_equal(done, 2);
  assert_int_equal(decision.simulations, all / 2);
}

/* The first population does not depend on the reward: with one iteration, swapping is planning. */
static void a_swap_judges_what_stands_without_the_dynamics(void **state) {
  parts *p = *state;
  heed_error err = {0};
  for (heed_method m = HEED_METHOD_CEM; m <= HEED_METHOD_MPPI; m++) {
    heed_planner_config config = config_of(m);
    config.iterations = 1;
    heed_decision fresh = plan(p, &config, p->channel, 0.3F, 0, 7);
    uint64_t signature = heed_planner_signature(p->planner);
    (void)plan(p, &config, p->effort, 0.3F, 0, 7);
    assert_true(heed_planner_signature(p->planner) != signature);
    uint64_t before = predictions;
    heed_decision swapped;
    heed_rng rng;
    heed_rng_init(&rng, 1);
    assert_ok(heed_planner_swap_reward(p->planner, p->channel, &err), &err);
    assert_ok(heed_planner_decide(p->planner, &rng, &swapped, &err), &err);
    assert_int_equal(predictions, before);
    assert_true(heed_planner_signature(p->planner) == signature);
    assert_true(swapped.action.value[0] == fresh.action.value[0]);
    assert_near(swapped.value, fresh.value, 0);
  }
}

static void nothing_is_allocated_while_planning(void **state) {
  parts *p = *state;
  for (heed_method m = HEED_METHOD_CEM; m <= HEED_METHOD_MPPI; m++) {
    heed_planner_config config = config_of(m);
    config.particles = 4;
    config.cvar = 0.5;
    (void)plan(p, &config, p->effort, 0.3F, 0, 1);
    heed_rng rng;
    heed_rng_init(&rng, 1);
    heed_decision d;
    heed_error err = {0};
    float obs[2] = {0, 0};
    size_t before = allocations;
    assert_ok(heed_planner_plan(p->planner, obs, &rng, &d, &err), &err);
    assert_int_equal(allocations, before);
  }
}

/* To push right pays 1 for sure and may cost 1.5: 0.25 in the mean, and -0.5 if one fears the worst. */
static void fear_of_the_worst_changes_the_choice(void **state) {
  parts *p = *state;
  p->c.kick = 1.5;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  config.horizon = 1;
  config.particles = 40;
  config.simulations = 16000;
  heed_decision bold = plan(p, &config, p->channel, 0, 0, 1);
  assert_true(bold.action.value[0] > 0.5F);
  config.cvar = 0.25;
  heed_decision careful = plan(p, &config, p->channel, 0, 0, 1);
  assert_true(fabsf(careful.action.value[0]) < 0.1F);
}

/* Under either hypothesis a push helps, on different sides: with one of each nothing is to be gained. */
static void futures_can_differ_by_hypothesis(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  config.dynamics_hypotheses = HEED_HYPOTHESES_PER_SIMULATION;
  config.particles = 20;
  config.simulations = 20000;
  heed_decision unsure = plan(p, &config, p->effort, 0.3F, 0, 3);
  assert_true(fabsf(unsure.action.value[0]) < 0.15F);
  double right = 1;
  config.dynamics_hypotheses = HEED_HYPOTHESES_GIVEN;
  config.particles = 1;
  (void)plan(p, &config, p->effort, 0.3F, 0, 3);
  heed_error err = {0};
  assert_ok(heed_planner_set_hypotheses(p->planner, &right, NULL, &err), &err);
  heed_rng rng;
  heed_rng_init(&rng, 3);
  float obs[2] = {0.3F, 0};
  heed_decision sure;
  assert_ok(heed_planner_plan(p->planner, obs, &rng, &sure, &err), &err);
  assert_true(sure.action.value[0] < -0.15F);
}

/* To push pays 1 and leads to what is not known: a nat for it. */
static void what_is_not_known_can_be_sought_and_shunned(void **state) {
  parts *p = *state;
  const double weights[] = {0, -2, 2};
  for (int w = 0; w < 3; w++) {
    heed_planner_config config = config_of(HEED_METHOD_CEM);
    config.horizon = 1;
    config.information_weight = weights[w];
    heed_decision d = plan(p, &config, p->channel, 0, 0, 1);
    float push = d.action.value[0];
    assert_true(weights[w] < 0 ? fabsf(push) < 0.05F : push > 0.8F);
  }
}

static void an_end_ends_the_return(void **state) {
  parts *p = *state;
  p->c.edge = 0.5;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  heed_decision d = plan(p, &config, p->channel, 0.45F, 1, 1); /* over the edge at once */
  heed_segment line;
  heed_error err = {0};
  assert_ok(heed_planner_line(p->planner, NULL, &line, &err), &err);
  assert_int_equal(line.steps, 1);
  assert_true(line.is_terminal);
  assert_near(d.value, (double)line.actions[0].value[0], 0);
  heed_segment_deinit(&line);
}

/* Driven to the origin step by step, going on from the plan before. */
static void plans_go_on_from_the_one_before(void **state) {
  parts *p = *state;
  for (heed_method m = HEED_METHOD_CEM; m <= HEED_METHOD_MPPI; m++) {
    heed_planner_config config = config_of(m);
    config.simulations = 200;
    config.iterations = 2;
    float now[2] = {1, 0};
    heed_decision d = plan(p, &config, p->effort, now[0], now[1], 1);
    heed_rng rng;
    heed_error err = {0};
    heed_rng_init(&rng, 2);
    for (int t = 0; t < 80; t++) {
      now[1] += 0.1F * d.action.value[0];
      now[0] += 0.1F * now[1];
      assert_false(heed_planner_advance(p->planner, d.action, now));
      assert_fails(heed_planner_decide(p->planner, &rng, &d, &err), HEED_ERR_STATE, &err,
                   "nothing has been planned");
      assert_ok(heed_planner_plan(p->planner, now, &rng, &d, &err), &err);
    }
    assert_true(fabsf(now[0]) < 0.1F && fabsf(now[1]) < 0.15F);
  }
}

static void what_does_not_go_together_is_refused(void **state) {
  parts *p = *state;
  heed_planner *planner;
  heed_error err = {0};
  heed_planner_config config = config_of(HEED_METHOD_TREE);
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
               &err, "use method=icem");
  config = config_of(HEED_METHOD_ICEM);
  config.simulations = 20;
  config.elites = 1;
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
               &err, "more simulations");
  config = config_of(HEED_METHOD_CEM);
  config.cvar = 0;
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
               &err, "out of range");
  config = config_of(HEED_METHOD_MPPI);
  config.simulations = 1000000000;
  config.horizon = 10000;
  assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_NOMEM,
               &err, "");
}

/* Whoever asks for a part of a tree hears that there is none. */
static void parts_of_trees_are_refused_without_one(void **state) {
  parts *p = *state;
  static const char *const asked[] = {
      "selection=puct", "expansion=one", "nodes=history",      "share_states=false",
      "complete=false", "widening=1",    "outcome_widening=1", "leaf=rollout",
      "backup=mean",    "final=visits",  "early_stop=true",    "leaf_batch=2",
      "trees=2",        "rollout=prior"};
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
    char text[64];
    char reason[64];
    (void)snprintf(text, sizeof text, "method=cem,%s", asked[i]);
    (void)snprintf(reason, sizeof reason, "method=cem searches no tree, so that %s", asked[i]);
    heed_planner_config config;
    heed_planner *planner;
    heed_error err = {0};
    assert_ok(heed_params_parse(table, count, text, &config, &err), &err);
    assert_fails(heed_planner_create(&config, p->dynamics, p->effort, &planner, &err), HEED_ERR_ARG,
                 &err, reason);
  }
}

/* Each value N(0, 1); of colour c the power falls by 2^c when the frequency doubles. */
static void noise_has_unit_variance_and_its_colour(void **state) {
  (void)state;
  enum { LENGTH = 64, SEQUENCES = 20000 };
  const double colours[] = {0, 1, 2};
  for (int c = 0; c < 3; c++) {
    heed_noise noise;
    heed_error err = {0};
    heed_rng rng;
    double sequence[LENGTH];
    double square = 0;
    double power[2] = {0};
    const int frequencies[2] = {4, 16};
    heed_rng_init(&rng, 1);
    assert_ok(heed__noise_init(&noise, LENGTH, colours[c], &err), &err);
    for (int n = 0; n < SEQUENCES; n++) {
      heed__noise_draw(&noise, &rng, sequence);
      square += sequence[n % LENGTH] * sequence[n % LENGTH];
      for (int k = 0; k < 2; k++) {
        double re = 0;
        double im = 0;
        for (int t = 0; t < LENGTH; t++) {
          double angle = 2 * 3.141592653589793 * frequencies[k] * t / LENGTH;
          re += sequence[t] * cos(angle);
          im += sequence[t] * sin(angle);
        }
        power[k] += re * re + im * im;
      }
    }
    heed__noise_deinit(&noise);
    assert_near(square / SEQUENCES, 1, 5 * sqrt(2.0 / SEQUENCES));
    assert_near(log2(power[0] / power[1]) / 2, colours[c], 0.05);
  }
}

/* ---- by definition ------------------------------------------------------------------------------- */

/* The return of a future, first step first. */
static double return_of(const heed_trajectories *t, size_t future, double discount) {
  double sum = 0;
  for (uint32_t s = 0; s < t->steps[future]; s++) {
    sum += pow(discount, s) * t->rewards[future * t->horizon + s];
  }
  return sum;
}

/* A candidate is worth the mean of the lowest half of its futures, discounted, or the best of these; no more
 * are imagined than there are simulations. */
static void check_worst_futures(parts *p, heed_risk risk) {
  enum { PARTICLES = 5 };
  p->c.noise = 0.3;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  config.discount = 0.7;
  config.particles = PARTICLES;
  config.simulations = 504;
  config.cvar = 0.5; /* ceil(2.5): three of five */
  config.risk = risk;
  heed_decision d = plan(p, &config, p->effort, 0.3F, 0, 1);
  assert_true(d.simulations <= config.simulations);
  assert_true(d.simulations > config.simulations - PARTICLES * config.iterations);
  const heed_trajectories *t = p->planner->trajectories;
  for (uint32_t i = 0; i < t->population; i++) {
    double lowest[PARTICLES];
    for (uint32_t k = 0; k < PARTICLES; k++) {
      double worth = return_of(t, (size_t)i * PARTICLES + k, 0.7);
      uint32_t at = k;
      for (; at > 0 && lowest[at - 1] > worth; at--) {
        lowest[at] = lowest[at - 1];
      }
      lowest[at] = worth;
    }
    double mean = (lowest[0] + lowest[1] + lowest[2]) / 3;
    assert_near(t->returns[i], risk == HEED_RISK_MEAN ? mean : lowest[2], 1e-12);
  }
}

static void candidates_are_worth_their_worst_discounted_futures(void **state) {
  check_worst_futures(*state, HEED_RISK_MEAN);
  check_worst_futures(*state, HEED_RISK_QUANTILE);
}

/* The wind of the first future is another one in each decision. */
static void every_population_has_luck_of_its_own(void **state) {
  enum { DECISIONS = 40 };
  parts *p = *state;
  p->c.noise = 0.3;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  config.horizon = 1;
  config.iterations = 1;
  config.simulations = 10;
  double winds[DECISIONS];
  for (int n = 0; n < DECISIONS; n++) {
    (void)plan(p, &config, p->effort, 0.3F, 0, (uint64_t)n);
    const heed_trajectories *t = p->planner->trajectories;
    float next[2];
    memcpy(next, t->obs, sizeof next);
    winds[n] = (double)next[1] - 0.1 * (double)t->actions[0];
    for (int k = 0; k < n; k++) {
      assert_true(fabs(winds[n] - winds[k]) > 1e-6);
    }
  }
}

/* Mean and deviation of the elites, both over all of them (numpy.std, as in PETS and iCEM). */
static void elites_are_fitted_by_mean_and_deviation(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(HEED_METHOD_CEM);
  config.iterations = 1;
  config.momentum = 0;
  config.simulations = 60;
  (void)plan(p, &config, p->effort, 0.3F, 0, 1);
  const heed_trajectories *t = p->planner->trajectories;
  assert_int_equal(t->elites, 6);
  for (uint32_t s = 0; s < t->horizon; s++) {
    double sum = 0;
    double squares = 0;
    uint32_t elites = 0;
    for (uint32_t i = 0; i < t->population; i++) {
      uint32_t better = 0;
      for (uint32_t k = 0; k < t->population; k++) {
        better += t->returns[k] > t->returns[i];
      }
      double push = (double)t->actions[i * t->horizon + s];
      sum += better < t->elites ? push : 0;
      squares += better < t->elites ? push * push : 0;
      elites += better < t->elites;
    }
    assert_int_equal(elites, t->elites);
    double mean = sum / elites;
    assert_near(t->mean[s], mean, 1e-9);
    assert_near(t->deviation[s], sqrt(squares / elites - mean * mean), 1e-6);
  }
}

/* iCEM, algorithm 1: in the last population the mean itself is tried, behind the elites that were kept; these
 * are there again one step later, when the first step was taken. */
static void icem_tries_the_mean_and_keeps_elites(void **state) {
  parts *p = *state;
  heed_planner_config config = config_of(HEED_METHOD_ICEM);
  config.simulations = 400;
  heed_decision d = plan(p, &config, p->effort, 0.3F, 0, 1);
  const heed_trajectories *t = p->planner->trajectories;
  uint32_t kept = t->kept;
  assert_true(kept > 1);
  for (uint32_t s = 0; s < t->horizon; s++) {
    assert_near((double)t->actions[kept * t->horizon + s], t->drawn_mean[s], 1e-6);
  }
  float elites[64][20];
  assert_true(kept <= 64 && t->horizon == 20);
  memcpy(elites, t->elite_actions, kept * sizeof elites[0]);
  float obs[2] = {0.3F, 0};
  (void)heed_planner_advance(p->planner, d.action, obs);
  for (uint32_t k = 0; k < kept; k++) {
    for (uint32_t s = 0; s + 1 < t->horizon; s++) {
      assert_near((double)t->elite_actions[k * 20 + s], (double)elites[k][s + 1], 0);
    }
    assert_near((double)t->elite_actions[k * 20 + 19], 0, 0); /* the middle of the box */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(methods_approach_the_regulator, setup, teardown),
      cmocka_unit_test_setup_teardown(a_line_is_the_best_that_was_imagined, setup, teardown),
      cmocka_unit_test_setup_teardown(the_same_seed_gives_the_same_bits, setup, teardown),
      cmocka_unit_test_setup_teardown(populations_are_reported_and_can_be_the_last, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(a_swap_judges_what_stands_without_the_dynamics, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(nothing_is_allocated_while_planning, setup, teardown),
      cmocka_unit_test_setup_teardown(fear_of_the_worst_changes_the_choice, setup, teardown),
      cmocka_unit_test_setup_teardown(futures_can_differ_by_hypothesis, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_not_known_can_be_sought_and_shunned, setup, teardown),
      cmocka_unit_test_setup_teardown(an_end_ends_the_return, setup, teardown),
      cmocka_unit_test_setup_teardown(plans_go_on_from_the_one_before, setup, teardown),
      cmocka_unit_test_setup_teardown(parts_of_trees_are_refused_without_one, setup, teardown),
      cmocka_unit_test_setup_teardown(what_does_not_go_together_is_refused, setup, teardown),
      cmocka_unit_test(noise_has_unit_variance_and_its_colour),
      cmocka_unit_test_setup_teardown(candidates_are_worth_their_worst_discounted_futures, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(every_population_has_luck_of_its_own, setup, teardown),
      cmocka_unit_test_setup_teardown(elites_are_fitted_by_mean_and_deviation, setup, teardown),
      cmocka_unit_test_setup_teardown(icem_tries_the_mean_and_keeps_elites, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
