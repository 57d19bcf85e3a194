#include "reward/manner.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Deviations of the priors, in logarithms: a factor of e is common among people. Grades lie wherever a
 * person puts them. */
static const double tie_spread = 1;
static const double mistakes_spread = 1;
static const double grade_spread = 3;
/* Nobody is taken to err never, or always: log-odds must be finite. */
static const double mistakes_least = 0.01;
static const double mistakes_most = 0.5;
/* Beyond these an inferred beta, or its square, would not be finite in the derivatives. */
static const double beta_least = 1e-60;
static const double beta_most = 1e60;

/* ---- which parameters there are ------------------------------------------------------------- */

void heed__manner_deinit(heed__manner *manner) {
  free((void *)manner->people);
  free(manner->centre);
  free(manner->spread);
  free(manner->knobs);
  *manner = (heed__manner){0};
}

/* The number of a person, who is added if new. */
static size_t number_of(heed__manner *manner, const char *who) {
  size_t i = 0;
  for (; i < manner->people_count; i++) {
    assert(manner->people[i] != NULL);
    if (strcmp(manner->people[i], who) == 0) {
      break;
    }
  }
  if (i == manner->people_count) {
    manner->people[manner->people_count++] = who;
  }
  return i;
}

/* The numbers of a person's parameters, so far. */
typedef struct own_knobs {
  int32_t beta, mistakes, tie, neutral;
  int32_t grades[HEED_GRADE_MAX + 1]; /* by the number of grades */
} own_knobs;

/* The parameter's number; `count` of them are added if they are new. */
static int32_t add(heed__manner *manner, int32_t *place, size_t count, double centre,
                   double spread) {
  if (*place == HEED__KNOB_NONE) {
    *place = (int32_t)manner->count;
    for (size_t i = 0; i < count; i++, manner->count++) {
      manner->centre[manner->count] = centre;
      manner->spread[manner->count] = spread;
    }
  }
  return *place;
}

static double log_odds(double p) {
  double held = fmax(mistakes_least, fmin(mistakes_most, p));
  return log(held / (1 - held));
}

static void add_knobs(heed__manner *manner, const heed__manner_config *config,
                      const heed_choice *choice, own_knobs *who, heed__knobs *knobs) {
  if (choice->chosen == HEED_CHOICE_SKIP) {
    return;
  }
  if (config->beta_spread > 0 && manner->people_count > 1) {
    knobs->beta = add(manner, &who->beta, 1, 0, config->beta_spread);
  }
  if (config->infers_mistakes) {
    knobs->mistakes = add(manner, &who->mistakes, 1, log_odds(choice->mistakes), mistakes_spread);
  }
  if (choice->tie > 0) {
    int32_t *place = choice->kind == HEED_LABEL ? &who->neutral : &who->tie;
    knobs->tie = add(manner, place, 1, 0, tie_spread);
  }
  if (choice->kind == HEED_RATING) {
    knobs->grade = add(manner, &who->grades[choice->grades], choice->grades - 1, 0, grade_spread);
  }
}

/* Parameters that a person can have: of rationality, mistakes, two ties, and grades of every number. */
enum { PERSON_MAX = 4 + (HEED_GRADE_MAX - 1) * HEED_GRADE_MAX / 2 };

