/* test_dynamics.c: what every dynamics model must do, registered or exact, whatever it is. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/exact.h"
#include "core/allocations.h"
#include "core/cmocka_all.h"
#include "dynamics/dynamics.h"
#include "envs/env.h"

/* ---- the models ----------------------------------------------------------------------------- */

enum { ROWS = 24, STEPS = 300 };

/* Every model, some with other settings, and the simulator itself ("exact"). */
static const struct {
  const char *name;
  const char *params;
} extras[] = {
    {"tabular", "history=1,runs=false"},
    {"tabular", "history=5,by_episode=false,concentration=2"},
    {"ensemble", "members=1,width=9,depth=1,epochs=0,holdout=0,bootstrap=false,activation=tanh"},
    {"linear", "features=both,degree=3,count=20,lengthscale=2,precision=0.1"},
    {"exact", "1"},
    {"exact", "16"},
};

/* Cells; a box of numbers with discrete actions, and with a box of them. A model is tried in all that it takes,
 * and must take one. */
static const char *const worlds[] = {"safe-interruptibility", "cartpole", "pendulum"};
enum { WORLDS = sizeof worlds / sizeof worlds[0] };

/* Settings for a registered model whose defaults would train for minutes: what is looked at here does not
 * depend on how well it has learned. */
static const char *params_of(const char *name) {
  return strcmp(name, "ensemble") == 0 ? "members=3,width=20,depth=2,epochs=3" : NULL;
}

/* A model, and ROWS beliefs that it came to in a world. */
typedef struct subject {
  heed_env *env;
  heed_dynamics *model;
  heed_experience *life;
  size_t belief_size, obs_size;
  unsigned char *beliefs, *next, *other; /* [ROWS][belief_size] */
  heed_action actions[ROWS];
  unsigned char *obs; /* one row */
  void *workspace;    /* for ROWS rows */
  void *hypothesis;   /* NULL when the model has none */
} subject;

static heed_action random_action(const heed_space *space, heed_rng *rng) {
  heed_action action = {0};
  if (space->kind == HEED_SPACE_DISCRETE) {
    action.index = (int32_t)heed_rng_choice(rng, space->count);
    return action;
  }
  for (uint32_t i = 0; i < space->count; i++) {
    double low = (double)space->low[i];
    action.value[i] = (float)(low + heed_rng_uniform(rng) * ((double)space->high[i] - low));
  }
  return action;
}

/* Random steps in the world, with the belief that each was met with. */
static void live(subject *s) {
  const heed_env_spec *spec = heed_env_spec_of(s->env);
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 31);
  void *state = malloc(spec->state_size);
  assert_non_null(state);
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &s->life, &err), &err);
  heed_env_init(s->env, state);
  heed_outcome outcome = {.is_terminal = true};
  for (int t = 0; t < STEPS; t++) {
    if (outcome.is_terminal || outcome.is_truncated) {
      heed_env_reset(s->env, state, &rng);
      heed_env_observe(s->env, state, s->obs);
      assert_ok(heed_experience_begin(s->life, s->obs, &err), &err);
    }
    heed_action action = random_action(&spec->action_space, &rng);
    outcome = heed_env_step(s->env, state, action, &rng);
    heed_env_observe(s->env, state, s->obs);
    assert_ok(heed_experience_append(s->life, action, s->obs, outcome, &err), &err);
  }
  free(state);
}

static void remember(subject *s) {
  size_t episode = 0;
  unsigned char *belief = NULL;
  for (size_t i = 0; i < ROWS; i++) {
    unsigned char *before = belief;
    belief = s->beliefs + i * s->belief_size;
    if (heed_experience_episode_begin(s->life, episode) == i) {
      heed_dynamics_begin(s->model, heed_experience_obs(s->life, i), belief);
      episode++;
    } else {
      assert(before != NULL);
      memcpy(belief, before, s->belief_size);
      heed_dynamics_observe(s->model, belief, heed_experience_action(s->life, i - 1),
                            heed_experience_obs(s->life, i));
    }
    s->actions[i] = heed_experience_action(s->life, i);
  }
}

static heed_status create(const heed_env *env, const char *name, const char *params,
                          heed_dynamics **model, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  if (strcmp(name, "exact") == 0) {
    assert(params != NULL);
    return heed_exact_create(env, (uint32_t)strtoul(params, NULL, 10), model, err);
  }
  return heed_dynamics_create(name, params, &spec->obs_space, &spec->action_space, model, err);
}

