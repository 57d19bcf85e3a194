/* feedback_people.h: who answered, and do they agree: with each other, and with themselves over time? */
#ifndef HEED_CLI_FEEDBACK_PEOPLE_H
#define HEED_CLI_FEEDBACK_PEOPLE_H

#include <jansson.h>
#include <stdio.h>

#include "reward/store.h"

/* What is found out about each topic of a store, or `topic` alone (NULL: all). The answers are taken out of the
 * records. *out, the caller's, is a list of {"topic", "people": [{who, answers, withdrawn, equal, skipped,
 * seconds, foretold_by_others, chance, drift: {answers, in_order, shuffled, taste_p, early, late, care_p}}],
 * "contradiction_count", "contradictions": [{first, first_who, second, second_who}]}. Models are `linear`.
 * Errors: those of people.h. */
heed_status heed__feedback_people(heed_store_records *records, const heed_space *obs_space,
                                  const heed_space *action_space, const char *topic, json_t **out,
                                  heed_error *err);

/* The same in words. */
void heed__feedback_people_print(const json_t *topics, FILE *out);

#endif
