/* combinations.h: every search that can be put together, by number. */
#ifndef HEED_TESTS_PLANNER_COMBINATIONS_H
#define HEED_TESTS_PLANNER_COMBINATIONS_H

#include "planner/mdp.h"

enum { HORIZON = 6, SIMULATIONS = 80 };

/* Digit i of a number written in mixed bases, which are used up one by one. */
static inline uint32_t digit(uint32_t *number, uint32_t base) {
  uint32_t d = *number % base;
  *number /= base;
  return d;
}

/* The combination of a number; false beyond the last. */
static inline bool combination(uint32_t number, heed_planner_config *c) {
  *c = heed_planner_config_default();
  c->keep_rollouts = number % 3 != 0;
  bool is_batched = number % 7 == 0;
  bool is_valued = number % 11 < 4;
  c->horizon = HORIZON;
  c->simulations = SIMULATIONS;
  c->selection = (heed_selection)digit(&number, 5);
  c->expansion = (heed_expansion)digit(&number, 2);
  c->share_states = digit(&number, 2) != 0;
  c->complete = digit(&number, 2) != 0;
  c->outcome_samples = 3 * digit(&number, 2);
  c->leaf =
      (heed_leaf)(digit(&number, 2) + (is_valued ? 2 : 0)); /* zero, rollout; value, mixture */
  c->backup = (heed_backup)digit(&number, 4);
  c->final = (heed_final)digit(&number, 4);
  c->reuse = digit(&number, 2) != 0;
  c->dynamics_hypotheses = (heed_hypotheses)digit(&number, 4);
  c->leaf_batch = is_batched && c->dynamics_hypotheses != HEED_HYPOTHESES_PER_SIMULATION ? 4 : 1;
  c->node_capacity = digit(&number, 2) != 0 ? 4000 : 40;
  c->ties = number % 2 == 0 ? HEED_TIES_LOWEST : HEED_TIES_UNIFORM;
  c->early_stop = number % 2 != 0 && c->final == HEED_FINAL_VISITS;
  return number == 0;
}

/* The rules of planner.h. */
static inline bool goes_together(const heed_planner_config *c) {
  bool draws = c->dynamics_hypotheses == HEED_HYPOTHESES_PER_DECISION ||
               c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION;
  bool mixes = c->share_states || c->outcome_samples > 0;
  bool is_bellman = c->backup == HEED_BACKUP_MAX || c->backup == HEED_BACKUP_SOFT;
  return !(c->complete && (!c->share_states || !is_bellman)) &&
         !(c->selection == HEED_SELECT_UCB1_TUNED && c->backup == HEED_BACKUP_SOFT) &&
         !(c->selection == HEED_SELECT_GUMBEL && c->reuse) &&
         !(c->final == HEED_FINAL_GUMBEL && c->selection != HEED_SELECT_GUMBEL) &&
         !(c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION && mixes) &&
         !(draws && c->reuse);
}

#endif
