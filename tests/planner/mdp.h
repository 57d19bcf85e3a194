/* mdp.h: finite Markov decision processes as dynamics models, and what they are worth by dynamic
 * programming (Bellman 1957), written without a line of the planner's.
 *
 * A state is seen as one cell of MDP_STATES_MAX values. The reward of a transition is its reward channel,
 * or any formula over share[s] (1 in state s after the step) and change[s,t]. */
#ifndef HEED_TESTS_PLANNER_MDP_H
#define HEED_TESTS_PLANNER_MDP_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmocka_all.h"
#include "core/near.h"
#include "dynamics/dynamics.h"
#include "planner/planner.h"
#include "reward/reward.h"

enum { MDP_STATES_MAX = 24, MDP_ACTIONS_MAX = 4, MDP_HORIZON_MAX = 40 };

typedef struct mdp {
  uint32_t states, actions;
  double p[MDP_STATES_MAX][MDP_ACTIONS_MAX][MDP_STATES_MAX]; /* probability of the next state */
  double reward[MDP_STATES_MAX][MDP_ACTIONS_MAX][MDP_STATES_MAX];
  double nats[MDP_STATES_MAX][MDP_ACTIONS_MAX]; /* uncertainty that it reports */
  double worth[MDP_STATES_MAX];                 /* what an evaluator says of it, in [-1, 1] */
  bool is_terminal[MDP_STATES_MAX];             /* entering the state ends the episode */
  bool is_sure;                      /* every action has one next state: nothing is drawn */
  bool is_blurred;                   /* states 2i and 2i + 1 look alike */
  bool is_listed;                    /* next states are drawn so that they can be enumerated */
  uint32_t flips;                    /* of a fair coin in each step, which mean nothing */
  double tip;                        /* paid on top of one step of four, drawn */
  bool strides;                      /* the model imagines in place as well */
  bool is_game;                      /* then also, of a game of two: */
  bool is_adversary[MDP_STATES_MAX]; /* the agent's adversary chooses there */
  bool is_illegal[MDP_STATES_MAX][MDP_ACTIONS_MAX]; /* never all actions */
  _Atomic size_t largest_batch;                     /* rows asked at once so far */
  _Atomic uint64_t predictions;                     /* rows asked so far; several threads may ask */
  _Atomic size_t largest_evaluation;                /* the same of the evaluator */
  _Atomic uint64_t evaluations;
  void (*on_predict)(void *context); /* called before each; may be NULL */
  void *context;
} mdp;

typedef struct mdp_belief {
  uint32_t state, zero;
} mdp_belief;

/* The model's own data: the process that it stands for, borrowed. */
typedef struct mdp_model {
  mdp *m;
} mdp_model;

static inline heed_status mdp_create_model(void *self, const void *params, heed_dynamics_spec *spec,
                                           heed_error *err) {
  (void)err;
  *(mdp_model *)self = *(const mdp_model *)params;
  spec->belief_size = sizeof(mdp_belief);
  spec->hypothesis_size = sizeof(uint64_t);
  return HEED_OK;
}

static inline void mdp_destroy_model(void *self) {
  (void)self;
}

static inline void mdp_begin(const void *self, const void *obs, void *belief) {
  (void)self;
  *(mdp_belief *)belief = (mdp_belief){.state = *(const uint8_t *)obs};
}

static inline void mdp_observe(const void *self, void *belief, heed_action action,
                               const void *obs) {
  (void)action;
  mdp_begin(self, obs, belief);
}

static inline void mdp_decode(const void *self, const void *belief, void *obs) {
  uint32_t state = ((const mdp_belief *)belief)->state;
  *(uint8_t *)obs = (uint8_t)(((const mdp_model *)self)->m->is_blurred ? state & ~1U : state);
}

/* A hypothesis is a number that shifts the reward channel. */
static inline void mdp_draw(const void *self, heed_rng *rng, void *hypothesis) {
  (void)self;
  *(uint64_t *)hypothesis = heed_rng_choice(rng, 8);
}

