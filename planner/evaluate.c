/* evaluate.c: what is thought of a state before any search: a prior over its actions and a value, by an
 * evaluator, or uniform and 0.
 *
 * Both belong to a state, not to a depth: the evaluator is asked once, when the state comes into the tree and
 * before a simulation goes on to it. Until then the state is due, which NAN says in place of its value (or,
 * in trees without values, its first prior). */
#include <math.h>
#include <stdlib.h>

#include "planner/forest.h"
#include "planner/search.h"

/* How far a sum of probabilities may be from 1: that of single precision over many actions. */
#define PRIOR_TOLERANCE 1e-4

bool heed__is_distribution(const double *prior, uint32_t count) {
  double sum = 0;
  for (uint32_t a = 0; a < count; a++) {
    if (!(prior[a] >= 0)) {
      return false;
    }
    sum += prior[a];
  }
  return fabs(sum - 1) <= PRIOR_TOLERANCE;
}

bool heed__keep_legal(const heed_tree *tree, heed_index state, double *prior) {
  bool is_drawn = tree->has_corrections && heed__tree_is_tried(tree, state);
  double sum = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    prior[a] = heed__tree_legal(tree, state)[a] ? prior[a] : 0;
    prior[a] *= is_drawn ? heed__tree_corrections(tree, state)[a] : 1;
    sum += prior[a];
  }
  for (uint32_t a = 0; sum > 0 && a < tree->action_count; a++) {
    prior[a] /= sum;
  }
  return sum > 0;
}

static void write_uniform(const heed_tree *tree, heed_index state) {
  double *prior = heed__tree_prior(tree, state);
  for (uint32_t a = 0; a < tree->action_count; a++) {
    prior[a] = 1.0 / tree->action_count;
  }
  if (tree->has_legal) {
    (void)heed__keep_legal(tree, state, prior);
  }
}

/* Priors of policies are over discrete actions; those drawn from a box are alike. */
static bool wants_prior(const heed_tree *tree) {
  return tree->has_priors && tree->action_dims == 0;
}

/* Is there anything that states are asked for? */
static bool judges_states(const heed_planner *planner) {
  return wants_prior(&planner->tree) || planner->tree.has_values;
}

/* The evaluator is heard from now on, or is not. */
static void note_hearing(heed_planner *planner, bool is_heard) {
  planner->is_evaluated = is_heard;
  planner->judges_states = is_heard && judges_states(planner);
}

void heed__evaluate_later(heed_planner *planner, heed_index state) {
  heed_tree *tree = &planner->tree;
  bool is_due = planner->judges_states && !heed__tree_is_terminal(tree, state);
  if (tree->has_priors) {
    write_uniform(tree, state);
    heed__tree_prior(tree, state)[0] =
        is_due && !tree->has_values ? (double)NAN : heed__tree_prior(tree, state)[0];
  }
  if (tree->has_values) {
    tree->values[state] = is_due ? (double)NAN : 0;
  }
}

void heed__evaluation_ask(const heed_planner *planner, heed_index state,
                          heed_evaluation *question) {
  const heed_tree *tree = &planner->tree;
  bool is_belief = planner->config.nodes == HEED_NODES_BELIEF;
  *question = (heed_evaluation){.belief = is_belief ? heed__tree_belief(tree, state) : NULL,
                                .obs = heed__tree_obs(tree, state),
                                .action_count = tree->action_count,
                                .prior = wants_prior(tree) ? heed__tree_prior(tree, state) : NULL};
}

void heed__evaluation_note(heed_planner *planner, heed_index state, const heed_evaluation *answer) {
  heed_tree *tree = &planner->tree;
  if (tree->has_values) {
    bool is_fine = isfinite(answer->value);
    planner->is_value = planner->is_value && is_fine;
    tree->values[state] = is_fine ? answer->value : 0;
  }
  if (answer->prior != NULL) {
    /* if it is none, the decision fails; until then, something to go on with */
    bool is_fine = heed__is_distribution(answer->prior, tree->action_count);
    planner->is_prior = planner->is_prior && is_fine;
    if (!is_fine || (tree->has_legal && !heed__keep_legal(tree, state, answer->prior))) {
      write_uniform(tree, state);
    }
  }
}

