/* test_wrappers.c: rewards made of others: what they score, and files that hold them. */
#include <stdlib.h>
#include <unistd.h>

#include "reward/fixture.h"
#include "reward/reward.h"

enum { STEPS = 12 };

/* Steps of random boards, and a linear reward that 12 choices have taught. */
typedef struct world {
  heed_choices choices;
  heed_step steps[STEPS]; /* borrowed from the choices */
} world;

static int set_up(void **state) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  heed_rng rng;
  heed_rng_init(&rng, 41);
  for (size_t i = 0; i < STEPS; i++) {
    heed_choice choice = fixture_choice(2, 2, &rng);
    assert_int_equal(heed_choices_append(&w->choices, &choice, NULL), HEED_OK);
    w->steps[i] = heed_segment_step(&w->choices.items[i].query.options[0], 1);
  }
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  world *w = *state;
  heed_choices_deinit(&w->choices);
  free(w);
  return 0;
}

static heed_reward *make(const char *name, const char *params) {
  heed_space obs_space = fixture_obs_space();
  heed_space action_space = fixture_action_space();
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_create(name, params, &obs_space, &action_space, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

static heed_reward *taught(const world *w) {
  heed_reward *model = make("linear", "prior_scale=3");
  assert_int_equal(heed_reward_learn(model, &w->choices, NULL, NULL, NULL), HEED_OK);
  return model;
}

static heed_reward *combine(const char *name, const char *params, heed_reward *one,
                            heed_reward *two) {
  heed_reward *parts[] = {one, two};
  heed_reward *model = NULL;
  heed_error err = {0};
  if (heed_reward_combine(name, params, parts, two != NULL ? 2 : 1, &model, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  return model;
}

typedef struct scores {
  double mean[STEPS], spread[STEPS];
} scores;

static scores score(const heed_reward *model, const world *w, const void *hypothesis) {
  scores s;
  void *workspace = malloc(heed_reward_workspace_size(model, STEPS) + 1);
  assert_non_null(workspace);
  heed_reward_score(model, w->steps, STEPS, hypothesis, s.mean, s.spread, workspace);
  free(workspace);
  return s;
}

static const char formula[] = "formula={2*change[0,1] - 3*share[2]}";

/* ---- what they score ------------------------------------------------------------------------ */

static void sums_add_means_and_variances(void **state) {
  const world *w = *state;
  heed_reward *one = taught(w);
  heed_reward *two = make("linear", "prior_scale=1");
  heed_reward *given = make("formula", formula);
  scores a = score(one, w, NULL);
  scores b = score(two, w, NULL);
  scores c = score(given, w, NULL);
  heed_reward *pair[] = {two, given};
  heed_reward *rest = NULL;
  assert_int_equal(heed_reward_combine("sum", NULL, pair, 2, &rest, NULL), HEED_OK);
  heed_reward *sum = combine("sum", NULL, one, rest);
  scores s = score(sum, w, NULL);
  for (size_t i = 0; i < STEPS; i++) {
    assert_near(s.mean[i], a.mean[i] + b.mean[i] + c.mean[i], 1e-12);
    assert_near(s.spread[i], sqrt(a.spread[i] * a.spread[i] + b.spread[i] * b.spread[i]), 1e-12);
  }
  heed_reward_destroy(sum);
}

static void scales_multiply_and_add(void **state) {
  const world *w = *state;
  heed_reward *one = taught(w);
  scores a = score(one, w, NULL);
  heed_reward *scale = combine("scale", "factor=-2.5,offset=7", one, NULL);
  scores s = score(scale, w, NULL);
  for (size_t i = 0; i < STEPS; i++) {
    assert_near(s.mean[i], 7 - 2.5 * a.mean[i], 1e-12);
    assert_near(s.spread[i], 2.5 * a.spread[i], 1e-12);
  }
  heed_reward_destroy(scale);
}

static void clips_bound_what_a_step_is_worth(void **state) {
  const world *w = *state;
  heed_reward *given = make("formula", formula);
  scores a = score(given, w, NULL);
  heed_reward *clip = combine("clip", "low=-0.6,high=0.5", given, NULL);
  scores s = score(clip, w, NULL);
  size_t held = 0;
  for (size_t i = 0; i < STEPS; i++) {
    double wanted = a.mean[i] < -0.6 ? -0.6 : a.mean[i] > 0.5 ? 0.5 : a.mean[i];
    held += wanted != a.mean[i];
    assert_near(s.mean[i], wanted, 0);
  }
  assert_true(held > 0 && held < STEPS);
  heed_reward_destroy(clip);

  heed_reward *unsure = taught(w);
  a = score(unsure, w, NULL);
  clip = combine("clip", "low=-1e9,high=0", unsure, NULL);
  s = score(clip, w, NULL);
  for (size_t i = 0; i < STEPS; i++) { /* what is left of mean - spread .. mean + spread */
    double top = fmin(0, a.mean[i] + a.spread[i]);
    double bottom = fmin(0, a.mean[i] - a.spread[i]);
    assert_near(s.spread[i], (top - bottom) / 2, 1e-12);
  }
  heed_reward_destroy(clip);
}

static void pessimists_take_off_multiples_of_the_spread(void **state) {
  const world *w = *state;
  heed_reward *one = taught(w);
  scores a = score(one, w, NULL);
  heed_reward *least = combine("pessimistic", "kappa=1.28", one, NULL);
  scores s = score(least, w, NULL);
  assert_int_equal(heed_reward_spec_of(least)->hypothesis_size, 0);
  for (size_t i = 0; i < STEPS; i++) {
    assert_true(a.spread[i] > 0);
    assert_near(s.mean[i], a.mean[i] - 1.28 * a.spread[i], 1e-12);
    assert_near(s.spread[i], 0, 0);
  }
  heed_reward_destroy(least);
}

/* A hypothesis is those of the parts, in their order; a part without one scores as it does. */
static void hypotheses_are_those_of_the_parts(void **state) {
  const world *w = *state;
  heed_reward *one = taught(w);
  heed_reward *given = make("formula", formula);
  heed_reward *two = make("linear", "prior_scale=1");
  size_t size = heed_reward_spec_of(one)->hypothesis_size;
  double *drawn = malloc(2 * size);
  assert_non_null(drawn);
  heed_rng rng;
  heed_rng_init(&rng, 3);
  heed_rng again = rng;
  heed_reward_draw(one, &again, drawn);
  heed_reward_draw(two, &again, drawn + size / sizeof *drawn);
  scores a = score(one, w, drawn);
  scores b = score(two, w, drawn + size / sizeof *drawn);
  scores c = score(given, w, NULL);

  heed_reward *parts[] = {one, given, two};
  heed_reward *sum = NULL;
  assert_int_equal(heed_reward_combine("sum", NULL, parts, 3, &sum, NULL), HEED_OK);
  heed_reward *clip = combine("clip", "low=-4,high=4", sum, NULL);
  assert_int_equal(heed_reward_spec_of(clip)->hypothesis_size, 2 * size);
  double *other = malloc(2 * size);
  assert_non_null(other);
  heed_reward_draw(clip, &rng, other);
  assert_memory_equal(drawn, other, 2 * size);
  scores s = score(clip, w, other);
  for (size_t i = 0; i < STEPS; i++) {
    double all = a.mean[i] + c.mean[i] + b.mean[i];
    assert_near(s.mean[i], fmax(-4, fmin(4, all)), 1e-12);
    assert_near(s.spread[i], 0, 0);
  }
  free(drawn);
  free(other);
  heed_reward_destroy(clip);
}

static void explanations_name_the_parts(void **state) {
  const world *w = *state;
  heed_reward *sum =
      combine("sum", NULL, combine("scale", "factor=0.5", make("channel", NULL), NULL),
              make("formula", "formula=one"));
  static const char *const wanted[] = {"the sum of 2",
                                       "1: scale",
                                       "1:   0.5 times what follows, and +0 a step",
                                       "1:   1: channel",
                                       "1:   1:   reward channel  +1",
                                       "2: formula",
                                       "2:   one"};
  char line[160];
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    assert_true(heed_reward_explain(sum, i, line, sizeof line));
    assert_string_equal(line, wanted[i]);
  }
  assert_false(heed_reward_explain(sum, 7, line, sizeof line));
  (void)w;
  heed_reward_destroy(sum);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void wrong_parts_are_refused_and_stay_the_callers(void **state) {
  (void)state;
  heed_reward *one = make("channel", NULL);
  heed_reward *two = make("channel", NULL);
  heed_space obs_space = heed_space_board(2, 2, 3);
  heed_space action_space = fixture_action_space();
  heed_reward *foreign = NULL;
  assert_int_equal(heed_reward_create("channel", NULL, &obs_space, &action_space, &foreign, NULL),
                   HEED_OK);
  heed_reward *pair[] = {one, two};
  heed_reward *mixed[] = {one, foreign};
  heed_reward *model = one;
  heed_error err = {0};
  assert_int_equal(heed_reward_combine("linear", NULL, pair, 1, &model, &err), HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "not made of others"));
  assert_null(model);
  assert_int_equal(heed_reward_combine("scale", NULL, pair, 2, &model, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_reward_combine("sum", NULL, pair, 0, &model, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_reward_combine("sum", NULL, mixed, 2, &model, NULL), HEED_ERR_ARG);
  assert_int_equal(heed_reward_combine("nothing", NULL, pair, 2, &model, NULL), HEED_ERR_ARG);
  err = (heed_error){0};
  assert_int_equal(heed_reward_combine("clip", "low=2,high=1", pair, 1, &model, &err),
                   HEED_ERR_ARG);
  assert_non_null(strstr(err.message, "low=2 is above high=1"));
  assert_null(model);
  heed_reward_destroy(foreign);
  heed_reward_destroy(two);

  for (int k = 1; k < HEED_REWARD_NESTING_MAX; k++) {
    one = combine("scale", NULL, one, NULL);
  }
  assert_int_equal(heed_reward_combine("scale", NULL, &one, 1, &model, NULL), HEED_ERR_ARG);
  heed_reward_destroy(one);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* As deep as models may be inside each other: the file must hold them. */
static void files_hold_all_the_parts(void **state) {
  const world *w = *state;
  heed_reward *model = combine("sum", NULL, taught(w), make("formula", formula));
  model = combine("pessimistic", "kappa=0.5", model, NULL);
  model = combine("clip", "low=-3,high=2", model, NULL);
  model = combine("sum", NULL, model, combine("scale", "factor=0.25", make("channel", NULL), NULL));
  char path[] = "/tmp/heed-wrappers-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  (void)close(descriptor);
  heed_error err = {0};
  if (heed_reward_save(model, NULL, path, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  heed_reward *loaded = NULL;
  if (heed_reward_load(path, &loaded, NULL, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  scores a = score(model, w, NULL);
  scores b = score(loaded, w, NULL);
  assert_memory_equal(&a, &b, sizeof a);
  char one[160];
  char two[160];
  size_t lines = 0;
  for (; heed_reward_explain(model, lines, one, sizeof one); lines++) {
    assert_true(heed_reward_explain(loaded, lines, two, sizeof two));
    assert_string_equal(one, two);
  }
  assert_true(lines > 10);
  heed_reward_destroy(loaded);
  heed_reward_destroy(model);
  (void)unlink(path);
}

/* A part of a file that is none, or too many of them: refused, and named. */
static void wrong_files_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *whole, *part;
    uint32_t count;
    const char *message;
  } cases[] = {
      {"sum", "nothing", 2, "part 0 of 'sum'"},
      {"scale", "channel", 2, "'scale' has 2 parts"},
      {"sum", "channel", HEED_REWARD_PARTS_MAX + 1, "'sum' has 17 parts"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    heed_space obs_space = fixture_obs_space();
    heed_space action_space = fixture_action_space();
    heed_pack_writer *writer;
    assert_int_equal(heed_pack_writer_create(&writer, NULL), HEED_OK);
    heed_pack_map(writer, 5);
    heed_pack_key(writer, "model");
    heed_pack_text(writer, cases[k].whole);
    heed_pack_key(writer, "params");
    heed_pack_text(writer, "");
    heed_pack_key(writer, "obs_space");
    heed_pack_space(writer, &obs_space);
    heed_pack_key(writer, "action_space");
    heed_pack_space(writer, &action_space);
    heed_pack_key(writer, "state");
    heed_pack_map(writer, 1);
    heed_pack_key(writer, "parts");
    heed_pack_array(writer, cases[k].count);
    for (uint32_t i = 0; i < cases[k].count; i++) {
      heed_pack_map(writer, 3);
      heed_pack_key(writer, "model");
      heed_pack_text(writer, cases[k].part);
      heed_pack_key(writer, "params");
      heed_pack_text(writer, "");
      heed_pack_key(writer, "state");
      heed_pack_map(writer, 0);
    }
    unsigned char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(heed_pack_save_memory(writer, "reward", 1, &bytes, &size, NULL), HEED_OK);
    heed_reward *model = NULL;
    heed_error err = {0};
    assert_int_equal(heed_reward_load_memory(bytes, size, &model, NULL, &err), HEED_ERR_FORMAT);
    if (strstr(err.message, cases[k].message) == NULL) {
      fail_msg("'%s', not '%s'", err.message, cases[k].message);
    }
    assert_null(model);
    free(bytes);
    heed_pack_writer_destroy(writer);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_add_means_and_variances),
      cmocka_unit_test(scales_multiply_and_add),
      cmocka_unit_test(clips_bound_what_a_step_is_worth),
      cmocka_unit_test(pessimists_take_off_multiples_of_the_spread),
      cmocka_unit_test(hypotheses_are_those_of_the_parts),
      cmocka_unit_test(explanations_name_the_parts),
      cmocka_unit_test(wrong_parts_are_refused_and_stay_the_callers),
      cmocka_unit_test(files_hold_all_the_parts),
      cmocka_unit_test(wrong_files_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