heed_status heed__manner_init(heed__manner *manner, const heed__manner_config *config,
                              const heed_choices *choices, heed_error *err) {
  size_t n = choices->count + 1;
  *manner = (heed__manner){0};
  manner->people = (const char **)calloc(n, sizeof *manner->people);
  manner->knobs = calloc(n, sizeof *manner->knobs);
  own_knobs *people = NULL;
  if (manner->people != NULL && manner->knobs != NULL) {
    for (size_t q = 0; q < choices->count; q++) {
      manner->knobs[q] =
          (heed__knobs){(int32_t)number_of(manner, choices->items[q].who), HEED__KNOB_NONE,
                        HEED__KNOB_NONE, HEED__KNOB_NONE, HEED__KNOB_NONE};
    }
    size_t most = manner->people_count * PERSON_MAX + 1;
    manner->centre = calloc(most, sizeof *manner->centre);
    manner->spread = calloc(most, sizeof *manner->spread);
    people = malloc((manner->people_count + 1) * sizeof *people);
  }
  if (people == NULL || manner->centre == NULL || manner->spread == NULL) {
    free(people);
    heed__manner_deinit(manner);
    return heed_fail(err, HEED_ERR_NOMEM, "people of %zu choices: no memory", choices->count);
  }
  memset(people, 0xff, (manner->people_count + 1) * sizeof *people); /* HEED__KNOB_NONE */
  for (size_t q = 0; q < choices->count; q++) {
    heed__knobs *knobs = &manner->knobs[q];
    add_knobs(manner, config, &choices->items[q], &people[knobs->person], knobs);
  }
  free(people);
  return HEED_OK;
}

double heed__manner_value(const heed__manner *manner, const double *theta, size_t j) {
  return manner->centre[j] + manner->spread[j] * theta[j];
}

/* ---- the report ----------------------------------------------------------------------------- */

/* Posterior deviation of standardised parameter j: |L^-1 e_j|, by forward substitution. Few parameters
 * are asked for, and it is done once per fit. */
static double deviation_of(const double *factor, size_t size, size_t j, double *y) {
  double sum = 0;
  for (size_t i = j; i < size; i++) {
    y[i] = i == j;
    for (size_t k = j; k < i; k++) {
      y[i] -= factor[k * size + i] * y[k];
    }
    y[i] /= factor[i * size + i];
    sum += y[i] * y[i];
  }
  return sqrt(sum);
}

static void describe(const heed__manner *manner, const heed_choice *choice,
                     const heed__knobs *knobs, const double *mode, const double *factor,
                     size_t size, double *scratch, heed_person_report *person) {
  memcpy(person->who, choice->who, sizeof person->who);
  person->beta = choice->beta;
  person->mistakes = choice->mistakes;
  if (knobs->beta >= 0) {
    size_t j = (size_t)knobs->beta;
    person->beta *= exp(heed__manner_value(manner, mode, j));
    person->beta_spread = manner->spread[j] * deviation_of(factor, size, j, scratch);
  }
  if (knobs->mistakes >= 0) {
    double odds = heed__manner_value(manner, mode, (size_t)knobs->mistakes);
    person->mistakes = 1 / (1 + exp(-odds));
  }
}

void heed__manner_report(const heed__manner *manner, const heed_choices *choices,
                         const double *mode, const double *factor, size_t size, double *scratch,
                         heed_reward_report *report) {
  size_t shown =
      manner->people_count < HEED_REPORT_PEOPLE_MAX ? manner->people_count : HEED_REPORT_PEOPLE_MAX;
  report->people_count = (uint32_t)shown;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_choice *choice = &choices->items[q];
    size_t i = (size_t)manner->knobs[q].person;
    if (i >= shown || choice->chosen == HEED_CHOICE_SKIP) {
      continue;
    }
    heed_person_report *person = &report->people[i];
    if (person->answers == 0) {
      describe(manner, choice, &manner->knobs[q], mode, factor, size, scratch, person);
    }
    person->answers++;
  }
}

/* ---- one answer ----------------------------------------------------------------------------- */

/* An answer under the parameters in force, and its derivatives in the values of its responses. */
typedef struct answer {
  heed__responses responses;
  double beta, mistakes, meant;
  double values[HEED__RESPONSE_MAX];
  double slope[HEED__RESPONSE_MAX];
  double bend[HEED__RESPONSE_MAX * HEED__RESPONSE_MAX];
} answer;

