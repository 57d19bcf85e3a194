/* steps.h: the different steps among the options of choices: internal to reward/.
 *
 * The same steps come up again and again: an agent waits, goes back, and each option of a question is a
 * stretch of the same world. What scores them needs to look at each once. An option is then a discounted
 * sum over different steps:
 *
 *     G_i = sum over entries e of option i:  weight_e r(step_e)
 *
 * Steps are told apart by a 64-bit hash (XXH3) of what a model reads of them; two that share a hash, one
 * pair in 10^10 among some 10^4 steps, count as one. */
#ifndef HEED_REWARD_STEPS_H
#define HEED_REWARD_STEPS_H

#include "reward/choice.h"

/* What a model reads of a step; flags. */
enum { HEED__READS_OBS = 1, HEED__READS_ACTION = 2, HEED__READS_NEXT = 4 };
enum { HEED__READS_ALL = HEED__READS_OBS | HEED__READS_ACTION | HEED__READS_NEXT };

/* The hash of what is read of a step. */
uint64_t heed__step_key(unsigned reads, size_t obs_size, const heed_space *action_space,
                        const heed_step *step);

/* A number from the standard normal distribution that depends on a seed and a key alone. */
double heed__step_normal(uint64_t seed, uint64_t key);

/* All arrays owned. Options are numbered through all choices; those of choice q are
 * option_of[q] .. option_of[q + 1] - 1, their entries first[i] .. first[i + 1] - 1. */
typedef struct heed__steps {
  size_t count;         /* different steps, in the order in which they first come up */
  heed_step *items;     /* [count] observations borrowed from the choices */
  uint64_t *keys;       /* [count] */
  double *occurrences;  /* [count] how often each comes up, without discount */
  size_t *option_of;    /* [choices + 1] */
  size_t *first;        /* [options + 1] */
  uint32_t *step;       /* [entries] */
  double *weight;       /* [entries] */
  uint64_t *option_key; /* [options] hash of the whole option, its first observation included */
} heed__steps;

/* Errors: HEED_ERR_NOMEM, and `steps` is zeroed. */
heed_status heed__steps_init(heed__steps *steps, const heed_choices *choices,
                             const heed_space *action_space, unsigned reads, double discount,
                             heed_error *err);
void heed__steps_deinit(heed__steps *steps); /* accepts a zeroed one */

/* The returns of the options of choice q under values[count] of the steps. */
void heed__steps_returns(const heed__steps *steps, size_t q, const double *values, double *returns);

/* Can the likelihood not tell what is added to every step? So it is where each question compares options
 * of the same discounted length with each other. */
bool heed__steps_offset_is_free(const heed__steps *steps, const heed_choices *choices);

#endif
