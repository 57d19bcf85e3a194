/* features.h: what a linear reward or a formula can see of a step.
 *
 * For a board (n values, m cells), in this order:
 *     one                    1
 *     share of value v       cells of next_obs with value v, divided by m           n features
 *     change of v to w       cells that went from v to w, v != w                    n (n - 1) features
 * For cells that are no board, each of which means something of its own (factor i has n_i values):
 *     one                    1
 *     of each factor         it has value v in next_obs; it went from v to w            n_i^2 features
 *     action                 (box) or one-hot action (discrete)
 * For a box (d dimensions) and its actions:
 *     one, next_obs, squares of next_obs, action (box) or one-hot action (discrete)
 *
 * Those of a board say what is there and what happened, nowhere and to nothing in particular, so that what
 * was learned in one place holds in another. */
#ifndef HEED_REWARD_FEATURES_H
#define HEED_REWARD_FEATURES_H

#include "core/percept.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Number of features for a pair of spaces; 0 when observations are neither cells nor a box. */
HEED_API size_t heed_features_count(const heed_space *obs_space, const heed_space *action_space);

/* Writes features[count] of one step. Does not read step->channel. */
HEED_API void heed_features_of(const heed_space *obs_space, const heed_space *action_space,
                               const heed_step *step, double *features);

/* The same dotted with weights[count], without building the vector where few features are not zero. The
 * order of the sum is fixed: the result depends on step and weights alone, to the bit. */
HEED_API double heed_features_dot(const heed_space *obs_space, const heed_space *action_space,
                                  const heed_step *step, const double *weights);

/* Feature i alone, without the others. */
HEED_API double heed_features_value(const heed_space *obs_space, const heed_space *action_space,
                                    const heed_step *step, size_t i);

/* Does feature i say what is there, so that it adds up over a segment, rather than what happened? */
HEED_API bool heed_features_lasts(const heed_space *obs_space, size_t i);

/* The name of feature i, as formulas spell it: of a board "one", "share[4]", "change[4,3]"; of factor 2
 * "value[2,4]", "change[2,4,3]"; of a box "next[0]", "square[1]"; "action[2]"; written to text[size]. */
HEED_API void heed_features_name(const heed_space *obs_space, const heed_space *action_space,
                                 size_t i, char *text, size_t size);

/* The feature of that name, or SIZE_MAX when there is none. */
HEED_API size_t heed_features_find(const heed_space *obs_space, const heed_space *action_space,
                                   const char *name);

#ifdef __cplusplus
}
#endif
#endif
