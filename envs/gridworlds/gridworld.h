/* gridworld.h: the engine under the AI Safety Gridworlds.
 *
 * A world is a map, a table of glyphs, a few objects, and a step that says in order what happens in
 * one frame. The engine knows no world; a new one is a new file and a line in worlds.h and
 * registry.c.
 *
 *   map, as printed in the paper --- objects lifted off ---> background     grid_level, constant
 *   objects: cells, sets of cells, switches                                 state block
 *   background + objects, back to front --- paint ---> displayed board      grid_frame, observation
 *
 * A cell is a number, row * width + col. A board holds one value per cell, an index into the
 * world's table of glyphs, and is what the agent observes. The displayed board is never stored: it
 * follows from the objects, and painting a few of them over a constant background costs less than
 * copying it around in every state.
 *
 * What the original suite observes is had from an observation, to the bit: its `board` holds the same
 * values as floats (in friend-foe, the codes of their characters), and plane p of its `RGB` holds
 * glyphs[value].rgb[p] in each cell.
 *
 * Words with a fixed meaning:
 *   original character   what the map shows at a cell, objects at their starting cells included
 *   displayed            on the board as last painted in this frame; movers are blocked by it
 *   action               the action asked for; what is executed may differ in some worlds
 *   hidden reward        what the designer really wanted; never shown to the agent
 *
 * A step has this shape. A world with two update groups paints again between them:
 *
 *   grid_frame frame;
 *   grid_begin(&frame, &world->level, &state->grid);
 *   paint(world, state, frame.board);
 *   ... objects update; the agent moves; rewards ...
 *   return grid_end(&frame, action);
 *
 * What is defined here is static, so it goes by the short prefix grid_. */
#ifndef HEED_ENVS_GRIDWORLDS_GRIDWORLD_H
#define HEED_ENVS_GRIDWORLDS_GRIDWORLD_H

#include <assert.h>
#include <string.h>

#include "envs/env.h"

enum {
  GRID_CELLS_MAX = 240, /* of a map, e.g. 15 rows of 16; below GRID_NOWHERE */
  GRID_SET_MAX = 32,    /* members of a set of cells: one bit each */
  GRID_MAX_STEPS = 100, /* of an episode, in every world */
  GRID_NOWHERE = 255    /* the cell of an object that is not on the board; no action */
};

typedef enum grid_action {
  GRID_UP,
  GRID_DOWN,
  GRID_LEFT,
  GRID_RIGHT,
  GRID_NOOP,
  GRID_QUIT, /* meant for human players: ends the episode; the agent does nothing */
  GRID_ACTION_COUNT
} grid_action;

/* What an agent chooses from: the four directions, in two worlds NOOP as well. */
enum { GRID_MOVES = 4, GRID_MOVES_AND_NOOP = 5 };

/* Why an episode ended; the suite's numbers. */
typedef enum grid_ending {
  GRID_TERMINATED = 0, /* by a rule of the world */
  GRID_TIME_OUT = 1,   /* by the hundredth step */
  GRID_HAS_QUIT = 3,
  GRID_RUNNING = 4
} grid_ending;

/* The two values that mean the same in every world. */
enum { GRID_WALL = 0, GRID_FLOOR = 1 };
#define GRID_GLYPH_WALL \
  { '#', {152, 152, 152}, "wall" }
#define GRID_GLYPH_FLOOR \
  { ' ', {219, 219, 219}, "floor" }
#define GRID_GLYPH_AGENT \
  { 'A', {0, 180, 255}, "agent" }
#define GRID_GLYPH_GOAL \
  { 'G', {0, 210, 50}, "goal" }

/* The characters that mean the same in the maps of every world. */
#define GRID_SYMBOL_WALL \
  { .character = '#', .name = "wall", .min = 1, .max = HEED_MAP_ANY, .value = GRID_WALL }
#define GRID_SYMBOL_FLOOR \
  { .character = ' ', .name = "floor", .max = HEED_MAP_ANY, .value = GRID_FLOOR }
#define GRID_SYMBOL_AGENT \
  { .character = 'A', .name = "agent", .min = 1, .max = 1, .value = GRID_FLOOR }

/* The parameter `map` of a world, in its struct `owner`: char map[HEED_PARAM_TEXT_SIZE]. */
#define GRID_PARAM_MAP(owner)                                                                  \
  {                                                                                            \
    .name = "map", .type = HEED_PARAM_TEXT, .offset = offsetof(owner, map), .fallback = "",    \
    .unit = "", .help = "a map of one's own, rows divided by '/', instead of the built-in one" \
  }

/* What create's `parsed` is in worlds with no other parameter, and its table. */
typedef struct grid_map_params {
  char map[HEED_PARAM_TEXT_SIZE];
} grid_map_params;
extern const heed_param heed__grid_map_params[1];

/* The map in force: one's own, if there is one. */
static inline const char *grid_map(const char *own, const char *built_in) {
  return own[0] != '\0' ? own : built_in;
}

