/* test_rescore.c: a swap of the reward re-scores the tree that stands, to the last bit, without asking the
 * dynamics. */
#include <assert.h>

#include "planner/mdp.h"
#include "planner/search.h"

/* A second opinion on what the states are worth; the first is the channel. */
#define OTHER "formula={3*share[1] - 2*share[2] + share[3]/3 - 0.7*change[4,5] + share[5]}"

/* ---- every part that changes how a tree is made or valued -------------------------------------- */

typedef struct variant {
  bool share_states, complete;
  heed_expansion expansion;
  heed_leaf leaf;
  heed_backup backup;
  uint32_t outcome_samples;
  double information_weight;
} variant;

static const variant variants[] = {
    {true, true, HEED_EXPAND_PATH, HEED_LEAF_ZERO, HEED_BACKUP_MAX, 500, 0},
    {true, true, HEED_EXPAND_ONE, HEED_LEAF_ROLLOUT, HEED_BACKUP_MAX, 4, 0.5},
    {true, false, HEED_EXPAND_PATH, HEED_LEAF_ZERO, HEED_BACKUP_MEAN, 0, 0},
    {true, false, HEED_EXPAND_ONE, HEED_LEAF_ROLLOUT, HEED_BACKUP_MEAN, 7, 0},
    {false, false, HEED_EXPAND_PATH, HEED_LEAF_ZERO, HEED_BACKUP_MAX, 0, 0},
    {false, false, HEED_EXPAND_PATH, HEED_LEAF_ZERO, HEED_BACKUP_MEAN, 5, 2},
    {false, false, HEED_EXPAND_ONE, HEED_LEAF_ROLLOUT, HEED_BACKUP_MEAN, 0, 0},
    {false, false, HEED_EXPAND_ONE, HEED_LEAF_ROLLOUT, HEED_BACKUP_MAX, 5, 0.5},
    {false, false, HEED_EXPAND_ONE, HEED_LEAF_ZERO, HEED_BACKUP_MEAN, 0, 0},
    {true, true, HEED_EXPAND_PATH, HEED_LEAF_ZERO, HEED_BACKUP_SOFT, 500, 0},
    {false, false, HEED_EXPAND_ONE, HEED_LEAF_ROLLOUT, HEED_BACKUP_SOFT, 0, 0.5},
    {true, false, HEED_EXPAND_PATH, HEED_LEAF_ZERO, HEED_BACKUP_LAMBDA, 5, 0},
    {false, false, HEED_EXPAND_ONE, HEED_LEAF_ROLLOUT, HEED_BACKUP_LAMBDA, 0, 0},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static heed_planner_config config_of(const variant *v) {
  heed_planner_config c = heed_planner_config_default();
  c.horizon = 6;
  c.discount = 0.9;
  c.simulations = 150;
  c.node_capacity = 4096;
  c.share_states = v->share_states;
  c.complete = v->complete;
  c.expansion = v->expansion;
  c.leaf = v->leaf;
  c.backup = v->backup;
  c.temperature = 0.3;
  c.lambda = 0.25;
  c.outcome_samples = v->outcome_samples;
  c.information_weight = v->information_weight;
  return c;
}

static void random_world(mdp *m, uint64_t seed) {
  heed_rng rng;
  heed_rng_init(&rng, seed);
  mdp_random(m, 8, 3, 2, &rng);
  m->is_terminal[7] = true;
}

/* ---- a straightforward evaluation of a tree ---------------------------------------------------- */

typedef struct judge {
  const heed_planner *planner;
  const heed_reward *reward;
} judge;

static double score(const judge *j, uint32_t s, uint32_t action, uint32_t next, double channel,
                    double information) {
  uint8_t obs = (uint8_t)s;
  uint8_t next_obs = (uint8_t)next;
  heed_step step = {&obs, {.index = (int32_t)action}, &next_obs, channel};
  double workspace[256];
  double mean = 0;
  assert_true(heed_reward_workspace_size(j->reward, 1) <= sizeof workspace);
  heed_reward_score(j->reward, &step, 1, NULL, &mean, NULL, workspace);
  return mean + j->planner->config.information_weight * information;
}

static uint32_t world_state(const heed_tree *tree, heed_index state) {
  return ((const mdp_belief *)(const void *)heed__tree_belief(tree, state))->state;
}

static double value_of(const judge *j, heed_index state, uint32_t depth);

/* The sum of a rollout, from its last step to its first. */
static double leaf_value(const judge *j, const heed_node *node, uint32_t step) {
  const heed_tree *tree = &j->planner->tree;
  if (step == node->rollout_count) {
    return 0;
  }
  heed_steps steps = heed__tree_rollout(tree, node->first_rollout);
  double information = steps.information != NULL ? steps.information[step] : 0;
  uint32_t before = step == 0 ? world_state(tree, node->state) : steps.obs[step - 1];
  double reward = score(j, before, (uint32_t)steps.actions[step], steps.obs[step],
                        steps.channel[step], information);
  return reward + j->planner->config.discount * leaf_value(j, node, step + 1);
}

static double action_value(const judge *j, const heed_node *node, uint32_t action) {
  const heed_tree *tree = &j->planner->tree;
  const heed_planner_config *c = &j->planner->config;
  const heed_transition *t = heed__tree_transition(tree, node->state, action);
  bool is_known = c->complete ? t->samples > 0 : heed__edges_of(tree, node).visits[action] > 0;
  if (!is_known) {
    return -HUGE_VAL;
  }
  double sum = 0;
  double one = 0;
  uint32_t outcomes = 0;
  for (heed_index i = t->first_outcome; i != HEED_INDEX_NONE; i = tree->outcomes[i].next) {
    const heed_tree_outcome *o = &tree->outcomes[i];
    one = score(j, world_state(tree, node->state), action, world_state(tree, o->state), o->channel,
                o->information) +
          c->discount * value_of(j, o->state, node->depth + 1);
    sum += o->count * one;
    outcomes++;
  }
  return outcomes > 1 ? sum / t->samples : one;
}

static double sum_of_exp(const judge *j, const heed_node *node, double best, double temperature) {
  double sum = 0;
  for (uint32_t a = 0; a < j->planner->tree.action_count; a++) {
    sum += exp((action_value(j, node, a) - best) / temperature); /* exp(-INFINITY) is 0 */
  }
  return sum;
}

static double node_value(const judge *j, const heed_node *node) {
  const heed_tree *tree = &j->planner->tree;
  double leaf = leaf_value(j, node, 0);
  if (!heed__tree_is_expanded(tree, (heed_index)(node - tree->nodes))) {
    return leaf;
  }
  double best = -HUGE_VAL;
  double sum = node->leaf_visits * leaf;
  uint32_t visits = node->leaf_visits;
  for (uint32_t a = 0; a < tree->action_count; a++) {
    double q = action_value(j, node, a);
    uint32_t n = heed__edges_of(tree, node).visits[a];
    best = q > best ? q : best;
    sum += n > 0 ? n * q : 0;
    visits += n;
  }
  double mean = visits > 0 ? sum / visits : 0;
  if (j->planner->config.backup == HEED_BACKUP_MEAN) {
    return mean;
  }
  if (best == -HUGE_VAL) {
    best = leaf;
  } else if (j->planner->config.backup == HEED_BACKUP_SOFT) {
    best += 0.3 * log(sum_of_exp(j, node, best, 0.3));
  }
  return j->planner->config.backup == HEED_BACKUP_LAMBDA ? 0.75 * best + 0.25 * mean : best;
}

static double value_of(const judge *j, heed_index state, uint32_t depth) {
  const heed_tree *tree = &j->planner->tree;
  for (heed_index n = 0; n < tree->places.count; n++) {
    if (tree->nodes[n].state == state && tree->nodes[n].depth == depth) {
      return node_value(j, &tree->nodes[n]);
    }
  }
  return 0;
}

/* Judges the root in full, and one level of every other node from the values below, which are judged in
 * their turn: the whole recursion for each node would take forever in a shared tree. */
static void check_values(const heed_planner *planner, const heed_reward *reward) {
  const heed_tree *tree = &planner->tree;
  judge j = {planner, reward};
  for (heed_index n = 0; n < tree->places.count; n++) {
    const heed_node *node = &tree->nodes[n];
    if (node->depth + 3U < planner->limit && n != tree->root) {
      continue;
    }
    assert_true(node->value == node_value(&j, node));
    for (uint32_t a = 0;
         heed__tree_is_expanded(tree, (heed_index)(node - tree->nodes)) && a < tree->action_count;
         a++) {
      assert_true(heed__edges_of(tree, node).values[a] == action_value(&j, node, a));
    }
  }
}

static void check_decision(const heed_decision *d) {
  for (uint32_t a = 0; a < d->action_count; a++) {
    assert_true(d->values[a] <= d->value + HEED_TIE_WIDTH);
  }
  assert_int_equal(d->predictions, 0);
  assert_int_equal(d->simulations, 0);
}

/* ---- tests ------------------------------------------------------------------------------------- */

static void swapped_trees_have_the_values_of_a_plain_recursion(void **state) {
  (void)state;
  static mdp m;
  for (int i = 0; i < VARIANTS; i++) {
    random_world(&m, 20 + (uint64_t)i);
    heed_planner_config config = config_of(&variants[i]);
    config.horizon = 4;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 3);
    heed_reward *other = mdp_reward(&m, "formula", OTHER);
    heed_error err = {0};
    mdp_plan(&x, 0);
    check_values(x.planner, x.reward);
    uint64_t asked = m.predictions;
    assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
    check_values(x.planner, other);
    assert_ok(heed_planner_decide(x.planner, &x.rng, &x.decision, &err), &err);
    check_decision(&x.decision);
    assert_int_equal(m.predictions, asked);
    mdp_search_deinit(&x);
    heed_reward_destroy(other);
  }
}

