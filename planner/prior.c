/* prior.c: what is thought of the actions of a state before any search: uniform, or what a policy says.
 *
 * A prior belongs to a state, not to a depth: it is asked for once, when the state comes into the tree. */
#include <math.h>

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

void heed__prior_write(heed_planner *planner, heed_index state) {
  heed_tree *tree = &planner->tree;
  if (!tree->has_priors) {
    return;
  }
  double *prior = heed__tree_prior(tree, state);
  if (planner->prior.write != NULL) {
    planner->prior.write(planner->prior.self, heed__tree_belief(tree, state),
                         heed__tree_obs(tree, state), tree->action_count, prior);
    if (is_distribution(prior, tree->action_count)) {
      return;
    }
    planner->is_prior = false; /* the decision fails; until then, something to go on with */
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    prior[a] = 1.0 / tree->action_count;
  }
}

heed_status heed_planner_set_prior(heed_planner *planner, const heed_prior *prior,
                                   heed_error *err) {
  if (!planner->tree.has_priors) {
    return heed_fail(err, HEED_ERR_ARG,
                     "a prior needs selection=puct or selection=gumbel: no other knows one");
  }
  planner->prior = prior != NULL ? *prior : (heed_prior){0};
  heed_planner_reset(planner);
  return HEED_OK;
}
