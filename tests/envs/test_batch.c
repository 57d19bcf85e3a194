/* test_batch.c: many copies of a world, stepped with one call, against the same copies one by one. */
#include "envs/batch.h"

#include <math.h>
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "envs/legal.h"

enum { COPIES = 17, STEPS = 330, SEED = 5 };

/* A batch and all its arrays, owned. */
typedef struct herd {
  heed_env *env;
  const heed_env_spec *spec;
  size_t obs_size; /* bytes of a row */
  heed_action *actions;
  heed_env_batch batch;
} herd;

static void *must(void *block) {
  assert_non_null(block);
  return block;
}

static void herd_open(herd *h, const char *name, const char *params, size_t count,
                      bool auto_reset) {
  heed_error err = {0};
  memset(h, 0, sizeof *h);
  assert_ok(heed_env_create(name, params, &h->env, &err), &err);
  h->spec = heed_env_spec_of(h->env);
  h->obs_size = heed_space_size(&h->spec->obs_space);
  h->actions = must(calloc(count, sizeof *h->actions));
  heed_env_batch *b = &h->batch;
  *b = (heed_env_batch){.count = count,
                        .auto_reset = auto_reset,
                        .states_size = count * h->spec->state_size,
                        .rngs_size = count * sizeof(heed_rng),
                        .actions = h->actions,
                        .actions_size = count * sizeof(heed_action),
                        .obs_size = count * h->obs_size,
                        .outcomes_size = count * sizeof(heed_outcome),
                        .final_obs_size = count * h->obs_size};
  b->states = must(malloc(b->states_size));
  b->rngs = must(malloc(b->rngs_size));
  b->obs = must(malloc(b->obs_size));
  b->outcomes = must(malloc(b->outcomes_size));
  b->final_obs = must(malloc(b->final_obs_size));
  memset(b->states, 0xa5, b->states_size);
  memset(b->final_obs, 0xa5, b->final_obs_size);
}

static void herd_close(herd *h) {
  heed_env_destroy(h->env);
  free(h->actions);
  free(h->batch.states);
  free(h->batch.rngs);
  free(h->batch.obs);
  free(h->batch.outcomes);
  free(h->batch.final_obs);
}

static void start(herd *h) {
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, SEED);
  assert_ok(heed_env_start_batch(h->env, &h->batch, &master, &err), &err);
}

/* The action of copy i at time t: a function of both, whatever the number of copies. */
static heed_action action_of(const heed_space *space, size_t i, int t) {
  heed_rng rng;
  heed_rng_init(&rng, heed_mix64(i, (uint64_t)t));
  heed_action action = {0};
  if (space->kind == HEED_SPACE_DISCRETE) {
    action.index = (int32_t)heed_rng_choice(&rng, space->count);
    return action;
  }
  for (uint32_t k = 0; k < space->count; k++) {
    float low = fmaxf(space->low[k], -1e6F);
    float high = fminf(space->high[k], 1e6F);
    action.value[k] = low + (high - low) * (float)heed_rng_uniform(&rng);
  }
  return action;
}

static void choose(herd *h, int t) {
  for (size_t i = 0; i < h->batch.count; i++) {
    const unsigned char *state = (unsigned char *)h->batch.states + i * h->spec->state_size;
    h->actions[i] = make_legal(h->env, state, action_of(&h->spec->action_space, i, t));
  }
}

static bool has_ended(heed_outcome outcome) {
  return outcome.is_terminal || outcome.is_truncated;
}

static const unsigned char *row(const void *rows, size_t i, size_t size) {
  return (const unsigned char *)rows + i * size;
}

/* Copy i alone, with the one-at-a-time functions, against its rows in the batch after every step. */
typedef struct single {
  unsigned char *state, *obs, *final_obs;
  heed_rng rng;
  heed_outcome last;
} single;

static void single_open(single *s, const herd *h, size_t i) {
  heed_rng master;
  heed_rng_init(&master, SEED);
  s->state = must(malloc(h->spec->state_size));
  s->obs = must(malloc(h->obs_size));
  s->final_obs = must(malloc(h->obs_size));
  memset(s->final_obs, 0xa5, h->obs_size);
  s->rng = heed_rng_derive(&master, HEED_STREAM_ENV, i);
  s->last = (heed_outcome){0};
  heed_env_init(h->env, s->state);
  heed_env_reset(h->env, s->state, &s->rng);
  heed_env_observe(h->env, s->state, s->obs);
}

static void single_close(single *s) {
  free(s->state);
  free(s->obs);
  free(s->final_obs);
}

/* A step in the same-step mode, written out. */
static void single_step(single *s, const herd *h, heed_action action) {
  s->last = heed_env_step(h->env, s->state, action, &s->rng);
  if (has_ended(s->last)) {
    heed_env_observe(h->env, s->state, s->final_obs);
    heed_env_reset(h->env, s->state, &s->rng);
  }
  heed_env_observe(h->env, s->state, s->obs);
}

