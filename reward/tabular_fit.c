/* tabular_fit.c: the posterior of the tabular reward: differences of options, their QR factorization, and the
 * fit of what they depend on (tabular.c has the equations). */
#include "reward/tabular.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/choice_fit.h"

/* A pivot below this share of the first is rounding. */
static const double rank_least = 1e-10;
/* Doubles of the matrix of options by steps at most: 2 GiB. */
static const size_t design_most = (size_t)1 << 28;

/* The options of all choices by the steps, each relative to the first of its question or to nothing.
 * All owned. */
typedef struct design {
  heed__steps steps;
  heed__manner manner;
  size_t row_count; /* options */
  size_t rank;
  double *matrix;    /* [row_count][steps]; then Q' */
  double *tau;       /* [row_count] */
  lapack_int *pivot; /* [row_count] */
  double *rows;      /* [row_count][rank]: X */
} design;

static void design_deinit(design *d) {
  heed__steps_deinit(&d->steps);
  heed__manner_deinit(&d->manner);
  free(d->matrix);
  free(d->tau);
  free(d->pivot);
  free(d->rows);
}

static void add_option(const heed__steps *steps, size_t option, double sign, double *row) {
  for (size_t e = steps->first[option]; e < steps->first[option + 1]; e++) {
    row[steps->step[e]] += sign * steps->weight[e];
  }
}

static void fill_matrix(design *d, const heed_choices *choices) {
  size_t n = d->steps.count;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_choice *choice = &choices->items[q];
    size_t first = d->steps.option_of[q];
    bool is_absolute = heed__is_absolute(choice);
    for (size_t i = first; i < d->steps.option_of[q + 1]; i++) {
      double *row = d->matrix + i * n;
      if (choice->chosen == HEED_CHOICE_SKIP || (i == first && !is_absolute)) {
        continue; /* says nothing, and is 0 relative to itself */
      }
      add_option(&d->steps, i, 1, row);
      if (!is_absolute) {
        add_option(&d->steps, first, -1, row);
      }
      for (size_t k = 0; k < n; k++) { /* what is left of sums of equal discounts is rounding */
        row[k] = fabs(row[k]) > 1e-13 ? row[k] : 0;
      }
    }
  }
}

/* D' P = Q' R: fills rank, X, and leaves Q' [steps][rank] column-major in the matrix. */
static heed_status factorise(design *d, int32_t rank_most, heed_error *err) {
  lapack_int n = (lapack_int)d->steps.count;
  lapack_int m = (lapack_int)d->row_count;
  lapack_int most = n < m ? n : m;
  lapack_int info = LAPACKE_dgeqp3(LAPACK_COL_MAJOR, n, m, d->matrix, n, d->pivot, d->tau);
  size_t lead = (size_t)n;
  size_t rank = 0;
  while (info == 0 && rank < (size_t)most &&
         fabs(d->matrix[rank * lead + rank]) > rank_least * fabs(d->matrix[0])) {
    rank++;
  }
  if (rank > (size_t)rank_most) {
    return heed_fail(err, HEED_ERR_ARG, "%zu independent differences, rank=%d takes fewer", rank,
                     (int)rank_most);
  }
  d->rank = rank;
  d->rows = calloc(d->row_count + 1, (rank + 1) * sizeof *d->rows);
  if (d->rows == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options: no memory", d->row_count);
  }
  for (size_t j = 0; j < d->row_count && info == 0; j++) {
    size_t row = (size_t)d->pivot[j] - 1;
    for (size_t i = 0; i < rank && i <= j; i++) {
      d->rows[row * rank + i] = d->matrix[j * lead + i];
    }
  }
  if (rank > 0 && info == 0) {
    info = LAPACKE_dorgqr(LAPACK_COL_MAJOR, n, (lapack_int)rank, (lapack_int)rank, d->matrix, n,
                          d->tau);
  }
  return info == 0 ? HEED_OK
                   : heed_fail(err, HEED_ERR_NUMERIC, "QR factorization: argument %d", (int)-info);
}

