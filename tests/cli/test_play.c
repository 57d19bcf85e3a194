/* test_play.c: a person plays a world at a terminal: keys, undo, records, windows, ends. */
#include "cli/terminal.h"

enum { ROWS = 24, COLUMNS = 80 };

static view seen;

/* Each waits until it is so. */
static void see(const char *text) {
  wait_until(&seen, ROWS, COLUMNS, view_shows, text);
}

static bool view_lacks(const view *v, const char *text) {
  return !view_shows(v, text);
}

static void miss(const char *text) {
  wait_until(&seen, ROWS, COLUMNS, view_lacks, text);
}

/* text: two digits of a row and what stands in it. */
static bool row_shows(const view *v, const char *text) {
  int row = 10 * (text[0] - '0') + text[1] - '0';
  return strstr(v->cells[row], text + 2) != NULL;
}

static void see_in_row(const char *text) {
  wait_until(&seen, ROWS, COLUMNS, row_shows, text);
}

#define UP    "\033OA"
#define DOWN  "\033OB"
#define RIGHT "\033OC"
#define LEFT  "\033OD"

/* What `heed replay` says of a record, which must agree. */
static void assert_replays(const char *file, const char *said) {
  static command_result result;
  char line[128];
  (void)snprintf(line, sizeof line, "replay %s", file);
  run_heed(line, &result);
  if (result.status != 0 || strstr(result.text, said) == NULL) {
    fail_msg("'%s' expected: %s", said, result.text);
  }
}

/* The rules of the level are the paper's (Leike et al. 2017, 2.1.1): the agent starts two above the
 * button, and each step costs 1. */
static void arrows_move_and_steps_are_counted(void **state) {
  (void)state;
  begin("play safe-interruptibility");
  see("step 0");
  assert_true(seen.is_alternate);
  assert_true(gives_single_keys());
  see_in_row("04A #");
  press(DOWN);
  see("step 1");
  see_in_row("05A #");
  see("reward -1   return -1");
  press(DOWN UP);
  see("step 3");
  see_in_row("05A #");
  press(" "); /* noop */
  see("step 4");
  see_in_row("05A #");
  press(LEFT);
  see("step 5");
  see_in_row("05A   #");
  press(RIGHT);
  see("step 6");
  press("q");
  assert_int_equal(end(), 0);
  assert_false(gives_single_keys());
  view_make(&seen, present.text, ROWS, COLUMNS);
  assert_false(seen.is_alternate);
  close_terminal();
}

static void the_hidden_performance_is_told_on_request(void **state) {
  (void)state;
  begin("play boat-race");
  see("step 0");
  miss("hidden performance 0");
  press(RIGHT); /* onto an arrow, its way: +1 hidden, 3 - 1 paid */
  see("return 2");
  press("h");
  see("hidden performance 1");
  press("h");
  see("h hidden performance");
  miss("hidden performance 1");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
}

static void steps_are_taken_back_and_not_recorded(void **state) {
  (void)state;
  begin("play safe-interruptibility --record undone.jsonl");
  see("step 0");
  press(DOWN DOWN); /* presses the button and disables the tile */
  see("step 2");
  press("uuu");
  see("This is the start of the episode.");
  see("step 0");
  see("return 0");
  see_in_row("04A #");
  press(DOWN LEFT);
  see("step 2");
  press("u" LEFT LEFT);
  see("step 3");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_replays("undone.jsonl", "1 episodes, 3 steps agree");
}

/* Undone luck is the same luck again: friend-foe remembers, and draws. */
static void several_episodes_are_recorded_and_replay(void **state) {
  (void)state;
  begin("play friend-foe --seed=5 --record several.jsonl");
  see("episode 1   step 0");
  press(UP UP UP UP); /* into a box, or to a wall before it */
  see("step 4");
  press("uu" UP);
  see("step 3");
  press("r");
  see("episode 2   step 0");
  press(UP "u");
  press("r");
  see("episode 3   step 0");
  press(LEFT);
  see("step 1");
  press("q");
  assert_int_equal(end(), 0);
  assert_true(wait_for("3 episodes, 4 steps recorded in several.jsonl", 0));
  close_terminal();
  assert_replays("several.jsonl", "3 episodes, 4 steps agree");
}

static void an_ended_episode_goes_no_further_but_back(void **state) {
  (void)state;
  begin("play boat-race --record ended.jsonl");
  see("5 quit");
  press("5");
  see("The episode has ended, by the rules.");
  see("step 1");
  press(RIGHT);
  press("u");
  see("step 0");
  press(RIGHT);
  see("return 2");
  press("8");
  see("No action has this key.");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_replays("ended.jsonl", "1 episodes, 1 steps agree");
}

static void nothing_done_is_nothing_written(void **state) {
  (void)state;
  begin("play boat-race --record none.jsonl");
  see("step 0");
  press(RIGHT "uq");
  assert_int_equal(end(), 0);
  assert_true(wait_for("none.jsonl is not written", 0));
  assert_int_not_equal(access("none.jsonl", F_OK), 0);
  close_terminal();
}

/* A box of numbers: -2 to 2 N m; nine levels. */
static void a_box_of_actions_is_set_number_by_number(void **state) {
  (void)state;
  begin("play pendulum --record box.jsonl");
  see("action  [0]");
  press("9");
  see("[2]");
  press(LEFT);
  see("[1.6]");
  press(" ");
  see("step 1");
  press("3\r");
  see("step 2");
  see("[-1]");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_replays("box.jsonl", "1 episodes, 2 steps agree");
  static command_result result;
  FILE *file = fopen("box.jsonl", "r");
  assert_non_null(file);
  size_t size = fread(result.text, 1, sizeof result.text - 1, file);
  result.text[size] = '\0';
  (void)fclose(file);
  assert_non_null(strstr(result.text, "\"actions\":[[1.6"));
  assert_non_null(strstr(result.text, ",[-1]]"));
}

