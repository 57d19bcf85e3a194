/* wrappers.c: reward models that are made of others.
 *
 *     sum(a, b, ...)     a + b + ...; the parts are taken to be independent of each other, so that their
 *                        variances add up. One model twice is no sum but a scale
 *     scale(a)           factor a + offset
 *     clip(a)            a, held between low and high; its spread is half of what the bounds leave of
 *                        mean - spread .. mean + spread
 *     pessimistic(a)     mean - kappa spread of a: what a step is worth at least, as far as is known
 *
 * Pessimistic takes multiples of the spread rather than a quantile of draws. For a normal posterior the
 * two are the same thing, quantile q being kappa = -z_q (kappa = 1.28 is the lowest tenth); a quantile of
 * a few draws would be noisy, of five networks coarse, and would cost that many scores; and multiples are
 * exact, row by row. It is step by step: over a plan the spreads add up as if they were all one doubt,
 * which is never less careful than the lower end of the plan's own return. What has been decided about
 * doubt has none left: it has no posterior, and its spread is 0.
 *
 * A hypothesis is those of the parts, one behind the other. */
#include "reward/registry.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wrapper_params {
  double factor, offset;
  double low, high;
  double kappa;
} wrapper_params;

static const heed_param scale_table[] = {
    {"factor", HEED_PARAM_REAL, offsetof(wrapper_params, factor), "1", -1e6, 1e6, NULL, "",
     "what the reward is multiplied by"},
    {"offset", HEED_PARAM_REAL, offsetof(wrapper_params, offset), "0", -1e6, 1e6, NULL, "reward",
     "what is added to each step then"},
};

static const heed_param clip_table[] = {
    {"low", HEED_PARAM_REAL, offsetof(wrapper_params, low), "-1", -1e9, 1e9, NULL, "reward",
     "the least that a step can be worth"},
    {"high", HEED_PARAM_REAL, offsetof(wrapper_params, high), "1", -1e9, 1e9, NULL, "reward",
     "the most"},
};

static const heed_param pessimistic_table[] = {
    {"kappa", HEED_PARAM_REAL, offsetof(wrapper_params, kappa), "1", 0, 1e3, NULL, "spreads",
     "how far below its mean a step is valued"},
};

typedef struct wrapper {
  wrapper_params params;
  heed_reward *parts[HEED_REWARD_PARTS_MAX]; /* borrowed, [count] */
  size_t lines[HEED_REWARD_PARTS_MAX];       /* [count] that explain each */
  size_t count;
} wrapper;

/* ---- lifecycle ------------------------------------------------------------------------------ */

static heed_status create(void *self, const void *params, heed_reward_spec *spec, heed_error *err) {
  wrapper *model = self;
  (void)err;
  if (params != NULL) {
    model->params = *(const wrapper_params *)params;
  }
  spec->hypothesis_size = 0;
  return HEED_OK;
}

static heed_status create_clip(void *self, const void *params, heed_reward_spec *spec,
                               heed_error *err) {
  const wrapper_params *p = params;
  return p->low <= p->high
             ? create(self, params, spec, err)
             : heed_fail(err, HEED_ERR_ARG, "low=%g is above high=%g", p->low, p->high);
}

static void destroy(void *self) {
  (void)self;
}

static size_t lines_of(const heed_reward *part) {
  char line[128];
  size_t lines = 0;
  while (heed_reward_explain(part, lines, line, sizeof line)) {
    lines++;
  }
  return lines;
}

static heed_status combine(void *self, heed_reward *const *parts, size_t count,
                           heed_reward_spec *spec, heed_error *err) {
  wrapper *model = self;
  (void)err;
  model->count = count;
  memcpy(model->parts, parts, count * sizeof(heed_reward *));
  for (size_t i = 0; i < count; i++) {
    spec->hypothesis_size += heed_reward_spec_of(parts[i])->hypothesis_size;
    model->lines[i] = lines_of(parts[i]);
  }
  return HEED_OK;
}

static heed_status combine_certain(void *self, heed_reward *const *parts, size_t count,
                                   heed_reward_spec *spec, heed_error *err) {
  heed_status status = combine(self, parts, count, spec, err);
  spec->hypothesis_size = 0;
  return status;
}

