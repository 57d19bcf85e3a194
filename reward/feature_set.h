/* feature_set.h: which features a reward is linear in: those of features.h, or some that were written
 * down as formulas (expression.h), "aim: right[4,6] + right[6,5]; burst: share[7] > 0". Internal to
 * linear.c and posterior.c.
 *
 * Whoever names features says what people may be thinking of; with few of them, each of a meaning, it can
 * be worked out by hand what answers can tell and what they cannot. */
#ifndef HEED_REWARD_FEATURE_SET_H
#define HEED_REWARD_FEATURE_SET_H

#include "reward/expression.h"
#include "reward/features.h"

enum { HEED__FEATURE_NAME = 48 };

typedef struct heed__named_feature {
  char name[HEED__FEATURE_NAME];
  heed__expression expression;
} heed__named_feature;

typedef struct heed__feature_set {
  const heed_space *obs_space, *action_space; /* borrowed */
  size_t count;
  heed__named_feature *named; /* owned, [count]; NULL: those of features.h */
} heed__feature_set;

/* The features that `text` names: formulas divided by ';', each with a name and ':' before it or not; ""
 * for those of features.h. Errors: HEED_ERR_ARG naming feature and column, HEED_ERR_NOMEM; `set` is zeroed
 * then. */
heed_status heed__feature_set_init(heed__feature_set *set, const char *text,
                                   const heed_space *obs_space, const heed_space *action_space,
                                   heed_error *err);
void heed__feature_set_deinit(heed__feature_set *set); /* accepts a zeroed one */

/* As heed_features_of, _add, _dot, _kind and _name. What was written down counts as something that
 * happens. */
void heed__feature_set_of(const heed__feature_set *set, const heed_step *step, double *features);
void heed__feature_set_add(const heed__feature_set *set, const heed_step *step, double weight,
                           double *sum);
double heed__feature_set_dot(const heed__feature_set *set, const heed_step *step,
                             const double *weights);
heed_feature_kind heed__feature_set_kind(const heed__feature_set *set, size_t i);
void heed__feature_set_name(const heed__feature_set *set, size_t i, char *text, size_t size);

#endif
