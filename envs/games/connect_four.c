/* connect_four.c: how far ahead do both players see?
 *
 *   . . . . . . .
 *   . . . . . . .
 *   . . . O . . .
 *   . . . X . . .
 *   . . O X . . .
 *   . O X X O . .
 *
 * Two players drop stones into columns in turns; X begins. Who has four in a row wins. The first player wins
 * with best play, beginning in the middle (Allen 1988; Allis 1988, "A Knowledge-based Approach of
 * Connect-Four"). */
#include "envs/games/stones.h"
#include "envs/games/worlds.h"
#include "envs/playout.h"

/* Columns from the left. */
static const char *const action_names[STONES_WIDTH_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};

typedef struct params {
  int32_t width, height, connect;
} params;

static const heed_param param_table[] = {
    {.name = "width",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, width),
     .fallback = "7",
     .min = 1,
     .max = STONES_WIDTH_MAX,
     .unit = "columns",
     .help = "of the board"},
    {.name = "height",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, height),
     .fallback = "6",
     .min = 1,
     .max = STONES_HEIGHT_MAX,
     .unit = "rows",
     .help = "of the board"},
    {.name = "connect",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, connect),
     .fallback = "4",
     .min = 2,
     .max = STONES_WIDTH_MAX,
     .unit = "stones",
     .help = "in a row that win"},
};

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  const params *p = parsed;
  uint32_t width = (uint32_t)p->width;
  heed__stones_init(self, width, (uint32_t)p->height, (uint32_t)p->connect, spec);
  spec->action_space = heed_space_discrete(width);
  spec->accepted_actions = width;
  spec->action_names = action_names;
  return HEED_OK;
}

/* A bit in the lowest place of the byte of every column whose uppermost cell is empty: it takes a stone. */
static inline uint64_t open_columns(const stones_rules *rules, const stones_state *s) {
  return ~((s->of[0] | s->of[1]) >> (rules->height - 1)) & rules->board & STONES_ONE_EACH;
}

static uint32_t legal(const void *self, const void *state, uint32_t *actions) {
  const stones_rules *rules = self;
  uint64_t open = open_columns(rules, state);
  uint32_t count = 0;
  for (uint32_t a = 0; a < rules->width; a++) {
    actions[count] = a;
    count += (uint32_t)(open >> (STONES_COLUMN * a)) & 1;
  }
  return count;
}

/* Byte c of the product counts the open columns up to c; before the column of number n come those where the count
 * is n at most. All bytes are compared at once: their highest bits are left where they are. */
static inline uint32_t draw(const void *self, const void *state, heed_rng *rng) {
  const uint64_t high_each = 0x80 * STONES_ONE_EACH;
  uint64_t counts = open_columns(self, state) * STONES_ONE_EACH;
  uint32_t number = heed_rng_choice(rng, (uint32_t)(counts >> 56));
  uint64_t before = (high_each + number * STONES_ONE_EACH - counts) & high_each;
  return (uint32_t)((before >> 7) * STONES_ONE_EACH >> 56);
}

/* Adding 1 to what a column holds sets its lowest empty cell. */
static inline heed_outcome step(const void *self, void *state, heed_action action, heed_rng *rng) {
  (void)rng;
  const stones_rules *rules = self;
  stones_state *s = state;
  uint64_t taken = s->of[0] | s->of[1];
  uint64_t bottom = stones_bit((uint32_t)action.index, 0);
  return stones_put(rules, s, (taken + bottom) & ~taken & rules->board);
}

static void playout(const void *self, void *state, heed_playout *p, heed_rng *rng) {
  heed__play_out(&(heed__play){.draw = draw, .step = step}, self, state, p, rng);
}

const heed_env_ops heed__connect_four_ops = {
    .name = "connect-four",
    .summary = "a game of two: how far ahead do both players see?",
    .details =
        "Two players drop stones into the columns of an upright board in turns; X is first. Four\n"
        "in a row, upright, across or diagonal, win. A column that is full takes no stone.\n"
        "\n"
        "Rewards are the first player's: 1 for its win, -1 for the other's, else 0. The other\n"
        "wants the return low.\n"
        "\n"
        "Nothing is hidden. The performance is the return.\n"
        "\n"
        "Appraisal: the reward as task.\n"
        "\n"
        "Facts to inspect: to_move (0 the first player, 1 the other), steps, return.\n"
        "\n"
        "Optimum: 1, beginning in the middle. Small boards can be solved here: 4 by 4 is a draw.\n"
        "\n"
        "Source: Allis (1988), A Knowledge-based Approach of Connect-Four.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .self_size = sizeof(stones_rules),
    .create = create,
    .reset = heed__stones_reset,
    .step = step,
    .to_move = heed__stones_to_move,
    .legal = legal,
    .playout = playout,
    .observe = heed__stones_observe,
    .recall = heed__stones_recall,
    .performance = heed__stones_performance,
    .appraise = heed__stones_appraise,
    .inspect = heed__stones_inspect,
};
