#include "reward/choice.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static heed_status check_answer(const heed_choice *choice, heed_error *err) {
  uint32_t count = choice->query.option_count;
  if (choice->chosen < HEED_CHOICE_SKIP || choice->chosen >= (int32_t)count) {
    return heed_fail(err, HEED_ERR_ARG,
                     "answer %" PRId32 ", an option below %" PRIu32
                     ", %d (equal) or %d (skip) expected",
                     choice->chosen, count, HEED_CHOICE_EQUAL, HEED_CHOICE_SKIP);
  }
  if (!(choice->beta > 0) || !isfinite(choice->beta)) {
    return heed_fail(err, HEED_ERR_ARG, "beta is %g, a finite number above 0 expected",
                     choice->beta);
  }
  if (!(choice->mistakes >= 0 && choice->mistakes <= 1)) {
    return heed_fail(err, HEED_ERR_ARG, "mistakes is %g, 0 to 1 expected", choice->mistakes);
  }
  return HEED_OK;
}

heed_status heed_choice_check(const heed_choice *choice, const heed_space *obs_space,
                              const heed_space *action_space, heed_error *err) {
  const heed_query *query = &choice->query;
  if (query->option_count < 2 || query->option_count > HEED_OPTION_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "%" PRIu32 " options, 2 to %d expected",
                     query->option_count, HEED_OPTION_MAX);
  }
  if (memchr(query->strategy, '\0', sizeof query->strategy) == NULL) {
    return heed_fail(err, HEED_ERR_ARG, "strategy is longer than %zu bytes",
                     sizeof query->strategy - 1);
  }
  heed_status status = check_answer(choice, err);
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

heed_status heed_choices_append(heed_choices *choices, heed_choice *choice, heed_error *err) {
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

/* ---- the likelihood ------------------------------------------------------------------------- */

/* log p_i and p_i of the softmax of beta G. The largest return is taken off first, so that no
 * exponential overflows (log-sum-exp); a log p too small for a double is cut at -DBL_MAX. */
static void softmax(double beta, const double *returns, size_t n, double *log_p, double *p) {
  double best = returns[0];
  for (size_t i = 1; i < n; i++) {
    best = fmax(best, returns[i]);
  }
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    log_p[i] = fmax(beta * (returns[i] - best), -DBL_MAX);
    sum += exp(log_p[i]);
  }
  double log_sum = log(sum);
  for (size_t i = 0; i < n; i++) {
    log_p[i] = fmax(log_p[i] - log_sum, -DBL_MAX);
    p[i] = exp(log_p[i]);
  }
}

/* log(exp(a) + exp(b)); either may be -inf, not both. */
static double log_add(double a, double b) {
  double larger = fmax(a, b);
  return larger + log1p(exp(fmin(a, b) - larger));
}

/* Adds scale * L_c for one option c, and its derivatives. With r = (1 - e) p_c / ((1 - e) p_c + e/n),
 * the probability that the answer was meant (written d for Kronecker's delta):
 *
 *     dL/dG_j       = beta r (d_cj - p_j)
 *     d2L/dG_j dG_k = beta^2 (r (1 - r) (d_cj - p_j)(d_ck - p_k) - r (p_j d_jk - p_j p_k))
 *
 * r and 1 - r come from logarithms: neither underflow of p_c nor a tiny e loses digits. */
static double add_option(const heed_choice *choice, size_t c, double scale, const double *log_p,
                         const double *p, double *gradient, double *hessian) {
  size_t n = choice->query.option_count;
  double beta = choice->beta;
  double log_meant = log1p(-choice->mistakes) + log_p[c];
  double log_random = log(choice->mistakes / (double)n);
  double loglik = log_add(log_meant, log_random);
  double meant = exp(log_meant - loglik);
  double random = exp(log_random - loglik);

  for (size_t j = 0; j < n && gradient != NULL; j++) {
    gradient[j] += scale * beta * meant * ((j == c) - p[j]);
  }
  for (size_t j = 0; j < n && hessian != NULL; j++) {
    for (size_t k = 0; k < n; k++) {
      double outer = ((j == c) - p[j]) * ((k == c) - p[k]);
      double spread = (j == k ? p[j] : 0.0) - p[j] * p[k];
      hessian[j * n + k] += scale * beta * beta * meant * (random * outer - spread);
    }
  }
  return scale * loglik;
}

double heed_choice_loglik(const heed_choice *choice, const double *returns, double *gradient,
                          double *hessian) {
  size_t n = choice->query.option_count;
  assert(n >= 2 && n <= HEED_OPTION_MAX);
  if (gradient != NULL) {
    memset(gradient, 0, n * sizeof *gradient);
  }
  if (hessian != NULL) {
    memset(hessian, 0, n * n * sizeof *hessian);
  }
  if (choice->chosen == HEED_CHOICE_SKIP) {
    return 0;
  }

  double log_p[HEED_OPTION_MAX];
  double p[HEED_OPTION_MAX];
  softmax(choice->beta, returns, n, log_p, p);
  if (choice->chosen != HEED_CHOICE_EQUAL) {
    return add_option(choice, (size_t)choice->chosen, 1, log_p, p, gradient, hessian);
  }
  double loglik = 0;
  for (size_t c = 0; c < n; c++) {
    loglik += add_option(choice, c, 1.0 / (double)n, log_p, p, gradient, hessian);
  }
  return loglik;
}
