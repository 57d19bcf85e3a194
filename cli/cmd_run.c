/* cmd_run.c: `heed run`: let an agent plan and act, and measure what came of it. */
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "cli/print.h"
#include "cli/watch.h"
#include "core/decimal.h"
#include "envs/trace.h"

enum { PLANNER_TEXT = 1024 };

typedef struct settings {
  heed__common common;
  const char *params;
  const char *map;
  const char *dynamics, *reward, *value;
  uint32_t particles;
  uint32_t episodes;
  const char *swap;
  bool adapt, watch;
  uint32_t delay_ms;
  const char *record;
  const char *planner;
  int32_t colour;
  char planner_text[PLANNER_TEXT]; /* in full, for the echo */
} settings;

static const heed__option options[] = {
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the environment, e.g. level=1"},
    HEED__OPTION_MAP(settings),
    {"dynamics", 'd', HEED__OPTION_TEXT, offsetof(settings, dynamics), NULL, 0, 0, NULL,
     "FILE|exact", "Dynamics model: a file, or exact, the simulator itself; required"},
    {"reward", 'r', HEED__OPTION_TEXT, offsetof(settings, reward), NULL, 0, 0, NULL, "REWARD",
     "Reward model: a file; channel, what the world pays; formula:EXPR, e.g. "
     "'formula:50*change[4,3] - one'; or made of such: 'pessimistic(wishes.heed, kappa=2)', "
     "'sum(a.heed, scale(channel, factor=0.1))', 'clip(...)'; required"},
    HEED__OPTION_VALUE(settings),
    {"particles", 0, HEED__OPTION_COUNT, offsetof(settings, particles), "16", 1, 4096, NULL, "N",
     "States that a belief of the exact dynamics holds; 1 is enough where nothing is hidden"},
    {"episodes", 'n', HEED__OPTION_COUNT, offsetof(settings, episodes), "1", 1, 1e6, NULL, "N",
     "Episodes to act"},
    {"swap", 0, HEED__OPTION_TEXT, offsetof(settings, swap), NULL, 0, 0, NULL, "STEP:REWARD",
     "Swap the reward model before the decision of this step (1 is the first)"},
    {"adapt", 0, HEED__OPTION_FLAG, offsetof(settings, adapt), NULL, 0, 0, NULL, NULL,
     "Go on learning the dynamics from what is met"},
    {"planner", 0, HEED__OPTION_TEXT, offsetof(settings, planner), NULL, 0, 0, NULL, "P",
     "Parameters of the planner, e.g. simulations=150,horizon=30; 'heed help planner' lists them, "
     "and what they begin with where actions are a box"},
    {"watch", 'w', HEED__OPTION_FLAG, offsetof(settings, watch), NULL, 0, 0, NULL, NULL,
     "Draw each step, with the values of all actions and the line that is expected"},
    {"delay", 0, HEED__OPTION_COUNT, offsetof(settings, delay_ms), "200", 0, 60000, NULL, "MS",
     "Pause after each step that is drawn on a terminal, in milliseconds"},
    {"record", 0, HEED__OPTION_TEXT, offsetof(settings, record), NULL, 0, 0, NULL, "FILE",
     "Write the episodes to a file that 'heed replay' plays again"},
    {"color", 0, HEED__OPTION_CHOICE, offsetof(settings, colour), "auto", 0, 0,
     HEED__COLOUR_CHOICES, "WHEN", "Draw in colour: auto, always or never"},
};

