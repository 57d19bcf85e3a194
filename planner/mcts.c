/* mcts.c: the search: simulations (simulate.c) and backups until the budget is spent, then a decision. */
#include <math.h>
#include <string.h>

#include "core/progress.h"
#include "planner/search.h"

/* Simulations after which values are first completed, and then whenever there are four times as many. */
enum { FIRST_COMPLETION = 64 };

/* Simulations between two looks at the clock. */
enum { LOOK_PERIOD = 16 };

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

/* Writes the row of a state that is not terminal. */
static void write_row(heed_planner *planner, const void *belief) {
  heed_state_tag tag = {0};
  if (heed__follows_particles(&planner->config)) {
    heed__write_history(planner, planner->believed, belief);
  } else {
    memcpy(planner->row, belief, planner->tree.belief_size);
  }
  memcpy(planner->row + planner->tree.belief_size, &tag, sizeof tag);
}

size_t heed__root_belief_size(const heed_planner *planner) {
  return heed__follows_particles(&planner->config)
             ? heed_dynamics_spec_of(planner->believed)->belief_size
             : 0;
}

/* The simulations that come go on from this belief. */
static void note_root_belief(heed_planner *planner, const void *belief) {
  memcpy(planner->root_belief, belief, heed__root_belief_size(planner));
}

/* Is there room for more of what was imagined? */
static bool is_half_empty(const heed_tree *tree) {
  return tree->states.count < tree->node_capacity / 2 &&
         tree->outcome_count < tree->outcome_capacity / 2;
}

/* Can the tree that stands be searched on from its root? planner->row is what is planned from. Two histories
 * can end in the same sight: there the belief must be that which the tree was made from, or advanced to. */
static bool can_go_on(const heed_planner *planner, const void *belief) {
  const heed_tree *tree = &planner->tree;
  if (!planner->config.reuse || tree->root == HEED_INDEX_NONE || !is_half_empty(tree)) {
    return false;
  }
  const heed_node *root = &tree->nodes[tree->root];
  return memcmp(heed__tree_belief(tree, root->state), planner->row, tree->belief_size) == 0 &&
         memcmp(planner->root_belief, belief, heed__root_belief_size(planner)) == 0 &&
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
  write_row(planner, belief);
  if (!can_go_on(planner, belief)) {
    note_root_belief(planner, belief);
    if (keeps_states(planner)) {
      heed__tree_clear_nodes(tree);
    } else {
      heed__tree_clear(tree);
    }
    if (tree->states.count == 0) {
      tree->has_obs = planner->reads_obs || planner->config.nodes == HEED_NODES_HISTORY ||
                      planner->evaluator.evaluate != NULL;
    }
    bool is_new;
    heed_index state = heed__tree_add_state(tree, planner->row, &is_new);
    if (is_new) {
      heed__note_state(planner, state, planner->believed, belief);
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
  heed_edges edges = heed__tree_edges(tree, tree->root);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    bool is_known = edges.values[a] > -HUGE_VAL;
    planner->visits[a] = edges.visits[a];
    planner->values[a] = is_known ? side * edges.values[a] : (double)NAN;
    known += is_known;
    if (is_known && !isfinite(edges.values[a])) {
      return heed_fail(err, HEED_ERR_NUMERIC, "value of action %u is %g", a, edges.values[a]);
    }
  }
  if (known == 0) {
    return heed_fail(err, HEED_ERR_STATE, "nothing is known of any action in this state");
  }
  uint32_t action = heed__choose(planner, tree->root, rng, &decision->tied);
  decision->ties = planner->config.ties;
  decision->action = heed__tree_action(tree, tree->nodes[tree->root].state, action);
  decision->chosen = action;
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
    visits += heed__tree_edges(tree, tree->root).visits[a];
  }
  return visits;
}

