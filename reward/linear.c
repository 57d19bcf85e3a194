/* linear.c: a reward that is linear in the features of a step, with a Bayesian posterior.
 *
 *     r(step) = w . phi(step),   w ~ N(0, prior_scale^2 I)
 *
 * phi is features.h, the likelihood choice.h, the posterior the Laplace approximation of choice_fit.h
 * (compare Biyik and Sadigh 2018, "Batch active preference-based learning of reward functions", who
 * sample the same posterior). The spread of a step is sqrt(phi' A^-1 phi) = |L^-1 phi| with A = L L'; a
 * hypothesis is a weight vector w* + L^-T z, z standard normal.
 *
 * Why not a network: people answer tens of questions, not thousands, and this posterior is close to
 * exact, fitted in a millisecond, and readable.
 *
 * Only differences between the options of a question are informative: exp(beta G) has a common factor
 * wherever the options share a sum of features. Features that differ in no question keep their prior
 * exactly, independent of all others; the fit leaves them out. It thus works with the few features
 * that people have said something about, not with the hundreds that a board can have. */
#include "reward/registry.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/choice_fit.h"
#include "reward/features.h"

/* 64 values a cell; the factor of the posterior then has 128 MiB at the very most. */
enum { FEATURE_MAX = 4097 };

/* Bounds on what a file may bring and a posterior can be, so that every score is finite: features are
 * at most FLT_MAX^2 = 1e77, and there are few of them. */
static const double weight_max = 1e100;
static const double factor_max = 1e50;

typedef struct linear_params {
  double prior_scale;
  double discount;
} linear_params;

static const heed_param param_table[] = {
    {"prior_scale", HEED_PARAM_REAL, offsetof(linear_params, prior_scale), "10", 1e-6, 1e6, NULL,
     "reward", "standard deviation of a weight before anything is known"},
    {"discount", HEED_PARAM_REAL, offsetof(linear_params, discount), "1", 0, 1, NULL, "",
     "how much less each later step of a segment counts"},
};

/* What is learned. All arrays owned. */
typedef struct posterior {
  size_t choices;      /* that carried information */
  size_t active_count; /* features that differ in some question */
  uint32_t *active;    /* [active_count] which they are, ascending */
  double *mode;        /* [active_count] */
  double *factor;      /* [active_count][active_count], as in choice_fit.h */
  double *deviation;   /* [active_count] posterior standard deviation of each weight */
  uint32_t *rank;      /* [active_count] positions in `active`, surest first */
} posterior;

typedef struct linear {
  const heed_reward_spec *spec; /* borrowed */
  linear_params params;
  size_t count;    /* features */
  double *weights; /* owned, [count]; the mode, 0 where nothing is known */
  posterior post;
} linear;

/* ---- posterior ------------------------------------------------------------------------------ */

static void posterior_deinit(posterior *post) {
  free(post->active);
  free(post->mode);
  free(post->factor);
  free(post->deviation);
  free(post->rank);
  memset(post, 0, sizeof *post);
}

static heed_status posterior_init(posterior *post, size_t active_count, heed_error *err) {
  size_t n = active_count > 0 ? active_count : 1;
  *post = (posterior){.active_count = active_count};
  post->active = calloc(n, sizeof *post->active);
  post->mode = calloc(n, sizeof *post->mode);
  post->factor = calloc(n * n, sizeof *post->factor);
  post->deviation = calloc(n, sizeof *post->deviation);
  post->rank = calloc(n, sizeof *post->rank);
  if (post->active == NULL || post->mode == NULL || post->factor == NULL ||
      post->deviation == NULL || post->rank == NULL) {
    posterior_deinit(post);
    return heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu weights: no memory", active_count);
  }
  return HEED_OK;
}

/* y := L^-1 y. Column by column: each is contiguous, and a y that starts with zeros costs nothing. */
static void solve_lower(const posterior *post, double *restrict y) {
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

static double sum_of_squares(const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += y[i] * y[i];
  }
  return sum;
}

