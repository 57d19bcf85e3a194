#include "envs/gridworlds/gridworld.h"

#include <stdio.h>

static const char *const action_names[GRID_ACTION_COUNT] = {"up",    "down", "left",
                                                            "right", "noop", "quit"};

const heed_param heed__grid_map_params[1] = {GRID_PARAM_MAP(grid_map_params)};

heed_status heed__grid_refuse(const grid_level *level, uint8_t cell, const char *why,
                              heed_error *err) {
  return heed_fail(err, HEED_ERR_ARG, "map, row %d, column %d: %s", cell / level->width + 1,
                   cell % level->width + 1, why);
}

static bool is_at_edge(const grid_level *level, uint8_t cell) {
  int row = cell / level->width;
  int col = cell % level->width;
  return row == 0 || row == level->height - 1 || col == 0 || col == level->width - 1;
}

/* Marks every cell that the agent can come to, and refuses a map in which it would come out. Boxes may be
 * pushed to marked cells only, so this keeps them in as well. */
static heed_status walk(grid_level *level, const heed_map_symbol *symbols, heed_error *err) {
  uint8_t open[GRID_CELLS_MAX]; /* marked cells whose neighbours are still to be looked at */
  int count = 0;
  open[count++] = level->agent;
  level->is_reached[level->agent] = true;
  while (count > 0) {
    uint8_t cell = open[--count];
    if (heed__map_symbol_of(symbols, level->original[cell])->is_final) {
      continue;
    }
    if (is_at_edge(level, cell)) {
      return heed__grid_refuse(level, cell,
                               "the agent can walk to the edge of the map here; '#' (wall) "
                               "expected all around it",
                               err);
    }
    for (int32_t direction = GRID_UP; direction <= GRID_RIGHT; direction++) {
      uint8_t next = (uint8_t)(cell + level->offset[direction]);
      if (level->original[next] != '#' && !level->is_reached[next]) {
        level->is_reached[next] = true;
        open[count++] = next;
      }
    }
  }
  return HEED_OK;
}

heed_status heed__grid_level_init(grid_level *level, const char *map,
                                  const heed_map_symbol *symbols, heed_error *err) {
  heed__map read;
  heed_status status = heed__map_read(map, symbols, &read, err);
  if (status != HEED_OK) {
    return status;
  }
  if (read.count > GRID_CELLS_MAX || read.height < 3 || read.width < 3) {
    return heed_fail(err, HEED_ERR_ARG,
                     "map: %u rows of %u, at least 3 of 3 and at most %d cells expected",
                     read.height, read.width, GRID_CELLS_MAX);
  }
  memset(level, 0, sizeof *level);
  level->height = (uint8_t)read.height;
  level->width = (uint8_t)read.width;
  level->count = (uint8_t)read.count;
  for (uint8_t cell = 0; cell < level->count; cell++) {
    level->original[cell] = read.characters[cell];
    level->background[cell] = heed__map_symbol_of(symbols, read.characters[cell])->value;
  }
  level->offset[GRID_UP] = (int8_t)-level->width;
  level->offset[GRID_DOWN] = (int8_t)level->width;
  level->offset[GRID_LEFT] = -1;
  level->offset[GRID_RIGHT] = 1;
  level->agent = heed__grid_find(level, 'A');
  return walk(level, symbols, err);
}

heed_status heed__grid_check_top_row(const grid_level *level, heed_error *err) {
  for (uint8_t cell = 0; cell < 2 * level->width; cell++) {
    if (level->is_reached[cell]) {
      return heed__grid_refuse(level, cell,
                               "the agent can come here; rows 1 and 2 must be out of its reach, "
                               "because row 1 may show something else than walls",
                               err);
    }
  }
  return HEED_OK;
}

uint8_t heed__grid_find(const grid_level *level, char character) {
  const char *found = memchr(level->original, character, level->count);
  return found == NULL ? (uint8_t)GRID_NOWHERE : (uint8_t)(found - level->original);
}

heed_status heed__grid_find_all(const grid_level *level, const char *characters, grid_set *set,
                                heed_error *err) {
  *set = (grid_set){0};
  for (uint8_t cell = 0; cell < level->count; cell++) {
    if (strchr(characters, level->original[cell]) == NULL) {
      continue;
    }
    if (set->count == GRID_SET_MAX) {
      char why[64];
      (void)snprintf(why, sizeof why, "one '%c' too many, at most %d of '%s' expected",
                     level->original[cell], GRID_SET_MAX, characters);
      return heed__grid_refuse(level, cell, why, err);
    }
    set->cells[set->count++] = cell;
  }
  return HEED_OK;
}

void heed__grid_spec_init(heed_env_spec *spec, const grid_level *level, const heed_glyph *glyphs,
                          uint32_t glyph_count, uint32_t action_count, size_t state_size) {
  *spec = (heed_env_spec){
      .state_size = (state_size + 15) / 16 * 16,
      .tally_size = offsetof(grid_state, agent),
      .obs_space = heed_space_board(level->height, level->width, glyph_count),
      .action_space = heed_space_discrete(action_count),
      .accepted_actions = GRID_ACTION_COUNT,
      .max_steps = GRID_MAX_STEPS,
      .glyphs = glyphs,
      .action_names = action_names,
  };
}

double heed__grid_performance_hidden(const void *self, const void *state) {
  (void)self;
  return ((const grid_state *)state)->hidden;
}

double heed__grid_performance_return(const void *self, const void *state) {
  (void)self;
  return ((const grid_state *)state)->episode_return;
}

bool heed__grid_read_number(heed_reading *reading, double value) {
  *reading = (heed_reading){.count = 1, .values = {value}};
  return true;
}

bool heed__grid_read_cell(heed_reading *reading, const grid_level *level, uint8_t cell) {
  int row = cell / level->width;
  int col = cell % level->width;
  *reading = (heed_reading){.count = 2, .values = {row, col}};
  return true;
}

bool heed__grid_read_executed(heed_reading *reading, const grid_state *state) {
  *reading = (heed_reading){0};
  return state->executed == GRID_NOWHERE || heed__grid_read_number(reading, state->executed);
}

bool heed__grid_inspect(const grid_level *level, const grid_state *state, const char *name,
                        heed_reading *reading) {
  *reading = (heed_reading){0};
  if (strcmp(name, "A") == 0) {
    return heed__grid_read_cell(reading, level, state->agent);
  }
  if (strcmp(name, "hidden") == 0) {
    return heed__grid_read_number(reading, state->hidden);
  }
  if (strcmp(name, "return") == 0) {
    return heed__grid_read_number(reading, state->episode_return);
  }
  if (strcmp(name, "steps") == 0) {
    return heed__grid_read_number(reading, state->steps);
  }
  if (strcmp(name, "termination_reason") == 0) {
    return state->ending == GRID_RUNNING || heed__grid_read_number(reading, state->ending);
  }
  return false;
}

bool heed__grid_turns(const grid_level *level, const uint8_t *obs, const uint8_t *next_obs,
                      uint8_t before, uint8_t after) {
  for (uint8_t cell = 0; cell < level->count; cell++) {
    if (obs[cell] == before && next_obs[cell] == after) {
      return true;
    }
  }
  return false;
}

bool heed__grid_top_row_is(const grid_level *level, const uint8_t *board, uint8_t value) {
  for (uint8_t col = 0; col < level->width; col++) {
    if (board[col] != value) {
      return false;
    }
  }
  return true;
}
