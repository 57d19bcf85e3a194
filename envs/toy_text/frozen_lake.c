/* frozen_lake.c: does a walk over ice reach the goal, although every step may slip?
 *
 *   4x4       8x8
 *   SFFF      SFFFFFFF
 *   FHFH      FFFFFFFF
 *   FFFH      FFFHFFFF
 *   HFFG      FFFFFHFF
 *             FFFHFFFF
 *             FHHFFFHF
 *             FHFFHFHF
 *             FFFHFFFG
 *
 * S start, F frozen, H hole, G goal. On slippery ice a move goes to either side as often as ahead, so
 * that the best walk leans away from the holes. FrozenLake-v1 of Gymnasium (Towers et al. 2024,
 * arXiv:2407.17032), first in OpenAI Gym (Brockman et al. 2016, arXiv:1606.01540). */
#include "envs/toy_text/toy_text.h"
#include "envs/toy_text/worlds.h"

/* Rows are divided by '/'. */
static const char *const maps[] = {
    "SFFF/FHFH/FFFH/HFFG",
    "SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG",
};

/* What Gymnasium's FrozenLake-v1 and FrozenLake8x8-v1 are limited to. */
static const uint32_t map_limits[] = {100, 200};

enum { FROZEN, HOLE, GOAL, START, AGENT, VALUE_COUNT };
static const heed_glyph glyphs[VALUE_COUNT] = {
    [FROZEN] = {'F', {214, 234, 248}, "frozen surface"},
    [HOLE] = {'H', {31, 73, 125}, "hole"},
    [GOAL] = {'G', {0, 210, 50}, "goal"},
    [START] = {'S', {246, 225, 178}, "start"},
    [AGENT] = {'A', {0, 180, 255}, "agent"},
};

static const heed_map_symbol symbols[] = {
    {.character = 'S', .name = "start", .min = 1, .max = HEED_MAP_ANY, .value = START},
    {.character = 'F', .name = "frozen surface", .max = HEED_MAP_ANY, .value = FROZEN},
    {.character = 'H', .name = "hole", .max = HEED_MAP_ANY, .value = HOLE},
    {.character = 'G', .name = "goal", .max = HEED_MAP_ANY, .value = GOAL},
    {0},
};

enum { LEFT, DOWN, RIGHT, UP, ACTION_COUNT };
static const char *const action_names[ACTION_COUNT] = {"left", "down", "right", "up"};
static const int row_steps[ACTION_COUNT] = {[DOWN] = 1, [UP] = -1};
static const int column_steps[ACTION_COUNT] = {[LEFT] = -1, [RIGHT] = 1};

enum { CELLS_MAX = HEED_PARAM_TEXT_SIZE, LIMIT_OF_THE_MAP = -1 };

typedef struct params {
  char map[HEED_PARAM_TEXT_SIZE];
  int32_t map_name;
  bool is_slippery;
  double success_rate;
  double goal_reward, hole_reward, step_reward;
  int32_t max_steps;
} params;

static const heed_param param_table[] = {
    {.name = "map_name",
     .type = HEED_PARAM_CHOICE,
     .offset = offsetof(params, map_name),
     .fallback = "4x4",
     .choices = "4x4|8x8",
     .unit = "",
     .help = "the map"},
    {.name = "map",
     .type = HEED_PARAM_TEXT,
     .offset = offsetof(params, map),
     .fallback = "",
     .unit = "",
     .help = "a map of one's own instead, rows of S, F, H, G divided by '/', e.g. SFF/FHG"},
    {.name = "is_slippery",
     .type = HEED_PARAM_BOOL,
     .offset = offsetof(params, is_slippery),
     .fallback = "true",
     .unit = "",
     .help = "a move may go to either side of where it was to go"},
    {.name = "success_rate",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(params, success_rate),
     .fallback = "0.3333333333333333",
     .min = 0.0,
     .max = 1.0,
     .unit = "",
     .help = "probability that a move on slippery ice goes where it was to go"},
    {.name = "goal_reward",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(params, goal_reward),
     .fallback = "1",
     .min = -1e6,
     .max = 1e6,
     .unit = "",
     .help = "reward of a step into the goal"},
    {.name = "hole_reward",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(params, hole_reward),
     .fallback = "0",
     .min = -1e6,
     .max = 1e6,
     .unit = "",
     .help = "reward of a step into a hole"},
    {.name = "step_reward",
     .type = HEED_PARAM_REAL,
     .offset = offsetof(params, step_reward),
     .fallback = "0",
     .min = -1e6,
     .max = 1e6,
     .unit = "",
     .help = "reward of any other step"},
    {.name = "max_steps",
     .type = HEED_PARAM_INT,
     .offset = offsetof(params, max_steps),
     .fallback = "-1",
     .min = LIMIT_OF_THE_MAP,
     .max = 1e9,
     .unit = "steps",
     .help = "time limit; 0: none; -1: that of the map, 100, or 200 for 8x8"},
};

