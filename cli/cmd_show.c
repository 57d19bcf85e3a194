/* cmd_show.c: `heed show`: what a file holds, and how it came to be. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/show_store.h"
#include "cli/wishes.h"

enum { WISHES = 20 };

typedef struct settings {
  heed__common common;
} settings;

static const heed__usage usage = {
    .command = "heed show",
    .args = "FILE",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Prints what a file holds: experience, a dynamics, reward or value model, with the card "
        "that says how it came to be; or a store of people's answers.",
};

/* ---- summaries, by kind --------------------------------------------------------------------- */

static void add_spaces(json_t *into, const heed_space *obs_space, const heed_space *action_space) {
  char text[96];
  heed_space_describe(obs_space, text, sizeof text);
  (void)json_object_set_new(into, "observations", json_string(text));
  heed_space_describe(action_space, text, sizeof text);
  (void)json_object_set_new(into, "actions", json_string(text));
}

static heed_status show_experience(const char *path, json_t *contents, heed_card *card,
                                   heed_error *err) {
  heed_experience *e;
  heed_status status = heed_experience_load(path, &e, card, err);
  if (status != HEED_OK) {
    return status;
  }
  size_t ends = 0;
  double reward = 0;
  for (size_t t = 0; t < heed_experience_count(e); t++) {
    heed_outcome outcome = heed_experience_outcome(e, t);
    ends += outcome.is_terminal ? 1 : 0;
    reward += outcome.reward;
  }
  char hash[24];
  (void)snprintf(hash, sizeof hash, "%016" PRIx64, heed_experience_hash(e));
  add_spaces(contents, heed_experience_obs_space(e), heed_experience_action_space(e));
  (void)json_object_set_new(contents, "steps", json_integer((json_int_t)heed_experience_count(e)));
  (void)json_object_set_new(contents, "episodes",
                            json_integer((json_int_t)heed_experience_episode_count(e)));
  (void)json_object_set_new(contents, "ended by the rules", json_integer((json_int_t)ends));
  (void)json_object_set_new(contents, "reward sum", heed__number_json(reward));
  (void)json_object_set_new(contents, "hash", json_string(hash));
  heed_experience_destroy(e);
  return HEED_OK;
}

