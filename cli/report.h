/* report.h: what there is to say about how right a dynamics model is, in text, in JSON and in its card. */
#ifndef HEED_CLI_REPORT_H
#define HEED_CLI_REPORT_H

#include <jansson.h>

#include "agent/assess.h"

typedef struct heed__report {
  bool is_made;
  bool is_box;
  heed_assess_step step;       /* no steps: nothing was held out */
  heed_assess_rollout rollout; /* no horizons: the world is not known */
} heed__report;

/* For people. */
void heed__report_print(const heed__report *report, FILE *out);

/* Adds its figures to an object; null where they are not known. */
void heed__report_json(const heed__report *report, json_t *object);

/* Adds the chief of its figures. */
void heed__report_card(const heed__report *report, heed_card *card);

#endif
