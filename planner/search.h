/* search.h: the state of a planner, shared by the files that a search is put together from. */
#ifndef HEED_PLANNER_SEARCH_H
#define HEED_PLANNER_SEARCH_H

#include <math.h>

#include "planner/planner.h"
#include "planner/tables.h"
#include "planner/tree.h"

/* One step of a simulation: the action tried in a node. */
typedef struct heed_path_step {
  heed_index node;
  uint32_t action;
} heed_path_step;

typedef struct heed_enumerator heed_enumerator;

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

/* Where a simulation is. */
typedef enum heed_phase {
  HEED_PHASE_IN_NODE,             /* it has come to its node, nothing more */
  HEED_PHASE_STEP_ASKED,          /* the last step of its path waits for the dynamics */
  HEED_PHASE_STATE_ASKED,         /* the state that it leads to waits for the evaluator */
  HEED_PHASE_ROOT_DUE,            /* it is to ask what the root is worth */
  HEED_PHASE_ROOT_ASKED,          /* and waits for the answer */
  HEED_PHASE_ROLLOUT_PRIOR_ASKED, /* the next action of its rollout waits for the evaluator */
  HEED_PHASE_ROLLOUT_STEP_ASKED,  /* the next step of the rollout from its node does */
  HEED_PHASE_ROLLOUT_ASKED,       /* the whole of it does */
  HEED_PHASE_OVER
} heed_phase;

/* What a simulation waits for. */
typedef enum heed_asks {
  HEED_ASKS_STEP,    /* the dynamics, what comes of an action */
  HEED_ASKS_ROLLOUT, /* the dynamics, a rollout */
  HEED_ASKS_VALUE,   /* the evaluator, what a state is worth */
  HEED_ASKS_NOTHING  /* it is at its end, and still to be backed up */
} heed_asks;

/* Where a simulation writes what it asks, one of them; or where it finds the answer. */
typedef struct heed_question {
  heed_prediction *step;
  heed_rollout *rollout;
  heed_evaluation *value;
} heed_question;

/* A simulation, which can wait for an answer anywhere on its way (simulate.c). */
typedef struct heed_simulation {
  heed_planner *planner; /* whose it is */
  heed_phase phase;
  bool is_new;     /* its node is */
  bool has_room;   /* the tree was not full */
  heed_index node; /* where it is */
  heed_index
      outcome;     /* of its last step, while the state that it leads to waits for the evaluator */
  uint32_t length; /* of its path */
  heed_path_step *path; /* [horizon] owned */
  /* owned; the belief that is asked for, and, during a rollout or with nodes that are histories, the one
   * before */
  unsigned char *rows[2];
  heed_stride stride;   /* of the particle that it steps itself (heed_planner.strides) */
  heed_steps steps;     /* of its rollout; borrowed from the tree, or owned where none are kept */
  heed_steps own_steps; /* owned, [horizon] where none are kept */
  uint32_t step_count;  /* of its rollout so far */
  uint32_t reserved;    /* steps there is room for */
  double *prior;        /* [action_count] owned where rollouts follow a prior; of its next step */
  heed_rng *rng;        /* borrowed */
  heed_rng own_rng;
  heed_rng asked_with; /* what `rng` was when the last step of its path was asked for */
} heed_simulation;

/* A decision on its way (mcts.c). */
typedef struct heed_course {
  heed_rng *rng;            /* borrowed */
  const void *belief;       /* borrowed; that of the root */
  uint32_t visits;          /* of the root, those of earlier decisions included */
  uint32_t done;            /* simulations made for this decision */
  uint32_t under_way;       /* simulations that have begun */
  uint32_t waiting;         /* of these, for an answer */
  size_t search;            /* its number among many */
  uint32_t next_completion; /* as many that values are completed then */
  uint32_t next_look;       /* at the clock and the progress, likewise */
  double deadline_s;        /* 0: none */
  bool has_begun;           /* the root has been evaluated */
  bool has_room;
  bool is_early;
} heed_course;

/* What a planner does that has no tree of its own: functions of planner.h by the same names, `rescore` the
 * second half of a swap. */
typedef struct heed_substitute {
  heed_status (*plan)(heed_planner *planner, const void *belief, heed_rng *rng,
                      heed_decision *decision, heed_error *err);
  heed_status (*decide)(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                        heed_error *err);
  heed_status (*rescore)(heed_planner *planner, heed_error *err);
  bool (*advance)(heed_planner *planner, heed_action action, const void *belief);
  void (*reset)(heed_planner *planner);
  heed_status (*line)(const heed_planner *planner, heed_rng *rng, heed_segment *segment,
                      heed_error *err);
  uint64_t (*signature)(const heed_planner *planner);
} heed_substitute;