void heed__plan_begin(heed_planner *planner, const void *belief, heed_rng *rng) {
  const heed_planner_config *config = &planner->config;
  bool is_timed = config->budget_ms > 0;
  planner->predictions = 0;
  planner->evaluations = 0;
  planner->is_finite = true;
  planner->is_prior = true;
  planner->is_value = true;
  draw_hypotheses(planner, HEED_HYPOTHESES_PER_DECISION, rng);
  planner->course = (heed_course){.rng = rng, .belief = belief};
  if (planner->substitute != NULL) {
    return; /* there is nothing to ask in turns: heed__plan_end does it all */
  }
  set_root(planner, belief);
  planner->course =
      (heed_course){.rng = rng,
                    .belief = belief,
                    .visits = root_visits(&planner->tree),
                    .next_completion = config->complete ? FIRST_COMPLETION : UINT32_MAX,
                    .next_look = is_timed || planner->progress != NULL ? LOOK_PERIOD : UINT32_MAX,
                    .deadline_s = is_timed ? heed_clock_s() + config->budget_ms / 1000 : 0,
                    .has_room = true};
}

/* Is there an evaluator where leaves are to be valued by one? */
static bool has_evaluator(const heed_planner *planner) {
  bool needs_one =
      heed__leaf_is_valued(&planner->config) || planner->config.rollout != HEED_ROLLOUT_RANDOM;
  return !needs_one || planner->evaluator.evaluate != NULL;
}

/* Is the search to end before its simulations are made: the time is over, or whoever is told of its progress says
 * so? Now and then it is asked. */
static bool is_over(heed_planner *planner) {
  heed_course *course = &planner->course;
  if (course->done < course->next_look) {
    return false;
  }
  course->next_look = course->done + LOOK_PERIOD;
  bool is_late = course->deadline_s > 0 && heed_clock_s() >= course->deadline_s;
  return is_late ||
         !heed_progress_report(planner->progress, course->visits, planner->config.simulations);
}

/* Begins the next simulations, if there are any left to make. */
static bool begin_simulations(heed_planner *planner) {
  heed_course *course = &planner->course;
  uint32_t budget = planner->config.simulations;
  if (!course->has_room || course->visits >= budget) {
    return false;
  }
  uint32_t left = budget - course->visits;
  course->is_early = planner->config.early_stop && heed__is_decided(planner, left);
  if (course->is_early || is_over(planner)) {
    return false;
  }
  course->under_way = left < planner->simulation_count ? left : planner->simulation_count;
  draw_hypotheses(planner, HEED_HYPOTHESES_PER_SIMULATION, course->rng);
  for (uint32_t i = 0; i < course->under_way; i++) {
    heed__simulation_begin(planner, &planner->simulations[i], course->rng);
  }
  return true;
}

/* Backs up the simulations that were under way, in their order. */
static void end_simulations(heed_planner *planner) {
  heed_course *course = &planner->course;
  for (uint32_t i = 0; i < course->under_way; i++) {
    const heed_simulation *sim = &planner->simulations[i];
    heed__backup_path(planner, sim->path, sim->length);
    course->has_room = course->has_room && sim->has_room;
  }
  course->done += course->under_way;
  course->visits += course->under_way;
  course->under_way = 0;
  if (course->done >= course->next_completion) {
    course->next_completion *= 4;
    course->has_room = heed__complete(planner) && course->has_room;
  }
}

/* Before any simulation goes down from the root, the evaluator has spoken of it. */
static bool begin_at_root(heed_planner *planner) {
  heed_course *course = &planner->course;
  heed_index root = planner->tree.root;
  if (heed__evaluation_is_due(planner, planner->tree.nodes[root].state)) {
    heed__simulation_at_root(planner, &planner->simulations[0]);
    course->under_way = 1;
    return true;
  }
  course->under_way = 0;
  course->has_begun = true;
  if (planner->config.selection == HEED_SELECT_GUMBEL) {
    heed__gumbel_begin(planner, course->rng);
  }
  return begin_simulations(planner);
}

bool heed__plan_next(heed_planner *planner) {
  if (planner->substitute != NULL || !has_evaluator(planner)) {
    return false;
  }
  if (!planner->course.has_begun) {
    return begin_at_root(planner);
  }
  end_simulations(planner);
  return begin_simulations(planner);
}

/* In a strict tree every value is that of what is below it already; only the range of values may have been
 * wider on the way. */
static bool needs_full_backup(const heed_planner *planner) {
  const heed_planner_config *config = &planner->config;
  return config->share_states || config->reuse || config->final == HEED_FINAL_LCB ||
         config->final == HEED_FINAL_GUMBEL;
}

