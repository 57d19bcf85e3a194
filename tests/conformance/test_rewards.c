/* test_rewards.c: what every registered reward model must do, whatever it is. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/allocations.h"
#include "reward/fixture.h"
#include "reward/reward.h"

/* ---- the models ----------------------------------------------------------------------------- */

enum { STEPS = 16 };

/* Every model with its defaults, and some with settings that make it do more. */
static const struct {
  const char *name;
  const char *params;
} extras[] = {
    {"formula", "formula={50*change[1,2] - share[0] - (share[3] > 0.2)}"},
    {"linear", "prior_scale=2,discount=0.9"},
    {"linear", "samples=16,prior_scale=5"},
    {"scale", "factor=-2,offset=1"},
    {"tabular", "of=next,rank=64"},
};

typedef struct subject {
  heed_reward *model;
  heed_choices choices;
  heed_step steps[STEPS]; /* borrowed from the choices */
  void *workspace;        /* for STEPS rows */
  void *hypothesis;       /* NULL when the model has none */
} subject;

static heed_reward *create(const char *name, const char *params) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_create(name, params, &obs_space, &action_space, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

/* What is made of others is made of a linear reward and a formula, as far as it takes them. */
static heed_reward *wrap(const char *name, const char *params, const heed_choices *choices) {
  heed_reward *parts[2] = {create("linear", "prior_scale=3"), NULL};
  if (choices != NULL) {
    assert_int_equal(heed_reward_learn(parts[0], choices, NULL, NULL, NULL), HEED_OK);
  }
  size_t count = heed_reward_find(name)->part_max > 1 ? 2 : 1;
  parts[1] = count > 1 ? create("formula", "formula={2*change[1,2] - share[0]}") : NULL;
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_combine(name, params, parts, count, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

static void subject_init(subject *s, const char *name, const char *params, bool is_taught) {
  *s = (subject){0};
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 23);
  for (size_t i = 0; i < STEPS; i++) {
    heed_choice choice = fixture_choice(2 + (uint32_t)(i % 3), 2, &rng);
    assert_int_equal(heed_choices_append(&s->choices, &choice, NULL), HEED_OK);
    s->steps[i] = heed_segment_step(&s->choices.items[i].query.options[0], 0);
  }
  bool is_wrapper = heed_reward_find(name)->part_max > 0;
  s->model = is_wrapper ? wrap(name, params, is_taught ? &s->choices : NULL) : create(name, params);
  if (is_taught && heed_reward_ops_of(s->model)->learn != NULL &&
      heed_reward_learn(s->model, &s->choices, NULL, NULL, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  s->workspace = malloc(heed_reward_workspace_size(s->model, STEPS) + 1);
  assert_non_null(s->workspace);
  if (heed_reward_spec_of(s->model)->hypothesis_size > 0) {
    s->hypothesis = malloc(heed_reward_spec_of(s->model)->hypothesis_size);
    assert_non_null(s->hypothesis);
    heed_reward_draw(s->model, &rng, s->hypothesis);
  }
}

static void subject_deinit(subject *s) {
  free(s->workspace);
  free(s->hypothesis);
  heed_choices_deinit(&s->choices);
  heed_reward_destroy(s->model);
}

/* Runs a check on every model: fresh and taught, with default and other settings. */
static void for_each_model(void (*check)(subject *s)) {
  size_t extra_count = sizeof extras / sizeof extras[0];
  for (size_t i = 0; i < heed_reward_count() + extra_count; i++) {
    bool is_extra = i >= heed_reward_count();
    const char *name = is_extra ? extras[i - heed_reward_count()].name : heed_reward_at(i)->name;
    const char *params = is_extra ? extras[i - heed_reward_count()].params : NULL;
    for (int is_taught = 0; is_taught <= 1; is_taught++) {
      print_message("             %s, %s\n", name, is_taught ? "taught" : "fresh");
      subject s;
      subject_init(&s, name, params, is_taught != 0);
      check(&s);
      subject_deinit(&s);
    }
  }
}

/* ---- checks --------------------------------------------------------------------------------- */

static void check_table(subject *s) {
  const heed_reward_ops *ops = heed_reward_ops_of(s->model);
  assert_ptr_equal(heed_reward_find(ops->name), ops);
  assert_true(ops->summary != NULL && ops->summary[0] != '\0');
  assert_true(ops->create != NULL && ops->destroy != NULL && ops->score != NULL);
  assert_true((ops->draw != NULL) == (heed_reward_spec_of(s->model)->hypothesis_size > 0));
  assert_true((ops->save != NULL) == (ops->load != NULL));
  assert_int_equal(heed_reward_spec_of(s->model)->hypothesis_size % 8, 0);
}

static void check_finite(subject *s) {
  double mean[STEPS];
  double spread[STEPS];
  heed_reward_score(s->model, s->steps, STEPS, NULL, mean, spread, s->workspace);
  for (size_t i = 0; i < STEPS; i++) {
    assert_true(isfinite(mean[i]));
    assert_true(isfinite(spread[i]) && spread[i] >= 0);
  }
  if (s->hypothesis != NULL) {
    heed_reward_score(s->model, s->steps, STEPS, s->hypothesis, mean, spread, s->workspace);
    for (size_t i = 0; i < STEPS; i++) {
      assert_true(isfinite(mean[i]));
      assert_near(spread[i], 0, 0);
    }
  }
}

/* To the bit, from the back, with other rows around, and with a workspace full of rubbish. */
static void check_rows(subject *s) {
  for (int k = 0; k < (s->hypothesis != NULL ? 2 : 1); k++) {
    const void *hypothesis = k == 0 ? NULL : s->hypothesis;
    double mean[STEPS];
    double spread[STEPS];
    double plain[STEPS];
    heed_reward_score(s->model, s->steps, STEPS, hypothesis, mean, spread, s->workspace);
    heed_reward_score(s->model, s->steps, STEPS, hypothesis, plain, NULL, s->workspace);
    assert_memory_equal(mean, plain, sizeof mean);
    for (size_t i = STEPS; i-- > 0;) {
      double one_mean;
      double one_spread;
      memset(s->workspace, 0xA5, heed_reward_workspace_size(s->model, STEPS));
      heed_reward_score(s->model, &s->steps[i], 1, hypothesis, &one_mean, &one_spread,
                        s->workspace);
      assert_memory_equal(&one_mean, &mean[i], sizeof one_mean);
      assert_memory_equal(&one_spread, &spread[i], sizeof one_spread);
    }
  }
}

/* Models that say so never look at observations. */
static void check_blindness(subject *s) {
  if (!heed_reward_ops_of(s->model)->ignores_obs) {
    return;
  }
  double seen[STEPS];
  double unseen[STEPS];
  heed_step steps[STEPS];
  for (size_t i = 0; i < STEPS; i++) {
    steps[i] = s->steps[i];
    steps[i].obs = NULL;
    steps[i].next_obs = NULL;
  }
  heed_reward_score(s->model, s->steps, STEPS, NULL, seen, NULL, s->workspace);
  heed_reward_score(s->model, steps, STEPS, NULL, unseen, NULL, s->workspace);
  assert_memory_equal(seen, unseen, sizeof seen);
}

static void check_allocations(subject *s) {
  double mean[STEPS];
  double spread[STEPS];
  size_t before = allocations;
  assert_true(before > 0); /* the counter is connected */
  heed_reward_score(s->model, s->steps, STEPS, NULL, mean, spread, s->workspace);
  if (s->hypothesis != NULL) {
    heed_rng rng;
    heed_rng_init(&rng, 1);
    heed_reward_draw(s->model, &rng, s->hypothesis);
    heed_reward_score(s->model, s->steps, STEPS, s->hypothesis, mean, spread, s->workspace);
  }
  assert_int_equal(allocations, before);
}

/* Is a model indistinguishable from the subject's? */
static void compare_models(subject *s, const heed_reward *other) {
  assert_string_equal(heed_reward_ops_of(other)->name, heed_reward_ops_of(s->model)->name);
  assert_string_equal(heed_reward_params_of(other), heed_reward_params_of(s->model));
  assert_true(heed_space_equal(&heed_reward_spec_of(other)->obs_space,
                               &heed_reward_spec_of(s->model)->obs_space));
  assert_true(heed_space_equal(&heed_reward_spec_of(other)->action_space,
                               &heed_reward_spec_of(s->model)->action_space));
  double mean[2][STEPS];
  double spread[2][STEPS];
  heed_reward_score(s->model, s->steps, STEPS, NULL, mean[0], spread[0], s->workspace);
  heed_reward_score(other, s->steps, STEPS, NULL, mean[1], spread[1], s->workspace);
  assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
  assert_memory_equal(spread[0], spread[1], sizeof spread[0]);
  for (size_t i = 0;; i++) {
    char one[256];
    char two[256];
    bool is_more = heed_reward_explain(s->model, i, one, sizeof one);
    assert_int_equal(heed_reward_explain(other, i, two, sizeof two), is_more);
    if (!is_more) {
      break;
    }
    assert_string_equal(one, two);
  }
  size_t size = heed_reward_spec_of(s->model)->hypothesis_size;
  assert_int_equal(heed_reward_spec_of(other)->hypothesis_size, size);
  if (size > 0) {
    heed_rng rng;
    heed_rng_init(&rng, 77);
    heed_rng again = rng;
    void *drawn = malloc(size);
    assert_non_null(drawn);
    heed_reward_draw(s->model, &rng, s->hypothesis);
    heed_reward_draw(other, &again, drawn);
    assert_memory_equal(s->hypothesis, drawn, size);
    free(drawn);
  }
}

static void check_files(subject *s) {
  char path[] = "/tmp/heed-reward-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  heed_card card = {0};
  heed_card_text(&card, "environment", "fixture");
  heed_error err = {0};
  if (heed_reward_save(s->model, &card, path, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  heed_reward *loaded = NULL;
  heed_card read = {0};
  if (heed_reward_load(path, &loaded, &read, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  assert_string_equal(heed_card_find(&read, "environment")->text, "fixture");
  compare_models(s, loaded);
  heed_reward_destroy(loaded);
  (void)unlink(path);
}

static void check_repeated_learning(subject *s) {
  heed_error err = {0};
  heed_status status = heed_reward_learn(s->model, &s->choices, NULL, NULL, &err);
  if (heed_reward_ops_of(s->model)->learn == NULL) {
    assert_int_equal(status, HEED_ERR_STATE);
    return;
  }
  assert_int_equal(status, HEED_OK);
  double first[STEPS];
  double second[STEPS];
  heed_reward_score(s->model, s->steps, STEPS, NULL, first, NULL, s->workspace);
  assert_int_equal(heed_reward_learn(s->model, &s->choices, NULL, NULL, &err), HEED_OK);
  heed_reward_score(s->model, s->steps, STEPS, NULL, second, NULL, s->workspace);
  assert_memory_equal(first, second, sizeof first);
}

#define MODEL_TEST(sentence, check)    \
  static void sentence(void **state) { \
    (void)state;                       \
    for_each_model(check);             \
  }

/* Without parts, what takes parts scores 0. */
static void models_of_no_parts_score_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < heed_reward_count(); i++) {
    if (heed_reward_at(i)->part_max == 0) {
      assert_null(heed_reward_at(i)->combine);
      continue;
    }
    assert_non_null(heed_reward_at(i)->combine);
    heed_reward *model = create(heed_reward_at(i)->name, NULL);
    const uint8_t cells[FIXTURE_CELLS] = {0};
    heed_step step = {.obs = cells, .next_obs = cells, .channel = 3};
    double mean = 1;
    double spread = 1;
    double workspace[16];
    assert_true(heed_reward_workspace_size(model, 1) <= sizeof workspace);
    heed_reward_score(model, &step, 1, NULL, &mean, &spread, workspace);
    assert_near(mean, 0, 0);
    assert_near(spread, 0, 0);
    heed_reward_destroy(model);
  }
}

MODEL_TEST(tables_are_complete, check_table)
MODEL_TEST(scores_are_finite, check_finite)
MODEL_TEST(rows_are_scored_independently, check_rows)
MODEL_TEST(what_is_said_to_be_ignored_is, check_blindness)
MODEL_TEST(scoring_does_not_allocate, check_allocations)
MODEL_TEST(saved_models_come_back_to_the_bit, check_files)
MODEL_TEST(learning_twice_equals_learning_once, check_repeated_learning)

static void names_are_distinct(void **state) {
  (void)state;
  for (size_t i = 0; i < heed_reward_count(); i++) {
    assert_ptr_equal(heed_reward_find(heed_reward_at(i)->name), heed_reward_at(i));
  }
  assert_null(heed_reward_find("nothing"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_distinct),
      cmocka_unit_test(models_of_no_parts_score_nothing),
      cmocka_unit_test(tables_are_complete),
      cmocka_unit_test(scores_are_finite),
      cmocka_unit_test(rows_are_scored_independently),
      cmocka_unit_test(what_is_said_to_be_ignored_is),
      cmocka_unit_test(scoring_does_not_allocate),
      cmocka_unit_test(saved_models_come_back_to_the_bit),
      cmocka_unit_test(learning_twice_equals_learning_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
