#include "reward/choice_fit.h"

#include <assert.h>
#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A Newton step this short, in posterior standard deviations, is the end: Newton's convergence is
 * quadratic, so the mode itself is exact to rounding. */
static const double decrement_goal = 1e-8;
/* What is good enough when rounding keeps the steps from shrinking further. */
static const double decrement_enough = 1e-5;
/* Share of the promised increase that a step must bring (Armijo). */
static const double armijo = 1e-4;
/* So near a saddle, in the same measure, its convex axis is followed. */
static const double saddle_near = 0.1;
/* Where log p is not concave, no axis is taken to be flatter than this share of the prior's precision. */
static const double bend_least = 0.1;
/* A well-posed fit takes about 10; where people contradict each other, some tens. */
static const uint32_t iteration_max = 500;

/* ---- the posterior -------------------------------------------------------------------------- */

static void option_returns(const double *x, size_t n, size_t dim, const double *w,
                           double *returns) {
  for (size_t i = 0; i < n; i++) {
    const double *row = x + i * dim;
    double sum = 0;
    for (size_t j = 0; j < dim; j++) {
      sum += row[j] * w[j];
    }
    returns[i] = sum;
  }
}

/* y[n][dim] = h[n][n] x[n][dim]. */
static void small_product(const double *h, const double *x, size_t n, size_t dim, double *y) {
  memset(y, 0, n * dim * sizeof *y);
  for (size_t i = 0; i < n; i++) {
    double *out = y + i * dim;
    for (size_t k = 0; k < n; k++) {
      const double factor = h[i * n + k];
      const double *row = x + k * dim;
      for (size_t j = 0; j < dim; j++) {
        out[j] += factor * row[j];
      }
    }
  }
}

static const heed__manner as_stated = {0};

static const heed__manner *manner_of(const heed__choice_design *design) {
  return design->manner != NULL ? design->manner : &as_stated;
}

size_t heed__choice_size(const heed__choice_design *design) {
  return manner_of(design)->count + design->dim;
}

/* The prior, which starts the sums. */
static double begin(const heed__choice_design *design, const double *x, double *gradient,
                    double *curvature) {
  size_t first = manner_of(design)->count;
  size_t size = first + design->dim;
  double value = 0;
  if (curvature != NULL) {
    memset(curvature, 0, size * size * sizeof *curvature);
  }
  for (size_t j = 0; j < size; j++) {
    double precision = j < first ? 1 : 1 / (design->prior_scale * design->prior_scale);
    value -= 0.5 * precision * x[j] * x[j];
    if (gradient != NULL) {
      gradient[j] = -precision * x[j];
    }
    if (curvature != NULL) {
      curvature[j * size + j] = precision;
    }
  }
  return value;
}

/* Adds what one answer, to options x[n][dim], says of theta. */
static void add_knobs(const heed__choice_design *design, const heed__answer_terms *terms,
                      const double *x, size_t n, double *gradient, double *curvature) {
  size_t first = manner_of(design)->count;
  size_t size = first + design->dim;
  for (size_t i = 0; i < terms->knob_count && gradient != NULL; i++) {
    gradient[terms->knob[i]] += terms->knob_slope[i];
  }
  for (size_t i = 0; i < terms->knob_count && curvature != NULL; i++) {
    double *row = curvature + terms->knob[i] * size;
    for (size_t j = 0; j < terms->knob_count; j++) {
      row[terms->knob[j]] -= terms->knob_bend[i][j];
    }
    for (size_t k = 0; k < n; k++) {
      for (size_t j = 0; j < design->dim; j++) {
        row[first + j] -= terms->cross[i][k] * x[k * design->dim + j];
      }
    }
  }
}

/* Rows of theta are complete; columns follow by symmetry. */
static void mirror(double *curvature, size_t first, size_t size) {
  for (size_t i = 0; i < first; i++) {
    for (size_t j = first; j < size; j++) {
      curvature[j * size + i] = curvature[i * size + j];
    }
  }
}

