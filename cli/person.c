#include "cli/person.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  FRAME_MS = 150,     /* between two pictures: slow enough to follow, 30 steps in 5 s */
  PANEL = 38,         /* columns of a clip: two and a gap are 80 */
  ROWS_MAX = 17,      /* rows of a picture that leave room for the rest on 24 lines */
  ACTIONS_ROOM = 152, /* characters of a list of actions: two lines */
  KEY_NONE = 0,       /* no key was pressed */
  KEY_END = -1        /* there will be no more */
};

/* ---- the terminal --------------------------------------------------------------------------- */

/* What a signal has to put right; there is one terminal. */
static struct termios terminal_before;
static volatile sig_atomic_t terminal_is_raw;
static void (*interrupt_before)(int); /* what SIGINT did */

static void restore_and_die(int signal_number) {
  if (terminal_is_raw != 0) {
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    static const char show_cursor[] = "\033[?25h\n";
    ssize_t written = write(STDERR_FILENO, show_cursor, sizeof show_cursor - 1);
    (void)written;
  }
  (void)signal(signal_number, signal_number == SIGINT ? interrupt_before : SIG_DFL);
  (void)raise(signal_number);
}

static void make_raw(heed__person *person) {
  if (tcgetattr(STDIN_FILENO, &person->saved) != 0) {
    return;
  }
  terminal_before = person->saved;
  struct termios raw = person->saved;
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0) {
    terminal_is_raw = 1;
    person->is_raw = true;
    interrupt_before = signal(SIGINT, restore_and_die);
    (void)signal(SIGTERM, restore_and_die);
    (void)signal(SIGHUP, restore_and_die);
  }
}

heed_status heed__person_init(heed__person *person, const heed_env *env, FILE *out,
                              heed__colour colour, heed_error *err) {
  *person = (heed__person){.out = out, .beta = 1};
  person->is_live = isatty(STDIN_FILENO) == 1 && isatty(fileno(out)) == 1;
  heed_status status = HEED_OK;
  for (int i = 0; i < 2 && status == HEED_OK; i++) {
    status = heed__screen_init(&person->screens[i], env, colour, PANEL, ROWS_MAX, err);
  }
  if (status == HEED_OK && person->is_live) {
    make_raw(person);
  }
  return status;
}

void heed__person_deinit(heed__person *person) {
  if (person->is_raw) {
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &person->saved);
    terminal_is_raw = 0;
    (void)signal(SIGINT, interrupt_before);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
  }
  heed__screen_deinit(&person->screens[0]);
  heed__screen_deinit(&person->screens[1]);
  *person = (heed__person){0};
}

/* The next byte, waiting at most `wait_ms` (negative: for ever). */
static int read_byte(int wait_ms) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  int ready;
  do {
    ready = poll(&input, 1, wait_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    return KEY_NONE;
  }
  unsigned char byte;
  ssize_t size;
  do {
    size = read(STDIN_FILENO, &byte, 1);
  } while (size < 0 && errno == EINTR);
  return size == 1 ? byte : KEY_END;
}

/* The next key; cursor keys and their like, which begin with escape, are none. */
static int read_key(int wait_ms) {
  int key = read_byte(wait_ms);
  if (key == '\033') {
    int next = read_byte(20);
    while (next == '[' || next == 'O' || next == ';' || (next >= '0' && next <= '9')) {
      next = read_byte(20);
    }
    return next == KEY_END ? KEY_END : KEY_NONE;
  }
  return key;
}

/* ---- drawing -------------------------------------------------------------------------------- */

/* What is shown of a clip after step t: t is cut to its length. */
static const void *picture(const heed_segment *clip, uint32_t t) {
  uint32_t shown = t < clip->steps ? t : clip->steps;
  return clip->obs + (size_t)shown * clip->obs_size;
}

/* "step 3 of 30: left", into text[size]. */
static void caption(const heed__person *person, const heed_segment *clip, uint32_t t, char *text,
                    size_t size) {
  char action[32] = "";
  uint32_t shown = t < clip->steps ? t : clip->steps;
  if (shown > 0) {
    (void)heed__action_text(person->screens[0].env, clip->actions[shown - 1], action);
  }
  (void)snprintf(text, size, "step %u of %u%s%.16s%s", shown, clip->steps, shown > 0 ? ": " : "",
                 action, shown == clip->steps && clip->is_terminal ? ", ended" : "");
}

