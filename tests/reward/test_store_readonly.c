/* test_store_readonly.c: a store can be read where nothing may be written, and reading changes nothing. */
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "reward/store_fixture.h"

enum { NOBODY = 65534 };

/* Runs a check as somebody for whom permissions count; it returns whether all is well. */
static void run_unprivileged(bool (*check)(void)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (getuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
      _exit(2);
    }
    _exit(check() ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void permit(mode_t of_folder, mode_t of_file) {
  assert_int_equal(chmod(path, of_file), 0);
  assert_int_equal(chmod(folder, of_folder), 0);
}

static bool complain(const heed_error *err) {
  print_error("%s\n", err->message);
  return false;
}

/* Seven answers are read, and none can be added. */
static bool seven_can_be_read(void) {
  heed_store *store = NULL;
  heed_choices choices = {0};
  heed_error err = {0};
  if (heed_store_open_readonly(path, 1000, &store, NULL, NULL, &err) != HEED_OK ||
      heed_store_read(store, "task", &choices, &err) != HEED_OK) {
    return complain(&err);
  }
  bool is_whole = choices.count == 7;
  bool is_refused = append(store, 7, "somebody", "task", &err) == HEED_ERR_IO;
  heed_choices_deinit(&choices);
  heed_store_close(store);
  return is_whole && is_refused;
}

static bool opening_to_write_is_an_io_error(void) {
  heed_store *store = NULL;
  heed_error err = {0};
  return heed_store_open_existing(path, 1000, &store, NULL, NULL, &err) == HEED_ERR_IO &&
         strstr(err.message, path) != NULL;
}

static bool exists(const char *suffix) {
  char name[112];
  (void)snprintf(name, sizeof name, "%s%s", path, suffix);
  return access(name, F_OK) == 0;
}

static void nothing_but_the_file_is_needed(void **state) {
  (void)state;
  static const mode_t modes[][2] = {{0555, 0444}, {0777, 0444}, {0555, 0666}, {0777, 0666}};
  make_store(7);
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    permit(modes[i][0], modes[i][1]);
    run_unprivileged(seven_can_be_read);
    assert_false(exists("-wal")); /* nothing is left in the way of those who may write */
    assert_false(exists("-shm"));
    if (i < 3) {
      run_unprivileged(opening_to_write_is_an_io_error);
    }
  }
}

/* A name is put into a URI where the file is taken alone. */
static void any_name_will_do(void **state) {
  (void)state;
  char plain[96];
  (void)snprintf(plain, sizeof plain, "%s", path);
  (void)snprintf(path, sizeof path, "%s/a b%%41?mode=x#\xc3\xa9.db", folder);
  make_store(7);
  permit(0555, 0444);
  run_unprivileged(seven_can_be_read);
  permit(0755, 0644);
  remove_store();
  (void)snprintf(path, sizeof path, "%s", plain);
}

static bool answers_in_a_log_are_not_passed_over(void) {
  heed_store *store = NULL;
  heed_error err = {0};
  return heed_store_open_readonly(path, 0, &store, NULL, NULL, &err) == HEED_ERR_IO &&
         strstr(err.message, "copy both files") != NULL;
}

/* A writer was killed: its last answers are in the log alone. */
static void log_that_cannot_be_read_is_named(void **state) {
  (void)state;
  make_store(3);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    heed_store *store = open_store();
    must_append(store, 3, "task");
    _exit(0); /* without closing */
  }
  assert_int_equal(waitpid(child, NULL, 0), child);
  char name[112];
  (void)snprintf(name, sizeof name, "%s-shm", path);
  assert_int_equal(unlink(name), 0);
  assert_true(exists("-wal"));
  permit(0555, 0444);
  run_unprivileged(answers_in_a_log_are_not_passed_over);
  permit(0755, 0644);
  heed_store *store = open_store();
  assert_int_equal(count(store, "task"), 4);
  heed_store_close(store);
}

static void copy(const char *from_path) {
  FILE *from = fopen(from_path, "rb");
  FILE *to = fopen(path, "wb");
  assert_non_null(from);
  assert_non_null(to);
  char block[4096];
  size_t size;
  while ((size = fread(block, 1, sizeof block, from)) > 0) {
    assert_int_equal(fwrite(block, 1, size, to), size);
  }
  (void)fclose(from);
  assert_int_equal(fclose(to), 0);
}

/* The file of version 1 that test_store_kinds.c describes: read, and left as it is. */
static void old_store_is_read_as_it_is(void **state) {
  (void)state;
  copy(HEED_TEST_DATA "/store/version-1.db");
  heed_store *store = NULL;
  heed_error err = {0};
  assert_int_equal(heed_store_open_readonly(path, 0, &store, NULL, NULL, &err), HEED_OK);
  assert_int_equal(heed_store_version(store), 1);
  heed_choices read = read_all(store, "task");
  heed_store_close(store);
  assert_int_equal(read.count, 9);

  store = open_store(); /* brings it up to date */
  assert_int_equal(heed_store_version(store), 2);
  heed_choices expected = read_all(store, "task");
  assert_int_equal(expected.count, 9);
  for (size_t i = 0; i < 9; i++) {
    assert_true(fixture_choices_equal(&read.items[i], &expected.items[i]));
    assert_near(read.items[i].tie, expected.items[i].tie, 0);
  }
  heed_choices_deinit(&read);
  heed_choices_deinit(&expected);
  heed_store_close(store);
}

static int make_writable_and_leave(void **state) {
  (void)chmod(folder, 0755);
  return leave_folder(state);
}

#define READONLY_TEST(function) \
  cmocka_unit_test_setup_teardown(function, enter_folder, make_writable_and_leave)

int main(void) {
  const struct CMUnitTest tests[] = {
      READONLY_TEST(nothing_but_the_file_is_needed),
      READONLY_TEST(any_name_will_do),
      READONLY_TEST(log_that_cannot_be_read_is_named),
      READONLY_TEST(old_store_is_read_as_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
