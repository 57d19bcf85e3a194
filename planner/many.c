/* many.c: searches that take turns, and groups of them side by side.
 *
 * On a thread up to HEED_PREDICT_BATCH questions of different searches are answered in one call of a
 * model:
 *
 *     search 0   select, ask |                    | answered, back up, select, ask |
 *     search 1               select, ask |        |                                answered, ...
 *     ...                                         |
 *     model                                       answers all rows
 *
 * The dynamics is asked for steps and for rollouts, the evaluator for values; each kind has batches of its own.
 * The rows of a batch are independent (dynamics.h), and each search draws from a generator of its own, so that
 * what it decides depends neither on its company nor on the number of threads. */
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

/* Questions of one kind, each by a simulation that waits for its answer. */
typedef struct batch {
  uint32_t count;
  heed_simulation *askers[HEED_PREDICT_BATCH];
  union {
    heed_prediction steps[HEED_PREDICT_BATCH];
    heed_rollout rollouts[HEED_PREDICT_BATCH];
    heed_evaluation values[HEED_PREDICT_BATCH];
  } rows;
} batch;

/* The searches that take turns on a thread. Of each kind of questions there are two batches: while one is
 * answered, the other is filled. */
typedef struct turn {
  const group *group;
  failure *lowest;
  uint32_t claimed; /* questions that all of them may ask at once */
  size_t next;      /* search to begin */
  batch batches[HEED_ASKS_NOTHING][2];
  batch *open[HEED_ASKS_NOTHING]; /* being filled */
} turn;

/* Where a simulation writes its next question. */
static heed_question next_question(const turn *t) {
  batch *steps = t->open[HEED_ASKS_STEP];
  batch *rollouts = t->open[HEED_ASKS_ROLLOUT];
  batch *values = t->open[HEED_ASKS_VALUE];
  return (heed_question){.step = &steps->rows.steps[steps->count],
                         .rollout = &rollouts->rows.rollouts[rollouts->count],
                         .value = &values->rows.values[values->count]};
}

/* Notes what a simulation asks; false: it is at its end. */
static bool note_question(turn *t, heed_simulation *sim, heed_asks asks) {
  if (asks == HEED_ASKS_NOTHING) {
    return false;
  }
  t->open[asks]->askers[t->open[asks]->count++] = sim;
  sim->planner->predictions += asks == HEED_ASKS_STEP;
  sim->planner->evaluations += asks == HEED_ASKS_VALUE;
  return true;
}

/* Lets the search go on from the end of its latest simulations to the next questions, or ends it. */
static void go_on(turn *t, heed_planner *planner) {
  heed_course *course = &planner->course;
  course->waiting = 0;
  while (course->waiting == 0 && heed__plan_next(planner)) {
    for (uint32_t i = 0; i < course->under_way; i++) {
      heed_simulation *sim = &planner->simulations[i];
      heed_question next = next_question(t);
      heed_asks asks = heed__simulate(planner, sim, NULL, &next);
      course->waiting += note_question(t, sim, asks) ? 1 : 0;
    }
  }
  if (course->waiting == 0) {
    failure mine = {.search = course->search};
    mine.status = heed__plan_end(planner, &t->group->decisions[course->search], &mine.err);
    note_failure(t->lowest, &mine);
    t->claimed -= planner->simulation_count;
  }
}

/* A simulation that was answered asks again, or came to the end of its path. */
static void take_up(turn *t, heed_simulation *sim, heed_asks asks) {
  if (!note_question(t, sim, asks) && --sim->planner->course.waiting == 0) {
    go_on(t, sim->planner);
  }
}

/* Begins searches of the group while there are places. */
static void begin(turn *t) {
  const group *g = t->group;
  for (; t->next < g->first + g->count &&
         t->claimed + g->planners[t->next]->simulation_count <= HEED_PREDICT_BATCH;
       t->next++) {
    heed_planner *planner = g->planners[t->next];
    t->claimed += planner->simulation_count;
    heed__plan_begin(planner, g->beliefs[t->next], &g->rngs[t->next]);
    planner->course.search = t->next;
    go_on(t, planner);
  }
}