static void draw_captions(const heed__person *person, const heed_query *query, uint32_t t,
                          FILE *page) {
  char left[PANEL + 1];
  char right[PANEL + 1];
  caption(person, &query->options[0], t, left, sizeof left);
  caption(person, &query->options[1], t, right, sizeof right);
  (void)fprintf(page, "  %-*s  %s\n", PANEL, left, right);
}

/* Both clips after step t, side by side. */
static void draw_pictures(heed__person *person, const heed_query *query, uint32_t t, FILE *page) {
  const heed__screen *screen = &person->screens[0];
  heed__screen_draw(&person->screens[0], picture(&query->options[0], t));
  heed__screen_draw(&person->screens[1], picture(&query->options[1], t));
  uint32_t rows = screen->rows < ROWS_MAX ? screen->rows : ROWS_MAX;
  int gap = screen->columns < PANEL ? PANEL - (int)screen->columns : 0;
  for (uint32_t row = 0; row < rows; row++) {
    (void)fputs("  ", page);
    heed__screen_row(&person->screens[0], row, page);
    (void)fprintf(page, "%*s  ", gap, "");
    heed__screen_row(&person->screens[1], row, page);
    (void)fputc('\n', page);
  }
  if (rows < screen->rows) {
    (void)fprintf(page, "  (%u more rows)\n", screen->rows - rows);
  }
  draw_captions(person, query, t, page);
}

static bool same_action(const heed__person *person, heed_action a, heed_action b) {
  unsigned char rows[2][sizeof(heed_action)] = {{0}};
  const heed_space *space = &heed_env_spec_of(person->screens[0].env)->action_space;
  heed_action_to_row(space, a, rows[0]);
  heed_action_to_row(space, b, rows[1]);
  return memcmp(rows[0], rows[1], sizeof rows[0]) == 0;
}

/* The actions of a clip in words, runs as "left x3", cut to fit. */
static void draw_actions(const heed__person *person, const char *side, const heed_segment *clip,
                         FILE *page) {
  size_t room = ACTIONS_ROOM;
  (void)fprintf(page, "  %s:", side);
  for (uint32_t t = 0; t < clip->steps;) {
    char name[32];
    char word[48];
    uint32_t run = 1;
    while (t + run < clip->steps && same_action(person, clip->actions[t + run], clip->actions[t])) {
      run++;
    }
    (void)heed__action_text(person->screens[0].env, clip->actions[t], name);
    int size = run > 1 ? snprintf(word, sizeof word, " %s x%u", name, run)
                       : snprintf(word, sizeof word, " %s", name);
    if (size < 0 || (size_t)size > room) {
      (void)fputs(" ...", page);
      break;
    }
    (void)fputs(word, page);
    room -= (size_t)size;
    t += run;
  }
  (void)fputs(clip->steps == 0 ? " nothing\n" : "\n", page);
}

static void draw_title(const heed__person *person, size_t asked, FILE *page) {
  char of[32] = "";
  if (person->wanted > 0) {
    (void)snprintf(of, sizeof of, " of %zu", person->wanted);
  }
  (void)fprintf(page, "Question %zu%s: which is better?\n\n", asked + 1, of);
}

static void draw_keys(const heed__person *person, FILE *page) {
  (void)fputs("\n< left  > right  = equally good  s cannot say  u undo  r replay  q stop", page);
  (void)fputs(person->is_live ? "\nn next step  p previous step\n" : "\n", page);
}

/* One picture on a terminal: composed first and written at once, so that it does not flicker. */
static void show_live(heed__person *person, const heed_query *query, size_t asked, uint32_t t) {
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL) {
    return;
  }
  (void)fputs("\033[H\033[2J", page);
  draw_title(person, asked, page);
  draw_pictures(person, query, t, page);
  draw_keys(person, page);
  if (fclose(page) == 0) {
    (void)fwrite(text, 1, size, person->out);
    (void)fflush(person->out);
  }
  free(text);
}

