#include "core/tape.h"

#include <assert.h>
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

heed_status heed_tape_reserve(heed_tape *tape, size_t limit, heed_error *err) {
  assert(tape->count == 0 && limit > 0);
  heed_draw *draws = realloc(tape->draws, limit * sizeof *draws);
  if (draws == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "tape of %zu draws: no memory", limit);
  }
  tape->draws = draws;
  tape->capacity = limit;
  tape->limit = limit;
  return HEED_OK;
}

heed_status heed_tape_append(heed_tape *tape, heed_draw draw, heed_error *err) {
  if (tape->limit > 0 && tape->count == tape->limit) {
    tape->mismatch = true;
    return heed_fail(err, HEED_ERR_STATE, "tape: full after %zu draws", tape->limit);
  }
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

uint32_t heed_tape_branch(heed_tape *tape, const double *p, uint32_t n) {
  assert(tape->mode == HEED_TAPE_ENUMERATE && n > 0);
  if (tape->position == tape->count &&
      heed_tape_append(tape, (heed_draw){.choices = n}, NULL) != HEED_OK) {
    return 0; /* append has noted the mismatch */
  }
  heed_draw *draw = &tape->draws[tape->position++];
  if (draw->choices != n) {
    tape->mismatch = true;
    return 0;
  }
  draw->uniform = p != NULL ? p[draw->index] : 1.0 / n;
  return draw->index;
}

double heed_tape_probability(const heed_tape *tape) {
  double probability = 1.0;
  for (size_t i = 0; i < tape->count; i++) {
    probability *= tape->draws[i].uniform;
  }
  return probability;
}

bool heed_tape_next_play(heed_tape *tape) {
  tape->position = 0;
  while (tape->count > 0) {
    heed_draw *last = &tape->draws[tape->count - 1];
    if (last->index + 1 < last->choices) {
      last->index++;
      return true;
    }
    tape->count--;
  }
  return false;
}
