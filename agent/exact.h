/* exact.h: the environment itself as a dynamics model: the bound that learned models are held against.
 *
 * A belief is a set of simulator states that agree with everything observed since the episode began
 * (particles, all equally likely), so that what an environment hides is uncertain here too. Set the
 * number of particles to 1 for a world that hides nothing, or give the model the true state. Where a world
 * can tell its state from what is seen (heed_env_ops.recall), a belief is that state, whatever the number.
 *
 * What was seen may agree with no particle, because they are too few, or because the world is another one.
 * The past is then given up, and the particles are starts of episodes that show what was seen. Where no start
 * does, they keep pace with the world as best they can: each takes the step, whatever it shows. (Silver and
 * Veness 2010 have particles that were transformed at random instead, by rules of each world; here are none.)
 *
 * What a state only counts (steps, returns) is no part of a belief: equal places are equal beliefs,
 * however long the way to them was. So the time limit of a world is no part of the model either, as it is
 * of no learned one: how far to look is the planner's horizon. */
#ifndef HEED_AGENT_EXACT_H
#define HEED_AGENT_EXACT_H

#include "dynamics/dynamics.h"
#include "envs/env.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest number of particles. */
#define HEED_EXACT_PARTICLES_MAX 4096

/* A model over `env` (borrowed; it must outlive the model) with `particles` states per belief. Errors:
 * HEED_ERR_ARG, HEED_ERR_NOMEM. */
HEED_API heed_status heed_exact_create(const heed_env *env, uint32_t particles, heed_dynamics **out,
                                       heed_error *err);

/* Makes `belief` certain: every particle is `state`, a state block of the environment. */
HEED_API void heed_exact_set_state(const heed_dynamics *exact, const void *state, void *belief);

#ifdef __cplusplus
}
#endif
#endif