double heed__choice_log_posterior(const heed__choice_design *design, const double *x,
                                  double *gradient, double *curvature, double *scratch) {
  size_t dim = design->dim;
  size_t first = manner_of(design)->count;
  size_t size = first + dim;
  const double *w = x + first;
  double value = begin(design, x, gradient, curvature);

  /* The choices: the gradient takes X' g, the scratch H X. */
  const double *rows = design->rows;
  for (size_t q = 0; q < design->choices->count; q++) {
    const heed_choice *choice = &design->choices->items[q];
    size_t n = choice->query.option_count;
    double returns[HEED_OPTION_MAX];
    heed__answer_terms terms;
    option_returns(rows, n, dim, w, returns);
    heed__answer_terms_of(manner_of(design), choice, q, x, returns, curvature != NULL, &terms);
    value += terms.loglik;
    for (size_t i = 0; i < n && gradient != NULL; i++) {
      for (size_t j = 0; j < dim; j++) {
        gradient[first + j] += terms.slope[i] * rows[i * dim + j];
      }
    }
    if (curvature != NULL) {
      small_product(terms.bend, rows, n, dim, scratch + (rows - design->rows));
    }
    add_knobs(design, &terms, rows, n, gradient, curvature);
    rows += n * dim;
  }

  /* A_ww = I / s^2 - X' (H X). */
  if (curvature != NULL) {
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)dim, (int)dim, (int)design->row_count,
                -1.0, design->rows, (int)dim, scratch, (int)dim, 1.0,
                curvature + first * size + first, (int)size);
    mirror(curvature, first, size);
  }
  return value;
}

/* ---- Newton's method ------------------------------------------------------------------------ */

typedef struct newton {
  const heed__choice_design *design;
  size_t size;                     /* parameters in all */
  double *mode;                    /* borrowed, [size]: where we are */
  double *factor;                  /* borrowed, [size][size] */
  double value;                    /* log p(mode) */
  double *memory;                  /* owned; holds all that follows */
  double *gradient, *step, *trial; /* [size] */
  double *bends;                   /* [size] eigenvalues of A in units of the prior, rising */
  double *axes;                    /* [size][size] their eigenvectors, column-major */
  double *curvature;               /* [size][size] */
  double *scratch;                 /* [row_count][dim] */
} newton;

static heed_status newton_init(newton *fit, heed_error *err) {
  size_t dim = fit->size;
  size_t rows = fit->design->row_count;
  if (dim > INT_MAX / 4 || rows > INT_MAX || 2 * dim + rows + 4 > SIZE_MAX / sizeof(double) / dim) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options with %zu parameters: too many", rows, dim);
  }
  fit->memory = calloc((2 * dim + rows + 4) * dim, sizeof *fit->memory);
  if (fit->memory == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options with %zu parameters: no memory", rows, dim);
  }
  fit->gradient = fit->memory;
  fit->step = fit->gradient + dim;
  fit->trial = fit->step + dim;
  fit->bends = fit->trial + dim;
  fit->axes = fit->bends + dim;
  fit->curvature = fit->axes + dim * dim;
  fit->scratch = fit->curvature + dim * dim;
  return HEED_OK;
}

/* The prior's deviation of parameter j. */
static double unit_of(const newton *fit, size_t j) {
  return j < manner_of(fit->design)->count ? 1 : fit->design->prior_scale;
}

/* factor = Cholesky of A, with `ridge` times the prior's precision added. Returns LAPACK's info: 0 when
 * it is positive definite. */
static lapack_int factorise(newton *fit, double ridge) {
  size_t size = fit->size;
  memcpy(fit->factor, fit->curvature, size * size * sizeof *fit->factor);
  for (size_t j = 0; j < size; j++) {
    fit->factor[j * size + j] += ridge / (unit_of(fit, j) * unit_of(fit, j));
  }
  return LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', (lapack_int)size, fit->factor, (lapack_int)size);
}

/* step = A^-1 gradient. */
static heed_status newton_step(newton *fit, heed_error *err) {
  size_t size = fit->size;
  memcpy(fit->step, fit->gradient, size * sizeof *fit->step);
  lapack_int info = LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', (lapack_int)size, 1, fit->factor,
                                   (lapack_int)size, fit->step, (lapack_int)size);
  return info == 0 ? HEED_OK : heed_fail(err, HEED_ERR_NUMERIC, "dpotrs: argument %d", (int)-info);
}

/* Eigenvalues and vectors of A in units of the prior, in which the prior's own share is the identity. */
static heed_status find_axes(newton *fit, heed_error *err) {
  size_t size = fit->size;
  for (size_t i = 0; i < size; i++) {
    for (size_t j = 0; j < size; j++) {
      fit->axes[i * size + j] = unit_of(fit, i) * fit->curvature[i * size + j] * unit_of(fit, j);
    }
  }
  lapack_int info = LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)size, fit->axes,
                                  (lapack_int)size, fit->bends);
  return info == 0 ? HEED_OK
                   : heed_fail(err, HEED_ERR_NUMERIC, "dsyev: %d of %zu eigenvalues are missing",
                               (int)info, size);
}

