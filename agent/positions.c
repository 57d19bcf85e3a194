#include "agent/positions.h"

#include <stdlib.h>
#include <string.h>

/* Gives a block `count` items of `size` bytes, the old ones kept; false: no memory, and all is as before. */
static bool resize(void *block, size_t count, size_t size) {
  void *old;
  memcpy(&old, block, sizeof old);
  void *grown = realloc(old, count * (size > 0 ? size : 1));
  if (grown != NULL) {
    memcpy(block, &grown, sizeof grown);
  }
  return grown != NULL;
}

bool heed__positions_grow(heed__positions *p) {
  if (p->count == p->capacity) {
    size_t capacity = p->capacity > 0 ? 2 * p->capacity : 1024;
    if (!resize(&p->obs, capacity, p->obs_size) ||
        !resize(&p->policies, capacity, p->action_count * sizeof *p->policies) ||
        !resize(&p->values, capacity, sizeof *p->values)) {
      return false;
    }
    p->capacity = capacity;
  }
  p->count++;
  return true;
}

void heed__positions_drop(heed__positions *p, size_t count) {
  if (count == 0) {
    return;
  }
  p->count -= count;
  memmove(p->obs, p->obs + count * p->obs_size, p->count * p->obs_size);
  memmove(p->policies, p->policies + count * p->action_count,
          p->count * p->action_count * sizeof *p->policies);
  memmove(p->values, p->values + count, p->count * sizeof *p->values);
}

void heed__positions_deinit(heed__positions *p) {
  free(p->obs);
  free(p->policies);
  free(p->values);
  *p = (heed__positions){0};
}

heed_value_examples heed__positions_examples(const heed__positions *p) {
  return (heed_value_examples){p->count, p->obs, p->policies, p->values};
}
