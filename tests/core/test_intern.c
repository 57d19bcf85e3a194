/* test_intern.c: equal rows get equal numbers; checked against a plain list searched from the front. */
#include "core/intern.h"

#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/rng.h"

enum { ROWS_MAX = 600 };

static void open_table(heed_intern *table, size_t row_size, uint32_t capacity) {
  heed_error err = {0};
  assert_ok(heed_intern_init(table, row_size, capacity, &err), &err);
}

static void equal_rows_share_a_number_in_the_order_of_their_coming(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 3, 4);
  assert_int_equal(heed_intern_find(&t, "abc"), HEED_INTERN_NONE);
  assert_int_equal(heed_intern_put(&t, "abc"), 0);
  assert_int_equal(heed_intern_put(&t, "abd"), 1);
  assert_int_equal(heed_intern_put(&t, "abc"), 0);
  assert_int_equal(heed_intern_find(&t, "abd"), 1);
  assert_int_equal(heed_intern_find(&t, "abe"), HEED_INTERN_NONE);
  assert_int_equal(t.count, 2);
  assert_memory_equal(heed_intern_row(&t, 1), "abd", 3);
  heed_intern_deinit(&t);
  heed_intern_deinit(&t); /* a zeroed table may be released */
}

/* Rows of every size up to 20 bytes, of few values, so that equal ones come up often. */
static void numbers_are_those_of_a_plain_list(void **state) {
  (void)state;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  for (size_t size = 1; size <= 20; size++) {
    static unsigned char list[ROWS_MAX][20];
    uint32_t count = 0;
    heed_intern t;
    open_table(&t, size, 1);
    for (int i = 0; i < ROWS_MAX; i++) {
      unsigned char row[20];
      for (size_t b = 0; b < size; b++) {
        row[b] = (unsigned char)heed_rng_choice(&rng, size < 3 ? 200 : 2);
      }
      uint32_t expected = 0;
      while (expected < count && memcmp(list[expected], row, size) != 0) {
        expected++;
      }
      bool is_new = expected == count;
      assert_int_equal(heed_intern_find(&t, row), is_new ? HEED_INTERN_NONE : expected);
      memcpy(list[expected], row, size);
      count += is_new;
      uint32_t id = HEED_INTERN_NONE;
      heed_error err = {0};
      assert_ok(heed_intern_add(&t, row, &id, &err), &err);
      assert_int_equal(id, expected);
      assert_int_equal(t.count, count);
      assert_true(t.count <= t.capacity && 2 * t.capacity <= t.slot_mask + 1);
    }
    for (uint32_t i = 0; i < count; i++) {
      assert_memory_equal(heed_intern_row(&t, i), list[i], size);
      assert_int_equal(heed_intern_find(&t, list[i]), i);
      uint64_t hash = heed_intern_hash(&t, list[i]);
      heed_intern_prefetch(&t, hash);
      assert_true(heed_intern_prefetch_row(&t, hash) <
                  count); /* its place is taken, by it or another */
      assert_int_equal(heed_intern_find_hashed(&t, list[i], hash), i);
    }
    heed_intern_deinit(&t);
  }
}

static void rows_are_aligned_and_padded_with_zeros(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 5, 3);
  for (uint32_t i = 0; i < 3; i++) {
    unsigned char row[8] = {(unsigned char)i, 1, 2, 3, 4, 0xFF, 0xFF, 0xFF};
    static const unsigned char zeros[3];
    assert_int_equal(heed_intern_put(&t, row), i);
    const unsigned char *kept = heed_intern_row(&t, i);
    assert_int_equal((uintptr_t)kept % 8, 0);
    assert_memory_equal(kept + 5, zeros, 3);
  }
  heed_intern_deinit(&t);
}

