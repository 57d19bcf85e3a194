/* forest.c: root parallelism: trees that know nothing of each other share the simulations, and their roots
 * are put together (Chaslot, Winands and van den Herik 2008, Parallel Monte-Carlo Tree Search):
 *
 *     n(a) = sum_i n_i(a)      q(a) = sum_i n_i(a) q_i(a) / n(a)      over the trees i that know a
 *
 * Where each tree is planned under a hypothesis of its own, q(a) is the plain mean of q_i(a): hypotheses are
 * equally likely, and a tree tries often what its own promises much for, so that by visits the mean would be
 * one of hopes. With cvar < 1 only the lowest ceil(cvar trees) of q_i(a) count (risk.c): what an action is
 * worth in the worst of them. */
#include "planner/forest.h"

#include <math.h>
#include <stdlib.h>

void heed__forest_destroy(heed_forest *forest) {
  if (forest == NULL) {
    return;
  }
  for (uint32_t i = 0; forest->trees != NULL && i < forest->count; i++) {
    heed_planner_destroy(forest->trees[i]);
  }
  free((void *)forest->trees);
  free((void *)forest->beliefs);
  free(forest->rngs);
  free(forest->decisions);
  free(forest->lowest);
  free(forest);
}

heed_status heed__forest_create(const heed_planner_config *config, const heed_dynamics *dynamics,
                                const heed_reward *reward, heed_forest **out, heed_error *err) {
  *out = NULL;
  heed_planner_config each = *config;
  each.trees = 1;
  each.cvar = 1;
  each.risk = HEED_RISK_MEAN;
  heed_forest *forest = calloc(1, sizeof *forest);
  if (forest == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
  }
  forest->count = config->trees;
  forest->trees = (heed_planner **)calloc(forest->count, sizeof(heed_planner *));
  forest->beliefs = (const void **)calloc(forest->count, sizeof(void *));
  forest->rngs = calloc(forest->count, sizeof *forest->rngs);
  forest->decisions = calloc(forest->count, sizeof *forest->decisions);
  forest->lowest = calloc(forest->count, sizeof *forest->lowest);
  bool is_whole = forest->trees != NULL && forest->beliefs != NULL && forest->rngs != NULL &&
                  forest->decisions != NULL && forest->lowest != NULL;
  heed_status status = is_whole ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "planner: no memory");
  for (uint32_t i = 0; status == HEED_OK && i < forest->count; i++) {
    /* all of them together make as many simulations as are asked for */
    each.simulations =
        config->simulations / forest->count + (i < config->simulations % forest->count);
    status = heed_planner_create(&each, dynamics, reward, &forest->trees[i], err);
  }
  if (status != HEED_OK) {
    heed__forest_destroy(forest);
    return status;
  }
  *out = forest;
  return HEED_OK;
}

const heed_planner *heed__forest_tree(const heed_planner *planner) {
  return planner->forest->trees[0];
}

/* ---- one decision of all ---------------------------------------------------------------------- */

/* Do the trees differ by luck alone, so that more visits mean a better estimate of the same? */
static bool is_of_one_model(const heed_planner_config *config) {
  return config->cvar == 1 && config->dynamics_hypotheses != HEED_HYPOTHESES_PER_DECISION &&
         config->reward_hypotheses != HEED_HYPOTHESES_PER_DECISION;
}

/* The value of an action over the trees that know it; NAN when none does. */
static double value_of(const heed_planner *planner, uint32_t action, uint32_t *visits) {
  heed_forest *forest = planner->forest;
  uint32_t known = 0;
  double sum = 0;
  *visits = 0;
  for (uint32_t i = 0; i < forest->count; i++) {
    const heed_decision *d = &forest->decisions[i];
    if (isfinite(d->values[action])) {
      forest->lowest[known++] = d->values[action];
      sum += d->visits[action] * d->values[action];
      *visits += d->visits[action];
    }
  }
  if (known == 0) {
    return (double)NAN;
  }
  if (is_of_one_model(&planner->config) && *visits > 0) {
    return sum / *visits;
  }
  return heed__worst_of(&planner->config, forest->lowest, known);
}

