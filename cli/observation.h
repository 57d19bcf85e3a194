/* observation.h: what is seen of a world, as it is written on a command line. */
#ifndef HEED_CLI_OBSERVATION_H
#define HEED_CLI_OBSERVATION_H

#include "envs/env.h"

/* What the option --state takes. */
#define HEED__OBSERVATION_HELP                                                                \
  "the characters of a board as they are shown here, '/' between rows, as in '..X/.O./...'; " \
  "of other worlds numbers, comma between"

/* Reads an observation into obs[heed_space_size(obs_space)]. Errors: HEED_ERR_ARG, naming the row, the character
 * or the number. */
heed_status heed__read_observation(const heed_env *env, const char *text, void *obs,
                                   heed_error *err);

#endif
