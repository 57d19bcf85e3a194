/* tabular.c: a reward of its own for every step there is: the baseline that knows of no likeness.
 *
 *     r(step) = w[key of the step],   w ~ N(0, prior_scale^2) each, independent
 *
 * The key is the next observation, the observation and the action, or all three (`of`). What no question
 * was about keeps its prior: mean 0, spread prior_scale. The likelihood is choice.h, the posterior
 * Laplace's (choice_fit.h), exact for the prior in spite of any number of steps:
 *
 * Q questions among n steps tell differences of returns, D w with D [rows][n] of rank r, at most as many as
 * there are options. With D = X Q, Q [r][n] of orthonormal rows (QR with pivoting; Businger and Golub
 * 1965), answers depend on u = Q w alone, u ~ N(0, s^2 I) under the prior, and what is orthogonal to Q
 * keeps its prior. So the fit has r parameters, not n, and with N(u*, A^-1), A = L L',
 *
 *     mean of w_k  q_k' u*              variance  s^2 (1 - |q_k|^2) + |L^-1 q_k|^2
 *
 * q_k column k of Q. A draw is w = z + Q' (u - Q z), z from the prior, u from N(u*, A^-1) (Matheron's rule;
 * Wilson et al. 2020, equation 9). The hypothesis holds a seed, from which z_k is derived with the key, and
 * v = u - Q z. */
#include "reward/tabular.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/registry.h"

static const heed_param param_table[] = {
    {"of", HEED_PARAM_CHOICE, offsetof(tabular_params, of), "step", 0, 0, "step|action|next", "",
     "a reward for each step (observation, action, next observation), observation and action, or "
     "next observation"},
    {"prior_scale", HEED_PARAM_REAL, offsetof(tabular_params, prior_scale), "5", 1e-6, 1e6, NULL,
     "reward", "standard deviation of a reward before anything is known"},
    {"discount", HEED_PARAM_REAL, offsetof(tabular_params, discount), "1", 0, 1, NULL, "",
     "how much less each later step of a segment counts"},
    {"beta_spread", HEED_PARAM_REAL, offsetof(tabular_params, beta_spread), "1", 0, 10, NULL, "",
     "deviation of the log of a person's rationality around what is stated, where several people "
     "answered; 0: as stated"},
    {"infer_mistakes", HEED_PARAM_BOOL, offsetof(tabular_params, infer_mistakes), "false", 0, 1,
     NULL, "", "infer how often each person errs, from what is stated on"},
    {"rank", HEED_PARAM_INT, offsetof(tabular_params, rank), "1024", 1, 16384, NULL, "",
     "independent differences between options at most"},
};

/* What a hypothesis holds. */
typedef struct drawn {
  uint64_t seed;
  double v[]; /* [rank], 0 beyond r */
} drawn;

/* ---- lifecycle ------------------------------------------------------------------------------ */

void heed__tabular_deinit(heed__table *t) {
  free(t->keys);
  free(t->basis);
  free(t->mean);
  free(t->spread);
  heed__posterior_deinit(&t->post);
  *t = (heed__table){0};
}

/* Zeroed arrays. Errors: HEED_ERR_NOMEM, and the table is zeroed. */
heed_status heed__tabular_init(heed__table *t, size_t count, size_t rank, heed_error *err) {
  *t = (heed__table){.count = count};
  t->keys = calloc(count + 1, sizeof *t->keys);
  t->basis = calloc(count + 1, (rank + 1) * sizeof *t->basis);
  t->mean = calloc(count + 1, sizeof *t->mean);
  t->spread = calloc(count + 1, sizeof *t->spread);
  heed_status status = heed__posterior_init(&t->post, rank, err);
  if (status == HEED_OK &&
      (t->keys == NULL || t->basis == NULL || t->mean == NULL || t->spread == NULL)) {
    status = heed_fail(err, HEED_ERR_NOMEM, "%zu steps by %zu differences: no memory", count, rank);
  }
  for (size_t i = 0; i < rank && status == HEED_OK; i++) {
    t->post.active[i] = (uint32_t)i;
  }
  if (status != HEED_OK) {
    heed__tabular_deinit(t);
  }
  return status;
}

static heed_status create(void *self, const void *params, heed_reward_spec *spec, heed_error *err) {
  static const unsigned reads[] = {HEED__READS_ALL, HEED__READS_OBS | HEED__READS_ACTION,
                                   HEED__READS_NEXT};
  tabular *model = self;
  model->spec = spec;
  model->params = *(const tabular_params *)params;
  model->reads = reads[model->params.of];
  model->obs_size = heed_space_size(&spec->obs_space);
  spec->hypothesis_size = sizeof(drawn) + (size_t)model->params.rank * sizeof(double);
  return heed__tabular_init(&model->table, 0, 0, err);
}

