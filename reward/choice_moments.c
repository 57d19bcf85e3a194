#include "reward/choice_moments.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/choice_tilted.h"

/* Sweeps over the answers: some ten do; later ones go half of the way, should it swing. */
enum { SWEEPS = 30, PATIENT_SWEEPS = 10 };
/* A sweep in which no mean moves by more, in deviations, and no precision by this share, is the last. */
static const double movement_enough = 1e-3;

enum { DIMS = HEED__TILTED_MAX };

/* One answer as a function of u[dims], the returns that it tells apart, and what replaces it:
 * exp(-u' precision u / 2 + shift' u). */
typedef struct site {
  size_t first;     /* line: u[i] = x[first + i] . w */
  heed__tilt truth; /* the answer at u */
  double precision[DIMS * DIMS];
  double shift[DIMS];
  double log_evidence; /* the share of this answer in that of all */
} site;

typedef struct moments {
  const heed__choice_design *design;
  const heed__manner *manner;
  const double *theta, *w;        /* borrowed; the mode */
  size_t site_count, count, rank; /* sites, their lines, and the rank of what these span, or more */
  site *sites;                    /* owned, [choices] */
  double *x;                      /* owned, [row_count][dim] lines */
  double *y;                      /* owned, [count][rank]: lines in that space */
  double *covariance;             /* owned, [rank][rank], column-major */
  double *mean;                   /* owned, [rank] */
  double *moved, *turned;         /* owned, [DIMS][rank]: scratch */
  heed__tilt_points points;       /* owned */
} moments;

static void moments_deinit(moments *f) {
  free(f->sites);
  free(f->x);
  free(f->y);
  free(f->covariance);
  free(f->mean);
  free(f->moved);
  free(f->turned);
  heed__tilt_points_deinit(&f->points);
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

/* Adds a line to a site: the options x[n][dim], weighted. */
static void add_line(moments *f, site *s, const double *x, size_t n, const double *weights) {
  size_t dim = f->design->dim;
  cblas_dgemv(CblasRowMajor, CblasTrans, (int)n, (int)dim, 1, x, (int)dim, weights, 1, 0,
              f->x + f->count * dim, 1);
  s->truth.dims++;
  f->count++;
}

/* Groundings that differ in several directions are distributions over options: how far each option is ahead of
 * the first. */
static void add_leads(moments *f, site *s, const double *x, const heed__responses *r, double beta) {
  for (size_t i = 1; i < r->options; i++) {
    double lead[HEED_OPTION_MAX] = {-1};
    lead[i] = 1;
    add_line(f, s, x, r->options, lead);
    for (size_t k = 0; k < r->count; k++) {
      s->truth.slope[k][i - 1] = beta * r->share[k][i];
    }
  }
}

/* Begins with the parabola of Laplace's method, which stays where the moments cannot be told. With mistakes
 * there may be none, and they always can. */
static void add_parabola(const moments *f, site *s, const heed_choice *choice, size_t q,
                         const double *x) {
  size_t n = choice->query.option_count;
  size_t d = s->truth.dims;
  double returns[HEED_OPTION_MAX];
  heed__answer_terms terms;
  if (s->truth.mistakes > 0) {
    return;
  }
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)n, (int)f->design->dim, 1, x, (int)f->design->dim,
              f->w, 1, 0, returns, 1);
  heed__answer_terms_of(f->manner, choice, q, f->theta, returns, true, &terms);
  s->log_evidence = terms.loglik;
  for (size_t i = 0; i < d; i++) {
    s->shift[i] = terms.slope[i + 1];
    for (size_t j = 0; j < d; j++) {
      s->precision[i * d + j] = -terms.bend[(i + 1) * n + j + 1];
      s->shift[i] += s->precision[i * d + j] * (returns[j + 1] - returns[0]);
    }
  }
  for (size_t i = 0; i < d; i++) {
    double u = returns[i + 1] - returns[0];
    s->log_evidence -= (s->shift[i] + terms.slope[i + 1]) * u / 2;
  }
}

static void add_answer(moments *f, const heed_choice *choice, size_t q, const double *x) {
  heed__responses r;
  double beta;
  double mistakes;
  double direction[HEED_OPTION_MAX];
  double along[HEED__RESPONSE_MAX];
  heed__manner_adjust(f->manner, choice, q, f->theta, &r, &beta, &mistakes);
  if (r.count == 0) {
    return;
  }
  site *s = &f->sites[f->site_count++];
  *s = (site){.first = f->count};
  s->truth = (heed__tilt){.count = r.count, .chosen = r.chosen, .mistakes = mistakes};
  memcpy(s->truth.bias, r.bias, r.count * sizeof *r.bias);
  if (find_direction(&r, direction, along)) {
    add_line(f, s, x, r.options, direction);
    for (size_t k = 0; k < r.count; k++) {
      s->truth.slope[k][0] = beta * along[k];
    }
  } else {
    add_leads(f, s, x, &r, beta);
    add_parabola(f, s, choice, q, x);
  }
}

