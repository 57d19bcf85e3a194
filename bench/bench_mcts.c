/* bench_mcts.c: decisions in safe-interruptibility from nothing: no tree stands, nothing is remembered.
 *
 * The search imagines with the tabular model, with a context model or with the exact simulator, and is what
 * heed_planner_config_default says, or plain UCT. The limit that it is held against is the dynamics alone,
 * asked as often. */
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "bench/bench.h"
#include "bench/fixture.h"
#include "planner/search.h"

enum { SIMULATIONS = 300, WALK_STEPS = 30, CALL_STEPS = 256, DEEP_STEPS = 20 };

/* A planner over one dynamics model. */
typedef struct search {
  const heed_dynamics *dynamics; /* borrowed */
  const void *belief;            /* borrowed; to decide from */
  heed_planner *planner;         /* owned */
  heed_decision decision;        /* the latest */
  unsigned char *beliefs[2];     /* owned; of a walk */
  void *workspace;               /* owned; of the dynamics */
  heed_rng rng;
} search;

static void reset(void *context) {
  search *s = context;
  heed_rng_init(&s->rng, HEED_DEFAULT_SEED);
}

static void decide(search *s) {
  heed_error err = {0};
  heed_planner_reset(s->planner);
  heed__must(heed_planner_plan(s->planner, s->belief, &s->rng, &s->decision, &err), &err);
}

static double decisions(void *context) {
  decide(context);
  return 1;
}

static double simulations(void *context) {
  search *s = context;
  decide(s);
  return s->decision.simulations;
}

static double predictions(void *context) {
  search *s = context;
  decide(s);
  return (double)s->decision.predictions;
}

/* The dynamics alone, along random walks as long as the horizon. */
static double walk(void *context) {
  search *s = context;
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(s->dynamics);
  heed_prediction p = {.rng = &s->rng};
  for (int i = 0; i < CALL_STEPS; i++) {
    if (i % WALK_STEPS == 0 || p.is_terminal) {
      memcpy(s->beliefs[i % 2], s->belief, spec->belief_size);
    }
    p.belief = s->beliefs[i % 2];
    p.next_belief = s->beliefs[(i + 1) % 2];
    p.action = (heed_action){.index = (int32_t)heed_rng_choice(&s->rng, spec->action_space.count)};
    heed_dynamics_predict(s->dynamics, &p, 1, s->workspace);
  }
  return CALL_STEPS;
}

/* ---- memory ----------------------------------------------------------------------------------- */

static double intern_bytes(const heed_intern *table) {
  double slots = (double)table->slot_mask + 1;
  return (double)table->row_stride + slots * sizeof(heed_intern_slot) / table->capacity;
}

static double node_bytes(void *context) {
  (void)context;
  return sizeof(heed_node);
}

static double edge_bytes(void *context) {
  (void)context;
  return HEED_EDGE_BYTES;
}

static double state_bytes(void *context) {
  const search *s = context;
  const heed_tree *tree = &s->planner->tree;
  return (double)tree->obs_size + sizeof(heed_index) +
         tree->action_count * (double)sizeof(heed_transition) +
         tree->places.window * (double)sizeof(heed_index) + intern_bytes(&tree->states);
}

static double outcome_bytes(void *context) {
  (void)context;
  return sizeof(heed_tree_outcome);
}

static double node_count(void *context) {
  search *s = context;
  reset(s);
  decide(s);
  return s->decision.nodes;
}

static double state_count(void *context) {
  search *s = context;
  reset(s);
  decide(s);
  return s->planner->tree.states.count;
}

/* ---- where the simulations of a decision go ---------------------------------------------------- */

/* Steps down the tree: every node but the root is come to by one. */
static double steps_in_tree(void *context) {
  search *s = context;
  reset(s);
  decide(s);
  const heed_tree *tree = &s->planner->tree;
  double visits = 0;
  for (heed_index n = 0; n < tree->places.count; n++) {
    visits += n != tree->root ? tree->nodes[n].visits : 0;
  }
  return visits / s->decision.simulations;
}

