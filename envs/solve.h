/* solve.h: the best that can be done in an environment, exactly, by dynamic programming (Bellman 1957;
 * Puterman 1994, sections 4.5 and 6.3) over all of its states and transitions (mdp.h).
 *
 * What is maximised is the return of an episode or its hidden performance, each as an expectation. Of all
 * ways that reach the maximum, those are taken that are best, or worst, by the other of the two: the first
 * decides, the second breaks ties (lexicographic order). So one can ask what performance an agent is left
 * with that is perfect in reward, and what it costs to do what was really wanted.
 *
 * In a game of two the player who is not the first wants the least of both in place of the greatest: the value
 * is that of best play on both sides (minimax).
 *
 * The controller whose value this is sees the state, with what is hidden from an agent. It is a bound for
 * agents, and they reach it in worlds that hide nothing that matters. */
#ifndef HEED_ENVS_SOLVE_H
#define HEED_ENVS_SOLVE_H

#include "envs/mdp.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_objective { HEED_OBJECTIVE_REWARD, HEED_OBJECTIVE_PERFORMANCE } heed_objective;

typedef struct heed_solve_config {
  heed_objective objective; /* what is maximised; the other one is second */
  bool is_second_worst;     /* ties go to the worst by the second, not to the best */
  uint32_t horizon;         /* steps left when an episode starts; 0: no limit (value iteration) */
  double discount;          /* of both, per step: (0, 1] */
  bool
      keep_values; /* of every number of steps left, for heed_solution_at: 16 bytes per state and step.
                     * Without a limit they always are */
  double residual;     /* without a limit: done when no value changes by more, > 0 */
  uint32_t sweeps_max; /* without a limit: more are an error */
} heed_solve_config;

/* The return, ties to the best performance, the time limit of `env` (none: no limit), undiscounted, values
 * not kept, residual 1e-10, 100,000 sweeps. */
HEED_API heed_solve_config heed_solve_config_default(const heed_env *env);

/* What is to be had from somewhere on: of the objective, and of the other quantity with it. */
typedef struct heed_value {
  double first;
  double
      second; /* NaN without a limit and without discount, where ties may put off the end for ever */
} heed_value;

/* Over the distribution of starts: the mean, and the least and the greatest of each. */
typedef struct heed_start_values {
  heed_value mean, least, greatest;
} heed_start_values;

typedef struct heed_solution heed_solution;

/* Solves `mdp` (borrowed: it must outlive the solution). Takes 32 bytes per state, or as many as
 * keep_values says. Errors: HEED_ERR_ARG for a setting out of range, and for an mdp that was not written
 * out as far as the horizon; HEED_ERR_NUMERIC when values have not settled in sweeps_max sweeps;
 * HEED_ERR_STATE when the sink asked for a stop; HEED_ERR_NOMEM. */
HEED_API heed_status heed_solution_create(const heed_mdp *mdp, const heed_solve_config *config,
                                          const heed_progress_sink *progress, heed_solution **out,
                                          heed_error *err);
HEED_API void heed_solution_destroy(heed_solution *solution); /* accepts NULL */

/* What an episode can have at best. */
HEED_API heed_start_values heed_solution_start(const heed_solution *solution);

/* Sweeps made without a limit, and the greatest change in the last one; 0 with a limit. */
HEED_API uint32_t heed_solution_sweeps(const heed_solution *solution);
HEED_API double heed_solution_residual(const heed_solution *solution);

/* What is to be had from a state block when `remaining` steps are left (1 .. horizon; ignored without a
 * limit), at best, and after each action: action_values[action_count], or NULL; NAN for one that is not
 * legal. The block's tally is ignored. Errors: HEED_ERR_ARG for a state that no episode reaches in
 * horizon - remaining steps, and when the values were not kept. */
HEED_API heed_status heed_solution_at(const heed_solution *solution, const void *state,
                                      uint32_t remaining, heed_value *value,
                                      heed_value *action_values, heed_error *err);

/* The action that the solution takes in a state block where they have these values, of
 * heed_solution_at: the lowest of the best, for whoever has the turn. */
HEED_API uint32_t heed_solution_choice(const heed_solution *solution, const void *state,
                                       const heed_value *action_values);

#ifdef __cplusplus
}
#endif
#endif
