/* test_ask.c: questions of every kind, who answers them, and where the answers go. */
#include "agent/ask_fixture.h"

/* ---- kinds ---------------------------------------------------------------------------------- */

/* What the person thinks of a stretch. */
static double wished(const heed_segment *segment) {
  double sum = 0;
  for (uint32_t t = 0; t < segment->steps; t++) {
    heed_step step = heed_segment_step(segment, t);
    sum += ideal(NULL, &step);
  }
  return sum;
}

static void a_ranking_is_asked_for_best_first(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  f.config.kind = HEED_RANKING;
  f.config.options = 4;
  f.config.comparisons = 3;
  ask(&f);
  for (size_t i = 0; i < 3; i++) {
    const heed_choice *c = &f.choices.items[i];
    assert_int_equal(c->kind, HEED_RANKING);
    assert_int_equal(c->query.option_count, 4 - i);
    assert_int_equal(c->chosen, 0);
    assert_true(c->tie == 0);
  }
  /* in the order of the person's wishes */
  const heed_query *all = &f.choices.items[0].query;
  for (uint32_t i = 1; i < 4; i++) {
    assert_true(wished(&all->options[i - 1]) >= wished(&all->options[i]));
  }
  fixture_deinit(&f);
}

/* ---- whole answers of one person --------------------------------------------------------------- */

enum { SCRIPT_MAX = 16, UNDO = -10, QUIT = -11 };

/* Answers by a script: a response, HEED_CHOICE_SKIP, UNDO or QUIT. */
typedef struct script {
  int32_t answers[SCRIPT_MAX];
  size_t next;
  uint32_t options[SCRIPT_MAX]; /* of what was asked */
} script;

static heed_status answer_by_script(void *self, const heed_query *query, size_t asked,
                                    heed_choice *choice, heed_answer_status *status,
                                    heed_error *err) {
  script *s = self;
  (void)asked;
  (void)err;
  assert_true(s->next < SCRIPT_MAX);
  s->options[s->next] = query->option_count;
  int32_t answer = s->answers[s->next++];
  *status = answer == UNDO ? HEED_UNDO : answer == QUIT ? HEED_QUIT : HEED_ANSWERED;
  choice->chosen = answer;
  choice->beta = 1;
  return HEED_OK;
}

static void ask_by_script(fixture *f, script *s, heed_store *store) {
  heed_reward_report report;
  heed_error err = {0};
  heed_teacher teacher = {.name = "ann", .self = s, .answer = answer_by_script};
  f->parties.teacher = &teacher;
  f->parties.store = store;
  f->config.questions = HEED_QUESTIONS_UNIFORM;
  f->config.comparisons = 100;
  assert_ok(heed_ask(&f->parties, &f->config, &f->master, &f->choices, NULL, &report, &err), &err);
  f->parties.teacher = &f->teacher;
  f->parties.store = NULL;
}

static heed_store *open_store(const fixture *f, char *path) {
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(f->dynamics);
  heed_store *store = NULL;
  heed_error err = {0};
  assert_ok(heed_store_open(path, &spec->obs_space, &spec->action_space, 1000, &store, &err), &err);
  return store;
}

/* Somebody else answers the question that was asked first, in the store and the list. */
static void answer_as(fixture *f, heed_store *store, const char *who) {
  heed_error err = {0};
  heed_choice choice = {.query.option_count = 2, .beta = 1};
  heed_store_context context = {.who = who, .topic = "test", .model = ""};
  (void)snprintf(choice.who, sizeof choice.who, "%s", who);
  for (int i = 0; i < 2; i++) {
    assert_ok(heed_segment_init(&choice.query.options[i], STEPS, 1, &err), &err);
    memset(choice.query.options[i].obs, i, STEPS + 1);
  }
  if (store != NULL) {
    assert_ok(heed_store_append(store, &choice, &context, &err), &err);
  }
  assert_ok(heed_choices_append(&f->choices, &choice, &err), &err);
}

static void check_count(heed_store *store, size_t expected) {
  size_t count = 0;
  heed_error err = {0};
  if (store != NULL) {
    assert_ok(heed_store_count(store, "test", &count, &err), &err);
    assert_int_equal(count, expected);
  }
}

/* Both with a store and without one. */
static void each_way(void (*check)(fixture *f, heed_store *store)) {
  for (int has_store = 0; has_store < 2; has_store++) {
    fixture f;
    fixture_init(&f);
    char path[] = "/tmp/heed_ask_XXXXXX";
    heed_store *store = NULL;
    if (has_store) {
      int file = mkstemp(path);
      assert_true(file >= 0);
      assert_int_equal(close(file), 0);
      store = open_store(&f, path);
    }
    check(&f, store);
    heed_store_close(store);
    if (has_store) {
      assert_int_equal(unlink(path), 0);
    }
    fixture_deinit(&f);
  }
}

static void check_whole(fixture *f, heed_store *store) {
  f->config.kind = HEED_RANKING;
  f->config.options = 4;
  script s = {.answers = {2, 1, 0, 0, UNDO, 1, 1, 1, UNDO, QUIT}};
  /* place by place; the second ranking's first place is given back and told anew; then it is withdrawn */
  static const uint32_t options[] = {4, 3, 2, 4, 3, 4, 3, 2, 4, 4};
  ask_by_script(f, &s, store);
  assert_int_equal(s.next, 10);
  assert_memory_equal(s.options, options, sizeof options);
  assert_int_equal(f->choices.count, 3);
  check_count(store, 1);
}

