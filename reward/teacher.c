#include "reward/teacher.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a learner is told of a person who never errs: a likelihood needs a finite beta, and one per
 * unit of reward is the scale that rewards are written in. */
static const double perfect_beta = 1.0;

/* ---- what people are like ------------------------------------------------------------------- */

static const heed_param table[] = {
    {"beta", HEED_PARAM_REAL, offsetof(heed_simulated_params, beta), "0.2", 1e-9, 1e6, NULL,
     "per unit of reward", "how rational the person is"},
    {"mistakes", HEED_PARAM_REAL, offsetof(heed_simulated_params, mistakes), "0", 0, 1, NULL, "",
     "share of answers given at random"},
    {"gamma", HEED_PARAM_REAL, offsetof(heed_simulated_params, gamma), "1", 0, 1, NULL, "",
     "weight of a step for each step that comes later (myopia)"},
    {"skip", HEED_PARAM_REAL, offsetof(heed_simulated_params, skip), "0", 0, 1e6, NULL, "",
     "cannot say where no return is above this share of the average"},
    {"equal", HEED_PARAM_REAL, offsetof(heed_simulated_params, equal), "0", 0, 1e6, NULL, "",
     "'equal' where returns differ by less than this share of the average"},
    {"tires", HEED_PARAM_REAL, offsetof(heed_simulated_params, tires), "0", 0, 1e9, NULL, "answers",
     "after so many half of the answers are at random; 0: never"},
    {"fades", HEED_PARAM_REAL, offsetof(heed_simulated_params, fades), "0", 0, 1e9, NULL, "answers",
     "beta halves with so many; 0: never"},
    {"turns", HEED_PARAM_REAL, offsetof(heed_simulated_params, turns), "0", 0, 1e9, NULL, "answers",
     "after so many half of the taste is that of safety_later; 0: never"},
    {"safety", HEED_PARAM_REAL, offsetof(heed_simulated_params, safety), "1", -1e6, 1e6, NULL, "",
     "weight of what is to be said besides the task"},
    {"safety_later", HEED_PARAM_REAL, offsetof(heed_simulated_params, safety_later), "0", -1e6, 1e6,
     NULL, "", "the same of a taste that turned"},
    {"perfect", HEED_PARAM_BOOL, offsetof(heed_simulated_params, perfect), "false", 0, 1, NULL, "",
     "never err, whatever beta"},
};

const heed_param *heed_simulated_table(size_t *count) {
  *count = sizeof table / sizeof table[0];
  return table;
}

static const heed_simulated_kind kinds[] = {
    {"simulated", "rational to a degree", {.beta = 0.2, .gamma = 1, .safety = 1}},
    {"oracle", "B-Pref: never errs", {.beta = 1, .gamma = 1, .safety = 1, .perfect = true}},
    {"noisy", "B-Pref: beta = 1", {.beta = 1, .gamma = 1, .safety = 1}},
    {"mistake",
     "B-Pref: a tenth of the answers is turned round",
     {.beta = 1, .mistakes = 0.2, .gamma = 1, .safety = 1, .perfect = true}},
    {"skip",
     "B-Pref: says nothing where all is bad",
     {.beta = 1, .gamma = 1, .skip = 0.1, .safety = 1, .perfect = true}},
    {"equal",
     "B-Pref: sees no difference where it is small",
     {.beta = 1, .gamma = 1, .equal = 0.1, .safety = 1, .perfect = true}},
    {"myopic",
     "B-Pref: remembers the end best",
     {.beta = 1, .gamma = 0.9, .safety = 1, .perfect = true}},
    {"tiring", "errs more and more", {.beta = 0.2, .gamma = 1, .tires = 30, .safety = 1}},
};

const heed_simulated_kind *heed_simulated_at(size_t i) {
  return i < sizeof kinds / sizeof kinds[0] ? &kinds[i] : NULL;
}

const heed_simulated_kind *heed_simulated_find(const char *name) {
  size_t i = 0;
  while (heed_simulated_at(i) != NULL && strcmp(kinds[i].name, name) != 0) {
    i++;
  }
  return heed_simulated_at(i);
}

