/* config.c: the settings of a planner: names, ranges, defaults, and which parts go together. */
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "planner/search.h"

heed_planner_config heed_planner_config_default(void) {
  heed_planner_config config;
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_status status = heed_params_parse(table, count, NULL, &config, NULL);
  assert(status == HEED_OK);
  (void)status;
  return config;
}

heed_planner_config heed_planner_config_valued(void) {
  heed_planner_config config = heed_planner_config_default();
  config.simulations = 50;
  config.selection = HEED_SELECT_PUCT;
  config.expansion = HEED_EXPAND_ONE;
  config.share_states = false;
  config.complete = false;
  config.leaf = HEED_LEAF_VALUE;
  config.backup = HEED_BACKUP_MEAN;
  config.final = HEED_FINAL_VISITS;
  config.ties = HEED_TIES_UNIFORM;
  config.reuse = false;
  return config;
}

void heed_planner_config_fit(heed_planner_config *config, const heed_space *action_space) {
  if (action_space->kind != HEED_SPACE_BOX) {
    return;
  }
  config->sampled_actions = HEED_BOX_ACTIONS;
  if (!heed__leaf_is_valued(config)) {
    config->method = HEED_METHOD_ICEM;
    config->horizon *= 3;
  }
}

#define HYPOTHESES "mean|per-decision|per-simulation|given"

