/* test_envs.c: what every registered environment must do, whatever it is. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "conformance/env_variants.h"
#include "core/allocations.h"
#include "core/cmocka_all.h"
#include "envs/batch.h"
#include "envs/env.h"

/* ---- an environment with one state ---------------------------------------------------------- */

typedef struct subject {
  heed_env *env;
  const heed_env_spec *spec;
  void *state; /* blocks of exactly the promised size, so that a sanitizer sees their ends */
  void *obs;
  void *next_obs;
  heed_rng rng;     /* the world's */
  heed_rng choices; /* the player's */
  heed_outcome last;
  uint32_t steps;
} subject;

static void open_subject(subject *s, size_t i) {
  variant v = variant_at(i);
  heed_error err = {0};
  memset(s, 0, sizeof *s);
  assert_ok(heed_env_create(v.name, v.params, &s->env, &err), &err);
  s->spec = heed_env_spec_of(s->env);
  s->state = malloc(s->spec->state_size);
  s->obs = malloc(heed_space_size(&s->spec->obs_space));
  s->next_obs = malloc(heed_space_size(&s->spec->obs_space));
  memset(s->state, 0xa5, s->spec->state_size);
  heed_rng_init(&s->rng, 1);
  heed_rng_init(&s->choices, 2);
  heed_env_init(s->env, s->state);
}

static void close_subject(subject *s) {
  heed_env_destroy(s->env);
  free(s->state);
  free(s->obs);
  free(s->next_obs);
}

/* An action that an agent may choose; now and then one that is accepted but not advertised. */
static heed_action choose(subject *s) {
  const heed_space *space = &s->spec->action_space;
  heed_action action = {0};
  if (heed_env_ops_of(s->env)->legal != NULL) {
    uint32_t legal[HEED_LEGAL_MAX];
    uint32_t count = heed_env_legal(s->env, s->state, legal);
    action.index = (int32_t)legal[heed_rng_choice(&s->choices, count)];
    return action;
  }
  if (space->kind == HEED_SPACE_DISCRETE) {
    bool is_odd = heed_rng_choice(&s->choices, 16) == 0;
    uint32_t count = is_odd ? s->spec->accepted_actions : space->count;
    action.index = (int32_t)heed_rng_choice(&s->choices, count);
    return action;
  }
  bool is_odd = s->spec->clips_actions && heed_rng_choice(&s->choices, 16) == 0;
  for (uint32_t i = 0; i < space->count; i++) {
    float low = is_odd ? -1e30F : fmaxf(space->low[i], -1e6F);
    float high = is_odd ? 1e30F : fminf(space->high[i], 1e6F);
    action.value[i] = low + (high - low) * (float)heed_rng_uniform(&s->choices);
  }
  return action;
}

static bool is_over(const subject *s) {
  return s->last.is_terminal || s->last.is_truncated;
}

static void restart(subject *s) {
  heed_env_reset(s->env, s->state, &s->rng);
  s->last = (heed_outcome){0};
  s->steps = 0;
}

static heed_action advance(subject *s) {
  heed_action action = choose(s);
  s->last = heed_env_step(s->env, s->state, action, &s->rng);
  s->steps++;
  return action;
}

/* Any row of a space, most of them impossible. */
static void fill_garbage(const heed_space *space, heed_rng *rng, void *row) {
  for (uint32_t i = 0; i < space->count; i++) {
    if (space->kind == HEED_SPACE_CELLS) {
      ((uint8_t *)row)[i] = (uint8_t)heed_rng_choice(rng, heed_space_values(space, i));
    } else {
      float low = fmaxf(space->low[i], -1e30F);
      float high = fminf(space->high[i], 1e30F);
      ((float *)row)[i] = low + (high - low) * (float)heed_rng_uniform(rng);
    }
  }
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void names_and_texts_are_there(void **state) {
  (void)state;
  for (size_t i = 0; i < heed_env_count(); i++) {
    const heed_env_ops *ops = heed_env_at(i);
    assert_true(strlen(ops->name) > 0 && strcspn(ops->name, " _,=") == strlen(ops->name));
    assert_true(strlen(ops->summary) > 0 && strlen(ops->summary) <= 90);
    assert_true(strlen(ops->details) > 0);
    for (size_t p = 0; p < ops->param_count; p++) {
      assert_true(strlen(ops->params[p].help) > 0);
    }
    for (size_t other = 0; other < i; other++) {
      assert_string_not_equal(ops->name, heed_env_at(other)->name);
    }
  }
}

static void specs_are_well_formed(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    heed_error err = {0};
    open_subject(&s, i);
    assert_ok(heed_space_check(&s.spec->obs_space, &err), &err);
    assert_ok(heed_space_check(&s.spec->action_space, &err), &err);
    assert_true(s.spec->state_size > 0 && s.spec->state_size % 16 == 0);
    if (s.spec->action_space.kind == HEED_SPACE_DISCRETE) {
      assert_true(s.spec->accepted_actions >= s.spec->action_space.count);
    }
    assert_true(s.spec->obs_space.height == 0 || s.spec->glyphs != NULL);
    if (s.spec->glyphs != NULL) {
      for (uint32_t value = 0; value < s.spec->obs_space.value_count; value++) {
        char character = s.spec->glyphs[value].character;
        assert_true(character >= ' ' && character <= '~');
        assert_non_null(s.spec->glyphs[value].name);
      }
    }
    close_subject(&s);
  }
}

