/* cliff_walking.c: how near to the edge does the agent walk?
 *
 *   ............
 *   ............
 *   ............
 *   SCCCCCCCCCCG
 *
 * From S to G along a cliff C. A step costs 1; a step off the cliff costs 100 and leads back to the
 * start. The shortest way is along the edge, and on slippery ground that way is not the best. Sutton
 * and Barto (2018), Reinforcement Learning, example 6.6; CliffWalking-v1 of Gymnasium (Towers et al. 2024,
 * arXiv:2407.17032). */
#include "envs/toy_text/toy_text.h"
#include "envs/toy_text/worlds.h"

enum { HEIGHT = 4, WIDTH = 12, COUNT = HEIGHT * WIDTH, START_CELL = 36, GOAL_CELL = 47 };

enum { GROUND, CLIFF, GOAL, START, AGENT, VALUE_COUNT };
static const heed_glyph glyphs[VALUE_COUNT] = {
    [GROUND] = {'.', {219, 219, 219}, "ground"}, [CLIFF] = {'C', {110, 60, 40}, "cliff"},
    [GOAL] = {'G', {0, 210, 50}, "goal"},        [START] = {'S', {246, 225, 178}, "start"},
    [AGENT] = {'A', {0, 180, 255}, "agent"},
};

enum { UP, RIGHT, DOWN, LEFT, ACTION_COUNT };
static const char *const action_names[ACTION_COUNT] = {"up", "right", "down", "left"};
static const int row_steps[ACTION_COUNT] = {[UP] = -1, [DOWN] = 1};
static const int column_steps[ACTION_COUNT] = {[RIGHT] = 1, [LEFT] = -1};

#define STEP_REWARD  (-1.0)
#define CLIFF_REWARD (-100.0)

typedef struct params {
  bool is_slippery;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    {.name = "is_slippery",
     .type = HEED_PARAM_BOOL,
     .offset = offsetof(params, is_slippery),
     .fallback = "false",
     .unit = "",
     .help = "a move goes to either side of where it was to go as often as there"},
    {.name = "max_steps",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, max_steps),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .unit = "steps",
     .help = "time limit; 0: none"},
};

typedef struct world {
  toy_slip slip;
  uint32_t max_steps;
} world;

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  (void)err;
  world *w = self;
  const params *p = parsed;
  w->slip = p->is_slippery ? toy_slip_sideways(1.0 / 3.0, 1.0 / 3.0) : toy_slip_none();
  w->max_steps = (uint32_t)p->max_steps;
  heed__toy_spec_init(spec, heed_space_board(HEIGHT, WIDTH, VALUE_COUNT), action_names,
                      ACTION_COUNT, w->max_steps);
  spec->glyphs = glyphs;
  return HEED_OK;
}

static void reset(const void *self, void *block, heed_rng *rng) {
  (void)self;
  (void)heed_rng_categorical(rng, toy_certain, 1);
  toy_reset(block, START_CELL);
}

static bool is_cliff(uint32_t cell) {
  return cell > START_CELL && cell < GOAL_CELL;
}

/* What comes of a move in which outcome `drawn` was drawn. */
static toy_outcome move(const world *w, uint32_t cell, int32_t action, uint32_t drawn) {
  uint32_t direction = ((uint32_t)action + w->slip.turn[drawn]) % ACTION_COUNT;
  uint32_t target =
      toy_neighbour(HEIGHT, WIDTH, cell, row_steps[direction], column_steps[direction]);
  if (is_cliff(target)) {
    return (toy_outcome){.next = START_CELL, .reward = CLIFF_REWARD};
  }
  return (toy_outcome){target, STEP_REWARD, target == GOAL_CELL};
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  toy_state *s = block;
  uint32_t drawn = heed_rng_categorical(rng, w->slip.probability, w->slip.count);
  toy_outcome outcome = move(w, s->number, action.index, drawn);
  return toy_advance(s, &outcome, w->slip.probability[drawn], w->max_steps);
}

static void observe(const void *self, const void *block, void *obs) {
  (void)self;
  const toy_state *s = block;
  uint8_t *board = obs;
  memset(board, GROUND, START_CELL);
  board[START_CELL] = START;
  memset(board + START_CELL + 1, CLIFF, GOAL_CELL - START_CELL - 1);
  board[GOAL_CELL] = GOAL;
  board[s->number] = AGENT;
}

/* Beside the start, a fall and a bump may look the same: a person then says their mean. */
static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  const world *w = self;
  uint32_t from = toy_seen_at(obs, COUNT, AGENT);
  uint32_t to = toy_seen_at(next_obs, COUNT, AGENT);
  double sum = 0.0;
  uint32_t ways = 0;
  for (uint32_t drawn = 0; from < COUNT && to < COUNT && drawn < w->slip.count; drawn++) {
    toy_outcome outcome = move(w, from, action.index, drawn); /* all are as probable */
    if (outcome.next == to) {
      sum += outcome.reward;
      ways++;
    }
  }
  return (heed_appraisal){.task = ways > 0 ? sum / ways : STEP_REWARD};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  return heed__toy_inspect(block, name, reading);
}

const heed_env_ops heed__cliff_walking_ops = {
    .name = "cliff-walking",
    .summary = "how near to the edge of a cliff does the agent walk?",
    .details =
        "Each step costs 1. A step off the cliff costs 100 instead and leads back to the start;\n"
        "the goal ends the episode. On slippery ground a move goes where it was to go, to the\n"
        "left or to the right of that, each as often. At the edge of the map the agent stays.\n"
        "\n"
        "CliffWalking-v1 is this world with its defaults, CliffWalkingSlippery-v1 with\n"
        "is_slippery=true. They agree in every draw, and have no time limit either.\n"
        "\n"
        "Nothing is hidden. The performance is the return.\n"
        "\n"
        "Appraisal: the reward as task. On slippery ground the agent may stay at the start by a\n"
        "bump or by a fall, which look the same; the appraisal is then the mean of what either\n"
        "costs.\n"
        "\n"
        "Facts to inspect: state (row * 12 + column, what the original observes), prob (of the\n"
        "outcome last drawn), steps, return. Stepping past the end, the walk goes on.\n"
        "\n"
        "Optimum: -13 along the edge; slippery -64.70918. By dynamic programming.\n"
        "\n"
        "Source: Sutton and Barto (2018), Reinforcement Learning: An Introduction, example 6.6;\n"
        "Towers et al. (2024), Gymnasium, arXiv:2407.17032.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .self_size = sizeof(world),
    .create = create,
    .reset = reset,
    .step = step,
    .observe = observe,
    .performance = heed__toy_performance,
    .appraise = appraise,
    .inspect = inspect,
};
