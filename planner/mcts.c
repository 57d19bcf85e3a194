/* mcts.c: the search: select down the tree, imagine, evaluate, back up, until the budget is spent. */
#include <math.h>
#include <string.h>

#include "core/progress.h"
#include "planner/search.h"
#include "planner/trajectories.h"

/* Simulations after which values are first completed, and then whenever there are four times as many. */
enum { FIRST_COMPLETION = 64 };

/* Backs up along a path, last step first, and widens the range of values. */
static void back_up(heed_planner *planner, uint32_t length) {
  heed_tree *tree = &planner->tree;
  for (uint32_t i = length; i-- > 0;) {
    heed_path_step step = planner->path[i];
    heed_edge *edge = heed__tree_edge(tree, step.node, step.action);
    double side = tree->nodes[step.node].side;
    edge->visits++;
    heed__backup_edge(planner, step.node, step.action);
    heed__backup_node(planner, step.node);
    if (tree->has_moments) {
      heed__moment_edge(planner, step.node, step.action);
      heed__moment_node(planner, step.node);
    }
    tree->low = heed__least(side * edge->value, tree->low);
    tree->high = heed__most(side * edge->value, tree->high);
  }
}

void heed__predict(heed_planner *planner, heed_prediction *prediction) {
  heed_dynamics_predict(planner->dynamics, prediction, 1, planner->dynamics_workspace);
  planner->predictions++;
}

/* Draws what a simulation (or a decision) is to be planned under. */
static void draw_hypotheses(heed_planner *planner, heed_hypotheses when, heed_rng *rng) {
  if (planner->config.dynamics_hypotheses == when) {
    heed_dynamics_draw(planner->dynamics, rng, planner->dynamics_hypothesis);
    planner->current_dynamics_hypothesis = planner->dynamics_hypothesis;
  }
  if (planner->config.reward_hypotheses == when && planner->reward != NULL) {
    heed_reward_draw(planner->reward, rng, planner->reward_hypothesis);
    planner->current_reward_hypothesis = planner->reward_hypothesis;
  }
}

/* Tries an action in a node: the node one step deeper that it leads to this time. HEED_INDEX_NONE when
 * the tree is full. */
static heed_index descend(heed_planner *planner, heed_index node, uint32_t action, heed_rng *rng,
                          bool *is_new) {
  heed_tree *tree = &planner->tree;
  const heed_edge *edge = heed__tree_edge(tree, node, action);
  *is_new = false;
  heed_index outcome = heed__chance(planner, tree->nodes[node].state, action, rng);
  if (outcome == HEED_INDEX_NONE) {
    return HEED_INDEX_NONE;
  }
  heed_index state = tree->outcomes[outcome].state;
  if (edge->child != HEED_INDEX_NONE && tree->nodes[edge->child].state == state) {
    return edge->child;
  }
  return heed__tree_add_node(tree, state, tree->nodes[node].depth + 1, is_new);
}

/* One simulation from the root. False when the tree is full: what was imagined still counts. */
static bool simulate(heed_planner *planner, heed_rng *rng) {
  heed_tree *tree = &planner->tree;
  heed_index node = tree->root;
  uint32_t length = 0;
  bool has_room = true;
  bool is_new = false;
  draw_hypotheses(planner, HEED_HYPOTHESES_PER_SIMULATION, rng);
  for (;;) {
    tree->nodes[node].visits++;
    if (is_new && planner->config.expansion == HEED_EXPAND_ONE) {
      heed__leaf_evaluate(planner, node, rng);
      break;
    }
    if (tree->nodes[node].depth >= planner->limit ||
        heed__tree_is_terminal(tree, tree->nodes[node].state)) {
      break;
    }
    has_room = heed__tree_is_expanded(tree, node) || heed__tree_expand(tree, node);
    if (!has_room) {
      break;
    }
    uint32_t action = heed__select(planner, node, rng);
    heed_index next = descend(planner, node, action, rng, &is_new);
    has_room = next != HEED_INDEX_NONE;
    if (!has_room) {
      break;
    }
    planner->path[length++] = (heed_path_step){node, action};
    node = next;
  }
  back_up(planner, length);
  return has_room;
}

