#include "planner/planner.h"

#include <stdlib.h>

#include "planner/forest.h"
#include "planner/search.h"
#include "planner/trajectories.h"

/* Memory for one model's scratch: at least one byte, so that NULL means failure. */
static void *scratch(size_t size) {
  return calloc(1, size > 0 ? size : 1);
}

bool heed__make_room(void **block, size_t *size, size_t needed) {
  if (*block != NULL && needed <= *size) {
    return true;
  }
  void *larger = scratch(needed);
  if (larger != NULL) {
    free(*block);
    *block = larger;
    *size = needed;
  }
  return larger != NULL;
}

heed_status heed__reserve_reward(heed_planner *planner, const heed_reward *reward,
                                 heed_error *err) {
  size_t workspace = reward != NULL ? heed_reward_workspace_size(reward, HEED_SCORE_BATCH) : 0;
  size_t hypothesis = reward != NULL ? heed_reward_spec_of(reward)->hypothesis_size : 0;
  if (!heed__make_room(&planner->reward_workspace, &planner->reward_workspace_size, workspace) ||
      !heed__make_room(&planner->reward_hypothesis, &planner->reward_hypothesis_size, hypothesis)) {
    return heed_fail(err, HEED_ERR_NOMEM, "planner: no memory for the reward model");
  }
  return planner->forest != NULL ? heed__forest_reserve_reward(planner, reward, err) : HEED_OK;
}

heed_status heed__set_reward(heed_planner *planner, const heed_reward *reward, heed_error *err) {
  const heed_reward_spec *spec = reward != NULL ? heed_reward_spec_of(reward) : NULL;
  if (reward == NULL && !(planner->config.information_weight > 0)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "nothing to plan for: neither a reward model nor an information_weight");
  }
  if (spec != NULL && (!heed_space_equal(&spec->obs_space, &planner->spec->obs_space) ||
                       !heed_space_equal(&spec->action_space, &planner->spec->action_space))) {
    return heed_fail(err, HEED_ERR_ARG, "the reward model is for another world's spaces");
  }
  if (planner->config.reward_hypotheses != HEED_HYPOTHESES_MEAN && spec != NULL &&
      spec->hypothesis_size == 0) {
    return heed_fail(err, HEED_ERR_ARG, "the reward has no posterior to draw hypotheses from");
  }
  heed_status status = heed__reserve_reward(planner, reward, err);
  if (status != HEED_OK) {
    return status;
  }
  planner->reward = reward;
  planner->reads_obs = reward != NULL && !heed_reward_ops_of(reward)->ignores_obs;
  planner->current_reward_hypothesis = NULL;
  return HEED_OK;
}

/* How much room the tree is given, from the room for nodes. */
static void measure_tree(heed_planner *planner) {
  const heed_planner_config *config = &planner->config;
  heed_tree *tree = &planner->tree;
  tree->action_count = planner->spec->action_space.count;
  if (planner->spec->action_space.kind == HEED_SPACE_BOX) {
    tree->action_count = config->sampled_actions;
    tree->action_dims = planner->spec->action_space.count;
  }
  tree->horizon = config->horizon;
  tree->obs_size = heed_space_size(&planner->spec->obs_space);
  size_t seen_size = (tree->obs_size + 7) & ~(size_t)7;
  tree->belief_size = config->nodes == HEED_NODES_ACTIONS   ? 0
                      : config->nodes == HEED_NODES_HISTORY ? seen_size
                                                            : planner->spec->belief_size;
  tree->share_states = config->share_states;
  tree->has_priors =
      config->selection == HEED_SELECT_PUCT || config->selection == HEED_SELECT_GUMBEL;
  tree->has_corrections = tree->has_priors && tree->action_dims == 0 && config->sampled_actions > 0;
  tree->has_values = heed__leaf_is_valued(config);
  tree->has_legal = heed_dynamics_ops_of(planner->dynamics)->legal != NULL ||
                    (tree->action_dims == 0 && config->sampled_actions > 0);
  tree->has_sides = heed_dynamics_ops_of(planner->dynamics)->to_move != NULL;
  tree->has_moments = config->selection == HEED_SELECT_UCB1_TUNED;
  tree->has_information = config->information_weight != 0;
  tree->node_capacity = config->node_capacity;
  uint64_t edges = (uint64_t)config->node_capacity * tree->action_count;
  tree->edge_capacity = edges < UINT32_MAX ? (uint32_t)edges : UINT32_MAX - 1;
  uint64_t outcomes = config->outcomes == HEED_OUTCOMES_ENUMERATED ? 4 * edges : edges;
  tree->outcome_capacity = outcomes < UINT32_MAX ? (uint32_t)outcomes : UINT32_MAX - 1;
  tree->has_weights = config->outcomes == HEED_OUTCOMES_ENUMERATED;
  tree->depth_capacity = config->reuse ? 8 * config->horizon : config->horizon + 1;
  tree->depth_capacity =
      tree->depth_capacity < HEED_DEPTH_MAX ? tree->depth_capacity : HEED_DEPTH_MAX;
  if (heed__leaf_is_rolled_out(config) && config->keep_rollouts) {
    uint64_t steps = (uint64_t)config->node_capacity * config->horizon;
    tree->rollout_capacity = steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX - 1;
  }
}

