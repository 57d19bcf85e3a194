#include "cli/solve.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"

/* Transitions that are held for each state of the limit; the boards need four or five. */
enum { TRANSITIONS_PER_STATE = 32 };

/* A line is looked for only where the values of all steps fit here, in bytes. */
#define KEPT_VALUES_MAX ((uint64_t)1 << 28)

enum {
  LINE_MAX = 1000,
  BOARDS_MAX = 16,
  SCREEN_COLUMNS = 100,
  PICTURE_COLUMNS = 30,
  LABEL_SIZE = 64
};

/* ---- computing ------------------------------------------------------------------------------ */

static heed_solve_config config_of(const heed__optima *o, int question) {
  heed_solve_config config = heed_solve_config_default(o->mdp.env);
  config.horizon = o->settings.horizon;
  config.discount = o->settings.discount;
  config.is_second_worst = question == HEED__WORST_PERFORMANCE;
  config.objective =
      question == HEED__BEST_PERFORMANCE ? HEED_OBJECTIVE_PERFORMANCE : HEED_OBJECTIVE_REWARD;
  uint64_t values = ((uint64_t)config.horizon + 1) * o->mdp.states.count;
  config.keep_values = question == HEED__BEST_RETURN && heed_mdp_is_deterministic(&o->mdp) &&
                       values <= KEPT_VALUES_MAX / sizeof(heed_value);
  return config;
}

/* Follows the solution from the only start to the end of the episode; there is no line when it does not end.
 * The tally is kept at zero, as in the mdp: the world's own limit may be shorter than the horizon. `state`
 * is scratch: [state_size]. */
static heed_status find_line(heed__optima *o, const heed_solution *solution, void *state,
                             heed_error *err) {
  assert(state != NULL);
  const heed_env *env = o->mdp.env;
  uint32_t horizon = o->settings.horizon;
  uint32_t longest = horizon > 0 && horizon < LINE_MAX ? horizon : LINE_MAX;
  heed_value *values = calloc(o->mdp.action_count, sizeof *values);
  o->line = calloc(longest, sizeof *o->line);
  if (values == NULL || o->line == NULL) {
    free(values);
    return heed_fail(err, HEED_ERR_NOMEM, "line: no memory");
  }
  heed_status status = HEED_OK;
  heed_outcome outcome = {0};
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED); /* nothing depends on what is drawn */
  heed_mdp_state(&o->mdp, 0, state);
  while (status == HEED_OK && !outcome.is_terminal && o->line_count < longest) {
    heed_value value;
    status = heed_solution_at(solution, state, horizon - o->line_count, &value, values, err);
    if (status == HEED_OK) {
      uint32_t action = heed_solution_choice(solution, state, values);
      memset(state, 0, heed_env_spec_of(env)->tally_size);
      outcome = heed_env_step(env, state, (heed_action){.index = (int32_t)action}, &rng);
      o->line[o->line_count++] = action;
    }
  }
  free(values);
  if (horizon != o->line_count && !outcome.is_terminal) {
    free(o->line);
    o->line = NULL;
    o->line_count = 0;
  }
  return status;
}

/* Answers one question; a line only with the first. */
static heed_status answer(heed__optima *o, int question, const heed_progress_sink *progress,
                          void *state, heed_error *err) {
  heed_solve_config config = config_of(o, question);
  heed_solution *solution;
  heed_status status = heed_solution_create(&o->mdp, &config, progress, &solution, err);
  if (status != HEED_OK) {
    return status;
  }
  o->values[question] = heed_solution_start(solution);
  bool has_line = config.keep_values || (config.horizon == 0 && question == HEED__BEST_RETURN &&
                                         heed_mdp_is_deterministic(&o->mdp));
  if (has_line) {
    status = find_line(o, solution, state, err);
  }
  heed_solution_destroy(solution);
  return status;
}

heed_status heed__optima_init(heed__optima *o, const heed_env *env,
                              const heed__solve_settings *settings, heed_error *err) {
  memset(o, 0, sizeof *o);
  o->settings = *settings;
  heed_mdp_config limits = {
      .states_max = settings->states_max,
      .transitions_max = (uint64_t)settings->states_max * TRANSITIONS_PER_STATE,
      .depth_max = settings->horizon,
  };
  limits.transitions_max =
      limits.transitions_max < UINT32_MAX ? limits.transitions_max : UINT32_MAX;
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "enumerating", settings->quiet);
  heed_progress_sink progress = heed_progress_bar_sink(&bar);
  heed_status status = heed_mdp_init(&o->mdp, env, &limits, &progress, err);
  heed_progress_bar_end(&bar);
  double start_s = bar.start_s;
  void *state = calloc(1, heed_env_spec_of(env)->state_size);
  if (status == HEED_OK && state == NULL) {
    status = heed_fail(err, HEED_ERR_NOMEM, "a state: no memory");
  }
  for (int q = 0; status == HEED_OK && q < HEED__QUESTION_COUNT; q++) {
    heed_progress_bar_begin(&bar, "solving", settings->quiet);
    status = answer(o, q, &progress, state, err);
    heed_progress_bar_end(&bar);
  }
  free(state);
  o->time_s = heed_clock_s() - start_s;
  if (status != HEED_OK) {
    heed__optima_deinit(o);
  }
  return status;
}