static const heed__usage usage = {
    .command = "heed run",
    .args = "ENV",
    .args_min = 1,
    .args_max = 1,
    .summary =
        "Lets an agent plan through a dynamics model, scored by a reward model, and act; "
        "prints what it was paid and how well it really did.",
    .has_seed = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

typedef struct outcome {
  heed_episode_result result;
  double median_ms; /* of the decisions */
} outcome;

/* All that a run needs; owned. */
typedef struct job {
  const settings *s; /* borrowed */
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *reward, *swap; /* swap: or NULL */
  heed_value_network *value;  /* or NULL */
  uint32_t swap_step;
  heed_planner_config config;
  heed_agent *agent;
  heed_recorder *recorder; /* or NULL */
  void *state;
  outcome *outcomes; /* [episodes] */
  heed__watch watch;
  double *times_ms; /* [times_capacity] decisions of the present episode */
  size_t times_count, times_capacity;
  bool is_out_of_memory;
  const heed_progress_sink *progress; /* borrowed, while it runs */
  uint32_t episode;                   /* the present one */
  uint64_t steps;                     /* shown of all so far, starts included */
} job;

/* ---- from the command line ------------------------------------------------------------------ */

/* "12:wishes.heed" into a step and what stands behind the colon. */
static heed_status split_swap(const char *text, uint32_t *step, const char **what,
                              heed_error *err) {
  size_t size = strcspn(text, ":");
  char digits[16] = "";
  int64_t number = 0;
  if (size < sizeof digits) {
    memcpy(digits, text, size);
  }
  bool has_both = text[size] == ':' && text[size + 1] != '\0';
  if (!has_both || !heed_decimal_read_int(digits, &number) || number < 1 || number > UINT32_MAX) {
    return heed_fail(err, HEED_ERR_ARG, "--swap: '%s', STEP:REWARD expected, e.g. 12:wishes.heed",
                     text);
  }
  *step = (uint32_t)number;
  *what = text + size + 1;
  return HEED_OK;
}

static heed_status check(const settings *s, heed_error *err) {
  if (s->dynamics == NULL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--dynamics is missing: a file of 'heed learn dynamics', or exact");
  }
  if (s->reward == NULL) {
    return heed_fail(err, HEED_ERR_ARG,
                     "--reward is missing: a file of 'heed learn reward', channel, or "
                     "'formula:EXPR'");
  }
  if (s->watch && s->common.format == HEED__JSON) {
    return heed_fail(err, HEED_ERR_ARG, "--watch draws for people: not with --format=json");
  }
  if (s->adapt && strcmp(s->dynamics, "exact") == 0) {
    return heed_fail(err, HEED_ERR_ARG, "--adapt: the exact dynamics has nothing to learn");
  }
  return HEED_OK;
}

/* Is a reward named by something other than a file? */
static bool is_inline(const char *what) {
  return strcmp(what, "channel") == 0 || strncmp(what, "formula:", 8) == 0;
}

/* Everything that is said on the command line, but for files. */
static heed_status parse(settings *s, job *j, heed_error *err) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_status status = check(s, err);
  if (status == HEED_OK) {
    status = heed__load_env(s->common.args[0], s->params, s->map, &j->env, err);
  }
  if (status != HEED_OK) {
    return status;
  }
  s->params = heed_env_params_of(j->env);
  s->map = NULL; /* it is among the parameters now */
  j->config = s->value != NULL ? heed_planner_config_valued() : heed_planner_config_default();
  status = heed__read_planner(s->planner, j->env, &j->config, err);
  if (status != HEED_OK) {
    return status;
  }
  (void)heed_params_format(table, count, &j->config, s->planner_text, sizeof s->planner_text, NULL);
  s->planner = s->planner_text;
  const char *what = NULL;
  if (s->swap != NULL) {
    status = split_swap(s->swap, &j->swap_step, &what, err);
  }
  if (status == HEED_OK && is_inline(s->reward)) {
    status = heed__load_reward(s->reward, j->env, &j->reward, err);
  }
  if (status == HEED_OK && what != NULL && is_inline(what)) {
    status = heed__load_reward(what, j->env, &j->swap, err);
  }
  return status;
}

static heed_status open_files(const settings *s, job *j, heed_error *err) {
  const char *swapped = s->swap != NULL ? strchr(s->swap, ':') + 1 : NULL;
  const char *inputs[] = {s->dynamics, s->reward, swapped, s->value};
  heed_status status = s->record != NULL ? heed__check_output(s->record, inputs, 4, err) : HEED_OK;
  if (status == HEED_OK) {
    status = heed__load_dynamics(s->dynamics, j->env, s->particles, &j->dynamics, NULL, err);
  }
  if (status == HEED_OK && j->reward == NULL) {
    status = heed__load_reward(s->reward, j->env, &j->reward, err);
  }
  if (status == HEED_OK && swapped != NULL && j->swap == NULL) {
    status = heed__load_reward(swapped, j->env, &j->swap, err);
  }
  if (status == HEED_OK) {
    status = heed__load_value(s->value, j->env, &j->value, err);
  }
  return status;
}

