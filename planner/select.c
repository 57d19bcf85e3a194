/* select.c: which action to try next inside the tree.
 *
 * UCB1 (Auer, Cesa-Bianchi, Fischer 2002, figure 1) applied to trees (Kocsis and Szepesvari 2006):
 *
 *     argmax_a  q(a) + c sqrt(ln N / n_a),     N = sum_a n_a,
 *
 * where q is the value scaled by the range of all values in the tree, so that c means the same whatever
 * the unit of reward is (as in MuZero: Schrittwieser et al. 2020, eq. 5). Actions not yet tried come
 * first, in random order. */
#include <math.h>

#include "planner/search.h"

static uint32_t ucb1(heed_planner *planner, const heed_edge *edges, double total) {
  const heed_tree *tree = &planner->tree;
  double range = tree->high - tree->low;
  double scale = range > 0 ? 1 / range : 0;
  double bonus = planner->config.exploration * planner->config.exploration * log(total);
  double best = -INFINITY;
  uint32_t chosen = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    double score = (edges[a].value - tree->low) * scale + sqrt(bonus / edges[a].visits);
    if (score > best) {
      best = score;
      chosen = a;
    }
  }
  return chosen;
}

uint32_t heed__select(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  const heed_edge *edges = heed__tree_edge(tree, node, 0);
  if (planner->config.selection == HEED_SELECT_UNIFORM) {
    return heed_rng_choice(rng, tree->action_count);
  }
  uint32_t total = 0;
  uint32_t untried = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    total += edges[a].visits;
    if (edges[a].visits == 0) {
      planner->ties[untried++] = a;
    }
  }
  if (untried > 0) {
    return planner->ties[untried > 1 ? heed_rng_choice(rng, untried) : 0];
  }
  return ucb1(planner, edges, total);
}
