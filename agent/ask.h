/* ask.h: learning a reward by asking: make a question, get an answer, keep it, learn, ask again. */
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

typedef enum heed_ask_strategy {
  HEED_ASK_PLANS,      /* what the agent would do if the reward were one draw from its posterior,
                          imagined by searching the learned dynamics, and some stretches of experience
                          (Wilson, Fern, Tadepalli 2012; ReQueST: Reddy et al. 2019) */
  HEED_ASK_EXPERIENCE, /* stretches of experience */
  HEED_ASK_UNIFORM     /* any two stretches of experience, without choosing */
} heed_ask_strategy;

typedef struct heed_ask_config {
  uint32_t comparisons; /* answers in the end, those already in the store included, >= 1 */
  heed_ask_strategy
      strategy;           /* what may be asked about; of all pairs, the one whose answer tells most
                                 is asked (query.h) */
  uint32_t candidates;    /* segments to make pairs of, 2 .. HEED_ASK_CANDIDATES_MAX */
  uint32_t draws;         /* from the reward's posterior, to judge a pair by */
  double beta;            /* how rational the person is expected to be, per unit of reward */
  uint32_t segment_steps; /* length of what is compared, >= 1 */
  uint32_t refit_every;   /* answers between two fits, >= 1 */
  heed_planner_config planner; /* of the plans; its horizon is segment_steps */
} heed_ask_config;
#define HEED_ASK_CANDIDATES_MAX 64
#define HEED_ASK_DRAWS_MAX      1024

HEED_API heed_ask_config heed_ask_config_default(void);
/* As named parameters (without the planner's). */
HEED_API const heed_param *heed_ask_params(size_t *count);

/* What is asked about, who is asked, and where the answers go. All borrowed. */
typedef struct heed_ask_parties {
  const heed_dynamics *dynamics; /* plans are imagined in it; may be NULL for experience */
  const heed_experience
      *experience;     /* where plans start and what stretches are cut from; not empty */
  heed_reward *reward; /* learns */
  const heed_teacher *teacher;
  heed_store *store; /* NULL: answers are kept in `choices` only */
  const char *topic; /* in the store */
} heed_ask_parties;

/* Asks until there are enough answers or the person quits, then fits the reward to all of them.
 * `choices` holds what the store holds on the topic (or what is known) and grows. Answers are in the
 * store before the next question. Errors: HEED_ERR_ARG, and those of teacher, store and fit; what was
 * answered until then stands. */
HEED_API heed_status heed_ask(const heed_ask_parties *parties, const heed_ask_config *config,
                              const heed_rng *master, heed_choices *choices,
                              const heed_progress_sink *progress, heed_reward_report *report,
                              heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