static void assert_same(const herd *h, size_t i, const single *s) {
  const heed_env_batch *b = &h->batch;
  assert_memory_equal(row(b->states, i, h->spec->state_size), s->state, h->spec->state_size);
  assert_memory_equal(row(b->obs, i, h->obs_size), s->obs, h->obs_size);
  assert_memory_equal(row(b->final_obs, i, h->obs_size), s->final_obs, h->obs_size);
  assert_memory_equal(&b->rngs[i], &s->rng, sizeof s->rng);
  assert_memory_equal(&b->outcomes[i].reward, &s->last.reward, sizeof s->last.reward);
  assert_int_equal(b->outcomes[i].is_terminal, s->last.is_terminal);
  assert_int_equal(b->outcomes[i].is_truncated, s->last.is_truncated);
}

static void a_batch_is_its_copies_one_by_one(void **state) {
  (void)state;
  for (size_t w = 0; w < heed_env_count(); w++) {
    herd h;
    single singles[COPIES];
    heed_error err = {0};
    uint32_t endings = 0;
    herd_open(&h, heed_env_at(w)->name, NULL, COPIES, true);
    start(&h);
    for (size_t i = 0; i < COPIES; i++) {
      single_open(&singles[i], &h, i);
      assert_same(&h, i, &singles[i]);
    }
    for (int t = 0; t < STEPS; t++) {
      choose(&h, t);
      assert_ok(heed_env_step_batch(h.env, &h.batch, &err), &err);
      for (size_t i = 0; i < COPIES; i++) {
        single_step(&singles[i], &h, h.actions[i]);
        assert_same(&h, i, &singles[i]);
        endings += has_ended(h.batch.outcomes[i]);
      }
    }
    assert_true(h.spec->max_steps == 0 || h.spec->max_steps >= STEPS || endings >= COPIES);
    for (size_t i = 0; i < COPIES; i++) {
      single_close(&singles[i]);
    }
    herd_close(&h);
  }
}

static void what_happens_to_a_copy_does_not_depend_on_how_many_there_are(void **state) {
  (void)state;
  herd few;
  herd many;
  heed_error err = {0};
  herd_open(&few, "tomato-watering", NULL, 3, true);
  herd_open(&many, "tomato-watering", NULL, 100, true);
  start(&few);
  start(&many);
  for (int t = 0; t < STEPS; t++) {
    choose(&few, t);
    choose(&many, t);
    assert_ok(heed_env_step_batch(few.env, &few.batch, &err), &err);
    assert_ok(heed_env_step_batch(many.env, &many.batch, &err), &err);
    assert_memory_equal(few.batch.states, many.batch.states, few.batch.states_size);
    assert_memory_equal(few.batch.obs, many.batch.obs, few.batch.obs_size);
  }
  herd_close(&few);
  herd_close(&many);
}

/* The way to the goal of island-navigation takes four steps: d d l d. */
static void an_ended_copy_waits_for_its_reset(void **state) {
  (void)state;
  static const int32_t way[] = {1, 1, 2, 1};
  herd h;
  heed_error err = {0};
  herd_open(&h, "island-navigation", NULL, 2, false);
  start(&h);
  for (int t = 0; t < 4; t++) {
    h.actions[0].index = 4; /* noop */
    h.actions[1].index = way[t];
    assert_false(has_ended(h.batch.outcomes[1]));
    assert_ok(heed_env_step_batch(h.env, &h.batch, &err), &err);
  }
  assert_true(h.batch.outcomes[1].is_terminal);
  unsigned char *before = must(malloc(h.batch.states_size));
  memcpy(before, h.batch.states, h.batch.states_size);
  assert_fails(heed_env_step_batch(h.env, &h.batch, &err), HEED_ERR_STATE, &err,
               "copy 1 has ended");
  assert_memory_equal(before, h.batch.states, h.batch.states_size);

  /* Only the copy that has ended begins again. */
  assert_ok(heed_env_reset_batch(h.env, &h.batch, &err), &err);
  assert_memory_equal(before, h.batch.states, h.spec->state_size);
  assert_false(has_ended(h.batch.outcomes[1]));
  assert_memory_equal(row(h.batch.obs, 0, h.obs_size), row(h.batch.obs, 1, h.obs_size), h.obs_size);
  assert_ok(heed_env_step_batch(h.env, &h.batch, &err), &err);
  free(before);
  herd_close(&h);
}

/* friend-foe: the bandit's memory of the first episode is there in the second. */
static void what_outlives_episodes_outlives_a_reset_within_the_call(void **state) {
  (void)state;
  herd h;
  heed_error err = {0};
  herd_open(&h, "friend-foe", "bandit_type=adversary", 1, true);
  start(&h);
  static const int32_t to_the_left_box[] = {2, 0, 0, 0};
  for (int t = 0; t < 4; t++) {
    h.actions[0].index = to_the_left_box[t];
    assert_ok(heed_env_step_batch(h.env, &h.batch, &err), &err);
  }
  assert_true(h.batch.outcomes[0].is_terminal);
  heed_reading reading;
  assert_true(heed_env_inspect(h.env, h.batch.states, "steps", &reading));
  assert_true(reading.values[0] == 0.0);
  assert_true(heed_env_inspect(h.env, h.batch.states, "level", &reading));
  assert_true(reading.values[0] == 1.0); /* it expects the left box again */
  herd_close(&h);
}