/* ---- how they answer ------------------------------------------------------------------------ */

/* What is left after so many answers of something that halves with every `half_life` of them; 0: all. */
static double left_of(const heed_simulated_person *person, double half_life) {
  return half_life > 0 ? exp2(-person->answers / half_life) : 1;
}

/* The person's own return of an option. The reward channel is hidden: people judge what they see. */
static double judged_return(const heed_simulated_person *person, const heed_segment *option,
                            double gamma) {
  double sum = 0;
  double share = left_of(person, person->params.turns);
  const heed_judge *judge = &person->judge;
  const heed_judge *later = &person->later;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    step.channel = 0;
    double score = judge->appraise(judge->self, &step);
    if (share < 1) {
      score = share * score + (1 - share) * later->appraise(later->self, &step);
    }
    sum = gamma * sum + score;
  }
  return sum;
}

static heed_status judge_options(const heed_simulated_person *person, const heed_query *query,
                                 double gamma, double *returns, heed_error *err) {
  for (uint32_t i = 0; i < query->option_count; i++) {
    returns[i] = judged_return(person, &query->options[i], gamma);
    if (!isfinite(returns[i])) {
      return heed_fail(err, HEED_ERR_NUMERIC, "option %u: judged at %g, a finite return expected",
                       (unsigned)i, returns[i]);
    }
  }
  return HEED_OK;
}

/* The best answer; ties are broken at random. */
static int32_t pick_best(const double *returns, uint32_t count, heed_rng *rng) {
  uint32_t best[HEED_GRADE_MAX];
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

/* P(c) = exp(beta V_c) / sum_k exp(beta V_k) (Jeon, Milli, Dragan 2020, equation 1), by inversion. */
static int32_t pick_boltzmann(const double *values, uint32_t count, double beta, heed_rng *rng) {
  double best = values[0];
  for (uint32_t i = 1; i < count; i++) {
    best = fmax(best, values[i]);
  }
  double weights[HEED_GRADE_MAX];
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    weights[i] = exp(beta * (values[i] - best));
    sum += weights[i];
  }
  double rest = heed_rng_uniform(rng) * sum;
  uint32_t chosen = 0;
  while (chosen + 1 < count && rest >= weights[chosen]) {
    rest -= weights[chosen++];
  }
  return (int32_t)chosen;
}

/* Values of the grades of a clip: between neighbours they rise with what its return is above the threshold,
 * V_k - V_{k-1} = (G - tau_k) / (K - 1), so that the best grade is the number of thresholds below G. */
static void value_grades(const heed_simulated_person *person, double clip, uint32_t grades,
                         double *values) {
  values[0] = 0;
  for (uint32_t k = 1; k < grades; k++) {
    double threshold = person->least + (person->greatest - person->least) * k / (double)grades;
    values[k] = values[k - 1] + (clip - threshold) / (grades - 1);
  }
}

/* What each answer is worth to the person (choice.h): values[HEED_GRADE_MAX]. Returns their number. */
static uint32_t value_answers(const heed_simulated_person *person, const heed_choice *form,
                              const double *returns, uint32_t count, double *values) {
  switch (form->kind) {
    case HEED_RATING:
      value_grades(person, returns[0], form->grades, values);
      return form->grades;
    case HEED_LABEL:
      for (int k = 0; k < 3; k++) {
        values[k] = returns[0] * k / 2;
      }
      return 3;
    default:
      memcpy(values, returns, count * sizeof *values);
      return count;
  }
}

static bool is_perfect(const heed_simulated_params *params) {
  return params->perfect || isinf(params->beta);
}

