/* test_context.c: what the context model imagines of gridworlds that it has walked about in. */
#include <stdlib.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/context.h"
#include "envs/env.h"

enum { ROW_MAX = 256 };

/* A model of a world, and what it learned from. */
typedef struct student {
  heed_env *env;
  const heed_env_spec *spec;
  heed_experience *life;
  heed_dynamics *model;
  void *state;
  uint64_t belief[3 * ROW_MAX / 8], next[3 * ROW_MAX / 8];
  heed_rng rng;
} student;

static heed_dynamics *new_model(const heed_env_spec *spec) {
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(
      heed_dynamics_create("context", NULL, &spec->obs_space, &spec->action_space, &model, &err),
      &err);
  assert_true(heed_dynamics_spec_of(model)->belief_size <= (size_t)3 * ROW_MAX);
  return model;
}

/* Walks about at random for `steps`, and learns from it. */
static student study(const char *world, const char *params, size_t steps, uint64_t seed) {
  student s = {0};
  heed_error err = {0};
  unsigned char obs[ROW_MAX];
  assert_ok(heed_env_create(world, params, &s.env, &err), &err);
  s.spec = heed_env_spec_of(s.env);
  assert_true(heed_space_size(&s.spec->obs_space) <= ROW_MAX);
  s.model = new_model(s.spec);
  s.state = malloc(s.spec->state_size);
  assert_non_null(s.state);
  assert_ok(heed_experience_create(&s.spec->obs_space, &s.spec->action_space, &s.life, &err), &err);
  heed_rng_init(&s.rng, seed);
  heed_env_init(s.env, s.state);
  heed_outcome outcome = {.is_terminal = true};
  for (size_t t = 0; t < steps; t++) {
    if (outcome.is_terminal || outcome.is_truncated) {
      heed_env_reset(s.env, s.state, &s.rng);
      heed_env_observe(s.env, s.state, obs);
      assert_ok(heed_experience_begin(s.life, obs, &err), &err);
    }
    heed_action action = {.index = (int32_t)heed_rng_choice(&s.rng, s.spec->action_space.count)};
    outcome = heed_env_step(s.env, s.state, action, &s.rng);
    heed_env_observe(s.env, s.state, obs);
    assert_ok(heed_experience_append(s.life, action, obs, outcome, &err), &err);
  }
  assert_ok(heed_dynamics_learn(s.model, s.life, 0, steps, NULL, &err), &err);
  return s;
}

static void leave(student *s) {
  heed_dynamics_destroy(s->model);
  heed_experience_destroy(s->life);
  heed_env_destroy(s->env);
  free(s->state);
}

/* Imagines one step from the belief, which moves on. */
static heed_prediction imagine(student *s, heed_action action) {
  heed_prediction p = {
      .belief = s->belief, .action = action, .rng = &s->rng, .next_belief = s->next};
  heed_dynamics_predict(s->model, &p, 1, NULL);
  memcpy(s->belief, s->next, heed_dynamics_spec_of(s->model)->belief_size);
  return p;
}

/* How many of `runs` walks of 20 steps are imagined exactly as they come: boards, rewards and ends. */
static int exact_walks(student *s, int runs) {
  unsigned char obs[ROW_MAX];
  unsigned char imagined[ROW_MAX];
  size_t size = heed_space_size(&s->spec->obs_space);
  int exact = 0;
  for (int run = 0; run < runs; run++) {
    heed_env_init(s->env, s->state);
    heed_env_reset(s->env, s->state, &s->rng);
    heed_env_observe(s->env, s->state, obs);
    heed_dynamics_begin(s->model, obs, s->belief);
    bool agrees = true;
    bool is_over = false;
    for (int t = 0; t < 20 && agrees && !is_over; t++) {
      heed_action action = {.index =
                                (int32_t)heed_rng_choice(&s->rng, s->spec->action_space.count)};
      heed_outcome outcome = heed_env_step(s->env, s->state, action, &s->rng);
      heed_env_observe(s->env, s->state, obs);
      heed_prediction p = imagine(s, action);
      heed_dynamics_decode(s->model, s->belief, imagined);
      is_over = outcome.is_terminal || outcome.is_truncated;
      agrees = memcmp(obs, imagined, size) == 0 && p.reward == outcome.reward &&
               p.is_terminal == outcome.is_terminal;
    }
    exact += agrees;
  }
  return exact;
}

