#include "reward/choice.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/response.h"

const char *heed_choice_kind_name(int64_t kind) {
  static const char *const names[HEED_CHOICE_KIND_COUNT] = {
      "comparison",    "ranking",    "rating",   "label",
      "demonstration", "correction", "approval", "off switch"};
  return kind >= 0 && kind < HEED_CHOICE_KIND_COUNT ? names[kind] : NULL;
}

void heed_query_deinit(heed_query *query) {
  for (size_t i = 0; i < HEED_OPTION_MAX; i++) {
    heed_segment_deinit(&query->options[i]);
  }
  memset(query, 0, sizeof *query);
}

void heed_choice_deinit(heed_choice *choice) {
  heed_query_deinit(&choice->query);
  memset(choice, 0, sizeof *choice);
}

/* ---- checks --------------------------------------------------------------------------------- */

static heed_status check_step(const heed_segment *option, size_t t, const heed_space *action_space,
                              heed_error *err) {
  if (!isfinite(option->channel[t])) {
    return heed_fail(err, HEED_ERR_ARG, "step %zu: reward channel is not finite", t);
  }
  heed_status status = heed_space_check_action(action_space, option->actions[t], err);
  return status == HEED_OK ? HEED_OK : heed_fail_context(err, status, "step %zu", t);
}

static heed_status check_option(const heed_segment *option, const heed_space *obs_space,
                                const heed_space *action_space, heed_error *err) {
  size_t row_size = heed_space_size(obs_space);
  if (option->obs_size != row_size) {
    return heed_fail(err, HEED_ERR_ARG, "observations of %" PRIu32 " bytes, %zu expected",
                     option->obs_size, row_size);
  }
  if (option->obs == NULL ||
      (option->steps > 0 && (option->actions == NULL || option->channel == NULL))) {
    return heed_fail(err, HEED_ERR_ARG, "arrays of %" PRIu32 " steps are missing", option->steps);
  }
  for (size_t t = 0; t <= option->steps; t++) {
    heed_status status = heed_space_check_row(obs_space, option->obs + t * row_size, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "observation %zu", t);
    }
  }
  for (size_t t = 0; t < option->steps; t++) {
    heed_status status = check_step(option, t, action_space, err);
    if (status != HEED_OK) {
      return status;
    }
  }
  return HEED_OK;
}

/* Is it a kind, with as many options and grades as that kind has? */
static heed_status check_kind(const heed_choice *choice, heed_error *err) {
  const char *name = heed_choice_kind_name(choice->kind);
  if (name == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "kind %d, 0 to %d expected", (int)choice->kind,
                     HEED_CHOICE_KIND_COUNT - 1);
  }
  bool is_graded = choice->kind == HEED_RATING;
  bool is_single = is_graded || choice->kind == HEED_LABEL;
  uint32_t count = choice->query.option_count;
  uint32_t least = is_single ? 1 : 2;
  uint32_t most = is_single ? 1 : choice->kind == HEED_OFF_SWITCH ? 2 : HEED_OPTION_MAX;
  if (count < least || count > most) {
    return heed_fail(err, HEED_ERR_ARG, "%" PRIu32 " options, one %s has %" PRIu32 " to %" PRIu32,
                     count, name, least, most);
  }
  bool is_whole = choice->kind == HEED_RANKING && choice->grades == count;
  if (is_graded ? choice->grades < 2 || choice->grades > HEED_GRADE_MAX
                : choice->grades != 0 && !is_whole) {
    return heed_fail(err, HEED_ERR_ARG, "%" PRIu32 " grades, one %s has %s", choice->grades, name,
                     is_graded                      ? "2 to 9"
                     : choice->kind == HEED_RANKING ? "none, or as many as options"
                                                    : "none");
  }
  bool has_tie = choice->kind == HEED_COMPARISON || choice->kind == HEED_LABEL;
  if (!(choice->tie >= 0 && choice->tie <= HEED_TIE_MAX) || (!has_tie && choice->tie != 0) ||
      (choice->kind == HEED_LABEL && choice->tie < 1 / HEED_TIE_MAX)) {
    return heed_fail(err, HEED_ERR_ARG, "one %s whose ties weigh %g", name, choice->tie);
  }
  return HEED_OK;
}

/* How many numbers of responses there are. */
static uint32_t numbered_responses(const heed_choice *choice) {
  switch (choice->kind) {
    case HEED_RATING:
      return choice->grades;
    case HEED_LABEL:
      return 3;
    case HEED_APPROVAL:
      return 2;
    default: /* of a whole ranking the first is the best */
      return choice->grades > 0 ? 1 : choice->query.option_count;
  }
}

