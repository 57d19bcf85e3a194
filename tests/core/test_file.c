/* test_file.c: files are replaced whole or not at all. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/cmocka_all.h"
#include "core/file.h"
#include "core/pack.h"
#include "core/scratch.h"

/* The file holds exactly this text. */
static void assert_holds(const char *path, const char *text) {
  heed_error err = {0};
  int fd;
  uint64_t size;
  assert_ok(heed__file_open(path, &fd, &size, &err), &err);
  assert_int_equal(size, strlen(text));
  char *bytes = malloc(size + 1);
  assert_ok(heed__file_read(fd, path, bytes, size, &err), &err);
  assert_memory_equal(bytes, text, size);
  free(bytes);
  (void)close(fd);
}

static void put(const char *path, const char *text) {
  heed_error err = {0};
  assert_ok(heed_file_write(path, text, strlen(text), &err), &err);
}

static void a_file_is_written_and_nothing_else_stays(void **state) {
  const char *path = scratch_path(*state, "a");
  put(path, "first");
  assert_holds(path, "first");
  put(path, "");
  assert_holds(path, "");
  put(path, "the second is longer");
  assert_holds(path, "the second is longer");
  assert_int_equal(scratch_count(*state), 1);
}

static void a_name_without_a_folder_is_in_the_present_one(void **state) {
  scratch *s = *state;
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(chdir(s->folder), 0);
  put("plain", "x");
  assert_int_equal(chdir(here), 0);
  assert_holds(scratch_path(s, "plain"), "x");
}

static void a_link_is_followed_and_stays_a_link(void **state) {
  put(scratch_path(*state, "target"), "old");
  assert_int_equal(symlink("target", scratch_path(*state, "link")), 0);
  put(scratch_path(*state, "link"), "new");
  assert_holds(scratch_path(*state, "target"), "new");
  struct stat info;
  assert_int_equal(lstat(scratch_path(*state, "link"), &info), 0);
  assert_true(S_ISLNK(info.st_mode));
}

static void permissions_are_kept(void **state) {
  const char *path = scratch_path(*state, "a");
  put(path, "secret");
  assert_int_equal(chmod(path, 0600), 0);
  put(path, "still secret");
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
}

static void new_files_respect_the_umask(void **state) {
  mode_t before = umask(027);
  const char *path = scratch_path(*state, "a");
  put(path, "x");
  (void)umask(before);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640);
}

static void a_temporary_file_left_by_a_crash_is_no_obstacle(void **state) {
  char name[64];
  (void)snprintf(name, sizeof name, ".heed-%ld-0.tmp", (long)getpid());
  put(scratch_path(*state, name), "left over");
  put(scratch_path(*state, "a"), "x");
  assert_holds(scratch_path(*state, "a"), "x");
  assert_holds(scratch_path(*state, name), "left over");
  assert_int_equal(scratch_count(*state), 2);
}

static void a_folder_that_is_not_there_is_named(void **state) {
  heed_error err = {0};
  char path[128];
  (void)snprintf(path, sizeof path, "%s/none/a", ((scratch *)*state)->folder);
  assert_fails(heed_file_write(path, "x", 1, &err), HEED_ERR_IO, &err,
               "none/a': No such file or directory");
}

/* A pipe stands for all devices: should this ever fail, it must not be /dev/null that is replaced. */
static void devices_and_folders_are_not_replaced(void **state) {
  heed_error err = {0};
  const char *path = scratch_path(*state, "pipe");
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_fails(heed_file_write(path, "x", 1, &err), HEED_ERR_IO, &err, "pipe': not a regular file");
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_true(S_ISFIFO(info.st_mode));
  assert_fails(heed_file_write(((scratch *)*state)->folder, "x", 1, &err), HEED_ERR_IO, &err,
               "not a regular file");
}