/* Writes the row of a state that is not terminal. */
static void write_row(heed_planner *planner, const void *belief) {
  heed_state_tag tag = {0};
  memcpy(planner->row, belief, planner->tree.belief_size);
  memcpy(planner->row + planner->tree.belief_size, &tag, sizeof tag);
}

/* Is there room for more of what was imagined? */
static bool is_half_empty(const heed_tree *tree) {
  return tree->states.count < tree->node_capacity / 2 &&
         tree->outcome_count < tree->outcome_capacity / 2;
}

/* Can the tree that stands be searched on from its root? */
static bool can_go_on(const heed_planner *planner, const void *belief) {
  const heed_tree *tree = &planner->tree;
  if (!planner->config.reuse || tree->root == HEED_INDEX_NONE || !is_half_empty(tree)) {
    return false;
  }
  const heed_node *root = &tree->nodes[tree->root];
  return memcmp(heed__tree_belief(tree, root->state), belief, tree->belief_size) == 0 &&
         root->depth + tree->horizon < tree->depth_capacity &&
         tree->places.count < tree->node_capacity / 2;
}

/* Does what was imagined for earlier decisions still hold, and is there room for more? */
static bool keeps_states(const heed_planner *planner) {
  const heed_tree *tree = &planner->tree;
  return tree->share_states &&
         planner->config.dynamics_hypotheses != HEED_HYPOTHESES_PER_DECISION &&
         planner->config.dynamics_hypotheses != HEED_HYPOTHESES_PER_SIMULATION &&
         planner->config.reward_hypotheses != HEED_HYPOTHESES_PER_DECISION && is_half_empty(tree);
}

/* Makes `belief` the root: of the tree that stands, when it may be reused and is that, else of a new
 * one. */
static void set_root(heed_planner *planner, const void *belief) {
  heed_tree *tree = &planner->tree;
  if (!can_go_on(planner, belief)) {
    if (keeps_states(planner)) {
      heed__tree_clear_nodes(tree);
    } else {
      heed__tree_clear(tree);
    }
    bool is_new;
    write_row(planner, belief);
    heed_index state = heed__tree_add_state(tree, planner->row, &is_new);
    if (is_new) {
      heed__note_state(planner, state);
    }
    tree->root = heed__tree_add_node(tree, state, 0, &is_new);
    tree->low = HUGE_VAL;
    tree->high = -HUGE_VAL;
  }
  planner->limit = tree->nodes[tree->root].depth + tree->horizon;
}

/* Fills in what is to be known of a decision taken at the root. */
static heed_status report(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                          heed_error *err) {
  const heed_tree *tree = &planner->tree;
  if (tree->root == HEED_INDEX_NONE || !heed__tree_is_expanded(tree, tree->root)) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been planned for this state");
  }
  uint32_t known = 0;
  double side = tree->nodes[tree->root].side;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    const heed_edge *edge = heed__tree_edge(tree, tree->root, a);
    bool is_known = edge->value > -HUGE_VAL;
    planner->visits[a] = edge->visits;
    planner->values[a] = is_known ? side * edge->value : (double)NAN;
    known += is_known;
    if (is_known && !isfinite(edge->value)) {
      return heed_fail(err, HEED_ERR_NUMERIC, "value of action %u is %g", a, edge->value);
    }
  }
  if (known == 0) {
    return heed_fail(err, HEED_ERR_STATE, "nothing is known of any action in this state");
  }
  uint32_t action = heed__choose(planner, tree->root, rng, &decision->tied);
  decision->ties = planner->config.ties;
  decision->action = (heed_action){.index = (int32_t)action};
  decision->value = planner->values[action];
  decision->action_count = tree->action_count;
  decision->visits = planner->visits;
  decision->values = planner->values;
  decision->nodes = tree->places.count;
  return HEED_OK;
}

/* Simulations that the root has seen, those of earlier decisions included. */
static uint32_t root_visits(const heed_tree *tree) {
  uint32_t visits = 0;
  for (uint32_t a = 0; heed__tree_is_expanded(tree, tree->root) && a < tree->action_count; a++) {
    visits += heed__tree_edge(tree, tree->root, a)->visits;
  }
  return visits;
}

