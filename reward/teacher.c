#include "reward/teacher.h"

#include <assert.h>
#include <math.h>

/* What a learner is told of a person who never errs: a likelihood needs a finite beta, and one per
 * unit of reward is the scale that rewards are written in. */
static const double perfect_beta = 1.0;

/* The person's own return of an option. The reward channel is hidden: people judge what they see. */
static double judged_return(const heed_judge *judge, const heed_segment *option) {
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    step.channel = 0;
    sum += judge->appraise(judge->self, &step);
  }
  return sum;
}

/* The best option; ties are broken at random. */
static int32_t pick_best(const double *returns, uint32_t count, heed_rng *rng) {
  uint32_t best[HEED_OPTION_MAX];
  uint32_t tied = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (tied > 0 && returns[i] > returns[best[0]]) {
      tied = 0;
    }
    if (tied == 0 || returns[i] == returns[best[0]]) {
      best[tied++] = i;
    }
  }
  return (int32_t)best[heed_rng_choice(rng, tied)];
}

/* P(c) = exp(beta G_c) / sum_i exp(beta G_i) (Jeon, Milli, Dragan 2020, equation 1), by inversion. */
static int32_t pick_boltzmann(const double *returns, uint32_t count, double beta, heed_rng *rng) {
  double best = returns[0];
  for (uint32_t i = 1; i < count; i++) {
    best = fmax(best, returns[i]);
  }
  double weights[HEED_OPTION_MAX];
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    weights[i] = exp(beta * (returns[i] - best));
    sum += weights[i];
  }
  double rest = heed_rng_uniform(rng) * sum;
  uint32_t chosen = 0;
  while (chosen + 1 < count && rest >= weights[chosen]) {
    rest -= weights[chosen++];
  }
  return (int32_t)chosen;
}

static heed_status answer(void *self, const heed_query *query, size_t asked, heed_choice *choice,
                          heed_answer_status *status, heed_error *err) {
  heed_simulated_person *person = self;
  uint32_t count = query->option_count;
  (void)asked;
  assert(count >= 2 && count <= HEED_OPTION_MAX && person->beta > 0);

  double returns[HEED_OPTION_MAX];
  for (uint32_t i = 0; i < count; i++) {
    returns[i] = judged_return(&person->judge, &query->options[i]);
    if (!isfinite(returns[i])) {
      return heed_fail(err, HEED_ERR_NUMERIC, "option %u: judged at %g, a finite return expected",
                       (unsigned)i, returns[i]);
    }
  }

  if (heed_rng_uniform(&person->rng) < person->mistakes) {
    choice->chosen = (int32_t)heed_rng_choice(&person->rng, count);
  } else if (isinf(person->beta)) {
    choice->chosen = pick_best(returns, count, &person->rng);
  } else {
    choice->chosen = pick_boltzmann(returns, count, person->beta, &person->rng);
  }
  choice->beta = isinf(person->beta) ? perfect_beta : person->beta;
  choice->mistakes = person->mistakes;
  *status = HEED_ANSWERED;
  return HEED_OK;
}

heed_teacher heed_simulated_teacher(heed_simulated_person *person) {
  return (heed_teacher){.name = "simulated", .self = person, .answer = answer};
}
