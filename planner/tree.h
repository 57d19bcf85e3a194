/* tree.h: what a search knows: states with the transitions imagined from them, and nodes, which are
 * states at a depth, with values and visits.
 *
 *   state (a belief)                      node (a state at a depth)
 *     transition (an action)                edge (an action): visits, value
 *       outcome: next state, how often,       the outcomes of the state's transition lead
 *                reward                       to nodes one step deeper
 *
 * A transition is imagined once for all depths, and scored once. With `share_states` two ways to the same
 * belief lead to the same state, so that the tree is an acyclic graph, layer by layer; without, every
 * visit to a new place makes a new state, and it is a tree in the strict sense.
 *
 * Flat arrays, indices instead of pointers; all memory is taken when the tree is created. What nothing was
 * tried in yet owns neither edges nor transitions: most of a large tree are leaves. A million nodes of four
 * actions take 40 MB and 64 bytes for each that something was tried in.
 *
 * Values are functions of what lies below (backup.c), so a pass from the deepest nodes to the root gives
 * the same bits whether rewards were known from the start or replaced. */
#ifndef HEED_PLANNER_TREE_H
#define HEED_PLANNER_TREE_H

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/intern.h"
#include "core/lanes.h"
#include "core/space.h"

typedef uint32_t heed_index;
#define HEED_INDEX_NONE UINT32_MAX

/* What a row of a state ends with, after the belief. */
typedef struct heed_state_tag {
  uint32_t is_terminal;
  uint32_t zero;
} heed_state_tag;

/* What an action does in a state, as far as the dynamics was asked. */
typedef struct heed_transition {
  heed_index first_outcome; /* in the order in which they came up */
  uint32_t samples : 30;    /* answers of the dynamics: sum of the outcomes' counts */
  uint32_t is_sole : 1;     /* there is one outcome */
  uint32_t
      is_certain : 1; /* there is no other outcome: nothing was drawn, or all were enumerated */
} heed_transition;

typedef struct heed_tree_outcome {
  heed_index state; /* where it leads */
  heed_index next;  /* next outcome of the same transition */
  uint32_t count;   /* how often the dynamics answered so */
  heed_index
      child;      /* in a strict tree, the node where it leads, HEED_INDEX_NONE until it is made */
  double reward;  /* score of the step, information included */
  double channel; /* imagined reward channel */
  double information; /* nats of uncertainty about this step */
} heed_tree_outcome;

/* `side` is 1 where the agent chooses, -1 where its adversary does, who wants what the agent does not.
 * Times `side`, a value of the agent's is one of whoever chooses, who always wants the highest. */
typedef struct heed_node {
  double value; /* expected discounted return from here on; the agent's, as leaf_value is */
  double leaf_value;
  heed_index state;
  uint32_t visits;
  heed_index first_rollout;    /* steps of the rollout that evaluated the leaf */
  uint32_t rollout_count : 14; /* at most the horizon */
  uint32_t depth : 15;         /* steps from where the tree began */
  uint32_t leaf_visits : 1;    /* simulations that ended here as in a leaf */
  int32_t side : 2;
} heed_node;
#define HEED_DEPTH_MAX 32767

/* Where nodes are: that of state s at depth d, if there is one, is at[s * window + d % window]. An entry
 * counts only if the node it names is of that state and depth, so that nothing need be cleared. The
 * window holds the depths of one search, root to horizon; in a strict tree a state has one depth. */
typedef struct heed_places {
  uint32_t count; /* nodes */
  uint32_t window;
  heed_index *at; /* [node_capacity][window] */
} heed_places;

/* The edges of a node, by action. They lie in one piece, values first, so that a search that comes to a node
 * waits for memory once. */
