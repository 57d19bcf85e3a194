/* test_asker.c: which question is made: what searches find, what plans show, what a batch holds. */
#include "agent/ask_fixture.h"

/* ---- ReQueST -------------------------------------------------------------------------------- */

static void request_shows_the_exploit_before_it_is_lived(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  mislead(&f);
  f.config.questions = HEED_QUESTIONS_REQUEST;
  heed_query first = {0};
  make_first(&f, &first);
  assert_string_equal(first.strategy, "request: highest");
  assert_true(is_shown(&first, TRAP));
  heed_query_deinit(&first);

  ask(&f); /* and the person says what it thinks of it */
  assert_true(count_shown(&f, TRAP) >= 1);
  assert_true(worth_of(&f, TRAP) < worth_of(&f, HOME));
  assert_true(worth_of(&f, TRAP) < worth_of(&f, WORK));
  fixture_deinit(&f);
}

static void experience_alone_never_shows_it(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_UNIFORM;
  ask(&f);
  assert_int_equal(count_shown(&f, TRAP), 0);
  f.parties.dynamics = NULL;
  f.config.questions = HEED_QUESTIONS_INFORMATION;
  f.config.comparisons = 12;
  ask(&f);
  assert_int_equal(count_shown(&f, TRAP), 0);
  fixture_deinit(&f);
}

static void request_keeps_to_what_the_dynamics_knows(void **state) {
  (void)state;
  for (int is_realistic = 0; is_realistic < 2; is_realistic++) {
    fixture f;
    fixture_init(&f);
    mislead(&f);
    f.world.nats[HOME][1] = f.world.nats[WORK][1] = 2;
    f.config.questions = HEED_QUESTIONS_REQUEST;
    f.config.realism = is_realistic ? 100 : 0;
    heed_query first = {0};
    make_first(&f, &first);
    assert_int_equal(is_shown(&first, TRAP), !is_realistic);
    heed_query_deinit(&first);
    fixture_deinit(&f);
  }
}

static void request_takes_its_aims_in_turn(void **state) {
  (void)state;
  static const char *const names[] = {"request: highest", "request: lowest", "request: uncertain",
                                      "request: novel"};
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_REQUEST;
  ask(&f);
  for (size_t i = 0; i < f.choices.count; i++) {
    assert_string_equal(f.choices.items[i].query.strategy, names[i % 4]);
  }
  fixture_deinit(&f);
}

/* ---- which question ------------------------------------------------------------------------- */

/* By each strategy that imagines, the trap is asked about, and is known for what it is in the end. */
static void all_that_imagine_learn_of_the_trap(void **state) {
  (void)state;
  static const heed_questions imagining[] = {HEED_QUESTIONS_INFORMATION, HEED_QUESTIONS_DECISION,
                                             HEED_QUESTIONS_DISAGREEMENT, HEED_QUESTIONS_ENTROPY,
                                             HEED_QUESTIONS_REQUEST};
  for (size_t i = 0; i < sizeof imagining / sizeof imagining[0]; i++) {
    fixture f;
    fixture_init(&f);
    f.config.questions = imagining[i];
    f.config.comparisons = 12;
    ask(&f);
    assert_true(worth_of(&f, TRAP) < worth_of(&f, WORK));
    fixture_deinit(&f);
  }
}

static bool is_same(const heed_query *x, const heed_query *y) {
  bool is_same = true;
  for (int o = 0; o < 2; o++) {
    uint32_t steps = x->options[o].steps;
    is_same = is_same && steps == y->options[o].steps &&
              memcmp(x->options[o].obs, y->options[o].obs, steps + 1) == 0;
  }
  return is_same;
}

/* Whoever errs in a third of the answers is asked what somebody is asked who never does. */
static void mistakes_do_not_change_what_a_decision_turns_on(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_DECISION;
  for (uint64_t seed = 0; seed < 12; seed++) {
    heed_query queries[2];
    heed_rng_init(&f.master, seed);
    for (int errs = 0; errs < 2; errs++) {
      f.config.mistakes = errs ? 0.6 : 0;
      make_first(&f, &queries[errs]);
    }
    assert_true(is_same(&queries[0], &queries[1]));
    heed_query_deinit(&queries[0]);
    heed_query_deinit(&queries[1]);
  }
  fixture_deinit(&f);
}

static void no_two_questions_of_a_batch_are_alike(void **state) {
  (void)state;
  static const heed_questions all[] = {HEED_QUESTIONS_INFORMATION, HEED_QUESTIONS_DECISION,
                                       HEED_QUESTIONS_REQUEST};
  for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
    fixture f;
    fixture_init(&f);
    f.config.questions = all[k];
    f.config.batch = 4;
    heed_query queries[4];
    heed_asker *asker = NULL;
    heed_error err = {0};
    heed_rng rng = heed_rng_derive(&f.master, HEED_STREAM_QUERY, 0);
    assert_ok(heed_asker_create(&f.parties, &f.config, &asker, &err), &err);
    assert_ok(heed_asker_make(asker, &f.choices, &rng, queries, 4, &err), &err);
    for (int i = 0; i < 4 * 4; i++) {
      assert_true(i / 4 <= i % 4 || !is_same(&queries[i / 4], &queries[i % 4]));
    }
    for (int i = 0; i < 4; i++) {
      heed_query_deinit(&queries[i]);
    }
    heed_asker_destroy(asker);
    fixture_deinit(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(request_shows_the_exploit_before_it_is_lived),
      cmocka_unit_test(experience_alone_never_shows_it),
      cmocka_unit_test(request_keeps_to_what_the_dynamics_knows),
      cmocka_unit_test(request_takes_its_aims_in_turn),
      cmocka_unit_test(all_that_imagine_learn_of_the_trap),
      cmocka_unit_test(mistakes_do_not_change_what_a_decision_turns_on),
      cmocka_unit_test(no_two_questions_of_a_batch_are_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