static inline uint32_t mdp_next(const mdp *m, uint32_t s, uint32_t a, heed_rng *rng) {
  if (m->is_listed && !m->is_sure) {
    return heed_rng_categorical(rng, m->p[s][a], m->states);
  }
  double u = m->is_sure ? 0 : heed_rng_uniform(rng);
  uint32_t next = 0;
  while (next + 1 < m->states && u >= m->p[s][a][next]) {
    u -= m->p[s][a][next++];
  }
  return next;
}

static inline void mdp_predict(const void *self, heed_prediction *batch, size_t count,
                               void *workspace) {
  mdp *m = ((const mdp_model *)self)->m;
  (void)workspace;
  m->largest_batch = count > m->largest_batch ? count : m->largest_batch;
  for (size_t i = 0; i < count; i++) {
    heed_prediction *b = &batch[i];
    if (m->on_predict != NULL) {
      m->on_predict(m->context);
    }
    uint32_t s = ((const mdp_belief *)b->belief)->state;
    uint32_t a = (uint32_t)b->action.index;
    assert_true(s < m->states && a < m->actions && !m->is_terminal[s] && !m->is_illegal[s][a]);
    uint32_t next = mdp_next(m, s, a, b->rng);
    for (uint32_t k = 0; k < m->flips; k++) {
      (void)heed_rng_chance(b->rng, 0.5);
    }
    double tip = m->tip > 0 && heed_rng_chance(b->rng, 0.25) ? m->tip : 0;
    *(mdp_belief *)b->next_belief = (mdp_belief){.state = next};
    double shift = b->hypothesis != NULL ? (double)*(const uint64_t *)b->hypothesis : 0;
    b->reward = m->reward[s][a][next] + shift + tip;
    b->is_terminal = m->is_terminal[next];
    b->uncertainty = b->wants_uncertainty ? m->nats[s][a] : 0;
    m->predictions++;
  }
}

static inline void mdp_stride(const void *self, heed_stride *s) {
  mdp_belief next;
  heed_prediction p = {.belief = s->belief,
                       .action = s->action,
                       .hypothesis = s->hypothesis,
                       .rng = s->rng,
                       .next_belief = &next};
  mdp_predict(self, &p, 1, NULL);
  *(mdp_belief *)s->belief = next;
  mdp_decode(self, &next, s->workspace);
  s->obs = s->workspace;
  s->reward = p.reward;
  s->is_terminal = p.is_terminal;
}

static inline size_t mdp_workspace_size(const void *self, size_t batch) {
  (void)self;
  (void)batch;
  return 1; /* what is seen of a stride */
}

static inline uint32_t mdp_to_move(const void *self, const void *belief) {
  return ((const mdp_model *)self)->m->is_adversary[((const mdp_belief *)belief)->state] ? 1 : 0;
}

static inline uint32_t mdp_legal(const void *self, const void *belief, uint32_t *actions) {
  const mdp *m = ((const mdp_model *)self)->m;
  uint32_t count = 0;
  for (uint32_t a = 0; a < m->actions; a++) {
    if (!m->is_illegal[((const mdp_belief *)belief)->state][a]) {
      actions[count++] = a;
    }
  }
  return count;
}

#define MDP_OPS                                                                                   \
  .name = "mdp", .summary = "a finite Markov decision process", .params_size = sizeof(mdp_model), \
  .self_size = sizeof(mdp_model), .create = mdp_create_model, .destroy = mdp_destroy_model,       \
  .begin = mdp_begin, .observe = mdp_observe, .predict = mdp_predict, .decode = mdp_decode,       \
  .draw = mdp_draw
static const heed_dynamics_ops mdp_ops = {MDP_OPS};
static const heed_dynamics_ops mdp_game_ops = {MDP_OPS, .to_move = mdp_to_move, .legal = mdp_legal};
static const heed_dynamics_ops mdp_stride_ops = {MDP_OPS, .stride = mdp_stride,
                                                 .workspace_size = mdp_workspace_size};

