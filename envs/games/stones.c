#include "envs/games/stones.h"

#include <endian.h>

static const heed_glyph glyphs[STONES_VALUE_COUNT] = {
    [STONES_NONE] = {'.', {219, 219, 219}, "empty"},
    [STONES_FIRST] = {'X', {200, 60, 40}, "stone of the first player"},
    [STONES_SECOND] = {'O', {30, 110, 200}, "stone of the second player"},
};

void heed__stones_init(stones_rules *rules, uint32_t width, uint32_t height, uint32_t connect,
                       heed_env_spec *spec) {
  *rules = (stones_rules){.width = width, .height = height, .connect = connect};
  for (uint32_t column = 0; column < width; column++) {
    rules->board |= ((UINT64_C(1) << height) - 1) << (STONES_COLUMN * column);
  }
  *spec = (heed_env_spec){.state_size = sizeof(stones_state),
                          .obs_space = heed_space_board(height, width, STONES_VALUE_COUNT),
                          .max_steps = width * height,
                          .glyphs = glyphs};
}

void heed__stones_reset(const void *self, void *state, heed_rng *rng) {
  (void)self;
  (void)rng;
  *(stones_state *)state = (stones_state){0};
}

uint32_t heed__stones_to_move(const void *self, const void *state) {
  (void)self;
  return stones_to_move(state);
}

/* A row of the board is one bit of every byte: a mask and a shift take it out, a byte per cell. Each row
 * is stored as 8 bytes, of which the next one overwrites what is too many. */
void heed__stones_observe(const void *self, const void *state, void *obs) {
  const stones_rules *rules = self;
  const stones_state *s = state;
  unsigned char *row = obs;
  for (uint32_t r = rules->height; r-- > 0; row += rules->width) {
    uint64_t first = (s->of[0] >> r) & STONES_ONE_EACH;
    uint64_t second = (s->of[1] >> r) & STONES_ONE_EACH;
    uint64_t cells = htole64(first * STONES_FIRST | second * STONES_SECOND);
    if ((size_t)(r + 1) * rules->width >= sizeof cells) {
      memcpy(row, &cells, sizeof cells);
    } else {
      memcpy(row, &cells, rules->width);
    }
  }
}

static double result(const stones_rules *rules, const stones_state *s) {
  return (stones_has_won(rules, s->of[0]) ? 1.0 : 0.0) -
         (stones_has_won(rules, s->of[1]) ? 1.0 : 0.0);
}

double heed__stones_performance(const void *self, const void *state) {
  return result(self, state);
}

void heed__stones_recall(const void *self, const void *obs_, void *state) {
  const stones_rules *rules = self;
  const uint8_t *obs = obs_;
  stones_state s = {{0, 0}};
  for (uint32_t i = 0; i < rules->width * rules->height; i++) {
    uint64_t bit = stones_bit(i % rules->width, rules->height - 1 - i / rules->width);
    s.of[0] |= obs[i] == STONES_FIRST ? bit : 0;
    s.of[1] |= obs[i] == STONES_SECOND ? bit : 0;
  }
  *(stones_state *)state = s;
}

heed_appraisal heed__stones_appraise(const void *self, const void *obs, heed_action action,
                                     const void *next_obs) {
  (void)action;
  stones_state before;
  stones_state after;
  heed__stones_recall(self, obs, &before);
  heed__stones_recall(self, next_obs, &after);
  return (heed_appraisal){.task = result(self, &after) - result(self, &before)};
}

bool heed__stones_inspect(const void *self, const void *state, const char *name,
                          heed_reading *reading) {
  const stones_state *s = state;
  reading->count = 1;
  if (strcmp(name, "to_move") == 0) {
    reading->values[0] = stones_to_move(s);
  } else if (strcmp(name, "steps") == 0) {
    reading->values[0] = __builtin_popcountll(s->of[0] | s->of[1]);
  } else if (strcmp(name, "return") == 0) {
    reading->values[0] = result(self, s);
  } else {
    reading->count = 0;
    return false;
  }
  return true;
}
