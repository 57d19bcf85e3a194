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

/* A question as it is shown. */
typedef struct shown {
  const heed_query *query;
  const heed_choice *form; /* its kind, and what can be answered */
  size_t number;           /* of the question, from 0 on */
  uint32_t first, t;       /* the first clip of the pair that is shown, and the step */
} shown;

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
  uint32_t at = t < clip->steps ? t : clip->steps;
  return clip->obs + (size_t)at * clip->obs_size;
}

/* "step 3 of 30: left", into text[size]. */
static void caption(const heed__person *person, const heed_segment *clip, uint32_t t, char *text,
                    size_t size) {
  char action[32] = "";
  uint32_t at = t < clip->steps ? t : clip->steps;
  if (at > 0) {
    (void)heed__action_text(person->screens[0].env, clip->actions[at - 1], action);
  }
  (void)snprintf(text, size, "step %u of %u%s%.16s%s", at, clip->steps, at > 0 ? ": " : "", action,
                 at == clip->steps && clip->is_terminal ? ", ended" : "");
}

/* Clips are shown in pairs; a question about one, or the last of three, is half of one. */
static uint32_t shown_of(const heed_query *query, uint32_t first) {
  return query->option_count - first < 2 ? 1 : 2;
}

static void draw_captions(const heed__person *person, const heed_query *query, uint32_t first,
                          uint32_t t, FILE *page) {
  char text[2][PANEL + 1] = {"", ""};
  for (uint32_t i = 0; i < shown_of(query, first); i++) {
    caption(person, &query->options[first + i], t, text[i], sizeof text[i]);
  }
  (void)fprintf(page, "  %-*s  %s\n", PANEL, text[0], text[1]);
}