struct heed_planner {
  heed_planner_config config;
  const heed_dynamics *believed;  /* borrowed; whose beliefs are planned from */
  const heed_dynamics *dynamics;  /* borrowed; imagines on from them, or from their particles */
  const heed_reward *reward;      /* borrowed; may be NULL */
  const heed_dynamics_spec *spec; /* of `dynamics` */
  const heed_tables *tables;      /* shared */
  heed_tree tree;
  const heed_substitute *substitute;      /* what is planned with instead of `tree`; NULL: it is */
  struct heed_trajectories *trajectories; /* owned; of trajectories.c, or NULL */
  struct heed_forest *forest;             /* owned; of forest.c, or NULL */
  heed_evaluator evaluator;               /* evaluate is NULL: none */
  const heed_reward *evaluated_for;       /* borrowed; the reward that it speaks of; NULL: any */
  bool judges_states;                     /* it is asked of states, not of rollouts alone */
  bool is_evaluated;                      /* there is one, and it speaks of the reward in force */
  heed_halving halving;
  uint32_t limit; /* depth at which imagination ends: that of the root plus the horizon */
  heed_course course;
  const heed_progress_sink *progress; /* borrowed, or NULL */
  heed_simulation *simulations;       /* [simulation_count] owned; under way at once */
  uint32_t simulation_count;

  /* scratch, owned */
  heed_enumerator *enumerator; /* where outcomes are enumerated, or NULL */
  unsigned char *row;          /* a state's row while it is being made */
  unsigned char *root_belief;  /* of `believed`, that of the root where nodes are histories */
  unsigned char *beliefs;      /* [2][belief_size] where the dynamics rolls out by itself */
  unsigned char *obs;          /* [2][obs_size] before and after a step */
  void *dynamics_hypothesis;   /* [hypothesis_size], or NULL when there is none */
  void *reward_hypothesis;
  void *dynamics_workspace;                             /* for HEED_PREDICT_BATCH rows */
  void *reward_workspace;                               /* for HEED_SCORE_BATCH rows */
  size_t reward_hypothesis_size, reward_workspace_size; /* bytes, at least what the model needs */
  void *evaluator_workspace;                            /* for HEED_PREDICT_BATCH rows */
  size_t evaluator_workspace_size;                      /* bytes, likewise */
  double *values;                                       /* [action_count] what a decision reports */
  uint32_t *visits;                                     /* [action_count] */
  uint32_t *ties;                                       /* [action_count] */
  double *scores;       /* [action_count], and room to read and write HEED_LANES more */
  double *puct_weights; /* [HEED_TABLE_SIZE] heed__puct_weight; or none */

  const void *current_dynamics_hypothesis; /* in force in this simulation; NULL: the mean */
  const void *current_reward_hypothesis;
  uint64_t predictions; /* rows asked of the dynamics for this decision */
  uint64_t evaluations; /* of the evaluator, likewise */
  bool reads_obs;       /* the reward does */
  bool rolls_out;       /* the dynamics does by itself */
  bool strides;         /* simulations step what they follow themselves, and ask nobody */
  bool is_finite;       /* all scores of this decision so far */
  bool is_prior;        /* all priors were probabilities that sum to 1 */
  bool is_value;        /* all values of the evaluator were finite */
  bool is_marked;       /* while a list of planners is looked through (many.c) */
};

/* Steps that are scored in one call when a tree is re-scored, and that the dynamics is asked in one; also
 * states that the evaluator is. */
enum { HEED_SCORE_BATCH = 64, HEED_PREDICT_BATCH = 64 };

/* fmin and fmax are calls into the library; these are one instruction. Where `a` is NaN, they are b. */
static inline double heed__least(double a, double b) {
  return a < b ? a : b;
}
static inline double heed__most(double a, double b) {
  return a > b ? a : b;
}

/* select.c: the action to try in an expanded node. */
uint32_t heed__select(heed_planner *planner, heed_index node, heed_rng *rng);
/* ucb1.c: the action with the highest bound, the lowest of several; HEED_INDEX_NONE when there is one that
 * nothing is known of and that no simulation is under way with. */
uint32_t heed__ucb1(const heed_tree *tree, const heed_node *node, const heed_planner_config *config,
                    const heed_tables *tables);
/* The action with the highest of planner->scores; any of several. */
uint32_t heed__select_best(heed_planner *planner, heed_rng *rng);

