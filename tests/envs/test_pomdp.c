/* test_pomdp.c: tiger, rock-paper-scissors and Kuhn poker: every outcome of every action by enumeration, and
 * the values that papers give, computed here from those outcomes alone. */
#include <math.h>

#include "core/near.h"
#include "envs/play.h"

/* Adds up probability x f over all that can come of an action. */
typedef void (*on_outcome)(const play *p, double probability, void *context);

static void enumerate(const play *p, int32_t action, on_outcome f, void *context) {
  size_t size = heed_env_spec_of(p->env)->state_size;
  play next = *p;
  heed_tape every;
  next.state = malloc(size);
  assert_non_null(next.state);
  heed_tape_init(&every, HEED_TAPE_ENUMERATE);
  next.rng.tape = &every;
  double total = 0;
  do {
    memcpy(next.state, p->state, size);
    next.last = heed_env_step(p->env, next.state, (heed_action){.index = action}, &next.rng);
    heed_env_observe(p->env, next.state, next.obs);
    double probability = heed_tape_probability(&every);
    f(&next, probability, context);
    total += probability;
  } while (heed_tape_next_play(&every));
  assert_near(total, 1, 1e-12);
  heed_tape_deinit(&every);
  free(next.state);
}

static void add_reward(const play *p, double probability, void *sum) {
  *(double *)sum += probability * p->last.reward;
}

static double expected_reward(const play *p, int32_t action) {
  double sum = 0;
  enumerate(p, action, add_reward, &sum);
  return sum;
}

/* ---- tiger ----------------------------------------------------------------------------------- */

static void add_heard_right(const play *p, double probability, void *sum) {
  heed_reading left;
  assert_true(heed_env_inspect(p->env, p->state, "tiger_left", &left));
  bool is_right = p->obs[0] == (left.values[0] > 0 ? 1 : 2);
  *(double *)sum += is_right ? probability : 0;
}

static void add_left(const play *p, double probability, void *sum) {
  heed_reading left;
  assert_true(heed_env_inspect(p->env, p->state, "tiger_left", &left));
  *(double *)sum += left.values[0] > 0 ? probability : 0;
}

/* Behind an open door all begins anew; to listen moves nothing. */
static void the_tiger_moves_when_a_door_was_opened(void **state) {
  (void)state;
  play p;
  for (uint64_t seed = 0; seed < 8; seed++) {
    play_open(&p, "tiger", NULL, seed);
    play_reset(&p);
    for (int32_t action = 0; action < 3; action++) {
      double left = 0;
      enumerate(&p, action, add_left, &left);
      assert_near(left, action > 0 ? 0.5 : play_read(&p, "tiger_left"), 1e-12);
    }
    play_close(&p);
  }
}

static void tiger_pays_and_is_heard_as_stated(void **state) {
  (void)state;
  play p;
  for (uint64_t seed = 0; seed < 8; seed++) {
    play_open(&p, "tiger", NULL, seed);
    play_reset(&p);
    double heard = 0;
    bool is_left = play_read(&p, "tiger_left") > 0;
    assert_near(expected_reward(&p, 0), -1, 0);
    assert_near(expected_reward(&p, 1), is_left ? -100 : 10, 0);
    assert_near(expected_reward(&p, 2), is_left ? 10 : -100, 0);
    enumerate(&p, 0, add_heard_right, &heard);
    assert_near(heard, 0.85, 1e-12);
    play_step(&p, is_left ? 2 : 1);
    assert_int_equal(p.obs[0], 4);
    assert_real(p.task, 10);
    play_close(&p);
  }
}

