#include "reward/features.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- layout --------------------------------------------------------------------------------- */

/* Where "change of v to w" stands, v != w: row v of an n x n table without its diagonal. */
static size_t change_index(size_t n, size_t v, size_t w) {
  return 1 + n + v * (n - 1) + (w < v ? w : w - 1);
}

/* Features of places are left out where there would be more: maps of thousands of cells, or of many values. */
enum { PLACE_MAX = 8192 };

/* One for each action that can be told apart. */
static size_t action_kinds(const heed_space *action_space) {
  return action_space->kind == HEED_SPACE_DISCRETE ? action_space->count : 1;
}

/* Where "cell became w under an action" begin, behind shares and changes, and how many there are. */
static size_t place_begin(const heed_space *obs_space) {
  return 1 + (size_t)obs_space->value_count * obs_space->value_count;
}

static size_t place_count(const heed_space *obs_space, const heed_space *action_space) {
  size_t count = (size_t)obs_space->count * obs_space->value_count * action_kinds(action_space);
  return count <= PLACE_MAX ? count : 0;
}

/* Of cell i that became w; SIZE_MAX when it is no feature, or the action none of the space's. */
static size_t place_index(const heed_space *obs_space, const heed_space *action_space,
                          heed_action action, size_t i, size_t w) {
  size_t kinds = action_kinds(action_space);
  size_t a = action_space->kind == HEED_SPACE_DISCRETE ? (size_t)action.index : 0;
  if (a >= kinds || place_count(obs_space, action_space) == 0) {
    return SIZE_MAX;
  }
  return place_begin(obs_space) + (i * obs_space->value_count + w) * kinds + a;
}

/* Cells that are no board mean something of their own each. */
static bool is_board(const heed_space *obs_space) {
  return obs_space->kind == HEED_SPACE_CELLS && obs_space->height > 0;
}

static bool is_factors(const heed_space *obs_space) {
  return obs_space->kind == HEED_SPACE_CELLS && obs_space->height == 0;
}

/* Features of one factor: a table of n x n, where its values stand on the diagonal and its changes, from
 * row to column, beside it. */
static size_t factor_features(const heed_space *obs_space, size_t factor) {
  size_t n = heed_space_values(obs_space, factor);
  return n * n;
}

/* Where the actions stand, behind all factors. */
static size_t factors_end(const heed_space *obs_space) {
  size_t end = 1;
  for (size_t k = 0; k < obs_space->count; k++) {
    end += factor_features(obs_space, k);
  }
  return end;
}

size_t heed_features_count(const heed_space *obs_space, const heed_space *action_space) {
  size_t n = obs_space->value_count;
  switch (obs_space->kind) {
    case HEED_SPACE_CELLS:
      return is_board(obs_space) ? 1 + n * n + place_count(obs_space, action_space)
                                 : factors_end(obs_space) + action_space->count;
    case HEED_SPACE_BOX:
      return 1 + 2 * (size_t)obs_space->count + action_space->count;
    case HEED_SPACE_DISCRETE:
      break;
  }
  return 0;
}

/* ---- boards --------------------------------------------------------------------------------- */

static void board_add(const heed_space *space, const heed_space *action_space,
                      const heed_step *step, double weight, double *sum) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  size_t n = space->value_count;
  uint32_t hits[256] = {0};
  for (size_t i = 0; i < space->count; i++) {
    hits[after[i]]++;
    if (before[i] == after[i]) {
      continue;
    }
    sum[change_index(n, before[i], after[i])] += weight;
    size_t place = place_index(space, action_space, step->action, i, after[i]);
    if (place != SIZE_MAX) {
      sum[place] += weight;
    }
  }
  for (size_t v = 0; v < n; v++) {
    sum[1 + v] += weight * ((double)hits[v] / space->count);
  }
}

static double place_value(const heed_space *space, const heed_space *action_space,
                          const heed_step *step, size_t rest) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  size_t kinds = action_kinds(action_space);
  size_t i = rest / kinds / space->value_count;
  size_t index = place_index(space, action_space, step->action, i, after[i]);
  return before[i] != after[i] && index == place_begin(space) + rest ? 1 : 0;
}

