/* tape.h: a record of random draws, so that an episode can be played again with the same luck.
 *
 * A draw is either a uniform real in [0, 1) or an index out of n. A generator with a tape attached
 * (rng.h) either writes each draw on it or reads its draws from it. Reading past the end, or a draw of
 * another kind than was recorded, does not stop the caller: the tape remembers the mismatch, and
 * whoever plays it back must look at it. */
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
  double uniform;   /* in [0, 1); used when choices == 0 */
  uint32_t index;   /* in 0 .. choices - 1 */
  uint32_t choices; /* 0: a uniform draw */
} heed_draw;

typedef enum heed_tape_mode { HEED_TAPE_RECORD, HEED_TAPE_REPLAY } heed_tape_mode;

typedef struct heed_tape {
  heed_tape_mode mode;
  heed_draw *draws; /* owned; [capacity] */
  size_t count;     /* draws on the tape */
  size_t capacity;
  size_t position; /* next draw to be read */
  bool mismatch;   /* a draw was asked for that is not the one recorded, or memory ran out */
} heed_tape;

/* An empty tape. */
HEED_API void heed_tape_init(heed_tape *tape, heed_tape_mode mode);
HEED_API void heed_tape_deinit(heed_tape *tape);

/* Forgets all draws, keeps the memory. */
HEED_API void heed_tape_clear(heed_tape *tape);

/* Writes a draw at the end. Errors: HEED_ERR_NOMEM. */
HEED_API heed_status heed_tape_append(heed_tape *tape, heed_draw draw, heed_error *err);

/* Reads the next draw, which must have been made out of `choices` (0: uniform). On a mismatch the
 * flag is set and the draw is a zero. */
HEED_API heed_draw heed_tape_next(heed_tape *tape, uint32_t choices);

#ifdef __cplusplus
}
#endif
#endif