/* A clip of so many steps from state to state. */
static void random_clip(const mdp *m, heed_rng *rng, uint32_t steps, heed_segment *clip) {
  heed_error err = {0};
  assert_ok(heed_segment_init(clip, steps, 1, &err), &err);
  for (uint32_t t = 0; t <= steps; t++) {
    clip->obs[t] = (uint8_t)heed_rng_choice(rng, m->states);
  }
  for (uint32_t t = 0; t < steps; t++) {
    clip->actions[t].index = (int32_t)heed_rng_choice(rng, m->actions);
  }
}

/* A reward that has learned from answers at random. */
static heed_reward *learned_reward(const mdp *m, const char *name, const char *params) {
  heed_reward *model = mdp_reward(m, name, params);
  heed_choices choices = {0};
  heed_error err = {0};
  heed_rng rng;
  heed_rng_init(&rng, 8);
  for (int q = 0; q < 12; q++) {
    heed_choice choice = {.query.option_count = 2, .beta = 1};
    choice.chosen = (int32_t)heed_rng_choice(&rng, 2);
    random_clip(m, &rng, 5, &choice.query.options[0]);
    random_clip(m, &rng, 5, &choice.query.options[1]);
    assert_ok(heed_choices_append(&choices, &choice, &err), &err);
  }
  assert_ok(heed_reward_learn(model, &choices, NULL, NULL, &err), &err);
  heed_choices_deinit(&choices);
  return model;
}