/* Deterministic worlds come out deterministic, and soon. The steps are not those after which a table of
 * all observations would be full: tabular gets half of these walks wrong then. */
static void deterministic_worlds_are_imagined_exactly(void **state) {
  (void)state;
  static const struct {
    const char *world;
    size_t steps;
  } cases[] = {
      {"boat-race", 500},          {"island-navigation", 500},     {"distributional-shift", 800},
      {"absent-supervisor", 1000}, {"side-effects-sokoban", 1500},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    for (uint64_t seed = 1; seed <= 3; seed++) {
      student s = study(cases[i].world, NULL, cases[i].steps, seed);
      int exact = exact_walks(&s, 200);
      if (exact < 196) {
        fail_msg("%s, seed %d: %d of 200 walks", cases[i].world, (int)seed, exact);
      }
      leave(&s);
    }
  }
}

/* The least and the most agents on the boards of imagined walks. */
static void count_agents(student *s, int walks, int *least, int *most) {
  unsigned char obs[ROW_MAX];
  size_t size = heed_space_size(&s->spec->obs_space);
  for (int walk = 0; walk < walks; walk++) {
    heed_env_reset(s->env, s->state, &s->rng);
    heed_env_observe(s->env, s->state, obs);
    heed_dynamics_begin(s->model, obs, s->belief);
    heed_prediction p = {0};
    for (int t = 0; t < 30 && !p.is_terminal; t++) {
      p = imagine(s, (heed_action){.index = (int32_t)heed_rng_choice(&s->rng, 4)});
      heed_dynamics_decode(s->model, s->belief, obs);
      int agents = 0;
      for (size_t i = 0; i < size; i++) {
        agents += s->spec->glyphs[obs[i]].character == 'A';
      }
      *least = agents < *least ? agents : *least;
      *most = agents > *most ? agents : *most;
    }
  }
}

/* What moves is imagined as a whole: an agent is never seen twice, and is lost only where worlds hide it. */
static void an_agent_is_never_drawn_twice_or_lost(void **state) {
  (void)state;
  static const char *const worlds[] = {
      "boat-race",   "conveyor-belt", "safe-interruptibility", "side-effects-sokoban",
      "frozen-lake", "friend-foe"};
  for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
    for (size_t steps = 100; steps <= 1600; steps *= 4) {
      student s = study(worlds[w], NULL, steps, 9);
      int least = 1;
      int most = 1;
      count_agents(&s, 300, &least, &most);
      if (least != 1 || most != 1) {
        fail_msg("%s after %d steps: %d to %d agents", worlds[w], (int)steps, least, most);
      }
      leave(&s);
    }
  }
}

/* The bytes of the model's file. */
static void save(const heed_dynamics *model, const char *path) {
  heed_error err = {0};
  assert_ok(heed_dynamics_save(model, NULL, path, &err), &err);
}

/* Two models predict the same, with the same luck. */
static void assert_same(student *s, const heed_dynamics *other) {
  unsigned char obs[ROW_MAX];
  uint64_t next[3 * ROW_MAX / 8];
  size_t belief_size = heed_dynamics_spec_of(other)->belief_size;
  heed_env_reset(s->env, s->state, &s->rng);
  heed_env_observe(s->env, s->state, obs);
  heed_dynamics_begin(s->model, obs, s->belief);
  for (uint32_t t = 0; t < 500; t++) {
    heed_rng luck = s->rng;
    heed_prediction p = {.belief = s->belief,
                         .action = {.index = (int32_t)(t * 7 % 4)},
                         .rng = &luck,
                         .wants_uncertainty = true,
                         .next_belief = next};
    heed_dynamics_predict(other, &p, 1, NULL);
    heed_prediction q = p;
    q.rng = &s->rng;
    q.next_belief = s->next;
    heed_dynamics_predict(s->model, &q, 1, NULL);
    assert_memory_equal(next, s->next, belief_size);
    assert_true(p.reward == q.reward && p.is_terminal == q.is_terminal);
    assert_true(p.uncertainty == q.uncertainty);
    memcpy(s->belief, s->next, belief_size);
  }
}