heed_status heed__check_evaluations(const heed_planner *planner, heed_error *err) {
  if (!planner->is_prior) {
    return heed_fail(err, HEED_ERR_NUMERIC, "a prior is negative, not finite, or sums not to 1");
  }
  return planner->is_value
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NUMERIC, "a value of the evaluator is not finite");
}

heed_status heed__evaluate_all(heed_planner *planner, heed_error *err) {
  heed_tree *tree = &planner->tree;
  if (planner->evaluated_for == NULL) {
    return HEED_OK; /* there is none, or what it said holds under every reward */
  }
  planner->is_prior = true;
  planner->is_value = true;
  note_hearing(planner, planner->evaluated_for == planner->reward);
  heed_evaluation batch[HEED_PREDICT_BATCH];
  heed_index states[HEED_PREDICT_BATCH];
  uint32_t count = 0;
  for (heed_index s = 0; s < tree->states.count; s++) {
    heed__evaluate_later(planner, s);
    if (planner->judges_states && !heed__tree_is_terminal(tree, s)) {
      states[count] = s;
      heed__evaluation_ask(planner, s, &batch[count++]);
    }
    if (count == HEED_PREDICT_BATCH || (count > 0 && s + 1 == tree->states.count)) {
      planner->evaluator.evaluate(planner->evaluator.self, batch, count,
                                  planner->evaluator_workspace);
      for (uint32_t i = 0; i < count; i++) {
        heed__evaluation_note(planner, states[i], &batch[i]);
      }
      count = 0;
    }
  }
  return heed__check_evaluations(planner, err);
}

/* Has the planner any use for what an evaluator says? */
static heed_status check_use(const heed_planner *planner, const heed_evaluator *evaluator,
                             heed_error *err) {
  bool is_used = judges_states(planner) || planner->config.rollout != HEED_ROLLOUT_RANDOM;
  if (evaluator != NULL && planner->config.nodes == HEED_NODES_ACTIONS) {
    return heed_fail(err, HEED_ERR_ARG,
                     "nodes=actions has no use for an evaluator: it judges what is seen, and a "
                     "sequence of actions has no such thing");
  }
  if (evaluator != NULL && !is_used) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "an evaluator needs leaf=value or leaf=mixture, or, for its priors, discrete "
        "actions and selection=puct or selection=gumbel or rollout=prior or rollout=greedy: "
        "nothing else asks it");
  }
  return HEED_OK;
}

/* Room for what an evaluator works with. */
static heed_status reserve(heed_planner *planner, const heed_evaluator *evaluator,
                           heed_error *err) {
  bool needs_scratch = evaluator != NULL && evaluator->workspace_size != NULL;
  size_t size = needs_scratch ? evaluator->workspace_size(evaluator->self, HEED_PREDICT_BATCH) : 0;
  return heed__make_room(&planner->evaluator_workspace, &planner->evaluator_workspace_size, size)
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NOMEM, "planner: no memory for the evaluator");
}

static void hear(heed_planner *planner, const heed_evaluator *evaluator,
                 const heed_reward *reward) {
  planner->evaluator = evaluator != NULL ? *evaluator : (heed_evaluator){0};
  planner->evaluated_for = evaluator != NULL ? reward : NULL;
  note_hearing(planner, evaluator != NULL && (reward == NULL || reward == planner->reward));
  heed_planner_reset(planner);
}

/* First whatever can fail, of all trees that decide together: either all of them hear it, or none does. */
heed_status heed_planner_set_evaluator(heed_planner *planner, const heed_evaluator *evaluator,
                                       const heed_reward *reward, heed_error *err) {
  heed_planner *const *trees = planner->forest != NULL ? planner->forest->trees : &planner;
  uint32_t count = planner->forest != NULL ? planner->forest->count : 1;
  heed_status status = check_use(trees[0], evaluator, err);
  for (uint32_t i = 0; status == HEED_OK && i < count; i++) {
    status = reserve(trees[i], evaluator, err);
  }
  for (uint32_t i = 0; status == HEED_OK && i < count; i++) {
    hear(trees[i], evaluator, reward);
  }
  return status;
}
