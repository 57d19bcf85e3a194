#include "reward/choice_moments.h"

#include <assert.h>
#include <cblas.h>
#include <gsl/gsl_integration.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sweeps over the answers: some ten do; later ones go half of the way, should it swing. */
enum { SWEEPS = 30, PATIENT_SWEEPS = 10 };
/* A sweep in which no mean moves by more, in deviations, and no precision by this share, is the last. */
static const double movement_enough = 1e-3;

/* Gauss-Legendre nodes of each piece of an integral, and how far it reaches, in deviations. */
enum { NODES = 12 };
static const double reach = 8;
/* Beyond so many widths of a transition the logistic function is flat. */
static const double flat = 8;

/* One answer as a function of one number u = x . w, and what replaces it: exp(-precision u^2 / 2 + shift u). */
typedef struct line {
  size_t count, chosen;             /* responses */
  double slope[HEED__RESPONSE_MAX]; /* response k has log-weight slope u + bias */
  double bias[HEED__RESPONSE_MAX];
  double mistakes;
  bool is_fixed; /* the replacement stays as it is */
  double precision, shift;
  double log_evidence; /* the share of this answer in that of all */
} line;

typedef struct moments {
  const heed__choice_design *design;
  const heed__manner *manner;
  const double *theta, *w; /* borrowed; the mode */
  size_t count;            /* lines */
  line *lines;             /* owned, [row_count] */
  double *x;               /* owned, [row_count][dim] */
  size_t rank;             /* of the space that the lines span, or more */
  double *y;               /* owned, [count][rank]: lines in that space */
  double *covariance;      /* owned, [rank][rank], column-major, lower triangle */
  double *mean, *moved;    /* owned, [rank] */
} moments;

static void moments_deinit(moments *f) {
  free(f->lines);
  free(f->x);
  free(f->y);
  free(f->covariance);
  free(f->mean);
  free(f->moved);
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* The direction along which all groundings differ: direction[n], and of each response how far along it.
 * False where they differ in more than one. */
static bool find_direction(const heed__responses *r, double *direction, double *along) {
  size_t n = r->options;
  double square = 0;
  for (size_t k = 1; k < r->count && square == 0; k++) {
    for (size_t i = 0; i < n; i++) {
      direction[i] = r->share[k][i] - r->share[0][i];
      square += direction[i] * direction[i];
    }
  }
  for (size_t k = 0; k < r->count; k++) {
    double off = 0;
    along[k] = 0;
    for (size_t i = 0; i < n && square > 0; i++) {
      along[k] += (r->share[k][i] - r->share[0][i]) * direction[i] / square;
    }
    for (size_t i = 0; i < n; i++) {
      off = fmax(off, fabs(r->share[k][i] - r->share[0][i] - along[k] * direction[i]));
    }
    if (off > 1e-12) {
      return false;
    }
  }
  return square > 0;
}

/* Adds a line: the options x[n][dim], weighted. */
static line *add_line(moments *f, const double *x, size_t n, const double *weights) {
  size_t dim = f->design->dim;
  cblas_dgemv(CblasRowMajor, CblasTrans, (int)n, (int)dim, 1, x, (int)dim, weights, 1, 0,
              f->x + f->count * dim, 1);
  return &f->lines[f->count++];
}

/* What Laplace's method puts in the place of an answer: a parabola along each axis of its curvature. */
static heed_status add_parabolas(moments *f, const heed_choice *choice, size_t q, const double *x,
                                 heed_error *err) {
  size_t n = choice->query.option_count;
  double returns[HEED_OPTION_MAX];
  double bends[HEED_OPTION_MAX];
  heed__answer_terms terms;
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)n, (int)f->design->dim, 1, x, (int)f->design->dim,
              f->w, 1, 0, returns, 1);
  heed__answer_terms_of(f->manner, choice, q, f->theta, returns, true, &terms);
  double *axes = terms.bend;
  lapack_int info =
      LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)n, axes, (lapack_int)n, bends);
  if (info != 0) {
    return heed_fail(err, HEED_ERR_NUMERIC, "dsyev: answer %zu has no finite curvature", q);
  }
  for (size_t k = 0; k < n; k++) {
    const double *axis = axes + k * n;
    double u = cblas_ddot((int)n, axis, 1, returns, 1);
    line *l = add_line(f, x, n, axis);
    l->is_fixed = true;
    l->precision = fmax(0, -bends[k]);
    l->shift = cblas_ddot((int)n, axis, 1, terms.slope, 1) + l->precision * u;
    l->log_evidence = l->precision * u * u / 2 - l->shift * u;
    l->log_evidence += k == 0 ? terms.loglik : 0;
  }
  return HEED_OK;
}