/* Adds what the parameters say to what the answer states. */
static void adjust(const heed__manner *manner, const heed__knobs *knobs, const double *theta,
                   answer *a) {
  if (knobs->beta >= 0) {
    a->beta *= exp(heed__manner_value(manner, theta, (size_t)knobs->beta));
  }
  if (knobs->mistakes >= 0) {
    a->mistakes = 1 / (1 + exp(-heed__manner_value(manner, theta, (size_t)knobs->mistakes)));
  }
  int32_t grade = knobs->grade;
  for (size_t k = 0; k < a->responses.count; k++) {
    int32_t place = HEED__KNOB_NONE;
    if (a->responses.bias_of[k] == HEED__BIAS_TIE) {
      place = knobs->tie;
    } else if (a->responses.bias_of[k] == HEED__BIAS_GRADE && grade >= 0) {
      place = grade++;
    }
    if (place >= 0) {
      a->responses.bias[k] += heed__manner_value(manner, theta, (size_t)place);
    }
  }
}

void heed__manner_adjust(const heed__manner *manner, const heed_choice *choice, size_t q,
                         const double *theta, heed__responses *responses, double *beta,
                         double *mistakes) {
  answer a = {.beta = choice->beta, .mistakes = choice->mistakes};
  heed__responses_init(&a.responses, choice);
  if (manner->count > 0 && a.responses.count > 0) {
    adjust(manner, &manner->knobs[q], theta, &a);
  }
  *responses = a.responses;
  *beta = a.beta;
  *mistakes = a.mistakes;
}

/* A parameter acts through the logits z = beta V + b, or through the log-odds of mistakes. In the unit
 * of z / beta, in which slope and bend are, `logit` = dz/dparameter / beta. */
typedef struct knob {
  size_t index;
  bool is_mistakes, is_beta;
  double logit[HEED__RESPONSE_MAX];
} knob;

static size_t list_knobs(const heed__knobs *knobs, const answer *a, knob *list) {
  size_t count = 0;
  const heed__responses *r = &a->responses;
  if (knobs->beta >= 0) {
    list[count] = (knob){.index = (size_t)knobs->beta, .is_beta = true};
    memcpy(list[count++].logit, a->values, r->count * sizeof *a->values);
  }
  if (knobs->mistakes >= 0) {
    list[count++] = (knob){.index = (size_t)knobs->mistakes, .is_mistakes = true};
  }
  int32_t grade = knobs->grade;
  for (size_t k = 0; k < r->count; k++) {
    int32_t place = r->bias_of[k] == HEED__BIAS_TIE                   ? knobs->tie
                    : r->bias_of[k] == HEED__BIAS_GRADE && grade >= 0 ? grade++
                                                                      : HEED__KNOB_NONE;
    if (place >= 0) {
      list[count] = (knob){.index = (size_t)place};
      list[count++].logit[k] = 1 / a->beta;
    }
  }
  return count;
}

static double dot(const double *x, const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += x[i] * y[i];
  }
  return sum;
}

/* d2L / dV dparameter. With e the share of mistakes and r the probability that the answer was meant,
 * L depends on the log-odds of e as dL = (1 - r) - e, and dr/dV = (1 - r) dL/dV. */
static void differentiate_slope(const answer *a, const knob *x, double *y) {
  size_t m = a->responses.count;
  for (size_t k = 0; k < m; k++) {
    y[k] = x->is_mistakes ? -(1 - a->meant) * a->slope[k] : dot(a->bend + k * m, x->logit, m);
    y[k] += x->is_beta ? a->slope[k] : 0; /* slope itself is proportional to beta */
  }
}

static double first_derivative(const answer *a, const knob *x) {
  return x->is_mistakes ? 1 - a->meant - a->mistakes : dot(a->slope, x->logit, a->responses.count);
}

