/* choice.h: feedback. Every kind of it is a choice that a person made among responses.
 *
 * Reward-rational choice (Jeon, Milli, Dragan 2020): a kind of feedback is a set of responses that a
 * person could have given, and of each what it says in terms of options (its grounding, a distribution
 * over them). A person who is rational to a degree beta gives response c of m with probability
 *
 *     P(c) = exp(beta V_c + b_c) / sum_k exp(beta V_k + b_k),
 *     V_k = sum_i share_ki G_i,      G_i = sum of the rewards of option i's steps,
 *
 * and with probability `mistakes` answers at random instead. "Skip" says nothing. The responses, with
 * b = 0 where nothing is said:
 *
 *   kind           options                responses, and what they are grounded in
 *   comparison     2 .. 8                 each option; "equal": the mean of all, b = log tie
 *   ranking        those not yet taken    each option (Plackett 1975: a ranking is a row of choices,
 *                                         each of the best among those left)
 *   rating         1                      grade k of K: k / (K - 1) of the option, for the rest nothing
 *   label          1, a step              bad: nothing; neutral: half of it, b = log tie; good: the step
 *   demonstration  what was shown first,  each option (maximum entropy: Ziebart et al. 2008)
 *                  then alternatives
 *   correction     what the agent did,    each option (compare Bajcsy et al. 2017)
 *                  what it should have
 *   approval       the action intended,   yes: option 0; no: the mean of the others
 *                  then the other actions
 *   off switch     going on, stopping     each option; watching and not pressing is an answer, too
 *
 * That one option is more careful than another (relative attributes: Parikh and Grauman 2011) is a
 * comparison, too, but of another reward: the store keeps it under a topic of its own (store.h).
 *
 * "Equal" is Davidson's (1970) response to ties, P(equal) proportional to tie times the geometric mean
 * of the options; that is what a rational person does for whom "equal" means either of them, and unlike
 * half a choice of each option it is a probability: all responses sum to 1. A label is the same with
 * *nothing*, of return 0, in the place of the other option (feedback on single steps as in TAMER, Knox
 * and Stone 2009; COACH, MacGlashan et al. 2017, would measure it against the policy instead). A rating
 * is the rating scale of Andrich (1978), whose thresholds are the b_k: log-odds of neighbouring grades
 * that rise with beta G / (K - 1). The thresholds and `tie` of a person are fitted with the reward. */
#ifndef HEED_REWARD_CHOICE_H
#define HEED_REWARD_CHOICE_H

#include "core/experience.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_OPTION_MAX 8
#define HEED_GRADE_MAX  9
#define HEED_WHO_SIZE   64

/* What was answered, beside the number of a response. */
enum { HEED_CHOICE_EQUAL = -1, HEED_CHOICE_SKIP = -2 };
/* ... to a label, and to what asks for approval. */
enum { HEED_LABEL_BAD = 0, HEED_LABEL_NEUTRAL = 1, HEED_LABEL_GOOD = 2 };
enum { HEED_APPROVED = 0, HEED_REFUSED = 1 };
/* ... and with a hand on the off switch. */
enum { HEED_SWITCH_LEFT = 0, HEED_SWITCH_PRESSED = 1 };

/* Kinds of feedback; the numbers are part of the store's format. */
typedef enum heed_choice_kind {
  HEED_COMPARISON = 0,
  HEED_RANKING = 1,
  HEED_RATING = 2,
  HEED_LABEL = 3,
  HEED_DEMONSTRATION = 4,
  HEED_CORRECTION = 5,
  HEED_APPROVAL = 6,
  HEED_OFF_SWITCH = 7
} heed_choice_kind;
#define HEED_CHOICE_KIND_COUNT 8

/* "comparison", ...; NULL for a number that is no kind. */
HEED_API const char *heed_choice_kind_name(int64_t kind);

/* A question: which of these? */
typedef struct heed_query {
  uint32_t option_count;                 /* 1 for ratings and labels, else 2 .. HEED_OPTION_MAX */
  heed_segment options[HEED_OPTION_MAX]; /* owned */
  char strategy[32];                     /* why it was asked: "plans", "experience", ... */
} heed_query;

HEED_API void heed_query_deinit(heed_query *query); /* accepts a zeroed query */

/* A question and its answer. */
typedef struct heed_choice {
  heed_query query; /* owned */
  int32_t chosen;   /* a response, HEED_CHOICE_EQUAL (if it was offered) or HEED_CHOICE_SKIP */
  double beta;      /* rationality, per unit of reward, > 0 */
  double mistakes;  /* share of answers given at random, 0 .. 1 */
  heed_choice_kind kind;
  double tie; /* comparisons: weight of "equal", 0: it was not offered; labels: of "neutral", > 0 */
  uint32_t
      grades; /* ratings: how many, 2 .. HEED_GRADE_MAX. Rankings: option_count, if the options stand
                      in the order of the ranking, best first, and `chosen` is 0: one answer, which
                      heed_choices_append takes apart; 0: one of its choices. Otherwise 0 */
  char who[HEED_WHO_SIZE]; /* the person; "" where it does not matter */
} heed_choice;
#define HEED_TIE_MAX 1e9

/* Releases its options; accepts a zeroed choice. */
HEED_API void heed_choice_deinit(heed_choice *choice);

/* Checks a choice against spaces: option count, sizes, answer in range, beta and mistakes in range,
 * observations and actions in their spaces. Errors: HEED_ERR_ARG. */
HEED_API heed_status heed_choice_check(const heed_choice *choice, const heed_space *obs_space,
                                       const heed_space *action_space, heed_error *err);

/* A growing list of choices. */
typedef struct heed_choices {
  size_t count, capacity;
  heed_choice *items; /* owned, [count] */
} heed_choices;

HEED_API void heed_choices_deinit(heed_choices *choices); /* accepts a zeroed list */
/* Takes over `choice`, which is zeroed, also on failure. A whole ranking of n options (grades n) is
 * appended as the n - 1 choices that it is made of. Errors: HEED_ERR_NOMEM; nothing is appended then. */
HEED_API heed_status heed_choices_append(heed_choices *choices, heed_choice *choice,
                                         heed_error *err);

/* The log-likelihood of an answer given the options' returns[option_count] (any scale of reward), and
 * its derivatives, with p_c as above and e = mistakes:
 *
 *     L = log((1 - e) p_c + e / m)        for response c of m;  0 for "skip"
 *
 * gradient[n] = dL/dG and hessian[n][n] = d2L/dG2 over the n options, either may be NULL. Stable for any
 * finite returns. Without mistakes L is concave. */
HEED_API double heed_choice_loglik(const heed_choice *choice, const double *returns,
                                   double *gradient, double *hessian);

#ifdef __cplusplus
}
#endif
#endif