/* Everything at once, for what is no terminal. */
static void show_still(heed__person *person, const heed_query *query, size_t asked) {
  FILE *page = person->out;
  draw_title(person, asked, page);
  draw_pictures(person, query, 0, page);
  (void)fputc('\n', page);
  draw_pictures(person, query, UINT32_MAX, page);
  draw_actions(person, "left", &query->options[0], page);
  draw_actions(person, "right", &query->options[1], page);
  draw_keys(person, page);
  (void)fflush(page);
}

/* ---- answering ------------------------------------------------------------------------------ */

static uint32_t longest(const heed_query *query) {
  uint32_t a = query->options[0].steps;
  uint32_t b = query->options[1].steps;
  return a > b ? a : b;
}

/* Shows the clips moving until they end or a key is pressed, which is returned; *t is where they are. */
static int play(heed__person *person, const heed_query *query, size_t asked, uint32_t *t) {
  int key = KEY_NONE;
  for (*t = 0; key == KEY_NONE && *t < longest(query); (*t)++) {
    show_live(person, query, asked, *t);
    key = read_key(FRAME_MS);
  }
  show_live(person, query, asked, *t);
  return key;
}

/* Does a key answer the question? Fills *status and choice->chosen then. */
static bool is_answer(int key, heed_choice *choice, heed_answer_status *status) {
  *status = HEED_ANSWERED;
  switch (key) {
    case '<':
    case ',': /* the same key without shift, on many keyboards */
      choice->chosen = 0;
      return true;
    case '>':
    case '.':
      choice->chosen = 1;
      return true;
    case '=':
      choice->chosen = HEED_CHOICE_EQUAL;
      return true;
    case 's':
      choice->chosen = HEED_CHOICE_SKIP;
      return true;
    case 'u':
      *status = HEED_UNDO;
      return true;
    case 'q':
    case KEY_END:
      *status = HEED_QUIT;
      return true;
    default:
      return false;
  }
}

/* A key that is no answer: moves the pictures, or says what keys there are. */
static int handle(heed__person *person, const heed_query *query, size_t asked, int key,
                  uint32_t *t) {
  bool is_step = person->is_live && (key == 'n' || key == 'p');
  if (key == 'r' && person->is_live) {
    return play(person, query, asked, t);
  }
  if (key == 'r') {
    show_still(person, query, asked);
  } else if (is_step) {
    *t += key == 'n' && *t < longest(query) ? 1 : 0;
    *t -= key == 'p' && *t > 0 ? 1 : 0;
    show_live(person, query, asked, *t);
  } else if (key > ' ' && key < 127) {
    (void)fprintf(person->out, "There is no key '%c': one of < > = s u r q, please.\n", key);
    (void)fflush(person->out);
  }
  return KEY_NONE;
}

static heed_status answer(void *self, const heed_query *query, size_t asked, heed_choice *choice,
                          heed_answer_status *status, heed_error *err) {
  heed__person *person = self;
  if (choice->kind != HEED_COMPARISON || query->option_count != 2) {
    return heed_fail(err, HEED_ERR_ARG,
                     "a %s of %u options cannot be shown here, only a comparison of two",
                     heed_choice_kind_name(choice->kind), query->option_count);
  }
  choice->beta = person->beta;
  choice->mistakes = person->mistakes;
  choice->tie = 1; /* "equally good" is among the keys */
  uint32_t t = 0;
  int key = KEY_NONE;
  if (person->is_live) {
    key = play(person, query, asked, &t);
  } else {
    show_still(person, query, asked);
  }
  while (!is_answer(key, choice, status)) {
    int pressed = key != KEY_NONE ? key : read_key(-1);
    key = is_answer(pressed, choice, status) ? pressed : handle(person, query, asked, pressed, &t);
  }
  if (*status == HEED_UNDO) {
    (void)fputs(asked > 0 ? "The last answer is taken back.\n" : "There is nothing to take back.\n",
                person->out);
  }
  if (ferror(person->out) != 0) {
    return heed_fail(err, HEED_ERR_IO, "the question cannot be shown");
  }
  return HEED_OK;
}

heed_teacher heed__person_teacher(heed__person *person, const char *name) {
  return (heed_teacher){.name = name, .self = person, .answer = answer};
}
