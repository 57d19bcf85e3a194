/* load.h: what commands have in common: worlds, models and experience by what the command line calls
 * them, and cards. */
#ifndef HEED_CLI_LOAD_H
#define HEED_CLI_LOAD_H

#include "cli/output.h"
#include "core/experience.h"
#include "dynamics/dynamics.h"
#include "envs/env.h"
#include "planner/planner.h"
#include "reward/reward.h"
#include "value/network.h"

/* An environment by name; an unknown name gets a suggestion. The file at `map`, a map of one's own,
 * becomes the parameter of that name; NULL: none. Errors: as heed_env_create and heed_map_load. */
heed_status heed__load_env(const char *name, const char *params, const char *map, heed_env **out,
                           heed_error *err);

/* The option --map of the commands that take a world, in their struct `owner`: const char *map. */
#define HEED__OPTION_MAP(owner)                                                       \
  {                                                                                   \
    "map", 0, HEED__OPTION_TEXT, offsetof(owner, map), NULL, 0, 0, NULL, "FILE",      \
        "A map of one's own, one line per row; 'heed envs ENV' says what it may hold" \
  }

/* Experience of the spaces of `env` (NULL: of any). `card` may be NULL. */
heed_status heed__load_experience(const char *path, const heed_env *env, heed_experience **out,
                                  heed_card *card, heed_error *err);

/* A dynamics model of `env`: a file, or "exact", the simulator itself, with so many particles. */
heed_status heed__load_dynamics(const char *what, const heed_env *env, uint32_t particles,
                                heed_dynamics **out, heed_card *card, heed_error *err);

/* The model that learns worlds of such observations where none is named: "context" for cells, "linear" for a
 * box. */
const char *heed__usual_dynamics(const heed_space *obs_space);

/* A reward model for `env`: "channel", "formula:EXPR", a file, or one made of such,
 * "NAME(PART, ..., PARAMETER=VALUE)": "sum(wishes.heed, scale(channel, factor=0.1))". *out is the caller's,
 * also after a failure (NULL, or one of other spaces). */
bool heed__is_combined(const char *what);
heed_status heed__load_reward(const char *what, const heed_env *env, heed_reward **out,
                              heed_error *err);

/* A value network for `env` from a file; path NULL: *out is NULL. Errors: as heed_value_network_load. */
heed_status heed__load_value(const char *path, const heed_env *env, heed_value_network **out,
                             heed_error *err);

/* Reads what --planner says (NULL: nothing) over `config`, the defaults of a command, once these are fitted to the actions
 * of a world (heed_planner_config_fit). */
heed_status heed__read_planner(const char *params, const heed_env *env, heed_planner_config *config,
                               heed_error *err);

/* The option --value of the commands that plan, in their struct `owner`: const char *value. */
#define HEED__OPTION_VALUE(owner)                                                                 \
  {                                                                                               \
    "value", 0, HEED__OPTION_TEXT, offsetof(owner, value), NULL, 0, 0, NULL, "FILE",              \
        "Values and policies of 'heed learn value', learned under this reward; the planner then " \
        "begins with selection=puct,expansion=one,leaf=value,simulations=50"                      \
  }

/* Starts a card: version, command, environment (may be NULL), seed. */
void heed__card_begin(heed_card *card, const char *command, const heed_env *env, uint64_t seed);

/* Adds every parameter of a table as "prefix.name". */
void heed__card_params(heed_card *card, const char *prefix, const heed_param *table, size_t count,
                       const void *values);

#endif
