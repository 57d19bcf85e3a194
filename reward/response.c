#include "reward/response.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- the kinds of feedback ------------------------------------------------------------------ */

bool heed__is_absolute(const heed_choice *choice) {
  return choice->kind == HEED_RATING || choice->kind == HEED_LABEL;
}

/* Each option is a response; "equal", if offered, is the mean of all. */
static void init_pick(heed__responses *r, const heed_choice *choice) {
  size_t n = r->options;
  for (size_t i = 0; i < n; i++) {
    r->share[i][i] = 1;
    r->share[n][i] = 1 / (double)n;
  }
  r->count = n;
  if (choice->tie > 0) {
    r->bias[n] = log(choice->tie);
    r->bias_of[n] = HEED__BIAS_TIE;
    r->count = n + 1;
  }
  r->chosen = choice->chosen == HEED_CHOICE_EQUAL ? n : (size_t)choice->chosen;
}

/* Grades between nothing and the option. */
static void init_grades(heed__responses *r, const heed_choice *choice, size_t grades) {
  for (size_t k = 0; k < grades; k++) {
    r->share[k][0] = (double)k / (double)(grades - 1);
    r->bias_of[k] = k > 0 ? HEED__BIAS_GRADE : HEED__BIAS_NONE;
  }
  r->count = grades;
  r->chosen = (size_t)choice->chosen;
}

/* Three grades of which the outer ones have no bias: nothing is neither good nor bad. */
static void init_label(heed__responses *r, const heed_choice *choice) {
  init_grades(r, choice, 3);
  r->bias[HEED_LABEL_NEUTRAL] = log(choice->tie);
  r->bias_of[HEED_LABEL_NEUTRAL] = HEED__BIAS_TIE;
  r->bias_of[HEED_LABEL_GOOD] = HEED__BIAS_NONE;
}

static void init_approval(heed__responses *r, const heed_choice *choice) {
  r->share[HEED_APPROVED][0] = 1;
  for (size_t i = 1; i < r->options; i++) {
    r->share[HEED_REFUSED][i] = 1 / (double)(r->options - 1);
  }
  r->count = 2;
  r->chosen = (size_t)choice->chosen;
}

void heed__responses_init(heed__responses *r, const heed_choice *choice) {
  *r = (heed__responses){.options = choice->query.option_count};
  assert(r->options >= 1 && r->options <= HEED_OPTION_MAX);
  if (choice->chosen == HEED_CHOICE_SKIP) {
    return;
  }
  switch (choice->kind) {
    case HEED_RATING:
      init_grades(r, choice, choice->grades);
      break;
    case HEED_LABEL:
      init_label(r, choice);
      break;
    case HEED_APPROVAL:
      init_approval(r, choice);
      break;
    default:
      init_pick(r, choice);
      break;
  }
  assert(r->chosen < r->count && r->count <= HEED__RESPONSE_MAX);
}

/* ---- between options and responses ---------------------------------------------------------- */

void heed__responses_values(const heed__responses *r, const double *returns, double *values) {
  for (size_t k = 0; k < r->count; k++) {
    double sum = 0;
    for (size_t i = 0; i < r->options; i++) {
      sum += r->share[k][i] * returns[i];
    }
    values[k] = fmax(-DBL_MAX, fmin(DBL_MAX, sum)); /* shares may add up to a little more than 1 */
  }
}

double heed__responses_explained(const heed__responses *r, const double *returns) {
  double values[HEED__RESPONSE_MAX];
  heed__responses_values(r, returns, values);
  double best = -HUGE_VAL;
  double tied = 0;
  for (size_t k = 0; k < r->count; k++) {
    if (r->bias_of[k] != HEED__BIAS_TIE) {
      tied = values[k] > best ? 1 : tied + (values[k] == best);
      best = fmax(best, values[k]);
    }
  }
  return values[r->chosen] == best ? 1 / tied : 0;
}

bool heed__responses_decide(const heed__responses *r, const heed_choice *choice) {
  return r->count > 0 && choice->kind != HEED_RATING && r->bias_of[r->chosen] != HEED__BIAS_TIE;
}

void heed__responses_pull(const heed__responses *r, const double *x, double *y) {
  for (size_t i = 0; i < r->options; i++) {
    y[i] = 0;
    for (size_t k = 0; k < r->count; k++) {
      y[i] += r->share[k][i] * x[k];
    }
  }
}

