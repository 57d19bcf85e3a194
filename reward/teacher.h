/* teacher.h: who answers questions: a simulated person, or a real one at the terminal. One interface;
 * the agent cannot tell which. */
#ifndef HEED_REWARD_TEACHER_H
#define HEED_REWARD_TEACHER_H

#include "core/rng.h"
#include "reward/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_answer_status {
  HEED_ANSWERED, /* `choice` holds the answer */
  HEED_UNDO,     /* the person takes the answer before back */
  HEED_QUIT      /* the person wants to stop */
} heed_answer_status;

typedef struct heed_teacher {
  const char *name; /* goes into the store: who answered */
  void *self;       /* borrowed */
  /* Answers `query`; fills chosen, beta and mistakes of `choice`, whose query is left to the caller.
   * `asked`: answers already given in this store, for display. Errors: HEED_ERR_IO. */
  heed_status (*answer)(void *self, const heed_query *query, size_t asked, heed_choice *choice,
                        heed_answer_status *status, heed_error *err);
} heed_teacher;

/* What a simulated person thinks of a step: the environment's appraisal, a formula, ... */
typedef struct heed_judge {
  double (*appraise)(const void *self, const heed_step *step);
  const void *self; /* borrowed */
} heed_judge;

/* A simulated person: sees what can be seen (observations and actions, never the reward channel), adds
 * up its judgements of the steps of each option, and picks by the likelihood of choice.h. Answers carry
 * the person's own beta and mistakes; a person who never errs (beta INFINITY) is said to have beta 1.
 * Errors: HEED_ERR_NUMERIC when a judged return is not finite. */
typedef struct heed_simulated_person {
  heed_judge judge;
  double beta; /* rationality per unit of reward, > 0; INFINITY: always the best, ties at random */
  double mistakes; /* share of answers given at random, 0 .. 1 */
  heed_rng rng;    /* owned */
} heed_simulated_person;

/* The person as a teacher; `person` is borrowed. */
HEED_API heed_teacher heed_simulated_teacher(heed_simulated_person *person);

#ifdef __cplusplus
}
#endif
#endif
