/* arena.h: one block of memory, allocated once and handed out in slices.
 *
 * A search or a model takes its memory here when it is built and never again while it plans or
 * predicts. Slices are released in reverse order, by going back to a mark:
 *
 *     base                          used            high_water        size
 *      |##########################|..................|-----------------|
 *       handed out                 free, was in use   never touched
 *
 * Released bytes are poisoned under AddressSanitizer. The block is virtual memory: what is never
 * touched costs nothing. */
#ifndef HEED_CORE_ARENA_H
#define HEED_CORE_ARENA_H

#include <stddef.h>

#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_arena {
  unsigned char *base; /* owned */
  size_t size;         /* bytes in all */
  size_t used;         /* bytes handed out */
  size_t high_water;   /* largest `used` so far */
} heed_arena;

/* Reserves `size` bytes (> 0). Errors: HEED_ERR_NOMEM. */
HEED_API heed_status heed_arena_init(heed_arena *arena, size_t size, heed_error *err);

/* Gives the memory back; accepts a zeroed arena. */
HEED_API void heed_arena_deinit(heed_arena *arena);

/* Returns `count` * `size` bytes, NOT zeroed, aligned to `align` (a power of two, at most 4096),
 * borrowed from the arena; NULL with HEED_ERR_NOMEM in `err`, which names needed and available bytes,
 * when the product overflows or the arena is full: nothing is changed then. */
HEED_API void *heed_arena_alloc(heed_arena *arena, size_t count, size_t size, size_t align,
                                heed_error *err);

/* The place to come back to with heed_arena_release. */
HEED_API size_t heed_arena_mark(const heed_arena *arena);

/* Releases all that was handed out after `mark`. */
HEED_API void heed_arena_release(heed_arena *arena, size_t mark);

#ifdef __cplusplus
}
#endif
#endif
