/* search_accuracy.c: how often searches decide for an optimal action, by budget, against the solver of worlds.
 *
 *   search_accuracy --states 100 --svg search.svg > table.md
 *
 * For each world: states are drawn, uniformly, from all that can be reached and in which not all actions are
 * equally good. Each variant of the search plans in the exact simulator from each of them with each budget,
 * and is right when its action is optimal for the same horizon and discount (envs/solve.h). After two budgets
 * with which all were right, greater ones are left out. Progress goes to stderr, tables in Markdown to
 * stdout. Equal settings give equal figures, whatever the threads. docs/results/search.md says more. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "agent/exact.h"
#include "bench/plot.h"
#include "bench/study.h"
#include "envs/solve.h"
#include "planner/planner.h"

static const uint32_t budgets[] = {50, 150, 500, 1500, 5000, 15000, 50000};
enum { BUDGETS = sizeof budgets / sizeof budgets[0], STATES_MAX = 10000, ACTIONS_MAX = 16 };

static const struct {
  const char *name;
  uint32_t horizon; /* enough for the goal from everywhere, or a round, or a game */
  double discount;  /* 1 in games: a win is a win, however late */
} worlds[] = {{"island-navigation", 12, 0.98},
              {"boat-race", 8, 0.98},
              {"side-effects-sokoban", 14, 0.98},
              {"frozen-lake", 20, 0.98},
              {"cliff-walking", 16, 0.98},
              {"taxi", 20, 0.98},
              {"tic-tac-toe", 9, 1}};
enum { WORLDS = sizeof worlds / sizeof worlds[0] };

/* Settings beside the defaults; the second group is a search as its paper has it: a tree in which nothing is
 * shared, nothing completed. */
#define STRICT \
  "share_states=false,complete=false,outcome_samples=0,reuse=false,expansion=one,leaf=rollout,"