static heed_status find_sites(moments *f, heed_error *err) {
  const double *x = f->design->rows;
  bool has_several = false;
  for (size_t q = 0; q < f->design->choices->count; q++) {
    const heed_choice *choice = &f->design->choices->items[q];
    add_answer(f, choice, q, x);
    x += choice->query.option_count * f->design->dim;
  }
  for (size_t k = 0; k < f->site_count; k++) {
    has_several = has_several || f->sites[k].truth.dims > 1;
  }
  return heed__tilt_points_init(&f->points, has_several, err);
}

/* Fewer lines than weights span a space of their own, off which the posterior is the prior: X' = Q R. */
static heed_status span_lines(moments *f, heed_error *err) {
  size_t dim = f->design->dim;
  bool is_wide = f->count < dim;
  f->rank = is_wide ? f->count : dim;
  f->y = calloc(f->count * dim + 1, sizeof *f->y);
  f->covariance = calloc(f->rank * f->rank + 1, sizeof *f->covariance);
  f->mean = calloc(f->rank + 1, sizeof *f->mean);
  f->moved = calloc(f->rank + 1, DIMS * sizeof *f->moved);
  f->turned = calloc(f->rank + 1, DIMS * sizeof *f->turned);
  if (f->y == NULL || f->covariance == NULL || f->mean == NULL || f->moved == NULL ||
      f->turned == NULL) {
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

/* y[n][m] = a[n][k] b[k][m], row-major and small. */
static void product(const double *a, const double *b, size_t n, size_t k, size_t m, double *y) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)m, (int)k, 1, a, (int)k, b,
              (int)m, 0, y, (int)m);
}

/* What all others say of u: mean, and covariance = root root' with root[d][rank]; inverse[rank][d] takes u back.
 * Given mean and variance[d][d] of u by all, without the others' (I - V P)^-1 (m - V h) and (I - V P)^-1 V. False
 * where they say nothing that is a distribution. */
typedef struct cavity {
  size_t rank;
  double mean[DIMS];
  double root[DIMS * DIMS], inverse[DIMS * DIMS];
} cavity;

static bool leave_out(const site *s, const double *mean, const double *variance, cavity *c) {
  const double least = 1e-12; /* of the largest variance, an axis has; none below */
  size_t d = s->truth.dims;
  double system[DIMS * DIMS];
  double both[DIMS * (DIMS + 1)];
  double axes[DIMS * DIMS];
  double variances[DIMS];
  lapack_int pivots[DIMS];
  product(variance, s->precision, d, d, d, system);
  for (size_t i = 0; i < d; i++) {
    both[i * (d + 1) + d] = mean[i] - cblas_ddot((int)d, variance + i * d, 1, s->shift, 1);
    for (size_t j = 0; j < d; j++) {
      system[i * d + j] = (i == j ? 1 : 0) - system[i * d + j];
      both[i * (d + 1) + j] = variance[i * d + j];
    }
  }
  if (LAPACKE_dgesv(LAPACK_ROW_MAJOR, (lapack_int)d, (lapack_int)(d + 1), system, (lapack_int)d,
                    pivots, both, (lapack_int)(d + 1)) != 0) {
    return false;
  }
  for (size_t i = 0; i < d; i++) {
    c->mean[i] = both[i * (d + 1) + d];
    memcpy(axes + i * d, both + i * (d + 1), d * sizeof *axes);
  }
  if (LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)d, axes, (lapack_int)d, variances) !=
      0) {
    return false;
  }
  double largest = variances[d - 1];
  c->rank = 0;
  for (size_t k = d; k-- > 0 && variances[k] > least * largest && largest > 0;) {
    c->rank++;
  }
  for (size_t k = 0; k < c->rank; k++) { /* from the sharpest of those that count */
    size_t axis = d - c->rank + k;
    for (size_t i = 0; i < d; i++) {
      c->root[i * c->rank + k] = axes[axis * d + i] * sqrt(variances[axis]);
      c->inverse[k * d + i] = axes[axis * d + i] / sqrt(variances[axis]);
    }
  }
  return isfinite(largest) && variances[0] >= -1e-9 * fabs(largest);
}

