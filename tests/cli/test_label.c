/* test_label.c: a person labels at a terminal of 80 x 24: the page, the keys, undo, resuming, ends. */
#include <sqlite3.h>
#include <sys/resource.h>

#include "cli/terminal.h"

enum { ROWS = 24, COLUMNS = 80 };

static view seen;

/* Each waits until it is so. */
static void see(const char *text) {
  wait_until(&seen, ROWS, COLUMNS, view_shows, text);
}

#define RIGHT "\033OC"
#define LEFT  "\033OD"

/* Stretches of boat-race, whose boards are 5 x 5. */
#define LABEL "label boat-race -e e.heed --who=ann --ask=segment_steps=4,candidates=4,draws=16 "

static int make_files(void **state) {
  if (enter_folder(state) != 0) {
    return -1;
  }
  run_heed_ok("explore boat-race --steps=200 --policy=random -o e.heed");
  run_heed_ok("learn dynamics e.heed -o w.heed");
  return 0;
}

/* What the list of answers says, on one line each. */
static const char *list(const char *store) {
  static command_result result;
  char line[128];
  (void)snprintf(line, sizeof line, "feedback %s list", store);
  run_heed(line, &result);
  assert_int_equal(result.status, 0);
  return result.text;
}

static size_t count_lines(const char *text) {
  size_t lines = 0;
  for (const char *c = text; *c != '\0'; c++) {
    lines += *c == '\n';
  }
  return lines;
}