/* Rewards to swap in: a formula, one that is made of others, and two that were learned. */
enum { OTHERS = 4 };
static heed_reward *other_reward(const mdp *m, int kind) {
  if (kind == 2) {
    return learned_reward(m, "ensemble", "members=3,width=8,epochs=10");
  }
  if (kind == 3) {
    return learned_reward(m, "tabular", NULL);
  }
  heed_reward *formula = mdp_reward(m, "formula", OTHER);
  if (kind == 0) {
    return formula;
  }
  heed_reward *sum[] = {formula, mdp_reward(m, "channel", NULL), mdp_reward(m, "linear", NULL)};
  heed_reward *model = NULL;
  heed_error err = {0};
  assert_ok(heed_reward_combine("scale", "factor=0.3,offset=-0.1", sum, 1, &model, &err), &err);
  sum[0] = model;
  assert_ok(heed_reward_combine("sum", NULL, sum, 3, &model, &err), &err);
  heed_reward *whole = model;
  assert_ok(heed_reward_combine("pessimistic", "kappa=0.01", &whole, 1, &model, &err), &err);
  whole = model;
  assert_ok(heed_reward_combine("clip", "low=-2,high=0.7", &whole, 1, &model, &err), &err);
  return model;
}

/* Uniform selection draws the same whatever it is worth, so that a search under the new reward makes the
 * very tree that the old reward's search made. */
