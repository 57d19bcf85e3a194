/* ask.h: learning a reward by asking: make questions, get answers, keep them, learn, ask again. */
#ifndef HEED_AGENT_ASK_H
#define HEED_AGENT_ASK_H

#include "core/experience.h"
#include "core/progress.h"
#include "dynamics/dynamics.h"
#include "planner/planner.h"
#include "reward/reward.h"
#include "reward/store.h"
#include "reward/teacher.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which question is asked. Questions are put together from candidates: of three, where there is a dynamics
 * model, two are imagined plans, what the agent would do from one start if the reward were one draw from
 * its posterior (Wilson, Fern, Tadepalli 2012), and one is a stretch of experience. The measures are those of
 * reward/query.h; ties in a measure go to the question that tells more. */
typedef enum heed_questions {
  HEED_QUESTIONS_INFORMATION, /* the one whose answer tells most about the reward */
  HEED_QUESTIONS_DECISION, /* the one whose answer helps most to choose among the plans, the first of which
                              is then the one by the mean of the reward, as if no answer were a mistake; where
                              that is not told from 0 by the draws, as INFORMATION; needs dynamics */
  HEED_QUESTIONS_DISAGREEMENT, /* the one that draws disagree about most */
  HEED_QUESTIONS_ENTROPY,      /* the one whose answer is most open */
  HEED_QUESTIONS_REQUEST, /* about what a search in the dynamics finds, kept realistic, for the four aims of
                             reward/acquisition.h in turn (ReQueST: Reddy et al. 2019), beside the candidate
                             with which that tells most; needs dynamics */
  HEED_QUESTIONS_UNIFORM /* any stretches of experience */
} heed_questions;

/* "information", ... */
HEED_API const char *heed_questions_name(heed_questions questions);

typedef struct heed_ask_config {
  uint32_t comparisons; /* answers in the end, those that are known included, >= 1 */
  heed_questions questions;
  heed_choice_kind kind; /* comparison, ranking, rating, or label (of single steps) */
  uint32_t options;      /* of comparisons and rankings, 2 .. HEED_OPTION_MAX */
  uint32_t grades;       /* of ratings, 2 .. HEED_GRADE_MAX */
  double tie;            /* weight of "equal" in comparisons as expected, 0: it is not offered */
  uint32_t candidates;   /* segments to put questions together from, 2 .. HEED_ASK_CANDIDATES_MAX */
  uint32_t draws;        /* from the reward's posterior, to judge a question by */
  double beta;           /* how rational the person is expected to be, per unit of reward */
  double mistakes;       /* share of answers at random that is expected, 0 .. 1 */
  uint32_t segment_steps; /* length of what is asked about, >= 1 */
  uint32_t batch;         /* questions made at a time, then a fit, >= 1; answers^batch <= 4096 */
  double realism; /* of request: penalty per nat of what the dynamics does not know of a step, in
                             units of what the search looks for in a typical step of experience, >= 0 */
  heed_planner_config planner; /* of the plans and searches; its horizon is segment_steps */
} heed_ask_config;
#define HEED_ASK_CANDIDATES_MAX 64
#define HEED_ASK_DRAWS_MAX      1024

/* What holds where nothing else is said. */
HEED_API heed_ask_config heed_ask_config_default(void);
/* As named parameters (without the planner's). */
HEED_API const heed_param *heed_ask_params(size_t *count);

/* What is asked about, who is asked, and where the answers go. All borrowed. */
typedef struct heed_ask_parties {
  const heed_dynamics
      *dynamics; /* plans are imagined in it; NULL: candidates are experience alone */
  const heed_experience
      *experience;     /* where plans start and what stretches are cut from; not empty */
  heed_reward *reward; /* learns */
  const heed_teacher *teacher;
  heed_store *store; /* NULL: answers are kept in `choices` only */
  const char *topic; /* in the store */
} heed_ask_parties;

/* Asks until there are enough answers or the person quits, then fits the reward to all of them.
 * `choices` holds what the store holds on the topic (or what is known) and grows. A ranking of n options is
 * asked for best first and is one answer of the store; among `choices` it is n - 1, each the best of those
 * left. One that the person cannot tell to its end is kept as far as it was told, an answer each place.
 * "Undo" gives the last place back, or withdraws the last whole answer of this person, whoever answered
 * since; with a store `choices` are read from it anew then. Answers are in the store before the next question.
 * Errors: HEED_ERR_ARG, and those of teacher, store and fit; what was answered until then stands. */
HEED_API heed_status heed_ask(const heed_ask_parties *parties, const heed_ask_config *config,
                              const heed_rng *master, heed_choices *choices,
                              const heed_progress_sink *progress, heed_reward_report *report,
                              heed_error *err);

/* Who makes the questions, for programs that ask in their own time. */
typedef struct heed_asker heed_asker;

/* Copies both; what `parties` names is borrowed, of it the teacher and the store are not used. Errors:
 * HEED_ERR_ARG for what does not go together, HEED_ERR_NOMEM. */
HEED_API heed_status heed_asker_create(const heed_ask_parties *parties,
                                       const heed_ask_config *config, heed_asker **out,
                                       heed_error *err);
HEED_API void heed_asker_destroy(heed_asker *asker);

/* Makes queries[count], a batch to be answered before the reward learns again: one after the other, each the
 * best beside those before it, whose joint answers count (heed_query_join); without a measure, none is as
 * one before it. `asked` is what was asked so far. The queries are the caller's. count <= config.batch.
 * Errors: those of the planner; HEED_ERR_NOMEM; no query needs to be released then. */
HEED_API heed_status heed_asker_make(heed_asker *asker, const heed_choices *asked, heed_rng *rng,
                                     heed_query *queries, uint32_t count, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