typedef struct world {
  uint32_t height, width, count;
  uint32_t max_steps;
  toy_slip slip;
  double reward[VALUE_COUNT];                  /* of a step into a cell */
  uint8_t board[CELLS_MAX];                    /* [count] without the agent */
  uint16_t neighbour[CELLS_MAX][ACTION_COUNT]; /* [count] */
  /* Where episodes start: state 0, which the draw falls back to whatever it is, then the others. */
  uint32_t start_count;
  uint16_t start[CELLS_MAX];
  double start_probability[CELLS_MAX];
} world;

static heed_status read_map(world *w, const char *text, heed_error *err) {
  heed__map map;
  heed_status status = heed__map_read(text, symbols, &map, err);
  w->height = map.height;
  w->width = map.width;
  w->count = map.count;
  for (uint32_t cell = 0; status == HEED_OK && cell < w->count; cell++) {
    w->board[cell] = heed__map_symbol_of(symbols, map.characters[cell])->value;
  }
  return status;
}

static void find_starts(world *w) {
  uint32_t count = 0;
  for (uint32_t cell = 0; cell < w->count; cell++) {
    count += w->board[cell] == START;
  }
  for (uint32_t cell = 0; cell < w->count; cell++) {
    if (cell == 0 || w->board[cell] == START) {
      w->start[w->start_count] = (uint16_t)cell;
      w->start_probability[w->start_count++] = w->board[cell] == START ? 1.0 / count : 0.0;
    }
  }
}

static void find_neighbours(world *w) {
  for (uint32_t cell = 0; cell < w->count; cell++) {
    for (int a = 0; a < ACTION_COUNT; a++) {
      w->neighbour[cell][a] =
          (uint16_t)toy_neighbour(w->height, w->width, cell, row_steps[a], column_steps[a]);
    }
  }
}

static heed_status create(void *self, const void *parsed, heed_env_spec *spec, heed_error *err) {
  world *w = self;
  const params *p = parsed;
  bool is_own = p->map[0] != '\0';
  heed_status status = read_map(w, is_own ? p->map : maps[p->map_name], err);
  if (status != HEED_OK) {
    return status;
  }
  find_starts(w);
  find_neighbours(w);
  w->slip = p->is_slippery ? toy_slip_sideways(p->success_rate, (1.0 - p->success_rate) / 2.0)
                           : toy_slip_none();
  w->reward[FROZEN] = w->reward[START] = p->step_reward;
  w->reward[HOLE] = p->hole_reward;
  w->reward[GOAL] = p->goal_reward;
  uint32_t limit_of_the_map = map_limits[is_own ? 0 : p->map_name];
  w->max_steps = p->max_steps == LIMIT_OF_THE_MAP ? limit_of_the_map : (uint32_t)p->max_steps;
  heed__toy_spec_init(spec, heed_space_board(w->height, w->width, VALUE_COUNT), action_names,
                      ACTION_COUNT, w->max_steps);
  spec->glyphs = glyphs;
  return HEED_OK;
}