static const heed_param params_table[] = {
    {"method", HEED_PARAM_CHOICE, offsetof(heed_planner_config, method), "tree", 0, 0,
     "tree|cem|icem|mppi", "", "search a tree of actions, or draw whole sequences of them"},
    {"simulations", HEED_PARAM_INT, offsetof(heed_planner_config, simulations), "600", 1, 1e9, NULL,
     "", "simulations per decision"},
    {"budget_ms", HEED_PARAM_REAL, offsetof(heed_planner_config, budget_ms), "0", 0, 1e9, NULL,
     "ms", "stop after so long; 0: never (only then is a run reproducible)"},
    {"horizon", HEED_PARAM_INT, offsetof(heed_planner_config, horizon), "30", 1, 10000, NULL,
     "steps", "how far ahead the search looks"},
    {"discount", HEED_PARAM_REAL, offsetof(heed_planner_config, discount), "0.98", 1e-9, 1, NULL,
     "", "of the reward one step later"},
    {"selection", HEED_PARAM_CHOICE, offsetof(heed_planner_config, selection), "ucb1", 0, 0,
     "ucb1|uniform|ucb1-tuned|puct|gumbel", "", "which action to try next inside the tree"},
    {"exploration", HEED_PARAM_REAL, offsetof(heed_planner_config, exploration), "1", 0, 1e6, NULL,
     "", "constant of ucb1 and ucb1-tuned, in units of the range of values"},
    {"puct_init", HEED_PARAM_REAL, offsetof(heed_planner_config, puct_init), "1.25", 0, 1e6, NULL,
     "", "c1 of puct: weight of the prior"},
    {"puct_base", HEED_PARAM_REAL, offsetof(heed_planner_config, puct_base), "19652", 1, 1e12, NULL,
     "", "c2 of puct: visits after which that weight grows"},
    {"gumbel_actions", HEED_PARAM_INT, offsetof(heed_planner_config, gumbel_actions), "16", 1, 1e6,
     NULL, "", "actions that gumbel considers at first"},
    {"gumbel_visit", HEED_PARAM_REAL, offsetof(heed_planner_config, gumbel_visit), "50", 0, 1e9,
     NULL, "", "c_visit of gumbel: visits that values weigh like from the start"},
    {"gumbel_scale", HEED_PARAM_REAL, offsetof(heed_planner_config, gumbel_scale), "0.1", 1e-9, 1e9,
     NULL, "", "c_scale of gumbel: weight of values against the prior"},
    {"gumbel_noise", HEED_PARAM_BOOL, offsetof(heed_planner_config, gumbel_noise), "true", 0, 1,
     NULL, "", "gumbel draws the actions it considers; false: the most probable"},
    {"expansion", HEED_PARAM_CHOICE, offsetof(heed_planner_config, expansion), "path", 0, 0,
     "path|one", "", "what of a simulation stays in the tree: all of it, or one new state"},
    {"nodes", HEED_PARAM_CHOICE, offsetof(heed_planner_config, nodes), "belief", 0, 0,
     "belief|history|actions", "",
     "what tells states apart: beliefs, what was done and seen, or only done (open loop)"},
    {"share_states", HEED_PARAM_BOOL, offsetof(heed_planner_config, share_states), "true", 0, 1,
     NULL, "", "equal beliefs at the same depth are one state"},
    {"complete", HEED_PARAM_BOOL, offsetof(heed_planner_config, complete), "true", 0, 1, NULL, "",
     "finish by dynamic programming over all that was imagined"},
    {"sampled_actions", HEED_PARAM_INT, offsetof(heed_planner_config, sampled_actions), "0", 0, 1e6,
     NULL, "", "draws of actions to consider in a state; 0: all are"},
    {"widening", HEED_PARAM_REAL, offsetof(heed_planner_config, widening), "0", 0, 1e6, NULL, "",
     "of boxes: actions considered at first, more as a node is visited; 0: all at once"},
    {"widening_power", HEED_PARAM_REAL, offsetof(heed_planner_config, widening_power), "0.5", 0, 1,
     NULL, "", "power of the visits that their number grows with"},
    {"outcome_widening", HEED_PARAM_REAL, offsetof(heed_planner_config, outcome_widening), "0", 0,
     1e6, NULL, "",
     "answers of the dynamics at first, more as an action is tried; 0: no such limit"},
    {"outcome_power", HEED_PARAM_REAL, offsetof(heed_planner_config, outcome_power), "0.5", 0, 1,
     NULL, "", "power of the tries that their number grows with"},
    {"outcomes", HEED_PARAM_CHOICE, offsetof(heed_planner_config, outcomes), "sampled", 0, 0,
     "sampled|enumerated", "",
     "what may come of an action: answers of the dynamics, or all there is, where it can be "
     "listed"},
    {"outcome_samples", HEED_PARAM_INT, offsetof(heed_planner_config, outcome_samples), "500", 0,
     1e9, NULL, "",
     "answers of the dynamics per action of a state, one if nothing is drawn; 0: ask every time"},
    {"leaf", HEED_PARAM_CHOICE, offsetof(heed_planner_config, leaf), "zero", 0, 0,
     "zero|rollout|value|mixture", "",
     "what a new state at the rim is worth: value and mixture need an evaluator"},
    {"leaf_mixture", HEED_PARAM_REAL, offsetof(heed_planner_config, leaf_mixture), "0.5", 0, 1,
     NULL, "", "of leaf mixture: weight of the rollout, the rest is the value's"},
    {"rollout", HEED_PARAM_CHOICE, offsetof(heed_planner_config, rollout), "random", 0, 0,
     "random|prior|greedy", "",
     "what a rollout does: anything, what an evaluator's prior draws, or what it holds most "
     "probable"},
    {"keep_rollouts", HEED_PARAM_BOOL, offsetof(heed_planner_config, keep_rollouts), "true", 0, 1,
     NULL, "", "so that a swap of the reward can score them again; false: it drops the tree"},
    {"backup", HEED_PARAM_CHOICE, offsetof(heed_planner_config, backup), "max", 0, 0,
     "max|mean|soft|lambda", "",
     "value of a state: of its best action, the average, with entropy, between best and average"},
    {"temperature", HEED_PARAM_REAL, offsetof(heed_planner_config, temperature), "0.1", 1e-9, 1e9,
     NULL, "reward/nat", "of backup soft: worth of the entropy of the policy"},
    {"lambda", HEED_PARAM_REAL, offsetof(heed_planner_config, lambda), "0.5", 0, 1, NULL, "",
     "of backup lambda: 0 is max, 1 is mean"},
    {"final", HEED_PARAM_CHOICE, offsetof(heed_planner_config, final), "value", 0, 0,
     "value|lcb|visits|gumbel", "",
     "the action taken: highest value, lower bound of it, most visited, best after halving"},
    {"ties", HEED_PARAM_CHOICE, offsetof(heed_planner_config, ties), "lowest", 0, 0,
     "lowest|uniform", "", "among equally good actions"},
    {"early_stop", HEED_PARAM_BOOL, offsetof(heed_planner_config, early_stop), "false", 0, 1, NULL,
     "", "stop when the choice cannot change any more; needs final=visits"},
    {"dynamics_hypotheses", HEED_PARAM_CHOICE, offsetof(heed_planner_config, dynamics_hypotheses),
     "mean", 0, 0, HYPOTHESES, "", "draws from the posterior of the dynamics"},
    {"reward_hypotheses", HEED_PARAM_CHOICE, offsetof(heed_planner_config, reward_hypotheses),
     "mean", 0, 0, HYPOTHESES, "", "draws from the posterior of the reward"},
    {"information_weight", HEED_PARAM_REAL, offsetof(heed_planner_config, information_weight), "0",
     -1e9, 1e9, NULL, "reward/nat",
     "planning to learn: worth of what a step tells of the dynamics; below 0: to keep to what is "
     "known"},
    {"reuse", HEED_PARAM_BOOL, offsetof(heed_planner_config, reuse), "true", 0, 1, NULL, "",
     "go on from the tree below the last action"},
    {"trees", HEED_PARAM_INT, offsetof(heed_planner_config, trees), "1", 1, 1024, NULL, "",
     "searches of their own, on all threads, that decide together"},
    {"leaf_batch", HEED_PARAM_INT, offsetof(heed_planner_config, leaf_batch), "1", 1, 64, NULL,
     "simulations", "under way at once, asking the dynamics together"},
    {"node_capacity", HEED_PARAM_INT, offsetof(heed_planner_config, node_capacity), "65536", 16,
     1e8, NULL, "states", "room in the tree"},
    {"iterations", HEED_PARAM_INT, offsetof(heed_planner_config, iterations), "4", 1, 1000, NULL,
     "", "of cem, icem, mppi: populations per decision"},
    {"particles", HEED_PARAM_INT, offsetof(heed_planner_config, particles), "1", 1, 1e6, NULL, "",
     "of cem, icem, mppi: futures that a sequence of actions is judged by"},
    {"cvar", HEED_PARAM_REAL, offsetof(heed_planner_config, cvar), "1", 1e-9, 1, NULL, "",
     "share of these futures, or of the trees, that count: the worst"},
    {"risk", HEED_PARAM_CHOICE, offsetof(heed_planner_config, risk), "mean", 0, 0, "mean|quantile",
     "", "what counts of the worst: their mean, or the best of them, the lower quantile"},
    {"elites", HEED_PARAM_REAL, offsetof(heed_planner_config, elites), "0.1", 1e-9, 1, NULL, "",
     "of cem, icem: share of the first population that the next is fitted to"},
    {"elites_kept", HEED_PARAM_REAL, offsetof(heed_planner_config, elites_kept), "0.3", 0, 1, NULL,
     "", "of icem: share of them that is kept"},
    {"decay", HEED_PARAM_REAL, offsetof(heed_planner_config, decay), "1.25", 1, 1e6, NULL, "",
     "of icem: factor by which each population is smaller"},
    {"momentum", HEED_PARAM_REAL, offsetof(heed_planner_config, momentum), "0.1", 0, 0.999999, NULL,
     "", "of cem, icem, mppi: weight of what was before in each fit"},
    {"noise", HEED_PARAM_REAL, offsetof(heed_planner_config, noise), "0.5", 1e-9, 1e9, NULL,
     "half ranges", "of cem, icem, mppi: deviation of actions at first"},
    {"noise_colour", HEED_PARAM_REAL, offsetof(heed_planner_config, noise_colour), "2", 0, 100,
     NULL, "", "of icem: power of noise falls with its frequency to this power; 0: white"},
};

