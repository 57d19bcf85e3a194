/* actions.c: which actions are considered in a state: all of them, or some that are drawn when it is first
 * tried.
 *
 *   discrete   K draws by the prior, with replacement; what was drawn may be taken, and its prior is its share
 *              of the draws (Hubert et al. 2021, Sampled MuZero, with the prior as proposal: the share, by the
 *              proposal, times the prior). When another prior comes after a swap of the reward, the draws stay,
 *              and are weighed so still: share by proposal times the new prior, scaled to the sum 1
 *   a box      K uniform draws; with widening only the first ceil(C n^power) of them at n visits
 *              (Coulom 2007, Computing Elo Ratings of Move Patterns; Couetoux et al. 2011)
 *
 * What is not considered yet is as what may not be taken: its edge has the value NAN (tree.h). */
#include <math.h>

#include "planner/search.h"

/* Draws from weights[count], whose sum is `total`. */
static uint32_t draw(const double *weights, uint32_t count, double total, heed_rng *rng) {
  double left = total * heed_rng_uniform(rng);
  uint32_t last = 0;
  for (uint32_t a = 0; a < count; a++) {
    if (weights[a] > 0) {
      last = a;
      if (left < weights[a]) {
        break;
      }
    }
    left -= weights[a];
  }
  return last;
}

static void draw_discrete(heed_planner *planner, heed_index state, heed_rng *rng) {
  heed_tree *tree = &planner->tree;
  bool *legal = heed__tree_legal(tree, state);
  double *weights = planner->scores;
  double total = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    double prior = tree->has_priors ? heed__tree_prior(tree, state)[a] : 1;
    weights[a] = legal[a] ? prior : 0;
    total += weights[a];
    legal[a] = false;
  }
  uint32_t *counts = planner->ties;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    counts[a] = 0;
  }
  for (uint32_t n = 0; n < planner->config.sampled_actions; n++) {
    counts[draw(weights, tree->action_count, total, rng)]++;
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    legal[a] = counts[a] > 0;
    if (tree->has_corrections) {
      heed__tree_corrections(tree, state)[a] = counts[a] > 0 ? counts[a] / weights[a] : 0;
    }
  }
  if (tree->has_priors) {
    (void)heed__keep_legal(tree, state, heed__tree_prior(tree, state));
  }
}

void heed__draw_actions(heed_planner *planner, heed_index state, heed_rng *rng) {
  heed_tree *tree = &planner->tree;
  if (tree->action_dims > 0) {
    float *numbers = tree->actions + (size_t)tree->first_transition[state] * tree->action_dims;
    for (uint32_t a = 0; a < tree->action_count; a++) {
      heed_action drawn = heed_space_draw_action(&planner->spec->action_space, rng);
      memcpy(numbers + (size_t)a * tree->action_dims, drawn.value,
             tree->action_dims * sizeof(float));
    }
  } else if (planner->config.sampled_actions > 0) {
    draw_discrete(planner, state, rng);
  }
}

void heed__narrow(heed_planner *planner, heed_index node) {
  const heed_tree *tree = &planner->tree;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    heed__tree_edges(tree, node).values[a] = (double)NAN;
  }
}

void heed__widen(heed_planner *planner, heed_index node) {
  const heed_tree *tree = &planner->tree;
  const heed_planner_config *c = &planner->config;
  double considered = ceil(c->widening * pow(tree->nodes[node].visits, c->widening_power));
  for (uint32_t a = 0; a < tree->action_count && (a == 0 || a < considered); a++) {
    double *value = &heed__tree_edges(tree, node).values[a];
    *value = isnan(*value) ? -HUGE_VAL : *value;
  }
}
