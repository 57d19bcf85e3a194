/* report.h: a plan as data: what was considered, what is expected, and the part of the tree that explains it.
 *
 * The nodes of a report are what actions lead to, parents before children; the first is where the plan
 * begins. On the expected line every action is the one that the search takes by its rule of choice, every
 * outcome the most frequent. The line is whole, down to the horizon; beside it stand, as deep as asked, the
 * best other actions. Where a plan was made without a tree there is one action, what was decided, and the
 * line is the best sequence that was imagined.
 *
 *   node         0     1    2    3
 *   parent       none  0    0    1        0 -- 1 (on the line) -- 3 (on the line)
 *   action       -     1    0    1          \- 2 */
#ifndef HEED_PLANNER_REPORT_H
#define HEED_PLANNER_REPORT_H

#include "planner/planner.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEED_PLAN_NONE UINT32_MAX

/* An action at the root. */
typedef struct heed_plan_action {
  heed_action action;
  uint32_t visits;
  double value; /* expected discounted return; NAN: nothing is known of it */
  double prior; /* NAN: the selection knows none */
} heed_plan_action;

/* What one outcome of an action leads to. */
typedef struct heed_plan_node {
  uint32_t parent;    /* HEED_PLAN_NONE: where the plan begins */
  uint32_t depth;     /* steps from there */
  heed_action action; /* that led here; of the first: zeros */
  uint32_t visits;    /* simulations that tried that action there; at the first, all */
  double value;       /* of that action there; at the first, of the action taken */
  double reward;      /* of the step */
  double probability; /* of this outcome of the action, by its frequency */
  bool is_on_line;
  bool is_terminal; /* ends the episode */
} heed_plan_node;

typedef struct heed_plan_limits {
  uint32_t depth;     /* beside the line: so many steps deep */
  uint32_t width;     /* so many actions of a node */
  uint32_t outcomes;  /* so many outcomes of an action, the most frequent */
  uint32_t nodes_max; /* no more nodes than this, but for the line */
} heed_plan_limits;

/* Depth 3, width 4, 3 outcomes, 200 nodes. */
HEED_API heed_plan_limits heed_plan_limits_default(void);

typedef struct heed_plan_report {
  uint32_t action_count, node_count, line_count;
  uint32_t chosen;           /* of the actions the one decided for */
  heed_plan_action *actions; /* owned, [action_count] */
  heed_plan_node *nodes;     /* owned, [node_count] */
  uint32_t *line;          /* owned, [line_count] nodes of the expected line, the first included */
  double line_probability; /* that all of the line comes as expected */
} heed_plan_report;

/* Reports the plan that stands and led to `decision` (of the latest heed_planner_plan or _decide). Errors:
 * HEED_ERR_STATE when nothing has been planned, HEED_ERR_NOMEM; `report` is zeroed then. */
HEED_API heed_status heed_plan_report_init(heed_plan_report *report, const heed_planner *planner,
                                           const heed_decision *decision,
                                           const heed_plan_limits *limits, heed_error *err);
HEED_API void heed_plan_report_deinit(heed_plan_report *report); /* accepts a zeroed one */

#ifdef __cplusplus
}
#endif
#endif
