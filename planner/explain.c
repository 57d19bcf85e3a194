/* explain.c: what a search expects, and the number that tells two searches apart. */
#include <assert.h>
#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "planner/search.h"

/* The outcome that the line follows: drawn by its weight, or the weightiest. */
static const heed_tree_outcome *follow(const heed_tree *tree, const heed_transition *t,
                                       heed_rng *rng) {
  double left = 0;
  if (rng != NULL) {
    left = heed__tree_is_enumerated(t) ? heed_rng_uniform(rng) : heed_rng_choice(rng, t->samples);
  }
  heed_index most = t->first_outcome;
  for (heed_index i = most; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    double weight = heed__tree_weight(tree, t, i);
    bool is_last = tree->outcomes[i].next == HEED_INDEX_NONE;
    if (rng != NULL && (left < weight || is_last)) {
      return &tree->outcomes[i];
    }
    left -= weight;
    most = weight > heed__tree_weight(tree, t, most) ? i : most;
  }
  return &tree->outcomes[most];
}

/* Is the value of any action known in a node? */
static bool is_known(const heed_tree *tree, heed_index node) {
  bool known = false;
  if (node != HEED_INDEX_NONE && heed__tree_is_expanded(tree, node)) {
    for (uint32_t a = 0; a < tree->action_count; a++) {
      known = known || isfinite(heed__tree_edges(tree, node).values[a]);
    }
  }
  return known;
}

/* The best action of each node, as far as values are known, done by one particle. */
static void imagine_line(const heed_planner *planner, heed_rng *rng, heed_segment *line) {
  const heed_tree *tree = &planner->tree;
  unsigned char *now = planner->beliefs;
  unsigned char *next = planner->beliefs + planner->spec->belief_size;
  heed_rng usual;
  heed_rng_init(&usual, HEED_DEFAULT_SEED);
  rng = rng != NULL ? rng : &usual;
  heed_dynamics_sample(planner->believed, planner->root_belief, rng, now);
  heed_dynamics_decode(planner->dynamics, now, line->obs);
  heed_index node = tree->root;
  while (!line->is_terminal && line->steps < tree->horizon && is_known(tree, node)) {
    heed_index state = tree->nodes[node].state;
    uint32_t action = heed__choose((heed_planner *)planner, node, NULL, NULL);
    heed_prediction p = {.belief = now,
                         .action = heed__tree_action(tree, state, action),
                         .hypothesis = planner->current_dynamics_hypothesis,
                         .rng = rng,
                         .next_belief = next};
    heed_dynamics_predict(planner->dynamics, &p, 1, planner->dynamics_workspace);
    line->actions[line->steps] = p.action;
    line->channel[line->steps++] = p.reward;
    line->is_terminal = p.is_terminal;
    heed_dynamics_decode(planner->dynamics, next, line->obs + line->steps * tree->obs_size);
    heed_index o = heed__chance_end(tree, heed__tree_transition(tree, state, action), false);
    node = o != HEED_INDEX_NONE ? tree->outcomes[o].child : HEED_INDEX_NONE;
    unsigned char *reached = next;
    next = now;
    now = reached;
  }
}

heed_status heed_planner_line(const heed_planner *planner, heed_rng *rng, heed_segment *segment,
                              heed_error *err) {
  if (planner->substitute != NULL) {
    return planner->substitute->line(planner, rng, segment, err);
  }
  const heed_tree *tree = &planner->tree;
  if (!is_known(tree, tree->root)) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been planned for this state");
  }
  heed_segment line;
  heed_status status = heed_segment_init(&line, tree->horizon, (uint32_t)tree->obs_size, err);
  if (status != HEED_OK) {
    return status;
  }
  line.steps = 0;
  line.is_terminal = false;
  if (planner->config.nodes == HEED_NODES_ACTIONS) {
    imagine_line(planner, rng, &line);
    *segment = line;
    return HEED_OK;
  }
  heed_index node = tree->root;
  heed_index state = tree->nodes[node].state;
  uint32_t n = 0;
  heed__observe_state(planner, state, line.obs);
  while (n < tree->horizon && is_known(tree, node)) {
    uint32_t action = heed__choose((heed_planner *)planner, node, NULL, NULL);
    const heed_tree_outcome *o = follow(tree, heed__tree_transition(tree, state, action), rng);
    heed_action taken = heed__tree_action(tree, state, action);
    state = o->state;
    node = heed__tree_find_node(tree, state, tree->nodes[node].depth + 1);
    line.actions[n] = taken;
    line.channel[n++] = o->channel;
    heed__observe_state(planner, state, line.obs + n * tree->obs_size);
  }
  line.steps = n;
  line.is_terminal = heed__tree_is_terminal(tree, state);
  *segment = line;
  return HEED_OK;
}

uint64_t heed_planner_signature(const heed_planner *planner) {
  if (planner->substitute != NULL) {
    return planner->substitute->signature(planner);
  }
  const heed_tree *tree = &planner->tree;
  XXH3_state_t *state = XXH3_createState();
  assert(state != NULL);
  XXH3_64bits_reset(state);
  for (heed_index n = 0; n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    XXH3_64bits_update(state, heed__tree_belief(tree, node->state), tree->states.row_size);
    uint32_t depth = node->depth;
    XXH3_64bits_update(state, &depth, sizeof depth);
    XXH3_64bits_update(state, &node->visits, sizeof node->visits);
    XXH3_64bits_update(state, &node->value, sizeof node->value);
    for (uint32_t a = 0; heed__tree_is_expanded(tree, n) && a < tree->action_count; a++) {
      heed_edges edges = heed__tree_edges(tree, n);
      XXH3_64bits_update(state, &edges.visits[a], sizeof edges.visits[a]);
      XXH3_64bits_update(state, &edges.values[a], sizeof edges.values[a]);
    }
  }
  uint64_t signature = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return signature;
}