/* False when the model does not take the world; there is nothing to release then. */
static bool subject_init(subject *s, const char *world, const char *name, const char *params,
                         bool is_taught) {
  *s = (subject){0};
  heed_error err = {0};
  assert_ok(heed_env_create(world, NULL, &s->env, &err), &err);
  heed_status status = create(s->env, name, params, &s->model, &err);
  if (status == HEED_ERR_ARG) {
    heed_env_destroy(s->env);
    return false;
  }
  assert_ok(status, &err);
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(s->model);
  s->belief_size = spec->belief_size;
  s->obs_size = heed_space_size(&spec->obs_space);
  s->beliefs = malloc(ROWS * s->belief_size);
  s->next = malloc(ROWS * s->belief_size);
  s->other = malloc(ROWS * s->belief_size);
  s->obs = malloc(s->obs_size);
  s->workspace = malloc(heed_dynamics_workspace_size(s->model, ROWS) + 1);
  assert_true(s->beliefs && s->next && s->other && s->obs && s->workspace);
  live(s);
  if (is_taught && heed_dynamics_ops_of(s->model)->learn != NULL) {
    assert_ok(heed_dynamics_learn(s->model, s->life, 0, STEPS, NULL, &err), &err);
  }
  remember(s);
  if (spec->hypothesis_size > 0) {
    heed_rng rng;
    heed_rng_init(&rng, 9);
    s->hypothesis = malloc(spec->hypothesis_size);
    assert_non_null(s->hypothesis);
    heed_dynamics_draw(s->model, &rng, s->hypothesis);
  }
  return true;
}

static void subject_deinit(subject *s) {
  free(s->beliefs);
  free(s->next);
  free(s->other);
  free(s->obs);
  free(s->workspace);
  free(s->hypothesis);
  heed_experience_destroy(s->life);
  heed_dynamics_destroy(s->model);
  heed_env_destroy(s->env);
}

/* Runs a check on a model, fresh and taught, in every world that it takes. */
static void for_each_world(const char *name, const char *params, void (*check)(subject *s)) {
  size_t taken = 0;
  for (size_t w = 0; w < WORLDS; w++) {
    for (int is_taught = 0; is_taught <= 1; is_taught++) {
      subject s;
      if (subject_init(&s, worlds[w], name, params, is_taught != 0)) {
        print_message("             %s %s, %s, %s\n", name, params != NULL ? params : "", worlds[w],
                      is_taught ? "taught" : "fresh");
        check(&s);
        subject_deinit(&s);
        taken++;
      }
    }
  }
  assert_true(taken > 0);
}

static void for_each_model(void (*check)(subject *s)) {
  for (size_t i = 0; i < heed_dynamics_count(); i++) {
    const char *name = heed_dynamics_at(i)->name;
    for_each_world(name, params_of(name), check);
  }
  for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
    for_each_world(extras[i].name, extras[i].params, check);
  }
}

/* Predicts all rows at once, or one by one from the last, into `next`, which is filled with `rubbish`
 * before. Row i draws from a generator of its own. */
static void predict(subject *s, heed_dynamics *model, const void *hypothesis, bool one_by_one,
                    int rubbish, unsigned char *next, heed_prediction *batch) {
  heed_rng rngs[ROWS];
  memset(next, rubbish, ROWS * s->belief_size);
  memset(s->workspace, rubbish, heed_dynamics_workspace_size(model, ROWS));
  for (size_t i = 0; i < ROWS; i++) {
    heed_rng_init(&rngs[i], i);
    batch[i] = (heed_prediction){.belief = s->beliefs + i * s->belief_size,
                                 .action = s->actions[i],
                                 .hypothesis = hypothesis,
                                 .rng = &rngs[i],
                                 .wants_uncertainty = i % 3 > 0,
                                 .next_belief = next + i * s->belief_size};
  }
  if (!one_by_one) {
    heed_dynamics_predict(model, batch, ROWS, s->workspace);
  }
  for (size_t i = ROWS; one_by_one && i-- > 0;) {
    heed_dynamics_predict(model, &batch[i], 1, s->workspace);
  }
}