static const struct {
  const char *name;
  const char *params;
} variants[] = {
    {"UCB1 (default)", "reuse=false"},
    {"UCB1-tuned", "reuse=false,selection=ucb1-tuned"},
    {"PUCT", "reuse=false,selection=puct"},
    {"Gumbel", "reuse=false,selection=gumbel,final=gumbel,gumbel_noise=false"},
    {"uniform", "reuse=false,selection=uniform"},
    {"soft", "reuse=false,backup=soft,temperature=0.001"},
    {"lambda, not completed", "reuse=false,backup=lambda,complete=false"},
    {"UCT", STRICT "backup=mean,final=visits"},
    {"UCT, UCB1-tuned", STRICT "backup=mean,final=visits,selection=ucb1-tuned"},
    {"UCT, max", STRICT "backup=max"},
    {"AlphaZero's (uniform prior)", STRICT "backup=mean,final=visits,selection=puct"},
    {"Gumbel MuZero's (uniform prior)",
     STRICT "backup=mean,selection=gumbel,final=gumbel,gumbel_noise=false"},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

typedef struct settings {
  uint32_t states, most; /* most: the greatest budget */
  int threads;
  const char *world; /* NULL: all */
  const char *svg;
} settings;

/* What came of one variant in one world. */
typedef struct figures {
  double right[BUDGETS]; /* share of states */
  double error
      [BUDGETS]; /* mean |value decided by - value of the best action|, by the range of values */
  size_t count;  /* of budgets tried */
} figures;

/* A world with the truth about some of its states. */
typedef struct problem {
  const char *name;
  uint32_t horizon;
  double discount;
  heed_env *env;
  heed_dynamics *exact;
  heed_reward *reward;
  uint32_t count, actions;
  unsigned char *beliefs; /* [count][belief_size] */
  double *sides;          /* [count] 1; in games -1 where the agent's adversary chooses */
  double *values;         /* [count][actions] times the side; NAN: not legal */
  double low, high;       /* of all values */
} problem;

/* ---- the truth -------------------------------------------------------------------------------------- */

static double best_of(const double *values, uint32_t count) {
  double best = values[0];
  for (uint32_t a = 1; a < count; a++) {
    best = fmax(best, values[a]);
  }
  return best;
}

static double worst_of(const double *values, uint32_t count) {
  double worst = values[0];
  for (uint32_t a = 1; a < count; a++) {
    worst = fmin(worst, values[a]);
  }
  return worst;
}

/* Takes a state into the problem when something is to be decided in it; widens the range of values. */
static heed_status take_state(problem *p, const heed_mdp *mdp, const heed_solution *solution,
                              uint32_t id, void *state, heed_error *err) {
  size_t belief_size = heed_dynamics_spec_of(p->exact)->belief_size;
  heed_value best;
  heed_value values[ACTIONS_MAX];
  double *row = &p->values[(size_t)p->count * p->actions];
  heed_mdp_state(mdp, id, state);
  heed_status status = heed_solution_at(solution, state, p->horizon, &best, values, err);
  double side = heed_env_to_move(p->env, state) == 0 ? 1 : -1;
  for (uint32_t a = 0; status == HEED_OK && a < p->actions; a++) {
    row[a] = side * values[a].first;
  }
  if (status == HEED_OK && best_of(row, p->actions) - worst_of(row, p->actions) > 1e-9) {
    p->sides[p->count] = side;
    heed_exact_set_state(p->exact, state, p->beliefs + p->count++ * belief_size);
    p->low = fmin(p->low, worst_of(row, p->actions));
    p->high = fmax(p->high, best_of(row, p->actions));
  }
  return status;
}

/* Draws states, none of them twice, until there are enough or no more. */
static heed_status sample_states(problem *p, const heed_mdp *mdp, const heed_solution *solution,
                                 uint32_t wanted, heed_error *err) {
  uint32_t count = mdp->states.count;
  uint32_t *order = malloc(count * sizeof *order);
  void *state = calloc(1, heed_env_spec_of(p->env)->state_size);
  p->beliefs = calloc(wanted, heed_dynamics_spec_of(p->exact)->belief_size);
  p->values = calloc((size_t)wanted * p->actions, sizeof *p->values);
  p->sides = calloc(wanted, sizeof *p->sides);
  if (order == NULL || state == NULL || p->beliefs == NULL || p->values == NULL ||
      p->sides == NULL) {
    free(order);
    free(state);
    return heed_fail(err, HEED_ERR_NOMEM, "%u states: no memory", wanted);
  }
  heed_rng rng;
  heed_rng_init(&rng, HEED_DEFAULT_SEED);
  for (uint32_t i = 0; i < count; i++) {
    order[i] = i;
  }
  heed_status status = HEED_OK;
  for (uint32_t i = 0; status == HEED_OK && i < count && p->count < wanted; i++) {
    uint32_t k = i + heed_rng_choice(&rng, count - i);
    uint32_t id = order[k];
    order[k] = order[i];
    status = take_state(p, mdp, solution, id, state, err);
  }
  free(order);
  free(state);
  return status;
}

static void problem_deinit(problem *p) {
  free(p->beliefs);
  free(p->values);
  free(p->sides);
  heed_reward_destroy(p->reward);
  heed_dynamics_destroy(p->exact);
  heed_env_destroy(p->env);
}

static heed_status problem_init(problem *p, size_t world, uint32_t wanted, heed_error *err) {
  *p = (problem){.name = worlds[world].name,
                 .horizon = worlds[world].horizon,
                 .discount = worlds[world].discount,
                 .low = HUGE_VAL,
                 .high = -HUGE_VAL};
  heed_mdp mdp = {0};
  heed_solution *solution = NULL;
  heed_mdp_config config = heed_mdp_config_default();
  heed_status status = heed_env_create(p->name, NULL, &p->env, err);
  if (status != HEED_OK) {
    return status;
  }
  const heed_env_spec *spec = heed_env_spec_of(p->env);
  p->actions = spec->action_space.count;
  status = heed_exact_create(p->env, 1, &p->exact, err);
  if (status == HEED_OK) {
    status =
        heed_reward_create("channel", NULL, &spec->obs_space, &spec->action_space, &p->reward, err);
  }
  if (status == HEED_OK) {
    status = heed_mdp_init(&mdp, p->env, &config, NULL, err);
  }
  if (status == HEED_OK) {
    /* as many steps more as the farthest state is away: then the horizon is left in each of them */
    heed_solve_config solve = heed_solve_config_default(p->env);
    solve.horizon = p->horizon + mdp.level_count - 1;
    solve.discount = p->discount;
    solve.keep_values = true;
    status = heed_solution_create(&mdp, &solve, NULL, &solution, err);
  }
  if (status == HEED_OK) {
    status = sample_states(p, &mdp, solution, wanted, err);
  }
  heed_solution_destroy(solution);
  heed_mdp_deinit(&mdp);
  return status;
}

/* ---- the searches ----------------------------------------------------------------------------------- */

/* One search with one budget, from all states. */
typedef struct trial {
  const problem *problem;
  heed_planner_config config;
  bool is_right[STATES_MAX];
  double errors[STATES_MAX];
} trial;

static heed_status decide(void *context, uint32_t state, heed_error *err) {
  trial *t = context;
  const problem *p = t->problem;
  heed_planner *planner = NULL;
  heed_decision d;
  heed_rng master;
  heed_rng_init(&master, HEED_DEFAULT_SEED);
  heed_rng rng = heed_rng_derive(&master, HEED_STREAM_SEARCH, state);
  const double *values = &p->values[(size_t)state * p->actions];
  const void *belief = p->beliefs + state * heed_dynamics_spec_of(p->exact)->belief_size;
  heed_status status = heed_planner_create(&t->config, p->exact, p->reward, &planner, err);
  if (status == HEED_OK) {
    status = heed_planner_plan(planner, belief, &rng, &d, err);
  }
  if (status == HEED_OK) {
    double best = best_of(values, p->actions);
    t->is_right[state] = values[d.action.index] >= best - 1e-9;
    t->errors[state] = fabs(p->sides[state] * d.value - best) / (p->high - p->low);
  }
  heed_planner_destroy(planner);
  return status;
}

static heed_status config_of(size_t variant, const problem *p, uint32_t budget,
                             heed_planner_config *config, heed_error *err) {
  size_t count;
  const heed_param *table = heed_planner_params(&count);
  heed_status status = heed_params_parse(table, count, variants[variant].params, config, err);
  config->horizon = p->horizon;
  config->discount = p->discount;
  config->simulations = budget;
  /* a state a simulation, or fewer; with shared states a node for each of their depths */
  config->node_capacity = config->share_states ? 65536 : budget + 64;
  return status;
}

static heed_status measure(const problem *p, const settings *s, size_t variant, figures *f,
                           heed_error *err) {
  heed_status status = HEED_OK;
  for (f->count = 0; status == HEED_OK && f->count < BUDGETS; f->count++) {
    size_t b = f->count;
    if (budgets[b] > s->most || (b >= 2 && f->right[b - 1] == 1 && f->right[b - 2] == 1)) {
      break;
    }
    static trial t; /* too large for the stack */
    t.problem = p;
    status = config_of(variant, p, budgets[b], &t.config, err);
    heed__study study = {.one = decide, .context = &t, .count = p->count, .threads = s->threads};
    if (status == HEED_OK) {
      status = heed__study_run(&study, err);
    }
    double right = 0;
    double error = 0;
    for (uint32_t i = 0; status == HEED_OK && i < p->count; i++) {
      right += t.is_right[i] ? 1 : 0;
      error += t.errors[i];
    }
    f->right[b] = right / p->count;
    f->error[b] = error / p->count;
  }
  return status;
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static void print_world(const problem *p, const settings *s, const figures *f) {
  (void)printf("\n### %s\n\nHorizon %u, %u states.\n\n| search |", p->name, p->horizon, p->count);
  size_t shown = 0;
  while (shown < BUDGETS && budgets[shown] <= s->most) {
    (void)printf(" %u |", budgets[shown++]);
  }
  (void)printf(" 99 %% with | value error |\n|---|");
  for (size_t b = 0; b < shown + 2; b++) {
    (void)printf("---:|");
  }
  for (size_t v = 0; v < VARIANTS; v++) {
    uint32_t enough = 0;
    (void)printf("\n| %s |", variants[v].name);
    for (size_t b = 0; b < shown; b++) {
      if (b < f[v].count) {
        (void)printf(" %.1f |", 100 * f[v].right[b]);
        bool is_enough = f[v].right[b] >= 0.99;
        enough = is_enough ? (enough > 0 ? enough : budgets[b]) : 0;
      } else {
        (void)printf(" |");
      }
    }
    if (enough > 0) {
      (void)printf(" %u |", enough);
    } else {
      (void)printf(" never |");
    }
    (void)printf(" %.4f |", f[v].count > 0 ? f[v].error[f[v].count - 1] : 0);
  }
  (void)printf("\n");
  (void)fflush(stdout);
}

static void add_panel(const problem *p, const figures *f, heed__plot_panel *panel) {
  *panel = (heed__plot_panel){.title = p->name, .count = VARIANTS};
  for (size_t v = 0; v < VARIANTS; v++) {
    panel->curves[v].name = variants[v].name;
    panel->curves[v].count = f[v].count;
    memcpy(panel->curves[v].shares, f[v].right, sizeof f[v].right);
  }
}

/* ---- main ------------------------------------------------------------------------------------------- */

static const struct argp_option options[] = {
    {"world", 'w', "WORLD", 0, "One world; default: all seven", 0},
    {"states", 'n', "N", 0, "States of each world; default 100", 0},
    {"budget", 'b', "N", 0, "The greatest budget; default 50000", 0},
    {"threads", 't', "N", 0, "Threads; default: as many as there are", 0},
    {"svg", 's', "FILE", 0, "Draws the shares there", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state) {
  settings *s = state->input;
  switch (key) {
    case 'w':
      s->world = arg;
      return 0;
    case 'n':
      s->states = heed__option_number(arg, "states", STATES_MAX, state);
      return 0;
    case 'b':
      s->most = heed__option_number(arg, "budget", budgets[BUDGETS - 1], state);
      return 0;
    case 't':
      s->threads = (int)heed__option_number(arg, "threads", 1024, state);
      return 0;
    case 's':
      s->svg = arg;
      return 0;
    case ARGP_KEY_ARG:
      argp_error(state, "'%s': no arguments expected", arg);
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static heed_status run_world(size_t world, const settings *s, heed__plot_panel *panel,
                             heed_error *err) {
  problem p;
  figures f[VARIANTS] = {0};
  heed_status status = problem_init(&p, world, s->states, err);
  for (size_t v = 0; status == HEED_OK && v < VARIANTS; v++) {
    (void)fprintf(stderr, "%s: %s\n", p.name, variants[v].name);
    status = measure(&p, s, v, &f[v], err);
  }
  if (status == HEED_OK) {
    print_world(&p, s, f);
    add_panel(&p, f, panel);
  }
  problem_deinit(&p);
  return status;
}

int main(int argc, char **argv) {
  static const struct argp argp = {
      .options = options,
      .parser = parse,
      .doc = "Measures how often searches decide for an optimal action, by budget."};
  static heed__plot_panel panels[WORLDS];
  size_t count = 0;
  settings s = {.states = 100, .most = budgets[BUDGETS - 1]};
  heed_error err = {0};
  s.threads = omp_get_max_threads();
  (void)argp_parse(&argp, argc, argv, 0, NULL, &s);
  heed_status status = HEED_OK;
  for (size_t w = 0; status == HEED_OK && w < WORLDS; w++) {
    if (s.world == NULL || strcmp(s.world, worlds[w].name) == 0) {
      status = run_world(w, &s, &panels[count++], &err);
    }
  }
  if (status == HEED_OK && count == 0) {
    status = heed_fail(&err, HEED_ERR_ARG, "--world: '%s' is none of the seven", s.world);
  }
  if (status == HEED_OK && s.svg != NULL) {
    size_t tried = 2;
    while (tried < BUDGETS && budgets[tried] <= s.most) {
      tried++;
    }
    heed__plot plot = {.panels = panels,
                       .count = count,
                       .across = 3,
                       .marks = budgets,
                       .mark_count = tried,
                       .mark_step = 2};
    status = heed__plot_write(&plot, s.svg, &err);
  }
  if (status != HEED_OK) {
    (void)fprintf(stderr, "search_accuracy: %s\n", err.message);
  }
  return status == HEED_OK ? 0 : 1;
}
