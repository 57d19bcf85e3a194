#include "planner/report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/forest.h"
#include "planner/search.h"
#include "planner/trajectories.h"

heed_plan_limits heed_plan_limits_default(void) {
  return (heed_plan_limits){.depth = 3, .width = 4, .outcomes = 3, .nodes_max = 200};
}

/* A report while it is being written. */
typedef struct writer {
  heed_plan_report *report;
  heed_planner *planner; /* its scratch is used, nothing of the search is changed */
  const heed_plan_limits *limits;
  heed_index
      *places; /* owned, [capacity] the tree's node of each of the report; or HEED_INDEX_NONE */
  uint32_t capacity;
  uint32_t *order; /* owned, [action_count] */
} writer;

static heed_status add_node(writer *w, const heed_plan_node *node, heed_index place,
                            heed_error *err) {
  heed_plan_report *r = w->report;
  if (r->node_count == w->capacity) {
    uint32_t capacity = w->capacity > 0 ? 2 * w->capacity : 64;
    heed_plan_node *nodes = realloc(r->nodes, capacity * sizeof *nodes);
    r->nodes = nodes != NULL ? nodes : r->nodes;
    heed_index *places = realloc(w->places, capacity * sizeof *places);
    w->places = places != NULL ? places : w->places;
    if (nodes == NULL || places == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "report: no memory");
    }
    w->capacity = capacity;
  }
  assert(w->places != NULL && r->nodes != NULL);
  w->places[r->node_count] = place;
  r->nodes[r->node_count++] = *node;
  return HEED_OK;
}

/* The action that the plan takes in a node of the tree. */
static uint32_t planned_action(const writer *w, heed_index place) {
  return place == w->planner->tree.root ? w->report->chosen
                                        : heed__choose(w->planner, place, NULL, NULL);
}

/* Writes the actions of which something is known to w->order, the planned one first, then by value; the
 * lowest first of equal ones. Returns how many. */
static uint32_t order_actions(writer *w, heed_index place) {
  const heed_tree *tree = &w->planner->tree;
  heed_edges edges = heed__tree_edges(tree, place);
  uint32_t planned = planned_action(w, place);
  uint32_t count = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    if (!isfinite(edges.values[a])) {
      continue;
    }
    uint32_t i = count++;
    while (i > 0 && w->order[i - 1] != planned &&
           (a == planned || edges.values[w->order[i - 1]] < edges.values[a])) {
      w->order[i] = w->order[i - 1];
      i--;
    }
    w->order[i] = a;
  }
  return count;
}

/* The weightiest outcome of a transition that comes after `last` in this order (HEED_INDEX_NONE: the
 * first): by weight, then as they came up. HEED_INDEX_NONE when there is none. */
static heed_index next_outcome(const heed_tree *tree, const heed_transition *t, heed_index last) {
  heed_index best = HEED_INDEX_NONE;
  bool is_first = last == HEED_INDEX_NONE;
  bool is_past = is_first;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    double weight = heed__tree_weight(tree, t, i);
    double before = is_first ? 0 : heed__tree_weight(tree, t, last);
    bool follows = is_first || weight < before || (weight == before && is_past);
    if (follows && (best == HEED_INDEX_NONE || weight > heed__tree_weight(tree, t, best))) {
      best = i;
    }
    is_past = is_past || i == last;
  }
  return best;
}

/* What an action of node `parent` of the report leads to. */
static heed_status add_outcomes(writer *w, uint32_t parent, uint32_t action, bool is_on_line,
                                uint32_t most, heed_error *err) {
  const heed_tree *tree = &w->planner->tree;
  const heed_node *from = &tree->nodes[w->places[parent]];
  heed_edges edges = heed__tree_edges(tree, w->places[parent]);
  const heed_transition *t = heed__tree_transition(tree, from->state, action);
  heed_status status = HEED_OK;
  heed_index i = next_outcome(tree, t, HEED_INDEX_NONE);
  for (uint32_t k = 0; status == HEED_OK && k < most && i != HEED_INDEX_NONE; k++) {
    const heed_tree_outcome *o = &tree->outcomes[i];
    heed_plan_node node = {.parent = parent,
                           .depth = w->report->nodes[parent].depth + 1,
                           .action = heed__tree_action(tree, from->state, action),
                           .visits = edges.visits[action],
                           .value = from->side * edges.values[action],
                           .reward = o->reward,
                           .probability = heed__tree_weight(tree, t, i) / heed__tree_weight_sum(t),
                           .is_on_line = is_on_line && k == 0,
                           .is_terminal = heed__tree_is_terminal(tree, o->state)};
    status = add_node(w, &node, heed__tree_find_node(tree, o->state, from->depth + 1), err);
    i = next_outcome(tree, t, i);
  }
  return status;
}

/* The children of a node of the report: all that the limits allow, or the line alone. */
static heed_status add_children(writer *w, uint32_t parent, heed_error *err) {
  heed_plan_node node = w->report->nodes[parent];
  heed_index place = w->places[parent];
  if (node.is_terminal || place == HEED_INDEX_NONE ||
      !heed__tree_is_expanded(&w->planner->tree, place)) {
    return HEED_OK;
  }
  bool is_shown = node.depth < w->limits->depth && w->report->node_count < w->limits->nodes_max;
  uint32_t known = is_shown || node.is_on_line ? order_actions(w, place) : 0;
  uint32_t most = is_shown ? w->limits->width : 1;
  most = most > 0 ? most : 1;
  heed_status status = HEED_OK;
  for (uint32_t i = 0; status == HEED_OK && i < known && i < most; i++) {
    uint32_t outcomes = is_shown && w->limits->outcomes > 1 ? w->limits->outcomes : 1;
    status = add_outcomes(w, parent, w->order[i], node.is_on_line && i == 0, outcomes, err);
  }
  return status;
}

