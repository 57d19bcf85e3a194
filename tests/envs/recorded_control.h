/* recorded_control.h: episodes of Gymnasium's classic control and toy text, as recorded from the
 * originals (tests/data/control/README.md has the fields).
 *
 *   FILE *file = heed__recorded_open("cartpole");
 *   recorded r;
 *   while (heed__recorded_next(file, &r)) {
 *     heed_env_create(r.name, r.params, ...)
 *     heed__recorded_draws(&r, 0, &tape);             the draws of the reset
 *     heed__recorded_draws(&r, step + 1, &tape);      the draws of step 0, 1, ...
 *     heed__recorded_deinit(&r);
 *   }
 *   fclose(file);
 *
 * What is no recording fails the test. Frames are numbered from 0, the reset; frame k + 1 is what step
 * k led to. */
#ifndef HEED_TESTS_ENVS_RECORDED_CONTROL_H
#define HEED_TESTS_ENVS_RECORDED_CONTROL_H

#include <stdio.h>

#include "envs/env.h"

typedef struct recorded {
  const char *id;   /* the original's, "CartPole-v0" */
  const char *name; /* heed's, "cartpole" */
  char params[512]; /* heed's, as text: of the id, the constructor, attributes, reset, numerics */
  const char *tag;
  uint32_t steps;       /* n */
  heed_action *actions; /* [n]; floats are in value[0] */
  uint32_t obs_dim;     /* 1 for toy text, where the observation is a whole number */
  float *obs;           /* [n + 1][obs_dim] */
  uint32_t state_dim;   /* 0 where no state was recorded, as in toy text */
  double *states;       /* [n + 1][state_dim]; in order of the original */
  double *rewards;      /* [n] */
  bool *is_terminal;    /* [n] */
  bool *is_truncated;   /* [n] */
  int32_t *outcomes;    /* [n] index of the outcome chosen; NULL where there is but one */
  int32_t *masks;       /* [n + 1] bit k: action k is useful; NULL where not recorded */
  int32_t *fickle;      /* [n + 1] 0 or 1; NULL where not recorded */
  heed_draw *draws;     /* in order */
  size_t *first_draw;   /* [n + 2] frame f has draws first_draw[f] .. first_draw[f + 1] - 1 */
  void *line;           /* owned: what the texts above point into */
} recorded;

/* Opens tests/data/control/<file>.jsonl. */
FILE *heed__recorded_open(const char *file);

/* Reads one line, whatever it holds, as a json_t, the caller's; NULL at the end of the file. */
void *heed__recorded_line(FILE *file);

/* Sets id, name and params from a line; they point into it. */
void heed__recorded_world(recorded *r, const void *line);

/* Reads the next episode; false at the end of the file, with nothing to release. */
bool heed__recorded_next(FILE *file, recorded *r);
void heed__recorded_deinit(recorded *r);

/* Makes `tape`, which is initialised for replay, hold the draws of a frame and no others. */
void heed__recorded_draws(const recorded *r, uint32_t frame, heed_tape *tape);

#endif
