/* simulate.c: one simulation: select down the tree, imagine, evaluate a leaf.
 *
 * A simulation stops wherever the dynamics is to be asked, or the evaluator, of a state that is new, and goes
 * on when it is given the answer:
 *
 *              +----------------- select, draw from what is known <------------------+
 *              v                                                                     |
 *     IN_NODE -+-> ask -> STEP_ASKED -> answer -(-> STATE_ASKED -> answer -)-> the node one deeper -+-> leaf
 *              |                                                                                        |
 *              +-------> horizon, end of the episode, full tree -> OVER <-(- answer <- ROLLOUT_ASKED <-)-+
 *
 * So one thread keeps many searches going and asks for all of them at once (many.c): a model reads its
 * memory for one row while that of others is on its way, and a network multiplies matrices instead of
 * vectors. What a simulation finds does not depend on who else asked. */
#include "planner/search.h"

void heed__simulation_begin(heed_planner *planner, heed_simulation *sim, heed_rng *rng) {
  sim->phase = HEED_PHASE_IN_NODE;
  sim->node = planner->tree.root;
  sim->is_new = false;
  sim->has_room = true;
  sim->length = 0;
  sim->rng = rng;
  if (heed__follows_particles(&planner->config)) {
    heed_dynamics_sample(planner->believed, planner->course.belief, rng, sim->rows[1]);
    sim->stride = (heed_stride){.belief = sim->rows[1],
                                .hypothesis = planner->current_dynamics_hypothesis,
                                .rng = rng,
                                .workspace = planner->dynamics_workspace};
  }
  if (planner->simulation_count > 1) {
    /* several at once: each draws from a stream of its own, whichever is answered first */
    heed_rng_init(&sim->own_rng, heed_rng_next(rng));
    sim->own_rng.tape = rng->tape;
    sim->rng = &sim->own_rng;
  }
}

void heed__ask(const heed_planner *planner, heed_simulation *sim, const void *belief,
               heed_action action, void *row, heed_prediction *question) {
  *question = (heed_prediction){.belief = belief,
                                .action = action,
                                .hypothesis = planner->current_dynamics_hypothesis,
                                .rng = sim->rng,
                                .wants_uncertainty = planner->config.information_weight != 0,
                                .next_belief = row};
}

const void *heed__imagined_from(const heed_planner *planner, const heed_simulation *sim) {
  return heed__follows_particles(&planner->config)
             ? sim->rows[1]
             : heed__tree_belief(&planner->tree, planner->tree.nodes[sim->node].state);
}

void heed__go_on_from_answer(heed_simulation *sim) {
  unsigned char *reached = sim->rows[0];
  sim->rows[0] = sim->rows[1];
  sim->rows[1] = reached;
}

/* The path ends before this step: there was no room to go on. */
static void step_back(heed_planner *planner, heed_simulation *sim) {
  heed_path_step last = sim->path[--sim->length];
  if (planner->simulation_count > 1) {
    heed__tree_edges(&planner->tree, last.node).visits[last.action]--;
  }
  sim->has_room = false;
}

/* Goes to the node that the outcome of the last step leads to. False when the tree is full. */
static inline bool follow(heed_planner *planner, heed_simulation *sim, heed_index outcome) {
  heed_tree *tree = &planner->tree;
  heed_path_step last = sim->path[sim->length - 1];
  heed_index next = HEED_INDEX_NONE;
  sim->is_new = false;
  if (outcome != HEED_INDEX_NONE) {
    next = heed__tree_add_child(tree, &tree->outcomes[outcome], tree->nodes[last.node].depth,
                                &sim->is_new);
  }
  if (next == HEED_INDEX_NONE) {
    step_back(planner, sim);
    return false;
  }
  sim->node = next;
  return true;
}

/* Can the simulation go on from its node, or does it end there? Gives the node edges if it can. */
static bool goes_on(heed_planner *planner, heed_simulation *sim) {
  heed_tree *tree = &planner->tree;
  const heed_node *node = &tree->nodes[sim->node];
  if (heed__tree_is_expanded(tree, sim->node)) {
    return true;
  }
  if (node->depth >= planner->limit || heed__tree_is_terminal(tree, node->state)) {
    return false;
  }
  bool is_first = !heed__tree_is_tried(tree, node->state);
  sim->has_room = heed__tree_try(tree, node->state);
  if (sim->has_room && is_first) {
    heed__draw_actions(planner, node->state, sim->rng);
  }
  sim->has_room = sim->has_room && heed__tree_expand(tree, sim->node);
  if (sim->has_room && planner->config.widening > 0) {
    heed__narrow(planner, sim->node);
  }
  return sim->has_room;
}

