/* linear.c: a reward that is linear in the features of a step, with a Bayesian posterior.
 *
 *     r(step) = w . phi(step),   w_i ~ N(0, prior_scale^2) for what happens (change of v to w),
 *                                w_i ~ N(0, (prior_scale / lasting_steps)^2) for what lasts,
 *                                w_i ~ N(0, place_scale^2) for what happens at one cell
 *
 * What lasts adds up: over lasting_steps steps it is taken to matter as much as what happens once. With
 * one scale for both, every segment would be explained by the air the agent breathes in it. What a change
 * means in one place is told beside what it means anywhere, and with a narrower prior, so that what was
 * learned in one place holds in another until people say otherwise.
 *
 * phi is features.h, or the formulas of the parameter `features`, which count as what happens. The
 * likelihood is choice.h, the posterior the Laplace approximation of choice_fit.h or, with `moments`, the
 * normal distribution of choice_moments.h (compare Biyik and Sadigh 2018, "Batch active preference-based
 * learning of reward functions", who sample the same posterior; with `samples`, so does this,
 * choice_slice.h). The spread of a step is
 * sqrt(phi' A^-1 phi) = |L^-1 phi| with A = L L'; a hypothesis is a weight vector w* + L^-T z, z standard
 * normal.
 *
 * Why not a network: people answer tens of questions, not thousands, and this posterior is close to
 * exact, fitted in a millisecond, and readable. */
#include "reward/registry.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/feature_set.h"
#include "reward/posterior.h"

/* 64 values a cell, and places. The factor of the posterior has the square of those that people have said
 * something about: a few hundred. */
enum { FEATURE_MAX = 4097 + 8192 };

typedef struct linear_params {
  double prior_scale;
  double lasting_steps;
  double place_scale;
  double discount;
  double beta_spread;
  bool infer_mistakes;
  int32_t samples;
  bool moments;
  char features[HEED_PARAM_TEXT_SIZE];
} linear_params;

static const heed_param param_table[] = {
    {"prior_scale", HEED_PARAM_REAL, offsetof(linear_params, prior_scale), "40", 1e-6, 1e6, NULL,
     "reward", "standard deviation of a weight before anything is known"},
    {"lasting_steps", HEED_PARAM_REAL, offsetof(linear_params, lasting_steps), "30", 1, 1e6, NULL,
     "steps", "what lasts so long is taken to matter as much as what happens once"},
    {"place_scale", HEED_PARAM_REAL, offsetof(linear_params, place_scale), "0", 0, 1e6, NULL,
     "reward",
     "standard deviation of what a change means more or less at one cell, by one action; 0: "
     "nothing"},
    {"discount", HEED_PARAM_REAL, offsetof(linear_params, discount), "1", 0, 1, NULL, "",
     "how much less each later step of a segment counts"},
    {"beta_spread", HEED_PARAM_REAL, offsetof(linear_params, beta_spread), "1", 0, 10, NULL, "",
     "deviation of the log of a person's rationality around what is stated, where several people "
     "answered; 0: as stated"},
    {"infer_mistakes", HEED_PARAM_BOOL, offsetof(linear_params, infer_mistakes), "false", 0, 1,
     NULL, "", "infer how often each person errs, from what is stated on"},
    {"samples", HEED_PARAM_INT, offsetof(linear_params, samples), "0", 0, 4096, NULL, "",
     "draws from the exact posterior, at least 2, by elliptical slice sampling; 0: its normal "
     "approximation"},
    {"moments", HEED_PARAM_BOOL, offsetof(linear_params, moments), "false", 0, 1, NULL, "",
     "the normal approximation has the posterior's mean and variances; false: its mode and the "
     "curvature there"},
    {"features", HEED_PARAM_TEXT, offsetof(linear_params, features), "", 0, 0, NULL, "",
     "formulas to be linear in, e.g. {aim: right[4,6]; burst: share[7] > 0}, in the place of what "
     "features.h has"},
};

typedef struct linear {
  const heed_reward_spec *spec; /* borrowed */
  linear_params params;
  heed__feature_set features;
  size_t count;    /* of them */
  double *weights; /* owned, [count]; the mode, 0 where nothing is known */
  heed__posterior post;
} linear;

/* ---- lifecycle ------------------------------------------------------------------------------ */

