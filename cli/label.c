#include "cli/label.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/feedback.h"

enum { TRIES_MAX = 20 }; /* for a question that is new */

/* ---- questions ------------------------------------------------------------------------------ */

/* Do they look the same? */
static bool same_segment(const heed_segment *a, const heed_segment *b) {
  return a->steps == b->steps && a->obs_size == b->obs_size &&
         memcmp(a->obs, b->obs, ((size_t)a->steps + 1) * a->obs_size) == 0;
}

static bool is_own(const heed__label *label, const heed_choice *choice) {
  return strcmp(choice->who, label->who) == 0;
}

/* Has this person answered the question, whichever clip stood left? */
static bool is_known(const heed__label *label, const heed_query *query) {
  const heed_segment *a = &query->options[0];
  const heed_segment *b = &query->options[1];
  for (size_t i = 0; i < label->choices.count; i++) {
    const heed_choice *choice = &label->choices.items[i];
    const heed_segment *x = &choice->query.options[0];
    const heed_segment *y = &choice->query.options[1];
    if (choice->kind == HEED_COMPARISON && choice->query.option_count == 2 &&
        is_own(label, choice) &&
        ((same_segment(a, x) && same_segment(b, y)) ||
         (same_segment(a, y) && same_segment(b, x)))) {
      return true;
    }
  }
  return false;
}

/* Makes a question that this person has not answered, or none where there is none to be found. A stream for
 * each try, so that a session that goes on asks what the last one would have asked. */
static heed_status next_question(heed__label *label, heed_error *err) {
  heed_status status = HEED_OK;
  bool is_new = false;
  label->is_again = false;
  for (uint64_t attempt = 0; attempt < TRIES_MAX && !is_new && status == HEED_OK; attempt++) {
    heed_rng rng = heed_rng_derive(&label->master, HEED_STREAM_QUERY,
                                   ((uint64_t)label->choices.count << 32) + attempt);
    heed_query_deinit(&label->question);
    status = heed_asker_make(label->asker, &label->choices, &rng, &label->question, 1, err);
    is_new = status == HEED_OK &&
             !same_segment(&label->question.options[0], &label->question.options[1]) &&
             !is_known(label, &label->question);
  }
  if (status != HEED_OK) {
    label->question = (heed_query){0}; /* there is none to release */
  } else if (!is_new) {
    heed_query_deinit(&label->question);
  }
  return status;
}

/* A fit that fails, as one can where people contradict each other, is no reason to stop answering: the model
 * stays as it was. */
static heed_status learn(heed__label *label, heed_error *err) {
  heed_error cause = {0};
  heed_status status =
      heed_reward_learn(label->parties.reward, &label->choices, NULL, &label->report, &cause);
  label->is_behind = status == HEED_ERR_NUMERIC;
  return status == HEED_OK || label->is_behind ? HEED_OK
                                               : heed_fail(err, status, "%s", cause.message);
}

/* ---- the session ---------------------------------------------------------------------------- */

static heed_status read_store(heed__label *label, heed_error *err) {
  heed_choices_deinit(&label->choices);
  heed_status status =
      heed_store_read(label->parties.store, label->parties.topic, &label->choices, err);
  label->own = 0;
  for (size_t i = 0; i < label->choices.count; i++) {
    label->own += is_own(label, &label->choices.items[i]);
  }
  return status;
}

heed_status heed__label_begin(heed__label *label, heed_error *err) {
  if (label->config->kind != HEED_COMPARISON || label->config->options != 2) {
    return heed_fail(err, HEED_ERR_ARG, "only comparisons of two clips can be asked for here");
  }
  heed_status status = heed_asker_create(&label->parties, label->config, &label->asker, err);
  if (status == HEED_OK) {
    status = read_store(label, err);
  }
  if (status == HEED_OK && label->choices.count > 0) {
    status = learn(label, err);
  }
  return status == HEED_OK ? next_question(label, err) : status;
}

void heed__label_deinit(heed__label *label) {
  heed_asker_destroy(label->asker);
  heed_choices_deinit(&label->choices);
  heed_query_deinit(&label->question);
  free(label->entries);
  *label = (heed__label){0};
}

static double return_of(const heed_reward *reward, const heed_segment *clip, void *workspace) {
  double sum = 0;
  for (uint32_t t = 0; t < clip->steps; t++) {
    heed_step step = heed_segment_step(clip, t);
    double score;
    heed_reward_score(reward, &step, 1, NULL, &score, NULL, workspace);
    sum += score;
  }
  return sum;
}

