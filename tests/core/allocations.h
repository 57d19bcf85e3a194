/* allocations.h: counts allocations, for what promises to make none. The test links with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc, which sends all calls of the library
 * here. */
#ifndef HEED_TESTS_CORE_ALLOCATIONS_H
#define HEED_TESTS_CORE_ALLOCATIONS_H

#include <stddef.h>

static size_t allocations;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*,readability-identifier-naming): the linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_malloc(size_t size) {
  allocations++;
  return __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
  allocations++;
  return __real_calloc(count, size);
}
void *__wrap_realloc(void *block, size_t size) {
  allocations++;
  return __real_realloc(block, size);
}
void *__wrap_aligned_alloc(size_t align, size_t size) {
  allocations++;
  return __real_aligned_alloc(align, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*,readability-identifier-naming) */

#endif
