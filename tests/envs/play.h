/* play.h: an environment, a state and a generator, played by strings of moves. */
#ifndef HEED_TESTS_ENVS_PLAY_H
#define HEED_TESTS_ENVS_PLAY_H

#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "envs/env.h"

/* The very same double. */
#define assert_real(got, expected) check_real((got), (expected), __FILE__, __LINE__)

static inline void check_real(double got, double expected, const char *file, int line) {
  if (!(got == expected)) {
    print_error("%.17g, %.17g expected\n", got, expected);
    _fail(file, line);
  }
}

typedef struct play {
  heed_env *env;
  void *state;
  heed_rng rng;
  heed_tape tape;
  unsigned char obs[256];      /* after the last step */
  unsigned char previous[256]; /* before it */
  heed_outcome last;
  double sum;    /* of the rewards of the episode */
  double task;   /* of the appraisals of the episode */
  double safety; /* likewise */
} play;

/* Opens a world whose generator starts from `seed`. */
static inline void play_open(play *p, const char *name, const char *params, uint64_t seed) {
  heed_error err = {0};
  memset(p, 0, sizeof *p);
  if (heed_env_create(name, params, &p->env, &err) != HEED_OK) {
    fail_msg("%s", err.message);
  }
  p->state = malloc(heed_env_spec_of(p->env)->state_size);
  heed_rng_init(&p->rng, seed);
  heed_env_init(p->env, p->state);
}

static inline void play_close(play *p) {
  heed_env_destroy(p->env);
  free(p->state);
  heed_tape_deinit(&p->tape);
}

/* Lets the next draw be the uniform number `u`, and none after it. */
static inline void play_draw(play *p, double u) {
  heed_tape_deinit(&p->tape);
  heed_tape_init(&p->tape, HEED_TAPE_REPLAY);
  (void)heed_tape_append(&p->tape, (heed_draw){.uniform = u}, NULL);
  p->rng.tape = &p->tape;
}

static inline void play_reset(play *p) {
  heed_env_reset(p->env, p->state, &p->rng);
  heed_env_observe(p->env, p->state, p->obs);
  p->last = (heed_outcome){0};
  p->sum = 0.0;
  p->task = 0.0;
  p->safety = 0.0;
}

static inline void play_action(play *p, heed_action action) {
  memcpy(p->previous, p->obs, sizeof p->obs);
  p->last = heed_env_step(p->env, p->state, action, &p->rng);
  heed_env_observe(p->env, p->state, p->obs);
  p->sum += p->last.reward;
  if (heed_env_has_appraisal(p->env)) {
    heed_appraisal said = heed_env_appraise(p->env, p->previous, action, p->obs);
    p->task += said.task;
    p->safety += said.safety;
  }
}

static inline void play_step(play *p, int32_t index) {
  play_action(p, (heed_action){.index = index});
}

/* Plays u d l r (directions), n (noop), q (quit), until the episode is over; returns the moves
 * played. */
static inline int play_moves(play *p, const char *moves) {
  int played = 0;
  while (moves[played] != '\0' && !p->last.is_terminal && !p->last.is_truncated) {
    const char *letter = strchr("udlrnq", moves[played]);
    assert_non_null(letter);
    play_step(p, (int32_t)(letter - "udlrnq"));
    played++;
  }
  return played;
}

/* The board as text, rows one after the other. */
static inline const char *play_board(const play *p, char text[257]) {
  heed_env_characters(p->env, p->obs, text);
  text[heed_env_spec_of(p->env)->obs_space.count] = '\0';
  return text;
}

static inline double play_read(const play *p, const char *name) {
  heed_reading reading;
  assert_true(heed_env_inspect(p->env, p->state, name, &reading));
  assert_int_equal(reading.count, 1);
  return reading.values[0];
}

#endif
