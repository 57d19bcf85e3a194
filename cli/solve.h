/* solve.h: the optima of a world, computed and shown: `heed envs NAME --solve`. */
#ifndef HEED_CLI_SOLVE_H
#define HEED_CLI_SOLVE_H

#include <jansson.h>

#include "cli/screen.h"
#include "envs/solve.h"

typedef struct heed__solve_settings {
  uint32_t horizon; /* steps; 0: no limit */
  double discount;
  uint32_t states_max;
  bool quiet; /* no progress bar */
} heed__solve_settings;

/* The three questions: the best return with the best and with the worst performance, and the best
 * performance with the best return. */
enum { HEED__BEST_RETURN, HEED__WORST_PERFORMANCE, HEED__BEST_PERFORMANCE, HEED__QUESTION_COUNT };

/* All that was found. */
typedef struct heed__optima {
  heed__solve_settings settings;
  heed_mdp mdp;
  heed_start_values values[HEED__QUESTION_COUNT];
  double time_s;
  uint32_t
      *line; /* owned, [line_count] actions of an episode of the best return; NULL: not known */
  uint32_t line_count;
} heed__optima;

/* Errors: as heed_mdp_init and heed_solution_create; `optima` is zeroed then. */
heed_status heed__optima_init(heed__optima *optima, const heed_env *env,
                              const heed__solve_settings *settings, heed_error *err);
void heed__optima_deinit(heed__optima *optima); /* accepts a zeroed one */

/* For people, with boards, and for programs (the caller's). Errors of print: HEED_ERR_NOMEM. */
heed_status heed__optima_print(const heed__optima *optima, heed__colour colour, heed_error *err);
json_t *heed__optima_json(const heed__optima *optima);

#endif
