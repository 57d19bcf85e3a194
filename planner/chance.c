/* chance.c: what may happen after an action.
 *
 * Chance nodes are explicit: each edge keeps a list of the outcomes that the dynamics answered with, and
 * how often. The first `outcome_samples` visits ask the dynamics; later ones draw from its answers, by
 * their frequency (sparse sampling: Kearns, Mansour, Ng 2002). With 0, every visit asks. */
#include <string.h>

#include "planner/search.h"

/* Draws from the answers so far. */
static heed_index draw_known(const heed_tree *tree, const heed_edge *edge, heed_rng *rng) {
  heed_index i = edge->first_outcome;
  if (tree->outcomes[i].next == HEED_INDEX_NONE) {
    return i; /* there is nothing to draw */
  }
  uint32_t left = heed_rng_choice(rng, edge->samples);
  while (left >= tree->outcomes[i].count) {
    left -= tree->outcomes[i].count;
    i = tree->outcomes[i].next;
  }
  return i;
}

/* A node and the outcome that leads to it. HEED_INDEX_NONE when the tree is full. */
static heed_index add_outcome(heed_planner *planner, heed_index node, heed_edge *edge,
                              const heed_prediction *p, bool *is_new) {
  heed_tree *tree = &planner->tree;
  if (tree->outcome_count == tree->outcome_capacity) {
    return HEED_INDEX_NONE;
  }
  heed_index next = heed__tree_add_node(tree, planner->row, is_new);
  if (next == HEED_INDEX_NONE) {
    return HEED_INDEX_NONE;
  }
  unsigned char *next_obs = heed__tree_obs(tree, next);
  if (*is_new) {
    heed_dynamics_decode(planner->dynamics, p->next_belief, next_obs);
  }
  heed_index i = heed__tree_add_outcome(tree, edge, next);
  heed_step step = {heed__tree_obs(tree, node), p->action, next_obs, p->reward};
  tree->outcomes[i].channel = p->reward;
  tree->outcomes[i].information = p->uncertainty;
  tree->outcomes[i].reward = heed__score(planner, &step, p->uncertainty);
  return i;
}

heed_index heed__chance(heed_planner *planner, heed_index node, uint32_t action, heed_rng *rng,
                        bool *is_new) {
  heed_tree *tree = &planner->tree;
  heed_edge *edge = heed__tree_edge(tree, node, action);
  *is_new = false;
  uint32_t asks = planner->config.outcome_samples;
  if (asks > 0 && edge->samples >= asks) {
    return draw_known(tree, edge, rng);
  }

  heed_prediction p = {.belief = heed__tree_belief(tree, node),
                       .action = {.index = (int32_t)action},
                       .hypothesis = planner->current_dynamics_hypothesis,
                       .rng = rng,
                       .wants_uncertainty = planner->config.information_weight > 0,
                       .next_belief = planner->row};
  heed_dynamics_predict(planner->dynamics, &p, 1, planner->dynamics_workspace);
  planner->predictions++;
  heed_node_tag tag = {.depth = heed__tree_tag(tree, node).depth + 1, .is_terminal = p.is_terminal};
  memcpy(planner->row + tree->belief_size, &tag, sizeof tag);

  heed_index i = heed__tree_find_row(tree, edge, planner->row);
  if (i == HEED_INDEX_NONE) {
    i = add_outcome(planner, node, edge, &p, is_new);
  }
  if (i != HEED_INDEX_NONE) {
    tree->outcomes[i].count++;
    edge->samples++;
  }
  return i;
}
