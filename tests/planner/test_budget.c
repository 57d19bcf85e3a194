/* test_budget.c: when a search ends, and what it tells of itself until then. */
#include "planner/mdp.h"
#include "planner/search.h"

static void budget_in_milliseconds_stops_the_search(void **state) {
  (void)state;
  static mdp m;
  heed_rng rng;
  heed_rng_init(&rng, 3);
  mdp_random(&m, 6, 2, 2, &rng);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = 5;
  config.simulations = 1000000000;
  config.budget_ms = 20;
  mdp_search x;
  mdp_search_init(&x, &m, &config, 5);
  double start_s = heed_clock_s();
  const heed_decision *d = mdp_plan(&x, 0);
  double took_s = heed_clock_s() - start_s;
  assert_true(took_s >= 0.019 && took_s < 5);
  assert_true(d->simulations >= 16 && d->simulations < config.simulations);
  mdp_search_deinit(&x);
}

typedef struct listener {
  uint64_t done, total;
  uint32_t reports, stops_after; /* stops_after: reports; 0: never */
} listener;

static bool listen(void *context, uint64_t done, uint64_t total) {
  listener *l = context;
  assert_true(l->reports == 0 || done > l->done);
  l->done = done;
  l->total = total;
  return ++l->reports != l->stops_after;
}

/* A world, and a search of 400 simulations in it. */
static heed_planner_config make_search(mdp *m) {
  heed_rng rng;
  heed_rng_init(&rng, 3);
  mdp_random(m, 10, 3, 2, &rng);
  heed_planner_config config = heed_planner_config_default();
  config.simulations = 400;
  config.complete = false;
  config.reuse = false;
  config.horizon = 8;
  return config;
}

/* A decision of 400 simulations tells of itself every sixteenth, is the same whoever listens, and ends when it is
 * told to. */
static void progress_is_reported_and_can_end_a_search(void **state) {
  (void)state;
  static mdp m;
  heed_planner_config config = make_search(&m);
  uint64_t signatures[2];
  for (int i = 0; i < 2; i++) {
    listener l = {0};
    heed_progress_sink sink = {listen, &l};
    mdp_search x;
    mdp_search_init(&x, &m, &config, 5);
    heed_planner_set_progress(x.planner, i == 1 ? &sink : NULL);
    assert_int_equal(mdp_plan(&x, 0)->simulations, 400);
    signatures[i] = heed_planner_signature(x.planner);
    assert_int_equal(l.reports, i == 1 ? 400 / 16 - 1 : 0);
    assert_int_equal(l.done, i == 1 ? 384 : 0);
    assert_int_equal(l.total, i == 1 ? 400 : 0);
    mdp_search_deinit(&x);
  }
  assert_int_equal(signatures[0], signatures[1]);

  listener l = {.stops_after = 3};
  heed_progress_sink sink = {listen, &l};
  mdp_search x;
  mdp_search_init(&x, &m, &config, 5);
  heed_planner_set_progress(x.planner, &sink);
  assert_int_equal(mdp_plan(&x, 0)->simulations, 48);
  heed_planner_set_progress(x.planner, NULL);
  assert_int_equal(mdp_plan(&x, 0)->simulations, 400);
  assert_int_equal(l.reports, 3);
  mdp_search_deinit(&x);
}

/* Of several trees the first speaks, whose share of the simulations is a quarter. */
static void the_first_of_several_trees_reports(void **state) {
  (void)state;
  static mdp m;
  heed_planner_config config = make_search(&m);
  config.trees = 4;
  listener l = {0};
  heed_progress_sink sink = {listen, &l};
  mdp_search x;
  mdp_search_init(&x, &m, &config, 5);
  heed_planner_set_progress(x.planner, &sink);
  assert_int_equal(mdp_plan(&x, 0)->simulations, 400);
  assert_int_equal(l.reports, 100 / 16);
  assert_int_equal(l.total, 100);
  mdp_search_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(budget_in_milliseconds_stops_the_search),
      cmocka_unit_test(progress_is_reported_and_can_end_a_search),
      cmocka_unit_test(the_first_of_several_trees_reports),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
