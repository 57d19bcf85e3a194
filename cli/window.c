#include "cli/window.h"

#include <curses.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/keys.h"
#include "core/progress.h"

enum { POLL_MS = 200, PALETTE = 256 };

static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
enum { SIGNAL_COUNT = sizeof signals / sizeof signals[0] };

/* There is one terminal. */
static SCREEN *terminal; /* NULL: not open */
static bool has_colour;
static short pairs[PALETTE][PALETTE]; /* by ink and background; 0: not made yet */
static short pair_count;
static struct sigaction actions_before[SIGNAL_COUNT];
static volatile sig_atomic_t signal_seen;

/* Ends the waiting for a key; the rest happens in order, when no one is in the middle of anything. */
static void note_signal(int number) {
  signal_seen = number;
}

static void catch_signals(void) {
  struct sigaction action = {.sa_handler = note_signal};
  (void)sigemptyset(&action.sa_mask);
  signal_seen = 0;
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    (void)sigaction(signals[i], &action, &actions_before[i]);
  }
}

heed_status heed__window_open(heed__colour colour, heed_error *err) {
  const char *term = getenv("TERM");
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    return heed_fail(err, HEED_ERR_STATE, "keys and pictures need a terminal, and this is none");
  }
  /* Wide characters only: numbers keep their point. */
  (void)setlocale(LC_CTYPE, "");
  catch_signals(); /* before ncurses, which leaves alone what is caught */
  terminal = newterm(NULL, stdout, stdin);
  if (terminal == NULL) {
    heed__window_close();
    return heed_fail(err, HEED_ERR_STATE,
                     "the terminal '%.40s' is unknown; set TERM, e.g. to xterm",
                     term != NULL ? term : "");
  }
  (void)cbreak();
  (void)noecho();
  (void)nonl();
  (void)keypad(stdscr, TRUE);
  (void)set_escdelay(25);
  (void)curs_set(0);
  has_colour = colour != HEED__COLOUR_NONE && has_colors();
  if (has_colour) {
    (void)start_color();
    (void)use_default_colors();
  }
  return HEED_OK;
}

void heed__window_close(void) {
  if (terminal != NULL) {
    (void)endwin();
    delscreen(terminal);
    terminal = NULL;
  }
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    (void)sigaction(signals[i], &actions_before[i], NULL);
  }
  memset(pairs, 0, sizeof pairs);
  pair_count = 0;
}

int heed__window_signal(void) {
  return signal_seen;
}

uint32_t heed__window_rows(void) {
  return (uint32_t)LINES;
}

uint32_t heed__window_columns(void) {
  return (uint32_t)COLS;
}

/* ---- the page ------------------------------------------------------------------------------- */

/* The terminal's nearest colour: of 256, or of the first 8, whose bits are red, green and blue. */
static short colour_of(uint32_t rgb) {
  if (COLORS >= PALETTE) {
    return (short)heed__colour_index(rgb);
  }
  bool red = (rgb & 0x800000) != 0;
  bool green = (rgb & 0x008000) != 0;
  bool blue = (rgb & 0x000080) != 0;
  return (short)(red + 2 * green + 4 * blue);
}

/* The pair of two colours, made when it is first needed; 0, the terminal's own, if there are too many. */
static short pair_of(uint32_t ink, uint32_t rgb) {
  short ink_colour = colour_of(ink);
  short rgb_colour = colour_of(rgb);
  short *pair = &pairs[ink_colour][rgb_colour];
  if (*pair == 0 && pair_count + 1 < COLOR_PAIRS && pair_count < INT16_MAX - 1) {
    *pair = ++pair_count;
    (void)init_pair(*pair, ink_colour, rgb_colour);
  }
  return *pair;
}

void heed__window_clear(void) {
  (void)erase();
}

void heed__window_text(uint32_t row, uint32_t column, bool is_bold, const char *text) {
  if (row < heed__window_rows() && column < heed__window_columns()) {
    (void)attr_set(is_bold ? A_BOLD : A_NORMAL, 0, NULL);
    (void)mvaddnstr((int)row, (int)column, text, (int)(heed__window_columns() - column));
  }
}

static void put_cell(uint32_t row, uint32_t column, const heed__cell *cell) {
  bool is_block = cell->character == HEED__HALF_BLOCK;
  const wchar_t text[] = {is_block ? L'\u2580' : (wchar_t)cell->character, L'\0'};
  cchar_t character;
  short pair = 0;
  if (has_colour && cell->has_colour) {
    pair = pair_of(cell->ink, cell->rgb);
  }
  if (setcchar(&character, text, A_NORMAL, pair, NULL) == OK) {
    (void)mvadd_wch((int)row, (int)column, &character);
  }
}

void heed__window_screen(uint32_t row, uint32_t column, const heed__screen *screen) {
  for (uint32_t r = 0; r < screen->rows && row + r < heed__window_rows(); r++) {
    for (uint32_t c = 0; c < screen->columns && column + c < heed__window_columns(); c++) {
      put_cell(row + r, column + c, &screen->cells[(size_t)r * screen->columns + c]);
    }
  }
}

void heed__window_show(void) {
  (void)refresh();
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* Is there nobody left at the other end? */
static bool is_gone(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static int translate(int key) {
  switch (key) {
    case KEY_UP:
      return HEED__KEY_UP;
    case KEY_DOWN:
      return HEED__KEY_DOWN;
    case KEY_LEFT:
      return HEED__KEY_LEFT;
    case KEY_RIGHT:
      return HEED__KEY_RIGHT;
    case KEY_RESIZE:
      return HEED__KEY_RESIZE;
    case KEY_ENTER:
      return '\r';
    default:
      return key > 0 && key < 128 ? key : HEED__KEY_NONE;
  }
}

int heed__window_key(void) {
  int key = ERR;
  timeout(POLL_MS);
  while (key == ERR) {
    if (signal_seen != 0 || is_gone()) {
      return HEED__KEY_END;
    }
    key = getch();
  }
  return translate(key);
}

int heed__window_key_within(uint32_t wait_ms) {
  double give_up_s = heed_clock_s() + wait_ms / 1e3;
  for (;;) {
    double left_ms = (give_up_s - heed_clock_s()) * 1e3;
    if (signal_seen != 0 || is_gone()) {
      return HEED__KEY_END;
    }
    if (left_ms <= 0) {
      return HEED__KEY_NONE;
    }
    timeout(left_ms < POLL_MS ? (int)left_ms + 1 : POLL_MS);
    int key = getch();
    if (key != ERR) {
      return translate(key);
    }
  }
}
