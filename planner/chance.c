/* chance.c: what may happen after an action.
 *
 * Chance is explicit: the transition of a state and an action keeps a list of the outcomes that the
 * dynamics answered with, and how often. The first `outcome_samples` visits ask the dynamics; later ones
 * draw from its answers, by their frequency (sparse sampling: Kearns, Mansour, Ng 2002). With 0, every
 * visit asks. With `outcome_widening` the number of answers grows with the number of tries (Couetoux et al.
 * 2011). Where the dynamics drew nothing to answer, one answer is all there is: what is random in a model is
 * drawn from the generator that it is handed (dynamics.h), and one that has not moved has told nothing apart. With
 * outcomes=enumerated the list is complete from the first visit on (enumerate.c).
 *
 * Where states are histories, an outcome is what is seen (and whether it is the end), whatever the particle
 * that showed it; the answer is not drawn again, because the simulation goes on from that particle. Open loop,
 * where states are sequences of actions, it is only whether it is the end, and what it pays is the mean of what
 * the steps of all particles were paid, each scored as it was. */
#include <string.h>

#include "planner/search.h"

heed_index heed__chance_draw(const heed_tree *tree, const heed_transition *t, heed_rng *rng) {
  heed_index i = t->first_outcome;
  if (tree->outcomes[i].next == HEED_INDEX_NONE) {
    return i; /* there is nothing to draw */
  }
  if (heed__tree_is_enumerated(t)) {
    double left = heed_rng_uniform(rng);
    while (tree->outcomes[i].next != HEED_INDEX_NONE && left >= tree->weights[i]) {
      left -= tree->weights[i];
      i = tree->outcomes[i].next;
    }
    return i;
  }
  uint32_t left = heed_rng_choice(rng, t->samples);
  while (left >= tree->outcomes[i].count) {
    left -= tree->outcomes[i].count;
    i = tree->outcomes[i].next;
  }
  return i;
}

static void score_outcome(heed_planner *planner, heed_path_step step, heed_tree_outcome *o) {
  const heed_tree *tree = &planner->tree;
  heed_index state = tree->nodes[step.node].state;
  heed_step scored = {heed__tree_obs(tree, state), heed__tree_action(tree, state, step.action),
                      heed__tree_obs(tree, o->state), o->channel};
  o->reward = heed__score(planner, &scored, o->information);
}

/* What is seen may be paid for differently, as the particle has it: the channel is the mean. */
static void average(heed_planner *planner, heed_path_step step, heed_tree_outcome *o,
                    const heed_answer *a) {
  double share = 1.0 / (o->count + 1);
  o->channel += share * (a->channel - o->channel);
  o->information += share * (a->information - o->information);
  score_outcome(planner, step, o);
}

/* Adds the state of a row, and the outcome that leads to it, not yet scored. HEED_INDEX_NONE when the tree is
 * full. */
static heed_index add_unscored(heed_planner *planner, heed_transition *t, unsigned char *row,
                               const heed_answer *a) {
  heed_tree *tree = &planner->tree;
  bool is_new;
  heed_index next = heed__tree_add_state(tree, row, &is_new);
  if (next == HEED_INDEX_NONE) {
    return HEED_INDEX_NONE;
  }
  if (is_new) {
    heed__note_state(planner, next, planner->dynamics, a->belief);
  }
  heed_index i = heed__tree_add_outcome(tree, t, next);
  if (i == HEED_INDEX_NONE) {
    return HEED_INDEX_NONE;
  }
  tree->outcomes[i].channel = a->channel;
  tree->outcomes[i].information = a->information;
  return heed__chance_count(tree, t, i);
}

heed_index heed__chance_add(heed_planner *planner, heed_path_step step, heed_transition *t,
                            unsigned char *row, const heed_answer *a) {
  heed_index i = add_unscored(planner, t, row, a);
  if (i != HEED_INDEX_NONE) {
    score_outcome(planner, step, &planner->tree.outcomes[i]);
  }
  return i;
}

void heed__write_tag(const heed_tree *tree, unsigned char *row, bool is_terminal) {
  heed_state_tag tag = {.is_terminal = is_terminal};
  memcpy(row + tree->belief_size, &tag, sizeof tag);
}

/* Does the dynamics answer for those who come later? */
static bool is_shared(const heed_planner_config *config) {
  return config->outcome_samples > 0 || config->outcome_widening > 0;
}

/* Was nothing drawn for an answer, so that any other would be the same? */
static bool drew_nothing(const heed_simulation *sim) {
  return sim->rng->tape == NULL &&
         memcmp(sim->rng->s, sim->asked_with.s, sizeof sim->asked_with.s) == 0;
}

