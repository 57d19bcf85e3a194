#include "core/intern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/pages.h"

/* Slots are a power of two and at least twice the rows. */
static uint32_t slot_count(uint32_t capacity) {
  uint32_t slots = 4;
  while (slots < 2 * (uint64_t)capacity) {
    slots *= 2;
  }
  return slots;
}

heed_status heed_intern_init(heed_intern *table, size_t row_size, uint32_t capacity,
                             heed_error *err) {
  assert(row_size > 0 && capacity > 0);
  memset(table, 0, sizeof *table);
  size_t stride = (row_size + 7) & ~(size_t)7;
  if (capacity > UINT32_MAX / 4 || capacity > SIZE_MAX / stride) {
    return heed_fail(err, HEED_ERR_NOMEM, "table of %u rows of %zu bytes: too large", capacity,
                     row_size);
  }
  uint32_t slots = slot_count(capacity);
  table->rows = malloc(capacity * stride);
  table->slots = calloc(slots, sizeof *table->slots);
  if (table->rows == NULL || table->slots == NULL) {
    heed_intern_deinit(table);
    return heed_fail(err, HEED_ERR_NOMEM, "table of %u rows of %zu bytes: no memory", capacity,
                     row_size);
  }
  heed__huge_pages(table->rows, capacity * stride);
  heed__huge_pages(table->slots, slots * sizeof *table->slots);
  table->row_size = row_size;
  table->row_stride = stride;
  table->capacity = capacity;
  table->slot_mask = slots - 1;
  table->epoch = 1;
  return HEED_OK;
}

void heed_intern_deinit(heed_intern *table) {
  free(table->rows);
  free(table->slots);
  memset(table, 0, sizeof *table);
}

void heed_intern_clear(heed_intern *table) {
  table->count = 0;
  if (table->epoch == UINT32_MAX) {
    memset(table->slots, 0, ((size_t)table->slot_mask + 1) * sizeof *table->slots);
    table->epoch = 0;
  }
  table->epoch++;
}

/* The slot that holds `row`, or the free one where it belongs. */
static uint32_t probe(const heed_intern *table, const void *row, uint64_t hash) {
  assert(table->slots != NULL);
  uint32_t tag = (uint32_t)(hash >> 32);
  uint32_t i = (uint32_t)hash & table->slot_mask;
  while (table->slots[i].epoch == table->epoch) {
    if (table->slots[i].hash == tag &&
        memcmp(heed_intern_row(table, table->slots[i].id), row, table->row_size) == 0) {
      break;
    }
    i = (i + 1) & table->slot_mask;
  }
  return i;
}

uint64_t heed_intern_hash(const heed_intern *table, const void *row) {
  return XXH3_64bits(row, table->row_size);
}

uint32_t heed_intern_find_hashed(const heed_intern *table, const void *row, uint64_t hash) {
  uint32_t i = probe(table, row, hash);
  return table->slots[i].epoch == table->epoch ? table->slots[i].id : HEED_INTERN_NONE;
}

uint32_t heed_intern_find(const heed_intern *table, const void *row) {
  return heed_intern_find_hashed(table, row, heed_intern_hash(table, row));
}

uint32_t heed_intern_append(heed_intern *table, const void *row) {
  if (table->count == table->capacity) {
    return HEED_INTERN_NONE;
  }
  unsigned char *copy = table->rows + (size_t)table->count * table->row_stride;
  memcpy(copy, row, table->row_size);
  memset(copy + table->row_size, 0, table->row_stride - table->row_size);
  return table->count++;
}

uint32_t heed_intern_put(heed_intern *table, const void *row) {
  assert(table->slots != NULL);
  uint64_t hash = XXH3_64bits(row, table->row_size);
  heed_intern_slot *slot = &table->slots[probe(table, row, hash)];
  if (slot->epoch == table->epoch) {
    return slot->id;
  }
  uint32_t id = heed_intern_append(table, row);
  if (id != HEED_INTERN_NONE) {
    *slot = (heed_intern_slot){.id = id, .hash = (uint32_t)(hash >> 32), .epoch = table->epoch};
  }
  return id;
}

heed_status heed_intern_add(heed_intern *table, const void *row, uint32_t *id, heed_error *err) {
  uint32_t found = heed_intern_put(table, row);
  if (found == HEED_INTERN_NONE) {
    /* Full: move everything into a table of twice the size, where every row keeps its number. */
    heed_intern larger;
    heed_status status = heed_intern_init(&larger, table->row_size, 2 * table->capacity, err);
    if (status != HEED_OK) {
      return status;
    }
    for (uint32_t i = 0; i < table->count; i++) {
      (void)heed_intern_put(&larger, heed_intern_row(table, i));
    }
    found = heed_intern_put(&larger, row); /* before the old rows go: it may be one of them */
    heed_intern_deinit(table);
    *table = larger;
  }
  *id = found;
  return HEED_OK;
}
