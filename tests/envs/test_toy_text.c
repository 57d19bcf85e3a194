/* test_toy_text.c: frozen lake, cliff walking and taxi against the originals: recorded episodes, and the
 * complete tables of transitions, to the bit. What no recording shows has expected values by hand from
 * the rules. */
#include <jansson.h>
#include <math.h>

#include "envs/play.h"
#include "envs/recorded_control.h"
#include "envs/toy_text/toy_text.h"

static void open_replay(play *p, const char *name, const char *params) {
  play_open(p, name, params, 1);
  heed_tape_init(&p->tape, HEED_TAPE_REPLAY);
  p->rng.tape = &p->tape;
}

/* The original's number of what is observed now, from the observation alone. */
static uint32_t number_seen(const play *p) {
  const heed_space *space = &heed_env_spec_of(p->env)->obs_space;
  if (space->height == 0) {
    return ((p->obs[0] * 5u + p->obs[1]) * 5u + p->obs[2]) * 4u + p->obs[3];
  }
  const char *board = NULL;
  char text[257];
  board = play_board(p, text);
  assert_non_null(strchr(board, 'A'));
  assert_ptr_equal(strchr(board, 'A'), strrchr(board, 'A'));
  return (uint32_t)(strchr(board, 'A') - board);
}

/* ---- recorded episodes ---------------------------------------------------------------------- */

static void check_frame(const play *p, const recorded *r, uint32_t frame) {
  heed_reading mask;
  assert_false(p->tape.mismatch);
  assert_int_equal(p->tape.position, p->tape.count); /* all that was drawn, and no more */
  assert_real(number_seen(p), (double)r->obs[frame]);
  assert_real(play_read(p, "state"), (double)r->obs[frame]);
  assert_real(play_read(p, "steps"), frame);
  if (r->masks != NULL) {
    assert_true(heed_env_inspect(p->env, p->state, "mask", &mask));
    assert_int_equal(mask.count, 6);
    for (int a = 0; a < 6; a++) {
      assert_real(mask.values[a], r->masks[frame] >> a & 1);
    }
  }
  if (r->fickle != NULL) {
    assert_real(play_read(p, "fickle"), r->fickle[frame]);
  }
}

/* The outcome that was drawn is the one of that number: taking it leads to the same state. */
static void check_outcome(play *p, const recorded *r, uint32_t k, const toy_state *before) {
  toy_state after;
  heed_tape every;
  heed_rng rng = p->rng;
  heed_tape_init(&every, HEED_TAPE_ENUMERATE);
  rng.tape = &every;
  const heed_draw *drawn = r->draws + r->first_draw[k + 1];
  bool is_found = false;
  do {
    after = *before;
    (void)heed_env_step(p->env, &after, r->actions[k], &rng);
    uint32_t chosen = r->outcomes != NULL ? (uint32_t)r->outcomes[k] : 0;
    bool is_it = every.draws[0].index == chosen &&
                 (every.count == 1 || every.draws[1].index == drawn[1].index);
    if (is_it) {
      is_found = true;
      assert_memory_equal(&after, p->state, sizeof after);
      assert_real(play_read(p, "prob"), every.draws[0].uniform);
    }
  } while (heed_tape_next_play(&every));
  assert_true(is_found);
  assert_false(every.mismatch);
  heed_tape_deinit(&every);
}

static void check_episode(const recorded *r) {
  play p;
  open_replay(&p, r->name, r->params);
  heed__recorded_draws(r, 0, &p.tape);
  play_reset(&p);
  check_frame(&p, r, 0);
  assert_real(play_read(&p, "prob"), 1);
  double sum = 0.0;
  for (uint32_t k = 0; k < r->steps; k++) {
    toy_state before;
    memcpy(&before, p.state, sizeof before);
    heed__recorded_draws(r, k + 1, &p.tape);
    play_step(&p, r->actions[k].index);
    check_frame(&p, r, k + 1);
    check_outcome(&p, r, k, &before);
    assert_real(p.last.reward, r->rewards[k]);
    assert_int_equal(p.last.is_terminal, r->is_terminal[k]);
    assert_int_equal(p.last.is_truncated, r->is_truncated[k]);
    sum += r->rewards[k];
    assert_real(heed_env_performance(p.env, p.state), sum);
  }
  play_close(&p);
}

