#include "reward/posterior.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reward/choice_fit.h"
#include "reward/choice_moments.h"
#include "reward/choice_slice.h"

/* ---- the posterior as data ------------------------------------------------------------------ */

void heed__posterior_deinit(heed__posterior *post) {
  free(post->active);
  free(post->mode);
  free(post->factor);
  free(post->deviation);
  free(post->rank);
  free(post->samples);
  memset(post, 0, sizeof *post);
}

heed_status heed__posterior_init(heed__posterior *post, size_t active_count, heed_error *err) {
  size_t n = active_count > 0 ? active_count : 1;
  *post = (heed__posterior){.active_count = active_count};
  post->active = calloc(n, sizeof *post->active);
  post->mode = calloc(n, sizeof *post->mode);
  post->factor = calloc(n, n * sizeof *post->factor);
  post->deviation = calloc(n, sizeof *post->deviation);
  post->rank = calloc(n, sizeof *post->rank);
  if (post->active == NULL || post->mode == NULL || post->factor == NULL ||
      post->deviation == NULL || post->rank == NULL) {
    heed__posterior_deinit(post);
    return heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu weights: no memory", active_count);
  }
  return HEED_OK;
}

/* Column `i` of the factor: zeros, a positive diagonal, and no absurd number. */
static heed_status check_column(const heed__posterior *post, size_t i, heed_error *err) {
  const double *column = post->factor + i * post->active_count;
  for (size_t k = 0; k < post->active_count; k++) {
    bool is_wrong = k < i ? column[k] != 0 : !(fabs(column[k]) <= HEED__FACTOR_MAX);
    if (is_wrong || (k == i && column[k] < 1 / HEED__FACTOR_MAX)) {
      return heed_fail(err, HEED_ERR_FORMAT, "factor[%zu,%zu] is %g: not a Cholesky factor", i, k,
                       column[k]);
    }
  }
  return HEED_OK;
}

heed_status heed__posterior_check(const heed__posterior *post, size_t feature_count,
                                  heed_error *err) {
  for (size_t i = 0; i < post->active_count; i++) {
    if (post->active[i] >= feature_count || (i > 0 && post->active[i] <= post->active[i - 1])) {
      return heed_fail(err, HEED_ERR_FORMAT, "active[%zu] is %u: out of order or range", i,
                       (unsigned)post->active[i]);
    }
    if (!(fabs(post->mode[i]) <= HEED__WEIGHT_MAX)) {
      return heed_fail(err, HEED_ERR_FORMAT, "mode[%zu] is %g, at most %g expected", i,
                       post->mode[i], HEED__WEIGHT_MAX);
    }
    heed_status status = check_column(post, i, err);
    if (status != HEED_OK) {
      return status;
    }
  }
  return HEED_OK;
}

/* Column by column: each is contiguous, and a y that starts with zeros costs nothing. */
void heed__posterior_solve(const heed__posterior *post, double *restrict y) {
  size_t n = post->active_count;
  for (size_t j = 0; j < n; j++) {
    if (y[j] == 0) {
      continue;
    }
    const double *restrict column = post->factor + j * n;
    const double value = y[j] / column[j];
    y[j] = value;
    for (size_t i = j + 1; i < n; i++) {
      y[i] -= column[i] * value;
    }
  }
}

heed_status heed__posterior_add_samples(heed__posterior *post, size_t count, heed_error *err) {
  post->sample_count = count;
  post->samples = calloc(count + 1, (post->active_count + 1) * sizeof *post->samples);
  return post->samples != NULL
             ? HEED_OK
             : heed_fail(err, HEED_ERR_NOMEM, "%zu samples of %zu weights: no memory", count,
                         post->active_count);
}

double heed__posterior_variance(const heed__posterior *post, double *y) {
  size_t n = post->active_count;
  double sum = 0;
  if (post->samples == NULL) {
    heed__posterior_solve(post, y);
    for (size_t i = 0; i < n; i++) {
      sum += y[i] * y[i];
    }
    return sum;
  }
  for (size_t s = 0; s < post->sample_count; s++) {
    double off = 0;
    for (size_t i = 0; i < n; i++) {
      off += y[i] * (post->samples[s * n + i] - post->mode[i]);
    }
    sum += off * off;
  }
  return sum / (double)(post->sample_count - 1);
}