static heed_status design_init(design *d, const tabular *model, const heed_choices *choices,
                               heed_error *err) {
  heed__manner_config config = {.beta_spread = model->params.beta_spread,
                                .infers_mistakes = model->params.infer_mistakes};
  heed_status status = heed__steps_init(&d->steps, choices, &model->spec->action_space,
                                        model->reads, model->params.discount, err);
  if (status == HEED_OK) {
    status = heed__manner_init(&d->manner, &config, choices, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  size_t n = d->steps.count;
  d->row_count = d->steps.option_of[choices->count];
  if (n > 0 && d->row_count > design_most / n) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options by %zu steps: too many", d->row_count, n);
  }
  d->matrix = calloc(d->row_count * n + 1, sizeof *d->matrix);
  d->tau = calloc(d->row_count + 1, sizeof *d->tau);
  d->pivot = calloc(d->row_count + 1, sizeof *d->pivot);
  if (d->matrix == NULL || d->tau == NULL || d->pivot == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options by %zu steps: no memory", d->row_count, n);
  }
  fill_matrix(d, choices);
  openblas_set_num_threads(1); /* the order of sums must be fixed */
  return n > 0 && d->row_count > 0 ? factorise(d, model->params.rank, err) : HEED_OK;
}

/* Fits u and how people answer; fills mode and factor. */
static heed_status fit(const design *d, const heed_choices *choices, double prior_scale,
                       heed__posterior *post, const heed_progress_sink *progress,
                       heed_reward_report *report, heed_error *err) {
  size_t r = d->rank;
  heed__choice_design rows = {.choices = choices,
                              .manner = &d->manner,
                              .row_count = d->row_count,
                              .dim = r,
                              .rows = d->rows,
                              .prior_scale = prior_scale};
  size_t size = heed__choice_size(&rows);
  heed__choice_fit_report fitted = {0};
  double *mode = calloc(2 * size, sizeof *mode); /* and as much scratch */
  double *factor = calloc(size, size * sizeof *factor);
  heed_status status = HEED_OK;
  if (mode == NULL || factor == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu parameters: no memory", size);
  }
  if (status == HEED_OK) {
    status = heed__choice_fit(&rows, mode, factor, progress, &fitted, err);
  }
  if (status == HEED_OK) {
    assert(mode != NULL && factor != NULL);
    memcpy(post->mode, mode + size - r, r * sizeof *mode);
    for (size_t j = 0; j < r; j++) {
      memcpy(post->factor + j * r, factor + (size - r + j) * size + size - r, r * sizeof *factor);
    }
    report->iterations = fitted.iterations;
    report->log_posterior = fitted.log_posterior;
    report->gradient_norm = fitted.gradient_norm;
    heed__manner_report(&d->manner, choices, mode, factor, size, mode + size, report);
  }
  free(mode);
  free(factor);
  return status;
}

static double dot(const double *x, const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += x[i] * y[i];
  }
  return sum;
}

static void count_answers(const design *d, const heed_choices *choices, const double *mode,
                          heed_reward_report *report) {
  double explained = 0;
  double decided = 0;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_choice *choice = &choices->items[q];
    heed__responses responses;
    heed__responses_init(&responses, choice);
    report->choices += responses.count > 0;
    if (heed__responses_decide(&responses, choice)) {
      double returns[HEED_OPTION_MAX];
      size_t first = d->steps.option_of[q];
      for (size_t i = 0; i < responses.options; i++) {
        returns[i] = dot(d->rows + (first + i) * d->rank, mode, d->rank);
      }
      decided++;
      explained += heed__responses_explained(&responses, returns);
    }
  }
  report->accuracy = decided > 0 ? explained / decided : 0;
}

/* A key and where its step stands. */
typedef struct place {
  uint64_t key;
  size_t step;
} place;

static int compare_places(const void *a, const void *b) {
  const place *x = a;
  const place *y = b;
  return x->key < y->key ? -1 : x->key > y->key;
}

/* Keys in ascending order, with their columns of Q. */
static heed_status fill_table(const design *d, heed__table *t, heed_error *err) {
  place *places = calloc(t->count + 1, sizeof *places);
  if (places == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu steps: no memory", t->count);
  }
  for (size_t k = 0; k < t->count; k++) {
    places[k] = (place){d->steps.keys[k], k};
  }
  qsort(places, t->count, sizeof *places, compare_places);
  for (size_t k = 0; k < t->count; k++) {
    t->keys[k] = places[k].key;
    for (size_t i = 0; i < d->rank; i++) {
      t->basis[k * d->rank + i] = d->matrix[i * d->steps.count + places[k].step];
    }
  }
  free(places);
  return HEED_OK;
}

heed_status heed__tabular_fit(const tabular *model, const heed_choices *choices, heed__table *t,
                              const heed_progress_sink *progress, heed_reward_report *report,
                              heed_error *err) {
  design d = {0};
  *t = (heed__table){0};
  *report = (heed_reward_report){0};
  heed_status status = design_init(&d, model, choices, err);
  if (status == HEED_OK) {
    status = heed__tabular_init(t, d.rank > 0 ? d.steps.count : 0, d.rank, err);
  }
  if (status == HEED_OK && d.rank > 0) {
    status = fit(&d, choices, model->params.prior_scale, &t->post, progress, report, err);
  }
  if (status == HEED_OK) {
    status = fill_table(&d, t, err);
  }
  if (status == HEED_OK) {
    count_answers(&d, choices, t->post.mode, report);
    t->post.choices = report->choices;
  } else {
    heed__tabular_deinit(t);
  }
  design_deinit(&d);
  return status;
}