/* Fills deviation and rank from mode and factor. Surest first: by |mean| / deviation, then by index. */
static heed_status posterior_finish(posterior *post, heed_error *err) {
  size_t n = post->active_count;
  double *column = calloc(n > 0 ? n : 1, sizeof *column);
  if (column == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu weights: no memory", n);
  }
  for (size_t i = 0; i < n; i++) {
    memset(column, 0, n * sizeof *column);
    column[i] = 1;
    solve_lower(post, column);
    double deviation = sqrt(sum_of_squares(column, n));
    if (!(deviation > 0 && deviation <= weight_max)) {
      free(column);
      return heed_fail(err, HEED_ERR_NUMERIC, "weight %zu has a deviation of %g", i, deviation);
    }
    post->deviation[i] = deviation;

    /* Insertion into the ranking. */
    double strength = fabs(post->mode[i]) / deviation;
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
  free(column);
  return HEED_OK;
}

/* ---- lifecycle ------------------------------------------------------------------------------ */

static heed_status create(void *self, const void *params, heed_reward_spec *spec, heed_error *err) {
  linear *model = self;
  size_t count = heed_features_count(&spec->obs_space, &spec->action_space);
  if (count > FEATURE_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "the spaces have %zu features, at most %d expected", count,
                     FEATURE_MAX);
  }
  model->spec = spec;
  model->params = *(const linear_params *)params;
  model->count = count;
  model->weights = calloc(count, sizeof *model->weights);
  if (model->weights == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu weights: no memory", count);
  }
  spec->hypothesis_size = count * sizeof *model->weights;
  return posterior_init(&model->post, 0, err);
}

static void destroy(void *self) {
  linear *model = self;
  posterior_deinit(&model->post);
  free(model->weights);
}

/* Replaces the posterior; `post` is taken over. */
static void adopt(linear *model, posterior *post) {
  memset(model->weights, 0, model->count * sizeof *model->weights);
  for (size_t i = 0; i < post->active_count; i++) {
    model->weights[post->active[i]] = post->mode[i];
  }
  posterior_deinit(&model->post);
  model->post = *post;
  memset(post, 0, sizeof *post);
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* A row at a time: features [count], then those that are active. Constant, so that a workspace made
 * before learning fits after it. */
static size_t workspace_size(const void *self, size_t count) {
  const linear *model = self;
  return count == 0 ? 0 : 2 * model->count * sizeof(double);
}

/* sqrt(phi' C phi), C the posterior covariance: A^-1 for active features, the prior for the rest. */
static double spread_of(const linear *model, const heed_step *step, double *workspace) {
  const posterior *post = &model->post;
  double *phi = workspace;
  double *y = workspace + model->count;
  heed_features_of(&model->spec->obs_space, &model->spec->action_space, step, phi);
  for (size_t i = 0; i < post->active_count; i++) {
    y[i] = phi[post->active[i]];
    phi[post->active[i]] = 0;
  }
  solve_lower(post, y);
  double prior_variance = model->params.prior_scale * model->params.prior_scale;
  double variance =
      prior_variance * sum_of_squares(phi, model->count) + sum_of_squares(y, post->active_count);
  return fmin(sqrt(variance), weight_max); /* an absurd factor out of a file can overflow */
}

static void score(const void *self, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  const linear *model = self;
  const heed_space *obs_space = &model->spec->obs_space;
  const heed_space *action_space = &model->spec->action_space;
  const double *weights = hypothesis != NULL ? hypothesis : model->weights;
  for (size_t i = 0; i < count; i++) {
    mean[i] = heed_features_dot(obs_space, action_space, &steps[i], weights);
  }
  for (size_t i = 0; i < count && spread != NULL; i++) {
    spread[i] = hypothesis != NULL ? 0 : spread_of(model, &steps[i], workspace);
  }
}

/* w = w* + L^-T z, in place: z is drawn into the hypothesis, then L' x = z is solved backwards among
 * the active features, and the rest is scaled to the prior. */
static void draw(const void *self, heed_rng *rng, void *hypothesis) {
  const linear *model = self;
  const posterior *post = &model->post;
  size_t n = post->active_count;
  double *w = hypothesis;
  gsl_rng gsl = heed_rng_view(rng);
  for (size_t i = 0; i < model->count; i++) {
    w[i] = gsl_ran_gaussian_ziggurat(&gsl, 1);
  }

  size_t next = n; /* active features from here on are solved */
  for (size_t i = model->count; i-- > 0;) {
    if (next == 0 || post->active[next - 1] != i) {
      w[i] *= model->params.prior_scale;
      continue;
    }
    next--;
    const double *column = post->factor + next * n;
    double x = w[i];
    for (size_t k = next + 1; k < n; k++) {
      x -= column[k] * w[post->active[k]];
    }
    w[i] = fmax(-weight_max, fmin(weight_max, x / column[next]));
  }
  for (size_t i = 0; i < n; i++) {
    w[post->active[i]] += post->mode[i];
  }
}

/* ---- learning ------------------------------------------------------------------------------- */

/* The discounted sum of the features of a segment; `phi` is scratch. Both [count]. */
static void sum_features(const linear *model, const heed_segment *option, double *phi,
                         double *sum) {
  memset(sum, 0, model->count * sizeof *sum);
  double weight = 1;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    heed_features_of(&model->spec->obs_space, &model->spec->action_space, &step, phi);
    for (size_t j = 0; j < model->count; j++) {
      sum[j] += weight * phi[j];
    }
    weight *= model->params.discount;
  }
}

