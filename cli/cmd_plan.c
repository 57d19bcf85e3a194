/* cmd_plan.c: `heed plan`: one decision, explained: what was considered, what is expected, the tree. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "cli/actions.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "cli/observation.h"
#include "cli/plan_picture.h"
#include "cli/print.h"
#include "cli/screen.h"
#include "planner/report.h"

enum { PLANNER_TEXT = 1024, SCREEN_COLUMNS = 60 };

typedef struct settings {
  heed__common common;
  const char *params, *map;
  const char *dynamics, *reward, *value;
  const char *seen, *actions;
  const char *planner;
  uint32_t particles;
  const char *draw;
  uint32_t depth, width;
  int32_t colour;
  char planner_text[PLANNER_TEXT]; /* in full, for the echo */
} settings;

static const heed__option options[] = {
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), "exact", 0, 0, NULL,
     "FILE|exact", "Dynamics model: a file, or exact, the simulator itself"},
    {"reward", 'r', HEED__OPTION_TEXT, offsetof(settings, reward), "channel", 0, 0, NULL, "REWARD",
     "Reward model: a file; channel, what the world pays; formula:EXPR; or made of such: "
     "'pessimistic(wishes.heed, kappa=2)', 'sum(a.heed, scale(channel, factor=0.1))'"},
    HEED__OPTION_VALUE(settings),
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"state", 0, HEED__OPTION_TEXT, offsetof(settings, seen), NULL, 0, 0, NULL, "SEEN",
     "Where to decide, in place of a start of the world: " HEED__OBSERVATION_HELP},
    {"actions", 'a', HEED__OPTION_TEXT, offsetof(settings, actions), NULL, 0, 0, NULL, "LIST",
     "Actions that are taken before the decision, " HEED__ACTIONS_HELP},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the planner, e.g. selection=puct,simulations=150; 'heed help planner' lists "
     "them, and what they begin with where actions are a box"},
    {"particles", 0, HEED__OPTION_COUNT, offsetof(settings, particles), "1", 1, 4096, NULL, "N",
     "States that a belief of the exact dynamics holds; with 1 it knows what is hidden"},
    {"draw", 0, HEED__OPTION_TEXT, offsetof(settings, draw), NULL, 0, 0, NULL, "FILE",
     "Draw the tree, the expected line marked (.svg)"},
    {"depth", 0, HEED__OPTION_COUNT, offsetof(settings, depth), "3", 1, 100, NULL, "N",
     "Steps of the tree that are reported and drawn"},
    {"width", 0, HEED__OPTION_COUNT, offsetof(settings, width), "4", 1, 1000, NULL, "N",
     "Actions of a state that are reported and drawn, the best"},
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Draw in colour: auto, always or never"},
};

static const heed__usage usage = {
    .command = "heed plan",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Makes one decision and tells why: the values of all actions, and the line that is "
        "expected with its probabilities.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* All that a decision needs; owned. */
typedef struct job {
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_value_network *value; /* or NULL */
  heed_planner *planner;
  heed_planner_config config;
  heed_action *actions;
  uint32_t action_count;
  void *state, *belief, *obs;
  heed__screen screen;
  heed_decision decision;
  heed_plan_report report;
} job;

/* ---- where to decide -------------------------------------------------------------------------- */

/* Where the episode begins: where the world does, or where the state is what was said. What nobody can tell from it
 * is a learned model's to guess, and no simulator's. */
static heed_status begin(const settings *s, job *j, heed_rng *rng, heed_error *err) {
  heed_env_init(j->env, j->state);
  heed_env_reset(j->env, j->state, rng);
  heed_env_observe(j->env, j->state, j->obs);
  if (s->seen == NULL) {
    return HEED_OK;
  }
  bool is_told = heed_env_ops_of(j->env)->recall != NULL;
  if (!is_told && (s->actions != NULL || strcmp(s->dynamics, "exact") == 0)) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--state: %s hides something, so that what is seen does not tell its state; "
                     "plan in a learned model (--dynamics FILE, no --actions), or go there with "
                     "--actions",
                     s->common.args[0]);
  }
  heed_status status = heed__read_observation(j->env, s->seen, j->obs, err);
  if (status == HEED_OK && is_told) {
    heed_env_recall(j->env, j->obs, j->state);
    bool is_over = heed_env_legal(j->env, j->state, NULL) == 0;
    status = is_over ? heed_fail(err, HEED_ERR_ARG, "--state: nothing may be done there") : status;
  }
  return status;
}

