#include "core/tape.h"

#include <stdlib.h>
#include <string.h>

void heed_tape_init(heed_tape *tape, heed_tape_mode mode) {
  memset(tape, 0, sizeof *tape);
  tape->mode = mode;
}

void heed_tape_deinit(heed_tape *tape) {
  free(tape->draws);
  memset(tape, 0, sizeof *tape);
}

void heed_tape_clear(heed_tape *tape) {
  tape->count = 0;
  tape->position = 0;
  tape->mismatch = false;
}

heed_status heed_tape_append(heed_tape *tape, heed_draw draw, heed_error *err) {
  if (tape->count == tape->capacity) {
    size_t capacity = tape->capacity == 0 ? 64 : 2 * tape->capacity;
    heed_draw *draws = realloc(tape->draws, capacity * sizeof *draws);
    if (draws == NULL) {
      tape->mismatch = true;
      return heed_fail(err, HEED_ERR_NOMEM, "tape of %zu draws: no memory", capacity);
    }
    tape->draws = draws;
    tape->capacity = capacity;
  }
  tape->draws[tape->count++] = draw;
  return HEED_OK;
}

heed_draw heed_tape_next(heed_tape *tape, uint32_t choices) {
  if (tape->position >= tape->count || tape->draws[tape->position].choices != choices) {
    tape->mismatch = true;
    return (heed_draw){.choices = choices};
  }
  return tape->draws[tape->position++];
}