/* 1 / the range of values in the tree; 0 when they are all the same. */
static inline double heed__value_scale(const heed_tree *tree) {
  double range = tree->high - tree->low;
  return range > 0 ? 1 / range : 0;
}

/* The lowest value in the tree, as whoever chooses in a node sees it; 0 while there is none. */
static inline double heed__lowest(const heed_tree *tree, const heed_node *node) {
  double lowest = node->side > 0 ? tree->low : -tree->high;
  return tree->low <= tree->high ? lowest : 0;
}

/* The value of an edge in units of the range of all values, above the lowest; 0 where nothing is known. */
static inline double heed__scaled(double value, double lowest, double scale) {
  value = value == -HUGE_VAL ? lowest : value;
  return (value - lowest) * scale;
}

/* Simulations through an edge; one whose value was completed counts as tried once, one that
 * may not be taken never. */
static inline uint32_t heed__visits_of(double value, uint32_t visits) {
  uint32_t least = isnan(value) ? 0U : 1U;
  return visits > 0 ? visits : least;
}
uint32_t heed__total_visits(const heed_tree *tree, heed_edges edges);

/* Does each simulation follow a particle of its own, and not the belief of its node? */
static inline bool heed__follows_particles(const heed_planner_config *config) {
  return config->nodes != HEED_NODES_BELIEF;
}

/* state.c: notes what is to be known of a state that is new to the tree. */
void heed__note_state(heed_planner *planner, heed_index state, const heed_dynamics *model,
                      const void *belief);
/* What a state looks like, decoded if nobody has asked so far. */
void heed__observe_state(const heed_planner *planner, heed_index state, void *obs);
/* Writes what tells it from others to planner->row, where simulations follow particles: what is seen of a belief of
 * `model`, or nothing. */
void heed__write_history(heed_planner *planner, const heed_dynamics *model, const void *belief);

/* evaluate.c: marks a state that is new to the tree as due, or gives it what holds without an evaluator. */
void heed__evaluate_later(heed_planner *planner, heed_index state);
/* Is the evaluator to be asked before anything is done in a state? */
static inline bool heed__evaluation_is_due(const heed_planner *planner, heed_index state) {
  const heed_tree *tree = &planner->tree;
  return planner->judges_states &&
         isnan(tree->has_values ? tree->values[state] : heed__tree_prior(tree, state)[0]);
}
/* Takes from actions that may not be taken what a prior gives them, weighs those that were drawn, and scales
 * the rest to the sum 1; false when nothing is left. */
bool heed__keep_legal(const heed_tree *tree, heed_index state, double *prior);
/* Writes the question for a state; notes the answer. */
void heed__evaluation_ask(const heed_planner *planner, heed_index state, heed_evaluation *question);
void heed__evaluation_note(heed_planner *planner, heed_index state, const heed_evaluation *answer);
/* Evaluates all states anew, or forgets what was said of them: the reward has changed. Errors:
 * HEED_ERR_NUMERIC. */
heed_status heed__evaluate_all(heed_planner *planner, heed_error *err);
/* Were all answers so far values and priors? Errors: HEED_ERR_NUMERIC. */
heed_status heed__check_evaluations(const heed_planner *planner, heed_error *err);

/* gumbel.c: draws the noise of a decision and its candidates; the action to try; the best candidate by
 * noise, prior and value. */
void heed__gumbel_begin(heed_planner *planner, heed_rng *rng);
uint32_t heed__gumbel_select(heed_planner *planner, heed_index node, heed_rng *rng);
/* Writes what final gumbel prefers to planner->scores. */
void heed__gumbel_final(heed_planner *planner, heed_index node);

/* simulate.c: makes a simulation ready; it draws from `rng`. */
void heed__simulation_begin(heed_planner *planner, heed_simulation *sim, heed_rng *rng);
/* Goes on until something is asked: the question is written to one of `next`, and handed back with its answer
 * to the next call. The first call reads no answer. */
heed_asks heed__simulate(heed_planner *planner, heed_simulation *sim, const heed_question *answer,
                         const heed_question *next);
/* Has the simulation ask what the root is worth, before any goes down from it. */
void heed__simulation_at_root(heed_planner *planner, heed_simulation *sim);
/* The belief that a simulation goes on from: of its node, or where states are histories its own, which is that
 * of the latest answer after heed__go_on_from_answer. */
const void *heed__imagined_from(const heed_planner *planner, const heed_simulation *sim);
void heed__go_on_from_answer(heed_simulation *sim);
/* Writes a question: what comes of an action goes to `row`. */
void heed__ask(const heed_planner *planner, heed_simulation *sim, const void *belief,
               heed_action action, void *row, heed_prediction *question);