/* The posterior deviation of weight i; `column` is scratch. */
static double deviation_of(const heed__posterior *post, size_t i, double *column) {
  memset(column, 0, post->active_count * sizeof *column);
  column[i] = 1;
  return sqrt(heed__posterior_variance(post, column));
}

/* Puts weight i into the ranking of those before it: by |mean| / deviation, ties by index. */
static void insert_rank(heed__posterior *post, size_t i) {
  double strength = fabs(post->mode[i]) / post->deviation[i];
  size_t k = i;
  for (; k > 0; k--) {
    uint32_t other = post->rank[k - 1];
    if (fabs(post->mode[other]) / post->deviation[other] >= strength) {
      break;
    }
    post->rank[k] = other;
  }
  post->rank[k] = (uint32_t)i;
}

heed_status heed__posterior_finish(heed__posterior *post, heed_error *err) {
  size_t n = post->active_count;
  double *column = calloc(n > 0 ? n : 1, sizeof *column);
  if (column == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu weights: no memory", n);
  }
  heed_status status = HEED_OK;
  for (size_t i = 0; i < n && status == HEED_OK; i++) {
    post->deviation[i] = deviation_of(post, i, column);
    if (post->deviation[i] > 0 && post->deviation[i] <= HEED__WEIGHT_MAX) {
      insert_rank(post, i);
    } else {
      status = heed_fail(err, HEED_ERR_NUMERIC, "weight %zu has a deviation of %g", i,
                         post->deviation[i]);
    }
  }
  free(column);
  return status;
}

/* ---- fitting -------------------------------------------------------------------------------- */

/* sum[count] of the features of a segment, discounted. */
static void sum_features(const heed__posterior_config *config, const heed_segment *option,
                         size_t count, double *sum) {
  memset(sum, 0, count * sizeof *sum);
  double weight = 1;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    heed__feature_set_add(config->features, &step, weight, sum);
    weight *= config->discount;
  }
}

/* The fit has one prior scale for all: features are divided by how much more their prior allows. 0: left
 * out. */
static double scale_of(const heed__posterior_config *config, size_t feature) {
  switch (heed__feature_set_kind(config->features, feature)) {
    case HEED_FEATURE_LASTS:
      return 1 / config->lasting_steps;
    case HEED_FEATURE_PLACE:
      return config->place_scale / config->prior_scale;
    case HEED_FEATURE_HAPPENS:
      break;
  }
  return 1;
}

/* What the fit reads: each option's features relative to option 0 of its question, or to nothing. */
typedef struct design {
  size_t count;     /* features */
  size_t row_count; /* options of all choices */
  double *sums;     /* owned, [row_count][count] all features */
  double *rows;     /* owned, [row_count][active_count] the active ones */
  bool *is_active;  /* owned, [count] */
} design;

static void design_deinit(design *d) {
  free(d->sums);
  free(d->rows);
  free(d->is_active);
}

/* Fills the rows of one question and marks what differs in it. A difference within rounding of the
 * sums is none. `phi` and `first` are scratch, [count]. */
static void add_question(design *d, const heed__posterior_config *config, const heed_choice *choice,
                         double *row, double *first) {
  if (heed__is_absolute(choice)) {
    memset(first, 0, d->count * sizeof *first);
  } else {
    sum_features(config, &choice->query.options[0], d->count, first);
  }
  for (size_t i = 0; i < choice->query.option_count; i++, row += d->count) {
    sum_features(config, &choice->query.options[i], d->count, row);
    for (size_t j = 0; j < d->count; j++) {
      double size = fabs(row[j]) + fabs(first[j]);
      double difference = row[j] - first[j];
      row[j] = fabs(difference) > 1e-13 * size ? difference : 0;
      d->is_active[j] = d->is_active[j] || (row[j] != 0 && choice->chosen != HEED_CHOICE_SKIP &&
                                            scale_of(config, j) > 0);
    }
  }
}

