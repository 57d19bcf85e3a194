/* test_memory.c: each allocation of the library is made to fail in turn. What fails says so, leaves what
 * was there as it was, and leaks nothing (AddressSanitizer looks). */
#include <stdlib.h>
#include <unistd.h>

#include "core/allocations.h"
#include "reward/fixture.h"
#include "reward/reward.h"
#include "reward/store.h"

/* Repeats an attempt, with allocation 0, 1, 2, ... failing, until it gets by without reaching the one
 * that would fail. */
static void fail_in_turn(heed_status (*attempt)(void *context, heed_error *err), void *context) {
  bool is_through = false;
  size_t tried = 0;
  for (; !is_through; tried++) {
    heed_error err = {0};
    until_failure = tried;
    heed_status status = attempt(context, &err);
    is_through = until_failure != SIZE_MAX; /* else it ran down, past 0 */
    until_failure = SIZE_MAX;
    if (status != (is_through ? HEED_OK : HEED_ERR_NOMEM)) {
      fail_msg("allocation %zu: '%s' (%s)", tried, err.message, heed_status_text(status));
    }
  }
  assert_true(tried > 3);
}

/* ---- attempts ------------------------------------------------------------------------------- */

typedef struct world {
  heed_space obs_space, action_space;
  const char *name, *params; /* of the model */
  heed_choices choices;
  heed_reward *model;  /* taught by the first half of the choices */
  double mean, spread; /* under it, of a step that the second half is about */
  unsigned char workspace[8192];
  char path[64];
} world;

static void score(world *w, double *mean, double *spread) {
  heed_step step = heed_segment_step(&w->choices.items[7].query.options[0], 0);
  assert_true(heed_reward_workspace_size(w->model, 1) <= sizeof w->workspace);
  heed_reward_score(w->model, &step, 1, NULL, mean, spread, w->workspace);
}

static int set_up_model(void **state, const char *name, const char *params) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  *state = w;
  w->obs_space = fixture_obs_space();
  w->action_space = fixture_action_space();
  strcpy(w->path, "/tmp/heed-memory-XXXXXX");
  int descriptor = mkstemp(w->path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  heed_rng rng;
  heed_rng_init(&rng, 3);
  for (size_t i = 0; i < 8; i++) {
    heed_choice choice = fixture_choice(2, 2, &rng);
    assert_int_equal(heed_choices_append(&w->choices, &choice, NULL), HEED_OK);
  }
  w->name = name;
  w->params = params;
  assert_int_equal(
      heed_reward_create(name, params, &w->obs_space, &w->action_space, &w->model, NULL), HEED_OK);
  heed_choices half = {.count = 4, .items = w->choices.items};
  assert_int_equal(heed_reward_learn(w->model, &half, NULL, NULL, NULL), HEED_OK);
  score(w, &w->mean, &w->spread);
  return 0;
}

static int set_up(void **state) {
  return set_up_model(state, "linear", "");
}

/* One member: one thread at a time allocates. */
static int set_up_ensemble(void **state) {
  return set_up_model(state, "ensemble", "members=1,width=4,epochs=3,infer_mistakes=true");
}

static int tear_down(void **state) {
  world *w = *state;
  heed_reward_destroy(w->model);
  heed_choices_deinit(&w->choices);
  (void)unlink(w->path);
  free(w);
  return 0;
}

static heed_status attempt_create(void *context, heed_error *err) {
  world *w = context;
  heed_reward *model = NULL;
  heed_status status =
      heed_reward_create(w->name, w->params, &w->obs_space, &w->action_space, &model, err);
  assert_true((status == HEED_OK) == (model != NULL));
  heed_reward_destroy(model);
  return status;
}

static heed_status attempt_learn(void *context, heed_error *err) {
  world *w = context;
  heed_status status = heed_reward_learn(w->model, &w->choices, NULL, NULL, err);
  double mean;
  double spread;
  score(w, &mean, &spread);
  bool is_as_before = mean == w->mean && spread == w->spread;
  assert_true(is_as_before == (status != HEED_OK));
  return status;
}

static heed_status attempt_save(void *context, heed_error *err) {
  const world *w = context;
  return heed_reward_save(w->model, NULL, w->path, err);
}

static heed_status attempt_load(void *context, heed_error *err) {
  const world *w = context;
  heed_reward *model = NULL;
  heed_status status = heed_reward_load(w->path, &model, NULL, err);
  assert_true((status == HEED_OK) == (model != NULL));
  heed_reward_destroy(model);
  return status;
}