/* Does the person give no preference? Returns without myopia, as in B-Pref. */
static bool is_undecided(heed_simulated_person *person, const heed_choice *form,
                         const double *returns, uint32_t count, int32_t *chosen) {
  double best = returns[0];
  double worst = returns[0];
  for (uint32_t i = 0; i < count; i++) {
    best = fmax(best, returns[i]);
    worst = fmin(worst, returns[i]);
    person->seen += 1;
    person->seen_sum += fabs(returns[i]);
    person->least = fmin(person->least, returns[i]);
    person->greatest = fmax(person->greatest, returns[i]);
  }
  double average = person->seen_sum / person->seen;
  const heed_simulated_params *params = &person->params;
  if (params->skip > 0 && best <= params->skip * average) {
    *chosen = HEED_CHOICE_SKIP;
    return true;
  }
  if (form->kind == HEED_LABEL &&
      (fabs(best) < params->equal * average || (is_perfect(params) && best == 0))) {
    *chosen = HEED_LABEL_NEUTRAL;
    return true;
  }
  if (form->kind == HEED_COMPARISON && params->equal > 0 &&
      best - worst < params->equal * average) {
    *chosen = HEED_CHOICE_EQUAL;
    return true;
  }
  return false;
}

/* The share of answers at random that have come about with tiredness. */
static double mistakes_now(const heed_simulated_person *person) {
  const heed_simulated_params *params = &person->params;
  return params->tires > 0 ? 1 - (1 - params->mistakes) * left_of(person, params->tires)
                           : params->mistakes;
}

static heed_status answer(void *self, const heed_query *query, size_t asked, heed_choice *choice,
                          heed_answer_status *status, heed_error *err) {
  heed_simulated_person *person = self;
  const heed_simulated_params *params = &person->params;
  uint32_t count = query->option_count;
  (void)asked;
  assert(count >= 1 && count <= HEED_OPTION_MAX && params->beta > 0);
  assert(params->turns == 0 || person->later.appraise != NULL);

  double plain[HEED_OPTION_MAX] = {0};
  double returns[HEED_OPTION_MAX] = {0};
  heed_status judged = judge_options(person, query, 1, plain, err);
  if (judged == HEED_OK) {
    judged = judge_options(person, query, params->gamma, returns, err);
  }
  if (judged != HEED_OK) {
    return judged;
  }

  if (!is_undecided(person, choice, plain, count, &choice->chosen)) {
    double values[HEED_GRADE_MAX];
    uint32_t answers = value_answers(person, choice, returns, count, values);
    if (heed_rng_uniform(&person->rng) < mistakes_now(person)) {
      choice->chosen = (int32_t)heed_rng_choice(&person->rng, answers);
    } else if (is_perfect(params)) {
      choice->chosen = pick_best(values, answers, &person->rng);
    } else {
      double beta = params->beta * left_of(person, params->fades);
      choice->chosen = pick_boltzmann(values, answers, beta, &person->rng);
    }
  }
  person->answers += 1;
  choice->beta = is_perfect(params) ? perfect_beta : params->beta;
  choice->mistakes = params->mistakes;
  if (choice->kind == HEED_COMPARISON) {
    choice->tie = params->equal > 0 ? 1 : 0;
  }
  (void)snprintf(choice->who, sizeof choice->who, "%s", person->name != NULL ? person->name : "");
  *status = HEED_ANSWERED;
  return HEED_OK;
}

heed_teacher heed_simulated_teacher(heed_simulated_person *person) {
  return (heed_teacher){
      .name = person->name != NULL ? person->name : "simulated", .self = person, .answer = answer};
}

static heed_status answer_as_one_of(void *self, const heed_query *query, size_t asked,
                                    heed_choice *choice, heed_answer_status *status,
                                    heed_error *err) {
  heed_simulated_crowd *crowd = self;
  uint32_t i = 0;
  while (i < crowd->count &&
         (crowd->people[i].name == NULL || strcmp(crowd->people[i].name, choice->who) != 0)) {
    i++;
  }
  if (i == crowd->count) { /* a new question */
    i = heed_rng_choice(&crowd->rng, (uint32_t)crowd->count);
  }
  return answer(&crowd->people[i], query, asked, choice, status, err);
}

heed_teacher heed_simulated_crowd_teacher(heed_simulated_crowd *crowd) {
  return (heed_teacher){.name = "simulated", .self = crowd, .answer = answer_as_one_of};
}