static void wrong_arrays_are_named_before_anything_changes(void **state) {
  (void)state;
  herd h;
  heed_error err = {0};
  herd_open(&h, "boat-race", NULL, 3, true);
  start(&h);
  heed_rng master;
  heed_rng_init(&master, SEED);
  unsigned char *before = must(malloc(h.batch.states_size));
  memcpy(before, h.batch.states, h.batch.states_size);
  const struct {
    size_t offset; /* of the size in the batch */
    const char *name;
  } sizes[] = {
      {offsetof(heed_env_batch, states_size), "states has"},
      {offsetof(heed_env_batch, rngs_size), "rngs has"},
      {offsetof(heed_env_batch, actions_size), "actions has"},
      {offsetof(heed_env_batch, obs_size), "batch: obs has"},
      {offsetof(heed_env_batch, outcomes_size), "outcomes has"},
      {offsetof(heed_env_batch, final_obs_size), "final_obs has"},
  };
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    for (int change = -1; change <= 1; change += 2) {
      heed_env_batch wrong = h.batch;
      *(size_t *)((char *)&wrong + sizes[k].offset) += (size_t)change;
      assert_fails(heed_env_step_batch(h.env, &wrong, &err), HEED_ERR_ARG, &err, sizes[k].name);
      bool is_for_step = strstr(sizes[k].name, "actions") != NULL;
      assert_int_equal(heed_env_start_batch(h.env, &wrong, &master, NULL) == HEED_OK, is_for_step);
      assert_int_equal(heed_env_reset_batch(h.env, &wrong, NULL) == HEED_OK, is_for_step);
    }
  }
  heed_env_batch wrong = h.batch;
  wrong.count = 0;
  assert_fails(heed_env_step_batch(h.env, &wrong, &err), HEED_ERR_ARG, &err, "no copies");
  wrong.count = SIZE_MAX;
  assert_fails(heed_env_step_batch(h.env, &wrong, &err), HEED_ERR_ARG, &err, "states has");
  wrong = h.batch;
  wrong.obs = NULL;
  assert_fails(heed_env_step_batch(h.env, &wrong, &err), HEED_ERR_ARG, &err, "obs is NULL");
  wrong = h.batch;
  wrong.states = (unsigned char *)h.batch.states + 8;
  assert_fails(heed_env_step_batch(h.env, &wrong, &err), HEED_ERR_ARG, &err, "not aligned");
  start(&h); /* and all is as it was */
  assert_memory_equal(before, h.batch.states, h.batch.states_size);
  free(before);
  herd_close(&h);
}

static void illegal_actions_are_named_before_anything_changes(void **state) {
  (void)state;
  for (size_t w = 0; w < heed_env_count(); w++) {
    herd h;
    heed_error err = {0};
    herd_open(&h, heed_env_at(w)->name, NULL, 3, true);
    start(&h);
    choose(&h, 0);
    if (h.spec->action_space.kind == HEED_SPACE_DISCRETE) {
      h.actions[2].index = w % 2 == 0 ? -1 : (int32_t)h.spec->accepted_actions;
    } else {
      h.actions[2].value[0] = nanf("");
    }
    unsigned char *before = must(malloc(h.batch.states_size));
    memcpy(before, h.batch.states, h.batch.states_size);
    assert_fails(heed_env_step_batch(h.env, &h.batch, &err), HEED_ERR_ARG, &err, "copy 2");
    assert_memory_equal(before, h.batch.states, h.batch.states_size);
    free(before);
    herd_close(&h);
  }
}

static void what_may_not_be_done_now_is_named_as_well(void **state) {
  (void)state;
  herd h;
  heed_error err = {0};
  herd_open(&h, "tic-tac-toe", NULL, 3, true);
  start(&h);
  h.actions[0] = h.actions[1] = h.actions[2] = (heed_action){.index = 4};
  assert_ok(heed_env_step_batch(h.env, &h.batch, &err), &err);
  h.actions[0].index = h.actions[2].index = 0;
  unsigned char *before = must(malloc(h.batch.states_size));
  memcpy(before, h.batch.states, h.batch.states_size);
  assert_fails(heed_env_step_batch(h.env, &h.batch, &err), HEED_ERR_ARG, &err,
               "copy 1: action 'b2' may not be taken here");
  assert_memory_equal(before, h.batch.states, h.batch.states_size);
  free(before);
  herd_close(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_is_its_copies_one_by_one),
      cmocka_unit_test(what_happens_to_a_copy_does_not_depend_on_how_many_there_are),
      cmocka_unit_test(an_ended_copy_waits_for_its_reset),
      cmocka_unit_test(what_outlives_episodes_outlives_a_reset_within_the_call),
      cmocka_unit_test(wrong_arrays_are_named_before_anything_changes),
      cmocka_unit_test(illegal_actions_are_named_before_anything_changes),
      cmocka_unit_test(what_may_not_be_done_now_is_named_as_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
