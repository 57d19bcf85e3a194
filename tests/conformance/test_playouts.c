/* test_playouts.c: a playout is steps by random legal actions, in every environment, whoever plays it out. */
#include <stdlib.h>
#include <string.h>

#include "conformance/env_variants.h"
#include "core/cmocka_all.h"
#include "envs/env.h"

enum { MOST = 60, PLAYOUTS = 100 };

typedef struct subject {
  heed_env *env;
  const heed_env_spec *spec;
  unsigned char *state, *played, *by_hand;
  unsigned char *obs, *observed;
  int32_t actions[MOST];
  double rewards[MOST];
  heed_rng rng;
} subject;

static void open_subject(subject *s, variant v) {
  heed_error err = {0};
  memset(s, 0, sizeof *s);
  assert_ok(heed_env_create(v.name, v.params, &s->env, &err), &err);
  s->spec = heed_env_spec_of(s->env);
  s->state = calloc(3, s->spec->state_size);
  s->played = s->state + s->spec->state_size;
  s->by_hand = s->played + s->spec->state_size;
  s->obs = malloc((MOST + 1) * heed_space_size(&s->spec->obs_space));
  s->observed = s->obs + MOST * heed_space_size(&s->spec->obs_space);
  heed_rng_init(&s->rng, 1);
  heed_env_init(s->env, s->state);
  heed_env_reset(s->env, s->state, &s->rng);
  memset(s->state, 0, s->spec->tally_size);
}

static void close_subject(subject *s) {
  heed_env_destroy(s->env);
  free(s->state);
  free(s->obs);
}

static heed_outcome step_by_hand(const subject *s, heed_rng *rng, int32_t *taken) {
  uint32_t legal[HEED_LEGAL_MAX];
  uint32_t count = heed_env_legal(s->env, s->by_hand, legal);
  *taken = (int32_t)legal[heed_rng_choice(rng, count)];
  heed_outcome outcome = heed_env_step(s->env, s->by_hand, (heed_action){.index = *taken}, rng);
  memset(s->by_hand, 0, s->spec->tally_size);
  return outcome;
}

/* Without observations the environment may play by itself; `obs` is where they go otherwise. */
static void check_playout(subject *s, uint32_t most, unsigned char *obs) {
  size_t obs_size = heed_space_size(&s->spec->obs_space);
  heed_playout playout = {.most = most, .actions = s->actions, .rewards = s->rewards, .obs = obs};
  heed_rng rng = s->rng;
  memcpy(s->played, s->state, s->spec->state_size);
  memcpy(s->by_hand, s->state, s->spec->state_size);
  heed_env_playout(s->env, s->played, &playout, &s->rng);
  bool is_over = false;
  uint32_t t = 0;
  for (; t < most && !is_over; t++) {
    int32_t action;
    heed_outcome outcome = step_by_hand(s, &rng, &action);
    is_over = outcome.is_terminal || outcome.is_truncated;
    assert_int_equal(s->actions[t], action);
    assert_true(s->rewards[t] == outcome.reward);
    heed_env_observe(s->env, s->by_hand, s->observed);
    assert_true(obs == NULL || memcmp(obs + t * obs_size, s->observed, obs_size) == 0);
  }
  assert_int_equal(playout.steps, t);
  assert_int_equal(playout.is_over, is_over);
  assert_memory_equal(s->played, s->by_hand, s->spec->state_size);
  assert_memory_equal(&s->rng, &rng, sizeof rng);
}

/* A step on, by a random action, into another episode where one ends. */
static void go_on(subject *s) {
  int32_t action;
  memcpy(s->by_hand, s->state, s->spec->state_size);
  heed_outcome outcome = step_by_hand(s, &s->rng, &action);
  memcpy(s->state, s->by_hand, s->spec->state_size);
  if (outcome.is_terminal || outcome.is_truncated) {
    heed_env_reset(s->env, s->state, &s->rng);
    memset(s->state, 0, s->spec->tally_size);
  }
}

static void playouts_are_steps_by_random_legal_actions(void **state) {
  (void)state;
  for (size_t i = 0; i < variant_count(); i++) {
    subject s;
    open_subject(&s, variant_at(i));
    for (int k = 0; k < PLAYOUTS && s.spec->action_space.kind == HEED_SPACE_DISCRETE; k++) {
      uint32_t most = 1 + heed_rng_choice(&s.rng, MOST);
      check_playout(&s, most, NULL);
      check_playout(&s, most, s.obs);
      go_on(&s);
    }
    close_subject(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(playouts_are_steps_by_random_legal_actions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