/* The gradient along axis k, in units of the prior. */
static double gradient_along(const newton *fit, size_t k) {
  double sum = 0;
  for (size_t j = 0; j < fit->size; j++) {
    sum += fit->axes[k * fit->size + j] * unit_of(fit, j) * fit->gradient[j];
  }
  return sum;
}

static void add_axis(newton *fit, size_t k, double length) {
  for (size_t j = 0; j < fit->size; j++) {
    fit->step[j] += length * fit->axes[k * fit->size + j] * unit_of(fit, j);
  }
}

/* Where log p is not concave: step = |A|^-1 gradient, which goes uphill along each axis. */
static void modified_step(newton *fit) {
  memset(fit->step, 0, fit->size * sizeof *fit->step);
  for (size_t k = 0; k < fit->size; k++) {
    add_axis(fit, k, gradient_along(fit, k) / fmax(bend_least, fabs(fit->bends[k])));
  }
}

/* Moves along the step, halving it until log p rises by enough: a share of what slope and bend promise.
 * False when it never does. */
static bool line_search(newton *fit, double slope, double bend) {
  size_t size = fit->size;
  double rounding = 64 * DBL_EPSILON * fabs(fit->value) * (bend > 0 ? -1 : 1);
  double t = 1;
  for (int halvings = 0; halvings < 50; halvings++) {
    for (size_t j = 0; j < size; j++) {
      fit->trial[j] = fit->mode[j] + t * fit->step[j];
    }
    double value = heed__choice_log_posterior(fit->design, fit->trial, NULL, NULL, NULL);
    if (value >= fit->value + armijo * (t * slope + t * t * bend / 2) - rounding) {
      memcpy(fit->mode, fit->trial, size * sizeof *fit->mode);
      return true;
    }
    t /= 2;
  }
  return false;
}

/* Goes along the axis on which log p is most convex: upwards first, and from the top of a saddle it may be
 * the other way. Such a step promises a rise by 1/2 and more. False when it brings none. */
static bool leave_saddle(newton *fit) {
  double slope = gradient_along(fit, 0);
  double length = (slope < 0 ? -1 : 1) / sqrt(-fit->bends[0]);
  bool has_risen = false;
  for (int way = 1; way >= -1 && !has_risen; way -= 2) {
    memset(fit->step, 0, fit->size * sizeof *fit->step);
    add_axis(fit, 0, way * length);
    has_risen = line_search(fit, way * slope * length, 1);
  }
  return has_risen;
}

/* Is log p concave whatever x is? Then A is at least the prior's precision. */
static bool is_concave_anywhere(const heed__choice_design *design) {
  if (manner_of(design)->count > 0) {
    return false;
  }
  for (size_t q = 0; q < design->choices->count; q++) {
    if (design->choices->items[q].mistakes > 0) {
      return false;
    }
  }
  return true;
}

/* factor = L of A = L L' with no axis flatter than the prior: of the sum over axes k of max(bend_k, 1) u_k u_k'.
 * By a QR factorization of its root, R' R: where some axes are 1e17 times as sharp, A itself has lost the others
 * to rounding. */
static lapack_int factorise_axes(newton *fit) {
  size_t size = fit->size;
  for (size_t k = 0; k < size; k++) {
    double root = sqrt(fmax(fit->bends[k], 1));
    for (size_t j = 0; j < size; j++) {
      fit->factor[k * size + j] = root * fit->axes[k * size + j] / unit_of(fit, j);
    }
  }
  lapack_int info = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, (lapack_int)size, (lapack_int)size,
                                   fit->factor, (lapack_int)size, fit->step);
  for (size_t k = 0; k < size && info == 0;
       k++) { /* a row of R is a column of L; its sign is free */
    double sign = fit->factor[k * size + k] < 0 ? -1 : 1;
    for (size_t j = k; j < size; j++) {
      fit->factor[k * size + j] *= sign;
    }
  }
  return info;
}

/* The factor at the mode, of A with no axis flatter than the prior: what was answered makes nobody less certain.
 * Where log p is not concave, A itself can be flatter, or nearly singular, because a parabola fits a flat top
 * badly; the exact posterior of one mode is not that wide (tests/reward/test_contradictions.c). */