static double steps_asked(void *context) {
  search *s = context;
  reset(s);
  decide(s);
  return (double)s->decision.predictions / s->decision.simulations;
}

/* ---- main ------------------------------------------------------------------------------------- */

/* Kocsis and Szepesvari 2006, as one configuration among others. */
static heed_planner_config plain_uct(void) {
  heed_planner_config config = heed_planner_config_default();
  config.simulations = SIMULATIONS;
  config.expansion = HEED_EXPAND_ONE;
  config.share_states = false;
  config.complete = false;
  config.outcome_samples = 0;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.backup = HEED_BACKUP_MEAN;
  config.final = HEED_FINAL_VISITS;
  config.reuse = false;
  return config;
}

static void search_init(search *s, const heed_planner_config *config, const heed_dynamics *dynamics,
                        const heed_reward *reward, const void *belief) {
  heed_error err = {0};
  size_t belief_size = heed_dynamics_spec_of(dynamics)->belief_size;
  *s = (search){.dynamics = dynamics, .belief = belief};
  heed__must(heed_planner_create(config, dynamics, reward, &s->planner, &err), &err);
  s->beliefs[0] = heed__must_alloc(1, belief_size);
  s->beliefs[1] = heed__must_alloc(1, belief_size);
  s->workspace = heed__must_alloc(1, heed_dynamics_workspace_size(dynamics, 1) + 1);
  reset(s);
}

static void search_deinit(search *s) {
  heed_planner_destroy(s->planner);
  free(s->beliefs[0]);
  free(s->beliefs[1]);
  free(s->workspace);
}

/* A context model of the same experience, and its belief after the same observation. */
static heed_dynamics *learn_context(const fixture *f, void **belief) {
  heed_error err = {0};
  const heed_env_spec *spec = heed_env_spec_of(f->env);
  heed_dynamics *context;
  heed__must(
      heed_dynamics_create("context", NULL, &spec->obs_space, &spec->action_space, &context, &err),
      &err);
  heed__must(heed_dynamics_learn(context, f->experience, 0, heed_experience_count(f->experience),
                                 NULL, &err),
             &err);
  *belief = heed__must_alloc(1, heed_dynamics_spec_of(context)->belief_size);
  heed_dynamics_begin(context, f->obs, *belief);
  return context;
}

/* What is searched with, each planner over its model. */
typedef struct searches {
  search learned, learned_uct;       /* tabular */
  search contextual, contextual_uct; /* context, at horizon 20 */
  search given, given_uct;           /* the exact simulator */
} searches;

