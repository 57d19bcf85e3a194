/* gumbel.c: policy improvement by planning with Gumbel (Danihelka, Guez, Schrittwieser, Silver 2022).
 *
 * At the root, the m actions with the highest g(a) + logits(a) are a sample without replacement from the
 * prior, g being Gumbel noise (equations 3 to 5). Sequential halving (Karnin et al. 2013) spends the budget
 * of n simulations on them: ceil(log2 m) phases, in each of which every action left is visited
 *
 *     max(1, floor(n / (ceil(log2 m) * left)))
 *
 * times, and after which the half with the lower score
 *
 *     g(a) + logits(a) + sigma(q(a)),     sigma(q) = (c_visit + max_b N(b)) c_scale q    (equation 8)
 *
 * is dropped, down to two; simulations that rounding left over go to these. The highest score is taken. With
 * true values q that action is at least as good, in expectation, as one drawn from the prior, for any n.
 *
 * Below the root (section 5, equation 14):
 *
 *     argmax_a  p(a) - N(a) / (1 + sum_b N(b)),     p = softmax(logits + sigma(completed q))
 *
 * The completed q of an action that nothing is known of is (appendix D)
 *
 *     v_mix = (v + sum_b N(b) / sum_{b known} prior(b) * sum_{b known} prior(b) q(b)) / (1 + sum_b N(b)),
 *
 * v being the value as a leaf; without one, the average alone. Values are scaled by their range in the
 * tree to [0, 1], as MuZero's are; the authors' mctx scales by the range of the actions of the state. */
#include <math.h>

#include "planner/search.h"

/* The value of what nothing is known of, scaled. */
static double mixed_value(const heed_planner *planner, const heed_node *node, const double *prior) {
  const heed_tree *tree = &planner->tree;
  heed_edges edges = heed__edges_of(tree, node);
  double weight = 0;
  double sum = 0;
  double visits = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    visits += edges.visits[a];
    if (isfinite(edges.values[a])) {
      weight += prior[a];
      sum += prior[a] * edges.values[a];
    }
  }
  bool is_valued = tree->has_values && planner->is_evaluated;
  double leaf = node->leaf_visits > 0 || is_valued ? 1 : 0;
  double lowest = heed__lowest(tree, node);
  double leaf_value = node->side * node->leaf_value;
  double value = leaf > 0 ? leaf_value : lowest;
  if (weight > 0) {
    visits = visits + leaf > 0 ? visits : 1; /* known by completion alone */
    value = (leaf * leaf_value + visits * (sum / weight)) / (leaf + visits);
  }
  double scale = heed__value_scale(tree);
  return scale > 0 ? (value - lowest) * scale : 0;
}

/* scores[a] = logits(a) + sigma(completed q(a)). */
static void score_all(heed_planner *planner, heed_index index) {
  const heed_tree *tree = &planner->tree;
  const heed_node *node = &tree->nodes[index];
  heed_edges edges = heed__edges_of(tree, node);
  const double *prior = heed__tree_prior(tree, node->state);
  double unknown = mixed_value(planner, node, prior);
  double scale = heed__value_scale(tree);
  double lowest = heed__lowest(tree, node);
  uint32_t most = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    most = edges.visits[a] > most ? edges.visits[a] : most;
  }
  double sigma = (planner->config.gumbel_visit + most) * planner->config.gumbel_scale;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    double q = isfinite(edges.values[a]) ? (edges.values[a] - lowest) * scale : unknown;
    planner->scores[a] = log(prior[a]) + sigma * q;
  }
}

/* ---- below the root -------------------------------------------------------------------------- */

static uint32_t select_below(heed_planner *planner, heed_index index, heed_rng *rng) {
  const heed_tree *tree = &planner->tree;
  heed_edges edges = heed__tree_edges(tree, index);
  double *scores = planner->scores;
  score_all(planner, index);
  double best = -HUGE_VAL;
  double visits = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    best = heed__most(best, scores[a]);
    visits += edges.visits[a];
  }
  double sum = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    scores[a] = exp(scores[a] - best);
    sum += scores[a];
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    scores[a] = scores[a] / sum - edges.visits[a] / (1 + visits);
  }
  return heed__select_best(planner, rng);
}

