/* planner.h: chooses actions by Monte Carlo tree search through a dynamics model, scored by a reward
 * model. It knows both by their interfaces only. Where actions are a box, it may do without a tree, and
 * draw and judge whole sequences of actions (trajectories.c, proposals.c).
 *
 * A search is put together from parts, each a small file that states its formula and source:
 *
 *   newcomers    what is noted of a new state                  state.c, evaluate.c
 *   simulation   one way down the tree                         simulate.c
 *   selection    which action to try next inside the tree      select.c, tuned.c, puct.c, gumbel.c
 *   actions      which of them are considered in a state      actions.c
 *   expansion    how much of a simulation stays in the tree    simulate.c
 *   chance       what may happen after an action               chance.c, enumerate.c
 *   leaf         what a new state is worth                     leaf.c
 *   backup       how values travel back to the root            backup.c, soft.c
 *   completion   values of ways that no simulation took        complete.c
 *   choice       which action is taken in the end              choose.c
 *   budget       when to stop                                  mcts.c
 *   many         searches that take turns, and threads         many.c
 *   forest       trees that decide together                    forest.c
 *
 * Who chooses in a state is the agent or, in games of two, its adversary, and it may be that not every
 * action is to be had: the dynamics says so (to_move, legal). Values are the agent's, everywhere. Where
 * the adversary chooses, the least is taken in place of the greatest: by selection, backup, completion,
 * choice, and the line that is expected. One planner can thus play both sides.
 *
 * Every imagined transition stays in the tree with its observations, so that a swap of the reward model
 * re-scores the tree that stands, without one call of the dynamics (rescore.c), and the next action
 * already obeys the new reward. Values are functions of what is below them, not sums that grew: the
 * re-scored tree equals, to the last bit, one that was scored so from the start. */
#ifndef HEED_PLANNER_PLANNER_H
#define HEED_PLANNER_PLANNER_H

#include "core/percept.h"
#include "core/progress.h"
#include "core/rng.h"
#include "dynamics/dynamics.h"
#include "reward/reward.h"
#include "value/value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum heed_method {
  HEED_METHOD_TREE, /* Monte Carlo tree search */
  HEED_METHOD_CEM,  /* cross-entropy method: Rubinstein 1999; Chua et al. 2018 */
  HEED_METHOD_ICEM, /* with coloured noise and memory: Pinneri et al. 2020 */
  HEED_METHOD_MPPI  /* model predictive path integrals: Williams et al. 2017 */
} heed_method;

typedef enum heed_selection {
  HEED_SELECT_UCB1,       /* Kocsis and Szepesvari 2006, with values scaled to [0, 1] */
  HEED_SELECT_UNIFORM,    /* every action alike */
  HEED_SELECT_UCB1_TUNED, /* with the variance of returns: Auer, Cesa-Bianchi, Fischer 2002 */
  HEED_SELECT_PUCT,       /* with a prior: Rosin 2011; Schrittwieser et al. 2020 */
  HEED_SELECT_GUMBEL /* sequential halving at the root, improved policy below: Danihelka et al. 2022 */
} heed_selection;

typedef enum heed_expansion {
  HEED_EXPAND_PATH, /* every imagined state down to the horizon (Keller and Helmert 2013) */
  HEED_EXPAND_ONE   /* one new state a simulation (Coulom 2007) */
} heed_expansion;

typedef enum heed_nodes {
  HEED_NODES_BELIEF,  /* states are beliefs: equal beliefs have equal futures */
  HEED_NODES_HISTORY, /* states are what was done and seen; each simulation follows one particle */
  HEED_NODES_ACTIONS /* open loop: states are what was done, and each simulation follows one particle */
} heed_nodes;

typedef enum heed_outcomes {
  HEED_OUTCOMES_SAMPLED, /* what the dynamics answers, as often as it is asked */
  HEED_OUTCOMES_ENUMERATED /* all that can come of an action, with its probability (expectimax: Michie 1966) */
} heed_outcomes;

