/* features.h: what a linear reward or a formula can see of a step.
 *
 * For a board (n values, m cells, k actions), in this order:
 *     one                    1
 *     share of value v       cells of next_obs with value v, divided by m           n features
 *     change of v to w       cells that went from v to w, v != w                    n (n - 1) features
 *     place                  cell i became w, from anything else, under action a    m n k features
 *                            (none where that is more than 8192; a box of actions is one action)
 * For cells that are no board, each of which means something of its own (factor i has n_i values):
 *     one                    1
 *     of each factor         it has value v in next_obs; it went from v to w            n_i^2 features
 *     action                 (box) or one-hot action (discrete)
 * For a box (d dimensions) and its actions:
 *     one, next_obs, squares of next_obs, action (box) or one-hot action (discrete)
 *
 * Shares and changes say what is there, what touched what and what happened, nowhere in particular, so that
 * what was learned in one place holds in another. Places say where it happened and by what action: which
 * way an arrow was crossed, into which corner a box was pushed. Nothing here knows which value is the
 * agent. */
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

/* Adds weight times the features of one step to sum[count]; of a board in the time of its cells. */
HEED_API void heed_features_add(const heed_space *obs_space, const heed_space *action_space,
                                const heed_step *step, double weight, double *sum);

/* The same dotted with weights[count], without building the vector where few features are not zero. The
 * order of the sum is fixed: the result depends on step and weights alone, to the bit. */
HEED_API double heed_features_dot(const heed_space *obs_space, const heed_space *action_space,
                                  const heed_step *step, const double *weights);

/* Feature i alone, without the others. */
HEED_API double heed_features_value(const heed_space *obs_space, const heed_space *action_space,
                                    const heed_step *step, size_t i);

typedef enum heed_feature_kind {
  HEED_FEATURE_LASTS,   /* says what is there, so that it adds up over a segment */
  HEED_FEATURE_HAPPENS, /* says what happened, anywhere */
  HEED_FEATURE_PLACE    /* says what happened at one cell, beside what that means anywhere */
} heed_feature_kind;

/* Of feature i. */
HEED_API heed_feature_kind heed_features_kind(const heed_space *obs_space, size_t i);

/* The name of feature i, as formulas spell it: of a board "one", "share[4]", "change[4,3]",
 * "place[12,3,0]" (cell, value, action); of factor 2
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