static heed_status add_answer(moments *f, const heed_choice *choice, size_t q, const double *x,
                              heed_error *err) {
  heed__responses r;
  double beta;
  double mistakes;
  double direction[HEED_OPTION_MAX];
  double along[HEED__RESPONSE_MAX];
  heed__manner_adjust(f->manner, choice, q, f->theta, &r, &beta, &mistakes);
  if (r.count == 0) {
    return HEED_OK;
  }
  if (!find_direction(&r, direction, along)) {
    return add_parabolas(f, choice, q, x, err);
  }
  line *l = add_line(f, x, r.options, direction);
  l->count = r.count;
  l->chosen = r.chosen;
  l->mistakes = mistakes;
  for (size_t k = 0; k < r.count; k++) {
    l->slope[k] = beta * along[k];
    l->bias[k] = r.bias[k];
  }
  return HEED_OK;
}

static heed_status find_lines(moments *f, heed_error *err) {
  const double *x = f->design->rows;
  heed_status status = HEED_OK;
  for (size_t q = 0; q < f->design->choices->count && status == HEED_OK; q++) {
    const heed_choice *choice = &f->design->choices->items[q];
    status = add_answer(f, choice, q, x, err);
    x += choice->query.option_count * f->design->dim;
  }
  return status;
}

/* Fewer lines than weights span a space of their own, off which the posterior is the prior: X' = Q R. */
static heed_status span_lines(moments *f, heed_error *err) {
  size_t dim = f->design->dim;
  bool is_wide = f->count < dim;
  f->rank = is_wide ? f->count : dim;
  f->y = calloc(f->count * dim + 1, sizeof *f->y);
  f->covariance = calloc(f->rank * f->rank + 1, sizeof *f->covariance);
  f->mean = calloc(f->rank + 1, sizeof *f->mean);
  f->moved = calloc(f->rank + 1, sizeof *f->moved);
  if (f->y == NULL || f->covariance == NULL || f->mean == NULL || f->moved == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "moments of %zu answers: no memory", f->count);
  }
  memcpy(f->y, f->x, f->count * dim * sizeof *f->y);
  if (!is_wide || f->count == 0) {
    return HEED_OK;
  }
  lapack_int n = (lapack_int)f->count;
  lapack_int info =
      LAPACKE_dgeqrf(LAPACK_COL_MAJOR, (lapack_int)dim, n, f->y, (lapack_int)dim, f->moved);
  for (size_t q = 0; q < f->count; q++) { /* packs the columns of R, which is upper triangular */
    memmove(f->y + q * f->rank, f->y + q * dim, (q + 1) * sizeof *f->y);
    memset(f->y + q * f->rank + q + 1, 0, (f->rank - q - 1) * sizeof *f->y);
  }
  return info == 0 ? HEED_OK : heed_fail(err, HEED_ERR_NUMERIC, "dgeqrf: argument %d", (int)-info);
}

/* ---- one answer ----------------------------------------------------------------------------- */

static double log_likelihood(const line *l, double u) {
  double largest = -HUGE_VAL;
  double sum = 0;
  double logits[HEED__RESPONSE_MAX];
  for (size_t k = 0; k < l->count; k++) {
    logits[k] = l->slope[k] * u + l->bias[k];
    largest = fmax(largest, logits[k]);
  }
  for (size_t k = 0; k < l->count; k++) {
    sum += exp(logits[k] - largest);
  }
  double log_p = logits[l->chosen] - largest - log(sum);
  return l->mistakes > 0 ? log((1 - l->mistakes) * exp(log_p) + l->mistakes / (double)l->count)
                         : log_p;
}

/* Where the pieces of an integral over [-reach, reach] deviations meet: the ends, and before, at and after
 * each crossing of the chosen response with another. Returns how many. */
static size_t find_pieces(const line *l, double mean, double deviation, double *ends) {
  size_t count = 0;
  ends[count++] = -reach;
  ends[count++] = reach;
  for (size_t k = 0; k < l->count; k++) {
    double slope = l->slope[k] - l->slope[l->chosen];
    for (int side = -1; side <= 1 && slope != 0; side++) {
      double u = (l->bias[l->chosen] - l->bias[k] + side * flat) / slope;
      double z = (u - mean) / deviation;
      size_t at = count;
      if (fabs(z) < reach) {
        for (; at > 0 && ends[at - 1] > z; at--) {
          ends[at] = ends[at - 1];
        }
        ends[at] = z;
        count++;
      }
    }
  }
  return count;
}