static void one_by_one_at_once_and_from_a_file_are_the_same(void **state) {
  (void)state;
  static const char *const worlds[] = {"side-effects-sokoban", "tomato-watering", "taxi"};
  for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
    enum { STEPS = 1500 }; /* enough that what is known already is thinned out */
    student s = study(worlds[w], NULL, STEPS, 4);
    heed_error err = {0};
    heed_dynamics *one_by_one = new_model(s.spec);
    for (size_t t = 0; t < STEPS; t++) {
      assert_ok(heed_dynamics_learn(one_by_one, s.life, t, 1, NULL, &err), &err);
    }
    assert_same(&s, one_by_one);
    heed_dynamics_destroy(one_by_one);

    char path[] = "/tmp/heed-context-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    save(s.model, path);
    heed_dynamics *loaded = NULL;
    assert_ok(heed_dynamics_load(path, &loaded, NULL, &err), &err);
    assert_same(&s, loaded);
    heed_dynamics_destroy(loaded);
    (void)remove(path);
    leave(&s);
  }
}

/* However a step unfolds, the numbers of cells are those of the board as it is decided so far. */
static void cells_are_counted_as_they_are_decided(void **state) {
  (void)state;
  student s = study("side-effects-sokoban", NULL, 1000, 5);
  const context *self = heed__dynamics_self(s.model);
  unsigned char obs[ROW_MAX];
  heed_env_reset(s.env, s.state, &s.rng);
  heed_env_observe(s.env, s.state, obs);
  for (uint32_t i = 0; i < 4 * self->cells; i++) {
    context_scene scene;
    uint16_t counts[CONTEXT_VALUES_MAX] = {0};
    heed_dynamics_begin(s.model, obs, s.belief);
    heed__context_open(self, &scene, s.belief, i % 4, s.next);
    for (uint32_t cell = i / 4; cell < self->cells; cell += 3) {
      uint16_t event = (uint16_t)(cell % 2 == 0 ? EVENT_AHEAD : EVENT_TURN + cell % self->values);
      if (heed__context_apply(&scene, cell, event)) {
        heed__context_uncover(&scene, cell, EVENT_TURN + 1);
      }
    }
    for (uint32_t cell = 0; cell < self->cells; cell++) {
      counts[scene.after[cell]]++;
    }
    assert_memory_equal(counts, scene.count_after, self->values * sizeof counts[0]);
  }
  leave(&s);
}

/* The value so far away from a cell + 1; 0 outside the board. */
static uint8_t value_off(const context *self, const uint8_t *cells, uint32_t cell, int32_t rows,
                         int32_t cols) {
  int32_t row = (int32_t)(cell / self->width) + rows;
  int32_t col = (int32_t)(cell % self->width) + cols;
  bool is_inside =
      row >= 0 && row < (int32_t)self->height && col >= 0 && col < (int32_t)self->width;
  return is_inside ? (uint8_t)(cells[(uint32_t)row * self->width + (uint32_t)col] + 1) : 0;
}

/* What is read at once is what is read one by one; and ahead is where the action leads, on every board and
 * for every way, diagonal ones and none included. */