static void reset(const void *self, void *block, heed_rng *rng) {
  const world *w = self;
  toy_reset(block, w->start[heed_rng_categorical(rng, w->start_probability, w->start_count)]);
}

static bool is_end(uint8_t value) {
  return value == HOLE || value == GOAL;
}

static heed_outcome step(const void *self, void *block, heed_action action, heed_rng *rng) {
  const world *w = self;
  toy_state *s = block;

  /* Holes and goals are not left any more, and pay nothing. */
  if (is_end(w->board[s->number])) {
    (void)heed_rng_categorical(rng, toy_certain, 1);
    toy_outcome stays = {.next = s->number, .is_terminal = true};
    return toy_advance(s, &stays, 1.0, w->max_steps);
  }

  uint32_t drawn = heed_rng_categorical(rng, w->slip.probability, w->slip.count);
  uint32_t direction = ((uint32_t)action.index + w->slip.turn[drawn]) % ACTION_COUNT;
  uint32_t next = w->neighbour[s->number][direction];
  uint8_t entered = w->board[next];
  toy_outcome outcome = {next, w->reward[entered], is_end(entered)};
  return toy_advance(s, &outcome, w->slip.probability[drawn], w->max_steps);
}

static void observe(const void *self, const void *block, void *obs) {
  const world *w = self;
  const toy_state *s = block;
  uint8_t *board = obs;
  memcpy(board, w->board, w->count);
  board[s->number] = AGENT;
}

static heed_appraisal appraise(const void *self, const void *obs, heed_action action,
                               const void *next_obs) {
  (void)action;
  const world *w = self;
  uint32_t from = toy_seen_at(obs, w->count, AGENT);
  uint32_t to = toy_seen_at(next_obs, w->count, AGENT);
  bool is_walk = from < w->count && to < w->count && !is_end(w->board[from]);
  return (heed_appraisal){.task = is_walk ? w->reward[w->board[to]] : 0.0};
}

static bool inspect(const void *self, const void *block, const char *name, heed_reading *reading) {
  (void)self;
  return heed__toy_inspect(block, name, reading);
}

const heed_env_ops heed__frozen_lake_ops = {
    .name = "frozen-lake",
    .summary = "does a walk over slippery ice reach the goal without falling into a hole?",
    .details =
        "The goal pays 1 and a hole nothing; both end the episode, and no other step pays. On\n"
        "slippery ice a move goes where it was to go with success_rate, and else to the left or\n"
        "to the right of that, as often the one as the other. At the edge the agent stays.\n"
        "Episodes start at S, drawn if there are several.\n"
        "\n"
        "FrozenLake-v1 is this world with its defaults, FrozenLake8x8-v1 with map_name=8x8; the\n"
        "8x8 map under the former's limit is map_name=8x8,max_steps=100. They agree in every\n"
        "draw.\n"
        "\n"
        "Nothing is hidden but the steps that are left. The performance is the return.\n"
        "\n"
        "Appraisal: the reward as task.\n"
        "\n"
        "Facts to inspect: state (row * columns + column, what the original observes), prob (of\n"
        "the outcome last drawn), steps, return. Stepping past the end stays, for nothing.\n"
        "\n"
        "Optimum, the probability of the goal: 4x4 0.744190 (14/17 without limit), with\n"
        "success_rate=0.75 0.873113; 8x8 0.913220, 0.640719 in 100 steps, 1 without limit. Not\n"
        "slippery: 1, in 6 or 14 steps. By dynamic programming.\n"
        "\n"
        "Source: Towers et al. (2024), Gymnasium, arXiv:2407.17032; first in Brockman et al.\n"
        "(2016), OpenAI Gym, arXiv:1606.01540.",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(params),
    .map_symbols = symbols,
    .self_size = sizeof(world),
    .create = create,
    .reset = reset,
    .step = step,
    .observe = observe,
    .performance = heed__toy_performance,
    .appraise = appraise,
    .inspect = inspect,
};
