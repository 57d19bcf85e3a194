#include "cli/label_window.h"

#include <string.h>

#include "cli/keys.h"
#include "cli/label_page.h"
#include "cli/window.h"
#include "core/progress.h"
#include "reward/feedback.h"

enum {
  FRAME_MS = 150, /* between two pictures at speed 1: 30 steps in 5 s */
  GRADES = 5,
  MESSAGE_SIZE = 120
};

/* Speeds that + and - go through. */
static const double speeds[] = {0.25, 0.5, 1, 2, 4};
enum { SPEED_COUNT = sizeof speeds / sizeof speeds[0], SPEED_USUAL = 2 };

typedef struct session {
  heed__label *label;
  heed__label_page page;
  heed__colour colour;
  size_t speed;
  double asked_s;     /* when the question came up */
  bool awaits_action; /* the next key is an action: of a correction */
  bool shows_help;
  bool goes_on;
  char message[MESSAGE_SIZE];
} session;

static void say(session *s, const char *message) {
  (void)snprintf(s->message, sizeof s->message, "%.*s", MESSAGE_SIZE - 1, message);
  s->page.message = s->message;
}

/* A question, or the same once more, from its start. */
static void show_question(session *s) {
  s->page.t = 0;
  s->page.is_playing = true;
  s->page.side = 0;
  s->asked_s = heed_clock_s();
}

static double seconds(const session *s) {
  return heed_clock_s() - s->asked_s;
}

/* What is wrong with one answer is said; what is wrong with the store, the disk or memory ends the
 * session. A store that is busy for long is worth another try. */
static heed_status settle(session *s, heed_status status, heed_error *err) {
  if (status == HEED_ERR_BUSY || status == HEED_ERR_ARG || status == HEED_ERR_STATE) {
    say(s, status == HEED_ERR_BUSY ? "Another process is writing; please answer again."
                                   : err->message);
    *err = (heed_error){0};
    return HEED_OK;
  }
  return status;
}

/* ---- answers -------------------------------------------------------------------------------- */

static heed_status compare(session *s, int32_t chosen, heed_error *err) {
  size_t before = s->label->count;
  heed_status status = heed__label_compare(s->label, chosen, seconds(s), err);
  if (s->label->count > before) {
    show_question(s);
    return status;
  }
  return settle(s, status, err);
}

static heed_status undo(session *s, heed_error *err) {
  bool withdrawn = false;
  heed_status status = heed__label_undo(s->label, &withdrawn, err);
  if (status == HEED_OK) {
    say(s, withdrawn ? "The last answer is taken back." : "There is nothing to take back.");
    if (withdrawn) {
      show_question(s);
    }
  }
  return settle(s, status, err);
}

/* Stores what was made of a key: `status` says whether it could be made. */
static heed_status add(session *s, heed_status status, heed_choice *choice, const char *said,
                       heed_error *err) {
  if (status == HEED_OK) {
    status = heed__label_add(s->label, choice, seconds(s), err);
    if (status == HEED_OK) {
      say(s, said);
    }
  }
  return settle(s, status, err);
}

static const heed_segment *clip_of(const session *s) {
  return &s->label->question.options[s->page.side];
}

/* The step shown: the one that led to what is seen. False at the start, where there is none. */
static bool shown_step(session *s, uint32_t *t) {
  uint32_t shown = s->page.t < clip_of(s)->steps ? s->page.t : clip_of(s)->steps;
  *t = shown - 1;
  if (shown == 0) {
    say(s, "No step is shown yet: n goes one forth.");
  }
  return shown > 0;
}

/* "Step 3, left: good." */
static const char *about_step(const session *s, uint32_t t, const char *verdict,
                              char text[MESSAGE_SIZE]) {
  (void)snprintf(text, MESSAGE_SIZE, "Step %u of the %s clip: %s.", t + 1,
                 s->page.side == 0 ? "left" : "right", verdict);
  return text;
}

