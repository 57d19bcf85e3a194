/* self_play.h: a value network learns from searches, and searches with it are better: search at training time.
 *
 *   generation:  episodes, every action searched for with the network as it is, both sides of a game
 *                    -> positions: what is seen, shares of visits, what came of it
 *                steps of Adam on the positions of the latest generations
 *
 * For games of two this is the training of AlphaZero (Silver et al. 2018); for one alone, with returns of n
 * steps that end in what a search found, the targets of MuZero (Schrittwieser et al. 2020, appendix G) over a
 * model that is given or was learned before:
 *
 *     z_t = r_t + discount r_(t+1) + ... + discount^n v_(t+n),    v the mean value of the root of a search
 *
 * Games take turns in their searches, so that the network is asked of up to 64 positions at once. To see more
 * than what the best play leads to, episodes begin with random actions, from which nothing is learned. */
#ifndef HEED_AGENT_SELF_PLAY_H
#define HEED_AGENT_SELF_PLAY_H

#include "core/progress.h"
#include "envs/env.h"
#include "planner/planner.h"
#include "value/network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct heed_self_play_config {
  uint32_t generations; /* >= 1 */
  uint32_t episodes;    /* of a generation, >= 1 */
  uint32_t openings;    /* random actions that an episode begins with, at most */
  uint32_t max_steps;   /* of an episode after these; 0: the world's time limit, or 200 */
  uint32_t
      returns;     /* n of the returns that values are learned from; 0: to the end of the episode */
  uint32_t fits;   /* steps of Adam after a generation */
  uint32_t window; /* generations whose positions are learned from, >= 1 */
  uint64_t seed;
} heed_self_play_config;

/* 20 generations of 200 episodes, one action in an opening, returns to the end, 200 fits, 5 generations kept. */
HEED_API heed_self_play_config heed_self_play_config_default(void);

typedef struct heed_self_play_report {
  uint64_t positions;        /* learned from */
  uint64_t simulations;      /* made for them */
  heed_value_report network; /* of one more generation, which nothing was learned from */
  double mean_return;        /* of its episodes, undiscounted, by the reward planned for */
  double mean_steps;
} heed_self_play_report;

/* Lets `network` learn, by searches as `planner` says through `dynamics`, scored by `reward`, in `env`; all
 * borrowed. `is_told`: dynamics is the simulator with one particle, and is given the true state. Errors:
 * HEED_ERR_ARG for spaces that differ, and as heed_planner_create and heed_planner_set_evaluator;
 * HEED_ERR_STATE when the sink asked for a stop; HEED_ERR_NOMEM, HEED_ERR_NUMERIC. */
HEED_API heed_status heed_self_play(const heed_env *env, const heed_dynamics *dynamics,
                                    bool is_told, const heed_reward *reward,
                                    const heed_planner_config *planner,
                                    const heed_self_play_config *config,
                                    heed_value_network *network, const heed_progress_sink *progress,
                                    heed_self_play_report *report, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
