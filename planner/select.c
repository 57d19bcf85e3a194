/* select.c: which action to try next inside the tree.
 *
 * UCB1 (Auer, Cesa-Bianchi, Fischer 2002, figure 1) applied to trees (Kocsis and Szepesvari 2006):
 *
 *     argmax_a  q(a) + c sqrt(ln N / n_a),     N = sum_a n_a,
 *
 * where q is the value scaled by the range of all values in the tree, so that c means the same whatever
 * the unit of reward is (as in MuZero: Schrittwieser et al. 2020, eq. 5). Actions that nothing is known
 * of come first, in random order; before all, those that were not imagined in this state at any depth.
 * An action whose value was completed, not simulated, counts as tried once. One that may not be taken has
 * the value NAN, which makes its score NAN: no comparison takes it. One that only simulations still under
 * way have tried has the lowest value until they are back.
 *
 * The other rules are in tuned.c, puct.c and gumbel.c. */
#include <math.h>

#include "core/lanes.h"
#include "planner/search.h"

uint32_t heed__total_visits(const heed_tree *tree, heed_edges edges) {
  uint32_t total = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    total += heed__visits_of(edges.values[a], edges.visits[a]);
  }
  return total;
}

HEED__CLONES_ARE_HIDDEN(heed__select_best);
HEED__CLONES
uint32_t heed__select_best(heed_planner *planner, heed_rng *rng) {
  const double *scores = planner->scores;
  uint32_t of = planner->tree.action_count;
  const heed__lanes none = (heed__lanes){0} - HUGE_VAL;
  heed__lanes most = none;
  for (uint32_t a = 0; a < of; a += HEED_LANES) {
    heed__lanes score = *(const heed__lanes *)(scores + a);
    most = HEED__LANES_IF((score > most) & HEED__LANES_BELOW(of - a), score, most);
  }
  double best = heed__most(heed__most(most[0], most[1]), heed__most(most[2], most[3]));
  uint32_t count = 0;
  for (uint32_t a = 0; a < of; a++) {
    planner->ties[count] = a; /* kept if it is one */
    count += scores[a] == best ? 1 : 0;
  }
  return planner->ties[count > 1 ? heed_rng_choice(rng, count) : 0];
}

/* Lists the actions without a value in planner->ties, if possible only those never imagined. */
static uint32_t list_unknown(heed_planner *planner, heed_index node, heed_edges edges) {
  const heed_tree *tree = &planner->tree;
  const heed_transition *transitions = heed__tree_transition(tree, tree->nodes[node].state, 0);
  uint32_t unknown = 0;
  uint32_t never_imagined = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    if (edges.visits[a] == 0 && edges.values[a] == -HUGE_VAL) {
      planner->ties[unknown++] = a;
      never_imagined += transitions[a].samples == 0;
    }
  }
  if (never_imagined == 0 || never_imagined == unknown) {
    return unknown;
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < unknown; i++) {
    if (transitions[planner->ties[i]].samples == 0) {
      planner->ties[kept++] = planner->ties[i];
    }
  }
  return kept;
}

/* The rules that ask for values of all actions try those first that nothing is known of. */
static uint32_t select_by_bound(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  uint32_t unknown = list_unknown(planner, node, heed__tree_edges(tree, node));
  if (unknown > 0) {
    return planner->ties[unknown > 1 ? heed_rng_choice(rng, unknown) : 0];
  }
  return heed__ucb1_tuned(planner, node, rng);
}

static uint32_t select_any(heed_planner *planner, heed_index node, heed_rng *rng) {
  heed_edges edges = heed__tree_edges(&planner->tree, node);
  uint32_t count = 0;
  for (uint32_t a = 0; a < planner->tree.action_count; a++) {
    if (!isnan(edges.values[a])) {
      planner->ties[count++] = a;
    }
  }
  return planner->ties[heed_rng_choice(rng, count)];
}

/* By the other rules, and where UCB1 knows nothing of some action. */
static uint32_t select_otherwise(heed_planner *planner, heed_index node, heed_rng *rng) {
  switch (planner->config.selection) {
    case HEED_SELECT_UNIFORM:
      return select_any(planner, node, rng);
    case HEED_SELECT_PUCT:
      return heed__puct(planner, node, rng);
    case HEED_SELECT_GUMBEL:
      return heed__gumbel_select(planner, node, rng);
    case HEED_SELECT_UCB1:
    case HEED_SELECT_UCB1_TUNED:
      break;
  }
  return select_by_bound(planner, node, rng);
}

uint32_t heed__select(heed_planner *planner, heed_index node, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  uint32_t best = HEED_INDEX_NONE;
  if (planner->config.selection == HEED_SELECT_UCB1) {
    best = heed__ucb1(tree, &tree->nodes[node], &planner->config, planner->tables);
  }
  return best != HEED_INDEX_NONE ? best : select_otherwise(planner, node, rng);
}
