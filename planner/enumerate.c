/* enumerate.c: all that can come of an action, at once.
 *
 * Where a model draws among finitely many values, a tape (core/tape.h) goes through every way in which they can
 * fall. So a transition that is tried for the first time gets all its outcomes, each with its probability
 *
 *     P(o | s, a) = sum of the probabilities of the ways to draw that end in o,
 *
 * and its value is an expectation, free of the luck of samples: chance nodes as those of expectimax (Michie 1966,
 * Game-playing and game-learning automata), or AO* with its full successors. Simulations draw among them.
 *
 * Ways to draw multiply. A model that draws real numbers, or has more ways than WAYS_MAX or more outcomes than
 * OUTCOMES_MAX for an action, answers by samples there, as chance.c says. */
#include <stdlib.h>
#include <string.h>

#include "planner/search.h"

enum { OUTCOMES_MAX = 128, WAYS_MAX = 1024, DRAWS_MAX = 64 };

/* What came of one way to draw or more. */
typedef struct way {
  double probability, channel, information;
  bool is_terminal;
} way;

struct heed_enumerator {
  heed_tape tape;
  heed_rng rng;
  size_t row_size;
  uint32_t count; /* different outcomes found so far */
  way ways[OUTCOMES_MAX];
  unsigned char *
      rows; /* [OUTCOMES_MAX + 1][row_size] owned; of each, and of the way that is being looked at */
};

heed_enumerator *heed__enumerator_create(size_t row_size) {
  heed_enumerator *e = calloc(1, sizeof *e);
  if (e == NULL) {
    return NULL;
  }
  e->row_size = (row_size + 7) & ~(size_t)7;
  e->rows = calloc(OUTCOMES_MAX + 1, e->row_size);
  heed_tape_init(&e->tape, HEED_TAPE_ENUMERATE);
  heed_rng_init(&e->rng, HEED_DEFAULT_SEED);
  e->rng.tape = &e->tape;
  if (e->rows == NULL || heed_tape_reserve(&e->tape, DRAWS_MAX, NULL) != HEED_OK) {
    heed__enumerator_destroy(e);
    return NULL;
  }
  return e;
}

void heed__enumerator_destroy(heed_enumerator *e) {
  if (e != NULL) {
    heed_tape_deinit(&e->tape);
    free(e->rows);
    free(e);
  }
}

static unsigned char *row_of(const heed_enumerator *e, uint32_t i) {
  return e->rows + i * e->row_size;
}

/* Adds the way that was looked at to those that ended alike. False when there are too many outcomes. */
static bool gather(heed_enumerator *e, const heed_tree *tree, const way *found) {
  const unsigned char *row = row_of(e, e->count);
  size_t size = tree->states.row_size;
  for (uint32_t i = 0; i < e->count; i++) {
    way *w = &e->ways[i];
    if (w->channel == found->channel && w->information == found->information &&
        memcmp(row_of(e, i), row, size) == 0) {
      w->probability += found->probability;
      return true;
    }
  }
  if (e->count == OUTCOMES_MAX) {
    return false;
  }
  e->ways[e->count++] = *found;
  return true;
}

/* The number of ways to draw, as far as the first of them tells. */
static double ways_like(const heed_tape *tape) {
  double ways = 1;
  for (size_t i = 0; i < tape->count; i++) {
    ways *= tape->draws[i].choices;
  }
  return ways;
}

/* Goes through all ways to draw; false: there are too many, or they cannot be told. */
static bool look_at_all(heed_planner *planner, const void *belief, heed_action action) {
  heed_enumerator *e = planner->enumerator;
  heed_tree *tree = &planner->tree;
  uint32_t looked = 0;
  e->count = 0;
  heed_tape_clear(&e->tape);
  do {
    unsigned char *row = row_of(e, e->count);
    heed_prediction p = {.belief = belief,
                         .action = action,
                         .hypothesis = planner->current_dynamics_hypothesis,
                         .rng = &e->rng,
                         .wants_uncertainty = planner->config.information_weight != 0,
                         .next_belief = row};
    heed_dynamics_predict(planner->dynamics, &p, 1, planner->dynamics_workspace);
    planner->predictions++;
    if (e->tape.mismatch || ++looked > WAYS_MAX || ways_like(&e->tape) > WAYS_MAX) {
      return false;
    }
    way found = {heed_tape_probability(&e->tape), p.reward, p.uncertainty, p.is_terminal};
    heed__write_tag(tree, row, p.is_terminal);
    if (found.probability > 0 && !gather(e, tree, &found)) {
      return false;
    }
  } while (heed_tape_next_play(&e->tape));
  return e->count > 0;
}

heed_enumeration heed__enumerate(heed_planner *planner, heed_path_step step) {
  heed_tree *tree = &planner->tree;
  heed_index state = tree->nodes[step.node].state;
  if (!look_at_all(planner, heed__tree_belief(tree, state),
                   heed__tree_action(tree, state, step.action))) {
    return HEED_ENUMERATION_NONE;
  }
  const heed_enumerator *e = planner->enumerator;
  if (tree->node_capacity - tree->states.count < e->count ||
      tree->outcome_capacity - tree->outcome_count < e->count) {
    return HEED_ENUMERATION_NO_ROOM;
  }
  heed_transition *t = heed__tree_transition_at(tree, step.node, step.action);
  for (uint32_t i = 0; i < e->count; i++) {
    const way *w = &e->ways[i];
    heed_answer answer = {row_of(e, i), w->channel, w->information, w->is_terminal};
    heed_index o = heed__chance_add(planner, step, t, row_of(e, i), &answer);
    tree->weights[o] = w->probability;
  }
  t->is_certain = true;
  return HEED_ENUMERATION_ALL;
}