const heed_param *heed_planner_params(size_t *count) {
  *count = sizeof params_table / sizeof params_table[0];
  return params_table;
}

static const heed_param *param_of(const char *name) {
  const heed_param *p = params_table;
  while (strcmp(p->name, name) != 0) {
    p++;
  }
  return p;
}

static const char *nodes_of(const heed_planner_config *c) {
  return c->nodes == HEED_NODES_HISTORY ? "history" : "actions";
}

/* Are the numbers in range? */
static heed_status check_numbers(const heed_planner_config *c, heed_error *err) {
  if (c->simulations < 1 || c->horizon < 1 || c->horizon > 10000 || c->node_capacity < 16 ||
      c->leaf_batch < 1 || c->leaf_batch > HEED_PREDICT_BATCH ||
      !(c->discount > 0 && c->discount <= 1) || !(c->exploration >= 0) || !(c->budget_ms >= 0) ||
      !isfinite(c->information_weight)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "simulations %u, horizon %u, node_capacity %u, leaf_batch %u, discount %g, "
                     "exploration %g, budget_ms %g, information_weight %g: out of range",
                     c->simulations, c->horizon, c->node_capacity, c->leaf_batch, c->discount,
                     c->exploration, c->budget_ms, c->information_weight);
  }
  if (!(c->puct_init >= 0 && c->puct_init < HUGE_VAL) ||
      !(c->puct_base >= 1 && c->puct_base < HUGE_VAL) || c->gumbel_actions < 1 ||
      !(c->gumbel_visit >= 0 && c->gumbel_visit < HUGE_VAL) ||
      !(c->gumbel_scale > 0 && c->gumbel_scale < HUGE_VAL) ||
      !(c->temperature > 0 && c->temperature < HUGE_VAL) || !(c->lambda >= 0 && c->lambda <= 1) ||
      !(c->leaf_mixture >= 0 && c->leaf_mixture <= 1)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "puct_init %g, puct_base %g, gumbel_actions %u, gumbel_visit %g, gumbel_scale "
                     "%g, temperature %g, lambda %g, leaf_mixture %g: out of range",
                     c->puct_init, c->puct_base, c->gumbel_actions, c->gumbel_visit,
                     c->gumbel_scale, c->temperature, c->lambda, c->leaf_mixture);
  }
  return HEED_OK;
}