/* Goes to the state that is asked for, filtering as an agent does. A single particle is given the truth. */
static heed_status go_there(const settings *s, job *j, heed_error *err) {
  heed_rng master;
  heed_rng_init(&master, s->common.seed);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_ENV, 0);
  bool is_told = strcmp(s->dynamics, "exact") == 0 && s->particles == 1;
  heed_outcome outcome = {0};
  heed_status status = begin(s, j, &rng, err);
  if (status != HEED_OK) {
    return status;
  }
  heed_dynamics_begin(j->dynamics, j->obs, j->belief);
  for (uint32_t i = 0; i < j->action_count; i++) {
    if (outcome.is_terminal || outcome.is_truncated) {
      return heed_fail(err, HEED_ERR_ARG, "--actions: the episode is over after %u of them", i);
    }
    status = heed_env_check_step(j->env, j->state, j->actions[i], err);
    if (status != HEED_OK) {
      return heed_fail_context(err, status, "--actions: after %u of them", i);
    }
    outcome = heed_env_step(j->env, j->state, j->actions[i], &rng);
    heed_env_observe(j->env, j->state, j->obs);
    heed_dynamics_observe(j->dynamics, j->belief, j->actions[i], j->obs);
  }
  if (outcome.is_terminal || outcome.is_truncated) {
    return heed_fail(err, HEED_ERR_ARG, "--actions: they end the episode; nothing is to decide");
  }
  if (is_told) {
    heed_exact_set_state(j->dynamics, j->state, j->belief);
  }
  return HEED_OK;
}

static heed_status decide(const settings *s, job *j, heed_error *err) {
  heed_rng master;
  heed_rng_init(&master, s->common.seed);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, 0);
  heed_plan_limits limits = heed_plan_limits_default();
  limits.depth = s->depth;
  limits.width = s->width;
  heed_status status = heed_planner_create(&j->config, j->dynamics, j->reward, &j->planner, err);
  if (status == HEED_OK && j->value != NULL) {
    heed_evaluator evaluator = heed_value_network_evaluator(j->value);
    status = heed_planner_set_evaluator(j->planner, &evaluator, j->reward, err);
  }
  if (status == HEED_OK) {
    heed_progress_bar bar;
    heed_progress_bar_begin(&bar, "planning", s->common.quiet);
    heed_progress_sink sink = heed_progress_bar_sink(&bar);
    heed_planner_set_progress(j->planner, &sink);
    status = heed_planner_plan(j->planner, j->belief, &rng, &j->decision, err);
    heed_planner_set_progress(j->planner, NULL);
    heed_progress_bar_end(&bar);
  }
  if (status == HEED_OK) {
    status = heed_plan_report_init(&j->report, j->planner, &j->decision, &limits, err);
  }
  return status;
}

/* ---- what came of it -------------------------------------------------------------------------- */

static const char *name_of(const job *j, heed_action action, char text[32]) {
  return heed__action_text(j->env, action, text);
}

static void print_actions(const job *j) {
  bool has_priors = !isnan(j->report.actions[0].prior);
  (void)printf("\n  action               value   visits%s\n", has_priors ? "   prior" : "");
  for (uint32_t a = 0; a < j->report.action_count; a++) {
    const heed_plan_action *action = &j->report.actions[a];
    char name[32];
    char value[32];
    bool is_legal = heed_env_check_step(j->env, j->state, action->action, NULL) == HEED_OK;
    const char *nothing = is_legal ? "unknown" : "illegal";
    (void)printf(
        "%c %-14s %11s %8u", a == j->report.chosen ? '>' : ' ', name_of(j, action->action, name),
        isnan(action->value) ? nothing : heed__short(action->value, value), action->visits);
    if (has_priors) {
      (void)printf("   %5.3f", action->prior);
    }
    (void)putchar('\n');
  }
}