static heed_status factorise_mode(newton *fit, heed_error *err) {
  const double nearly = 1e-6;
  bool is_raised = !is_concave_anywhere(fit->design) && factorise(fit, nearly - 1) != 0;
  if (!is_raised && factorise(fit, 0) == 0) {
    return HEED_OK;
  }
  heed_status status = find_axes(fit, err);
  if (status != HEED_OK) {
    return status;
  }
  lapack_int info = factorise_axes(fit);
  return info == 0 ? HEED_OK : heed_fail(err, HEED_ERR_NUMERIC, "dgeqrf: argument %d", (int)-info);
}

/* One step up. *is_done: it is the mode, and its factor stands. *is_stuck: rounding hides any rise. */
static heed_status climb_once(newton *fit, double goal, double *decrement, bool *is_done,
                              bool *is_stuck, heed_error *err) {
  fit->value = heed__choice_log_posterior(fit->design, fit->mode, fit->gradient, fit->curvature,
                                          fit->scratch);
  lapack_int info = factorise(fit, 0);
  if (info < 0) {
    return heed_fail(err, HEED_ERR_NUMERIC, "the curvature of the fit is not finite");
  }
  bool is_concave = info == 0;
  heed_status status = is_concave ? newton_step(fit, err) : find_axes(fit, err);
  if (status != HEED_OK) {
    return status;
  }
  if (!is_concave) {
    modified_step(fit);
  }
  double slope = cblas_ddot((int)fit->size, fit->gradient, 1, fit->step, 1);
  *decrement = sqrt(slope);
  *is_done = is_concave && *decrement <= goal;
  if (*is_done) {
    return factorise_mode(fit, err);
  }
  bool is_saddle = !is_concave && *decrement <= saddle_near && fit->bends[0] < 0;
  if (is_saddle && leave_saddle(fit)) {
    return HEED_OK;
  }
  *is_done = !is_concave && *decrement <= decrement_enough;
  if (*is_done) {
    return factorise_mode(fit, err);
  }
  if (is_saddle) {
    modified_step(fit);
  }
  *is_stuck = !line_search(fit, slope, 0);
  return HEED_OK;
}

/* Climbs from fit->mode to the mode; leaves the factor of A there. */
static heed_status climb(newton *fit, const heed_progress_sink *progress, uint32_t *iterations,
                         heed_error *err) {
  double decrement = HUGE_VAL;
  bool is_stuck = false;
  for (*iterations = 0; *iterations < iteration_max && !is_stuck; ++*iterations) {
    if (!heed_progress_report(progress, *iterations, iteration_max)) {
      return heed_fail(err, HEED_ERR_STATE, "the fit was stopped after %u iterations",
                       (unsigned)*iterations);
    }
    bool is_done = false;
    bool is_patient = *iterations < iteration_max / 2;
    heed_status status = climb_once(fit, is_patient ? decrement_goal : decrement_enough, &decrement,
                                    &is_done, &is_stuck, err);
    if (status != HEED_OK || is_done) {
      return status;
    }
  }
  return heed_fail(err, HEED_ERR_NUMERIC,
                   "no mode after %u Newton steps, the next is %g posterior deviations long",
                   (unsigned)*iterations, decrement);
}

/* Zeros above the diagonal, where LAPACK left the input. */
static void clear_upper(double *factor, size_t size) {
  for (size_t j = 1; j < size; j++) {
    memset(factor + j * size, 0, j * sizeof *factor);
  }
}

heed_status heed__choice_fit(const heed__choice_design *design, double *mode, double *factor,
                             const heed_progress_sink *progress, heed__choice_fit_report *report,
                             heed_error *err) {
  assert(design->dim > 0 && design->prior_scale > 0);
  newton fit = {
      .design = design, .size = heed__choice_size(design), .mode = mode, .factor = factor};
  heed_status status = newton_init(&fit, err);
  if (status != HEED_OK) {
    return status;
  }
  assert(fit.curvature != NULL);
  /* BLAS threads would spin against those of a search, and the order of sums must be fixed. */
  openblas_set_num_threads(1);
  memset(mode, 0, fit.size * sizeof *mode);
  status = climb(&fit, progress, &report->iterations, err);
  if (status == HEED_OK) {
    clear_upper(factor, fit.size);
    report->log_posterior = fit.value;
    report->gradient_norm = cblas_dnrm2((int)fit.size, fit.gradient, 1);
  }
  free(fit.memory);
  return status;
}