/* Puts the decisions of the trees together. */
static void merge(heed_planner *planner, heed_rng *rng, heed_decision *decision) {
  const heed_forest *forest = planner->forest;
  const heed_planner *first = forest->trees[0];
  double side = first->tree.nodes[first->tree.root].side;
  uint32_t actions = forest->decisions[0].action_count;
  *decision = (heed_decision){.action_count = actions,
                              .values = planner->values,
                              .visits = planner->visits,
                              .ties = planner->config.ties};
  double best = -HUGE_VAL;
  for (uint32_t a = 0; a < actions; a++) {
    planner->values[a] = value_of(planner, a, &planner->visits[a]);
    planner->scores[a] =
        planner->config.final == HEED_FINAL_VISITS ? planner->visits[a] : side * planner->values[a];
    best = heed__most(planner->scores[a], best);
  }
  for (uint32_t a = 0; a < actions; a++) {
    if (isfinite(planner->values[a]) && planner->scores[a] >= best - HEED_TIE_WIDTH) {
      planner->ties[decision->tied++] = a;
    }
  }
  decision->chosen = heed__break_tie(planner, planner->ties, decision->tied, rng);
  decision->action = (heed_action){.index = (int32_t)decision->chosen};
  decision->value = planner->values[decision->chosen];
  for (uint32_t i = 0; i < forest->count; i++) {
    const heed_decision *d = &forest->decisions[i];
    decision->simulations += d->simulations;
    decision->predictions += d->predictions;
    decision->evaluations += d->evaluations;
    decision->nodes += d->nodes;
    decision->is_full = decision->is_full || d->is_full;
  }
}

static heed_status plan(heed_planner *planner, const void *belief, heed_rng *rng,
                        heed_decision *decision, heed_error *err) {
  heed_forest *forest = planner->forest;
  for (uint32_t i = 0; i < forest->count; i++) {
    forest->beliefs[i] = belief;
    heed_rng_init(&forest->rngs[i], heed_rng_next(rng));
  }
  heed_status status = heed_planner_plan_many(forest->trees, forest->beliefs, forest->rngs,
                                              forest->decisions, forest->count, err);
  if (status == HEED_OK) {
    merge(planner, rng, decision);
  }
  return status;
}

static heed_status decide(heed_planner *planner, heed_rng *rng, heed_decision *decision,
                          heed_error *err) {
  heed_forest *forest = planner->forest;
  heed_status status = HEED_OK;
  for (uint32_t i = 0; status == HEED_OK && i < forest->count; i++) {
    status = heed_planner_decide(forest->trees[i], rng, &forest->decisions[i], err);
  }
  if (status == HEED_OK) {
    merge(planner, rng, decision);
  }
  return status;
}

/* ---- all else, tree by tree ------------------------------------------------------------------- */

heed_status heed__forest_reserve_reward(heed_planner *planner, const heed_reward *reward,
                                        heed_error *err) {
  heed_status status = HEED_OK;
  for (uint32_t i = 0; status == HEED_OK && i < planner->forest->count; i++) {
    status = heed__reserve_reward(planner->forest->trees[i], reward, err);
  }
  return status;
}

/* Every tree has the new model then, whichever scores are not finite: none may keep one that is gone. */
static heed_status rescore(heed_planner *planner, heed_error *err) {
  heed_forest *forest = planner->forest;
  heed_status status = HEED_OK;
  for (uint32_t i = 0; i < forest->count; i++) {
    heed_status own =
        heed_planner_swap_reward(forest->trees[i], planner->reward, status == HEED_OK ? err : NULL);
    status = status == HEED_OK ? own : status;
  }
  return status;
}

static bool advance(heed_planner *planner, heed_action action, const void *belief) {
  bool stands = true;
  for (uint32_t i = 0; i < planner->forest->count; i++) {
    stands = heed_planner_advance(planner->forest->trees[i], action, belief) && stands;
  }
  return stands;
}

static void reset(heed_planner *planner) {
  for (uint32_t i = 0; i < planner->forest->count; i++) {
    heed_planner_reset(planner->forest->trees[i]);
  }
}

static heed_status line(const heed_planner *planner, heed_rng *rng, heed_segment *segment,
                        heed_error *err) {
  return heed_planner_line(heed__forest_tree(planner), rng, segment, err);
}

static uint64_t signature(const heed_planner *planner) {
  uint64_t hash = planner->forest->count;
  for (uint32_t i = 0; i < planner->forest->count; i++) {
    hash = heed_mix64(hash, heed_planner_signature(planner->forest->trees[i]));
  }
  return hash;
}

/* As rescore: every tree has the new ones then. */
heed_status heed__forest_set_hypotheses(heed_planner *planner, const void *dynamics_hypothesis,
                                        const void *reward_hypothesis, heed_error *err) {
  heed_status status = HEED_OK;
  for (uint32_t i = 0; i < planner->forest->count; i++) {
    heed_status own =
        heed_planner_set_hypotheses(planner->forest->trees[i], dynamics_hypothesis,
                                    reward_hypothesis, status == HEED_OK ? err : NULL);
    status = status == HEED_OK ? own : status;
  }
  return status;
}

const heed_substitute heed__forest = {.plan = plan,
                                      .decide = decide,
                                      .rescore = rescore,
                                      .advance = advance,
                                      .reset = reset,
                                      .line = line,
                                      .signature = signature};