/* Are the numbers of what does without a tree in range? */
static heed_status check_trajectory_numbers(const heed_planner_config *c, heed_error *err) {
  bool is_fine = c->iterations >= 1 && c->particles >= 1 && c->cvar > 0 && c->cvar <= 1 &&
                 c->elites > 0 && c->elites <= 1 && c->elites_kept >= 0 && c->elites_kept <= 1 &&
                 c->decay >= 1 && c->decay < HUGE_VAL && c->momentum >= 0 && c->momentum < 1 &&
                 c->noise > 0 && c->noise < HUGE_VAL && c->noise_colour >= 0 &&
                 c->noise_colour < HUGE_VAL;
  return is_fine ? HEED_OK
                 : heed_fail(err, HEED_ERR_ARG,
                             "iterations %u, particles %u, cvar %g, elites %g, elites_kept %g, "
                             "decay %g, momentum %g, noise %g, noise_colour %g: out of range",
                             c->iterations, c->particles, c->cvar, c->elites, c->elites_kept,
                             c->decay, c->momentum, c->noise, c->noise_colour);
}

/* Do leaves go together with what leads to them, and with what they are worth? */
static heed_status check_leaves(const heed_planner_config *c, heed_error *err) {
  if (c->nodes == HEED_NODES_ACTIONS &&
      (heed__leaf_is_valued(c) || c->rollout != HEED_ROLLOUT_RANDOM)) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "nodes=actions needs leaf=zero or leaf=rollout, and rollout=random: evaluators "
        "judge what is seen, and a sequence of actions has no such thing");
  }
  if (heed__leaf_is_rolled_out(c) && c->expansion != HEED_EXPAND_ONE) {
    return heed_fail(err, HEED_ERR_ARG,
                     "leaf=rollout and leaf=mixture need expansion=one: a whole path goes down to "
                     "the horizon itself, and leaves nothing to roll out");
  }
  if (c->rollout != HEED_ROLLOUT_RANDOM && !heed__leaf_is_rolled_out(c)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "rollout=prior and rollout=greedy need leaf=rollout or leaf=mixture: nothing "
                     "else is rolled out");
  }
  if (heed__leaf_is_valued(c) && c->reward_hypotheses != HEED_HYPOTHESES_MEAN) {
    return heed_fail(err, HEED_ERR_ARG,
                     "leaf=value and leaf=mixture need reward_hypotheses=mean: values are of one "
                     "reward, not of draws from its posterior");
  }
  return HEED_OK;
}

