#include "agent/ask.h"

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

/* Takes the last answer back, if it is the person's own. */
static heed_status undo(const session *x, heed_choices *choices, heed_error *err) {
  bool withdrawn = true;
  heed_status status = HEED_OK;
  if (x->parties->store != NULL) {
    status = heed_store_withdraw(x->parties->store, x->parties->teacher->name, x->parties->topic,
                                 &withdrawn, err);
  }
  if (status == HEED_OK && withdrawn && choices->count > 0) {
    heed_choice_deinit(&choices->items[--choices->count]);
  }
  return status;
}

/* Asks for one answer; `choice` holds the question and its form. */
static heed_status get_answer(const session *x, heed_choice *choice, heed_choices *choices,
                              heed_answer_status *answer, heed_error *err) {
  double start_s = heed_clock_s();
  const heed_teacher *teacher = x->parties->teacher;
  heed_status status =
      teacher->answer(teacher->self, &choice->query, choices->count, choice, answer, err);
  if (status == HEED_OK && *answer == HEED_ANSWERED && choice->who[0] == '\0') {
    (void)snprintf(choice->who, sizeof choice->who, "%s", teacher->name);
  }
  if (status == HEED_OK && *answer == HEED_ANSWERED) {
    return keep(x, choice, heed_clock_s() - start_s, choices, err);
  }
  return status == HEED_OK && *answer == HEED_UNDO ? undo(x, choices, err) : status;
}

/* A question, not yet answered; `query` is taken over. */
static heed_choice pose(const session *x, heed_query *query) {
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

/* The options of a ranking that are left when the best is taken; none when that settles it. */
static heed_status copy_rest(const heed_choice *choice, heed_query *rest, heed_error *err) {
  const heed_query *query = &choice->query;
  heed_status status = HEED_OK;
  *rest = (heed_query){0};
  if (choice->kind != HEED_RANKING || choice->chosen < 0 || query->option_count <= 2) {
    return HEED_OK;
  }
  memcpy(rest->strategy, query->strategy, sizeof rest->strategy);
  for (uint32_t i = 0; i < query->option_count && status == HEED_OK; i++) {
    if ((int32_t)i != choice->chosen) {
      status = heed_segment_copy(&rest->options[rest->option_count], &query->options[i], err);
      rest->option_count += status == HEED_OK;
    }
  }
  return status;
}

/* Asks one question, which is taken over: a ranking is asked for best first. */
static heed_status ask_one(const session *x, heed_query *query, heed_choices *choices, bool *quit,
                           heed_error *err) {
  heed_status status = HEED_OK;
  while (status == HEED_OK && query->option_count > 0 && !*quit) {
    heed_query rest = {0};
    heed_answer_status answer = HEED_ANSWERED;
    heed_choice choice = pose(x, query);
    size_t known = choices->count;
    status = get_answer(x, &choice, choices, &answer, err);
    if (status == HEED_OK && answer == HEED_ANSWERED) {
      status = copy_rest(&choices->items[known], &rest, err);
    }
    heed_choice_deinit(&choice);
    *quit = answer == HEED_QUIT;
    *query = rest;
  }
  heed_query_deinit(query);
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