static void check_swapped_tree(mdp *m, const variant *v, int kind) {
  heed_planner_config config = config_of(v);
  config.selection = HEED_SELECT_UNIFORM;
  mdp_search x;
  mdp_search_init(&x, m, &config, 3);
  heed_reward *other = other_reward(m, kind);
  heed_error err = {0};
  mdp_plan(&x, 0);
  uint64_t before = heed_planner_signature(x.planner);
  assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
  uint64_t swapped = heed_planner_signature(x.planner);

  heed_planner *fresh = NULL;
  mdp_belief belief = {0};
  heed_decision d;
  heed_rng rng;
  heed_rng_init(&rng, 3);
  assert_ok(heed_planner_create(&config, x.dynamics, other, &fresh, &err), &err);
  assert_ok(heed_planner_plan(fresh, &belief, &rng, &d, &err), &err);
  assert_int_equal(swapped, heed_planner_signature(fresh));
  assert_int_not_equal(swapped, before);
  heed_planner_destroy(fresh);
  mdp_search_deinit(&x);
  heed_reward_destroy(other);
}

static void swapped_trees_equal_trees_scored_so_from_the_start(void **state) {
  (void)state;
  static mdp m;
  for (int i = 0; i < VARIANTS; i++) {
    for (int kind = 0; kind < OTHERS; kind++) {
      random_world(&m, 40 + (uint64_t)i);
      check_swapped_tree(&m, &variants[i], kind);
    }
  }
}

static void swapping_there_and_back_changes_nothing(void **state) {
  (void)state;
  static mdp m;
  for (int i = 0; i < VARIANTS; i++) {
    for (int advances = 0; advances < 2; advances++) {
      random_world(&m, 60 + (uint64_t)i);
      m.is_terminal[7] = false;
      heed_planner_config config = config_of(&variants[i]);
      mdp_search x;
      mdp_search_init(&x, &m, &config, 3);
      heed_reward *other = mdp_reward(&m, "formula", OTHER);
      heed_error err = {0};
      int32_t action = mdp_plan(&x, 0)->action.index;
      if (advances != 0) {
        const heed_tree *tree = &x.planner->tree;
        heed_index s = tree->nodes[tree->root].state;
        const heed_transition *t = heed__tree_transition(tree, s, (uint32_t)action);
        mdp_belief belief = {.state = world_state(tree, tree->outcomes[t->first_outcome].state)};
        assert_true(heed_planner_advance(x.planner, (heed_action){.index = action}, &belief));
      }
      uint64_t before = heed_planner_signature(x.planner);
      uint64_t asked = m.predictions;
      assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
      assert_int_not_equal(heed_planner_signature(x.planner), before);
      assert_ok(heed_planner_swap_reward(x.planner, x.reward, &err), &err);
      assert_int_equal(heed_planner_signature(x.planner), before);
      assert_int_equal(m.predictions, asked);
      mdp_search_deinit(&x);
      heed_reward_destroy(other);
    }
  }
}

static void variances_are_scored_anew_too(void **state) {
  (void)state;
  static mdp m;
  static double moments[3][4096];
  for (int i = 0; i < VARIANTS; i++) {
    if (variants[i].backup == HEED_BACKUP_SOFT) {
      continue;
    }
    random_world(&m, 90 + (uint64_t)i);
    heed_planner_config config = config_of(&variants[i]);
    config.selection = HEED_SELECT_UCB1_TUNED;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 3);
    heed_reward *other = mdp_reward(&m, "formula", OTHER);
    heed_error err = {0};
    mdp_plan(&x, 0);
    const heed_tree *tree = &x.planner->tree;
    size_t size = tree->places.count * sizeof(double); /* node_capacity is 4096 */
    memcpy(moments[0], tree->node_moments, size);
    assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
    memcpy(moments[1], tree->node_moments, size);
    assert_ok(heed_planner_swap_reward(x.planner, x.reward, &err), &err);
    memcpy(moments[2], tree->node_moments, size);
    assert_memory_equal(moments[0], moments[2], size);
    assert_memory_not_equal(moments[0], moments[1], size);
    mdp_search_deinit(&x);
    heed_reward_destroy(other);
  }
}

/* What the search reads while it runs: at the first question of a simulation, all earlier ones are backed
 * up. */
typedef struct watch {
  heed_planner *planner;
  uint32_t seen, checks;
} watch;

