/* value_learning.c: what a network that learned from searches is worth to further searches.
 *
 *   value_learning > table.md
 *
 * For each world and seed a network learns by self-play (agent/self_play.h). Then searches of a few simulations
 * with it are held against the same without it: where the truth is known (tic-tac-toe, all boards on which
 * something is to be decided: envs/solve.h) by how often they decide right, and how far off the network's
 * values are; in games by matches from random openings, each played from both sides; in worlds of one by what
 * their episodes pay. Progress goes to stderr, tables in Markdown to stdout. Equal settings give equal
 * figures, whatever the threads. docs/results/value-learning.md says more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "agent/self_play.h"
#include "bench/problem.h"
#include "bench/study.h"

enum { SEEDS_MAX = 256, RANDOM_PLIES = 2 };

/* The searches that are held against each other, all with the same simulations. */
typedef enum player { VALUED, ZERO, ROLLOUT, NETWORK, PLAYERS } player;
static const char *const player_names[PLAYERS] = {"with the network", "without: leaf zero",
                                                  "without: leaf rollout", "the network alone"};

typedef struct course {
  const char *env;
  const char *network; /* its parameters */
  uint32_t generations, episodes, openings, fits, returns, window;
  uint32_t simulations; /* of a decision while it learns */
  double discount;
  uint32_t horizon;
  bool is_solved; /* its truth is known */
} course;

static const course courses[] = {
    {"tic-tac-toe", "width=128,depth=2", 30, 1000, 8, 1000, 0, 4, 50, 1, 9, true},
    {"connect-four", "width=128,depth=2", 20, 400, 10, 800, 0, 5, 25, 1, 42, false},
    {"catch", "width=64,depth=2", 10, 100, 5, 300, 0, 5, 25, 0.98, 30, false},
    {"island-navigation", "width=64,depth=2", 10, 50, 10, 300, 5, 5, 25, 0.98, 30, false},
};
enum { COURSES = sizeof courses / sizeof courses[0] };

typedef struct settings {
  heed__common common;
  uint32_t seeds, simulations, games, threads, generations, episodes;
  heed__words worlds;
  const char *learning, *network;
} settings;

/* What came of one seed. */
typedef struct figures {
  double right[PLAYERS];   /* share of decisions */
  double value_error;      /* mean |value - truth| */
  double score[PLAYERS];   /* of VALUED against it: a win 1, a draw 1/2 */
  double payment[PLAYERS]; /* mean return of an episode */
  double held_out_error, agreement, positions;
} figures;

typedef struct trial {
  const course *course;
  const settings *settings;
  const heed__problem *problem;
  bool is_game;
  figures figures[SEEDS_MAX];
} trial;

/* All that plays; owned. */
typedef struct stage {
  heed_env *env;
  heed_dynamics *dynamics;
  heed_reward *reward;
  heed_value_network *network;
  heed_planner *planners[PLAYERS];
  void *state, *belief;
} stage;

/* ---- searches --------------------------------------------------------------------------------- */

static heed_planner_config config_of(const course *c, uint32_t simulations, player who) {
  heed_planner_config config = heed_planner_config_valued();
  config.simulations = who == NETWORK ? 1 : simulations;
  config.horizon = c->horizon;
  config.discount = c->discount;
  config.node_capacity = simulations + 64;
  config.leaf = who == ZERO ? HEED_LEAF_ZERO : who == ROLLOUT ? HEED_LEAF_ROLLOUT : HEED_LEAF_VALUE;
  config.keep_rollouts = false;
  return config;
}

static heed_status learn(stage *s, const course *c, const settings *set, uint64_t seed, figures *f,
                         heed_error *err) {
  const heed_env_spec *spec = heed_env_spec_of(s->env);
  heed_planner_config planner = config_of(c, c->simulations, VALUED);
  planner.puct_init = 4; /* the prior is to be doubted while it is learned */
  heed_self_play_config config = {
      .generations = set->generations > 0 ? set->generations : c->generations,
      .episodes = set->episodes > 0 ? set->episodes : c->episodes,
      .openings = c->openings,
      .returns = c->returns,
      .fits = c->fits,
      .window = c->window,
      .seed = seed};
  heed_self_play_report report;
  char params[128];
  (void)snprintf(params, sizeof params, "%s,seed=%llu",
                 set->network != NULL ? set->network : c->network, (unsigned long long)seed);
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_status status = heed__params_overlay(table, count, set->learning, &planner, err);
  if (status == HEED_OK) {
    status =
        heed_value_network_create(params, &spec->obs_space, &spec->action_space, &s->network, err);
  }
  if (status == HEED_OK) {
    status = heed_self_play(s->env, s->dynamics, true, s->reward, &planner, &config, s->network,
                            NULL, &report, err);
  }
  if (status == HEED_OK) {
    f->held_out_error = report.network.value_error;
    f->agreement = report.network.agreement;
    f->positions = (double)report.positions;
  }
  return status;
}

