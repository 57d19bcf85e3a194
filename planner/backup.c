/* backup.c: how values travel back to the root.
 *
 * Values are not sums that grew, but functions of what is below:
 *
 *     Q(s, a) = sum_o  count_o / count  (r_o + discount V(s_o))           over the outcomes of a
 *
 *     max     V(s) = max_a Q(s, a)                                        over the actions known
 *     mean    V(s) = (sum_a n_a Q(s, a) + m v) / (sum_a n_a + m)          m evaluations as a leaf: v
 *     soft    V(s) = t log sum_a exp(Q(s, a) / t)                         t: temperature
 *     lambda  V(s) = (1 - l) max V(s) + l mean V(s)
 *
 * Mean is the average return of all simulations, as in UCT (Kocsis and Szepesvari 2006). Max is the
 * partial Bellman backup of trial-based heuristic tree search (Keller and Helmert 2013), which is exact
 * dynamic programming once every action is known. Soft: soft.c. Lambda is MaxMCTS(lambda) of Khandelwal et
 * al. 2016, with the best action as it is known now, not as it was when a simulation passed. A state
 * without known actions is worth its evaluation as a leaf; a terminal state nothing.
 *
 * Where outcomes were enumerated, Q is the expected reward and, after it, the mean by probability of those outcomes that are
 * in the tree: what nothing is known of yet counts as these do (Keller and Helmert 2013, likewise).
 *
 * Where the agent's adversary chooses, max is min and soft the soft minimum: Q there is times the side of
 * the node, -1, as all rules see it, and V times it again (minimax: von Neumann 1928; tree.h). */
#include <math.h>
#include <string.h>

#include "planner/search.h"

/* A value of the agent's as whoever chooses in a node sees it; and back. Where the agent always chooses nothing waits
 * for a product. */
static inline double seen_from(const heed_tree *tree, const heed_node *node, double value) {
  return tree->has_sides ? node->side * value : value;
}

/* The value of where an outcome of a node leads; 0 where no simulation has been. `below`, if it is there, has
 * the values of all states one layer deeper. */
static inline double value_after(const heed_tree *tree, const heed_node *node,
                                 const heed_tree_outcome *o, const double *below) {
  if (below != NULL) {
    return below[o->state];
  }
  heed_index child = heed__tree_child(tree, o, node->depth);
  return child != HEED_INDEX_NONE ? tree->nodes[child].value : 0;
}

/* The value of an edge whose outcomes are all known with their probabilities: the expected reward, and what comes after
 * by the outcomes that are in the tree, or end the episode. */
static double value_of_list(const heed_tree *tree, const heed_node *node, const heed_transition *t,
                            double discount) {
  double reward = 0;
  double after = 0;
  double known = 0;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    const heed_tree_outcome *o = &tree->outcomes[i];
    heed_index child = heed__tree_child(tree, o, node->depth);
    bool is_known = child != HEED_INDEX_NONE || heed__tree_is_terminal(tree, o->state);
    reward += tree->weights[i] * o->reward;
    after += child != HEED_INDEX_NONE ? tree->weights[i] * tree->nodes[child].value : 0;
    known += is_known ? tree->weights[i] : 0;
  }
  return seen_from(tree, node, reward + discount * (known > 0 ? after / known : 0));
}

/* The value of an edge of a node, given its transition. */
static inline double value_of_edge(const heed_tree *tree, const heed_node *node,
                                   const heed_transition *t, double discount, const double *below) {
  const heed_tree_outcome *o = &tree->outcomes[t->first_outcome];
  if (t->is_sole) {
    return seen_from(tree, node, o->reward + discount * value_after(tree, node, o, below));
  }
  if (t->is_certain) {
    return value_of_list(tree, node, t, discount);
  }
  double sum = 0;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = o->next) {
    o = &tree->outcomes[i];
    sum += o->count * (o->reward + discount * value_after(tree, node, o, below));
  }
  return seen_from(tree, node, sum) / t->samples;
}