static heed_status create(void *self, const void *params, heed_reward_spec *spec, heed_error *err) {
  linear *model = self;
  const linear_params *given = params;
  heed_status status = heed__feature_set_init(&model->features, given->features, &spec->obs_space,
                                              &spec->action_space, err);
  if (status == HEED_OK && given->samples == 1) {
    status = heed_fail(err, HEED_ERR_ARG, "samples=1, 0 or at least 2 expected");
  }
  if (status != HEED_OK) {
    return status;
  }
  size_t count = model->features.count;
  if (count > FEATURE_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "the spaces have %zu features, at most %d expected", count,
                     FEATURE_MAX);
  }
  model->spec = spec;
  model->params = *given;
  model->count = count;
  model->weights = calloc(count, sizeof *model->weights);
  if (model->weights == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "%zu weights: no memory", count);
  }
  spec->hypothesis_size = count * sizeof *model->weights;
  return heed__posterior_init(&model->post, 0, err);
}

static void destroy(void *self) {
  linear *model = self;
  heed__posterior_deinit(&model->post);
  heed__feature_set_deinit(&model->features);
  free(model->weights);
}

/* Replaces the posterior; `post` is taken over. */
static void adopt(linear *model, heed__posterior *post) {
  memset(model->weights, 0, model->count * sizeof *model->weights);
  for (size_t i = 0; i < post->active_count; i++) {
    model->weights[post->active[i]] = post->mode[i];
  }
  heed__posterior_deinit(&model->post);
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

static double sum_of_squares(const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += y[i] * y[i];
  }
  return sum;
}

/* Standard deviation of weight i before anything is known. */
static double prior_of(const linear *model, size_t i) {
  switch (heed__feature_set_kind(&model->features, i)) {
    case HEED_FEATURE_LASTS:
      return model->params.prior_scale / model->params.lasting_steps;
    case HEED_FEATURE_PLACE:
      return model->params.place_scale;
    case HEED_FEATURE_HAPPENS:
      break;
  }
  return model->params.prior_scale;
}

/* sqrt(phi' C phi), C the posterior covariance: A^-1 or that of samples for active features, the prior
 * for the rest. */
static double spread_of(const linear *model, const heed_step *step, double *workspace) {
  const heed__posterior *post = &model->post;
  double *phi = workspace;
  double *y = workspace + model->count;
  heed__feature_set_of(&model->features, step, phi);
  for (size_t i = 0; i < post->active_count; i++) {
    y[i] = phi[post->active[i]];
    phi[post->active[i]] = 0;
  }
  for (size_t i = 0; i < model->count; i++) {
    phi[i] *= prior_of(model, i);
  }
  double variance = sum_of_squares(phi, model->count) + heed__posterior_variance(post, y);
  return fmin(sqrt(variance), HEED__WEIGHT_MAX); /* an absurd factor out of a file can overflow */
}

static void score(const void *self, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  const linear *model = self;
  const double *weights = hypothesis != NULL ? hypothesis : model->weights;
  for (size_t i = 0; i < count; i++) {
    mean[i] = heed__feature_set_dot(&model->features, &steps[i], weights);
  }
  for (size_t i = 0; i < count && spread != NULL; i++) {
    spread[i] = hypothesis != NULL ? 0 : spread_of(model, &steps[i], workspace);
  }
}

/* w = w* + L^-T z for the active features, in place: those of w hold z, L' x = z is solved backwards. */
static void draw_normal(const heed__posterior *post, double *w) {
  size_t n = post->active_count;
  for (size_t j = n; j-- > 0;) {
    const double *column = post->factor + j * n;
    double x = w[post->active[j]];
    for (size_t k = j + 1; k < n; k++) {
      x -= column[k] * w[post->active[k]];
    }
    w[post->active[j]] = fmax(-HEED__WEIGHT_MAX, fmin(HEED__WEIGHT_MAX, x / column[j]));
  }
  for (size_t i = 0; i < n; i++) {
    w[post->active[i]] += post->mode[i];
  }
}

/* What nobody has spoken about is drawn from its prior. */
static void draw(const void *self, heed_rng *rng, void *hypothesis) {
  const linear *model = self;
  const heed__posterior *post = &model->post;
  double *w = hypothesis;
  gsl_rng gsl = heed_rng_view(rng);
  size_t next = 0; /* of the active features */
  for (size_t i = 0; i < model->count; i++) {
    bool is_active = next < post->active_count && post->active[next] == i;
    next += is_active ? 1 : 0;
    double scale = is_active ? 1 : prior_of(model, i);
    w[i] = scale > 0 ? scale * gsl_ran_gaussian_ziggurat(&gsl, 1) : 0;
  }
  if (post->samples == NULL) {
    draw_normal(post, w);
    return;
  }
  size_t s = heed_rng_choice(rng, (uint32_t)post->sample_count);
  for (size_t i = 0; i < post->active_count; i++) {
    w[post->active[i]] = post->samples[s * post->active_count + i];
  }
}