typedef enum heed_leaf {
  HEED_LEAF_ZERO,    /* nothing more is to be had */
  HEED_LEAF_ROLLOUT, /* the return of a policy (heed_rollout_policy) down to the horizon */
  HEED_LEAF_VALUE,   /* what an evaluator says (value.h), also at the horizon */
  HEED_LEAF_MIXTURE  /* of value and rollout (AlphaGo: Silver et al. 2016) */
} heed_leaf;

typedef enum heed_rollout_policy {
  HEED_ROLLOUT_RANDOM, /* any legal action */
  HEED_ROLLOUT_PRIOR, /* drawn by the prior of an evaluator (AlphaGo's rollout policy: Silver et al. 2016) */
  HEED_ROLLOUT_GREEDY /* the most probable by it, the lowest of several */
} heed_rollout_policy;

typedef enum heed_backup {
  HEED_BACKUP_MAX, /* value of the best action tried, for whoever chooses: a partial Bellman backup (Keller
                      and Helmert 2013) */
  HEED_BACKUP_MEAN,  /* average over all simulations through the state (Kocsis and Szepesvari) */
  HEED_BACKUP_SOFT,  /* best expected return plus entropy of the policy (Xiao et al. 2019) */
  HEED_BACKUP_LAMBDA /* between max and mean: MaxMCTS(lambda) (Khandelwal et al. 2016) */
} heed_backup;

typedef enum heed_final {
  HEED_FINAL_VALUE,  /* highest value */
  HEED_FINAL_LCB,    /* best lower confidence bound */
  HEED_FINAL_VISITS, /* most visited */
  HEED_FINAL_GUMBEL  /* of those that sequential halving left, the best by noise, prior and value */
} heed_final;

typedef enum heed_ties {
  HEED_TIES_LOWEST, /* the lowest action */
  HEED_TIES_UNIFORM /* any within HEED_TIE_WIDTH of the best, with equal probability */
} heed_ties;
#define HEED_TIE_WIDTH 1e-9

typedef enum heed_risk {
  HEED_RISK_MEAN,    /* of the worst: their mean, conditional value at risk */
  HEED_RISK_QUANTILE /* the best of them, the lower quantile */
} heed_risk;

typedef enum heed_hypotheses {
  HEED_HYPOTHESES_MEAN,           /* plan on the posterior mean */
  HEED_HYPOTHESES_PER_DECISION,   /* one draw a decision: Thompson sampling */
  HEED_HYPOTHESES_PER_SIMULATION, /* one draw a simulation: root sampling (Guez et al. 2012) */
  HEED_HYPOTHESES_GIVEN           /* what heed_planner_set_hypotheses said */
} heed_hypotheses;

