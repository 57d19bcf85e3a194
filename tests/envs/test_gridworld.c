/* test_gridworld.c: the engine under the gridworlds, on a world made for the test.
 *
 *   #####      A agent, O a box, x water (background), T two members of a set
 *   #AO #
 *   #xT #
 *   #  T#
 *   #####   */
#include "core/cmocka_all.h"
#include "envs/gridworlds/gridworld.h"
#include "envs/play.h"

enum { WATER = 2, BOX, AGENT, THING, VALUE_COUNT };
static const heed_map_symbol symbols[] = {
    GRID_SYMBOL_WALL,
    GRID_SYMBOL_FLOOR,
    GRID_SYMBOL_AGENT,
    {.character = 'x', .name = "water", .max = HEED_MAP_ANY, .value = WATER},
    {.character = 'O', .name = "box", .max = 1, .value = GRID_FLOOR},
    {.character = 'T', .name = "thing", .max = HEED_MAP_ANY, .value = GRID_FLOOR},
    {0},
};

static const char map[] =
    "#####\n"
    "#AO #\n"
    "#xT #\n"
    "#  T#\n"
    "#####\n";

enum { WIDTH = 5, CELL_AGENT = 6, CELL_BOX = 7, CELL_WATER = 11, CELL_THING = 12 };

typedef struct fixture {
  grid_level level;
  grid_state state;
  grid_frame frame;
} fixture;

static void begin(fixture *f) {
  heed_error err = {0};
  assert_ok(heed__grid_level_init(&f->level, map, symbols, &err), &err);
  grid_reset(&f->state, &f->level);
  grid_begin(&f->frame, &f->level, &f->state);
  grid_paint_background(&f->level, f->frame.board);
}

static void objects_are_lifted_off_the_map(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  assert_int_equal(f.level.height, 5);
  assert_int_equal(f.level.width, WIDTH);
  assert_int_equal(f.level.count, 25);
  assert_int_equal(f.level.original[CELL_BOX], 'O');
  assert_int_equal(f.level.background[CELL_BOX], GRID_FLOOR);
  assert_int_equal(f.level.background[CELL_WATER], WATER);
  assert_int_equal(f.level.background[0], GRID_WALL);
}

static void cells_are_found_in_row_major_order(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  assert_int_equal(heed__grid_find(&f.level, 'A'), CELL_AGENT);
  assert_int_equal(heed__grid_find(&f.level, '?'), GRID_NOWHERE);
  grid_set set;
  assert_int_equal(heed__grid_find_all(&f.level, "TO", &set, NULL), HEED_OK);
  assert_int_equal(set.count, 3);
  assert_int_equal(set.cells[0], CELL_BOX);
  assert_int_equal(set.cells[1], CELL_THING);
  assert_int_equal(set.cells[2], 3 * WIDTH + 3);
}

static void each_action_leads_to_its_neighbour(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  assert_int_equal(grid_neighbour(&f.level, CELL_THING, GRID_UP), CELL_BOX);
  assert_int_equal(grid_neighbour(&f.level, CELL_BOX, GRID_DOWN), CELL_THING);
  assert_int_equal(grid_neighbour(&f.level, CELL_BOX, GRID_LEFT), CELL_AGENT);
  assert_int_equal(grid_neighbour(&f.level, CELL_AGENT, GRID_RIGHT), CELL_BOX);
  assert_int_equal(grid_neighbour(&f.level, CELL_BOX, GRID_NOOP), CELL_BOX);
  assert_int_equal(grid_neighbour(&f.level, CELL_BOX, GRID_QUIT), CELL_BOX);
}

static void movers_are_blocked_by_what_is_displayed(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  uint8_t mover = CELL_AGENT;
  grid_move(&f.frame, &mover, GRID_UP, GRID_BLOCKS(GRID_WALL));
  assert_int_equal(mover, CELL_AGENT);

  f.frame.board[CELL_BOX] = BOX;
  grid_move(&f.frame, &mover, GRID_RIGHT, GRID_BLOCKS(GRID_WALL) | GRID_BLOCKS(BOX));
  assert_int_equal(mover, CELL_AGENT);
  grid_move(&f.frame, &mover, GRID_RIGHT, GRID_BLOCKS(GRID_WALL));
  assert_int_equal(mover, CELL_BOX);

  f.frame.board[CELL_AGENT] = THING; /* hides whatever lies there */
  grid_move(&f.frame, &mover, GRID_LEFT, GRID_BLOCKS(GRID_WALL) | GRID_BLOCKS(BOX));
  assert_int_equal(mover, CELL_AGENT);
}

static void the_agent_pushes_only_what_it_walks_towards(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  assert_true(grid_is_pushed(&f.frame, CELL_BOX, GRID_RIGHT));
  assert_false(grid_is_pushed(&f.frame, CELL_BOX, GRID_DOWN));
  assert_false(grid_is_pushed(&f.frame, CELL_AGENT, GRID_NOOP)); /* its own cell, not pushed */
  assert_false(grid_is_pushed(&f.frame, CELL_AGENT, GRID_QUIT));
}