/* What a child will be asked for is asked of memory while there is something else to do: its node and its
 * edges. */
static void fetch_child(const heed_tree *tree, heed_index child) {
  __builtin_prefetch(&tree->nodes[child]);
  if (heed__tree_is_expanded(tree, child)) {
    const unsigned char *block = tree->edges + (size_t)tree->first_edge[child] * HEED_EDGE_BYTES;
    for (size_t i = 0; i < tree->action_count * (size_t)HEED_EDGE_BYTES; i += 64) {
      __builtin_prefetch(block + i);
    }
  }
}

/* So is what the last action led to, for the way back. */
static void fetch_outcome(const heed_tree *tree, const heed_transition *t) {
  if (t != NULL) {
    __builtin_prefetch(&tree->outcomes[t->first_outcome]);
  }
}

/* The state that the last step leads to is new: asks what it is worth. */
static heed_asks ask_evaluator(const heed_planner *planner, heed_simulation *sim,
                               heed_index outcome, const heed_question *next) {
  sim->phase = HEED_PHASE_STATE_ASKED;
  sim->outcome = outcome;
  heed__evaluation_ask(planner, planner->tree.outcomes[outcome].state, next->value);
  return HEED_ASKS_VALUE;
}

/* Is the evaluator to be asked before the simulation goes on to what an outcome leads to? */
static bool is_due(const heed_planner *planner, heed_index outcome) {
  return outcome != HEED_INDEX_NONE &&
         heed__evaluation_is_due(planner, planner->tree.outcomes[outcome].state);
}

/* Goes down from a node until something is asked, or the path is at its end. */
static heed_asks descend(heed_planner *planner, heed_simulation *sim, const heed_question *next) {
  heed_tree *tree = &planner->tree;
  const heed_transition *before = NULL;
  for (;;) {
    heed_node *node = &tree->nodes[sim->node];
    node->visits++;
    fetch_outcome(tree, before);
    if (sim->is_new && planner->config.expansion == HEED_EXPAND_ONE) {
      return heed__leaf_begin(planner, sim, next);
    }
    if (!goes_on(planner, sim)) {
      return HEED_ASKS_NOTHING;
    }
    if (planner->config.widening > 0) {
      heed__widen(planner, sim->node);
    }
    uint32_t action = heed__select(planner, sim->node, sim->rng);
    sim->path[sim->length++] = (heed_path_step){sim->node, action};
    heed_edges edges = heed__tree_edges(tree, sim->node);
    if (planner->simulation_count > 1) {
      edges.visits[action]++; /* for others to see, until it is backed up */
    }
    const heed_transition *t = heed__tree_transition_at(tree, sim->node, action);
    heed_index child = edges.children[action];
    if (child != HEED_INDEX_NONE) { /* nothing to ask, nothing to draw, and nothing new */
      fetch_child(tree, child);
      __builtin_prefetch(t);
      before = t;
      sim->node = child;
      sim->is_new = false;
      continue;
    }
    heed_index outcome = HEED_INDEX_NONE;
    heed_enumeration found = HEED_ENUMERATION_NONE;
    if (planner->enumerator != NULL && t->samples == 0) {
      found = heed__enumerate(planner, sim->path[sim->length - 1]);
    }
    if (found == HEED_ENUMERATION_ALL || heed__chance_is_known(planner, t, edges.visits[action])) {
      outcome = heed__chance_draw(tree, t, sim->rng);
    } else if (found == HEED_ENUMERATION_NONE) {
      sim->phase = HEED_PHASE_STEP_ASKED;
      sim->asked_with = *sim->rng;
      heed__ask(planner, sim, heed__imagined_from(planner, sim),
                heed__tree_action(tree, node->state, action), sim->rows[0], next->step);
      return HEED_ASKS_STEP;
    }
    if (is_due(planner, outcome)) {
      return ask_evaluator(planner, sim, outcome, next);
    }
    if (!follow(planner, sim, outcome)) {
      return HEED_ASKS_NOTHING;
    }
  }
}

/* Steps the particle by the last action of the path, and finds or makes the outcome. HEED_INDEX_NONE when the
 * tree is full. */
static inline heed_index take_stride(heed_planner *planner, heed_simulation *sim, heed_index node,
                                     uint32_t action) {
  heed_tree *tree = &planner->tree;
  heed_stride *s = &sim->stride;
  s->action.index = (int32_t)action;
  if (tree->action_dims > 0) {
    s->action = heed__tree_action(tree, tree->nodes[node].state, action);
  }
  heed_dynamics_stride(planner->dynamics, s);
  planner->predictions++;
  heed_transition *t = heed__tree_transition_at(tree, node, action);
  heed_index i = heed__chance_seen(tree, t, s->obs, s->is_terminal);
  bool is_known = i != HEED_INDEX_NONE && tree->outcomes[i].channel == s->reward;
  return is_known ? heed__chance_count(tree, t, i) : heed__chance_strode(planner, sim, t, i);
}