/* An evaluator: of a state its worth, and a prior that prefers some action or other. */
static inline void mdp_evaluate(const void *self, heed_evaluation *rows, size_t count,
                                void *workspace) {
  union {
    const void *borrowed;
    mdp *own;
  } whole = {self}; /* it counts who asks */
  mdp *m = whole.own;
  (void)workspace;
  m->largest_evaluation = count > m->largest_evaluation ? count : m->largest_evaluation;
  m->evaluations += count;
  for (size_t i = 0; i < count; i++) {
    uint32_t s = *(const uint8_t *)rows[i].obs;
    assert_true(s < m->states && !m->is_terminal[s] && rows[i].action_count == m->actions);
    rows[i].value = m->worth[s];
    double sum = 0;
    for (uint32_t a = 0; rows[i].prior != NULL && a < m->actions; a++) {
      rows[i].prior[a] = 1 + (s + a) % 3;
      sum += rows[i].prior[a];
    }
    for (uint32_t a = 0; rows[i].prior != NULL && a < m->actions; a++) {
      rows[i].prior[a] /= sum;
    }
  }
}

static inline heed_evaluator mdp_evaluator(const mdp *m) {
  return (heed_evaluator){m, NULL, mdp_evaluate};
}

/* Where leaves are to be valued by one. */
static inline void mdp_set_evaluator(const mdp *m, const heed_planner_config *config,
                                     heed_planner *planner) {
  heed_error err = {0};
  heed_evaluator evaluator = mdp_evaluator(m);
  if (config->leaf == HEED_LEAF_VALUE || config->leaf == HEED_LEAF_MIXTURE ||
      config->rollout != HEED_ROLLOUT_RANDOM) {
    assert_ok(heed_planner_set_evaluator(planner, &evaluator, NULL, &err), &err);
  }
}

/* ---- processes ------------------------------------------------------------------------------ */

/* `branching` next states for each action (1: deterministic), rewards in [-1, 1). */
static inline void mdp_random(mdp *m, uint32_t states, uint32_t actions, uint32_t branching,
                              heed_rng *rng) {
  memset(m, 0, sizeof *m);
  m->states = states;
  m->actions = actions;
  for (uint32_t s = 0; s < states; s++) {
    m->worth[s] = sin(1 + s);
    for (uint32_t a = 0; a < actions; a++) {
      double sum = 0;
      for (uint32_t i = 0; i < branching; i++) {
        double weight = 0.1 + heed_rng_uniform(rng);
        m->p[s][a][heed_rng_choice(rng, states)] += weight;
        sum += weight;
      }
      for (uint32_t next = 0; next < states; next++) {
        m->p[s][a][next] /= sum;
        m->reward[s][a][next] = 2 * heed_rng_uniform(rng) - 1;
      }
      m->nats[s][a] = heed_rng_uniform(rng);
    }
  }
}

/* Makes a game of it: in half of the states the adversary chooses, a third of all actions is illegal. */
static inline void mdp_make_game(mdp *m, heed_rng *rng) {
  m->is_game = true;
  for (uint32_t s = 0; s < m->states; s++) {
    m->is_adversary[s] = heed_rng_choice(rng, 2) == 0;
    uint32_t always = heed_rng_choice(rng, m->actions);
    for (uint32_t a = 0; a < m->actions; a++) {
      m->is_illegal[s][a] = a != always && heed_rng_choice(rng, 3) == 0;
    }
  }
}

/* States in a row: action 0 stays, action 1 goes on. Reward 1 for arriving at the last, which ends it;
 * `bait` for staying in the first. */
static inline void mdp_chain(mdp *m, uint32_t states, double bait) {
  memset(m, 0, sizeof *m);
  m->states = states;
  m->actions = 2;
  for (uint32_t s = 0; s < states; s++) {
    uint32_t next = s + 1 < states ? s + 1 : s;
    m->p[s][0][s] = 1;
    m->p[s][1][next] = 1;
  }
  m->reward[0][0][0] = bait;
  m->reward[states - 2][1][states - 1] = 1;
  m->is_terminal[states - 1] = true;
}

