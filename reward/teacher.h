/* teacher.h: who answers questions: a simulated person, or a real one at the terminal. One interface;
 * the agent cannot tell which. */
#ifndef HEED_REWARD_TEACHER_H
#define HEED_REWARD_TEACHER_H

#include "core/params.h"
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
  /* Answers `query`. The form of the question stands in `choice`: kind, tie (what is expected of "equal" or
   * "neutral"; a comparison may be given one), grades, and `who` began with it, "" at first: the places of a
   * ranking are all one person's. Fills the answer and how it was given; its query is left to the caller, and
   * with an empty `who` its person, who is this teacher then.
   * `asked`: answers already given in this store, for display. Errors: HEED_ERR_IO. */
  heed_status (*answer)(void *self, const heed_query *query, size_t asked, heed_choice *choice,
                        heed_answer_status *status, heed_error *err);
} heed_teacher;

/* What a simulated person thinks of a step: the environment's appraisal, a formula, ... */
typedef struct heed_judge {
  double (*appraise)(const void *self, const heed_step *step);
  const void *self; /* borrowed */
} heed_judge;

/* What a simulated person is like. The six of B-Pref (Lee, Smith, Dragan, Abbeel 2021, arXiv:2111.03026,
 * section 3 and algorithm 1) are heed_simulated_at; any of their traits can be mixed. All see what can be
 * seen, observations and actions, never the reward channel or a hidden state. */
typedef struct heed_simulated_params {
  double beta; /* rationality per unit of reward, > 0; INFINITY is perfect */
  double
      mistakes; /* share of answers given at random, 0 .. 1; B-Pref flips the answers to pairs with
                      probability epsilon, which is the same for mistakes = 2 epsilon */
  double
      gamma; /* myopia: a step weighs gamma for each step of its option that comes later, 0 .. 1 */
  double skip;  /* cannot say where no option's return is above this share of the average return */
  double equal; /* says "equal" where returns differ by less than this share of the average */
  double
      tires; /* after so many answers half of them are at random, then 3/4, ...; 0: never tires */
  double fades;  /* beta halves with so many answers; 0: it stays */
  double turns;  /* after so many answers half of the taste is the later one; 0: it stays */
  double safety; /* weight of what is to be said besides the task (for whoever makes the judge) */
  double safety_later; /* the same of the later taste */
  bool perfect;        /* always the best, whatever beta; ties at random */
} heed_simulated_params;

/* The traits as named parameters (heed_params_parse). */
HEED_API const heed_param *heed_simulated_table(size_t *count);

/* A simulated person by name. */
typedef struct heed_simulated_kind {
  const char *name, *summary;
  heed_simulated_params params;
} heed_simulated_kind;

/* simulated, oracle, noisy, mistake, skip, equal, myopic, tiring; with the constants of B-Pref: beta = 1,
 * epsilon = 0.1, gamma = 0.9, skip and equal 0.1 of the average return of a segment, as in the scripts of
 * its published code, each with the other traits off. That code multiplies by 0.1 twice after the first
 * session (the thresholds of skip and equal), and gives ties of a perfect person to the first option;
 * neither is followed here. NULL beyond the last, or if there is none of that name. */
HEED_API const heed_simulated_kind *heed_simulated_at(size_t i);
HEED_API const heed_simulated_kind *heed_simulated_find(const char *name);

/* A simulated person adds up its judgements of the steps of each option, and picks by the likelihood of
 * choice.h. In a rating the thresholds between its grades lie evenly between the least and the greatest return
 * seen so far, nothing (0) included; a label is neutral where a step's return is within `equal`. A taste
 * that turns after N answers is, after n, a share 2^(-n/N) of `judge` and the rest of `later`. Answers carry
 * beta and mistakes as they are when the person is fresh; a person who never errs is said to have beta 1. The
 * average return is the mean absolute return of the options seen so far, those of the question included. Errors: HEED_ERR_NUMERIC when a judged return is not finite. */
typedef struct heed_simulated_person {
  heed_judge judge, later; /* what they think, and what they come to think if their taste turns */
  heed_simulated_params params;
  const char *name;       /* borrowed; goes into the answers. NULL: they bear the teacher's */
  heed_rng rng;           /* owned */
  double seen, seen_sum;  /* options so far, and the sum of their absolute returns; begin with 0 */
  double least, greatest; /* of the returns seen so far; begin with 0 */
  double answers;         /* so far */
} heed_simulated_person;

/* The person as a teacher; `person` is borrowed. */
HEED_API heed_teacher heed_simulated_teacher(heed_simulated_person *person);

/* Several of them, of whom one, drawn at random, answers each question. */
typedef struct heed_simulated_crowd {
  heed_simulated_person *people; /* borrowed, [count] */
  size_t count;                  /* >= 1 */
  heed_rng rng;                  /* owned */
} heed_simulated_crowd;

/* The crowd as a teacher; `crowd` is borrowed. */
HEED_API heed_teacher heed_simulated_crowd_teacher(heed_simulated_crowd *crowd);

#ifdef __cplusplus
}
#endif
#endif