/* As descend, of a simulation that steps a particle by itself: every step is taken, none is asked for. */
static heed_asks descend_with_particle(heed_planner *planner, heed_simulation *sim,
                                       const heed_question *next) {
  heed_tree *tree = &planner->tree;
  for (;;) {
    heed_index node = sim->node;
    tree->nodes[node].visits++;
    if (!heed__tree_is_expanded(tree, node)) {
      if (sim->is_new && planner->config.expansion == HEED_EXPAND_ONE) {
        return heed__leaf_begin(planner, sim, next);
      }
      if (!goes_on(planner, sim)) {
        return HEED_ASKS_NOTHING;
      }
    }
    if (planner->config.widening > 0) {
      heed__widen(planner, node);
    }
    uint32_t action = heed__select(planner, node, sim->rng);
    sim->path[sim->length++] = (heed_path_step){node, action};
    heed_index outcome = take_stride(planner, sim, node, action);
    if (is_due(planner, outcome)) {
      return ask_evaluator(planner, sim, outcome, next);
    }
    if (!follow(planner, sim, outcome)) {
      return HEED_ASKS_NOTHING;
    }
  }
}

static heed_asks go_down(heed_planner *planner, heed_simulation *sim, const heed_question *next) {
  return planner->strides ? descend_with_particle(planner, sim, next) : descend(planner, sim, next);
}

/* The last step of the path has its outcome: goes on from there. */
static heed_asks go_on_to(heed_planner *planner, heed_simulation *sim, heed_index outcome,
                          const heed_question *next) {
  return follow(planner, sim, outcome) ? go_down(planner, sim, next) : HEED_ASKS_NOTHING;
}

/* The root has its value. */
static heed_asks note_root(heed_planner *planner, const heed_simulation *sim,
                           const heed_evaluation *answer) {
  heed_node *root = &planner->tree.nodes[sim->node];
  heed__evaluation_note(planner, root->state, answer);
  root->leaf_value = heed__leaf_value(planner, root, NULL);
  heed__backup_node(planner, sim->node);
  return HEED_ASKS_NOTHING;
}

static heed_asks go_on(heed_planner *planner, heed_simulation *sim, const heed_question *answer,
                       const heed_question *next) {
  heed_index outcome = sim->outcome;
  switch (sim->phase) {
    case HEED_PHASE_IN_NODE:
      return go_down(planner, sim, next);
    case HEED_PHASE_STEP_ASKED:
      outcome = heed__chance_answered(planner, sim, sim->path[sim->length - 1], answer->step);
      heed__go_on_from_answer(sim);
      return is_due(planner, outcome) ? ask_evaluator(planner, sim, outcome, next)
                                      : go_on_to(planner, sim, outcome, next);
    case HEED_PHASE_STATE_ASKED:
      heed__evaluation_note(planner, planner->tree.outcomes[outcome].state, answer->value);
      return go_on_to(planner, sim, outcome, next);
    case HEED_PHASE_ROLLOUT_PRIOR_ASKED:
    case HEED_PHASE_ROLLOUT_STEP_ASKED:
    case HEED_PHASE_ROLLOUT_ASKED:
      return heed__leaf_go_on(planner, sim, answer, next);
    case HEED_PHASE_ROOT_DUE:
      heed__evaluation_ask(planner, planner->tree.nodes[sim->node].state, next->value);
      sim->phase = HEED_PHASE_ROOT_ASKED;
      return HEED_ASKS_VALUE;
    case HEED_PHASE_ROOT_ASKED:
      return note_root(planner, sim, answer->value);
    case HEED_PHASE_OVER:
      break;
  }
  return HEED_ASKS_NOTHING;
}

heed_asks heed__simulate(heed_planner *planner, heed_simulation *sim, const heed_question *answer,
                         const heed_question *next) {
  heed_asks asks = go_on(planner, sim, answer, next);
  if (asks == HEED_ASKS_NOTHING) {
    sim->phase = HEED_PHASE_OVER;
  }
  return asks;
}

void heed__simulation_at_root(heed_planner *planner, heed_simulation *sim) {
  sim->phase = HEED_PHASE_ROOT_DUE;
  sim->node = planner->tree.root;
  sim->length = 0;
  sim->has_room = true;
}
