/* mdp.h: an environment written out: every state that can be reached, and all that can come of every action.
 *
 * Where an environment has finitely many states and draws among finitely many values, it is a Markov decision
 * process (Puterman 1994) of flat arrays, which dynamic programming solves exactly (solve.h). States are
 * found breadth first from all starts of an episode, with every outcome of every draw (tape.h).
 *
 * A state here is a state block without the tally at its start (env.h), which only keeps count: steps,
 * returns. The time limit is therefore no part of the states; whoever solves gives a horizon. States are
 * numbered in the order in which they are found, so that those within d steps of a start come first:
 *
 *   start   one step away    two steps away
 *   0 1   | 2 3 4          | 5 6 7 8 ...        level_end = {2, 5, 9, ...}
 *
 * The transitions of action a in state s are first[s * action_count + a] up to, without,
 * first[s * action_count + a + 1], in the order of the draws. An action that is not legal has none. */
#ifndef HEED_ENVS_MDP_H
#define HEED_ENVS_MDP_H

#include "core/intern.h"
#include "core/progress.h"
#include "envs/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a transition leads to when it ends the episode. */
#define HEED_MDP_END UINT32_MAX

typedef struct heed_mdp_config {
  /* More states are an error: 1 .. 2^30. A state takes state_size and 4 bytes per action, and 24 to 48 for
   * finding it; while the table grows, that and half of it again. */
  uint32_t states_max;
  uint64_t
      transitions_max; /* likewise: 1 .. 2^32 - 1; one takes 8 bytes, up to 20 while they grow */
  uint32_t depth_max; /* states so many steps from the start are not stepped any more; 0: all are */
} heed_mdp_config;

/* 1,000,000 states, 32,000,000 transitions, any depth. */
HEED_API heed_mdp_config heed_mdp_config_default(void);

/* How probable a transition is and what it pays; one entry for all transitions that are alike in this. */
typedef struct heed_mdp_payoff {
  double probability; /* in (0, 1] */
  double reward;
  double performance; /* by how much heed_env_performance grows */
} heed_mdp_payoff;

/* Filled by heed_mdp_init, read by everybody. */
typedef struct heed_mdp {
  const heed_env *env;    /* borrowed */
  uint32_t action_count;  /* of the action space */
  heed_intern states;     /* rows of state_size - tally_size bytes */
  uint32_t *level_end;    /* owned, [level_count]: states within d steps of a start */
  uint32_t level_count;   /* at least 1 */
  uint32_t stepped_count; /* states whose transitions are here: the first so many */
  uint32_t *first;        /* owned, [stepped_count * action_count + 1] */
  signed char *sides;     /* owned, [stepped_count] 1: the first player's turn; -1: the other's */
  uint32_t *next;         /* owned, [transition_count] states, or HEED_MDP_END */
  uint32_t *payoff;       /* owned, [transition_count] rows of `payoffs` */
  uint32_t transition_count, transition_capacity;
  heed_intern payoffs;       /* rows are heed_mdp_payoff */
  double *start_probability; /* owned, [level_end[0]] of the starts, which are the first states */
} heed_mdp;

/* Writes out `env` (borrowed: it must outlive `mdp`). Errors; `mdp` is zeroed then:
 *   HEED_ERR_ARG    the actions are a box; a real number is drawn; a limit of `config` is met or wrong
 *   HEED_ERR_STATE  the progress sink asked for a stop
 *   HEED_ERR_NOMEM */
HEED_API heed_status heed_mdp_init(heed_mdp *mdp, const heed_env *env,
                                   const heed_mdp_config *config,
                                   const heed_progress_sink *progress, heed_error *err);
HEED_API void heed_mdp_deinit(heed_mdp *mdp); /* accepts a zeroed one */

/* The number of a state block, or HEED_INTERN_NONE when it was not reached. */
HEED_API uint32_t heed_mdp_find(const heed_mdp *mdp, const void *state);

/* Writes state `id` as a state block with a tally of zeros: state[state_size]. */
HEED_API void heed_mdp_state(const heed_mdp *mdp, uint32_t id, void *state);

/* Nothing is drawn, neither at the start nor by any action. */
HEED_API bool heed_mdp_is_deterministic(const heed_mdp *mdp);

static inline const heed_mdp_payoff *heed_mdp_payoff_of(const heed_mdp *mdp, uint32_t transition) {
  return (const heed_mdp_payoff *)heed_intern_row(&mdp->payoffs, mdp->payoff[transition]);
}

#ifdef __cplusplus
}
#endif
#endif