heed_status heed__plan_end(heed_planner *planner, heed_decision *decision, heed_error *err) {
  heed_course *course = &planner->course;
  if (planner->substitute != NULL) {
    return planner->substitute->plan(planner, course->belief, course->rng, decision, err);
  }
  if (!has_evaluator(planner)) {
    return heed_fail(err, HEED_ERR_STATE,
                     "leaf=value, leaf=mixture, rollout=prior and rollout=greedy need an "
                     "evaluator, and none is set; on the "
                     "command line --value=FILE sets one");
  }
  if (planner->config.complete) {
    course->has_room = heed__complete(planner) && course->has_room;
  } else if (needs_full_backup(planner)) {
    heed__backup_tree(planner);
  }
  *decision = (heed_decision){.simulations = course->done,
                              .predictions = planner->predictions,
                              .evaluations = planner->evaluations,
                              .is_full = !course->has_room,
                              .is_early = course->is_early};
  if (!planner->is_finite) {
    heed_planner_reset(planner); /* nothing of it may be gone on from */
    return heed_fail(err, HEED_ERR_NUMERIC, "a reward is not finite");
  }
  heed_status status = heed__check_evaluations(planner, err);
  if (status != HEED_OK) {
    heed_planner_reset(planner);
    return status;
  }
  return report(planner, course->rng, decision, err);
}

heed_status heed_planner_decide(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                                heed_error *err) {
  if (planner->substitute != NULL) {
    return planner->substitute->decide(planner, rng, decision, err);
  }
  *decision = (heed_decision){0};
  heed_status status = report(planner, rng, decision, err);
  for (uint32_t a = 0; status == HEED_OK && a < decision->action_count; a++) {
    if (heed__tree_edges(&planner->tree, planner->tree.root).values[a] == -HUGE_VAL) {
      status = heed_fail(err, HEED_ERR_STATE, "nothing is known of action %u in this state", a);
    }
  }
  return status;
}

/* The place of an action among those considered at the root; action_count when it is none of them. */
static uint32_t place_of(const heed_planner *planner, heed_action action) {
  const heed_tree *tree = &planner->tree;
  if (tree->action_dims == 0) {
    return action.index >= 0 && (uint32_t)action.index < tree->action_count ? (uint32_t)action.index
                                                                            : tree->action_count;
  }
  heed_index state = tree->nodes[tree->root].state;
  uint32_t a = 0;
  while (a < tree->action_count) {
    heed_action considered = heed__tree_action(tree, state, a);
    if (memcmp(considered.value, action.value, tree->action_dims * sizeof(float)) == 0) {
      break;
    }
    a++;
  }
  return a;
}

bool heed_planner_advance(heed_planner *planner, heed_action action, const void *belief) {
  if (planner->substitute != NULL) {
    return planner->substitute->advance(planner, action, belief);
  }
  heed_tree *tree = &planner->tree;
  heed_index next = HEED_INDEX_NONE;
  bool is_expanded = tree->root != HEED_INDEX_NONE && heed__tree_is_expanded(tree, tree->root);
  bool is_closed =
      planner->config.nodes != HEED_NODES_ACTIONS; /* open: what is seen is in no node */
  uint32_t place = is_expanded && is_closed ? place_of(planner, action) : tree->action_count;
  if (place < tree->action_count) {
    const heed_node *root = &tree->nodes[tree->root];
    const heed_transition *t = heed__tree_transition(tree, root->state, place);
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
  note_root_belief(planner, belief);
  return true;
}

void heed_planner_reset(heed_planner *planner) {
  if (planner->substitute != NULL) {
    planner->substitute->reset(planner);
    return;
  }
  heed__tree_clear(&planner->tree);
}

heed_status heed_planner_swap_reward(heed_planner *planner, const heed_reward *reward,
                                     heed_error *err) {
  heed_status status = heed__set_reward(planner, reward, err);
  if (status == HEED_OK) {
    status = planner->substitute != NULL ? planner->substitute->rescore(planner, err)
                                         : heed__rescore(planner, err);
  }
  if (status != HEED_OK) {
    heed_planner_reset(planner);
  }
  return status;
}
