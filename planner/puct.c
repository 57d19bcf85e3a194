/* puct.c: upper confidence bounds with a prior (Rosin 2011; Silver et al. 2017), in the form of MuZero
 * (Schrittwieser et al. 2020, appendix B, equations 2 and 5):
 *
 *     argmax_a  q(a) + p(a) sqrt(N) / (1 + n_a) (c1 + ln((N + c2 + 1) / c2)),     N = sum_a n_a
 *
 * where p is the prior, and q the value scaled by the range of all values in the tree to [0, 1]; 0, the
 * lowest, for an action that nothing is known of. N is at least 1, so that the prior decides the first
 * action, too. Equal scores are drawn from. */
#include <math.h>

#include "core/lanes.h"
#include "planner/search.h"

double heed__puct_weight(const heed_planner_config *config, uint32_t total) {
  double base = config->puct_base;
  return sqrt(total) * (config->puct_init + log((total + base + 1) / base));
}

HEED__CLONES_ARE_HIDDEN(heed__puct);
HEED__CLONES
uint32_t heed__puct(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  heed_edges edges = heed__tree_edges(tree, node);
  const double *prior = heed__tree_prior(tree, tree->nodes[node].state);
  uint32_t count = tree->action_count;
  double scale = heed__value_scale(tree);
  double lowest = heed__lowest(tree, &tree->nodes[node]);
  heed__lanes_int visits = {0};
  for (uint32_t a = 0; a < count; a += HEED_LANES) {
    visits += *(const heed__lanes_int *)(edges.visits + a) & HEED__LANES_INT_BELOW(count - a);
  }
  uint32_t total = 0;
  for (uint32_t i = 0; i < HEED_LANES; i++) {
    total += (uint32_t)visits[i];
  }
  total = total > 0 ? total : 1;
  double weight = total < HEED_TABLE_SIZE ? planner->puct_weights[total]
                                          : heed__puct_weight(&planner->config, total);
  for (uint32_t a = 0; a < count; a += HEED_LANES) {
    heed__lanes value = *(const heed__lanes *)(edges.values + a);
    heed__lanes n =
        __builtin_convertvector(*(const heed__lanes_int *)(edges.visits + a), heed__lanes);
    heed__lanes least = (heed__lanes){0} + lowest;
    heed__lanes_bits is_unknown = value == (heed__lanes){0} - HUGE_VAL;
    *(heed__lanes *)(planner->scores + a) =
        (HEED__LANES_IF(is_unknown, least, value) - lowest) * scale +
        weight * *(const heed__lanes *)(prior + a) / (1 + n);
  }
  return heed__select_best(planner, rng);
}
