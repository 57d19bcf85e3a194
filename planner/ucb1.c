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

/* Four actions from `a` on. */
#define VALUES(edges, a) (*(const heed__lanes *)((edges).values + (a)))
#define VISITS(edges, a) (*(const heed__lanes_int *)((edges).visits + (a)))

HEED__CLONES_ARE_HIDDEN(heed__ucb1);
HEED__CLONES
uint32_t heed__ucb1(const heed_tree *tree, const heed_node *node, const heed_planner_config *config,
                    const heed_tables *tables) {
  heed_edges edges = heed__edges_of(tree, node);
  uint32_t count = tree->action_count;
  const heed__lanes zero = {0};
  const heed__lanes one = zero + 1;
  const heed__lanes unknown = zero - HUGE_VAL;

  heed__lanes_int visits = {0};
  heed__lanes_bits is_unknown = {0};
  for (uint32_t a = 0; a < count; a += HEED_LANES) {
    visits += VISITS(edges, a) & HEED__LANES_INT_BELOW(count - a);
    is_unknown |= (VALUES(edges, a) == unknown) & HEED__LANES_BELOW(count - a);
  }
  uint32_t total = 0;
  bool is_odd =
      config->complete; /* are there others than those that were simulated, and may not be taken? */
  for (uint32_t i = 0; i < HEED_LANES; i++) {
    total += (uint32_t)visits[i];
    is_odd |= is_unknown[i] != 0;
  }
  if (is_odd) {
    heed__lanes tries = zero; /* whole numbers: their sum has no order */
    heed__lanes_bits is_open = {0};
    for (uint32_t a = 0; a < count; a += HEED_LANES) {
      heed__lanes n = __builtin_convertvector(VISITS(edges, a), heed__lanes);
      heed__lanes value = VALUES(edges, a);
      heed__lanes_bits is_action = HEED__LANES_BELOW(count - a);
      is_open |= is_action & (n == zero) & (value == unknown);
      tries += (heed__lanes)(is_action & (heed__lanes_bits)TRIES(value, n));
    }
    if ((is_open[0] | is_open[1] | is_open[2] | is_open[3]) != 0) {
      return HEED_INDEX_NONE;
    }
    total = (uint32_t)(tries[0] + tries[1] + tries[2] + tries[3]);
  }

  double lowest = heed__lowest(tree, node);
  double scale = heed__value_scale(tree);
  double bonus = config->exploration * config->exploration * heed__log(tables, total);
  double best = -HUGE_VAL;
  uint32_t chosen = 0;
  for (uint32_t a = 0; a < count; a += HEED_LANES) {
    heed__lanes n = __builtin_convertvector(VISITS(edges, a), heed__lanes);
    heed__lanes value = VALUES(edges, a);
    if (is_odd) {
      n = TRIES(value, n);
      value = HEED__LANES_IF(value == unknown, zero + lowest, value);
    }
    heed__lanes bound = bonus / n;
    for (uint32_t i = 0; i < HEED_LANES; i++) {
      bound[i] = sqrt(bound[i]);
    }
    bound += (value - lowest) * scale;
    for (uint32_t i = 0; i < HEED_LANES && a + i < count; i++) {
      if (bound[i] > best) { /* a branch: what is predicted is fetched before it is certain */
        best = bound[i];
        chosen = a + i;
      }
    }
  }
  return chosen;
}