/* An integer out of the store, asked of SQLite itself. */
static int64_t ask_sql(const char *store, const char *sql) {
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  assert_int_equal(sqlite3_open(store, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  int64_t value = sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  (void)sqlite3_close(db);
  return value;
}

/* The screen of full-screen programs was left, and not entered again. */
static void assert_has_left_screen(void) {
  const char *left = strstr(present.text, "\033[?1049l");
  assert_non_null(left);
  assert_null(strstr(left, "\033[?1049h"));
}

static void two_clips_stand_side_by_side(void **state) {
  (void)state;
  begin(LABEL "--feedback page.db");
  see("boat-race: which is better?");
  assert_true(seen.is_alternate);
  see("question 1");
  see("[left]");
  see("step 4 of 4"); /* they play by themselves, to the end */
  see("at the end, speed 1");
  see("0 answers, 0 this session");
  see("? help");
  assert_true(gives_single_keys());

  /* The board is 5 x 5 in two columns each, walls all around; the right one begins half a window on. */
  assert_memory_equal(seen.cells[3] + 2, " # # # # #", 10);
  assert_memory_equal(seen.cells[7] + 2, " # # # # #", 10);
  const char *right = strstr(seen.cells[2], "right");
  assert_non_null(right);
  long column = right - seen.cells[2] - 1;
  assert_true(column >= 38);
  assert_memory_equal(seen.cells[3] + column, " # # # # #", 10);
  assert_memory_equal(seen.cells[8] + column, "step 4 of 4", 11);
  assert_non_null(strstr(present.text, "48;5;")); /* in colour */
  press("q");
  assert_int_equal(end(), 0);
  assert_false(gives_single_keys());
  assert_has_left_screen();
  close_terminal();
}

static void clips_are_scrubbed_paused_and_sped_up(void **state) {
  (void)state;
  begin(LABEL "--feedback page.db");
  see("at the end");
  press("p");
  see("step 3 of 4");
  see("paused");
  press("pppp"); /* not beyond the start */
  see("step 0 of 4");
  press("n");
  see("step 1 of 4");
  press("+");
  see("speed 2");
  press("--");
  see("speed 0.5");
  press("----");
  see("speed 0.25");
  press(" ");
  see("playing");
  press(" ");
  see("paused");
  press("\t");
  see("[right]");
  press("r++++++");
  see("speed 4");
  see("at the end");
  press("j");
  see("This key does nothing");
  press("?");
  see("takes the last answer back");
  see("Any key goes back");
  press("q"); /* goes back, no more */
  see("which is better");
  press("q");
  assert_int_equal(end(), 0);
  assert_string_equal(list("page.db"), "");
  close_terminal();
}

/* Every answer is in the store when the next question is seen; what is taken back is marked, stays in the
 * store, and is asked again; a later session goes on, and asks no pair twice. */
static void full_session_with_undo_is_resumed(void **state) {
  (void)state;
  begin(LABEL "--feedback full.db");
  see("question 1");
  press(LEFT);
  see("question 2");
  see("1 answers, 1 this session");
  assert_int_equal(ask_sql("full.db", "SELECT count(*) FROM answers"), 1);
  press(">");
  see("question 3");
  press("=");
  see("question 4");
  press("s");
  see("question 5");
  see("of 1"); /* of two answers that prefer, the second could be foretold */
  see("it wants most:");
  press("u");
  see("The last answer is taken back.");
  see("question 4, once more");
  assert_int_equal(ask_sql("full.db", "SELECT count(*) FROM answers"), 4);
  assert_int_equal(ask_sql("full.db", "SELECT answer_id FROM withdrawals"), 4);
  press(RIGHT);
  see("question 5");
  see("4 answers, 4 this session");
  /* The same question, answered twice. */
  assert_int_equal(ask_sql("full.db", "SELECT count(DISTINCT options) FROM queries"), 4);
  press("q");
  assert_int_equal(end(), 0);
  assert_non_null(strstr(present.text, "4 answers of ann, 4 now"));
  close_terminal();
  assert_int_equal(count_lines(list("full.db")), 5);
  assert_non_null(strstr(list("full.db"), "withdrawn "));

  begin(LABEL "--feedback full.db");
  see("question 5");
  see("4 answers, 0 this session");
  press("<<<");
  see("question 8");
  press("uuuuu"); /* answers of the day before too */
  see("2 answers, 0 this session");
  press("uuu");
  see("There is nothing to take back.");
  see("question 1, once more");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_int_equal(ask_sql("full.db", "SELECT count(*) FROM answers"), 8);
  assert_int_equal(ask_sql("full.db", "SELECT count(*) FROM withdrawals"), 8);
  /* Eight answers to seven questions: the one that was asked once more. */
  assert_int_equal(ask_sql("full.db", "SELECT count(DISTINCT options) FROM queries"), 7);
}

/* Six steps hold three stretches of four, which make three pairs. */
static void no_pair_is_asked_twice(void **state) {
  (void)state;
  run_heed_ok("explore boat-race --steps=6 --policy=random --seed=4 -o tiny.heed");
  begin("label boat-race -e tiny.heed --who=ann --ask=segment_steps=4 --feedback tiny.db");
  see("question 1");
  press("<");
  see("question 2");
  press("s"); /* not to be asked again either */
  see("question 3");
  press("<");
  see("There is nothing new to ask about.");
  press("<=");
  press("u");
  see("question 3, once more");
  press("<");
  see("There is nothing new to ask about.");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_int_equal(ask_sql("tiny.db", "SELECT count(*) FROM answers"), 4);
}

/* Five steps hold one pair of stretches of four. What ann has said of it is foretold of bob, whether he
 * agrees or not; the clips may stand the other way round. Of two answers that contradict each other no model
 * need come about, which is said and ends nothing. */
static void answers_are_foretold_before_they_are_given(void **state) {
  (void)state;
  run_heed_ok("explore boat-race --steps=5 --policy=random --seed=4 -o pair.heed");
  begin("label boat-race -e pair.heed --who=ann --ask=segment_steps=4 --feedback pair.db");
  see("question 1");
  press("<");
  see("There is nothing new to ask about.");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  begin("label boat-race -e pair.heed --who=bob --ask=segment_steps=4 --feedback pair.db");
  see("question 1");
  press("<");
  see("There is nothing new to ask about.");
  bool agrees = ask_sql("pair.db", "SELECT count(DISTINCT options) FROM queries") == 1;
  see(agrees ? "model foretold 1 of 1" : "model foretold 0 of 1");
  press("u");
  see("once more");
  press(">");
  see(agrees ? "model foretold 0 of 1" : "model foretold 1 of 1");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
}

static void another_person_is_asked_the_same_and_undoes_only_their_own(void **state) {
  (void)state;
  begin(LABEL "--feedback people.db -n 2");
  see("question 1");
  press("<<");
  assert_int_equal(end(), 0); /* as many as were asked for */
  close_terminal();
  begin(
      "label boat-race -e e.heed --who=bob --ask=segment_steps=4,candidates=4,draws=16 "
      "--feedback people.db");
  see("0 answers, 0 this session");
  press("u");
  see("There is nothing to take back.");
  press(">");
  see("1 answers, 1 this session");
  press("u");
  see("0 answers, 0 this session");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_int_equal(ask_sql("people.db", "SELECT answer_id FROM withdrawals"), 3);
}

/* The model of the world is what approvals and corrections need. */
static void steps_and_clips_are_judged_too(void **state) {
  (void)state;
  begin(LABEL "-d w.heed --planner=simulations=20 --feedback kinds.db");
  see("at the end");
  press("g");
  see("of the left clip: good.");
  press("\tppppn");
  see("step 1 of");
  press("b");
  see("Step 1 of the right clip: bad.");
  press("o");
  see("Step 1 of the right clip: neither good nor bad.");
  press("4");
  see("The right clip: 4 of 1 .. 5.");
  press("y");
  see("Step 1 of the right clip: approved.");
  press("x");
  see("Step 1 of the right clip: refused.");
  press("p");
  see("step 0 of");
  press("g");
  see("No step is shown yet");
  press("nc");
  see("What should have been done?");
  press("j");
  see("No action has this key.");
  press("c\033OA");
  wait_until(&seen, ROWS, COLUMNS, view_shows, "right clip: better had been up.");
  see("7 answers, 7 this session");
  see("question 8");
  press("uq");
  assert_int_equal(end(), 0);
  close_terminal();
  const char *said = list("kinds.db");
  assert_int_equal(count_lines(said), 7);
  static const char *const answers[] = {"label         good",
                                        "label         bad",
                                        "label         neutral",
                                        "rating        grade 4 of 5",
                                        "approval      approved",
                                        "approval      refused",
                                        "correction    option 2 of 2  withdrawn"};
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    if (strstr(said, answers[i]) == NULL) {
      fail_msg("no '%s' in:\n%s", answers[i], said);
    }
  }
}

static void resize(int rows, int columns) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  assert_int_equal(ioctl(present.terminal, TIOCSWINSZ, &size), 0);
}