typedef struct tilted {
  double log_mass, mean, variance;
} tilted;

/* The moments of N(u; mean, deviation^2) times the likelihood. */
static tilted moments_of(const line *l, double mean, double deviation,
                         const gsl_integration_glfixed_table *table) {
  enum { PIECES = 3 * HEED__RESPONSE_MAX + 2 };
  double ends[PIECES];
  double at[PIECES * NODES];
  double weight[PIECES * NODES];
  size_t count = find_pieces(l, mean, deviation, ends);
  size_t nodes = 0;
  double largest = -HUGE_VAL;
  for (size_t p = 0; p + 1 < count; p++) {
    for (size_t i = 0; i < NODES && ends[p + 1] > ends[p]; i++, nodes++) {
      double share;
      (void)gsl_integration_glfixed_point(ends[p], ends[p + 1], i, &at[nodes], &share, table);
      weight[nodes] =
          log(share) - at[nodes] * at[nodes] / 2 + log_likelihood(l, mean + deviation * at[nodes]);
      largest = fmax(largest, weight[nodes]);
    }
  }
  double sum = 0;
  double first = 0;
  for (size_t i = 0; i < nodes; i++) {
    weight[i] = exp(weight[i] - largest);
    sum += weight[i];
    first += weight[i] * at[i];
  }
  first /= sum;
  double second = 0;
  for (size_t i = 0; i < nodes; i++) {
    second += weight[i] * (at[i] - first) * (at[i] - first);
  }
  return (tilted){.log_mass = largest + log(sum) - log(2 * M_PI) / 2,
                  .mean = mean + deviation * first,
                  .variance = deviation * deviation * second / sum};
}

/* Of a normal distribution: what its exponent integrates to, without constants. */
static double log_norm(double mean, double variance) {
  return (mean * mean / variance + log(variance)) / 2;
}

/* ---- all answers ---------------------------------------------------------------------------- */

/* Covariance and mean from all replacements. */
static heed_status recompute(moments *f, double *log_norm_of_all, heed_error *err) {
  size_t r = f->rank;
  lapack_int n = (lapack_int)r;
  double precision = 1 / (f->design->prior_scale * f->design->prior_scale);
  memset(f->covariance, 0, r * r * sizeof *f->covariance);
  memset(f->mean, 0, r * sizeof *f->mean);
  for (size_t j = 0; j < r; j++) {
    f->covariance[j * r + j] = precision;
  }
  for (size_t q = 0; q < f->count; q++) {
    const line *l = &f->lines[q];
    const double *y = f->y + q * r;
    cblas_dsyr(CblasColMajor, CblasLower, (int)r, l->precision, y, 1, f->covariance, (int)r);
    cblas_daxpy((int)r, l->shift, y, 1, f->mean, 1);
  }
  memcpy(f->moved, f->mean, r * sizeof *f->moved);
  lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, f->covariance, n);
  double log_volume = 0; /* of the covariance over that of the prior */
  for (size_t j = 0; j < r && info == 0; j++) {
    log_volume += log(precision) / 2 - log(f->covariance[j * r + j]);
  }
  if (info == 0) {
    info = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', n, 1, f->covariance, n, f->mean, n);
  }
  if (info == 0) {
    info = LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, f->covariance, n);
  }
  *log_norm_of_all = cblas_ddot((int)r, f->mean, 1, f->moved, 1) / 2 + log_volume;
  return info == 0
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NUMERIC, "moments: minor %d is not positive", (int)info);
}

/* Replaces one answer anew, `share` of the way. Returns by how many deviations its mean moved, or by which
 * share of it the precision. */