static heed_status build(const settings *s, job *j, heed_error *err) {
  j->s = s;
  j->state = calloc(1, heed_env_spec_of(j->env)->state_size);
  j->outcomes = calloc(s->episodes, sizeof *j->outcomes);
  if (j->state == NULL || j->outcomes == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "running: no memory");
  }
  heed_status status =
      heed_agent_create(&j->config, j->dynamics, j->reward, s->adapt, &j->agent, err);
  if (status == HEED_OK && j->value != NULL) {
    heed_evaluator evaluator = heed_value_network_evaluator(j->value);
    status = heed_agent_set_evaluator(j->agent, &evaluator, j->reward, err);
  }
  if (status == HEED_OK && s->watch) {
    status = heed__watch_init(&j->watch, j->env, heed__colour_of(s->colour, stdout), s->delay_ms,
                              stdout, err);
  }
  if (status == HEED_OK && s->record != NULL) {
    status = heed_recorder_create(s->record, &j->recorder, err);
  }
  if (status == HEED_OK && j->recorder != NULL) {
    heed_recorder_session(j->recorder, j->env);
  }
  return status;
}

/* ---- running -------------------------------------------------------------------------------- */

static void keep_time(job *j, double decision_ms) {
  if (j->times_count == j->times_capacity) {
    size_t capacity = j->times_capacity > 0 ? 2 * j->times_capacity : 256;
    double *grown = realloc(j->times_ms, capacity * sizeof *grown);
    if (grown == NULL) {
      j->is_out_of_memory = true;
      return;
    }
    j->times_ms = grown;
    j->times_capacity = capacity;
  }
  j->times_ms[j->times_count++] = decision_ms;
}

static void on_step(void *context, const heed_episode_step *step) {
  job *j = context;
  if (step->t == 0) {
    j->times_count = 0;
    if (j->recorder != NULL) {
      heed_recorder_begin(j->recorder, step->state);
    }
  } else {
    keep_time(j, step->decision_ms);
    if (j->recorder != NULL) {
      heed_recorder_step(j->recorder, step->action, step->outcome, step->state);
    }
  }
  if (j->s->watch) {
    heed__watch_step(&j->watch, j->agent, step);
  }
  uint64_t limit = heed_env_spec_of(j->env)->max_steps; /* longer than most episodes are; 0: none */
  uint64_t done = limit > 0 ? j->episode * limit + step->t : j->steps;
  (void)heed_progress_report(j->progress, done, j->s->episodes * limit);
  j->steps++;
}

static heed_status run_one(job *j, const heed_rng *master, uint32_t episode, heed_error *err) {
  /* Exploration with the same seed has the streams from 0 on: a run meets other luck. */
  heed_rng env_rng = heed_rng_derive(master, HEED_STREAM_ENV, (UINT64_C(1) << 32) + episode);
  heed_rng search_rng = heed_rng_derive(master, HEED_STREAM_SEARCH, episode);
  heed_episode_config config = {
      .swap = j->swap, .swap_step = j->swap_step, .on_step = on_step, .context = j};
  outcome *o = &j->outcomes[episode];
  env_rng.tape = j->recorder != NULL ? heed_recorder_tape(j->recorder) : NULL;
  j->watch.episode = episode + 1;

  /* A swap lasts for the rest of its episode. */
  heed_status status = HEED_OK;
  if (j->swap != NULL && episode > 0) {
    status = heed_agent_swap_reward(j->agent, j->reward, err);
  }
  if (status == HEED_OK) {
    status = heed_run_episode(j->env, j->state, j->agent, &config, &env_rng, &search_rng,
                              &o->result, err);
  }
  if (j->recorder != NULL) {
    heed_recorder_end(j->recorder, j->state);
  }
  if (status == HEED_OK && j->is_out_of_memory) {
    status = heed_fail(err, HEED_ERR_NOMEM, "running: no memory");
  }
  if (status == HEED_OK && j->times_count > 0) {
    gsl_sort(j->times_ms, 1, j->times_count);
    o->median_ms = gsl_stats_median_from_sorted_data(j->times_ms, 1, j->times_count);
  }
  return status;
}