static inline heed_dynamics *mdp_dynamics(mdp *m) {
  heed_space obs_space = heed_space_board(1, 1, MDP_STATES_MAX);
  heed_space action_space = heed_space_discrete(m->actions);
  heed_dynamics *model = NULL;
  heed_error err = {0};
  mdp_model params = {m};
  const heed_dynamics_ops *of_one = m->strides ? &mdp_stride_ops : &mdp_ops;
  const heed_dynamics_ops *ops = m->is_game ? &mdp_game_ops : of_one;
  assert_ok(heed_dynamics_create_ops(ops, &params, &obs_space, &action_space, &model, &err), &err);
  return model;
}

static inline heed_reward *mdp_reward(const mdp *m, const char *name, const char *params) {
  heed_space obs_space = heed_space_board(1, 1, MDP_STATES_MAX);
  heed_space action_space = heed_space_discrete(m->actions);
  heed_reward *model = NULL;
  heed_error err = {0};
  assert_ok(heed_reward_create(name, params, &obs_space, &action_space, &model, &err), &err);
  return model;
}

/* ---- dynamic programming -------------------------------------------------------------------- */

/* q[h][s][a]: best expected return of h more steps, of which the first is a; q[0] is 0. */
typedef struct mdp_values {
  double q[MDP_HORIZON_MAX + 1][MDP_STATES_MAX][MDP_ACTIONS_MAX];
} mdp_values;

static inline double mdp_best(const mdp *m, const mdp_values *v, uint32_t h, uint32_t s) {
  if (h == 0 || m->is_terminal[s]) {
    return 0;
  }
  double side = m->is_adversary[s] ? -1 : 1;
  double best = -HUGE_VAL;
  for (uint32_t a = 0; a < m->actions; a++) {
    double value = side * v->q[h][s][a];
    best = !m->is_illegal[s][a] && value > best ? value : best;
  }
  return side * best;
}

static inline void mdp_solve(const mdp *m, uint32_t horizon, double discount, mdp_values *v) {
  assert_true(horizon <= MDP_HORIZON_MAX);
  memset(v, 0, sizeof *v);
  for (uint32_t h = 1; h <= horizon; h++) {
    for (uint32_t s = 0; s < m->states; s++) {
      for (uint32_t a = 0; a < m->actions; a++) {
        for (uint32_t next = 0; next < m->states; next++) {
          v->q[h][s][a] +=
              m->p[s][a][next] * (m->reward[s][a][next] + discount * mdp_best(m, v, h - 1, next));
        }
      }
    }
  }
}

/* ---- a planner at work ---------------------------------------------------------------------- */

typedef struct mdp_search {
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_planner *planner;
  heed_decision decision;
  heed_rng rng;
} mdp_search;

static inline void mdp_search_init(mdp_search *x, mdp *m, const heed_planner_config *config,
                                   uint64_t seed) {
  heed_error err = {0};
  memset(x, 0, sizeof *x);
  x->dynamics = mdp_dynamics(m);
  x->reward = mdp_reward(m, "channel", NULL);
  assert_ok(heed_planner_create(config, x->dynamics, x->reward, &x->planner, &err), &err);
  mdp_set_evaluator(m, config, x->planner);
  heed_rng_init(&x->rng, seed);
}

static inline const heed_decision *mdp_plan(mdp_search *x, uint32_t state) {
  heed_error err = {0};
  mdp_belief belief = {.state = state};
  assert_ok(heed_planner_plan(x->planner, &belief, &x->rng, &x->decision, &err), &err);
  return &x->decision;
}

static inline void mdp_search_deinit(mdp_search *x) {
  heed_planner_destroy(x->planner);
  heed_reward_destroy(x->reward);
  heed_dynamics_destroy(x->dynamics);
}

/* The searches that the tests compare. `complete` is the default; this is UCT as in the paper (Kocsis
 * and Szepesvari 2006): a strict tree, averages, one new node a simulation, random rollouts. */
static inline heed_planner_config mdp_config_uct(void) {
  heed_planner_config config = heed_planner_config_default();
  config.complete = false;
  config.share_states = false;
  config.backup = HEED_BACKUP_MEAN;
  config.expansion = HEED_EXPAND_ONE;
  config.leaf = HEED_LEAF_ROLLOUT;
  config.outcome_samples = 0;
  config.reuse = false;
  return config;
}

#endif