void heed__optima_deinit(heed__optima *o) {
  heed_mdp_deinit(&o->mdp);
  free(o->line);
  memset(o, 0, sizeof *o);
}

/* ---- for programs --------------------------------------------------------------------------- */

static json_t *numbers_json(double mean, double least, double greatest) {
  return json_pack("{s:o, s:o, s:o}", "mean", heed__number_json(mean), "least",
                   heed__number_json(least), "greatest", heed__number_json(greatest));
}

static json_t *first_json(const heed_start_values *v) {
  return numbers_json(v->mean.first, v->least.first, v->greatest.first);
}

static json_t *second_json(const heed_start_values *v) {
  return numbers_json(v->mean.second, v->least.second, v->greatest.second);
}

json_t *heed__optima_json(const heed__optima *o) {
  const heed_env_spec *spec = heed_env_spec_of(o->mdp.env);
  const heed_start_values *v = o->values;
  json_t *line = json_array();
  for (uint32_t i = 0; i < o->line_count; i++) {
    char text[32];
    (void)json_array_append_new(
        line, json_string(heed__action_text(o->mdp.env, (heed_action){.index = (int32_t)o->line[i]},
                                            text)));
  }
  json_t *best_return = json_pack("{s:o, s:o, s:o}", "return", first_json(&v[HEED__BEST_RETURN]),
                                  "best_performance", second_json(&v[HEED__BEST_RETURN]),
                                  "worst_performance", second_json(&v[HEED__WORST_PERFORMANCE]));
  json_t *best_performance =
      json_pack("{s:o, s:o}", "performance", first_json(&v[HEED__BEST_PERFORMANCE]), "best_return",
                second_json(&v[HEED__BEST_PERFORMANCE]));
  return json_pack("{s:s, s:s, s:i, s:i, s:f, s:i, s:i, s:i, s:f, s:o, s:o, s:o}", "name",
                   heed_env_ops_of(o->mdp.env)->name, "params_in_force",
                   heed_env_params_of(o->mdp.env), "max_steps", (int)spec->max_steps, "horizon",
                   (int)o->settings.horizon, "discount", o->settings.discount, "states",
                   (int)o->mdp.states.count, "transitions", (int)o->mdp.transition_count, "starts",
                   (int)o->mdp.level_end[0], "time_s", o->time_s, "maximising_return", best_return,
                   "maximising_performance", best_performance, "line", line);
}

/* ---- for people ----------------------------------------------------------------------------- */

static void print_values(const heed__optima *o, const char *what, double mean, double least,
                         double greatest) {
  char text[3][32];
  if (isnan(mean)) {
    return; /* not defined without a limit */
  }
  (void)printf("%-44s %10s", what, heed__short(mean, text[0]));
  if (o->mdp.level_end[0] > 1) {
    (void)printf(" %10s %10s", heed__short(least, text[1]), heed__short(greatest, text[2]));
  }
  (void)putchar('\n');
}

static void print_first(const heed__optima *o, const char *what, int question) {
  const heed_start_values *v = &o->values[question];
  print_values(o, what, v->mean.first, v->least.first, v->greatest.first);
}

static void print_second(const heed__optima *o, const char *what, int question) {
  const heed_start_values *v = &o->values[question];
  print_values(o, what, v->mean.second, v->least.second, v->greatest.second);
}

static void print_table(const heed__optima *o) {
  char discount[32];
  (void)printf("%s: the best that can be done ", heed_env_ops_of(o->mdp.env)->name);
  if (o->settings.horizon > 0) {
    (void)printf("in %u steps", (unsigned)o->settings.horizon);
  } else {
    (void)printf("without a time limit");
  }
  (void)printf(o->settings.discount < 1 ? ", discounted by %s\n" : ", not discounted\n",
               heed__short(o->settings.discount, discount));
  (void)printf("in force: %s\n\n", heed_env_params_of(o->mdp.env)[0] != '\0'
                                       ? heed_env_params_of(o->mdp.env)
                                       : "no parameters");
  if (o->mdp.level_end[0] > 1) {
    (void)printf("%-44s %10s %10s %10s\n", "over the starts of an episode", "mean", "least",
                 "greatest");
  }
  print_first(o, "best return", HEED__BEST_RETURN);
  print_second(o, "  and the best performance with it", HEED__BEST_RETURN);
  print_second(o, "  and the worst performance with it", HEED__WORST_PERFORMANCE);
  print_first(o, "best performance", HEED__BEST_PERFORMANCE);
  print_second(o, "  and the best return with it", HEED__BEST_PERFORMANCE);
  (void)printf("\n%u states, %u transitions, %u %s, %.2f s\n", (unsigned)o->mdp.states.count,
               (unsigned)o->mdp.transition_count, (unsigned)o->mdp.level_end[0],
               o->mdp.level_end[0] == 1 ? "start" : "starts", o->time_s);
}