static void compare(const subject *s, const heed_prediction *x, const heed_prediction *y) {
  for (size_t i = 0; i < ROWS; i++) {
    assert_memory_equal(x[i].next_belief, y[i].next_belief, s->belief_size);
    assert_true(x[i].reward == y[i].reward && x[i].uncertainty == y[i].uncertainty);
    assert_int_equal(x[i].is_terminal, y[i].is_terminal);
  }
}

/* ---- checks --------------------------------------------------------------------------------- */

static void check_table(subject *s) {
  const heed_dynamics_ops *ops = heed_dynamics_ops_of(s->model);
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(s->model);
  assert_true(ops->name != NULL && ops->summary != NULL && ops->summary[0] != '\0');
  assert_true(ops->create && ops->destroy && ops->begin && ops->observe && ops->predict &&
              ops->decode);
  assert_true((ops->draw != NULL) == (spec->hypothesis_size > 0));
  assert_true((ops->save != NULL) == (ops->load != NULL));
  assert_true(spec->belief_size > 0 && spec->belief_size % 8 == 0);
  assert_int_equal(spec->hypothesis_size % 8, 0);
}

static void check_predictions(subject *s) {
  heed_prediction x[ROWS];
  heed_prediction y[ROWS];
  for (int k = 0; k < 2; k++) {
    const void *hypothesis = k == 0 ? NULL : s->hypothesis;
    predict(s, s->model, hypothesis, false, 0x00, s->next, x);
    predict(s, s->model, hypothesis, false, 0xFF, s->other, y); /* every byte is written */
    compare(s, x, y);
    predict(s, s->model, hypothesis, true, 0xA5, s->other, y); /* row by row */
    compare(s, x, y);
    for (size_t i = 0; i < ROWS; i++) {
      heed_error err = {0};
      assert_true(x[i].reward > -HUGE_VAL && x[i].reward < HUGE_VAL);
      assert_true(x[i].uncertainty >= 0 && x[i].uncertainty < HUGE_VAL);
      assert_true(x[i].wants_uncertainty || x[i].uncertainty == 0);
      heed_dynamics_decode(s->model, x[i].next_belief, s->obs);
      assert_ok(heed_space_check_row(&heed_dynamics_spec_of(s->model)->obs_space, s->obs, &err),
                &err);
    }
  }
}

static void check_allocations(subject *s) {
  heed_prediction x[ROWS];
  size_t before = allocations;
  predict(s, s->model, NULL, false, 0, s->next, x);
  predict(s, s->model, s->hypothesis, false, 0, s->next, x);
  assert_int_equal(allocations, before);
}

/* A belief shows what was observed last; equal lives give equal beliefs, whatever lay there before. */
static void check_beliefs(subject *s) {
  memcpy(s->next, s->beliefs, ROWS * s->belief_size);
  memset(s->beliefs, 0x5A, ROWS * s->belief_size);
  remember(s);
  assert_memory_equal(s->next, s->beliefs, ROWS * s->belief_size);
  for (size_t i = 0; i < ROWS; i++) {
    heed_dynamics_decode(s->model, s->beliefs + i * s->belief_size, s->obs);
    assert_memory_equal(s->obs, heed_experience_obs(s->life, i), s->obs_size);
  }
}

static void check_refusals(subject *s) {
  heed_error err = {0};
  const heed_space *actions = &heed_dynamics_spec_of(s->model)->action_space;
  if (heed_dynamics_ops_of(s->model)->learn == NULL) {
    assert_fails(heed_dynamics_learn(s->model, s->life, 0, 1, NULL, &err), HEED_ERR_STATE, &err,
                 "does not learn");
    return;
  }
  assert_fails(heed_dynamics_learn(s->model, s->life, STEPS, 1, NULL, &err), HEED_ERR_ARG, &err,
               "of 300");
  assert_fails(heed_dynamics_learn(s->model, s->life, 1, SIZE_MAX, NULL, &err), HEED_ERR_ARG, &err,
               "of 300");
  heed_space small = heed_space_board(1, 1, 2);
  heed_experience *foreign = NULL;
  assert_ok(heed_experience_create(&small, actions, &foreign, &err), &err);
  assert_fails(heed_dynamics_learn(s->model, foreign, 0, 0, NULL, &err), HEED_ERR_ARG, &err,
               "other spaces");
  heed_experience_destroy(foreign);
}

/* Reads a file whole; the caller frees it. */
static unsigned char *slurp(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *size = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  (void)fclose(file);
  return bytes;
}

