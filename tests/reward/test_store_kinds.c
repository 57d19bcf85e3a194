/* test_store_kinds.c: every kind of feedback comes back as it was given, and so does what version 1 of the
 * store wrote. */
#include "reward/feedback.h"
#include "reward/store_fixture.h"

static void assert_same(const heed_choice *a, const heed_choice *b) {
  assert_true(fixture_choices_equal(a, b));
  assert_int_equal(a->kind, b->kind);
  assert_near(a->tie, b->tie, 0);
  assert_int_equal(a->grades, b->grades);
  assert_string_equal(a->who, b->who);
}

/* A choice of each kind, by two people. */
static heed_choice choice_of_kind(int kind) {
  heed_rng rng;
  heed_rng_init(&rng, 60 + (uint64_t)kind);
  bool is_single = kind == HEED_RATING || kind == HEED_LABEL;
  heed_choice choice = fixture_choice(is_single ? 1 : 2, 1, &rng);
  choice.kind = (heed_choice_kind)kind;
  choice.grades = kind == HEED_RATING ? 7 : 0;
  choice.tie = kind == HEED_COMPARISON || kind == HEED_LABEL ? 0.25 : 0;
  choice.chosen = kind == HEED_RATING ? 6 : kind == HEED_LABEL ? HEED_LABEL_GOOD : choice.chosen;
  strcpy(choice.who, kind % 2 == 0 ? "ann" : "bob");
  return choice;
}

static void every_kind_comes_back(void **state) {
  (void)state;
  heed_store *store = open_store();
  heed_store_context context = {.who = "nobody", .topic = "task", .model = ""};
  for (int kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    heed_choice choice = choice_of_kind(kind);
    heed_error err = {0};
    if (heed_store_append(store, &choice, &context, &err) != HEED_OK) {
      fail_msg("%s", err.message);
    }
    heed_choice_deinit(&choice);
  }
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, HEED_CHOICE_KIND_COUNT);
  for (int kind = 0; kind < HEED_CHOICE_KIND_COUNT; kind++) {
    heed_choice choice = choice_of_kind(kind);
    assert_same(&choices.items[kind], &choice);
    heed_choice_deinit(&choice);
  }
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

/* One answer of a person is one answer of the store, and is taken back as one; whoever learns from it
 * reads its n - 1 choices (Plackett 1975). */
static void ranking_is_one_answer(void **state) {
  (void)state;
  static const uint32_t order[4] = {2, 0, 3, 1};
  heed_rng rng;
  heed_rng_init(&rng, 4);
  heed_choice shown = fixture_choice(4, 2, &rng);
  heed_choice ranking;
  assert_int_equal(heed_feedback_ranking(&ranking, shown.query.options, 4, order, NULL), HEED_OK);
  heed_store *store = open_store();
  heed_store_context context = {.who = "ann", .topic = "task", .model = ""};
  assert_int_equal(heed_store_append(store, &ranking, &context, NULL), HEED_OK);
  heed_choice_deinit(&ranking);
  assert_int_equal(count(store, "task"), 1);

  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, 3);
  for (uint32_t place = 0; place < 3; place++) {
    const heed_choice *choice = &choices.items[place];
    assert_int_equal(choice->kind, HEED_RANKING);
    assert_int_equal(choice->grades, 0);
    assert_int_equal(choice->chosen, 0);
    assert_string_equal(choice->who, "ann");
    assert_int_equal(choice->query.option_count, 4 - place);
    for (uint32_t i = 0; i < 4 - place; i++) {
      assert_memory_equal(choice->query.options[i].obs, shown.query.options[order[place + i]].obs,
                          (size_t)3 * FIXTURE_CELLS);
    }
  }
  heed_choices_deinit(&choices);

  heed_store_records records = {0};
  assert_int_equal(heed_store_read_records(store, &records, NULL), HEED_OK);
  assert_int_equal(records.count, 1);
  assert_int_equal(records.items[0].choice.grades, 4);
  heed_store_records_deinit(&records);
  bool withdrawn = false;
  assert_int_equal(heed_store_withdraw(store, "ann", "task", &withdrawn, NULL), HEED_OK);
  assert_true(withdrawn);
  assert_int_equal(count(store, "task"), 0);
  heed_choice_deinit(&shown);
  heed_store_close(store);
}

