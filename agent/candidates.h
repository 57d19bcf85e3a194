/* candidates.h: segments to put questions together from: imagined plans, what a search finds, stretches of
 * experience (ask.h). For the files of this folder. */
#ifndef HEED_AGENT_CANDIDATES_H
#define HEED_AGENT_CANDIDATES_H

#include "agent/ask.h"

typedef struct heed__candidates {
  const heed_ask_parties *parties; /* borrowed */
  const heed_ask_config *config;   /* borrowed */
  heed_planner *planner;           /* owned; plans under draws; NULL without dynamics */
  heed_planner *searcher;          /* owned; searches for ReQueST's questions, else NULL */
  unsigned char *belief;           /* owned; where plans start */
  unsigned char *drawn;            /* owned; a hypothesis of the reward */
  heed_segment *segments;          /* owned, [config->candidates] */
  bool *is_plan;                   /* owned, [config->candidates] imagined from the common start */
  heed_step *steps;                /* owned, [segment_steps]: scratch */
  double *scores;                  /* owned, [segment_steps]: scratch */
} heed__candidates;

/* Errors: HEED_ERR_NOMEM, those of the planner; `x` can be released then. */
heed_status heed__candidates_init(heed__candidates *x, const heed_ask_parties *parties,
                                  const heed_ask_config *config, heed_error *err);
void heed__candidates_deinit(heed__candidates *x); /* accepts a zeroed one */

/* Makes all of them anew, with one start. With HEED_QUESTIONS_REQUEST the first HEED_ACQUISITION_COUNT are
 * what was searched for, in the order of their aims. */
heed_status heed__candidates_make(heed__candidates *x, const heed_choices *asked, heed_rng *rng,
                                  heed_error *err);

/* Scores the steps of a segment: scores[steps] of `reward` under `hypothesis` (may be NULL), in
 * x->scores. `workspace` is the reward's for segment_steps rows. Returns their number. */
uint32_t heed__candidates_score(heed__candidates *x, const heed_segment *segment,
                                const heed_reward *reward, const void *hypothesis, void *workspace);

#endif
