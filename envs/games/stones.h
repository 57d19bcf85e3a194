/* stones.h: games in which two players put stones on a board in turns, and so many in a row win.
 *
 * The stones of a player are the bits of one number, a byte per column, the lowest bit at the bottom:
 *
 *   5 13 21 ...      Neighbours are 1 (up), 8 (right), 9 and 7 (diagonals) apart. A column has 7 rows at
 *   :  :  :          most, so that the highest bit of each byte is never a stone, and no row of stones
 *   1  9 17          runs over the edge into the next column. A row of k shows when the number is laid
 *   0  8 16          over itself, shifted (Tromp 1995, "Fhourstones").
 *
 * A state is nothing but the stones: whose turn it is, and who won, follows from them. The first player's
 * return is 1 when it wins, -1 when it loses, 0 when the board is full or nothing is decided.
 *
 * What is defined here is static, so it goes by the short prefix stones_. */
#ifndef HEED_ENVS_GAMES_STONES_H
#define HEED_ENVS_GAMES_STONES_H

#include <string.h>

#include "envs/env.h"

enum { STONES_WIDTH_MAX = 8, STONES_HEIGHT_MAX = 7, STONES_COLUMN = 8 };

/* The lowest bit of every byte. */
#define STONES_ONE_EACH UINT64_C(0x0101010101010101)

/* Values of cells. */
enum { STONES_NONE, STONES_FIRST, STONES_SECOND, STONES_VALUE_COUNT };

typedef struct stones_rules {
  uint32_t width, height; /* cells */
  uint32_t connect;       /* stones in a row that win */
  uint64_t board;         /* every cell of the board */
} stones_rules;

typedef struct stones_state {
  uint64_t of[2]; /* the first player's, the other's */
} stones_state;

/* The bit of a cell, row 0 at the bottom. */
static inline uint64_t stones_bit(uint32_t column, uint32_t row) {
  return UINT64_C(1) << (STONES_COLUMN * column + row);
}

/* The first player has the turn while there are as many stones of one as of the other. */
static inline uint32_t stones_to_move(const stones_state *s) {
  return (uint32_t)__builtin_parityll(s->of[0] | s->of[1]);
}

/* Are `connect` bits a distance apart set in a row? Twice as many with every step: those that begin rows
 * of `length` are kept. */
static inline bool stones_has_row(uint64_t stones, uint32_t connect, uint32_t distance) {
  uint32_t length = 1;
  for (; 2 * length <= connect; length *= 2) {
    stones &= stones >> (distance * length);
  }
  return (stones & (stones >> (distance * (connect - length)))) != 0;
}

static inline bool stones_has_rows(uint64_t stones, uint32_t connect) {
  return stones_has_row(stones, connect, 1) || stones_has_row(stones, connect, 7) ||
         stones_has_row(stones, connect, 8) || stones_has_row(stones, connect, 9);
}

/* The usual lengths are spelled out for the compiler, which then needs no loops. */
static inline bool stones_has_won(const stones_rules *rules, uint64_t stones) {
  switch (rules->connect) {
    case 3:
      return stones_has_rows(stones, 3);
    case 4:
      return stones_has_rows(stones, 4);
    default:
      return stones_has_rows(stones, rules->connect);
  }
}

/* Puts a stone of whoever has the turn on a cell. */
static inline heed_outcome stones_put(const stones_rules *rules, stones_state *s, uint64_t cell) {
  uint32_t player = stones_to_move(s);
  s->of[player] |= cell;
  if (stones_has_won(rules, s->of[player])) {
    return (heed_outcome){.reward = player == 0 ? 1 : -1, .is_terminal = true};
  }
  return (heed_outcome){.is_terminal = (s->of[0] | s->of[1]) == rules->board};
}

/* Rules of a board that fits; fills what the specs of both games share. */
void heed__stones_init(stones_rules *rules, uint32_t width, uint32_t height, uint32_t connect,
                       heed_env_spec *spec);

/* The functions of heed_env_ops that both games share; `self` is a stones_rules. */
void heed__stones_reset(const void *self, void *state, heed_rng *rng);
uint32_t heed__stones_to_move(const void *self, const void *state);
void heed__stones_observe(const void *self, const void *state, void *obs);
void heed__stones_recall(const void *self, const void *obs, void *state);
double heed__stones_performance(const void *self, const void *state);
heed_appraisal heed__stones_appraise(const void *self, const void *obs, heed_action action,
                                     const void *next_obs);
bool heed__stones_inspect(const void *self, const void *state, const char *name,
                          heed_reading *reading);

#endif
