/* soft.c: the value of a state whose policy is paid for its entropy.
 *
 *     V(s) = t log sum_a exp(Q(s, a) / t)
 *
 * is the largest sum of expected return and t times entropy that a policy over the known actions can have,
 * reached by the policy exp((Q(s, a) - V(s)) / t) (Haarnoja et al. 2017; in tree search, Xiao et al. 2019,
 * MENTS). Every step below pays its entropy, too, so that values lie above returns, by t log(actions) a step
 * at most; with t towards 0 it is the best action's. */
#include <math.h>

#include "planner/search.h"

double heed__soft_max(const heed_tree *tree, const heed_node *node, double best,
                      double temperature) {
  const double *values = heed__edges_of(tree, node).values;
  double sum = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    sum +=
        isfinite(values[a]) ? exp((values[a] - best) / temperature) : 0; /* the largest term is 1 */
  }
  return sum > 0 ? best + temperature * log(sum) : best;
}