typedef struct heed_planner_config {
  heed_method method;
  uint32_t simulations; /* budget of a decision: visits of the root, or futures in all, >= 1 */
  double budget_ms;     /* stop after so many milliseconds; 0: never. Not reproducible */
  uint32_t horizon;     /* steps that a search looks ahead, 1 .. 10000 */
  double discount;      /* of the reward one step later, in (0, 1] */
  heed_selection selection;
  double exploration; /* of UCB1 and UCB1-tuned, in units of the range of values, >= 0 */
  double puct_init;   /* c1 of PUCT, weight of the prior, >= 0 */
  double puct_base;   /* c2 of PUCT: after about so many visits the prior's weight grows, >= 1 */
  uint32_t gumbel_actions; /* considered at the root at first, >= 1 */
  double gumbel_visit;     /* c_visit: visits that values weigh like from the beginning, >= 0 */
  /* c_scale: weight of values scaled to [0, 1] against logits, > 0. The paper has 0.1 for Atari, and 1 for
   * Go, which trusts a learned value from the first visit on. */
  double gumbel_scale;
  bool gumbel_noise; /* draw the actions; else take the most probable */
  heed_expansion expansion;
  /* History: simulations start from particles of the belief, and states are told apart by what was seen
   * (POMCP: Silver and Veness 2010; rho-UCT where beliefs are no sets: Veness et al. 2011). Needs
   * share_states=false and outcome_samples=0.
   *
   * Actions: open loop. A plan is a sequence of actions that nothing seen on the way changes, as Bubeck and Munos
   * (2010) plan and Perez et al. (2015) search; an action is worth the mean over all that it led the particles to,
   * and only whether the episode ended is told apart. There is one node for each sequence, so that where chance is
   * wide a budget goes deeper than with one for each outcome; where what is seen should change what is done,
   * values are too low. The steps are not kept: a swap of the reward drops the tree. Needs what history needs,
   * reuse=false, leaves that no evaluator judges, and a world in which every action may be taken. */
  heed_nodes nodes;
  /* Equal beliefs are one state, wherever they come up. Exact, and saves most where many ways lead to
   * one place. */
  bool share_states;
  /* Finish by dynamic programming over all that was imagined: values are then exact for the model as
   * sampled. Needs share_states and backup max. */
  bool complete;
  /* Actions considered in a state; 0: all. Of a box so many are drawn uniformly; of others so many times one
   * is drawn by the prior, and has the share of its draws as its prior (Hubert et al. 2021). */
  uint32_t sampled_actions;
  /* Progressive widening, of boxes: a node that was visited n times considers the first
   * ceil(widening * n^widening_power) of them (Couetoux et al. 2011). 0: all at once. */
  double widening, widening_power;
  /* Double progressive widening: an action that was tried n times in a node asks the dynamics until
   * there are ceil(outcome_widening * n^outcome_power) answers. 0: as often as outcome_samples says. */
  double outcome_widening, outcome_power;
  /* Enumerated: the first visit finds out all that an action can lead to, and how probable each is, by going through
   * the draws of the dynamics; values are then expectations without the luck of samples. Where it draws real
   * numbers, or has too many ways to draw (enumerate.c), it is sampled. Needs nodes=belief and
   * outcome_widening=0. */
  heed_outcomes outcomes;
  /* Ask the dynamics so often what an action does in a state, then draw from its answers (Kearns et al.
   * 2002); once where it draws nothing to answer. 0: ask every time. */
  uint32_t outcome_samples;
  heed_leaf leaf;
  double
      leaf_mixture; /* of leaf mixture: weight of the rollout, 1 less this of the value; in [0, 1] */
  /* What rollouts do. With a prior the evaluator is asked before each step; while it does not speak of the
   * reward in force, they are random. */
  heed_rollout_policy rollout;
  /* Keep the steps of rollouts and their observations: most of the memory of such a search. Else only what
   * a rollout was worth is known, and a swap of the reward drops the tree. */
  bool keep_rollouts;
  heed_backup backup;
  double
      temperature; /* of backup soft: reward per nat of entropy; of mppi: per e-fold of weight; > 0 */
  double lambda;   /* of backup lambda: 0 is max, 1 is mean */
  heed_final final;
  heed_ties ties;
  /* Stop when the simulations that are left cannot change the choice. Needs final visits: a value can
   * still become anything. */
  bool early_stop;
  heed_hypotheses dynamics_hypotheses;
  /* Not per simulation: a reward that nothing inside a search tells apart is its mean. */
  heed_hypotheses reward_hypotheses;
  /* Reward per nat of epistemic uncertainty. Above 0: planning to learn; below: a plan that keeps to what
   * the dynamics knows (Reddy et al. 2019 keep imagined behaviour realistic so); 0: none. */
  double information_weight;
  /* Go on from the tree that stands when it holds what came: after heed_planner_advance below the action,
   * else from its root. With nodes that are histories only from the very belief that the tree was begun from
   * or advanced to: another one would show the same, and mean something else. */
  bool reuse;
  /* Simulations under way at once, 1 .. 64, whose questions the dynamics answers together. More than 1
   * changes the search: those under way count as visits whose value is not known yet (Liu et al. 2020,
   * WU-UCT), so that the next one goes elsewhere. */
  uint32_t leaf_batch;
  /* Root parallelism (Chaslot, Winands, van den Herik 2008): so many trees share the simulations, each with
   * luck and, per decision, hypotheses of its own, and decide together: visits add up, values are the mean by
   * visits or, under hypotheses of their own, the plain mean; with cvar < 1 only the lowest count. The
   * result does not depend on the number of threads. */
  uint32_t trees;
  uint32_t node_capacity; /* nodes there is room for; a full tree ends the search */

  /* Without a tree. Noise is the deviation of an action from the mean in units of half its range. */
  uint32_t iterations; /* populations in a decision, >= 1 */
  uint32_t particles;  /* futures of a candidate, >= 1; its worth is their mean */
  double cvar;         /* or only this share of them counts, the worst, in (0, 1] */
  heed_risk risk;      /* by which number */
  double elites;       /* share of the first population that the next is fitted to, in (0, 1] */
  double elites_kept;  /* share of these that stay, of icem, in [0, 1] */
  double decay;        /* of icem: each population is smaller by this factor, >= 1 */
  double momentum;     /* weight of what was before in each fit, in [0, 1) */
  double noise;        /* at first, > 0 */
  double noise_colour; /* of icem: its power falls with the frequency to so much, >= 0 */
} heed_planner_config;