static void rows_hold_what_is_read_one_by_one(void **state) {
  (void)state;
  student s = study("side-effects-sokoban", NULL, 1000, 5);
  context *self = (context *)heed__dynamics_self(s.model);
  unsigned char obs[ROW_MAX];
  heed_env_reset(s.env, s.state, &s.rng);
  heed_env_observe(s.env, s.state, obs);
  heed_dynamics_begin(s.model, obs, s.belief);
  for (int32_t way = 0; way < 9; way++) {
    int32_t rows = self->ways[0][0] = way / 3 - 1;
    int32_t cols = self->ways[0][1] = way % 3 - 1;
    int32_t has_way = rows != 0 || cols != 0;
    context_scene scene;
    heed__context_open(self, &scene, s.belief, 0, s.next);
    for (uint32_t cell = 0; cell < self->cells; cell += 5) {
      (void)heed__context_apply(&scene, cell, (uint16_t)(EVENT_TURN + cell % self->values));
    }
    uint8_t row[HEED__CONTEXT_TREE_FEATURES_MAX];
    for (uint32_t cell = 0; cell < self->cells; cell++) {
      heed__context_cell_row(&scene, cell, row);
      for (uint32_t f = 0; f < heed__context_cell_features(self); f++) {
        assert_int_equal(row[f], heed__context_cell_feature(&scene, cell, f));
      }
      assert_int_equal(row[CELL_AHEAD], has_way * value_off(self, obs, cell, rows, cols));
      assert_int_equal(row[CELL_AHEAD_2], has_way * value_off(self, obs, cell, 2 * rows, 2 * cols));
      assert_int_equal(row[CELL_BEHIND], has_way * value_off(self, obs, cell, -rows, -cols));
      assert_int_equal(row[CELL_BEHIND_NOW],
                       has_way * value_off(self, scene.after, cell, -rows, -cols));
    }
    heed__context_step_row(&scene, row);
    for (uint32_t f = 0; f < heed__context_step_features(self); f++) {
      assert_int_equal(row[f], heed__context_step_feature(&scene, 0, f));
    }
  }
  leave(&s);
}

/* What a model only heard of, as the history of what it learned, may come up in what it imagines: here
 * that a 2 can turn into a 3, of which it took no sample. */
static void what_was_only_context_can_be_imagined(void **state) {
  (void)state;
  static const unsigned char boards[3][4] = {{0, 1, 2, 0}, {0, 1, 3, 0}, {0, 0, 3, 1}};
  heed_space obs_space = heed_space_board(1, 4, 4);
  heed_space action_space = heed_space_discrete(2);
  heed_experience *life = NULL;
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(heed_experience_create(&obs_space, &action_space, &life, &err), &err);
  assert_ok(heed_experience_begin(life, boards[0], &err), &err);
  for (int t = 1; t < 3; t++) {
    heed_action action = {.index = t - 1};
    assert_ok(heed_experience_append(life, action, boards[t], (heed_outcome){0}, &err), &err);
  }
  assert_ok(heed_dynamics_create("context", NULL, &obs_space, &action_space, &model, &err), &err);
  assert_ok(heed_dynamics_learn(model, life, 1, 1, NULL, &err), &err);

  uint64_t belief[2] = {0};
  uint64_t next[2];
  heed_rng rng;
  heed_rng_init(&rng, 1);
  assert_true(heed_dynamics_spec_of(model)->belief_size <= sizeof belief);
  heed_dynamics_begin(model, boards[0], belief);
  for (int wants = 0; wants < 2; wants++) {
    unsigned char obs[4];
    heed_prediction p = {
        .belief = belief, .rng = &rng, .wants_uncertainty = wants == 1, .next_belief = next};
    heed_dynamics_predict(model, &p, 1, NULL);
    heed_dynamics_decode(model, next, obs);
    assert_ok(heed_space_check_row(&obs_space, obs, &err), &err);
  }
  heed_dynamics_destroy(model);
  heed_experience_destroy(life);
}

/* What is sure is not looked into unless it is asked how sure it is: the step, and what is drawn for it, are the
 * same. */
static void what_is_passed_over_stays(void **state) {
  (void)state;
  static const char *const worlds[] = {"safe-interruptibility",
                                       "side-effects-sokoban",
                                       "tomato-watering",
                                       "conveyor-belt",
                                       "boat-race",
                                       "spider"};
  enum { WORLDS = sizeof worlds / sizeof worlds[0], STEPS = 600 };
  for (size_t w = 0; w < WORLDS * 2; w++) {
    student s = study(worlds[w / 2], NULL, w % 2 == 0 ? 40 : 1500, w);
    size_t size = heed_dynamics_spec_of(s.model)->belief_size;
    unsigned char obs[ROW_MAX];
    bool is_over = true;
    for (int t = 0; t < STEPS; t++) {
      if (is_over || t % 50 == 0) {
        heed_env_reset(s.env, s.state, &s.rng);
        heed_env_observe(s.env, s.state, obs);
        heed_dynamics_begin(s.model, obs, s.belief);
      }
      unsigned char careful[sizeof s.next];
      heed_rng rng = s.rng;
      heed_action action = {.index = (int32_t)heed_rng_choice(&s.rng, s.spec->action_space.count)};
      (void)heed_rng_choice(&rng, s.spec->action_space.count);
      heed_prediction asked = {.belief = s.belief,
                               .action = action,
                               .rng = &rng,
                               .wants_uncertainty = true,
                               .next_belief = careful};
      heed_dynamics_predict(s.model, &asked, 1, NULL);
      heed_prediction quick = imagine(&s, action);
      assert_memory_equal(careful, s.belief, size);
      assert_memory_equal(&rng, &s.rng, sizeof rng);
      assert_true(asked.reward == quick.reward && asked.is_terminal == quick.is_terminal);
      is_over = quick.is_terminal;
    }
    leave(&s);
  }
}

