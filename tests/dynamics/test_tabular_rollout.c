/* test_tabular_rollout.c: numbered histories and rollouts against plain steps.
 *
 * Whoever steps by predict and whoever filters in what was imagined by observe must hold the same belief, to
 * the byte; and a rollout must be what predict gives step by step, draws included, whatever goes beside it. */
#include "dynamics/letters.h"

enum { MOST = 30, STARTS = 24 };

static const char *const params[] = {
    NULL,
    "history=1",
    "history=1,runs=false",
    "history=1,runs=false,by_episode=false,concentration=3",
    "history=2,runs=false",
    "history=3",
    "history=3,runs=false,by_episode=false",
    "history=8,concentration=0.01",
};
enum { PARAMS = sizeof params / sizeof params[0] };

/* A model that has learned from lives, and places to imagine from: along one of them, some from when less
 * was known, and some where nobody has been. */
typedef struct fixture {
  heed_dynamics *model; /* owned */
  letters_belief starts[STARTS];
} fixture;

static void fixture_init(fixture *f, size_t number) {
  heed_experience *e = letters_experience();
  heed_rng rng;
  heed_rng_init(&rng, 50 + number);
  f->model = letters_model(params[number]);
  letters_live(e, "X0Y0X1Y1X2Y2X3Y3X", 5); /* each known from one look */
  letters_random_lives(e, 60, &rng);
  size_t count = heed_experience_count(e);
  letters_learn(f->model, e, 0, count / 3);
  static const char *const lives[] = {"A",   "A0B", "A1C3C2H", "B0F1A3A3A",
                                      "X0Y", "Z",   "A0Z1B",   "C0C1C2C"};
  enum { LIVES = sizeof lives / sizeof lives[0] };
  for (size_t i = 0; i < LIVES; i++) {
    f->starts[i] = letters_after(f->model, lives[i]);
  }
  letters_learn(f->model, e, count / 3, count - count / 3);
  for (size_t i = 0; i < LIVES; i++) {
    f->starts[LIVES + i] = letters_after(f->model, lives[i]);
  }
  letters_belief *along = &f->starts[STARTS - LIVES];
  size_t t = heed_experience_episode_begin(e, heed_experience_episode_count(e) - 2);
  *along = (letters_belief){0};
  heed_dynamics_begin(f->model, heed_experience_obs(e, t), along);
  for (size_t i = 1; i < LIVES; i++) {
    along[i] = along[i - 1];
    if (t + i < count && heed_experience_episode_of(e, t + i) == heed_experience_episode_of(e, t)) {
      heed_dynamics_observe(f->model, &along[i], heed_experience_action(e, t + i - 1),
                            heed_experience_next_obs(e, t + i - 1));
    }
  }
  heed_experience_destroy(e);
}

/* ---- beliefs ---------------------------------------------------------------------------------- */

static void imagined_beliefs_are_those_of_who_saw_it_happen(void **state) {
  (void)state;
  for (size_t number = 0; number < PARAMS; number++) {
    fixture f;
    fixture_init(&f, number);
    size_t size = heed_dynamics_spec_of(f.model)->belief_size;
    heed_rng rng;
    heed_rng_init(&rng, 1);
    for (uint32_t i = 0; i < 20 * STARTS; i++) {
      letters_belief now = f.starts[i % STARTS];
      uint64_t hypothesis = i;
      for (uint32_t t = 0; t < MOST; t++) {
        letters_belief next;
        int32_t action = (int32_t)heed_rng_choice(&rng, LETTER_ACTIONS);
        memset(&next, 0xAA, sizeof next); /* every byte is to be written */
        (void)letters_predict(f.model, &now, action, i % 3 == 0 ? &hypothesis : NULL, &rng, &next);
        uint8_t obs;
        heed_dynamics_decode(f.model, &next, &obs);
        heed_dynamics_observe(f.model, &now, (heed_action){.index = action}, &obs);
        assert_memory_equal(&now, &next, size);
      }
    }
    heed_dynamics_destroy(f.model);
  }
}

