#include "reward/feature_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reward/features.h"

/* Copies length characters of `from`, without the blanks around them. */
static void copy_trimmed(char *text, size_t size, const char *from, size_t length) {
  for (; length > 0 && (*from == ' ' || *from == '\t'); length--) {
    from++;
  }
  while (length > 0 && (from[length - 1] == ' ' || from[length - 1] == '\t')) {
    length--;
  }
  (void)snprintf(text, size, "%.*s", (int)length, from);
}

/* Compiles "name: formula" or "formula". */
static heed_status read_feature(heed__feature_set *set, const char *piece, heed_error *err) {
  heed__named_feature *feature = &set->named[set->count];
  const char *colon = strchr(piece, ':');
  copy_trimmed(feature->name, sizeof feature->name, piece,
               colon != NULL ? (size_t)(colon - piece) : strlen(piece));
  heed_status status = heed__expression_compile(colon != NULL ? colon + 1 : piece, set->obs_space,
                                                set->action_space, &feature->expression, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "features");
  }
  set->count++;
  return HEED_OK;
}

heed_status heed__feature_set_init(heed__feature_set *set, const char *text,
                                   const heed_space *obs_space, const heed_space *action_space,
                                   heed_error *err) {
  *set = (heed__feature_set){.obs_space = obs_space, .action_space = action_space};
  if (text[strspn(text, " \t")] == '\0') {
    set->count = heed_features_count(obs_space, action_space);
    return HEED_OK;
  }
  size_t most = 1;
  for (const char *c = text; *c != '\0'; c++) {
    most += *c == ';';
  }
  char *piece = calloc(strlen(text) + 1, 1);
  set->named = calloc(most, sizeof *set->named);
  heed_status status = HEED_OK;
  if (piece == NULL || set->named == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "%zu features: no memory", most);
  }
  while (status == HEED_OK && *text != '\0') {
    size_t length = strcspn(text, ";");
    copy_trimmed(piece, length + 1, text, length);
    text += length + (text[length] == ';');
    status = read_feature(set, piece, err);
  }
  free(piece);
  if (status != HEED_OK) {
    heed__feature_set_deinit(set);
  }
  return status;
}

void heed__feature_set_deinit(heed__feature_set *set) {
  free(set->named);
  *set = (heed__feature_set){0};
}

/* No larger than a feature of features.h can be. */
static double value_of(const heed__feature_set *set, const heed_step *step, size_t i) {
  static const double most = 1e77;
  double value =
      heed__expression_value(&set->named[i].expression, set->obs_space, set->action_space, step);
  return fmax(-most, fmin(most, value));
}

void heed__feature_set_of(const heed__feature_set *set, const heed_step *step, double *features) {
  if (set->named == NULL) {
    heed_features_of(set->obs_space, set->action_space, step, features);
    return;
  }
  for (size_t i = 0; i < set->count; i++) {
    features[i] = value_of(set, step, i);
  }
}

void heed__feature_set_add(const heed__feature_set *set, const heed_step *step, double weight,
                           double *sum) {
  if (set->named == NULL) {
    heed_features_add(set->obs_space, set->action_space, step, weight, sum);
    return;
  }
  for (size_t i = 0; i < set->count; i++) {
    sum[i] += weight * value_of(set, step, i);
  }
}

double heed__feature_set_dot(const heed__feature_set *set, const heed_step *step,
                             const double *weights) {
  if (set->named == NULL) {
    return heed_features_dot(set->obs_space, set->action_space, step, weights);
  }
  double sum = 0;
  for (size_t i = 0; i < set->count; i++) {
    sum += weights[i] * value_of(set, step, i);
  }
  return sum;
}

heed_feature_kind heed__feature_set_kind(const heed__feature_set *set, size_t i) {
  return set->named == NULL ? heed_features_kind(set->obs_space, i) : HEED_FEATURE_HAPPENS;
}

void heed__feature_set_name(const heed__feature_set *set, size_t i, char *text, size_t size) {
  if (set->named == NULL) {
    heed_features_name(set->obs_space, set->action_space, i, text, size);
  } else {
    (void)snprintf(text, size, "%s", set->named[i].name);
  }
}
