/* search.h: the state of a planner, shared by the files that a search is put together from. */
#ifndef HEED_PLANNER_SEARCH_H
#define HEED_PLANNER_SEARCH_H

#include <math.h>

#include "planner/planner.h"
#include "planner/tree.h"

/* One step of a simulation: the action tried in a node. */
typedef struct heed_path_step {
  heed_index node;
  uint32_t action;
} heed_path_step;

/* Sequential halving at the root (gumbel.c). */
typedef struct heed_halving {
  heed_index root;      /* the node it is for; HEED_INDEX_NONE: none */
  uint32_t *candidates; /* [action_count] owned; the first `considered` are still in */
  uint32_t considered;
  uint32_t phases;   /* ceil(log2(candidates at first)) */
  uint32_t position; /* next candidate to visit */
  uint32_t rounds;   /* through all of them until one half is dropped, this one included */
  double *noise;     /* [action_count] owned; g(a), standard Gumbel */
} heed_halving;

struct heed_planner {
  heed_planner_config config;
  const heed_dynamics *dynamics; /* borrowed */
  const heed_reward *reward;     /* borrowed; may be NULL */
  const heed_dynamics_spec *spec;
  heed_tree tree;
  struct heed_trajectories *trajectories; /* owned; NULL: there is a tree */
  heed_prior prior;                       /* write is NULL: uniform */
  heed_halving halving;
  uint32_t limit; /* depth at which imagination ends: that of the root plus the horizon */

  /* scratch, owned */
  heed_path_step *path;      /* [horizon] */
  unsigned char *row;        /* a node's row while it is being made */
  unsigned char *belief;     /* a second belief, for rollouts */
  void *dynamics_hypothesis; /* [hypothesis_size], or NULL when there is none */
  void *reward_hypothesis;
  void *dynamics_workspace; /* for one row */
  void *reward_workspace;   /* for HEED_SCORE_BATCH rows */
  double *values;           /* [action_count] what a decision reports */
  uint32_t *visits;         /* [action_count] */
  uint32_t *ties;           /* [action_count] */
  double *scores;           /* [action_count] */

  const void *current_dynamics_hypothesis; /* in force in this simulation; NULL: the mean */
  const void *current_reward_hypothesis;
  uint64_t predictions; /* rows asked of the dynamics for this decision */
  bool is_finite;       /* all scores of this decision so far */
  bool is_prior;        /* all priors were probabilities that sum to 1 */
};

/* Steps that are scored in one call when a tree is re-scored. */
enum { HEED_SCORE_BATCH = 64 };

/* fmin and fmax are calls into the library; these are one instruction. Where `a` is NaN, they are b. */
static inline double heed__least(double a, double b) {
  return a < b ? a : b;
}
static inline double heed__most(double a, double b) {
  return a > b ? a : b;
}

/* select.c: the action to try in an expanded node. */
uint32_t heed__select(heed_planner *planner, heed_index node, heed_rng *rng);
/* The action with the highest of planner->scores; any of several. */
uint32_t heed__select_best(heed_planner *planner, heed_rng *rng);

/* 1 / the range of values in the tree; 0 when they are all the same. */
static inline double heed__value_scale(const heed_tree *tree) {
  double range = tree->high - tree->low;
  return range > 0 ? 1 / range : 0;
}

/* The lowest value in the tree, as whoever chooses in a node sees it. */
static inline double heed__lowest(const heed_tree *tree, const heed_node *node) {
  return node->side > 0 ? tree->low : -tree->high;
}

/* Simulations through an edge; one whose value was completed counts as tried once, one that
 * may not be taken never. */
static inline uint32_t heed__visits_of(const heed_edge *edge) {
  uint32_t least = isnan(edge->value) ? 0U : 1U;
  return edge->visits > 0 ? edge->visits : least;
}
uint32_t heed__total_visits(const heed_tree *tree, const heed_edge *edges);

/* state.c: notes what is to be known of a state that is new to the tree. */
void heed__note_state(heed_planner *planner, heed_index state);

/* prior.c: asks for the prior of a state that is new to the tree, if the selection knows one. */
void heed__prior_write(heed_planner *planner, heed_index state);

/* gumbel.c: draws the noise of a decision and its candidates; the action to try; the best candidate by
 * noise, prior and value. */
void heed__gumbel_begin(heed_planner *planner, heed_rng *rng);
uint32_t heed__gumbel_select(heed_planner *planner, heed_index node, heed_rng *rng);
/* Writes what final gumbel prefers to planner->scores. */
void heed__gumbel_final(heed_planner *planner, heed_index node);

/* chance.c: the outcome of an action in a state, asked of the dynamics or drawn from its answers.
 * HEED_INDEX_NONE when the tree is full. */
heed_index heed__chance(heed_planner *planner, heed_index state, uint32_t action, heed_rng *rng);

/* mcts.c: one call of the dynamics. */
void heed__predict(heed_planner *planner, heed_prediction *prediction);

/* leaf.c: evaluates a node as a leaf by the configured rule; once a node. */
void heed__leaf_evaluate(heed_planner *planner, heed_index node, heed_rng *rng);
/* The return of a stored rollout, first step first. */
double heed__rollout_return(const heed_planner *planner, const heed_node *node);

/* backup.c: the value of an edge and of a node as functions of what is below. */
void heed__backup_edge(const heed_planner *planner, heed_index index, uint32_t action);
void heed__backup_node(const heed_planner *planner, heed_index index);
/* puct.c and tuned.c: the same by one rule; tuned: every action has a value. */
uint32_t heed__puct(heed_planner *planner, heed_index node, heed_rng *rng);
uint32_t heed__ucb1_tuned(heed_planner *planner, heed_index node, heed_rng *rng);

/* tuned.c: the mean square of returns of an edge and of a node, where selection asks for variances. */
void heed__moment_edge(const heed_planner *planner, heed_index index, uint32_t action);
void heed__moment_node(const heed_planner *planner, heed_index index);
/* The variance of the returns of an edge that has a value. */
double heed__variance(const heed_tree *tree, heed_index node, uint32_t action);

/* soft.c: the soft maximum of the known actions of an expanded node, `best` being the highest value;
 * `best` itself when none is known. */
double heed__soft_max(const heed_tree *tree, const heed_node *node, double best,
                      double temperature);
/* All values below the root, deepest first, and the range of them. */
void heed__backup_tree(heed_planner *planner);

/* complete.c: gives every state that known transitions reach its node and all nodes their values. False
 * when the tree is full. */
bool heed__complete(heed_planner *planner);

/* choose.c: the action that is taken in an expanded node; *tied: how many are as good. May be NULL. */
uint32_t heed__choose(heed_planner *planner, heed_index node, heed_rng *rng, uint32_t *tied);
/* Will the choice at the root be the same after so many more simulations, whatever they find? By visits
 * only. */
bool heed__is_decided(const heed_planner *planner, uint32_t remaining);
/* The lowest of the `count` listed, or any, by the rule for ties. */
uint32_t heed__break_tie(const heed_planner *planner, const uint32_t *actions, uint32_t count,
                         heed_rng *rng);

/* planner.c: puts a reward model in, with the memory that it needs; unchanged on failure. */
heed_status heed__set_reward(heed_planner *planner, const heed_reward *reward, heed_error *err);

/* rescore.c: the score of one step, noted when it is not finite; and of all that the tree holds. */
double heed__score(heed_planner *planner, const heed_step *step, double information);
heed_status heed__rescore(heed_planner *planner, heed_error *err);

#endif