static heed_status design_init(design *d, const heed__posterior_config *config,
                               const heed_choices *choices, heed_error *err) {
  *d = (design){.count = config->features->count};
  for (size_t q = 0; q < choices->count; q++) {
    d->row_count += choices->items[q].query.option_count;
  }
  d->sums = calloc(d->row_count + 1, d->count * sizeof *d->sums); /* and a row of scratch */
  d->is_active = calloc(d->count, sizeof *d->is_active);
  if (d->sums == NULL || d->is_active == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options with %zu features: no memory", d->row_count,
                     d->count);
  }
  double *row = d->sums;
  double *first = d->sums + d->row_count * d->count;
  for (size_t q = 0; q < choices->count; q++) {
    add_question(d, config, &choices->items[q], row, first);
    row += choices->items[q].query.option_count * d->count;
  }
  return HEED_OK;
}

/* Makes the posterior for the active features, and copies their columns together. */
static heed_status design_pack(design *d, heed__posterior *post, heed_error *err) {
  size_t n = 0;
  for (size_t j = 0; j < d->count; j++) {
    n += d->is_active[j];
  }
  heed_status status = heed__posterior_init(post, n, err);
  if (status != HEED_OK) {
    return status;
  }
  d->rows = calloc(d->row_count + 1, (n + 1) * sizeof *d->rows);
  if (d->rows == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options with %zu features: no memory", d->row_count,
                     n);
  }
  for (size_t j = 0, i = 0; j < d->count; j++) {
    if (d->is_active[j]) {
      post->active[i++] = (uint32_t)j;
    }
  }
  for (size_t r = 0; r < d->row_count; r++) {
    for (size_t i = 0; i < n; i++) {
      d->rows[r * n + i] = d->sums[r * d->count + post->active[i]];
    }
  }
  return HEED_OK;
}

/* How far the answer to options x[options][dim] is explained. */
static double is_explained(const heed__responses *r, const double *x, const heed__posterior *post) {
  double returns[HEED_OPTION_MAX];
  for (size_t i = 0; i < r->options; i++) {
    returns[i] = 0;
    for (size_t j = 0; j < post->active_count; j++) {
      returns[i] += x[i * post->active_count + j] * post->mode[j];
    }
  }
  return heed__responses_explained(r, returns);
}

/* Counts what was answered, and how much of it the mode explains. */
static void count_answers(const heed_choices *choices, const design *d, const heed__posterior *post,
                          heed_reward_report *report) {
  assert(d->rows != NULL);
  double explained = 0;
  size_t answered = 0;
  const double *x = d->rows;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_choice *choice = &choices->items[q];
    report->choices += choice->chosen != HEED_CHOICE_SKIP;
    heed__responses responses;
    heed__responses_init(&responses, choice);
    if (heed__responses_decide(&responses, choice)) {
      answered++;
      explained += is_explained(&responses, x, post);
    }
    x += choice->query.option_count * post->active_count;
  }
  report->accuracy = answered > 0 ? explained / (double)answered : 0;
}

static void scale_rows(const heed__posterior_config *config, design *d,
                       const heed__posterior *post) {
  for (size_t j = 0; j < post->active_count; j++) {
    double scale = scale_of(config, post->active[j]);
    for (size_t r = 0; r < d->row_count; r++) {
      d->rows[r * post->active_count + j] *= scale;
    }
  }
}

/* Back to weights of the features as they are: w = S w', and with A = S^-1 A' S^-1, L = S^-1 L'. */
static void unscale(const heed__posterior_config *config, heed__posterior *post) {
  size_t n = post->active_count;
  for (size_t j = 0; j < n; j++) {
    double scale = scale_of(config, post->active[j]);
    post->mode[j] *= scale;
    for (size_t column = 0; column <= j; column++) {
      post->factor[column * n + j] /= scale;
    }
    for (size_t s = 0; s < post->sample_count; s++) {
      post->samples[s * n + j] *= scale;
    }
  }
}

/* Of the joint posterior of (theta, w) the part that is w's: the end of the mode, and the last block of
 * the factor (choice_fit.h). */
static void keep_weights(heed__posterior *post, const double *mode, const double *factor,
                         size_t size) {
  size_t n = post->active_count;
  size_t first = size - n;
  memcpy(post->mode, mode + first, n * sizeof *mode);
  for (size_t j = 0; j < n; j++) {
    memcpy(post->factor + j * n, factor + (first + j) * size + first, n * sizeof *factor);
  }
}

/* Samples the exact posterior: of all parameters, of which the weights are kept; their mean is the mode
 * then. How people answer is reported as of the normal approximation. */