static heed_status check_answer(const heed_choice *choice, heed_error *err) {
  uint32_t count = numbered_responses(choice);
  bool has_equal = choice->kind == HEED_COMPARISON && choice->tie > 0;
  if (choice->chosen < HEED_CHOICE_SKIP || choice->chosen >= (int32_t)count) {
    return heed_fail(err, HEED_ERR_ARG,
                     "answer %" PRId32 ", below %" PRIu32 ", %d (equal) or %d (skip) expected",
                     choice->chosen, count, HEED_CHOICE_EQUAL, HEED_CHOICE_SKIP);
  }
  if (choice->chosen == HEED_CHOICE_EQUAL && !has_equal) {
    return heed_fail(err, HEED_ERR_ARG, "the answer is 'equal', which was not offered (tie is 0)");
  }
  if (!(choice->beta > 0) || !isfinite(choice->beta)) {
    return heed_fail(err, HEED_ERR_ARG, "beta is %g, a finite number above 0 expected",
                     choice->beta);
  }
  if (!(choice->mistakes >= 0 && choice->mistakes <= 1)) {
    return heed_fail(err, HEED_ERR_ARG, "mistakes is %g, 0 to 1 expected", choice->mistakes);
  }
  if (memchr(choice->who, '\0', sizeof choice->who) == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "the name of the person is longer than %zu bytes",
                     sizeof choice->who - 1);
  }
  return HEED_OK;
}

heed_status heed_choice_check(const heed_choice *choice, const heed_space *obs_space,
                              const heed_space *action_space, heed_error *err) {
  const heed_query *query = &choice->query;
  heed_status status = check_kind(choice, err);
  if (status != HEED_OK) {
    return status;
  }
  if (memchr(query->strategy, '\0', sizeof query->strategy) == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "strategy is longer than %zu bytes",
                     sizeof query->strategy - 1);
  }
  status = check_answer(choice, err);
  for (size_t i = 0; i < query->option_count && status == HEED_OK; i++) {
    status = check_option(&query->options[i], obs_space, action_space, err);
    if (status != HEED_OK) {
      status = heed_fail_context(err, status, "option %zu", i);
    }
  }
  return status;
}

/* ---- the list ------------------------------------------------------------------------------- */

void heed_choices_deinit(heed_choices *choices) {
  for (size_t i = 0; i < choices->count; i++) {
    heed_choice_deinit(&choices->items[i]);
  }
  free(choices->items);
  memset(choices, 0, sizeof *choices);
}

/* Doubles the room. */
static heed_status grow(heed_choices *choices, heed_error *err) {
  size_t capacity = choices->capacity == 0 ? 16 : 2 * choices->capacity;
  heed_choice *items = NULL;
  if (capacity <= SIZE_MAX / sizeof *items) {
    items = realloc(choices->items, capacity * sizeof *items);
  }
  if (items == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu choices: no memory", capacity);
  }
  choices->items = items;
  choices->capacity = capacity;
  return HEED_OK;
}

static heed_status append_one(heed_choices *choices, heed_choice *choice, heed_error *err) {
  if (choices->count == choices->capacity) {
    heed_status status = grow(choices, err);
    if (status != HEED_OK) {
      heed_choice_deinit(choice);
      return status;
    }
  }
  choices->items[choices->count++] = *choice;
  memset(choice, 0, sizeof *choice);
  return HEED_OK;
}

/* The choice for a place of a ranking: the first of the options from there on. */
static heed_status append_place(heed_choices *choices, const heed_choice *ranking, uint32_t place,
                                heed_error *err) {
  heed_choice choice = *ranking;
  heed_status status = HEED_OK;
  choice.grades = 0;
  choice.query = (heed_query){0};
  memcpy(choice.query.strategy, ranking->query.strategy, sizeof choice.query.strategy);
  for (uint32_t i = place; i < ranking->query.option_count && status == HEED_OK; i++) {
    heed_segment *copy = &choice.query.options[choice.query.option_count++];
    status = heed_segment_copy(copy, &ranking->query.options[i], err);
  }
  if (status != HEED_OK) {
    heed_choice_deinit(&choice);
    return status;
  }
  return append_one(choices, &choice, err);
}

heed_status heed_choices_append(heed_choices *choices, heed_choice *choice, heed_error *err) {
  if (choice->kind != HEED_RANKING || choice->grades == 0) {
    return append_one(choices, choice, err);
  }
  if (choice->chosen == HEED_CHOICE_SKIP) { /* skipped: nothing to take apart */
    choice->grades = 0;
    return append_one(choices, choice, err);
  }
  size_t before = choices->count;
  heed_status status = HEED_OK;
  for (uint32_t place = 0; place + 1 < choice->query.option_count && status == HEED_OK; place++) {
    status = append_place(choices, choice, place, err);
  }
  while (status != HEED_OK && choices->count > before) {
    heed_choice_deinit(&choices->items[--choices->count]);
  }
  heed_choice_deinit(choice);
  return status;
}

/* ---- the likelihood ------------------------------------------------------------------------- */

double heed_choice_loglik(const heed_choice *choice, const double *returns, double *gradient,
                          double *hessian) {
  heed__responses responses;
  heed__responses_init(&responses, choice);
  double values[HEED__RESPONSE_MAX];
  double slope[HEED__RESPONSE_MAX];
  double bend[HEED__RESPONSE_MAX * HEED__RESPONSE_MAX];
  heed__responses_values(&responses, returns, values);
  double loglik = heed__responses_loglik(&responses, choice->beta, choice->mistakes, values, slope,
                                         hessian != NULL ? bend : NULL, NULL);
  if (gradient != NULL) {
    heed__responses_pull(&responses, slope, gradient);
  }
  if (hessian != NULL) {
    heed__responses_pull_square(&responses, bend, hessian);
  }
  return loglik;
}