/* The answer in the axes of what all others say. */
static void see_from(const cavity *c, const heed__tilt *truth, heed__tilt *seen) {
  size_t d = truth->dims;
  *seen = *truth;
  seen->dims = c->rank;
  for (size_t k = 0; k < truth->count; k++) {
    seen->bias[k] += cblas_ddot((int)d, truth->slope[k], 1, c->mean, 1);
    product(truth->slope[k], c->root, 1, d, c->rank, seen->slope[k]);
  }
}

/* What replaces the answer, so that mean and covariance beside all others are those of `t`: in the axes
 * T^-1 - I and T^-1 t, then of u. False where T is singular. */
static bool replace(const cavity *c, const heed__tilted *t, size_t d, site *s) {
  size_t r = c->rank;
  lapack_int n = (lapack_int)r;
  double inverse[DIMS * DIMS];
  double pull[DIMS];
  double bent[DIMS * DIMS];
  double across[DIMS * DIMS];
  memcpy(inverse, t->covariance, r * r * sizeof *inverse);
  if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, inverse, n) != 0) {
    return false;
  }
  s->log_evidence = t->log_mass;
  for (size_t k = 0; k < r; k++) {
    s->log_evidence -= log(inverse[k * r + k]);
  }
  if (LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', n, inverse, n) != 0) {
    return false;
  }
  cblas_dsymv(CblasColMajor, CblasLower, (int)r, 1, inverse, (int)r, t->mean, 1, 0, pull, 1);
  s->log_evidence -= cblas_ddot((int)r, pull, 1, t->mean, 1) / 2;
  for (size_t k = 0; k < r; k++) {
    for (size_t j = 0; j < r; j++) {
      bent[k * r + j] = inverse[(k < j ? k : j) * r + (k < j ? j : k)] - (k == j ? 1 : 0);
    }
  }
  product(bent, c->inverse, r, r, d, across);
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)d, (int)d, (int)r, 1, c->inverse,
              (int)d, across, (int)d, 0, s->precision, (int)d);
  product(pull, c->inverse, 1, r, d, s->shift);
  for (size_t i = 0; i < d; i++) { /* from the others' mean to zero */
    double bow = cblas_ddot((int)d, s->precision + i * d, 1, c->mean, 1);
    s->log_evidence -= (s->shift[i] + bow / 2) * c->mean[i];
    s->shift[i] += bow;
  }
  return true;
}

/* ---- all answers ---------------------------------------------------------------------------- */

/* target[n][n] (lower triangle) += Y' P Y and shift[n] += Y' h of one site, lines y[d][n]; `turned` is scratch. */
static void add_site(const site *s, const double *y, size_t n, double *turned, double *target,
                     double *shift) {
  size_t d = s->truth.dims;
  product(s->precision, y, d, d, n, turned);
  cblas_dsyr2k(CblasColMajor, CblasLower, CblasNoTrans, (int)n, (int)d, 0.5, y, (int)n, turned,
               (int)n, 1, target, (int)n);
  cblas_dgemv(CblasColMajor, CblasNoTrans, (int)n, (int)d, 1, y, (int)n, s->shift, 1, 1, shift, 1);
}

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
  for (size_t k = 0; k < f->site_count; k++) {
    const site *s = &f->sites[k];
    add_site(s, f->y + s->first * r, r, f->turned, f->covariance, f->mean);
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

/* Takes a change of a site's precision and shift into mean and covariance. `variance`[d][d] and u[d]: of its
 * lines before; moved[d][rank] = covariance lines'. Returns by how many deviations the mean moved, or by which
 * share of it the precision. */
static double take_in(moments *f, size_t d, const double *precision, const double *shift,
                      const double *variance, const double *u) {
  size_t r = f->rank;
  double system[DIMS * DIMS];
  double both[DIMS * (DIMS + 1)];
  double step[DIMS];
  lapack_int pivots[DIMS];
  double share = 0;
  product(precision, variance, d, d, d, system);
  for (size_t i = 0; i < d; i++) {
    both[i * (d + 1) + d] = shift[i] - cblas_ddot((int)d, precision + i * d, 1, u, 1);
    memcpy(both + i * (d + 1), precision + i * d, d * sizeof *both);
    for (size_t j = 0; j < d; j++) {
      share = fmax(share, fabs(system[i * d + j]));
      system[i * d + j] += i == j ? 1 : 0;
    }
  }
  if (LAPACKE_dgesv(LAPACK_ROW_MAJOR, (lapack_int)d, (lapack_int)(d + 1), system, (lapack_int)d,
                    pivots, both, (lapack_int)(d + 1)) != 0) {
    return HUGE_VAL;
  }
  for (size_t i = 0; i < d; i++) {
    step[i] = both[i * (d + 1) + d];
    cblas_daxpy((int)r, step[i], f->moved + i * r, 1, f->mean, 1);
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)d, (int)r, (int)d, 1, both,
              (int)(d + 1), f->moved, (int)r, 0, f->turned, (int)r);
  cblas_dsyr2k(CblasColMajor, CblasLower, CblasNoTrans, (int)r, (int)d, -0.5, f->moved, (int)r,
               f->turned, (int)r, 1, f->covariance, (int)r);
  double squares = 0;
  for (size_t i = 0; i < d; i++) {
    squares += step[i] * cblas_ddot((int)d, variance + i * d, 1, step, 1);
  }
  return fmax(sqrt(fmax(0, squares)), share);
}