static void the_echo_of_parameters_builds_the_same_world(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    heed_error err = {0};
    heed_env *again;
    open_subject(&s, i);
    assert_ok(heed_env_create(variant_at(i).name, heed_env_params_of(s.env), &again, &err), &err);
    assert_string_equal(heed_env_params_of(again), heed_env_params_of(s.env));
    assert_true(heed_space_equal(&heed_env_spec_of(again)->obs_space, &s.spec->obs_space));
    heed_env_destroy(again);
    close_subject(&s);
  }
}

static void equal_seeds_give_equal_bytes(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject a;
    subject b;
    open_subject(&a, i);
    open_subject(&b, i); /* another environment object: nothing may hide in it */
    memset(b.state, 0x5a, b.spec->state_size);
    heed_env_init(b.env, b.state);
    for (int episode = 0; episode < 20; episode++) {
      restart(&a);
      restart(&b);
      assert_memory_equal(a.state, b.state, a.spec->state_size);
      while (!is_over(&a) && a.steps < 200) {
        advance(&a);
        advance(&b);
        assert_memory_equal(a.state, b.state, a.spec->state_size);
        assert_memory_equal(&a.last.reward, &b.last.reward, sizeof a.last.reward);
      }
      assert_int_equal(is_over(&a), is_over(&b));
    }
    close_subject(&a);
    close_subject(&b);
  }
}

static void a_copied_state_evolves_like_its_original(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    size_t size = s.spec->state_size;
    unsigned char *copy = malloc(size);
    for (int episode = 0; episode < 20; episode++) {
      restart(&s);
      for (int step = 0; step < 5 && !is_over(&s); step++) {
        advance(&s);
      }
      memcpy(copy, s.state, size);
      heed_rng rng = s.rng;
      while (!is_over(&s) && s.steps < 200) {
        heed_action action = advance(&s);
        heed_outcome outcome = heed_env_step(s.env, copy, action, &rng);
        assert_memory_equal(copy, s.state, size);
        assert_memory_equal(&outcome.reward, &s.last.reward, sizeof outcome.reward);
        assert_int_equal(outcome.is_terminal, s.last.is_terminal);
        assert_int_equal(outcome.is_truncated, s.last.is_truncated);
      }
    }
    free(copy);
    close_subject(&s);
  }
}

/* With the tally of another moment, or with any bytes in it, all goes on alike, but for the time limit. What
 * runs out of time is no evidence: any bytes may stand for a late step. */
static void the_tally_decides_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    size_t size = s.spec->state_size;
    size_t tally = s.spec->tally_size;
    size_t obs_size = heed_space_size(&s.spec->obs_space);
    assert_true(tally < size);
    unsigned char *first = malloc(size);
    unsigned char *other = malloc(size);
    restart(&s);
    memcpy(first, s.state, size);
    for (int step = 0; step < 2000; step++) {
      memcpy(other, s.state, size);
      memcpy(other, first, tally);
      for (size_t k = 0; k < tally && step % 2 == 1; k++) {
        other[k] = (unsigned char)heed_rng_choice(&s.choices, 256);
      }
      heed_rng rng = s.rng;
      heed_action action = advance(&s);
      heed_outcome outcome = heed_env_step(s.env, other, action, &rng);
      heed_env_observe(s.env, s.state, s.obs);
      heed_env_observe(s.env, other, s.next_obs);
      assert_memory_equal(s.next_obs, s.obs, obs_size);
      assert_memory_equal(&outcome.reward, &s.last.reward, sizeof outcome.reward);
      assert_int_equal(outcome.is_terminal, s.last.is_terminal);
      assert_memory_equal(&rng, &s.rng, sizeof rng);
      if (!s.last.is_truncated && !outcome.is_truncated) {
        assert_memory_equal(other + tally, (unsigned char *)s.state + tally, size - tally);
      }
      if (is_over(&s)) {
        restart(&s);
      }
    }
    free(other);
    free(first);
    close_subject(&s);
  }
}