/* What really happened leads to the belief that imagining it would have led to. */
static void observing_is_imagining_what_happened(void **state) {
  (void)state;
  student s = study("side-effects-sokoban", NULL, 2000, 6);
  unsigned char obs[ROW_MAX];
  uint64_t seen[3 * ROW_MAX / 8];
  size_t belief_size = heed_dynamics_spec_of(s.model)->belief_size;
  for (int run = 0; run < 50; run++) {
    heed_env_reset(s.env, s.state, &s.rng);
    heed_env_observe(s.env, s.state, obs);
    heed_dynamics_begin(s.model, obs, s.belief);
    heed_dynamics_begin(s.model, obs, seen);
    bool is_over = false;
    for (int t = 0; t < 20 && !is_over; t++) {
      heed_action action = {.index = (int32_t)heed_rng_choice(&s.rng, 4)};
      heed_outcome outcome = heed_env_step(s.env, s.state, action, &s.rng);
      heed_env_observe(s.env, s.state, obs);
      heed_dynamics_observe(s.model, seen, action, obs);
      imagine(&s, action);
      assert_memory_equal(seen, s.belief, belief_size);
      is_over = outcome.is_terminal || outcome.is_truncated;
    }
  }
  leave(&s);
}

/* Steps on ice lead three ways with the same probability, of which none is lost or preferred. */
static void chances_are_learned(void **state) {
  (void)state;
  enum { TRIES = 6000, RIGHT = 2 };
  student s = study("frozen-lake", "map_name=8x8,max_steps=0", 20000, 2);
  unsigned char obs[ROW_MAX];
  heed_env_reset(s.env, s.state, &s.rng);
  heed_env_observe(s.env, s.state, obs);
  uint64_t begun[3 * ROW_MAX / 8];
  heed_dynamics_begin(s.model, obs, begun);
  int counts[3] = {0}; /* stays (up is the border), goes right, goes down */
  for (int i = 0; i < TRIES; i++) {
    memcpy(s.belief, begun, sizeof begun);
    imagine(&s, (heed_action){.index = RIGHT});
    heed_dynamics_decode(s.model, s.belief, obs);
    const unsigned char *at = NULL;
    for (int cell = 0; cell < 64; cell++) {
      at = s.spec->glyphs[obs[cell]].character == 'A' ? obs + cell : at;
    }
    assert_true(at == obs || at == obs + 1 || at == obs + 8);
    counts[at == obs ? 0 : at == obs + 1 ? 1 : 2]++;
  }
  for (int i = 0; i < 3; i++) {
    assert_near((double)counts[i] / TRIES, 1.0 / 3, 0.06);
  }
  leave(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deterministic_worlds_are_imagined_exactly),
      cmocka_unit_test(an_agent_is_never_drawn_twice_or_lost),
      cmocka_unit_test(one_by_one_at_once_and_from_a_file_are_the_same),
      cmocka_unit_test(cells_are_counted_as_they_are_decided),
      cmocka_unit_test(rows_hold_what_is_read_one_by_one),
      cmocka_unit_test(what_was_only_context_can_be_imagined),
      cmocka_unit_test(what_is_passed_over_stays),
      cmocka_unit_test(observing_is_imagining_what_happened),
      cmocka_unit_test(chances_are_learned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
