/* test_ask.c: questions about a small world with something planted in it.
 *
 *   work (1) <-> home (0) -> corridor (2) -> trap (3) -> trap ...
 *
 * Action 0 goes between home and work, action 1 towards the trap, where it stays. Nobody has ever been
 * beyond home and work. The person likes work and hates the trap. */
#include "agent/ask.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/near.h"
#include "planner/mdp.h"

enum { HOME, WORK, CORRIDOR, TRAP, STATES };
enum { STEPS = 6 };

static void build(mdp *m) {
  static const uint8_t next[STATES][2] = {
      {WORK, CORRIDOR}, {HOME, CORRIDOR}, {HOME, TRAP}, {TRAP, TRAP}};
  memset(m, 0, sizeof *m);
  m->states = STATES;
  m->actions = 2;
  for (int s = 0; s < STATES; s++) {
    m->p[s][0][next[s][0]] = 1;
    m->p[s][1][next[s][1]] = 1;
  }
}

static double ideal(const void *self, const heed_step *step) {
  (void)self;
  uint8_t seen = *(const uint8_t *)step->next_obs;
  return seen == WORK ? 1 : seen == TRAP ? -1 : 0;
}

/* All that asking takes. */
typedef struct fixture {
  mdp world;
  heed_dynamics *dynamics;
  heed_experience *experience;
  heed_reward *reward;
  heed_choices choices;
  heed_simulated_person person;
  heed_teacher teacher;
  heed_ask_parties parties;
  heed_ask_config config;
  heed_rng master;
} fixture;

/* Lives between home and work: eight episodes that stay home a while before they go. */
static void live(fixture *f) {
  heed_error err = {0};
  for (int e = 0; e < 8; e++) {
    uint8_t obs = HOME;
    assert_ok(heed_experience_begin(f->experience, &obs, &err), &err);
    for (int t = 0; t < STEPS; t++) {
      obs = (t + e) % 3 == 0 ? WORK : HOME;
      assert_ok(
          heed_experience_append(f->experience, (heed_action){0}, &obs, (heed_outcome){0}, &err),
          &err);
    }
  }
}

static void fixture_init(fixture *f) {
  heed_error err = {0};
  memset(f, 0, sizeof *f);
  build(&f->world);
  f->dynamics = mdp_dynamics(&f->world);
  f->reward = mdp_reward(&f->world, "linear", NULL);
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(f->dynamics);
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &f->experience, &err),
            &err);
  live(f);
  heed_rng_init(&f->master, 5);
  f->person = (heed_simulated_person){.judge = {.appraise = ideal},
                                      .params = heed_simulated_find("oracle")->params};
  heed_rng_init(&f->person.rng, 6);
  f->teacher = heed_simulated_teacher(&f->person);
  f->parties = (heed_ask_parties){.dynamics = f->dynamics,
                                  .experience = f->experience,
                                  .reward = f->reward,
                                  .teacher = &f->teacher,
                                  .topic = "test"};
  f->config = heed_ask_config_default();
  f->config.segment_steps = STEPS;
  f->config.draws = 40;
  f->config.beta = 1;
  f->config.planner.simulations = 60;
  f->config.comparisons = 8;
}

static void fixture_deinit(fixture *f) {
  heed_choices_deinit(&f->choices);
  heed_reward_destroy(f->reward);
  heed_experience_destroy(f->experience);
  heed_dynamics_destroy(f->dynamics);
}

static bool visits(const heed_segment *segment, uint8_t state) {
  for (uint32_t t = 1; t <= segment->steps; t++) {
    if (segment->obs[t] == state) {
      return true;
    }
  }
  return false;
}

static bool is_shown(const heed_query *query, uint8_t state) {
  for (uint32_t i = 0; i < query->option_count; i++) {
    if (visits(&query->options[i], state)) {
      return true;
    }
  }
  return false;
}

static uint32_t count_shown(const fixture *f, uint8_t state) {
  uint32_t count = 0;
  for (size_t i = 0; i < f->choices.count; i++) {
    count += is_shown(&f->choices.items[i].query, state);
  }
  return count;
}

/* The mean reward of being in a state. */
static double worth_of(const fixture *f, uint8_t state) {
  heed_step step = {.obs = &state, .next_obs = &state};
  double mean = 0;
  void *workspace = calloc(1, heed_reward_workspace_size(f->reward, 1) + 1);
  heed_reward_score(f->reward, &step, 1, NULL, &mean, NULL, workspace);
  free(workspace);
  return mean;
}

/* Plants a wrong wish: somebody once said that being in the trap is better than being at home. */
static void mislead(fixture *f) {
  heed_error err = {0};
  heed_reward_report report;
  heed_choice choice = {.query.option_count = 2, .beta = 1};
  for (int i = 0; i < 2; i++) {
    assert_ok(heed_segment_init(&choice.query.options[i], STEPS, 1, &err), &err);
    memset(choice.query.options[i].obs, i == 0 ? TRAP : HOME, STEPS + 1);
  }
  heed_choices wrong = {0};
  assert_ok(heed_choices_append(&wrong, &choice, &err), &err);
  assert_ok(heed_reward_learn(f->reward, &wrong, NULL, &report, &err), &err);
  assert_true(worth_of(f, TRAP) > 0.2);
  heed_choices_deinit(&wrong);
}

static void ask(fixture *f) {
  heed_reward_report report;
  heed_error err = {0};
  assert_ok(heed_ask(&f->parties, &f->config, &f->master, &f->choices, NULL, &report, &err), &err);
  assert_int_equal(f->choices.count, f->config.comparisons);
}