/* Do the parts of the search proper go together? */
static heed_status check_search(const heed_planner_config *c, heed_error *err) {
  if (c->complete &&
      (!c->share_states || c->backup == HEED_BACKUP_MEAN || c->backup == HEED_BACKUP_LAMBDA)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "complete=true needs share_states=true and backup=max or backup=soft: only "
                     "then do states have values that are independent of how they were reached");
  }
  if (heed__follows_particles(c) && (c->share_states || c->outcome_samples > 0)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "nodes=%s needs share_states=false, complete=false and outcome_samples=0: two "
                     "ways to one observation are not one state, and each simulation goes on from "
                     "its own particle",
                     nodes_of(c));
  }
  if (c->outcomes == HEED_OUTCOMES_ENUMERATED &&
      (heed__follows_particles(c) || c->outcome_widening > 0 ||
       c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "outcomes=enumerated needs nodes=belief, outcome_widening=0 and another "
                     "dynamics_hypotheses than per-simulation: an action leads to the same list of "
                     "outcomes in all simulations");
  }
  if (c->nodes == HEED_NODES_ACTIONS && c->reuse) {
    return heed_fail(err, HEED_ERR_ARG,
                     "nodes=actions needs reuse=false: what is below an action was planned for all "
                     "that it may lead to, not for what it led to");
  }
  if (c->selection == HEED_SELECT_UCB1_TUNED && c->backup == HEED_BACKUP_SOFT) {
    return heed_fail(err, HEED_ERR_ARG,
                     "selection=ucb1-tuned needs another backup than soft: it weighs the variance "
                     "of returns, and no return holds the entropy that soft values hold");
  }
  if (c->trees < 1 || c->trees > 1024) {
    return heed_fail(err, HEED_ERR_ARG, "trees %u: 1 to 1024 expected", c->trees);
  }
  if (c->trees > 1 && ((c->final != HEED_FINAL_VALUE && c->final != HEED_FINAL_VISITS) ||
                       c->simulations < c->trees || c->early_stop)) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "trees=%u needs final=value or final=visits, early_stop=false, and a simulation "
        "for each: what they find is put together by values and visits of the root",
        c->trees);
  }
  if (c->cvar < 1 && c->trees == 1) {
    return heed_fail(err, HEED_ERR_ARG,
                     "cvar=%g needs trees, best each under a hypothesis of its own "
                     "(dynamics_hypotheses=per-decision): it is the mean of the worst of them",
                     c->cvar);
  }
  if (c->selection == HEED_SELECT_GUMBEL && (c->reuse || c->budget_ms > 0)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "selection=gumbel needs reuse=false and budget_ms=0: sequential halving gives "
                     "out a number of simulations that is known when it starts");
  }
  if (c->final == HEED_FINAL_GUMBEL && c->selection != HEED_SELECT_GUMBEL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "final=gumbel needs selection=gumbel, which draws the actions that it is "
                     "between");
  }
  if (c->early_stop && c->final != HEED_FINAL_VISITS) {
    return heed_fail(err, HEED_ERR_ARG,
                     "early_stop=true needs final=visits: one more simulation can make any value "
                     "the highest");
  }
  return HEED_OK;
}

/* Do the hypotheses that a tree is planned under go together with its other parts? */
static heed_status check_tree_hypotheses(const heed_planner_config *c, heed_error *err) {
  if (c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION &&
      (c->share_states || c->outcome_samples > 0 || c->outcome_widening > 0 || c->reuse)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "dynamics_hypotheses=per-simulation needs share_states=false, "
                     "outcome_samples=0, outcome_widening=0 and reuse=false: what one hypothesis "
                     "answered must not be taken for another's answer");
  }
  if (c->dynamics_hypotheses == HEED_HYPOTHESES_PER_SIMULATION && c->leaf_batch > 1) {
    return heed_fail(err, HEED_ERR_ARG,
                     "dynamics_hypotheses=per-simulation needs leaf_batch=1: simulations that are "
                     "under way at once are planned under the same hypothesis");
  }
  if (c->reuse && (c->dynamics_hypotheses == HEED_HYPOTHESES_PER_DECISION ||
                   c->reward_hypotheses == HEED_HYPOTHESES_PER_DECISION)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "hypotheses per decision need reuse=false: the tree that stands was planned "
                     "under another one");
  }
  return HEED_OK;
}

/* Without a tree, is nothing asked for that only a tree has? Numbers do not count: those of parts that are
 * not in use are never read. */
