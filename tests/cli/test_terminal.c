/* A person at a terminal of 80 x 24: a pseudo-terminal, with keys as a keyboard sends them. */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <termios.h>
#include <utmp.h>

#include "cli/command.h"

/* A command that runs in a terminal, and all that it has drawn. */
typedef struct session {
  int terminal, keyboard; /* what the test, and what the command holds of it */
  pid_t pid;
  size_t size;
  char text[1 << 20];
} session;

static session present; /* one at a time */

static void begin(const char *arguments) {
  struct winsize window = {.ws_row = 24, .ws_col = 80};
  present.size = 0;
  assert_int_equal(openpty(&present.terminal, &present.keyboard, NULL, NULL, &window), 0);
  present.pid = fork();
  assert_true(present.pid >= 0);
  if (present.pid == 0) {
    char line[1024];
    (void)snprintf(line, sizeof line, "exec '%s' %s", HEED_COMMAND, arguments);
    (void)setenv("TERM", "xterm-256color", 1);
    (void)unsetenv("NO_COLOR");
    (void)unsetenv("COLORTERM");
    (void)close(present.terminal);
    (void)login_tty(present.keyboard);
    (void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
  }
}

/* Takes in what is drawn within `wait_ms`; false when nothing is. */
static bool take(int wait_ms) {
  struct pollfd output = {.fd = present.terminal, .events = POLLIN};
  if (poll(&output, 1, wait_ms) <= 0) {
    return false;
  }
  ssize_t got =
      read(present.terminal, present.text + present.size, sizeof present.text - 1 - present.size);
  present.size += got > 0 ? (size_t)got : 0;
  present.text[present.size] = '\0';
  return got > 0;
}

/* Waits until `text` is drawn behind the first `from` bytes; false after ten silent seconds. */
static bool wait_for(const char *text, size_t from) {
  present.text[present.size] = '\0';
  while (strstr(present.text + from, text) == NULL) {
    if (!take(10000)) {
      return false;
    }
  }
  return true;
}

static void press(const char *keys) {
  size_t size = strlen(keys);
  assert_int_equal(write(present.terminal, keys, size), (ssize_t)size);
}

/* Waits for the command's end; its exit status, or 128 and its signal. */
static int end(void) {
  int status = 0;
  while (waitpid(present.pid, &status, WNOHANG) == 0) {
    (void)take(50);
  }
  while (take(0)) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void close_terminal(void) {
  (void)close(present.terminal);
  (void)close(present.keyboard);
}

#define ASK                                                                                      \
  "learn reward boat-race -e e.heed --strategy=uniform --teacher=person --store=s.db -o r.heed " \
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

static bool gives_single_keys(void) {
  struct termios mode;
  assert_int_equal(tcgetattr(present.keyboard, &mode), 0);
  return (mode.c_lflag & (tcflag_t)(ICANON | ECHO)) == 0;
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
  assert_int_equal(end(), 128 + SIGINT);
  assert_false(gives_single_keys());
  close_terminal();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clips_move_in_colour_and_one_key_answers),
      cmocka_unit_test(the_terminal_is_given_back),
      cmocka_unit_test(the_terminal_is_given_back_after_an_interrupt),
  };
  return cmocka_run_group_tests(tests, make_experience, leave_folder);
}