/* ---- ReQueST -------------------------------------------------------------------------------- */

static void make_first(fixture *f, heed_query *query) {
  heed_asker *asker = NULL;
  heed_error err = {0};
  heed_rng rng = heed_rng_derive(&f->master, HEED_STREAM_QUERY, 0);
  assert_ok(heed_asker_create(&f->parties, &f->config, &asker, &err), &err);
  assert_ok(heed_asker_make(asker, &f->choices, &rng, query, 1, &err), &err);
  heed_asker_destroy(asker);
}

static void request_shows_the_exploit_before_it_is_lived(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  mislead(&f);
  f.config.questions = HEED_QUESTIONS_REQUEST;
  heed_query first = {0};
  make_first(&f, &first);
  assert_string_equal(first.strategy, "request: highest");
  assert_true(is_shown(&first, TRAP));
  heed_query_deinit(&first);

  ask(&f); /* and the person says what it thinks of it */
  assert_true(count_shown(&f, TRAP) >= 1);
  assert_true(worth_of(&f, TRAP) < worth_of(&f, HOME));
  assert_true(worth_of(&f, TRAP) < worth_of(&f, WORK));
  fixture_deinit(&f);
}

static void experience_alone_never_shows_it(void **state) {
  (void)state;
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_UNIFORM;
  ask(&f);
  assert_int_equal(count_shown(&f, TRAP), 0);
  f.parties.dynamics = NULL;
  f.config.questions = HEED_QUESTIONS_INFORMATION;
  f.config.comparisons = 12;
  ask(&f);
  assert_int_equal(count_shown(&f, TRAP), 0);
  fixture_deinit(&f);
}

static void request_keeps_to_what_the_dynamics_knows(void **state) {
  (void)state;
  for (int is_realistic = 0; is_realistic < 2; is_realistic++) {
    fixture f;
    fixture_init(&f);
    mislead(&f);
    f.world.nats[HOME][1] = f.world.nats[WORK][1] = 2;
    f.config.questions = HEED_QUESTIONS_REQUEST;
    f.config.realism = is_realistic ? 100 : 0;
    heed_query first = {0};
    make_first(&f, &first);
    assert_int_equal(is_shown(&first, TRAP), !is_realistic);
    heed_query_deinit(&first);
    fixture_deinit(&f);
  }
}

static void request_takes_its_aims_in_turn(void **state) {
  (void)state;
  static const char *const names[] = {"request: highest", "request: lowest", "request: uncertain",
                                      "request: novel"};
  fixture f;
  fixture_init(&f);
  f.config.questions = HEED_QUESTIONS_REQUEST;
  ask(&f);
  for (size_t i = 0; i < f.choices.count; i++) {
    assert_string_equal(f.choices.items[i].query.strategy, names[i % 4]);
  }
  fixture_deinit(&f);
}

/* ---- which question ------------------------------------------------------------------------- */

/* By each strategy that imagines, the trap is asked about, and is known for what it is in the end. */
static void all_that_imagine_learn_of_the_trap(void **state) {
  (void)state;
  static const heed_questions imagining[] = {HEED_QUESTIONS_INFORMATION, HEED_QUESTIONS_DECISION,
                                             HEED_QUESTIONS_DISAGREEMENT, HEED_QUESTIONS_ENTROPY,
                                             HEED_QUESTIONS_REQUEST};
  for (size_t i = 0; i < sizeof imagining / sizeof imagining[0]; i++) {
    fixture f;
    fixture_init(&f);
    f.config.questions = imagining[i];
    f.config.comparisons = 12;
    ask(&f);
    assert_true(worth_of(&f, TRAP) < worth_of(&f, WORK));
    fixture_deinit(&f);
  }
}

static void no_two_questions_of_a_batch_are_alike(void **state) {
  (void)state;
  static const heed_questions all[] = {HEED_QUESTIONS_INFORMATION, HEED_QUESTIONS_DECISION,
                                       HEED_QUESTIONS_REQUEST};
  for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
    fixture f;
    fixture_init(&f);
    f.config.questions = all[k];
    f.config.batch = 4;
    heed_query queries[4];
    heed_asker *asker = NULL;
    heed_error err = {0};
    heed_rng rng = heed_rng_derive(&f.master, HEED_STREAM_QUERY, 0);
    assert_ok(heed_asker_create(&f.parties, &f.config, &asker, &err), &err);
    assert_ok(heed_asker_make(asker, &f.choices, &rng, queries, 4, &err), &err);
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < i; j++) {
        bool is_same = true;
        for (int o = 0; o < 2; o++) {
          const heed_segment *a = &queries[i].options[o];
          const heed_segment *b = &queries[j].options[o];
          is_same = is_same && a->steps == b->steps && memcmp(a->obs, b->obs, a->steps + 1) == 0;
        }
        assert_false(is_same);
      }
    }
    for (int i = 0; i < 4; i++) {
      heed_query_deinit(&queries[i]);
    }
    heed_asker_destroy(asker);
    fixture_deinit(&f);
  }
}

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
      cmocka_unit_test(request_shows_the_exploit_before_it_is_lived),
      cmocka_unit_test(experience_alone_never_shows_it),
      cmocka_unit_test(request_keeps_to_what_the_dynamics_knows),
      cmocka_unit_test(request_takes_its_aims_in_turn),
      cmocka_unit_test(all_that_imagine_learn_of_the_trap),
      cmocka_unit_test(no_two_questions_of_a_batch_are_alike),
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
