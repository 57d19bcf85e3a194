/* cmd_learn_value.c: `heed learn value`: a network of values and policies learns from searches in a world.
 *
 * One more generation of episodes, which it did not learn from, says how right it is. */
#include <string.h>

#include "agent/self_play.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"

enum { PLANNER_TEXT = 1024 };

typedef struct settings {
  heed__common common;
  const char *params, *map;
  const char *dynamics, *reward;
  uint32_t particles;
  const char *network, *planner;
  uint32_t generations, episodes, openings, max_steps, returns, fits, window;
  const char *output;
  char planner_text[PLANNER_TEXT]; /* in full, for the echo */
} settings;

static const heed__option options[] = {
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), "exact", 0, 0, NULL,
     "FILE|exact", "Dynamics model that is searched: a file, or exact, the simulator itself"},
    {"reward", 'r', HEED__OPTION_TEXT, offsetof(settings, reward), "channel", 0, 0, NULL, "REWARD",
     "Reward that values are of: a file; channel, what the world pays; or as 'heed plan' says"},
    {"particles", 0, HEED__OPTION_COUNT, offsetof(settings, particles), "1", 1, 4096, NULL, "N",
     "States that a belief of the exact dynamics holds; with 1 it knows what is hidden"},
    {"network", 0, HEED__OPTION_TEXT, offsetof(settings, network), NULL, 0, 0, NULL, "P",
     "Parameters of the network, e.g. width=128,depth=2"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the searches, e.g. simulations=25; 'heed help planner' lists them"},
    {"generations", 'g', HEED__OPTION_COUNT, offsetof(settings, generations), "20", 1, 1e6, NULL,
     "N", "How often it learns from new episodes"},
    {"episodes", 'n', HEED__OPTION_COUNT, offsetof(settings, episodes), "200", 1, 1e6, NULL, "N",
     "Episodes of a generation"},
    {"openings", 0, HEED__OPTION_COUNT, offsetof(settings, openings), "4", 0, 1e6, NULL, "N",
     "Random actions that an episode begins with, at most"},
    {"max-steps", 0, HEED__OPTION_COUNT, offsetof(settings, max_steps), "0", 0, 1e5, NULL, "N",
     "Of an episode after these; 0: the time limit of the world, or 200"},
    {"returns", 0, HEED__OPTION_COUNT, offsetof(settings, returns), "0", 0, 1e5, NULL, "N",
     "Steps of the returns that values are learned from; 0: to the end of the episode"},
    {"fits", 0, HEED__OPTION_COUNT, offsetof(settings, fits), "400", 0, 1e7, NULL, "N",
     "Steps of Adam after each generation"},
    {"window", 0, HEED__OPTION_COUNT, offsetof(settings, window), "5", 1, 1e6, NULL, "N",
     "Generations that are learned from, the latest"},
    {"output", 'o', HEED__OPTION_TEXT, offsetof(settings, output), "value.heed", 0, 0, NULL, "FILE",
     "File to write"},
};

static const heed__usage usage = {
    .command = "heed learn value",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Lets a network learn from searches what positions are worth and what to try there; "
        "plan, run and play take it with --value.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* All owned. */
typedef struct job {
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_value_network *network;
  heed_planner_config planner;
  heed_self_play_report report;
} job;

/* ---- from the command line -------------------------------------------------------------------- */

/* What is wrong with the command line is HEED_ERR_ARG. */
static heed_status prepare(settings *s, job *j, heed_error *err) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_status status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  if (status != HEED_OK) {
    return status;
  }
  s->params = heed_env_params_of(j->env);
  s->map = NULL; /* it is among the parameters now */
  j->planner = heed_planner_config_valued();
  j->planner.puct_init = 4; /* the prior is to be doubted while it is learned */
  status = heed__read_planner(s->planner, j->env, &j->planner, err);
  if (status != HEED_OK) {
    return status;
  }
  (void)heed_params_format(table, count, &j->planner, s->planner_text, sizeof s->planner_text,
                           NULL);
  s->planner = s->planner_text;
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  status = heed_value_network_create(s->network, &spec->obs_space, &spec->action_space, &j->network,
                                     err);
  if (status == HEED_OK) {
    s->network = heed_value_network_params_of(j->network);
    status = heed__load_dynamics(s->dynamics, j->env, s->particles, &j->dynamics, NULL, err);
  }
  return status == HEED_OK ? heed__load_reward(s->reward, j->env, &j->reward, err) : status;
}

