#include "core/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of x86-64; where pages have other sizes the advice is merely coarse. */
enum { HUGE_PAGE = 1 << 21 };

void heed__huge_pages(void *block, size_t size) {
  uintptr_t start = ((uintptr_t)block + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
  uintptr_t end = ((uintptr_t)block + size) & ~(uintptr_t)(HUGE_PAGE - 1);
  if (start < end) {
    size_t before = start - (uintptr_t)block;
    (void)madvise((unsigned char *)block + before, end - start, MADV_HUGEPAGE);
  }
}

void *heed__grow_block(void *block, size_t old_size, size_t size) {
  if (size < HUGE_PAGE) {
    return realloc(block, size);
  }
  void *larger = malloc(size);
  if (larger != NULL) {
    heed__huge_pages(larger, size);
    if (old_size > 0) {
      memcpy(larger, block, old_size);
    }
    free(block);
  }
  return larger;
}
