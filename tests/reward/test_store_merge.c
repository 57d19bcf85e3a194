/* test_store_merge.c: whole stores: what two of them have together, and what is withdrawn. */
#include <signal.h>
#include <sys/resource.h>

#include "reward/store_fixture.h"

static heed_store_records records_of(heed_store *store) {
  heed_store_records records = {0};
  heed_error err = {0};
  if (heed_store_read_records(store, &records, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return records;
}

static heed_store_merged merge(heed_store *store, const heed_store_records *records) {
  heed_store_merged merged;
  heed_error err = {0};
  if (heed_store_merge(store, records, &merged, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return merged;
}

/* The records of a store with choices first .. first+n-1, of which the store then is gone. */
static heed_store_records records_from(size_t first, size_t n, int64_t withdrawn) {
  heed_store *store = open_store();
  for (size_t i = first; i < first + n; i++) {
    must_append(store, i, "task");
  }
  bool stood = false;
  if (withdrawn > 0) {
    assert_int_equal(heed_store_withdraw_id(store, withdrawn, &stood, NULL), HEED_OK);
    assert_true(stood);
  }
  heed_store_records records = records_of(store);
  heed_store_close(store);
  remove_store();
  return records;
}

static void two_stores_are_brought_together_without_duplicates(void **state) {
  (void)state;
  heed_store_records one = records_from(0, 5, 2);
  heed_store_records other = records_from(5, 4, 0);
  heed_store *store = open_store();
  assert_int_equal(merge(store, &one).added, 5);
  assert_int_equal(merge(store, &other).added, 4);
  assert_int_equal(merge(store, &one).added, 0);
  assert_int_equal(merge(store, &other).added, 0);
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, 8);
  for (size_t i = 0; i < 8; i++) {
    assert_is_number(&choices.items[i], i < 1 ? i : i + 1); /* answer 2 is choice 1 */
  }
  heed_choices_deinit(&choices);
  heed_store_records all = records_of(store);
  assert_int_equal(all.count, 9);
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(all.items[i].created_at, one.items[i].created_at);
    assert_int_equal(all.items[i].withdrawn_at, one.items[i].withdrawn_at);
  }
  heed_store_close(store);
  heed_store_records_deinit(&all);
  heed_store_records_deinit(&one);
  heed_store_records_deinit(&other);
}

static void what_was_withdrawn_there_is_withdrawn_here(void **state) {
  (void)state;
  heed_store_records records = records_from(0, 3, 0);
  heed_store *store = open_store();
  assert_int_equal(merge(store, &records).withdrawn, 0);
  records.items[1].withdrawn_at = 12345;
  heed_store_merged merged = merge(store, &records);
  assert_int_equal(merged.added, 0);
  assert_int_equal(merged.withdrawn, 1);
  assert_int_equal(count(store, "task"), 2);
  records.items[1].withdrawn_at = 0; /* to stand there does not bring it back here */
  merged = merge(store, &records);
  assert_int_equal(merged.added + merged.withdrawn, 0);
  assert_int_equal(count(store, "task"), 2);
  heed_store_close(store);
  heed_store_records_deinit(&records);
}

static void records_twice_in_one_list_are_added_once(void **state) {
  (void)state;
  heed_store_records records = records_from(0, 3, 0);
  heed_store_record last = records.items[2];
  records.items[2] = records.items[0]; /* borrowed for a while */
  heed_store *store = open_store();
  assert_int_equal(merge(store, &records).added, 2);
  records.items[2] = last;
  heed_store_close(store);
  heed_store_records_deinit(&records);
}

static void wrong_records_are_refused_and_nothing_is_added(void **state) {
  (void)state;
  heed_store_records records = records_from(0, 3, 0);
  heed_store *store = open_store();
  heed_store_merged merged;
  heed_error err = {0};
  records.items[2].choice.beta = -1;
  assert_int_equal(heed_store_merge(store, &records, &merged, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "record 3"));
  assert_int_equal(count(store, "task"), 0);
  heed_store_close(store);
  heed_store_records_deinit(&records);
}

/* A limit on the size of files stands for the disk's, as in test_store_damage.c. */
static void full_disk_while_merging_adds_nothing(void **state) {
  (void)state;
  heed_store_records records = records_from(0, 200, 0);
  heed_store *store = open_store();
  must_append(store, 500, "task");
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  struct rlimit tight = {.rlim_cur = 81920, .rlim_max = old.rlim_max};
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  heed_store_merged merged;
  heed_error err = {0};
  heed_status status = heed_store_merge(store, &records, &merged, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(status, HEED_ERR_IO);
  assert_non_null(strstr(err.message, "merging answers"));
  assert_int_equal(merged.added, 0);
  assert_int_equal(count(store, "task"), 1);
  assert_int_equal(merge(store, &records).added, 200);
  heed_store_close(store);
  heed_store_records_deinit(&records);
}

static void answers_are_withdrawn_by_number(void **state) {
  (void)state;
  make_store(3);
  heed_store *store = NULL;
  const heed_space *obs_space = NULL;
  assert_int_equal(heed_store_open_existing(path, 1000, &store, &obs_space, NULL, NULL), HEED_OK);
  heed_space expected = fixture_obs_space();
  assert_true(heed_space_equal(obs_space, &expected));
  bool stood = false;
  heed_error err = {0};
  assert_int_equal(heed_store_withdraw_id(store, 2, &stood, NULL), HEED_OK);
  assert_true(stood);
  assert_int_equal(heed_store_withdraw_id(store, 2, &stood, NULL), HEED_OK);
  assert_false(stood);
  assert_int_equal(heed_store_withdraw_id(store, 4, &stood, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "no answer 4"));
  assert_int_equal(count(store, "task"), 2);
  heed_store_close(store);
}

static void store_that_is_not_there_is_not_made(void **state) {
  (void)state;
  heed_store *store = NULL;
  heed_error err = {0};
  assert_int_equal(heed_store_open_existing(path, 0, &store, NULL, NULL, &err), HEED_ERR_IO);
  assert_non_null(strstr(err.message, path));
  assert_int_equal(access(path, F_OK), -1);
  FILE *empty = fopen(path, "w");
  assert_non_null(empty);
  (void)fclose(empty);
  assert_int_equal(heed_store_open_existing(path, 0, &store, NULL, NULL, &err), HEED_ERR_FORMAT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(two_stores_are_brought_together_without_duplicates),
      STORE_TEST(what_was_withdrawn_there_is_withdrawn_here),
      STORE_TEST(records_twice_in_one_list_are_added_once),
      STORE_TEST(wrong_records_are_refused_and_nothing_is_added),
      STORE_TEST(full_disk_while_merging_adds_nothing),
      STORE_TEST(answers_are_withdrawn_by_number),
      STORE_TEST(store_that_is_not_there_is_not_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