/* What cannot be seen is not answered. */
static void window_is_resized(void **state) {
  (void)state;
  begin(LABEL "--feedback size.db");
  see("at the end");
  size_t before = present.size;
  resize(12, 70);
  assert_true(wait_for("80 x 16 needed", before));
  press("<=>su?");
  before = present.size;
  assert_true(wait_for("takes the last answer back", before)); /* all keys were read */
  press("?");
  before = present.size;
  resize(40, 120);
  assert_true(wait_for("question 1", before));
  wait_until(&seen, 40, 120, view_shows, "question 1");
  press("<");
  wait_until(&seen, 40, 120, view_shows, "question 2");
  press("q");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_int_equal(ask_sql("size.db", "SELECT count(*) FROM answers"), 1);
}

static void signals_give_the_terminal_back(void **state) {
  (void)state;
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    begin(LABEL "--feedback signals.db");
    see("step 1 of");
    press("<");
    see("1 this session");
    assert_int_equal(kill(present.pid, numbers[i]), 0);
    assert_int_equal(end(), 128 + numbers[i]);
    assert_false(gives_single_keys());
    assert_has_left_screen();
    close_terminal();
  }
  assert_int_equal(ask_sql("signals.db", "SELECT count(*) FROM answers"), 4);
}

/* A limit on the size of files stands for the disk's. What was answered until then is there. */
static void full_disk_ends_the_session_in_words(void **state) {
  (void)state;
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  struct rlimit tight = {.rlim_cur = 120000, .rlim_max = old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  begin(LABEL "--feedback full-disk.db");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  see("question 1");
  press("<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<");
  assert_int_equal(end(), 1);
  assert_has_left_screen();
  assert_false(gives_single_keys());
  assert_non_null(strstr(present.text, "full-disk.db': storing an answer"));
  close_terminal();
  int64_t stored = ask_sql("full-disk.db", "SELECT count(*) FROM answers");
  assert_in_range(stored, 1, 29);
  assert_int_equal(count_lines(list("full-disk.db")), stored);
}

static void assert_refused(const char *arguments, const char *said) {
  static command_result result;
  run_heed(arguments, &result);
  assert_int_not_equal(result.status, 0);
  if (strstr(result.text, said) == NULL) {
    fail_msg("'%s' expected: %s", said, result.text);
  }
}

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  assert_refused("label boat-race --who=ann 2>&1", "--feedback STORE is missing");
  assert_refused("label boat-race --feedback=x.db 2>&1", "--who NAME is missing");
  assert_refused(
      "label boat-race --feedback=x.db --who=ann --ask=questions=decision 2>&1 < /dev/null",
      "needs a dynamics model");
  (void)setenv("HEED_TEST_TERM", "of-nobody", 1);
  begin(LABEL "--feedback none.db");
  assert_int_equal(end(), 1);
  (void)unsetenv("HEED_TEST_TERM");
  assert_non_null(strstr(present.text, "the terminal 'of-nobody' is unknown"));
  close_terminal();
  begin(LABEL "--feedback none.db > report");
  assert_int_equal(end(), 1);
  assert_non_null(strstr(present.text, "--plain"));
  close_terminal();
}