/* Notes an answer where states are beliefs. */
static heed_index note_belief(heed_planner *planner, const heed_simulation *sim,
                              heed_path_step step, heed_transition *t, const heed_answer *a) {
  heed_tree *tree = &planner->tree;
  unsigned char *row = sim->rows[0]; /* the belief, with room for the tag behind it */
  heed__write_tag(tree, row, a->is_terminal);
  heed_index i = heed__tree_find_outcome(tree, t, row);
  i = i == HEED_INDEX_NONE ? heed__chance_add(planner, step, t, row, a)
                           : heed__chance_count(tree, t, i);
  t->is_certain = t->is_sole && is_shared(&planner->config) && drew_nothing(sim);
  return i;
}

/* Adds what is seen of an answer for the first time. */
static heed_index add_seen(heed_planner *planner, heed_path_step step, heed_transition *t,
                           const heed_answer *a) {
  heed__write_history(planner, planner->dynamics, a->belief);
  heed__write_tag(&planner->tree, planner->row, a->is_terminal);
  return heed__chance_add(planner, step, t, planner->row, a);
}

/* Notes an answer where states are histories: what tells it is what is seen of it, outcome `i` if it was seen
 * before. */
static heed_index note_seen(heed_planner *planner, heed_path_step step, heed_transition *t,
                            heed_index i, const heed_answer *a) {
  heed_tree *tree = &planner->tree;
  if (i == HEED_INDEX_NONE) {
    return add_seen(planner, step, t, a);
  }
  const heed_tree_outcome *o = &tree->outcomes[i];
  if (a->channel != o->channel || a->information != o->information) {
    average(planner, step, &tree->outcomes[i], a);
  }
  return heed__chance_count(tree, t, i);
}

/* The score of the step that a simulation's particle just took. */
static double score_of_particle(heed_planner *planner, const heed_simulation *sim,
                                const heed_prediction *p) {
  unsigned char *obs = planner->obs;
  unsigned char *next_obs = planner->obs + planner->tree.obs_size;
  if (planner->reads_obs) {
    heed_dynamics_decode(planner->dynamics, sim->rows[1], obs);
    heed_dynamics_decode(planner->dynamics, p->next_belief, next_obs);
  }
  heed_step taken = {obs, p->action, next_obs, p->reward};
  return heed__score(planner, &taken, p->uncertainty);
}

heed_index heed__chance_end(const heed_tree *tree, const heed_transition *t, bool is_terminal) {
  heed_index i = t->first_outcome;
  while (i != HEED_INDEX_NONE &&
         heed__tree_is_terminal(tree, tree->outcomes[i].state) != is_terminal) {
    i = tree->outcomes[i].next;
  }
  return i;
}

/* Notes an answer where states are sequences of actions. */
static heed_index note_unseen(heed_planner *planner, const heed_simulation *sim, heed_transition *t,
                              const heed_prediction *p, const heed_answer *a) {
  heed_tree *tree = &planner->tree;
  heed_index i = heed__chance_end(tree, t, a->is_terminal);
  if (i == HEED_INDEX_NONE) {
    heed__write_tag(tree, planner->row, a->is_terminal);
    i = add_unscored(planner, t, planner->row, a);
  } else {
    (void)heed__chance_count(tree, t, i);
  }
  if (i != HEED_INDEX_NONE) {
    heed_tree_outcome *o = &tree->outcomes[i];
    double share = 1.0 / o->count;
    o->channel += share * (a->channel - o->channel);
    o->information += share * (a->information - o->information);
    o->reward += share * (score_of_particle(planner, sim, p) - o->reward);
  }
  return i;
}

heed_index heed__chance_strode(heed_planner *planner, const heed_simulation *sim,
                               heed_transition *t, heed_index outcome) {
  const heed_stride *s = &sim->stride;
  heed_answer a = {.belief = s->belief, .channel = s->reward, .is_terminal = s->is_terminal};
  return note_seen(planner, sim->path[sim->length - 1], t, outcome, &a);
}

heed_index heed__chance_answered(heed_planner *planner, const heed_simulation *sim,
                                 heed_path_step step, const heed_prediction *p) {
  heed_tree *tree = &planner->tree;
  heed_transition *t = heed__tree_transition_at(tree, step.node, step.action);
  if (planner->simulation_count > 1 &&
      heed__chance_is_known(planner, t, heed__tree_edges(tree, step.node).visits[step.action])) {
    return heed__chance_draw(tree, t, sim->rng); /* others have asked meanwhile: enough is known */
  }
  heed_answer a = {.belief = p->next_belief,
                   .channel = p->reward,
                   .information = p->uncertainty,
                   .is_terminal = p->is_terminal};
  if (planner->config.nodes == HEED_NODES_HISTORY) {
    heed_dynamics_decode(planner->dynamics, p->next_belief, planner->row);
    heed_index i = heed__chance_seen(tree, t, planner->row, a.is_terminal);
    return note_seen(planner, step, t, i, &a);
  }
  if (planner->config.nodes == HEED_NODES_ACTIONS) {
    return note_unseen(planner, sim, t, p, &a);
  }
  return note_belief(planner, sim, step, t, &a);
}
