/* chance.c: what may happen after an action.
 *
 * Chance is explicit: the transition of a state and an action keeps a list of the outcomes that the
 * dynamics answered with, and how often. The first `outcome_samples` visits ask the dynamics; later ones
 * draw from its answers, by their frequency (sparse sampling: Kearns, Mansour, Ng 2002). With 0, every
 * visit asks. With `outcome_widening` the number of answers grows with the number of tries (Couetoux et al. 2011).
 *
 * Where states are histories, an outcome is what is seen (and whether it is the end), whatever the particle
 * that showed it; the answer is not drawn again, because the simulation goes on from that particle. */
#include <string.h>

#include "planner/search.h"

heed_index heed__chance_draw(const heed_tree *tree, const heed_transition *t, heed_rng *rng) {
  heed_index i = t->first_outcome;
  if (tree->outcomes[i].next == HEED_INDEX_NONE) {
    return i; /* there is nothing to draw */
  }
  uint32_t left = heed_rng_choice(rng, t->samples);
  while (left >= tree->outcomes[i].count) {
    left -= tree->outcomes[i].count;
    i = tree->outcomes[i].next;
  }
  return i;
}

static void score_outcome(heed_planner *planner, heed_index state, heed_action action,
                          heed_tree_outcome *o) {
  const heed_tree *tree = &planner->tree;
  heed_step step = {heed__tree_obs(tree, state), action, heed__tree_obs(tree, o->state),
                    o->channel};
  o->reward = heed__score(planner, &step, o->information);
}

/* What is seen may be paid for differently, as the particle has it: the channel is the mean. */
static void average(heed_planner *planner, heed_index state, heed_tree_outcome *o,
                    const heed_prediction *p) {
  if (p->reward != o->channel || p->uncertainty != o->information) {
    double share = 1.0 / (o->count + 1);
    o->channel += share * (p->reward - o->channel);
    o->information += share * (p->uncertainty - o->information);
    score_outcome(planner, state, p->action, o);
  }
}

/* The state of a row, and the outcome that leads to it. HEED_INDEX_NONE when the tree is full. */
static heed_index add_outcome(heed_planner *planner, heed_index state, heed_transition *t,
                              const unsigned char *row, const heed_prediction *p) {
  heed_tree *tree = &planner->tree;
  bool is_new;
  heed_index next = heed__tree_add_state(tree, row, &is_new);
  if (next == HEED_INDEX_NONE) {
    return HEED_INDEX_NONE;
  }
  if (is_new) {
    heed__note_state(planner, next, planner->dynamics, p->next_belief);
  }
  heed_index i = heed__tree_add_outcome(tree, t, next);
  if (i != HEED_INDEX_NONE) {
    tree->outcomes[i].channel = p->reward;
    tree->outcomes[i].information = p->uncertainty;
    score_outcome(planner, state, p->action, &tree->outcomes[i]);
  }
  return i;
}

heed_index heed__chance_answered(heed_planner *planner, const heed_simulation *sim,
                                 heed_path_step step, const heed_prediction *p) {
  heed_tree *tree = &planner->tree;
  heed_index state = tree->nodes[step.node].state;
  heed_transition *t = heed__tree_transition(tree, state, step.action);
  if (planner->simulation_count > 1 &&
      heed__chance_is_known(planner, t, heed__tree_edges(tree, step.node).visits[step.action])) {
    return heed__chance_draw(tree, t, sim->rng); /* others have asked meanwhile: enough is known */
  }
  unsigned char *row = sim->rows[0];
  if (planner->config.nodes == HEED_NODES_HISTORY) {
    row = planner->row;
    heed__write_history(planner, planner->dynamics, p->next_belief);
  }
  heed_state_tag tag = {.is_terminal = p->is_terminal};
  memcpy(row + tree->belief_size, &tag, sizeof tag);

  heed_index i = heed__tree_find_outcome(tree, t, row);
  if (i == HEED_INDEX_NONE) {
    i = add_outcome(planner, state, t, row, p);
  } else if (planner->config.nodes == HEED_NODES_HISTORY) {
    average(planner, state, &tree->outcomes[i], p);
  }
  if (i != HEED_INDEX_NONE) {
    tree->outcomes[i].count++;
    t->samples++;
  }
  return i;
}
