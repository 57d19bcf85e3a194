/* tape.h: a record of random draws, so that an episode can be played again with the same luck.
 *
 * A draw is either a uniform real in [0, 1) or an index out of n. A generator with a tape attached
 * (rng.h) either writes each draw on it or reads its draws from it. Reading past the end, or a draw of
 * another kind than was recorded, does not stop the caller: the tape remembers the mismatch, and
 * whoever plays it back must look at it.
 *
 * A third kind of tape goes through everything that can be drawn: from one play to the next the draws
 * take every value in turn, and the tape tells how probable the play was. That makes exact expectations
 * of whatever draws:
 *
 *   heed_tape_init(&tape, HEED_TAPE_ENUMERATE);
 *   do {
 *     ... start from the same state, draw, and weigh what came by heed_tape_probability(&tape) ...
 *   } while (heed_tape_next_play(&tape));
 *
 * Only draws among finitely many values can be enumerated; a uniform real is a mismatch. */
#ifndef HEED_CORE_TAPE_H
#define HEED_CORE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_draw {
  double uniform;   /* in [0, 1); used when choices == 0. Enumerating: the index's probability */
  uint32_t index;   /* in 0 .. choices - 1 */
  uint32_t choices; /* 0: a uniform draw */
} heed_draw;

typedef enum heed_tape_mode {
  HEED_TAPE_RECORD,
  HEED_TAPE_REPLAY,
  HEED_TAPE_ENUMERATE
} heed_tape_mode;

typedef struct heed_tape {
  heed_tape_mode mode;
  heed_draw *draws; /* owned; [capacity] */
  size_t count;     /* draws on the tape */
  size_t capacity;
  size_t limit;    /* draws that it may hold; 0: as many as memory does */
  size_t position; /* next draw to be read */
  bool
      mismatch; /* a draw was asked for that is not the one recorded, or memory or the limit ran out */
} heed_tape;

/* An empty tape. */
HEED_API void heed_tape_init(heed_tape *tape, heed_tape_mode mode);
HEED_API void heed_tape_deinit(heed_tape *tape);

/* Forgets all draws, keeps the memory. */
HEED_API void heed_tape_clear(heed_tape *tape);

/* Takes memory for `limit` draws, on an empty tape, and sets the limit: from then on nothing is allocated. Errors:
 * HEED_ERR_NOMEM. */
HEED_API heed_status heed_tape_reserve(heed_tape *tape, size_t limit, heed_error *err);

/* Writes a draw at the end. Errors: HEED_ERR_NOMEM, HEED_ERR_STATE beyond the limit. */
HEED_API heed_status heed_tape_append(heed_tape *tape, heed_draw draw, heed_error *err);

/* Reads the next draw, which must have been made out of `choices` (0: uniform). On a mismatch the
 * flag is set and the draw is a zero. */
HEED_API heed_draw heed_tape_next(heed_tape *tape, uint32_t choices);

/* Enumerating: the index that this play draws out of n, where index i has probability p[i] (NULL: all
 * the same). */
HEED_API uint32_t heed_tape_branch(heed_tape *tape, const double *p, uint32_t n);

/* Enumerating: the probability of the draws of this play, 1 when there were none. */
HEED_API double heed_tape_probability(const heed_tape *tape);

/* Enumerating: turns to the next play; false, with an empty tape, after the last. */
HEED_API bool heed_tape_next_play(heed_tape *tape);

#ifdef __cplusplus
}
#endif
#endif
