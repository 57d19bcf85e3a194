/* prior.c: what is thought of the actions of a state before any search: uniform, or what a policy says.
 *
 * A prior belongs to a state, not to a depth: it is asked for once, when the state comes into the tree. */
#include <math.h>

#include "planner/forest.h"
#include "planner/search.h"

/* How far a sum of probabilities may be from 1: that of single precision over many actions. */
#define PRIOR_TOLERANCE 1e-4

static bool is_distribution(const double *prior, uint32_t count) {
  double sum = 0;
  for (uint32_t a = 0; a < count; a++) {
    if (!(prior[a] >= 0)) {
      return false;
    }
    sum += prior[a];
  }
  return fabs(sum - 1) <= PRIOR_TOLERANCE;
}

/* Takes from actions that may not be taken what a policy gives them; false when nothing is left. */
static bool keep_legal(const heed_tree *tree, heed_index state, double *prior) {
  double sum = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    prior[a] = heed__tree_legal(tree, state)[a] ? prior[a] : 0;
    sum += prior[a];
  }
  for (uint32_t a = 0; sum > 0 && a < tree->action_count; a++) {
    prior[a] /= sum;
  }
  return sum > 0;
}

void heed__prior_write(heed_planner *planner, heed_index state) {
  heed_tree *tree = &planner->tree;
  if (!tree->has_priors) {
    return;
  }
  double *prior = heed__tree_prior(tree, state);
  if (planner->prior.write != NULL) {
    const void *belief =
        planner->config.nodes == HEED_NODES_BELIEF ? heed__tree_belief(tree, state) : NULL;
    planner->prior.write(planner->prior.self, belief, heed__tree_obs(tree, state),
                         tree->action_count, prior);
    /* if not, the decision fails; until then, something to go on with */
    planner->is_prior = planner->is_prior && is_distribution(prior, tree->action_count);
    if (planner->is_prior && (!tree->has_legal || keep_legal(tree, state, prior))) {
      return;
    }
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    prior[a] = 1.0 / tree->action_count;
  }
  if (tree->has_legal) {
    (void)keep_legal(tree, state, prior);
  }
}

heed_status heed_planner_set_prior(heed_planner *planner, const heed_prior *prior,
                                   heed_error *err) {
  if (planner->forest != NULL) {
    return heed__forest_set_prior(planner, prior, err);
  }
  if (!planner->tree.has_priors || planner->tree.action_dims > 0) {
    return heed_fail(err, HEED_ERR_ARG,
                     "a prior needs selection=puct or selection=gumbel, no other knows one, and "
                     "discrete actions");
  }
  planner->prior = prior != NULL ? *prior : (heed_prior){0};
  heed_planner_reset(planner);
  return HEED_OK;
}