/* Has the model answer. Who asks the evaluator has it. */
static void answer_all(const heed_planner *any, heed_asks kind, batch *asked) {
  if (kind == HEED_ASKS_STEP) {
    heed_dynamics_predict(any->dynamics, asked->rows.steps, asked->count, any->dynamics_workspace);
  } else if (kind == HEED_ASKS_ROLLOUT) {
    heed_dynamics_rollout(any->dynamics, asked->rows.rollouts, asked->count,
                          any->dynamics_workspace);
  } else {
    any->evaluator.evaluate(any->evaluator.self, asked->rows.values, asked->count,
                            any->evaluator_workspace);
  }
}

/* Has all questions of a kind answered, and their simulations go on. */
static void answer(turn *t, heed_asks kind) {
  batch *asked = t->open[kind];
  t->open[kind] = asked == &t->batches[kind][0] ? &t->batches[kind][1] : &t->batches[kind][0];
  t->open[kind]->count = 0;
  answer_all(asked->askers[0]->planner, kind, asked);
  for (uint32_t i = 0; i < asked->count; i++) {
    heed_simulation *sim = asked->askers[i];
    heed_question next = next_question(t);
    heed_question answered = {.step = &asked->rows.steps[i],
                              .rollout = &asked->rows.rollouts[i],
                              .value = &asked->rows.values[i]};
    take_up(t, sim, heed__simulate(sim->planner, sim, &answered, &next));
  }
}

/* What is to be answered next. Rollouts wait until nobody asks for a step any more, and values until nobody
 * asks for a rollout: their batches are then as large as they will be. */
static heed_asks first_asked(const turn *t) {
  heed_asks kind = HEED_ASKS_STEP;
  while (kind < HEED_ASKS_NOTHING && t->open[kind]->count == 0) {
    kind++;
  }
  return kind;
}

/* Where a search is over, the next one of the group begins. */
static void plan_group(const group *g, failure *lowest) {
  turn t;
  t.group = g;
  t.lowest = lowest;
  t.claimed = 0;
  t.next = g->first;
  for (heed_asks kind = HEED_ASKS_STEP; kind < HEED_ASKS_NOTHING; kind++) {
    t.open[kind] = &t.batches[kind][0];
    t.open[kind]->count = 0;
  }
  begin(&t);
  for (heed_asks kind = first_asked(&t); kind != HEED_ASKS_NOTHING; kind = first_asked(&t)) {
    answer(&t, kind);
    begin(&t);
  }
}

heed_status heed_planner_plan(heed_planner *planner, const void *belief, heed_rng *rng,
                              heed_decision *decision, heed_error *err) {
  failure lowest = {0};
  group g = {&planner, &belief, rng, decision, 0, 1};
  plan_group(&g, &lowest);
  return lowest.status == HEED_OK ? HEED_OK
                                  : heed_fail(err, lowest.status, "%s", lowest.err.message);
}

/* Those that have none ask none. */
static bool has_other_evaluator(const heed_planner *planner, const heed_evaluator *common) {
  return planner->evaluator.evaluate != NULL && common->evaluate != NULL &&
         (planner->evaluator.evaluate != common->evaluate ||
          planner->evaluator.self != common->self);
}

/* Do the planners ask one model, each of them once? */
static heed_status check_planners(heed_planner *const *planners, size_t count, heed_error *err) {
  heed_status status = HEED_OK;
  size_t marked = 0;
  heed_evaluator common = {0};
  while (marked < count && status == HEED_OK) {
    heed_planner *planner = planners[marked];
    if (planner->dynamics != planners[0]->dynamics) {
      status = heed_fail(err, HEED_ERR_ARG, "planner %zu has another dynamics model than planner 0",
                         marked);
    } else if (has_other_evaluator(planner, &common)) {
      status = heed_fail(err, HEED_ERR_ARG, "planner %zu has another evaluator than one before it",
                         marked);
    } else if (planner->is_marked) {
      status = heed_fail(err, HEED_ERR_ARG, "planner %zu is named twice", marked);
    } else {
      planner->is_marked = true;
      common = common.evaluate != NULL ? common : planner->evaluator;
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