/* What holds where nothing else is said. */
HEED_API heed_planner_config heed_planner_config_default(void);

/* The search of AlphaZero and MuZero, for planners with an evaluator: PUCT, one new node a simulation in a
 * strict tree, its value for a leaf, averages, the most visited action; 50 simulations, no reuse, ties drawn. */
HEED_API heed_planner_config heed_planner_config_valued(void);

/* Fits a configuration, one of these, to the actions of a world: a box holds no list of them. It is planned
 * in without a tree, by icem, three times as far ahead, because worlds in numbers take short steps; by a
 * tree, which values of an evaluator need, HEED_BOX_ACTIONS are considered in a state. Where actions are
 * discrete nothing changes. */
#define HEED_BOX_ACTIONS 8
HEED_API void heed_planner_config_fit(heed_planner_config *config, const heed_space *action_space);

/* The configuration as named parameters, for command lines and cards: heed_params_parse into a
 * heed_planner_config with this table. */
HEED_API const heed_param *heed_planner_params(size_t *count);

typedef struct heed_planner heed_planner;

/* A planner over two models, which it borrows; `reward` may be NULL when information_weight > 0.
 * Allocates all that it will ever use. Errors: HEED_ERR_ARG for spaces that differ and for parts that do not go
 * together, with the reason; HEED_ERR_NOMEM. */
HEED_API heed_status heed_planner_create(const heed_planner_config *config,
                                         const heed_dynamics *dynamics, const heed_reward *reward,
                                         heed_planner **out, heed_error *err);
HEED_API void heed_planner_destroy(heed_planner *planner);

/* Plans with an evaluator from now on (copied; NULL: none), and drops the tree that stands. It is asked once
 * for each state of the tree that is not terminal: its values are what leaves are worth (leaf value and
 * mixture), its priors what selections puct and gumbel begin with; without one these are uniform.
 *
 * What it says, it says under one reward. While any other than `reward` (compared, not read) is planned for,
 * after a swap that is, it is not asked, and nothing that it said counts: leaves are worth 0, or their rollout,
 * and priors are uniform. NULL: it holds under every reward. Errors: HEED_ERR_ARG when the planner has no use
 * for it, HEED_ERR_NOMEM: the old one stays. */
HEED_API heed_status heed_planner_set_evaluator(heed_planner *planner,
                                                const heed_evaluator *evaluator,
                                                const heed_reward *reward, heed_error *err);

/* Reports to a sink (borrowed, for good; NULL: to none) from now on while a decision is made: simulations, in the
 * root's visits, or populations where there is no tree; of several trees the first speaks for all. Where the sink
 * returns false, the search that speaks ends as if its budget was spent. Planners that plan together, with
 * heed_planner_plan_many, may speak from different threads at once: each needs a sink of its own. */
HEED_API void heed_planner_set_progress(heed_planner *planner, const heed_progress_sink *progress);

/* What was decided and why. The arrays are [action_count], borrowed from the planner, valid until its
 * next call. */
typedef struct heed_decision {
  heed_action action;
  uint32_t chosen;        /* its place in the arrays; of discrete actions, the action */
  double value;           /* of the action: expected discounted return, reward units */
  uint32_t action_count;  /* that were considered; 1, what was decided, without a tree */
  const uint32_t *visits; /* simulations that tried the action */
  const double *values;   /* of each action; NAN for one of which nothing is known, or not legal */
  uint32_t simulations;   /* made for this decision */
  uint64_t predictions;   /* calls of the dynamics made for this decision, rows */
  uint64_t evaluations;   /* of the evaluator, likewise */
  uint32_t nodes;         /* in the tree */
  uint32_t tied;          /* actions that were equally good, this one included */
  heed_ties ties;         /* how one of them was picked */
  bool is_full;           /* the tree filled up before the budget was spent */
  bool is_early;          /* stopped when the choice could not change any more */
} heed_decision;

