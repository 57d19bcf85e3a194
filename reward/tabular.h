/* tabular.h: what the files of the tabular reward share. Internal; the idea is told in tabular.c. */
#ifndef HEED_REWARD_TABULAR_H
#define HEED_REWARD_TABULAR_H

#include "reward/posterior.h"
#include "reward/reward.h"
#include "reward/steps.h"

typedef struct tabular_params {
  int32_t of;
  double prior_scale;
  double discount;
  double beta_spread;
  bool infer_mistakes;
  int32_t rank;
} tabular_params;

/* What was learned of n keys by r differences. All owned. */
typedef struct table {
  size_t count;          /* n */
  uint64_t *keys;        /* [n] ascending */
  double *basis;         /* [n][r] q_k */
  double *mean, *spread; /* [n] */
  heed__posterior post;  /* of u, all r of it active */
} heed__table;

typedef struct tabular {
  const heed_reward_spec *spec; /* borrowed */
  tabular_params params;
  unsigned reads;
  size_t obs_size;
  heed__table table;
} tabular;

/* Zeroed arrays. Errors: HEED_ERR_NOMEM, and the table is zeroed. */
heed_status heed__tabular_init(heed__table *t, size_t count, size_t rank, heed_error *err);
void heed__tabular_deinit(heed__table *t); /* accepts a zeroed one */

/* Fits keys, basis, mode and factor of a table, from nothing, to choices that have been checked: tabular_fit.c.
 * The table is zeroed on failure. Errors as in choice_fit.h, and HEED_ERR_ARG for more differences than
 * params.rank. */
heed_status heed__tabular_fit(const tabular *model, const heed_choices *choices, heed__table *t,
                              const heed_progress_sink *progress, heed_reward_report *report,
                              heed_error *err);

#endif
