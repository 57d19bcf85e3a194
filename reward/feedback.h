/* feedback.h: what people do, as choices (choice.h has the table and the sources). Each function copies
 * the segments it is given; the choice is the caller's, with kind, options and answer filled in, beta 1,
 * no mistakes, no name. Segments share one observation size. Errors: HEED_ERR_ARG for counts, steps and
 * answers out of range, HEED_ERR_NOMEM; `choice` is zeroed then. */
#ifndef HEED_REWARD_FEEDBACK_H
#define HEED_REWARD_FEEDBACK_H

#include "reward/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which of options[count] is best? `chosen`: one of them, or HEED_CHOICE_SKIP, or with tie > 0
 * HEED_CHOICE_EQUAL; `tie` is 0 if "equal" was not offered, and 1 if nothing better is known. */
HEED_API heed_status heed_feedback_comparison(heed_choice *choice, const heed_segment *options,
                                              uint32_t count, double tie, int32_t chosen,
                                              heed_error *err);

/* options[count] were put in order, order[0] the best: one answer, its options in that order, which the
 * store keeps and a list of choices takes apart (Plackett 1975; Luce 1959). */
HEED_API heed_status heed_feedback_ranking(heed_choice *choice, const heed_segment *options,
                                           uint32_t count, const uint32_t *order, heed_error *err);

/* A clip was given `grade` of 0 .. grades-1, the last the best. */
HEED_API heed_status heed_feedback_rating(heed_choice *choice, const heed_segment *clip,
                                          uint32_t grade, uint32_t grades, heed_error *err);

/* Step t of a clip was called HEED_LABEL_BAD, _NEUTRAL or _GOOD. */
HEED_API heed_status heed_feedback_label(heed_choice *choice, const heed_segment *clip, uint32_t t,
                                         int32_t label, heed_error *err);

/* `shown` was done by a person who could have done any of alternatives[count]: sampled ones, such as
 * what was imagined from the same start, stand for all. */
HEED_API heed_status heed_feedback_demonstration(heed_choice *choice, const heed_segment *shown,
                                                 const heed_segment *alternatives, uint32_t count,
                                                 heed_error *err);

/* A person put `better` in the place of what was `done`: one action or a stretch. */
HEED_API heed_status heed_feedback_correction(heed_choice *choice, const heed_segment *done,
                                              const heed_segment *better, heed_error *err);

/* The action about to be taken was approved, or refused, by a person who knew others[count]: each a
 * segment in which it is taken, as far as can be foreseen. */
HEED_API heed_status heed_feedback_approval(heed_choice *choice, const heed_segment *intended,
                                            const heed_segment *others, uint32_t count,
                                            bool is_approved, heed_error *err);

/* A person with a hand on the off switch watched: `going` is what happens if it is left alone, `stopped`
 * what happens if it is pressed (heed_feedback_held makes one). */
HEED_API heed_status heed_feedback_off_switch(heed_choice *choice, const heed_segment *going,
                                              const heed_segment *stopped, bool is_pressed,
                                              heed_error *err);

/* As `clip` until step t, t <= steps, and then at a standstill to its end: the observation stays, the
 * action is `idle` and the channel 0 (the grounding of the off switch in Jeon, Milli, Dragan 2020,
 * table 1). */
HEED_API heed_status heed_feedback_held(heed_segment *held, const heed_segment *clip, uint32_t t,
                                        heed_action idle, heed_error *err);

#ifdef __cplusplus
}
#endif
#endif