static void recorded_episodes_are_played_again_exactly(void **state) {
  (void)state;
  const struct {
    const char *file;
    int episodes, steps;
  } files[] = {{"frozen_lake", 66, 1885}, {"cliff_walking", 22, 1910}, {"taxi", 107, 3868}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    FILE *file = heed__recorded_open(files[i].file);
    recorded r;
    int episodes = 0;
    uint32_t steps = 0;
    while (heed__recorded_next(file, &r)) {
      episodes++;
      steps += r.steps;
      print_message("%s %d: %s %s, %s\n", files[i].file, episodes, r.id, r.params, r.tag);
      check_episode(&r);
      heed__recorded_deinit(&r);
    }
    (void)fclose(file);
    assert_int_equal(episodes, files[i].episodes);
    assert_int_equal(steps, files[i].steps);
  }
}

/* ---- tables --------------------------------------------------------------------------------- */

static double number_at(const json_t *list, size_t i) {
  const json_t *value = json_array_get(list, i);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

/* Every outcome of one action in one state, in the order in which they are drawn. */
static void check_row(play *p, const json_t *table, uint32_t from, int32_t action) {
  const json_t *row =
      json_array_get(json_array_get(json_object_get(table, "T"), from), (size_t)action);
  char count[8];
  (void)snprintf(count, sizeof count, "%zu", json_array_size(row));
  const json_t *probabilities = json_object_get(json_object_get(table, "prob"), count);
  const json_t *sums = json_object_get(json_object_get(table, "cumulative"), count);
  size_t i = 0;
  double sum = 0.0;
  do {
    const json_t *expected = json_array_get(row, i);
    toy_state s;
    toy_reset(&s, from);
    heed_outcome outcome = heed_env_step(p->env, &s, (heed_action){.index = action}, &p->rng);
    assert_real(s.number, number_at(expected, 0));
    assert_real(outcome.reward, number_at(expected, 1));
    assert_real(outcome.is_terminal, number_at(expected, 2));
    assert_false(outcome.is_truncated);
    assert_int_equal(p->tape.count, 1); /* one draw, whatever is drawn */
    assert_real(heed_tape_probability(&p->tape), number_at(probabilities, i));
    sum += heed_tape_probability(&p->tape);
    assert_real(sum, number_at(sums, i));
    i++;
  } while (heed_tape_next_play(&p->tape));
  assert_int_equal(i, json_array_size(row));
}

/* Starts that cannot be drawn but by rounding are no starts of the table. */
static void check_starts(play *p, const json_t *table) {
  const json_t *initial = json_object_get(table, "initial");
  size_t i = 0;
  double sum = 0.0;
  do {
    toy_state s;
    heed_env_reset(p->env, &s, &p->rng);
    double probability = heed_tape_probability(&p->tape);
    sum += probability;
    if (probability > 0.0) {
      assert_real(s.number, number_at(json_array_get(initial, i), 0));
      assert_real(probability, number_at(json_array_get(initial, i), 1));
      i++;
    }
  } while (heed_tape_next_play(&p->tape));
  assert_int_equal(i, json_array_size(initial));
  assert_real(sum, json_number_value(json_object_get(table, "initial_total")));
}

static void check_table(const json_t *table) {
  play p;
  recorded r = {0};
  heed__recorded_world(&r, table);
  print_message("%s %s\n", r.id, r.params);
  play_open(&p, r.name, r.params, 1);
  heed_tape_init(&p.tape, HEED_TAPE_ENUMERATE);
  p.rng.tape = &p.tape;
  check_starts(&p, table);
  uint32_t states = (uint32_t)json_integer_value(json_object_get(table, "nS"));
  int32_t actions = (int32_t)json_integer_value(json_object_get(table, "nA"));
  assert_int_equal(heed_env_spec_of(p.env)->action_space.count, actions);
  for (uint32_t s = 0; s < states; s++) {
    for (int32_t a = 0; a < actions; a++) {
      check_row(&p, table, s, a);
    }
  }
  assert_false(p.tape.mismatch);
  play_close(&p);
}

static void all_that_can_come_of_all_actions_is_as_in_the_tables(void **state) {
  (void)state;
  FILE *file = heed__recorded_open("tables");
  int tables = 0;
  json_t *table;
  while ((table = heed__recorded_line(file)) != NULL) {
    check_table(table);
    tables++;
    json_decref(table);
  }
  (void)fclose(file);
  assert_int_equal(tables, 12);
}

/* ---- what neither shows --------------------------------------------------------------------- */

/* The state in which an episode starts that draws `u`. */
static double start_drawn(const char *name, const char *params, double u) {
  play p;
  play_open(&p, name, params, 1);
  play_draw(&p, u);
  play_reset(&p);
  double start = play_read(&p, "state");
  assert_false(p.tape.mismatch);
  play_close(&p);
  return start;
}

static void a_draw_beyond_the_last_running_sum_starts_in_state_0(void **state) {
  (void)state;
  double taxi_total = 0.0;
  for (int i = 0; i < 300; i++) {
    taxi_total += 1.0 / 300.0;
  }
  assert_real(taxi_total, 0.9999999999999961);
  assert_real(start_drawn("taxi", "", taxi_total), 0);
  assert_real(start_drawn("taxi", "", nextafter(taxi_total, 0.0)), 494); /* (4, 4), B to Y */
  assert_real(start_drawn("taxi", "", 0.0), 1);                          /* (0, 0), R to G */

  /* Ten times 0.1 is less than 1. */
  const char *ten = "map=HSSSSSSSSSSG";
  double below_one = 1.0 - 0x1.0p-53;
  assert_real(start_drawn("frozen-lake", ten, below_one), 0);
  assert_real(start_drawn("frozen-lake", ten, nextafter(below_one, 0.0)), 10);
  assert_real(start_drawn("frozen-lake", ten, 0.0), 1);
}

static void the_end_by_the_rules_and_by_the_time_limit_may_coincide(void **state) {
  (void)state;
  play p;
  play_open(&p, "frozen-lake", "map=SFG,is_slippery=false,max_steps=2", 1);
  play_reset(&p);
  enum { LEFT, DOWN, RIGHT };
  const int32_t actions[] = {RIGHT, RIGHT, LEFT, DOWN};
  const bool terminal[] = {false, true, true, true};
  const bool truncated[] = {false, true, true, true};
  const double rewards[] = {0, 1, 0, 0};
  for (size_t k = 0; k < 4; k++) {
    play_step(&p, actions[k]);
    assert_int_equal(p.last.is_terminal, terminal[k]);
    assert_int_equal(p.last.is_truncated, truncated[k]);
    assert_real(p.last.reward, rewards[k]);
  }
  play_close(&p);
}

/* Bumps: the very same state again, but for what the tally counts. */
static void the_tally_is_all_that_counts(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int32_t bump;
  } cases[] = {{"frozen-lake", 0}, {"cliff-walking", 3}, {"taxi", 5}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    play p;
    play_open(&p, cases[i].name, i == 0 ? "is_slippery=false" : "", 1);
    play_reset(&p);
    const heed_env_spec *spec = heed_env_spec_of(p.env);
    unsigned char *before = malloc(spec->state_size);
    memcpy(before, p.state, spec->state_size);
    play_step(&p, cases[i].bump); /* a wall, a border, nobody to drop off */
    size_t tally = spec->tally_size;
    assert_memory_not_equal(p.state, before, tally);
    assert_memory_equal((unsigned char *)p.state + tally, before + tally, spec->state_size - tally);
    free(before);
    play_close(&p);
  }
}

