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

size_t heed_features_count(const heed_space *obs_space, const heed_space *action_space) {
  size_t n = obs_space->value_count;
  switch (obs_space->kind) {
    case HEED_SPACE_CELLS:
      return 1 + n + n * (n - 1);
    case HEED_SPACE_BOX:
      return 1 + 2 * (size_t)obs_space->count + action_space->count;
    case HEED_SPACE_DISCRETE:
      break;
  }
  return 0;
}

/* ---- cells ---------------------------------------------------------------------------------- */

static void cells_features(const heed_space *space, const heed_step *step, double *features) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  size_t n = space->value_count;
  for (size_t i = 0; i < space->count; i++) {
    features[1 + after[i]] += 1;
    if (before[i] != after[i]) {
      features[change_index(n, before[i], after[i])] += 1;
    }
  }
  for (size_t v = 0; v < n; v++) {
    features[1 + v] /= space->count;
  }
}

static double cells_value(const heed_space *space, const heed_step *step, size_t i) {
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
  size_t v = (i - 1 - n) / (n - 1);
  size_t w = (i - 1 - n) % (n - 1);
  w += w >= v;
  for (size_t k = 0; k < space->count; k++) {
    hits += (size_t)(before[k] == v) & (size_t)(after[k] == w);
  }
  return (double)hits;
}

/* Few cells change in a step: eight are compared at a time. */
static double cells_changes_dot(const heed_space *space, const heed_step *step,
                                const double *weights) {
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
        sum += weights[change_index(n, before[i], after[i])];
      }
    }
  }
  return sum;
}

/* Four partial sums, cell i in sum i mod 4, hide the latency of the addition. */
static double cells_shares_dot(const heed_space *space, const uint8_t *after,
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
  size_t a = i - 1 - 2 * d;
  if (action_space->kind == HEED_SPACE_DISCRETE) {
    return (size_t)step->action.index == a ? 1 : 0;
  }
  return (double)step->action.value[a];
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
  if (action_space->kind == HEED_SPACE_DISCRETE) {
    return sum + action[step->action.index];
  }
  for (size_t a = 0; a < action_space->count; a++) {
    sum += (double)step->action.value[a] * action[a];
  }
  return sum;
}

/* ---- either --------------------------------------------------------------------------------- */

void heed_features_of(const heed_space *obs_space, const heed_space *action_space,
                      const heed_step *step, double *features) {
  size_t count = heed_features_count(obs_space, action_space);
  features[0] = 1;
  if (obs_space->kind == HEED_SPACE_CELLS) {
    memset(features + 1, 0, (count - 1) * sizeof *features);
    cells_features(obs_space, step, features);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    features[i] = box_value(obs_space, action_space, step, i);
  }
}

double heed_features_value(const heed_space *obs_space, const heed_space *action_space,
                           const heed_step *step, size_t i) {
  if (i == 0) {
    return 1;
  }
  return obs_space->kind == HEED_SPACE_CELLS ? cells_value(obs_space, step, i)
                                             : box_value(obs_space, action_space, step, i);
}

double heed_features_dot(const heed_space *obs_space, const heed_space *action_space,
                         const heed_step *step, const double *weights) {
  if (obs_space->kind == HEED_SPACE_CELLS) {
    double shares = cells_shares_dot(obs_space, step->next_obs, weights + 1);
    return weights[0] + (shares + cells_changes_dot(obs_space, step, weights));
  }
  return weights[0] + box_dot(obs_space, action_space, step, weights);
}

bool heed_features_lasts(const heed_space *obs_space, size_t i) {
  return obs_space->kind != HEED_SPACE_CELLS || i < 1 + obs_space->value_count;
}

/* ---- names ---------------------------------------------------------------------------------- */

static void cells_name(size_t n, size_t i, char *text, size_t size) {
  if (i < 1 + n) {
    (void)snprintf(text, size, "share[%zu]", i - 1);
    return;
  }
  size_t v = (i - 1 - n) / (n - 1);
  size_t w = (i - 1 - n) % (n - 1);
  (void)snprintf(text, size, "change[%zu,%zu]", v, w + (w >= v));
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
  (void)action_space;
  if (i == 0) {
    (void)snprintf(text, size, "one");
  } else if (obs_space->kind == HEED_SPACE_CELLS) {
    cells_name(obs_space->value_count, i, text, size);
  } else {
    box_name(obs_space->count, i, text, size);
  }
}

/* Reads "stem[a]" or "stem[a,b]": how many numbers there were, or 0. Too large ones come out as
 * ULONG_MAX. */
static int read_indices(const char *name, const char *stem, size_t *a, size_t *b) {
  size_t length = strlen(stem);
  if (strncmp(name, stem, length) != 0 || name[length] != '[') {
    return 0;
  }
  const char *p = name + length + 1;
  size_t *out[2] = {a, b};
  for (int k = 0; k < 2; k++) {
    size_t digits = strspn(p, "0123456789");
    if (digits == 0) {
      return 0;
    }
    *out[k] = (size_t)strtoul(p, NULL, 10);
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

size_t heed_features_find(const heed_space *obs_space, const heed_space *action_space,
                          const char *name) {
  bool is_cells = obs_space->kind == HEED_SPACE_CELLS;
  size_t n = obs_space->value_count;
  size_t d = obs_space->count;
  size_t a = 0;
  size_t b = 0;
  if (strcmp(name, "one") == 0) {
    return 0;
  }
  if (is_cells && read_indices(name, "share", &a, &b) == 1 && a < n) {
    return 1 + a;
  }
  if (is_cells && read_indices(name, "change", &a, &b) == 2 && a < n && b < n && a != b) {
    return change_index(n, a, b);
  }
  if (!is_cells && read_indices(name, "next", &a, &b) == 1 && a < d) {
    return 1 + a;
  }
  if (!is_cells && read_indices(name, "square", &a, &b) == 1 && a < d) {
    return 1 + d + a;
  }
  if (!is_cells && read_indices(name, "action", &a, &b) == 1 && a < action_space->count) {
    return 1 + 2 * d + a;
  }
  return SIZE_MAX;
}
