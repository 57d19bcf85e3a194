/* cmd_combine.c: `heed combine`: a reward made of others, in a file of its own. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/wishes.h"

typedef struct settings {
  heed__common common;
  const char *params;
  const char *map;
  const char *output;
} settings;

static const heed__option options[] = {
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"output", 'o', HEED__OPTION_TEXT, offsetof(settings, output), "reward.heed", 0, 0, NULL,
     "FILE", "File to write"},
};

static const heed__usage usage = {
    .command = "heed combine",
    .args = "ENV REWARD",
    .args_min = 2,
    .args_max = 2,
    .summary = "Makes a reward out of others, and writes it to a file that holds them all.",
    .more =
        "REWARD is NAME(PART, ..., PARAMETER=VALUE, ...). A part is a file, channel, "
        "formula:EXPR, or made of others itself. Names: sum(A, B, ...); scale(A, factor=1, "
        "offset=0); clip(A, low=-1, high=1); pessimistic(A, kappa=1), the mean less kappa "
        "times the spread. heed plan and heed run take the same with --reward.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static heed_status save(const settings *s, const heed_env *env, const heed_reward *reward,
                        heed_error *err) {
  heed_card card;
  heed__card_begin(&card, "heed combine", env, s->common.seed);
  heed_card_text(&card, "model", "%s", heed_reward_ops_of(reward)->name);
  heed_card_text(&card, "model params", "%s", heed_reward_params_of(reward));
  heed_card_text(&card, "reward", "%s", s->common.args[1]);
  return heed_reward_save(reward, &card, s->output, err);
}

static void report(const settings *s, const heed_env *env, const heed_reward *reward) {
  json_t *wants = heed__wishes_json(reward, env, SIZE_MAX);
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(
        result, "result",
        json_pack("{s:o, s:O}", "file", heed__text_json(s->output), "wants", wants));
    heed__print_json(result);
  } else {
    heed__options_echo(&usage, s, stdout);
    for (size_t i = 0; i < json_array_size(wants); i++) {
      (void)printf("  %s\n", json_string_value(json_array_get(wants, i)));
    }
    (void)printf("reward written to %s\n", s->output);
  }
  json_decref(wants);
}

int heed__cmd_combine(int argc, char **argv) {
  settings s = {0};
  heed_env *env = NULL;
  heed_reward *reward = NULL;
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  const char *what = s.common.args[1];
  heed_status status = heed__load_env(s.common.args[0], s.params, s.map, &env, &err);
  if (status == HEED_OK && !heed__is_combined(what)) {
    status =
        heed_fail(&err, HEED_ERR_ARG,
                  "'%s' is not made of others: NAME(PART, ..., PARAMETER=VALUE) expected, with "
                  "sum, scale, clip or pessimistic",
                  what);
  }
  bool is_misused = status == HEED_ERR_ARG;
  if (status == HEED_OK) {
    s.params = heed_env_params_of(env);
    s.map = NULL; /* it is among the parameters now */
    status = heed__check_output(s.output, NULL, 0, &err);
  }
  if (status == HEED_OK) {
    status = heed__load_reward(what, env, &reward, &err);
  }
  if (status == HEED_OK) {
    status = save(&s, env, reward, &err);
  }
  if (status == HEED_OK) {
    report(&s, env, reward);
  }
  heed_reward_destroy(reward);
  heed_env_destroy(env);
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
