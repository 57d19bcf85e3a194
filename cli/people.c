#include "cli/people.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/print.h"

heed_status heed__people_init(heed__people *people, const heed_reward *reward,
                              const heed_choices *choices, heed_error *err) {
  *people = (heed__people){0};
  heed_status status =
      heed_people_agreement(reward, choices, people->agreements, &people->count, err);
  if (status == HEED_OK && people->count > 0) {
    status = heed_people_contradictions(choices, &heed_reward_spec_of(reward)->action_space,
                                        people->contradictions, HEED__CONTRADICTIONS_SHOWN,
                                        &people->contradiction_count, err);
  }
  return status;
}

/* How person `who` answers; NULL when the report does not know. */
static const heed_person_report *report_of(const heed_reward_report *report, const char *who) {
  for (uint32_t i = 0; i < report->people_count; i++) {
    if (strcmp(report->people[i].who, who) == 0) {
      return &report->people[i];
    }
  }
  return NULL;
}

/* "12 answers, beta 0.31 (x/ 1.4), foretold by the others at -0.52 nats an answer, by chance -0.69". */
static void describe(const heed_agreement *a, const heed_person_report *p, char *text,
                     size_t size) {
  char manner[96] = "";
  if (p != NULL && p->beta_spread > 0) {
    (void)snprintf(manner, sizeof manner, ", beta %.3g (x/ %.2g)", p->beta, exp(p->beta_spread));
  }
  (void)snprintf(
      text, size,
      "%" PRIu32 " answers%s, foretold by the others at %.2f nats an answer, chance %.2f%s",
      a->answers, manner, a->loglik, a->chance, a->loglik < a->chance ? ": worse than chance" : "");
}

static size_t shown(const heed__people *people) {
  return people->contradiction_count < HEED__CONTRADICTIONS_SHOWN ? people->contradiction_count
                                                                  : HEED__CONTRADICTIONS_SHOWN;
}

void heed__people_print(const heed__people *people, const heed_reward_report *report,
                        const heed_choices *choices, FILE *out) {
  for (size_t i = 0; i < people->count; i++) {
    char text[192];
    const heed_agreement *a = &people->agreements[i];
    describe(a, report_of(report, a->who), text, sizeof text);
    (void)fprintf(out, "%s%-12s %s\n", i == 0 ? "people:\n  " : "  ", a->who, text);
  }
  if (people->count > 0) {
    (void)fprintf(out, "pairs of answers that contradict each other: %zu\n",
                  people->contradiction_count);
  }
  for (size_t i = 0; i < shown(people); i++) {
    heed_contradiction c = people->contradictions[i];
    (void)fprintf(out, "  answer %zu of %s and answer %zu of %s\n", c.first + 1,
                  choices->items[c.first].who, c.second + 1, choices->items[c.second].who);
  }
}

void heed__people_json(const heed__people *people, const heed_reward_report *report,
                       const heed_choices *choices, json_t *into) {
  json_t *list = json_array();
  json_t *pairs = json_array();
  for (size_t i = 0; i < people->count; i++) {
    const heed_agreement *a = &people->agreements[i];
    const heed_person_report *p = report_of(report, a->who);
    (void)json_array_append_new(
        list,
        json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "who", heed__text_json(a->who), "answers",
                  (json_int_t)a->answers, "beta",
                  p != NULL ? heed__number_json(p->beta) : json_null(), "mistakes",
                  p != NULL ? heed__number_json(p->mistakes) : json_null(), "foretold_by_others",
                  heed__number_json(a->loglik), "chance", heed__number_json(a->chance)));
  }
  for (size_t i = 0; i < shown(people); i++) {
    heed_contradiction c = people->contradictions[i];
    (void)json_array_append_new(
        pairs,
        json_pack("{s:I, s:o, s:I, s:o}", "first", (json_int_t)c.first + 1, "first_who",
                  heed__text_json(choices->items[c.first].who), "second", (json_int_t)c.second + 1,
                  "second_who", heed__text_json(choices->items[c.second].who)));
  }
  (void)json_object_set_new(into, "people", list);
  (void)json_object_set_new(into, "contradiction_count",
                            json_integer((json_int_t)people->contradiction_count));
  (void)json_object_set_new(into, "contradictions", pairs);
}

void heed__people_card(const heed__people *people, const heed_reward_report *report,
                       heed_card *card) {
  enum { IN_CARD = 8 }; /* a card has little room */
  for (size_t i = 0; i < people->count && i < IN_CARD; i++) {
    char name[96];
    char text[192];
    const heed_agreement *a = &people->agreements[i];
    describe(a, report_of(report, a->who), text, sizeof text);
    (void)snprintf(name, sizeof name, "person %.24s", a->who);
    heed_card_text(card, name, "%s", text);
  }
  if (people->count > 0) {
    heed_card_number(card, "contradicting pairs", (double)people->contradiction_count);
  }
}