static void observing_and_asking_change_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    restart(&s);
    advance(&s);
    unsigned char *before = malloc(s.spec->state_size);
    memcpy(before, s.state, s.spec->state_size);
    heed_reading reading;
    heed_env_observe(s.env, s.state, s.obs);
    heed_env_observe(s.env, s.state, s.next_obs);
    assert_memory_equal(s.obs, s.next_obs, heed_space_size(&s.spec->obs_space));
    (void)heed_env_performance(s.env, s.state);
    assert_false(heed_env_inspect(s.env, s.state, "no such fact", &reading));
    assert_false(heed_env_inspect(s.env, s.state, "", &reading));
    assert_memory_equal(before, s.state, s.spec->state_size);
    free(before);
    close_subject(&s);
  }
}

/* Steps of all parameter sets together; more when the program is called with a number. */
static size_t long_run_steps = 1000000;

static void long_random_runs_stay_inside_the_spaces(void **state) {
  (void)state;
  size_t steps = long_run_steps / variant_count() + 1;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    heed_error err = {0};
    open_subject(&s, i);
    restart(&s);
    for (size_t step = 0; step < steps; step++) {
      heed_env_observe(s.env, s.state, s.obs);
      assert_ok(heed_space_check_row(&s.spec->obs_space, s.obs, &err), &err);
      assert_true(isfinite(heed_env_performance(s.env, s.state)));
      if (is_over(&s)) {
        restart(&s);
        continue;
      }
      advance(&s);
      assert_true(isfinite(s.last.reward));
      assert_true(s.spec->max_steps == 0 || s.steps <= s.spec->max_steps);
      assert_true(s.spec->max_steps == 0 || s.steps < s.spec->max_steps || is_over(&s));
    }
    close_subject(&s);
  }
}

static void playing_allocates_nothing(void **state) {
  (void)state;
  void *probe = malloc(1); /* shows that the counter counts */
  assert_true(allocations > 0);
  free(probe);
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    size_t before = allocations;
    for (int episode = 0; episode < 10; episode++) {
      restart(&s);
      while (!is_over(&s) && s.steps < 200) {
        heed_env_observe(s.env, s.state, s.obs);
        heed_action action = advance(&s);
        heed_env_observe(s.env, s.state, s.next_obs);
        (void)heed_env_performance(s.env, s.state);
        if (heed_env_has_appraisal(s.env)) {
          (void)heed_env_appraise(s.env, s.obs, action, s.next_obs);
        }
      }
    }
    assert_int_equal(allocations, before);
    close_subject(&s);
  }
}

static void batches_allocate_nothing(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    heed_action action = {0};
    heed_error err = {0};
    heed_env_batch batch = {.count = 1,
                            .auto_reset = true,
                            .states = s.state,
                            .states_size = s.spec->state_size,
                            .rngs = &s.rng,
                            .rngs_size = sizeof s.rng,
                            .actions = &action,
                            .actions_size = sizeof action,
                            .obs = s.obs,
                            .obs_size = heed_space_size(&s.spec->obs_space),
                            .outcomes = &s.last,
                            .outcomes_size = sizeof s.last,
                            .final_obs = s.next_obs,
                            .final_obs_size = heed_space_size(&s.spec->obs_space)};
    size_t before = allocations;
    assert_ok(heed_env_start_batch(s.env, &batch, &s.choices, &err), &err);
    for (int step = 0; step < 250; step++) {
      action = choose(&s);
      assert_ok(heed_env_step_batch(s.env, &batch, &err), &err);
    }
    assert_int_equal(allocations, before);
    close_subject(&s);
  }
}