typedef struct heed_edges {
  /* Expected discounted return of the action, times the node's side; -INFINITY: nothing is known of it;
   * NAN: it may not be taken here, and compares with nothing. */
  double *values;
  uint32_t *visits; /* simulations through the edge */
  /* Where the action leads when that is settled: the dynamics gave one outcome, and is asked no more.
   * Else HEED_INDEX_NONE. */
  heed_index *children;
} heed_edges;
enum { HEED_EDGE_BYTES = sizeof(double) + sizeof(uint32_t) + sizeof(heed_index) };

/* Steps of rollouts, kept because a swap must be able to score them again; an array for each quantity. */
typedef struct heed_steps {
  int32_t *actions; /* of discrete ones */
  float *numbers;   /* [..][action_dims] of a box */
  double *channel;
  double *information; /* or NULL: none is worth anything */
  double *rewards;
  unsigned char *obs; /* [..][obs_size] after each step */
} heed_steps;

/* What the capacity of a tree costs (design.md, section 6): grow them with care. */
static_assert(sizeof(heed_node) == 32, "bytes of a node");
static_assert(HEED_EDGE_BYTES == 16, "bytes of an edge");
static_assert(sizeof(heed_transition) == 8, "bytes of a transition");
static_assert(sizeof(heed_tree_outcome) == 40, "bytes of an outcome");

typedef struct heed_tree {
  uint32_t action_count, horizon; /* action_count: those considered in a state */
  uint32_t action_dims;           /* numbers of an action of a box; 0: actions are discrete */
  size_t belief_size, obs_size;
  uint32_t node_capacity, edge_capacity, outcome_capacity, rollout_capacity, depth_capacity;
  bool share_states;
  bool has_priors;      /* of states */
  bool has_corrections; /* of priors: actions were drawn by them */
  bool has_values;      /* of states */
  bool has_weights;     /* of outcomes: they may be enumerated */
  bool has_moments;     /* of edges and nodes */
  bool has_information; /* of steps of rollouts */
  bool has_obs;         /* observations of states are decoded */
  bool has_legal;       /* not every action may be taken everywhere */
  bool has_sides;       /* an adversary chooses in some states */

  heed_arena arena;             /* owns the arrays below */
  heed_intern states;           /* row of state i: belief, then heed_state_tag */
  unsigned char *obs;           /* [node_capacity][obs_size] decoded observation of each state */
  heed_index *first_transition; /* [node_capacity] of states, HEED_INDEX_NONE until tried */
  heed_transition *transitions; /* [edge_capacity] blocks of action_count */
  float *actions;               /* [edge_capacity][action_dims] of each transition */
  uint32_t transition_count;
  heed_tree_outcome *outcomes;
  uint32_t outcome_count;
  double *
      weights; /* [outcome_capacity] probability of each that was enumerated with others, or none */
  double *priors; /* [node_capacity][action_count] of each state, or none */
  /* [node_capacity][action_count] of each state that was tried, or none: draws of an action by what the prior
   * was then (actions.c) */
  double *corrections;
  double *values; /* [node_capacity] what an evaluator thinks of each state, or none */
  bool *legal;    /* [node_capacity][action_count] of each state, or none: all actions are */
  int8_t *sides;  /* [node_capacity] of each state, or none: the agent's */

  heed_places places;
  heed_node *nodes;
  /* [node_capacity] block of action_count edges of each node; HEED_INDEX_NONE until expanded. Apart from
   * the nodes, because it is asked for before them. */
  heed_index *first_edge;
  unsigned char *edges; /* [edge_capacity][HEED_EDGE_BYTES], and room to read HEED_LANES more */
  uint32_t edge_count;
  heed_index *at_depth;      /* [depth_capacity] first node of each depth, with shared states */
  heed_index *next_at_depth; /* [node_capacity] next node of the same depth, likewise */
  uint32_t deepest;          /* largest depth of a node */
  double *below;        /* [node_capacity] of states, with shared states: scratch of backup.c */
  double *edge_moments; /* [edge_capacity] mean square of the return, or none */
  double *node_moments; /* [node_capacity] */
  heed_steps rollouts;  /* [rollout_capacity] */
  uint32_t rollout_count;

  heed_index root;  /* HEED_INDEX_NONE: there are no nodes */
  double low, high; /* range of the values of the edges below the root, as the agent sees them */
} heed_tree;