/* Both clips of a pair after step t, side by side. */
static void draw_pictures(heed__person *person, const heed_query *query, uint32_t first, uint32_t t,
                          FILE *page) {
  const heed__screen *screen = &person->screens[0];
  uint32_t count = shown_of(query, first);
  for (uint32_t i = 0; i < count; i++) {
    heed__screen_draw(&person->screens[i], picture(&query->options[first + i], t));
  }
  uint32_t rows = screen->rows < ROWS_MAX ? screen->rows : ROWS_MAX;
  int gap = screen->columns < PANEL ? PANEL - (int)screen->columns : 0;
  for (uint32_t row = 0; row < rows; row++) {
    (void)fputs("  ", page);
    heed__screen_row(&person->screens[0], row, page);
    if (count > 1) {
      (void)fprintf(page, "%*s  ", gap, "");
      heed__screen_row(&person->screens[1], row, page);
    }
    (void)fputc('\n', page);
  }
  if (rows < screen->rows) {
    (void)fprintf(page, "  (%u more rows)\n", screen->rows - rows);
  }
  draw_captions(person, query, first, t, page);
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

static void draw_title(const heed__person *person, const shown *q, FILE *page) {
  static const char *const questions[HEED_CHOICE_KIND_COUNT] = {
      [HEED_COMPARISON] = "which is better?",
      [HEED_RANKING] = "which is the best of these?",
      [HEED_RATING] = "how good is this?",
      [HEED_LABEL] = "is this step good?"};
  char of[32] = "";
  if (person->wanted > 0) {
    (void)snprintf(of, sizeof of, " of %zu", person->wanted);
  }
  (void)fprintf(page, "Question %zu%s: %s", q->number + 1, of, questions[q->form->kind]);
  if (q->query->option_count > 2) {
    (void)fprintf(page, "  (clips %u and on of %u)", q->first + 1, q->query->option_count);
  }
  (void)fputs("\n\n", page);
}

static void draw_keys(const heed__person *person, const shown *q, FILE *page) {
  if (q->form->kind == HEED_LABEL) {
    (void)fputs("\n+ good  0 neither  - bad", page);
  } else if (q->form->kind == HEED_RATING) {
    (void)fprintf(page, "\n1 worst .. %u best", q->form->grades);
  } else if (q->query->option_count == 2) {
    (void)fputs("\n< left  > right", page);
  } else {
    (void)fprintf(page, "\n1 .. %u that clip", q->query->option_count);
  }
  (void)fputs(q->form->kind == HEED_COMPARISON ? "  = equally good" : "", page);
  (void)fputs("  s cannot say  u undo  r replay  q stop", page);
  (void)fputs(person->is_live ? "\nn next step  p previous step" : "", page);
  (void)fputs(person->is_live && q->query->option_count > 2 ? "  o other clips\n" : "\n", page);
}

/* One picture on a terminal: composed first and written at once, so that it does not flicker. */
static void show_live(heed__person *person, const shown *q) {
  char *text = NULL;
  size_t size = 0;
  FILE *page = open_memstream(&text, &size);
  if (page == NULL) {
    return;
  }
  (void)fputs("\033[H\033[2J", page);
  draw_title(person, q, page);
  draw_pictures(person, q->query, q->first, q->t, page);
  draw_keys(person, q, page);
  if (fclose(page) == 0) {
    (void)fwrite(text, 1, size, person->out);
    (void)fflush(person->out);
  }
  free(text);
}

static void draw_all_actions(const heed__person *person, const heed_query *query, FILE *page) {
  static const char *const sides[2] = {"left", "right"};
  for (uint32_t i = 0; i < query->option_count; i++) {
    char name[24];
    (void)snprintf(name, sizeof name, "clip %u", i + 1);
    draw_actions(person,
                 query->option_count == 2   ? sides[i]
                 : query->option_count == 1 ? "actions"
                                            : name,
                 &query->options[i], page);
  }
}

/* Everything at once, for what is no terminal. */
static void show_still(heed__person *person, const shown *q) {
  FILE *page = person->out;
  draw_title(person, q, page);
  for (uint32_t first = 0; first < q->query->option_count; first += 2) {
    draw_pictures(person, q->query, first, 0, page);
    (void)fputc('\n', page);
    draw_pictures(person, q->query, first, UINT32_MAX, page);
  }
  draw_all_actions(person, q->query, page);
  draw_keys(person, q, page);
  (void)fflush(page);
}

/* ---- answering ------------------------------------------------------------------------------ */

static uint32_t longest(const shown *q) {
  uint32_t steps = 0;
  for (uint32_t i = q->first; i < q->first + shown_of(q->query, q->first); i++) {
    steps = q->query->options[i].steps > steps ? q->query->options[i].steps : steps;
  }
  return steps;
}

/* Shows a pair of clips moving until they end or a key is pressed, which is returned. */
static int play(heed__person *person, shown *q) {
  int key = KEY_NONE;
  for (q->t = 0; key == KEY_NONE && q->t < longest(q); q->t++) {
    show_live(person, q);
    key = read_key(FRAME_MS);
  }
  show_live(person, q);
  return key;
}

/* The answer that a digit from '1' on stands for; `count` of them. */
static bool is_digit(int key, uint32_t count, int32_t *chosen) {
  *chosen = key - '1';
  return key >= '1' && key < '1' + (int)count;
}

/* The keys that answer this kind of question. */
static bool is_choice(int key, const heed_query *query, heed_choice *choice) {
  switch (choice->kind) {
    case HEED_LABEL:
      choice->chosen = key == '+'   ? HEED_LABEL_GOOD
                       : key == '0' ? HEED_LABEL_NEUTRAL
                                    : HEED_LABEL_BAD;
      return key == '+' || key == '0' || key == '-';
    case HEED_RATING:
      return is_digit(key, choice->grades, &choice->chosen);
    default:
      break;
  }
  bool is_left = key == '<' || key == ','; /* the same key without shift, on many keyboards */
  bool is_right = key == '>' || key == '.';
  if (query->option_count == 2 && (is_left || is_right)) {
    choice->chosen = is_right;
    return true;
  }
  if (choice->kind == HEED_COMPARISON && key == '=') {
    choice->chosen = HEED_CHOICE_EQUAL;
    return true;
  }
  return is_digit(key, query->option_count, &choice->chosen);
}

/* Does a key answer the question? Fills *status and choice->chosen then. */
static bool is_answer(int key, const heed_query *query, heed_choice *choice,
                      heed_answer_status *status) {
  *status = HEED_ANSWERED;
  switch (key) {
    case KEY_NONE:
      return false;
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
      return is_choice(key, query, choice);
  }
}

/* A key that is no answer: moves the pictures, or says that there is none. */
static int handle(heed__person *person, shown *q, int key) {
  bool is_step = person->is_live && (key == 'n' || key == 'p');
  if (key == 'o' && person->is_live && q->query->option_count > 2) {
    q->first = q->first + 2 < q->query->option_count ? q->first + 2 : 0;
    return play(person, q);
  }
  if (key == 'r' && person->is_live) {
    return play(person, q);
  }
  if (key == 'r') {
    show_still(person, q);
  } else if (is_step) {
    q->t += key == 'n' && q->t < longest(q) ? 1 : 0;
    q->t -= key == 'p' && q->t > 0 ? 1 : 0;
    show_live(person, q);
  } else if (key > ' ' && key < 127) {
    (void)fprintf(person->out, "There is no key '%c' here; there are:", key);
    draw_keys(person, q, person->out);
    (void)fflush(person->out);
  }
  return KEY_NONE;
}

static heed_status answer(void *self, const heed_query *query, size_t asked, heed_choice *choice,
                          heed_answer_status *status, heed_error *err) {
  heed__person *person = self;
  if (choice->kind > HEED_LABEL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "a %s cannot be asked for here, only a comparison, ranking, rating or label",
                     heed_choice_kind_name(choice->kind));
  }
  choice->beta = person->beta;
  choice->mistakes = person->mistakes;
  if (choice->kind == HEED_COMPARISON) {
    choice->tie = 1; /* "equally good" is among the keys */
  }
  shown q = {.query = query, .form = choice, .number = asked};
  int key = KEY_NONE;
  if (person->is_live) {
    key = play(person, &q);
  } else {
    show_still(person, &q);
  }
  while (!is_answer(key, query, choice, status)) {
    int pressed = key != KEY_NONE ? key : read_key(-1);
    key = is_answer(pressed, query, choice, status) ? pressed : handle(person, &q, pressed);
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