static double board_value(const heed_space *space, const heed_space *action_space,
                          const heed_step *step, size_t i) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  size_t n = space->value_count;
  size_t hits = 0;
  if (i < 1 + n) {
    for (size_t k = 0; k < space->count; k++) {
      hits += after[k] == i - 1;
    }
    return (double)hits / space->count;
  }
  if (i >= place_begin(space)) {
    return place_value(space, action_space, step, i - place_begin(space));
  }
  size_t v = (i - 1 - n) / (n - 1);
  size_t w = (i - 1 - n) % (n - 1);
  w += w >= v;
  for (size_t k = 0; k < space->count; k++) {
    hits += (size_t)(before[k] == v) & (size_t)(after[k] == w);
  }
  return (double)hits;
}

/* Few cells change in a step: eight are compared at a time. */
static double board_changes_dot(const heed_space *space, const heed_space *action_space,
                                const heed_step *step, const double *weights) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  size_t n = space->value_count;
  double sum = 0;
  size_t i = 0;
  while (i < space->count) {
    uint64_t a;
    uint64_t b;
    if (i + 8 <= space->count) {
      memcpy(&a, before + i, 8);
      memcpy(&b, after + i, 8);
      if (a == b) {
        i += 8;
        continue;
      }
    }
    size_t end = i + 8 <= space->count ? i + 8 : space->count;
    for (; i < end; i++) {
      if (before[i] != after[i]) {
        size_t place = place_index(space, action_space, step->action, i, after[i]);
        sum += weights[change_index(n, before[i], after[i])];
        sum += place != SIZE_MAX ? weights[place] : 0;
      }
    }
  }
  return sum;
}

/* Four partial sums, cell i in sum i mod 4, hide the latency of the addition. */
static double board_shares_dot(const heed_space *space, const uint8_t *after,
                               const double *share_weights) {
  double sums[4] = {0, 0, 0, 0};
  size_t whole = space->count & ~(size_t)3;
  for (size_t i = 0; i < whole; i += 4) {
    sums[0] += share_weights[after[i]];
    sums[1] += share_weights[after[i + 1]];
    sums[2] += share_weights[after[i + 2]];
    sums[3] += share_weights[after[i + 3]];
  }
  for (size_t i = whole; i < space->count; i++) {
    sums[i - whole] += share_weights[after[i]];
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / space->count;
}

/* ---- actions -------------------------------------------------------------------------------- */

static double action_value(const heed_space *action_space, const heed_step *step, size_t a) {
  if (action_space->kind == HEED_SPACE_DISCRETE) {
    return (size_t)step->action.index == a ? 1 : 0;
  }
  return (double)step->action.value[a];
}

static double action_dot(const heed_space *action_space, const heed_step *step,
                         const double *weights) {
  if (action_space->kind == HEED_SPACE_DISCRETE) {
    return weights[step->action.index];
  }
  double sum = 0;
  for (size_t a = 0; a < action_space->count; a++) {
    sum += (double)step->action.value[a] * weights[a];
  }
  return sum;
}

/* ---- factors -------------------------------------------------------------------------------- */

/* A feature of a factor: it has value w (v == w), or it went from v to w. */
typedef struct factor_feature {
  size_t factor; /* obs_space->count: not a factor's but an action's, number w */
  size_t v, w;
} factor_feature;

static factor_feature factor_feature_at(const heed_space *space, size_t i) {
  size_t rest = i - 1;
  size_t k = 0;
  for (; k < space->count && rest >= factor_features(space, k); k++) {
    rest -= factor_features(space, k);
  }
  if (k == space->count) {
    return (factor_feature){k, 0, rest};
  }
  size_t n = heed_space_values(space, k);
  return (factor_feature){k, rest / n, rest % n};
}

static double factors_value(const heed_space *obs_space, const heed_space *action_space,
                            const heed_step *step, size_t i) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  factor_feature f = factor_feature_at(obs_space, i);
  if (f.factor == obs_space->count) {
    return action_value(action_space, step, f.w);
  }
  return after[f.factor] == f.w && (f.v == f.w || before[f.factor] == f.v) ? 1 : 0;
}

static double factors_dot(const heed_space *obs_space, const heed_space *action_space,
                          const heed_step *step, const double *weights) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  const double *of_factor = weights + 1;
  double sum = 0;
  for (size_t k = 0; k < obs_space->count; k++) {
    size_t n = heed_space_values(obs_space, k);
    sum += of_factor[after[k] * n + after[k]];
    if (before[k] != after[k]) {
      sum += of_factor[before[k] * n + after[k]];
    }
    of_factor += n * n;
  }
  return sum + action_dot(action_space, step, of_factor);
}

/* ---- boxes ---------------------------------------------------------------------------------- */

