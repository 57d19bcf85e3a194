/* actions.h: actions as they are named on a command line. */
#ifndef HEED_CLI_ACTIONS_H
#define HEED_CLI_ACTIONS_H

#include "envs/env.h"

/* What the option --actions takes. */
#define HEED__ACTIONS_HELP                                                                 \
  "by name or number, comma between (of a box with more than one dimension: numbers with " \
  "colons between)"

/* A list of actions, comma between. *actions is the caller's, to be freed in any case. Errors:
 * HEED_ERR_ARG with the word that is none, HEED_ERR_NOMEM. */
heed_status heed__read_actions(const heed_env *env, const char *list, heed_action **actions,
                               uint32_t *count, heed_error *err);

#endif