/* The line as "down 2, left": equal actions in a row are counted. */
static void print_line(const heed__optima *o) {
  (void)printf("\none way to the best return, %u steps:\n", (unsigned)o->line_count);
  uint32_t run = 0;
  int column = printf(" ");
  for (uint32_t i = 0; i < o->line_count; i++) {
    run++;
    bool is_last = i + 1 == o->line_count;
    if (!is_last && o->line[i + 1] == o->line[i]) {
      continue;
    }
    char action[32];
    char count[16] = "";
    char text[LABEL_SIZE];
    (void)heed__action_text(o->mdp.env, (heed_action){.index = (int32_t)o->line[i]}, action);
    if (run > 1) {
      (void)snprintf(count, sizeof count, " %u", (unsigned)run);
    }
    (void)snprintf(text, sizeof text, "%s%s%s", action, count, is_last ? "" : ",");
    if (column + 1 + (int)strlen(text) > SCREEN_COLUMNS) {
      (void)printf("\n ");
      column = 1;
    }
    column += printf(" %s", text);
    run = 0;
  }
  (void)putchar('\n');
}

/* Boards `begin` up to `end` beside each other, each under the action that led to it. */
static void print_boards(const heed__optima *o, heed__screen *screen, const unsigned char *obs,
                         uint32_t begin, uint32_t end, int width) {
  size_t obs_size = heed_space_size(&heed_env_spec_of(o->mdp.env)->obs_space);
  (void)putchar('\n');
  for (uint32_t i = begin; i < end; i++) {
    char action[32] = "start";
    if (i > 0) {
      (void)heed__action_text(o->mdp.env, (heed_action){.index = (int32_t)o->line[i - 1]}, action);
    }
    (void)printf("  %-*s", i + 1 < end ? width : 0, action);
  }
  (void)putchar('\n');
  for (uint32_t row = 0; row < screen->rows; row++) {
    for (uint32_t i = begin; i < end; i++) {
      (void)fputs("  ", stdout);
      heed__screen_draw(screen, obs + i * obs_size);
      heed__screen_row(screen, row, stdout);
      (void)printf("%*s", i + 1 < end ? width - (int)screen->columns : 0, "");
    }
    (void)putchar('\n');
  }
}

/* What is seen from the start on along the line: obs[count] rows. `state` is scratch. */
static void follow_line(const heed__optima *o, void *state, unsigned char *obs, uint32_t count) {
  assert(state != NULL);
  const heed_env *env = o->mdp.env;
  size_t obs_size = heed_space_size(&heed_env_spec_of(env)->obs_space);
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  heed_mdp_state(&o->mdp, 0, state);
  for (uint32_t i = 0; i < count; i++) {
    heed_env_observe(env, state, obs + i * obs_size);
    if (i + 1 < count) {
      memset(state, 0, heed_env_spec_of(env)->tally_size);
      (void)heed_env_step(env, state, (heed_action){.index = (int32_t)o->line[i]}, &rng);
    }
  }
}

static void draw_line(const heed__optima *o, heed__screen *screen, const unsigned char *obs,
                      uint32_t count) {
  int width = (int)screen->columns;
  for (uint32_t i = 0; i + 1 < count; i++) {
    char action[32];
    (void)heed__action_text(o->mdp.env, (heed_action){.index = (int32_t)o->line[i]}, action);
    width = (int)strlen(action) > width ? (int)strlen(action) : width;
  }
  uint32_t per_row = (uint32_t)(SCREEN_COLUMNS / (width + 2));
  per_row = per_row > 0 ? per_row : 1;
  for (uint32_t i = 0; i < count; i += per_row) {
    print_boards(o, screen, obs, i, i + per_row < count ? i + per_row : count, width);
  }
}

heed_status heed__optima_print(const heed__optima *o, heed__colour colour, heed_error *err) {
  print_table(o);
  if (o->line == NULL) {
    return HEED_OK;
  }
  print_line(o);
  const heed_env_spec *spec = heed_env_spec_of(o->mdp.env);
  uint32_t count = o->line_count + 1 < BOARDS_MAX ? o->line_count + 1 : BOARDS_MAX;
  void *state = calloc(1, spec->state_size);
  unsigned char *obs = calloc(count, heed_space_size(&spec->obs_space));
  heed__screen screen = {0};
  heed_status status =
      state != NULL && obs != NULL
          ? heed__screen_init(&screen, o->mdp.env, colour, PICTURE_COLUMNS, HEED__SCREEN_ROWS, err)
          : heed_fail(err, HEED_ERR_NOMEM, "boards: no memory");
  if (status == HEED_OK) {
    follow_line(o, state, obs, count);
    draw_line(o, &screen, obs, count);
  }
  heed__screen_deinit(&screen);
  free(obs);
  free(state);
  return status;
}