static double box_value(const heed_space *obs_space, const heed_space *action_space,
                        const heed_step *step, size_t i) {
  const float *next = step->next_obs;
  size_t d = obs_space->count;
  if (i < 1 + d) {
    return (double)next[i - 1];
  }
  if (i < 1 + 2 * d) {
    double x = (double)next[i - 1 - d];
    return x * x;
  }
  return action_value(action_space, step, i - 1 - 2 * d);
}

static double box_dot(const heed_space *obs_space, const heed_space *action_space,
                      const heed_step *step, const double *weights) {
  const float *next = step->next_obs;
  size_t d = obs_space->count;
  const double *linear = weights + 1;
  const double *square = linear + d;
  const double *action = square + d;
  double sum = 0;
  for (size_t i = 0; i < d; i++) {
    double x = (double)next[i];
    sum += x * (linear[i] + x * square[i]);
  }
  return sum + action_dot(action_space, step, action);
}

/* ---- any ------------------------------------------------------------------------------------ */

void heed_features_add(const heed_space *obs_space, const heed_space *action_space,
                       const heed_step *step, double weight, double *sum) {
  size_t count = heed_features_count(obs_space, action_space);
  sum[0] += weight;
  if (is_board(obs_space)) {
    board_add(obs_space, action_space, step, weight, sum);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    sum[i] += weight * heed_features_value(obs_space, action_space, step, i);
  }
}

void heed_features_of(const heed_space *obs_space, const heed_space *action_space,
                      const heed_step *step, double *features) {
  memset(features, 0, heed_features_count(obs_space, action_space) * sizeof *features);
  heed_features_add(obs_space, action_space, step, 1, features);
}

double heed_features_value(const heed_space *obs_space, const heed_space *action_space,
                           const heed_step *step, size_t i) {
  if (i == 0) {
    return 1;
  }
  if (is_factors(obs_space)) {
    return factors_value(obs_space, action_space, step, i);
  }
  return is_board(obs_space) ? board_value(obs_space, action_space, step, i)
                             : box_value(obs_space, action_space, step, i);
}

double heed_features_dot(const heed_space *obs_space, const heed_space *action_space,
                         const heed_step *step, const double *weights) {
  if (is_board(obs_space)) {
    double shares = board_shares_dot(obs_space, step->next_obs, weights + 1);
    return weights[0] + (shares + board_changes_dot(obs_space, action_space, step, weights));
  }
  return weights[0] + (is_factors(obs_space) ? factors_dot(obs_space, action_space, step, weights)
                                             : box_dot(obs_space, action_space, step, weights));
}

heed_feature_kind heed_features_kind(const heed_space *obs_space, size_t i) {
  if (i == 0 || obs_space->kind != HEED_SPACE_CELLS) {
    return HEED_FEATURE_LASTS;
  }
  if (is_factors(obs_space)) {
    factor_feature f = factor_feature_at(obs_space, i);
    return f.factor < obs_space->count && f.v == f.w ? HEED_FEATURE_LASTS : HEED_FEATURE_HAPPENS;
  }
  if (i >= place_begin(obs_space)) {
    return HEED_FEATURE_PLACE;
  }
  return i < 1 + obs_space->value_count ? HEED_FEATURE_LASTS : HEED_FEATURE_HAPPENS;
}

/* ---- names ---------------------------------------------------------------------------------- */

static void board_name(const heed_space *space, const heed_space *action_space, size_t i,
                       char *text, size_t size) {
  size_t n = space->value_count;
  if (i < 1 + n) {
    (void)snprintf(text, size, "share[%zu]", i - 1);
    return;
  }
  if (i >= place_begin(space)) {
    size_t rest = i - place_begin(space);
    size_t kinds = action_kinds(action_space);
    (void)snprintf(text, size, "place[%zu,%zu,%zu]", rest / kinds / n, rest / kinds % n,
                   rest % kinds);
    return;
  }
  size_t v = (i - 1 - n) / (n - 1);
  size_t w = (i - 1 - n) % (n - 1);
  (void)snprintf(text, size, "change[%zu,%zu]", v, w + (w >= v));
}

static void factors_name(const heed_space *space, size_t i, char *text, size_t size) {
  factor_feature f = factor_feature_at(space, i);
  if (f.factor == space->count) {
    (void)snprintf(text, size, "action[%zu]", f.w);
  } else if (f.v == f.w) {
    (void)snprintf(text, size, "value[%zu,%zu]", f.factor, f.w);
  } else {
    (void)snprintf(text, size, "change[%zu,%zu,%zu]", f.factor, f.v, f.w);
  }
}

