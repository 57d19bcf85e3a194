/* test_store_damage.c: a damaged store says so; a full disk loses nothing. */
#include <signal.h>
#include <sys/resource.h>

#include "reward/store_fixture.h"

/* ---- damage --------------------------------------------------------------------------------- */

static unsigned char *load_file(size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *size = (size_t)ftell(file);
  assert_int_equal(fseek(file, 0, SEEK_SET), 0);
  unsigned char *bytes = malloc(*size);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  (void)fclose(file);
  return bytes;
}

static void store_file(const unsigned char *bytes, size_t size) {
  remove_store();
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* Opens and reads the file as it is. Whatever was done to it: an error in words, or exactly the
 * `expected` choices. True when there was an error. */
static bool is_noticed(size_t expected) {
  heed_store *store = NULL;
  heed_choices choices = {0};
  heed_error err = {0};
  heed_status status = try_open(0, &store, &err);
  if (status == HEED_OK) {
    status = heed_store_read(store, "task", &choices, &err);
  }
  if (status != HEED_OK) {
    assert_true(err.message[0] != '\0');
    assert_int_equal(choices.count, 0);
  } else {
    assert_int_equal(choices.count, expected);
    for (size_t i = 0; i < expected; i++) {
      assert_is_number(&choices.items[i], i);
    }
  }
  heed_choices_deinit(&choices);
  heed_store_close(store);
  return status != HEED_OK;
}

/* What is damaged may still be saved by hand: it must be left as it is. */
static void assert_untouched(const unsigned char *bytes, size_t size) {
  size_t size_now;
  unsigned char *now = load_file(&size_now);
  assert_int_equal(size_now, size);
  assert_memory_equal(now, bytes, size);
  free(now);
}

/* From 2 bytes on: SQLite takes what is shorter for a new database. */
static void cut_files_are_noticed(void **state) {
  (void)state;
  make_store(8);
  size_t size;
  unsigned char *bytes = load_file(&size);
  for (size_t length = 2; length < size; length += 1 + length / 13) {
    store_file(bytes, length);
    if (!is_noticed(8)) {
      fail_msg("a file cut after %zu of %zu bytes was read", length, size);
    }
  }
  store_file(bytes, size);
  assert_false(is_noticed(8));
  free(bytes);
}

/* A byte is flipped at many places: never a wrong answer, never a crash. Bytes that mean nothing (free
 * space) may pass. */
static void flipped_bytes_never_change_an_answer(void **state) {
  (void)state;
  make_store(8);
  size_t size;
  unsigned char *bytes = load_file(&size);
  heed_rng rng;
  heed_rng_init(&rng, 31);
  size_t noticed = 0;
  for (size_t k = 0; k < 400; k++) {
    size_t position = heed_rng_choice(&rng, (uint32_t)size);
    unsigned char old = bytes[position];
    bytes[position] ^= (unsigned char)(1u << heed_rng_choice(&rng, 8));
    store_file(bytes, size);
    if (is_noticed(8)) {
      noticed++;
      assert_untouched(bytes, size);
    }
    bytes[position] = old;
  }
  assert_true(noticed > 20);
  free(bytes);
}

static void overwritten_pages_are_noticed(void **state) {
  (void)state;
  make_store(8);
  size_t size;
  unsigned char *bytes = load_file(&size);
  unsigned char *damaged = malloc(size);
  assert_non_null(damaged);
  for (size_t page = 0; page < size / 4096; page++) {
    for (int fill = 0; fill <= 255; fill += 255) {
      memcpy(damaged, bytes, size);
      memset(damaged + page * 4096, fill, 4096);
      store_file(damaged, size);
      if (!is_noticed(8)) {
        fail_msg("page %zu of %zu was overwritten with %d, and read", page, size / 4096, fill);
      }
      assert_untouched(damaged, size);
    }
  }
  free(damaged);
  free(bytes);
}

/* Bytes 18 and 19 say that there is no write-ahead log: to switch to one is to write into the file, which
 * must wait until it is known to be whole. */
static void damaged_store_without_a_log_is_left_alone(void **state) {
  (void)state;
  make_store(8);
  size_t size;
  unsigned char *bytes = load_file(&size);
  bytes[18] = bytes[19] = 1;
  memset(bytes + size - 4096, 255, 4096);
  store_file(bytes, size);
  assert_true(is_noticed(8));
  assert_untouched(bytes, size);
  free(bytes);
}

static void deleted_answers_are_noticed(void **state) {
  (void)state;
  make_store(5);
  assert_int_equal(run_sql("DROP TRIGGER answers_stay; DELETE FROM answers WHERE id = 3"),
                   SQLITE_OK);
  heed_store *store = open_store();
  heed_choices choices = {0};
  heed_error err = {0};
  assert_int_equal(heed_store_read(store, "task", &choices, &err), HEED_ERR_FORMAT);
  assert_non_null(strstr(err.message, "answer 3 is missing"));
  assert_int_equal(choices.count, 0);
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

static void forged_withdrawals_are_noticed(void **state) {
  (void)state;
  make_store(5);
  assert_int_equal(run_sql("INSERT INTO withdrawals VALUES (2, 0, 0)"), SQLITE_OK);
  heed_store *store = open_store();
  heed_choices choices = {0};
  heed_error err = {0};
  assert_int_equal(heed_store_read(store, "task", &choices, &err), HEED_ERR_FORMAT);
  assert_non_null(strstr(err.message, "withdrawal of answer 2 is damaged"));
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

/* The page that holds the answers says that it has one row less than it has (big-endian, bytes 3 and 4 of
 * the page; sqlite.org/fileformat2.html): the last answer would be gone without a gap. */
static void page_that_forgets_its_last_row_is_noticed(void **state) {
  (void)state;
  make_store(5);
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'answers'", -1,
                         &statement, NULL),
      SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  size_t page = (size_t)sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  size_t size;
  unsigned char *bytes = load_file(&size);
  unsigned char *rows = &bytes[(page - 1) * 4096 + 4];
  assert_int_equal(*rows, 5);
  *rows = 4;
  store_file(bytes, size);
  assert_true(is_noticed(5));
  free(bytes);
}

/* ---- full disk ------------------------------------------------------------------------------ */

/* A limit on the size of files stands for the disk's: writing fails with EFBIG instead of ENOSPC. */
static void full_disk_is_an_io_error_and_keeps_what_was_stored(void **state) {
  (void)state;
  heed_store *store = open_store();
  must_append(store, 0, "task");
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  struct rlimit tight = {.rlim_cur = 81920, .rlim_max = old.rlim_max};
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  heed_error err = {0};
  heed_status status = HEED_OK;
  size_t stored = 1;
  for (; status == HEED_OK && stored < 1000; stored += status == HEED_OK) {
    status = append(store, stored, "somebody", "task", &err);
  }
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(status, HEED_ERR_IO);
  assert_non_null(strstr(err.message, path));
  assert_non_null(strstr(err.message, "storing an answer"));
  assert_int_equal(count(store, "task"), stored);

  /* There is room again: it goes on where it stopped. */
  must_append(store, stored, "task");
  heed_store_close(store);
  store = open_store();
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, stored + 1);
  for (size_t i = 0; i < choices.count; i++) {
    assert_is_number(&choices.items[i], i);
  }
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(cut_files_are_noticed),
      STORE_TEST(flipped_bytes_never_change_an_answer),
      STORE_TEST(overwritten_pages_are_noticed),
      STORE_TEST(damaged_store_without_a_log_is_left_alone),
      STORE_TEST(deleted_answers_are_noticed),
      STORE_TEST(forged_withdrawals_are_noticed),
      STORE_TEST(page_that_forgets_its_last_row_is_noticed),
      STORE_TEST(full_disk_is_an_io_error_and_keeps_what_was_stored),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
