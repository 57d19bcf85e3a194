#include "reward/feedback.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Starts a choice of `kind`. */
static void begin(heed_choice *choice, heed_choice_kind kind, int32_t chosen) {
  *choice = (heed_choice){.kind = kind, .chosen = chosen, .beta = 1};
  (void)snprintf(choice->query.strategy, sizeof choice->query.strategy, "%s",
                 heed_choice_kind_name(kind));
}

/* Adds copies of options[count]; the choice is zeroed on failure. */
static heed_status add(heed_choice *choice, const heed_segment *options, uint32_t count,
                       heed_error *err) {
  heed_query *query = &choice->query;
  heed_status status = HEED_OK;
  if (count > HEED_OPTION_MAX - query->option_count) {
    status = heed_fail(err, HEED_ERR_ARG, "%" PRIu32 " options more, at most %" PRIu32 " expected",
                       count, HEED_OPTION_MAX - query->option_count);
  }
  for (uint32_t i = 0; i < count && status == HEED_OK; i++) {
    status = heed_segment_copy(&query->options[query->option_count], &options[i], err);
    query->option_count += status == HEED_OK;
  }
  if (status != HEED_OK) {
    heed_choice_deinit(choice);
  }
  return status;
}

static heed_status add_two(heed_choice *choice, const heed_segment *first,
                           const heed_segment *others, uint32_t count, heed_error *err) {
  if (count < 1) {
    heed_choice_deinit(choice);
    return heed_fail(err, HEED_ERR_ARG, "there is nothing to choose from but one option");
  }
  heed_status status = add(choice, first, 1, err);
  return status == HEED_OK ? add(choice, others, count, err) : status;
}

heed_status heed_feedback_comparison(heed_choice *choice, const heed_segment *options,
                                     uint32_t count, double tie, int32_t chosen, heed_error *err) {
  begin(choice, HEED_COMPARISON, chosen);
  choice->tie = tie;
  if (count < 2 || chosen < HEED_CHOICE_SKIP || chosen >= (int32_t)count ||
      (chosen == HEED_CHOICE_EQUAL && !(tie > 0))) {
    heed_choice_deinit(choice);
    return heed_fail(err, HEED_ERR_ARG, "answer %" PRId32 " to %" PRIu32 " options, ties weigh %g",
                     chosen, count, tie);
  }
  return add(choice, options, count, err);
}

/* ---- rankings ------------------------------------------------------------------------------- */

static heed_status check_order(const uint32_t *order, uint32_t count, heed_error *err) {
  bool is_ranked[HEED_OPTION_MAX] = {false};
  if (count < 2 || count > HEED_OPTION_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "a ranking of %" PRIu32 ", 2 to %d expected", count,
                     HEED_OPTION_MAX);
  }
  for (uint32_t i = 0; i < count; i++) {
    if (order[i] >= count || is_ranked[order[i]]) {
      return heed_fail(err, HEED_ERR_ARG,
                       "place %" PRIu32 " of the ranking is %" PRIu32 ": out of range, or twice", i,
                       order[i]);
    }
    is_ranked[order[i]] = true;
  }
  return HEED_OK;
}

heed_status heed_feedback_ranking(heed_choice *choice, const heed_segment *options, uint32_t count,
                                  const uint32_t *order, heed_error *err) {
  begin(choice, HEED_RANKING, 0);
  heed_status status = check_order(order, count, err);
  if (status != HEED_OK) {
    heed_choice_deinit(choice);
    return status;
  }
  choice->grades = count;
  for (uint32_t i = 0; i < count && status == HEED_OK; i++) {
    status = add(choice, &options[order[i]], 1, err);
  }
  return status;
}

/* ---- of one clip ---------------------------------------------------------------------------- */

heed_status heed_feedback_rating(heed_choice *choice, const heed_segment *clip, uint32_t grade,
                                 uint32_t grades, heed_error *err) {
  begin(choice, HEED_RATING, (int32_t)grade);
  choice->grades = grades;
  if (grades < 2 || grades > HEED_GRADE_MAX || grade >= grades) {
    heed_choice_deinit(choice);
    return heed_fail(err, HEED_ERR_ARG, "grade %" PRIu32 " of %" PRIu32 ", 2 to %d grades expected",
                     grade, grades, HEED_GRADE_MAX);
  }
  return add(choice, clip, 1, err);
}

heed_status heed_feedback_label(heed_choice *choice, const heed_segment *clip, uint32_t t,
                                int32_t label, heed_error *err) {
  begin(choice, HEED_LABEL, label);
  choice->tie = 1;
  if (t >= clip->steps || label < HEED_LABEL_BAD || label > HEED_LABEL_GOOD) {
    heed_choice_deinit(choice);
    return heed_fail(err, HEED_ERR_ARG, "label %" PRId32 " of step %" PRIu32 " of %" PRIu32, label,
                     t, clip->steps);
  }
  heed_segment step = {.steps = 1,
                       .obs_size = clip->obs_size,
                       .obs = clip->obs + (size_t)t * clip->obs_size,
                       .actions = clip->actions + t,
                       .channel = clip->channel + t,
                       .is_terminal = clip->is_terminal && t + 1 == clip->steps};
  return add(choice, &step, 1, err);
}

/* ---- of what was done, or is about to be ---------------------------------------------------- */

heed_status heed_feedback_demonstration(heed_choice *choice, const heed_segment *shown,
                                        const heed_segment *alternatives, uint32_t count,
                                        heed_error *err) {
  begin(choice, HEED_DEMONSTRATION, 0);
  return add_two(choice, shown, alternatives, count, err);
}

heed_status heed_feedback_correction(heed_choice *choice, const heed_segment *done,
                                     const heed_segment *better, heed_error *err) {
  begin(choice, HEED_CORRECTION, 1);
  return add_two(choice, done, better, 1, err);
}

heed_status heed_feedback_approval(heed_choice *choice, const heed_segment *intended,
                                   const heed_segment *others, uint32_t count, bool is_approved,
                                   heed_error *err) {
  begin(choice, HEED_APPROVAL, is_approved ? HEED_APPROVED : HEED_REFUSED);
  return add_two(choice, intended, others, count, err);
}

heed_status heed_feedback_off_switch(heed_choice *choice, const heed_segment *going,
                                     const heed_segment *stopped, bool is_pressed,
                                     heed_error *err) {
  begin(choice, HEED_OFF_SWITCH, is_pressed ? HEED_SWITCH_PRESSED : HEED_SWITCH_LEFT);
  return add_two(choice, going, stopped, 1, err);
}

heed_status heed_feedback_held(heed_segment *held, const heed_segment *clip, uint32_t t,
                               heed_action idle, heed_error *err) {
  *held = (heed_segment){0};
  if (t > clip->steps) {
    return heed_fail(err, HEED_ERR_ARG, "held at step %" PRIu32 " of %" PRIu32, t, clip->steps);
  }
  heed_status status = heed_segment_copy(held, clip, err);
  for (uint32_t i = t; status == HEED_OK && i < clip->steps; i++) {
    size_t size = clip->obs_size;
    memcpy(held->obs + (i + 1) * size, clip->obs + t * size, size);
    held->actions[i] = idle;
    held->channel[i] = 0;
    held->is_terminal = false;
  }
  return status;
}