static void compare_with_full_backup(void *context) {
  watch *w = context;
  heed_tree *tree = &w->planner->tree;
  if (tree->nodes[tree->root].visits == w->seen) {
    return;
  }
  w->seen = tree->nodes[tree->root].visits;
  size_t nodes_size = tree->places.count * sizeof *tree->nodes;
  size_t edges_size = tree->edge_count * HEED_EDGE_BYTES;
  heed_node *nodes = malloc(nodes_size + 1);
  unsigned char *edges = malloc(edges_size + 1);
  assert(nodes != NULL && edges != NULL);
  memcpy(nodes, tree->nodes, nodes_size);
  memcpy(edges, tree->edges, edges_size);
  double low = tree->low;
  double high = tree->high;
  heed__backup_tree(w->planner);
  for (heed_index n = 0; n < tree->places.count; n++) {
    assert_true(nodes[n].value == tree->nodes[n].value);
  }
  assert_memory_equal(edges, tree->edges, edges_size);
  tree->low = low;
  tree->high = high;
  free(nodes);
  free(edges);
  w->checks++;
}

static void values_of_strict_trees_are_never_out_of_date(void **state) {
  (void)state;
  static mdp m;
  for (int i = 0; i < VARIANTS; i++) {
    if (variants[i].share_states) {
      continue;
    }
    random_world(&m, 80 + (uint64_t)i);
    heed_planner_config config = config_of(&variants[i]);
    config.reuse = false;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 3);
    watch w = {.planner = x.planner};
    m.on_predict = compare_with_full_backup;
    m.context = &w;
    mdp_plan(&x, 0);
    assert_true(w.checks > 20);
    mdp_search_deinit(&x);
  }
}

static void a_swap_turns_the_next_action(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 4, 0);
  heed_planner_config config = heed_planner_config_default();
  mdp_search x;
  mdp_search_init(&x, &m, &config, 1);
  heed_reward *stay = mdp_reward(&m, "formula", "formula=share[0]");
  heed_error err = {0};
  assert_int_equal(mdp_plan(&x, 0)->action.index, 1);
  assert_ok(heed_planner_swap_reward(x.planner, stay, &err), &err);
  assert_ok(heed_planner_decide(x.planner, &x.rng, &x.decision, &err), &err);
  assert_int_equal(x.decision.action.index, 0);
  /* sum of 0.98^t over 30 steps */
  assert_near(x.decision.value, (1 - pow(0.98, 30)) / 0.02, 1e-12);
  assert_near(x.decision.values[1], 0, 1e-12);
  heed_reward_destroy(stay);
  mdp_search_deinit(&x);
}

static void a_swap_that_fails_drops_the_tree(void **state) {
  (void)state;
  static mdp m;
  mdp_chain(&m, 4, 0);
  m.reward[2][0][2] = HUGE_VAL;
  heed_planner_config config = heed_planner_config_default();
  heed_dynamics *dynamics = mdp_dynamics(&m);
  heed_reward *channel = mdp_reward(&m, "channel", NULL);
  heed_reward *zero = mdp_reward(&m, "formula", "formula=0");
  heed_space board = heed_space_board(1, 2, MDP_STATES_MAX);
  heed_space two = heed_space_discrete(2);
  heed_reward *foreign = NULL;
  heed_error err = {0};
  assert_ok(heed_reward_create("channel", NULL, &board, &two, &foreign, &err), &err);
  heed_planner *planner = NULL;
  heed_decision d;
  heed_rng rng;
  heed_rng_init(&rng, 1);
  mdp_belief belief = {0};
  assert_ok(heed_planner_create(&config, dynamics, zero, &planner, &err), &err);
  const struct {
    const heed_reward *reward;
    heed_status status;
    const char *reason;
  } cases[] = {{foreign, HEED_ERR_ARG, "another world"},
               {NULL, HEED_ERR_ARG, "nothing to plan for"},
               {channel, HEED_ERR_NUMERIC, "finite"}};
  for (size_t i = 0; i < 3; i++) {
    assert_ok(heed_planner_plan(planner, &belief, &rng, &d, &err), &err);
    assert_fails(heed_planner_swap_reward(planner, cases[i].reward, &err), cases[i].status, &err,
                 cases[i].reason);
    assert_fails(heed_planner_decide(planner, &rng, &d, &err), HEED_ERR_STATE, &err, "planned");
  }
  /* the last one is in, and is seen not to be finite again */
  assert_fails(heed_planner_plan(planner, &belief, &rng, &d, &err), HEED_ERR_NUMERIC, &err, "");
  heed_planner_destroy(planner);
  heed_reward_destroy(foreign);
  heed_reward_destroy(zero);
  heed_reward_destroy(channel);
  heed_dynamics_destroy(dynamics);
}

/* Under a given draw of the reward the values are those of dynamic programming with its scores, and what
 * was imagined before is not imagined again. */
