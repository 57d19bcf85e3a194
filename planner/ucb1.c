/* ucb1.c: UCB1 (Auer, Cesa-Bianchi, Fischer 2002, figure 1) applied to trees (Kocsis and Szepesvari 2006):
 *
 *     argmax_a  q(a) + c sqrt(ln N / n_a),     N = sum_a n_a,
 *
 * where q is the value scaled by the range of all values in the tree, so that c means the same whatever
 * the unit of reward is (as in MuZero: Schrittwieser et al. 2020, eq. 5). An action whose value was
 * completed, not simulated, counts as tried once. One that may not be taken has the value NAN, which makes
 * its bound NAN: no comparison takes it. One that only simulations still under way have tried has the
 * lowest value until they are back. Roots come from tables (tables.h): a way down is one chain of choices, and what
 * a choice waits for is what a simulation takes. */
#include "core/lanes.h"
#include "planner/search.h"

/* How often each of four actions counts as tried. */
#define TRIES(value, visits) \
  ((visits) - (((visits) == 0) & __builtin_convertvector((value) == (value), heed__lanes_int)))

/* Four actions from `a` on. */
#define VALUES(edges, a) (*(const heed__lanes *)((edges).values + (a)))
#define VISITS(edges, a) (*(const heed__lanes_int *)((edges).visits + (a)))

static inline void inverse_sqrt(const heed_tables *tables, const heed__lanes_int *n,
                                heed__lanes *root) {
  for (uint32_t i = 0; i < HEED_LANES; i++) {
    (*root)[i] = heed__inverse_sqrt(tables, (uint32_t)(*n)[i]);
  }
}

HEED__CLONES_ARE_HIDDEN(heed__ucb1);
HEED__CLONES
uint32_t heed__ucb1(const heed_tree *tree, const heed_node *node, const heed_planner_config *config,
                    const heed_tables *tables) {
  heed_edges edges = heed__edges_of(tree, node);
  uint32_t count = tree->action_count;
  const heed__lanes zero = {0};
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
    heed__lanes_int tries = {0};
    heed__lanes_int is_open = {0};
    for (uint32_t a = 0; a < count; a += HEED_LANES) {
      heed__lanes_int n = VISITS(edges, a);
      heed__lanes value = VALUES(edges, a);
      heed__lanes_int is_action = HEED__LANES_INT_BELOW(count - a);
      is_open |= is_action & (n == 0) & __builtin_convertvector(value == unknown, heed__lanes_int);
      tries += is_action & TRIES(value, n);
    }
    if ((is_open[0] | is_open[1] | is_open[2] | is_open[3]) != 0) {
      return HEED_INDEX_NONE;
    }
    total = (uint32_t)(tries[0] + tries[1] + tries[2] + tries[3]);
  }

  double lowest = heed__lowest(tree, node);
  double scale = heed__value_scale(tree);
  double bonus = config->exploration * heed__sqrt_log(tables, total);
  double best = -HUGE_VAL;
  uint32_t chosen = 0;
  for (uint32_t a = 0; a < count; a += HEED_LANES) {
    heed__lanes_int n = VISITS(edges, a) & HEED__LANES_INT_BELOW(count - a);
    heed__lanes value = VALUES(edges, a);
    heed__lanes spread;
    if (is_odd) {
      n = TRIES(value, n);
      inverse_sqrt(tables, &n, &spread);
      value = HEED__LANES_IF(value == unknown, zero + lowest, value);
    } else {
      inverse_sqrt(tables, &n, &spread);
    }
    heed__lanes bound = (value - lowest) * scale + bonus * spread;
    for (uint32_t i = 0; i < HEED_LANES && a + i < count; i++) {
      if (bound[i] > best) { /* a branch: what is predicted is fetched before it is certain */
        best = bound[i];
        chosen = a + i;
      }
    }
  }
  return chosen;
}
