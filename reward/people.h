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

/* Do a person's answers change as they go on? All are mean probabilities of an answer under a reward fitted to
 * half of the answers, which it is not among. */
typedef struct heed_drift {
  char who[HEED_WHO_SIZE];
  uint32_t answers; /* that were looked at */
  /* What they want: do the earlier and the later half foretell each other as well as random halves? */
  double in_order, shuffled;
  double taste_p; /* how seldom random halves do as badly, in (0, 1] */
  /* How well they say it: are the earlier and the later ones foretold as well, from every other answer? */
  double early, late;
  double care_p; /* how seldom they differ as much in a random order, in (0, 1] */
} heed_drift;
#define HEED_DRIFT_ANSWERS_MIN 8   /* of fewer nothing can be told: both p are 1 */
#define HEED_DRIFT_ANSWERS_MAX 200 /* of more, so many are looked at, evenly over the time */
#define HEED_DRIFT_ORDERS      39  /* random ones; the least taste_p is 1 / 40 */
#define HEED_DRIFT_SHUFFLES    999 /* the least care_p is 1 / 1000 */

/* Tests each of the first HEED_REPORT_PEOPLE_MAX people by resampling (Harel, Mannor, El-Yaniv, Crammer 2014,
 * "Concept drift detection through resampling"; Pitman 1937): if nothing changes, the order in which the
 * answers were given is like any other, and its rank among random ones is uniform, so that a p of at most a
 * comes up with probability a. Questions that were chosen by earlier answers are not quite like any others:
 * a small p is a reason to look, not a proof. Fits 82 models like `reward` for a person. Errors as in
 * heed_reward_learn, and HEED_ERR_NOMEM. */
HEED_API heed_status heed_people_drift(const heed_reward *reward, const heed_choices *choices,
                                       heed_drift drifts[HEED_REPORT_PEOPLE_MAX], size_t *count,
                                       heed_error *err);

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