static heed_status label_step(session *s, int32_t label, heed_error *err) {
  static const char *const verdicts[] = {"bad", "neither good nor bad", "good"};
  char text[MESSAGE_SIZE];
  uint32_t t;
  heed_choice choice = {0};
  if (!shown_step(s, &t)) {
    return HEED_OK;
  }
  heed_status status = heed_feedback_label(&choice, clip_of(s), t, label, err);
  return add(s, status, &choice, about_step(s, t, verdicts[label], text), err);
}

static heed_status approve(session *s, bool is_approved, heed_error *err) {
  char text[MESSAGE_SIZE];
  uint32_t t;
  heed_choice choice = {0};
  if (!shown_step(s, &t)) {
    return HEED_OK;
  }
  heed_status status = heed__label_approval(s->label, clip_of(s), t, is_approved, &choice, err);
  return add(s, status, &choice, about_step(s, t, is_approved ? "approved" : "refused", text), err);
}

static heed_status correct(session *s, int key, heed_error *err) {
  char text[MESSAGE_SIZE];
  char verdict[64];
  char name[32];
  uint32_t t;
  heed_choice choice = {0};
  heed_action action = {.index = heed__key_action(s->page.env, key)};
  s->awaits_action = false;
  if (action.index < 0) {
    say(s, "No action has this key.");
    return HEED_OK;
  }
  if (!shown_step(s, &t)) {
    return HEED_OK;
  }
  heed_status status = heed__label_correction(s->label, clip_of(s), t, action, &choice, err);
  (void)snprintf(verdict, sizeof verdict, "better had been %.24s",
                 heed__action_text(s->page.env, action, name));
  return add(s, status, &choice, about_step(s, t, verdict, text), err);
}

static void await_action(session *s) {
  if (s->label->parties.dynamics == NULL || s->label->action_count == 0) {
    say(s, "What else would come of it takes --dynamics, and actions that can be listed.");
  } else {
    say(s, "What should have been done? The key of an action: arrows, Space, a digit.");
    s->awaits_action = true;
  }
}