/* Cut anywhere or with any bit turned, a file is refused. */
static void check_hostile(const unsigned char *bytes, size_t size) {
  unsigned char *copy = malloc(size + 1);
  assert_non_null(copy);
  size_t stride = 1 + size / 700;
  for (size_t i = 0; i < size; i += stride) {
    heed_dynamics *model = NULL;
    heed_error err = {0};
    memcpy(copy, bytes, size);
    copy[i] ^= (unsigned char)(1u << (i % 8));
    assert_int_not_equal(heed_dynamics_load_memory(copy, size, &model, NULL, &err), HEED_OK);
    assert_null(model);
    assert_true(err.message[0] != '\0');
    assert_int_not_equal(heed_dynamics_load_memory(bytes, i, &model, NULL, &err), HEED_OK);
    assert_null(model);
  }
  free(copy);
}

static void check_files(subject *s) {
  char path[] = "/tmp/heed-dynamics-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  heed_error err = {0};
  heed_card card = {0};
  heed_card_text(&card, "environment", "off-switch");
  heed_status status = heed_dynamics_save(s->model, &card, path, &err);
  if (heed_dynamics_ops_of(s->model)->save == NULL) {
    assert_fails(status, HEED_ERR_STATE, &err, "cannot be saved");
    (void)unlink(path);
    return;
  }
  assert_ok(status, &err);
  heed_dynamics *loaded = NULL;
  heed_card read = {0};
  assert_ok(heed_dynamics_load(path, &loaded, &read, &err), &err);
  assert_string_equal(heed_card_find(&read, "environment")->text, "off-switch");
  assert_string_equal(heed_dynamics_params_of(loaded), heed_dynamics_params_of(s->model));
  heed_prediction x[ROWS];
  heed_prediction y[ROWS];
  for (int k = 0; k < 2; k++) {
    predict(s, s->model, k == 0 ? NULL : s->hypothesis, false, 0, s->next, x);
    predict(s, loaded, k == 0 ? NULL : s->hypothesis, false, 0, s->other, y);
    compare(s, x, y);
  }
  heed_dynamics_destroy(loaded);
  size_t size;
  unsigned char *bytes = slurp(path, &size);
  check_hostile(bytes, size);
  free(bytes);
  (void)unlink(path);
}

/* ---- ends ----------------------------------------------------------------------------------- */

/* Lets a new model learn the steps of a life as episodes of one step each, which `outcome` ended. */
static heed_dynamics *learn_ends(const subject *s, const char *name, const char *params,
                                 heed_outcome outcome) {
  const heed_env_spec *spec = heed_env_spec_of(s->env);
  heed_error err = {0};
  heed_experience *ends = NULL;
  heed_dynamics *model = NULL;
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, &ends, &err), &err);
  for (size_t i = 0; i < STEPS; i++) {
    assert_ok(heed_experience_begin(ends, heed_experience_obs(s->life, i), &err), &err);
    assert_ok(heed_experience_append(ends, heed_experience_action(s->life, i),
                                     heed_experience_next_obs(s->life, i), outcome, &err),
              &err);
  }
  assert_ok(create(s->env, name, params, &model, &err), &err);
  assert_ok(heed_dynamics_learn(model, ends, 0, STEPS, NULL, &err), &err);
  heed_experience_destroy(ends);
  return model;
}

/* How many of the steps learned are imagined to end. */
static size_t count_ends(const subject *s, const heed_dynamics *model) {
  size_t ends = 0;
  unsigned char *workspace = malloc(heed_dynamics_workspace_size(model, 1) + 1);
  assert_non_null(workspace);
  heed_rng rng;
  heed_rng_init(&rng, 5);
  for (size_t i = 0; i < STEPS; i++) {
    heed_prediction p = {.belief = s->beliefs,
                         .action = heed_experience_action(s->life, i),
                         .rng = &rng,
                         .next_belief = s->next};
    heed_dynamics_begin(model, heed_experience_obs(s->life, i), s->beliefs);
    heed_dynamics_predict(model, &p, 1, workspace);
    ends += p.is_terminal;
  }
  free(workspace);
  return ends;
}

/* The same steps, all of them the last of an episode: that is foretold where the rules ended it, and not where a time
 * limit did. */