/* Lists the nodes of the line; there is one of each depth. */
static heed_status find_line(heed_plan_report *r, heed_error *err) {
  assert(r->node_count > 0);
  r->line = malloc(r->node_count * sizeof *r->line);
  if (r->line == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "report: no memory");
  }
  r->line_probability = 1;
  for (uint32_t i = 0; i < r->node_count; i++) {
    if (r->nodes[i].is_on_line) {
      r->line[r->line_count++] = i;
      r->line_probability *= r->nodes[i].probability;
    }
  }
  return HEED_OK;
}

static heed_status write_actions(writer *w, heed_error *err) {
  heed_plan_report *r = w->report;
  const heed_tree *tree = &w->planner->tree;
  r->actions = calloc(r->action_count, sizeof *r->actions);
  w->order = calloc(r->action_count, sizeof *w->order);
  if (r->actions == NULL || w->order == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "report: no memory");
  }
  double side = tree->nodes[tree->root].side;
  for (uint32_t a = 0; a < r->action_count; a++) {
    double value = side * heed__tree_edges(tree, tree->root).values[a];
    const double *prior =
        tree->has_priors ? heed__tree_prior(tree, tree->nodes[tree->root].state) : NULL;
    r->actions[a] =
        (heed_plan_action){.action = heed__tree_action(tree, tree->nodes[tree->root].state, a),
                           .visits = heed__tree_edges(tree, tree->root).visits[a],
                           .value = isfinite(value) ? value : (double)NAN,
                           .prior = prior != NULL ? prior[a] : (double)NAN};
  }
  return HEED_OK;
}

/* Writes a line of imagined steps: values are what is still to come of it. */
static heed_status write_line(writer *w, const heed_decision *decision, heed_error *err) {
  heed_segment line;
  heed_status status = heed_planner_line(w->planner, NULL, &line, err);
  if (status != HEED_OK) {
    return status;
  }
  const double *rewards = heed__trajectories_rewards(w->planner);
  for (uint32_t s = 0; status == HEED_OK && s < line.steps; s++) {
    heed_plan_node node = {.parent = s,
                           .depth = s + 1,
                           .action = line.actions[s],
                           .visits = s == 0 ? decision->visits[0] : 1,
                           .reward = rewards[s],
                           .probability = 1,
                           .is_on_line = true,
                           .is_terminal = line.is_terminal && s + 1 == line.steps};
    status = add_node(w, &node, HEED_INDEX_NONE, err);
  }
  double left = 0;
  for (uint32_t i = w->report->node_count; status == HEED_OK && i-- > 1;) {
    left = w->report->nodes[i].reward + w->planner->config.discount * left;
    w->report->nodes[i].value = left;
  }
  heed_segment_deinit(&line);
  return status;
}

/* The report of a plan without a tree. */
static heed_status report_line(writer *w, const heed_decision *decision, heed_error *err) {
  heed_plan_report *r = w->report;
  heed_plan_node first = {.parent = HEED_PLAN_NONE,
                          .visits = decision->visits[0],
                          .value = decision->value,
                          .probability = 1,
                          .is_on_line = true};
  r->action_count = 1;
  r->actions = calloc(1, sizeof *r->actions);
  if (r->actions == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "report: no memory");
  }
  r->actions[0] = (heed_plan_action){.action = decision->action,
                                     .visits = decision->visits[0],
                                     .value = decision->value,
                                     .prior = (double)NAN};
  heed_status status = add_node(w, &first, HEED_INDEX_NONE, err);
  status = status == HEED_OK ? write_line(w, decision, err) : status;
  return status == HEED_OK ? find_line(r, err) : status;
}

/* The report of a tree. */
static heed_status report_tree(writer *w, const heed_decision *decision, heed_error *err) {
  heed_plan_report *report = w->report;
  const heed_tree *tree = &w->planner->tree;
  if (tree->root == HEED_INDEX_NONE || !heed__tree_is_expanded(tree, tree->root)) {
    return heed_fail(err, HEED_ERR_STATE, "nothing has been planned for this state");
  }
  report->action_count = tree->action_count;
  report->chosen = decision->chosen;
  heed_plan_node first = {.parent = HEED_PLAN_NONE,
                          .visits = tree->nodes[tree->root].visits,
                          .value = decision->value,
                          .probability = 1,
                          .is_on_line = true};
  heed_status status = write_actions(w, err);
  status = status == HEED_OK ? add_node(w, &first, tree->root, err) : status;
  for (uint32_t i = 0; status == HEED_OK && i < report->node_count; i++) {
    status = add_children(w, i, err);
  }
  return status == HEED_OK ? find_line(report, err) : status;
}

heed_status heed_plan_report_init(heed_plan_report *report, const heed_planner *planner,
                                  const heed_decision *decision, const heed_plan_limits *limits,
                                  heed_error *err) {
  *report = (heed_plan_report){0};
  const heed_planner *shown = planner->forest != NULL ? heed__forest_tree(planner) : planner;
  writer w = {.report = report, .planner = (heed_planner *)shown, .limits = limits};
  heed_status status =
      shown->trajectories != NULL ? report_line(&w, decision, err) : report_tree(&w, decision, err);
  free(w.places);
  free(w.order);
  if (status != HEED_OK) {
    heed_plan_report_deinit(report);
  }
  return status;
}

void heed_plan_report_deinit(heed_plan_report *report) {
  free(report->actions);
  free(report->nodes);
  free(report->line);
  *report = (heed_plan_report){0};
}