/* ---- learning ------------------------------------------------------------------------------- */

static heed_status learn(void *self, const heed_choices *choices,
                         const heed_progress_sink *progress, heed_reward_report *report,
                         heed_error *err) {
  linear *model = self;
  heed__posterior_config config = {.features = &model->features,
                                   .prior_scale = model->params.prior_scale,
                                   .lasting_steps = model->params.lasting_steps,
                                   .place_scale = model->params.place_scale,
                                   .discount = model->params.discount,
                                   .samples = (uint32_t)model->params.samples,
                                   .moments = model->params.moments,
                                   .manner = {.beta_spread = model->params.beta_spread,
                                              .infers_mistakes = model->params.infer_mistakes}};
  heed__posterior post;
  heed_status status = heed__posterior_fit(&config, choices, &post, progress, report, err);
  if (status == HEED_OK) {
    adopt(model, &post);
  }
  return status;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* {"choices": uint, "active": uint32[n], "mode": float64[n], "factor": float64[n * n]}, with active
 * ascending and factor as in choice_fit.h; n may be 0. Where the posterior is samples, "samples":
 * float64[samples * n] as well. */
static void save(const void *self, heed_pack_writer *writer) {
  const linear *model = self;
  const heed__posterior *post = &model->post;
  heed_pack_map(writer, post->samples != NULL ? 5 : 4);
  if (post->samples != NULL) {
    heed_pack_key(writer, "samples");
    heed_pack_numbers(writer, HEED_F64, post->sample_count * post->active_count, 1, post->samples);
  }
  heed_pack_key(writer, "choices");
  heed_pack_uint(writer, post->choices);
  heed_pack_key(writer, "active");
  heed_pack_numbers(writer, HEED_U32, post->active_count, 1, post->active);
  heed_pack_key(writer, "mode");
  heed_pack_numbers(writer, HEED_F64, post->active_count, 1, post->mode);
  heed_pack_key(writer, "factor");
  heed_pack_numbers(writer, HEED_F64, post->active_count * post->active_count, 1, post->factor);
}

/* Reads the samples of a posterior that has some. */
static heed_status load_samples(size_t count, const heed_pack_value *map, heed__posterior *post,
                                heed_error *err) {
  size_t size = count * post->active_count;
  const void *samples = NULL;
  heed_status status =
      heed_pack_get_numbers(map, "samples", HEED_F64, size, 1, NULL, NULL, &samples, err);
  if (status == HEED_OK) {
    status = heed__posterior_add_samples(post, count, err);
  }
  for (size_t i = 0; i < size && status == HEED_OK; i++) {
    post->samples[i] = ((const double *)samples)[i];
    if (!(fabs(post->samples[i]) <= HEED__WEIGHT_MAX)) {
      status = heed_fail(err, HEED_ERR_FORMAT, "samples[%zu] is %g, at most %g expected", i,
                         post->samples[i], HEED__WEIGHT_MAX);
    }
  }
  return status;
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
    status = heed_pack_get_numbers(map, "factor", HEED_F64, n * n, 1, NULL, NULL, &factor, err);
  }

  heed__posterior post = {0};
  if (status == HEED_OK) {
    status = heed__posterior_init(&post, n, err);
  }
  if (status == HEED_OK && n > 0) {
    memcpy(post.active, active, n * sizeof *post.active);
    memcpy(post.mode, mode, n * sizeof *post.mode);
    memcpy(post.factor, factor, n * n * sizeof *post.factor);
    status = heed__posterior_check(&post, model->count, err);
  }
  if (status == HEED_OK && n > 0 && model->params.samples > 0) {
    status = load_samples((size_t)model->params.samples, map, &post, err);
  }
  if (status == HEED_OK) {
    status = heed__posterior_finish(&post, err);
  }
  if (status == HEED_OK) {
    post.choices = (size_t)choices;
    adopt(model, &post);
  }
  heed__posterior_deinit(&post);
  return status;
}

/* "change[4,3]  +23.1 +- 2.0": features that people have said something about, surest first. */
static bool explain(const void *self, size_t i, char *text, size_t size) {
  const linear *model = self;
  const heed__posterior *post = &model->post;
  if (i >= post->active_count) {
    return false;
  }
  uint32_t k = post->rank[i];
  char name[48];
  heed__feature_set_name(&model->features, post->active[k], name, sizeof name);
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