static void limits_are_those_of_the_map_unless_given(void **state) {
  (void)state;
  static const struct {
    const char *name, *params;
    uint32_t max_steps;
  } cases[] = {
      {"frozen-lake", "", 100},
      {"frozen-lake", "map_name=8x8", 200},
      {"frozen-lake", "map_name=8x8,max_steps=100", 100},
      {"frozen-lake", "map_name=8x8,map=SG", 100},
      {"frozen-lake", "max_steps=0", 0},
      {"cliff-walking", "", 0},
      {"cliff-walking", "max_steps=7", 7},
      {"taxi", "", 200},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    play p;
    play_open(&p, cases[i].name, cases[i].params, 1);
    assert_int_equal(heed_env_spec_of(p.env)->max_steps, cases[i].max_steps);
    play_close(&p);
  }
}

static void what_cannot_be_built_is_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *name, *params, *expected;
  } cases[] = {
      {"frozen-lake", "map=SFX", "row 1, column 3: 'X'"},
      {"frozen-lake", "map=SFG/FAG", "row 2, column 2: 'A'"},
      {"frozen-lake", "map=SFF/FG", "row 2 is 2 wide"},
      {"frozen-lake", "map=SF/FGG", "row 2 is 3 wide"},
      {"frozen-lake", "map=SF/", "row 2 is 0 wide"},
      {"frozen-lake", "map=/SF", "row 1 is 0 wide"},
      {"frozen-lake", "map=FFG", "no 'S' (start)"},
      {"taxi", "version=v3,rainy_probability=0.7", "rainy_probability: 0.7"},
      {"taxi", "version=v3,fickle_probability=0.5", "fickle_probability: 0.5"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    heed_env *env;
    heed_error err = {0};
    assert_int_equal(heed_env_create(cases[i].name, cases[i].params, &env, &err), HEED_ERR_ARG);
    if (strstr(err.message, cases[i].expected) == NULL) {
      fail_msg("%s: %s", cases[i].params, err.message);
    }
  }
}