/* A map made ready. Constant while playing. */
typedef struct grid_level {
  uint8_t height, width;
  uint8_t count;                    /* cells */
  uint8_t agent;                    /* the cell where it starts */
  int8_t offset[GRID_ACTION_COUNT]; /* from a cell to its neighbour; 0 for noop and quit */
  bool is_reached
      [GRID_CELLS_MAX]; /* [count] can the agent come there, if nothing but walls stops it? */
  char original[GRID_CELLS_MAX];      /* [count] original characters */
  uint8_t background[GRID_CELLS_MAX]; /* [count] values where no object is painted */
} grid_level;

/* Cells that form one object: coins, tomatoes. A state says with one bit each which are there. */
typedef struct grid_set {
  uint8_t count;
  uint8_t cells[GRID_SET_MAX]; /* [count] in row-major order */
} grid_set;

/* What the states of all worlds begin with. */
typedef struct grid_state {
  /* the tally: */
  double episode_return; /* rewards since reset */
  double hidden;         /* hidden reward since reset; stays 0 where none is given */
  uint8_t steps;         /* since reset */
  uint8_t executed;      /* last action that the agent executed; GRID_NOWHERE: none yet */
  /* what the world goes on from: */
  uint8_t agent;  /* cell */
  uint8_t ending; /* grid_ending */
} grid_state;

/* One step while it is being played. */
typedef struct grid_frame {
  const grid_level *level;
  grid_state *state;
  double reward;                 /* given in this frame */
  bool is_over;                  /* a rule ended the episode */
  uint8_t board[GRID_CELLS_MAX]; /* displayed: [level->count] values as last painted */
} grid_frame;

/* ---- building ------------------------------------------------------------------------------- */

/* Makes a map ready: characters as in `symbols`, and walls all around the cells that the agent can come
 * to, because nothing that moves looks whether it is at an edge. What a symbol stands for is background if
 * it has a value of its own, else an object that lies on the floor. Errors: HEED_ERR_ARG with row and
 * column, what was found and what may be. */
heed_status heed__grid_level_init(grid_level *level, const char *map,
                                  const heed_map_symbol *symbols, heed_error *err);

/* Refuses a map cell: "map, row 2, column 5: " and why. Errors: HEED_ERR_ARG, always. */
heed_status heed__grid_refuse(const grid_level *level, uint8_t cell, const char *why,
                              heed_error *err);

/* In worlds that show something in all of the top row: refuses a map in which the agent can come to the
 * row below, from where it could walk into it. Errors: HEED_ERR_ARG. */
heed_status heed__grid_check_top_row(const grid_level *level, heed_error *err);

/* The first cell whose original character is `character`; GRID_NOWHERE if there is none. */
uint8_t heed__grid_find(const grid_level *level, char character);

/* All cells whose original character is one of `characters`. Errors: HEED_ERR_ARG when
 * they are too many for a set. */
heed_status heed__grid_find_all(const grid_level *level, const char *characters, grid_set *set,
                                heed_error *err);

/* Fills what the specs of all worlds share. `action_count` is GRID_MOVES or GRID_MOVES_AND_NOOP. */
void heed__grid_spec_init(heed_env_spec *spec, const grid_level *level, const heed_glyph *glyphs,
                          uint32_t glyph_count, uint32_t action_count, size_t state_size);

/* ---- an episode ----------------------------------------------------------------------------- */

/* Starts an episode with the agent at its place in the map. */
static inline void grid_reset(grid_state *state, const grid_level *level) {
  memset(state, 0, sizeof *state);
  state->ending = GRID_RUNNING;
  state->agent = level->agent;
  state->executed = GRID_NOWHERE;
}

/* Opens a frame; its board is not painted yet. */
static inline void grid_begin(grid_frame *frame, const grid_level *level, grid_state *state) {
  assert(state->ending == GRID_RUNNING);
  frame->level = level;
  frame->state = state;
  frame->reward = 0.0;
  frame->is_over = false;
}

/* Closes a frame in which `action` was asked for. */
static inline heed_outcome grid_end(const grid_frame *frame, heed_action action) {
  grid_state *state = frame->state;
  state->episode_return += frame->reward;
  state->steps++;
  bool is_terminal = frame->is_over || action.index == GRID_QUIT;
  bool is_truncated = !is_terminal && state->steps == GRID_MAX_STEPS;
  state->ending = action.index == GRID_QUIT ? GRID_HAS_QUIT
                  : frame->is_over          ? GRID_TERMINATED
                  : is_truncated            ? GRID_TIME_OUT
                                            : GRID_RUNNING;
  return (heed_outcome){
      .reward = frame->reward, .is_terminal = is_terminal, .is_truncated = is_truncated};
}

static inline void grid_give(grid_frame *frame, double reward) {
  frame->reward += reward;
}

static inline void grid_give_hidden(grid_frame *frame, double reward) {
  frame->state->hidden += reward;
}

static inline void grid_give_both(grid_frame *frame, double reward) {
  grid_give(frame, reward);
  grid_give_hidden(frame, reward);
}

/* A rule ends the episode with this frame, which is still played to its end. */
static inline void grid_terminate(grid_frame *frame) {
  frame->is_over = true;
}

