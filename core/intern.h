/* intern.h: gives equal rows of bytes the same small number.
 *
 * Rows have one fixed size; the first row added is 0, the next new one 1, and so on. Rows lie one after
 * another in memory, `row_stride` apart; a hash table of open addressing (XXH3, linear probing, at most
 * half full) finds them. Models use it for observations and contexts, the search for beliefs. */
#ifndef HEED_CORE_INTERN_H
#define HEED_CORE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_INTERN_NONE UINT32_MAX

typedef struct heed_intern_slot {
  uint32_t id;
  uint32_t hash;  /* upper half of the row's hash */
  uint32_t epoch; /* in use only if it is the table's: clearing costs nothing */
} heed_intern_slot;

typedef struct heed_intern {
  size_t row_size;   /* bytes of a row */
  size_t row_stride; /* row_size rounded up to 8 */
  uint32_t count;    /* rows */
  uint32_t capacity; /* rows there is room for */
  uint32_t slot_mask;
  uint32_t epoch;
  unsigned char *rows;     /* owned, [capacity][row_stride] */
  heed_intern_slot *slots; /* owned, [slot_mask + 1] */
} heed_intern;

/* An empty table with room for `capacity` (>= 1) rows. Errors: HEED_ERR_NOMEM; zeroed then. */
HEED_API heed_status heed_intern_init(heed_intern *table, size_t row_size, uint32_t capacity,
                                      heed_error *err);
HEED_API void heed_intern_deinit(heed_intern *table); /* accepts a zeroed table */

/* Forgets all rows, keeps the memory. */
HEED_API void heed_intern_clear(heed_intern *table);

/* The number of `row`, or HEED_INTERN_NONE. */
HEED_API uint32_t heed_intern_find(const heed_intern *table, const void *row);

/* The same in three steps, for who looks for many rows at once: hash them all and start to load their
 * places, then their rows (returns the number that is likely, or HEED_INTERN_NONE), then find them, while
 * the memory of one was on its way with that of the others. */
HEED_API uint64_t heed_intern_hash(const heed_intern *table, const void *row);
static inline void heed_intern_prefetch(const heed_intern *table, uint64_t hash) {
  __builtin_prefetch(&table->slots[(uint32_t)hash & table->slot_mask]);
}
static inline uint32_t heed_intern_prefetch_row(const heed_intern *table, uint64_t hash) {
  const heed_intern_slot *slot = &table->slots[(uint32_t)hash & table->slot_mask];
  if (slot->epoch != table->epoch) {
    return HEED_INTERN_NONE;
  }
  __builtin_prefetch(table->rows + (size_t)slot->id * table->row_stride);
  return slot->id;
}
HEED_API uint32_t heed_intern_find_hashed(const heed_intern *table, const void *row, uint64_t hash);

/* The number of `row`, which is added when it is new and there is room; HEED_INTERN_NONE when there is
 * none. Does not allocate. */
HEED_API uint32_t heed_intern_put(heed_intern *table, const void *row);

/* Adds `row` without looking for an equal one, and so that it will not be found: a list of rows.
 * HEED_INTERN_NONE when there is no room. */
HEED_API uint32_t heed_intern_append(heed_intern *table, const void *row);

/* The same as put, growing as needed. Errors: HEED_ERR_NOMEM; the table is unchanged then. */
HEED_API heed_status heed_intern_add(heed_intern *table, const void *row, uint32_t *id,
                                     heed_error *err);

/* Row `id` < count; borrowed until the next add. */
static inline const void *heed_intern_row(const heed_intern *table, uint32_t id) {
  return table->rows + (size_t)id * table->row_stride;
}

#ifdef __cplusplus
}
#endif
#endif
