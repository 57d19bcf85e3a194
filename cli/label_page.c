#include "cli/label_page.h"

#include <string.h>

#include "cli/window.h"
#include "cli/wishes.h"

enum {
  LEFT = 2,       /* column where everything begins */
  GAP = 2,        /* columns between the clips */
  TOP = 3,        /* row of the pictures: title, a free one, names of the clips */
  BELOW = 8,      /* rows from the captions down */
  CAPTION = 36,   /* columns that a caption wants */
  COLUMNS = 80,   /* of text */
  LINE_SIZE = 256 /* bytes of a line */
};

/* ---- the window ----------------------------------------------------------------------------- */

heed_status heed__label_page_init(heed__label_page *page, heed__colour colour, heed_error *err) {
  uint32_t columns = heed__window_columns();
  uint32_t rows = heed__window_rows();
  uint32_t half = columns > 2 * LEFT + GAP + 2 ? (columns - 2 * LEFT - GAP) / 2 : 1;
  heed_status status = HEED_OK;
  heed__label_page_deinit(page);
  for (int i = 0; i < 2 && status == HEED_OK; i++) {
    status = heed__screen_init(&page->screens[i], page->env, colour, half,
                               rows > TOP + BELOW ? rows - TOP - BELOW : 1, err);
  }
  return status;
}

void heed__label_page_deinit(heed__label_page *page) {
  heed__screen_deinit(&page->screens[0]);
  heed__screen_deinit(&page->screens[1]);
}

/* Columns of a clip with its caption. */
static uint32_t half_columns(const heed__label_page *page) {
  uint32_t columns = page->screens[0].columns;
  return columns > CAPTION ? columns : CAPTION;
}

bool heed__label_page_fits(const heed__label_page *page, uint32_t *columns, uint32_t *rows) {
  *columns = 2 * LEFT + GAP + 2 * half_columns(page);
  *columns = *columns > COLUMNS ? *columns : COLUMNS;
  *rows = TOP + page->screens[0].rows + BELOW;
  return heed__window_columns() >= *columns && heed__window_rows() >= *rows;
}

uint32_t heed__label_page_steps(const heed__label_page *page) {
  const heed_query *question = &page->label->question;
  uint32_t a = question->options[0].steps;
  uint32_t b = question->options[1].steps;
  return a > b ? a : b;
}

/* ---- the clips ------------------------------------------------------------------------------ */

/* "step 3 of 30: left, ended" */
static void draw_caption(const heed__label_page *page, const heed_segment *clip, uint32_t row,
                         uint32_t column) {
  char line[LINE_SIZE];
  char action[32] = "";
  uint32_t shown = page->t < clip->steps ? page->t : clip->steps;
  if (shown > 0) {
    (void)heed__action_text(page->env, clip->actions[shown - 1], action);
  }
  (void)snprintf(line, sizeof line, "step %u of %u%s%.16s%s", shown, clip->steps,
                 shown > 0 ? ": " : "", action,
                 shown == clip->steps && clip->is_terminal ? ", ended" : "");
  heed__window_text(row, column, false, line);
}

static void draw_clip(heed__label_page *page, int side) {
  const heed_segment *clip = &page->label->question.options[side];
  heed__screen *screen = &page->screens[side];
  uint32_t column = LEFT + (side == 0 ? 0 : half_columns(page) + GAP);
  uint32_t shown = page->t < clip->steps ? page->t : clip->steps;
  static const char *const names[2][2] = {{" left", "[left]"}, {" right", "[right]"}};
  bool is_chosen = page->side == side;
  heed__window_text(TOP - 1, column, is_chosen, names[side][is_chosen ? 1 : 0]);
  heed__screen_draw(screen, clip->obs + (size_t)shown * clip->obs_size);
  heed__window_screen(TOP, column, screen);
  draw_caption(page, clip, TOP + screen->rows, column);
}

/* ---- text ----------------------------------------------------------------------------------- */

static void draw_title(const heed__label_page *page) {
  const heed__label *label = page->label;
  char line[LINE_SIZE];
  (void)snprintf(line, sizeof line, "%.24s: which is better?", page->world);
  heed__window_text(0, LEFT, true, line);
  if (label->question.option_count == 2) {
    (void)snprintf(line, sizeof line, "question %zu%s", label->own + 1,
                   label->is_again ? ", once more" : "");
    heed__window_text(0, COLUMNS / 2 + LEFT, false, line);
  }
}