static void ends_are_predicted_and_time_limits_are_not(void **state) {
  (void)state;
  for (size_t i = 0; i < heed_dynamics_count(); i++) {
    const char *name = heed_dynamics_at(i)->name;
    bool is_ensemble = strcmp(name, "ensemble") == 0;
    const char *params =
        is_ensemble ? "members=2,width=8,depth=1,epochs=60,learning_rate=0.03" : NULL;
    for (size_t w = 0; w < WORLDS; w++) {
      subject s;
      if (subject_init(&s, worlds[w], name, params, false)) {
        heed_dynamics *ruled = learn_ends(&s, name, params, (heed_outcome){.is_terminal = true});
        heed_dynamics *cut = learn_ends(&s, name, params, (heed_outcome){.is_truncated = true});
        assert_in_range(count_ends(&s, ruled), STEPS * 9 / 10, STEPS);
        assert_in_range(count_ends(&s, cut), 0, STEPS / 100);
        heed_dynamics_destroy(ruled);
        heed_dynamics_destroy(cut);
        subject_deinit(&s);
      }
    }
  }
}

#define MODEL_TEST(sentence, check)    \
  static void sentence(void **state) { \
    (void)state;                       \
    for_each_model(check);             \
  }

MODEL_TEST(tables_are_complete, check_table)
MODEL_TEST(predictions_depend_on_their_row_alone_and_are_written_whole, check_predictions)
MODEL_TEST(predicting_does_not_allocate, check_allocations)
MODEL_TEST(beliefs_show_what_was_observed_and_depend_on_nothing_else, check_beliefs)
MODEL_TEST(what_cannot_be_learned_is_refused, check_refusals)
MODEL_TEST(saved_models_come_back_to_the_bit_and_damaged_ones_do_not, check_files)

static void names_are_distinct(void **state) {
  (void)state;
  heed_space cells = heed_space_board(1, 1, 2);
  heed_space two = heed_space_discrete(2);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  for (size_t i = 0; i < heed_dynamics_count(); i++) {
    assert_ptr_equal(heed_dynamics_find(heed_dynamics_at(i)->name), heed_dynamics_at(i));
  }
  assert_null(heed_dynamics_find("nothing"));
  assert_fails(heed_dynamics_create("nothing", NULL, &cells, &two, &model, &err), HEED_ERR_ARG,
               &err, "tabular");
  assert_null(model);
}

/* A model that looks at nothing. */
static heed_status create_careless(void *self, const void *params, heed_dynamics_spec *spec,
                                   heed_error *err) {
  (void)self;
  (void)params;
  (void)err;
  spec->belief_size = 8;
  return HEED_OK;
}
static void destroy_careless(void *self) {
  (void)self;
}

/* An action has room for eight numbers: a space of more is refused, whatever the model. */
static void spaces_that_no_action_fits_are_refused(void **state) {
  (void)state;
  static const heed_dynamics_ops careless = {
      .name = "careless", .create = create_careless, .destroy = destroy_careless};
  static const float low[HEED_ACTION_DIM_MAX + 1] = {0};
  static const float high[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  heed_space one = heed_space_box(1, low, high);
  heed_space nine = heed_space_box(HEED_ACTION_DIM_MAX + 1, low, high);
  heed_space cells = heed_space_board(1, 1, 2);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_fails(heed_dynamics_create_ops(&careless, NULL, &one, &nine, &model, &err), HEED_ERR_ARG,
               &err, "careless");
  assert_fails(heed_dynamics_create_ops(&careless, NULL, &cells, &cells, &model, &err),
               HEED_ERR_ARG, &err, "careless");
  assert_null(model);
  assert_ok(heed_dynamics_create_ops(&careless, NULL, &one, &one, &model, &err), &err);
  heed_dynamics_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_distinct),
      cmocka_unit_test(spaces_that_no_action_fits_are_refused),
      cmocka_unit_test(tables_are_complete),
      cmocka_unit_test(predictions_depend_on_their_row_alone_and_are_written_whole),
      cmocka_unit_test(predicting_does_not_allocate),
      cmocka_unit_test(beliefs_show_what_was_observed_and_depend_on_nothing_else),
      cmocka_unit_test(what_cannot_be_learned_is_refused),
      cmocka_unit_test(saved_models_come_back_to_the_bit_and_damaged_ones_do_not),
      cmocka_unit_test(ends_are_predicted_and_time_limits_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
