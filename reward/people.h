/* people.h: do the people who answered agree? Reports, for whoever reads what was learned; nothing is
 * taken out or weighed down because of it. */
#ifndef HEED_REWARD_PEOPLE_H
#define HEED_REWARD_PEOPLE_H

#include "reward/reward.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How well a person's answers are foretold by what the others said. */
typedef struct heed_agreement {
  char who[HEED_WHO_SIZE];
  uint32_t answers; /* that carried information */
  double loglik;    /* mean log-likelihood of an answer, nats, under a reward fitted to the others'
                       answers alone, with beta, mistakes and tie as the answers state them */
  double chance;    /* the same for a person who answers at random: mean of -log(responses) */
} heed_agreement;

/* Fits a model like `reward` (name, parameters, spaces) to the answers of all but one person, for each of
 * the first HEED_REPORT_PEOPLE_MAX people: agreements[*count], in the order of their first answers. With
 * fewer than two people *count is 0. A loglik below `chance` says that this person wants, or sees,
 * something else. Errors as in heed_reward_learn, and HEED_ERR_NOMEM. */
HEED_API heed_status heed_people_agreement(const heed_reward *reward, const heed_choices *choices,
                                           heed_agreement agreements[HEED_REPORT_PEOPLE_MAX],
                                           size_t *count, heed_error *err);

/* Two answers of different people to the same question, options in any order, that cannot both be right:
 * one chose what the other did not. Indices into the choices, first < second. */
typedef struct heed_contradiction {
  size_t first, second;
} heed_contradiction;

/* Counts them, and writes the first `room` to list[room], in order of `second`. "Equal", "neutral",
 * "skip" and grades contradict nobody; answers of the same kind of feedback are compared. Errors: HEED_ERR_NOMEM. */
HEED_API heed_status heed_people_contradictions(const heed_choices *choices,
                                                const heed_space *action_space,
                                                heed_contradiction *list, size_t room,
                                                size_t *count, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