/* What the fit reads: each option's features relative to option 0 of its question. */
typedef struct design_rows {
  size_t row_count;
  double *sums;       /* owned, [row_count][count] all features */
  double *rows;       /* owned, [row_count][active_count] */
  uint8_t *is_active; /* owned, [count] */
} design_rows;

static void design_deinit(design_rows *design) {
  free(design->sums);
  free(design->rows);
  free(design->is_active);
}

/* Fills sums and is_active. A difference within rounding of the sums is none. */
static heed_status design_init(design_rows *design, const linear *model,
                               const heed_choices *choices, heed_error *err) {
  size_t count = model->count;
  *design = (design_rows){0};
  for (size_t q = 0; q < choices->count; q++) {
    design->row_count += choices->items[q].query.option_count;
  }
  design->sums = calloc(design->row_count + 2, count * sizeof *design->sums);
  design->is_active = calloc(count, sizeof *design->is_active);
  if (design->sums == NULL || design->is_active == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options with %zu features: no memory",
                     design->row_count, count);
  }
  double *phi = design->sums + design->row_count * count;
  double *first = phi + count;

  double *row = design->sums;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_query *query = &choices->items[q].query;
    bool is_informative = choices->items[q].chosen != HEED_CHOICE_SKIP;
    sum_features(model, &query->options[0], phi, first);
    for (size_t i = 0; i < query->option_count; i++, row += count) {
      sum_features(model, &query->options[i], phi, row);
      for (size_t j = 0; j < count; j++) {
        double size = fabs(row[j]) + fabs(first[j]);
        row[j] -= first[j];
        row[j] = fabs(row[j]) > 1e-13 * size ? row[j] : 0;
        design->is_active[j] |= is_informative && row[j] != 0;
      }
    }
  }
  return HEED_OK;
}

/* Copies the active columns of the sums together. */
static heed_status design_pack(design_rows *design, size_t count, const posterior *post,
                               heed_error *err) {
  size_t n = post->active_count;
  design->rows = calloc(design->row_count, n * sizeof *design->rows);
  if (design->rows == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu options with %zu features: no memory",
                     design->row_count, n);
  }
  for (size_t r = 0; r < design->row_count; r++) {
    for (size_t i = 0; i < n; i++) {
      design->rows[r * n + i] = design->sums[r * count + post->active[i]];
    }
  }
  return HEED_OK;
}

