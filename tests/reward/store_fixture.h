/* store_fixture.h: a folder for each test, and a feedback store in it. */
#ifndef HEED_TESTS_REWARD_STORE_FIXTURE_H
#define HEED_TESTS_REWARD_STORE_FIXTURE_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reward/fixture.h"
#include "reward/store.h"

static char folder[64]; /* of the running test */
static char path[96];   /* of its store */

static inline int enter_folder(void **state) {
  (void)state;
  strcpy(folder, "/tmp/heed-store-XXXXXX");
  if (mkdtemp(folder) == NULL) {
    return -1;
  }
  (void)snprintf(path, sizeof path, "%s/answers.db", folder);
  return 0;
}

static inline void remove_store(void) {
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < 4; i++) {
    char name[112];
    (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
    (void)unlink(name);
  }
}

static inline int leave_folder(void **state) {
  (void)state;
  remove_store();
  return rmdir(folder);
}

static inline heed_status try_open(uint32_t busy_ms, heed_store **store, heed_error *err) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  return heed_store_open(path, &obs_space, &action_space, busy_ms, store, err);
}

static inline heed_store *open_store(void) {
  heed_store *store = NULL;
  heed_error err = {0};
  if (try_open(10000, &store, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return store;
}

/* Choice number `i`: a function of i alone, with i in its beta. */
static inline heed_choice numbered_choice(size_t i) {
  heed_rng rng;
  heed_rng_init(&rng, i);
  heed_choice choice = fixture_choice(2 + (uint32_t)(i % 3), 1 + (uint32_t)(i % 4), &rng);
  choice.beta = 1 + (double)i;
  choice.mistakes = 0.01 * (double)(i % 10);
  choice.chosen = (int32_t)(i % 4) + HEED_CHOICE_SKIP;
  choice.tie = choice.chosen == HEED_CHOICE_EQUAL || i % 3 == 0 ? 1 : 0;
  choice.query.options[0].is_terminal = i % 2 == 0;
  return choice;
}

static inline heed_status append(heed_store *store, size_t i, const char *who, const char *topic,
                                 heed_error *err) {
  heed_choice choice = numbered_choice(i);
  heed_store_context context = {.who = who, .topic = topic, .model = "test", .seconds = 1.5};
  heed_status status = heed_store_append(store, &choice, &context, err);
  heed_choice_deinit(&choice);
  return status;
}

static inline void must_append(heed_store *store, size_t i, const char *topic) {
  heed_error err = {0};
  if (append(store, i, "somebody", topic, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
}

static inline size_t count(heed_store *store, const char *topic) {
  size_t result = 0;
  heed_error err = {0};
  if (heed_store_count(store, topic, &result, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return result;
}

static inline heed_choices read_all(heed_store *store, const char *topic) {
  heed_choices choices = {0};
  heed_error err = {0};
  if (heed_store_read(store, topic, &choices, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return choices;
}

static inline void assert_is_number(const heed_choice *choice, size_t i) {
  heed_choice expected = numbered_choice(i);
  assert_true(fixture_choices_equal(choice, &expected));
  heed_choice_deinit(&expected);
}

/* A closed store with choices 0 .. n-1. */
static inline void make_store(size_t n) {
  heed_store *store = open_store();
  for (size_t i = 0; i < n; i++) {
    must_append(store, i, "task");
  }
  heed_store_close(store);
}

/* Runs SQL on the file, as another program would; its result code. */
static inline int run_sql(const char *sql) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
  sqlite3_close(db);
  return code;
}

#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, enter_folder, leave_folder)

#endif