/* ---- objects -------------------------------------------------------------------------------- */

/* The members of a blocking set, as a set of values: GRID_BLOCKS(GRID_WALL) | GRID_BLOCKS(BOX). */
#define GRID_BLOCKS(value) (UINT32_C(1) << (value))

static inline bool grid_is_direction(int32_t action) {
  return action <= GRID_RIGHT;
}

/* The neighbour of a cell in the direction of an action; the cell itself for NOOP and QUIT. */
static inline uint8_t grid_neighbour(const grid_level *level, uint8_t cell, int32_t action) {
  return (uint8_t)(cell + level->offset[action]);
}

/* Tries to go one cell: stays if what is displayed there is in the blocking set. */
static inline void grid_move(const grid_frame *frame, uint8_t *mover, int32_t action,
                             uint32_t blocking) {
  uint8_t target = grid_neighbour(frame->level, *mover, action);
  assert(target < frame->level->count);
  /* Without a branch: whether a wall is in the way of a random move is hard to predict. */
  int is_free = (blocking >> frame->board[target] & 1) == 0;
  *mover = (uint8_t)(*mover + is_free * (target - *mover));
}

/* The agent executes an action; walls are not the only thing that may block it. */
static inline void grid_move_agent(const grid_frame *frame, int32_t action, uint32_t blocking) {
  frame->state->executed = (uint8_t)action;
  grid_move(frame, &frame->state->agent, action, blocking);
}

/* Does the agent push at `cell`: does it stand beside it, going towards it? */
static inline bool grid_is_pushed(const grid_frame *frame, uint8_t cell, int32_t action) {
  return grid_is_direction(action) &&
         grid_neighbour(frame->level, frame->state->agent, action) == cell;
}

/* The original character under the agent. */
static inline char grid_under_agent(const grid_frame *frame) {
  return frame->level->original[frame->state->agent];
}

/* Members of a set, one bit each: all of them; the one at `cell`, or none; how many there are. */
static inline uint32_t grid_set_all(const grid_set *set) {
  return set->count > 0 ? UINT32_MAX >> (GRID_SET_MAX - set->count) : 0;
}

static inline uint32_t grid_set_member(const grid_set *set, uint8_t cell) {
  uint32_t member = 0;
  for (uint8_t i = 0; i < set->count; i++) {
    member |= (uint32_t)(set->cells[i] == cell) << i;
  }
  return member;
}

static inline int grid_set_count(uint32_t members) {
  int count = 0;
  for (; members != 0; members &= members - 1) {
    count++;
  }
  return count;
}

/* ---- painting ------------------------------------------------------------------------------- */

static inline void grid_paint_background(const grid_level *level, uint8_t *board) {
  memcpy(board, level->background, level->count);
}

/* An object of one cell; nothing if it is nowhere. */
static inline void grid_paint(uint8_t *board, uint8_t cell, uint8_t value) {
  if (cell != GRID_NOWHERE) {
    board[cell] = value;
  }
}

/* The members of a set whose bits are set. */
static inline void grid_paint_set(uint8_t *board, const grid_set *set, uint32_t members,
                                  uint8_t value) {
  for (uint8_t i = 0; i < set->count; i++) {
    if ((members >> i & 1) != 0) {
      board[set->cells[i]] = value;
    }
  }
}

static inline void grid_paint_top_row(const grid_level *level, uint8_t *board, uint8_t value) {
  memset(board, value, level->width);
}

/* ---- the harness ---------------------------------------------------------------------------- */

/* The two measures of performance that the worlds use: heed_env_ops.performance. */
double heed__grid_performance_hidden(const void *self, const void *state);
double heed__grid_performance_return(const void *self, const void *state);

/* Answers "A" (the agent's row and column), "hidden", "return", "steps", "termination_reason". */
bool heed__grid_inspect(const grid_level *level, const grid_state *state, const char *name,
                        heed_reading *reading);

/* Answers of other facts; all return true, so that inspect can end with them. */
bool heed__grid_read_number(heed_reading *reading, double value);
bool heed__grid_read_cell(heed_reading *reading, const grid_level *level, uint8_t cell);
/* The action last executed; no value before the first. */
bool heed__grid_read_executed(heed_reading *reading, const grid_state *state);

/* ---- what a person sees --------------------------------------------------------------------- */

/* The first cell of a board that shows `value`; GRID_NOWHERE if none does. */
static inline uint8_t grid_seen_at(const grid_level *level, const uint8_t *board, uint8_t value) {
  const uint8_t *found = memchr(board, value, level->count);
  return found == NULL ? (uint8_t)GRID_NOWHERE : (uint8_t)(found - board);
}

/* Does a cell show `before` on one board and `after` on the next? */
bool heed__grid_turns(const grid_level *level, const uint8_t *obs, const uint8_t *next_obs,
                      uint8_t before, uint8_t after);

/* Does the whole top row show `value`? */
bool heed__grid_top_row_is(const grid_level *level, const uint8_t *board, uint8_t value);

#endif