/* The same; notes where the action leads once that is settled. */
static inline void back_up_edge(const heed_planner *planner, const heed_node *node,
                                const heed_transition *t, double *value, heed_index *child) {
  const heed_tree *tree = &planner->tree;
  double discount = planner->config.discount;
  if (*child == HEED_INDEX_NONE && t->is_sole && heed__chance_is_settled(planner, t)) {
    *child = heed__tree_child(tree, &tree->outcomes[t->first_outcome], node->depth);
  }
  if (*child != HEED_INDEX_NONE) {
    double reward = tree->outcomes[t->first_outcome].reward;
    *value = seen_from(tree, node, reward + discount * tree->nodes[*child].value);
  } else {
    *value = value_of_edge(tree, node, t, discount, NULL);
  }
}

/* The values of edges are those of whoever chooses in the node, and so are these. */
static double max_of_edges(const heed_tree *tree, const heed_node *node, heed_edges edges) {
  double best = -HUGE_VAL;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    best = heed__most(edges.values[a], best);
  }
  return isfinite(best) ? best : node->side * node->leaf_value;
}

/* An edge whose value is about to be written: who loaded it from where it goes would have to wait for it. */
typedef struct fresh_edge {
  uint32_t action; /* HEED_INDEX_NONE: there is none */
  double value;
} fresh_edge;

/* Of the actions of which something is known: others have been tried at most by simulations that are still on
 * their way. One by one: a wide load of what was written a moment ago would have to wait for all of it. */
static inline double mean_of_edges(const heed_tree *tree, const heed_node *node, heed_edges edges,
                                   fresh_edge fresh) {
  uint32_t count = tree->action_count;
  double sum = node->leaf_visits * node->side * node->leaf_value;
  int32_t visits = node->leaf_visits; /* below 2^31, as all are */
  for (uint32_t a = 0; a < count; a++) {
    double value = a == fresh.action ? fresh.value : edges.values[a];
    bool is_known = value > -HUGE_VAL;
    int32_t n = is_known ? (int32_t)edges.visits[a] : 0;
    sum += n * (is_known ? value : 0);
    visits += n;
  }
  return visits > 0 ? sum / visits : 0;
}

/* By the configured rule, of a node that is expanded. */
static inline double value_of_edges(const heed_planner *planner, const heed_node *node,
                                    heed_edges edges, fresh_edge fresh) {
  const heed_tree *tree = &planner->tree;
  double lambda = planner->config.lambda;
  switch (planner->config.backup) {
    case HEED_BACKUP_MAX:
      return max_of_edges(tree, node, edges);
    case HEED_BACKUP_SOFT:
      return heed__soft_max(tree, node, max_of_edges(tree, node, edges),
                            planner->config.temperature);
    case HEED_BACKUP_LAMBDA:
      return (1 - lambda) * max_of_edges(tree, node, edges) +
             lambda * mean_of_edges(tree, node, edges, fresh);
    case HEED_BACKUP_MEAN:
      break;
  }
  return mean_of_edges(tree, node, edges, fresh);
}

void heed__backup_node(const heed_planner *planner, heed_index index) {
  const heed_tree *tree = &planner->tree;
  heed_node *node = &tree->nodes[index];
  if (!heed__tree_is_expanded(tree, index)) {
    node->value = node->leaf_value;
    return;
  }
  fresh_edge none = {.action = HEED_INDEX_NONE};
  heed_edges edges = heed__tree_edges(tree, index);
  node->value = seen_from(tree, node, value_of_edges(planner, node, edges, none));
}

