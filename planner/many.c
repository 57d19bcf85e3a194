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

/* Questions of searches that take turns, each by a simulation that waits for its answer. */
typedef struct batch {
  uint32_t count;
  heed_prediction rows[HEED_PREDICT_BATCH];
  heed_simulation *askers[HEED_PREDICT_BATCH];
} batch;

/* A search that has a place among those that take turns. */
typedef struct turn {
  const group *group;
  failure *lowest;
  uint32_t claimed; /* questions that all of them may ask at once */
} turn;

/* Lets the search go on from the end of its latest simulations to the next questions, or ends it. */
static void go_on(turn *t, heed_planner *planner, batch *questions) {
  heed_course *course = &planner->course;
  uint32_t before = questions->count;
  while (questions->count == before && heed__plan_next(planner)) {
    for (uint32_t i = 0; i < course->under_way; i++) {
      heed_simulation *sim = &planner->simulations[i];
      if (heed__simulate(planner, sim, NULL, &questions->rows[questions->count])) {
        questions->askers[questions->count++] = sim;
      }
    }
    course->waiting = questions->count - before;
  }
  planner->predictions += questions->count - before;
  if (questions->count == before) {
    failure mine = {.search = course->search};
    mine.status = heed__plan_end(planner, &t->group->decisions[course->search], &mine.err);
    note_failure(t->lowest, &mine);
    t->claimed -= planner->simulation_count;
  }
}

/* Hands an answer to whom it is for, who asks again, or comes to the end of its path. */
static void hand_over(turn *t, heed_simulation *sim, const heed_prediction *answer,
                      batch *questions) {
  heed_planner *planner = sim->planner;
  if (heed__simulate(planner, sim, answer, &questions->rows[questions->count])) {
    questions->askers[questions->count++] = sim;
    planner->predictions++;
  } else if (--planner->course.waiting == 0) {
    go_on(t, planner, questions);
  }
}

/* Where a search is over, the next one of the group begins. */
static void plan_group(const group *g, failure *lowest) {
  batch batches[2];
  batch *answers = &batches[0];
  batch *questions = &batches[1];
  turn t = {.group = g, .lowest = lowest};
  size_t next = g->first;
  answers->count = 0;
  do {
    questions->count = 0;
    for (uint32_t i = 0; i < answers->count; i++) {
      hand_over(&t, answers->askers[i], &answers->rows[i], questions);
    }
    for (; next < g->first + g->count &&
           t.claimed + g->planners[next]->simulation_count <= HEED_PREDICT_BATCH;
         next++) {
      heed_planner *planner = g->planners[next];
      t.claimed += planner->simulation_count;
      heed__plan_begin(planner, g->beliefs[next], &g->rngs[next]);
      planner->course.search = next;
      go_on(&t, planner, questions);
    }
    if (questions->count > 0) {
      const heed_planner *any = g->planners[g->first];
      heed_dynamics_predict(any->dynamics, questions->rows, questions->count,
                            any->dynamics_workspace);
    }
    batch *asked = questions;
    questions = answers;
    answers = asked;
  } while (answers->count > 0);
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
  return lowest.status == HEED_OK
             ? HEED_OK
             : heed_fail(err, lowest.status, "planner %zu: %s", lowest.search, lowest.err.message);
}
