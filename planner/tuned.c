/* tuned.c: UCB1-tuned, which knows how much the returns of an action vary (Auer, Cesa-Bianchi, Fischer
 * 2002, section 4):
 *
 *     argmax_a  q(a) + c sqrt(ln N / n_a  min(1/4, v(a) + sqrt(2 ln N / n_a))),     N = sum_a n_a,
 *
 * with values q and variances v scaled by the range of all values in the tree, as in select.c.
 *
 * The mean square of the return G is a function of what is below, as its mean is (Sobel 1982):
 *
 *     M(s, a) = E (r + discount G')^2 = sum_o count_o / count (r_o^2 + 2 discount r_o V(s_o) + discount^2 M(s_o))
 *
 * and M(s) mixes its actions as V(s) does (backup.c). The variance of an action is M(s, a) - Q(s, a)^2. So
 * it, too, can be computed again after a swap of the reward. */
#include <math.h>

#include "planner/search.h"

void heed__moment_edge(const heed_planner *planner, heed_index index, uint32_t action) {
  const heed_tree *tree = &planner->tree;
  const heed_node *node = &tree->nodes[index];
  const heed_transition *t = heed__tree_transition(tree, node->state, action);
  double discount = planner->config.discount;
  double sum = 0;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    const heed_tree_outcome *o = &tree->outcomes[i];
    heed_index next = heed__tree_find_node(tree, o->state, node->depth + 1);
    double value = next != HEED_INDEX_NONE ? tree->nodes[next].value : 0;
    double moment = next != HEED_INDEX_NONE ? tree->node_moments[next] : 0;
    sum += o->count * (o->reward * o->reward + 2 * discount * o->reward * value +
                       discount * discount * moment);
  }
  tree->edge_moments[node->first_edge + action] = sum / t->samples;
}

/* The moment of the best known action; -1 when none is known. */
static double moment_of_best(const heed_tree *tree, const heed_node *node) {
  double best = -HUGE_VAL;
  double moment = -1;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    heed_index e = node->first_edge + a;
    if (tree->edges[e].value > best) {
      best = tree->edges[e].value;
      moment = tree->edge_moments[e];
    }
  }
  return moment;
}

static double mean_moment(const heed_tree *tree, const heed_node *node) {
  double sum = node->leaf_visits * node->leaf_value * node->leaf_value;
  uint32_t visits = node->leaf_visits;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    heed_index e = node->first_edge + a;
    if (tree->edges[e].value > -HUGE_VAL) {
      sum += tree->edges[e].visits * tree->edge_moments[e];
      visits += tree->edges[e].visits;
    }
  }
  return visits > 0 ? sum / visits : 0;
}

void heed__moment_node(const heed_planner *planner, heed_index index) {
  const heed_tree *tree = &planner->tree;
  const heed_node *node = &tree->nodes[index];
  double leaf = node->leaf_value * node->leaf_value;
  double best = heed__tree_is_expanded(tree, index) ? moment_of_best(tree, node) : -1;
  double lambda = planner->config.backup == HEED_BACKUP_MAX    ? 0
                  : planner->config.backup == HEED_BACKUP_MEAN ? 1
                                                               : planner->config.lambda;
  double mean = lambda > 0 && best >= 0 ? mean_moment(tree, node) : 0;
  tree->node_moments[index] = best >= 0 ? (1 - lambda) * best + lambda * mean : leaf;
}

double heed__variance(const heed_tree *tree, heed_index node, uint32_t action) {
  double value = heed__tree_edge(tree, node, action)->value;
  double variance = tree->edge_moments[tree->nodes[node].first_edge + action] - value * value;
  return heed__most(variance, 0); /* rounding */
}

uint32_t heed__ucb1_tuned(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  const heed_edge *edges = heed__tree_edge(tree, node, 0);
  double scale = heed__value_scale(tree);
  double lowest = heed__lowest(tree, &tree->nodes[node]);
  double log_total = log(heed__total_visits(tree, edges));
  for (uint32_t a = 0; a < tree->action_count; a++) {
    double share = log_total / heed__visits_of(&edges[a]);
    double variance =
        isinf(edges[a].value) ? 1 : heed__variance(tree, node, a) * scale * scale + sqrt(2 * share);
    double bonus = planner->config.exploration * sqrt(share * heed__least(0.25, variance));
    planner->scores[a] = heed__scaled(&edges[a], lowest, scale) + bonus;
  }
  return heed__select_best(planner, rng);
}
