/* acquisition.h: what a search for a question looks for, written as a reward.
 *
 * Reddy, Dragan, Levine, Legg, Leike 2019 (ReQueST, arXiv:1912.05652, section 3.3) ask about behaviour that
 * is found by search in the learned dynamics, before the agent ever shows it: what the reward model, as
 * it is, likes most; what it likes least; what it is least certain of; what is least like anything that was
 * asked about. Each of these is a reward of steps, so that any planner can search for it, in any space. A
 * planner with an information_weight below 0 keeps what it finds realistic. */
#ifndef HEED_REWARD_ACQUISITION_H
#define HEED_REWARD_ACQUISITION_H

#include "reward/reward.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_acquisition {
  HEED_ACQUIRE_HIGHEST,   /* the mean reward */
  HEED_ACQUIRE_LOWEST,    /* what it takes to lose it */
  HEED_ACQUIRE_UNCERTAIN, /* the spread of the reward's posterior */
  HEED_ACQUIRE_NOVEL /* how far the next observation is from the nearest that was asked about: the share
                             of its cells that differ, or the root mean square over dimensions, each
                             divided by its bounds' distance where these are finite; 1 before all */
} heed_acquisition;
#define HEED_ACQUISITION_COUNT 4

/* "highest", "lowest", "uncertain", "novel". */
HEED_API const char *heed_acquisition_name(heed_acquisition what);

/* A reward over `reward` (borrowed; it may learn meanwhile) and all that `asked` holds (borrowed; may grow;
 * for novelty alone, else NULL), divided by `scale` > 0: whoever weighs it against something else wants
 * it in units of its usual size. Errors: HEED_ERR_ARG, HEED_ERR_NOMEM. */
HEED_API heed_status heed_acquisition_create(heed_acquisition what, const heed_reward *reward,
                                             const heed_choices *asked, double scale,
                                             heed_reward **out, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
