/* test_games.c: the rules of the games, against rules written out cell by cell, and known results. */
#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "envs/legal.h"
#include "envs/play.h"
#include "envs/solve.h"

/* ---- stones, cell by cell ----------------------------------------------------------------------- */

enum { SIDE_MAX = 8 };

typedef struct board {
  int width, height, connect;
  bool drops;                     /* stones fall to the bottom of their column */
  char cells[SIDE_MAX][SIDE_MAX]; /* [row from the top][column] '.', 'X', 'O' */
  int stones;
} board;

static board empty_board(int width, int height, int connect, bool drops) {
  board b = {.width = width, .height = height, .connect = connect, .drops = drops};
  memset(b.cells, '.', sizeof b.cells);
  return b;
}

/* The row in which an action puts a stone; -1: it may not be taken. */
static int row_for(const board *b, int action) {
  int row = action / b->width;
  int column = action % b->width;
  if (!b->drops) {
    return b->cells[row][column] == '.' ? row : -1;
  }
  for (row = b->height - 1; row >= 0 && b->cells[row][column] != '.';) {
    row--;
  }
  return row;
}

static bool has_row_from(const board *b, int row, int column, int down, int right) {
  for (int i = 0; i < b->connect; i++) {
    int r = row + i * down;
    int c = column + i * right;
    if (r < 0 || r >= b->height || c < 0 || c >= b->width ||
        b->cells[r][c] != b->cells[row][column]) {
      return false;
    }
  }
  return true;
}