static heed_status attempt_append(void *context, heed_error *err) {
  (void)context;
  heed_choices choices = {0};
  heed_status status = HEED_OK;
  heed_rng rng;
  heed_rng_init(&rng, 6);
  for (size_t i = 0; i < 70 && status == HEED_OK; i++) {
    heed_choice choice = {.beta = 1};
    status = heed_segment_init(&choice.query.options[0], 1, FIXTURE_CELLS, err);
    if (status == HEED_OK) {
      status = heed_choices_append(&choices, &choice, err);
    }
  }
  heed_choices_deinit(&choices);
  return status;
}

/* Opens, answers, reads: SQLite's own memory is not the library's and does not fail here. */
static heed_status attempt_store(void *context, heed_error *err) {
  world *w = context;
  (void)unlink(w->path); /* the store must not grow from attempt to attempt */
  heed_store *store = NULL;
  heed_choices read = {0};
  heed_store_context asked = {.who = "ann", .topic = "task", .model = ""};
  heed_status status = heed_store_open(w->path, &w->obs_space, &w->action_space, 1000, &store, err);
  if (status == HEED_OK) {
    status = heed_store_append(store, &w->choices.items[0], &asked, err);
  }
  if (status == HEED_OK) {
    status = heed_store_read(store, "task", &read, err);
  }
  assert_true(status == HEED_OK || read.count == 0);
  heed_choices_deinit(&read);
  heed_store_close(store);
  return status;
}

static void creating_without_memory_fails_cleanly(void **state) {
  fail_in_turn(attempt_create, *state);
}

static void learning_without_memory_changes_nothing(void **state) {
  fail_in_turn(attempt_learn, *state);
}

static int set_up_samples(void **state) {
  return set_up_model(state, "linear", "samples=3");
}

static int set_up_tabular(void **state) {
  return set_up_model(state, "tabular", "");
}

/* What is made of others, and its files. */
static heed_status attempt_combine(void *context, heed_error *err) {
  world *w = context;
  heed_reward *parts[2] = {NULL, NULL};
  heed_reward *model = NULL;
  heed_status status = HEED_OK;
  for (size_t i = 0; i < 2 && status == HEED_OK; i++) {
    status = heed_reward_create("linear", "", &w->obs_space, &w->action_space, &parts[i], err);
  }
  if (status == HEED_OK) {
    status = heed_reward_combine("sum", "", parts, 2, &model, err);
  }
  if (model == NULL) {
    heed_reward_destroy(parts[0]);
    heed_reward_destroy(parts[1]);
    return status;
  }
  status = heed_reward_save(model, NULL, w->path, err);
  heed_reward_destroy(model);
  return status == HEED_OK ? attempt_load(context, err) : status;
}

static void combining_without_memory_fails_cleanly(void **state) {
  fail_in_turn(attempt_combine, *state);
}

static void files_without_memory_fail_cleanly(void **state) {
  fail_in_turn(attempt_save, *state);
  fail_in_turn(attempt_load, *state);
}

static void lists_without_memory_fail_cleanly(void **state) {
  fail_in_turn(attempt_append, *state);
}

static void stores_without_memory_fail_cleanly(void **state) {
  fail_in_turn(attempt_store, *state);
}

#define MEMORY_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      MEMORY_TEST(creating_without_memory_fails_cleanly),
      MEMORY_TEST(learning_without_memory_changes_nothing),
      MEMORY_TEST(files_without_memory_fail_cleanly),
      MEMORY_TEST(combining_without_memory_fails_cleanly),
      cmocka_unit_test_setup_teardown(creating_without_memory_fails_cleanly, set_up_ensemble,
                                      tear_down),
      cmocka_unit_test_setup_teardown(learning_without_memory_changes_nothing, set_up_ensemble,
                                      tear_down),
      cmocka_unit_test_setup_teardown(files_without_memory_fail_cleanly, set_up_ensemble,
                                      tear_down),
      cmocka_unit_test_setup_teardown(creating_without_memory_fails_cleanly, set_up_tabular,
                                      tear_down),
      cmocka_unit_test_setup_teardown(learning_without_memory_changes_nothing, set_up_tabular,
                                      tear_down),
      cmocka_unit_test_setup_teardown(files_without_memory_fail_cleanly, set_up_tabular, tear_down),
      cmocka_unit_test_setup_teardown(learning_without_memory_changes_nothing, set_up_samples,
                                      tear_down),
      cmocka_unit_test_setup_teardown(files_without_memory_fail_cleanly, set_up_samples, tear_down),
      MEMORY_TEST(lists_without_memory_fail_cleanly),
      MEMORY_TEST(stores_without_memory_fail_cleanly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