static void the_executed_action_is_remembered(void **state) {
  (void)state;
  fixture f;
  heed_reading reading;
  begin(&f);
  assert_true(heed__grid_read_executed(&reading, &f.state));
  assert_int_equal(reading.count, 0);
  grid_move_agent(&f.frame, GRID_DOWN, GRID_BLOCKS(GRID_WALL));
  assert_true(heed__grid_read_executed(&reading, &f.state));
  assert_real(reading.values[0], GRID_DOWN);
  assert_int_equal(grid_under_agent(&f.frame), 'x');
}

static void sets_are_painted_by_member(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  grid_set set;
  assert_int_equal(heed__grid_find_all(&f.level, "T", &set, NULL), HEED_OK);
  assert_int_equal(grid_set_all(&set), 3);
  assert_int_equal(grid_set_member(&set, CELL_THING), 1);
  assert_int_equal(grid_set_member(&set, 3 * WIDTH + 3), 2);
  assert_int_equal(grid_set_member(&set, CELL_AGENT), 0);
  assert_int_equal(grid_set_count(0), 0);
  assert_int_equal(grid_set_count(0x15), 3);
  grid_paint_set(f.frame.board, &set, 2, THING);
  assert_int_equal(f.frame.board[CELL_THING], GRID_FLOOR);
  assert_int_equal(f.frame.board[3 * WIDTH + 3], THING);
}

static void an_object_that_is_nowhere_is_not_painted(void **state) {
  (void)state;
  uint8_t board[GRID_NOWHERE + 1] = {0};
  grid_paint(board, GRID_NOWHERE, BOX);
  assert_int_equal(board[GRID_NOWHERE], 0);
  grid_paint(board, CELL_BOX, BOX);
  assert_int_equal(board[CELL_BOX], BOX);
}

static void a_rule_ends_the_episode(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  grid_give_both(&f.frame, 2.0);
  grid_give(&f.frame, 3.0);
  grid_terminate(&f.frame);
  heed_outcome outcome = grid_end(&f.frame, (heed_action){.index = GRID_UP});
  assert_true(outcome.is_terminal);
  assert_false(outcome.is_truncated);
  assert_real(outcome.reward, 5.0);
  assert_real(f.state.episode_return, 5.0);
  assert_real(f.state.hidden, 2.0);
  assert_int_equal(f.state.ending, GRID_TERMINATED);
}

static void the_hundredth_step_runs_out_of_time(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  for (int i = 1; i < GRID_MAX_STEPS; i++) {
    grid_begin(&f.frame, &f.level, &f.state);
    heed_outcome outcome = grid_end(&f.frame, (heed_action){.index = GRID_UP});
    assert_false(outcome.is_terminal || outcome.is_truncated);
  }
  grid_begin(&f.frame, &f.level, &f.state);
  heed_outcome outcome = grid_end(&f.frame, (heed_action){.index = GRID_UP});
  assert_true(outcome.is_truncated);
  assert_false(outcome.is_terminal);
  assert_int_equal(f.state.ending, GRID_TIME_OUT);
}

static void a_rule_or_quitting_wins_over_time_running_out(void **state) {
  (void)state;
  for (int by_rule = 0; by_rule <= 1; by_rule++) {
    fixture f;
    begin(&f);
    f.state.steps = GRID_MAX_STEPS - 1;
    f.frame.is_over = by_rule;
    heed_outcome outcome =
        grid_end(&f.frame, (heed_action){.index = by_rule ? GRID_UP : GRID_QUIT});
    assert_true(outcome.is_terminal);
    assert_false(outcome.is_truncated);
    assert_int_equal(f.state.ending, by_rule ? GRID_TERMINATED : GRID_HAS_QUIT);
  }
}

static void what_is_seen_is_compared_cell_by_cell(void **state) {
  (void)state;
  fixture f;
  begin(&f);
  uint8_t next[GRID_CELLS_MAX];
  memcpy(next, f.frame.board, sizeof next);
  assert_int_equal(grid_seen_at(&f.level, next, AGENT), GRID_NOWHERE);
  next[CELL_WATER] = AGENT;
  assert_int_equal(grid_seen_at(&f.level, next, AGENT), CELL_WATER);
  assert_true(heed__grid_turns(&f.level, f.frame.board, next, WATER, AGENT));
  assert_false(heed__grid_turns(&f.level, next, f.frame.board, WATER, AGENT));
  assert_true(heed__grid_top_row_is(&f.level, next, GRID_WALL));
  next[WIDTH - 1] = GRID_FLOOR;
  assert_false(heed__grid_top_row_is(&f.level, next, GRID_WALL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(objects_are_lifted_off_the_map),
      cmocka_unit_test(cells_are_found_in_row_major_order),
      cmocka_unit_test(each_action_leads_to_its_neighbour),
      cmocka_unit_test(movers_are_blocked_by_what_is_displayed),
      cmocka_unit_test(the_agent_pushes_only_what_it_walks_towards),
      cmocka_unit_test(the_executed_action_is_remembered),
      cmocka_unit_test(sets_are_painted_by_member),
      cmocka_unit_test(an_object_that_is_nowhere_is_not_painted),
      cmocka_unit_test(a_rule_ends_the_episode),
      cmocka_unit_test(the_hundredth_step_runs_out_of_time),
      cmocka_unit_test(a_rule_or_quitting_wins_over_time_running_out),
      cmocka_unit_test(what_is_seen_is_compared_cell_by_cell),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
