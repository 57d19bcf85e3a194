/* tic_tac_toe.c: do both players see what the other is up to?
 *
 *   X . .
 *   . O .
 *   . . X
 *
 * Two players take turns; X begins. Who has three in a row wins. 5,478 boards can come up, 4,520 of them
 * before the end, and with best play nobody wins: the smallest game that is not trivial, and small enough to
 * ask a search about every board. */
#include "envs/games/stones.h"
#include "envs/games/worlds.h"
#include "envs/playout.h"

enum { SIDE = 3, ACTION_COUNT = SIDE * SIDE };

/* Row by row from the top left, as on a chessboard: columns a to c, rows 3 to 1. */
static const char *const action_names[ACTION_COUNT] = {"a3", "b3", "c3", "a2", "b2",
                                                       "c2", "a1", "b1", "c1"};

static inline uint64_t cell_of(uint32_t action) {
  return stones_bit(action % SIDE, SIDE - 1 - action / SIDE);
}

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)parsed;
  (void)err;
  heed__stones_init(self, SIDE, SIDE, SIDE, spec);
  spec->action_space = heed_space_discrete(ACTION_COUNT);
  spec->accepted_actions = ACTION_COUNT;
  spec->action_names = action_names;
  return HEED_OK;
}

static inline uint32_t legal(const void *self, const void *state, uint32_t *actions) {
  (void)self;
  const stones_state *s = state;
  uint64_t taken = s->of[0] | s->of[1];
  uint32_t count = 0;
  for (uint32_t a = 0; a < ACTION_COUNT; a++) {
    actions[count] = a; /* kept if the cell is empty */
    count += (taken & cell_of(a)) == 0 ? 1 : 0;
  }
  return count;
}

static inline heed_outcome step(const void *self, void *state, heed_action action, heed_rng *rng) {
  (void)rng;
  return stones_put(self, state, cell_of((uint32_t)action.index));
}

static void playout(const void *self, void *state, heed_playout *p, heed_rng *rng) {
  heed__play_out(&(heed__play){.legal = legal, .step = step}, self, state, p, rng);
}

const heed_env_ops heed__tic_tac_toe_ops = {
    .name = "tic-tac-toe",
    .summary = "a game of two: do both see what the other is up to?",
    .details =
        "Two players put stones on a board of 3 by 3 in turns; X is first. Three in a row,\n"
        "upright, across or diagonal, win. A cell that is taken may not be chosen.\n"
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
        "Optimum: 0, a draw. Of 5,478 boards that can come up, 4,520 leave something to do.\n"
        "\n"
        "Source: folklore; the counts are those of exhaustive search.",
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