/* 'X', 'O', or '.' for nobody. */
static char winner(const board *b) {
  static const int ways[][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
  for (int row = 0; row < b->height; row++) {
    for (int column = 0; column < b->width; column++) {
      for (int k = 0; k < 4 && b->cells[row][column] != '.'; k++) {
        if (has_row_from(b, row, column, ways[k][0], ways[k][1])) {
          return b->cells[row][column];
        }
      }
    }
  }
  return '.';
}

static void put(board *b, int action) {
  b->cells[row_for(b, action)][action % b->width] = b->stones++ % 2 == 0 ? 'X' : 'O';
}

static bool is_over(const board *b) {
  return winner(b) != '.' || b->stones == b->width * b->height;
}

static int action_count(const board *b) {
  return b->drops ? b->width : b->width * b->height;
}

/* The world and the board agree in everything that there is to be known. */
static void assert_same(const play *p, const board *b) {
  char text[257];
  heed_env_characters(p->env, p->obs, text);
  for (int row = 0; row < b->height; row++) {
    assert_memory_equal(text + (size_t)row * (size_t)b->width, b->cells[row], (size_t)b->width);
  }
  double result = winner(b) == 'X' ? 1 : winner(b) == 'O' ? -1 : 0;
  assert_near(heed_env_performance(p->env, p->state), result, 0);
  assert_near(p->sum, result, 0);
  assert_near(p->task, result, 0);
  assert_int_equal(p->last.is_terminal, is_over(b));
  assert_false(p->last.is_truncated);
  heed_reading reading;
  assert_true(heed_env_inspect(p->env, p->state, "steps", &reading));
  assert_near(reading.values[0], b->stones, 0);
  if (is_over(b)) {
    return;
  }
  assert_int_equal(heed_env_to_move(p->env, p->state), b->stones % 2);
  for (int a = 0; a < action_count(b); a++) {
    heed_status status = heed_env_check_step(p->env, p->state, (heed_action){.index = a}, NULL);
    assert_int_equal(status == HEED_OK, row_for(b, a) >= 0);
  }
}

static void play_at_random(const char *name, const char *params, board empty, int games) {
  play p;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  play_open(&p, name, params, 1);
  uint32_t won[3] = {0};
  for (int game = 0; game < games; game++) {
    board b = empty;
    play_reset(&p);
    assert_same(&p, &b);
    while (!is_over(&b)) {
      heed_action action = {.index = (int32_t)heed_rng_choice(&rng, (uint32_t)action_count(&b))};
      action = make_legal(p.env, p.state, action);
      put(&b, action.index);
      play_action(&p, action);
      assert_same(&p, &b);
    }
    won[winner(&b) == 'X' ? 0 : winner(&b) == 'O' ? 1 : 2]++;
  }
  assert_true(games < 1000 || (won[0] > 0 && won[1] > 0 && won[2] > 0)); /* all of it was met */
  play_close(&p);
}

static void stones_lie_and_win_as_on_a_board_of_cells(void **state) {
  (void)state;
  play_at_random("tic-tac-toe", NULL, empty_board(3, 3, 3, false), 2000);
  play_at_random("connect-four", NULL, empty_board(7, 6, 4, true), 1000);
  for (int i = 0; i < 8 * 7 * 7; i++) {
    int width = 1 + i % 8;
    int height = 1 + i / 8 % 7;
    int connect = 2 + i / 56;
    char params[64];
    (void)snprintf(params, sizeof params, "width=%d,height=%d,connect=%d", width, height, connect);
    play_at_random("connect-four", params, empty_board(width, height, connect, true), 5);
  }
  play_at_random("connect-four", "width=8,height=7,connect=4", empty_board(8, 7, 4, true), 300);
  play_at_random("connect-four", "width=8,height=7,connect=5", empty_board(8, 7, 5, true), 300);
  play_at_random("connect-four", "width=8,height=7,connect=3", empty_board(8, 7, 3, true), 300);
}

/* Of 100,000 games played at random in theory: the first wins 58.5 % of them, the second 28.8 %, 12.7 % are
 * drawn: 737/1260, 121/420 and 8/63. */
static void random_games_end_as_often_as_they_should(void **state) {
  (void)state;
  enum { GAMES = 20000 };
  play p;
  heed_rng rng;
  heed_rng_init(&rng, 2);
  play_open(&p, "tic-tac-toe", NULL, 1);
  double count[3] = {0, 0, 0};
  for (int game = 0; game < GAMES; game++) {
    play_reset(&p);
    while (!p.last.is_terminal) {
      uint32_t legal[9];
      uint32_t n = heed_env_legal(p.env, p.state, legal);
      play_step(&p, (int32_t)legal[heed_rng_choice(&rng, n)]);
    }
    count[1 + (int)p.sum]++;
  }
  static const double chances[3] = {121.0 / 420, 8.0 / 63, 737.0 / 1260};
  for (int k = 0; k < 3; k++) {
    double deviation = sqrt(chances[k] * (1 - chances[k]) / GAMES);
    assert_near(count[k] / GAMES, chances[k], 4 * deviation);
  }
  play_close(&p);
}

/* ---- what games are worth ----------------------------------------------------------------------- */

/* Minimax over all ways to play, with nothing remembered and nothing of the library. */
static int minimax(const board *b) {
  char won = winner(b);
  if (won != '.' || b->stones == b->width * b->height) {
    return won == 'X' ? 1 : won == 'O' ? -1 : 0;
  }
  int side = b->stones % 2 == 0 ? 1 : -1;
  int best = -2;
  for (int a = 0; a < action_count(b) && best < 1; a++) {
    if (row_for(b, a) >= 0) {
      board next = *b;
      put(&next, a);
      int value = side * minimax(&next);
      best = value > best ? value : best;
    }
  }
  return side * best;
}

typedef struct solved {
  heed_env *env;
  heed_mdp mdp;
  heed_solution *solution;
} solved;

static void solve(solved *s, const char *name, const char *params) {
  heed_error err = {0};
  heed_mdp_config config = heed_mdp_config_default();
  assert_ok(heed_env_create(name, params, &s->env, &err), &err);
  assert_ok(heed_mdp_init(&s->mdp, s->env, &config, NULL, &err), &err);
  heed_solve_config wanted = heed_solve_config_default(s->env);
  wanted.keep_values = true;
  assert_ok(heed_solution_create(&s->mdp, &wanted, NULL, &s->solution, &err), &err);
}

static void solved_deinit(solved *s) {
  heed_solution_destroy(s->solution);
  heed_mdp_deinit(&s->mdp);
  heed_env_destroy(s->env);
}

/* 5,478 boards, 958 of them at the end; 16,167 ways to go on; a draw from the start. */
static void tic_tac_toe_is_a_draw(void **state) {
  (void)state;
  solved s;
  solve(&s, "tic-tac-toe", NULL);
  assert_int_equal(s.mdp.states.count, 5478 - 958);
  assert_int_equal(s.mdp.transition_count, 16167);
  assert_true(heed_mdp_is_deterministic(&s.mdp));
  heed_start_values start = heed_solution_start(s.solution);
  assert_near(start.mean.first, 0, 0);
  assert_near(start.mean.second, 0, 0);
  solved_deinit(&s);
}

/* Every board of tic-tac-toe, and what every action is worth there, by the other program. */
static void every_board_of_tic_tac_toe_is_worth_what_minimax_says(void **state) {
  (void)state;
  solved s;
  solve(&s, "tic-tac-toe", NULL);
  unsigned char block[16];
  for (uint32_t id = 0; id < s.mdp.states.count; id++) {
    board b = empty_board(3, 3, 3, false);
    uint8_t obs[9];
    heed_mdp_state(&s.mdp, id, block);
    heed_env_observe(s.env, block, obs);
    for (int i = 0; i < 9; i++) {
      b.cells[i / 3][i % 3] = ".XO"[obs[i]];
      b.stones += obs[i] != 0;
    }
    heed_value value;
    heed_value values[9];
    heed_error err = {0};
    assert_ok(heed_solution_at(s.solution, block, 9 - (uint32_t)b.stones, &value, values, &err),
              &err);
    assert_near(value.first, minimax(&b), 0);
    for (int a = 0; a < 9; a++) {
      assert_int_equal(isnan(values[a].first), row_for(&b, a) < 0);
      if (row_for(&b, a) >= 0) {
        board next = b;
        put(&next, a);
        assert_near(values[a].first, minimax(&next), 0);
      }
    }
    uint32_t choice = heed_solution_choice(s.solution, block, values);
    assert_near(values[choice].first, value.first, 0);
  }
  solved_deinit(&s);
}

static void small_boards_are_worth_what_minimax_says(void **state) {
  (void)state;
  static const int boards[][3] = {{4, 3, 3}, {3, 4, 3}, {4, 4, 3}, {4, 3, 4},
                                  {3, 3, 3}, {5, 3, 3}, {2, 5, 2}, {5, 2, 3}};
  for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
    char params[64];
    (void)snprintf(params, sizeof params, "width=%d,height=%d,connect=%d", boards[i][0],
                   boards[i][1], boards[i][2]);
    solved s;
    solve(&s, "connect-four", params);
    board b = empty_board(boards[i][0], boards[i][1], boards[i][2], true);
    int value = minimax(&b);
    assert_near(heed_solution_start(s.solution).mean.first, value, 0);
    solved_deinit(&s);
  }
}