static void print_line(const job *j) {
  (void)printf("\n  the line that is expected, probability %.4g\n", j->report.line_probability);
  for (uint32_t t = 1; t < j->report.line_count; t++) {
    const heed_plan_node *node = &j->report.nodes[j->report.line[t]];
    char name[32];
    char value[32];
    char reward[32];
    (void)printf("  %3u  %-14s value %-10s reward %-8s", t, name_of(j, node->action, name),
                 heed__short(node->value, value), heed__short(node->reward, reward));
    if (node->probability < 1) {
      (void)printf(" probability %.3g", node->probability);
    }
    (void)printf("%s\n", node->is_terminal ? " end" : "");
  }
}

static void print_text(const settings *s, job *j) {
  heed__options_echo(&usage, s, stdout);
  heed__screen_draw(&j->screen, j->obs);
  for (uint32_t row = 0; row < j->screen.rows; row++) {
    (void)fputs("  ", stdout);
    heed__screen_row(&j->screen, row, stdout);
    (void)putchar('\n');
  }
  print_actions(j);
  if (j->decision.tied > 1) {
    (void)printf("  %u actions are equally good: %s\n", j->decision.tied,
                 j->decision.ties == HEED_TIES_LOWEST ? "the lowest was taken" : "one was drawn");
  }
  print_line(j);
  (void)printf("\n  %u simulations%s, %llu predictions, %u nodes%s\n", j->decision.simulations,
               j->decision.is_early ? " (no more could change the choice)" : "",
               (unsigned long long)j->decision.predictions, j->decision.nodes,
               j->decision.is_full ? ", no room for more" : "");
}

static json_t *action_json(const job *j, uint32_t a) {
  const heed_plan_action *action = &j->report.actions[a];
  char name[32];
  return json_pack("{s:o, s:I, s:o, s:o}", "action",
                   heed__text_json(name_of(j, action->action, name)), "visits",
                   (json_int_t)action->visits, "value", heed__number_json(action->value), "prior",
                   heed__number_json(action->prior));
}

static json_t *node_json(const job *j, uint32_t i) {
  const heed_plan_node *node = &j->report.nodes[i];
  char name[32];
  return json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:b, s:b}", "parent",
                   i > 0 ? json_integer(node->parent) : json_null(), "action",
                   i > 0 ? heed__text_json(name_of(j, node->action, name)) : json_null(), "depth",
                   (json_int_t)node->depth, "visits", (json_int_t)node->visits, "value",
                   heed__number_json(node->value), "reward", heed__number_json(node->reward),
                   "probability", heed__number_json(node->probability), "on_line",
                   (int)node->is_on_line, "terminal", (int)node->is_terminal);
}

static void print_json(const settings *s, const job *j) {
  json_t *actions = json_array();
  json_t *nodes = json_array();
  char name[32];
  for (uint32_t a = 0; a < j->report.action_count; a++) {
    (void)json_array_append_new(actions, action_json(j, a));
  }
  for (uint32_t i = 0; i < j->report.node_count; i++) {
    (void)json_array_append_new(nodes, node_json(j, i));
  }
  json_t *document = heed__options_json(&usage, s);
  (void)json_object_set_new(
      document, "result",
      json_pack("{s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:b, s:b, s:o, s:o}", "action",
                heed__text_json(name_of(j, j->decision.action, name)), "value",
                heed__number_json(j->decision.value), "tied", (json_int_t)j->decision.tied,
                "line_probability", heed__number_json(j->report.line_probability), "simulations",
                (json_int_t)j->decision.simulations, "predictions",
                (json_int_t)j->decision.predictions, "nodes", (json_int_t)j->decision.nodes, "full",
                (int)j->decision.is_full, "early", (int)j->decision.is_early, "actions", actions,
                "tree", nodes));
  heed__print_json(document);
}

