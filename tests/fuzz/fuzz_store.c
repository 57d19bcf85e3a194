/* fuzz_store.c: stores of answers. The input is a whole database file; and, behind its first bytes, an answer
 * with its question that somebody wrote into a store with the right checksums. Whatever is read back is
 * well-formed, and reading changes nothing. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/seal.h"
#include "reward/store_row.h"
#include "reward/store_sql.h"

static char folder[] = "/dev/shm/heed-fuzz-XXXXXX";
static char path[64];

static void check(bool is_true) {
  if (!is_true) {
    abort();
  }
}

static void remove_files(void) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < 4; i++) {
    char name[80];
    (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    (void)unlink(name);
  }
}

static void leave(void) {
  remove_files();
  (void)rmdir(folder);
}

static void enter(void) {
  if (path[0] == '\0') {
    check(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/s.db", folder);
    (void)atexit(leave);
  }
  remove_files();
}

/* Opens and reads; all that comes back fits the spaces. */
static void read_store(void) {
  heed_store *store = NULL;
  const heed_space *obs_space;
  const heed_space *action_space;
  heed_store_records records = {0};
  heed_error err = {0};
  heed_status status = heed_store_open_readonly(path, 0, &store, &obs_space, &action_space, &err);
  check((status == HEED_OK) == (store != NULL));
  if (status == HEED_OK) {
    status = heed_store_read_records(store, &records, &err);
  }
  if (status != HEED_OK) {
    check(err.status == status && err.message[0] != '\0');
  }
  for (size_t i = 0; i < records.count && status == HEED_OK; i++) {
    const heed_store_record *record = &records.items[i];
    check(record->id == (int64_t)i + 1 && record->topic != NULL && record->model != NULL);
    check(heed_choice_check(&record->choice, obs_space, action_space, NULL) == HEED_OK);
  }
  heed_store_records_deinit(&records);
  heed_store_close(store);
}

static void try_file(const uint8_t *data, size_t size) {
  enter();
  FILE *file = fopen(path, "wb");
  check(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
  (void)chmod(path, 0444);
  read_store();
  file = fopen(path, "rb");
  uint8_t *after = malloc(size + 1);
  check(file != NULL && after != NULL);
  check(fread(after, 1, size + 1, file) == size && memcmp(after, data, size) == 0);
  (void)fclose(file);
  free(after);
}

/* What an input says of an answer; the options follow. */
typedef struct wording {
  int8_t kind, chosen, grades, is_withdrawn;
  double tie, beta, mistakes, seconds;
  char who[8];
} wording;

static void try_answer(const uint8_t *data, size_t size) {
  wording words;
  if (size < sizeof words) {
    return;
  }
  memcpy(&words, data, sizeof words);
  words.who[sizeof words.who - 1] = '\0';
  size_t options_size = size - sizeof words;
  uint8_t *options = malloc(options_size + 1);
  check(options != NULL);
  memcpy(options, data + sizeof words, options_size);
  seal(options, options_size);

  enter();
  heed_space obs_space = heed_space_board(1, 2, 2);
  heed_space action_space = heed_space_discrete(2);
  heed_store *store = NULL;
  check(heed_store_open(path, &obs_space, &action_space, 0, &store, NULL) == HEED_OK);
  heed__store_row r = {.chosen = words.chosen,
                       .kind = words.kind,
                       .grades = words.grades,
                       .tie = words.tie,
                       .beta = words.beta,
                       .mistakes = words.mistakes,
                       .seconds = words.seconds,
                       .who = words.who,
                       .topic = "task",
                       .model = "",
                       .strategy = "",
                       .options = options,
                       .options_size = options_size};
  heed_status status = heed__store_insert(store, &r, NULL); /* refuses NaN */
  if (status == HEED_OK && words.is_withdrawn != 0) {
    check(heed__store_insert_withdrawal(store, r.id, 1, NULL) == HEED_OK);
  }
  heed_store_close(store);
  free(options);
  read_store();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try_file(data, size);
  try_answer(data, size);
  return 0;
}
