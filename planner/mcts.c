/* mcts.c: the search: select down the tree, imagine, evaluate, back up, until the budget is spent. */
#include <math.h>
#include <string.h>

#include "core/progress.h"
#include "planner/search.h"

/* Backs up along a path, last step first, and widens the range of values. */
static void back_up(heed_planner *planner, uint32_t length) {
  heed_tree *tree = &planner->tree;
  for (uint32_t i = length; i-- > 0;) {
    heed_path_step step = planner->path[i];
    heed_edge *edge = heed__tree_edge(tree, step.node, step.action);
    edge->visits++;
    heed__backup_edge(planner, edge);
    heed__backup_node(planner, step.node);
    tree->low = fmin(tree->low, edge->value);
    tree->high = fmax(tree->high, edge->value);
  }
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

/* One simulation from the root. False when the tree is full: what was imagined still counts. */
static bool simulate(heed_planner *planner, heed_rng *rng) {
  heed_tree *tree = &planner->tree;
  heed_index node = tree->root;
  uint32_t length = 0;
  bool has_room = true;
  draw_hypotheses(planner, HEED_HYPOTHESES_PER_SIMULATION, rng);
  for (;;) {
    tree->nodes[node].visits++;
    heed_node_tag tag = heed__tree_tag(tree, node);
    if (tag.is_terminal || tag.depth >= planner->limit) {
      break;
    }
    if (tree->nodes[node].first_edge == HEED_INDEX_NONE && !heed__tree_expand(tree, node)) {
      has_room = false;
      break;
    }
    uint32_t action = heed__select(planner, node, rng);
    bool is_new = false;
    heed_index outcome = heed__chance(planner, node, action, rng, &is_new);
    if (outcome == HEED_INDEX_NONE) {
      has_room = false;
      break;
    }
    planner->path[length++] = (heed_path_step){node, action};
    node = tree->outcomes[outcome].node;
    if (is_new && planner->config.expansion == HEED_EXPAND_ONE) {
      tree->nodes[node].visits++;
      heed__leaf_evaluate(planner, node, rng);
      break;
    }
  }
  back_up(planner, length);
  return has_room;
}

/* Makes `belief` the root: of the tree that stands, when it may be reused and is that, else of a new
 * one. */
static void set_root(heed_planner *planner, const void *belief) {
  heed_tree *tree = &planner->tree;
  bool stands = planner->config.reuse && tree->root != HEED_INDEX_NONE &&
                memcmp(heed__tree_belief(tree, tree->root), belief, tree->belief_size) == 0 &&
                heed__tree_tag(tree, tree->root).depth + tree->horizon < tree->depth_capacity &&
                tree->rows.count < tree->node_capacity / 2;
  if (!stands) {
    heed_planner_reset(planner);
    heed_node_tag tag = {0};
    memcpy(planner->row, belief, tree->belief_size);
    memcpy(planner->row + tree->belief_size, &tag, sizeof tag);
    bool is_new;
    tree->root = heed__tree_add_node(tree, planner->row, &is_new);
    heed_dynamics_decode(planner->dynamics, belief, heed__tree_obs(tree, tree->root));
    tree->low = INFINITY;
    tree->high = -INFINITY;
  }
  planner->limit = heed__tree_tag(tree, tree->root).depth + tree->horizon;
}

/* Fills in what is to be known of a decision taken at the root. */
static heed_status report(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                          heed_error *err) {
  const heed_tree *tree = &planner->tree;
  if (tree->root == HEED_INDEX_NONE || tree->nodes[tree->root].first_edge == HEED_INDEX_NONE) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been planned for this state");
  }
  uint32_t tried = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    const heed_edge *edge = heed__tree_edge(tree, tree->root, a);
    planner->visits[a] = edge->visits;
    planner->values[a] = edge->visits > 0 ? edge->value : (double)NAN;
    tried += edge->visits;
    if (edge->visits > 0 && !isfinite(edge->value)) {
      return heed_fail(err, HEED_ERR_NUMERIC, "value of action %u is %g", a, edge->value);
    }
  }
  if (tried == 0) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been tried in this state");
  }
  uint32_t action = heed__choose(planner, tree->root, rng);
  decision->action = (heed_action){.index = (int32_t)action};
  decision->value = planner->values[action];
  decision->action_count = tree->action_count;
  decision->visits = planner->visits;
  decision->values = planner->values;
  decision->nodes = tree->rows.count;
  return HEED_OK;
}

heed_status heed_planner_plan(heed_planner *planner, const void *belief, heed_rng *rng,
                              heed_decision *decision, heed_error *err) {
  heed_tree *tree = &planner->tree;
  bool is_timed = planner->config.budget_ms > 0;
  double deadline_s = is_timed ? heed_clock_s() + planner->config.budget_ms / 1000 : 0;
  planner->predictions = 0;
  set_root(planner, belief);
  draw_hypotheses(planner, HEED_HYPOTHESES_PER_DECISION, rng);

  bool has_room = true;
  uint32_t done = 0;
  while (has_room && tree->nodes[tree->root].visits < planner->config.simulations) {
    has_room = simulate(planner, rng);
    done++;
    if (is_timed && done % 16 == 0 && heed_clock_s() >= deadline_s) {
      break;
    }
  }
  heed__backup_tree(planner);
  *decision = (heed_decision){
      .simulations = done, .predictions = planner->predictions, .is_full = !has_room};
  return report(planner, rng, decision, err);
}

heed_status heed_planner_decide(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                                heed_error *err) {
  *decision = (heed_decision){0};
  heed_status status = report(planner, rng, decision, err);
  for (uint32_t a = 0; status == HEED_OK && a < decision->action_count; a++) {
    if (decision->visits[a] == 0) {
      status = heed_fail(err, HEED_ERR_STATE, "action %u has not been tried in this state", a);
    }
  }
  return status;
}

bool heed_planner_advance(heed_planner *planner, heed_action action, const void *belief) {
  heed_tree *tree = &planner->tree;
  heed_index next = HEED_INDEX_NONE;
  if (tree->root != HEED_INDEX_NONE && tree->nodes[tree->root].first_edge != HEED_INDEX_NONE &&
      action.index >= 0 && (uint32_t)action.index < tree->action_count) {
    heed_node_tag tag = {.depth = heed__tree_tag(tree, tree->root).depth + 1};
    memcpy(planner->row, belief, tree->belief_size);
    memcpy(planner->row + tree->belief_size, &tag, sizeof tag);
    const heed_edge *edge = heed__tree_edge(tree, tree->root, (uint32_t)action.index);
    heed_index outcome = heed__tree_find_row(tree, edge, planner->row);
    next = outcome == HEED_INDEX_NONE ? HEED_INDEX_NONE : tree->outcomes[outcome].node;
  }
  if (next == HEED_INDEX_NONE) {
    heed_planner_reset(planner);
    return false;
  }
  tree->root = next;
  return true;
}

void heed_planner_reset(heed_planner *planner) {
  heed__tree_clear(&planner->tree);
}

heed_status heed_planner_swap_reward(heed_planner *planner, const heed_reward *reward,
                                     heed_error *err) {
  heed_status status = heed__set_reward(planner, reward, err);
  if (status == HEED_OK && planner->tree.root != HEED_INDEX_NONE) {
    status = heed__rescore(planner, err);
  }
  if (status != HEED_OK) {
    heed_planner_reset(planner);
  }
  return status;
}
