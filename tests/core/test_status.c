/* test_status.c: how failures are told. */
#include <string.h>

#include "core/cmocka_all.h"
#include "core/status.h"

static void every_status_has_a_text_of_its_own(void **state) {
  (void)state;
  for (int i = 0; i < HEED_STATUS_COUNT; i++) {
    assert_true(strlen(heed_status_text((heed_status)i)) > 0);
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(heed_status_text((heed_status)i), heed_status_text((heed_status)j));
    }
  }
  assert_string_equal(heed_status_text(HEED_ERR_ARG), "invalid argument");
}

static void a_status_that_does_not_exist_has_a_text_too(void **state) {
  (void)state;
  assert_string_equal(heed_status_text(HEED_STATUS_COUNT), "unknown status");
  assert_string_equal(heed_status_text((heed_status)-1), "unknown status");
}

static void fail_records_status_and_message(void **state) {
  (void)state;
  heed_error err = {0};
  assert_int_equal(heed_fail(&err, HEED_ERR_IO, "%d of %s", 3, "four"), HEED_ERR_IO);
  assert_int_equal(err.status, HEED_ERR_IO);
  assert_string_equal(err.message, "3 of four");
}

static void the_error_may_be_null(void **state) {
  (void)state;
  assert_int_equal(heed_fail(NULL, HEED_ERR_IO, "unheard"), HEED_ERR_IO);
  assert_int_equal(heed_fail_context(NULL, HEED_ERR_NOMEM, "unheard"), HEED_ERR_NOMEM);
  assert_int_equal(heed_fail_as(NULL, HEED_ERR_FORMAT, "unheard"), HEED_ERR_FORMAT);
  heed_error_clear(NULL);
}

static void context_is_prepended_and_keeps_the_status(void **state) {
  (void)state;
  heed_error err = {0};
  heed_status status = heed_fail(&err, HEED_ERR_FORMAT, "4 bytes left");
  assert_int_equal(heed_fail_context(&err, status, "loading '%s'", "a.heed"), HEED_ERR_FORMAT);
  assert_string_equal(err.message, "loading 'a.heed': 4 bytes left");
}

static void a_failure_can_be_passed_on_as_another(void **state) {
  (void)state;
  heed_error err = {0};
  (void)heed_fail(&err, HEED_ERR_ARG, "cell 3 is 9");
  assert_int_equal(heed_fail_as(&err, HEED_ERR_FORMAT, "row %d", 7), HEED_ERR_FORMAT);
  assert_int_equal(err.status, HEED_ERR_FORMAT);
  assert_string_equal(err.message, "row 7: cell 3 is 9");
}

static void long_messages_are_cut_and_terminated(void **state) {
  (void)state;
  char word[1000];
  memset(word, 'x', sizeof word);
  word[sizeof word - 1] = '\0';
  heed_error err = {0};
  (void)heed_fail(&err, HEED_ERR_ARG, "%s", word);
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  (void)heed_fail_context(&err, HEED_ERR_ARG, "outer");
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  assert_memory_equal(err.message, "outer: xxx", 10);
  (void)heed_fail_context(&err, HEED_ERR_ARG, "%s", word);
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void a_context_that_leaves_no_room_is_kept_whole(void **state) {
  (void)state;
  heed_error err = {0};
  for (int length = (int)sizeof err.message - 6; length < (int)sizeof err.message; length++) {
    (void)heed_fail(&err, HEED_ERR_ARG, "inner");
    (void)heed_fail_context(&err, HEED_ERR_ARG, "%*s", length, "outer");
    assert_in_range(strlen(err.message), length, sizeof err.message - 1);
    assert_memory_equal(err.message + length - 5, "outer", 5);
  }
}

static void control_characters_never_reach_a_terminal(void **state) {
  (void)state;
  heed_error err = {0};
  (void)heed_fail(&err, HEED_ERR_ARG, "kind <%s>", "\x1b[2J\nx\x7f");
  assert_string_equal(err.message, "kind <?[2J?x?>");
  (void)heed_fail_context(&err, HEED_ERR_ARG, "file '%s'", "a\rb");
  assert_string_equal(err.message, "file 'a?b': kind <?[2J?x?>");
}

static void a_cleared_error_is_empty(void **state) {
  (void)state;
  heed_error err = {0};
  (void)heed_fail(&err, HEED_ERR_ARG, "x");
  heed_error_clear(&err);
  assert_int_equal(err.status, HEED_OK);
  assert_string_equal(err.message, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_has_a_text_of_its_own),
      cmocka_unit_test(a_status_that_does_not_exist_has_a_text_too),
      cmocka_unit_test(fail_records_status_and_message),
      cmocka_unit_test(the_error_may_be_null),
      cmocka_unit_test(context_is_prepended_and_keeps_the_status),
      cmocka_unit_test(a_failure_can_be_passed_on_as_another),
      cmocka_unit_test(long_messages_are_cut_and_terminated),
      cmocka_unit_test(a_context_that_leaves_no_room_is_kept_whole),
      cmocka_unit_test(control_characters_never_reach_a_terminal),
      cmocka_unit_test(a_cleared_error_is_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