/* Bytes of a belief, or of what is seen, with the tag of a state. */
static size_t row_size(const heed_planner *planner) {
  size_t belief = planner->spec->belief_size;
  size_t kept = planner->tree.belief_size;
  return (belief > kept ? belief : kept) + sizeof(heed_state_tag);
}

/* Room for the steps of a rollout that are not kept. */
static bool make_steps(const heed_planner *planner, heed_simulation *sim) {
  const heed_planner_config *config = &planner->config;
  if (!heed__leaf_is_rolled_out(config) || config->keep_rollouts) {
    return true;
  }
  heed_steps *steps = &sim->own_steps;
  size_t count = config->horizon;
  steps->actions = calloc(count, sizeof *steps->actions);
  steps->numbers = calloc(count * planner->tree.action_dims + 1, sizeof *steps->numbers);
  steps->channel = calloc(count, sizeof *steps->channel);
  steps->rewards = calloc(count, sizeof *steps->rewards);
  steps->information = calloc(count, sizeof *steps->information);
  steps->obs = calloc(count, planner->tree.obs_size);
  bool is_whole = steps->actions != NULL && steps->numbers != NULL && steps->channel != NULL &&
                  steps->rewards != NULL && steps->information != NULL && steps->obs != NULL;
  sim->steps = *steps;
  if (!planner->tree.has_information) {
    sim->steps.information = NULL;
  }
  return is_whole;
}

/* Room for the simulations that are under way at once. */
static heed_status make_simulations(heed_planner *planner, heed_error *err) {
  planner->simulations = calloc(planner->config.leaf_batch, sizeof *planner->simulations);
  planner->simulation_count = planner->simulations != NULL ? planner->config.leaf_batch : 0;
  bool is_whole = planner->simulations != NULL;
  for (uint32_t i = 0; i < planner->simulation_count; i++) {
    heed_simulation *sim = &planner->simulations[i];
    sim->planner = planner;
    sim->phase = HEED_PHASE_OVER;
    sim->path = calloc(planner->config.horizon, sizeof *sim->path);
    sim->rows[0] = scratch(row_size(planner));
    sim->rows[1] = scratch(row_size(planner));
    sim->prior = calloc(planner->tree.action_count, sizeof *sim->prior);
    is_whole = is_whole && sim->prior != NULL && sim->path != NULL && sim->rows[0] != NULL &&
               sim->rows[1] != NULL && make_steps(planner, sim);
  }
  return is_whole ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
}

/* The first weights of PUCT; one number where it is not used, so that NULL means failure. */
static double *make_puct_weights(const heed_planner_config *config) {
  uint32_t count = config->selection == HEED_SELECT_PUCT ? HEED_TABLE_SIZE : 1;
  double *weights = calloc(count, sizeof *weights);
  for (uint32_t n = 0; weights != NULL && n < count; n++) {
    weights[n] = heed__puct_weight(config, n);
  }
  return weights;
}

/* What is planned with: a tree, several, or none. */
static heed_status make_plan(heed_planner *planner, const heed_reward *reward, heed_error *err) {
  const heed_planner_config *config = &planner->config;
  if (config->method != HEED_METHOD_TREE) {
    planner->substitute = &heed__trajectories;
    return heed__trajectories_create(config, planner->believed, &planner->trajectories, err);
  }
  if (config->trees > 1) {
    planner->substitute = &heed__forest;
    return heed__forest_create(config, planner->believed, reward, &planner->forest, err);
  }
  heed_status status = make_simulations(planner, err);
  if (status == HEED_OK && config->outcomes == HEED_OUTCOMES_ENUMERATED) {
    planner->enumerator = heed__enumerator_create(row_size(planner));
    status = planner->enumerator != NULL
                 ? HEED_OK
                 : heed_fail(err, HEED_ERR_NOMEM, "planner: no memory to enumerate outcomes");
  }
  return status == HEED_OK ? heed__tree_init(&planner->tree, err) : status;
}