static void a_full_table_takes_nothing_but_what_it_has(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 4, 2);
  assert_int_equal(heed_intern_put(&t, "one_"), 0);
  assert_int_equal(heed_intern_put(&t, "two_"), 1);
  assert_int_equal(heed_intern_put(&t, "thre"), HEED_INTERN_NONE);
  assert_int_equal(heed_intern_append(&t, "thre"), HEED_INTERN_NONE);
  assert_int_equal(heed_intern_put(&t, "two_"), 1);
  assert_int_equal(t.count, 2);
  uint32_t id;
  assert_ok(heed_intern_add(&t, "two_", &id, NULL), NULL);
  assert_int_equal(id, 1);
  assert_int_equal(t.capacity, 2); /* what is there needs no room */
  heed_intern_deinit(&t);
}

static void appended_rows_are_not_found(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 4, 4);
  assert_int_equal(heed_intern_append(&t, "same"), 0);
  assert_int_equal(heed_intern_append(&t, "same"), 1);
  assert_int_equal(heed_intern_find(&t, "same"), HEED_INTERN_NONE);
  assert_memory_equal(heed_intern_row(&t, 1), "same", 4);
  assert_int_equal(heed_intern_put(&t, "same"), 2);
  heed_intern_deinit(&t);
}

static void a_row_of_the_table_itself_can_be_added_while_it_grows(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 8, 1);
  uint32_t id;
  assert_int_equal(heed_intern_append(&t, "listed__"), 0); /* not found: it will be added anew */
  assert_ok(heed_intern_add(&t, heed_intern_row(&t, 0), &id, NULL), NULL);
  assert_memory_equal(heed_intern_row(&t, id), "listed__", 8);
  heed_intern_deinit(&t);
}

static void cleared_tables_are_empty_even_when_epochs_run_out(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 4, 8);
  for (int i = 0; i < 6; i++) {
    t.epoch = i == 3 ? UINT32_MAX : t.epoch;
    assert_int_equal(heed_intern_find(&t, "a___"), HEED_INTERN_NONE);
    assert_int_equal(heed_intern_put(&t, i % 2 == 0 ? "b___" : "a___"), 0);
    assert_int_equal(heed_intern_put(&t, i % 2 == 0 ? "a___" : "b___"), 1);
    heed_intern_clear(&t);
    assert_int_equal(t.count, 0);
    assert_int_equal(t.capacity, 8);
    assert_int_equal(heed_intern_find(&t, "a___"), HEED_INTERN_NONE);
    assert_int_equal(heed_intern_find(&t, "b___"), HEED_INTERN_NONE);
  }
  heed_intern_deinit(&t);
}

/* What was put in the first epoch must not rise again when the count starts over. */
static void rows_of_long_ago_stay_forgotten(void **state) {
  (void)state;
  heed_intern t;
  open_table(&t, 4, 8);
  assert_int_equal(heed_intern_put(&t, "a___"), 0);
  t.epoch = UINT32_MAX;
  for (int i = 0; i < 4; i++) {
    heed_intern_clear(&t);
    assert_int_equal(heed_intern_find(&t, "a___"), HEED_INTERN_NONE);
  }
  heed_intern_deinit(&t);
}

static void more_than_there_can_be_is_refused(void **state) {
  (void)state;
  heed_intern t;
  heed_error err = {0};
  assert_fails(heed_intern_init(&t, 8, UINT32_MAX, &err), HEED_ERR_NOMEM, &err, "too large");
  assert_null(t.rows);
  assert_fails(heed_intern_init(&t, SIZE_MAX / 4, 64, &err), HEED_ERR_NOMEM, &err, "too large");
  assert_null(t.slots);
  heed_intern_deinit(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_rows_share_a_number_in_the_order_of_their_coming),
      cmocka_unit_test(numbers_are_those_of_a_plain_list),
      cmocka_unit_test(rows_are_aligned_and_padded_with_zeros),
      cmocka_unit_test(a_full_table_takes_nothing_but_what_it_has),
      cmocka_unit_test(appended_rows_are_not_found),
      cmocka_unit_test(a_row_of_the_table_itself_can_be_added_while_it_grows),
      cmocka_unit_test(cleared_tables_are_empty_even_when_epochs_run_out),
      cmocka_unit_test(rows_of_long_ago_stay_forgotten),
      cmocka_unit_test(more_than_there_can_be_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