static void destroy(void *self) {
  tabular *model = self;
  heed__tabular_deinit(&model->table);
}

/* ---- scoring -------------------------------------------------------------------------------- */

/* The place of a key, or SIZE_MAX. */
static size_t find(const heed__table *t, uint64_t key) {
  size_t low = 0;
  size_t high = t->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (t->keys[middle] < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < t->count && t->keys[low] == key ? low : SIZE_MAX;
}

static double dot(const double *x, const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += x[i] * y[i];
  }
  return sum;
}

static double bounded(double x) {
  return fmax(-HEED__WEIGHT_MAX, fmin(HEED__WEIGHT_MAX, x));
}

static void score(const void *self, const heed_step *steps, size_t count, const void *hypothesis,
                  double *mean, double *spread, void *workspace) {
  const tabular *model = self;
  const heed__table *t = &model->table;
  const drawn *h = hypothesis;
  size_t r = t->post.active_count;
  double s = model->params.prior_scale;
  (void)workspace;
  for (size_t i = 0; i < count; i++) {
    uint64_t key =
        heed__step_key(model->reads, model->obs_size, &model->spec->action_space, &steps[i]);
    size_t k = find(t, key);
    mean[i] = k == SIZE_MAX ? 0 : t->mean[k];
    if (h != NULL) {
      double known = k == SIZE_MAX ? 0 : dot(t->basis + k * r, h->v, r);
      mean[i] = bounded(s * heed__step_normal(h->seed, key) + known);
    }
    if (spread != NULL) {
      spread[i] = h != NULL ? 0 : k == SIZE_MAX ? s : t->spread[k];
    }
  }
}

/* u = u* + L^-T z, then v = u - Q z of the prior's draw. */
static void draw(const void *self, heed_rng *rng, void *hypothesis) {
  const tabular *model = self;
  const heed__table *t = &model->table;
  size_t r = t->post.active_count;
  drawn *h = hypothesis;
  gsl_rng gsl = heed_rng_view(rng);
  memset(h, 0, model->spec->hypothesis_size);
  h->seed = heed_rng_next(rng);
  for (size_t i = 0; i < r; i++) {
    h->v[i] = gsl_ran_gaussian_ziggurat(&gsl, 1);
  }
  for (size_t j = r; j-- > 0;) { /* L' x = z, backwards */
    const double *column = t->post.factor + j * r;
    h->v[j] = bounded((h->v[j] - dot(column + j + 1, h->v + j + 1, r - j - 1)) / column[j]);
  }
  for (size_t i = 0; i < r; i++) {
    h->v[i] += t->post.mode[i];
  }
  for (size_t k = 0; k < t->count; k++) {
    double z = model->params.prior_scale * heed__step_normal(h->seed, t->keys[k]);
    for (size_t i = 0; i < r; i++) {
      h->v[i] -= z * t->basis[k * r + i];
    }
  }
}

/* ---- learning ------------------------------------------------------------------------------- */

/* Fills means and spreads from basis, mode and factor. Errors: HEED_ERR_NOMEM. */
static heed_status finish(heed__table *t, double prior_scale, heed_error *err) {
  size_t r = t->post.active_count;
  double *y = calloc(r + 1, sizeof *y);
  if (y == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "posterior of %zu differences: no memory", r);
  }
  for (size_t k = 0; k < t->count; k++) {
    const double *q = t->basis + k * r;
    double left = fmax(0, 1 - dot(q, q, r));
    if (r > 0) {
      memcpy(y, q, r * sizeof *y);
    }
    heed__posterior_solve(&t->post, y);
    t->mean[k] = bounded(dot(q, t->post.mode, r));
    t->spread[k] = fmin(HEED__WEIGHT_MAX, sqrt(prior_scale * prior_scale * left + dot(y, y, r)));
  }
  free(y);
  return HEED_OK;
}