void heed__backup_path(heed_planner *planner, const heed_path_step *path, uint32_t length) {
  heed_tree *tree = &planner->tree;
  uint32_t visits = planner->simulation_count > 1 ? 0 : 1; /* several at once count on their way */
  for (uint32_t i = length; i-- > 0;) {
    heed_index index = path[i].node;
    uint32_t action = path[i].action;
    heed_node *node = &tree->nodes[index];
    heed_edges edges = heed__tree_edges(tree, index);
    edges.visits[action] += visits;
    back_up_edge(planner, node, heed__tree_transition_at(tree, index, action),
                 &edges.values[action], &edges.children[action]);
    fresh_edge fresh = {action, edges.values[action]};
    node->value = seen_from(tree, node, value_of_edges(planner, node, edges, fresh));
    if (tree->has_moments) {
      heed__moment_edge(planner, index, action);
      heed__moment_node(planner, index);
    }
    double value = seen_from(tree, node, fresh.value);
    tree->low = heed__least(value, tree->low);
    tree->high = heed__most(value, tree->high);
  }
}

/* The values of the edges of an expanded node from what is below. Without completion, values are those of
 * simulations: an edge that none went through has none, though its transition be known. */
static void back_up_edges(heed_planner *planner, heed_index n, const double *below) {
  heed_tree *tree = &planner->tree;
  const heed_node *node = &tree->nodes[n];
  const heed_transition *transitions = heed__tree_transition_at(tree, n, 0);
  heed_edges edges = heed__tree_edges(tree, n);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    if (planner->config.complete ? transitions[a].samples > 0 : edges.visits[a] > 0) {
      edges.values[a] = value_of_edge(tree, node, &transitions[a], planner->config.discount, below);
      double value = seen_from(tree, node, edges.values[a]);
      tree->low = heed__least(value, tree->low);
      tree->high = heed__most(value, tree->high);
      if (tree->has_moments) {
        heed__moment_edge(planner, n, a);
      }
    }
  }
}

/* The values of a node and its edges from what is below. */
static void back_up_all_of(heed_planner *planner, heed_index n, const double *below) {
  if (heed__tree_is_expanded(&planner->tree, n)) {
    back_up_edges(planner, n, below);
  }
  heed__backup_node(planner, n);
  if (planner->tree.has_moments) {
    heed__moment_node(planner, n);
  }
}

/* In a strict tree what is below a node was made after it. */
static void back_up_strictly(heed_planner *planner, uint32_t top) {
  const heed_tree *tree = &planner->tree;
  for (heed_index n = tree->places.count; n-- > 0;) {
    if (tree->nodes[n].depth >= top) {
      back_up_all_of(planner, n, NULL);
    }
  }
}

/* Writes the values of the nodes of a depth by their states, or zeros in their places. */
static void lay_out(heed_tree *tree, uint32_t depth, bool values) {
  for (heed_index n = tree->at_depth[depth]; n != HEED_INDEX_NONE; n = tree->next_at_depth[n]) {
    tree->below[tree->nodes[n].state] = values ? tree->nodes[n].value : 0;
  }
}

/* Layer by layer; what a layer needs of the one below it is laid out by states, so that nobody looks for
 * nodes. */
static void back_up_layers(heed_planner *planner, uint32_t top) {
  heed_tree *tree = &planner->tree;
  memset(tree->below, 0, tree->states.count * sizeof *tree->below);
  for (uint32_t d = tree->deepest + 1; d-- > top;) {
    for (heed_index n = tree->at_depth[d]; n != HEED_INDEX_NONE; n = tree->next_at_depth[n]) {
      back_up_all_of(planner, n, tree->below);
    }
    if (d < tree->deepest) {
      lay_out(tree, d + 1, false);
    }
    lay_out(tree, d, true);
  }
}

void heed__backup_tree(heed_planner *planner) {
  heed_tree *tree = &planner->tree;
  uint32_t top = tree->nodes[tree->root].depth;
  tree->low = HUGE_VAL;
  tree->high = -HUGE_VAL;
  if (tree->share_states) {
    back_up_layers(planner, top);
  } else {
    back_up_strictly(planner, top);
  }
}
