#include "agent/ask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const heed_param params_table[] = {
    {"comparisons", HEED_PARAM_INT, offsetof(heed_ask_config, comparisons), "60", 1, 1e6, NULL,
     "answers", "how many comparisons to have in the end"},
    {"questions", HEED_PARAM_CHOICE, offsetof(heed_ask_config, questions), "information", 0, 0,
     "information|decision|disagreement|entropy|request|uniform", "", "which question is asked"},
    {"kind", HEED_PARAM_CHOICE, offsetof(heed_ask_config, kind), "comparison", 0, 0,
     "comparison|ranking|rating|label", "", "what is asked: label is of single steps"},
    {"options", HEED_PARAM_INT, offsetof(heed_ask_config, options), "2", 2, HEED_OPTION_MAX, NULL,
     "segments", "in a comparison or ranking"},
    {"grades", HEED_PARAM_INT, offsetof(heed_ask_config, grades), "5", 2, HEED_GRADE_MAX, NULL, "",
     "of a rating"},
    {"tie", HEED_PARAM_REAL, offsetof(heed_ask_config, tie), "0", 0, HEED_TIE_MAX, NULL, "",
     "weight of 'equal' as expected; 0: it is not offered"},
    {"candidates", HEED_PARAM_INT, offsetof(heed_ask_config, candidates), "9", 2,
     HEED_ASK_CANDIDATES_MAX, NULL, "segments", "questions are put together from so many"},
    {"draws", HEED_PARAM_INT, offsetof(heed_ask_config, draws), "100", 1, HEED_ASK_DRAWS_MAX, NULL,
     "", "from the reward's posterior, to judge a question by"},
    {"beta", HEED_PARAM_REAL, offsetof(heed_ask_config, beta), "0.2", 1e-9, 1e9, NULL,
     "per unit of reward", "how rational the person is expected to be"},
    {"mistakes", HEED_PARAM_REAL, offsetof(heed_ask_config, mistakes), "0", 0, 1, NULL, "",
     "share of answers at random that is expected"},
    {"segment_steps", HEED_PARAM_INT, offsetof(heed_ask_config, segment_steps), "30", 1, 1000, NULL,
     "steps", "length of what is asked about"},
    {"batch", HEED_PARAM_INT, offsetof(heed_ask_config, batch), "1", 1, 12, NULL, "questions",
     "made at a time, then the reward is fitted"},
    {"realism", HEED_PARAM_REAL, offsetof(heed_ask_config, realism), "1", 0, 1e9, NULL, "",
     "of request: penalty per nat that the dynamics does not know, in typical steps"},
};

const heed_param *heed_ask_params(size_t *count) {
  *count = sizeof params_table / sizeof params_table[0];
  return params_table;
}

heed_ask_config heed_ask_config_default(void) {
  heed_ask_config config;
  (void)heed_params_parse(params_table, sizeof params_table / sizeof params_table[0], NULL, &config,
                          NULL);
  config.planner = heed_planner_config_default();
  config.planner.reward_hypotheses = HEED_HYPOTHESES_GIVEN;
  config.planner.reuse = false;
  config.planner.simulations = 100;
  return config;
}

enum { STORE_TRIES = 4 }; /* for an answer to a store that is busy */

/* Who asks. */
typedef struct session {
  const heed_ask_parties *parties;
  const heed_ask_config *config;
  heed_asker *asker;   /* owned */
  heed_query *queries; /* owned, [config->batch] */
} session;

/* Keeps an answer: in the store first. */
static heed_status keep(const session *x, heed_choice *choice, double seconds,
                        heed_choices *choices, heed_error *err) {
  heed_status status = HEED_OK;
  if (x->parties->store != NULL) {
    char model[64];
    (void)snprintf(model, sizeof model, "%s after %zu choices",
                   heed_reward_ops_of(x->parties->reward)->name, choices->count);
    heed_store_context context = {.who = x->parties->teacher->name,
                                  .topic = x->parties->topic,
                                  .model = model,
                                  .seconds = seconds};
    /* An answer is not given up because somebody else is writing: each try waits as the store does. */
    int tries = 0;
    do {
      status = heed_store_append(x->parties->store, choice, &context, err);
    } while (status == HEED_ERR_BUSY && ++tries < STORE_TRIES);
  }
  return status == HEED_OK ? heed_choices_append(choices, choice, err) : status;
}

/* ---- taking back ---------------------------------------------------------------------------- */

