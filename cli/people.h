/* people.h: what is printed and kept of the people who answered: how each answers, and whether they agree. */
#ifndef HEED_CLI_PEOPLE_H
#define HEED_CLI_PEOPLE_H

#include <jansson.h>
#include <stdio.h>

#include "reward/people.h"

enum { HEED__CONTRADICTIONS_SHOWN = 8 };

typedef struct heed__people {
  size_t count; /* 0: there are not several people */
  heed_agreement agreements[HEED_REPORT_PEOPLE_MAX];
  size_t contradiction_count;
  heed_contradiction contradictions[HEED__CONTRADICTIONS_SHOWN]; /* the first of them */
} heed__people;

/* Compares the people who gave `choices`; `reward` has learned from all of them. Errors as in
 * reward/people.h. */
heed_status heed__people_init(heed__people *people, const heed_reward *reward,
                              const heed_choices *choices, heed_error *err);

/* All of these say nothing about one person alone. */
void heed__people_print(const heed__people *people, const heed_reward_report *report,
                        const heed_choices *choices, FILE *out);
void heed__people_json(const heed__people *people, const heed_reward_report *report,
                       const heed_choices *choices, json_t *into);
void heed__people_card(const heed__people *people, const heed_reward_report *report,
                       heed_card *card);

#endif