static heed_status open_stage(stage *s, const course *c, heed_error *err) {
  *s = (stage){0};
  heed_status status = heed_env_create(c->env, NULL, &s->env, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_env_spec *spec = heed_env_spec_of(s->env);
  status = heed_exact_create(s->env, 1, &s->dynamics, err);
  if (status == HEED_OK) {
    status =
        heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &s->reward, err);
  }
  if (status == HEED_OK) {
    s->state = calloc(1, spec->state_size);
    s->belief = calloc(1, heed_dynamics_spec_of(s->dynamics)->belief_size);
    status = s->state != NULL && s->belief != NULL ? HEED_OK
                                                   : heed_fail(err, HEED_ERR_NOMEM, "no memory");
  }
  return status;
}

static heed_status make_players(stage *s, const course *c, uint32_t simulations, heed_error *err) {
  heed_evaluator evaluator = heed_value_network_evaluator(s->network);
  heed_status status = HEED_OK;
  for (int p = 0; p < PLAYERS && status == HEED_OK; p++) {
    heed_planner_config config = config_of(c, simulations, (player)p);
    status = heed_planner_create(&config, s->dynamics, s->reward, &s->planners[p], err);
    if (status == HEED_OK && config.leaf == HEED_LEAF_VALUE) {
      status = heed_planner_set_evaluator(s->planners[p], &evaluator, s->reward, err);
    }
  }
  return status;
}

static void close_stage(stage *s) {
  for (int p = 0; p < PLAYERS; p++) {
    heed_planner_destroy(s->planners[p]);
  }
  heed_value_network_destroy(s->network);
  heed_reward_destroy(s->reward);
  heed_dynamics_destroy(s->dynamics);
  heed_env_destroy(s->env);
  free(s->state);
  free(s->belief);
}

/* ---- against the truth ------------------------------------------------------------------------ */

static heed_status judge(stage *s, const trial *t, heed_rng *rng, figures *f, heed_error *err) {
  const heed__problem *p = t->problem;
  heed_evaluator evaluator = heed_value_network_evaluator(s->network);
  void *workspace = calloc(1, evaluator.workspace_size(evaluator.self, 1));
  unsigned char obs[256];
  heed_status status = workspace != NULL ? HEED_OK : heed_fail(err, HEED_ERR_NOMEM, "no memory");
  for (uint32_t i = 0; i < p->count && status == HEED_OK; i++) {
    const void *belief = heed__problem_belief(p, i);
    double best = heed__problem_best(p, i);
    heed_dynamics_decode(p->model, belief, obs);
    heed_evaluation row = {.obs = obs, .action_count = p->actions};
    evaluator.evaluate(evaluator.self, &row, 1, workspace);
    f->value_error += fabs(row.value - p->sides[i] * best) / p->count;
    for (int k = 0; k < PLAYERS && status == HEED_OK; k++) {
      heed_decision d;
      status = heed_planner_plan(s->planners[k], belief, rng, &d, err);
      if (status == HEED_OK) {
        f->right[k] +=
            heed__problem_values(p, i)[d.action.index] >= best - 1e-9 ? 1.0 / p->count : 0;
      }
    }
  }
  free(workspace);
  return status;
}

/* ---- matches and episodes --------------------------------------------------------------------- */