/* Cycles of listening until the sides differ by two, then opening: 1.083789 a step. */
static void the_rule_of_two_earns_what_is_published(void **state) {
  (void)state;
  enum { STEPS = 400000 };
  play p;
  play_open(&p, "tiger", "max_steps=0", 1);
  play_reset(&p);
  int ahead = 0; /* heard left less heard right */
  double squares = 0;
  for (int t = 0; t < STEPS; t++) {
    int action = ahead == 2 ? 2 : ahead == -2 ? 1 : 0;
    play_step(&p, action);
    ahead = p.obs[0] == 1 ? ahead + 1 : p.obs[0] == 2 ? ahead - 1 : 0;
    squares += p.last.reward * p.last.reward;
  }
  double agree = 0.85 * 0.85 + 0.15 * 0.15;
  double right = 0.85 * 0.85 / agree;
  double listens = 2 / agree;
  double gain = (10 * right - 100 * (1 - right) - listens) / (listens + 1);
  assert_near(gain, 1.083789, 5e-7);
  assert_near(p.sum / STEPS, gain, 4 * sqrt(squares / STEPS / STEPS));
  play_close(&p);
}

/* ---- rock, paper, scissors ------------------------------------------------------------------- */

static void a_lost_round_foretells_rock(void **state) {
  (void)state;
  play p;
  play_open(&p, "rock-paper-scissors", NULL, 3);
  play_reset(&p);
  for (int t = 0; t < 90; t++) {
    bool is_told = play_read(&p, "repeats_rock") > 0;
    for (int a = 0; a < 3; a++) {
      double if_rock = a == 0 ? 0 : a == 1 ? 1 : -1;
      assert_near(expected_reward(&p, a), is_told ? if_rock : 0, 1e-12);
    }
    int last = t % 3;
    play_step(&p, last);
    assert_real(play_read(&p, "repeats_rock"), last == 2 && p.obs[0] == 0 ? 1 : 0);
    assert_real(p.task, p.sum);
  }
  play_close(&p);
}

/* ---- Kuhn poker ------------------------------------------------------------------------------ */

/* What is seen, what was dealt, and what each answer is worth there. */
typedef struct table {
  double probability[3][2];
  double worth[3][2][2]; /* of pass and bet, times the probability */
} table;

static void add_deal(const play *p, double probability, void *context) {
  table *t = context;
  int card = p->obs[0];
  int bets = p->obs[1] == 4;
  t->probability[card][bets] += probability;
  for (int a = 0; a < 2; a++) {
    t->worth[card][bets][a] += probability * expected_reward(p, a);
  }
}

static void the_best_answer_to_nash_is_worth_an_eighteenth(void **state) {
  (void)state;
  const char *const params[] = {"bluff=0", "bluff=0.1", NULL, "bluff=0.33333333333333333"};
  for (int i = 0; i < 4; i++) {
    play p;
    table t = {0};
    play_open(&p, "kuhn-poker", params[i], 1);
    play_reset(&p);
    enumerate(&p, 0, add_deal, &t); /* what is dealt next does not depend on what is done */
    double value = 0;
    double always_bet = 0;
    double total = 0;
    for (int card = 0; card < 3; card++) {
      for (int bets = 0; bets < 2; bets++) {
        value += fmax(t.worth[card][bets][0], t.worth[card][bets][1]);
        always_bet += t.worth[card][bets][1];
        total += t.probability[card][bets];
      }
    }
    assert_near(total, 1, 1e-12);
    assert_near(value, 1.0 / 18, 1e-12);
    assert_true(always_bet < -0.05);
    play_close(&p);
  }
}

static void results_are_seen(void **state) {
  (void)state;
  play p;
  play_open(&p, "kuhn-poker", NULL, 5);
  play_reset(&p);
  for (int t = 0; t < 100; t++) {
    play_step(&p, t % 2);
    assert_real(p.task, p.sum);
  }
  assert_true(p.last.is_truncated);
  play_close(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_tiger_moves_when_a_door_was_opened),
      cmocka_unit_test(tiger_pays_and_is_heard_as_stated),
      cmocka_unit_test(the_rule_of_two_earns_what_is_published),
      cmocka_unit_test(a_lost_round_foretells_rock),
      cmocka_unit_test(the_best_answer_to_nash_is_worth_an_eighteenth),
      cmocka_unit_test(results_are_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