/* Runs out of room: no file may grow beyond `limit` bytes. */
static heed_status write_within(rlim_t limit, const char *path, const void *bytes, size_t size,
                                heed_error *err) {
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit tight = {limit, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  heed_status status = heed_file_write(path, bytes, size, err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  return status;
}

static void when_room_runs_out_the_old_file_is_intact(void **state) {
  (void)signal(SIGXFSZ, SIG_IGN); /* as a full disk: an error, not a signal */
  const char *path = scratch_path(*state, "a");
  put(path, "old");
  char *large = calloc(1, 100000);
  heed_error err = {0};
  const rlim_t limits[] = {0, 1, 4096, 99999};
  for (size_t i = 0; i < 4; i++) {
    assert_fails(write_within(limits[i], path, large, 100000, &err), HEED_ERR_IO, &err,
                 "a': File too large");
    assert_holds(path, "old");
    assert_int_equal(scratch_count(*state), 1);
  }
  assert_ok(write_within(100000, path, large, 100000, &err), &err);
  free(large);
}

static void a_folder_that_cannot_be_written_is_named(void **state) {
  if (geteuid() == 0) {
    skip(); /* root may write everywhere */
  }
  scratch *s = *state;
  put(scratch_path(s, "a"), "old");
  assert_int_equal(chmod(s->folder, 0500), 0);
  heed_error err = {0};
  assert_fails(heed_file_write(scratch_path(s, "a"), "new", 3, &err), HEED_ERR_IO, &err,
               "a': Permission denied");
  assert_holds(scratch_path(s, "a"), "old");
}

static void a_folder_that_can_be_written_but_not_read_will_do(void **state) {
  if (geteuid() == 0) {
    skip();
  }
  scratch *s = *state;
  assert_int_equal(chmod(s->folder, 0300), 0);
  put(scratch_path(s, "a"), "x");
  assert_int_equal(chmod(s->folder, 0700), 0);
  assert_holds(scratch_path(s, "a"), "x");
}

static void reading_names_the_file_and_the_cause(void **state) {
  heed_error err = {0};
  int fd;
  uint64_t size;
  assert_fails(heed__file_open(scratch_path(*state, "b"), &fd, &size, &err), HEED_ERR_IO, &err,
               "/b': No such file or directory");
  assert_fails(heed__file_open("/dev/zero", &fd, &size, &err), HEED_ERR_IO, &err,
               "reading '/dev/zero': not a regular file");
  const char *path = scratch_path(*state, "pipe");
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_fails(heed__file_open(path, &fd, &size, &err), HEED_ERR_IO, &err, "not a regular file");
}

static void a_file_that_shrinks_while_it_is_read_is_an_error(void **state) {
  const char *path = scratch_path(*state, "a");
  put(path, "12345678");
  heed_error err = {0};
  int fd;
  uint64_t size;
  assert_ok(heed__file_open(path, &fd, &size, &err), &err);
  assert_int_equal(truncate(path, 3), 0);
  char bytes[8];
  assert_fails(heed__file_read(fd, path, bytes, sizeof bytes, &err), HEED_ERR_IO, &err,
               "a': 5 bytes missing at the end");
  (void)close(fd);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_SCRATCH(a_file_is_written_and_nothing_else_stays),
      IN_SCRATCH(a_name_without_a_folder_is_in_the_present_one),
      IN_SCRATCH(a_link_is_followed_and_stays_a_link),
      IN_SCRATCH(permissions_are_kept),
      IN_SCRATCH(new_files_respect_the_umask),
      IN_SCRATCH(a_temporary_file_left_by_a_crash_is_no_obstacle),
      IN_SCRATCH(a_folder_that_is_not_there_is_named),
      IN_SCRATCH(devices_and_folders_are_not_replaced),
      IN_SCRATCH(when_room_runs_out_the_old_file_is_intact),
      IN_SCRATCH(a_folder_that_cannot_be_written_is_named),
      IN_SCRATCH(a_folder_that_can_be_written_but_not_read_will_do),
      IN_SCRATCH(reading_names_the_file_and_the_cause),
      IN_SCRATCH(a_file_that_shrinks_while_it_is_read_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
