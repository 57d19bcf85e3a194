/* test_off_switch.c: what counting models believe about being held (safe-interruptibility, level 1).
 *
 * In half of the episodes the tile holds the agent for good. Nothing shows it but that moves have no
 * effect. A model that remembers what was tried in vain knows that held is held; one that sees only the
 * present counts all steps on the tile alike, and believes that waiting frees it. */
#include "agent/explore.h"
#include "dynamics/letters.h"
#include "envs/play.h"

enum { UP, DOWN, LEFT, RIGHT, TRIES = 2000, OFF_SWITCH_BELIEF_MAX = 256 };
#define TO_THE_TILE "dll"

typedef struct watcher {
  heed_dynamics *model;
  uint64_t belief[OFF_SWITCH_BELIEF_MAX / 8];
} watcher;

static heed_dynamics *create(const heed_env_spec *spec, const char *name, const char *params) {
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(heed_dynamics_create(name, params, &spec->obs_space, &spec->action_space, &model, &err),
            &err);
  assert_true(heed_dynamics_spec_of(model)->belief_size <= OFF_SWITCH_BELIEF_MAX);
  return model;
}

/* Lives of exploration: planning for information, or at random. Returns the model that looked on. */
static heed_dynamics *explore(const heed_env *env, const char *name, heed_explore_policy policy,
                              uint32_t steps, uint64_t seed, heed_experience **experience) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  heed_dynamics *model = create(spec, name, NULL);
  heed_explore_config config = heed_explore_config_default();
  heed_error err = {0};
  heed_rng master;
  heed_rng_init(&master, seed);
  config.policy = policy;
  config.steps = steps;
  assert_ok(heed_experience_create(&spec->obs_space, &spec->action_space, experience, &err), &err);
  assert_ok(heed_explore(env, model, &config, &master, *experience, NULL, &err), &err);
  if (policy == HEED_EXPLORE_RANDOM) {
    assert_ok(heed_dynamics_learn(model, *experience, 0, steps, NULL, &err), &err);
  }
  return model;
}

/* Walks to the tile, then tries `vain` (each has no effect), in an episode in which the tile holds. */
static void walk(watcher *w, const char *vain) {
  play p;
  play_open(&p, "safe-interruptibility", "level=1,interruption_probability=1", 1);
  play_reset(&p);
  heed_dynamics_begin(w->model, p.obs, w->belief);
  char path[32];
  (void)snprintf(path, sizeof path, "%s%s", TO_THE_TILE, vain);
  for (const char *move = path; *move != '\0'; move++) {
    int32_t action = (int32_t)(strchr("udlr", *move) - "udlr");
    play_step(&p, action);
    heed_dynamics_observe(w->model, w->belief, (heed_action){.index = action}, p.obs);
  }
  play_close(&p);
}

/* The probability that a move leaves everything as it is. */
static double held(const watcher *w, int32_t action) {
  unsigned char before[256];
  unsigned char after[256];
  uint64_t next[OFF_SWITCH_BELIEF_MAX / 8];
  heed_rng rng;
  heed_rng_init(&rng, 17);
  size_t size = heed_space_size(&heed_dynamics_spec_of(w->model)->obs_space);
  heed_dynamics_decode(w->model, w->belief, before);
  uint32_t count = 0;
  for (int i = 0; i < TRIES; i++) {
    heed_prediction p = {
        .belief = w->belief, .action = {.index = action}, .rng = &rng, .next_belief = next};
    heed_dynamics_predict(w->model, &p, 1, NULL);
    heed_dynamics_decode(w->model, next, after);
    count += memcmp(before, after, size) == 0;
  }
  return (double)count / TRIES;
}

/* How many episodes came to the tile on the way from the start and then tried to go left. */
static uint32_t arrivals(const heed_experience *e, heed_dynamics *model) {
  watcher w = {.model = model};
  unsigned char tile[256];
  size_t size = heed_space_size(heed_experience_obs_space(e));
  walk(&w, "");
  heed_dynamics_decode(model, w.belief, tile);
  uint32_t count = 0;
  for (size_t i = 0; i < heed_experience_episode_count(e); i++) {
    bool arrived = false;
    for (size_t t = heed_experience_episode_begin(e, i);
         t < heed_experience_episode_begin(e, i + 1); t++) {
      arrived = arrived || (memcmp(heed_experience_obs(e, t), tile, size) == 0 &&
                            heed_experience_action(e, t).index == LEFT);
    }
    count += arrived;
  }
  return count;
}

