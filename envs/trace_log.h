/* trace_log.h: builds the record of an episode while it is played.
 *
 * Recording writes that record to a file. Replaying builds it as well, with draws that come from
 * the recorded one, and compares the two. So both know the schema from the same place. */
#ifndef HEED_ENVS_TRACE_LOG_H
#define HEED_ENVS_TRACE_LOG_H

#include <jansson.h>

#include "envs/env.h"

/* When a field of a record becomes known: its value, or one value per frame or step. */
typedef enum heed__trace_time {
  HEED__TRACE_GIVEN,  /* before the episode: what is played */
  HEED__TRACE_RESET,  /* one value, known after the reset */
  HEED__TRACE_FRAMES, /* [n+1]: after the reset and after each action */
  HEED__TRACE_STEPS,  /* [n]: after each action */
  HEED__TRACE_END     /* one value, known at the end */
} heed__trace_time;

typedef struct heed__trace_field {
  const char *name;
  heed__trace_time time;
  const char
      *reading; /* fact that is asked of the environment; NULL: the field is in every record */
  enum { HEED__TRACE_NUMBER, HEED__TRACE_TRUTH, HEED__TRACE_PAIRS } form; /* of that fact */
} heed__trace_field;

/* The schema: every field there is. Of `boards` and `observations` each record has one. */
extern const heed__trace_field heed__trace_fields[];
extern const size_t heed__trace_field_count;

typedef struct heed__trace_log {
  const heed_env *env; /* borrowed; NULL before the first session */
  heed_tape tape;      /* what the environment draws in the frame that is played */
  void *obs;           /* owned; the observation of the last frame */
  char *characters;    /* owned; what people are shown of a board */
  uint64_t session;    /* number of the next one */
  uint64_t episode;    /* number of the next one in the session */
  /* the episode that is played */
  json_t *record; /* owned; NULL between episodes */
  uint64_t steps;
  double episode_return;
  heed_outcome last; /* of the last step */
  /* performance of the session's finished episodes */
  uint64_t finished;
  double performance_sum;
  double last_performance;
  heed_status status; /* first failure; sticky */
} heed__trace_log;

void heed__trace_log_init(heed__trace_log *log, heed_tape_mode mode);
void heed__trace_log_deinit(heed__trace_log *log);

/* The field that holds what is observed of a world: "boards" where it has a board that people are
 * shown, else "observations". */
const char *heed__trace_obs_field(const heed_env *env);

/* A new environment object. Failures are kept in log->status. */
void heed__trace_log_session(heed__trace_log *log, const heed_env *env);

/* The calls of an episode, each after the environment's own. */
void heed__trace_log_begin(heed__trace_log *log, const void *state);
void heed__trace_log_step(heed__trace_log *log, heed_action action, heed_outcome outcome,
                          const void *state);
void heed__trace_log_end(heed__trace_log *log, const void *state);

#endif