static void a_ranking_is_one_answer_and_is_taken_back_whole(void **state) {
  (void)state;
  each_way(check_whole);
}

static void check_own(fixture *f, heed_store *store) {
  script s = {.answers = {1, QUIT}};
  ask_by_script(f, &s, store);
  answer_as(f, store, "bob");
  script back = {.answers = {UNDO, UNDO, QUIT}};
  ask_by_script(f, &back, store);
  assert_int_equal(f->choices.count, 1);
  assert_string_equal(f->choices.items[0].who, "bob");
  check_count(store, 1);
}

static void only_own_answers_are_taken_back(void **state) {
  (void)state;
  each_way(check_own);
}

static void check_cut_short(fixture *f, heed_store *store) {
  f->config.kind = HEED_RANKING;
  f->config.options = 4;
  script s = {.answers = {3, HEED_CHOICE_SKIP, 0, 1, QUIT}};
  ask_by_script(f, &s, store);
  assert_int_equal(f->choices.count, 3); /* one place, then two */
  assert_int_equal(f->choices.items[0].query.option_count, 4);
  assert_int_equal(f->choices.items[1].query.option_count, 4);
  assert_int_equal(f->choices.items[2].query.option_count, 3);
  check_count(store, 3);
}

static void what_was_told_of_a_ranking_is_kept(void **state) {
  (void)state;
  each_way(check_cut_short);
}

/* Of a crowd, who told the first place tells the others: all places of a ranking are one person's. */
static void a_ranking_is_one_persons(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  heed_simulated_person people[2] = {f.person, f.person};
  people[0].name = "ann";
  people[1].name = "bob";
  heed_simulated_crowd crowd = {.people = people, .count = 2, .rng = f.master};
  heed_teacher teacher = heed_simulated_crowd_teacher(&crowd);
  f.parties.teacher = &teacher;
  f.config.kind = HEED_RANKING;
  f.config.options = 4;
  f.config.comparisons = 30;
  ask(&f);
  uint32_t anns = 0;
  for (size_t i = 0; i < f.choices.count; i++) {
    anns += strcmp(f.choices.items[i].who, "ann") == 0;
    assert_string_equal(f.choices.items[i].who, f.choices.items[i - i % 3].who);
  }
  assert_true(anns > 0 && anns < 30);
  assert_int_equal(people[0].answers + people[1].answers, 30);
  assert_int_equal(people[0].answers, anns);
  fixture_deinit(&f);
}

static void comparisons_can_have_more_options(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  f.config.options = 3;
  ask(&f);
  for (size_t i = 0; i < f.choices.count; i++) {
    assert_int_equal(f.choices.items[i].query.option_count, 3);
  }
  assert_true(worth_of(&f, TRAP) < worth_of(&f, WORK));
  fixture_deinit(&f);
}

static void ratings_and_labels_teach_as_well(void **state) {
  (void)state;
  static const heed_choice_kind kinds[] = {HEED_RATING, HEED_LABEL};
  for (int k = 0; k < 2; k++) {
    fixture f;
    fixture_init(&f);
    f.config.kind = kinds[k];
    f.config.comparisons = 16;
    ask(&f);
    for (size_t i = 0; i < f.choices.count; i++) {
      const heed_choice *c = &f.choices.items[i];
      assert_int_equal(c->kind, kinds[k]);
      assert_int_equal(c->query.option_count, 1);
      assert_true(kinds[k] == HEED_RATING || c->query.options[0].steps == 1);
    }
    assert_true(worth_of(&f, TRAP) < worth_of(&f, WORK));
    fixture_deinit(&f);
  }
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void refuse(const fixture *f, const heed_ask_parties *parties, const heed_ask_config *config,
                   const char *why) {
  (void)f;
  heed_asker *asker = NULL;
  heed_error err = {0};
  assert_int_equal(heed_asker_create(parties, config, &asker, &err), HEED_ERR_ARG);
  assert_null(asker);
  assert_non_null(strstr(err.message, why));
}

static void what_does_not_go_together_is_refused(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  heed_ask_parties alone = f.parties;
  alone.dynamics = NULL;
  heed_ask_config c = f.config;
  c.questions = HEED_QUESTIONS_REQUEST;
  refuse(&f, &alone, &c, "questions=request needs a dynamics model");
  c.candidates = 4;
  refuse(&f, &f.parties, &c, "out of range");
  c = f.config;
  c.questions = HEED_QUESTIONS_DECISION;
  refuse(&f, &alone, &c, "questions=decision needs a dynamics model");
  c = f.config;
  c.options = 5;
  c.batch = 6;
  refuse(&f, &f.parties, &c, "joint answers");
  c = f.config;
  c.candidates = 3;
  c.options = 4;
  refuse(&f, &f.parties, &c, "options 4 of 3 candidates");
  c = f.config;
  c.mistakes = (double)NAN;
  refuse(&f, &f.parties, &c, "out of range");
  fixture_deinit(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_ranking_is_asked_for_best_first),
      cmocka_unit_test(a_ranking_is_one_answer_and_is_taken_back_whole),
      cmocka_unit_test(only_own_answers_are_taken_back),
      cmocka_unit_test(what_was_told_of_a_ranking_is_kept),
      cmocka_unit_test(a_ranking_is_one_persons),
      cmocka_unit_test(comparisons_can_have_more_options),
      cmocka_unit_test(ratings_and_labels_teach_as_well),
      cmocka_unit_test(what_does_not_go_together_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