/* Share of the choices of one option whose chosen option has the largest return; ties count in part. */
static double accuracy_of(const heed_choices *choices, const design_rows *design,
                          const posterior *post) {
  double right = 0;
  double answered = 0;
  const double *x = design->rows;
  for (size_t q = 0; q < choices->count; q++) {
    const heed_choice *choice = &choices->items[q];
    size_t options = choice->query.option_count;
    double returns[HEED_OPTION_MAX];
    double best = -INFINITY;
    for (size_t i = 0; i < options; i++, x += post->active_count) {
      returns[i] = 0;
      for (size_t j = 0; j < post->active_count; j++) {
        returns[i] += x[j] * post->mode[j];
      }
      best = fmax(best, returns[i]);
    }
    if (choice->chosen < 0) {
      continue;
    }
    answered += 1;
    double tied = 0;
    for (size_t i = 0; i < options; i++) {
      tied += returns[i] == best;
    }
    right += returns[choice->chosen] == best ? 1 / tied : 0;
  }
  return answered > 0 ? right / answered : 0;
}

/* The posterior over the weights of active features; `post` is empty on entry. */
static heed_status fit(const linear *model, const heed_choices *choices, design_rows *design,
                       posterior *post, const heed_progress_sink *progress,
                       heed_reward_report *report, heed_error *err) {
  size_t active_count = 0;
  for (size_t j = 0; j < model->count; j++) {
    active_count += design->is_active[j];
  }
  heed_status status = posterior_init(post, active_count, err);
  if (status != HEED_OK) {
    return status;
  }
  for (size_t j = 0, i = 0; j < model->count; j++) {
    if (design->is_active[j]) {
      post->active[i++] = (uint32_t)j;
    }
  }
  if (active_count == 0) {
    return HEED_OK;
  }
  status = design_pack(design, model->count, post, err);
  if (status != HEED_OK) {
    return status;
  }

  heed_choice_design rows = {.choices = choices,
                             .row_count = design->row_count,
                             .dim = active_count,
                             .rows = design->rows,
                             .prior_scale = model->params.prior_scale};
  heed_choice_fit_report fitted = {0};
  status = heed_choice_fit(&rows, post->mode, post->factor, progress, &fitted, err);
  if (status != HEED_OK) {
    return status;
  }
  report->iterations = fitted.iterations;
  report->log_posterior = fitted.log_posterior;
  report->gradient_norm = fitted.gradient_norm;
  report->accuracy = accuracy_of(choices, design, post);
  return posterior_finish(post, err);
}