/* Tic-tac-toe by both sides: X takes the top row. */
static void a_person_plays_both_sides_of_a_game(void **state) {
  (void)state;
  begin("play tic-tac-toe --record game.jsonl");
  see("The first player's turn");
  press("0");
  see("The second player's turn");
  press("0");
  see("This may not be done here.");
  see("step 1");
  press("3142");
  see("The episode has ended, by the rules.");
  see("return 1");
  see("step 5");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_replays("game.jsonl", "1 episodes, 5 steps agree");
}

/* X in the corner and in the middle, O leaves a row open: the planner, O, must close it; X begins, so that
 * undoing twice is the start. */
static void the_planner_plays_the_other_side(void **state) {
  (void)state;
  begin("play tic-tac-toe --against=second --planner=simulations=500");
  see("step 0");
  press("0"); /* the only answer that does not lose is the middle */
  see("step 2");
  see_in_row("03. O .");
  press("u");
  see("step 0");
  see("The first player's turn");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  begin("play connect-four --against=first --planner=simulations=50");
  see("step 1");
  see("The second player's turn");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
}

static void set_window(int rows, int columns) {
  struct winsize window = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  assert_int_equal(ioctl(present.terminal, TIOCSWINSZ, &window), 0);
}

static void another_window_is_filled_anew(void **state) {
  (void)state;
  begin("play safe-interruptibility");
  see("step 0");
  size_t before = present.size;
  set_window(10, 40);
  assert_true(wait_for("The window is too small:", before));
  assert_true(wait_for("18 x 17 needed", before));
  press(DOWN); /* goes on all the same */
  set_window(40, 100);
  assert_true(wait_for("step 1", before));
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
}

static void a_world_that_draws_itself_fits(void **state) {
  (void)state;
  (void)setenv("LC_ALL", "C.UTF-8", 1);
  begin("play taxi");
  see("q quit");
  see("~"); /* half blocks */
  see("G"); /* a label, in a picture of half blocks */
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  (void)setenv("LC_ALL", "C", 1);
  begin("play taxi --color=never");
  see("q quit");
  miss("~");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
}

/* The record is written, the terminal given back, and the signal does what it does. */
static void signals_end_in_order(void **state) {
  (void)state;
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    (void)unlink("signal.jsonl");
    begin("play boat-race --record signal.jsonl");
    see("step 0");
    press(RIGHT);
    see("step 1");
    assert_int_equal(kill(present.pid, signals[i]), 0);
    assert_int_equal(end(), 128 + signals[i]);
    assert_false(gives_single_keys());
    view_make(&seen, present.text, ROWS, COLUMNS);
    assert_false(seen.is_alternate);
    close_terminal();
    assert_replays("signal.jsonl", "1 episodes, 1 steps agree");
  }
}

static void a_terminal_that_goes_away_ends_it(void **state) {
  (void)state;
  begin("play boat-race");
  see("step 0");
  (void)close(present.keyboard);
  (void)close(present.terminal);
  int status = 0;
  assert_int_equal(waitpid(present.pid, &status, 0), present.pid);
  assert_true(WIFSIGNALED(status) || WIFEXITED(status));
}

static void without_a_terminal_it_says_so(void **state) {
  (void)state;
  static command_result result;
  run_heed("play boat-race --record no.jsonl 2>&1 < /dev/null", &result);
  assert_int_equal(result.status, 1);
  assert_non_null(strstr(result.text, "need a terminal"));
  assert_int_not_equal(access("no.jsonl", F_OK), 0);
  begin("play boat-race > report");
  assert_int_equal(end(), 1);
  assert_non_null(strstr(present.text, "need a terminal"));
  close_terminal();
}

static void an_unknown_terminal_is_refused(void **state) {
  (void)state;
  (void)setenv("HEED_TEST_TERM", "no-such-terminal", 1);
  begin("play boat-race");
  assert_int_equal(end(), 1);
  assert_non_null(strstr(present.text, "'no-such-terminal' is unknown"));
  assert_false(gives_single_keys());
  close_terminal();
  (void)unsetenv("HEED_TEST_TERM");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrows_move_and_steps_are_counted),
      cmocka_unit_test(the_hidden_performance_is_told_on_request),
      cmocka_unit_test(steps_are_taken_back_and_not_recorded),
      cmocka_unit_test(several_episodes_are_recorded_and_replay),
      cmocka_unit_test(an_ended_episode_goes_no_further_but_back),
      cmocka_unit_test(nothing_done_is_nothing_written),
      cmocka_unit_test(a_box_of_actions_is_set_number_by_number),
      cmocka_unit_test(a_person_plays_both_sides_of_a_game),
      cmocka_unit_test(the_planner_plays_the_other_side),
      cmocka_unit_test(another_window_is_filled_anew),
      cmocka_unit_test(a_world_that_draws_itself_fits),
      cmocka_unit_test(signals_end_in_order),
      cmocka_unit_test(a_terminal_that_goes_away_ends_it),
      cmocka_unit_test(without_a_terminal_it_says_so),
      cmocka_unit_test(an_unknown_terminal_is_refused),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
