/* catch.c: does the agent get under the ball in time?
 *
 *   ...o.
 *   .....
 *   :   :
 *   ..=..
 *
 * A ball falls down a column, a row a step; at the bottom a paddle moves to either side. It is all about
 * the last step, which is the only one that pays: the smallest test of whether credit finds its way back.
 * Mnih, Heess, Graves, Kavukcuoglu (2014), Recurrent Models of Visual Attention, section 4.2; with the rules
 * of bsuite (Osband et al. 2020, arXiv:1908.03568). */
#include <string.h>

#include "envs/games/worlds.h"

enum { NOTHING, BALL, PADDLE, CAUGHT, VALUE_COUNT };
static const heed_glyph glyphs[VALUE_COUNT] = {
    [NOTHING] = {'.', {219, 219, 219}, "nothing"},
    [BALL] = {'o', {200, 60, 40}, "ball"},
    [PADDLE] = {'=', {0, 180, 255}, "paddle"},
    [CAUGHT] = {'*', {0, 210, 50}, "ball on the paddle"},
};

enum { LEFT, STAY, RIGHT, ACTION_COUNT };
static const char *const action_names[ACTION_COUNT] = {"left", "stay", "right"};

enum { SIDE_MAX = 64 };

typedef struct params {
  int32_t rows, columns;
} params;

static const heed_param param_table[] = {
    {.name = "rows",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, rows),
     .fallback = "10",
     .min = 2,
     .max = SIDE_MAX,
     .unit = "",
     .help = "that the ball falls through, the paddle's included"},
    {.name = "columns",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, columns),
     .fallback = "5",
     .min = 1,
     .max = SIDE_MAX,
     .unit = "",
     .help = "in which the ball may fall"},
};

typedef struct world {
  uint32_t rows, columns;
} world;

typedef struct state {
  uint32_t row;    /* of the ball, 0 at the top */
  uint32_t column; /* of the ball */
  uint32_t paddle; /* column */
  uint32_t zero;
} state;

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  world *w = self;
  const params *p = parsed;
  *w = (world){(uint32_t)p->rows, (uint32_t)p->columns};
  *spec = (heed_env_spec){.state_size = sizeof(state),
                          .obs_space = heed_space_board(w->rows, w->columns, VALUE_COUNT),
                          .action_space = heed_space_discrete(ACTION_COUNT),
                          .accepted_actions = ACTION_COUNT,
                          .max_steps = w->rows - 1,
                          .glyphs = glyphs,
                          .action_names = action_names};
  return HEED_OK;
}

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  *(state *)block = (state){.column = heed_rng_choice(rng, w->columns), .paddle = w->columns / 2};
}

/* Of the ball at the bottom. */
static double result(const world *w, const state *s) {
  double pay = s->column == s->paddle ? 1 : -1;
  return s->row + 1 == w->rows ? pay : 0;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  (void)rng;
  const world *w = self;
  state *s = block;
  uint32_t paddle = s->paddle + (uint32_t)action.index - STAY; /* left of all: a large number */
  s->paddle = paddle < w->columns ? paddle : s->paddle;
  s->row += s->row + 1 < w->rows ? 1 : 0; /* after the end it lies where it is */
  return (heed_outcome){.reward = result(w, s), .is_terminal = s->row + 1 == w->rows};
}

static void observe(const void *self, const void *block, void *obs) {
  const world *w = self;
  const state *s = block;
  uint8_t *board = obs;
  memset(board, NOTHING, (size_t)w->rows * w->columns);
  board[s->row * w->columns + s->column] = BALL;
  uint8_t *paddle = &board[(w->rows - 1) * w->columns + s->paddle];
  *paddle = *paddle == BALL ? CAUGHT : PADDLE;
}

/* A ball or a paddle that is not there is in the first cell of its own. */
static void recall(const void *self, const void *obs, void *block) {
  const world *w = self;
  const uint8_t *board = obs;
  const uint8_t *lowest = board + (size_t)(w->rows - 1) * w->columns;
  state s = {0};
  for (uint32_t i = 0; i < w->rows * w->columns; i++) {
    if (board[i] == BALL || board[i] == CAUGHT) {
      s.row = i / w->columns;
      s.column = i % w->columns;
    }
  }
  for (uint32_t column = 0; column < w->columns; column++) {
    s.paddle = lowest[column] == PADDLE || lowest[column] == CAUGHT ? column : s.paddle;
  }
  *(state *)block = s;
}

static double performance(const void *self, const void *block) {
  return result(self, block);
}

/* What the ball does is seen in the lowest row alone. */
static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)obs;
  (void)action;
  const world *w = self;
  const uint8_t *lowest = (const uint8_t *)next_obs + (size_t)(w->rows - 1) * w->columns;
  if (memchr(lowest, CAUGHT, w->columns) != NULL) {
    return (heed_appraisal){.task = 1};
  }
  return (heed_appraisal){.task = memchr(lowest, BALL, w->columns) != NULL ? -1 : 0};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  const state *s = block;
  reading->count = 1;
  if (strcmp(name, "steps") == 0) {
    reading->values[0] = s->row;
  } else if (strcmp(name, "return") == 0) {
    reading->values[0] = result(self, s);
  } else {
    reading->count = 0;
    return false;
  }
  return true;
}

const heed_env_ops heed__catch_ops = {
    .name = "catch",
    .summary = "does the agent get under the ball in time?",
    .details =
        "A ball begins in any column of the top row and falls a row a step. The paddle in the\n"
        "lowest row begins in the middle and moves a column a step, or stays; at the edge it\n"
        "stays as well. The episode ends when the ball is in the lowest row: 1 if the paddle is\n"
        "there, else -1. Nothing else pays.\n"
        "\n"
        "Nothing is hidden. The performance is the return.\n"
        "\n"
        "Appraisal: the reward as task.\n"
        "\n"
        "Facts to inspect: steps, return.\n"
        "\n"
        "Optimum: 1, where the board is at least half as high as wide.\n"
        "\n"
        "Source: Mnih et al. (2014), Recurrent Models of Visual Attention; the rules of bsuite,\n"
        "Osband et al. (2020), arXiv:1908.03568.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .self_size = sizeof(world),
    .create = create,
    .reset = reset,
    .step = step,
    .observe = observe,
    .recall = recall,
    .performance = performance,
    .appraise = appraise,
    .inspect = inspect,
};