/* Random walks, in which the reward follows from what is seen. */
static void people_say_what_the_world_pays(void **state) {
  (void)state;
  static const char *const worlds[][2] = {
      {"frozen-lake", "goal_reward=10,hole_reward=-5,step_reward=-1"},
      {"frozen-lake", "map_name=8x8,is_slippery=false"},
      {"cliff-walking", "max_steps=500"},
      {"taxi", "is_rainy=true"},
      {"taxi", "version=v3,is_rainy=true,fickle_passenger=true"},
  };
  for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++) {
    play p;
    play_open(&p, worlds[i][0], worlds[i][1], 3);
    heed_rng moves;
    heed_rng_init(&moves, 4);
    uint32_t actions = heed_env_spec_of(p.env)->action_space.count;
    for (int episode = 0; episode < 100; episode++) {
      play_reset(&p);
      while (!p.last.is_truncated) { /* past the end by the rules, too */
        double before = p.task;
        play_step(&p, (int32_t)heed_rng_choice(&moves, actions));
        assert_real(p.task - before, p.last.reward);
      }
      assert_real(p.safety, 0);
    }
    play_close(&p);
  }
}

/* On slippery ground at the start, staying may be a bump (-1) or a fall (-100). */
static void a_fall_that_looks_like_a_bump_is_said_as_their_mean(void **state) {
  (void)state;
  const double expected[4] = {-50.5, -50.5, -34, -1}; /* up, right, down, left */
  play p;
  play_open(&p, "cliff-walking", "is_slippery=true", 1);
  play_reset(&p);
  for (int32_t a = 0; a < 4; a++) {
    heed_appraisal said = heed_env_appraise(p.env, p.obs, (heed_action){.index = a}, p.obs);
    assert_real(said.task, expected[a]);
  }
  play_close(&p);
}

/* Whatever can be told apart is drawn apart. */
static void no_two_trips_look_alike(void **state) {
  (void)state;
  enum { TRIPS = 500 };
  heed_picture *picture = calloc(1, sizeof *picture);
  heed_point(*seen)[128] = calloc(TRIPS, sizeof *seen);
  play p;
  play_open(&p, "taxi", "", 1);
  for (uint32_t i = 0; i < TRIPS; i++) {
    toy_state s;
    toy_reset(&s, i);
    heed_env_observe(p.env, &s, p.obs);
    heed_env_depict(p.env, p.obs, picture);
    assert_true(picture->point_count <= 128);
    memcpy(seen[i], picture->points, picture->point_count * sizeof picture->points[0]);
    for (uint32_t other = 0; other < i; other++) {
      assert_memory_not_equal(seen[i], seen[other], sizeof seen[i]);
    }
  }
  play_close(&p);
  free(seen);
  free(picture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recorded_episodes_are_played_again_exactly),
      cmocka_unit_test(all_that_can_come_of_all_actions_is_as_in_the_tables),
      cmocka_unit_test(a_draw_beyond_the_last_running_sum_starts_in_state_0),
      cmocka_unit_test(the_end_by_the_rules_and_by_the_time_limit_may_coincide),
      cmocka_unit_test(the_tally_is_all_that_counts),
      cmocka_unit_test(limits_are_those_of_the_map_unless_given),
      cmocka_unit_test(what_cannot_be_built_is_refused_by_name),
      cmocka_unit_test(people_say_what_the_world_pays),
      cmocka_unit_test(a_fall_that_looks_like_a_bump_is_said_as_their_mean),
      cmocka_unit_test(no_two_trips_look_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
