/* query.h: what is worth asking. */
#ifndef HEED_REWARD_QUERY_H
#define HEED_REWARD_QUERY_H

#include "reward/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the answer to a question would tell about the reward, in nats: the mutual information between
 * the answer and the reward (Houlsby et al. 2011, eq. 2; for comparisons: Biyik et al. 2019, eq. 5),
 *
 *     H[ mean_d P_d ] - mean_d H[ P_d ],
 *
 * over draws d from the reward's posterior. returns[draws][options] are the options' returns under each
 * draw; the person is taken to answer by the likelihood of choice.h with `beta` and `mistakes`. Between 0
 * and ln(options). draws >= 1, 2 <= options <= HEED_OPTION_MAX. */
HEED_API double heed_query_information(const double *returns, size_t draws, uint32_t options,
                                       double beta, double mistakes);

#ifdef __cplusplus
}
#endif
#endif