static void draw_state(const heed__label_page *page, uint32_t row) {
  char line[LINE_SIZE];
  if (page->message != NULL) {
    heed__window_text(row, LEFT, true, page->message);
    return;
  }
  bool is_over = page->t >= heed__label_page_steps(page);
  (void)snprintf(line, sizeof line, "%s, speed %g",
                 is_over            ? "at the end"
                 : page->is_playing ? "playing"
                                    : "paused",
                 page->speed);
  heed__window_text(row, LEFT, false, line);
}

/* How the session goes, and what came of it. */
static void draw_progress(const heed__label_page *page, uint32_t row) {
  const heed__label *label = page->label;
  char line[LINE_SIZE];
  char wish[HEED__WISH_SIZE];
  size_t asked;
  double foretold = heed__label_foretold(label, &asked);
  int used = snprintf(line, sizeof line, "%zu answers, %zu this session", label->own, label->count);
  if (label->count > 0) {
    used +=
        snprintf(line + used, sizeof line - (size_t)used, ", %.1f s each", heed__label_pace(label));
  }
  if (asked > 0) {
    (void)snprintf(line + used, sizeof line - (size_t)used, "; model foretold %g of %zu", foretold,
                   asked);
  }
  heed__window_text(row, LEFT, false, line);
  if (label->is_behind) {
    heed__window_text(row + 1, LEFT, false, "No model fits these answers yet: do they contradict?");
  } else if (label->choices.count > 0 && heed__wish(label->parties.reward, page->env, 0, wish)) {
    (void)snprintf(line, sizeof line, "it wants most: %.*s", COLUMNS - 20, wish);
    heed__window_text(row + 1, LEFT, false, line);
  }
}

static void draw_keys(uint32_t row) {
  heed__window_text(row, LEFT, false,
                    "Left Right is better   = equally good   s cannot say   u undo   q stop");
  heed__window_text(row + 1, LEFT, false,
                    "Space pause  n p step forth, back  + - speed  r replay  Tab clip  ? help");
}

static void draw_too_small(uint32_t columns, uint32_t rows) {
  char line[LINE_SIZE];
  (void)snprintf(line, sizeof line, "%u x %u needed", columns, rows);
  heed__window_text(0, 0, true, "The window is too small:");
  heed__window_text(1, 0, false, line);
}

void heed__label_page_draw(heed__label_page *page) {
  uint32_t columns;
  uint32_t rows;
  heed__window_clear();
  if (!heed__label_page_fits(page, &columns, &rows)) {
    draw_too_small(columns, rows);
    heed__window_show();
    return;
  }
  uint32_t row = TOP + page->screens[0].rows;
  draw_title(page);
  if (page->label->question.option_count == 2) {
    draw_clip(page, 0);
    draw_clip(page, 1);
    draw_state(page, row + 2);
  } else {
    heed__window_text(TOP, LEFT, true, "There is nothing new to ask about.");
    heed__window_text(TOP + 1, LEFT, false, "More experience, or a dynamics model, brings more.");
  }
  draw_progress(page, row + 3);
  draw_keys(row + 6);
  heed__window_show();
}

void heed__label_page_help(const heed__label_page *page) {
  static const char *const lines[] = {
      "Which of the two clips is better?",
      "",
      "Left  <  ,    the left one            =  equally good",
      "Right >  .    the right one           s  cannot say: asks something else",
      "u             takes the last answer back and asks again; nothing is deleted",
      "q             stops; the same command goes on from there",
      "",
      "Space         pauses and goes on      r  from the start",
      "n  p          a step forth, back      +  -  faster, slower",
      "Tab           the other clip, for what follows",
      "",
      "About the step shown of the clip in [brackets], beside the comparison:",
      "g  o  b       good, neither, bad",
      "1 .. 5        grade of the whole clip, 5 the best",
  };
  static const char *const with_model[] = {
      "y  x          what was done is approved, refused",
      "c             should have been something else: then the key of that action",
  };
  heed__window_clear();
  uint32_t row = 0;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    heed__window_text(row++, LEFT, i == 0, lines[i]);
  }
  bool has_model = page->label->parties.dynamics != NULL && page->label->action_count > 0;
  for (size_t i = 0; i < sizeof with_model / sizeof with_model[0] && has_model; i++) {
    heed__window_text(row++, LEFT, false, with_model[i]);
  }
  heed__window_text(row + 1, LEFT, false, "Any key goes back.");
  heed__window_show();
}
