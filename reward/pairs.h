/* pairs.h: what lies beside what: words of formulas (expression.h) for boards, beyond the features that
 * everything is learned from (features.h).
 *
 *     right[v,w]     how many cells of next_obs have value v and, to the right of it, value w
 *     below[v,w]     likewise, w below v
 *
 * A board of n values has 2 n^2 of them: too many to be learned from tens of answers, but whoever names the
 * few that matter can say "the agent, facing a spider beside it". */
#ifndef HEED_REWARD_PAIRS_H
#define HEED_REWARD_PAIRS_H

#include "core/percept.h"

#define HEED__PAIR_NONE UINT32_MAX

/* The number of the pair of that name; HEED__PAIR_NONE if there is none, or no board. */
uint32_t heed__pair_find(const heed_space *obs_space, const char *name);

/* How often a pair, by its number, is to be seen after a step. */
double heed__pair_value(const heed_space *obs_space, const heed_step *step, uint32_t pair);

#endif