static void actions_are_refused_at_the_border(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    if (s.spec->action_space.kind == HEED_SPACE_DISCRETE) {
      int32_t accepted = (int32_t)s.spec->accepted_actions;
      const int32_t wrong[] = {-1, accepted, accepted + 1, INT32_MAX, INT32_MIN};
      for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        heed_action action = {.index = wrong[k]};
        assert_int_equal(heed_env_check_action(s.env, action, NULL), HEED_ERR_ARG);
      }
    } else {
      const float wrong[] = {nanf(""), INFINITY, -INFINITY};
      for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        heed_action action = choose(&s);
        action.value[s.spec->action_space.count - 1] = wrong[k];
        assert_int_equal(heed_env_check_action(s.env, action, NULL), HEED_ERR_ARG);
      }
      heed_action beyond = choose(&s);
      beyond.value[0] = nextafterf(s.spec->action_space.high[0], INFINITY);
      assert_int_equal(heed_env_check_action(s.env, beyond, NULL) == HEED_OK,
                       s.spec->clips_actions);
    }
    heed_error err = {0};
    heed_action wrong = {0};
    if (s.spec->action_space.kind == HEED_SPACE_DISCRETE) {
      wrong.index = -1;
    } else {
      wrong.value[0] = nanf("");
    }
    assert_int_equal(heed_env_check_action(s.env, wrong, &err), HEED_ERR_ARG);
    assert_non_null(strstr(err.message, "expected"));
    assert_int_equal(heed_env_check_action(s.env, choose(&s), NULL), HEED_OK);
    close_subject(&s);
  }
}

/* Of all accepted actions the legal ones are listed, ascending, and the others refused. */
static void check_legal(const subject *s) {
  bool has_legal = heed_env_ops_of(s->env)->legal != NULL;
  uint32_t *legal = malloc(s->spec->accepted_actions * sizeof *legal);
  uint32_t count = heed_env_legal(s->env, s->state, legal);
  assert_in_range(count, 1, s->spec->accepted_actions);
  for (uint32_t a = 0, k = 0; has_legal && a < s->spec->accepted_actions; a++) {
    heed_action action = {.index = (int32_t)a};
    heed_error err = {0};
    bool is_listed = k < count && legal[k] == a;
    k += is_listed ? 1 : 0;
    assert_int_equal(heed_env_check_action(s->env, action, NULL), HEED_OK);
    heed_status status = heed_env_check_step(s->env, s->state, action, &err);
    assert_int_equal(status, is_listed ? HEED_OK : HEED_ERR_ARG);
    assert_true(is_listed || strstr(err.message, "may not be taken here") != NULL);
    assert_true(a + 1 < s->spec->accepted_actions || k == count);
  }
  free(legal);
}

/* Legal actions are ascending and accepted, what is not among them is refused, and there is one until the
 * end. A turn is one of two players', and a world of one says so throughout. */
static void turns_and_legal_actions_are_what_they_promise(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    bool has_legal = heed_env_ops_of(s.env)->legal != NULL;
    assert_true(!has_legal || s.spec->accepted_actions <= HEED_LEGAL_MAX);
    restart(&s);
    for (int step = 0; step < 300 && s.spec->action_space.kind == HEED_SPACE_DISCRETE; step++) {
      assert_in_range(heed_env_to_move(s.env, s.state), 0,
                      heed_env_ops_of(s.env)->to_move != NULL ? 1 : 0);
      check_legal(&s);
      advance(&s);
      if (is_over(&s)) {
        restart(&s);
      }
    }
    close_subject(&s);
  }
}

/* Of cells a state is told exactly; of numbers it shows what was seen, but for the rounding of floats. */
static void check_recalled(const subject *s, const unsigned char *recalled) {
  size_t tally = s->spec->tally_size;
  if (s->spec->obs_space.kind == HEED_SPACE_CELLS) {
    assert_memory_equal(recalled + tally, (const unsigned char *)s->state + tally,
                        s->spec->state_size - tally);
    return;
  }
  const float *seen = (const void *)s->obs;
  float *shown = (void *)s->next_obs;
  heed_env_observe(s->env, recalled, shown);
  for (uint32_t i = 0; i < s->spec->obs_space.count; i++) {
    assert_float_equal(shown[i], seen[i], 2e-7F);
  }
}

/* A state can be told from what is seen, and whatever is imagined is some state. */
static void what_is_recalled_shows_what_was_seen(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    if (heed_env_ops_of(s.env)->recall == NULL) {
      close_subject(&s);
      continue;
    }
    unsigned char *recalled = malloc(s.spec->state_size);
    size_t tally = s.spec->tally_size;
    restart(&s);
    for (int step = 0; step < 500; step++) {
      heed_env_observe(s.env, s.state, s.obs);
      memset(recalled, 0x5a, s.spec->state_size);
      heed_env_recall(s.env, s.obs, recalled);
      check_recalled(&s, recalled);
      for (size_t k = 0; k < tally; k++) {
        assert_int_equal(recalled[k], 0);
      }
      fill_garbage(&s.spec->obs_space, &s.choices, s.obs);
      heed_env_recall(s.env, s.obs, recalled);
      heed_env_observe(s.env, recalled, s.next_obs);
      assert_int_equal(heed_space_check_row(&s.spec->obs_space, s.next_obs, NULL), HEED_OK);
      if (is_over(&s)) {
        restart(&s);
      } else {
        advance(&s);
      }
    }
    free(recalled);
    close_subject(&s);
  }
}

