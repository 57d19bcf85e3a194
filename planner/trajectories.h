/* trajectories.h: planning without a tree: whole sequences of actions are drawn, imagined and judged, and
 * drawn anew around the good ones. For boxes of actions.
 *
 *   population -- imagined --> returns -- refit --> distribution of sequences -- drawn --> population
 *
 * The latest population stays with its observations, so that a swap of the reward judges it again without
 * one call of the dynamics. */
#ifndef HEED_PLANNER_TRAJECTORIES_H
#define HEED_PLANNER_TRAJECTORIES_H

#include "core/arena.h"
#include "planner/noise.h"
#include "planner/search.h"

/* Sequences of actions are rows of [horizon][dims], all arrays below are in the arena. A candidate is a
 * sequence, a future one way in which it may go: futures i * particles ... belong to candidate i. */
typedef struct heed_trajectories {
  uint32_t dims, horizon, particles;
  uint32_t capacity;   /* candidates in the largest population */
  uint32_t elites;     /* that the distribution is fitted to */
  uint32_t population; /* candidates that stand; 0: none */
  uint32_t kept;       /* elites that are handed on to the next population */
  bool is_fitted;      /* the distribution, to what is planned from here */
  size_t belief_size, obs_size, hypothesis_size;
  const float *low, *high; /* [dims] of actions, borrowed */

  double *mean, *deviation;             /* [horizon][dims] of the next population */
  double *drawn_mean, *drawn_deviation; /* [horizon][dims] of the population that stands */
  float *actions;                       /* [capacity][horizon][dims] */
  double *returns;                      /* [capacity] */
  uint32_t *order;                      /* [capacity] candidates, the best first */
  float *elite_actions;                 /* [elites][horizon][dims]; the first `kept` are in use */
  double *sequence;                     /* [horizon] scratch */

  unsigned char *first_obs;  /* [obs_size] where all begin */
  unsigned char *obs;        /* [futures][horizon][obs_size] after each step */
  double *channel;           /* [futures][horizon] */
  double *information;       /* [futures][horizon] */
  double *rewards;           /* [futures][horizon] */
  uint32_t *steps;           /* [futures] until the episode ends, or horizon */
  bool *is_terminal;         /* [futures] */
  heed_rng *rngs;            /* [futures] */
  unsigned char *beliefs;    /* [2][futures][belief_size] this step's and the next */
  unsigned char *hypotheses; /* [particles][hypothesis_size] of the dynamics, if one a simulation */
  double *tail;              /* [particles] scratch */

  heed_noise noise;
  heed_arena arena;
  void *workspace; /* owned; of the dynamics, for HEED_SCORE_BATCH rows */
} heed_trajectories;

/* For boxes of actions with finite bounds. Errors: HEED_ERR_ARG with what does not go together,
 * HEED_ERR_NOMEM; `out` is NULL then. */
heed_status heed__trajectories_create(const heed_planner_config *config,
                                      const heed_dynamics *dynamics, heed_trajectories **out,
                                      heed_error *err);
void heed__trajectories_destroy(heed_trajectories *t);

/* A planner without a tree, which `trajectories` is there for. */
extern const heed_substitute heed__trajectories;
/* Of each step of the line without a generator; borrowed. */
const double *heed__trajectories_rewards(const heed_planner *planner);

/* proposals.c: the distribution of sequences: as it is before anything is known; one step later; a
 * population drawn from it; fitted to the returns of the one that stands; and the sequence decided for. */
void heed__proposals_reset(heed_trajectories *t, const heed_planner_config *config);
void heed__proposals_shift(heed_trajectories *t, const heed_planner_config *config);
void heed__proposals_draw(heed_trajectories *t, const heed_planner_config *config,
                          uint32_t iteration, heed_rng *rng);
void heed__proposals_fit(heed_trajectories *t, const heed_planner_config *config);
heed_action heed__proposals_action(const heed_trajectories *t, const heed_planner_config *config);

/* Candidates of an iteration. */
uint32_t heed__proposals_count(const heed_planner_config *config, uint32_t iteration);
uint32_t heed__proposals_elites(const heed_planner_config *config);

#endif
