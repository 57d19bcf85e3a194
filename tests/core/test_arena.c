/* test_arena.c: one block, handed out in slices. */
#include <string.h>

#include "core/arena.h"
#include "core/cmocka_all.h"

static int make_arena(void **state) {
  static heed_arena arena;
  *state = &arena;
  return heed_arena_init(&arena, 4096, NULL) == HEED_OK ? 0 : -1;
}

static int drop_arena(void **state) {
  heed_arena_deinit(*state);
  return 0;
}

static void slices_do_not_overlap(void **state) {
  heed_arena *arena = *state;
  unsigned char *a = heed_arena_alloc(arena, 10, 3, 1, NULL);
  unsigned char *b = heed_arena_alloc(arena, 7, 1, 1, NULL);
  memset(a, 'a', 30);
  memset(b, 'b', 7);
  assert_ptr_equal(b, a + 30);
  assert_int_equal(a[29], 'a');
}

static void slices_are_aligned(void **state) {
  heed_arena *arena = *state;
  for (size_t align = 1; align <= 1024; align *= 2) {
    assert_non_null(heed_arena_alloc(arena, 1, 1, 1, NULL)); /* makes the place odd */
    uintptr_t place = (uintptr_t)heed_arena_alloc(arena, 1, 1, align, NULL);
    assert_int_not_equal(place, 0);
    assert_int_equal(place % align, 0);
    heed_arena_release(arena, 0);
  }
}

static void the_last_byte_can_be_used_and_no_more(void **state) {
  heed_arena *arena = *state;
  unsigned char *all = heed_arena_alloc(arena, 4096, 1, 1, NULL);
  assert_non_null(all);
  all[4095] = 1;
  heed_error err = {0};
  assert_null(heed_arena_alloc(arena, 1, 1, 1, &err));
  assert_int_equal(err.status, HEED_ERR_NOMEM);
}

static void a_full_arena_says_what_was_needed_and_is_unchanged(void **state) {
  heed_arena *arena = *state;
  assert_non_null(heed_arena_alloc(arena, 4000, 1, 1, NULL));
  heed_error err = {0};
  assert_null(heed_arena_alloc(arena, 13, 8, 1, &err));
  assert_fails(err.status, HEED_ERR_NOMEM, &err, "13 x 8 bytes needed, 96 available");
  assert_int_equal(arena->used, 4000);
  assert_non_null(heed_arena_alloc(arena, 12, 8, 1, &err));
}

static void alignment_beyond_the_end_is_exhaustion(void **state) {
  heed_arena *arena = *state;
  assert_non_null(heed_arena_alloc(arena, 4095, 1, 1, NULL));
  assert_null(heed_arena_alloc(arena, 1, 1, 4096, NULL));
}

static void a_product_that_overflows_is_refused(void **state) {
  heed_arena *arena = *state;
  heed_error err = {0};
  assert_null(heed_arena_alloc(arena, SIZE_MAX / 2 + 2, 2, 1, &err)); /* 2 modulo 2^64 */
  assert_int_equal(err.status, HEED_ERR_NOMEM);
  assert_null(heed_arena_alloc(arena, SIZE_MAX, SIZE_MAX, 1, &err)); /* 1 modulo 2^64 */
  assert_int_equal(arena->used, 0);
}

static void release_goes_back_to_the_mark(void **state) {
  heed_arena *arena = *state;
  assert_non_null(heed_arena_alloc(arena, 100, 1, 1, NULL));
  size_t mark = heed_arena_mark(arena);
  unsigned char *first = heed_arena_alloc(arena, 200, 1, 1, NULL);
  heed_arena_release(arena, mark);
  assert_int_equal(arena->used, 100);
  assert_ptr_equal(heed_arena_alloc(arena, 50, 1, 1, NULL), first);
}

static void the_high_water_mark_stays(void **state) {
  heed_arena *arena = *state;
  assert_non_null(heed_arena_alloc(arena, 300, 1, 1, NULL));
  heed_arena_release(arena, 0);
  assert_non_null(heed_arena_alloc(arena, 20, 1, 1, NULL));
  assert_int_equal(arena->high_water, 300);
}

static void a_zeroed_arena_can_be_given_back(void **state) {
  (void)state;
  heed_arena arena = {0};
  heed_arena_deinit(&arena);
}

static void an_impossible_size_is_out_of_memory(void **state) {
  (void)state;
  heed_arena arena;
  heed_error err = {0};
  assert_fails(heed_arena_init(&arena, SIZE_MAX / 2, &err), HEED_ERR_NOMEM, &err, "no memory");
  heed_arena_deinit(&arena);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, drop_arena)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_ARENA(slices_do_not_overlap),
      WITH_ARENA(slices_are_aligned),
      WITH_ARENA(the_last_byte_can_be_used_and_no_more),
      WITH_ARENA(a_full_arena_says_what_was_needed_and_is_unchanged),
      WITH_ARENA(alignment_beyond_the_end_is_exhaustion),
      WITH_ARENA(a_product_that_overflows_is_refused),
      WITH_ARENA(release_goes_back_to_the_mark),
      WITH_ARENA(the_high_water_mark_stays),
      cmocka_unit_test(a_zeroed_arena_can_be_given_back),
      cmocka_unit_test(an_impossible_size_is_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