static heed_status learn(void *self, const heed_choices *choices,
                         const heed_progress_sink *progress, heed_reward_report *report,
                         heed_error *err) {
  linear *model = self;
  design_rows design;
  posterior post = {0};
  *report = (heed_reward_report){0};
  heed_status status = design_init(&design, model, choices, err);
  if (status == HEED_OK) {
    status = fit(model, choices, &design, &post, progress, report, err);
  }
  if (status == HEED_OK) {
    for (size_t q = 0; q < choices->count; q++) {
      report->choices += choices->items[q].chosen != HEED_CHOICE_SKIP;
    }
    post.choices = report->choices;
    adopt(model, &post);
  }
  posterior_deinit(&post);
  design_deinit(&design);
  return status;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* {"choices": uint, "active": uint32[n], "mode": float64[n], "factor": float64[n][n]}: factor as in
 * choice_fit.h. */
static void save(const void *self, heed_pack_writer *writer) {
  const linear *model = self;
  const posterior *post = &model->post;
  heed_pack_map(writer, 4);
  heed_pack_key(writer, "choices");
  heed_pack_uint(writer, post->choices);
  heed_pack_key(writer, "active");
  heed_pack_numbers(writer, HEED_U32, post->active_count, 1, post->active);
  heed_pack_key(writer, "mode");
  heed_pack_numbers(writer, HEED_F64, post->active_count, 1, post->mode);
  heed_pack_key(writer, "factor");
  heed_pack_numbers(writer, HEED_F64, post->active_count, post->active_count, post->factor);
}

/* Every feature at most once and in order; weights and factor within bounds, diagonal positive. */
static heed_status check_posterior(const linear *model, const posterior *post, heed_error *err) {
  size_t n = post->active_count;
  for (size_t i = 0; i < n; i++) {
    if (post->active[i] >= model->count || (i > 0 && post->active[i] <= post->active[i - 1])) {
      return heed_fail(err, HEED_ERR_FORMAT, "active[%zu] is %u: out of order or range", i,
                       (unsigned)post->active[i]);
    }
    if (fabs(post->mode[i]) > weight_max) {
      return heed_fail(err, HEED_ERR_FORMAT, "mode[%zu] is %g, at most %g expected", i,
                       post->mode[i], weight_max);
    }
    const double *column = post->factor + i * n;
    for (size_t k = 0; k < n; k++) {
      bool is_wrong = k < i    ? column[k] != 0
                      : k == i ? !(column[k] >= 1 / factor_max && column[k] <= factor_max)
                               : fabs(column[k]) > factor_max;
      if (is_wrong) {
        return heed_fail(err, HEED_ERR_FORMAT, "factor[%zu,%zu] is %g: not a Cholesky factor", i, k,
                         column[k]);
      }
    }
  }
  return HEED_OK;
}

static heed_status load(void *self, const heed_pack_value *map, heed_error *err) {
  linear *model = self;
  uint64_t choices = 0;
  size_t n = 0;
  const void *active = NULL;
  const void *mode = NULL;
  const void *factor = NULL;
  heed_status status = heed_pack_get_uint(map, "choices", UINT32_MAX, &choices, err);
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "active", HEED_U32, SIZE_MAX, 1, &n, NULL, &active, err);
  }
  if (status == HEED_OK && n > model->count) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%zu active features of %zu", n, model->count);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "mode", HEED_F64, n, 1, NULL, NULL, &mode, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "factor", HEED_F64, n, n, NULL, NULL, &factor, err);
  }

  posterior post = {0};
  if (status == HEED_OK) {
    status = posterior_init(&post, n, err);
  }
  if (status == HEED_OK && n > 0) {
    memcpy(post.active, active, n * sizeof *post.active);
    memcpy(post.mode, mode, n * sizeof *post.mode);
    memcpy(post.factor, factor, n * n * sizeof *post.factor);
    status = check_posterior(model, &post, err);
  }
  if (status == HEED_OK) {
    status = posterior_finish(&post, err);
  }
  if (status == HEED_OK) {
    post.choices = (size_t)choices;
    adopt(model, &post);
  }
  posterior_deinit(&post);
  return status;
}

/* "change[4,3]  +23.1 +- 2.0": features that people have said something about, surest first. */
static bool explain(const void *self, size_t i, char *text, size_t size) {
  const linear *model = self;
  const posterior *post = &model->post;
  if (i >= post->active_count) {
    return false;
  }
  uint32_t k = post->rank[i];
  char name[48];
  heed_features_name(&model->spec->obs_space, &model->spec->action_space, post->active[k], name,
                     sizeof name);
  (void)snprintf(text, size, "%-14s %+.3g +- %.2g", name, post->mode[k], post->deviation[k]);
  return true;
}

const heed_reward_ops heed__reward_linear = {
    .name = "linear",
    .summary = "linear in what a step shows, with a Bayesian posterior",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(linear_params),
    .self_size = sizeof(linear),
    .create = create,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score,
    .learn = learn,
    .draw = draw,
    .save = save,
    .load = load,
    .explain = explain,
};
