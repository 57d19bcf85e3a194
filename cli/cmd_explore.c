/* cmd_explore.c: `heed explore`: act in a world in order to learn how it works. */
#include <inttypes.h>
#include <string.h>

#include "agent/explore.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"

enum { PLANNER_TEXT = 1024 };

typedef struct settings {
  heed__common common;
  const char *params;
  const char *map;
  uint32_t steps;
  uint32_t episode_steps;
  int32_t policy;
  const char *dynamics, *dynamics_params;
  const char *planner;
  const char *output;
  char planner_text[PLANNER_TEXT]; /* in full, for the echo */
} settings;

static const heed__option options[] = {
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"steps", 'n', HEED__OPTION_COUNT, offsetof(settings, steps), "3000", 1, 1e9, NULL, "N",
     "Steps in all"},
    {"episode-steps", 0, HEED__OPTION_COUNT, offsetof(settings, episode_steps), "40", 0, 1e9, NULL,
     "N", "Leave an episode after so many steps, 0: never"},
    {"policy", 0, HEED__OPTION_CHOICE, offsetof(settings, policy), "information", 0, 0,
     "information|random", "POLICY",
     "What actions are chosen for: information (plan for what tells most), or random"},
    {"dynamics", 0, HEED__OPTION_TEXT, offsetof(settings, dynamics), NULL, 0, 0, NULL, "NAME",
     "Model that the information policy learns and plans in; default: context where observations "
     "are cells, linear "
     "where they are numbers"},
    {"dynamics-params", 0, HEED__OPTION_TEXT, offsetof(settings, dynamics_params), NULL, 0, 0, NULL,
     "P", "Its parameters, e.g. concentration=0.5; 'heed help dynamics' lists them"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the information policy's planner, e.g. simulations=50,horizon=15; 'heed help "
     "planner' "
     "lists them"},
    {"output", 'o', HEED__OPTION_TEXT, offsetof(settings, output), "experience.heed", 0, 0, NULL,
     "FILE", "File to write"},
};

static const heed__usage usage = {
    .command = "heed explore",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary = "Acts in an environment to learn how it works, and writes the experience to a file.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* All that an exploration needs; owned. */
typedef struct job {
  heed_env *env;
  heed_dynamics *dynamics; /* NULL for the random policy */
  heed_experience *experience;
  heed_explore_config config;
} job;

/* Builds everything from the command line: what fails here was said wrongly. */
static heed_status prepare(settings *s, job *j, heed_error *err) {
  heed_status status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  s->params = heed_env_params_of(j->env);
  s->map = NULL; /* it is among the parameters now */

  size_t count;
  const heed_param *table = heed_planner_params(&count);
  j->config = heed_explore_config_default();
  j->config.steps = s->steps;
  j->config.episode_steps = s->episode_steps;
  j->config.policy = (heed_explore_policy)s->policy;
  status = heed__read_planner(s->planner, j->env, &j->config.planner, err);
  if (status != HEED_OK) {
    return status;
  }
  if (j->config.policy == HEED_EXPLORE_INFORMATION) {
    s->dynamics = s->dynamics != NULL ? s->dynamics : heed__usual_dynamics(&spec->obs_space);
    status = heed_dynamics_create(s->dynamics, s->dynamics_params, &spec->obs_space,
                                  &spec->action_space, &j->dynamics, err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "--dynamics");
    }
    s->dynamics_params = heed_dynamics_params_of(j->dynamics);
    (void)heed_params_format(table, count, &j->config.planner, s->planner_text,
                             sizeof s->planner_text, NULL);
    s->planner = s->planner_text;
  } else {
    s->dynamics = NULL;
    s->dynamics_params = NULL;
    s->planner = NULL;
  }
  return heed_experience_create(&spec->obs_space, &spec->action_space, &j->experience, err);
}

static heed_status save(const settings *s, const job *j, heed_error *err) {
  heed_card card;
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  bool is_random = j->config.policy == HEED_EXPLORE_RANDOM;
  heed__card_begin(&card, "heed explore", j->env, s->common.seed);
  heed_card_text(&card, "policy", "%s", is_random ? "random" : "information");
  heed_card_number(&card, "steps", s->steps);
  heed_card_number(&card, "episode steps", s->episode_steps);
  if (!is_random) {
    heed_card_text(&card, "dynamics", "%s", s->dynamics);
    heed_card_text(&card, "dynamics params", "%s", s->dynamics_params);
    heed__card_params(&card, "planner", table, count, &j->config.planner);
  }
  return heed_experience_save(j->experience, &card, s->output, err);
}

/* Distinct ends and what was paid, for the report. */
typedef struct tally {
  size_t terminals, truncated;
  double reward;
} tally;

static tally count_up(const heed_experience *experience) {
  tally result = {0};
  for (size_t t = 0; t < heed_experience_count(experience); t++) {
    heed_outcome outcome = heed_experience_outcome(experience, t);
    result.terminals += outcome.is_terminal ? 1 : 0;
    result.truncated += outcome.is_truncated ? 1 : 0;
    result.reward += outcome.reward;
  }
  return result;
}

static void report(const settings *s, const job *j) {
  size_t steps = heed_experience_count(j->experience);
  size_t episodes = heed_experience_episode_count(j->experience);
  tally sums = count_up(j->experience);
  char hash[24];
  (void)snprintf(hash, sizeof hash, "%016" PRIx64, heed_experience_hash(j->experience));
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(
        result, "result",
        json_pack("{s:o, s:I, s:I, s:I, s:f, s:s}", "file", heed__text_json(s->output), "steps",
                  (json_int_t)steps, "episodes", (json_int_t)episodes, "ended_by_the_rules",
                  (json_int_t)sums.terminals, "reward_sum", sums.reward, "hash", hash));
    heed__print_json(result);
    return;
  }
  heed__options_echo(&usage, s, stdout);
  (void)printf("%zu steps in %zu episodes, %zu of which the rules ended; paid %g in all\n", steps,
               episodes, sums.terminals, sums.reward);
  (void)printf("experience %s written to %s\n", hash, s->output);
}

int heed__cmd_explore(int argc, char **argv) {
  settings s = {0};
  job j = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = prepare(&s, &j, &err);
  bool is_misused = status == HEED_ERR_ARG;
  if (status == HEED_OK) {
    status = heed__check_output(s.output, NULL, 0, &err);
  }
  if (status == HEED_OK) {
    heed_rng master;
    heed_progress_bar bar;
    heed_rng_init(&master, s.common.seed);
    heed_progress_bar_begin(&bar, "exploring", s.common.quiet);
    heed_progress_sink sink = heed_progress_bar_sink(&bar);
    status = heed_explore(j.env, j.dynamics, &j.config, &master, j.experience, &sink, &err);
    heed_progress_bar_end(&bar);
  }
  if (status == HEED_OK) {
    status = save(&s, &j, &err);
  }
  if (status == HEED_OK) {
    report(&s, &j);
  }
  heed_experience_destroy(j.experience);
  heed_dynamics_destroy(j.dynamics);
  heed_env_destroy(j.env);
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