/* Does the list hold the two as neighbouring places of one ranking? */
static bool is_place_before(const heed_choice *before, const heed_choice *place) {
  return before->kind == HEED_RANKING && place->kind == HEED_RANKING && before->chosen == 0 &&
         before->query.option_count == place->query.option_count + 1 &&
         strcmp(before->who, place->who) == 0;
}

/* Takes the last answer of `who` off a list, a ranking whole. */
static void remove_last(heed_choices *choices, const char *who) {
  size_t end = choices->count;
  while (end > 0 && strcmp(choices->items[end - 1].who, who) != 0) {
    end--;
  }
  size_t begin = end > 0 ? end - 1 : 0;
  while (begin > 0 && is_place_before(&choices->items[begin - 1], &choices->items[begin])) {
    begin--;
  }
  for (size_t i = begin; i < end; i++) {
    heed_choice_deinit(&choices->items[i]);
  }
  if (end > begin) {
    memmove(choices->items + begin, choices->items + end,
            (choices->count - end) * sizeof *choices->items);
    choices->count -= end - begin;
  }
}

/* Takes this person's last answer back; with a store, the list is read from it anew. */
static heed_status undo(const session *x, heed_choices *choices, heed_error *err) {
  const heed_ask_parties *parties = x->parties;
  if (parties->store == NULL) {
    remove_last(choices, parties->teacher->name);
    return HEED_OK;
  }
  bool withdrawn = false;
  heed_choices left = {0};
  heed_status status =
      heed_store_withdraw(parties->store, parties->teacher->name, parties->topic, &withdrawn, err);
  if (status == HEED_OK && withdrawn) {
    status = heed_store_read(parties->store, parties->topic, &left, err);
  }
  if (status == HEED_OK && withdrawn) {
    heed_choices_deinit(choices);
    *choices = left;
    left = (heed_choices){0};
  }
  heed_choices_deinit(&left);
  return status;
}

/* ---- one question --------------------------------------------------------------------------- */

/* A question, not yet answered; `query` is taken over. */
static heed_choice pose(const session *x, heed_query *query) {
  assert(query != NULL);
  const heed_ask_config *config = x->config;
  heed_choice choice = {.query = *query, .kind = config->kind, .chosen = HEED_CHOICE_SKIP};
  bool has_tie = config->kind == HEED_COMPARISON || config->kind == HEED_LABEL;
  choice.tie = has_tie ? config->tie : 0;
  if (config->kind == HEED_LABEL && !(choice.tie > 0)) {
    choice.tie = 1;
  }
  choice.grades = config->kind == HEED_RATING ? config->grades : 0;
  *query = (heed_query){0};
  return choice;
}

/* The options from `place` on; borrowed. */
static heed_query rest_of(const heed_query *query, uint32_t place) {
  heed_query rest = {.option_count = query->option_count - place};
  memcpy(rest.options, query->options + place, rest.option_count * sizeof *rest.options);
  memcpy(rest.strategy, query->strategy, sizeof rest.strategy);
  return rest;
}

/* Asks which of the options from `place` on is the best, or what else the kind of question asks. */
static heed_status get_answer(const session *x, heed_choice *choice, uint32_t place, size_t known,
                              heed_answer_status *answer, heed_error *err) {
  const heed_teacher *teacher = x->parties->teacher;
  heed_query shown = rest_of(&choice->query, place);
  heed_status status = teacher->answer(teacher->self, &shown, known, choice, answer, err);
  if (status == HEED_OK && *answer == HEED_ANSWERED && choice->who[0] == '\0') {
    (void)snprintf(choice->who, sizeof choice->who, "%s", teacher->name);
  }
  return status;
}

/* Moves the option that was chosen of those from `place` on to that place; the others keep their order. */
static void put_in_place(heed_choice *choice, uint32_t place) {
  heed_segment *first = choice->query.options + place;
  heed_segment chosen = first[choice->chosen];
  memmove(first + 1, first, (size_t)choice->chosen * sizeof *first);
  *first = chosen;
  choice->chosen = 0;
}

/* Keeps the places of a ranking that is not told to its end, as a choice each. */
static heed_status keep_places(const session *x, const heed_choice *ranking, uint32_t places,
                               double seconds, heed_choices *choices, heed_error *err) {
  heed_status status = HEED_OK;
  for (uint32_t place = 0; place < places && status == HEED_OK; place++) {
    heed_choice choice = *ranking;
    heed_query rest = rest_of(&ranking->query, place);
    choice.chosen = 0;
    choice.query = (heed_query){0};
    memcpy(choice.query.strategy, rest.strategy, sizeof rest.strategy);
    for (uint32_t i = 0; i < rest.option_count && status == HEED_OK; i++) {
      heed_segment *copy = &choice.query.options[choice.query.option_count++];
      status = heed_segment_copy(copy, &rest.options[i], err);
    }
    if (status == HEED_OK) {
      status = keep(x, &choice, seconds / places, choices, err);
    }
    heed_choice_deinit(&choice);
  }
  return status;
}

