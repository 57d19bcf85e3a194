/* puct.c: upper confidence bounds with a prior (Rosin 2011; Silver et al. 2017), in the form of MuZero
 * (Schrittwieser et al. 2020, appendix B, equations 2 and 5):
 *
 *     argmax_a  q(a) + p(a) sqrt(N) / (1 + n_a) (c1 + ln((N + c2 + 1) / c2)),     N = sum_a n_a
 *
 * where p is the prior, and q the value scaled by the range of all values in the tree to [0, 1]; 0, the
 * lowest, for an action that nothing is known of. N is at least 1, so that the prior decides the first
 * action, too. Equal scores are drawn from. */
#include <math.h>

#include "planner/search.h"

double heed__puct_weight(const heed_planner_config *config, uint32_t total) {
  double base = config->puct_base;
  return sqrt(total) * (config->puct_init + log((total + base + 1) / base));
}

uint32_t heed__puct(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  heed_edges edges = heed__tree_edges(tree, node);
  const double *prior = heed__tree_prior(tree, tree->nodes[node].state);
  double scale = heed__value_scale(tree);
  double lowest = heed__lowest(tree, &tree->nodes[node]);
  uint32_t total = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    total += edges.visits[a];
  }
  total = total > 0 ? total : 1;
  double weight = total < HEED_TABLE_SIZE ? planner->puct_weights[total]
                                          : heed__puct_weight(&planner->config, total);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    planner->scores[a] =
        heed__scaled(edges.values[a], lowest, scale) + weight * prior[a] / (1 + edges.visits[a]);
  }
  return heed__select_best(planner, rng);
}