/* What the model, which has not seen the answer, makes of it. */
static heed_status foretell(const heed__label *label, int32_t chosen, double *foretold,
                            heed_error *err) {
  const heed_reward *reward = label->parties.reward;
  *foretold = -1;
  if (chosen < 0 || label->choices.count == 0) {
    return HEED_OK;
  }
  void *workspace = calloc(1, heed_reward_workspace_size(reward, 1) + 1);
  if (workspace == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "scores: no memory");
  }
  double left = return_of(reward, &label->question.options[0], workspace);
  double right = return_of(reward, &label->question.options[1], workspace);
  free(workspace);
  *foretold = left == right ? 0.5 : (right > left) == (chosen == 1) ? 1 : 0;
  return HEED_OK;
}

/* Room for one more entry, before anything is stored. */
static heed_status reserve(heed__label *label, heed_error *err) {
  if (label->count < label->capacity) {
    return HEED_OK;
  }
  size_t capacity = label->capacity > 0 ? 2 * label->capacity : 64;
  heed__label_entry *entries = realloc(label->entries, capacity * sizeof *entries);
  if (entries == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu answers: no memory", capacity);
  }
  label->entries = entries;
  label->capacity = capacity;
  return HEED_OK;
}

/* Stores an answer and takes it over if that went well. */
static heed_status keep(heed__label *label, heed_choice *choice, heed__label_entry entry,
                        heed_error *err) {
  char model[64];
  (void)snprintf(choice->who, sizeof choice->who, "%s", label->who);
  (void)snprintf(model, sizeof model, "%s after %zu choices",
                 heed_reward_ops_of(label->parties.reward)->name, label->choices.count);
  heed_store_context context = {
      .who = label->who, .topic = label->parties.topic, .model = model, .seconds = entry.seconds};
  heed_status status = reserve(label, err);
  if (status == HEED_OK) {
    status = heed_store_append(label->parties.store, choice, &context, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  label->entries[label->count++] = entry;
  label->own++;
  return heed_choices_append(&label->choices, choice, err);
}

heed_status heed__label_compare(heed__label *label, int32_t chosen, double seconds,
                                heed_error *err) {
  heed__label_entry entry = {.seconds = seconds};
  heed_choice choice = {.chosen = chosen, .beta = label->config->beta, .tie = 1};
  heed_status status = foretell(label, chosen, &entry.foretold, err);
  if (status != HEED_OK) {
    return status;
  }
  choice.query = label->question; /* lent */
  status = keep(label, &choice, entry, err);
  if (choice.query.option_count > 0) { /* it was not stored: the question stands */
    return status;
  }
  label->question = (heed_query){0};
  if (status == HEED_OK) {
    status = learn(label, err);
  }
  return status == HEED_OK ? next_question(label, err) : status;
}

heed_status heed__label_add(heed__label *label, heed_choice *choice, double seconds,
                            heed_error *err) {
  choice->beta = label->config->beta;
  heed_status status =
      keep(label, choice, (heed__label_entry){.seconds = seconds, .foretold = -1}, err);
  heed_choice_deinit(choice);
  return status == HEED_OK ? learn(label, err) : status;
}

/* This person's last choice; NULL if there is none. */
static heed_choice *last_own(heed__label *label) {
  for (size_t i = label->choices.count; i-- > 0;) {
    if (is_own(label, &label->choices.items[i])) {
      return &label->choices.items[i];
    }
  }
  return NULL;
}

heed_status heed__label_undo(heed__label *label, bool *withdrawn, heed_error *err) {
  heed_status status =
      heed_store_withdraw(label->parties.store, label->who, label->parties.topic, withdrawn, err);
  if (status != HEED_OK || !*withdrawn) {
    return status;
  }
  heed_query again = {0};
  heed_choice *last = last_own(label);
  if (last != NULL && last->kind == HEED_COMPARISON && last->query.option_count == 2) {
    again = last->query;
    last->query = (heed_query){0};
  }
  label->withdrawn++;
  label->count -= label->count > 0;
  status = read_store(label, err);
  if (status == HEED_OK) {
    status = learn(label, err);
  }
  if (status == HEED_OK && again.option_count == 0) { /* the one that stood */
    status = next_question(label, err);
  }
  if (status == HEED_OK && again.option_count == 2) {
    heed_query_deinit(&label->question);
    label->question = again;
    label->is_again = true;
  } else {
    heed_query_deinit(&again);
  }
  return status;
}

/* ---- how it goes ---------------------------------------------------------------------------- */

double heed__label_pace(const heed__label *label) {
  double sum = 0;
  for (size_t i = 0; i < label->count; i++) {
    sum += label->entries[i].seconds;
  }
  return label->count > 0 ? sum / (double)label->count : 0;
}

double heed__label_foretold(const heed__label *label, size_t *asked) {
  double sum = 0;
  *asked = 0;
  for (size_t i = 0; i < label->count; i++) {
    if (label->entries[i].foretold >= 0) {
      sum += label->entries[i].foretold;
      (*asked)++;
    }
  }
  return sum;
}