static void given_hypotheses_score_anew_what_was_imagined(void **state) {
  (void)state;
  enum { HORIZON = 5 };
  static mdp m;
  static mdp_values v;
  heed_rng rng;
  heed_rng_init(&rng, 5);
  mdp_random(&m, 8, 3, 1, &rng);
  heed_reward *linear = mdp_reward(&m, "linear", NULL);
  heed_dynamics *dynamics = mdp_dynamics(&m);
  void *hypothesis = malloc(heed_reward_spec_of(linear)->hypothesis_size);
  void *workspace = malloc(heed_reward_workspace_size(linear, 1) + 1);
  assert_true(hypothesis != NULL && workspace != NULL);
  heed_planner_config config = heed_planner_config_default();
  config.horizon = HORIZON;
  config.discount = 1;
  config.selection = HEED_SELECT_UNIFORM;
  config.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  heed_planner *planner = NULL;
  heed_error err = {0};
  assert_ok(heed_planner_create(&config, dynamics, linear, &planner, &err), &err);
  heed_decision d;
  mdp_belief belief = {0};
  assert_ok(heed_planner_plan(planner, &belief, &rng, &d, &err), &err);
  assert_near(d.value, 0, 0); /* the mean of an untaught model */
  for (int k = 0; k < 5; k++) {
    heed_reward_draw(linear, &rng, hypothesis);
    assert_ok(heed_planner_set_hypotheses(planner, NULL, hypothesis, &err), &err);
    assert_ok(heed_planner_plan(planner, &belief, &rng, &d, &err), &err);
    for (uint32_t i = 0; i < m.states * m.actions * m.states; i++) {
      uint8_t obs = (uint8_t)(i / m.states / m.actions);
      uint8_t next_obs = (uint8_t)(i % m.states);
      uint32_t a = i / m.states % m.actions;
      heed_step step = {&obs, {.index = (int32_t)a}, &next_obs, 0};
      heed_reward_score(linear, &step, 1, hypothesis, &m.reward[obs][a][next_obs], NULL, workspace);
    }
    mdp_solve(&m, HORIZON, 1, &v);
    for (uint32_t a = 0; a < m.actions; a++) {
      assert_near(d.values[a], v.q[HORIZON][0][a], 1e-9);
    }
  }
  assert_true(m.predictions <= (uint64_t)m.states * m.actions * config.outcome_samples);
  free(hypothesis);
  free(workspace);
  heed_planner_destroy(planner);
  heed_dynamics_destroy(dynamics);
  heed_reward_destroy(linear);
}

/* Rollouts that are not kept are worth the same, but cannot be scored again. */
static void a_swap_drops_what_was_not_kept(void **state) {
  (void)state;
  static mdp m;
  random_world(&m, 70);
  uint64_t signatures[2];
  for (int keeps = 0; keeps < 2; keeps++) {
    heed_planner_config config = mdp_config_uct();
    config.horizon = 5;
    config.keep_rollouts = keeps != 0;
    mdp_search x;
    mdp_search_init(&x, &m, &config, 3);
    heed_reward *other = mdp_reward(&m, "formula", OTHER);
    heed_error err = {0};
    mdp_plan(&x, 0);
    signatures[keeps] = heed_planner_signature(x.planner);
    assert_int_equal(x.planner->tree.rollout_count > 0, keeps != 0);
    assert_ok(heed_planner_swap_reward(x.planner, other, &err), &err);
    heed_status status = heed_planner_decide(x.planner, &x.rng, &x.decision, &err);
    assert_int_equal(status, keeps != 0 ? HEED_OK : HEED_ERR_STATE);
    assert_int_equal(mdp_plan(&x, 1)->simulations, config.simulations);
    mdp_search_deinit(&x);
    heed_reward_destroy(other);
  }
  assert_int_equal(signatures[0], signatures[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(swapped_trees_have_the_values_of_a_plain_recursion),
      cmocka_unit_test(swapped_trees_equal_trees_scored_so_from_the_start),
      cmocka_unit_test(swapping_there_and_back_changes_nothing),
      cmocka_unit_test(a_swap_drops_what_was_not_kept),
      cmocka_unit_test(variances_are_scored_anew_too),
      cmocka_unit_test(values_of_strict_trees_are_never_out_of_date),
      cmocka_unit_test(a_swap_turns_the_next_action),
      cmocka_unit_test(a_swap_that_fails_drops_the_tree),
      cmocka_unit_test(given_hypotheses_score_anew_what_was_imagined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