static heed_status rate(session *s, uint32_t grade, heed_error *err) {
  char text[MESSAGE_SIZE];
  heed_choice choice = {0};
  heed_status status = heed_feedback_rating(&choice, clip_of(s), grade, GRADES, err);
  (void)snprintf(text, sizeof text, "The %s clip: %u of 1 .. %d.",
                 s->page.side == 0 ? "left" : "right", grade + 1, GRADES);
  return add(s, status, &choice, text, err);
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* Moves the pictures; false if the key does something else. */
static bool move(session *s, int key) {
  uint32_t steps = heed__label_page_steps(&s->page);
  switch (key) {
    case 'n':
    case 'p':
      s->page.is_playing = false;
      s->page.t = s->page.t < steps ? s->page.t : steps;
      s->page.t += key == 'n' && s->page.t < steps ? 1 : 0;
      s->page.t -= key == 'p' && s->page.t > 0 ? 1 : 0;
      return true;
    case ' ':
      s->page.is_playing = s->page.t >= steps || !s->page.is_playing;
      s->page.t = s->page.t >= steps ? 0 : s->page.t;
      return true;
    case 'r':
      s->page.t = 0;
      s->page.is_playing = true;
      return true;
    case '+':
    case '-':
      s->speed += key == '+' && s->speed + 1 < SPEED_COUNT ? 1 : 0;
      s->speed -= key == '-' && s->speed > 0 ? 1 : 0;
      s->page.speed = speeds[s->speed];
      return true;
    case '\t':
      s->page.side = 1 - s->page.side;
      return true;
    default:
      return false;
  }
}

/* Keys that are about a question. */
static heed_status press(session *s, int key, heed_error *err) {
  switch (key) {
    case HEED__KEY_LEFT:
    case '<':
    case ',':
      return compare(s, 0, err);
    case HEED__KEY_RIGHT:
    case '>':
    case '.':
      return compare(s, 1, err);
    case '=':
      return compare(s, HEED_CHOICE_EQUAL, err);
    case 's':
      return compare(s, HEED_CHOICE_SKIP, err);
    case 'g':
      return label_step(s, HEED_LABEL_GOOD, err);
    case 'o':
      return label_step(s, HEED_LABEL_NEUTRAL, err);
    case 'b':
      return label_step(s, HEED_LABEL_BAD, err);
    case 'y':
    case 'x':
      return approve(s, key == 'y', err);
    case 'c':
      await_action(s);
      return HEED_OK;
    default:
      if (key >= '1' && key < '1' + GRADES) {
        return rate(s, (uint32_t)(key - '1'), err);
      }
      if (!move(s, key)) {
        say(s, "This key does nothing; ? tells the keys.");
      }
      return HEED_OK;
  }
}

/* Does what a key says. Nothing is answered that cannot be seen. */
static heed_status handle(session *s, int key, heed_error *err) {
  uint32_t columns;
  uint32_t rows;
  if (key == HEED__KEY_NONE) {
    return HEED_OK;
  }
  s->page.message = NULL;
  if (key == HEED__KEY_RESIZE) {
    return heed__label_page_init(&s->page, s->colour, err);
  }
  if (s->shows_help) {
    s->shows_help = false;
    s->goes_on = key != HEED__KEY_END;
    return HEED_OK;
  }
  if (s->awaits_action && key != HEED__KEY_END) {
    return correct(s, key, err);
  }
  bool is_seen = heed__label_page_fits(&s->page, &columns, &rows);
  switch (key) {
    case 'q':
    case HEED__KEY_END:
      s->goes_on = false;
      return HEED_OK;
    case '?':
      s->shows_help = true;
      return HEED_OK;
    case 'u':
      return is_seen ? undo(s, err) : HEED_OK;
    default:
      return is_seen && s->label->question.option_count == 2 ? press(s, key, err) : HEED_OK;
  }
}

/* Waits for a key, or for the next picture. */
static int next_key(session *s) {
  bool moves = s->page.is_playing && !s->shows_help && s->label->question.option_count == 2;
  if (!moves || s->page.t >= heed__label_page_steps(&s->page)) {
    return heed__window_key();
  }
  int key = heed__window_key_within((uint32_t)(FRAME_MS / speeds[s->speed]));
  s->page.t += key == HEED__KEY_NONE ? 1 : 0;
  return key;
}

/* ---- the session ---------------------------------------------------------------------------- */

static heed_status check_size(session *s, heed_error *err) {
  uint32_t columns;
  uint32_t rows;
  if (heed__label_page_fits(&s->page, &columns, &rows)) {
    return HEED_OK;
  }
  return heed_fail(err, HEED_ERR_STATE,
                   "the terminal has %u columns and %u rows, %u and %u are needed; --plain asks "
                   "line by line",
                   heed__window_columns(), heed__window_rows(), columns, rows);
}

static heed_status run(session *s, size_t wanted, heed_error *err) {
  heed_status status = heed__label_page_init(&s->page, s->colour, err);
  if (status == HEED_OK) {
    status = check_size(s, err);
  }
  if (status == HEED_OK) {
    status = heed__label_begin(s->label, err);
  }
  show_question(s);
  while (status == HEED_OK && s->goes_on && (wanted == 0 || s->label->count < wanted)) {
    if (s->shows_help) {
      heed__label_page_help(&s->page);
    } else {
      heed__label_page_draw(&s->page);
    }
    status = handle(s, next_key(s), err);
  }
  return status;
}

heed_status heed__label_window(heed__label *label, const heed_env *env, const char *world,
                               heed__colour colour, size_t wanted, int *signal_number,
                               heed_error *err) {
  session s = {.label = label,
               .page = {.label = label, .env = env, .world = world, .speed = 1},
               .colour = colour,
               .speed = SPEED_USUAL,
               .goes_on = true};
  heed_status status = heed__window_open(colour, err);
  if (status != HEED_OK) {
    return status;
  }
  status = run(&s, wanted, err);
  heed__window_close();
  *signal_number = heed__window_signal();
  heed__label_page_deinit(&s.page);
  return status;
}