/* actions.c: writes what is considered in a state that is tried for the first time; considers more in a node
 * that was visited more. */
void heed__draw_actions(heed_planner *planner, heed_index state, heed_rng *rng);
void heed__narrow(heed_planner *planner, heed_index node); /* none, in a node with new edges */
void heed__widen(heed_planner *planner, heed_index node);

/* chance.c: is the outcome to be drawn from the answers so far? Else the dynamics is asked. Several
 * simulations at once have counted their try already. */
static inline bool heed__chance_is_known(const heed_planner *planner, const heed_transition *t,
                                         uint32_t tries) {
  const heed_planner_config *c = &planner->config;
  if (t->is_certain) {
    return true;
  }
  if (c->outcome_widening > 0 && t->samples > 0) {
    double n = tries + (planner->simulation_count > 1 ? 0.0 : 1.0);
    if (t->samples >= ceil(c->outcome_widening * pow(n, c->outcome_power))) {
      return true;
    }
  }
  return c->outcome_samples > 0 && t->samples >= c->outcome_samples;
}
/* Will it be the same outcome for good? */
static inline bool heed__chance_is_settled(const heed_planner *planner, const heed_transition *t) {
  return t->is_certain || (t->is_sole && planner->config.outcome_samples > 0 &&
                           t->samples >= planner->config.outcome_samples);
}
heed_index heed__chance_draw(const heed_tree *tree, const heed_transition *t, heed_rng *rng);
/* What the dynamics answered. */
typedef struct heed_answer {
  const void *belief; /* the next one */
  double channel, information;
  bool is_terminal;
} heed_answer;
/* Adds the state of a row, and the outcome that leads to it, scored by what its states look like. HEED_INDEX_NONE when the
 * tree is full. */
heed_index heed__chance_add(heed_planner *planner, heed_path_step step, heed_transition *t,
                            unsigned char *row, const heed_answer *answer);
/* Writes what a state's row ends with, behind the belief. */
void heed__write_tag(const heed_tree *tree, unsigned char *row, bool is_terminal);
/* Where states are histories: the outcome that shows an observation, or HEED_INDEX_NONE. The first byte tells
 * most apart. */
static inline heed_index heed__chance_seen(const heed_tree *tree, const heed_transition *t,
                                           const unsigned char *obs, bool is_terminal) {
  heed_index i = t->first_outcome;
  for (; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    heed_index state = tree->outcomes[i].state;
    const unsigned char *other = heed__tree_belief(tree, state);
    if (*other == *obs && heed__tree_is_terminal(tree, state) == is_terminal &&
        (tree->obs_size == 1 || memcmp(other, obs, tree->obs_size) == 0)) {
      break;
    }
  }
  return i;
}
/* The dynamics answered with it once more; hands it back. */
static inline heed_index heed__chance_count(heed_tree *tree, heed_transition *t,
                                            heed_index outcome) {
  tree->outcomes[outcome].count++;
  t->samples++;
  return outcome;
}
/* The same of the stride that a simulation took as the last step of its path, whatever it was paid, and if it
 * was never seen before, HEED_INDEX_NONE, too. Returns as the next. */
heed_index heed__chance_strode(heed_planner *planner, const heed_simulation *sim,
                               heed_transition *t, heed_index outcome);
/* Where states are sequences of actions: the outcome that ends the episode, or the one that does not; HEED_INDEX_NONE
 * when it has not come up. */
heed_index heed__chance_end(const heed_tree *tree, const heed_transition *t, bool is_terminal);
/* The outcome that the dynamics answered with. HEED_INDEX_NONE when the tree is full. */
heed_index heed__chance_answered(heed_planner *planner, const heed_simulation *sim,
                                 heed_path_step step, const heed_prediction *p);

/* enumerate.c: finds all outcomes of a step that nobody tried, with their probabilities; or none, where they cannot be
 * listed: then the dynamics is to be asked. */
typedef enum heed_enumeration {
  HEED_ENUMERATION_ALL,
  HEED_ENUMERATION_NONE,
  HEED_ENUMERATION_NO_ROOM
} heed_enumeration;
heed_enumeration heed__enumerate(heed_planner *planner, heed_path_step step);
/* For rows of so many bytes. NULL: no memory. */
heed_enumerator *heed__enumerator_create(size_t row_size);
void heed__enumerator_destroy(heed_enumerator *enumerator); /* accepts NULL */

/* leaf.c: evaluates the node of a simulation, which is new, as a leaf by the configured rule, or asks the
 * dynamics for what it needs; goes on with the answer. */