/* Takes all memory for the sizes and capacities set in `tree`, whose other fields are zero. Errors:
 * HEED_ERR_NOMEM. deinit accepts it half made. */
heed_status heed__tree_init(heed_tree *tree, heed_error *err);
void heed__tree_deinit(heed_tree *tree);

/* Forgets the nodes; or the states and what was imagined as well. */
void heed__tree_clear_nodes(heed_tree *tree);
void heed__tree_clear(heed_tree *tree);

static inline const unsigned char *heed__tree_belief(const heed_tree *tree, heed_index state) {
  return heed_intern_row(&tree->states, state);
}
static inline bool heed__tree_is_terminal(const heed_tree *tree, heed_index state) {
  const unsigned char *tag = heed__tree_belief(tree, state) + tree->belief_size;
  return ((const heed_state_tag *)(const void *)tag)->is_terminal != 0;
}
static inline unsigned char *heed__tree_obs(const heed_tree *tree, heed_index state) {
  return tree->obs + (size_t)state * tree->obs_size;
}
/* Was anything ever tried in a state? Then it has transitions, imagined or not. */
static inline bool heed__tree_is_tried(const heed_tree *tree, heed_index state) {
  return tree->first_transition[state] != HEED_INDEX_NONE;
}
static inline heed_transition *heed__tree_transition(const heed_tree *tree, heed_index state,
                                                     uint32_t action) {
  assert(heed__tree_is_tried(tree, state));
  return &tree->transitions[tree->first_transition[state] + action];
}
/* The same of an expanded node. In a strict tree edges and transitions come together. */
static inline heed_transition *heed__tree_transition_at(const heed_tree *tree, heed_index node,
                                                        uint32_t action) {
  heed_index first =
      tree->share_states ? tree->first_transition[tree->nodes[node].state] : tree->first_edge[node];
  return &tree->transitions[first + action];
}
/* The action of a place among those considered in a state that was tried. */
static inline heed_action heed__tree_action(const heed_tree *tree, heed_index state,
                                            uint32_t action) {
  heed_action a = {.index = (int32_t)action};
  if (tree->action_dims > 0) {
    a = (heed_action){.value = {0}};
    size_t at = (size_t)(tree->first_transition[state] + action) * tree->action_dims;
    memcpy(a.value, tree->actions + at, tree->action_dims * sizeof(float));
  }
  return a;
}
/* Those of the block that begins at edge `first`. */
static inline heed_edges heed__edges_from(const heed_tree *tree, heed_index first) {
  unsigned char *block = tree->edges + (size_t)first * HEED_EDGE_BYTES;
  size_t count = tree->action_count;
  return (heed_edges){
      .values = (double *)(void *)block,
      .visits = (uint32_t *)(void *)(block + count * sizeof(double)),
      .children = (heed_index *)(void *)(block + count * (sizeof(double) + sizeof(uint32_t)))};
}
static inline heed_edges heed__edges_of(const heed_tree *tree, const heed_node *node) {
  return heed__edges_from(tree, tree->first_edge[node - tree->nodes]);
}
/* Those of an expanded node, by action. */
static inline heed_edges heed__tree_edges(const heed_tree *tree, heed_index node) {
  return heed__edges_from(tree, tree->first_edge[node]);
}
/* The kept steps of rollouts from `first` on. */
static inline heed_steps heed__tree_rollout(const heed_tree *tree, heed_index first) {
  const heed_steps *kept = &tree->rollouts;
  return (heed_steps){.actions = kept->actions + first,
                      .numbers = kept->numbers + (size_t)first * tree->action_dims,
                      .channel = kept->channel + first,
                      .information = kept->information != NULL ? kept->information + first : NULL,
                      .rewards = kept->rewards + first,
                      .obs = kept->obs + first * tree->obs_size};
}
/* Writes the action of a step; in place, as rollouts have many. */
static inline void heed__steps_action(const heed_steps *steps, uint32_t i, uint32_t action_dims,
                                      heed_action *action) {
  memset(action, 0, sizeof *action);
  if (action_dims == 0) {
    action->index = steps->actions[i];
  } else {
    memcpy(action->value, steps->numbers + (size_t)i * action_dims, action_dims * sizeof(float));
  }
}
static inline double *heed__tree_prior(const heed_tree *tree, heed_index state) {
  return &tree->priors[(size_t)state * tree->action_count];
}
static inline double *heed__tree_corrections(const heed_tree *tree, heed_index state) {
  return &tree->corrections[(size_t)state * tree->action_count];
}
static inline bool *heed__tree_legal(const heed_tree *tree, heed_index state) {
  return &tree->legal[(size_t)state * tree->action_count];
}
static inline bool heed__tree_is_expanded(const heed_tree *tree, heed_index node) {
  return tree->first_edge[node] != HEED_INDEX_NONE;
}

