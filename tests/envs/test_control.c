/* test_control.c: classic control against episodes recorded from the originals.
 *
 * Compared one step at a time, from the recorded state before it: what remains is the rounding of this
 * machine's sin, cos and pow, and tolerances are as large as another good math library needs. Replay of
 * whole episodes is bit for bit, where the library is that of the recordings: balancing a pole makes one
 * last digit grow to anything in a few hundred steps. */
#include <gnu/libc-version.h>
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "envs/control/control.h"
#include "envs/control/worlds.h"
#include "envs/recorded_control.h"

typedef struct subject {
  const char *file; /* of the recordings, without its suffix */
  const char *name; /* heed's */
  void (*place)(void *state, const double *numbers);
  const char *numbers[4]; /* names of the state's numbers for inspect */
  uint32_t angles;        /* the first so many numbers are angles */
  double state_tolerance, reward_tolerance;
} subject;

static const subject subjects[] = {
    {"cartpole",
     "cartpole",
     heed__cartpole_place,
     {"position", "velocity", "angle", "angular_velocity"},
     0,
     1e-12,
     1e-12},
    {"pendulum", "pendulum", heed__pendulum_place, {"angle", "angular_velocity"}, 0, 1e-12, 1e-9},
    {"mountain_car",
     "mountain-car",
     heed__mountain_car_place,
     {"position", "velocity"},
     0,
     1e-12,
     1e-12},
    {"mountain_car_continuous",
     "mountain-car-continuous",
     heed__mountain_car_continuous_place,
     {"position", "velocity"},
     0,
     2.4e-7,
     1e-12},
    {"acrobot",
     "acrobot",
     heed__acrobot_place,
     {"angle1", "angle2", "angular_velocity1", "angular_velocity2"},
     2,
     1e-12,
     1e-12},
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };
#define OBS_TOLERANCE 2.4e-7 /* about two units in the last place of a float */

/* One episode under way. */
typedef struct game {
  const subject *world;
  recorded r;
  heed_env *env;
  void *state;
  heed_rng rng;
  heed_tape tape;
  bool is_exact; /* the very bits are expected */
} game;

static void fail_at(const game *g, uint32_t frame, const char *what, double got, double expected) {
  fail_msg("%s, '%s', frame %u: %s is %.17g, %.17g expected", g->world->file, g->r.tag, frame, what,
           got, expected);
}

/* So that 0.0 is not -0.0. */
static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* Whole turns of difference are none, for angles. */
static void check(const game *g, uint32_t frame, const char *what, double got, double expected,
                  double tolerance, bool is_angle) {
  if (g->is_exact) {
    if (bits_of(got) != bits_of(expected)) {
      fail_at(g, frame, what, got, expected);
    }
    return;
  }
  double error = fabs(got - expected);
  if (is_angle) {
    error = fabs(remainder(got - expected, 6.283185307179586));
  }
  if (!(error <= tolerance * fmax(1.0, fabs(expected)))) {
    fail_at(g, frame, what, got, expected);
  }
}

static void check_frame(const game *g, uint32_t frame) {
  for (uint32_t i = 0; i < g->r.state_dim; i++) {
    heed_reading reading;
    assert_true(heed_env_inspect(g->env, g->state, g->world->numbers[i], &reading));
    check(g, frame, g->world->numbers[i], reading.values[0],
          g->r.states[frame * g->r.state_dim + i], g->world->state_tolerance, i < g->world->angles);
  }
  float obs[8];
  heed_env_observe(g->env, g->state, obs);
  for (uint32_t i = 0; i < g->r.obs_dim; i++) {
    check(g, frame, "an observation", (double)obs[i], (double)g->r.obs[frame * g->r.obs_dim + i],
          OBS_TOLERANCE, false);
  }
  if (g->tape.mismatch || g->tape.position != g->tape.count) {
    fail_at(g, frame, "the number of draws", (double)g->tape.position, (double)g->tape.count);
  }
}

static void check_outcome(const game *g, uint32_t k, heed_outcome outcome) {
  check(g, k + 1, "the reward", outcome.reward, g->r.rewards[k], g->world->reward_tolerance, false);
  if (outcome.is_terminal != g->r.is_terminal[k]) {
    fail_at(g, k + 1, "is_terminal", outcome.is_terminal, g->r.is_terminal[k]);
  }
  if (outcome.is_truncated != g->r.is_truncated[k]) {
    fail_at(g, k + 1, "is_truncated", outcome.is_truncated, g->r.is_truncated[k]);
  }
}