static heed_status learn(void *self, const heed_choices *choices,
                         const heed_progress_sink *progress, heed_reward_report *report,
                         heed_error *err) {
  tabular *model = self;
  heed__table t;
  heed_status status = heed__tabular_fit(model, choices, &t, progress, report, err);
  if (status == HEED_OK) {
    status = finish(&t, model->params.prior_scale, err);
  }
  if (status == HEED_OK) {
    heed__tabular_deinit(&model->table);
    model->table = t;
  } else {
    heed__tabular_deinit(&t);
  }
  return status;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* {"choices": uint, "keys": uint64[n], "mode": float64[r], "basis": float64[n * r], "factor":
 * float64[r * r]}, with factor as in choice_fit.h; n and r may be 0. */
static void save(const void *self, heed_pack_writer *writer) {
  const tabular *model = self;
  const heed__table *t = &model->table;
  size_t r = t->post.active_count;
  heed_pack_map(writer, 5);
  heed_pack_key(writer, "choices");
  heed_pack_uint(writer, t->post.choices);
  heed_pack_key(writer, "keys");
  heed_pack_numbers(writer, HEED_U64, t->count, 1, t->keys);
  heed_pack_key(writer, "mode");
  heed_pack_numbers(writer, HEED_F64, r, 1, t->post.mode);
  heed_pack_key(writer, "basis");
  heed_pack_numbers(writer, HEED_F64, t->count * r, 1, t->basis);
  heed_pack_key(writer, "factor");
  heed_pack_numbers(writer, HEED_F64, r * r, 1, t->post.factor);
}

static heed_status check_table(const heed__table *t, heed_error *err) {
  size_t r = t->post.active_count;
  for (size_t k = 0; k < t->count; k++) {
    const double *q = t->basis + k * r;
    if (k > 0 && t->keys[k] <= t->keys[k - 1]) {
      return heed_fail(err, HEED_ERR_FORMAT, "key %zu is out of order", k);
    }
    if (!(dot(q, q, r) <= 1 + 1e-6)) {
      return heed_fail(err, HEED_ERR_FORMAT, "column %zu of the basis is longer than 1", k);
    }
  }
  return heed__posterior_check(&t->post, r, err);
}

/* Arrays found in a file, borrowed. */
typedef struct found {
  uint64_t choices;
  size_t n, r;
  const void *keys, *mode, *basis, *factor;
} found;

static heed_status get_arrays(const heed_pack_value *map, size_t rank_most, found *f,
                              heed_error *err) {
  *f = (found){0};
  heed_status status = heed_pack_get_uint(map, "choices", UINT32_MAX, &f->choices, err);
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "keys", HEED_U64, SIZE_MAX, 1, &f->n, NULL, &f->keys, err);
  }
  if (status == HEED_OK) {
    status = heed_pack_get_numbers(map, "mode", HEED_F64, SIZE_MAX, 1, &f->r, NULL, &f->mode, err);
  }
  if (status == HEED_OK && (f->r > rank_most || f->r > f->n)) {
    status = heed_fail(err, HEED_ERR_FORMAT, "%zu differences of %zu steps, rank=%zu", f->r, f->n,
                       rank_most);
  }
  if (status == HEED_OK) {
    status =
        heed_pack_get_numbers(map, "basis", HEED_F64, f->n * f->r, 1, NULL, NULL, &f->basis, err);
  }
  if (status == HEED_OK) {
    status =
        heed_pack_get_numbers(map, "factor", HEED_F64, f->r * f->r, 1, NULL, NULL, &f->factor, err);
  }
  return status;
}

static heed_status load(void *self, const heed_pack_value *map, heed_error *err) {
  tabular *model = self;
  found f;
  heed__table t = {0};
  heed_status status = get_arrays(map, (size_t)model->params.rank, &f, err);
  if (status != HEED_OK || f.n == 0) {
    return status;
  }
  status = heed__tabular_init(&t, f.n, f.r, err);
  if (status == HEED_OK) {
    memcpy(t.keys, f.keys, f.n * sizeof *t.keys);
    t.post.choices = (size_t)f.choices;
  }
  if (status == HEED_OK && f.r > 0) {
    memcpy(t.post.mode, f.mode, f.r * sizeof *t.post.mode);
    memcpy(t.basis, f.basis, f.n * f.r * sizeof *t.basis);
    memcpy(t.post.factor, f.factor, f.r * f.r * sizeof *t.post.factor);
  }
  if (status == HEED_OK) {
    status = check_table(&t, err);
  }
  if (status == HEED_OK) {
    status = finish(&t, model->params.prior_scale, err);
  }
  if (status == HEED_OK) {
    heed__tabular_deinit(&model->table);
    model->table = t;
  } else {
    heed__tabular_deinit(&t);
  }
  return status;
}

/* How many steps it knows, and the best and the worst of them. */
static bool explain(const void *self, size_t i, char *text, size_t size) {
  const tabular *model = self;
  const heed__table *t = &model->table;
  if (i > 0) {
    return false;
  }
  double low = 0;
  double high = 0;
  for (size_t k = 0; k < t->count; k++) {
    low = fmin(low, t->mean[k]);
    high = fmax(high, t->mean[k]);
  }
  (void)snprintf(text, size, "%zu steps, worth %+.3g to %+.3g, from %zu choices", t->count, low,
                 high, t->post.choices);
  return true;
}

const heed_reward_ops heed__reward_tabular = {
    .name = "tabular",
    .summary = "a reward of its own for every step, with a Bayesian posterior",
    .params = param_table,
    .param_count = sizeof param_table / sizeof param_table[0],
    .params_size = sizeof(tabular_params),
    .self_size = sizeof(tabular),
    .create = create,
    .destroy = destroy,
    .score = score,
    .learn = learn,
    .draw = draw,
    .save = save,
    .load = load,
    .explain = explain,
};