/* `slope_x`: of x, by differentiate_slope. */
static double second_derivative(const answer *a, const knob *x, const double *slope_x,
                                const knob *y) {
  size_t m = a->responses.count;
  if (x->is_mistakes && y->is_mistakes) {
    return a->meant * (1 - a->meant) - a->mistakes * (1 - a->mistakes);
  }
  if (y->is_mistakes) {
    return -(1 - a->meant) * dot(a->slope, x->logit, m);
  }
  if (x->is_beta &&
      !y->is_beta) { /* y's logit is 1 / beta: it takes back what slope_x has too much */
    return dot(slope_x, y->logit, m) - dot(a->slope, y->logit, m);
  }
  return dot(slope_x, y->logit, m);
}

static void differentiate_knobs(const heed__manner *manner, const answer *a, const knob *list,
                                bool second, heed__answer_terms *terms) {
  for (size_t i = 0; i < terms->knob_count; i++) {
    double scale = manner->spread[list[i].index];
    terms->knob[i] = list[i].index;
    terms->knob_slope[i] = scale * first_derivative(a, &list[i]);
    if (!second) {
      continue;
    }
    double slope[HEED__RESPONSE_MAX];
    differentiate_slope(a, &list[i], slope);
    heed__responses_pull(&a->responses, slope, terms->cross[i]);
    for (size_t k = 0; k < a->responses.options; k++) {
      terms->cross[i][k] *= scale;
    }
    for (size_t j = 0; j < terms->knob_count; j++) {
      terms->knob_bend[i][j] =
          scale * manner->spread[list[j].index] * second_derivative(a, &list[i], slope, &list[j]);
    }
  }
}

void heed__answer_terms_of(const heed__manner *manner, const heed_choice *choice, size_t q,
                           const double *theta, const double *returns, bool second,
                           heed__answer_terms *terms) {
  answer a = {.beta = choice->beta, .mistakes = choice->mistakes};
  heed__responses_init(&a.responses, choice);
  terms->knob_count = 0;
  bool has_knobs = manner->count > 0 && a.responses.count > 0;
  if (has_knobs) {
    adjust(manner, &manner->knobs[q], theta, &a);
  }
  if (has_knobs &&
      !(a.beta >= beta_least && a.beta <= beta_most)) { /* a step of the search that went too far */
    *terms = (heed__answer_terms){.loglik = -HUGE_VAL};
    return;
  }
  heed__responses_values(&a.responses, returns, a.values);
  terms->loglik = heed__responses_loglik(&a.responses, a.beta, a.mistakes, a.values, a.slope,
                                         second ? a.bend : NULL, &a.meant);
  heed__responses_pull(&a.responses, a.slope, terms->slope);
  if (second) {
    heed__responses_pull_square(&a.responses, a.bend, terms->bend);
  }
  if (has_knobs) {
    knob list[HEED__KNOB_MAX];
    terms->knob_count = list_knobs(&manner->knobs[q], &a, list);
    assert(terms->knob_count <= HEED__KNOB_MAX);
    differentiate_knobs(manner, &a, list, second, terms);
  }
}

void heed__answer_information(const heed__manner *manner, const heed_choice *choice, size_t q,
                              const double *theta, const double *returns, double *information) {
  answer a = {.beta = choice->beta, .mistakes = choice->mistakes};
  heed__responses_init(&a.responses, choice);
  size_t n = choice->query.option_count;
  memset(information, 0, n * n * sizeof *information);
  if (a.responses.count == 0) {
    return;
  }
  if (manner->count > 0) {
    adjust(manner, &manner->knobs[q], theta, &a);
  }
  heed__responses_values(&a.responses, returns, a.values);
  double p[HEED__RESPONSE_MAX];
  heed__responses_probabilities(&a.responses, a.beta, a.mistakes, a.values, p);
  for (size_t c = 0; c < a.responses.count; c++) {
    double slope[HEED_OPTION_MAX];
    a.responses.chosen = c;
    (void)heed__responses_loglik(&a.responses, a.beta, a.mistakes, a.values, a.slope, NULL, NULL);
    heed__responses_pull(&a.responses, a.slope, slope);
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++) {
        information[i * n + j] += p[c] * slope[i] * slope[j];
      }
    }
  }
}