heed_asks heed__leaf_begin(heed_planner *planner, heed_simulation *sim, const heed_question *next);
heed_asks heed__leaf_go_on(heed_planner *planner, heed_simulation *sim, const heed_question *answer,
                           const heed_question *next);
/* Parts of which a leaf's value is made. */
static inline bool heed__leaf_is_rolled_out(const heed_planner_config *config) {
  return config->leaf == HEED_LEAF_ROLLOUT || config->leaf == HEED_LEAF_MIXTURE;
}
static inline bool heed__leaf_is_valued(const heed_planner_config *config) {
  return config->leaf == HEED_LEAF_VALUE || config->leaf == HEED_LEAF_MIXTURE;
}
/* Do rollouts follow the prior of an evaluator? */
static inline bool heed__rollout_is_led(const heed_planner *planner) {
  return planner->config.rollout != HEED_ROLLOUT_RANDOM && planner->is_evaluated;
}
/* rollout.c: asks what is thought of the actions where `obs` is seen; the action, once that is known. */
heed_asks heed__rollout_ask_prior(const heed_planner *planner, heed_simulation *sim,
                                  const void *belief, const void *obs, const heed_question *next);
heed_action heed__rollout_action(heed_planner *planner, const heed_simulation *sim,
                                 const void *belief);
/* evaluate.c: are these probabilities of actions that sum to 1? Else the decision fails. */
bool heed__is_distribution(const double *prior, uint32_t count);
/* What a node is worth as a leaf, given the steps of its rollout, if any. */
double heed__leaf_value(const heed_planner *planner, const heed_node *node,
                        const heed_steps *steps);

/* backup.c: values as functions of what is below. */
void heed__backup_node(const heed_planner *planner, heed_index index);
/* The edges and nodes of a path, the last step first, each visited once more; widens the range of values. */
void heed__backup_path(heed_planner *planner, const heed_path_step *path, uint32_t length);
/* puct.c: what the prior weighs after so many visits. */
double heed__puct_weight(const heed_planner_config *config, uint32_t total);
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

/* mcts.c: a decision in three parts, so that many can be under way. `next` ends the simulations that were
 * under way, all at the end of their paths, and begins the next ones; false: the budget is spent. `end`
 * decides. */
void heed__plan_begin(heed_planner *planner, const void *belief, heed_rng *rng);
bool heed__plan_next(heed_planner *planner);
size_t heed__root_belief_size(const heed_planner *planner); /* bytes that are kept of it */
heed_status heed__plan_end(heed_planner *planner, heed_decision *decision, heed_error *err);

/* complete.c: gives every state that known transitions reach its node and all nodes their values. False
 * when the tree is full. */
bool heed__complete(heed_planner *planner);

/* risk.c: the worth of values[count], which it may put in order. */
double heed__worst_of(const heed_planner_config *config, double *values, uint32_t count);

/* choose.c: the action that is taken in an expanded node; *tied: how many are as good. May be NULL. */
uint32_t heed__choose(heed_planner *planner, heed_index node, heed_rng *rng, uint32_t *tied);
/* Will the choice at the root be the same after so many more simulations, whatever they find? By visits
 * only. */
bool heed__is_decided(const heed_planner *planner, uint32_t remaining);
/* The lowest of the `count` listed, or any, by the rule for ties. */
uint32_t heed__break_tie(const heed_planner *planner, const uint32_t *actions, uint32_t count,
                         heed_rng *rng);

/* config.c: are the numbers in range, and do the parts go together, and with the dynamics? */
heed_status heed__config_check(const heed_planner_config *config,
                               const heed_dynamics_spec *dynamics, heed_error *err);

/* planner.c: puts a reward model in, with the memory that it needs; unchanged on failure. */
heed_status heed__set_reward(heed_planner *planner, const heed_reward *reward, heed_error *err);
/* Makes a block at least so large; what it held is lost. False: no memory, and it is what it was. */
bool heed__make_room(void **block, size_t *size, size_t needed);
/* Takes the memory that a reward model needs, the trees of a forest included, and changes nothing else: after
 * it heed__set_reward finds all that it asks for. */
heed_status heed__reserve_reward(heed_planner *planner, const heed_reward *reward, heed_error *err);

/* rescore.c: the score of one step, noted when it is not finite; and of all that the tree holds. */
double heed__score(heed_planner *planner, const heed_step *step, double information);
/* Fills in the rewards of the first steps of a rollout from where `obs` was seen, information apart. */
void heed__score_rollout(heed_planner *planner, const void *obs, const heed_steps *steps,
                         uint32_t count);
heed_status heed__rescore(heed_planner *planner, heed_error *err);

#endif
