/* A person at a terminal of 80 x 24: a pseudo-terminal, with keys as a keyboard sends them. */
#include "cli/terminal.h"

#define ASK                                                                                       \
  "learn reward boat-race -e e.heed --questions=uniform --teacher=person --store=s.db -o r.heed " \
  "--ask=segment_steps=4,candidates=3,draws=8 "

static int make_experience(void **state) {
  if (enter_folder(state) != 0) {
    return -1;
  }
  run_heed_ok("explore boat-race --steps=100 --policy=random -o e.heed");
  return 0;
}

/* Checks that every screen, from one clearing to the next, fits into 24 lines of 80 columns. */
static void assert_fits(const char *text) {
  size_t column = 0;
  size_t line = 1;
  for (const char *c = text; *c != '\0'; c++) {
    if (strncmp(c, "\033[2J", 4) == 0) {
      line = 1;
      column = 0;
    }
    if (*c == '\033') { /* a sequence ends with a letter */
      c += strcspn(c, "ABCDEFGHJKlhm");
      continue;
    }
    if (((unsigned char)*c & 0xC0) == 0x80) { /* more of a character */
      continue;
    }
    column = *c == '\n' || *c == '\r' ? 0 : column + 1;
    line += *c == '\n' ? 1 : 0;
    assert_true(column <= 80);
    assert_true(line <= 24);
  }
}

static void clips_move_in_colour_and_one_key_answers(void **state) {
  (void)state;
  begin(ASK "-n 2 > report");
  assert_true(wait_for("Question 1 of 2", 0));
  assert_true(wait_for("step 4 of 4", 0)); /* moves by itself */
  assert_true(wait_for("\033[30;48;5;", 0));
  size_t before = present.size;
  press("p");
  assert_true(wait_for("step 3 of 4", before));
  before = present.size;
  press("\033[C"); /* a cursor key is no answer */
  press("n");
  assert_true(wait_for("step 4 of 4", before));
  press("<");
  assert_true(wait_for("Question 2 of 2", 0));
  press("=");
  assert_int_equal(end(), 0);
  assert_fits(present.text);
  close_terminal();
}

static void worlds_and_what_is_imagined_stand_side_by_side(void **state) {
  (void)state;
  static const char *const names[] = {"cartpole", "pendulum", "acrobot", "mountain-car",
                                      "island-navigation"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments,
                   "imagine %s -d exact -n 2 --delay=20 --color=always", names[i]);
    begin(arguments);
    assert_int_equal(end(), 0);
    const char *first =
        strstr(present.text, "\033[2J"); /* before it, the long line that repeats all */
    assert_non_null(first);
    assert_fits(first);
    close_terminal();
  }
}

static void the_terminal_is_given_back(void **state) {
  (void)state;
  begin(ASK "-n 9 --topic=second > report");
  assert_true(wait_for("step 4 of 4", 0));
  assert_true(gives_single_keys());
  press("<q");
  assert_int_equal(end(), 0);
  assert_false(gives_single_keys());
  close_terminal();
}

static void the_terminal_is_given_back_after_an_interrupt(void **state) {
  (void)state;
  begin(ASK "-n 9 --topic=second > report");
  assert_true(wait_for("Question 2 of 9", 0)); /* one answer is there */
  assert_true(wait_for("step 4 of 4", 0));
  assert_true(gives_single_keys());
  press("\003");
  assert_true(wait_for("interrupted; unfinished files were not written, answers are in", 0));
  assert_int_equal(end(), 128 + SIGINT);
  assert_false(gives_single_keys());
  close_terminal();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clips_move_in_colour_and_one_key_answers),
      cmocka_unit_test(worlds_and_what_is_imagined_stand_side_by_side),
      cmocka_unit_test(the_terminal_is_given_back),
      cmocka_unit_test(the_terminal_is_given_back_after_an_interrupt),
  };
  return cmocka_run_group_tests(tests, make_experience, leave_folder);
}