static void open_game(game *g) {
  heed_error err = {0};
  assert_ok(heed_env_create(g->r.name, g->r.params, &g->env, &err), &err);
  g->state = calloc(1, heed_env_spec_of(g->env)->state_size);
  heed_rng_init(&g->rng, 1);
  heed_tape_init(&g->tape, HEED_TAPE_REPLAY);
  g->rng.tape = &g->tape;
  heed_env_init(g->env, g->state);
}

static void close_game(game *g) {
  heed_env_destroy(g->env);
  heed_tape_deinit(&g->tape);
  free(g->state);
}

/* Plays a recorded episode. Unless the bits are expected, each step starts from the recorded state. */
static void play_recorded(game *g) {
  heed__recorded_draws(&g->r, 0, &g->tape);
  heed_env_reset(g->env, g->state, &g->rng);
  check_frame(g, 0);
  for (uint32_t k = 0; k < g->r.steps; k++) {
    if (!g->is_exact && k > 0) {
      g->world->place(g->state, g->r.states + (size_t)k * g->r.state_dim);
    }
    heed__recorded_draws(&g->r, k + 1, &g->tape);
    assert_int_equal(heed_env_check_action(g->env, g->r.actions[k], NULL), HEED_OK);
    check_outcome(g, k, heed_env_step(g->env, g->state, g->r.actions[k], &g->rng));
    check_frame(g, k + 1);
  }
}

static void play_all(bool is_exact) {
  for (size_t i = 0; i < SUBJECTS; i++) {
    FILE *file = heed__recorded_open(subjects[i].file);
    game g = {.world = &subjects[i], .is_exact = is_exact};
    while (heed__recorded_next(file, &g.r)) {
      assert_string_equal(g.r.name, subjects[i].name);
      open_game(&g);
      play_recorded(&g);
      close_game(&g);
      heed__recorded_deinit(&g.r);
    }
    (void)fclose(file);
  }
}

static void every_recorded_step_is_the_same(void **state) {
  (void)state;
  play_all(false);
}

/* glibc has had the sin, cos and pow of the recordings since 2.28. */
static bool is_recorded_library(void) {
  char *rest = NULL;
  long major = strtol(gnu_get_libc_version(), &rest, 10);
  long minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
  return major == 2 && minor >= 28;
}

/* Skips what needs the very bits of the recordings. */
static void skip_elsewhere(void) {
#ifndef __x86_64__
  print_message("skipped: recorded on x86-64, whose sin, cos and pow may round otherwise\n");
  skip();
#endif
  if (!is_recorded_library()) {
    print_message("skipped: glibc %s; sin, cos and pow of 2.28 or later are expected\n",
                  gnu_get_libc_version());
    skip();
  }
}

static void whole_episodes_replay_bit_for_bit(void **state) {
  (void)state;
  skip_elsewhere();
  play_all(true);
}

/* Called through a pointer that the compiler cannot see through, which would know pow otherwise. */
static double (*volatile library_pow)(double x, double y) = pow;

static void squares_are_pow_s(void **state) {
  (void)state;
  skip_elsewhere();
  /* beside zeros, extremes and infinities: those whose squares are next to a power of two */
  static const double special[] = {0.0,
                                   -0.0,
                                   1.0,
                                   -1.0,
                                   3e-155,
                                   1e-160,
                                   5e-324,
                                   1e160,
                                   1e-20,
                                   HUGE_VAL,
                                   -HUGE_VAL,
                                   0x1.0000000000001p0,
                                   0x1.fffffffffffffp-1,
                                   0x1.6a09e667f3bcdp0,
                                   0x1.6a09e667f3bccp0};
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
    double square = control_square(special[i]);
    double expected = library_pow(special[i], 2.0);
    assert_true(bits_of(square) == bits_of(expected));
  }
  heed_rng rng;
  heed_rng_init(&rng, 3);
  int other = 0; /* than x * x */
  for (int i = 0; i < 1000000; i++) {
    double x = ldexp(2.0 * heed_rng_uniform(&rng) - 1.0, i % 40 - 20);
    double expected = library_pow(x, 2.0);
    if (control_square(x) != expected) {
      fail_msg("%.17g squared is %.17g, %.17g expected", x, control_square(x), expected);
    }
    other += x * x != expected;
  }
  print_message("pow(x, 2) differs from x * x for %d of 1000000\n", other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_recorded_step_is_the_same),
      cmocka_unit_test(whole_episodes_replay_bit_for_bit),
      cmocka_unit_test(squares_are_pow_s),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
