/* query.h: what is worth asking.
 *
 * A question is judged before it is asked, over draws from the reward's posterior: under each draw every
 * answer has a probability (choice.h), and these stand in a table,
 *
 *     likelihood[draws][answers],   each row sums to 1.
 *
 * All measures below are functions of such a table. Those of several questions at once, of which each is
 * answered on its own, is the table of their joint answers (heed_query_join): a batch of questions is one
 * question. A second question that is nearly the first adds little to what the batch tells, and so it is
 * not picked (compare Kirsch, van Amersfoort, Gal 2019). */
#ifndef HEED_REWARD_QUERY_H
#define HEED_REWARD_QUERY_H

#include "reward/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The form of a question: what can be answered, and how the person is expected to answer. */
typedef struct heed_query_form {
  heed_choice_kind kind; /* ..., HEED_RANKING: judged by the first place alone */
  uint32_t options;      /* 1 for ratings and labels, else 2 .. HEED_OPTION_MAX */
  double beta;           /* rationality, per unit of reward, > 0 */
  double mistakes;       /* share of answers given at random, 0 .. 1 */
  double tie;      /* comparisons: weight of "equal", 0: not offered; labels: of "neutral", > 0 */
  uint32_t grades; /* ratings: how many, 2 .. HEED_GRADE_MAX */
} heed_query_form;

/* The answers that can be given, "skip" left out; at most HEED_ANSWER_MAX. */
#define HEED_ANSWER_MAX 9
HEED_API uint32_t heed_query_answers(const heed_query_form *form);

/* Writes likelihood[draws][answers]: the probabilities of the answers by the likelihood of choice.h, where
 * returns[draws][options] are the options' returns under each draw, finite. Thresholds of ratings, which
 * are not known before they are asked for, are taken to be 0. */
HEED_API void heed_query_likelihood(const heed_query_form *form, const double *returns,
                                    size_t draws, double *likelihood);

/* What the answer would tell about the reward, in nats: their mutual information (Houlsby et al. 2011,
 * eq. 2; for comparisons: Biyik et al. 2019, eq. 5),
 *
 *     H[ mean_d P_d ] - mean_d H[ P_d ].
 *
 * Between 0 and ln(answers). */
HEED_API double heed_query_information(const double *likelihood, size_t draws, size_t answers);

/* How open the answer is, in nats: H[ mean_d P_d ] (uncertainty sampling: Lewis and Gale 1994). A person who
 * answers at random seems worth asking to it. */
HEED_API double heed_query_entropy(const double *likelihood, size_t draws, size_t answers);

/* How much draws differ about the answer: the sum over answers of the variance of P_d (Christiano et al.
 * 2017, section 2.2.4). Between 0 and 1. */
HEED_API double heed_query_disagreement(const double *likelihood, size_t draws, size_t answers);

/* By how much better one could act with the answer, in units of reward: the expected value of information
 * (Howard 1966; of preferences: Viappiani and Boutilier 2010), where values[draws][plans] are the returns of
 * what could be done, under each draw:
 *
 *     sum_k max_plan mean_d P_d(k) value_d(plan)  -  max_plan mean_d value_d(plan)
 *
 * The first term is the best plan after each answer by Bayes' rule: draws are weighed by how likely
 * they made it. Never below 0; 0 where no answer would change the plan. plans >= 1. gains[draws] (may be NULL)
 * is what each draw adds, with the plans that are best in the mean: their mean is the value, and how they vary says
 * how well it is known. */
HEED_API double heed_query_decision(const double *likelihood, size_t draws, size_t answers,
                                    const double *values, size_t plans, double *gains);

/* Is the mean of gains[draws] above 0 by more than two of its standard errors? If not, the largest value of many
 * questions is luck of the draws. */
HEED_API bool heed_query_gain_is_known(const double *gains, size_t draws);

/* Joint answers of two questions: joint[draws][a_answers * b_answers], b's answer running fastest. */
HEED_API void heed_query_join(const double *a, size_t a_answers, const double *b, size_t b_answers,
                              size_t draws, double *joint);

#ifdef __cplusplus
}
#endif
#endif
