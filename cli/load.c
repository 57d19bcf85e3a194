#include "cli/load.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "cli/options.h"
#include "cli/print.h"

/* An environment by name; an unknown name gets a suggestion. */
static heed_status create_env(const char *name, const char *params, heed_env **out,
                              heed_error *err) {
  heed_status status = heed_env_create(name, params, out, err);
  if (status == HEED_ERR_ARG && heed_env_find(name) == NULL) {
    const char *names[256] = {NULL};
    for (size_t i = 0; i < heed_env_count() && i < 255; i++) {
      names[i] = heed_env_at(i)->name;
    }
    const char *near = heed__nearest(name, names);
    return near != NULL ? heed_fail(err, HEED_ERR_ARG,
                                    "there is no environment '%s'; did you mean '%s'? 'heed envs' "
                                    "lists them",
                                    name, near)
                        : heed_fail(err, HEED_ERR_ARG,
                                    "there is no environment '%s'; 'heed envs' lists them", name);
  }
  return status;
}

heed_status heed__load_env(const char *name, const char *params, const char *map, heed_env **out,
                           heed_error *err) {
  const heed_env_ops *ops = heed_env_find(name);
  if (map == NULL || ops == NULL) {
    return create_env(name, params, out, err);
  }
  if (ops->map_symbols == NULL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--map '%s': %s takes no map of one's own; 'heed envs %s' tells about it", map,
                     name, name);
  }
  char rows[HEED_PARAM_TEXT_SIZE];
  heed_status status = heed_map_load(map, rows, err);
  if (status != HEED_OK) {
    return heed_fail_context(err, status, "--map");
  }
  const char *given = params != NULL ? params : "";
  size_t size = strlen(given) + strlen(rows) + sizeof ",map={}";
  char *text = malloc(size);
  if (text == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "--map: no memory");
  }
  bool is_first = given[strspn(given, " ")] == '\0';
  (void)snprintf(text, size, "%s%smap={%s}", given, is_first ? "" : ",", rows);
  status = create_env(name, text, out, err);
  free(text);
  return status;
}

/* ---- spaces --------------------------------------------------------------------------------- */

static heed_status check_spaces(const char *path, const heed_space *obs_space,
                                const heed_space *action_space, const heed_env *env,
                                heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  bool is_obs = !heed_space_equal(obs_space, &spec->obs_space);
  if (!is_obs && heed_space_equal(action_space, &spec->action_space)) {
    return HEED_OK;
  }
  char there[96];
  char wanted[96];
  heed_space_describe(is_obs ? obs_space : action_space, there, sizeof there);
  heed_space_describe(is_obs ? &spec->obs_space : &spec->action_space, wanted, sizeof wanted);
  return heed_fail(err, HEED_ERR_ARG,
                   "'%s' is about %s %s, %s has %s; 'heed show' tells what it was made for", path,
                   is_obs ? "observations" : "actions", there, heed_env_ops_of(env)->name, wanted);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Says at the end of what is wrong with a file how to come by a good one. */
static heed_status advise(heed_status status, const char *command, heed_error *err) {
  if (status == HEED_ERR_FORMAT || status == HEED_ERR_VERSION) {
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, "; make it again with '%s'",
                   command);
  }
  return status;
}

heed_status heed__load_experience(const char *path, const heed_env *env, heed_experience **out,
                                  heed_card *card, heed_error *err) {
  heed_status status = advise(heed_experience_load(path, out, card, err), "heed explore", err);
  if (status == HEED_OK && env != NULL) {
    status = check_spaces(path, heed_experience_obs_space(*out), heed_experience_action_space(*out),
                          env, err);
  }
  if (status == HEED_OK && heed_experience_count(*out) == 0) {
    status =
        heed_fail(err, HEED_ERR_ARG, "'%s' holds no experience; 'heed explore' makes some", path);
  }
  return status;
}

const char *heed__usual_dynamics(const heed_space *obs_space) {
  return obs_space->kind == HEED_SPACE_BOX ? "linear" : "context";
}

heed_status heed__load_dynamics(const char *what, const heed_env *env, uint32_t particles,
                                heed_dynamics **out, heed_card *card, heed_error *err) {
  if (strcmp(what, "exact") == 0) {
    return heed_exact_create(env, particles, out, err);
  }
  heed_status status = advise(heed_dynamics_load(what, out, card, err), "heed learn dynamics", err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(*out);
  return check_spaces(what, &spec->obs_space, &spec->action_space, env, err);
}

heed_status heed__load_value(const char *path, const heed_env *env, heed_value_network **out,
                             heed_error *err) {
  *out = NULL;
  heed_status status = path != NULL ? heed_value_network_load(path, out, NULL, err) : HEED_OK;
  status = advise(status, "heed learn value", err);
  if (status != HEED_OK || path == NULL) {
    return status;
  }
  return check_spaces(path, heed_value_network_obs_space(*out),
                      heed_value_network_action_space(*out), env, err);
}

heed_status heed__read_planner(const char *params, const heed_env *env, heed_planner_config *config,
                               heed_error *err) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_planner_config_fit(config, &heed_env_spec_of(env)->action_space);
  heed_status status = heed__params_overlay(table, count, params, config, err);
  return status == HEED_OK ? status : heed_fail_context(err, status, "--planner");
}

/* A formula, in braces so that it may hold commas. */
static heed_status make_formula(const char *formula, const heed_env *env, heed_reward **out,
                                heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(env);
  char params[HEED_PARAM_TEXT_SIZE + 16];
  if (strlen(formula) >= HEED_PARAM_TEXT_SIZE) {
    return heed_fail(err, HEED_ERR_ARG, "formula: %zu characters, at most %d expected",
                     strlen(formula), HEED_PARAM_TEXT_SIZE - 1);
  }
  (void)snprintf(params, sizeof params, "formula={%s}", formula);
  return heed_reward_create("formula", params, &spec->obs_space, &spec->action_space, out, err);
}

