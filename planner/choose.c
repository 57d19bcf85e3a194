/* choose.c: which action is taken in the end.
 *
 * By value; by the lower confidence bound q(a) - c sqrt(ln N / n_a), the mirror image of UCB1, which
 * prefers a value that is well founded (KataGo, docs/KataGoMethods.md, "LCB move selection"); or by
 * visits; or, after sequential halving, by noise, prior and value (gumbel.c). Unlike visits, values still
 * hold after the reward was swapped: visits tell what the old reward found interesting. */
#include <math.h>

#include "planner/search.h"

uint32_t heed__break_tie(const heed_planner *planner, const uint32_t *actions, uint32_t count,
                         heed_rng *rng) {
  bool uniform = planner->config.ties == HEED_TIES_UNIFORM && rng != NULL && count > 1;
  return actions[uniform ? heed_rng_choice(rng, count) : 0];
}

/* What the rule prefers; -INFINITY for what nothing is known of, and for what may not be done. */
static double preference(const heed_planner *planner, heed_index node, uint32_t action,
                         double total) {
  const heed_tree *tree = &planner->tree;
  double known = heed__tree_edges(tree, node).values[action];
  uint32_t tried = heed__tree_edges(tree, node).visits[action];
  if (!isfinite(known)) {
    return -HUGE_VAL;
  }
  if (planner->config.final == HEED_FINAL_VALUE) {
    return known;
  }
  if (planner->config.final == HEED_FINAL_VISITS) {
    return tried;
  }
  if (planner->config.final == HEED_FINAL_GUMBEL) {
    return planner->scores[action];
  }
  double range = tree->high - tree->low;
  double lowest = heed__lowest(tree, &tree->nodes[node]);
  double value = range > 0 ? (known - lowest) / range : 0;
  double visits = tried > 0 ? tried : 1;
  return value - planner->config.exploration * sqrt(log(total + 1) / visits);
}

uint32_t heed__choose(heed_planner *planner, heed_index node, heed_rng *rng, uint32_t *tied) {
  const heed_tree *tree = &planner->tree;
  heed_edges edges = heed__tree_edges(tree, node);
  uint32_t total = 0;
  if (planner->config.final == HEED_FINAL_GUMBEL) {
    heed__gumbel_final(planner, node);
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    total += edges.visits[a];
  }
  double best = -HUGE_VAL;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    best = heed__most(preference(planner, node, a, total), best);
  }
  uint32_t count = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    if (preference(planner, node, a, total) >= best - HEED_TIE_WIDTH) {
      planner->ties[count++] = a;
    }
  }
  if (tied != NULL) {
    *tied = count;
  }
  return heed__break_tie(planner, planner->ties, count, rng);
}

bool heed__is_decided(const heed_planner *planner, uint32_t remaining) {
  const heed_tree *tree = &planner->tree;
  if (!heed__tree_is_expanded(tree, tree->root)) {
    return false;
  }
  heed_edges edges = heed__tree_edges(tree, tree->root);
  uint32_t most = 0;
  for (uint32_t a = 1; a < tree->action_count; a++) {
    most = edges.visits[a] > edges.visits[most] ? a : most;
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    uint64_t reach = (uint64_t)edges.visits[a] + remaining;
    bool loses_tie = planner->config.ties == HEED_TIES_LOWEST && a > most;
    if (a != most && !isnan(edges.values[a]) &&
        (loses_tie ? reach > edges.visits[most] : reach >= edges.visits[most])) {
      return false;
    }
  }
  return true;
}
