/* backup.c: how values travel back to the root.
 *
 * Values are not sums that grew, but functions of what is below:
 *
 *     Q(s, a) = sum_o  count_o / count  (r_o + discount V(s_o))           over the outcomes of a
 *
 *     max     V(s) = max_a Q(s, a)                                        over the actions tried
 *     mean    V(s) = (sum_a n_a Q(s, a) + m v) / (sum_a n_a + m)          m evaluations as a leaf: v
 *
 * Mean is the average return of all simulations, as in UCT (Kocsis and Szepesvari 2006). Max is the
 * partial Bellman backup of trial-based heuristic tree search (Keller and Helmert 2013), which is exact
 * dynamic programming once every action has been tried. A state without actions tried is worth its
 * evaluation as a leaf; a terminal state nothing. */
#include <math.h>

#include "planner/search.h"

void heed__backup_edge(const heed_planner *planner, heed_edge *edge) {
  const heed_tree *tree = &planner->tree;
  double sum = 0;
  for (heed_index i = edge->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    const heed_tree_outcome *o = &tree->outcomes[i];
    sum += o->count * (o->reward + planner->config.discount * tree->nodes[o->node].value);
  }
  edge->value = sum / edge->samples;
}

static double max_of_edges(const heed_tree *tree, const heed_node *node) {
  double best = -INFINITY;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    const heed_edge *edge = &tree->edges[node->first_edge + a];
    if (edge->samples > 0 && edge->value > best) {
      best = edge->value;
    }
  }
  return isfinite(best) ? best : node->leaf_value;
}

static double mean_of_edges(const heed_tree *tree, const heed_node *node) {
  double sum = node->leaf_visits * node->leaf_value;
  uint32_t visits = node->leaf_visits;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    const heed_edge *edge = &tree->edges[node->first_edge + a];
    sum += edge->visits > 0 ? edge->visits * edge->value : 0;
    visits += edge->visits;
  }
  return visits > 0 ? sum / visits : 0;
}

void heed__backup_node(const heed_planner *planner, heed_index index) {
  const heed_tree *tree = &planner->tree;
  heed_node *node = &tree->nodes[index];
  if (node->first_edge == HEED_INDEX_NONE) {
    node->value = node->leaf_value;
  } else if (planner->config.backup == HEED_BACKUP_MAX) {
    node->value = max_of_edges(tree, node);
  } else {
    node->value = mean_of_edges(tree, node);
  }
}

void heed__backup_tree(heed_planner *planner) {
  heed_tree *tree = &planner->tree;
  tree->low = INFINITY;
  tree->high = -INFINITY;
  uint32_t top = heed__tree_tag(tree, tree->root).depth;
  for (uint32_t d = tree->deepest + 1; d-- > top;) {
    for (heed_index n = tree->at_depth[d]; n != HEED_INDEX_NONE; n = tree->nodes[n].next_at_depth) {
      for (uint32_t a = 0; tree->nodes[n].first_edge != HEED_INDEX_NONE && a < tree->action_count;
           a++) {
        heed_edge *edge = heed__tree_edge(tree, n, a);
        if (edge->samples > 0) {
          heed__backup_edge(planner, edge);
          tree->low = fmin(tree->low, edge->value);
          tree->high = fmax(tree->high, edge->value);
        }
      }
      heed__backup_node(planner, n);
    }
  }
}