/* Plays an episode after `plies` random actions; *sum becomes its return. by[side] decides for a side. */
static heed_status play(stage *s, heed_planner *const by[2], uint32_t plies, heed_rng *rng,
                        double *sum, heed_error *err) {
  heed_outcome outcome = {0};
  heed_status status = HEED_OK;
  *sum = 0;
  heed_env_init(s->env, s->state);
  heed_env_reset(s->env, s->state, rng);
  for (uint32_t t = 0; !outcome.is_terminal && !outcome.is_truncated && status == HEED_OK; t++) {
    heed_action action;
    if (t < plies) {
      uint32_t legal[HEED_LEGAL_MAX];
      uint32_t count = heed_env_legal(s->env, s->state, legal);
      action = (heed_action){.index = (int32_t)legal[heed_rng_choice(rng, count)]};
    } else {
      heed_decision d = {0};
      heed_exact_set_state(s->dynamics, s->state, s->belief);
      status = heed_planner_plan(by[heed_env_to_move(s->env, s->state)], s->belief, rng, &d, err);
      action = d.action;
    }
    if (status == HEED_OK) {
      outcome = heed_env_step(s->env, s->state, action, rng);
      *sum += outcome.reward;
    }
  }
  return status;
}

/* Matches of the search with the network against each other one: pairs of games from one opening. */
static heed_status match(stage *s, uint32_t games, heed_rng *rng, figures *f, heed_error *err) {
  heed_status status = HEED_OK;
  for (int k = 1; k < PLAYERS; k++) {
    for (uint32_t i = 0; i < games && status == HEED_OK; i++) {
      uint64_t opening = heed_rng_next(rng);
      for (int side = 0; side < 2 && status == HEED_OK; side++) {
        heed_planner *by[2] = {s->planners[k], s->planners[k]};
        by[side] = s->planners[VALUED];
        heed_rng luck;
        heed_rng_init(&luck, opening);
        double sum;
        status = play(s, by, RANDOM_PLIES, &luck, &sum, err);
        double won = side == 0 ? sum : -sum;
        f->score[k] += (won > 0 ? 1 : won == 0 ? 0.5 : 0) / (2.0 * games);
      }
    }
  }
  return status;
}

static heed_status live(stage *s, uint32_t games, heed_rng *rng, figures *f, heed_error *err) {
  heed_status status = HEED_OK;
  for (int k = 0; k < PLAYERS; k++) {
    for (uint32_t i = 0; i < games && status == HEED_OK; i++) {
      heed_planner *by[2] = {s->planners[k], NULL};
      double sum;
      status = play(s, by, 0, rng, &sum, err);
      f->payment[k] += sum / games;
    }
  }
  return status;
}

static heed_status one(void *context, uint32_t i, heed_error *err) {
  trial *t = context;
  const settings *set = t->settings;
  figures *f = &t->figures[i];
  stage s;
  heed_rng master;
  heed_rng_init(&master, set->common.seed + i);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_TEST, 0);
  *f = (figures){0};
  heed_status status = open_stage(&s, t->course, err);
  if (status == HEED_OK) {
    status = learn(&s, t->course, set, set->common.seed + i, f, err);
  }
  if (status == HEED_OK) {
    status = make_players(&s, t->course, set->simulations, err);
  }
  if (status == HEED_OK && t->problem != NULL) {
    status = judge(&s, t, &rng, f, err);
  }
  if (status == HEED_OK) {
    status = t->is_game ? match(&s, set->games, &rng, f, err) : live(&s, set->games, &rng, f, err);
  }
  close_stage(&s);
  return status;
}

/* ---- tables ----------------------------------------------------------------------------------- */

/* Mean and interval of one figure, `offset` bytes into figures. */
static void print_cell(const trial *t, size_t offset, double factor, int digits) {
  double values[SEEDS_MAX];
  for (uint32_t i = 0; i < t->settings->seeds; i++) {
    memcpy(&values[i], (const unsigned char *)&t->figures[i] + offset, sizeof values[i]);
    values[i] *= factor;
  }
  heed__interval v = heed__interval_of(values, t->settings->seeds);
  if (isnan(v.half)) {
    (void)printf(" %.*f |", digits, v.mean);
  } else {
    (void)printf(" %.*f ± %.*f |", digits, v.mean, digits, v.half);
  }
}