static heed_status check_no_tree(const heed_planner_config *c, heed_error *err) {
  static const char *const parts[] = {"selection",    "expansion",  "nodes",    "outcomes",
                                      "share_states", "complete",   "widening", "outcome_widening",
                                      "leaf",         "rollout",    "backup",   "final",
                                      "early_stop",   "leaf_batch", "trees"};
  heed_planner_config usual = heed_planner_config_default();
  char method[HEED_PARAM_TEXT_SIZE] = "";
  (void)heed_params_format(param_of("method"), 1, c, method, sizeof method, NULL);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    char asked[HEED_PARAM_TEXT_SIZE] = "";
    char expected[HEED_PARAM_TEXT_SIZE] = "";
    (void)heed_params_format(param_of(parts[i]), 1, c, asked, sizeof asked, NULL);
    (void)heed_params_format(param_of(parts[i]), 1, &usual, expected, sizeof expected, NULL);
    if (strcmp(asked, expected) != 0) {
      return heed_fail(err, HEED_ERR_ARG,
                       "%s searches no tree, so that %s would do nothing; leave it out", method,
                       asked);
    }
  }
  return HEED_OK;
}

/* Do the actions go together with how many of them are considered? */
static heed_status check_actions(const heed_planner_config *c, const heed_space *actions,
                                 heed_error *err) {
  bool is_fine = c->widening >= 0 && c->widening < HUGE_VAL && c->widening_power >= 0 &&
                 c->widening_power <= 1 && c->outcome_widening >= 0 &&
                 c->outcome_widening < HUGE_VAL && c->outcome_power >= 0 && c->outcome_power <= 1;
  if (!is_fine) {
    return heed_fail(err, HEED_ERR_ARG,
                     "widening %g, widening_power %g, outcome_widening %g, outcome_power %g: out "
                     "of range",
                     c->widening, c->widening_power, c->outcome_widening, c->outcome_power);
  }
  if (actions->kind == HEED_SPACE_DISCRETE && c->widening > 0) {
    return heed_fail(err, HEED_ERR_ARG,
                     "widening is for actions that are a box, these are discrete: use "
                     "sampled_actions");
  }
  if (actions->kind == HEED_SPACE_BOX && c->sampled_actions == 0) {
    return heed_fail(err, HEED_ERR_ARG,
                     "these actions are a box: a tree needs sampled_actions, a number of them to "
                     "consider in a state; or use method=icem");
  }
  if (c->widening > 0 && c->selection == HEED_SELECT_GUMBEL) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "selection=gumbel needs widening=0: sequential halving begins with all that it "
        "will consider");
  }
  if (actions->kind == HEED_SPACE_BOX && c->rollout != HEED_ROLLOUT_RANDOM) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "rollout=prior and rollout=greedy need discrete actions: no prior is over a box");
  }
  if (actions->kind == HEED_SPACE_BOX && c->trees > 1) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "trees=%u: trees over a box draw different actions, and have nothing in common "
        "to decide by; use trees=1",
        c->trees);
  }
  if (heed__follows_particles(c) && c->outcome_widening > 0) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "nodes=%s needs outcome_widening=0: each simulation goes on from its own particle",
        nodes_of(c));
  }
  return heed_space_check_bounded(actions, err);
}

heed_status heed__config_check(const heed_planner_config *c, const heed_dynamics_spec *dynamics,
                               heed_error *err) {
  heed_status status = check_numbers(c, err);
  if (status == HEED_OK) {
    status = check_trajectory_numbers(c, err);
  }
  if (status == HEED_OK && c->method == HEED_METHOD_TREE) {
    status = check_actions(c, &dynamics->action_space, err);
    status = status == HEED_OK ? check_search(c, err) : status;
    status = status == HEED_OK ? check_leaves(c, err) : status;
    status = status == HEED_OK ? check_tree_hypotheses(c, err) : status;
  }
  if (status == HEED_OK && c->method != HEED_METHOD_TREE) {
    status = check_no_tree(c, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  if (c->risk == HEED_RISK_QUANTILE && c->cvar == 1) {
    return heed_fail(
        err, HEED_ERR_ARG,
        "risk=quantile needs cvar below 1: of all of them it is the best, which fears nothing");
  }
  if (c->reward_hypotheses == HEED_HYPOTHESES_PER_SIMULATION) {
    return heed_fail(err, HEED_ERR_ARG,
                     "reward_hypotheses=per-simulation: nothing inside a search tells rewards "
                     "apart, so that it would only be the mean with noise; use mean");
  }
  if (c->dynamics_hypotheses != HEED_HYPOTHESES_MEAN && dynamics->hypothesis_size == 0) {
    return heed_fail(err, HEED_ERR_ARG, "the dynamics has no posterior to draw hypotheses from");
  }
  return HEED_OK;
}
