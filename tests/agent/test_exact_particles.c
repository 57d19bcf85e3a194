/* test_exact_particles.c: what the simulator believes when an end, or something that it cannot explain, is
 * seen. */
#include <string.h>

#include "agent/exact.h"
#include "core/cmocka_all.h"
#include "core/near.h"

/* A fuse: a clock is seen, whether it is live is not, and half of them are. Each step the clock goes on by
 * one; to touch a live one ends the episode. */
enum { WAIT, TOUCH, CLOCK_VALUES = 16, PARTICLES = 64 };

typedef union fuse {
  struct {
    uint8_t clock, is_live;
  } is;
  unsigned char bytes[16];
} fuse;

static heed_status fuse_create(void *self, const void *params, heed_env_spec *spec,
                               heed_error *err) {
  (void)self, (void)params, (void)err;
  spec->state_size = sizeof(fuse);
  spec->obs_space = heed_space_board(1, 1, CLOCK_VALUES);
  spec->action_space = heed_space_discrete(2);
  spec->accepted_actions = 2;
  return HEED_OK;
}

static void fuse_reset(const void *self, void *state, heed_rng *rng) {
  (void)self;
  memset(state, 0, sizeof(fuse));
  ((fuse *)state)->is.is_live = heed_rng_choice(rng, 2) == 1;
}

static heed_outcome fuse_step(const void *self, void *state, heed_action action, heed_rng *rng) {
  (void)self, (void)rng;
  fuse *f = state;
  f->is.clock++;
  return (heed_outcome){.is_terminal = action.index == TOUCH && f->is.is_live == 1};
}

static void fuse_observe(const void *self, const void *state, void *obs) {
  (void)self;
  *(uint8_t *)obs = ((const fuse *)state)->is.clock;
}

static double fuse_performance(const void *self, const void *state) {
  (void)self, (void)state;
  return 0;
}

static const heed_env_ops fuse_ops = {.name = "fuse",
                                      .create = fuse_create,
                                      .reset = fuse_reset,
                                      .step = fuse_step,
                                      .observe = fuse_observe,
                                      .performance = fuse_performance};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*,readability-identifier-naming): the linker's names */
const heed_env_ops *__real_heed_env_find(const char *name);
const heed_env_ops *__wrap_heed_env_find(const char *name);

const heed_env_ops *__wrap_heed_env_find(const char *name) {
  return strcmp(name, fuse_ops.name) == 0 ? &fuse_ops : __real_heed_env_find(name);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*,readability-identifier-naming) */

typedef struct fixture {
  heed_env *env;
  heed_dynamics *model;
  unsigned char belief[PARTICLES * sizeof(fuse) + 8], next[PARTICLES * sizeof(fuse) + 8];
  unsigned char workspace[64];
  heed_rng rng;
} fixture;

static void fixture_init(fixture *x) {
  heed_error err = {0};
  assert_ok(heed_env_create("fuse", NULL, &x->env, &err), &err);
  assert_ok(heed_exact_create(x->env, PARTICLES, &x->model, &err), &err);
  assert_int_equal(heed_dynamics_spec_of(x->model)->belief_size, sizeof x->belief);
  assert_true(heed_dynamics_workspace_size(x->model, 1) <= sizeof x->workspace);
  heed_rng_init(&x->rng, 5);
  uint8_t obs = 0;
  heed_dynamics_begin(x->model, &obs, x->belief);
}

static void fixture_deinit(fixture *x) {
  heed_dynamics_destroy(x->model);
  heed_env_destroy(x->env);
}

static heed_prediction predict(fixture *x, int32_t action) {
  heed_prediction p = {
      .belief = x->belief, .action = {.index = action}, .rng = &x->rng, .next_belief = x->next};
  heed_dynamics_predict(x->model, &p, 1, x->workspace);
  return p;
}

static void observe(fixture *x, int32_t action, uint8_t obs) {
  heed_dynamics_observe(x->model, x->belief, (heed_action){.index = action}, &obs);
  uint8_t latest;
  heed_dynamics_decode(x->model, x->belief, &latest);
  assert_int_equal(latest, obs);
}

/* Particles begin a belief. All of them show one clock, which is returned; *live of them are live. */
static uint32_t clock_of(const unsigned char *belief, uint32_t *live) {
  fuse particles[PARTICLES];
  memcpy(particles, belief, sizeof particles);
  *live = 0;
  for (uint32_t i = 0; i < PARTICLES; i++) {
    assert_int_equal(particles[i].is.clock, particles[0].is.clock);
    *live += particles[i].is.is_live;
  }
  return particles[0].is.clock;
}

/* The clock is the same whether the episode ends or not: only the end tells the particles apart. */
static void that_an_episode_goes_on_is_learned_from(void **state) {
  (void)state;
  fixture x;
  fixture_init(&x);
  uint32_t live;
  assert_int_equal(clock_of(x.belief, &live), 0);
  assert_in_range(live, 12, 52); /* 32 +- 4 */
  uint32_t ended = 0;
  for (int n = 0; n < 200; n++) { /* as it is imagined */
    bool is_over = predict(&x, TOUCH).is_terminal;
    assert_int_equal(clock_of(x.next, &live), 1);
    assert_int_equal(live, is_over ? PARTICLES : 0);
    ended += is_over;
  }
  assert_in_range(ended, 30, 170);
  observe(&x, WAIT, 1);
  assert_int_equal(clock_of(x.belief, &live), 1);
  assert_in_range(live, 12, 52); /* nothing was learned */
  observe(&x, TOUCH, 2);         /* as it is seen */
  assert_int_equal(clock_of(x.belief, &live), 2);
  assert_int_equal(live, 0);
  fixture_deinit(&x);
}

static void what_a_start_explains_is_a_start(void **state) {
  (void)state;
  fixture x;
  fixture_init(&x);
  uint32_t live;
  observe(&x, TOUCH, 1);
  observe(&x, WAIT, 0); /* the clock never goes back */
  assert_int_equal(clock_of(x.belief, &live), 0);
  assert_in_range(live, 12, 52); /* as of any start */
  fixture_deinit(&x);
}

/* A clock that jumps and comes back is met where it would have been. */
static void what_nothing_explains_is_kept_pace_with(void **state) {
  (void)state;
  fixture x;
  fixture_init(&x);
  uint32_t live;
  uint32_t before;
  observe(&x, WAIT, 1);
  (void)clock_of(x.belief, &before);
  observe(&x, WAIT, 9);
  assert_int_equal(clock_of(x.belief, &live), 2);
  assert_int_equal(live, before);
  observe(&x, TOUCH, 3);
  assert_int_equal(clock_of(x.belief, &live), 3);
  assert_int_equal(live, 0); /* again the right ones are kept */
  fixture_deinit(&x);
}

/* A particle is no state after its end. */
static void no_particle_is_at_its_end(void **state) {
  (void)state;
  fixture x;
  fixture_init(&x);
  fuse lit = {.is = {.clock = 4, .is_live = 1}};
  heed_exact_set_state(x.model, &lit, x.belief);
  uint32_t live;
  observe(&x, TOUCH, 9);
  assert_int_equal(clock_of(x.belief, &live), 4);
  assert_int_equal(live, PARTICLES);
  fixture_deinit(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(that_an_episode_goes_on_is_learned_from),
      cmocka_unit_test(what_a_start_explains_is_a_start),
      cmocka_unit_test(what_nothing_explains_is_kept_pace_with),
      cmocka_unit_test(no_particle_is_at_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