/* What was held when less was known leads to the same as what is held now, if both tell the same. */
static void beliefs_from_when_less_was_known_imagine_what_is_known_now(void **state) {
  (void)state;
  uint32_t differ = 0;
  for (size_t number = 0; number < PARAMS; number++) {
    heed_dynamics *model = letters_model(params[number]);
    heed_experience *e = letters_experience();
    letters_live(e, "A0B1C2D3A", 1);
    letters_live(e, "A0B1E!", 2);
    letters_live(e, "B1D", 3);
    letters_live(e, "A0E", 4);
    letters_learn(model, e, 6, 2);
    letters_belief before =
        letters_after(model, "A0B"); /* each is known, but not one after the other */
    letters_learn(model, e, 0, 6);
    letters_belief after = letters_after(model, "A0B");
    differ += memcmp(&before, &after, sizeof before) != 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
      heed_rng rngs[2];
      letters_belief next[2] = {0};
      heed_rng_init(&rngs[0], seed);
      heed_rng_init(&rngs[1], seed);
      heed_prediction p = letters_predict(model, &before, 1, NULL, &rngs[0], &next[0]);
      heed_prediction q = letters_predict(model, &after, 1, NULL, &rngs[1], &next[1]);
      assert_memory_equal(&next[0], &next[1], sizeof next[0]);
      assert_true(p.reward == q.reward && p.uncertainty == q.uncertainty);
      assert_int_equal(p.is_terminal, q.is_terminal);
      assert_int_equal(heed_rng_next(&rngs[0]), heed_rng_next(&rngs[1]));
    }
    heed_experience_destroy(e);
    heed_dynamics_destroy(model);
  }
  assert_true(differ > 0);
}

/* One comparison stands for the arithmetic of the weights: at the draws next to where it turns. The model has
 * seen A0B n times, so that u is B if u (n + a) - n < 0. */
static void draws_at_the_border_go_by_the_weights(void **state) {
  (void)state;
  static const double concentrations[] = {1e-6, 0.2, 0.3, 1.0, 7.7, 1e6};
  for (size_t i = 0; i < 6; i++) {
    double a = concentrations[i];
    char text[128];
    (void)snprintf(text, sizeof text, "history=1,runs=false,by_episode=false,concentration=%.17g",
                   a);
    heed_dynamics *model = letters_model(text);
    heed_experience *e = letters_experience();
    heed_tape tape;
    heed_tape_init(&tape, HEED_TAPE_REPLAY);
    uint32_t hits = 0;
    enum { SEEN = 40, NEAR = 4 };
    for (size_t n = 1; n <= SEEN; n++) {
      letters_live(e, "A0B", 0);
      letters_learn(model, e, n - 1, 1);
      letters_belief belief = letters_after(model, "A");
      double total = (double)n + a;
      double border = floor((double)n / total * 0x1p53);
      for (int d = -NEAR; d <= NEAR; d++) {
        double u = (border + d) * 0x1p-53;
        if (u < 0 || u >= 1) {
          continue;
        }
        heed_tape_clear(&tape);
        tape.position = 0;
        assert_int_equal(heed_tape_append(&tape, (heed_draw){.uniform = u}, NULL), HEED_OK);
        heed_rng rng = {.tape = &tape};
        letters_belief next = {0};
        (void)letters_predict(model, &belief, 0, NULL, &rng, &next);
        uint8_t obs;
        heed_dynamics_decode(model, &next, &obs);
        double weight = u * total;
        weight -= (double)n;
        assert_int_equal(obs, weight < 0 ? 'B' - 'A' : 0);
        letters_belief expected = letters_after(model, weight < 0 ? "B" : "A");
        assert_memory_equal(&next, &expected, sizeof next);
        assert_false(tape.mismatch);
        hits += obs != 0;
      }
    }
    assert_true(hits > SEEN && hits < SEEN * (2 * NEAR + 1));
    heed_tape_deinit(&tape);
    heed_experience_destroy(e);
    heed_dynamics_destroy(model);
  }
}

/* ---- rollouts --------------------------------------------------------------------------------- */

/* A rollout with room for what it gives, and with what stands behind it. */
typedef struct row {
  heed_rollout r;
  heed_rng rng;
  uint64_t hypothesis;
  int32_t actions[MOST];
  double channel[MOST];
  unsigned char obs[MOST + 1];
} row;

static void row_init(row *w, const letters_belief *belief, uint32_t i) {
  memset(w, 0xAA, sizeof *w);
  heed_rng_init(&w->rng, 1000 + i);
  w->hypothesis = i / 4;
  w->r = (heed_rollout){.belief = belief,
                        .hypothesis = i % 4 == 3 ? &w->hypothesis : NULL,
                        .rng = &w->rng,
                        .most = i % 7 == 0 ? i % MOST : MOST,
                        .actions = w->actions,
                        .channel = w->channel,
                        .obs = i % 5 == 0 ? NULL : w->obs,
                        .steps = 99,
                        .is_terminal = true};
}