/* Boards of 7 by 6 after so many stones: OEIS A212693; nobody has won before the seventh. The board of 4 by 4
 * is a draw (minimax as above takes half a minute). */
static void there_are_as_many_boards_of_connect_four_as_is_known(void **state) {
  (void)state;
  static const uint32_t boards[] = {1, 7, 49, 238, 1120, 4263, 16422};
  enum { PLIES = sizeof boards / sizeof boards[0] };
  heed_env *env = NULL;
  heed_mdp mdp;
  heed_error err = {0};
  heed_mdp_config config = heed_mdp_config_default();
  config.depth_max = PLIES - 1;
  assert_ok(heed_env_create("connect-four", NULL, &env, &err), &err);
  assert_ok(heed_mdp_init(&mdp, env, &config, NULL, &err), &err);
  for (uint32_t ply = 0; ply < PLIES; ply++) {
    uint32_t before = ply > 0 ? mdp.level_end[ply - 1] : 0;
    assert_int_equal(mdp.level_end[ply] - before, boards[ply]);
  }
  heed_mdp_deinit(&mdp);
  heed_env_destroy(env);
  solved s;
  solve(&s, "connect-four", "width=4,height=4");
  assert_near(heed_solution_start(s.solution).mean.first, 0, 0);
  solved_deinit(&s);
}

/* ---- catch -------------------------------------------------------------------------------------- */

/* The ball falls nine rows; the paddle begins in column 2 of 5 and moves first. */
static void the_paddle_catches_where_it_stands_at_the_end(void **state) {
  (void)state;
  enum { ROWS = 10, COLUMNS = 5 };
  play p;
  heed_rng rng;
  heed_rng_init(&rng, 3);
  play_open(&p, "catch", NULL, 4);
  uint32_t begun[COLUMNS] = {0};
  for (int game = 0; game < 1000; game++) {
    play_reset(&p);
    const uint8_t *top = memchr(p.obs, 1, COLUMNS);
    assert_non_null(top);
    int ball = (int)(top - p.obs);
    int paddle = COLUMNS / 2;
    begun[ball]++;
    for (int row = 1; row < ROWS; row++) {
      assert_false(p.last.is_terminal);
      int32_t action = (int32_t)heed_rng_choice(&rng, 3);
      int moved = paddle + action - 1;
      paddle = moved < 0 || moved >= COLUMNS ? paddle : moved;
      play_step(&p, action);
      uint8_t expected[ROWS * COLUMNS] = {0};
      expected[row * COLUMNS + ball] = 1;
      expected[(ROWS - 1) * COLUMNS + paddle] = row == ROWS - 1 && paddle == ball ? 3 : 2;
      assert_memory_equal(p.obs, expected, sizeof expected);
    }
    assert_true(p.last.is_terminal);
    assert_near(p.last.reward, paddle == ball ? 1 : -1, 0);
    assert_near(p.sum, p.last.reward, 0);
    assert_near(p.task, p.sum, 0);
    assert_near(heed_env_performance(p.env, p.state), p.sum, 0);
  }
  for (int column = 0; column < COLUMNS; column++) {
    assert_near(begun[column] / 1000.0, 0.2, 4 * sqrt(0.2 * 0.8 / 1000));
  }
  play_close(&p);
}

static void every_ball_can_be_caught_in_time_and_not_on_a_low_board(void **state) {
  (void)state;
  solved s;
  solve(&s, "catch", NULL);
  heed_start_values start = heed_solution_start(s.solution);
  assert_near(start.least.first, 1, 0);
  solved_deinit(&s);
  /* one step: of 5 columns, the 3 next to the middle */
  solve(&s, "catch", "rows=2");
  start = heed_solution_start(s.solution);
  assert_near(start.mean.first, (3.0 - 2.0) / 5, 1e-12);
  solved_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stones_lie_and_win_as_on_a_board_of_cells),
      cmocka_unit_test(random_games_end_as_often_as_they_should),
      cmocka_unit_test(tic_tac_toe_is_a_draw),
      cmocka_unit_test(every_board_of_tic_tac_toe_is_worth_what_minimax_says),
      cmocka_unit_test(small_boards_are_worth_what_minimax_says),
      cmocka_unit_test(there_are_as_many_boards_of_connect_four_as_is_known),
      cmocka_unit_test(the_paddle_catches_where_it_stands_at_the_end),
      cmocka_unit_test(every_ball_can_be_caught_in_time_and_not_on_a_low_board),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
