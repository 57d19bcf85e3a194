#include "core/arena.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HEED_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEED_ASAN 1
#endif
#endif

#ifdef HEED_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(pointer, bytes)   ASAN_POISON_MEMORY_REGION(pointer, bytes)
#define UNPOISON(pointer, bytes) ASAN_UNPOISON_MEMORY_REGION(pointer, bytes)
#else
#define POISON(pointer, bytes)   ((void)(pointer), (void)(bytes))
#define UNPOISON(pointer, bytes) ((void)(pointer), (void)(bytes))
#endif

heed_status heed_arena_init(heed_arena *arena, size_t size, heed_error *err) {
  assert(size > 0);
  memset(arena, 0, sizeof *arena);
  void *base =
      mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return heed_fail(err, HEED_ERR_NOMEM, "arena of %zu bytes: no memory", size);
  }
  /* Huge pages save a fifth of the time on large trees; a refusal costs nothing. */
  (void)madvise(base, size, MADV_HUGEPAGE);
  arena->base = base;
  arena->size = size;
  POISON(base, size);
  return HEED_OK;
}

void heed_arena_deinit(heed_arena *arena) {
  if (arena->base != NULL) {
    UNPOISON(arena->base, arena->size);
    (void)munmap(arena->base, arena->size);
  }
  memset(arena, 0, sizeof *arena);
}

void *heed_arena_alloc(heed_arena *arena, size_t count, size_t size, size_t align,
                       heed_error *err) {
  assert(align > 0 && (align & (align - 1)) == 0 && align <= 4096);
  size_t start = (arena->used + align - 1) & ~(align - 1);
  size_t available = start <= arena->size ? arena->size - start : 0;
  if (size != 0 && count > available / size) {
    (void)heed_fail(err, HEED_ERR_NOMEM, "arena full: %zu x %zu bytes needed, %zu available", count,
                    size, available);
    return NULL;
  }
  unsigned char *slice = arena->base + start;
  arena->used = start + count * size;
  if (arena->used > arena->high_water) {
    arena->high_water = arena->used;
  }
  UNPOISON(slice, count * size);
  return slice;
}

size_t heed_arena_mark(const heed_arena *arena) {
  return arena->used;
}

void heed_arena_release(heed_arena *arena, size_t mark) {
  assert(mark <= arena->used);
  POISON(arena->base + mark, arena->used - mark);
  arena->used = mark;
}
