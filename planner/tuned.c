/* tuned.c: UCB1-tuned, which knows how much the returns of an action vary (Auer, Cesa-Bianchi, Fischer
 * 2002, section 4):
 *
 *     argmax_a  q(a) + c sqrt(ln N / n_a  min(1/4, v(a) + sqrt(2 ln N / n_a))),     N = sum_a n_a,
 *
 * with values q and variances v scaled by the range of all values in the tree, as in select.c.
 *
 * The mean square of the return G is a function of what is below, as its mean is (Sobel 1982):
 *
 *     M(s, a) = E (r + discount G')^2
 *             = sum_o count_o / count (r_o^2 + 2 discount r_o V(s_o) + discount^2 M(s_o))
 *
 * and M(s) mixes its actions as V(s) does (backup.c). The variance of an action is M(s, a) - Q(s, a)^2. So
 * it, too, can be computed again after a swap of the reward. */
#include <math.h>

#include "planner/search.h"

/* What comes after an action, as far as it is known: mean value and mean square; 0 where nothing is. Outcomes that
 * were enumerated, and that no simulation has met, count as the others do (backup.c). */
static void mean_after(const heed_tree *tree, const heed_node *node, const heed_transition *t,
                       double *value, double *moment) {
  double known = 0;
  *value = *moment = 0;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    heed_index state = tree->outcomes[i].state;
    heed_index next = heed__tree_find_node(tree, state, node->depth + 1);
    bool is_known = next != HEED_INDEX_NONE || heed__tree_is_terminal(tree, state);
    double weight = is_known ? tree->weights[i] : 0;
    *value += next != HEED_INDEX_NONE ? weight * tree->nodes[next].value : 0;
    *moment += next != HEED_INDEX_NONE ? weight * tree->node_moments[next] : 0;
    known += weight;
  }
  *value = known > 0 ? *value / known : 0;
  *moment = known > 0 ? *moment / known : 0;
}

void heed__moment_edge(const heed_planner *planner, heed_index index, uint32_t action) {
  const heed_tree *tree = &planner->tree;
  const heed_node *node = &tree->nodes[index];
  const heed_transition *t = heed__tree_transition(tree, node->state, action);
  double discount = planner->config.discount;
  double mean_value = 0;
  double mean_moment = 0;
  if (heed__tree_is_enumerated(t)) {
    mean_after(tree, node, t, &mean_value, &mean_moment);
  }
  double sum = 0;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    const heed_tree_outcome *o = &tree->outcomes[i];
    heed_index next = heed__tree_find_node(tree, o->state, node->depth + 1);
    bool is_open = next == HEED_INDEX_NONE && !heed__tree_is_terminal(tree, o->state);
    double value = next != HEED_INDEX_NONE ? tree->nodes[next].value : is_open ? mean_value : 0;
    double moment = next != HEED_INDEX_NONE ? tree->node_moments[next] : is_open ? mean_moment : 0;
    sum +=
        heed__tree_weight(tree, t, i) *
        (o->reward * o->reward + 2 * discount * o->reward * value + discount * discount * moment);
  }
  tree->edge_moments[tree->first_edge[index] + action] = sum / heed__tree_weight_sum(t);
}

static const double *moments_of(const heed_tree *tree, const heed_node *node) {
  return tree->edge_moments + tree->first_edge[node - tree->nodes];
}

/* The moment of the best known action; -1 when none is known. */
static double moment_of_best(const heed_tree *tree, const heed_node *node) {
  const double *values = heed__edges_of(tree, node).values;
  const double *moments = moments_of(tree, node);
  double best = -HUGE_VAL;
  double moment = -1;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    if (values[a] > best) {
      best = values[a];
      moment = moments[a];
    }
  }
  return moment;
}

static double moment_of_all(const heed_tree *tree, const heed_node *node) {
  heed_edges edges = heed__edges_of(tree, node);
  const double *moments = moments_of(tree, node);
  double sum = node->leaf_visits * node->leaf_value * node->leaf_value;
  uint32_t visits = node->leaf_visits;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    if (edges.values[a] > -HUGE_VAL) {
      sum += edges.visits[a] * moments[a];
      visits += edges.visits[a];
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
  double mean = lambda > 0 && best >= 0 ? moment_of_all(tree, node) : 0;
  tree->node_moments[index] = best >= 0 ? (1 - lambda) * best + lambda * mean : leaf;
}

double heed__variance(const heed_tree *tree, heed_index node, uint32_t action) {
  double value = heed__tree_edges(tree, node).values[action];
  double variance = tree->edge_moments[tree->first_edge[node] + action] - value * value;
  return heed__most(variance, 0); /* rounding */
}

uint32_t heed__ucb1_tuned(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  heed_edges edges = heed__tree_edges(tree, node);
  double scale = heed__value_scale(tree);
  double lowest = heed__lowest(tree, &tree->nodes[node]);
  double log_total = log(heed__total_visits(tree, edges));
  for (uint32_t a = 0; a < tree->action_count; a++) {
    double share = log_total / heed__visits_of(edges.values[a], edges.visits[a]);
    double variance = isinf(edges.values[a])
                          ? 1
                          : heed__variance(tree, node, a) * scale * scale + sqrt(2 * share);
    double bonus = planner->config.exploration * sqrt(share * heed__least(0.25, variance));
    planner->scores[a] = heed__scaled(edges.values[a], lowest, scale) + bonus;
  }
  return heed__select_best(planner, rng);
}
