/* test_store.c: answers come back as they were given, whoever writes at the same time. */
#include <sys/stat.h>
#include <sys/wait.h>

#include "reward/store_fixture.h"
#include "reward/store_writers.h"

/* ---- everyday use --------------------------------------------------------------------------- */

static void answers_come_back_to_the_bit_in_order(void **state) {
  (void)state;
  make_store(12);
  heed_store *store = open_store();
  must_append(store, 12, "task");
  assert_int_equal(count(store, "task"), 13);
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, 13);
  for (size_t i = 0; i < 13; i++) {
    assert_is_number(&choices.items[i], i);
  }
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

static void topics_are_kept_apart(void **state) {
  (void)state;
  heed_store *store = open_store();
  must_append(store, 1, "task");
  must_append(store, 2, "safety");
  must_append(store, 3, "task");
  assert_int_equal(count(store, "task"), 2);
  assert_int_equal(count(store, "safety"), 1);
  assert_int_equal(count(store, "nothing"), 0);
  heed_choices choices = read_all(store, "safety");
  assert_int_equal(choices.count, 1);
  assert_is_number(&choices.items[0], 2);
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

static void reading_appends_to_what_is_there(void **state) {
  (void)state;
  make_store(2);
  heed_store *store = open_store();
  heed_choices choices = read_all(store, "task");
  assert_int_equal(heed_store_read(store, "task", &choices, NULL), HEED_OK);
  assert_int_equal(choices.count, 4);
  assert_is_number(&choices.items[3], 1);
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

static void withdrawing_takes_back_the_latest_of_that_person(void **state) {
  (void)state;
  heed_store *store = open_store();
  bool withdrawn = true;
  assert_int_equal(heed_store_withdraw(store, "ann", "task", &withdrawn, NULL), HEED_OK);
  assert_false(withdrawn);
  assert_int_equal(append(store, 1, "ann", "task", NULL), HEED_OK);
  assert_int_equal(append(store, 2, "ann", "task", NULL), HEED_OK);
  assert_int_equal(append(store, 3, "bob", "task", NULL), HEED_OK);
  assert_int_equal(append(store, 4, "ann", "safety", NULL), HEED_OK);

  assert_int_equal(heed_store_withdraw(store, "ann", "task", &withdrawn, NULL), HEED_OK);
  assert_true(withdrawn);
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, 2);
  assert_is_number(&choices.items[0], 1);
  assert_is_number(&choices.items[1], 3);
  heed_choices_deinit(&choices);

  assert_int_equal(heed_store_withdraw(store, "ann", "task", &withdrawn, NULL), HEED_OK);
  assert_true(withdrawn);
  assert_int_equal(heed_store_withdraw(store, "ann", "task", &withdrawn, NULL), HEED_OK);
  assert_false(withdrawn);
  assert_int_equal(count(store, "task"), 1);
  assert_int_equal(count(store, "safety"), 1);
  heed_store_close(store);
}

static void wrong_choices_are_not_stored(void **state) {
  (void)state;
  heed_store *store = open_store();
  heed_choice choice = numbered_choice(3);
  heed_store_context context = {.who = "ann", .topic = "task", .model = ""};
  choice.beta = -1;
  assert_int_equal(heed_store_append(store, &choice, &context, NULL), HEED_ERR_ARG);
  choice.beta = 1;
  context.seconds = -1;
  assert_int_equal(heed_store_append(store, &choice, &context, NULL), HEED_ERR_ARG);
  assert_int_equal(count(store, "task"), 0);
  heed_choice_deinit(&choice);
  heed_store_close(store);
}

static void answers_cannot_be_rewritten_with_other_programs(void **state) {
  (void)state;
  make_store(2);
  assert_int_equal(run_sql("UPDATE answers SET chosen = 0"), SQLITE_CONSTRAINT);
  assert_int_equal(run_sql("DELETE FROM answers"), SQLITE_CONSTRAINT);
  assert_int_equal(run_sql("UPDATE queries SET strategy = ''"), SQLITE_CONSTRAINT);
  assert_int_equal(run_sql("DELETE FROM queries"), SQLITE_CONSTRAINT);
  assert_int_equal(run_sql("INSERT INTO withdrawals VALUES (1, 0, 0)"), SQLITE_OK);
  assert_int_equal(run_sql("UPDATE withdrawals SET answer_id = 2"), SQLITE_CONSTRAINT);
  assert_int_equal(run_sql("DELETE FROM withdrawals"), SQLITE_CONSTRAINT);
}

/* ---- files that are something else ---------------------------------------------------------- */

static void assert_refused(heed_status expected, const char *words) {
  heed_store *store = NULL;
  heed_error err = {0};
  assert_int_equal(try_open(0, &store, &err), expected);
  assert_null(store);
  if (strstr(err.message, words) == NULL || strstr(err.message, path) == NULL) {
    fail_msg("'%s' does not name the path and '%s'", err.message, words);
  }
}

static void store_of_other_spaces_is_refused(void **state) {
  (void)state;
  make_store(1);
  heed_space obs_space = heed_space_board(3, 4, 5);
  heed_space action_space = fixture_action_space();
  heed_store *store = NULL;
  heed_error err = {0};
  assert_int_equal(heed_store_open(path, &obs_space, &action_space, 0, &store, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "cells 3x4, 4 values, not cells 3x4, 5 values"));
  assert_null(store);
}

static void other_databases_are_refused_and_left_alone(void **state) {
  (void)state;
  assert_int_equal(run_sql("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)"), SQLITE_OK);
  struct stat before;
  struct stat after;
  assert_int_equal(stat(path, &before), 0);
  assert_refused(HEED_ERR_FORMAT, "no store of feedback");
  assert_int_equal(stat(path, &after), 0);
  assert_int_equal(before.st_size, after.st_size);
  assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void text_files_are_refused(void **state) {
  (void)state;
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  for (int i = 0; i < 100; i++) {
    (void)fprintf(file, "this is no database, it is line %d of a diary\n", i);
  }
  (void)fclose(file);
  assert_refused(HEED_ERR_FORMAT, "not a database");
}

static void newer_schemas_are_refused(void **state) {
  (void)state;
  make_store(1);
  assert_int_equal(run_sql("PRAGMA user_version = 3"), SQLITE_OK);
  assert_refused(HEED_ERR_VERSION, "schema version 3");
}

static void missing_tables_are_an_error(void **state) {
  (void)state;
  make_store(1);
  assert_int_equal(run_sql("DROP TABLE meta"), SQLITE_OK);
  assert_refused(HEED_ERR_FORMAT, "meta");
}

static void paths_that_cannot_be_are_io_errors(void **state) {
  (void)state;
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_store *store = NULL;
  heed_error err = {0};
  assert_int_equal(
      heed_store_open("/no/such/folder/x.db", &obs_space, &action_space, 0, &store, &err),
      HEED_ERR_IO);
  assert_non_null(strstr(err.message, "/no/such/folder/x.db"));
  assert_int_equal(heed_store_open(folder, &obs_space, &action_space, 0, &store, &err),
                   HEED_ERR_IO);
  assert_int_equal(heed_store_open("", &obs_space, &action_space, 0, &store, &err), HEED_ERR_ARG);
  assert_int_equal(heed_store_open(":memory:", &obs_space, &action_space, 0, &store, &err),
                   HEED_ERR_IO);
}

/* A file that may be read but not written. Permissions do not bind root: the attempt is made as
 * nobody. */
static void read_only_stores_are_io_errors(void **state) {
  (void)state;
  make_store(1);
  assert_int_equal(chmod(path, 0444), 0);
  assert_int_equal(chmod(folder, 0777), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    heed_store *store = NULL;
    heed_error err = {0};
    bool is_bound = geteuid() != 0 || setuid(65534) == 0;
    heed_status status = is_bound ? try_open(0, &store, &err) : HEED_OK;
    _exit(status == HEED_ERR_IO && strstr(err.message, "read-only") != NULL ? 0 : 1);
  }
  int exited;
  assert_int_equal(waitpid(child, &exited, 0), child);
  assert_true(WIFEXITED(exited) && WEXITSTATUS(exited) == 0);
}

/* ---- several processes ---------------------------------------------------------------------- */

static void two_processes_write_without_losing_an_answer(void **state) {
  (void)state;
  enum { EACH = 60 };
  int pipes[2];
  pid_t children[2];
  for (size_t k = 0; k < 2; k++) { /* the store itself is made by whoever comes first */
    children[k] = start_writer("task", 1000 * k, EACH, &pipes[k]);
  }
  for (size_t k = 0; k < 2; k++) {
    assert_int_equal(count_confirmations(pipes[k]), EACH);
    int exited;
    assert_int_equal(waitpid(children[k], &exited, 0), children[k]);
    assert_true(WIFEXITED(exited) && WEXITSTATUS(exited) == 0);
  }
  heed_store *store = open_store();
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, 2 * EACH);
  size_t next[2] = {0, 1000}; /* in any order between the two, in order within each */
  for (size_t i = 0; i < choices.count; i++) {
    size_t number = (size_t)choices.items[i].beta - 1;
    assert_int_equal(number, next[number / 1000]);
    assert_is_number(&choices.items[i], number);
    next[number / 1000]++;
  }
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

/* Many want to make the same store at once: one does, all find it made. */
static void store_can_be_made_by_many_at_once(void **state) {
  (void)state;
  enum { ROUNDS = 30, WRITERS = 6 };
  for (size_t round = 0; round < ROUNDS; round++) {
    remove_store();
    int pipes[WRITERS];
    pid_t children[WRITERS];
    for (size_t k = 0; k < WRITERS; k++) {
      children[k] = start_writer("task", k, 1, &pipes[k]);
    }
    for (size_t k = 0; k < WRITERS; k++) {
      assert_int_equal(count_confirmations(pipes[k]), 1);
      int exited;
      assert_int_equal(waitpid(children[k], &exited, 0), children[k]);
      assert_true(WIFEXITED(exited) && WEXITSTATUS(exited) == 0);
    }
    heed_store *store = open_store();
    assert_int_equal(count(store, "task"), WRITERS);
    heed_store_close(store);
  }
}

static void store_held_by_another_process_is_busy(void **state) {
  (void)state;
  make_store(1);
  heed_store *store = NULL;
  heed_error err = {0};
  assert_int_equal(try_open(50, &store, NULL), HEED_OK);
  sqlite3 *other = NULL;
  assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(append(store, 1, "ann", "task", &err), HEED_ERR_BUSY);
  assert_non_null(strstr(err.message, path));
  assert_non_null(strstr(err.message, "locked"));
  assert_int_equal(count(store, "task"), 1); /* reading goes on */
  assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(append(store, 1, "ann", "task", &err), HEED_OK);
  heed_store_close(store);

  assert_int_equal(
      sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL),
      SQLITE_OK);
  assert_refused(HEED_ERR_BUSY, "locked");
  sqlite3_close(other);
}

/* Whatever goes wrong in between, the transaction is over afterwards. */
static void failed_answer_leaves_the_store_usable(void **state) {
  (void)state;
  heed_store *store = open_store();
  must_append(store, 0, "task");
  assert_int_equal(run_sql("ALTER TABLE answers RENAME TO lost"), SQLITE_OK);
  heed_error err = {0};
  assert_int_equal(append(store, 1, "ann", "task", &err), HEED_ERR_FORMAT);
  assert_non_null(strstr(err.message, "answers"));
  assert_int_equal(run_sql("ALTER TABLE lost RENAME TO answers"), SQLITE_OK);
  must_append(store, 1, "task");
  assert_int_equal(count(store, "task"), 2);
  heed_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(answers_come_back_to_the_bit_in_order),
      STORE_TEST(topics_are_kept_apart),
      STORE_TEST(reading_appends_to_what_is_there),
      STORE_TEST(withdrawing_takes_back_the_latest_of_that_person),
      STORE_TEST(wrong_choices_are_not_stored),
      STORE_TEST(answers_cannot_be_rewritten_with_other_programs),
      STORE_TEST(store_of_other_spaces_is_refused),
      STORE_TEST(other_databases_are_refused_and_left_alone),
      STORE_TEST(text_files_are_refused),
      STORE_TEST(newer_schemas_are_refused),
      STORE_TEST(missing_tables_are_an_error),
      STORE_TEST(paths_that_cannot_be_are_io_errors),
      STORE_TEST(read_only_stores_are_io_errors),
      STORE_TEST(two_processes_write_without_losing_an_answer),
      STORE_TEST(store_can_be_made_by_many_at_once),
      STORE_TEST(store_held_by_another_process_is_busy),
      STORE_TEST(failed_answer_leaves_the_store_usable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