static void draw(const void *self, heed_rng *rng, void *hypothesis) {
  const wrapper *model = self;
  unsigned char *place = hypothesis;
  for (size_t i = 0; i < model->count; i++) {
    size_t size = heed_reward_spec_of(model->parts[i])->hypothesis_size;
    if (size > 0) {
      heed_reward_draw(model->parts[i], rng, place);
      place += size;
    }
  }
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* Mean and spread of one part [count] each, then its own workspace. */
static size_t workspace_size(const void *self, size_t count) {
  const wrapper *model = self;
  size_t most = 0;
  for (size_t i = 0; i < model->count; i++) {
    size_t size = heed_reward_workspace_size(model->parts[i], count);
    most = size > most ? size : most;
  }
  return 2 * count * sizeof(double) + most;
}

/* What is finite stays finite, whatever it is multiplied by or added to. */
static double bounded(double x) {
  return fmax(-DBL_MAX, fmin(DBL_MAX, x));
}

static void score_sum(const void *self, const heed_step *steps, size_t count,
                      const void *hypothesis, double *mean, double *spread, void *workspace) {
  const wrapper *model = self;
  double *part_mean = workspace;
  double *part_spread = part_mean + count;
  const unsigned char *place = hypothesis;
  memset(mean, 0, count * sizeof *mean);
  if (spread != NULL) {
    memset(spread, 0, count * sizeof *spread);
  }
  for (size_t k = 0; k < model->count; k++) {
    size_t size = heed_reward_spec_of(model->parts[k])->hypothesis_size;
    bool is_drawn = hypothesis != NULL && size > 0;
    heed_reward_score(model->parts[k], steps, count, is_drawn ? place : NULL, part_mean,
                      spread != NULL && hypothesis == NULL ? part_spread : NULL,
                      part_spread + count);
    if (is_drawn) {
      place += size;
    }
    for (size_t i = 0; i < count; i++) {
      mean[i] = bounded(mean[i] + part_mean[i]);
    }
    for (size_t i = 0; i < count && spread != NULL && hypothesis == NULL; i++) {
      spread[i] = bounded(hypot(spread[i], part_spread[i]));
    }
  }
}

/* The one part, without a part 0. */
static void score_part(const wrapper *model, const heed_step *steps, size_t count,
                       const void *hypothesis, double *mean, double *spread, void *workspace) {
  if (model->count > 0) {
    heed_reward_score(model->parts[0], steps, count, hypothesis, mean, spread,
                      (double *)workspace + 2 * count);
    return;
  }
  memset(mean, 0, count * sizeof *mean);
  if (spread != NULL) {
    memset(spread, 0, count * sizeof *spread);
  }
}

static void score_scale(const void *self, const heed_step *steps, size_t count,
                        const void *hypothesis, double *mean, double *spread, void *workspace) {
  const wrapper *model = self;
  score_part(model, steps, count, hypothesis, mean, spread, workspace);
  for (size_t i = 0; i < count && model->count > 0; i++) {
    mean[i] = bounded(model->params.factor * mean[i] + model->params.offset);
  }
  for (size_t i = 0; i < count && spread != NULL; i++) {
    spread[i] = bounded(fabs(model->params.factor) * spread[i]);
  }
}

static double clipped(const wrapper *model, double x) {
  return fmax(model->params.low, fmin(model->params.high, x));
}

static void score_clip(const void *self, const heed_step *steps, size_t count,
                       const void *hypothesis, double *mean, double *spread, void *workspace) {
  const wrapper *model = self;
  score_part(model, steps, count, hypothesis, mean, spread, workspace);
  for (size_t i = 0; i < count && model->count > 0; i++) {
    if (spread != NULL) {
      spread[i] = (clipped(model, mean[i] + spread[i]) - clipped(model, mean[i] - spread[i])) / 2;
    }
    mean[i] = clipped(model, mean[i]);
  }
}

static void score_pessimistic(const void *self, const heed_step *steps, size_t count,
                              const void *hypothesis, double *mean, double *spread,
                              void *workspace) {
  const wrapper *model = self;
  double *doubt = workspace;
  assert(hypothesis == NULL);
  score_part(model, steps, count, NULL, mean, doubt, workspace);
  for (size_t i = 0; i < count; i++) {
    mean[i] = bounded(mean[i] - bounded(model->params.kappa * doubt[i]));
  }
  if (spread != NULL) {
    memset(spread, 0, count * sizeof *spread);
  }
  (void)hypothesis;
}

/* ---- what it wants -------------------------------------------------------------------------- */

/* Line i of what the parts say: the name of each, then its own lines. */
static bool explain_parts(const wrapper *model, size_t i, char *text, size_t size) {
  for (size_t k = 0; k < model->count; k++) {
    const heed_reward *part = model->parts[k];
    char line[128] = "";
    if (i == 0) {
      (void)snprintf(text, size, "%zu: %s", k + 1, heed_reward_ops_of(part)->name);
      return true;
    }
    if (i <= model->lines[k]) {
      (void)heed_reward_explain(part, i - 1, line, sizeof line);
      (void)snprintf(text, size, "%zu:   %s", k + 1, line);
      return true;
    }
    i -= model->lines[k] + 1;
  }
  return false;
}

/* Each says what it does with its parts, then what these say. */
static bool explain_sum(const void *self, size_t i, char *text, size_t size) {
  const wrapper *model = self;
  (void)snprintf(text, size, "the sum of %zu", model->count);
  return i == 0 || explain_parts(model, i - 1, text, size);
}

static bool explain_scale(const void *self, size_t i, char *text, size_t size) {
  const wrapper *model = self;
  (void)snprintf(text, size, "%g times what follows, and %+g a step", model->params.factor,
                 model->params.offset);
  return i == 0 || explain_parts(model, i - 1, text, size);
}

static bool explain_clip(const void *self, size_t i, char *text, size_t size) {
  const wrapper *model = self;
  (void)snprintf(text, size, "what follows, between %g and %g a step", model->params.low,
                 model->params.high);
  return i == 0 || explain_parts(model, i - 1, text, size);
}

static bool explain_pessimistic(const void *self, size_t i, char *text, size_t size) {
  const wrapper *model = self;
  (void)snprintf(text, size, "what follows, less %g times its spread", model->params.kappa);
  return i == 0 || explain_parts(model, i - 1, text, size);
}

/* ---- the tables ----------------------------------------------------------------------------- */

const heed_reward_ops heed__reward_sum = {
    .name = "sum",
    .summary = "of other rewards",
    .params_size = sizeof(wrapper_params),
    .self_size = sizeof(wrapper),
    .create = create,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score_sum,
    .draw = draw,
    .explain = explain_sum,
    .part_max = HEED_REWARD_PARTS_MAX,
    .combine = combine,
};

const heed_reward_ops heed__reward_scale = {
    .name = "scale",
    .summary = "a multiple of another reward, and so much a step",
    .params = scale_table,
    .param_count = sizeof scale_table / sizeof scale_table[0],
    .params_size = sizeof(wrapper_params),
    .self_size = sizeof(wrapper),
    .create = create,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score_scale,
    .draw = draw,
    .explain = explain_scale,
    .part_max = 1,
    .combine = combine,
};

const heed_reward_ops heed__reward_clip = {
    .name = "clip",
    .summary = "another reward within bounds",
    .params = clip_table,
    .param_count = sizeof clip_table / sizeof clip_table[0],
    .params_size = sizeof(wrapper_params),
    .self_size = sizeof(wrapper),
    .create = create_clip,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score_clip,
    .draw = draw,
    .explain = explain_clip,
    .part_max = 1,
    .combine = combine,
};

const heed_reward_ops heed__reward_pessimistic = {
    .name = "pessimistic",
    .summary = "what another reward is worth at least, as far as is known",
    .params = pessimistic_table,
    .param_count = sizeof pessimistic_table / sizeof pessimistic_table[0],
    .params_size = sizeof(wrapper_params),
    .self_size = sizeof(wrapper),
    .create = create,
    .destroy = destroy,
    .workspace_size = workspace_size,
    .score = score_pessimistic,
    .explain = explain_pessimistic,
    .part_max = 1,
    .combine = combine_certain,
};
