/* combinations.h: every search that can be put together, by number. */
#ifndef HEED_TESTS_PLANNER_COMBINATIONS_H
#define HEED_TESTS_PLANNER_COMBINATIONS_H

#include "planner/forest.h"
#include "planner/mdp.h"
#include "planner/search.h"

enum { HORIZON = 6, SIMULATIONS = 80 };

/* Digit i of a number written in mixed bases, which are used up one by one. */
static inline uint32_t digit(uint32_t *number, uint32_t base) {
  uint32_t d = *number % base;
  *number /= base;
  return d;
}

/* Parts that go with nearly all others, and would make too many combinations of their own: each number draws
 * some. */
static inline void draw_parts(uint64_t luck, heed_planner_config *c) {
  uint32_t left = (uint32_t)luck;
  c->nodes = (heed_nodes)digit(&left, 3);
  c->sampled_actions = 2 * digit(&left, 2); /* of three */
  c->outcome_widening = digit(&left, 3) == 0 ? 1.5 : 0;
  c->trees = digit(&left, 2) != 0 ? 3 : 1;
  c->cvar = c->trees > 1 && digit(&left, 2) != 0 ? 0.5 : 1;
  c->leaf_batch = 1 + digit(&left, 2); /* 4 above */
  c->rollout =
      heed__leaf_is_rolled_out(c) ? (heed_rollout_policy)digit(&left, 3) : HEED_ROLLOUT_RANDOM;
  c->outcomes = (heed_outcomes)digit(&left, 2);
}

/* The combination of a number; false beyond the last. The first half of the numbers counts through the parts
 * that make a search; the second half does so once more, with others drawn on top. */
static inline bool combination(uint32_t number, heed_planner_config *c) {
  uint64_t luck = heed_mix64(number, 0);
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
  c->ties = luck >> 62 & 1 ? HEED_TIES_LOWEST : HEED_TIES_UNIFORM;
  c->early_stop = luck >> 63 != 0 && c->final == HEED_FINAL_VISITS;
  if (digit(&number, 2) != 0) {
    draw_parts(luck, c);
  }
  return number == 0;
}

/* The rules of planner.h. */
static inline bool goes_together(const heed_planner_config *c) {
  bool draws = c->dynamics_hypotheses == HEED_HYPOTHESES_PER_DECISION ||
               c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION;
  bool mixes = c->share_states || c->outcome_samples > 0;
  bool is_bellman = c->backup == HEED_BACKUP_MAX || c->backup == HEED_BACKUP_SOFT;
  return !(c->complete && (!c->share_states || !is_bellman)) &&
         !(c->rollout != HEED_ROLLOUT_RANDOM && !heed__leaf_is_rolled_out(c)) &&
         !(heed__leaf_is_rolled_out(c) && c->expansion != HEED_EXPAND_ONE) &&
         !(c->selection == HEED_SELECT_UCB1_TUNED && c->backup == HEED_BACKUP_SOFT) &&
         !(c->selection == HEED_SELECT_GUMBEL && c->reuse) &&
         !(c->final == HEED_FINAL_GUMBEL && c->selection != HEED_SELECT_GUMBEL) &&
         !(c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION &&
           (mixes || c->outcome_widening > 0 || c->leaf_batch > 1)) &&
         !(c->outcomes == HEED_OUTCOMES_ENUMERATED &&
           (c->nodes != HEED_NODES_BELIEF || c->outcome_widening > 0 ||
            c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION)) &&
         !(c->nodes != HEED_NODES_BELIEF && (mixes || c->outcome_widening > 0)) &&
         !(c->nodes == HEED_NODES_ACTIONS &&
           (c->reuse || heed__leaf_is_valued(c) || c->rollout != HEED_ROLLOUT_RANDOM)) &&
         !(c->trees > 1 &&
           ((c->final != HEED_FINAL_VALUE && c->final != HEED_FINAL_VISITS) || c->early_stop)) &&
         !(draws && c->reuse);
}

/* A search is a tree or several: the one with a number, and what it decided; NULL beyond the last. */
static inline const heed_planner *tree_of(const heed_planner *planner, uint32_t number,
                                          const heed_decision **decided) {
  const heed_forest *forest = planner->forest;
  if (forest == NULL) {
    return number == 0 ? planner : NULL;
  }
  if (number >= forest->count) {
    return NULL;
  }
  *decided = &forest->decisions[number];
  return forest->trees[number];
}

#endif