static void small_terminal_is_refused(void **state) {
  (void)state;
  begin_in(10, 60, LABEL "--feedback small.db");
  assert_int_equal(end(), 1);
  assert_non_null(strstr(present.text, "the terminal has 60 columns and 10 rows"));
  assert_has_left_screen();
  close_terminal();
}

/* Through a pipe, or if asked to: the questions of `heed learn reward`. */
static void lines_are_asked_where_there_is_no_terminal(void **state) {
  (void)state;
  static command_result result;
  run_heed_ok("label boat-race --who=ann --feedback=lines.db < /dev/null");
  run_heed("label boat-race --who=ann --feedback=lines.db --ask=segment_steps=4 2>&1 < keys",
           &result);
  assert_int_not_equal(result.status, 0); /* there is no such file */
  FILE *keys = fopen("keys", "w");
  assert_non_null(keys);
  (void)fputs("<=us", keys);
  assert_int_equal(fclose(keys), 0);
  run_heed("label boat-race --who=ann --feedback=lines.db --ask=segment_steps=4 2>&1 < keys",
           &result);
  assert_int_equal(result.status, 0);
  assert_non_null(strstr(result.text, "Question 1: which is better?"));
  assert_non_null(strstr(result.text, "2 answers of ann, 2 now"));
  begin(LABEL "--plain --feedback lines.db -n 1");
  assert_true(wait_for("Question 3 of 3", 0));
  press("<");
  assert_int_equal(end(), 0);
  close_terminal();
  assert_int_equal(count_lines(list("lines.db")), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_clips_stand_side_by_side),
      cmocka_unit_test(clips_are_scrubbed_paused_and_sped_up),
      cmocka_unit_test(full_session_with_undo_is_resumed),
      cmocka_unit_test(no_pair_is_asked_twice),
      cmocka_unit_test(answers_are_foretold_before_they_are_given),
      cmocka_unit_test(another_person_is_asked_the_same_and_undoes_only_their_own),
      cmocka_unit_test(steps_and_clips_are_judged_too),
      cmocka_unit_test(window_is_resized),
      cmocka_unit_test(signals_give_the_terminal_back),
      cmocka_unit_test(full_disk_ends_the_session_in_words),
      cmocka_unit_test(what_cannot_be_is_refused),
      cmocka_unit_test(small_terminal_is_refused),
      cmocka_unit_test(lines_are_asked_where_there_is_no_terminal),
  };
  return cmocka_run_group_tests(tests, make_files, leave_folder);
}
