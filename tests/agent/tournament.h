/* tournament.h: games between two searches, or a search and chance, in the simulator itself. */
#ifndef HEED_TESTS_AGENT_TOURNAMENT_H
#define HEED_TESTS_AGENT_TOURNAMENT_H

#include <math.h>
#include <stdlib.h>

#include "agent/exact.h"
#include "core/cmocka_all.h"
#include "core/near.h"
#include "envs/env.h"
#include "planner/planner.h"

/* Who plays: a search with these settings, or (NULL) whoever takes any legal action. */
typedef struct contestant {
  const char *params;
} contestant;

typedef struct score {
  uint32_t games, won, lost; /* the first contestant's */
} score;

typedef struct arena {
  heed_env *env;
  heed_dynamics *exact;
  heed_reward *channel;
  heed_planner *planners[2]; /* NULL: at random */
  unsigned char *state, *belief;
} arena;

static inline heed_planner_config config_from(const char *params) {
  heed_planner_config config;
  heed_error err = {0};
  size_t count;
  const heed_param *all = heed_planner_params(&count);
  assert_ok(heed_params_parse(all, count, params, &config, &err), &err);
  return config;
}

static inline void arena_open(arena *t, const char *name, const char *params) {
  heed_error err = {0};
  *t = (arena){0};
  assert_ok(heed_env_create(name, params, &t->env, &err), &err);
  const heed_env_spec *spec = heed_env_spec_of(t->env);
  assert_ok(heed_exact_create(t->env, 1, &t->exact, &err), &err);
  assert_ok(
      heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &t->channel, &err),
      &err);
  t->state = malloc(spec->state_size);
  t->belief = malloc(heed_dynamics_spec_of(t->exact)->belief_size);
  assert_true(t->state != NULL && t->belief != NULL);
}

static inline void arena_seat(arena *t, int seat, contestant who) {
  heed_error err = {0};
  if (who.params != NULL) {
    heed_planner_config config = config_from(who.params);
    assert_ok(heed_planner_create(&config, t->exact, t->channel, &t->planners[seat], &err), &err);
  }
}

static inline void arena_close(arena *t) {
  heed_planner_destroy(t->planners[0]);
  heed_planner_destroy(t->planners[1]);
  heed_reward_destroy(t->channel);
  heed_dynamics_destroy(t->exact);
  heed_env_destroy(t->env);
  free(t->state);
  free(t->belief);
}

static inline heed_action arena_action(arena *t, heed_planner *planner, heed_rng *rng) {
  heed_decision decision;
  heed_error err = {0};
  if (planner == NULL) {
    uint32_t legal[HEED_LEGAL_MAX];
    uint32_t count = heed_env_legal(t->env, t->state, legal);
    return (heed_action){.index = (int32_t)legal[heed_rng_choice(rng, count)]};
  }
  heed_exact_set_state(t->exact, t->state, t->belief);
  assert_ok(heed_planner_plan(planner, t->belief, rng, &decision, &err), &err);
  return decision.action;
}

/* One game, in which seat `first` begins; the return of whoever begins. */
static inline double arena_play(arena *t, int first, heed_rng *rng) {
  heed_outcome outcome = {0};
  double sum = 0;
  heed_env_init(t->env, t->state);
  heed_env_reset(t->env, t->state, rng);
  while (!outcome.is_terminal && !outcome.is_truncated) {
    int seat = heed_env_to_move(t->env, t->state) == 0 ? first : 1 - first;
    heed_action action = arena_action(t, t->planners[seat], rng);
    outcome = heed_env_step(t->env, t->state, action, rng);
    sum += outcome.reward;
  }
  return sum;
}

/* So many games, each of them from another seed; the contestants begin in turns. */
static inline score tournament(const char *name, const char *params, contestant a, contestant b,
                               uint32_t games) {
  arena t;
  score s = {.games = games};
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  arena_open(&t, name, params);
  arena_seat(&t, 0, a);
  arena_seat(&t, 1, b);
  for (uint32_t i = 0; i < games; i++) {
    heed_rng rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, i);
    double sum = arena_play(&t, (int)(i % 2), &rng);
    double mine = i % 2 == 0 ? sum : -sum;
    s.won += mine > 0 ? 1 : 0;
    s.lost += mine < 0 ? 1 : 0;
  }
  arena_close(&t);
  return s;
}

/* The least probability of winning a decided game that a score is consistent with: the lower end of the
 * 99.9 % interval of the binomial distribution (Wilson 1927). */
static inline double least_chance(score s) {
  const double z = 3.2905267314919255;
  double n = s.won + s.lost;
  double share = n > 0 ? s.won / n : 0;
  double spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return n > 0 ? (share + z * z / (2 * n) - spread) / (1 + z * z / n) : 0;
}

#endif