static heed_status sample_weights(const heed__choice_design *rows, size_t count, const double *mode,
                                  const double *factor, heed__posterior *post, heed_error *err) {
  enum { THIN = 4 };
  size_t n = post->active_count;
  size_t size = heed__choice_size(rows);
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  double *samples = calloc(count, size * sizeof *samples);
  heed_status status = heed__posterior_add_samples(post, count, err);
  if (status == HEED_OK && samples == NULL) {
    status =
        heed_fail(err, HEED_ERR_NOMEM, "%zu samples of %zu parameters: no memory", count, size);
  }
  if (status == HEED_OK) {
    status = heed__choice_sample(rows, mode, factor, THIN, &rng, count, samples, err);
  }
  memset(post->mode, 0, n * sizeof *post->mode);
  for (size_t s = 0; s < count && status == HEED_OK; s++) {
    assert(samples != NULL && post->samples != NULL);
    const double *w = samples + s * size + (size - n);
    memcpy(post->samples + s * n, w, n * sizeof *w);
    for (size_t i = 0; i < n; i++) {
      post->mode[i] += w[i] / (double)count;
    }
  }
  free(samples);
  return status;
}

/* Fits the weights of the packed features, and how people answer. */
static heed_status fit_weights(const heed__posterior_config *config,
                               const heed__choice_design *rows, heed__posterior *post,
                               const heed_progress_sink *progress, heed_reward_report *report,
                               heed_error *err) {
  size_t size = heed__choice_size(rows);
  heed__choice_fit_report fitted = {0};
  double *mode = calloc(2 * size, sizeof *mode); /* and as much scratch */
  double *factor = calloc(size, size * sizeof *factor);
  if (mode == NULL || factor == NULL) {
    free(mode);
    free(factor);
    return heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu parameters: no memory", size);
  }
  heed_status status = heed__choice_fit(rows, mode, factor, progress, &fitted, err);
  if (status == HEED_OK) {
    keep_weights(post, mode, factor, size);
    report->iterations = fitted.iterations;
    report->log_posterior = fitted.log_posterior;
    report->gradient_norm = fitted.gradient_norm;
    heed__manner_report(rows->manner, rows->choices, mode, factor, size, mode + size, report);
  }
  bool has_few = rows->choices->count <= HEED__MOMENTS_MAX;
  if (status == HEED_OK && config->samples > 0) {
    status = sample_weights(rows, config->samples, mode, factor, post, err);
  } else if (status == HEED_OK && config->moments && has_few) {
    double log_evidence;
    status = heed__choice_moments(rows, mode, post->mode, post->factor, &log_evidence, err);
  }
  free(mode);
  free(factor);
  return status;
}

static heed_status fit(const heed__posterior_config *config, const heed_choices *choices, design *d,
                       heed__manner *manner, heed__posterior *post,
                       const heed_progress_sink *progress, heed_reward_report *report,
                       heed_error *err) {
  heed_status status = design_init(d, config, choices, err);
  if (status == HEED_OK) {
    status = design_pack(d, post, err);
  }
  if (status == HEED_OK) {
    status = heed__manner_init(manner, &config->manner, choices, err);
  }
  if (status == HEED_OK && post->active_count > 0) {
    scale_rows(config, d, post);
    heed__choice_design rows = {.choices = choices,
                                .manner = manner,
                                .row_count = d->row_count,
                                .dim = post->active_count,
                                .rows = d->rows,
                                .prior_scale = config->prior_scale};
    status = fit_weights(config, &rows, post, progress, report, err);
  }
  if (status == HEED_OK) {
    count_answers(choices, d, post, report);
    unscale(config, post);
    post->choices = report->choices;
    status = heed__posterior_finish(post, err);
  }
  return status;
}

heed_status heed__posterior_fit(const heed__posterior_config *config, const heed_choices *choices,
                                heed__posterior *post, const heed_progress_sink *progress,
                                heed_reward_report *report, heed_error *err) {
  design d = {0};
  heed__manner manner = {0};
  *post = (heed__posterior){0};
  *report = (heed_reward_report){0};
  heed_status status = fit(config, choices, &d, &manner, post, progress, report, err);
  if (status != HEED_OK) {
    heed__posterior_deinit(post);
  }
  heed__manner_deinit(&manner);
  design_deinit(&d);
  return status;
}
