/* ucb1.c: UCB1 (Auer, Cesa-Bianchi, Fischer 2002, figure 1) applied to trees (Kocsis and Szepesvari 2006):
 *
 *     argmax_a  q(a) + c sqrt(ln N / n_a),     N = sum_a n_a,
 *
 * where q is the value scaled by the range of all values in the tree, so that c means the same whatever
 * the unit of reward is (as in MuZero: Schrittwieser et al. 2020, eq. 5). An action whose value was
 * completed, not simulated, counts as tried once. One that may not be taken has the value NAN, which makes
 * its bound NAN: no comparison takes it. One that only simulations still under way have tried has the
 * lowest value until they are back. */
#include "core/lanes.h"
#include "planner/search.h"

/* How often each of four actions counts as tried. */
#define TRIES(value, visits) \
  ((visits) + (heed__lanes)(((value) == (value)) & ((visits) == zero) & (heed__lanes_bits)one))

HEED__CLONES_ARE_HIDDEN(heed__ucb1);
HEED__CLONES
uint32_t heed__ucb1(const heed_tree *tree, const heed_node *node, double exploration,
                    const heed_tables *tables) {
  heed_edges edges = heed__edges_of(tree, node);
  const heed__lanes zero = {0};
  const heed__lanes one = zero + 1;
  const heed__lanes unknown = zero - HUGE_VAL;

  heed__lanes tries = zero; /* whole numbers: their sum has no order */
  heed__lanes_bits is_open = {0};
  for (uint32_t a = 0; a < tree->action_count; a += HEED_LANES) {
    heed__lanes value = *(const heed__lanes *)(edges.values + a);
    heed__lanes n =
        __builtin_convertvector(*(const heed__lanes_int *)(edges.visits + a), heed__lanes);
    heed__lanes_bits is_action = HEED__LANES_BELOW(tree->action_count - a);
    is_open |= is_action & (n == zero) & (value == unknown);
    tries += (heed__lanes)(is_action & (heed__lanes_bits)TRIES(value, n));
  }
  double total = 0;
  int64_t is_any_open = 0;
  for (uint32_t i = 0; i < HEED_LANES; i++) {
    total += tries[i];
    is_any_open |= is_open[i];
  }
  if (is_any_open != 0) {
    return HEED_INDEX_NONE;
  }

  double lowest = heed__lowest(tree, node);
  double scale = heed__value_scale(tree);
  double bonus = exploration * exploration * heed__log(tables, (uint32_t)total);
  double best = -HUGE_VAL;
  uint32_t chosen = 0;
  for (uint32_t a = 0; a < tree->action_count; a += HEED_LANES) {
    heed__lanes value = *(const heed__lanes *)(edges.values + a);
    heed__lanes n =
        __builtin_convertvector(*(const heed__lanes_int *)(edges.visits + a), heed__lanes);
    heed__lanes bound = bonus / TRIES(value, n);
    for (uint32_t i = 0; i < HEED_LANES; i++) {
      bound[i] = sqrt(bound[i]);
    }
    bound += (HEED__LANES_IF(value == unknown, zero + lowest, value) - lowest) * scale;
    for (uint32_t i = 0; i < HEED_LANES && a + i < tree->action_count; i++) {
      if (bound[i] > best) { /* a branch: what is predicted is fetched before it is certain */
        best = bound[i];
        chosen = a + i;
      }
    }
  }
  return chosen;
}
