#include "cli/actions.h"

#include <stdlib.h>
#include <string.h>

#include "core/decimal.h"

static bool read_discrete(const heed_env *env, const char *word, heed_action *action) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  int64_t number;
  for (uint32_t a = 0; spec->action_names != NULL && a < spec->accepted_actions; a++) {
    if (strcmp(spec->action_names[a], word) == 0) {
      action->index = (int32_t)a;
      return true;
    }
  }
  if (!heed_decimal_read_int(word, &number) || number < 0 || number > INT32_MAX) {
    return false;
  }
  action->index = (int32_t)number;
  return true;
}

static bool read_box(const heed_env *env, char *word, heed_action *action) {
  uint32_t count = heed_env_spec_of(env)->action_space.count;
  uint32_t d = 0;
  char *rest = word;
  for (char *part; (part = strsep(&rest, ":")) != NULL; d++) {
    double value;
    if (d == count || !heed_decimal_read(part, &value)) {
      return false;
    }
    action->value[d] = (float)value;
  }
  return d == count;
}

static heed_status read_action(const heed_env *env, char *word, heed_action *action,
                               heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  *action = (heed_action){0};
  bool is_read = spec->action_space.kind == HEED_SPACE_DISCRETE ? read_discrete(env, word, action)
                                                                : read_box(env, word, action);
  if (!is_read) {
    return heed_fail(err, HEED_ERR_ARG, "--actions: '%.40s' is no action of this world", word);
  }
  /* A model knows what an agent chooses from, which may be less than the world accepts. */
  heed_status status = heed_space_check_action(&spec->action_space, *action, err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "--actions: '%.40s'", word);
}

heed_status heed__read_actions(const heed_env *env, const char *list, heed_action **actions,
                               uint32_t *count, heed_error *err) {
  char *text = strdup(list);
  *count = 0;
  *actions = calloc(strlen(list) / 2 + 1, sizeof **actions);
  if (text == NULL || *actions == NULL) {
    free(text);
    return heed_fail(err, HEED_ERR_NOMEM, "--actions: no memory");
  }
  heed_status status = HEED_OK;
  char *rest = text;
  for (char *word; status == HEED_OK && (word = strsep(&rest, ",")) != NULL;) {
    status = read_action(env, word, &(*actions)[*count], err);
    *count += status == HEED_OK ? 1 : 0;
  }
  free(text);
  return status;
}