/* Each of the columns that version 2 added is under the checksum. */
static void changed_kinds_are_noticed(void **state) {
  (void)state;
  static const char *const changes[] = {"kind = 1", "tie = 0.5", "grades = 3",
                                        "kind = 0, tie = 0, grades = 0"};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    heed_store *store = open_store();
    heed_choice choice = choice_of_kind(HEED_RATING);
    heed_store_context context = {.who = "ann", .topic = "task", .model = ""};
    assert_int_equal(heed_store_append(store, &choice, &context, NULL), HEED_OK);
    heed_choice_deinit(&choice);
    heed_store_close(store);
    char sql[128];
    (void)snprintf(sql, sizeof sql, "DROP TRIGGER answers_hold; UPDATE answers SET %s", changes[i]);
    assert_int_equal(run_sql(sql), SQLITE_OK);
    store = open_store();
    heed_choices choices = {0};
    heed_error err = {0};
    assert_int_equal(heed_store_read(store, "task", &choices, &err), HEED_ERR_FORMAT);
    assert_non_null(strstr(err.message, "wrong checksum"));
    heed_store_close(store);
    remove_store();
  }
}

static void copy_version_1(void) {
  FILE *from = fopen(HEED_TEST_DATA "/store/version-1.db", "rb");
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

/* The file holds choices 0 .. 9 on "task" and 10, 11 on "safety", even ones by bob, odd ones by ann, as
 * version 1 wrote them; 8 is withdrawn. Ann says "equal" in it, bob never does. */
static void assert_is_version_1(const heed_choices *choices) {
  static const size_t numbers[9] = {0, 1, 2, 3, 4, 5, 6, 7, 9};
  assert_int_equal(choices->count, 9);
  for (size_t i = 0; i < 9; i++) {
    heed_choice expected = numbered_choice(numbers[i]);
    bool is_ann = numbers[i] % 2 == 1;
    expected.tie = is_ann ? 1 : 0;
    strcpy(expected.who, is_ann ? "ann" : "bob");
    assert_same(&choices->items[i], &expected);
    heed_choice_deinit(&expected);
  }
}

static void version_1_is_read_and_brought_up_to_date(void **state) {
  (void)state;
  copy_version_1();
  for (int i = 0; i < 2; i++) { /* as it was, and as it is then */
    heed_store *store = open_store();
    heed_choices choices = read_all(store, "task");
    assert_is_version_1(&choices);
    heed_choices_deinit(&choices);
    assert_int_equal(count(store, "safety"), 2);
    heed_store_close(store);
  }
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(statement, 0), 2);
  sqlite3_finalize(statement);
  sqlite3_close(db);
}

static void version_1_can_be_continued(void **state) {
  (void)state;
  copy_version_1();
  heed_store *store = open_store();
  heed_choice choice = choice_of_kind(HEED_LABEL);
  heed_store_context context = {.who = "ann", .topic = "task", .model = ""};
  assert_int_equal(heed_store_append(store, &choice, &context, NULL), HEED_OK);
  heed_choices choices = read_all(store, "task");
  assert_int_equal(choices.count, 10);
  assert_same(&choices.items[9], &choice);
  heed_choice_deinit(&choice);
  heed_choices_deinit(&choices);
  heed_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      STORE_TEST(every_kind_comes_back),      STORE_TEST(ranking_is_one_answer),
      STORE_TEST(changed_kinds_are_noticed),  STORE_TEST(version_1_is_read_and_brought_up_to_date),
      STORE_TEST(version_1_can_be_continued),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