/* Searches from `belief` and decides. Does not allocate. Errors: HEED_ERR_NUMERIC when a reward is not
 * finite, or what an evaluator says is no value or no prior; HEED_ERR_STATE when leaves are to be valued by
 * an evaluator and there is none. */
HEED_API heed_status heed_planner_plan(heed_planner *planner, const void *belief, heed_rng *rng,
                                       heed_decision *decision, heed_error *err);

/* The same for many planners at once: planners[i] searches from beliefs[i] with rngs[i] and fills
 * decisions[i], all [count]. Each decides as if it had planned alone, to the bit. Up to 64 searches take
 * turns on a thread, their predictions made together, so that waiting for memory is shared and networks see
 * batches; with OpenMP's threads (OMP_NUM_THREADS) groups of planners are searched side by side, and the
 * dynamics, the rewards and the evaluator are then read by several at once. Errors: HEED_ERR_ARG, before
 * anything is planned, when the planners do not share one dynamics model and one evaluator, if any, or one is
 * named twice; of the
 * searches that fail the first one's is reported, and the others' decisions are good. */
HEED_API heed_status heed_planner_plan_many(heed_planner *const *planners,
                                            const void *const *beliefs, heed_rng *rngs,
                                            heed_decision *decisions, size_t count,
                                            heed_error *err);

/* Swaps the reward model (borrowed) and re-scores the tree that stands, or drops it where it holds rollouts
 * whose steps were not kept, or nodes that are sequences of actions. Errors: HEED_ERR_ARG for other
 * spaces, HEED_ERR_NOMEM: the old model stays, the tree is dropped; HEED_ERR_NUMERIC for a score that is
 * not finite: the new model is in, the tree is dropped. */
HEED_API heed_status heed_planner_swap_reward(heed_planner *planner, const heed_reward *reward,
                                              heed_error *err);

/* Decides from the tree that stands, without a simulation. Errors: HEED_ERR_STATE when there is none or
 * not every action of its root has a value. */
HEED_API heed_status heed_planner_decide(heed_planner *planner, heed_rng *rng,
                                         heed_decision *decision, heed_error *err);

/* Makes the state reached by `action` with `belief` the root of the tree that stands. False, and the
 * tree is dropped, when it holds no such state. */
HEED_API bool heed_planner_advance(heed_planner *planner, heed_action action, const void *belief);

/* Drops the tree that stands and all that was imagined: the dynamics has learned. */
HEED_API void heed_planner_reset(heed_planner *planner);

/* Fixes the hypotheses that HEED_HYPOTHESES_GIVEN plans with; borrowed, NULL: the mean. Values of
 * earlier plans are dropped; under a reward's hypothesis what was imagined is kept and scored anew.
 * Errors: HEED_ERR_NUMERIC. */
HEED_API heed_status heed_planner_set_hypotheses(heed_planner *planner,
                                                 const void *dynamics_hypothesis,
                                                 const void *reward_hypothesis, heed_error *err);

/* The line that the plan expects: of sequences of actions the best that was imagined (rng: any of its futures;
 * NULL: the first); of a tree: from the root, the best action by the rule of `final`, and an outcome
 * of it drawn by its frequency (rng) or the most frequent (rng NULL), until the tree ends; where nodes are
 * sequences of actions, one future of the best sequence, imagined anew (rng NULL: the same at each call). `segment` is
 * initialised here and owned by the caller. Errors: HEED_ERR_NOMEM, HEED_ERR_STATE. */
HEED_API heed_status heed_planner_line(const heed_planner *planner, heed_rng *rng,
                                       heed_segment *segment, heed_error *err);

/* A number that two equal trees share: over structure, visits and the bits of all values. */
HEED_API uint64_t heed_planner_signature(const heed_planner *planner);

#ifdef __cplusplus
}
#endif
#endif
