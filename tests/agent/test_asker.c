/* test_asker.c: which question is made: what searches find, what plans show, what a batch holds. */
#include "agent/ask_fixture.h"
#include "agent/candidates.h"
#include "reward/query.h"

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

/* ---- for the decision ----------------------------------------------------------------------- */

enum { CANDIDATES = 9, DRAWS = 8 };

/* What a question is judged by: returns[DRAWS][CANDIDATES], and of them those of the plans. */
typedef struct judged {
  heed__candidates set;
  double returns[DRAWS * CANDIDATES], values[DRAWS * CANDIDATES];
  size_t plans;
} judged;

static double return_of(judged *x, const fixture *f, size_t i, const void *hypothesis) {
  static double workspace[1 << 12];
  double sum = 0;
  assert_true(heed_reward_workspace_size(f->reward, STEPS) <= sizeof workspace);
  uint32_t steps =
      heed__candidates_score(&x->set, &x->set.segments[i], f->reward, hypothesis, workspace);
  for (uint32_t t = 0; t < steps; t++) {
    sum += x->set.scores[t];
  }
  return sum;
}

/* The candidates and draws that an asker has with the same generator. */
static void judged_init(judged *x, const fixture *f, heed_rng rng) {
  heed_error err = {0};
  size_t values = 0;
  *x = (judged){.plans = 0};
  assert_ok(heed__candidates_init(&x->set, &f->parties, &f->config, &err), &err);
  assert_ok(heed__candidates_make(&x->set, &f->choices, &rng, &err), &err);
  for (size_t d = 0; d < DRAWS; d++) {
    heed_reward_draw(f->reward, &rng, x->set.drawn);
    for (size_t i = 0; i < CANDIDATES; i++) {
      x->returns[d * CANDIDATES + i] = return_of(x, f, i, x->set.drawn);
      if (x->set.is_plan[i]) {
        x->values[values++] = x->returns[d * CANDIDATES + i];
      }
    }
  }
  x->plans = values / DRAWS;
}

/* The first of the plans is the one by the mean: none of the others has more of it. */
static void the_first_plan_is_what_the_agent_would_do(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_DECISION;
  f.config.comparisons = 3;
  ask(&f);
  for (uint64_t seed = 0; seed < 20; seed++) {
    judged x;
    heed_rng rng;
    heed_rng_init(&rng, seed);
    judged_init(&x, &f, rng);
    assert_true(x.set.is_plan[0]);
    for (size_t i = 1; i < CANDIDATES; i++) {
      assert_true(!x.set.is_plan[i] ||
                  return_of(&x, &f, i, NULL) <= return_of(&x, &f, 0, NULL) + 1e-9);
    }
    heed__candidates_deinit(&x.set);
  }
  fixture_deinit(&f);
}

/* The value of a pair to the decision, where it is known, and what its answer tells. */
static void judge_pair(const judged *x, size_t i, size_t j, double *value, double *nats) {
  double returns[DRAWS * 2];
  double table[DRAWS * 2];
  double gains[DRAWS];
  heed_query_form form = {.kind = HEED_COMPARISON, .options = 2, .beta = 1};
  for (size_t d = 0; d < DRAWS; d++) {
    returns[2 * d] = x->returns[d * CANDIDATES + i];
    returns[2 * d + 1] = x->returns[d * CANDIDATES + j];
  }
  heed_query_likelihood(&form, returns, DRAWS, table);
  *nats = heed_query_information(table, DRAWS, 2);
  *value = heed_query_decision(table, DRAWS, 2, x->values, x->plans, gains);
  *value = heed_query_gain_is_known(gains, DRAWS) ? *value : 0;
}

/* The best pair of different candidates, by enumeration. Returns its value. */
static double find_best(const judged *x, heed_query *best) {
  double most[2] = {-1, -1};
  for (size_t i = 0; i < CANDIDATES; i++) {
    for (size_t j = i + 1; j < CANDIDATES; j++) {
      double value;
      double nats;
      heed_query pair = {.options = {x->set.segments[i], x->set.segments[j]}};
      heed_query twice = {.options = {x->set.segments[i], x->set.segments[i]}};
      judge_pair(x, i, j, &value, &nats);
      bool is_more = value > most[0] * (1 + 1e-12) || (value >= most[0] && nats > most[1]);
      if (is_more && !is_same(&pair, &twice)) {
        most[0] = value;
        most[1] = nats;
        *best = pair;
      }
    }
  }
  return most[0];
}

/* Where no value is told from 0 by the draws, which is now and then, what tells most is asked. */
static void a_value_that_is_luck_is_left_for_what_tells_most(void **state) {
  (void)state;
  uint32_t fallen_back = 0;
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_DECISION;
  f.config.draws = DRAWS;
  for (uint64_t seed = 0; seed < 30; seed++) {
    judged x;
    heed_query query;
    heed_query expected = {0};
    heed_rng_init(&f.master, seed);
    f.config.comparisons = 1 + (uint32_t)seed / 3;
    ask(&f);
    make_first(&f, &query);
    judged_init(&x, &f, heed_rng_derive(&f.master, HEED_STREAM_QUERY, 0));
    fallen_back += find_best(&x, &expected) == 0;
    assert_true(is_same(&query, &expected));
    heed_query_deinit(&query);
    heed__candidates_deinit(&x.set);
  }
  assert_in_range(fallen_back, 1, 29);
  fixture_deinit(&f);
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
      cmocka_unit_test(the_first_plan_is_what_the_agent_would_do),
      cmocka_unit_test(a_value_that_is_luck_is_left_for_what_tells_most),
      cmocka_unit_test(mistakes_do_not_change_what_a_decision_turns_on),
      cmocka_unit_test(no_two_questions_of_a_batch_are_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