void heed__responses_pull_square(const heed__responses *r, const double *x, double *y) {
  size_t n = r->options;
  double rows[HEED__RESPONSE_MAX][HEED_OPTION_MAX]; /* x share */
  for (size_t k = 0; k < r->count; k++) {
    for (size_t i = 0; i < n; i++) {
      rows[k][i] = 0;
      for (size_t l = 0; l < r->count; l++) {
        rows[k][i] += x[k * r->count + l] * r->share[l][i];
      }
    }
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      y[i * n + j] = 0;
      for (size_t k = 0; k < r->count; k++) {
        y[i * n + j] += r->share[k][i] * rows[k][j];
      }
    }
  }
}

/* ---- the likelihood ------------------------------------------------------------------------- */

/* log p_k and p_k of the softmax of beta V + b. The largest value is taken off first, and then the largest
 * sum, so that no exponential overflows (log-sum-exp); a log p too small for a double is cut at -DBL_MAX. */
static void softmax(const heed__responses *r, double beta, const double *values, double *log_p,
                    double *p) {
  double best = values[0];
  for (size_t k = 1; k < r->count; k++) {
    best = fmax(best, values[k]);
  }
  double largest = -DBL_MAX;
  for (size_t k = 0; k < r->count; k++) {
    log_p[k] = fmax(beta * (values[k] - best) + r->bias[k], -DBL_MAX);
    largest = fmax(largest, log_p[k]);
  }
  double sum = 0;
  for (size_t k = 0; k < r->count; k++) {
    sum += exp(log_p[k] - largest);
  }
  double log_sum = largest + log(sum);
  for (size_t k = 0; k < r->count; k++) {
    log_p[k] = fmax(log_p[k] - log_sum, -DBL_MAX);
    p[k] = exp(log_p[k]);
  }
}

void heed__responses_probabilities(const heed__responses *r, double beta, double mistakes,
                                   const double *values, double *p) {
  double log_p[HEED__RESPONSE_MAX];
  softmax(r, beta, values, log_p, p);
  for (size_t k = 0; k < r->count; k++) {
    p[k] = (1 - mistakes) * p[k] + mistakes / (double)r->count;
  }
}

/* log(exp(a) + exp(b)); either may be -inf, not both. */
static double log_add(double a, double b) {
  double larger = fmax(a, b);
  return larger + log1p(exp(fmin(a, b) - larger));
}

/* With r = (1 - e) p_c / ((1 - e) p_c + e/m), the probability that the answer was meant (written d for
 * Kronecker's delta):
 *
 *     dL/dV_j       = beta r (d_cj - p_j)
 *     d2L/dV_j dV_k = beta^2 (r (1 - r) (d_cj - p_j)(d_ck - p_k) - r (p_j d_jk - p_j p_k))
 *
 * r and 1 - r come from logarithms: neither underflow of p_c nor a tiny e loses digits. */
double heed__responses_loglik(const heed__responses *r, double beta, double mistakes,
                              const double *values, double *slope, double *bend, double *meant) {
  if (r->count == 0) {
    return 0;
  }
  double log_p[HEED__RESPONSE_MAX];
  double p[HEED__RESPONSE_MAX];
  softmax(r, beta, values, log_p, p);
  size_t c = r->chosen;
  double log_meant = log1p(-mistakes) + log_p[c];
  double log_random = log(mistakes / (double)r->count);
  double loglik = log_add(log_meant, log_random);
  double is_meant = exp(log_meant - loglik);
  double is_random = exp(log_random - loglik);

  for (size_t j = 0; j < r->count; j++) {
    slope[j] = beta * is_meant * ((j == c) - p[j]);
  }
  for (size_t j = 0; j < r->count && bend != NULL; j++) {
    for (size_t k = 0; k < r->count; k++) {
      double outer = ((j == c) - p[j]) * ((k == c) - p[k]);
      double spread = (j == k ? p[j] : 0.0) - p[j] * p[k];
      bend[j * r->count + k] = beta * beta * is_meant * (is_random * outer - spread);
    }
  }
  if (meant != NULL) {
    *meant = is_meant;
  }
  return loglik;
}
