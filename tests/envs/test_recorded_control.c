/* test_recorded_control.c: the reader of the recordings. Counts were made by another program (Python's
 * json); values were read off the files by eye. */
#include "envs/recorded_control.h"

#include "core/cmocka_all.h"

static size_t count_true(const bool *flags, uint32_t n) {
  size_t count = 0;
  for (uint32_t i = 0; i < n; i++) {
    count += flags[i];
  }
  return count;
}

static void every_line_is_read_in_full(void **state) {
  (void)state;
  static const struct {
    const char *file;
    size_t episodes, steps, draws, terminated, truncated;
  } files[] = {
      {"cartpole", 46, 2344, 184, 94, 11},      {"pendulum", 54, 3551, 108, 0, 35},
      {"mountain_car", 44, 2718, 44, 40, 20},   {"mountain_car_continuous", 64, 5420, 64, 42, 21},
      {"acrobot", 39, 2021, 262, 26, 53},       {"frozen_lake", 66, 1885, 1951, 126, 4},
      {"cliff_walking", 22, 1910, 1932, 13, 1}, {"taxi", 107, 3868, 4043, 68, 14},
  };
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    size_t episodes = 0;
    size_t steps = 0;
    size_t draws = 0;
    size_t terminated = 0;
    size_t truncated = 0;
    FILE *file = heed__recorded_open(files[i].file);
    recorded r;
    while (heed__recorded_next(file, &r)) {
      episodes++;
      steps += r.steps;
      draws += r.first_draw[r.steps + 1];
      terminated += count_true(r.is_terminal, r.steps);
      truncated += count_true(r.is_truncated, r.steps);
      heed__recorded_deinit(&r);
    }
    (void)fclose(file);
    assert_int_equal(episodes, files[i].episodes);
    assert_int_equal(steps, files[i].steps);
    assert_int_equal(draws, files[i].draws);
    assert_int_equal(terminated, files[i].terminated);
    assert_int_equal(truncated, files[i].truncated);
  }
}

/* Reads episode `number`, from 1. */
static void read_episode(const char *name, int number, recorded *r) {
  FILE *file = heed__recorded_open(name);
  for (int i = 1; i < number; i++) {
    assert_true(heed__recorded_next(file, r));
    heed__recorded_deinit(r);
  }
  assert_true(heed__recorded_next(file, r));
  (void)fclose(file);
}

static void ids_params_attributes_and_options_become_parameters(void **state) {
  (void)state;
  static const struct {
    const char *file;
    int number;
    const char *name, *params;
  } cases[] = {
      {"cartpole", 1, "cartpole", ""},
      {"cartpole", 15, "cartpole", "sutton_barto_reward=true,max_steps=40"},
      {"cartpole", 22, "cartpole", "max_steps=150,integrator=semi-implicit"},
      {"acrobot", 13, "acrobot", "max_steps=150,torque_noise_max=0.5"},
      {"pendulum", 1, "pendulum", "numerics=np2"},
      {"frozen_lake", 40, "frozen-lake", "max_steps=100,map=SFHFS/FFFFF/HFSFG"},
      {"frozen_lake", 35, "frozen-lake",
       "max_steps=100,goal_reward=10,hole_reward=-5,step_reward=-1"},
      {"frozen_lake", 10, "frozen-lake", "map_name=8x8"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    recorded r;
    read_episode(cases[i].file, cases[i].number, &r);
    assert_string_equal(r.name, cases[i].name);
    assert_string_equal(r.params, cases[i].params);
    heed__recorded_deinit(&r);
  }
}

static void draws_belong_to_their_frames(void **state) {
  (void)state;
  recorded r;
  heed_tape tape;
  heed_tape_init(&tape, HEED_TAPE_REPLAY);
  read_episode("acrobot", 14, &r);
  heed__recorded_draws(&r, 0, &tape);
  assert_int_equal(tape.count, 4);
  assert_true(tape.draws[3].uniform == 0.7);
  heed__recorded_draws(&r, 2, &tape);
  assert_int_equal(tape.count, 1);
  assert_true(tape.draws[0].uniform == 0.015625);
  heed__recorded_deinit(&r);
  read_episode("acrobot", 1, &r); /* draws at the reset only */
  heed__recorded_draws(&r, r.steps, &tape);
  assert_int_equal(tape.count, 0);
  heed__recorded_deinit(&r);
  heed_tape_deinit(&tape);
}

static void where_no_state_is_recorded_it_is_the_observation(void **state) {
  (void)state;
  recorded r;
  read_episode("mountain_car_continuous", 1, &r);
  assert_int_equal(r.state_dim, 2);
  assert_true(r.states[0] == -0.4957228524049875);
  assert_true(r.states[2] == (double)-0.49443167F);
  assert_true(r.obs[2] == -0.49443167F);
  assert_true(r.actions[0].value[0] == 1.0F);
  heed__recorded_deinit(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_line_is_read_in_full),
      cmocka_unit_test(ids_params_attributes_and_options_become_parameters),
      cmocka_unit_test(draws_belong_to_their_frames),
      cmocka_unit_test(where_no_state_is_recorded_it_is_the_observation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