static double match(moments *f, size_t q, double share,
                    const gsl_integration_glfixed_table *table) {
  line *l = &f->lines[q];
  size_t r = f->rank;
  const double *y = f->y + q * r;
  cblas_dsymv(CblasColMajor, CblasLower, (int)r, 1, f->covariance, (int)r, y, 1, 0, f->moved, 1);
  double variance = cblas_ddot((int)r, y, 1, f->moved, 1);
  double mean = cblas_ddot((int)r, y, 1, f->mean, 1);
  double rest = 1 / variance - l->precision; /* the precision of all others */
  if (!l->is_fixed && !(variance > 0)) {     /* options without a difference */
    l->log_evidence = log_likelihood(l, 0);
  }
  if (l->is_fixed || !(variance > 0) || !(rest > 1e-12 / variance)) {
    return 0;
  }
  double others = (mean / variance - l->shift) / rest;
  tilted t = moments_of(l, others, sqrt(1 / rest), table);
  if (!(t.variance > 0)) {
    return 0;
  }
  l->log_evidence = t.log_mass + log_norm(others, 1 / rest) - log_norm(mean, variance);
  double precision = 1 / t.variance - rest; /* below 0 where an answer is more likely a mistake */
  double more = share * (precision - l->precision);
  double pull = share * (t.mean * (rest + precision) - others * rest - l->shift);
  l->precision += more;
  l->shift += pull;
  cblas_daxpy((int)r, (pull - more * mean) / (1 + more * variance), f->moved, 1, f->mean, 1);
  cblas_dsyr(CblasColMajor, CblasLower, (int)r, -more / (1 + more * variance), f->moved, 1,
             f->covariance, (int)r);
  double moved = fabs(pull - more * mean) / (1 + more * variance) * sqrt(variance);
  return fmax(moved, fabs(more) * variance);
}

static heed_status sweep_all(moments *f, double *log_evidence, heed_error *err) {
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(NODES);
  double norm = 0;
  heed_status status = table != NULL ? recompute(f, &norm, err)
                                     : heed_fail(err, HEED_ERR_NOMEM, "moments: no memory");
  double movement = HUGE_VAL;
  for (int sweep = 0; sweep < SWEEPS && movement > movement_enough && status == HEED_OK; sweep++) {
    movement = 0;
    for (size_t q = 0; q < f->count; q++) {
      movement = fmax(movement, match(f, q, sweep < PATIENT_SWEEPS ? 1 : 0.5, table));
    }
    status = recompute(f, &norm, err);
  }
  gsl_integration_glfixed_table_free(table);
  *log_evidence = norm;
  for (size_t q = 0; q < f->count; q++) {
    *log_evidence += f->lines[q].log_evidence;
  }
  return status;
}

/* Mean and factor in the space of the weights. */
static heed_status conclude(moments *f, double *mean, double *factor, heed_error *err) {
  size_t dim = f->design->dim;
  lapack_int n = (lapack_int)dim;
  double precision = 1 / (f->design->prior_scale * f->design->prior_scale);
  memset(factor, 0, dim * dim * sizeof *factor);
  memset(mean, 0, dim * sizeof *mean);
  for (size_t j = 0; j < dim; j++) {
    factor[j * dim + j] = precision;
  }
  for (size_t q = 0; q < f->count; q++) {
    double *x = f->x + q * dim;
    double line_precision = f->lines[q].precision;
    cblas_daxpy((int)dim, f->lines[q].shift, x, 1, mean, 1);
    if (line_precision < 0) {
      cblas_dsyr(CblasColMajor, CblasLower, (int)dim, line_precision, x, 1, factor, (int)dim);
    }
    cblas_dscal((int)dim, sqrt(fmax(0, line_precision)), x, 1);
  }
  cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, (int)dim, (int)f->count, 1, f->x, (int)dim,
              1, factor, (int)dim);
  lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, factor, n);
  if (info == 0) {
    info = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', n, 1, factor, n, mean, n);
  }
  return info == 0
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NUMERIC, "moments: minor %d is not positive", (int)info);
}

heed_status heed__choice_moments(const heed__choice_design *design, const double *mode,
                                 double *mean, double *factor, double *log_evidence,
                                 heed_error *err) {
  static const heed__manner as_stated = {0};
  moments f = {.design = design,
               .manner = design->manner != NULL ? design->manner : &as_stated,
               .theta = mode,
               .w = mode + heed__choice_size(design) - design->dim};
  f.lines = calloc(design->row_count + 1, sizeof *f.lines);
  f.x = calloc(design->row_count + 1, design->dim * sizeof *f.x);
  heed_status status = f.lines != NULL && f.x != NULL
                           ? find_lines(&f, err)
                           : heed_fail(err, HEED_ERR_NOMEM, "moments of %zu answers: no memory",
                                       design->choices->count);
  if (status == HEED_OK) {
    status = span_lines(&f, err);
  }
  *log_evidence = 0;
  if (status == HEED_OK && f.count > 0) {
    status = sweep_all(&f, log_evidence, err);
  }
  if (status == HEED_OK) {
    status = conclude(&f, mean, factor, err);
  }
  moments_deinit(&f);
  return status;
}