/* Steps by predict, one at a time, with the same seed. */
static void check_row(const heed_dynamics *model, const row *w, uint32_t i) {
  letters_belief now = {0};
  letters_belief next = {0};
  memcpy(&now, w->r.belief, sizeof now);
  heed_rng rng;
  heed_rng_init(&rng, 1000 + i);
  heed_prediction p = {0};
  uint32_t t = 0;
  for (; t < w->r.most && !p.is_terminal; t++) {
    int32_t action = (int32_t)heed_rng_choice(&rng, LETTER_ACTIONS);
    p = letters_predict(model, &now, action, w->r.hypothesis, &rng, &next);
    assert_true(t < w->r.steps);
    assert_int_equal(w->actions[t], action);
    assert_true(w->channel[t] == p.reward);
    uint8_t obs;
    heed_dynamics_decode(model, &next, &obs);
    assert_int_equal(w->obs[t], w->r.obs != NULL ? obs : 0xAA);
    now = next;
  }
  assert_int_equal(w->r.steps, t);
  assert_int_equal(w->r.is_terminal, p.is_terminal);
  assert_int_equal(w->obs[t], 0xAA); /* and nothing beyond */
  assert_memory_equal(w->rng.s, rng.s, sizeof rng.s);
}

static void rollouts_are_steps_one_after_the_other(void **state) {
  (void)state;
  enum { ROWS = 150 }; /* more than go together */
  static row rows[ROWS];
  heed_rollout batch[ROWS];
  uint32_t ends = 0;
  for (size_t number = 0; number < PARAMS; number++) {
    fixture f;
    fixture_init(&f, number);
    assert_non_null(heed_dynamics_ops_of(f.model)->rollout);
    for (size_t size = 1; size <= ROWS; size += 149) {
      for (uint32_t i = 0; i < ROWS; i++) {
        row_init(&rows[i], &f.starts[i % STARTS], i);
        batch[i] = rows[i].r;
      }
      for (uint32_t i = 0; i < ROWS; i += (uint32_t)size) {
        heed_dynamics_rollout(f.model, &batch[i], size, NULL);
      }
      for (uint32_t i = 0; i < ROWS; i++) {
        rows[i].r = batch[i];
        check_row(f.model, &rows[i], i);
        ends += batch[i].is_terminal;
      }
    }
    heed_dynamics_destroy(f.model);
  }
  assert_true(ends > 100); /* some of them end */
}

static void a_model_that_knows_nothing_rolls_out_in_place(void **state) {
  (void)state;
  heed_dynamics *model = letters_model(NULL);
  letters_belief belief = letters_after(model, "Q");
  row w;
  row_init(&w, &belief, 1);
  heed_dynamics_rollout(model, &w.r, 1, NULL);
  assert_int_equal(w.r.steps, MOST);
  assert_false(w.r.is_terminal);
  for (uint32_t t = 0; t < MOST; t++) {
    assert_int_equal(w.obs[t], 'Q' - 'A');
    assert_true(w.channel[t] == 0);
  }
  check_row(model, &w, 1);
  heed_dynamics_destroy(model);
}

static void rollouts_are_recorded_on_a_tape_and_replayed(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f, 0);
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_RECORD);
  static row rows[2];
  row_init(&rows[0], &f.starts[STARTS - 1], 1);
  row_init(&rows[1], &f.starts[STARTS - 1], 2);
  rows[0].rng.tape = &tape;
  heed_dynamics_rollout(f.model, &rows[0].r, 1, NULL);
  assert_true(tape.count >= 2 * (size_t)rows[0].r.steps - 1);
  check_row(f.model, &rows[0], 1); /* a tape does not change what is drawn */
  tape.mode = HEED_TAPE_REPLAY;
  rows[1].rng.tape = &tape;
  heed_dynamics_rollout(f.model, &rows[1].r, 1, NULL);
  assert_int_equal(rows[1].r.steps, rows[0].r.steps);
  assert_memory_equal(rows[0].actions, rows[1].actions, sizeof rows[0].actions);
  assert_memory_equal(rows[0].obs, rows[1].obs, sizeof rows[0].obs);
  assert_int_equal(tape.position, tape.count);
  assert_false(tape.mismatch);
  heed_tape_deinit(&tape);
  heed_dynamics_destroy(f.model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(imagined_beliefs_are_those_of_who_saw_it_happen),
      cmocka_unit_test(beliefs_from_when_less_was_known_imagine_what_is_known_now),
      cmocka_unit_test(draws_at_the_border_go_by_the_weights),
      cmocka_unit_test(rollouts_are_steps_one_after_the_other),
      cmocka_unit_test(a_model_that_knows_nothing_rolls_out_in_place),
      cmocka_unit_test(rollouts_are_recorded_on_a_tape_and_replayed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