/* Asks for a ranking, best first: each answer takes one option away, and "undo" gives it back. */
static heed_status get_ranking(const session *x, heed_choice *choice, size_t known,
                               uint32_t *places, heed_answer_status *answer, heed_error *err) {
  heed_status status = HEED_OK;
  *answer = HEED_ANSWERED;
  while (status == HEED_OK && *places + 1 < choice->query.option_count) {
    status = get_answer(x, choice, *places, known, answer, err);
    bool takes_back = status == HEED_OK && *answer == HEED_UNDO && *places > 0;
    bool is_placed =
        status == HEED_OK && *answer == HEED_ANSWERED && choice->chosen != HEED_CHOICE_SKIP;
    if (is_placed) {
      put_in_place(choice, (*places)++);
    } else if (takes_back) {
      --*places;
    } else {
      return status;
    }
  }
  choice->grades = choice->query.option_count;
  return status;
}

/* Asks one question, which is taken over. */
static heed_status ask_one(const session *x, heed_query *query, heed_choices *choices, bool *quit,
                           heed_error *err) {
  double start_s = heed_clock_s();
  uint32_t places = 0;
  heed_answer_status answer = HEED_ANSWERED;
  heed_choice choice = pose(x, query);
  heed_status status = choice.kind == HEED_RANKING
                           ? get_ranking(x, &choice, choices->count, &places, &answer, err)
                           : get_answer(x, &choice, 0, choices->count, &answer, err);
  double seconds = heed_clock_s() - start_s;
  bool is_cut_short = places > 0 && choice.grades == 0;
  if (status == HEED_OK && is_cut_short) {
    status = keep_places(x, &choice, places, seconds, choices, err);
  } else if (status == HEED_OK && answer == HEED_ANSWERED) {
    status = keep(x, &choice, seconds, choices, err);
  } else if (status == HEED_OK && answer == HEED_UNDO) {
    status = undo(x, choices, err);
  }
  *quit = answer == HEED_QUIT;
  heed_choice_deinit(&choice);
  return status;
}

/* Makes a batch of questions and asks them. */
static heed_status ask_batch(const session *x, heed_rng *rng, heed_choices *choices, bool *quit,
                             heed_error *err) {
  size_t left = x->config->comparisons - choices->count;
  uint32_t count = left < x->config->batch ? (uint32_t)left : x->config->batch;
  heed_status status = heed_asker_make(x->asker, choices, rng, x->queries, count, err);
  bool was_made = status == HEED_OK;
  for (uint32_t i = 0; was_made && i < count; i++) {
    if (status == HEED_OK && !*quit) {
      status = ask_one(x, &x->queries[i], choices, quit, err);
    } else {
      heed_query_deinit(&x->queries[i]);
    }
  }
  return status;
}

heed_status heed_ask(const heed_ask_parties *parties, const heed_ask_config *config,
                     const heed_rng *master, heed_choices *choices,
                     const heed_progress_sink *progress, heed_reward_report *report,
                     heed_error *err) {
  session x = {.parties = parties, .config = config};
  heed_status status = heed_asker_create(parties, config, &x.asker, err);
  if (status == HEED_OK) {
    x.queries = calloc(config->batch, sizeof *x.queries);
    status = x.queries != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "asking: no memory");
  }
  if (status == HEED_OK && choices->count > 0) {
    status = heed_reward_learn(parties->reward, choices, NULL, report, err);
  }
  bool quit = false;
  for (uint64_t asked = 0; status == HEED_OK && !quit && choices->count < config->comparisons;
       asked++) {
    /* A stream for each batch, so that a later run does not ask the same again. */
    uint64_t index = ((uint64_t)choices->count << 32) + asked;
    heed_rng rng = heed_rng_derive(master, HEED_STREAM_QUERY, index);
    status = ask_batch(&x, &rng, choices, &quit, err);
    if (status == HEED_OK) {
      status = heed_reward_learn(parties->reward, choices, NULL, report, err);
    }
    if (!heed_progress_report(progress, choices->count, config->comparisons)) {
      break;
    }
  }
  heed_asker_destroy(x.asker);
  free(x.queries);
  return status;
}
