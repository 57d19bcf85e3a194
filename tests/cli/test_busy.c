/* A store that another process holds: said in words, without harm to what is in it. */
#include <sqlite3.h>

#include "cli/command.h"

#define LEARN                                                                    \
  "learn reward boat-race -e e.heed --questions=uniform --store=s.db -o r.heed " \
  "--ask=segment_steps=8,candidates=3,draws=8 "

static int make_store(void **state) {
  if (enter_folder(state) != 0) {
    return -1;
  }
  run_heed_ok("explore boat-race --steps=100 --policy=random -o e.heed");
  run_heed_ok(LEARN "-n 2");
  return 0;
}

static void a_store_in_use_is_reported_and_unharmed(void **state) {
  (void)state;
  static command_result result;
  sqlite3 *db;
  assert_int_equal(sqlite3_open("s.db", &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
  run_heed(LEARN "-n 4 2>&1", &result);
  assert_int_equal(result.status, 1);
  assert_non_null(strstr(result.text, "s.db"));
  assert_non_null(strstr(result.text, "try again"));
  assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);

  run_heed(LEARN "-n 4", &result);
  assert_int_equal(result.status, 0);
  assert_non_null(strstr(result.text, "4 answers, 2 at the start"));
}

static void a_damaged_answer_is_reported_by_show(void **state) {
  (void)state;
  static command_result result;
  sqlite3 *db;
  assert_int_equal(sqlite3_open("s.db", &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db, "DROP TRIGGER answers_hold; UPDATE answers SET chosen = 1 - chosen", NULL,
                   NULL, NULL),
      SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  run_heed("show s.db 2>&1", &result);
  assert_int_equal(result.status, 1);
  assert_non_null(strstr(result.text, "s.db"));
}

static void another_database_is_no_store(void **state) {
  (void)state;
  static command_result result;
  sqlite3 *db;
  assert_int_equal(sqlite3_open("other.db", &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  run_heed("show other.db 2>&1", &result);
  assert_int_equal(result.status, 1);
  assert_non_null(strstr(result.text, "no store of feedback"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_store_in_use_is_reported_and_unharmed),
      cmocka_unit_test(a_damaged_answer_is_reported_by_show),
      cmocka_unit_test(another_database_is_no_store),
  };
  return cmocka_run_group_tests(tests, make_store, leave_folder);
}