static void print(const trial *t) {
  const course *c = t->course;
  bool is_game = t->is_game;
  (void)printf("\n### %s\n\n", c->env);
  (void)printf("| search of %u simulations |", t->settings->simulations);
  if (t->problem != NULL) {
    (void)printf(" decides right, %% |");
  }
  (void)printf("%s\n|---|%s---:|\n", is_game ? " scores against the first, % |" : " return |",
               t->problem != NULL ? "---:|" : "");
  for (int k = 0; k < PLAYERS; k++) {
    (void)printf("| %s |", player_names[k]);
    size_t at = (size_t)k * sizeof(double);
    if (t->problem != NULL) {
      print_cell(t, offsetof(figures, right) + at, 100, 2);
    }
    if (is_game && k == VALUED) {
      (void)printf(" |");
    } else if (is_game) {
      print_cell(t, offsetof(figures, score) + at, 100, 1);
    } else {
      print_cell(t, offsetof(figures, payment) + at, 1, 2);
    }
    (void)putchar('\n');
  }
  (void)printf("\n| positions learned from | error of values, held out | agreement |%s\n",
               t->problem != NULL ? " mean error against the truth |" : "");
  (void)printf("|---:|---:|---:|%s\n|", t->problem != NULL ? "---:|" : "");
  print_cell(t, offsetof(figures, positions), 1, 0);
  print_cell(t, offsetof(figures, held_out_error), 1, 3);
  print_cell(t, offsetof(figures, agreement), 1, 3);
  if (t->problem != NULL) {
    print_cell(t, offsetof(figures, value_error), 1, 3);
  }
  (void)putchar('\n');
  (void)fflush(stdout);
}

/* ---- main ------------------------------------------------------------------------------------- */

static const heed__option options[] = {
    {"worlds", 'w', HEED__OPTION_WORDS, offsetof(settings, worlds),
     "tic-tac-toe,connect-four,catch,island-navigation", 0, 0, NULL, "LIST", "Worlds"},
    {"seeds", 'n', HEED__OPTION_COUNT, offsetof(settings, seeds), "20", 1, SEEDS_MAX, NULL, "N",
     "Networks of each world, from the seed on"},
    {"simulations", 'b', HEED__OPTION_COUNT, offsetof(settings, simulations), "25", 2, 100000, NULL,
     "N", "Of a decision that is judged"},
    {"games", 'g', HEED__OPTION_COUNT, offsetof(settings, games), "50", 1, 100000, NULL, "N",
     "Pairs of games, or episodes, that are judged"},
    {"generations", 0, HEED__OPTION_COUNT, offsetof(settings, generations), "0", 0, 100000, NULL,
     "N", "Of self-play; 0: as many as stand in the table of worlds"},
    {"episodes", 0, HEED__OPTION_COUNT, offsetof(settings, episodes), "0", 0, 100000, NULL, "N",
     "Of a generation, likewise"},
    {"learning", 0, HEED__OPTION_TEXT, offsetof(settings, learning), NULL, 0, 0, NULL, "P",
     "Settings of the searches that are learned from, beside those of the table"},
    {"network", 0, HEED__OPTION_TEXT, offsetof(settings, network), NULL, 0, 0, NULL, "P",
     "Parameters of the networks in place of those of the table"},
    HEED__OPTION_THREADS(settings),
};

static const heed__usage usage = {
    .command = "value_learning",
    .args = "",
    .summary = "Measures what networks that learned from searches are worth to searches.",
    .has_seed = true,
    .is_text_only = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static heed_status run(const course *c, const settings *s, heed_error *err) {
  static trial t;
  heed__world world = {
      .name = c->env, .env = c->env, .horizon = c->horizon, .discount = c->discount};
  heed__problem problem = {0};
  t = (trial){.course = c, .settings = s, .is_game = heed_env_find(c->env)->to_move != NULL};
  heed_status status = HEED_OK;
  if (c->is_solved) {
    status = heed__problem_init(&problem, &world, 10000, err);
    t.problem = &problem;
  }
  heed__study study = {.one = one, .context = &t, .count = s->seeds, .threads = s->threads};
  if (status == HEED_OK) {
    status = heed__study_run(&study, err);
  }
  if (status == HEED_OK) {
    print(&t);
  }
  t.problem = NULL;
  heed__problem_deinit(&problem);
  return status;
}

int main(int argc, char **argv) {
  settings s = {0};
  heed_error err = {0};
  heed__options_parse(&usage, argc, argv, &s);
  heed_status status = HEED_OK;
  for (size_t w = 0; w < s.worlds.count && status == HEED_OK; w++) {
    const course *c = NULL;
    for (size_t i = 0; i < COURSES; i++) {
      c = strcmp(courses[i].env, s.worlds.words[w]) == 0 ? &courses[i] : c;
    }
    status = c != NULL ? run(c, &s, &err)
                       : heed_fail(&err, HEED_ERR_ARG, "--worlds: '%s' is none of them",
                                   s.worlds.words[w]);
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "value_learning: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : status == HEED_ERR_ARG ? 2 : 1;
}