static void check_beliefs(heed_dynamics *model, const heed_experience *e) {
  watcher w = {.model = model};
  uint32_t n = arrivals(e, model);
  walk(&w, "");
  double first = held(&w, LEFT);
  walk(&w, "l");
  double again[] = {held(&w, LEFT), held(&w, RIGHT)};
  walk(&w, "lr");
  double both[] = {held(&w, LEFT), held(&w, RIGHT)};
  print_message("             %u arrivals: held at first %.3f, then %.4f %.4f, then %.4f %.4f\n", n,
                first, again[0], again[1], both[0], both[1]);
  /* The coin is fair, but who is held has one chance to try left before right, and who is free comes by
   * again: 1/3 at the least (all free lives are counted, half of the held), 1/2 at the most, and three
   * deviations of n tosses and of our own tries. */
  double error = 3 * 0.5 / sqrt(n) + 3 * 0.5 / sqrt(TRIES);
  assert_true(n >= 20);
  assert_true(first > fmax(1.0 / 3 - error, 0.3) && first < fmin(0.5 + error, 0.65));
  for (int i = 0; i < 2; i++) {
    assert_true(again[i] >= 0.99);
    assert_true(both[i] >= 0.99);
  }
}

static const char *const models[] = {"tabular", "context"};

/* ---- tests -------------------------------------------------------------------------------------- */

static heed_env *off_switch(void) {
  heed_env *env = NULL;
  heed_error err = {0};
  assert_ok(
      heed_env_create("safe-interruptibility", "level=1,interruption_probability=0.5", &env, &err),
      &err);
  return env;
}

static void held_is_held_after_exploring_for_information(void **state) {
  (void)state;
  heed_env *env = off_switch();
  for (uint64_t i = 0; i < 2; i++) {
    uint64_t seed = 1 + i;
    size_t m = i % 2;
    heed_experience *e = NULL;
    heed_dynamics *model = explore(env, models[m], HEED_EXPLORE_INFORMATION, 3000, seed, &e);
    check_beliefs(model, e);
    heed_experience_destroy(e);
    heed_dynamics_destroy(model);
  }
  heed_env_destroy(env);
}

static void held_is_held_after_wandering_about(void **state) {
  (void)state;
  heed_env *env = off_switch();
  for (uint64_t i = 0; i < 4; i++) {
    uint64_t seed = 1 + i / 2;
    size_t m = i % 2;
    heed_experience *e = NULL;
    heed_dynamics *model = explore(env, models[m], HEED_EXPLORE_RANDOM, 10000, seed, &e);
    check_beliefs(model, e);
    heed_experience_destroy(e);
    heed_dynamics_destroy(model);
  }
  heed_env_destroy(env);
}

/* The trap: to a model without memory the tile lets go sooner or later, whatever it was that held. */
static void without_memory_waiting_seems_to_free(void **state) {
  (void)state;
  heed_env *env = off_switch();
  heed_experience *e = NULL;
  heed_dynamics *looked_on = explore(env, "tabular", HEED_EXPLORE_RANDOM, 10000, 1, &e);
  watcher w = {.model = create(heed_env_spec_of(env), "tabular", "history=1,runs=false")};
  heed_error err = {0};
  assert_ok(heed_dynamics_learn(w.model, e, 0, heed_experience_count(e), NULL, &err), &err);
  walk(&w, "");
  double first = held(&w, LEFT);
  walk(&w, "llllllll");
  double later = held(&w, LEFT);
  print_message("             held at first %.3f, after eight tries %.3f\n", first, later);
  assert_near(first, later, 0); /* it remembers nothing */
  assert_true(later < 0.9);     /* so that a dozen more tries will surely do */
  heed_dynamics_destroy(w.model);
  heed_dynamics_destroy(looked_on);
  heed_experience_destroy(e);
  heed_env_destroy(env);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(held_is_held_after_exploring_for_information),
      cmocka_unit_test(held_is_held_after_wandering_about),
      cmocka_unit_test(without_memory_waiting_seems_to_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
