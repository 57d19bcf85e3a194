/* test_pages.c: blocks that grow onto huge pages keep what they hold. */
#include "core/pages.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/cmocka_all.h"

static void growing_keeps_what_is_there(void **state) {
  (void)state;
  static const size_t sizes[] = {8, 1000, (1 << 21) - 8, 1 << 21, (1 << 22) + 24, 1 << 24};
  uint32_t *block = NULL;
  size_t old_size = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    uint32_t *larger = heed__grow_block(block, old_size, sizes[i]);
    assert_non_null(larger);
    block = larger;
    for (uint32_t k = 0; k < old_size / 4; k++) {
      assert_int_equal(block[k], k);
    }
    for (uint32_t k = 0; k < sizes[i] / 4; k++) {
      block[k] = k;
    }
    old_size = sizes[i];
  }
  free(block);
}

static void advice_about_a_small_block_touches_nothing(void **state) {
  (void)state;
  unsigned char block[64] = {7};
  heed__huge_pages(block, sizeof block);
  assert_int_equal(block[0], 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(growing_keeps_what_is_there),
      cmocka_unit_test(advice_about_a_small_block_touches_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