/* The state of a row (belief and tag): an equal one when states are shared, else a new one, whose
 * observation is still to be written. *is_new says which. HEED_INDEX_NONE when the tree is full. */
heed_index heed__tree_add_state(heed_tree *tree, const void *row, bool *is_new);

/* The outcome of a transition that leads to a state with this row, or HEED_INDEX_NONE. */
heed_index heed__tree_find_outcome(const heed_tree *tree, const heed_transition *transition,
                                   const void *row);

/* Were all outcomes of a transition listed, several of them? Then they have weights. */
static inline bool heed__tree_is_enumerated(const heed_transition *t) {
  return t->is_certain && !t->is_sole;
}
/* What an outcome weighs among those of its transition, and all of them together: how often the dynamics answered so, or
 * its probability. */
static inline double heed__tree_weight(const heed_tree *tree, const heed_transition *t,
                                       heed_index outcome) {
  return heed__tree_is_enumerated(t) ? tree->weights[outcome] : tree->outcomes[outcome].count;
}
static inline double heed__tree_weight_sum(const heed_transition *t) {
  return heed__tree_is_enumerated(t) ? 1 : t->samples;
}

/* Appends an outcome to a transition. HEED_INDEX_NONE when the tree is full. */
heed_index heed__tree_add_outcome(heed_tree *tree, heed_transition *transition, heed_index state);

/* The node of a state at a depth, or HEED_INDEX_NONE: when there is none, or (add) when the tree is
 * full. *is_new says whether it was made. */
heed_index heed__tree_find_node(const heed_tree *tree, heed_index state, uint32_t depth);
heed_index heed__tree_add_node(heed_tree *tree, heed_index state, uint32_t depth, bool *is_new);

/* The node that an outcome leads to, one step deeper than `depth`; else as above. In a strict tree the outcome
 * names it: the state has no other, and what is forgotten is forgotten together. */
static inline heed_index heed__tree_child(const heed_tree *tree, const heed_tree_outcome *o,
                                          uint32_t depth) {
  return tree->share_states ? heed__tree_find_node(tree, o->state, depth + 1) : o->child;
}
static inline heed_index heed__tree_add_child(heed_tree *tree, heed_tree_outcome *o, uint32_t depth,
                                              bool *is_new) {
  *is_new = false;
  if (tree->share_states || o->child == HEED_INDEX_NONE) {
    o->child = heed__tree_add_node(tree, o->state, depth + 1, is_new);
  }
  return o->child;
}

/* Gives a state its transitions, none of them imagined, if it has none; what they are of (heed_tree.actions) is
 * still to be written. False when the tree is full. */
bool heed__tree_try(heed_tree *tree, heed_index state);

/* Gives a node its edges, and its state transitions. False when the tree is full. */
bool heed__tree_expand(heed_tree *tree, heed_index node);

#endif