static heed_status run_all(job *j, heed_error *err) {
  heed_status status = HEED_OK;
  heed_rng master;
  heed_progress_bar bar;
  heed_rng_init(&master, j->s->common.seed);
  heed_env_init(j->env, j->state);
  heed_progress_bar_begin(&bar, "running", j->s->common.quiet || j->s->watch);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  j->progress = &sink;
  for (uint32_t e = 0; status == HEED_OK && e < j->s->episodes; e++) {
    j->episode = e;
    status = run_one(j, &master, e, err);
  }
  heed_progress_bar_end(&bar);
  if (j->recorder != NULL && status == HEED_OK) {
    status = heed_recorder_close(j->recorder, err);
  } else {
    heed_recorder_destroy(j->recorder);
  }
  j->recorder = NULL;
  return status;
}

/* ---- what came of it ------------------------------------------------------------------------ */

static const char *end_text(const heed_episode_result *result) {
  return result->is_terminal ? "rules" : "time limit";
}

static void mean_of(const job *j, double *reward, double *performance) {
  *reward = 0;
  *performance = 0;
  for (uint32_t e = 0; e < j->s->episodes; e++) {
    *reward += j->outcomes[e].result.reward_sum / j->s->episodes;
    *performance += j->outcomes[e].result.performance / j->s->episodes;
  }
}

static json_t *outcomes_json(const job *j) {
  json_t *list = json_array();
  for (uint32_t e = 0; e < j->s->episodes; e++) {
    const heed_episode_result *r = &j->outcomes[e].result;
    json_t *item =
        json_pack("{s:I, s:o, s:o, s:I, s:s, s:o}", "episode", (json_int_t)e + 1, "return",
                  heed__number_json(r->reward_sum), "performance",
                  heed__number_json(r->performance), "steps", (json_int_t)r->steps, "ended_by",
                  end_text(r), "decision_ms_median", heed__number_json(j->outcomes[e].median_ms));
    if (j->swap != NULL) {
      (void)json_object_set_new(item, "swap_predictions", json_integer(r->swap_predictions));
    }
    (void)json_array_append_new(list, item);
  }
  return list;
}

static void report(const settings *s, const job *j) {
  double reward;
  double performance;
  mean_of(j, &reward, &performance);
  if (s->common.format == HEED__JSON) {
    json_t *result = heed__options_json(&usage, s);
    (void)json_object_set_new(result, "episodes", outcomes_json(j));
    (void)json_object_set_new(result, "mean_return", heed__number_json(reward));
    (void)json_object_set_new(result, "mean_performance", heed__number_json(performance));
    heed__print_json(result);
    return;
  }
  heed__options_echo(&usage, s, stdout);
  (void)puts("episode      return  performance  steps  ended by    ms/decision");
  for (uint32_t e = 0; e < s->episodes; e++) {
    const heed_episode_result *r = &j->outcomes[e].result;
    char sum[32];
    char score[32];
    (void)printf("%7u  %10s  %11s  %5u  %-10s  %11.2f\n", e + 1, heed__short(r->reward_sum, sum),
                 heed__short(r->performance, score), r->steps, end_text(r),
                 j->outcomes[e].median_ms);
  }
  if (s->episodes > 1) {
    char sum[32];
    char score[32];
    (void)printf("   mean  %10s  %11s\n", heed__short(reward, sum),
                 heed__short(performance, score));
  }
  if (s->record != NULL) {
    (void)printf("recorded in %s\n", s->record);
  }
}

static void release(job *j) {
  heed__watch_deinit(&j->watch);
  heed_recorder_destroy(j->recorder);
  heed_agent_destroy(j->agent);
  heed_value_network_destroy(j->value);
  heed_reward_destroy(j->swap);
  heed_reward_destroy(j->reward);
  heed_dynamics_destroy(j->dynamics);
  heed_env_destroy(j->env);
  free(j->times_ms);
  free(j->outcomes);
  free(j->state);
}

int heed__cmd_run(int argc, char **argv) {
  settings s = {0};
  job j = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = parse(&s, &j, &err);
  bool is_misused = status == HEED_ERR_ARG;
  if (status == HEED_OK) {
    status = open_files(&s, &j, &err);
  }
  if (status == HEED_OK) {
    status = build(&s, &j, &err);
    is_misused = status == HEED_ERR_ARG; /* parts of the planner that do not go together */
  }
  if (status == HEED_OK) {
    status = run_all(&j, &err);
  }
  if (status == HEED_OK) {
    report(&s, &j);
  }
  release(&j);
  return status == HEED_OK ? HEED__DONE
         : is_misused      ? heed__misused(&usage, &err)
                           : heed__failed(&usage, &err);
}
