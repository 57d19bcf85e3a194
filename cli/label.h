/* label.h: a person's session of answering questions: what is asked next, what was answered, what is taken
 * back, and what a model learns of it. It knows nothing of windows.
 *
 * Every answer is in the store before the next question. The model is fitted anew after each, and foretells
 * the next before it is given: the share that it gets right is measured on answers it has not seen
 * (prequentially: Dawid 1984). */
#ifndef HEED_CLI_LABEL_H
#define HEED_CLI_LABEL_H

#include "agent/ask.h"

/* An answer of this session. */
typedef struct heed__label_entry {
  double seconds; /* it took */
  double
      foretold; /* 1: as the model said, 0: not, 0.5: it had no opinion; below 0: it was not asked */
} heed__label_entry;

typedef struct heed__label {
  /* Borrowed, filled by the caller. */
  heed_ask_parties parties; /* no teacher; experience, reward, store and topic are required */
  const heed_ask_config *config;
  const char *who;
  uint32_t action_count; /* of the action space; 0: they cannot be listed */
  heed_rng master;
  /* Owned, filled by heed__label_begin and the session. */
  heed_asker *asker;
  heed_choices choices; /* what stands on the topic, of everybody */
  size_t own;           /* of them this person's */
  heed_query question;  /* two options; none when there is nothing new to ask */
  bool is_again;        /* the question was asked before: its answer was taken back */
  heed_reward_report report;
  bool is_behind;             /* the last fit failed: the model knows less than what was answered */
  heed__label_entry *entries; /* [count] of this session that stand */
  size_t count, capacity;
  size_t withdrawn; /* in this session */
} heed__label;

/* Reads the answers that are there and makes the first question. Errors: HEED_ERR_ARG where
 * two clips are not what is asked about, those of heed_store_read and heed_asker_make. */
heed_status heed__label_begin(heed__label *label, heed_error *err);
void heed__label_deinit(heed__label *label);

/* Answers the question with 0 (left), 1 (right), HEED_CHOICE_EQUAL or HEED_CHOICE_SKIP, and makes the next,
 * which is none that this person has answered. Errors: those of heed_store_append and heed_asker_make; after
 * HEED_ERR_BUSY nothing was stored, and the question stands. */
heed_status heed__label_compare(heed__label *label, int32_t chosen, double seconds,
                                heed_error *err);

/* Stores another kind of answer, which is taken over; the question stands. Errors as above. */
heed_status heed__label_add(heed__label *label, heed_choice *choice, double seconds,
                            heed_error *err);

/* Takes this person's last answer back, of an earlier session if need be: a mark in the store. A comparison
 * is asked again. *withdrawn: was there one? Errors: those of heed_store_withdraw and heed_asker_make. */
heed_status heed__label_undo(heed__label *label, bool *withdrawn, heed_error *err);

/* Approval or refusal of step t of a clip, beside what the dynamics model imagines of the other actions;
 * and a correction: `action` should have been taken in it. `choice` is the caller's. Errors: HEED_ERR_STATE
 * without a dynamics model or with actions that cannot be listed; HEED_ERR_ARG for a step or an action that
 * there is not; HEED_ERR_NOMEM. */
heed_status heed__label_approval(const heed__label *label, const heed_segment *clip, uint32_t t,
                                 bool is_approved, heed_choice *choice, heed_error *err);
heed_status heed__label_correction(const heed__label *label, const heed_segment *clip, uint32_t t,
                                   heed_action action, heed_choice *choice, heed_error *err);

/* Of this session: mean seconds of an answer, and how many were foretold of how many that the model was
 * asked about. */
double heed__label_pace(const heed__label *label);
double heed__label_foretold(const heed__label *label, size_t *asked);

#endif