heed_status heed_planner_plan(heed_planner *planner, const void *belief, heed_rng *rng,
                              heed_decision *decision, heed_error *err) {
  heed_tree *tree = &planner->tree;
  bool is_timed = planner->config.budget_ms > 0;
  double deadline_s = is_timed ? heed_clock_s() + planner->config.budget_ms / 1000 : 0;
  planner->predictions = 0;
  planner->is_finite = true;
  planner->is_prior = true;
  draw_hypotheses(planner, HEED_HYPOTHESES_PER_DECISION, rng);
  if (planner->trajectories != NULL) {
    return heed__trajectories_plan(planner, belief, rng, decision, err);
  }
  set_root(planner, belief);
  if (planner->config.selection == HEED_SELECT_GUMBEL) {
    heed__gumbel_begin(planner, rng);
  }

  bool has_room = true;
  bool is_early = false;
  uint32_t done = 0;
  uint32_t next_completion = planner->config.complete ? FIRST_COMPLETION : UINT32_MAX;
  for (uint32_t n = root_visits(tree); has_room && n < planner->config.simulations; n++) {
    is_early =
        planner->config.early_stop && heed__is_decided(planner, planner->config.simulations - n);
    if (is_early) {
      break;
    }
    has_room = simulate(planner, rng);
    done++;
    if (done == next_completion) {
      next_completion *= 4;
      has_room = heed__complete(planner) && has_room;
    }
    if (is_timed && done % 16 == 0 && heed_clock_s() >= deadline_s) {
      break;
    }
  }
  if (planner->config.complete) {
    has_room = heed__complete(planner) && has_room;
  } else {
    heed__backup_tree(planner);
  }
  *decision = (heed_decision){.simulations = done,
                              .predictions = planner->predictions,
                              .is_full = !has_room,
                              .is_early = is_early};
  if (!planner->is_finite) {
    heed_planner_reset(planner); /* nothing of it may be gone on from */
    return heed_fail(err, HEED_ERR_NUMERIC, "a reward is not finite");
  }
  if (!planner->is_prior) {
    heed_planner_reset(planner);
    return heed_fail(err, HEED_ERR_NUMERIC, "a prior is negative, not finite, or sums not to 1");
  }
  return report(planner, rng, decision, err);
}

heed_status heed_planner_decide(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                                heed_error *err) {
  if (planner->trajectories != NULL) {
    return heed__trajectories_decide(planner, decision, err);
  }
  *decision = (heed_decision){0};
  heed_status status = report(planner, rng, decision, err);
  for (uint32_t a = 0; status == HEED_OK && a < decision->action_count; a++) {
    if (heed__tree_edge(&planner->tree, planner->tree.root, a)->value == -HUGE_VAL) {
      status = heed_fail(err, HEED_ERR_STATE, "nothing is known of action %u in this state", a);
    }
  }
  return status;
}

bool heed_planner_advance(heed_planner *planner, heed_action action, const void *belief) {
  if (planner->trajectories != NULL) {
    return heed__trajectories_advance(planner, action);
  }
  heed_tree *tree = &planner->tree;
  heed_index next = HEED_INDEX_NONE;
  if (tree->root != HEED_INDEX_NONE && heed__tree_is_expanded(tree, tree->root) &&
      action.index >= 0 && (uint32_t)action.index < tree->action_count) {
    const heed_node *root = &tree->nodes[tree->root];
    const heed_transition *t = heed__tree_transition(tree, root->state, (uint32_t)action.index);
    write_row(planner, belief);
    heed_index i = heed__tree_find_outcome(tree, t, planner->row);
    if (i != HEED_INDEX_NONE) {
      next = heed__tree_find_node(tree, tree->outcomes[i].state, root->depth + 1);
    }
  }
  if (next == HEED_INDEX_NONE) {
    heed__tree_clear_nodes(tree);
    return false;
  }
  tree->root = next;
  return true;
}

void heed_planner_reset(heed_planner *planner) {
  if (planner->trajectories != NULL) {
    heed__trajectories_reset(planner->trajectories);
    return;
  }
  heed__tree_clear(&planner->tree);
}

heed_status heed_planner_swap_reward(heed_planner *planner, const heed_reward *reward,
                                     heed_error *err) {
  heed_status status = heed__set_reward(planner, reward, err);
  if (status == HEED_OK) {
    status = planner->trajectories != NULL ? heed__trajectories_rescore(planner, err)
                                           : heed__rescore(planner, err);
  }
  if (status != HEED_OK) {
    heed_planner_reset(planner);
  }
  return status;
}