/* Replaces one answer anew, `share` of the way. Returns how far that moved the posterior (take_in). */
static double match(moments *f, site *s, double share) {
  size_t r = f->rank;
  size_t d = s->truth.dims;
  const double *y = f->y + s->first * r;
  double variance[DIMS * DIMS];
  double u[DIMS];
  cavity others;
  heed__tilt seen;
  heed__tilted t;
  site fresh = {.truth.dims = d};
  cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, (int)r, (int)d, 1, f->covariance, (int)r, y,
              (int)r, 0, f->moved, (int)r);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)d, (int)d, (int)r, 1, y, (int)r,
              f->moved, (int)r, 0, variance, (int)d);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)d, (int)r, 1, y, (int)r, f->mean, 1, 0, u, 1);
  if (!leave_out(s, u, variance, &others)) {
    return 0;
  }
  see_from(&others, &s->truth, &seen);
  if (others.rank == 0) { /* options without a difference */
    s->log_evidence = heed__tilt_log_likelihood(&seen, NULL);
    return 0;
  }
  if (!heed__tilt_moments(&f->points, &seen, &t) || !replace(&others, &t, d, &fresh)) {
    return 0;
  }
  for (size_t i = 0; i < d * d; i++) {
    fresh.precision[i] = share * (fresh.precision[i] - s->precision[i]);
    s->precision[i] += fresh.precision[i];
  }
  for (size_t i = 0; i < d; i++) {
    fresh.shift[i] = share * (fresh.shift[i] - s->shift[i]);
    s->shift[i] += fresh.shift[i];
  }
  s->log_evidence = fresh.log_evidence;
  return take_in(f, d, fresh.precision, fresh.shift, variance, u);
}

static heed_status sweep_all(moments *f, double *log_evidence, heed_error *err) {
  double norm = 0;
  heed_status status = recompute(f, &norm, err);
  double movement = HUGE_VAL;
  for (int sweep = 0; sweep < SWEEPS && movement > movement_enough && status == HEED_OK; sweep++) {
    movement = 0;
    for (size_t k = 0; k < f->site_count; k++) {
      movement = fmax(movement, match(f, &f->sites[k], sweep < PATIENT_SWEEPS ? 1 : 0.5));
    }
    status = recompute(f, &norm, err);
  }
  *log_evidence = norm;
  for (size_t k = 0; k < f->site_count; k++) {
    *log_evidence += f->sites[k].log_evidence;
  }
  return status;
}

/* Mean and factor in the space of the weights. */
static heed_status conclude(moments *f, double *mean, double *factor, heed_error *err) {
  size_t dim = f->design->dim;
  lapack_int n = (lapack_int)dim;
  double precision = 1 / (f->design->prior_scale * f->design->prior_scale);
  double *turned = calloc(dim, DIMS * sizeof *turned);
  if (turned == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "moments of %zu weights: no memory", dim);
  }
  memset(factor, 0, dim * dim * sizeof *factor);
  memset(mean, 0, dim * sizeof *mean);
  for (size_t j = 0; j < dim; j++) {
    factor[j * dim + j] = precision;
  }
  for (size_t k = 0; k < f->site_count; k++) {
    const site *s = &f->sites[k];
    add_site(s, f->x + s->first * dim, dim, turned, factor, mean);
  }
  free(turned);
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
  f.sites = calloc(design->choices->count + 1, sizeof *f.sites);
  f.x = calloc(design->row_count + 1, design->dim * sizeof *f.x);
  heed_status status = f.sites != NULL && f.x != NULL
                           ? find_sites(&f, err)
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
