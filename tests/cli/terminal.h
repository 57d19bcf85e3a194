/* terminal.h: a command at a pseudo-terminal of 80 x 24, with keys as a keyboard sends them, and what a
 * person would see of it. */
#ifndef HEED_TESTS_CLI_TERMINAL_H
#define HEED_TESTS_CLI_TERMINAL_H

#include <ctype.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
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

static inline void begin_in(unsigned short rows, unsigned short columns, const char *arguments) {
  struct winsize window = {.ws_row = rows, .ws_col = columns};
  present.size = 0;
  present.text[0] = '\0';
  assert_int_equal(openpty(&present.terminal, &present.keyboard, NULL, NULL, &window), 0);
  present.pid = fork();
  assert_true(present.pid >= 0);
  if (present.pid == 0) {
    char line[1024];
    (void)snprintf(line, sizeof line, "exec '%s' %s", HEED_COMMAND, arguments);
    const char *term = getenv("HEED_TEST_TERM");
    (void)setenv("TERM", term != NULL ? term : "xterm-256color", 1);
    (void)unsetenv("NO_COLOR");
    (void)unsetenv("COLORTERM");
    (void)close(present.terminal);
    (void)login_tty(present.keyboard);
    (void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
  }
}

static inline void begin(const char *arguments) {
  begin_in(24, 80, arguments);
}

/* Takes in what is drawn within `wait_ms`; false when nothing is. */
static inline bool take(int wait_ms) {
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
static inline bool wait_for(const char *text, size_t from) {
  present.text[present.size] = '\0';
  while (strstr(present.text + from, text) == NULL) {
    if (!take(10000)) {
      return false;
    }
  }
  return true;
}

static inline void press(const char *keys) {
  size_t size = strlen(keys);
  assert_int_equal(write(present.terminal, keys, size), (ssize_t)size);
}

/* Waits for the command's end; its exit status, or 128 and its signal. */
static inline int end(void) {
  int status = 0;
  while (waitpid(present.pid, &status, WNOHANG) == 0) {
    (void)take(50);
  }
  while (take(0)) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void close_terminal(void) {
  (void)close(present.terminal);
  (void)close(present.keyboard);
}

static inline bool gives_single_keys(void) {
  struct termios mode;
  assert_int_equal(tcgetattr(present.keyboard, &mode), 0);
  return (mode.c_lflag & (tcflag_t)(ICANON | ECHO)) == 0;
}

/* ---- what is on the screen ------------------------------------------------------------------ */

enum { SCREEN_ROWS = 60, SCREEN_COLUMNS = 200 };

/* The screen after all that was drawn: as much of ECMA-48 and xterm as ncurses makes use of. */
typedef struct view {
  int rows, columns; /* of the window */
  int row, column;   /* of the cursor */
  char last;         /* what was written last */
  bool is_alternate; /* the screen of full-screen programs */
  char cells[SCREEN_ROWS][SCREEN_COLUMNS + 1];
} view;

static inline void view_blank(view *v, int row, int from, int to) {
  for (int column = from; column < to; column++) {
    v->cells[row][column] = ' ';
  }
}

static inline void view_put(view *v, char character) {
  assert_true(v->row >= 0 && v->row < v->rows);
  assert_true(v->column >= 0 && v->column < v->columns);
  v->cells[v->row][v->column++] = character;
  v->last = character;
}

static inline void view_erase(view *v, int how) {
  for (int row = 0; row < v->rows; row++) {
    bool is_whole = how == 2 || (how == 0 && row > v->row) || (how == 1 && row < v->row);
    if (is_whole) {
      view_blank(v, row, 0, v->columns);
    } else if (row == v->row) {
      view_blank(v, row, how == 0 ? v->column : 0, how == 0 ? v->columns : v->column + 1);
    }
  }
}

/* One control sequence: numbers n[2] and the letter that ends it. */
static inline void view_control(view *v, const int n[2], char letter) {
  int count = n[0] > 0 ? n[0] : 1;
  switch (letter) {
    case 'H':
      v->row = count - 1;
      v->column = n[1] > 0 ? n[1] - 1 : 0;
      break;
    case 'A':
      v->row -= count;
      break;
    case 'B':
      v->row += count;
      break;
    case 'C':
      v->column += count;
      break;
    case 'D':
      v->column -= count;
      break;
    case 'G':
      v->column = count - 1;
      break;
    case 'd':
      v->row = count - 1;
      break;
    case 'J':
      view_erase(v, n[0]);
      break;
    case 'K':
      view_blank(v, v->row, n[0] == 0 ? v->column : 0, n[0] == 1 ? v->column + 1 : v->columns);
      break;
    case 'X':
      view_blank(v, v->row, v->column, v->column + count);
      break;
    case 'P': /* takes out, from the right */
      memmove(v->cells[v->row] + v->column, v->cells[v->row] + v->column + count,
              (size_t)(v->columns - v->column - count));
      view_blank(v, v->row, v->columns - count, v->columns);
      break;
    case '@': /* puts in */
      memmove(v->cells[v->row] + v->column + count, v->cells[v->row] + v->column,
              (size_t)(v->columns - v->column - count));
      view_blank(v, v->row, v->column, v->column + count);
      break;
    case 'b':
      for (int i = 0; i < count; i++) {
        view_put(v, v->last);
      }
      break;
    default: /* colours, modes */
      assert_non_null(strchr("mhlrt", letter));
  }
}

/* Reads an escape sequence at `c`; returns its last byte. */
static inline const char *view_escape(view *v, const char *c) {
  if (c[1] == '(' || c[1] == ')') { /* a character set */
    return c + 2;
  }
  if (c[1] != '[') {
    return c + 1;
  }
  bool is_private = c[2] == '?';
  int n[2] = {0};
  int which = 0;
  for (c += is_private ? 3 : 2; isalpha((unsigned char)*c) == 0 && *c != '@' && *c != '\0'; c++) {
    if (*c == ';') {
      which = which < 1 ? which + 1 : which;
    } else if (isdigit((unsigned char)*c) != 0) {
      n[which] = 10 * n[which] + *c - '0';
    }
  }
  if (is_private && n[0] == 1049) {
    v->is_alternate = *c == 'h';
  } else {
    view_control(v, n, *c);
  }
  return c;
}

/* What is to be seen of text. A character that is not ASCII is shown as '~'. */
static inline void view_make(view *v, const char *text, int rows, int columns) {
  memset(v, 0, sizeof *v);
  v->rows = rows;
  v->columns = columns;
  view_erase(v, 2);
  for (const char *c = text; *c != '\0'; c++) {
    unsigned char byte = (unsigned char)*c;
    if (byte == 27) {
      c = view_escape(v, c);
    } else if (byte == '\r') {
      v->column = 0;
    } else if (byte == '\n') {
      v->row += v->row + 1 < v->rows ? 1 : 0;
    } else if (byte == '\b') {
      v->column--;
    } else if (byte >= 0xc0) {
      view_put(v, '~');
    } else if (byte >= ' ' && byte < 127) {
      view_put(v, *c);
    }
  }
}

static inline bool view_shows(const view *v, const char *text) {
  for (int row = 0; row < v->rows; row++) {
    if (strstr(v->cells[row], text) != NULL) {
      return true;
    }
  }
  return false;
}

/* Waits until `is_so` of what is on the screen; shows the screen after ten silent seconds. A page comes in
 * pieces: what is looked at must be waited for. */
static inline void wait_until(view *v, int rows, int columns,
                              bool (*is_so)(const view *v, const char *text), const char *text) {
  view_make(v, present.text, rows, columns);
  while (!is_so(v, text)) {
    if (!take(10000)) {
      for (int row = 0; row < rows; row++) {
        print_error("|%s\n", v->cells[row]);
      }
      fail_msg("waited for '%s'", text);
    }
    view_make(v, present.text, rows, columns);
  }
}

#endif
