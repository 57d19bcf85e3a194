/* allocations.h: counts allocations, for what promises to make none, and makes them fail. With
 * heed_add_test(... ALLOCATIONS) the linker sends all calls of the library here; what other libraries allocate
 * for themselves is out of reach. */
#ifndef HEED_TESTS_CORE_ALLOCATIONS_H
#define HEED_TESTS_CORE_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static size_t allocations;
static size_t largest_allocation;       /* bytes, since it was last set to 0 */
static size_t until_failure = SIZE_MAX; /* allocations that succeed before one fails */

static bool fails_now(size_t size) {
  allocations++;
  largest_allocation = size > largest_allocation ? size : largest_allocation;
  return until_failure != SIZE_MAX && until_failure-- == 0;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*,readability-identifier-naming): the linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_malloc(size_t size) {
  return fails_now(size) ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
  return fails_now(count * size) ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *block, size_t size) {
  return fails_now(size) ? NULL : __real_realloc(block, size);
}
void *__wrap_reallocarray(void *block, size_t count, size_t size) {
  return fails_now(count * size) ? NULL : __real_reallocarray(block, count, size);
}
void *__wrap_aligned_alloc(size_t align, size_t size) {
  return fails_now(size) ? NULL : __real_aligned_alloc(align, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*,readability-identifier-naming) */

#endif