static int measure(int argc, char **argv, searches *s) {
  const heed_bench_case simulated[] = {
      {"tabular, plain UCT", "simulations", simulations, reset, &s->learned_uct, false},
      {"tabular, default", "simulations", simulations, reset, &s->learned, false},
      {"exact simulator, plain UCT", "simulations", simulations, reset, &s->given_uct, false},
      {"exact simulator, default", "simulations", simulations, reset, &s->given, false},
  };
  const heed_bench_case deeper[] = {
      {"context, plain UCT", "simulations", simulations, reset, &s->contextual_uct, false},
      {"context, default", "simulations", simulations, reset, &s->contextual, false},
  };
  const heed_bench_case steps[] = {
      {"context, plain UCT, in the tree", "steps", steps_in_tree, NULL, &s->contextual_uct, true},
      {"context, plain UCT, asked for", "steps", steps_asked, NULL, &s->contextual_uct, true},
      {"context, default, in the tree", "steps", steps_in_tree, NULL, &s->contextual, true},
      {"context, default, asked for", "steps", steps_asked, NULL, &s->contextual, true},
  };
  const heed_bench_case decided[] = {
      {"tabular, plain UCT", "decisions", decisions, reset, &s->learned_uct, false},
      {"tabular, default", "decisions", decisions, reset, &s->learned, false},
      {"exact simulator, plain UCT", "decisions", decisions, reset, &s->given_uct, false},
      {"exact simulator, default", "decisions", decisions, reset, &s->given, false},
  };
  const heed_bench_case imagined[] = {
      {"tabular alone", "predictions", walk, reset, &s->learned, false},
      {"tabular, plain UCT", "predictions", predictions, reset, &s->learned_uct, false},
      {"tabular, default", "predictions", predictions, reset, &s->learned, false},
  };
  const heed_bench_case imagined_deeper[] = {
      {"context alone", "predictions", walk, reset, &s->contextual, false},
      {"context, plain UCT", "predictions", predictions, reset, &s->contextual_uct, false},
      {"context, default", "predictions", predictions, reset, &s->contextual, false},
  };
  const heed_bench_case imagined_exactly[] = {
      {"exact simulator alone", "predictions", walk, reset, &s->given, false},
      {"exact simulator, plain UCT", "predictions", predictions, reset, &s->given_uct, false},
      {"exact simulator, default", "predictions", predictions, reset, &s->given, false},
  };
  const heed_bench_case memory[] = {
      {"node", "bytes", node_bytes, NULL, &s->learned, true},
      {"edge", "bytes", edge_bytes, NULL, &s->learned, true},
      {"state, 4 actions, tabular", "bytes", state_bytes, NULL, &s->learned, true},
      {"outcome", "bytes", outcome_bytes, NULL, &s->learned, true},
  };
  const heed_bench_case sizes[] = {
      {"tabular, plain UCT", "nodes", node_count, NULL, &s->learned_uct, true},
      {"tabular, default", "nodes", node_count, NULL, &s->learned, true},
      {"tabular, plain UCT, states", "states", state_count, NULL, &s->learned_uct, true},
      {"tabular, default, states", "states", state_count, NULL, &s->learned, true},
  };
#define GROUP(name, list) \
  { .title = (name), .cases = (list), .count = sizeof(list) / sizeof *(list) }
  const heed_bench_group groups[] = {
      GROUP("search: simulations", simulated),
      GROUP("search: simulations, horizon 20", deeper),
      GROUP("search: steps a simulation, horizon 20", steps),
      GROUP("search: decisions of 300 simulations", decided),
      GROUP("search: imagined steps, tabular", imagined),
      GROUP("search: imagined steps, context, horizon 20", imagined_deeper),
      GROUP("search: imagined steps, exact", imagined_exactly),
      GROUP("tree: memory", memory),
      GROUP("tree: size after one decision", sizes),
  };
  return heed_bench_main(argc, argv, groups, sizeof groups / sizeof groups[0]);
}

int main(int argc, char **argv) {
  fixture f;
  heed_error err = {0};
  heed__fixture_init(&f);
  heed_dynamics *exact;
  heed__must(heed_exact_create(f.env, 1, &exact, &err), &err);
  void *certain = heed__must_alloc(1, heed_dynamics_spec_of(exact)->belief_size);
  heed_exact_set_state(exact, f.state, certain);
  void *context_belief;
  heed_dynamics *context = learn_context(&f, &context_belief);

  heed_planner_config fast = heed_planner_config_default();
  fast.simulations = SIMULATIONS;
  heed_planner_config uct = plain_uct();
  searches s;
  search_init(&s.learned, &fast, f.tabular, f.linear, f.belief);
  search_init(&s.learned_uct, &uct, f.tabular, f.linear, f.belief);
  search_init(&s.given, &fast, exact, f.linear, certain);
  search_init(&s.given_uct, &uct, exact, f.linear, certain);
  fast.horizon = DEEP_STEPS;
  uct.horizon = DEEP_STEPS;
  search_init(&s.contextual, &fast, context, f.linear, context_belief);
  search_init(&s.contextual_uct, &uct, context, f.linear, context_belief);

  int status = measure(argc, argv, &s);
  search_deinit(&s.learned);
  search_deinit(&s.learned_uct);
  search_deinit(&s.contextual);
  search_deinit(&s.contextual_uct);
  search_deinit(&s.given);
  search_deinit(&s.given_uct);
  free(context_belief);
  heed_dynamics_destroy(context);
  free(certain);
  heed_dynamics_destroy(exact);
  heed__fixture_deinit(&f);
  return status;
}