static heed_status show_dynamics(const char *path, json_t *contents, heed_card *card,
                                 heed_error *err) {
  heed_dynamics *model;
  heed_status status = heed_dynamics_load(path, &model, card, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_dynamics_spec *spec = heed_dynamics_spec_of(model);
  (void)json_object_set_new(contents, "model", json_string(heed_dynamics_ops_of(model)->name));
  (void)json_object_set_new(contents, "params", heed__text_json(heed_dynamics_params_of(model)));
  add_spaces(contents, &spec->obs_space, &spec->action_space);
  heed_dynamics_destroy(model);
  return HEED_OK;
}

/* The world that a model was learned in, if the card names one that this version knows and that looks like it;
 * NULL otherwise. */
static heed_env *env_of_card(const heed_card *card, const heed_space *obs_space) {
  const heed_card_entry *name = heed_card_find(card, "env");
  const heed_card_entry *params = heed_card_find(card, "env params");
  heed_env *env = NULL;
  if (name == NULL || params == NULL ||
      heed_env_create(name->text, params->text, &env, NULL) != HEED_OK) {
    return NULL;
  }
  if (!heed_space_equal(&heed_env_spec_of(env)->obs_space, obs_space)) {
    heed_env_destroy(env);
    return NULL;
  }
  return env;
}

static heed_status show_reward(const char *path, json_t *contents, heed_card *card,
                               heed_error *err) {
  heed_reward *model;
  heed_status status = heed_reward_load(path, &model, card, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_reward_spec *spec = heed_reward_spec_of(model);
  (void)json_object_set_new(contents, "model", json_string(heed_reward_ops_of(model)->name));
  (void)json_object_set_new(contents, "params", heed__text_json(heed_reward_params_of(model)));
  add_spaces(contents, &spec->obs_space, &spec->action_space);
  heed_env *env = env_of_card(card, &spec->obs_space);
  (void)json_object_set_new(contents, "wants, strongest first",
                            heed__wishes_json(model, env, WISHES));
  heed_env_destroy(env);
  heed_reward_destroy(model);
  return HEED_OK;
}

static heed_status show_value(const char *path, json_t *contents, heed_card *card,
                              heed_error *err) {
  heed_value_network *network;
  heed_status status = heed_value_network_load(path, &network, card, err);
  if (status != HEED_OK) {
    return status;
  }
  uint32_t inputs;
  size_t weights;
  uint64_t steps;
  heed_value_network_sizes(network, &inputs, &weights, &steps);
  (void)json_object_set_new(contents, "model", json_string("network"));
  (void)json_object_set_new(contents, "params",
                            heed__text_json(heed_value_network_params_of(network)));
  add_spaces(contents, heed_value_network_obs_space(network),
             heed_value_network_action_space(network));
  (void)json_object_set_new(contents, "inputs", json_integer((json_int_t)inputs));
  (void)json_object_set_new(contents, "weights", json_integer((json_int_t)weights));
  (void)json_object_set_new(contents, "steps learned", json_integer((json_int_t)steps));
  heed_value_network_destroy(network);
  return HEED_OK;
}

/* A kind that this version does not know: its keys. */
static heed_status show_other(const char *path, json_t *contents, heed_card *card,
                              heed_error *err) {
  heed_pack_reader *reader;
  heed_status status = heed_pack_open(path, NULL, 0, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_pack_value *root = heed_pack_root(reader);
  for (uint32_t i = 0; i < heed_pack_count(root); i++) {
    char text[128];
    heed_pack_to_text(heed_pack_item(root, i), text, sizeof text);
    (void)json_object_set_new(contents, heed_pack_key_at(root, i), heed__text_json(text));
  }
  status = heed_pack_get_card(root, card, err);
  heed_pack_close(reader);
  return status;
}

/* ---- any file ------------------------------------------------------------------------------- */

static heed_status show_pack(const char *path, json_t **out, heed_card *card, heed_error *err) {
  static const struct {
    const char *kind;
    heed_status (*show)(const char *path, json_t *contents, heed_card *card, heed_error *err);
  } kinds[] = {{"experience", show_experience},
               {"dynamics", show_dynamics},
               {"reward", show_reward},
               {"value", show_value},
               {NULL, show_other}};
  heed_pack_reader *reader;
  heed_status status = heed_pack_open(path, NULL, 0, &reader, err);
  if (status != HEED_OK) {
    return status;
  }
  char kind[HEED_PACK_KIND_MAX + 1];
  (void)snprintf(kind, sizeof kind, "%s", heed_pack_kind(reader));
  uint32_t version = heed_pack_version(reader);
  heed_pack_close(reader);

  size_t i = 0;
  while (kinds[i].kind != NULL && strcmp(kinds[i].kind, kind) != 0) {
    i++;
  }
  json_t *contents = json_object();
  status = kinds[i].show(path, contents, card, err);
  if (status == HEED_OK) {
    *out = json_pack("{s:o, s:I, s:O, s:o}", "kind", heed__text_json(kind), "version",
                     (json_int_t)version, "contents", contents, "card", heed__card_json(card));
  }
  json_decref(contents);
  return status;
}

/* Does the file begin with these bytes? */
static bool begins_with(const char *path, const void *bytes, size_t size) {
  char head[32] = {0};
  FILE *file = fopen(path, "rb");
  size_t got = file != NULL ? fread(head, 1, sizeof head, file) : 0;
  if (file != NULL) {
    (void)fclose(file);
  }
  return got >= size && memcmp(head, bytes, size) == 0;
}

static heed_status show_any(const char *path, json_t **out, heed_card *card, heed_error *err) {
  static const char sqlite_magic[] = "SQLite format 3"; /* its NUL is part of it */
  if (begins_with(path, sqlite_magic, sizeof sqlite_magic)) {
    return heed__show_store(path, out, err);
  }
  if (begins_with(path, "{", 1)) {
    return heed_fail(err, HEED_ERR_FORMAT,
                     "'%s' is text; if it is a recording, 'heed replay' plays it", path);
  }
  return show_pack(path, out, card, err);
}

/* ---- printing ------------------------------------------------------------------------------- */

/* A JSON value on one line, text without quotes. */
static void print_value(const json_t *value) {
  if (json_is_string(value)) {
    (void)fputs(json_string_value(value), stdout);
  } else if (json_is_real(value)) {
    (void)printf("%.6g", json_real_value(value));
  } else {
    (void)json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
  }
}

/* An item of a list: text, or an object on one line. */
static void print_item(const json_t *item) {
  const char *name;
  json_t *field;
  (void)fputs("   ", stdout);
  json_object_foreach((json_t *)item, name, field) {
    (void)printf(" %s=", name);
    print_value(field);
  }
  if (!json_is_object(item)) {
    (void)fputc(' ', stdout);
    print_value(item);
  }
  (void)fputc('\n', stdout);
}

static void print_object(const json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    size_t i;
    json_t *item;
    if (json_is_array(value)) {
      (void)printf("  %s\n", key);
    } else {
      (void)printf("  %-28s ", key);
      print_value(value);
      (void)fputc('\n', stdout);
    }
    json_array_foreach(value, i, item) {
      print_item(item);
    }
  }
}

static void print_text(const char *path, const json_t *shown, const heed_card *card) {
  const json_t *contents = json_object_get(shown, "contents");
  (void)printf("%s: %s, format version %" JSON_INTEGER_FORMAT "\n", path,
               json_string_value(json_object_get(shown, "kind")),
               json_integer_value(json_object_get(shown, "version")));
  print_object(contents);
  if (card->count > 0) {
    (void)puts("card");
    heed__card_print(card, stdout);
  }
}

int heed__cmd_show(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  heed_card card = {0};
  json_t *shown = NULL;
  heed__options_parse(&usage, argc, argv, &s);
  const char *path = s.common.args[0];
  if (show_any(path, &shown, &card, &err) != HEED_OK) {
    return heed__failed(&usage, &err);
  }
  if (s.common.format == HEED__JSON) {
    heed__print_json(shown);
    return HEED__DONE;
  }
  print_text(path, shown, &card);
  json_decref(shown);
  return HEED__DONE;
}
