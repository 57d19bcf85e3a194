/* many.c: searches that take turns, and groups of them side by side.
 *
 * On a thread up to HEED_PREDICT_BATCH questions of different searches are answered in one call of the
 * dynamics:
 *
 *     search 0   select, ask |                    | answered, back up, select, ask |
 *     search 1               select, ask |        |                                answered, ...
 *     ...                                         |
 *     dynamics                                    predict all rows
 *
 * The rows of a batch are independent (dynamics.h), and each search draws from a generator of its own, so
 * that what it decides depends neither on its company nor on the number of threads. */
#include <omp.h>

#include "planner/search.h"

/* The searches that one thread makes: first .. first + count - 1 of all. */
typedef struct group {
  heed_planner *const *planners;
  const void *const *beliefs;
  heed_rng *rngs;
  heed_decision *decisions;
  size_t first, count;
} group;

/* The failure with the lowest number of a search. */
typedef struct failure {
  size_t search;
  heed_status status; /* HEED_OK: none */
  heed_error err;
} failure;

static void note_failure(failure *lowest, const failure *other) {
  if (other->status != HEED_OK && (lowest->status == HEED_OK || other->search < lowest->search)) {
    *lowest = *other;
  }
}

/* Searches that take turns. Their questions fit into one batch. */
typedef struct window {
  heed_prediction batches[2][HEED_PREDICT_BATCH]; /* questions become answers, and make room */
  uint32_t turn;                                  /* batches[turn] has the answers */
  uint32_t rows;                                  /* of questions */
  uint32_t count;                                 /* searches */
  uint32_t claimed;                               /* questions that they may ask at once */
  size_t searches[HEED_PREDICT_BATCH];
  uint32_t first_row[HEED_PREDICT_BATCH]; /* of each one's questions */
} window;

/* Lets a search go on, and keeps it in the window; or ends it. `answers` are its own. */
static void step(const group *g, window *w, size_t search, const heed_prediction *answers,
                 failure *lowest) {
  heed_planner *planner = g->planners[search];
  uint32_t asked = heed__plan_step(planner, answers, w->batches[1 - w->turn] + w->rows);
  if (asked == 0) {
    failure mine = {.search = search};
    mine.status = heed__plan_end(planner, &g->decisions[search], &mine.err);
    note_failure(lowest, &mine);
    return;
  }
  w->searches[w->count] = search;
  w->first_row[w->count++] = w->rows;
  w->rows += asked;
  w->claimed += planner->simulation_count;
}

/* The window moves along the group: where a search is over, the next one begins. */
static void plan_group(const group *g, failure *lowest) {
  window w;
  size_t next = g->first;
  w.turn = 0;
  w.count = 0;
  do {
    uint32_t before = w.count;
    w.rows = w.count = w.claimed = 0;
    for (uint32_t k = 0; k < before; k++) {
      step(g, &w, w.searches[k], w.batches[w.turn] + w.first_row[k], lowest);
    }
    while (next < g->first + g->count &&
           w.claimed + g->planners[next]->simulation_count <= HEED_PREDICT_BATCH) {
      heed__plan_begin(g->planners[next], g->beliefs[next], &g->rngs[next]);
      step(g, &w, next++, w.batches[w.turn], lowest);
    }
    w.turn = 1 - w.turn;
    if (w.rows > 0) {
      const heed_planner *any = g->planners[g->first];
      heed_dynamics_predict(any->dynamics, w.batches[w.turn], w.rows, any->dynamics_workspace);
    }
  } while (w.rows > 0);
}

heed_status heed_planner_plan(heed_planner *planner, const void *belief, heed_rng *rng,
                              heed_decision *decision, heed_error *err) {
  failure lowest = {0};
  group g = {&planner, &belief, rng, decision, 0, 1};
  plan_group(&g, &lowest);
  return lowest.status == HEED_OK ? HEED_OK
                                  : heed_fail(err, lowest.status, "%s", lowest.err.message);
}

/* Do the planners ask one model, each of them once? */
static heed_status check_planners(heed_planner *const *planners, size_t count, heed_error *err) {
  heed_status status = HEED_OK;
  size_t marked = 0;
  while (marked < count && status == HEED_OK) {
    heed_planner *planner = planners[marked];
    if (planner->dynamics != planners[0]->dynamics) {
      status = heed_fail(err, HEED_ERR_ARG, "planner %zu has another dynamics model than planner 0",
                         marked);
    } else if (planner->is_marked) {
      status = heed_fail(err, HEED_ERR_ARG, "planner %zu is named twice", marked);
    } else {
      planner->is_marked = true;
      marked++;
    }
  }
  for (size_t i = 0; i < marked; i++) {
    planners[i]->is_marked = false;
  }
  return status;
}

heed_status heed_planner_plan_many(heed_planner *const *planners, const void *const *beliefs,
                                   heed_rng *rngs, heed_decision *decisions, size_t count,
                                   heed_error *err) {
  heed_status status = check_planners(planners, count, err);
  if (status != HEED_OK || count == 0) {
    return status;
  }
  failure lowest = {0};
  size_t most = (size_t)omp_get_max_threads();
  size_t groups = most < count ? most : count;
#pragma omp parallel for schedule(static) num_threads((int)groups) if (groups > 1)
  for (size_t i = 0; i < groups; i++) {
    size_t first = count * i / groups;
    size_t end = count * (i + 1) / groups;
    group g = {planners, beliefs, rngs, decisions, first, end - first};
    failure mine = {0};
    plan_group(&g, &mine);
#pragma omp critical
    note_failure(&lowest, &mine);
  }
  return lowest.status == HEED_OK ? HEED_OK
                                  : heed_fail(err, lowest.status, "%s", lowest.err.message);
}