/* ---- rewards made of others: NAME(PART, ..., PARAMETER=VALUE, ...) ------------------------------ */

bool heed__is_combined(const char *what) {
  size_t length = strcspn(what, "(");
  char name[32];
  if (what[length] == '\0' || length >= sizeof name) {
    return false;
  }
  (void)snprintf(name, sizeof name, "%.*s", (int)length, what);
  const heed_reward_ops *ops = heed_reward_find(name);
  return ops != NULL && ops->part_max > 0;
}

/* The end of the item at `text`: a comma outside of brackets, or the end. */
static char *item_end(char *text) {
  int depth = 0;
  for (; *text != '\0' && (*text != ',' || depth > 0); text++) {
    depth += strchr("([{", *text) != NULL;
    depth -= strchr(")]}", *text) != NULL;
  }
  return text;
}

static char *trimmed(char *text, char *end) {
  while (end > text && end[-1] == ' ') {
    end--;
  }
  *end = '\0';
  return text + strspn(text, " ");
}

/* Is the item "name=...", with the name of a parameter? */
static bool is_param(const heed_reward_ops *ops, const char *item) {
  size_t length = strcspn(item, "=");
  for (size_t i = 0; i < ops->param_count && item[length] == '='; i++) {
    const char *name = ops->params[i].name;
    if (strlen(name) == length && strncmp(name, item, length) == 0) {
      return true;
    }
  }
  return false;
}

/* Loads the parts named in `items`, which is cut up, and collects the parameters in params[size]. */
static heed_status load_parts(char *items, const heed_reward_ops *ops, const heed_env *env,
                              heed_reward **parts, size_t *count, char *params, size_t size,
                              heed_error *err) {
  heed_status status = HEED_OK;
  char *end = items;
  for (bool is_last = items[0] == '\0'; !is_last && status == HEED_OK; items = end + 1) {
    end = item_end(items);
    is_last = *end == '\0';
    const char *item = trimmed(items, end);
    size_t used = strlen(params);
    if (is_param(ops, item) && used + strlen(item) + 2 <= size) {
      (void)snprintf(params + used, size - used, "%s%s", used > 0 ? "," : "", item);
    } else if (item[0] == '\0' || *count == HEED_REWARD_PARTS_MAX) {
      status = heed_fail(err, HEED_ERR_ARG, "%s: an empty item, or more than %d", ops->name,
                         HEED_REWARD_PARTS_MAX);
    } else {
      status = heed__load_reward(item, env, &parts[(*count)++], err);
    }
  }
  return status;
}

static heed_status load_combined(const char *what, const heed_env *env, heed_reward **out,
                                 heed_error *err) {
  char name[32];
  char params[256] = "";
  heed_reward *parts[HEED_REWARD_PARTS_MAX] = {NULL};
  size_t count = 0;
  size_t length = strcspn(what, "(");
  if (what[strlen(what) - 1] != ')') {
    return heed_fail(err, HEED_ERR_ARG, "'%s': ')' expected at the end", what);
  }
  char *items = strdup(what + length + 1);
  if (items == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", what);
  }
  items[strlen(items) - 1] = '\0'; /* the bracket at the end */
  (void)snprintf(name, sizeof name, "%.*s", (int)length, what);
  heed_status status =
      load_parts(items, heed_reward_find(name), env, parts, &count, params, sizeof params, err);
  if (status == HEED_OK) {
    status = heed_reward_combine(name, params, parts, count, out, err);
  }
  for (size_t i = 0; i < count && status != HEED_OK; i++) {
    heed_reward_destroy(parts[i]);
  }
  free(items);
  return status;
}

heed_status heed__load_reward(const char *what, const heed_env *env, heed_reward **out,
                              heed_error *err) {
  *out = NULL;
  static const char formula[] = "formula:";
  const heed_env_spec *spec = heed_env_spec_of(env);
  if (strcmp(what, "channel") == 0) {
    return heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, out, err);
  }
  if (strncmp(what, formula, sizeof formula - 1) == 0) {
    return make_formula(what + sizeof formula - 1, env, out, err);
  }
  if (heed__is_combined(what)) {
    return load_combined(what, env, out, err);
  }
  heed_status status = advise(heed_reward_load(what, out, NULL, err), "heed learn reward", err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_reward_spec *own = heed_reward_spec_of(*out);
  return check_spaces(what, &own->obs_space, &own->action_space, env, err);
}

/* ---- cards ---------------------------------------------------------------------------------- */

void heed__card_params(heed_card *card, const char *prefix, const heed_param *table, size_t count,
                       const void *values) {
  for (size_t i = 0; i < count; i++) {
    char text[HEED_PARAM_TEXT_SIZE + 64];
    char name[96];
    if (heed_params_format(&table[i], 1, values, text, sizeof text, NULL) == HEED_OK) {
      (void)snprintf(name, sizeof name, "%s.%s", prefix, table[i].name);
      heed_card_text(card, name, "%s", text + strlen(table[i].name) + 1);
    }
  }
}

void heed__card_begin(heed_card *card, const char *command, const heed_env *env, uint64_t seed) {
  *card = (heed_card){0};
  heed_card_text(card, "version", "heed %s", HEED_VERSION);
  heed_card_text(card, "made by", "%s", command);
  if (env != NULL) {
    heed_card_text(card, "env", "%s", heed_env_ops_of(env)->name);
    heed_card_text(card, "env params", "%s", heed_env_params_of(env));
  }
  heed_card_text(card, "seed", "%" PRIu64, seed);
}
