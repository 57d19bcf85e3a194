/* letters.h: lives written as text, and what a model predicts after one.
 *
 *   "A0B1B"    saw A, did 0, saw B, did 1, saw B again
 *   "A0B!"     and that was the end;  "A0B?"  and there time was up
 *
 * An observation is one cell: a letter. */
#ifndef HEED_TESTS_DYNAMICS_LETTERS_H
#define HEED_TESTS_DYNAMICS_LETTERS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/dynamics.h"

enum { LETTERS = 26, LETTER_ACTIONS = 4, LETTER_BELIEF_MAX = 128 };

static inline heed_space letters_obs_space(void) {
  return heed_space_board(1, 1, LETTERS);
}

static inline heed_space letters_action_space(void) {
  return heed_space_discrete(LETTER_ACTIONS);
}

static inline heed_dynamics *letters_model(const char *params) {
  heed_space obs_space = letters_obs_space();
  heed_space action_space = letters_action_space();
  heed_dynamics *model = NULL;
  heed_error err = {0};
  assert_ok(heed_dynamics_create("tabular", params, &obs_space, &action_space, &model, &err), &err);
  assert_true(heed_dynamics_spec_of(model)->belief_size <= LETTER_BELIEF_MAX);
  return model;
}

static inline heed_experience *letters_experience(void) {
  heed_space obs_space = letters_obs_space();
  heed_space action_space = letters_action_space();
  heed_experience *experience = NULL;
  heed_error err = {0};
  assert_ok(heed_experience_create(&obs_space, &action_space, &experience, &err), &err);
  return experience;
}

/* One episode; every step pays `reward`. */
static inline void letters_live(heed_experience *experience, const char *life, double reward) {
  heed_error err = {0};
  uint8_t obs = (uint8_t)(life[0] - 'A');
  assert_ok(heed_experience_begin(experience, &obs, &err), &err);
  size_t length = strlen(life);
  for (size_t i = 1; i + 1 < length && life[i] >= '0' && life[i] <= '9'; i += 2) {
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): at the latest the string's end */
    char ending = life[i + 2];
    obs = (uint8_t)(life[i + 1] - 'A');
    heed_outcome outcome = {reward, ending == '!', ending == '?'};
    assert_ok(heed_experience_append(experience, (heed_action){.index = life[i] - '0'}, &obs,
                                     outcome, &err),
              &err);
  }
}

/* A world of 8 letters in which a coin, tossed once an episode, decides what some actions do. */
static inline void letters_random_lives(heed_experience *e, int episodes, heed_rng *rng) {
  for (int i = 0; i < episodes; i++) {
    char life[64];
    int n = 0;
    uint32_t coin = heed_rng_choice(rng, 2);
    uint32_t s = heed_rng_choice(rng, 3);
    life[n++] = (char)('A' + s);
    for (uint32_t t = 1 + heed_rng_choice(rng, 20); t > 0; t--) {
      uint32_t action = heed_rng_choice(rng, LETTER_ACTIONS);
      bool sticks = s % 3 == 2 && coin == 1;
      s = sticks || action == 3 ? s : (s * 5 + action + heed_rng_choice(rng, 2)) % 8;
      life[n++] = (char)('0' + action);
      life[n++] = (char)('A' + s);
    }
    life[n++] = "!?."[heed_rng_choice(rng, 3)];
    life[n] = '\0';
    letters_live(e, life, heed_rng_uniform(rng));
  }
}

static inline void letters_learn(heed_dynamics *model, const heed_experience *experience,
                                 size_t first, size_t count) {
  heed_error err = {0};
  assert_ok(heed_dynamics_learn(model, experience, first, count, NULL, &err), &err);
}

/* A model that has learned from lives, each paying 0; the last is NULL. */
static inline heed_dynamics *letters_taught(const char *params, const char *const *lives) {
  heed_dynamics *model = letters_model(params);
  heed_experience *experience = letters_experience();
  for (; *lives != NULL; lives++) {
    letters_live(experience, *lives, 0);
  }
  letters_learn(model, experience, 0, heed_experience_count(experience));
  heed_experience_destroy(experience);
  return model;
}

/* A belief, aligned for any model. */
typedef struct letters_belief {
  uint64_t words[LETTER_BELIEF_MAX / 8];
} letters_belief;

static inline letters_belief letters_after(const heed_dynamics *model, const char *life) {
  letters_belief belief = {0};
  uint8_t obs = (uint8_t)(life[0] - 'A');
  heed_dynamics_begin(model, &obs, &belief);
  for (const char *c = life + 1; *c != '\0'; c += 2) {
    obs = (uint8_t)(c[1] - 'A');
    heed_dynamics_observe(model, &belief, (heed_action){.index = c[0] - '0'}, &obs);
  }
  return belief;
}

static inline heed_prediction letters_predict(const heed_dynamics *model,
                                              const letters_belief *belief, int32_t action,
                                              const void *hypothesis, heed_rng *rng,
                                              letters_belief *next) {
  heed_prediction p = {.belief = belief,
                       .action = {.index = action},
                       .hypothesis = hypothesis,
                       .rng = rng,
                       .wants_uncertainty = true,
                       .next_belief = next};
  heed_dynamics_predict(model, &p, 1, NULL);
  return p;
}

/* What comes of an action, in so many imagined tries. */
typedef struct letters_forecast {
  double p[LETTERS];
  double terminal; /* probability */
  double reward;   /* mean */
} letters_forecast;
enum { LETTERS_TRIES = 40000 };

static inline letters_forecast letters_forecast_of(const heed_dynamics *model, const char *life,
                                                   int32_t action, const void *hypothesis) {
  letters_belief belief = letters_after(model, life);
  letters_belief next;
  letters_forecast f = {0};
  heed_rng rng;
  heed_rng_init(&rng, 99);
  for (int i = 0; i < LETTERS_TRIES; i++) {
    heed_prediction p = letters_predict(model, &belief, action, hypothesis, &rng, &next);
    uint8_t obs;
    heed_dynamics_decode(model, &next, &obs);
    f.p[obs] += 1.0 / LETTERS_TRIES;
    f.terminal += (p.is_terminal ? 1.0 : 0.0) / LETTERS_TRIES;
    f.reward += p.reward / LETTERS_TRIES;
  }
  return f;
}

/* A frequency of LETTERS_TRIES tries is within five binomial deviations of its probability. */
#define assert_probability(actual, expected) \
  assert_near((actual), (expected), 5 * sqrt((expected) * (1 - (expected)) / LETTERS_TRIES) + 1e-9)

#endif