heed_status heed_planner_create(const heed_planner_config *config, const heed_dynamics *dynamics,
                                const heed_reward *reward, heed_planner **out, heed_error *err) {
  *out = NULL;
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(dynamics);
  heed_status status = heed__config_check(config, spec, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_dynamics_ops *ops = heed_dynamics_ops_of(dynamics);
  if (config->nodes == HEED_NODES_ACTIONS && (ops->legal != NULL || ops->to_move != NULL)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "nodes=actions needs one agent that may take every action at any time: what "
                     "may be done, and by whom, depends on what happened");
  }
  heed_planner *planner = calloc(1, sizeof *planner);
  if (planner == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
  }
  planner->config = *config;
  planner->tables = heed__tables();
  bool is_forest = config->trees > 1;
  bool is_tree = config->method == HEED_METHOD_TREE && !is_forest;
  planner->believed = dynamics;
  planner->dynamics =
      is_tree && heed__follows_particles(config) ? heed_dynamics_particles(dynamics) : dynamics;
  planner->spec = heed_dynamics_spec_of(planner->dynamics);
  planner->rolls_out = config->rollout == HEED_ROLLOUT_RANDOM &&
                       heed_dynamics_ops_of(planner->dynamics)->rollout != NULL &&
                       spec->action_space.kind == HEED_SPACE_DISCRETE &&
                       config->information_weight == 0;
  planner->strides = is_tree && config->nodes == HEED_NODES_HISTORY && config->leaf_batch == 1 &&
                     heed_dynamics_ops_of(planner->dynamics)->stride != NULL &&
                     config->information_weight == 0;
  if (is_tree) {
    measure_tree(planner);
  }

  uint32_t actions =
      is_tree ? planner->tree.action_count : 1; /* others: at least those of the space */
  actions = actions > spec->action_space.count ? actions : spec->action_space.count;
  planner->row = scratch(row_size(planner));
  planner->root_belief = scratch(heed__root_belief_size(planner));
  planner->beliefs = scratch(2 * planner->spec->belief_size);
  planner->obs = scratch(2 * heed_space_size(&spec->obs_space));
  planner->dynamics_hypothesis = scratch(spec->hypothesis_size);
  planner->dynamics_workspace =
      scratch(heed_dynamics_workspace_size(planner->dynamics, HEED_PREDICT_BATCH));
  planner->values = calloc(actions, sizeof *planner->values);
  planner->visits = calloc(actions, sizeof *planner->visits);
  planner->ties = calloc(actions, sizeof *planner->ties);
  planner->scores = calloc(actions + HEED_LANES, sizeof *planner->scores);
  planner->puct_weights = make_puct_weights(config);
  planner->halving.root = HEED_INDEX_NONE;
  planner->halving.candidates = calloc(actions, sizeof *planner->halving.candidates);
  planner->halving.noise = calloc(actions, sizeof *planner->halving.noise);
  if (planner->row == NULL || planner->root_belief == NULL || planner->beliefs == NULL ||
      planner->obs == NULL || planner->dynamics_hypothesis == NULL ||
      planner->dynamics_workspace == NULL || planner->values == NULL || planner->visits == NULL ||
      planner->ties == NULL || planner->scores == NULL || planner->puct_weights == NULL ||
      planner->halving.candidates == NULL || planner->halving.noise == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
  }
  if (status == HEED_OK) {
    status = make_plan(planner, reward, err);
  }
  if (status == HEED_OK) {
    status = heed__set_reward(planner, reward, err);
  }
  if (status != HEED_OK) {
    heed_planner_destroy(planner);
    return status;
  }
  *out = planner;
  return HEED_OK;
}

void heed_planner_destroy(heed_planner *planner) {
  if (planner == NULL) {
    return;
  }
  heed__tree_deinit(&planner->tree);
  heed__trajectories_destroy(planner->trajectories);
  heed__forest_destroy(planner->forest);
  for (uint32_t i = 0; i < planner->simulation_count; i++) {
    heed_simulation *sim = &planner->simulations[i];
    free(sim->path);
    free(sim->prior);
    free(sim->rows[0]);
    free(sim->rows[1]);
    free(sim->own_steps.actions);
    free(sim->own_steps.numbers);
    free(sim->own_steps.channel);
    free(sim->own_steps.rewards);
    free(sim->own_steps.information);
    free(sim->own_steps.obs);
  }
  free(planner->simulations);
  heed__enumerator_destroy(planner->enumerator);
  free(planner->row);
  free(planner->root_belief);
  free(planner->beliefs);
  free(planner->obs);
  free(planner->dynamics_hypothesis);
  free(planner->reward_hypothesis);
  free(planner->dynamics_workspace);
  free(planner->reward_workspace);
  free(planner->evaluator_workspace);
  free(planner->values);
  free(planner->visits);
  free(planner->ties);
  free(planner->scores);
  free(planner->puct_weights);
  free(planner->halving.candidates);
  free(planner->halving.noise);
  free(planner);
}

void heed_planner_set_progress(heed_planner *planner, const heed_progress_sink *progress) {
  planner->progress = progress;
  if (planner->forest != NULL) {
    heed_planner_set_progress(planner->forest->trees[0], progress);
  }
}

heed_status heed_planner_set_hypotheses(heed_planner *planner, const void *dynamics_hypothesis,
                                        const void *reward_hypothesis, heed_error *err) {
  if (planner->forest != NULL) {
    return heed__forest_set_hypotheses(planner, dynamics_hypothesis, reward_hypothesis, err);
  }
  if (planner->config.dynamics_hypotheses == HEED_HYPOTHESES_GIVEN) {
    planner->current_dynamics_hypothesis = dynamics_hypothesis;
    heed_planner_reset(planner);
  }
  if (planner->config.reward_hypotheses == HEED_HYPOTHESES_GIVEN) {
    planner->current_reward_hypothesis = reward_hypothesis;
    if (planner->substitute != NULL) {
      return planner->substitute->rescore(planner, err);
    }
    heed__tree_clear_nodes(&planner->tree);
    return heed__rescore(planner, err);
  }
  return HEED_OK;
}
