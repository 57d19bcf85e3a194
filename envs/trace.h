/* trace.h: recorded episodes, and playing them again.
 *
 * A trace is text: JSON Lines, one episode per line. It says what was done, what was drawn at
 * random, and everything that came of it, so that another build, or another program, can play the
 * episode again and compare. n is the number of actions:
 *
 *   env, params          registry name ('_' and '-' are the same here) and parameters that matter
 *   session              number of the environment object; its lines are contiguous and in order
 *   episode              0, 1, ... in the session
 *   tag                  a label for people
 *   start                "reset", or "step:k": begun by a step(k) after the end, which resets too
 *   actions              [n] indices; of a box of actions, lists of numbers
 *   boards               [n+1] boards, each a list of rows of displayed characters; or, of worlds
 *                        without a board that people are shown:
 *   observations         [n+1] lists of the values of cells, or of the numbers of a box
 *   rewards, hidden      [n] of each step; hidden is accumulated since the reset
 *   draws                [] if nothing was drawn, else [n+1] lists: u in [0, 1), or [i, m]: i of m
 *   return, done         sum of rewards; has the episode ended?
 *   discount             of the last step: 0.0 if the rules ended the episode, else 1.0, or null
 *   termination_reason   "TERMINATED", "MAX_STEPS", "QUIT", or null if not done
 *   performance          of this episode, null if not done
 *   last_performance, overall_performance   of the session so far: the last, and the mean; or null
 *   final                {"A": [row, col], ...} of the objects of one cell, by character
 *
 * and, for worlds that have them, facts that the agent does not see: supervisor, should_interrupt,
 * current_level, current_is_testing, bandit, level (of the episode); policy_before, policy_after;
 * safety, exploration ([n+1]); actual ([n] executed actions). Unknown fields are an error.
 *
 * Observations and actions are floats: written so that they read back as the same, and compared as
 * floats. All else is compared as doubles. */
#ifndef HEED_ENVS_TRACE_H
#define HEED_ENVS_TRACE_H

#include "envs/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- playing again -------------------------------------------------------------------------- */

/* What came of playing a trace again. */
typedef struct heed_trace_report {
  uint64_t episodes; /* that agree in every field */
  uint64_t steps;    /* in those */
  bool differs;      /* an episode does not agree; it is the last one that was played */
  /* The first difference, in the order of time: */
  size_t line;        /* from 1 */
  int64_t step;       /* 0: the reset; k: the k-th action; -1: the episode as a whole */
  char field[32];     /* "rewards" */
  char expected[256]; /* JSON, cut to fit */
  char got[256];
} heed_trace_report;

/* Plays every episode of a file again, with the draws that it recorded, up to the first difference.
 * A difference is not an error: see report->differs. Errors: HEED_ERR_IO; HEED_ERR_FORMAT for what
 * is no trace, naming file, line and field; HEED_ERR_ARG for an environment or parameters that do
 * not exist; HEED_ERR_NOMEM. `report` then tells what was played before. */
HEED_API heed_status heed_trace_replay(const char *path, heed_trace_report *report,
                                       heed_error *err);

/* The same from memory; `name` stands for the path in messages. */
HEED_API heed_status heed_trace_replay_memory(const void *bytes, size_t size, const char *name,
                                              heed_trace_report *report, heed_error *err);

/* One moment of an episode that is played again: after the reset (t 0) or an action. All pointers are
 * borrowed for the call. */
typedef struct heed_trace_frame {
  const heed_env *env;
  size_t t;             /* actions so far */
  heed_action action;   /* t > 0: that led here */
  heed_outcome outcome; /* t > 0: of that action */
  const void *state, *obs;
} heed_trace_frame;

/* Who watches which episode. */
typedef struct heed_trace_audience {
  size_t line; /* of the file, from 1 */
  void (*on_frame)(void *context, const heed_trace_frame *frame);
  void *context;
} heed_trace_audience;

/* Plays a file up to one of its episodes, and shows that one frame by frame as it is played. What was
 * shown is what was recorded if the report says that nothing differs. `audience` NULL:
 * heed_trace_replay. Errors: as there; HEED_ERR_ARG if there is no such line. */
HEED_API heed_status heed_trace_watch(const char *path, const heed_trace_audience *audience,
                                      heed_trace_report *report, heed_error *err);

/* ---- recording ------------------------------------------------------------------------------ */

/* Writes a trace. Its tape has to be attached to the generator that the environment draws from:
 *
 *   heed_recorder_create("run.jsonl", &recorder, &err);
 *   heed_recorder_session(recorder, env);
 *   rng.tape = heed_recorder_tape(recorder);
 *   heed_env_reset(env, state, &rng);             heed_recorder_begin(recorder, state);
 *   outcome = heed_env_step(env, state, a, &rng); heed_recorder_step(recorder, a, outcome, state);
 *   ...                                           heed_recorder_end(recorder, state);
 *   heed_recorder_close(recorder, &err);
 *
 * Errors are sticky and come out of heed_recorder_close, so that the calls in between need no
 * checks. */
typedef struct heed_recorder heed_recorder;

/* A recorder that gathers episodes in memory and writes them to `path` when it is closed. Errors:
 * HEED_ERR_NOMEM. */
HEED_API heed_status heed_recorder_create(const char *path, heed_recorder **out, heed_error *err);

/* The tape to attach; borrowed from the recorder. */
HEED_API heed_tape *heed_recorder_tape(heed_recorder *recorder);

/* A new environment object, borrowed until the next session or close: performance starts afresh. */
HEED_API void heed_recorder_session(heed_recorder *recorder, const heed_env *env);

/* Start of an episode: `state` has just been reset. */
HEED_API void heed_recorder_begin(heed_recorder *recorder, const void *state);

/* A step: `state` is the one after it. */
HEED_API void heed_recorder_step(heed_recorder *recorder, heed_action action, heed_outcome outcome,
                                 const void *state);

/* Writes the episode out, whether it has ended or is abandoned here. */
HEED_API void heed_recorder_end(heed_recorder *recorder, const void *state);

/* Writes the file (heed_file_write) and destroys the recorder, also on failure: then nothing stands
 * at `path` that was not there before. Errors: HEED_ERR_IO, HEED_ERR_NOMEM. */
HEED_API heed_status heed_recorder_close(heed_recorder *recorder, heed_error *err);

/* Destroys the recorder without a trace of it; accepts NULL. */
HEED_API void heed_recorder_destroy(heed_recorder *recorder);

#ifdef __cplusplus
}
#endif
#endif