static void box_name(size_t d, size_t i, char *text, size_t size) {
  if (i < 1 + d) {
    (void)snprintf(text, size, "next[%zu]", i - 1);
  } else if (i < 1 + 2 * d) {
    (void)snprintf(text, size, "square[%zu]", i - 1 - d);
  } else {
    (void)snprintf(text, size, "action[%zu]", i - 1 - 2 * d);
  }
}

void heed_features_name(const heed_space *obs_space, const heed_space *action_space, size_t i,
                        char *text, size_t size) {
  assert(i < heed_features_count(obs_space, action_space));
  if (i == 0) {
    (void)snprintf(text, size, "one");
  } else if (is_factors(obs_space)) {
    factors_name(obs_space, i, text, size);
  } else if (is_board(obs_space)) {
    board_name(obs_space, action_space, i, text, size);
  } else {
    box_name(obs_space->count, i, text, size);
  }
}

/* Reads "stem[a]", "stem[a,b]" or "stem[a,b,c]": how many numbers there were, or 0. Too large ones come
 * out as ULONG_MAX. */
static int read_indices(const char *name, const char *stem, size_t numbers[3]) {
  size_t length = strlen(stem);
  if (strncmp(name, stem, length) != 0 || name[length] != '[') {
    return 0;
  }
  const char *p = name + length + 1;
  for (int k = 0; k < 3; k++) {
    size_t digits = strspn(p, "0123456789");
    if (digits == 0) {
      return 0;
    }
    numbers[k] = (size_t)strtoul(p, NULL, 10);
    p += digits;
    if (p[0] == ']' && p[1] == '\0') {
      return k + 1;
    }
    if (*p++ != ',') {
      return 0;
    }
  }
  return 0;
}

static size_t board_find(const heed_space *space, const heed_space *action_space,
                         const char *name) {
  size_t n = space->value_count;
  size_t at[3] = {0};
  if (read_indices(name, "share", at) == 1 && at[0] < n) {
    return 1 + at[0];
  }
  if (read_indices(name, "change", at) == 2 && at[0] < n && at[1] < n && at[0] != at[1]) {
    return change_index(n, at[0], at[1]);
  }
  size_t kinds = action_kinds(action_space);
  if (read_indices(name, "place", at) == 3 && at[0] < space->count && at[1] < n && at[2] < kinds &&
      place_count(space, action_space) > 0) {
    return place_begin(space) + (at[0] * n + at[1]) * kinds + at[2];
  }
  return SIZE_MAX;
}

static size_t factors_find(const heed_space *obs_space, const heed_space *action_space,
                           const char *name) {
  size_t at[3] = {0};
  if (read_indices(name, "action", at) == 1 && at[0] < action_space->count) {
    return factors_end(obs_space) + at[0];
  }
  bool is_value = read_indices(name, "value", at) == 2;
  if (is_value) {
    at[2] = at[1];
  }
  bool is_change = !is_value && read_indices(name, "change", at) == 3 && at[1] != at[2];
  if ((!is_value && !is_change) || at[0] >= obs_space->count) {
    return SIZE_MAX;
  }
  size_t n = heed_space_values(obs_space, at[0]);
  size_t first = 1;
  for (size_t k = 0; k < at[0]; k++) {
    first += factor_features(obs_space, k);
  }
  return at[1] < n && at[2] < n ? first + at[1] * n + at[2] : SIZE_MAX;
}

static size_t box_find(const heed_space *obs_space, const heed_space *action_space,
                       const char *name) {
  size_t d = obs_space->count;
  size_t at[3] = {0};
  if (read_indices(name, "next", at) == 1 && at[0] < d) {
    return 1 + at[0];
  }
  if (read_indices(name, "square", at) == 1 && at[0] < d) {
    return 1 + d + at[0];
  }
  if (read_indices(name, "action", at) == 1 && at[0] < action_space->count) {
    return 1 + 2 * d + at[0];
  }
  return SIZE_MAX;
}

size_t heed_features_find(const heed_space *obs_space, const heed_space *action_space,
                          const char *name) {
  if (strcmp(name, "one") == 0) {
    return 0;
  }
  if (is_factors(obs_space)) {
    return factors_find(obs_space, action_space, name);
  }
  return is_board(obs_space) ? board_find(obs_space, action_space, name)
                             : box_find(obs_space, action_space, name);
}