static heed_status learn(const settings *s, job *j, heed_error *err) {
  heed_self_play_config config = {.generations = s->generations,
                                  .episodes = s->episodes,
                                  .openings = s->openings,
                                  .max_steps = s->max_steps,
                                  .returns = s->returns,
                                  .fits = s->fits,
                                  .window = s->window,
                                  .seed = s->common.seed};
  bool is_told = strcmp(s->dynamics, "exact") == 0 && s->particles == 1;
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", s->common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed_status status = heed_self_play(j->env, j->dynamics, is_told, j->reward, &j->planner, &config,
                                      j->network, &sink, &j->report, err);
  heed_progress_bar_end(&bar);
  return status;
}

/* ---- what came of it -------------------------------------------------------------------------- */

static heed_status save(const settings *s, const job *j, heed_error *err) {
  const heed_value_report *n = &j->report.network;
  heed_card card;
  heed__card_begin(&card, "heed learn value", j->env, s->common.seed);
  heed_card_text(&card, "dynamics", "%s", s->dynamics);
  heed_card_text(&card, "reward", "%s", s->reward);
  heed_card_text(&card, "network", "%s", s->network);
  heed_card_number(&card, "discount", j->planner.discount);
  heed_card_number(&card, "simulations", j->planner.simulations);
  heed_card_number(&card, "generations", s->generations);
  heed_card_number(&card, "positions", (double)j->report.positions);
  heed_card_number(&card, "value error, held out", n->value_error);
  heed_card_number(&card, "policy loss, nats", n->policy_loss);
  heed_card_number(&card, "agreement with search", n->agreement);
  heed_card_number(&card, "mean return", j->report.mean_return);
  return heed_value_network_save(j->network, &card, s->output, err);
}

static void print_json(const settings *s, const job *j) {
  const heed_self_play_report *r = &j->report;
  json_t *document = heed__options_json(&usage, s);
  (void)json_object_set_new(
      document, "result",
      json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file",
                heed__text_json(s->output), "positions", (json_int_t)r->positions, "simulations",
                (json_int_t)r->simulations, "held_out", (json_int_t)r->network.count, "value_error",
                heed__number_json(r->network.value_error), "value_spread",
                heed__number_json(r->network.value_spread), "policy_loss",
                heed__number_json(r->network.policy_loss), "policy_least",
                heed__number_json(r->network.policy_least), "agreement",
                heed__number_json(r->network.agreement), "mean_return",
                heed__number_json(r->mean_return), "mean_steps", heed__number_json(r->mean_steps)));
  heed__print_json(document);
}

static void print_text(const settings *s, const job *j) {
  const heed_self_play_report *r = &j->report;
  heed__options_echo(&usage, s, stdout);
  (void)printf("learned from %llu positions, for which %llu simulations were made\n",
               (unsigned long long)r->positions, (unsigned long long)r->simulations);
  (void)printf("held against %zu positions more, which it did not learn from:\n", r->network.count);
  (void)printf("  values are off by %.4g, root of the mean square; their mean would be by %.4g\n",
               r->network.value_error, r->network.value_spread);
  if (r->network.policy_least > 0 || r->network.policy_loss > 0) {
    (void)printf("  policies cost %.4g nats; what was searched has %.4g\n", r->network.policy_loss,
                 r->network.policy_least);
    (void)printf("  the likeliest action is what the search visited most in %.1f %%\n",
                 100 * r->network.agreement);
  }
  (void)printf("  an episode pays %.4g in %.4g steps\n", r->mean_return, r->mean_steps);
  (void)printf("value written to %s\n", s->output);
}

int heed__cmd_learn_value(int argc, char **argv) {
  settings s = {0};
  job j = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  const char *inputs[] = {s.dynamics, s.reward, s.map};
  heed_status status = prepare(&s, &j, &err);
  if (status == HEED_OK) {
    status = heed__check_output(s.output, inputs, 3, &err);
  }
  status = status == HEED_OK ? learn(&s, &j, &err) : status;
  status = status == HEED_OK ? save(&s, &j, &err) : status;
  if (status == HEED_OK && s.common.format == HEED__JSON) {
    print_json(&s, &j);
  } else if (status == HEED_OK) {
    print_text(&s, &j);
  }
  heed_value_network_destroy(j.network);
  heed_reward_destroy(j.reward);
  heed_dynamics_destroy(j.dynamics);
  heed_env_destroy(j.env);
  return status == HEED_OK        ? HEED__DONE
         : status == HEED_ERR_ARG ? heed__misused(&usage, &err)
                                  : heed__failed(&usage, &err);
}
