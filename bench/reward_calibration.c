/* reward_calibration.c: does a learned reward know what it knows?
 *
 *   reward_calibration --seeds 20 > calibration.md
 *
 * A reward is planted, people who answer by it are simulated, a model learns, and foretells by how much the
 * returns of two new stretches differ. Of intervals that are meant to hold the truth 9 times of 10, how many
 * do? docs/results/reward-calibration.md says more. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/study.h"
#include "envs/env.h"
#include "reward/reward.h"

enum { SEEDS_MAX = 100, FACTORS = 6, VALUES = 3, ACTIONS = 3, STEPS = 4, PAIRS = 200, DRAWS = 200 };
enum { BOARD_STEPS = 8, BOARD_ROWS = 7, BOARD_COLS = 9 };

/* ---- settings --------------------------------------------------------------------------------- */

typedef struct settings {
  heed__common common;
  heed__words rewards, answers, models;
  const char *params; /* of the model `ensemble`; NULL: its own */
  uint32_t first, seeds, threads;
} settings;

static const heed__option options[] = {
    {"rewards", 'r', HEED__OPTION_WORDS, offsetof(settings, rewards),
     "cells-linear,cells-pairs,box-linear,box-bumps,board-linear,board-halves", 0, 0, NULL, "LIST",
     "Planted rewards"},
    {"answers", 'n', HEED__OPTION_WORDS, offsetof(settings, answers), "10,20,50,100,300", 0, 0,
     NULL, "LIST", "Numbers of answers"},
    {"models", 'm', HEED__OPTION_WORDS, offsetof(settings, models), "linear,ensemble", 0, 0, NULL,
     "LIST", "Reward models"},
    {"params", 'p', HEED__OPTION_TEXT, offsetof(settings, params), NULL, 0, 0, NULL, "P",
     "Parameters of the ensemble"},
    {"seeds", 's', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Seeds"},
    {"first", 'f', HEED__OPTION_COUNT, offsetof(settings, first), "11", 1, 1000000, NULL, "N",
     "The first seed"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "reward_calibration",
    .args = "",
    .summary = "Measures whether a learned reward knows what it knows.",
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* ---- planted rewards -------------------------------------------------------------------------- */

/* Of a step, from where it leads, and the action. */
enum { BUMPS = 4 };
typedef struct planted {
  double size;                                   /* deviation of a term, rewards per 1 / beta */
  double value[FACTORS][VALUES];                 /* what a value is worth */
  double pair[FACTORS][FACTORS][VALUES][VALUES]; /* what two are worth together */
  double action[ACTIONS];
  double change[16][16]; /* what a change of a cell means anywhere, */
  double half[16][16];   /* and in the right half of a board; the opposite in the left one */
  double slope[2], centre[BUMPS][2], height[BUMPS];
} planted;

static void plant(planted *p, heed_rng *rng) {
  gsl_rng gsl = heed_rng_view(rng);
  double *numbers = (double *)p; /* all are */
  for (size_t i = 0; i < sizeof *p / sizeof(double); i++) {
    numbers[i] = gsl_ran_gaussian_ziggurat(&gsl, 1);
  }
  p->size = exp(log(0.5) + heed_rng_uniform(rng) * log(8)); /* 0.5 to 4 */
}

static double cells_linear(const planted *p, const heed_step *step) {
  const uint8_t *after = step->next_obs;
  double sum = p->action[step->action.index];
  for (size_t i = 0; i < FACTORS; i++) {
    sum += p->value[i][after[i]];
  }
  return p->size * sum / sqrt(FACTORS + 1);
}

/* What two neighbours are worth together, beside half of what is linear. */
static double cells_pairs(const planted *p, const heed_step *step) {
  const uint8_t *after = step->next_obs;
  double sum = 0;
  for (size_t i = 0; i + 1 < FACTORS; i++) {
    sum += p->pair[i][i + 1][after[i]][after[i + 1]];
  }
  return 0.5 * cells_linear(p, step) + p->size * sum / sqrt(FACTORS);
}

static double box_linear(const planted *p, const heed_step *step) {
  const float *x = step->next_obs;
  return p->size * (p->slope[0] * (double)x[0] + p->slope[1] * (double)x[1]);
}

/* Hills and holes. */
static double box_bumps(const planted *p, const heed_step *step) {
  const float *x = step->next_obs;
  double sum = 0;
  for (size_t k = 0; k < BUMPS; k++) {
    double u = (double)x[0] - 0.7 * p->centre[k][0];
    double v = (double)x[1] - 0.7 * p->centre[k][1];
    sum += p->height[k] * exp(-(u * u + v * v) / (2 * 0.4 * 0.4));
  }
  return 2 * p->size * sum;
}

static double board(const planted *p, const heed_step *step, double anywhere, double halves) {
  const uint8_t *before = step->obs;
  const uint8_t *after = step->next_obs;
  double sum = 0;
  for (size_t i = 0; i < (size_t)BOARD_ROWS * BOARD_COLS; i++) {
    if (before[i] != after[i]) {
      double side = i % BOARD_COLS < BOARD_COLS / 2 ? -1 : 1;
      sum +=
          anywhere * p->change[before[i]][after[i]] + side * halves * p->half[before[i]][after[i]];
    }
  }
  return p->size * sum / sqrt(2);
}

static double board_linear(const planted *p, const heed_step *step) {
  return board(p, step, 1, 0);
}

static double board_halves(const planted *p, const heed_step *step) {
  return board(p, step, 0.7, 0.7);
}

/* Where steps come from: cells or a box of random values, or random walks in a world. */
typedef enum place { CELLS, BOX, BOARD } place;

static const struct {
  const char *name;
  place place;
  double (*reward)(const planted *p, const heed_step *step);
} kinds[] = {{"cells-linear", CELLS, cells_linear}, {"cells-pairs", CELLS, cells_pairs},
             {"box-linear", BOX, box_linear},       {"box-bumps", BOX, box_bumps},
             {"board-linear", BOARD, board_linear}, {"board-halves", BOARD, board_halves}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
static const char *const board_world = "rocks-diamonds";

/* ---- stretches and answers -------------------------------------------------------------------- */

/* Somebody who wants what was planted, and where. */
typedef struct subject {
  size_t kind;
  planted p;
  heed_env *env; /* owned; of boards */
  void *state;   /* owned; of boards */
  heed_space obs_space, action_space;
  heed_rng rng;
} subject;

static heed_status subject_init(subject *s, size_t kind, uint64_t seed, heed_error *err) {
  static const float low[2] = {-1, -1};
  static const float high[2] = {1, 1};
  *s = (subject){.kind = kind, .action_space = heed_space_discrete(ACTIONS)};
  heed_rng_init(&s->rng, heed_mix64(seed, kind));
  plant(&s->p, &s->rng);
  if (kinds[kind].place == BOX) {
    s->obs_space = heed_space_box(2, low, high);
  } else if (kinds[kind].place == CELLS) {
    s->obs_space = (heed_space){.kind = HEED_SPACE_CELLS, .count = FACTORS, .value_count = VALUES};
  } else {
    heed_status status = heed_env_create(board_world, NULL, &s->env, err);
    if (status != HEED_OK) {
      return status;
    }
    const heed_env_spec *spec = heed_env_spec_of(s->env);
    s->obs_space = spec->obs_space;
    s->action_space = spec->action_space;
    s->state = calloc(1, spec->state_size);
    if (s->state == NULL) {
      return heed_fail(err, HEED_ERR_NOMEM, "a state of %zu bytes: no memory", spec->state_size);
    }
    heed_env_init(s->env, s->state);
  }
  return HEED_OK;
}

static void subject_deinit(subject *s) {
  free(s->state);
  heed_env_destroy(s->env);
}

/* A stretch of a random walk, which begins somewhere in its first steps. */
static void walk(subject *s, heed_segment *segment) {
  size_t size = heed_space_size(&s->obs_space);
  uint32_t before = heed_rng_choice(&s->rng, 10);
  heed_env_reset(s->env, s->state, &s->rng);
  for (uint32_t t = 0; t < before + segment->steps; t++) {
    heed_action action = {.index = (int32_t)heed_rng_choice(&s->rng, s->action_space.count)};
    if (t >= before) {
      heed_env_observe(s->env, s->state, segment->obs + (t - before) * size);
      segment->actions[t - before] = action;
    }
    (void)heed_env_step(s->env, s->state, action, &s->rng);
  }
  heed_env_observe(s->env, s->state, segment->obs + segment->steps * size);
}

/* Observations and actions without any order. */
static void scatter(subject *s, heed_segment *segment) {
  size_t size = heed_space_size(&s->obs_space);
  for (size_t t = 0; t <= segment->steps; t++) {
    for (size_t i = 0; i < s->obs_space.count; i++) {
      float x = (float)(2 * heed_rng_uniform(&s->rng) - 1);
      if (kinds[s->kind].place == BOX) {
        memcpy(segment->obs + t * size + i * sizeof x, &x, sizeof x);
      } else {
        segment->obs[t * size + i] = (uint8_t)heed_rng_choice(&s->rng, VALUES);
      }
    }
  }
  for (size_t t = 0; t < segment->steps; t++) {
    segment->actions[t].index = (int32_t)heed_rng_choice(&s->rng, ACTIONS);
  }
}

static heed_status make_stretch(subject *s, heed_segment *segment, heed_error *err) {
  bool is_board = kinds[s->kind].place == BOARD;
  heed_status status = heed_segment_init(segment, is_board ? BOARD_STEPS : STEPS,
                                         (uint32_t)heed_space_size(&s->obs_space), err);
  if (status == HEED_OK) {
    (is_board ? walk : scatter)(s, segment);
  }
  return status;
}

static double planted_return(const subject *s, const heed_segment *option) {
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    sum += kinds[s->kind].reward(&s->p, &step);
  }
  return sum;
}

/* By how much the second stretch of a pair is better. */
static double planted_lead(const subject *s, const heed_choice *pair) {
  return planted_return(s, &pair->query.options[1]) - planted_return(s, &pair->query.options[0]);
}

static heed_status answer_pairs(subject *s, size_t count, heed_choices *choices, heed_error *err) {
  heed_status status = HEED_OK;
  for (size_t q = 0; q < count && status == HEED_OK; q++) {
    heed_choice choice = {.beta = 1, .query = {.option_count = 2}};
    status = make_stretch(s, &choice.query.options[0], err);
    if (status == HEED_OK) {
      status = make_stretch(s, &choice.query.options[1], err);
    }
    if (status == HEED_OK) {
      choice.chosen = heed_rng_uniform(&s->rng) < 1 / (1 + exp(-planted_lead(s, &choice)));
      status = heed_choices_append(choices, &choice, err);
    }
    heed_choice_deinit(&choice);
  }
  return status;
}

/* ---- measuring -------------------------------------------------------------------------------- */

enum { RIGHT, COVERED, WIDTH, NATS, FIGURES };
typedef struct figures {
  double of[FIGURES];
} figures;

static double scored_return(const heed_reward *model, const heed_segment *option,
                            const void *hypothesis, void *workspace) {
  double sum = 0;
  for (uint32_t t = 0; t < option->steps; t++) {
    heed_step step = heed_segment_step(option, t);
    double mean;
    heed_reward_score(model, &step, 1, hypothesis, &mean, NULL, workspace);
    sum += mean;
  }
  return sum;
}

/* The posterior of by how much the second stretch of a pair is better; and how likely it is to be chosen. */
typedef struct forecast {
  double mean, half, probability; /* half of the 90 % interval */
} forecast;

/* Of an ensemble every member is asked, and the interval is Student's, for a further member; of other models
 * there are as many draws as one likes. */
static forecast foretell(const heed_reward *model, uint64_t members, const heed_choice *pair,
                         heed_rng *rng, void *hypothesis, void *workspace) {
  forecast f = {0};
  double squares = 0;
  uint64_t draws = members > 0 ? members : DRAWS;
  for (uint64_t d = 0; d < draws; d++) {
    if (members > 0) {
      memcpy(hypothesis, &d, sizeof d);
    } else {
      heed_reward_draw(model, rng, hypothesis);
    }
    double lead = scored_return(model, &pair->query.options[1], hypothesis, workspace) -
                  scored_return(model, &pair->query.options[0], hypothesis, workspace);
    double off = lead - f.mean;
    f.mean += off / (double)(d + 1);
    squares += off * (lead - f.mean);
    f.probability += 1 / (1 + exp(-lead)) / (double)draws;
  }
  f.half = gsl_cdf_tdist_Pinv(0.95, (double)draws - 1) * sqrt(1 + 1 / (double)draws) *
           sqrt(squares / (double)(draws - 1));
  return f;
}

/* A row of the table. */
typedef struct row {
  const settings *settings;
  size_t kind;
  uint32_t answers;
  const char *model;
  figures seeds[SEEDS_MAX];
} row;

static bool is_ensemble(const row *r) {
  return strcmp(r->model, "ensemble") == 0;
}

static void judge(const subject *s, const heed_choices *fresh, const heed_reward *model,
                  uint64_t members, heed_rng *rng, void *hypothesis, void *workspace, figures *f) {
  for (size_t q = 0; q < fresh->count; q++) {
    const heed_choice *pair = &fresh->items[q];
    double truth = planted_lead(s, pair);
    forecast said = foretell(model, members, pair, rng, hypothesis, workspace);
    double given = pair->chosen == 1 ? said.probability : 1 - said.probability;
    f->of[RIGHT] += (truth * said.mean > 0) / (double)PAIRS;
    f->of[COVERED] += (fabs(truth - said.mean) <= said.half) / (double)PAIRS;
    f->of[WIDTH] += said.half / fabs(s->p.size) / (double)PAIRS;
    f->of[NATS] -= log(fmax(given, 1e-300)) / (double)PAIRS;
  }
}

/* What linear models are told is fit for what was planted: values of cells count as what happens. */
static const char *params_of(const row *r) {
  if (is_ensemble(r)) {
    return r->settings->params;
  }
  return kinds[r->kind].place == BOARD ? "prior_scale=2" : "prior_scale=2,lasting_steps=1";
}

static heed_status measure(row *r, subject *s, const heed_choices *asked, const heed_choices *fresh,
                           figures *f, heed_error *err) {
  heed_reward *model = NULL;
  heed_status status =
      heed_reward_create(r->model, params_of(r), &s->obs_space, &s->action_space, &model, err);
  if (status == HEED_OK) {
    status = heed_reward_learn(model, asked, NULL, NULL, err);
  }
  if (status == HEED_OK) {
    const char *members = strstr(heed_reward_params_of(model), "members=");
    void *workspace = calloc(1, heed_reward_workspace_size(model, 1) + 1);
    void *hypothesis = calloc(1, heed_reward_spec_of(model)->hypothesis_size + sizeof(uint64_t));
    if (workspace == NULL || hypothesis == NULL) {
      status = heed_fail(err, HEED_ERR_NOMEM, "no memory to score");
    } else {
      judge(s, fresh, model, is_ensemble(r) ? strtoull(members + strlen("members="), NULL, 10) : 0,
            &s->rng, hypothesis, workspace, f);
    }
    free(workspace);
    free(hypothesis);
  }
  heed_reward_destroy(model);
  return status;
}

static heed_status run_seed(void *context, uint32_t i, heed_error *err) {
  row *r = context;
  subject s;
  heed_choices asked = {0};
  heed_choices fresh = {0};
  heed_status status = subject_init(&s, r->kind, (uint64_t)r->settings->first + i, err);
  if (status == HEED_OK) {
    status = answer_pairs(&s, PAIRS, &fresh, err);
  }
  if (status == HEED_OK) {
    status = answer_pairs(&s, r->answers, &asked, err);
  }
  if (status == HEED_OK) {
    status = measure(r, &s, &asked, &fresh, &r->seeds[i], err);
  }
  heed_choices_deinit(&asked);
  heed_choices_deinit(&fresh);
  subject_deinit(&s);
  return status;
}

/* ---- output ----------------------------------------------------------------------------------- */

static void print_row(const row *r) {
  static const char *const formats[FIGURES] = {" %.2f", " %.2f", " %.1f", " %.2f"};
  (void)printf("| %s | %u | %s |", kinds[r->kind].name, r->answers, r->model);
  for (int f = 0; f < FIGURES; f++) {
    double values[SEEDS_MAX];
    for (uint32_t i = 0; i < r->settings->seeds; i++) {
      values[i] = r->seeds[i].of[f];
    }
    heed__interval of = heed__interval_of(values, r->settings->seeds);
    (void)printf(formats[f], of.mean);
    if (isfinite(of.half)) {
      (void)fputs(" ±", stdout);
      (void)printf(formats[f], of.half);
    }
    (void)fputs(" |", stdout);
  }
  (void)putchar('\n');
  (void)fflush(stdout);
}

static heed_status run_row(const settings *s, size_t kind, const char *answers, const char *model,
                           heed__study *study, heed_error *err) {
  char *end;
  row *r = calloc(1, sizeof *r);
  if (r == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "a row: no memory");
  }
  *r = (row){
      .settings = s, .kind = kind, .answers = (uint32_t)strtoul(answers, &end, 10), .model = model};
  heed_status status = HEED_OK;
  if (*end != '\0' || r->answers < 1 || r->answers > 100000) {
    status = heed_fail(err, HEED_ERR_ARG, "'%s' answers: numbers from 1 to 100000", answers);
  } else if (!is_ensemble(r) && strcmp(model, "linear") != 0) {
    status = heed_fail(err, HEED_ERR_ARG, "model '%s': linear or ensemble", model);
  } else {
    study->context = r;
    status = heed__study_run(study, err);
  }
  if (status == HEED_OK) {
    print_row(r);
  }
  free(r);
  return status;
}

static heed_status run_kind(const settings *s, const char *name, heed__study *study,
                            heed_error *err) {
  size_t kind = 0;
  while (kind < KINDS && strcmp(kinds[kind].name, name) != 0) {
    kind++;
  }
  heed_status status =
      kind < KINDS ? HEED_OK : heed_fail(err, HEED_ERR_ARG, "there is no reward '%s'", name);
  for (size_t n = 0; n < s->answers.count && status == HEED_OK; n++) {
    for (size_t m = 0; m < s->models.count && status == HEED_OK; m++) {
      status = run_row(s, kind, s->answers.words[n], s->models.words[m], study, err);
    }
  }
  return status;
}

int main(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  heed_status status = HEED_OK;
  (void)gsl_set_error_handler_off();
  heed__options_parse(&usage, argc, argv, &s);
  heed_progress_bar bar;
  heed_progress_bar_begin(&bar, "learning", s.common.quiet);
  heed_progress_sink sink = heed_progress_bar_sink(&bar);
  heed__study study = {
      .one = run_seed,
      .count = s.seeds,
      .threads = s.threads,
      .progress = &sink,
      .total = (uint64_t)s.rewards.count * s.answers.count * s.models.count * s.seeds};
  (void)puts(
      "| reward | answers | model | order right | in the 90 % interval | half of it | nats |\n"
      "|---|---:|---|---:|---:|---:|---:|");
  for (size_t k = 0; k < s.rewards.count && status == HEED_OK; k++) {
    status = run_kind(&s, s.rewards.words[k], &study, &err);
  }
  heed_progress_bar_end(&bar);
  if (status != HEED_OK) {
    (void)fprintf(stderr, "reward_calibration: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : status == HEED_ERR_ARG ? 2 : 1;
}
