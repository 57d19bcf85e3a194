#include "envs/gridworlds/gridworld.h"

static const char *const action_names[GRID_ACTION_COUNT] = {"up",    "down", "left",
                                                            "right", "noop", "quit"};

/* The value whose glyph is `character`. A map with an unknown character is a bug. */
static uint8_t value_of(char character, const heed_glyph *glyphs, size_t glyph_count) {
  size_t value = 0;
  while (value < glyph_count && glyphs[value].character != character) {
    value++;
  }
  assert(value < glyph_count);
  return (uint8_t)value;
}

void heed__grid_level_init(grid_level *level, const char *map, const char *objects,
                           const heed_glyph *glyphs, size_t glyph_count) {
  memset(level, 0, sizeof *level);
  level->width = (uint8_t)strcspn(map, "\n");
  assert(glyphs[GRID_WALL].character == '#' && glyphs[GRID_FLOOR].character == ' ');

  uint8_t cell = 0;
  for (const char *row = map; *row != '\0'; row += level->width + 1) {
    assert(strcspn(row, "\n") == level->width && cell + level->width <= GRID_CELLS_MAX);
    for (uint8_t col = 0; col < level->width; col++, cell++) {
      char original = row[col];
      bool is_object = strchr(objects, original) != NULL;
      level->original[cell] = original;
      level->background[cell] = is_object ? GRID_FLOOR : value_of(original, glyphs, glyph_count);
    }
    level->height++;
  }
  level->count = cell;

  level->offset[GRID_UP] = (int8_t)-level->width;
  level->offset[GRID_DOWN] = (int8_t)level->width;
  level->offset[GRID_LEFT] = -1;
  level->offset[GRID_RIGHT] = 1;
}

uint8_t heed__grid_find(const grid_level *level, char character) {
  const char *found = memchr(level->original, character, level->count);
  return found == NULL ? (uint8_t)GRID_NOWHERE : (uint8_t)(found - level->original);
}

grid_set heed__grid_find_all(const grid_level *level, const char *characters) {
  grid_set set = {0};
  for (uint8_t cell = 0; cell < level->count; cell++) {
    if (strchr(characters, level->original[cell]) != NULL) {
      assert(set.count < GRID_SET_MAX);
      set.cells[set.count++] = cell;
    }
  }
  return set;
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