static void people_judge_whatever_is_imagined(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    for (int k = 0; k < 5000 && heed_env_has_appraisal(s.env); k++) {
      fill_garbage(&s.spec->obs_space, &s.choices, s.obs);
      fill_garbage(&s.spec->obs_space, &s.choices, s.next_obs);
      heed_action action = choose(&s);
      heed_appraisal said = heed_env_appraise(s.env, s.obs, action, s.next_obs);
      heed_appraisal again = heed_env_appraise(s.env, s.obs, action, s.next_obs);
      assert_true(isfinite(said.task) && isfinite(said.safety));
      assert_memory_equal(&said, &again, sizeof said);
    }
    /* one value everywhere: no agent, nothing but agents, ... */
    const heed_space *space = &s.spec->obs_space;
    for (uint32_t v = 0; space->kind == HEED_SPACE_CELLS && v < space->value_count; v++) {
      memset(s.obs, (int)v, space->count);
      memset(s.next_obs, (int)(space->value_count - 1 - v), space->count);
      heed_appraisal said = {0};
      if (heed_env_has_appraisal(s.env)) {
        said = heed_env_appraise(s.env, s.obs, choose(&s), s.next_obs);
      }
      assert_true(isfinite(said.task) && isfinite(said.safety));
    }
    close_subject(&s);
  }
}

/* What is drawn is drawn in full, inside finite numbers, the same each time, without allocation. */
static void check_picture(const subject *s, heed_picture *picture, heed_picture *again) {
  size_t before = allocations;
  heed_env_depict(s->env, s->obs, picture);
  heed_env_depict(s->env, s->obs, again);
  assert_int_equal(allocations, before);
  assert_true(picture->width > 0 && picture->height > 0);
  assert_true(isfinite(picture->width) && isfinite(picture->height));
  assert_false(picture->is_full);
  assert_int_equal(again->shape_count, picture->shape_count);
  assert_memory_equal(again->shapes, picture->shapes,
                      picture->shape_count * sizeof picture->shapes[0]);
  assert_memory_equal(again->points, picture->points,
                      picture->point_count * sizeof picture->points[0]);
}

static void whatever_is_observed_or_imagined_is_drawn(void **state) {
  (void)state;
  heed_picture *picture = calloc(1, sizeof *picture);
  heed_picture *again = calloc(1, sizeof *again);
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, i);
    restart(&s);
    for (int k = 0; k < 200; k++) {
      heed_env_observe(s.env, s.state, s.obs);
      check_picture(&s, picture, again);
      assert_true(picture->shape_count > 0);
      fill_garbage(&s.spec->obs_space, &s.choices, s.obs);
      check_picture(&s, picture, again);
      if (is_over(&s)) {
        restart(&s);
      }
      advance(&s);
    }
    close_subject(&s);
  }
  free(picture);
  free(again);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    long_run_steps = strtoull(argv[1], NULL, 10);
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_texts_are_there),
      cmocka_unit_test(specs_are_well_formed),
      cmocka_unit_test(the_echo_of_parameters_builds_the_same_world),
      cmocka_unit_test(equal_seeds_give_equal_bytes),
      cmocka_unit_test(a_copied_state_evolves_like_its_original),
      cmocka_unit_test(the_tally_decides_nothing),
      cmocka_unit_test(observing_and_asking_change_nothing),
      cmocka_unit_test(long_random_runs_stay_inside_the_spaces),
      cmocka_unit_test(playing_allocates_nothing),
      cmocka_unit_test(batches_allocate_nothing),
      cmocka_unit_test(actions_are_refused_at_the_border),
      cmocka_unit_test(turns_and_legal_actions_are_what_they_promise),
      cmocka_unit_test(what_is_recalled_shows_what_was_seen),
      cmocka_unit_test(people_judge_whatever_is_imagined),
      cmocka_unit_test(whatever_is_observed_or_imagined_is_drawn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