/* ---- from the command line -------------------------------------------------------------------- */

/* What is wrong with the command line is HEED_ERR_ARG. */
static heed_status prepare(settings *s, job *j, heed_error *err) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  size_t length = s->draw != NULL ? strlen(s->draw) : 4;
  if (s->draw != NULL && (length < 4 || strcmp(s->draw + length - 4, ".svg") != 0)) {
    return heed_fail(err, HEED_ERR_ARG, "--draw: '%s' does not end in .svg", s->draw);
  }
  heed_status status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  if (status == HEED_OK) {
    s->params = heed_env_params_of(j->env);
    s->map = NULL; /* it is among the parameters now */
    j->config = s->value != NULL ? heed_planner_config_valued() : heed_planner_config_default();
    status = heed__read_planner(s->planner, j->env, &j->config, err);
    if (status != HEED_OK) {
      return status;
    }
    (void)heed_params_format(table, count, &j->config, s->planner_text, sizeof s->planner_text,
                             NULL);
    s->planner = s->planner_text;
  }
  if (status == HEED_OK && s->actions != NULL) {
    status = heed__read_actions(j->env, s->actions, &j->actions, &j->action_count, err);
  }
  if (status == HEED_OK) {
    status = heed__load_dynamics(s->dynamics, j->env, s->particles, &j->dynamics, NULL, err);
  }
  if (status == HEED_OK) {
    status = heed__load_reward(s->reward, j->env, &j->reward, err);
  }
  if (status == HEED_OK) {
    status = heed__load_value(s->value, j->env, &j->value, err);
  }
  return status;
}

static heed_status build(const settings *s, job *j, heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(j->env);
  j->state = calloc(1, spec->state_size);
  j->obs = calloc(1, heed_space_size(&spec->obs_space));
  j->belief = calloc(1, heed_dynamics_spec_of(j->dynamics)->belief_size);
  if (j->state == NULL || j->obs == NULL || j->belief == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "planning: no memory");
  }
  heed_status status = heed__screen_init(&j->screen, j->env, heed__colour_of(s->colour, stdout),
                                         SCREEN_COLUMNS, HEED__SCREEN_ROWS, err);
  return status == HEED_OK ? go_there(s, j, err) : status;
}

static void release(job *j) {
  heed_plan_report_deinit(&j->report);
  heed_planner_destroy(j->planner);
  heed__screen_deinit(&j->screen);
  heed_value_network_destroy(j->value);
  heed_reward_destroy(j->reward);
  heed_dynamics_destroy(j->dynamics);
  heed_env_destroy(j->env);
  free(j->actions);
  free(j->state);
  free(j->obs);
  free(j->belief);
}

int heed__cmd_plan(int argc, char **argv) {
  settings s = {0};
  job j = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = prepare(&s, &j, &err);
  status = status == HEED_OK ? build(&s, &j, &err) : status;
  if (status == HEED_OK && s.draw != NULL) {
    const char *inputs[] = {s.dynamics, s.reward, s.value};
    status = heed__check_output(s.draw, inputs, 3, &err);
  }
  status = status == HEED_OK ? decide(&s, &j, &err) : status;
  if (status == HEED_OK && s.draw != NULL) {
    status = heed__plan_draw(&j.report, j.env, s.depth, s.draw, &err);
  }
  if (status == HEED_OK && s.common.format == HEED__JSON) {
    print_json(&s, &j);
  } else if (status == HEED_OK) {
    print_text(&s, &j);
  }
  release(&j);
  return status == HEED_OK        ? HEED__DONE
         : status == HEED_ERR_ARG ? heed__misused(&usage, &err)
                                  : heed__failed(&usage, &err);
}