/* ---- at the root ----------------------------------------------------------------------------- */

/* Sorts the candidates that are left by scores, best first; equal ones stay in their order. */
static void sort_candidates(heed_planner *planner) {
  uint32_t *candidates = planner->halving.candidates;
  for (uint32_t i = 1; i < planner->halving.considered; i++) {
    uint32_t moved = candidates[i];
    uint32_t j = i;
    for (; j > 0 && planner->scores[candidates[j - 1]] < planner->scores[moved]; j--) {
      candidates[j] = candidates[j - 1];
    }
    candidates[j] = moved;
  }
}

/* Rounds of a phase with as many candidates as are left. */
static uint32_t rounds_of(const heed_planner *planner) {
  const heed_halving *h = &planner->halving;
  uint64_t visits = (uint64_t)(h->phases > 0 ? h->phases : 1) * h->considered;
  uint64_t rounds = planner->config.simulations / visits;
  return rounds > 0 ? (uint32_t)rounds : 1;
}

static double draw_noise(heed_rng *rng) {
  return -log(-log(heed_rng_uniform(rng) + 0x1p-54)); /* of a number inside (0, 1) */
}

void heed__gumbel_begin(heed_planner *planner, heed_rng *rng) {
  heed_halving *h = &planner->halving;
  heed_tree *tree = &planner->tree;
  heed_index state = tree->nodes[tree->root].state;
  if (planner->config.sampled_actions > 0 && !heed__tree_is_tried(tree, state) &&
      heed__tree_try(tree, state)) {
    heed__draw_actions(planner, state, rng); /* what is not considered is no candidate */
  }
  const double *prior = heed__tree_prior(tree, state);
  h->root = tree->root;
  h->considered = 0;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    h->noise[a] = planner->config.gumbel_noise ? draw_noise(rng) : 0;
    planner->scores[a] = h->noise[a] + log(prior[a]);
    if (prior[a] > 0) {
      h->candidates[h->considered++] = a;
    }
  }
  sort_candidates(planner);
  uint32_t most = planner->config.gumbel_actions < planner->config.simulations
                      ? planner->config.gumbel_actions
                      : planner->config.simulations;
  h->considered = h->considered < most ? h->considered : most;
  h->phases = 0;
  while (((uint64_t)1 << h->phases) < h->considered) {
    h->phases++;
  }
  h->position = 0;
  h->rounds = rounds_of(planner);
}

/* Drops the half of the candidates that scores lower. */
static void halve(heed_planner *planner) {
  heed_halving *h = &planner->halving;
  if (h->considered > 2) {
    heed__gumbel_final(planner, h->root);
    sort_candidates(planner);
    h->considered /= 2;
    h->considered = h->considered > 2 ? h->considered : 2;
  }
  h->rounds = rounds_of(planner);
}

uint32_t heed__gumbel_select(heed_planner *planner, heed_index node, heed_rng *rng) {
  heed_halving *h = &planner->halving;
  if (node != h->root) {
    return select_below(planner, node, rng);
  }
  if (h->position == h->considered) {
    h->position = 0;
    if (--h->rounds == 0) {
      halve(planner);
    }
  }
  return h->candidates[h->position++];
}

void heed__gumbel_final(heed_planner *planner, heed_index node) {
  const heed_halving *h = &planner->halving;
  const heed_tree *tree = &planner->tree;
  score_all(planner, node);
  if (node != h->root) {
    return; /* not searched by halving: the most probable action of the improved policy */
  }
  for (uint32_t a = 0; a < tree->action_count; a++) {
    bool is_in = false;
    for (uint32_t i = 0; i < h->considered; i++) {
      is_in = is_in || h->candidates[i] == a;
    }
    planner->scores[a] = is_in ? planner->scores[a] + h->noise[a] : -HUGE_VAL;
  }
}
